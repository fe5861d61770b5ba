//! The executable, run to its end.

use std::process::{Command, Output};

/// What came of it.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs it with an empty environment, but for a place for temporary files.
pub fn thalweg(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.args(arguments).env_clear().env("TMPDIR", env!("CARGO_TARGET_TMPDIR"));
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ran { code: status.code(), out: String::from_utf8(stdout).unwrap(), err: String::from_utf8(stderr).unwrap() }
}
