//! Gzip: one or more members, each with its checksum verified.

use std::io::{Read, Write};

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::{CodecError, Compression, Room, Window};

pub(super) struct Decoder<'a> {
    inner: MultiGzDecoder<&'a [u8]>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { inner: MultiGzDecoder::new(input) }
    }

    pub(super) fn fill(&mut self, window: &mut Window, room: Room) -> Result<usize, CodecError> {
        self.inner
            .read(window.space(room.chunk()))
            .map_err(|_| CodecError::Corrupt { codec: Compression::Gzip, what: "not a complete, intact stream" })
    }
}

pub(super) fn compress(level: i32, input: &[u8]) -> Result<Vec<u8>, CodecError> {
    let failed = |_| CodecError::Corrupt { codec: Compression::Gzip, what: "cannot be written" };
    let level = flate2::Compression::new(level.unsigned_abs());
    let mut encoder = GzEncoder::new(Vec::with_capacity(input.len() / 2 + 64), level);
    encoder.write_all(input).map_err(failed)?;
    encoder.finish().map_err(failed)
}
