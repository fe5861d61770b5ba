//! Memory for what was appended last is bounded: beyond a limit what is on disk is dropped, oldest first; beyond a higher one what is
//! not is sent there, as much of it as is too much, many partitions at once.

use std::rc::{Rc, Weak};

use thalweg_rt::Share;

use super::segment::block_floor;
use super::together::ABREAST;
use crate::journal::extents::Place;
use crate::partition::{Log, Partition};
use crate::store::Store;

/// Entries looked at in one go.
const TRIES_MAX: usize = 256;

impl Store {
    /// A partition holds memory, more than it did.
    pub fn note_grown(&self, partition: &Rc<Partition>) {
        if partition.grown.replace(true) {
            return;
        }
        let mut grown = self.grown.borrow_mut();
        // Those that were forgotten or deleted stand here until they are come upon, or are too many.
        if grown.len() >= 2 * self.partitions.borrow().len() + TRIES_MAX {
            grown.retain(|weak| weak.upgrade().is_some_and(|partition| !partition.deleted.get()));
        }
        grown.push_back(Rc::downgrade(partition));
    }

    /// Brings memory below the limits: drops what is on disk, and sends there what is not. A node that stops or is offline takes
    /// nothing more into memory, and what it still writes is not for the sake of that.
    pub fn relieve(&self) {
        if self.offline.get() || self.stopping.get() {
            return;
        }
        let limit = self.config.limits.tail_bytes;
        let written = self.config.limits.tail_written_bytes.min(limit);
        let held = || self.tail_bytes.get().saturating_sub(self.leaving_bytes.get());
        if held() <= written.max(self.relieve_above.get()) {
            return;
        }
        // A little more than must be, so that those who leave do it in large parties.
        let (enough, sends) = (written - written / 16, held() > limit);
        let enough_sent = limit - limit / 16;
        let tries = self.grown.borrow().len().min(TRIES_MAX);
        for _ in 0..tries {
            if held() <= enough {
                break;
            }
            let Some(weak) = self.grown.borrow_mut().pop_front() else { break };
            let Some(partition) = weak.upgrade() else { continue };
            partition.grown.set(false);
            if partition.leaving.get() {
                continue;
            }
            let Ok(mut borrowed) = partition.log.try_borrow_mut() else {
                self.note_grown(&partition);
                continue;
            };
            let Some(log) = borrowed.as_mut() else { continue };
            self.drop_written(&partition, log, held() - enough);
            if sends && held() > enough_sent && log.segments.iter().any(|segment| segment.waiting() > 0) {
                let bytes = log.held();
                partition.leaving.set(true);
                self.leaving_bytes.set(self.leaving_bytes.get() + bytes);
                self.leaving.borrow_mut().push_back((weak, bytes));
            } else if log.held() > 0 {
                self.note_grown(&partition);
            }
        }
        // Where there was little to drop it is looked for again when memory has grown, or as much was written, not with every batch.
        self.relieve_above.set((held() + written / 64).min(limit));
        self.see_off();
    }

    /// Drops from memory what is on disk and need not be logged any more, the oldest first, until `enough` bytes are free.
    fn drop_written(&self, partition: &Partition, log: &mut Log, enough: u64) {
        if partition.split.get().is_some() {
            return;
        }
        let logged = log.logged;
        let mut freed = 0;
        for segment in &mut log.segments {
            let end = if segment.finished { segment.size } else { block_floor(segment.destaged) };
            let end = if segment.base == logged.0 { end.min(block_floor(logged.1)) } else { end };
            if segment.base > logged.0 {
                break;
            }
            freed += segment.tail.free_before(end, enough.saturating_sub(freed));
            if freed >= enough {
                break;
            }
            freed += if segment.finished && segment.base < logged.0 {
                segment.tail.free()
            } else {
                segment.tail.shrink_before(end)
            };
        }
        self.tail_bytes.set(self.tail_bytes.get().saturating_sub(freed));
    }

    /// Sends those to the disk who are to leave memory, unless that is under way.
    fn see_off(&self) {
        let Some(this) = self.upgrade().filter(|_| !self.leaving.borrow().is_empty()) else { return };
        if self.seeing_off.replace(true) {
            return;
        }
        self.spawn(Share::Background, async move {
            loop {
                let party: Vec<(Weak<Partition>, u64)> = {
                    let mut leaving = this.leaving.borrow_mut();
                    let some = leaving.len().min(ABREAST);
                    leaving.drain(..some).collect()
                };
                if party.is_empty() {
                    break;
                }
                let ends: Vec<_> = party.iter().filter_map(|(weak, _)| weak.upgrade()).filter_map(end_of).collect();
                this.write_together(&ends, false).await;
                for (weak, bytes) in party {
                    this.leaving_bytes.set(this.leaving_bytes.get().saturating_sub(bytes));
                    let Some(partition) = weak.upgrade() else { continue };
                    partition.leaving.set(false);
                    let mut borrowed = partition.log.borrow_mut();
                    let Some(log) = borrowed.as_mut() else { continue };
                    this.drop_written(&partition, log, u64::MAX);
                    if log.held() > 0 {
                        this.note_grown(&partition);
                    }
                }
                this.feed_starved();
            }
            this.seeing_off.set(false);
        });
    }
}

fn end_of(partition: Rc<Partition>) -> Option<(Rc<Partition>, Place)> {
    let end = partition.log.borrow().as_ref().map(Log::end_place)?;
    Some((partition, end))
}
