//! SyncGroup, API 14, from `schema/messages/sync_group.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod sync_group_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct SyncGroupRequest {
    pub group_id: Str,
    pub generation_id: i32,
    pub member_id: Str,
    pub group_instance_id: Option<Str>, // 3+
    pub protocol_type: Option<Str>, // 5+
    pub protocol_name: Option<Str>, // 5+
    pub assignments: Vec<SyncGroupRequestAssignment>,
}

impl Part for SyncGroupRequest {
    const MIN_BYTES: usize = 9;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: r.string(f)?,
            generation_id: r.i32()?,
            member_id: r.string(f)?,
            group_instance_id: if v >= 3 { r.opt_string(f)? } else { None },
            protocol_type: if v >= 5 { r.opt_string(f)? } else { None },
            protocol_name: if v >= 5 { r.opt_string(f)? } else { None },
            assignments: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.i32(self.generation_id);
        s.string(&self.member_id, f)?;
        if v >= 3 {
            s.opt_string(&self.group_instance_id, f)?;
        } else if self.group_instance_id.is_some() { return Err(EncodeError::NoSuchField { field: "SyncGroupRequest.group_instance_id", version: v }); }
        if v >= 5 {
            s.opt_string(&self.protocol_type, f)?;
        }
        if v >= 5 {
            s.opt_string(&self.protocol_name, f)?;
        }
        s.vec(&self.assignments, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct SyncGroupRequestAssignment {
    pub member_id: Str,
    pub assignment: Bytes,
}

impl Part for SyncGroupRequestAssignment {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_id: r.string(f)?,
            assignment: r.bytes(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.member_id, f)?;
        s.bytes(&self.assignment, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for SyncGroupRequest {
    const NAME: &'static str = "SyncGroupRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 5 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 4)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 5 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 4)
    }
}

impl Request for SyncGroupRequest {
    const KEY: ApiKey = ApiKey::SyncGroup;
    type Response = super::sync_group_response::SyncGroupResponse;
}
}

pub mod sync_group_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct SyncGroupResponse {
    pub throttle_time_ms: i32, // 1+
    pub error_code: i16,
    pub protocol_type: Option<Str>, // 5+
    pub protocol_name: Option<Str>, // 5+
    pub assignment: Bytes,
}

impl Part for SyncGroupResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 1 { r.i32()? } else { 0 },
            error_code: r.i16()?,
            protocol_type: if v >= 5 { r.opt_string(f)? } else { None },
            protocol_name: if v >= 5 { r.opt_string(f)? } else { None },
            assignment: r.bytes(f)?,
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
        s.i16(self.error_code);
        if v >= 5 {
            s.opt_string(&self.protocol_type, f)?;
        }
        if v >= 5 {
            s.opt_string(&self.protocol_name, f)?;
        }
        s.bytes(&self.assignment, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for SyncGroupResponse {
    const NAME: &'static str = "SyncGroupResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 5 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 4)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 5 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 4)
    }
}
}
