//! The reactor: the requests of one core, what they own, and what their completions do.
//!
//! Memory and descriptors a request names are owned by its slot until the last completion: an operation's in [`operations::Owned`], a
//! connection's in its queue and buffers. A future holds a key only. When it is dropped early its slot is orphaned and a
//! cancellation sent; the completion then frees the slot and what the result carries. Nothing is woken or dropped while the
//! reactor is borrowed, except what cannot call back into it.

pub(crate) mod operations;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use nix::poll::{PollFd, PollTimeout};

use crate::seam::{Segment, Tick};
use crate::timer::now;
use crate::uring::backend::{Backend, Cqe, KernelRing, Sqe, Wait};
use crate::uring::connection::{COPY_MAX, Connection, End, Pipe, Receiving, SendDone, Step, UNREAD_MAX, Unread};
use crate::uring::receive::ReceiveBuffers;
use crate::uring::slots::{Key, Kind, Slots, pack, unpack};

use operations::Operation;

/// Accepted connections that may wait for `poll_accept`.
const ACCEPTED_MAX: usize = 256;
/// Memory of a core's connections that receive large frames their readers do not know of yet, in bytes.
/// (Tests have few.)
pub(crate) const AHEAD_MAX: usize = if cfg!(test) { 512 << 10 } else { 4 << 20 };
/// Pipes kept for the next file to send.
const PIPES_MAX: usize = 16;
/// How long accepting rests when the process is out of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// From bytes a connection received to the look at whether it has ended since.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long the end of a core waits for requests to come back.
const DRAIN: Duration = Duration::from_secs(5);

/// A listening socket's requests.
struct Accepting {
    fd: OwnedFd,
    armed: bool,
    stopping: bool,
    accepted: VecDeque<OwnedFd>,
    waker: Option<Waker>,
    error: Option<i32>,
    dropped: bool,
}

struct Inner {
    // first, so that the ring is gone before what is registered with it; requests are drained before either
    backend: Box<dyn Backend>,
    operations: Slots<Operation>,
    connections: Slots<Connection>,
    listeners: Slots<Accepting>,
    buffers: ReceiveBuffers,
    /// Connections whose receive found no buffer.
    starved: VecDeque<Key>,
    /// Connections received from piece by piece whose readers wait for the next.
    asked: Vec<Key>,
    /// Bytes of memory kept for frames whose readers do not know of them yet.
    ahead: usize,
    /// Connections with too much unread, to be looked at when their tasks had a turn.
    unread: Vec<Key>,
    /// Connections that have received since they were last looked at for an end nobody was told of, and when that is next.
    suspects: Vec<Key>,
    suspects_at: Option<Tick>,
    /// Listeners that rest, by when they go on.
    resting: BTreeMap<(Tick, u32), Key>,
    rested: u32,
    pipes: Vec<Pipe>,
    wakes: Vec<Waker>,
    /// Requests whose last completion is still to come.
    out: usize,
    /// The eventfd foreign threads write to, and where the kernel puts what they wrote.
    event: RawFd,
    event_armed: bool,
    event_value: Box<[u8; 8]>,
    reaped: Vec<Cqe>,
    /// Failed messages to other cores.
    undelivered: Vec<usize>,
    closing: bool,
}

/// The reactor of one core.
pub(crate) struct Reactor(RefCell<Inner>);

impl Inner {
    /// Queues a request.
    ///
    /// # Safety
    /// What `sqe` names is owned by the slot `user_data` refers to, and stays there untouched until the last completion.
    unsafe fn submit(&mut self, user_data: u64, sqe: Sqe) {
        if !matches!(sqe, Sqe::Message { .. }) {
            self.out += 1;
        }
        // SAFETY: the caller's promise; slots are freed on the last completion only, and `close` drains.
        unsafe { self.backend.push(user_data, sqe) }
    }

    fn cancel(&mut self, target: u64) {
        // SAFETY: names no memory and no descriptor.
        unsafe { self.submit(pack(Kind::Cancel, Key::number(0)), Sqe::Cancel { user_data: target }) }
    }

