//! The deadlines of one coordinator: session of a member, join and sync phase of a group. Every timer has at most one
//! deadline; setting it again moves it. Timers fire by deadline, never by a periodic tick.

use std::collections::{BTreeMap, BTreeSet};

use thalweg_wire::Str;

/// What a deadline is for, within a group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Timer {
    /// The join phase of a rebalance.
    Join,
    /// The wait for every member's SyncGroup.
    Sync,
    /// The session of this member, or the patience with an id that was handed out and has not joined yet.
    Session(Str),
}

/// All deadlines. Invariant: `due` and `at` hold the same timers.
#[derive(Default)]
pub(super) struct Timers {
    due: BTreeSet<(i64, Str, Timer)>,
    at: BTreeMap<(Str, Timer), i64>,
}

impl Timers {
    /// Sets or moves a timer.
    pub(super) fn set(&mut self, group: &Str, timer: Timer, deadline_ms: i64) {
        self.cancel(group, timer.clone());
        self.at.insert((group.clone(), timer.clone()), deadline_ms);
        self.due.insert((deadline_ms, group.clone(), timer));
    }

    /// Forgets a timer; one that is not set is no mistake.
    pub(super) fn cancel(&mut self, group: &Str, timer: Timer) {
        let key = (group.clone(), timer);
        if let Some(deadline_ms) = self.at.remove(&key) {
            let (group, timer) = key;
            self.due.remove(&(deadline_ms, group, timer));
        }
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<i64> {
        self.due.first().map(|(deadline_ms, _, _)| *deadline_ms)
    }

    /// Takes one timer whose deadline has been reached.
    pub(super) fn pop_due(&mut self, now_ms: i64) -> Option<(Str, Timer)> {
        if self.next()? > now_ms {
            return None;
        }
        let (_, group, timer) = self.due.pop_first()?;
        self.at.remove(&(group.clone(), timer.clone()));
        Some((group, timer))
    }
}
