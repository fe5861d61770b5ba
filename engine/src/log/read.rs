//! Reads. What is in memory is handed out as it stands, shared, without waiting; what is not is read from its segment. Either
//! way whole batches, never beyond what the reader may see, and a read that finds too little may be parked.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{AlignedBuf, File, Open, Segment as Piece, Share};
use thalweg_wire::batch::{BatchHeader, HEADER_LEN};
use thalweg_wire::{LeaderEpoch, Offset};

use super::ahead::read_len;
use super::index::Index;
use super::segment::{Segment, path};
use crate::config::{Bug, ReadPath};
use crate::journal::extents::Place;
use crate::message::{Read, ReadData, ReadError, ReadId, ReadPart, Reply};
use crate::partition::{Log, Partition};
use crate::store::Store;
use crate::waiting::{Answer, ParkedRead, ReadSlot, partitions_of};

/// What a read found.
struct Found {
    parts: Vec<Result<ReadData, ReadError>>,
    /// Bytes each partition had shown when it was looked at, for what came in between.
    seen: Vec<u64>,
    bytes: u64,
    /// It must be answered now whatever it found.
    decided: bool,
}

/// What can be said of one part without waiting.
enum Look {
    Known(Result<ReadData, ReadError>),
    /// The disk must be asked.
    Cold,
}

impl Store {
    /// Reads. The answer comes when there is enough, or the wait is over.
    pub fn read(self: &Rc<Store>, read: Read, answer: Answer) {
        let refused = if self.offline.get() {
            Some(ReadError::Offline)
        } else if self.stopping.get() {
            Some(ReadError::Stopping)
        } else {
            None
        };
        if let Some(error) = refused {
            return answer(Reply::Read(read.parts.iter().map(|_| Err(error.clone())).collect()));
        }
        self.read_now(read, answer);
    }

    fn read_now(self: &Rc<Store>, read: Read, answer: Answer) {
        match self.look(&read) {
            Some(found) => self.settle(read, found, answer),
            None => {
                let this = self.clone();
                self.spawn(Share::Foreground, async move {
                    let found = this.read_all(&read).await;
                    this.settle(read, found, answer);
                });
            }
        }
    }

    /// Ends a parked read's wait: nobody waits any more, or need wait no longer.
    pub fn release(self: &Rc<Store>, id: ReadId) {
        let slot = self.waiting.borrow().slot_of(id);
        let parked = slot.and_then(|slot| self.waiting.borrow_mut().unpark(slot).map(|parked| (slot, parked)));
        if let Some((slot, parked)) = parked {
            self.resume(slot, parked);
        }
    }

    /// Answers a read that was parked, with what there is now.
    pub fn resume(self: &Rc<Store>, slot: ReadSlot, parked: ParkedRead) {
        for key in partitions_of(&parked.read) {
            if let Some(partition) = self.partitions.borrow().get(&key) {
                partition.parked.borrow_mut().retain(|known| *known != slot);
            }
        }
        let read = Read { wait: None, ..parked.read };
        self.read_now(read, parked.answer);
    }

    fn settle(self: &Rc<Store>, read: Read, found: Found, answer: Answer) {
        let Some(wait) = read.wait else { return answer(Reply::Read(found.parts)) };
        let bytes_min = u64::from(wait.bytes_min.min(read.bytes_max));
        let over = wait.deadline <= self.core.timer.now() || self.stopping.get();
        if found.decided || over || found.bytes >= bytes_min || read.parts.is_empty() {
            return answer(Reply::Read(found.parts));
        }
        if self.waiting.borrow().reads() >= self.config.limits.parked_reads_max {
            // Answered early with what there is: the reader comes again.
            return answer(Reply::Read(found.parts));
        }
        // What became visible while the disk was asked.
        let mut gained = 0;
        let partitions: Vec<Rc<Partition>> =
            partitions_of(&read).into_iter().filter_map(|key| self.partition(key)).collect();
        for (part, seen) in read.parts.iter().zip(&found.seen) {
            let partition = partitions.iter().find(|partition| partition.key == part.key);
            let shown = partition.and_then(|p| p.log.borrow().as_ref().map(|log| log.visible_bytes));
            gained += shown.unwrap_or(*seen).saturating_sub(*seen);
        }
        if found.bytes + gained >= bytes_min && gained > 0 {
            return self.read_now(Read { wait: None, ..read }, answer);
        }
        let slot = self.waiting.borrow_mut().park(read, found.bytes + gained, bytes_min, wait.deadline, answer);
        for partition in partitions {
            partition.parked.borrow_mut().push(ReadSlot(slot));
        }
        self.arm(Some(wait.deadline));
    }

