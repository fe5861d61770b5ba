//! What cores tell each other and the one who waits, without a message: how far the load and its readers are.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one process, over all its cores.
#[derive(Debug, Default)]
pub struct Progress {
    /// Records acknowledged.
    pub acked: Counter,
    /// Bytes of their keys and values.
    pub acked_bytes: Counter,
    /// Records read, over all groups.
    pub consumed: Counter,
    /// Bytes of their keys and values.
    pub consumed_bytes: Counter,
    /// Records come to.
    pub intended: Counter,
    /// Requests without an answer.
    pub in_flight: Counter,
}

/// A number that goes up, and down.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds.
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    /// Takes away.
    pub fn sub(&self, by: u64) {
        self.0.fetch_sub(by, Ordering::Relaxed);
    }

    /// The number.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
