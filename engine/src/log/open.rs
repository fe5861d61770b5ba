//! Brings a partition into memory: from what the journal told of it, or from its directory if the journal does not know it.

use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use bytes::Bytes;
use thalweg_rt::{AlignedBuf, BLOCK, Open, Share};
use thalweg_wire::Offset;
use thalweg_wire::batch::{BatchHeader, HEADER_LEN};

use super::index::Index;
use super::segment::{Segment, base_of, block_floor, path};
use crate::config::Bug;
use crate::journal::Replay;
use crate::journal::extents::{Place, Source};
use crate::journal::frame::Kind;
use crate::journal::record::State;
use crate::partition::{Log, Partition};
use crate::store::{Control, Store};

impl Store {
    /// Begins to open a partition, unless that is under way; what waits in front of it follows.
    pub fn open_soon(self: &Rc<Store>, partition: &Rc<Partition>) {
        if partition.opening.replace(true) {
            return;
        }
        let (this, partition) = (self.clone(), partition.clone());
        self.spawn(Share::Foreground, async move {
            this.open_now(&partition).await;
            partition.opening.set(false);
            partition.opened.wake();
            this.work_off(&partition);
        });
    }

    /// Resolves when the partition is open, or is known to be broken.
    pub async fn opened(self: &Rc<Store>, partition: &Rc<Partition>) {
        if partition.log.borrow().is_some() || partition.broken.borrow().is_some() {
            return;
        }
        self.open_soon(partition);
        std::future::poll_fn(|cx| {
            if !partition.opening.get() {
                return std::task::Poll::Ready(());
            }
            partition.opened.register(cx);
            std::task::Poll::Pending
        })
        .await;
    }

    async fn open_now(self: &Rc<Store>, partition: &Rc<Partition>) {
        match self.open_from_directory(partition).await {
            Ok(Ok(log)) => {
                // Deleted meanwhile, nobody is to find it.
                if !partition.deleted.get() {
                    self.take_in(partition, log);
                }
            }
            Ok(Err(damage)) => {
                eprintln!("thalweg: {} is out of service: {damage}", partition.directory.display());
                *partition.broken.borrow_mut() = Some(damage);
            }
            Err(error) => {
                // Too few descriptors or memory pass; the next request tries again.
                eprintln!("thalweg: {} cannot be opened: {error}", partition.directory.display());
            }
        }
    }

    async fn open_from_directory(self: &Rc<Store>, partition: &Rc<Partition>) -> io::Result<Result<Log, String>> {
        if !self.claim_directory(partition).await? {
            return Ok(Ok(Log::empty()));
        }
        let found = self.list_segments(partition).await?;
        let Some((base, size)) = found.last().copied() else { return Ok(Ok(Log::empty())) };
        let state = self.read_state(partition).await?;
        let mut segments: VecDeque<Segment> = found.iter().map(|(base, size)| Segment::found(*base, *size)).collect();
        let mut known = match state {
            Some(state) if found.iter().any(|(base, size)| *base == state.end.0 && *size >= state.end.1) => state,
            Some(state) => {
                return Ok(Err(format!(
                    "it came to rest with segment {} of {} bytes, and that is not there any more",
                    state.end.0, state.end.1
                )));
            }
            None => State {
                log_start: segments[0].base,
                end: (segments[0].base, 0),
                next: segments[0].base,
                ..State::default()
            },
        };
        // Normally nothing is beyond what the state tells. Where there is no state, or there is more, the log itself tells.
        let (mut cut, mut walked) = (None, Vec::new());
        while known.end != (base, size) {
            let (at, position) = known.end;
            let end = found.iter().find(|(base, _)| *base == at).map_or(0, |(_, size)| *size);
            let stop = self.walk_file(partition, &mut known, end).await?;
            if stop > position {
                walked.push(at);
            }
            if stop < end && at != base {
                return Ok(Err(format!("segment {at} cannot be read beyond byte {stop}")));
            }
            if stop < end {
                cut = Some(stop);
                break;
            }
            if let Some((next, _)) = found.iter().find(|(base, _)| *base > at).filter(|_| at != base) {
                known.end = (*next, 0);
                known.next = *next;
                known.times = Default::default();
            } else if known.end == (at, position) {
                break;
            }
        }
        for base in walked {
            self.make_durable(partition, base).await?;
        }
        let size = cut.unwrap_or(size);
        let mut active = Segment { sealed: false, finished: false, times: known.times, ..Segment::found(base, size) };
        let page = block_floor(size);
        if size > page {
            let bytes = self.file_bytes(partition, base, page, size).await?;
            active.tail.append(page, &bytes);
        }
        active.index = self.load_index(partition, base, size).await?;
        if !self.config.has(Bug::IndexAheadOfData) {
            // It was not flushed when the partition came to rest, and what it lacks does not show; the state, or the walk, tells.
            active.index = active.index.filter(|_| known.end.0 == base);
            if let Some(index) = &mut active.index {
                index.largest_is(base, known.times);
            }
        }
        segments.pop_back();
        segments.push_back(active);
        let end = if known.end.0 == base { known.next } else { base };
        let mut log = Log::from_segments(segments, known.log_start, end);
        log.epochs = known.epochs;
        log.producers = known.producers;
        if self.config.has(Bug::SequenceStateNotRecovered) {
            log.producers = Default::default();
        }
        Ok(Ok(log))
    }

