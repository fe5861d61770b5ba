//! What the reactor asks of a ring, and the kernel's ring. The second implementation is `fake`, for tests.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use io_uring::{IoUring, cqueue, opcode, squeue, types};

/// The buffer group of a core's receive buffers.
pub(crate) const RECEIVE_GROUP: u16 = 1;

/// One request. Descriptors and pointers are the submitter's to keep valid: see [`Backend::push`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sqe {
    Read {
        fd: RawFd,
        at: u64,
        to: *mut u8,
        len: u32,
    },
    Write {
        fd: RawFd,
        at: u64,
        from: *const u8,
        len: u32,
    },
    DataSync {
        fd: RawFd,
    },
    /// Reserves blocks without changing the length.
    Reserve {
        fd: RawFd,
        at: u64,
        len: u64,
    },
    /// Accepts until cancelled; each completion's result is a descriptor.
    AcceptMany {
        fd: RawFd,
    },
    Connect {
        fd: RawFd,
        address: *const libc::sockaddr,
        len: u32,
    },
    /// Receives into provided buffers until cancelled, the end, or no buffer is left.
    ReceiveMany {
        fd: RawFd,
    },
    Receive {
        fd: RawFd,
        to: *mut u8,
        len: u32,
    },
    Send {
        fd: RawFd,
        from: *const u8,
        len: u32,
    },
    SendMessage {
        fd: RawFd,
        message: *const libc::msghdr,
    },
    /// From a file into a pipe.
    Splice {
        from: RawFd,
        at: u64,
        to: RawFd,
        len: u32,
    },
    PollWritable {
        fd: RawFd,
    },
    Cancel {
        user_data: u64,
    },
    CancelAll,
    /// Posts a completion with `user_data` on another ring; no completion of its own unless it fails.
    Message {
        ring: RawFd,
        user_data: u64,
    },
}

/// One completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cqe {
    pub(crate) user_data: u64,
    /// A count or descriptor, or a negated errno.
    pub(crate) result: i32,
    /// Another completion of the same request will follow.
    pub(crate) more: bool,
    /// The provided buffer that was filled.
    pub(crate) buffer: Option<u16>,
}

/// How long to stay in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all: submit, run deferred work, return.
    No,
    /// Until a completion arrives.
    Forever,
    /// Until a completion arrives, or this long.
    For(Duration),
}

/// A ring.
pub(crate) trait Backend {
    /// Queues a request; it reaches the kernel at the next `enter` at the latest.
    ///
    /// # Safety
    /// Descriptors and memory the request names stay valid, and memory the kernel writes is not touched, until the
    /// completion of `user_data` without `more` was reaped. (A `Message` names no memory.)
    unsafe fn push(&mut self, user_data: u64, sqe: Sqe);
    /// Whether requests wait to be submitted.
    fn pending(&mut self) -> bool;
    /// Whether completions, or deferred work that makes some, are there. No system call.
    fn ready(&mut self) -> bool;
    /// Submits what is queued, runs deferred work, waits.
    fn enter(&mut self, wait: Wait);
    /// Moves the completions to `out`.
    fn reap(&mut self, out: &mut Vec<Cqe>);
}

/// One io_uring instance, used by one thread.
pub(crate) struct KernelRing {
    ring: IoUring,
    /// Completions taken from the queue early, to make room for the kernel.
    staged: VecDeque<Cqe>,
}

impl KernelRing {
    /// Sets up a ring with room for `entries` requests per submission and four times as many completions.
    pub(crate) fn new(entries: u32) -> io::Result<KernelRing> {
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_coop_taskrun()
            .setup_taskrun_flag()
            .setup_submit_all()
            .setup_cqsize(entries * 4)
            .build(entries)?;
        Ok(KernelRing { ring, staged: VecDeque::new() })
    }

    /// The ring's descriptor.
    pub(crate) fn borrow(&self) -> BorrowedFd<'_> {
        // SAFETY: the ring keeps its descriptor open for as long as it lives, and is borrowed meanwhile.
        unsafe { BorrowedFd::borrow_raw(self.ring.as_raw_fd()) }
    }

    /// Registers the provided-buffer ring at `entries`.
    ///
    /// # Safety
    /// `entries` is page aligned, holds `count` entries, and lives until this ring is dropped.
    pub(crate) unsafe fn register_buffers(&self, entries: *const types::BufRingEntry, count: u16) -> io::Result<()> {
        let submitter = self.ring.submitter();
        // SAFETY: the caller's promise is the one asked for.
        unsafe { submitter.register_buf_ring_with_flags(entries as u64, count, RECEIVE_GROUP, 0) }
    }

    fn stage(&mut self) {
        self.staged.extend(self.ring.completion().map(|c| completion(&c)));
    }

    fn enter_once(&mut self, wait: Wait) -> io::Result<usize> {
        match wait {
            Wait::Forever => self.ring.submit_and_wait(1),
            Wait::For(time) => {
                let time = types::Timespec::from(time);
                self.ring.submitter().submit_with_args(1, &types::SubmitArgs::new().timespec(&time))
            }
            Wait::No => {
                let queued = self.ring.submission().len() as u32;
                // SAFETY: no argument is passed, so there is nothing the kernel could misread.
                unsafe { self.ring.submitter().enter::<libc::sigset_t>(queued, 0, ENTER_GETEVENTS, None) }
            }
        }
    }
}

