//! What a broker checks before it appends a batch: every record is walked, decompressing on the way, keys and
//! values skipped. Uncompressed records are walked where they lie; compressed ones through a window of a few blocks,
//! however large they are, unless a single header list is large. The CRC is not part of it.

use super::varint::{self, Slice};
use super::{Held, InvalidBatch, InvalidReason, RECORD_ERRORS_MAX, Stream};
use crate::batch::{BatchView, NO_TIMESTAMP, TimestampType};
use crate::compression::{CodecError, Compression, Scratch};
use crate::ids::{Offset, ProducerId, Sequence};

/// Who wrote a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A client: no control records, no offsets or append times of its own, sequence numbers with a producer id.
    Client,
    /// This broker or another one.
    Broker,
}

/// What the timestamps of records have to satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampRule {
    /// Nothing: the broker overwrites them, or another broker has checked them.
    Any,
    /// Not too far from now. Records without timestamp pass.
    Near {
        /// The broker's time.
        now_ms: i64,
        /// How far they may lie before it.
        before_max_ms: i64,
        /// How far they may lie after it.
        after_max_ms: i64,
    },
}

/// What a topic asks of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidateRules {
    /// Who wrote it.
    pub origin: Origin,
    /// Whether every record needs a key, as on a compacted topic.
    pub require_keys: bool,
    /// What timestamps are allowed.
    pub timestamps: TimestampRule,
    /// Most bytes the records may come to, decompressed.
    pub decompressed_bytes_max: usize,
}

/// What the walk found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validated {
    /// Highest timestamp of any record; -1 if none has one.
    pub max_timestamp: i64,
    /// Offset delta of the first record with that timestamp; -1 if none has one.
    pub max_timestamp_offset_delta: i32,
    /// Number of records.
    pub record_count: i32,
    /// Bytes of the largest record behind its length field: what `max.decompressed.message.bytes` bounds.
    pub record_bytes_max: u32,
}

/// Checks the header's and every record's claims. See [`ValidateRules`] for what is asked.
pub fn validate(batch: &BatchView<'_>, rules: &ValidateRules) -> Result<Validated, InvalidBatch> {
    validate_with(&mut Scratch::new(), batch, rules)
}

/// As [`validate`], with buffers that outlive the call.
pub fn validate_with(
    scratch: &mut Scratch,
    batch: &BatchView<'_>,
    rules: &ValidateRules,
) -> Result<Validated, InvalidBatch> {
    check_header(batch, rules).map_err(InvalidBatch::whole)?;
    let payload = batch.records_payload();
    let limit_bytes = rules.decompressed_bytes_max;
    match batch.compression().map_err(InvalidBatch::whole)? {
        Compression::None if payload.len() <= limit_bytes => walk(Slice::new(payload), batch, rules),
        Compression::None => Err(InvalidBatch::whole(CodecError::LimitExceeded { limit_bytes })),
        codec => {
            let stream =
                Stream::new(codec, payload, limit_bytes, Held::Borrowed(scratch)).map_err(InvalidBatch::whole)?;
            walk(Counted { stream, consumed: 0 }, batch, rules)
        }
    }
}

fn check_header(batch: &BatchView<'_>, rules: &ValidateRules) -> Result<(), InvalidReason> {
    let (record_count, last_offset_delta) = (batch.record_count(), batch.last_offset_delta());
    if record_count <= 0 {
        return Err(InvalidReason::NoRecords);
    }
    if last_offset_delta != record_count - 1 {
        return Err(InvalidReason::CountMismatch { record_count, last_offset_delta });
    }
    if rules.origin == Origin::Broker {
        return Ok(());
    }
    if batch.base_offset() != Offset(0) {
        return Err(InvalidReason::BaseOffsetFromClient(batch.base_offset().0));
    }
    if batch.is_control() {
        return Err(InvalidReason::ControlFromClient);
    }
    if batch.producer_id() > ProducerId::NONE && batch.base_sequence() <= Sequence::NONE {
        return Err(InvalidReason::MissingSequence);
    }
    if batch.timestamp_type() == TimestampType::LogAppendTime {
        return Err(InvalidReason::AppendTimeFromClient);
    }
    Ok(())
}

