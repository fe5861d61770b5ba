//! ListPartitionReassignments: replicas on the move. `kafka-topics --describe` asks; one node has nowhere to move them to.

use thalweg_wire::messages::list_partition_reassignments_request::ListPartitionReassignmentsRequest;
use thalweg_wire::messages::list_partition_reassignments_response::{
    ListPartitionReassignmentsResponse, OngoingPartitionReassignment, OngoingTopicReassignment,
};

use crate::dispatch::{Outcome, RequestContext};

/// Handles a ListPartitionReassignments request from the cluster's image.
pub(crate) async fn handle(
    cx: RequestContext,
    request: ListPartitionReassignmentsRequest,
) -> Outcome<ListPartitionReassignmentsResponse> {
    let image = cx.state.engine.image();
    let mut response = ListPartitionReassignmentsResponse { error_message: None, ..Default::default() };
    for topic in image.topics() {
        let asked = request.topics.as_ref().map(|all| all.iter().find(|asked| *asked.name == *topic.name));
        if matches!(asked, Some(None)) {
            continue;
        }
        let only = asked.flatten().map(|asked| &asked.partition_indexes);
        let moving: Vec<_> = topic
            .partitions
            .iter()
            .enumerate()
            .filter_map(|(index, partition)| Some((i32::try_from(index).ok()?, partition)))
            .filter(|(index, _)| only.is_none_or(|only| only.contains(index)))
            .filter(|(_, p)| !p.adding.is_empty() || !p.removing.is_empty())
            .map(|(index, p)| OngoingPartitionReassignment {
                partition_index: index,
                replicas: p.replicas.iter().map(|node| node.0).collect(),
                adding_replicas: p.adding.iter().map(|node| node.0).collect(),
                removing_replicas: p.removing.iter().map(|node| node.0).collect(),
            })
            .collect();
        if !moving.is_empty() {
            response.topics.push(OngoingTopicReassignment { name: topic.name.clone(), partitions: moving });
        }
    }
    Outcome::Reply(response)
}
