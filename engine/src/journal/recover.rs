//! What the journal tells after a start: reads the ring, and nothing else.
//!
//! The newest file is the one whose first frame has the highest lap; its last frame says from which frame on recovery must
//! read. From there every frame must follow the one before: next sequence, its checksum, a lap that never goes back. Where
//! the chain ends, what follows is one of two things:
//!
//! - *torn*: commits that were in flight when the power went. Nobody was told of them; they are cut;
//! - *damage*: a frame that was complete, hence acknowledged, and is no longer there. A later frame proves it, for each says
//!   up to where all was complete when it was built. Then starting would lose records in silence, and we refuse.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::rc::Rc;

use bytes::{Buf, Bytes};
use thalweg_rt::{AlignedBuf, BLOCK, Core, File};
use thalweg_wire::Offset;
use thalweg_wire::batch::BatchHeader;

use super::extents::{Extent, Extents, Place, Source};
use super::frame::{self, Frame, Kind, Record};
use super::record::{self, Bypass, State};
use super::ring::{Ring, RingFile};
use crate::config::{Bug, EngineConfig};
use crate::message::PartitionKey;

/// Bytes read at a time.
const PIECE: usize = 4 << 20;

/// The journal cannot be used.
#[derive(Debug)]
pub enum JournalError {
    /// The disk failed.
    Io(io::Error),
    /// A frame that was acknowledged is damaged or gone.
    Damaged {
        /// The file.
        file: u16,
        /// Where in it, in bytes.
        position: u64,
        /// The frame's number.
        sequence: u64,
        /// How it is known.
        evidence: String,
    },
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        JournalError::Io(error)
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalError::Io(error) => write!(f, "journal: {error}"),
            JournalError::Damaged { file, position, sequence, evidence } => write!(
                f,
                "journal file {file:05}.ring is damaged at byte {position}: frame {sequence} was acknowledged and cannot be \
                 read ({evidence}). Starting would lose records without a word; restore the file or the data directory"
            ),
        }
    }
}

impl std::error::Error for JournalError {}

/// A stretch of frames in one file: from when the file was taken into use until it was full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use {
    /// Counts uses; a number is never given twice while the process lives.
    pub number: u64,
    /// The file.
    pub file: u16,
    /// Its first frame.
    pub first: u64,
}

/// What the journal tells of one partition.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// The last state, where it begins to need the journal, and the use it was written in.
    pub state: Option<(Place, State, u64)>,
    /// Bytes.
    pub extents: Extents,
    /// Headers of batches whose bytes went to the segment directly.
    pub headers: BTreeMap<Place, BatchHeader>,
    /// Largest log start told since the state.
    pub log_start: Offset,
    /// End of what was told of in each use, oldest first.
    pub logged: Vec<(u64, Place)>,
    /// Segments that were found with gaps by an earlier start: the last frame that says so, and up to where there are none.
    pub gaps: BTreeMap<Offset, (u64, u64)>,
}

/// What the journal tells.
pub struct Recovered {
    /// Of each partition.
    pub partitions: BTreeMap<PartitionKey, Replay>,
    /// The uses recovery read, oldest first; the last is to be continued at `position`. Empty in a fresh journal.
    pub uses: Vec<Use>,
    /// Where the next frame goes.
    pub position: u64,
    /// The next frame's number.
    pub sequence: u64,
    /// The first frame that is still needed.
    pub floor: u64,
    /// Checksum of the last frame.
    pub previous: u32,
    /// A lap higher than any in the ring.
    pub lap: u64,
    /// Frames up to this one were complete before the start.
    pub durable: u64,
    /// Files that hold nothing that is needed.
    pub free: Vec<u16>,
    /// Whether frames that were in flight were cut.
    pub torn: bool,
}

