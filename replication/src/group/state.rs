//! One group: the live state machine of the classic protocol, what the log says about it, and its committed offsets.
//!
//! `stored` and `offsets` change only in replay. The live part (state, members, who waits) is volatile: it is rebuilt from
//! `stored` when a coordinator loads, and what a restart would forget is exactly what clients repair by joining again.

use std::collections::{BTreeMap, BTreeSet};

use thalweg_wire::Str;
use thalweg_wire::Uuid;
use thalweg_wire::error_code::ErrorCode;

use super::member::{Member, WaitingJoin};
use super::record::{StoredGroup, StoredMember, subscribed_topics};

/// Where a group is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// No members.
    Empty,
    /// Members are asked to join again; joins are held back.
    PreparingRebalance,
    /// Joins are answered; the leader's assignment is awaited.
    CompletingRebalance,
    /// Every member has its assignment.
    Stable,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::PreparingRebalance => "PreparingRebalance",
            State::CompletingRebalance => "CompletingRebalance",
            State::Stable => "Stable",
        }
    }
}

/// What the join timer means.
#[derive(Clone, Copy, Debug)]
pub(super) enum JoinPhase {
    /// An empty group waits for company, again while members keep arriving.
    Initial { delay_ms: i64, remaining_ms: i64 },
    /// Members of the last generation may still come back.
    Later,
}

/// A committed offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Committed {
    pub(super) offset: i64,
    pub(super) leader_epoch: i32,
    pub(super) metadata: Str,
    pub(super) commit_ms: i64,
    pub(super) expire_ms: Option<i64>,
    /// Zero if written before topic ids were known to commits.
    pub(super) topic_id: Uuid,
}

/// A group.
pub(super) struct Group {
    pub(super) id: Str,
    /// What the last record says; `None` if there is none or a tombstone.
    pub(super) stored: Option<StoredGroup>,
    /// By topic and partition.
    pub(super) offsets: BTreeMap<Str, BTreeMap<i32, Committed>>,
    /// Offsets in records that are not committed yet, with how many records each.
    pub(super) unsettled: BTreeMap<(Str, i32), u32>,
    /// Records about the group itself that are not committed yet.
    pub(super) unsettled_metadata: u32,

    pub(super) state: State,
    /// When the state was entered.
    pub(super) since_ms: Option<i64>,
    /// The running rebalance began with an empty group.
    pub(super) initial: bool,
    pub(super) join_phase: JoinPhase,
    /// Someone arrived since the initial delay was last extended.
    pub(super) arrived: bool,
    pub(super) generation: i32,
    pub(super) protocol_type: Option<Str>,
    pub(super) protocol: Option<Str>,
    pub(super) leader: Option<Str>,
    pub(super) members: BTreeMap<Str, Member>,
    /// Member id by instance id.
    pub(super) instances: BTreeMap<Str, Str>,
    /// Ids handed out whose owners have not joined yet.
    pub(super) pending_joins: BTreeSet<Str>,
    /// The leader's assignment of this generation is on its way to the log: another one would contradict it.
    pub(super) assigning: bool,
    /// Members of this generation that have not asked for their assignment yet.
    pub(super) pending_syncs: BTreeSet<Str>,
    /// How many members support each protocol.
    supporters: BTreeMap<Str, usize>,
    /// How many members have a join held back. Invariant: the count of `members` with `join`.
    pub(super) awaiting_joins: usize,
    /// Topics of a consumer group's members; `None` if that cannot be known.
    pub(super) subscribed: Option<BTreeSet<Str>>,
}

impl Group {
    pub(super) fn new(id: Str) -> Group {
        Group {
            id,
            stored: None,
            offsets: BTreeMap::new(),
            unsettled: BTreeMap::new(),
            unsettled_metadata: 0,
            state: State::Empty,
            since_ms: None,
            initial: false,
            join_phase: JoinPhase::Later,
            arrived: false,
            generation: 0,
            protocol_type: None,
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            instances: BTreeMap::new(),
            pending_joins: BTreeSet::new(),
            assigning: false,
            pending_syncs: BTreeSet::new(),
            supporters: BTreeMap::new(),
            awaiting_joins: 0,
            subscribed: None,
        }
    }

