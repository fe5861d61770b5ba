//! One partition as one producer writes it: the batch that takes records, those that are complete, how many are on the way.

use std::collections::VecDeque;

use thalweg_wire::Sequence;
use thalweg_wire::compression::Compression;

use super::LaneId;
use crate::batch::{Batch, OpenBatch};

/// A partition of a producer.
#[derive(Default)]
pub struct Lane {
    /// The batch that takes records.
    pub open: Option<OpenBatch>,
    /// It may leave although it is not full: its first record is as old as the linger.
    pub open_is_due: bool,
    /// Batches that are complete, in their order.
    pub ready: VecDeque<Batch>,
    /// Batches on the way.
    pub in_flight: u32,
    /// It rests until all that is on the way is back, because some of it has to be sent again first.
    pub muted: bool,
    /// Its connection knows that there is something to send.
    pub queued: bool,
    next_sequence: i32,
}

/// An open batch that becomes due.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// When.
    pub due_ns: u64,
    /// Where.
    pub lane: LaneId,
    /// Which: another batch may be open there by then.
    pub order: u64,
}

impl Lane {
    /// Whether there is something to send.
    #[must_use]
    pub fn has_work(&self) -> bool {
        !self.ready.is_empty() || (self.open_is_due && self.open.is_some())
    }

    /// Bytes of the batch to be sent next, before compression; zero if there is none.
    #[must_use]
    pub fn next_bytes(&self) -> usize {
        match self.ready.front() {
            Some(batch) => batch.bytes(),
            None if self.open_is_due => self.open.as_ref().map_or(0, OpenBatch::bytes),
            None => 0,
        }
    }

    /// Completes the open batch.
    pub fn seal(&mut self, codec: Compression, level: Option<i32>) -> Option<Batch> {
        self.open_is_due = false;
        let batch = self.open.take()?.seal(codec, level);
        Some(
            batch
                .unwrap_or_else(|error| unreachable!("a codec takes any bytes, and its level is a valid one: {error}")),
        )
    }

    /// The sequence of the next batch.
    pub fn take_sequence(&mut self, records: i32) -> Sequence {
        let sequence = Sequence(self.next_sequence);
        self.next_sequence = sequence.plus(records).0;
        sequence
    }

    /// The producer becomes somebody else, whose sequences begin again.
    pub fn forget_sequences(&mut self) {
        self.next_sequence = 0;
        self.ready.iter_mut().for_each(|batch| batch.sequence = None);
    }

    /// Puts a batch back in its place, to be sent again before what follows it.
    pub fn put_back(&mut self, batch: Batch) {
        let at = self.ready.partition_point(|other| other.order < batch.order);
        self.ready.insert(at, batch);
        self.muted = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(order: u64) -> Batch {
        OpenBatch::new(order, 1000, 0, Vec::new()).seal(Compression::None, None).unwrap()
    }

    #[test]
    fn what_comes_back_comes_back_in_order() {
        let mut lane = Lane::default();
        lane.ready.push_back(batch(4));
        lane.put_back(batch(2));
        lane.put_back(batch(1));
        lane.put_back(batch(3));
        assert_eq!(lane.ready.iter().map(|batch| batch.order).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(lane.muted);
    }

    #[test]
    fn sequences_count_records_and_begin_again() {
        let mut lane = Lane::default();
        assert_eq!((lane.take_sequence(3), lane.take_sequence(2)), (Sequence(0), Sequence(3)));
        lane.ready.push_back(batch(0));
        lane.ready[0].sequence = Some(Sequence(5));
        lane.forget_sequences();
        assert_eq!((lane.take_sequence(1), lane.ready[0].sequence), (Sequence(0), None));
    }

    #[test]
    fn an_open_batch_is_work_only_once_it_is_due() {
        let mut lane = Lane { open: Some(OpenBatch::new(0, 1000, 0, Vec::new())), ..Lane::default() };
        assert!(!lane.has_work() && lane.next_bytes() == 0);
        lane.open_is_due = true;
        assert!(lane.has_work() && lane.next_bytes() == 61);
        assert!(lane.seal(Compression::None, None).is_some() && !lane.has_work());
    }
}
