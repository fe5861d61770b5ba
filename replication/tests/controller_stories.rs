//! Stories of the controller: one per file, `testdata/controller_*.txt`. Every decision's records are also written to bytes and
//! read back before they are replayed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;

use common::Words;
use thalweg_replication::controller::{
    BrokerFacts, BrokerKey, ControlDefaults, ControlRequest, ControlResponse, Controller, Decision, bootstrap, encode,
};
use thalweg_replication::metadata::{Endpoint, Image, ResourceKind};
use thalweg_wire::messages::alter_configs_request::{self, AlterConfigsRequest};
use thalweg_wire::messages::create_partitions_request::{
    CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsTopic,
};
use thalweg_wire::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use thalweg_wire::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use thalweg_wire::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use thalweg_wire::records::metadata::{FenceBrokerRecord, MetadataRecord};
use thalweg_wire::{ErrorCode, NodeId, Reader, Str, Uuid};

struct World {
    controller: Controller,
    image: Image,
    /// Every record so far, as bytes.
    log: Vec<bytes::Bytes>,
    last_id: u128,
}

#[test]
fn stories() {
    common::run_stories("controller_", World::new, World::run);
}

impl World {
    fn new() -> World {
        let defaults = ControlDefaults { broker_key, ..ControlDefaults::default() };
        let controller = Controller { node: NodeId(1), defaults };
        World { controller, image: Image::default(), log: Vec::new(), last_id: 1 }
    }

    fn run(&mut self, command: &str) -> Vec<String> {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        let mut words = Words::of(rest);
        let request = match verb {
            "boot" => {
                let mut told = self.commit(&bootstrap());
                told.extend(self.decide(broker(1, self.log.len())));
                return told;
            }
            "broker" => broker(rest.parse().unwrap(), self.log.len()),
            "fence" => {
                let epoch = self.image.broker(NodeId(rest.parse().unwrap())).unwrap().epoch;
                let record = FenceBrokerRecord { id: rest.parse().unwrap(), epoch };
                return self.commit(&[MetadataRecord::FenceBroker(record)]);
            }
            "set" => {
                for (key, value) in words.options {
                    let defaults = &mut self.controller.defaults;
                    match key {
                        "topics-max" => defaults.topics_max = value.parse().unwrap(),
                        "partitions-max" => defaults.partitions_max = value.parse().unwrap(),
                        "delete.topic.enable" => defaults.delete_topic_enable = value == "true",
                        "num.partitions" => defaults.num_partitions = value.parse().unwrap(),
                        "offsets.topic.replication.factor" => {
                            defaults.offsets_topic_replication_factor = value.parse().unwrap();
                        }
                        "offsets.topic.num.partitions" => defaults.offsets_topic_partitions = value.parse().unwrap(),
                        key => drop(defaults.broker.insert(key.to_owned(), value.to_owned())),
                    }
                }
                return Vec::new();
            }
            "show" => return self.show(),
            "create" => {
                let version = words.number("v", 4);
                let validate_only = words.plain.first() == Some(&"validate");
                let topics = words.plain.iter().skip(usize::from(validate_only));
                let mut topics: Vec<CreatableTopic> = topics.map(|text| topic(text)).collect();
                for (name, value) in words.options {
                    let value = (value != "(null)").then(|| Str::from(value));
                    topics.last_mut().unwrap().configs.push(CreatableTopicConfig { name: Str::from(name), value });
                }
                let request = CreateTopicsRequest { topics, validate_only, ..Default::default() };
                ControlRequest::CreateTopics { version, request }
            }
            "auto" => {
                ControlRequest::AutoCreateTopics { names: words.plain.iter().map(|name| Str::from(*name)).collect() }
            }
            "offsets-topic" => ControlRequest::CreateOffsetsTopic,
            "producer-ids" => ControlRequest::AllocateProducerIds,
            "delete" => {
                let version = words.number("v", 6);
                let mut request = DeleteTopicsRequest::default();
                for word in words.plain {
                    let (name, id) = word.split_once('^').map_or((word, 0), |(name, id)| (name, id.parse().unwrap()));
                    match version {
                        6.. => request.topics.push(DeleteTopicState {
                            name: (!name.is_empty()).then(|| Str::from(name)),
                            topic_id: Uuid::from(id as u128),
                        }),
                        _ => request.topic_names.push(Str::from(name)),
                    }
                }
                ControlRequest::DeleteTopics { version, request }
            }
            "grow" => {
                let validate_only = words.plain.first() == Some(&"validate");
                let topics = words.plain.iter().skip(usize::from(validate_only)).map(|word| {
                    let (word, manual) = word.split_once('@').map_or((*word, None), |(word, at)| (word, Some(at)));
                    let (name, count) = word.split_once(':').unwrap();
                    let assign = |list: Vec<i32>| CreatePartitionsAssignment { broker_ids: list };
                    let assignments = manual.map(|at| lists(at).into_iter().map(assign).collect());
                    CreatePartitionsTopic { name: Str::from(name), count: count.parse().unwrap(), assignments }
                });
                let request = CreatePartitionsRequest { topics: topics.collect(), validate_only, ..Default::default() };
                ControlRequest::CreatePartitions { request }
            }
            "alter" => {
                let mut resources: Vec<AlterConfigsResource> = Vec::new();
                let mut validate_only = false;
                for word in rest.split_whitespace() {
                    if word == "validate" {
                        validate_only = true;
                    } else if let Some((kind, name)) = word.split_once(':').filter(|_| !word.contains('=')) {
                        let resource_name = Str::from(name);
                        resources.push(AlterConfigsResource {
                            resource_type: kind_number(kind),
                            resource_name,
                            configs: Vec::new(),
                        });
                    } else {
                        resources.last_mut().unwrap().configs.push(change(word));
                    }
                }
                let request = IncrementalAlterConfigsRequest { resources, validate_only };
                ControlRequest::IncrementalAlterConfigs { request }
            }
            "replace" => {
                let (kind, name) = words.plain[0].split_once(':').unwrap();
                let configs = words.options.iter().map(|(name, value)| alter_configs_request::AlterableConfig {
                    name: Str::from(*name),
                    value: (*value != "(null)").then(|| Str::from(*value)),
                });
                let resource = alter_configs_request::AlterConfigsResource {
                    resource_type: kind_number(kind),
                    resource_name: Str::from(name),
                    configs: configs.collect(),
                };
                let validate_only = words.plain.contains(&"validate");
                let request = AlterConfigsRequest { resources: vec![resource], validate_only };
                ControlRequest::AlterConfigs { request }
            }
            other => panic!("no such command: {other}"),
        };
        self.decide(request)
    }

