//! Segments of many partitions written and made durable together. Where each of thousands of partitions has a little to write, one
//! flush of the file system costs less than several for each of them: for its directory, for who owns that, for the file and its
//! name. And what is little is written through the page cache, all of it in one go: of direct writes that make their files longer
//! each takes a thread of the kernel's and waits for the disk.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use thalweg_rt::Piece;
use thalweg_wire::Offset;

use super::destage::is_full;
use super::segment::{block_floor, path};
use crate::clean::METADATA_FILE;
use crate::journal::extents::Place;
use crate::partition::{House, Log, Partition};
use crate::promise::Promised;
use crate::store::Store;

/// Partitions worked on at the same time, which share their writes and flushes: a flush stands before commits the longer, the more
/// there is of it.
pub const ABREAST: usize = 32;

/// Bytes of a partition, at the most, that are written together with those of others.
const SMALL: u64 = 32 << 10;

/// For so long it is believed what was said last about what others have written: asking takes as long as writing a file.
const UNWRITTEN_FRESH: Duration = Duration::from_millis(250);

impl Store {
    /// Brings whole blocks of partitions, each up to a place, to their segments, durably if so asked, but for partitions that are
    /// deleted meanwhile; false if some are not there: the log directory has failed, or the disk is full and the node stops.
    pub async fn write_together(self: &Rc<Store>, some: &[(Rc<Partition>, Place)], durably: bool) -> bool {
        if !self.house_together(some).await {
            return false;
        }
        let (mut small, mut large): (Vec<_>, Vec<_>) =
            some.iter().cloned().partition(|(partition, end)| small_part(partition, *end).is_some());
        if self.config.unsafe_no_flush || !self.is_worth_a_shared_flush(small.len()).await {
            large.append(&mut small);
        }
        if !settled(large.iter().map(|(p, end)| ask(p, |log| self.destaged(p, log, *end))).collect()).await {
            return false;
        }
        let unsynced = if durably { unsynced(&large) } else { Vec::new() };
        let left = if !small.is_empty() {
            let Some((flushed, left)) = self.write_little(&small).await else { return false };
            if flushed {
                note_synced(&unsynced);
            }
            left
        } else {
            if self.is_worth_a_shared_flush(unsynced.len()).await {
                let paths = unsynced.iter().map(|(partition, (base, _))| path(&partition.directory, *base, "log"));
                if !self.flush_together(paths).await {
                    return false;
                }
                note_synced(&unsynced);
            }
            Vec::new()
        };
        let apart = unsynced.iter().filter(|(partition, (base, to))| {
            let borrowed = partition.log.borrow();
            borrowed.as_ref().and_then(|log| log.segment(*base)).is_some_and(|segment| segment.synced < *to)
        });
        settled(apart.chain(&left).map(|(p, to)| ask(p, |log| self.destage_synced(p, log, *to))).collect()).await
    }

    /// Gives partitions that have none yet their directories, which stay.
    async fn house_together(self: &Rc<Store>, some: &[(Rc<Partition>, Place)]) -> bool {
        // Nothing may lie in a directory before it stays.
        let homeless: Vec<_> = some.iter().map(|(partition, _)| partition).filter(|p| is_homeless(p)).collect();
        if !self.is_worth_a_shared_flush(homeless.len()).await {
            return true;
        }
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
        true
    }

