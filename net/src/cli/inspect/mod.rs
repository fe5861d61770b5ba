//! `thalweg inspect`: files of a data directory, read without a broker and without trusting a byte.

pub mod journal;
pub mod segment;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::failure::{Code, Failure};

/// The file, or the files of a directory with this extension, in order of name. `what` names them and `example` a directory
/// that has some.
fn files(path: &Path, extension: &str, what: &str, example: &str) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    if files.is_empty() {
        let failure = Failure::new(Code::Unreadable, format!("{} holds no {what}", path.display()));
        return Err(failure.hint(format!("name a file, or a directory such as {example}")));
    }
    Ok(files)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Code::Unreadable, format!("cannot read {}: {error}", path.display()))
}

/// Puts the next `bytes` of `file` behind what `buffer` holds. Allocates as they come, not by what somebody claims there is.
fn read_more(file: &mut dyn Read, bytes: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
    let read = file.take(bytes).read_to_end(buffer)?;
    if read as u64 == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
