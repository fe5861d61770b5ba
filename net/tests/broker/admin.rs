//! Topics and configurations as administrators' tools see them.

use thalweg_wire::messages::alter_configs_request::{self, AlterConfigsRequest};
use thalweg_wire::messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use thalweg_wire::messages::create_topics_request::CreatableReplicaAssignment;
use thalweg_wire::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use thalweg_wire::messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use thalweg_wire::messages::describe_configs_response::DescribeConfigsResourceResult;
use thalweg_wire::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use thalweg_wire::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use thalweg_wire::{ErrorCode, Str};

use crate::support::*;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

fn text(text: &str) -> Str {
    Str::from(text)
}

fn describe(client: &mut Client, kind: i8, name: &str) -> (i16, Vec<DescribeConfigsResourceResult>) {
    let resource = DescribeConfigsResource { resource_type: kind, resource_name: text(name), configuration_keys: None };
    let request = DescribeConfigsRequest { resources: vec![resource], include_synonyms: true, ..Default::default() };
    let mut answer = client.call(4, &request);
    let result = answer.results.remove(0);
    (result.error_code, result.configs)
}

fn config(client: &mut Client, topic: &str, key: &str) -> (String, i8) {
    let (error, rows) = describe(client, TOPIC, topic);
    assert_eq!(error, 0);
    let row = rows.into_iter().find(|row| row.name == key).unwrap();
    (row.value.unwrap().to_string(), row.config_source)
}

fn alter(client: &mut Client, kind: i8, name: &str, changes: &[(&str, i8, Option<&str>)]) -> i16 {
    let configs = changes
        .iter()
        .map(|(key, operation, value)| AlterableConfig {
            name: text(key),
            config_operation: *operation,
            value: value.map(text),
        })
        .collect();
    let resource = AlterConfigsResource { resource_type: kind, resource_name: text(name), configs };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
    client.call(1, &request).responses[0].error_code
}

#[test]
fn trap26_a_value_never_set_is_a_default_and_all_are_shown() {
    let mut client = shared().connect();
    client.create_topic("described", 1, &[("retention.ms", "1000")]);
    let (error, rows) = describe(&mut client, TOPIC, "described");
    assert_eq!(error, 0);
    assert!(rows.len() >= 34, "{}", rows.len());
    for row in &rows {
        let expected = if row.name == "retention.ms" { 1 } else { 5 };
        assert_eq!(row.config_source, expected, "{}", row.name);
        assert!(row.value.is_some() && !row.read_only && !row.is_sensitive, "{}", row.name);
    }
    let (error, rows) = describe(&mut client, BROKER, "1");
    assert_eq!(error, 0);
    let row = |key: &str| rows.iter().find(|row| row.name == key).unwrap();
    assert_eq!((row("node.id").value.as_deref(), row("node.id").config_source), (Some("1"), 4));
    assert_eq!((row("num.partitions").value.as_deref(), row("num.partitions").config_source), (Some("1"), 5));
    assert_eq!(describe(&mut client, TOPIC, "not-there").0, ErrorCode::UnknownTopicOrPartition.code());
    assert_eq!(describe(&mut client, BROKER, "7").0, ErrorCode::InvalidRequest.code());
    assert_eq!(describe(&mut client, 99, "x").0, ErrorCode::InvalidRequest.code());
}

#[test]
fn trap27_lists_grow_and_shrink_and_nothing_falls_over() {
    let mut client = shared().connect();
    client.create_topic("lists", 1, &[]);
    let key = "cleanup.policy";
    assert_eq!(alter(&mut client, TOPIC, "lists", &[(key, APPEND, Some("compact"))]), 0);
    assert_eq!(config(&mut client, "lists", key), ("delete,compact".to_owned(), 1));
    assert_eq!(alter(&mut client, TOPIC, "lists", &[(key, APPEND, Some("compact"))]), 0);
    assert_eq!(config(&mut client, "lists", key), ("delete,compact".to_owned(), 1));
    assert_eq!(alter(&mut client, TOPIC, "lists", &[(key, SUBTRACT, Some("delete"))]), 0);
    assert_eq!(config(&mut client, "lists", key), ("compact".to_owned(), 1));
    assert_eq!(alter(&mut client, TOPIC, "lists", &[(key, DELETE, None)]), 0);
    assert_eq!(config(&mut client, "lists", key), ("delete".to_owned(), 5));
    for (change, error) in [
        (("retention.ms", APPEND, Some("1")), ErrorCode::InvalidConfig),
        (("retention.ms", SET, Some("soon")), ErrorCode::InvalidConfig),
        ((key, SET, Some("compacted")), ErrorCode::InvalidConfig),
        (("no.such.key", SET, Some("1")), ErrorCode::InvalidConfig),
        (("retention.ms", 9, Some("1")), ErrorCode::InvalidRequest),
        (("retention.ms", SET, None), ErrorCode::InvalidRequest),
    ] {
        let code = alter(&mut client, TOPIC, "lists", &[change]);
        assert_eq!(ErrorCode::try_from(code).unwrap(), error, "{change:?}");
    }
    let twice = [("retention.ms", SET, Some("1")), ("retention.ms", SET, Some("2"))];
    assert_eq!(alter(&mut client, TOPIC, "lists", &twice), ErrorCode::InvalidRequest.code());
    assert_eq!(config(&mut client, "lists", "retention.ms"), ("604800000".to_owned(), 5));
}

