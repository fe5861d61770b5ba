//! What stands in a journal record after its header, by kind. All integers little endian. The state is also what a
//! partition at rest keeps in its directory (`clean.rs`).
//!
//! | kind | bytes | |
//! |---|--:|---|
//! | data | any | bytes of the segment |
//! | bypass | 8 | length of the bytes in the segment |
//! | | 4 | their CRC-32C |
//! | | 4 | number of batches that follow |
//! | | 69 each | batch: 8 position in the segment, 61 header, for each batch that ends in the range or begins in it |
//! | state | 64 | as below; `position` is where what only the journal knows begins: all before is in the segment, synced |
//! | | 12 each | epoch: 4 leader epoch, 8 first offset |
//! | | any | producers |
//! | producers | 4 | number that follow |
//! | | any | producers |
//! | log start | 8 | offset |
//! | truncate | 0 | |
//!
//! | state at | bytes | |
//! |--:|--:|---|
//! | 0 | 8 | next offset: everything below says what was true when this was |
//! | 8 | 8 | log start |
//! | 16 | 8 | base offset of the active segment |
//! | 24 | 8 | end of its last batch, in bytes |
//! | 32 | 8 | timestamp of its first batch, ms, or -1 |
//! | 40 | 8 | its largest timestamp, ms, or -1 |
//! | 48 | 8 | offset of the record with it |
//! | 56 | 4 | number of epochs |
//! | 60 | 4 | number of producers |
//!
//! | producer at | bytes | |
//! |--:|--:|---|
//! | 0 | 8 | producer id |
//! | 8 | 8 | last seen, ms |
//! | 16 | 2 | epoch |
//! | 18 | 2 | number of batches |
//! | 20 | 24 each | batch: 4 first sequence, 4 last sequence, 8 base offset, 8 timestamp in ms |

use bytes::{Buf, BufMut, Bytes};
use thalweg_wire::batch::{self, BatchHeader};
use thalweg_wire::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence};

use super::extents::Place;
use crate::epochs::Epochs;
use crate::producer::{BATCHES_KEPT, BatchMark, Producer, Producers};

/// Producers written with a state; the rest follows in records of their own with as many each.
pub const PRODUCERS_PER_RECORD: usize = 256;
/// Most bytes of one record of producers.
pub const PRODUCERS_BYTES_MAX: usize = 4 + PRODUCERS_PER_RECORD * (20 + 24 * BATCHES_KEPT);

/// Everything about a partition but its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// What the rest of this is true of: the next offset.
    pub next: Offset,
    /// First offset of the log.
    pub log_start: Offset,
    /// End of the last batch: the active segment and the byte in it.
    pub end: Place,
    /// The active segment's times.
    pub times: Times,
    /// Leader epochs.
    pub epochs: Epochs,
    /// Idempotent producers.
    pub producers: Producers,
}

/// What is known of the timestamps of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// Largest timestamp of the first batch, or -1.
    pub first_ms: i64,
    /// Largest timestamp, or -1.
    pub max_ms: i64,
    /// An offset at or before that of the first record with it, in the same batch.
    pub max_at: Offset,
}

impl Default for Times {
    fn default() -> Self {
        Times { first_ms: -1, max_ms: -1, max_at: Offset::NONE }
    }
}

impl Times {
    /// Takes a batch into account.
    pub fn note(&mut self, timestamp_ms: i64, at: Offset) {
        if self.first_ms < 0 {
            self.first_ms = timestamp_ms;
        }
        if timestamp_ms > self.max_ms {
            self.max_ms = timestamp_ms;
            self.max_at = at;
        }
    }
}

/// Writes a state with the producers of the first part.
pub fn put_state(out: &mut Vec<u8>, state: &StateRef<'_>) {
    out.put_i64_le(state.next.0);
    out.put_i64_le(state.log_start.0);
    out.put_i64_le(state.end.0.0);
    out.put_u64_le(state.end.1);
    out.put_i64_le(state.times.first_ms);
    out.put_i64_le(state.times.max_ms);
    out.put_i64_le(state.times.max_at.0);
    out.put_u32_le(count(state.epochs.list().len()));
    out.put_u32_le(count(state.producers.len().min(PRODUCERS_PER_RECORD)));
    for (epoch, start) in state.epochs.list() {
        out.put_i32_le(epoch.0);
        out.put_i64_le(start.0);
    }
    for (id, producer) in state.producers.iter().take(PRODUCERS_PER_RECORD) {
        put_producer(out, id, producer);
    }
}

/// A state in pieces, to be written.
pub struct StateRef<'a> {
    /// See [`State::next`].
    pub next: Offset,
    /// See [`State::log_start`].
    pub log_start: Offset,
    /// See [`State::end`].
    pub end: Place,
    /// See [`State::times`].
    pub times: Times,
    /// See [`State::epochs`].
    pub epochs: &'a Epochs,
    /// See [`State::producers`].
    pub producers: &'a Producers,
}

/// The producers beyond the first part, in records.
pub fn more_producers(producers: &Producers) -> Vec<Vec<u8>> {
    let rest: Vec<_> = producers.iter().skip(PRODUCERS_PER_RECORD).collect();
    rest.chunks(PRODUCERS_PER_RECORD)
        .map(|part| {
            let mut out = Vec::new();
            out.put_u32_le(count(part.len()));
            for (id, producer) in part {
                put_producer(&mut out, *id, producer);
            }
            out
        })
        .collect()
}

