//! The records inside a batch: reading them one by one ([`RecordIter`]), checking all of them at the door
//! ([`validate`]), writing them ([`BatchBuilder`]) and the control records that end transactions ([`EndMarker`]).
//! A record borrows from the batch, or from the decompression window: nothing is copied out.
//!
//! Numbers are zigzag varints of up to 5 bytes (10 for the timestamp delta):
//!
//! | field | |
//! |---|---|
//! | length | of all that follows |
//! | attributes | one byte, 0 |
//! | timestamp delta | to the batch's base timestamp |
//! | offset delta | to the batch's base offset |
//! | key length, key | a negative length: no key |
//! | value length, value | a negative length: no value |
//! | header count | then for each: key length, key, value length (negative: no value), value |

mod builder;
mod control;
mod validate;
mod varint;

use std::fmt;

pub use builder::{BatchBuilder, BuildError, recompress};
pub use control::{ControlType, EndMarker};
pub use validate::{Origin, TimestampRule, ValidateRules, Validated, validate, validate_with};

use crate::batch::BatchView;
use crate::compression::{CodecError, Compression, Decoder, Scratch};
use varint::Slice;

/// Why a batch's records cannot be accepted or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidReason {
    /// The codec failed, or more came out than allowed.
    Codec(CodecError),
    /// The batch says it has no record, or a negative number of them.
    NoRecords,
    /// The last offset delta is not the number of records minus one.
    CountMismatch {
        /// Records, as the header says.
        record_count: i32,
        /// Offsets covered, as the header says.
        last_offset_delta: i32,
    },
    /// The records end before their number is reached.
    Truncated,
    /// Bytes follow the last record.
    TrailingBytes,
    /// A number has no end.
    BadVarint,
    /// A record's length is not that of its fields.
    BadLength,
    /// A negative number of headers.
    BadHeaderCount,
    /// A header without a key.
    MissingHeaderKey,
    /// Attribute bits of a record; none is defined.
    Attributes(u8),
    /// Offsets inside the batch do not count up one by one.
    OffsetDelta {
        /// The record's place.
        expected: i32,
        /// What it says.
        got: i32,
    },
    /// A record without a key where keys are required.
    MissingKey,
    /// A timestamp outside the bounds.
    Timestamp {
        /// The timestamp.
        timestamp_ms: i64,
        /// The time it is compared to.
        now_ms: i64,
    },
    /// The producer claims the broker's way of setting timestamps.
    AppendTimeFromClient,
    /// A client sent control records.
    ControlFromClient,
    /// A client chose offsets itself.
    BaseOffsetFromClient(i64),
    /// A producer id without sequence numbers.
    MissingSequence,
}

impl fmt::Display for InvalidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codec(error) => error.fmt(f),
            Self::NoRecords => f.write_str("batch without records"),
            Self::CountMismatch { record_count, last_offset_delta } => {
                write!(f, "batch of {record_count} records with a last offset delta of {last_offset_delta}")
            }
            Self::Truncated => f.write_str("records end too early"),
            Self::TrailingBytes => f.write_str("bytes behind the last record"),
            Self::BadVarint => f.write_str("number without an end"),
            Self::BadLength => f.write_str("record's length is not that of its fields"),
            Self::BadHeaderCount => f.write_str("negative number of record headers"),
            Self::MissingHeaderKey => f.write_str("record header without a key"),
            Self::Attributes(bits) => write!(f, "record attributes {bits:#x} are not defined"),
            Self::OffsetDelta { expected, got } => write!(f, "record {expected} says it is number {got}"),
            Self::MissingKey => f.write_str("a compacted topic takes only records with a key"),
            Self::Timestamp { timestamp_ms, now_ms } => {
                write!(f, "timestamp {timestamp_ms} is too far from the broker's time {now_ms}")
            }
            Self::AppendTimeFromClient => f.write_str("only the broker may set append time"),
            Self::ControlFromClient => f.write_str("clients may not write control records"),
            Self::BaseOffsetFromClient(offset) => write!(f, "base offset {offset} instead of 0"),
            Self::MissingSequence => f.write_str("producer id without sequence number"),
        }
    }
}

impl From<CodecError> for InvalidReason {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}

