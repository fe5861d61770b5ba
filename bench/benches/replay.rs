//! What it costs to build a node's image of the cluster from its metadata records, which every core does at start: 10,000
//! partitions in topics of 1, 10 and 1,000. Beside it stands the floor: cloning the same records one by one.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use thalweg_replication::metadata::Image;
use thalweg_wire::Uuid;
use thalweg_wire::records::metadata::{MetadataRecord, PartitionRecord, TopicRecord};

const PARTITIONS: u32 = 10_000;

fn records(partitions_per_topic: u32) -> Vec<MetadataRecord> {
    let mut records = Vec::new();
    for topic in 0..PARTITIONS / partitions_per_topic {
        let id = Uuid(u128::from(topic + 1).to_be_bytes());
        records.push(MetadataRecord::Topic(TopicRecord { name: format!("topic-{topic}").into(), topic_id: id }));
        records.extend((0..partitions_per_topic).map(|index| {
            MetadataRecord::Partition(PartitionRecord {
                partition_id: index as i32,
                topic_id: id,
                replicas: vec![1, 2, 3],
                isr: vec![1, 2, 3],
                leader: 1,
                ..Default::default()
            })
        }));
    }
    records
}

fn replay(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(u64::from(PARTITIONS)));
    for per_topic in [1, 10, 1_000] {
        let records = records(per_topic);
        group.bench_function(BenchmarkId::new("image of 10,000 partitions, per topic", per_topic), |bencher| {
            bencher.iter(|| {
                let mut image = Image::default();
                for record in black_box(&records) {
                    black_box(image.replay(record));
                }
                assert_eq!(image.partition_count(), PARTITIONS as usize);
                image
            });
        });
        group.bench_function(BenchmarkId::new("floor: clone the records, per topic", per_topic), |bencher| {
            bencher.iter(|| {
                for record in black_box(&records) {
                    black_box(record.clone());
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, replay);
criterion_main!(benches);
