//! A buddy allocator over block numbers: which blocks of a core's arena are free. Plain values, no memory is touched here.

use crate::seam::BLOCK;

/// Orders 0..ORDERS: pieces of one block up to `BLOCK << (ORDERS - 1)` = 8 MiB.
const ORDERS: usize = 12;

/// Free pieces of one order, as a bit per possible piece.
struct Free {
    words: Vec<u64>,
    count: usize,
    /// No word before this one has a bit set.
    first: usize,
}

impl Free {
    fn insert(&mut self, piece: usize) {
        self.words[piece / 64] |= 1 << (piece % 64);
        self.count += 1;
        self.first = self.first.min(piece / 64);
    }

    fn remove(&mut self, piece: usize) -> bool {
        let Some(word) = self.words.get_mut(piece / 64) else { return false };
        let had = *word & (1 << (piece % 64)) != 0;
        if had {
            *word &= !(1 << (piece % 64));
            self.count -= 1;
        }
        had
    }

    fn pop(&mut self) -> Option<usize> {
        if self.count == 0 {
            return None;
        }
        while self.words[self.first] == 0 {
            self.first += 1;
        }
        let word = &mut self.words[self.first];
        let bit = word.trailing_zeros() as usize;
        *word &= *word - 1;
        self.count -= 1;
        Some(self.first * 64 + bit)
    }
}

/// Which blocks are free.
pub(crate) struct Buddy {
    free: Vec<Free>,
    /// Order of the piece that begins at a block, while it is lent; `NONE` otherwise.
    lent: Vec<u8>,
    free_blocks: usize,
}

const NONE: u8 = u8::MAX;

impl Buddy {
    /// All of `blocks` free.
    pub(crate) fn new(blocks: usize) -> Buddy {
        let free = |order: usize| Free { words: vec![0; (blocks >> order).div_ceil(64)], count: 0, first: 0 };
        let mut buddy = Buddy { free: (0..ORDERS).map(free).collect(), lent: vec![NONE; blocks], free_blocks: blocks };
        let mut at = 0;
        while at < blocks {
            let order = (0..ORDERS).rev().find(|o| at % (1 << o) == 0 && at + (1 << o) <= blocks).unwrap_or(0);
            buddy.free[order].insert(at >> order);
            at += 1 << order;
        }
        buddy
    }

    /// The first block of a free piece of at least `bytes`.
    pub(crate) fn take(&mut self, bytes: usize) -> Option<usize> {
        let order = bytes.div_ceil(BLOCK).max(1).next_power_of_two().trailing_zeros() as usize;
        let from = (order..ORDERS).find(|&o| self.free[o].count > 0)?;
        let block = self.free[from].pop()? << from;
        for o in (order..from).rev() {
            self.free[o].insert((block >> o) + 1);
        }
        self.lent[block] = order as u8;
        self.free_blocks -= 1 << order;
        Some(block)
    }

    /// Takes back the piece that begins at `block`.
    pub(crate) fn give(&mut self, block: usize) {
        let mut order = self.lent[block] as usize;
        assert!(order < ORDERS, "block {block} is not lent");
        self.lent[block] = NONE;
        self.free_blocks += 1 << order;
        let mut piece = block >> order;
        while order + 1 < ORDERS && self.free[order].remove(piece ^ 1) {
            piece >>= 1;
            order += 1;
        }
        self.free[order].insert(piece);
    }

    /// Blocks not lent.
    pub(crate) fn free_blocks(&self) -> usize {
        self.free_blocks
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn pieces_never_overlap_and_all_come_back() {
        let blocks = 3000; // no power of two: the tail of the arena is used as well
        let mut buddy = Buddy::new(blocks);
        let mut owner = vec![false; blocks];
        let mut lent: Vec<(usize, usize)> = vec![];
        let mut seed = 7u64;
        for step in 0..if cfg!(miri) { 100 } else { 20_000 } {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = (seed >> 33) as usize;
            if !random.is_multiple_of(3) || lent.is_empty() {
                let size = 1usize << (random / 3 % 9);
                if let Some(at) = buddy.take(size * BLOCK) {
                    assert_eq!(at % size, 0);
                    for b in &mut owner[at..at + size] {
                        assert!(!std::mem::replace(b, true), "step {step}: block lent twice");
                    }
                    lent.push((at, size));
                }
            } else {
                let (at, size) = lent.swap_remove(random / 3 % lent.len());
                owner[at..at + size].fill(false);
                buddy.give(at);
            }
            assert_eq!(buddy.free_blocks(), owner.iter().filter(|b| !**b).count());
        }
        for (at, _) in lent {
            buddy.give(at);
        }
        assert_eq!(buddy.free_blocks(), blocks);
        // everything has merged again: the largest pieces are there
        assert!(buddy.take(BLOCK << (ORDERS - 1)).is_some());
        assert!(buddy.take((BLOCK << (ORDERS - 1)) + 1).is_none());
    }
}
