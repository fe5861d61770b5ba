//! What goes into the journal's frames, and what happens when they are complete.

use std::io;
use std::rc::Rc;

use thalweg_wire::Offset;

use super::{InFrame, Store};
use crate::config::Bug;
use crate::journal::extents::Place;
use crate::journal::frame::{FrameBuilder, Kind, RECORD_HEADER_LEN, RecordHeader, may_stand, whole_blocks};
use crate::journal::record::{BYPASS_BATCH_LEN, Bypass};
use crate::journal::{Feed, Room, Slot};
use crate::log::segment::{CRC_WORTH, Segment, block_floor};
use crate::message::PartitionKey;
use crate::partition::{Log, Partition};

impl Store {
    /// Puts what a partition has to log into a frame; false if not all of it fits.
    fn put_partition(
        &self,
        partition: &Rc<Partition>,
        frame: &mut FrameBuilder,
        slot: &mut Slot,
        reached: &mut Vec<(Rc<Partition>, Place)>,
    ) -> bool {
        let mut borrowed = partition.log.borrow_mut();
        let Some(log) = borrowed.as_mut() else { return true };
        let begun = log.logged;
        if let Some(state) = &log.opening_state {
            if state.size() > frame.room() {
                return false;
            }
            let (segment, position) = (state.end.0, block_floor(state.end.1));
            for (kind, body) in &state.records {
                frame.put_header(&RecordHeader::new(*kind, partition.key, segment, position, body.len()));
                frame.put(body);
            }
            log.opening_state = None;
            log.state_use = Some(slot.number);
            // The data may follow in another use, and this one must not be given up without the state.
            self.holds(partition, log, slot.number, (Offset(0), 0));
        }
        let mut whole = true;
        while log.logged < log.end_place() {
            let (base, from) = log.logged;
            let Some(segment) = log.segment(base) else { break };
            if from == segment.size {
                let next = log.segments.iter().find(|next| next.base > base).map(|next| next.base);
                let Some(next) = next else { break };
                log.logged = (next, 0);
                continue;
            }
            let mut pending = segment.size - from;
            // The page a partition came to rest with is durable and nowhere but in its segment: before more is written into that
            // page it is logged, lest what was only appended and is torn there takes it along.
            let rested = log.durable_end.1.saturating_sub(from) * u64::from(log.durable_end.0 == base);
            if pending >= u64::from(self.config.bypass_bytes) && rested > 0 {
                pending = rested;
            }
            if pending >= u64::from(self.config.bypass_bytes)
                && !self.disk_full.get()
                && let Some((to, bypass)) = bypass_of(log, from, self.config.bypass_bytes)
            {
                if RECORD_HEADER_LEN + bypass.encoded_len() > frame.room() {
                    whole = false;
                    break;
                }
                let mut body = Vec::with_capacity(bypass.encoded_len());
                bypass.put(&mut body);
                frame.put_header(&RecordHeader::new(Kind::Bypass, partition.key, base, from, body.len()));
                frame.put(&body);
                log.logged = (base, to);
                self.logged_bytes(to - from);
                self.counts.borrow_mut().bypass_bytes += to - from;
                if !self.config.has(Bug::BypassWithoutSecondCompletion) {
                    slot.holds += 1;
                    log.wants.holds.push((slot.sequence, (base, to)));
                }
                log.wants.reach((base, to));
                self.start_writer(partition, log, true);
                continue;
            }
            let room = frame.room().saturating_sub(RECORD_HEADER_LEN) as u64;
            if room < pending.min(SPLIT_MIN) {
                whole = false;
                break;
            }
            let to = from + pending.min(room);
            self.put_data(frame, partition.key, log, segment, from, to);
            log.logged = (base, to);
            self.logged_bytes(to - from);
        }
        if log.logged > begun {
            let logged = log.logged;
            reached.push((partition.clone(), logged));
            self.holds(partition, log, slot.number, logged);
        }
        if whole {
            log.queued = false;
        }
        whole
    }

    /// Puts what was to bypass the journal and found the disk full; false if not all of it fits. A frame that waited for such
    /// bytes then waits for this frame instead.
    fn put_instead(&self, frame: &mut FrameBuilder, slot: &Slot, done: &mut InFrame) -> bool {
        loop {
            let Some(partition) = self.instead.borrow_mut().pop_front() else { return true };
            let mut borrowed = partition.log.borrow_mut();
            let Some(log) = borrowed.as_mut() else { continue };
            loop {
                let split = partition.split.get();
                let next = split.or_else(|| log.wants.holds.first().copied().filter(|_| log.wants.instead));
                let Some((sequence, to)) = next else { break };
                let from = match split {
                    Some(_) => log.logged_instead.1,
                    None => log.missing_from(to.0, log.logged_instead),
                };
                let room = frame.room().saturating_sub(RECORD_HEADER_LEN) as u64;
                let missing = to.1.saturating_sub(from);
                if room < missing.min(SPLIT_MIN) {
                    drop(borrowed);
                    self.instead.borrow_mut().push_front(partition);
                    return false;
                }
                let reached = (to.0, from + missing.min(room));
                if let Some(segment) = log.segment(to.0).filter(|_| missing > 0) {
                    self.put_data(frame, partition.key, log, segment, from, reached.1);
                    log.logged_instead = reached;
                    self.holds(&partition, log, slot.number, reached);
                    done.reached.push((partition.clone(), reached));
                }
                if split.is_none() {
                    log.wants.holds.remove(0);
                }
                if missing <= room {
                    partition.split.set(None);
                    self.journal.swap_hold(sequence, slot.sequence);
                } else {
                    partition.split.set(Some((sequence, to)));
                }
            }
        }
    }

