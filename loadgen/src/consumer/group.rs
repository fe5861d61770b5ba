//! A consumer as a member of a group on the broker: join, share out if it leads, read, say that it lives, commit, and begin
//! again when the group changes.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use thalweg_wire::messages::find_coordinator_request::FindCoordinatorRequest;
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use thalweg_wire::messages::join_group_response::JoinGroupResponse;
use thalweg_wire::messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use thalweg_wire::messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use thalweg_wire::messages::offset_fetch_request::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use thalweg_wire::messages::sync_group_request::{SyncGroupRequest, SyncGroupRequestAssignment};
use thalweg_wire::records::consumer_protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, consumer_protocol_assignment,
};
use thalweg_wire::{ErrorCode, Str};

use super::fetcher::{mend, stop_loops, take_positions};
use super::range::range;
use super::{Consumer, Place, Readers};
use crate::client::cluster::connect_any;
use crate::client::connection::{CallError, Connection, code};
use crate::client::wait::rest;

/// How long joining may take: the others have to come first.
const JOIN_TIME: Duration = Duration::from_secs(90);
const REBALANCE_MS: i32 = 60_000;
/// How often a member says that it lives, at the most.
const HEARTBEAT_MAX: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);
const LOOK_UP: Duration = Duration::from_millis(20);

/// Versions that carry topic ids instead of names are not used here: names are in all the others.
const COMMIT_VERSION_MAX: i16 = 9;
const OFFSET_FETCH_VERSION_MAX: i16 = 9;

struct Member {
    group: Str,
    id: Str,
    generation: i32,
}

/// Reads what the group gives to it, until the run ends.
pub(super) async fn read_as_member(readers: &Rc<Readers>, consumer: &Rc<Consumer>) {
    let group = Str::from(format!("{}-{:08x}-{}", readers.plan.client_id, readers.run, consumer.group));
    let mut member = Member { group, id: Str::default(), generation: -1 };
    let mut was_placed = false;
    while !readers.ended.get() {
        let ended = take_part(readers, consumer, &mut member, &mut was_placed).await;
        stop_loops(readers, consumer).await;
        for (place, position) in consumer.positions.borrow().iter() {
            let mut furthest = readers.furthest.borrow_mut();
            let known = furthest.entry((consumer.group, *place)).or_default();
            *known = (*known).max(*position);
        }
        if let Err(error) = ended {
            if let CallError::Broker(ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId, _) = error {
                member.id = Str::default();
            }
            let expected = matches!(error, CallError::Broker(ErrorCode::RebalanceInProgress, _));
            if !expected && !readers.ended.get() {
                let now_ns = readers.clock.now_ns();
                readers.recorder.borrow_mut().error(error.name(), now_ns);
                rest(&readers.core, PAUSE).await;
            }
        }
    }
}

/// One membership: from joining to the next change.
async fn take_part(
    readers: &Rc<Readers>,
    consumer: &Rc<Consumer>,
    member: &mut Member,
    was_placed: &mut bool,
) -> Result<(), CallError> {
    let connection = coordinator(readers, &member.group).await?;
    let joined = join(readers, &connection, member).await?;
    let places = sync(readers, &connection, member, joined).await?;
    let mut positions = committed(readers, &connection, member, places).await?;
    for (place, position) in &mut positions {
        let furthest = readers.furthest.borrow().get(&(consumer.group, *place)).copied();
        *position = (*position).max(furthest.unwrap_or_default());
    }
    take_positions(readers, consumer, positions);
    if !std::mem::replace(was_placed, true) {
        readers.placed.set(readers.placed.get() + 1);
    }
    let session = Duration::from_millis(readers.plan.consumers.session_ms.into());
    let beat = (session / 4).min(HEARTBEAT_MAX);
    let commit = Duration::from_millis(readers.plan.consumers.commit_ms.max(1));
    let (mut next_beat, mut next_commit) = (readers.core.timer.now() + beat, readers.core.timer.now() + commit);
    loop {
        rest(&readers.core, LOOK_UP).await;
        mend(readers, consumer).await;
        let now = readers.core.timer.now();
        if readers.ended.get() {
            stop_loops(readers, consumer).await;
            commit_positions(&connection, readers, consumer, member).await?;
            return leave(&connection, member).await;
        }
        if now >= next_commit {
            next_commit = now + commit;
            commit_positions(&connection, readers, consumer, member).await?;
        }
        if now >= next_beat {
            next_beat = now + beat;
            let request = HeartbeatRequest {
                group_id: member.group.clone(),
                generation_id: member.generation,
                member_id: member.id.clone(),
                group_instance_id: None,
            };
            let answer = connection.ask(&request).await?;
            if answer.error_code == ErrorCode::RebalanceInProgress.code() {
                stop_loops(readers, consumer).await;
                commit_positions(&connection, readers, consumer, member).await?;
            }
            code(answer.error_code, "")?;
        }
    }
}

