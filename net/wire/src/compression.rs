//! The five codecs a batch's records may be in. Every decoder streams: it appends decoded bytes to a window the
//! caller drains, stops with an error once more than the limit has come out, and never allocates on the word of a
//! size field alone. What stays allocated between batches is a [`Scratch`], owned by the caller (one a core).

mod gzip;
mod lz4;
mod snappy;
mod zstd;

use std::fmt;
use std::ops::RangeInclusive;

/// How the records of a batch are compressed. The numbers are the attribute bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Compression {
    /// As they are.
    #[default]
    None = 0,
    /// RFC 1952.
    Gzip = 1,
    /// Blocks in the framing of the Java library; a bare block is also read.
    Snappy = 2,
    /// An LZ4 frame of independent blocks.
    Lz4 = 3,
    /// Zstandard frames.
    Zstd = 4,
}

impl Compression {
    /// Every codec.
    pub const ALL: [Compression; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// The codec with these attribute bits.
    pub const fn from_bits(bits: u8) -> Result<Self, CodecError> {
        Ok(match bits {
            0 => Self::None,
            1 => Self::Gzip,
            2 => Self::Snappy,
            3 => Self::Lz4,
            4 => Self::Zstd,
            _ => return Err(CodecError::UnknownCodec { bits }),
        })
    }

    /// The attribute bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self as u8
    }

    /// The name producers and tools use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec of a configuration value: a [`name`](Self::name), or `uncompressed` as topics say it. The topic
    /// value `producer` names no codec.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "uncompressed" => Some(Self::None),
            _ => Self::ALL.into_iter().find(|codec| codec.name() == name),
        }
    }

    /// Levels the configuration may ask for, beside gzip's -1 for its default. LZ4 has one way of compressing here: its
    /// level is accepted and changes nothing.
    #[must_use]
    pub const fn levels(self) -> Option<RangeInclusive<i32>> {
        match self {
            Self::Gzip => Some(1..=9),
            Self::Lz4 => Some(1..=17),
            Self::Zstd => Some(-131_072..=22),
            Self::None | Self::Snappy => None,
        }
    }

    /// The level where none is asked for.
    #[must_use]
    pub const fn default_level(self) -> Option<i32> {
        match self {
            Self::Gzip => Some(6),
            Self::Lz4 => Some(9),
            Self::Zstd => Some(3),
            Self::None | Self::Snappy => None,
        }
    }

    fn effective_level(self, asked: Option<i32>) -> i32 {
        let asked = asked.filter(|level| (self, *level) != (Self::Gzip, -1));
        let level = asked.or(self.default_level()).unwrap_or(0);
        match self.levels() {
            Some(levels) => level.clamp(*levels.start(), *levels.end()),
            None => level,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why bytes could not be decompressed or compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodecError {
    /// Attribute bits no codec has.
    UnknownCodec {
        /// The three bits.
        bits: u8,
    },
    /// The bytes are not what the codec writes.
    Corrupt {
        /// The codec.
        codec: Compression,
        /// What is wrong.
        what: &'static str,
    },
    /// Valid, but a form that clients of this protocol cannot be relied on to read, or one that asks for too much
    /// memory.
    Unsupported {
        /// The codec.
        codec: Compression,
        /// What is not supported.
        what: &'static str,
    },
    /// More would come out than the caller allows.
    LimitExceeded {
        /// The caller's limit.
        limit_bytes: usize,
    },
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCodec { bits } => write!(f, "no compression codec has the number {bits}"),
            Self::Corrupt { codec, what } => write!(f, "{codec} data is damaged: {what}"),
            Self::Unsupported { codec, what } => write!(f, "{codec} data is not supported: {what}"),
            Self::LimitExceeded { limit_bytes } => write!(f, "decompressed data exceeds {limit_bytes} bytes"),
        }
    }
}

impl std::error::Error for CodecError {}

/// Buffers and contexts worth keeping from one batch to the next. Empty until first used; between uses it keeps at
/// most [`SCRATCH_KEPT_BYTES_MAX`].
#[derive(Default)]
pub struct Scratch {
    pub(crate) window: Window,
    zstd: zstd::Context,
}

/// Bytes a [`Scratch`] keeps between uses; what a rare large batch needed beyond it is given back.
pub const SCRATCH_KEPT_BYTES_MAX: usize = WINDOW_KEPT_BYTES_MAX + zstd::KEPT_BYTES_MAX;
const WINDOW_KEPT_BYTES_MAX: usize = 1 << 20;

impl Scratch {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes it holds now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.window.buffer.len() + self.zstd.bytes()
    }

    /// Gives back what exceeds the bound on keeping. Called at the end of every use.
    pub(crate) fn trim(&mut self) {
        self.window.clear();
        if self.window.buffer.len() > WINDOW_KEPT_BYTES_MAX {
            self.window.buffer = Vec::new();
        }
        self.zstd.trim();
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}

/// Decoded bytes not yet consumed: `buffer[start..end]`. The buffer is initialised as a whole, so that decoders
/// write into slices; it grows as data arrives and is not cleared between batches.
#[derive(Default)]
pub(crate) struct Window {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Window {
    pub(crate) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Consumes `count` unread bytes; they stay readable until the next [`space`](Self::space).
    pub(crate) fn take(&mut self, count: usize) -> &[u8] {
        assert!(count <= self.end - self.start);
        self.start += count;
        &self.buffer[self.start - count..self.start]
    }

    fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    /// Room for `count` more bytes behind the unread ones.
    fn space(&mut self, count: usize) -> &mut [u8] {
        if self.buffer.len() - self.end < count {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            let needed = self.end + count;
            if self.buffer.len() < needed {
                // At least by half again, so that a long record costs a constant number of copies a byte.
                let grown = needed.max(self.buffer.len() + self.buffer.len() / 2);
                self.buffer.reserve_exact(grown - self.buffer.len());
                self.buffer.resize(grown, 0);
            }
        }
        &mut self.buffer[self.end..self.end + count]
    }

    /// Takes the first `count` bytes of the last [`space`](Self::space) as decoded.
    fn filled(&mut self, count: usize) {
        assert!(count <= self.buffer.len() - self.end);
        self.end += count;
    }
}

/// Bytes a streaming codec is asked for at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// A running decompression of one input.
pub(crate) struct Decoder<'a> {
    codec: Codec<'a>,
    produced: usize,
    limit_bytes: usize,
}

enum Codec<'a> {
    None(&'a [u8]),
    Gzip(Box<gzip::Decoder<'a>>),
    Snappy(snappy::Decoder<'a>),
    Lz4(lz4::Decoder<'a>),
    Zstd(zstd::Decoder<'a>),
}

impl<'a> Decoder<'a> {
    /// Starts on `input` with an empty window.
    pub(crate) fn new(
        compression: Compression,
        input: &'a [u8],
        limit_bytes: usize,
        scratch: &mut Scratch,
    ) -> Result<Self, CodecError> {
        scratch.window.clear();
        let codec = match compression {
            Compression::None => Codec::None(input),
            Compression::Gzip => Codec::Gzip(Box::new(gzip::Decoder::new(input))),
            Compression::Snappy => Codec::Snappy(snappy::Decoder::new(input)?),
            Compression::Lz4 => Codec::Lz4(lz4::Decoder::new(input)?),
            Compression::Zstd => Codec::Zstd(zstd::Decoder::new(input, limit_bytes, &mut scratch.zstd)?),
        };
        Ok(Self { codec, produced: 0, limit_bytes })
    }

    /// Appends at least one byte to the window, or finds the proper end of the input and says `false`.
    pub(crate) fn fill(&mut self, scratch: &mut Scratch) -> Result<bool, CodecError> {
        // One byte over the limit tells "exactly at it" from "beyond it".
        let room = Room { left: self.limit_bytes - self.produced, limit_bytes: self.limit_bytes };
        let Scratch { window, zstd } = scratch;
        let count = match &mut self.codec {
            Codec::None(input) => {
                let count = input.len().min(room.chunk());
                let (now, rest) = input.split_at(count);
                window.space(count).copy_from_slice(now);
                *input = rest;
                count
            }
            Codec::Gzip(decoder) => decoder.fill(window, room)?,
            Codec::Snappy(decoder) => decoder.fill(window, room)?,
            Codec::Lz4(decoder) => decoder.fill(window, room)?,
            Codec::Zstd(decoder) => decoder.fill(window, room, zstd)?,
        };
        if count > room.left {
            return Err(room.exceeded());
        }
        window.filled(count);
        self.produced += count;
        Ok(count > 0)
    }
}

/// How much more may come out.
#[derive(Clone, Copy)]
struct Room {
    left: usize,
    limit_bytes: usize,
}

impl Room {
    /// Size of the next piece of a streaming codec.
    fn chunk(self) -> usize {
        CHUNK_BYTES.min(self.left.saturating_add(1))
    }

    fn exceeded(self) -> CodecError {
        CodecError::LimitExceeded { limit_bytes: self.limit_bytes }
    }
}

/// All of `input` decompressed, if it comes to no more than `limit_bytes`.
pub fn decompress(compression: Compression, input: &[u8], limit_bytes: usize) -> Result<Vec<u8>, CodecError> {
    decompress_with(&mut Scratch::new(), compression, input, limit_bytes)
}

/// As [`decompress`], with buffers that outlive the call.
pub fn decompress_with(
    scratch: &mut Scratch,
    compression: Compression,
    input: &[u8],
    limit_bytes: usize,
) -> Result<Vec<u8>, CodecError> {
    let mut output = Vec::new();
    let done = drain(scratch, compression, input, limit_bytes, |piece| output.extend_from_slice(piece));
    scratch.trim();
    done.map(|()| output)
}

fn drain(
    scratch: &mut Scratch,
    compression: Compression,
    input: &[u8],
    limit_bytes: usize,
    mut piece: impl FnMut(&[u8]),
) -> Result<(), CodecError> {
    let mut decoder = Decoder::new(compression, input, limit_bytes, scratch)?;
    while decoder.fill(scratch)? {
        piece(scratch.window.unread());
        scratch.window.clear();
    }
    Ok(())
}

/// `input` compressed. A level outside the codec's [`levels`](Compression::levels) counts as the nearest one.
pub fn compress(compression: Compression, level: Option<i32>, input: &[u8]) -> Result<Vec<u8>, CodecError> {
    let level = compression.effective_level(level);
    match compression {
        Compression::None => Ok(input.to_vec()),
        Compression::Gzip => gzip::compress(level, input),
        Compression::Snappy => snappy::compress(input),
        Compression::Lz4 => lz4::compress(input),
        Compression::Zstd => zstd::compress(level, input),
    }
}

#[cfg(test)]
#[path = "compression/tests.rs"]
mod tests;
