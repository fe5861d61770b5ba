//! How much a file is asked for at once. A disk serves its requests in order, and a commit waits for each of those before it; each
//! request has its price besides its bytes. So while this process makes something durable, what is read is asked for little by
//! little, and in large pieces while it does not (`engine/decisions/0006`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::seam::Tick;
use crate::timer::now;

/// Bytes asked for at once beside commits.
const BESIDE: usize = 256 << 10;

/// Bytes asked for at once while there are none.
const ALONE: usize = 2 << 20;

/// How long after a commit the next one is expected.
const EXPECTED: Duration = Duration::from_millis(100);

/// A commit this soon after the last one that was noted is not: cores that commit all the time need not tell each other of each.
const NOTED: Duration = Duration::from_millis(10);

/// Most that [`next`] answers in tests of the ring.
#[cfg(all(test, not(loom)))]
pub(crate) const PIECE_MAX: usize = BESIDE + BESIDE / 4;

/// When something was last made durable by any core. One for the process, as the disk is: who reads on one core keeps waiting
/// who writes on another.
static COMMITTED: AtomicU64 = AtomicU64::new(0);

/// Something is being made durable.
pub(crate) fn committing() {
    let now = now();
    if passed(NOTED, now, COMMITTED.load(Ordering::Relaxed)) {
        COMMITTED.store(now.0.max(1), Ordering::Relaxed);
    }
}

/// How much of `left` bytes, which are to be read one after the other, is asked for next.
pub(crate) fn next(left: usize) -> usize {
    // Tests of the ring tell the same story each time: in theirs there are always commits.
    let alone = !cfg!(test) && passed(EXPECTED, now(), COMMITTED.load(Ordering::Relaxed));
    cut(left, if alone { ALONE } else { BESIDE })
}

/// Whether so much time is over since then, or there was none (zero).
fn passed(time: Duration, now: Tick, last: u64) -> bool {
    last == 0 || now.since(Tick(last)) >= time
}

/// A piece, or all of it if little more than that is left.
fn cut(left: usize, piece: usize) -> usize {
    if left <= piece + piece / 4 { left } else { piece }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::seam::BLOCK;

    #[test]
    fn commits_are_expected_for_a_while_and_noted_now_and_then() {
        let at = |ms: u64| Tick(ms * 1_000_000);
        let seen = |ms| passed(EXPECTED, at(ms), at(1_000).0);
        assert_eq!([1_000, 1_099, 1_100, 9_000].map(seen), [false, false, true, true]);
        assert!(passed(EXPECTED, at(1), 0), "there was none");
        assert!(!passed(NOTED, at(1_000), at(1_001).0), "another core was later");
        committing();
        let noted = COMMITTED.load(Ordering::Relaxed);
        assert!(noted > 0 && !passed(EXPECTED, Tick(noted), noted));
    }

    #[test]
    fn pieces_are_whole_blocks_and_the_last_is_no_crumb() {
        for piece in [BESIDE, ALONE] {
            for left in (BLOCK..3 * piece).step_by(BLOCK) {
                let (mut rest, mut pieces) = (left, Vec::new());
                while rest > 0 {
                    pieces.push(cut(rest, piece));
                    rest -= pieces[pieces.len() - 1];
                }
                assert!(pieces.iter().all(|len| len.is_multiple_of(BLOCK) && *len <= piece + piece / 4), "{pieces:?}");
                assert!(pieces.len() == 1 || pieces.iter().all(|len| *len > piece / 4), "{pieces:?}");
            }
        }
    }
}
