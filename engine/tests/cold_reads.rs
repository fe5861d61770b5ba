//! Cold reads on the real kernel: which way they go, and that either way gives the bytes that were appended.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_engine::*;
use thalweg_rt::{Config, CoreId, Kind, Segment, Tick, launch};
use thalweg_wire::batch::BatchView;
use thalweg_wire::compression::Compression;
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::records::metadata::{MetadataRecord, PartitionRecord, TopicRecord};
use thalweg_wire::{NodeId, Offset, PartitionIndex, Uuid};

const KEY: PartitionKey = PartitionKey { topic: Uuid([9; 16]), index: PartitionIndex(0) };
const BATCHES: i64 = 40;
const FILE: &str = "t-0/00000000000000000000.log";

fn batch(number: i64) -> Bytes {
    let value: Vec<u8> = (0..70_000 + number * 100).map(|i| ((i * number) >> 3) as u8).collect();
    let mut builder = BatchBuilder::new(Compression::None);
    builder.push(1_000, None, Some(&value), &[]).unwrap();
    builder.finish().unwrap()
}

struct Node(Rc<Engine>);

impl Node {
    async fn append(&self, number: i64) -> Appended {
        let parts = vec![AppendPart { key: KEY, records: batch(number) }];
        let origin = Origin::Client { zstd: true };
        let append = Append { parts, acks: Acks::All, deadline: Tick(u64::MAX), origin };
        let Ok(Reply::Append(mut results)) = self.0.call(CoreId(0), Call::Append(append)).await else {
            panic!("no answer")
        };
        results.remove(0).unwrap()
    }

    /// What is read from an offset on, and whether it came as a piece of the file.
    async fn read(&self, offset: i64, bytes_max: u32, path: &Path) -> (Vec<u8>, bool) {
        let part =
            ReadPart { key: KEY, offset: Offset(offset), bytes_max, current_epoch: None, last_fetched_epoch: None };
        let id = ReadId { from: CoreId(0), serial: 1 };
        let isolation = Isolation::ReadUncommitted;
        let (wait, away) = (None, Duration::ZERO);
        let read = Read { id, parts: vec![part], bytes_max, oversized_first: true, wait, isolation, away };
        let Ok(Reply::Read(mut results)) = self.0.call(CoreId(0), Call::Read(read)).await else { panic!("no answer") };
        let data = results.remove(0).unwrap();
        let [piece] = &data.segments[..] else { panic!("{:?}", data.segments) };
        let found = match piece {
            Segment::Memory(bytes) => (bytes.to_vec(), false),
            Segment::File { at, len, .. } => {
                let (at, len) = (*at as usize, *len as usize);
                (fs::read(path).unwrap()[at..at + len].to_vec(), true)
            }
        };
        assert_eq!(found.0.len(), data.bytes as usize);
        found
    }

    /// Everything in the file, as large reads and as small ones; whether all of it came from the file.
    async fn read_all(&self, path: &Path) -> bool {
        let mut from_file = Vec::new();
        for bytes_max in [1 << 20, 150_000, 80_000] {
            let mut offset = 0;
            while offset < BATCHES {
                let (bytes, file) = self.read(offset, bytes_max, path).await;
                from_file.push(file);
                assert!(bytes.len() <= bytes_max as usize);
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    let view = BatchView::parse_prefix(rest).unwrap();
                    assert!(view.crc_matches());
                    assert_eq!(view.base_offset(), Offset(offset));
                    assert_eq!(rest[61..view.size()], batch(offset)[61..]);
                    (rest, offset) = (&rest[view.size()..], offset + 1);
                }
            }
        }
        // The last batches may share their last page with what is in memory alone.
        let all = from_file.iter().filter(|file| **file).count();
        assert!(all == 0 || all + 6 >= from_file.len(), "{from_file:?}");
        all > 0
    }
}

/// Runs `story` on a broker's storage whose partition has more on disk than in memory.
fn node(name: &str, read_path: ReadPath, story: impl AsyncFn(Node, PathBuf) + Send + Sync + Clone + 'static) {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    let mut config = EngineConfig::new(dir.clone(), NodeId(1));
    config.journal = JournalConfig { files: 4, file_bytes: 4 << 20, ..JournalConfig::default() };
    config.limits.tail_bytes = 64 << 10;
    config.read_path = read_path;
    let config = Arc::new(config);
    let data = dir.clone();
    let main = move |core: thalweg_rt::Core, port| -> thalweg_rt::LocalFuture<()> {
        let (config, data, story) = (config.clone(), data.clone(), story.clone());
        Box::pin(async move {
            let engine = Engine::start(core.clone(), port, config).await.unwrap();
            let partition = PartitionRecord {
                partition_id: 0,
                leader_epoch: 0,
                topic_id: KEY.topic,
                replicas: vec![1],
                isr: vec![1],
                leader: 1,
                ..Default::default()
            };
            let topic = TopicRecord { name: "t".into(), topic_id: KEY.topic };
            engine.replay(&[MetadataRecord::Topic(topic), MetadataRecord::Partition(partition)]).await;
            let node = Node(engine.clone());
            for number in 0..BATCHES + 3 {
                assert_eq!(node.append(number).await.base_offset, Offset(number));
            }
            // Writers may still be at it: what they have written leaves memory.
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(200)).await;
            story(node, data.join(FILE)).await;
            engine.stop().await;
        })
    };
    launch::<Message>(Config { kind: Kind::Uring, ..Config::unpinned(1) }, main).unwrap().join().unwrap();
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn auto_takes_from_the_page_cache_what_is_there_and_nothing_else() {
    node("auto", ReadPath::Auto, async |node, path| {
        assert!(!node.read_all(&path).await, "what was written directly is in no cache");
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
        if (numbers.next().unwrap(), numbers.next().unwrap()) < (6, 5) {
            return;
        }
        fs::read(&path).unwrap();
        assert!(node.read_all(&path).await, "somebody read the file, and it is in memory");
    });
}

#[test]
fn sendfile_and_direct_are_as_they_were_asked_for() {
    node("direct", ReadPath::Direct, async |node, path| {
        fs::read(&path).unwrap();
        assert!(!node.read_all(&path).await);
    });
    node("sendfile", ReadPath::Sendfile, async |node, path| assert!(node.read_all(&path).await));
}
