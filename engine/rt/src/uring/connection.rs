//! One connected stream: its receive, its queue of sends, and when its descriptor may close. Plain state; the reactor
//! submits and reaps for it.
//!
//! Receiving is one multishot request while the reader keeps up, none while chunks wait unread. From a connection whose
//! reader expects one large piece after the other, each piece is received on its own, when the reader asks, into memory of
//! its own: it is whole there, and nobody copies it together. If the pieces are frames that say how long they are, the next one
//! and its length are received together, into memory as large as the last took. Sending is a queue of pieces
//! with at most one request in flight, so order is kept whatever the kernel does; whoever waits for a send waits for a
//! position in the stream. The descriptor closes when the last handle is gone, the queue is empty and no request is out.
//!
//! Of a reset right behind data a multishot receive may hear of the data alone, and stay out for ever (seen on Linux 6.18;
//! axboe/liburing issue 1549 is of this kind). So whatever received something is looked at once more a little later.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Waker};

use bytes::{Buf, Bytes};
use nix::poll::{PollFd, PollFlags};
use nix::{setsockopt_impl, sockopt_impl};

use crate::buffer::AlignedBuf;
use crate::seam::{BLOCK, Segment};
use crate::uring::backend::Sqe;
use crate::uring::gather::Gather;
use crate::uring::receive::Chunk;

/// Chunks that may wait unread before receiving stops.
pub(crate) const UNREAD_MAX: usize = 4;
/// Receiving starts again when no more than this many wait.
const UNREAD_LOW: usize = 1;
/// Receive memory of a connection that waits while all shared buffers are held by others.
const OWN_BUFFER_BYTES: usize = 16 << 10;
/// A piece the reader expects is large from so many bytes on.
const LARGE_MIN: usize = 32 << 10;
/// What comes before a piece and says how long it is has no more bytes than this.
const HEAD_MAX: usize = 4;
/// After so many large pieces in a row the next is expected to be large too.
const LARGE_AFTER: u8 = 3;
/// Most bytes received in one piece.
const PIECE_MAX: usize = 8 << 20;
/// A frame that says it has more bytes than this, or than twice the last, gets no memory on its word.
const FRAME_TRUSTED: usize = 1 << 20;
/// Memory kept for the next frame before anything of it has come, at the most.
const AHEAD_EACH_MAX: usize = 512 << 10;
/// What is received in a piece no longer than this is copied, so that a small request does not hold a whole receive buffer.
pub(crate) const COPY_MAX: usize = 2048;
/// Bytes sent in one call. A call puts into the socket what fits, up to some MiB at once, and all else on this core waits so long.
/// (What the tests send is small.)
pub(crate) const SEND_MAX: usize = if cfg!(test) { 1 << 10 } else { 256 << 10 };
/// Pieces gathered into one call (`IOV_MAX` is 1024).
const GATHER_MAX: usize = 1024;
/// Bytes read at a time where a file cannot be spliced.
const READ_BYTES: usize = 256 << 10;
/// Size asked for a pipe: what an unprivileged process may have by default.
const PIPE_BYTES: i32 = 1 << 20;

/// Bytes still to come below which each part of them may wake the reader.
const LOW_WATER_MIN: usize = 16 << 10;
/// Most bytes that gather in the kernel before the reader is woken.
const LOW_WATER_MAX: usize = 256 << 10;
/// And if its reader said that they may.
const GATHERED_MAX: usize = 512 << 10;

sockopt_impl!(ReceiveLowWater, SetOnly, libc::SOL_SOCKET, libc::SO_RCVLOWAT, usize);

/// Something received and not yet read.
pub(crate) enum Unread {
    Chunk(Chunk),
    Own(Bytes),
}

/// How receiving stands.
pub(crate) enum Receiving {
    /// No request is out.
    Idle,
    /// A multishot request is out.
    Armed,
    /// A multishot request is out, and its cancellation.
    Stopping,
    /// No buffer was left; in the reactor's list of those.
    Starved,
    /// A single request into memory of its own is out, and more will follow until so many bytes have come.
    Own(AlignedBuf, usize),
    /// A single request for a frame and its length is out; nothing of them has come.
    Ahead(AlignedBuf),
}

/// The end of receiving.
pub(crate) enum End {
    /// The other side, or this one, ended the stream.
    Stream,
    /// It broke; told once.
    Broken(i32),
}

