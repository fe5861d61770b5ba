//! A file any core may send from.

use std::fmt;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::helper;
use crate::seam::BLOCK;

/// A direct write takes whole blocks, from aligned memory.
pub(crate) fn assert_aligned(at: u64, data: &[u8]) {
    let aligned = [at as usize, data.as_ptr() as usize, data.len()].iter().all(|n| n.is_multiple_of(BLOCK));
    assert!(aligned || data.is_empty(), "a direct write of {} bytes from {:p} at {at}", data.len(), data.as_ptr());
}

/// The same of pieces one after the other.
pub(crate) fn assert_pieces_aligned(mut at: u64, pieces: &[Bytes]) {
    for piece in pieces {
        assert_aligned(at, piece);
        at += piece.len() as u64;
    }
}

/// A descriptor shared by cores. It closes when the last handle drops; a send in flight holds one.
#[derive(Clone)]
pub struct SharedFile(Arc<Shared>);

struct Shared {
    fd: Option<OwnedFd>,
    /// The same file through the page cache, where `fd` bypasses it; opened when first needed.
    cached: OnceLock<Option<OwnedFd>>,
    direct: bool,
}

impl SharedFile {
    /// Takes a descriptor.
    pub fn new(fd: OwnedFd) -> SharedFile {
        let flags = nix::fcntl::fcntl(&fd, nix::fcntl::FcntlArg::F_GETFL).unwrap_or(0);
        SharedFile(Arc::new(Shared { fd: Some(fd), cached: OnceLock::new(), direct: flags & libc::O_DIRECT != 0 }))
    }

    /// Whether it bypasses the page cache.
    pub(crate) fn is_direct(&self) -> bool {
        self.0.direct
    }

    /// A descriptor that reads any range, aligned or not: of a direct file one opened anew without `O_DIRECT`, which
    /// looks nothing up on the disk. `None` if that failed (no descriptor left, or no /proc).
    pub(crate) fn cached(&self) -> Option<BorrowedFd<'_>> {
        if !self.0.direct {
            return Some(self.as_fd());
        }
        let open = || fs::File::open(format!("/proc/self/fd/{}", self.as_raw_fd())).ok().map(OwnedFd::from);
        self.0.cached.get_or_init(open).as_ref().map(AsFd::as_fd)
    }

    /// Whether a range is in the page cache whole.
    pub(crate) fn is_resident(&self, at: u64, len: u64) -> bool {
        if len == 0 {
            return false;
        }
        let pages = (at + len).div_ceil(PAGE) - at / PAGE;
        pages_cached(self.as_fd(), at, len).is_some_and(|cached| cached >= pages)
    }
}

/// Pages of a range that are in the page cache; nothing if the kernel does not tell.
fn pages_cached(fd: BorrowedFd<'_>, at: u64, len: u64) -> Option<u64> {
    let range = CachestatRange { at, len };
    let mut counts = Cachestat::default();
    // SAFETY: the descriptor is open while it is borrowed; the kernel reads the one struct and writes the other, both laid out as
    // cachestat(2) says and alive beyond the call, and keeps neither.
    let result =
        unsafe { libc::syscall(SYS_CACHESTAT, fd.as_raw_fd(), &raw const range, &raw mut counts, 0 as libc::c_uint) };
    (result == 0).then_some(counts.cached)
}

/// What cachestat(2) is asked about, in bytes; a length of zero would mean to the end of the file.
#[repr(C)]
struct CachestatRange {
    at: u64,
    len: u64,
}

/// What cachestat(2) answers, in pages.
#[repr(C)]
#[derive(Default)]
struct Cachestat {
    cached: u64,
    dirty: u64,
    writeback: u64,
    evicted: u64,
    recently_evicted: u64,
}

/// The same on every architecture but alpha, which nobody runs this on.
const SYS_CACHESTAT: libc::c_long = 451;
/// What the kernel counts in on the architectures we run on; where its pages are larger it counts fewer, and nothing is resident.
const PAGE: u64 = 4096;
const _: () = assert!(size_of::<CachestatRange>() == 16 && size_of::<Cachestat>() == 40);

impl AsFd for SharedFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.fd.as_ref().expect("taken in drop alone").as_fd()
    }
}

impl AsRawFd for SharedFile {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // the last close of a removed file frees its blocks, which may wait for the disk: not on a core
        for fd in [self.fd.take(), self.cached.take().flatten()].into_iter().flatten() {
            helper::close(fd);
        }
    }
}

impl fmt::Debug for SharedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedFile({})", self.as_raw_fd())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_direct_file_reads_through_the_cache_at_any_offset() {
        let path = std::env::temp_dir().join(format!("thalweg-shared-{}", std::process::id()));
        fs::write(&path, vec![5u8; 10_000]).unwrap();
        let mut options = fs::OpenOptions::new();
        options.read(true);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_DIRECT);
        let Ok(file) = options.open(&path) else { return };
        let shared = SharedFile::new(file.into());
        assert!(shared.is_direct());
        let cached = shared.cached().unwrap().try_clone_to_owned().unwrap();
        let mut odd = [0u8; 333];
        fs::File::from(cached).read_exact(&mut odd).unwrap();
        assert!(odd.iter().all(|b| *b == 5));
        fs::remove_file(&path).unwrap();
    }
}