    /// Writes a little of each of many partitions, durably, in place of their writers. Tells whether what was written before, by anybody,
    /// is durable too, which it is if any of them could be written; and whose writer must do it after all, as he is busy or there is no
    /// space. Nothing if the log directory has failed.
    async fn write_little(
        self: &Rc<Store>,
        some: &[(Rc<Partition>, Place)],
    ) -> Option<(bool, Vec<(Rc<Partition>, Place)>)> {
        let (mut claimed, mut pieces, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for (partition, end) in some {
            // Its writer may have been asked for something meanwhile.
            let Some((base, from, to)) = small_part(partition, *end) else {
                left.push((partition.clone(), *end));
                continue;
            };
            if let Some(log) = partition.log.borrow_mut().as_mut() {
                log.writing = true;
                let parts = log.segment(base).map(|segment| segment.tail.slices(from, to)).unwrap_or_default();
                pieces.push(Piece { path: path(&partition.directory, base, "log"), at: from, parts });
                claimed.push((partition.clone(), (base, to), to - from));
            }
        }
        let result = if pieces.is_empty() { Ok(Vec::new()) } else { self.core.disk.write_together(pieces).await };
        let (written, mut failed) = match result {
            Ok(written) => (written, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let flushed = written.iter().any(Result::is_ok);
        let mut written = written.into_iter();
        for (partition, to, bytes) in claimed {
            match written.next() {
                Some(Ok(())) => {
                    self.note_destaged(&partition, to, bytes);
                    note_synced(&[(partition.clone(), to)]);
                }
                // Its writer waits for space.
                Some(Err(error)) if is_full(&error) => left.push((partition.clone(), to)),
                Some(Err(error)) if !partition.deleted.get() => failed = Some(error),
                _ => {}
            }
            if let Some(log) = partition.log.borrow_mut().as_mut() {
                self.writer_done(&partition, log);
            }
        }
        if let Some(error) = failed {
            self.fail("what was written of many segments", &error);
            return None;
        }
        self.relieve();
        self.feed_starved();
        (!self.offline.get()).then_some((flushed, left))
    }

    /// Whether so many shall be made durable by one flush of the file system. It writes what is in the page cache of others too: 0.7 s
    /// of no commits, seen with 800 MB that another broker had left there. Where nobody tells how much that is, it is not risked.
    async fn is_worth_a_shared_flush(&self, count: usize) -> bool {
        let destage = &self.config.destage;
        if count < destage.together_min {
            return false;
        }
        let asked = self.others_wrote_little.get().filter(|(at, _)| self.core.timer.now().since(*at) < UNWRITTEN_FRESH);
        if let Some((_, little)) = asked {
            return little;
        }
        let little = self.core.disk.unwritten().await.is_ok_and(|bytes| bytes <= destage.together_unwritten_max);
        self.others_wrote_little.set(Some((self.core.timer.now(), little)));
        little
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

/// What is to be written of a partition up to a place, if that is a little of its last segment and nothing else: the segment, and
/// from where to where.
fn small_part(partition: &Partition, (base, end): Place) -> Option<(Offset, u64, u64)> {
    let borrowed = partition.log.borrow();
    let log = borrowed.as_ref().filter(|log| !log.writing && log.wants.is_empty() && log.house == House::Stays)?;
    let (active, mut closed) = (log.active(), log.segments.iter().rev().skip(1));
    let (from, to) = (block_floor(active.destaged), block_floor(end.min(active.size)));
    let alone = active.base == base && !active.sealed && closed.all(|s| s.finished && s.synced == s.size);
    (alone && from < to && to - from <= SMALL).then_some((base, from, to))
}

/// What was written of partitions that is not durable yet.
fn unsynced(some: &[(Rc<Partition>, Place)]) -> Vec<(Rc<Partition>, Place)> {
    let mut unsynced = Vec::new();
    for (partition, end) in some {
        let borrowed = partition.log.borrow();
        let segments = borrowed.iter().flat_map(|log| &log.segments);
        let segments = segments.filter(|segment| segment.base <= end.0 && segment.synced < segment.destaged);
        unsynced.extend(segments.map(|segment| (partition.clone(), (segment.base, segment.destaged))));
    }
    unsynced
}

/// What was written of segments up to these places is durable, and their names are.
fn note_synced(some: &[(Rc<Partition>, Place)]) {
    for (partition, (base, to)) in some {
        if let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(*base)) {
            segment.synced = segment.synced.max(*to.min(&segment.destaged));
            segment.named = true;
        }
    }
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