/// The request in flight on the sending side.
enum Flight {
    /// This many bytes in the front pieces.
    Bytes,
    /// File to pipe.
    Fill,
    /// Waiting until the socket takes more from the pipe.
    Writable,
    /// Reading a file that cannot be spliced; how many bytes of the buffer to skip.
    Read(AlignedBuf, usize),
}

/// A pipe for splicing.
pub(crate) struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
    capacity: usize,
    /// Bytes in it.
    held: usize,
}

impl Pipe {
    pub(crate) fn open() -> io::Result<Pipe> {
        let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
        // refused once a user has many large pipes: the default of 64 KiB, or less, works too
        let _ = nix::fcntl::fcntl(&write, nix::fcntl::FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
        let capacity = nix::fcntl::fcntl(&write, nix::fcntl::FcntlArg::F_GETPIPE_SZ)? as usize;
        Ok(Pipe { read, write, capacity, held: 0 })
    }
}

/// Whoever waits for a send.
#[derive(Default)]
pub(crate) struct SendDone {
    pub(crate) result: Cell<Option<Result<(), i32>>>,
    waiter: RefCell<Waiter>,
}

impl SendDone {
    /// The result, or it waits for it.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Option<Result<(), i32>> {
        let result = self.result.get();
        if result.is_none() {
            let before = self.waiter.borrow_mut().wait(cx);
            drop(before);
        }
        result
    }

    fn end(&self, result: Result<(), i32>) {
        self.result.set(Some(result));
        self.waiter.borrow_mut().wake();
    }
}

/// Whoever waits, time and again, for a connection. Its waker is kept from one wait to the next, so that none is made and dropped
/// for each.
#[derive(Default)]
pub(crate) struct Waiter {
    waker: Option<Waker>,
    waits: bool,
}

impl Waiter {
    /// Whether it waits to be woken.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// It waits. What is returned was its waker before.
    pub(crate) fn wait(&mut self, cx: &Context<'_>) -> Option<Waker> {
        self.waits = true;
        match &self.waker {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            _ => self.waker.replace(cx.waker().clone()),
        }
    }

    /// Wakes it if it waits. That puts its task into the run queue and calls nobody else.
    pub(crate) fn wake(&mut self) {
        if std::mem::take(&mut self.waits)
            && let Some(waker) = &self.waker
        {
            waker.wake_by_ref();
        }
    }

    /// Forgets it. What is returned may be the last that keeps its task, and is dropped when the reactor is not borrowed.
    pub(crate) fn forget(&mut self) -> Option<Waker> {
        self.waits = false;
        self.waker.take()
    }
}

/// What the sending side wants of the reactor next.
pub(crate) enum Step {
    /// Nothing to send, or a request is in flight.
    Rest,
    /// Submit this.
    Submit(Sqe),
}

/// A connection.
pub(crate) struct Connection {
    fd: OwnedFd,
    pub(crate) unread: VecDeque<Unread>,
    pub(crate) receiving: Receiving,
    pub(crate) end: Option<End>,
    /// In the reactor's list of those to be looked at.
    pub(crate) suspect: bool,
    pub(crate) reader: Waiter,
    /// In the reactor's list of connections with too much unread.
    pub(crate) listed: bool,
    /// In the reactor's list of connections whose reader waits for a piece.
    pub(crate) asked: bool,
    queue: VecDeque<Segment>,
    flight: Option<Flight>,
    pipe: Option<Pipe>,
    /// The vectors of a gathered send; kept for the next one.
    gather: Option<Gather>,
    /// Bytes ever queued and ever sent, and who waits for which position.
    queued: u64,
    sent: u64,
    waiting: VecDeque<(u64, Rc<SendDone>)>,
    /// Of the last send that was waited for; taken for the next once its waiter has let go of it.
    spare: Option<Rc<SendDone>>,
    broken: Option<i32>,
    by_reading: bool,
    /// Bytes the reader expects that it has not read, whether they only tell what follows, and how many of its last pieces
    /// were large.
    expected: usize,
    head: bool,
    large: u8,
    /// Each piece is led by its length; bytes of the last large one.
    framed: bool,
    last: usize,
    /// Memory kept for a frame whose reader does not know of it yet, in bytes.
    pub(crate) kept: usize,
    /// Bytes that must have come for the kernel to wake the receive.
    low_water: usize,
    /// Bytes that gather before that.
    pub(crate) soon: usize,
    /// No handle is left.
    pub(crate) dropped: bool,
}

