//! The engine of one core as the rest of the process sees it: one door, [`Engine::call`], for whatever core the answer is on.
//! Behind it the core's storage, its copy of the cluster's metadata, and the mesh that carries calls between cores.
//!
//! Start is done by all cores together, step by step; core 0 leads. A caller may rely on this: calls from one core to one
//! core are carried out in the order in which they were made.

use std::cell::{Cell, Ref, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use thalweg_replication::metadata::topic_config::TopicConfig;
use thalweg_replication::metadata::{Change, Image, ResourceKind};
use thalweg_rt::{Core, CoreId, LocalFuture, Port, Share, Tick};
use thalweg_wire::batch::BatchView;
use thalweg_wire::records::metadata::MetadataRecord;
use thalweg_wire::{LeaderEpoch, Offset, PartitionIndex, Reader, Uuid};

use crate::clean::away;
pub use crate::config::EngineConfig;
use crate::journal::{Journal, JournalError, Replay};
use crate::layout;
use crate::message::{
    Acks, Append, AppendError, AppendPart, Appended, CONTROLLER_CORE, Call, GroupCall, METADATA_TOPIC, Origin,
    PartitionKey, ReadError, Reply, core_of,
};
use crate::promise::{Promise, promise};
use crate::stats::CoreStats;
use crate::store::{Store, Topic};
use crate::waiting::{Answer, Bell};
use thalweg_replication::controller::ControlRequest;

/// What crosses the mesh.
#[expect(clippy::large_enum_variant, reason = "a message is moved through its ring once; a box would cost more")]
pub enum Message {
    /// A call for this core.
    Call {
        /// Names the answer.
        id: u64,
        /// Where it goes.
        from: CoreId,
        /// What is asked.
        call: Call,
    },
    /// The answer to a call of this core.
    Reply {
        /// The call's id.
        id: u64,
        /// The answer.
        reply: Reply,
    },
    /// A call of this core will not be answered.
    NoReply {
        /// The call's id.
        id: u64,
    },
    /// The process is to stop; comes through a core's door.
    Stop,
    /// A step of the start.
    Start(Step),
}

/// A step all cores take together at start.
pub enum Step {
    /// From core 0: the directory was laid out for so many cores, which is another number.
    Migrate(u16),
    /// From core 0: the directory is laid out for this many cores.
    Open,
    /// From core 0: the metadata as it was found.
    Metadata(Arc<Vec<MetadataRecord>>),
    /// To core 0: this core has taken the step.
    Done,
    /// From core 0: all have.
    Go,
    /// This core cannot start; to core 0, and from it to all.
    Failed(String),
}

/// A core cannot start.
#[derive(Debug)]
pub enum StartError {
    /// The disk failed.
    Io(io::Error),
    /// The journal cannot be used.
    Journal(JournalError),
    /// What is on the disk contradicts itself.
    Damaged(String),
    /// Another core cannot start.
    Other(String),
    /// The process was told to stop before it had started.
    Stopped,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Io(error) => write!(f, "the data directory cannot be used: {error}"),
            StartError::Journal(error) => error.fmt(f),
            StartError::Damaged(what) | StartError::Other(what) => f.write_str(what),
            StartError::Stopped => f.write_str("stopped before it had started"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        StartError::Io(error)
    }
}

impl From<JournalError> for StartError {
    fn from(error: JournalError) -> Self {
        StartError::Journal(error)
    }
}

/// The core that was called will not answer: it is stopping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the core is stopping")
    }
}

impl std::error::Error for Unavailable {}

/// What lives on a core besides its storage: coordinators, and on core 0 the controller.
pub trait Host {
    /// A group's request.
    fn group(&self, engine: &Rc<Engine>, call: GroupCall, answer: Answer);
    /// A decision for the cluster.
    fn control(&self, engine: &Rc<Engine>, request: ControlRequest, answer: Answer);
    /// The image has changed.
    fn changed(&self, engine: &Rc<Engine>, changes: &[Change]);
}

/// One core's engine.
pub struct Engine {
    core: Core,
    port: Rc<Port<Message>>,
    config: Rc<EngineConfig>,
    store: Rc<Store>,
    image: RefCell<Image>,
    host: RefCell<Option<Rc<dyn Host>>>,
    calls: RefCell<BTreeMap<u64, Promise<Reply>>>,
    next_call: Cell<u64>,
    /// Messages a core's ring had no room for, in order.
    overflow: RefCell<BTreeMap<CoreId, VecDeque<Message>>>,
    stop_asked: Cell<bool>,
    stop_bell: Bell,
}

