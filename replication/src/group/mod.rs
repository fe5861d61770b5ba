//! Groups of one partition of `__consumer_offsets`: the classic group protocol and committed offsets, as decide and replay.
//!
//! [`Groups`] is a plain value: requests, commits and the time go in, records and answers come out ([`GroupEffect`]). What is
//! persistent (the group as its last record says it, and offsets) changes only in [`replay`](Groups::replay), for a live
//! coordinator when the append has committed, for a loading one as it reads the log: the same code. What is volatile (who
//! waits for whom) is rebuilt by the clients.
//!
//! A value starts loading and refuses requests with COORDINATOR_LOAD_IN_PROGRESS until [`loaded`](Groups::loaded). Answers may
//! leave much later than their request; every ticket is answered exactly once.

mod admin;
mod append;
mod config;
mod member;
mod offset;
mod rebalance;
mod record;
mod request;
mod session;
mod state;
mod timer;

use std::collections::BTreeMap;

use thalweg_wire::Str;
use thalweg_wire::Uuid;
use thalweg_wire::error_code::ErrorCode;

pub use append::{AppendFailure, AppendId, KeyValue};
pub use config::GroupConfig;
pub use record::BadRecord;
pub use request::{GroupRequest, GroupResponse, Ticket, fetch_parts, fetch_response};

use append::{Appends, Then};
use rebalance::Turn;
use record::Key;
use state::Group;
use timer::{Timer, Timers};

/// What a coordinator knows of topics.
pub trait TopicView {
    /// The id of a topic.
    fn topic_id(&self, name: &str) -> Option<Uuid>;
    /// The name of a topic.
    fn topic_name(&self, id: Uuid) -> Option<Str>;
    /// Whether the topic has this partition.
    fn has_partition(&self, name: &str, partition: i32) -> bool;
}

/// What the room around the rules must do.
#[derive(Clone, PartialEq, Debug)]
pub enum GroupEffect {
    /// Append these records as one batch, in the order of the ids, and report [`Groups::committed`] or [`Groups::failed`].
    Append {
        /// Its name.
        id: AppendId,
        /// The records.
        records: Vec<KeyValue>,
    },
    /// Answer.
    Reply {
        /// Whom.
        ticket: Ticket,
        /// With what.
        response: GroupResponse,
    },
}

/// The partition of `__consumer_offsets` that keeps a group: Java's hash of the id's UTF-16 units, its sign dropped.
pub fn partition_for(group: &str, partitions: i32) -> i32 {
    let hash = group.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    (hash & i32::MAX) % partitions.max(1)
}

/// The groups of one partition.
pub struct Groups {
    config: GroupConfig,
    groups: BTreeMap<Str, Group>,
    timers: Timers,
    appends: Appends,
    loading: bool,
    /// When offsets are next looked through for expired ones.
    expiry_ms: Option<i64>,
}

impl Groups {
    /// A coordinator that has read nothing yet.
    pub fn loading(config: GroupConfig) -> Groups {
        let (timers, appends) = (Timers::default(), Appends::default());
        Groups { config, groups: BTreeMap::new(), timers, appends, loading: true, expiry_ms: None }
    }

    /// The whole log has been replayed: sessions start now, requests are welcome.
    pub fn loaded(&mut self, now_ms: i64, out: &mut Vec<GroupEffect>) {
        assert!(self.loading, "a coordinator loads once");
        self.loading = false;
        self.expiry_ms = Some(now_ms.saturating_add(self.config.retention_check_ms));
        let ids: Vec<Str> = self.groups.keys().cloned().collect();
        for id in ids {
            if let Some(mut turn) = self.turn(&id, now_ms, out) {
                turn.resume();
            }
            self.forget_if_vacant(&id);
        }
        self.fire_due(now_ms, out);
    }

    /// Whether the log is still being read.
    pub fn is_loading(&self) -> bool {
        self.loading
    }