    /// Makes the live state what the log says. For loading, and once a group's tombstone has been replayed.
    pub(super) fn restore(&mut self) {
        assert!(self.awaiting_joins == 0, "a group with waiting members must not be overwritten");
        self.members.clear();
        self.instances.clear();
        self.supporters.clear();
        self.pending_syncs.clear();
        self.initial = false;
        self.assigning = false;
        let stored = self.stored.clone().unwrap_or_default();
        self.state = if stored.members.is_empty() { State::Empty } else { State::Stable };
        self.since_ms = stored.since_ms;
        self.generation = stored.generation;
        self.protocol_type = stored.protocol_type;
        self.protocol = stored.protocol;
        for member in stored.members.values() {
            self.insert(Member::restored(member, self.protocol.as_ref()));
        }
        self.leader = stored.leader;
        self.subscribed = self.subscriptions();
    }

    /// What a record of the live group says, with the assignment each member is to have.
    pub(super) fn to_store(&self, mut assign: impl FnMut(&Member) -> bytes::Bytes) -> StoredGroup {
        let protocol = self.protocol.as_ref();
        let members = self.members.values().map(|member| {
            let assignment = assign(member);
            (member.id.clone(), member.stored(protocol, assignment))
        });
        StoredGroup {
            protocol_type: self.protocol_type.clone(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            since_ms: self.since_ms,
            members: members.collect::<BTreeMap<Str, StoredMember>>(),
        }
    }

    /// Nothing anywhere remembers this group: it may be forgotten.
    pub(super) fn is_vacant(&self) -> bool {
        self.stored.is_none()
            && self.offsets.is_empty()
            && self.unsettled.is_empty()
            && self.unsettled_metadata == 0
            && self.members.is_empty()
            && self.pending_joins.is_empty()
            && self.state == State::Empty
    }

    pub(super) fn is_leader(&self, member: &Str) -> bool {
        self.leader.as_ref() == Some(member)
    }

    pub(super) fn is_consumer(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER)
    }

    /// Whether deleting offsets of this topic would pull them from under a member.
    pub(super) fn is_subscribed(&self, topic: &Str) -> bool {
        match &self.subscribed {
            Some(topics) => topics.contains(topic),
            None => self.is_consumer(),
        }
    }

    pub(super) fn has_all_joined(&self) -> bool {
        self.awaiting_joins == self.members.len() && self.pending_joins.is_empty()
    }

    /// How long a rebalance may take: the largest patience of any member.
    pub(super) fn rebalance_timeout_ms(&self) -> i64 {
        self.members.values().map(|member| i64::from(member.rebalance_timeout_ms)).max().unwrap_or(0)
    }

