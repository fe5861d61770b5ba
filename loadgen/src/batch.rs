//! A record batch in the making, and the batch that leaves. Records are written once, into one buffer of the core's pool;
//! the header stands in a buffer of its own, because a batch that is sent again under another producer id needs another
//! header and nothing else. The intended time of every record travels beside them.
//!
//! Values begin with the record's intended time, eight bytes of big-endian nanoseconds; a verified value goes on with what
//! [`Proof`] says.

use bytes::Bytes;
use thalweg_rt::AlignedBuf;
use thalweg_wire::batch::{BatchHeader, HEADER_LEN, LOG_OVERHEAD, MAGIC};
use thalweg_wire::compression::{CodecError, Compression, compress};
use thalweg_wire::{ProducerEpoch, ProducerId, Sequence};

use crate::plan::STAMP_BYTES;

/// A batch that records are added to.
pub struct OpenBatch {
    order: u64,
    records: AlignedBuf,
    intended_ns: Vec<u64>,
    proofs: Vec<Proof>,
    base_timestamp_ms: i64,
    max_timestamp_ms: i64,
    payload_bytes: u64,
    last_record_bytes: usize,
}

/// A complete batch, without its header.
pub struct Batch {
    /// The records as they travel.
    pub records: Bytes,
    /// When each should have left, since the start of the run.
    pub intended_ns: Vec<u64>,
    /// Bytes of keys and values.
    pub payload_bytes: u64,
    /// What its records say of themselves, in a verified run.
    pub proofs: Vec<Proof>,
    /// Its place among the batches of its partition.
    pub order: u64,
    base_timestamp_ms: i64,
    max_timestamp_ms: i64,
    codec: Compression,
    /// How often it was sent.
    pub attempts: u32,
    /// The sequence of its first record, once it was sent by an idempotent producer.
    pub sequence: Option<Sequence>,
}

/// What a record of a verified run says about itself, behind its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The run.
    pub run: u32,
    /// The key's number.
    pub key: u32,
    /// Which of the key's records it is.
    pub sequence: u64,
}

/// Bytes of a proof: a checksum, the run, the key, the sequence.
pub const PROOF_BYTES: usize = 20;
/// Bytes of one record before its key: length, attributes, two deltas, key's length, all as long as they can be.
const RECORD_HEAD_MAX: usize = 5 + 1 + 10 + 5 + 5;

impl OpenBatch {
    /// An empty batch of at most `limit_bytes`, header included, though one record always fits. `order` is its place among the
    /// batches of its partition, `times` memory to use again.
    #[must_use]
    pub fn new(order: u64, limit_bytes: usize, first_record_bytes: usize, mut times: Vec<u64>) -> OpenBatch {
        times.clear();
        let room = limit_bytes.max(HEADER_LEN + first_record_bytes) - HEADER_LEN;
        OpenBatch {
            order,
            records: AlignedBuf::with_capacity(room),
            intended_ns: times,
            proofs: Vec::new(),
            base_timestamp_ms: 0,
            max_timestamp_ms: i64::MIN,
            payload_bytes: 0,
            last_record_bytes: 0,
        }
    }

    /// Bytes of the batch so far, header included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        HEADER_LEN + self.records.len()
    }

    /// Its place among the batches of its partition.
    #[must_use]
    pub fn order(&self) -> u64 {
        self.order
    }

    /// Bytes of keys and values so far.
    #[must_use]
    pub fn payload_bytes(&self) -> u64 {
        self.payload_bytes
    }

    /// Records so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.intended_ns.len()
    }

    /// Whether `record_bytes` more stay within the limit.
    #[must_use]
    pub fn fits(&self, record_bytes: usize, limit_bytes: usize) -> bool {
        self.bytes() + record_bytes <= limit_bytes
    }

    /// Whether another record like the last one would not fit.
    #[must_use]
    pub fn is_full(&self, limit_bytes: usize) -> bool {
        !self.fits(self.last_record_bytes, limit_bytes)
    }

    /// Adds a record: `body` is the value behind its time and its proof.
    pub fn push(&mut self, time: RecordTime, key: Option<&[u8]>, proof: Option<Proof>, body: &[u8]) {
        if self.intended_ns.is_empty() {
            self.base_timestamp_ms = time.timestamp_ms;
        }
        let before = self.records.len();
        let value_len = STAMP_BYTES as usize + proof.map_or(0, |_| PROOF_BYTES) + body.len();
        let timestamp_delta = time.timestamp_ms.wrapping_sub(self.base_timestamp_ms);
        let mut inner = Head::default();
        inner.byte(0);
        inner.varint(timestamp_delta);
        inner.varint(self.intended_ns.len() as i64);
        inner.varint(key.map_or(-1, |key| key.len() as i64));
        let mut value_head = Head::default();
        value_head.varint(value_len as i64);
        let length = inner.len + key.map_or(0, <[u8]>::len) + value_head.len + value_len + 1;
        let mut outer = Head::default();
        outer.varint(length as i64);
        let records = &mut self.records;
        records.extend_from_slice(outer.bytes());
        records.extend_from_slice(inner.bytes());
        if let Some(key) = key {
            records.extend_from_slice(key);
        }
        records.extend_from_slice(value_head.bytes());
        let stamp = time.stamp_ns.to_be_bytes();
        records.extend_from_slice(&stamp);
        if let Some(proof) = proof {
            records.extend_from_slice(&proof.bytes(&stamp, body));
        }
        records.extend_from_slice(body);
        // no headers
        records.extend_from_slice(&[0]);
        self.last_record_bytes = self.records.len() - before;
        self.max_timestamp_ms = self.max_timestamp_ms.max(time.timestamp_ms);
        self.payload_bytes += (value_len + key.map_or(0, <[u8]>::len)) as u64;
        self.intended_ns.push(time.intended_ns);
        self.proofs.extend(proof);
    }

    /// The complete batch.
    pub fn seal(self, codec: Compression, level: Option<i32>) -> Result<Batch, CodecError> {
        let records = match codec {
            Compression::None => self.records.freeze(),
            codec => compress(codec, level, &self.records)?.into(),
        };
        Ok(Batch {
            records,
            intended_ns: self.intended_ns,
            payload_bytes: self.payload_bytes,
            proofs: self.proofs,
            order: self.order,
            base_timestamp_ms: self.base_timestamp_ms,
            max_timestamp_ms: self.max_timestamp_ms,
            codec,
            attempts: 0,
            sequence: None,
        })
    }
}

