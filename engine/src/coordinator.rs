//! Hosts the group coordinators of the partitions of `__consumer_offsets` that this core owns: reads a partition's log into its
//! [`Groups`], hands requests in, turns what they ask for into batches and answers, and wakes them at their deadlines.
//!
//! All rules are in `thalweg_replication::group`; here are only the log, the clock and those who wait. Batches of one
//! partition are appended one at a time; what comes up meanwhile goes together into the next.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use thalweg_replication::group::{
    AppendFailure, AppendId, GroupConfig, GroupEffect, GroupRequest, Groups, KeyValue, Ticket,
};
use thalweg_replication::metadata::topic_config::TopicConfig;
use thalweg_replication::metadata::{Change, Configs, OFFSETS_TOPIC, ResourceKind};
use thalweg_rt::{Share, Tick};
use thalweg_wire::batch::BatchView;
use thalweg_wire::compression::Compression;
use thalweg_wire::error_code::ErrorCode;
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::{PartitionIndex, Str, Uuid};

use crate::core::Engine;
use crate::ids::Ids;
use crate::message::{AppendError, GroupCall, PartitionKey, Reply};
use crate::waiting::{Answer, Bell};

/// The coordinators of one core.
pub(crate) struct Coordinators {
    engine: Rc<Engine>,
    config: GroupConfig,
    ids: Rc<RefCell<Ids>>,
    by_partition: RefCell<BTreeMap<PartitionIndex, Rc<Coordinator>>>,
    /// Wall clock and monotonic clock at the start: sessions must not end because somebody sets the clock.
    began: (i64, Tick),
    /// Rung when a deadline has come in that is earlier than the one waited for.
    alarm: Bell,
    armed_ms: Cell<Option<i64>>,
}

/// One partition's coordinator.
struct Coordinator {
    key: PartitionKey,
    groups: RefCell<Groups>,
    last_ticket: Cell<u64>,
    answers: RefCell<BTreeMap<Ticket, Answer>>,
    /// Records to be appended.
    queue: RefCell<VecDeque<(AppendId, Vec<KeyValue>)>>,
    appending: Cell<bool>,
    /// Requests that came while the log is still being read.
    early: RefCell<Vec<(GroupRequest, Answer)>>,
    /// Until when such requests are held back rather than refused.
    patience: Cell<Tick>,
    /// The log is not being read: not yet, or because it could not.
    idle: Cell<bool>,
    /// The topic is gone.
    ended: Cell<bool>,
}

impl Coordinators {
    /// The coordinators of this core; those whose partitions exist begin to load.
    pub(crate) fn start(engine: Rc<Engine>, config: GroupConfig, ids: Rc<RefCell<Ids>>) -> Rc<Coordinators> {
        let timer = &engine.runtime().timer;
        let began = (timer.wall_ms(), timer.now());
        let this = Rc::new(Coordinators {
            engine,
            config,
            ids,
            by_partition: RefCell::default(),
            began,
            alarm: Bell::default(),
            armed_ms: Cell::new(None),
        });
        let clock = this.clone();
        this.spawn(async move { clock.keep_deadlines().await });
        let count = this.engine.image().topic(OFFSETS_TOPIC).map_or(0, |topic| topic.partitions.len());
        for index in 0..i32::try_from(count).unwrap_or(i32::MAX) {
            this.coordinator(PartitionIndex(index));
        }
        this
    }

    /// Takes a request for one of this core's partitions.
    pub(crate) fn ask(self: &Rc<Coordinators>, call: GroupCall, answer: Answer) {
        let Some(coordinator) = self.coordinator(call.partition) else {
            return refuse(ErrorCode::NotCoordinator, &call.request, answer);
        };
        let waits = self.engine.runtime().timer.now() < coordinator.patience.get();
        if coordinator.groups.borrow().is_loading() && waits {
            let mut early = coordinator.early.borrow_mut();
            if early.len() < EARLY_MAX {
                return early.push((call.request, answer));
            }
        }
        if coordinator.idle.get() {
            self.load(&coordinator);
            return refuse(ErrorCode::CoordinatorNotAvailable, &call.request, answer);
        }
        self.hand_in(&coordinator, call.request, answer);
    }