    fn decide(&mut self, request: ControlRequest) -> Vec<String> {
        let last_id = &mut self.last_id;
        let mut new_ids = || {
            *last_id += 1;
            Uuid::from(*last_id)
        };
        let Decision { records, reply } = self.controller.decide(&self.image, request, &mut new_ids);
        let mut told = self.commit(&records);
        told.extend(show_reply(&reply));
        told
    }

    /// Writes records to bytes, reads them back and replays what was read.
    fn commit(&mut self, records: &[MetadataRecord]) -> Vec<String> {
        let mut told = Vec::new();
        let mut partitions: BTreeMap<Uuid, usize> = BTreeMap::new();
        for record in records {
            let bytes = encode(record).unwrap();
            let read = MetadataRecord::decode(&mut Reader::new(bytes.clone())).unwrap();
            assert_eq!(read, *record);
            self.log.push(bytes);
            self.image.replay(&read);
            match &read {
                MetadataRecord::Partition(it) => {
                    let shown = partitions.entry(it.topic_id).or_default();
                    *shown += 1;
                    if *shown <= 6 {
                        told.push(format!(
                            "log: partition {}-{} replicas={:?} isr={:?} leader={} epoch={}",
                            number(it.topic_id),
                            it.partition_id,
                            it.replicas,
                            it.isr,
                            it.leader,
                            it.leader_epoch
                        ));
                    } else if *shown == 7 {
                        told.push(format!("log: partition {} and more", number(it.topic_id)));
                    }
                }
                MetadataRecord::Topic(it) => told.push(format!("log: topic {} is {}", it.name, number(it.topic_id))),
                MetadataRecord::RemoveTopic(it) => told.push(format!("log: topic {} removed", number(it.topic_id))),
                MetadataRecord::Config(it) => {
                    let value = it.value.as_deref().unwrap_or("(null)");
                    told.push(format!("log: config {}:{} {} = {value}", it.resource_type, it.resource_name, it.name));
                }
                MetadataRecord::ProducerIds(it) => told.push(format!(
                    "log: producer ids up to {} for broker {} of epoch {}",
                    it.next_producer_id, it.broker_id, it.broker_epoch
                )),
                MetadataRecord::FeatureLevel(it) => {
                    told.push(format!("log: feature {} = {}", it.name, it.feature_level))
                }
                MetadataRecord::RegisterBroker(it) => {
                    told.push(format!(
                        "log: broker {} of epoch {} fenced={}",
                        it.broker_id, it.broker_epoch, it.fenced
                    ));
                }
                MetadataRecord::BrokerRegistrationChange(it) => {
                    told.push(format!("log: broker {} changed fenced={}", it.broker_id, it.fenced));
                }
                other => told.push(format!("log: {}", other.name())),
            }
        }
        // whoever reads the log from its beginning has the same image
        let mut again = Image::default();
        for bytes in &self.log {
            again.replay(&MetadataRecord::decode(&mut Reader::new(bytes.clone())).unwrap());
        }
        assert_eq!(again, self.image);
        told
    }