    /// Starts receiving on a connection if it should.
    fn receive(&mut self, key: Key) {
        let Some(connection) = self.connections.get(key) else { return };
        if !connection.wants_receive() || self.closing {
            return;
        }
        if connection.by_piece() {
            // when it is known what the reader expects, and only if it waits
            if connection.reader.waits() && !std::mem::replace(&mut connection.asked, true) {
                self.asked.push(key);
            }
            return;
        }
        connection.receiving = Receiving::Armed;
        let sqe = Sqe::ReceiveMany { fd: connection.fd() };
        // SAFETY: the connection owns the descriptor and is removed only when no receive is out; the buffers live until the
        // reactor is closed.
        unsafe { self.submit(pack(Kind::Receive, key), sqe) }
    }

    /// Starts receiving the pieces that are asked for.
    fn receive_pieces(&mut self) {
        for at in 0..self.asked.len() {
            let key = self.asked[at];
            let Some(connection) = self.connections.get(key) else { continue };
            connection.asked = false;
            if !connection.by_piece() {
                self.receive(key);
            } else if connection.reader.waits() && connection.wants_receive() && !self.closing {
                let sqe = connection.receive_piece(AHEAD_MAX.saturating_sub(self.ahead));
                self.ahead += connection.kept;
                // SAFETY: the connection owns the descriptor and the buffer, in `Receiving`, until the completion.
                unsafe { self.submit(pack(Kind::Receive, key), sqe) }
            }
        }
        self.asked.clear();
    }

    /// Sends on a connection while there is something to send and nothing in flight.
    fn send(&mut self, key: Key) {
        let Inner { connections, pipes, wakes, .. } = self;
        let Some(connection) = connections.get(key) else { return };
        let step = connection.next_send(wakes, || pipes.pop().map_or_else(Pipe::open, Ok));
        if let Some(pipe) = connection.spare_pipe()
            && pipes.len() < PIPES_MAX
        {
            pipes.push(pipe);
        }
        match step {
            // SAFETY: the connection owns the descriptor, the queued pieces, the vectors, the pipe and the read buffer the
            // step names, leaves them alone while the step is in flight, and is removed only when nothing is.
            Step::Submit(sqe) => unsafe { self.submit(pack(Kind::Send, key), sqe) },
            Step::Rest => self.end_if_over(key),
        }
    }

    fn end_if_over(&mut self, key: Key) {
        if self.connections.get(key).is_some_and(|c| c.is_over()) {
            self.connections.remove(key);
        }
    }

    fn accept(&mut self, key: Key) {
        let Some(listener) = self.listeners.get(key) else { return };
        if !listener.armed && !listener.dropped && !self.closing && listener.accepted.len() < ACCEPTED_MAX {
            listener.armed = true;
            let sqe = Sqe::AcceptMany { fd: listener.fd.as_raw_fd() };
            // SAFETY: the listener owns the descriptor and is removed only when it is not armed.
            unsafe { self.submit(pack(Kind::Accept, key), sqe) }
        }
    }

    fn watch_event(&mut self) {
        if !self.event_armed && !self.closing {
            self.event_armed = true;
            let sqe = Sqe::Read { fd: self.event, at: 0, to: self.event_value.as_mut_ptr(), len: 8 };
            // SAFETY: the value lives in the reactor, which drains before it is dropped; the core keeps the eventfd open
            // longer than its reactor.
            unsafe { self.submit(pack(Kind::Event, Key::number(0)), sqe) }
        }
    }

