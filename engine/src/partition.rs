//! One partition of this core: its log in memory and what is known of it on disk and in the journal.
//!
//! Everything here is synchronous; what has to wait (files, the journal) is done by the rooms around it.
//!
//! Invariants: `start <= durable <= end`, `start <= high_watermark <= end`, and on a topic with our own durability
//! `high_watermark <= durable`. Every byte from the first block that is not destaged on is in memory, and every byte that is
//! not on stable storage in its segment is in the journal, or about to be and not acknowledged.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;

use thalweg_replication::metadata::topic_config::{Durability, TopicConfig};
use thalweg_replication::partition::Leader;
use thalweg_wire::batch::BatchHeader;
use thalweg_wire::{LeaderEpoch, Offset};

use crate::append::Prepared;
use crate::epochs::Epochs;
use crate::journal::extents::Place;
use crate::journal::frame::Kind;
use crate::journal::record::{StateRef, Times, more_producers, put_state};
use crate::log::destage::Wants;
use crate::log::segment::{Segment, block_floor};
use crate::message::PartitionKey;
use crate::producer::{Misfit, Producers, Verdict};
use crate::waiting::{AppendTicket, Backlog, ReadSlot};

/// A partition. Cheap to share within its core.
pub struct Partition {
    /// Which one.
    pub key: PartitionKey,
    /// Where its files are; exists once it has any.
    pub directory: PathBuf,
    /// Its topic's configuration.
    pub config: RefCell<Rc<TopicConfig>>,
    /// Its log; nothing until it has been opened.
    pub log: RefCell<Option<Log>>,
    /// Appends that wait for it to be opened or for memory.
    pub backlog: RefCell<VecDeque<Backlog>>,
    /// Who waits for it to be opened.
    pub opened: thalweg_rt::Wakers,
    /// It is being opened.
    pub opening: Cell<bool>,
    /// Why it cannot be used.
    pub broken: RefCell<Option<String>>,
    /// Its topic was deleted.
    pub deleted: Cell<bool>,
    /// The leader's epoch, stamped into batches.
    pub leader_epoch: Cell<LeaderEpoch>,
    /// Reads parked on it.
    pub parked: RefCell<Vec<ReadSlot>>,
    /// The core's count of uses when it was last used.
    pub used: Cell<u64>,
    /// Where it stands among the partitions at rest.
    pub idle: Cell<Option<u64>>,
    /// It stands among those whose memory grew.
    pub grown: Cell<bool>,
    /// It is being sent to the disk so that it leaves memory.
    pub leaving: Cell<bool>,
    /// The frame that waits for bytes up to a place of which a part has been logged instead. The rest is logged too, even if it is
    /// written meanwhile: a start takes what follows such a part for lost.
    pub split: Cell<Option<(u64, Place)>>,
}

/// What is known of a partition's directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum House {
    /// Nothing.
    Unknown,
    /// It exists and is the partition's own, but may be gone with the power.
    Made,
    /// Its name and whose it is are on stable storage.
    Stays,
}

/// The log of an open partition.
pub struct Log {
    /// First offset.
    pub start: Offset,
    /// Next offset to be written.
    pub end: Offset,
    /// First offset that is not on stable storage yet.
    pub durable: Offset,
    /// The rules of what is committed.
    pub leader: Leader,
    /// End of what every replica in sync has on stable storage: what readers may see.
    pub high_watermark: Offset,
    /// Where the high watermark is.
    pub visible: Place,
    /// Bytes that have become visible since the partition was opened.
    pub visible_bytes: u64,
    /// Oldest first, never empty; the last is being written. Whole only if `listed`.
    pub segments: VecDeque<Segment>,
    /// Whether `segments` begins with the first there is.
    pub listed: bool,
    /// Leader epochs.
    pub epochs: Epochs,
    /// Idempotent producers.
    pub producers: Producers,

