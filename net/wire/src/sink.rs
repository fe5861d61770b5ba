//! Puts a message together. Small fields are copied into one buffer, record bytes stay where they are.
use bytes::Bytes;

use crate::{Chunk, EncodeError, Part, Records, Str, Uuid};

/// What a message is written into, and the pieces to send afterwards.
#[derive(Debug, Default)]
pub struct Sink {
    buffer: Vec<u8>,
    /// Pieces that were not copied, each with the position in `buffer` it stands before. Ascending.
    cuts: Vec<(usize, Chunk)>,
    /// Bytes in `cuts`.
    cut_bytes: usize,
    framed: bool,
}

/// Where a tagged field began; its size goes there once it is known.
#[derive(Debug)]
#[must_use = "the field's size is still missing"]
pub struct TaggedField {
    buffer_at: usize,
    cuts_at: usize,
    cut_bytes_at: usize,
}

/// `bytes` fields from this size on are not copied: a separate segment costs less than moving them.
const SEGMENT_BYTES_MIN: usize = 4096;

/// Room for the length in front of a frame.
const FRAME_LENGTH_BYTES: usize = 4;

macro_rules! numbers {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("Writes a big-endian `", stringify!($type), "`.")]
        pub fn $name(&mut self, value: $type) {
            self.buffer.extend_from_slice(&value.to_be_bytes());
        }
    )*};
}

impl Sink {
    /// An empty sink.
    pub fn new() -> Sink {
        Sink::default()
    }

    /// A sink that begins with a four-byte length, filled in by [`Sink::finish`].
    pub fn framed() -> Sink {
        let mut buffer = Vec::with_capacity(256);
        buffer.extend_from_slice(&[0; FRAME_LENGTH_BYTES]);
        Sink { buffer, framed: true, ..Sink::default() }
    }

