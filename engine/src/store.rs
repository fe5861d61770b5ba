//! What one core keeps: its partitions, its journal, and the way of a batch from the request to the log to the journal to the
//! answer. Reads, files, recovery and stopping are rooms of their own that work on this.
//!
//! All of it belongs to one core and is only ever touched by that core's tasks. Nothing here waits.

mod feed;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::rc::{Rc, Weak};

use thalweg_replication::metadata::topic_config::TopicConfig;
use thalweg_rt::{Core, Share, Tick};
use thalweg_wire::Uuid;
use thalweg_wire::compression::Scratch;
use thalweg_wire::{LeaderEpoch, Offset};

use crate::append::prepare;
use crate::config::EngineConfig;
use crate::journal::extents::Place;
use crate::journal::frame::{FrameBuilder, Kind, RECORD_HEADER_LEN, RecordHeader};
use crate::journal::{Feed, Journal, Slot};
use crate::log::ahead::Wanted;
use crate::log::beside::Turns;
use crate::message::{
    Acks, Append, AppendError, AppendPart, Appended, METADATA_TOPIC, Origin, PartitionKey, ReadError, Reply, core_of,
};
use crate::partition::{Log, Partition, Placed};
use crate::producer::Misfit;
use crate::promise::Promise;
use crate::remembered::Remembered;
use crate::stats::{CoreStats, Latency};
use crate::waiting::{Answer, AppendResult, AppendTicket, Backlog, Bell, Finished, ReadSlot, Waiting};

/// What a core knows of a topic.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name, which its directories carry.
    pub name: String,
    /// Leader epoch of each partition.
    pub epochs: Vec<LeaderEpoch>,
    /// Its configuration.
    pub config: Rc<TopicConfig>,
}

/// One core's storage.
pub struct Store {
    /// The core.
    pub core: Core,
    /// The configuration.
    pub config: Rc<EngineConfig>,
    /// The journal.
    pub journal: Rc<Journal>,
    /// Topics, by id.
    pub topics: RefCell<BTreeMap<Uuid, Topic>>,
    /// Partitions that were used since the start.
    pub partitions: RefCell<BTreeMap<PartitionKey, Rc<Partition>>>,
    /// Requests that wait.
    pub waiting: RefCell<Waiting>,
    /// Rung when a deadline earlier than all others has come in.
    pub alarm: Bell,
    armed: Cell<Option<Tick>>,
    /// Partitions with something to log, in the order they got it.
    queue: RefCell<VecDeque<Rc<Partition>>>,
    /// Bytes they have to log.
    queued_bytes: Cell<usize>,
    /// Records that go before any data.
    control: RefCell<VecDeque<Control>>,
    control_bytes: Cell<usize>,
    /// Partitions whose bypassed bytes are to be logged instead, as the disk is full.
    instead: RefCell<VecDeque<Rc<Partition>>>,
    /// What each frame in flight completes.
    frames: RefCell<VecDeque<InFrame>>,
    /// Partitions with something in each use of a journal file.
    pub by_use: RefCell<BTreeMap<u64, Vec<Rc<Partition>>>>,
    /// Memory held by tails.
    pub tail_bytes: Cell<u64>,
    /// Memory held by tails above which some is looked for that could be given back, if that is more than the limit; the lower, the
    /// more has been written since that was done.
    pub relieve_above: Cell<u64>,
    /// Partitions that hold memory, each once, in the order in which it grew since some was last looked for there.
    pub grown: RefCell<VecDeque<Weak<Partition>>>,
    /// Partitions to be sent to the disk so that they leave memory, with what they held when that was decided, and the sum of
    /// that with those on their way.
    pub leaving: RefCell<VecDeque<(Weak<Partition>, u64)>>,
    /// See `leaving`, in bytes.
    pub leaving_bytes: Cell<u64>,
    /// Whether some are on their way.
    pub seeing_off: Cell<bool>,
    /// Partitions whose backlog waits for memory.
    pub starved: RefCell<VecDeque<Rc<Partition>>>,
    /// Partitions that have something to destage, since when.
    pub ripening: RefCell<VecDeque<(Tick, Weak<Partition>)>>,
    /// Rung when something was put there.
    pub ripe_bell: Bell,
    /// Segment writers running.
    pub writers: Cell<usize>,
    /// Partitions whose writer waits for its turn.
    pub writer_queue: RefCell<VecDeque<Rc<Partition>>>,
    /// What was read ahead and may not have been taken, by segment and position, oldest first; and how much memory that takes.
    pub aheads: RefCell<VecDeque<(Weak<Partition>, Offset, u64)>>,
    /// See `aheads`, in bytes.
    pub ahead_bytes: Rc<Cell<u64>>,
    /// Whose turn it is to read old records beside commits.
    pub turns: RefCell<Turns>,
    /// What is still to be read ahead, and whether something is being read.
    pub aheads_wanted: RefCell<VecDeque<Wanted>>,
    /// See `aheads_wanted`.
    pub reading_ahead: Cell<bool>,
    /// Files of segments held open, and what was drawn last to choose the one to be closed.
    pub open_files: RefCell<Vec<(Weak<Partition>, Offset)>>,
    /// See `open_files`.
    pub open_chance: Cell<u64>,
    /// When it was last asked whether others have written little that is not on the disk yet, and what was said.
    pub others_wrote_little: Cell<Option<(Tick, bool)>>,
    /// Whether the oldest journal file is being retired.
    pub retiring: Cell<bool>,
    /// The log directory has failed.
    pub offline: Cell<bool>,
    /// The disk is full.
    pub disk_full: Cell<bool>,
    /// Segment writers that wait for space.
    pub short_writers: Cell<usize>,
    /// No new work is taken.
    pub stopping: Cell<bool>,
    /// All work is done, and partitions are put at rest for the stop: the journal needs no room any more.
    pub resting: Cell<bool>,
    /// What was counted.
    pub counts: RefCell<CoreStats>,
    append_latency: Latency,
    /// What is remembered without being used.
    pub remembered: Remembered,
    scratch: RefCell<Scratch>,
    this: Weak<Store>,
}

