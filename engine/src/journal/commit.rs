//! The writer of one core's journal: turns what waits into frames, keeps a few of them in flight, and reports them complete in
//! order. What stands in a frame is the business of the [`Feed`].
//!
//! A commit starts when the one before is done, so under load each carries everything that came meanwhile; further ones
//! start early beside a small one, or when much is waiting, and much more has to beside what bypasses the journal. A frame
//! waits for those that can run already, and for nothing else: there is no timer.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::rc::{Rc, Weak};
use std::task::Poll;
use std::time::Duration;

use thalweg_rt::{BLOCK, Core, Share, Tick, Wakers};

use super::frame::{FrameBuilder, Seal, Sealed};
use super::pulse::Pulse;
use super::recover::{JournalError, Recovered, Use, recover};
use super::ring::{Ring, RingFile, directory};
use crate::config::{Bug, EngineConfig, Flush, JOURNAL_FILES_MIN};
use crate::stats::Latency;

/// Less room than this at the end of a file is left unused, unless the frame fits.
const FRAME_WORTH: usize = 16 * BLOCK;

/// While a frame of so many bytes is being written, little that waits is better off in a frame together with what comes
/// meanwhile: each write has its price.
const COMMIT_WORTH: usize = 64 << 10;

/// While so much does not wait yet, no frame takes data beside what bypasses the journal: that takes longer to write than its
/// frame does, and what comes meanwhile can bypass together.
const BESIDE_BYPASS: usize = 1 << 20;

/// Turns of the core's tasks that a frame waits for more, at the most.
const GATHER_TURNS: usize = 4;

/// Frames in flight above which none takes data.
const FLYING_MAX: usize = 64;

/// What fills frames and hears of them.
pub trait Feed {
    /// Bytes that wait for a frame, roughly.
    fn waiting(&self) -> usize;
    /// Puts into the frame what fits, and of that only what there is [`Slot::room`] for.
    fn fill(&self, frame: &mut FrameBuilder, slot: &mut Slot);
    /// The frame and all before it are complete.
    fn complete(&self, sequence: u64);
    /// The ring runs short of free files: retire the oldest.
    fn pressure(&self);
    /// The journal has failed; nothing will ever be complete again.
    fn failed(&self, error: &io::Error);
}

/// The frame being filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Its number.
    pub sequence: u64,
    /// The use it is written in.
    pub number: u64,
    /// What may go into it.
    pub room: Room,
    /// Completions it waits for besides its own: each is given by [`Journal::release`].
    pub holds: u32,
}

/// What may go into a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// The ring is at its last file: only what helps to free one.
    LastFile,
    /// What is in flight has to end first: what helps to complete it too.
    Crowded,
    /// Anything.
    Plenty,
}

/// One core's journal.
pub struct Journal {
    core: Core,
    config: Rc<EngineConfig>,
    feed: RefCell<Option<Weak<dyn Feed>>>,
    work: Cell<bool>,
    /// When the last commit began.
    began: Cell<Option<Tick>>,
    wakers: Wakers,
    pulse: RefCell<Pulse>,
    state: RefCell<State>,
    /// From the build of a frame to its completion on disk.
    pub latency: Latency,
    /// Whether the start found frames beyond one that was torn, and cut them.
    pub cut: bool,
}

struct State {
    ring: Ring,
    free: VecDeque<u16>,
    /// Files retired by this much of the journal: free once a frame of that number is complete.
    freeing: VecDeque<(u64, u16)>,
    uses: VecDeque<Use>,
    next_use: u64,
    position: u64,
    lap: u64,
    sequence: u64,
    previous: u32,
    durable: u64,
    floor: u64,
    /// The floor moved and no frame says so yet.
    floor_moved: bool,
    flying: VecDeque<Flying>,
    /// Of those, not yet on disk, and their bytes.
    writing: usize,
    writing_bytes: usize,
    failed: bool,
    stopped: bool,
    commits: u64,
    bytes: u64,
    freed: u64,
}

struct Flying {
    sequence: u64,
    written: bool,
    holds: u32,
    /// This frame and all before it must be on disk.
    until: u64,
}