    /// The whole read from memory; nothing if the disk must be asked.
    fn look(&self, read: &Read) -> Option<Found> {
        let mut found = Found { parts: Vec::new(), seen: Vec::new(), bytes: 0, decided: false };
        for part in &read.parts {
            let left = u64::from(read.bytes_max).saturating_sub(found.bytes);
            let first = read.oversized_first && found.bytes == 0;
            match self.look_at(part, left, first) {
                Look::Known(result) => self.add(&mut found, part, result),
                Look::Cold => return None,
            }
        }
        Some(found)
    }

    async fn read_all(self: &Rc<Store>, read: &Read) -> Found {
        let mut allowance = None;
        let mut found = Found { parts: Vec::new(), seen: Vec::new(), bytes: 0, decided: false };
        for part in &read.parts {
            let left = u64::from(read.bytes_max).saturating_sub(found.bytes);
            let first = read.oversized_first && found.bytes == 0;
            if let Some(partition) = self.partition(part.key) {
                self.opened(&partition).await;
            }
            let result = match self.look_at(part, left, first) {
                Look::Known(result) => result,
                Look::Cold => {
                    let allowance = match &mut allowance {
                        Some(allowance) => allowance,
                        none => none.insert(self.allowance(read).await),
                    };
                    let result = self.read_cold(part, left.min(self.allowed(allowance)), first).await;
                    allowance.has_read(result.as_ref().map_or(0, |data| u64::from(data.bytes)));
                    result
                }
            };
            self.add(&mut found, part, result);
        }
        if let Some(allowance) = allowance {
            self.end_turn(&allowance);
        }
        found
    }

    fn add(&self, found: &mut Found, part: &ReadPart, result: Result<ReadData, ReadError>) {
        match &result {
            Ok(data) => {
                found.bytes += u64::from(data.bytes);
                found.decided |= data.diverging.is_some();
            }
            Err(_) => found.decided = true,
        }
        let partition = self.partitions.borrow().get(&part.key).cloned();
        let shown = partition.and_then(|p| p.log.borrow().as_ref().map(|log| log.visible_bytes));
        found.seen.push(shown.unwrap_or(0));
        found.parts.push(result);
    }

    fn look_at(&self, part: &ReadPart, left: u64, first: bool) -> Look {
        let Some(partition) = self.partition(part.key) else { return Look::Known(Err(ReadError::UnknownPartition)) };
        if let Some(damage) = &*partition.broken.borrow() {
            return Look::Known(Err(ReadError::Corrupt(damage.clone())));
        }
        let mut borrowed = partition.log.borrow_mut();
        let Some(log) = borrowed.as_mut() else { return Look::Cold };
        if let Err(error) = check_epoch(part.current_epoch, partition.leader_epoch.get()) {
            return Look::Known(Err(error));
        }
        let mut data = log.nothing();
        if let Some(epoch) = part.last_fetched_epoch {
            match log.epochs.end_of(epoch, partition.leader_epoch.get(), log.end) {
                Some((known, end)) if known < epoch || end < part.offset => {
                    data.diverging = Some((known, end));
                    return Look::Known(Ok(data));
                }
                Some(_) => {}
                None => return Look::Known(Err(log.out_of_range())),
            }
        }
        if part.offset < log.start || part.offset > log.end {
            return Look::Known(Err(log.out_of_range()));
        }
        let max = u64::from(part.bytes_max).min(left);
        if part.offset >= log.high_watermark {
            if part.offset == log.high_watermark {
                let visible = log.visible;
                log.remember(part.offset, visible);
            }
            return Look::Known(Ok(data));
        }
        if max == 0 && !first {
            return Look::Known(Ok(data));
        }
        let Some((base, start)) = log.find_in_memory(part.offset) else { return Look::Cold };
        let Some(segment) = log.segment(base) else { return Look::Cold };
        let limit = log.limit_in(segment);
        let (end, next) = stretch(segment, start, limit, max, first);
        for piece in segment.tail.slices(start, end) {
            data.segments.push(Piece::Memory(piece));
        }
        data.bytes = u32::try_from(end - start).unwrap_or(u32::MAX);
        if let Some(next) = next {
            log.remember(next, (base, end));
        }
        Look::Known(Ok(data))
    }