    /// Bytes written so far, the frame's length field included.
    pub fn len(&self) -> usize {
        self.buffer.len() + self.cut_bytes
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pieces to send, in order, none of them empty. A frame beyond 2 GiB is a mistake of ours: limits on what goes
    /// into a response are far below.
    pub fn finish(mut self) -> Vec<Chunk> {
        if self.framed {
            let length = i32::try_from(self.len() - FRAME_LENGTH_BYTES).expect("a frame is below 2 GiB");
            self.buffer[..FRAME_LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
        }
        let buffer = Bytes::from(self.buffer);
        let mut chunks = Vec::with_capacity(2 * self.cuts.len() + 1);
        let mut from = 0;
        for (at, chunk) in self.cuts {
            if from < at {
                chunks.push(Chunk::Memory(buffer.slice(from..at)));
            }
            chunks.push(chunk);
            from = at;
        }
        if from < buffer.len() {
            chunks.push(Chunk::Memory(buffer.slice(from..)));
        }
        chunks
    }

    /// Everything as one piece, copied together where it has to be.
    pub fn into_bytes(self) -> Result<Bytes, EncodeError> {
        let len = self.len();
        let mut chunks = self.finish();
        match (chunks.len(), chunks.pop()) {
            (_, None) => return Ok(Bytes::new()),
            (1, Some(Chunk::Memory(bytes))) => return Ok(bytes),
            (_, Some(last)) => chunks.push(last),
        }
        let mut whole = Vec::with_capacity(len);
        for chunk in chunks {
            match chunk {
                Chunk::Memory(bytes) => whole.extend_from_slice(&bytes),
                Chunk::External { .. } => return Err(EncodeError::NotInMemory),
            }
        }
        Ok(whole.into())
    }

    numbers!(i8: i8, i16: i16, i32: i32, i64: i64, u8: u8, u16: u16, u32: u32, f64: f64);

    /// Writes one byte, 0 or 1.
    pub fn bool(&mut self, value: bool) {
        self.buffer.push(u8::from(value));
    }

    /// Writes 16 bytes.
    pub fn uuid(&mut self, value: Uuid) {
        self.buffer.extend_from_slice(&value.0);
    }

    /// Writes an unsigned varint.
    pub fn uvarint(&mut self, value: u32) {
        let (bytes, len) = uvarint_bytes(value);
        self.buffer.extend_from_slice(&bytes[..len]);
    }

    /// Writes bytes as they are, without a length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    fn length(&mut self, len: Option<usize>, flexible: bool) -> Result<(), EncodeError> {
        let signed = match len {
            None => -1,
            Some(len) => i32::try_from(len).map_err(|_| EncodeError::TooLong { len })?,
        };
        if flexible {
            self.uvarint((signed as u32).wrapping_add(1));
        } else {
            self.i32(signed);
        }
        Ok(())
    }

    /// Writes a string.
    pub fn string(&mut self, value: &Str, flexible: bool) -> Result<(), EncodeError> {
        let bytes = value.as_bytes();
        let len = i16::try_from(bytes.len()).map_err(|_| EncodeError::StringTooLong { len: bytes.len() })?;
        if flexible {
            self.uvarint(len as u32 + 1);
        } else {
            self.i16(len);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes a string or null.
    pub fn opt_string(&mut self, value: &Option<Str>, flexible: bool) -> Result<(), EncodeError> {
        match value {
            Some(value) => return self.string(value, flexible),
            None if flexible => self.uvarint(0),
            None => self.i16(-1),
        }
        Ok(())
    }

    /// Writes bytes: copied when few, a segment of their own when many.
    pub fn bytes(&mut self, value: &Bytes, flexible: bool) -> Result<(), EncodeError> {
        self.length(Some(value.len()), flexible)?;
        if value.len() >= SEGMENT_BYTES_MIN {
            self.cut(Chunk::Memory(value.clone()));
        } else {
            self.buffer.extend_from_slice(value);
        }
        Ok(())
    }

    /// Writes bytes or null.
    pub fn opt_bytes(&mut self, value: &Option<Bytes>, flexible: bool) -> Result<(), EncodeError> {
        match value {
            Some(value) => self.bytes(value, flexible),
            None => self.length(None, flexible),
        }
    }

    /// Writes records: each piece becomes a segment of its own.
    pub fn records(&mut self, value: &Records, flexible: bool) -> Result<(), EncodeError> {
        self.length(Some(value.len()), flexible)?;
        match value {
            Records::Bytes(bytes) => self.cut(Chunk::Memory(bytes.clone())),
            Records::Chunks(chunks) => chunks.iter().for_each(|chunk| self.cut(chunk.clone())),
        }
        Ok(())
    }

    /// Writes records or null.
    pub fn opt_records(&mut self, value: &Option<Records>, flexible: bool) -> Result<(), EncodeError> {
        match value {
            Some(value) => self.records(value, flexible),
            None => self.length(None, flexible),
        }
    }

    fn cut(&mut self, chunk: Chunk) {
        if !chunk.is_empty() {
            self.cut_bytes += chunk.len();
            self.cuts.push((self.buffer.len(), chunk));
        }
    }

    /// Writes an array.
    pub fn vec<T: Part>(&mut self, value: &[T], version: i16, flexible: bool) -> Result<(), EncodeError> {
        self.length(Some(value.len()), flexible)?;
        value.iter().try_for_each(|element| element.write(self, version, flexible))
    }

    /// Writes an array or null.
    pub fn opt_vec<T: Part>(
        &mut self,
        value: &Option<Vec<T>>,
        version: i16,
        flexible: bool,
    ) -> Result<(), EncodeError> {
        match value {
            Some(value) => self.vec(value, version, flexible),
            None => self.length(None, flexible),
        }
    }

    /// Writes a struct that may be null.
    pub fn opt_struct<T: Part>(&mut self, value: &Option<T>, version: i16, flexible: bool) -> Result<(), EncodeError> {
        self.i8(if value.is_some() { 1 } else { -1 });
        value.iter().try_for_each(|value| value.write(self, version, flexible))
    }

    /// Writes a struct that may be null and stands in a tagged field.
    pub fn opt_tagged_struct<T: Part>(
        &mut self,
        value: &Option<T>,
        version: i16,
        flexible: bool,
    ) -> Result<(), EncodeError> {
        self.uvarint(u32::from(value.is_some()));
        value.iter().try_for_each(|value| value.write(self, version, flexible))
    }

    /// Begins a tagged field.
    pub fn begin_tagged(&mut self, tag: u32) -> TaggedField {
        self.uvarint(tag);
        TaggedField { buffer_at: self.buffer.len(), cuts_at: self.cuts.len(), cut_bytes_at: self.cut_bytes }
    }

    /// Ends a tagged field: puts its size in front of it. They are few and small, so moving them beats a sizing pass.
    pub fn end_tagged(&mut self, field: TaggedField) {
        let size = (self.buffer.len() - field.buffer_at) + (self.cut_bytes - field.cut_bytes_at);
        let size = u32::try_from(size).expect("a tagged field is below 2 GiB");
        let (bytes, len) = uvarint_bytes(size);
        let end = self.buffer.len();
        self.buffer.extend_from_slice(&bytes[..len]);
        self.buffer.copy_within(field.buffer_at..end, field.buffer_at + len);
        self.buffer[field.buffer_at..field.buffer_at + len].copy_from_slice(&bytes[..len]);
        for (at, _) in &mut self.cuts[field.cuts_at..] {
            *at += len;
        }
    }
}

fn uvarint_bytes(mut value: u32) -> ([u8; 5], usize) {
    let (mut bytes, mut len) = ([0; 5], 0);
    while value >= 0x80 {
        bytes[len] = value as u8 | 0x80;
        value >>= 7;
        len += 1;
    }
    bytes[len] = value as u8;
    (bytes, len + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stay_where_they_are() {
        let records = Bytes::from_static(b"records");
        let mut s = Sink::framed();
        s.i16(7);
        s.records(&Records::Bytes(records.clone()), false).unwrap();
        s.opt_records(&None, true).unwrap();
        let pieces = vec![Chunk::Memory(records.clone()), Chunk::External { token: 9, len: 100 }];
        s.records(&Records::Chunks(pieces), true).unwrap();
        s.records(&Records::default(), true).unwrap();
        assert_eq!(s.len(), 4 + 2 + 4 + 7 + 1 + 1 + 107 + 1);
        let chunks = s.finish();
        assert_eq!(
            chunks,
            [
                Chunk::Memory(Bytes::from_static(b"\0\0\0\x7b\0\x07\0\0\0\x07")),
                Chunk::Memory(records.clone()),
                Chunk::Memory(Bytes::from_static(b"\x00\x6c")),
                Chunk::Memory(records.clone()),
                Chunk::External { token: 9, len: 100 },
                Chunk::Memory(Bytes::from_static(b"\x01")),
            ]
        );
        let Chunk::Memory(sent) = &chunks[1] else { panic!() };
        assert_eq!(sent.as_ptr(), records.as_ptr());
    }

    #[test]
    fn tagged_field_gets_its_size() {
        let mut s = Sink::new();
        s.uvarint(1);
        let field = s.begin_tagged(3);
        let large = Bytes::from(vec![5; SEGMENT_BYTES_MIN]);
        s.bytes(&large, true).unwrap();
        s.i8(9);
        s.end_tagged(field);
        let bytes = s.into_bytes().unwrap();
        // count, tag, size 4099 in two bytes, length 4097 in two bytes, content, 9
        assert_eq!(&bytes[..6], b"\x01\x03\x83\x20\x81\x20");
        assert_eq!(bytes.len(), 6 + SEGMENT_BYTES_MIN + 1);
        assert_eq!((bytes[6], bytes[bytes.len() - 2], bytes[bytes.len() - 1]), (5, 5, 9));
    }

    #[test]
    fn too_long_is_refused() {
        let text = Str::from("x".repeat(32768));
        assert_eq!(Sink::new().string(&text, true), Err(EncodeError::StringTooLong { len: 32768 }));
        let mut s = Sink::new();
        let external = Records::Chunks(vec![Chunk::External { token: 0, len: 1 }]);
        s.records(&external, true).unwrap();
        assert_eq!(s.into_bytes(), Err(EncodeError::NotInMemory));
    }
}