    /// Everything before is in frames of the journal, or on stable storage in its segment.
    pub logged: Place,
    /// Where each batch that is not durable yet ends, with the offset after it.
    pub undurable: VecDeque<(Place, Offset)>,
    /// Where the durable part ends.
    pub durable_end: Place,
    /// End of what was logged in each use of a journal file that is still needed.
    pub uses: VecDeque<(u64, Place)>,
    /// The use the last state was written in; none while the journal knows nothing of the partition.
    pub state_use: Option<u64>,
    /// A state to be written before anything else is.
    pub opening_state: Option<Snapshot>,
    /// Whether it stands in the queue of partitions with something to log.
    pub queued: bool,
    /// End of what was logged although it was to bypass the journal.
    pub logged_instead: Place,
    /// Times the last page has been logged again since the last append.
    pub carries: u8,

    /// What its writer is to do.
    pub wants: Wants,
    /// Whether its writer runs.
    pub writing: bool,
    /// Whether it stands in the queue of partitions to be destaged by age.
    pub ripening: bool,
    /// Who waits for everything up to a place to be durable.
    pub awaited: Vec<(Place, crate::promise::Promise<()>)>,
    /// What is known of its directory.
    pub house: House,

    /// Appends that wait, by the offset that releases them.
    pub waiting: VecDeque<(Offset, AppendTicket)>,
    /// Where recent reads ended, so that the next one need not search.
    pub cursors: [(Offset, Place); 4],
    /// The cursor to be overwritten next.
    pub cursor_next: u8,
}

/// What became of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placed {
    /// It is in the log.
    New {
        /// Offset of its first record.
        base: Offset,
        /// Offset after its last.
        next: Offset,
    },
    /// It was there already.
    Repeated {
        /// Offset of its first record.
        base: Offset,
        /// Offset after its last.
        next: Offset,
    },
}

/// Everything about a partition but its bytes, as it was at some moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The end of the log then.
    pub end: Place,
    /// The records it takes.
    pub records: Vec<(Kind, Vec<u8>)>,
}

impl Snapshot {
    /// Bytes it takes in a frame.
    pub fn size(&self) -> usize {
        self.records.iter().map(|(_, body)| body.len() + crate::journal::frame::RECORD_HEADER_LEN).sum()
    }
}

impl Log {
    /// Where the batch begins that holds the byte at a place; or, as what is durable is not remembered, another one near it.
    pub fn batch_at(&self, place: Place) -> u64 {
        let first = self.undurable.partition_point(|(end, _)| *end <= place);
        match first.checked_sub(1).and_then(|before| self.undurable.get(before)) {
            Some(((base, end), _)) if *base == place.0 => *end,
            Some(_) => 0,
            None if self.durable_end.0 == place.0 => self.durable_end.1,
            None => 0,
        }
    }

    /// Where bytes of a segment begin that are neither on stable storage there nor before this place.
    pub fn missing_from(&self, base: Offset, logged: Place) -> u64 {
        let synced = self.segment(base).map_or(0, |segment| segment.synced);
        if logged.0 == base { synced.max(logged.1) } else { synced }
    }

    /// Bytes that are to be logged although they were to bypass the journal, `split` ending a part of which others were.
    pub fn unlogged_holds(&self, split: Option<(u64, Place)>) -> u64 {
        let mut reached = self.logged_instead;
        let mut bytes = 0;
        if let Some((_, to)) = split {
            bytes += to.1.saturating_sub(reached.1);
            reached = to;
        }
        for (_, to) in self.wants.holds.iter().filter(|_| self.wants.instead) {
            bytes += to.1.saturating_sub(self.missing_from(to.0, reached));
            reached = reached.max(*to);
        }
        bytes
    }

    /// An empty log.
    pub fn empty() -> Log {
        Log::from_segments(VecDeque::from([Segment::new(Offset(0))]), Offset(0), Offset(0))
    }