/// Reads the ring.
pub async fn recover(core: &Core, config: &EngineConfig, ring: &Ring) -> Result<Recovered, JournalError> {
    let frame_max = (config.journal.frame_bytes_max as usize).max(64 << 20);
    let blind = config.has(Bug::LapNotChecked);
    let mut firsts: Vec<(u16, Frame)> = Vec::new();
    let mut lap = 0;
    for number in ring.numbers() {
        let Some(file) = ring.file(number) else { continue };
        let mut scan = Scan::new(file, frame_max);
        if let Some(frame) = scan.frame_at(0).await? {
            lap = lap.max(frame.seal.lap);
            firsts.push((number, frame));
        }
    }
    // By sequence, which is by lap too, save in files that a cut left behind: those are blanked before they can mislead.
    firsts.sort_by_key(|(_, frame)| (frame.seal.lap, frame.seal.sequence));

    let mut out = Recovered {
        partitions: BTreeMap::new(),
        uses: Vec::new(),
        position: 0,
        sequence: 1,
        floor: 1,
        previous: 0,
        lap: lap + 1,
        durable: 0,
        free: ring.numbers(),
        torn: false,
    };
    // A file whose first frame is torn or damaged may hold frames all the same: they are no part of the chain, but they know
    // what was complete.
    let reach = u64::from(config.journal.frame_bytes_max) * (u64::from(config.journal.commits_in_flight_max) + 2);
    let mut headless: Vec<(u16, u64, Frame)> = Vec::new();
    for number in ring.numbers().into_iter().filter(|number| firsts.iter().all(|(known, _)| known != number)) {
        let Some(file) = ring.file(number) else { continue };
        let bytes = file.bytes;
        let mut scan = Scan::new(file, frame_max);
        let mut at = 0;
        while at < bytes.min(reach) {
            match scan.frame_at(at).await? {
                Some(frame) => {
                    out.lap = out.lap.max(frame.seal.lap + 1);
                    at += frame.size as u64;
                    headless.push((number, at - frame.size as u64, frame));
                }
                None => at += BLOCK as u64,
            }
        }
    }
    let Some((newest, first)) = firsts.last().cloned() else {
        return match headless.iter().find(|(_, _, frame)| frame.seal.durable > 0) {
            Some((file, _, frame)) => Err(JournalError::Damaged {
                file: *file,
                position: 0,
                sequence: frame.seal.durable,
                evidence: format!("frame {} says it was complete", frame.seal.sequence),
            }),
            None => {
                blank_leftovers(ring, &out, frame_max).await?;
                Ok(out)
            }
        };
    };
    let Some(file) = ring.file(newest) else { return Ok(out) };
    let mut scan = Scan::new(file, frame_max);
    let mut last = first.clone();
    let mut at = 0;
    while let Some(frame) = scan.frame_at(at).await?.filter(|frame| at == 0 || follows(&last, frame)) {
        at += frame.size as u64;
        last = frame;
    }
    let floor = last.seal.floor;
    out.floor = floor;
    let mut known_durable = last.seal.durable;
    out.lap = out.lap.max(last.seal.lap + 1);

    // The chain, file by file, from the floor.
    firsts.sort_by_key(|(_, frame)| frame.seal.sequence);
    let begin = firsts.partition_point(|(_, frame)| frame.seal.sequence <= floor).checked_sub(1);
    let whole = begin.is_some();
    let order = firsts.split_off(begin.unwrap_or(0));
    if !whole {
        return Err(JournalError::Damaged {
            file: newest,
            position: 0,
            sequence: floor,
            evidence: format!("frame {} needs it", last.seal.sequence),
        });
    }
    let mut previous: Option<Frame> = None;
    let mut rest = order.into_iter().peekable();
    while let Some((number, first)) = rest.next() {
        if previous.as_ref().is_some_and(|before| !follows(before, &first)) {
            // The chain ended in the file before; this one stands beyond the cut.
            rest = std::iter::once((number, first)).chain(rest).collect::<Vec<_>>().into_iter().peekable();
            break;
        }
        let Some(file) = ring.file(number) else { continue };
        out.uses.push(Use { number: out.uses.len() as u64, file: number, first: first.seal.sequence });
        let bytes = file.bytes;
        let mut scan = Scan::new(file, frame_max);
        out.position = 0;
        while out.position < bytes {
            let Some(frame) = scan.frame_at(out.position).await? else { break };
            if !blind && previous.as_ref().is_some_and(|before| !follows(before, &frame)) {
                break;
            }
            out.lap = out.lap.max(frame.seal.lap + 1);
            known_durable = known_durable.max(frame.seal.durable);
            if config.has(Bug::TailCutTooEarly) && scan.frame_at(out.position + frame.size as u64).await?.is_none() {
                break;
            }
            let at = out.uses.len() as u64 - 1;
            replay(&mut out.partitions, &frame, at, if blind { 0 } else { floor }).map_err(|evidence| {
                JournalError::Damaged { file: number, position: out.position, sequence: frame.seal.sequence, evidence }
            })?;
            out.position += frame.size as u64;
            previous = Some(frame);
        }
        // The next file takes over where this one is full: the frame that follows must be its first.
        let continues = previous.as_ref().zip(rest.peek()).is_some_and(|(before, (_, next))| follows(before, next));
        if !continues {
            break;
        }
    }
    let Some(end) = previous else { return Ok(out) };
    out.sequence = end.seal.sequence + 1;
    out.previous = end.checksum;
    out.durable = known_durable.min(end.seal.sequence);
    headless.retain(|(_, _, frame)| frame.seal.sequence >= out.sequence);
    out.free.retain(|number| !out.uses.iter().any(|used| used.file == *number));

    // Beyond the end: torn or damage?
    let last_use = out.uses.last().copied();
    let beyond = rest.map(|(number, frame)| (number, 0, frame));
    let mut later: Vec<(u16, u64, Frame)> = beyond.collect();
    if let Some(file) = last_use.and_then(|used| ring.file(used.file)) {
        let bytes = file.bytes;
        let mut scan = Scan::new(file, frame_max);
        let mut at = out.position;
        while at < bytes.min(out.position + reach) {
            match scan.frame_at(at).await? {
                Some(frame) => {
                    let size = frame.size as u64;
                    if frame.seal.sequence >= out.sequence {
                        later.push((last_use.map_or(0, |used| used.file), at, frame));
                    }
                    at += size;
                }
                None => at += BLOCK as u64,
            }
        }
    }
    later.extend(headless);
    out.torn = !later.is_empty();
    for (number, at, frame) in &later {
        out.lap = out.lap.max(frame.seal.lap + 1);
        // More frames may follow this one, and they know more.
        let mut knows = frame.clone();
        if let Some(file) = ring.file(*number) {
            let mut scan = Scan::new(file, frame_max);
            let mut at = at + knows.size as u64;
            while let Some(next) = scan.frame_at(at).await?.filter(|next| follows(&knows, next)) {
                at += next.size as u64;
                knows = next;
            }
            out.lap = out.lap.max(knows.seal.lap + 1);
        }
        if knows.seal.durable >= out.sequence && !blind && !config.has(Bug::TailCutTooEarly) {
            return Err(JournalError::Damaged {
                file: last_use.map_or(*number, |used| used.file),
                position: out.position,
                sequence: out.sequence,
                evidence: format!("frame {} says that frame {} was complete", knows.seal.sequence, knows.seal.durable),
            });
        }
    }
    // What stands beyond the cut must never be taken for the newest file again.
    for (number, at, _) in later.iter().filter(|(_, at, _)| *at == 0) {
        if let Some(file) = ring.file(*number) {
            blank(&file, *at).await?;
        }
    }
    blank_leftovers(ring, &out, frame_max).await?;
    // What was read may have been in the device's cache only, where a process that was killed left it; from here on it counts
    // as durable.
    if !config.unsafe_no_flush {
        for used in &out.uses {
            if let Some(RingFile { file, .. }) = ring.file(used.file) {
                file.sync_data().await?;
            }
        }
    }
    core.spawn.yield_now().await;
    Ok(out)
}

