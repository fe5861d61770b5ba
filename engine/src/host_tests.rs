//! Groups and the controller on real storage, in a small world: what was answered is there after the power was cut.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use thalweg_replication::controller::{BrokerFacts, ControlDefaults, ControlRequest, ControlResponse};
use thalweg_replication::group::{GroupConfig, GroupRequest, GroupResponse, partition_for};
use thalweg_replication::metadata::{Endpoint, OFFSETS_TOPIC};
use thalweg_rt::{CoreId, Tick, Wake, mesh};
use thalweg_wire::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use thalweg_wire::messages::join_group_response::JoinGroupResponse;
use thalweg_wire::messages::offset_commit_request::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use thalweg_wire::messages::offset_fetch_request::OffsetFetchRequestGroup;
use thalweg_wire::messages::sync_group_request::{SyncGroupRequest, SyncGroupRequestAssignment};
use thalweg_wire::{ErrorCode, NodeId, PartitionIndex, Str, Uuid};

use crate::testing::{MemDisk, World};
use crate::*;

struct NoWake;

impl Wake for NoWake {
    fn wake(&self) {}
}

/// A node of one core with its hosts, and a disk that outlives it.
struct Node {
    disk: MemDisk,
    world: Rc<World>,
    engine: Rc<Engine>,
    starts: u128,
}

impl Node {
    fn new() -> Node {
        let (disk, world) = (MemDisk::new(), World::new(0));
        let engine = start(&world, &disk, 1);
        Node { disk, world, engine, starts: 1 }
    }

    /// The power is cut and comes back.
    fn cut(&mut self) {
        self.world.kill();
        self.disk.cut(7);
        self.starts += 1;
        self.world = World::new(self.world.now());
        self.engine = start(&self.world, &self.disk, self.starts);
    }

    fn call(&self, call: Call) -> Reply {
        let engine = self.engine.clone();
        self.world.run(async move { engine.call(CoreId(0), call).await.unwrap() })
    }

    fn control(&self, request: ControlRequest) -> ControlResponse {
        match self.call(Call::Control(request)) {
            Reply::Control(response) => *response,
            _ => panic!("not an answer to a decision"),
        }
    }

    fn group(&self, group: &str, request: GroupRequest) -> GroupResponse {
        let partition = PartitionIndex(partition_for(group, 50));
        match self.call(Call::Group(GroupCall { partition, request })) {
            Reply::Group(response) => *response,
            _ => panic!("not a group's answer"),
        }
    }

    fn topics(&self) -> (usize, usize) {
        (self.engine.image().topic_count(), self.engine.image().partition_count())
    }

    /// Makes `t` and the offsets topic.
    fn with_topics(self) -> Node {
        let names = vec![Str::from("t")];
        let ControlResponse::AutoCreateTopics(codes) = self.control(ControlRequest::AutoCreateTopics { names }) else {
            panic!("not an answer to this")
        };
        assert_eq!(codes, [(Str::from("t"), ErrorCode::None)]);
        assert_eq!(self.control(ControlRequest::CreateOffsetsTopic), ControlResponse::OffsetsTopic(ErrorCode::None));
        self
    }

    fn join(&self, group: &str, member: &str, session_timeout_ms: i32) -> JoinGroupResponse {
        let protocol = JoinGroupRequestProtocol { name: Str::from("range"), metadata: Default::default() };
        let request = JoinGroupRequest {
            group_id: Str::from(group),
            session_timeout_ms,
            rebalance_timeout_ms: 60_000,
            member_id: Str::from(member),
            protocol_type: Str::from("consumer"),
            protocols: vec![protocol],
            ..Default::default()
        };
        let (client_id, client_host) = (Str::from("ada"), Str::from("/127.0.0.1"));
        match self.group(group, GroupRequest::Join { version: 9, client_id, client_host, request }) {
            GroupResponse::Join(joined) => joined,
            other => panic!("{other:?}"),
        }
    }

    fn sync(&self, group: &str, joined: &JoinGroupResponse) -> ErrorOr<String> {
        self.sync_with(group, joined, "all".into())
    }

