//! From received chunks to request frames: each frame is a 4-byte length and that many bytes, given out as one contiguous
//! `Bytes`. One value per connection, on the connection's core. It knows nothing of sockets or tasks.
//!
//! A caller may rely on these bounds. Memory for a frame grows with what has arrived, never with what was promised: at most
//! [`FIRST_BYTES`] before the first whole frame, at most twice what has arrived afterwards. Of a frame at once by then: as much
//! as twice the largest before it, and [`TRUSTED_BYTES`] in any case. The first four bytes of a frame (API key and version) are judged before
//! anything more is kept, so bytes that are no request at all cost nothing.

use bytes::{Buf, Bytes};
use thalweg_rt::AlignedBuf;

/// Memory, in bytes, a connection may hold for its first frame before that has arrived.
pub const FIRST_BYTES: usize = 64 * 1024;

/// Of a frame so many bytes may be allocated at once, if a connection has said something valid before.
pub const TRUSTED_BYTES: usize = 1024 * 1024;

/// The smallest header: API key, version, correlation id; the oldest has nothing more, and no request is shorter.
const HEADER_BYTES_MIN: usize = 8;

/// Why a connection's bytes are not requests. The connection closes; nothing can be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameError {
    /// A length that is negative, larger than `socket.request.max.bytes`, or too small for a header.
    Length(i32),
    /// An API key and version nobody here serves.
    UnknownApi {
        /// The key.
        key: i16,
        /// The version.
        version: i16,
    },
}

/// Says whether a key and version may be read further.
pub type Known = fn(key: i16, version: i16) -> bool;

/// Whether a frame may share the memory it was received in. Such memory belongs to the core's receive buffers, so only a
/// request whose records are copied away at once may hold it.
pub type Shares = fn(key: i16) -> bool;

/// The frames of one connection.
pub struct Frames {
    /// Received and not yet looked at.
    chunk: Bytes,
    /// The chunk is a copy of our own.
    detached: bool,
    /// The length prefix as far as it has arrived.
    prefix: [u8; 4],
    prefix_len: usize,
    /// Length of the frame begun, if none of it has come.
    want: Option<usize>,
    /// The frame begun.
    partial: Option<Partial>,
    frame_bytes_max: usize,
    known: Known,
    shares: Shares,
    /// Bytes of the largest frame so far; zero before the first.
    largest: usize,
}

struct Partial {
    want: usize,
    judged: bool,
    buffer: AlignedBuf,
}

impl Frames {
    /// Frames up to `frame_bytes_max`.
    pub fn new(frame_bytes_max: usize, known: Known, shares: Shares) -> Frames {
        Frames {
            chunk: Bytes::new(),
            detached: false,
            prefix: [0; 4],
            prefix_len: 0,
            want: None,
            partial: None,
            frame_bytes_max,
            known,
            shares,
            largest: 0,
        }
    }

    /// Adds what was received. Call only when [`Frames::take`] has returned `None`.
    pub fn push(&mut self, chunk: Bytes) {
        assert!(self.chunk.is_empty(), "a chunk is used up before the next is taken");
        self.chunk = chunk;
        self.detached = false;
    }

    /// Whether all that was received has been looked at.
    pub fn is_drained(&self) -> bool {
        self.chunk.is_empty()
    }

    /// Gives up the receive buffer of what was not yet looked at, by copying it. For a connection that must wait.
    pub fn detach(&mut self) {
        if !self.detached && !self.chunk.is_empty() {
            self.detached = true;
            self.chunk = Bytes::copy_from_slice(&self.chunk);
        }
    }

    /// Bytes of memory held for a frame begun, here or where it is received.
    pub fn partial_bytes(&self) -> usize {
        let expected = self.want.map_or(0, |want| want.min(self.first_bytes()));
        self.partial.as_ref().map_or(expected, |p| p.buffer.capacity())
    }

    /// Bytes that must come before there is something to do: the rest of a length, or of a frame. One if the client is not
    /// known yet.
    pub fn missing(&self) -> usize {
        if self.largest == 0 {
            return 1;
        }
        let begun = self.partial.as_ref().map(|p| p.want - p.buffer.len());
        begun.or(self.want.map(|want| want.min(self.first_bytes()))).unwrap_or(4 - self.prefix_len)
    }

    /// Whether nothing of a frame, or of its length, has come that was not given out.
    pub fn is_between(&self) -> bool {
        self.chunk.is_empty() && self.partial.is_none() && self.want.is_none() && self.prefix_len == 0
    }

