//! What start-up has to say about a configuration: errors, warnings and notices, collected rather than thrown one by one.
//!
//! Each error and warning has a code that stays the same for ever, so that it can be searched for.

use std::fmt;

use super::origin::Origin;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The broker does not start.
    Error,
    /// The broker starts, and most likely not as meant.
    Warning,
    /// Accepted, and something other than Kafka's own behaviour follows from it.
    Notice,
}

/// The kind of a problem. The number never changes its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// A file cannot be read.
    Unreadable,
    /// A file or argument breaks the syntax.
    Syntax,
    /// A value is not of its type or out of its range.
    Value,
    /// Nobody knows the key.
    UnknownKey,
    /// A key whose meaning this broker cannot give.
    Refused,
    /// Listeners that cannot be opened or advertised.
    Listeners,
    /// A `${provider:…}` that gives nothing.
    Provider,
    /// Values that contradict each other.
    Contradiction,
    /// A key without which the broker cannot start.
    Missing,
    /// The host offers less than what is asked.
    Host,
    /// Accepted with a remark.
    Remark,
}

impl Code {
    /// The number in `thalweg-E0203`.
    pub fn number(self) -> u16 {
        match self {
            Code::Unreadable => 201,
            Code::Syntax => 202,
            Code::Value => 203,
            Code::UnknownKey => 204,
            Code::Refused => 205,
            Code::Listeners => 206,
            Code::Provider => 207,
            Code::Contradiction => 208,
            Code::Missing => 209,
            Code::Host => 210,
            Code::Remark => 211,
        }
    }
}

/// One thing to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// The setting's place, if it has one.
    pub origin: Option<Origin>,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without place and hint.
    pub fn new(severity: Severity, code: Code, message: impl Into<String>) -> Problem {
        Problem { severity, code, origin: None, message: message.into(), hint: None }
    }

    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Problem {
        Problem::new(Severity::Error, code, message)
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Problem {
        Problem::new(Severity::Warning, code, message)
    }

    /// A notice.
    pub fn notice(message: impl Into<String>) -> Problem {
        Problem::new(Severity::Notice, Code::Remark, message)
    }

    /// The same, pointing at a place.
    pub fn at(mut self, origin: Option<&Origin>) -> Problem {
        self.origin = origin.cloned();
        self
    }

    /// The same with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.severity {
            Severity::Error => write!(f, "error[thalweg-E{:04}] ", self.code.number())?,
            Severity::Warning => write!(f, "warning[thalweg-W{:04}] ", self.code.number())?,
            Severity::Notice => write!(f, "notice: ")?,
        }
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        write!(f, "{}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Everything found so far, in the order it was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// All of them, the worst first, otherwise in the order found.
    pub fn sorted(&self) -> Vec<&Problem> {
        let mut all: Vec<&Problem> = self.0.iter().collect();
        all.sort_by_key(|problem| problem.severity);
        all
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|problem| problem.severity == severity).count()
    }

    /// Whether the broker must not start.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sorted().into_iter().try_for_each(|problem| writeln!(f, "{problem}"))
    }
}
