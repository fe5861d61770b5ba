//! Partitions at rest and the directories they rest in, and the clean stop of a core.
//!
//! A partition at rest is in its files alone: segments that are exactly Kafka segments, their indexes, and two small files:
//!
//! `partition.metadata`, text, as Kafka writes it: `version: 0`, then `topic_id: ` and the id. Tells whose directory it is.
//!
//! `partition.state`, little endian: everything about the partition but its bytes, as of the moment it came to rest:
//!
//! | at | bytes | |
//! |--:|--:|---|
//! | 0 | 8 | magic | `TWSTATE1` |
//! | 8 | 4 | CRC-32C of all that follows |
//! | 12 | 4 | number of parts |
//! | 16 | 16 | topic id |
//! | 32 | 4 | partition |
//! | 36 | | parts: 4 length, then a state, then records of producers (`journal/record.rs`) |

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use thalweg_rt::{AlignedBuf, Open, Tick};
use thalweg_wire::Uuid;
use thalweg_wire::{Offset, PartitionIndex};

use crate::journal::record::{State, take_producers, take_state};
use crate::log::segment::{base_of, block_floor};
use crate::message::{AppendError, PartitionKey, Reply};
use crate::partition::{House, Partition, Snapshot};
use crate::promise::all;
use crate::store::Store;

const STATE_FILE: &str = "partition.state";
const STATE_NEW: &str = "partition.state.new";
const STATE_MAGIC: &[u8; 8] = b"TWSTATE1";
pub const METADATA_FILE: &str = "partition.metadata";
/// Directories on their way out end in this.
pub const DELETED: &str = "-delete";
/// Largest small file that is read back.
const SMALL_BYTES_MAX: u64 = 64 << 20;
/// Partitions put at rest at the same time.
const ABREAST: usize = 32;
/// A stop makes this many partitions durable at rest; when more are in use it leaves the journal in charge.
const DURABLE_RESTS_MAX: usize = 256;

/// Time a stop takes for making durable what was appended, and for putting partitions at rest.
const STOP_TIME: Duration = Duration::from_millis(600);

/// A journal in which nothing has become durable for so long will not get on.
const STALL_TIME: Duration = Duration::from_secs(5);

/// Time it takes for the frames that are in flight then.
const LAST_FRAME_TIME: Duration = Duration::from_millis(200);

/// Writes a state file's content.
pub fn encode_state(key: PartitionKey, snapshot: &Snapshot) -> Vec<u8> {
    let mut rest = Vec::new();
    rest.put_u32_le(snapshot.records.len() as u32);
    rest.put_slice(&key.topic.0);
    rest.put_i32_le(key.index.0);
    for (_, body) in &snapshot.records {
        rest.put_u32_le(body.len() as u32);
        rest.put_slice(body);
    }
    let mut out = STATE_MAGIC.to_vec();
    out.put_u32_le(crc32c::crc32c(&rest));
    out.extend(rest);
    out
}

/// Reads a state file's content; nothing if it is not this partition's, or damaged.
pub fn decode_state(key: PartitionKey, content: Vec<u8>) -> Option<State> {
    let mut from = Bytes::from(content);
    if from.len() < 12 || from.split_to(8) != STATE_MAGIC[..] {
        return None;
    }
    if from.get_u32_le() != crc32c::crc32c(&from) {
        return None;
    }
    let parts = from.try_get_u32_le().ok()?;
    let mut topic = [0; 16];
    from.try_copy_to_slice(&mut topic).ok()?;
    let index = PartitionIndex(from.try_get_i32_le().ok()?);
    if (PartitionKey { topic: Uuid(topic), index }) != key {
        return None;
    }
    let mut state: Option<State> = None;
    for _ in 0..parts {
        let len = from.try_get_u32_le().ok()? as usize;
        if len > from.len() {
            return None;
        }
        let body = from.split_to(len);
        match &mut state {
            None => state = Some(take_state(body)?),
            Some(state) => take_producers(body, &mut state.producers)?,
        }
    }
    state
}

