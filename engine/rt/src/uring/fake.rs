//! A ring that is not the kernel's, and a test that drives the reactor over it at random.
//!
//! The fake completes requests in random order and keeps some for long, cancels when it likes, and until the last completion
//! of a request does what a kernel may do: it scribbles over memory it was given to fill and reads memory it was given to
//! send, checking every byte. Each byte of a stream is a function of its position, so a lost, doubled or foreign byte shows.
//! Descriptors are real, and the fake checks that the one named is still the same file. Under ASan or Miri memory freed
//! early shows at the next touch.
//!
//! `THALWEG_RT_STEPS` sets the number of random steps in all (10 million for the long run), `THALWEG_RT_SEED` the first seed.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use io_uring::types::BufRingEntry;

use crate::buffer::{AlignedBuf, open_pool, pool_free_bytes};
use crate::file::SharedFile;
use crate::mesh::Wake;
use crate::pieces::PIECE_MAX;
use crate::seam::{BLOCK, Segment};
use crate::uring::backend::{Backend, Cqe, Sqe, Wait};
use crate::uring::connection::{SEND_MAX, SendDone};
use crate::uring::reactor::operations::{Operating, Owned};
use crate::uring::reactor::{AHEAD_MAX, Reactor};
use crate::uring::receive::ReceiveBuffers;
use crate::uring::slots::Key;