    /// Reads from the segments. What is checked is the same as in memory, and was.
    async fn read_cold(self: &Rc<Store>, part: &ReadPart, most: u64, first: bool) -> Result<ReadData, ReadError> {
        let partition = self.partition(part.key).ok_or(ReadError::UnknownPartition)?;
        self.listed(&partition).await.map_err(|error| self.read_failed(&partition, &error))?;
        let max = u64::from(part.bytes_max).min(most);
        for attempt in 0..2 {
            let (base, known) = {
                let borrowed = partition.log.borrow();
                let log = borrowed.as_ref().ok_or(ReadError::Corrupt("cannot be opened".into()))?;
                if part.offset < log.start || part.offset > log.end {
                    return Err(log.out_of_range());
                }
                if max == 0 && !first {
                    return Ok(log.nothing());
                }
                log.segment_of(part.offset).ok_or_else(|| log.out_of_range())?
            };
            let from = match known {
                Some(position) => position,
                None => {
                    self.indexed(&partition, base).await.map_err(|error| self.read_failed(&partition, &error))?;
                    let borrowed = partition.log.borrow();
                    let segment = borrowed.as_ref().and_then(|log| log.segment(base));
                    segment.and_then(|s| s.index.as_ref().map(|index| index.find(base, part.offset))).unwrap_or(0)
                }
            };
            let limit = {
                let borrowed = partition.log.borrow();
                let log = borrowed.as_ref().ok_or(ReadError::UnknownPartition)?;
                log.segment(base).map_or(0, |segment| log.limit_in(segment))
            };
            let search = Search { base, from, limit, offset: part.offset, max, first };
            let sent = self.stretch_of_file(&partition, &search).await;
            let found = match sent {
                Some(stretch) => Ok(stretch),
                None => {
                    let found = self.read_stretch(&partition, search).await;
                    if let Ok((_, bytes, Some((_, end)))) = &found {
                        self.read_ahead(&partition, base, *end, *bytes, max);
                    }
                    found
                }
            };
            match found {
                Ok((pieces, bytes, next)) => {
                    self.counts.borrow_mut().cold_bytes += bytes;
                    let mut borrowed = partition.log.borrow_mut();
                    let log = borrowed.as_mut().ok_or(ReadError::UnknownPartition)?;
                    if let Some((next, position)) = next {
                        log.remember(next, (base, position));
                    }
                    let mut data = log.nothing();
                    data.segments = pieces;
                    data.bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
                    return Ok(data);
                }
                Err(StretchError::NoBatch(at)) if attempt == 0 && !self.config.has(Bug::IndexAheadOfData) => {
                    // The index or a cursor led nowhere: without them, from the log itself.
                    if let Some(log) = partition.log.borrow_mut().as_mut() {
                        log.cursors = [(Offset::NONE, (Offset::NONE, 0)); 4];
                        if let Some(segment) = log.segment_mut(base) {
                            segment.index = None;
                        }
                    }
                    self.rebuild_index(&partition, base)
                        .await
                        .map_err(|_| ReadError::Corrupt(format!("no batch at byte {at} of segment {base}")))?;
                }
                Err(StretchError::NoBatch(at)) => {
                    return Err(ReadError::Corrupt(format!("no batch at byte {at} of segment {base}")));
                }
                Err(StretchError::Io(error)) => return Err(self.read_failed(&partition, &error)),
            }
        }
        Err(ReadError::Corrupt(format!("offset {} cannot be found", part.offset)))
    }

