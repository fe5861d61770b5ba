//! Records in and out: what is written is what is read, in order, once.

use std::io::Write;
use std::time::{Duration, Instant};

use bytes::Bytes;
use thalweg_wire::batch::{BatchHeader, HEADER_LEN};
use thalweg_wire::compression::Compression;
use thalweg_wire::messages::fetch_request::{FetchRequest, ForgottenTopic};
use thalweg_wire::messages::fetch_response::FetchResponse;
use thalweg_wire::messages::init_producer_id_request::InitProducerIdRequest;
use thalweg_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic};
use thalweg_wire::messages::produce_request::{PartitionProduceData, ProduceRequest};
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::{ErrorCode, Records, Str};

use crate::support::*;

#[test]
fn trap15_offsets_are_dense_over_batches_and_partitions() {
    let mut client = shared().connect();
    client.create_topic("dense", 3, &[]);
    for partition in 0..3 {
        assert_eq!(client.write("dense", partition, &["a"]), 0);
        assert_eq!(client.write("dense", partition, &["b", "c", "d"]), 1);
        assert_eq!(client.write("dense", partition, &["e"]), 4);
        let want: Vec<(i64, String)> =
            ["a", "b", "c", "d", "e"].iter().enumerate().map(|(at, value)| (at as i64, (*value).to_owned())).collect();
        assert_eq!(records_of(&client.fetch("dense", partition, 0, 1000)), want);
    }
}

#[test]
fn every_codec_comes_back_as_it_went_in() {
    let mut client = shared().connect();
    client.create_topic("codecs", 1, &[]);
    let mut offset = 0;
    for codec in [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        let mut builder = BatchBuilder::new(codec);
        for nth in 0..50 {
            let header = thalweg_wire::record::Header { key: b"h", value: Some(b"v") };
            let value = format!("{codec:?} {nth} {}", "x".repeat(100));
            builder.push(NOW_MS, Some(b"key"), Some(value.as_bytes()), &[header, header]).unwrap();
        }
        let sent = builder.finish().unwrap();
        let row = client.produce("codecs", 0, sent.clone());
        assert_eq!((row.error_code, row.base_offset), (0, offset), "{codec:?}");
        let response = client.fetch("codecs", 0, offset, 1000);
        let got = response.responses[0].partitions[0].records.as_ref().unwrap().as_bytes().unwrap().clone();
        // only base offset and leader epoch are the broker's
        assert_eq!(got[16..], sent[16..], "{codec:?}");
        offset += 50;
    }
}

#[test]
fn zstd_is_refused_where_old_clients_could_not_read_it() {
    let mut client = shared().connect();
    client.create_topic("old-zstd", 1, &[]);
    let mut builder = BatchBuilder::new(Compression::Zstd);
    builder.push(NOW_MS, None, Some(b"x"), &[]).unwrap();
    let request = produce("old-zstd", 0, builder.finish().unwrap(), -1);
    assert_eq!(only(&client.call(6, &request)).error_code, ErrorCode::UnsupportedCompressionType.code());
    assert_eq!(only(&client.call(7, &request)).error_code, 0);
}

/// Kafka refused this (UNSUPPORTED_COMPRESSION_TYPE) while it still converted batches for old clients; 4.x does not.
#[test]
fn zstd_is_served_in_every_version_of_fetch() {
    let mut client = shared().connect();
    client.create_topic("zstd-out", 1, &[("compression.type", "zstd")]);
    client.write("zstd-out", 0, &["a", "b"]);
    for version in 4..=12 {
        let response = client.call(version, &fetch("zstd-out", &[(0, 0)], 1000));
        assert_eq!(records_of(&response), [(0, "a".to_owned()), (1, "b".to_owned())], "{version}");
    }
}

