//! Making what is set survive a restart of the host, by files that its own tools read, and removing them again.
//!
//! | file | for |
//! |---|---|
//! | `/etc/sysctl.d/90-thalweg.conf` | sysctls |
//! | `/etc/udev/rules.d/90-thalweg.rules` | the queues of disks, also of those plugged in later under the same name |
//! | `/etc/systemd/system/thalweg-tune.service` | everything else: a unit that applies it before the broker starts |
//!
//! Each begins with a line by which it is known; a file of that name without it is somebody else's and is left alone.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::check::{Finding, Reading, State};
use crate::parameter::{Look, Parameter, Paths, Persist, Reach};
use crate::root::Root;
use crate::saved::{Saved, SavedError};
use crate::selection::Selection;

const HEADER: &str = "# Written by `thalweg tune persist`; `thalweg tune unpersist` removes it.";
const MADE: &str = "# Directories made for it:";

const SYSCTL: &str = "/etc/sysctl.d/90-thalweg.conf";
const UDEV: &str = "/etc/udev/rules.d/90-thalweg.rules";
const UNIT: &str = "/etc/systemd/system/thalweg-tune.service";
/// What makes systemd start the unit.
const WANTED: &str = "/etc/systemd/system/multi-user.target.wants/thalweg-tune.service";

/// Why a file cannot be written or removed.
#[derive(Debug)]
pub enum PersistError {
    /// The kernel says no.
    Io(PathBuf, io::Error),
    /// A file of that name is there, and it is not ours.
    NotOurs(PathBuf),
    /// What is applied cannot be told.
    Saved(SavedError),
}

impl fmt::Display for PersistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PersistError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            PersistError::NotOurs(path) => write!(f, "{} is somebody else's", path.display()),
            PersistError::Saved(error) => error.fmt(f),
        }
    }
}

/// What is to survive.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Files {
    /// Each file with its text, header and all.
    pub texts: Vec<(&'static str, String)>,
    /// What only a person can do: parameter and how.
    pub by_hand: Vec<(&'static str, &'static str)>,
    /// Other files that will win over ours: the key and the file.
    pub overruled: Vec<(String, String)>,
}

/// The files for everything selected that differs or was set by us. `program` is this executable.
pub fn plan(look: Look, findings: &[Finding], selection: &Selection, program: &Path) -> Result<Files, PersistError> {
    let saved = Saved::read(look.root).map_err(PersistError::Saved)?;
    let set = |path: &str| saved.iter().flat_map(|saved| &saved.values).any(|v| v.path == path && v.value.is_some());
    let mut files = Files::default();
    let (mut sysctls, mut rules, mut rest) = (Vec::new(), Vec::new(), Vec::<&str>::new());
    for finding in findings.iter().filter(|finding| selection.takes(finding.parameter)) {
        let parameter = finding.parameter;
        if parameter.persist == Persist::Boot && matches!(finding.state(), State::Differs { .. }) {
            files.by_hand.push((parameter.id, parameter.by_hand));
        }
        for reading in &finding.readings {
            let Some((path, value)) = wanted(reading, &set) else { continue };
            match (parameter.persist, sysctl_key(parameter)) {
                (Persist::Sysctl, Some(key)) => {
                    files.overruled.extend(overruling(look.root, key, value).map(|file| (key.to_owned(), file)));
                    sysctls.push(format!("# {}\n{key} = {value}\n", parameter.title));
                }
                (Persist::Udev, _) => rules.extend(rule(&reading.device, path, value)),
                (Persist::Unit, _) if !rest.contains(&parameter.id) => rest.push(parameter.id),
                _ => {}
            }
        }
    }
    let mut file = |path: &'static str, text: String| {
        if !text.is_empty() {
            files.texts.push((path, format!("{HEADER}\n{}{text}", made(look.root, path))));
        }
    };
    file(SYSCTL, sysctls.concat());
    file(UDEV, rules.concat());
    file(UNIT, if rest.is_empty() { String::new() } else { unit(look, program, &rest.join(",")) });
    Ok(files)
}

/// Path and value of what differs, or of what passes because we set it.
fn wanted<'a>(reading: &'a Reading, set: &dyn Fn(&str) -> bool) -> Option<(&'a str, &'a str)> {
    let path = reading.path.as_deref()?;
    match &reading.state {
        State::Differs { .. } => Some((path, reading.value.as_deref()?)),
        State::Pass if set(path) => Some((path, reading.current.as_deref()?)),
        _ => None,
    }
}

fn sysctl_key(parameter: &Parameter) -> Option<&'static str> {
    match parameter.reach {
        Reach::Write { paths: Paths::Sysctl(key), .. } => Some(key),
        _ => None,
    }
}

fn rule(device: &str, path: &str, value: &str) -> Option<String> {
    let attribute = path.strip_prefix(&format!("/sys/block/{device}/"))?;
    Some(format!(
        "ACTION==\"add|change\", SUBSYSTEM==\"block\", KERNEL==\"{device}\", ATTR{{{attribute}}}=\"{value}\"\n"
    ))
}