async fn coordinator(readers: &Readers, group: &Str) -> Result<Connection, CallError> {
    const CLASSIC_MAX: i16 = 3;
    let any = connect_any(&readers.core, &readers.plan, JOIN_TIME).await?;
    let version = any.versions().pick::<FindCoordinatorRequest>(i16::MAX)?;
    let request = match version {
        ..=CLASSIC_MAX => FindCoordinatorRequest { key: group.clone(), ..Default::default() },
        _ => FindCoordinatorRequest { coordinator_keys: vec![group.clone()], ..Default::default() },
    };
    let answer = any.call(&request, version).await?;
    code(answer.error_code, "")?;
    let (host, port) = match answer.coordinators.first() {
        Some(found) => {
            code(found.error_code, found.error_message.as_deref().unwrap_or_default())?;
            (found.host.clone(), found.port)
        }
        None => (answer.host.clone(), answer.port),
    };
    Connection::open(&readers.core, &format!("{}:{port}", &*host), &readers.client_id, JOIN_TIME).await
}

async fn join(readers: &Readers, connection: &Connection, member: &mut Member) -> Result<JoinGroupResponse, CallError> {
    let malformed = |error: &dyn std::fmt::Display| CallError::Malformed(error.to_string());
    let topics = readers.topics.iter().map(|(name, _)| name.clone()).collect();
    let subscription = ConsumerProtocolSubscription { topics, generation_id: -1, ..Default::default() };
    let metadata = subscription.to_bytes(1).map_err(|error| malformed(&error))?;
    loop {
        let request = JoinGroupRequest {
            group_id: member.group.clone(),
            session_timeout_ms: i32::try_from(readers.plan.consumers.session_ms).unwrap_or(i32::MAX),
            rebalance_timeout_ms: REBALANCE_MS,
            member_id: member.id.clone(),
            group_instance_id: None,
            reason: None,
            protocol_type: Str::from_static("consumer"),
            protocols: vec![JoinGroupRequestProtocol { name: Str::from_static("range"), metadata: metadata.clone() }],
        };
        let answer = connection.ask(&request).await?;
        if answer.error_code == ErrorCode::MemberIdRequired.code() {
            member.id = answer.member_id.detached();
            continue;
        }
        code(answer.error_code, "")?;
        member.id = answer.member_id.detached();
        member.generation = answer.generation_id;
        return Ok(answer);
    }
}

/// Shares out the partitions if this member leads, and hears what it has itself.
async fn sync(
    readers: &Readers,
    connection: &Connection,
    member: &Member,
    joined: JoinGroupResponse,
) -> Result<Vec<Place>, CallError> {
    let malformed = |error: &dyn std::fmt::Display| CallError::Malformed(error.to_string());
    let mut assignments = Vec::new();
    if joined.leader == joined.member_id {
        let mut ids: Vec<Str> = joined.members.iter().map(|member| member.member_id.clone()).collect();
        ids.sort();
        for (number, member_id) in ids.iter().enumerate() {
            let places = range(&readers.all_places(), number as u32, ids.len() as u32);
            let assignment =
                ConsumerProtocolAssignment { assigned_partitions: by_topic(readers, &places), user_data: None };
            let assignment = assignment.to_bytes(1).map_err(|error| malformed(&error))?;
            assignments.push(SyncGroupRequestAssignment { member_id: member_id.clone(), assignment });
        }
    }
    let request = SyncGroupRequest {
        group_id: member.group.clone(),
        generation_id: member.generation,
        member_id: member.id.clone(),
        group_instance_id: None,
        protocol_type: Some(Str::from_static("consumer")),
        protocol_name: Some(Str::from_static("range")),
        assignments,
    };
    let version = connection.versions().pick::<SyncGroupRequest>(i16::MAX)?;
    let answer = connection.call(&request, version).await?;
    code(answer.error_code, "")?;
    if answer.assignment.is_empty() {
        return Ok(Vec::new());
    }
    let assignment = ConsumerProtocolAssignment::from_bytes(answer.assignment).map_err(|error| malformed(&error))?;
    let mut places = Vec::new();
    for topic in assignment.assigned_partitions {
        let Some(index) = readers.topics.iter().position(|(name, _)| *name == topic.topic) else { continue };
        let known = topic.partitions.iter().filter(|at| (**at as usize) < readers.ends[index].len());
        places.extend(known.map(|at| Place { topic: index as u32, partition: *at as u32 }));
    }
    Ok(places)
}

