//! What a core saw, second by second and over the measured time. Latency counts from the moment a record should have left;
//! service time, from the moment it did, and the generator's own lag are kept apart beside it.
//!
//! A record belongs to the measured time if it should have left within it, whenever its answer came.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

/// The largest latency told apart from a larger one: ten minutes.
pub const LATENCY_NS_MAX: u64 = 600_000_000_000;

/// An empty histogram of nanoseconds, three digits exact.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(LATENCY_NS_MAX, 3).unwrap_or_else(|_| unreachable!("the bounds are constants in range"))
}

/// The measured time, since the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its beginning.
    pub from_ns: u64,
    /// Its end.
    pub to_ns: u64,
}

impl Window {
    /// Before it is known: nothing is in it.
    pub const NONE: Window = Window { from_ns: u64::MAX, to_ns: u64::MAX };

    /// Whether a record that should have left then belongs to it.
    #[must_use]
    pub fn holds(self, intended_ns: u64) -> bool {
        self.from_ns <= intended_ns && intended_ns < self.to_ns
    }
}

/// Sums of some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records that should have left and were come to.
    pub intended: u64,
    /// Records handed to a socket.
    pub sent: u64,
    /// Records acknowledged.
    pub acked: u64,
    /// Bytes of their keys and values.
    pub acked_bytes: u64,
    /// Records given up.
    pub failed: u64,
    /// Records without an answer at the end.
    pub unanswered: u64,
    /// Records that never left.
    pub unsent: u64,
    /// Records read.
    pub consumed: u64,
    /// Bytes of their keys and values.
    pub consumed_bytes: u64,
    /// Requests answered.
    pub requests: u64,
    /// Batches acknowledged.
    pub batches: u64,
    /// Bytes of batches sent.
    pub wire_bytes: u64,
    /// Batches sent again.
    pub retries: u64,
    /// Connections opened.
    pub connects: u64,
    /// Errors by name.
    pub errors: BTreeMap<String, u64>,
}

impl Counts {
    /// Adds those of another core or time.
    pub fn add(&mut self, other: &Counts) {
        self.intended += other.intended;
        self.sent += other.sent;
        self.acked += other.acked;
        self.acked_bytes += other.acked_bytes;
        self.failed += other.failed;
        self.unanswered += other.unanswered;
        self.unsent += other.unsent;
        self.consumed += other.consumed;
        self.consumed_bytes += other.consumed_bytes;
        self.requests += other.requests;
        self.batches += other.batches;
        self.wire_bytes += other.wire_bytes;
        self.retries += other.retries;
        self.connects += other.connects;
        for (name, count) in &other.errors {
            *self.errors.entry(name.clone()).or_default() += count;
        }
    }
}

/// What one core saw within about a second.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Sums, by when things happened.
    pub counts: Counts,
    /// Response times of what was acknowledged.
    pub response: Histogram<u64>,
    /// Lags of what was come to.
    pub lag: Histogram<u64>,
    /// End-to-end latencies of what was read.
    pub end_to_end: Histogram<u64>,
}

impl Default for Slice {
    fn default() -> Slice {
        Slice { counts: Counts::default(), response: histogram(), lag: histogram(), end_to_end: histogram() }
    }
}

impl Slice {
    /// Adds what another core saw within the same second.
    pub fn add(&mut self, other: &Slice) {
        self.counts.add(&other.counts);
        add_all([
            (&mut self.response, &other.response),
            (&mut self.lag, &other.lag),
            (&mut self.end_to_end, &other.end_to_end),
        ]);
    }
}

fn add_all<const N: usize>(pairs: [(&mut Histogram<u64>, &Histogram<u64>); N]) {
    for (sum, part) in pairs {
        sum.add(part).unwrap_or_else(|_| unreachable!("all histograms have the same bounds"));
    }
}

/// What cores saw over the measured time.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Sums.
    pub counts: Counts,
    /// Response times.
    pub response: Histogram<u64>,
    /// Service times.
    pub service: Histogram<u64>,
    /// Lags of the generator.
    pub lag: Histogram<u64>,
    /// End-to-end latencies.
    pub end_to_end: Histogram<u64>,
}

impl Default for Measured {
    fn default() -> Measured {
        Measured {
            counts: Counts::default(),
            response: histogram(),
            service: histogram(),
            lag: histogram(),
            end_to_end: histogram(),
        }
    }
}

