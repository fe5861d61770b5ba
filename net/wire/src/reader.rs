//! Takes a frame apart. The only place where lengths from the wire are believed, after being checked.
use bytes::Bytes;

use crate::{DecodeError, Part, Records, Str, Uuid};

/// A cursor over one contiguous frame. Strings, bytes and records come out as slices that share the frame.
///
/// Nothing it returns is larger than the frame justifies: a length must fit the bytes left, an array's count must fit
/// them at the smallest size of its element and stay within [`Reader::ARRAY_ELEMENTS_MAX`], and all arrays together may
/// take [`Reader::MEMORY_BASE`] bytes plus [`Reader::MEMORY_FACTOR`] times the frame.
#[derive(Debug)]
pub struct Reader {
    frame: Bytes,
    at: usize,
    /// Reads stop here: the end of the frame, or of the tagged field being read.
    end: usize,
    /// Bytes of memory arrays may still take.
    budget: usize,
}

/// Most memory an array takes before its first element has been read.
const ARRAY_BYTES_AT_FIRST: usize = 16 << 10;

macro_rules! numbers {
    ($($name:ident: $type:ty),*) => {$(
        #[doc = concat!("Reads a big-endian `", stringify!($type), "`.")]
        pub fn $name(&mut self) -> Result<$type, DecodeError> {
            self.array().map(<$type>::from_be_bytes)
        }
    )*};
}

impl Reader {
    /// Most elements of one array, as in Kafka.
    pub const ARRAY_ELEMENTS_MAX: usize = 1_000_000;

    /// Most tagged fields of one struct, known or not, as in Kafka.
    pub const TAGGED_FIELDS_MAX: usize = 10_000;

    /// Memory every message may take, whatever its size.
    pub const MEMORY_BASE: usize = 1 << 20;

    /// Memory a message may take for each of its bytes, beyond the base.
    pub const MEMORY_FACTOR: usize = 16;

    /// Reads this frame from its first byte.
    pub fn new(frame: Bytes) -> Reader {
        let budget = Reader::MEMORY_BASE.saturating_add(frame.len().saturating_mul(Reader::MEMORY_FACTOR));
        Reader::with_budget(frame, budget)
    }

    /// The same with a limit of the caller's on the memory that arrays may take.
    pub fn with_budget(frame: Bytes, budget: usize) -> Reader {
        let end = frame.len();
        Reader { frame, at: 0, end, budget }
    }

    /// Bytes not read yet.
    pub fn remaining(&self) -> usize {
        self.end - self.at
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.frame[self.at..self.end].first_chunk::<N>() {
            Some(bytes) => {
                self.at += N;
                Ok(*bytes)
            }
            None => Err(DecodeError::Truncated { need: N, left: self.remaining() }),
        }
    }

    /// The next `len` bytes, shared with the frame.
    pub fn slice(&mut self, len: usize) -> Result<Bytes, DecodeError> {
        let at = self.advance(len)?;
        Ok(self.frame.slice(at..self.at))
    }

    /// Steps over `len` bytes and says where they began.
    fn advance(&mut self, len: usize) -> Result<usize, DecodeError> {
        if len > self.remaining() {
            return Err(DecodeError::Truncated { need: len, left: self.remaining() });
        }
        self.at += len;
        Ok(self.at - len)
    }

    numbers!(i8: i8, i16: i16, i32: i32, i64: i64, u8: u8, u16: u16, u32: u32, f64: f64);

