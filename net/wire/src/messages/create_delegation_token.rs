//! CreateDelegationToken, API 38, from `schema/messages/create_delegation_token.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod create_delegation_token_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct CreateDelegationTokenRequest {
    pub owner_principal_type: Option<Str>, // 3+
    pub owner_principal_name: Option<Str>, // 3+
    pub renewers: Vec<CreatableRenewers>,
    pub max_lifetime_ms: i64,
}

impl Default for CreateDelegationTokenRequest {
    fn default() -> Self {
        Self {
            owner_principal_type: Some(Str::default()),
            owner_principal_name: Some(Str::default()),
            renewers: Vec::new(),
            max_lifetime_ms: 0,
        }
    }
}

impl Part for CreateDelegationTokenRequest {
    const MIN_BYTES: usize = 10;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            owner_principal_type: if v >= 3 { r.opt_string(f)? } else { Some(Str::default()) },
            owner_principal_name: if v >= 3 { r.opt_string(f)? } else { Some(Str::default()) },
            renewers: r.vec(v, f)?,
            max_lifetime_ms: r.i64()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v >= 3 {
            s.opt_string(&self.owner_principal_type, f)?;
        } else if self.owner_principal_type.as_ref().is_none_or(|x| !x.is_empty()) { return Err(EncodeError::NoSuchField { field: "CreateDelegationTokenRequest.owner_principal_type", version: v }); }
        if v >= 3 {
            s.opt_string(&self.owner_principal_name, f)?;
        } else if self.owner_principal_name.as_ref().is_none_or(|x| !x.is_empty()) { return Err(EncodeError::NoSuchField { field: "CreateDelegationTokenRequest.owner_principal_name", version: v }); }
        s.vec(&self.renewers, v, f)?;
        s.i64(self.max_lifetime_ms);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreatableRenewers {
    pub principal_type: Str,
    pub principal_name: Str,
}

impl Part for CreatableRenewers {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            principal_type: r.string(f)?,
            principal_name: r.string(f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.principal_type, f)?;
        s.string(&self.principal_name, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for CreateDelegationTokenRequest {
    const NAME: &'static str = "CreateDelegationTokenRequest";
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

impl Request for CreateDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::CreateDelegationToken;
    type Response = super::create_delegation_token_response::CreateDelegationTokenResponse;
}
}

pub mod create_delegation_token_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct CreateDelegationTokenResponse {
    pub error_code: i16,
    pub principal_type: Str,
    pub principal_name: Str,
    pub token_requester_principal_type: Str, // 3+
    pub token_requester_principal_name: Str, // 3+
    pub issue_timestamp_ms: i64,
    pub expiry_timestamp_ms: i64,
    pub max_timestamp_ms: i64,
    pub token_id: Str,
    pub hmac: Bytes,
    pub throttle_time_ms: i32,
}

impl Part for CreateDelegationTokenResponse {
    const MIN_BYTES: usize = 35;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            error_code: r.i16()?,
            principal_type: r.string(f)?,
            principal_name: r.string(f)?,
            token_requester_principal_type: if v >= 3 { r.string(f)? } else { Str::default() },
            token_requester_principal_name: if v >= 3 { r.string(f)? } else { Str::default() },
            issue_timestamp_ms: r.i64()?,
            expiry_timestamp_ms: r.i64()?,
            max_timestamp_ms: r.i64()?,
            token_id: r.string(f)?,
            hmac: r.bytes(f)?,
            throttle_time_ms: r.i32()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        s.string(&self.principal_type, f)?;
        s.string(&self.principal_name, f)?;
        if v >= 3 {
            s.string(&self.token_requester_principal_type, f)?;
        } else if !self.token_requester_principal_type.is_empty() { return Err(EncodeError::NoSuchField { field: "CreateDelegationTokenResponse.token_requester_principal_type", version: v }); }
        if v >= 3 {
            s.string(&self.token_requester_principal_name, f)?;
        } else if !self.token_requester_principal_name.is_empty() { return Err(EncodeError::NoSuchField { field: "CreateDelegationTokenResponse.token_requester_principal_name", version: v }); }
        s.i64(self.issue_timestamp_ms);
        s.i64(self.expiry_timestamp_ms);
        s.i64(self.max_timestamp_ms);
        s.string(&self.token_id, f)?;
        s.bytes(&self.hmac, f)?;
        s.i32(self.throttle_time_ms);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for CreateDelegationTokenResponse {
    const NAME: &'static str = "CreateDelegationTokenResponse";
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
