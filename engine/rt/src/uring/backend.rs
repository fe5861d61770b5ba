//! What the reactor asks of a ring, and the kernel's ring. The second implementation is `fake`, for tests.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use io_uring::{IoUring, cqueue, opcode, squeue, types};

use crate::buffer::pool_arena;
use crate::seam::Tick;
use crate::timer::now;
use crate::uring::registered::Registered;

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
        /// Complete once it is on stable storage.
        through: bool,
    },
    /// Writes what the vectors point at.
    WriteAll {
        fd: RawFd,
        at: u64,
        from: *const libc::iovec,
        count: u32,
    },
    DataSync {
        fd: RawFd,
    },
    /// Reserves blocks, and makes the file so long.
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
    /// Receives what there is, once there is something; `wait`: that something is not there yet is to be expected.
    Receive {
        fd: RawFd,
        to: *mut u8,
        len: u32,
        wait: bool,
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
    /// Until a completion arrives, or this moment is there; it may end earlier.
    Until(Tick),
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
    /// When the kernel's timer of this ring ends a wait, if it is set. It stays set from one wait to the next: a timer set
    /// and taken down with each would cost more than all else a turn does.
    alarm: Option<Tick>,
    /// The time of the last request to set it, for the kernel to read when it takes that request.
    alarm_time: Box<types::Timespec>,
    /// What it knows of this thread's pool, if there was one when it was set up and the kernel takes some.
    pool: Option<Registered>,
}

