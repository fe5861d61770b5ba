//! What a core counts and measures, for logs and metrics.

use std::cell::RefCell;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Durations, in microseconds, to two significant digits.
pub struct Latency(RefCell<Histogram<u32>>);

impl Default for Latency {
    fn default() -> Self {
        // These bounds are within what the histogram can hold; one that were not would only drop what it cannot hold.
        let histogram = Histogram::new_with_bounds(1, HIGHEST_US, 2)
            .unwrap_or_else(|_| unreachable!("the bounds are constants the histogram accepts"));
        Latency(RefCell::new(histogram))
    }
}

const HIGHEST_US: u64 = 60_000_000;

impl Latency {
    /// Counts one.
    pub fn record(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.0.borrow_mut().saturating_record(us.clamp(1, HIGHEST_US));
    }

    /// What was recorded so far.
    pub fn summary(&self) -> LatencySummary {
        let histogram = self.0.borrow();
        LatencySummary {
            count: histogram.len(),
            p50_us: histogram.value_at_quantile(0.5),
            p99_us: histogram.value_at_quantile(0.99),
            max_us: histogram.max(),
        }
    }
}

/// A latency in figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LatencySummary {
    /// Number of them.
    pub count: u64,
    /// Median in microseconds.
    pub p50_us: u64,
    /// 99th percentile in microseconds.
    pub p99_us: u64,
    /// Largest in microseconds.
    pub max_us: u64,
}

/// What a core has done since its start and holds now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CoreStats {
    /// Journal files freed to be written again.
    pub journal_files_freed: u64,
    /// Whether the start found frames beyond one that was torn, and cut them.
    pub journal_cut: bool,
    /// Batches appended.
    pub batches: u64,
    /// Their bytes.
    pub batch_bytes: u64,
    /// Journal commits.
    pub commits: u64,
    /// Bytes written to the journal.
    pub journal_bytes: u64,
    /// Of those, bytes that were written from where they lay in memory.
    pub uncopied_bytes: u64,
    /// Bytes written to segments.
    pub segment_bytes: u64,
    /// Bytes that went to their segment without passing through the journal.
    pub bypass_bytes: u64,
    /// Bytes read from segments.
    pub cold_bytes: u64,
    /// Memory held by what was appended last.
    pub tail_bytes: u64,
    /// Memory for what was read from the disk before it was asked for, in bytes.
    pub read_ahead_bytes: u64,
    /// Partitions in memory.
    pub partitions: usize,
    /// Of those, at rest in their files.
    pub idle_partitions: usize,
    /// Producer ids remembered by the partitions in memory.
    pub producers: usize,
    /// Reads waiting.
    pub parked_reads: usize,
    /// Appends waiting.
    pub parked_appends: usize,
    /// From append to durable.
    pub append_latency: LatencySummary,
    /// From the build of a journal frame to its completion.
    pub commit_latency: LatencySummary,
    /// The log directory has failed.
    pub offline: bool,
    /// The disk is full.
    pub disk_full: bool,
}
