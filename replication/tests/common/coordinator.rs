//! A group coordinator as the tests see it: clients with names, a log that keeps what was committed, and restarts.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use thalweg_replication::group::{
    AppendFailure, AppendId, GroupConfig, GroupEffect, GroupRequest, GroupResponse, Groups, KeyValue, Ticket, TopicView,
};
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use thalweg_wire::messages::leave_group_request::{LeaveGroupRequest, MemberIdentity};
use thalweg_wire::messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use thalweg_wire::messages::offset_delete_request::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use thalweg_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use thalweg_wire::messages::sync_group_request::{SyncGroupRequest, SyncGroupRequestAssignment};
use thalweg_wire::records::offsets::{OffsetsKey, OffsetsValue};
use thalweg_wire::{ErrorCode, Reader, Str, Uuid};

use super::{Words, milliseconds};

/// Topics by name: id and number of partitions.
#[derive(Default)]
pub struct Topics(pub BTreeMap<String, (Uuid, i32)>);

impl TopicView for Topics {
    fn topic_id(&self, name: &str) -> Option<Uuid> {
        self.0.get(name).map(|(id, _)| *id)
    }

    fn topic_name(&self, id: Uuid) -> Option<Str> {
        self.0.iter().find(|(_, (own, _))| *own == id).map(|(name, _)| Str::from(name))
    }

    fn has_partition(&self, name: &str, partition: i32) -> bool {
        self.0.get(name).is_some_and(|(_, count)| (0..*count).contains(&partition))
    }
}

/// What a client of the story knows of itself.
#[derive(Default, Clone)]
pub struct Client {
    pub member: String,
    pub generation: i32,
    pub instance: Option<String>,
}

pub struct World {
    pub config: GroupConfig,
    pub groups: Groups,
    pub topics: Topics,
    pub now_ms: i64,
    pub clients: BTreeMap<String, Client>,
    /// Who waits for which ticket.
    pub waiting: BTreeMap<Ticket, String>,
    last_ticket: u64,
    last_id: u128,
    /// What is committed.
    pub log: Vec<KeyValue>,
    /// Appends that the log has not answered yet, in order.
    pub held: VecDeque<(AppendId, Vec<KeyValue>)>,
    pub hold: bool,
    out: Vec<GroupEffect>,
    /// What has happened and was not told yet.
    pub caused: Vec<GroupEffect>,
    /// Lines of what happened before a restart.
    told: Vec<String>,
}

impl World {
    pub fn new(config: GroupConfig) -> World {
        let mut groups = Groups::loading(config.clone());
        let (mut out, now_ms) = (Vec::new(), 1_000_000_000_000);
        groups.loaded(now_ms, &mut out);
        World {
            config,
            groups,
            topics: Topics::default(),
            now_ms,
            clients: BTreeMap::new(),
            waiting: BTreeMap::new(),
            last_ticket: 0,
            last_id: 0,
            log: Vec::new(),
            held: VecDeque::new(),
            hold: false,
            out,
            caused: Vec::new(),
            told: Vec::new(),
        }
    }

    /// One command of a story; returns what it caused.
    pub fn run(&mut self, command: &str) -> Vec<String> {
        if let Some((who, what)) = command.split_once("> ") {
            self.request(who.trim(), what);
        } else {
            let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
            match verb {
                "elapse" => self.elapse(milliseconds(rest)),
                "topic" => self.create_topic(rest),
                "drop" => self.drop_topic(rest),
                // the topic is another one, and nobody has told the coordinator
                "swap" => self.create_topic(rest),
                "set" => self.set(rest),
                "hold" => self.hold = true,
                "release" => {
                    self.hold = false;
                    self.release();
                }
                "fail" => self.fail(rest),
                "restart" => self.restart(true),
                "crash" => self.restart(false),
                "deadline" => {
                    let next = self.groups.next_deadline().map(|at| at - self.now_ms);
                    return vec![format!("next in {next:?} ms")];
                }
                "retire" => {
                    self.hold = true; // what is still asked of the log comes too late
                    self.groups.retire(self.now_ms, &mut self.out);
                    self.pump();
                    self.hold = false;
                    self.held.clear();
                    let told = self.tell();
                    assert!(self.waiting.is_empty(), "never answered");
                    return told;
                }
                "compacted" => return self.compacted(),
                other => panic!("no such command: {other}"),
            }
        }
        self.tell()
    }

