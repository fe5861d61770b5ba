//! Record batches against those of the Java client, and against everything that can be wrong with bytes.

mod common;

use bytes::Bytes;
use common::{LIMIT_BYTES, describe, unhex};
use proptest::prelude::*;
use thalweg_wire::batch::{BatchError, BatchHeader, BatchView, HEADER_LEN, TimestampType, split};
use thalweg_wire::compression::{Compression, Scratch};
use thalweg_wire::record::{
    BatchBuilder, EndMarker, Header, InvalidReason, Origin, TimestampRule, ValidateRules, recompress, validate,
};
use thalweg_wire::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence};

const WRITTEN_BY_JAVA: &str = include_str!("../testdata/batches.txt");
const READ_BY_JAVA: &str = include_str!("../testdata/batches.described.txt");

const FROM_BROKER: ValidateRules = ValidateRules {
    origin: Origin::Broker,
    require_keys: false,
    timestamps: TimestampRule::Any,
    decompressed_bytes_max: LIMIT_BYTES,
};

fn java_batches() -> Vec<(&'static str, Vec<u8>)> {
    WRITTEN_BY_JAVA
        .lines()
        .map(|line| {
            let (name, bytes) = line.split_once(' ').expect("NAME HEX");
            (name, unhex(bytes))
        })
        .collect()
}

#[test]
fn java_batches_read_as_java_reads_them() {
    let ours: String = java_batches().iter().map(|(name, bytes)| describe(name, bytes).unwrap()).collect();
    for (ours, theirs) in ours.lines().zip(READ_BY_JAVA.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.lines().count(), READ_BY_JAVA.lines().count());
}

#[test]
fn java_batches_are_valid_and_move_between_codecs() {
    let mut scratch = Scratch::new();
    for (name, bytes) in java_batches() {
        let batch = BatchView::parse(&bytes).unwrap();
        let validated = validate(&batch, &FROM_BROKER).unwrap();
        assert_eq!(validated.max_timestamp, batch.max_timestamp(), "{name}");
        let described = records_of(&describe(name, &bytes).unwrap());
        for codec in Compression::ALL {
            let moved = recompress(&mut scratch, &batch, codec, None, LIMIT_BYTES).unwrap();
            let moved_batch = BatchView::parse(&moved).unwrap();
            assert_eq!(moved_batch.compression(), Ok(codec));
            assert_eq!(moved_batch.attributes() & !7, batch.attributes() & !7, "{name}");
            assert_eq!(records_of(&describe(name, &moved).unwrap()), described, "{name} as {codec}");
            assert_eq!(validate(&moved_batch, &FROM_BROKER), Ok(validated), "{name} as {codec}");
        }
    }
}

fn records_of(described: &str) -> String {
    described.split_once('\n').expect("more than one line").1.to_owned()
}