    /// Takes a request. It is answered in `out`, now or by a later call. `fresh` gives random ids.
    pub fn handle(
        &mut self,
        now_ms: i64,
        request: GroupRequest,
        ticket: Ticket,
        env: &dyn TopicView,
        fresh: &mut dyn FnMut() -> Uuid,
        out: &mut Vec<GroupEffect>,
    ) {
        if self.loading {
            // a heartbeat is believed: the member will find out soon enough
            let heartbeat = matches!(request, GroupRequest::Heartbeat { .. });
            let code = if heartbeat { ErrorCode::None } else { ErrorCode::CoordinatorLoadInProgress };
            return out.push(GroupEffect::Reply { ticket, response: request.refuse(code) });
        }
        if let Err(code) = self.check(&request) {
            return out.push(GroupEffect::Reply { ticket, response: request.refuse(code) });
        }
        match request {
            GroupRequest::Join { version, client_id, client_host, request } => {
                let asks = rebalance::Joiner { version, client_id, client_host, ticket };
                self.join(now_ms, asks, request, fresh, out);
            }
            GroupRequest::Sync { request, .. } => self.sync(now_ms, request, ticket, out),
            GroupRequest::Heartbeat { request, .. } => self.heartbeat(now_ms, request, ticket, out),
            GroupRequest::Leave { version, request } => self.leave(now_ms, version, request, ticket, out),
            GroupRequest::OffsetCommit { version, request } => self.commit(now_ms, version, request, ticket, env, out),
            GroupRequest::OffsetFetch { version, request, .. } => self.fetch(version, request, ticket, env, out),
            GroupRequest::OffsetDelete { request } => self.delete_offsets(request, ticket, env, out),
            GroupRequest::Describe { version, groups } => {
                out.push(GroupEffect::Reply { ticket, response: self.describe(version, groups) });
            }
            GroupRequest::List { states, types } => {
                out.push(GroupEffect::Reply { ticket, response: self.list(&states, &types) });
            }
            GroupRequest::Delete { groups } => self.delete_groups(groups, ticket, out),
        }
        self.fire_due(now_ms, out);
    }

    /// These records are in the log for good: what they say counts from now, and who waits for them is answered.
    pub fn committed(&mut self, id: AppendId, now_ms: i64, out: &mut Vec<GroupEffect>) {
        let Some(append) = self.appends.finish(id) else { return };
        for (key, value) in &append.records {
            self.settle(key);
            let replayed = self.replay(key, value.as_deref());
            assert!(replayed.is_ok(), "a coordinator reads what it has written: {replayed:?}");
        }
        for then in append.then {
            match then {
                Then::Reply { ticket, response } => out.push(GroupEffect::Reply { ticket, response }),
                Then::Assigned { group, generation } => {
                    if let Some(mut turn) = self.turn(&group, now_ms, out) {
                        turn.assigned(generation);
                    }
                }
                Then::Replaced(it) => {
                    if let Some(mut turn) = self.turn(&it.group, now_ms, out) {
                        turn.replaced(&it);
                    }
                }
            }
        }
        self.forget_vacant_of(&append.records);
        self.fire_due(now_ms, out);
    }

    /// These records are not in the log and never will be: nothing they say counts, who waits for them is told.
    pub fn failed(&mut self, id: AppendId, why: AppendFailure, now_ms: i64, out: &mut Vec<GroupEffect>) {
        let Some(append) = self.appends.finish(id) else { return };
        for (key, _) in &append.records {
            self.settle(key);
        }
        for then in append.then {
            match then {
                Then::Reply { ticket, response } => {
                    let code = why.told(&response);
                    out.push(GroupEffect::Reply { ticket, response: response.fail(code) });
                }
                Then::Assigned { group, generation } => {
                    if let Some(mut turn) = self.turn(&group, now_ms, out) {
                        turn.not_assigned(generation, why.for_group());
                    }
                }
                Then::Replaced(it) => {
                    if let Some(mut turn) = self.turn(&it.group, now_ms, out) {
                        turn.not_replaced(*it, why.for_group());
                    }
                }
            }
        }
        self.forget_vacant_of(&append.records);
        self.fire_due(now_ms, out);
    }

    /// Takes in one record of the log. Kinds that this coordinator does not keep are passed over.
    pub fn replay(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), BadRecord> {
        match Key::read(key)? {
            Key::Other => {}
            Key::Group { group } => match value {
                Some(value) => {
                    let stored = record::read_group(value)?;
                    self.group_or_new(group).stored = Some(stored);
                }
                None => self.replay_group_tombstone(&group),
            },
            Key::Offset { group, topic, partition } => match value {
                Some(value) => {
                    let committed = record::read_offset(value)?;
                    let offsets = &mut self.group_or_new(group).offsets;
                    offsets.entry(topic).or_default().insert(partition, committed);
                }
                None => self.replay_offset_tombstone(&group, &topic, partition),
            },
        }
        Ok(())
    }