/// When a record should have left, in the three ways it is told.
#[derive(Clone, Copy, Debug)]
pub struct RecordTime {
    /// Since the start of the run.
    pub intended_ns: u64,
    /// On the clock of end-to-end latency.
    pub stamp_ns: u64,
    /// In milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
}

/// An upper bound of what a record adds to a batch.
#[must_use]
pub fn record_bytes_max(key: Option<&[u8]>, value_len: usize) -> usize {
    RECORD_HEAD_MAX + key.map_or(0, <[u8]>::len) + 5 + value_len + 1
}

impl Batch {
    /// Number of records.
    #[must_use]
    pub fn count(&self) -> i32 {
        self.intended_ns.len() as i32
    }

    /// Bytes with the header.
    #[must_use]
    pub fn bytes(&self) -> usize {
        HEADER_LEN + self.records.len()
    }

    /// The header for a producer, checksum and all.
    #[must_use]
    pub fn header(&self, id: ProducerId, epoch: ProducerEpoch, sequence: Sequence) -> Bytes {
        let mut bytes = [0u8; HEADER_LEN];
        let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
        let length = (HEADER_LEN - LOG_OVERHEAD + self.records.len()) as i32;
        put(8, &length.to_be_bytes());
        put(12, &(-1i32).to_be_bytes());
        put(16, &MAGIC.to_be_bytes());
        put(21, &i16::from(self.codec.bits()).to_be_bytes());
        put(23, &(self.count() - 1).to_be_bytes());
        put(27, &self.base_timestamp_ms.to_be_bytes());
        put(35, &self.max_timestamp_ms.to_be_bytes());
        put(43, &id.0.to_be_bytes());
        put(51, &epoch.0.to_be_bytes());
        put(53, &sequence.0.to_be_bytes());
        put(57, &self.count().to_be_bytes());
        match BatchHeader::parse_prefix_mut(&mut bytes) {
            Ok(header) => header.recompute_crc(&self.records),
            Err(error) => unreachable!("a header of our own is one: {error}"),
        }
        Bytes::copy_from_slice(&bytes)
    }
}

impl Proof {
    fn bytes(self, stamp: &[u8], body: &[u8]) -> [u8; PROOF_BYTES] {
        let mut bytes = [0; PROOF_BYTES];
        bytes[4..8].copy_from_slice(&self.run.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.key.to_be_bytes());
        bytes[12..20].copy_from_slice(&self.sequence.to_be_bytes());
        let crc = crc_of(stamp, &bytes[4..], body);
        bytes[..4].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    /// The proof of a value, and whether the value's checksum is right. None: the value is too short for one.
    #[must_use]
    pub fn of(value: &[u8]) -> Option<(Proof, bool)> {
        let (stamp, rest) = value.split_at_checked(STAMP_BYTES as usize)?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        let (run, after) = rest.split_first_chunk::<4>()?;
        let (key, after) = after.split_first_chunk::<4>()?;
        let (sequence, body) = after.split_first_chunk::<8>()?;
        let said = rest.get(..PROOF_BYTES - 4)?;
        let proof = Proof {
            run: u32::from_be_bytes(*run),
            key: u32::from_be_bytes(*key),
            sequence: u64::from_be_bytes(*sequence),
        };
        Some((proof, crc_of(stamp, said, body) == u32::from_be_bytes(*crc)))
    }
}

fn crc_of(stamp: &[u8], said: &[u8], body: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(stamp), said), body)
}

