//! Where the host's files are read from: `/`, or a directory that holds a copy of the part that matters.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The directory that stands for `/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root(PathBuf);

impl Root {
    /// This host.
    pub fn real() -> Root {
        Root(PathBuf::from("/"))
    }

    /// A tree that looks like a host.
    pub fn at(dir: impl Into<PathBuf>) -> Root {
        Root(dir.into())
    }

    /// Where an absolute path of the host lies.
    pub fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        let absolute = absolute.as_ref();
        self.0.join(absolute.strip_prefix("/").unwrap_or(absolute))
    }

    /// The text of a file, without the blanks around it; `None` if it is not there, not readable or not text.
    pub fn text(&self, absolute: impl AsRef<Path>) -> Option<String> {
        // Files of /proc have no length; none of those read here comes near the limit.
        const BYTES_MAX: u64 = 4 << 20;
        let mut text = String::new();
        fs::File::open(self.path(absolute)).ok()?.take(BYTES_MAX).read_to_string(&mut text).ok()?;
        Some(text.trim().to_owned())
    }

    /// A file that holds one number.
    pub fn number<N: std::str::FromStr>(&self, absolute: impl AsRef<Path>) -> Option<N> {
        self.text(absolute)?.parse().ok()
    }
}
