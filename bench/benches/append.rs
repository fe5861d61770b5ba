//! What it costs to append a batch and to have it acknowledged: from the call over log, journal and segment to the answer, on
//! one pinned core with a ring, on a disk that takes no time and keeps nothing. 64 calls are on their way at a time, to eight
//! partitions in turn. Beside it stands the floor: one CRC and one copy of the same bytes.

mod cores;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use thalweg_engine::{
    Acks, Append, AppendPart, Call, Engine, EngineConfig, JournalConfig, Message, Origin, PartitionKey, Reply,
};
use thalweg_rt::{
    AlignedBuf, Core, CoreId, DirEntry, Disk, File, LocalFuture, Open, Piece, SharedFile, Space, Tick, write_one_by_one,
};
use thalweg_wire::compression::Compression;
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::records::metadata::{MetadataRecord, PartitionRecord, TopicRecord};
use thalweg_wire::{NodeId, PartitionIndex, ProducerEpoch, ProducerId, Sequence, Uuid};

use cores::Cores;

const TOPIC: Uuid = Uuid([9; 16]);
const PARTITIONS: u64 = 8;
const FLIGHT: u64 = 64;

/// What is appended.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    records: i32,
    idempotent: bool,
}

const CASES: [Case; 4] = [
    Case { name: "1 KiB", records: 1, idempotent: false },
    Case { name: "1 KiB, idempotent", records: 1, idempotent: true },
    Case { name: "16 KiB", records: 16, idempotent: false },
    Case { name: "16 KiB, idempotent", records: 16, idempotent: true },
];

impl Case {
    /// The batch of this number in its partition; each comes to a little more than a KiB for every record.
    fn batch(self, number: u64) -> Bytes {
        let mut builder = BatchBuilder::new(Compression::None);
        if self.idempotent {
            let sequence = (number * self.records as u64) as i32 & i32::MAX;
            builder = builder.producer(ProducerId(1), ProducerEpoch(0), Sequence(sequence));
        }
        for _ in 0..self.records {
            builder.push(1_700_000_000_000, None, Some(&[5; 1 << 10]), &[]).expect("it fits");
        }
        builder.finish().expect("it fits")
    }
}

fn key(index: u64) -> PartitionKey {
    PartitionKey { topic: TOPIC, index: PartitionIndex(index as i32) }
}

async fn start(core: Core, port: Rc<thalweg_rt::Port<Message>>) -> Rc<Engine> {
    let mut config = EngineConfig::new(PathBuf::from("/data"), NodeId(1));
    config.journal = JournalConfig { files: 4, file_bytes: 64 << 20, ..JournalConfig::default() };
    let disk = Rc::new(Nowhere::default());
    let core = Core { disk: disk.clone(), ..core };
    let engine = Engine::start(core, port, Arc::new(config)).await.expect("an empty directory");
    disk.keeps_nothing.set(true);
    let mut records = vec![MetadataRecord::Topic(TopicRecord { name: "t".into(), topic_id: TOPIC })];
    records.extend((0..PARTITIONS).map(|index| {
        MetadataRecord::Partition(PartitionRecord {
            partition_id: index as i32,
            topic_id: TOPIC,
            replicas: vec![1],
            isr: vec![1],
            leader: 1,
            ..Default::default()
        })
    }));
    engine.replay(&records).await;
    engine
}

/// One core that appends.
fn appender(case: Case) -> Cores<Message> {
    Cores::start(1, Duration::from_micros(50), move |core, port, jobs| {
        Box::pin(async move {
            let Some(jobs) = jobs else { return };
            let engine = start(core.clone(), port).await;
            let mut number = 0;
            while let Some(times) = jobs.next(&core).await {
                let (mut took, mut left) = (Duration::ZERO, times);
                while left > 0 {
                    let flight = left.min(FLIGHT);
                    left -= flight;
                    // What the producer does is not measured.
                    let batches: Vec<Bytes> = (number..number + flight).map(|n| case.batch(n / PARTITIONS)).collect();
                    let begin = Instant::now();
                    let calls: Vec<_> = (number..).zip(batches).map(|(n, batch)| append(&engine, n, batch)).collect();
                    for call in calls {
                        let Ok(Reply::Append(results)) = call.await else { panic!("no answer to an append") };
                        assert!(results.iter().all(Result::is_ok), "{results:?}");
                    }
                    took += begin.elapsed();
                    number += flight;
                }
                jobs.done(took);
            }
        })
    })
}

fn append(engine: &Rc<Engine>, number: u64, records: Bytes) -> LocalFuture<Result<Reply, thalweg_engine::Unavailable>> {
    let parts = vec![AppendPart { key: key(number % PARTITIONS), records }];
    let origin = Origin::Client { zstd: true };
    engine.call(CoreId(0), Call::Append(Append { parts, acks: Acks::All, deadline: Tick(u64::MAX), origin }))
}

fn appends(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append");
    for case in CASES {
        let batch = case.batch(0);
        group.throughput(Throughput::Bytes(batch.len() as u64));
        let cores = appender(case);
        group.bench_function(BenchmarkId::new("batch", case.name), |bencher| {
            bencher.iter_custom(|times| cores.measure(times));
        });
        if !case.idempotent {
            let mut target = vec![0; batch.len()];
            group.bench_function(BenchmarkId::new("floor: CRC and copy", case.name), |bencher| {
                bencher.iter(|| {
                    black_box(&mut target).copy_from_slice(black_box(&batch));
                    crc32c::crc32c(&batch)
                });
            });
        }
    }
    group.finish();
}

