//! Control records: written by brokers, seen by no application. This file writes and reads those that end a
//! transaction in a partition; of the others it knows the kind.
//!
//! | key | | value of an end marker | |
//! |---|---|---|---|
//! | 2 bytes | version, 0 | 2 bytes | version, 0 |
//! | 2 bytes | kind | 4 bytes | coordinator epoch |

use bytes::Bytes;

use super::{BatchBuilder, BuildError, Record};
use crate::compression::Compression;
use crate::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence};

/// What a control record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlType {
    /// The transaction was aborted.
    Abort,
    /// The transaction was committed.
    Commit,
    /// KRaft: a new leader.
    LeaderChange,
    /// KRaft: a snapshot begins.
    SnapshotHeader,
    /// KRaft: a snapshot ends.
    SnapshotFooter,
    /// KRaft: the version of the quorum.
    KRaftVersion,
    /// KRaft: the voters of the quorum.
    KRaftVoters,
    /// A kind this version does not know; readers skip it.
    Unknown(i16),
}

impl ControlType {
    /// The kind a control record's key names; nothing if it is not such a key.
    #[must_use]
    pub fn of(record: &Record<'_>) -> Option<Self> {
        let [_, _, high, low, ..] = *record.key? else { return None };
        Some(match i16::from_be_bytes([high, low]) {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KRaftVersion,
            6 => Self::KRaftVoters,
            other => Self::Unknown(other),
        })
    }

    /// The number in the key.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::LeaderChange => 2,
            Self::SnapshotHeader => 3,
            Self::SnapshotFooter => 4,
            Self::KRaftVersion => 5,
            Self::KRaftVoters => 6,
            Self::Unknown(number) => number,
        }
    }
}

/// The end of a producer's transaction in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndMarker {
    /// Commit, or abort.
    pub is_commit: bool,
    /// Epoch of the coordinator that decided it; an older one is refused.
    pub coordinator_epoch: i32,
}

impl EndMarker {
    /// The marker in a control record, if it is one that ends a transaction.
    #[must_use]
    pub fn of(record: &Record<'_>) -> Option<Self> {
        let is_commit = match ControlType::of(record)? {
            ControlType::Commit => true,
            ControlType::Abort => false,
            _ => return None,
        };
        let [_, _, a, b, c, d, ..] = *record.value? else { return None };
        Some(Self { is_commit, coordinator_epoch: i32::from_be_bytes([a, b, c, d]) })
    }

    /// The batch that carries the marker.
    pub fn batch(
        self,
        base_offset: Offset,
        leader_epoch: LeaderEpoch,
        producer_id: ProducerId,
        producer_epoch: ProducerEpoch,
        timestamp_ms: i64,
    ) -> Result<Bytes, BuildError> {
        let kind = if self.is_commit { ControlType::Commit } else { ControlType::Abort };
        let [high, low] = kind.number().to_be_bytes();
        let [a, b, c, d] = self.coordinator_epoch.to_be_bytes();
        let mut builder = BatchBuilder::new(Compression::None)
            .base_offset(base_offset)
            .leader_epoch(leader_epoch)
            .producer(producer_id, producer_epoch, Sequence::NONE)
            .transactional(true)
            .control(true);
        builder.push(timestamp_ms, Some(&[0, 0, high, low]), Some(&[0, 0, a, b, c, d]), &[])?;
        builder.finish()
    }
}
