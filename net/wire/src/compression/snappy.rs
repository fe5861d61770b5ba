//! Snappy: the Java library's framing, or one bare block. Written framed, because every client reads that.
//!
//! | at | bytes | framing |
//! |--:|--:|---|
//! | 0 | 8 | `82 53 4e 41 50 50 59 00` |
//! | 8 | 4 | version, big endian |
//! | 12 | 4 | oldest compatible version |
//! | 16 | 4 | length of a block, then the block; repeated. The header may occur again in place of a length |

use super::{CodecError, Compression, Room, Window};

const MAGIC: [u8; 8] = *b"\x82SNAPPY\0";
const VERSION: u32 = 1;
const HEADER_LEN: usize = 16;
/// Bytes compressed into one block, as the Java library does it.
const BLOCK_BYTES: usize = 32 << 10;
/// No element of a block yields more than 64 bytes from three.
const RATIO_MAX: usize = 22;

pub(super) struct Decoder<'a> {
    rest: &'a [u8],
    framed: bool,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(input: &'a [u8]) -> Result<Self, CodecError> {
        if input.is_empty() {
            return Err(corrupt("no data"));
        }
        let mut decoder = Self { rest: input, framed: input.starts_with(&MAGIC) };
        if decoder.framed {
            decoder.skip_header()?;
        }
        Ok(decoder)
    }

    pub(super) fn fill(&mut self, window: &mut Window, room: Room) -> Result<usize, CodecError> {
        while !self.rest.is_empty() {
            let block = if self.framed { self.next_block()? } else { std::mem::take(&mut self.rest) };
            let count = decode(block, window, room)?;
            // An empty block is no end.
            if count > 0 {
                return Ok(count);
            }
        }
        Ok(0)
    }

    fn next_block(&mut self) -> Result<&'a [u8], CodecError> {
        while self.rest.starts_with(&MAGIC) {
            self.skip_header()?;
        }
        let (length, rest) = self.rest.split_first_chunk::<4>().ok_or(corrupt("cut short"))?;
        let (block, rest) = usize::try_from(u32::from_be_bytes(*length))
            .ok()
            .and_then(|length| rest.split_at_checked(length))
            .ok_or(corrupt("cut short"))?;
        self.rest = rest;
        Ok(block)
    }

    fn skip_header(&mut self) -> Result<(), CodecError> {
        let (header, rest) = self.rest.split_first_chunk::<HEADER_LEN>().ok_or(corrupt("cut short"))?;
        let version = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        if version < VERSION {
            return Err(CodecError::Unsupported { codec: Compression::Snappy, what: "version of the framing" });
        }
        self.rest = rest;
        Ok(())
    }
}

fn decode(block: &[u8], window: &mut Window, room: Room) -> Result<usize, CodecError> {
    let declared = snap::raw::decompress_len(block).map_err(|_| corrupt("bad length of a block"))?;
    if declared > block.len().saturating_mul(RATIO_MAX) {
        return Err(corrupt("a block declares more than it can hold"));
    }
    if declared > room.left {
        return Err(room.exceeded());
    }
    snap::raw::Decoder::new().decompress(block, window.space(declared)).map_err(|_| corrupt("bad block"))
}

pub(super) fn compress(input: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut output = Vec::with_capacity(HEADER_LEN + input.len() / 2 + 64);
    output.extend_from_slice(&MAGIC);
    output.extend_from_slice(&VERSION.to_be_bytes());
    output.extend_from_slice(&VERSION.to_be_bytes());
    let mut encoder = snap::raw::Encoder::new();
    let mut block = vec![0; snap::raw::max_compress_len(BLOCK_BYTES.min(input.len()))];
    for piece in input.chunks(BLOCK_BYTES) {
        let length = encoder.compress(piece, &mut block).map_err(|_| corrupt("cannot be written"))?;
        let prefix = u32::try_from(length).map_err(|_| corrupt("cannot be written"))?;
        output.extend_from_slice(&prefix.to_be_bytes());
        output.extend_from_slice(&block[..length]);
    }
    Ok(output)
}

fn corrupt(what: &'static str) -> CodecError {
    CodecError::Corrupt { codec: Compression::Snappy, what }
}
