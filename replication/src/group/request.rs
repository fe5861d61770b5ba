//! What a group coordinator is asked and what it answers, in the wire's own structs. One value is one coordinator's share: the
//! edge splits requests that name several groups ([`fetch_parts`], and by group id for describe and delete) and joins the
//! answers ([`fetch_response`]).

use thalweg_wire::Str;
use thalweg_wire::error_code::ErrorCode;
use thalweg_wire::messages::delete_groups_response::DeletableGroupResult;
use thalweg_wire::messages::describe_groups_response::DescribedGroup;
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::heartbeat_response::HeartbeatResponse;
use thalweg_wire::messages::join_group_request::JoinGroupRequest;
use thalweg_wire::messages::join_group_response::JoinGroupResponse;
use thalweg_wire::messages::leave_group_request::LeaveGroupRequest;
use thalweg_wire::messages::leave_group_response::LeaveGroupResponse;
use thalweg_wire::messages::list_groups_response::ListGroupsResponse;
use thalweg_wire::messages::offset_commit_request::OffsetCommitRequest;
use thalweg_wire::messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use thalweg_wire::messages::offset_delete_request::OffsetDeleteRequest;
use thalweg_wire::messages::offset_delete_response::OffsetDeleteResponse;
use thalweg_wire::messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use thalweg_wire::messages::offset_fetch_response::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponseTopic,
};
use thalweg_wire::messages::sync_group_request::SyncGroupRequest;
use thalweg_wire::messages::sync_group_response::SyncGroupResponse;

/// Names a request until it is answered: unique within the host that asks. A join may be answered minutes later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticket(pub u64);

/// Asked of the coordinator of a group.
#[derive(Clone, Debug)]
pub enum GroupRequest {
    /// JoinGroup.
    Join {
        /// Version of the request.
        version: i16,
        /// The client id of the request header, empty if null.
        client_id: Str,
        /// The peer's address as Kafka shows it: `/127.0.0.1`.
        client_host: Str,
        /// The request.
        request: JoinGroupRequest,
    },
    /// SyncGroup.
    Sync {
        /// Version of the request.
        version: i16,
        /// The request.
        request: SyncGroupRequest,
    },
    /// Heartbeat.
    Heartbeat {
        /// Version of the request.
        version: i16,
        /// The request.
        request: HeartbeatRequest,
    },
    /// LeaveGroup.
    Leave {
        /// Version of the request.
        version: i16,
        /// The request.
        request: LeaveGroupRequest,
    },
    /// OffsetCommit.
    OffsetCommit {
        /// Version of the request.
        version: i16,
        /// The request.
        request: OffsetCommitRequest,
    },
    /// OffsetFetch of one group; [`fetch_parts`] makes these of a request of any version.
    OffsetFetch {
        /// Version of the request.
        version: i16,
        /// The group's part.
        request: OffsetFetchRequestGroup,
        /// Refuse offsets that an open transaction may still change.
        require_stable: bool,
    },
    /// OffsetDelete.
    OffsetDelete {
        /// The request.
        request: OffsetDeleteRequest,
    },
    /// DescribeGroups, for groups of this coordinator.
    Describe {
        /// Version of the request.
        version: i16,
        /// The groups.
        groups: Vec<Str>,
    },
    /// ListGroups: every group of this coordinator that passes the filters.
    List {
        /// States to show, in any case; empty for all.
        states: Vec<Str>,
        /// Types to show, in any case; empty for all.
        types: Vec<Str>,
    },
    /// DeleteGroups, for groups of this coordinator.
    Delete {
        /// The groups.
        groups: Vec<Str>,
    },
}

/// Answer to a [`GroupRequest`], ready to encode in the request's version.
#[derive(Clone, PartialEq, Debug)]
pub enum GroupResponse {
    /// To [`GroupRequest::Join`].
    Join(JoinGroupResponse),
    /// To [`GroupRequest::Sync`].
    Sync(SyncGroupResponse),
    /// To [`GroupRequest::Heartbeat`].
    Heartbeat(HeartbeatResponse),
    /// To [`GroupRequest::Leave`].
    Leave(LeaveGroupResponse),
    /// To [`GroupRequest::OffsetCommit`].
    OffsetCommit(OffsetCommitResponse),
    /// To [`GroupRequest::OffsetFetch`]; [`fetch_response`] joins these.
    OffsetFetch(OffsetFetchResponseGroup),
    /// To [`GroupRequest::OffsetDelete`].
    OffsetDelete(OffsetDeleteResponse),
    /// To [`GroupRequest::Describe`], in the order asked.
    Describe(Vec<DescribedGroup>),
    /// To [`GroupRequest::List`].
    List(ListGroupsResponse),
    /// To [`GroupRequest::Delete`], in the order asked.
    Delete(Vec<DeletableGroupResult>),
}