#[test]
fn trap26_the_old_way_of_altering_replaces_everything() {
    let mut client = shared().connect();
    client.create_topic("replaced", 1, &[("retention.ms", "1000"), ("segment.bytes", "2000000")]);
    let configs =
        vec![alter_configs_request::AlterableConfig { name: text("retention.ms"), value: Some(text("2000")) }];
    let resource =
        alter_configs_request::AlterConfigsResource { resource_type: TOPIC, resource_name: text("replaced"), configs };
    let mut request = AlterConfigsRequest { resources: vec![resource], validate_only: true };
    assert_eq!(client.call(1, &request).responses[0].error_code, 0);
    assert_eq!(config(&mut client, "replaced", "retention.ms"), ("1000".to_owned(), 1), "only validated");
    request.validate_only = false;
    assert_eq!(client.call(1, &request).responses[0].error_code, 0);
    assert_eq!(config(&mut client, "replaced", "retention.ms"), ("2000".to_owned(), 1));
    assert_eq!(config(&mut client, "replaced", "segment.bytes").1, 5);
}

#[test]
fn a_changed_limit_counts_from_the_next_write() {
    let mut client = shared().connect();
    client.create_topic("limited", 1, &[]);
    client.write("limited", 0, &[&"x".repeat(2000)]);
    assert_eq!(alter(&mut client, TOPIC, "limited", &[("max.message.bytes", SET, Some("1000"))]), 0);
    let row = client.produce("limited", 0, batch(&[&"x".repeat(2000)]));
    assert_eq!(row.error_code, ErrorCode::MessageTooLarge.code());
    client.write("limited", 0, &["small"]);
}

#[test]
fn a_broker_setting_changed_while_it_runs_shows_its_source() {
    let broker = Broker::start("dynamic", &[]);
    let mut client = broker.connect();
    client.create_topic("follows", 1, &[]);
    let key = "log.retention.ms";
    assert_eq!(alter(&mut client, BROKER, "", &[(key, SET, Some("5000"))]), 0);
    let (_, rows) = describe(&mut client, BROKER, "1");
    let row = rows.iter().find(|row| row.name == key).unwrap();
    assert_eq!((row.value.as_deref(), row.config_source), (Some("5000"), 3));
    assert_eq!(config(&mut client, "follows", "retention.ms"), ("5000".to_owned(), 3));
    assert_ne!(alter(&mut client, BROKER, "", &[("num.partitions", SET, Some("5"))]), 0, "read at start only");
}

