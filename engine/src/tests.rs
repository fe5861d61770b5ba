//! One core from append to restart, in a small world.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{BLOCK, CoreId, LocalFuture, PortSeed, Segment, Tick, Timer, Wake, mesh};
use thalweg_wire::batch::BatchView;
use thalweg_wire::compression::Compression;
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::records::metadata::{ConfigRecord, MetadataRecord, PartitionRecord, RemoveTopicRecord, TopicRecord};
use thalweg_wire::{Chunk, LeaderEpoch, NodeId, Offset, PartitionIndex, Sink, Uuid};

use crate::log::testing::{batch, offsets_of};
use crate::testing::{MemDisk, World};
use crate::*;

mod damage;
mod hard_times;
mod remembered;

const TOPIC: Uuid = Uuid([9; 16]);

fn key(index: i32) -> PartitionKey {
    PartitionKey { topic: TOPIC, index: PartitionIndex(index) }
}

fn partition_record(topic_id: Uuid, partition_id: i32) -> MetadataRecord {
    MetadataRecord::Partition(PartitionRecord {
        partition_id,
        topic_id,
        replicas: vec![1],
        isr: vec![1],
        leader: 1,
        leader_epoch: 0,
        ..Default::default()
    })
}

fn small(data: &str) -> EngineConfig {
    let mut config = EngineConfig::new(PathBuf::from(data), NodeId(1));
    config.journal = JournalConfig {
        files: 4,
        file_bytes: 1 << 20,
        initial_files: 3,
        initial_file_bytes: 512 << 10,
        frame_bytes_max: 256 << 10,
        ..JournalConfig::default()
    };
    config.bypass_bytes = 64 << 10;
    config
}

struct NoWake;

impl Wake for NoWake {
    fn wake(&self) {}
}

/// A broker's storage on one core, and a disk that outlives it.
struct Node {
    disk: MemDisk,
    config: EngineConfig,
    configs: Vec<(&'static str, &'static str)>,
    world: Rc<World>,
    engine: Option<Rc<Engine>>,
    partitions: i32,
}

impl Node {
    fn new() -> Node {
        Node::with(small("/data"), &[])
    }

    fn with(config: EngineConfig, configs: &[(&'static str, &'static str)]) -> Node {
        Node::with_partitions(3, config, configs)
    }

    fn with_partitions(partitions: i32, config: EngineConfig, configs: &[(&'static str, &'static str)]) -> Node {
        let mut node = Node {
            disk: MemDisk::new(),
            config,
            configs: configs.to_vec(),
            world: World::new(0),
            engine: None,
            partitions,
        };
        node.start().unwrap();
        node
    }

    fn start(&mut self) -> Result<(), StartError> {
        self.world = World::new(self.world.now());
        let core = self.world.core(0, 1, &self.disk);
        let (mut seeds, _doors) = mesh::<Message>(1, 16, vec![Arc::new(NoWake)]);
        let seed: PortSeed<Message> = seeds.remove(0);
        let config = Arc::new(self.config.clone());
        let engine = self.world.run(async move { Engine::start(core, Rc::new(seed.open()), config).await })?;
        self.engine = Some(engine.clone());
        if engine.image().topic_count() > 0 {
            return Ok(());
        }
        let mut records = vec![MetadataRecord::Topic(TopicRecord { name: "t".into(), topic_id: TOPIC })];
        records.extend((0..self.partitions).map(|index| partition_record(TOPIC, index)));
        for (name, value) in &self.configs {
            records.push(MetadataRecord::Config(ConfigRecord {
                resource_type: 2,
                resource_name: "t".into(),
                name: (*name).into(),
                value: Some((*value).into()),
            }));
        }
        let mut log = BatchBuilder::new(Compression::None);
        for record in &records {
            let mut value = Sink::new();
            record.encode(&mut value, 0).unwrap();
            let value: Vec<u8> = value
                .finish()
                .into_iter()
                .flat_map(|chunk| match chunk {
                    Chunk::Memory(bytes) => bytes.to_vec(),
                    Chunk::External { .. } => panic!("records are in memory"),
                })
                .collect();
            log.push(1, None, Some(&value), &[]).unwrap();
        }
        let metadata = PartitionKey { topic: METADATA_TOPIC, index: PartitionIndex(0) };
        let log = log.finish().unwrap();
        self.world.run(async move {
            engine.append_own(metadata, log, Tick(u64::MAX)).await.unwrap();
            engine.replay(&records).await;
        });
        Ok(())
    }