    fn set(&mut self, text: &str) {
        for (name, value) in Words::of(text).options {
            let time = || milliseconds(value);
            match name {
                "delay" => self.config.initial_rebalance_delay_ms = time(),
                "members-max" => self.config.members_max = value.parse().unwrap(),
                "pending-max" => self.config.pending_members_max = value.parse().unwrap(),
                "member-bytes-max" => self.config.member_bytes_max = value.parse().unwrap(),
                "groups-max" => self.config.groups_max = value.parse().unwrap(),
                "offsets-max" => self.config.offsets_per_group_max = value.parse().unwrap(),
                "appends-max" => self.config.appends_max = value.parse().unwrap(),
                "retention" => self.config.retention_ms = time(),
                other => panic!("no such setting: {other}"),
            }
        }
        self.restart(true);
    }

    pub fn create_topic(&mut self, text: &str) {
        let (name, count) = text.split_once(':').unwrap();
        let id = self.fresh();
        self.topics.0.insert(name.to_owned(), (id, count.parse().unwrap()));
    }

    fn drop_topic(&mut self, name: &str) {
        let (id, _) = self.topics.0.remove(name).unwrap();
        self.groups.topics_deleted(&[(Str::from(name), id)], &mut self.out);
        self.pump();
    }

    pub fn elapse(&mut self, ms: i64) {
        let end = self.now_ms + ms;
        while let Some(at) = self.groups.next_deadline().filter(|at| *at <= end) {
            self.now_ms = self.now_ms.max(at);
            self.groups.tick(self.now_ms, &mut self.out);
            self.pump();
        }
        self.now_ms = end;
    }

    fn fresh(&mut self) -> Uuid {
        self.last_id += 1;
        Uuid::from(self.last_id)
    }