    /// A log of these segments; the last is the active one. All of it is durable and visible.
    pub fn from_segments(segments: VecDeque<Segment>, start: Offset, end: Offset) -> Log {
        let place = segments.back().map_or((Offset(0), 0), |active| (active.base, active.size));
        Log {
            start,
            end,
            durable: end,
            leader: Leader::recovered(start, end),
            high_watermark: end,
            visible: place,
            visible_bytes: 0,
            segments,
            listed: true,
            epochs: Epochs::default(),
            producers: Producers::default(),
            logged: (place.0, block_floor(place.1)),
            undurable: VecDeque::new(),
            durable_end: place,
            uses: VecDeque::new(),
            state_use: None,
            opening_state: None,
            queued: false,
            logged_instead: (Offset(0), 0),
            carries: 0,
            wants: Wants::default(),
            writing: false,
            ripening: false,
            awaited: Vec::new(),
            house: House::Unknown,
            waiting: VecDeque::new(),
            cursors: [(Offset::NONE, (Offset::NONE, 0)); 4],
            cursor_next: 0,
        }
    }

    /// The segment being written.
    pub fn active(&self) -> &Segment {
        self.segments.back().unwrap_or_else(|| unreachable!("a log has a segment"))
    }

    /// The segment being written.
    pub fn active_mut(&mut self) -> &mut Segment {
        self.segments.back_mut().unwrap_or_else(|| unreachable!("a log has a segment"))
    }

    /// Where the log ends.
    pub fn end_place(&self) -> Place {
        (self.active().base, self.active().size)
    }

    /// The segment with this base.
    pub fn segment(&self, base: Offset) -> Option<&Segment> {
        self.segments.binary_search_by_key(&base, |segment| segment.base).ok().map(|at| &self.segments[at])
    }

    /// The segment with this base.
    pub fn segment_mut(&mut self, base: Offset) -> Option<&mut Segment> {
        self.segments.binary_search_by_key(&base, |segment| segment.base).ok().map(|at| &mut self.segments[at])
    }

    /// What its producer's past says of a batch.
    pub fn judge(&self, header: &BatchHeader) -> Result<Option<Placed>, Misfit> {
        if header.producer_id().0 < 0 {
            return Ok(None);
        }
        match self.producers.judge(header)? {
            Verdict::New => Ok(None),
            Verdict::Repeated(mark) => Ok(Some(Placed::Repeated { base: mark.base_offset, next: mark.next_offset() })),
        }
    }

    /// Appends a batch that was judged. Memory grows by what is returned.
    pub fn append(&mut self, batch: Prepared, epoch: LeaderEpoch, config: &TopicConfig, now_ms: i64) -> (Placed, i64) {
        if self.state_use.is_none() && self.opening_state.is_none() {
            // The journal is about to learn of this partition: first of all what it was before.
            self.opening_state = Some(self.snapshot());
        }
        let mut header = batch.header;
        let base = self.end;
        header.set_base_offset(base);
        header.set_leader_epoch(epoch);
        let held = self.active().tail.held();
        let before = if self.is_due_to_roll(&header, config) {
            self.roll();
            0
        } else {
            held
        };
        self.active_mut().append(&header, &batch.rest, config.index_interval_bytes);
        let grown = self.active().tail.held() as i64 - before as i64;
        self.end = header.next_offset();
        self.leader.appended(self.end);
        self.epochs.note(epoch, base);
        self.producers.note(&header, now_ms);
        self.undurable.push_back((self.end_place(), self.end));
        self.carries = 0;
        (Placed::New { base, next: self.end }, grown)
    }

    fn is_due_to_roll(&self, header: &BatchHeader, config: &TopicConfig) -> bool {
        let active = self.active();
        if active.size == 0 {
            return false;
        }
        let full = active.size + header.size() as u64 > u64::from(config.segment_bytes);
        let far = header.last_offset().0 - active.base.0 > i64::from(i32::MAX);
        let first_ms = active.times.first_ms;
        let old = first_ms >= 0 && header.max_timestamp().saturating_sub(first_ms) > config.segment_ms;
        full || far || old
    }

    /// Closes the active segment and begins the next.
    pub fn roll(&mut self) {
        let end = self.end;
        self.active_mut().seal();
        self.segments.push_back(Segment::new(end));
    }