impl Connection {
    pub(crate) fn new(fd: OwnedFd) -> Connection {
        Connection {
            fd,
            unread: VecDeque::new(),
            receiving: Receiving::Idle,
            end: None,
            suspect: false,
            reader: Waiter::default(),
            listed: false,
            asked: false,
            queue: VecDeque::new(),
            flight: None,
            pipe: None,
            gather: None,
            queued: 0,
            sent: 0,
            waiting: VecDeque::new(),
            spare: None,
            broken: None,
            by_reading: false,
            expected: 1,
            head: true,
            large: 0,
            framed: false,
            last: 0,
            kept: 0,
            low_water: 1,
            soon: 0,
            dropped: false,
        }
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Whether a request of the receiving side is out.
    pub(crate) fn receive_out(&self) -> bool {
        !matches!(self.receiving, Receiving::Idle | Receiving::Starved)
    }

    /// Whether nothing more is to come from the kernel or go to it, and nobody holds it.
    pub(crate) fn is_over(&self) -> bool {
        self.dropped && self.flight.is_none() && self.queue.is_empty() && !self.receive_out()
    }

    /// For poll(2), which tells of a stream that broke unasked. (The end of one that did not is never lost.)
    pub(crate) fn to_poll(&self) -> PollFd<'_> {
        PollFd::new(self.fd.as_fd(), PollFlags::empty())
    }

    /// The next unread bytes.
    pub(crate) fn read(&mut self) -> Option<Bytes> {
        let bytes = match self.unread.pop_front()? {
            Unread::Own(bytes) => bytes,
            Unread::Chunk(chunk) => Bytes::from_owner(chunk),
        };
        self.expected = self.expected.saturating_sub(bytes.len());
        Some(bytes)
    }

    /// The reader has no use for less than so many bytes. Lets the kernel wake the receive only then.
    pub(crate) fn expect(&mut self, bytes: usize) {
        if bytes >= LARGE_MIN && bytes != self.expected {
            self.large = (self.large + 1).min(LARGE_AFTER);
            self.last = bytes;
        } else if self.head && bytes > HEAD_MAX {
            self.large = 0;
        }
        self.expected = bytes;
        self.head = bytes <= HEAD_MAX;
        // a piece of its own sets that when it is received
        if !self.by_piece() {
            self.wake_at(bytes);
        }
    }

    /// So many bytes will be here soon, and the reader needs none of them before; until something is received.
    pub(crate) fn gather(&mut self, bytes: usize) {
        self.soon = bytes.min(GATHERED_MAX);
        let begun = matches!(&self.receiving, Receiving::Own(buf, _) if !buf.is_empty());
        if !begun {
            self.wake_at(self.expected);
        }
    }

    /// Each piece is led by its length, 4 bytes, big endian.
    pub(crate) fn framed(&mut self) {
        self.framed = true;
    }

    /// Lets the kernel wake the receive only when so much has come, or the stream ends; what is soon there anyhow is not worth
    /// a call. socket(7), SO_RCVLOWAT; the kernel keeps its window open for that much.
    fn wake_at(&mut self, bytes: usize) {
        let bytes = if bytes > LOW_WATER_MIN { bytes.min(LOW_WATER_MAX) } else { 1 }.max(self.soon);
        if bytes != self.low_water && nix::sys::socket::setsockopt(&self.fd, ReceiveLowWater, &bytes).is_ok() {
            self.low_water = bytes;
        }
    }

    /// Whether each piece is received on its own.
    pub(crate) fn by_piece(&self) -> bool {
        self.large == LARGE_AFTER
    }

    /// Whether a receive should be started.
    pub(crate) fn wants_receive(&self) -> bool {
        matches!(self.receiving, Receiving::Idle)
            && self.end.is_none()
            && !self.dropped
            && self.unread.len() <= UNREAD_LOW
    }

    /// A receive of whatever comes, into memory of its own.
    pub(crate) fn receive_own(&mut self) -> Sqe {
        self.receive_into(AlignedBuf::with_capacity(OWN_BUFFER_BYTES), 1, OWN_BUFFER_BYTES)
    }