    /// Hands a request in for a client.
    pub fn ask(&mut self, who: &str, request: GroupRequest) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.waiting.insert(ticket, who.to_owned());
        let last_id = &mut self.last_id;
        let mut fresh = || {
            *last_id += 1;
            Uuid::from(*last_id)
        };
        self.groups.handle(self.now_ms, request, ticket, &self.topics, &mut fresh, &mut self.out);
        self.pump();
        ticket
    }

    /// Passes on what the coordinator has asked for; the log takes appends at once unless it is held.
    fn pump(&mut self) {
        for effect in std::mem::take(&mut self.out) {
            if let GroupEffect::Append { id, records } = &effect {
                self.held.push_back((*id, records.clone()));
            }
            self.caused.push(effect);
        }
        if !self.hold {
            self.release();
        }
    }

    /// The log takes what waits for it.
    pub fn release(&mut self) {
        while let Some((id, records)) = self.held.pop_front() {
            self.log.extend(records);
            self.groups.committed(id, self.now_ms, &mut self.out);
            let hold = std::mem::replace(&mut self.hold, true);
            self.pump();
            self.hold = hold;
        }
    }

    fn fail(&mut self, why: &str) {
        let why = match why {
            "unavailable" => AppendFailure::Unavailable,
            "not-leader" => AppendFailure::NotLeader,
            "too-large" => AppendFailure::TooLarge,
            other => panic!("no such failure: {other}"),
        };
        let (id, _) = self.held.pop_front().expect("something is held");
        self.groups.failed(id, why, self.now_ms, &mut self.out);
        self.pump();
    }

    /// A new coordinator reads the log. In a clean restart what is held gets there first.
    pub fn restart(&mut self, clean: bool) {
        if clean {
            self.release();
        }
        self.told = self.tell();
        self.held.clear();
        self.waiting.clear();
        let mut groups = Groups::loading(self.config.clone());
        for (key, value) in &self.log {
            groups.replay(key, value.as_deref()).unwrap();
        }
        self.groups = groups;
        self.groups.loaded(self.now_ms, &mut self.out);
        self.pump();
    }

    /// The newest value of each key.
    fn compacted(&self) -> Vec<String> {
        let mut newest: BTreeMap<&Bytes, &Option<Bytes>> = BTreeMap::new();
        for (key, value) in &self.log {
            newest.insert(key, value);
        }
        newest.into_iter().map(|(key, value)| show_record(key, value.as_ref())).collect()
    }

    fn request(&mut self, who: &str, what: &str) {
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        let mut words = Words::of(rest);
        let client = self.clients.get(who).cloned().unwrap_or_default();
        let version: i16 = words.number(
            "v",
            match verb {
                "join" => 9,
                "sync" => 5,
                "heartbeat" => 4,
                "leave" => 5,
                "commit" => 9,
                "fetch" => 9,
                "describe" => 6,
                _ => 0,
            },
        );
        let member = match words.take("as") {
            Some("nobody") => String::new(),
            Some(id) if id.contains('#') => {
                let (stem, count) = id.split_once('#').unwrap();
                format!("{stem}-00000000-0000-0000-0000-{:012x}", count.parse::<u64>().unwrap())
            }
            Some(name) => self.clients.get(name).map_or(name.to_owned(), |other| other.member.clone()),
            None => client.member.clone(),
        };
        let generation: i32 = words.number("gen", client.generation);
        let instance = words.take("instance").map(str::to_owned).or(client.instance.clone());
        let group = words.plain.first().map(|id| Str::from(*id)).unwrap_or_default();
        let group = if *group == *"(empty)" { Str::default() } else { group };
        let request = match verb {
            "join" => {
                self.clients.entry(who.to_owned()).or_default().instance = instance.clone();
                let session_timeout_ms = words.take("session").map_or(10_000, milliseconds) as i32;
                let rebalance_timeout_ms = words.take("rebalance").map_or(60_000, milliseconds) as i32;
                let protocol_type = Str::from(words.take("type").unwrap_or("consumer"));
                let offered = |(name, metadata): &(&str, &str)| JoinGroupRequestProtocol {
                    name: Str::from(*name),
                    metadata: subscription(metadata),
                };
                let protocols = words.options.iter().map(offered).collect();
                let request = JoinGroupRequest {
                    group_id: group,
                    session_timeout_ms,
                    rebalance_timeout_ms,
                    member_id: Str::from(&member),
                    group_instance_id: instance.map(Str::from),
                    protocol_type,
                    protocols,
                    reason: None,
                };
                let client_host = Str::from("/127.0.0.1");
                GroupRequest::Join { version, client_id: Str::from(who), client_host, request }
            }
            "sync" => {
                let protocol_type = words.take("type").map(Str::from);
                let protocol_name = words.take("protocol").map(Str::from);
                let assigned = |(name, assignment): &(&str, &str)| SyncGroupRequestAssignment {
                    member_id: Str::from(self.clients.get(*name).map_or(*name, |other| &other.member)),
                    assignment: Bytes::copy_from_slice(assignment.as_bytes()),
                };
                let assignments = words.options.iter().map(assigned).collect();
                let request = SyncGroupRequest {
                    group_id: group,
                    generation_id: generation,
                    member_id: Str::from(&member),
                    group_instance_id: instance.map(Str::from),
                    protocol_type,
                    protocol_name,
                    assignments,
                };
                GroupRequest::Sync { version, request }
            }
            "heartbeat" => {
                let request = HeartbeatRequest {
                    group_id: group,
                    generation_id: generation,
                    member_id: Str::from(&member),
                    group_instance_id: instance.map(Str::from),
                };
                GroupRequest::Heartbeat { version, request }
            }
            "leave" => {
                let mut members = vec![MemberIdentity {
                    member_id: Str::from(&member),
                    group_instance_id: instance.map(Str::from),
                    reason: None,
                }];
                // more members to take out along with the first: by name, or an instance id
                for name in &words.plain[1..] {
                    let other = self.clients.get(*name);
                    members.push(MemberIdentity {
                        member_id: Str::from(other.map_or("", |other| &other.member)),
                        group_instance_id: other.is_none().then(|| Str::from(*name)),
                        reason: None,
                    });
                }
                let request = LeaveGroupRequest {
                    group_id: group,
                    member_id: if version < 3 { Str::from(&member) } else { Str::default() },
                    members: if version < 3 { Vec::new() } else { members },
                };
                GroupRequest::Leave { version, request }
            }
            "commit" => {
                let retention = words.take("retain").map_or(-1, milliseconds);
                let mut topics: Vec<OffsetCommitRequestTopic> = Vec::new();
                for (at, value) in &words.options {
                    let (topic, partition) = at.split_once('/').unwrap();
                    let (offset, metadata) = value.split_once(':').unwrap_or((value, ""));
                    let metadata = match metadata.strip_prefix('*') {
                        Some(count) => "m".repeat(count.parse().unwrap()),
                        None => metadata.to_owned(),
                    };
                    let partition = OffsetCommitRequestPartition {
                        partition_index: partition.parse().unwrap(),
                        committed_offset: offset.parse().unwrap(),
                        committed_leader_epoch: 3,
                        committed_metadata: Some(Str::from(metadata)),
                    };
                    let id = self.topics.topic_id(topic).unwrap_or(Uuid::from(999_999));
                    topics.push(OffsetCommitRequestTopic {
                        name: if version < 10 { Str::from(topic) } else { Str::default() },
                        topic_id: if version < 10 { Uuid::ZERO } else { id },
                        partitions: vec![partition],
                    });
                }
                let request = OffsetCommitRequest {
                    group_id: group,
                    generation_id_or_member_epoch: generation,
                    member_id: Str::from(&member),
                    group_instance_id: instance.map(Str::from),
                    retention_time_ms: retention,
                    topics,
                };
                GroupRequest::OffsetCommit { version, request }
            }
            "fetch" => {
                let wanted = &words.plain[1..];
                let topics = wanted.iter().map(|at| {
                    let (topic, partition) = at.split_once('/').unwrap();
                    OffsetFetchRequestTopics {
                        name: if version < 10 { Str::from(topic) } else { Str::default() },
                        topic_id: match version {
                            10.. => self.topics.topic_id(topic).unwrap_or(Uuid::from(999_999)),
                            _ => Uuid::ZERO,
                        },
                        partition_indexes: vec![partition.parse().unwrap()],
                    }
                });
                let topics = (!wanted.is_empty()).then(|| topics.collect());
                let request = OffsetFetchRequestGroup { group_id: group, topics, ..Default::default() };
                GroupRequest::OffsetFetch { version, request, require_stable: true }
            }
            "forget" => {
                let topics = words.plain[1..].iter().map(|at| {
                    let (topic, partition) = at.split_once('/').unwrap();
                    let partition = OffsetDeleteRequestPartition { partition_index: partition.parse().unwrap() };
                    OffsetDeleteRequestTopic { name: Str::from(topic), partitions: vec![partition] }
                });
                let request = OffsetDeleteRequest { group_id: group, topics: topics.collect() };
                GroupRequest::OffsetDelete { request }
            }
            "describe" => {
                let groups = words.plain.iter().map(|id| Str::from(*id)).collect();
                GroupRequest::Describe { version, groups }
            }
            "list" => {
                let filter = |text: Option<&str>| -> Vec<Str> {
                    text.map(|text| text.split(',').map(Str::from).collect()).unwrap_or_default()
                };
                let states = filter(words.take("states"));
                GroupRequest::List { states, types: filter(words.take("types")) }
            }
            "delete" => GroupRequest::Delete { groups: words.plain.iter().map(|id| Str::from(*id)).collect() },
            other => panic!("no such request: {other}"),
        };
        self.ask(who, request);
    }

    /// What has happened since the last time, in order.
    fn tell(&mut self) -> Vec<String> {
        let mut told = std::mem::take(&mut self.told);
        for effect in std::mem::take(&mut self.caused) {
            match effect {
                GroupEffect::Append { records, .. } => {
                    told.extend(records.iter().map(|(key, value)| show_record(key, value.as_ref())));
                }
                GroupEffect::Reply { ticket, response } => {
                    let who = self.waiting.remove(&ticket).expect("a ticket is answered once");
                    self.learn(&who, &response);
                    told.extend(show(&who, &response));
                }
            }
        }
        told.into_iter().map(|line| shorten(&line)).collect()
    }

    /// Lets a client take over what it is told.
    pub fn learn(&mut self, who: &str, response: &GroupResponse) {
        let client = self.clients.entry(who.to_owned()).or_default();
        if let GroupResponse::Join(it) = response {
            let required = it.error_code == ErrorCode::MemberIdRequired as i16;
            if it.error_code == 0 || required {
                client.member = it.member_id.to_string();
            }
            if it.error_code == 0 {
                client.generation = it.generation_id;
            }
        }
    }
}

