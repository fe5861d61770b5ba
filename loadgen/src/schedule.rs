//! When each record of an open loop should leave. Times are absolute, nanoseconds since the start of the run: a generator
//! that falls behind does not move the later ones, so a stall of the broker is paid for by every record that should have
//! left during it.
//!
//! Records are numbered over the whole run and dealt to producers in turn; a worker has the numbers of its own producers.
//! So the load as a whole has the shape asked for, however many workers make it. Arrivals at random are each worker's own:
//! together they are at random again.

use crate::plan::{Rate, Step};
use crate::random::Random;

/// Which part of the run's producers a worker has: `first`, `first + of`, `first + 2 of` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// This worker.
    pub worker: u32,
    /// All workers of the run.
    pub workers: u32,
    /// All producers of the run.
    pub producers: u32,
}

impl Share {
    /// How many producers the worker has.
    #[must_use]
    pub fn count(self) -> u32 {
        (self.producers + self.workers - 1 - self.worker) / self.workers
    }

    /// The number of its `index`-th producer in the run.
    #[must_use]
    pub fn producer(self, index: u32) -> u32 {
        self.worker + index * self.workers
    }
}

/// The records of one worker, in the order in which they should leave.
#[derive(Clone, Debug)]
pub struct Schedule {
    shape: Shape,
    share: Share,
    /// Producers of this worker; not zero.
    own: u32,
    /// How many records have been taken.
    taken: u64,
    /// When the next should leave.
    next_ns: u64,
}

/// One record that should leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at_ns: u64,
    /// Which of the worker's producers it belongs to, counted from zero.
    pub producer: u32,
}

#[derive(Clone, Debug)]
enum Shape {
    Constant { per_second: f64 },
    Poisson { mean_gap_ns: f64, at_ns: f64, random: Box<Random> },
    Burst { per_second: f64, records: u64 },
    Sine { per_second: f64, amplitude: f64, period_s: f64 },
    Steps { legs: Vec<Leg> },
}

/// A time of one rate.
#[derive(Clone, Copy, Debug)]
struct Leg {
    from_s: f64,
    /// Number of its first record.
    first: f64,
    per_second: f64,
}

const NS: f64 = 1e9;

impl Schedule {
    /// A worker's part of a rate that is valid; none in a closed loop or for a worker without producers.
    #[must_use]
    pub fn new(rate: &Rate, share: Share, seed: u64) -> Option<Schedule> {
        let own = share.count();
        if own == 0 {
            return None;
        }
        let shape = match rate {
            Rate::Max => return None,
            Rate::Constant { per_second } => Shape::Constant { per_second: *per_second },
            Rate::Poisson { per_second } => Shape::Poisson {
                mean_gap_ns: NS * f64::from(share.producers) / (f64::from(own) * per_second),
                at_ns: 0.0,
                random: Box::new(Random::new(seed, STREAM + u64::from(share.worker))),
            },
            Rate::Burst { per_second, records } => Shape::Burst { per_second: *per_second, records: *records },
            Rate::Sine { per_second, amplitude, period_ms } => {
                Shape::Sine { per_second: *per_second, amplitude: *amplitude, period_s: *period_ms as f64 / 1e3 }
            }
            Rate::Steps { steps } => Shape::Steps { legs: legs(steps) },
        };
        let mut schedule = Schedule { shape, share, own, taken: 0, next_ns: 0 };
        schedule.next_ns = schedule.time_of_next();
        Some(schedule)
    }

    /// The next record.
    #[must_use]
    pub fn peek(&self) -> Due {
        Due { at_ns: self.next_ns, producer: (self.taken % u64::from(self.own)) as u32 }
    }

    /// Takes it.
    pub fn take(&mut self) -> Due {
        let due = self.peek();
        self.taken += 1;
        self.next_ns = self.time_of_next();
        due
    }

    fn time_of_next(&mut self) -> u64 {
        let round = self.taken / u64::from(self.own);
        let producer = self.share.producer((self.taken % u64::from(self.own)) as u32);
        let number = round * u64::from(self.share.producers) + u64::from(producer);
        match &mut self.shape {
            Shape::Poisson { mean_gap_ns, at_ns, random } => {
                *at_ns += *mean_gap_ns * random.exponential();
                *at_ns as u64
            }
            Shape::Constant { per_second } => nanos(number as f64 / *per_second),
            Shape::Burst { per_second, records } => nanos((number - number % *records) as f64 / *per_second),
            Shape::Sine { per_second, amplitude, period_s } => {
                nanos(crest(number as f64 / *per_second, *amplitude, *period_s))
            }
            Shape::Steps { legs } => {
                let leg = legs[legs.partition_point(|leg| leg.first <= number as f64) - 1];
                nanos(leg.from_s + (number as f64 - leg.first) / leg.per_second)
            }
        }
    }
}

/// Random numbers of a schedule, among those of the seed.
const STREAM: u64 = 0x5C4E_D01E_0000_0000;

fn nanos(seconds: f64) -> u64 {
    (seconds * NS).round() as u64
}

fn legs(steps: &[Step]) -> Vec<Leg> {
    let (mut from_s, mut first) = (0.0, 0.0);
    steps
        .iter()
        .map(|step| {
            let leg = Leg { from_s, first, per_second: step.per_second };
            let for_s = step.for_ms as f64 / 1e3;
            from_s += for_s;
            first += for_s * step.per_second;
            leg
        })
        .collect()
}

