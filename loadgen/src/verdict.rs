//! Whether the figures of a run are the broker's, or the generator's own limits.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::outcome::Verdict;
use crate::plan::Limits;

/// What the generator says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Conduct<'a> {
    /// How late it came to records.
    pub lag: &'a Histogram<u64>,
    /// How busy its busiest core was, as a part of the time.
    pub busiest_ratio: f64,
    /// A closed loop has no schedule to fall behind.
    pub closed_loop: bool,
    /// Records acknowledged.
    pub acked: u64,
}

/// The verdict, with every reason.
#[must_use]
pub fn judge(limits: &Limits, conduct: &Conduct<'_>) -> Verdict {
    let mut reasons = Vec::new();
    let lag = Duration::from_nanos(conduct.lag.value_at_quantile(0.999));
    let most = Duration::from_micros(limits.lag_us);
    if !conduct.closed_loop && lag > most {
        reasons.push(format!(
            "the generator fell behind its own schedule: the 99.9th percentile of its lag is {lag:.1?}, the limit {most:.1?}; \
             give it more cores (--gen-cores), a lower rate, or a machine of its own"
        ));
    }
    if conduct.busiest_ratio > limits.cpu_ratio {
        reasons.push(format!(
            "the generator was busy itself: one of its cores for {:.0} % of the time, the limit is {:.0} %; \
             give it more cores (--gen-cores) or a lower rate",
            conduct.busiest_ratio * 100.0,
            limits.cpu_ratio * 100.0
        ));
    }
    if conduct.acked == 0 {
        reasons.push("no record was acknowledged within the measured time".to_owned());
    }
    if reasons.is_empty() { Verdict::Valid } else { Verdict::Invalid { reasons } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::histogram;

    fn check(lag_ms: u64, busiest_ratio: f64, closed_loop: bool, acked: u64) -> usize {
        let mut lag = histogram();
        lag.record_n(100_000, 998).unwrap();
        lag.record_n(lag_ms * 1_000_000, 2).unwrap();
        match judge(&Limits::default(), &Conduct { lag: &lag, busiest_ratio, closed_loop, acked }) {
            Verdict::Valid => 0,
            Verdict::Invalid { reasons } => reasons.len(),
        }
    }

    #[test]
    fn each_limit_voids_a_run_by_itself_and_all_are_said() {
        assert_eq!(check(9, 0.79, false, 1), 0);
        assert_eq!(check(11, 0.79, false, 1), 1);
        assert_eq!(check(9, 0.81, false, 1), 1);
        assert_eq!(check(9, 0.5, false, 0), 1);
        assert_eq!(check(11, 0.81, false, 0), 3);
    }

    #[test]
    fn a_closed_loop_has_no_schedule_to_fall_behind() {
        assert_eq!(check(500, 0.5, true, 1), 0);
        assert_eq!(check(500, 0.9, true, 1), 1);
    }
}
