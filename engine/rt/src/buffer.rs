//! Aligned buffers and the per-core pool they come from.
//!
//! A core opens its pool once, at start: one arena, whose pages exist once they are first lent, carved by a buddy allocator. What the arena cannot serve
//! (exhausted, larger than its largest piece, or a thread without a pool) comes from the allocator, which is right but slow
//! the first time memory is touched. Memory is zeroed once and then recycled as it is, so a buffer's bytes are always
//! initialised; a holder sees only what was written through this holder's buffer, because only `[..len]` is ever visible.
//!
//! Memory goes home when its last holder drops it: straight into the allocator on its own core, over the return list from
//! any other thread. The arena outlives the core for as long as one piece of it is held.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::ptr::NonNull;
use std::sync::Arc;

use bytes::Bytes;

use crate::buddy::Buddy;
use crate::pages::Pages;
use crate::returns::Returns;
use crate::seam::BLOCK;

thread_local! {
    static POOL: RefCell<Option<Pool>> = const { RefCell::new(None) };
}

/// This thread's side of its arena.
struct Pool {
    arena: Arc<Arena>,
    buddy: Buddy,
}

impl Pool {
    fn collect(&mut self) {
        let Pool { arena, buddy } = self;
        if arena.returns.any() {
            arena.returns.take(|block| buddy.give(block));
        }
    }
}

/// Opens this thread's pool: `bytes` of memory at the most, none of it touched yet. Replaces an earlier one; with less than a
/// block there is none.
pub fn open_pool(bytes: usize) {
    let blocks = bytes / BLOCK;
    let pool = (blocks > 0).then(|| Pool { arena: Arc::new(Arena::new(blocks)), buddy: Buddy::new(blocks) });
    POOL.with(|p| *p.borrow_mut() = pool);
}

/// Bytes of this thread's pool that nobody holds, or zero without a pool.
pub fn pool_free_bytes() -> usize {
    POOL.with(|p| {
        p.borrow_mut().as_mut().map_or(0, |pool| {
            pool.collect();
            pool.buddy.free_blocks() * BLOCK
        })
    })
}

/// This thread's arena, if it has a pool.
pub(crate) fn pool_arena() -> Option<Arc<Arena>> {
    POOL.with(|p| p.borrow().as_ref().map(|pool| pool.arena.clone()))
}

/// The memory of a pool.
pub(crate) struct Arena {
    pages: Pages,
    bytes: usize,
    returns: Returns,
}

// SAFETY: the arena is memory and an atomic return list. Pieces of the memory are reached only through `Memory`, each of
// which owns its piece: the buddy allocator lends no block twice, and takes one back only from the `Memory` that held it.
unsafe impl Send for Arena {}
// SAFETY: as above; a shared reference gives access to the return list alone.
unsafe impl Sync for Arena {}

impl Arena {
    fn new(blocks: usize) -> Arena {
        Arena { pages: Pages::new(blocks * BLOCK), bytes: blocks * BLOCK, returns: Returns::new(blocks) }
    }

    /// Its first byte, of which nothing may be read or written: that is for who holds a piece.
    pub(crate) fn base(&self) -> *mut u8 {
        self.pages.base().as_ptr()
    }

    /// How large it is.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, BLOCK).expect("a buffer smaller than the address space")
}

/// Zeroed; touched too if it is aligned beyond what the allocator does by itself.
fn allocate(layout: Layout) -> NonNull<u8> {
    assert!(layout.size() > 0);
    // SAFETY: the size is not zero, checked above.
    let base = unsafe { alloc_zeroed(layout) };
    NonNull::new(base).unwrap_or_else(|| handle_alloc_error(layout))
}

/// A piece of aligned, initialised memory and the duty to give it back. It has no safe access of its own: its two users
/// below say who may read and write which part.
struct Memory {
    base: NonNull<u8>,
    capacity: usize,
    home: Home,
}

enum Home {
    /// A pool's arena, and the first block there.
    Arena(Arc<Arena>, usize),
    Allocator,
}

// SAFETY: `Memory` owns its piece; where it is dropped makes no difference, the return list and the allocator take it from
// any thread.
unsafe impl Send for Memory {}
// SAFETY: a shared reference to `Memory` gives no access to the bytes; its users keep readers and the writer apart.
unsafe impl Sync for Memory {}

