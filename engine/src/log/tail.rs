//! The end of a segment in memory: written once, then read by readers, the journal and the segment's writer from the same
//! bytes. Chunks begin at whole blocks of the segment, so that any whole block of it can be written from where it stands.

use std::collections::VecDeque;

use bytes::Bytes;
use thalweg_rt::{AppendBuf, BLOCK};

const CHUNK_MIN: usize = BLOCK;
const CHUNK_MAX: usize = 1 << 20;

struct Chunk {
    /// Position in the segment, a multiple of a block.
    at: u64,
    bytes: AppendBuf,
}

impl Chunk {
    fn end(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }
}

/// Contiguous chunks up to the end of the segment. Invariant: all but the last are full.
#[derive(Default)]
pub struct Tail {
    chunks: VecDeque<Chunk>,
    /// Sum of the capacities.
    held: u64,
}

impl Tail {
    /// First position held, if any is.
    pub fn start(&self) -> Option<u64> {
        self.chunks.front().map(|chunk| chunk.at)
    }

    /// Memory held, in bytes.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// Appends at `at`: the end of what is held or, when nothing is, a whole block.
    pub fn append(&mut self, mut at: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let last = match self.chunks.back_mut() {
                Some(chunk) if chunk.bytes.remaining() > 0 => chunk,
                last => {
                    let grown = last.map_or(CHUNK_MIN, |chunk| chunk.bytes.capacity() * 2);
                    let wanted = bytes.len().next_multiple_of(BLOCK).max(grown).next_power_of_two();
                    assert!(at.is_multiple_of(BLOCK as u64), "a chunk begins at a whole block");
                    let chunk = Chunk { at, bytes: AppendBuf::with_capacity(wanted.clamp(CHUNK_MIN, CHUNK_MAX)) };
                    self.held += chunk.bytes.capacity() as u64;
                    self.chunks.push_back(chunk);
                    continue;
                }
            };
            assert_eq!(last.end(), at, "a tail has no gaps");
            let (now, later) = bytes.split_at(bytes.len().min(last.bytes.remaining()));
            last.bytes.append(now);
            at += now.len() as u64;
            bytes = later;
        }
    }

    /// The bytes from `from` to `to`, which must be held, shared piece by piece.
    pub fn slices(&self, from: u64, to: u64) -> Vec<Bytes> {
        let mut list = Vec::new();
        self.visit(from, to, |chunk, range| list.push(chunk.slice(range)));
        list
    }

    /// Looks at the bytes from `from` to `to`, which must be held, piece by piece.
    pub fn look(&self, from: u64, to: u64, mut each: impl FnMut(&[u8])) {
        self.visit(from, to, |chunk, range| each(&chunk.written()[range]));
    }

    /// Copies the bytes at `from`, which must be held.
    pub fn copy(&self, from: u64, out: &mut [u8]) {
        let mut done = 0;
        self.look(from, from + out.len() as u64, |piece| {
            out[done..done + piece.len()].copy_from_slice(piece);
            done += piece.len();
        });
    }

    /// Frees chunks that lie before `position` as a whole, the oldest first, until `enough` bytes are free; how many that were.
    pub fn free_before(&mut self, position: u64, enough: u64) -> u64 {
        let held = self.held;
        let old = |chunk: &Chunk| chunk.end() <= position && chunk.bytes.remaining() == 0;
        while held - self.held < enough
            && let Some(chunk) = self.chunks.pop_front_if(|chunk| old(chunk))
        {
            self.held -= chunk.bytes.capacity() as u64;
        }
        held - self.held
    }

    /// As [`Tail::free_before`] all that lies before `position`, a whole block. Of the last chunk, which has room for what comes,
    /// only what is needed is kept, in a smaller one, if that is worth a copy: many partitions that were large once must not hold
    /// all memory for ever.
    pub fn shrink_before(&mut self, position: u64) -> u64 {
        let held = self.held;
        self.free_before(position, u64::MAX);
        let Some(last) = self.chunks.back().filter(|_| self.chunks.len() == 1) else { return held - self.held };
        let from = position.clamp(last.at, last.end());
        let live = (last.end() - from) as usize;
        let capacity = live.next_power_of_two().clamp(CHUNK_MIN, CHUNK_MAX);
        if from == last.end() && from.is_multiple_of(BLOCK as u64) {
            self.free();
        } else if capacity * 2 <= last.bytes.capacity() && from.is_multiple_of(BLOCK as u64) {
            let mut bytes = AppendBuf::with_capacity(capacity);
            bytes.append(&last.bytes.slice((from - last.at) as usize..last.bytes.len()));
            self.held = bytes.capacity() as u64;
            self.chunks = VecDeque::from([Chunk { at: from, bytes }]);
        }
        held - self.held
    }

    /// Frees everything; how many bytes that were.
    pub fn free(&mut self) -> u64 {
        self.chunks.clear();
        std::mem::take(&mut self.held)
    }

    fn visit(&self, from: u64, to: u64, mut each: impl FnMut(&AppendBuf, std::ops::Range<usize>)) {
        if from >= to {
            return;
        }
        let first = self.chunks.partition_point(|chunk| chunk.end() <= from);
        let mut at = from;
        for chunk in self.chunks.range(first..) {
            if at >= to {
                return;
            }
            assert!(chunk.at <= at, "what is asked of a tail is held");
            let end = chunk.end().min(to);
            each(&chunk.bytes, (at - chunk.at) as usize..(end - chunk.at) as usize);
            at = end;
        }
        assert!(at >= to, "what is asked of a tail is held");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_there_until_freed() {
        let mut tail = Tail::default();
        let all: Vec<u8> = (0..300_000u32).map(|i| (i ^ (i >> 8)) as u8).collect();
        let start = 3 * BLOCK as u64;
        let mut at = 0;
        for len in [1, 61, 4000, 34, 1, 100_000, 5, 90_000].iter().cycle() {
            let len = (*len).min(all.len() - at);
            tail.append(start + at as u64, &all[at..at + len]);
            at += len;
            if at == all.len() {
                break;
            }
        }
        for (from, to) in [(0, 1), (4095, 4097), (0, 300_000), (8192, 200_000), (299_999, 300_000)] {
            let got: Vec<u8> = tail.slices(start + from, start + to).concat();
            assert_eq!(got, all[from as usize..to as usize]);
            let mut copy = vec![0; (to - from) as usize];
            tail.copy(start + from, &mut copy);
            assert_eq!(copy, got);
        }
        let held = tail.held();
        let little = tail.free_before(start + 150_000, 10_000);
        assert!((10_000..50_000).contains(&little) && tail.held() == held - little, "{little}");
        let freed = little + tail.free_before(start + 150_000, u64::MAX);
        assert!(freed > 50_000 && tail.held() == held - freed);
        assert!(tail.start().unwrap() <= start + 150_000);
        assert_eq!(tail.slices(start + 150_000, start + 150_010).concat(), all[150_000..150_010]);
        // What has room left stays, or the next append would have no place.
        let mut young = Tail::default();
        young.append(0, &[1; 100]);
        assert_eq!(young.free_before(u64::MAX, u64::MAX), 0);
        assert_eq!(young.slices(0, 100).concat(), [1; 100]);
    }

    #[test]
    fn a_large_chunk_with_little_in_it_shrinks() {
        let mut tail = Tail::default();
        let all: Vec<u8> = (0..700_000u32).map(|i| (i ^ (i >> 8)) as u8).collect();
        let mut at = 0;
        for part in all.chunks(10_000) {
            tail.append(at, part);
            at += part.len() as u64;
        }
        let page = at / BLOCK as u64 * BLOCK as u64;
        tail.free_before(page, u64::MAX);
        assert!(tail.held() > 100_000, "the last chunk has room, so it stays");
        let held = tail.held();
        assert_eq!(tail.shrink_before(page), held - tail.held());
        assert_eq!(tail.held(), CHUNK_MIN as u64);
        assert_eq!(tail.slices(page, at).concat(), all[page as usize..]);
        tail.append(at, &[7; 5000]);
        assert_eq!(tail.slices(at, at + 5000).concat(), [7; 5000]);
        // What ends with a block needs nothing, and goes on from there.
        let mut whole = Tail::default();
        whole.append(0, &[1; 2 * BLOCK]);
        whole.shrink_before(2 * BLOCK as u64);
        assert_eq!(whole.held(), 0);
        whole.append(2 * BLOCK as u64, &[2; 10]);
        assert_eq!(whole.slices(2 * BLOCK as u64, 2 * BLOCK as u64 + 10).concat(), [2; 10]);
    }
}
