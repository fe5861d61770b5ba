//! Produce, API 0, from `schema/messages/produce.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod produce_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProduceRequest {
    pub transactional_id: Option<Str>,
    pub acks: i16,
    pub timeout_ms: i32,
    pub topic_data: Vec<TopicProduceData>,
}

impl Part for ProduceRequest {
    const MIN_BYTES: usize = 9;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            transactional_id: r.opt_string(f)?,
            acks: r.i16()?,
            timeout_ms: r.i32()?,
            topic_data: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.opt_string(&self.transactional_id, f)?;
        s.i16(self.acks);
        s.i32(self.timeout_ms);
        s.vec(&self.topic_data, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicProduceData {
    pub name: Str, // 3-12
    pub topic_id: Uuid, // 13+
    pub partition_data: Vec<PartitionProduceData>,
}

impl Part for TopicProduceData {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: if v <= 12 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 13 { r.uuid()? } else { Uuid::ZERO },
            partition_data: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 12 {
            s.string(&self.name, f)?;
        }
        if v >= 13 {
            s.uuid(self.topic_id);
        }
        s.vec(&self.partition_data, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct PartitionProduceData {
    pub index: i32,
    pub records: Option<Records>,
}

impl Part for PartitionProduceData {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            index: r.i32()?,
            records: r.opt_records(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.index);
        s.opt_records(&self.records, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for ProduceRequest {
    const NAME: &'static str = "ProduceRequest";
    const MIN_VERSION: i16 = 3;
    const MAX_VERSION: i16 = 13;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 3 || v > 13 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 9)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 3 || v > 13 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 9)
    }
}

impl Request for ProduceRequest {
    const KEY: ApiKey = ApiKey::Produce;
    type Response = super::produce_response::ProduceResponse;
}
}

pub mod produce_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ProduceResponse {
    pub responses: Vec<TopicProduceResponse>,
    pub throttle_time_ms: i32,
    pub node_endpoints: Vec<NodeEndpoint>, // 10+, tag 0
}

impl Part for ProduceResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            responses: r.vec(v, f)?,
            throttle_time_ms: r.i32()?,
            node_endpoints: Vec::new(),
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 if v >= 10 => m.node_endpoints = r.vec(v, f)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.responses, v, f)?;
        s.i32(self.throttle_time_ms);
        if !(v >= 10) { if !self.node_endpoints.is_empty() { return Err(EncodeError::NoSuchField { field: "ProduceResponse.node_endpoints", version: v }); } }
        if f {
            let t0 = v >= 10 && !self.node_endpoints.is_empty();
            s.uvarint(t0 as u32);
            if t0 { let t = s.begin_tagged(0); s.vec(&self.node_endpoints, v, f)?; s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicProduceResponse {
    pub name: Str, // 3-12
    pub topic_id: Uuid, // 13+
    pub partition_responses: Vec<PartitionProduceResponse>,
}

impl Part for TopicProduceResponse {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: if v <= 12 { r.string(f)? } else { Str::default() },
            topic_id: if v >= 13 { r.uuid()? } else { Uuid::ZERO },
            partition_responses: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 12 {
            s.string(&self.name, f)?;
        }
        if v >= 13 {
            s.uuid(self.topic_id);
        }
        s.vec(&self.partition_responses, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct PartitionProduceResponse {
    pub index: i32,
    pub error_code: i16,
    pub base_offset: i64,
    pub log_append_time_ms: i64,
    pub log_start_offset: i64, // 5+
    pub record_errors: Vec<BatchIndexAndErrorMessage>, // 8+
    pub error_message: Option<Str>, // 8+
    pub current_leader: LeaderIdAndEpoch, // 10+, tag 0
}

impl Default for PartitionProduceResponse {
    fn default() -> Self {
        Self {
            index: 0,
            error_code: 0,
            base_offset: 0,
            log_append_time_ms: -1,
            log_start_offset: -1,
            record_errors: Vec::new(),
            error_message: None,
            current_leader: LeaderIdAndEpoch::default(),
        }
    }
}

impl Part for PartitionProduceResponse {
    const MIN_BYTES: usize = 22;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            index: r.i32()?,
            error_code: r.i16()?,
            base_offset: r.i64()?,
            log_append_time_ms: r.i64()?,
            log_start_offset: if v >= 5 { r.i64()? } else { -1 },
            record_errors: if v >= 8 { r.vec(v, f)? } else { Vec::new() },
            error_message: if v >= 8 { r.opt_string(f)? } else { None },
            current_leader: LeaderIdAndEpoch::default(),
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 if v >= 10 => m.current_leader = Part::read(r, v, f)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.index);
        s.i16(self.error_code);
        s.i64(self.base_offset);
        s.i64(self.log_append_time_ms);
        if v >= 5 {
            s.i64(self.log_start_offset);
        }
        if v >= 8 {
            s.vec(&self.record_errors, v, f)?;
        }
        if v >= 8 {
            s.opt_string(&self.error_message, f)?;
        }
        if !(v >= 10) { if self.current_leader != LeaderIdAndEpoch::default() { return Err(EncodeError::NoSuchField { field: "PartitionProduceResponse.current_leader", version: v }); } }
        if f {
            let t0 = v >= 10 && self.current_leader != LeaderIdAndEpoch::default();
            s.uvarint(t0 as u32);
            if t0 { let t = s.begin_tagged(0); self.current_leader.write(s, v, f)?; s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct BatchIndexAndErrorMessage {
    pub batch_index: i32,
    pub batch_index_error_message: Option<Str>,
}

impl Part for BatchIndexAndErrorMessage {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            batch_index: r.i32()?,
            batch_index_error_message: r.opt_string(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.batch_index);
        s.opt_string(&self.batch_index_error_message, f)?;
        if f {
            s.uvarint(0);
        }
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

impl Message for ProduceResponse {
    const NAME: &'static str = "ProduceResponse";
    const MIN_VERSION: i16 = 3;
    const MAX_VERSION: i16 = 13;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 3 || v > 13 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 9)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 3 || v > 13 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 9)
    }
}
}
