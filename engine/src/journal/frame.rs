//! Frames: what one commit writes. All integers little endian.
//!
//! A frame is whole blocks of 4,096 bytes: first those of its stream, then those of data that is written from where it lies. Each
//! block of the stream is a stamp and 4,088 bytes; the last one ends in zeros. A block of data is bytes of a segment and nothing
//! else, and so not one that could be taken for the first of a frame: [`may_stand`].
//!
//! | block of the stream at | bytes | |
//! |--:|--:|---|
//! | 0 | 8 | stamp: the lap; zero in a block that was never used |
//! | 8 | 4,088 | stream |
//!
//! | stream at | bytes | frame header | |
//! |--:|--:|---|---|
//! | 0 | 4 | magic | `TWJ1` |
//! | 4 | 4 | length | of the records, in bytes, those that stand in blocks of data among them |
//! | 8 | 4 | lap | grows whenever the writer enters a file or starts anew, so blocks of one lap are one stretch |
//! | 12 | 4 | data | blocks of data |
//! | 16 | 8 | sequence | one more than the frame before |
//! | 24 | 8 | durable | every frame up to this one was complete, hence possibly acknowledged, when this one was built |
//! | 32 | 8 | floor | first frame recovery still needs |
//! | 40 | 4 | previous | checksum of the frame before |
//! | 44 | 4 | checksum | CRC-32C of the records as they are when they are whole, then of this header with a zero here |
//! | 48 | | records | one after the other; what stands in blocks of data is left out |
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

use std::ops::Range;

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
    lap: U32,
    data: U32,
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
    /// As data; but what fills whole blocks of the segment stands in blocks of data of the frame, one record's after the other's.
    Blocks = 8,
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
        use Kind::*;
        let all = [Data, Bypass, State, Producers, LogStart, Truncate, Gaps, Blocks];
        all.into_iter().find(|kind| *kind as u8 == number)
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

    /// What of its bytes stands in blocks of data.
    fn in_blocks(&self) -> Range<usize> {
        if self.kind == Kind::Blocks as u8 {
            whole_blocks(self.position.get(), self.length.get() as usize)
        } else {
            0..0
        }
    }
}

/// Which of `len` bytes of a segment from `position` on fill whole blocks of it.
pub fn whole_blocks(position: u64, len: usize) -> Range<usize> {
    let head = ((position.wrapping_neg() % BLOCK as u64) as usize).min(len);
    head..head + (len - head) / BLOCK * BLOCK
}

/// Whether these whole blocks may be a frame's data: whoever looks for frames, block by block, must not find one in what a client
/// has sent.
pub fn may_stand(blocks: &[Bytes]) -> bool {
    let mut each = blocks.iter().flat_map(|piece| piece.chunks(BLOCK));
    each.all(|block| block[STAMP_LEN..].first_chunk() != Some(&MAGIC.to_le_bytes()))
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
    stream: AlignedBuf,
    data: Vec<Bytes>,
    data_blocks: usize,
    lap: u64,
    /// Of the records.
    length: usize,
    /// In blocks.
    capacity: usize,
    crc: u32,
}

/// A frame to be written.
pub struct Sealed {
    /// Whole blocks, one after the other.
    pub pieces: Vec<Bytes>,
    /// Bytes of them.
    pub size: usize,
    /// What the next frame refers to.
    pub checksum: u32,
}

impl FrameBuilder {
    /// An empty frame of at most `bytes` on disk (whole blocks, at least one).
    pub fn new(lap: u64, bytes: usize) -> FrameBuilder {
        assert!(bytes >= BLOCK && bytes.is_multiple_of(BLOCK), "a frame is whole blocks");
        let mut stream = AlignedBuf::with_capacity(bytes);
        stream.extend_from_slice(&lap.to_le_bytes());
        stream.extend_from_slice(&[0; HEADER_LEN]);
        FrameBuilder { stream, data: Vec::new(), data_blocks: 0, lap, length: 0, capacity: bytes / BLOCK, crc: 0 }
    }

    /// Bytes of records that still fit.
    pub fn room(&self) -> usize {
        let in_stream = self.length - self.data_blocks * BLOCK;
        (self.capacity - self.data_blocks) * ROOM - HEADER_LEN - in_stream
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
        self.put_around(len, crc, Vec::new(), pieces);
    }

    /// Appends the bytes of a record of [`Kind::Blocks`], of which the checksum is known and which must fit: `blocks` are those that
    /// fill whole blocks of the segment and [`may_stand`], and `pieces` brings the others.
    pub fn put_around(&mut self, len: usize, crc: u32, blocks: Vec<Bytes>, pieces: impl FnOnce(&mut dyn FnMut(&[u8]))) {
        assert!(len <= self.room(), "a record was measured before it was put");
        self.crc = checksum::append(self.crc, crc, len as u64);
        let length = self.length + len;
        let in_blocks: usize = blocks.iter().map(Bytes::len).sum();
        self.length += in_blocks;
        self.data_blocks += in_blocks / BLOCK;
        self.data.extend(blocks);
        pieces(&mut |piece| self.copy(piece));
        assert_eq!(self.length, length, "as many bytes as the checksum covers");
    }