    /// Bytes allocated at once for a frame.
    fn first_bytes(&self) -> usize {
        if self.largest == 0 { FIRST_BYTES / 4 } else { TRUSTED_BYTES.max(2 * self.largest) }
    }

    /// The next whole frame, without its length, or `None` if more must be received.
    pub fn take(&mut self) -> Result<Option<Bytes>, FrameError> {
        if self.partial.is_none() {
            let Some(want) = self.length()? else { return Ok(None) };
            if self.chunk.is_empty() {
                self.want = Some(want);
                return Ok(None);
            }
            if self.chunk.len() >= want {
                let head = [self.chunk[0], self.chunk[1], self.chunk[2], self.chunk[3]];
                let key = self.judge(head)?;
                self.largest = self.largest.max(want);
                let frame = self.chunk.split_to(want);
                return Ok(Some(if (self.shares)(key) { frame } else { Bytes::copy_from_slice(&frame) }));
            }
            let buffer = AlignedBuf::with_capacity(want.min(self.first_bytes()));
            self.partial = Some(Partial { want, judged: false, buffer });
        }
        self.fill()
    }

    fn length(&mut self) -> Result<Option<usize>, FrameError> {
        if let Some(want) = self.want.take() {
            return Ok(Some(want));
        }
        while self.prefix_len < 4 {
            if self.chunk.is_empty() {
                return Ok(None);
            }
            self.prefix[self.prefix_len] = self.chunk.get_u8();
            self.prefix_len += 1;
        }
        let said = i32::from_be_bytes(self.prefix);
        match usize::try_from(said) {
            Ok(want) if want >= HEADER_BYTES_MIN && want <= self.frame_bytes_max => {
                self.prefix_len = 0;
                Ok(Some(want))
            }
            _ => Err(FrameError::Length(said)),
        }
    }

    fn judge(&self, head: [u8; 4]) -> Result<i16, FrameError> {
        let key = i16::from_be_bytes([head[0], head[1]]);
        let version = i16::from_be_bytes([head[2], head[3]]);
        if (self.known)(key, version) { Ok(key) } else { Err(FrameError::UnknownApi { key, version }) }
    }

    fn fill(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some(mut partial) = self.partial.take() else { return Ok(None) };
        let take = self.chunk.len().min(partial.want - partial.buffer.len());
        let have = partial.buffer.len() + take;
        if have > partial.buffer.capacity() {
            // Doubling keeps what is held within twice what has arrived, and the copies within one per byte on average.
            let grown = have.next_power_of_two().min(partial.want);
            let mut buffer = AlignedBuf::with_capacity(grown);
            buffer.extend_from_slice(&partial.buffer);
            partial.buffer = buffer;
        }
        partial.buffer.extend_from_slice(&self.chunk[..take]);
        self.chunk.advance(take);
        if !partial.judged && have >= 4 {
            self.judge([partial.buffer[0], partial.buffer[1], partial.buffer[2], partial.buffer[3]])?;
            partial.judged = true;
        }
        if have == partial.want {
            self.largest = self.largest.max(have);
            return Ok(Some(partial.buffer.freeze()));
        }
        self.partial = Some(partial);
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(key: i16, version: i16) -> bool {
        (0..=3).contains(&key) && version < 10
    }

    fn produce(key: i16) -> bool {
        key == 0
    }

    fn frames() -> Frames {
        Frames::new(1 << 20, known, produce)
    }

    fn frame(key: i16, body: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&(8 + body as i32).to_be_bytes());
        bytes.extend_from_slice(&key.to_be_bytes());
        bytes.extend_from_slice(&[0, 1, 0, 0, 0, 7]);
        bytes.extend((0..body).map(|i| i as u8));
        bytes
    }

    #[test]
    fn between_frames_nothing_has_come_of_the_next() {
        let (mut frames, bytes) = (frames(), frame(0, 5));
        assert!(frames.is_between());
        // also where four bytes of it are missing, as many as a length has
        for end in 1..bytes.len() {
            frames.push(Bytes::copy_from_slice(&bytes[end - 1..end]));
            assert!(frames.take().unwrap().is_none() && !frames.is_between(), "after {end} bytes");
        }
        frames.push(Bytes::copy_from_slice(&bytes[bytes.len() - 1..]));
        assert!(frames.take().unwrap().is_some() && frames.is_between());
    }

