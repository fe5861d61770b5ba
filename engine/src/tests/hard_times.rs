//! What must not stop, spin or lose when the disk fails or fills up, the ring has no room, or memory is short. Found by the
//! simulated crash stories (`bench/sim`), told here one by one.

use thalweg_rt::Spawn;
use thalweg_wire::batch::HEADER_LEN;

use super::*;

/// Appends that nobody awaits.
fn append_many(node: &Node, index: i32, count: usize, value_len: usize) {
    for _ in 0..count {
        let call = node.append_call(index, batch(0, 1).value_len(value_len).bytes(), Acks::All);
        drop(node.engine().call(CoreId(0), call));
    }
}

/// Appends one record after the other to each of some partitions, in turn.
fn append_each(node: &Node, partitions: i32, count: usize, value_len: usize) {
    for _ in 0..count {
        for index in 0..partitions {
            node.append(index, batch(0, 1).value_len(value_len).bytes()).unwrap();
        }
    }
}

/// A ring that turns under any load: nothing goes round it, and a file is freed only when there is none left.
fn tight() -> EngineConfig {
    let mut config = tiny();
    config.bypass_bytes = 1 << 30;
    config.destage.free_files_min = 1;
    config.destage.free_percent_min = 0;
    config
}

#[test]
fn a_node_that_went_offline_with_bytes_to_destage_does_not_spin() {
    for operation in 0..30 {
        let mut config = tight();
        config.limits.tail_bytes = 64 << 10;
        let node = Node::with(config, &[]);
        node.disk.fail_in.set(Some(operation));
        for _ in 0..5 {
            append_many(&node, 0, 10, 10_000);
            // A task that spins is noticed by the world.
            node.world.run_for(Duration::from_micros(50));
        }
        node.world.run_for(Duration::from_secs(1));
    }
}

#[test]
fn what_waits_for_room_in_the_ring_does_not_keep_it_from_turning() {
    for in_flight in [20, 100, 300] {
        let node = Node::with(tight(), &[]);
        // Far more than the ring holds, of partitions that stand in each of its files, and never a moment without more to log.
        for _ in 0..20 {
            for index in 0..3 {
                append_many(&node, index, in_flight / 3, 2_000);
            }
            node.append(0, batch(0, 1).bytes()).unwrap();
        }
        node.world.run_for(Duration::from_secs(1));
        let written: usize = (0..3).map(|index| node.read_all(index).len()).sum();
        assert_eq!(written, 20 * (in_flight / 3 * 3 + 1));
    }
}

#[test]
fn partitions_that_were_large_do_not_hold_all_memory_for_ever() {
    let mut config = small("/data");
    config.limits.tail_bytes = 512 << 10;
    config.limits.tail_bytes_max = 1 << 20;
    let node = Node::with(config, &[]);
    append_each(&node, 3, 100, 9_000);
    assert_eq!(node.read_all(2).len(), 100);
}

#[test]
fn what_is_on_disk_leaves_memory_before_what_is_not() {
    let mut config = small("/data");
    config.limits.tail_written_bytes = 64 << 10;
    let node = Node::with_partitions(5, config, &[]);
    append_many(&node, 0, 20, 200_000);
    node.world.run_for(Duration::from_millis(100));
    let stats = node.engine().stats();
    assert!(stats.tail_bytes <= 300 << 10, "{} bytes in memory", stats.tail_bytes);
    for index in 1..5 {
        append_many(&node, index, 10, 3_000);
    }
    node.world.run_for(Duration::from_millis(100));
    let later = node.engine().stats();
    assert!(later.tail_bytes > 120_000, "{} bytes in memory", later.tail_bytes);
    assert_eq!(later.segment_bytes, stats.segment_bytes, "nothing is written for the sake of memory");
    assert_eq!((node.read_all(0).len(), node.read_all(3).len()), (20, 10));
}