/// A batch whose records cannot be accepted or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidBatch {
    /// What is wrong; of several things, the one that decides the answer.
    pub reason: InvalidReason,
    /// The first record it is about, counted from 0; none if it is about the whole batch.
    pub record_index: Option<i32>,
    /// Records whose content broke a rule (key, timestamp), each with its own reason: the first
    /// [`RECORD_ERRORS_MAX`]. Empty when the batch could not be read to its end.
    pub record_errors: Vec<(i32, InvalidReason)>,
}

/// Failing records that are named one by one.
pub const RECORD_ERRORS_MAX: usize = 100;

impl InvalidBatch {
    fn whole(reason: impl Into<InvalidReason>) -> Self {
        Self { reason: reason.into(), record_index: None, record_errors: Vec::new() }
    }

    fn at(index: i32, reason: impl Into<InvalidReason>) -> Self {
        Self { record_index: Some(index), ..Self::whole(reason) }
    }
}

impl fmt::Display for InvalidBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record_index {
            Some(index) => write!(f, "record {index}: {}", self.reason),
            None => self.reason.fmt(f),
        }
    }
}

impl std::error::Error for InvalidBatch {}

/// One record. It is valid as a whole: its length is right and its headers can be walked without failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Offset, relative to the batch's base offset.
    pub offset_delta: i32,
    /// Timestamp, relative to the batch's base timestamp: see [`BatchHeader::timestamp_of`](crate::batch::BatchHeader::timestamp_of).
    pub timestamp_delta: i64,
    /// Attribute bits; none is defined.
    pub attributes: u8,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; a record without one marks its key as deleted on a compacted topic.
    pub value: Option<&'a [u8]>,
    /// The headers in the order written, equal keys and all.
    pub headers: Headers<'a>,
}

impl<'a> Record<'a> {
    /// Reads the record whose bytes behind the length field these are.
    fn parse(body: &'a [u8]) -> Result<Self, InvalidReason> {
        let mut rest = Slice::new(body);
        let attributes = rest.byte()?;
        let timestamp_delta = rest.varlong()?;
        let offset_delta = rest.varint()?;
        let key = rest.nullable()?;
        let value = rest.nullable()?;
        let count = u32::try_from(rest.varint()?).map_err(|_| InvalidReason::BadHeaderCount)?;
        let headers = Headers { count, bytes: rest.rest() };
        for _ in 0..count {
            rest.header()?;
        }
        if !rest.rest().is_empty() {
            return Err(InvalidReason::BadLength);
        }
        Ok(Self { offset_delta, timestamp_delta, attributes, key, value, headers })
    }
}

/// One header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The key: meant to be UTF-8, not checked.
    pub key: &'a [u8],
    /// The value.
    pub value: Option<&'a [u8]>,
}

/// The headers of a record: an ordered list in which a key may occur again.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Headers<'a> {
    count: u32,
    bytes: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Number of headers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The headers as they lie in the record, without their count.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.bytes
    }

    /// The headers in order.
    #[must_use]
    pub fn iter(&self) -> HeaderIter<'a> {
        HeaderIter { left: self.count, rest: Slice::new(self.bytes) }
    }
}

impl<'a> IntoIterator for Headers<'a> {
    type Item = Header<'a>;
    type IntoIter = HeaderIter<'a>;

    fn into_iter(self) -> HeaderIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The headers of a record, one by one.
#[derive(Clone, Debug)]
pub struct HeaderIter<'a> {
    left: u32,
    rest: Slice<'a>,
}

impl<'a> Iterator for HeaderIter<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        self.left = self.left.checked_sub(1)?;
        // Walked once when the record was parsed, so it does not fail here.
        self.rest.header().ok()
    }
}

/// The records of a batch, one by one. Each lives until the next is asked for, hence no `Iterator`:
/// `while let Some(record) = records.try_next()? { … }`. After the last record it also makes sure that nothing
/// follows it. After an error nothing more comes.
pub struct RecordIter<'a> {
    source: Source<'a>,
    next_index: i32,
    record_count: i32,
    ended: bool,
}

