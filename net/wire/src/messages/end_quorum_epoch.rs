//! EndQuorumEpoch, API 54, from `schema/messages/end_quorum_epoch.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod end_quorum_epoch_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct EndQuorumEpochRequest {
    pub cluster_id: Option<Str>,
    pub topics: Vec<TopicData>,
    pub leader_endpoints: Vec<LeaderEndpoint>, // 1+
}

impl Part for EndQuorumEpochRequest {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            cluster_id: r.opt_string(f)?,
            topics: r.vec(v, f)?,
            leader_endpoints: if v >= 1 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.opt_string(&self.cluster_id, f)?;
        s.vec(&self.topics, v, f)?;
        if v >= 1 {
            s.vec(&self.leader_endpoints, v, f)?;
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicData {
    pub topic_name: Str,
    pub partitions: Vec<PartitionData>,
}

impl Part for TopicData {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.topic_name, f)?;
        s.vec(&self.partitions, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionData {
    pub partition_index: i32,
    pub leader_id: i32,
    pub leader_epoch: i32,
    pub preferred_successors: Vec<i32>, // 0
    pub preferred_candidates: Vec<ReplicaInfo>, // 1+
}

impl Part for PartitionData {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            leader_id: r.i32()?,
            leader_epoch: r.i32()?,
            preferred_successors: if v <= 0 { r.vec(v, f)? } else { Vec::new() },
            preferred_candidates: if v >= 1 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i32(self.leader_id);
        s.i32(self.leader_epoch);
        if v <= 0 {
            s.vec(&self.preferred_successors, v, f)?;
        }
        if v >= 1 {
            s.vec(&self.preferred_candidates, v, f)?;
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ReplicaInfo {
    pub candidate_id: i32,
    pub candidate_directory_id: Uuid,
}

impl Part for ReplicaInfo {
    const MIN_BYTES: usize = 21;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            candidate_id: r.i32()?,
            candidate_directory_id: r.uuid()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.candidate_id);
        s.uuid(self.candidate_directory_id);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaderEndpoint {
    pub name: Str,
    pub host: Str,
    pub port: u16,
}

impl Part for LeaderEndpoint {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            host: r.string(f)?,
            port: r.u16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.string(&self.host, f)?;
        s.u16(self.port);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for EndQuorumEpochRequest {
    const NAME: &'static str = "EndQuorumEpochRequest";
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

impl Request for EndQuorumEpochRequest {
    const KEY: ApiKey = ApiKey::EndQuorumEpoch;
    type Response = super::end_quorum_epoch_response::EndQuorumEpochResponse;
}
}

pub mod end_quorum_epoch_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct EndQuorumEpochResponse {
    pub error_code: i16,
    pub topics: Vec<TopicData>,
    pub node_endpoints: Vec<NodeEndpoint>, // 1+, tag 0
}

impl Part for EndQuorumEpochResponse {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            error_code: r.i16()?,
            topics: r.vec(v, f)?,
            node_endpoints: Vec::new(),
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 => m.node_endpoints = r.vec(v, f)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        s.vec(&self.topics, v, f)?;
        if !(v >= 1) { if !self.node_endpoints.is_empty() { return Err(EncodeError::NoSuchField { field: "EndQuorumEpochResponse.node_endpoints", version: v }); } }
        if f {
            let t0 = !self.node_endpoints.is_empty();
            s.uvarint(t0 as u32);
            if t0 { let t = s.begin_tagged(0); s.vec(&self.node_endpoints, v, f)?; s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicData {
    pub topic_name: Str,
    pub partitions: Vec<PartitionData>,
}

impl Part for TopicData {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.topic_name, f)?;
        s.vec(&self.partitions, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: i16,
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Part for PartitionData {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            partition_index: r.i32()?,
            error_code: r.i16()?,
            leader_id: r.i32()?,
            leader_epoch: r.i32()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i16(self.error_code);
        s.i32(self.leader_id);
        s.i32(self.leader_epoch);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct NodeEndpoint {
    pub node_id: i32,
    pub host: Str,
    pub port: u16,
}

impl Part for NodeEndpoint {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            node_id: r.i32()?,
            host: r.string(f)?,
            port: r.u16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.node_id);
        s.string(&self.host, f)?;
        s.u16(self.port);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for EndQuorumEpochResponse {
    const NAME: &'static str = "EndQuorumEpochResponse";
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
