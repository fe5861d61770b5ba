//! Life between rebalances: fetching the assignment, heartbeats, leaving, and what happens to those who fall silent.

use std::collections::BTreeMap;

use bytes::Bytes;
use thalweg_wire::Str;
use thalweg_wire::error_code::ErrorCode;
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::heartbeat_response::HeartbeatResponse;
use thalweg_wire::messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use thalweg_wire::messages::leave_group_response::{LeaveGroupResponse, MemberResponse};
use thalweg_wire::messages::sync_group_request::SyncGroupRequest;
use thalweg_wire::messages::sync_group_response::SyncGroupResponse;

use super::append::Then;
use super::rebalance::Turn;
use super::record::group_value;
use super::request::{GroupResponse, Ticket, sync_error};
use super::state::State;
use super::timer::Timer;
use super::{GroupEffect, Groups};

impl Groups {
    pub(super) fn sync(&mut self, now_ms: i64, request: SyncGroupRequest, ticket: Ticket, out: &mut Vec<GroupEffect>) {
        match self.turn(&request.group_id, now_ms, out) {
            Some(mut turn) => turn.sync(request, ticket),
            None => out.push(GroupEffect::Reply { ticket, response: sync_error(ErrorCode::UnknownMemberId) }),
        }
    }

    pub(super) fn heartbeat(
        &mut self,
        now_ms: i64,
        request: HeartbeatRequest,
        ticket: Ticket,
        out: &mut Vec<GroupEffect>,
    ) {
        let code = match self.turn(&request.group_id, now_ms, out) {
            Some(mut turn) => turn.heartbeat(&request),
            None => ErrorCode::UnknownMemberId,
        };
        let response = HeartbeatResponse { error_code: code as i16, throttle_time_ms: 0 };
        out.push(GroupEffect::Reply { ticket, response: GroupResponse::Heartbeat(response) });
    }

    pub(super) fn leave(
        &mut self,
        now_ms: i64,
        version: i16,
        request: LeaveGroupRequest,
        ticket: Ticket,
        out: &mut Vec<GroupEffect>,
    ) {
        let leaving = if version < 3 {
            vec![MemberIdentity { member_id: request.member_id, ..Default::default() }]
        } else {
            request.members
        };
        let mut appended = None;
        let results: Vec<ErrorCode> = match self.turn(&request.group_id, now_ms, out) {
            Some(mut turn) => {
                let results = turn.leave(&leaving);
                appended = turn.appended;
                results
            }
            None => vec![ErrorCode::UnknownMemberId; leaving.len()],
        };
        let mut response = LeaveGroupResponse::default();
        if version < 3 {
            response.error_code = results.first().map_or(0, |code| *code as i16);
        } else {
            let told = leaving.into_iter().zip(results).map(|(member, code)| MemberResponse {
                member_id: member.member_id,
                group_instance_id: member.group_instance_id,
                error_code: code as i16,
            });
            response.members = told.collect();
        }
        let response = GroupResponse::Leave(response);
        match appended {
            Some(id) => self.appends.attach(id, Then::Reply { ticket, response }),
            None => out.push(GroupEffect::Reply { ticket, response }),
        }
        self.forget_if_vacant(&request.group_id);
    }
}