#[test]
fn trap16_an_offset_inside_a_batch_returns_the_batch() {
    let mut client = shared().connect();
    client.create_topic("inside", 1, &[]);
    client.write("inside", 0, &["a", "b", "c"]);
    client.write("inside", 0, &["d", "e", "f"]);
    assert_eq!(records_of(&client.fetch("inside", 0, 1, 1000)).len(), 6);
    let last: Vec<i64> = records_of(&client.fetch("inside", 0, 5, 1000)).iter().map(|(offset, _)| *offset).collect();
    assert_eq!(last, [3, 4, 5]);
}

#[test]
fn trap17_one_batch_is_returned_even_if_it_is_larger_than_asked_for() {
    let mut client = shared().connect();
    client.create_topic("large", 2, &[]);
    let big = "x".repeat(10_000);
    client.write("large", 0, &[&big]);
    client.write("large", 0, &[&big]);
    client.write("large", 1, &[&big]);
    let mut request = fetch("large", &[(0, 0), (1, 0)], 1000);
    request.max_bytes = 100;
    for part in &mut request.topics[0].partitions {
        part.partition_max_bytes = 100;
    }
    let response = client.call(12, &request);
    let counts: Vec<usize> =
        response.responses[0].partitions.iter().map(|part| values(part.records.as_ref()).len()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 1, "{counts:?}");
    // what fits exactly is returned whole
    let size = client.fetch("large", 0, 0, 1000).responses[0].partitions[0].records.as_ref().unwrap().len() as i32 / 2;
    for (limit, batches) in [(2 * size, 2), (2 * size - 1, 1)] {
        let mut request = fetch("large", &[(0, 0)], 1000);
        request.topics[0].partitions[0].partition_max_bytes = limit;
        assert_eq!(records_of(&client.call(12, &request)).len(), batches);
    }
}

#[test]
fn a_fetch_waits_for_records_and_returns_when_they_come() {
    let mut client = shared().connect();
    client.create_topic("waits", 4, &[]);
    let mut reader = shared().connect();
    let parts: Vec<(i32, i64)> = (0..4).map(|partition| (partition, 0)).collect();
    // in vain
    let began = Instant::now();
    let response = reader.call(12, &fetch("waits", &parts, 300));
    assert!(began.elapsed() >= Duration::from_millis(290), "{:?}", began.elapsed());
    assert!(response.responses[0].partitions.iter().all(|part| part.error_code == 0 && part.high_watermark == 0));
    // until something comes, on whatever core
    for partition in 0..4 {
        let parts: Vec<(i32, i64)> = (0..4).map(|at| (at, if at < partition { 1 } else { 0 })).collect();
        let began = Instant::now();
        let asked = reader.send(12, &fetch("waits", &parts, 15_000));
        std::thread::sleep(Duration::from_millis(50));
        client.write("waits", partition, &["now"]);
        let response = reader.receive::<FetchRequest>(12, asked);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let found: Vec<i32> = response.responses[0]
            .partitions
            .iter()
            .filter(|part| part.records.as_ref().is_some_and(|records| !records.is_empty()))
            .map(|part| part.partition_index)
            .collect();
        assert_eq!(found, [partition]);
    }
}

