//! Zipf's law without a table: rank `k` of `n` has a share like `1 / k^exponent`, any exponent from 0 on. Rejection from the
//! integral of the density, inverted in closed form, so a pick takes constant time and memory for any number of ranks.

use crate::random::Random;

/// A Zipf distribution over the ranks 0 to `count - 1`.
#[derive(Clone, Debug)]
pub struct Zipf {
    count: f64,
    exponent: f64,
    /// Integral up to half a step beyond the first rank, less the first rank's own share.
    low: f64,
    /// Integral up to half a step beyond the last rank.
    high: f64,
    /// Distance below which a rounded point is accepted without a second look.
    sure: f64,
}

impl Zipf {
    /// Over `count` ranks, at least one; `exponent` is 0 or more.
    #[must_use]
    pub fn new(count: u64, exponent: f64) -> Zipf {
        assert!(count > 0 && exponent >= 0.0, "{count} ranks, exponent {exponent}");
        let mut zipf = Zipf { count: count as f64, exponent, low: 0.0, high: 0.0, sure: 0.0 };
        zipf.low = zipf.integral(1.5) - 1.0;
        zipf.high = zipf.integral(zipf.count + 0.5);
        zipf.sure = 2.0 - zipf.inverse(zipf.integral(2.5) - zipf.density(2.0));
        zipf
    }

    /// One rank.
    pub fn pick(&self, random: &mut Random) -> u64 {
        loop {
            let at = self.high + random.unit() * (self.low - self.high);
            let x = self.inverse(at);
            let rank = x.round().clamp(1.0, self.count);
            if rank - x <= self.sure || at >= self.integral(rank + 0.5) - self.density(rank) {
                return rank as u64 - 1;
            }
        }
    }

    fn density(&self, x: f64) -> f64 {
        (-self.exponent * x.ln()).exp()
    }

    /// Integral of the density from 1 to `x`.
    fn integral(&self, x: f64) -> f64 {
        let log = x.ln();
        log * relative_expm1((1.0 - self.exponent) * log)
    }

    fn inverse(&self, area: f64) -> f64 {
        // Rounding may take the argument below the pole.
        let t = (area * (1.0 - self.exponent)).max(-1.0);
        (area * relative_ln1p(t)).exp()
    }
}

/// `(e^x - 1) / x`, and its limit at zero.
fn relative_expm1(x: f64) -> f64 {
    if x.abs() > 1e-8 { x.exp_m1() / x } else { 1.0 + x / 2.0 * (1.0 + x / 3.0) }
}

/// `ln(1 + x) / x`, and its limit at zero.
fn relative_ln1p(x: f64) -> f64 {
    if x.abs() > 1e-8 { x.ln_1p() / x } else { 1.0 - x * (0.5 - x / 3.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts of each rank against the law itself.
    fn check(count: u64, exponent: f64) {
        const PICKS: u32 = 200_000;
        let zipf = Zipf::new(count, exponent);
        let mut random = Random::new(11, count);
        let mut counts = vec![0u32; count as usize];
        (0..PICKS).for_each(|_| counts[zipf.pick(&mut random) as usize] += 1);
        let law: Vec<f64> = (1..=count).map(|k| (k as f64).powf(-exponent)).collect();
        let sum: f64 = law.iter().sum();
        for (rank, share) in law.iter().enumerate() {
            let wanted = share / sum;
            let found = f64::from(counts[rank]) / f64::from(PICKS);
            let deviation = (wanted * (1.0 - wanted) / f64::from(PICKS)).sqrt();
            assert!((found - wanted).abs() < 5.0 * deviation + 1e-9, "{count} {exponent} {rank}: {found} {wanted}");
        }
    }

    #[test]
    fn every_rank_has_its_share() {
        for exponent in [0.0, 0.5, 1.0, 1.2, 3.0] {
            for count in [1, 2, 10, 100] {
                check(count, exponent);
            }
        }
    }

    #[test]
    fn a_billion_ranks_cost_nothing() {
        let zipf = Zipf::new(1_000_000_000, 0.99);
        let mut random = Random::new(1, 1);
        assert!((0..1000).all(|_| zipf.pick(&mut random) < 1_000_000_000));
    }
}