    /// Before entering the kernel: buffers that came back, receivers that wait for some, readers that lag.
    fn settle(&mut self) {
        self.watch_event();
        self.buffers.collect(self.starved.len());
        // no more receivers than there are buffers: the rest would find none again
        for _ in 0..self.buffers.given().min(self.starved.len()) {
            let Some(key) = self.starved.pop_front() else { break };
            if let Some(connection) = self.connections.get(key) {
                connection.receiving = Receiving::Idle;
                self.receive(key);
            }
        }
        if self.buffers.given() == 0 && !self.starved.is_empty() {
            self.receive_without_buffers();
        }
        for key in std::mem::take(&mut self.unread) {
            let Some(connection) = self.connections.get(key) else { continue };
            connection.listed = false;
            if connection.unread.len() >= UNREAD_MAX && matches!(connection.receiving, Receiving::Armed) {
                connection.receiving = Receiving::Stopping;
                self.cancel(pack(Kind::Receive, key));
            }
        }
        // after those that waited for buffers: whoever found none may be received from piece by piece by now
        self.receive_pieces();
        if !self.resting.is_empty() {
            let now = now();
            while let Some(first) = self.resting.first_entry()
                && first.key().0 <= now
            {
                let key = first.remove();
                self.accept(key);
            }
        }
    }

    /// All buffers are held by readers that had their turn and still hold them: whoever waits for bytes right now receives
    /// into memory of its own, so that those who hold the buffers hold up nobody else.
    fn receive_without_buffers(&mut self) {
        for _ in 0..self.starved.len() {
            let Some(key) = self.starved.pop_front() else { break };
            let Some(connection) = self.connections.get(key) else { continue };
            if !connection.reader.waits() || self.closing {
                self.starved.push_back(key);
                continue;
            }
            let sqe = connection.receive_own();
            // SAFETY: the connection owns the descriptor and the buffer, in `Receiving::Own`, until the completion.
            unsafe { self.submit(pack(Kind::Receive, key), sqe) }
        }
    }

    /// Submits what is queued, waits as told, and deals with the completions.
    fn enter(&mut self, wait: Wait) {
        self.backend.enter(wait);
        let mut reaped = std::mem::take(&mut self.reaped);
        self.backend.reap(&mut reaped);
        for cqe in reaped.drain(..) {
            self.dispatch(cqe);
        }
        self.reaped = reaped;
    }

    fn dispatch(&mut self, cqe: Cqe) {
        let Some((kind, key)) = unpack(cqe.user_data) else { unreachable!("a completion nobody asked for: {cqe:?}") };
        if !cqe.more && kind != Kind::Message {
            self.out -= 1;
        }
        match kind {
            Kind::Operation => self.operation_done(key, cqe.result),
            Kind::Receive => self.received(key, cqe),
            Kind::Send => {
                if let Some(connection) = self.connections.get(key) {
                    connection.sent(cqe.result, &mut self.wakes);
                    self.send(key);
                }
            }
            Kind::Accept => self.accepted(key, cqe),
            Kind::Event => self.event_armed = false,
            Kind::Message if cqe.result < 0 => self.undelivered.push(key.as_number()),
            Kind::Message | Kind::Cancel => {}
        }
    }

    fn operation_done(&mut self, key: Key, result: i32) {
        let Some(operation) = self.operations.get(key) else { return };
        if operation.orphan {
            self.operations.remove(key);
            return;
        }
        operation.result = Some(result);
        self.wakes.extend(operation.waker.take());
    }

