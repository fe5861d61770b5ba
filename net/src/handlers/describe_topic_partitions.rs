//! DescribeTopicPartitions: topics by name, in order, a page at a time.

use std::collections::BTreeSet;

use thalweg_replication::metadata::Topic;
use thalweg_wire::ErrorCode;
use thalweg_wire::Str;
use thalweg_wire::messages::describe_topic_partitions_request::DescribeTopicPartitionsRequest;
use thalweg_wire::messages::describe_topic_partitions_response::{
    Cursor, DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic,
};

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::handlers::{TOPIC_OPERATIONS, control};

/// Handles a DescribeTopicPartitions request. No names means every topic.
pub(crate) async fn handle(
    cx: RequestContext,
    request: DescribeTopicPartitionsRequest,
) -> Outcome<DescribeTopicPartitionsResponse> {
    let image = cx.state.engine.image();
    let (from, first) = request.cursor.map_or((Str::default(), 0), |at| (at.topic_name, at.partition_index));
    let everything = request.topics.is_empty();
    let names: BTreeSet<Str> = if everything {
        image.topics().map(|topic| topic.name.clone()).collect()
    } else {
        request.topics.into_iter().map(|topic| topic.name).collect()
    };
    let mut left = request.response_partition_limit.clamp(1, cx.state.settings.described_partitions_max);
    let mut response = DescribeTopicPartitionsResponse::default();
    for name in names.range(from.clone()..) {
        let start = if *name == from { usize::try_from(first).unwrap_or(0) } else { 0 };
        let found = image.topic(name);
        if !authorize(&cx, Operation::Describe, Resource::Topic(name)) {
            if !everything {
                response.topics.push(refused(name, ErrorCode::TopicAuthorizationFailed));
            }
            continue;
        }
        let Some(topic) = found else {
            let valid = control::is_topic_name(name);
            let error = if valid { ErrorCode::UnknownTopicOrPartition } else { ErrorCode::InvalidTopicException };
            response.topics.push(refused(name, error));
            continue;
        };
        if left == 0 {
            response.next_cursor = Some(Cursor { topic_name: name.clone(), partition_index: 0 });
            break;
        }
        let end = topic.partitions.len().min(start.saturating_add(usize::try_from(left).unwrap_or(0)));
        response.topics.push(told(&cx, topic, start.min(end)..end));
        left -= i32::try_from(end.saturating_sub(start)).unwrap_or(left);
        if end < topic.partitions.len() {
            let partition_index = i32::try_from(end).unwrap_or(i32::MAX);
            response.next_cursor = Some(Cursor { topic_name: name.clone(), partition_index });
            break;
        }
    }
    Outcome::Reply(response)
}

fn refused(name: &Str, error: ErrorCode) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic { error_code: error.code(), name: Some(name.clone()), ..Default::default() }
}

fn told(cx: &RequestContext, topic: &Topic, range: std::ops::Range<usize>) -> DescribeTopicPartitionsResponseTopic {
    let first = range.start;
    let partitions = topic.partitions[range].iter().enumerate().map(|(at, partition)| {
        let reachable = cx.state.endpoint(partition.leader.0, cx.connection.listener).is_some();
        let gone = |node: &i32| cx.state.endpoint(*node, cx.connection.listener).is_none();
        let replicas: Vec<i32> = partition.replicas.iter().map(|node| node.0).collect();
        DescribeTopicPartitionsResponsePartition {
            error_code: if reachable { 0 } else { ErrorCode::LeaderNotAvailable.code() },
            partition_index: i32::try_from(first + at).unwrap_or(i32::MAX),
            leader_id: if reachable { partition.leader.0 } else { -1 },
            leader_epoch: partition.leader_epoch.0,
            offline_replicas: replicas.iter().copied().filter(gone).collect(),
            replica_nodes: replicas,
            isr_nodes: partition.isr.iter().map(|node| node.0).collect(),
            // never null, though the protocol allows it: Kafka's own admin client falls over null
            eligible_leader_replicas: Some(partition.elr.iter().map(|node| node.0).collect()),
            last_known_elr: Some(partition.last_known_elr.iter().map(|node| node.0).collect()),
        }
    });
    DescribeTopicPartitionsResponseTopic {
        error_code: 0,
        name: Some(topic.name.clone()),
        topic_id: topic.id,
        is_internal: topic.internal,
        partitions: partitions.collect(),
        topic_authorized_operations: TOPIC_OPERATIONS,
    }
}
