//! Frees journal files. Before the oldest use of a file can be given up, everything it alone holds must be elsewhere: bytes on
//! stable storage in their segments, the last page and the state of each partition in a newer part of the journal. A
//! partition that has been quiet for long is put at rest instead, so that it is not carried along for ever.

use std::rc::Rc;

use thalweg_rt::Share;

use crate::journal::Use;
use crate::journal::extents::Place;
use crate::journal::frame::Kind;
use crate::log::segment::block_floor;
use crate::partition::Partition;
use crate::promise::{all, promise};
use crate::store::{Control, Store};

/// Partitions worked on at the same time.
const ABREAST: usize = 16;

impl Store {
    /// Begins to free journal files, unless that is under way.
    pub fn retire_soon(self: &Rc<Store>) {
        if self.offline.get() || self.stopping.get() || self.journal.oldest().is_none() || self.retiring.replace(true) {
            return;
        }
        let this = self.clone();
        self.spawn(Share::Background, async move {
            while this.journal.is_short() && !this.offline.get() && !this.stopping.get() {
                let Some(oldest) = this.journal.oldest() else { break };
                this.retire_use(oldest).await;
                if this.offline.get() || this.stopping.get() {
                    break;
                }
                this.journal.retire(oldest.number);
            }
            this.retiring.set(false);
        });
    }

    async fn retire_use(self: &Rc<Store>, used: Use) {
        let number = used.number;
        // What is carried instead of written must not fill the ring again.
        let mut allowance = (self.journal.bytes_of(used) / 4) as i64;
        let partitions = {
            let mut by_use = self.by_use.borrow_mut();
            let newer = by_use.split_off(&(number + 1));
            let older = std::mem::replace(&mut *by_use, newer);
            older.into_values().flatten().collect::<Vec<_>>()
        };
        for some in partitions.chunks(ABREAST) {
            let mut moves = Vec::with_capacity(some.len());
            for partition in some {
                let cost = self.carry_cost(partition, number);
                allowance -= cost as i64;
                moves.push(Box::pin(self.move_out(partition.clone(), number, allowance < 0)));
            }
            all(moves).await;
        }
    }

    fn carry_cost(&self, partition: &Partition, number: u64) -> u64 {
        let borrowed = partition.log.borrow();
        let Some(log) = borrowed.as_ref() else { return 0 };
        let quiet = log.uses.back().is_some_and(|(last, _)| *last <= number);
        if quiet { 512 + log.active().size % 4096 } else { 512 }
    }

    /// Makes a partition need nothing of this use of the journal, nor of older ones.
    async fn move_out(self: &Rc<Store>, partition: Rc<Partition>, number: u64, must_rest: bool) {
        loop {
            if self.offline.get() || self.stopping.get() || partition.deleted.get() {
                return;
            }
            let (end, reached, quiet) = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return };
                let held = log.uses.iter().filter(|(used, _)| *used <= number).map(|(_, place)| *place).max();
                if held.is_none() && log.state_use.is_none_or(|used| used > number) {
                    return;
                }
                let end = log.end_place();
                let newest = log.uses.back().map_or(0, |(used, _)| *used);
                let quiet = newest <= number && log.undurable.is_empty() && log.unlogged() == 0;
                (end, held.unwrap_or((end.0, 0)), quiet)
            };
            if quiet {
                let rest = {
                    let mut borrowed = partition.log.borrow_mut();
                    let Some(log) = borrowed.as_mut() else { return };
                    let long = log.carries >= self.config.destage.carries_max;
                    (must_rest || long).then(|| self.rest(&partition, log, true))
                };
                if let Some(rest) = rest {
                    if rest.await == Some(true) {
                        return;
                    }
                    continue;
                }
            }
            let snapshot = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return };
                log.producers.expire(self.core.timer.wall_ms().saturating_sub(self.config.producer_id_expiration_ms));
                log.snapshot()
            };
            debug_assert!(snapshot.end == end);
            self.durable_at(&partition, end).await;
            let synced = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return };
                self.destage_synced(&partition, log, end)
            };
            synced.await;
            if self.offline.get() {
                return;
            }
            let (done, complete) = promise();
            {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return };
                let place = safe_place(log, end);
                let mut records: Vec<(Kind, Place, Vec<u8>)> =
                    snapshot.records.into_iter().map(|(kind, body)| (kind, place, body)).collect();
                let mut reaches = None;
                if reached > place {
                    let Some(segment) = log.segment(place.0) else { return };
                    let to = if reached.0 == place.0 { reached.1 } else { segment.size };
                    if segment.memory_from() > place.1 || reached.0 != place.0 {
                        // More was written meanwhile; once that is durable nothing need be brought along.
                        continue;
                    }
                    let mut body = vec![0; (to - place.1) as usize];
                    segment.tail.copy(place.1, &mut body);
                    records.push((Kind::Data, place, body));
                    reaches = Some(reached);
                }
                log.carries = log.carries.saturating_add(1);
                let partition = partition.clone();
                self.control(Control { partition, records, state: true, reaches, hold: None, done: Some(done) });
            }
            if complete.await.is_none() {
                return;
            }
            if let Some(log) = partition.log.borrow_mut().as_mut() {
                log.uses.retain(|(used, _)| *used > number);
            }
            return;
        }
    }
}

/// The last place, not beyond `end`, before which everything is on stable storage in segments.
fn safe_place(log: &crate::partition::Log, end: Place) -> Place {
    for segment in &log.segments {
        if segment.base >= end.0 || segment.synced < segment.size {
            let limit = if segment.base == end.0 { end.1 } else { segment.size };
            return (segment.base, block_floor(segment.synced.min(limit)));
        }
    }
    (end.0, block_floor(end.1))
}
