//! What a core remembers without using it is bounded: partitions at rest, and the producer ids of all its partitions.

use super::*;

/// Appends one record of an idempotent producer.
fn produce(node: &Node, index: i32, id: i64, sequence: i32) -> Result<Offset, AppendError> {
    let appended = node.append(index, batch(0, 1).producer(id, 0, sequence).bytes());
    count(node);
    appended.map(|appended| appended.base_offset)
}

/// Producer ids that are remembered, which is what the core has counted.
#[track_caller]
fn count(node: &Node) -> usize {
    let engine = node.engine();
    let partitions = engine.store().partitions.borrow();
    let logs =
        partitions.values().filter_map(|partition| partition.log.borrow().as_ref().map(|log| log.producers.len()));
    let there: usize = logs.sum();
    assert_eq!(engine.stats().producers, there);
    there
}

/// Which of the topic's partitions are in memory.
fn in_memory(node: &Node) -> Vec<i32> {
    let engine = node.engine();
    let partitions = engine.store().partitions.borrow();
    partitions.keys().filter(|key| key.topic == TOPIC).map(|key| key.index.0).collect()
}

fn five_producers() -> Node {
    let mut config = tiny();
    config.limits.producers_per_core_max = 5;
    config.producer_id_expiration_ms = 60_000;
    let node = Node::with(config, &[]);
    for id in 0..5 {
        produce(&node, id % 3, i64::from(id), 0).unwrap();
    }
    node
}

#[test]
fn a_core_remembers_so_many_producers_and_forgets_the_longest_unseen() {
    let node = five_producers();
    assert_eq!(count(&node), 5);
    node.world.run_for(Duration::from_secs(1));
    produce(&node, 0, 0, 1).unwrap();
    // Partition 0 has two, as has partition 1, and the newcomer comes to 2, which has one.
    produce(&node, 2, 9, 0).unwrap();
    assert_eq!(count(&node), 5);
    assert_eq!(produce(&node, 2, 9, 0), Ok(Offset(1)), "a repetition is no new producer");
    node.append(1, batch(0, 1).bytes()).unwrap();
    assert_eq!(produce(&node, 0, 0, 1), Ok(Offset(2)), "seen later than the one that was forgotten");
    // Who was forgotten goes on with whatever comes next, and is known again.
    assert_eq!(produce(&node, 0, 3, 1), Ok(Offset(3)));
    assert!(matches!(produce(&node, 0, 3, 7), Err(AppendError::OutOfOrderSequence { .. })));
    node.world.run_for(Duration::from_secs(61));
    produce(&node, 1, 10, 0).unwrap();
    assert_eq!(count(&node), 1, "the others have expired");
}

#[test]
fn a_partition_remembers_so_many_producers_and_forgets_the_longest_unseen() {
    let mut config = tiny();
    config.limits.producers_per_partition_max = 8;
    let mut node = Node::with(config, &[]);
    for id in 0..20 {
        produce(&node, 0, id, 0).unwrap();
        node.world.run_for(Duration::from_millis(1));
        assert!(count(&node) <= 8);
    }
    assert_eq!(produce(&node, 0, 19, 0), Ok(Offset(19)), "a repetition");
    assert_eq!(produce(&node, 0, 0, 5), Ok(Offset(20)), "forgotten");
    // A start finds all of them in the journal.
    node.cut(1);
    node.start().unwrap();
    assert!(count(&node) <= 8);
    assert_eq!(produce(&node, 0, 0, 5), Ok(Offset(20)), "a repetition");
}

#[test]
fn the_count_of_producers_survives_restarts_laps_and_deletion() {
    let mut node = five_producers();
    node.cut(1);
    node.start().unwrap();
    assert_eq!(count(&node), 5, "from the journal");
    node.stop();
    node.start().unwrap();
    assert_eq!(count(&node), 0, "nothing is open");
    for index in 0..3 {
        node.read_all(index);
    }
    assert_eq!(count(&node), 5, "from the directories");
    // The ring turns, and states are written and expired with it.
    node.world.run_for(Duration::from_secs(61));
    for _ in 0..300 {
        node.append(1, batch(0, 1).value_len(8_000).bytes()).unwrap();
        count(&node);
    }
    for id in 10..13 {
        produce(&node, 0, id, 0).unwrap();
    }
    assert!((3..=5).contains(&count(&node)));
    remove_topic(&node);
    assert_eq!(count(&node), 0);
}

fn remove_topic(node: &Node) {
    let engine = node.engine();
    node.world.run(async move {
        engine.replay(&[MetadataRecord::RemoveTopic(RemoveTopicRecord { topic_id: TOPIC })]).await;
    });
}