    /// First offset of a partition, and end of what is durable.
    pub async fn bounds(self: &Rc<Store>, key: crate::message::PartitionKey) -> Result<(Offset, Offset), ReadError> {
        let partition = self.partition(key).ok_or(ReadError::UnknownPartition)?;
        self.opened(&partition).await;
        if let Some(damage) = &*partition.broken.borrow() {
            return Err(ReadError::Corrupt(damage.clone()));
        }
        let borrowed = partition.log.borrow();
        borrowed
            .as_ref()
            .map(|log| (log.start, log.high_watermark))
            .ok_or(ReadError::Corrupt("cannot be opened".into()))
    }

    /// Whole batches from an offset on, in one piece.
    pub async fn read_whole(
        self: &Rc<Store>,
        key: crate::message::PartitionKey,
        from: Offset,
        bytes_max: u32,
    ) -> Result<Bytes, ReadError> {
        let part = ReadPart { key, offset: from, bytes_max, current_epoch: None, last_fetched_epoch: None };
        let read = Read {
            id: ReadId { from: self.core.id, serial: 0 },
            parts: vec![part],
            bytes_max,
            oversized_first: true,
            wait: None,
            isolation: crate::message::Isolation::ReadUncommitted,
            away: Duration::ZERO,
        };
        let mut found = self.read_all(&read).await;
        let data = found.parts.pop().ok_or(ReadError::UnknownPartition)??;
        let mut all = Vec::with_capacity(data.bytes as usize);
        for piece in data.segments {
            match piece {
                Piece::Memory(bytes) if all.is_empty() && bytes.len() == data.bytes as usize => return Ok(bytes),
                Piece::Memory(bytes) => all.extend_from_slice(&bytes),
                Piece::File { at, len, .. } => {
                    let partition = self.partition(key).ok_or(ReadError::UnknownPartition)?;
                    let base = {
                        let borrowed = partition.log.borrow();
                        borrowed.as_ref().and_then(|log| log.segment_of(from)).map(|(base, _)| base)
                    };
                    let base = base.ok_or(ReadError::UnknownPartition)?;
                    let bytes = self.segment_bytes(&partition, base, at, at + u64::from(len)).await;
                    all.extend_from_slice(&bytes.map_err(|error| self.read_failed(&partition, &error))?);
                }
            }
        }
        Ok(Bytes::from(all))
    }

    fn read_failed(&self, partition: &Partition, error: &io::Error) -> ReadError {
        ReadError::Corrupt(format!("{}: {error}", partition.directory.display()))
    }

    /// Whole batches of one segment, from the one that holds an offset on, with where and with what offset they end.
    async fn read_stretch(
        self: &Rc<Store>,
        partition: &Rc<Partition>,
        search: Search,
    ) -> Result<Stretch, StretchError> {
        let Search { base, from, limit, offset, max, first } = search;
        if from >= limit {
            return Err(StretchError::NoBatch(from));
        }
        let mut want = read_len(max);
        let (mut at, mut position) = (from, from);
        loop {
            let to = limit.min(at + want);
            let bytes = self.segment_bytes(partition, base, at, to).await.map_err(StretchError::Io)?;
            // Skip to the batch that holds the offset.
            let mut head = None;
            while position + HEADER_LEN as u64 <= to {
                let header = BatchHeader::parse_prefix(&bytes[(position - at) as usize..])
                    .map_err(|_| StretchError::NoBatch(position))?;
                if header.base_offset() > offset && position == from && from > 0 {
                    return Err(StretchError::NoBatch(position));
                }
                if header.last_offset() >= offset {
                    head = Some(*header);
                    break;
                }
                position += header.size() as u64;
            }
            let Some(header) = head else {
                if to >= limit {
                    // Beyond the last batch of this segment: compaction may have taken it. The next read goes on behind.
                    return Ok((Vec::new(), 0, None));
                }
                at = position;
                continue;
            };
            let size = header.size() as u64;
            if position + size > to {
                if !first && size > max {
                    return Ok((Vec::new(), 0, None));
                }
                if position + size > limit {
                    return Err(StretchError::NoBatch(position));
                }
                at = position;
                want = size.max(max);
                if to - at >= want {
                    return Err(StretchError::NoBatch(position));
                }
                continue;
            }
            let begin = position;
            let mut next = None;
            while position + HEADER_LEN as u64 <= to {
                let header = BatchHeader::parse_prefix(&bytes[(position - at) as usize..])
                    .map_err(|_| StretchError::NoBatch(position))?;
                let end = position + header.size() as u64;
                let fits = end - begin <= max || (position == begin && first);
                if end > to || !fits {
                    break;
                }
                next = Some((header.next_offset(), end));
                position = end;
            }
            let len = position - begin;
            let piece = bytes.slice((begin - at) as usize..(position - at) as usize);
            let pieces = if len == 0 { Vec::new() } else { vec![Piece::Memory(piece)] };
            return Ok((pieces, len, next));
        }
    }