impl Engine {
    /// Starts this core's engine. All cores of the process call it at once; it resolves when all have started. A journal that
    /// cannot be recovered without losing acknowledged records refuses.
    pub async fn start(
        core: Core,
        port: Rc<Port<Message>>,
        config: Arc<EngineConfig>,
    ) -> Result<Rc<Engine>, StartError> {
        let config = Rc::new((*config).clone());
        let mut start =
            Start { core: core.clone(), port: port.clone(), config: config.clone(), stash: VecDeque::new() };
        match start.run().await {
            Ok((store, image)) => {
                let engine = Rc::new(Engine {
                    core: core.clone(),
                    port,
                    config,
                    store,
                    image: RefCell::new(image),
                    host: RefCell::new(None),
                    calls: RefCell::default(),
                    next_call: Cell::new(0),
                    overflow: RefCell::default(),
                    stop_asked: Cell::new(false),
                    stop_bell: Bell::default(),
                });
                let this = engine.clone();
                let stash = start.stash;
                core.spawn.spawn(Share::Foreground, Box::pin(async move { this.receive(stash).await }));
                Ok(engine)
            }
            Err(error) => {
                start.tell_failure(&error).await;
                Err(error)
            }
        }
    }

    /// This core's copy of the metadata.
    pub fn image(&self) -> Ref<'_, Image> {
        self.image.borrow()
    }

    /// Puts a host beside the storage; calls for one that is not there are not answered.
    pub fn set_host(&self, host: Rc<dyn Host>) {
        *self.host.borrow_mut() = Some(host);
    }

    /// Lets go of all that refers back to this engine: what lives beside the storage, and whoever waits for an answer. A process
    /// just ends; a simulated one must give its memory back. The engine is not used any more.
    pub fn let_go(&self) {
        let host = self.host.borrow_mut().take();
        let waiting = std::mem::take(&mut *self.store.waiting.borrow_mut());
        let partitions: Vec<_> = self.store.partitions.borrow().values().cloned().collect();
        let backlogs: Vec<_> = partitions.iter().map(|partition| partition.backlog.take()).collect();
        drop((host, waiting, backlogs));
    }

    /// Calls a core. The message leaves, or runs up to its first wait if `to` is this core, before this returns; the future only
    /// awaits the answer, and dropping it forgets the answer. A release has no answer and resolves at once.
    pub fn call(self: &Rc<Engine>, to: CoreId, call: Call) -> LocalFuture<Result<Reply, Unavailable>> {
        let (given, promised) = promise();
        if to == self.core.id {
            self.handle(call, Box::new(move |reply| given.give(reply)));
        } else {
            let id = self.next_call.get() + 1;
            self.next_call.set(id);
            if !matches!(call, Call::Release(_)) {
                self.calls.borrow_mut().insert(id, given);
            }
            self.send(to, Message::Call { id, from: self.core.id, call });
        }
        Box::pin(async move { promised.await.ok_or(Unavailable) })
    }

    /// The core that owns a partition.
    pub fn core_of(&self, key: PartitionKey) -> CoreId {
        core_of(key, self.core.cores)
    }

    /// This core.
    pub fn this_core(&self) -> CoreId {
        self.core.id
    }

    /// Number of cores.
    pub fn cores(&self) -> u16 {
        self.core.cores
    }

    /// What this core runs on.
    pub fn runtime(&self) -> &Core {
        &self.core
    }

    /// The configuration.
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// Resolves when the process was told to stop.
    pub async fn stop_asked(&self) {
        while !self.stop_asked.get() {
            self.stop_bell.wait().await;
        }
        // Others may wait too.
        self.stop_bell.ring();
    }

    /// Stops this core's storage cleanly: what was acknowledged is at rest or in the journal, what waits is answered.
    pub async fn stop(&self) {
        self.store.stop().await;
    }

    /// What this core has counted.
    pub fn stats(&self) -> CoreStats {
        self.store.stats()
    }

    /// The storage, for a test to look into.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Appends a batch of a coordinator to a partition of this core; the append is made before this returns, and the future
    /// awaits that it is durable.
    pub fn append_own(
        self: &Rc<Engine>,
        key: PartitionKey,
        records: bytes::Bytes,
        deadline: Tick,
    ) -> LocalFuture<Result<Appended, AppendError>> {
        let (given, promised) = promise();
        let parts = vec![AppendPart { key, records }];
        let append = Append { parts, acks: Acks::All, deadline, origin: Origin::Coordinator };
        self.store.append(append, Box::new(move |reply| given.give(reply)));
        Box::pin(async move {
            match promised.await {
                Some(Reply::Append(mut results)) => results.pop().unwrap_or(Err(AppendError::Stopping)),
                _ => Err(AppendError::Stopping),
            }
        })
    }

    /// Batches of a partition of this core from an offset on, at most about `bytes_max`; empty at the end of the log. For
    /// coordinators that replay a partition.
    pub fn read_own(
        self: &Rc<Engine>,
        key: PartitionKey,
        from: Offset,
        bytes_max: u32,
    ) -> LocalFuture<Result<bytes::Bytes, ReadError>> {
        let store = self.store.clone();
        Box::pin(async move { store.read_whole(key, from, bytes_max).await })
    }

    /// Offset bounds of a partition of this core: first, and end of what is durable.
    pub fn bounds_own(self: &Rc<Engine>, key: PartitionKey) -> LocalFuture<Result<(Offset, Offset), ReadError>> {
        let store = self.store.clone();
        Box::pin(async move { store.bounds(key).await })
    }

    /// Replays metadata records on this core.
    pub async fn replay(self: &Rc<Engine>, records: &[MetadataRecord]) {
        let mut changes = Vec::new();
        {
            let mut image = self.image.borrow_mut();
            for record in records {
                changes.extend(image.replay(record));
            }
        }
        let removed = apply(&self.store, &self.image.borrow(), &self.config, &changes);
        for (id, name, partitions) in removed {
            self.store.remove_topic(id, &name, partitions).await;
        }
        let host = self.host.borrow().clone();
        if let Some(host) = host {
            host.changed(self, &changes);
        }
    }

    fn handle(self: &Rc<Engine>, call: Call, answer: Answer) {
        let store = self.store.clone();
        match call {
            Call::Append(append) => store.append(append, answer),
            Call::Read(read) => store.read(read, answer),
            Call::Release(id) => store.release(id),
            Call::Sizes => self.task(async move { answer(Reply::Sizes(store.sizes().await)) }),
            Call::Offsets(list) => self.task(async move {
                let mut results = Vec::with_capacity(list.len());
                for query in list {
                    results.push(store.offset_at(query).await);
                }
                answer(Reply::Offsets(results));
            }),
            Call::EpochEnds(list) => self.task(async move {
                let mut results = Vec::with_capacity(list.len());
                for query in list {
                    results.push(store.epoch_end(query).await);
                }
                answer(Reply::EpochEnds(results));
            }),
            Call::DeleteRecords(list) => self.task(async move {
                let mut results = Vec::with_capacity(list.len());
                for query in list {
                    results.push(store.delete_records(query).await);
                }
                answer(Reply::LogStarts(results));
            }),
            Call::Replay(records) => {
                let this = self.clone();
                self.task(async move {
                    this.replay(&records).await;
                    answer(Reply::Replayed);
                });
            }
            Call::Stop => self.task(async move {
                store.stop().await;
                answer(Reply::Stopped);
            }),
            Call::Group(call) => {
                let host = self.host.borrow().clone();
                if let Some(host) = host {
                    host.group(self, call, answer);
                }
            }
            Call::Control(request) => {
                let host = self.host.borrow().clone();
                if let Some(host) = host {
                    host.control(self, request, answer);
                }
            }
        }
    }

    fn task(&self, task: impl Future<Output = ()> + 'static) {
        self.core.spawn.spawn(Share::Foreground, Box::pin(task));
    }

    async fn receive(self: Rc<Engine>, mut stash: VecDeque<Message>) {
        loop {
            let message = match stash.pop_front() {
                Some(message) => message,
                None => poll_fn(|cx| self.port.poll_recv(cx)).await,
            };
            match message {
                Message::Call { id, from, call } => {
                    // An answer that is dropped says so: the caller must not wait for ever.
                    let back = Back { engine: self.clone(), to: from, id, silent: matches!(call, Call::Release(_)) };
                    self.handle(call, Box::new(move |reply| back.give(reply)));
                }
                Message::Reply { id, reply } => {
                    let waits = self.calls.borrow_mut().remove(&id);
                    if let Some(waits) = waits {
                        waits.give(reply);
                    }
                }
                Message::NoReply { id } => drop(self.calls.borrow_mut().remove(&id)),
                Message::Stop => {
                    self.stop_asked.set(true);
                    self.stop_bell.ring();
                }
                Message::Start(_) => {}
            }
        }
    }

    /// Sends, after everything sent to that core before.
    fn send(self: &Rc<Engine>, to: CoreId, message: Message) {
        let mut overflow = self.overflow.borrow_mut();
        if let Some(waiting) = overflow.get_mut(&to) {
            waiting.push_back(message);
            return;
        }
        let Err(message) = self.port.try_send(to, message) else { return };
        overflow.insert(to, VecDeque::from([message]));
        drop(overflow);
        let this = self.clone();
        self.task(async move {
            loop {
                let next = {
                    let mut overflow = this.overflow.borrow_mut();
                    let next = overflow.get_mut(&to).and_then(VecDeque::pop_front);
                    if next.is_none() {
                        overflow.remove(&to);
                    }
                    next
                };
                match next {
                    Some(message) => this.port.send(to, message).await,
                    None => return,
                }
            }
        });
    }
}

