//! What the door refuses, rule by rule, and what compaction does with a builder.

use super::*;
use crate::batch::BatchHeader;
use crate::ids::{Offset, ProducerEpoch, ProducerId, Sequence};

const NOW_MS: i64 = 1_700_000_000_000;
const RULES: ValidateRules = ValidateRules {
    origin: Origin::Client,
    require_keys: false,
    timestamps: TimestampRule::Near { now_ms: NOW_MS, before_max_ms: i64::MAX, after_max_ms: 3_600_000 },
    decompressed_bytes_max: 1 << 20,
};

fn builder() -> BatchBuilder {
    let mut builder = BatchBuilder::new(Compression::None);
    for index in 0..3 {
        builder.push(NOW_MS + index, Some(b"key"), Some(b"value"), &[]).unwrap();
    }
    builder
}

fn check(bytes: &[u8], rules: ValidateRules, expected: Result<Validated, InvalidReason>) {
    let batch = BatchView::parse(bytes).unwrap();
    let verdict = validate(&batch, &rules).map_err(|invalid| invalid.reason);
    assert_eq!(verdict, expected, "plain");
    // A reader meets what is wrong with the bytes, not what is wrong with the header's claims or the content.
    let read = read_all(&batch).map_err(|invalid| invalid.reason);
    match expected {
        Err(
            reason @ (InvalidReason::Truncated
            | InvalidReason::TrailingBytes
            | InvalidReason::BadHeaderCount
            | InvalidReason::MissingHeaderKey
            | InvalidReason::BadVarint),
        ) => assert_eq!(read, Err(reason)),
        Err(InvalidReason::BadLength) => assert!(read.is_err()),
        Ok(found) => assert_eq!(read, Ok(found.record_count)),
        Err(_) => {}
    }
    // Behind each codec the verdict is the same.
    for codec in &Compression::ALL[1..] {
        let behind = recompress(&mut Scratch::new(), &batch, *codec, None, 1 << 20).unwrap();
        let verdict = validate(&BatchView::parse(&behind).unwrap(), &rules).map_err(|invalid| invalid.reason);
        assert_eq!(verdict, expected, "{codec}");
    }
}