/// The completion of the alarm, of a change to it that came too late, or of one that was cancelled.
const ALARM: u64 = u64::MAX;

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
        let pool = pool_arena().and_then(|arena| Registered::new(&ring.submitter(), arena).ok());
        Ok(KernelRing { ring, staged: VecDeque::new(), alarm: None, alarm_time: Box::default(), pool })
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

    /// The index under which it knows this memory.
    fn index(&mut self, memory: *const u8, len: u32) -> Option<u16> {
        self.pool.as_mut()?.index(&self.ring.submitter(), memory, len)
    }

    /// Parts of the pool that it knows.
    #[cfg(test)]
    pub(crate) fn known(&self) -> usize {
        self.pool.as_ref().map_or(0, Registered::known)
    }

    fn stage(&mut self) {
        let KernelRing { ring, staged, alarm, .. } = self;
        staged.extend(ring.completion().filter_map(|c| completion(&c, alarm)));
    }

    /// Queues a request, after submitting what is queued if there is no room.
    ///
    /// # Safety
    /// As [`Backend::push`].
    unsafe fn push_entry(&mut self, entry: &squeue::Entry) {
        loop {
            // SAFETY: the caller keeps what the entry points to until its last completion.
            if unsafe { self.ring.submission().push(entry) }.is_ok() {
                return;
            }
            self.enter(Wait::No);
        }
    }

    /// Sees to it that a wait ends at `at` at the latest.
    fn set_alarm(&mut self, at: Tick) {
        if self.alarm.is_some_and(|alarm| alarm <= at) {
            return;
        }
        *self.alarm_time = types::Timespec::from(at.since(now()));
        let time: *const types::Timespec = &raw const *self.alarm_time;
        let entry = match self.alarm {
            None => opcode::Timeout::new(time).build(),
            // it fails if the alarm goes off meanwhile, and that ends the wait
            Some(_) => opcode::TimeoutUpdate::new(ALARM, time).build().flags(squeue::Flags::SKIP_SUCCESS),
        };
        // SAFETY: the time lives as long as the ring; the kernel only reads it, and if it is set anew before the kernel did,
        // it is to an earlier moment, which is the one that counts.
        unsafe { self.push_entry(&entry.user_data(ALARM)) };
        self.alarm = Some(at);
    }

    fn enter_once(&mut self, wait: Wait) -> io::Result<usize> {
        match wait {
            Wait::Forever | Wait::Until(_) => self.ring.submit_and_wait(1),
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
        let index = match sqe {
            Sqe::Read { to, len, .. } => self.index(to, len),
            Sqe::Write { from, len, .. } => self.index(from, len),
            _ => None,
        };
        // SAFETY: the caller keeps what the entry points to until its last completion.
        unsafe { self.push_entry(&entry(sqe, index).user_data(user_data)) }
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
        let wait = if self.staged.is_empty() { wait } else { Wait::No };
        if let Wait::Until(at) = wait {
            self.set_alarm(at);
        }
        match self.enter_once(wait) {
            Ok(_) => {}
            Err(e) => match e.raw_os_error() {
                // a signal: the caller looks at what there is and comes back
                Some(libc::EINTR) => {}
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
        let KernelRing { ring, staged, alarm, .. } = self;
        out.extend(staged.drain(..));
        out.extend(ring.completion().filter_map(|c| completion(&c, alarm)));
    }
}

/// A completion of the reactor's; that of the alarm only takes it down.
fn completion(c: &cqueue::Entry, alarm: &mut Option<Tick>) -> Option<Cqe> {
    let (user_data, flags) = (c.user_data(), c.flags());
    if user_data == ALARM {
        *alarm = None;
        return None;
    }
    Some(Cqe { user_data, result: c.result(), more: cqueue::more(flags), buffer: cqueue::buffer_select(flags) })
}

/// The kernel's form of a request; `index` where it is of registered memory.
fn entry(sqe: Sqe, index: Option<u16>) -> squeue::Entry {
    use types::Fd;
    /// Completes when all is sent, not when some is; no signal on a closed stream.
    const SEND: i32 = libc::MSG_WAITALL | libc::MSG_NOSIGNAL;
    /// `IORING_RECVSEND_POLL_FIRST`: wait until the socket is readable before the first try.
    const POLL_FIRST: u16 = 1;
    match sqe {
        Sqe::Read { fd, at, to, len } => match index {
            Some(index) => opcode::ReadFixed::new(Fd(fd), to, len, index).offset(at).build(),
            None => opcode::Read::new(Fd(fd), to, len).offset(at).build(),
        },
        Sqe::Write { fd, at, from, len, through } => {
            let flags = if through { libc::RWF_DSYNC } else { 0 };
            match index {
                Some(index) => opcode::WriteFixed::new(Fd(fd), from, len, index).offset(at).rw_flags(flags).build(),
                None => opcode::Write::new(Fd(fd), from, len).offset(at).rw_flags(flags).build(),
            }
        }
        Sqe::WriteAll { fd, at, from, count } => opcode::Writev::new(Fd(fd), from, count).offset(at).build(),
        Sqe::DataSync { fd } => opcode::Fsync::new(Fd(fd)).flags(types::FsyncFlags::DATASYNC).build(),
        Sqe::Reserve { fd, at, len } => opcode::Fallocate::new(Fd(fd), len).offset(at).build(),
        Sqe::AcceptMany { fd } => opcode::AcceptMulti::new(Fd(fd)).flags(libc::SOCK_CLOEXEC).build(),
        Sqe::Connect { fd, address, len } => opcode::Connect::new(Fd(fd), address, len).build(),
        Sqe::ReceiveMany { fd } => opcode::RecvMulti::new(Fd(fd), RECEIVE_GROUP).build(),
        Sqe::Receive { fd, to, len, wait } => {
            opcode::Recv::new(Fd(fd), to, len).ioprio(if wait { POLL_FIRST } else { 0 }).build()
        }
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
    use std::time::Duration;

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

    /// How long a wait until `time` from now takes, with `busy` something that completes at once.
    fn waited(ring: &mut KernelRing, time: Duration, busy: bool) -> Duration {
        if busy {
            // SAFETY: a cancellation names no memory.
            unsafe { ring.push(7, Sqe::Cancel { user_data: 1 << 40 }) };
        }
        let start = now();
        ring.enter(Wait::Until(start + time));
        let waited = now().since(start);
        let mut reaped = vec![];
        ring.reap(&mut reaped);
        assert_eq!(reaped.len(), usize::from(busy), "the alarm is no completion of the reactor's");
        waited
    }

    #[test]
    fn a_wait_ends_in_time_whatever_the_alarm_was_set_to_before() {
        let (short, long) = (Duration::from_millis(20), Duration::from_secs(20));
        let mut ring = KernelRing::new(4).expect("a ring");
        // set, and it goes off
        assert!(waited(&mut ring, short, false) >= short);
        // set far off, and moved nearer
        assert!(waited(&mut ring, long, true) < short);
        let time = waited(&mut ring, short, false);
        assert!((short..long / 2).contains(&time), "{time:?}");
        // moved while it goes off
        for micros in 0..200 {
            assert!(waited(&mut ring, Duration::from_micros(100), true) < long / 2);
            std::thread::sleep(Duration::from_micros(micros));
            assert!(waited(&mut ring, Duration::from_micros(50), false) < long / 2);
        }
        // still set, for an earlier moment than asked: it may end early, once
        waited(&mut ring, short, true);
        waited(&mut ring, short * 3, false);
        assert!(waited(&mut ring, short, false) >= short);
    }
}
