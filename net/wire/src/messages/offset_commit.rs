//! OffsetCommit, API 8, from `schema/messages/offset_commit.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod offset_commit_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequest {
    pub group_id: Str,
    pub generation_id_or_member_epoch: i32,
    pub member_id: Str,
    pub group_instance_id: Option<Str>, // 7+
    pub retention_time_ms: i64, // 2-4
    pub topics: Vec<OffsetCommitRequestTopic>,
}

impl Default for OffsetCommitRequest {
    fn default() -> Self {
        Self {
            group_id: Str::default(),
            generation_id_or_member_epoch: -1,
            member_id: Str::default(),
            group_instance_id: None,
            retention_time_ms: -1,
            topics: Vec::new(),
        }
    }
}

impl Part for OffsetCommitRequest {
    const MIN_BYTES: usize = 9;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: r.string(f)?,
            generation_id_or_member_epoch: r.i32()?,
            member_id: r.string(f)?,
            group_instance_id: if v >= 7 { r.opt_string(f)? } else { None },
            retention_time_ms: if v <= 4 { r.i64()? } else { -1 },
            topics: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.i32(self.generation_id_or_member_epoch);
        s.string(&self.member_id, f)?;
        if v >= 7 {
            s.opt_string(&self.group_instance_id, f)?;
        } else if self.group_instance_id.is_some() { return Err(EncodeError::NoSuchField { field: "OffsetCommitRequest.group_instance_id", version: v }); }
        if v <= 4 {
            s.i64(self.retention_time_ms);
        }
        s.vec(&self.topics, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetCommitRequestTopic {
    pub name: Str, // 2-9
    pub topic_id: Uuid, // 10+
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

impl Part for OffsetCommitRequestTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: if v <= 9 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 10 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 9 {
            s.string(&self.name, f)?;
        }
        if v >= 10 {
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
pub struct OffsetCommitRequestPartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    pub committed_leader_epoch: i32, // 6+
    pub committed_metadata: Option<Str>,
}

impl Default for OffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(Str::default()),
        }
    }
}

impl Part for OffsetCommitRequestPartition {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            committed_offset: r.i64()?,
            committed_leader_epoch: if v >= 6 { r.i32()? } else { -1 },
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
        if v >= 6 {
            s.i32(self.committed_leader_epoch);
        }
        s.opt_string(&self.committed_metadata, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for OffsetCommitRequest {
    const NAME: &'static str = "OffsetCommitRequest";
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 10;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 2 || v > 10 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 8)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 2 || v > 10 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 8)
    }
}

impl Request for OffsetCommitRequest {
    const KEY: ApiKey = ApiKey::OffsetCommit;
    type Response = super::offset_commit_response::OffsetCommitResponse;
}
}

pub mod offset_commit_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetCommitResponse {
    pub throttle_time_ms: i32, // 3+
    pub topics: Vec<OffsetCommitResponseTopic>,
}

impl Part for OffsetCommitResponse {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 3 { r.i32()? } else { 0 },
            topics: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v >= 3 {
            s.i32(self.throttle_time_ms);
        }
        s.vec(&self.topics, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetCommitResponseTopic {
    pub name: Str, // 2-9
    pub topic_id: Uuid, // 10+
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

impl Part for OffsetCommitResponseTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: if v <= 9 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 10 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 9 {
            s.string(&self.name, f)?;
        }
        if v >= 10 {
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
pub struct OffsetCommitResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
}

impl Part for OffsetCommitResponsePartition {
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

impl Message for OffsetCommitResponse {
    const NAME: &'static str = "OffsetCommitResponse";
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 10;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 2 || v > 10 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 8)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 2 || v > 10 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 8)
    }
}
}
