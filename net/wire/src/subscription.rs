//! What consumers put into the bytes that a group of protocol type `consumer` carries for them: a version, then a
//! subscription or an assignment. A group of any other type carries bytes nobody here understands.
//!
//! A version newer than ours is read as the newest we know, and what follows is left alone: that is what its writers
//! were promised.
use bytes::Bytes;

use crate::records::consumer_protocol::{ConsumerProtocolAssignment, ConsumerProtocolSubscription};
use crate::{DecodeError, EncodeError, Message, Reader, Sink};

macro_rules! versioned {
    ($($type:ident),*) => {$(
        impl $type {
            /// Reads the version and what it describes.
            pub fn from_bytes(bytes: Bytes) -> Result<$type, DecodeError> {
                let mut r = Reader::new(bytes);
                let version = r.i16()?;
                $type::decode(&mut r, version.min($type::MAX_VERSION))
            }

            /// Writes the version and what it describes.
            pub fn to_bytes(&self, version: i16) -> Result<Bytes, EncodeError> {
                let mut s = Sink::new();
                s.i16(version);
                self.encode(&mut s, version)?;
                s.into_bytes()
            }
        }
    )*};
}

versioned!(ConsumerProtocolSubscription, ConsumerProtocolAssignment);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Str;

    #[test]
    fn newer_version_is_read_as_the_newest_known() {
        let subscription = ConsumerProtocolSubscription {
            topics: vec![Str::from("a"), Str::from("b")],
            rack_id: Some(Str::from("r")),
            ..Default::default()
        };
        let bytes = subscription.to_bytes(3).unwrap();
        assert_eq!(ConsumerProtocolSubscription::from_bytes(bytes.clone()), Ok(subscription.clone()));
        let mut newer = bytes.to_vec();
        newer[..2].copy_from_slice(&9i16.to_be_bytes());
        newer.extend_from_slice(b"whatever version 9 adds");
        assert_eq!(ConsumerProtocolSubscription::from_bytes(newer.into()), Ok(subscription));
    }

    #[test]
    fn nonsense_is_an_error() {
        for bytes in [&b""[..], b"\0", b"\0\0", b"\xff\xff\0\0\0\0", b"\0\0\x7f\xff\xff\xff", b"\0\0\0\0\0\x01\0"] {
            assert!(ConsumerProtocolSubscription::from_bytes(Bytes::copy_from_slice(bytes)).is_err(), "{bytes:?}");
            assert!(ConsumerProtocolAssignment::from_bytes(Bytes::copy_from_slice(bytes)).is_err(), "{bytes:?}");
        }
    }
}
