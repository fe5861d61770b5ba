//! One story of crashes: a node takes idempotent appends, dies at any moment, starts again on what its disk kept, and is read
//! from end to end by a checker that knows what was acknowledged.
//!
//! Each partition has one producer, which numbers its records from zero. So the record at offset `n` must be record `n`:
//! a loss, a repetition or a change of order anywhere shows as a number that is not its offset.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_engine::config::{Bug, DestageConfig, EngineConfig, Flush, JournalConfig, Limits};
use thalweg_engine::message::{
    Acks, Append, AppendError, AppendPart, CONTROLLER_CORE, Call, Isolation, OffsetAt, OffsetQuery, Origin,
    PartitionKey, Read, ReadId, ReadPart, Reply,
};
use thalweg_engine::{Engine, HostConfig, Message, StartError};
use thalweg_replication::controller::{BrokerFacts, ControlDefaults, ControlRequest};
use thalweg_replication::group::GroupConfig;
use thalweg_rt::{CoreId, Segment, Tick};
use thalweg_wire::batch::BatchView;
use thalweg_wire::compression::Compression;
use thalweg_wire::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::{NodeId, Offset, PartitionIndex, ProducerEpoch, ProducerId, Sequence, Uuid};

use crate::disk::{DiskCounts, DiskFaults, SimDisk};
use crate::random::Random;
use crate::world::{Halt, World};

/// What must never happen, and did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Violation {
    /// Acknowledged records are gone: the log ends, or begins, before them.
    Lost {
        /// The partition.
        partition: i32,
        /// End of what was acknowledged.
        acknowledged: i64,
        /// End of what is there.
        found: i64,
    },
    /// At this offset stands another record than was written there.
    Wrong {
        /// The partition.
        partition: i32,
        /// The offset.
        offset: i64,
        /// What stands there instead.
        found: String,
    },
    /// The node refused to start on a disk that did nothing worse than lose what was not flushed.
    NoStart(String),
    /// The node refused something it should have done.
    Refused(String),
    /// The node came to a halt, or runs in circles, while doing this.
    Halted(&'static str, Halt),
    /// The node, or the story, came upon what it takes for impossible.
    Panicked(String),
    /// The node did not get done with this in a minute, though it stirs.
    Late(&'static str),
}

/// What a story went through, so that a run of many can show that it was not vacuous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Batches acknowledged.
    pub acknowledged: u64,
    /// Records read back and compared.
    pub read: u64,
    /// Power cuts.
    pub cuts: u64,
    /// Ends of the process alone.
    pub kills: u64,
    /// Clean stops.
    pub stops: u64,
    /// Batches that failed because the disk did, or was full.
    pub failed: u64,
    /// Bytes that went to segments past the journal.
    pub bypassed: u64,
    /// Bytes that went to the journal from where they lay.
    pub uncopied: u64,
    /// Journal files freed to be written again: the ring has turned.
    pub freed: u64,
    /// Starts that cut frames from the journal which stood beyond a torn one.
    pub tails_cut: u64,
    /// What happened to the disk.
    pub disk: DiskCounts,
}

impl Summary {
    /// Adds another story's counts.
    pub fn add(&mut self, other: &Summary) {
        self.acknowledged += other.acknowledged;
        self.read += other.read;
        self.cuts += other.cuts;
        self.kills += other.kills;
        self.stops += other.stops;
        self.failed += other.failed;
        self.bypassed += other.bypassed;
        self.uncopied += other.uncopied;
        self.freed += other.freed;
        self.tails_cut += other.tails_cut;
        self.disk.writes += other.disk.writes;
        self.disk.flushes += other.disk.flushes;
        self.disk.writes_failed += other.disk.writes_failed;
        self.disk.flushes_failed += other.disk.flushes_failed;
        self.disk.writes_refused += other.disk.writes_refused;
        self.disk.sectors_lost += other.disk.sectors_lost;
        self.disk.files_torn += other.disk.files_torn;
    }