    /// As [`Store::read_stretch`], of bytes that the sender is to take from the file: only what tells where whole batches begin and
    /// end is read, through the page cache. Nothing if that is not the way to go, or it does not lead there.
    async fn stretch_of_file(self: &Rc<Store>, partition: &Rc<Partition>, search: &Search) -> Option<Stretch> {
        let Search { base, from, offset, max, .. } = *search;
        let path = self.config.read_path;
        if path == ReadPath::Direct {
            return None;
        }
        let written = partition.log.borrow().as_ref().and_then(|log| log.segment(base)).map_or(0, |s| s.destaged);
        let limit = search.limit.min(written);
        let far = limit.min(from.saturating_add(max));
        if far <= from {
            return None;
        }
        let is_resident = async || Some(self.segment_file(partition, base).await.ok()?.resident(from, far - from));
        if path == ReadPath::Auto && !is_resident().await? {
            return None;
        }
        self.indexed(partition, base).await.ok()?;
        let file = self.cached_file(partition, base).await.ok()?;
        let shared = file.shared()?;
        let mut headers = Headers { file, limit, from: 0, bytes: Bytes::new() };
        let mut begin = from;
        let mut head = headers.at(begin).await?;
        if head.base_offset() > offset && from > 0 {
            return None;
        }
        while head.last_offset() < offset {
            begin += head.size() as u64;
            head = headers.at(begin).await?;
        }
        let far = limit.min(begin.saturating_add(max));
        let mut end = begin + head.size() as u64;
        let mut next = head.next_offset();
        if end > far {
            // One batch that is larger than what was asked for: rare, and the other way knows what to do with it.
            return None;
        }
        let jump = {
            let borrowed = partition.log.borrow();
            let index = borrowed.as_ref()?.segment(base)?.index.as_ref()?;
            index.batch_before(far)
        };
        if jump > end
            && let Some(known) = headers.at(jump).await.filter(|known| known.base_offset() >= next)
        {
            (end, next) = (jump, known.base_offset());
        }
        while end < far {
            let Some(header) = headers.at(end).await else { break };
            let after = end + header.size() as u64;
            if header.base_offset() < next || after > far {
                break;
            }
            (end, next) = (after, header.next_offset());
        }
        let len = u32::try_from(end - begin).ok()?;
        Some((vec![Piece::File { file: shared, at: begin, len }], end - begin, Some((next, end))))
    }