/// Records that go into the next frame as they are.
pub struct Control {
    /// The partition.
    pub partition: Rc<Partition>,
    /// Kind, place and body of each; they stay together if a frame can hold them.
    pub records: Vec<(Kind, Place, Vec<u8>)>,
    /// Whether this is a state, and what it leaves to be counted as logged.
    pub state: bool,
    /// Where what these records bring back into the journal ends.
    pub reaches: Option<Place>,
    /// Told when the records are complete.
    pub done: Option<Promise<()>>,
}

impl Control {
    /// Bytes it takes in a frame.
    pub fn size(&self) -> usize {
        self.records.iter().map(|(_, _, body)| body.len() + RECORD_HEADER_LEN).sum()
    }
}

struct InFrame {
    sequence: u64,
    reached: Vec<(Rc<Partition>, Place)>,
    done: Vec<Promise<()>>,
}

/// In-sync replicas of every partition while there is one node: itself.
const IN_SYNC: u32 = 1;

impl Store {
    /// The storage of a core, on a journal that was opened.
    pub fn new(core: Core, config: Rc<EngineConfig>, journal: Rc<Journal>) -> Rc<Store> {
        Rc::new_cyclic(|this| Store {
            core,
            config,
            journal,
            topics: RefCell::default(),
            partitions: RefCell::default(),
            waiting: RefCell::default(),
            alarm: Bell::default(),
            armed: Cell::new(None),
            queue: RefCell::default(),
            queued_bytes: Cell::new(0),
            control: RefCell::default(),
            control_bytes: Cell::new(0),
            instead: RefCell::default(),
            frames: RefCell::default(),
            by_use: RefCell::default(),
            tail_bytes: Cell::new(0),
            relieve_above: Cell::new(0),
            grown: RefCell::default(),
            leaving: RefCell::default(),
            leaving_bytes: Cell::new(0),
            seeing_off: Cell::new(false),
            starved: RefCell::default(),
            ripening: RefCell::default(),
            ripe_bell: Bell::default(),
            writers: Cell::new(0),
            writer_queue: RefCell::default(),
            aheads: RefCell::default(),
            ahead_bytes: Rc::default(),
            turns: RefCell::default(),
            aheads_wanted: RefCell::default(),
            reading_ahead: Cell::new(false),
            open_files: RefCell::default(),
            open_chance: Cell::new(0),
            others_wrote_little: Cell::new(None),
            retiring: Cell::new(false),
            offline: Cell::new(false),
            disk_full: Cell::new(false),
            short_writers: Cell::new(0),
            stopping: Cell::new(false),
            resting: Cell::new(false),
            counts: RefCell::default(),
            append_latency: Latency::default(),
            remembered: Remembered::default(),
            scratch: RefCell::new(Scratch::new()),
            this: this.clone(),
        })
    }

