//! Logs that Apache Kafka 4.4.0 wrote, kept as files: what our rules make of them is what Kafka's tools show.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use bytes::Bytes;
use common::coordinator::World;
use thalweg_replication::group::GroupConfig;
use thalweg_replication::metadata::{Image, ResourceKind};
use thalweg_wire::batch::BatchView;
use thalweg_wire::records::metadata::MetadataRecord;
use thalweg_wire::{LeaderEpoch, NodeId, Reader, Uuid};

/// Key and value of every record that is not a control record.
fn records(log: &[u8]) -> Vec<(Option<Bytes>, Option<Bytes>)> {
    let (mut rest, mut all) = (log, Vec::new());
    while !rest.is_empty() {
        let batch = BatchView::parse_prefix(rest).unwrap();
        assert!(batch.crc_matches());
        rest = &rest[batch.size()..];
        if batch.is_control() {
            continue;
        }
        let mut records = batch.records(1 << 20).unwrap();
        while let Some(record) = records.try_next().unwrap() {
            all.push((record.key.map(Bytes::copy_from_slice), record.value.map(Bytes::copy_from_slice)));
        }
    }
    all
}

/// A new cluster, a topic of three partitions with a retention of its own, and the offsets topic a console consumer needed.
#[test]
fn cluster_metadata() {
    let mut image = Image::default();
    for (_, value) in records(include_bytes!("../testdata/kafka-4.4.0-cluster_metadata.log")) {
        image.replay(&MetadataRecord::decode(&mut Reader::new(value.unwrap())).unwrap());
    }
    assert_eq!((image.topic_count(), image.partition_count()), (2, 53));
    // the registration of the controller is not kept
    assert_eq!(image.ignored(), 1);
    assert_eq!(image.next_producer_id().0, 1_000);
    let levels: Vec<String> = image.features().map(|(name, level)| format!("{name}={level}")).collect();
    let expected = [
        "eligible.leader.replicas.version=1",
        "group.version=1",
        "metadata.version=33",
        "share.version=2",
        "streams.version=1",
        "transaction.version=2",
    ];
    assert_eq!(levels, expected);

    let topic = image.topic("t.one").unwrap();
    assert_eq!(topic.id.to_string(), "luXn6MHBQouTEt2mC3mcTA");
    assert_eq!(topic.partitions.len(), 3);
    let partition = &topic.partitions[2];
    assert_eq!((&partition.replicas[..], &partition.isr[..]), (&[NodeId(1)][..], &[NodeId(1)][..]));
    assert_eq!((partition.leader, partition.leader_epoch), (NodeId(1), LeaderEpoch(0)));
    assert_eq!(image.config(ResourceKind::Topic, "t.one").unwrap()["retention.ms"], "1234567");
    assert!(image.topic("__consumer_offsets").unwrap().internal);

    let broker = image.broker(NodeId(1)).unwrap();
    assert!(broker.is_active());
    assert_eq!((broker.epoch, &*broker.endpoints[0].host, broker.endpoints[0].port), (12, "127.0.0.1", 19610));
}

/// A console consumer has joined, committed three offsets and left.
#[test]
fn consumer_offsets() {
    let mut world = World::new(GroupConfig::default());
    for (key, value) in records(include_bytes!("../testdata/kafka-4.4.0-consumer_offsets.log")) {
        world.log.push((key.unwrap(), value));
    }
    world.topics.0.insert("t.one".into(), (Uuid::from(1), 3));
    // one record back: the member is still there, with the assignment Kafka gave it
    let left = world.log.pop().unwrap();
    world.run("restart");
    let described = world.run("app> describe g1");
    assert!(described[0].contains("g1 Stable type=consumer protocol=range"), "{described:?}");
    assert!(described[1].contains("console-consumer/127.0.0.1"), "{described:?}");
    assert_eq!(world.run("app> forget g1 t.one/0"), ["app: forgot t.one/0=GROUP_SUBSCRIBED_TO_TOPIC"]);
    world.log.push(left);
    world.run("restart");
    assert_eq!(world.run("app> describe g1"), ["app: g1 Empty type=consumer protocol="]);
    assert_eq!(world.run("app> fetch g1"), ["app: fetched t.one/0=2@0 t.one/1=0@-1 t.one/2=0@-1"]);
}
