//! What a batch costs at the door: reading its header, its CRC, the walk over its records, patching. Beside each
//! stands the floor it is to be measured by: copying the same bytes, the bare CRC, the bare codec.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use thalweg_wire::batch::{BatchHeader, BatchView, HEADER_LEN};
use thalweg_wire::compression::{Compression, Scratch, compress, decompress_with};
use thalweg_wire::record::{BatchBuilder, Origin, TimestampRule, ValidateRules, validate_with};
use thalweg_wire::{LeaderEpoch, Offset};

const NOW_MS: i64 = 1_700_000_000_000;
const LIMIT_BYTES: usize = 64 << 20;
const SIZES: [(&str, usize); 2] = [("16KiB", 16 << 10), ("1MiB", 1 << 20)];
const RULES: ValidateRules = ValidateRules {
    origin: Origin::Client,
    require_keys: false,
    timestamps: TimestampRule::Near { now_ms: NOW_MS, before_max_ms: i64::MAX, after_max_ms: 3_600_000 },
    decompressed_bytes_max: LIMIT_BYTES,
};

/// A batch of records of `record_bytes` that come to `size` before compression. Values are words, and compress to
/// about a third.
fn batch(codec: Compression, size: usize, record_bytes: usize) -> Vec<u8> {
    let mut seed = 1_u64;
    let mut builder = BatchBuilder::new(codec);
    while builder.size() + record_bytes <= size {
        let mut value = Vec::with_capacity(record_bytes + 8);
        while value.len() < record_bytes.saturating_sub(26) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            value.extend_from_slice(WORDS[(seed >> 33) as usize % WORDS.len()].as_bytes());
            value.push(b'a' + (seed >> 40) as u8 % 26);
        }
        let key = seed.to_be_bytes();
        builder.push(NOW_MS, Some(&key), Some(&value), &[]).expect("it fits");
    }
    builder.finish().expect("it fits").into()
}

const WORDS: [&str; 16] = [
    "offset ",
    "partition ",
    "leader ",
    "epoch ",
    "journal ",
    "segment ",
    "flush ",
    "record ",
    "batch ",
    "topic ",
    "replica ",
    "commit ",
    "fetch ",
    "produce ",
    "group ",
    "window ",
];

fn header(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("header");
    let bytes = batch(Compression::None, 16 << 10, 1 << 10);
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            let batch = BatchView::parse(black_box(&bytes)).expect("a batch");
            black_box((batch.last_offset(), batch.producer_id(), batch.last_sequence()))
        });
    });
    group.bench_function("place on a copy", |bencher| {
        bencher.iter(|| {
            let mut header = *BatchHeader::parse_prefix(black_box(&bytes)).expect("a batch");
            header.set_base_offset(Offset(7));
            header.set_leader_epoch(LeaderEpoch(3));
            black_box(header)
        });
    });
    for (name, size) in SIZES {
        let bytes = batch(Compression::None, size, 1 << 10);
        let mut time = NOW_MS;
        group.bench_function(BenchmarkId::new("append time, CRC carried", name), |bencher| {
            let mut header = *BatchHeader::parse_prefix(&bytes).expect("a batch");
            bencher.iter(|| {
                time += 1;
                header.set_append_time(black_box(time));
                black_box(header.crc())
            });
        });
    }
    group.finish();
}

fn floors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("floor");
    for (name, size) in SIZES {
        let bytes = batch(Compression::None, size, 1 << 10);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        let mut target = vec![0; bytes.len()];
        group.bench_function(BenchmarkId::new("memcpy", name), |bencher| {
            bencher.iter(|| black_box(&mut target).copy_from_slice(black_box(&bytes)));
        });
        group.bench_function(BenchmarkId::new("crc32c", name), |bencher| {
            bencher.iter(|| crc32c::crc32c(black_box(&bytes)));
        });
    }
    group.finish();
}

fn crc(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("crc");
    for (name, size) in SIZES {
        let bytes = batch(Compression::None, size, 1 << 10);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::new("crc_matches", name), |bencher| {
            bencher.iter(|| assert!(BatchView::parse(black_box(&bytes)).expect("a batch").crc_matches()));
        });
    }
    group.finish();
}

/// Throughput is that of the bytes before compression.
fn validate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("validate");
    let mut scratch = Scratch::new();
    for codec in Compression::ALL {
        for record_bytes in [100, 1 << 10] {
            for (name, size) in SIZES {
                let bytes = batch(codec, size, record_bytes);
                group.throughput(Throughput::Bytes(size as u64));
                let id = BenchmarkId::new(format!("{codec}/{record_bytes}B records"), name);
                group.bench_function(id, |bencher| {
                    bencher.iter(|| {
                        let batch = BatchView::parse(black_box(&bytes)).expect("a batch");
                        validate_with(&mut scratch, &batch, &RULES).expect("a good batch")
                    });
                });
            }
        }
    }
    group.finish();
}

fn codecs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    let mut scratch = Scratch::new();
    for (name, size) in SIZES {
        let plain = batch(Compression::None, size, 1 << 10).split_off(HEADER_LEN);
        group.throughput(Throughput::Bytes(plain.len() as u64));
        for codec in &Compression::ALL[1..] {
            let compressed = compress(*codec, None, &plain).expect("compressible");
            group.bench_function(BenchmarkId::new(format!("{codec}/decompress"), name), |bencher| {
                bencher.iter(|| decompress_with(&mut scratch, *codec, black_box(&compressed), LIMIT_BYTES));
            });
            group.bench_function(BenchmarkId::new(format!("{codec}/compress"), name), |bencher| {
                bencher.iter(|| compress(*codec, None, black_box(&plain)));
            });
        }
        // The bare block codec, without frame, limit or window.
        let block = lz4_flex::block::compress(&plain);
        let mut target = vec![0; plain.len()];
        group.bench_function(BenchmarkId::new("floor: bare lz4 block", name), |bencher| {
            bencher.iter(|| lz4_flex::block::decompress_into(black_box(&block), &mut target));
        });
    }
    group.finish();
}

criterion_group!(benches, header, floors, crc, validate, codecs);
criterion_main!(benches);
