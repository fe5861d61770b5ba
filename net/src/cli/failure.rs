//! How a command fails: a code to search for, one sentence, a hint, and the exit code a script can rely on.

use std::fmt;

/// Exit codes. 2, wrong usage, is clap's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    /// The operation failed.
    Failed = 1,
    /// Nobody answers at the other end.
    CannotConnect = 3,
    /// A check found warnings, and warnings count.
    ChecksWarned = 4,
    /// A check found errors.
    ChecksFailed = 5,
}

/// The kind of a failure. The number never changes its meaning; configuration has 201 and up, see `config::problem`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Code {
    /// Anything without a kind of its own.
    Other = 101,
    /// Somebody listens there already.
    PortInUse = 102,
    /// The kernel does not let us use io_uring.
    IoUringBlocked = 103,
    /// The address cannot be listened on.
    Listen = 104,
    /// The data directory cannot be used.
    DataDirectory = 105,
    /// Another process uses the data directory.
    DataDirectoryInUse = 106,
    /// Nobody can be connected to.
    CannotConnect = 107,
    /// The cores cannot be started.
    Cores = 108,
    /// What is stored cannot be read back.
    Storage = 109,
    /// A core ended while the broker ran.
    CoreEnded = 110,
    /// The configuration has errors; they have been printed.
    Configuration = 200,
    /// Parameters of the host differ from what a broker would like.
    TuningDiffers = 400,
    /// No parameter has that name.
    TuningUnknown = 401,
    /// Parameters could not be set or put back.
    TuningNotSet = 402,
    /// What was there before could not be saved or read.
    TuningNotSaved = 403,
    /// The host could not be measured.
    TuningNotMeasured = 405,
    /// Tuning would reach further than the caller may think.
    TuningRefused = 404,
    /// `doctor` found something; it has been printed.
    DoctorFound = 500,
    /// The file to inspect cannot be read.
    Unreadable = 301,
    /// The file to inspect is damaged.
    Damaged = 302,
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
    /// A failure that exits with 1.
    pub fn new(code: Code, message: impl Into<String>) -> Failure {
        Failure { code, exit: Exit::Failed, message: message.into(), hint: None }
    }

    /// The same with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = Some(hint.into());
        self
    }

    /// The same with another exit code.
    pub fn exit(mut self, exit: Exit) -> Failure {
        self.exit = exit;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_a_code_a_sentence_and_a_hint() {
        let failure = Failure::new(Code::PortInUse, "port 9092 is in use").hint("stop it");
        assert_eq!(failure.to_string(), "error[thalweg-E0102] port 9092 is in use\n  hint: stop it");
        assert_eq!(Failure::new(Code::Damaged, "x").to_string(), "error[thalweg-E0302] x");
        assert_eq!(Exit::ChecksFailed as u8, 5);
    }
}
