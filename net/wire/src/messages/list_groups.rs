//! ListGroups, API 16, from `schema/messages/list_groups.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod list_groups_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListGroupsRequest {
    pub states_filter: Vec<Str>, // 4+
    pub types_filter: Vec<Str>, // 5+
}

impl Part for ListGroupsRequest {
    const MIN_BYTES: usize = 0;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            states_filter: if v >= 4 { r.vec(v, f)? } else { Vec::new() },
            types_filter: if v >= 5 { r.vec(v, f)? } else { Vec::new() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v >= 4 {
            s.vec(&self.states_filter, v, f)?;
        } else if !self.states_filter.is_empty() { return Err(EncodeError::NoSuchField { field: "ListGroupsRequest.states_filter", version: v }); }
        if v >= 5 {
            s.vec(&self.types_filter, v, f)?;
        } else if !self.types_filter.is_empty() { return Err(EncodeError::NoSuchField { field: "ListGroupsRequest.types_filter", version: v }); }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for ListGroupsRequest {
    const NAME: &'static str = "ListGroupsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 5 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 5 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}

impl Request for ListGroupsRequest {
    const KEY: ApiKey = ApiKey::ListGroups;
    type Response = super::list_groups_response::ListGroupsResponse;
}
}

pub mod list_groups_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListGroupsResponse {
    pub throttle_time_ms: i32, // 1+
    pub error_code: i16,
    pub groups: Vec<ListedGroup>,
}

impl Part for ListGroupsResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: if v >= 1 { r.i32()? } else { 0 },
            error_code: r.i16()?,
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
        s.i16(self.error_code);
        s.vec(&self.groups, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ListedGroup {
    pub group_id: Str,
    pub protocol_type: Str,
    pub group_state: Str, // 4+
    pub group_type: Str, // 5+
}

impl Part for ListedGroup {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_id: r.string(f)?,
            protocol_type: r.string(f)?,
            group_state: if v >= 4 { r.string(f)? } else { Str::default() },
            group_type: if v >= 5 { r.string(f)? } else { Str::default() },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.string(&self.protocol_type, f)?;
        if v >= 4 {
            s.string(&self.group_state, f)?;
        }
        if v >= 5 {
            s.string(&self.group_type, f)?;
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for ListGroupsResponse {
    const NAME: &'static str = "ListGroupsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 5 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 3)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 5 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 3)
    }
}
}