impl Store {
    /// Reads a small file whole; nothing if it is not there.
    pub async fn read_small(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let file = match self.core.disk.open(path, Open::default()).await {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let len = file.len().await?;
        if len > SMALL_BYTES_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} has {len} bytes", path.display())));
        }
        if len == 0 {
            return Ok(Some(Vec::new()));
        }
        let (read, buffer) = file.read_at(0, AlignedBuf::with_capacity(len as usize)).await;
        read?;
        Ok(Some(buffer[..(len as usize).min(buffer.len())].to_vec()))
    }

    /// Whether the partition's directory, if there is one, is its own. A directory of an earlier topic of that name is moved away.
    pub async fn claim_directory(&self, partition: &Partition) -> io::Result<bool> {
        let path = partition.directory.join(METADATA_FILE);
        let Some(text) = self.read_small(&path).await? else {
            // Without the file it is a Kafka directory from before topic ids, or one that was being made when the power went.
            return match self.core.disk.list(&partition.directory).await {
                Ok(_) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            };
        };
        // A file that names nobody was being written when the power went, and says nothing of who owns what lies beside it.
        let Some(id) = owner(&text).filter(|id| *id != partition.key.topic.to_string()) else { return Ok(true) };
        let away = away(&partition.directory, &id);
        self.core.disk.rename(&partition.directory, &away).await?;
        let disk = self.core.disk.clone();
        self.spawn(thalweg_rt::Share::Background, async move {
            // What cannot be removed now is removed at the next start.
            let _ = disk.remove_dir(&away).await;
        });
        Ok(false)
    }

    /// Makes sure that the partition's directory exists, is its own, and stays. Nothing else may lie in it before that.
    pub async fn house(&self, partition: &Partition) -> io::Result<()> {
        self.make_house(partition).await?;
        if partition.log.borrow().as_ref().is_none_or(|log| log.house == House::Stays) {
            return Ok(());
        }
        if !self.config.unsafe_no_flush {
            let path = partition.directory.join(METADATA_FILE);
            self.core.disk.open(&path, Open { write: true, ..Open::default() }).await?.sync_data().await?;
            self.core.disk.sync_dir(&partition.directory).await?;
            self.core.disk.sync_dir(&self.config.data).await?;
        }
        self.house_is(partition, House::Stays);
        Ok(())
    }

    /// As [`Store::house`], but for its staying, which is left to the caller.
    pub async fn make_house(&self, partition: &Partition) -> io::Result<()> {
        if partition.log.borrow().as_ref().is_none_or(|log| log.house != House::Unknown) {
            return Ok(());
        }
        let path = partition.directory.join(METADATA_FILE);
        let there = self.claim_directory(partition).await?;
        let named = match self.read_small(&path).await? {
            Some(text) if there => owner(&text).is_some(),
            _ => false,
        };
        if !named {
            self.core.disk.create_dir(&partition.directory).await?;
            let text = format!("version: 0\ntopic_id: {}\n", partition.key.topic);
            self.write_small(&path, Bytes::from(text), false).await?;
        }
        if there {
            self.remove_strays(partition).await?;
        }
        // Even one that was found stays only when it is made to: who made it may have been killed before it was durable.
        self.house_is(partition, House::Made);
        Ok(())
    }

    /// Notes what is known of a partition's directory.
    pub fn house_is(&self, partition: &Partition, house: House) {
        if let Some(log) = partition.log.borrow_mut().as_mut() {
            log.house = house;
        }
    }

    /// Removes the files of segments that were begun and never acknowledged anything: the log was cut before them, and goes on
    /// over offsets that they claim.
    async fn remove_strays(&self, partition: &Partition) -> io::Result<()> {
        let entries = self.core.disk.list(&partition.directory).await?;
        let strays: Vec<_> = {
            let borrowed = partition.log.borrow();
            let Some(log) = borrowed.as_ref() else { return Ok(()) };
            let first = log.segments.front().map_or(Offset(0), |segment| segment.base);
            let is_stray = |name: &str| {
                let base = ["log", "index", "timeindex"].iter().find_map(|kind| base_of(name, kind));
                base.is_some_and(|base| base >= first && log.segment(base).is_none())
            };
            entries.into_iter().filter(|entry| is_stray(&entry.name)).collect()
        };
        for stray in strays {
            self.core.disk.remove_file(&partition.directory.join(stray.name)).await?;
        }
        Ok(())
    }

    /// Everything of the partition is in its segments: writes down the rest, and lets the journal forget it unless something was
    /// appended meanwhile.
    pub async fn come_to_rest(&self, partition: &Rc<Partition>, durably: bool) -> io::Result<bool> {
        let (snapshot, index) = {
            let borrowed = partition.log.borrow();
            let Some(log) = borrowed.as_ref() else { return Ok(false) };
            if log.opening_state.is_some() || !log.undurable.is_empty() {
                return Ok(false);
            }
            if log.end.0 == 0 && log.start.0 == 0 {
                return Ok(true);
            }
            let active = log.active();
            let index = active.index.as_ref().map(|index| {
                let mut whole = index.clone();
                whole.finish();
                (active.base, whole.encode())
            });
            (log.snapshot(), index)
        };
        self.house(partition).await?;
        let (base, size) = snapshot.end;
        if size == 0 {
            // An active segment without a byte has a file all the same: its name says where the log goes on.
            let file = self.segment_file(partition, base).await?;
            file.set_len(0).await?;
        }
        if let Some((base, index)) = index {
            // Where it tears, the log itself shows where batches begin, and the state tells the largest timestamp.
            self.write_index(partition, base, index, false).await?;
        }
        let new = partition.directory.join(STATE_NEW);
        let content = encode_state(partition.key, &snapshot);
        self.write_small(&new, Bytes::from(content), durably).await?;
        self.core.disk.rename(&new, &partition.directory.join(STATE_FILE)).await?;
        if durably && !self.config.unsafe_no_flush {
            self.core.disk.sync_dir(&partition.directory).await?;
        }
        let mut borrowed = partition.log.borrow_mut();
        let Some(log) = borrowed.as_mut() else { return Ok(false) };
        // What was appended meanwhile may be in a newer use of the journal than the state, and would be found there without it.
        let newest = log.uses.back().map(|(used, _)| *used);
        let apart = newest > log.state_use && !self.resting.get();
        let still =
            log.end_place() == snapshot.end && log.opening_state.is_none() && log.undurable.is_empty() && !apart;
        if still && durably {
            log.state_use = None;
            log.uses.clear();
            log.logged = (snapshot.end.0, block_floor(snapshot.end.1));
            drop(borrowed);
            self.rests(partition);
        }
        Ok(still)
    }

    /// The state a partition came to rest with.
    pub async fn read_state(&self, partition: &Partition) -> io::Result<Option<State>> {
        let content = self.read_small(&partition.directory.join(STATE_FILE)).await?;
        Ok(content.and_then(|content| decode_state(partition.key, content)))
    }

    /// Stops: takes no new work, answers what waits, and puts everything at rest.
    pub async fn stop(self: &Rc<Store>) {
        self.stop_with(DURABLE_RESTS_MAX, STOP_TIME).await;
    }

    /// As [`Store::stop`], with every partition durably at rest and nothing left in the journal, however long that takes; false
    /// if the disk failed or was full.
    pub async fn stop_durably(self: &Rc<Store>) -> bool {
        self.stop_with(usize::MAX, Duration::MAX).await
    }

    /// Whether everything is durably at rest.
    async fn stop_with(self: &Rc<Store>, durable_rests_max: usize, time: Duration) -> bool {
        let until = self.core.timer.now() + time;
        if self.stopping.replace(true) {
            return false;
        }
        self.alarm.ring();
        self.ripe_bell.ring();
        let reads = self.waiting.borrow_mut().drain_reads();
        for (slot, parked) in reads {
            self.resume(slot, parked);
        }
        // What was appended becomes durable and is answered; what only waited in front of a partition is refused.
        let partitions: Vec<Rc<Partition>> = self.partitions.borrow().values().cloned().collect();
        for partition in &partitions {
            let backlog = std::mem::take(&mut *partition.backlog.borrow_mut());
            for batch in backlog {
                self.refuse(batch, AppendError::Stopping);
            }
        }
        self.drained(until).await;
        self.resting.set(true);
        let open: Vec<Rc<Partition>> = partitions
            .into_iter()
            .filter(|partition| {
                let log = partition.log.borrow();
                !partition.deleted.get() && log.as_ref().is_some_and(|log| log.state_use.is_some() || log.held() > 0)
            })
            .collect();
        let durably = open.len() <= durable_rests_max && !self.config.unsafe_no_flush;
        let mut all_rest = !self.offline.get();
        for some in open.chunks(ABREAST) {
            // Whoever does not get his turn in time stays in the journal, which is as safe.
            if self.offline.get() || self.disk_full.get() || self.core.timer.now() > until {
                all_rest = false;
                break;
            }
            let rests: Vec<_> = some
                .iter()
                .filter_map(|partition| Some(self.rest(partition, partition.log.borrow_mut().as_mut()?, durably)))
                .collect();
            for rested in all(rests).await {
                all_rest &= rested == Some(true);
            }
        }
        if all_rest && durably && !self.offline.get() {
            self.journal.close(until.max(self.core.timer.now() + LAST_FRAME_TIME)).await;
        }
        self.journal.stop(until.max(self.core.timer.now() + LAST_FRAME_TIME)).await;
        let left = self.waiting.borrow_mut().drain_appends(&AppendError::Stopping);
        for append in left {
            (append.answer)(Reply::Append(append.results));
        }
        all_rest && durably && !self.offline.get()
    }

    /// Resolves when nothing waits for the journal. What is not done in time is not waited for, nor what waits for room that a full
    /// disk keeps the journal from making: it was not acknowledged.
    async fn drained(&self, until: Tick) {
        let mut durable = self.journal.durable();
        let mut since = self.core.timer.now();
        while !self.offline.get() && self.is_writing() {
            let now = self.core.timer.now();
            if self.journal.durable() > durable {
                (durable, since) = (self.journal.durable(), now);
            }
            if now >= until.min(since + STALL_TIME) {
                return;
            }
            self.core.timer.sleep_until(now + Duration::from_micros(200)).await;
        }
    }
}