/// Four MiB may stay in memory of what is on disk, and 32 of what is not.
fn roomy(partitions: i32) -> Node {
    let mut config = small("/data");
    config.limits.tail_written_bytes = 4 << 20;
    config.limits.tail_bytes = 32 << 20;
    config.limits.tail_bytes_max = 64 << 20;
    Node::with_partitions(partitions, config, &[])
}

/// Appends to one partition, once in that time, and looks at what is in memory meanwhile, from when it is full: least and most.
fn held_while_one_grows(node: &Node, every: Duration) -> (u64, u64) {
    let (mut least, mut most) = (u64::MAX, 0);
    for done in 0..400 {
        append_many(node, 0, 1, 60_000);
        node.world.run_for(every);
        let held = node.engine().stats().tail_bytes;
        least = if done < 100 { u64::MAX } else { least.min(held) };
        most = most.max(held);
    }
    node.world.run_for(Duration::from_secs(1));
    assert_eq!(node.read_all(0).len(), 400);
    (least, most)
}

#[test]
fn what_stays_of_one_partition_is_what_may_stay() {
    for every_us in [200, 500, 2_000, 20_000] {
        let node = roomy(1);
        // Its writer always has something to do.
        node.disk.takes.set(1_000_000);
        let (least, most) = held_while_one_grows(&node, Duration::from_micros(every_us));
        assert!(least > 2 << 20 && most <= 7 << 20, "every {every_us} us: {least} to {most} bytes");
    }
}

#[test]
fn one_that_grows_gives_back_what_is_on_disk_whoever_else_has_grown() {
    let node = roomy(101);
    // Those that grew often and are at work no more, still in memory.
    for _ in 0..40 {
        for index in 1..101 {
            append_many(&node, index, 4, 3_000);
        }
        node.world.run_for(Duration::from_millis(100));
    }
    let (least, most) = held_while_one_grows(&node, Duration::from_millis(20));
    assert!(least > 2 << 20 && most <= 6 << 20, "{least} to {most} bytes");
}

#[test]
fn where_every_partition_holds_but_a_page_appends_go_on() {
    let mut config = small("/data");
    config.limits.tail_bytes = 4 << 10;
    config.limits.tail_bytes_max = 8 << 10;
    let node = Node::with(config, &[]);
    append_each(&node, 3, 20, 100);
    assert_eq!(node.read_all(0).len(), 20);
}

/// Partitions whose records have left memory, on a disk that takes its time: 1 ms for anything.
fn cold(partitions: i32, read_ahead_bytes: u64) -> Node {
    let mut config = small("/data");
    config.limits.tail_bytes = 8 << 10;
    config.limits.read_ahead_bytes = read_ahead_bytes;
    let node = Node::with(config, &[]);
    append_each(&node, partitions, 40, 40_000);
    node.world.run_for(Duration::from_secs(11));
    node.disk.takes.set(1_000_000);
    node
}

#[test]
fn who_reads_on_finds_what_follows_read() {
    let node = cold(2, 300 << 10);
    let mut waited = Vec::new();
    let mut offset = 0;
    while offset < 30 {
        let before = node.world.now();
        let data = node.read(0, offset, 130_000).unwrap();
        waited.push(node.world.now() - before);
        assert!(data.bytes > 100_000, "three batches at once");
        offset += 3;
        node.world.run_for(Duration::from_millis(5));
    }
    assert!(waited[0] >= 1_000_000, "the first is read when it is asked for: {waited:?}");
    assert!(waited[1..].iter().all(|time| *time < 1_000_000), "and the others before: {waited:?}");
    // What is read ahead is bounded, whoever comes.
    for index in [1, 0, 1, 0] {
        node.read(index, 3, 130_000).unwrap();
        assert!(node.engine().stats().read_ahead_bytes <= 300 << 10);
    }
    assert!(node.engine().stats().read_ahead_bytes > 0);
}

