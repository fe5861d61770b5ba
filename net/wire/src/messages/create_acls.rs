//! CreateAcls, API 30, from `schema/messages/create_acls.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod create_acls_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreateAclsRequest {
    pub creations: Vec<AclCreation>,
}

impl Part for CreateAclsRequest {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            creations: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.creations, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct AclCreation {
    pub resource_type: i8,
    pub resource_name: Str,
    pub resource_pattern_type: i8,
    pub principal: Str,
    pub host: Str,
    pub operation: i8,
    pub permission_type: i8,
}

impl Default for AclCreation {
    fn default() -> Self {
        Self {
            resource_type: 0,
            resource_name: Str::default(),
            resource_pattern_type: 3,
            principal: Str::default(),
            host: Str::default(),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl Part for AclCreation {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            resource_type: r.i8()?,
            resource_name: r.string(f)?,
            resource_pattern_type: r.i8()?,
            principal: r.string(f)?,
            host: r.string(f)?,
            operation: r.i8()?,
            permission_type: r.i8()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i8(self.resource_type);
        s.string(&self.resource_name, f)?;
        s.i8(self.resource_pattern_type);
        s.string(&self.principal, f)?;
        s.string(&self.host, f)?;
        s.i8(self.operation);
        s.i8(self.permission_type);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for CreateAclsRequest {
    const NAME: &'static str = "CreateAclsRequest";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 1 || v > 3 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 2)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 1 || v > 3 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 2)
    }
}

impl Request for CreateAclsRequest {
    const KEY: ApiKey = ApiKey::CreateAcls;
    type Response = super::create_acls_response::CreateAclsResponse;
}
}

pub mod create_acls_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreateAclsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<AclCreationResult>,
}

impl Part for CreateAclsResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            results: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.vec(&self.results, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct AclCreationResult {
    pub error_code: i16,
    pub error_message: Option<Str>,
}

impl Default for AclCreationResult {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(Str::default()),
        }
    }
}

impl Part for AclCreationResult {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            error_code: r.i16()?,
            error_message: r.opt_string(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        s.opt_string(&self.error_message, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for CreateAclsResponse {
    const NAME: &'static str = "CreateAclsResponse";
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 1 || v > 3 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, v >= 2)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 1 || v > 3 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, v >= 2)
    }
}
}