    fn count(&mut self, node: &Node) {
        for engine in node.0.iter() {
            let stats = engine.stats();
            self.bypassed += stats.bypass_bytes;
            self.uncopied += stats.uncopied_bytes;
            self.freed += stats.journal_files_freed;
            self.tails_cut += u64::from(stats.journal_cut);
        }
    }
}

/// A batch a producer has sent and whose fate it may not know.
#[derive(Clone)]
struct Sent {
    first: i64,
    count: i64,
    bytes: Bytes,
}

/// A partition as its producer and the checker know it. Outlives the node.
struct Ledger {
    key: PartitionKey,
    /// Records before this one are acknowledged.
    acknowledged: Cell<i64>,
    /// Sent and not acknowledged, oldest first.
    unsure: RefCell<VecDeque<Sent>>,
    random: RefCell<Random>,
    /// Sizes of records are up to this many bytes.
    record_bytes_max: u64,
    records_max: u64,
}

/// The knobs of a story, drawn from its seed.
struct Knobs {
    cores: u16,
    partitions: i32,
    lives: u64,
    journal: JournalConfig,
    destage: DestageConfig,
    limits: Limits,
    bypass_bytes: u32,
    /// Of the topic: the smallest there may be, or so large that nothing rolls; and an index of a few entries, or of many.
    segment_bytes: u32,
    index_interval_bytes: u32,
}

fn knobs(random: &mut Random) -> Knobs {
    let big = random.chance(1, 8);
    let file_bytes = 65_536 * random.within(4, if big { 32 } else { 8 });
    let files = random.within(3, 5) as u16;
    let mut knobs = Knobs {
        cores: random.within(1, 2) as u16,
        partitions: random.within(1, 6) as i32,
        lives: random.within(2, 4),
        journal: JournalConfig {
            files,
            file_bytes,
            initial_file_bytes: file_bytes,
            initial_files: if random.chance(1, 2) { files } else { 2 },
            frame_bytes_max: 1 << random.within(16, 17),
            commits_in_flight_max: random.within(1, 4) as u8,
            eager_bytes: 1 << random.within(10, 16),
            flush: if random.chance(1, 2) { Flush::DataSync } else { Flush::WriteThenSync },
        },
        destage: DestageConfig {
            bytes: 1 << random.within(13, 17),
            age_ms: random.within(1, 200) as u32,
            bytes_min: 1 << random.within(12, 14),
            piece_bytes: 1 << random.within(13, 17),
            pieces_in_flight_max: random.within(1, 4) as usize,
            free_files_min: 1,
            free_percent_min: 0,
            carries_max: random.within(0, 3) as u8,
            room_bytes: 1 << random.within(12, 20),
            together_min: 0,
            together_unwritten_max: 0,
        },
        limits: Limits {
            tail_bytes: 1 << random.within(14, 19),
            tail_written_bytes: 1 << random.within(12, 19),
            tail_bytes_max: 1 << 20,
            open_files_max: random.within(2, 20) as usize,
            idle_partitions_max: random.within(2, 20) as usize,
            ..Limits::default()
        },
        bypass_bytes: 1 << random.within(13, 16),
        segment_bytes: if random.chance(1, 2) { 1 << 20 } else { 1 << 30 },
        index_interval_bytes: if random.chance(1, 2) { 64 } else { 4096 },
    };
    // Not drawn, lest every story of the past become another one: always, for two or three at once, never; and in every other
    // story files are freed when there is none left.
    knobs.destage.together_min = [1, 2, 3, usize::MAX][(knobs.destage.room_bytes.ilog2() % 4) as usize];
    knobs.destage.free_percent_min = [0, 50][(knobs.destage.bytes.ilog2() % 2) as usize];
    knobs
}

