//! Creating and deleting topics, and adding partitions to them.

use std::collections::BTreeSet;

use thalweg_wire::messages::create_partitions_request::{CreatePartitionsRequest, CreatePartitionsTopic};
use thalweg_wire::messages::create_partitions_response::{CreatePartitionsResponse, CreatePartitionsTopicResult};
use thalweg_wire::messages::create_topics_request::{CreatableTopic, CreateTopicsRequest};
use thalweg_wire::messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult, CreateTopicsResponse,
};
use thalweg_wire::messages::delete_topics_request::DeleteTopicsRequest;
use thalweg_wire::messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};
use thalweg_wire::records::metadata::{ConfigRecord, MetadataRecord, RemoveTopicRecord, TopicRecord};
use thalweg_wire::{ErrorCode, Str, Uuid};

use super::partitions::{self, Placement, check_manual, place};
use super::{ControlRequest, ControlResponse, Controller, Decision, PARTITIONS_PER_REQUEST_MAX, RECORDS_MAX, Refusal};
use crate::metadata::topic_config::{Found, TOPIC_KEYS, effective, validate_all};
use crate::metadata::{Configs, Image, OFFSETS_TOPIC, ResourceKind};

impl Controller {
    pub(super) fn create_topics(
        &self,
        image: &Image,
        version: i16,
        request: CreateTopicsRequest,
        new_ids: &mut dyn FnMut() -> Uuid,
    ) -> Decision {
        let wanted = request.topics.iter().map(|topic| match (topic.assignments.len(), topic.num_partitions) {
            (0, -1) => usize::try_from(self.defaults.num_partitions).unwrap_or(0),
            (0, count) => usize::try_from(count).unwrap_or(0),
            (assigned, _) => assigned,
        });
        if wanted.fold(0usize, usize::saturating_add) > PARTITIONS_PER_REQUEST_MAX {
            let request = ControlRequest::CreateTopics { version, request };
            return Decision { records: Vec::new(), reply: request.refuse(ErrorCode::PolicyViolation) };
        }
        let mut seen: BTreeSet<&Str> = BTreeSet::new();
        let twice: BTreeSet<&Str> =
            request.topics.iter().map(|topic| &topic.name).filter(|name| !seen.insert(name)).collect();
        let mut told: BTreeSet<&Str> = BTreeSet::new();
        let mut plan = Plan::new(self, image);
        let mut topics = Vec::with_capacity(request.topics.len());
        for topic in &request.topics {
            if !told.insert(&topic.name) {
                continue;
            }
            let created = if twice.contains(&topic.name) {
                Err((ErrorCode::InvalidRequest, "the topic stands twice in the request".to_owned()))
            } else {
                plan.create(topic, new_ids)
            };
            topics.push(match created {
                Ok(created) => {
                    let id = if request.validate_only { Uuid::ZERO } else { created.id };
                    self.created(image, topic, &created, id, version)
                }
                Err((code, why)) => CreatableTopicResult {
                    name: topic.name.clone(),
                    error_code: code as i16,
                    error_message: Some(Str::from(why)),
                    ..Default::default()
                },
            });
        }
        let records = if request.validate_only { Vec::new() } else { plan.records };
        let reply = CreateTopicsResponse { topics, ..Default::default() };
        Decision { records, reply: ControlResponse::CreateTopics(reply) }
    }

    pub(super) fn auto_create_topics(
        &self,
        image: &Image,
        names: Vec<Str>,
        new_ids: &mut dyn FnMut() -> Uuid,
    ) -> Decision {
        let mut plan = Plan::new(self, image);
        let mut created: BTreeSet<Str> = BTreeSet::new();
        let codes = names.into_iter().map(|name| {
            if created.contains(&name) {
                return (name, ErrorCode::None);
            }
            let topic = if *name == *OFFSETS_TOPIC { self.offsets_topic() } else { defaults(name.clone()) };
            let code = match plan.create(&topic, new_ids) {
                Ok(_) | Err((ErrorCode::TopicAlreadyExists, _)) => ErrorCode::None,
                Err((code, _)) => code,
            };
            if code == ErrorCode::None {
                created.insert(name.clone());
            }
            (name, code)
        });
        let codes = codes.collect();
        Decision { records: plan.records, reply: ControlResponse::AutoCreateTopics(codes) }
    }