    /// Puts bytes of a segment, which must fit. What is large is not read again for its checksum, nor copied where it fills blocks.
    fn put_data(&self, frame: &mut FrameBuilder, key: PartitionKey, log: &Log, segment: &Segment, from: u64, to: u64) {
        let len = (to - from) as usize;
        let header = |kind| RecordHeader::new(kind, key, segment.base, from, len);
        if len < CRC_WORTH {
            frame.put_header(&header(Kind::Data));
            return segment.tail.look(from, to, |piece| frame.put(piece));
        }
        let crc = segment.crc(log.batch_at((segment.base, from)), from, to);
        let whole = whole_blocks(from, len);
        let (begin, end) = (from + whole.start as u64, from + whole.end as u64);
        let blocks = if whole.len() < BLOCKS_WORTH { Vec::new() } else { segment.tail.slices(begin, end) };
        if blocks.is_empty() || !may_stand(&blocks) {
            frame.put_header(&header(Kind::Data));
            return frame.put_known(len, crc, |put| segment.tail.look(from, to, put));
        }
        frame.put_header(&header(Kind::Blocks));
        frame.put_around(len, crc, blocks, |put| {
            segment.tail.look(from, begin, &mut *put);
            segment.tail.look(end, to, put);
        });
        self.counts.borrow_mut().uncopied_bytes += end - begin;
    }

    fn logged_bytes(&self, bytes: u64) {
        self.queued_bytes.set(self.queued_bytes.get().saturating_sub(bytes as usize));
    }
}

/// Bytes that are not copied into a frame, if they fill whole blocks.
const BLOCKS_WORTH: usize = 16 << 10;
/// A piece of a batch that is not worth a record of its own.
const SPLIT_MIN: u64 = 512;
/// Most batches in one bypass record.
const BYPASS_BATCHES_MAX: usize = 400;
/// Batches smaller than this on average go through the journal: their headers would.
const BYPASS_BATCH_BYTES_MIN: u64 = 1024;

/// What to log in place of the bytes from `from` on, and up to where; nothing if it is not worth it.
fn bypass_of(log: &Log, from: u64, bytes_min: u32) -> Option<(u64, Bypass)> {
    let segment = log.segment(log.logged.0)?;
    let first = log.batch_at((segment.base, from));
    let mut at = first;
    let mut to = block_floor(segment.size);
    let mut batches = Vec::new();
    while at < to {
        let header = segment.header_at(at)?;
        if batches.len() == BYPASS_BATCHES_MAX {
            to = block_floor(at);
            break;
        }
        batches.push((at, header));
        at += header.size() as u64;
    }
    let len = to.checked_sub(from).filter(|len| *len >= u64::from(bytes_min) / 2)?;
    if len / (batches.len() as u64).max(1) < BYPASS_BATCH_BYTES_MIN {
        return None;
    }
    let crc = segment.crc(first, from, to);
    Some((to, Bypass { len, crc, batches }))
}

const _: () = assert!(BYPASS_BATCHES_MAX * BYPASS_BATCH_LEN + RECORD_HEADER_LEN + 16 < 15 * 4088);

impl Feed for Store {
    fn waiting(&self) -> usize {
        let queued = self.queued_bytes.get().max(self.queue.borrow().len() * RECORD_HEADER_LEN);
        let instead = self.instead.borrow();
        let held = instead.iter().map(|partition| {
            let split = partition.split.get();
            partition.log.borrow().as_ref().map_or(0, |log| log.unlogged_holds(split))
        });
        queued + self.control_bytes.get() + held.sum::<u64>() as usize
    }

    fn fill(&self, frame: &mut FrameBuilder, slot: &mut Slot) {
        let mut in_frame = InFrame { sequence: slot.sequence, reached: Vec::new(), done: Vec::new() };
        let mut more = self.put_control(frame, slot, &mut in_frame);
        more = more && (slot.room == Room::LastFile || self.put_instead(frame, slot, &mut in_frame));
        while more && slot.room == Room::Plenty {
            let Some(partition) = self.queue.borrow_mut().pop_front() else {
                self.queued_bytes.set(0);
                break;
            };
            more = self.put_partition(&partition, frame, slot, &mut in_frame.reached);
            if !more {
                self.queue.borrow_mut().push_front(partition);
            }
        }
        if !frame.is_empty() {
            self.frames.borrow_mut().push_back(in_frame);
        }
    }

    fn complete(&self, sequence: u64) {
        loop {
            let next = {
                let mut frames = self.frames.borrow_mut();
                if frames.front().is_some_and(|frame| frame.sequence <= sequence) { frames.pop_front() } else { None }
            };
            let Some(frame) = next else { break };
            for (partition, place) in frame.reached {
                let mut awaited = Vec::new();
                let moved = partition.log.borrow_mut().as_mut().is_some_and(|log| {
                    let moved = log.durable_to(place);
                    let reached = log.durable_end;
                    awaited = log.awaited.extract_if(.., |(place, _)| *place <= reached).collect();
                    moved
                });
                if moved {
                    self.advance(&partition);
                }
                for (_, done) in awaited {
                    done.give(());
                }
            }
            for done in frame.done {
                done.give(());
            }
        }
        // What is logged need not stay in memory if it is on disk too.
        if !self.starved.borrow().is_empty()
            && let Some(this) = self.this.upgrade()
        {
            this.feed_starved();
        }
    }

    fn pressure(&self) {
        if let Some(this) = self.this.upgrade() {
            this.retire_soon();
        }
    }

    fn failed(&self, error: &io::Error) {
        self.fail("the journal", error);
    }
}