    /// A receive of the piece the reader expects, or of the next frame with its length, if memory for so much may be kept.
    pub(crate) fn receive_piece(&mut self, memory: usize) -> Sqe {
        let want = self.expected.clamp(1, PIECE_MAX);
        self.wake_at(want);
        let frame = HEAD_MAX + self.last;
        // as much as is lent anyhow, for one a little larger
        let capacity = frame.next_power_of_two();
        if self.framed && self.expected == HEAD_MAX && capacity <= AHEAD_EACH_MAX.min(memory) {
            let mut buf = AlignedBuf::with_capacity(capacity);
            let (to, len) = (buf.address(), frame as u32);
            self.kept = buf.capacity();
            self.receiving = Receiving::Ahead(buf);
            return Sqe::Receive { fd: self.fd(), to, len, wait: true };
        }
        self.receive_into(AlignedBuf::with_capacity(want), want, want)
    }

    /// What was received of a frame and its length, and how much of them is to come in all. What is larger than `memory` its reader
    /// must ask for.
    fn begun(&mut self, mut buf: AlignedBuf, filled: usize, memory: usize) -> (AlignedBuf, usize) {
        let Some(head) = buf.first_chunk::<HEAD_MAX>() else { return (buf, filled) };
        let frame = u32::from_be_bytes(*head) as usize;
        if frame < LARGE_MIN {
            self.large = 0;
        } else if HEAD_MAX + frame <= filled {
            self.last = frame;
        } else if frame <= FRAME_TRUSTED.max(2 * self.last) && HEAD_MAX + frame <= buf.capacity().max(memory) {
            self.last = frame;
            if HEAD_MAX + frame > buf.capacity() {
                let mut larger = AlignedBuf::with_capacity(HEAD_MAX + frame);
                larger.extend_from_slice(&buf);
                buf = larger;
            }
            self.kept = buf.capacity();
            return (buf, HEAD_MAX + frame);
        }
        (buf, filled)
    }

    /// Receives after what `buf` holds, up to `room` bytes in all.
    fn receive_into(&mut self, mut buf: AlignedBuf, want: usize, room: usize) -> Sqe {
        let (filled, left) = (buf.len(), room - buf.len());
        let to = buf.address().wrapping_add(filled);
        self.receiving = Receiving::Own(buf, want);
        // of a large piece the first bytes are rarely worth a call
        Sqe::Receive { fd: self.fd(), to, len: left as u32, wait: left > LOW_WATER_MIN && want > 1 }
    }

    /// A receive into memory of its own ended. What to receive next, if the piece is not whole; so much memory may be kept for it if
    /// its reader does not know of it.
    pub(crate) fn received_own(&mut self, was: Receiving, result: i32, memory: usize) -> Option<Sqe> {
        let kept = std::mem::take(&mut self.kept);
        let (mut buf, want) = match was {
            Receiving::Own(buf, want) => (buf, Some(want)),
            Receiving::Ahead(buf) => (buf, None),
            _ => return None,
        };
        let filled = (buf.len() + result.max(0) as usize).min(buf.capacity());
        buf.set_filled(filled);
        if self.dropped || self.end.is_some() {
            return None;
        }
        let (buf, want) = match want {
            Some(want) => (buf, want),
            None => self.begun(buf, filled, memory),
        };
        if result > 0 && filled < want {
            self.kept = self.kept.max(kept);
            self.wake_at(want - filled);
            return Some(self.receive_into(buf, want, want));
        }
        if filled > 0 {
            let small = filled <= COPY_MAX && buf.capacity() > BLOCK;
            let bytes = if small { Bytes::copy_from_slice(&buf) } else { buf.freeze() };
            self.unread.push_back(Unread::Own(bytes));
        }
        None
    }

    /// Queues a send.
    pub(crate) fn enqueue(&mut self, segments: Vec<Segment>) -> Rc<SendDone> {
        let done = self.spare.take().filter(|done| Rc::strong_count(done) == 1).unwrap_or_default();
        done.result.set(None);
        if let Some(errno) = self.broken {
            done.result.set(Some(Err(errno)));
            return done;
        }
        for segment in segments {
            if !segment.is_empty() {
                self.queued += segment.len() as u64;
                self.queue.push_back(segment);
            }
        }
        if self.sent == self.queued {
            done.result.set(Some(Ok(())));
        } else {
            self.waiting.push_back((self.queued, done.clone()));
        }
        done
    }

