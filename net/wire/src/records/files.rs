//! From `schema/records/files.wire`: one module per record, the record itself one level up. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.
#![allow(missing_docs, unused_variables, clippy::all, reason = "generated: the schema is the place to read")]

pub use aborted_txn::AbortedTxn;
pub mod aborted_txn {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AbortedTxn {
    pub producer_id: i64,
    pub first_offset: i64,
    pub last_offset: i64,
    pub last_stable_offset: i64,
}

impl Part for AbortedTxn {
    const MIN_BYTES: usize = 32;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            producer_id: r.i64()?,
            first_offset: r.i64()?,
            last_offset: r.i64()?,
            last_stable_offset: r.i64()?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.producer_id);
        s.i64(self.first_offset);
        s.i64(self.last_offset);
        s.i64(self.last_stable_offset);
        Ok(())
    }
}

impl Message for AbortedTxn {
    const NAME: &'static str = "AbortedTxn";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, false)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, false)
    }
}
}

pub use producer_snapshot::ProducerSnapshot;
pub mod producer_snapshot {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProducerSnapshot {
    pub crc: u32,
    pub producer_entries: Vec<ProducerEntry>,
}

impl Part for ProducerSnapshot {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            crc: r.u32()?,
            producer_entries: r.vec(v, f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.u32(self.crc);
        s.vec(&self.producer_entries, v, f)?;
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProducerEntry {
    pub producer_id: i64,
    pub epoch: i16,
    pub last_sequence: i32,
    pub last_offset: i64,
    pub offset_delta: i32,
    pub timestamp: i64,
    pub coordinator_epoch: i32,
    pub current_txn_first_offset: i64,
}

impl Part for ProducerEntry {
    const MIN_BYTES: usize = 46;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            producer_id: r.i64()?,
            epoch: r.i16()?,
            last_sequence: r.i32()?,
            last_offset: r.i64()?,
            offset_delta: r.i32()?,
            timestamp: r.i64()?,
            coordinator_epoch: r.i32()?,
            current_txn_first_offset: r.i64()?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.producer_id);
        s.i16(self.epoch);
        s.i32(self.last_sequence);
        s.i64(self.last_offset);
        s.i32(self.offset_delta);
        s.i64(self.timestamp);
        s.i32(self.coordinator_epoch);
        s.i64(self.current_txn_first_offset);
        Ok(())
    }
}

impl Message for ProducerSnapshot {
    const NAME: &'static str = "ProducerSnapshot";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 1;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 1 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, false)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 1 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, false)
    }
}
}

pub use default_principal_data::DefaultPrincipalData;
pub mod default_principal_data {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DefaultPrincipalData {
    pub type_: Str,
    pub name: Str,
    pub token_authenticated: bool,
}

impl Part for DefaultPrincipalData {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            type_: r.string(f)?,
            name: r.string(f)?,
            token_authenticated: r.bool()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.type_, f)?;
        s.string(&self.name, f)?;
        s.bool(self.token_authenticated);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for DefaultPrincipalData {
    const NAME: &'static str = "DefaultPrincipalData";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}
