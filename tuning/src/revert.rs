//! Putting back what was there before anything was applied.

use std::io;

use crate::attribute;
use crate::root::Root;
use crate::saved::{Saved, SavedError, Value};

/// What became of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Back {
    /// It reads what it read before.
    Restored {
        /// What it read until now.
        from: String,
        /// Somebody else had changed it in between.
        changed_by_others: bool,
    },
    /// It already did.
    Unchanged,
    /// The device is no longer there.
    Gone,
    /// The kernel took the old value, and it reads something else.
    Overridden {
        /// What it reads.
        now: String,
    },
    /// The kernel did not take the old value.
    Refused {
        /// Its error.
        error: String,
    },
}

impl Back {
    /// Nothing is left to do.
    pub fn is_done(&self) -> bool {
        matches!(self, Back::Restored { .. } | Back::Unchanged | Back::Gone)
    }
}

/// Restores everything that was applied, last first, and reads it back; `None` if nothing was. What could not be restored stays
/// saved for the next attempt.
pub fn revert(root: &Root) -> Result<Option<Vec<(Value, Back)>>, SavedError> {
    let Some(mut saved) = Saved::read(root)? else { return Ok(None) };
    let found: Vec<Option<String>> = saved.values.iter().map(|value| read(root, value)).collect();
    let mut errors: Vec<Option<io::Error>> = saved.values.iter().map(|_| None).collect();
    // Restoring one may make the kernel set another anew: the second round puts that right, the third finds nothing to do.
    const ROUNDS: usize = 3;
    for _ in 0..ROUNDS {
        for (value, error) in saved.values.iter().zip(&mut errors).rev() {
            if read(root, value).is_some_and(|now| now != before(value)) {
                *error = attribute::write(root, &value.path, value.format(), &value.before).err();
            }
        }
    }
    let backs: Vec<(Value, Back)> = saved
        .values
        .iter()
        .zip(found.into_iter().zip(errors))
        .map(|(value, (found, error))| (value.clone(), back(root, value, found, error)))
        .collect();
    saved.values = backs.iter().filter(|(_, back)| !back.is_done()).map(|(value, _)| value.clone()).collect();
    saved.store(root)?;
    Ok(Some(backs))
}

fn before(value: &Value) -> String {
    value.format().value(&value.before)
}

fn read(root: &Root, value: &Value) -> Option<String> {
    root.text(&value.path).map(|text| value.format().value(&text))
}

fn back(root: &Root, value: &Value, found: Option<String>, error: Option<io::Error>) -> Back {
    let (Some(from), Some(now)) = (found, read(root, value)) else { return Back::Gone };
    match error {
        _ if now == before(value) && from == now => Back::Unchanged,
        _ if now == before(value) => {
            let changed_by_others = value.value.as_ref().is_some_and(|written| *written != from);
            Back::Restored { from, changed_by_others }
        }
        Some(error) => Back::Refused { error: error.to_string() },
        None => Back::Overridden { now },
    }
}
