//! BrokerHeartbeat, API 63, from `schema/messages/broker_heartbeat.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod broker_heartbeat_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHeartbeatRequest {
    pub broker_id: i32,
    pub broker_epoch: i64,
    pub current_metadata_offset: i64,
    pub want_fence: bool,
    pub want_shut_down: bool,
    pub offline_log_dirs: Vec<Uuid>, // 1+, tag 0
    pub cordoned_log_dirs: Option<Vec<Uuid>>, // 2+, tag 1
}

impl Default for BrokerHeartbeatRequest {
    fn default() -> Self {
        Self {
            broker_id: 0,
            broker_epoch: -1,
            current_metadata_offset: 0,
            want_fence: false,
            want_shut_down: false,
            offline_log_dirs: Vec::new(),
            cordoned_log_dirs: None,
        }
    }
}

impl Part for BrokerHeartbeatRequest {
    const MIN_BYTES: usize = 23;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            broker_id: r.i32()?,
            broker_epoch: r.i64()?,
            current_metadata_offset: r.i64()?,
            want_fence: r.bool()?,
            want_shut_down: r.bool()?,
            offline_log_dirs: Vec::new(),
            cordoned_log_dirs: None,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 if v >= 1 => m.offline_log_dirs = r.vec(v, f)?,
                1 if v >= 2 => m.cordoned_log_dirs = r.opt_vec(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.broker_id);
        s.i64(self.broker_epoch);
        s.i64(self.current_metadata_offset);
        s.bool(self.want_fence);
        s.bool(self.want_shut_down);
        if !(v >= 1) { if !self.offline_log_dirs.is_empty() { return Err(EncodeError::NoSuchField { field: "BrokerHeartbeatRequest.offline_log_dirs", version: v }); } }
        if !(v >= 2) { if self.cordoned_log_dirs.is_some() { return Err(EncodeError::NoSuchField { field: "BrokerHeartbeatRequest.cordoned_log_dirs", version: v }); } }
        let t0 = v >= 1 && !self.offline_log_dirs.is_empty();
        let t1 = v >= 2 && self.cordoned_log_dirs.is_some();
        s.uvarint(t0 as u32 + t1 as u32);
        if t0 { let t = s.begin_tagged(0); s.vec(&self.offline_log_dirs, v, f)?; s.end_tagged(t); }
        if t1 { let t = s.begin_tagged(1); s.opt_vec(&self.cordoned_log_dirs, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

impl Message for BrokerHeartbeatRequest {
    const NAME: &'static str = "BrokerHeartbeatRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 2 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 2 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}

impl Request for BrokerHeartbeatRequest {
    const KEY: ApiKey = ApiKey::BrokerHeartbeat;
    type Response = super::broker_heartbeat_response::BrokerHeartbeatResponse;
}
}

pub mod broker_heartbeat_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHeartbeatResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub is_caught_up: bool,
    pub is_fenced: bool,
    pub should_shut_down: bool,
}

impl Default for BrokerHeartbeatResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            is_caught_up: false,
            is_fenced: true,
            should_shut_down: false,
        }
    }
}

impl Part for BrokerHeartbeatResponse {
    const MIN_BYTES: usize = 10;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.i16()?,
            is_caught_up: r.bool()?,
            is_fenced: r.bool()?,
            should_shut_down: r.bool()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.i16(self.error_code);
        s.bool(self.is_caught_up);
        s.bool(self.is_fenced);
        s.bool(self.should_shut_down);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for BrokerHeartbeatResponse {
    const NAME: &'static str = "BrokerHeartbeatResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 2 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 2 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}
