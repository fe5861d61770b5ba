//! StreamsGroupDescribe, API 89, from `schema/messages/streams_group_describe.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod streams_group_describe_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupDescribeRequest {
    pub group_ids: Vec<Str>,
    pub include_authorized_operations: bool,
    pub include_topology_description: bool, // 1+
}

impl Part for StreamsGroupDescribeRequest {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_ids: r.vec(v, f)?,
            include_authorized_operations: r.bool()?,
            include_topology_description: if v >= 1 { r.bool()? } else { false },
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.group_ids, v, f)?;
        s.bool(self.include_authorized_operations);
        if v >= 1 {
            s.bool(self.include_topology_description);
        } else if self.include_topology_description { return Err(EncodeError::NoSuchField { field: "StreamsGroupDescribeRequest.include_topology_description", version: v }); }
        s.uvarint(0);
        Ok(())
    }
}

impl Message for StreamsGroupDescribeRequest {
    const NAME: &'static str = "StreamsGroupDescribeRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 1 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 1 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}

impl Request for StreamsGroupDescribeRequest {
    const KEY: ApiKey = ApiKey::StreamsGroupDescribe;
    type Response = super::streams_group_describe_response::StreamsGroupDescribeResponse;
}
}

pub mod streams_group_describe_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StreamsGroupDescribeResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Part for StreamsGroupDescribeResponse {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            throttle_time_ms: r.i32()?,
            groups: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.throttle_time_ms);
        s.vec(&self.groups, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    pub error_code: i16,
    pub error_message: Option<Str>,
    pub group_id: Str,
    pub group_state: Str,
    pub group_epoch: i32,
    pub assignment_epoch: i32,
    pub topology: Option<Topology>,
    pub members: Vec<Member>,
    pub authorized_operations: i32,
    pub topology_description: Option<TopologyDescription>, // 1+
    pub topology_description_status: i8, // 1+
    pub assignor_name: Option<Str>, // 1+
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: Str::default(),
            group_state: Str::default(),
            group_epoch: 0,
            assignment_epoch: 0,
            topology: None,
            members: Vec::new(),
            authorized_operations: i32::MIN,
            topology_description: None,
            topology_description_status: 0,
            assignor_name: None,
        }
    }
}