    fn received(&mut self, key: Key, cqe: Cqe) {
        let chunk = cqe.buffer.map(|buffer| match cqe.result.max(0) as usize {
            len if len <= COPY_MAX => Unread::Own(self.buffers.copy(buffer, len)),
            len => Unread::Chunk(self.buffers.fill(buffer, len)),
        });
        let Some(connection) = self.connections.get(key) else { return };
        if cqe.result > 0 {
            connection.soon = 0;
        }
        let keep = cqe.result > 0 && !connection.dropped && connection.end.is_none();
        if let (Some(chunk), true) = (chunk, keep) {
            connection.unread.push_back(chunk);
        }
        if cqe.more && !std::mem::replace(&mut connection.suspect, true) {
            self.suspects.push(key);
            self.suspects_at.get_or_insert_with(|| now() + LOOK_AGAIN);
        }
        if !cqe.more {
            let was = std::mem::replace(&mut connection.receiving, Receiving::Idle);
            self.ahead -= connection.kept;
            let next = connection.received_own(was, cqe.result, AHEAD_MAX.saturating_sub(self.ahead));
            self.ahead += connection.kept;
            if let Some(sqe) = next {
                // SAFETY: as in `receive_pieces`.
                unsafe { self.submit(pack(Kind::Receive, key), sqe) }
                return;
            }
            match cqe.result {
                n if n > 0 => {}
                0 => connection.end = connection.end.take().or(Some(End::Stream)),
                n if n == -libc::ENOBUFS => {
                    if !connection.dropped {
                        connection.receiving = Receiving::Starved;
                        self.starved.push_back(key);
                        return;
                    }
                }
                n if [-libc::ECANCELED, -libc::EINTR, -libc::EAGAIN].contains(&n) => {}
                n => connection.end = connection.end.take().or(Some(End::Broken(-n))),
            }
        }
        if connection.unread.len() >= UNREAD_MAX && !connection.listed {
            connection.listed = true;
            self.unread.push(key);
        }
        if !connection.unread.is_empty() || connection.end.is_some() {
            connection.reader.wake();
        }
        if !cqe.more {
            self.receive(key);
            self.end_if_over(key);
        }
    }

    /// A receive that is out on a stream that has ended, and has not heard of it, is started anew, and finds the end.
    fn look_at_suspects(&mut self) {
        self.suspects_at = None;
        let mut armed = Vec::new();
        for key in std::mem::take(&mut self.suspects) {
            let Some(connection) = self.connections.get(key) else { continue };
            connection.suspect = false;
            if matches!(connection.receiving, Receiving::Armed) && !connection.dropped {
                armed.push(key);
            }
        }
        let ended: Vec<Key> = {
            let mut polled: Vec<_> =
                armed.iter().filter_map(|key| self.connections.peek(*key)).map(|c| c.to_poll()).collect();
            // fails only if the kernel is short of memory: whoever is stuck then is looked at when its idle time is over
            if nix::poll::poll(&mut polled, PollTimeout::ZERO).is_err() {
                return;
            }
            let has_ended = |polled: &PollFd<'_>| polled.any().unwrap_or(true);
            armed.iter().zip(&polled).filter(|(_, polled)| has_ended(polled)).map(|(key, _)| *key).collect()
        };
        for key in ended {
            if let Some(connection) = self.connections.get(key) {
                connection.receiving = Receiving::Stopping;
                self.cancel(pack(Kind::Receive, key));
            }
        }
    }

    fn accepted(&mut self, key: Key, cqe: Cqe) {
        // SAFETY: a successful accept makes a new descriptor, named in this one completion; owned from here on, so it is
        // closed even if nobody waits for it any more.
        let fd = (cqe.result >= 0).then(|| unsafe { OwnedFd::from_raw_fd(cqe.result) });
        let Some(listener) = self.listeners.get(key) else { return };
        if let Some(fd) = fd
            && !listener.dropped
        {
            listener.accepted.push_back(fd);
            self.wakes.extend(listener.waker.take());
        }
        if cqe.more {
            if listener.accepted.len() >= ACCEPTED_MAX && !listener.stopping {
                listener.stopping = true;
                self.cancel(pack(Kind::Accept, key));
            }
            return;
        }
        listener.armed = false;
        listener.stopping = false;
        if listener.dropped {
            self.listeners.remove(key);
            return;
        }
        match -cqe.result {
            libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => {
                self.rested = self.rested.wrapping_add(1);
                self.resting.insert((now() + ACCEPT_PAUSE, self.rested), key);
            }
            // out by our own hand, or the connection was gone before it was taken
            n if n <= 0 => self.accept(key),
            libc::ECANCELED | libc::EINTR | libc::EAGAIN | libc::ECONNABORTED | libc::EPROTO => self.accept(key),
            n => {
                listener.error = Some(n);
                self.wakes.extend(listener.waker.take());
            }
        }
    }
}

