//! LeaveGroup, API 13, from `schema/messages/leave_group.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod leave_group_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaveGroupRequest {
    pub group_id: Str,
    pub member_id: Str, // 0-2
    pub members: Vec<MemberIdentity>, // 3+
}

impl Part for LeaveGroupRequest {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: r.string(f)?,
            member_id: if v <= 2 { r.string(f)? } else { Str::default() },
            members: if v >= 3 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        if v <= 2 {
            s.string(&self.member_id, f)?;
        } else if !self.member_id.is_empty() { return Err(EncodeError::NoSuchField { field: "LeaveGroupRequest.member_id", version: v }); }
        if v >= 3 {
            s.vec(&self.members, v, f)?;
        } else if !self.members.is_empty() { return Err(EncodeError::NoSuchField { field: "LeaveGroupRequest.members", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct MemberIdentity {
    pub member_id: Str,
    pub group_instance_id: Option<Str>,
    pub reason: Option<Str>, // 5+
}

impl Part for MemberIdentity {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_id: r.string(f)?,
            group_instance_id: r.opt_string(f)?,
            reason: if v >= 5 { r.opt_string(f)? } else { None },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.member_id, f)?;
        s.opt_string(&self.group_instance_id, f)?;
        if v >= 5 {
            s.opt_string(&self.reason, f)?;
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for LeaveGroupRequest {
    const NAME: &'static str = "LeaveGroupRequest";
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

impl Request for LeaveGroupRequest {
    const KEY: ApiKey = ApiKey::LeaveGroup;
    type Response = super::leave_group_response::LeaveGroupResponse;
}
}

pub mod leave_group_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct LeaveGroupResponse {
    pub throttle_time_ms: i32, // 1+
    pub error_code: i16,
    pub members: Vec<MemberResponse>, // 3+
}

impl Part for LeaveGroupResponse {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 1 { r.i32()? } else { 0 },
            error_code: r.i16()?,
            members: if v >= 3 { r.vec(v, f)? } else { Vec::new() },
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
        if v >= 3 {
            s.vec(&self.members, v, f)?;
        } else if !self.members.is_empty() { return Err(EncodeError::NoSuchField { field: "LeaveGroupResponse.members", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct MemberResponse {
    pub member_id: Str,
    pub group_instance_id: Option<Str>,
    pub error_code: i16,
}

impl Default for MemberResponse {
    fn default() -> Self {
        Self {
            member_id: Str::default(),
            group_instance_id: Some(Str::default()),
            error_code: 0,
        }
    }
}

impl Part for MemberResponse {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_id: r.string(f)?,
            group_instance_id: r.opt_string(f)?,
            error_code: r.i16()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.member_id, f)?;
        s.opt_string(&self.group_instance_id, f)?;
        s.i16(self.error_code);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for LeaveGroupResponse {
    const NAME: &'static str = "LeaveGroupResponse";
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
