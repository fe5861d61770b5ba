//! AddPartitionsToTxn, API 24, from `schema/messages/add_partitions_to_txn.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod add_partitions_to_txn_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnRequest {
    pub transactions: Vec<AddPartitionsToTxnTransaction>, // 4+
    pub v3_and_below_transactional_id: Str, // 0-3
    pub v3_and_below_producer_id: i64, // 0-3
    pub v3_and_below_producer_epoch: i16, // 0-3
    pub v3_and_below_topics: Vec<AddPartitionsToTxnTopic>, // 0-3
}

impl Part for AddPartitionsToTxnRequest {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            transactions: if v >= 4 { r.vec(v, f)? } else { Vec::new() },
            v3_and_below_transactional_id: if v <= 3 { r.string(f)? } else { Str::default() },
            v3_and_below_producer_id: if v <= 3 { r.i64()? } else { 0 },
            v3_and_below_producer_epoch: if v <= 3 { r.i16()? } else { 0 },
            v3_and_below_topics: if v <= 3 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v >= 4 {
            s.vec(&self.transactions, v, f)?;
        } else if !self.transactions.is_empty() { return Err(EncodeError::NoSuchField { field: "AddPartitionsToTxnRequest.transactions", version: v }); }
        if v <= 3 {
            s.string(&self.v3_and_below_transactional_id, f)?;
        } else if !self.v3_and_below_transactional_id.is_empty() { return Err(EncodeError::NoSuchField { field: "AddPartitionsToTxnRequest.v3_and_below_transactional_id", version: v }); }
        if v <= 3 {
            s.i64(self.v3_and_below_producer_id);
        } else if self.v3_and_below_producer_id != 0 { return Err(EncodeError::NoSuchField { field: "AddPartitionsToTxnRequest.v3_and_below_producer_id", version: v }); }
        if v <= 3 {
            s.i16(self.v3_and_below_producer_epoch);
        } else if self.v3_and_below_producer_epoch != 0 { return Err(EncodeError::NoSuchField { field: "AddPartitionsToTxnRequest.v3_and_below_producer_epoch", version: v }); }
        if v <= 3 {
            s.vec(&self.v3_and_below_topics, v, f)?;
        } else if !self.v3_and_below_topics.is_empty() { return Err(EncodeError::NoSuchField { field: "AddPartitionsToTxnRequest.v3_and_below_topics", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnTransaction {
    pub transactional_id: Str,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub verify_only: bool,
    pub topics: Vec<AddPartitionsToTxnTopic>,
}

impl Part for AddPartitionsToTxnTransaction {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            transactional_id: r.string(f)?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            verify_only: r.bool()?,
            topics: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.transactional_id, f)?;
        s.i64(self.producer_id);
        s.i16(self.producer_epoch);
        s.bool(self.verify_only);
        s.vec(&self.topics, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnTopic {
    pub name: Str,
    pub partitions: Vec<i32>,
}

impl Part for AddPartitionsToTxnTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.vec(&self.partitions, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for AddPartitionsToTxnRequest {
    const NAME: &'static str = "AddPartitionsToTxnRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 5 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 5 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}

impl Request for AddPartitionsToTxnRequest {
    const KEY: ApiKey = ApiKey::AddPartitionsToTxn;
    type Response = super::add_partitions_to_txn_response::AddPartitionsToTxnResponse;
}
}

pub mod add_partitions_to_txn_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16, // 4+
    pub results_by_transaction: Vec<AddPartitionsToTxnResult>, // 4+
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnTopicResult>, // 0-3
}

impl Part for AddPartitionsToTxnResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            error_code: if v >= 4 { r.i16()? } else { 0 },
            results_by_transaction: if v >= 4 { r.vec(v, f)? } else { Vec::new() },
            results_by_topic_v3_and_below: if v <= 3 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        if v >= 4 {
            s.i16(self.error_code);
        }
        if v >= 4 {
            s.vec(&self.results_by_transaction, v, f)?;
        } else if !self.results_by_transaction.is_empty() { return Err(EncodeError::NoSuchField { field: "AddPartitionsToTxnResponse.results_by_transaction", version: v }); }
        if v <= 3 {
            s.vec(&self.results_by_topic_v3_and_below, v, f)?;
        } else if !self.results_by_topic_v3_and_below.is_empty() { return Err(EncodeError::NoSuchField { field: "AddPartitionsToTxnResponse.results_by_topic_v3_and_below", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnResult {
    pub transactional_id: Str,
    pub topic_results: Vec<AddPartitionsToTxnTopicResult>,
}

impl Part for AddPartitionsToTxnResult {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            transactional_id: r.string(f)?,
            topic_results: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.transactional_id, f)?;
        s.vec(&self.topic_results, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnTopicResult {
    pub name: Str,
    pub results_by_partition: Vec<AddPartitionsToTxnPartitionResult>,
}

impl Part for AddPartitionsToTxnTopicResult {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            results_by_partition: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.vec(&self.results_by_partition, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AddPartitionsToTxnPartitionResult {
    pub partition_index: i32,
    pub partition_error_code: i16,
}

impl Part for AddPartitionsToTxnPartitionResult {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            partition_error_code: r.i16()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i16(self.partition_error_code);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for AddPartitionsToTxnResponse {
    const NAME: &'static str = "AddPartitionsToTxnResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 5 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 5 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}
}