    pub(super) fn create_offsets_topic(&self, image: &Image, new_ids: &mut dyn FnMut() -> Uuid) -> Decision {
        let mut plan = Plan::new(self, image);
        let code = match plan.create(&self.offsets_topic(), new_ids) {
            Ok(_) | Err((ErrorCode::TopicAlreadyExists, _)) => ErrorCode::None,
            Err((code, _)) => code,
        };
        Decision { records: plan.records, reply: ControlResponse::OffsetsTopic(code) }
    }

    fn offsets_topic(&self) -> CreatableTopic {
        let segment = self.defaults.offsets_topic_segment_bytes.to_string();
        let configs = [("cleanup.policy", "compact"), ("compression.type", "producer"), ("segment.bytes", &segment)];
        let configs = configs.into_iter().map(|(name, value)| {
            thalweg_wire::messages::create_topics_request::CreatableTopicConfig {
                name: Str::from(name),
                value: Some(Str::from(value)),
            }
        });
        CreatableTopic {
            name: Str::from_static(OFFSETS_TOPIC),
            num_partitions: self.defaults.offsets_topic_partitions,
            replication_factor: self.defaults.offsets_topic_replication_factor,
            configs: configs.collect(),
            ..Default::default()
        }
    }

    /// The row of a topic that was created: from version 5 on with everything that is in force for it.
    fn created(
        &self,
        image: &Image,
        topic: &CreatableTopic,
        created: &Created,
        topic_id: Uuid,
        version: i16,
    ) -> CreatableTopicResult {
        // a nullable field is empty by default, and no error has no text
        let mut row =
            CreatableTopicResult { name: topic.name.clone(), topic_id, error_message: None, ..Default::default() };
        if version < 5 {
            return row;
        }
        row.num_partitions = i32::try_from(created.partitions).unwrap_or(i32::MAX);
        row.replication_factor = i16::try_from(created.factor).unwrap_or(i16::MAX);
        let broker = image.broker_settings(&self.defaults.broker, self.node);
        let configs = TOPIC_KEYS.iter().map(|key| {
            let (value, found) = effective(key, &created.configs, &broker);
            CreatableTopicConfigs {
                name: Str::from_static(key.name),
                value: Some(Str::from(&*value)),
                read_only: false,
                config_source: self.source(image, found),
                is_sensitive: false,
            }
        });
        row.configs = Some(configs.collect());
        row
    }

    /// Where a value was found, by the protocol's number.
    fn source(&self, image: &Image, found: Found) -> i8 {
        let set = |name: &str, key: &str| {
            image.config(ResourceKind::Broker, name).is_some_and(|configs| configs.contains_key(key))
        };
        match found {
            Found::Topic => 1,
            Found::Broker(key) if set(&self.node.to_string(), key) => 2,
            Found::Broker(key) if set("", key) => 3,
            Found::Broker(_) => 4,
            Found::Default => 5,
        }
    }

