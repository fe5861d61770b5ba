//! What the core tells once a second of a run that goes on. Both ways of showing it, and nothing else, read it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::outcome::Interval;

/// A run at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// What it is doing.
    pub phase: Phase,
    /// Since the run began.
    pub elapsed: Duration,
    /// Until the phase ends, if that is known.
    pub left: Option<Duration>,
    /// Records a second the schedule asks for now; none in a closed loop.
    pub intended_per_second: Option<f64>,
    /// The last second.
    pub interval: Interval,
    /// Produce requests without an answer.
    pub in_flight: u64,
    /// Records that should have left and are not acknowledged, wherever they wait.
    pub unacked: u64,
    /// Records acknowledged that the slowest group has not read; none without consumers.
    pub backlog: Option<u64>,
    /// Errors since the run began, by name.
    pub errors: BTreeMap<String, u64>,
    /// How busy each core of the generator was, as a part of the time.
    pub generator_cores: Vec<f64>,
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Connecting, creating topics.
    #[default]
    Preparing,
    /// Load, not yet measured.
    WarmUp,
    /// Load, consumers resting.
    BuildingBacklog,
    /// Load, measured.
    Measuring,
    /// Waiting for the last answers.
    Draining,
}

impl Phase {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Phase::Preparing => "preparing",
            Phase::WarmUp => "warming up",
            Phase::BuildingBacklog => "building the backlog",
            Phase::Measuring => "measuring",
            Phase::Draining => "waiting for the last answers",
        }
    }
}