    fn engine(&self) -> Rc<Engine> {
        self.engine.clone().unwrap()
    }

    fn call(&self, call: Call) -> Reply {
        let engine = self.engine();
        self.world.run(async move { engine.call(CoreId(0), call).await.unwrap() })
    }

    fn append(&self, index: i32, records: Bytes) -> Result<Appended, AppendError> {
        let append = self.append_call(index, records, Acks::All);
        match self.call(append) {
            Reply::Append(mut results) => results.remove(0),
            _ => panic!("not an answer to an append"),
        }
    }

    fn append_call(&self, index: i32, records: Bytes, acks: Acks) -> Call {
        Call::Append(Append {
            parts: vec![AppendPart { key: key(index), records }],
            acks,
            deadline: self.world.now_tick() + Duration::from_secs(30),
            origin: Origin::Client { zstd: true },
        })
    }

    fn read_call(&self, index: i32, offset: i64, bytes_max: u32, wait: Option<Wait>) -> Call {
        Call::Read(Read {
            id: ReadId { from: CoreId(0), serial: 77 },
            parts: vec![ReadPart {
                key: key(index),
                offset: Offset(offset),
                bytes_max,
                current_epoch: None,
                last_fetched_epoch: None,
            }],
            bytes_max,
            oversized_first: true,
            wait,
            isolation: Isolation::ReadUncommitted,
            away: Duration::ZERO,
        })
    }

    fn read(&self, index: i32, offset: i64, bytes_max: u32) -> Result<ReadData, ReadError> {
        match self.call(self.read_call(index, offset, bytes_max, None)) {
            Reply::Read(mut results) => results.remove(0),
            _ => panic!("not an answer to a read"),
        }
    }

    /// Every batch of a partition, checked.
    fn read_all(&self, index: i32) -> Vec<(i64, i64)> {
        let mut offset = match self.read(index, i64::MAX, 1) {
            Err(ReadError::OutOfRange { log_start, .. }) => log_start.0,
            other => panic!("{other:?}"),
        };
        let mut all = Vec::new();
        loop {
            let data = self.read(index, offset, 100_000).unwrap();
            let bytes = bytes_of(&data);
            if bytes.is_empty() {
                assert_eq!(data.high_watermark.0, offset);
                return all;
            }
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let view = BatchView::parse_prefix(rest).unwrap();
                assert!(view.crc_matches());
                rest = &rest[view.size()..];
            }
            let list = offsets_of(&bytes);
            offset = list.last().unwrap().1 + 1;
            all.extend(list);
        }
    }

    fn stop(&mut self) {
        let engine = self.engine.take().unwrap();
        self.world.run(async move { engine.stop().await });
        self.world.kill();
    }

    /// The process ends; the disk keeps what was written.
    fn kill(&mut self) {
        self.engine = None;
        self.world.kill();
    }

    /// The power goes; the disk keeps what was flushed, and of the rest what chance wills.
    fn cut(&mut self, seed: u64) {
        self.kill();
        self.disk.cut(seed);
    }
}

impl World {
    fn now_tick(&self) -> Tick {
        Timer::now(self)
    }
}

fn bytes_of(data: &ReadData) -> Vec<u8> {
    let mut all = Vec::new();
    for segment in &data.segments {
        match segment {
            Segment::Memory(bytes) => all.extend_from_slice(bytes),
            Segment::File { .. } => panic!("there are no descriptors here"),
        }
    }
    assert_eq!(all.len(), data.bytes as usize);
    all
}

