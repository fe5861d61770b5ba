//! The first request of every client, and the picture of the cluster it gets.

use thalweg_wire::messages::api_versions_request::ApiVersionsRequest;
use thalweg_wire::messages::api_versions_response::ApiVersionsResponse;
use thalweg_wire::messages::describe_cluster_request::DescribeClusterRequest;
use thalweg_wire::messages::describe_topic_partitions_request::{DescribeTopicPartitionsRequest, TopicRequest};
use thalweg_wire::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use thalweg_wire::{ApiKey, ErrorCode, Reader, RequestHeader, Sink, Str, decode_whole};

use crate::support::*;

fn hello() -> ApiVersionsRequest {
    ApiVersionsRequest {
        client_software_name: Str::from_static("test-client"),
        client_software_version: Str::from_static("1.0.0"),
        ..Default::default()
    }
}

fn by_name(name: &str) -> MetadataRequestTopic {
    MetadataRequestTopic { name: Some(Str::from(name)), ..Default::default() }
}

#[test]
fn trap2_an_unknown_version_of_the_first_request_is_answered_in_version_0() {
    use std::io::Write;
    let mut client = shared().connect();
    for version in [6, 99, i16::MAX, -1] {
        let header = RequestHeader { api_key: 18, api_version: version, correlation_id: 77, client_id: None };
        let mut sink = Sink::framed();
        header.encode(&mut sink).unwrap();
        sink.raw(b"whatever a later version may say");
        client.stream.write_all(&sink.into_bytes().unwrap()).unwrap();
        let frame = client.receive_frame().unwrap();
        let mut reader = Reader::new(frame);
        assert_eq!(reader.i32().unwrap(), 77);
        let answer = decode_whole::<ApiVersionsResponse>(&mut reader, 0).unwrap();
        assert_eq!(answer.error_code, ErrorCode::UnsupportedVersion.code());
        let rows: Vec<_> = answer.api_keys.iter().map(|row| (row.api_key, row.min_version, row.max_version)).collect();
        assert_eq!(rows, [(18, 0, 5)]);
    }
    // the connection lives on
    assert_eq!(client.call(3, &hello()).error_code, 0);
}

#[test]
fn trap3_the_header_stays_at_version_0_and_the_list_is_never_null() {
    let mut client = shared().connect();
    for version in 0..=5 {
        let request = if version >= 3 { hello() } else { ApiVersionsRequest::default() };
        client.send(version, &request);
        let frame = client.receive_frame().unwrap();
        let mut reader = Reader::new(frame);
        reader.i32().unwrap();
        // no tagged fields between the correlation id and the body
        let answer = decode_whole::<ApiVersionsResponse>(&mut reader, version).unwrap();
        assert_eq!(answer.error_code, 0);
        assert!(answer.api_keys.len() > 20);
    }
}

#[test]
fn trap1_produce_is_advertised_from_0_and_refused_there() {
    use std::io::Write;
    let mut client = shared().connect();
    let answer = client.call(3, &hello());
    let row = |key: ApiKey| answer.api_keys.iter().find(|row| row.api_key == key.key()).cloned();
    let produce = row(ApiKey::Produce).unwrap();
    assert_eq!((produce.min_version, produce.max_version), (0, 13));
    assert_eq!(row(ApiKey::InitProducerId).unwrap().max_version, 5);
    assert!(row(ApiKey::GetTelemetrySubscriptions).is_none(), "what is advertised is called");
    assert!(row(ApiKey::AddPartitionsToTxn).is_none());
    let mut sink = Sink::framed();
    RequestHeader { api_key: 0, api_version: 2, correlation_id: 1, client_id: None }.encode(&mut sink).unwrap();
    client.stream.write_all(&sink.into_bytes().unwrap()).unwrap();
    assert!(client.is_closed());
}

#[test]
fn features_are_what_is_served_and_no_more() {
    let answer = shared().connect().call(4, &hello());
    let finalized: Vec<&str> = answer.finalized_features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(finalized, ["metadata.version"]);
    assert!(answer.finalized_features[0].max_version_level >= 7);
    assert!(answer.finalized_features_epoch >= 0);
    for feature in &answer.supported_features {
        assert!(feature.min_version > 0, "a minimum of 0 cannot be read by clients before version 4");
    }
}

#[test]
fn a_client_software_name_that_is_none_is_refused() {
    let mut client = shared().connect();
    let odd = ApiVersionsRequest { client_software_name: Str::from_static("a b"), ..hello() };
    assert_eq!(client.call(3, &odd).error_code, ErrorCode::InvalidRequest.code());
    assert_eq!(client.call(3, &hello()).error_code, 0);
}