#[test]
fn the_minimum_counts_over_all_cores_together() {
    let mut client = shared().connect();
    client.create_topic("minimum", 4, &[]);
    let mut reader = shared().connect();
    let mut request = fetch("minimum", &[(0, 0), (1, 0), (2, 0), (3, 0)], 15_000);
    request.min_bytes = 4 * 1000;
    let asked = reader.send(12, &request);
    let value = "x".repeat(1000);
    let began = Instant::now();
    for partition in 0..4 {
        std::thread::sleep(Duration::from_millis(30));
        client.write("minimum", partition, &[&value]);
    }
    let response = reader.receive::<FetchRequest>(12, asked);
    let counts: Vec<usize> =
        response.responses[0].partitions.iter().map(|part| values(part.records.as_ref()).len()).collect();
    assert_eq!(counts, [1, 1, 1, 1]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn offsets_outside_the_log_are_errors_at_once() {
    let mut client = shared().connect();
    client.create_topic("outside", 1, &[]);
    client.write("outside", 0, &["a", "b"]);
    for offset in [-1, 3, 99] {
        let began = Instant::now();
        let response = client.fetch("outside", 0, offset, 10_000);
        let row = &response.responses[0].partitions[0];
        assert_eq!((row.error_code, row.high_watermark), (ErrorCode::OffsetOutOfRange.code(), -1), "{offset}");
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    let response = client.fetch("outside", 0, 2, 100);
    assert_eq!((response.responses[0].partitions[0].error_code, records_of(&response).len()), (0, 0));
    let unknown = client.fetch("outside", 7, 0, 100);
    assert_eq!(unknown.responses[0].partitions[0].error_code, ErrorCode::UnknownTopicOrPartition.code());
}

#[test]
fn leader_epochs_that_do_not_fit_are_refused() {
    let mut client = shared().connect();
    client.create_topic("epochs", 1, &[]);
    let mut request = fetch("epochs", &[(0, 0)], 100);
    request.topics[0].partitions[0].current_leader_epoch = 9;
    let row = &client.call(12, &request).responses[0].partitions[0];
    assert_eq!(row.error_code, ErrorCode::UnknownLeaderEpoch.code());
    request.topics[0].partitions[0].current_leader_epoch = 0;
    assert_eq!(client.call(12, &request).responses[0].partitions[0].error_code, 0);
}

fn new_producer() -> InitProducerIdRequest {
    InitProducerIdRequest { transactional_id: None, ..Default::default() }
}

fn session(client: &mut Client, id: i32, epoch: i32, parts: &[(i32, i64)], forget: &[i32], wait: i32) -> FetchResponse {
    let mut request = fetch("session", parts, wait);
    if parts.is_empty() {
        request.topics.clear();
    }
    if !forget.is_empty() {
        let topic =
            ForgottenTopic { topic: Str::from_static("session"), partitions: forget.to_vec(), ..Default::default() };
        request.forgotten_topics_data = vec![topic];
    }
    request.session_id = id;
    request.session_epoch = epoch;
    client.call(12, &request)
}

#[test]
fn trap18_a_session_tells_what_changed_and_waits_when_nothing_did() {
    let mut client = shared().connect();
    client.create_topic("session", 3, &[]);
    client.write("session", 0, &["a"]);
    let rows = |response: &FetchResponse| -> Vec<i32> {
        response.responses.iter().flat_map(|topic| &topic.partitions).map(|part| part.partition_index).collect()
    };
    let first = session(&mut client, 0, 0, &[(0, 0), (1, 0), (2, 0)], &[], 100);
    assert!(first.session_id > 0 && first.error_code == 0);
    assert_eq!(rows(&first), [0, 1, 2]);
    let id = first.session_id;
    // nothing new: an empty request must wait, and its answer names nothing
    let began = Instant::now();
    let second = session(&mut client, id, 1, &[(0, 1)], &[], 300);
    assert!(began.elapsed() >= Duration::from_millis(290), "{:?}", began.elapsed());
    assert_eq!((second.session_id, rows(&second)), (id, vec![]));
    // something new in one
    let mut writer = shared().connect();
    writer.write("session", 2, &["b"]);
    let third = session(&mut client, id, 2, &[], &[], 5_000);
    assert_eq!(rows(&third), [2]);
    // forgotten: no more of it
    writer.write("session", 2, &["c"]);
    let fourth = session(&mut client, id, 3, &[], &[2], 200);
    assert_eq!(rows(&fourth), Vec::<i32>::new());
    // wrong epoch, then wrong id
    assert_eq!(session(&mut client, id, 3, &[], &[], 100).error_code, ErrorCode::InvalidFetchSessionEpoch.code());
    assert_eq!(session(&mut client, id ^ 1, 1, &[], &[], 100).error_code, ErrorCode::FetchSessionIdNotFound.code());
    // by id in a session by name
    let mut request = FetchRequest { session_id: id, session_epoch: 4, max_wait_ms: 100, ..Default::default() };
    assert_eq!(client.call(13, &request).error_code, ErrorCode::FetchSessionTopicIdError.code());
    request.session_epoch = -1;
    assert_eq!(client.call(12, &request).session_id, 0);
    assert_eq!(session(&mut client, id, 4, &[], &[], 100).error_code, ErrorCode::FetchSessionIdNotFound.code());
}

#[test]
fn trap10_a_repeated_idempotent_batch_is_answered_with_its_first_offset() {
    let mut client = shared().connect();
    client.create_topic("idempotent", 1, &[]);
    let id = client.call(4, &new_producer()).producer_id;
    let offsets: Vec<i64> = (0..5)
        .map(|sequence| client.produce("idempotent", 0, idempotent(id, 0, sequence, &["x"])).base_offset)
        .collect();
    assert_eq!(offsets, [0, 1, 2, 3, 4]);
    for sequence in 0..5 {
        let row = client.produce("idempotent", 0, idempotent(id, 0, sequence, &["x"]));
        assert_eq!((row.error_code, row.base_offset), (0, i64::from(sequence)));
    }
    let gap = client.produce("idempotent", 0, idempotent(id, 0, 9, &["x"]));
    assert_eq!(gap.error_code, ErrorCode::OutOfOrderSequenceNumber.code());
    assert_eq!(records_of(&client.fetch("idempotent", 0, 0, 1000)).len(), 5);
}

#[test]
fn trap11_a_producer_goes_on_under_its_next_epoch_and_fences_the_old() {
    let mut client = shared().connect();
    client.create_topic("bump", 1, &[]);
    let id = client.call(4, &new_producer()).producer_id;
    client.produce("bump", 0, idempotent(id, 0, 0, &["a"]));
    assert_eq!(client.produce("bump", 0, idempotent(id, 1, 0, &["b"])).error_code, 0);
    let old = client.produce("bump", 0, idempotent(id, 0, 1, &["c"]));
    assert_eq!(old.error_code, ErrorCode::InvalidProducerEpoch.code());
    // no two connections share an id, whatever their cores
    let mut ids: Vec<i64> = (0..20).map(|_| shared().connect().call(4, &new_producer()).producer_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

#[test]
fn trap11_an_id_that_a_client_says_it_has_buys_no_epoch_of_it() {
    let mut owner = shared().connect();
    owner.create_topic("claimed", 1, &[]);
    let id = owner.call(4, &new_producer()).producer_id;
    assert_eq!(owner.produce("claimed", 0, idempotent(id, 0, 0, &["a"])).error_code, 0);
    let mut other = shared().connect();
    for (claimed, epoch) in [(id, 0), (id, 7), (id, i16::MAX - 1), (id, i16::MAX), (id + 1_000_000, 3), (-5, -5)] {
        for version in 3..=5 {
            let claim = InitProducerIdRequest { producer_id: claimed, producer_epoch: epoch, ..new_producer() };
            let got = other.call(version, &claim);
            assert_eq!((got.error_code, got.producer_epoch), (0, 0), "{claimed} {epoch}");
            assert!(got.producer_id >= 0 && got.producer_id != id && got.producer_id != claimed, "{claimed} {epoch}");
        }
    }
    // one without the other is no claim at all
    for (claimed, epoch) in [(id, -1), (-1, 0), (-2, -1)] {
        let claim = InitProducerIdRequest { producer_id: claimed, producer_epoch: epoch, ..new_producer() };
        let got = other.call(4, &claim);
        assert_eq!((got.error_code, got.producer_id), (ErrorCode::InvalidRequest.code(), -1), "{claimed} {epoch}");
    }
    assert_eq!(owner.produce("claimed", 0, idempotent(id, 0, 1, &["b"])).error_code, 0);
}

#[test]
fn transactions_are_refused_for_good() {
    let mut client = shared().connect();
    client.create_topic("transactional", 1, &[]);
    let begin = InitProducerIdRequest {
        transactional_id: Some(Str::from_static("t")),
        transaction_timeout_ms: 1000,
        ..Default::default()
    };
    let code = client.call(4, &begin).error_code;
    assert!(code != 0 && !ErrorCode::try_from(code).unwrap().is_retriable());
    let mut builder = BatchBuilder::new(Compression::None)
        .producer(thalweg_wire::ProducerId(1), thalweg_wire::ProducerEpoch(0), thalweg_wire::Sequence(0))
        .transactional(true);
    builder.push(NOW_MS, None, Some(b"x"), &[]).unwrap();
    let records = builder.finish().unwrap();
    let mut request = produce("transactional", 0, records, -1);
    let anonymous = client.call(9, &request);
    assert_eq!(only(&anonymous).error_code, ErrorCode::TransactionalIdAuthorizationFailed.code());
    request.transactional_id = Some(Str::from_static("t"));
    assert_ne!(only(&client.call(9, &request)).error_code, 0);
    assert_eq!(records_of(&client.fetch("transactional", 0, 0, 100)).len(), 0);
}

#[test]
fn what_a_client_may_not_write_is_refused() {
    let mut client = shared().connect();
    client.create_topic("refused", 1, &[("max.message.bytes", "1000")]);
    let code = |client: &mut Client, records: Bytes| client.produce("refused", 0, records).error_code;
    assert_eq!(code(&mut client, Bytes::new()), ErrorCode::InvalidRecord.code());
    assert_eq!(code(&mut client, batch(&[&"x".repeat(1000)])), ErrorCode::MessageTooLarge.code());
    let mut damaged = batch(&["a"]).to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(code(&mut client, Bytes::from(damaged)), ErrorCode::CorruptMessage.code());
    let two = Bytes::from([batch(&["a"]), batch(&["b"])].concat());
    assert_eq!(code(&mut client, two), ErrorCode::InvalidRecord.code());
    let mut old = batch(&["a"]).to_vec();
    old[16] = 1;
    assert_ne!(code(&mut client, Bytes::from(old)), 0);
    let mut request = produce("refused", 0, batch(&["a"]), 7);
    assert_eq!(only(&client.call(9, &request)).error_code, ErrorCode::InvalidRequiredAcks.code());
    request = produce("nowhere-at-all", 0, batch(&["a"]), -1);
    assert_eq!(only(&client.call(9, &request)).error_code, ErrorCode::UnknownTopicOrPartition.code());
    assert_eq!(records_of(&client.fetch("refused", 0, 0, 100)).len(), 0);
    assert_eq!(client.write("refused", 0, &["fine"]), 0);
}

#[test]
fn trap12_a_batch_that_cannot_be_decompressed_is_refused_for_good() {
    let mut client = shared().connect();
    client.create_topic("undecodable", 1, &[]);
    client.create_topic("undecodable-gzip", 1, &[("compression.type", "gzip")]);
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        let mut builder = BatchBuilder::new(codec);
        builder.push(NOW_MS, Some(b"key"), Some("x".repeat(500).as_bytes()), &[]).unwrap();
        let mut bytes = builder.finish().unwrap().to_vec();
        bytes[HEADER_LEN..].iter_mut().for_each(|byte| *byte ^= 0x5a);
        let crc = BatchHeader::parse_prefix(&bytes).unwrap().crc_over(&bytes[HEADER_LEN..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        for topic in ["undecodable", "undecodable-gzip"] {
            let row = client.produce(topic, 0, bytes.clone().into());
            assert_eq!(row.error_code, ErrorCode::InvalidRecord.code(), "{codec:?} {topic}");
            assert!(row.error_message.is_some());
        }
    }
    assert!(!ErrorCode::InvalidRecord.is_retriable());
    assert_eq!(client.write("undecodable", 0, &["fine"]), 0);
}

#[test]
fn a_topic_bounds_each_record_of_a_compressed_batch() {
    let mut client = shared().connect();
    client.create_topic("bounded", 1, &[("max.decompressed.message.bytes", "1000")]);
    let mut code = |codec, value: usize| {
        let mut builder = BatchBuilder::new(codec);
        for _ in 0..10 {
            builder.push(NOW_MS, Some(b"k"), Some(&vec![b'v'; value]), &[]).unwrap();
        }
        client.produce("bounded", 0, builder.finish().unwrap()).error_code
    };
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        assert_eq!(code(codec, 992), 0, "{codec}");
        assert_eq!(code(codec, 993), ErrorCode::InvalidRecord.code(), "{codec}");
    }
    assert_eq!(code(Compression::None, 2000), 0);
}

#[test]
fn trap28_a_compacted_topic_takes_no_record_without_a_key() {
    let mut client = shared().connect();
    client.create_topic("compacted", 1, &[("cleanup.policy", "compact")]);
    let row = client.produce("compacted", 0, batch(&["a", "b"]));
    assert_eq!(row.error_code, ErrorCode::InvalidRecord.code());
    assert_eq!(row.record_errors.len(), 2);
    assert!(row.error_message.is_some());
    let mut builder = BatchBuilder::new(Compression::None);
    builder.push(NOW_MS, Some(b"k"), Some(b"v"), &[]).unwrap();
    assert_eq!(client.produce("compacted", 0, builder.finish().unwrap()).error_code, 0);
}

#[test]
fn clients_do_not_write_to_internal_topics() {
    let mut client = shared().connect();
    let find = thalweg_wire::messages::find_coordinator_request::FindCoordinatorRequest {
        key: Str::from_static("any"),
        ..Default::default()
    };
    assert_eq!(client.call(2, &find).error_code, 0);
    let row = client.produce("__consumer_offsets", 0, batch(&["a"]));
    assert_eq!(row.error_code, ErrorCode::InvalidTopicException.code());
}

#[test]
fn a_partition_twice_in_a_request_is_refused_once() {
    let mut client = shared().connect();
    client.create_topic("twice", 1, &[]);
    let mut request = produce("twice", 0, batch(&["a"]), -1);
    let again = PartitionProduceData { index: 0, records: Some(Records::Bytes(batch(&["b"]))) };
    request.topic_data[0].partition_data.push(again);
    let response = client.call(9, &request);
    let codes: Vec<i16> = response.responses[0].partition_responses.iter().map(|row| row.error_code).collect();
    assert_eq!(codes, [0, ErrorCode::InvalidRequest.code()]);
}

#[test]
fn pipelined_requests_are_answered_and_appended_in_order() {
    let mut client = shared().connect();
    client.create_topic("pipeline", 2, &[]);
    let id = client.call(4, &new_producer()).producer_id;
    let mut bytes = Vec::new();
    for sequence in 0..200 {
        let records = idempotent(id, 0, sequence, &[&sequence.to_string()]);
        bytes.extend(client.frame(9, &produce("pipeline", 0, records, -1)));
    }
    client.stream.write_all(&bytes).unwrap();
    for sequence in 0..200i64 {
        let response = client.receive::<ProduceRequest>(9, 3 + sequence as i32);
        assert_eq!((only(&response).error_code, only(&response).base_offset), (0, sequence));
    }
    // a read after a pipelined write sees it
    let write = client.frame(9, &produce("pipeline", 1, batch(&["seen"]), -1));
    let read = client.frame(12, &fetch("pipeline", &[(1, 0)], 0));
    client.stream.write_all(&[write, read].concat()).unwrap();
    client.receive_frame().unwrap();
    let frame = client.receive_frame().unwrap();
    assert!(frame.windows(4).any(|window| window == b"seen"));
}

/// Who sends in bulk has its requests looked at together; what it sends less of, or then something else, is answered all the same.
#[test]
fn a_client_that_sent_in_bulk_is_answered_whatever_it_sends_next() {
    let mut client = shared().connect();
    client.create_topic("bulk", 4, &[]);
    let large = batch(&[&"x".repeat(15_000)]);
    let mut request = produce("bulk", 0, large.clone(), -1);
    let part = |index| PartitionProduceData { index, records: Some(Records::Bytes(large.clone())) };
    request.topic_data[0].partition_data = (0..4).map(part).collect();
    let mut first = 2;
    let mut burst = |client: &mut Client, width: i32| {
        let frames: Vec<u8> = (0..width).flat_map(|_| client.frame(9, &request)).collect();
        client.stream.write_all(&frames).unwrap();
        let began = Instant::now();
        for correlation in first..first + width {
            let response = client.receive::<ProduceRequest>(9, correlation);
            assert!(response.responses[0].partition_responses.iter().all(|row| row.error_code == 0));
        }
        first += width;
        began.elapsed()
    };
    for width in [vec![5; 30], vec![1, 4, 2, 5, 1]].concat() {
        assert!(burst(&mut client, width) < PATIENCE / 4);
    }
    assert_eq!(client.write("bulk", 0, &["small"]), 30 * 5 + 13);
    // a request of which only a part has come is waited for as ever
    let frame = client.frame(9, &request);
    client.stream.write_all(&frame[..50_000]).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    client.stream.write_all(&frame[50_000..]).unwrap();
    client.receive_frame().unwrap();
    let rows = client.fetch("bulk", 3, 163, 0);
    assert_eq!(records_of(&rows).len(), 1);
}

#[test]
fn acks_all_needs_the_replicas_the_topic_asks_for() {
    let mut client = shared().connect();
    client.create_topic("min-isr", 1, &[("min.insync.replicas", "2")]);
    let version = 9;
    let code =
        |client: &mut Client, acks| only(&client.call(version, &produce("min-isr", 0, batch(&["x"]), acks))).error_code;
    assert_eq!(code(&mut client, -1), ErrorCode::NotEnoughReplicas.code());
    assert_eq!(code(&mut client, 1), ErrorCode::None.code());
}

#[test]
fn without_acks_there_is_no_answer_and_an_error_closes() {
    let mut client = shared().connect();
    client.create_topic("silent", 1, &[]);
    for _ in 0..3 {
        client.send(9, &produce("silent", 0, batch(&["a"]), 0));
    }
    // the next answer is that of the next request
    assert_eq!(client.write("silent", 0, &["b"]), 3);
    client.send(9, &produce("silent", 5, batch(&["a"]), 0));
    assert!(client.is_closed());
}

#[test]
fn records_sent_without_acks_just_before_the_end_are_kept() {
    let mut client = shared().connect();
    client.create_topic("farewell", 1, &[]);
    let mut brief = shared().connect();
    for _ in 0..10 {
        brief.send(9, &produce("farewell", 0, batch(&["a"]), 0));
    }
    drop(brief);
    eventually("ten records", || (records_of(&client.fetch("farewell", 0, 0, 100)).len() == 10).then_some(()));
}

fn offset_at(client: &mut Client, topic: &str, timestamp: i64, version: i16) -> (i16, i64, i64) {
    let part = ListOffsetsPartition { partition_index: 0, timestamp, ..Default::default() };
    let request = ListOffsetsRequest {
        replica_id: -1,
        topics: vec![ListOffsetsTopic { name: Str::from(topic), partitions: vec![part] }],
        ..Default::default()
    };
    let response = client.call(version, &request);
    let row = &response.topics[0].partitions[0];
    (row.error_code, row.offset, row.timestamp)
}

#[test]
fn trap21_offsets_by_time_are_exact_within_compressed_batches() {
    let mut client = shared().connect();
    client.create_topic("times", 1, &[("message.timestamp.before.max.ms", "9223372036854775807")]);
    for (codec, times) in [(Compression::Lz4, [100, 300, 200]), (Compression::None, [400, 500, 450])] {
        let mut builder = BatchBuilder::new(codec);
        for time in times {
            builder.push(time, None, Some(b"x"), &[]).unwrap();
        }
        assert_eq!(client.produce("times", 0, builder.finish().unwrap()).error_code, 0);
    }
    for (asked, offset, timestamp) in [(0, 0, 100), (101, 1, 300), (300, 1, 300), (301, 3, 400), (450, 4, 500)] {
        assert_eq!(offset_at(&mut client, "times", asked, 7), (0, offset, timestamp), "{asked}");
    }
    assert_eq!(offset_at(&mut client, "times", 501, 7), (0, -1, -1));
    assert_eq!(offset_at(&mut client, "times", -1, 7), (0, 6, -1));
    assert_eq!(offset_at(&mut client, "times", -2, 7), (0, 0, -1));
    assert_eq!(offset_at(&mut client, "times", -3, 7), (0, 4, 500));
    assert_eq!(offset_at(&mut client, "times", -3, 6).0, ErrorCode::UnsupportedVersion.code());
    assert_eq!(offset_at(&mut client, "times", -4, 8), (0, 0, -1));
    assert_eq!(offset_at(&mut client, "times", -5, 9), (0, -1, -1));
    client.create_topic("times-empty", 1, &[]);
    assert_eq!(offset_at(&mut client, "times-empty", -3, 7), (0, -1, -1));
    assert_eq!(offset_at(&mut client, "times-empty", 0, 7), (0, -1, -1));
}

#[test]
fn trap20_aborted_transactions_are_null_for_who_reads_everything() {
    let mut client = shared().connect();
    client.create_topic("isolation", 1, &[]);
    client.write("isolation", 0, &["a"]);
    let mut request = fetch("isolation", &[(0, 0)], 100);
    let row = client.call(12, &request).responses[0].partitions[0].clone();
    assert_eq!((row.aborted_transactions, row.last_stable_offset), (None, 1));
    request.isolation_level = 1;
    let row = client.call(12, &request).responses[0].partitions[0].clone();
    assert_eq!((row.aborted_transactions, row.last_stable_offset), (Some(vec![]), 1));
    assert_eq!(values(row.records.as_ref()).len(), 1);
}

#[test]
fn deleted_records_are_gone_for_reads_and_lookups() {
    use thalweg_wire::messages::delete_records_request::{
        DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
    };
    let mut client = shared().connect();
    client.create_topic("deleted", 1, &[]);
    for _ in 0..5 {
        client.write("deleted", 0, &["a", "b"]);
    }
    let delete = |client: &mut Client, offset| {
        let partitions = vec![DeleteRecordsPartition { partition_index: 0, offset }];
        let topics = vec![DeleteRecordsTopic { name: Str::from_static("deleted"), partitions }];
        let response = client.call(2, &DeleteRecordsRequest { topics, timeout_ms: 1000 });
        (response.topics[0].partitions[0].error_code, response.topics[0].partitions[0].low_watermark)
    };
    assert_eq!(delete(&mut client, 5), (0, 5));
    assert_eq!(delete(&mut client, 2), (0, 5), "never back");
    assert_eq!(delete(&mut client, 11).0, ErrorCode::OffsetOutOfRange.code());
    assert_eq!(delete(&mut client, -2).0, ErrorCode::OffsetOutOfRange.code());
    assert_eq!(client.fetch("deleted", 0, 4, 100).responses[0].partitions[0].error_code, 1);
    assert_eq!(offset_at(&mut client, "deleted", -2, 5), (0, 5, -1));
    assert_eq!(offset_at(&mut client, "deleted", 0, 5).1, 5);
    assert_eq!(delete(&mut client, -1), (0, 10));
    assert_eq!(client.fetch("deleted", 0, 10, 100).responses[0].partitions[0].log_start_offset, 10);
}