    /// Reads a byte; anything but 0 is true.
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        self.u8().map(|byte| byte != 0)
    }

    /// Reads 16 bytes.
    pub fn uuid(&mut self) -> Result<Uuid, DecodeError> {
        self.array().map(Uuid)
    }

    /// Reads an unsigned varint of at most 32 bits.
    pub fn uvarint(&mut self) -> Result<u32, DecodeError> {
        // nearly every length and count of a real message is one byte
        if let Some(&byte) = self.frame[self.at..self.end].first()
            && byte < 0x80
        {
            self.at += 1;
            return Ok(u32::from(byte));
        }
        let mut value = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            if shift == 28 && byte > 0x0f {
                break;
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::BadVarint)
    }

    /// A length with null: compact (varint of length + 1), or of two or four bytes where any negative number is null.
    fn length(&mut self, flexible: bool, short: bool) -> Result<Option<usize>, DecodeError> {
        if flexible {
            return Ok((self.uvarint()? as usize).checked_sub(1));
        }
        let length = if short { i32::from(self.i16()?) } else { self.i32()? };
        Ok(usize::try_from(length).ok())
    }

    /// Reads a string.
    pub fn string(&mut self, flexible: bool) -> Result<Str, DecodeError> {
        self.opt_string(flexible)?.ok_or(DecodeError::Null)
    }

    /// Reads a string or null.
    pub fn opt_string(&mut self, flexible: bool) -> Result<Option<Str>, DecodeError> {
        match self.length(flexible, true)? {
            None => Ok(None),
            Some(len) if len > i16::MAX as usize => Err(DecodeError::StringTooLong { len }),
            Some(0) => Ok(Some(Str::default())),
            Some(len) => {
                let text = Str::from_wire(self.slice(len)?);
                // replacement characters take more room than what they replace
                match text.as_bytes().len() {
                    len if len > i16::MAX as usize => Err(DecodeError::StringTooLong { len }),
                    _ => Ok(Some(text)),
                }
            }
        }
    }

    /// Reads bytes.
    pub fn bytes(&mut self, flexible: bool) -> Result<Bytes, DecodeError> {
        self.opt_bytes(flexible)?.ok_or(DecodeError::Null)
    }

    /// Reads bytes or null.
    pub fn opt_bytes(&mut self, flexible: bool) -> Result<Option<Bytes>, DecodeError> {
        self.length(flexible, false)?.map(|len| self.slice(len)).transpose()
    }

    /// Reads records, unopened.
    pub fn records(&mut self, flexible: bool) -> Result<Records, DecodeError> {
        self.bytes(flexible).map(Records::Bytes)
    }

    /// Reads records, unopened, or null.
    pub fn opt_records(&mut self, flexible: bool) -> Result<Option<Records>, DecodeError> {
        Ok(self.opt_bytes(flexible)?.map(Records::Bytes))
    }

    /// Reads an array.
    pub fn vec<T: Part>(&mut self, version: i16, flexible: bool) -> Result<Vec<T>, DecodeError> {
        self.opt_vec(version, flexible)?.ok_or(DecodeError::Null)
    }

    /// Reads an array or null.
    pub fn opt_vec<T: Part>(&mut self, version: i16, flexible: bool) -> Result<Option<Vec<T>>, DecodeError> {
        let Some(count) = self.length(flexible, false)? else { return Ok(None) };
        if count > (self.remaining() / T::MIN_BYTES).min(Reader::ARRAY_ELEMENTS_MAX) {
            return Err(DecodeError::TooMany { count, left: self.remaining() });
        }
        let size = size_of::<T>();
        self.budget = self.budget.checked_sub(count.saturating_mul(size)).ok_or(DecodeError::OverBudget)?;
        let mut elements = Vec::with_capacity(count.min(ARRAY_BYTES_AT_FIRST / size.max(1)));
        for _ in 0..count {
            elements.push(T::read(self, version, flexible)?);
        }
        Ok(Some(elements))
    }

    /// Reads a struct that may be null: one byte, negative for null, before it.
    pub fn opt_struct<T: Part>(&mut self, version: i16, flexible: bool) -> Result<Option<T>, DecodeError> {
        if self.i8()? < 0 {
            return Ok(None);
        }
        T::read(self, version, flexible).map(Some)
    }

    /// Reads a struct that may be null and stands in a tagged field: a varint, 0 for null, before it.
    pub fn opt_tagged_struct<T: Part>(&mut self, version: i16, flexible: bool) -> Result<Option<T>, DecodeError> {
        if self.uvarint()? == 0 {
            return Ok(None);
        }
        T::read(self, version, flexible).map(Some)
    }

    /// Reads the tagged fields at the end of a struct. `field` reads the one it is told and says so; what it does not
    /// know is skipped. A field that reads less than its size is an error, and it cannot read more.
    pub fn tagged_fields(
        &mut self,
        mut field: impl FnMut(&mut Reader, u32) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        let count = self.tagged_field_count()?;
        for _ in 0..count {
            let (tag, size) = (self.uvarint()?, self.uvarint()? as usize);
            let begin = self.advance(size)?;
            let (after, end) = (self.at, self.end);
            (self.at, self.end) = (begin, after);
            let known = field(self, tag)?;
            if known && self.at != after {
                return Err(DecodeError::BadTagSize { tag });
            }
            (self.at, self.end) = (after, end);
        }
        Ok(())
    }

    /// Steps over the tagged fields at the end of a struct.
    pub fn skip_tagged_fields(&mut self) -> Result<(), DecodeError> {
        let count = self.tagged_field_count()?;
        for _ in 0..count {
            self.uvarint()?;
            let size = self.uvarint()? as usize;
            self.advance(size)?;
        }
        Ok(())
    }

    /// How many tagged fields follow: each takes two bytes or more.
    fn tagged_field_count(&mut self) -> Result<u32, DecodeError> {
        let count = self.uvarint()?;
        if count as usize > (self.remaining() / 2).min(Reader::TAGGED_FIELDS_MAX) {
            return Err(DecodeError::TooMany { count: count as usize, left: self.remaining() });
        }
        Ok(count)
    }
}

macro_rules! part_numbers {
    ($($type:ident: $bytes:expr),*) => {$(
        impl Part for $type {
            const MIN_BYTES: usize = $bytes;

            fn read(r: &mut Reader, _: i16, _: bool) -> Result<$type, DecodeError> {
                r.$type()
            }

            fn write(&self, s: &mut crate::Sink, _: i16, _: bool) -> Result<(), crate::EncodeError> {
                s.$type(*self);
                Ok(())
            }
        }
    )*};
}