/// In half of the stories the first files of the journal are smaller than those that follow, as they are in earnest.
fn mix_sizes(journal: &mut JournalConfig, random: &mut Random) {
    if random.chance(1, 2) {
        journal.initial_file_bytes = 65_536 * random.within(3, journal.file_bytes / 65_536 - 1);
        journal.initial_files = random.within(2, u64::from(journal.files) - 1) as u16;
    }
}

/// The value of a record, in a buffer that is used again and again.
fn value(buffer: &mut Vec<u8>, partition: i32, number: i64, bytes_max: u64) -> &[u8] {
    let mut random = Random::new(number as u64).fork(partition as u64 + 1);
    let size = if random.chance(1, 20) { bytes_max } else { random.below(bytes_max / 8 + 1) };
    let size = 8 + size as usize;
    if buffer.len() < size {
        buffer.resize(size, 0);
    }
    let value = &mut buffer[..size];
    random.fill(&mut value[8..]);
    value[..8].copy_from_slice(&number.to_be_bytes());
    value
}

impl Ledger {
    /// The log was found to end here: what was sent beyond is known to be lost, and may be sent in other batches.
    fn ends_at(&self, end: i64) {
        self.unsure.borrow_mut().retain(|sent| sent.first < end);
    }

    /// The record after the last one sent, as far as it may be in the log. Of batches sent again a later one may be acknowledged
    /// before an earlier one, whose answer comes another way: so the last in doubt need not be the last of all.
    fn sent_end(&self) -> i64 {
        let in_doubt = self.unsure.borrow().back().map_or(0, |last| last.first + last.count);
        self.acknowledged.get().max(in_doubt)
    }

    /// The next batch, remembered as sent.
    fn next(&self, partition: i32, wall_ms: i64) -> Sent {
        let first = self.sent_end();
        let count = self.random.borrow_mut().within(1, self.records_max) as i64;
        let producer = ProducerId(1000 + i64::from(partition));
        let mut batch = BatchBuilder::new(Compression::None).producer(
            producer,
            ProducerEpoch(0),
            Sequence((first & 0x7fff_ffff) as i32),
        );
        let mut buffer = Vec::new();
        for number in first..first + count {
            let value = value(&mut buffer, partition, number, self.record_bytes_max);
            batch.push(wall_ms, None, Some(value), &[]).expect("a small batch");
        }
        let sent = Sent { first, count, bytes: batch.finish().expect("uncompressed") };
        self.unsure.borrow_mut().push_back(sent.clone());
        sent
    }
}

/// Batches of one producer in flight at the most: what an idempotent producer may have.
const IN_FLIGHT_MAX: usize = 5;

/// One life of the node: its engines, by core.
#[derive(Clone)]
struct Node(Rc<Vec<Rc<Engine>>>);

impl Node {
    /// Asks from the core that would hold the client's connection.
    async fn call(&self, from: usize, to: CoreId, call: Call) -> Result<Reply, String> {
        let engine = &self.0[from % self.0.len()];
        engine.call(to, call).await.map_err(|error| format!("{error:?}"))
    }

    /// The process has ended: its memory is free again, also where parts of it refer to each other.
    fn let_go(&self) {
        for engine in self.0.iter() {
            engine.let_go();
        }
    }

    fn core_of(&self, key: PartitionKey) -> CoreId {
        self.0[0].core_of(key)
    }

    async fn append(&self, from: usize, key: PartitionKey, records: Bytes) -> Result<Offset, AppendError> {
        let call = Call::Append(Append {
            parts: vec![AppendPart { key, records }],
            acks: Acks::All,
            deadline: Tick(u64::MAX),
            origin: Origin::Client { zstd: true },
        });
        match self.call(from, self.core_of(key), call).await {
            Ok(Reply::Append(mut results)) => results.remove(0).map(|appended| appended.base_offset),
            Ok(_) => unreachable!("an append is answered by an append"),
            Err(_) => Err(AppendError::Stopping),
        }
    }
}