/// A small random source of our own, so that a seed says it all.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// The byte at a position of a stream or file.
fn byte(of: u64, at: u64) -> u8 {
    ((at.wrapping_add(of << 20)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 37) as u8
}

fn pattern(of: u64, at: u64, len: usize) -> Vec<u8> {
    (at..at + len as u64).map(|at| byte(of, at)).collect()
}

/// Lengths of the frames that follow each other in a stream of frames, over and over.
const FRAMES: [usize; 9] = [40_000, 40_000, 40_000, 40_000, 90_000, 40_000, 600_000, 40_000, 50];

/// The frame a position of such a stream is in: its length, and the position in it, its length prefix included.
fn frame_at(at: u64) -> (usize, usize) {
    let mut at = at as usize % FRAMES.iter().map(|len| 4 + len).sum::<usize>();
    for len in FRAMES {
        if at < 4 + len {
            return (len, at);
        }
        at -= 4 + len;
    }
    unreachable!("a position within the sum of all")
}

/// What is received: of a stream of frames, or of any other.
fn incoming(of: u64, at: u64, len: usize, frames: bool) -> Vec<u8> {
    let mut bytes = pattern(of, at, len);
    let mut n = 0;
    while frames && n < len {
        let (frame, within) = frame_at(at + n as u64);
        if within < 4 {
            bytes[n] = (frame as u32).to_be_bytes()[within];
            n += 1;
        } else {
            n += 4 + frame - within;
        }
    }
    bytes
}

/// What identifies an open file for as long as it is open.
fn identity(fd: RawFd) -> u64 {
    // SAFETY: borrowed for this call only; a closed number makes it fail, which is what is asked.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    nix::sys::stat::fstat(fd).map_or(0, |s| s.st_ino)
}

struct Request {
    user_data: u64,
    sqe: Sqe,
    file: u64,
    cancelled: bool,
    age: usize,
}

/// How far a stream has got, by file.
#[derive(Default)]
struct Stream {
    received: u64,
    sent: u64,
    ended: Option<i32>,
    frames: bool,
}

struct World {
    random: Random,
    requests: Vec<Request>,
    done: VecDeque<Cqe>,
    streams: HashMap<u64, Stream>,
    /// The ring of provided buffers: entries, their number, and how many the "kernel" has taken.
    entries: *const BufRingEntry,
    count: u16,
    head: u16,
    submitted: u64,
    completed: u64,
    /// Descriptors made by accepts.
    accepted: u64,
    /// Receives of large pieces, and of the frame that comes next with its length.
    pieces: u64,
    ahead: u64,
}

struct FakeRing(Rc<RefCell<World>>);

impl World {
    fn complete(&mut self, at: usize, result: i32, more: bool, buffer: Option<u16>) {
        let user_data = self.requests[at].user_data;
        self.done.push_back(Cqe { user_data, result, more, buffer });
        if !more {
            self.requests.swap_remove(at);
            self.completed += 1;
        }
    }

    /// The kernel at work on memory that is its own until completion.
    fn touch(&mut self, at: usize) {
        let request = &self.requests[at];
        let place = self.random.next() as usize;
        let check = |from: *const u8, len: usize, of: u64, position: u64| {
            // SAFETY: the submitter keeps the memory until completion: this is the promise under test.
            let bytes = unsafe { std::slice::from_raw_parts(from, len) };
            let start = place % len;
            for (i, b) in bytes.iter().enumerate().skip(start).take(24) {
                assert_eq!(*b, byte(of, position + i as u64), "byte {i} of {:?}", request.sqe);
            }
        };
        if request.file != 0 {
            let (Sqe::Read { fd, .. }
            | Sqe::Write { fd, .. }
            | Sqe::WriteAll { fd, .. }
            | Sqe::DataSync { fd }
            | Sqe::Reserve { fd, .. }
            | Sqe::AcceptMany { fd }
            | Sqe::Connect { fd, .. }
            | Sqe::ReceiveMany { fd }
            | Sqe::Receive { fd, .. }
            | Sqe::Send { fd, .. }
            | Sqe::SendMessage { fd, .. }) = request.sqe
            else {
                return;
            };
            assert_eq!(identity(fd), request.file, "the descriptor of {:?} was closed", request.sqe);
        }
        let sent = self.streams.get(&request.file).map_or(0, |s| s.sent);
        match request.sqe {
            Sqe::Read { to, len, .. } | Sqe::Receive { to, len, .. } => {
                let from = self.random.below(len as usize);
                let n = self.random.below(64).min(len as usize - from);
                // SAFETY: as above.
                unsafe { std::ptr::write_bytes(to.add(from), 0xDB, n) };
            }
            Sqe::Write { at, from, len, .. } => check(from, len as usize, 0, at),
            Sqe::WriteAll { mut at, from, count, .. } => {
                for (from, len) in vectors(from, count as usize) {
                    check(from, len, 0, at);
                    at += len as u64;
                }
            }
            Sqe::Send { from, len, .. } => {
                assert!(len as usize <= SEND_MAX, "{len} bytes in one send");
                check(from, len as usize, request.file, sent);
            }
            Sqe::SendMessage { message, .. } => {
                let mut position = sent;
                for (from, len) in vectors_of(message) {
                    check(from, len, request.file, position);
                    position += len as u64;
                }
                assert!(position - sent <= SEND_MAX as u64, "{} bytes in one send", position - sent);
            }
            _ => {}
        }
    }

    fn progress(&mut self, at: usize) {
        self.touch(at);
        let request = &mut self.requests[at];
        request.age += 1;
        let (sqe, file, cancelled) = (request.sqe, request.file, request.cancelled);
        if cancelled && self.random.one_in(2) && !matches!(sqe, Sqe::Cancel { .. } | Sqe::CancelAll) {
            return self.complete(at, -libc::ECANCELED, false, None);
        }
        let transient = self.random.one_in(20);
        match sqe {
            Sqe::Cancel { user_data } => {
                let target = self.requests.iter_mut().find(|r| r.user_data == user_data);
                let found = target.map(|r| r.cancelled = true).is_some();
                self.complete(at, if found { 0 } else { -libc::ENOENT }, false, None);
            }
            Sqe::CancelAll => {
                self.requests.iter_mut().for_each(|r| r.cancelled = true);
                self.complete(at, 0, false, None);
            }
            Sqe::Read { to, len, at: from, .. } => {
                let n = self.random.below(400.min(len as usize + 1));
                assert!(len as usize <= PIECE_MAX, "{len} bytes in one read");
                let data = pattern(0, from, n);
                // SAFETY: the submitter keeps the memory until completion.
                unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), to, n) };
                self.complete(at, if transient { -libc::EINTR } else { n as i32 }, false, None);
            }
            Sqe::Write { len, .. } => {
                let n = self.random.below(len as usize) as i32 + 1;
                self.complete(at, if transient { -libc::EIO } else { n }, false, None);
            }
            Sqe::WriteAll { from, count, .. } => {
                let all: usize = vectors(from, count as usize).map(|(_, len)| len).sum();
                let n = self.random.below(all) as i32 + 1;
                self.complete(at, if transient { -libc::EIO } else { n }, false, None);
            }
            Sqe::DataSync { .. } | Sqe::Reserve { .. } | Sqe::Connect { .. } => self.complete(at, 0, false, None),
            Sqe::AcceptMany { .. } => {
                if transient {
                    return self.complete(at, -libc::EMFILE, false, None);
                }
                self.accepted += 1;
                let more = !self.random.one_in(4);
                self.complete(at, descriptor().into_raw_fd(), more, None);
            }
            Sqe::ReceiveMany { .. } => self.receive_many(at, file),
            Sqe::Receive { to, len, .. } => {
                if transient {
                    return self.complete(at, -libc::EINTR, false, None);
                }
                let stream = self.streams.entry(file).or_default();
                if let Some(end) = stream.ended {
                    return self.complete(at, end, false, None);
                }
                // pieces are asked for as they are expected, and come whole or in parts
                let whole = self.random.one_in(3);
                let n = if whole { len as usize } else { self.random.below((len as usize).min(200)) + 1 };
                let data = incoming(file, stream.received, n, stream.frames);
                stream.received += n as u64;
                // SAFETY: the submitter keeps the memory until completion.
                unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), to, n) };
                self.complete(at, n as i32, false, None);
            }
            Sqe::Send { len, .. } => self.send(at, file, len as usize, transient),
            Sqe::SendMessage { message, .. } => {
                let len = vectors_of(message).map(|(_, len)| len).sum();
                self.send(at, file, len, transient);
            }
            Sqe::Splice { .. } | Sqe::PollWritable { .. } | Sqe::Message { .. } => unreachable!("not driven: {sqe:?}"),
        }
    }

    fn send(&mut self, at: usize, file: u64, len: usize, transient: bool) {
        if transient {
            let broken = if self.random.one_in(4) { -libc::ECONNRESET } else { -libc::EINTR };
            return self.complete(at, broken, false, None);
        }
        let n = if self.random.one_in(3) { self.random.below(len) + 1 } else { len };
        self.streams.entry(file).or_default().sent += n as u64;
        self.complete(at, n as i32, false, None);
    }

    fn receive_many(&mut self, at: usize, file: u64) {
        let stream = self.streams.entry(file).or_default();
        if stream.ended.is_none() && self.random.one_in(60) {
            stream.ended = Some(if self.random.one_in(2) { 0 } else { -libc::ECONNRESET });
        }
        if let Some(end) = stream.ended {
            return self.complete(at, end, false, None);
        }
        // SAFETY: the ring of entries is registered for as long as the reactor lives.
        let tail = unsafe { (*BufRingEntry::tail(self.entries).cast::<AtomicU16>()).load(Ordering::Acquire) };
        if tail == self.head {
            return self.complete(at, -libc::ENOBUFS, false, None);
        }
        // SAFETY: as above; between head and tail entries are ours.
        let entry = unsafe { &*self.entries.add(usize::from(self.head & (self.count - 1))) };
        let (to, room, buffer) = (entry.addr() as *mut u8, entry.len() as usize, entry.bid());
        self.head = self.head.wrapping_add(1);
        let n = if self.random.one_in(8) { self.random.below(room) } else { self.random.below(100) } + 1;
        let data = incoming(file, stream.received, n.min(room), stream.frames);
        stream.received += data.len() as u64;
        // SAFETY: a given buffer is the kernel's until a completion names it.
        unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), to, data.len()) };
        let more = !self.random.one_in(6);
        self.complete(at, data.len() as i32, more, Some(buffer));
    }
}