    /// Begins to work: the journal's writer, deadlines, destaging by age.
    pub fn start(self: &Rc<Store>) {
        let feed: Weak<dyn Feed> = self.this.clone();
        self.journal.start(feed);
        let this = self.clone();
        self.spawn(Share::Foreground, async move { this.watch_deadlines().await });
        let this = self.clone();
        self.spawn(Share::Background, async move { this.ripen().await });
    }

    /// This, shared.
    pub fn upgrade(&self) -> Option<Rc<Store>> {
        self.this.upgrade()
    }

    /// Whether anything waits for the journal.
    pub fn is_writing(&self) -> bool {
        !self.queue.borrow().is_empty() || !self.control.borrow().is_empty() || !self.frames.borrow().is_empty()
    }

    /// Takes a partition out of service and out of memory.
    pub async fn forget(self: &Rc<Store>, key: PartitionKey) {
        let Some(partition) = self.partitions.borrow_mut().remove(&key) else { return };
        partition.deleted.set(true);
        self.remembered.wake(&partition);
        let backlog = std::mem::take(&mut *partition.backlog.borrow_mut());
        for batch in backlog {
            self.refuse(batch, AppendError::UnknownPartition);
        }
        let mut released = Vec::new();
        if let Some(log) = partition.log.borrow_mut().as_mut() {
            released.extend(log.waiting.drain(..).map(|(_, ticket)| ticket));
            self.remembered.change_producers(log, std::mem::take);
        }
        for ticket in released {
            self.resolve(ticket.serial, ticket.part, Err(AppendError::UnknownPartition));
        }
        let parked = std::mem::take(&mut *partition.parked.borrow_mut());
        for slot in parked {
            let read = self.waiting.borrow_mut().unpark(slot);
            if let Some(read) = read {
                self.resume(slot, read);
            }
        }
        // Its writer may still hold files in the directory that is about to be moved.
        while partition.log.borrow().as_ref().is_some_and(|log| log.writing) {
            self.core.timer.sleep_until(self.core.timer.now() + std::time::Duration::from_millis(1)).await;
        }
        let held = partition.log.borrow().as_ref().map_or(0, Log::held);
        self.tail_bytes.set(self.tail_bytes.get().saturating_sub(held));
        // What the journal knows of it keeps the partition for a while; its memory and files are given back now.
        *partition.log.borrow_mut() = None;
        if let Some((sequence, _)) = partition.split.take() {
            self.journal.release(sequence);
        }
    }

    /// Refuses a batch that waited in front of a partition.
    pub fn refuse(&self, batch: Backlog, error: AppendError) {
        self.resolve(batch.serial, batch.part, Err(error));
    }

    /// Resolves when everything up to a place is durable, or when nothing will ever be again.
    pub async fn durable_at(&self, partition: &Partition, place: Place) {
        let waits = {
            let mut borrowed = partition.log.borrow_mut();
            let Some(log) = borrowed.as_mut() else { return };
            if log.durable_end >= place || log.undurable.is_empty() || self.offline.get() {
                return;
            }
            let (done, waits) = crate::promise::promise();
            log.awaited.push((place, done));
            waits
        };
        waits.await;
    }

    /// Runs a task on this core.
    pub fn spawn(&self, share: Share, task: impl Future<Output = ()> + 'static) {
        self.core.spawn.spawn(share, Box::pin(task));
    }