    /// Time has passed: deadlines that have been reached take effect.
    pub fn tick(&mut self, now_ms: i64, out: &mut Vec<GroupEffect>) {
        if self.loading {
            return;
        }
        if self.expiry_ms.is_some_and(|at| at <= now_ms) {
            self.expiry_ms = Some(now_ms.saturating_add(self.config.retention_check_ms));
            self.expire(now_ms, out);
        }
        self.fire_due(now_ms, out);
    }

    /// The next moment at which [`tick`](Groups::tick) has something to do.
    pub fn next_deadline(&self) -> Option<i64> {
        [self.timers.next(), self.expiry_ms].into_iter().flatten().min()
    }

    /// This coordinator ends: everyone who waits is sent to look for another. The value is of no use afterwards.
    pub fn retire(&mut self, now_ms: i64, out: &mut Vec<GroupEffect>) {
        for id in self.appends.ids() {
            self.failed(id, AppendFailure::NotLeader, now_ms, out);
        }
        let ids: Vec<Str> = self.groups.keys().cloned().collect();
        for id in ids {
            let Some(mut turn) = self.turn(&id, now_ms, out) else { continue };
            let members: Vec<Str> = turn.group.members.keys().cloned().collect();
            for member in members {
                turn.answer_held(&member, ErrorCode::NotCoordinator);
            }
        }
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    fn replay_group_tombstone(&mut self, id: &Str) {
        let Some(group) = self.groups.get_mut(id) else { return };
        group.stored = None;
        // a live group that has begun anew since the tombstone was decided goes on
        if !self.loading && group.state == state::State::Empty {
            group.restore();
        }
        self.forget_if_vacant(id);
    }

    fn replay_offset_tombstone(&mut self, id: &Str, topic: &Str, partition: i32) {
        let Some(group) = self.groups.get_mut(id) else { return };
        if let Some(partitions) = group.offsets.get_mut(topic) {
            partitions.remove(&partition);
            if partitions.is_empty() {
                group.offsets.remove(topic);
            }
        }
        self.forget_if_vacant(id);
    }

    fn group_or_new(&mut self, id: Str) -> &mut Group {
        self.groups.entry(id).or_insert_with_key(|id| Group::new(id.clone()))
    }

    /// One fewer record about this key is on its way.
    fn settle(&mut self, key: &[u8]) {
        match Key::read(key) {
            Ok(Key::Group { group }) => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.unsettled_metadata -= 1;
                }
            }
            Ok(Key::Offset { group, topic, partition }) => {
                let Some(group) = self.groups.get_mut(&group) else { return };
                let at = (topic, partition);
                match group.unsettled.get_mut(&at) {
                    Some(count) if *count > 1 => *count -= 1,
                    _ => drop(group.unsettled.remove(&at)),
                }
            }
            Ok(Key::Other) | Err(_) => {}
        }
    }

    /// A group together with everything its rules touch.
    fn turn<'a>(&'a mut self, id: &Str, now_ms: i64, out: &'a mut Vec<GroupEffect>) -> Option<Turn<'a>> {
        let group = self.groups.get_mut(id)?;
        let Groups { timers, appends, config, .. } = self;
        Some(Turn { group, timers, appends, config, now_ms, out, appended: None })
    }

    fn fire_due(&mut self, now_ms: i64, out: &mut Vec<GroupEffect>) {
        while let Some((id, timer)) = self.timers.pop_due(now_ms) {
            let Some(mut turn) = self.turn(&id, now_ms, out) else { continue };
            match timer {
                Timer::Join => turn.join_time_is_up(),
                Timer::Sync => turn.sync_time_is_up(),
                Timer::Session(member) => turn.session_is_over(&member),
            }
            self.forget_if_vacant(&id);
        }
    }

    fn forget_if_vacant(&mut self, id: &Str) {
        if self.groups.get(id).is_some_and(Group::is_vacant) {
            self.groups.remove(id);
        }
    }

    fn forget_vacant_of(&mut self, records: &[KeyValue]) {
        for (key, _) in records {
            if let Ok(Key::Group { group } | Key::Offset { group, .. }) = Key::read(key) {
                self.forget_if_vacant(&group);
            }
        }
    }
}
