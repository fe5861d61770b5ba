//! What repeated runs say together: medians with bootstrap confidence intervals, and the comparison of two targets whose runs
//! were interleaved. Everything is a pure function of the samples and a seed.
//!
//! Intervals are percentile intervals: of a median, the bootstrap's other kinds do no better, and this one never leaves the
//! range of what was measured. With fewer than [`ROUNDS_MIN`] samples the range itself is narrower than 95 % confidence asks
//! for, so there is no interval and no verdict, whatever the figures look like.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// Fewer samples than this have no interval: with five, the median lies between the smallest and the largest in 15 of 16
/// cases; with four, in 14 of 16.
pub const ROUNDS_MIN: usize = 5;

/// How often the samples are drawn anew. The ends of an interval then stand at 2.5 % and 97.5 %, give or take 0.35 %.
const RESAMPLES: usize = 2_000;

/// Random numbers of resamples, among those of the seed.
const STREAM: u64 = 0x0B00_7572_A900_0000;

/// How sure an interval is.
const CONFIDENCE: f64 = 0.95;

/// A value with the interval it lies in with 95 % confidence.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// The median, or the ratio of two.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Which direction of a metric is an improvement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Better {
    /// Latency, CPU.
    Lower,
    /// Rate.
    Higher,
}

/// What a comparison found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Verdict {
    /// The candidate is better, and more so than noise explains.
    Better,
    /// The candidate is worse, and more so than noise explains.
    Worse,
    /// The two cannot be told apart.
    NoDifference,
}

/// A candidate beside a baseline.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Median of the baseline.
    pub baseline: f64,
    /// Median of the candidate.
    pub candidate: f64,
    /// Candidate over baseline: ratio of the medians.
    pub ratio: Estimate,
    /// What that means.
    pub verdict: Verdict,
}

/// Why there is no interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Unfit {
    /// Too few samples.
    TooFew {
        /// How many there are.
        found: usize,
    },
    /// A comparison needs as many runs of either target, in the order they were made.
    Unpaired {
        /// Runs of the baseline.
        baseline: usize,
        /// Runs of the candidate.
        candidate: usize,
    },
    /// A ratio needs finite numbers above zero.
    NotPositive {
        /// The first that is not.
        value: f64,
    },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::TooFew { found } => {
                write!(f, "{found} valid runs are too few for a confidence interval; make at least {ROUNDS_MIN}")
            }
            Unfit::Unpaired { baseline, candidate } => write!(
                f,
                "{baseline} runs of the baseline and {candidate} of the candidate do not pair up; compare as many of each"
            ),
            Unfit::NotPositive { value } => write!(f, "{value} cannot be compared: only finite values above zero can"),
        }
    }
}

impl std::error::Error for Unfit {}

impl Comparison {
    /// The smallest change this comparison could have told from noise, as a share: 0.05 for 5 %. Half the interval's width on
    /// a logarithmic scale.
    pub fn noise_floor(&self) -> f64 {
        (self.ratio.high / self.ratio.low).sqrt() - 1.0
    }
}

/// The middle of the samples, or the mean of the two in the middle; `None` of nothing, or of what is not a number.
pub fn median(samples: &[f64]) -> Option<f64> {
    if samples.is_empty() || samples.iter().any(|s| s.is_nan()) {
        return None;
    }
    Some(median_in_place(&mut samples.to_vec()))
}

/// The median with its interval.
pub fn estimate(samples: &[f64], seed: u64) -> Result<Estimate, Unfit> {
    fit(samples)?;
    let mut random = Random::new(seed, STREAM);
    let mut drawn = vec![0.0; samples.len()];
    let medians = (0..RESAMPLES)
        .map(|_| {
            drawn.fill_with(|| samples[random.below(samples.len() as u64) as usize]);
            median_in_place(&mut drawn)
        })
        .collect();
    Ok(interval(median_in_place(&mut samples.to_vec()), medians))
}