impl Journal {
    /// Opens the journal of a core, writing the first files of the ring if there are none, and tells what it holds.
    pub async fn open(core: &Core, config: &Rc<EngineConfig>) -> Result<(Rc<Journal>, Recovered), JournalError> {
        let mut ring = Ring::open(core, config, directory(&config.data, core.id.0)).await?;
        let wanted = config.journal.files.max(JOURNAL_FILES_MIN);
        for number in 0..config.journal.initial_files.clamp(JOURNAL_FILES_MIN, wanted) {
            if ring.file(number).is_none() {
                let bytes = config.journal.initial_file_bytes.min(config.journal.file_bytes);
                let file = ring.blank(number, bytes).write(core).await?;
                ring.add(number, file);
            }
        }
        let recovered = recover(core, config, &ring).await?;
        let state = State {
            ring,
            free: recovered.free.iter().copied().collect(),
            freeing: VecDeque::new(),
            next_use: recovered.uses.len() as u64,
            uses: recovered.uses.iter().copied().collect(),
            position: recovered.position,
            lap: recovered.lap,
            sequence: recovered.sequence,
            previous: recovered.previous,
            durable: recovered.sequence - 1,
            floor: recovered.floor,
            floor_moved: false,
            flying: VecDeque::new(),
            writing: 0,
            writing_bytes: 0,
            failed: false,
            stopped: false,
            commits: 0,
            bytes: 0,
            freed: 0,
        };
        let journal = Rc::new(Journal {
            core: core.clone(),
            config: config.clone(),
            feed: RefCell::new(None),
            work: Cell::new(false),
            began: Cell::new(None),
            wakers: Wakers::default(),
            pulse: RefCell::default(),
            state: RefCell::new(state),
            latency: Latency::default(),
            cut: recovered.torn,
        });
        Ok((journal, recovered))
    }

    /// Begins to write what the feed has, and to write out the rest of the ring in the background.
    pub fn start(self: &Rc<Journal>, feed: Weak<dyn Feed>) {
        *self.feed.borrow_mut() = Some(feed);
        let this = self.clone();
        self.core.spawn.spawn(Share::Foreground, Box::pin(async move { this.run().await }));
        let this = self.clone();
        self.core.spawn.spawn(Share::Background, Box::pin(async move { this.grow().await }));
        self.kick();
    }

    /// There may be something to commit.
    pub fn kick(&self) {
        self.work.set(true);
        self.wakers.wake();
    }

    /// Gives one of the completions a frame waits for.
    pub fn release(self: &Rc<Journal>, sequence: u64) {
        if let Some(frame) = self.state.borrow_mut().flying.iter_mut().find(|frame| frame.sequence == sequence) {
            assert!(frame.holds > 0, "a hold is released once");
            frame.holds -= 1;
        }
        self.report();
    }

    /// A frame waits no longer for one of its completions, but for the frame `until`, which is being filled, and all before it to
    /// be on disk.
    pub fn swap_hold(&self, sequence: u64, until: u64) {
        if let Some(frame) = self.state.borrow_mut().flying.iter_mut().find(|frame| frame.sequence == sequence) {
            assert!(frame.holds > 0, "a hold is swapped once");
            frame.holds -= 1;
            frame.until = frame.until.max(until);
        }
    }

    /// The oldest use, unless it is the current one.
    pub fn oldest(&self) -> Option<Use> {
        let state = self.state.borrow();
        if state.uses.len() > 1 { state.uses.front().copied() } else { None }
    }

    /// Size of a use's file, in bytes.
    pub fn bytes_of(&self, used: Use) -> u64 {
        self.state.borrow().ring.bytes_of(std::iter::once(used.file))
    }

    /// Bytes that frames could still take.
    pub fn left(&self) -> u64 {
        self.state.borrow().free_bytes()
    }

    /// Whether more should be free than is.
    pub fn is_short(&self) -> bool {
        let state = self.state.borrow();
        let destage = &self.config.destage;
        let freeing = state.freeing.iter().map(|(_, file)| *file);
        let free = state.free_bytes() + state.ring.bytes_of(freeing);
        state.free.len() + state.freeing.len() < usize::from(destage.free_files_min.max(1))
            || free * 100 < state.ring.bytes_of(0..state.ring.count()) * u64::from(destage.free_percent_min)
    }

