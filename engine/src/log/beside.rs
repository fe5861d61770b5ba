//! Old records beside commits (`engine/decisions/0015`): they come little by little, and all readers of a core together take no more
//! than leaves others on the machine a CPU. What is appended lets them have more, so that none falls behind for it.

use std::time::Duration;

use thalweg_rt::Tick;

use crate::message::Read;
use crate::store::Store;

/// For so long after a commit the next one is expected.
const BESIDE_COMMITS: Duration = Duration::from_millis(100);

/// A reader gets at least so many bytes for each millisecond it was away.
const OWED_PER_MS: u64 = 256 << 10;

/// All readers of a core get so many bytes in a millisecond, ...
const ALL_PER_MS: u64 = 448 << 10;

/// ... and so many more for each byte that is appended: whoever is behind comes nearer.
const PER_APPENDED: u64 = 2;

/// What none of them wanted of it for longer is lost.
const KEPT: Duration = Duration::from_millis(10);

/// No one waits longer for a turn.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// Whose turn it is to read old records.
#[derive(Clone, Copy, Default)]
pub struct Turns {
    next: Tick,
    appended: u64,
}

impl Turns {
    /// When to read so many bytes, if so many have been appended in all until now.
    fn take(&mut self, now: Tick, appended: u64, bytes: u64) -> Tick {
        let earned = time_for(appended.saturating_sub(self.appended).saturating_mul(PER_APPENDED));
        self.appended = appended;
        let turn = (self.next - earned).max(now - KEPT).min(now + WAIT_MAX);
        self.next = turn + time_for(bytes);
        turn
    }

    /// It was another number of bytes.
    fn correct(&mut self, taken: u64, read: u64) {
        self.next = self.next - time_for(taken) + time_for(read);
    }
}

fn time_for(bytes: u64) -> Duration {
    Duration::from_micros(bytes.saturating_mul(1_000) / ALL_PER_MS)
}

/// What a read may have from the disk, of all its partitions.
pub(super) enum Allowance {
    /// As much of each as one answer can hold.
    Plenty,
    /// So many bytes beside commits, of which some have been read.
    Little { bytes: u64, read: u64 },
}

impl Store {
    /// What a read may have that needs some, when its turn has come. Little beside commits: while a client unpacks a large answer,
    /// others on its machine wait for a CPU. Only for who waits for anything at all: whoever wants more is to have it. And not for
    /// who is far away, or takes long, and would get little in a second for it.
    pub(super) async fn allowance(&self, read: &Read) -> Allowance {
        let any_will_do = read.wait.is_some_and(|wait| wait.bytes_min <= 1);
        if !any_will_do || !self.journal.committed_within(BESIDE_COMMITS) {
            return Allowance::Plenty;
        }
        let owed = u64::try_from(read.away.as_millis()).unwrap_or(u64::MAX).saturating_mul(OWED_PER_MS);
        let limits = &self.config.limits;
        let bytes = owed.clamp(u64::from(limits.cold_read_bytes_beside), u64::from(limits.cold_read_bytes_max));
        let (now, appended) = (self.core.timer.now(), self.counts.borrow().batch_bytes);
        let turn = self.turns.borrow_mut().take(now, appended, bytes);
        if turn > now {
            self.core.timer.sleep_until(turn).await;
        }
        Allowance::Little { bytes, read: 0 }
    }

    /// Bytes of it for the next part.
    pub(super) fn allowed(&self, allowance: &Allowance) -> u64 {
        match *allowance {
            Allowance::Plenty => u64::from(self.config.limits.cold_read_bytes_max),
            Allowance::Little { bytes, read } => {
                // For the rest of a small answer the disk is not asked: the next batch might not fit.
                let left = bytes.saturating_sub(read);
                if left < u64::from(self.config.limits.cold_read_bytes_beside) / 2 { 0 } else { left }
            }
        }
    }

    /// Nothing more is read for it.
    pub(super) fn end_turn(&self, allowance: &Allowance) {
        if let Allowance::Little { bytes, read } = *allowance {
            self.turns.borrow_mut().correct(bytes, read);
        }
    }
}

impl Allowance {
    /// So many bytes were read.
    pub(super) fn has_read(&mut self, more: u64) {
        if let Allowance::Little { read, .. } = self {
            *read += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_longer_than_that_for_a_turn_and_what_nobody_wanted_is_lost() {
        let (mut turns, now) = (Turns::default(), Tick(0) + Duration::from_secs(1));
        // Nobody read for a second: what may be read at once is that of 10 ms.
        let at_once = (0..100).take_while(|_| turns.take(now, 0, ALL_PER_MS) <= now).count();
        assert_eq!(at_once, 11);
        let last = (0..300).map(|_| turns.take(now, 0, ALL_PER_MS)).last();
        assert_eq!(last, Some(now + WAIT_MAX));
    }

    #[test]
    fn what_was_not_there_is_given_back() {
        let (mut turns, now) = (Turns::default(), Tick(0) + Duration::from_secs(1));
        turns.take(now, 0, 30 * ALL_PER_MS);
        turns.correct(30 * ALL_PER_MS, 12 * ALL_PER_MS);
        assert_eq!(turns.take(now, 0, 1), now + Duration::from_millis(2));
    }
}