/// Blanks what may be left, where the next frame can go, of one that was torn: the next has much of the same bytes, and torn in its
/// turn it would make the old one whole.
async fn blank_leftovers(ring: &Ring, out: &Recovered, frame_max: usize) -> Result<(), JournalError> {
    let next = out.uses.last().map(|used| (used.file, out.position));
    for (number, at) in next.into_iter().chain(out.free.iter().map(|number| (*number, 0))) {
        let Some(file) = ring.file(number).filter(|file| at < file.bytes) else { continue };
        let (read, block) = file.file.read_at(at, AlignedBuf::with_capacity(BLOCK)).await;
        read?;
        let written = block.iter().any(|byte| *byte != 0);
        if written && Scan::new(file.clone(), frame_max).frame_at(at).await?.is_none() {
            blank(&file, at).await?;
        }
    }
    Ok(())
}

/// Zeros in a block of a file, on stable storage.
async fn blank(file: &RingFile, at: u64) -> io::Result<()> {
    let mut zeros = AlignedBuf::with_capacity(BLOCK);
    zeros.resize_zeroed(BLOCK);
    file.file.write_at(at, zeros.freeze()).await?;
    file.file.sync_data().await
}

/// Whether a frame is the one after another.
fn follows(before: &Frame, frame: &Frame) -> bool {
    frame.seal.sequence == before.seal.sequence + 1
        && frame.seal.previous == before.checksum
        && frame.seal.lap >= before.seal.lap
}

