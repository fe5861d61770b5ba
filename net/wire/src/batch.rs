//! A record batch, version 2, read where it lies. A batch is stored and served as it arrived; the few fields a
//! broker may change are changed in place. [`BatchView`] is a whole batch, [`BatchHeader`] its first 61 bytes;
//! both are overlays, parsing copies nothing. What parsing promises: the length is sane and, for a view, all of it
//! is there, and the magic is 2. It does not promise the CRC ([`BatchView::crc_matches`]) nor anything about the
//! records ([`crate::record::validate`]).
//!
//! Big endian:
//!
//! | at | bytes | field | |
//! |--:|--:|---|---|
//! | 0 | 8 | base offset | outside the CRC: set by the broker |
//! | 8 | 4 | length | of all that follows this field |
//! | 12 | 4 | leader epoch | outside the CRC: set by the broker |
//! | 16 | 1 | magic | 2 |
//! | 17 | 4 | CRC-32C | of everything from byte 21 to the end |
//! | 21 | 2 | attributes | bits 0-2 codec, 3 append time, 4 transactional, 5 control, 6 delete horizon |
//! | 23 | 4 | last offset delta | |
//! | 27 | 8 | base timestamp, ms | with bit 6: the delete horizon |
//! | 35 | 8 | max timestamp, ms | |
//! | 43 | 8 | producer id | -1: none |
//! | 51 | 2 | producer epoch | -1: none |
//! | 53 | 4 | base sequence | -1: none |
//! | 57 | 4 | record count | |
//! | 61 | | records | compressed as one piece if a codec is set |

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use zerocopy::byteorder::big_endian::{I16, I32, I64, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::checksum;
use crate::compression::{CodecError, Compression, Scratch};
use crate::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence};
use crate::record::RecordIter;

/// Bytes of a batch before its records.
pub const HEADER_LEN: usize = 61;
/// Bytes of a batch before what its length field counts: base offset and the length itself.
pub const LOG_OVERHEAD: usize = 12;
/// The only batch format of Kafka 4.
pub const MAGIC: i8 = 2;
/// The timestamp that means "none".
pub const NO_TIMESTAMP: i64 = -1;

const MAGIC_AT: usize = 16;
const CRC_FROM: usize = 21;
/// Smallest value of the length field.
const LENGTH_MIN: i32 = (HEADER_LEN - LOG_OVERHEAD) as i32;

const COMPRESSION_BITS: i16 = 0b0000_0111;
const APPEND_TIME_BIT: i16 = 0b0000_1000;
const TRANSACTIONAL_BIT: i16 = 0b0001_0000;
const CONTROL_BIT: i16 = 0b0010_0000;
const DELETE_HORIZON_BIT: i16 = 0b0100_0000;
const DEFINED_BITS: i16 = 0b0111_1111;

/// Who set the timestamps of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimestampType {
    /// The producer, per record.
    CreateTime,
    /// The broker, one for the whole batch: its max timestamp.
    LogAppendTime,
}

/// Bytes that are not a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// The bytes end before the batch does.
    Truncated {
        /// Bytes the batch needs in all, as far as that can be said; always more than were given.
        needed: usize,
    },
    /// A format other than version 2.
    BadMagic {
        /// What stands in its place.
        magic: i8,
    },
    /// The length field cannot be that of a batch.
    BadLength {
        /// What stands there.
        length: i32,
    },
    /// More bytes than the one batch asked for.
    TrailingBytes {
        /// Bytes of the batch.
        size: usize,
        /// Bytes given.
        given: usize,
    },
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { needed } => write!(f, "batch is cut short: it needs at least {needed} bytes"),
            Self::BadMagic { magic } => write!(f, "batch format {magic} is not supported, only {MAGIC}"),
            Self::BadLength { length } => write!(f, "{length} cannot be the length of a batch"),
            Self::TrailingBytes { size, given } => write!(f, "{given} bytes given for one batch of {size}"),
        }
    }
}

impl std::error::Error for BatchError {}

