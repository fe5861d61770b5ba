//! Segments of many partitions made durable together. Where each of thousands of partitions has written a little, one flush of the
//! file system costs less than several for each of them: for its directory, for who owns that, for the file and its name.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use super::segment::path;
use crate::clean::METADATA_FILE;
use crate::journal::extents::Place;
use crate::partition::{House, Log, Partition};
use crate::promise::Promised;
use crate::store::Store;

impl Store {
    /// Brings whole blocks of partitions, each up to a place, to their segments, but for partitions that are deleted meanwhile;
    /// false if some are not there: the log directory has failed, or the disk is full and the node stops.
    pub async fn destage_together(self: &Rc<Store>, some: &[(Rc<Partition>, Place)]) -> bool {
        // Nothing may lie in a directory before it stays.
        let homeless: Vec<_> = some.iter().map(|(partition, _)| partition).filter(|p| is_homeless(p)).collect();
        if self.is_worth_a_shared_flush(homeless.len()).await {
            let housed = homeless.iter().map(|partition| ask(partition, |log| self.housed(partition, log)));
            if !settled(housed.collect()).await {
                return false;
            }
            let made: Vec<_> = homeless.into_iter().filter(|p| house_of(p) == Some(House::Made)).collect();
            if !self.flush_together(made.iter().map(|partition| partition.directory.join(METADATA_FILE))).await {
                return false;
            }
            for partition in made.into_iter().filter(|p| house_of(p) == Some(House::Made)) {
                self.house_is(partition, House::Stays);
            }
        }
        let destaged = some.iter().map(|(partition, end)| ask(partition, |log| self.destaged(partition, log, *end)));
        settled(destaged.collect()).await
    }

    /// As [`Store::destage_together`], and durable there.
    pub async fn write_together(self: &Rc<Store>, some: &[(Rc<Partition>, Place)]) -> bool {
        if !self.destage_together(some).await {
            return false;
        }
        let mut unsynced = Vec::new();
        for (partition, end) in some {
            let borrowed = partition.log.borrow();
            let segments = borrowed.iter().flat_map(|log| &log.segments);
            let segments = segments.filter(|segment| segment.base <= end.0 && segment.synced < segment.destaged);
            unsynced.extend(segments.map(|segment| (partition, segment.base, segment.destaged)));
        }
        if !self.is_worth_a_shared_flush(unsynced.len()).await {
            let synced = unsynced.iter().map(|(partition, base, destaged)| {
                ask(partition, |log| self.destage_synced(partition, log, (*base, *destaged)))
            });
            return settled(synced.collect()).await;
        }
        let paths = unsynced.iter().map(|(partition, base, _)| path(&partition.directory, *base, "log"));
        if !self.flush_together(paths).await {
            return false;
        }
        for (partition, base, destaged) in unsynced {
            if let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(base)) {
                segment.synced = segment.synced.max(destaged.min(segment.destaged));
                segment.named = true;
            }
        }
        true
    }

    /// Whether so many shall be made durable by one flush of the file system. It writes what is in the page cache of others too: 0.7 s
    /// of no commits, seen with 800 MB that another broker had left there. Where nobody tells how much that is, it is not risked.
    async fn is_worth_a_shared_flush(&self, count: usize) -> bool {
        let destage = &self.config.destage;
        count >= destage.together_min
            && self.core.disk.unwritten().await.is_ok_and(|bytes| bytes <= destage.together_unwritten_max)
    }

    /// Makes everything durable that was written to the file system of these files; false if the log directory has failed.
    async fn flush_together(&self, files: impl Iterator<Item = PathBuf>) -> bool {
        if self.config.unsafe_no_flush {
            return !self.offline.get();
        }
        for file in files {
            match self.core.disk.sync_all(&file).await {
                Ok(()) => break,
                // Its topic was deleted.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    self.fail(&format!("the file system of {}", self.config.data.display()), &error);
                    break;
                }
            }
        }
        !self.offline.get()
    }
}

/// Asks something of a partition's writer, if there is a log.
fn ask(
    partition: &Rc<Partition>,
    what: impl FnOnce(&mut Log) -> Promised<bool>,
) -> Option<(Rc<Partition>, Promised<bool>)> {
    let asked = partition.log.borrow_mut().as_mut().map(what)?;
    Some((partition.clone(), asked))
}

/// Waits for what was asked; whether all of it was done, but for partitions that are deleted.
async fn settled(asked: Vec<Option<(Rc<Partition>, Promised<bool>)>>) -> bool {
    let mut done = true;
    for (partition, asked) in asked.into_iter().flatten() {
        done &= asked.await.is_some() || partition.deleted.get();
    }
    done
}

fn house_of(partition: &Partition) -> Option<House> {
    partition.log.borrow().as_ref().map(|log| log.house)
}

/// Whether something is to be written and there is no directory yet for it.
fn is_homeless(partition: &Partition) -> bool {
    let borrowed = partition.log.borrow();
    borrowed
        .as_ref()
        .is_some_and(|log| log.house == House::Unknown && log.segments.iter().any(|segment| segment.waiting() > 0))
}
