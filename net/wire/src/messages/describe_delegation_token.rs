//! DescribeDelegationToken, API 41, from `schema/messages/describe_delegation_token.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod describe_delegation_token_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct DescribeDelegationTokenRequest {
    pub owners: Option<Vec<DescribeDelegationTokenOwner>>,
}

impl Default for DescribeDelegationTokenRequest {
    fn default() -> Self {
        Self {
            owners: Some(Vec::new()),
        }
    }
}

impl Part for DescribeDelegationTokenRequest {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            owners: r.opt_vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.opt_vec(&self.owners, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeDelegationTokenOwner {
    pub principal_type: Str,
    pub principal_name: Str,
}

impl Part for DescribeDelegationTokenOwner {
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

impl Message for DescribeDelegationTokenRequest {
    const NAME: &'static str = "DescribeDelegationTokenRequest";
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

impl Request for DescribeDelegationTokenRequest {
    const KEY: ApiKey = ApiKey::DescribeDelegationToken;
    type Response = super::describe_delegation_token_response::DescribeDelegationTokenResponse;
}
}

pub mod describe_delegation_token_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribeDelegationTokenResponse {
    pub error_code: i16,
    pub tokens: Vec<DescribedDelegationToken>,
    pub throttle_time_ms: i32,
}

impl Part for DescribeDelegationTokenResponse {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            error_code: r.i16()?,
            tokens: r.vec(v, f)?,
            throttle_time_ms: r.i32()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        s.vec(&self.tokens, v, f)?;
        s.i32(self.throttle_time_ms);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribedDelegationToken {
    pub principal_type: Str,
    pub principal_name: Str,
    pub token_requester_principal_type: Str, // 3+
    pub token_requester_principal_name: Str, // 3+
    pub issue_timestamp: i64,
    pub expiry_timestamp: i64,
    pub max_timestamp: i64,
    pub token_id: Str,
    pub hmac: Bytes,
    pub renewers: Vec<DescribedDelegationTokenRenewer>,
}

impl Part for DescribedDelegationToken {
    const MIN_BYTES: usize = 30;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            principal_type: r.string(f)?,
            principal_name: r.string(f)?,
            token_requester_principal_type: if v >= 3 { r.string(f)? } else { Str::default() },
            token_requester_principal_name: if v >= 3 { r.string(f)? } else { Str::default() },
            issue_timestamp: r.i64()?,
            expiry_timestamp: r.i64()?,
            max_timestamp: r.i64()?,
            token_id: r.string(f)?,
            hmac: r.bytes(f)?,
            renewers: r.vec(v, f)?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.principal_type, f)?;
        s.string(&self.principal_name, f)?;
        if v >= 3 {
            s.string(&self.token_requester_principal_type, f)?;
        } else if !self.token_requester_principal_type.is_empty() { return Err(EncodeError::NoSuchField { field: "DescribedDelegationToken.token_requester_principal_type", version: v }); }
        if v >= 3 {
            s.string(&self.token_requester_principal_name, f)?;
        } else if !self.token_requester_principal_name.is_empty() { return Err(EncodeError::NoSuchField { field: "DescribedDelegationToken.token_requester_principal_name", version: v }); }
        s.i64(self.issue_timestamp);
        s.i64(self.expiry_timestamp);
        s.i64(self.max_timestamp);
        s.string(&self.token_id, f)?;
        s.bytes(&self.hmac, f)?;
        s.vec(&self.renewers, v, f)?;
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DescribedDelegationTokenRenewer {
    pub principal_type: Str,
    pub principal_name: Str,
}

impl Part for DescribedDelegationTokenRenewer {
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

impl Message for DescribeDelegationTokenResponse {
    const NAME: &'static str = "DescribeDelegationTokenResponse";
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
