//! Writing what differs: everything is saved first, and everything that was written is read back.

use std::collections::BTreeSet;
use std::io;

use crate::attribute::{self, Format};
use crate::check::{self, Finding, State};
use crate::parameter::{Look, Parameter, Reach};
use crate::saved::{Saved, SavedError};
use crate::selection::Selection;
use crate::table;

/// One attribute that is to change.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its row.
    pub parameter: &'static Parameter,
    /// Its path.
    pub path: String,
    /// The disk or network device it belongs to; empty where it belongs to none.
    pub device: String,
    /// Its value now.
    pub before: String,
    /// The value to write.
    pub value: String,
}

impl Change {
    /// The form of its text.
    pub fn format(&self) -> Format {
        match self.parameter.reach {
            Reach::Write { format, .. } => format,
            Reach::Observe(_) => Format::Word,
        }
    }
}

/// What became of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It reads what was written.
    Set,
    /// The kernel took it, and it reads something else.
    Overridden {
        /// What it reads.
        now: String,
        /// Who may have done that.
        by: Option<&'static str>,
    },
    /// The kernel did not take it.
    Refused {
        /// Its error.
        error: String,
    },
}

/// Everything that differs, is selected and can be set, in the order in which it is to be.
pub fn plan(findings: &[Finding], selection: &Selection) -> Vec<Change> {
    let selected = findings.iter().filter(|finding| selection.takes(finding.parameter));
    let changes = selected.flat_map(|finding| {
        finding.readings.iter().filter_map(|reading| match (&reading.state, &reading.path, &reading.current) {
            (State::Differs { .. }, Some(path), Some(before)) => Some(Change {
                parameter: finding.parameter,
                path: path.clone(),
                device: reading.device.clone(),
                before: before.clone(),
                value: reading.value.clone()?,
            }),
            _ => None,
        })
    });
    changes.collect()
}

/// Makes the changes. What was there is on stable storage before the first of them; without any, nothing is written at all.
pub fn apply(look: Look, changes: &[Change]) -> Result<Vec<(Change, Outcome)>, SavedError> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let root = look.root;
    let known = Saved::read(root)?;
    let mut saved = known.unwrap_or_else(|| Saved::new(""));
    saved.profile = look.profile.name().to_owned();
    for change in changes {
        let text = root.read(&change.path).unwrap_or_else(|_| change.before.clone());
        saved.put(change.parameter, &change.path, change.format().restoring(&text), Some(change.value.clone()));
    }
    for (parameter, path, before) in bystanders(look, changes) {
        saved.put(parameter, &path, before, None);
    }
    saved.store(root)?;
    let errors: Vec<Option<io::Error>> = changes.iter().map(|change| write(look, change).err()).collect();
    // A later write may have set an earlier one anew: what was taken and is gone gets a second chance.
    for (change, error) in changes.iter().zip(&errors) {
        if error.is_none() && read(look, change).as_deref() != Some(&change.value) {
            write(look, change).ok();
        }
    }
    let outcomes: Vec<(Change, Outcome)> =
        changes.iter().zip(errors).map(|(change, error)| (change.clone(), outcome(look, change, error))).collect();
    // What was refused has nothing to undo.
    let refused: BTreeSet<&str> = outcomes
        .iter()
        .filter(|(change, outcome)| {
            matches!(outcome, Outcome::Refused { .. }) && read(look, change).as_deref() == Some(&change.before)
        })
        .map(|(change, _)| change.path.as_str())
        .collect();
    if !refused.is_empty() {
        saved.values.retain(|value| {
            let same = value.format().value(&value.before);
            let unchanged = changes.iter().any(|change| change.path == value.path && change.before == same);
            !(refused.contains(value.path.as_str()) && unchanged)
        });
        saved.store(root)?;
    }
    Ok(outcomes)
}

fn write(look: Look, change: &Change) -> io::Result<()> {
    attribute::write(look.root, &change.path, change.format(), &change.value)
}

fn read(look: Look, change: &Change) -> Option<String> {
    look.root.text(&change.path).map(|text| change.format().value(&text))
}

fn outcome(look: Look, change: &Change, error: Option<io::Error>) -> Outcome {
    if let Some(error) = error {
        return Outcome::Refused { error: error.to_string() };
    }
    match read(look, change) {
        Some(now) if now == change.value => Outcome::Set,
        now => {
            // It may have begun after the facts were read.
            let daemons = crate::daemon::Daemons::read(look.root);
            let by = daemons.setter(change.parameter.setters, change.parameter.tuned_word);
            Outcome::Overridden { now: now.unwrap_or_else(|| "nothing".to_owned()), by }
        }
    }
}

/// Attributes that are not to change, but which the kernel may set anew because of one that is: parameter, path, and what to
/// write to have them back.
fn bystanders(look: Look, changes: &[Change]) -> Vec<(&'static Parameter, String, String)> {
    let mut found = Vec::new();
    for change in changes {
        for parameter in change.parameter.disturbs.iter().filter_map(|id| table::row(id)) {
            let Reach::Write { format, .. } = parameter.reach else { continue };
            for reading in check::read(look, parameter) {
                let Some(path) = reading.path.filter(|_| reading.device == change.device) else { continue };
                if changes.iter().any(|change| change.path == path) {
                    continue;
                }
                if let Some(text) = look.root.text(&path) {
                    found.push((parameter, path, format.restoring(&text)));
                }
            }
        }
    }
    found
}