/// When a wave has let through as much as a level rate had at `even_s`. What it has let through is
/// `t + a P / 2 pi (1 - cos(2 pi t / P))`, which never falls: found by Newton's steps, kept within brackets.
fn crest(even_s: f64, amplitude: f64, period_s: f64) -> f64 {
    let height = amplitude * period_s / std::f64::consts::TAU;
    let (mut low, mut high) = ((even_s - 2.0 * height).max(0.0), even_s);
    let mut t = even_s - height;
    for _ in 0..64 {
        t = if t > low && t < high { t } else { 0.5 * (low + high) };
        let angle = std::f64::consts::TAU * t / period_s;
        let excess = t + height * (1.0 - angle.cos()) - even_s;
        if excess.abs() < 1e-10 {
            break;
        }
        if excess > 0.0 {
            high = t;
        } else {
            low = t;
        }
        t -= excess / (1.0 + amplitude * angle.sin());
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Share = Share { worker: 0, workers: 1, producers: 1 };

    fn shapes(per_second: f64) -> Vec<Rate> {
        vec![
            Rate::Constant { per_second },
            Rate::Poisson { per_second },
            Rate::Burst { per_second, records: 100 },
            Rate::Sine { per_second, amplitude: 1.0, period_ms: 1000 },
            Rate::Steps {
                steps: vec![
                    Step { per_second: per_second / 2.0, for_ms: 5000 },
                    Step { per_second: per_second * 1.5, for_ms: 5000 },
                ],
            },
        ]
    }

    /// Times below `until_s`, of all workers.
    fn times(rate: &Rate, workers: u32, producers: u32, until_s: f64) -> Vec<u64> {
        let mut all = Vec::new();
        for worker in 0..workers {
            let Some(mut schedule) = Schedule::new(rate, Share { worker, workers, producers }, 5) else { continue };
            let mut before = 0;
            while schedule.peek().at_ns < (until_s * NS) as u64 {
                let due = schedule.take();
                assert!(due.at_ns >= before, "time does not go back");
                before = due.at_ns;
                all.push(due.at_ns);
            }
        }
        all.sort_unstable();
        all
    }

    #[test]
    fn every_shape_has_its_mean_rate() {
        for rate in shapes(2000.0) {
            let count = times(&rate, 1, 1, 10.0).len() as f64;
            // five standard deviations at random, exact otherwise
            let slack = if matches!(rate, Rate::Poisson { .. }) { 5.0 * 20_000f64.sqrt() } else { 0.5 };
            assert!((count - 20_000.0).abs() <= slack, "{rate:?}: {count}");
        }
    }

    #[test]
    fn workers_together_make_the_load_of_one() {
        for rate in shapes(1000.0) {
            if matches!(rate, Rate::Poisson { .. }) {
                let count = times(&rate, 3, 7, 10.0).len() as f64;
                assert!((count - 10_000.0).abs() <= 500.0, "{count}");
                continue;
            }
            assert_eq!(times(&rate, 3, 7, 10.0), times(&rate, 1, 1, 10.0), "{rate:?}");
            assert_eq!(times(&rate, 5, 2, 10.0), times(&rate, 1, 1, 10.0), "workers without producers rest");
        }
    }

    #[test]
    fn each_shape_is_its_own() {
        let at = |rate: &Rate, seconds: f64| times(rate, 1, 1, seconds).len();
        let [_, _, burst, sine, steps] = &shapes(2000.0)[..] else { panic!("five shapes") };
        assert_eq!((at(burst, 0.001), at(burst, 0.049), at(burst, 0.051)), (100, 100, 200));
        let wave = (at(sine, 0.5), at(sine, 1.0));
        assert!(
            wave.0.abs_diff(1000 + 637) <= 2 && wave.1.abs_diff(2000) <= 1,
            "2000 / pi more by half time: {wave:?}"
        );
        assert_eq!((at(steps, 5.0), at(steps, 6.0)), (5000, 8000));
    }

    #[test]
    fn random_gaps_are_exponential_and_repeat() {
        let rate = Rate::Poisson { per_second: 1000.0 };
        let found = times(&rate, 1, 1, 20.0);
        assert_eq!(found, times(&rate, 1, 1, 20.0));
        let gaps: Vec<f64> = found.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.05, "an exponential's deviation is its mean");
        let long = gaps.iter().filter(|gap| **gap > mean).count() as f64 / gaps.len() as f64;
        assert!((long - (-1.0f64).exp()).abs() < 0.02, "{long}");
    }

    #[test]
    fn the_millionth_record_leaves_to_the_nanosecond_where_it_should() {
        let mut schedule = Schedule::new(&Rate::Constant { per_second: 3.0 }, ALL, 0).unwrap();
        schedule.taken = 3_000_000;
        assert_eq!(schedule.time_of_next(), 1_000_000 * 1_000_000_000);
    }

    #[test]
    fn producers_take_turns() {
        let share = Share { worker: 1, workers: 2, producers: 5 };
        assert_eq!((share.count(), share.producer(0), share.producer(1)), (2, 1, 3));
        let mut schedule = Schedule::new(&Rate::Constant { per_second: 1e9 }, share, 0).unwrap();
        let taken: Vec<(u64, u32)> = (0..4).map(|_| schedule.take()).map(|due| (due.at_ns, due.producer)).collect();
        assert_eq!(taken, [(1, 0), (3, 1), (6, 0), (8, 1)]);
    }
}