impl Reactor {
    /// A reactor over a new ring of the kernel's with room for `entries` requests, and a duplicate of the ring's descriptor.
    pub(crate) fn start(entries: u32, buffers: ReceiveBuffers, event: RawFd) -> io::Result<(Rc<Reactor>, OwnedFd)> {
        let ring = KernelRing::new(entries)?;
        let (first, count) = buffers.entries();
        // SAFETY: the entries are page aligned, `count` of them, and live in `buffers`, which the reactor keeps for as long
        // as the ring.
        unsafe { ring.register_buffers(first, count)? };
        let fd = ring.borrow().try_clone_to_owned()?;
        Ok((Reactor::new(Box::new(ring), buffers, event), fd))
    }

    /// A reactor over a ring, with the receive buffers registered there, and the eventfd foreign threads write to, which the
    /// caller keeps open until the reactor is closed.
    pub(crate) fn new(backend: Box<dyn Backend>, buffers: ReceiveBuffers, event: RawFd) -> Rc<Reactor> {
        Rc::new(Reactor(RefCell::new(Inner {
            operations: Slots::new(),
            connections: Slots::new(),
            listeners: Slots::new(),
            buffers,
            starved: VecDeque::new(),
            asked: Vec::new(),
            ahead: 0,
            unread: Vec::new(),
            suspects: Vec::new(),
            suspects_at: None,
            resting: BTreeMap::new(),
            rested: 0,
            pipes: Vec::new(),
            wakes: Vec::new(),
            out: 0,
            event,
            event_armed: false,
            event_value: Box::new([0; 8]),
            reaped: Vec::new(),
            undelivered: Vec::new(),
            closing: false,
            backend,
        })))
    }

    /// Submits what is queued, waits as told, and deals with the completions. False if there was nothing to do and nothing
    /// to wait for.
    pub(crate) fn turn(&self, wait: Wait) -> bool {
        let mut inner = self.0.borrow_mut();
        inner.settle();
        debug_assert!(inner.asked.is_empty(), "a reader that asked would be slept over");
        if wait == Wait::No && !inner.backend.pending() && !inner.backend.ready() {
            return false;
        }
        inner.enter(wait);
        let mut wakes = std::mem::take(&mut inner.wakes);
        drop(inner);
        for waker in wakes.drain(..) {
            waker.wake();
        }
        self.0.borrow_mut().wakes = wakes;
        true
    }

    /// Whether requests wait to be submitted.
    pub(crate) fn pending(&self) -> bool {
        let mut inner = self.0.borrow_mut();
        !inner.asked.is_empty() || inner.backend.pending()
    }

    /// Whether completions are there. No system call.
    pub(crate) fn ready(&self) -> bool {
        self.0.borrow_mut().backend.ready()
    }

    /// Before the core sleeps: false if receivers wait for buffers and some have come back.
    pub(crate) fn may_sleep(&self) -> bool {
        let mut inner = self.0.borrow_mut();
        inner.starved.is_empty() || !inner.buffers.arm()
    }

    /// After the core slept.
    pub(crate) fn slept(&self) {
        self.0.borrow().buffers.disarm();
    }

    /// Looks at connections that received something a while ago, if it is time. When that, or a resting listener, is to be
    /// looked at next.
    pub(crate) fn look(&self, now: Tick) -> Option<Tick> {
        let mut inner = self.0.borrow_mut();
        if inner.suspects_at.is_some_and(|at| at <= now) {
            inner.look_at_suspects();
        }
        let rest = inner.resting.first_key_value().map(|((at, _), _)| *at);
        inner.suspects_at.into_iter().chain(rest).min()
    }

    /// Tells another core's ring; `undelivered` names `core` if that fails.
    pub(crate) fn message(&self, core: u16, ring: RawFd) {
        let user_data = pack(Kind::Message, Key::number(core));
        // SAFETY: names no memory; a descriptor that is no ring any more makes it fail, which is dealt with.
        unsafe { self.0.borrow_mut().submit(user_data, Sqe::Message { ring, user_data }) }
    }

