//! One client's connection, a task of the core that accepted it: frames in, replies out, in the order of the requests.
//!
//! Produce requests are pipelined: each is started (its handler polled once, which hands its appends to the owning cores in
//! order) as soon as it has been read, while those before it wait for the disk. Any other request starts when everything
//! before it is answered, so that a client sees on one connection what it would see if requests were served one by one.
//! What is ready is sent in one gathered send; the next gathers while it is on its way. Requests sent in bulk gather in the
//! socket first (`hold`, `window`).
//!
//! Bounds: requests and request bytes in flight, bytes of replies not yet taken by the client (reading stops at each), memory
//! for frames begun (the connection closes), idle time (it closes).

pub mod admission;
pub mod frame;
mod hold;
mod window;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{LocalFuture, Segment, Socket, Tick};

use crate::connection::admission::Pass;
use crate::connection::frame::{FIRST_BYTES, FrameError, Frames};
use crate::connection::hold::Hold;
use crate::connection::window::{Opened, Window};
use crate::dispatch::{self, Done, Work};
use crate::state::CoreState;

/// Of the length that leads each request.
const LENGTH_BYTES: usize = 4;

/// Turns of the loop before every other task of the core has one.
const TURNS_MAX: usize = 64;

/// Bytes of replies after which a gathered send is long enough.
const GATHER_BYTES: usize = 1024 * 1024;

/// Pieces after which a gathered send is long enough (the kernel takes 1,024).
const GATHER_SEGMENTS: usize = 512;