/// The first 61 bytes of a batch: as an overlay on bytes in place, or, being `Copy`, as an owned header to patch on
/// the stack and write in front of the untouched rest. Setters that touch bytes under the CRC carry the CRC along
/// from the header alone: a checksum that was right stays right, one that was wrong stays wrong.
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct BatchHeader {
    base_offset: I64,
    length: I32,
    leader_epoch: I32,
    magic: i8,
    crc: U32,
    attributes: I16,
    last_offset_delta: I32,
    base_timestamp: I64,
    max_timestamp: I64,
    producer_id: I64,
    producer_epoch: I16,
    base_sequence: I32,
    record_count: I32,
}

const _: () = {
    use std::mem::{offset_of, size_of};
    assert!(size_of::<BatchHeader>() == HEADER_LEN);
    assert!(offset_of!(BatchHeader, leader_epoch) == LOG_OVERHEAD);
    assert!(offset_of!(BatchHeader, magic) == MAGIC_AT);
    assert!(offset_of!(BatchHeader, attributes) == CRC_FROM);
};

impl BatchHeader {
    /// The header at the front of `bytes`; the rest of the batch need not be there.
    pub fn parse_prefix(bytes: &[u8]) -> Result<&BatchHeader, BatchError> {
        check_start(bytes)?;
        match BatchHeader::ref_from_prefix(bytes) {
            Ok((header, _)) => Ok(header),
            Err(_) => Err(BatchError::Truncated { needed: HEADER_LEN }),
        }
    }

    /// The header at the front of `bytes`, to be patched in place.
    pub fn parse_prefix_mut(bytes: &mut [u8]) -> Result<&mut BatchHeader, BatchError> {
        check_start(bytes)?;
        match BatchHeader::mut_from_prefix(bytes) {
            Ok((header, _)) => Ok(header),
            Err(_) => Err(BatchError::Truncated { needed: HEADER_LEN }),
        }
    }