    fn copy(&mut self, mut bytes: &[u8]) {
        assert!(bytes.len() <= self.room(), "a record was measured before it was put");
        self.length += bytes.len();
        while !bytes.is_empty() {
            let used = self.stream.len() % BLOCK;
            if used == 0 {
                self.stream.extend_from_slice(&self.lap.to_le_bytes());
                continue;
            }
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - used));
            self.stream.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Appends a record's header; its bytes follow by [`FrameBuilder::put`].
    pub fn put_header(&mut self, header: &RecordHeader) {
        self.put(header.as_bytes());
    }

    /// Completes the frame.
    pub fn seal(mut self, seal: Seal) -> Sealed {
        assert_eq!(seal.lap, self.lap, "a frame is stamped with one lap");
        let mut header = FrameHeader {
            magic: U32::new(MAGIC),
            length: U32::new(u32::try_from(self.length).unwrap_or(u32::MAX)),
            lap: U32::new(u32::try_from(seal.lap).unwrap_or(u32::MAX)),
            data: U32::new(self.data_blocks as u32),
            sequence: U64::new(seal.sequence),
            durable: U64::new(seal.durable),
            floor: U64::new(seal.floor),
            previous: U32::new(seal.previous),
            checksum: U32::new(0),
        };
        let checksum = crc32c::crc32c_append(self.crc, header.as_bytes());
        header.checksum.set(checksum);
        self.stream[STAMP_LEN..STAMP_LEN + HEADER_LEN].copy_from_slice(header.as_bytes());
        let end = self.stream.len().next_multiple_of(BLOCK);
        self.stream.resize_zeroed(end);
        let mut pieces = Vec::with_capacity(1 + self.data.len());
        pieces.push(self.stream.freeze());
        pieces.append(&mut self.data);
        Sealed { pieces, size: end + self.data_blocks * BLOCK, checksum }
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
    if header.magic.get() != MAGIC || stamp != Some(header.lap.get().into()) {
        return Err(Flaw::NoFrame);
    }
    let length = header.length.get();
    let data = header.data.get() as usize * BLOCK;
    let stream = (length as usize).checked_sub(data).ok_or(Flaw::Length(length))?;
    let size = (HEADER_LEN + stream).div_ceil(ROOM) * BLOCK + data;
    if size > bytes_max { Err(Flaw::Length(length)) } else { Ok(size) }
}

/// Reads the frame that `blocks` is: its whole size, no more.
pub fn read_frame(blocks: &[u8]) -> Result<Frame, Flaw> {
    let size = frame_size(blocks, blocks.len())?;
    let Some((_, rest)) = blocks.split_at_checked(STAMP_LEN) else { return Err(Flaw::NoFrame) };
    let Ok((header, _)) = FrameHeader::read_from_prefix(rest) else { return Err(Flaw::NoFrame) };
    let lap = u64::from(header.lap.get());
    let stamp = lap.to_le_bytes();
    let (stamped, data) = blocks[..size].split_at(size - header.data.get() as usize * BLOCK);
    let mut stream = Vec::with_capacity(stamped.len());
    for block in stamped.chunks(BLOCK) {
        if block[..STAMP_LEN] != stamp {
            return Err(Flaw::Lap);
        }
        stream.extend_from_slice(&block[STAMP_LEN..]);
    }
    let length = header.length.get() as usize;
    let records = if data.is_empty() {
        Bytes::from(stream).slice(HEADER_LEN..HEADER_LEN + length)
    } else {
        Bytes::from(whole_records(&stream[HEADER_LEN..], data, length).ok_or(Flaw::Checksum)?)
    };
    let mut unsealed = header;
    unsealed.checksum.set(0);
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&records), unsealed.as_bytes());
    if checksum != header.checksum.get() {
        return Err(Flaw::Checksum);
    }
    Ok(Frame {
        seal: Seal {
            lap,
            sequence: header.sequence.get(),
            durable: header.durable.get(),
            floor: header.floor.get(),
            previous: header.previous.get(),
        },
        checksum,
        size,
        records,
    })
}