    /// Everything but the bytes, as of now. To be written into the journal only once all of it is durable.
    pub fn snapshot(&self) -> Snapshot {
        let end = self.end_place();
        let mut body = Vec::new();
        let parts = StateRef {
            next: self.end,
            log_start: self.start,
            end,
            times: self.active().times,
            epochs: &self.epochs,
            producers: &self.producers,
        };
        put_state(&mut body, &parts);
        let mut records = vec![(Kind::State, body)];
        records.extend(more_producers(&self.producers).into_iter().map(|body| (Kind::Producers, body)));
        Snapshot { end, records }
    }

    /// Bytes that wait for the journal.
    pub fn unlogged(&self) -> u64 {
        let (segment, position) = self.logged;
        self.segments
            .iter()
            .rev()
            .take_while(|s| s.base >= segment)
            .map(|s| if s.base == segment { s.size.saturating_sub(position) } else { s.size })
            .sum()
    }

    /// Notes that bytes up to `end` stand in this use of the journal.
    pub fn note_use(&mut self, number: u64, end: Place) -> bool {
        match self.uses.back_mut() {
            Some((last, reached)) if *last == number => {
                *reached = (*reached).max(end);
                false
            }
            _ => {
                self.uses.push_back((number, end));
                true
            }
        }
    }

    /// Everything up to `place` is complete. Returns whether anything became durable.
    pub fn durable_to(&mut self, place: Place) -> bool {
        let mut moved = false;
        while self.undurable.front().is_some_and(|(end, _)| *end <= place) {
            if let Some((end, next)) = self.undurable.pop_front() {
                self.durable = next;
                self.durable_end = end;
                moved = true;
            }
        }
        if moved {
            self.leader.durable(self.durable);
        }
        moved
    }

    /// Moves the high watermark to where the rules allow; by how many bytes.
    pub fn advance_visible(&mut self, config: &TopicConfig, write_behind: bool) -> u64 {
        let behind = write_behind || config.durability == Durability::WriteBehind;
        let (mark, place) =
            if behind { (self.end, self.end_place()) } else { (self.leader.high_watermark(), self.durable_end) };
        assert!(mark >= self.high_watermark, "the high watermark never goes back");
        let gained = self.distance(self.visible, place);
        self.high_watermark = mark;
        self.visible = place;
        self.visible_bytes += gained;
        gained
    }

    /// Bytes from one place to another.
    pub fn distance(&self, from: Place, to: Place) -> u64 {
        if from.0 == to.0 {
            return to.1.saturating_sub(from.1);
        }
        self.segments
            .iter()
            .filter(|s| s.base >= from.0 && s.base <= to.0)
            .map(|s| {
                let begin = if s.base == from.0 { from.1 } else { 0 };
                let end = if s.base == to.0 { to.1 } else { s.size };
                end.saturating_sub(begin)
            })
            .sum()
    }

    /// Remembers where a read ended.
    pub fn remember(&mut self, offset: Offset, place: Place) {
        if self.cursors.iter().all(|(known, _)| *known != offset) {
            let slot = usize::from(self.cursor_next) % self.cursors.len();
            self.cursors[slot] = (offset, place);
            self.cursor_next = self.cursor_next.wrapping_add(1);
        }
    }

    /// Where an offset begins, if a recent read ended there.
    pub fn recall(&self, offset: Offset) -> Option<Place> {
        self.cursors.iter().find(|(known, _)| *known == offset).map(|(_, place)| *place)
    }

    /// Memory held by the tails, in bytes.
    pub fn held(&self) -> u64 {
        self.segments.iter().map(|segment| segment.tail.held()).sum()
    }

    /// Bytes of records.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }

    /// Whether its files alone tell all of it.
    pub fn is_at_rest(&self) -> bool {
        self.state_use.is_none()
            && self.opening_state.is_none()
            && self.uses.is_empty()
            && self.durable == self.end
            && self.high_watermark == self.end
    }

    /// Whether nothing of it is anywhere but in its segments.
    pub fn is_quiet(&self) -> bool {
        self.undurable.is_empty() && !self.writing && !self.queued && self.waiting.is_empty()
    }

    /// What is known of the times of the active segment.
    pub fn times(&self) -> Times {
        self.active().times
    }
}