    /// Resolves when as much has been written as this, of what [`Journal::written`] tells, or when the ring is so short that nobody
    /// may take his time to free some of it.
    pub async fn written_to(&self, bytes: u64) {
        let pressed = |state: &State| {
            let (free, all) = (state.free_bytes(), state.ring.bytes_of(0..state.ring.count()));
            state.free.len() < usize::from(self.config.destage.free_files_min.max(1))
                || free * 200 < all * u64::from(self.config.destage.free_percent_min)
        };
        self.reach(None, |state| state.bytes >= bytes || state.stopped || pressed(state)).await;
    }

    /// Nothing in the oldest use is needed any more.
    pub fn retire(&self, number: u64) {
        let mut state = self.state.borrow_mut();
        if state.uses.len() > 1
            && state.uses.front().is_some_and(|used| used.number == number)
            && let Some(used) = state.uses.pop_front()
        {
            // The file may be written again only once a frame with the new floor is complete.
            let sequence = state.sequence;
            state.freeing.push_back((sequence, used.file));
            state.floor = state.uses.front().map_or(sequence, |used| used.first).max(state.floor);
            state.floor_moved = true;
        }
        drop(state);
        self.kick();
    }

    /// Whether a commit began so recently.
    pub fn committed_within(&self, time: Duration) -> bool {
        self.began.get().is_some_and(|began| self.core.timer.now().since(began) < time)
    }

    /// Every frame up to this one is complete.
    pub fn durable(&self) -> u64 {
        self.state.borrow().durable
    }

    /// Commits and bytes written so far.
    pub fn written(&self) -> (u64, u64) {
        let state = self.state.borrow();
        (state.commits, state.bytes)
    }

    /// Files freed to be written again so far.
    pub fn files_freed(&self) -> u64 {
        self.state.borrow().freed
    }

    /// Nothing of what the journal holds is needed any more, as everything is at rest: the next start finds it empty. If that cannot
    /// be written down until then, the next start looks through it once more.
    pub async fn close(&self, until: Tick) {
        {
            let mut state = self.state.borrow_mut();
            state.floor = state.sequence;
            state.floor_moved = true;
        }
        self.kick();
        self.reach(Some(until), |state| !state.floor_moved).await;
    }

    /// Resolves when nothing is in flight, or then; nothing is begun from then on.
    pub async fn stop(&self, until: Tick) {
        self.reach(Some(until), |state| state.flying.is_empty()).await;
        self.state.borrow_mut().stopped = true;
        self.kick();
    }

    /// Resolves when this is so, or will never be as the journal has failed, or then.
    async fn reach(&self, until: Option<Tick>, so: impl Fn(&State) -> bool) {
        let mut late = until.map(|until| self.core.timer.sleep_until(until));
        poll_fn(|cx| {
            let state = self.state.borrow();
            let is_late = late.as_mut().is_some_and(|late| late.as_mut().poll(cx).is_ready());
            if so(&state) || state.failed || is_late {
                return Poll::Ready(());
            }
            self.wakers.register(cx);
            Poll::Pending
        })
        .await;
    }

    fn feed(&self) -> Option<Rc<dyn Feed>> {
        self.feed.borrow().as_ref().and_then(Weak::upgrade)
    }

    fn waiting(&self) -> usize {
        self.feed().map_or(0, |feed| feed.waiting())
    }

    async fn run(self: Rc<Journal>) {
        loop {
            poll_fn(|cx| {
                if self.work.replace(false) {
                    return Poll::Ready(());
                }
                self.wakers.register(cx);
                Poll::Pending
            })
            .await;
            // What must wait for the end of a commit, which comes back here, is not worth a look around.
            if !self.state.borrow().is_due(self.waiting(), &self.config) {
                continue;
            }
            self.gather().await;
            if self.state.borrow().failed || self.state.borrow().stopped {
                return;
            }
            let Some(feed) = self.feed() else { return };
            while let Some((sequence, at, sealed)) = self.build(&*feed) {
                self.launch(sequence, at, sealed);
            }
            if self.is_short() {
                feed.pressure();
            }
        }
    }

