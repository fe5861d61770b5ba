//! Whether a core that has nothing to do should look around for a while before it sleeps. Sleeping and being woken costs time,
//! spinning in vain costs the processor: so a core spins where it pays, as when one client asks again as soon as it is
//! answered, and stops where what it waits for takes longer, as a disk or a full machine does.

use std::cell::Cell;
use std::time::Duration;

/// Sleeps without a spin after the first vain one.
const PAUSE_MIN: u32 = 4;

/// And after many, at the most.
const PAUSE_MAX: u32 = 256;

/// The choice of one core.
pub(crate) struct Spin {
    /// How long a spin is; zero: never.
    pub(crate) time: Duration,
    /// Sleeps to come without a spin.
    pause: Cell<u32>,
    /// Sleeps without a spin that follow one spin.
    length: Cell<u32>,
}

impl Spin {
    pub(crate) fn new(time: Duration) -> Spin {
        Spin { time, pause: Cell::new(0), length: Cell::new(0) }
    }

    /// Whether to spin before this sleep.
    pub(crate) fn is_due(&self) -> bool {
        let pause = self.pause.get();
        self.pause.set(pause.saturating_sub(1));
        pause == 0 && !self.time.is_zero()
    }

    /// Whether something came during the spin. Pauses double with each vain one and shrink by a quarter with each other, so
    /// a core goes on spinning if most are worth it.
    pub(crate) fn tell(&self, came: bool) {
        let length = self.length.get();
        let length =
            if came { (length - length / 4).saturating_sub(1) } else { (length * 2 + PAUSE_MIN).min(PAUSE_MAX) };
        self.length.set(length);
        self.pause.set(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 10,000 waits are spun, if the n-th spin finds something.
    fn spun(time: Duration, worth: impl Fn(u32) -> bool) -> u32 {
        let spin = Spin::new(time);
        let mut spins = 0;
        for _ in 0..10_000 {
            if spin.is_due() {
                spin.tell(worth(spins));
                spins += 1;
            }
        }
        spins
    }

    #[test]
    fn a_core_spins_where_it_pays() {
        let time = Duration::from_micros(50);
        assert_eq!(spun(time, |_| true), 10_000);
        assert!(spun(time, |n| n % 10 != 0) > 5_000);
        assert!(spun(time, |_| false) < 60);
        assert!(spun(time, |n| n % 2 == 0) < 500);
        assert_eq!(spun(Duration::ZERO, |_| true), 0);
    }

    #[test]
    fn it_begins_again_when_it_pays_again() {
        assert!(spun(Duration::from_micros(50), |n| n > 20) > 3_000);
    }
}