    /// The 61 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; HEADER_LEN] {
        zerocopy::transmute_ref!(self)
    }

    /// Bytes of the whole batch.
    #[must_use]
    pub fn size(&self) -> usize {
        LOG_OVERHEAD + usize::try_from(self.length.get()).unwrap_or(0)
    }

    /// Offset of the first record, or of where it was before compaction.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        Offset(self.base_offset.get())
    }

    /// Offset of the last record, or of where it was before compaction.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        Offset(self.base_offset.get().wrapping_add(self.last_offset_delta.get().into()))
    }

    /// Offset of whatever follows this batch.
    #[must_use]
    pub fn next_offset(&self) -> Offset {
        Offset(self.last_offset().0.wrapping_add(1))
    }

    /// Epoch of the leader that appended the batch.
    #[must_use]
    pub fn leader_epoch(&self) -> LeaderEpoch {
        LeaderEpoch(self.leader_epoch.get())
    }

    /// The format: always 2 in a parsed header.
    #[must_use]
    pub fn magic(&self) -> i8 {
        self.magic
    }

    /// The checksum as it stands in the header.
    #[must_use]
    pub fn crc(&self) -> u32 {
        self.crc.get()
    }

    /// The attribute bits as they stand.
    #[must_use]
    pub fn attributes(&self) -> i16 {
        self.attributes.get()
    }

    /// The codec of the records; an error for bits no codec has.
    pub fn compression(&self) -> Result<Compression, CodecError> {
        Compression::from_bits((self.attributes() & COMPRESSION_BITS) as u8)
    }

    /// Who set the timestamps.
    #[must_use]
    pub fn timestamp_type(&self) -> TimestampType {
        if self.attributes() & APPEND_TIME_BIT == 0 { TimestampType::CreateTime } else { TimestampType::LogAppendTime }
    }

    /// Whether the batch belongs to a transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        self.attributes() & TRANSACTIONAL_BIT != 0
    }

    /// Whether the batch holds control records, which no application sees.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.attributes() & CONTROL_BIT != 0
    }

    /// Whether compaction wrote a delete horizon into the base timestamp.
    #[must_use]
    pub fn has_delete_horizon(&self) -> bool {
        self.attributes() & DELETE_HORIZON_BIT != 0
    }

    /// When tombstones and markers of this batch may go, if compaction has decided it.
    #[must_use]
    pub fn delete_horizon_ms(&self) -> Option<i64> {
        self.has_delete_horizon().then(|| self.base_timestamp())
    }

    /// Last offset minus base offset.
    #[must_use]
    pub fn last_offset_delta(&self) -> i32 {
        self.last_offset_delta.get()
    }

    /// What the records' timestamp deltas are relative to.
    #[must_use]
    pub fn base_timestamp(&self) -> i64 {
        self.base_timestamp.get()
    }

    /// Highest timestamp of the batch, as its writer says.
    #[must_use]
    pub fn max_timestamp(&self) -> i64 {
        self.max_timestamp.get()
    }

    /// The producer, or [`ProducerId::NONE`].
    #[must_use]
    pub fn producer_id(&self) -> ProducerId {
        ProducerId(self.producer_id.get())
    }

    /// The producer's epoch.
    #[must_use]
    pub fn producer_epoch(&self) -> ProducerEpoch {
        ProducerEpoch(self.producer_epoch.get())
    }

    /// Sequence of the first record, or [`Sequence::NONE`].
    #[must_use]
    pub fn base_sequence(&self) -> Sequence {
        Sequence(self.base_sequence.get())
    }

    /// Sequence of the last record, or [`Sequence::NONE`]; counting goes from 2147483647 on to 0.
    #[must_use]
    pub fn last_sequence(&self) -> Sequence {
        let base = self.base_sequence();
        if base == Sequence::NONE { base } else { base.plus(self.last_offset_delta()) }
    }

    /// Number of records, as the writer says.
    #[must_use]
    pub fn record_count(&self) -> i32 {
        self.record_count.get()
    }

    /// The timestamp of a record of this batch with this delta.
    #[must_use]
    pub fn timestamp_of(&self, timestamp_delta: i64) -> i64 {
        match self.timestamp_type() {
            TimestampType::CreateTime => self.base_timestamp().wrapping_add(timestamp_delta),
            TimestampType::LogAppendTime => self.max_timestamp(),
        }
    }

    /// Moves the batch to its place in the log. Outside the CRC.
    pub fn set_base_offset(&mut self, offset: Offset) {
        self.base_offset.set(offset.0);
    }

    /// Stamps the leader's epoch. Outside the CRC.
    pub fn set_leader_epoch(&mut self, epoch: LeaderEpoch) {
        self.leader_epoch.set(epoch.0);
    }

    /// Corrects the max timestamp of a batch whose producer set the timestamps; the CRC is carried along.
    pub fn set_max_timestamp(&mut self, timestamp_ms: i64) {
        self.stamp(TimestampType::CreateTime, timestamp_ms);
    }

    /// Makes `now_ms` the timestamp of every record; the CRC is carried along. The records' own timestamps stay
    /// where they are, unread.
    pub fn set_append_time(&mut self, now_ms: i64) {
        self.stamp(TimestampType::LogAppendTime, now_ms);
    }

    /// What the CRC has to be in front of these records.
    #[must_use]
    pub fn crc_over(&self, records: &[u8]) -> u32 {
        crc32c::crc32c_append(self.crc_of_header(), records)
    }

    /// The checksum of bytes whose own is `before`, followed by this whole batch. Nothing behind its header is read.
    #[must_use]
    pub fn checksum_behind(&self, before: u32) -> u32 {
        let covered = self.size().saturating_sub(CRC_FROM) as u64;
        checksum::append(crc32c::crc32c_append(before, &self.bytes()[..CRC_FROM]), self.crc(), covered)
    }

    /// Computes the CRC afresh in front of these records.
    pub fn recompute_crc(&mut self, records: &[u8]) {
        self.crc.set(self.crc_over(records));
    }

    /// Changes bytes under the CRC. A CRC is linear: that of the whole changes by the change of the header's part,
    /// moved along by the length of the records, so the records are not read again. Attribute bits without a meaning
    /// go where something changes, as in Kafka.
    fn stamp(&mut self, timestamp_type: TimestampType, max_timestamp: i64) {
        if self.timestamp_type() == timestamp_type && self.max_timestamp() == max_timestamp {
            return;
        }
        let before = self.crc_of_header();
        let kept = self.attributes.get() & (DEFINED_BITS & !APPEND_TIME_BIT);
        self.attributes.set(kept | bit(timestamp_type == TimestampType::LogAppendTime, APPEND_TIME_BIT));
        self.max_timestamp.set(max_timestamp);
        let difference = before ^ self.crc_of_header();
        self.crc.set(self.crc.get() ^ checksum::behind(difference, self.size().saturating_sub(HEADER_LEN) as u64));
    }

    /// This header in front of other bytes: codec, length and CRC follow them. Nothing if they are too long.
    pub(crate) fn with_records(mut self, compression: Compression, records: &[u8]) -> Option<Self> {
        self.length.set(i32::try_from(records.len() + (HEADER_LEN - LOG_OVERHEAD)).ok()?);
        self.attributes.set(self.attributes.get() & !COMPRESSION_BITS | i16::from(compression.bits()));
        self.recompute_crc(records);
        Some(self)
    }

    fn crc_of_header(&self) -> u32 {
        crc32c::crc32c(&self.bytes()[CRC_FROM..])
    }
}

