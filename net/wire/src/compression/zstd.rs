//! Zstandard: one or more frames. The decoder's own window is bounded by the caller's limit, and by 128 MiB.

use zstd::zstd_safe::{CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, compress_bound};

use super::{CodecError, Compression, Room, Window};

/// Windows up to 8 MiB are read whatever the limit: compressors declare theirs by level, not by the size of the data.
const WINDOW_LOG_MIN: u32 = 23;
/// The largest window a decoder accepts unasked; compressors do not exceed it unasked either.
const WINDOW_LOG_MAX: u32 = 27;
/// Bytes of context kept between batches: the context proper and the window most producers use, 2 MiB.
pub(super) const KEPT_BYTES_MAX: usize = 4 << 20;

/// The decoding context kept between batches.
#[derive(Default)]
pub(super) struct Context {
    inner: Option<DCtx<'static>>,
}

impl Context {
    pub(super) fn bytes(&self) -> usize {
        self.inner.as_ref().map_or(0, DCtx::sizeof)
    }

    pub(super) fn trim(&mut self) {
        if self.bytes() > KEPT_BYTES_MAX {
            self.inner = None;
        }
    }
}

pub(super) struct Decoder<'a> {
    input: InBuffer<'a>,
    len: usize,
    at_frame_end: bool,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(input: &'a [u8], limit_bytes: usize, context: &mut Context) -> Result<Self, CodecError> {
        let window_log = limit_bytes.checked_next_power_of_two().map_or(WINDOW_LOG_MAX, usize::ilog2);
        if context.inner.is_none() {
            context.inner = DCtx::try_create();
        }
        let inner = context.inner.as_mut().ok_or(NO_MEMORY)?;
        inner.reset(ResetDirective::SessionAndParameters).map_err(|_| NO_MEMORY)?;
        inner
            .set_parameter(DParameter::WindowLogMax(window_log.clamp(WINDOW_LOG_MIN, WINDOW_LOG_MAX)))
            .map_err(|_| NO_MEMORY)?;
        Ok(Self { input: InBuffer::around(input), len: input.len(), at_frame_end: false })
    }

    pub(super) fn fill(&mut self, window: &mut Window, room: Room, context: &mut Context) -> Result<usize, CodecError> {
        let inner = context.inner.as_mut().ok_or(NO_MEMORY)?;
        let mut output = OutBuffer::around(window.space(room.chunk()));
        loop {
            if self.at_frame_end && self.input.pos() == self.len {
                return Ok(0);
            }
            let before = self.input.pos();
            let hint = inner.decompress_stream(&mut output, &mut self.input).map_err(refused)?;
            self.at_frame_end = hint == 0;
            if output.pos() > 0 {
                return Ok(output.pos());
            }
            if self.input.pos() == before && !self.at_frame_end {
                return Err(corrupt("cut short"));
            }
        }
    }
}

fn refused(code: usize) -> CodecError {
    match zstd::zstd_safe::get_error_name(code) {
        "Frame requires too much memory for decoding" => {
            CodecError::Unsupported { codec: Compression::Zstd, what: "window larger than the limit" }
        }
        _ => corrupt("bad frame"),
    }
}

pub(super) fn compress(level: i32, input: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut context = CCtx::try_create().ok_or(NO_MEMORY)?;
    context.set_parameter(CParameter::CompressionLevel(level)).map_err(|_| corrupt("cannot be written"))?;
    let mut output = Vec::with_capacity(compress_bound(input.len()));
    context.compress2(&mut output, input).map_err(|_| corrupt("cannot be written"))?;
    Ok(output)
}

const NO_MEMORY: CodecError = CodecError::Unsupported { codec: Compression::Zstd, what: "no memory for a context" };

const fn corrupt(what: &'static str) -> CodecError {
    CodecError::Corrupt { codec: Compression::Zstd, what }
}