#[test]
fn old_records_come_little_by_little_beside_commits() {
    let node = cold(2, 0);
    let found_in_both = |bytes_min: u32, away: u64| {
        let wait = Wait { bytes_min, deadline: Tick(node.world.now() + 1_000_000_000) };
        let Call::Read(mut read) = node.read_call(0, 0, 1 << 20, Some(wait)) else { unreachable!() };
        read.parts.push(ReadPart { key: key(1), ..read.parts[0] });
        read.bytes_max = 2 << 20;
        read.away = Duration::from_millis(away);
        match node.call(Call::Read(read)) {
            Reply::Read(results) => results.into_iter().map(|result| result.unwrap().bytes).collect::<Vec<_>>(),
            _ => panic!("not an answer to a read"),
        }
    };
    let found = |bytes_min| found_in_both(bytes_min, 0)[0];
    let is_all = |found: Vec<u32>| found.iter().all(|bytes| *bytes > 900_000);
    assert!(found(1) > 900_000);
    node.append(0, batch(0, 1).bytes()).unwrap();
    let (little, asked) = (found_in_both(1, 0), node.world.now());
    assert!((480_000..=512 << 10).contains(&little[0]) && little[1] == 0, "{little:?}");
    assert_eq!(found_in_both(1, 1), little, "who comes back at once loses nothing");
    assert!((720_000..=768 << 10).contains(&found_in_both(1, 3)[0]));
    assert!(is_all(found_in_both(1, 20)), "who is far away has more at once");
    assert!(node.world.now() - asked < 100_000_000, "all of it beside the commit");
    // Batches of 40 KB: three are less than the limit and than what is waited for.
    for bytes_min in [125_000, 500_000] {
        let asked = node.world.now();
        assert!(found(bytes_min) > 900_000, "who waits for more has it, ...");
        assert!(node.world.now() - asked < 30_000_000, "... and at once");
    }
    node.world.run_for(Duration::from_millis(100));
    assert!(found(1) > 900_000);
}

#[test]
fn all_who_read_old_records_beside_commits_keep_to_a_rate_that_grows_with_what_is_appended() {
    let node = cold(2, 0);
    node.disk.takes.set(0);
    // MiB/s of somebody who reads on and on for 100 ms, while so many bytes are appended after each answer.
    let rate = |appended: usize| {
        let (began, mut bytes) = (node.world.now(), 0);
        while node.world.now() - began < 100_000_000 {
            let wait = Wait { bytes_min: 1, deadline: Tick(node.world.now() + 1_000_000_000) };
            let Reply::Read(mut found) = node.call(node.read_call(0, 0, 1 << 20, Some(wait))) else { unreachable!() };
            bytes += u64::from(found.remove(0).unwrap().bytes);
            append_many(&node, 1, 1, appended);
            node.world.run_for(Duration::from_micros(100));
        }
        (bytes * 1_000_000_000 / (node.world.now() - began)) >> 20
    };
    let slow = rate(1);
    assert!((380..500).contains(&slow), "{slow} MiB/s");
    let faster = rate(100_000);
    assert!(faster > slow * 5 / 4, "{faster} MiB/s");
}

#[test]
fn what_was_read_for_a_reader_who_left_gives_way_and_not_that_of_one_who_stays() {
    let node = cold(3, 400 << 10);
    // There is room for two: the reader of 2 does not come again, and the one of 0 comes new.
    for (index, offset) in [(1, 0), (2, 0), (1, 3), (0, 0)] {
        node.read(index, offset, 130_000).unwrap();
        node.world.run_for(Duration::from_millis(5));
    }
    for (index, offset) in [(1, 6), (0, 3)] {
        let before = node.world.now();
        node.read(index, offset, 130_000).unwrap();
        assert!(node.world.now() - before < 1_000_000, "partition {index} waited for the disk");
    }
}

#[test]
fn journal_files_are_freed_while_part_of_the_ring_is_still_free() {
    // what may have been written when the first is freed, in percent of the ring
    for (free_percent_min, ring_percent) in [(50, 30..55), (0, 60..100)] {
        let mut config = tight();
        config.journal.files = 8;
        config.journal.initial_files = 8;
        config.destage.free_percent_min = free_percent_min;
        let node = Node::with(config, &[]);
        let written = (0..1_000).find_map(|_| {
            append_many(&node, 0, 1, 10_000);
            node.world.run_for(Duration::from_millis(1));
            let stats = node.engine().stats();
            (stats.journal_files_freed > 0).then_some(stats.journal_bytes)
        });
        let percent = written.unwrap() * 100 / (8 * (256 << 10));
        assert!(ring_percent.contains(&percent), "{percent} % of the ring, {free_percent_min} % to be free");
    }
}