    /// The partition, if its topic has it and it belongs to this core.
    pub fn partition(&self, key: PartitionKey) -> Option<Rc<Partition>> {
        if let Some(found) = self.partitions.borrow().get(&key) {
            self.remembered.note_use(found);
            return if found.deleted.get() { None } else { Some(found.clone()) };
        }
        if core_of(key, self.core.cores) != self.core.id {
            return None;
        }
        let topics = self.topics.borrow();
        let topic = topics.get(&key.topic)?;
        let epoch = *topic.epochs.get(usize::try_from(key.index.0).ok()?)?;
        let partition = Rc::new(Partition {
            key,
            directory: self.config.data.join(format!("{}-{}", topic.name, key.index.0)),
            config: RefCell::new(topic.config.clone()),
            log: RefCell::new(None),
            backlog: RefCell::default(),
            opened: thalweg_rt::Wakers::default(),
            opening: Cell::new(false),
            broken: RefCell::new(None),
            deleted: Cell::new(false),
            leader_epoch: Cell::new(epoch),
            parked: RefCell::default(),
            used: Cell::new(0),
            idle: Cell::new(None),
            grown: Cell::new(false),
            leaving: Cell::new(false),
            split: Cell::new(None),
        });
        self.remembered.note_use(&partition);
        self.partitions.borrow_mut().insert(key, partition.clone());
        Some(partition)
    }

    /// Makes a topic known, or changes what is known of it.
    pub fn set_topic(&self, id: Uuid, topic: Topic) {
        for (key, partition) in self.partitions.borrow().range(first_of(id)..) {
            if key.topic != id {
                break;
            }
            *partition.config.borrow_mut() = topic.config.clone();
            if let Some(epoch) = usize::try_from(key.index.0).ok().and_then(|index| topic.epochs.get(index)) {
                partition.leader_epoch.set(*epoch);
            }
        }
        self.topics.borrow_mut().insert(id, topic);
    }

    /// Appends batches. The answer comes when all of them have theirs.
    pub fn append(self: &Rc<Store>, call: Append, answer: Answer) {
        let refused = if self.offline.get() {
            Some(AppendError::Offline)
        } else if self.stopping.get() {
            Some(AppendError::Stopping)
        } else if self.waiting.borrow().appends() >= self.config.limits.parked_appends_max {
            Some(AppendError::Busy)
        } else {
            None
        };
        if let Some(error) = refused {
            return answer(Reply::Append(call.parts.iter().map(|_| Err(error.clone())).collect()));
        }
        let now = self.core.timer.now();
        let serial = self.waiting.borrow_mut().enter_append(call.parts.len(), now, call.deadline, answer);
        let mut finished = if call.parts.is_empty() { self.waiting.borrow_mut().finish(serial) } else { None };
        for (part, AppendPart { key, records }) in call.parts.into_iter().enumerate() {
            let batch = Backlog { serial, part, records, origin: call.origin, acks: call.acks };
            if let Some(result) = self.append_part(key, batch) {
                finished = self.waiting.borrow_mut().resolve(serial, part, result);
            }
        }
        match finished {
            Some(finished) => self.answer_append(finished),
            None => {
                let deadline = self.waiting.borrow_mut().watch_append(serial);
                self.arm(deadline);
            }
        }
    }

    fn append_part(self: &Rc<Store>, key: PartitionKey, batch: Backlog) -> Option<AppendResult> {
        let Some(partition) = self.partition(key) else { return Some(Err(AppendError::UnknownPartition)) };
        if partition.broken.borrow().is_some() {
            return Some(Err(AppendError::Offline));
        }
        let is_open = partition.log.borrow().is_some();
        let starved = self.is_starved();
        if is_open && !starved && partition.backlog.borrow().is_empty() {
            return self.append_batch(&partition, batch);
        }
        let mut backlog = partition.backlog.borrow_mut();
        if backlog.len() >= self.config.limits.backlog_max {
            return Some(Err(AppendError::Busy));
        }
        backlog.push_back(batch);
        drop(backlog);
        if is_open {
            self.starve(&partition);
        } else {
            self.open_soon(&partition);
        }
        None
    }

