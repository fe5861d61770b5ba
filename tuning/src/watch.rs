//! Whether what was applied is still so.

use crate::daemon::Daemons;
use crate::root::Root;
use crate::saved::{Saved, SavedError};
use crate::table;

/// An attribute that no longer has the value that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drift {
    /// Id of the parameter.
    pub parameter: String,
    /// Its path.
    pub path: String,
    /// What was applied.
    pub applied: String,
    /// What it reads now; `None` if it is no longer there.
    pub now: Option<String>,
    /// Who may have done that.
    pub by: Option<&'static str>,
}

/// Everything that has drifted; `None` if nothing is applied.
pub fn drift(root: &Root) -> Result<Option<Vec<Drift>>, SavedError> {
    let Some(saved) = Saved::read(root)? else { return Ok(None) };
    let drifted = saved.values.iter().filter_map(|value| {
        let applied = value.value.clone()?;
        let now = root.text(&value.path).map(|text| value.format().value(&text));
        (now.as_ref() != Some(&applied)).then_some((value, applied, now))
    });
    let drifted: Vec<_> = drifted.collect();
    if drifted.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let daemons = Daemons::read(root);
    let named = drifted.into_iter().map(|(value, applied, now)| Drift {
        by: table::row(&value.parameter).and_then(|row| daemons.setter(row.setters, row.tuned_word)),
        parameter: value.parameter.clone(),
        path: value.path.clone(),
        applied,
        now,
    });
    Ok(Some(named.collect()))
}
