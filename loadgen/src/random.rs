//! A small, fast, reproducible source of numbers: xoshiro256++ seeded by splitmix64. A seed and a stream make one sequence,
//! on every machine and in every version. Not for secrets.

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The sequence of a seed; `stream` tells apart the many that one run needs.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Random {
        let mut state = seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17);
        let mut split = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        };
        Random { state: [split(), split(), split(), split()] }
    }

    /// Any number.
    #[allow(clippy::should_implement_trait, reason = "a source without an end that is nobody's iterator")]
    pub fn next(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below `bound`, which is not zero. The bias is below 2^-32 for bounds below 2^32.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// From 0 up to, not including, 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// An exponential gap with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// Indices, each as often as its weight says.
#[derive(Clone, Debug)]
pub struct Weighted {
    /// Sums of the weights up to each index.
    sums: Vec<f64>,
}

impl Weighted {
    /// Of weights that are not negative and not all zero.
    #[must_use]
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Weighted {
        let mut sum = 0.0;
        let sums: Vec<f64> = weights
            .into_iter()
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        assert!(sum > 0.0, "a weight above zero is needed");
        Weighted { sums }
    }

    /// One index.
    pub fn pick(&self, random: &mut Random) -> usize {
        let at = random.unit() * self.sums[self.sums.len() - 1];
        self.sums.partition_point(|sum| *sum <= at).min(self.sums.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_streams_differ() {
        let take = |seed, stream| {
            let mut random = Random::new(seed, stream);
            [random.next(), random.next(), random.next()]
        };
        assert_eq!(take(1, 2), take(1, 2));
        assert_ne!(take(1, 2), take(1, 3));
        assert_ne!(take(1, 2), take(2, 2));
    }

    #[test]
    fn the_moments_are_right() {
        let mut random = Random::new(7, 0);
        let n = 200_000;
        let mean = |sample: &mut dyn FnMut() -> f64| (0..n).map(|_| sample()).sum::<f64>() / f64::from(n);
        assert!((mean(&mut || random.unit()) - 0.5).abs() < 0.005);
        assert!((mean(&mut || random.exponential()) - 1.0).abs() < 0.01);
        assert!(mean(&mut || random.normal()).abs() < 0.01);
        assert!((mean(&mut || random.normal().powi(2)) - 1.0).abs() < 0.02);
        assert!((mean(&mut || random.below(10) as f64) - 4.5).abs() < 0.03);
    }

    #[test]
    fn weights_are_kept_and_zero_is_never() {
        let weighted = Weighted::new([0.0, 3.0, 0.0, 1.0]);
        let mut random = Random::new(3, 3);
        let mut counts = [0u32; 4];
        (0..40_000).for_each(|_| counts[weighted.pick(&mut random)] += 1);
        assert_eq!((counts[0], counts[2]), (0, 0));
        assert!((f64::from(counts[1]) / 40_000.0 - 0.75).abs() < 0.01, "{counts:?}");
    }
}
