//! A core's receive buffers: given to the kernel in a ring, filled by it, lent to readers, and given again.
//!
//! A buffer is in one of four hands: the kernel's (between `give` and the completion that names it), a [`Chunk`]'s, the return
//! list's on its way home, or spare. Chunks may be dropped by any thread.
//!
//! The kernel takes buffers in the order they were given, and would go through all of them, so that every byte is received into memory the
//! caches have long forgotten. So it is given few at a time, of the spare ones those that came home last (`engine/decisions/0014`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;

use crate::bell::Bell;
use crate::mesh::Wake;
use crate::pages::Pages;
use crate::returns::Returns;

/// What chunks on any core hold on to.
struct Memory {
    pages: Pages,
    each: usize,
    returns: Returns,
    /// Armed while the core sleeps with receivers that found no buffer.
    starved: Bell,
    wake: Arc<dyn Wake>,
}

// SAFETY: the pages are reached through chunks alone, each of which owns one buffer (see the module's first lines); the
// rest is Send and Sync by itself.
unsafe impl Send for Memory {}
// SAFETY: as above: a shared reference reaches no byte of a buffer without the chunk that owns it.
unsafe impl Sync for Memory {}

/// A filled buffer. Goes home when dropped.
pub(crate) struct Chunk {
    /// `None` once the buffer went home.
    memory: Option<Arc<Memory>>,
    buffer: u16,
    len: u32,
}

impl Chunk {
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        let Some(memory) = &self.memory else { return &[] };
        let at = usize::from(self.buffer) * memory.each;
        // SAFETY: `fill` checked the bounds; the kernel named this buffer in one completion and leaves it alone until it is
        // given again, which happens only after this chunk, its one owner, was dropped.
        unsafe { std::slice::from_raw_parts(memory.pages.base().as_ptr().add(at), self.len()) }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let Some(memory) = self.memory.take() else { return };
        memory.returns.give(usize::from(self.buffer));
        if memory.starved.ring() {
            memory.wake.wake();
        }
    }
}

/// The core's end: the ring of entries shared with the kernel.
pub(crate) struct ReceiveBuffers {
    memory: Arc<Memory>,
    entries: Pages,
    count: u16,
    tail: u16,
    /// Buffers in the kernel's hands.
    given: usize,
    /// How many that should be.
    wanted: usize,
    /// Fewest that it was for some time, and how often that was looked at.
    fewest: usize,
    looks: u32,
    /// Those in nobody's hands, the one that came last at the end.
    spare: Vec<u16>,
}

/// Buffers the kernel is given at the least.
const WANTED_MIN: usize = 8;

/// Looks after which the kernel gets fewer, if it left more than half of them all that time.
const LOOKS: u32 = 1 << 12;

impl ReceiveBuffers {
    /// `count` buffers, rounded up to a power of two, of `each` bytes; some given.
    pub(crate) fn new(count: u16, each: usize, wake: Arc<dyn Wake>) -> ReceiveBuffers {
        let count = count.clamp(1, 1 << 15).next_power_of_two();
        let each = each.max(1).next_multiple_of(64);
        let memory = Memory {
            pages: Pages::new(usize::from(count) * each),
            each,
            returns: Returns::new(usize::from(count)),
            starved: Bell::new(),
            wake,
        };
        let entries = Pages::new(usize::from(count) * size_of::<BufRingEntry>());
        let mut buffers = ReceiveBuffers {
            memory: Arc::new(memory),
            entries,
            count,
            tail: 0,
            given: 0,
            wanted: WANTED_MIN,
            fewest: WANTED_MIN,
            looks: 0,
            spare: (0..count).rev().collect(),
        };
        buffers.refill();
        buffers
    }

    /// The ring of entries, for registration.
    pub(crate) fn entries(&self) -> (*const BufRingEntry, u16) {
        (self.entries.base().as_ptr().cast(), self.count)
    }

    /// Buffers the kernel has.
    pub(crate) fn given(&self) -> usize {
        self.given
    }

    /// Takes hold of a buffer a completion named, filled with `len` bytes.
    pub(crate) fn fill(&mut self, buffer: u16, len: usize) -> Chunk {
        self.check(buffer, len);
        self.given -= 1;
        Chunk { memory: Some(self.memory.clone()), buffer, len: len as u32 }
    }

    /// The bytes of a buffer a completion named, in memory of their own; the buffer is given again at once.
    pub(crate) fn copy(&mut self, buffer: u16, len: usize) -> bytes::Bytes {
        self.check(buffer, len);
        self.given -= 1;
        let at = usize::from(buffer) * self.memory.each;
        // SAFETY: the bounds were checked; the kernel named this buffer in one completion and leaves it alone until it is given
        // again, which happens below.
        let filled = unsafe { std::slice::from_raw_parts(self.memory.pages.base().as_ptr().add(at), len) };
        let bytes = bytes::Bytes::copy_from_slice(filled);
        self.give(buffer);
        self.publish();
        bytes
    }