/// Reads a state back.
pub fn take_state(mut from: Bytes) -> Option<State> {
    let mut state = State {
        next: Offset(from.try_get_i64_le().ok()?),
        log_start: Offset(from.try_get_i64_le().ok()?),
        end: (Offset(from.try_get_i64_le().ok()?), from.try_get_u64_le().ok()?),
        times: Times {
            first_ms: from.try_get_i64_le().ok()?,
            max_ms: from.try_get_i64_le().ok()?,
            max_at: Offset(from.try_get_i64_le().ok()?),
        },
        ..State::default()
    };
    let epochs = from.try_get_u32_le().ok()?;
    let producers = from.try_get_u32_le().ok()?;
    for _ in 0..epochs {
        let epoch = LeaderEpoch(from.try_get_i32_le().ok()?);
        state.epochs.note(epoch, Offset(from.try_get_i64_le().ok()?));
    }
    take_producers_into(&mut from, producers, &mut state.producers)?;
    Some(state)
}

/// Reads a record of producers into `producers`.
pub fn take_producers(mut from: Bytes, producers: &mut Producers) -> Option<()> {
    let count = from.try_get_u32_le().ok()?;
    take_producers_into(&mut from, count, producers)
}

fn take_producers_into(from: &mut Bytes, count: u32, producers: &mut Producers) -> Option<()> {
    for _ in 0..count {
        let id = ProducerId(from.try_get_i64_le().ok()?);
        let seen_ms = from.try_get_i64_le().ok()?;
        let epoch = ProducerEpoch(from.try_get_i16_le().ok()?);
        let batches = from.try_get_u16_le().ok()?;
        let mut producer = Producer { epoch, batches: Vec::new(), seen_ms };
        for _ in 0..batches {
            producer.batches.push(BatchMark {
                first: Sequence(from.try_get_i32_le().ok()?),
                last: Sequence(from.try_get_i32_le().ok()?),
                base_offset: Offset(from.try_get_i64_le().ok()?),
                timestamp_ms: from.try_get_i64_le().ok()?,
            });
        }
        producers.insert(id, producer);
    }
    Some(())
}

fn put_producer(out: &mut Vec<u8>, id: ProducerId, producer: &Producer) {
    out.put_i64_le(id.0);
    out.put_i64_le(producer.seen_ms);
    out.put_i16_le(producer.epoch.0);
    out.put_u16_le(producer.batches.len() as u16);
    for mark in &producer.batches {
        out.put_i32_le(mark.first.0);
        out.put_i32_le(mark.last.0);
        out.put_i64_le(mark.base_offset.0);
        out.put_i64_le(mark.timestamp_ms);
    }
}

/// Bytes that went to their segment directly.
#[derive(Clone, Debug)]
pub struct Bypass {
    /// Their number.
    pub len: u64,
    /// Their CRC-32C.
    pub crc: u32,
    /// Where batches begin that overlap them, and their headers.
    pub batches: Vec<(u64, BatchHeader)>,
}

/// Bytes one batch takes in a bypass record.
pub const BYPASS_BATCH_LEN: usize = 8 + batch::HEADER_LEN;

impl Bypass {
    /// Size of the record's body.
    pub fn encoded_len(&self) -> usize {
        16 + self.batches.len() * BYPASS_BATCH_LEN
    }

    /// Writes the record's body.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.put_u64_le(self.len);
        out.put_u32_le(self.crc);
        out.put_u32_le(count(self.batches.len()));
        for (position, header) in &self.batches {
            out.put_u64_le(*position);
            out.put_slice(header.bytes());
        }
    }

    /// Reads it back.
    pub fn take(mut from: Bytes) -> Option<Bypass> {
        let (len, crc) = (from.try_get_u64_le().ok()?, from.try_get_u32_le().ok()?);
        let mut bypass = Bypass { len, crc, batches: Vec::new() };
        for _ in 0..from.try_get_u32_le().ok()? {
            let position = from.try_get_u64_le().ok()?;
            bypass.batches.push((position, *BatchHeader::parse_prefix(&from).ok()?));
            from.advance(batch::HEADER_LEN);
        }
        Some(bypass)
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::batch;

    #[test]
    fn a_state_reads_back_as_written() {
        let mut state = State { next: Offset(70), log_start: Offset(3), end: (Offset(60), 999), ..State::default() };
        state.times.note(44, Offset(60));
        state.epochs.note(LeaderEpoch(2), Offset(3));
        state.epochs.note(LeaderEpoch(4), Offset(50));
        for id in 0..600 {
            for sequence in 0..id % 7 + 1 {
                let bytes = batch(10 * id + sequence, 1).producer(id, 1, sequence as i32).bytes();
                state.producers.note(BatchHeader::parse_prefix(&bytes).unwrap(), 1_000 + id);
            }
        }
        let mut out = Vec::new();
        let parts = StateRef {
            next: state.next,
            log_start: state.log_start,
            end: state.end,
            times: state.times,
            epochs: &state.epochs,
            producers: &state.producers,
        };
        put_state(&mut out, &parts);
        let mut back = take_state(Bytes::from(out.clone())).unwrap();
        let more = more_producers(&state.producers);
        assert_eq!(more.len(), 2);
        for part in more {
            assert!(part.len() <= PRODUCERS_BYTES_MAX);
            take_producers(Bytes::from(part), &mut back.producers).unwrap();
        }
        assert_eq!(back, state);
        for cut in (0..out.len()).step_by(509) {
            assert_eq!(take_state(Bytes::copy_from_slice(&out[..cut])), None);
        }
    }
}