#[test]
fn every_truncation_is_an_error_that_says_how_much_is_missing() {
    for (name, bytes) in java_batches() {
        for len in 0..bytes.len() {
            match BatchView::parse_prefix(&bytes[..len]) {
                Err(BatchError::Truncated { needed }) => assert!(len < needed && needed <= bytes.len(), "{name} {len}"),
                other => panic!("{name} cut to {len}: {other:?}"),
            }
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(BatchView::parse_prefix(&longer).unwrap().size(), bytes.len());
        let trailing = BatchError::TrailingBytes { size: bytes.len(), given: longer.len() };
        assert_eq!(BatchView::parse(&longer).unwrap_err(), trailing);
    }
}

/// A batch that was cut and whose length was made to fit again: nothing of it may be accepted.
#[test]
fn every_truncation_of_the_records_is_refused() {
    for (name, bytes) in java_batches() {
        for len in HEADER_LEN..bytes.len() {
            let mut cut = bytes[..len].to_vec();
            cut[8..12].copy_from_slice(&((len - 12) as i32).to_be_bytes());
            let batch = BatchView::parse(&cut).unwrap();
            assert!(validate(&batch, &FROM_BROKER).is_err(), "{name} cut to {len}");
            assert!(describe(name, &cut).is_err(), "{name} cut to {len}");
            assert!(read_all(&batch).is_err(), "{name} cut to {len}");
        }
    }
}

fn read_all(batch: &BatchView<'_>) -> Result<i32, InvalidReason> {
    let mut records = batch.records(LIMIT_BYTES)?;
    let mut count = 0;
    while let Some(record) = records.try_next().map_err(|invalid| invalid.reason)? {
        assert_eq!(record.headers.iter().count(), record.headers.len());
        count += 1;
    }
    Ok(count)
}

#[test]
fn the_crc_catches_every_flipped_bit() {
    for (name, bytes) in java_batches() {
        for bit in 17 * 8..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!BatchView::parse(&flipped).unwrap().crc_matches(), "{name} bit {bit}");
        }
        // In front of the CRC lie the fields the broker sets.
        let mut moved = bytes;
        let header = BatchHeader::parse_prefix_mut(&mut moved).unwrap();
        header.set_base_offset(Offset(1 << 40));
        header.set_leader_epoch(LeaderEpoch(9));
        let batch = BatchView::parse(&moved).unwrap();
        assert!(batch.crc_matches());
        assert_eq!((batch.base_offset(), batch.leader_epoch()), (Offset(1 << 40), LeaderEpoch(9)));
        assert_eq!(batch.last_offset().0, (1 << 40) + i64::from(batch.last_offset_delta()));
    }
}

#[test]
fn other_formats_and_impossible_lengths_are_told_apart() {
    let (_, good) = java_batches().remove(0);
    for magic in [0, 1, 3, -1_i8] {
        let mut other = good.clone();
        other[16] = magic as u8;
        assert_eq!(BatchView::parse_prefix(&other).unwrap_err(), BatchError::BadMagic { magic });
        // The smallest message of the old formats is shorter than a header.
        assert_eq!(BatchView::parse_prefix(&other[..26]).unwrap_err(), BatchError::BadMagic { magic });
    }
    for length in [i32::MIN, -1, 0, 48] {
        let mut other = good.clone();
        other[8..12].copy_from_slice(&length.to_be_bytes());
        assert_eq!(BatchView::parse_prefix(&other).unwrap_err(), BatchError::BadLength { length });
    }
    let mut huge = good.clone();
    huge[8..12].copy_from_slice(&i32::MAX.to_be_bytes());
    let needed = i32::MAX as usize + 12;
    assert_eq!(BatchView::parse_prefix(&huge).unwrap_err(), BatchError::Truncated { needed });
}

#[test]
fn split_cuts_without_copying_and_stops_at_an_error() {
    let batches = java_batches();
    let mut all: Vec<u8> = batches.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    let whole = Bytes::from(all.clone());
    let cut: Vec<Bytes> = split(&whole).collect::<Result<_, _>>().unwrap();
    assert_eq!(cut.len(), batches.len());
    for (piece, (_, bytes)) in cut.iter().zip(&batches) {
        assert_eq!(piece, bytes);
        assert!(whole.as_ptr_range().contains(&piece.as_ptr()));
    }
    all.truncate(all.len() - 1);
    let mut rest = split(&Bytes::from(all));
    assert_eq!(rest.by_ref().filter(Result::is_ok).count(), batches.len() - 1);
    let last = batches.last().unwrap().1.len();
    assert_eq!(rest.rest().len(), last - 1);
    assert!(rest.next().is_none());
}

#[test]
fn end_markers_are_those_of_java() {
    let mut seen = 0;
    for (name, bytes) in java_batches() {
        let theirs = BatchView::parse(&bytes).unwrap();
        if !theirs.is_control() {
            continue;
        }
        let mut records = theirs.records(LIMIT_BYTES).unwrap();
        let marker = EndMarker::of(&records.try_next().unwrap().unwrap()).unwrap();
        let ours = marker
            .batch(
                theirs.base_offset(),
                theirs.leader_epoch(),
                theirs.producer_id(),
                theirs.producer_epoch(),
                theirs.max_timestamp(),
            )
            .unwrap();
        assert_eq!(ours, bytes, "{name}");
        seen += 1;
    }
    assert!(seen >= 2);
}

