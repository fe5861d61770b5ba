//! From received chunks to response frames: a four-byte length and that many bytes, given out as one piece. A frame that lies
//! whole in a chunk is a slice of it; any other is put together in memory of its own.

use bytes::{Buf, Bytes, BytesMut};

/// The largest response that is taken; what claims to be longer is no broker's.
const FRAME_BYTES_MAX: usize = 256 << 20;
/// Memory that is given to a frame before any of it has come.
const TRUSTED_BYTES: usize = 16 << 20;

/// The frames of one connection.
#[derive(Default)]
pub struct Frames {
    chunk: Bytes,
    prefix: Vec<u8>,
    /// Length of the frame begun, if none of it has come.
    want: Option<usize>,
    partial: Option<(usize, BytesMut)>,
}

/// A length no frame has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadLength(pub i32);

impl Frames {
    /// Adds what was received. Call only when [`Frames::take`] has returned `None`.
    pub fn push(&mut self, chunk: Bytes) {
        assert!(self.chunk.is_empty(), "a chunk is used up before the next is taken");
        self.chunk = chunk;
    }

    /// Bytes that must come before there is something to do: the rest of a length, or of a frame.
    #[must_use]
    pub fn missing(&self) -> usize {
        let begun = self.partial.as_ref().map(|(want, have)| want - have.len());
        begun.or(self.want).unwrap_or(4 - self.prefix.len())
    }

    fn length(&mut self) -> Result<Option<usize>, BadLength> {
        if let Some(want) = self.want.take() {
            return Ok(Some(want));
        }
        while self.prefix.len() < 4 {
            if self.chunk.is_empty() {
                return Ok(None);
            }
            self.prefix.push(self.chunk.get_u8());
        }
        let said = i32::from_be_bytes([self.prefix[0], self.prefix[1], self.prefix[2], self.prefix[3]]);
        let want = usize::try_from(said).ok().filter(|want| (4..=FRAME_BYTES_MAX).contains(want));
        self.prefix.clear();
        want.map(Some).ok_or(BadLength(said))
    }

    /// The next whole frame, without its length.
    pub fn take(&mut self) -> Result<Option<Bytes>, BadLength> {
        if self.partial.is_none() {
            let Some(want) = self.length()? else { return Ok(None) };
            if self.chunk.is_empty() {
                self.want = Some(want);
                return Ok(None);
            }
            if self.chunk.len() >= want {
                return Ok(Some(self.chunk.split_to(want)));
            }
            self.partial = Some((want, BytesMut::with_capacity(want.min(TRUSTED_BYTES))));
        }
        let Some((want, have)) = &mut self.partial else { return Ok(None) };
        let take = self.chunk.len().min(*want - have.len());
        have.extend_from_slice(&self.chunk[..take]);
        self.chunk.advance(take);
        if have.len() < *want {
            return Ok(None);
        }
        Ok(self.partial.take().map(|(_, frame)| frame.freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_however_they_arrive() {
        let mut stream = Vec::new();
        let frames: Vec<Vec<u8>> = (4..40).map(|len| vec![len as u8; len]).collect();
        for frame in &frames {
            stream.extend_from_slice(&(frame.len() as i32).to_be_bytes());
            stream.extend_from_slice(frame);
        }
        for piece in [1, 3, 7, 50, 10_000] {
            let mut found = Vec::new();
            let mut reader = Frames::default();
            for chunk in stream.chunks(piece) {
                reader.push(Bytes::copy_from_slice(chunk));
                while let Some(frame) = reader.take().unwrap() {
                    found.push(frame.to_vec());
                }
            }
            assert_eq!(found, frames, "pieces of {piece}");
        }
    }

    #[test]
    fn a_length_no_frame_has_is_an_error() {
        for said in [-1, 3, i32::MAX] {
            let mut reader = Frames::default();
            reader.push(Bytes::copy_from_slice(&said.to_be_bytes()));
            assert_eq!(reader.take(), Err(BadLength(said)));
        }
    }
}