/// Compares two targets whose runs were interleaved: sample `n` of either comes from round `n`. Rounds are drawn anew as a
/// whole, so that what changed for both in the course of the rounds (temperature, neighbours, a filling disk) cancels out.
pub fn compare(baseline: &[f64], candidate: &[f64], better: Better, seed: u64) -> Result<Comparison, Unfit> {
    if baseline.len() != candidate.len() {
        return Err(Unfit::Unpaired { baseline: baseline.len(), candidate: candidate.len() });
    }
    fit(baseline)?;
    fit(candidate)?;
    let rounds = baseline.len();
    let mut random = Random::new(seed, STREAM);
    let (mut below, mut above) = (vec![0.0; rounds], vec![0.0; rounds]);
    let ratios = (0..RESAMPLES)
        .map(|_| {
            for (below, above) in below.iter_mut().zip(&mut above) {
                let round = random.below(rounds as u64) as usize;
                (*below, *above) = (baseline[round], candidate[round]);
            }
            median_in_place(&mut above) / median_in_place(&mut below)
        })
        .collect();
    let (baseline, candidate) = (median_in_place(&mut baseline.to_vec()), median_in_place(&mut candidate.to_vec()));
    let ratio = interval(candidate / baseline, ratios);
    let verdict = match better {
        _ if ratio.low <= 1.0 && 1.0 <= ratio.high => Verdict::NoDifference,
        Better::Lower if ratio.high < 1.0 => Verdict::Better,
        Better::Higher if ratio.low > 1.0 => Verdict::Better,
        _ => Verdict::Worse,
    };
    Ok(Comparison { baseline, candidate, ratio, verdict })
}

fn fit(samples: &[f64]) -> Result<(), Unfit> {
    if let Some(&value) = samples.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        return Err(Unfit::NotPositive { value });
    }
    if samples.len() < ROUNDS_MIN {
        return Err(Unfit::TooFew { found: samples.len() });
    }
    Ok(())
}

/// The median of at least one sample, none of them NaN; their order is lost.
fn median_in_place(samples: &mut [f64]) -> f64 {
    let middle = samples.len() / 2;
    let odd = samples.len() % 2 == 1;
    let (below, &mut upper, _) = samples.select_nth_unstable_by(middle, f64::total_cmp);
    if odd { upper } else { below.iter().copied().fold(f64::NEG_INFINITY, f64::max).midpoint(upper) }
}

