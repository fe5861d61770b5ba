//! Frames: what one commit writes. All integers little endian.
//!
//! A frame is whole blocks of 4,096 bytes. Each block is a stamp and 4,088 bytes of the frame's stream; the last one ends
//! in zeros.
//!
//! | block at | bytes | |
//! |--:|--:|---|
//! | 0 | 8 | stamp: the lap; zero in a block that was never used |
//! | 8 | 4,088 | stream |
//!
//! | stream at | bytes | frame header | |
//! |--:|--:|---|---|
//! | 0 | 4 | magic | `TWJ1` |
//! | 4 | 4 | length | of the records, in stream bytes |
//! | 8 | 8 | lap | grows whenever the writer enters a file or starts anew, so blocks of one lap are one stretch |
//! | 16 | 8 | sequence | one more than the frame before |
//! | 24 | 8 | durable | every frame up to this one was complete, hence possibly acknowledged, when this one was built |
//! | 32 | 8 | floor | first frame recovery still needs |
//! | 40 | 4 | previous | checksum of the frame before |
//! | 44 | 4 | checksum | CRC-32C of the records, then of this header with a zero here |
//! | 48 | | records | one after the other |
//!
//! | record at | bytes | record header | |
//! |--:|--:|---|---|
//! | 0 | 4 | length | of what follows this header |
//! | 4 | 1 | kind | |
//! | 5 | 3 | zero | |
//! | 8 | 16 | topic id | |
//! | 24 | 4 | partition | |
//! | 28 | 8 | segment | base offset of the segment that `position` lies in |
//! | 36 | 8 | position | byte of the segment |
//!
//! What follows depends on the kind, see [`Kind`] and `record.rs`.

use bytes::Bytes;
use thalweg_rt::{AlignedBuf, BLOCK};
use thalweg_wire::{Offset, PartitionIndex, Uuid, checksum};
use zerocopy::little_endian::{I32, I64, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::message::PartitionKey;

/// First bytes of a frame.
pub const MAGIC: u32 = u32::from_le_bytes(*b"TWJ1");
/// Bytes of a block that are not stream.
pub const STAMP_LEN: usize = 8;
/// Stream bytes of a block.
pub const ROOM: usize = BLOCK - STAMP_LEN;
/// Bytes of a frame header.
pub const HEADER_LEN: usize = 48;
/// Bytes of a record header.
pub const RECORD_HEADER_LEN: usize = 44;

/// A frame's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct FrameHeader {
    magic: U32,
    length: U32,
    lap: U64,
    sequence: U64,
    durable: U64,
    floor: U64,
    previous: U32,
    checksum: U32,
}

/// A record's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct RecordHeader {
    length: U32,
    kind: u8,
    zero: [u8; 3],
    topic: [u8; 16],
    index: I32,
    segment: I64,
    position: U64,
}

const _: () = {
    assert!(size_of::<FrameHeader>() == HEADER_LEN);
    assert!(size_of::<RecordHeader>() == RECORD_HEADER_LEN);
    assert!(HEADER_LEN + RECORD_HEADER_LEN < ROOM);
};

/// What a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Bytes of a segment from `position` on; nothing else follows.
    Data = 1,
    /// Bytes of a segment that were written to it directly.
    Bypass = 2,
    /// Everything about a partition but its bytes.
    State = 3,
    /// More producers of the state before it.
    Producers = 4,
    /// The log start moved.
    LogStart = 5,
    /// The bytes from `position` on are no longer part of the log.
    Truncate = 6,
    /// Everything before `position` is in the segment's file, and so are the ranges beyond it that earlier frames say went there.
    /// What lies between those need not be: recovery found them, in frames that never were complete in their own time.
    Gaps = 7,
}

impl Kind {
    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Kind> {
        [Kind::Data, Kind::Bypass, Kind::State, Kind::Producers, Kind::LogStart, Kind::Truncate, Kind::Gaps]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}

impl RecordHeader {
    /// A record of `length` bytes.
    pub fn new(kind: Kind, key: PartitionKey, segment: Offset, position: u64, length: usize) -> RecordHeader {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        RecordHeader {
            length: U32::new(length),
            kind: kind as u8,
            zero: [0; 3],
            topic: key.topic.0,
            index: I32::new(key.index.0),
            segment: I64::new(segment.0),
            position: U64::new(position),
        }
    }

    /// The partition it is about.
    pub fn key(&self) -> PartitionKey {
        PartitionKey { topic: Uuid(self.topic), index: PartitionIndex(self.index.get()) }
    }

    /// Base offset of the segment it is about.
    pub fn segment(&self) -> Offset {
        Offset(self.segment.get())
    }

    /// Byte of the segment it is about.
    pub fn position(&self) -> u64 {
        self.position.get()
    }
}

/// What a writer must know to seal a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// The frame's lap.
    pub lap: u64,
    /// Its number.
    pub sequence: u64,
    /// Highest frame known complete.
    pub durable: u64,
    /// First frame recovery still needs.
    pub floor: u64,
    /// Checksum of the frame before.
    pub previous: u32,
}

