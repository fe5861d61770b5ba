//! What is checked before any rule looks at a request, and the views that tools ask for.

use thalweg_wire::Str;
use thalweg_wire::error_code::ErrorCode;
use thalweg_wire::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use thalweg_wire::messages::list_groups_response::{ListGroupsResponse, ListedGroup};

use super::Groups;
use super::record::TEXT_BYTES_MAX;
use super::request::{GroupRequest, GroupResponse};
use super::state::{Group, State};

impl Groups {
    /// Refuses what no state of any group could make acceptable.
    pub(super) fn check(&self, request: &GroupRequest) -> Result<(), ErrorCode> {
        match request {
            GroupRequest::Join { request, client_id, client_host, .. } => {
                member_group_id(&request.group_id)?;
                let sessions = self.config.session_timeout_ms_min..=self.config.session_timeout_ms_max;
                if !sessions.contains(&request.session_timeout_ms) {
                    return Err(ErrorCode::InvalidSessionTimeout);
                }
                if request.protocols.len() > self.config.protocols_max {
                    return Err(ErrorCode::InconsistentGroupProtocol);
                }
                let bytes: usize = request.protocols.iter().map(|protocol| protocol.metadata.len()).sum();
                if bytes > self.config.member_bytes_max {
                    return Err(ErrorCode::InvalidRequest);
                }
                let names = request.protocols.iter().map(|protocol| &protocol.name);
                let texts = [&request.member_id, &request.protocol_type, client_id, client_host];
                let texts = texts.into_iter().chain(&request.group_instance_id).chain(names);
                texts.into_iter().try_for_each(short)
            }
            GroupRequest::Sync { request, .. } => member_group_id(&request.group_id),
            GroupRequest::Heartbeat { request, .. } => member_group_id(&request.group_id),
            GroupRequest::Leave { request, .. } => member_group_id(&request.group_id),
            GroupRequest::OffsetCommit { request, .. } => group_id(&request.group_id),
            GroupRequest::OffsetDelete { request } => group_id(&request.group_id),
            GroupRequest::OffsetFetch { .. }
            | GroupRequest::Describe { .. }
            | GroupRequest::List { .. }
            | GroupRequest::Delete { .. } => Ok(()),
        }
    }

    pub(super) fn describe(&self, version: i16, groups: Vec<Str>) -> GroupResponse {
        let described = groups.into_iter().map(|id| match self.groups.get(&id) {
            Some(group) => describe(group),
            None => {
                let missing = version >= 6;
                let code = if missing { ErrorCode::GroupIdNotFound } else { ErrorCode::None };
                let message = missing.then(|| Str::from(format!("there is no group {id}")));
                DescribedGroup {
                    group_id: id,
                    group_state: Str::from_static("Dead"),
                    error_code: code as i16,
                    error_message: message,
                    ..Default::default()
                }
            }
        });
        GroupResponse::Describe(described.collect())
    }

    pub(super) fn list(&self, states: &[Str], types: &[Str]) -> GroupResponse {
        let chosen = |words: &[Str], word: &str| {
            words.is_empty() || words.iter().any(|asked| asked.trim().eq_ignore_ascii_case(word))
        };
        if !chosen(types, CLASSIC) {
            return GroupResponse::List(ListGroupsResponse::default());
        }
        let groups = self.groups.values().filter(|group| chosen(states, group.state.name())).map(|group| ListedGroup {
            group_id: group.id.clone(),
            protocol_type: group.protocol_type.clone().unwrap_or_default(),
            group_state: Str::from_static(group.state.name()),
            group_type: Str::from_static(CLASSIC),
        });
        GroupResponse::List(ListGroupsResponse { groups: groups.collect(), ..Default::default() })
    }
}

const CLASSIC: &str = "classic";

/// A group's members need a group with a name.
fn member_group_id(id: &Str) -> Result<(), ErrorCode> {
    if id.is_empty() { Err(ErrorCode::InvalidGroupId) } else { group_id(id) }
}

/// Offsets may be kept under the empty name, as old clients do.
fn group_id(id: &Str) -> Result<(), ErrorCode> {
    if id.len() <= TEXT_BYTES_MAX { Ok(()) } else { Err(ErrorCode::InvalidGroupId) }
}

fn short(text: &Str) -> Result<(), ErrorCode> {
    if text.len() <= TEXT_BYTES_MAX { Ok(()) } else { Err(ErrorCode::InvalidRequest) }
}

fn describe(group: &Group) -> DescribedGroup {
    // metadata is for the protocol that was chosen, and outside a stable group none is
    let protocol = group.protocol.as_ref().filter(|_| group.state == State::Stable);
    let members = group.members.values().map(|member| DescribedGroupMember {
        member_id: member.id.clone(),
        group_instance_id: member.instance.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        member_metadata: member.metadata(protocol),
        member_assignment: member.assignment.clone(),
    });
    DescribedGroup {
        group_id: group.id.clone(),
        group_state: Str::from_static(group.state.name()),
        protocol_type: group.protocol_type.clone().unwrap_or_default(),
        protocol_data: protocol.cloned().unwrap_or_default(),
        members: members.collect(),
        ..Default::default()
    }
}
