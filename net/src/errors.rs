//! The one place where what the engine says becomes a Kafka error code. Codes are chosen by what a client does about them:
//! try again, look for another leader, or give up and tell its user.

use thalweg_engine::{AppendError, ReadError};
use thalweg_wire::ErrorCode;

/// The code of a batch that was not appended.
pub fn append(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::UnknownPartition => ErrorCode::UnknownTopicOrPartition,
        AppendError::Corrupt(_) => ErrorCode::CorruptMessage,
        AppendError::Invalid { .. } => ErrorCode::InvalidRecord,
        AppendError::UnsupportedCompression => ErrorCode::UnsupportedCompressionType,
        AppendError::InvalidTimestamp(_) => ErrorCode::InvalidTimestamp,
        AppendError::TooLarge { .. } => ErrorCode::MessageTooLarge,
        AppendError::LargerThanSegment => ErrorCode::RecordListTooLarge,
        AppendError::StaleProducerEpoch { .. } => ErrorCode::InvalidProducerEpoch,
        AppendError::OutOfOrderSequence { .. } => ErrorCode::OutOfOrderSequenceNumber,
        AppendError::NoTransaction => ErrorCode::InvalidTxnState,
        // Retried by every client, with nothing of the batch in the log.
        AppendError::Busy | AppendError::NotEnoughReplicas => ErrorCode::NotEnoughReplicas,
        // Retriable, and old enough for every client: a producer keeps its batch and comes again until there is space.
        AppendError::DiskFull | AppendError::Offline => ErrorCode::KafkaStorageError,
        AppendError::Stopping => ErrorCode::NotLeaderOrFollower,
        AppendError::TimedOut => ErrorCode::RequestTimedOut,
    }
}

/// What people are told about a batch that was not appended, where the code alone does not say it.
pub fn append_message(error: &AppendError) -> Option<String> {
    match error {
        AppendError::Corrupt(text) | AppendError::InvalidTimestamp(text) => Some(text.clone()),
        AppendError::Invalid { reason, .. } => Some(reason.clone()),
        AppendError::TooLarge { size, limit } => {
            Some(format!("The batch has {size} bytes; the topic allows {limit} (max.message.bytes)."))
        }
        AppendError::OutOfOrderSequence { producer, expected, got } => {
            Some(format!("Producer {producer} sent sequence {got} where {expected} comes next."))
        }
        AppendError::StaleProducerEpoch { producer, newest } => {
            Some(format!("Producer {producer} goes on under epoch {newest}; this one is older."))
        }
        AppendError::DiskFull => Some("The disk is full; the batch was not stored.".to_owned()),
        AppendError::Busy => Some("The broker is at one of its limits; try again.".to_owned()),
        _ => None,
    }
}

/// The code of a read, lookup or deletion that was refused.
pub fn read(error: &ReadError) -> ErrorCode {
    match error {
        ReadError::UnknownPartition => ErrorCode::UnknownTopicOrPartition,
        ReadError::OutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        ReadError::FencedEpoch => ErrorCode::FencedLeaderEpoch,
        ReadError::UnknownEpoch => ErrorCode::UnknownLeaderEpoch,
        ReadError::PolicyViolation => ErrorCode::PolicyViolation,
        ReadError::UnsupportedTimestamp => ErrorCode::UnsupportedVersion,
        ReadError::Corrupt(_) | ReadError::Offline => ErrorCode::KafkaStorageError,
        ReadError::Busy | ReadError::Stopping => ErrorCode::NotLeaderOrFollower,
    }
}

/// As [`read`], for a Fetch of a version: before version 6 a storage error has no code of its own.
pub fn fetch(error: &ReadError, version: i16) -> ErrorCode {
    match read(error) {
        ErrorCode::KafkaStorageError if version <= 5 => ErrorCode::NotLeaderOrFollower,
        code => code,
    }
}

/// The answer of a core that is stopping.
pub fn stopping() -> ErrorCode {
    ErrorCode::NotLeaderOrFollower
}

#[cfg(test)]
mod tests {
    use super::*;
    use thalweg_wire::{ProducerEpoch, ProducerId};

    #[test]
    fn trap12_a_fenced_producer_is_told_so_by_a_code_that_ends_its_retries() {
        let fenced = AppendError::StaleProducerEpoch { producer: ProducerId(1), newest: ProducerEpoch(2) };
        assert_eq!(append(&fenced), ErrorCode::InvalidProducerEpoch);
        assert!(!append(&fenced).is_retriable());
    }

    #[test]
    fn what_passes_by_itself_is_retriable() {
        for error in [AppendError::Busy, AppendError::DiskFull, AppendError::Stopping, AppendError::NotEnoughReplicas] {
            assert!(append(&error).is_retriable(), "{error:?}");
        }
        for error in [ReadError::Busy, ReadError::Stopping] {
            assert!(read(&error).is_retriable(), "{error:?}");
        }
    }

    #[test]
    fn old_fetches_know_no_storage_error() {
        assert_eq!(fetch(&ReadError::Offline, 5), ErrorCode::NotLeaderOrFollower);
        assert_eq!(fetch(&ReadError::Offline, 6), ErrorCode::KafkaStorageError);
    }
}
