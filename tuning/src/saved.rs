//! What was there before: the file from which everything that was applied is undone.
//!
//! ```text
//! /var/lib/thalweg/tune-state.json
//! { "version": 1, "profile": "vm", "made": [directories made for this file],
//!   "values": [ { "parameter": "disk.scheduler", "path": "/sys/...", "before": "mq-deadline", "value": "none" }, ... ] }
//! ```
//!
//! It is on stable storage before the first value changes, and it goes when the last one is back. A path keeps the value it
//! had before the first of several applies. A `value` of null marks an attribute that was not written, but which the kernel may
//! have set anew because another one was.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::attribute::Format;
use crate::parameter::{Parameter, Reach};
use crate::root::Root;
use crate::table;

/// Where it is.
pub const PATH: &str = "/var/lib/thalweg/tune-state.json";

const VERSION: u32 = 1;

/// The file's content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Saved {
    version: u32,
    /// Name of the profile that was applied last.
    pub profile: String,
    made: Vec<String>,
    /// Every attribute, in the order of writing.
    pub values: Vec<Value>,
}

/// One attribute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Value {
    /// Id of the parameter.
    pub parameter: String,
    /// Its path.
    pub path: String,
    /// What to write to have back what was there.
    pub before: String,
    /// What was written.
    pub value: Option<String>,
}

/// Why the file cannot be used.
#[derive(Debug)]
pub enum SavedError {
    /// It cannot be read or written.
    Io(PathBuf, io::Error),
    /// It is there, and is not one of ours.
    Malformed(PathBuf, String),
}

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SavedError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            SavedError::Malformed(path, why) => write!(f, "{}: {why}", path.display()),
        }
    }
}

impl Value {
    /// The row it belongs to and the form of its text; an error if there is no such row, or if it cannot be at that path.
    fn row(&self) -> Result<(&'static Parameter, Format), String> {
        let row = table::row(&self.parameter).ok_or_else(|| format!("no parameter is called {}", self.parameter))?;
        let Reach::Write { format, .. } = row.reach else { return Err(format!("{} is never written", row.id)) };
        let inside = ["/sys/", "/proc/sys/", "/proc/irq/"].iter().any(|dir| self.path.starts_with(dir));
        let plain = !Path::new(&self.path).components().any(|part| part.as_os_str() == "..");
        if inside && plain { Ok((row, format)) } else { Err(format!("{} is no place for a parameter", self.path)) }
    }

    /// The form of its text.
    pub fn format(&self) -> Format {
        self.row().map_or(Format::Word, |(_, format)| format)
    }
}

impl Saved {
    /// Nothing yet.
    pub fn new(profile: &str) -> Saved {
        Saved { version: VERSION, profile: profile.to_owned(), made: Vec::new(), values: Vec::new() }
    }

    /// Reads the file; `None` where nothing is applied.
    pub fn read(root: &Root) -> Result<Option<Saved>, SavedError> {
        let path = root.path(PATH);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(SavedError::Io(path, error)),
        };
        let malformed = |why: String| SavedError::Malformed(root.path(PATH), why);
        let saved: Saved = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        if saved.version != VERSION {
            return Err(malformed(format!("version {} is not known", saved.version)));
        }
        for value in &saved.values {
            value.row().map_err(malformed)?;
        }
        Ok(Some(saved))
    }

    /// Adds an attribute, or what is written to one that is known already.
    pub fn put(&mut self, parameter: &Parameter, path: &str, before: String, value: Option<String>) {
        match self.values.iter_mut().find(|known| known.path == path) {
            Some(known) => known.value = value.or(known.value.take()),
            None => {
                self.values.push(Value { parameter: parameter.id.to_owned(), path: path.to_owned(), before, value })
            }
        }
    }

    /// Writes the file so that it is either the old or the new one, whatever happens. Without values it is removed, and the
    /// directories that were made for it.
    pub fn store(&mut self, root: &Root) -> Result<(), SavedError> {
        let path = root.path(PATH);
        let failed = |path: &Path, error| Err(SavedError::Io(path.to_owned(), error));
        if self.values.is_empty() {
            return self.remove(root);
        }
        let dir = Path::new(PATH).parent().unwrap_or(Path::new("/"));
        let missing = dir.ancestors().filter(|dir| !root.exists(dir)).map(|dir| dir.display().to_string());
        self.made.extend(missing);
        let outside = root.path(dir);
        fs::create_dir_all(&outside).or_else(|error| failed(&outside, error))?;
        let part = path.with_extension("json.tmp");
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| SavedError::Malformed(path.clone(), error.to_string()))?;
        let write = || {
            let mut file = File::create(&part)?;
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&part, &path)?;
            File::open(&outside)?.sync_all()
        };
        write().or_else(|error| failed(&path, error))
    }

    fn remove(&self, root: &Root) -> Result<(), SavedError> {
        let path = root.path(PATH);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(SavedError::Io(path, error)),
            _ => {}
        }
        // Innermost first; one that somebody has put something into stays.
        for dir in self.made.iter().filter(|dir| Path::new(PATH).starts_with(dir)) {
            fs::remove_dir(root.path(dir)).ok();
        }
        Ok(())
    }
}
