//! Reading ahead: who reads a segment from one end to the other from the disk will want what follows, and finds it read when he
//! comes for it, instead of the disk standing still while he is sent what was read before.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use bytes::Bytes;
use thalweg_rt::Share;
use thalweg_wire::Offset;

use super::index::INTERVAL_MIN;
use super::segment::block_floor;
use crate::partition::Partition;
use crate::promise::{Promise, Promised, promise};
use crate::store::Store;

/// A read this large is of somebody who reads on.
const WORTH: u64 = 64 << 10;

/// Bytes of a segment that are being read, or have been, for who comes next. One reader takes them.
pub struct Ahead {
    from: u64,
    to: u64,
    bytes: Promised<Bytes>,
    _room: Room,
}

/// What is to be read ahead.
pub struct Wanted {
    partition: Weak<Partition>,
    base: Offset,
    from: u64,
    to: u64,
    read: Promise<Bytes>,
}

/// Its part of the memory for all that is read ahead.
struct Room {
    taken: Rc<Cell<u64>>,
    bytes: u64,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.taken.set(self.taken.get() - self.bytes);
    }
}

impl Store {
    /// Somebody has read `bytes` of a segment from the disk, up to a place, and may want as much as `max` more.
    pub fn read_ahead(self: &Rc<Store>, partition: &Rc<Partition>, base: Offset, from: u64, bytes: u64, max: u64) {
        if bytes < WORTH {
            return;
        }
        let mut borrowed = partition.log.borrow_mut();
        let Some(log) = borrowed.as_mut() else { return };
        let Some(limit) = log.segment(base).map(|segment| log.limit_in(segment).min(segment.memory_from())) else {
            return;
        };
        let Some(segment) = log.segment_mut(base) else { return };
        let to = limit.min(from + read_len(max));
        if segment.ahead.as_ref().is_some_and(|ahead| ahead.from <= from && to <= ahead.to) {
            return;
        }
        segment.ahead = None;
        let bytes = to.saturating_sub(block_floor(from));
        if from >= to || !self.make_room_ahead(bytes) {
            return;
        }
        let room = Room { taken: self.ahead_bytes.clone(), bytes };
        room.taken.set(room.taken.get() + bytes);
        let (read, promised) = promise();
        segment.ahead = Some(Ahead { from, to, bytes: promised, _room: room });
        drop(borrowed);
        self.aheads.borrow_mut().push_back((Rc::downgrade(partition), base, from));
        self.aheads_wanted.borrow_mut().push_back(Wanted { partition: Rc::downgrade(partition), base, from, to, read });
        self.read_what_is_wanted();
    }

    /// Reads ahead one after the other: commits must not queue behind many reads that nobody waits for yet.
    fn read_what_is_wanted(self: &Rc<Store>) {
        if self.reading_ahead.replace(true) {
            return;
        }
        let this = self.clone();
        self.spawn(Share::Foreground, async move {
            loop {
                let Some(wanted) = this.aheads_wanted.borrow_mut().pop_front() else { break };
                let Wanted { partition, base, from, to, read } = wanted;
                let Some(partition) = partition.upgrade().filter(|partition| is_wanted(partition, base, from)) else {
                    continue;
                };
                // Who finds nothing reads it himself, and is told what is wrong.
                if let Ok(bytes) = this.cold_bytes(&partition, base, from, to).await {
                    read.give(bytes);
                }
            }
            this.reading_ahead.set(false);
        });
    }

    /// What was read ahead of a segment, if it is this; it is gone then.
    pub async fn read_before(&self, partition: &Partition, base: Offset, from: u64, to: u64) -> Option<Bytes> {
        let ahead = {
            let mut borrowed = partition.log.borrow_mut();
            let segment = borrowed.as_mut()?.segment_mut(base)?;
            segment.ahead.take_if(|ahead| ahead.from <= from && to <= ahead.to)?
        };
        let bytes = ahead.bytes.await?;
        Some(bytes.slice((from - ahead.from) as usize..(to - ahead.from) as usize))
    }

    /// Lets go of what was read ahead longest ago until there is room for so much more; false if there cannot be.
    fn make_room_ahead(&self, bytes: u64) -> bool {
        let most = self.config.limits.read_ahead_bytes;
        let is_full = || self.ahead_bytes.get() + bytes > most || self.aheads.borrow().len() > AHEADS_MAX;
        while is_full() {
            let Some((partition, base, from)) = self.aheads.borrow_mut().pop_front() else { break };
            let Some(partition) = partition.upgrade() else { continue };
            // What stands there now may have been read since, for who took this.
            if let Ok(mut log) = partition.log.try_borrow_mut()
                && let Some(segment) = log.as_mut().and_then(|log| log.segment_mut(base))
            {
                segment.ahead.take_if(|ahead| ahead.from == from);
            }
        }
        self.ahead_bytes.get() + bytes <= most
    }
}

/// Whether nobody has taken a read that was wanted for himself, or let it go.
fn is_wanted(partition: &Partition, base: Offset, from: u64) -> bool {
    let borrowed = partition.log.borrow();
    let ahead = borrowed.as_ref().and_then(|log| log.segment(base)).and_then(|segment| segment.ahead.as_ref());
    ahead.is_some_and(|ahead| ahead.from == from)
}

/// Entries of what was read ahead; those of what was taken since are among them.
const AHEADS_MAX: usize = 4096;

/// How much is read from the disk for a reader who wants so much: some more, lest the last batch is cut.
pub fn read_len(max: u64) -> u64 {
    max + u64::from(INTERVAL_MIN) * 2
}
