//! TxnOffsetCommit, API 28, from `schema/messages/txn_offset_commit.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod txn_offset_commit_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequest {
    pub transactional_id: Str,
    pub group_id: Str,
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub generation_id_or_member_epoch: i32, // 3+
    pub member_id: Str, // 3+
    pub group_instance_id: Option<Str>, // 3+
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

impl Default for TxnOffsetCommitRequest {
    fn default() -> Self {
        Self {
            transactional_id: Str::default(),
            group_id: Str::default(),
            producer_id: 0,
            producer_epoch: 0,
            generation_id_or_member_epoch: -1,
            member_id: Str::default(),
            group_instance_id: None,
            topics: Vec::new(),
        }
    }
}

impl Part for TxnOffsetCommitRequest {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            transactional_id: r.string(f)?,
            group_id: r.string(f)?,
            producer_id: r.i64()?,
            producer_epoch: r.i16()?,
            generation_id_or_member_epoch: if v >= 3 { r.i32()? } else { -1 },
            member_id: if v >= 3 { r.string(f)? } else { Str::default() },
            group_instance_id: if v >= 3 { r.opt_string(f)? } else { None },
            topics: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.transactional_id, f)?;
        s.string(&self.group_id, f)?;
        s.i64(self.producer_id);
        s.i16(self.producer_epoch);
        if v >= 3 {
            s.i32(self.generation_id_or_member_epoch);
        } else if self.generation_id_or_member_epoch != -1 { return Err(EncodeError::NoSuchField { field: "TxnOffsetCommitRequest.generation_id_or_member_epoch", version: v }); }
        if v >= 3 {
            s.string(&self.member_id, f)?;
        } else if !self.member_id.is_empty() { return Err(EncodeError::NoSuchField { field: "TxnOffsetCommitRequest.member_id", version: v }); }
        if v >= 3 {
            s.opt_string(&self.group_instance_id, f)?;
        } else if self.group_instance_id.is_some() { return Err(EncodeError::NoSuchField { field: "TxnOffsetCommitRequest.group_instance_id", version: v }); }
        s.vec(&self.topics, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TxnOffsetCommitRequestTopic {
    pub name: Str, // 0-5
    pub topic_id: Uuid, // 6+
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

impl Part for TxnOffsetCommitRequestTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: if v <= 5 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 6 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 5 {
            s.string(&self.name, f)?;
        }
        if v >= 6 {
            s.uuid(self.topic_id);
        }
        s.vec(&self.partitions, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestPartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    pub committed_leader_epoch: i32, // 2+
    pub committed_metadata: Option<Str>,
}

impl Default for TxnOffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(Str::default()),
        }
    }
}

impl Part for TxnOffsetCommitRequestPartition {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            committed_offset: r.i64()?,
            committed_leader_epoch: if v >= 2 { r.i32()? } else { -1 },
            committed_metadata: r.opt_string(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i64(self.committed_offset);
        if v >= 2 {
            s.i32(self.committed_leader_epoch);
        }
        s.opt_string(&self.committed_metadata, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for TxnOffsetCommitRequest {
    const NAME: &'static str = "TxnOffsetCommitRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 6 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 6 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}

impl Request for TxnOffsetCommitRequest {
    const KEY: ApiKey = ApiKey::TxnOffsetCommit;
    type Response = super::txn_offset_commit_response::TxnOffsetCommitResponse;
}
}

pub mod txn_offset_commit_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TxnOffsetCommitResponse {
    pub throttle_time_ms: i32,
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

impl Part for TxnOffsetCommitResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            topics: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.vec(&self.topics, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TxnOffsetCommitResponseTopic {
    pub name: Str, // 0-5
    pub topic_id: Uuid, // 6+
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

impl Part for TxnOffsetCommitResponseTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: if v <= 5 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 6 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 5 {
            s.string(&self.name, f)?;
        }
        if v >= 6 {
            s.uuid(self.topic_id);
        }
        s.vec(&self.partitions, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TxnOffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
}

impl Part for TxnOffsetCommitResponsePartition {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            error_code: r.i16()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i16(self.error_code);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for TxnOffsetCommitResponse {
    const NAME: &'static str = "TxnOffsetCommitResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 6 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 6 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}
}
