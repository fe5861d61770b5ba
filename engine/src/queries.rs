//! Questions about logs other than for their records: offsets by time, ends of epochs, sizes; and the deletion of records.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use bytes::{BufMut, Bytes};
use thalweg_wire::batch::{BatchHeader, BatchView, HEADER_LEN};
use thalweg_wire::{LeaderEpoch, Offset, PartitionIndex};

use crate::journal::extents::Place;
use crate::journal::frame::Kind;
use crate::log::read::check_epoch;
use crate::log::segment::{block_floor, path};
use crate::message::{
    DeleteRecords, EpochQuery, OffsetAnswer, OffsetAt, OffsetQuery, PartitionKey, PartitionSize, ReadError,
};
use crate::partition::Partition;
use crate::promise::promise;
use crate::store::{Control, Store};

/// Nothing matches.
const NONE: OffsetAnswer = OffsetAnswer { offset: Offset::NONE, timestamp_ms: -1, epoch: LeaderEpoch::NONE };
/// Bytes looked through at a time.
const WINDOW: u64 = 256 << 10;
/// Bytes the records of one batch may come to when it is searched.
const RECORDS_BYTES_MAX: usize = 256 << 20;

impl Store {
    async fn usable(self: &Rc<Store>, key: PartitionKey) -> Result<Rc<Partition>, ReadError> {
        if self.offline.get() {
            return Err(ReadError::Offline);
        }
        let partition = self.partition(key).ok_or(ReadError::UnknownPartition)?;
        self.opened(&partition).await;
        if let Some(damage) = &*partition.broken.borrow() {
            return Err(ReadError::Corrupt(damage.clone()));
        }
        if partition.deleted.get() {
            return Err(ReadError::UnknownPartition);
        }
        if partition.log.borrow().is_none() {
            return Err(ReadError::Corrupt("cannot be opened".into()));
        }
        Ok(partition)
    }

    /// An offset by time or by name.
    pub async fn offset_at(self: &Rc<Store>, query: OffsetQuery) -> Result<OffsetAnswer, ReadError> {
        let partition = self.usable(query.key).await?;
        let current = partition.leader_epoch.get();
        check_epoch(query.current_epoch, current)?;
        {
            let borrowed = partition.log.borrow();
            let Some(log) = borrowed.as_ref() else { return Err(ReadError::UnknownPartition) };
            match query.at {
                OffsetAt::Latest => {
                    return Ok(OffsetAnswer { offset: log.high_watermark, timestamp_ms: -1, epoch: current });
                }
                OffsetAt::Earliest => {
                    let epoch = log.epochs.epoch_of(log.start).or(log.epochs.latest());
                    return Ok(OffsetAnswer {
                        offset: log.start,
                        timestamp_ms: -1,
                        epoch: epoch.unwrap_or(LeaderEpoch::NONE),
                    });
                }
                OffsetAt::MaxTimestamp | OffsetAt::Time(_) => {}
            }
        }
        self.by_time(&partition, query.at).await.map_err(|error| ReadError::Corrupt(error.to_string()))
    }

    async fn by_time(self: &Rc<Store>, partition: &Rc<Partition>, at: OffsetAt) -> io::Result<OffsetAnswer> {
        self.listed(partition).await?;
        let bases: Vec<Offset> = {
            let borrowed = partition.log.borrow();
            borrowed.as_ref().map(|log| log.segments.iter().map(|segment| segment.base).collect()).unwrap_or_default()
        };
        let mut largest: Option<(i64, Offset)> = None;
        for base in bases {
            self.indexed(partition, base).await?;
            let (max, from) = {
                let borrowed = partition.log.borrow();
                let Some(segment) = borrowed.as_ref().and_then(|log| log.segment(base)) else { continue };
                let Some(index) = &segment.index else { continue };
                let from = match at {
                    OffsetAt::Time(ms) => index.find(base, index.before_time(base, ms)),
                    _ => index.max_time(base).map_or(0, |(_, last)| index.find(base, last)),
                };
                (index.max_time(base).map_or(-1, |(ms, _)| ms), from)
            };
            match at {
                OffsetAt::Time(ms) if max >= ms => {
                    if let Some(answer) = self.first_at(partition, base, from, ms).await? {
                        return Ok(answer);
                    }
                }
                OffsetAt::MaxTimestamp if max >= 0 && largest.is_none_or(|(ms, _)| max > ms) => {
                    largest = Some((max, base));
                }
                _ => {}
            }
        }
        // The first record with the largest timestamp is the first at or after it.
        let Some((ms, base)) = largest else { return Ok(NONE) };
        let from = {
            let borrowed = partition.log.borrow();
            let index = borrowed.as_ref().and_then(|log| log.segment(base)).and_then(|segment| segment.index.as_ref());
            index.map_or(0, |index| index.find(base, index.before_time(base, ms)))
        };
        Ok(self.first_at(partition, base, from, ms).await?.unwrap_or(NONE))
    }