/// The middle [`CONFIDENCE`] of what the resamples gave.
fn interval(value: f64, mut resampled: Vec<f64>) -> Estimate {
    resampled.sort_unstable_by(f64::total_cmp);
    let tail = ((1.0 - CONFIDENCE) / 2.0 * resampled.len() as f64) as usize;
    Estimate { value, low: resampled[tail], high: resampled[resampled.len() - 1 - tail] }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Log-normal with median 1.
    fn log_normal(random: &mut Random, sigma: f64) -> f64 {
        (sigma * random.normal()).exp()
    }

    const EXPERIMENTS: u64 = 200;

    /// In what share of experiments the interval holds the true median.
    fn coverage(samples: usize, truth: f64, mut draw: impl FnMut(&mut Random) -> f64) -> f64 {
        let held = (0..EXPERIMENTS).filter(|&experiment| {
            let mut random = Random::new(experiment, 1);
            let drawn: Vec<f64> = (0..samples).map(|_| draw(&mut random)).collect();
            let e = estimate(&drawn, experiment).expect("fit");
            e.low <= truth && truth <= e.high
        });
        held.count() as f64 / EXPERIMENTS as f64
    }

    #[test]
    fn an_interval_holds_the_true_median_as_often_as_it_says() {
        for samples in [5, 9, 20] {
            let skewed = coverage(samples, std::f64::consts::LN_2, Random::exponential);
            let symmetric = coverage(samples, 1.0, |r| log_normal(r, 0.1));
            for found in [skewed, symmetric] {
                assert!((0.91..=0.985).contains(&found), "{samples} samples: {found}");
            }
        }
    }

    #[test]
    fn equal_targets_are_told_apart_as_rarely_as_agreed_and_different_ones_mostly() {
        let verdicts = |factor: f64, better: Better| -> Vec<Verdict> {
            (0..EXPERIMENTS)
                .map(|experiment| {
                    let mut random = Random::new(experiment, 1);
                    let baseline: Vec<f64> = (0..9).map(|_| log_normal(&mut random, 0.05)).collect();
                    let candidate: Vec<f64> = (0..9).map(|_| factor * log_normal(&mut random, 0.05)).collect();
                    compare(&baseline, &candidate, better, experiment).expect("fit").verdict
                })
                .collect()
        };
        let share = |verdicts: &[Verdict], wanted| {
            verdicts.iter().filter(|v| **v == wanted).count() as f64 / verdicts.len() as f64
        };
        let equal = verdicts(1.0, Better::Lower);
        assert!(share(&equal, Verdict::NoDifference) >= 0.92, "{}", share(&equal, Verdict::NoDifference));
        assert!(share(&verdicts(1.2, Better::Lower), Verdict::Worse) > 0.97);
        assert!(share(&verdicts(1.2, Better::Higher), Verdict::Better) > 0.97);
        assert!(share(&verdicts(0.8, Better::Lower), Verdict::Better) > 0.97);
    }

    #[test]
    fn a_drift_that_both_targets_share_hides_no_difference() {
        let drift = |round: usize| 1.0 + round as f64;
        let mut random = Random::new(7, 0);
        let baseline: Vec<f64> = (0..9).map(|n| drift(n) * log_normal(&mut random, 0.01)).collect();
        let candidate: Vec<f64> = (0..9).map(|n| 1.1 * drift(n) * log_normal(&mut random, 0.01)).collect();
        let paired = compare(&baseline, &candidate, Better::Lower, 1).expect("fit");
        assert_eq!(paired.verdict, Verdict::Worse, "{paired:?}");
        assert!(paired.ratio.low < 1.1 && 1.1 < paired.ratio.high, "{paired:?}");
        // the same runs, rounds torn apart
        let torn: Vec<f64> = candidate.iter().cycle().skip(4).take(9).copied().collect();
        assert_eq!(compare(&baseline, &torn, Better::Lower, 1).expect("fit").verdict, Verdict::NoDifference);
    }

    #[test]
    fn the_noise_floor_is_what_would_have_been_seen() {
        let comparison = |factor: f64| {
            let baseline: Vec<f64> = (0..15).map(|n| 1.0 + 0.01 * f64::from(n % 5)).collect();
            let candidate: Vec<f64> = (0..15).map(|n| factor * (1.0 + 0.01 * f64::from((n * 2) % 5))).collect();
            compare(&baseline, &candidate, Better::Lower, 3).expect("fit")
        };
        let floor = comparison(1.0).noise_floor();
        assert!(floor > 0.0 && floor < 0.05, "{floor}");
        assert_eq!(comparison(1.0).verdict, Verdict::NoDifference);
        assert_eq!(comparison(1.0 + 3.0 * floor).verdict, Verdict::Worse);
    }

    #[test]
    fn what_says_nothing_is_refused_with_what_to_do() {
        let four = [1.0; 4];
        assert_eq!(estimate(&four, 0), Err(Unfit::TooFew { found: 4 }));
        assert!(Unfit::TooFew { found: 4 }.to_string().contains("at least 5"));
        let five = [1.0; 5];
        assert_eq!(compare(&five, &[1.0; 6], Better::Lower, 0), Err(Unfit::Unpaired { baseline: 5, candidate: 6 }));
        for bad in [0.0, -1.0, f64::INFINITY] {
            assert_eq!(estimate(&[1.0, 1.0, 1.0, 1.0, bad], 0), Err(Unfit::NotPositive { value: bad }));
        }
        assert!(estimate(&[f64::NAN; 5], 0).is_err());
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1.0, f64::NAN]), None);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_interval_lies_in_the_samples_repeats_and_scales(
            samples in prop::collection::vec(0.001f64..1e6, ROUNDS_MIN..40),
            seed: u64,
        ) {
            let e = estimate(&samples, seed).expect("fit");
            let smallest = samples.iter().copied().fold(f64::INFINITY, f64::min);
            let largest = samples.iter().copied().fold(0.0, f64::max);
            prop_assert!(smallest <= e.low && e.low <= e.value && e.value <= e.high && e.high <= largest, "{e:?}");
            prop_assert_eq!(estimate(&samples, seed).expect("fit"), e);
            // a factor that floating point multiplies exactly
            let doubled: Vec<f64> = samples.iter().map(|s| s * 2.0).collect();
            let twice = estimate(&doubled, seed).expect("fit");
            prop_assert_eq!(twice, Estimate { value: e.value * 2.0, low: e.low * 2.0, high: e.high * 2.0 });
        }

        #[test]
        fn a_target_never_differs_from_itself_and_its_double_always_does(
            samples in prop::collection::vec(0.001f64..1e6, ROUNDS_MIN..40),
            seed: u64,
        ) {
            let same = compare(&samples, &samples, Better::Lower, seed).expect("fit");
            prop_assert_eq!(same.ratio, Estimate { value: 1.0, low: 1.0, high: 1.0 });
            prop_assert_eq!(same.verdict, Verdict::NoDifference);
            let doubled: Vec<f64> = samples.iter().map(|s| s * 2.0).collect();
            let worse = compare(&samples, &doubled, Better::Lower, seed).expect("fit");
            prop_assert_eq!(worse.verdict, Verdict::Worse);
            prop_assert_eq!(worse.noise_floor(), 0.0);
        }
    }
}