    pub(super) fn delete_topics(&self, image: &Image, version: i16, request: DeleteTopicsRequest) -> Decision {
        let asked: Vec<(Option<Str>, Uuid)> = if version >= 6 {
            request.topics.iter().map(|topic| (topic.name.clone(), topic.topic_id)).collect()
        } else {
            request.topic_names.iter().map(|name| (Some(name.clone()), Uuid::ZERO)).collect()
        };
        let find = |name: &Option<Str>, id: Uuid| match (name, id.is_zero()) {
            (Some(name), true) => match image.topic(name) {
                Some(topic) => Ok(topic),
                None => Err((ErrorCode::UnknownTopicOrPartition, "there is no such topic")),
            },
            (None, false) => image.topic_by_id(id).ok_or((ErrorCode::UnknownTopicId, "there is no topic with this id")),
            (Some(_), false) => Err((ErrorCode::InvalidRequest, "a topic is deleted by name or by id, not by both")),
            (None, true) => Err((ErrorCode::InvalidRequest, "neither a name nor an id was given")),
        };
        let mut times: std::collections::BTreeMap<Uuid, u32> = std::collections::BTreeMap::new();
        for (name, id) in &asked {
            if let Ok(topic) = find(name, *id) {
                *times.entry(topic.id).or_default() += 1;
            }
        }
        let mut records = Vec::new();
        let rows = asked.into_iter().map(|(name, id)| {
            let verdict = match find(&name, id) {
                _ if !self.defaults.delete_topic_enable => {
                    let old = version < 3; // there was no code of its own then
                    let code = if old { ErrorCode::InvalidRequest } else { ErrorCode::TopicDeletionDisabled };
                    Err((code, "topic deletion is disabled"))
                }
                Ok(topic) if times.get(&topic.id).is_some_and(|times| *times > 1) => {
                    Err((ErrorCode::InvalidRequest, "the topic stands twice in the request"))
                }
                Ok(_) if records.len() >= RECORDS_MAX => {
                    Err((ErrorCode::PolicyViolation, "too many topics to delete at once"))
                }
                other => other,
            };
            match verdict {
                Ok(topic) => {
                    records.push(MetadataRecord::RemoveTopic(RemoveTopicRecord { topic_id: topic.id }));
                    let name = Some(topic.name.clone());
                    DeletableTopicResult { name, topic_id: topic.id, error_code: 0, error_message: None }
                }
                Err((code, why)) => DeletableTopicResult {
                    name,
                    topic_id: id,
                    error_code: code as i16,
                    error_message: Some(Str::from(why)),
                },
            }
        });
        let responses = rows.collect();
        let reply = ControlResponse::DeleteTopics(DeleteTopicsResponse { responses, ..Default::default() });
        Decision { records, reply }
    }

    pub(super) fn create_partitions(&self, image: &Image, request: CreatePartitionsRequest) -> Decision {
        let mut seen: BTreeSet<&Str> = BTreeSet::new();
        let twice: BTreeSet<&Str> =
            request.topics.iter().map(|topic| &topic.name).filter(|name| !seen.insert(name)).collect();
        let mut told: BTreeSet<&Str> = BTreeSet::new();
        let mut records = Vec::new();
        let mut results = Vec::with_capacity(request.topics.len());
        for topic in &request.topics {
            if !told.insert(&topic.name) {
                continue;
            }
            let grown = if twice.contains(&topic.name) {
                Err((ErrorCode::InvalidRequest, "the topic stands twice in the request".to_owned()))
            } else {
                self.grow(image, topic, records.len())
            };
            let (code, why) = match grown {
                Ok(new) => {
                    records.extend(new);
                    (ErrorCode::None, None)
                }
                Err((code, why)) => (code, Some(Str::from(why))),
            };
            results.push(CreatePartitionsTopicResult {
                name: topic.name.clone(),
                error_code: code as i16,
                error_message: why,
            });
        }
        if request.validate_only {
            records.clear();
        }
        let reply = ControlResponse::CreatePartitions(CreatePartitionsResponse { results, ..Default::default() });
        Decision { records, reply }
    }

    /// The records that give a topic more partitions, `planned` partitions being on their way already.
    fn grow(
        &self,
        image: &Image,
        asked: &CreatePartitionsTopic,
        planned: usize,
    ) -> Result<Vec<MetadataRecord>, Refusal> {
        let topic = image
            .topic(&asked.name)
            .ok_or((ErrorCode::UnknownTopicOrPartition, "there is no such topic".to_owned()))?;
        if *topic.name == *OFFSETS_TOPIC {
            // groups are found by their id's hash modulo this count: another count loses them all
            return Err((ErrorCode::InvalidRequest, format!("the number of partitions of {OFFSETS_TOPIC} is fixed")));
        }
        let now = topic.partitions.len();
        let wanted = usize::try_from(asked.count).unwrap_or(0);
        if wanted <= now {
            let why = format!("the topic has {now} partition(s) already; {} would not be more", asked.count);
            return Err((ErrorCode::InvalidPartitions, why));
        }
        let more = wanted - now;
        if let Some(manual) = &asked.assignments
            && manual.len() != more
        {
            let why = format!("{more} partition(s) are to be added, but {} assignment(s) were given", manual.len());
            return Err((ErrorCode::InvalidReplicaAssignment, why));
        }
        self.has_room(image, 0, planned + more)?;
        let factor = topic.partitions.first().map_or(1, |first| first.replicas.len());
        let placement = match &asked.assignments {
            Some(manual) => {
                let each = manual.iter().map(|at| check_manual(image, &at.broker_ids, Some(factor)));
                each.collect::<Result<Placement, Refusal>>()?
            }
            None => place(image, topic.id, now, more, i16::try_from(factor).unwrap_or(i16::MAX))?,
        };
        let records = placement.iter().enumerate().map(|(at, to)| partitions::record(image, topic.id, now + at, to));
        Ok(records.collect())
    }