    /// Cores a message did not reach.
    pub(crate) fn undelivered(&self) -> Vec<usize> {
        let mut inner = self.0.borrow_mut();
        if inner.undelivered.is_empty() { Vec::new() } else { std::mem::take(&mut inner.undelivered) }
    }

    // ---- connections

    /// Takes a connected socket and starts receiving.
    pub(crate) fn connection(&self, fd: OwnedFd) -> Key {
        let mut inner = self.0.borrow_mut();
        let key = inner.connections.insert(Connection::new(fd));
        inner.receive(key);
        key
    }

    /// The next bytes of a connection.
    pub(crate) fn poll_receive(&self, key: Key, cx: &Context<'_>) -> Poll<io::Result<Bytes>> {
        let mut inner = self.0.borrow_mut();
        let Some(connection) = inner.connections.get(key) else { return Poll::Ready(Ok(Bytes::new())) };
        if let Some(bytes) = connection.read() {
            if connection.wants_receive() {
                inner.receive(key);
            }
            return Poll::Ready(Ok(bytes));
        }
        match connection.end.replace(End::Stream) {
            Some(End::Stream) => return Poll::Ready(Ok(Bytes::new())),
            Some(End::Broken(errno)) => return Poll::Ready(Err(io::Error::from_raw_os_error(errno))),
            None => connection.end = None,
        }
        let before = connection.reader.wait(cx);
        inner.receive(key);
        drop(inner);
        drop(before);
        Poll::Pending
    }

    /// Queues a send, and starts it if it is the first.
    pub(crate) fn send(&self, key: Key, segments: Vec<Segment>) -> Rc<SendDone> {
        let mut inner = self.0.borrow_mut();
        let Some(connection) = inner.connections.get(key) else {
            let done = SendDone::default();
            done.result.set(Some(Err(libc::EPIPE)));
            return Rc::new(done);
        };
        let done = connection.enqueue(segments);
        inner.send(key);
        done
    }

    /// The reader of a connection has no use for less than so many bytes.
    pub(crate) fn expect(&self, key: Key, bytes: usize) {
        let mut inner = self.0.borrow_mut();
        let Some(connection) = inner.connections.get(key) else { return };
        connection.expect(bytes);
        if connection.by_piece() && matches!(connection.receiving, Receiving::Armed) {
            connection.receiving = Receiving::Stopping;
            inner.cancel(pack(Kind::Receive, key));
        }
    }

    /// So many bytes will be here soon, and the reader of a connection loses nothing if it is woken only then.
    pub(crate) fn gather(&self, key: Key, bytes: usize) {
        if let Some(connection) = self.0.borrow_mut().connections.get(key) {
            connection.gather(bytes);
        }
    }

    /// Each piece of what comes is led by its length.
    pub(crate) fn framed(&self, key: Key) {
        if let Some(connection) = self.0.borrow_mut().connections.get(key) {
            connection.framed();
        }
    }

    /// Ends both directions of a connection.
    pub(crate) fn shutdown(&self, key: Key) {
        let mut inner = self.0.borrow_mut();
        let Inner { connections, wakes, .. } = &mut *inner;
        let Some(connection) = connections.get(key) else { return };
        let unread = std::mem::take(&mut connection.unread);
        connection.end = Some(End::Stream);
        connection.reader.wake();
        connection.break_off(libc::EPIPE, wakes);
        connection.shut();
        let wakes = std::mem::take(wakes);
        drop(inner);
        drop(unread);
        for waker in wakes {
            waker.wake();
        }
    }

    /// The last handle of a connection is gone.
    pub(crate) fn release(&self, key: Key) {
        let mut inner = self.0.borrow_mut();
        let Some(connection) = inner.connections.get(key) else { return };
        let kept = connection.let_go();
        if connection.receive_out() {
            inner.cancel(pack(Kind::Receive, key));
        }
        inner.end_if_over(key);
        drop(inner);
        drop(kept);
    }

