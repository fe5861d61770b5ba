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
        if self.offline.get() || self.resting.get() || self.journal.oldest().is_none() || self.retiring.replace(true) {
            return;
        }
        let this = self.clone();
        self.spawn(Share::Background, async move {
            while this.journal.is_short() && !this.offline.get() && !this.resting.get() {
                let Some(oldest) = this.journal.oldest() else { break };
                if !this.retire_use(oldest).await {
                    break;
                }
                this.journal.retire(oldest.number);
                // Who was put at rest for it is in nobody's hands now.
                this.forget_idle();
            }
            this.retiring.set(false);
        });
    }

    /// Makes every partition need nothing of a use; false if that cannot be done now.
    async fn retire_use(self: &Rc<Store>, used: Use) -> bool {
        let number = used.number;
        // What is carried instead of written must not fill the ring again.
        let mut allowance = (self.journal.bytes_of(used).min(self.journal.left()) / 4) as i64;
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
            if all(moves).await.contains(&false) {
                // Who was moved out has nothing to do when this is tried again.
                self.by_use.borrow_mut().entry(number).or_default().extend(partitions);
                return false;
            }
        }
        true
    }

    fn carry_cost(&self, partition: &Partition, number: u64) -> u64 {
        let borrowed = partition.log.borrow();
        let Some(log) = borrowed.as_ref() else { return 0 };
        let quiet = log.uses.back().is_some_and(|(last, _)| *last <= number);
        if quiet { 512 + log.active().size % 4096 } else { 512 }
    }

    /// Makes a partition need nothing of this use of the journal, nor of older ones; false if that cannot be done now.
    async fn move_out(self: &Rc<Store>, partition: Rc<Partition>, number: u64, must_rest: bool) -> bool {
        loop {
            if partition.deleted.get() {
                return true;
            }
            if self.offline.get() || self.resting.get() {
                return false;
            }
            let (end, reached, quiet) = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return true };
                let held = log.uses.iter().filter(|(used, _)| *used <= number).map(|(_, place)| *place).max();
                if held.is_none() && log.state_use.is_none_or(|used| used > number) {
                    return true;
                }
                let end = log.end_place();
                let newest = log.uses.back().map_or(0, |(used, _)| *used);
                let quiet = newest <= number && log.undurable.is_empty() && log.unlogged() == 0;
                (end, held.unwrap_or((end.0, 0)), quiet)
            };
            if quiet {
                let rest = {
                    let mut borrowed = partition.log.borrow_mut();
                    let Some(log) = borrowed.as_mut() else { return true };
                    let long = log.carries >= self.config.destage.carries_max;
                    (must_rest || long).then(|| self.rest(&partition, log, true))
                };
                if let Some(rest) = rest {
                    match rest.await {
                        Some(true) => return true,
                        Some(false) => continue,
                        None => return partition.deleted.get(),
                    }
                }
            }
            let snapshot = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return true };
                let before_ms = self.core.timer.wall_ms().saturating_sub(self.config.producer_id_expiration_ms);
                self.remembered.change_producers(log, |producers| producers.expire(before_ms));
                log.snapshot()
            };
            debug_assert!(snapshot.end == end);
            // What was appended last may wait for room in the journal, which is what we are to make. So nothing here waits for it
            // to be logged: all of it goes to the segment, and the page that ends it is logged with the state.
            let synced = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return true };
                self.destage_synced(&partition, log, end)
            };
            if synced.await.is_none() {
                return partition.deleted.get();
            }
            let (done, complete) = promise();
            let more = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return true };
                if log.state_use.is_none() {
                    // It came to rest meanwhile, and the journal need know nothing of it.
                    return true;
                }
                let place = safe_place(log, end);
                let mut records: Vec<(Kind, Place, Vec<u8>)> =
                    snapshot.records.into_iter().map(|(kind, body)| (kind, place, body)).collect();
                let unlogged = log.logged < end;
                let to = if unlogged { end } else { reached };
                let reaches = (unlogged || to > place).then_some(to);
                // More may have been written meanwhile than memory holds; once that is on disk too nothing need be brought along.
                let held = log.segment(place.0).filter(|segment| segment.memory_from() <= place.1 && to.0 == place.0);
                let more = to > place && held.is_none();
                if let Some(segment) = held.filter(|_| to > place) {
                    let mut body = vec![0; (to.1 - place.1) as usize];
                    segment.tail.copy(place.1, &mut body);
                    records.push((Kind::Data, place, body));
                }
                if !more {
                    log.logged = log.logged.max(end);
                    log.carries = log.carries.saturating_add(1);
                    let partition = partition.clone();
                    self.control(Control { partition, records, state: true, reaches, done: Some(done) });
                }
                more
            };
            if more {
                self.core.spawn.yield_now().await;
                continue;
            }
            if complete.await.is_none() {
                return false;
            }
            if let Some(log) = partition.log.borrow_mut().as_mut() {
                log.uses.retain(|(used, _)| *used > number);
            }
            return true;
        }
    }
}

/// The last place, not beyond `end`, before which everything is on stable storage in segments. All before was destaged up to
/// `end`, durably: that finishes the segments that were closed by then.
fn safe_place(log: &crate::partition::Log, end: Place) -> Place {
    for segment in &log.segments {
        // Once the journal does not know of it, a start takes it for finished, and believes what index lies beside it.
        assert!(segment.base >= end.0 || segment.finished, "a closed segment is given up only with its index");
        if segment.base >= end.0 || segment.synced < segment.size {
            let limit = if segment.base == end.0 { end.1 } else { segment.size };
            return (segment.base, block_floor(segment.synced.min(limit)));
        }
    }
    (end.0, block_floor(end.1))
}