#[test]
fn a_journal_file_that_many_partitions_are_in_is_given_up_little_by_little() {
    const PARTITIONS: i32 = 128;
    let mut config = tight();
    config.journal.files = 8;
    config.journal.initial_files = 8;
    config.destage.free_percent_min = 50;
    let node = Node::with_partitions(PARTITIONS, config, &[]);
    let (mut begun, mut freed) = (None, None);
    for round in 0..4_000 {
        append_many(&node, round % PARTITIONS, 1, 2_000);
        node.world.run_for(Duration::from_millis(1));
        let stats = node.engine().stats();
        begun = begun.or((stats.segment_bytes > 0).then_some(stats.journal_bytes));
        freed = (stats.journal_files_freed > 0).then_some(stats.journal_bytes);
        if freed.is_some() {
            break;
        }
    }
    // The last of four parties leaves it when three quarters of half a file more have been written.
    let meanwhile = freed.unwrap() - begun.unwrap();
    assert!((60 << 10..200 << 10).contains(&meanwhile), "{meanwhile} bytes were written meanwhile");
}

#[test]
fn what_many_partitions_have_little_of_is_written_together_and_nothing_is_lost_where_that_fails() {
    const PARTITIONS: i32 = 60;
    let mut config = tiny();
    config.destage.together_min = 8;
    let mut node = Node::with_partitions(PARTITIONS, config, &[]);
    // How many of each are acknowledged; none is while the disk is known to be full.
    let mut acknowledged = vec![0; PARTITIONS as usize];
    let mut round = |node: &Node| {
        for (index, count) in (0..).zip(&mut acknowledged) {
            *count += usize::from(node.append(index, batch(0, 1).value_len(2_000).bytes()).is_ok());
        }
        node.world.run_for(Duration::from_millis(20));
    };
    for _ in 0..10 {
        round(&node);
    }
    let stats = node.engine().stats();
    let together = node.disk.together.get();
    assert!(together > PARTITIONS as u64, "{together} pieces were written together");
    assert!(stats.segment_bytes >= together * 4096, "{} bytes of segments", stats.segment_bytes);
    // For some of them there is room.
    node.disk.capacity.set(node.disk.used() + (40 << 10));
    for _ in 0..4 {
        round(&node);
    }
    assert!(node.disk.used() + 4096 >= node.disk.capacity.get(), "the disk was full");
    node.disk.capacity.set(u64::MAX);
    node.world.run_for(Duration::from_secs(2));
    round(&node);
    node.cut(5);
    node.start().unwrap();
    for index in 0..PARTITIONS {
        let (found, count) = (node.read_all(index).len(), acknowledged[index as usize]);
        assert!(count > 10 && found == count, "{found} of {count} in partition {index}");
    }
}