thread_local! {
    /// The pool of buffers of a thread that tells stories, as each core has one; it keeps buffers from being zeroed anew.
    static POOL: () = thalweg_rt::open_pool(POOL_BYTES);
}

/// More than a story holds at a time; what goes beyond would come from the allocator.
const POOL_BYTES: usize = 64 << 20;

/// Tells one story. The same seed and bug tell the same one.
pub fn tell(seed: u64, planted: Option<Bug>) -> Result<Summary, Violation> {
    POOL.with(|()| ());
    // Nothing of a story outlives it, so nothing half done is seen.
    std::panic::catch_unwind(|| story(seed, planted)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(Violation::Panicked(text.unwrap_or("for no reason given").into()))
    })
}

fn story(seed: u64, planted: Option<Bug>) -> Result<Summary, Violation> {
    let random = Random::new(seed);
    let mut dice = random.fork(1);
    let mut knobs = knobs(&mut dice);
    mix_sizes(&mut knobs.journal, &mut random.fork(4));
    let disk = SimDisk::new(random.fork(2));
    let mut config = EngineConfig::new(PathBuf::from("/data"), NodeId(1));
    config.journal = knobs.journal;
    config.destage = knobs.destage;
    config.limits = knobs.limits;
    config.bypass_bytes = knobs.bypass_bytes;
    config.planted = planted;
    let mut ledgers: Vec<Rc<Ledger>> = Vec::new();
    let mut summary = Summary::default();
    for life in 0..knobs.lives {
        let last = life + 1 == knobs.lives;
        let world = World::new(random.fork(100 + life));
        // Faults begin once the node is up: a disk that fails while it starts only keeps it from starting.
        disk.set_faults(DiskFaults { latency_us_max: dice.within(20, 2000), ..DiskFaults::default() });
        let node = start(&world, &disk, &knobs, &config, u128::from(seed) << 8 | u128::from(life))?;
        if ledgers.is_empty() {
            ledgers = create(&world, &node, &knobs, &random)?;
        }
        for (partition, ledger) in ledgers.iter().enumerate() {
            let (read, end) = check(&world, &node, partition as i32, ledger, &mut dice)?;
            summary.read += read;
            if dice.chance(1, 2) {
                ledger.ends_at(end);
            }
        }
        if last {
            summary.count(&node);
            node.let_go();
            break;
        }
        disk.set_faults(faults(&mut dice, &disk));
        run(&world, &node, &ledgers, &mut dice, &mut summary)?;
        end(&world, &node, &disk, &mut dice, &mut summary)?;
        summary.count(&node);
        node.let_go();
        drop(node);
        drop(world);
    }
    summary.disk = disk.counts();
    Ok(summary)
}

fn faults(dice: &mut Random, disk: &SimDisk) -> DiskFaults {
    let mut faults = DiskFaults { latency_us_max: dice.within(20, 3000), ..DiskFaults::default() };
    match dice.below(8) {
        0 => faults.writes_until_error = Some(dice.below(200)),
        1 => faults.flushes_until_error = Some(dice.below(100)),
        2 => {
            let used: usize = disk.listing().iter().map(|(_, len)| len).sum();
            faults.capacity_bytes = Some(used as u64 + dice.below(1 << 18));
        }
        _ => {}
    }
    faults
}