/// A frame being filled.
pub struct FrameBuilder {
    blocks: AlignedBuf,
    lap: u64,
    length: usize,
    capacity: usize,
    crc: u32,
}

impl FrameBuilder {
    /// An empty frame of at most `bytes` on disk (whole blocks, at least one).
    pub fn new(lap: u64, bytes: usize) -> FrameBuilder {
        assert!(bytes >= BLOCK && bytes.is_multiple_of(BLOCK), "a frame is whole blocks");
        let mut blocks = AlignedBuf::with_capacity(bytes);
        blocks.clear();
        blocks.extend_from_slice(&lap.to_le_bytes());
        blocks.extend_from_slice(&[0; HEADER_LEN]);
        FrameBuilder { blocks, lap, length: 0, capacity: bytes / BLOCK * ROOM - HEADER_LEN, crc: 0 }
    }

    /// Stream bytes that still fit.
    pub fn room(&self) -> usize {
        self.capacity - self.length
    }

    /// Whether nothing was put into it.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Appends bytes, which must fit.
    pub fn put(&mut self, bytes: &[u8]) {
        self.crc = crc32c::crc32c_append(self.crc, bytes);
        self.copy(bytes);
    }

    /// Appends `len` bytes of which the checksum is known, which must fit, as `pieces` brings them.
    pub fn put_known(&mut self, len: usize, crc: u32, pieces: impl FnOnce(&mut dyn FnMut(&[u8]))) {
        self.crc = checksum::append(self.crc, crc, len as u64);
        let length = self.length + len;
        pieces(&mut |piece| self.copy(piece));
        assert_eq!(self.length, length, "as many bytes as the checksum covers");
    }

    fn copy(&mut self, mut bytes: &[u8]) {
        assert!(bytes.len() <= self.room(), "a record was measured before it was put");
        self.length += bytes.len();
        while !bytes.is_empty() {
            let used = self.blocks.len() % BLOCK;
            if used == 0 {
                self.blocks.extend_from_slice(&self.lap.to_le_bytes());
                continue;
            }
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - used));
            self.blocks.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Appends a record's header; its bytes follow by [`FrameBuilder::put`].
    pub fn put_header(&mut self, header: &RecordHeader) {
        self.put(header.as_bytes());
    }

    /// Completes the frame: whole blocks to write, and the checksum the next frame refers to.
    pub fn seal(mut self, seal: Seal) -> (Bytes, u32) {
        assert_eq!(seal.lap, self.lap, "a frame is stamped with one lap");
        let mut header = FrameHeader {
            magic: U32::new(MAGIC),
            length: U32::new(u32::try_from(self.length).unwrap_or(u32::MAX)),
            lap: U64::new(seal.lap),
            sequence: U64::new(seal.sequence),
            durable: U64::new(seal.durable),
            floor: U64::new(seal.floor),
            previous: U32::new(seal.previous),
            checksum: U32::new(0),
        };
        let checksum = crc32c::crc32c_append(self.crc, header.as_bytes());
        header.checksum.set(checksum);
        self.blocks[STAMP_LEN..STAMP_LEN + HEADER_LEN].copy_from_slice(header.as_bytes());
        let end = self.blocks.len().next_multiple_of(BLOCK);
        self.blocks.resize_zeroed(end);
        (self.blocks.freeze(), checksum)
    }
}

/// Why bytes are not the frame that was looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// Never written.
    Blank,
    /// Not a frame's first block.
    NoFrame,
    /// A frame that says it is longer than can be.
    Length(u32),
    /// A block of another lap stands within the frame.
    Lap,
    /// The checksum does not match.
    Checksum,
}

/// A frame read back.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What it was sealed with.
    pub seal: Seal,
    /// Its own checksum.
    pub checksum: u32,
    /// Size on disk in bytes.
    pub size: usize,
    /// The records, without stamps.
    pub records: Bytes,
}

/// The size on disk of the frame that begins with `block`, if one does.
pub fn frame_size(block: &[u8], bytes_max: usize) -> Result<usize, Flaw> {
    let stamp = block.get(..STAMP_LEN).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    let Ok((header, _)) = FrameHeader::ref_from_prefix(block.get(STAMP_LEN..).unwrap_or_default()) else {
        return Err(Flaw::NoFrame);
    };
    if stamp == Some(0) {
        return Err(Flaw::Blank);
    }
    if header.magic.get() != MAGIC || stamp != Some(header.lap.get()) {
        return Err(Flaw::NoFrame);
    }
    let length = header.length.get();
    let size = (HEADER_LEN + length as usize).div_ceil(ROOM) * BLOCK;
    if size > bytes_max { Err(Flaw::Length(length)) } else { Ok(size) }
}

