//! How a command of the load generator fails: a code to search for, one sentence, a hint, and what a script can rely on.

use std::fmt;

/// The kind of a failure. The number never changes its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Code {
    /// Nobody answers at the address.
    Unreachable = 601,
    /// The plan has problems.
    Plan = 602,
    /// The generator was the limit: the figures are not the broker's.
    Invalid = 603,
    /// Records were lost, doubled, reordered or damaged.
    Verification = 604,
    /// A comparison came out as it must not.
    Threshold = 605,
    /// A file cannot be read or written.
    File = 606,
    /// The broker started for the run did not work.
    Ephemeral = 607,
    /// The broker refuses what a run needs.
    Refused = 608,
    /// The generator's cores cannot be started.
    Cores = 609,
    /// An agent did not do its part.
    Agent = 610,
    /// No rate keeps the limit asked for.
    NoRate = 611,
}

/// What the process exits with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// The operation failed.
    Failed,
    /// Nobody answers at the other end.
    CannotConnect,
    /// A run says nothing about the broker.
    Invalid,
}

/// Why a command ended without doing what it should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Its kind.
    pub code: Code,
    /// What the process exits with.
    pub exit: Exit,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure of a kind.
    pub fn new(code: Code, message: impl Into<String>) -> Failure {
        let exit = match code {
            Code::Unreachable => Exit::CannotConnect,
            Code::Invalid => Exit::Invalid,
            _ => Exit::Failed,
        };
        Failure { code, exit, message: message.into(), hint: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[thalweg-E{:04}] {}", self.code as u16, self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
