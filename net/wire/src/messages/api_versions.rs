//! ApiVersions, API 18, from `schema/messages/api_versions.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod api_versions_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ApiVersionsRequest {
    pub client_software_name: Str, // 3+
    pub client_software_version: Str, // 3+
    pub cluster_id: Option<Str>, // 5+
    pub node_id: i32, // 5+
}

impl Default for ApiVersionsRequest {
    fn default() -> Self {
        Self {
            client_software_name: Str::default(),
            client_software_version: Str::default(),
            cluster_id: None,
            node_id: -1,
        }
    }
}

impl Part for ApiVersionsRequest {
    const MIN_BYTES: usize = 0;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            client_software_name: if v >= 3 { r.string(f)? } else { Str::default() },
            client_software_version: if v >= 3 { r.string(f)? } else { Str::default() },
            cluster_id: if v >= 5 { r.opt_string(f)? } else { None },
            node_id: if v >= 5 { r.i32()? } else { -1 },
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        if v >= 3 {
            s.string(&self.client_software_name, f)?;
        }
        if v >= 3 {
            s.string(&self.client_software_version, f)?;
        }
        if v >= 5 {
            s.opt_string(&self.cluster_id, f)?;
        }
        if v >= 5 {
            s.i32(self.node_id);
        }
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

impl Message for ApiVersionsRequest {
    const NAME: &'static str = "ApiVersionsRequest";
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

impl Request for ApiVersionsRequest {
    const KEY: ApiKey = ApiKey::ApiVersions;
    type Response = super::api_versions_response::ApiVersionsResponse;
}
}

pub mod api_versions_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ApiVersionsResponse {
    pub error_code: i16,
    pub api_keys: Vec<ApiVersion>,
    pub throttle_time_ms: i32, // 1+
    pub supported_features: Vec<SupportedFeatureKey>, // 3+, tag 0
    pub finalized_features_epoch: i64, // 3+, tag 1
    pub finalized_features: Vec<FinalizedFeatureKey>, // 3+, tag 2
    pub zk_migration_ready: bool, // 3+, tag 3
}

impl Default for ApiVersionsResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            api_keys: Vec::new(),
            throttle_time_ms: 0,
            supported_features: Vec::new(),
            finalized_features_epoch: -1,
            finalized_features: Vec::new(),
            zk_migration_ready: false,
        }
    }
}

impl Part for ApiVersionsResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            error_code: r.i16()?,
            api_keys: r.vec(v, f)?,
            throttle_time_ms: if v >= 1 { r.i32()? } else { 0 },
            supported_features: Vec::new(),
            finalized_features_epoch: -1,
            finalized_features: Vec::new(),
            zk_migration_ready: false,
        };
        if f {
            r.tagged_fields(|r, tag| {
                match tag {
                    0 => m.supported_features = r.vec(v, f)?,
                    1 => m.finalized_features_epoch = r.i64()?,
                    2 => m.finalized_features = r.vec(v, f)?,
                    3 => m.zk_migration_ready = r.bool()?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        s.vec(&self.api_keys, v, f)?;
        if v >= 1 {
            s.i32(self.throttle_time_ms);
        }
        if f {
            let t0 = !self.supported_features.is_empty();
            let t1 = self.finalized_features_epoch != -1;
            let t2 = !self.finalized_features.is_empty();
            let t3 = self.zk_migration_ready;
            s.uvarint(t0 as u32 + t1 as u32 + t2 as u32 + t3 as u32);
            if t0 { let t = s.begin_tagged(0); s.vec(&self.supported_features, v, f)?; s.end_tagged(t); }
            if t1 { let t = s.begin_tagged(1); s.i64(self.finalized_features_epoch); s.end_tagged(t); }
            if t2 { let t = s.begin_tagged(2); s.vec(&self.finalized_features, v, f)?; s.end_tagged(t); }
            if t3 { let t = s.begin_tagged(3); s.bool(self.zk_migration_ready); s.end_tagged(t); }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ApiVersion {
    pub api_key: i16,
    pub min_version: i16,
    pub max_version: i16,
}

impl Part for ApiVersion {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            api_key: r.i16()?,
            min_version: r.i16()?,
            max_version: r.i16()?,
        };
        if f {
            r.skip_tagged_fields()?;
        }
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.api_key);
        s.i16(self.min_version);
        s.i16(self.max_version);
        if f {
            s.uvarint(0);
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct SupportedFeatureKey {
    pub name: Str,
    pub min_version: i16,
    pub max_version: i16,
}

impl Part for SupportedFeatureKey {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            min_version: r.i16()?,
            max_version: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i16(self.min_version);
        s.i16(self.max_version);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct FinalizedFeatureKey {
    pub name: Str,
    pub max_version_level: i16,
    pub min_version_level: i16,
}

impl Part for FinalizedFeatureKey {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            max_version_level: r.i16()?,
            min_version_level: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i16(self.max_version_level);
        s.i16(self.min_version_level);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ApiVersionsResponse {
    const NAME: &'static str = "ApiVersionsResponse";
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