impl Turn<'_> {
    fn sync(&mut self, request: SyncGroupRequest, ticket: Ticket) {
        let id = request.member_id.clone();
        if let Err(code) = self.check_sync(&request) {
            return self.reply(ticket, sync_error(code));
        }
        match self.group.state {
            State::Empty => self.reply(ticket, sync_error(ErrorCode::UnknownMemberId)),
            State::PreparingRebalance => self.reply(ticket, sync_error(ErrorCode::RebalanceInProgress)),
            State::Stable => {
                self.has_synced(&id);
                let response = self.assignment_of(&id);
                self.reply(ticket, response);
            }
            State::CompletingRebalance => {
                let leads = self.group.is_leader(&id);
                if leads && self.appends.len() >= self.config.appends_max {
                    return self.reply(ticket, sync_error(ErrorCode::CoordinatorNotAvailable));
                }
                self.has_synced(&id);
                let before = self.group.members.get_mut(&id).and_then(|member| member.sync.replace(ticket));
                if let Some(before) = before {
                    self.reply(before, sync_error(ErrorCode::RebalanceInProgress));
                }
                if leads && !self.group.assigning {
                    self.assign(&request);
                }
            }
        }
    }

    fn check_sync(&self, request: &SyncGroupRequest) -> Result<(), ErrorCode> {
        let group = &*self.group;
        group.check_member(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        let differs =
            |asked: &Option<Str>, own: &Option<Str>| matches!((asked, own), (Some(asked), Some(own)) if asked != own);
        if differs(&request.protocol_type, &group.protocol_type) || differs(&request.protocol_name, &group.protocol) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        Ok(())
    }

    /// Stores the leader's assignment; who is not in it gets an empty one.
    fn assign(&mut self, request: &SyncGroupRequest) {
        let mut assigned: BTreeMap<&Str, &Bytes> = BTreeMap::new();
        for assignment in &request.assignments {
            assigned.insert(&assignment.member_id, &assignment.assignment);
        }
        let stored = self.group.to_store(|member| assigned.get(&member.id).copied().cloned().unwrap_or_default());
        self.group.assigning = true;
        let then = Then::Assigned { group: self.group.id.clone(), generation: self.group.generation };
        self.append_group(group_value(&stored), vec![then]);
    }

    /// The assignment is stored: what the record says is what every member is told.
    pub(super) fn assigned(&mut self, generation: i32) {
        if self.group.state != State::CompletingRebalance || self.group.generation != generation {
            return;
        }
        self.group.assigning = false;
        let Some(stored) = self.group.stored.clone() else { return };
        self.group.state = State::Stable;
        self.group.since_ms = stored.since_ms;
        let ids: Vec<Str> = self.group.members.keys().cloned().collect();
        for id in ids {
            let Some(member) = self.group.members.get_mut(&id) else { continue };
            member.assignment = stored.members.get(&id).map(|stored| stored.assignment.clone()).unwrap_or_default();
            if let Some(ticket) = member.sync.take() {
                let response = self.assignment_of(&id);
                self.reply(ticket, response);
                self.renew_session(&id);
            }
        }
    }

    /// The assignment could not be stored: everyone is told, and the group tries again.
    pub(super) fn not_assigned(&mut self, generation: i32, code: ErrorCode) {
        if self.group.state == State::CompletingRebalance && self.group.generation == generation {
            self.group.assigning = false;
            self.drop_assignments(code);
            self.prepare_rebalance();
        }
    }

    fn assignment_of(&self, id: &Str) -> GroupResponse {
        let assignment = self.group.members.get(id).map(|member| member.assignment.clone()).unwrap_or_default();
        GroupResponse::Sync(SyncGroupResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None as i16,
            protocol_type: self.group.protocol_type.clone(),
            protocol_name: self.group.protocol.clone(),
            assignment,
        })
    }

    fn has_synced(&mut self, id: &Str) {
        self.group.pending_syncs.remove(id);
        if self.group.pending_syncs.is_empty() {
            self.timers.cancel(&self.group.id, Timer::Sync);
        }
    }

    /// Members that have not asked for their assignment in time are gone.
    pub(super) fn sync_time_is_up(&mut self) {
        let waiting = matches!(self.group.state, State::CompletingRebalance | State::Stable);
        if !waiting || self.group.pending_syncs.is_empty() {
            return;
        }
        for id in std::mem::take(&mut self.group.pending_syncs) {
            self.remove_member(&id, ErrorCode::UnknownMemberId);
        }
        self.prepare_rebalance();
    }

    fn heartbeat(&mut self, request: &HeartbeatRequest) -> ErrorCode {
        if let Err(code) = self.group.check_member(&request.member_id, request.group_instance_id.as_ref()) {
            return code;
        }
        if request.generation_id != self.group.generation {
            return ErrorCode::IllegalGeneration;
        }
        match self.group.state {
            State::Empty => ErrorCode::UnknownMemberId,
            State::PreparingRebalance => {
                self.renew_session(&request.member_id.detached());
                ErrorCode::RebalanceInProgress
            }
            State::CompletingRebalance | State::Stable => {
                self.renew_session(&request.member_id.detached());
                ErrorCode::None
            }
        }
    }

    fn leave(&mut self, leaving: &[MemberIdentity]) -> Vec<ErrorCode> {
        let results: Vec<ErrorCode> = leaving.iter().map(|member| self.leave_one(member)).collect();
        if results.contains(&ErrorCode::None) {
            match self.group.state {
                State::Stable | State::CompletingRebalance => self.prepare_rebalance(),
                State::PreparingRebalance => self.complete_if_all_joined(),
                State::Empty => {}
            }
        }
        results
    }

    fn leave_one(&mut self, who: &MemberIdentity) -> ErrorCode {
        let instance = who.group_instance_id.as_ref();
        let id = if who.member_id.is_empty() {
            match instance.and_then(|instance| self.group.instances.get(instance)) {
                Some(id) => id.clone(),
                None => return ErrorCode::UnknownMemberId,
            }
        } else if self.group.pending_joins.contains(&who.member_id) {
            who.member_id.clone()
        } else {
            match self.group.check_member(&who.member_id, instance) {
                Ok(()) => who.member_id.clone(),
                Err(code) => return code,
            }
        };
        self.remove_member(&id, ErrorCode::UnknownMemberId);
        ErrorCode::None
    }

    /// A member has been silent for too long, or an id was handed out and never used.
    pub(super) fn session_is_over(&mut self, id: &Str) {
        if let Some(member) = self.group.members.get(id) {
            if member.is_held_back() {
                return; // its session begins again with the answer
            }
        } else if !self.group.pending_joins.contains(id) {
            return;
        }
        let was_member = self.group.members.contains_key(id);
        self.remove_member(id, ErrorCode::UnknownMemberId);
        match self.group.state {
            State::Stable | State::CompletingRebalance if was_member => self.prepare_rebalance(),
            State::PreparingRebalance if self.group.has_all_joined() => self.complete_join(),
            _ => {}
        }
    }
}