#[test]
fn a_client_of_another_cluster_or_node_is_sent_back_to_its_bootstrap() {
    let mut client = shared().connect();
    let cluster = Some(Str::from(&shared().ready.cluster_id));
    let right = ApiVersionsRequest { cluster_id: cluster.clone(), node_id: 1, ..hello() };
    assert_eq!(client.call(5, &right).error_code, 0);
    let other_node = ApiVersionsRequest { cluster_id: cluster, node_id: 2, ..hello() };
    assert_eq!(client.call(5, &other_node).error_code, ErrorCode::RebootstrapRequired.code());
    let other_cluster = ApiVersionsRequest { cluster_id: Some(Str::from_static("elsewhere")), ..hello() };
    assert_eq!(client.call(5, &other_cluster).error_code, ErrorCode::RebootstrapRequired.code());
}

#[test]
fn trap29_a_topic_asked_for_is_created_and_valid_in_the_same_answer() {
    let mut client = shared().connect();
    for (version, name) in [(1, "auto-1"), (4, "auto-4"), (9, "auto-9"), (13, "auto-13")] {
        let request = MetadataRequest {
            topics: Some(vec![by_name(name)]),
            allow_auto_topic_creation: true,
            ..Default::default()
        };
        let answer = client.call(version, &request);
        let topic = &answer.topics[0];
        assert_eq!((topic.error_code, topic.partitions.len()), (0, 1), "version {version}");
        assert_eq!((topic.partitions[0].error_code, topic.partitions[0].leader_id), (0, 1));
        assert_eq!(client.write(name, 0, &["x"]), 0);
    }
}

#[test]
fn a_topic_is_not_created_where_client_or_name_forbid_it() {
    let mut client = shared().connect();
    let ask = |client: &mut Client, name: &str, allow| {
        let topics = Some(vec![by_name(name)]);
        let request = MetadataRequest { topics, allow_auto_topic_creation: allow, ..Default::default() };
        client.call(9, &request).topics[0].error_code
    };
    assert_eq!(ask(&mut client, "nobody-creates-me", false), ErrorCode::UnknownTopicOrPartition.code());
    assert_eq!(ask(&mut client, "nobody-creates-me", false), ErrorCode::UnknownTopicOrPartition.code());
    assert_eq!(ask(&mut client, "not a name", true), ErrorCode::InvalidTopicException.code());
}

#[test]
fn all_none_and_some_topics() {
    let mut client = shared().connect();
    client.create_topic("listed", 2, &[]);
    let names = |client: &mut Client, version, topics| {
        let answer = client.call(version, &MetadataRequest { topics, ..Default::default() });
        answer.topics.into_iter().map(|topic| topic.name.unwrap().to_string()).collect::<Vec<_>>()
    };
    let listed = "listed".to_owned();
    assert!(names(&mut client, 0, Some(vec![])).contains(&listed), "version 0: an empty list is every topic");
    assert!(names(&mut client, 1, None).contains(&listed));
    assert!(names(&mut client, 1, Some(vec![])).is_empty());
    assert_eq!(
        names(&mut client, 5, Some(vec![by_name("listed"), by_name("listed")])),
        [listed],
        "named twice, told once"
    );
}

#[test]
fn trap7_every_topic_has_an_id_that_lasts_and_is_not_used_again() {
    let mut client = shared().connect();
    client.create_topic("ids", 1, &[]);
    let all = client.call(12, &MetadataRequest { topics: None, ..Default::default() });
    assert!(all.topics.iter().all(|topic| !topic.topic_id.is_zero()));
    let id = topic_id(&mut client, "ids");
    let by_id = |client: &mut Client, id| {
        let topic = MetadataRequestTopic { topic_id: id, name: None };
        client.call(12, &MetadataRequest { topics: Some(vec![topic]), ..Default::default() }).topics.remove(0)
    };
    let found = by_id(&mut client, id);
    assert_eq!((found.error_code, found.name.as_deref()), (0, Some("ids")));
    let unknown = by_id(&mut client, thalweg_wire::Uuid([9; 16]));
    assert_eq!((unknown.error_code, unknown.name), (ErrorCode::UnknownTopicId.code(), None));
    let delete = thalweg_wire::messages::delete_topics_request::DeleteTopicsRequest {
        topic_names: vec![Str::from_static("ids")],
        timeout_ms: 10_000,
        ..Default::default()
    };
    assert_eq!(client.call(3, &delete).responses[0].error_code, 0);
    assert_eq!(by_id(&mut client, id).error_code, ErrorCode::UnknownTopicId.code());
    client.create_topic("ids", 1, &[]);
    assert_ne!(topic_id(&mut client, "ids"), id);
}

