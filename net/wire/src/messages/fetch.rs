//! Fetch, API 1, from `schema/messages/fetch.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod fetch_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct FetchRequest {
    pub cluster_id: Option<Str>, // 12+, tag 0
    pub replica_id: i32, // 4-14
    pub replica_state: ReplicaState, // 15+, tag 1
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    pub max_bytes: i32,
    pub isolation_level: i8,
    pub session_id: i32, // 7+
    pub session_epoch: i32, // 7+
    pub topics: Vec<FetchTopic>,
    pub forgotten_topics_data: Vec<ForgottenTopic>, // 7+
    pub rack_id: Str, // 11+
}

impl Default for FetchRequest {
    fn default() -> Self {
        Self {
            cluster_id: None,
            replica_id: -1,
            replica_state: ReplicaState::default(),
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: i32::MAX,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: Vec::new(),
            forgotten_topics_data: Vec::new(),
            rack_id: Str::default(),
        }
    }
}

impl Part for FetchRequest {
    const MIN_BYTES: usize = 21;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            cluster_id: None,
            replica_id: if v <= 14 { r.i32()? } else { -1 },
            replica_state: ReplicaState::default(),
            max_wait_ms: r.i32()?,
            min_bytes: r.i32()?,
            max_bytes: r.i32()?,
            isolation_level: r.i8()?,
            session_id: if v >= 7 { r.i32()? } else { 0 },
            session_epoch: if v >= 7 { r.i32()? } else { -1 },
            topics: r.vec(v, f)?,
            forgotten_topics_data: if v >= 7 { r.vec(v, f)? } else { Vec::new() },
            rack_id: if v >= 11 { r.string(f)? } else { Str::default() },
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 => m.cluster_id = r.opt_string(f)?,
                    1 if v >= 15 => m.replica_state = Part::read(r, v, f)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 14 {
            s.i32(self.replica_id);
        } else if self.replica_id != -1 { return Err(EncodeError::NoSuchField { field: "FetchRequest.replica_id", version: v }); }
        if !(v >= 15) { if self.replica_state != ReplicaState::default() { return Err(EncodeError::NoSuchField { field: "FetchRequest.replica_state", version: v }); } }
        s.i32(self.max_wait_ms);
        s.i32(self.min_bytes);
        s.i32(self.max_bytes);
        s.i8(self.isolation_level);
        if v >= 7 {
            s.i32(self.session_id);
        }
        if v >= 7 {
            s.i32(self.session_epoch);
        }
        s.vec(&self.topics, v, f)?;
        if v >= 7 {
            s.vec(&self.forgotten_topics_data, v, f)?;
        } else if !self.forgotten_topics_data.is_empty() { return Err(EncodeError::NoSuchField { field: "FetchRequest.forgotten_topics_data", version: v }); }
        if v >= 11 {
            s.string(&self.rack_id, f)?;
        }
        if f {
            let t0 = self.cluster_id.is_some();
            let t1 = v >= 15 && self.replica_state != ReplicaState::default();
            s.uvarint(t0 as u32 + t1 as u32);
            if t0 { let t = s.begin_tagged(0); s.opt_string(&self.cluster_id, f)?; s.end_tagged(t); }
            if t1 { let t = s.begin_tagged(1); self.replica_state.write(s, v, f)?; s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaState {
    pub replica_id: i32,
    pub replica_epoch: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self {
            replica_id: -1,
            replica_epoch: -1,
        }
    }
}

impl Part for ReplicaState {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            replica_id: r.i32()?,
            replica_epoch: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.replica_id);
        s.i64(self.replica_epoch);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct FetchTopic {
    pub topic: Str, // 4-12
    pub topic_id: Uuid, // 13+
    pub partitions: Vec<FetchPartition>,
}

impl Part for FetchTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic: if v <= 12 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 13 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 12 {
            s.string(&self.topic, f)?;
        }
        if v >= 13 {
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
pub struct FetchPartition {
    pub partition: i32,
    pub current_leader_epoch: i32, // 9+
    pub fetch_offset: i64,
    pub last_fetched_epoch: i32, // 12+
    pub log_start_offset: i64, // 5+
    pub partition_max_bytes: i32,
    pub replica_directory_id: Uuid, // 17+, tag 0
    pub high_watermark: i64, // 18+, tag 1
}

impl Default for FetchPartition {
    fn default() -> Self {
        Self {
            partition: 0,
            current_leader_epoch: -1,
            fetch_offset: 0,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            partition_max_bytes: 0,
            replica_directory_id: Uuid::ZERO,
            high_watermark: i64::MAX,
        }
    }
}

impl Part for FetchPartition {
    const MIN_BYTES: usize = 16;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            partition: r.i32()?,
            current_leader_epoch: if v >= 9 { r.i32()? } else { -1 },
            fetch_offset: r.i64()?,
            last_fetched_epoch: if v >= 12 { r.i32()? } else { -1 },
            log_start_offset: if v >= 5 { r.i64()? } else { -1 },
            partition_max_bytes: r.i32()?,
            replica_directory_id: Uuid::ZERO,
            high_watermark: i64::MAX,
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 if v >= 17 => m.replica_directory_id = r.uuid()?,
                    1 if v >= 18 => m.high_watermark = r.i64()?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition);
        if v >= 9 {
            s.i32(self.current_leader_epoch);
        }
        s.i64(self.fetch_offset);
        if v >= 12 {
            s.i32(self.last_fetched_epoch);
        } else if self.last_fetched_epoch != -1 { return Err(EncodeError::NoSuchField { field: "FetchPartition.last_fetched_epoch", version: v }); }
        if v >= 5 {
            s.i64(self.log_start_offset);
        }
        s.i32(self.partition_max_bytes);
        if f {
            let t0 = v >= 17 && self.replica_directory_id != Uuid::ZERO;
            let t1 = v >= 18 && self.high_watermark != i64::MAX;
            s.uvarint(t0 as u32 + t1 as u32);
            if t0 { let t = s.begin_tagged(0); s.uuid(self.replica_directory_id); s.end_tagged(t); }
            if t1 { let t = s.begin_tagged(1); s.i64(self.high_watermark); s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ForgottenTopic {
    pub topic: Str, // 7-12
    pub topic_id: Uuid, // 13+
    pub partitions: Vec<i32>,
}

impl Part for ForgottenTopic {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic: if v <= 12 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 13 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 12 {
            s.string(&self.topic, f)?;
        }
        if v >= 13 {
            s.uuid(self.topic_id);
        }
        s.vec(&self.partitions, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for FetchRequest {
    const NAME: &'static str = "FetchRequest";
    const MIN_VERSION: i16 = 4;
    const MAX_VERSION: i16 = 18;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 4 || v > 18 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 12)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 4 || v > 18 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 12)
    }
}

impl Request for FetchRequest {
    const KEY: ApiKey = ApiKey::Fetch;
    type Response = super::fetch_response::FetchResponse;
}
}

pub mod fetch_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct FetchResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16, // 7+
    pub session_id: i32, // 7+
    pub responses: Vec<FetchableTopicResponse>,
    pub node_endpoints: Vec<NodeEndpoint>, // 16+, tag 0
}

impl Part for FetchResponse {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            throttle_time_ms: r.i32()?,
            error_code: if v >= 7 { r.i16()? } else { 0 },
            session_id: if v >= 7 { r.i32()? } else { 0 },
            responses: r.vec(v, f)?,
            node_endpoints: Vec::new(),
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 if v >= 16 => m.node_endpoints = r.vec(v, f)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        if v >= 7 {
            s.i16(self.error_code);
        }
        if v >= 7 {
            s.i32(self.session_id);
        } else if self.session_id != 0 { return Err(EncodeError::NoSuchField { field: "FetchResponse.session_id", version: v }); }
        s.vec(&self.responses, v, f)?;
        if !(v >= 16) { if !self.node_endpoints.is_empty() { return Err(EncodeError::NoSuchField { field: "FetchResponse.node_endpoints", version: v }); } }
        if f {
            let t0 = v >= 16 && !self.node_endpoints.is_empty();
            s.uvarint(t0 as u32);
            if t0 { let t = s.begin_tagged(0); s.vec(&self.node_endpoints, v, f)?; s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct FetchableTopicResponse {
    pub topic: Str, // 4-12
    pub topic_id: Uuid, // 13+
    pub partitions: Vec<PartitionData>,
}

impl Part for FetchableTopicResponse {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic: if v <= 12 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 13 { r.uuid()? } else { Uuid::ZERO },
            partitions: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 12 {
            s.string(&self.topic, f)?;
        }
        if v >= 13 {
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
pub struct PartitionData {
    pub partition_index: i32,
    pub error_code: i16,
    pub high_watermark: i64,
    pub last_stable_offset: i64,
    pub log_start_offset: i64, // 5+
    pub diverging_epoch: EpochEndOffset, // 12+, tag 0
    pub current_leader: LeaderIdAndEpoch, // 12+, tag 1
    pub snapshot_id: SnapshotId, // 12+, tag 2
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    pub preferred_read_replica: i32, // 11+
    pub records: Option<Records>,
}

impl Default for PartitionData {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            high_watermark: 0,
            last_stable_offset: -1,
            log_start_offset: -1,
            diverging_epoch: EpochEndOffset::default(),
            current_leader: LeaderIdAndEpoch::default(),
            snapshot_id: SnapshotId::default(),
            aborted_transactions: Some(Vec::new()),
            preferred_read_replica: -1,
            records: None,
        }
    }
}

impl Part for PartitionData {
    const MIN_BYTES: usize = 30;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            partition_index: r.i32()?,
            error_code: r.i16()?,
            high_watermark: r.i64()?,
            last_stable_offset: r.i64()?,
            log_start_offset: if v >= 5 { r.i64()? } else { -1 },
            diverging_epoch: EpochEndOffset::default(),
            current_leader: LeaderIdAndEpoch::default(),
            snapshot_id: SnapshotId::default(),
            aborted_transactions: r.opt_vec(v, f)?,
            preferred_read_replica: if v >= 11 { r.i32()? } else { -1 },
            records: r.opt_records(f)?,
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 => m.diverging_epoch = Part::read(r, v, f)?,
                    1 => m.current_leader = Part::read(r, v, f)?,
                    2 => m.snapshot_id = Part::read(r, v, f)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_index);
        s.i16(self.error_code);
        s.i64(self.high_watermark);
        s.i64(self.last_stable_offset);
        if v >= 5 {
            s.i64(self.log_start_offset);
        }
        if !(v >= 12) { if self.diverging_epoch != EpochEndOffset::default() { return Err(EncodeError::NoSuchField { field: "PartitionData.diverging_epoch", version: v }); } }
        if !(v >= 12) { if self.current_leader != LeaderIdAndEpoch::default() { return Err(EncodeError::NoSuchField { field: "PartitionData.current_leader", version: v }); } }
        if !(v >= 12) { if self.snapshot_id != SnapshotId::default() { return Err(EncodeError::NoSuchField { field: "PartitionData.snapshot_id", version: v }); } }
        s.opt_vec(&self.aborted_transactions, v, f)?;
        if v >= 11 {
            s.i32(self.preferred_read_replica);
        } else if self.preferred_read_replica != -1 { return Err(EncodeError::NoSuchField { field: "PartitionData.preferred_read_replica", version: v }); }
        s.opt_records(&self.records, f)?;
        if f {
            let t0 = self.diverging_epoch != EpochEndOffset::default();
            let t1 = self.current_leader != LeaderIdAndEpoch::default();
            let t2 = self.snapshot_id != SnapshotId::default();
            s.uvarint(t0 as u32 + t1 as u32 + t2 as u32);
            if t0 { let t = s.begin_tagged(0); self.diverging_epoch.write(s, v, f)?; s.end_tagged(t); }
            if t1 { let t = s.begin_tagged(1); self.current_leader.write(s, v, f)?; s.end_tagged(t); }
            if t2 { let t = s.begin_tagged(2); self.snapshot_id.write(s, v, f)?; s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    pub epoch: i32,
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self {
            epoch: -1,
            end_offset: -1,
        }
    }
}

impl Part for EpochEndOffset {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            epoch: r.i32()?,
            end_offset: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.epoch);
        s.i64(self.end_offset);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    pub leader_id: i32,
    pub leader_epoch: i32,
}

impl Default for LeaderIdAndEpoch {
    fn default() -> Self {
        Self {
            leader_id: -1,
            leader_epoch: -1,
        }
    }
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

#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotId {
    pub end_offset: i64,
    pub epoch: i32,
}

impl Default for SnapshotId {
    fn default() -> Self {
        Self {
            end_offset: -1,
            epoch: -1,
        }
    }
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
pub struct AbortedTransaction {
    pub producer_id: i64,
    pub first_offset: i64,
}

impl Part for AbortedTransaction {
    const MIN_BYTES: usize = 16;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            producer_id: r.i64()?,
            first_offset: r.i64()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.producer_id);
        s.i64(self.first_offset);
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
    pub port: i32,
    pub rack: Option<Str>,
}

impl Part for NodeEndpoint {
    const MIN_BYTES: usize = 11;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            node_id: r.i32()?,
            host: r.string(f)?,
            port: r.i32()?,
            rack: r.opt_string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.node_id);
        s.string(&self.host, f)?;
        s.i32(self.port);
        s.opt_string(&self.rack, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for FetchResponse {
    const NAME: &'static str = "FetchResponse";
    const MIN_VERSION: i16 = 4;
    const MAX_VERSION: i16 = 18;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 4 || v > 18 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 12)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 4 || v > 18 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 12)
    }
}
}
