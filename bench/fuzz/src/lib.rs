#![forbid(unsafe_code)]
//! What the fuzz targets do with their bytes. A target fails by panicking, by leaking, or by using more memory than
//! `run` allows; beyond that, each function here asserts what has to hold for every input.

pub mod messages;

use thalweg_wire::batch::{BatchHeader, BatchView, HEADER_LEN, LOG_OVERHEAD};
use thalweg_wire::compression::{Compression, Scratch, compress, decompress_with};
use thalweg_wire::record::{
    BatchBuilder, ControlType, EndMarker, InvalidReason, Origin, TimestampRule, ValidateRules, recompress,
    validate_with,
};
use thalweg_wire::{LeaderEpoch, Offset};

/// Most bytes records may come to; small enough that memory beyond it stands out.
pub const LIMIT_BYTES: usize = 4 << 20;

/// Any bytes as a log: batches one after the other.
pub fn log(data: &[u8]) {
    let mut rest = data;
    let mut scratch = Scratch::new();
    while let Ok(view) = BatchView::parse_prefix(rest) {
        assert!(view.size() >= HEADER_LEN && view.size() <= rest.len());
        assert!(!format!("{view:?}").is_empty());
        check(&view, &mut scratch);
        rest = &rest[view.size()..];
    }
}

/// Any bytes as the records of an otherwise sound batch; the first three say which codec and how many.
pub fn records(data: &[u8]) {
    let [codec, high, low, records @ ..] = data else { return };
    let count = i32::from(u16::from_be_bytes([*high, *low]));
    let bytes = batch_of(Compression::from_bits(codec % 5).unwrap_or_default(), count, records);
    let view = BatchView::parse(&bytes).expect("the header is sound");
    check(&view, &mut Scratch::new());
}

/// Any bytes as the output of a codec, any bytes as its input, and any bytes as records behind it.
pub fn codec(compression: Compression, data: &[u8]) {
    let mut scratch = Scratch::new();
    if let Ok(output) = decompress_with(&mut scratch, compression, data, LIMIT_BYTES) {
        assert!(output.len() <= LIMIT_BYTES);
        let exact = decompress_with(&mut scratch, compression, data, output.len());
        assert!(exact.is_ok_and(|exact| exact == output));
        if let Some(less) = output.len().checked_sub(1) {
            assert!(decompress_with(&mut scratch, compression, data, less).is_err());
        }
    }
    let compressed = compress(compression, None, data).expect("anything can be compressed");
    let back = decompress_with(&mut scratch, compression, &compressed, data.len());
    assert!(back.is_ok_and(|back| back == data));
    let bytes = batch_of(compression, 3, data);
    check(&BatchView::parse(&bytes).expect("the header is sound"), &mut scratch);
}

fn batch_of(compression: Compression, count: i32, records: &[u8]) -> Vec<u8> {
    let mut bytes = BatchBuilder::new(Compression::None).finish().expect("an empty batch").to_vec();
    bytes.extend_from_slice(records);
    let length = i32::try_from(bytes.len() - LOG_OVERHEAD).expect("inputs are small");
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[22] = compression.bits();
    bytes[23..27].copy_from_slice(&(count - 1).to_be_bytes());
    bytes[57..61].copy_from_slice(&count.to_be_bytes());
    BatchHeader::parse_prefix_mut(&mut bytes).expect("a header").recompute_crc(records);
    bytes
}

fn check(view: &BatchView<'_>, scratch: &mut Scratch) {
    stamping_keeps_the_crc(view);
    let read = read_all(view, scratch);
    for rules in [rules(Origin::Broker), rules(Origin::Client)] {
        let verdict = validate_with(scratch, view, &rules);
        match (&verdict, &read) {
            // What the door lets in can be read.
            (Ok(found), Ok(count)) => assert_eq!(found.record_count, *count),
            (Ok(found), Err(reason)) => panic!("accepted {found:?}, cannot be read: {reason}"),
            (Err(invalid), _) => assert!(!invalid.to_string().is_empty()),
        }
        if verdict.is_ok() {
            let moved = recompress(scratch, view, Compression::Lz4, None, LIMIT_BYTES).expect("it was walked");
            let moved = BatchView::parse(&moved).expect("a batch");
            assert!(moved.crc_matches());
            assert_eq!(validate_with(scratch, &moved, &rules), verdict);
        }
    }
}

fn rules(origin: Origin) -> ValidateRules {
    ValidateRules {
        origin,
        require_keys: origin == Origin::Client,
        timestamps: match origin {
            Origin::Client => TimestampRule::Near { now_ms: 0, before_max_ms: i64::MAX, after_max_ms: 1 << 40 },
            Origin::Broker => TimestampRule::Any,
        },
        decompressed_bytes_max: LIMIT_BYTES,
    }
}

fn read_all(view: &BatchView<'_>, scratch: &mut Scratch) -> Result<i32, InvalidReason> {
    let mut records = view.records_with(scratch, LIMIT_BYTES)?;
    let mut count = 0;
    while let Some(record) = records.try_next().map_err(|invalid| invalid.reason)? {
        assert_eq!(record.headers.iter().count(), record.headers.len());
        assert!(EndMarker::of(&record).is_none() || ControlType::of(&record).is_some());
        count += 1;
    }
    assert!(matches!(records.try_next(), Ok(None)));
    Ok(count)
}

fn stamping_keeps_the_crc(view: &BatchView<'_>) {
    let was_right = view.crc_matches();
    let mut header = *view.header();
    header.set_base_offset(Offset(i64::MAX));
    header.set_leader_epoch(LeaderEpoch(7));
    header.set_append_time(123);
    assert_eq!(header.crc() == header.crc_over(view.records_payload()), was_right);
    header.set_max_timestamp(-1);
    assert_eq!(header.crc() == header.crc_over(view.records_payload()), was_right);
}