impl Memory {
    /// At least one block, rounded up to whole blocks.
    fn new(bytes: usize) -> Memory {
        let capacity = bytes.max(1).checked_next_multiple_of(BLOCK).expect("a buffer smaller than the address space");
        let pooled = POOL.try_with(|p| {
            let mut p = p.borrow_mut();
            let pool = p.as_mut()?;
            pool.collect();
            let block = pool.buddy.take(capacity)?;
            // SAFETY: the buddy allocator lends blocks inside the arena only, here `capacity` bytes from this one on.
            let base = unsafe { pool.arena.pages.base().add(block * BLOCK) };
            Some(Memory { base, capacity, home: Home::Arena(pool.arena.clone(), block) })
        });
        pooled.ok().flatten().unwrap_or_else(|| Memory {
            base: allocate(layout(capacity)),
            capacity,
            home: Home::Allocator,
        })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        match &self.home {
            Home::Arena(arena, block) => {
                let local = POOL.try_with(|p| match p.borrow_mut().as_mut() {
                    Some(pool) if Arc::ptr_eq(&pool.arena, arena) => {
                        pool.buddy.give(*block);
                        true
                    }
                    _ => false,
                });
                if local != Ok(true) {
                    arena.returns.give(*block);
                }
            }
            // SAFETY: allocated in `new` with this layout, and dropped once.
            Home::Allocator => unsafe { dealloc(self.base.as_ptr(), layout(self.capacity)) },
        }
    }
}

/// Unique aligned memory: address and capacity are multiples of [`BLOCK`], the bytes are zero or recycled, and only
/// `[..len]` is visible.
pub struct AlignedBuf {
    memory: Memory,
    len: usize,
}

impl AlignedBuf {
    /// An empty buffer of `bytes` rounded up to whole blocks, at least one, from this thread's pool or else the allocator.
    pub fn with_capacity(bytes: usize) -> AlignedBuf {
        AlignedBuf { memory: Memory::new(bytes), len: 0 }
    }

    /// Bytes it can hold.
    pub fn capacity(&self) -> usize {
        self.memory.capacity
    }

    /// Bytes it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets what it holds.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Cuts to `len`, or extends to it with zeros. Panics if it does not fit.
    pub fn resize_zeroed(&mut self, len: usize) {
        assert!(len <= self.capacity(), "{len} bytes in a buffer of {}", self.capacity());
        let old = std::mem::replace(&mut self.len, len);
        if old < len {
            self[old..].fill(0);
        }
    }

    /// Appends. Panics if it does not fit.
    pub fn extend_from_slice(&mut self, data: &[u8]) {
        let at = self.len;
        assert!(data.len() <= self.capacity() - at, "{} bytes at {at} of {}", data.len(), self.capacity());
        self.len += data.len();
        self[at..].copy_from_slice(data);
    }

    /// Makes the bytes shareable without copying. They return to the pool when the last holder drops, on whatever core.
    pub fn freeze(self) -> Bytes {
        if self.is_empty() { Bytes::new() } else { Bytes::from_owner(Frozen(self)) }
    }

    /// Address of the first byte, for the kernel to read or fill up to the capacity while the buffer is kept.
    pub(crate) fn address(&mut self) -> *mut u8 {
        self.memory.base.as_ptr()
    }

    /// Declares the first `len` bytes filled. The memory is initialised all through, so this shows stale bytes at worst:
    /// callers pass what the kernel said it wrote.
    pub(crate) fn set_filled(&mut self, len: usize) {
        assert!(len <= self.capacity());
        self.len = len;
    }
}

impl Deref for AlignedBuf {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        // SAFETY: the memory is initialised, at least `len` long, and owned by this buffer alone.
        unsafe { std::slice::from_raw_parts(self.memory.base.as_ptr(), self.len) }
    }
}

