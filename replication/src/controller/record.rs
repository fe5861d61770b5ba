//! Metadata records as bytes, in the versions Kafka 4.4 writes at its newest metadata version.

use bytes::Bytes;
use thalweg_wire::records::metadata::MetadataRecord;
use thalweg_wire::{EncodeError, Sink};

/// The value of a metadata record; it has no key.
pub fn encode(record: &MetadataRecord) -> Result<Bytes, EncodeError> {
    let version = match record {
        // what does not speak of directories is written as the version that cannot
        MetadataRecord::BrokerRegistrationChange(it) if it.log_dirs.is_empty() => 0,
        other => other.max_version(),
    };
    let mut sink = Sink::new();
    record.encode(&mut sink, version)?;
    sink.into_bytes()
}
