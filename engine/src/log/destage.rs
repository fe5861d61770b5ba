//! From memory to segments. Each partition has at most one writer at a time, which does what was asked of it: write whole
//! blocks up to a place, make them durable, finish closed segments, put the partition at rest. A core runs a few writers.
//!
//! A full disk is waited out: bytes stay in memory and journal, appends are refused, and the writer tries again. Any other
//! failure takes the log directory offline.

use std::io;
use std::rc::{Rc, Weak};
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{AlignedBuf, BLOCK, File, Open, Share};
use thalweg_wire::Offset;

use super::segment::{block_floor, path};
use crate::config::Bug;
use crate::journal::extents::Place;
use crate::partition::{Log, Partition};
use crate::promise::{Promise, Promised, all, promise};
use crate::store::Store;

/// What a partition's writer is to do.
#[derive(Default)]
pub struct Wants {
    /// Write whole blocks up to here.
    to: Option<Place>,
    /// Make what is written durable.
    sync: bool,
    /// Make the partition's directory, if it has none.
    house: bool,
    /// Put the partition at rest; `Some(true)` durably so.
    rest: Option<bool>,
    /// Frames of the journal that wait for bytes up to a place to be durable in the segment.
    pub holds: Vec<(u64, Place)>,
    /// The writer waits for space: until it tries again, those bytes may be logged instead.
    pub instead: bool,
    /// Who waits for all of this; told whether the partition is at rest.
    done: Vec<Promise<bool>>,
}

impl Wants {
    /// Asks for whole blocks up to here.
    pub fn reach(&mut self, place: Place) {
        self.to = self.to.max(Some(place));
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.to.is_none()
            && !self.sync
            && !self.house
            && self.rest.is_none()
            && self.holds.is_empty()
            && self.done.is_empty()
    }
}

/// Pieces that are made durable one by one rather than by one flush after all of them.
const THROUGH_MAX: usize = 2;

/// Time between two tries on a full disk.
const FULL_RETRY: Duration = Duration::from_millis(250);

impl Store {
    /// Asks a partition's writer for bytes up to a place to be in the segment.
    pub fn destage(&self, partition: &Rc<Partition>, log: &mut Log, to: Place) {
        log.wants.reach(to);
        self.start_writer(partition, log, false);
    }

    /// As [`Store::destage`]; resolves when it has been done.
    pub fn destaged(&self, partition: &Rc<Partition>, log: &mut Log, to: Place) -> Promised<bool> {
        let (done, promised) = promise();
        log.wants.reach(to);
        log.wants.done.push(done);
        self.start_writer(partition, log, false);
        promised
    }

    /// As [`Store::destaged`], and durable there.
    pub fn destage_synced(&self, partition: &Rc<Partition>, log: &mut Log, to: Place) -> Promised<bool> {
        log.wants.sync = true;
        self.destaged(partition, log, to)
    }

    /// Asks a partition's writer to make the partition's directory, which is left to the caller to make durable.
    pub fn housed(&self, partition: &Rc<Partition>, log: &mut Log) -> Promised<bool> {
        let (done, promised) = promise();
        log.wants.house = true;
        log.wants.done.push(done);
        self.start_writer(partition, log, false);
        promised
    }

    /// Puts a partition at rest: everything in its files, which then are as Kafka's. Resolves to whether it is, which an append
    /// in between prevents.
    pub fn rest(&self, partition: &Rc<Partition>, log: &mut Log, durably: bool) -> Promised<bool> {
        let (done, promised) = promise();
        let end = log.end_place();
        log.wants.reach(end);
        log.wants.rest = Some(log.wants.rest.unwrap_or(false) | durably);
        log.wants.sync |= durably;
        log.wants.done.push(done);
        self.start_writer(partition, log, false);
        promised
    }

