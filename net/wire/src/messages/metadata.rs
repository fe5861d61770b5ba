//! Metadata, API 3, from `schema/messages/metadata.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod metadata_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequest {
    pub topics: Option<Vec<MetadataRequestTopic>>, // null in 1+
    pub allow_auto_topic_creation: bool, // 4+
    pub include_cluster_authorized_operations: bool, // 8-10
    pub include_topic_authorized_operations: bool, // 8+
}

impl Default for MetadataRequest {
    fn default() -> Self {
        Self {
            topics: Some(Vec::new()),
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: false,
            include_topic_authorized_operations: false,
        }
    }
}

impl Part for MetadataRequest {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topics: null_only_if(v >= 1, r.opt_vec(v, f)?)?,
            allow_auto_topic_creation: if v >= 4 { r.bool()? } else { true },
            include_cluster_authorized_operations: if v >= 8 && v <= 10 { r.bool()? } else { false },
            include_topic_authorized_operations: if v >= 8 { r.bool()? } else { false },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if self.topics.is_none() && !(v >= 1) { return Err(EncodeError::Null { field: "MetadataRequest.topics", version: v }); }
        s.opt_vec(&self.topics, v, f)?;
        if v >= 4 {
            s.bool(self.allow_auto_topic_creation);
        } else if !self.allow_auto_topic_creation { return Err(EncodeError::NoSuchField { field: "MetadataRequest.allow_auto_topic_creation", version: v }); }
        if v >= 8 && v <= 10 {
            s.bool(self.include_cluster_authorized_operations);
        } else if self.include_cluster_authorized_operations { return Err(EncodeError::NoSuchField { field: "MetadataRequest.include_cluster_authorized_operations", version: v }); }
        if v >= 8 {
            s.bool(self.include_topic_authorized_operations);
        } else if self.include_topic_authorized_operations { return Err(EncodeError::NoSuchField { field: "MetadataRequest.include_topic_authorized_operations", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequestTopic {
    pub topic_id: Uuid, // 10+
    pub name: Option<Str>, // null in 10+
}

impl Default for MetadataRequestTopic {
    fn default() -> Self {
        Self {
            topic_id: Uuid::ZERO,
            name: Some(Str::default()),
        }
    }
}

impl Part for MetadataRequestTopic {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: if v >= 10 { r.uuid()? } else { Uuid::ZERO },
            name: null_only_if(v >= 10, r.opt_string(f)?)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v >= 10 {
            s.uuid(self.topic_id);
        }
        if self.name.is_none() && !(v >= 10) { return Err(EncodeError::Null { field: "MetadataRequestTopic.name", version: v }); }
        s.opt_string(&self.name, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for MetadataRequest {
    const NAME: &'static str = "MetadataRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 13;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 13 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 9)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 13 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 9)
    }
}

impl Request for MetadataRequest {
    const KEY: ApiKey = ApiKey::Metadata;
    type Response = super::metadata_response::MetadataResponse;
}
}

pub mod metadata_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponse {
    pub throttle_time_ms: i32, // 3+
    pub brokers: Vec<MetadataResponseBroker>,
    pub cluster_id: Option<Str>, // 2+
    pub controller_id: i32, // 1+
    pub topics: Vec<MetadataResponseTopic>,
    pub cluster_authorized_operations: i32, // 8-10
    pub error_code: i16, // 13+
}

impl Default for MetadataResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            brokers: Vec::new(),
            cluster_id: None,
            controller_id: -1,
            topics: Vec::new(),
            cluster_authorized_operations: i32::MIN,
            error_code: 0,
        }
    }
}

impl Part for MetadataResponse {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 3 { r.i32()? } else { 0 },
            brokers: r.vec(v, f)?,
            cluster_id: if v >= 2 { r.opt_string(f)? } else { None },
            controller_id: if v >= 1 { r.i32()? } else { -1 },
            topics: r.vec(v, f)?,
            cluster_authorized_operations: if v >= 8 && v <= 10 { r.i32()? } else { i32::MIN },
            error_code: if v >= 13 { r.i16()? } else { 0 },
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
        s.vec(&self.brokers, v, f)?;
        if v >= 2 {
            s.opt_string(&self.cluster_id, f)?;
        }
        if v >= 1 {
            s.i32(self.controller_id);
        }
        s.vec(&self.topics, v, f)?;
        if v >= 8 && v <= 10 {
            s.i32(self.cluster_authorized_operations);
        } else if self.cluster_authorized_operations != i32::MIN { return Err(EncodeError::NoSuchField { field: "MetadataResponse.cluster_authorized_operations", version: v }); }
        if v >= 13 {
            s.i16(self.error_code);
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct MetadataResponseBroker {
    pub node_id: i32,
    pub host: Str,
    pub port: i32,
    pub rack: Option<Str>, // 1+
}

impl Part for MetadataResponseBroker {
    const MIN_BYTES: usize = 10;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            node_id: r.i32()?,
            host: r.string(f)?,
            port: r.i32()?,
            rack: if v >= 1 { r.opt_string(f)? } else { None },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.node_id);
        s.string(&self.host, f)?;
        s.i32(self.port);
        if v >= 1 {
            s.opt_string(&self.rack, f)?;
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponseTopic {
    pub error_code: i16,
    pub name: Option<Str>, // null in 12+
    pub topic_id: Uuid, // 10+
    pub is_internal: bool, // 1+
    pub partitions: Vec<MetadataResponsePartition>,
    pub topic_authorized_operations: i32, // 8+
}

impl Default for MetadataResponseTopic {
    fn default() -> Self {
        Self {
            error_code: 0,
            name: Some(Str::default()),
            topic_id: Uuid::ZERO,
            is_internal: false,
            partitions: Vec::new(),
            topic_authorized_operations: i32::MIN,
        }
    }
}

impl Part for MetadataResponseTopic {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            error_code: r.i16()?,
            name: null_only_if(v >= 12, r.opt_string(f)?)?,
            topic_id: if v >= 10 { r.uuid()? } else { Uuid::ZERO },
            is_internal: if v >= 1 { r.bool()? } else { false },
            partitions: r.vec(v, f)?,
            topic_authorized_operations: if v >= 8 { r.i32()? } else { i32::MIN },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        if self.name.is_none() && !(v >= 12) { return Err(EncodeError::Null { field: "MetadataResponseTopic.name", version: v }); }
        s.opt_string(&self.name, f)?;
        if v >= 10 {
            s.uuid(self.topic_id);
        }
        if v >= 1 {
            s.bool(self.is_internal);
        }
        s.vec(&self.partitions, v, f)?;
        if v >= 8 {
            s.i32(self.topic_authorized_operations);
        } else if self.topic_authorized_operations != i32::MIN { return Err(EncodeError::NoSuchField { field: "MetadataResponseTopic.topic_authorized_operations", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponsePartition {
    pub error_code: i16,
    pub partition_index: i32,
    pub leader_id: i32,
    pub leader_epoch: i32, // 7+
    pub replica_nodes: Vec<i32>,
    pub isr_nodes: Vec<i32>,
    pub offline_replicas: Vec<i32>, // 5+
}

impl Default for MetadataResponsePartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Vec::new(),
            isr_nodes: Vec::new(),
            offline_replicas: Vec::new(),
        }
    }
}

impl Part for MetadataResponsePartition {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            error_code: r.i16()?,
            partition_index: r.i32()?,
            leader_id: r.i32()?,
            leader_epoch: if v >= 7 { r.i32()? } else { -1 },
            replica_nodes: r.vec(v, f)?,
            isr_nodes: r.vec(v, f)?,
            offline_replicas: if v >= 5 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        s.i32(self.partition_index);
        s.i32(self.leader_id);
        if v >= 7 {
            s.i32(self.leader_epoch);
        }
        s.vec(&self.replica_nodes, v, f)?;
        s.vec(&self.isr_nodes, v, f)?;
        if v >= 5 {
            s.vec(&self.offline_replicas, v, f)?;
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for MetadataResponse {
    const NAME: &'static str = "MetadataResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 13;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 13 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 9)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 13 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 9)
    }
}
}
