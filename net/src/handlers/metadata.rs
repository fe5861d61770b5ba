//! Metadata: brokers, topics, leaders. A topic that does not exist is created where broker and client both allow it, and is
//! told as a valid topic in the same answer: the controller has decided and every core has replayed it by then.

use std::collections::HashSet;

use thalweg_replication::metadata::Topic;
use thalweg_wire::ErrorCode;
use thalweg_wire::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use thalweg_wire::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use thalweg_wire::{Str, Uuid};

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::handlers::{CLUSTER_OPERATIONS, NO_OPERATIONS, TOPIC_OPERATIONS, control};

/// A topic as it is asked for.
enum Asked {
    Name(Str),
    Id(Uuid),
}

/// Handles a Metadata request.
pub(crate) async fn handle(cx: RequestContext, request: MetadataRequest) -> Outcome<MetadataResponse> {
    let mut response = MetadataResponse {
        brokers: cx
            .state
            .brokers(cx.connection.listener)
            .into_iter()
            .map(|node| MetadataResponseBroker {
                node_id: node.node,
                host: node.host,
                port: node.port,
                rack: node.rack,
            })
            .collect(),
        cluster_id: Some(cx.state.cluster_id.clone()),
        // Any live broker takes what is for the controller.
        controller_id: cx.state.node.0,
        ..Default::default()
    };
    if cx.version >= 8 && cx.version <= 10 && request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    let operations = if request.include_topic_authorized_operations { TOPIC_OPERATIONS } else { NO_OPERATIONS };
    // Version 0 has no null: an empty list is every topic.
    let topics = request.topics.filter(|topics| cx.version > 0 || !topics.is_empty());
    let Some(topics) = topics else {
        let image = cx.state.engine.image();
        let visible = image.topics().filter(|topic| authorize(&cx, Operation::Describe, Resource::Topic(&topic.name)));
        response.topics = visible.map(|topic| told(&cx, topic, operations)).collect();
        return Outcome::Reply(response);
    };
    // Versions 10 and 11 have the fields, and no meaning for them.
    if cx.version < 12 && topics.iter().any(|topic| topic.name.is_none() || !topic.topic_id.is_zero()) {
        response.topics = topics.into_iter().map(invalid).collect();
        return Outcome::Reply(response);
    }
    let mut seen = HashSet::with_capacity(topics.len());
    let asked: Vec<Asked> = topics
        .into_iter()
        .map(|topic| match topic.name {
            Some(name) if topic.topic_id.is_zero() => Asked::Name(name),
            _ => Asked::Id(topic.topic_id),
        })
        .filter(|asked| {
            seen.insert(match asked {
                Asked::Name(name) => (Some(name.clone()), Uuid::ZERO),
                Asked::Id(id) => (None, *id),
            })
        })
        .collect();
    let allowed = cx.state.settings.auto_create_topics && (cx.version < 4 || request.allow_auto_topic_creation);
    let missing: Vec<Str> = {
        let image = cx.state.engine.image();
        let names = asked.iter().filter_map(|asked| if let Asked::Name(name) = asked { Some(name) } else { None });
        let missing = names.filter(|name| allowed && image.topic(name).is_none());
        missing.filter(|name| authorize(&cx, Operation::Create, Resource::Topic(name))).cloned().collect()
    };
    let refused = if missing.is_empty() { Vec::new() } else { control::create_on_first_use(&cx, missing).await };
    let image = cx.state.engine.image();
    response.topics = asked
        .into_iter()
        .map(|asked| {
            let found = match &asked {
                Asked::Name(name) => image.topic(name),
                Asked::Id(id) => image.topic_by_id(*id),
            };
            match (found, asked) {
                (Some(topic), Asked::Name(name))
                    if !authorize(&cx, Operation::Describe, Resource::Topic(&topic.name)) =>
                {
                    unknown(ErrorCode::TopicAuthorizationFailed, Some(name), Uuid::ZERO)
                }
                (Some(topic), Asked::Id(id)) if !authorize(&cx, Operation::Describe, Resource::Topic(&topic.name)) => {
                    unknown(ErrorCode::UnknownTopicId, None, id)
                }
                (Some(topic), _) => told(&cx, topic, operations),
                (None, Asked::Id(id)) => unknown(ErrorCode::UnknownTopicId, None, id),
                (None, Asked::Name(name)) => {
                    let why = refused.iter().find(|(refused, _)| *refused == name).map(|(_, why)| *why);
                    let why = why.unwrap_or_else(|| absent(&name));
                    unknown(why, Some(name), Uuid::ZERO)
                }
            }
        })
        .collect();
    Outcome::Reply(response)
}

/// Why a topic that is not there is not there.
fn absent(name: &str) -> ErrorCode {
    if control::is_topic_name(name) { ErrorCode::UnknownTopicOrPartition } else { ErrorCode::InvalidTopicException }
}

fn invalid(topic: MetadataRequestTopic) -> MetadataResponseTopic {
    let name = Some(topic.name.unwrap_or_default());
    MetadataResponseTopic { error_code: ErrorCode::InvalidRequest.code(), name, ..Default::default() }
}

fn unknown(error: ErrorCode, name: Option<Str>, topic_id: Uuid) -> MetadataResponseTopic {
    MetadataResponseTopic { error_code: error.code(), name, topic_id, ..Default::default() }
}

fn told(cx: &RequestContext, topic: &Topic, operations: i32) -> MetadataResponseTopic {
    let partitions = topic.partitions.iter().enumerate().map(|(index, partition)| {
        let reachable = cx.state.endpoint(partition.leader.0, cx.connection.listener).is_some();
        let error = match (partition.leader.0, reachable) {
            (_, true) => ErrorCode::None,
            (0.., false) if cx.version >= 6 => ErrorCode::ListenerNotFound,
            _ => ErrorCode::LeaderNotAvailable,
        };
        let gone = |node: &i32| cx.state.endpoint(*node, cx.connection.listener).is_none();
        let replicas: Vec<i32> = partition.replicas.iter().map(|node| node.0).collect();
        MetadataResponsePartition {
            error_code: error.code(),
            partition_index: i32::try_from(index).unwrap_or(i32::MAX),
            leader_id: if reachable { partition.leader.0 } else { -1 },
            leader_epoch: partition.leader_epoch.0,
            offline_replicas: replicas.iter().copied().filter(gone).collect(),
            isr_nodes: partition.isr.iter().map(|node| node.0).collect(),
            replica_nodes: replicas,
        }
    });
    MetadataResponseTopic {
        error_code: 0,
        name: Some(topic.name.clone()),
        topic_id: topic.id,
        is_internal: topic.internal,
        partitions: partitions.collect(),
        topic_authorized_operations: operations,
    }
}
