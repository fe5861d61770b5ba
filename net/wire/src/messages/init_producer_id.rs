//! InitProducerId, API 22, from `schema/messages/init_producer_id.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod init_producer_id_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdRequest {
    pub transactional_id: Option<Str>,
    pub transaction_timeout_ms: i32,
    pub producer_id: i64, // 3+
    pub producer_epoch: i16, // 3+
    pub enable2_pc: bool, // 6+
    pub keep_prepared_txn: bool, // 6+
}

impl Default for InitProducerIdRequest {
    fn default() -> Self {
        Self {
            transactional_id: Some(Str::default()),
            transaction_timeout_ms: 0,
            producer_id: -1,
            producer_epoch: -1,
            enable2_pc: false,
            keep_prepared_txn: false,
        }
    }
}

impl Part for InitProducerIdRequest {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            transactional_id: r.opt_string(f)?,
            transaction_timeout_ms: r.i32()?,
            producer_id: if v >= 3 { r.i64()? } else { -1 },
            producer_epoch: if v >= 3 { r.i16()? } else { -1 },
            enable2_pc: if v >= 6 { r.bool()? } else { false },
            keep_prepared_txn: if v >= 6 { r.bool()? } else { false },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.opt_string(&self.transactional_id, f)?;
        s.i32(self.transaction_timeout_ms);
        if v >= 3 {
            s.i64(self.producer_id);
        } else if self.producer_id != -1 { return Err(EncodeError::NoSuchField { field: "InitProducerIdRequest.producer_id", version: v }); }
        if v >= 3 {
            s.i16(self.producer_epoch);
        } else if self.producer_epoch != -1 { return Err(EncodeError::NoSuchField { field: "InitProducerIdRequest.producer_epoch", version: v }); }
        if v >= 6 {
            s.bool(self.enable2_pc);
        } else if self.enable2_pc { return Err(EncodeError::NoSuchField { field: "InitProducerIdRequest.enable2_pc", version: v }); }
        if v >= 6 {
            s.bool(self.keep_prepared_txn);
        } else if self.keep_prepared_txn { return Err(EncodeError::NoSuchField { field: "InitProducerIdRequest.keep_prepared_txn", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for InitProducerIdRequest {
    const NAME: &'static str = "InitProducerIdRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 6 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 2)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 6 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 2)
    }
}

impl Request for InitProducerIdRequest {
    const KEY: ApiKey = ApiKey::InitProducerId;
    type Response = super::init_producer_id_response::InitProducerIdResponse;
}
}

pub mod init_producer_id_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub ongoing_txn_producer_id: i64, // 6+
    pub ongoing_txn_producer_epoch: i16, // 6+
}

impl Default for InitProducerIdResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            producer_id: -1,
            producer_epoch: 0,
            ongoing_txn_producer_id: -1,
            ongoing_txn_producer_epoch: -1,
        }
    }
}

impl Part for InitProducerIdResponse {
    const MIN_BYTES: usize = 16;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.i16()?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            ongoing_txn_producer_id: if v >= 6 { r.i64()? } else { -1 },
            ongoing_txn_producer_epoch: if v >= 6 { r.i16()? } else { -1 },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.i16(self.error_code);
        s.i64(self.producer_id);
        s.i16(self.producer_epoch);
        if v >= 6 {
            s.i64(self.ongoing_txn_producer_id);
        } else if self.ongoing_txn_producer_id != -1 { return Err(EncodeError::NoSuchField { field: "InitProducerIdResponse.ongoing_txn_producer_id", version: v }); }
        if v >= 6 {
            s.i16(self.ongoing_txn_producer_epoch);
        } else if self.ongoing_txn_producer_epoch != -1 { return Err(EncodeError::NoSuchField { field: "InitProducerIdResponse.ongoing_txn_producer_epoch", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for InitProducerIdResponse {
    const NAME: &'static str = "InitProducerIdResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 6 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 2)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 6 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 2)
    }
}
}