impl fmt::Debug for BatchHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchHeader")
            .field("base_offset", &self.base_offset().0)
            .field("last_offset", &self.last_offset().0)
            .field("size", &self.size())
            .field("leader_epoch", &self.leader_epoch().0)
            .field("crc", &format_args!("{:#010x}", self.crc()))
            .field("attributes", &format_args!("{:#b}", self.attributes()))
            .field("base_timestamp", &self.base_timestamp())
            .field("max_timestamp", &self.max_timestamp())
            .field("producer_id", &self.producer_id().0)
            .field("producer_epoch", &self.producer_epoch().0)
            .field("base_sequence", &self.base_sequence().0)
            .field("record_count", &self.record_count())
            .finish()
    }
}

/// One whole batch, borrowed. Everything the header knows is reached through it.
#[derive(Clone, Copy, Debug)]
pub struct BatchView<'a> {
    header: &'a BatchHeader,
    bytes: &'a [u8],
}

impl Deref for BatchView<'_> {
    type Target = BatchHeader;

    fn deref(&self) -> &BatchHeader {
        self.header
    }
}

impl<'a> BatchView<'a> {
    /// `bytes` as exactly one batch.
    pub fn parse(bytes: &'a [u8]) -> Result<BatchView<'a>, BatchError> {
        let batch = Self::parse_prefix(bytes)?;
        if batch.size() == bytes.len() {
            Ok(batch)
        } else {
            Err(BatchError::TrailingBytes { size: batch.size(), given: bytes.len() })
        }
    }

    /// The first batch of `bytes`; the next one begins at its [`size`](BatchHeader::size).
    pub fn parse_prefix(bytes: &'a [u8]) -> Result<BatchView<'a>, BatchError> {
        let header = BatchHeader::parse_prefix(bytes)?;
        let bytes = bytes.get(..header.size()).ok_or(BatchError::Truncated { needed: header.size() })?;
        Ok(BatchView { header, bytes })
    }

    /// The header, with the lifetime of the bytes.
    #[must_use]
    pub fn header(&self) -> &'a BatchHeader {
        self.header
    }

    /// The whole batch, not only its header.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The records as they lie there, compressed or not.
    #[must_use]
    pub fn records_payload(&self) -> &'a [u8] {
        &self.bytes[HEADER_LEN..]
    }

    /// Whether the checksum is that of the bytes.
    #[must_use]
    pub fn crc_matches(&self) -> bool {
        crc32c::crc32c(&self.bytes[CRC_FROM..]) == self.crc()
    }