impl Part for DescribedGroup {
    const MIN_BYTES: usize = 20;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            error_code: r.i16()?,
            error_message: r.opt_string(f)?,
            group_id: r.string(f)?,
            group_state: r.string(f)?,
            group_epoch: r.i32()?,
            assignment_epoch: r.i32()?,
            topology: r.opt_struct(v, f)?,
            members: r.vec(v, f)?,
            authorized_operations: r.i32()?,
            topology_description: if v >= 1 { r.opt_struct(v, f)? } else { None },
            topology_description_status: if v >= 1 { r.i8()? } else { 0 },
            assignor_name: if v >= 1 { r.opt_string(f)? } else { None },
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i16(self.error_code);
        s.opt_string(&self.error_message, f)?;
        s.string(&self.group_id, f)?;
        s.string(&self.group_state, f)?;
        s.i32(self.group_epoch);
        s.i32(self.assignment_epoch);
        s.opt_struct(&self.topology, v, f)?;
        s.vec(&self.members, v, f)?;
        s.i32(self.authorized_operations);
        if v >= 1 {
            s.opt_struct(&self.topology_description, v, f)?;
        } else if self.topology_description.is_some() { return Err(EncodeError::NoSuchField { field: "DescribedGroup.topology_description", version: v }); }
        if v >= 1 {
            s.i8(self.topology_description_status);
        } else if self.topology_description_status != 0 { return Err(EncodeError::NoSuchField { field: "DescribedGroup.topology_description_status", version: v }); }
        if v >= 1 {
            s.opt_string(&self.assignor_name, f)?;
        }
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Topology {
    pub epoch: i32,
    pub subtopologies: Option<Vec<Subtopology>>,
}

impl Part for Topology {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            epoch: r.i32()?,
            subtopologies: r.opt_vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.epoch);
        s.opt_vec(&self.subtopologies, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Subtopology {
    pub subtopology_id: Str,
    pub source_topics: Vec<Str>,
    pub repartition_sink_topics: Vec<Str>,
    pub state_changelog_topics: Vec<TopicInfo>,
    pub repartition_source_topics: Vec<TopicInfo>,
}

impl Part for Subtopology {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            subtopology_id: r.string(f)?,
            source_topics: r.vec(v, f)?,
            repartition_sink_topics: r.vec(v, f)?,
            state_changelog_topics: r.vec(v, f)?,
            repartition_source_topics: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.subtopology_id, f)?;
        s.vec(&self.source_topics, v, f)?;
        s.vec(&self.repartition_sink_topics, v, f)?;
        s.vec(&self.state_changelog_topics, v, f)?;
        s.vec(&self.repartition_source_topics, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Member {
    pub member_id: Str,
    pub member_epoch: i32,
    pub instance_id: Option<Str>,
    pub rack_id: Option<Str>,
    pub client_id: Str,
    pub client_host: Str,
    pub topology_epoch: i32,
    pub process_id: Str,
    pub user_endpoint: Option<Endpoint>,
    pub client_tags: Vec<KeyValue>,
    pub task_offsets: Vec<TaskOffset>,
    pub task_end_offsets: Vec<TaskOffset>,
    pub assignment: Assignment,
    pub target_assignment: Assignment,
    pub is_classic: bool,
}

impl Part for Member {
    const MIN_BYTES: usize = 28;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_id: r.string(f)?,
            member_epoch: r.i32()?,
            instance_id: r.opt_string(f)?,
            rack_id: r.opt_string(f)?,
            client_id: r.string(f)?,
            client_host: r.string(f)?,
            topology_epoch: r.i32()?,
            process_id: r.string(f)?,
            user_endpoint: r.opt_struct(v, f)?,
            client_tags: r.vec(v, f)?,
            task_offsets: r.vec(v, f)?,
            task_end_offsets: r.vec(v, f)?,
            assignment: Part::read(r, v, f)?,
            target_assignment: Part::read(r, v, f)?,
            is_classic: r.bool()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.member_id, f)?;
        s.i32(self.member_epoch);
        s.opt_string(&self.instance_id, f)?;
        s.opt_string(&self.rack_id, f)?;
        s.string(&self.client_id, f)?;
        s.string(&self.client_host, f)?;
        s.i32(self.topology_epoch);
        s.string(&self.process_id, f)?;
        s.opt_struct(&self.user_endpoint, v, f)?;
        s.vec(&self.client_tags, v, f)?;
        s.vec(&self.task_offsets, v, f)?;
        s.vec(&self.task_end_offsets, v, f)?;
        self.assignment.write(s, v, f)?;
        self.target_assignment.write(s, v, f)?;
        s.bool(self.is_classic);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Endpoint {
    pub host: Str,
    pub port: u16,
}

impl Part for Endpoint {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            host: r.string(f)?,
            port: r.u16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.host, f)?;
        s.u16(self.port);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TaskOffset {
    pub subtopology_id: Str,
    pub partition: i32,
    pub offset: i64,
}

impl Part for TaskOffset {
    const MIN_BYTES: usize = 14;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            subtopology_id: r.string(f)?,
            partition: r.i32()?,
            offset: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.subtopology_id, f)?;
        s.i32(self.partition);
        s.i64(self.offset);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Assignment {
    pub active_tasks: Vec<TaskIds>,
    pub standby_tasks: Vec<TaskIds>,
    pub warmup_tasks: Vec<TaskIds>,
}

impl Part for Assignment {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            active_tasks: r.vec(v, f)?,
            standby_tasks: r.vec(v, f)?,
            warmup_tasks: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.active_tasks, v, f)?;
        s.vec(&self.standby_tasks, v, f)?;
        s.vec(&self.warmup_tasks, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TaskIds {
    pub subtopology_id: Str,
    pub partitions: Vec<i32>,
}

impl Part for TaskIds {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            subtopology_id: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.subtopology_id, f)?;
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct KeyValue {
    pub key: Str,
    pub value: Str,
}

impl Part for KeyValue {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            key: r.string(f)?,
            value: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.key, f)?;
        s.string(&self.value, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicInfo {
    pub name: Str,
    pub partitions: i32,
    pub replication_factor: i16,
    pub topic_configs: Vec<KeyValue>,
}

impl Part for TopicInfo {
    const MIN_BYTES: usize = 9;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            partitions: r.i32()?,
            replication_factor: r.i16()?,
            topic_configs: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i32(self.partitions);
        s.i16(self.replication_factor);
        s.vec(&self.topic_configs, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopologyDescription {
    pub subtopologies: Vec<TopologyDescriptionSubtopology>,
    pub global_stores: Vec<TopologyDescriptionGlobalStore>,
}

impl Part for TopologyDescription {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            subtopologies: r.vec(v, f)?,
            global_stores: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.subtopologies, v, f)?;
        s.vec(&self.global_stores, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopologyDescriptionSubtopology {
    pub subtopology_id: Str,
    pub nodes: Vec<TopologyDescriptionNode>,
}

impl Part for TopologyDescriptionSubtopology {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            subtopology_id: r.string(f)?,
            nodes: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.subtopology_id, f)?;
        s.vec(&self.nodes, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopologyDescriptionNode {
    pub name: Str,
    pub node_type: i8,
    pub source_topics: Vec<Str>,
    pub sink_topic: Option<Str>,
    pub stores: Vec<Str>,
    pub successors: Vec<Str>,
}

impl Part for TopologyDescriptionNode {
    const MIN_BYTES: usize = 7;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            node_type: r.i8()?,
            source_topics: r.vec(v, f)?,
            sink_topic: r.opt_string(f)?,
            stores: r.vec(v, f)?,
            successors: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i8(self.node_type);
        s.vec(&self.source_topics, v, f)?;
        s.opt_string(&self.sink_topic, f)?;
        s.vec(&self.stores, v, f)?;
        s.vec(&self.successors, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopologyDescriptionGlobalStore {
    pub source: TopologyDescriptionNode,
    pub processor: TopologyDescriptionNode,
}

impl Part for TopologyDescriptionGlobalStore {
    const MIN_BYTES: usize = 15;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            source: Part::read(r, v, f)?,
            processor: Part::read(r, v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        self.source.write(s, v, f)?;
        self.processor.write(s, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for StreamsGroupDescribeResponse {
    const NAME: &'static str = "StreamsGroupDescribeResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 1 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 1 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}
