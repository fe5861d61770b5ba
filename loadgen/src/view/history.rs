//! The last minutes of a run, as far as a screen has room for them.

use std::collections::VecDeque;

use super::host::HostRates;
use super::snapshot::Snapshot;
use crate::outcome::Interval;
use crate::plan::Plan;
use crate::report::words;

/// Seconds kept: a wide screen shows no more.
const SECONDS_MAX: usize = 512;

/// What a view knows.
pub struct History {
    name: String,
    load: String,
    intervals: VecDeque<Interval>,
    now: Snapshot,
    host: HostRates,
}

impl History {
    /// Before the first second.
    #[must_use]
    pub fn new(plan: &Plan) -> History {
        History {
            name: plan.name.clone(),
            load: words::rate(&plan.rate),
            intervals: VecDeque::new(),
            now: Snapshot::default(),
            host: HostRates::default(),
        }
    }

    /// Takes one more second, and forgets the oldest if there are too many.
    pub fn push(&mut self, snapshot: Snapshot, host: HostRates) {
        if self.intervals.len() == SECONDS_MAX {
            self.intervals.pop_front();
        }
        self.intervals.push_back(snapshot.interval.clone());
        (self.now, self.host) = (snapshot, host);
    }

    /// What people call the run.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the schedule asks for, in words.
    #[must_use]
    pub fn load(&self) -> &str {
        &self.load
    }

    /// The last second.
    #[must_use]
    pub fn now(&self) -> &Snapshot {
        &self.now
    }

    /// The host in the last second.
    #[must_use]
    pub fn host(&self) -> &HostRates {
        &self.host
    }

    /// One figure of each of the last `width` seconds, in order.
    #[must_use]
    pub fn series(&self, width: usize, figure: impl Fn(&Interval) -> u64) -> Vec<u64> {
        let from = self.intervals.len().saturating_sub(width);
        self.intervals.range(from..).map(figure).collect()
    }
}

/// A count of one second as a rate: seconds are seldom exactly one.
#[must_use]
pub fn a_second(n: u64, interval: &Interval) -> f64 {
    if interval.for_ms == 0 { 0.0 } else { n as f64 * 1000.0 / interval.for_ms as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_keeps_its_last_seconds_only() {
        let mut history = History::new(&Plan::default());
        for sent in 0..(SECONDS_MAX as u64 + 10) {
            let interval = Interval { sent, ..Interval::default() };
            history.push(Snapshot { interval, ..Snapshot::default() }, HostRates::default());
        }
        assert_eq!(history.intervals.len(), SECONDS_MAX);
        assert_eq!(history.series(3, |i| i.sent), [519, 520, 521]);
        assert_eq!(history.series(usize::MAX, |i| i.sent).len(), SECONDS_MAX);
    }

    #[test]
    fn a_second_that_took_longer_is_no_higher_rate() {
        let interval = Interval { for_ms: 2000, ..Interval::default() };
        assert_eq!(a_second(100, &interval), 50.0);
        assert_eq!(a_second(100, &Interval::default()), 0.0);
    }
}
