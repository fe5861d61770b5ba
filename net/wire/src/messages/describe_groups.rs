//! DescribeGroups, API 15, from `schema/messages/describe_groups.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod describe_groups_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeGroupsRequest {
    pub groups: Vec<Str>,
    pub include_authorized_operations: bool, // 3+
}

impl Part for DescribeGroupsRequest {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            groups: r.vec(v, f)?,
            include_authorized_operations: if v >= 3 { r.bool()? } else { false },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.groups, v, f)?;
        if v >= 3 {
            s.bool(self.include_authorized_operations);
        } else if self.include_authorized_operations { return Err(EncodeError::NoSuchField { field: "DescribeGroupsRequest.include_authorized_operations", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for DescribeGroupsRequest {
    const NAME: &'static str = "DescribeGroupsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 6 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 5)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 6 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 5)
    }
}

impl Request for DescribeGroupsRequest {
    const KEY: ApiKey = ApiKey::DescribeGroups;
    type Response = super::describe_groups_response::DescribeGroupsResponse;
}
}

pub mod describe_groups_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeGroupsResponse {
    pub throttle_time_ms: i32, // 1+
    pub groups: Vec<DescribedGroup>,
}

impl Part for DescribeGroupsResponse {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 1 { r.i32()? } else { 0 },
            groups: r.vec(v, f)?,
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
        s.vec(&self.groups, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    pub error_code: i16,
    pub error_message: Option<Str>, // 6+
    pub group_id: Str,
    pub group_state: Str,
    pub protocol_type: Str,
    pub protocol_data: Str,
    pub members: Vec<DescribedGroupMember>,
    pub authorized_operations: i32, // 3+
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: Str::default(),
            group_state: Str::default(),
            protocol_type: Str::default(),
            protocol_data: Str::default(),
            members: Vec::new(),
            authorized_operations: i32::MIN,
        }
    }
}

impl Part for DescribedGroup {
    const MIN_BYTES: usize = 12;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            error_code: r.i16()?,
            error_message: if v >= 6 { r.opt_string(f)? } else { None },
            group_id: r.string(f)?,
            group_state: r.string(f)?,
            protocol_type: r.string(f)?,
            protocol_data: r.string(f)?,
            members: r.vec(v, f)?,
            authorized_operations: if v >= 3 { r.i32()? } else { i32::MIN },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        if v >= 6 {
            s.opt_string(&self.error_message, f)?;
        } else if self.error_message.is_some() { return Err(EncodeError::NoSuchField { field: "DescribedGroup.error_message", version: v }); }
        s.string(&self.group_id, f)?;
        s.string(&self.group_state, f)?;
        s.string(&self.protocol_type, f)?;
        s.string(&self.protocol_data, f)?;
        s.vec(&self.members, v, f)?;
        if v >= 3 {
            s.i32(self.authorized_operations);
        } else if self.authorized_operations != i32::MIN { return Err(EncodeError::NoSuchField { field: "DescribedGroup.authorized_operations", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribedGroupMember {
    pub member_id: Str,
    pub group_instance_id: Option<Str>, // 4+
    pub client_id: Str,
    pub client_host: Str,
    pub member_metadata: Bytes,
    pub member_assignment: Bytes,
}

impl Part for DescribedGroupMember {
    const MIN_BYTES: usize = 7;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_id: r.string(f)?,
            group_instance_id: if v >= 4 { r.opt_string(f)? } else { None },
            client_id: r.string(f)?,
            client_host: r.string(f)?,
            member_metadata: r.bytes(f)?,
            member_assignment: r.bytes(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.member_id, f)?;
        if v >= 4 {
            s.opt_string(&self.group_instance_id, f)?;
        }
        s.string(&self.client_id, f)?;
        s.string(&self.client_host, f)?;
        s.bytes(&self.member_metadata, f)?;
        s.bytes(&self.member_assignment, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for DescribeGroupsResponse {
    const NAME: &'static str = "DescribeGroupsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 6 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 5)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 6 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 5)
    }
}
}
