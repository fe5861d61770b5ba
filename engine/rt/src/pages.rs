//! Large memory, as the kernel gives it: zeroed, and there once it is touched, so that what lies idle costs nothing. On huge
//! pages where the kernel has some to give: a direct write of 512 KiB then names one stretch of memory and not 128 pages.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;

use nix::sys::mman::{MmapAdvise, madvise};

use crate::seam::BLOCK;

/// Size of a huge page.
pub(crate) const HUGE: usize = 2 << 20;

/// Zeroed memory that begins at a whole block, at a whole huge page if it is large enough to hold one. Freed when dropped; it
/// has no access of its own, whoever holds it says who reads and writes which part.
pub(crate) struct Pages {
    base: NonNull<u8>,
    /// What was allocated, which begins less than a page before.
    whole: NonNull<u8>,
    layout: Layout,
}

impl Pages {
    /// `bytes` of it, at least one.
    pub(crate) fn new(bytes: usize) -> Pages {
        // Over-aligned memory is zeroed by writing it, all of it, at once. Memory of the allocator's own alignment comes from
        // the kernel zeroed, page by page as it is touched. So a page more than asked for, begun where it fits.
        const ALIGN: usize = align_of::<u128>();
        let page = if bytes < HUGE { BLOCK } else { HUGE };
        let layout =
            Layout::from_size_align(bytes.max(1) + page, ALIGN).expect("memory smaller than the address space");
        // SAFETY: the size is not zero.
        let whole = unsafe { alloc_zeroed(layout) };
        let whole = NonNull::new(whole).unwrap_or_else(|| handle_alloc_error(layout));
        let ahead = whole.addr().get().wrapping_neg() % page;
        // SAFETY: `ahead` is less than a page, and a page more than asked for was allocated.
        let base = unsafe { whole.add(ahead) };
        if page == HUGE && !cfg!(miri) {
            // SAFETY: the range lies within what was just allocated, and the advice changes none of its bytes. Where the kernel
            // does not follow it, small pages do.
            let _ = unsafe { madvise(base.cast(), bytes / HUGE * HUGE, MmapAdvise::MADV_HUGEPAGE) };
        }
        Pages { base, whole, layout }
    }

    /// The first byte.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout, and dropped once.
        unsafe { dealloc(self.whole.as_ptr(), self.layout) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zeroed_and_begins_at_a_page() {
        for (bytes, page) in [(1, BLOCK), (BLOCK, BLOCK), (HUGE - 1, BLOCK), (HUGE, HUGE), (3 * HUGE + 5, HUGE)] {
            let pages = Pages::new(bytes);
            assert!(pages.base().addr().get().is_multiple_of(page), "{bytes}");
            for at in [0, bytes - 1] {
                // SAFETY: within the bytes asked for, which nobody else has.
                let byte = unsafe { pages.base().add(at) };
                // SAFETY: as above.
                assert_eq!(unsafe { byte.read() }, 0);
            }
        }
    }
}