    /// The image of this core has changed.
    pub(crate) fn changed(self: &Rc<Coordinators>, changes: &[Change]) {
        let mut deleted: Vec<(Str, Uuid)> = Vec::new();
        for change in changes {
            match change {
                Change::TopicRemoved { name, .. } if **name == *OFFSETS_TOPIC => self.end_all(),
                Change::TopicRemoved { name, id, .. } => deleted.push((name.clone(), *id)),
                // read it before anyone asks: the sessions of its groups go on from then
                Change::PartitionCreated { topic, index } if self.is_offsets_topic(*topic) => {
                    self.coordinator(*index);
                }
                _ => {}
            }
        }
        if !deleted.is_empty() {
            for coordinator in self.all() {
                self.with(&coordinator, |groups, _, out| groups.topics_deleted(&deleted, out));
            }
        }
    }

    fn is_offsets_topic(&self, topic: Uuid) -> bool {
        self.engine.image().topic(OFFSETS_TOPIC).is_some_and(|known| known.id == topic)
    }

    fn all(&self) -> Vec<Rc<Coordinator>> {
        self.by_partition.borrow().values().cloned().collect()
    }

    /// The topic is gone: whoever waits is told.
    fn end_all(self: &Rc<Coordinators>) {
        let all = std::mem::take(&mut *self.by_partition.borrow_mut());
        for coordinator in all.into_values() {
            coordinator.ended.set(true);
            self.with(&coordinator, |groups, now_ms, out| groups.retire(now_ms, out));
            coordinator.queue.borrow_mut().clear();
            for (request, answer) in coordinator.early.take() {
                refuse(ErrorCode::NotCoordinator, &request, answer);
            }
        }
    }

    /// The coordinator of a partition, if it belongs to this core. A new one begins to load.
    fn coordinator(self: &Rc<Coordinators>, partition: PartitionIndex) -> Option<Rc<Coordinator>> {
        let topic = {
            let image = self.engine.image();
            let topic = image.topic(OFFSETS_TOPIC)?;
            topic.partition(partition)?;
            topic.id
        };
        let key = PartitionKey { topic, index: partition };
        if self.engine.core_of(key) != self.engine.this_core() {
            return None;
        }
        if let Some(known) = self.by_partition.borrow().get(&partition) {
            return Some(known.clone());
        }
        let coordinator = Rc::new(Coordinator {
            key,
            groups: RefCell::new(Groups::loading(self.config.clone())),
            last_ticket: Cell::new(0),
            answers: RefCell::default(),
            queue: RefCell::default(),
            appending: Cell::new(false),
            early: RefCell::default(),
            patience: Cell::new(Tick(0)),
            idle: Cell::new(true),
            ended: Cell::new(false),
        });
        self.by_partition.borrow_mut().insert(partition, coordinator.clone());
        self.load(&coordinator);
        Some(coordinator)
    }

    /// Begins to read the log.
    fn load(self: &Rc<Coordinators>, coordinator: &Rc<Coordinator>) {
        coordinator.idle.set(false);
        coordinator.patience.set(self.engine.runtime().timer.now() + PATIENCE);
        *coordinator.groups.borrow_mut() = Groups::loading(self.config.clone());
        let (this, loads) = (self.clone(), coordinator.clone());
        self.spawn(async move { this.load_now(&loads).await });
        let (this, waits) = (self.clone(), coordinator.clone());
        self.spawn(async move {
            this.engine.runtime().timer.sleep_until(waits.patience.get()).await;
            this.hand_in_early(&waits);
        });
    }

    async fn load_now(self: &Rc<Coordinators>, coordinator: &Rc<Coordinator>) {
        let read = self.read_log(coordinator).await;
        if coordinator.ended.get() {
            return;
        }
        let index = coordinator.key.index;
        match read {
            Ok(bad) => {
                if bad > 0 {
                    eprintln!("thalweg: {OFFSETS_TOPIC}-{index}: {bad} record(s) are not a coordinator's");
                }
                self.with(coordinator, |groups, now_ms, out| groups.loaded(now_ms, out));
            }
            Err(why) => {
                eprintln!("thalweg: groups of {OFFSETS_TOPIC}-{index} cannot be served: {why}");
                coordinator.idle.set(true);
            }
        }
        self.hand_in_early(coordinator);
    }

