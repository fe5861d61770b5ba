//! From `schema/records/offsets.wire`: one module per record, the record itself one level up. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.
#![allow(missing_docs, unused_variables, clippy::all, reason = "generated: the schema is the place to read")]
use crate::message::generated::*;

pub use legacy_offset_commit_key::LegacyOffsetCommitKey;
pub mod legacy_offset_commit_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct LegacyOffsetCommitKey {
    pub group: Str,
    pub topic: Str,
    pub partition: i32,
}

impl Part for LegacyOffsetCommitKey {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group: r.string(f)?,
            topic: r.string(f)?,
            partition: r.i32()?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group, f)?;
        s.string(&self.topic, f)?;
        s.i32(self.partition);
        Ok(())
    }
}

impl Message for LegacyOffsetCommitKey {
    const NAME: &'static str = "LegacyOffsetCommitKey";
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

pub use legacy_offset_commit_value::LegacyOffsetCommitValue;
pub mod legacy_offset_commit_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct LegacyOffsetCommitValue {
    pub offset: i64,
    pub metadata: Str,
    pub commit_timestamp: i64,
}

impl Part for LegacyOffsetCommitValue {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            offset: r.i64()?,
            metadata: r.string(f)?,
            commit_timestamp: r.i64()?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.offset);
        s.string(&self.metadata, f)?;
        s.i64(self.commit_timestamp);
        Ok(())
    }
}

impl Message for LegacyOffsetCommitValue {
    const NAME: &'static str = "LegacyOffsetCommitValue";
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

pub use offset_commit_key::OffsetCommitKey;
pub mod offset_commit_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct OffsetCommitKey {
    pub group: Str,
    pub topic: Str,
    pub partition: i32,
}

impl Part for OffsetCommitKey {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group: r.string(f)?,
            topic: r.string(f)?,
            partition: r.i32()?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group, f)?;
        s.string(&self.topic, f)?;
        s.i32(self.partition);
        Ok(())
    }
}

impl Message for OffsetCommitKey {
    const NAME: &'static str = "OffsetCommitKey";
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

pub use offset_commit_value::OffsetCommitValue;
pub mod offset_commit_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitValue {
    pub offset: i64,
    pub leader_epoch: i32, // 3+
    pub metadata: Str,
    pub commit_timestamp: i64,
    pub expire_timestamp: i64, // 1
    pub topic_id: Uuid, // 4+, tag 0
}

impl Default for OffsetCommitValue {
    fn default() -> Self {
        Self {
            offset: 0,
            leader_epoch: -1,
            metadata: Str::default(),
            commit_timestamp: 0,
            expire_timestamp: -1,
            topic_id: Uuid::ZERO,
        }
    }
}

impl Part for OffsetCommitValue {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            offset: r.i64()?,
            leader_epoch: if v >= 3 { r.i32()? } else { -1 },
            metadata: r.string(f)?,
            commit_timestamp: r.i64()?,
            expire_timestamp: if v == 1 { r.i64()? } else { -1 },
            topic_id: Uuid::ZERO,
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 => m.topic_id = r.uuid()?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.offset);
        if v >= 3 {
            s.i32(self.leader_epoch);
        }
        s.string(&self.metadata, f)?;
        s.i64(self.commit_timestamp);
        if v == 1 {
            s.i64(self.expire_timestamp);
        }
        if f {
            let t0 = self.topic_id != Uuid::ZERO;
            s.uvarint(t0 as u32);
            if t0 { let t = s.begin_tagged(0); s.uuid(self.topic_id); s.end_tagged(t); }
        }
        Ok(())
    }
}

impl Message for OffsetCommitValue {
    const NAME: &'static str = "OffsetCommitValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 4 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 4)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 4 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 4)
    }
}
}

pub use group_metadata_key::GroupMetadataKey;
pub mod group_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct GroupMetadataKey {
    pub group: Str,
}

impl Part for GroupMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group, f)?;
        Ok(())
    }
}

impl Message for GroupMetadataKey {
    const NAME: &'static str = "GroupMetadataKey";
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

pub use group_metadata_value::GroupMetadataValue;
pub mod group_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct GroupMetadataValue {
    pub protocol_type: Str,
    pub generation: i32,
    pub protocol: Option<Str>,
    pub leader: Option<Str>,
    pub current_state_timestamp: i64, // 2+
    pub members: Vec<MemberMetadata>,
}

impl Default for GroupMetadataValue {
    fn default() -> Self {
        Self {
            protocol_type: Str::default(),
            generation: 0,
            protocol: Some(Str::default()),
            leader: Some(Str::default()),
            current_state_timestamp: -1,
            members: Vec::new(),
        }
    }
}

impl Part for GroupMetadataValue {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            protocol_type: r.string(f)?,
            generation: r.i32()?,
            protocol: r.opt_string(f)?,
            leader: r.opt_string(f)?,
            current_state_timestamp: if v >= 2 { r.i64()? } else { -1 },
            members: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.protocol_type, f)?;
        s.i32(self.generation);
        s.opt_string(&self.protocol, f)?;
        s.opt_string(&self.leader, f)?;
        if v >= 2 {
            s.i64(self.current_state_timestamp);
        }
        s.vec(&self.members, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct MemberMetadata {
    pub member_id: Str,
    pub group_instance_id: Option<Str>, // 3+
    pub client_id: Str,
    pub client_host: Str,
    pub rebalance_timeout: i32, // 1+
    pub session_timeout: i32,
    pub subscription: Bytes,
    pub assignment: Bytes,
}

impl Default for MemberMetadata {
    fn default() -> Self {
        Self {
            member_id: Str::default(),
            group_instance_id: None,
            client_id: Str::default(),
            client_host: Str::default(),
            rebalance_timeout: -1,
            session_timeout: 0,
            subscription: Bytes::new(),
            assignment: Bytes::new(),
        }
    }
}

impl Part for MemberMetadata {
    const MIN_BYTES: usize = 15;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_id: r.string(f)?,
            group_instance_id: if v >= 3 { r.opt_string(f)? } else { None },
            client_id: r.string(f)?,
            client_host: r.string(f)?,
            rebalance_timeout: if v >= 1 { r.i32()? } else { -1 },
            session_timeout: r.i32()?,
            subscription: r.bytes(f)?,
            assignment: r.bytes(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.member_id, f)?;
        if v >= 3 {
            s.opt_string(&self.group_instance_id, f)?;
        }
        s.string(&self.client_id, f)?;
        s.string(&self.client_host, f)?;
        if v >= 1 {
            s.i32(self.rebalance_timeout);
        }
        s.i32(self.session_timeout);
        s.bytes(&self.subscription, f)?;
        s.bytes(&self.assignment, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for GroupMetadataValue {
    const NAME: &'static str = "GroupMetadataValue";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 4 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 4)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 4 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 4)
    }
}
}

pub use consumer_group_metadata_key::ConsumerGroupMetadataKey;
pub mod consumer_group_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupMetadataKey {
    pub group_id: Str,
}

impl Part for ConsumerGroupMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for ConsumerGroupMetadataKey {
    const NAME: &'static str = "ConsumerGroupMetadataKey";
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

pub use consumer_group_metadata_value::ConsumerGroupMetadataValue;
pub mod consumer_group_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupMetadataValue {
    pub epoch: i32,
    pub metadata_hash: i64, // tag 0
}

impl Part for ConsumerGroupMetadataValue {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            epoch: r.i32()?,
            metadata_hash: 0,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.metadata_hash = r.i64()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.epoch);
        let t0 = self.metadata_hash != 0;
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.i64(self.metadata_hash); s.end_tagged(t); }
        Ok(())
    }
}

