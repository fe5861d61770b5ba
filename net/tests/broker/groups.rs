//! Consumer groups over the wire: a whole life of a group, and what survives a restart.

use bytes::Bytes;
use thalweg_wire::messages::delete_groups_request::DeleteGroupsRequest;
use thalweg_wire::messages::describe_groups_request::DescribeGroupsRequest;
use thalweg_wire::messages::find_coordinator_request::FindCoordinatorRequest;
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use thalweg_wire::messages::join_group_response::JoinGroupResponse;
use thalweg_wire::messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use thalweg_wire::messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use thalweg_wire::messages::offset_fetch_request::{OffsetFetchRequest, OffsetFetchRequestTopic};
use thalweg_wire::messages::sync_group_request::{SyncGroupRequest, SyncGroupRequestAssignment};
use thalweg_wire::{ErrorCode, Str};

use crate::support::*;

fn text(text: &str) -> Str {
    Str::from(text)
}

fn join(group: &str, member: &str) -> JoinGroupRequest {
    JoinGroupRequest {
        group_id: text(group),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 10_000,
        member_id: text(member),
        protocol_type: text("consumer"),
        protocols: vec![JoinGroupRequestProtocol { name: text("range"), metadata: Bytes::from_static(b"opaque") }],
        ..Default::default()
    }
}

/// Joins as a new member, alone or as the last one missing.
fn enter(client: &mut Client, group: &str) -> JoinGroupResponse {
    let named = client.call(5, &join(group, ""));
    assert_eq!(named.error_code, ErrorCode::MemberIdRequired.code());
    client.call(5, &join(group, &named.member_id))
}

fn sync(client: &mut Client, group: &str, joined: &JoinGroupResponse, shares: &[(&str, &str)]) -> (i16, Bytes) {
    let request = SyncGroupRequest {
        group_id: text(group),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        assignments: shares
            .iter()
            .map(|(member, share)| SyncGroupRequestAssignment {
                member_id: text(member),
                assignment: Bytes::copy_from_slice(share.as_bytes()),
            })
            .collect(),
        ..Default::default()
    };
    let answer = client.call(3, &request);
    (answer.error_code, answer.assignment)
}

fn heartbeat(client: &mut Client, group: &str, joined: &JoinGroupResponse) -> i16 {
    let request = HeartbeatRequest {
        group_id: text(group),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        ..Default::default()
    };
    client.call(3, &request).error_code
}

fn commit(client: &mut Client, group: &str, joined: Option<&JoinGroupResponse>, offset: i64, note: &str) -> i16 {
    let part = OffsetCommitRequestPartition {
        partition_index: 0,
        committed_offset: offset,
        committed_metadata: Some(text(note)),
        ..Default::default()
    };
    let request = OffsetCommitRequest {
        group_id: text(group),
        generation_id_or_member_epoch: joined.map_or(-1, |joined| joined.generation_id),
        member_id: joined.map(|joined| joined.member_id.clone()).unwrap_or_default(),
        topics: vec![OffsetCommitRequestTopic { name: text("grouped"), partitions: vec![part], ..Default::default() }],
        ..Default::default()
    };
    client.call(7, &request).topics[0].partitions[0].error_code
}

fn committed(client: &mut Client, group: &str) -> (i64, String) {
    let request = OffsetFetchRequest {
        group_id: text(group),
        topics: Some(vec![OffsetFetchRequestTopic { name: text("grouped"), partition_indexes: vec![0] }]),
        ..Default::default()
    };
    let answer = client.call(5, &request);
    let row = &answer.topics[0].partitions[0];
    assert_eq!((answer.error_code, row.error_code), (0, 0));
    (row.committed_offset, row.metadata.as_deref().unwrap_or_default().to_owned())
}

fn ready(client: &mut Client) {
    let answer = client.call(2, &FindCoordinatorRequest { key: text("any"), ..Default::default() });
    assert_eq!((answer.error_code, answer.node_id), (0, 1));
}

