//! Where the replicas of new partitions go.

use std::collections::BTreeSet;

use thalweg_wire::records::metadata::{MetadataRecord, PartitionRecord};
use thalweg_wire::{ErrorCode, NodeId, Uuid};

use super::Refusal;
use crate::metadata::Image;

/// Replicas of one partition each, the preferred leader first.
pub(super) type Placement = Vec<Vec<NodeId>>;

/// Places `count` partitions, the first of which has the index `from`, on brokers that may lead. Leaders go round, and followers
/// shift with every round, so that a broker's partitions have their followers spread over all others.
pub(super) fn place(image: &Image, topic: Uuid, from: usize, count: usize, factor: i16) -> Result<Placement, Refusal> {
    let brokers: Vec<NodeId> = image.brokers().filter(|broker| broker.is_active()).map(|broker| broker.id).collect();
    let factor = usize::try_from(factor).unwrap_or(0);
    if brokers.len() < factor || factor == 0 {
        let why = format!(
            "{factor} replicas of each partition were asked for, but {} broker(s) can hold one now",
            brokers.len()
        );
        return Err((ErrorCode::InvalidReplicationFactor, why));
    }
    let start = topic.0.iter().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let nth = |index: usize| {
        let lead = start.wrapping_add(index) % brokers.len();
        let shift = index / brokers.len();
        let follow = (1..factor).map(|nth| {
            let others = brokers.len() - 1;
            brokers[(lead + 1 + (shift + nth - 1) % others) % brokers.len()]
        });
        std::iter::once(brokers[lead]).chain(follow).collect()
    };
    Ok((from..from + count).map(nth).collect())
}

/// Checks replicas that were chosen by hand. `factor` is what other partitions of the topic have.
pub(super) fn check_manual(image: &Image, replicas: &[i32], factor: Option<usize>) -> Result<Vec<NodeId>, Refusal> {
    let refuse = |why: String| Err((ErrorCode::InvalidReplicaAssignment, why));
    if replicas.is_empty() {
        return refuse("a partition was assigned to no broker at all".to_owned());
    }
    let mut seen = BTreeSet::new();
    for replica in replicas {
        if !seen.insert(replica) {
            return refuse(format!("broker {replica} stands twice among the replicas of one partition"));
        }
        if image.broker(NodeId(*replica)).is_none() {
            return refuse(format!("broker {replica} is not registered"));
        }
    }
    if factor.is_some_and(|factor| factor != replicas.len()) {
        return refuse(format!(
            "a partition was assigned {} replicas where others of the topic have another number",
            replicas.len()
        ));
    }
    let replicas: Vec<NodeId> = replicas.iter().copied().map(NodeId).collect();
    if !replicas.iter().any(|id| is_active(image, *id)) {
        return refuse("every broker that a partition was assigned to is fenced or stopping".to_owned());
    }
    Ok(replicas)
}

/// The record of a new partition: its in-sync replicas are those that may lead.
pub(super) fn record(image: &Image, topic: Uuid, index: usize, replicas: &[NodeId]) -> MetadataRecord {
    let isr: Vec<i32> = replicas.iter().filter(|id| is_active(image, **id)).map(|id| id.0).collect();
    let directories = replicas.iter().map(|id| match image.broker(*id).map(|broker| broker.log_dirs.as_slice()) {
        Some([only]) => *only,
        _ => Uuid::ZERO,
    });
    MetadataRecord::Partition(PartitionRecord {
        partition_id: i32::try_from(index).unwrap_or(i32::MAX),
        topic_id: topic,
        replicas: replicas.iter().map(|id| id.0).collect(),
        leader: isr.first().copied().unwrap_or(-1),
        isr,
        leader_epoch: 0,
        partition_epoch: 0,
        directories: directories.collect(),
        ..Default::default()
    })
}

fn is_active(image: &Image, id: NodeId) -> bool {
    image.broker(id).is_some_and(|broker| broker.is_active())
}