fn read_all(batch: &BatchView<'_>) -> Result<i32, InvalidBatch> {
    let mut records = batch.records(1 << 20).map_err(InvalidBatch::whole)?;
    let mut count = 0;
    while records.try_next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// The batch with bytes of its records changed.
fn with_payload(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = builder().finish().unwrap().to_vec();
    let mut payload = bytes.split_off(crate::batch::HEADER_LEN);
    change(&mut payload);
    bytes.append(&mut payload);
    let length = (bytes.len() - crate::batch::LOG_OVERHEAD) as i32;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes
}

/// Length, attributes, timestamp, offset, key length, key, value length, value, headers.
const RECORD_LEN: usize = 1 + 1 + 1 + 1 + 1 + 3 + 1 + 5 + 1;

#[test]
fn a_good_batch_passes() {
    let found = Validated {
        max_timestamp: NOW_MS + 2,
        max_timestamp_offset_delta: 2,
        record_count: 3,
        record_bytes_max: RECORD_LEN as u32 - 1,
    };
    check(&builder().finish().unwrap(), RULES, Ok(found));
    check(&builder().finish().unwrap(), ValidateRules { require_keys: true, ..RULES }, Ok(found));
}

#[test]
fn claims_of_the_header_are_checked() {
    let refuse = |change: &dyn Fn(&mut Vec<u8>), reason| {
        let mut bytes = builder().finish().unwrap().to_vec();
        change(&mut bytes);
        check(&bytes, RULES, Err(reason));
    };
    refuse(&|bytes| bytes[60] = 0, InvalidReason::NoRecords);
    refuse(&|bytes| bytes[57] = 0x80, InvalidReason::NoRecords);
    refuse(&|bytes| bytes[60] = 4, InvalidReason::CountMismatch { record_count: 4, last_offset_delta: 2 });
    refuse(&|bytes| bytes[26] = 3, InvalidReason::CountMismatch { record_count: 3, last_offset_delta: 3 });
    let one_more = |bytes: &mut Vec<u8>| (bytes[26], bytes[60]) = (3, 4);
    refuse(&|bytes| one_more(bytes), InvalidReason::Truncated);
    let one_less = |bytes: &mut Vec<u8>| (bytes[26], bytes[60]) = (1, 2);
    refuse(&|bytes| one_less(bytes), InvalidReason::TrailingBytes);
    refuse(&|bytes| bytes[7] = 1, InvalidReason::BaseOffsetFromClient(1));
}

#[test]
fn clients_may_not_write_what_brokers_write() {
    let refuse = |builder: BatchBuilder, reason| {
        let bytes = builder.finish().unwrap();
        check(&bytes, RULES, Err(reason));
        let rules = ValidateRules { origin: Origin::Broker, timestamps: TimestampRule::Any, ..RULES };
        assert!(validate(&BatchView::parse(&bytes).unwrap(), &rules).is_ok());
    };
    refuse(builder().control(true), InvalidReason::ControlFromClient);
    refuse(builder().append_time(NOW_MS), InvalidReason::AppendTimeFromClient);
    refuse(builder().base_offset(Offset(7)), InvalidReason::BaseOffsetFromClient(7));
    let unsequenced = builder().producer(ProducerId(0), ProducerEpoch(0), Sequence::NONE);
    refuse(unsequenced, InvalidReason::MissingSequence);
}

#[test]
fn every_field_of_a_record_is_checked() {
    let refuse = |change: &dyn Fn(&mut Vec<u8>), reason| check(&with_payload(change), RULES, Err(reason));
    refuse(&|records| records[1] = 1, InvalidReason::Attributes(1));
    refuse(&|records| records[3] = 2, InvalidReason::OffsetDelta { expected: 0, got: 1 });
    refuse(&|records| records[RECORD_LEN + 3] = 4, InvalidReason::OffsetDelta { expected: 1, got: 2 });
    refuse(&|records| records[RECORD_LEN + 3] = 0, InvalidReason::OffsetDelta { expected: 1, got: 0 });
    refuse(&|records| records[0] = 1, InvalidReason::BadLength);
    refuse(&|records| records[0] -= 2, InvalidReason::BadLength);
    refuse(&|records| records[0] += 2, InvalidReason::BadLength);
    // One byte more than the fields, in the last record, where no other one stumbles over it.
    let longer = |records: &mut Vec<u8>| {
        records[2 * RECORD_LEN] += 2;
        records.push(0);
    };
    refuse(&longer, InvalidReason::BadLength);
    refuse(&|records| records[RECORD_LEN - 1] = 1, InvalidReason::BadHeaderCount);
    refuse(&|records| records.push(0), InvalidReason::TrailingBytes);
    refuse(&|records| records.truncate(records.len() - 1), InvalidReason::Truncated);
    // A length field that never ends.
    refuse(&|records| records.splice(..1, [0xff; 6]).for_each(drop), InvalidReason::BadVarint);
    // A header without a key: its length -1, inside a record that is long enough.
    let headerless = |records: &mut Vec<u8>| {
        records[RECORD_LEN - 1] = 2;
        records.splice(RECORD_LEN..RECORD_LEN, [1, 1]);
        records[0] += 4;
    };
    refuse(&headerless, InvalidReason::MissingHeaderKey);
}

#[test]
fn lengths_that_lie_cost_nothing() {
    // The last record claims two gigabytes for itself and for its value.
    let bytes = with_payload(|records| {
        let at = 2 * RECORD_LEN;
        records.splice(at..=at, [0xfe, 0xff, 0xff, 0xff, 0x0f]);
        let at = records.len() - 7;
        records.splice(at..=at, [0xde, 0xff, 0xff, 0xff, 0x0f]);
    });
    check(&bytes, RULES, Err(InvalidReason::Truncated));
    let batch = BatchView::parse(&bytes).unwrap();
    for codec in Compression::ALL {
        let behind = recompress(&mut Scratch::new(), &batch, codec, None, 1 << 20).unwrap();
        let mut scratch = Scratch::new();
        let mut records = BatchView::parse(&behind).unwrap().records_with(&mut scratch, 1 << 20).unwrap();
        assert!(records.try_next().is_ok_and(|record| record.is_some()));
        assert!(records.try_next().is_ok_and(|record| record.is_some()));
        let error = records.try_next().unwrap_err();
        assert_eq!((error.reason, error.record_index), (InvalidReason::Truncated, Some(2)), "{codec}");
        assert_eq!(records.try_next(), Ok(None));
    }
}

#[test]
fn all_failing_records_are_named_up_to_a_bound() {
    let mut builder = BatchBuilder::new(Compression::Lz4);
    for index in 0..400 {
        let timestamp = if index == 7 { NOW_MS + 3_600_001 } else { NOW_MS };
        let key = (index % 2 == 0).then_some(&b"key"[..]);
        builder.push(timestamp, key, None, &[]).unwrap();
    }
    let bytes = builder.finish().unwrap();
    let batch = BatchView::parse(&bytes).unwrap();
    let invalid = validate(&batch, &ValidateRules { require_keys: true, ..RULES }).unwrap_err();
    // The timestamp decides the answer, although records before it have no key.
    let timestamp = InvalidReason::Timestamp { timestamp_ms: NOW_MS + 3_600_001, now_ms: NOW_MS };
    assert_eq!((invalid.reason, invalid.record_index), (timestamp, Some(7)));
    assert_eq!(invalid.record_errors.len(), RECORD_ERRORS_MAX);
    let first: Vec<i32> = invalid.record_errors.iter().take(5).map(|(index, _)| *index).collect();
    assert_eq!(first, [1, 3, 5, 7, 7]);
    assert_eq!(invalid.record_errors[0].1, InvalidReason::MissingKey);
}

#[test]
fn timestamps_are_held_to_both_bounds() {
    let check_one = |timestamp, before_max_ms, after_max_ms, is_good: bool| {
        let mut builder = BatchBuilder::new(Compression::None);
        builder.push(timestamp, None, None, &[]).unwrap();
        let timestamps = TimestampRule::Near { now_ms: NOW_MS, before_max_ms, after_max_ms };
        let bytes = builder.finish().unwrap();
        let verdict = validate(&BatchView::parse(&bytes).unwrap(), &ValidateRules { timestamps, ..RULES });
        assert_eq!(verdict.is_ok(), is_good, "{timestamp} within {before_max_ms} and {after_max_ms}");
    };
    check_one(NOW_MS - 10, 10, 0, true);
    check_one(NOW_MS - 11, 10, 0, false);
    check_one(NOW_MS + 10, 0, 10, true);
    check_one(NOW_MS + 11, 0, 10, false);
    check_one(-1, 0, 0, true);
    check_one(0, i64::MAX, 0, true);
    check_one(i64::MIN, i64::MAX, i64::MAX, false);
    check_one(i64::MAX, 0, i64::MAX, true);
}

#[test]
fn the_limit_holds_for_plain_and_compressed_records() {
    let plain = builder().finish().unwrap();
    for codec in Compression::ALL {
        let batch = BatchView::parse(&plain).unwrap();
        let bytes = recompress(&mut Scratch::new(), &batch, codec, None, 1 << 20).unwrap();
        let batch = BatchView::parse(&bytes).unwrap();
        let within = |limit| validate(&batch, &ValidateRules { decompressed_bytes_max: limit, ..RULES }).is_ok();
        assert!(within(3 * RECORD_LEN), "{codec}");
        assert!(!within(3 * RECORD_LEN - 1), "{codec}");
        let error = recompress(&mut Scratch::new(), &batch, Compression::None, None, 3 * RECORD_LEN - 1).unwrap_err();
        let limit_bytes = 3 * RECORD_LEN - 1;
        assert_eq!(error, BuildError::Codec(CodecError::LimitExceeded { limit_bytes }), "{codec}");
    }
}

#[test]
fn a_codec_nobody_knows_is_an_error() {
    let mut bytes = builder().finish().unwrap().to_vec();
    bytes[22] = 5;
    let batch = BatchView::parse(&bytes).unwrap();
    let reason = InvalidReason::Codec(CodecError::UnknownCodec { bits: 5 });
    assert_eq!(validate(&batch, &RULES).map_err(|invalid| invalid.reason), Err(reason));
    assert!(batch.records(1 << 20).is_err());
}

/// What compaction does: some records go, the others keep offset, timestamp, headers and order.
#[test]
fn records_move_to_another_batch_with_their_offsets() {
    let mut source = BatchBuilder::new(Compression::Gzip).base_offset(Offset(100));
    for index in 0..10_i64 {
        let value = index.to_be_bytes();
        let headers = [Header { key: b"h", value: Some(&value) }, Header { key: b"h", value: None }];
        source.push(NOW_MS + index, Some(&value), None, &headers).unwrap();
    }
    let source = source.finish().unwrap();
    let source = BatchView::parse(&source).unwrap();
    let mut target = BatchBuilder::new(Compression::Zstd)
        .base_offset(source.base_offset())
        .delete_horizon(NOW_MS + 86_400_000)
        .reaching_to(-1);
    let mut records = source.records(1 << 20).unwrap();
    while let Some(record) = records.try_next().unwrap() {
        if record.offset_delta % 3 == 1 {
            let offset = Offset(source.base_offset().0 + i64::from(record.offset_delta));
            target.push_at(offset, source.timestamp_of(record.timestamp_delta), &record).unwrap();
            let again = target.push_at(offset, 0, &record);
            assert_eq!(again, Err(BuildError::BadOffset { offset: offset.0 }));
        }
    }
    let target = target.reaching_to(source.last_offset_delta()).finish().unwrap();
    let target = BatchView::parse(&target).unwrap();
    assert!(target.crc_matches());
    assert_eq!((target.base_offset(), target.last_offset()), (Offset(100), Offset(109)));
    assert_eq!((target.record_count(), target.delete_horizon_ms()), (3, Some(NOW_MS + 86_400_000)));
    assert_eq!(target.max_timestamp(), NOW_MS + 7);
    let mut records = target.records(1 << 20).unwrap();
    for index in [1_i64, 4, 7] {
        let record = records.try_next().unwrap().unwrap();
        assert_eq!(i64::from(record.offset_delta), index);
        assert_eq!(target.timestamp_of(record.timestamp_delta), NOW_MS + index);
        assert_eq!(record.key, Some(&index.to_be_bytes()[..]));
        let headers: Vec<_> = record.headers.iter().map(|header| (header.key, header.value)).collect();
        assert_eq!(headers, [(&b"h"[..], Some(&index.to_be_bytes()[..])), (&b"h"[..], None)]);
    }
    assert_eq!(records.try_next(), Ok(None));
}

#[test]
fn control_types_have_their_numbers() {
    for number in -1..9 {
        let [high, low] = i16::to_be_bytes(number);
        let key = [0, 0, high, low];
        let record = Record {
            offset_delta: 0,
            timestamp_delta: 0,
            attributes: 0,
            key: Some(&key),
            value: None,
            headers: Headers::default(),
        };
        assert_eq!(ControlType::of(&record).map(ControlType::number), Some(number));
        assert_eq!(EndMarker::of(&record), None);
        assert_eq!(ControlType::of(&Record { key: Some(&key[..3]), ..record }), None);
    }
}

#[test]
fn a_header_copied_to_the_stack_is_the_one_in_place() {
    let mut bytes = builder().finish().unwrap().to_vec();
    let mut copy = *BatchHeader::parse_prefix(&bytes).unwrap();
    let in_place = BatchHeader::parse_prefix_mut(&mut bytes).unwrap();
    for header in [&mut copy, in_place] {
        header.set_base_offset(Offset(5));
        header.set_append_time(NOW_MS);
    }
    assert_eq!(copy.bytes()[..], bytes[..crate::batch::HEADER_LEN]);
}

#[test]
fn a_reader_gives_back_what_a_large_record_took() {
    let mut builder = BatchBuilder::new(Compression::Gzip);
    builder.push(NOW_MS, None, Some(&vec![7; 10 << 20]), &[]).unwrap();
    let bytes = builder.finish().unwrap();
    let mut scratch = Scratch::new();
    let mut records = BatchView::parse(&bytes).unwrap().records_with(&mut scratch, 20 << 20).unwrap();
    assert_eq!(records.try_next().unwrap().unwrap().value.unwrap().len(), 10 << 20);
    drop(records);
    assert!(scratch.bytes() <= crate::compression::SCRATCH_KEPT_BYTES_MAX);
}

#[test]
fn a_record_takes_many_headers() {
    let headers = [Header { key: b"", value: None }; 9000];
    let mut builder = BatchBuilder::new(Compression::None);
    builder.push(NOW_MS + 5, None, None, &headers).unwrap();
    builder.push(NOW_MS, None, None, &headers[..64]).unwrap();
    let bytes = builder.finish().unwrap();
    let batch = BatchView::parse(&bytes).unwrap();
    assert_eq!(batch.max_timestamp(), NOW_MS + 5);
    let mut records = batch.records(1 << 20).unwrap();
    assert_eq!(records.try_next().unwrap().unwrap().headers.iter().count(), 9000);
    assert_eq!(records.try_next().unwrap().unwrap().headers.iter().count(), 64);
    assert_eq!(records.try_next(), Ok(None));
}
