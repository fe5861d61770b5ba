//! Records on their way to the log, and what happens once they are there or will never be.

use std::collections::BTreeMap;

use bytes::Bytes;
use thalweg_wire::Str;
use thalweg_wire::error_code::ErrorCode;

use super::member::Protocol;
use super::request::{GroupResponse, Ticket};

/// Names an append: unique within one coordinator, ascending. Appends must reach the log in this order, and
/// [`committed`](super::Groups::committed) must be told in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AppendId(pub u64);

/// Why records did not get into the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AppendFailure {
    /// For now: the disk is full, replicas are missing, it took too long.
    Unavailable,
    /// This node does not lead the partition any more, or its disk has failed.
    NotLeader,
    /// They are larger than the topic allows.
    TooLarge,
}

impl AppendFailure {
    /// What a member of a group is told.
    pub(super) fn for_group(self) -> ErrorCode {
        match self {
            AppendFailure::Unavailable => ErrorCode::CoordinatorNotAvailable,
            AppendFailure::NotLeader => ErrorCode::NotCoordinator,
            AppendFailure::TooLarge => ErrorCode::UnknownServerError,
        }
    }

    /// What someone who commits offsets is told.
    fn for_offsets(self) -> ErrorCode {
        match self {
            AppendFailure::TooLarge => ErrorCode::InvalidCommitOffsetSize,
            other => other.for_group(),
        }
    }

    /// What is told in place of this answer.
    pub(super) fn told(self, response: &GroupResponse) -> ErrorCode {
        match response {
            GroupResponse::OffsetCommit(_) => self.for_offsets(),
            _ => self.for_group(),
        }
    }
}

/// A record: its key, and its value or nothing to take back what the key named.
pub type KeyValue = (Bytes, Option<Bytes>);

/// What follows once the records are committed, or have failed.
#[derive(Clone, Debug)]
pub(super) enum Then {
    /// The answer may leave.
    Reply { ticket: Ticket, response: GroupResponse },
    /// The leader's assignment of this generation counts.
    Assigned { group: Str, generation: i32 },
    /// A static member has come back under a new id and goes on with its old assignment.
    Replaced(Box<Replaced>),
}

/// A static member that came back, with what is needed to undo it.
#[derive(Clone, Debug)]
pub(super) struct Replaced {
    pub(super) group: Str,
    pub(super) generation: i32,
    pub(super) instance: Str,
    pub(super) old_id: Str,
    pub(super) new_id: Str,
    /// The leader as it was before the new id.
    pub(super) old_leader: Option<Str>,
    pub(super) old_protocols: Vec<Protocol>,
    pub(super) old_rebalance_timeout_ms: i32,
    pub(super) old_session_timeout_ms: i32,
}

/// Records that are on their way.
pub(super) struct InFlight {
    pub(super) records: Vec<KeyValue>,
    pub(super) then: Vec<Then>,
}

/// All appends in flight.
#[derive(Default)]
pub(super) struct Appends {
    last: u64,
    in_flight: BTreeMap<AppendId, InFlight>,
}

impl Appends {
    pub(super) fn start(&mut self, records: Vec<KeyValue>, then: Vec<Then>) -> AppendId {
        self.last += 1;
        let id = AppendId(self.last);
        self.in_flight.insert(id, InFlight { records, then });
        id
    }

    /// Lets something more wait for an append.
    pub(super) fn attach(&mut self, id: AppendId, then: Then) {
        if let Some(append) = self.in_flight.get_mut(&id) {
            append.then.push(then);
        }
    }

    pub(super) fn finish(&mut self, id: AppendId) -> Option<InFlight> {
        self.in_flight.remove(&id)
    }

    pub(super) fn ids(&self) -> Vec<AppendId> {
        self.in_flight.keys().copied().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.in_flight.len()
    }
}