impl GroupRequest {
    /// The answer that refuses the whole request with one code.
    pub fn refuse(&self, code: ErrorCode) -> GroupResponse {
        let error_code = code as i16;
        match self {
            GroupRequest::Join { version, request, .. } => join_error(*version, &request.member_id, code),
            GroupRequest::Sync { .. } => sync_error(code),
            GroupRequest::Heartbeat { .. } => {
                GroupResponse::Heartbeat(HeartbeatResponse { error_code, ..Default::default() })
            }
            GroupRequest::Leave { .. } => GroupResponse::Leave(LeaveGroupResponse { error_code, ..Default::default() }),
            GroupRequest::OffsetCommit { request, .. } => {
                let topics = request.topics.iter().map(|topic| OffsetCommitResponseTopic {
                    name: topic.name.clone(),
                    topic_id: topic.topic_id,
                    partitions: topic
                        .partitions
                        .iter()
                        .map(|at| OffsetCommitResponsePartition { partition_index: at.partition_index, error_code })
                        .collect(),
                });
                GroupResponse::OffsetCommit(OffsetCommitResponse { topics: topics.collect(), ..Default::default() })
            }
            GroupRequest::OffsetFetch { request, .. } => GroupResponse::OffsetFetch(OffsetFetchResponseGroup {
                group_id: request.group_id.clone(),
                error_code,
                ..Default::default()
            }),
            GroupRequest::OffsetDelete { .. } => {
                GroupResponse::OffsetDelete(OffsetDeleteResponse { error_code, ..Default::default() })
            }
            GroupRequest::Describe { groups, .. } => GroupResponse::Describe(
                groups
                    .iter()
                    .map(|group| DescribedGroup { group_id: group.clone(), error_code, ..Default::default() })
                    .collect(),
            ),
            GroupRequest::List { .. } => GroupResponse::List(ListGroupsResponse { error_code, ..Default::default() }),
            GroupRequest::Delete { groups } => GroupResponse::Delete(
                groups
                    .iter()
                    .map(|group| DeletableGroupResult { group_id: group.clone(), error_code, ..Default::default() })
                    .collect(),
            ),
        }
    }
}

impl GroupResponse {
    /// What was decided could not be stored: the same answer with every success in it turned into this error.
    pub(super) fn fail(mut self, code: ErrorCode) -> GroupResponse {
        let error_code = code as i16;
        let put = |at: &mut i16| {
            if *at == ErrorCode::None as i16 {
                *at = error_code;
            }
        };
        match &mut self {
            GroupResponse::Join(it) => put(&mut it.error_code),
            GroupResponse::Sync(it) => put(&mut it.error_code),
            GroupResponse::Heartbeat(it) => put(&mut it.error_code),
            GroupResponse::Leave(it) => put(&mut it.error_code),
            GroupResponse::OffsetFetch(it) => put(&mut it.error_code),
            GroupResponse::OffsetDelete(it) => put(&mut it.error_code),
            GroupResponse::List(it) => put(&mut it.error_code),
            GroupResponse::OffsetCommit(it) => {
                it.topics.iter_mut().flat_map(|topic| &mut topic.partitions).for_each(|at| put(&mut at.error_code));
            }
            GroupResponse::Describe(it) => it.iter_mut().for_each(|group| put(&mut group.error_code)),
            GroupResponse::Delete(it) => it.iter_mut().for_each(|group| put(&mut group.error_code)),
        }
        self
    }
}

/// A refused join. Before version 7 the protocol name cannot be null.
pub(super) fn join_error(version: i16, member_id: &Str, code: ErrorCode) -> GroupResponse {
    GroupResponse::Join(JoinGroupResponse {
        error_code: code as i16,
        generation_id: -1,
        member_id: member_id.clone(),
        protocol_name: name_for(version, None),
        ..Default::default()
    })
}

/// A protocol name as the version can carry it.
pub(super) fn name_for(version: i16, name: Option<&Str>) -> Option<Str> {
    name.cloned().or_else(|| (version < 7).then(Str::default))
}

/// A refused sync.
pub(super) fn sync_error(code: ErrorCode) -> GroupResponse {
    GroupResponse::Sync(SyncGroupResponse { error_code: code as i16, ..Default::default() })
}

/// An OffsetFetch request of any version as one part per group.
pub fn fetch_parts(version: i16, request: OffsetFetchRequest) -> Vec<GroupRequest> {
    let require_stable = request.require_stable;
    let groups = if version >= 8 {
        request.groups
    } else {
        let topics = request.topics.map(|topics| {
            topics
                .into_iter()
                .map(|topic| OffsetFetchRequestTopics {
                    name: topic.name,
                    partition_indexes: topic.partition_indexes,
                    ..Default::default()
                })
                .collect()
        });
        vec![OffsetFetchRequestGroup { group_id: request.group_id, topics, ..Default::default() }]
    };
    groups.into_iter().map(|request| GroupRequest::OffsetFetch { version, request, require_stable }).collect()
}

/// The answers to [`fetch_parts`] as one response.
pub fn fetch_response(version: i16, groups: Vec<OffsetFetchResponseGroup>) -> OffsetFetchResponse {
    if version >= 8 {
        return OffsetFetchResponse { groups, ..Default::default() };
    }
    let Some(group) = groups.into_iter().next() else { return OffsetFetchResponse::default() };
    let error_code = group.error_code;
    let topics = group.topics.into_iter().map(|topic| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic
            .partitions
            .into_iter()
            .map(|at| OffsetFetchResponsePartition {
                partition_index: at.partition_index,
                committed_offset: at.committed_offset,
                committed_leader_epoch: at.committed_leader_epoch,
                metadata: at.metadata,
                error_code: at.error_code,
            })
            .collect(),
    });
    OffsetFetchResponse { topics: topics.collect(), error_code, ..Default::default() }
}
