//! LZ4: one frame of independent blocks, its checksums verified. Frames whose blocks depend on each other, or on a
//! dictionary, are refused because the Java consumer cannot read them.
//!
//! | at | bytes | frame, little endian |
//! |--:|--:|---|
//! | 0 | 4 | `04 22 4d 18` |
//! | 4 | 1 | flags: bits 7-6 version 1, 5 independent blocks, 4 block checksums, 3 content size, 2 content checksum, 0 dictionary |
//! | 5 | 1 | bits 6-4: largest block, 4 to 7 for 64 KiB to 4 MiB |
//! | 6 | 0 or 8 | content size |
//! | | 1 | second byte of the xxHash of the descriptor |
//! | | 4 | length of a block, bit 31: stored uncompressed; 0 ends the frame. Then the block and its checksum; repeated |
//! | | 0 or 4 | checksum of the content |

use std::hash::Hasher;
use std::io::Write;

use lz4_flex::block::DecompressError;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use twox_hash::XxHash32;

use super::{CodecError, Compression, Room, Window};

const MAGIC: [u8; 4] = 0x184D_2204_u32.to_le_bytes();
const STORED_BIT: u32 = 1 << 31;
/// No byte of a block yields more than 255.
const RATIO_MAX: usize = 255;
/// Few blocks of real data yield more.
const RATIO_LIKELY: usize = 8;
const SPACE_BYTES_MIN: usize = 64 << 10;

pub(super) struct Decoder<'a> {
    rest: &'a [u8],
    block_bytes_max: usize,
    block_checksums: bool,
    content_checksum: Option<Box<XxHash32>>,
    content_left: Option<u64>,
    ended: bool,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(input: &'a [u8]) -> Result<Self, CodecError> {
        let (descriptor, checksum, rest) = split_descriptor(input)?;
        let (flags, sizes) = (descriptor[0], descriptor[1]);
        if flags >> 6 != 1 || flags & 0b10 != 0 || sizes & 0b1000_1111 != 0 {
            return Err(corrupt("frame of another version"));
        }
        if flags & 0b0010_0000 == 0 {
            return Err(unsupported("blocks that depend on each other"));
        }
        if flags & 1 != 0 {
            return Err(unsupported("dictionary"));
        }
        if (XxHash32::oneshot(0, descriptor) >> 8) as u8 != checksum {
            return Err(corrupt("checksum of the frame's descriptor"));
        }
        let block_bytes_max = match sizes >> 4 {
            4 => 64 << 10,
            5 => 256 << 10,
            6 => 1 << 20,
            7 => 4 << 20,
            _ => return Err(corrupt("block size")),
        };
        Ok(Self {
            rest,
            block_bytes_max,
            block_checksums: flags & 0b0001_0000 != 0,
            content_checksum: (flags & 0b0100 != 0).then(|| Box::new(XxHash32::with_seed(0))),
            content_left: descriptor[2..].first_chunk().map(|size| u64::from_le_bytes(*size)),
            ended: false,
        })
    }

    pub(super) fn fill(&mut self, window: &mut Window, room: Room) -> Result<usize, CodecError> {
        while !self.ended {
            let head = self.take_u32()?;
            if head == 0 {
                self.end()?;
                break;
            }
            let length = (head & !STORED_BIT) as usize;
            if length > self.block_bytes_max {
                return Err(corrupt("a block is larger than the frame allows"));
            }
            let (block, rest) = self.rest.split_at_checked(length).ok_or(CUT_SHORT)?;
            self.rest = rest;
            if self.block_checksums && self.take_u32()? != XxHash32::oneshot(0, block) {
                return Err(corrupt("checksum of a block"));
            }
            let count = self.decode(block, head & STORED_BIT != 0, window, room)?;
            self.account(&window.space(count)[..count])?;
            // An empty block is no end.
            if count > 0 {
                return Ok(count);
            }
        }
        Ok(0)
    }

    fn decode(&self, block: &[u8], stored: bool, window: &mut Window, room: Room) -> Result<usize, CodecError> {
        if stored {
            if block.len() > room.left {
                return Err(room.exceeded());
            }
            window.space(block.len()).copy_from_slice(block);
            return Ok(block.len());
        }
        // Frames may allow blocks of 4 MiB and hold small ones: room is made for what is likely, then for more.
        let possible = self.block_bytes_max.min(block.len() * RATIO_MAX);
        let allowed = possible.min(room.left.saturating_add(1));
        let mut space = allowed.min((block.len() * RATIO_LIKELY).max(SPACE_BYTES_MIN));
        loop {
            match lz4_flex::block::decompress_into(block, window.space(space)) {
                Ok(count) => return Ok(count),
                Err(DecompressError::OutputTooSmall { .. }) if space < allowed => space = allowed.min(4 * space),
                Err(DecompressError::OutputTooSmall { .. }) if space < possible => return Err(room.exceeded()),
                Err(_) => return Err(corrupt("bad block")),
            }
        }
    }

    fn account(&mut self, decoded: &[u8]) -> Result<(), CodecError> {
        if let Some(hasher) = &mut self.content_checksum {
            hasher.write(decoded);
        }
        if let Some(left) = &mut self.content_left {
            *left = left.checked_sub(decoded.len() as u64).ok_or(WRONG_SIZE)?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), CodecError> {
        self.ended = true;
        if let Some(hasher) = self.content_checksum.take()
            && u64::from(self.take_u32()?) != hasher.finish()
        {
            return Err(corrupt("checksum of the content"));
        }
        if self.content_left.is_some_and(|left| left != 0) {
            return Err(WRONG_SIZE);
        }
        if !self.rest.is_empty() {
            return Err(corrupt("bytes behind the frame"));
        }
        Ok(())
    }

    fn take_u32(&mut self) -> Result<u32, CodecError> {
        let (value, rest) = self.rest.split_first_chunk().ok_or(CUT_SHORT)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*value))
    }
}

/// Descriptor, its checksum, and what follows.
fn split_descriptor(input: &[u8]) -> Result<(&[u8], u8, &[u8]), CodecError> {
    let rest = input.strip_prefix(&MAGIC).ok_or(corrupt("not a frame"))?;
    let flags = *rest.first().ok_or(CUT_SHORT)?;
    let length = 2 + if flags & 0b1000 == 0 { 0 } else { 8 };
    let (descriptor, rest) = rest.split_at_checked(length).ok_or(CUT_SHORT)?;
    let (checksum, rest) = rest.split_first().ok_or(CUT_SHORT)?;
    Ok((descriptor, *checksum, rest))
}

pub(super) fn compress(input: &[u8]) -> Result<Vec<u8>, CodecError> {
    let info = FrameInfo::new().block_mode(BlockMode::Independent).block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::with_capacity(input.len() / 2 + 64));
    encoder.write_all(input).map_err(|_| corrupt("cannot be written"))?;
    encoder.finish().map_err(|_| corrupt("cannot be written"))
}

const CUT_SHORT: CodecError = corrupt("cut short");
const WRONG_SIZE: CodecError = corrupt("content of another size than declared");

const fn corrupt(what: &'static str) -> CodecError {
    CodecError::Corrupt { codec: Compression::Lz4, what }
}

const fn unsupported(what: &'static str) -> CodecError {
    CodecError::Unsupported { codec: Compression::Lz4, what }
}