/// The way back of an answer to another core.
struct Back {
    engine: Rc<Engine>,
    to: CoreId,
    id: u64,
    silent: bool,
}

impl Back {
    fn give(mut self, reply: Reply) {
        self.silent = true;
        let (to, id) = (self.to, self.id);
        self.engine.send(to, Message::Reply { id, reply });
    }
}

impl Drop for Back {
    fn drop(&mut self) {
        if !self.silent {
            let (to, id) = (self.to, self.id);
            self.engine.send(to, Message::NoReply { id });
        }
    }
}

/// The start of one core.
struct Start {
    core: Core,
    port: Rc<Port<Message>>,
    config: Rc<EngineConfig>,
    /// What came before its time.
    stash: VecDeque<Message>,
}

impl Start {
    async fn run(&mut self) -> Result<(Rc<Store>, Image), StartError> {
        let leads = self.core.id == CONTROLLER_CORE;
        if leads {
            let found = layout::read(&self.core, &self.config.data).await?;
            match found {
                Some(cores) if cores != self.core.cores => {
                    self.tell_all(|| Step::Migrate(cores)).await;
                    self.migrate(cores).await?;
                    self.all_done().await?;
                    for old in 0..cores {
                        match self.core.disk.remove_dir(&crate::journal::ring::directory(&self.config.data, old)).await
                        {
                            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                            _ => {}
                        }
                    }
                    layout::write(&self.core, &self.config.data, self.core.cores).await?;
                }
                Some(_) => {}
                None => layout::write(&self.core, &self.config.data, self.core.cores).await?,
            }
            self.tell_all(|| Step::Open).await;
        } else {
            match self.step().await? {
                Step::Migrate(cores) => {
                    self.migrate(cores).await?;
                    self.tell(CONTROLLER_CORE, Step::Done).await;
                    let Step::Open = self.step().await? else { return Err(out_of_step()) };
                }
                Step::Open => {}
                _ => return Err(out_of_step()),
            }
        }
        let core = self.core.clone();
        let (store, image) = self.bring_up(core).await?;
        if leads {
            self.all_done().await?;
            self.tell_all(|| Step::Go).await;
            let leftovers = layout::leftovers(&self.core, &self.config.data).await?;
            let disk = self.core.disk.clone();
            store.spawn(Share::Background, async move {
                for path in leftovers {
                    // What cannot be removed now is removed at the next start.
                    let _ = disk.remove_dir(&path).await;
                }
            });
        } else {
            self.tell(CONTROLLER_CORE, Step::Done).await;
            let Step::Go = self.step().await? else { return Err(out_of_step()) };
        }
        Ok((store, image))
    }