fn replay(partitions: &mut BTreeMap<PartitionKey, Replay>, frame: &Frame, at: u64, floor: u64) -> Result<(), String> {
    if frame.seal.sequence < floor {
        return Ok(());
    }
    for record in frame::records(frame)? {
        let key = record.header.key();
        let partition = partitions.entry(key).or_default();
        partition
            .apply(&record, frame.seal.sequence, at)
            .ok_or_else(|| format!("a record of kind {:?} does not parse", record.kind))?;
    }
    Ok(())
}

impl Replay {
    fn apply(&mut self, record: &Record, sequence: u64, at: u64) -> Option<()> {
        let place = (record.header.segment(), record.header.position());
        let body = record.body.clone();
        match record.kind {
            Kind::Data | Kind::Blocks => {
                let len = body.len() as u64;
                self.extents.insert(place, Extent { len, source: Source::Memory(body) });
                self.reach(at, (place.0, place.1 + len));
            }
            Kind::Bypass => {
                let bypass = Bypass::take(body)?;
                let source = Source::File { sequence, crc: Some(bypass.crc), headless: false };
                self.extents.insert(place, Extent { len: bypass.len, source });
                for (position, header) in bypass.batches {
                    self.headers.insert((place.0, position), header);
                }
                self.reach(at, (place.0, place.1 + bypass.len));
            }
            Kind::State => {
                let state = record::take_state(body)?;
                self.extents.trim(place);
                self.headers = self.headers.split_off(&place);
                self.log_start = state.log_start.max(self.log_start);
                self.reach(at, place);
                self.state = Some((place, state, at));
            }
            Kind::Producers => record::take_producers(body, &mut self.state.as_mut()?.1.producers)?,
            Kind::LogStart => self.log_start = self.log_start.max(Offset(body.clone().try_get_i64_le().ok()?)),
            Kind::Gaps => {
                self.gaps.insert(place.0, (sequence, place.1));
            }
            Kind::Truncate => {
                self.extents.truncate(place);
                self.headers.split_off(&place);
                self.gaps.retain(|base, _| *base <= place.0);
                for (_, end) in &mut self.logged {
                    *end = (*end).min(place);
                }
            }
        }
        Some(())
    }

    fn reach(&mut self, at: u64, end: Place) {
        match self.logged.last_mut() {
            Some((number, reached)) if *number == at => *reached = (*reached).max(end),
            _ => self.logged.push((at, end)),
        }
    }
}

/// Reads frames of one file.
pub struct Scan {
    file: Rc<dyn File>,
    file_bytes: u64,
    frame_max: usize,
    piece_at: u64,
    piece: Bytes,
}

impl Scan {
    /// Of a file.
    pub fn new(RingFile { file, bytes }: RingFile, frame_max: usize) -> Scan {
        Scan { file, file_bytes: bytes, frame_max, piece_at: 0, piece: Bytes::new() }
    }

    /// The frame at a block, if a whole one stands there.
    pub async fn frame_at(&mut self, at: u64) -> io::Result<Option<Frame>> {
        if at >= self.file_bytes {
            return Ok(None);
        }
        let block = self.bytes(at, BLOCK).await?;
        let longest = self.frame_max.min((self.file_bytes - at) as usize);
        let Ok(size) = frame::frame_size(&block, longest) else { return Ok(None) };
        let blocks = self.bytes(at, size).await?;
        Ok(frame::read_frame(&blocks).ok())
    }

    async fn bytes(&mut self, at: u64, len: usize) -> io::Result<Bytes> {
        let held = at >= self.piece_at && at + len as u64 <= self.piece_at + self.piece.len() as u64;
        if !held {
            // A look at the first block only reads that; whoever goes on reads in pieces.
            let want = if at == 0 && len == BLOCK { 64 << 10 } else { PIECE.max(len) };
            let want = want.min((self.file_bytes - at) as usize);
            let (read, buffer) = self.file.read_at(at, AlignedBuf::with_capacity(want)).await;
            read?;
            self.piece_at = at;
            self.piece = buffer.freeze();
        }
        let from = (at - self.piece_at) as usize;
        if from + len > self.piece.len() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a journal file is shorter than it was"));
        }
        Ok(self.piece.slice(from..from + len))
    }
}