    fn check(&self, buffer: u16, len: usize) {
        assert!(buffer < self.count && len <= self.memory.each, "buffer {buffer} filled with {len}");
    }

    /// Takes what came back and gives the kernel what it lacks, at least as many as there are receivers that found none, if there are so
    /// many.
    pub(crate) fn collect(&mut self, starved: usize) {
        if self.memory.returns.any() {
            let ReceiveBuffers { memory, spare, .. } = self;
            memory.returns.take(|buffer| spare.push(buffer as u16));
        }
        if starved > 0 {
            self.wanted = (self.wanted * 2).max(starved).min(usize::from(self.count));
        }
        self.fewest = self.fewest.min(self.given);
        self.looks += 1;
        if self.looks == LOOKS {
            if self.fewest > self.wanted / 2 {
                self.wanted = (self.wanted / 2).max(WANTED_MIN);
            }
            (self.fewest, self.looks) = (self.wanted, 0);
        }
        self.refill();
    }

    fn refill(&mut self) {
        let before = self.given;
        while self.given < self.wanted
            && let Some(buffer) = self.spare.pop()
        {
            self.give(buffer);
        }
        if self.given > before {
            self.publish();
        }
    }

    /// Before the core sleeps with starved receivers: from here on a returned buffer wakes it. True if one came already.
    pub(crate) fn arm(&mut self) -> bool {
        self.memory.starved.arm();
        self.memory.returns.any()
    }

    /// After it slept.
    pub(crate) fn disarm(&self) {
        self.memory.starved.disarm();
    }

    fn give(&mut self, buffer: u16) {
        let at = usize::from(self.tail & (self.count - 1));
        let address = self.memory.pages.base().as_ptr() as u64 + (usize::from(buffer) * self.memory.each) as u64;
        // SAFETY: `at` is within the ring of `count` entries, zeroed memory is a valid entry, and the kernel reads an
        // entry only after `publish` moved the tail past it. The entry's fourth field, which in entry 0 is the tail, is
        // not among the three written here.
        unsafe {
            let entry = &mut *self.entries.base().as_ptr().cast::<BufRingEntry>().add(at);
            entry.set_addr(address);
            entry.set_len(self.memory.each as u32);
            entry.set_bid(buffer);
        }
        self.tail = self.tail.wrapping_add(1);
        self.given += 1;
    }

    fn publish(&self) {
        // SAFETY: the base is the first entry of a page-aligned, initialised ring; its tail field is two aligned bytes that
        // user space writes and the kernel reads, atomically on both sides.
        unsafe {
            let tail = BufRingEntry::tail(self.entries.base().as_ptr().cast());
            (*tail.cast::<AtomicU16>()).store(self.tail, Ordering::Release);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::uring::fake::Quiet;

    /// The kernel's end of the ring.
    struct Kernel {
        buffers: ReceiveBuffers,
        head: u16,
    }

    impl Kernel {
        fn new(count: u16) -> Kernel {
            Kernel { buffers: ReceiveBuffers::new(count, 4096, Arc::new(Quiet)), head: 0 }
        }

        /// Fills the next buffer it has.
        fn receive(&mut self) -> Chunk {
            assert!(self.buffers.given() > 0);
            let (entries, count) = self.buffers.entries();
            // SAFETY: the index is within the ring, whose entries are initialised and live as long as the buffers.
            let buffer = unsafe { (*entries.add(usize::from(self.head & (count - 1)))).bid() };
            self.head = self.head.wrapping_add(1);
            self.buffers.fill(buffer, 3000)
        }
    }

    #[test]
    fn what_comes_and_goes_takes_few_buffers() {
        let mut kernel = Kernel::new(64);
        let mut seen = BTreeSet::new();
        for _ in 0..1000 {
            let (one, two) = (kernel.receive(), kernel.receive());
            seen.extend([one.buffer, two.buffer]);
            drop((one, two));
            kernel.buffers.collect(0);
        }
        assert_eq!(seen.len(), WANTED_MIN);
    }

    #[test]
    fn who_finds_none_gets_some_while_there_are_any() {
        let mut kernel = Kernel::new(64);
        let mut held: Vec<Chunk> = (0..WANTED_MIN).map(|_| kernel.receive()).collect();
        kernel.buffers.collect(20);
        assert_eq!(kernel.buffers.given(), 20, "as many as there are receivers");
        held.extend((0..20).map(|_| kernel.receive()));
        kernel.buffers.collect(1);
        assert_eq!(kernel.buffers.given(), 64 - 28, "all that are left");
        held.extend((28..64).map(|_| kernel.receive()));
        kernel.buffers.collect(1);
        assert_eq!(kernel.buffers.given(), 0);
        held.pop();
        kernel.buffers.collect(1);
        assert_eq!(kernel.buffers.given(), 1);
        drop(held);
        for _ in 0..10 * LOOKS {
            drop(kernel.receive());
            kernel.buffers.collect(0);
        }
        assert_eq!(kernel.buffers.given(), WANTED_MIN, "few again, where few are used");
    }
}