    fn show(&self) -> Vec<String> {
        let topics = self.image.topics().map(|topic| {
            let configs = self.image.config(ResourceKind::Topic, &topic.name).cloned().unwrap_or_default();
            let internal = if topic.internal { " internal" } else { "" };
            format!("{} {} partitions={}{internal} {configs:?}", topic.name, number(topic.id), topic.partitions.len())
        });
        let mut told: Vec<String> = topics.collect();
        let brokers = self.image.configs(ResourceKind::Broker);
        told.extend(brokers.map(|(name, configs)| format!("broker {name:?} {configs:?}")));
        told.push(format!(
            "{} topics, {} partitions, next producer id {}",
            self.image.topic_count(),
            self.image.partition_count(),
            self.image.next_producer_id()
        ));
        told
    }
}

fn broker_key(name: &str) -> Option<BrokerKey> {
    let (dynamic, list) = match name {
        "log.retention.ms" | "log.segment.bytes" => (true, false),
        "log.cleanup.policy" => (true, true),
        "node.id" => (false, false),
        _ => return None,
    };
    let default = if list { "delete" } else { "1000" };
    let validate = |_: &str, value: &str| if value == "bad" { Err("it is bad".to_owned()) } else { Ok(()) };
    Some(BrokerKey { dynamic, list, default, validate })
}

fn broker(id: i32, epoch: usize) -> ControlRequest {
    let endpoint = Endpoint {
        name: Str::from_static("PLAINTEXT"),
        host: Str::from_static("localhost"),
        port: 9092,
        security_protocol: 0,
    };
    ControlRequest::RegisterBroker(BrokerFacts {
        id: NodeId(id),
        incarnation: Uuid::from(1_000 + id as u128),
        epoch: epoch as i64,
        endpoints: vec![endpoint],
        rack: None,
        log_dirs: vec![Uuid::from(2_000 + id as u128)],
    })
}

/// `name`, `name:partitions`, `name:partitions:factor` or `name@1,2/2,1`.
fn topic(text: &str) -> CreatableTopic {
    if let Some((name, manual)) = text.split_once('@') {
        let assignments = lists(manual)
            .into_iter()
            .enumerate()
            .map(|(at, broker_ids)| CreatableReplicaAssignment { partition_index: at as i32, broker_ids });
        return CreatableTopic {
            name: Str::from(name),
            num_partitions: -1,
            replication_factor: -1,
            assignments: assignments.collect(),
            configs: Vec::new(),
        };
    }
    let mut parts = text.split(':');
    let name = match parts.next().unwrap() {
        "(empty)" => Str::default(),
        "(long)" => Str::from("x".repeat(250)),
        name => Str::from(name),
    };
    let mut number = || parts.next().map_or(-1, |text| text.parse().unwrap());
    let num_partitions: i64 = number();
    CreatableTopic {
        name,
        num_partitions: num_partitions as i32,
        replication_factor: number() as i16,
        assignments: Vec::new(),
        configs: Vec::new(),
    }
}

