//! ListTransactions, API 66, from `schema/messages/list_transactions.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod list_transactions_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ListTransactionsRequest {
    pub state_filters: Vec<Str>,
    pub producer_id_filters: Vec<i64>,
    pub duration_filter: i64, // 1+
    pub transactional_id_pattern: Option<Str>, // 2+
}

impl Default for ListTransactionsRequest {
    fn default() -> Self {
        Self {
            state_filters: Vec::new(),
            producer_id_filters: Vec::new(),
            duration_filter: -1,
            transactional_id_pattern: None,
        }
    }
}

impl Part for ListTransactionsRequest {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            state_filters: r.vec(v, f)?,
            producer_id_filters: r.vec(v, f)?,
            duration_filter: if v >= 1 { r.i64()? } else { -1 },
            transactional_id_pattern: if v >= 2 { r.opt_string(f)? } else { None },
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.state_filters, v, f)?;
        s.vec(&self.producer_id_filters, v, f)?;
        if v >= 1 {
            s.i64(self.duration_filter);
        } else if self.duration_filter != -1 { return Err(EncodeError::NoSuchField { field: "ListTransactionsRequest.duration_filter", version: v }); }
        if v >= 2 {
            s.opt_string(&self.transactional_id_pattern, f)?;
        } else if self.transactional_id_pattern.is_some() { return Err(EncodeError::NoSuchField { field: "ListTransactionsRequest.transactional_id_pattern", version: v }); }
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ListTransactionsRequest {
    const NAME: &'static str = "ListTransactionsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 2 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 2 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}

impl Request for ListTransactionsRequest {
    const KEY: ApiKey = ApiKey::ListTransactions;
    type Response = super::list_transactions_response::ListTransactionsResponse;
}
}

pub mod list_transactions_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListTransactionsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub unknown_state_filters: Vec<Str>,
    pub transaction_states: Vec<TransactionState>,
}

impl Part for ListTransactionsResponse {
    const MIN_BYTES: usize = 9;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.i16()?,
            unknown_state_filters: r.vec(v, f)?,
            transaction_states: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.i16(self.error_code);
        s.vec(&self.unknown_state_filters, v, f)?;
        s.vec(&self.transaction_states, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TransactionState {
    pub transactional_id: Str,
    pub producer_id: i64,
    pub transaction_state: Str,
}

impl Part for TransactionState {
    const MIN_BYTES: usize = 11;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            transactional_id: r.string(f)?,
            producer_id: r.i64()?,
            transaction_state: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.transactional_id, f)?;
        s.i64(self.producer_id);
        s.string(&self.transaction_state, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ListTransactionsResponse {
    const NAME: &'static str = "ListTransactionsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 2 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 2 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}
