//! What a run saw: response time, counted from the moment a request should have left, beside service time, counted from the
//! moment it did. Their gap is the generator's own lag, which decides whether the run is worth anything.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies of one run, in nanoseconds, three significant digits, up to ten minutes.
pub struct Recorder {
    response: Histogram<u64>,
    service: Histogram<u64>,
    lag: Histogram<u64>,
}

/// The largest latency told apart from a larger one.
const MAX: Duration = Duration::from_secs(600);

/// A schedule lag at the 99.9th percentile above this voids a run: the generator was the limit.
pub const LAG_LIMIT: Duration = Duration::from_millis(10);

fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(MAX.as_nanos() as u64, 3)
        .unwrap_or_else(|_| unreachable!("the bounds are constants in range"))
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos().min(MAX.as_nanos()) as u64
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder { response: histogram(), service: histogram(), lag: histogram() }
    }
}

impl Recorder {
    /// Records one request; times since the start of the run.
    pub fn record(&mut self, intended: Duration, sent: Duration, answered: Duration) {
        self.response.saturating_record(nanos(answered.saturating_sub(intended)));
        self.service.saturating_record(nanos(answered.saturating_sub(sent)));
        self.lag.saturating_record(nanos(sent.saturating_sub(intended)));
    }

    /// Response time at a quantile between 0 and 1.
    pub fn response(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.response.value_at_quantile(quantile))
    }

    /// Service time at a quantile between 0 and 1.
    pub fn service(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.service.value_at_quantile(quantile))
    }

    /// Why this run says nothing about the broker, or `None` if it does.
    pub fn invalid(&self) -> Option<String> {
        let lag = Duration::from_nanos(self.lag.value_at_quantile(0.999));
        (lag > LAG_LIMIT).then(|| format!("the generator fell behind its schedule: p99.9 of its lag is {lag:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn about(found: Duration, wanted: Duration) -> bool {
        found.abs_diff(wanted) <= wanted / 500
    }

    #[test]
    fn a_stall_counts_from_the_intended_time() {
        let mut recorder = Recorder::default();
        recorder.record(MS(0), MS(0), MS(1));
        recorder.record(MS(10), MS(109), MS(110));
        assert!(about(recorder.response(1.0), MS(100)), "{:?}", recorder.response(1.0));
        assert!(about(recorder.service(1.0), MS(1)), "{:?}", recorder.service(1.0));
    }

    #[test]
    fn a_late_generator_voids_the_run_and_a_slow_broker_does_not() {
        let mut slow = Recorder::default();
        let mut late = Recorder::default();
        for n in 0..100 {
            slow.record(MS(n), MS(n), MS(n + 500));
            late.record(MS(n), MS(n + 50), MS(n + 51));
        }
        assert_eq!(slow.invalid(), None);
        assert!(late.invalid().expect("void").contains("fell behind"));
    }
}
