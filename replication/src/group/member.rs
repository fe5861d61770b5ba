//! A member of a group: what it asked for when it joined, what it was assigned, and whether a request of its is waiting.

use bytes::Bytes;
use thalweg_wire::Str;

use super::record::StoredMember;
use super::request::Ticket;

/// One protocol (assignor) a member supports, with metadata the coordinator does not look into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Protocol {
    pub(super) name: Str,
    pub(super) metadata: Bytes,
}

/// A JoinGroup that is held back.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitingJoin {
    pub(super) ticket: Ticket,
    pub(super) version: i16,
}

/// A member of the live group.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: Str,
    pub(super) instance: Option<Str>,
    pub(super) client_id: Str,
    pub(super) client_host: Str,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) session_timeout_ms: i32,
    /// In order of preference, names unique.
    pub(super) protocols: Vec<Protocol>,
    pub(super) assignment: Bytes,
    pub(super) join: Option<WaitingJoin>,
    pub(super) sync: Option<Ticket>,
    /// Has not been through a rebalance yet: its deadline counts even while its join is held back.
    pub(super) is_new: bool,
}

impl Member {
    /// The member a record describes; it knows only the protocol that was chosen.
    pub(super) fn restored(stored: &StoredMember, protocol: Option<&Str>) -> Member {
        let protocols = protocol.map(|name| Protocol { name: name.clone(), metadata: stored.subscription.clone() });
        Member {
            id: stored.id.clone(),
            instance: stored.instance.clone(),
            client_id: stored.client_id.clone(),
            client_host: stored.client_host.clone(),
            rebalance_timeout_ms: stored.rebalance_timeout_ms,
            session_timeout_ms: stored.session_timeout_ms,
            protocols: protocols.into_iter().collect(),
            assignment: stored.assignment.clone(),
            join: None,
            sync: None,
            is_new: false,
        }
    }

    /// As a record describes it once `protocol` is chosen.
    pub(super) fn stored(&self, protocol: Option<&Str>, assignment: Bytes) -> StoredMember {
        StoredMember {
            id: self.id.clone(),
            instance: self.instance.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            rebalance_timeout_ms: self.rebalance_timeout_ms,
            session_timeout_ms: self.session_timeout_ms,
            subscription: self.metadata(protocol),
            assignment,
        }
    }

    /// Its metadata for a protocol, empty if it has none.
    pub(super) fn metadata(&self, protocol: Option<&Str>) -> Bytes {
        let found = protocol.and_then(|name| self.protocols.iter().find(|own| own.name == *name));
        found.map(|own| own.metadata.clone()).unwrap_or_default()
    }

    /// Whether silence is excused because the coordinator itself holds the member's request back.
    pub(super) fn is_held_back(&self) -> bool {
        !self.is_new && (self.join.is_some() || self.sync.is_some())
    }
}