fn unit(look: Look, program: &Path, parameters: &str) -> String {
    format!(
        "[Unit]\n\
         Description=Host parameters for Thalweg\n\
         Before=thalweg.service\n\
         ConditionVirtualization=!container\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n\
         ExecStart={} tune apply --profile {} --data {} --only {parameters}\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n",
        word(program),
        look.profile,
        word(&look.facts.data)
    )
}

/// A path as one word of a command in a unit: `%` and quotes mean something there.
fn word(path: &Path) -> String {
    let text = path.display().to_string().replace('%', "%%");
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+%:@".contains(&b));
    if plain { text } else { format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#)) }
}

/// A file of sysctl.d that sets the key to another value and is read after ours.
fn overruling(root: &Root, key: &str, value: &str) -> Option<String> {
    let ours = Path::new(SYSCTL).file_name()?.to_str()?;
    let dirs = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];
    let files = dirs
        .iter()
        .flat_map(|dir| root.names(dir).into_iter().map(move |name| (name.clone(), format!("{dir}/{name}"))));
    let mut later: Vec<(String, String)> =
        files.filter(|(name, _)| name.as_str() > ours && name.ends_with(".conf")).collect();
    later.push(("zz".to_owned(), "/etc/sysctl.conf".to_owned()));
    let sets = |path: &String| {
        root.text(path).is_some_and(|text| {
            text.lines().any(|line| match line.split_once('=') {
                Some((name, other)) => {
                    name.trim().trim_start_matches('-').replace('/', ".") == key
                        && !other.split_whitespace().eq(value.split_whitespace())
                }
                None => false,
            })
        })
    };
    later.into_iter().map(|(_, path)| path).find(sets)
}

/// The header's second line: directories that have to be made for a file, innermost first.
fn made(root: &Root, path: &str) -> String {
    let missing: Vec<String> =
        missing(root, path).chain(if path == UNIT { missing(root, WANTED).collect() } else { Vec::new() }).collect();
    if missing.is_empty() { String::new() } else { format!("{MADE} {}\n", missing.join(" ")) }
}

fn missing<'a>(root: &'a Root, path: &'a str) -> Box<dyn Iterator<Item = String> + 'a> {
    let dirs = Path::new(path).parent().into_iter().flat_map(Path::ancestors);
    Box::new(dirs.filter(|dir| !root.exists(dir)).map(|dir| dir.display().to_string()))
}

/// Writes the files; all of them can be written, or none is.
pub fn persist(root: &Root, files: &Files) -> Result<(), PersistError> {
    for (path, _) in &files.texts {
        ours(root, path)?;
    }
    for (path, text) in &files.texts {
        let place = root.path(path);
        let failed = |error| PersistError::Io(place.clone(), error);
        // What an earlier one made is still to be removed by the last.
        let text =
            match root.text(path).and_then(|old| old.lines().nth(1).filter(|l| l.starts_with(MADE)).map(str::to_owned))
            {
                Some(line) => text.replacen(HEADER, &format!("{HEADER}\n{line}"), 1),
                None => text.clone(),
            };
        if let Some(dir) = place.parent() {
            fs::create_dir_all(dir).map_err(failed)?;
        }
        let mut file = fs::File::create(&place).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        if *path == UNIT {
            enable(root).map_err(failed)?;
        }
    }
    Ok(())
}

fn enable(root: &Root) -> io::Result<()> {
    let link = root.path(WANTED);
    if let Some(dir) = link.parent() {
        fs::create_dir_all(dir)?;
    }
    match symlink(UNIT, &link) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

/// Whether a file is there; an error if it is not ours.
fn ours(root: &Root, path: &str) -> Result<bool, PersistError> {
    match root.read(path) {
        Ok(text) if text.starts_with(HEADER) => Ok(true),
        Ok(_) => Err(PersistError::NotOurs(root.path(path))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(PersistError::Io(root.path(path), error)),
    }
}

/// Removes what [`persist`] wrote, and returns what was there.
pub fn unpersist(root: &Root) -> Result<Vec<&'static str>, PersistError> {
    let mut there = Vec::new();
    for path in [SYSCTL, UDEV, UNIT] {
        if ours(root, path)? {
            there.push(path);
        }
    }
    for path in &there {
        let failed = |error| PersistError::Io(root.path(path), error);
        let text = root.read(path).map_err(failed)?;
        let made = text.lines().nth(1).and_then(|line| line.strip_prefix(MADE)).unwrap_or_default();
        if *path == UNIT {
            fs::remove_file(root.path(WANTED)).ok();
        }
        fs::remove_file(root.path(path)).map_err(failed)?;
        let mut dirs: Vec<&str> = made.split_whitespace().filter(|dir| Path::new(dir).starts_with("/etc")).collect();
        dirs.sort_by_key(|dir| std::cmp::Reverse(dir.len()));
        // One that somebody has put something into stays.
        dirs.iter().for_each(|dir| drop(fs::remove_dir(root.path(dir))));
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word_in_a_unit() {
        let words = ["/usr/bin/thalweg", "/my data", "/100%", r#"/a"b"#].map(|path| word(Path::new(path)));
        assert_eq!(words, ["/usr/bin/thalweg", r#""/my data""#, "/100%%", r#""/a\"b""#]);
    }
}
