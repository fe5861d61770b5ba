//! Random ids: of topics, of members. They come from a seed and a counter, so that a simulated node draws the same ones again;
//! a real node draws its seed from the system when it starts.

use thalweg_rt::CoreId;
use thalweg_wire::Uuid;

/// A sequence of ids that no other seed or core shares, save by chance.
#[derive(Debug)]
pub struct Ids {
    high: u64,
    low: u64,
}

impl Ids {
    /// The sequence of one core.
    pub fn for_core(seed: u128, core: CoreId) -> Ids {
        let apart = mix(u64::from(core.0) + 1);
        Ids { high: (seed >> 64) as u64 ^ apart, low: seed as u64 ^ apart.rotate_left(32) }
    }

    /// The next id, marked as a random one (version 4).
    pub fn draw(&mut self) -> Uuid {
        self.high = self.high.wrapping_add(STEP);
        self.low = self.low.wrapping_add(STEP);
        let high = mix(self.high) & !0xf000 | 0x4000;
        let low = mix(self.low ^ mix(self.high)) & !(0b11 << 62) | (0b10 << 62);
        Uuid::from(u128::from(high) << 64 | u128::from(low))
    }
}

/// 2^64 divided by the golden ratio: its multiples fill the range evenly.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads every bit over all others.
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_do_not_repeat_and_a_seed_draws_the_same_again() {
        let mut seen = BTreeSet::new();
        for (seed, core) in [(0, 0), (0, 1), (1, 0), (1 << 64, 0), (u128::MAX, 3)] {
            let mut ids = Ids::for_core(seed, CoreId(core));
            let mut again = Ids::for_core(seed, CoreId(core));
            for _ in 0..10_000 {
                let id = ids.draw();
                assert_eq!(id, again.draw());
                assert_eq!((id.0[6] >> 4, id.0[8] >> 6), (4, 2), "{id}");
                assert!(seen.insert(id), "{id} twice");
            }
        }
    }
}