/// A disk that takes no time. What is written while it is told to keep nothing is only counted.
#[derive(Clone, Default)]
struct Nowhere {
    files: Rc<RefCell<BTreeMap<PathBuf, Rc<Content>>>>,
    dirs: Rc<RefCell<BTreeSet<PathBuf>>>,
    keeps_nothing: Rc<Cell<bool>>,
}

#[derive(Default)]
struct Content {
    bytes: RefCell<Vec<u8>>,
    len: Cell<u64>,
    keeps_nothing: Rc<Cell<bool>>,
}

struct Handle(Rc<Content>);

fn done<T: 'static>(value: T) -> LocalFuture<io::Result<T>> {
    Box::pin(std::future::ready(Ok(value)))
}

fn absent<T: 'static>() -> LocalFuture<io::Result<T>> {
    Box::pin(std::future::ready(Err(io::ErrorKind::NotFound.into())))
}

impl Disk for Nowhere {
    fn open(&self, path: &Path, how: Open) -> LocalFuture<io::Result<Rc<dyn File>>> {
        let mut files = self.files.borrow_mut();
        if !how.create && !files.contains_key(path) {
            return absent();
        }
        let fresh = || Rc::new(Content { keeps_nothing: self.keeps_nothing.clone(), ..Content::default() });
        done(Rc::new(Handle(files.entry(path.to_path_buf()).or_insert_with(fresh).clone())) as Rc<dyn File>)
    }

    fn create_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        self.dirs.borrow_mut().extend(path.ancestors().map(Path::to_path_buf));
        done(())
    }

    fn list(&self, path: &Path) -> LocalFuture<io::Result<Vec<DirEntry>>> {
        if !self.dirs.borrow().contains(path) {
            return absent();
        }
        let entry = |found: &Path, is_dir, len| {
            let name = found.file_name().filter(|_| found.parent() == Some(path))?;
            Some(DirEntry { name: name.to_string_lossy().into_owned(), is_dir, len })
        };
        let mut list: Vec<DirEntry> =
            self.files.borrow().iter().filter_map(|(found, content)| entry(found, false, content.len.get())).collect();
        list.extend(self.dirs.borrow().iter().filter_map(|found| entry(found, true, 0)));
        done(list)
    }

    fn rename(&self, from: &Path, to: &Path) -> LocalFuture<io::Result<()>> {
        let mut files = self.files.borrow_mut();
        let Some(content) = files.remove(from) else { return absent() };
        files.insert(to.to_path_buf(), content);
        done(())
    }

    fn remove_file(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        if self.files.borrow_mut().remove(path).is_some() { done(()) } else { absent() }
    }

    fn remove_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        self.files.borrow_mut().retain(|file, _| !file.starts_with(path));
        self.dirs.borrow_mut().retain(|dir| !dir.starts_with(path));
        done(())
    }

    fn sync_dir(&self, _: &Path) -> LocalFuture<io::Result<()>> {
        done(())
    }

    fn write_together(&self, pieces: Vec<Piece>) -> LocalFuture<io::Result<Vec<io::Result<()>>>> {
        Box::pin(write_one_by_one(Rc::new(self.clone()), pieces))
    }

    fn unwritten(&self) -> LocalFuture<io::Result<u64>> {
        done(0)
    }

    fn sync_all(&self, _: &Path) -> LocalFuture<io::Result<()>> {
        done(())
    }

    fn space(&self, _: &Path) -> LocalFuture<io::Result<Space>> {
        done(Space { total: u64::MAX, free: u64::MAX })
    }
}

impl File for Handle {
    fn read_at(&self, at: u64, mut buf: AlignedBuf) -> LocalFuture<(io::Result<()>, AlignedBuf)> {
        let bytes = self.0.bytes.borrow();
        let from = (at as usize).min(bytes.len());
        let to = (from + buf.capacity()).min(bytes.len());
        buf.clear();
        buf.extend_from_slice(&bytes[from..to]);
        Box::pin(std::future::ready((Ok(()), buf)))
    }

    fn write_at(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>> {
        let end = at + data.len() as u64;
        self.0.len.set(self.0.len.get().max(end));
        if !self.0.keeps_nothing.get() {
            let mut bytes = self.0.bytes.borrow_mut();
            let grown = bytes.len().max(end as usize);
            bytes.resize(grown, 0);
            bytes[at as usize..end as usize].copy_from_slice(&data);
        }
        done(())
    }

    fn write_through(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>> {
        self.write_at(at, data)
    }

    fn sync_data(&self) -> LocalFuture<io::Result<()>> {
        done(())
    }

    fn len(&self) -> LocalFuture<io::Result<u64>> {
        done(self.0.len.get())
    }

    fn set_len(&self, len: u64) -> LocalFuture<io::Result<()>> {
        self.0.len.set(len);
        self.0.bytes.borrow_mut().truncate(len as usize);
        done(())
    }

    fn reserve(&self, _: u64, _: u64) -> LocalFuture<io::Result<()>> {
        done(())
    }

    fn resident(&self, _: u64, _: u64) -> bool {
        false
    }

    fn shared(&self) -> Option<SharedFile> {
        None
    }
}

criterion_group!(benches, appends);
criterion_main!(benches);
