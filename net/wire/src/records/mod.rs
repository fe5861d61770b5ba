//! Records of Kafka's internal topics, and the few other things Kafka keeps in its message format.
//!
//! Each topic has its enum of everything that can stand in it. Types unknown to this version are
//! [`DecodeError::UnknownRecord`]: the reader of a topic decides whether it may skip them.
use crate::{DecodeError, Reader, Sink};

#[rustfmt::skip]
pub mod consumer_protocol;
#[rustfmt::skip]
pub mod control;
#[rustfmt::skip]
pub mod files;
#[rustfmt::skip]
pub mod metadata;
#[rustfmt::skip]
pub mod offsets;
#[rustfmt::skip]
pub mod share_state;
#[rustfmt::skip]
pub mod transaction;

/// The only version there is of the frame around a metadata record.
const FRAME_VERSION: u32 = 1;

/// Reads the frame of a metadata record: its own version, the type and the version of the record.
fn read_frame(r: &mut Reader) -> Result<(i16, i16), DecodeError> {
    let frame = r.uvarint()?;
    if frame != FRAME_VERSION {
        return Err(DecodeError::UnknownFrame { version: frame });
    }
    let (kind, version) = (r.uvarint()?, r.uvarint()?);
    let kind = i16::try_from(kind).map_err(|_| DecodeError::UnknownRecord { kind })?;
    let version = i16::try_from(version)
        .map_err(|_| DecodeError::UnsupportedVersion { message: "metadata record", version: i16::MAX })?;
    Ok((kind, version))
}

fn write_frame(s: &mut Sink, kind: i16, version: i16) {
    s.uvarint(FRAME_VERSION);
    s.uvarint(kind as u32);
    s.uvarint(version as u32);
}
