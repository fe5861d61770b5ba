//! What a core remembers though nobody is using it: partitions that rest in their files, and the producer ids of the partitions
//! that are open. Both have a limit for the whole core. Beyond it the partition that was not used for longest leaves memory, and
//! is opened again when it is next used; and the producers that were not seen for longest are forgotten.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use thalweg_rt::Tick;

use crate::partition::{Log, Partition};
use crate::producer::Producers;
use crate::store::Store;

/// See above. Belongs to the core's [`Store`].
#[derive(Default)]
pub struct Remembered {
    /// Producer ids in the logs of partitions in memory.
    producers: Cell<usize>,
    /// When the core was last searched for producers that have expired.
    searched: Cell<Option<Tick>>,
    /// Uses of partitions so far.
    uses: Cell<u64>,
    /// Partitions at rest, by a use that was their last when they were put here. A later one is looked up when their turn comes.
    idle: RefCell<BTreeMap<u64, Weak<Partition>>>,
    /// Bytes that had become visible of whichever forgotten partition had shown most: a log counts on from here, so that who
    /// compares two counts sees at worst too much gained.
    shown: Cell<u64>,
}

/// Time between two searches of the whole core for producers that have expired: each looks at all of them.
const SEARCH_EVERY: Duration = Duration::from_secs(1);
/// Partitions looked at beyond those that are too many, for some may be in somebody's hands.
const TRIES: usize = 8;

impl Remembered {
    /// Producer ids in the logs of partitions in memory.
    pub fn producers(&self) -> usize {
        self.producers.get()
    }

    /// Partitions at rest.
    pub fn idle(&self) -> usize {
        self.idle.borrow().len()
    }

    /// A partition is being used.
    pub fn note_use(&self, partition: &Partition) {
        self.uses.set(self.uses.get() + 1);
        partition.used.set(self.uses.get());
    }

    /// A partition is about to be written to: it does not rest any more.
    pub fn wake(&self, partition: &Partition) {
        if let Some(at) = partition.idle.take() {
            self.idle.borrow_mut().remove(&at);
        }
    }

    /// The number of producer ids of a log has changed.
    pub fn count_producers(&self, before: usize, after: usize) {
        self.producers.set(self.producers.get() + after - before);
    }

    /// Changes what a log remembers of producers.
    pub fn change_producers<T>(&self, log: &mut Log, change: impl FnOnce(&mut Producers) -> T) -> T {
        let before = log.producers.len();
        let result = change(&mut log.producers);
        self.count_producers(before, log.producers.len());
        result
    }
}

impl Store {
    /// Takes the log of a partition that was opened into memory.
    pub fn take_in(&self, partition: &Rc<Partition>, mut log: Log) {
        self.tail_bytes.set(self.tail_bytes.get() + log.held());
        // A start knows of those too that had been forgotten.
        log.producers.forget(log.producers.len().saturating_sub(self.config.limits.producers_per_partition_max));
        self.remembered.count_producers(0, log.producers.len());
        log.visible_bytes = self.remembered.shown.get();
        let rests = log.state_use.is_none();
        *partition.log.borrow_mut() = Some(log);
        if rests {
            self.rests(partition);
        }
    }

    /// A partition is at rest: everything of it is in its files, durably, and the journal knows nothing of it.
    pub fn rests(&self, partition: &Rc<Partition>) {
        if !partition.deleted.get() && partition.idle.get().is_none() {
            let at = partition.used.get();
            partition.idle.set(Some(at));
            self.remembered.idle.borrow_mut().insert(at, Rc::downgrade(partition));
        }
        self.forget_idle();
    }

    /// Lets partitions at rest go while there are more than the limit, the longest unused first.
    pub fn forget_idle(&self) {
        let max = self.config.limits.idle_partitions_max;
        let over = self.remembered.idle().saturating_sub(max);
        if over == 0 {
            return;
        }
        for _ in 0..over + TRIES {
            if self.remembered.idle() <= max {
                return;
            }
            let Some((at, weak)) = self.remembered.idle.borrow_mut().pop_first() else { return };
            let Some(partition) = weak.upgrade() else { continue };
            partition.idle.set(None);
            if partition.used.get() == at {
                if self.let_go(&partition) {
                    continue;
                }
                // In somebody's hands, which is a use.
                self.remembered.note_use(&partition);
            }
            let at = partition.used.get();
            partition.idle.set(Some(at));
            self.remembered.idle.borrow_mut().insert(at, weak);
        }
    }

    /// Drops a partition at rest from memory, unless anybody holds it.
    fn let_go(&self, partition: &Rc<Partition>) -> bool {
        // One handle is the table's, one the caller's. Whoever waits or works has another.
        let held = Rc::strong_count(partition) > 2 || partition.opening.get();
        if held || !partition.parked.borrow().is_empty() || !partition.backlog.borrow().is_empty() {
            return false;
        }
        let Ok(mut borrowed) = partition.log.try_borrow_mut() else { return false };
        let rests = |log: &mut Log| log.is_at_rest() && log.is_quiet() && log.awaited.is_empty();
        let Some(log) = borrowed.take_if(rests) else { return false };
        self.tail_bytes.set(self.tail_bytes.get().saturating_sub(log.held()));
        self.remembered.count_producers(log.producers.len(), 0);
        self.remembered.shown.set(self.remembered.shown.get().max(log.visible_bytes));
        self.partitions.borrow_mut().remove(&partition.key);
        true
    }

    /// Sees to it that one more producer id may be remembered of a partition, whose log this is: those that were not seen since
    /// `before_ms` have expired, and where that is not enough the longest unseen are forgotten. They may go on as if new; only that
    /// one of their batches comes twice is not noticed then.
    pub fn make_room_for_producer(&self, log: &mut Log, before_ms: i64) {
        let limits = &self.config.limits;
        if log.producers.len() >= limits.producers_per_partition_max {
            self.remembered.change_producers(log, |producers| {
                if producers.expire(before_ms) == 0 {
                    forget_some(producers);
                }
            });
        }
        let has_room = || self.remembered.producers() < limits.producers_per_core_max;
        if has_room() {
            return;
        }
        let now = self.core.timer.now();
        if self.remembered.searched.get().is_none_or(|last| now.since(last) >= SEARCH_EVERY) {
            self.remembered.searched.set(Some(now));
            self.remembered.change_producers(log, |producers| producers.expire(before_ms));
            self.other_logs(|log| {
                self.remembered.change_producers(log, |producers| producers.expire(before_ms));
            });
        }
        if has_room() {
            return;
        }
        // Who has most loses some.
        let mut most = log.producers.len();
        self.other_logs(|log| most = most.max(log.producers.len()));
        if log.producers.len() == most {
            return self.remembered.change_producers(log, forget_some);
        }
        self.other_logs(|log| {
            if !has_room() && log.producers.len() == most {
                self.remembered.change_producers(log, forget_some);
            }
        });
    }

    /// Visits the log of every partition in memory but the caller's, which cannot be borrowed.
    fn other_logs(&self, mut visit: impl FnMut(&mut Log)) {
        for partition in self.partitions.borrow().values() {
            if let Ok(mut borrowed) = partition.log.try_borrow_mut()
                && let Some(log) = borrowed.as_mut()
            {
                visit(log);
            }
        }
    }
}

/// Forgets a part of them, as each time costs a look at all.
fn forget_some(producers: &mut Producers) {
    producers.forget(producers.len().div_ceil(8));
}