    /// Lets a partition's writer run, unless it does; `urgent` ones go first. Offline nothing is written, and who waits is told.
    pub fn start_writer(&self, partition: &Rc<Partition>, log: &mut Log, urgent: bool) {
        if self.offline.get() {
            log.wants = Wants::default();
            return;
        }
        if std::mem::replace(&mut log.writing, true) {
            return;
        }
        let mut queue = self.writer_queue.borrow_mut();
        if urgent {
            queue.push_front(partition.clone())
        } else {
            queue.push_back(partition.clone())
        }
        drop(queue);
        self.run_writers();
    }

    /// Who wrote for a partition in place of its writer is done; the writer does what was asked of it meanwhile.
    pub fn writer_done(&self, partition: &Rc<Partition>, log: &mut Log) {
        log.writing = false;
        if !log.wants.is_empty() {
            self.start_writer(partition, log, !log.wants.holds.is_empty());
        }
    }

    fn run_writers(&self) {
        while self.writers.get() < self.config.limits.writers_max {
            let Some(partition) = self.writer_queue.borrow_mut().pop_front() else { return };
            self.writers.set(self.writers.get() + 1);
            let Some(this) = self.upgrade() else { return };
            // Asked for while the partition is being logged, it is for the sake of that.
            let bypass =
                partition.log.try_borrow().is_ok_and(|log| log.as_ref().is_some_and(|l| !l.wants.holds.is_empty()));
            let bypass = bypass || partition.log.try_borrow().is_err();
            let share = if bypass { Share::Foreground } else { Share::Background };
            self.spawn(share, async move {
                this.write_out(&partition).await;
                this.writers.set(this.writers.get() - 1);
                this.run_writers();
                this.relieve();
                this.feed_starved();
            });
        }
    }

    /// Does what a partition's writer was asked to, until nothing is asked any more.
    async fn write_out(self: &Rc<Store>, partition: &Rc<Partition>) {
        let mut short = false;
        self.write_wanted(partition, &mut short).await;
        if short {
            // Nobody is left to find out when there is space. A deleted topic has made some; else the next write tells.
            self.short_writers.set(self.short_writers.get() - 1);
            if self.short_writers.get() == 0 {
                self.space_again();
            }
        }
    }

    fn space_again(&self) {
        if self.disk_full.replace(false) {
            eprintln!("thalweg: core {}: there is space again", self.core.id.0);
        }
    }

