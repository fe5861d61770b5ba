//! Every version of every API that is advertised is served: sent as a client would send it, and its answer read to the last
//! byte. Clients that do not negotiate use all of them.

use bytes::Bytes;
use thalweg_net::dispatch::{APIS, served};
use thalweg_wire::messages::alter_configs_request::AlterConfigsRequest;
use thalweg_wire::messages::api_versions_request::ApiVersionsRequest;
use thalweg_wire::messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use thalweg_wire::messages::create_topics_request::CreateTopicsRequest;
use thalweg_wire::messages::delete_groups_request::DeleteGroupsRequest;
use thalweg_wire::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic,
};
use thalweg_wire::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use thalweg_wire::messages::describe_cluster_request::DescribeClusterRequest;
use thalweg_wire::messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use thalweg_wire::messages::describe_groups_request::DescribeGroupsRequest;
use thalweg_wire::messages::describe_log_dirs_request::DescribeLogDirsRequest;
use thalweg_wire::messages::describe_topic_partitions_request::DescribeTopicPartitionsRequest;
use thalweg_wire::messages::fetch_request::FetchTopic;
use thalweg_wire::messages::find_coordinator_request::FindCoordinatorRequest;
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::incremental_alter_configs_request::IncrementalAlterConfigsRequest;
use thalweg_wire::messages::init_producer_id_request::InitProducerIdRequest;
use thalweg_wire::messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use thalweg_wire::messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use thalweg_wire::messages::list_groups_request::ListGroupsRequest;
use thalweg_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic};
use thalweg_wire::messages::list_partition_reassignments_request::ListPartitionReassignmentsRequest;
use thalweg_wire::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use thalweg_wire::messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use thalweg_wire::messages::offset_delete_request::OffsetDeleteRequest;
use thalweg_wire::messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use thalweg_wire::messages::offset_for_leader_epoch_request::{
    OffsetForLeaderEpochRequest, OffsetForLeaderPartition, OffsetForLeaderTopic,
};
use thalweg_wire::messages::produce_request::ProduceRequest;
use thalweg_wire::messages::sync_group_request::SyncGroupRequest;
use thalweg_wire::{ApiKey, ErrorCode, Request, Str};

use crate::support::*;

/// Every version of `R`: what to ask, and what must hold of the answer.
fn every<R: Request>(client: &mut Client, ask: impl Fn(i16) -> R, check: impl Fn(i16, R::Response)) -> ApiKey {
    let (min, max) = served(R::KEY).unwrap();
    for version in min..=max {
        let answer = client.call(version, &ask(version));
        check(version, answer);
    }
    R::KEY
}

fn text(text: &str) -> Str {
    Str::from(text)
}

