//! Time of one run. All cores of a process count nanoseconds from the same start; the stamp in a value adds the wall clock's
//! time of that start, so that within a process a difference of stamps is one of the monotonic clock, and between processes
//! one of the wall clocks.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use thalweg_rt::{Core, Tick};

/// Where a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// On the clock of the cores.
    pub tick: Tick,
    /// The wall clock then, in nanoseconds since the Unix epoch.
    pub wall_ns: u64,
}

/// A core's view of the run's time.
pub struct RunClock {
    core: Core,
    start: Cell<Start>,
}

impl RunClock {
    /// Before the run has begun: everything is at zero.
    #[must_use]
    pub fn new(core: &Core) -> RunClock {
        RunClock { core: core.clone(), start: Cell::new(Start { tick: Tick(u64::MAX), wall_ns: 0 }) }
    }

    /// Sets the start.
    pub fn begin(&self, start: Start) {
        self.start.set(start);
    }

    /// Nanoseconds since the start; zero before.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.core.timer.now().0.saturating_sub(self.start.get().tick.0)
    }

    /// The core's clock at a time of the run.
    #[must_use]
    pub fn tick(&self, at_ns: u64) -> Tick {
        Tick(self.start.get().tick.0.saturating_add(at_ns))
    }

    /// What a value says of a time of the run.
    #[must_use]
    pub fn stamp(&self, at_ns: u64) -> u64 {
        self.start.get().wall_ns + at_ns
    }

    /// The time of the run a value speaks of; none if it is from before the start.
    #[must_use]
    pub fn time_of(&self, stamp_ns: u64) -> Option<u64> {
        stamp_ns.checked_sub(self.start.get().wall_ns)
    }
}

/// The wall clock, in nanoseconds since the Unix epoch.
#[must_use]
pub fn wall_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