/// A consumer's subscription to topics joined by `+`, or plain bytes if it begins with `!`.
pub fn subscription(text: &str) -> Bytes {
    if let Some(plain) = text.strip_prefix('!') {
        return Bytes::copy_from_slice(plain.as_bytes());
    }
    let topics: Vec<&str> = text.split('+').filter(|name| !name.is_empty()).collect();
    let mut bytes = vec![0, 1];
    bytes.extend((topics.len() as i32).to_be_bytes());
    for topic in topics {
        bytes.extend((topic.len() as i16).to_be_bytes());
        bytes.extend(topic.as_bytes());
    }
    bytes.extend([0xff; 4]);
    Bytes::from(bytes)
}

/// Ids end with a counter in these tests: `ada-00000000-0000-0000-0000-000000000001` is shown as `ada#1`.
fn shorten(line: &str) -> String {
    let mut short = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("-00000000-0000-0000-0000-") {
        short.push_str(&rest[..at]);
        let digits = &rest[at + 25..at + 37];
        short.push_str(&format!("#{}", u64::from_str_radix(digits, 16).unwrap()));
        rest = &rest[at + 37..];
    }
    short + rest
}

fn code(number: i16) -> String {
    ErrorCode::ALL.iter().find(|code| **code as i16 == number).map(|code| code.name().to_owned()).unwrap()
}