    /// The first visible record of a segment at or after a time, looked for from a batch on.
    async fn first_at(
        self: &Rc<Store>,
        partition: &Rc<Partition>,
        base: Offset,
        from: u64,
        ms: i64,
    ) -> io::Result<Option<OffsetAnswer>> {
        let (limit, start, mark) = {
            let borrowed = partition.log.borrow();
            let Some(log) = borrowed.as_ref() else { return Ok(None) };
            let Some(segment) = log.segment(base) else { return Ok(None) };
            let limit = if log.visible.0 == base { log.visible.1 } else { segment.size };
            (if log.visible.0 < base { 0 } else { limit }, log.start, log.high_watermark)
        };
        let mut at = from;
        while at < limit {
            let to = limit.min(at + WINDOW);
            let mut bytes = self.segment_bytes(partition, base, at, to).await?;
            let begin = at;
            while at + HEADER_LEN as u64 <= begin + bytes.len() as u64 {
                let header = *BatchHeader::parse_prefix(&bytes[(at - begin) as usize..]).map_err(invalid)?;
                let end = at + header.size() as u64;
                if header.max_timestamp() >= ms && header.last_offset() >= start {
                    if end > begin + bytes.len() as u64 {
                        if end > limit {
                            return Err(invalid("a batch is cut short"));
                        }
                        bytes = self.segment_bytes(partition, base, begin, end).await?;
                    }
                    let batch = bytes.slice((at - begin) as usize..(end - begin) as usize);
                    if let Some((offset, timestamp_ms)) = first_record_at(&batch, ms, start)? {
                        let answer = OffsetAnswer { offset, timestamp_ms, epoch: header.leader_epoch() };
                        return Ok((offset < mark).then_some(answer));
                    }
                }
                at = end;
            }
            if at == begin {
                return Err(invalid("a batch is cut short"));
            }
            self.core.spawn.yield_now().await;
        }
        Ok(None)
    }

    /// Where an epoch ended.
    pub async fn epoch_end(self: &Rc<Store>, query: EpochQuery) -> Result<Option<(LeaderEpoch, Offset)>, ReadError> {
        let partition = self.usable(query.key).await?;
        let current = partition.leader_epoch.get();
        check_epoch(query.current_epoch, current)?;
        let borrowed = partition.log.borrow();
        Ok(borrowed.as_ref().and_then(|log| log.epochs.end_of(query.epoch, current, log.end)))
    }

    /// Moves a log's start forward; resolves when that is durable.
    pub async fn delete_records(self: &Rc<Store>, query: DeleteRecords) -> Result<Offset, ReadError> {
        let partition = self.usable(query.key).await?;
        let policy = partition.config.borrow().cleanup_policy;
        if policy.compact && !policy.delete {
            return Err(ReadError::PolicyViolation);
        }
        let (start, control, complete) = {
            let mut borrowed = partition.log.borrow_mut();
            let Some(log) = borrowed.as_mut() else { return Err(ReadError::UnknownPartition) };
            let before = query.before.unwrap_or(log.high_watermark);
            if before.0 < 0 || before > log.high_watermark {
                return Err(log.out_of_range());
            }
            if before <= log.start {
                return Ok(log.start);
            }
            if self.stopping.get() {
                return Err(ReadError::Stopping);
            }
            // The journal must know the partition before it can tell that its start moved.
            let mut records: Vec<(Kind, Place, Vec<u8>)> = Vec::new();
            let mut state = false;
            if log.state_use.is_none() {
                let snapshot = log.opening_state.take().unwrap_or_else(|| log.snapshot());
                let place = (snapshot.end.0, block_floor(snapshot.end.1));
                records.extend(snapshot.records.into_iter().map(|(kind, body)| (kind, place, body)));
                state = true;
                // Until the frame is built nothing else must write a state.
                log.state_use = Some(u64::MAX);
            }
            self.remembered.wake(&partition);
            log.start = before;
            if before <= log.leader.high_watermark() {
                log.leader.starts_at(before);
            }
            log.epochs.advance(before);
            let mut body = Vec::new();
            body.put_i64_le(before.0);
            records.push((Kind::LogStart, log.end_place(), body));
            let (done, complete) = promise();
            let partition = partition.clone();
            (before, Control { partition, records, state, reaches: None, done: Some(done) }, complete)
        };
        self.control(control);
        if complete.await.is_none() {
            return Err(ReadError::Offline);
        }
        self.drop_segments(&partition).await.map_err(|error| ReadError::Corrupt(error.to_string()))?;
        Ok(start)
    }