#[test]
fn an_emptied_batch_keeps_its_place() {
    let builder = BatchBuilder::new(Compression::Zstd)
        .base_offset(Offset(40))
        .producer(ProducerId(5), ProducerEpoch(1), Sequence(i32::MAX - 2))
        .reaching_to(9);
    let bytes = builder.finish().unwrap();
    let batch = BatchView::parse(&bytes).unwrap();
    assert_eq!((batch.size(), batch.record_count()), (HEADER_LEN, 0));
    assert_eq!((batch.last_offset(), batch.next_offset()), (Offset(49), Offset(50)));
    assert_eq!(batch.last_sequence(), Sequence(6));
    assert_eq!(batch.max_timestamp(), -1);
    assert!(batch.crc_matches());
    assert_eq!(read_all(&batch), Ok(0));
}

#[derive(Clone, Debug)]
struct Owned {
    timestamp: i64,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

fn some_bytes(most: usize) -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..most),
        (any::<u8>(), 0..most).prop_map(|(byte, len)| vec![byte; len]),
    ])
}

fn some_record() -> impl Strategy<Value = Owned> {
    let header = (proptest::collection::vec(any::<u8>(), 0..3), some_bytes(20));
    let timestamp = prop_oneof![4 => 0..4_000_000_000_000i64, 1 => any::<i64>()];
    (timestamp, some_bytes(100), some_bytes(3000), proptest::collection::vec(header, 0..4))
        .prop_map(|(timestamp, key, value, headers)| Owned { timestamp, key, value, headers })
}

fn some_codec() -> impl Strategy<Value = Compression> {
    proptest::sample::select(&Compression::ALL[..])
}

fn build(codec: Compression, records: &[Owned]) -> Bytes {
    let mut builder = BatchBuilder::new(codec);
    for record in records {
        let headers: Vec<Header<'_>> =
            record.headers.iter().map(|(key, value)| Header { key, value: value.as_deref() }).collect();
        let room = BatchBuilder::size_of_record(record.key.as_deref(), record.value.as_deref(), &headers);
        let before = builder.size();
        builder
            .push(record.timestamp, record.key.as_deref(), record.value.as_deref(), &headers)
            .expect("a small batch");
        assert!(builder.size() - before <= room);
    }
    builder.finish().expect("a small batch")
}

