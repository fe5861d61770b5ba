//! Whether commits come one by one, each soon after the end of the one before. Then somebody waits for each before he asks again, and
//! a core that slept meanwhile would add its waking up, twice, to what he waits for.

use std::time::Duration;

use thalweg_rt::Tick;

/// So many commits in a row make a pulse.
const STEADY: u32 = 8;
/// The next one begins within this time.
const GAP_MAX: Duration = Duration::from_micros(250);
/// A disk that takes longer is slept for.
const TOOK_MAX: Duration = Duration::from_micros(400);

/// What is known of the last commits.
#[derive(Default)]
pub struct Pulse {
    beats: u32,
    ended: Tick,
    took: Duration,
}

impl Pulse {
    /// A commit begins, with others in flight or alone. Within which time its end is expected, if the core had better look for it.
    pub fn begins(&mut self, now: Tick, alone: bool) -> Option<Duration> {
        if !alone || now.since(self.ended) > GAP_MAX {
            self.beats = 0;
        }
        (self.beats >= STEADY && self.took <= TOOK_MAX).then_some(self.took * 2)
    }

    /// A commit that took so long is done, and more waits or nothing does. Within which time the next one is expected, as above.
    pub fn ends(&mut self, now: Tick, took: Duration, more: bool) -> Option<Duration> {
        self.beats = if more { 0 } else { self.beats.saturating_add(1) };
        (self.ended, self.took) = (now, took);
        (self.beats >= STEADY).then_some(GAP_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of some commits, one after the other, are looked for.
    fn looked_for(gap_us: u64, took_us: u64, crowded: impl Fn(u32) -> bool) -> Vec<bool> {
        let (mut pulse, mut now) = (Pulse::default(), Tick(0) + Duration::from_secs(1));
        let took = Duration::from_micros(took_us);
        let beats = (0..30).map(|n| {
            now = now + Duration::from_micros(gap_us);
            let begins = pulse.begins(now, !crowded(n));
            now = now + took;
            pulse.ends(now, took, false);
            begins.is_some()
        });
        beats.collect()
    }

    #[test]
    fn commits_are_looked_for_that_come_one_by_one_and_soon() {
        let steady = looked_for(100, 150, |_| false);
        assert_eq!(steady.iter().filter(|looked| **looked).count(), 30 - STEADY as usize);
        for (gap_us, took_us, every) in [(300, 150, 40), (100, 500, 40), (100, 150, 8)] {
            let seldom = looked_for(gap_us, took_us, |n| n % every == every - 1);
            assert!(seldom.iter().all(|looked| !looked), "{gap_us} {took_us} {every}");
        }
    }

    #[test]
    fn where_more_waits_nothing_is_looked_for() {
        let (mut pulse, now) = (Pulse::default(), Tick(0) + Duration::from_secs(1));
        let took = Duration::from_micros(100);
        let next: Vec<_> = (0..2 * STEADY).map(|_| pulse.ends(now, took, false)).collect();
        assert_eq!(next.iter().flatten().count(), 1 + STEADY as usize);
        assert_eq!((pulse.ends(now, took, true), pulse.begins(now, true)), (None, None));
    }
}
