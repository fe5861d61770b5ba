//! Memory of a core's pool that its ring knows, io_uring_register(2): for a read or write of it the kernel does not look up page by
//! page where it lies, nor hold and release each (`engine/decisions/0014`).
//!
//! It becomes known huge page by huge page, when one is first read into or written from, and stays known: it is there then, and a
//! pool gives nothing back to the kernel. RLIMIT_MEMLOCK counts it, over all that the user runs, and rings too: of a limit that binds,
//! each ring takes an eighth. What is not known is read and written as without.

use std::fs;
use std::io;
use std::sync::Arc;

use io_uring::Submitter;
use nix::sys::resource::{Resource, getrlimit};

use crate::buffer::Arena;
use crate::pages::HUGE;

/// Bytes known under one index.
const SLOT: usize = HUGE;

/// Most indices a ring has (`IORING_MAX_REG_BUFFERS`).
const SLOTS_MAX: usize = 1 << 14;

/// What a ring knows of a pool.
pub(crate) struct Registered {
    /// Kept, so that these addresses are nobody else's for as long as the ring knows them.
    arena: Arc<Arena>,
    known: Vec<bool>,
    /// Parts that may still become known.
    left: usize,
}

impl Registered {
    /// Nothing of this arena yet.
    pub(crate) fn new(submitter: &Submitter<'_>, arena: Arc<Arena>) -> io::Result<Registered> {
        let slots = arena.bytes().div_ceil(SLOT).min(SLOTS_MAX);
        submitter.register_buffers_sparse(slots as u32)?;
        let left = if is_unlimited() { slots } else { (getrlimit(Resource::RLIMIT_MEMLOCK)?.0 / 8) as usize / SLOT };
        Ok(Registered { arena, known: vec![false; slots], left })
    }

    /// The index under which the ring knows this memory, all of it, from now on.
    pub(crate) fn index(&mut self, submitter: &Submitter<'_>, memory: *const u8, len: u32) -> Option<u16> {
        let at = memory.addr().checked_sub(self.arena.base().addr())?;
        let end = at.checked_add(len as usize)?;
        let slot = at / SLOT;
        let slot_end = ((slot + 1) * SLOT).min(self.arena.bytes());
        let known = self.known.get_mut(slot).filter(|_| end <= slot_end)?;
        if !*known {
            self.left = self.left.checked_sub(1)?;
            let base = self.arena.base().wrapping_add(slot * SLOT).cast();
            let part = libc::iovec { iov_base: base, iov_len: slot_end - slot * SLOT };
            // SAFETY: the part lies within the arena, which lives as long as `self`; that is as long as the ring knows it.
            *known = unsafe { submitter.register_buffers_update(slot as u32, &[part], None) }.is_ok();
            if !*known {
                self.left = 0;
            }
        }
        known.then_some(slot as u16)
    }

    /// Parts of the pool that are known.
    #[cfg(test)]
    pub(crate) fn known(&self) -> usize {
        self.known.iter().filter(|known| **known).count()
    }
}

/// Whether RLIMIT_MEMLOCK does not bind: with CAP_IPC_LOCK, and not that of a user namespace.
fn is_unlimited() -> bool {
    let (status, users) = (fs::read_to_string("/proc/self/status"), fs::read_to_string("/proc/self/uid_map"));
    may_lock(&status.unwrap_or_default(), &users.unwrap_or_default())
}

/// The same, from proc_pid_status(5) and user_namespaces(7).
fn may_lock(status: &str, users: &str) -> bool {
    const CAP_IPC_LOCK: u32 = 14;
    let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let capabilities = capabilities.and_then(|text| u64::from_str_radix(text.trim(), 16).ok()).unwrap_or(0);
    capabilities >> CAP_IPC_LOCK & 1 == 1 && users.split_ascii_whitespace().eq(["0", "0", "4294967295"])
}

#[cfg(all(test, not(loom), not(miri)))]
mod tests {
    use std::os::fd::AsRawFd;

    use io_uring::IoUring;

    use super::*;
    use crate::buffer::{AlignedBuf, open_pool, pool_arena};
    use crate::seam::BLOCK;
    use crate::uring::backend::{Backend, KernelRing, Sqe, Wait};

    #[test]
    fn a_ring_knows_what_lies_in_one_part_of_the_pool() {
        open_pool(SLOT + 2 * BLOCK);
        let arena = pool_arena().unwrap();
        let ring = IoUring::new(4).unwrap();
        let mut registered = Registered::new(&ring.submitter(), arena.clone()).unwrap();
        registered.left = 2;
        let mut index = |at: usize, len| registered.index(&ring.submitter(), arena.base().wrapping_add(at), len);
        assert_eq!(index(SLOT - BLOCK, 2 * BLOCK as u32), None, "it lies in two");
        assert_eq!(index(SLOT + BLOCK, 2 * BLOCK as u32), None, "it is longer than the pool");
        assert_eq!(index(SLOT + BLOCK, BLOCK as u32), Some(1));
        assert_eq!(index(SLOT, BLOCK as u32), Some(1));
        let elsewhere = [0u8; 8];
        assert_eq!(registered.index(&ring.submitter(), elsewhere.as_ptr(), 8), None);
        assert_eq!(registered.known(), 1);
        registered.left = 0;
        assert_eq!(registered.index(&ring.submitter(), arena.base(), 1), None, "the kernel takes no more");
        assert_eq!(registered.index(&ring.submitter(), arena.base().wrapping_add(SLOT), 1), Some(1), "it still knows");
    }

    #[test]
    fn locked_memory_is_unlimited_for_who_may_lock_it_on_the_host() {
        let (host, own) = ("         0          0 4294967295\n", "         0       1000          1\n");
        assert!(may_lock("CapPrm:\t0\nCapEff:\t000001ffffffffff\n", host));
        assert!(!may_lock("CapEff:\t000001ffffffffff\n", own));
        assert!(!may_lock("CapEff:\t00000000a80425fb\n", host), "as containers have it");
        assert!(!may_lock("", host));
    }

    #[test]
    fn bytes_are_the_same_from_and_to_known_memory() {
        open_pool(2 * SLOT);
        let path = std::env::temp_dir().join(format!("thalweg-registered-{}", std::process::id()));
        let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let mut ring = KernelRing::new(4).unwrap();
        let mut run = |sqe| {
            let mut reaped = vec![];
            // SAFETY: both buffers and the file live until the completion has come.
            unsafe { ring.push(7, sqe) };
            while reaped.is_empty() {
                ring.enter(Wait::Forever);
                ring.reap(&mut reaped);
            }
            reaped[0].result
        };
        // The second does not fit into the pool any more.
        for (round, bytes) in [SLOT / 2, 2 * SLOT].into_iter().enumerate() {
            let mut from = AlignedBuf::with_capacity(bytes);
            from.resize_zeroed(bytes);
            from.iter_mut().enumerate().for_each(|(i, byte)| *byte = (i * 31 + round) as u8);
            let (fd, len) = (file.as_raw_fd(), bytes as u32);
            let written = run(Sqe::Write { fd, at: 4096, from: from.as_ptr(), len, through: round == 0 });
            assert_eq!(written, bytes as i32);
            let mut to = AlignedBuf::with_capacity(bytes);
            assert_eq!(run(Sqe::Read { fd, at: 4096, to: to.address(), len }), bytes as i32);
            to.set_filled(bytes);
            assert!(from[..] == to[..]);
        }
        assert!(ring.known() == 1 || !is_unlimited());
    }
}