fn walk(mut input: impl Walk, batch: &BatchView<'_>, rules: &ValidateRules) -> Result<Validated, InvalidBatch> {
    let record_count = batch.record_count();
    let base_timestamp = batch.base_timestamp();
    let mut found =
        Validated { max_timestamp: NO_TIMESTAMP, max_timestamp_offset_delta: -1, record_count, record_bytes_max: 0 };
    let mut broken = Broken::default();
    for index in 0..record_count {
        let record = input.record().map_err(|reason| InvalidBatch::at(index, reason))?;
        if record.offset_delta != index {
            let reason = InvalidReason::OffsetDelta { expected: index, got: record.offset_delta };
            return Err(InvalidBatch::at(index, reason));
        }
        if rules.require_keys && !record.has_key {
            broken.note(index, InvalidReason::MissingKey);
        }
        let timestamp_ms = base_timestamp.wrapping_add(record.timestamp_delta);
        if let TimestampRule::Near { now_ms, before_max_ms, after_max_ms } = rules.timestamps
            && timestamp_ms != NO_TIMESTAMP
            && !is_near(timestamp_ms, now_ms, before_max_ms, after_max_ms)
        {
            broken.note(index, InvalidReason::Timestamp { timestamp_ms, now_ms });
        }
        found.record_bytes_max = found.record_bytes_max.max(record.bytes);
        if timestamp_ms > found.max_timestamp {
            found.max_timestamp = timestamp_ms;
            found.max_timestamp_offset_delta = index;
        }
    }
    if !input.at_end().map_err(InvalidBatch::whole)? {
        return Err(InvalidBatch::whole(InvalidReason::TrailingBytes));
    }
    if batch.timestamp_type() == TimestampType::LogAppendTime {
        found.max_timestamp = batch.max_timestamp();
        found.max_timestamp_offset_delta = 0;
    }
    broken.into_result().map(|()| found)
}

/// The difference of two timestamps may need more than 64 bits; one that does is not near, whatever the bounds.
fn is_near(timestamp_ms: i64, now_ms: i64, before_max_ms: i64, after_max_ms: i64) -> bool {
    now_ms.checked_sub(timestamp_ms).is_some_and(|age| age <= before_max_ms && -i128::from(age) <= after_max_ms.into())
}

/// Records whose content breaks a rule. The walk goes on behind them, because the answer names them all.
#[derive(Default)]
struct Broken {
    record_errors: Vec<(i32, InvalidReason)>,
    /// A timestamp decides the answer over a missing key.
    decisive: Option<(i32, InvalidReason)>,
}

impl Broken {
    #[cold]
    fn note(&mut self, index: i32, reason: InvalidReason) {
        let is_timestamp = |reason| matches!(reason, InvalidReason::Timestamp { .. });
        if self.decisive.is_none_or(|(_, first)| !is_timestamp(first) && is_timestamp(reason)) {
            self.decisive = Some((index, reason));
        }
        if self.record_errors.len() < RECORD_ERRORS_MAX {
            self.record_errors.push((index, reason));
        }
    }

    fn into_result(self) -> Result<(), InvalidBatch> {
        match self.decisive {
            None => Ok(()),
            Some((index, reason)) => {
                Err(InvalidBatch { reason, record_index: Some(index), record_errors: self.record_errors })
            }
        }
    }
}

struct Walked {
    bytes: u32,
    offset_delta: i32,
    timestamp_delta: i64,
    has_key: bool,
}

/// Where a walk takes its records from: the batch itself, or what comes out of its codec.
trait Walk {
    fn record(&mut self) -> Result<Walked, InvalidReason>;
    fn at_end(&mut self) -> Result<bool, InvalidReason>;
}

impl Walk for Slice<'_> {
    #[inline]
    fn record(&mut self) -> Result<Walked, InvalidReason> {
        let bytes = u32::try_from(Slice::varint(self)?).map_err(|_| InvalidReason::BadLength)?;
        let left = self.rest().len().checked_sub(bytes as usize).ok_or(InvalidReason::Truncated)?;
        let walked = walk_fields(self, bytes)?;
        if self.rest().len() == left { Ok(walked) } else { Err(InvalidReason::BadLength) }
    }

    fn at_end(&mut self) -> Result<bool, InvalidReason> {
        Ok(self.rest().is_empty())
    }
}

/// A record that lies there in one piece.
#[inline]
fn walk_whole(body: &[u8]) -> Result<Walked, InvalidReason> {
    let mut rest = Slice::new(body);
    match walk_fields(&mut rest, body.len() as u32) {
        Ok(walked) if rest.rest().is_empty() => Ok(walked),
        Ok(_) | Err(InvalidReason::Truncated) => Err(InvalidReason::BadLength),
        Err(reason) => Err(reason),
    }
}