    /// Replays the whole log; the number of records that made no sense.
    async fn read_log(&self, coordinator: &Coordinator) -> Result<u64, String> {
        let key = coordinator.key;
        let bounds = self.engine.bounds_own(key).await;
        let (mut from, end) = bounds.map_err(|error| format!("{error:?}"))?;
        let mut bad = 0;
        while from < end && !coordinator.ended.get() {
            let bytes = self.engine.read_own(key, from, PIECE_BYTES).await.map_err(|error| format!("{error:?}"))?;
            let mut rest = &bytes[..];
            if rest.is_empty() {
                break; // compaction may have taken the last batches
            }
            while !rest.is_empty() {
                let batch = BatchView::parse_prefix(rest).map_err(|error| error.to_string())?;
                rest = &rest[batch.size()..];
                from = batch.next_offset();
                if batch.is_control() {
                    continue;
                }
                let mut records = batch.records(RECORDS_BYTES_MAX).map_err(|error| error.to_string())?;
                let mut groups = coordinator.groups.borrow_mut();
                while let Some(record) = records.try_next().map_err(|error| error.to_string())? {
                    let Some(key) = record.key else { continue };
                    bad += u64::from(groups.replay(key, record.value).is_err());
                }
            }
            self.engine.runtime().spawn.yield_now().await;
        }
        Ok(bad)
    }

    /// Hands in what was held back: served if the log is read by now, else refused.
    fn hand_in_early(self: &Rc<Coordinators>, coordinator: &Rc<Coordinator>) {
        for (request, answer) in coordinator.early.take() {
            if coordinator.idle.get() {
                refuse(ErrorCode::CoordinatorNotAvailable, &request, answer);
            } else {
                self.hand_in(coordinator, request, answer);
            }
        }
    }

    fn hand_in(self: &Rc<Coordinators>, coordinator: &Rc<Coordinator>, request: GroupRequest, answer: Answer) {
        let ticket = Ticket(coordinator.last_ticket.get() + 1);
        coordinator.last_ticket.set(ticket.0);
        coordinator.answers.borrow_mut().insert(ticket, answer);
        self.with(coordinator, |groups, now_ms, out| {
            let mut ids = self.ids.borrow_mut();
            groups.handle(now_ms, request, ticket, &*self.engine.image(), &mut || ids.draw(), out);
        });
    }

    /// Lets the rules work, then does what they ask for.
    fn with(
        self: &Rc<Coordinators>,
        coordinator: &Rc<Coordinator>,
        work: impl FnOnce(&mut Groups, i64, &mut Vec<GroupEffect>),
    ) {
        let mut effects = Vec::new();
        let next_ms = {
            let mut groups = coordinator.groups.borrow_mut();
            work(&mut groups, self.now_ms(), &mut effects);
            groups.next_deadline()
        };
        self.arm(next_ms);
        let mut replies = Vec::new();
        for effect in effects {
            match effect {
                GroupEffect::Append { id, records } => coordinator.queue.borrow_mut().push_back((id, records)),
                GroupEffect::Reply { ticket, response } => {
                    let answer = coordinator.answers.borrow_mut().remove(&ticket);
                    replies.extend(answer.map(|answer| (answer, response)));
                }
            }
        }
        if !coordinator.queue.borrow().is_empty() && !coordinator.appending.replace(true) {
            let (this, coordinator) = (self.clone(), coordinator.clone());
            self.spawn(async move { this.append_all(&coordinator).await });
        }
        for (answer, response) in replies {
            answer(Reply::Group(Box::new(response)));
        }
    }

    /// Appends what is queued until nothing is left.
    async fn append_all(self: &Rc<Coordinators>, coordinator: &Rc<Coordinator>) {
        loop {
            let (ids, records) = coordinator.next_batch();
            if ids.is_empty() {
                return coordinator.appending.set(false);
            }
            let appended = self.append(coordinator.key, &records).await;
            if coordinator.ended.get() {
                return; // the rules have told everyone already
            }
            self.with(coordinator, |groups, now_ms, out| {
                for id in ids {
                    match appended {
                        Ok(()) => groups.committed(id, now_ms, out),
                        Err(why) => groups.failed(id, why, now_ms, out),
                    }
                }
            });
        }
    }

    async fn append(&self, key: PartitionKey, records: &[KeyValue]) -> Result<(), AppendFailure> {
        let mut builder = BatchBuilder::new(Compression::None);
        let now_ms = self.engine.runtime().timer.wall_ms();
        for (key, value) in records {
            builder.push(now_ms, Some(key), value.as_deref(), &[]).map_err(|_| AppendFailure::TooLarge)?;
        }
        let batch = builder.finish().map_err(|_| AppendFailure::TooLarge)?;
        // The storage trusts a coordinator; that a group fits its topic's limit is for us to see to.
        if batch.len() > BATCH_BYTES && batch.len() > self.batch_bytes_max() {
            return Err(AppendFailure::TooLarge);
        }
        // No deadline: an append that is given up may still happen, and then the rules would be wrong about the log.
        let appended = self.engine.append_own(key, batch, Tick(u64::MAX)).await;
        appended.map(drop).map_err(|error| failure(&error))
    }

