//! FindCoordinator, API 10, from `schema/messages/find_coordinator.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod find_coordinator_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct FindCoordinatorRequest {
    pub key: Str, // 0-3
    pub key_type: i8, // 1+
    pub coordinator_keys: Vec<Str>, // 4+
}

impl Part for FindCoordinatorRequest {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            key: if v <= 3 { r.string(f)? } else { Str::default() },
            key_type: if v >= 1 { r.i8()? } else { 0 },
            coordinator_keys: if v >= 4 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v <= 3 {
            s.string(&self.key, f)?;
        } else if !self.key.is_empty() { return Err(EncodeError::NoSuchField { field: "FindCoordinatorRequest.key", version: v }); }
        if v >= 1 {
            s.i8(self.key_type);
        } else if self.key_type != 0 { return Err(EncodeError::NoSuchField { field: "FindCoordinatorRequest.key_type", version: v }); }
        if v >= 4 {
            s.vec(&self.coordinator_keys, v, f)?;
        } else if !self.coordinator_keys.is_empty() { return Err(EncodeError::NoSuchField { field: "FindCoordinatorRequest.coordinator_keys", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for FindCoordinatorRequest {
    const NAME: &'static str = "FindCoordinatorRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 6 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 6 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}

impl Request for FindCoordinatorRequest {
    const KEY: ApiKey = ApiKey::FindCoordinator;
    type Response = super::find_coordinator_response::FindCoordinatorResponse;
}
}

pub mod find_coordinator_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct FindCoordinatorResponse {
    pub throttle_time_ms: i32, // 1+
    pub error_code: i16, // 0-3
    pub error_message: Option<Str>, // 1-3
    pub node_id: i32, // 0-3
    pub host: Str, // 0-3
    pub port: i32, // 0-3
    pub coordinators: Vec<Coordinator>, // 4+
}

impl Default for FindCoordinatorResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(Str::default()),
            node_id: 0,
            host: Str::default(),
            port: 0,
            coordinators: Vec::new(),
        }
    }
}

impl Part for FindCoordinatorResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 1 { r.i32()? } else { 0 },
            error_code: if v <= 3 { r.i16()? } else { 0 },
            error_message: if v >= 1 && v <= 3 { r.opt_string(f)? } else { Some(Str::default()) },
            node_id: if v <= 3 { r.i32()? } else { 0 },
            host: if v <= 3 { r.string(f)? } else { Str::default() },
            port: if v <= 3 { r.i32()? } else { 0 },
            coordinators: if v >= 4 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v >= 1 {
            s.i32(self.throttle_time_ms);
        }
        if v <= 3 {
            s.i16(self.error_code);
        } else if self.error_code != 0 { return Err(EncodeError::NoSuchField { field: "FindCoordinatorResponse.error_code", version: v }); }
        if v >= 1 && v <= 3 {
            s.opt_string(&self.error_message, f)?;
        }
        if v <= 3 {
            s.i32(self.node_id);
        } else if self.node_id != 0 { return Err(EncodeError::NoSuchField { field: "FindCoordinatorResponse.node_id", version: v }); }
        if v <= 3 {
            s.string(&self.host, f)?;
        } else if !self.host.is_empty() { return Err(EncodeError::NoSuchField { field: "FindCoordinatorResponse.host", version: v }); }
        if v <= 3 {
            s.i32(self.port);
        } else if self.port != 0 { return Err(EncodeError::NoSuchField { field: "FindCoordinatorResponse.port", version: v }); }
        if v >= 4 {
            s.vec(&self.coordinators, v, f)?;
        } else if !self.coordinators.is_empty() { return Err(EncodeError::NoSuchField { field: "FindCoordinatorResponse.coordinators", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Coordinator {
    pub key: Str,
    pub node_id: i32,
    pub host: Str,
    pub port: i32,
    pub error_code: i16,
    pub error_message: Option<Str>,
}

impl Default for Coordinator {
    fn default() -> Self {
        Self {
            key: Str::default(),
            node_id: 0,
            host: Str::default(),
            port: 0,
            error_code: 0,
            error_message: Some(Str::default()),
        }
    }
}

impl Part for Coordinator {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            key: r.string(f)?,
            node_id: r.i32()?,
            host: r.string(f)?,
            port: r.i32()?,
            error_code: r.i16()?,
            error_message: r.opt_string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.key, f)?;
        s.i32(self.node_id);
        s.string(&self.host, f)?;
        s.i32(self.port);
        s.i16(self.error_code);
        s.opt_string(&self.error_message, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for FindCoordinatorResponse {
    const NAME: &'static str = "FindCoordinatorResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 6 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 6 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}
}