    /// The file of a segment through the page cache.
    async fn cached_file(&self, partition: &Rc<Partition>, base: Offset) -> io::Result<Rc<dyn File>> {
        let open = {
            let borrowed = partition.log.borrow();
            borrowed.as_ref().and_then(|log| log.segment(base)).and_then(|segment| segment.cached.clone())
        };
        if let Some(file) = open {
            return Ok(file);
        }
        let file = self.core.disk.open(&path(&partition.directory, base, "log"), Open::default()).await?;
        if let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(base)) {
            segment.cached = Some(file.clone());
        }
        self.note_open(partition, base);
        Ok(file)
    }

    /// Bytes of a segment, from its file and from memory.
    pub async fn segment_bytes(
        &self,
        partition: &Rc<Partition>,
        base: Offset,
        from: u64,
        to: u64,
    ) -> io::Result<Bytes> {
        let (memory, held) = {
            let borrowed = partition.log.borrow();
            let Some(segment) = borrowed.as_ref().and_then(|log| log.segment(base)) else {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the segment was deleted"));
            };
            let memory = segment.memory_from().clamp(from, to);
            // Taken now: what is in memory may be dropped while the file is read.
            (memory, segment.tail.slices(memory, to))
        };
        if memory == from && held.len() == 1 {
            return Ok(held[0].clone());
        }
        if memory == to {
            if let Some(bytes) = self.read_before(partition, base, from, to).await {
                return Ok(bytes);
            }
            return self.cold_bytes(partition, base, from, to).await;
        }
        let mut all = Vec::with_capacity((to - from) as usize);
        if memory > from {
            all.extend_from_slice(&self.cold_bytes(partition, base, from, memory).await?);
        }
        for piece in held {
            all.extend_from_slice(&piece);
        }
        Ok(Bytes::from(all))
    }

    /// Bytes of a segment's file.
    pub async fn cold_bytes(&self, partition: &Rc<Partition>, base: Offset, from: u64, to: u64) -> io::Result<Bytes> {
        if from == to {
            return Ok(Bytes::new());
        }
        self.segment_file(partition, base).await?;
        self.file_bytes(partition, base, from, to).await
    }

    /// Makes sure that a segment's index is known.
    pub async fn indexed(self: &Rc<Store>, partition: &Rc<Partition>, base: Offset) -> io::Result<()> {
        let (size, finished) = {
            let borrowed = partition.log.borrow();
            match borrowed.as_ref().and_then(|log| log.segment(base)) {
                Some(segment) if segment.index.is_none() => (segment.size, segment.finished),
                _ => return Ok(()),
            }
        };
        if finished && let Some(index) = self.load_index(partition, base, size).await? {
            if let Some(segment) = partition.log.borrow_mut().as_mut().and_then(|log| log.segment_mut(base)) {
                segment.index = Some(index);
            }
            return Ok(());
        }
        self.rebuild_index(partition, base).await
    }

    /// Builds a segment's index from its batches.
    pub async fn rebuild_index(self: &Rc<Store>, partition: &Rc<Partition>, base: Offset) -> io::Result<()> {
        let interval = partition.config.borrow().index_interval_bytes;
        let mut index = Index::default();
        let mut at = 0;
        loop {
            let size = {
                let mut borrowed = partition.log.borrow_mut();
                let Some(segment) = borrowed.as_mut().and_then(|log| log.segment_mut(base)) else { return Ok(()) };
                if at >= segment.size {
                    // Nothing was appended since the last look, and nothing can be while this runs.
                    if segment.sealed {
                        index.finish();
                    }
                    segment.index = Some(index);
                    return Ok(());
                }
                segment.size
            };
            let to = size.min(at + (1 << 20));
            let bytes = self.segment_bytes(partition, base, at, to).await?;
            let begin = at;
            while at + HEADER_LEN as u64 <= to {
                let header = BatchHeader::parse_prefix(&bytes[(at - begin) as usize..])
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
                index.note(base, header, at, interval);
                at += header.size() as u64;
            }
            if at + HEADER_LEN as u64 > to && to == size && at < size {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a batch is cut short"));
            }
            self.core.spawn.yield_now().await;
        }
    }
}

type Stretch = (Vec<Piece>, u64, Option<(Offset, u64)>);

struct Search {
    base: Offset,
    /// Where a batch begins, at or before the one wanted.
    from: u64,
    /// End of what may be read.
    limit: u64,
    offset: Offset,
    max: u64,
    first: bool,
}

/// Headers of a segment's file, of which a window is in memory.
struct Headers {
    file: Rc<dyn File>,
    /// End of what may be looked at.
    limit: u64,
    from: u64,
    bytes: Bytes,
}

/// Bytes looked at for a batch's header, and for those of its neighbours.
const HEADERS_WINDOW: usize = 8 << 10;