    /// Appends to an open partition; no result means that it comes when the batch is durable.
    fn append_batch(self: &Rc<Store>, partition: &Rc<Partition>, batch: Backlog) -> Option<AppendResult> {
        // What changes the metadata goes on, else no topic could be deleted to make space; the journal has its own.
        if self.disk_full.get() && partition.key.topic != METADATA_TOPIC {
            return Some(Err(AppendError::DiskFull));
        }
        let now_ms = self.core.timer.wall_ms();
        let config = partition.config.borrow().clone();
        if batch.acks == Acks::All && batch.origin != Origin::Coordinator && config.min_insync_replicas > IN_SYNC {
            return Some(Err(AppendError::NotEnoughReplicas));
        }
        let prepared = match prepare(&mut self.scratch.borrow_mut(), &batch.records, batch.origin, &config, now_ms) {
            Ok(prepared) => prepared,
            Err(error) => return Some(Err(error)),
        };
        let mut slot = partition.log.borrow_mut();
        let log = slot.as_mut()?;
        let header = prepared.header;
        if header.producer_id().0 >= 0 {
            let before_ms = now_ms.saturating_sub(self.config.producer_id_expiration_ms);
            self.remembered.change_producers(log, |producers| producers.expire_one(header.producer_id(), before_ms));
        }
        let seen = match log.judge(&header) {
            Ok(seen) => seen,
            Err(misfit) => return Some(Err(refusal(misfit, &header))),
        };
        if header.is_transactional() && batch.origin != Origin::Coordinator {
            return Some(Err(AppendError::NoTransaction));
        }
        if header.producer_id().0 >= 0 && !log.producers.knows(header.producer_id()) {
            let before_ms = now_ms.saturating_sub(self.config.producer_id_expiration_ms);
            self.make_room_for_producer(log, before_ms);
        }
        let log_append_time_ms = prepared.log_append_time_ms;
        let placed = match seen {
            Some(placed) => placed,
            None => {
                let size = header.size();
                let known = log.producers.len();
                let (placed, grown) = log.append(prepared, partition.leader_epoch.get(), &config, now_ms);
                self.remembered.count_producers(known, log.producers.len());
                self.remembered.wake(partition);
                if grown != 0 {
                    self.grow(partition, grown);
                }
                let mut counts = self.counts.borrow_mut();
                counts.batches += 1;
                counts.batch_bytes += size as u64;
                drop(counts);
                self.enqueue(partition, log, size);
                self.ripe(partition, log);
                placed
            }
        };
        let (Placed::New { base, next } | Placed::Repeated { base, next }) = placed;
        let appended = Appended { base_offset: base, log_append_time_ms, log_start: log.start };
        let gained = log.advance_visible(&config, self.config.write_behind);
        let enough = match batch.acks {
            Acks::None => true,
            Acks::Leader | Acks::All => log.high_watermark >= next,
        };
        if !enough {
            let ticket = AppendTicket { serial: batch.serial, part: batch.part, appended };
            // A repeated batch may be older than others that wait.
            let at = log.waiting.partition_point(|(end, _)| *end <= next);
            log.waiting.insert(at, (next, ticket));
        }
        drop(slot);
        // Not before: what this partition holds may be what can be given back.
        self.relieve();
        if gained > 0 {
            self.wake_readers(partition, gained);
        }
        enough.then_some(Ok(appended))
    }

    /// Puts a partition into the queue of those with something to log.
    pub fn enqueue(&self, partition: &Rc<Partition>, log: &mut Log, bytes: usize) {
        self.queued_bytes.set(self.queued_bytes.get() + bytes);
        if !std::mem::replace(&mut log.queued, true) {
            self.queue.borrow_mut().push_back(partition.clone());
        }
        self.journal.kick();
    }

    /// Puts records into the next frame. Offline there is none, and who waits is told.
    pub fn control(&self, control: Control) {
        if self.offline.get() {
            return;
        }
        self.control_bytes.set(self.control_bytes.get() + control.size());
        self.control.borrow_mut().push_back(control);
        self.journal.kick();
    }

    /// The disk is full: what frames wait for goes into the journal, which has its space, where it leaves it enough of that.
    pub fn log_instead(&self, partition: &Rc<Partition>) {
        let mut instead = self.instead.borrow_mut();
        if !instead.iter().any(|queued| Rc::ptr_eq(queued, partition)) {
            instead.push_back(partition.clone());
        }
        drop(instead);
        self.journal.kick();
    }

    fn grow(&self, partition: &Rc<Partition>, by: i64) {
        self.tail_bytes.set(self.tail_bytes.get().saturating_add_signed(by));
        self.note_grown(partition);
    }