    /// The records one by one, decompressed on the way. Reading stops with an error once they have come to more
    /// than `limit_bytes`; memory in use is bounded by the largest record and the codec's window.
    pub fn records(&self, limit_bytes: usize) -> Result<RecordIter<'a>, CodecError> {
        RecordIter::new(self, limit_bytes)
    }

    /// As [`records`](Self::records), with buffers that outlive the call.
    pub fn records_with<'s>(&self, scratch: &'s mut Scratch, limit_bytes: usize) -> Result<RecordIter<'s>, CodecError>
    where
        'a: 's,
    {
        RecordIter::with_scratch(self, scratch, limit_bytes)
    }
}

/// Cuts `bytes` into its batches without copying. After an error nothing more comes.
#[must_use]
pub fn split(bytes: &Bytes) -> Split {
    Split { rest: bytes.clone(), failed: false }
}

/// The batches of a buffer, see [`split`].
#[derive(Clone, Debug)]
pub struct Split {
    rest: Bytes,
    failed: bool,
}

impl Split {
    /// What has not been cut off yet: after an error, the bytes it is about.
    #[must_use]
    pub fn rest(&self) -> &Bytes {
        &self.rest
    }
}

impl Iterator for Split {
    type Item = Result<Bytes, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.rest.is_empty() {
            return None;
        }
        match BatchView::parse_prefix(&self.rest).map(|batch| batch.size()) {
            Ok(size) => Some(Ok(self.rest.split_to(size))),
            Err(error) => {
                self.failed = true;
                Some(Err(error))
            }
        }
    }
}

/// The magic is looked at first: older formats keep it in the same place and may be shorter than a header.
fn check_start(bytes: &[u8]) -> Result<(), BatchError> {
    let Some((length, magic)) = bytes.get(8..=MAGIC_AT).and_then(|start| start.first_chunk::<4>().zip(start.last()))
    else {
        return Err(BatchError::Truncated { needed: HEADER_LEN });
    };
    let (length, magic) = (i32::from_be_bytes(*length), *magic as i8);
    match magic {
        MAGIC if length >= LENGTH_MIN => Ok(()),
        MAGIC => Err(BatchError::BadLength { length }),
        _ => Err(BatchError::BadMagic { magic }),
    }
}

fn bit(is_set: bool, bit: i16) -> i16 {
    if is_set { bit } else { 0 }
}

/// Everything a builder decides about a header. The one way to make a header that was not read from bytes.
pub(crate) struct HeaderParts {
    pub(crate) base_offset: Offset,
    pub(crate) leader_epoch: LeaderEpoch,
    pub(crate) compression: Compression,
    pub(crate) timestamp_type: TimestampType,
    pub(crate) is_transactional: bool,
    pub(crate) is_control: bool,
    pub(crate) has_delete_horizon: bool,
    pub(crate) last_offset_delta: i32,
    pub(crate) base_timestamp: i64,
    pub(crate) max_timestamp: i64,
    pub(crate) producer_id: ProducerId,
    pub(crate) producer_epoch: ProducerEpoch,
    pub(crate) base_sequence: Sequence,
    pub(crate) record_count: i32,
}

impl HeaderParts {
    /// The header in front of these records, or nothing if no length field can hold their size.
    pub(crate) fn before(self, records: &[u8]) -> Option<BatchHeader> {
        let attributes = bit(self.timestamp_type == TimestampType::LogAppendTime, APPEND_TIME_BIT)
            | bit(self.is_transactional, TRANSACTIONAL_BIT)
            | bit(self.is_control, CONTROL_BIT)
            | bit(self.has_delete_horizon, DELETE_HORIZON_BIT);
        BatchHeader {
            base_offset: self.base_offset.0.into(),
            length: 0.into(),
            leader_epoch: self.leader_epoch.0.into(),
            magic: MAGIC,
            crc: 0.into(),
            attributes: attributes.into(),
            last_offset_delta: self.last_offset_delta.into(),
            base_timestamp: self.base_timestamp.into(),
            max_timestamp: self.max_timestamp.into(),
            producer_id: self.producer_id.0.into(),
            producer_epoch: self.producer_epoch.0.into(),
            base_sequence: self.base_sequence.0.into(),
            record_count: self.record_count.into(),
        }
        .with_records(self.compression, records)
    }
}
