//! When each request of an open loop should leave. Times are absolute: a generator that falls behind does not move the later
//! ones, so a stall of the broker is paid for by every request that should have left during it.

use std::time::Duration;

/// A schedule at a constant rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    per_second: f64,
}

impl Schedule {
    /// A schedule of `per_second` requests; `None` unless the rate is a positive, finite number.
    pub fn constant(per_second: f64) -> Option<Schedule> {
        (per_second.is_finite() && per_second > 0.0).then_some(Schedule { per_second })
    }

    /// When request `n`, counted from zero, should leave, as time since the start. Computed from `n`, never accumulated, so
    /// that rounding does not drift.
    pub fn intended(&self, n: u64) -> Duration {
        Duration::from_secs_f64(n as f64 / self.per_second)
    }

    /// How many requests should have left by `elapsed`, the one at the start included.
    pub fn due(&self, elapsed: Duration) -> u64 {
        let mut n = (elapsed.as_secs_f64() * self.per_second) as u64 + 1;
        // The quotient and the product round separately; settle on the definition.
        while n > 0 && self.intended(n - 1) > elapsed {
            n -= 1;
        }
        while self.intended(n) <= elapsed {
            n += 1;
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_millionth_request_leaves_to_the_nanosecond_where_it_should() {
        let schedule = Schedule::constant(3.0).expect("a rate");
        assert_eq!(schedule.intended(0), Duration::ZERO);
        assert_eq!(schedule.intended(3_000_000), Duration::from_secs(1_000_000));
    }

    #[test]
    fn due_counts_exactly_those_intended_by_now() {
        for rate in [0.7, 1.0, 3.0, 1e3, 7.3e5] {
            let schedule = Schedule::constant(rate).expect("a rate");
            for ms in [0, 1, 10, 999, 1000, 86_400_000] {
                let now = Duration::from_millis(ms);
                let due = schedule.due(now);
                assert!(
                    schedule.intended(due - 1) <= now && schedule.intended(due) > now,
                    "rate {rate}, {ms} ms: {due}"
                );
            }
        }
    }

    #[test]
    fn a_rate_that_is_none_is_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Schedule::constant(rate), None);
        }
    }
}