fn vectors_of(message: *const libc::msghdr) -> impl Iterator<Item = (*const u8, usize)> {
    // SAFETY: the submitter keeps the header until completion.
    let (from, count) = unsafe { ((*message).msg_iov, (*message).msg_iovlen) };
    vectors(from, count)
}

fn vectors(from: *const libc::iovec, count: usize) -> impl Iterator<Item = (*const u8, usize)> {
    // SAFETY: the submitter keeps the vectors until completion.
    let list = unsafe { std::slice::from_raw_parts(from, count) };
    list.iter().map(|v| (v.iov_base as *const u8, v.iov_len))
}

impl Backend for FakeRing {
    unsafe fn push(&mut self, user_data: u64, sqe: Sqe) {
        let mut world = self.0.borrow_mut();
        let file = match sqe {
            Sqe::Read { fd, .. }
            | Sqe::Write { fd, .. }
            | Sqe::WriteAll { fd, .. }
            | Sqe::DataSync { fd }
            | Sqe::Reserve { fd, .. }
            | Sqe::AcceptMany { fd }
            | Sqe::Connect { fd, .. }
            | Sqe::ReceiveMany { fd }
            | Sqe::Receive { fd, .. }
            | Sqe::Send { fd, .. }
            | Sqe::SendMessage { fd, .. } => identity(fd),
            _ => 0,
        };
        world.submitted += 1;
        world.pieces += u64::from(matches!(sqe, Sqe::Receive { len: 40_000.., .. }));
        world.ahead += u64::from(matches!(sqe, Sqe::Receive { len: 40_004, .. }));
        world.requests.push(Request { user_data, sqe, file, cancelled: false, age: 0 });
    }