enum Source<'a> {
    Plain(Slice<'a>),
    Stream(Box<Stream<'a>>),
}

impl<'a> RecordIter<'a> {
    pub(crate) fn new(batch: &BatchView<'a>, limit_bytes: usize) -> Result<Self, CodecError> {
        Self::over(batch, limit_bytes, || Held::Owned(Scratch::new()))
    }

    pub(crate) fn with_scratch(
        batch: &BatchView<'a>,
        scratch: &'a mut Scratch,
        limit_bytes: usize,
    ) -> Result<Self, CodecError> {
        Self::over(batch, limit_bytes, || Held::Borrowed(scratch))
    }

    fn over(batch: &BatchView<'a>, limit_bytes: usize, scratch: impl FnOnce() -> Held<'a>) -> Result<Self, CodecError> {
        let payload = batch.records_payload();
        let source = match batch.compression()? {
            Compression::None if payload.len() <= limit_bytes => Source::Plain(Slice::new(payload)),
            Compression::None => return Err(CodecError::LimitExceeded { limit_bytes }),
            codec => Source::Stream(Box::new(Stream::new(codec, payload, limit_bytes, scratch())?)),
        };
        Ok(Self { source, next_index: 0, record_count: batch.record_count(), ended: false })
    }

    /// The next record; none after the last.
    pub fn try_next(&mut self) -> Result<Option<Record<'_>>, InvalidBatch> {
        if self.ended {
            return Ok(None);
        }
        // Stands until the record is known to be good.
        self.ended = true;
        let index = self.next_index;
        if index >= self.record_count.max(0) {
            let at_end = match &mut self.source {
                Source::Plain(slice) => slice.rest().is_empty(),
                Source::Stream(stream) => stream.at_end().map_err(InvalidBatch::whole)?,
            };
            return if at_end { Ok(None) } else { Err(InvalidBatch::whole(InvalidReason::TrailingBytes)) };
        }
        let body = match &mut self.source {
            Source::Plain(slice) => slice.record_body(),
            Source::Stream(stream) => stream.record_body(),
        };
        match body.and_then(Record::parse) {
            Ok(record) => {
                self.next_index = index + 1;
                self.ended = false;
                Ok(Some(record))
            }
            Err(reason) => Err(InvalidBatch::at(index, reason)),
        }
    }
}

impl fmt::Debug for RecordIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordIter")
            .field("next_index", &self.next_index)
            .field("record_count", &self.record_count)
            .finish_non_exhaustive()
    }
}

/// A scratch of the caller's, or one for this iteration alone.
enum Held<'a> {
    Owned(Scratch),
    Borrowed(&'a mut Scratch),
}

impl Held<'_> {
    fn get(&mut self) -> &mut Scratch {
        match self {
            Held::Owned(scratch) => scratch,
            Held::Borrowed(scratch) => scratch,
        }
    }
}

/// Records that come out of a codec.
struct Stream<'a> {
    decoder: Decoder<'a>,
    scratch: Held<'a>,
}

impl<'a> Stream<'a> {
    fn new(codec: Compression, payload: &'a [u8], limit_bytes: usize, scratch: Held<'a>) -> Result<Self, CodecError> {
        let mut scratch = scratch;
        let decoder = Decoder::new(codec, payload, limit_bytes, scratch.get())?;
        Ok(Self { decoder, scratch })
    }

    /// Makes the next `count` bytes readable in one piece. The window grows with what has really come out, so a
    /// length that lies costs nothing.
    fn gather(&mut self, count: usize) -> Result<(), InvalidReason> {
        while self.scratch.get().window.unread().len() < count {
            if !self.decoder.fill(self.scratch.get())? {
                return Err(InvalidReason::Truncated);
            }
        }
        Ok(())
    }

    fn at_end(&mut self) -> Result<bool, CodecError> {
        Ok(self.scratch.get().window.unread().is_empty() && !self.decoder.fill(self.scratch.get())?)
    }

    fn record_body(&mut self) -> Result<&[u8], InvalidReason> {
        let mut length_bytes = 1;
        self.gather(1)?;
        while length_bytes < varint::VARINT_BYTES_MAX && self.scratch.get().window.unread()[length_bytes - 1] >= 0x80 {
            length_bytes += 1;
            self.gather(length_bytes)?;
        }
        let length = Slice::new(self.scratch.get().window.take(length_bytes)).varint()?;
        let length = usize::try_from(length).map_err(|_| InvalidReason::BadLength)?;
        self.gather(length)?;
        Ok(self.scratch.get().window.take(length))
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        self.scratch.get().trim();
    }
}

#[cfg(test)]
#[path = "record/tests.rs"]
mod tests;