    /// Starts every core of the old layout that falls to this one, and stops it cleanly.
    async fn migrate(&mut self, cores: u16) -> Result<(), StartError> {
        let mut image: Option<Image> = None;
        for old in (self.core.id.0..cores).step_by(usize::from(self.core.cores)) {
            let core = Core { id: CoreId(old), cores, ..self.core.clone() };
            let (store, found) = match &image {
                Some(image) => (self.bring_up_with(core, image.clone()).await?, image.clone()),
                None => self.bring_up(core).await?,
            };
            image = Some(found);
            if !store.stop_durably().await {
                return Err(StartError::Damaged("the old layout could not be brought to rest".into()));
            }
        }
        if image.is_none() {
            // No old core falls to this one; the metadata is handed out all the same.
            let Step::Metadata(_) = self.step().await? else { return Err(out_of_step()) };
        }
        Ok(())
    }

    /// Opens a core's storage with the metadata: found by core 0, awaited by the others.
    async fn bring_up(&mut self, core: Core) -> Result<(Rc<Store>, Image), StartError> {
        let (journal, recovered) = Journal::open(&core, &self.config).await?;
        let store = Store::new(core, self.config.clone(), journal);
        let mut partitions = recovered.partitions;
        let metadata = PartitionKey { topic: METADATA_TOPIC, index: PartitionIndex(0) };
        let config = TopicConfig::resolve(&BTreeMap::new(), &BTreeMap::new());
        let records = if self.core.id == CONTROLLER_CORE {
            store.set_topic(
                METADATA_TOPIC,
                Topic { name: "__cluster_metadata".into(), epochs: vec![LeaderEpoch(0)], config: Rc::new(config) },
            );
            if let Some(replay) = partitions.remove(&metadata) {
                open(&store, metadata, replay, recovered.durable).await?;
            }
            let records = Arc::new(read_metadata(&store, metadata).await?);
            self.tell_all(|| Step::Metadata(records.clone())).await;
            records
        } else {
            let Step::Metadata(records) = self.step().await? else { return Err(out_of_step()) };
            records
        };
        let mut image = Image::default();
        let mut changes = Vec::new();
        for record in records.iter() {
            changes.extend(image.replay(record));
        }
        apply(&store, &image, &self.config, &changes);
        open_all(&store, partitions, recovered.durable).await?;
        store.start();
        Ok((store, image))
    }