    /// Lets those run who can already, as long as they have more for the next frame: requests that come together share one.
    async fn gather(&self) {
        let mut seen = 0;
        for _ in 0..GATHER_TURNS {
            let waiting = self.waiting();
            if waiting == seen {
                return;
            }
            seen = waiting;
            self.core.spawn.yield_now().await;
        }
    }

    /// The next frame, if one is due and there is room.
    fn build(&self, feed: &dyn Feed) -> Option<(u64, (u16, u64), Sealed)> {
        let waiting = feed.waiting();
        let mut state = self.state.borrow_mut();
        if waiting == 0 && !state.floor_moved {
            return None;
        }
        // Frames that wait for their bypass only are bounded too. Where the disk is full they wait for what is logged in its stead.
        let bypassing = state.flying.iter().any(|frame| frame.holds > 0);
        let crowded = state.flying.len() >= FLYING_MAX || bypassing && waiting < BESIDE_BYPASS;
        if !state.is_due(waiting, &self.config) || state.flying.len() >= 2 * FLYING_MAX {
            return None;
        }
        let frame_max = (self.config.journal.frame_bytes_max as usize).min(state.ring.smallest() as usize);
        let mut wanted = (waiting + waiting / 256 + 1024).next_multiple_of(BLOCK).clamp(16 * BLOCK, frame_max);
        loop {
            let fits = state.left() >= wanted.min(frame_max.min(FRAME_WORTH));
            if !fits && !state.enter() && state.left() < BLOCK {
                return None;
            }
            let left = state.left();
            let number = state.uses.back()?.number;
            let room = match (state.free.is_empty(), crowded) {
                (true, _) => Room::LastFile,
                (false, true) => Room::Crowded,
                (false, false) => Room::Plenty,
            };
            let mut slot = Slot { sequence: state.sequence, number, room, holds: 0 };
            let mut frame = FrameBuilder::new(state.lap, wanted.min(left));
            let forced = state.floor_moved;
            // The feed may ask the journal questions while it fills.
            drop(state);
            feed.fill(&mut frame, &mut slot);
            state = self.state.borrow_mut();
            if frame.is_empty() && !forced {
                // What comes first may need the largest frame there is, in a file that has room for it.
                if slot.room != Room::Plenty || wanted == frame_max && left >= frame_max {
                    return None;
                }
                if left < frame_max && !state.enter() {
                    return None;
                }
                wanted = frame_max;
                continue;
            }
            let (durable, floor, previous) = (state.durable, state.floor, state.previous);
            let seal = Seal { lap: state.lap, sequence: slot.sequence, durable, floor, previous };
            let sealed = frame.seal(seal);
            let file = state.uses.back()?.file;
            let at = (file, state.position);
            state.position += sealed.size as u64;
            state.sequence += 1;
            state.previous = sealed.checksum;
            state.floor_moved = false;
            state.writing += 1;
            state.writing_bytes += sealed.size;
            state.commits += 1;
            state.bytes += sealed.size as u64;
            state.flying.push_back(Flying { sequence: slot.sequence, written: false, holds: slot.holds, until: 0 });
            return Some((slot.sequence, at, sealed));
        }
    }

    fn launch(self: &Rc<Journal>, sequence: u64, (number, position): (u16, u64), sealed: Sealed) {
        let Some(RingFile { file, .. }) = self.state.borrow().ring.file(number) else { return };
        let this = self.clone();
        let (began, len) = (self.core.timer.now(), sealed.size);
        let alone = self.state.borrow().writing == 1 && len < COMMIT_WORTH;
        self.began.set(Some(began));
        if let Some(within) = self.pulse.borrow_mut().begins(began, alone) {
            self.core.timer.expect(began + within);
        }
        let sync = self.config.journal.flush == Flush::WriteThenSync && !self.config.unsafe_no_flush;
        if self.config.has(Bug::AcknowledgeBeforeFlush) {
            self.written_to_disk(sequence);
        }
        self.core.spawn.spawn(
            Share::Foreground,
            Box::pin(async move {
                let mut result = file.write_all_at(position, sealed.pieces).await;
                if result.is_ok() && sync {
                    result = file.sync_data().await;
                }
                let now = this.core.timer.now();
                this.latency.record(now.since(began));
                let more = this.waiting() > 0;
                if let Some(within) = this.pulse.borrow_mut().ends(now, now.since(began), more) {
                    this.core.timer.expect(now + within);
                }
                match result {
                    Ok(()) => this.written_to_disk(sequence),
                    Err(error) => this.fail(&error),
                }
                {
                    let mut state = this.state.borrow_mut();
                    state.writing -= 1;
                    state.writing_bytes -= len;
                }
                this.kick();
            }),
        );
    }