    fn starve(&self, partition: &Rc<Partition>) {
        let mut starved = self.starved.borrow_mut();
        if !starved.iter().any(|known| Rc::ptr_eq(known, partition)) {
            starved.push_back(partition.clone());
        }
    }

    /// Whether appends must wait for memory. They do so only while something may free some: where every partition holds but
    /// the page it cannot do without, waiting would not help.
    fn is_starved(&self) -> bool {
        let full = || self.tail_bytes.get() >= self.config.limits.tail_bytes_max;
        if full() {
            self.relieve();
        }
        let coming = self.seeing_off.get()
            || self.writers.get() > 0
            || !self.writer_queue.borrow().is_empty()
            || self.is_writing();
        full() && coming
    }

    /// Takes up backlogs that waited for memory, while there is some.
    pub fn feed_starved(self: &Rc<Store>) {
        while !self.is_starved() {
            let Some(partition) = self.starved.borrow_mut().pop_front() else { return };
            self.work_off(&partition);
        }
    }

    /// Appends what waited in front of a partition.
    pub fn work_off(self: &Rc<Store>, partition: &Rc<Partition>) {
        loop {
            let refused = if self.offline.get() || partition.broken.borrow().is_some() {
                Some(AppendError::Offline)
            } else if partition.deleted.get() {
                Some(AppendError::UnknownPartition)
            } else {
                None
            };
            if refused.is_none() && self.is_starved() {
                return self.starve(partition);
            }
            let Some(batch) = partition.backlog.borrow_mut().pop_front() else { return };
            let (serial, part) = (batch.serial, batch.part);
            let result = match refused {
                Some(error) => Some(Err(error)),
                None => self.append_batch(partition, batch),
            };
            if let Some(result) = result {
                self.resolve(serial, part, result);
            }
        }
    }

    fn resolve(&self, serial: u64, part: usize, result: AppendResult) {
        let finished = self.waiting.borrow_mut().resolve(serial, part, result);
        if let Some(finished) = finished {
            self.answer_append(finished);
        }
    }

    fn answer_append(&self, finished: Finished) {
        self.append_latency.record(self.core.timer.now().since(finished.began));
        (finished.answer)(Reply::Append(finished.results));
    }

    /// Moves the high watermark of a partition and answers whoever waited for that.
    pub fn advance(&self, partition: &Rc<Partition>) {
        let mut released = Vec::new();
        let gained = {
            let mut slot = partition.log.borrow_mut();
            let Some(log) = slot.as_mut() else { return };
            let gained = log.advance_visible(&partition.config.borrow(), self.config.write_behind);
            while log.waiting.front().is_some_and(|(end, _)| *end <= log.high_watermark) {
                released.extend(log.waiting.pop_front().map(|(_, ticket)| ticket));
            }
            gained
        };
        for ticket in released {
            self.resolve(ticket.serial, ticket.part, Ok(ticket.appended));
        }
        if gained > 0 {
            self.wake_readers(partition, gained);
        }
    }

    /// A partition has gained visible bytes.
    fn wake_readers(&self, partition: &Rc<Partition>, gained: u64) {
        let slots: Vec<ReadSlot> = partition.parked.borrow().clone();
        for slot in slots {
            let ready = self.waiting.borrow_mut().gain(slot, gained);
            if let (Some(parked), Some(this)) = (ready, self.this.upgrade()) {
                this.resume(slot, parked);
            }
        }
    }

    /// Makes sure that this deadline is kept.
    pub fn arm(&self, deadline: Option<Tick>) {
        if deadline.is_some_and(|at| self.armed.get().is_none_or(|armed| at < armed)) {
            self.alarm.ring();
        }
    }