fn start(world: &World, disk: &SimDisk, knobs: &Knobs, config: &EngineConfig, seed: u128) -> Result<Node, Violation> {
    let config = Arc::new(config.clone());
    let (ports, _doors) = world.mesh::<Message>(knobs.cores, 64);
    let host = HostConfig {
        groups: GroupConfig::default(),
        control: ControlDefaults::default(),
        broker: BrokerFacts {
            id: config.node,
            incarnation: Uuid(u128::from(world.now().0 + 1).to_be_bytes()),
            epoch: 0,
            endpoints: Vec::new(),
            rack: None,
            log_dirs: Vec::new(),
        },
        seed,
    };
    let starting: Vec<_> = ports
        .into_iter()
        .enumerate()
        .map(|(id, port)| {
            let core = world.core(CoreId(id as u16), knobs.cores, disk);
            let (config, host) = (config.clone(), host.clone());
            async move {
                let engine = Engine::start(core, port, config).await?;
                thalweg_engine::host(&engine, host).await?;
                Ok::<_, StartError>(engine)
            }
        })
        .collect();
    let started = finish(world, "starting", join(starting))?;
    let engines: Result<Vec<_>, _> = started.into_iter().collect();
    engines.map(|engines| Node(Rc::new(engines))).map_err(|error| Violation::NoStart(error.to_string()))
}

/// Runs what the node was asked for to its end.
fn finish<T: 'static>(
    world: &World,
    what: &'static str,
    future: impl Future<Output = T> + 'static,
) -> Result<T, Violation> {
    let done = world.run_until(future, Some(world.now() + PATIENCE));
    done.map_err(|halt| Violation::Halted(what, halt))?.ok_or(Violation::Late(what))
}

/// Awaits all, side by side.
async fn join<T: 'static, F: Future<Output = T> + 'static>(futures: Vec<F>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut pending = false;
        for (future, result) in &mut futures {
            if result.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(value) => *result = Some(value),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(|(_, result)| result).collect()
}

/// Nothing a node is asked for takes longer, on disks that take milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

const TOPIC: &str = "story";

fn create(world: &World, node: &Node, knobs: &Knobs, random: &Random) -> Result<Vec<Rc<Ledger>>, Violation> {
    let config = |name: &'static str, value: u32| CreatableTopicConfig {
        name: name.into(),
        value: Some(value.to_string().into()),
    };
    let topic = CreatableTopic {
        name: TOPIC.into(),
        num_partitions: knobs.partitions,
        replication_factor: 1,
        configs: vec![
            config("segment.bytes", knobs.segment_bytes),
            config("index.interval.bytes", knobs.index_interval_bytes),
        ],
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 1000, ..Default::default() };
    let control = ControlRequest::CreateTopics { version: 7, request };
    let asking = node.clone();
    let reply = async move { asking.call(0, CONTROLLER_CORE, Call::Control(control)).await };
    match finish(world, "creating a topic", reply)? {
        Ok(_) => {}
        Err(error) => return Err(Violation::Refused(format!("the topic: {error}"))),
    }
    let id = node.0[0].image().topic(TOPIC).map(|topic| topic.id);
    let Some(topic) = id else { return Err(Violation::Refused("the topic is not there".into())) };
    let mut dice = random.fork(3);
    let ledger = |index: i32| {
        let record_bytes_max = 1 << dice.within(5, 13);
        Rc::new(Ledger {
            key: PartitionKey { topic, index: PartitionIndex(index) },
            acknowledged: Cell::new(0),
            unsure: RefCell::default(),
            random: RefCell::new(random.fork(1000 + index as u64)),
            record_bytes_max,
            records_max: if dice.chance(1, 4) { 40 } else { 4 },
        })
    };
    Ok((0..knobs.partitions).map(ledger).collect())
}

/// Lets every producer write until the story's time is over.
fn run(
    world: &World,
    node: &Node,
    ledgers: &[Rc<Ledger>],
    dice: &mut Random,
    summary: &mut Summary,
) -> Result<(), Violation> {
    let until = world.now() + Duration::from_millis(dice.within(1, 300));
    let outcome: Rc<RefCell<(Summary, Option<Violation>)>> = Rc::default();
    for (partition, ledger) in ledgers.iter().enumerate() {
        let (node, ledger, outcome) = (node.clone(), ledger.clone(), outcome.clone());
        let pause_us = dice.below(5000);
        let width = dice.within(1, IN_FLIGHT_MAX as u64) as usize;
        let timer = world.timer();
        world.spawn(async move {
            if let Err(violation) = produce(&node, partition, &ledger, &*timer, pause_us, width, &outcome).await {
                outcome.borrow_mut().1.get_or_insert(violation);
            }
        });
    }
    let timer = world.timer();
    finish(world, "running", async move { timer.sleep_until(until).await })?;
    let (seen, violation) = outcome.take();
    summary.add(&seen);
    violation.map_or(Ok(()), Err)
}