    fn pending(&mut self) -> bool {
        !self.0.borrow().requests.is_empty()
    }

    fn ready(&mut self) -> bool {
        !self.0.borrow().done.is_empty()
    }

    fn enter(&mut self, _wait: Wait) {
        let mut world = self.0.borrow_mut();
        for _ in 0..world.random.below(6) {
            if world.requests.is_empty() {
                break;
            }
            let n = world.requests.len();
            let at = world.random.below(n);
            // the eventfd of foreign threads stays silent, unless it is cancelled
            let silent = matches!(world.requests[at].sqe, Sqe::Read { len: 8, .. }) && !world.requests[at].cancelled;
            // some take long: their last completion comes when most others are through
            if silent || (world.random.one_in(3) && world.requests[at].age < 20) {
                world.touch_if(at, !silent);
                continue;
            }
            world.progress(at);
        }
    }

    fn reap(&mut self, out: &mut Vec<Cqe>) {
        let mut world = self.0.borrow_mut();
        let n = world.done.len();
        let take = if n == 0 { 0 } else { world.random.below(n + 1) };
        out.extend(world.done.drain(..take));
    }
}

impl World {
    fn touch_if(&mut self, at: usize, really: bool) {
        self.requests[at].age += 1;
        if really {
            self.touch(at);
        }
    }
}

/// A descriptor nobody else has.
fn descriptor() -> OwnedFd {
    let (read, _write) = std::io::pipe().expect("a descriptor");
    read.into()
}

/// Nobody sleeps.
pub(super) struct Quiet;
impl Wake for Quiet {
    fn wake(&self) {}
}

/// One connection as the test knows it.
struct Peer {
    key: Key,
    file: u64,
    read: u64,
    queued: u64,
    sends: Vec<Rc<SendDone>>,
    shut: bool,
    /// Its reader says what it expects; if that is true, of a stream of frames.
    expects: bool,
    frames: bool,
}

struct Driver {
    random: Random,
    reactor: Rc<Reactor>,
    world: Rc<RefCell<World>>,
    operations: Vec<(Operating, u64)>,
    peers: Vec<Peer>,
    held: Vec<Bytes>,
    file: SharedFile,
    listener: Key,
    event: OwnedFd,
}