impl DerefMut for AlignedBuf {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`, and `&mut self` makes the access unique.
        unsafe { std::slice::from_raw_parts_mut(self.memory.base.as_ptr(), self.len) }
    }
}

impl fmt::Debug for AlignedBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AlignedBuf({} of {})", self.len, self.capacity())
    }
}

/// The owner inside a frozen `Bytes`: nobody writes any more.
struct Frozen(AlignedBuf);

impl AsRef<[u8]> for Frozen {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// An append-only aligned chunk: one writer, any number of readers of what is already written.
pub struct AppendBuf {
    memory: Arc<Memory>,
    /// Bytes before this are written and never change; bytes from here on are the writer's alone.
    len: usize,
}

impl AppendBuf {
    /// An empty chunk of `bytes` rounded up to whole blocks, at least one.
    pub fn with_capacity(bytes: usize) -> AppendBuf {
        AppendBuf { memory: Arc::new(Memory::new(bytes)), len: 0 }
    }

    /// Bytes it can hold.
    pub fn capacity(&self) -> usize {
        self.memory.capacity
    }

    /// Bytes it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was appended yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that still fit.
    pub fn remaining(&self) -> usize {
        self.capacity() - self.len
    }

    /// Appends. Panics if it does not fit.
    pub fn append(&mut self, data: &[u8]) {
        assert!(data.len() <= self.remaining(), "{} bytes at {} of {}", data.len(), self.len, self.capacity());
        // SAFETY: the target is within the capacity, checked above. Slices cover bytes before `len` only, and there is one
        // writer (`&mut self`, not Clone), so nobody reads or writes these bytes now; `data` cannot overlap them for the
        // same reason.
        unsafe {
            let target = self.memory.base.as_ptr().add(self.len);
            std::ptr::copy_nonoverlapping(data.as_ptr(), target, data.len());
        }
        self.len += data.len();
    }

    /// What was written.
    pub fn written(&self) -> &[u8] {
        // SAFETY: bytes before `len` were written, hence initialised, lie within the memory, and are never written again; the
        // writer needs `&mut self`, and `len` grows only after it.
        unsafe { std::slice::from_raw_parts(self.memory.base.as_ptr(), self.len) }
    }

    /// Shares what was written at `range`, without copying. Holds the whole chunk's memory while it lives.
    pub fn slice(&self, range: Range<usize>) -> Bytes {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} of {} written bytes", self.len);
        if range.is_empty() {
            return Bytes::new();
        }
        Bytes::from_owner(Written { memory: self.memory.clone(), range })
    }
}

impl fmt::Debug for AppendBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppendBuf({} of {})", self.len, self.capacity())
    }
}

/// Written bytes of a chunk.
struct Written {
    memory: Arc<Memory>,
    range: Range<usize>,
}

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `slice` checked that the range was written, hence initialised, within the memory, and never written
        // again; the writer touches bytes past it only and makes no reference to these.
        unsafe { std::slice::from_raw_parts(self.memory.base.as_ptr().add(self.range.start), self.range.len()) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_aligned_and_goes_home() {
        open_pool(64 * BLOCK);
        let all = pool_free_bytes();
        assert_eq!(all, 64 * BLOCK);
        let mut buf = AlignedBuf::with_capacity(5000);
        assert_eq!(buf.capacity(), 2 * BLOCK);
        assert_eq!(buf.address() as usize % BLOCK, 0);
        assert_eq!(pool_free_bytes(), all - 2 * BLOCK);
        buf.extend_from_slice(b"abc");
        buf.resize_zeroed(5);
        assert_eq!(&buf[..], b"abc\0\0");
        let bytes = buf.freeze();
        let part = bytes.slice(1..3);
        drop(bytes);
        assert_eq!(&part[..], b"bc");
        assert_eq!(pool_free_bytes(), all - 2 * BLOCK);
        // dropped by another thread, over the return list
        std::thread::spawn(move || drop(part)).join().unwrap();
        assert_eq!(pool_free_bytes(), all);
    }

    #[test]
    fn recycled_bytes_are_not_visible() {
        open_pool(BLOCK);
        let mut buf = AlignedBuf::with_capacity(BLOCK);
        buf.resize_zeroed(BLOCK);
        buf.fill(0xAA);
        drop(buf);
        let mut again = AlignedBuf::with_capacity(BLOCK);
        assert!(again.is_empty());
        again.resize_zeroed(BLOCK);
        assert!(again.iter().all(|b| *b == 0));
    }

    #[test]
    fn an_exhausted_pool_falls_back() {
        open_pool(4 * BLOCK);
        let held: Vec<_> = (0..6).map(|_| AlignedBuf::with_capacity(BLOCK)).collect();
        assert_eq!(pool_free_bytes(), 0);
        drop(held);
        assert_eq!(pool_free_bytes(), 4 * BLOCK);
        let large = AlignedBuf::with_capacity(32 << 20);
        assert_eq!(large.capacity(), 32 << 20);
    }

    #[test]
    fn memory_outlives_its_core() {
        let bytes = std::thread::spawn(|| {
            open_pool(8 * BLOCK);
            let mut buf = AlignedBuf::with_capacity(BLOCK);
            buf.extend_from_slice(&[7; 4096]);
            buf.freeze()
        })
        .join()
        .unwrap();
        assert!(bytes.iter().all(|b| *b == 7));
    }

    #[test]
    fn readers_keep_what_was_written() {
        open_pool(64 * BLOCK);
        let all = pool_free_bytes();
        let mut chunk = AppendBuf::with_capacity(2 * BLOCK);
        let mut slices = vec![];
        for i in 0..16u8 {
            let at = chunk.len();
            chunk.append(&[i; 500]);
            slices.push((i, chunk.slice(at..at + 500)));
        }
        assert_eq!(chunk.remaining(), 2 * BLOCK - 8000);
        assert!(chunk.written().len() == 8000 && chunk.written()[7500..] == [15; 500]);
        drop(chunk);
        std::thread::spawn(move || {
            for (i, slice) in slices {
                assert!(slice.len() == 500 && slice.iter().all(|b| *b == i));
            }
        })
        .join()
        .unwrap();
        assert_eq!(pool_free_bytes(), all);
    }

    #[test]
    #[should_panic(expected = "written bytes")]
    fn unwritten_bytes_are_never_shared() {
        let mut chunk = AppendBuf::with_capacity(BLOCK);
        chunk.append(b"abc");
        let _ = chunk.slice(0..4);
    }
}
