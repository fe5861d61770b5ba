//! What idempotent producers have written to one partition: for each its epoch and its last five batches. Decides whether a
//! batch is the next one, a repetition, or neither.

use std::collections::BTreeMap;

use thalweg_wire::batch::BatchHeader;
use thalweg_wire::{Offset, ProducerEpoch, ProducerId, Sequence};

/// Batches remembered for each producer: a client has at most five requests in flight.
pub const BATCHES_KEPT: usize = 5;

/// A batch a producer wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchMark {
    /// Sequence of its first record.
    pub first: Sequence,
    /// Sequence of its last record.
    pub last: Sequence,
    /// Offset of its first record.
    pub base_offset: Offset,
    /// Its largest timestamp, in milliseconds.
    pub timestamp_ms: i64,
}

impl BatchMark {
    /// Offset after its last record.
    pub fn next_offset(&self) -> Offset {
        let records = i64::from(self.last.0.wrapping_sub(self.first.0) & i32::MAX) + 1;
        Offset(self.base_offset.0 + records)
    }
}

/// What one producer wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Producer {
    /// Its newest epoch.
    pub epoch: ProducerEpoch,
    /// Its last batches under that epoch, oldest first, at most [`BATCHES_KEPT`]; never empty.
    pub batches: Vec<BatchMark>,
    /// The broker's time of its last batch, in milliseconds since the Unix epoch.
    pub seen_ms: i64,
}

/// A batch that may be appended, or was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Not seen before: append it.
    New,
    /// Seen before.
    Repeated(BatchMark),
}

/// A batch that does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// Its epoch is older than this one.
    StaleEpoch(ProducerEpoch),
    /// This sequence would have been next.
    OutOfOrder(Sequence),
}

/// The producers of one partition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Producers(BTreeMap<ProducerId, Producer>);

impl Producers {
    /// Judges a batch of an idempotent producer.
    pub fn judge(&self, batch: &BatchHeader) -> Result<Verdict, Misfit> {
        // Nothing is known: expired, forgotten, or new. Any sequence is accepted.
        let Some(known) = self.0.get(&batch.producer_id()) else { return Ok(Verdict::New) };
        if batch.producer_epoch() < known.epoch {
            return Err(Misfit::StaleEpoch(known.epoch));
        }
        let first = batch.base_sequence();
        if batch.producer_epoch() > known.epoch {
            return if first == Sequence(0) { Ok(Verdict::New) } else { Err(Misfit::OutOfOrder(Sequence(0))) };
        }
        let last = batch.last_sequence();
        if let Some(mark) = known.batches.iter().find(|mark| mark.first == first && mark.last == last) {
            return Ok(Verdict::Repeated(*mark));
        }
        match known.batches.last() {
            Some(mark) if mark.last.plus(1) != first => Err(Misfit::OutOfOrder(mark.last.plus(1))),
            _ => Ok(Verdict::New),
        }
    }

    /// Notes a batch that was appended, its header as it stands in the log.
    pub fn note(&mut self, batch: &BatchHeader, now_ms: i64) {
        if batch.producer_id().0 < 0 || batch.is_control() {
            return;
        }
        let mark = BatchMark {
            first: batch.base_sequence(),
            last: batch.last_sequence(),
            base_offset: batch.base_offset(),
            timestamp_ms: batch.max_timestamp(),
        };
        let known = self.0.entry(batch.producer_id()).or_insert_with(|| Producer {
            epoch: batch.producer_epoch(),
            batches: Vec::with_capacity(1),
            seen_ms: now_ms,
        });
        if known.epoch != batch.producer_epoch() {
            known.epoch = batch.producer_epoch();
            known.batches.clear();
        }
        if known.batches.len() == BATCHES_KEPT {
            known.batches.remove(0);
        }
        known.batches.push(mark);
        known.seen_ms = now_ms;
    }

    /// Forgets one producer if it was not seen since `before_ms`.
    pub fn expire_one(&mut self, id: ProducerId, before_ms: i64) {
        if self.0.get(&id).is_some_and(|producer| producer.seen_ms < before_ms) {
            self.0.remove(&id);
        }
    }

    /// Forgets producers not seen since `before_ms`; how many there were.
    pub fn expire(&mut self, before_ms: i64) -> usize {
        let count = self.0.len();
        self.0.retain(|_, producer| producer.seen_ms >= before_ms);
        count - self.0.len()
    }