/// A node that keeps so many partitions at rest in memory, started where all of its three are at rest.
fn resting(idle_partitions_max: usize) -> Node {
    let mut config = tiny();
    config.limits.idle_partitions_max = idle_partitions_max;
    let mut node = Node::with(config, &[]);
    for index in 0..3 {
        for sequence in 0..4 {
            let records = batch(0, 1).producer(7, 0, sequence).value_len(3_000).bytes();
            node.append(index, records).unwrap();
        }
    }
    node.stop();
    node.start().unwrap();
    node
}

#[test]
fn the_partition_at_rest_that_was_not_used_for_longest_leaves_memory() {
    let node = resting(2);
    let held = node.engine().stats().tail_bytes;
    let all: Vec<_> = (0..3).map(|index| node.read_all(index)).collect();
    assert_eq!(in_memory(&node), [1, 2]);
    node.read_all(1);
    assert_eq!(node.read_all(0), all[0]);
    assert_eq!(in_memory(&node), [0, 1], "1 was used after 2");
    let stats = node.engine().stats();
    assert_eq!((stats.idle_partitions, stats.producers), (2, 2));
    assert!(stats.tail_bytes <= held + 2 * 4096, "{} after {held}", stats.tail_bytes);
    let Reply::Sizes(sizes) = node.call(Call::Sizes) else { panic!("no sizes") };
    let of_topic = sizes.iter().filter(|size| size.key.topic == TOPIC);
    assert!(of_topic.map(|size| (size.key.index.0, size.high_watermark.0)).eq([(0, 4), (1, 4), (2, 4)]));
}

#[test]
fn what_left_memory_goes_on_where_it_was() {
    let mut node = resting(1);
    for round in 0..3 {
        for index in 0..3 {
            let next = 4 + round;
            assert_eq!(node.read(index, 0, 1).unwrap().high_watermark, Offset(i64::from(next)));
            let again = batch(0, 1).producer(7, 0, next - 1).value_len(3_000).bytes();
            assert_eq!(node.append(index, again).unwrap().base_offset, Offset(i64::from(next) - 1), "a repetition");
            assert!(matches!(produce(&node, index, 7, next + 1), Err(AppendError::OutOfOrderSequence { .. })));
            let records = batch(0, 1).producer(7, 0, next).value_len(3_000).bytes();
            assert_eq!(node.append(index, records).unwrap().base_offset, Offset(i64::from(next)));
            assert_eq!(node.read_all(index).len() as i32, next + 1);
        }
        assert_eq!(in_memory(&node), [0, 1, 2], "what is in the journal stays");
        if round == 1 {
            node.cut(round as u64);
        } else {
            node.stop();
        }
        node.start().unwrap();
    }
}

#[test]
fn a_partition_that_somebody_waits_for_does_not_leave_memory() {
    let node = resting(1);
    let wait = Wait { bytes_min: 1, deadline: Tick(u64::MAX) };
    let waits = node.engine().call(CoreId(0), node.read_call(0, 4, 1000, Some(wait)));
    node.world.run_for(Duration::from_secs(1));
    for index in [1, 2, 1, 2] {
        node.read_all(index);
    }
    assert!(in_memory(&node).contains(&0));
    node.append(0, batch(0, 1).bytes()).unwrap();
    let Reply::Read(results) = node.world.run(async move { waits.await.unwrap() }) else { panic!("not a read") };
    assert_eq!(results[0].as_ref().unwrap().high_watermark, Offset(5));
}

#[test]
fn what_the_ring_puts_to_rest_leaves_memory_too() {
    let mut config = tiny();
    config.limits.idle_partitions_max = 0;
    let mut node = Node::with(config, &[]);
    produce(&node, 0, 7, 0).unwrap();
    for _ in 0..2_000 {
        if !in_memory(&node).contains(&0) {
            break;
        }
        node.append(1, batch(0, 1).value_len(20_000).bytes()).unwrap();
    }
    assert!(!in_memory(&node).contains(&0), "it has been quiet for laps of the ring");
    assert_eq!(count(&node), 0);
    assert_eq!(produce(&node, 0, 7, 0), Ok(Offset(0)), "a repetition");
    assert_eq!(produce(&node, 0, 7, 1), Ok(Offset(1)));
    node.cut(3);
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(0, 0), (1, 1)]);
}

#[test]
fn a_deleted_topic_gives_its_memory_back_while_the_journal_still_holds_its_records() {
    let node = Node::new();
    for index in 0..3 {
        node.append(index, batch(0, 100).bytes()).unwrap();
    }
    let engine = node.engine();
    let store = engine.store();
    let partitions: Vec<_> =
        store.partitions.borrow().iter().filter(|(key, _)| key.topic == TOPIC).map(|(_, p)| p.clone()).collect();
    assert_eq!(partitions.len(), 3);
    assert!(store.by_use.borrow().values().flatten().any(|held| std::rc::Rc::ptr_eq(held, &partitions[0])));
    let before = store.tail_bytes.get();
    remove_topic(&node);
    assert!(store.tail_bytes.get() < before);
    assert!(partitions.iter().all(|partition| partition.log.borrow().is_none()), "nobody needs it any more");
}