#[test]
fn one_record_there_and_back_and_after_a_restart() {
    let mut node = Node::new();
    let appended = node.append(0, batch(0, 1).bytes()).unwrap();
    assert_eq!(appended.base_offset, Offset(0));
    assert_eq!(node.read_all(0), [(0, 0)]);
    node.cut(1);
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(0, 0)]);
    assert_eq!(node.append(0, batch(0, 2).bytes()).unwrap().base_offset, Offset(1));
    node.stop();
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(0, 0), (1, 2)]);
}

#[test]
fn a_clean_stop_leaves_a_kafka_segment() {
    let mut node = Node::new();
    let first = batch(0, 3).bytes();
    let second = batch(3, 2).bytes();
    node.append(0, batch(0, 3).bytes()).unwrap();
    node.append(0, batch(0, 2).bytes()).unwrap();
    node.stop();
    let log = node.disk.content(Path::new("/data/t-0/00000000000000000000.log")).unwrap();
    assert_eq!(log.len(), first.len() + second.len());
    assert_eq!(offsets_of(&log), [(0, 2), (3, 4)]);
    assert!(
        node.disk.content(Path::new("/data/t-0/partition.metadata")).unwrap().starts_with(b"version: 0\ntopic_id: ")
    );
    assert!(node.disk.names(Path::new("/data/t-1")).is_empty(), "no directory without data");
    node.start().unwrap();
    assert_eq!(node.append(0, batch(0, 1).bytes()).unwrap().base_offset, Offset(5));
    assert_eq!(node.read_all(0), [(0, 2), (3, 4), (5, 5)]);
}

#[test]
fn a_file_is_longer_than_its_segment_only_while_that_is_written() {
    let mut config = small("/data");
    config.destage.room_bytes = 256 << 10;
    let mut node = Node::with(config, &[]);
    let path = Path::new("/data/t-0/00000000000000000000.log");
    // bypassed, so each is in the file when it is acknowledged
    let size = batch(0, 1).value_len(200_000).bytes().len();
    let appended = |node: &Node, count: usize| {
        for _ in 0..count {
            node.append(0, batch(0, 1).value_len(200_000).bytes()).unwrap();
        }
        node.disk.content(path).unwrap().len()
    };
    let long = appended(&node, 2);
    assert!((2 * size..=2 * size + (256 << 10)).contains(&long), "{long} for {}", 2 * size);
    assert_eq!(appended(&node, 1), long, "there is room for the next");
    node.cut(3);
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(0, 0), (1, 1), (2, 2)]);
    appended(&node, 1);
    node.stop();
    let log = node.disk.content(path).unwrap();
    assert_eq!(log.len(), 4 * size);
    assert_eq!(offsets_of(&log), [(0, 0), (1, 1), (2, 2), (3, 3)]);
}

/// A segment that ends with a block has all its bytes durable before it is finished, and a file that is longer then.
#[test]
fn a_finished_segment_keeps_its_length_over_a_power_cut() {
    for seed in 0..4 {
        let mut config = small("/data");
        config.destage.room_bytes = 192 << 10;
        config.destage.bytes = 64 << 10;
        let mut node = Node::with(config, &[("segment.bytes", "1048576")]);
        let header = batch(0, 1).value_len(65_000).bytes().len() - 65_000;
        let block = batch(0, 1).value_len(65_536 - header).bytes();
        assert_eq!(block.len(), 65_536);
        for _ in 0..16 {
            node.append(0, block.clone()).unwrap();
        }
        // what is not bypassed finishes it with nobody waiting, and then the journal forgets it
        for index in [0, 1] {
            for _ in 0..100 {
                node.append(index, batch(0, 1).value_len(30_000).bytes()).unwrap();
            }
        }
        node.cut(seed);
        node.start().unwrap();
        assert_eq!(node.read_all(0).len(), 116);
    }
}