    #[test]
    fn any_split_of_the_stream_gives_the_same_frames() {
        let stream: Vec<u8> = [frame(0, 5), frame(1, 0), frame(3, 300)].concat();
        let mut want: Vec<Bytes> = Vec::new();
        for (key, body) in [(0, 5), (1, 0), (3, 300)] {
            want.push(Bytes::from(frame(key, body)).slice(4..));
        }
        for step in 1..stream.len() {
            let mut frames = frames();
            let mut got = Vec::new();
            for chunk in stream.chunks(step) {
                frames.push(Bytes::copy_from_slice(chunk));
                while let Some(frame) = frames.take().unwrap() {
                    got.push(frame);
                }
            }
            assert_eq!(got, want, "chunks of {step}");
        }
    }

    #[test]
    fn a_produce_frame_within_a_chunk_is_not_copied_and_others_are() {
        let chunk = Bytes::from([frame(0, 50), frame(1, 50)].concat());
        let range = chunk.as_ptr() as usize..chunk.as_ptr() as usize + chunk.len();
        let mut frames = frames();
        frames.push(chunk);
        let first = frames.take().unwrap().unwrap();
        let second = frames.take().unwrap().unwrap();
        assert!(range.contains(&(first.as_ptr() as usize)));
        assert!(!range.contains(&(second.as_ptr() as usize)));
    }

    #[test]
    fn a_frame_received_apart_from_its_length_is_not_copied() {
        let mut frames = frames();
        for (body, first) in [(100, true), (100_000, false)] {
            let stream = Bytes::from(frame(0, body));
            assert_eq!(frames.missing(), if first { 1 } else { 4 });
            frames.push(stream.slice(..4));
            assert_eq!(frames.take(), Ok(None));
            assert_eq!(frames.missing(), if first { 1 } else { 8 + body });
            assert_eq!(frames.partial_bytes(), 8 + body, "what is to come is counted");
            frames.push(stream.slice(4..));
            let whole = frames.take().unwrap().unwrap();
            assert_eq!(whole.as_ptr(), stream[4..].as_ptr());
            assert_eq!(whole, stream[4..]);
            assert_eq!(frames.partial_bytes(), 0);
        }
    }

    #[test]
    fn lengths_out_of_bounds_are_refused() {
        for bad in [-1, i32::MIN, 0, 7, (1 << 20) + 1, i32::MAX] {
            let mut frames = frames();
            frames.push(Bytes::copy_from_slice(&bad.to_be_bytes()));
            assert_eq!(frames.take(), Err(FrameError::Length(bad)));
        }
    }

    #[test]
    fn http_and_tls_are_refused_by_their_first_bytes() {
        for hello in [&b"GET / HTTP/1.1\r\n"[..], b"POST /topics", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
            let mut frames = Frames::new(104_857_600, known, produce);
            frames.push(Bytes::copy_from_slice(hello));
            assert!(matches!(frames.take(), Err(FrameError::Length(_))));
        }
    }

    #[test]
    fn an_unknown_api_is_refused_before_its_body_arrives() {
        let mut frames = frames();
        let mut head = frame(77, 1000);
        head.truncate(8);
        frames.push(Bytes::from(head));
        assert_eq!(frames.take(), Err(FrameError::UnknownApi { key: 77, version: 1 }));
    }

    #[test]
    fn memory_grows_with_what_arrived_not_with_what_was_promised() {
        let mut frames = frames();
        let stream = frame(0, 900_000);
        let mut arrived = 0;
        for chunk in stream.chunks(1000) {
            frames.push(Bytes::copy_from_slice(chunk));
            arrived += chunk.len();
            if frames.take().unwrap().is_none() {
                assert!(frames.partial_bytes() <= FIRST_BYTES.max(2 * arrived), "{arrived}");
            }
        }
        assert_eq!(arrived, stream.len());
        assert_eq!(frames.partial_bytes(), 0);
    }

    #[test]
    fn detaching_keeps_the_bytes_and_frees_the_buffer() {
        let chunk = Bytes::from([frame(1, 3), frame(1, 4)].concat());
        let at = chunk.as_ptr() as usize;
        let mut frames = frames();
        frames.push(chunk);
        frames.take().unwrap().unwrap();
        frames.detach();
        let copy = frames.chunk.as_ptr() as usize;
        assert_ne!(copy, at + 4 + 8 + 3);
        frames.detach();
        assert_eq!(frames.chunk.as_ptr() as usize, copy, "once is enough");
        assert_eq!(frames.take().unwrap().unwrap().len(), 12);
    }
}
