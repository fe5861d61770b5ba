//! What `doctor` found: one thing, how bad it is, what to do about it.

use std::fmt;

use serde_json::{Value, json};

use crate::config::problem::{Problem, Severity};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    /// A broker or its clients cannot work with it.
    Error,
    /// They can, and most likely not as meant.
    Warning,
    /// Worth knowing.
    Notice,
    /// Looked at, and as it should be.
    Fine,
}

impl Level {
    fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
            Level::Fine => "fine",
        }
    }

    /// The letter in its code.
    fn letter(self) -> char {
        match self {
            Level::Error => 'E',
            Level::Warning => 'W',
            Level::Notice | Level::Fine => 'I',
        }
    }
}

/// What was looked at. The number never changes its meaning; those of configuration problems are 201 and up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub(super) enum Topic {
    /// The configuration as a whole.
    Configuration = 200,
    /// File system and device of the data.
    Medium = 501,
    /// Writing past the page cache.
    DirectIo = 502,
    /// Space on the disk.
    Space = 503,
    /// Whether the data directory can be written.
    Writable = 504,
    /// Whether the disk was measured.
    Measured = 505,
    /// The limit of locked memory.
    LockedMemory = 511,
    /// The limit of open files.
    OpenFiles = 512,
    /// Whether io_uring can be used.
    IoUring = 513,
    /// An address to listen on.
    Port = 521,
    /// An address clients are told, looked up from here.
    Advertised = 522,
    /// Whether the broker answers.
    Answers = 531,
    /// What it says of its cluster.
    Cluster = 532,
    /// An address it tells clients, dialled.
    Dialled = 533,
    /// It tells clients to connect to themselves.
    ToldLoopback = 534,
    /// Partitions without a leader.
    Leaders = 535,
    /// Partitions with fewer copies than they should have.
    Copies = 536,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Finding {
    pub level: Level,
    code: u16,
    pub message: String,
    pub hint: Option<String>,
}

impl Finding {
    fn new(level: Level, topic: Topic, message: impl Into<String>) -> Finding {
        Finding { level, code: topic as u16, message: message.into(), hint: None }
    }

    pub fn fine(topic: Topic, message: impl Into<String>) -> Finding {
        Finding::new(Level::Fine, topic, message)
    }

    pub fn notice(topic: Topic, message: impl Into<String>) -> Finding {
        Finding::new(Level::Notice, topic, message)
    }

    pub fn warning(topic: Topic, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding::new(Level::Warning, topic, message).hinted(hint)
    }

    pub fn error(topic: Topic, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding::new(Level::Error, topic, message).hinted(hint)
    }

    pub fn hinted(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }

    /// What loading the configuration had to say.
    pub fn of(problem: &Problem) -> Finding {
        let level = match problem.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Notice => Level::Notice,
        };
        let at = problem.origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
        let message = format!("{at}{}", problem.message);
        Finding { level, code: problem.code.number(), message, hint: problem.hint.clone() }
    }

    fn code(&self) -> String {
        format!("thalweg-{}{:04}", self.level.letter(), self.code)
    }

    pub fn json(&self) -> Value {
        json!({"code": self.code(), "severity": self.level.name(), "message": self.message, "hint": self.hint})
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}] {}", self.level.name(), self.code(), self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}