part_numbers!(i8: 1, i16: 2, i32: 4, i64: 8);

impl Part for Uuid {
    const MIN_BYTES: usize = 16;

    fn read(r: &mut Reader, _: i16, _: bool) -> Result<Uuid, DecodeError> {
        r.uuid()
    }

    fn write(&self, s: &mut crate::Sink, _: i16, _: bool) -> Result<(), crate::EncodeError> {
        s.uuid(*self);
        Ok(())
    }
}

impl Part for Str {
    const MIN_BYTES: usize = 1;

    fn read(r: &mut Reader, _: i16, flexible: bool) -> Result<Str, DecodeError> {
        r.string(flexible)
    }

    fn write(&self, s: &mut crate::Sink, _: i16, flexible: bool) -> Result<(), crate::EncodeError> {
        s.string(self, flexible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8]) -> Reader {
        Reader::new(Bytes::copy_from_slice(bytes))
    }

    #[test]
    fn strings_share_the_frame() {
        let frame = Bytes::from_static(b"\x00\x03abc\xff\xff\x04xyz\x00");
        let mut r = Reader::new(frame.clone());
        let text = r.string(false).unwrap();
        assert_eq!(text, "abc");
        assert_eq!(text.as_bytes().as_ptr(), frame[2..].as_ptr());
        assert_eq!(r.opt_string(false), Ok(None));
        assert_eq!(r.string(true).unwrap(), "xyz");
        assert_eq!(r.string(true), Err(DecodeError::Null));
        assert_eq!(r.remaining(), 0);
    }

    #[test]
    fn lengths_are_bounded_by_what_is_left() {
        assert_eq!(reader(b"\x00\x05abc").string(false), Err(DecodeError::Truncated { need: 5, left: 3 }));
        assert_eq!(
            reader(b"\x7f\xff\xff\xffabc").bytes(false),
            Err(DecodeError::Truncated { need: 0x7fff_ffff, left: 3 })
        );
        let replaced = [&[0x4e, 0x20][..], &[0xff; 20_000]].concat();
        assert_eq!(reader(&replaced).string(false), Err(DecodeError::StringTooLong { len: 60_000 }));
        assert_eq!(reader(b"\x81\x80\x02").string(true), Err(DecodeError::StringTooLong { len: 32768 }));
        assert_eq!(
            reader(b"\x7f\xff\xff\xff\0\0\0\0").vec::<i32>(0, false),
            Err(DecodeError::TooMany { count: 0x7fff_ffff, left: 4 })
        );
    }

    #[test]
    fn arrays_are_bounded_by_the_budget() {
        let frame = Bytes::from(vec![0; 4 + 4 * 1000]);
        let mut claimed = vec![0, 0, 3, 232];
        claimed.extend_from_slice(&frame[4..]);
        let claimed = Bytes::from(claimed);
        assert_eq!(Reader::with_budget(claimed.clone(), 4000).vec::<i32>(0, false).unwrap().len(), 1000);
        assert_eq!(Reader::with_budget(claimed, 3999).vec::<i32>(0, false), Err(DecodeError::OverBudget));
    }

    #[test]
    fn varints() {
        assert_eq!(reader(b"\x7f").uvarint(), Ok(127));
        assert_eq!(reader(b"\x80\x01").uvarint(), Ok(128));
        assert_eq!(reader(b"\xff\xff\xff\xff\x0f").uvarint(), Ok(u32::MAX));
        assert_eq!(reader(b"\xff\xff\xff\xff\x1f").uvarint(), Err(DecodeError::BadVarint));
        assert_eq!(reader(b"\xff\xff\xff\xff\x8f\x00").uvarint(), Err(DecodeError::BadVarint));
        assert_eq!(reader(b"\xff").uvarint(), Err(DecodeError::Truncated { need: 1, left: 0 }));
    }

    #[test]
    fn tagged_fields_stay_within_their_size() {
        // tag 1 of 4 bytes (known), tag 7 of 2 bytes (unknown), then one byte of the next field
        let bytes = b"\x02\x01\x04\x00\x00\x00\x09\x07\x02zz\x2a";
        let mut seen = 0;
        let mut r = reader(bytes);
        r.tagged_fields(|r, tag| {
            if tag == 1 {
                seen = r.i32()?;
            }
            Ok(tag == 1)
        })
        .unwrap();
        assert_eq!((seen, r.i8()), (9, Ok(0x2a)));
        let mut r = reader(bytes);
        r.skip_tagged_fields().unwrap();
        assert_eq!(r.remaining(), 1);
        assert_eq!(reader(bytes).tagged_fields(|r, _| r.i16().map(|_| true)), Err(DecodeError::BadTagSize { tag: 1 }));
        assert_eq!(
            reader(bytes).tagged_fields(|r, _| r.i64().map(|_| true)),
            Err(DecodeError::Truncated { need: 8, left: 4 })
        );
        assert_eq!(
            reader(b"\x81\x80\x80\x08\0\0").skip_tagged_fields(),
            Err(DecodeError::TooMany { count: 16_777_217, left: 2 })
        );
    }
}
