//! Joining a group and the rebalance it starts: who must join again, how long that is waited for, who leads, which protocol wins.
//!
//! ```text
//!          first join                 all joined, or time up             leader's assignment stored
//! Empty ───────────▶ PreparingRebalance ───────────▶ CompletingRebalance ───────────▶ Stable
//!   ▲                   │      ▲  ▲                          │                          │
//!   └── nobody left ────┘      │  └── member gone, changed ──┘                          │
//!                              └──────────── join, leave, session over ─────────────────┘
//! ```

use bytes::Bytes;
use thalweg_wire::error_code::ErrorCode;
use thalweg_wire::messages::join_group_request::JoinGroupRequest;
use thalweg_wire::messages::join_group_response::{JoinGroupResponse, JoinGroupResponseMember};
use thalweg_wire::{Str, Uuid};

use super::append::{AppendId, Appends, KeyValue, Replaced, Then};
use super::config::GroupConfig;
use super::member::{Member, Protocol, WaitingJoin};
use super::record::{group_key, group_value};
use super::request::{GroupResponse, Ticket, join_error, name_for, sync_error};
use super::state::{Group, JoinPhase, State};
use super::timer::{Timer, Timers};
use super::{GroupEffect, Groups};

/// One group at one moment, with everything its rules touch.
pub(super) struct Turn<'a> {
    pub(super) group: &'a mut Group,
    pub(super) timers: &'a mut Timers,
    pub(super) appends: &'a mut Appends,
    pub(super) config: &'a GroupConfig,
    pub(super) now_ms: i64,
    pub(super) out: &'a mut Vec<GroupEffect>,
    /// The append this turn has started, for answers that must wait for it.
    pub(super) appended: Option<AppendId>,
}

/// Who sends a JoinGroup.
pub(super) struct Joiner {
    pub(super) version: i16,
    pub(super) client_id: Str,
    pub(super) client_host: Str,
    pub(super) ticket: Ticket,
}

impl Groups {
    pub(super) fn join(
        &mut self,
        now_ms: i64,
        joiner: Joiner,
        mut request: JoinGroupRequest,
        fresh: &mut dyn FnMut() -> Uuid,
        out: &mut Vec<GroupEffect>,
    ) {
        // version 0 knew one timeout for both
        if joiner.version == 0 {
            request.rebalance_timeout_ms = request.session_timeout_ms;
        }
        let id = request.group_id.detached();
        let refuse = |code| {
            let response = join_error(joiner.version, &request.member_id, code);
            GroupEffect::Reply { ticket: joiner.ticket, response }
        };
        if !self.groups.contains_key(&id) {
            if !request.member_id.is_empty() {
                return out.push(refuse(ErrorCode::UnknownMemberId));
            }
            if self.groups.len() >= self.config.groups_max {
                return out.push(refuse(ErrorCode::CoordinatorNotAvailable));
            }
            self.group_or_new(id.clone());
        }
        if let Some(mut turn) = self.turn(&id, now_ms, out) {
            turn.join(joiner, request, fresh);
        }
        self.forget_if_vacant(&id);
    }
}

