//! One file per API: a decoded request in, a decided response out. Handlers know versions and error codes; the engine and
//! the rules know neither. A handler runs on the core of its connection and reaches partitions, groups and the controller
//! through messages to the cores that own them.

pub mod alter_configs;
pub mod api_versions;
pub mod control;
pub mod create_partitions;
pub mod create_topics;
pub mod delete_groups;
pub mod delete_records;
pub mod delete_topics;
pub mod describe_cluster;
pub mod describe_configs;
pub mod describe_groups;
pub mod describe_log_dirs;
pub mod describe_topic_partitions;
pub mod fetch;
pub mod find_coordinator;
pub mod groups;
pub mod heartbeat;
pub mod incremental_alter_configs;
pub mod init_producer_id;
pub mod join_group;
pub mod leave_group;
pub mod list_groups;
pub mod list_offsets;
pub mod list_partition_reassignments;
pub mod metadata;
pub mod offset_commit;
pub mod offset_delete;
pub mod offset_fetch;
pub mod offset_for_leader_epoch;
pub mod produce;
pub mod sync_group;

use thalweg_engine::{Call, PartitionKey, Reply};
use thalweg_replication::metadata::Topic;
use thalweg_rt::CoreId;
use thalweg_wire::ErrorCode;
use thalweg_wire::{LeaderEpoch, PartitionIndex};

use crate::state::CoreState;

/// What a client may do to a topic, as Kafka numbers operations: all that there is, while there is no authorizer.
pub(crate) const TOPIC_OPERATIONS: i32 =
    bits(&[READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS]);
/// What a client may do to the cluster.
pub(crate) const CLUSTER_OPERATIONS: i32 =
    bits(&[CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE]);
/// What a client may do to a group.
pub(crate) const GROUP_OPERATIONS: i32 = bits(&[READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS]);
/// Not asked for.
pub(crate) const NO_OPERATIONS: i32 = i32::MIN;

const READ: u32 = 3;
const WRITE: u32 = 4;
const CREATE: u32 = 5;
const DELETE: u32 = 6;
const ALTER: u32 = 7;
const DESCRIBE: u32 = 8;
const CLUSTER_ACTION: u32 = 9;
const DESCRIBE_CONFIGS: u32 = 10;
const ALTER_CONFIGS: u32 = 11;
const IDEMPOTENT_WRITE: u32 = 12;

const fn bits(operations: &[u32]) -> i32 {
    let mut mask = 0;
    let mut at = 0;
    while at < operations.len() {
        mask |= 1 << operations[at];
        at += 1;
    }
    mask
}

/// The error of a partition this broker cannot serve, with the leader to try instead if one is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotHere {
    pub(crate) error: ErrorCode,
    pub(crate) leader: i32,
    pub(crate) epoch: i32,
}

/// The key of a partition that this broker leads.
pub(crate) fn led_here(state: &CoreState, topic: &Topic, index: i32) -> Result<PartitionKey, NotHere> {
    let nowhere = |error| NotHere { error, leader: -1, epoch: -1 };
    let partition = usize::try_from(index).ok().and_then(|at| topic.partitions.get(at));
    let Some(partition) = partition else { return Err(nowhere(ErrorCode::UnknownTopicOrPartition)) };
    if partition.leader != state.node {
        return Err(NotHere {
            error: ErrorCode::NotLeaderOrFollower,
            leader: partition.leader.0,
            epoch: partition.leader_epoch.0,
        });
    }
    Ok(PartitionKey { topic: topic.id, index: PartitionIndex(index) })
}

/// A leader epoch as requests carry it: -1 for "none".
pub(crate) fn epoch(number: i32) -> Option<LeaderEpoch> {
    (number >= 0).then_some(LeaderEpoch(number))
}

/// Asks the owning cores, all at once, and puts the answers back into the order of the questions. `None` is the answer of a
/// core that is stopping.
pub(crate) async fn ask<Q, A>(
    state: &CoreState,
    questions: Vec<(PartitionKey, Q)>,
    call: impl Fn(Vec<Q>) -> Call,
    open: impl Fn(Reply) -> Option<Vec<A>>,
) -> Vec<Option<A>> {
    let total = questions.len();
    let mut by_core: Vec<(CoreId, Vec<usize>, Vec<Q>)> = Vec::new();
    for (place, (key, question)) in questions.into_iter().enumerate() {
        let core = state.engine.core_of(key);
        match by_core.iter_mut().find(|(at, ..)| *at == core) {
            Some((_, places, list)) => {
                places.push(place);
                list.push(question);
            }
            None => by_core.push((core, vec![place], vec![question])),
        }
    }
    let asked: Vec<_> =
        by_core.into_iter().map(|(core, places, list)| (places, state.engine.call(core, call(list)))).collect();
    let mut answers: Vec<Option<A>> = Vec::with_capacity(total);
    answers.resize_with(total, || None);
    for (places, reply) in asked {
        let Some(list) = reply.await.ok().and_then(&open) else { continue };
        for (place, answer) in places.into_iter().zip(list) {
            answers[place] = Some(answer);
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operation_masks_are_kafkas() {
        assert_eq!((TOPIC_OPERATIONS, CLUSTER_OPERATIONS, GROUP_OPERATIONS), (3576, 8096, 3400));
    }
}