#[test]
fn trap5_every_version_of_every_api_is_answered() {
    let mut client = shared().connect();
    let client = &mut client;
    let topic = "versions";
    client.create_topic(topic, 2, &[]);
    client.create_topic("versions-2", 1, &[]);
    let id = topic_id(client, topic);
    client.write(topic, 0, &["a", "b", "c"]);
    let group = "versions-group";
    let none = 0;
    let mut done = Vec::new();

    done.push(every::<ProduceRequest>(
        client,
        |v| {
            let mut request = produce(if v < 13 { topic } else { "" }, 0, batch(&["v"]), -1);
            request.topic_data[0].topic_id = if v >= 13 { id } else { Default::default() };
            request
        },
        |v, answer| {
            assert_eq!(only(&answer).error_code, none, "{v}");
            assert!(only(&answer).base_offset >= 3 && (v < 5 || only(&answer).log_start_offset == 0), "{v}");
            let told = &answer.responses[0];
            assert!(if v < 13 { told.name == topic } else { told.topic_id == id }, "{v}");
        },
    ));
    done.push(every::<thalweg_wire::messages::fetch_request::FetchRequest>(
        client,
        |v| {
            let mut request = fetch(topic, &[(0, 0)], 100);
            if v >= 13 {
                let partitions = request.topics.remove(0).partitions;
                request.topics.push(FetchTopic { topic_id: id, partitions, ..Default::default() });
            }
            request
        },
        |v, answer| {
            assert_eq!((answer.error_code, answer.session_id), (0, 0), "{v}");
            assert_eq!(records_of(&answer)[..3].len(), 3, "{v}");
            assert!(answer.responses[0].partitions[0].high_watermark >= 3);
        },
    ));
    done.push(every::<ListOffsetsRequest>(
        client,
        |_| ListOffsetsRequest {
            replica_id: -1,
            topics: vec![ListOffsetsTopic {
                name: text(topic),
                partitions: vec![ListOffsetsPartition { partition_index: 0, timestamp: -1, ..Default::default() }],
            }],
            ..Default::default()
        },
        |v, answer| {
            let row = &answer.topics[0].partitions[0];
            assert_eq!(row.error_code, none, "{v}");
            assert!(row.offset >= 3 && (v < 4 || row.leader_epoch >= 0), "{v}");
        },
    ));
    done.push(every::<MetadataRequest>(
        client,
        |v| MetadataRequest {
            topics: Some(vec![MetadataRequestTopic { name: Some(text(topic)), ..Default::default() }]),
            allow_auto_topic_creation: v < 4,
            ..Default::default()
        },
        |v, answer| {
            let topic = &answer.topics[0];
            assert_eq!((topic.error_code, topic.partitions.len()), (none, 2), "{v}");
            assert_eq!(topic.topic_id == id, v >= 10, "{v}");
        },
    ));
    done.push(every::<FindCoordinatorRequest>(
        client,
        |v| FindCoordinatorRequest {
            key: if v < 4 { text(group) } else { Str::default() },
            coordinator_keys: if v < 4 { vec![] } else { vec![text(group), text("another")] },
            ..Default::default()
        },
        |v, answer| {
            if v < 4 {
                assert_eq!((answer.error_code, answer.node_id), (none, 1), "{v}");
            } else {
                let rows: Vec<_> = answer.coordinators.iter().map(|row| (row.error_code, row.node_id)).collect();
                assert_eq!(rows, [(0, 1), (0, 1)], "{v}");
            }
        },
    ));
    done.push(every::<OffsetCommitRequest>(
        client,
        |v| OffsetCommitRequest {
            group_id: text(group),
            generation_id_or_member_epoch: -1,
            topics: vec![OffsetCommitRequestTopic {
                name: if v < 10 { text(topic) } else { Str::default() },
                topic_id: if v < 10 { Default::default() } else { id },
                partitions: vec![OffsetCommitRequestPartition {
                    partition_index: 1,
                    committed_offset: i64::from(v),
                    committed_metadata: Some(text("where I was")),
                    ..Default::default()
                }],
            }],
            ..Default::default()
        },
        |v, answer| assert_eq!(answer.topics[0].partitions[0].error_code, none, "{v}"),
    ));
    done.push(every::<OffsetFetchRequest>(
        client,
        |v| {
            let mut request = OffsetFetchRequest::default();
            if v < 8 {
                request.group_id = text(group);
                request.topics =
                    Some(vec![OffsetFetchRequestTopic { name: text(topic), partition_indexes: vec![0, 1] }]);
            } else {
                request.groups = vec![OffsetFetchRequestGroup {
                    group_id: text(group),
                    topics: Some(vec![OffsetFetchRequestTopics {
                        name: if v < 10 { text(topic) } else { Str::default() },
                        topic_id: if v < 10 { Default::default() } else { id },
                        partition_indexes: vec![0, 1],
                    }]),
                    ..Default::default()
                }];
            }
            request
        },
        |v, answer| {
            let rows: Vec<(i64, Option<Str>, i16)> = if v < 8 {
                let rows = answer.topics[0].partitions.iter();
                rows.map(|row| (row.committed_offset, row.metadata.clone(), row.error_code)).collect()
            } else {
                let rows = answer.groups[0].topics[0].partitions.iter();
                rows.map(|row| (row.committed_offset, row.metadata.clone(), row.error_code)).collect()
            };
            assert_eq!(rows, [(-1, Some(text("")), 0), (10, Some(text("where I was")), 0)], "{v}");
        },
    ));
    done.push(every::<JoinGroupRequest>(
        client,
        |v| JoinGroupRequest {
            group_id: text(&format!("join-{v}")),
            session_timeout_ms: 10_000,
            rebalance_timeout_ms: if v >= 1 { 10_000 } else { -1 },
            protocol_type: text("consumer"),
            protocols: vec![JoinGroupRequestProtocol { name: text("range"), metadata: Bytes::from_static(b"m") }],
            ..Default::default()
        },
        |v, answer| {
            let expected = if v >= 4 { ErrorCode::MemberIdRequired } else { ErrorCode::None };
            assert_eq!(answer.error_code, expected.code(), "{v}");
            assert!(!answer.member_id.is_empty());
        },
    ));
    let nobody = text("nobody");
    done.push(every::<SyncGroupRequest>(
        client,
        |_| SyncGroupRequest {
            group_id: text(group),
            generation_id: 1,
            member_id: nobody.clone(),
            ..Default::default()
        },
        |v, answer| assert_eq!(answer.error_code, ErrorCode::UnknownMemberId.code(), "{v}"),
    ));
    done.push(every::<HeartbeatRequest>(
        client,
        |_| HeartbeatRequest {
            group_id: text(group),
            generation_id: 1,
            member_id: nobody.clone(),
            ..Default::default()
        },
        |v, answer| assert_eq!(answer.error_code, ErrorCode::UnknownMemberId.code(), "{v}"),
    ));
    done.push(every::<LeaveGroupRequest>(
        client,
        |v| {
            let members = vec![MemberIdentity { member_id: nobody.clone(), ..Default::default() }];
            let member_id = if v < 3 { nobody.clone() } else { Str::default() };
            let members = if v < 3 { vec![] } else { members };
            LeaveGroupRequest { group_id: text(group), member_id, members }
        },
        |v, answer| {
            let code = if v < 3 { answer.error_code } else { answer.members[0].error_code };
            assert_eq!(code, ErrorCode::UnknownMemberId.code(), "{v}");
        },
    ));
    done.push(every::<DescribeGroupsRequest>(
        client,
        |_| DescribeGroupsRequest { groups: vec![text(group), text("unheard-of")], ..Default::default() },
        |v, answer| {
            assert_eq!((answer.groups[0].error_code, answer.groups[0].group_state.as_str()), (none, "Empty"), "{v}");
            let unknown = if v >= 6 { ErrorCode::GroupIdNotFound } else { ErrorCode::None };
            assert_eq!(
                (answer.groups[1].error_code, answer.groups[1].group_state.as_str()),
                (unknown.code(), "Dead"),
                "{v}"
            );
        },
    ));
    done.push(every::<ListGroupsRequest>(
        client,
        |_| ListGroupsRequest::default(),
        |v, answer| {
            assert_eq!(answer.error_code, none, "{v}");
            assert!(answer.groups.iter().any(|listed| listed.group_id == group), "{v}");
        },
    ));
    done.push(every::<OffsetDeleteRequest>(
        client,
        |_| OffsetDeleteRequest { group_id: text("unheard-of"), ..Default::default() },
        |v, answer| assert_eq!(answer.error_code, ErrorCode::GroupIdNotFound.code(), "{v}"),
    ));
    done.push(every::<DeleteGroupsRequest>(
        client,
        |_| DeleteGroupsRequest { groups_names: vec![text("unheard-of")] },
        |v, answer| assert_eq!(answer.results[0].error_code, ErrorCode::GroupIdNotFound.code(), "{v}"),
    ));
    done.push(every::<ApiVersionsRequest>(
        client,
        |v| {
            let name = if v >= 3 { text("x") } else { Str::default() };
            ApiVersionsRequest {
                client_software_name: name.clone(),
                client_software_version: name,
                ..Default::default()
            }
        },
        |v, answer| assert_eq!((answer.error_code, answer.api_keys.len()), (none, APIS.len()), "{v}"),
    ));
    done.push(every::<CreateTopicsRequest>(
        client,
        |v| {
            let mut request = create(&format!("created-by-{v}"), 1, &[]);
            request.topics[0].replication_factor = 1;
            request
        },
        |v, answer| {
            let row = &answer.topics[0];
            assert_eq!(row.error_code, none, "{v}");
            assert_eq!((row.num_partitions, row.replication_factor), if v >= 5 { (1, 1) } else { (-1, -1) }, "{v}");
            assert_eq!(v >= 7, !row.topic_id.is_zero(), "{v}");
        },
    ));
    done.push(every::<CreatePartitionsRequest>(
        client,
        |v| CreatePartitionsRequest {
            topics: vec![CreatePartitionsTopic {
                name: text("versions-2"),
                count: 2 + i32::from(v),
                assignments: None,
            }],
            timeout_ms: 10_000,
            validate_only: false,
        },
        |v, answer| assert_eq!((answer.results.len(), answer.results[0].error_code), (1, none), "{v}"),
    ));
    done.push(every::<DeleteTopicsRequest>(
        client,
        |v| {
            let name = text(&format!("created-by-{}", v + 1));
            let mut request = DeleteTopicsRequest { timeout_ms: 10_000, ..Default::default() };
            if v < 6 {
                request.topic_names = vec![name];
            } else {
                request.topics = vec![DeleteTopicState { name: Some(name), ..Default::default() }];
            }
            request
        },
        |v, answer| assert_eq!(answer.responses[0].error_code, none, "{v}"),
    ));
    done.push(every::<DeleteRecordsRequest>(
        client,
        |_| DeleteRecordsRequest {
            topics: vec![DeleteRecordsTopic {
                name: text(topic),
                partitions: vec![DeleteRecordsPartition { partition_index: 0, offset: 1 }],
            }],
            timeout_ms: 10_000,
        },
        |v, answer| {
            let row = &answer.topics[0].partitions[0];
            assert_eq!((row.error_code, row.low_watermark), (none, 1), "{v}");
        },
    ));
    done.push(every::<InitProducerIdRequest>(
        client,
        |_| InitProducerIdRequest { transactional_id: None, transaction_timeout_ms: 1000, ..Default::default() },
        |v, answer| {
            assert_eq!((answer.error_code, answer.producer_epoch), (none, 0), "{v}");
            assert!(answer.producer_id >= 0);
        },
    ));
    done.push(every::<OffsetForLeaderEpochRequest>(
        client,
        |_| OffsetForLeaderEpochRequest {
            topics: vec![OffsetForLeaderTopic {
                topic: text(topic),
                partitions: vec![OffsetForLeaderPartition { partition: 0, current_leader_epoch: -1, leader_epoch: 0 }],
            }],
            ..Default::default()
        },
        |v, answer| {
            let row = &answer.topics[0].partitions[0];
            assert_eq!((row.error_code, row.leader_epoch), (none, 0), "{v}");
            assert!(row.end_offset >= 3, "{v}");
        },
    ));
    done.push(every::<DescribeConfigsRequest>(
        client,
        |v| DescribeConfigsRequest {
            resources: vec![DescribeConfigsResource {
                resource_type: 2,
                resource_name: text(topic),
                configuration_keys: Some(vec![text("retention.ms")]),
            }],
            include_synonyms: true,
            include_documentation: v >= 3,
        },
        |v, answer| {
            let row = &answer.results[0].configs[0];
            assert_eq!((row.name.as_str(), row.value.as_deref()), ("retention.ms", Some("604800000")), "{v}");
            assert_eq!(row.config_source, 5, "{v}");
        },
    ));
    done.push(every::<AlterConfigsRequest>(
        client,
        |_| AlterConfigsRequest::default(),
        |v, answer| assert!(answer.responses.is_empty(), "{v}"),
    ));
    done.push(every::<IncrementalAlterConfigsRequest>(
        client,
        |_| IncrementalAlterConfigsRequest::default(),
        |v, answer| assert!(answer.responses.is_empty(), "{v}"),
    ));
    done.push(every::<DescribeLogDirsRequest>(
        client,
        |_| DescribeLogDirsRequest { topics: None },
        |v, answer| {
            let dir = &answer.results[0];
            assert_eq!((answer.error_code, dir.error_code), (none, none), "{v}");
            assert!(v < 4 || dir.total_bytes > 0 && dir.usable_bytes > 0, "{v}");
            let found = dir.topics.iter().find(|told| told.name == topic).unwrap();
            assert!(found.partitions.iter().any(|part| part.partition_size > 0), "{v}");
        },
    ));
    done.push(every::<ListPartitionReassignmentsRequest>(
        client,
        |_| ListPartitionReassignmentsRequest { topics: None, ..Default::default() },
        |v, answer| assert!(answer.error_code == 0 && answer.topics.is_empty(), "{v}"),
    ));
    done.push(every::<DescribeClusterRequest>(
        client,
        |_| DescribeClusterRequest { endpoint_type: 1, ..Default::default() },
        |v, answer| assert_eq!(answer.brokers.len(), 1, "{v}"),
    ));
    done.push(every::<DescribeTopicPartitionsRequest>(
        client,
        |_| DescribeTopicPartitionsRequest { response_partition_limit: 2000, ..Default::default() },
        |v, answer| assert!(answer.topics.iter().any(|told| told.name.as_deref() == Some(topic)), "{v}"),
    ));

    let mut missing: Vec<ApiKey> = APIS.iter().map(|row| row.key).filter(|key| !done.contains(key)).collect();
    missing.dedup();
    assert!(missing.is_empty(), "no test asks for {missing:?}");
}
