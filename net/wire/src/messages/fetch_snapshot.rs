//! FetchSnapshot, API 59, from `schema/messages/fetch_snapshot.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod fetch_snapshot_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct FetchSnapshotRequest {
    pub cluster_id: Option<Str>, // tag 0
    pub replica_id: i32,
    pub max_bytes: i32,
    pub topics: Vec<TopicSnapshot>,
}

impl Default for FetchSnapshotRequest {
    fn default() -> Self {
        Self {
            cluster_id: None,
            replica_id: -1,
            max_bytes: i32::MAX,
            topics: Vec::new(),
        }
    }
}

impl Part for FetchSnapshotRequest {
    const MIN_BYTES: usize = 10;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            cluster_id: None,
            replica_id: r.i32()?,
            max_bytes: r.i32()?,
            topics: r.vec(v, f)?,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.cluster_id = r.opt_string(f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.replica_id);
        s.i32(self.max_bytes);
        s.vec(&self.topics, v, f)?;
        let t0 = self.cluster_id.is_some();
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.opt_string(&self.cluster_id, f)?; s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicSnapshot {
    pub name: Str,
    pub partitions: Vec<PartitionSnapshot>,
}

impl Part for TopicSnapshot {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionSnapshot {
    pub partition: i32,
    pub current_leader_epoch: i32,
    pub snapshot_id: SnapshotId,
    pub position: i64,
    pub replica_directory_id: Uuid, // 1+, tag 0
}

impl Part for PartitionSnapshot {
    const MIN_BYTES: usize = 30;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            partition: r.i32()?,
            current_leader_epoch: r.i32()?,
            snapshot_id: Part::read(r, v, f)?,
            position: r.i64()?,
            replica_directory_id: Uuid::ZERO,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 if v >= 1 => m.replica_directory_id = r.uuid()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition);
        s.i32(self.current_leader_epoch);
        self.snapshot_id.write(s, v, f)?;
        s.i64(self.position);
        let t0 = v >= 1 && self.replica_directory_id != Uuid::ZERO;
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.uuid(self.replica_directory_id); s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct SnapshotId {
    pub end_offset: i64,
    pub epoch: i32,
}

impl Part for SnapshotId {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            end_offset: r.i64()?,
            epoch: r.i32()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.end_offset);
        s.i32(self.epoch);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for FetchSnapshotRequest {
    const NAME: &'static str = "FetchSnapshotRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 1 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 1 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}

impl Request for FetchSnapshotRequest {
    const KEY: ApiKey = ApiKey::FetchSnapshot;
    type Response = super::fetch_snapshot_response::FetchSnapshotResponse;
}
}

pub mod fetch_snapshot_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct FetchSnapshotResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub topics: Vec<TopicSnapshot>,
    pub node_endpoints: Vec<NodeEndpoint>, // 1+, tag 0
}

impl Part for FetchSnapshotResponse {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.i16()?,
            topics: r.vec(v, f)?,
            node_endpoints: Vec::new(),
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 if v >= 1 => m.node_endpoints = r.vec(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.i16(self.error_code);
        s.vec(&self.topics, v, f)?;
        if !(v >= 1) { if !self.node_endpoints.is_empty() { return Err(EncodeError::NoSuchField { field: "FetchSnapshotResponse.node_endpoints", version: v }); } }
        let t0 = v >= 1 && !self.node_endpoints.is_empty();
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.vec(&self.node_endpoints, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicSnapshot {
    pub name: Str,
    pub partitions: Vec<PartitionSnapshot>,
}

impl Part for TopicSnapshot {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionSnapshot {
    pub index: i32,
    pub error_code: i16,
    pub snapshot_id: SnapshotId,
    pub current_leader: LeaderIdAndEpoch, // tag 0
    pub size: i64,
    pub position: i64,
    pub unaligned_records: Records,
}

impl Part for PartitionSnapshot {
    const MIN_BYTES: usize = 37;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            index: r.i32()?,
            error_code: r.i16()?,
            snapshot_id: Part::read(r, v, f)?,
            current_leader: LeaderIdAndEpoch::default(),
            size: r.i64()?,
            position: r.i64()?,
            unaligned_records: r.records(f)?,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.current_leader = Part::read(r, v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.index);
        s.i16(self.error_code);
        self.snapshot_id.write(s, v, f)?;
        s.i64(self.size);
        s.i64(self.position);
        s.records(&self.unaligned_records, f)?;
        let t0 = self.current_leader != LeaderIdAndEpoch::default();
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); self.current_leader.write(s, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct SnapshotId {
    pub end_offset: i64,
    pub epoch: i32,
}

impl Part for SnapshotId {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            end_offset: r.i64()?,
            epoch: r.i32()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.end_offset);
        s.i32(self.epoch);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaderIdAndEpoch {
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Part for LeaderIdAndEpoch {
    const MIN_BYTES: usize = 9;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            leader_id: r.i32()?,
            leader_epoch: r.i32()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.leader_id);
        s.i32(self.leader_epoch);
        s.uvarint(0);
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

impl Message for FetchSnapshotResponse {
    const NAME: &'static str = "FetchSnapshotResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 1 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 1 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}
