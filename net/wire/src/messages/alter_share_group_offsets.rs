//! AlterShareGroupOffsets, API 91, from `schema/messages/alter_share_group_offsets.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod alter_share_group_offsets_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterShareGroupOffsetsRequest {
    pub group_id: Str,
    pub topics: Vec<AlterShareGroupOffsetsRequestTopic>,
}

impl Part for AlterShareGroupOffsetsRequest {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: r.string(f)?,
            topics: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.vec(&self.topics, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterShareGroupOffsetsRequestTopic {
    pub topic_name: Str,
    pub partitions: Vec<AlterShareGroupOffsetsRequestPartition>,
}

impl Part for AlterShareGroupOffsetsRequestTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.topic_name, f)?;
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterShareGroupOffsetsRequestPartition {
    pub partition_index: i32,
    pub start_offset: i64,
}

impl Part for AlterShareGroupOffsetsRequestPartition {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            start_offset: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i64(self.start_offset);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for AlterShareGroupOffsetsRequest {
    const NAME: &'static str = "AlterShareGroupOffsetsRequest";
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

impl Request for AlterShareGroupOffsetsRequest {
    const KEY: ApiKey = ApiKey::AlterShareGroupOffsets;
    type Response = super::alter_share_group_offsets_response::AlterShareGroupOffsetsResponse;
}
}

pub mod alter_share_group_offsets_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterShareGroupOffsetsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<Str>,
    pub responses: Vec<AlterShareGroupOffsetsResponseTopic>,
}

impl Part for AlterShareGroupOffsetsResponse {
    const MIN_BYTES: usize = 9;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.i16()?,
            error_message: r.opt_string(f)?,
            responses: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.i16(self.error_code);
        s.opt_string(&self.error_message, f)?;
        s.vec(&self.responses, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterShareGroupOffsetsResponseTopic {
    pub topic_name: Str,
    pub topic_id: Uuid,
    pub partitions: Vec<AlterShareGroupOffsetsResponsePartition>,
}

impl Part for AlterShareGroupOffsetsResponseTopic {
    const MIN_BYTES: usize = 19;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_name: r.string(f)?,
            topic_id: r.uuid()?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.topic_name, f)?;
        s.uuid(self.topic_id);
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AlterShareGroupOffsetsResponsePartition {
    pub partition_index: i32,
    pub error_code: i16,
    pub error_message: Option<Str>,
}

impl Part for AlterShareGroupOffsetsResponsePartition {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            error_code: r.i16()?,
            error_message: r.opt_string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i16(self.error_code);
        s.opt_string(&self.error_message, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for AlterShareGroupOffsetsResponse {
    const NAME: &'static str = "AlterShareGroupOffsetsResponse";
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