#[test]
fn topics_that_cannot_be_are_refused_one_by_one() {
    let mut client = shared().connect();
    client.create_topic("taken", 1, &[]);
    let mut request = create("fine", 1, &[]);
    let row = |name: &str, partitions, factor| {
        let mut topic = create(name, partitions, &[]).topics.remove(0);
        topic.replication_factor = factor;
        topic
    };
    let by_hand = |name: &str, nodes: &[&[i32]]| {
        let mut topic = row(name, -1, -1);
        topic.assignments = nodes
            .iter()
            .enumerate()
            .map(|(at, nodes)| CreatableReplicaAssignment { partition_index: at as i32, broker_ids: nodes.to_vec() })
            .collect();
        topic
    };
    let mut odd_config = row("odd-config", 1, 1);
    odd_config.configs = create("x", 1, &[("retention.ms", "soon")]).topics.remove(0).configs;
    let mut null_config = row("null-config", 1, 1);
    null_config.configs = create("x", 1, &[("retention.ms", "1")]).topics.remove(0).configs;
    null_config.configs[0].value = None;
    let expected = [
        (row("taken", 1, 1), ErrorCode::TopicAlreadyExists),
        (row("no name", 1, 1), ErrorCode::InvalidTopicException),
        (row("zero", 0, 1), ErrorCode::InvalidPartitions),
        (row("three-copies", 1, 3), ErrorCode::InvalidReplicationFactor),
        (row("no-copies", 1, 0), ErrorCode::InvalidReplicationFactor),
        (by_hand("by-hand", &[&[1], &[1]]), ErrorCode::None),
        (by_hand("nowhere", &[&[2]]), ErrorCode::InvalidReplicaAssignment),
        (odd_config, ErrorCode::InvalidConfig),
        (null_config, ErrorCode::InvalidConfig),
        (row("default-sizes", -1, -1), ErrorCode::None),
    ];
    request.topics.extend(expected.iter().map(|(topic, _)| topic.clone()));
    let answer = client.call(7, &request);
    assert_eq!(answer.topics.len(), 11);
    assert_eq!(answer.topics[0].error_code, 0, "one bad topic does not fail the others");
    for (row, (topic, error)) in answer.topics[1..].iter().zip(&expected) {
        assert_eq!(ErrorCode::try_from(row.error_code).unwrap(), *error, "{}", topic.name);
        assert_eq!(row.error_message.is_some(), row.error_code != 0);
    }
    assert_eq!(answer.topics[6].num_partitions, 2);
    assert!(answer.topics[0].configs.as_ref().unwrap().iter().any(|row| row.name == "retention.ms"));
    let twice = client.call(7, &{
        let mut request = create("twins", 1, &[]);
        request.topics.push(request.topics[0].clone());
        request
    });
    assert!(twice.topics.iter().all(|row| row.error_code == ErrorCode::InvalidRequest.code()));
    let mut dry = create("dry-run", 1, &[]);
    dry.validate_only = true;
    assert_eq!(client.call(7, &dry).topics[0].error_code, 0);
    assert_eq!(client.call(7, &dry).topics[0].error_code, 0);
    let mut alike = create("al.ike", 1, &[]);
    assert_eq!(client.call(7, &alike).topics[0].error_code, 0);
    alike.topics[0].name = text("al_ike");
    assert_eq!(client.call(7, &alike).topics[0].error_code, ErrorCode::InvalidTopicException.code());
}

#[test]
fn trap28_every_topic_asked_to_grow_has_a_row() {
    let mut client = shared().connect();
    client.create_topic("grows", 2, &[]);
    let row = |name: &str, count| CreatePartitionsTopic { name: text(name), count, assignments: None };
    let request = CreatePartitionsRequest {
        topics: vec![row("grows", 5), row("not-there", 3)],
        timeout_ms: 1000,
        validate_only: false,
    };
    let codes: Vec<i16> = client.call(3, &request).results.iter().map(|row| row.error_code).collect();
    assert_eq!(codes, [0, ErrorCode::UnknownTopicOrPartition.code()]);
    let request = CreatePartitionsRequest { topics: vec![row("grows", 5)], ..request };
    assert_eq!(client.call(3, &request).results[0].error_code, ErrorCode::InvalidPartitions.code());
    for partition in 0..5 {
        assert_eq!(client.write("grows", partition, &["x"]), 0);
    }
}

#[test]
fn a_deleted_topic_is_gone_when_the_answer_comes_and_its_records_do_not_return() {
    let mut client = shared().connect();
    client.create_topic("doomed", 2, &[]);
    client.write("doomed", 0, &["old"]);
    let id = topic_id(&mut client, "doomed");
    let mut request = DeleteTopicsRequest { timeout_ms: 10_000, ..Default::default() };
    request.topics = vec![
        DeleteTopicState { name: None, topic_id: id },
        DeleteTopicState { name: None, topic_id: thalweg_wire::Uuid([3; 16]) },
        DeleteTopicState { name: Some(text("not-there")), topic_id: Default::default() },
    ];
    let answer = client.call(6, &request);
    let codes: Vec<i16> = answer.responses.iter().map(|row| row.error_code).collect();
    assert_eq!(codes, [0, ErrorCode::UnknownTopicId.code(), ErrorCode::UnknownTopicOrPartition.code()]);
    assert_eq!(answer.responses[0].name.as_deref(), Some("doomed"));
    let topics = Some(vec![MetadataRequestTopic { name: Some(text("doomed")), ..Default::default() }]);
    let ask = MetadataRequest { topics, allow_auto_topic_creation: false, ..Default::default() };
    assert_eq!(client.call(9, &ask).topics[0].error_code, ErrorCode::UnknownTopicOrPartition.code());
    client.create_topic("doomed", 1, &[]);
    assert_eq!(records_of(&client.fetch("doomed", 0, 0, 100)).len(), 0);
    assert_eq!(client.write("doomed", 0, &["new"]), 0);
}