/// A few small numbers, put together before they are written.
#[derive(Default)]
struct Head {
    bytes: [u8; RECORD_HEAD_MAX],
    len: usize,
}

impl Head {
    fn byte(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn varint(&mut self, value: i64) {
        let mut zigzag = ((value << 1) ^ (value >> 63)) as u64;
        while zigzag >= 0x80 {
            self.byte(zigzag as u8 | 0x80);
            zigzag >>= 7;
        }
        self.byte(zigzag as u8);
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use thalweg_wire::batch::BatchView;

    use super::*;

    const LIMIT: usize = 1000;

    fn time(n: u64) -> RecordTime {
        RecordTime { intended_ns: n, stamp_ns: 1_000_000 + n, timestamp_ms: 5000 + n as i64 }
    }

    fn whole(batch: &Batch) -> Vec<u8> {
        let header = batch.header(ProducerId(9), ProducerEpoch(2), Sequence(77));
        [&header[..], &batch.records[..]].concat()
    }

    #[test]
    fn it_is_a_batch_as_the_codec_reads_it() {
        for codec in Compression::ALL {
            let mut open = OpenBatch::new(0, LIMIT, 0, Vec::new());
            open.push(time(0), None, None, b"first");
            open.push(time(3), Some(b"key"), None, b"second");
            let bytes = whole(&open.seal(codec, None).unwrap());
            let view = BatchView::parse(&bytes).unwrap();
            assert!(view.crc_matches());
            assert_eq!((view.record_count(), view.base_sequence()), (2, Sequence(77)));
            assert_eq!((view.producer_id(), view.producer_epoch()), (ProducerId(9), ProducerEpoch(2)));
            assert_eq!((view.base_timestamp(), view.max_timestamp()), (5000, 5003));
            assert_eq!(view.compression(), Ok(codec));
            let mut records = view.records(1 << 20).unwrap();
            let first = records.try_next().unwrap().unwrap();
            assert_eq!((first.key, first.value.unwrap()), (None, &b"\0\0\0\0\0\x0f\x42\x40first"[..]));
            let second = records.try_next().unwrap().unwrap();
            assert_eq!((second.key, second.timestamp_delta), (Some(&b"key"[..]), 3));
            assert_eq!(second.value.unwrap()[8..], *b"second");
            assert!(records.try_next().unwrap().is_none());
        }
    }

    #[test]
    fn it_is_full_to_the_byte() {
        let body = [7u8; 100 - 8];
        let mut open = OpenBatch::new(0, LIMIT, 0, Vec::new());
        while !open.is_full(LIMIT) {
            open.push(time(0), None, None, &body);
        }
        // two bytes each of length and value's length, one each of five more
        let record = 100 + 2 + 2 + 5;
        assert_eq!(open.count(), (LIMIT - HEADER_LEN) / record);
        assert_eq!(open.bytes(), HEADER_LEN + open.count() * record);
        let mut exact = OpenBatch::new(0, HEADER_LEN + 2 * record, 0, Vec::new());
        exact.push(time(0), None, None, &body);
        assert!(!exact.is_full(HEADER_LEN + 2 * record) && exact.is_full(HEADER_LEN + 2 * record - 1));
    }

    #[test]
    fn a_record_beyond_the_limit_travels_alone() {
        let body = vec![1u8; 5000];
        let bound = record_bytes_max(None, body.len() + 8);
        let mut open = OpenBatch::new(0, LIMIT, bound, Vec::new());
        open.push(time(0), None, None, &body);
        assert!(open.is_full(LIMIT) && open.bytes() <= HEADER_LEN + bound);
        assert!(BatchView::parse(&whole(&open.seal(Compression::None, None).unwrap())).unwrap().crc_matches());
    }

    #[test]
    fn a_proof_notices_every_byte() {
        let proof = Proof { run: 1, key: 2, sequence: 3 };
        let mut open = OpenBatch::new(0, LIMIT, 0, Vec::new());
        open.push(time(0), Some(b"k"), Some(proof), b"body");
        let bytes = whole(&open.seal(Compression::None, None).unwrap());
        let view = BatchView::parse(&bytes).unwrap();
        let mut records = view.records(1 << 20).unwrap();
        let value = records.try_next().unwrap().unwrap().value.unwrap().to_vec();
        assert_eq!(Proof::of(&value), Some((proof, true)));
        for at in 0..value.len() {
            let mut damaged = value.clone();
            damaged[at] ^= 0x20;
            assert!(!Proof::of(&damaged).unwrap().1, "byte {at}");
        }
        assert_eq!(Proof::of(&value[..27]), None);
    }
}
