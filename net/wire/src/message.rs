//! What every message can do, and the one door through which a request body comes in.
use crate::{ApiKey, Chunk, DecodeError, EncodeError, Reader, RequestHeader, ResponseHeader, Sink, Str};

/// A message with versions: a request, a response, or a record of an internal topic.
pub trait Message: Sized + Default {
    /// Kafka's name, for example `FetchRequest`.
    const NAME: &'static str;
    /// Lowest version there is.
    const MIN_VERSION: i16;
    /// Highest version there is.
    const MAX_VERSION: i16;

    /// Reads one message and leaves the reader behind it. Fields the version lacks get their default.
    fn decode(r: &mut Reader, version: i16) -> Result<Self, DecodeError>;

    /// Writes the message. A field that is set but absent from the version is an error unless Kafka calls it ignorable.
    fn encode(&self, s: &mut Sink, version: i16) -> Result<(), EncodeError>;
}

/// A request: it belongs to an API and is answered by one kind of response.
pub trait Request: Message {
    /// The API.
    const KEY: ApiKey;
    /// What answers it.
    type Response: Message;
}

/// A piece of a message that can stand in an array. Generated structs and the numbers implement it.
///
/// Neither side checks the version: [`Message`] did.
pub trait Part: Sized {
    /// Fewest bytes one can take in any version: what bounds an array before its elements are read.
    const MIN_BYTES: usize;
    /// Reads one.
    fn read(r: &mut Reader, version: i16, flexible: bool) -> Result<Self, DecodeError>;
    /// Writes one.
    fn write(&self, s: &mut Sink, version: i16, flexible: bool) -> Result<(), EncodeError>;
}

/// Reads the body of a request and insists that nothing follows it.
pub fn decode_request<R: Request>(r: &mut Reader, version: i16) -> Result<R, DecodeError> {
    decode_whole(r, version)
}

/// Reads a whole response, header first, and insists that nothing follows it.
pub fn decode_response<R: Request>(r: &mut Reader, version: i16) -> Result<(ResponseHeader, R::Response), DecodeError> {
    let header = ResponseHeader::decode(r, R::KEY.response_header_version(version))?;
    Ok((header, decode_whole(r, version)?))
}

/// A request ready to send: length, header, body.
pub fn encode_request<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<Str>,
) -> Result<Vec<Chunk>, EncodeError> {
    let mut s = Sink::framed();
    RequestHeader { api_key: R::KEY.key(), api_version: version, correlation_id, client_id }.encode(&mut s)?;
    request.encode(&mut s, version)?;
    Ok(s.finish())
}

/// A response ready to send: length, header, body.
pub fn encode_response<R: Request>(
    response: &R::Response,
    version: i16,
    correlation_id: i32,
) -> Result<Vec<Chunk>, EncodeError> {
    let mut s = Sink::framed();
    ResponseHeader { correlation_id }.encode(&mut s, R::KEY.response_header_version(version));
    response.encode(&mut s, version)?;
    Ok(s.finish())
}

/// Reads any message and insists that nothing follows it.
pub fn decode_whole<M: Message>(r: &mut Reader, version: i16) -> Result<M, DecodeError> {
    let message = M::decode(r, version)?;
    match r.remaining() {
        0 => Ok(message),
        bytes => Err(DecodeError::Trailing { bytes }),
    }
}

/// What generated code is written with.
pub(crate) mod generated {
    pub(crate) use bytes::Bytes;

    pub(crate) use super::{Message, Part, Request, decode_whole};
    pub(crate) use crate::{ApiKey, DecodeError, EncodeError, Reader, Records, Sink, Str, Uuid};

    /// Refuses null in the versions that lack it.
    pub(crate) fn null_only_if<T>(allowed: bool, value: Option<T>) -> Result<Option<T>, DecodeError> {
        if allowed || value.is_some() { Ok(value) } else { Err(DecodeError::Null) }
    }
}