    /// Forgets so many of those that were not seen for longest.
    pub fn forget(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        // A start has seen all of them at the same time: offsets tell who was first.
        let last = |producer: &Producer| producer.batches.last().map(|mark| mark.base_offset);
        let mut seen: Vec<_> = self.0.iter().map(|(id, known)| (known.seen_ms, last(known), *id)).collect();
        if count < seen.len() {
            seen.select_nth_unstable(count);
            seen.truncate(count);
        }
        for (_, _, id) in seen {
            self.0.remove(&id);
        }
    }

    /// Forgets producers all of whose batches lie below `log_start`.
    pub fn advance(&mut self, log_start: Offset) {
        self.0.retain(|_, p| p.batches.last().is_some_and(|mark| mark.next_offset() > log_start));
    }

    /// Takes over a stored producer.
    pub fn insert(&mut self, id: ProducerId, producer: Producer) {
        self.0.insert(id, producer);
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (ProducerId, &Producer)> {
        self.0.iter().map(|(id, producer)| (*id, producer))
    }

    /// Whether this one is among them.
    pub fn knows(&self, id: ProducerId) -> bool {
        self.0.contains_key(&id)
    }

    /// Number of them.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::batch;

    /// Appends `(epoch, base sequence, records)` after the batches before it; what the last one is told.
    #[track_caller]
    fn check(story: &[(i16, i32, i32)], expected: Result<Option<i64>, Misfit>) {
        let mut producers = Producers::default();
        let mut offset = 0;
        let mut told = Ok(None);
        for (epoch, sequence, records) in story {
            let bytes = batch(offset, *records).producer(77, *epoch, *sequence).bytes();
            let header = BatchHeader::parse_prefix(&bytes).unwrap();
            told = producers.judge(header).map(|verdict| match verdict {
                Verdict::New => None,
                Verdict::Repeated(mark) => Some(mark.base_offset.0),
            });
            if told == Ok(None) {
                producers.note(header, 5);
                offset += i64::from(*records);
            }
        }
        assert_eq!(told, expected);
    }

    #[test]
    fn the_next_a_repetition_or_neither() {
        check(&[(0, 0, 3), (0, 3, 2)], Ok(None));
        check(&[(0, 0, 3), (0, 4, 2)], Err(Misfit::OutOfOrder(Sequence(3))));
        check(&[(0, 0, 3), (0, 3, 2), (0, 0, 3)], Ok(Some(0)));
        check(&[(0, 0, 3), (0, 3, 2), (0, 3, 2)], Ok(Some(3)));
        check(&[(0, 0, 3), (0, 0, 2)], Err(Misfit::OutOfOrder(Sequence(3))));
        check(&[(0, 41, 3)], Ok(None));
        check(&[(2, 0, 1), (1, 1, 1)], Err(Misfit::StaleEpoch(ProducerEpoch(2))));
        check(&[(2, 0, 1), (3, 1, 1)], Err(Misfit::OutOfOrder(Sequence(0))));
        check(&[(2, 0, 1), (3, 0, 1)], Ok(None));
    }

    #[test]
    fn five_batches_are_remembered_and_the_sixth_is_not() {
        let six: Vec<(i16, i32, i32)> = (0..6).map(|i| (0, i, 1)).collect();
        check(&[six.as_slice(), &[(0, 1, 1)]].concat(), Ok(Some(1)));
        check(&[six.as_slice(), &[(0, 0, 1)]].concat(), Err(Misfit::OutOfOrder(Sequence(6))));
    }

    #[test]
    fn sequences_count_on_from_zero_after_the_largest() {
        check(&[(0, i32::MAX - 1, 2), (0, 0, 1)], Ok(None));
        check(&[(0, i32::MAX, 3), (0, 2, 1)], Ok(None));
        check(&[(0, i32::MAX, 3), (0, 3, 1)], Err(Misfit::OutOfOrder(Sequence(2))));
        let mark = BatchMark { first: Sequence(i32::MAX), last: Sequence(1), base_offset: Offset(10), timestamp_ms: 0 };
        assert_eq!(mark.next_offset(), Offset(13));
    }

    #[test]
    fn the_longest_unseen_are_forgotten_and_the_old_expire() {
        let mut producers = Producers::default();
        for id in 0..3 {
            let bytes = batch(id, 1).producer(id, 0, 0).bytes();
            let header = BatchHeader::parse_prefix(&bytes).unwrap();
            producers.note(header, [200, 0, 100][id as usize]);
        }
        producers.forget(1);
        assert!(producers.knows(ProducerId(0)) && producers.knows(ProducerId(2)));
        assert_eq!(producers.expire(150), 1);
        assert_eq!(producers.len(), 1);
        producers.advance(Offset(2));
        assert!(producers.is_empty());
        producers.forget(1);
    }
}