    async fn bring_up_with(&mut self, core: Core, image: Image) -> Result<Rc<Store>, StartError> {
        let (journal, recovered) = Journal::open(&core, &self.config).await?;
        let store = Store::new(core, self.config.clone(), journal);
        for topic in image.topics() {
            store.set_topic(topic.id, topic_of(&image, &self.config, topic));
        }
        open_all(&store, recovered.partitions, recovered.durable).await?;
        store.start();
        Ok(store)
    }

    async fn tell(&self, to: CoreId, step: Step) {
        self.port.send(to, Message::Start(step)).await;
    }

    async fn tell_all(&self, step: impl Fn() -> Step) {
        for to in (0..self.core.cores).map(CoreId).filter(|to| *to != self.core.id) {
            self.tell(to, step()).await;
        }
    }

    /// Resolves when every other core has said that it is done.
    async fn all_done(&mut self) -> Result<(), StartError> {
        for _ in 1..self.core.cores {
            let Step::Done = self.step().await? else { return Err(out_of_step()) };
        }
        Ok(())
    }

    async fn step(&mut self) -> Result<Step, StartError> {
        loop {
            match poll_fn(|cx| self.port.poll_recv(cx)).await {
                Message::Start(Step::Failed(text)) => return Err(StartError::Other(text)),
                Message::Start(step) => return Ok(step),
                Message::Stop => return Err(StartError::Stopped),
                other => self.stash.push_back(other),
            }
        }
    }

    async fn tell_failure(&self, error: &StartError) {
        let text = error.to_string();
        if self.core.id == CONTROLLER_CORE {
            self.tell_all(|| Step::Failed(text.clone())).await;
        } else if !matches!(error, StartError::Other(_)) {
            self.tell(CONTROLLER_CORE, Step::Failed(text)).await;
        }
    }
}

fn out_of_step() -> StartError {
    StartError::Damaged("the cores fell out of step at start".into())
}

async fn open_all(
    store: &Rc<Store>,
    partitions: BTreeMap<PartitionKey, Replay>,
    durable: u64,
) -> Result<(), StartError> {
    for (key, replay) in partitions {
        // A topic that is not known any more was deleted.
        if store.partition(key).is_some() {
            open(store, key, replay, durable).await?;
        }
    }
    Ok(())
}

async fn open(store: &Rc<Store>, key: PartitionKey, replay: Replay, durable: u64) -> Result<(), StartError> {
    let Some(partition) = store.partition(key) else { return Ok(()) };
    let name = partition.directory.display().to_string();
    match store.open_from_journal(&partition, replay, durable).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(damage)) => Err(StartError::Damaged(format!("{name}: {damage}"))),
        Err(error) => Err(StartError::Damaged(format!("{name}: {error}"))),
    }
}