    async fn watch_deadlines(self: Rc<Store>) {
        loop {
            let next = self.waiting.borrow().next_deadline();
            self.armed.set(next);
            let mut sleep = next.map(|at| self.core.timer.sleep_until(at));
            std::future::poll_fn(|cx| {
                let fired = sleep.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready());
                if fired { std::task::Poll::Ready(()) } else { self.alarm.poll(cx) }
            })
            .await;
            if self.stopping.get() && self.waiting.borrow().next_deadline().is_none() {
                return;
            }
            let (appends, reads) = self.waiting.borrow_mut().expired(self.core.timer.now());
            for append in appends {
                self.answer_append(append);
            }
            for (slot, parked) in reads {
                self.resume(slot, parked);
            }
        }
    }

    /// The log directory has failed: everything that waits is told, and nothing is taken any more.
    pub fn fail(&self, what: &str, error: &io::Error) {
        if self.offline.replace(true) {
            return;
        }
        eprintln!(
            "thalweg: core {}: {what} failed: {error}; {} is offline until the next start",
            self.core.id.0,
            self.config.data.display()
        );
        self.journal.fail(error);
        let appends = self.waiting.borrow_mut().drain_appends(&AppendError::Offline);
        for append in appends {
            self.answer_append(append);
        }
        let reads = self.waiting.borrow_mut().drain_reads();
        for (_, parked) in reads {
            let parts = parked.read.parts.iter().map(|_| Err(ReadError::Offline)).collect();
            (parked.answer)(Reply::Read(parts));
        }
        for partition in self.partitions.borrow().values() {
            partition.backlog.borrow_mut().clear();
            partition.parked.borrow_mut().clear();
            if let Ok(mut log) = partition.log.try_borrow_mut()
                && let Some(log) = log.as_mut()
            {
                log.awaited.clear();
                log.waiting.clear();
            }
        }
        self.control.borrow_mut().clear();
        self.frames.borrow_mut().clear();
    }

    /// What was counted.
    pub fn stats(&self) -> CoreStats {
        let (commits, journal_bytes) = self.journal.written();
        let waiting = self.waiting.borrow();
        CoreStats {
            journal_files_freed: self.journal.files_freed(),
            journal_cut: self.journal.cut,
            commits,
            journal_bytes,
            tail_bytes: self.tail_bytes.get(),
            read_ahead_bytes: self.ahead_bytes.get(),
            partitions: self.partitions.borrow().len(),
            idle_partitions: self.remembered.idle(),
            producers: self.remembered.producers(),
            parked_reads: waiting.reads(),
            parked_appends: waiting.appends(),
            append_latency: self.append_latency.summary(),
            commit_latency: self.journal.latency.summary(),
            offline: self.offline.get(),
            disk_full: self.disk_full.get(),
            ..*self.counts.borrow()
        }
    }

    /// Notes that a partition has something in a use of the journal.
    pub fn note_use(&self, partition: &Rc<Partition>, number: u64) {
        self.by_use.borrow_mut().entry(number).or_default().push(partition.clone());
    }

    /// Notes that a use of the journal holds something of a partition, up to a place.
    fn holds(&self, partition: &Rc<Partition>, log: &mut Log, number: u64, reached: Place) {
        if log.note_use(number, reached) {
            self.note_use(partition, number);
        }
    }

    fn put_control(&self, frame: &mut FrameBuilder, slot: &mut Slot, done: &mut InFrame) -> bool {
        loop {
            let mut queue = self.control.borrow_mut();
            let Some(control) = queue.front() else { return true };
            if control.size() > frame.room() {
                return false;
            }
            let Some(control) = queue.pop_front() else { return true };
            drop(queue);
            self.control_bytes.set(self.control_bytes.get().saturating_sub(control.size()));
            for (kind, (segment, position), body) in &control.records {
                frame.put_header(&RecordHeader::new(*kind, control.partition.key, *segment, *position, body.len()));
                frame.put(body);
            }
            if let Some(log) = control.partition.log.borrow_mut().as_mut() {
                if control.state {
                    log.state_use = Some(slot.number);
                }
                let reaches = control.reaches.unwrap_or((Offset(0), 0));
                self.holds(&control.partition, log, slot.number, reaches);
            }
            done.reached.extend(control.reaches.map(|place| (control.partition, place)));
            done.done.extend(control.done);
        }
    }
}

fn first_of(topic: Uuid) -> PartitionKey {
    PartitionKey { topic, index: thalweg_wire::PartitionIndex(0) }
}

fn refusal(misfit: Misfit, header: &thalweg_wire::batch::BatchHeader) -> AppendError {
    let producer = header.producer_id();
    match misfit {
        Misfit::StaleEpoch(newest) => AppendError::StaleProducerEpoch { producer, newest },
        Misfit::OutOfOrder(expected) => {
            AppendError::OutOfOrderSequence { producer, expected, got: header.base_sequence() }
        }
    }
}