#[test]
fn a_group_forms_shares_rebalances_and_dissolves() {
    let broker = Broker::start("group", &[]);
    let (mut one, mut two) = (broker.connect(), broker.connect());
    one.create_topic("grouped", 1, &[]);
    ready(&mut one);
    let first = enter(&mut one, "g");
    assert_eq!((first.error_code, first.generation_id, first.members.len()), (0, 1, 1));
    assert_eq!(first.leader, first.member_id);
    let me = first.member_id.to_string();
    assert_eq!(sync(&mut one, "g", &first, &[(&me, "everything")]), (0, Bytes::from_static(b"everything")));
    assert_eq!(heartbeat(&mut one, "g", &first), 0);
    assert_eq!(commit(&mut one, "g", Some(&first), 5, "trap 28: a note"), 0);
    assert_eq!(committed(&mut one, "g"), (5, "trap 28: a note".to_owned()));
    // a second member: the first is told to join again, and both are in the next generation
    let named = two.call(5, &join("g", ""));
    let asked = two.send(5, &join("g", &named.member_id));
    eventually("the rebalance", || {
        (heartbeat(&mut one, "g", &first) == ErrorCode::RebalanceInProgress.code()).then_some(())
    });
    let again = one.call(5, &join("g", &first.member_id));
    let second = two.receive::<JoinGroupRequest>(5, asked);
    assert_eq!((again.error_code, second.error_code, again.generation_id, second.generation_id), (0, 0, 2, 2));
    let (leader, follower) = if again.leader == again.member_id { (&again, &second) } else { (&second, &again) };
    assert_eq!((leader.members.len(), follower.members.len()), (2, 0));
    let shares = [(again.member_id.as_str(), "first"), (second.member_id.as_str(), "second")];
    let (mut lead, mut follow) = if leader == &again { (one, two) } else { (two, one) };
    assert_eq!(sync(&mut lead, "g", leader, &shares).0, 0);
    let (code, share) = sync(&mut follow, "g", follower, &[]);
    assert_eq!(code, 0);
    assert!(share == "first" || share == "second");
    // the old generation is over
    assert_eq!(heartbeat(&mut follow, "g", &first), ErrorCode::IllegalGeneration.code());
    assert_eq!(commit(&mut follow, "g", Some(&first), 6, ""), ErrorCode::IllegalGeneration.code());
    assert_eq!(commit(&mut follow, "g", None, 6, ""), ErrorCode::UnknownMemberId.code());
    let described = follow.call(5, &DescribeGroupsRequest { groups: vec![text("g")], ..Default::default() });
    assert_eq!((described.groups[0].group_state.as_str(), described.groups[0].members.len()), ("Stable", 2));
    assert_eq!(described.groups[0].members[0].client_host, "/127.0.0.1");
    // a group with members is not deleted; one without is
    let delete = DeleteGroupsRequest { groups_names: vec![text("g")] };
    assert_eq!(follow.call(2, &delete).results[0].error_code, ErrorCode::NonEmptyGroup.code());
    let members = [leader, follower]
        .map(|joined| MemberIdentity { member_id: joined.member_id.clone(), ..Default::default() })
        .to_vec();
    let left = follow.call(3, &LeaveGroupRequest { group_id: text("g"), members, ..Default::default() });
    assert!(left.error_code == 0 && left.members.iter().all(|member| member.error_code == 0));
    assert_eq!(committed(&mut follow, "g").0, 5);
    assert_eq!(follow.call(2, &delete).results[0].error_code, 0);
    assert_eq!(committed(&mut follow, "g").0, -1);
}

#[test]
fn committed_offsets_survive_a_restart() {
    let broker = Broker::start("offsets", &[]);
    let mut client = broker.connect();
    client.create_topic("grouped", 1, &[]);
    ready(&mut client);
    for group in 0..20 {
        assert_eq!(commit(&mut client, &format!("g-{group}"), None, group, &format!("note {group}")), 0);
    }
    assert_eq!(commit(&mut client, "g-3", None, 1000, "newer"), 0);
    let broker = broker.restart();
    let mut client = broker.connect();
    ready(&mut client);
    for group in 0..20 {
        let want = if group == 3 { (1000, "newer".to_owned()) } else { (group, format!("note {group}")) };
        let name = format!("g-{group}");
        // a coordinator may still be loading; it says so rather than saying -1
        let got = eventually("the offsets are loaded", || {
            let request = OffsetFetchRequest {
                group_id: text(&name),
                topics: Some(vec![OffsetFetchRequestTopic { name: text("grouped"), partition_indexes: vec![0] }]),
                ..Default::default()
            };
            let answer = client.call(5, &request);
            (answer.error_code != ErrorCode::CoordinatorLoadInProgress.code()).then_some(answer)
        });
        assert_eq!(got.error_code, 0);
        assert_eq!(committed(&mut client, &name), want);
    }
}

#[test]
fn before_anyone_asked_for_a_coordinator_there_is_none() {
    let broker = Broker::start("no-coordinator", &[]);
    let mut client = broker.connect();
    let heartbeat =
        HeartbeatRequest { group_id: text("g"), generation_id: 1, member_id: text("m"), ..Default::default() };
    assert_eq!(client.call(3, &heartbeat).error_code, ErrorCode::NotCoordinator.code());
    ready(&mut client);
    assert_eq!(client.call(3, &heartbeat).error_code, ErrorCode::UnknownMemberId.code());
    // coordinators of transactions are refused for good
    let find = FindCoordinatorRequest { key: text("t"), key_type: 1, ..Default::default() };
    let code = client.call(2, &find).error_code;
    assert!(code != 0 && !ErrorCode::try_from(code).unwrap().is_retriable());
}