    /// As [`Store::write_out`]; notes in `short` that it has waited for space.
    async fn write_wanted(self: &Rc<Store>, partition: &Rc<Partition>, short: &mut bool) {
        loop {
            let mut job = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return };
                if log.wants.is_empty() || self.offline.get() {
                    log.writing = false;
                    log.wants = Wants::default();
                    return;
                }
                std::mem::take(&mut log.wants)
            };
            match self.write_job(partition, &job).await {
                Ok(rested) => {
                    for (sequence, _) in job.holds {
                        self.journal.release(sequence);
                    }
                    for done in job.done {
                        done.give(rested);
                    }
                }
                Err(error) if is_full(&error) && !partition.deleted.get() => {
                    if !self.disk_full.replace(true) {
                        eprintln!("thalweg: core {}: the disk is full; appends wait for space", self.core.id.0);
                    }
                    if !std::mem::replace(short, true) {
                        self.short_writers.set(self.short_writers.get() + 1);
                    }
                    if let Err(error) = self.keep_written(partition, &mut job.holds).await {
                        self.fail(&format!("a segment of {}", partition.directory.display()), &error);
                        continue;
                    }
                    let (stops, mut held) = (self.stopping.get(), false);
                    if let Some(log) = partition.log.borrow_mut().as_mut() {
                        let later = std::mem::take(&mut log.wants);
                        held = !job.holds.is_empty();
                        // Who stops does not come back.
                        log.writing = !stops;
                        log.wants = if stops {
                            Wants { holds: job.holds, instead: true, ..Wants::default() }
                        } else {
                            Wants {
                                to: job.to.max(later.to),
                                sync: job.sync | later.sync,
                                house: job.house | later.house,
                                rest: job.rest.into_iter().chain(later.rest).reduce(|one, other| one | other),
                                holds: job.holds,
                                instead: true,
                                done: job.done.into_iter().chain(later.done).collect(),
                            }
                        };
                    }
                    if held {
                        self.log_instead(partition);
                    }
                    if stops {
                        return;
                    }
                    self.core.timer.sleep_until(self.core.timer.now() + FULL_RETRY).await;
                }
                Err(_) if partition.deleted.get() => {
                    for (sequence, _) in job.holds {
                        self.journal.release(sequence);
                    }
                }
                Err(error) => {
                    self.fail(&format!("a segment of {}", partition.directory.display()), &error);
                }
            }
        }
    }

    /// What was written before the disk was full stays where it is, and is made durable there; frames that wait for nothing
    /// else are complete.
    async fn keep_written(
        self: &Rc<Store>,
        partition: &Rc<Partition>,
        holds: &mut Vec<(u64, Place)>,
    ) -> io::Result<()> {
        loop {
            let unsynced = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(log) = borrowed.as_mut() else { return Ok(()) };
                // More may have come meanwhile.
                holds.append(&mut log.wants.holds);
                let mut segments = holds.iter().filter_map(|(_, to)| log.segment(to.0));
                segments.find(|segment| segment.synced < segment.destaged).map(|segment| segment.base)
            };
            let Some(base) = unsynced else { break };
            let file = self.segment_file(partition, base).await?;
            self.sync(partition, base, &file).await?;
        }
        let durable: Vec<(u64, Place)> = {
            let borrowed = partition.log.borrow();
            let Some(log) = borrowed.as_ref() else { return Ok(()) };
            holds.extract_if(.., |(_, to)| log.segment(to.0).is_none_or(|segment| segment.synced >= to.1)).collect()
        };
        for (sequence, _) in durable {
            self.journal.release(sequence);
        }
        Ok(())
    }

    async fn write_job(self: &Rc<Store>, partition: &Rc<Partition>, job: &Wants) -> io::Result<bool> {
        if job.house {
            self.make_house(partition).await?;
        }
        // A frame that waits for its bytes waits for them to be durable.
        let sync = job.sync || !job.holds.is_empty();
        let mut touched = Vec::new();
        {
            let borrowed = partition.log.borrow();
            let Some(log) = borrowed.as_ref() else { return Ok(false) };
            let to = job.to.unwrap_or((Offset(0), 0));
            for segment in log.segments.iter().filter(|s| !s.finished || (sync && s.synced < s.size)) {
                let all = segment.sealed && !segment.finished && (segment.base < to.0 || job.rest.is_some());
                let end = if segment.base > to.0 {
                    continue;
                } else if all {
                    segment.size
                } else if segment.base < to.0 {
                    block_floor(segment.size)
                } else {
                    block_floor(to.1.min(segment.size))
                };
                let last_page = job.rest.is_some() && segment.size > 0;
                if end > segment.destaged || all || last_page || (sync && segment.synced < segment.destaged) {
                    touched.push((segment.base, end, all));
                }
            }
        }
        if !touched.is_empty() {
            self.house(partition).await?;
        }
        for (base, end, finish) in &touched {
            let file = self.segment_file(partition, *base).await?;
            // A last page and the length follow, to be durable too.
            let ends = *finish || job.rest.is_some();
            self.write_blocks(partition, *base, *end, &file, sync && !ends).await?;
            if *finish || (job.rest.is_some() && !is_finished(partition, *base)) {
                self.write_last_page(partition, *base, &file).await?;
            }
            if *finish {
                self.finish(partition, *base).await?;
            }
            // All bytes of a segment may be durable before it is finished, and its file longer than they are: from now on its
            // length tells where it ends.
            if *finish || (sync && (ends || !is_synced(partition, *base))) {
                self.sync(partition, *base, &file).await?;
            }
        }
        self.space_again();
        match job.rest {
            Some(durably) => self.come_to_rest(partition, durably).await,
            None => Ok(false),
        }
    }

    /// Writes whole blocks up to a place. If all are to be durable and they are few pieces, each write makes its own so, which takes
    /// no flush of the file, and hence no thread of the kernel's, after it.
    async fn write_blocks(
        &self,
        partition: &Partition,
        base: Offset,
        end: u64,
        file: &Rc<dyn File>,
        sync: bool,
    ) -> io::Result<()> {
        loop {
            // Whole blocks go in pieces, a few at a time.
            let (pieces, through) = {
                let borrowed = partition.log.borrow();
                let Some(segment) = borrowed.as_ref().and_then(|log| log.segment(base)) else { return Ok(()) };
                let end = block_floor(end.min(segment.size));
                let mut at = block_floor(segment.destaged);
                if at >= end {
                    return Ok(());
                }
                let deep = self.config.destage.pieces_in_flight_max.max(1);
                let piece_max = (self.config.destage.piece_bytes as usize).max(BLOCK);
                let until = end.min(at + (deep * piece_max) as u64);
                let mut pieces = Vec::new();
                for mut slice in segment.tail.slices(at, until) {
                    while !slice.is_empty() {
                        let piece = slice.split_to(slice.len().min(piece_max));
                        let len = piece.len() as u64;
                        pieces.push((at, piece));
                        at += len;
                    }
                }
                // What was written before must not be left behind.
                let whole = segment.synced == segment.destaged && until == end;
                let through = sync && whole && pieces.len() <= THROUGH_MAX && !self.config.unsafe_no_flush;
                (pieces, through)
            };
            let until = pieces.last().map_or(0, |(at, piece)| at + piece.len() as u64);
            let bytes: usize = pieces.iter().map(|(_, piece)| piece.len()).sum();
            self.make_room(partition, base, until, file).await;
            let write = |(at, piece)| if through { file.write_through(at, piece) } else { file.write_at(at, piece) };
            let writes = pieces.into_iter().map(write).collect();
            for result in all(writes).await {
                result?;
            }
            self.note_destaged(partition, (base, until), bytes as u64);
            if through && let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(base))
            {
                segment.synced = segment.destaged;
            }
        }
    }

    /// So many bytes of a segment, up to a place, are in its file.
    pub fn note_destaged(&self, partition: &Partition, (base, to): Place, bytes: u64) {
        self.counts.borrow_mut().segment_bytes += bytes;
        self.relieve_above.set(self.relieve_above.get().saturating_sub(bytes));
        if let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(base)) {
            segment.destaged = segment.destaged.max(to);
        }
    }

    /// Makes the file of a segment longer ahead of what is to be written, up to `until`: a write that makes its file longer takes a
    /// thread of the kernel's and a commit of the file system's each time. How long the file is says nothing until the segment
    /// is finished or at rest, when it is cut to its length.
    async fn make_room(&self, partition: &Partition, base: Offset, until: u64, file: &Rc<dyn File>) {
        let most = u64::from(self.config.destage.room_bytes);
        let (from, room) = {
            let mut borrowed = partition.log.borrow_mut();
            let Some(segment) = borrowed.as_mut().and_then(|log| log.segment_mut(base)) else { return };
            if until <= segment.room || until < most / 64 || segment.sealed {
                return;
            }
            let from = segment.room.max(block_floor(segment.destaged));
            segment.room = until + block_floor(until.min(most));
            (from, segment.room)
        };
        // where there is no room for it, or it cannot be made, the write itself tells
        let _ = file.reserve(from, room - from).await;
    }

    /// Writes the last page of a segment, padded, and gives the file its exact length.
    async fn write_last_page(&self, partition: &Partition, base: Offset, file: &Rc<dyn File>) -> io::Result<()> {
        let (page, size) = {
            let borrowed = partition.log.borrow();
            let Some(segment) = borrowed.as_ref().and_then(|log| log.segment(base)) else { return Ok(()) };
            let at = block_floor(segment.size);
            let mut page = None;
            if at < segment.size {
                let mut buffer = AlignedBuf::with_capacity(BLOCK);
                buffer.resize_zeroed(BLOCK);
                segment.tail.copy(at, &mut buffer[..(segment.size - at) as usize]);
                page = Some((at, buffer.freeze().slice(..BLOCK)));
            }
            (page, segment.size)
        };
        if let Some((at, page)) = page {
            file.write_at(at, page).await?;
        }
        file.set_len(size).await?;
        if let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(base)) {
            segment.room = 0;
            if segment.sealed {
                segment.destaged = size;
            }
        }
        Ok(())
    }

    /// Writes the index of a closed segment, durably: from then on it is believed, also about the largest timestamp. The bytes of
    /// the segment may all be durable before; but the journal gives it up only after it (`retire.rs`), and until then recovery
    /// brings it back as one not yet finished.
    async fn finish(self: &Rc<Store>, partition: &Rc<Partition>, base: Offset) -> io::Result<()> {
        let known = || {
            let borrowed = partition.log.borrow();
            let segment = borrowed.as_ref().and_then(|log| log.segment(base));
            segment.and_then(|segment| segment.index.as_ref().map(|index| index.encode()))
        };
        let mut index = known();
        let believed = self.config.has(Bug::IndexAheadOfData);
        if index.is_none() && !believed {
            // A segment that recovery brought back: beside it may lie an index of an earlier rest, or a torn one.
            match self.rebuild_index(partition, base).await {
                Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(error),
                _ => index = known(),
            }
        }
        match index {
            Some(index) => self.write_index(partition, base, index, !believed).await?,
            None if believed => {}
            None => self.remove_index(partition, base).await?,
        }
        if !believed && !self.config.unsafe_no_flush {
            self.core.disk.sync_dir(&partition.directory).await?;
        }
        if let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(base)) {
            segment.finished = true;
        }
        Ok(())
    }

    /// Removes both index files of a segment that is damaged: what cannot be read has no index.
    async fn remove_index(&self, partition: &Partition, base: Offset) -> io::Result<()> {
        for kind in ["index", "timeindex"] {
            match self.core.disk.remove_file(&path(&partition.directory, base, kind)).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes both index files of a segment.
    pub async fn write_index(
        &self,
        partition: &Partition,
        base: Offset,
        (offsets, times): (Vec<u8>, Vec<u8>),
        durably: bool,
    ) -> io::Result<()> {
        let durably = durably && !self.config.unsafe_no_flush;
        for (kind, bytes) in [("index", offsets), ("timeindex", times)] {
            self.write_small(&path(&partition.directory, base, kind), Bytes::from(bytes), durably).await?;
        }
        Ok(())
    }

    /// Writes a small file whole.
    pub async fn write_small(&self, path: &std::path::Path, bytes: Bytes, durably: bool) -> io::Result<()> {
        let file = self.core.disk.open(path, Open { write: true, create: true, ..Open::default() }).await?;
        let len = bytes.len() as u64;
        if len > 0 {
            file.write_at(0, bytes).await?;
        }
        file.set_len(len).await?;
        if durably { file.sync_data().await } else { Ok(()) }
    }

    async fn sync(&self, partition: &Partition, base: Offset, file: &Rc<dyn File>) -> io::Result<()> {
        let known = |partition: &Partition| {
            let borrowed = partition.log.borrow();
            let segment = borrowed.as_ref().and_then(|log| log.segment(base));
            segment.map(|segment| (segment.destaged, segment.named))
        };
        let Some((destaged, named)) = known(partition) else { return Ok(()) };
        if !self.config.unsafe_no_flush {
            file.sync_data().await?;
            if !named {
                self.core.disk.sync_dir(&partition.directory).await?;
            }
        }
        if let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(base)) {
            segment.synced = destaged;
            segment.named = true;
        }
        Ok(())
    }

    /// The file of a segment, to write and to read directly.
    pub async fn segment_file(&self, partition: &Rc<Partition>, base: Offset) -> io::Result<Rc<dyn File>> {
        let open = {
            let borrowed = partition.log.borrow();
            borrowed.as_ref().and_then(|log| log.segment(base)).and_then(|segment| segment.file.clone())
        };
        if let Some(file) = open {
            return Ok(file);
        }
        let how = Open { write: true, create: true, direct: true, ..Open::default() };
        let file = self.core.disk.open(&path(&partition.directory, base, "log"), how).await?;
        let mut borrowed = partition.log.borrow_mut();
        let Some(segment) = borrowed.as_mut().and_then(|log| log.segment_mut(base)) else { return Ok(file) };
        if let Some(file) = &segment.file {
            return Ok(file.clone());
        }
        segment.file = Some(file.clone());
        drop(borrowed);
        self.note_open(partition, base);
        Ok(file)
    }

    /// A file was opened: another is closed if there are too many. Which one is left to chance: where more are written in turn than may
    /// be open, the one opened longest ago is always the next to be wanted.
    pub fn note_open(&self, partition: &Rc<Partition>, base: Offset) {
        let mut files = self.open_files.borrow_mut();
        files.push((Rc::downgrade(partition), base));
        while files.len() > self.config.limits.open_files_max.max(1) {
            // Knuth's multiplier for 64 bits; the high ones are the better ones.
            let chance = self.open_chance.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            self.open_chance.set(chance);
            let at = (chance >> 33) as usize % (files.len() - 1);
            let (closed, base) = files.swap_remove(at);
            let Some(closed) = closed.upgrade() else { continue };
            if let Ok(mut log) = closed.log.try_borrow_mut()
                && let Some(segment) = log.as_mut().and_then(|log| log.segment_mut(base))
            {
                segment.file = None;
                segment.cached = None;
            }
        }
    }

    /// A partition has grown: it is destaged when it is large enough, or old enough.
    pub fn ripe(&self, partition: &Rc<Partition>, log: &mut Log) {
        let waiting: u64 = log.segments.iter().rev().take(2).map(|segment| segment.waiting()).sum();
        if waiting >= u64::from(self.config.destage.bytes) {
            let to = log.end_place();
            self.destage(partition, log, to);
        } else if waiting >= u64::from(self.config.destage.bytes_min) && !std::mem::replace(&mut log.ripening, true) {
            self.ripening.borrow_mut().push_back((self.core.timer.now(), Rc::downgrade(partition)));
            self.ripe_bell.ring();
        }
    }

    /// Destages what is old enough.
    pub async fn ripen(self: Rc<Store>) {
        let age = Duration::from_millis(u64::from(self.config.destage.age_ms));
        loop {
            let next = self.ripening.borrow_mut().pop_front();
            let Some((since, weak)) = next else {
                if self.stopping.get() {
                    return;
                }
                self.ripe_bell.wait().await;
                continue;
            };
            if !self.stopping.get() {
                self.core.timer.sleep_until(since + age).await;
            }
            let Some(partition) = Weak::upgrade(&weak) else { continue };
            if let Some(log) = partition.log.borrow_mut().as_mut() {
                log.ripening = false;
                let to = log.end_place();
                self.destage(&partition, log, to);
            }
        }
    }
}

/// Whether all that was written of a segment is on stable storage, and its name is.
fn is_synced(partition: &Partition, base: Offset) -> bool {
    let borrowed = partition.log.borrow();
    let segment = borrowed.as_ref().and_then(|log| log.segment(base));
    segment.is_none_or(|segment| segment.named && segment.synced == segment.destaged)
}

fn is_finished(partition: &Partition, base: Offset) -> bool {
    let borrowed = partition.log.borrow();
    borrowed.as_ref().and_then(|log| log.segment(base)).is_none_or(|segment| segment.finished)
}

/// Whether there was no space.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