impl Turn<'_> {
    fn join(&mut self, joiner: Joiner, request: JoinGroupRequest, fresh: &mut dyn FnMut() -> Uuid) {
        if !self.has_room_for(&request.member_id) {
            self.remove_member(&request.member_id, ErrorCode::GroupMaxSizeReached);
            return self.refuse_join(&joiner, &Str::default(), ErrorCode::GroupMaxSizeReached);
        }
        let names = request.protocols.iter().map(|protocol| &protocol.name);
        if !self.group.supports(&request.protocol_type, names) {
            return self.refuse_join(&joiner, &request.member_id, ErrorCode::InconsistentGroupProtocol);
        }
        let member_id = request.member_id.clone();
        if member_id.is_empty() {
            self.join_unknown(joiner, request, fresh)
        } else if self.group.pending_joins.contains(&member_id) {
            if request.group_instance_id.is_some() {
                // ids are handed out before the join to dynamic members only
                return self.refuse_join(&joiner, &member_id, ErrorCode::UnknownMemberId);
            }
            self.add_member(member_id.detached(), joiner, request)
        } else {
            match self.group.check_member(&member_id, request.group_instance_id.as_ref()) {
                Ok(()) => self.join_again(joiner, request),
                Err(code) => self.refuse_join(&joiner, &member_id, code),
            }
        }
    }

    /// Whether the group's size allows this join.
    fn has_room_for(&self, member: &Str) -> bool {
        let group = &*self.group;
        let known = group.members.get(member);
        match group.state {
            State::Empty => true,
            State::PreparingRebalance => {
                known.is_some_and(|member| member.join.is_some()) || group.awaiting_joins < self.config.members_max
            }
            State::CompletingRebalance | State::Stable => {
                known.is_some() || group.members.len() < self.config.members_max
            }
        }
    }

    /// A member without an id: it gets one.
    fn join_unknown(&mut self, joiner: Joiner, request: JoinGroupRequest, fresh: &mut dyn FnMut() -> Uuid) {
        let stem = request.group_instance_id.as_ref().unwrap_or(&joiner.client_id);
        let new_id = Str::from(format!("{stem}-{}", hyphenated(fresh())));
        if let Some(instance) = request.group_instance_id.clone() {
            return match self.group.instances.get(&instance).cloned() {
                Some(old_id) => self.replace(instance.detached(), old_id, new_id, joiner, request),
                None => self.add_member(new_id, joiner, request),
            };
        }
        if joiner.version < 4 {
            return self.add_member(new_id, joiner, request);
        }
        // A client whose first join times out on its side would leave a ghost behind: it must first show that it got its id.
        if self.group.pending_joins.len() >= self.config.pending_members_max {
            return self.refuse_join(&joiner, &Str::default(), ErrorCode::GroupMaxSizeReached);
        }
        self.group.pending_joins.insert(new_id.clone());
        self.set_session(&new_id, i64::from(request.session_timeout_ms));
        self.refuse_join(&joiner, &new_id, ErrorCode::MemberIdRequired);
    }

    /// A member of the group joins once more.
    fn join_again(&mut self, joiner: Joiner, request: JoinGroupRequest) {
        let id = request.member_id.detached();
        let same = self.group.members.get(&id).is_some_and(|member| offers(member, &request));
        let rebalances = match self.group.state {
            State::PreparingRebalance => true,
            State::CompletingRebalance => !same,
            // a leader that joins again wants a new assignment: its topics may have changed
            State::Stable => !same || self.group.is_leader(&id),
            State::Empty => return self.refuse_join(&joiner, &id, ErrorCode::UnknownMemberId),
        };
        if rebalances {
            self.hold_join(&id, joiner, request);
            return self.rebalance_or_complete();
        }
        let leads = self.group.state == State::CompletingRebalance && self.group.is_leader(&id);
        let members = if leads { self.everyone() } else { Vec::new() };
        let waiting = WaitingJoin { ticket: joiner.ticket, version: joiner.version };
        self.answer_join(waiting, &id, members, false);
    }

    fn add_member(&mut self, id: Str, joiner: Joiner, request: JoinGroupRequest) {
        if self.group.state == State::PreparingRebalance && self.group.initial {
            self.group.arrived = true;
        }
        let protocol_type = request.protocol_type.detached();
        let member = Member {
            id: id.clone(),
            instance: request.group_instance_id.as_ref().map(Str::detached),
            client_id: joiner.client_id.detached(),
            client_host: joiner.client_host.detached(),
            rebalance_timeout_ms: request.rebalance_timeout_ms.max(0),
            session_timeout_ms: request.session_timeout_ms,
            protocols: protocols_of(&request),
            assignment: Bytes::new(),
            join: Some(WaitingJoin { ticket: joiner.ticket, version: joiner.version }),
            sync: None,
            is_new: true,
        };
        self.group.add(member, &protocol_type);
        self.set_session(&id, self.config.new_member_patience_ms);
        self.rebalance_or_complete();
    }

    /// Keeps the request until the rebalance is through, and takes over what it asks for.
    fn hold_join(&mut self, id: &Str, joiner: Joiner, request: JoinGroupRequest) {
        if let Some(before) = self.group.take_join(id) {
            self.reply_join_error(before, id, ErrorCode::RebalanceInProgress);
        }
        self.group.update(id, |member| {
            member.protocols = protocols_of(&request);
            member.rebalance_timeout_ms = request.rebalance_timeout_ms.max(0);
            member.session_timeout_ms = request.session_timeout_ms;
            member.join = Some(WaitingJoin { ticket: joiner.ticket, version: joiner.version });
        });
    }

    /// A static member has come back without its id: it gets a new one, the old one is fenced, and if nothing else changes
    /// the group does not rebalance.
    fn replace(&mut self, instance: Str, old_id: Str, new_id: Str, joiner: Joiner, request: JoinGroupRequest) {
        let Some(old) = self.group.members.get(&old_id) else { return };
        let replaced = Replaced {
            group: self.group.id.clone(),
            generation: self.group.generation,
            instance: instance.clone(),
            old_id: old_id.clone(),
            new_id: new_id.clone(),
            old_leader: self.group.leader.clone(),
            old_protocols: old.protocols.clone(),
            old_rebalance_timeout_ms: old.rebalance_timeout_ms,
            old_session_timeout_ms: old.session_timeout_ms,
        };
        self.answer_held(&old_id, ErrorCode::FencedInstanceId);
        self.timers.cancel(&self.group.id, Timer::Session(old_id.clone()));
        self.group.rename(&instance, &old_id, new_id.clone());
        let patience = i64::from(request.session_timeout_ms);
        self.hold_join(&new_id, joiner, request);
        self.set_session(&new_id, patience);
        match self.group.state {
            State::Stable if self.group.vote() == self.group.protocol => {
                let stored = self.group.to_store(|member| member.assignment.clone());
                self.append_group(group_value(&stored), vec![Then::Replaced(Box::new(replaced))]);
            }
            State::Stable | State::CompletingRebalance => self.prepare_rebalance(),
            State::PreparingRebalance => self.complete_if_all_joined(),
            State::Empty => {}
        }
    }

    /// The replacement is stored: the member goes on where it was.
    pub(super) fn replaced(&mut self, it: &Replaced) {
        let group = &*self.group;
        if group.state != State::Stable || group.generation != it.generation {
            return; // a rebalance has begun since, and it counts the held-back join
        }
        let leads = group.is_leader(&it.new_id);
        let Some(waiting) = self.group.take_join(&it.new_id) else { return };
        self.renew_session(&it.new_id);
        if waiting.version >= 9 {
            // the leader is told who is there, and that nobody waits for an assignment
            let members = if leads { self.everyone() } else { Vec::new() };
            return self.answer_join(waiting, &it.new_id, members, leads);
        }
        // An older client that leads would compute an assignment nobody waits for: it is named the old leader, not itself.
        let mut response = self.joined(waiting.version, &it.new_id, Vec::new(), false);
        response.leader = it.old_leader.clone().unwrap_or_default();
        self.reply(waiting.ticket, GroupResponse::Join(response));
    }

    /// The replacement could not be stored: the old id is valid again.
    pub(super) fn not_replaced(&mut self, it: Replaced, code: ErrorCode) {
        let current = self.group.instances.get(&it.instance) == Some(&it.new_id);
        if !current || self.group.state != State::Stable || self.group.generation != it.generation {
            return;
        }
        if let Some(waiting) = self.group.take_join(&it.new_id) {
            self.reply_join_error(waiting, &Str::default(), code);
        }
        self.timers.cancel(&self.group.id, Timer::Session(it.new_id.clone()));
        self.group.rename(&it.instance, &it.new_id, it.old_id.clone());
        let patience = i64::from(it.old_session_timeout_ms);
        self.group.update(&it.old_id, |member| {
            member.protocols = it.old_protocols;
            member.rebalance_timeout_ms = it.old_rebalance_timeout_ms;
            member.session_timeout_ms = it.old_session_timeout_ms;
        });
        self.set_session(&it.old_id, patience);
    }

    /// A member has come, gone or changed: rebalance, or go on with the one that is running.
    pub(super) fn rebalance_or_complete(&mut self) {
        match self.group.state {
            State::PreparingRebalance => self.complete_if_all_joined(),
            State::Empty | State::CompletingRebalance | State::Stable => self.prepare_rebalance(),
        }
    }

    /// Ends the join phase if nobody is missing. An empty group's first one always waits its time.
    pub(super) fn complete_if_all_joined(&mut self) {
        if self.group.state == State::PreparingRebalance && !self.group.initial && self.group.has_all_joined() {
            self.complete_join();
        }
    }

    pub(super) fn prepare_rebalance(&mut self) {
        if self.group.state == State::CompletingRebalance {
            self.drop_assignments(ErrorCode::RebalanceInProgress);
        }
        self.group.pending_syncs.clear();
        self.timers.cancel(&self.group.id, Timer::Sync);
        self.group.initial = self.group.state == State::Empty;
        self.enter(State::PreparingRebalance);
        if self.group.initial {
            self.group.arrived = false;
            let delay_ms = self.config.initial_rebalance_delay_ms;
            let remaining_ms = (self.group.rebalance_timeout_ms() - delay_ms).max(0);
            self.set_join_timer(JoinPhase::Initial { delay_ms, remaining_ms }, delay_ms);
        } else if self.group.has_all_joined() {
            self.complete_join();
        } else {
            self.set_join_timer(JoinPhase::Later, self.group.rebalance_timeout_ms());
        }
    }

    pub(super) fn join_time_is_up(&mut self) {
        if self.group.state != State::PreparingRebalance {
            return;
        }
        match self.group.join_phase {
            JoinPhase::Initial { delay_ms, remaining_ms } if self.group.arrived && remaining_ms > 0 => {
                self.group.arrived = false;
                let next_ms = self.config.initial_rebalance_delay_ms.min(remaining_ms);
                let left_ms = (remaining_ms - delay_ms).max(0);
                self.set_join_timer(JoinPhase::Initial { delay_ms: next_ms, remaining_ms: left_ms }, next_ms);
            }
            JoinPhase::Initial { .. } | JoinPhase::Later => self.complete_join(),
        }
    }

    /// Everyone who will come has come: begin the next generation with them.
    pub(super) fn complete_join(&mut self) {
        self.timers.cancel(&self.group.id, Timer::Join);
        let missing = self.group.members.values().filter(|member| member.join.is_none() && member.instance.is_none());
        let missing: Vec<Str> = missing.map(|member| member.id.clone()).collect();
        for id in missing {
            self.remove_member(&id, ErrorCode::UnknownMemberId);
        }
        if !self.group.elect_leader() && !self.group.members.is_empty() {
            // only static members, and none has come back yet: their sessions decide
            return self.set_join_timer(JoinPhase::Later, self.group.rebalance_timeout_ms());
        }
        self.group.generation = self.group.generation.checked_add(1).unwrap_or(1);
        self.group.pending_syncs.clear();
        self.group.initial = false;
        self.group.assigning = false;
        if self.group.members.is_empty() {
            self.group.protocol = None;
            self.group.subscribed = self.group.subscriptions();
            self.enter(State::Empty);
            let stored = self.group.to_store(|_| Bytes::new());
            return self.append_group(group_value(&stored), Vec::new());
        }
        self.group.protocol = self.group.vote();
        self.group.subscribed = self.group.subscriptions();
        self.enter(State::CompletingRebalance);
        let ids: Vec<Str> = self.group.members.keys().cloned().collect();
        for id in ids {
            if let Some(waiting) = self.group.take_join(&id) {
                let members = if self.group.is_leader(&id) { self.everyone() } else { Vec::new() };
                self.answer_join(waiting, &id, members, false);
            }
            if let Some(member) = self.group.members.get_mut(&id) {
                member.is_new = false;
            }
            self.renew_session(&id);
            self.group.pending_syncs.insert(id);
        }
        let patience_ms = self.group.rebalance_timeout_ms();
        self.timers.set(&self.group.id, Timer::Sync, self.now_ms.saturating_add(patience_ms));
    }

    /// Takes a member out, telling whatever it waits for. An id that is only pending goes too.
    pub(super) fn remove_member(&mut self, id: &Str, code: ErrorCode) {
        self.answer_held(id, code);
        self.timers.cancel(&self.group.id, Timer::Session(id.clone()));
        self.group.remove(id);
    }

    /// Answers what a member has waiting with an error.
    pub(super) fn answer_held(&mut self, id: &Str, code: ErrorCode) {
        if let Some(waiting) = self.group.take_join(id) {
            let told = if code == ErrorCode::FencedInstanceId { id.clone() } else { Str::default() };
            self.reply_join_error(waiting, &told, code);
        }
        if let Some(ticket) = self.group.members.get_mut(id).and_then(|member| member.sync.take()) {
            self.reply(ticket, sync_error(code));
        }
    }

    /// Forgets assignments that were never handed out, telling those who wait for theirs.
    pub(super) fn drop_assignments(&mut self, code: ErrorCode) {
        let ids: Vec<Str> = self.group.members.keys().cloned().collect();
        for id in ids {
            let Some(member) = self.group.members.get_mut(&id) else { continue };
            member.assignment = Bytes::new();
            if let Some(ticket) = member.sync.take() {
                self.reply(ticket, sync_error(code));
                self.renew_session(&id);
            }
        }
    }

    /// After loading: what the log said is the state, and every member has a full session to report again.
    pub(super) fn resume(&mut self) {
        self.group.restore();
        let ids: Vec<Str> = self.group.members.keys().cloned().collect();
        for id in ids {
            self.renew_session(&id);
        }
        if self.group.members.len() > self.config.members_max {
            self.prepare_rebalance();
        }
    }

    pub(super) fn set_session(&mut self, member: &Str, patience_ms: i64) {
        let deadline_ms = self.now_ms.saturating_add(patience_ms);
        self.timers.set(&self.group.id, Timer::Session(member.clone()), deadline_ms);
    }

    pub(super) fn renew_session(&mut self, member: &Str) {
        if let Some(known) = self.group.members.get(member) {
            self.set_session(member, i64::from(known.session_timeout_ms));
        }
    }

    pub(super) fn append_group(&mut self, value: Bytes, then: Vec<Then>) {
        self.group.unsettled_metadata += 1;
        let records: Vec<KeyValue> = vec![(group_key(&self.group.id), Some(value))];
        let id = self.appends.start(records.clone(), then);
        self.appended = Some(id);
        self.out.push(GroupEffect::Append { id, records });
    }

    pub(super) fn reply(&mut self, ticket: Ticket, response: GroupResponse) {
        self.out.push(GroupEffect::Reply { ticket, response });
    }

    pub(super) fn enter(&mut self, state: State) {
        self.group.state = state;
        self.group.since_ms = Some(self.now_ms);
    }

    fn set_join_timer(&mut self, phase: JoinPhase, delay_ms: i64) {
        self.group.join_phase = phase;
        self.timers.set(&self.group.id, Timer::Join, self.now_ms.saturating_add(delay_ms));
    }

    fn refuse_join(&mut self, joiner: &Joiner, member: &Str, code: ErrorCode) {
        self.reply(joiner.ticket, join_error(joiner.version, member, code));
    }

    fn reply_join_error(&mut self, waiting: WaitingJoin, member: &Str, code: ErrorCode) {
        self.reply(waiting.ticket, join_error(waiting.version, member, code));
    }

    /// The members and their metadata for the chosen protocol, as only the leader sees them.
    fn everyone(&self) -> Vec<JoinGroupResponseMember> {
        let protocol = self.group.protocol.as_ref();
        let members = self.group.members.values().map(|member| JoinGroupResponseMember {
            member_id: member.id.clone(),
            group_instance_id: member.instance.clone(),
            metadata: member.metadata(protocol),
        });
        members.collect()
    }

    fn joined(
        &self,
        version: i16,
        member: &Str,
        members: Vec<JoinGroupResponseMember>,
        skip_assignment: bool,
    ) -> JoinGroupResponse {
        JoinGroupResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None as i16,
            generation_id: self.group.generation,
            protocol_type: self.group.protocol_type.clone(),
            protocol_name: name_for(version, self.group.protocol.as_ref()),
            leader: self.group.leader.clone().unwrap_or_default(),
            skip_assignment,
            member_id: member.clone(),
            members,
        }
    }

    fn answer_join(
        &mut self,
        waiting: WaitingJoin,
        member: &Str,
        members: Vec<JoinGroupResponseMember>,
        skip_assignment: bool,
    ) {
        let response = self.joined(waiting.version, member, members, skip_assignment);
        self.reply(waiting.ticket, GroupResponse::Join(response));
    }
}

/// Whether a join offers exactly what the member offered before.
fn offers(member: &Member, request: &JoinGroupRequest) -> bool {
    let before = member.protocols.iter().map(|protocol| (&protocol.name, &protocol.metadata));
    before.eq(request.protocols.iter().map(|protocol| (&protocol.name, &protocol.metadata)))
}

/// The protocols of a request in memory of their own; of a name given twice the first counts.
fn protocols_of(request: &JoinGroupRequest) -> Vec<Protocol> {
    let mut protocols: Vec<Protocol> = Vec::with_capacity(request.protocols.len());
    for offered in &request.protocols {
        if protocols.iter().all(|known| known.name != offered.name) {
            let metadata = Bytes::copy_from_slice(&offered.metadata);
            protocols.push(Protocol { name: offered.name.detached(), metadata });
        }
    }
    protocols
}

/// An id as member ids end with it: lower-case hexadecimal in groups of 8, 4, 4, 4 and 12.
fn hyphenated(id: Uuid) -> String {
    let hex: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