proptest! {
    #[test]
    fn what_is_built_is_read(codec in some_codec(), records in proptest::collection::vec(some_record(), 1..40)) {
        let bytes = build(codec, &records);
        let batch = BatchView::parse(&bytes).unwrap();
        prop_assert!(batch.crc_matches());
        prop_assert_eq!(batch.record_count() as usize, records.len());
        let validated = validate(&batch, &FROM_BROKER).unwrap();
        let max = records.iter().map(|record| record.timestamp).max().unwrap().max(-1);
        prop_assert_eq!(validated.max_timestamp, max);
        prop_assert_eq!(batch.max_timestamp(), max);
        let first = records.iter().position(|record| record.timestamp == max).map_or(-1, |at| at as i32);
        prop_assert_eq!(validated.max_timestamp_offset_delta, if max == -1 { -1 } else { first });
        let mut read = batch.records(LIMIT_BYTES).unwrap();
        for (index, expected) in records.iter().enumerate() {
            let record = read.try_next().unwrap().unwrap();
            prop_assert_eq!(record.offset_delta as usize, index);
            prop_assert_eq!(batch.timestamp_of(record.timestamp_delta), expected.timestamp);
            prop_assert_eq!(record.key, expected.key.as_deref());
            prop_assert_eq!(record.value, expected.value.as_deref());
            let headers: Vec<_> =
                record.headers.iter().map(|header| (header.key.to_vec(), header.value.map(<[u8]>::to_vec))).collect();
            prop_assert_eq!(&headers, &expected.headers);
        }
        prop_assert!(read.try_next().unwrap().is_none());
    }

    /// The carried CRC is the one a full pass finds.
    #[test]
    fn stamping_keeps_the_crc(codec in some_codec(), records in proptest::collection::vec(some_record(), 1..5), time: i64, append: bool, again: i64) {
        let mut bytes = build(codec, &records).to_vec();
        let header = BatchHeader::parse_prefix_mut(&mut bytes).unwrap();
        if append { header.set_append_time(time) } else { header.set_max_timestamp(time) }
        let batch = BatchView::parse(&bytes).unwrap();
        prop_assert!(batch.crc_matches());
        prop_assert_eq!(batch.max_timestamp(), time);
        prop_assert_eq!(batch.timestamp_type() == TimestampType::LogAppendTime, append);
        // On a copy of the header alone, the other way round.
        let mut header = *batch.header();
        if append { header.set_max_timestamp(again) } else { header.set_append_time(again) }
        prop_assert_eq!(header.crc(), header.crc_over(batch.records_payload()));
        prop_assert_eq!(header.compression(), Ok(codec));
    }

    /// The walk at the door and the reader agree on every damaged batch: what is accepted can be read.
    #[test]
    fn what_is_accepted_can_be_read(
        codec in some_codec(),
        records in proptest::collection::vec(some_record(), 1..6),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3), 1..3),
    ) {
        let plain = build(Compression::None, &records);
        let mut payload = plain[HEADER_LEN..].to_vec();
        for (at, byte, how) in changes {
            let at = at.index(payload.len().min(40));
            match how {
                0 => payload[at] = byte,
                1 => payload.insert(at, byte),
                _ => drop(payload.remove(at)),
            }
            if payload.is_empty() {
                payload.push(byte);
            }
        }
        let mut damaged = plain[..HEADER_LEN].to_vec();
        damaged.extend(&payload);
        let length = (damaged.len() - 12) as i32;
        damaged[8..12].copy_from_slice(&length.to_be_bytes());
        let damaged_batch = BatchView::parse(&damaged).unwrap();
        let verdict = validate(&damaged_batch, &FROM_BROKER);
        let read = read_all(&damaged_batch);
        match &verdict {
            Ok(validated) => prop_assert_eq!(read, Ok(validated.record_count)),
            // Rules of the door, which a reader does not have.
            Err(invalid) if matches!(invalid.reason, InvalidReason::OffsetDelta { .. } | InvalidReason::Attributes(_)) => {}
            Err(_) => prop_assert!(read.is_err()),
        }
        // And behind a codec it is the same.
        let behind = recompress(&mut Scratch::new(), &damaged_batch, codec, None, LIMIT_BYTES).unwrap();
        let behind = BatchView::parse(&behind).unwrap();
        prop_assert_eq!(validate(&behind, &FROM_BROKER).is_ok(), verdict.is_ok());
        prop_assert_eq!(read_all(&behind).is_ok(), read_all(&damaged_batch).is_ok());
    }

    #[test]
    fn last_sequence_wraps(base in 0..=i32::MAX, count in 1..1000i32) {
        let mut builder =
            BatchBuilder::new(Compression::None).producer(ProducerId(1), ProducerEpoch(0), Sequence(base));
        for _ in 0..count {
            builder.push(0, None, None, &[]).unwrap();
        }
        let bytes = builder.finish().unwrap();
        let expected = (i64::from(base) + i64::from(count) - 1) % (1 << 31);
        prop_assert_eq!(i64::from(BatchView::parse(&bytes).unwrap().last_sequence().0), expected);
    }

    #[test]
    fn noise_is_refused_quietly(noise in proptest::collection::vec(any::<u8>(), 0..300), codec in 0..8u8) {
        let _ = BatchView::parse_prefix(&noise);
        let mut batch = build(Compression::None, &[])[..HEADER_LEN].to_vec();
        batch[22] = codec;
        batch[60] = 3;
        batch[26] = 2;
        batch.extend(&noise);
        let length = (batch.len() - 12) as i32;
        batch[8..12].copy_from_slice(&length.to_be_bytes());
        let batch = BatchView::parse(&batch).unwrap();
        let verdict = validate(&batch, &FROM_BROKER);
        prop_assert_eq!(verdict.is_ok() && read_all(&batch).is_err(), false);
    }
}
