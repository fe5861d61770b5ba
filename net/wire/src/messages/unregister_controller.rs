//! UnregisterController, API 94, from `schema/messages/unregister_controller.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod unregister_controller_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct UnregisterControllerRequest {
    pub controller_id: i32,
}

impl Part for UnregisterControllerRequest {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            controller_id: r.i32()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.controller_id);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for UnregisterControllerRequest {
    const NAME: &'static str = "UnregisterControllerRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}

impl Request for UnregisterControllerRequest {
    const KEY: ApiKey = ApiKey::UnregisterController;
    type Response = super::unregister_controller_response::UnregisterControllerResponse;
}
}

pub mod unregister_controller_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct UnregisterControllerResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<Str>,
}

impl Default for UnregisterControllerResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(Str::default()),
        }
    }
}

impl Part for UnregisterControllerResponse {
    const MIN_BYTES: usize = 8;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            error_code: r.i16()?,
            error_message: r.opt_string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.i16(self.error_code);
        s.opt_string(&self.error_message, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for UnregisterControllerResponse {
    const NAME: &'static str = "UnregisterControllerResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}
