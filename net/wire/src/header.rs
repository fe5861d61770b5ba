//! Request and response headers. `schema/records/header.wire` holds their facts; this file is the code for them.
use crate::{ApiKey, DecodeError, EncodeError, Reader, Sink, Str};

/// What stands before every request body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestHeader {
    /// Number of the API, known to the table once decoded.
    pub api_key: i16,
    /// Version of the body. May be one the API does not have: what to answer is the caller's decision.
    pub api_version: i16,
    /// Comes back in the response.
    pub correlation_id: i32,
    /// What the client calls itself.
    pub client_id: Option<Str>,
}

impl RequestHeader {
    /// Reads a header and leaves the reader at the body. A key no API has is [`DecodeError::UnknownApi`], which carries
    /// what was read. The client id keeps its two-byte length in both header versions.
    pub fn decode(r: &mut Reader) -> Result<RequestHeader, DecodeError> {
        let (api_key, api_version, correlation_id) = (r.i16()?, r.i16()?, r.i32()?);
        let Some(api) = ApiKey::from_i16(api_key) else {
            return Err(DecodeError::UnknownApi { api_key, api_version, correlation_id });
        };
        let client_id = r.opt_string(false)?;
        if api.request_header_version(api_version) >= 2 {
            r.skip_tagged_fields()?;
        }
        Ok(RequestHeader { api_key, api_version, correlation_id, client_id })
    }

    /// Writes the header in the version that goes with its key; version 1 for a key no API has.
    pub fn encode(&self, s: &mut Sink) -> Result<(), EncodeError> {
        s.i16(self.api_key);
        s.i16(self.api_version);
        s.i32(self.correlation_id);
        s.opt_string(&self.client_id, false)?;
        if ApiKey::from_i16(self.api_key).is_some_and(|api| api.request_header_version(self.api_version) >= 2) {
            s.uvarint(0);
        }
        Ok(())
    }

    /// The API, when the key is one of the table.
    pub fn api(&self) -> Option<ApiKey> {
        ApiKey::from_i16(self.api_key)
    }
}

/// What stands before every response body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseHeader {
    /// The id of the request answered.
    pub correlation_id: i32,
}

impl ResponseHeader {
    /// Writes the header; `header_version` is [`ApiKey::response_header_version`].
    pub fn encode(&self, s: &mut Sink, header_version: i16) {
        s.i32(self.correlation_id);
        if header_version >= 1 {
            s.uvarint(0);
        }
    }

    /// Reads a header and leaves the reader at the body.
    pub fn decode(r: &mut Reader, header_version: i16) -> Result<ResponseHeader, DecodeError> {
        let correlation_id = r.i32()?;
        if header_version >= 1 {
            r.skip_tagged_fields()?;
        }
        Ok(ResponseHeader { correlation_id })
    }
}