    /// Base offset and size of each segment in the partition's directory, in order.
    async fn list_segments(&self, partition: &Partition) -> io::Result<Vec<(Offset, u64)>> {
        let entries = match self.core.disk.list(&partition.directory).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found: Vec<(Offset, u64)> =
            entries.iter().filter_map(|entry| Some((base_of(&entry.name, "log")?, entry.len))).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Makes the list of a partition's segments whole.
    pub async fn listed(&self, partition: &Partition) -> io::Result<()> {
        if partition.log.borrow().as_ref().is_none_or(|log| log.listed) {
            return Ok(());
        }
        let found = self.list_segments(partition).await?;
        let mut borrowed = partition.log.borrow_mut();
        let Some(log) = borrowed.as_mut().filter(|log| !log.listed) else { return Ok(()) };
        let first = log.segments.front().map_or(Offset(0), |segment| segment.base);
        for (at, (base, size)) in found.iter().enumerate().rev().filter(|(_, (base, _))| *base < first) {
            let next = found.get(at + 1).map_or(first, |(base, _)| *base).min(first);
            if next > log.start {
                log.segments.push_front(Segment::found(*base, *size));
            }
        }
        log.listed = true;
        Ok(())
    }

    /// Reads a segment's file from what is known on; takes note of every batch. Returns where it stopped.
    async fn walk_file(&self, partition: &Rc<Partition>, known: &mut State, end: u64) -> io::Result<u64> {
        let base = known.end.0;
        let mut buffered = Bytes::new();
        let mut from = 0;
        let now_ms = self.core.timer.wall_ms();
        loop {
            let at = known.end.1;
            if at + HEADER_LEN as u64 > end {
                return Ok(at);
            }
            if at < from || at + HEADER_LEN as u64 > from + buffered.len() as u64 {
                from = at;
                buffered = self.file_bytes(partition, base, at, end.min(at + (256 << 10))).await?;
            }
            let Ok(header) = BatchHeader::parse_prefix(&buffered[(at - from) as usize..]) else { return Ok(at) };
            let next = at + header.size() as u64;
            if next > end || header.base_offset() < known.next {
                return Ok(at);
            }
            // A batch at the very end may be torn: its checksum tells.
            if end - next < 1 << 20 {
                let whole = self.file_bytes(partition, base, at, next).await?;
                let good = thalweg_wire::batch::BatchView::parse(&whole).is_ok_and(|batch| batch.crc_matches());
                if !good {
                    return Ok(at);
                }
            }
            known.times.note(header.max_timestamp(), header.base_offset());
            known.epochs.note(header.leader_epoch(), header.base_offset());
            known.producers.note(header, now_ms);
            known.next = header.next_offset();
            known.end.1 = next;
        }
    }

    /// Bytes of a segment's file.
    pub async fn file_bytes(&self, partition: &Rc<Partition>, base: Offset, from: u64, to: u64) -> io::Result<Bytes> {
        let how = Open { direct: true, ..Open::default() };
        let open = {
            let borrowed = partition.log.borrow();
            borrowed.as_ref().and_then(|log| log.segment(base)).and_then(|segment| segment.file.clone())
        };
        let file = match open {
            Some(file) => file,
            None => self.core.disk.open(&path(&partition.directory, base, "log"), how).await?,
        };
        let at = block_floor(from);
        let want = (to - at).next_multiple_of(BLOCK as u64) as usize;
        let (read, buffer) = file.read_at(at, AlignedBuf::with_capacity(want)).await;
        read?;
        let bytes = buffer.freeze();
        let end = (to - at) as usize;
        if bytes.len() < end {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{} is shorter than it was", path(&partition.directory, base, "log").display()),
            ));
        }
        Ok(bytes.slice((from - at) as usize..end))
    }

    /// The index of a segment of this size from its files, if they fit it.
    pub async fn load_index(&self, partition: &Partition, base: Offset, size: u64) -> io::Result<Option<Index>> {
        let offsets = self.read_small(&path(&partition.directory, base, "index")).await?;
        let times = self.read_small(&path(&partition.directory, base, "timeindex")).await?;
        let (Some(offsets), Some(times)) = (offsets, times) else { return Ok(None) };
        Ok(Index::decode(&offsets, &times, size, self.config.has(Bug::IndexAheadOfData)))
    }

    /// Opens a partition from what the journal told. Frames up to `durable` are known to have been complete.
    pub async fn open_from_journal(
        self: &Rc<Store>,
        partition: &Rc<Partition>,
        mut replay: Replay,
        durable: u64,
    ) -> io::Result<Result<(), String>> {
        let Some((place, mut state, state_use)) = replay.state.take() else {
            return Ok(Err("the journal holds bytes of it, and no state".into()));
        };
        let told_end = replay.extents.end();
        if let Some(torn) = self.first_torn_bypass(partition, &replay, durable).await? {
            replay.extents.truncate(torn);
            replay.headers.split_off(&torn);
        }
        if self.config.has(Bug::SequenceStateNotRecovered) {
            state.producers = Default::default();
        }
        let now_ms = self.core.timer.wall_ms();
        let interval = partition.config.borrow().index_interval_bytes;
        let start = replay.log_start.max(state.log_start);
        let mut segments: VecDeque<Segment> = VecDeque::new();
        for base in replay.extents.segments().into_iter().filter(|base| *base < state.end.0) {
            let size = replay.extents.end_of(base).unwrap_or(0);
            segments.push_back(Segment { size, sealed: true, index: None, ..Segment::new(base) });
        }
        // The batches after the state, one by one.
        let (mut base, mut at) = state.end;
        let mut active = Segment { size: at, times: state.times, ..Segment::new(base) };
        if at > 0 {
            active.index = None;
        }
        let mut next = state.next;
        loop {
            let mut bytes = [0; HEADER_LEN];
            let header = match replay.headers.get(&(base, at)) {
                Some(header) => Some(*header),
                None if replay.extents.copy_to((base, at), &mut bytes) => {
                    BatchHeader::parse_prefix(&bytes).ok().copied()
                }
                None => None,
            };
            let good = header.filter(|header| {
                header.base_offset() == next && replay.extents.covers((base, at), header.size() as u64)
            });
            if let Some(header) = good {
                active.note(&header, at, interval);
                state.epochs.note(header.leader_epoch(), header.base_offset());
                if !self.config.has(Bug::SequenceStateNotRecovered) {
                    state.producers.note(&header, now_ms);
                }
                next = header.next_offset();
                at += header.size() as u64;
                active.size = at;
            } else if next > base && replay.extents.covers((next, 0), 1) {
                active.seal();
                segments.push_back(active);
                (base, at) = (next, 0);
                active = Segment::new(base);
            } else {
                break;
            }
        }
        segments.push_back(active);
        let end: Place = (base, at);
        let (mut from_file, mut gaps) = (false, Vec::new());
        for segment in &mut segments {
            from_file = self.fill_tail(partition, &replay, (place, state.end, durable), segment).await?;
            if replay.extents.file_end_of(segment.base).is_some_and(|told| told > segment.destaged) {
                gaps.push((segment.base, segment.destaged));
            }
        }
        while segments.len() > 1 && segments[1].base <= start {
            segments.pop_front();
        }
        let first = segments[0].base;
        let mut log = Log::from_segments(segments, start, next);
        log.listed = first <= start;
        log.epochs = state.epochs;
        log.producers = state.producers;
        log.logged = if from_file { (end.0, block_floor(end.1)) } else { end };
        // What was told of beyond the end was cut, and nobody needs it.
        log.uses = replay.logged.iter().map(|(used, reached)| (*used, (*reached).min(end))).collect();
        log.state_use = Some(state_use);
        for (used, _) in &log.uses {
            self.note_use(partition, *used);
        }
        if log.uses.iter().all(|(used, _)| *used != state_use) {
            self.note_use(partition, state_use);
        }
        // From the next frame on all that was found counts as complete. What was cut must not come back by that, nor may a range that
        // was found in its segment stand for what is before it.
        let cut = told_end.filter(|told| *told > end).map(|_| (Kind::Truncate, end));
        let records: Vec<_> = gaps
            .into_iter()
            .map(|place| (Kind::Gaps, place))
            .chain(cut)
            .map(|(kind, at)| (kind, at, Vec::new()))
            .collect();
        if !records.is_empty() {
            let partition = partition.clone();
            self.control(Control { partition, records, state: false, reaches: None, done: None });
        }
        let held = log.held() > 0;
        if log.segments.len() > 1 {
            let to = log.end_place();
            self.destage(partition, &mut log, to);
        }
        self.take_in(partition, log);
        if held {
            self.note_grown(partition);
        }
        Ok(Ok(()))
    }

    /// Puts what the segment's file may lack into memory. Returns whether the last page came from the file. The page that ended a
    /// partition at rest is in its segment; the journal may know its state and not yet that page.
    async fn fill_tail(
        &self,
        partition: &Rc<Partition>,
        replay: &Replay,
        (place, state_end, durable): (Place, Place, u64),
        segment: &mut Segment,
    ) -> io::Result<bool> {
        // A frame that is complete says that its range is in the segment with all that is before it. Another's range was looked at,
        // now or by an earlier start, and is there; what is before it need not be.
        let told = if segment.base == place.0 { place.1 } else { 0 };
        let (gaps_told, without_gaps) = replay.gaps.get(&segment.base).copied().unwrap_or_default();
        let mut destaged = told.max(without_gaps);
        for ((_, at), extent) in replay.extents.iter().filter(|((base, _), _)| *base == segment.base) {
            if let Source::File { sequence, .. } = extent.source
                && ((gaps_told < sequence && sequence <= durable) || at <= destaged)
            {
                destaged = destaged.max(at + extent.len);
            }
        }
        segment.destaged = destaged.min(segment.size);
        segment.synced = segment.destaged;
        let in_file = if segment.base == state_end.0 { segment.destaged.max(state_end.1) } else { segment.destaged };
        let page = block_floor(segment.destaged);
        let mut from_file = false;
        let mut at = page;
        while at < segment.size {
            let mut piece = vec![0; (segment.size - at).min(256 << 10) as usize];
            if !replay.extents.copy_to((segment.base, at), &mut piece) {
                let page_end = (at + BLOCK as u64).min(segment.size);
                piece.truncate((page_end - at) as usize);
                let known = in_file.clamp(at, page_end);
                let Some(needed) = replay.extents.needs_file((segment.base, at), piece.len() as u64, known) else {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "the journal has a gap"));
                };
                if needed > at {
                    let bytes = self.file_bytes(partition, segment.base, at, needed).await?;
                    piece[..bytes.len()].copy_from_slice(&bytes);
                    from_file = true;
                }
                replay.extents.lay_over((segment.base, at), &mut piece);
            }
            segment.tail.append(at, &piece);
            at += piece.len() as u64;
        }
        Ok(from_file)
    }

    /// What was found in a segment's file must stay there: it may not be on stable storage yet, if the process alone had ended.
    async fn make_durable(&self, partition: &Partition, base: Offset) -> io::Result<()> {
        let how = Open { write: true, direct: true, ..Open::default() };
        let file = self.core.disk.open(&path(&partition.directory, base, "log"), how).await?;
        file.sync_data().await?;
        self.core.disk.sync_dir(&partition.directory).await
    }

    /// The first range that went to its segment directly, in a frame that may not have been complete, and is not there.
    async fn first_torn_bypass(
        &self,
        partition: &Rc<Partition>,
        replay: &Replay,
        durable: u64,
    ) -> io::Result<Option<Place>> {
        for ((base, at), extent) in replay.extents.iter() {
            let Source::File { sequence, crc, headless } = &extent.source else { continue };
            if *sequence <= durable {
                continue;
            }
            // The disk was full, and the range was being logged instead, from where the file ended on: all before that is in the
            // file for good, and the rest, of which the journal was still to hear, nowhere.
            let Some(crc) = crc else {
                if *headless {
                    return Ok(Some((base, at)));
                }
                continue;
            };
            let mut got = 0;
            let (mut from, end) = (at, at + extent.len);
            while from < end {
                let to = end.min(from + (1 << 20));
                match self.file_bytes(partition, base, from, to).await {
                    Ok(bytes) => got = crc32c::crc32c_append(got, &bytes),
                    Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => {
                        return Ok(Some((base, at)));
                    }
                    Err(error) => return Err(error),
                }
                from = to;
            }
            if got != *crc {
                return Ok(Some((base, at)));
            }
            self.make_durable(partition, base).await?;
        }
        Ok(None)
    }
}
