//! AddOffsetsToTxn, API 25, from `schema/messages/add_offsets_to_txn.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod add_offsets_to_txn_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddOffsetsToTxnRequest {
    pub transactional_id: Str,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub group_id: Str,
}

impl Part for AddOffsetsToTxnRequest {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            transactional_id: r.string(f)?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            group_id: r.string(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.transactional_id, f)?;
        s.i64(self.producer_id);
        s.i16(self.producer_epoch);
        s.string(&self.group_id, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for AddOffsetsToTxnRequest {
    const NAME: &'static str = "AddOffsetsToTxnRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 4 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 4 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}

impl Request for AddOffsetsToTxnRequest {
    const KEY: ApiKey = ApiKey::AddOffsetsToTxn;
    type Response = super::add_offsets_to_txn_response::AddOffsetsToTxnResponse;
}
}

pub mod add_offsets_to_txn_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddOffsetsToTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
}

impl Part for AddOffsetsToTxnResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.i16()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.i16(self.error_code);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for AddOffsetsToTxnResponse {
    const NAME: &'static str = "AddOffsetsToTxnResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 4 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 4 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}
}