fn text(bytes: &Bytes) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.bytes().any(|byte| byte < b' ') => format!("{text:?}"),
        _ => format!("<{} bytes>", bytes.len()),
    }
}

fn show(who: &str, response: &GroupResponse) -> Vec<String> {
    let bad = |what: &str, number: i16| (number != 0).then(|| vec![format!("{who}: {what} {}", code(number))]);
    match response {
        GroupResponse::Join(it) if it.error_code != 0 => {
            vec![format!("{who}: join {} id={:?}", code(it.error_code), &*it.member_id)]
        }
        GroupResponse::Join(it) => {
            let members = it.members.iter().map(|member| match &member.group_instance_id {
                Some(instance) => format!("{}({instance})", member.member_id),
                None => member.member_id.to_string(),
            });
            let members = members.collect::<Vec<_>>().join(",");
            let skip = if it.skip_assignment { " skip-assignment" } else { "" };
            vec![format!(
                "{who}: joined generation={} type={} protocol={} leader={} id={} members=[{members}]{skip}",
                it.generation_id,
                it.protocol_type.as_deref().unwrap_or("-"),
                it.protocol_name.as_deref().unwrap_or("-"),
                it.leader,
                it.member_id
            )]
        }
        GroupResponse::Sync(it) => {
            bad("sync", it.error_code).unwrap_or_else(|| vec![format!("{who}: assigned {}", text(&it.assignment))])
        }
        GroupResponse::Heartbeat(it) => {
            bad("heartbeat", it.error_code).unwrap_or_else(|| vec![format!("{who}: heartbeat ok")])
        }
        GroupResponse::Leave(it) => bad("leave", it.error_code).unwrap_or_else(|| {
            let rows = it.members.iter().map(|member| {
                let instance = member.group_instance_id.as_ref().map(|id| format!("({id})")).unwrap_or_default();
                format!(" {}{instance}={}", member.member_id, code(member.error_code))
            });
            vec![format!("{who}: left{}", rows.collect::<String>())]
        }),
        GroupResponse::OffsetCommit(it) => {
            let rows = it.topics.iter().flat_map(|topic| {
                topic
                    .partitions
                    .iter()
                    .map(|at| format!(" {}/{}={}", topic.name, at.partition_index, code(at.error_code)))
            });
            vec![format!("{who}: committed{}", rows.collect::<String>())]
        }
        GroupResponse::OffsetFetch(it) => bad("fetch", it.error_code).unwrap_or_else(|| {
            let rows = it.topics.iter().flat_map(|topic| {
                topic.partitions.iter().map(|at| {
                    let metadata = at.metadata.as_deref().unwrap_or("(null)");
                    let metadata = if metadata.is_empty() { String::new() } else { format!(":{metadata}") };
                    let wrong = if at.error_code == 0 { String::new() } else { format!(" {}", code(at.error_code)) };
                    let epoch = at.committed_leader_epoch;
                    format!(" {}/{}={}@{epoch}{metadata}{wrong}", topic.name, at.partition_index, at.committed_offset)
                })
            });
            vec![format!("{who}: fetched{}", rows.collect::<String>())]
        }),
        GroupResponse::OffsetDelete(it) => bad("forget", it.error_code).unwrap_or_else(|| {
            let rows = it.topics.iter().flat_map(|topic| {
                let rows = topic.partitions.iter();
                rows.map(|at| format!(" {}/{}={}", topic.name, at.partition_index, code(at.error_code)))
            });
            vec![format!("{who}: forgot{}", rows.collect::<String>())]
        }),
        GroupResponse::Describe(groups) => groups
            .iter()
            .flat_map(|group| {
                let error = if group.error_code == 0 { String::new() } else { format!(" {}", code(group.error_code)) };
                let head = format!(
                    "{who}: {} {} type={} protocol={}{error}",
                    group.group_id, group.group_state, group.protocol_type, group.protocol_data
                );
                let members = group.members.iter().map(|member| {
                    let instance = member.group_instance_id.as_ref().map(|id| format!("({id})")).unwrap_or_default();
                    format!(
                        "    {}{instance} client={}{} metadata={} assignment={}",
                        member.member_id,
                        member.client_id,
                        member.client_host,
                        text(&member.member_metadata),
                        text(&member.member_assignment)
                    )
                });
                std::iter::once(head).chain(members).collect::<Vec<_>>()
            })
            .collect(),
        GroupResponse::List(it) => bad("list", it.error_code).unwrap_or_else(|| {
            let rows = it.groups.iter().map(|group| {
                format!(" {}({},{},{})", group.group_id, group.group_state, group.protocol_type, group.group_type)
            });
            vec![format!("{who}: groups{}", rows.collect::<String>())]
        }),
        GroupResponse::Delete(groups) => {
            let rows = groups.iter().map(|group| format!(" {}={}", group.group_id, code(group.error_code)));
            vec![format!("{who}: deleted{}", rows.collect::<String>())]
        }
    }
}