    fn written_to_disk(self: &Rc<Journal>, sequence: u64) {
        if let Some(frame) = self.state.borrow_mut().flying.iter_mut().find(|frame| frame.sequence == sequence) {
            frame.written = true;
        }
        self.report();
    }

    /// Tells the feed of what has become complete, in order.
    fn report(self: &Rc<Journal>) {
        let mut reached = None;
        {
            let mut state = self.state.borrow_mut();
            if state.failed {
                return;
            }
            while state
                .flying
                .front()
                .is_some_and(|frame| frame.holds == 0 && state.is_written_to(frame.until.max(frame.sequence)))
            {
                reached = state.flying.pop_front().map(|frame| frame.sequence);
            }
            let Some(sequence) = reached else { return };
            state.durable = sequence;
            while state.freeing.front().is_some_and(|(needed, _)| *needed <= sequence) {
                if let Some((_, file)) = state.freeing.pop_front() {
                    state.free.push_back(file);
                    state.freed += 1;
                }
            }
        }
        if let (Some(feed), Some(sequence)) = (self.feed(), reached) {
            feed.complete(sequence);
        }
        self.kick();
    }

    /// A write or flush failed. The kernel may have dropped what it could not write, so nothing is tried again.
    pub fn fail(&self, error: &io::Error) {
        let first = !std::mem::replace(&mut self.state.borrow_mut().failed, true);
        if let (true, Some(feed)) = (first, self.feed()) {
            feed.failed(error);
        }
        self.kick();
    }

    /// Writes the files of the ring that are still missing. A full disk ends it: the ring works with what there is.
    async fn grow(self: Rc<Journal>) {
        for number in 0..self.config.journal.files {
            let blank = {
                let state = self.state.borrow();
                if state.stopped || state.failed {
                    return;
                }
                state.ring.file(number).is_none().then(|| state.ring.blank(number, self.config.journal.file_bytes))
            };
            if let Some(blank) = blank {
                let Ok(file) = blank.write(&self.core).await else { return };
                let mut state = self.state.borrow_mut();
                state.ring.add(number, file);
                state.free.push_back(number);
            }
        }
    }
}

impl State {
    /// Whether a commit may begin beside those that are being written, when so many bytes wait for it.
    fn is_due(&self, waiting: usize, config: &EngineConfig) -> bool {
        match self.writing {
            0 => true,
            1 if self.writing_bytes < COMMIT_WORTH => true,
            n => {
                n < usize::from(config.journal.commits_in_flight_max) && waiting >= config.journal.eager_bytes as usize
            }
        }
    }

    /// Whether every frame up to this one has been built and is on disk.
    fn is_written_to(&self, sequence: u64) -> bool {
        let flying = self.flying.iter().take_while(|frame| frame.sequence <= sequence);
        self.sequence > sequence && flying.into_iter().all(|frame| frame.written)
    }

    /// Bytes left in the current file.
    fn left(&self) -> usize {
        let current = self.uses.back().and_then(|used| self.ring.file(used.file));
        current.map_or(0, |current| current.bytes.saturating_sub(self.position)) as usize
    }

    /// Bytes left in the current file and those that are free.
    fn free_bytes(&self) -> u64 {
        self.left() as u64 + self.ring.bytes_of(self.free.iter().copied())
    }

    /// Takes the next free file into use.
    fn enter(&mut self) -> bool {
        let Some(file) = self.free.pop_front() else { return false };
        self.lap += 1;
        self.position = 0;
        self.uses.push_back(Use { number: self.next_use, file, first: self.sequence });
        self.next_use += 1;
        true
    }
}