impl Driver {
    fn new(seed: u64) -> Driver {
        let mut random = Random(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) | 1);
        // memory that is recycled shows foreign bytes, memory that is freed shows under ASan and Miri
        open_pool(if random.one_in(2) { 64 * BLOCK } else { 0 });
        let buffers = ReceiveBuffers::new([2, 8, 32][random.below(3)], 4096, Arc::new(Quiet));
        let (entries, count) = buffers.entries();
        let world = Rc::new(RefCell::new(World {
            random: Random(seed | 1 << 40),
            requests: vec![],
            done: VecDeque::new(),
            streams: HashMap::new(),
            entries,
            count,
            head: 0,
            submitted: 0,
            completed: 0,
            accepted: 0,
            pieces: 0,
            ahead: 0,
        }));
        let event = descriptor();
        let reactor = Reactor::new(Box::new(FakeRing(world.clone())), buffers, event.as_raw_fd());
        let listener = reactor.listener(descriptor());
        Driver {
            random,
            reactor,
            world,
            operations: vec![],
            peers: vec![],
            held: vec![],
            file: SharedFile::new(descriptor()),
            listener,
            event,
        }
    }

    fn step(&mut self) {
        let cx = &mut Context::from_waker(Waker::noop());
        match self.random.below(16) {
            0 if self.operations.len() < 20 => {
                let at = self.random.next() % 100_000;
                let room = if self.random.one_in(8) { 2 * BLOCK } else { 300 };
                let len = self.random.below(room) + 1;
                let reading = if self.random.one_in(64) { len + PIECE_MAX } else { len };
                let file = self.file.clone();
                let operation = match self.random.below(5) {
                    0 => self.reactor.read(file, at, AlignedBuf::with_capacity(reading), 0),
                    1 => {
                        let mut buf = AlignedBuf::with_capacity(len);
                        buf.extend_from_slice(&pattern(0, at, len));
                        self.reactor.write(file, at, buf.freeze(), self.random.one_in(2))
                    }
                    2 => self.reactor.sync(file),
                    3 => {
                        let pieces = pattern(0, at, len);
                        let pieces = pieces.chunks(self.random.below(len) + 1).map(Bytes::copy_from_slice).collect();
                        self.reactor.write_all(file, at, pieces)
                    }
                    _ => self.reactor.connect(descriptor(), std::net::SocketAddr::from(([127, 0, 0, 1], 1)).into()),
                };
                self.operations.push((operation, at));
            }
            // waits for an operation, or gives up on it: a timeout is a drop
            1 | 2 if !self.operations.is_empty() => {
                let i = self.random.below(self.operations.len());
                let give_up = self.random.one_in(3);
                let (operation, at) = &mut self.operations[i];
                if let Poll::Ready((result, owned)) = std::pin::Pin::new(operation).poll(cx) {
                    if let (Owned::Read(_, mut buf), n @ 1..) = (owned, result) {
                        buf.set_filled(n as usize);
                        assert!(buf[..] == pattern(0, *at, n as usize), "a read brought foreign bytes");
                    }
                    self.operations.swap_remove(i);
                } else if give_up {
                    self.operations.swap_remove(i);
                }
            }
            3 if self.peers.len() < 12 => {
                let fd = descriptor();
                self.adopt(fd);
            }
            4 if self.peers.len() < 12 => {
                if let Poll::Ready(Ok(fd)) = self.reactor.poll_accept(self.listener, cx) {
                    self.adopt(fd);
                }
            }
            5..=8 if !self.peers.is_empty() => {
                let i = self.random.below(self.peers.len());
                self.receive(i, cx);
            }
            9..=11 if !self.peers.is_empty() => {
                let i = self.random.below(self.peers.len());
                self.send(i);
            }
            12 if !self.peers.is_empty() && self.random.one_in(4) => {
                let i = self.random.below(self.peers.len());
                let peer = self.peers.swap_remove(i);
                self.reactor.release(peer.key);
            }
            13 if !self.peers.is_empty() && self.random.one_in(10) => {
                let i = self.random.below(self.peers.len());
                self.reactor.shutdown(self.peers[i].key);
                self.peers[i].shut = true;
            }
            14 if !self.held.is_empty() => {
                let i = self.random.below(self.held.len());
                let bytes = self.held.swap_remove(i);
                if !cfg!(miri) && self.random.one_in(50) {
                    std::thread::spawn(move || drop(bytes)).join().expect("it only drops");
                }
            }
            _ => drop(self.reactor.turn(Wait::No)),
        }
        assert!(self.reactor.alive().4 <= AHEAD_MAX, "more memory than may be kept for frames to come");
    }

    fn adopt(&mut self, fd: OwnedFd) {
        let file = identity(fd.as_raw_fd());
        // inode numbers of pipes come again
        let (expects, frames) = [(false, false), (true, false), (true, true), (true, true)][self.random.below(4)];
        self.world.borrow_mut().streams.insert(file, Stream { frames, ..Stream::default() });
        let key = self.reactor.connection(fd);
        if frames {
            self.reactor.framed(key);
            // as if some large ones had come before
            [40_000, 4].repeat(3).into_iter().for_each(|bytes| self.reactor.expect(key, bytes));
        }
        self.peers.push(Peer { key, file, read: 0, queued: 0, sends: vec![], shut: false, expects, frames });
    }

    fn receive(&mut self, i: usize, cx: &Context<'_>) {
        let peer = &mut self.peers[i];
        if peer.frames {
            let (frame, within) = frame_at(peer.read);
            self.reactor.expect(peer.key, if within < 4 { 4 - within } else { 4 + frame - within });
        } else if peer.expects {
            let bytes = if self.random.one_in(20) { 50 } else { [4, 4, 40_000, 70_000][self.random.below(4)] };
            self.reactor.expect(peer.key, bytes);
        }
        if self.random.one_in(4) {
            self.reactor.gather(peer.key, [0, 300_000][self.random.below(2)]);
        }
        if let Poll::Ready(Ok(bytes)) = self.reactor.poll_receive(peer.key, cx) {
            assert!(!peer.shut || bytes.is_empty(), "bytes after a shutdown");
            let wanted = incoming(peer.file, peer.read, bytes.len(), peer.frames);
            assert!(bytes[..] == wanted[..], "bytes out of order at {}", peer.read);
            peer.read += bytes.len() as u64;
            if bytes.is_empty() {
                return;
            }
            if self.held.len() < 40 && self.random.one_in(2) {
                self.held.push(bytes);
            }
        }
    }

    fn send(&mut self, i: usize) {
        let peer = &mut self.peers[i];
        let broken = peer.sends.iter().any(|s| matches!(s.result.get(), Some(Err(_))));
        // sends end in the order they were started
        let ended: Vec<bool> = peer.sends.iter().map(|s| s.result.get().is_some()).collect();
        assert!(ended.windows(2).all(|w| w[0] || !w[1]), "a later send ended first");
        peer.sends.retain(|s| s.result.get().is_none());
        if broken || peer.sends.len() > 6 {
            return;
        }
        let mut segments = vec![];
        for _ in 0..self.random.below(4) {
            let room = if self.random.one_in(8) { 3000 } else { 120 };
            let len = self.random.below(room);
            let mut buf = AlignedBuf::with_capacity(len);
            buf.extend_from_slice(&pattern(peer.file, peer.queued, len));
            peer.queued += len as u64;
            segments.push(Segment::Memory(buf.freeze()));
        }
        peer.sends.push(self.reactor.send(peer.key, segments));
        if peer.shut {
            let last = peer.sends.last().and_then(|s| s.result.get());
            assert!(matches!(last, Some(Err(libc::EPIPE | libc::ECONNRESET))), "sent after a shutdown: {last:?}");
        }
    }

    /// Ends all, and checks that nothing is left. How many large pieces were received on their own, and how many frames with
    /// their length.
    fn finish(mut self) -> (u64, u64) {
        let held = std::mem::take(&mut self.held);
        self.operations.clear();
        for peer in self.peers.drain(..) {
            self.reactor.release(peer.key);
        }
        self.reactor.release_listener(self.listener);
        assert!(self.reactor.close(), "requests were left");
        assert_eq!(self.reactor.alive(), (0, 0, 0, 0, 0));
        let world = self.world.borrow();
        assert_eq!(world.submitted, world.completed);
        assert!(world.requests.is_empty() && world.done.is_empty());
        drop(held);
        let seen = (world.pieces, world.ahead);
        drop(world);
        drop((self.reactor, self.file, self.event));
        seen
    }
}

