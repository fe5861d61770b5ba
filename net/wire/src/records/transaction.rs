//! From `schema/records/transaction.wire`: one module per record, the record itself one level up. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.
#![allow(missing_docs, unused_variables, clippy::all, reason = "generated: the schema is the place to read")]
use crate::message::generated::*;

pub use transaction_log_key::TransactionLogKey;
pub mod transaction_log_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TransactionLogKey {
    pub transactional_id: Str,
}

impl Part for TransactionLogKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            transactional_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.transactional_id, f)?;
        Ok(())
    }
}

impl Message for TransactionLogKey {
    const NAME: &'static str = "TransactionLogKey";
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

pub use transaction_log_value::TransactionLogValue;
pub mod transaction_log_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct TransactionLogValue {
    pub producer_id: i64,
    pub previous_producer_id: i64, // 1+, tag 0
    pub next_producer_id: i64, // 1+, tag 1
    pub producer_epoch: i16,
    pub next_producer_epoch: i16, // 1+, tag 3
    pub transaction_timeout_ms: i32,
    pub transaction_status: i8,
    pub transaction_partitions: Option<Vec<PartitionsSchema>>,
    pub transaction_last_update_timestamp_ms: i64,
    pub transaction_start_timestamp_ms: i64,
    pub client_transaction_version: i16, // 1+, tag 2
}

impl Default for TransactionLogValue {
    fn default() -> Self {
        Self {
            producer_id: 0,
            previous_producer_id: -1,
            next_producer_id: -1,
            producer_epoch: 0,
            next_producer_epoch: -1,
            transaction_timeout_ms: 0,
            transaction_status: 0,
            transaction_partitions: Some(Vec::new()),
            transaction_last_update_timestamp_ms: 0,
            transaction_start_timestamp_ms: 0,
            client_transaction_version: 0,
        }
    }
}

impl Part for TransactionLogValue {
    const MIN_BYTES: usize = 33;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            producer_id: r.i64()?,
            previous_producer_id: -1,
            next_producer_id: -1,
            producer_epoch: r.i16()?,
            next_producer_epoch: -1,
            transaction_timeout_ms: r.i32()?,
            transaction_status: r.i8()?,
            transaction_partitions: r.opt_vec(v, f)?,
            transaction_last_update_timestamp_ms: r.i64()?,
            transaction_start_timestamp_ms: r.i64()?,
            client_transaction_version: 0,
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 => m.previous_producer_id = r.i64()?,
                    1 => m.next_producer_id = r.i64()?,
                    3 => m.next_producer_epoch = r.i16()?,
                    2 => m.client_transaction_version = r.i16()?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.producer_id);
        if !(v >= 1) { if self.previous_producer_id != -1 { return Err(EncodeError::NoSuchField { field: "TransactionLogValue.previous_producer_id", version: v }); } }
        if !(v >= 1) { if self.next_producer_id != -1 { return Err(EncodeError::NoSuchField { field: "TransactionLogValue.next_producer_id", version: v }); } }
        s.i16(self.producer_epoch);
        if !(v >= 1) { if self.next_producer_epoch != -1 { return Err(EncodeError::NoSuchField { field: "TransactionLogValue.next_producer_epoch", version: v }); } }
        s.i32(self.transaction_timeout_ms);
        s.i8(self.transaction_status);
        s.opt_vec(&self.transaction_partitions, v, f)?;
        s.i64(self.transaction_last_update_timestamp_ms);
        s.i64(self.transaction_start_timestamp_ms);
        if !(v >= 1) { if self.client_transaction_version != 0 { return Err(EncodeError::NoSuchField { field: "TransactionLogValue.client_transaction_version", version: v }); } }
        if f {
            let t0 = self.previous_producer_id != -1;
            let t1 = self.next_producer_id != -1;
            let t2 = self.client_transaction_version != 0;
            let t3 = self.next_producer_epoch != -1;
            s.uvarint(t0 as u32 + t1 as u32 + t2 as u32 + t3 as u32);
            if t0 { let t = s.begin_tagged(0); s.i64(self.previous_producer_id); s.end_tagged(t); }
            if t1 { let t = s.begin_tagged(1); s.i64(self.next_producer_id); s.end_tagged(t); }
            if t2 { let t = s.begin_tagged(2); s.i16(self.client_transaction_version); s.end_tagged(t); }
            if t3 { let t = s.begin_tagged(3); s.i16(self.next_producer_epoch); s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionsSchema {
    pub topic: Str,
    pub partition_ids: Vec<i32>,
}

impl Part for PartitionsSchema {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic: r.string(f)?,
            partition_ids: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.topic, f)?;
        s.vec(&self.partition_ids, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for TransactionLogValue {
    const NAME: &'static str = "TransactionLogValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 1 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 1)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 1 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 1)
    }
}
}

/// Any key of the topic: its type, then its fields.
#[derive(Clone, Debug, PartialEq)]
pub enum TransactionKey {
    TransactionLog(TransactionLogKey),
}

impl TransactionKey {
    /// The number of its type.
    pub fn kind(&self) -> i16 {
        match self {
            Self::TransactionLog(_) => 0,
        }
    }

    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TransactionLog(_) => "TransactionLogKey",
        }
    }

    /// Highest version of its type.
    pub fn max_version(&self) -> i16 {
        match self {
            Self::TransactionLog(_) => 0,
        }
    }

    /// Reads a key and insists that nothing follows it.
    pub fn decode(r: &mut Reader) -> Result<Self, DecodeError> {
        let (kind, v) = (r.i16()?, 0);
        Ok(match kind {
            0 => Self::TransactionLog(decode_whole(r, v)?),
            _ => return Err(DecodeError::UnknownRecord { kind: kind as u16 as u32 }),
        })
    }

    /// Writes the key.
    pub fn encode(&self, s: &mut Sink) -> Result<(), EncodeError> {
        let v = 0;
        s.i16(self.kind());
        match self {
            Self::TransactionLog(m) => m.encode(s, v),
        }
    }
}

impl From<TransactionLogKey> for TransactionKey {
    fn from(m: TransactionLogKey) -> Self {
        Self::TransactionLog(m)
    }
}

/// Any value of the topic: its version, then its fields. Its type stands in the key.
#[derive(Clone, Debug, PartialEq)]
pub enum TransactionValue {
    TransactionLog(TransactionLogValue),
}

impl TransactionValue {
    /// The number of its type.
    pub fn kind(&self) -> i16 {
        match self {
            Self::TransactionLog(_) => 0,
        }
    }

    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TransactionLog(_) => "TransactionLogValue",
        }
    }

    /// Highest version of its type.
    pub fn max_version(&self) -> i16 {
        match self {
            Self::TransactionLog(_) => 1,
        }
    }

    /// Reads a value whose key is of type `kind` and insists that nothing follows it.
    pub fn decode(kind: i16, r: &mut Reader) -> Result<Self, DecodeError> {
        let v = r.i16()?;
        Ok(match kind {
            0 => Self::TransactionLog(decode_whole(r, v)?),
            _ => return Err(DecodeError::UnknownRecord { kind: kind as u16 as u32 }),
        })
    }

    /// Writes the value.
    pub fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        s.i16(v);
        match self {
            Self::TransactionLog(m) => m.encode(s, v),
        }
    }
}

impl From<TransactionLogValue> for TransactionValue {
    fn from(m: TransactionLogValue) -> Self {
        Self::TransactionLog(m)
    }
}