/// The records, `length` bytes of them, with what stands in blocks of data where it belongs; nothing if that cannot be. No checksum
/// was looked at yet.
fn whole_records(mut stream: &[u8], mut data: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut records = Vec::with_capacity(length);
    while records.len() < length {
        let (header, _) = RecordHeader::ref_from_prefix(stream).ok()?;
        let in_blocks = header.in_blocks();
        let rest = header.length.get() as usize - in_blocks.end;
        records.extend_from_slice(stream.split_off(..RECORD_HEADER_LEN + in_blocks.start)?);
        records.extend_from_slice(data.split_off(..in_blocks.len())?);
        records.extend_from_slice(stream.split_off(..rest)?);
    }
    (records.len() == length && data.is_empty()).then_some(records)
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
        let sealed = frame.seal(seal(5));
        (sealed.pieces.concat().into(), sealed.checksum)
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

    /// Bytes of a segment, and a frame with a record before them, them, and one behind them.
    fn frame_around(from: u64, len: usize) -> (Vec<u8>, Bytes) {
        let body: Vec<u8> = (0..len).map(|i| (i * 7 + i / BLOCK) as u8).collect();
        let mut frame = FrameBuilder::new(5, 256 << 10);
        let plain = |frame: &mut FrameBuilder| {
            frame.put_header(&RecordHeader::new(Kind::LogStart, KEY, Offset(0), 0, 8));
            frame.put(&[3; 8]);
        };
        plain(&mut frame);
        for _ in 0..2 {
            frame.put_header(&RecordHeader::new(Kind::Blocks, KEY, Offset(100), from, len));
            let whole = whole_blocks(from, len);
            let (one, two) = body[whole.clone()].split_at(whole.len().min(BLOCK));
            let blocks = [one, two].map(Bytes::copy_from_slice).to_vec();
            let room = frame.room();
            frame.put_around(len, crc32c::crc32c(&body), blocks, |put| {
                put(&body[..whole.start]);
                put(&body[whole.end..]);
            });
            assert_eq!(room - frame.room(), len - whole.len() + whole.len() / BLOCK * ROOM);
        }
        plain(&mut frame);
        let sealed = frame.seal(seal(5));
        let blocks: Bytes = sealed.pieces.concat().into();
        assert_eq!(blocks.len(), sealed.size);
        (body, blocks)
    }

    #[test]
    fn what_stands_in_blocks_of_data_reads_back_where_it_belongs() {
        for from in [0, 1, 4_095, 8_192, 12_345, u64::MAX - 3] {
            for len in [0, 1, 3_000, 4_096, 4_097, 20_000, 50_000] {
                let (body, blocks) = frame_around(from, len);
                assert_eq!(frame_size(&blocks[..BLOCK], 1 << 20), Ok(blocks.len()));
                let frame = read_frame(&blocks).unwrap();
                assert_eq!((frame.seal, frame.size), (seal(5), blocks.len()));
                let list = records(&frame).unwrap();
                assert_eq!(list.iter().map(|r| r.body.len()).collect::<Vec<_>>(), [8, len, len, 8]);
                assert!(list[1].body == body && list[2].body == body, "{len} from {from}");
                assert_eq!((list[2].kind, list[2].header.position()), (Kind::Blocks, from));
            }
        }
    }

    #[test]
    fn any_changed_bit_is_seen() {
        let (plain, _) = frame_of(&[1; 6000]);
        let (_, around) = frame_around(100, 20_000);
        for (blocks, in_data) in [(plain, 0), (around, 6 * BLOCK)] {
            let stream = HEADER_LEN + read_frame(&blocks).unwrap().records.len() - in_data;
            let padding = stream / ROOM * BLOCK + STAMP_LEN + stream % ROOM..blocks.len() - in_data;
            for at in (0..blocks.len()).step_by(13) {
                let mut bad = blocks.to_vec();
                bad[at] ^= 4;
                match read_frame(&bad) {
                    Err(_) => {}
                    // Padding is under no checksum and of no meaning.
                    Ok(frame) => {
                        assert!(padding.contains(&at), "at {at}");
                        assert_eq!(frame.records, read_frame(&blocks).unwrap().records);
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_a_header_says_nothing_is_read_that_is_not_there() {
        let (_, blocks) = frame_around(100, 20_000);
        let first_record = STAMP_LEN + HEADER_LEN + RECORD_HEADER_LEN + 8;
        for at in (STAMP_LEN..STAMP_LEN + HEADER_LEN).chain(first_record..first_record + RECORD_HEADER_LEN) {
            for value in [0, 1, 8, 0x7f, 0xff] {
                let mut bad = blocks.to_vec();
                bad[at] = value;
                if bad != blocks {
                    assert!(read_frame(&bad).is_err(), "{value} at {at}");
                }
            }
        }
    }

    #[test]
    fn what_looks_like_a_frame_may_not_stand_in_a_block_of_data() {
        let (frame, _) = frame_of(&[1; 60]);
        let mut pieces = vec![Bytes::from(vec![1; 3 * BLOCK]), Bytes::from(vec![0; 2 * BLOCK])];
        assert!(may_stand(&pieces) && may_stand(&[]));
        pieces[1] = [&[0; BLOCK][..], &frame].concat().into();
        assert!(!may_stand(&pieces));
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