impl Measured {
    /// Adds what another core saw.
    pub fn add(&mut self, other: &Measured) {
        self.counts.add(&other.counts);
        add_all([
            (&mut self.response, &other.response),
            (&mut self.service, &other.service),
            (&mut self.lag, &other.lag),
            (&mut self.end_to_end, &other.end_to_end),
        ]);
    }
}

/// What one core sees.
pub struct Recorder {
    window: Window,
    slice: Slice,
    measured: Measured,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder { window: Window::NONE, slice: Slice::default(), measured: Measured::default() }
    }
}

impl Recorder {
    /// Says which time is measured, before it begins.
    pub fn measure(&mut self, window: Window) {
        self.window = window;
    }

    /// The measured time.
    #[must_use]
    pub fn window(&self) -> Window {
        self.window
    }

    /// A record was come to. `possible_ns` is when the generator could have at the earliest: when the record should have
    /// left, or when there was room again.
    pub fn came_to(&mut self, intended_ns: u64, possible_ns: u64, now_ns: u64) {
        let lag = now_ns.saturating_sub(possible_ns);
        self.slice.counts.intended += 1;
        self.slice.lag.saturating_record(lag);
        if self.window.holds(intended_ns) {
            self.measured.counts.intended += 1;
            self.measured.lag.saturating_record(lag);
        }
    }

    /// A batch was handed to a socket, for the first time or again.
    pub fn sent(&mut self, intended_ns: &[u64], wire_bytes: usize, again: bool) {
        let records = if again { 0 } else { intended_ns.len() as u64 };
        self.slice.counts.sent += records;
        self.slice.counts.wire_bytes += wire_bytes as u64;
        self.slice.counts.retries += u64::from(again);
        let measured = self.held(intended_ns);
        if measured > 0 {
            self.measured.counts.sent += if again { 0 } else { measured };
            self.measured.counts.wire_bytes += wire_bytes as u64;
            self.measured.counts.retries += u64::from(again);
        }
    }

    /// A batch was acknowledged.
    pub fn acked(&mut self, intended_ns: &[u64], payload_bytes: u64, sent_ns: u64, now_ns: u64) {
        let counts = &mut self.slice.counts;
        counts.acked += intended_ns.len() as u64;
        counts.acked_bytes += payload_bytes;
        counts.batches += 1;
        let mut held = 0;
        for at in intended_ns {
            let response = now_ns.saturating_sub(*at);
            self.slice.response.saturating_record(response);
            if self.window.holds(*at) {
                held += 1;
                self.measured.response.saturating_record(response);
            }
        }
        if held > 0 {
            let counts = &mut self.measured.counts;
            counts.acked += held;
            counts.acked_bytes += part(payload_bytes, held, intended_ns.len());
            counts.batches += 1;
            self.measured.service.saturating_record_n(now_ns.saturating_sub(sent_ns), held);
        }
    }

    /// A request was answered.
    pub fn answered(&mut self, now_ns: u64) {
        self.slice.counts.requests += 1;
        self.measured.counts.requests += u64::from(self.window.holds(now_ns));
    }

    /// A batch was given up.
    pub fn failed(&mut self, intended_ns: &[u64]) {
        self.slice.counts.failed += intended_ns.len() as u64;
        self.measured.counts.failed += self.held(intended_ns);
    }

    /// A batch has no answer at the end: its age is the least its latency can be.
    pub fn unanswered(&mut self, intended_ns: &[u64], now_ns: u64) {
        for at in intended_ns {
            if self.window.holds(*at) {
                self.measured.counts.unanswered += 1;
                self.measured.response.saturating_record(now_ns.saturating_sub(*at));
            }
        }
    }

    /// A record never left: its age counts likewise.
    pub fn unsent(&mut self, intended_ns: u64, now_ns: u64) {
        if self.window.holds(intended_ns) {
            self.measured.counts.intended += 1;
            self.measured.counts.unsent += 1;
            self.measured.response.saturating_record(now_ns.saturating_sub(intended_ns));
        }
    }

    /// Something went wrong.
    pub fn error(&mut self, name: &str, now_ns: u64) {
        count(&mut self.slice.counts.errors, name);
        if self.window.holds(now_ns) {
            count(&mut self.measured.counts.errors, name);
        }
    }

    /// A connection was opened.
    pub fn connected(&mut self) {
        self.slice.counts.connects += 1;
        // the first ones come before the measured time and are asked for all the same
        self.measured.counts.connects += 1;
    }

