//! What a segment's index costs: taking note of a batch, finding an offset and a time in it, and reading it back from its
//! files. Beside each stands the floor: pushing a pair, a binary search over as many numbers, copying the same bytes.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use thalweg_engine::log::index::{INTERVAL_MIN, Index};
use thalweg_wire::Offset;
use thalweg_wire::batch::BatchHeader;
use thalweg_wire::compression::Compression;
use thalweg_wire::record::BatchBuilder;

/// Batches of a segment of 1 GiB if each is as long as the interval between two entries.
const BATCHES: u64 = (1 << 30) / INTERVAL_MIN as u64;
/// Records of a batch.
const RECORDS: i64 = 16;

/// A header of a batch of [`RECORDS`] records, placed as the one of this number.
fn header(number: u64) -> BatchHeader {
    let mut builder = BatchBuilder::new(Compression::None);
    for _ in 0..RECORDS {
        builder.push(1_700_000_000_000 + number as i64, None, Some(&[5; 16]), &[]).expect("it fits");
    }
    let batch = builder.finish().expect("it fits");
    let mut header = *BatchHeader::parse_prefix(&batch).expect("a batch");
    header.set_base_offset(Offset(number as i64 * RECORDS));
    header
}

fn full() -> Index {
    let mut index = Index::default();
    for number in 0..BATCHES {
        index.note(Offset(0), &header(number), number * u64::from(INTERVAL_MIN), INTERVAL_MIN);
    }
    index.finish();
    index
}

fn index(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("index");
    let headers: Vec<BatchHeader> = (0..1024).map(header).collect();
    group.throughput(Throughput::Elements(headers.len() as u64));
    group.bench_function("note 1,024 batches", |bencher| {
        bencher.iter(|| {
            let mut index = Index::default();
            for (header, at) in black_box(&headers).iter().zip((0..).step_by(INTERVAL_MIN as usize)) {
                index.note(Offset(0), header, at, INTERVAL_MIN);
            }
            index
        });
    });
    group.bench_function("floor: push 1,024 pairs", |bencher| {
        bencher.iter(|| {
            let mut pairs = Vec::new();
            for (header, at) in black_box(&headers).iter().zip((0..).step_by(INTERVAL_MIN as usize)) {
                pairs.push((header.last_offset().0 as u32, at));
            }
            pairs
        });
    });

    let index = full();
    let sorted: Vec<u32> = (0..BATCHES as u32).map(|number| number * RECORDS as u32).collect();
    let mut seed = 1_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as i64 % (BATCHES as i64 * RECORDS)
    };
    group.throughput(Throughput::Elements(1));
    group.bench_function("find an offset in 1 GiB", |bencher| {
        bencher.iter(|| index.find(Offset(0), Offset(black_box(random()))));
    });
    group.bench_function("find a time in 1 GiB", |bencher| {
        bencher.iter(|| index.before_time(Offset(0), 1_700_000_000_000 + black_box(random()) / RECORDS));
    });
    group.bench_function("floor: a binary search", |bencher| {
        bencher.iter(|| sorted.partition_point(|offset| i64::from(*offset) <= black_box(random())));
    });

    let (offsets, times) = index.encode();
    let mut target = vec![0; offsets.len() + times.len()];
    group.throughput(Throughput::Bytes(target.len() as u64));
    group.bench_function("read back, 1 GiB", |bencher| {
        bencher.iter(|| Index::decode(black_box(&offsets), black_box(&times), 1 << 30, false).expect("it fits"));
    });
    group.bench_function("floor: copy the files", |bencher| {
        bencher.iter(|| {
            let (first, second) = target.split_at_mut(offsets.len());
            first.copy_from_slice(black_box(&offsets));
            second.copy_from_slice(black_box(&times));
        });
    });
    group.finish();
}

criterion_group!(benches, index);
criterion_main!(benches);