/// Appends to many partitions for a while, cutting the power now and then: everything acknowledged is there, once, in order.
fn survive(seed: u64, config: EngineConfig, batches: u32, value_len: impl Fn(u64) -> usize) {
    let mut node = Node::with(config, &[("segment.bytes", "1048576"), ("index.interval.bytes", "4096")]);
    let mut random = seed;
    let mut next = move |below: u64| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 33) % below
    };
    let mut acknowledged: Vec<Vec<(i64, i64)>> = vec![Vec::new(); 3];
    let mut sequences = [0i32; 3];
    for round in 0..batches {
        let index = next(3) as i32;
        let slot = index as usize;
        let records = 1 + next(4) as i32;
        let len = value_len(next(1_000));
        let bytes = batch(0, records).value_len(len).producer(5, 0, sequences[slot]).bytes();
        let appended = node.append(index, bytes.clone()).unwrap();
        let expected = acknowledged[slot].last().map_or(0, |(_, last)| last + 1);
        assert_eq!(appended.base_offset.0, expected, "round {round}");
        acknowledged[slot].push((expected, expected + i64::from(records) - 1));
        sequences[slot] += records;
        match next(40) {
            0 => {
                node.cut(next(1 << 40));
                node.start().unwrap();
            }
            1 => {
                node.stop();
                node.start().unwrap();
            }
            2 => {
                node.kill();
                node.start().unwrap();
            }
            _ => {}
        }
        if next(10) == 0 {
            assert_eq!(node.append(index, bytes).unwrap().base_offset.0, expected, "a repetition, round {round}");
        }
        if next(25) == 0 {
            assert_eq!(node.read_all(index), acknowledged[slot], "round {round}");
        }
    }
    for index in 0..3 {
        assert_eq!(node.read_all(index), acknowledged[index as usize]);
    }
}

/// A ring so small that it turns often.
fn tiny() -> EngineConfig {
    let mut config = small("/data");
    config.journal.file_bytes = 256 << 10;
    config.journal.frame_bytes_max = 128 << 10;
    config
}

#[test]
fn small_batches_survive_power_cuts_and_laps_of_the_ring() {
    for seed in 0..3 {
        survive(seed, tiny(), 900, |r| if r < 900 { 100 } else { 15_000 });
    }
}

#[test]
fn large_batches_survive_power_cuts_beside_the_journal() {
    for seed in 10..12 {
        survive(seed, tiny(), 150, |r| if r < 500 { 3_000 } else { 40_000 });
    }
}

/// The same story with a bug planted: it must be noticed.
fn noticed(bug: Bug, value_len: fn(u64) -> usize) -> bool {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let caught = (0..6).any(|seed| {
        std::panic::catch_unwind(move || {
            let config = EngineConfig { planted: Some(bug), ..tiny() };
            survive(seed, config, 300, value_len);
        })
        .is_err()
    });
    std::panic::set_hook(hook);
    caught
}

#[test]
fn planted_bugs_are_noticed() {
    assert!(noticed(Bug::AcknowledgeBeforeFlush, |_| 100), "acknowledge before flush");
    assert!(noticed(Bug::LapNotChecked, |_| 100), "lap not checked");
    assert!(noticed(Bug::TailCutTooEarly, |_| 100), "tail cut too early");
    assert!(noticed(Bug::BypassWithoutSecondCompletion, |_| 30_000), "bypass without the second completion");
    assert!(noticed(Bug::SequenceStateNotRecovered, |_| 100), "sequence state not recovered");
}

#[test]
fn without_flushes_a_power_cut_loses_records() {
    let config = EngineConfig { unsafe_no_flush: true, ..tiny() };
    let lost = (0..10).filter(|seed| {
        let mut node = Node::with(config.clone(), &[]);
        for _ in 0..20 {
            node.append(0, batch(0, 1).bytes()).unwrap();
        }
        node.cut(*seed);
        node.start().is_err() || node.read(0, 20, 1).is_err()
    });
    assert!(lost.count() >= 9);
}