// Always: left to itself the compiler shares one copy between the callers, which costs 3 ns of 13 a record.
#[inline(always)]
fn walk_fields(input: &mut impl Input, bytes: u32) -> Result<Walked, InvalidReason> {
    let attributes = input.byte()?;
    if attributes != 0 {
        return Err(InvalidReason::Attributes(attributes));
    }
    let timestamp_delta = input.varlong()?;
    let offset_delta = input.varint()?;
    let has_key = input.skip_nullable()?;
    input.skip_nullable()?;
    let headers = u32::try_from(input.varint()?).map_err(|_| InvalidReason::BadHeaderCount)?;
    for _ in 0..headers {
        if !input.skip_nullable()? {
            return Err(InvalidReason::MissingHeaderKey);
        }
        input.skip_nullable()?;
    }
    Ok(Walked { bytes, offset_delta, timestamp_delta, has_key })
}

/// Fields of a record, in one piece or as they come.
trait Input {
    fn varint(&mut self) -> Result<i32, InvalidReason>;
    fn varlong(&mut self) -> Result<i64, InvalidReason>;
    fn byte(&mut self) -> Result<u8, InvalidReason>;
    fn skip(&mut self, count: usize) -> Result<(), InvalidReason>;

    /// Skips a length and what it counts; whether there was something, be it empty.
    #[inline]
    fn skip_nullable(&mut self) -> Result<bool, InvalidReason> {
        match usize::try_from(self.varint()?) {
            Ok(length) => self.skip(length).map(|()| true),
            Err(_) => Ok(false),
        }
    }
}

impl Input for Slice<'_> {
    #[inline]
    fn varint(&mut self) -> Result<i32, InvalidReason> {
        Slice::varint(self)
    }

    #[inline]
    fn varlong(&mut self) -> Result<i64, InvalidReason> {
        Slice::varlong(self)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, InvalidReason> {
        Slice::byte(self)
    }

    #[inline]
    fn skip(&mut self, count: usize) -> Result<(), InvalidReason> {
        self.bytes(count).map(|_| ())
    }
}

/// A codec's output with the position in it.
struct Counted<'a> {
    stream: Stream<'a>,
    consumed: u64,
}

impl Counted<'_> {
    /// Reads a number: from the window if it lies there whole, else after getting it there byte by byte.
    #[inline]
    fn number<T>(
        &mut self,
        bytes_max: usize,
        read: impl Fn(&mut Slice<'_>) -> Result<T, InvalidReason>,
    ) -> Result<T, InvalidReason> {
        let window = &mut self.stream.scratch.get().window;
        if window.unread().len() < bytes_max {
            self.gather_number(bytes_max)?;
        }
        let window = &mut self.stream.scratch.get().window;
        let mut slice = Slice::new(window.unread());
        let value = read(&mut slice)?;
        let count = window.unread().len() - slice.rest().len();
        window.take(count);
        self.consumed += count as u64;
        Ok(value)
    }

    #[cold]
    fn gather_number(&mut self, bytes_max: usize) -> Result<(), InvalidReason> {
        for count in 1..=bytes_max {
            self.stream.gather(count)?;
            if self.stream.scratch.get().window.unread()[count - 1] < 0x80 {
                break;
            }
        }
        Ok(())
    }
}

impl Walk for Counted<'_> {
    /// Most records lie in the window in one piece; the others are walked as they come out of the codec.
    #[inline]
    fn record(&mut self) -> Result<Walked, InvalidReason> {
        let bytes = u32::try_from(self.varint()?).map_err(|_| InvalidReason::BadLength)?;
        let window = &mut self.stream.scratch.get().window;
        if bytes as usize <= window.unread().len() {
            self.consumed += u64::from(bytes);
            return walk_whole(window.take(bytes as usize));
        }
        let end = self.consumed + u64::from(bytes);
        let walked = walk_fields(self, bytes)?;
        if self.consumed == end { Ok(walked) } else { Err(InvalidReason::BadLength) }
    }

    fn at_end(&mut self) -> Result<bool, InvalidReason> {
        Ok(self.stream.at_end()?)
    }
}

impl Input for Counted<'_> {
    #[inline]
    fn varint(&mut self) -> Result<i32, InvalidReason> {
        self.number(varint::VARINT_BYTES_MAX, |slice| slice.varint())
    }

    #[inline]
    fn varlong(&mut self) -> Result<i64, InvalidReason> {
        self.number(varint::VARLONG_BYTES_MAX, |slice| slice.varlong())
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, InvalidReason> {
        self.number(1, |slice| slice.byte())
    }

    fn skip(&mut self, count: usize) -> Result<(), InvalidReason> {
        let mut left = count;
        loop {
            let window = &mut self.stream.scratch.get().window;
            let now = left.min(window.unread().len());
            window.take(now);
            left -= now;
            if left == 0 {
                self.consumed += count as u64;
                return Ok(());
            }
            self.stream.gather(1)?;
        }
    }
}