    /// A record was read. None: it carries no time.
    pub fn consumed(&mut self, intended_ns: Option<u64>, payload_bytes: u64, now_ns: u64) {
        self.slice.counts.consumed += 1;
        self.slice.counts.consumed_bytes += payload_bytes;
        if let Some(at) = intended_ns {
            self.slice.end_to_end.saturating_record(now_ns.saturating_sub(at));
        }
        if self.window.holds(intended_ns.unwrap_or(now_ns)) {
            self.measured.counts.consumed += 1;
            self.measured.counts.consumed_bytes += payload_bytes;
            if let Some(at) = intended_ns {
                self.measured.end_to_end.saturating_record(now_ns.saturating_sub(at));
            }
        }
    }

    /// What happened since the last call.
    pub fn take_slice(&mut self) -> Slice {
        std::mem::take(&mut self.slice)
    }

    /// What happened over the measured time.
    pub fn take_measured(&mut self) -> Measured {
        std::mem::take(&mut self.measured)
    }

    fn held(&self, intended_ns: &[u64]) -> u64 {
        intended_ns.iter().filter(|at| self.window.holds(**at)).count() as u64
    }
}

fn count(errors: &mut BTreeMap<String, u64>, name: &str) {
    match errors.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(errors.insert(name.to_owned(), 1)),
    }
}

/// What `held` of `all` records have of `bytes`.
fn part(bytes: u64, held: u64, all: usize) -> u64 {
    if held == all as u64 { bytes } else { (u128::from(bytes) * u128::from(held) / all as u128) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn recorder() -> Recorder {
        let mut recorder = Recorder::default();
        recorder.measure(Window { from_ns: 1000 * MS, to_ns: 2000 * MS });
        recorder
    }

    fn about(found: u64, wanted: u64) -> bool {
        found.abs_diff(wanted) <= wanted / 500
    }

    #[test]
    fn a_stall_counts_from_the_intended_time() {
        let mut recorder = recorder();
        recorder.acked(&[1000 * MS, 1010 * MS], 200, 1109 * MS, 1110 * MS);
        let measured = recorder.take_measured();
        assert!(about(measured.response.max(), 110 * MS) && about(measured.response.min(), 100 * MS));
        assert!(about(measured.service.max(), MS) && measured.service.len() == 2);
    }

    #[test]
    fn only_what_should_have_left_within_the_window_is_measured() {
        let mut recorder = recorder();
        recorder.acked(&[999 * MS, 1000 * MS, 1999 * MS, 2000 * MS], 400, 2500 * MS, 3000 * MS);
        recorder.unsent(1500 * MS, 2500 * MS);
        recorder.unanswered(&[1500 * MS, 2100 * MS], 2600 * MS);
        let slice = recorder.take_slice();
        assert_eq!((slice.counts.acked, slice.counts.acked_bytes, slice.response.len()), (4, 400, 4));
        assert_eq!(recorder.take_slice().counts, Counts::default(), "a slice is taken once");
        let measured = recorder.take_measured();
        let counts = &measured.counts;
        assert_eq!((counts.acked, counts.acked_bytes, counts.unsent, counts.unanswered), (2, 200, 1, 1));
        assert_eq!(measured.response.len(), 4, "what has no answer counts with its age");
    }

    #[test]
    fn waiting_for_room_is_not_lag() {
        let mut recorder = recorder();
        recorder.came_to(1000 * MS, 1500 * MS, 1501 * MS);
        recorder.came_to(1000 * MS, 1000 * MS, 1050 * MS);
        let lag = recorder.take_measured().lag;
        assert!(about(lag.min(), MS) && about(lag.max(), 50 * MS));
    }

    #[test]
    fn cores_add_up() {
        let (mut one, mut other) = (recorder(), recorder());
        one.acked(&[1000 * MS], 10, 1000 * MS, 1001 * MS);
        other.acked(&[1000 * MS], 30, 1000 * MS, 1003 * MS);
        other.error("NOT_LEADER_OR_FOLLOWER", 1500 * MS);
        let mut sum = one.take_measured();
        sum.add(&other.take_measured());
        assert_eq!((sum.counts.acked_bytes, sum.response.len()), (40, 2));
        assert_eq!(sum.counts.errors["NOT_LEADER_OR_FOLLOWER"], 1);
    }
}
