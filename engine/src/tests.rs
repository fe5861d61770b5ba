//! One core from append to restart, in a small world.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{CoreId, PortSeed, Segment, Tick, Timer, Wake, mesh};
use thalweg_wire::batch::BatchView;
use thalweg_wire::compression::Compression;
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::records::metadata::{ConfigRecord, MetadataRecord, PartitionRecord, TopicRecord};
use thalweg_wire::{Chunk, NodeId, Offset, PartitionIndex, Sink, Uuid};

use crate::log::testing::{batch, offsets_of};
use crate::testing::{MemDisk, World};
use crate::*;

const TOPIC: Uuid = Uuid([9; 16]);

fn key(index: i32) -> PartitionKey {
    PartitionKey { topic: TOPIC, index: PartitionIndex(index) }
}

fn small(data: &str) -> EngineConfig {
    let mut config = EngineConfig::new(PathBuf::from(data), NodeId(1));
    config.journal = JournalConfig {
        files: 4,
        file_bytes: 1 << 20,
        initial_files: 3,
        frame_bytes_max: 256 << 10,
        ..JournalConfig::default()
    };
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
        let mut node = Node {
            disk: MemDisk::new(),
            config,
            configs: configs.to_vec(),
            world: World::new(0),
            engine: None,
            partitions: 3,
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
        for index in 0..self.partitions {
            records.push(MetadataRecord::Partition(PartitionRecord {
                partition_id: index,
                topic_id: TOPIC,
                replicas: vec![1],
                isr: vec![1],
                leader: 1,
                ..Default::default()
            }));
        }
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