    // ---- listeners

    /// Takes a listening socket and starts accepting.
    pub(crate) fn listener(&self, fd: OwnedFd) -> Key {
        let mut inner = self.0.borrow_mut();
        let key = inner.listeners.insert(Accepting {
            fd,
            armed: false,
            stopping: false,
            accepted: VecDeque::new(),
            waker: None,
            error: None,
            dropped: false,
        });
        inner.accept(key);
        key
    }

    /// The next accepted connection.
    pub(crate) fn poll_accept(&self, key: Key, cx: &Context<'_>) -> Poll<io::Result<OwnedFd>> {
        let mut inner = self.0.borrow_mut();
        let Some(listener) = inner.listeners.get(key) else { return Poll::Pending };
        let next = listener.accepted.pop_front();
        let resume = !listener.armed && listener.accepted.len() < ACCEPTED_MAX / 2;
        if next.is_none() {
            if let Some(errno) = listener.error.take() {
                inner.accept(key);
                return Poll::Ready(Err(io::Error::from_raw_os_error(errno)));
            }
            listener.waker = Some(cx.waker().clone());
        }
        if resume && !inner.resting.values().any(|k| *k == key) {
            inner.accept(key);
        }
        next.map_or(Poll::Pending, |fd| Poll::Ready(Ok(fd)))
    }

    /// The last handle of a listener is gone.
    pub(crate) fn release_listener(&self, key: Key) {
        let mut inner = self.0.borrow_mut();
        let Some(listener) = inner.listeners.get(key) else { return };
        listener.dropped = true;
        listener.accepted.clear();
        if listener.armed {
            inner.cancel(pack(Kind::Accept, key));
        } else {
            inner.listeners.remove(key);
        }
    }

    // ---- the end

    /// Ends everything: no request is started any more, those that are out are cancelled and waited for. What does not come
    /// back in time keeps its memory and descriptors for ever. False if that was so.
    pub(crate) fn close(self: &Rc<Self>) -> bool {
        let drained = self.drain();
        if !drained {
            eprintln!("thalweg: {} requests did not end; their memory is kept", self.0.borrow().out);
            std::mem::forget(self.clone());
        }
        drained
    }

    fn drain(&self) -> bool {
        let mut inner = self.0.borrow_mut();
        inner.closing = true;
        inner.resting.clear();
        let Inner { connections, listeners, wakes, .. } = &mut *inner;
        for key in connections.keys() {
            let Some(connection) = connections.get(key) else { continue };
            connection.dropped = true;
            connection.unread.clear();
            connection.break_off(libc::ECANCELED, wakes);
            connection.shut();
        }
        for key in listeners.keys() {
            if let Some(listener) = listeners.get(key) {
                listener.dropped = true;
            }
        }
        let until = now() + DRAIN;
        while inner.out > 0 && now() < until {
            // SAFETY: names no memory and no descriptor.
            unsafe { inner.submit(pack(Kind::Cancel, Key::number(0)), Sqe::CancelAll) }
            inner.enter(Wait::Until(now() + Duration::from_millis(20)));
        }
        let drained = inner.out == 0;
        let wakes = std::mem::take(&mut inner.wakes);
        drop(inner);
        drop(wakes);
        drained
    }

    /// Operations, connections and listeners alive, requests out, and memory kept for frames to come: for tests and the core's end.
    #[cfg(test)]
    pub(crate) fn alive(&self) -> (usize, usize, usize, usize, usize) {
        let inner = self.0.borrow();
        (inner.operations.len(), inner.connections.len(), inner.listeners.len(), inner.out, inner.ahead)
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        if self.0.get_mut().out > 0 && !self.drain() {
            eprintln!("thalweg: a reactor is dropped while the kernel still uses its memory");
            std::process::abort();
        }
    }
}