    /// Removes segments that lie below the log start as a whole.
    pub async fn drop_segments(self: &Rc<Store>, partition: &Rc<Partition>) -> io::Result<()> {
        self.listed(partition).await?;
        let mut gone = Vec::new();
        {
            let mut borrowed = partition.log.borrow_mut();
            let Some(log) = borrowed.as_mut() else { return Ok(()) };
            let mut freed = 0;
            while log.segments.len() > 1 && log.segments[1].base <= log.start {
                if let Some(mut segment) = log.segments.pop_front() {
                    freed += segment.tail.free();
                    gone.push(segment.base);
                }
            }
            self.tail_bytes.set(self.tail_bytes.get().saturating_sub(freed));
        }
        for base in gone {
            for kind in ["log", "index", "timeindex"] {
                match self.core.disk.remove_file(&path(&partition.directory, base, kind)).await {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Facts of the partitions that hold data; those that rest on disk are looked up.
    pub async fn sizes(self: &Rc<Store>) -> Vec<PartitionSize> {
        let mut sizes = BTreeMap::new();
        // A directory that cannot be listed leaves what is in memory.
        for entry in self.core.disk.list(&self.config.data).await.unwrap_or_default() {
            let named = entry.name.rsplit_once('-').filter(|_| entry.is_dir);
            let Some((name, index)) = named.and_then(|(name, index)| Some((name, index.parse().ok()?))) else {
                continue;
            };
            let topic = self.topics.borrow().iter().find(|(_, topic)| topic.name == name).map(|(id, _)| *id);
            let key = topic.map(|topic| PartitionKey { topic, index: PartitionIndex(index) });
            if let Some(partition) = key.and_then(|key| self.partition(key)) {
                self.opened(&partition).await;
                // Failing that, the sizes are those of what is known.
                let _ = self.listed(&partition).await;
                // It may leave memory again while the next one is opened.
                sizes.extend(size_of(&partition).map(|size| (size.key, size)));
            }
        }
        sizes.extend(
            self.partitions.borrow().values().filter_map(|partition| Some((partition.key, size_of(partition)?))),
        );
        sizes.retain(|key, _| self.topics.borrow().contains_key(&key.topic));
        sizes.into_values().collect()
    }
}

/// Facts of a partition that is in memory.
fn size_of(partition: &Partition) -> Option<PartitionSize> {
    let borrowed = partition.log.borrow();
    let log = borrowed.as_ref().filter(|_| !partition.deleted.get())?;
    Some(PartitionSize {
        key: partition.key,
        bytes: log.bytes(),
        log_start: log.start,
        high_watermark: log.high_watermark,
        log_end: log.end,
    })
}

/// The first record of a batch at or after a time and not below an offset.
fn first_record_at(batch: &Bytes, ms: i64, start: Offset) -> io::Result<Option<(Offset, i64)>> {
    let view = BatchView::parse(batch).map_err(invalid)?;
    let mut records = view.records(RECORDS_BYTES_MAX).map_err(invalid)?;
    while let Some(record) = records.try_next().map_err(invalid)? {
        let offset = view.base_offset().plus(i64::from(record.offset_delta));
        let timestamp_ms = view.timestamp_of(record.timestamp_delta);
        if timestamp_ms >= ms && offset >= start {
            return Ok(Some((offset, timestamp_ms)));
        }
    }
    Ok(None)
}

fn invalid(error: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}