#[test]
fn a_failed_flush_takes_the_directory_offline() {
    // The operation that fails is the flush: the one after the write, or the write itself.
    for (flush, operation) in [(Flush::WriteThenSync, 1), (Flush::DataSync, 0)] {
        let mut config = small("/data");
        config.journal.flush = flush;
        let mut node = Node::with(config, &[]);
        node.append(0, batch(0, 1).bytes()).unwrap();
        node.disk.fail_in.set(Some(operation));
        assert_eq!(node.append(0, batch(0, 1).bytes()), Err(AppendError::Offline));
        assert_eq!(node.append(1, batch(0, 1).bytes()), Err(AppendError::Offline));
        assert_eq!(node.read(0, 0, 100).unwrap_err(), ReadError::Offline);
        node.cut(3);
        node.start().unwrap();
        let all = node.read_all(0);
        assert_eq!(all[0], (0, 0));
        assert!(all.len() <= 2, "what was not acknowledged may be there or not");
    }
}

#[test]
fn a_full_disk_refuses_appends_and_loses_nothing() {
    let mut node = Node::with(tiny(), &[]);
    let mut written = 0;
    let mut offset = 0;
    node.disk.capacity.set(1_600_000);
    loop {
        match node.append(0, batch(0, 1).value_len(20_000).bytes()) {
            Ok(appended) => {
                assert_eq!(appended.base_offset.0, offset);
                offset += 1;
            }
            Err(error) => {
                assert_eq!(error, AppendError::DiskFull);
                break;
            }
        }
        written += 1;
        assert!(written < 200, "the disk never filled up");
    }
    assert_eq!(node.read_all(0).len(), written);
    node.disk.capacity.set(u64::MAX);
    node.world.run_for(Duration::from_secs(1));
    assert_eq!(node.append(0, batch(0, 1).bytes()).unwrap().base_offset.0, offset);
    node.cut(5);
    node.start().unwrap();
    assert_eq!(node.read_all(0).len(), written + 1);
}

#[test]
fn deleting_the_topic_that_filled_the_disk_brings_service_back() {
    let node = Node::with(tiny(), &[]);
    node.disk.capacity.set(1_600_000);
    while node.append(0, batch(0, 1).value_len(20_000).bytes()).is_ok() {}
    let other = Uuid([8; 16]);
    let engine = node.engine();
    let metadata = PartitionKey { topic: METADATA_TOPIC, index: PartitionIndex(0) };
    let change = [
        MetadataRecord::RemoveTopic(RemoveTopicRecord { topic_id: TOPIC }),
        MetadataRecord::Topic(TopicRecord { name: "u".into(), topic_id: other }),
        partition_record(other, 0),
    ];
    node.world.run(async move {
        // The metadata log takes records even now; which ones does not matter here.
        engine.append_own(metadata, batch(0, 1).bytes(), Tick(u64::MAX)).await.unwrap();
        engine.replay(&change).await;
    });
    node.world.run_for(Duration::from_secs(1));
    let mut append = node.append_call(0, batch(0, 1).bytes(), Acks::All);
    if let Call::Append(append) = &mut append {
        append.parts[0].key.topic = other;
    }
    let Reply::Append(results) = node.call(append) else { panic!("not an answer to an append") };
    assert_eq!(results[0].as_ref().unwrap().base_offset, Offset(0));
}

#[test]
fn a_full_disk_under_a_bypass_falls_back_to_the_journal() {
    let mut node = Node::with(small("/data"), &[]);
    node.append(0, batch(0, 1).bytes()).unwrap();
    node.disk.capacity.set(4 << 20);
    let records = batch(0, 1).value_len(200_000).bytes();
    assert_eq!(node.append(0, records).unwrap().base_offset, Offset(1));
    node.cut(8);
    node.disk.capacity.set(u64::MAX);
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(0, 0), (1, 1)]);
}

