//! Committed offsets: commit, fetch, delete, and expiry.

use thalweg_wire::error_code::ErrorCode;
use thalweg_wire::messages::offset_commit_request::{OffsetCommitRequest, OffsetCommitRequestPartition};
use thalweg_wire::messages::offset_commit_response::{
    OffsetCommitResponse, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use thalweg_wire::messages::offset_delete_request::OffsetDeleteRequest;
use thalweg_wire::messages::offset_delete_response::{
    OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use thalweg_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use thalweg_wire::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use thalweg_wire::{Str, Uuid};

use super::append::{Appends, KeyValue, Then};
use super::record::{group_key, offset_key, offset_value};
use super::request::{GroupRequest, GroupResponse, Ticket};
use super::state::{Committed, Group, State};
use super::{GroupEffect, Groups, TopicView};

impl Groups {
    pub(super) fn commit(
        &mut self,
        now_ms: i64,
        version: i16,
        request: OffsetCommitRequest,
        ticket: Ticket,
        env: &dyn TopicView,
        out: &mut Vec<GroupEffect>,
    ) {
        // Topics and partitions that are not there are told so whatever the group thinks; if none is left the group is not asked.
        let named: Vec<Result<(Str, Uuid), ErrorCode>> = request
            .topics
            .iter()
            .map(|topic| match version {
                10.. => {
                    env.topic_name(topic.topic_id).map(|name| (name, topic.topic_id)).ok_or(ErrorCode::UnknownTopicId)
                }
                _ => {
                    let known = env.topic_id(&topic.name).map(|id| (topic.name.clone(), id));
                    known.ok_or(ErrorCode::UnknownTopicOrPartition)
                }
            })
            .collect();
        let known = |topic: usize, partition: i32| match &named[topic] {
            Ok((name, _)) if env.has_partition(name, partition) => Ok(()),
            Ok(_) => Err(ErrorCode::UnknownTopicOrPartition),
            Err(code) => Err(*code),
        };
        let mut some = request.topics.iter().enumerate();
        let any = some.any(|(at, topic)| topic.partitions.iter().any(|to| known(at, to.partition_index).is_ok()));
        let admitted = if any { self.admit_commit(now_ms, version, &request) } else { Ok(()) };

        let expire_ms = (request.retention_time_ms >= 0).then(|| now_ms.saturating_add(request.retention_time_ms));
        let mut records: Vec<KeyValue> = Vec::new();
        let mut topics = Vec::with_capacity(request.topics.len());
        for (at, topic) in request.topics.iter().enumerate() {
            let mut partitions = Vec::with_capacity(topic.partitions.len());
            for to in &topic.partitions {
                let verdict = known(at, to.partition_index).and(admitted).and_then(|()| {
                    let (name, id) = named[at].as_ref().map_err(|code| *code)?;
                    self.keep(&request.group_id, name, to)?;
                    let value = committed(to, *id, now_ms, expire_ms);
                    let key = offset_key(&request.group_id, name, to.partition_index);
                    records.push((key, Some(offset_value(&value))));
                    Ok(())
                });
                partitions.push(OffsetCommitResponsePartition {
                    partition_index: to.partition_index,
                    error_code: verdict.err().unwrap_or(ErrorCode::None) as i16,
                });
            }
            topics.push(OffsetCommitResponseTopic { name: topic.name.clone(), topic_id: topic.topic_id, partitions });
        }
        let response = GroupResponse::OffsetCommit(OffsetCommitResponse { topics, throttle_time_ms: 0 });
        self.append_or_reply(records, ticket, response, out);
        self.forget_if_vacant(&request.group_id);
    }

    /// Whether this sender may commit for the group now. A sender outside any generation makes the group if need be.
    fn admit_commit(&mut self, now_ms: i64, version: i16, request: &OffsetCommitRequest) -> Result<(), ErrorCode> {
        if self.appends.len() >= self.config.appends_max {
            return Err(ErrorCode::CoordinatorNotAvailable);
        }
        let outside = request.generation_id_or_member_epoch < 0;
        if !self.groups.contains_key(&request.group_id) {
            if !outside {
                let newer = version >= 9;
                return Err(if newer { ErrorCode::GroupIdNotFound } else { ErrorCode::IllegalGeneration });
            }
            if self.groups.len() >= self.config.groups_max {
                return Err(ErrorCode::CoordinatorNotAvailable);
            }
            self.group_or_new(request.group_id.detached());
            return Ok(());
        }
        let mut unused = Vec::new();
        let Some(mut turn) = self.turn(&request.group_id, now_ms, &mut unused) else { return Ok(()) };
        let group = &*turn.group;
        if outside && group.state == State::Empty {
            return Ok(());
        }
        let instance = request.group_instance_id.as_ref();
        if outside && request.member_id.is_empty() && instance.is_none() {
            return Err(ErrorCode::UnknownMemberId);
        }
        group.check_member(&request.member_id, instance)?;
        if request.generation_id_or_member_epoch != group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        match group.state {
            State::CompletingRebalance => return Err(ErrorCode::RebalanceInProgress),
            State::Stable | State::PreparingRebalance => turn.renew_session(&request.member_id.detached()),
            State::Empty => {}
        }
        Ok(())
    }

    /// Checks one offset against the bounds and counts it as on its way.
    fn keep(&mut self, group: &Str, topic: &Str, to: &OffsetCommitRequestPartition) -> Result<(), ErrorCode> {
        let metadata = to.committed_metadata.as_deref().unwrap_or_default();
        let long = metadata.len() > self.config.offset_metadata_max;
        if long && metadata.encode_utf16().count() > self.config.offset_metadata_max {
            return Err(ErrorCode::OffsetMetadataTooLarge);
        }
        let Some(group) = self.groups.get_mut(group) else { return Err(ErrorCode::UnknownMemberId) };
        if !group.has_offset(topic, to.partition_index) && group.offset_count() >= self.config.offsets_per_group_max {
            return Err(ErrorCode::InvalidCommitOffsetSize);
        }
        *group.unsettled.entry((topic.detached(), to.partition_index)).or_default() += 1;
        Ok(())
    }

    /// Appends the records, counted already, and answers once they are committed; at once if there are none.
    fn append_or_reply(
        &mut self,
        records: Vec<KeyValue>,
        ticket: Ticket,
        response: GroupResponse,
        out: &mut Vec<GroupEffect>,
    ) {
        if records.is_empty() {
            return out.push(GroupEffect::Reply { ticket, response });
        }
        let id = self.appends.start(records.clone(), vec![Then::Reply { ticket, response }]);
        out.push(GroupEffect::Append { id, records });
    }

    pub(super) fn fetch(
        &self,
        version: i16,
        request: OffsetFetchRequestGroup,
        ticket: Ticket,
        env: &dyn TopicView,
        out: &mut Vec<GroupEffect>,
    ) {
        let group = self.groups.get(&request.group_id);
        let topics = match request.topics {
            Some(topics) => topics.into_iter().map(|topic| fetch_topic(version, group, topic, env)).collect(),
            None => fetch_all(version, group, env),
        };
        let response = OffsetFetchResponseGroup { group_id: request.group_id, topics, error_code: 0 };
        out.push(GroupEffect::Reply { ticket, response: GroupResponse::OffsetFetch(response) });
    }

    pub(super) fn delete_offsets(
        &mut self,
        request: OffsetDeleteRequest,
        ticket: Ticket,
        env: &dyn TopicView,
        out: &mut Vec<GroupEffect>,
    ) {
        let refused = match self.groups.get(&request.group_id) {
            None => Some(ErrorCode::GroupIdNotFound),
            Some(group) if group.state != State::Empty && !group.is_consumer() => Some(ErrorCode::NonEmptyGroup),
            Some(_) if self.appends.len() >= self.config.appends_max => Some(ErrorCode::CoordinatorNotAvailable),
            Some(_) => None,
        };
        if let Some(code) = refused {
            let response = GroupRequest::OffsetDelete { request }.refuse(code);
            return out.push(GroupEffect::Reply { ticket, response });
        }
        let Some(group) = self.groups.get_mut(&request.group_id) else { return };
        let mut records = Vec::new();
        let mut topics = Vec::with_capacity(request.topics.len());
        for topic in request.topics {
            let subscribed = group.is_subscribed(&topic.name);
            let mut partitions = Vec::with_capacity(topic.partitions.len());
            for at in &topic.partitions {
                let code = if !env.has_partition(&topic.name, at.partition_index) {
                    ErrorCode::UnknownTopicOrPartition
                } else if subscribed {
                    ErrorCode::GroupSubscribedToTopic
                } else {
                    if group.has_offset(&topic.name, at.partition_index) {
                        records.push(tombstone(group, &topic.name, at.partition_index));
                    }
                    ErrorCode::None
                };
                partitions.push(OffsetDeleteResponsePartition {
                    partition_index: at.partition_index,
                    error_code: code as i16,
                });
            }
            topics.push(OffsetDeleteResponseTopic { name: topic.name, partitions });
        }
        let response = OffsetDeleteResponse { error_code: 0, throttle_time_ms: 0, topics };
        self.append_or_reply(records, ticket, GroupResponse::OffsetDelete(response), out);
    }

    /// Topics are gone: so are the offsets in them.
    pub fn topics_deleted(&mut self, topics: &[(Str, Uuid)], out: &mut Vec<GroupEffect>) {
        if self.loading {
            return; // what is stale then expires like any other offset
        }
        let mut records = Vec::new();
        for group in self.groups.values_mut() {
            for (name, id) in topics {
                let stored = group.offsets.get(name).into_iter().flatten();
                let stale = stored.filter(|(_, at)| at.topic_id.is_zero() || at.topic_id == *id);
                let mut partitions: Vec<i32> = stale.map(|(partition, _)| *partition).collect();
                partitions.extend(group.unsettled.keys().filter(|(topic, _)| topic == name).map(|(_, at)| *at));
                partitions.sort_unstable();
                partitions.dedup();
                for partition in partitions {
                    records.push(tombstone(group, name, partition));
                }
            }
        }
        append_quietly(&mut self.appends, records, out);
    }

    /// Takes back offsets whose time is over, and groups that are left with nothing.
    pub(super) fn expire(&mut self, now_ms: i64, out: &mut Vec<GroupEffect>) {
        let retention_ms = self.config.retention_ms;
        let mut records = Vec::new();
        for group in self.groups.values_mut() {
            // the clock of an offset starts when it was committed, or when the last member left
            let left_ms = match (&group.protocol_type, group.state) {
                (None, _) => None,
                (Some(_), State::Empty) => group.since_ms,
                (Some(_), State::Stable) if group.is_consumer() && group.subscribed.is_some() => None,
                (Some(_), _) => continue,
            };
            let over = |at: &Committed| match at.expire_ms {
                Some(expire_ms) => now_ms >= expire_ms,
                None => now_ms.saturating_sub(left_ms.unwrap_or(at.commit_ms)) >= retention_ms,
            };
            let mut expired: Vec<(Str, i32)> = Vec::new();
            let mut kept = false;
            for (topic, partitions) in &group.offsets {
                for (partition, at) in partitions {
                    let at_key = (topic.clone(), *partition);
                    if group.is_subscribed(topic) || group.unsettled.contains_key(&at_key) || !over(at) {
                        kept = true;
                    } else {
                        expired.push(at_key);
                    }
                }
            }
            for (topic, partition) in expired {
                records.push(tombstone(group, &topic, partition));
            }
            let idle = group.state == State::Empty && group.pending_joins.is_empty();
            if idle && !kept && group.unsettled_metadata == 0 && group.stored.is_some() {
                records.push(group_tombstone(group));
            }
        }
        append_quietly(&mut self.appends, records, out);
    }

    pub(super) fn delete_groups(&mut self, groups: Vec<Str>, ticket: Ticket, out: &mut Vec<GroupEffect>) {
        let mut records = Vec::new();
        let GroupResponse::Delete(mut results) = (GroupRequest::Delete { groups }).refuse(ErrorCode::None) else {
            return;
        };
        for result in &mut results {
            let Some(group) = self.groups.get_mut(&result.group_id) else {
                result.error_code = ErrorCode::GroupIdNotFound as i16;
                result.error_message = Some(Str::from_static("there is no group with this id"));
                continue;
            };
            if group.state != State::Empty {
                result.error_code = ErrorCode::NonEmptyGroup as i16;
                result.error_message = Some(Str::from_static("the group has members"));
                continue;
            }
            let stored = group.offsets.iter().flat_map(|(topic, at)| at.keys().map(|at| (topic.clone(), *at)));
            let mut offsets: Vec<(Str, i32)> = stored.chain(group.unsettled.keys().cloned()).collect();
            offsets.sort_unstable();
            offsets.dedup();
            for (topic, partition) in offsets {
                records.push(tombstone(group, &topic, partition));
            }
            if group.stored.is_some() || group.unsettled_metadata > 0 {
                records.push(group_tombstone(group));
            }
            for id in std::mem::take(&mut group.pending_joins) {
                self.timers.cancel(&group.id, super::timer::Timer::Session(id));
            }
        }
        let ids: Vec<Str> = results.iter().map(|result| result.group_id.clone()).collect();
        self.append_or_reply(records, ticket, GroupResponse::Delete(results), out);
        for id in ids {
            self.forget_if_vacant(&id);
        }
    }
}

/// The offset a request commits.
fn committed(to: &OffsetCommitRequestPartition, topic_id: Uuid, now_ms: i64, expire_ms: Option<i64>) -> Committed {
    Committed {
        offset: to.committed_offset,
        leader_epoch: to.committed_leader_epoch,
        metadata: to.committed_metadata.clone().unwrap_or_default(),
        commit_ms: now_ms,
        expire_ms,
        topic_id,
    }
}

/// Takes an offset back, counted as on its way.
fn tombstone(group: &mut Group, topic: &Str, partition: i32) -> KeyValue {
    *group.unsettled.entry((topic.detached(), partition)).or_default() += 1;
    (offset_key(&group.id, topic, partition), None)
}

/// Takes a group back, counted as on its way.
fn group_tombstone(group: &mut Group) -> KeyValue {
    group.unsettled_metadata += 1;
    (group_key(&group.id), None)
}

/// Appends what nobody waits for, in batches of bounded size.
fn append_quietly(appends: &mut Appends, records: Vec<KeyValue>, out: &mut Vec<GroupEffect>) {
    for part in records.chunks(QUIET_RECORDS_MAX) {
        let id = appends.start(part.to_vec(), Vec::new());
        out.push(GroupEffect::Append { id, records: part.to_vec() });
    }
}

const QUIET_RECORDS_MAX: usize = 1_000;

fn fetch_topic(
    version: i16,
    group: Option<&Group>,
    asked: OffsetFetchRequestTopics,
    env: &dyn TopicView,
) -> OffsetFetchResponseTopics {
    let (name, code) = match version {
        10.. => match env.topic_name(asked.topic_id) {
            Some(name) => (name, ErrorCode::None),
            None => (Str::default(), ErrorCode::UnknownTopicId),
        },
        _ => (asked.name.clone(), ErrorCode::None),
    };
    let stored = group.and_then(|group| group.offsets.get(&name));
    let same_topic =
        |at: &&Committed| asked.topic_id.is_zero() || at.topic_id.is_zero() || at.topic_id == asked.topic_id;
    let partitions = asked.partition_indexes.into_iter().map(|partition| {
        let found = stored.and_then(|partitions| partitions.get(&partition)).filter(same_topic);
        fetched(partition, found, code)
    });
    OffsetFetchResponseTopics { partitions: partitions.collect(), name: asked.name, topic_id: asked.topic_id }
}

fn fetch_all(version: i16, group: Option<&Group>, env: &dyn TopicView) -> Vec<OffsetFetchResponseTopics> {
    let stored = group.into_iter().flat_map(|group| &group.offsets);
    let topics = stored.filter_map(|(name, partitions)| {
        // from version 10 on a topic without an id cannot be named
        let topic_id = if version >= 10 { env.topic_id(name)? } else { Uuid::ZERO };
        let partitions = partitions.iter().map(|(partition, at)| fetched(*partition, Some(at), ErrorCode::None));
        Some(OffsetFetchResponseTopics { name: name.clone(), topic_id, partitions: partitions.collect() })
    });
    topics.collect()
}

fn fetched(partition_index: i32, found: Option<&Committed>, code: ErrorCode) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: found.map_or(-1, |at| at.offset),
        committed_leader_epoch: found.map_or(-1, |at| at.leader_epoch),
        metadata: Some(found.map(|at| at.metadata.clone()).unwrap_or_default()),
        error_code: code as i16,
    }
}