/// Why a connection ended.
#[derive(Debug)]
pub enum End {
    /// The client closed it.
    Client,
    /// It broke.
    Broken(io::Error),
    /// What came is not a request.
    Frame(FrameError),
    /// A request that must be answered by closing, with the reason.
    Refused(&'static str),
    /// Nothing moved for `connections.max.idle.ms`.
    Idle,
    /// The core's memory for requests is used up.
    Memory,
    /// The broker stops.
    Stopping,
}

/// What handlers know of the connection a request came on.
pub struct ConnectionInfo {
    /// Index of the listener in the configuration.
    pub listener: usize,
    /// The client's address.
    pub peer: SocketAddr,
    /// The address it connected to.
    pub local: SocketAddr,
    /// When the last fetch of those before was answered.
    pub answered: Cell<Option<Tick>>,
    /// Whether the Produce request that came last has several batches.
    pub collects: Cell<bool>,
    stopping: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl ConnectionInfo {
    /// A connection that goes on until it is told to stop.
    pub fn new(listener: usize, socket: &dyn Socket) -> ConnectionInfo {
        ConnectionInfo {
            listener,
            peer: socket.peer_addr(),
            local: socket.local_addr(),
            answered: Cell::new(None),
            collects: Cell::new(false),
            stopping: Cell::new(false),
            waker: RefCell::new(None),
        }
    }

    /// Takes no further request, answers those in flight, then closes.
    pub fn stop(&self) {
        self.stopping.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// Serves a connection until it ends.
pub(crate) async fn serve(state: Rc<CoreState>, socket: Rc<dyn Socket>, info: Rc<ConnectionInfo>, pass: Pass) -> End {
    let now = state.core.timer.now();
    socket.framed();
    let mut connection = Connection {
        idle: state.core.timer.sleep_until(now + state.limits.idle),
        moved: now,
        frames: Frames::new(state.limits.request_bytes_max, dispatch::is_known, dispatch::may_share),
        waiting: None,
        in_flight: VecDeque::new(),
        in_flight_bytes: 0,
        window: Window::default(),
        hold: Hold::default(),
        gathering: 0,
        unsent_bytes: 0,
        charged: 0,
        sending: None,
        last: None,
        info,
        socket: socket.clone(),
        state,
        _pass: pass,
    };
    let end = poll_fn(|cx| connection.poll(cx)).await;
    socket.shutdown();
    end
}

struct Connection {
    state: Rc<CoreState>,
    socket: Rc<dyn Socket>,
    info: Rc<ConnectionInfo>,
    frames: Frames,
    /// A whole frame that must wait for those before it.
    waiting: Option<Bytes>,
    /// Requests begun, in order; ready replies wait here for their turn.
    in_flight: VecDeque<Entry>,
    /// Request bytes of the entries.
    in_flight_bytes: usize,
    window: Window,
    hold: Hold,
    /// Bytes that gather in the socket.
    gathering: usize,
    /// Reply bytes ready or on their way.
    unsent_bytes: usize,
    /// This connection's share of the core's request memory.
    charged: usize,
    sending: Option<Sending>,
    /// No further requests: the reason, told once the replies before it are sent.
    last: Option<End>,
    moved: Tick,
    idle: LocalFuture<()>,
    _pass: Pass,
}

struct Sending {
    future: LocalFuture<io::Result<()>>,
    bytes: usize,
}

struct Entry {
    bytes: usize,
    pipelined: bool,
    stage: Stage,
}

impl Entry {
    fn waits(&self) -> bool {
        !self.pipelined && matches!(self.stage, Stage::Running(_))
    }
}

enum Stage {
    Running(Work),
    Ready(Vec<Segment>, usize),
    Closing(&'static str),
}

impl Connection {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.info.waker.borrow_mut().get_or_insert_with(|| cx.waker().clone());
        for _ in 0..TURNS_MAX {
            match self.turn(cx) {
                Ok(true) => {}
                Ok(false) => {
                    if let Poll::Ready(end) = self.rest(cx) {
                        return Poll::Ready(end);
                    }
                    return Poll::Pending;
                }
                Err(end) => return Poll::Ready(end),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// One turn: whether anything moved.
    fn turn(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        let mut moved = self.poll_send(cx)?;
        moved |= self.poll_work(cx);
        moved |= self.start_send();
        if self.last.is_none() {
            moved |= self.read(cx)?;
        }
        if moved {
            self.moved = self.state.core.timer.now();
        }
        Ok(moved)
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        let Some(sending) = &mut self.sending else { return Ok(false) };
        match sending.future.as_mut().poll(cx) {
            Poll::Pending => Ok(false),
            Poll::Ready(Err(error)) => Err(End::Broken(error)),
            Poll::Ready(Ok(())) => {
                self.unsent_bytes -= sending.bytes;
                self.sending = None;
                Ok(true)
            }
        }
    }

    /// Replies leave in the order of the requests: none is looked at before those ahead of it are ready.
    fn poll_work(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        for entry in &mut self.in_flight {
            let Stage::Running(work) = &mut entry.stage else { continue };
            let Poll::Ready(done) = work.as_mut().poll(cx) else { break };
            moved = true;
            self.in_flight_bytes -= entry.bytes;
            entry.bytes = 0;
            entry.stage = match done {
                Done::Send(segments, bytes) => {
                    self.unsent_bytes += bytes;
                    Stage::Ready(segments, bytes)
                }
                Done::Nothing => Stage::Ready(Vec::new(), 0),
                Done::Close(reason) => Stage::Closing(reason),
            };
        }
        if moved {
            self.charge();
            self.hold.answered();
        }
        moved
    }

    fn start_send(&mut self) -> bool {
        if self.sending.is_some() || self.last.as_ref().is_some_and(|end| matches!(end, End::Broken(_))) {
            return false;
        }
        let mut gathered: Vec<Segment> = Vec::new();
        let mut bytes = 0;
        let mut moved = false;
        while bytes < GATHER_BYTES && gathered.len() < GATHER_SEGMENTS {
            match self.in_flight.front() {
                Some(Entry { stage: Stage::Ready(..), .. }) => {}
                Some(Entry { stage: Stage::Closing(reason), .. }) => {
                    // What came after it is not answered.
                    self.last = Some(End::Refused(reason));
                    self.in_flight.clear();
                    self.in_flight_bytes = 0;
                    self.waiting = None;
                    moved = true;
                    break;
                }
                _ => break,
            }
            let Some(Entry { stage: Stage::Ready(segments, len), .. }) = self.in_flight.pop_front() else { break };
            bytes += len;
            moved = true;
            if gathered.is_empty() {
                gathered = segments;
            } else {
                gathered.extend(segments);
            }
        }
        if bytes > 0 {
            self.sending = Some(Sending { future: self.socket.send(gathered), bytes });
        }
        moved
    }

    /// Reads, and starts what was read, as far as the bounds allow.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<bool, End> {
        if self.info.stopping.get() {
            self.last = Some(End::Stopping);
            self.waiting = None;
            // Appends in flight are answered; whoever waits for something to happen is not.
            if let Some(at) = self.in_flight.iter().position(Entry::waits) {
                self.in_flight.truncate(at);
            }
            return Ok(true);
        }
        let mut moved = false;
        loop {
            if let Some(frame) = self.waiting.take() {
                if !self.may_start(&frame) {
                    self.waiting = Some(frame);
                    self.frames.detach();
                    return Ok(moved);
                }
                self.start(cx, frame)?;
                moved = true;
                continue;
            }
            match self.frames.take() {
                Err(error) => {
                    // What was asked before the nonsense is answered first.
                    self.last = Some(End::Frame(error));
                    return Ok(true);
                }
                Ok(Some(frame)) => {
                    self.waiting = Some(frame);
                    continue;
                }
                Ok(None) => {}
            }
            self.charge();
            if self.over_budget() {
                return Err(End::Memory);
            }
            if moved {
                return Ok(true);
            }
            if !self.may_read() {
                return Ok(false);
            }
            match self.socket.poll_recv(cx) {
                Poll::Pending => {
                    self.await_more(cx);
                    return Ok(false);
                }
                Poll::Ready(Err(error)) => return Err(End::Broken(error)),
                Poll::Ready(Ok(chunk)) if chunk.is_empty() => return Err(End::Client),
                Poll::Ready(Ok(chunk)) => {
                    self.frames.push(chunk);
                    self.hold.received();
                    self.gathering = 0;
                    self.moved = self.state.core.timer.now();
                }
            }
        }
    }

    /// Tells the socket what is waited for.
    fn await_more(&mut self, cx: &mut Context<'_>) {
        self.socket.expect(self.frames.missing());
        let soon = if self.frames.is_between() { self.window.soon(self.running()) } else { 0 };
        let timer = &self.state.core.timer;
        let gather = self.hold.rest(soon, cx, |time| timer.sleep_until(timer.now() + time));
        if gather != std::mem::replace(&mut self.gathering, gather) {
            self.socket.gather(gather);
        }
    }

    /// Requests begun and not yet answered.
    fn running(&self) -> usize {
        self.in_flight.iter().filter(|entry| matches!(entry.stage, Stage::Running(_))).count()
    }

    fn start(&mut self, cx: &mut Context<'_>, frame: Bytes) -> Result<(), End> {
        let bytes = frame.len();
        let pipelined = dispatch::is_pipelined(&frame);
        self.state.counters.requests.set(self.state.counters.requests.get() + 1);
        self.in_flight_bytes += bytes;
        let stage = match dispatch::begin(&self.state, &self.info, frame) {
            Ok(mut work) => match work.as_mut().poll(cx) {
                Poll::Pending => Stage::Running(work),
                Poll::Ready(done) => {
                    self.in_flight_bytes -= bytes;
                    match done {
                        Done::Send(segments, len) => {
                            self.unsent_bytes += len;
                            Stage::Ready(segments, len)
                        }
                        Done::Nothing => Stage::Ready(Vec::new(), 0),
                        Done::Close(reason) => Stage::Closing(reason),
                    }
                }
            },
            Err(reason) => {
                self.in_flight_bytes -= bytes;
                Stage::Closing(reason)
            }
        };
        let under_way = matches!(stage, Stage::Running(_));
        self.in_flight.push_back(Entry { bytes: if under_way { bytes } else { 0 }, pipelined, stage });
        if pipelined {
            let (size, collects) = (LENGTH_BYTES + bytes, self.info.collects.get());
            self.window.opens(Opened { size, collects, requests: self.running(), bytes: self.in_flight_bytes });
        }
        Ok(())
    }

    /// Whether the next request may begin.
    fn may_start(&self, frame: &Bytes) -> bool {
        if !self.may_read() {
            return false;
        }
        let pipelined = dispatch::is_pipelined(frame);
        self.in_flight.iter().all(|entry| match entry.stage {
            Stage::Running(_) => pipelined && entry.pipelined,
            Stage::Ready(..) => true,
            Stage::Closing(_) => false,
        })
    }

    /// Whether there is room for another request.
    fn may_read(&self) -> bool {
        let limits = &self.state.limits;
        self.in_flight.len() < limits.in_flight_requests_max
            && self.in_flight_bytes < limits.in_flight_bytes_max
            && self.unsent_bytes < limits.response_backlog_bytes
    }

    /// Brings this connection's share of the core's request memory up to date.
    fn charge(&mut self) {
        let now = self.in_flight_bytes + self.frames.partial_bytes() + self.waiting.as_ref().map_or(0, Bytes::len);
        let total = &self.state.request_bytes;
        total.set(total.get() + now - self.charged);
        self.charged = now;
    }

    fn over_budget(&self) -> bool {
        self.state.request_bytes.get() > self.state.limits.core_request_bytes_max
            && self.frames.partial_bytes() > FIRST_BYTES
    }

    /// Nothing moves: is it over, or idle?
    fn rest(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if self.last.is_some() && self.in_flight.is_empty() && self.sending.is_none() {
            return Poll::Ready(self.last.take().unwrap_or(End::Client));
        }
        while self.idle.as_mut().poll(cx).is_ready() {
            let limit = self.state.limits.idle;
            let now = self.state.core.timer.now();
            let quiet = now.since(self.moved);
            // A request that waits by its own wish (a fetch, a join) is not idleness; a reply nobody takes is.
            let waits = self.sending.is_none() && !self.in_flight.is_empty();
            if quiet >= limit && !waits {
                return Poll::Ready(End::Idle);
            }
            let left = if waits { limit } else { limit.saturating_sub(quiet) };
            self.idle = self.state.core.timer.sleep_until(now + left.max(Duration::from_millis(1)));
        }
        Poll::Pending
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let total = &self.state.request_bytes;
        total.set(total.get() - self.charged);
    }
}