#[test]
fn a_read_waits_for_data_or_its_deadline() {
    let node = Node::new();
    node.append(0, batch(0, 1).bytes()).unwrap();
    let wait = Wait { bytes_min: 1, deadline: node.world.now_tick() + Duration::from_millis(500) };
    let engine = node.engine();
    let parked = engine.call(CoreId(0), node.read_call(0, 1, 1000, Some(wait)));
    let appended = engine.call(CoreId(0), node.append_call(0, batch(0, 2).bytes(), Acks::All));
    let (read, _) = node.world.run(async move { (parked.await.unwrap(), appended.await.unwrap()) });
    let Reply::Read(results) = read else { panic!() };
    assert_eq!(offsets_of(&bytes_of(results[0].as_ref().unwrap())), [(1, 2)]);
    let before = node.world.now_tick();
    let wait = Wait { bytes_min: 1, deadline: before + Duration::from_millis(500) };
    let Reply::Read(results) = node.call(node.read_call(0, 3, 1000, Some(wait))) else { panic!() };
    assert_eq!(results[0].as_ref().unwrap().bytes, 0);
    assert!(node.world.now_tick().since(before) >= Duration::from_millis(500));
    let parked =
        engine.call(CoreId(0), node.read_call(0, 3, 1000, Some(Wait { bytes_min: 1, deadline: Tick(u64::MAX) })));
    drop(engine.call(CoreId(0), Call::Release(ReadId { from: CoreId(0), serial: 77 })));
    let Reply::Read(results) = node.world.run(async move { parked.await.unwrap() }) else { panic!() };
    assert_eq!(results[0].as_ref().unwrap().high_watermark, Offset(3));
}

#[test]
fn limits_of_a_read_are_kept_save_for_the_first_batch() {
    let node = Node::new();
    for _ in 0..10 {
        node.append(0, batch(0, 1).value_len(500).bytes()).unwrap();
    }
    let size = batch(0, 1).value_len(500).bytes().len() as u32;
    assert_eq!(node.read(0, 3, size * 2 + 5).unwrap().bytes, size * 2);
    assert_eq!(node.read(0, 3, 1).unwrap().bytes, size);
    assert_eq!(node.read(0, 10, 1).unwrap().bytes, 0);
    assert!(matches!(node.read(0, 11, 1), Err(ReadError::OutOfRange { .. })));
    assert_eq!(node.read(7, 0, 1).unwrap_err(), ReadError::UnknownPartition);
}

fn offset_at(node: &Node, at: OffsetAt) -> (i64, i64) {
    let query = OffsetQuery { key: key(0), at, isolation: Isolation::ReadUncommitted, current_epoch: None };
    let Reply::Offsets(mut results) = node.call(Call::Offsets(vec![query])) else { panic!() };
    let answer = results.remove(0).unwrap();
    (answer.offset.0, answer.timestamp_ms)
}

#[test]
fn offsets_are_found_by_time_to_the_record() {
    let mut node = Node::with(tiny(), &[("segment.bytes", "1048576")]);
    assert_eq!(offset_at(&node, OffsetAt::MaxTimestamp), (-1, -1));
    assert_eq!(offset_at(&node, OffsetAt::Time(5)), (-1, -1));
    for i in 0..60 {
        let time_ms = if i == 40 { 100_000 } else { 1_000 + i * 100 };
        let codec = if i % 2 == 0 { Compression::Lz4 } else { Compression::None };
        node.append(0, batch(0, 5).value_len(10_000).time_ms(time_ms).codec(codec).bytes()).unwrap();
    }
    for restarted in [false, true] {
        if restarted {
            node.stop();
            node.start().unwrap();
        }
        assert_eq!(offset_at(&node, OffsetAt::Earliest), (0, -1));
        assert_eq!(offset_at(&node, OffsetAt::Latest), (300, -1));
        assert_eq!(offset_at(&node, OffsetAt::MaxTimestamp), (204, 100_040));
        assert_eq!(offset_at(&node, OffsetAt::Time(0)), (0, 1_000));
        assert_eq!(offset_at(&node, OffsetAt::Time(1_021)), (3, 1_030));
        assert_eq!(offset_at(&node, OffsetAt::Time(3_015)), (102, 3_020));
        assert_eq!(offset_at(&node, OffsetAt::Time(50_000)), (200, 100_000));
        assert_eq!(offset_at(&node, OffsetAt::Time(100_041)), (-1, -1));
    }
}

