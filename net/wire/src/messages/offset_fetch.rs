//! OffsetFetch, API 9, from `schema/messages/offset_fetch.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod offset_fetch_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequest {
    pub group_id: Str, // 1-7
    pub topics: Option<Vec<OffsetFetchRequestTopic>>, // 1-7, null in 2+
    pub groups: Vec<OffsetFetchRequestGroup>, // 8+
    pub require_stable: bool, // 7+
}

impl Default for OffsetFetchRequest {
    fn default() -> Self {
        Self {
            group_id: Str::default(),
            topics: Some(Vec::new()),
            groups: Vec::new(),
            require_stable: false,
        }
    }
}

impl Part for OffsetFetchRequest {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: if v <= 7 { r.string(f)? } else { Str::default() },
            topics: if v <= 7 { null_only_if(v >= 2, r.opt_vec(v, f)?)? } else { Some(Vec::new()) },
            groups: if v >= 8 { r.vec(v, f)? } else { Vec::new() },
            require_stable: if v >= 7 { r.bool()? } else { false },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 7 {
            s.string(&self.group_id, f)?;
        } else if !self.group_id.is_empty() { return Err(EncodeError::NoSuchField { field: "OffsetFetchRequest.group_id", version: v }); }
        if v <= 7 {
            if self.topics.is_none() && !(v >= 2) { return Err(EncodeError::Null { field: "OffsetFetchRequest.topics", version: v }); }
            s.opt_vec(&self.topics, v, f)?;
        } else if self.topics.as_ref().is_none_or(|x| !x.is_empty()) { return Err(EncodeError::NoSuchField { field: "OffsetFetchRequest.topics", version: v }); }
        if v >= 8 {
            s.vec(&self.groups, v, f)?;
        } else if !self.groups.is_empty() { return Err(EncodeError::NoSuchField { field: "OffsetFetchRequest.groups", version: v }); }
        if v >= 7 {
            s.bool(self.require_stable);
        } else if self.require_stable { return Err(EncodeError::NoSuchField { field: "OffsetFetchRequest.require_stable", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchRequestTopic {
    pub name: Str,
    pub partition_indexes: Vec<i32>,
}

impl Part for OffsetFetchRequestTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            partition_indexes: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.vec(&self.partition_indexes, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestGroup {
    pub group_id: Str,
    pub member_id: Option<Str>, // 9+
    pub member_epoch: i32, // 9+
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

impl Default for OffsetFetchRequestGroup {
    fn default() -> Self {
        Self {
            group_id: Str::default(),
            member_id: None,
            member_epoch: -1,
            topics: Some(Vec::new()),
        }
    }
}

impl Part for OffsetFetchRequestGroup {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: r.string(f)?,
            member_id: if v >= 9 { r.opt_string(f)? } else { None },
            member_epoch: if v >= 9 { r.i32()? } else { -1 },
            topics: r.opt_vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        if v >= 9 {
            s.opt_string(&self.member_id, f)?;
        }
        if v >= 9 {
            s.i32(self.member_epoch);
        }
        s.opt_vec(&self.topics, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchRequestTopics {
    pub name: Str, // 8-9
    pub topic_id: Uuid, // 10+
    pub partition_indexes: Vec<i32>,
}

impl Part for OffsetFetchRequestTopics {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: if v <= 9 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 10 { r.uuid()? } else { Uuid::ZERO },
            partition_indexes: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 9 {
            s.string(&self.name, f)?;
        }
        if v >= 10 {
            s.uuid(self.topic_id);
        }
        s.vec(&self.partition_indexes, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for OffsetFetchRequest {
    const NAME: &'static str = "OffsetFetchRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 10;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 1 || v > 10 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 6)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 1 || v > 10 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 6)
    }
}

impl Request for OffsetFetchRequest {
    const KEY: ApiKey = ApiKey::OffsetFetch;
    type Response = super::offset_fetch_response::OffsetFetchResponse;
}
}

pub mod offset_fetch_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchResponse {
    pub throttle_time_ms: i32, // 3+
    pub topics: Vec<OffsetFetchResponseTopic>, // 1-7
    pub error_code: i16, // 2-7
    pub groups: Vec<OffsetFetchResponseGroup>, // 8+
}

impl Part for OffsetFetchResponse {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 3 { r.i32()? } else { 0 },
            topics: if v <= 7 { r.vec(v, f)? } else { Vec::new() },
            error_code: if v >= 2 && v <= 7 { r.i16()? } else { 0 },
            groups: if v >= 8 { r.vec(v, f)? } else { Vec::new() },
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
        if v <= 7 {
            s.vec(&self.topics, v, f)?;
        } else if !self.topics.is_empty() { return Err(EncodeError::NoSuchField { field: "OffsetFetchResponse.topics", version: v }); }
        if v >= 2 && v <= 7 {
            s.i16(self.error_code);
        }
        if v >= 8 {
            s.vec(&self.groups, v, f)?;
        } else if !self.groups.is_empty() { return Err(EncodeError::NoSuchField { field: "OffsetFetchResponse.groups", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchResponseTopic {
    pub name: Str,
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

impl Part for OffsetFetchResponseTopic {
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

#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartition {
    pub partition_index: i32,
    pub committed_offset: i64,
    pub committed_leader_epoch: i32, // 5+
    pub metadata: Option<Str>,
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(Str::default()),
            error_code: 0,
        }
    }
}

impl Part for OffsetFetchResponsePartition {
    const MIN_BYTES: usize = 16;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            committed_offset: r.i64()?,
            committed_leader_epoch: if v >= 5 { r.i32()? } else { -1 },
            metadata: r.opt_string(f)?,
            error_code: r.i16()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i64(self.committed_offset);
        if v >= 5 {
            s.i32(self.committed_leader_epoch);
        }
        s.opt_string(&self.metadata, f)?;
        s.i16(self.error_code);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchResponseGroup {
    pub group_id: Str,
    pub topics: Vec<OffsetFetchResponseTopics>,
    pub error_code: i16,
}

impl Part for OffsetFetchResponseGroup {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: r.string(f)?,
            topics: r.vec(v, f)?,
            error_code: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.vec(&self.topics, v, f)?;
        s.i16(self.error_code);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetFetchResponseTopics {
    pub name: Str, // 8-9
    pub topic_id: Uuid, // 10+
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

impl Part for OffsetFetchResponseTopics {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: if v <= 9 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 10 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
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
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    pub partition_index: i32,
    pub committed_offset: i64,
    pub committed_leader_epoch: i32,
    pub metadata: Option<Str>,
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartitions {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(Str::default()),
            error_code: 0,
        }
    }
}

impl Part for OffsetFetchResponsePartitions {
    const MIN_BYTES: usize = 20;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            committed_offset: r.i64()?,
            committed_leader_epoch: r.i32()?,
            metadata: r.opt_string(f)?,
            error_code: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i64(self.committed_offset);
        s.i32(self.committed_leader_epoch);
        s.opt_string(&self.metadata, f)?;
        s.i16(self.error_code);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for OffsetFetchResponse {
    const NAME: &'static str = "OffsetFetchResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 10;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 1 || v > 10 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 6)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 1 || v > 10 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 6)
    }
}
}