impl Headers {
    /// The header of the batch that begins here; nothing if there is none, or the file cannot be read.
    async fn at(&mut self, position: u64) -> Option<BatchHeader> {
        let end = position + HEADER_LEN as u64;
        if end > self.limit {
            return None;
        }
        if position < self.from || end > self.from + self.bytes.len() as u64 {
            let (read, buffer) = self.file.read_at(position, AlignedBuf::with_capacity(HEADERS_WINDOW)).await;
            read.ok()?;
            (self.from, self.bytes) = (position, buffer.freeze());
        }
        let header = BatchHeader::parse_prefix(self.bytes.get((position - self.from) as usize..)?).ok()?;
        (position + header.size() as u64 <= self.limit).then_some(*header)
    }
}

enum StretchError {
    /// There is none at this byte, where there should be.
    NoBatch(u64),
    Io(io::Error),
}

/// Whether what the reader believes of the leader's epoch is so.
pub fn check_epoch(believed: Option<LeaderEpoch>, current: LeaderEpoch) -> Result<(), ReadError> {
    match believed {
        Some(believed) if believed < current => Err(ReadError::FencedEpoch),
        Some(believed) if believed > current => Err(ReadError::UnknownEpoch),
        _ => Ok(()),
    }
}

/// Where whole batches from `start` on end that are not more than `max` bytes, and the offset after them.
fn stretch(segment: &Segment, start: u64, limit: u64, max: u64, first: bool) -> (u64, Option<Offset>) {
    let far = limit.min(start.saturating_add(max));
    let jump = segment.index.as_ref().map_or(start, |index| index.batch_before(far));
    let mut at = if jump > start && jump >= segment.memory_from() { jump } else { start };
    let mut next = None;
    while at < limit {
        let Some(header) = segment.header_at(at) else { break };
        let end = at + header.size() as u64;
        let fits = end <= far || (at == start && first && end <= limit);
        if !fits {
            next = next.or(Some(header.base_offset()));
            break;
        }
        next = Some(header.next_offset());
        at = end;
    }
    (at, next)
}

impl Log {
    /// The facts of the log, and no bytes.
    pub fn nothing(&self) -> ReadData {
        ReadData {
            high_watermark: self.high_watermark,
            last_stable: self.high_watermark,
            log_start: self.start,
            segments: Vec::new(),
            bytes: 0,
            aborted: Vec::new(),
            diverging: None,
        }
    }

    /// The refusal of an offset that is not there.
    pub fn out_of_range(&self) -> ReadError {
        ReadError::OutOfRange { log_start: self.start, end: self.high_watermark }
    }

    /// End of what may be read of a segment.
    pub fn limit_in(&self, segment: &Segment) -> u64 {
        match segment.base.cmp(&self.visible.0) {
            std::cmp::Ordering::Less => segment.size,
            std::cmp::Ordering::Equal => self.visible.1,
            std::cmp::Ordering::Greater => 0,
        }
    }

    /// The segment that holds an offset, and where in it the offset's batch begins if that is remembered.
    fn segment_of(&self, offset: Offset) -> Option<(Offset, Option<u64>)> {
        if let Some((base, at)) = self.recall(offset)
            && self.segment(base).is_some_and(|segment| at < self.limit_in(segment))
        {
            return Some((base, Some(at)));
        }
        let count = self.segments.partition_point(|segment| segment.base <= offset);
        let segment = self.segments.get(count.checked_sub(1)?)?;
        Some((segment.base, None))
    }

    /// Where the batch that holds an offset begins, if it can be said from memory and the batch is there.
    fn find_in_memory(&self, offset: Offset) -> Option<Place> {
        let (base, known): (Offset, Option<u64>) = self.segment_of(offset)?;
        let segment = self.segment(base)?;
        let mut at = match known {
            Some(at) => at,
            None => segment.index.as_ref()?.find(base, offset),
        };
        if at < segment.memory_from() {
            return None;
        }
        while at < segment.size {
            let header = segment.header_at(at)?;
            if header.last_offset() >= offset {
                return Some((base, at));
            }
            at += header.size() as u64;
        }
        None
    }
}