/// Reads the frame that `blocks` is: its whole size, no more.
pub fn read_frame(blocks: &[u8]) -> Result<Frame, Flaw> {
    let size = frame_size(blocks, blocks.len())?;
    let Some((_, rest)) = blocks.split_at_checked(STAMP_LEN) else { return Err(Flaw::NoFrame) };
    let Ok((header, _)) = FrameHeader::read_from_prefix(rest) else { return Err(Flaw::NoFrame) };
    let stamp = header.lap.get().to_le_bytes();
    let mut stream = Vec::with_capacity(size / BLOCK * ROOM);
    for block in blocks[..size].chunks(BLOCK) {
        if block[..STAMP_LEN] != stamp {
            return Err(Flaw::Lap);
        }
        stream.extend_from_slice(&block[STAMP_LEN..]);
    }
    let records = HEADER_LEN..HEADER_LEN + header.length.get() as usize;
    let mut unsealed = header;
    unsealed.checksum.set(0);
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&stream[records.clone()]), unsealed.as_bytes());
    if checksum != header.checksum.get() {
        return Err(Flaw::Checksum);
    }
    Ok(Frame {
        seal: Seal {
            lap: header.lap.get(),
            sequence: header.sequence.get(),
            durable: header.durable.get(),
            floor: header.floor.get(),
            previous: header.previous.get(),
        },
        checksum,
        size,
        records: Bytes::from(stream).slice(records),
    })
}

/// A record within a frame.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its header.
    pub header: RecordHeader,
    /// What it is.
    pub kind: Kind,
    /// What follows the header.
    pub body: Bytes,
}

/// The records of a frame whose checksum matched. A record that does not parse was written so: by a newer version.
pub fn records(frame: &Frame) -> Result<Vec<Record>, String> {
    let mut rest = frame.records.clone();
    let mut list = Vec::new();
    while !rest.is_empty() {
        let Ok((header, _)) = RecordHeader::read_from_prefix(&rest) else {
            return Err("a record header is cut short".into());
        };
        let end = RECORD_HEADER_LEN + header.length.get() as usize;
        let kind = Kind::from_number(header.kind).ok_or_else(|| format!("unknown record kind {}", header.kind))?;
        if end > rest.len() {
            return Err(format!("a record of {end} bytes in {} that are left", rest.len()));
        }
        let body = rest.slice(RECORD_HEADER_LEN..end);
        rest = rest.slice(end..);
        list.push(Record { header, kind, body });
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PartitionKey = PartitionKey { topic: Uuid([7; 16]), index: PartitionIndex(3) };

    fn seal(lap: u64) -> Seal {
        Seal { lap, sequence: 9, durable: 7, floor: 2, previous: 0xabcd }
    }

    fn frame_of(body: &[u8]) -> (Bytes, u32) {
        let mut frame = FrameBuilder::new(5, 64 << 10);
        frame.put_header(&RecordHeader::new(Kind::Data, KEY, Offset(100), 8192, body.len()));
        frame.put(body);
        frame.seal(seal(5))
    }

    #[test]
    fn a_frame_reads_back_as_written() {
        for len in [0, 1, ROOM - HEADER_LEN - RECORD_HEADER_LEN, ROOM, ROOM + 1, 20_000] {
            let body: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
            let (blocks, checksum) = frame_of(&body);
            assert_eq!(blocks.len() % BLOCK, 0);
            assert_eq!(frame_size(&blocks[..BLOCK], 1 << 20), Ok(blocks.len()));
            let frame = read_frame(&blocks).unwrap();
            assert_eq!((frame.seal, frame.checksum, frame.size), (seal(5), checksum, blocks.len()));
            let list = records(&frame).unwrap();
            assert_eq!(list.len(), 1);
            assert_eq!(list[0].kind, Kind::Data);
            assert_eq!(list[0].header.key(), KEY);
            assert_eq!((list[0].header.segment(), list[0].header.position()), (Offset(100), 8192));
            assert_eq!(list[0].body, body);
        }
    }

    #[test]
    fn any_changed_bit_is_seen() {
        let (blocks, _) = frame_of(&[1; 6000]);
        for at in (0..blocks.len()).step_by(13) {
            let mut bad = blocks.to_vec();
            bad[at] ^= 4;
            match read_frame(&bad) {
                Err(_) => {}
                // Padding is under no checksum and of no meaning.
                Ok(frame) => {
                    assert!(at > BLOCK + STAMP_LEN + 6000 - ROOM && frame.records[RECORD_HEADER_LEN..] == [1; 6000])
                }
            }
        }
    }

    #[test]
    fn a_block_of_another_lap_is_seen() {
        let (new, _) = frame_of(&[1; 6000]);
        let mut torn = new.to_vec();
        torn[BLOCK..BLOCK + 8].copy_from_slice(&4u64.to_le_bytes());
        assert_eq!(read_frame(&torn).unwrap_err(), Flaw::Lap);
        assert_eq!(frame_size(&[0; BLOCK], 1 << 20), Err(Flaw::Blank));
        assert_eq!(frame_size(&[9; BLOCK], 1 << 20), Err(Flaw::NoFrame));
        assert_eq!(frame_size(&new, BLOCK), Err(Flaw::Length(6044)));
    }
}
