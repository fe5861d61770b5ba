//! Outcomes as files for people: one self-contained HTML page for a run, a sweep or a comparison. The page asks nobody for
//! anything, needs no script, and a void run looks void: red, with its reasons, its figures struck out.

use crate::outcome::{BadHistogram, Outcome};

mod chart;
mod curves;
mod page;
mod run;
#[cfg(test)]
pub(crate) mod sample;
mod scale;
mod sweep;
pub mod units;
pub mod versus;
pub mod words;

pub use sweep::{Goal, Sustained, Sweep};

/// The report of one run.
pub fn run(outcome: &Outcome) -> Result<String, BadHistogram> {
    Ok(page::page(&outcome.plan.name, &run::body(outcome)?))
}

/// The report of runs at several rates.
pub fn sweep(sweep: &Sweep<'_>) -> Result<String, BadHistogram> {
    Ok(page::page(sweep.title, &sweep::body(sweep)?))
}

/// The report of two targets, measured in turn.
pub fn compare(versus: &versus::Versus<'_>) -> Result<String, BadHistogram> {
    Ok(page::page(&versus.title(), &versus::body(versus)?))
}