#[test]
fn random_interleavings_leak_nothing_and_touch_nothing_freed() {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default);
    let steps = number("THALWEG_RT_STEPS", if cfg!(miri) { 3_000 } else { 100_000 });
    let first = number("THALWEG_RT_SEED", 1);
    let per_seed = if cfg!(miri) { 500 } else { 2_000 };
    let descriptors = || if cfg!(miri) { 0 } else { std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) };
    let (mut before, mut pieces, mut ahead) = (0, 0, 0);
    for seed in first..first + steps.div_ceil(per_seed) {
        let mut driver = Driver::new(seed);
        let pool = pool_free_bytes();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..per_seed {
                driver.step();
            }
            driver
        }));
        match result {
            Ok(driver) => {
                let seen = driver.finish();
                (pieces, ahead) = (pieces + seen.0, ahead + seen.1);
            }
            Err(panic) => {
                eprintln!("seed {seed}");
                std::panic::resume_unwind(panic);
            }
        }
        assert_eq!(pool_free_bytes(), pool, "seed {seed}: buffers leaked");
        if seed == first {
            before = descriptors();
        }
    }
    assert!(pieces > 0 || steps < 10_000, "no piece was received on its own");
    assert!(ahead > 0 || steps < 10_000, "no frame was received with its length");
    // other tests of this process may hold some for a moment
    assert!(descriptors() <= before + 50, "descriptors leaked: {} after {before}", descriptors());
}