    /// Whether a member with these protocols fits the group: same type, and one protocol that every member supports.
    pub(super) fn supports<'a>(&self, protocol_type: &Str, mut protocols: impl Iterator<Item = &'a Str>) -> bool {
        if self.state == State::Empty {
            return !protocol_type.is_empty() && protocols.next().is_some();
        }
        self.protocol_type.as_ref() == Some(protocol_type)
            && protocols.any(|name| self.supporters.get(name).copied().unwrap_or(0) == self.members.len())
    }

    /// Adds a member; the first becomes leader and decides the type.
    pub(super) fn add(&mut self, member: Member, protocol_type: &Str) {
        if self.members.is_empty() {
            self.protocol_type = Some(protocol_type.clone());
        }
        if self.leader.is_none() {
            self.leader = Some(member.id.clone());
        }
        self.pending_joins.remove(&member.id);
        self.insert(member);
    }

    fn insert(&mut self, member: Member) {
        if let Some(instance) = &member.instance {
            self.instances.insert(instance.clone(), member.id.clone());
        }
        self.count_in(&member);
        self.awaiting_joins += usize::from(member.join.is_some());
        self.members.insert(member.id.clone(), member);
    }

    /// Removes a member, whose held-back requests must have been answered. A leader that leaves is replaced by any other member.
    pub(super) fn remove(&mut self, id: &Str) -> Option<Member> {
        let removed = self.members.remove(id);
        if let Some(member) = &removed {
            assert!(member.join.is_none() && member.sync.is_none(), "a removed member has no request held back");
            self.count_out(member);
            if let Some(instance) = &member.instance {
                self.instances.remove(instance);
            }
        }
        if self.is_leader(id) {
            self.leader = self.members.keys().next().cloned();
        }
        self.pending_joins.remove(id);
        self.pending_syncs.remove(id);
        removed
    }

    /// Gives a static member a new id, keeping its place (and leadership).
    pub(super) fn rename(&mut self, instance: &Str, old: &Str, new: Str) {
        let Some(mut member) = self.members.remove(old) else { return };
        member.id = new.clone();
        if self.is_leader(old) {
            self.leader = Some(new.clone());
        }
        if self.pending_syncs.remove(old) {
            self.pending_syncs.insert(new.clone());
        }
        self.instances.insert(instance.clone(), new.clone());
        self.members.insert(new, member);
    }

    /// Replaces what a member asks for.
    pub(super) fn update(&mut self, id: &Str, change: impl FnOnce(&mut Member)) {
        let Some(mut member) = self.members.remove(id) else { return };
        self.count_out(&member);
        let waited = member.join.is_some();
        change(&mut member);
        self.awaiting_joins = self.awaiting_joins + usize::from(member.join.is_some()) - usize::from(waited);
        self.count_in(&member);
        self.members.insert(id.clone(), member);
    }

    /// Takes the held-back join of a member, to answer it.
    pub(super) fn take_join(&mut self, id: &Str) -> Option<WaitingJoin> {
        let join = self.members.get_mut(id)?.join.take()?;
        self.awaiting_joins -= 1;
        Some(join)
    }

    fn count_in(&mut self, member: &Member) {
        for protocol in &member.protocols {
            *self.supporters.entry(protocol.name.clone()).or_default() += 1;
        }
    }

    fn count_out(&mut self, member: &Member) {
        for protocol in &member.protocols {
            if let Some(count) = self.supporters.get_mut(&protocol.name) {
                *count -= 1;
                if *count == 0 {
                    self.supporters.remove(&protocol.name);
                }
            }
        }
    }

    /// The protocol of the next generation: each member votes for the first of its protocols that all support. A tie goes to
    /// the leader's preference.
    pub(super) fn vote(&self) -> Option<Str> {
        let everyone = self.members.len();
        let common = |name: &Str| self.supporters.get(name) == Some(&everyone);
        let mut votes: BTreeMap<&Str, usize> = BTreeMap::new();
        for member in self.members.values() {
            if let Some(protocol) = member.protocols.iter().find(|protocol| common(&protocol.name)) {
                *votes.entry(&protocol.name).or_default() += 1;
            }
        }
        let most = votes.values().copied().max()?;
        let leader = self.leader.as_ref().and_then(|id| self.members.get(id));
        let preferred = leader.into_iter().flat_map(|member| &member.protocols).map(|protocol| &protocol.name);
        preferred.chain(votes.keys().copied()).find(|name| votes.get(name) == Some(&most)).cloned()
    }

    /// Makes sure the leader is a member that has joined. False if none has.
    pub(super) fn elect_leader(&mut self) -> bool {
        let has_joined = |id: &Str| self.members.get(id).is_some_and(|member| member.join.is_some());
        if self.leader.as_ref().is_some_and(has_joined) {
            return true;
        }
        let elected = self.members.values().find(|member| member.join.is_some()).map(|member| member.id.clone());
        if elected.is_some() {
            self.leader = elected;
            return true;
        }
        false
    }

    /// Topics the members consume, if the group's protocol tells.
    pub(super) fn subscriptions(&self) -> Option<BTreeSet<Str>> {
        if !self.is_consumer() {
            return None;
        }
        let mut topics = BTreeSet::new();
        if self.members.is_empty() {
            return Some(topics);
        }
        self.protocol.as_ref()?;
        for member in self.members.values() {
            subscribed_topics(&member.metadata(self.protocol.as_ref()), &mut topics)?;
        }
        Some(topics)
    }

    /// Whether this is a member, and the current bearer of the instance id if one is given.
    pub(super) fn check_member(&self, member: &Str, instance: Option<&Str>) -> Result<(), ErrorCode> {
        if let Some(instance) = instance {
            match self.instances.get(instance) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(current) if current != member => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains_key(member) { Ok(()) } else { Err(ErrorCode::UnknownMemberId) }
    }

    /// How many offsets the group holds or is about to hold.
    pub(super) fn offset_count(&self) -> usize {
        self.offsets.values().map(BTreeMap::len).sum::<usize>() + self.unsettled.len()
    }

    /// Whether an offset of this partition is stored or on its way.
    pub(super) fn has_offset(&self, topic: &Str, partition: i32) -> bool {
        self.offsets.get(topic).is_some_and(|partitions| partitions.contains_key(&partition))
            || self.unsettled.contains_key(&(topic.clone(), partition))
    }
}

/// The one protocol type whose metadata is looked into.
pub(super) const CONSUMER: &str = "consumer";