async fn produce(
    node: &Node,
    partition: usize,
    ledger: &Ledger,
    timer: &dyn thalweg_rt::Timer,
    pause_us: u64,
    width: usize,
    outcome: &RefCell<(Summary, Option<Violation>)>,
) -> Result<(), Violation> {
    let from = partition;
    let mut flight = VecDeque::new();
    // What an earlier life left unanswered is sent again, as it was.
    let again: Vec<Sent> = ledger.unsure.borrow().iter().cloned().collect();
    let mut again = VecDeque::from(again);
    loop {
        while flight.len() < width {
            let sent = match again.pop_front() {
                Some(sent) => sent,
                None => ledger.next(partition as i32, timer.wall_ms()),
            };
            flight.push_back((sent.clone(), Box::pin(node.append(from, ledger.key, sent.bytes.clone()))));
            // Polled once, in order, as a connection does: appends of one producer must not overtake each other.
            let Some((_, last)) = flight.back_mut() else { continue };
            if let Some(result) = poll_once(last).await {
                let failed = result.is_err();
                settle(ledger, partition, &sent, result, outcome)?;
                flight.pop_back();
                if failed {
                    // Those before it are still on their way; the next life sends them all again.
                    return Ok(());
                }
            }
        }
        if let Some((sent, future)) = flight.pop_front() {
            let result = future.await;
            let failed = result.is_err();
            settle(ledger, partition, &sent, result, outcome)?;
            if failed {
                // The fate of all that follow is unknown too; the next life sends them again.
                return Ok(());
            }
        }
        if pause_us > 0 {
            crate::world::pause(timer, Duration::from_micros(pause_us)).await;
        }
    }
}