/// The id of the topic whose directory this is, as `partition.metadata` tells it; nothing if it does not.
fn owner(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let id = text.lines().find_map(|line| line.strip_prefix("topic_id:"))?.trim();
    (!id.is_empty()).then(|| id.to_string())
}

/// Where a directory that is to go is moved first, so that its name is free at once.
pub fn away(directory: &Path, id: &str) -> PathBuf {
    let mut name = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.push_str(&format!(".{id}{DELETED}"));
    directory.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::batch;
    use crate::partition::Log;
    use thalweg_wire::batch::BatchHeader;

    #[test]
    fn a_state_file_is_believed_only_if_whole_and_of_this_partition() {
        let key = PartitionKey { topic: Uuid([3; 16]), index: PartitionIndex(2) };
        let mut log = Log::empty();
        for id in 0..700 {
            let bytes = batch(id, 1).producer(id, 0, 0).bytes();
            log.producers.note(BatchHeader::parse_prefix(&bytes).unwrap(), 1);
        }
        let content = encode_state(key, &log.snapshot());
        let state = decode_state(key, content.clone()).unwrap();
        assert_eq!(state.producers, log.producers);
        assert_eq!(decode_state(PartitionKey { index: PartitionIndex(1), ..key }, content.clone()), None);
        for cut in (0..content.len()).step_by(101) {
            assert_eq!(decode_state(key, content[..cut].to_vec()), None);
            let mut flipped = content.clone();
            flipped[cut] ^= 1;
            assert_eq!(decode_state(key, flipped), None);
        }
    }
}