#[test]
fn what_is_written_together_of_a_deleted_topic_does_not_get_into_the_next_one_of_its_name() {
    const PARTITIONS: i32 = 60;
    let next = Uuid([8; 16]);
    let mut config = tiny();
    config.destage.together_min = 8;
    let node = Node::with_partitions(PARTITIONS, config, &[]);
    let mut index = 0;
    while node.disk.together.get() == 0 {
        append_many(&node, index % PARTITIONS, 1, 2_000);
        node.world.run_for(Duration::from_micros(100));
        index += 1;
    }
    // From now on those files take so long that the next topic has its own before the last ones' turn.
    let pieces = i32::try_from(node.disk.together.get()).unwrap();
    assert!((20..PARTITIONS).contains(&pieces), "{pieces}");
    let last = pieces - 6..pieces - 1;
    node.disk.takes.set(1_000_000);
    let mut change = vec![
        MetadataRecord::RemoveTopic(RemoveTopicRecord { topic_id: TOPIC }),
        MetadataRecord::Topic(TopicRecord { name: "t".into(), topic_id: next }),
    ];
    change.extend((0..PARTITIONS).map(|index| partition_record(next, index)));
    let engine = node.engine();
    node.world.run(async move { engine.replay(&change).await });
    let records = batch(0, 1).value_len(100_000).bytes();
    for index in last.clone() {
        let mut call = node.append_call(index, records.clone(), Acks::All);
        if let Call::Append(append) = &mut call {
            append.parts[0].key.topic = next;
        }
        drop(node.engine().call(CoreId(0), call));
    }
    node.world.run_for(Duration::from_secs(2));
    for index in last {
        let path = format!("/data/t-{index}/00000000000000000000.log");
        let content = node.disk.content(Path::new(&path)).unwrap();
        // What is no whole block is in the journal, and a header is changed on its way.
        let whole = records.len() / BLOCK * BLOCK;
        assert!(content[HEADER_LEN..whole] == records[HEADER_LEN..whole], "partition {index}");
    }
}

/// Flushes beside those of the journal, while a little is written to each of many partitions until the ring has turned, or until
/// there is more of it than memory is for.
fn flushes_of_many(together_min: usize, tail_bytes: u64, unwritten: u64) -> u64 {
    const PARTITIONS: i32 = 60;
    let mut config = tiny();
    config.destage.together_min = together_min;
    config.limits.tail_bytes = tail_bytes;
    config.limits.tail_bytes_max = 64 << 20;
    let mut node = Node::with_partitions(PARTITIONS, config, &[]);
    node.disk.unwritten.set(unwritten);
    for _ in 0..10 {
        for index in 0..PARTITIONS {
            append_many(&node, index, 1, 2_000);
        }
        node.world.run_for(Duration::from_millis(20));
    }
    node.world.run_for(Duration::from_secs(1));
    let stats = node.engine().stats();
    if tail_bytes < 1 << 20 {
        assert!(stats.tail_bytes <= tail_bytes + (PARTITIONS as u64) * 4096, "{} bytes in memory", stats.tail_bytes);
    } else {
        assert!(stats.journal_files_freed > 2, "the ring has turned");
    }
    let flushes = node.disk.flushes.get() - stats.commits;
    node.cut(7);
    node.start().unwrap();
    for index in 0..PARTITIONS {
        assert_eq!(node.read_all(index).len(), 10, "partition {index}");
    }
    flushes
}

/// Many partitions share flushes, but not where those would write what others have left in memory.
fn share_flushes(tail_bytes: u64) {
    let (apart, together) = (flushes_of_many(usize::MAX, tail_bytes, 0), flushes_of_many(8, tail_bytes, 0));
    assert!(apart > 200, "{apart} flushes");
    assert!(together < apart / 3, "{together} of {apart} flushes");
    assert_eq!(flushes_of_many(8, tail_bytes, 1 << 30), apart, "beside what others have written");
}

#[test]
fn many_partitions_that_need_nothing_of_the_journal_any_more_share_flushes() {
    share_flushes(32 << 20);
}

#[test]
fn many_partitions_leave_memory_with_few_flushes() {
    share_flushes(256 << 10);
}

#[test]
fn a_directory_whose_metadata_was_torn_is_not_given_up() {
    let mut node = Node::new();
    for _ in 0..3 {
        node.append(0, batch(0, 1).value_len(100_000).bytes()).unwrap();
    }
    node.stop();
    // Written by a process that was killed before it was durable, and then the power went.
    node.disk.damage(Path::new("/data/t-0/partition.metadata"), |content| content.clear());
    node.start().unwrap();
    node.append(0, batch(0, 1).value_len(100_000).bytes()).unwrap();
    assert_eq!(node.read_all(0).len(), 4);
    node.cut(1);
    node.start().unwrap();
    assert_eq!(node.read_all(0).len(), 4);
    let text = node.disk.content(Path::new("/data/t-0/partition.metadata")).unwrap();
    assert!(String::from_utf8_lossy(&text).contains(&TOPIC.to_string()), "it is whole again");
}