    /// `max.message.bytes` of the offsets topic.
    fn batch_bytes_max(&self) -> usize {
        let image = self.engine.image();
        let config = self.engine.config();
        let broker = image.broker_settings(&config.topic_defaults, config.node);
        let none = Configs::new();
        let overrides = image.config(ResourceKind::Topic, OFFSETS_TOPIC).unwrap_or(&none);
        TopicConfig::resolve(overrides, &broker).max_message_bytes as usize
    }

    /// Milliseconds since the Unix epoch, on a clock that never jumps.
    fn now_ms(&self) -> i64 {
        let (wall_ms, tick) = self.began;
        let elapsed = self.engine.runtime().timer.now().since(tick).as_millis();
        wall_ms.saturating_add(i64::try_from(elapsed).unwrap_or(i64::MAX))
    }

    fn arm(&self, deadline_ms: Option<i64>) {
        let Some(deadline_ms) = deadline_ms else { return };
        if self.armed_ms.get().is_none_or(|armed_ms| deadline_ms < armed_ms) {
            self.armed_ms.set(Some(deadline_ms));
            self.alarm.ring();
        }
    }

    /// Wakes the rules at their deadlines.
    async fn keep_deadlines(self: &Rc<Coordinators>) {
        loop {
            let mut sleep = self.armed_ms.get().map(|deadline_ms| {
                let (wall_ms, tick) = self.began;
                let wait_ms = u64::try_from(deadline_ms.saturating_sub(wall_ms)).unwrap_or(0);
                self.engine.runtime().timer.sleep_until(tick + Duration::from_millis(wait_ms))
            });
            std::future::poll_fn(|cx| match sleep.as_mut().map(|sleep| sleep.as_mut().poll(cx)) {
                Some(Poll::Ready(())) => Poll::Ready(()),
                _ => self.alarm.poll(cx),
            })
            .await;
            let now_ms = self.now_ms();
            if self.armed_ms.get().is_none_or(|armed_ms| armed_ms > now_ms) {
                continue;
            }
            // every coordinator says anew what it waits for
            self.armed_ms.set(None);
            for coordinator in self.all() {
                self.with(&coordinator, |groups, now_ms, out| {
                    if groups.next_deadline().is_some_and(|at| at <= now_ms) {
                        groups.tick(now_ms, out);
                    }
                });
            }
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.engine.runtime().spawn.spawn(Share::Foreground, Box::pin(task));
    }
}

impl Coordinator {
    /// What goes into one batch: as many whole appends as fit, at least one.
    fn next_batch(&self) -> (Vec<AppendId>, Vec<KeyValue>) {
        let mut queue = self.queue.borrow_mut();
        let (mut ids, mut records, mut bytes) = (Vec::new(), Vec::new(), 0);
        while let Some((id, next)) = queue.pop_front() {
            let sizes = next.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, |value| value.len()));
            let size: usize = sizes.sum();
            if !ids.is_empty() && bytes + size > BATCH_BYTES {
                queue.push_front((id, next));
                break;
            }
            bytes += size;
            ids.push(id);
            records.extend(next);
        }
        (ids, records)
    }
}

fn refuse(code: ErrorCode, request: &GroupRequest, answer: Answer) {
    answer(Reply::Group(Box::new(request.refuse(code))));
}

/// What an append's refusal means to a group.
fn failure(error: &AppendError) -> AppendFailure {
    match error {
        AppendError::TooLarge { .. } | AppendError::LargerThanSegment => AppendFailure::TooLarge,
        AppendError::UnknownPartition | AppendError::Offline | AppendError::Stopping => AppendFailure::NotLeader,
        _ => AppendFailure::Unavailable,
    }
}

/// Requests held back for one partition while its log is read.
const EARLY_MAX: usize = 1_000;
/// How long they are held back.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of records that are put together into one batch.
const BATCH_BYTES: usize = 256 << 10;
/// Bytes of log read at a time.
const PIECE_BYTES: u32 = 1 << 20;
/// Bytes the records of one batch may come to.
const RECORDS_BYTES_MAX: usize = 256 << 20;
