//! When a run has warmed up: the last few seconds agree about their rate and their 99th percentile. A rule instead of a
//! guess, bounded by a maximum, and the outcome says which of the two ended it.

use std::collections::VecDeque;

use crate::outcome::Interval;
use crate::plan::{Rate, Warmup};

/// The seconds of a warm-up.
pub struct Settling {
    rule: Warmup,
    /// Whether the rate should be level, so that it can be asked to be.
    is_level: bool,
    windows: VecDeque<(f64, f64)>,
    seen_ms: u64,
}

/// What to do after a second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Warm {
    /// Go on.
    NotYet,
    /// The windows agree.
    Settled,
    /// They do not, but the time is up.
    TimeIsUp,
}

impl Settling {
    /// By a plan's rule.
    #[must_use]
    pub fn new(rule: Warmup, rate: &Rate) -> Settling {
        let is_level = matches!(rate, Rate::Max | Rate::Constant { .. } | Rate::Poisson { .. });
        Settling { rule, is_level, windows: VecDeque::new(), seen_ms: 0 }
    }

    /// Takes a second that is over.
    pub fn push(&mut self, interval: &Interval) -> Warm {
        self.seen_ms += interval.for_ms;
        let per_second = interval.acked as f64 * 1000.0 / interval.for_ms.max(1) as f64;
        self.windows.push_back((per_second, interval.response.p99_ns as f64));
        if self.windows.len() > self.rule.windows as usize {
            self.windows.pop_front();
        }
        if self.seen_ms >= self.rule.min_ms && self.agree() {
            Warm::Settled
        } else if self.seen_ms >= self.rule.max_ms {
            Warm::TimeIsUp
        } else {
            Warm::NotYet
        }
    }

    fn agree(&self) -> bool {
        let near = |of: &dyn Fn(&(f64, f64)) -> f64| {
            let mut values: Vec<f64> = self.windows.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            let middle = values[values.len() / 2];
            middle > 0.0 && values.iter().all(|value| (value - middle).abs() <= self.rule.tolerance * middle)
        };
        self.windows.len() == self.rule.windows as usize && near(&|w| w.1) && (!self.is_level || near(&|w| w.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Quantiles;

    fn second(acked: u64, p99_ms: u64) -> Interval {
        let response = Quantiles { p99_ns: p99_ms * 1_000_000, ..Quantiles::default() };
        Interval { acked, for_ms: 1000, response, ..Interval::default() }
    }

    fn run(rate: &Rate, seconds: &[(u64, u64)]) -> (usize, Warm) {
        let rule = Warmup { min_ms: 2000, max_ms: 8000, windows: 3, tolerance: 0.2 };
        let mut settling = Settling::new(rule, rate);
        for (n, (acked, p99)) in seconds.iter().enumerate() {
            let warm = settling.push(&second(*acked, *p99));
            if warm != Warm::NotYet {
                return (n + 1, warm);
            }
        }
        (seconds.len(), Warm::NotYet)
    }

    const LEVEL: Rate = Rate::Max;

    #[test]
    fn it_ends_when_the_last_windows_agree() {
        let found = run(&LEVEL, &[(10, 900), (500, 300), (1000, 100), (1000, 11), (1000, 10), (1100, 10)]);
        assert_eq!(found, (6, Warm::Settled));
        assert_eq!(run(&LEVEL, &[(1000, 10), (1000, 10)]), (2, Warm::NotYet), "three have to agree");
    }

    #[test]
    fn it_ends_at_the_maximum_though_they_do_not() {
        let wild: Vec<(u64, u64)> = (0..20).map(|n| (1000, 10 << (n % 2))).collect();
        assert_eq!(run(&LEVEL, &wild), (8, Warm::TimeIsUp));
        assert_eq!(run(&LEVEL, &vec![(0, 0); 20]), (8, Warm::TimeIsUp), "nothing is no agreement");
    }

    #[test]
    fn a_wave_need_not_be_level() {
        let wave = Rate::Sine { per_second: 1.0, amplitude: 1.0, period_ms: 4000 };
        let seconds = [(100, 10), (2000, 10), (300, 10)];
        assert_eq!(run(&wave, &seconds), (3, Warm::Settled));
        assert_eq!(run(&LEVEL, &seconds).1, Warm::NotYet);
    }
}
