//! How far apart commits are that nobody is in a hurry for (`engine/decisions/0016`). Who sends in bulk sends more while it waits: a
//! commit right after the end of the one before has little of that in it, and each has its price.

use std::time::Duration;

use thalweg_rt::Tick;

use crate::message::Urgency;

/// They begin so far apart at the most.
const APART_MAX: Duration = Duration::from_micros(1_500);

/// And who waits for all it has under way is not held below so many bytes in a microsecond.
const FULL_PER_US: usize = 192;

/// So much is worth a commit at any time.
const WORTH: usize = 1 << 20;

/// When the next commit may begin that has so many bytes, if that is not at once.
pub fn next_after(began: Option<Tick>, urgency: Urgency, waiting: usize) -> Option<Tick> {
    if !(1..WORTH).contains(&waiting) {
        return None;
    }
    let apart = match urgency {
        Urgency::Prompt => return None,
        Urgency::Full => Duration::from_micros((waiting / FULL_PER_US) as u64).min(APART_MAX),
        Urgency::Bulk => APART_MAX,
    };
    began.map(|began| began + apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_apart_only_while_all_that_waits_is_sent_in_bulk() {
        let us = |us| Some(Tick(1_000_000) + Duration::from_micros(us));
        let next = |urgency, waiting| next_after(us(0), urgency, waiting);
        assert_eq!(next(Urgency::Prompt, 100 << 10), None);
        assert_eq!(next(Urgency::Bulk, 100 << 10), us(1_500));
        assert_eq!((next(Urgency::Bulk, 0), next(Urgency::Bulk, WORTH)), (None, None));
        assert_eq!(next_after(None, Urgency::Bulk, 100 << 10), None, "the first does not wait");
    }

    #[test]
    fn who_waits_for_all_it_has_under_way_is_not_slower_than_192_mib_a_second() {
        for kib in [1, 64, 160, 280] {
            let next = next_after(Some(Tick(0)), Urgency::Full, kib << 10).unwrap();
            let mib_s = (kib << 10) as f64 / next.since(Tick(0)).as_secs_f64() / f64::from(1 << 20);
            assert!((183.0..200.0).contains(&mib_s), "{kib} KiB: {mib_s}");
        }
        assert_eq!(next_after(Some(Tick(0)), Urgency::Full, 900 << 10), Some(Tick(0) + APART_MAX));
    }
}