#[test]
fn a_bypass_torn_in_the_page_a_partition_rested_with_takes_only_itself() {
    for after_us in 0..60 {
        let mut node = Node::new();
        node.append(0, batch(0, 1).value_len(5_000).bytes()).unwrap();
        node.stop();
        node.start().unwrap();
        append_many(&node, 0, 1, 200_000);
        node.world.run_for(Duration::from_micros(after_us * 5));
        node.cut(after_us);
        node.start().unwrap();
        let found = node.read_all(0);
        assert!(found == [(0, 0)] || found == [(0, 0), (1, 1)], "{found:?} after {after_us}");
    }
}

#[test]
fn records_deleted_from_a_partition_at_rest_do_not_keep_the_node_from_starting() {
    let mut node = Node::new();
    for _ in 0..3 {
        node.append(0, batch(0, 1).value_len(1_500).bytes()).unwrap();
    }
    node.stop();
    node.start().unwrap();
    let call = Call::DeleteRecords(vec![DeleteRecords { key: key(0), before: Some(Offset(2)) }]);
    assert!(matches!(node.call(call), Reply::LogStarts(results) if results == [Ok(Offset(2))]));
    node.cut(1);
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(2, 2)]);
    assert_eq!(node.append(0, batch(0, 1).bytes()).unwrap().base_offset, Offset(3));
    node.cut(2);
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(2, 2), (3, 3)]);
}

#[test]
fn what_a_bypass_wrote_before_the_disk_was_full_survives_a_power_cut() {
    for seed in 0..10 {
        let mut config = small("/data");
        config.destage.piece_bytes = 16 << 10;
        config.destage.pieces_in_flight_max = 1;
        let mut node = Node::with(config, &[]);
        node.append(0, batch(0, 1).bytes()).unwrap();
        node.world.run_for(Duration::from_secs(1));
        node.disk.capacity.set(node.disk.used() + (80 << 10));
        let records = batch(0, 1).value_len(200_000).bytes();
        assert_eq!(node.append(0, records).unwrap().base_offset, Offset(1));
        node.cut(seed);
        node.disk.capacity.set(u64::MAX);
        node.start().unwrap();
        assert_eq!(node.read_all(0), [(0, 0), (1, 1)], "seed {seed}");
    }
}

/// Of the frame that was cut a sector is missing, which is just what a torn write of the next frame brings: the same record, sent
/// again.
#[test]
fn a_frame_that_was_cut_is_not_made_whole_by_the_next() {
    let mut node = Node::new();
    let ring = Path::new("/data/journal/0/00000.ring");
    node.append(0, batch(0, 1).value_len(1_500).bytes()).unwrap();
    node.append(0, batch(0, 1).value_len(1_500).bytes()).unwrap();
    node.cut(0);
    let whole = node.disk.content(ring).unwrap();
    let last = whole.chunks(BLOCK).rposition(|block| block.iter().any(|byte| *byte != 0)).unwrap();
    let sector = last * BLOCK + 1024..last * BLOCK + 1536;
    assert!(whole[sector.clone()].iter().any(|byte| *byte != 0));
    node.disk.damage(ring, |content| content[sector.clone()].fill(0));
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(0, 0)]);
    node.cut(0);
    node.disk.damage(ring, |content| content[sector.clone()].copy_from_slice(&whole[sector]));
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(0, 0)], "what a start did not find is not there after the next");
}

#[test]
fn a_segment_is_written_in_pieces_no_larger_than_set() {
    let mut config = small("/data");
    config.destage.piece_bytes = 16 << 10;
    let node = Node::with(config, &[]);
    node.append(0, batch(0, 1).bytes()).unwrap();
    let written = node.disk.written.get();
    node.disk.largest.set(0);
    node.append(0, batch(0, 1).value_len(200_000).bytes()).unwrap();
    assert!(node.disk.written.get() - written > 190_000, "it went past the journal");
    assert_eq!(node.disk.largest.get(), 16 << 10);
}