/// `IORING_ENTER_GETEVENTS`: run deferred work and flush overflown completions.
const ENTER_GETEVENTS: u32 = 1;

impl Backend for KernelRing {
    unsafe fn push(&mut self, user_data: u64, sqe: Sqe) {
        let entry = entry(sqe).user_data(user_data);
        loop {
            // SAFETY: the caller keeps what the entry points to until its last completion.
            if unsafe { self.ring.submission().push(&entry) }.is_ok() {
                return;
            }
            self.enter(Wait::No);
        }
    }

    fn pending(&mut self) -> bool {
        !self.ring.submission().is_empty()
    }

    fn ready(&mut self) -> bool {
        let submission = self.ring.submission();
        if submission.taskrun() || submission.cq_overflow() || !self.staged.is_empty() {
            return true;
        }
        drop(submission);
        !self.ring.completion().is_empty()
    }

    fn enter(&mut self, wait: Wait) {
        match self.enter_once(if self.staged.is_empty() { wait } else { Wait::No }) {
            Ok(_) => {}
            Err(e) => match e.raw_os_error() {
                // time is up, or a signal: the caller looks at what there is and comes back
                Some(libc::ETIME | libc::EINTR) => {}
                // the completion queue is full: make room. The kernel is short of memory: a little later
                Some(libc::EBUSY | libc::EAGAIN | libc::ENOMEM) => self.stage(),
                _ => panic!("io_uring_enter: {e}"),
            },
        }
        if self.ring.submission().cq_overflow() {
            self.stage();
            // the kernel moves what overflowed into the room made; an error here shows again at the next call
            let _ = self.enter_once(Wait::No);
        }
    }

    fn reap(&mut self, out: &mut Vec<Cqe>) {
        out.extend(self.staged.drain(..));
        out.extend(self.ring.completion().map(|c| completion(&c)));
    }
}

fn completion(c: &cqueue::Entry) -> Cqe {
    let flags = c.flags();
    Cqe {
        user_data: c.user_data(),
        result: c.result(),
        more: cqueue::more(flags),
        buffer: cqueue::buffer_select(flags),
    }
}

fn entry(sqe: Sqe) -> squeue::Entry {
    use types::Fd;
    /// Completes when all is sent, not when some is; no signal on a closed stream.
    const SEND: i32 = libc::MSG_WAITALL | libc::MSG_NOSIGNAL;
    match sqe {
        Sqe::Read { fd, at, to, len } => opcode::Read::new(Fd(fd), to, len).offset(at).build(),
        Sqe::Write { fd, at, from, len } => opcode::Write::new(Fd(fd), from, len).offset(at).build(),
        Sqe::DataSync { fd } => opcode::Fsync::new(Fd(fd)).flags(types::FsyncFlags::DATASYNC).build(),
        Sqe::Reserve { fd, at, len } => {
            opcode::Fallocate::new(Fd(fd), len).offset(at).mode(libc::FALLOC_FL_KEEP_SIZE).build()
        }
        Sqe::AcceptMany { fd } => opcode::AcceptMulti::new(Fd(fd)).flags(libc::SOCK_CLOEXEC).build(),
        Sqe::Connect { fd, address, len } => opcode::Connect::new(Fd(fd), address, len).build(),
        Sqe::ReceiveMany { fd } => opcode::RecvMulti::new(Fd(fd), RECEIVE_GROUP).build(),
        Sqe::Receive { fd, to, len } => opcode::Recv::new(Fd(fd), to, len).build(),
        Sqe::Send { fd, from, len } => opcode::Send::new(Fd(fd), from, len).flags(SEND).build(),
        Sqe::SendMessage { fd, message } => opcode::SendMsg::new(Fd(fd), message).flags(SEND as u32).build(),
        Sqe::Splice { from, at, to, len } => opcode::Splice::new(Fd(from), at as i64, Fd(to), -1, len).build(),
        Sqe::PollWritable { fd } => opcode::PollAdd::new(Fd(fd), libc::POLLOUT as u32).build(),
        Sqe::Cancel { user_data } => opcode::AsyncCancel::new(user_data).build(),
        Sqe::CancelAll => opcode::AsyncCancel2::new(types::CancelBuilder::any()).build(),
        Sqe::Message { ring, user_data } => {
            opcode::MsgRingData::new(Fd(ring), 0, user_data, None).build().flags(squeue::Flags::SKIP_SUCCESS)
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn more_completions_than_the_queue_holds_are_all_reaped() {
        let mut ring = KernelRing::new(4).expect("a ring");
        for i in 0..500 {
            // SAFETY: a cancellation names no memory.
            unsafe { ring.push(i, Sqe::Cancel { user_data: 1 << 40 }) };
        }
        let mut reaped = vec![];
        let mut turns = 0;
        while reaped.len() < 500 {
            assert!(turns < 1000, "only {} of 500 came", reaped.len());
            turns += 1;
            ring.enter(Wait::No);
            ring.reap(&mut reaped);
        }
        let mut numbers: Vec<u64> = reaped.iter().map(|c| c.user_data).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..500).collect::<Vec<_>>());
        assert!(reaped.iter().all(|c| c.result == -libc::ENOENT && !c.more));
        assert!(!ring.ready() && !ring.pending());
    }
}
