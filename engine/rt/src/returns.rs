//! The return list: how memory lent to other cores finds its way home. One bit per lent piece, set by whichever thread drops
//! it last, collected by the owning core. Wait-free for the returner, no allocation, nothing to lose: a piece is either lent
//! or its bit is set.

use crate::sync::{AtomicBool, AtomicU64, Ordering};

/// Bits of pieces that came back. Any thread gives; one thread, the owner, takes.
pub(crate) struct Returns {
    words: Box<[AtomicU64]>,
    /// One bit per word that may hold a set bit; set after the word, cleared before it is read.
    summary: Box<[AtomicU64]>,
    /// Whether a bit of the summary may be set; set after it, cleared before it is read. The owner asks this often.
    some: AtomicBool,
}

impl Returns {
    /// Room for the pieces `0..pieces`.
    pub(crate) fn new(pieces: usize) -> Returns {
        let words = pieces.div_ceil(64).max(1);
        let zeroed = |n: usize| (0..n).map(|_| AtomicU64::new(0)).collect();
        Returns { words: zeroed(words), summary: zeroed(words.div_ceil(64)), some: AtomicBool::new(false) }
    }

    /// Gives a piece back. Everything done to it before is visible to the owner once it has taken it.
    pub(crate) fn give(&self, piece: usize) {
        let word = piece / 64;
        let before = self.words[word].fetch_or(1 << (piece % 64), Ordering::Release);
        assert!(before & (1 << (piece % 64)) == 0, "piece {piece} returned twice");
        self.summary[word / 64].fetch_or(1 << (word % 64), Ordering::Release);
        // also if it is set already, as the owner may just be past it; and not a plain store, so that an owner who sees another's
        // sees what came before this one too
        self.some.swap(true, Ordering::Release);
    }

    /// Whether something may have come back.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.some.load(Ordering::Relaxed)
    }

    /// Takes all that came back. Owner only.
    pub(crate) fn take(&self, mut each: impl FnMut(usize)) {
        if !self.some.swap(false, Ordering::Acquire) {
            return;
        }
        for (i, summary) in self.summary.iter().enumerate() {
            if summary.load(Ordering::Relaxed) == 0 {
                continue;
            }
            for j in bits(summary.swap(0, Ordering::Acquire)) {
                let word = i * 64 + j;
                // a returner that set its bit after this swap sets the summary again after that: found at the next take
                for bit in bits(self.words[word].swap(0, Ordering::Acquire)) {
                    each(word * 64 + bit);
                }
            }
        }
    }
}

/// The set bits of a word, lowest first.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (word != 0).then(|| {
            let bit = word.trailing_zeros() as usize;
            word &= word - 1;
            bit
        })
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn gives_back_each_piece_once() {
        let list = Returns::new(10_000);
        let mut want = vec![0, 1, 63, 64, 4095, 4096, 9_999];
        for &piece in &want {
            list.give(piece);
        }
        assert!(list.any());
        let mut got = vec![];
        list.take(|piece| got.push(piece));
        want.sort_unstable();
        assert_eq!(got, want);
        assert!(!list.any());
        list.take(|piece| panic!("{piece} came back again"));
    }

    #[test]
    #[should_panic(expected = "returned twice")]
    fn returning_twice_is_a_bug() {
        let list = Returns::new(8);
        list.give(3);
        list.give(3);
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use crate::sync::UnsafeCell;
    use std::sync::Arc;

    /// A piece and the memory it stands for: loom reports a race if the owner may reuse it while a reader still reads.
    struct Memory {
        list: Returns,
        cells: [UnsafeCell<u32>; 2],
    }
    // SAFETY: the cells are handed over through the return list; that this is enough is what the test proves.
    unsafe impl Send for Memory {}
    // SAFETY: as above.
    unsafe impl Sync for Memory {}

    #[test]
    fn loom_owner_reuses_only_what_came_back() {
        loom::model(|| {
            let memory = Arc::new(Memory { list: Returns::new(2), cells: [UnsafeCell::new(1), UnsafeCell::new(2)] });
            let readers: Vec<_> = (0..2)
                .map(|i| {
                    let memory = memory.clone();
                    loom::thread::spawn(move || {
                        // SAFETY: the piece is lent to this thread until it gives it back.
                        memory.cells[i].with(|p| assert_eq!(unsafe { *p }, i as u32 + 1));
                        memory.list.give(i);
                    })
                })
                .collect();
            let mut back = 0;
            let mut reuse = |piece: usize| {
                // SAFETY: the piece came back, nobody else holds it.
                memory.cells[piece].with_mut(|p| unsafe { *p = 9 });
                back += 1;
            };
            memory.list.take(&mut reuse);
            for reader in readers {
                reader.join().unwrap();
            }
            memory.list.take(&mut reuse);
            assert_eq!(back, 2, "a returned piece was lost");
        });
    }
}
