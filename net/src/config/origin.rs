//! Where a setting was written: what an error points at.

use std::fmt;
use std::path::PathBuf;

/// The place a setting came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A line of a file.
    File {
        /// The file as it was named on the command line.
        path: PathBuf,
        /// Line, from 1; 0 means the file as a whole.
        line: u32,
    },
    /// An environment variable of that name.
    Environment(String),
    /// A flag of the command line, such as `--port`.
    Flag(&'static str),
    /// `--override`.
    Override,
    /// What `thalweg dev` sets by itself.
    Dev,
    /// What `thalweg tune measure` left in this file.
    Measured(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line: 0 } => write!(f, "{}", path.display()),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment(name) => write!(f, "${name}"),
            Origin::Flag(flag) => write!(f, "{flag}"),
            Origin::Override => write!(f, "--override"),
            Origin::Dev => write!(f, "thalweg dev"),
            Origin::Measured(path) => write!(f, "{}", path.display()),
        }
    }
}