fn by_topic(readers: &Readers, places: &[Place]) -> Vec<consumer_protocol_assignment::TopicPartition> {
    let mut topics: BTreeMap<u32, Vec<i32>> = BTreeMap::new();
    for place in places {
        topics.entry(place.topic).or_default().push(place.partition as i32);
    }
    let topic = |(topic, partitions): (u32, Vec<i32>)| consumer_protocol_assignment::TopicPartition {
        topic: readers.topics[topic as usize].0.clone(),
        partitions,
    };
    topics.into_iter().map(topic).collect()
}

/// Where to go on: what was committed, else where the partition ended before the run.
async fn committed(
    readers: &Readers,
    connection: &Connection,
    member: &Member,
    places: Vec<Place>,
) -> Result<BTreeMap<Place, i64>, CallError> {
    const GROUPS_FROM: i16 = 8;
    let mut topics: BTreeMap<u32, Vec<i32>> = BTreeMap::new();
    for place in &places {
        topics.entry(place.topic).or_default().push(place.partition as i32);
    }
    let version = connection.versions().pick::<OffsetFetchRequest>(OFFSET_FETCH_VERSION_MAX)?;
    let name = |topic: u32| readers.topics[topic as usize].0.clone();
    let mut request = OffsetFetchRequest::default();
    if version >= GROUPS_FROM {
        let topics = topics.into_iter().map(|(topic, partition_indexes)| OffsetFetchRequestTopics {
            name: name(topic),
            partition_indexes,
            ..Default::default()
        });
        request.groups = vec![OffsetFetchRequestGroup {
            group_id: member.group.clone(),
            member_id: None,
            member_epoch: -1,
            topics: Some(topics.collect()),
        }];
    } else {
        let topics = topics
            .into_iter()
            .map(|(topic, partition_indexes)| OffsetFetchRequestTopic { name: name(topic), partition_indexes });
        request.group_id = member.group.clone();
        request.topics = Some(topics.collect());
    }
    let answer = connection.call(&request, version).await?;
    code(answer.error_code, "")?;
    let mut positions: BTreeMap<Place, i64> = places.iter().map(|place| (*place, readers.end_of(*place))).collect();
    let mut take = |name: &Str, partition: i32, offset: i64, error: i16| {
        code(error, "")?;
        let topic = readers.topics.iter().position(|(known, _)| known == name);
        if let Some(topic) = topic
            && let Some(position) =
                positions.get_mut(&Place { topic: topic as u32, partition: partition as u32 }).filter(|_| offset >= 0)
        {
            *position = offset;
        }
        Ok(())
    };
    for topic in &answer.topics {
        for p in &topic.partitions {
            take(&topic.name, p.partition_index, p.committed_offset, p.error_code)?;
        }
    }
    for group in &answer.groups {
        code(group.error_code, "")?;
        for topic in &group.topics {
            for p in &topic.partitions {
                take(&topic.name, p.partition_index, p.committed_offset, p.error_code)?;
            }
        }
    }
    Ok(positions)
}

async fn commit_positions(
    connection: &Connection,
    readers: &Readers,
    consumer: &Consumer,
    member: &Member,
) -> Result<(), CallError> {
    let mut topics: Vec<OffsetCommitRequestTopic> = Vec::new();
    let mut current = None;
    for (place, position) in consumer.positions.borrow().iter() {
        if current != Some(place.topic) {
            let name = readers.topics[place.topic as usize].0.clone();
            topics.push(OffsetCommitRequestTopic { name, ..Default::default() });
            current = Some(place.topic);
        }
        if let Some(topic) = topics.last_mut() {
            topic.partitions.push(OffsetCommitRequestPartition {
                partition_index: place.partition as i32,
                committed_offset: *position,
                committed_leader_epoch: -1,
                committed_metadata: Some(Str::default()),
            });
        }
    }
    if topics.is_empty() {
        return Ok(());
    }
    let request = OffsetCommitRequest {
        group_id: member.group.clone(),
        generation_id_or_member_epoch: member.generation,
        member_id: member.id.clone(),
        group_instance_id: None,
        retention_time_ms: -1,
        topics,
    };
    let version = connection.versions().pick::<OffsetCommitRequest>(COMMIT_VERSION_MAX)?;
    let answer = connection.call(&request, version).await?;
    for topic in &answer.topics {
        for partition in &topic.partitions {
            code(partition.error_code, "")?;
        }
    }
    Ok(())
}

async fn leave(connection: &Connection, member: &Member) -> Result<(), CallError> {
    const MEMBERS_FROM: i16 = 3;
    let version = connection.versions().pick::<LeaveGroupRequest>(i16::MAX)?;
    let mut request = LeaveGroupRequest { group_id: member.group.clone(), ..Default::default() };
    if version >= MEMBERS_FROM {
        let member_id = member.id.clone();
        request.members = vec![MemberIdentity { member_id, group_instance_id: None, reason: None }];
    } else {
        request.member_id = member.id.clone();
    }
    code(connection.call(&request, version).await?.error_code, "")
}