    /// Whether the cluster and the request may grow by so many.
    fn has_room(&self, image: &Image, topics: usize, partitions: usize) -> Result<(), Refusal> {
        let refuse = |why: String| Err((ErrorCode::PolicyViolation, why));
        if partitions > PARTITIONS_PER_REQUEST_MAX {
            return refuse(format!("one request creates at most {PARTITIONS_PER_REQUEST_MAX} partitions"));
        }
        if image.topic_count() + topics > self.defaults.topics_max {
            return refuse(format!("the cluster has its limit of {} topics", self.defaults.topics_max));
        }
        if image.partition_count() + partitions > self.defaults.partitions_max {
            return refuse(format!(
                "the cluster would exceed its limit of {} partitions",
                self.defaults.partitions_max
            ));
        }
        Ok(())
    }
}

/// Topics that are being decided on together: one may not collide with another.
struct Plan<'a> {
    controller: &'a Controller,
    image: &'a Image,
    records: Vec<MetadataRecord>,
    /// Names planned, with '_' for '.'.
    alike: BTreeSet<String>,
    topics: usize,
    partitions: usize,
}

/// A topic that is decided on.
struct Created {
    id: Uuid,
    partitions: usize,
    factor: usize,
    configs: Configs,
}

impl<'a> Plan<'a> {
    fn new(controller: &'a Controller, image: &'a Image) -> Plan<'a> {
        Plan { controller, image, records: Vec::new(), alike: BTreeSet::new(), topics: 0, partitions: 0 }
    }

    fn create(&mut self, topic: &CreatableTopic, new_ids: &mut dyn FnMut() -> Uuid) -> Result<Created, Refusal> {
        let like = self.check_name(&topic.name)?;
        let configs = self.configs(topic)?;
        let id = self.new_id(new_ids);
        let placement = self.placement(topic, id)?;
        self.controller.has_room(self.image, self.topics + 1, self.partitions + placement.len())?;
        if self.records.len() + 1 + configs.len() + placement.len() > RECORDS_MAX {
            return Err((ErrorCode::PolicyViolation, "too much for one request".to_owned()));
        }
        self.records.push(MetadataRecord::Topic(TopicRecord { name: topic.name.clone(), topic_id: id }));
        self.records.extend(configs.iter().map(|(name, value)| {
            MetadataRecord::Config(ConfigRecord {
                resource_type: ResourceKind::Topic.number(),
                resource_name: topic.name.clone(),
                name: Str::from(name),
                value: Some(Str::from(value)),
            })
        }));
        let records = placement.iter().enumerate().map(|(at, to)| partitions::record(self.image, id, at, to));
        self.records.extend(records);
        self.topics += 1;
        self.partitions += placement.len();
        self.alike.insert(like);
        let factor = placement.first().map_or(0, Vec::len);
        Ok(Created { id, partitions: placement.len(), factor, configs })
    }

    /// Whether a topic may have this name; returns what it may not be confused with.
    fn check_name(&self, name: &Str) -> Result<String, Refusal> {
        let refuse = |why: String| Err((ErrorCode::InvalidTopicException, why));
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match name.as_str() {
            "" => return refuse("a topic needs a name".to_owned()),
            "." | ".." => return refuse(format!("a topic cannot be named {name}")),
            long if long.len() > NAME_BYTES_MAX => {
                return refuse(format!("a topic's name has at most {NAME_BYTES_MAX} characters, not {}", long.len()));
            }
            odd if !odd.bytes().all(allowed) => {
                return refuse(format!("a topic's name has only letters, digits, '.', '_' and '-': {odd:?}"));
            }
            "__cluster_metadata" => {
                return Err((ErrorCode::InvalidRequest, "this name belongs to the cluster's own log".to_owned()));
            }
            _ => {}
        }
        if self.image.topic(name).is_some() {
            return Err((ErrorCode::TopicAlreadyExists, format!("topic {name} exists already")));
        }
        let like = name.replace('.', "_");
        if let Some(other) = self.image.topic_alike(name) {
            return refuse(format!("metrics could not tell topic {name} from topic {other}"));
        }
        if self.alike.contains(&like) {
            return refuse(format!("metrics could not tell topic {name} from another of this request"));
        }
        Ok(like)
    }

    fn configs(&self, topic: &CreatableTopic) -> Result<Configs, Refusal> {
        let mut configs = Configs::new();
        for config in &topic.configs {
            let Some(value) = &config.value else {
                return Err((ErrorCode::InvalidConfig, format!("{} has no value", config.name)));
            };
            configs.insert(config.name.to_string(), value.to_string());
        }
        let broker = self.image.broker_settings(&self.controller.defaults.broker, self.controller.node);
        validate_all(&configs, &broker).map_err(|why| (ErrorCode::InvalidConfig, why))?;
        Ok(configs)
    }

    fn placement(&self, topic: &CreatableTopic, id: Uuid) -> Result<Placement, Refusal> {
        if !topic.assignments.is_empty() {
            return self.manual(topic);
        }
        let defaults = &self.controller.defaults;
        let factor = match topic.replication_factor {
            -1 => defaults.default_replication_factor,
            factor if factor > 0 => factor,
            factor => {
                let why = format!("a replication factor is positive, or -1 for the default; not {factor}");
                return Err((ErrorCode::InvalidReplicationFactor, why));
            }
        };
        let count = match topic.num_partitions {
            -1 => defaults.num_partitions,
            count if count > 0 => count,
            count => {
                let why = format!("a topic has at least one partition, or -1 for the default; not {count}");
                return Err((ErrorCode::InvalidPartitions, why));
            }
        };
        let count = usize::try_from(count).unwrap_or(0);
        self.controller.has_room(self.image, self.topics + 1, self.partitions + count)?;
        place(self.image, id, 0, count, factor)
    }

    fn manual(&self, topic: &CreatableTopic) -> Result<Placement, Refusal> {
        if topic.num_partitions != -1 || topic.replication_factor != -1 {
            let why = "with an assignment by hand the partition count and replication factor must both be -1";
            return Err((ErrorCode::InvalidRequest, why.to_owned()));
        }
        let mut slots: Placement = vec![Vec::new(); topic.assignments.len()];
        let mut factor = None;
        for assignment in &topic.assignments {
            let replicas = check_manual(self.image, &assignment.broker_ids, factor)?;
            factor = Some(replicas.len());
            let at = usize::try_from(assignment.partition_index).ok().and_then(|at| slots.get_mut(at));
            match at {
                Some(slot) if slot.is_empty() => *slot = replicas,
                _ => {
                    let why = "assignments by hand must name each partition from 0 on exactly once";
                    return Err((ErrorCode::InvalidReplicaAssignment, why.to_owned()));
                }
            }
        }
        Ok(slots)
    }

    /// An id that no topic has or had any reason to have: 0 and 1 are reserved, and one that starts with '-' would look like
    /// an option on a command line.
    fn new_id(&self, new_ids: &mut dyn FnMut() -> Uuid) -> Uuid {
        loop {
            let id = new_ids();
            let reserved = id.is_zero() || id == Uuid::METADATA_TOPIC || id.to_string().starts_with('-');
            if !reserved && self.image.topic_by_id(id).is_none() {
                return id;
            }
        }
    }
}

fn defaults(name: Str) -> CreatableTopic {
    CreatableTopic { name, num_partitions: -1, replication_factor: -1, ..Default::default() }
}

const NAME_BYTES_MAX: usize = 249;