#[test]
fn deleted_records_stay_deleted() {
    let mut node = Node::with(tiny(), &[("segment.bytes", "1048576")]);
    for _ in 0..50 {
        node.append(0, batch(0, 1).value_len(50_000).bytes()).unwrap();
    }
    let delete = |node: &Node, before: Option<i64>| {
        let call = Call::DeleteRecords(vec![DeleteRecords { key: key(0), before: before.map(Offset) }]);
        let Reply::LogStarts(mut results) = node.call(call) else { panic!() };
        results.remove(0)
    };
    assert_eq!(delete(&node, Some(45)).unwrap(), Offset(45));
    assert_eq!(delete(&node, Some(7)).unwrap(), Offset(45));
    assert!(matches!(delete(&node, Some(51)), Err(ReadError::OutOfRange { .. })));
    node.cut(4);
    node.start().unwrap();
    assert!(matches!(node.read(0, 44, 1), Err(ReadError::OutOfRange { log_start: Offset(45), .. })));
    assert_eq!(node.read_all(0), [(45, 45), (46, 46), (47, 47), (48, 48), (49, 49)]);
    node.stop();
    assert!(node.disk.content(Path::new("/data/t-0/00000000000000000000.log")).is_none(), "whole segments are removed");
    node.start().unwrap();
    assert_eq!(delete(&node, None).unwrap(), Offset(50));
    node.cut(4);
    node.start().unwrap();
    assert_eq!(node.read_all(0), []);
    assert_eq!(node.append(0, batch(0, 1).bytes()).unwrap().base_offset, Offset(50));
}

#[test]
fn an_index_ahead_of_its_log_is_built_again() {
    for planted in [false, true] {
        let mut node = Node::with(tiny(), &[]);
        for _ in 0..30 {
            node.append(0, batch(0, 1).value_len(9_000).bytes()).unwrap();
        }
        node.stop();
        node.disk.damage(Path::new("/data/t-0/00000000000000000000.index"), |content| {
            // The first entry says that offset 1 is where the log has long ended.
            content[..8].copy_from_slice(&[0, 0, 0, 1, 0, 0x7f, 0, 0]);
            content.truncate(8);
        });
        node.config.planted = planted.then_some(Bug::IndexAheadOfData);
        node.start().unwrap();
        assert_eq!(node.read(0, 20, 100).is_ok(), !planted);
    }
}

#[test]
fn a_torn_index_entry_inside_the_log_is_noticed_too() {
    let mut node = Node::with(tiny(), &[]);
    for _ in 0..30 {
        node.append(0, batch(0, 1).value_len(9_000).bytes()).unwrap();
    }
    node.stop();
    node.disk.damage(Path::new("/data/t-0/00000000000000000000.index"), |content| content[7] ^= 1);
    node.start().unwrap();
    for offset in 0..30 {
        assert_eq!(offsets_of(&bytes_of(&node.read(0, offset, 100).unwrap())), [(offset, offset)]);
    }
}

#[test]
fn epochs_fence_and_tell_where_logs_part() {
    let node = Node::new();
    node.append(0, batch(0, 3).bytes()).unwrap();
    let ends = |epoch: i32, current: Option<i32>| {
        let query = EpochQuery { key: key(0), epoch: LeaderEpoch(epoch), current_epoch: current.map(LeaderEpoch) };
        let Reply::EpochEnds(mut results) = node.call(Call::EpochEnds(vec![query])) else { panic!() };
        results.remove(0)
    };
    assert_eq!(ends(0, None), Ok(Some((LeaderEpoch(0), Offset(3)))));
    assert_eq!(ends(0, Some(5)), Err(ReadError::UnknownEpoch));
    assert_eq!(ends(0, Some(-2)), Err(ReadError::FencedEpoch));
    assert_eq!(ends(-2, None), Ok(None));
}

/// A node of several cores on one thread.
fn start_cores(world: &Rc<World>, disk: &MemDisk, config: &EngineConfig, cores: u16) -> Vec<Rc<Engine>> {
    try_start_cores(world, disk, config, cores).into_iter().map(|engine| engine.unwrap()).collect()
}