#[test]
fn versions_10_and_11_know_no_questions_by_id() {
    let mut client = shared().connect();
    let topic = MetadataRequestTopic { topic_id: thalweg_wire::Uuid([1; 16]), name: Some(Str::from_static("x")) };
    for version in [10, 11] {
        let answer = client.call(version, &MetadataRequest { topics: Some(vec![topic.clone()]), ..Default::default() });
        assert_eq!(answer.topics[0].error_code, ErrorCode::InvalidRequest.code());
    }
}

#[test]
fn what_a_client_may_do_is_told_when_asked() {
    let mut client = shared().connect();
    client.create_topic("operations", 1, &[]);
    let request = MetadataRequest {
        topics: Some(vec![by_name("operations")]),
        include_cluster_authorized_operations: true,
        include_topic_authorized_operations: true,
        ..Default::default()
    };
    let told = client.call(8, &request);
    assert_eq!((told.cluster_authorized_operations, told.topics[0].topic_authorized_operations), (8096, 3576));
    let silent = client.call(8, &MetadataRequest { topics: Some(vec![by_name("operations")]), ..Default::default() });
    assert_eq!(
        (silent.cluster_authorized_operations, silent.topics[0].topic_authorized_operations),
        (i32::MIN, i32::MIN)
    );
}

#[test]
fn the_address_told_is_the_one_connected_to() {
    let broker = shared();
    let mut client = broker.connect();
    let told = client.call(9, &MetadataRequest { topics: Some(vec![]), ..Default::default() });
    assert_eq!((told.brokers.len(), told.brokers[0].node_id, told.controller_id), (1, 1, 1));
    assert_eq!((told.brokers[0].host.as_str(), told.brokers[0].port), ("127.0.0.1", i32::from(broker.address.port())));
    assert_eq!(told.cluster_id.as_deref(), Some(broker.ready.cluster_id.as_str()));
    let cluster = client.call(1, &DescribeClusterRequest { endpoint_type: 1, ..Default::default() });
    assert_eq!((cluster.error_code, cluster.brokers[0].port), (0, told.brokers[0].port));
    assert_eq!(cluster.cluster_id, broker.ready.cluster_id);
    for (endpoint_type, error) in [(2, ErrorCode::MismatchedEndpointType), (7, ErrorCode::UnsupportedEndpointType)] {
        let answer = client.call(1, &DescribeClusterRequest { endpoint_type, ..Default::default() });
        assert_eq!(answer.error_code, error.code());
    }
}

#[test]
fn topics_are_described_in_order_and_in_pages() {
    let mut client = shared().connect();
    client.create_topic("page-a", 3, &[]);
    client.create_topic("page-b", 3, &[]);
    let mut request = DescribeTopicPartitionsRequest {
        topics: ["page-b", "page-a", "page-zz"].map(|name| TopicRequest { name: Str::from_static(name) }).to_vec(),
        response_partition_limit: 4,
        ..Default::default()
    };
    let first = client.call(0, &request);
    let shape =
        |answer: &thalweg_wire::messages::describe_topic_partitions_response::DescribeTopicPartitionsResponse| {
            let row = |topic: &thalweg_wire::messages::describe_topic_partitions_response::DescribeTopicPartitionsResponseTopic| {
            let parts: Vec<i32> = topic.partitions.iter().map(|part| part.partition_index).collect();
            (topic.name.clone().unwrap().to_string(), topic.error_code, parts)
        };
            answer.topics.iter().map(row).collect::<Vec<_>>()
        };
    assert_eq!(shape(&first), [("page-a".into(), 0, vec![0, 1, 2]), ("page-b".into(), 0, vec![0])]);
    let cursor = first.next_cursor.unwrap();
    assert_eq!((cursor.topic_name.as_str(), cursor.partition_index), ("page-b", 1));
    request.cursor = Some(thalweg_wire::messages::describe_topic_partitions_request::Cursor {
        topic_name: cursor.topic_name,
        partition_index: cursor.partition_index,
    });
    let second = client.call(0, &request);
    assert_eq!(shape(&second), [("page-b".into(), 0, vec![1, 2]), ("page-zz".into(), 3, vec![])]);
    assert!(second.next_cursor.is_none());
}