impl Message for ConsumerGroupMetadataValue {
    const NAME: &'static str = "ConsumerGroupMetadataValue";
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

pub use consumer_group_partition_metadata_key::ConsumerGroupPartitionMetadataKey;
pub mod consumer_group_partition_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupPartitionMetadataKey {
    pub group_id: Str,
}

impl Part for ConsumerGroupPartitionMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for ConsumerGroupPartitionMetadataKey {
    const NAME: &'static str = "ConsumerGroupPartitionMetadataKey";
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

pub use consumer_group_partition_metadata_value::ConsumerGroupPartitionMetadataValue;
pub mod consumer_group_partition_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupPartitionMetadataValue {
    pub topics: Vec<TopicMetadata>,
}

impl Part for ConsumerGroupPartitionMetadataValue {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topics: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.topics, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicMetadata {
    pub topic_id: Uuid,
    pub topic_name: Str,
    pub num_partitions: i32,
    pub partition_metadata: Vec<PartitionMetadata>,
}

impl Part for TopicMetadata {
    const MIN_BYTES: usize = 23;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: r.uuid()?,
            topic_name: r.string(f)?,
            num_partitions: r.i32()?,
            partition_metadata: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.string(&self.topic_name, f)?;
        s.i32(self.num_partitions);
        s.vec(&self.partition_metadata, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionMetadata {
    pub partition: i32,
    pub racks: Vec<Str>,
}

impl Part for PartitionMetadata {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition: r.i32()?,
            racks: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition);
        s.vec(&self.racks, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ConsumerGroupPartitionMetadataValue {
    const NAME: &'static str = "ConsumerGroupPartitionMetadataValue";
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

pub use consumer_group_member_metadata_key::ConsumerGroupMemberMetadataKey;
pub mod consumer_group_member_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupMemberMetadataKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for ConsumerGroupMemberMetadataKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for ConsumerGroupMemberMetadataKey {
    const NAME: &'static str = "ConsumerGroupMemberMetadataKey";
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

pub use consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue;
pub mod consumer_group_member_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerGroupMemberMetadataValue {
    pub instance_id: Option<Str>,
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub subscribed_topic_names: Vec<Str>,
    pub subscribed_topic_regex: Option<Str>,
    pub rebalance_timeout_ms: i32,
    pub server_assignor: Option<Str>,
    pub classic_member_metadata: Option<ClassicMemberMetadata>, // tag 0
}

impl Default for ConsumerGroupMemberMetadataValue {
    fn default() -> Self {
        Self {
            instance_id: Some(Str::default()),
            rack_id: Some(Str::default()),
            client_id: Str::default(),
            client_host: Str::default(),
            subscribed_topic_names: Vec::new(),
            subscribed_topic_regex: Some(Str::default()),
            rebalance_timeout_ms: -1,
            server_assignor: Some(Str::default()),
            classic_member_metadata: Some(ClassicMemberMetadata::default()),
        }
    }
}

impl Part for ConsumerGroupMemberMetadataValue {
    const MIN_BYTES: usize = 12;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            instance_id: r.opt_string(f)?,
            rack_id: r.opt_string(f)?,
            client_id: r.string(f)?,
            client_host: r.string(f)?,
            subscribed_topic_names: r.vec(v, f)?,
            subscribed_topic_regex: r.opt_string(f)?,
            rebalance_timeout_ms: r.i32()?,
            server_assignor: r.opt_string(f)?,
            classic_member_metadata: Some(ClassicMemberMetadata::default()),
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.classic_member_metadata = r.opt_tagged_struct(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.opt_string(&self.instance_id, f)?;
        s.opt_string(&self.rack_id, f)?;
        s.string(&self.client_id, f)?;
        s.string(&self.client_host, f)?;
        s.vec(&self.subscribed_topic_names, v, f)?;
        s.opt_string(&self.subscribed_topic_regex, f)?;
        s.i32(self.rebalance_timeout_ms);
        s.opt_string(&self.server_assignor, f)?;
        let t0 = self.classic_member_metadata != Some(ClassicMemberMetadata::default());
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.opt_tagged_struct(&self.classic_member_metadata, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ClassicMemberMetadata {
    pub session_timeout_ms: i32,
    pub supported_protocols: Vec<ClassicProtocol>,
}

impl Part for ClassicMemberMetadata {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            session_timeout_ms: r.i32()?,
            supported_protocols: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.session_timeout_ms);
        s.vec(&self.supported_protocols, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ClassicProtocol {
    pub name: Str,
    pub metadata: Bytes,
}

impl Part for ClassicProtocol {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            metadata: r.bytes(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.bytes(&self.metadata, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ConsumerGroupMemberMetadataValue {
    const NAME: &'static str = "ConsumerGroupMemberMetadataValue";
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

pub use consumer_group_target_assignment_metadata_key::ConsumerGroupTargetAssignmentMetadataKey;
pub mod consumer_group_target_assignment_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupTargetAssignmentMetadataKey {
    pub group_id: Str,
}

impl Part for ConsumerGroupTargetAssignmentMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for ConsumerGroupTargetAssignmentMetadataKey {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMetadataKey";
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

pub use consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue;
pub mod consumer_group_target_assignment_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    pub assignment_timestamp: i64, // tag 0
}

impl Part for ConsumerGroupTargetAssignmentMetadataValue {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            assignment_epoch: r.i32()?,
            assignment_timestamp: 0,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.assignment_timestamp = r.i64()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.assignment_epoch);
        let t0 = self.assignment_timestamp != 0;
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.i64(self.assignment_timestamp); s.end_tagged(t); }
        Ok(())
    }
}

impl Message for ConsumerGroupTargetAssignmentMetadataValue {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMetadataValue";
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

pub use consumer_group_target_assignment_member_key::ConsumerGroupTargetAssignmentMemberKey;
pub mod consumer_group_target_assignment_member_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupTargetAssignmentMemberKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for ConsumerGroupTargetAssignmentMemberKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for ConsumerGroupTargetAssignmentMemberKey {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMemberKey";
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

pub use consumer_group_target_assignment_member_value::ConsumerGroupTargetAssignmentMemberValue;
pub mod consumer_group_target_assignment_member_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupTargetAssignmentMemberValue {
    pub topic_partitions: Vec<TopicPartition>,
}

impl Part for ConsumerGroupTargetAssignmentMemberValue {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.topic_partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartition {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl Part for TopicPartition {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: r.uuid()?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ConsumerGroupTargetAssignmentMemberValue {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMemberValue";
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

pub use consumer_group_current_member_assignment_key::ConsumerGroupCurrentMemberAssignmentKey;
pub mod consumer_group_current_member_assignment_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupCurrentMemberAssignmentKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for ConsumerGroupCurrentMemberAssignmentKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for ConsumerGroupCurrentMemberAssignmentKey {
    const NAME: &'static str = "ConsumerGroupCurrentMemberAssignmentKey";
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

pub use consumer_group_current_member_assignment_value::ConsumerGroupCurrentMemberAssignmentValue;
pub mod consumer_group_current_member_assignment_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    pub previous_member_epoch: i32,
    pub state: i8,
    pub assigned_partitions: Vec<TopicPartitions>,
    pub partitions_pending_revocation: Vec<TopicPartitions>,
}

impl Part for ConsumerGroupCurrentMemberAssignmentValue {
    const MIN_BYTES: usize = 12;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_epoch: r.i32()?,
            previous_member_epoch: r.i32()?,
            state: r.i8()?,
            assigned_partitions: r.vec(v, f)?,
            partitions_pending_revocation: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.member_epoch);
        s.i32(self.previous_member_epoch);
        s.i8(self.state);
        s.vec(&self.assigned_partitions, v, f)?;
        s.vec(&self.partitions_pending_revocation, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
    pub assignment_epochs: Option<Vec<i32>>, // tag 0
}

impl Default for TopicPartitions {
    fn default() -> Self {
        Self {
            topic_id: Uuid::ZERO,
            partitions: Vec::new(),
            assignment_epochs: Some(Vec::new()),
        }
    }
}

impl Part for TopicPartitions {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            topic_id: r.uuid()?,
            partitions: r.vec(v, f)?,
            assignment_epochs: Some(Vec::new()),
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.assignment_epochs = r.opt_vec(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.vec(&self.partitions, v, f)?;
        let t0 = self.assignment_epochs.as_ref().is_none_or(|x| !x.is_empty());
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.opt_vec(&self.assignment_epochs, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

impl Message for ConsumerGroupCurrentMemberAssignmentValue {
    const NAME: &'static str = "ConsumerGroupCurrentMemberAssignmentValue";
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

pub use share_group_member_metadata_key::ShareGroupMemberMetadataKey;
pub mod share_group_member_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupMemberMetadataKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for ShareGroupMemberMetadataKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for ShareGroupMemberMetadataKey {
    const NAME: &'static str = "ShareGroupMemberMetadataKey";
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

pub use share_group_member_metadata_value::ShareGroupMemberMetadataValue;
pub mod share_group_member_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ShareGroupMemberMetadataValue {
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub subscribed_topic_names: Vec<Str>,
}

impl Default for ShareGroupMemberMetadataValue {
    fn default() -> Self {
        Self {
            rack_id: Some(Str::default()),
            client_id: Str::default(),
            client_host: Str::default(),
            subscribed_topic_names: Vec::new(),
        }
    }
}

impl Part for ShareGroupMemberMetadataValue {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            rack_id: r.opt_string(f)?,
            client_id: r.string(f)?,
            client_host: r.string(f)?,
            subscribed_topic_names: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.opt_string(&self.rack_id, f)?;
        s.string(&self.client_id, f)?;
        s.string(&self.client_host, f)?;
        s.vec(&self.subscribed_topic_names, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ShareGroupMemberMetadataValue {
    const NAME: &'static str = "ShareGroupMemberMetadataValue";
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

pub use share_group_metadata_key::ShareGroupMetadataKey;
pub mod share_group_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupMetadataKey {
    pub group_id: Str,
}

impl Part for ShareGroupMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for ShareGroupMetadataKey {
    const NAME: &'static str = "ShareGroupMetadataKey";
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

pub use share_group_metadata_value::ShareGroupMetadataValue;
pub mod share_group_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupMetadataValue {
    pub epoch: i32,
    pub metadata_hash: i64,
}

impl Part for ShareGroupMetadataValue {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            epoch: r.i32()?,
            metadata_hash: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.epoch);
        s.i64(self.metadata_hash);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ShareGroupMetadataValue {
    const NAME: &'static str = "ShareGroupMetadataValue";
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

pub use share_group_target_assignment_metadata_key::ShareGroupTargetAssignmentMetadataKey;
pub mod share_group_target_assignment_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupTargetAssignmentMetadataKey {
    pub group_id: Str,
}

impl Part for ShareGroupTargetAssignmentMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for ShareGroupTargetAssignmentMetadataKey {
    const NAME: &'static str = "ShareGroupTargetAssignmentMetadataKey";
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

pub use share_group_target_assignment_metadata_value::ShareGroupTargetAssignmentMetadataValue;
pub mod share_group_target_assignment_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    pub assignment_timestamp: i64, // tag 0
}

impl Part for ShareGroupTargetAssignmentMetadataValue {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            assignment_epoch: r.i32()?,
            assignment_timestamp: 0,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.assignment_timestamp = r.i64()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.assignment_epoch);
        let t0 = self.assignment_timestamp != 0;
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.i64(self.assignment_timestamp); s.end_tagged(t); }
        Ok(())
    }
}

impl Message for ShareGroupTargetAssignmentMetadataValue {
    const NAME: &'static str = "ShareGroupTargetAssignmentMetadataValue";
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

pub use share_group_target_assignment_member_key::ShareGroupTargetAssignmentMemberKey;
pub mod share_group_target_assignment_member_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupTargetAssignmentMemberKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for ShareGroupTargetAssignmentMemberKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for ShareGroupTargetAssignmentMemberKey {
    const NAME: &'static str = "ShareGroupTargetAssignmentMemberKey";
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

pub use share_group_target_assignment_member_value::ShareGroupTargetAssignmentMemberValue;
pub mod share_group_target_assignment_member_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupTargetAssignmentMemberValue {
    pub topic_partitions: Vec<TopicPartition>,
}

impl Part for ShareGroupTargetAssignmentMemberValue {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.topic_partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartition {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl Part for TopicPartition {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: r.uuid()?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ShareGroupTargetAssignmentMemberValue {
    const NAME: &'static str = "ShareGroupTargetAssignmentMemberValue";
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

pub use share_group_current_member_assignment_key::ShareGroupCurrentMemberAssignmentKey;
pub mod share_group_current_member_assignment_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupCurrentMemberAssignmentKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for ShareGroupCurrentMemberAssignmentKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for ShareGroupCurrentMemberAssignmentKey {
    const NAME: &'static str = "ShareGroupCurrentMemberAssignmentKey";
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

pub use share_group_current_member_assignment_value::ShareGroupCurrentMemberAssignmentValue;
pub mod share_group_current_member_assignment_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    pub previous_member_epoch: i32,
    pub state: i8,
    pub assigned_partitions: Vec<TopicPartitions>,
}

impl Part for ShareGroupCurrentMemberAssignmentValue {
    const MIN_BYTES: usize = 11;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_epoch: r.i32()?,
            previous_member_epoch: r.i32()?,
            state: r.i8()?,
            assigned_partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.member_epoch);
        s.i32(self.previous_member_epoch);
        s.i8(self.state);
        s.vec(&self.assigned_partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub partitions: Vec<i32>,
}

impl Part for TopicPartitions {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: r.uuid()?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ShareGroupCurrentMemberAssignmentValue {
    const NAME: &'static str = "ShareGroupCurrentMemberAssignmentValue";
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

pub use share_group_state_partition_metadata_key::ShareGroupStatePartitionMetadataKey;
pub mod share_group_state_partition_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupStatePartitionMetadataKey {
    pub group_id: Str,
}

impl Part for ShareGroupStatePartitionMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for ShareGroupStatePartitionMetadataKey {
    const NAME: &'static str = "ShareGroupStatePartitionMetadataKey";
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

pub use share_group_state_partition_metadata_value::ShareGroupStatePartitionMetadataValue;
pub mod share_group_state_partition_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareGroupStatePartitionMetadataValue {
    pub initializing_topics: Vec<TopicPartitionsInfo>,
    pub initialized_topics: Vec<TopicPartitionsInfo>,
    pub deleting_topics: Vec<TopicInfo>,
}

impl Part for ShareGroupStatePartitionMetadataValue {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            initializing_topics: r.vec(v, f)?,
            initialized_topics: r.vec(v, f)?,
            deleting_topics: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.initializing_topics, v, f)?;
        s.vec(&self.initialized_topics, v, f)?;
        s.vec(&self.deleting_topics, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartitionsInfo {
    pub topic_id: Uuid,
    pub topic_name: Str,
    pub partitions: Vec<i32>,
}

impl Part for TopicPartitionsInfo {
    const MIN_BYTES: usize = 19;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: r.uuid()?,
            topic_name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.string(&self.topic_name, f)?;
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicInfo {
    pub topic_id: Uuid,
    pub topic_name: Str,
}

impl Part for TopicInfo {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: r.uuid()?,
            topic_name: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.string(&self.topic_name, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ShareGroupStatePartitionMetadataValue {
    const NAME: &'static str = "ShareGroupStatePartitionMetadataValue";
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

pub use consumer_group_regular_expression_key::ConsumerGroupRegularExpressionKey;
pub mod consumer_group_regular_expression_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupRegularExpressionKey {
    pub group_id: Str,
    pub regular_expression: Str,
}

impl Part for ConsumerGroupRegularExpressionKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            regular_expression: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.regular_expression, f)?;
        Ok(())
    }
}

impl Message for ConsumerGroupRegularExpressionKey {
    const NAME: &'static str = "ConsumerGroupRegularExpressionKey";
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

pub use consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue;
pub mod consumer_group_regular_expression_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupRegularExpressionValue {
    pub topics: Vec<Str>,
    pub version: i64,
    pub timestamp: i64,
}

impl Part for ConsumerGroupRegularExpressionValue {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topics: r.vec(v, f)?,
            version: r.i64()?,
            timestamp: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.topics, v, f)?;
        s.i64(self.version);
        s.i64(self.timestamp);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ConsumerGroupRegularExpressionValue {
    const NAME: &'static str = "ConsumerGroupRegularExpressionValue";
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

pub use streams_group_metadata_key::StreamsGroupMetadataKey;
pub mod streams_group_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupMetadataKey {
    pub group_id: Str,
}

impl Part for StreamsGroupMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for StreamsGroupMetadataKey {
    const NAME: &'static str = "StreamsGroupMetadataKey";
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

pub use streams_group_metadata_value::StreamsGroupMetadataValue;
pub mod streams_group_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupMetadataValue {
    pub epoch: i32,
    pub metadata_hash: i64,
    pub validated_topology_epoch: i32, // tag 0
    pub last_assignment_configs: Option<Vec<LastAssignmentConfig>>, // tag 1
    pub stored_description_topology_epoch: i32, // tag 2
    pub failed_description_topology_epoch: i32, // tag 3
}

impl Default for StreamsGroupMetadataValue {
    fn default() -> Self {
        Self {
            epoch: 0,
            metadata_hash: 0,
            validated_topology_epoch: -1,
            last_assignment_configs: Some(Vec::new()),
            stored_description_topology_epoch: -1,
            failed_description_topology_epoch: -1,
        }
    }
}

impl Part for StreamsGroupMetadataValue {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            epoch: r.i32()?,
            metadata_hash: r.i64()?,
            validated_topology_epoch: -1,
            last_assignment_configs: Some(Vec::new()),
            stored_description_topology_epoch: -1,
            failed_description_topology_epoch: -1,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.validated_topology_epoch = r.i32()?,
                1 => m.last_assignment_configs = r.opt_vec(v, f)?,
                2 => m.stored_description_topology_epoch = r.i32()?,
                3 => m.failed_description_topology_epoch = r.i32()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.epoch);
        s.i64(self.metadata_hash);
        let t0 = self.validated_topology_epoch != -1;
        let t1 = self.last_assignment_configs.as_ref().is_none_or(|x| !x.is_empty());
        let t2 = self.stored_description_topology_epoch != -1;
        let t3 = self.failed_description_topology_epoch != -1;
        s.uvarint(t0 as u32 + t1 as u32 + t2 as u32 + t3 as u32);
        if t0 { let t = s.begin_tagged(0); s.i32(self.validated_topology_epoch); s.end_tagged(t); }
        if t1 { let t = s.begin_tagged(1); s.opt_vec(&self.last_assignment_configs, v, f)?; s.end_tagged(t); }
        if t2 { let t = s.begin_tagged(2); s.i32(self.stored_description_topology_epoch); s.end_tagged(t); }
        if t3 { let t = s.begin_tagged(3); s.i32(self.failed_description_topology_epoch); s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct LastAssignmentConfig {
    pub key: Str,
    pub value: Str,
}

impl Part for LastAssignmentConfig {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            key: r.string(f)?,
            value: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.key, f)?;
        s.string(&self.value, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for StreamsGroupMetadataValue {
    const NAME: &'static str = "StreamsGroupMetadataValue";
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

pub use streams_group_member_metadata_key::StreamsGroupMemberMetadataKey;
pub mod streams_group_member_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupMemberMetadataKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for StreamsGroupMemberMetadataKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for StreamsGroupMemberMetadataKey {
    const NAME: &'static str = "StreamsGroupMemberMetadataKey";
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

pub use streams_group_member_metadata_value::StreamsGroupMemberMetadataValue;
pub mod streams_group_member_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupMemberMetadataValue {
    pub instance_id: Option<Str>,
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub rebalance_timeout_ms: i32,
    pub topology_epoch: i32,
    pub process_id: Str,
    pub user_endpoint: Option<Endpoint>,
    pub client_tags: Vec<KeyValue>,
}

impl Default for StreamsGroupMemberMetadataValue {
    fn default() -> Self {
        Self {
            instance_id: Some(Str::default()),
            rack_id: Some(Str::default()),
            client_id: Str::default(),
            client_host: Str::default(),
            rebalance_timeout_ms: -1,
            topology_epoch: 0,
            process_id: Str::default(),
            user_endpoint: None,
            client_tags: Vec::new(),
        }
    }
}

impl Part for StreamsGroupMemberMetadataValue {
    const MIN_BYTES: usize = 16;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            instance_id: r.opt_string(f)?,
            rack_id: r.opt_string(f)?,
            client_id: r.string(f)?,
            client_host: r.string(f)?,
            rebalance_timeout_ms: r.i32()?,
            topology_epoch: r.i32()?,
            process_id: r.string(f)?,
            user_endpoint: r.opt_struct(v, f)?,
            client_tags: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.opt_string(&self.instance_id, f)?;
        s.opt_string(&self.rack_id, f)?;
        s.string(&self.client_id, f)?;
        s.string(&self.client_host, f)?;
        s.i32(self.rebalance_timeout_ms);
        s.i32(self.topology_epoch);
        s.string(&self.process_id, f)?;
        s.opt_struct(&self.user_endpoint, v, f)?;
        s.vec(&self.client_tags, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Endpoint {
    pub host: Str,
    pub port: u16,
}

impl Part for Endpoint {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            host: r.string(f)?,
            port: r.u16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.host, f)?;
        s.u16(self.port);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct KeyValue {
    pub key: Str,
    pub value: Str,
}

impl Part for KeyValue {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            key: r.string(f)?,
            value: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.key, f)?;
        s.string(&self.value, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for StreamsGroupMemberMetadataValue {
    const NAME: &'static str = "StreamsGroupMemberMetadataValue";
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

pub use streams_group_target_assignment_metadata_key::StreamsGroupTargetAssignmentMetadataKey;
pub mod streams_group_target_assignment_metadata_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupTargetAssignmentMetadataKey {
    pub group_id: Str,
}

impl Part for StreamsGroupTargetAssignmentMetadataKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for StreamsGroupTargetAssignmentMetadataKey {
    const NAME: &'static str = "StreamsGroupTargetAssignmentMetadataKey";
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

pub use streams_group_target_assignment_metadata_value::StreamsGroupTargetAssignmentMetadataValue;
pub mod streams_group_target_assignment_metadata_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupTargetAssignmentMetadataValue {
    pub assignment_epoch: i32,
    pub assignment_timestamp: i64, // tag 0
}

impl Part for StreamsGroupTargetAssignmentMetadataValue {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            assignment_epoch: r.i32()?,
            assignment_timestamp: 0,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.assignment_timestamp = r.i64()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.assignment_epoch);
        let t0 = self.assignment_timestamp != 0;
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.i64(self.assignment_timestamp); s.end_tagged(t); }
        Ok(())
    }
}

impl Message for StreamsGroupTargetAssignmentMetadataValue {
    const NAME: &'static str = "StreamsGroupTargetAssignmentMetadataValue";
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

pub use streams_group_target_assignment_member_key::StreamsGroupTargetAssignmentMemberKey;
pub mod streams_group_target_assignment_member_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupTargetAssignmentMemberKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for StreamsGroupTargetAssignmentMemberKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for StreamsGroupTargetAssignmentMemberKey {
    const NAME: &'static str = "StreamsGroupTargetAssignmentMemberKey";
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

pub use streams_group_target_assignment_member_value::StreamsGroupTargetAssignmentMemberValue;
pub mod streams_group_target_assignment_member_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupTargetAssignmentMemberValue {
    pub active_tasks: Vec<TaskIds>,
    pub standby_tasks: Vec<TaskIds>,
    pub warmup_tasks: Vec<TaskIds>,
}

impl Part for StreamsGroupTargetAssignmentMemberValue {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            active_tasks: r.vec(v, f)?,
            standby_tasks: r.vec(v, f)?,
            warmup_tasks: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.active_tasks, v, f)?;
        s.vec(&self.standby_tasks, v, f)?;
        s.vec(&self.warmup_tasks, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
}

impl Part for TaskIds {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            subtopology_id: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.subtopology_id, f)?;
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for StreamsGroupTargetAssignmentMemberValue {
    const NAME: &'static str = "StreamsGroupTargetAssignmentMemberValue";
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

pub use streams_group_current_member_assignment_key::StreamsGroupCurrentMemberAssignmentKey;
pub mod streams_group_current_member_assignment_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupCurrentMemberAssignmentKey {
    pub group_id: Str,
    pub member_id: Str,
}

impl Part for StreamsGroupCurrentMemberAssignmentKey {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            member_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.member_id, f)?;
        Ok(())
    }
}

impl Message for StreamsGroupCurrentMemberAssignmentKey {
    const NAME: &'static str = "StreamsGroupCurrentMemberAssignmentKey";
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

pub use streams_group_current_member_assignment_value::StreamsGroupCurrentMemberAssignmentValue;
pub mod streams_group_current_member_assignment_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupCurrentMemberAssignmentValue {
    pub member_epoch: i32,
    pub previous_member_epoch: i32,
    pub state: i8,
    pub active_tasks: Vec<TaskIds>,
    pub standby_tasks: Vec<TaskIds>,
    pub warmup_tasks: Vec<TaskIds>,
    pub active_tasks_pending_revocation: Vec<TaskIds>,
    pub standby_tasks_pending_revocation: Vec<TaskIds>,
    pub warmup_tasks_pending_revocation: Vec<TaskIds>,
}

impl Part for StreamsGroupCurrentMemberAssignmentValue {
    const MIN_BYTES: usize = 16;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_epoch: r.i32()?,
            previous_member_epoch: r.i32()?,
            state: r.i8()?,
            active_tasks: r.vec(v, f)?,
            standby_tasks: r.vec(v, f)?,
            warmup_tasks: r.vec(v, f)?,
            active_tasks_pending_revocation: r.vec(v, f)?,
            standby_tasks_pending_revocation: r.vec(v, f)?,
            warmup_tasks_pending_revocation: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.member_epoch);
        s.i32(self.previous_member_epoch);
        s.i8(self.state);
        s.vec(&self.active_tasks, v, f)?;
        s.vec(&self.standby_tasks, v, f)?;
        s.vec(&self.warmup_tasks, v, f)?;
        s.vec(&self.active_tasks_pending_revocation, v, f)?;
        s.vec(&self.standby_tasks_pending_revocation, v, f)?;
        s.vec(&self.warmup_tasks_pending_revocation, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct TaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
    pub assignment_epochs: Option<Vec<i32>>, // tag 0
}

impl Default for TaskIds {
    fn default() -> Self {
        Self {
            subtopology_id: Str::default(),
            partitions: Vec::new(),
            assignment_epochs: Some(Vec::new()),
        }
    }
}

impl Part for TaskIds {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            subtopology_id: r.string(f)?,
            partitions: r.vec(v, f)?,
            assignment_epochs: Some(Vec::new()),
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.assignment_epochs = r.opt_vec(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.subtopology_id, f)?;
        s.vec(&self.partitions, v, f)?;
        let t0 = self.assignment_epochs.as_ref().is_none_or(|x| !x.is_empty());
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.opt_vec(&self.assignment_epochs, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

impl Message for StreamsGroupCurrentMemberAssignmentValue {
    const NAME: &'static str = "StreamsGroupCurrentMemberAssignmentValue";
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

pub use streams_group_topology_key::StreamsGroupTopologyKey;
pub mod streams_group_topology_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupTopologyKey {
    pub group_id: Str,
}

impl Part for StreamsGroupTopologyKey {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        Ok(())
    }
}

impl Message for StreamsGroupTopologyKey {
    const NAME: &'static str = "StreamsGroupTopologyKey";
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

pub use streams_group_topology_value::StreamsGroupTopologyValue;
pub mod streams_group_topology_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupTopologyValue {
    pub epoch: i32,
    pub subtopologies: Vec<Subtopology>,
}

impl Part for StreamsGroupTopologyValue {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            epoch: r.i32()?,
            subtopologies: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.epoch);
        s.vec(&self.subtopologies, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Subtopology {
    pub subtopology_id: Str,
    pub source_topics: Vec<Str>,
    pub source_topic_regex: Vec<Str>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_sink_topics: Vec<Str>,
    pub repartition_source_topics: Vec<TopicInfo>,
    pub copartition_groups: Vec<CopartitionGroup>,
}

impl Part for Subtopology {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            subtopology_id: r.string(f)?,
            source_topics: r.vec(v, f)?,
            source_topic_regex: r.vec(v, f)?,
            state_changelog_topics: r.vec(v, f)?,
            repartition_sink_topics: r.vec(v, f)?,
            repartition_source_topics: r.vec(v, f)?,
            copartition_groups: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.subtopology_id, f)?;
        s.vec(&self.source_topics, v, f)?;
        s.vec(&self.source_topic_regex, v, f)?;
        s.vec(&self.state_changelog_topics, v, f)?;
        s.vec(&self.repartition_sink_topics, v, f)?;
        s.vec(&self.repartition_source_topics, v, f)?;
        s.vec(&self.copartition_groups, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct CopartitionGroup {
    pub source_topics: Vec<i16>,
    pub source_topic_regex: Vec<i16>,
    pub repartition_source_topics: Vec<i16>,
}

impl Part for CopartitionGroup {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            source_topics: r.vec(v, f)?,
            source_topic_regex: r.vec(v, f)?,
            repartition_source_topics: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.source_topics, v, f)?;
        s.vec(&self.source_topic_regex, v, f)?;
        s.vec(&self.repartition_source_topics, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicConfig {
    pub key: Str,
    pub value: Str,
}

impl Part for TopicConfig {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            key: r.string(f)?,
            value: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.key, f)?;
        s.string(&self.value, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicInfo {
    pub name: Str,
    pub partitions: i32,
    pub replication_factor: i16,
    pub topic_configs: Vec<TopicConfig>,
}

impl Part for TopicInfo {
    const MIN_BYTES: usize = 9;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            partitions: r.i32()?,
            replication_factor: r.i16()?,
            topic_configs: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i32(self.partitions);
        s.i16(self.replication_factor);
        s.vec(&self.topic_configs, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for StreamsGroupTopologyValue {
    const NAME: &'static str = "StreamsGroupTopologyValue";
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

/// Any key of the topic: its type, then its fields.
#[derive(Clone, Debug, PartialEq)]
pub enum OffsetsKey {
    LegacyOffsetCommit(LegacyOffsetCommitKey),
    OffsetCommit(OffsetCommitKey),
    GroupMetadata(GroupMetadataKey),
    ConsumerGroupMetadata(ConsumerGroupMetadataKey),
    ConsumerGroupPartitionMetadata(ConsumerGroupPartitionMetadataKey),
    ConsumerGroupMemberMetadata(ConsumerGroupMemberMetadataKey),
    ConsumerGroupTargetAssignmentMetadata(ConsumerGroupTargetAssignmentMetadataKey),
    ConsumerGroupTargetAssignmentMember(ConsumerGroupTargetAssignmentMemberKey),
    ConsumerGroupCurrentMemberAssignment(ConsumerGroupCurrentMemberAssignmentKey),
    ShareGroupMemberMetadata(ShareGroupMemberMetadataKey),
    ShareGroupMetadata(ShareGroupMetadataKey),
    ShareGroupTargetAssignmentMetadata(ShareGroupTargetAssignmentMetadataKey),
    ShareGroupTargetAssignmentMember(ShareGroupTargetAssignmentMemberKey),
    ShareGroupCurrentMemberAssignment(ShareGroupCurrentMemberAssignmentKey),
    ShareGroupStatePartitionMetadata(ShareGroupStatePartitionMetadataKey),
    ConsumerGroupRegularExpression(ConsumerGroupRegularExpressionKey),
    StreamsGroupMetadata(StreamsGroupMetadataKey),
    StreamsGroupMemberMetadata(StreamsGroupMemberMetadataKey),
    StreamsGroupTargetAssignmentMetadata(StreamsGroupTargetAssignmentMetadataKey),
    StreamsGroupTargetAssignmentMember(StreamsGroupTargetAssignmentMemberKey),
    StreamsGroupCurrentMemberAssignment(StreamsGroupCurrentMemberAssignmentKey),
    StreamsGroupTopology(StreamsGroupTopologyKey),
}

impl OffsetsKey {
    /// The number of its type.
    pub fn kind(&self) -> i16 {
        match self {
            Self::LegacyOffsetCommit(_) => 0,
            Self::OffsetCommit(_) => 1,
            Self::GroupMetadata(_) => 2,
            Self::ConsumerGroupMetadata(_) => 3,
            Self::ConsumerGroupPartitionMetadata(_) => 4,
            Self::ConsumerGroupMemberMetadata(_) => 5,
            Self::ConsumerGroupTargetAssignmentMetadata(_) => 6,
            Self::ConsumerGroupTargetAssignmentMember(_) => 7,
            Self::ConsumerGroupCurrentMemberAssignment(_) => 8,
            Self::ShareGroupMemberMetadata(_) => 10,
            Self::ShareGroupMetadata(_) => 11,
            Self::ShareGroupTargetAssignmentMetadata(_) => 12,
            Self::ShareGroupTargetAssignmentMember(_) => 13,
            Self::ShareGroupCurrentMemberAssignment(_) => 14,
            Self::ShareGroupStatePartitionMetadata(_) => 15,
            Self::ConsumerGroupRegularExpression(_) => 16,
            Self::StreamsGroupMetadata(_) => 17,
            Self::StreamsGroupMemberMetadata(_) => 19,
            Self::StreamsGroupTargetAssignmentMetadata(_) => 20,
            Self::StreamsGroupTargetAssignmentMember(_) => 21,
            Self::StreamsGroupCurrentMemberAssignment(_) => 22,
            Self::StreamsGroupTopology(_) => 23,
        }
    }

    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LegacyOffsetCommit(_) => "LegacyOffsetCommitKey",
            Self::OffsetCommit(_) => "OffsetCommitKey",
            Self::GroupMetadata(_) => "GroupMetadataKey",
            Self::ConsumerGroupMetadata(_) => "ConsumerGroupMetadataKey",
            Self::ConsumerGroupPartitionMetadata(_) => "ConsumerGroupPartitionMetadataKey",
            Self::ConsumerGroupMemberMetadata(_) => "ConsumerGroupMemberMetadataKey",
            Self::ConsumerGroupTargetAssignmentMetadata(_) => "ConsumerGroupTargetAssignmentMetadataKey",
            Self::ConsumerGroupTargetAssignmentMember(_) => "ConsumerGroupTargetAssignmentMemberKey",
            Self::ConsumerGroupCurrentMemberAssignment(_) => "ConsumerGroupCurrentMemberAssignmentKey",
            Self::ShareGroupMemberMetadata(_) => "ShareGroupMemberMetadataKey",
            Self::ShareGroupMetadata(_) => "ShareGroupMetadataKey",
            Self::ShareGroupTargetAssignmentMetadata(_) => "ShareGroupTargetAssignmentMetadataKey",
            Self::ShareGroupTargetAssignmentMember(_) => "ShareGroupTargetAssignmentMemberKey",
            Self::ShareGroupCurrentMemberAssignment(_) => "ShareGroupCurrentMemberAssignmentKey",
            Self::ShareGroupStatePartitionMetadata(_) => "ShareGroupStatePartitionMetadataKey",
            Self::ConsumerGroupRegularExpression(_) => "ConsumerGroupRegularExpressionKey",
            Self::StreamsGroupMetadata(_) => "StreamsGroupMetadataKey",
            Self::StreamsGroupMemberMetadata(_) => "StreamsGroupMemberMetadataKey",
            Self::StreamsGroupTargetAssignmentMetadata(_) => "StreamsGroupTargetAssignmentMetadataKey",
            Self::StreamsGroupTargetAssignmentMember(_) => "StreamsGroupTargetAssignmentMemberKey",
            Self::StreamsGroupCurrentMemberAssignment(_) => "StreamsGroupCurrentMemberAssignmentKey",
            Self::StreamsGroupTopology(_) => "StreamsGroupTopologyKey",
        }
    }

    /// Highest version of its type.
    pub fn max_version(&self) -> i16 {
        match self {
            Self::LegacyOffsetCommit(_) => 0,
            Self::OffsetCommit(_) => 0,
            Self::GroupMetadata(_) => 0,
            Self::ConsumerGroupMetadata(_) => 0,
            Self::ConsumerGroupPartitionMetadata(_) => 0,
            Self::ConsumerGroupMemberMetadata(_) => 0,
            Self::ConsumerGroupTargetAssignmentMetadata(_) => 0,
            Self::ConsumerGroupTargetAssignmentMember(_) => 0,
            Self::ConsumerGroupCurrentMemberAssignment(_) => 0,
            Self::ShareGroupMemberMetadata(_) => 0,
            Self::ShareGroupMetadata(_) => 0,
            Self::ShareGroupTargetAssignmentMetadata(_) => 0,
            Self::ShareGroupTargetAssignmentMember(_) => 0,
            Self::ShareGroupCurrentMemberAssignment(_) => 0,
            Self::ShareGroupStatePartitionMetadata(_) => 0,
            Self::ConsumerGroupRegularExpression(_) => 0,
            Self::StreamsGroupMetadata(_) => 0,
            Self::StreamsGroupMemberMetadata(_) => 0,
            Self::StreamsGroupTargetAssignmentMetadata(_) => 0,
            Self::StreamsGroupTargetAssignmentMember(_) => 0,
            Self::StreamsGroupCurrentMemberAssignment(_) => 0,
            Self::StreamsGroupTopology(_) => 0,
        }
    }

    /// Reads a key and insists that nothing follows it.
    pub fn decode(r: &mut Reader) -> Result<Self, DecodeError> {
        let (kind, v) = (r.i16()?, 0);
        Ok(match kind {
            0 => Self::LegacyOffsetCommit(decode_whole(r, v)?),
            1 => Self::OffsetCommit(decode_whole(r, v)?),
            2 => Self::GroupMetadata(decode_whole(r, v)?),
            3 => Self::ConsumerGroupMetadata(decode_whole(r, v)?),
            4 => Self::ConsumerGroupPartitionMetadata(decode_whole(r, v)?),
            5 => Self::ConsumerGroupMemberMetadata(decode_whole(r, v)?),
            6 => Self::ConsumerGroupTargetAssignmentMetadata(decode_whole(r, v)?),
            7 => Self::ConsumerGroupTargetAssignmentMember(decode_whole(r, v)?),
            8 => Self::ConsumerGroupCurrentMemberAssignment(decode_whole(r, v)?),
            10 => Self::ShareGroupMemberMetadata(decode_whole(r, v)?),
            11 => Self::ShareGroupMetadata(decode_whole(r, v)?),
            12 => Self::ShareGroupTargetAssignmentMetadata(decode_whole(r, v)?),
            13 => Self::ShareGroupTargetAssignmentMember(decode_whole(r, v)?),
            14 => Self::ShareGroupCurrentMemberAssignment(decode_whole(r, v)?),
            15 => Self::ShareGroupStatePartitionMetadata(decode_whole(r, v)?),
            16 => Self::ConsumerGroupRegularExpression(decode_whole(r, v)?),
            17 => Self::StreamsGroupMetadata(decode_whole(r, v)?),
            19 => Self::StreamsGroupMemberMetadata(decode_whole(r, v)?),
            20 => Self::StreamsGroupTargetAssignmentMetadata(decode_whole(r, v)?),
            21 => Self::StreamsGroupTargetAssignmentMember(decode_whole(r, v)?),
            22 => Self::StreamsGroupCurrentMemberAssignment(decode_whole(r, v)?),
            23 => Self::StreamsGroupTopology(decode_whole(r, v)?),
            _ => return Err(DecodeError::UnknownRecord { kind: kind as u16 as u32 }),
        })
    }

    /// Writes the key.
    pub fn encode(&self, s: &mut Sink) -> Result<(), EncodeError> {
        let v = 0;
        s.i16(self.kind());
        match self {
            Self::LegacyOffsetCommit(m) => m.encode(s, v),
            Self::OffsetCommit(m) => m.encode(s, v),
            Self::GroupMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupPartitionMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupMemberMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupTargetAssignmentMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupTargetAssignmentMember(m) => m.encode(s, v),
            Self::ConsumerGroupCurrentMemberAssignment(m) => m.encode(s, v),
            Self::ShareGroupMemberMetadata(m) => m.encode(s, v),
            Self::ShareGroupMetadata(m) => m.encode(s, v),
            Self::ShareGroupTargetAssignmentMetadata(m) => m.encode(s, v),
            Self::ShareGroupTargetAssignmentMember(m) => m.encode(s, v),
            Self::ShareGroupCurrentMemberAssignment(m) => m.encode(s, v),
            Self::ShareGroupStatePartitionMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupRegularExpression(m) => m.encode(s, v),
            Self::StreamsGroupMetadata(m) => m.encode(s, v),
            Self::StreamsGroupMemberMetadata(m) => m.encode(s, v),
            Self::StreamsGroupTargetAssignmentMetadata(m) => m.encode(s, v),
            Self::StreamsGroupTargetAssignmentMember(m) => m.encode(s, v),
            Self::StreamsGroupCurrentMemberAssignment(m) => m.encode(s, v),
            Self::StreamsGroupTopology(m) => m.encode(s, v),
        }
    }
}

impl From<LegacyOffsetCommitKey> for OffsetsKey {
    fn from(m: LegacyOffsetCommitKey) -> Self {
        Self::LegacyOffsetCommit(m)
    }
}

impl From<OffsetCommitKey> for OffsetsKey {
    fn from(m: OffsetCommitKey) -> Self {
        Self::OffsetCommit(m)
    }
}

impl From<GroupMetadataKey> for OffsetsKey {
    fn from(m: GroupMetadataKey) -> Self {
        Self::GroupMetadata(m)
    }
}

impl From<ConsumerGroupMetadataKey> for OffsetsKey {
    fn from(m: ConsumerGroupMetadataKey) -> Self {
        Self::ConsumerGroupMetadata(m)
    }
}

impl From<ConsumerGroupPartitionMetadataKey> for OffsetsKey {
    fn from(m: ConsumerGroupPartitionMetadataKey) -> Self {
        Self::ConsumerGroupPartitionMetadata(m)
    }
}

impl From<ConsumerGroupMemberMetadataKey> for OffsetsKey {
    fn from(m: ConsumerGroupMemberMetadataKey) -> Self {
        Self::ConsumerGroupMemberMetadata(m)
    }
}

impl From<ConsumerGroupTargetAssignmentMetadataKey> for OffsetsKey {
    fn from(m: ConsumerGroupTargetAssignmentMetadataKey) -> Self {
        Self::ConsumerGroupTargetAssignmentMetadata(m)
    }
}

impl From<ConsumerGroupTargetAssignmentMemberKey> for OffsetsKey {
    fn from(m: ConsumerGroupTargetAssignmentMemberKey) -> Self {
        Self::ConsumerGroupTargetAssignmentMember(m)
    }
}

impl From<ConsumerGroupCurrentMemberAssignmentKey> for OffsetsKey {
    fn from(m: ConsumerGroupCurrentMemberAssignmentKey) -> Self {
        Self::ConsumerGroupCurrentMemberAssignment(m)
    }
}

impl From<ShareGroupMemberMetadataKey> for OffsetsKey {
    fn from(m: ShareGroupMemberMetadataKey) -> Self {
        Self::ShareGroupMemberMetadata(m)
    }
}

impl From<ShareGroupMetadataKey> for OffsetsKey {
    fn from(m: ShareGroupMetadataKey) -> Self {
        Self::ShareGroupMetadata(m)
    }
}

impl From<ShareGroupTargetAssignmentMetadataKey> for OffsetsKey {
    fn from(m: ShareGroupTargetAssignmentMetadataKey) -> Self {
        Self::ShareGroupTargetAssignmentMetadata(m)
    }
}

impl From<ShareGroupTargetAssignmentMemberKey> for OffsetsKey {
    fn from(m: ShareGroupTargetAssignmentMemberKey) -> Self {
        Self::ShareGroupTargetAssignmentMember(m)
    }
}

impl From<ShareGroupCurrentMemberAssignmentKey> for OffsetsKey {
    fn from(m: ShareGroupCurrentMemberAssignmentKey) -> Self {
        Self::ShareGroupCurrentMemberAssignment(m)
    }
}

impl From<ShareGroupStatePartitionMetadataKey> for OffsetsKey {
    fn from(m: ShareGroupStatePartitionMetadataKey) -> Self {
        Self::ShareGroupStatePartitionMetadata(m)
    }
}

impl From<ConsumerGroupRegularExpressionKey> for OffsetsKey {
    fn from(m: ConsumerGroupRegularExpressionKey) -> Self {
        Self::ConsumerGroupRegularExpression(m)
    }
}

impl From<StreamsGroupMetadataKey> for OffsetsKey {
    fn from(m: StreamsGroupMetadataKey) -> Self {
        Self::StreamsGroupMetadata(m)
    }
}

impl From<StreamsGroupMemberMetadataKey> for OffsetsKey {
    fn from(m: StreamsGroupMemberMetadataKey) -> Self {
        Self::StreamsGroupMemberMetadata(m)
    }
}

impl From<StreamsGroupTargetAssignmentMetadataKey> for OffsetsKey {
    fn from(m: StreamsGroupTargetAssignmentMetadataKey) -> Self {
        Self::StreamsGroupTargetAssignmentMetadata(m)
    }
}

impl From<StreamsGroupTargetAssignmentMemberKey> for OffsetsKey {
    fn from(m: StreamsGroupTargetAssignmentMemberKey) -> Self {
        Self::StreamsGroupTargetAssignmentMember(m)
    }
}

impl From<StreamsGroupCurrentMemberAssignmentKey> for OffsetsKey {
    fn from(m: StreamsGroupCurrentMemberAssignmentKey) -> Self {
        Self::StreamsGroupCurrentMemberAssignment(m)
    }
}

impl From<StreamsGroupTopologyKey> for OffsetsKey {
    fn from(m: StreamsGroupTopologyKey) -> Self {
        Self::StreamsGroupTopology(m)
    }
}

/// Any value of the topic: its version, then its fields. Its type stands in the key.
#[derive(Clone, Debug, PartialEq)]
pub enum OffsetsValue {
    LegacyOffsetCommit(LegacyOffsetCommitValue),
    OffsetCommit(OffsetCommitValue),
    GroupMetadata(GroupMetadataValue),
    ConsumerGroupMetadata(ConsumerGroupMetadataValue),
    ConsumerGroupPartitionMetadata(ConsumerGroupPartitionMetadataValue),
    ConsumerGroupMemberMetadata(ConsumerGroupMemberMetadataValue),
    ConsumerGroupTargetAssignmentMetadata(ConsumerGroupTargetAssignmentMetadataValue),
    ConsumerGroupTargetAssignmentMember(ConsumerGroupTargetAssignmentMemberValue),
    ConsumerGroupCurrentMemberAssignment(ConsumerGroupCurrentMemberAssignmentValue),
    ShareGroupMemberMetadata(ShareGroupMemberMetadataValue),
    ShareGroupMetadata(ShareGroupMetadataValue),
    ShareGroupTargetAssignmentMetadata(ShareGroupTargetAssignmentMetadataValue),
    ShareGroupTargetAssignmentMember(ShareGroupTargetAssignmentMemberValue),
    ShareGroupCurrentMemberAssignment(ShareGroupCurrentMemberAssignmentValue),
    ShareGroupStatePartitionMetadata(ShareGroupStatePartitionMetadataValue),
    ConsumerGroupRegularExpression(ConsumerGroupRegularExpressionValue),
    StreamsGroupMetadata(StreamsGroupMetadataValue),
    StreamsGroupMemberMetadata(StreamsGroupMemberMetadataValue),
    StreamsGroupTargetAssignmentMetadata(StreamsGroupTargetAssignmentMetadataValue),
    StreamsGroupTargetAssignmentMember(StreamsGroupTargetAssignmentMemberValue),
    StreamsGroupCurrentMemberAssignment(StreamsGroupCurrentMemberAssignmentValue),
    StreamsGroupTopology(StreamsGroupTopologyValue),
}

impl OffsetsValue {
    /// The number of its type.
    pub fn kind(&self) -> i16 {
        match self {
            Self::LegacyOffsetCommit(_) => 0,
            Self::OffsetCommit(_) => 1,
            Self::GroupMetadata(_) => 2,
            Self::ConsumerGroupMetadata(_) => 3,
            Self::ConsumerGroupPartitionMetadata(_) => 4,
            Self::ConsumerGroupMemberMetadata(_) => 5,
            Self::ConsumerGroupTargetAssignmentMetadata(_) => 6,
            Self::ConsumerGroupTargetAssignmentMember(_) => 7,
            Self::ConsumerGroupCurrentMemberAssignment(_) => 8,
            Self::ShareGroupMemberMetadata(_) => 10,
            Self::ShareGroupMetadata(_) => 11,
            Self::ShareGroupTargetAssignmentMetadata(_) => 12,
            Self::ShareGroupTargetAssignmentMember(_) => 13,
            Self::ShareGroupCurrentMemberAssignment(_) => 14,
            Self::ShareGroupStatePartitionMetadata(_) => 15,
            Self::ConsumerGroupRegularExpression(_) => 16,
            Self::StreamsGroupMetadata(_) => 17,
            Self::StreamsGroupMemberMetadata(_) => 19,
            Self::StreamsGroupTargetAssignmentMetadata(_) => 20,
            Self::StreamsGroupTargetAssignmentMember(_) => 21,
            Self::StreamsGroupCurrentMemberAssignment(_) => 22,
            Self::StreamsGroupTopology(_) => 23,
        }
    }

    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LegacyOffsetCommit(_) => "LegacyOffsetCommitValue",
            Self::OffsetCommit(_) => "OffsetCommitValue",
            Self::GroupMetadata(_) => "GroupMetadataValue",
            Self::ConsumerGroupMetadata(_) => "ConsumerGroupMetadataValue",
            Self::ConsumerGroupPartitionMetadata(_) => "ConsumerGroupPartitionMetadataValue",
            Self::ConsumerGroupMemberMetadata(_) => "ConsumerGroupMemberMetadataValue",
            Self::ConsumerGroupTargetAssignmentMetadata(_) => "ConsumerGroupTargetAssignmentMetadataValue",
            Self::ConsumerGroupTargetAssignmentMember(_) => "ConsumerGroupTargetAssignmentMemberValue",
            Self::ConsumerGroupCurrentMemberAssignment(_) => "ConsumerGroupCurrentMemberAssignmentValue",
            Self::ShareGroupMemberMetadata(_) => "ShareGroupMemberMetadataValue",
            Self::ShareGroupMetadata(_) => "ShareGroupMetadataValue",
            Self::ShareGroupTargetAssignmentMetadata(_) => "ShareGroupTargetAssignmentMetadataValue",
            Self::ShareGroupTargetAssignmentMember(_) => "ShareGroupTargetAssignmentMemberValue",
            Self::ShareGroupCurrentMemberAssignment(_) => "ShareGroupCurrentMemberAssignmentValue",
            Self::ShareGroupStatePartitionMetadata(_) => "ShareGroupStatePartitionMetadataValue",
            Self::ConsumerGroupRegularExpression(_) => "ConsumerGroupRegularExpressionValue",
            Self::StreamsGroupMetadata(_) => "StreamsGroupMetadataValue",
            Self::StreamsGroupMemberMetadata(_) => "StreamsGroupMemberMetadataValue",
            Self::StreamsGroupTargetAssignmentMetadata(_) => "StreamsGroupTargetAssignmentMetadataValue",
            Self::StreamsGroupTargetAssignmentMember(_) => "StreamsGroupTargetAssignmentMemberValue",
            Self::StreamsGroupCurrentMemberAssignment(_) => "StreamsGroupCurrentMemberAssignmentValue",
            Self::StreamsGroupTopology(_) => "StreamsGroupTopologyValue",
        }
    }

    /// Highest version of its type.
    pub fn max_version(&self) -> i16 {
        match self {
            Self::LegacyOffsetCommit(_) => 0,
            Self::OffsetCommit(_) => 4,
            Self::GroupMetadata(_) => 4,
            Self::ConsumerGroupMetadata(_) => 0,
            Self::ConsumerGroupPartitionMetadata(_) => 0,
            Self::ConsumerGroupMemberMetadata(_) => 0,
            Self::ConsumerGroupTargetAssignmentMetadata(_) => 0,
            Self::ConsumerGroupTargetAssignmentMember(_) => 0,
            Self::ConsumerGroupCurrentMemberAssignment(_) => 0,
            Self::ShareGroupMemberMetadata(_) => 0,
            Self::ShareGroupMetadata(_) => 0,
            Self::ShareGroupTargetAssignmentMetadata(_) => 0,
            Self::ShareGroupTargetAssignmentMember(_) => 0,
            Self::ShareGroupCurrentMemberAssignment(_) => 0,
            Self::ShareGroupStatePartitionMetadata(_) => 0,
            Self::ConsumerGroupRegularExpression(_) => 0,
            Self::StreamsGroupMetadata(_) => 0,
            Self::StreamsGroupMemberMetadata(_) => 0,
            Self::StreamsGroupTargetAssignmentMetadata(_) => 0,
            Self::StreamsGroupTargetAssignmentMember(_) => 0,
            Self::StreamsGroupCurrentMemberAssignment(_) => 0,
            Self::StreamsGroupTopology(_) => 0,
        }
    }

    /// Reads a value whose key is of type `kind` and insists that nothing follows it.
    pub fn decode(kind: i16, r: &mut Reader) -> Result<Self, DecodeError> {
        let v = r.i16()?;
        Ok(match kind {
            0 => Self::LegacyOffsetCommit(decode_whole(r, v)?),
            1 => Self::OffsetCommit(decode_whole(r, v)?),
            2 => Self::GroupMetadata(decode_whole(r, v)?),
            3 => Self::ConsumerGroupMetadata(decode_whole(r, v)?),
            4 => Self::ConsumerGroupPartitionMetadata(decode_whole(r, v)?),
            5 => Self::ConsumerGroupMemberMetadata(decode_whole(r, v)?),
            6 => Self::ConsumerGroupTargetAssignmentMetadata(decode_whole(r, v)?),
            7 => Self::ConsumerGroupTargetAssignmentMember(decode_whole(r, v)?),
            8 => Self::ConsumerGroupCurrentMemberAssignment(decode_whole(r, v)?),
            10 => Self::ShareGroupMemberMetadata(decode_whole(r, v)?),
            11 => Self::ShareGroupMetadata(decode_whole(r, v)?),
            12 => Self::ShareGroupTargetAssignmentMetadata(decode_whole(r, v)?),
            13 => Self::ShareGroupTargetAssignmentMember(decode_whole(r, v)?),
            14 => Self::ShareGroupCurrentMemberAssignment(decode_whole(r, v)?),
            15 => Self::ShareGroupStatePartitionMetadata(decode_whole(r, v)?),
            16 => Self::ConsumerGroupRegularExpression(decode_whole(r, v)?),
            17 => Self::StreamsGroupMetadata(decode_whole(r, v)?),
            19 => Self::StreamsGroupMemberMetadata(decode_whole(r, v)?),
            20 => Self::StreamsGroupTargetAssignmentMetadata(decode_whole(r, v)?),
            21 => Self::StreamsGroupTargetAssignmentMember(decode_whole(r, v)?),
            22 => Self::StreamsGroupCurrentMemberAssignment(decode_whole(r, v)?),
            23 => Self::StreamsGroupTopology(decode_whole(r, v)?),
            _ => return Err(DecodeError::UnknownRecord { kind: kind as u16 as u32 }),
        })
    }

    /// Writes the value.
    pub fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        s.i16(v);
        match self {
            Self::LegacyOffsetCommit(m) => m.encode(s, v),
            Self::OffsetCommit(m) => m.encode(s, v),
            Self::GroupMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupPartitionMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupMemberMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupTargetAssignmentMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupTargetAssignmentMember(m) => m.encode(s, v),
            Self::ConsumerGroupCurrentMemberAssignment(m) => m.encode(s, v),
            Self::ShareGroupMemberMetadata(m) => m.encode(s, v),
            Self::ShareGroupMetadata(m) => m.encode(s, v),
            Self::ShareGroupTargetAssignmentMetadata(m) => m.encode(s, v),
            Self::ShareGroupTargetAssignmentMember(m) => m.encode(s, v),
            Self::ShareGroupCurrentMemberAssignment(m) => m.encode(s, v),
            Self::ShareGroupStatePartitionMetadata(m) => m.encode(s, v),
            Self::ConsumerGroupRegularExpression(m) => m.encode(s, v),
            Self::StreamsGroupMetadata(m) => m.encode(s, v),
            Self::StreamsGroupMemberMetadata(m) => m.encode(s, v),
            Self::StreamsGroupTargetAssignmentMetadata(m) => m.encode(s, v),
            Self::StreamsGroupTargetAssignmentMember(m) => m.encode(s, v),
            Self::StreamsGroupCurrentMemberAssignment(m) => m.encode(s, v),
            Self::StreamsGroupTopology(m) => m.encode(s, v),
        }
    }
}

impl From<LegacyOffsetCommitValue> for OffsetsValue {
    fn from(m: LegacyOffsetCommitValue) -> Self {
        Self::LegacyOffsetCommit(m)
    }
}

impl From<OffsetCommitValue> for OffsetsValue {
    fn from(m: OffsetCommitValue) -> Self {
        Self::OffsetCommit(m)
    }
}

impl From<GroupMetadataValue> for OffsetsValue {
    fn from(m: GroupMetadataValue) -> Self {
        Self::GroupMetadata(m)
    }
}

impl From<ConsumerGroupMetadataValue> for OffsetsValue {
    fn from(m: ConsumerGroupMetadataValue) -> Self {
        Self::ConsumerGroupMetadata(m)
    }
}

impl From<ConsumerGroupPartitionMetadataValue> for OffsetsValue {
    fn from(m: ConsumerGroupPartitionMetadataValue) -> Self {
        Self::ConsumerGroupPartitionMetadata(m)
    }
}

impl From<ConsumerGroupMemberMetadataValue> for OffsetsValue {
    fn from(m: ConsumerGroupMemberMetadataValue) -> Self {
        Self::ConsumerGroupMemberMetadata(m)
    }
}

impl From<ConsumerGroupTargetAssignmentMetadataValue> for OffsetsValue {
    fn from(m: ConsumerGroupTargetAssignmentMetadataValue) -> Self {
        Self::ConsumerGroupTargetAssignmentMetadata(m)
    }
}

impl From<ConsumerGroupTargetAssignmentMemberValue> for OffsetsValue {
    fn from(m: ConsumerGroupTargetAssignmentMemberValue) -> Self {
        Self::ConsumerGroupTargetAssignmentMember(m)
    }
}

impl From<ConsumerGroupCurrentMemberAssignmentValue> for OffsetsValue {
    fn from(m: ConsumerGroupCurrentMemberAssignmentValue) -> Self {
        Self::ConsumerGroupCurrentMemberAssignment(m)
    }
}

impl From<ShareGroupMemberMetadataValue> for OffsetsValue {
    fn from(m: ShareGroupMemberMetadataValue) -> Self {
        Self::ShareGroupMemberMetadata(m)
    }
}

impl From<ShareGroupMetadataValue> for OffsetsValue {
    fn from(m: ShareGroupMetadataValue) -> Self {
        Self::ShareGroupMetadata(m)
    }
}

impl From<ShareGroupTargetAssignmentMetadataValue> for OffsetsValue {
    fn from(m: ShareGroupTargetAssignmentMetadataValue) -> Self {
        Self::ShareGroupTargetAssignmentMetadata(m)
    }
}

impl From<ShareGroupTargetAssignmentMemberValue> for OffsetsValue {
    fn from(m: ShareGroupTargetAssignmentMemberValue) -> Self {
        Self::ShareGroupTargetAssignmentMember(m)
    }
}

impl From<ShareGroupCurrentMemberAssignmentValue> for OffsetsValue {
    fn from(m: ShareGroupCurrentMemberAssignmentValue) -> Self {
        Self::ShareGroupCurrentMemberAssignment(m)
    }
}

impl From<ShareGroupStatePartitionMetadataValue> for OffsetsValue {
    fn from(m: ShareGroupStatePartitionMetadataValue) -> Self {
        Self::ShareGroupStatePartitionMetadata(m)
    }
}

impl From<ConsumerGroupRegularExpressionValue> for OffsetsValue {
    fn from(m: ConsumerGroupRegularExpressionValue) -> Self {
        Self::ConsumerGroupRegularExpression(m)
    }
}

impl From<StreamsGroupMetadataValue> for OffsetsValue {
    fn from(m: StreamsGroupMetadataValue) -> Self {
        Self::StreamsGroupMetadata(m)
    }
}

impl From<StreamsGroupMemberMetadataValue> for OffsetsValue {
    fn from(m: StreamsGroupMemberMetadataValue) -> Self {
        Self::StreamsGroupMemberMetadata(m)
    }
}

impl From<StreamsGroupTargetAssignmentMetadataValue> for OffsetsValue {
    fn from(m: StreamsGroupTargetAssignmentMetadataValue) -> Self {
        Self::StreamsGroupTargetAssignmentMetadata(m)
    }
}

impl From<StreamsGroupTargetAssignmentMemberValue> for OffsetsValue {
    fn from(m: StreamsGroupTargetAssignmentMemberValue) -> Self {
        Self::StreamsGroupTargetAssignmentMember(m)
    }
}

impl From<StreamsGroupCurrentMemberAssignmentValue> for OffsetsValue {
    fn from(m: StreamsGroupCurrentMemberAssignmentValue) -> Self {
        Self::StreamsGroupCurrentMemberAssignment(m)
    }
}

impl From<StreamsGroupTopologyValue> for OffsetsValue {
    fn from(m: StreamsGroupTopologyValue) -> Self {
        Self::StreamsGroupTopology(m)
    }
}
