//! Zigzag varints and the other pieces a record is made of, read from a slice and written to a vector. Reading
//! accepts what Kafka accepts: encodings longer than needed, and bits beyond the type's width are dropped.

use super::{Header, InvalidReason};

/// Most bytes of a 32-bit number.
pub(super) const VARINT_BYTES_MAX: usize = 5;
/// Most bytes of a 64-bit number.
pub(super) const VARLONG_BYTES_MAX: usize = 10;

/// The unread rest of a slice.
#[derive(Clone, Debug)]
pub(super) struct Slice<'a> {
    rest: &'a [u8],
}

impl<'a> Slice<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, InvalidReason> {
        let (&byte, rest) = self.rest.split_first().ok_or(InvalidReason::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], InvalidReason> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(InvalidReason::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    #[inline]
    pub(super) fn varint(&mut self) -> Result<i32, InvalidReason> {
        // Most numbers in a record are one or two bytes.
        match *self.rest {
            [a, ref rest @ ..] if a < 0x80 => {
                self.rest = rest;
                Ok(unzigzag(u32::from(a)))
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.rest = rest;
                Ok(unzigzag(u32::from(a & 0x7f) | u32::from(b) << 7))
            }
            _ => self.long::<VARINT_BYTES_MAX>().map(|value| unzigzag(value as u32)),
        }
    }

    #[inline]
    pub(super) fn varlong(&mut self) -> Result<i64, InvalidReason> {
        match *self.rest {
            [a, ref rest @ ..] if a < 0x80 => {
                self.rest = rest;
                Ok(unzigzag(u32::from(a)).into())
            }
            _ => self.long::<VARLONG_BYTES_MAX>().map(|value| (value >> 1) as i64 ^ -((value & 1) as i64)),
        }
    }

    fn long<const BYTES_MAX: usize>(&mut self) -> Result<u64, InvalidReason> {
        let mut value = 0;
        for (index, &byte) in self.rest.iter().take(BYTES_MAX).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = &self.rest[index + 1..];
                return Ok(value);
            }
        }
        Err(if self.rest.len() < BYTES_MAX { InvalidReason::Truncated } else { InvalidReason::BadVarint })
    }

    /// A length and that many bytes; a negative length is none.
    #[inline]
    pub(super) fn nullable(&mut self) -> Result<Option<&'a [u8]>, InvalidReason> {
        match usize::try_from(self.varint()?) {
            Ok(length) => self.bytes(length).map(Some),
            Err(_) => Ok(None),
        }
    }

    pub(super) fn header(&mut self) -> Result<Header<'a>, InvalidReason> {
        let key = self.nullable()?.ok_or(InvalidReason::MissingHeaderKey)?;
        Ok(Header { key, value: self.nullable()? })
    }

    /// A length and the bytes of a record behind it.
    #[inline]
    pub(super) fn record_body(&mut self) -> Result<&'a [u8], InvalidReason> {
        let length = usize::try_from(self.varint()?).map_err(|_| InvalidReason::BadLength)?;
        self.bytes(length)
    }
}

#[inline]
fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Bytes `value` takes. A 32-bit number takes the same as a varint and as a varlong.
pub(super) fn varint_len(value: i64) -> usize {
    let bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Writes `value`; the same for 32-bit numbers.
pub(super) fn put_varint(output: &mut Vec<u8>, value: i64) {
    let mut value = zigzag(value);
    while value >= 0x80 {
        output.push(value as u8 | 0x80);
        value >>= 7;
    }
    output.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(long: i64, int: i32) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, long);
            prop_assert_eq!(bytes.len(), varint_len(long));
            put_varint(&mut bytes, int.into());
            let mut slice = Slice::new(&bytes);
            prop_assert_eq!(slice.varlong(), Ok(long));
            prop_assert_eq!(slice.varint(), Ok(int));
            prop_assert!(slice.rest().is_empty());
        }
    }

    #[test]
    fn edges() {
        for (bytes, expected) in [
            (&[0xff, 0xff, 0xff, 0xff, 0x0f][..], Ok(i32::MIN)),
            (&[0xfe, 0xff, 0xff, 0xff, 0x0f], Ok(i32::MAX)),
            (&[0xfe, 0xff, 0xff, 0xff, 0x7f], Ok(i32::MAX)),
            (&[0x80, 0x80, 0x80, 0x80, 0x00], Ok(0)),
            (&[0x80, 0x00], Ok(0)),
            (&[0x01], Ok(-1)),
            (&[0x80, 0x80, 0x80, 0x80, 0x80], Err(InvalidReason::BadVarint)),
            (&[0x80, 0x80, 0x80, 0x80], Err(InvalidReason::Truncated)),
            (&[], Err(InvalidReason::Truncated)),
        ] {
            assert_eq!(Slice::new(bytes).varint(), expected, "{bytes:x?}");
        }
        assert_eq!(Slice::new(&[0x80; 10]).varlong(), Err(InvalidReason::BadVarint));
        assert_eq!(Slice::new(&[0x80; 9]).varlong(), Err(InvalidReason::Truncated));
        assert_eq!(Slice::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).varlong(), Ok(i64::MIN));
    }
}