#[test]
fn a_bypass_in_few_pieces_is_durable_without_a_flush_of_the_file() {
    let mut config = small("/data");
    config.destage.piece_bytes = 256 << 10;
    let mut node = Node::with(config, &[]);
    let large = || batch(0, 1).value_len(200_000).bytes();
    node.append(0, large()).unwrap();
    let flushes = node.disk.file_flushes.get();
    for _ in 0..3 {
        node.append(0, large()).unwrap();
    }
    assert_eq!(node.disk.file_flushes.get(), flushes);
    // In more pieces, a flush is for all of them.
    node.append(0, batch(0, 1).value_len(900_000).bytes()).unwrap();
    assert!(node.disk.file_flushes.get() > flushes);
    node.cut(7);
    node.start().unwrap();
    assert_eq!(node.read_all(0), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]);
}

#[test]
fn what_comes_turn_after_turn_shares_a_commit() {
    let node = Node::with(small("/data"), &[]);
    append_each(&node, 3, 1, 100);
    let before = node.engine().stats().commits;
    for index in 0..3 {
        let (world, engine) = (node.world.clone(), node.engine().clone());
        let call = node.append_call(index, batch(0, 1).bytes(), Acks::All);
        let later = async move {
            for _ in 0..index {
                world.yield_now().await;
            }
            drop(engine.call(CoreId(0), call));
        };
        node.world.spawn(thalweg_rt::Share::Foreground, Box::pin(later));
    }
    node.world.run_for(Duration::from_secs(1));
    assert_eq!(node.engine().stats().commits - before, 1);
}

#[test]
fn what_comes_beside_a_bypass_shares_a_commit() {
    let mut config = small("/data");
    config.destage.piece_bytes = 16 << 10;
    let node = Node::with(config, &[]);
    append_each(&node, 2, 1, 100);
    let commits = || node.engine().stats().commits;
    let before = commits();
    append_many(&node, 0, 1, 900_000);
    for _ in 0..10 {
        node.world.run_for(Duration::from_nanos(node.disk.takes.get()));
        append_many(&node, 1, 1, 100);
    }
    assert!(node.engine().stats().bypass_bytes > 890_000);
    assert_eq!(commits() - before, 1, "it is still being written");
    node.world.run_for(Duration::from_secs(1));
    assert!((2..=3).contains(&(commits() - before)), "{} commits", commits() - before);
    assert_eq!((node.read_all(0).len(), node.read_all(1).len()), (2, 11));
}

#[test]
fn a_full_disk_and_a_full_ring_do_not_keep_a_node_from_stopping() {
    let mut node = Node::with(tight(), &[]);
    for _ in 0..3 {
        node.append(0, batch(0, 1).bytes()).unwrap();
    }
    node.disk.capacity.set(0);
    append_many(&node, 0, 400, 4_000);
    node.world.run_for(Duration::from_secs(2));
    let stopped = Rc::new(std::cell::Cell::new(false));
    let (engine, done) = (node.engine.take().unwrap(), stopped.clone());
    node.world.spawn(
        thalweg_rt::Share::Foreground,
        Box::pin(async move {
            engine.stop().await;
            done.set(true);
        }),
    );
    node.world.run_for(Duration::from_secs(2));
    assert!(stopped.get(), "it stops though it cannot do all that is left");
    node.kill();
    node.disk.capacity.set(u64::MAX);
    node.start().unwrap();
    assert_eq!(node.read_all(0)[..3], [(0, 0), (1, 1), (2, 2)]);
}

#[test]
fn a_full_disk_does_not_let_another_number_of_cores_forget_the_journal() {
    let mut node = Node::with(tight(), &[]);
    for index in 0..3 {
        node.append(index, batch(0, 1).value_len(50_000).bytes()).unwrap();
    }
    node.world.run_for(Duration::from_secs(1));
    node.kill();
    node.disk.capacity.set(node.disk.used() + (20 << 10));
    let world = World::new(0);
    let started = try_start_cores(&world, &node.disk, &node.config, 2);
    assert!(started.iter().any(Result::is_err), "what is only in the old journal has no place to go");
    world.kill();
    node.disk.capacity.set(u64::MAX);
    let world = World::new(0);
    let engines = start_cores(&world, &node.disk, &node.config, 2);
    for index in 0..3 {
        assert_eq!(read_anywhere(&world, &engines[0], index), [(0, 0)]);
    }
}