fn show_record(key: &Bytes, value: Option<&Bytes>) -> String {
    match OffsetsKey::decode(&mut Reader::new(key.clone())).unwrap() {
        OffsetsKey::OffsetCommit(key) => match value {
            None => format!("log: {} {}/{} forgotten", key.group, key.topic, key.partition),
            Some(value) => format!("log: {} {}/{} = {}", key.group, key.topic, key.partition, offset(value)),
        },
        OffsetsKey::GroupMetadata(key) => match value {
            None => format!("log: {} deleted", key.group),
            Some(value) => format!("log: {} {}", key.group, group(value)),
        },
        other => panic!("not written by a coordinator: {other:?}"),
    }
}

fn offset(value: &Bytes) -> String {
    let version = i16::from_be_bytes([value[0], value[1]]);
    let OffsetsValue::OffsetCommit(it) = OffsetsValue::decode(1, &mut Reader::new(value.clone())).unwrap() else {
        panic!("not an offset")
    };
    let expiry = if it.expire_timestamp >= 0 { " expires" } else { "" };
    let id = if it.topic_id.is_zero() { "" } else { " +id" };
    format!("{} v{version}{id}{expiry}", it.offset)
}

fn group(value: &Bytes) -> String {
    let version = i16::from_be_bytes([value[0], value[1]]);
    let OffsetsValue::GroupMetadata(it) = OffsetsValue::decode(2, &mut Reader::new(value.clone())).unwrap() else {
        panic!("not a group")
    };
    let members = it.members.iter().map(|member| format!("{}:{}", member.member_id, text(&member.assignment)));
    let members = members.collect::<Vec<_>>().join(",");
    let protocol = it.protocol.as_deref().unwrap_or("-");
    let leader = it.leader.as_deref().unwrap_or("-");
    format!(
        "v{version} generation={} type={} protocol={protocol} leader={leader} members=[{members}]",
        it.generation, it.protocol_type
    )
}