fn try_start_cores(
    world: &Rc<World>,
    disk: &MemDisk,
    config: &EngineConfig,
    cores: u16,
) -> Vec<Result<Rc<Engine>, StartError>> {
    let wakes = (0..cores).map(|_| Arc::new(NoWake) as Arc<dyn Wake>).collect();
    let (seeds, _doors) = mesh::<Message>(cores, 64, wakes);
    let config = Arc::new(config.clone());
    let mut starts: Vec<LocalFuture<Result<Rc<Engine>, StartError>>> = Vec::new();
    for (id, seed) in seeds.into_iter().enumerate() {
        let port = Rc::new(seed.open());
        let noticed = port.clone();
        world.between.borrow_mut().push(Box::new(move || {
            noticed.notice();
        }));
        starts.push(Box::pin(Engine::start(world.core(id as u16, cores, disk), port, config.clone())));
    }
    world.run(crate::promise::all(starts))
}

fn read_anywhere(world: &Rc<World>, engine: &Rc<Engine>, index: i32) -> Vec<(i64, i64)> {
    let read = Read {
        id: ReadId { from: CoreId(0), serial: 1 },
        parts: vec![ReadPart {
            key: key(index),
            offset: Offset(0),
            bytes_max: 1 << 20,
            current_epoch: None,
            last_fetched_epoch: None,
        }],
        bytes_max: 1 << 20,
        oversized_first: true,
        wait: None,
        isolation: Isolation::ReadUncommitted,
        away: Duration::ZERO,
    };
    let engine = engine.clone();
    let reply = world.run(async move { engine.call(engine.core_of(key(index)), Call::Read(read)).await.unwrap() });
    let Reply::Read(mut results) = reply else { panic!("not an answer to a read") };
    offsets_of(&bytes_of(&results.remove(0).unwrap()))
}

#[test]
fn another_number_of_cores_finds_everything() {
    let mut node = Node::new();
    for index in 0..3 {
        node.append(index, batch(0, 2).bytes()).unwrap();
    }
    node.kill();
    let mut expected = vec![(0, 1)];
    for cores in [3, 2, 1, 2] {
        let world = World::new(0);
        let engines = start_cores(&world, &node.disk, &node.config, cores);
        for index in 0..3 {
            assert_eq!(read_anywhere(&world, &engines[0], index), expected, "{cores} cores");
            let append = node.append_call(index, batch(0, 1).bytes(), Acks::All);
            let engine = engines[usize::from(cores) - 1].clone();
            let reply = world.run(async move { engine.call(engine.core_of(key(index)), append).await.unwrap() });
            assert!(matches!(reply, Reply::Append(results) if results[0].is_ok()));
        }
        let next = expected.last().unwrap().1 + 1;
        expected.push((next, next));
        world.kill();
        node.disk.cut(u64::from(cores));
    }
}

#[test]
fn sizes_tell_of_partitions_at_rest() {
    let mut node = Node::new();
    node.append(1, batch(0, 2).bytes()).unwrap();
    node.stop();
    node.start().unwrap();
    let Reply::Sizes(sizes) = node.call(Call::Sizes) else { panic!() };
    let found = sizes.iter().find(|size| size.key == key(1)).unwrap();
    assert_eq!((found.bytes, found.log_end), (batch(0, 2).bytes().len() as u64, Offset(2)));
    assert!(sizes.iter().all(|size| size.key != key(2)));
}

#[test]
fn a_producer_is_forgotten_after_its_time() {
    let mut config = small("/data");
    config.producer_id_expiration_ms = 1_000;
    let node = Node::with(config, &[]);
    node.append(0, batch(0, 1).producer(5, 0, 0).bytes()).unwrap();
    let gap = batch(0, 1).producer(5, 0, 9).bytes();
    assert!(matches!(node.append(0, gap.clone()), Err(AppendError::OutOfOrderSequence { .. })));
    node.world.run_for(Duration::from_secs(2));
    assert_eq!(node.append(0, gap).unwrap().base_offset, Offset(1));
}