/// Every record of the metadata log.
async fn read_metadata(store: &Rc<Store>, key: PartitionKey) -> Result<Vec<MetadataRecord>, StartError> {
    let damaged = |what: String| StartError::Damaged(format!("the metadata log: {what}"));
    let (mut from, end) = store.bounds(key).await.map_err(|error| damaged(format!("{error:?}")))?;
    let mut records = Vec::new();
    while from < end {
        let bytes = store.read_whole(key, from, METADATA_PIECE).await.map_err(|error| damaged(format!("{error:?}")))?;
        if bytes.is_empty() {
            return Err(damaged(format!("ends at {from} instead of {end}")));
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let batch = BatchView::parse_prefix(rest).map_err(|error| damaged(error.to_string()))?;
            if !batch.crc_matches() {
                return Err(damaged(format!("the batch at {} is damaged", batch.base_offset())));
            }
            rest = &rest[batch.size()..];
            from = batch.next_offset();
            if batch.is_control() {
                continue;
            }
            let mut list = batch.records(1 << 30).map_err(|error| damaged(error.to_string()))?;
            while let Some(record) = list.try_next().map_err(|error| damaged(error.to_string()))? {
                let value = bytes::Bytes::copy_from_slice(record.value.unwrap_or_default());
                let decoded = MetadataRecord::decode(&mut Reader::new(value));
                records.push(decoded.map_err(|error| damaged(error.to_string()))?);
            }
        }
    }
    Ok(records)
}

const METADATA_PIECE: u32 = 1 << 20;

fn topic_of(image: &Image, config: &EngineConfig, topic: &thalweg_replication::metadata::Topic) -> Topic {
    let none = BTreeMap::new();
    let overrides = image.config(ResourceKind::Topic, &topic.name).unwrap_or(&none);
    let defaults = image.broker_settings(&config.topic_defaults, config.node);
    Topic {
        name: topic.name.to_string(),
        epochs: topic.partitions.iter().map(|partition| partition.leader_epoch).collect(),
        config: Rc::new(TopicConfig::resolve(overrides, &defaults)),
    }
}

/// Tells the storage what changed; the topics that are gone, with their name and number of partitions.
fn apply(store: &Store, image: &Image, config: &EngineConfig, changes: &[Change]) -> Vec<(Uuid, String, usize)> {
    let mut removed = Vec::new();
    let mut touched: Vec<Uuid> = Vec::new();
    for change in changes {
        match change {
            Change::TopicCreated { id } => touched.push(*id),
            Change::PartitionCreated { topic, .. } | Change::PartitionChanged { topic, .. } => touched.push(*topic),
            Change::TopicRemoved { id, name, partitions } => removed.push((*id, name.to_string(), *partitions)),
            Change::ConfigChanged { kind: ResourceKind::Topic, name } => {
                touched.extend(image.topic(name).map(|topic| topic.id));
            }
            Change::ConfigChanged { .. } => touched.extend(image.topics().map(|topic| topic.id)),
            Change::BrokerChanged { .. } => {}
        }
    }
    touched.sort_unstable();
    touched.dedup();
    for topic in touched.into_iter().filter_map(|id| image.topic_by_id(id)) {
        store.set_topic(topic.id, topic_of(image, config, topic));
    }
    removed
}

impl Store {
    /// Takes a topic out of service: who waits for it is told, and its directories go.
    pub async fn remove_topic(self: &Rc<Store>, id: Uuid, name: &str, partitions: usize) {
        self.topics.borrow_mut().remove(&id);
        let mut paths = Vec::new();
        for index in 0..i32::try_from(partitions).unwrap_or(i32::MAX) {
            let key = PartitionKey { topic: id, index: PartitionIndex(index) };
            if core_of(key, self.core.cores) != self.core.id {
                continue;
            }
            let directory = self.config.data.join(format!("{name}-{index}"));
            self.forget(key).await;
            let target = away(&directory, &id.to_string());
            if self.core.disk.rename(&directory, &target).await.is_ok() {
                paths.push(target);
            }
        }
        let disk = self.core.disk.clone();
        self.spawn(Share::Background, async move {
            for path in paths {
                // What cannot be removed now is removed at the next start.
                let _ = disk.remove_dir(&path).await;
            }
        });
    }
}
