//! JoinGroup, API 11, from `schema/messages/join_group.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod join_group_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupRequest {
    pub group_id: Str,
    pub session_timeout_ms: i32,
    pub rebalance_timeout_ms: i32, // 1+
    pub member_id: Str,
    pub group_instance_id: Option<Str>, // 5+
    pub protocol_type: Str,
    pub protocols: Vec<JoinGroupRequestProtocol>,
    pub reason: Option<Str>, // 8+
}

impl Default for JoinGroupRequest {
    fn default() -> Self {
        Self {
            group_id: Str::default(),
            session_timeout_ms: 0,
            rebalance_timeout_ms: -1,
            member_id: Str::default(),
            group_instance_id: None,
            protocol_type: Str::default(),
            protocols: Vec::new(),
            reason: None,
        }
    }
}

impl Part for JoinGroupRequest {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: r.string(f)?,
            session_timeout_ms: r.i32()?,
            rebalance_timeout_ms: if v >= 1 { r.i32()? } else { -1 },
            member_id: r.string(f)?,
            group_instance_id: if v >= 5 { r.opt_string(f)? } else { None },
            protocol_type: r.string(f)?,
            protocols: r.vec(v, f)?,
            reason: if v >= 8 { r.opt_string(f)? } else { None },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.i32(self.session_timeout_ms);
        if v >= 1 {
            s.i32(self.rebalance_timeout_ms);
        }
        s.string(&self.member_id, f)?;
        if v >= 5 {
            s.opt_string(&self.group_instance_id, f)?;
        } else if self.group_instance_id.is_some() { return Err(EncodeError::NoSuchField { field: "JoinGroupRequest.group_instance_id", version: v }); }
        s.string(&self.protocol_type, f)?;
        s.vec(&self.protocols, v, f)?;
        if v >= 8 {
            s.opt_string(&self.reason, f)?;
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct JoinGroupRequestProtocol {
    pub name: Str,
    pub metadata: Bytes,
}

impl Part for JoinGroupRequestProtocol {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            metadata: r.bytes(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.bytes(&self.metadata, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for JoinGroupRequest {
    const NAME: &'static str = "JoinGroupRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 9;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 9 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 6)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 9 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 6)
    }
}

impl Request for JoinGroupRequest {
    const KEY: ApiKey = ApiKey::JoinGroup;
    type Response = super::join_group_response::JoinGroupResponse;
}
}

pub mod join_group_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupResponse {
    pub throttle_time_ms: i32, // 2+
    pub error_code: i16,
    pub generation_id: i32,
    pub protocol_type: Option<Str>, // 7+
    pub protocol_name: Option<Str>, // null in 7+
    pub leader: Str,
    pub skip_assignment: bool, // 9+
    pub member_id: Str,
    pub members: Vec<JoinGroupResponseMember>,
}

impl Default for JoinGroupResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            generation_id: -1,
            protocol_type: None,
            protocol_name: Some(Str::default()),
            leader: Str::default(),
            skip_assignment: false,
            member_id: Str::default(),
            members: Vec::new(),
        }
    }
}

impl Part for JoinGroupResponse {
    const MIN_BYTES: usize = 15;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 2 { r.i32()? } else { 0 },
            error_code: r.i16()?,
            generation_id: r.i32()?,
            protocol_type: if v >= 7 { r.opt_string(f)? } else { None },
            protocol_name: null_only_if(v >= 7, r.opt_string(f)?)?,
            leader: r.string(f)?,
            skip_assignment: if v >= 9 { r.bool()? } else { false },
            member_id: r.string(f)?,
            members: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v >= 2 {
            s.i32(self.throttle_time_ms);
        }
        s.i16(self.error_code);
        s.i32(self.generation_id);
        if v >= 7 {
            s.opt_string(&self.protocol_type, f)?;
        }
        if self.protocol_name.is_none() && !(v >= 7) { return Err(EncodeError::Null { field: "JoinGroupResponse.protocol_name", version: v }); }
        s.opt_string(&self.protocol_name, f)?;
        s.string(&self.leader, f)?;
        if v >= 9 {
            s.bool(self.skip_assignment);
        } else if self.skip_assignment { return Err(EncodeError::NoSuchField { field: "JoinGroupResponse.skip_assignment", version: v }); }
        s.string(&self.member_id, f)?;
        s.vec(&self.members, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct JoinGroupResponseMember {
    pub member_id: Str,
    pub group_instance_id: Option<Str>, // 5+
    pub metadata: Bytes,
}

impl Part for JoinGroupResponseMember {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_id: r.string(f)?,
            group_instance_id: if v >= 5 { r.opt_string(f)? } else { None },
            metadata: r.bytes(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.member_id, f)?;
        if v >= 5 {
            s.opt_string(&self.group_instance_id, f)?;
        }
        s.bytes(&self.metadata, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for JoinGroupResponse {
    const NAME: &'static str = "JoinGroupResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 9;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 9 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 6)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 9 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 6)
    }
}
}