    /// The last handle is gone. What is returned may be the last that keeps tasks, and is dropped when the reactor is not
    /// borrowed.
    pub(crate) fn let_go(&mut self) -> impl Sized + use<> {
        self.dropped = true;
        (std::mem::take(&mut self.unread), self.reader.forget(), self.spare.take())
    }

    /// Gives up sending: what is queued is dropped, except what the kernel may still be reading.
    pub(crate) fn break_off(&mut self, errno: i32, wakes: &mut Vec<Waker>) {
        self.broken = self.broken.or(Some(errno));
        for (_, done) in self.waiting.drain(..) {
            done.end(Err(errno));
            wakes.extend(done.waiter.borrow_mut().forget());
        }
        if self.flight.is_none() {
            self.queue.clear();
            self.pipe = None;
        }
    }

    /// Takes the pipe for the next connection, if it is empty and not needed.
    pub(crate) fn spare_pipe(&mut self) -> Option<Pipe> {
        if self.flight.is_none() && !matches!(self.queue.front(), Some(Segment::File { .. })) {
            return self.pipe.take_if(|p| p.held == 0);
        }
        None
    }

    /// The next step of sending. `pipe` supplies a pipe.
    pub(crate) fn next_send(&mut self, wakes: &mut Vec<Waker>, mut pipe: impl FnMut() -> io::Result<Pipe>) -> Step {
        loop {
            if self.flight.is_some() {
                return Step::Rest;
            }
            match self.queue.front() {
                None => return Step::Rest,
                Some(Segment::Memory(_)) => return self.send_memory(),
                Some(Segment::File { .. }) if self.by_reading => return self.read_file(),
                Some(Segment::File { .. }) => {}
            }
            if self.pipe.is_none() {
                match pipe() {
                    Ok(p) => self.pipe = Some(p),
                    // no descriptor left: a few reads are better than no answer
                    Err(_) => return self.read_file(),
                }
                // a full socket must answer EAGAIN to the splice out of the pipe; ring requests wait all the same
                let flags = nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK);
                if let Err(e) = nix::fcntl::fcntl(&self.fd, flags) {
                    self.break_off(e as i32, wakes);
                    continue;
                }
            }
            match self.splice(wakes) {
                Some(step) => return step,
                None => continue,
            }
        }
    }

    fn send_memory(&mut self) -> Step {
        let fd = self.fd();
        self.flight = Some(Flight::Bytes);
        if let (Some(Segment::Memory(only)), None) = (self.queue.front(), self.queue.get(1)) {
            return Step::Submit(Sqe::Send { fd, from: only.as_ptr(), len: only.len().min(SEND_MAX) as u32 });
        }
        let mut left = SEND_MAX;
        let memory = self.queue.iter().map_while(|segment| match segment {
            Segment::Memory(bytes) if left > 0 => {
                let piece = &bytes[..bytes.len().min(left)];
                left -= piece.len();
                Some(piece)
            }
            _ => None,
        });
        let message = self.gather.get_or_insert_with(Gather::new).point_at(memory.take(GATHER_MAX));
        Step::Submit(Sqe::SendMessage { fd, message })
    }

    /// One step of file to pipe to socket. `None`: look at the queue again.
    fn splice(&mut self, wakes: &mut Vec<Waker>) -> Option<Step> {
        let (fd, more) = (self.fd(), self.queue.len() > 1);
        let pipe = self.pipe.as_mut()?;
        if pipe.held == 0 {
            let Some(Segment::File { file, at, len }) = self.queue.front() else { return None };
            let Some(from) = file.cached() else { return Some(self.read_file()) };
            // a page per pipe slot: an unaligned start takes one more
            let room = if at.is_multiple_of(BLOCK as u64) { pipe.capacity } else { pipe.capacity - BLOCK };
            let len = (*len as usize).min(room.max(1)) as u32;
            self.flight = Some(Flight::Fill);
            let (from, to) = (from.as_raw_fd(), pipe.write.as_raw_fd());
            return Some(Step::Submit(Sqe::Splice { from, at: *at, to, len }));
        }
        use nix::fcntl::SpliceFFlags as F;
        let flags = if more { F::SPLICE_F_NONBLOCK | F::SPLICE_F_MORE } else { F::SPLICE_F_NONBLOCK };
        match nix::fcntl::splice(pipe.read.as_fd(), None, self.fd.as_fd(), None, pipe.held, flags) {
            Ok(n) => {
                pipe.held -= n;
                self.advance(n);
                None
            }
            Err(nix::errno::Errno::EAGAIN) => {
                self.flight = Some(Flight::Writable);
                Some(Step::Submit(Sqe::PollWritable { fd }))
            }
            Err(nix::errno::Errno::EINTR) => None,
            Err(e) => {
                self.break_off(e as i32, wakes);
                None
            }
        }
    }

    /// Reads a piece of a file into memory, to be sent from there.
    fn read_file(&mut self) -> Step {
        let Some(Segment::File { file, at, len }) = self.queue.front() else { return Step::Rest };
        let fd = file.cached().map_or(file.as_raw_fd(), |f| f.as_raw_fd());
        let skip = (*at % BLOCK as u64) as usize;
        let mut buf = AlignedBuf::with_capacity((skip + *len as usize).min(READ_BYTES));
        let sqe = Sqe::Read { fd, at: *at - skip as u64, to: buf.address(), len: buf.capacity() as u32 };
        self.flight = Some(Flight::Read(buf, skip));
        Step::Submit(sqe)
    }

    /// The request in flight ended.
    pub(crate) fn sent(&mut self, result: i32, wakes: &mut Vec<Waker>) {
        let flight = self.flight.take();
        if self.broken.is_some() {
            self.break_off(libc::EPIPE, wakes);
            return;
        }
        match flight {
            // a signal, or the kernel was short of something: try again
            _ if result == -libc::EINTR || result == -libc::EAGAIN => {}
            Some(Flight::Bytes) if result > 0 => self.advance(result as usize),
            Some(Flight::Writable) if result >= 0 => {}
            Some(Flight::Fill) if result > 0 => {
                if let Some(pipe) = &mut self.pipe {
                    pipe.held += result as usize;
                }
            }
            Some(Flight::Fill) if result == -libc::EINVAL => self.by_reading = true,
            Some(Flight::Read(mut buf, skip)) if result > 0 => {
                buf.set_filled((result as usize).min(buf.capacity()));
                self.replace_front(buf.freeze(), skip, wakes);
            }
            // the bytes asked for do not exist, or the socket takes nothing
            _ if result == 0 => self.break_off(libc::EIO, wakes),
            _ => self.break_off(-result, wakes),
        }
    }

    fn replace_front(&mut self, mut read: Bytes, skip: usize, wakes: &mut Vec<Waker>) {
        let Some(Segment::File { len, at, .. }) = self.queue.front_mut() else { return };
        read.advance(skip.min(read.len()));
        read.truncate(*len as usize);
        if read.is_empty() {
            self.break_off(libc::EIO, wakes);
            return;
        }
        *len -= read.len() as u32;
        *at += read.len() as u64;
        if *len == 0 {
            self.queue.pop_front();
        }
        self.queue.push_front(Segment::Memory(read));
    }

    /// `n` bytes of the front pieces are sent.
    fn advance(&mut self, mut n: usize) {
        self.sent += n as u64;
        while n > 0 {
            let Some(front) = self.queue.front_mut() else { unreachable!("sent more than was queued") };
            let whole = front.len();
            if n >= whole {
                self.queue.pop_front();
                n -= whole;
                continue;
            }
            match front {
                Segment::Memory(bytes) => bytes.advance(n),
                Segment::File { at, len, .. } => {
                    *at += n as u64;
                    *len -= n as u32;
                }
            }
            n = 0;
        }
        while self.waiting.front().is_some_and(|(end, _)| *end <= self.sent) {
            let Some((_, done)) = self.waiting.pop_front() else { break };
            done.end(Ok(()));
            self.spare = Some(done);
        }
    }

    /// Ends both directions.
    pub(crate) fn shut(&mut self) {
        if cfg!(miri) {
            return; // knows no shutdown
        }
        // not connected any more is what was asked for
        let _ = nix::sys::socket::shutdown(self.fd.as_raw_fd(), nix::sys::socket::Shutdown::Both);
    }
}
