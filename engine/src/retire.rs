//! Frees journal files. Before the oldest use of a file can be given up, everything it alone holds must be elsewhere: bytes on
//! stable storage in their segments, the last page and the state of each partition in a newer part of the journal. A
//! partition that has been quiet for long is put at rest instead, so that it is not carried along for ever.

use std::rc::Rc;

use thalweg_rt::Share;

use crate::journal::Use;
use crate::journal::extents::Place;
use crate::journal::frame::Kind;
use crate::log::segment::block_floor;
use crate::log::together::ABREAST;
use crate::partition::{Partition, Snapshot};
use crate::promise::{Promised, promise};
use crate::store::{Control, Store};

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
                // Partitions at rest for the stop have forgotten their uses, while what newer ones hold of them needs the state in
                // this one: the journal is given up as a whole then, or not at all.
                if !this.retire_use(oldest).await || this.resting.get() {
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
        // Spread over the time in which the journal fills half such a file: those who append meanwhile see less of it.
        let (begun, pace) = (self.journal.written().1, self.journal.bytes_of(used) / 2);
        for (party, some) in partitions.chunks(ABREAST).enumerate() {
            let done = (party * ABREAST) as u64;
            self.journal.written_to(begun + pace * done / partitions.len() as u64).await;
            let mut left = Vec::with_capacity(some.len());
            for partition in some {
                allowance -= self.carry_cost(partition, number) as i64;
                left.push((partition.clone(), allowance < 0));
            }
            while !left.is_empty() {
                let Some(again) = self.move_out(left, number).await else {
                    // Who was moved out has nothing to do when this is tried again.
                    self.by_use.borrow_mut().entry(number).or_default().extend(partitions);
                    return false;
                };
                left = again;
                self.core.spawn.yield_now().await;
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

    /// Makes partitions need nothing of this use of the journal, nor of older ones. Each comes with whether it must be put at rest.
    /// Returns those for which it must be tried again; nothing if it cannot be done now.
    async fn move_out(
        self: &Rc<Store>,
        some: Vec<(Rc<Partition>, bool)>,
        number: u64,
    ) -> Option<Vec<(Rc<Partition>, bool)>> {
        let (mut rests, mut carries, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for (partition, must_rest) in some {
            match self.next_step(&partition, number, must_rest)? {
                Step::Nothing => {}
                Step::Rest(rested) => rests.push((partition, must_rest, rested)),
                Step::Carry(carry) => carries.push(carry),
            }
        }
        // What was appended last may wait for room in the journal, which is what we are to make. So nothing here waits for it to be
        // logged: all of it goes to the segment, and the page that ends it is logged with the state.
        let ends: Vec<_> = carries.iter().map(|carry| (carry.partition.clone(), carry.end)).collect();
        if !self.write_together(&ends, true).await {
            return None;
        }
        let mut logged = Vec::with_capacity(carries.len());
        for carry in carries {
            let (partition, must_rest, newest) = (carry.partition.clone(), carry.must_rest, carry.newest);
            match self.log_again(carry) {
                Carried::Forgotten => {}
                Carried::Again => again.push((partition, must_rest)),
                Carried::From(place, complete) => logged.push((partition, newest, place, complete)),
            }
        }
        for (partition, newest, place, complete) in logged {
            complete.await?;
            if let Some(log) = partition.log.borrow_mut().as_mut() {
                // What stood before the state in uses older than the newest then is in its segment.
                log.uses.retain(|(used, reached)| *used > number && (*used >= newest || *reached > place));
            }
        }
        for (partition, must_rest, rested) in rests {
            match rested.await {
                Some(true) => {}
                Some(false) => again.push((partition, must_rest)),
                None if partition.deleted.get() => {}
                None => return None,
            }
        }
        Some(again)
    }

    /// What a partition needs done next so that it needs nothing of a use; nothing if nothing can be done now.
    fn next_step(self: &Rc<Store>, partition: &Rc<Partition>, number: u64, must_rest: bool) -> Option<Step> {
        if partition.deleted.get() {
            return Some(Step::Nothing);
        }
        if self.offline.get() || self.resting.get() {
            return None;
        }
        let mut borrowed = partition.log.borrow_mut();
        let Some(log) = borrowed.as_mut() else { return Some(Step::Nothing) };
        let held = log.uses.iter().filter(|(used, _)| *used <= number).map(|(_, place)| *place).max();
        if held.is_none() && log.state_use.is_none_or(|used| used > number) {
            return Some(Step::Nothing);
        }
        let end = log.end_place();
        let newest = log.uses.back().map_or(0, |(used, _)| *used);
        let quiet = newest <= number && log.undurable.is_empty() && log.unlogged() == 0;
        if quiet && (must_rest || log.carries >= self.config.destage.carries_max) {
            return Some(Step::Rest(self.rest(partition, log, true)));
        }
        let before_ms = self.core.timer.wall_ms().saturating_sub(self.config.producer_id_expiration_ms);
        self.remembered.change_producers(log, |producers| producers.expire(before_ms));
        let snapshot = log.snapshot();
        debug_assert!(snapshot.end == end);
        let reached = held.unwrap_or((end.0, 0));
        Some(Step::Carry(Carry { partition: partition.clone(), must_rest, end, reached, newest, snapshot }))
    }

    /// Logs the state of a partition, and the page it ends with, once what is before is durable in its segments.
    fn log_again(&self, carry: Carry) -> Carried {
        let Carry { partition, end, reached, snapshot, .. } = carry;
        let mut borrowed = partition.log.borrow_mut();
        // It may be gone, or have come to rest meanwhile, and the journal need know nothing of it.
        let Some(log) = borrowed.as_mut().filter(|log| log.state_use.is_some() && !partition.deleted.get()) else {
            return Carried::Forgotten;
        };
        let place = safe_place(log, end);
        let unlogged = log.logged < end;
        let to = if unlogged { end } else { reached };
        let mut records: Vec<(Kind, Place, Vec<u8>)> =
            snapshot.records.into_iter().map(|(kind, body)| (kind, place, body)).collect();
        if to > place {
            let held = log.segment(place.0).filter(|segment| segment.memory_from() <= place.1 && to.0 == place.0);
            // More may have been written meanwhile than memory holds; once that is on disk too nothing need be brought along.
            let Some(segment) = held else { return Carried::Again };
            let mut body = vec![0; (to.1 - place.1) as usize];
            segment.tail.copy(place.1, &mut body);
            records.push((Kind::Data, place, body));
        }
        log.logged = log.logged.max(end);
        log.carries = log.carries.saturating_add(1);
        drop(borrowed);
        let (done, complete) = promise();
        let reaches = (unlogged || to > place).then_some(to);
        self.control(Control { partition, records, state: true, reaches, done: Some(done) });
        Carried::From(place, complete)
    }
}

/// What a partition needs done so that it needs nothing of a use.
enum Step {
    Nothing,
    /// It is being put at rest; resolves to whether it is.
    Rest(Promised<bool>),
    Carry(Carry),
}

/// A partition that is carried along in the journal.
struct Carry {
    partition: Rc<Partition>,
    must_rest: bool,
    /// Where it ended when its state was taken.
    end: Place,
    /// End of what the use and older ones hold of it.
    reached: Place,
    /// The newest use that held anything of it then.
    newest: u64,
    snapshot: Snapshot,
}

/// What became of carrying a partition along.
enum Carried {
    /// The journal need not know of it any more.
    Forgotten,
    /// It must be tried again.
    Again,
    /// What it needs of the journal begins here, once the promise is kept.
    From(Place, Promised<()>),
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