/// Appends batches of one record, each 100 ms after the one before it.
fn append_at(node: &Node, times_ms: std::ops::Range<i64>) {
    for tenth in times_ms.start / 100..times_ms.end / 100 {
        node.append(0, batch(0, 1).value_len(9_000).time_ms(tenth * 100).bytes()).unwrap();
    }
}

#[test]
fn a_time_index_cut_short_by_power_hides_no_record() {
    for planted in [false, true] {
        let mut node = Node::with(tiny(), &[]);
        append_at(&node, 1_000..4_000);
        node.stop();
        node.disk.damage(Path::new("/data/t-0/00000000000000000000.timeindex"), |content| content.truncate(12));
        node.config.planted = planted.then_some(Bug::IndexAheadOfData);
        node.start().unwrap();
        assert_eq!(offset_at(&node, OffsetAt::Time(3_900)) == (29, 3_900), !planted);
        assert_eq!(offset_at(&node, OffsetAt::MaxTimestamp) == (29, 3_900), !planted);
    }
}

#[test]
fn an_index_of_an_earlier_rest_is_not_that_of_the_closed_segment() {
    for planted in [false, true] {
        let mut node = Node::with(tiny(), &[("segment.bytes", "1048576")]);
        node.config.planted = planted.then_some(Bug::IndexAheadOfData);
        append_at(&node, 1_000..4_000);
        node.stop();
        node.start().unwrap();
        append_at(&node, 4_000..10_000);
        node.kill();
        // The segment goes on after a start that has no index of it in memory, and is closed.
        node.start().unwrap();
        append_at(&node, 10_000..16_000);
        node.stop();
        node.start().unwrap();
        assert_eq!(offset_at(&node, OffsetAt::Time(9_000)) == (80, 9_000), !planted);
    }
}

#[test]
fn a_closed_segment_of_whole_blocks_is_given_up_only_with_its_index() {
    // Batches of two blocks, so that all bytes of the segment may be durable before it is closed.
    let two_blocks = |second: i64| {
        let of = |len| batch(0, 1).value_len(len).time_ms(second * 1_000).bytes();
        of(8_192 - (of(8_000).len() - 8_000))
    };
    assert_eq!(two_blocks(1).len(), 8_192);
    let told = |operation: u64, after: u64, planted: Option<Bug>| {
        let mut node = Node::with(tiny(), &[("segment.bytes", "1048576")]);
        node.config.planted = planted;
        for second in 0..30 {
            node.append(0, two_blocks(second)).unwrap();
        }
        // Its index, of thirty batches, stays beside it.
        node.stop();
        node.start().unwrap();
        for second in 30..126 {
            node.append(0, two_blocks(second)).unwrap();
        }
        node.kill();
        node.start().unwrap();
        node.disk.fail_in.set(Some(operation));
        let end = (126..200).find(|second| node.append(0, two_blocks(*second)).is_err()).unwrap_or(200);
        node.world.run_for(Duration::from_micros(after));
        node.disk.fail_in.set(None);
        node.cut(operation + after);
        node.start().unwrap();
        let is = |second: i64| offset_at(&node, OffsetAt::Time(second * 1_000)) == (second, second * 1_000);
        (end > 128, is(31) && is(100) && is(end - 1))
    };
    let mut closed = 0;
    for operation in (0..150).step_by(6) {
        let (beyond, found) = told(operation, operation % 7 * 300, None);
        assert!(found, "operation {operation}");
        closed += u32::from(beyond);
    }
    assert!(closed > 10, "{closed}");
    assert!((0..150).step_by(6).any(|operation| !told(operation, 0, Some(Bug::IndexAheadOfData)).1));
}
