//! What a message costs between its bytes and its value, either way. Beside it stands the floor: copying the same bytes. A
//! message that carries records may be cheaper than that, for it leaves them where they are.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use thalweg_wire::messages::api_versions_request::ApiVersionsRequest;
use thalweg_wire::messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use thalweg_wire::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use thalweg_wire::messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
use thalweg_wire::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use thalweg_wire::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use thalweg_wire::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use thalweg_wire::messages::produce_response::{PartitionProduceResponse, ProduceResponse, TopicProduceResponse};
use thalweg_wire::{Chunk, Message, Reader, Records, Sink, Uuid, decode_whole};

const TOPIC: Uuid = Uuid([7; 16]);
const PARTITIONS: i32 = 8;
const RECORDS_BYTES: usize = 16 << 10;

fn produce() -> (ProduceRequest, ProduceResponse) {
    let partition_data = (0..PARTITIONS)
        .map(|index| PartitionProduceData { index, records: Some(Bytes::from(vec![1; RECORDS_BYTES]).into()) })
        .collect();
    let topic = TopicProduceData { topic_id: TOPIC, partition_data, ..Default::default() };
    let request = ProduceRequest { acks: -1, timeout_ms: 30_000, topic_data: vec![topic], ..Default::default() };
    let partition_responses = (0..PARTITIONS)
        .map(|index| PartitionProduceResponse { index, base_offset: 1 << 33, ..Default::default() })
        .collect();
    let topic = TopicProduceResponse { topic_id: TOPIC, partition_responses, ..Default::default() };
    (request, ProduceResponse { responses: vec![topic], ..Default::default() })
}

fn fetch() -> (FetchRequest, FetchResponse) {
    let partitions = (0..PARTITIONS)
        .map(|partition| FetchPartition {
            partition,
            fetch_offset: 1 << 33,
            partition_max_bytes: 1 << 20,
            ..Default::default()
        })
        .collect();
    let topic = FetchTopic { topic_id: TOPIC, partitions, ..Default::default() };
    let request =
        FetchRequest { max_wait_ms: 500, min_bytes: 1, max_bytes: 50 << 20, topics: vec![topic], ..Default::default() };
    let partitions = (0..PARTITIONS)
        .map(|partition_index| PartitionData {
            partition_index,
            high_watermark: 1 << 33,
            last_stable_offset: 1 << 33,
            // As they come from a partition's memory: a few pieces.
            records: Some(Records::Chunks(vec![Chunk::Memory(Bytes::from(vec![1; RECORDS_BYTES / 4])); 4])),
            ..Default::default()
        })
        .collect();
    let topic = FetchableTopicResponse { topic_id: TOPIC, partitions, ..Default::default() };
    (request, FetchResponse { responses: vec![topic], ..Default::default() })
}

/// A hundred topics of ten partitions on three brokers.
fn metadata() -> (MetadataRequest, MetadataResponse) {
    let name = |topic: u32| Some(format!("a-topic-of-some-length-{topic}").as_str().into());
    let asked = (0..100).map(|topic| MetadataRequestTopic { name: name(topic), ..Default::default() }).collect();
    let partition = |partition_index| MetadataResponsePartition {
        partition_index,
        leader_id: partition_index % 3,
        leader_epoch: 4,
        replica_nodes: vec![0, 1, 2],
        isr_nodes: vec![0, 1, 2],
        ..Default::default()
    };
    let topics = (0..100)
        .map(|topic| MetadataResponseTopic {
            name: name(topic),
            topic_id: Uuid::from(u128::from(topic) + 1),
            partitions: (0..10).map(partition).collect(),
            ..Default::default()
        })
        .collect();
    let brokers = (0..3)
        .map(|node_id| MetadataResponseBroker { node_id, host: "broker.example.org".into(), port: 9092, rack: None })
        .collect();
    let response = MetadataResponse { brokers, cluster_id: Some("a-cluster".into()), topics, ..Default::default() };
    (MetadataRequest { topics: Some(asked), ..Default::default() }, response)
}

fn api_versions() -> (ApiVersionsRequest, ApiVersionsResponse) {
    let request = ApiVersionsRequest {
        client_software_name: "apache-kafka-java".into(),
        client_software_version: "4.4.0".into(),
        ..Default::default()
    };
    let api_keys = (0..60).map(|api_key| ApiVersion { api_key, min_version: 0, max_version: 9 }).collect();
    (request, ApiVersionsResponse { api_keys, ..Default::default() })
}

fn encoded<M: Message>(message: &M) -> Sink {
    let mut sink = Sink::framed();
    message.encode(&mut sink, M::MAX_VERSION).expect("it has a place for every field");
    sink
}

/// Both ways of one message, and the copy of its bytes.
fn message<M: Message>(criterion: &mut Criterion, name: &str, message: &M) {
    let frame = encoded(message).into_bytes().expect("all of it is in memory").slice(4..);
    assert!(decode_whole::<M>(&mut Reader::new(frame.clone()), M::MAX_VERSION).is_ok());
    let mut group = criterion.benchmark_group("message");
    group.throughput(Throughput::Bytes(frame.len() as u64));
    group.bench_function(BenchmarkId::new("decode", name), |bencher| {
        bencher.iter(|| decode_whole::<M>(&mut Reader::new(black_box(&frame).clone()), M::MAX_VERSION));
    });
    group.bench_function(BenchmarkId::new("encode", name), |bencher| {
        bencher.iter(|| encoded(black_box(message)).finish());
    });
    let mut target = vec![0; frame.len()];
    group.bench_function(BenchmarkId::new("floor: memcpy", name), |bencher| {
        bencher.iter(|| black_box(&mut target).copy_from_slice(black_box(&frame)));
    });
    group.finish();
}

fn messages(criterion: &mut Criterion) {
    let (request, response) = produce();
    message(criterion, "Produce request, 8 x 16 KiB", &request);
    message(criterion, "Produce response, 8 partitions", &response);
    let (request, response) = fetch();
    message(criterion, "Fetch request, 8 partitions", &request);
    message(criterion, "Fetch response, 8 x 16 KiB", &response);
    let (request, response) = metadata();
    message(criterion, "Metadata request, 100 topics", &request);
    message(criterion, "Metadata response, 1,000 partitions", &response);
    let (request, response) = api_versions();
    message(criterion, "ApiVersions request", &request);
    message(criterion, "ApiVersions response, 60 APIs", &response);
}

criterion_group!(benches, messages);
criterion_main!(benches);