fn lists(text: &str) -> Vec<Vec<i32>> {
    let list = |part: &str| part.split(',').filter(|id| !id.is_empty()).map(|id| id.parse().unwrap()).collect();
    text.split('/').map(list).collect()
}

fn kind_number(kind: &str) -> i8 {
    match kind {
        "topic" => 2,
        "broker" => 4,
        "logger" => 8,
        "group" => 32,
        other => panic!("no such kind: {other}"),
    }
}

/// `key=value` sets, `-key` takes back, `+key=value` adds to a list, `~key=value` takes from it.
fn change(word: &str) -> AlterableConfig {
    let (config_operation, rest) = match word.as_bytes()[0] {
        b'-' => (1, &word[1..]),
        b'+' => (2, &word[1..]),
        b'~' => (3, &word[1..]),
        b'?' => (9, &word[1..]),
        _ => (0, word),
    };
    let (name, value) = rest.split_once('=').map_or((rest, None), |(name, value)| (name, Some(Str::from(value))));
    AlterableConfig { name: Str::from(name), config_operation, value }
}

/// Ids are counters in these tests.
fn number(id: Uuid) -> String {
    format!("#{}", u128::from_be_bytes(id.0))
}

fn code(number: i16) -> String {
    ErrorCode::ALL.iter().find(|code| **code as i16 == number).map(|code| code.name().to_owned()).unwrap()
}

fn verdict(error_code: i16, why: &Option<Str>) -> String {
    let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let long = "x".repeat(250);
    format!("{}{why}", code(error_code)).replace(&long, "(long)")
}

fn show_reply(reply: &ControlResponse) -> Vec<String> {
    match reply {
        ControlResponse::Registered { epoch } => vec![format!("registered with epoch {epoch}")],
        ControlResponse::CreateTopics(it) => it
            .topics
            .iter()
            .map(|row| {
                let facts = row.configs.as_ref().filter(|_| row.num_partitions >= 0).map(|configs| {
                    let set = configs.iter().filter(|config| config.config_source != 5);
                    let set: Vec<String> = set
                        .map(|config| {
                            format!(
                                "{}={}({})",
                                config.name,
                                config.value.as_deref().unwrap_or("-"),
                                config.config_source
                            )
                        })
                        .collect();
                    format!(
                        " partitions={} factor={} configs={} {set:?}",
                        row.num_partitions,
                        row.replication_factor,
                        configs.len()
                    )
                });
                let name = if row.name.len() > 20 { "(long)" } else { &*row.name };
                format!(
                    "{name} {}: {}{}",
                    number(row.topic_id),
                    verdict(row.error_code, &row.error_message),
                    facts.unwrap_or_default()
                )
            })
            .collect(),
        ControlResponse::AutoCreateTopics(rows) => {
            rows.iter().map(|(name, code)| format!("{name}: {}", code.name())).collect()
        }
        ControlResponse::OffsetsTopic(code) => vec![format!("offsets topic: {}", code.name())],
        ControlResponse::DeleteTopics(it) => it
            .responses
            .iter()
            .map(|row| {
                let name = row.name.as_deref().unwrap_or("(null)");
                format!("{name} {}: {}", number(row.topic_id), verdict(row.error_code, &row.error_message))
            })
            .collect(),
        ControlResponse::CreatePartitions(it) => it
            .results
            .iter()
            .map(|row| format!("{}: {}", row.name, verdict(row.error_code, &row.error_message)))
            .collect(),
        ControlResponse::IncrementalAlterConfigs(it) => it
            .responses
            .iter()
            .map(|row| {
                format!("{}:{}: {}", row.resource_type, row.resource_name, verdict(row.error_code, &row.error_message))
            })
            .collect(),
        ControlResponse::AlterConfigs(it) => it
            .responses
            .iter()
            .map(|row| {
                format!("{}:{}: {}", row.resource_type, row.resource_name, verdict(row.error_code, &row.error_message))
            })
            .collect(),
        ControlResponse::ProducerIds(Ok(block)) => {
            vec![format!("producer ids {} and {} more", block.first, block.len - 1)]
        }
        ControlResponse::ProducerIds(Err(code)) => vec![format!("producer ids: {}", code.name())],
    }
}
