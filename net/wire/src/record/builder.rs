//! Writing batches: from records ([`BatchBuilder`]), or from another batch in another codec ([`recompress`]).

use std::fmt;

use bytes::Bytes;

use super::varint::{put_varint, varint_len};
use super::{Header, Record};
use crate::batch::{BatchView, HEADER_LEN, HeaderParts, NO_TIMESTAMP, TimestampType};
use crate::compression::{self, CodecError, Compression, Scratch};
use crate::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence};

/// Why a batch cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// No length field could hold it.
    TooLarge,
    /// An offset that is not behind the last one, or too far behind the first.
    BadOffset {
        /// The offset.
        offset: i64,
    },
    /// The codec failed, or more came out than allowed.
    Codec(CodecError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("the batch becomes too large"),
            Self::BadOffset { offset } => write!(f, "offset {offset} has no place in the batch"),
            Self::Codec(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BuildError {}

impl From<CodecError> for BuildError {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}

/// A batch in the making. Set what concerns the whole batch first, push the records, then
/// [`finish`](Self::finish). Records take consecutive offsets unless they are pushed with their own.
#[derive(Debug)]
pub struct BatchBuilder {
    compression: Compression,
    level: Option<i32>,
    base_offset: Offset,
    leader_epoch: LeaderEpoch,
    producer: (ProducerId, ProducerEpoch, Sequence),
    is_transactional: bool,
    is_control: bool,
    append_time_ms: Option<i64>,
    delete_horizon_ms: Option<i64>,
    base_timestamp: Option<i64>,
    max_timestamp: i64,
    last_offset_delta: i32,
    record_count: i32,
    /// Room for the header, then the records as they are before compression.
    bytes: Vec<u8>,
}

impl BatchBuilder {
    /// An empty batch at offset 0, without producer.
    #[must_use]
    pub fn new(compression: Compression) -> Self {
        Self {
            compression,
            level: None,
            base_offset: Offset(0),
            leader_epoch: LeaderEpoch::NONE,
            producer: (ProducerId::NONE, ProducerEpoch::NONE, Sequence::NONE),
            is_transactional: false,
            is_control: false,
            append_time_ms: None,
            delete_horizon_ms: None,
            base_timestamp: None,
            max_timestamp: NO_TIMESTAMP,
            last_offset_delta: -1,
            record_count: 0,
            bytes: vec![0; HEADER_LEN],
        }
    }

    /// The codec's level.
    #[must_use]
    pub fn level(mut self, level: Option<i32>) -> Self {
        self.level = level;
        self
    }

    /// Offset of the first record.
    #[must_use]
    pub fn base_offset(mut self, offset: Offset) -> Self {
        self.base_offset = offset;
        self
    }

    /// Epoch of the leader that appends the batch.
    #[must_use]
    pub fn leader_epoch(mut self, epoch: LeaderEpoch) -> Self {
        self.leader_epoch = epoch;
        self
    }

    /// The producer and the sequence number of the first record.
    #[must_use]
    pub fn producer(mut self, id: ProducerId, epoch: ProducerEpoch, base_sequence: Sequence) -> Self {
        self.producer = (id, epoch, base_sequence);
        self
    }

    /// Makes the batch part of a transaction.
    #[must_use]
    pub fn transactional(mut self, is_transactional: bool) -> Self {
        self.is_transactional = is_transactional;
        self
    }

    /// Makes the records control records.
    #[must_use]
    pub fn control(mut self, is_control: bool) -> Self {
        self.is_control = is_control;
        self
    }

    /// One timestamp for all records, set by the broker.
    #[must_use]
    pub fn append_time(mut self, now_ms: i64) -> Self {
        self.append_time_ms = Some(now_ms);
        self
    }

    /// When compaction may drop the batch's tombstones and markers. It takes the place of the base timestamp, so it
    /// comes before the first record.
    #[must_use]
    pub fn delete_horizon(mut self, horizon_ms: i64) -> Self {
        assert!(self.record_count == 0, "the horizon is what the records' timestamps are relative to");
        self.delete_horizon_ms = Some(horizon_ms);
        self.base_timestamp = Some(horizon_ms);
        self
    }

    /// Offset the batch reaches to although its last records are gone, as compaction leaves it.
    #[must_use]
    pub fn reaching_to(mut self, last_offset_delta: i32) -> Self {
        self.last_offset_delta = self.last_offset_delta.max(last_offset_delta);
        self
    }

    /// Number of records so far.
    #[must_use]
    pub fn record_count(&self) -> i32 {
        self.record_count
    }

    /// Bytes of the batch so far, before compression.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes one more record would add, before compression; an upper bound.
    #[must_use]
    pub fn size_of_record(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header<'_>]) -> usize {
        const NUMBERS: usize = 5 + 1 + 10 + 5 + 5;
        NUMBERS + nullable_len(key) + nullable_len(value) + headers_len(headers)
    }

    /// Adds a record at the next offset.
    pub fn push(
        &mut self,
        timestamp_ms: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) -> Result<(), BuildError> {
        let delta = self.last_offset_delta.checked_add(1).ok_or(BuildError::TooLarge)?;
        self.put(delta, timestamp_ms, key, value, headers.len(), headers_len(headers), |output| {
            for header in headers {
                put_varint(output, header.key.len() as i64);
                output.extend_from_slice(header.key);
                put_nullable(output, header.value);
            }
        })
    }

    /// Adds a record read from another batch at an offset of its own, behind the last.
    pub fn push_at(&mut self, offset: Offset, timestamp_ms: i64, record: &Record<'_>) -> Result<(), BuildError> {
        let delta = offset
            .0
            .checked_sub(self.base_offset.0)
            .and_then(|delta| i32::try_from(delta).ok())
            .filter(|&delta| delta > self.last_offset_delta)
            .ok_or(BuildError::BadOffset { offset: offset.0 })?;
        let headers = record.headers.raw();
        self.put(delta, timestamp_ms, record.key, record.value, record.headers.len(), headers.len(), |output| {
            output.extend_from_slice(headers);
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one record, named at both callers")]
    fn put(
        &mut self,
        offset_delta: i32,
        timestamp_ms: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        header_count: usize,
        headers_len: usize,
        put_headers: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), BuildError> {
        let base_timestamp = self.base_timestamp.unwrap_or(timestamp_ms);
        let timestamp_delta = timestamp_ms.wrapping_sub(base_timestamp);
        let header_count = i32::try_from(header_count).map_err(|_| BuildError::TooLarge)?;
        let length = 1
            + varint_len(timestamp_delta)
            + varint_len(offset_delta.into())
            + nullable_len(key)
            + nullable_len(value)
            + varint_len(header_count.into())
            + headers_len;
        if self.bytes.len() + varint_len(length as i64) + length > BATCH_BYTES_MAX {
            return Err(BuildError::TooLarge);
        }
        let output = &mut self.bytes;
        put_varint(output, length as i64);
        let start = output.len();
        output.push(0);
        put_varint(output, timestamp_delta);
        put_varint(output, offset_delta.into());
        put_nullable(output, key);
        put_nullable(output, value);
        put_varint(output, header_count.into());
        put_headers(output);
        assert!(output.len() == start + length, "the length in front of a record is that of the record");
        self.base_timestamp = Some(base_timestamp);
        self.max_timestamp = self.max_timestamp.max(timestamp_ms);
        self.last_offset_delta = offset_delta;
        self.record_count += 1;
        Ok(())
    }

    /// The batch, with its CRC. Without records it is the empty batch that compaction leaves where a producer's last
    /// sequence number has to be kept.
    pub fn finish(mut self) -> Result<Bytes, BuildError> {
        let compression = if self.record_count == 0 { Compression::None } else { self.compression };
        if compression != Compression::None {
            let records = compression::compress(compression, self.level, &self.bytes[HEADER_LEN..])?;
            self.bytes.truncate(HEADER_LEN);
            self.bytes.extend_from_slice(&records);
        }
        let (producer_id, producer_epoch, base_sequence) = self.producer;
        let header = HeaderParts {
            base_offset: self.base_offset,
            leader_epoch: self.leader_epoch,
            compression,
            timestamp_type: match self.append_time_ms {
                Some(_) => TimestampType::LogAppendTime,
                None => TimestampType::CreateTime,
            },
            is_transactional: self.is_transactional,
            is_control: self.is_control,
            has_delete_horizon: self.delete_horizon_ms.is_some(),
            last_offset_delta: self.last_offset_delta.max(0),
            base_timestamp: self.base_timestamp.unwrap_or(NO_TIMESTAMP),
            max_timestamp: self.append_time_ms.unwrap_or(self.max_timestamp),
            producer_id,
            producer_epoch,
            base_sequence,
            record_count: self.record_count,
        };
        let header = header.before(&self.bytes[HEADER_LEN..]).ok_or(BuildError::TooLarge)?;
        self.bytes[..HEADER_LEN].copy_from_slice(header.bytes());
        Ok(self.bytes.into())
    }
}

/// The batch with its records in another codec; all else but codec, length and CRC stays. The records themselves are
/// not read: [`validate`](super::validate) has done that. Stops when they come to more than `limit_bytes`.
pub fn recompress(
    scratch: &mut Scratch,
    batch: &BatchView<'_>,
    compression: Compression,
    level: Option<i32>,
    limit_bytes: usize,
) -> Result<Bytes, BuildError> {
    let records = compression::decompress_with(scratch, batch.compression()?, batch.records_payload(), limit_bytes)?;
    let records = compression::compress(compression, level, &records)?;
    let header = batch.header().with_records(compression, &records).ok_or(BuildError::TooLarge)?;
    let mut bytes = Vec::with_capacity(HEADER_LEN + records.len());
    bytes.extend_from_slice(header.bytes());
    bytes.extend_from_slice(&records);
    Ok(bytes.into())
}

/// Most bytes a builder puts into one batch before compression; far beyond what any topic takes.
const BATCH_BYTES_MAX: usize = 1 << 30;

fn nullable_len(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(1, |bytes| varint_len(bytes.len() as i64) + bytes.len())
}

fn headers_len(headers: &[Header<'_>]) -> usize {
    headers.iter().map(|header| nullable_len(Some(header.key)) + nullable_len(header.value)).sum()
}

fn put_nullable(output: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        Some(bytes) => {
            put_varint(output, bytes.len() as i64);
            output.extend_from_slice(bytes);
        }
        None => put_varint(output, -1),
    }
}
