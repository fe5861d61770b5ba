//! Operations of the reactor: requests that complete once. A file's reads and writes, and connecting.

use std::collections::VecDeque;
use std::future::Future;
use std::os::fd::{AsRawFd, OwnedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use libc::iovec;

use super::Reactor;
use crate::buffer::AlignedBuf;
use crate::file::SharedFile;
use crate::pieces;
use crate::uring::backend::Sqe;
use crate::uring::slots::{Key, Kind, pack};

/// Pieces of one write (`IOV_MAX` of the kernel, writev(2)).
const VECTORS_MAX: usize = 1024;

/// What an operation's slot keeps for the kernel.
pub(crate) enum Owned {
    /// Nothing in memory; the file stays open.
    File(#[allow(dead_code, reason = "kept open for the kernel, not read")] SharedFile),
    /// The kernel fills the buffer.
    Read(SharedFile, AlignedBuf),
    /// The kernel reads the bytes.
    Write(#[allow(dead_code, reason = "kept open for the kernel, not read")] SharedFile, Bytes),
    /// The kernel reads the vectors, and the bytes they point at.
    WriteAll(
        #[allow(dead_code, reason = "kept open for the kernel, not read")] SharedFile,
        VecDeque<Bytes>,
        Vec<iovec>,
    ),
    /// The kernel reads the address; the descriptor is the result.
    Connect(OwnedFd, #[allow(dead_code, reason = "kept for the kernel, not read")] Box<socket2::SockAddr>),
}

pub(super) struct Operation {
    owned: Owned,
    pub(super) result: Option<i32>,
    pub(super) waker: Option<Waker>,
    /// Its future is gone; the completion frees the slot.
    pub(super) orphan: bool,
}

impl Reactor {
    fn operate(self: &Rc<Self>, mut owned: Owned, sqe: impl FnOnce(&mut Owned) -> Sqe) -> Operating {
        let sqe = sqe(&mut owned);
        let mut inner = self.0.borrow_mut();
        let key = inner.operations.insert(Operation { owned, result: None, waker: None, orphan: false });
        // SAFETY: the callers below name memory and descriptors of `owned` only, which the slot has taken; moving it there
        // moved neither.
        unsafe { inner.submit(pack(Kind::Operation, key), sqe) }
        Operating { reactor: self.clone(), key: Some(key) }
    }

    /// Reads a piece into the buffer from `filled` on, which becomes its length plus what was read.
    pub(crate) fn read(self: &Rc<Self>, file: SharedFile, at: u64, buf: AlignedBuf, filled: usize) -> Operating {
        assert!(filled <= buf.capacity());
        self.operate(Owned::Read(file, buf), |owned| {
            let Owned::Read(file, buf) = owned else { unreachable!() };
            let len = pieces::next(buf.capacity() - filled) as u32;
            Sqe::Read { fd: file.as_raw_fd(), at, to: buf.address().wrapping_add(filled), len }
        })
    }

    /// Writes the bytes; `through`: to stable storage.
    pub(crate) fn write(self: &Rc<Self>, file: SharedFile, at: u64, data: Bytes, through: bool) -> Operating {
        self.operate(Owned::Write(file, data), |owned| {
            let Owned::Write(file, data) = owned else { unreachable!() };
            let len = data.len().min(1 << 30) as u32;
            Sqe::Write { fd: file.as_raw_fd(), at, from: data.as_ptr(), len, through }
        })
    }

    /// Writes the pieces one after the other, as many as one request takes.
    pub(crate) fn write_all(self: &Rc<Self>, file: SharedFile, at: u64, pieces: VecDeque<Bytes>) -> Operating {
        let vector = |piece: &Bytes| iovec { iov_base: piece.as_ptr() as *mut _, iov_len: piece.len() };
        let vectors = pieces.iter().take(VECTORS_MAX).map(vector).collect();
        self.operate(Owned::WriteAll(file, pieces, vectors), |owned| {
            let Owned::WriteAll(file, _, vectors) = owned else { unreachable!() };
            Sqe::WriteAll { fd: file.as_raw_fd(), at, from: vectors.as_ptr(), count: vectors.len() as u32 }
        })
    }

    /// Data sync.
    pub(crate) fn sync(self: &Rc<Self>, file: SharedFile) -> Operating {
        let fd = file.as_raw_fd();
        self.operate(Owned::File(file), |_| Sqe::DataSync { fd })
    }

    /// Reserves blocks, and makes the file so long.
    pub(crate) fn reserve(self: &Rc<Self>, file: SharedFile, at: u64, len: u64) -> Operating {
        let fd = file.as_raw_fd();
        self.operate(Owned::File(file), |_| Sqe::Reserve { fd, at, len })
    }

    /// Connects.
    pub(crate) fn connect(self: &Rc<Self>, fd: OwnedFd, to: socket2::SockAddr) -> Operating {
        self.operate(Owned::Connect(fd, Box::new(to)), |owned| {
            let Owned::Connect(fd, to) = owned else { unreachable!() };
            Sqe::Connect { fd: fd.as_raw_fd(), address: to.as_ptr().cast(), len: to.len() }
        })
    }
}

/// An operation under way. Resolves to its result and what its slot owned.
pub(crate) struct Operating {
    reactor: Rc<Reactor>,
    /// `None` once it resolved.
    key: Option<Key>,
}

impl Future for Operating {
    type Output = (i32, Owned);
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(i32, Owned)> {
        let Some(key) = self.key else { unreachable!("polled after it resolved") };
        let mut inner = self.reactor.0.borrow_mut();
        let Some(operation) = inner.operations.get(key) else { unreachable!("the slot lives as long as its future") };
        if operation.result.is_none() {
            if !operation.waker.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
                operation.waker = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        let Some(done) = inner.operations.remove(key) else { unreachable!("found above") };
        drop(inner);
        self.key = None;
        Poll::Ready((done.result.unwrap_or_default(), done.owned))
    }
}

impl Drop for Operating {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let mut inner = self.reactor.0.borrow_mut();
        let Some(operation) = inner.operations.get(key) else { return };
        let (waker, done) = if operation.result.is_some() {
            (None, inner.operations.remove(key))
        } else {
            operation.orphan = true;
            let waker = operation.waker.take();
            inner.cancel(pack(Kind::Operation, key));
            (waker, None)
        };
        drop(inner);
        drop((waker, done));
    }
}
