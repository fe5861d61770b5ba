//! Kafka's wire codec: messages, the records of the internal topics, ids as types.
//!
//! Pure: bytes and values, no clock, socket, disk, thread or random source. Everything that decodes takes bytes nobody
//! vouches for and answers with a value or a [`DecodeError`]: it never panics and never allocates more than the bytes it
//! was given can justify. `README.md` lists the invariants.
#![forbid(unsafe_code)]

mod api;
#[rustfmt::skip]
mod api_key;
pub mod batch;
pub mod checksum;
mod chunk;
pub mod compression;
mod error;
pub mod error_code;
mod header;
mod ids;
mod message;
#[rustfmt::skip]
pub mod messages;
mod reader;
pub mod record;
pub mod records;
mod sink;
mod string;
mod subscription;
mod uuid;

pub use api::ApiInfo;
pub use api_key::ApiKey;
pub use chunk::{Chunk, Records};
pub use error::{DecodeError, EncodeError};
pub use error_code::ErrorCode;
pub use header::{RequestHeader, ResponseHeader};
pub use ids::{LeaderEpoch, NodeId, Offset, PartitionIndex, ProducerEpoch, ProducerId, Sequence, TopicId};
pub use message::{
    Message, Part, Request, decode_request, decode_response, decode_whole, encode_request, encode_response,
};
pub use reader::Reader;
pub use sink::Sink;
pub use string::Str;
pub use uuid::Uuid;