    fn sync_with(&self, group: &str, joined: &JoinGroupResponse, assignment: bytes::Bytes) -> ErrorOr<String> {
        let assignment = SyncGroupRequestAssignment { member_id: joined.member_id.clone(), assignment };
        let request = SyncGroupRequest {
            group_id: Str::from(group),
            generation_id: joined.generation_id,
            member_id: joined.member_id.clone(),
            assignments: vec![assignment],
            ..Default::default()
        };
        match self.group(group, GroupRequest::Sync { version: 5, request }) {
            GroupResponse::Sync(synced) if synced.error_code != 0 => Err(synced.error_code),
            GroupResponse::Sync(synced) => Ok(String::from_utf8(synced.assignment.to_vec()).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    fn heartbeat(&self, group: &str, joined: &JoinGroupResponse) -> i16 {
        let request = HeartbeatRequest {
            group_id: Str::from(group),
            generation_id: joined.generation_id,
            member_id: joined.member_id.clone(),
            ..Default::default()
        };
        match self.group(group, GroupRequest::Heartbeat { version: 4, request }) {
            GroupResponse::Heartbeat(told) => told.error_code,
            other => panic!("{other:?}"),
        }
    }

    /// Commits without being a member.
    fn commit(&self, group: &str, offset: i64) -> i16 {
        match self.group(group, commit(group, offset)) {
            GroupResponse::OffsetCommit(told) => told.topics[0].partitions[0].error_code,
            other => panic!("{other:?}"),
        }
    }

    /// The offset of `t` 0.
    fn fetch(&self, group: &str) -> Option<i64> {
        let request = OffsetFetchRequestGroup { group_id: Str::from(group), topics: None, ..Default::default() };
        match self.group(group, GroupRequest::OffsetFetch { version: 9, request, require_stable: true }) {
            GroupResponse::OffsetFetch(told) => {
                assert_eq!(told.error_code, 0);
                told.topics.first().map(|topic| topic.partitions[0].committed_offset)
            }
            other => panic!("{other:?}"),
        }
    }
}

type ErrorOr<T> = Result<T, i16>;

fn commit(group: &str, offset: i64) -> GroupRequest {
    let partition = OffsetCommitRequestPartition { committed_offset: offset, ..Default::default() };
    let topic = OffsetCommitRequestTopic { name: Str::from("t"), partitions: vec![partition], ..Default::default() };
    let request = OffsetCommitRequest {
        group_id: Str::from(group),
        generation_id_or_member_epoch: -1,
        topics: vec![topic],
        ..Default::default()
    };
    GroupRequest::OffsetCommit { version: 8, request }
}

fn start(world: &Rc<World>, disk: &MemDisk, seed: u128) -> Rc<Engine> {
    let mut config = EngineConfig::new(PathBuf::from("/data"), NodeId(1));
    config.journal = JournalConfig {
        files: 4,
        file_bytes: 4 << 20,
        initial_files: 3,
        frame_bytes_max: 256 << 10,
        ..JournalConfig::default()
    };
    let core = world.core(0, 1, disk);
    let (mut seeds, _doors) = mesh::<Message>(1, 16, vec![Arc::new(NoWake)]);
    let port = Rc::new(seeds.remove(0).open());
    let endpoint = Endpoint { name: "PLAINTEXT".into(), host: "h".into(), port: 9092, security_protocol: 0 };
    let hosts = HostConfig {
        groups: GroupConfig { initial_rebalance_delay_ms: 100, ..GroupConfig::default() },
        control: ControlDefaults::default(),
        broker: BrokerFacts {
            id: NodeId(1),
            incarnation: Uuid::from(seed),
            epoch: -1,
            endpoints: vec![endpoint],
            rack: None,
            log_dirs: vec![Uuid::from(5)],
        },
        seed,
    };
    world.run(async move {
        let engine = Engine::start(core, port, Arc::new(config)).await.unwrap();
        host(&engine, hosts).await.unwrap();
        engine
    })
}

#[test]
fn what_the_controller_decided_outlives_a_power_cut() {
    let mut node = Node::new().with_topics();
    assert_eq!(node.topics(), (2, 51));
    let id = node.engine.image().topic("t").unwrap().id;
    let ControlResponse::ProducerIds(Ok(first)) = node.control(ControlRequest::AllocateProducerIds) else {
        panic!("no producer ids")
    };
    let epoch = node.engine.image().broker(NodeId(1)).unwrap().epoch;
    node.cut();
    assert_eq!(node.topics(), (2, 51));
    assert_eq!(node.engine.image().topic("t").unwrap().id, id);
    let broker = node.engine.image().broker(NodeId(1)).unwrap().clone();
    assert!(broker.is_active() && broker.epoch > epoch, "{broker:?} after {epoch}");
    assert_eq!(node.engine.image().feature("metadata.version"), 33);
    let ControlResponse::ProducerIds(Ok(second)) = node.control(ControlRequest::AllocateProducerIds) else {
        panic!("no producer ids")
    };
    assert_eq!((first.first.0, second.first.0), (0, 1_000));
    // the ids drawn after the restart are others
    node.control(ControlRequest::AutoCreateTopics { names: vec!["u".into()] });
    assert_ne!(node.engine.image().topic("u").unwrap().id, id);
}

#[test]
fn groups_outlive_a_power_cut() {
    let mut node = Node::new().with_topics();
    let first = node.join("g", "", 10_000);
    assert_eq!(first.error_code, ErrorCode::MemberIdRequired as i16);
    let before = Tick(node.world.now());
    let joined = node.join("g", &first.member_id, 10_000);
    // the join was held back for the initial delay, but for the part of a millisecond the clock does not tell
    assert!(Tick(node.world.now()).since(before) >= Duration::from_millis(99));
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    assert_eq!(node.sync("g", &joined), Ok("all".to_owned()));
    for offset in 0..50 {
        assert_eq!(node.commit("s", offset), 0);
    }
    assert_eq!(node.fetch("s"), Some(49));
    node.cut();
    assert_eq!(node.fetch("s"), Some(49));
    assert_eq!(node.heartbeat("g", &joined), 0);
    // and its session goes on: silence ends it
    node.world.run_for(Duration::from_secs(11));
    assert_eq!(node.heartbeat("g", &joined), ErrorCode::UnknownMemberId as i16);
    node.cut();
    assert_eq!(node.heartbeat("g", &joined), ErrorCode::UnknownMemberId as i16);
}

#[test]
fn commits_that_come_together_go_into_few_batches_and_in_order() {
    let node = Node::new().with_topics();
    assert_eq!(node.commit("s", 0), 0);
    let batches = node.engine.stats().batches;
    let engine = node.engine.clone();
    let partition = PartitionIndex(partition_for("s", 50));
    node.world.run(async move {
        let calls: Vec<_> = (1..=200)
            .map(|offset| engine.call(CoreId(0), Call::Group(GroupCall { partition, request: commit("s", offset) })))
            .collect();
        for call in calls {
            let Ok(Reply::Group(response)) = call.await else { panic!("no answer") };
            let GroupResponse::OffsetCommit(told) = *response else { panic!("not a commit's answer") };
            assert_eq!(told.topics[0].partitions[0].error_code, 0);
        }
    });
    assert_eq!(node.fetch("s"), Some(200));
    let used = node.engine.stats().batches - batches;
    assert!(used < 20, "{used} batches for 200 commits");
}

#[test]
fn a_deleted_topic_takes_its_offsets_along_and_the_offsets_topic_all_groups() {
    let mut node = Node::new().with_topics();
    assert_eq!(node.commit("s", 5), 0);
    let delete = |name: &str| {
        let state = DeleteTopicState { name: Some(name.into()), topic_id: Uuid::ZERO };
        let request = DeleteTopicsRequest { topics: vec![state], ..Default::default() };
        ControlRequest::DeleteTopics { version: 6, request }
    };
    node.control(delete("t"));
    assert_eq!(node.commit("s", 6), ErrorCode::UnknownTopicOrPartition as i16);
    node.world.run_for(Duration::from_secs(1));
    assert_eq!(node.fetch("s"), None);
    node.cut();
    assert_eq!(node.fetch("s"), None);

    node.control(delete(OFFSETS_TOPIC));
    let request = HeartbeatRequest { group_id: "g".into(), ..Default::default() };
    let told = node.group("g", GroupRequest::Heartbeat { version: 4, request });
    let GroupResponse::Heartbeat(told) = told else { panic!("{told:?}") };
    assert_eq!(told.error_code, ErrorCode::NotCoordinator as i16);
    // made again it begins empty
    let node = node.with_topics();
    assert_eq!(node.commit("s", 9), 0);
    assert_eq!(node.fetch("s"), Some(9));
}

#[test]
fn a_group_larger_than_its_topic_allows_is_told_so_and_goes_on() {
    let node = Node::new().with_topics();
    let first = node.join("g", "", 10_000);
    let joined = node.join("g", &first.member_id, 10_000);
    let huge = bytes::Bytes::from(vec![0; 1_100_000]);
    assert_eq!(node.sync_with("g", &joined, huge), Err(ErrorCode::UnknownServerError as i16));
    let joined = node.join("g", &first.member_id, 10_000);
    assert_eq!(joined.generation_id, 2);
    assert_eq!(node.sync("g", &joined), Ok("all".to_owned()));
}