async fn poll_once<T>(future: &mut std::pin::Pin<Box<impl Future<Output = T>>>) -> Option<T> {
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match future.as_mut().poll(cx) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

fn settle(
    ledger: &Ledger,
    partition: usize,
    sent: &Sent,
    result: Result<Offset, AppendError>,
    outcome: &RefCell<(Summary, Option<Violation>)>,
) -> Result<(), Violation> {
    match result {
        Ok(offset) if offset.0 == sent.first => {
            outcome.borrow_mut().0.acknowledged += 1;
            ledger.unsure.borrow_mut().retain(|other| other.first != sent.first);
            ledger.acknowledged.set(ledger.acknowledged.get().max(sent.first + sent.count));
            Ok(())
        }
        Ok(offset) => Err(Violation::Wrong {
            partition: partition as i32,
            offset: offset.0,
            found: format!("acknowledged record {} of the producer there", sent.first),
        }),
        Err(AppendError::DiskFull | AppendError::Offline | AppendError::Stopping | AppendError::Busy) => {
            outcome.borrow_mut().0.failed += 1;
            Ok(())
        }
        Err(error) => Err(Violation::Refused(format!("batch at {} of partition {partition}: {error:?}", sent.first))),
    }
}

fn end(world: &World, node: &Node, disk: &SimDisk, dice: &mut Random, summary: &mut Summary) -> Result<(), Violation> {
    match dice.below(8) {
        0 => {
            let engines = node.0.clone();
            let stopping: Vec<_> = (0..engines.len())
                .map(|at| {
                    let engines = engines.clone();
                    async move { engines[at].stop().await }
                })
                .collect();
            finish(world, "stopping", join(stopping))?;
            disk.process_end();
            if dice.chance(1, 2) {
                disk.power_cut();
            }
            summary.stops += 1;
        }
        1 => {
            disk.process_end();
            summary.kills += 1;
        }
        _ => {
            disk.power_cut();
            summary.cuts += 1;
        }
    }
    Ok(())
}

/// Reads a partition from its first record to its last, then from offsets at random, and compares. How many records were read,
/// and where the log ends.
fn check(
    world: &World,
    node: &Node,
    partition: i32,
    ledger: &Rc<Ledger>,
    dice: &mut Random,
) -> Result<(u64, i64), Violation> {
    let (node, ledger) = (node.clone(), ledger.clone());
    let jumps: Vec<u64> = (0..3).map(|_| dice.bits()).collect();
    let checking = async move {
        let end = end_of(&node, ledger.key).await?;
        let acknowledged = ledger.acknowledged.get();
        if end < acknowledged {
            return Err(Violation::Lost { partition, acknowledged, found: end });
        }
        let known_end = ledger.sent_end();
        if end > known_end {
            let found = format!("the log ends at {end}, and only {known_end} records were ever sent");
            return Err(Violation::Wrong { partition, offset: known_end, found });
        }
        let mut times = Vec::new();
        let mut read = read_from(&node, partition, &ledger, (0, end), u64::MAX, &mut times).await?;
        for jump in jumps {
            if end > 0 {
                let from = (jump % end as u64) as i64;
                read += read_from(&node, partition, &ledger, (from, end), 20, &mut Vec::new()).await?;
                by_time(&node, partition, &ledger, &times, times[(jump >> 32) as usize % times.len()].1).await?;
            }
        }
        if let Some(largest) = times.iter().map(|(_, ms)| *ms).max() {
            by_time(&node, partition, &ledger, &times, largest).await?;
            by_time(&node, partition, &ledger, &times, largest + 1).await?;
        }
        Ok((read, end))
    };
    finish(world, "reading", checking)?
}

async fn end_of(node: &Node, key: PartitionKey) -> Result<i64, Violation> {
    offset_at(node, key, OffsetAt::Latest).await.map(|(offset, _)| offset)
}

/// An offset and its timestamp, -1 where there is none.
async fn offset_at(node: &Node, key: PartitionKey, at: OffsetAt) -> Result<(i64, i64), Violation> {
    let query = OffsetQuery { key, at, isolation: Isolation::ReadUncommitted, current_epoch: None };
    match node.call(0, node.core_of(key), Call::Offsets(vec![query])).await {
        Ok(Reply::Offsets(mut answers)) => match answers.remove(0) {
            Ok(answer) => Ok((answer.offset.0, answer.timestamp_ms)),
            Err(error) => Err(Violation::Refused(format!("an offset, {at:?}: {error:?}"))),
        },
        Ok(_) => unreachable!("offsets are answered by offsets"),
        Err(error) => Err(Violation::Refused(error)),
    }
}

/// Asks for the first record at or after a time, which the log as it was read tells too: all records of a batch have one time.
/// The clock begins anew with each life, so times do not grow with offsets.
async fn by_time(node: &Node, partition: i32, ledger: &Ledger, times: &[(i64, i64)], ms: i64) -> Result<(), Violation> {
    let expected = times.iter().copied().find(|(_, at)| *at >= ms).unwrap_or((-1, -1));
    let (offset, at) = offset_at(node, ledger.key, OffsetAt::Time(ms)).await?;
    if (offset, at) == expected {
        return Ok(());
    }
    let found = format!("offset {offset} of {at} ms was said to be the first of {ms} ms or later");
    Err(Violation::Wrong { partition, offset: expected.0, found })
}

/// Reads and compares; the first offset and the time of each batch go to `times`. How many records were read.
async fn read_from(
    node: &Node,
    partition: i32,
    ledger: &Ledger,
    (from, end): (i64, i64),
    records_max: u64,
    times: &mut Vec<(i64, i64)>,
) -> Result<u64, Violation> {
    let mut at = from;
    let mut read = 0;
    let mut buffer = Vec::new();
    while at < end && read < records_max {
        let call = Call::Read(Read {
            id: ReadId { from: CoreId(0), serial: at as u64 },
            parts: vec![ReadPart {
                key: ledger.key,
                offset: Offset(at),
                bytes_max: 64 << 10,
                current_epoch: None,
                last_fetched_epoch: None,
            }],
            bytes_max: 64 << 10,
            oversized_first: true,
            wait: None,
            isolation: Isolation::ReadUncommitted,
            away: Duration::ZERO,
        });
        let data = match node.call(0, node.core_of(ledger.key), call).await {
            Ok(Reply::Read(mut parts)) => parts.remove(0),
            Ok(_) => unreachable!("a read is answered by a read"),
            Err(error) => return Err(Violation::Refused(error)),
        };
        let data = data.map_err(|error| Violation::Refused(format!("a read at {at}: {error:?}")))?;
        let parts = data.segments.into_iter().map(|segment| match segment {
            Segment::Memory(part) => part,
            Segment::File { .. } => unreachable!("the simulated disk has no descriptors"),
        });
        let mut parts: Vec<Bytes> = parts.collect();
        let bytes = if parts.len() == 1 { parts.remove(0) } else { Bytes::from(parts.concat()) };
        let wrong = |offset: i64, found: String| Violation::Wrong { partition, offset, found };
        if bytes.is_empty() {
            return Err(Violation::Lost { partition, acknowledged: end, found: at });
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let batch = BatchView::parse_prefix(rest).map_err(|error| wrong(at, format!("no batch: {error:?}")))?;
            if !batch.crc_matches() {
                return Err(wrong(at, "a batch whose checksum does not match".into()));
            }
            let base = batch.base_offset().0;
            if base > at || batch.last_offset().0 < at {
                let found = format!("a batch of {base} to {}", batch.last_offset().0);
                return Err(wrong(at, found));
            }
            let mut records = batch.records(1 << 24).map_err(|error| wrong(base, format!("{error:?}")))?;
            let mut number = base;
            while let Some(record) = records.try_next().map_err(|error| wrong(base, format!("{error:?}")))? {
                if record.value != Some(value(&mut buffer, partition, number, ledger.record_bytes_max)) {
                    let seen =
                        record.value.and_then(|value| value.first_chunk()).map(|first| i64::from_be_bytes(*first));
                    return Err(wrong(number, format!("record {seen:?} of the producer")));
                }
                read += 1;
                number += 1;
            }
            times.push((base, batch.max_timestamp()));
            at = batch.last_offset().0 + 1;
            rest = &rest[batch.size()..];
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_producer_goes_on_after_what_was_acknowledged_out_of_order() {
        let ledger = Ledger {
            key: PartitionKey { topic: Uuid([1; 16]), index: PartitionIndex(0) },
            acknowledged: Cell::new(0),
            unsure: RefCell::default(),
            random: RefCell::new(Random::new(1)),
            record_bytes_max: 64,
            records_max: 4,
        };
        let sent: Vec<Sent> = (0..3).map(|_| ledger.next(0, 1_000)).collect();
        let outcome = RefCell::default();
        // The node had all of them before it was cut: those that follow the second are answered before it.
        for of in [&sent[0], &sent[2]] {
            settle(&ledger, 0, of, Ok(Offset(of.first)), &outcome).expect("where it belongs");
        }
        let next = ledger.next(0, 1_000);
        assert_eq!(next.first, sent[2].first + sent[2].count);
        assert_eq!(
            ledger.unsure.borrow().iter().map(|sent| sent.first).collect::<Vec<_>>(),
            [sent[1].first, next.first]
        );
    }
}
