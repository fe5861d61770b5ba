//! ConsumerGroupDescribe, API 69, from `schema/messages/consumer_group_describe.wire`. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.

pub mod consumer_group_describe_request {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupDescribeRequest {
    pub group_ids: Vec<Str>,
    pub include_authorized_operations: bool,
}

impl Part for ConsumerGroupDescribeRequest {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            group_ids: r.vec(v, f)?,
            include_authorized_operations: r.bool()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.group_ids, v, f)?;
        s.bool(self.include_authorized_operations);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ConsumerGroupDescribeRequest {
    const NAME: &'static str = "ConsumerGroupDescribeRequest";
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

impl Request for ConsumerGroupDescribeRequest {
    const KEY: ApiKey = ApiKey::ConsumerGroupDescribe;
    type Response = super::consumer_group_describe_response::ConsumerGroupDescribeResponse;
}
}

pub mod consumer_group_describe_response {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ConsumerGroupDescribeResponse {
    pub throttle_time_ms: i32,
    pub groups: Vec<DescribedGroup>,
}

impl Part for ConsumerGroupDescribeResponse {
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
    pub assignor_name: Str,
    pub members: Vec<Member>,
    pub authorized_operations: i32,
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
            assignor_name: Str::default(),
            members: Vec::new(),
            authorized_operations: i32::MIN,
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
            assignor_name: r.string(f)?,
            members: r.vec(v, f)?,
            authorized_operations: r.i32()?,
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
        s.string(&self.assignor_name, f)?;
        s.vec(&self.members, v, f)?;
        s.i32(self.authorized_operations);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub member_id: Str,
    pub instance_id: Option<Str>,
    pub rack_id: Option<Str>,
    pub member_epoch: i32,
    pub client_id: Str,
    pub client_host: Str,
    pub subscribed_topic_names: Vec<Str>,
    pub subscribed_topic_regex: Option<Str>,
    pub assignment: Assignment,
    pub target_assignment: Assignment,
    pub member_type: i8, // 1+
}

impl Default for Member {
    fn default() -> Self {
        Self {
            member_id: Str::default(),
            instance_id: None,
            rack_id: None,
            member_epoch: 0,
            client_id: Str::default(),
            client_host: Str::default(),
            subscribed_topic_names: Vec::new(),
            subscribed_topic_regex: None,
            assignment: Assignment::default(),
            target_assignment: Assignment::default(),
            member_type: -1,
        }
    }
}

impl Part for Member {
    const MIN_BYTES: usize = 16;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            member_id: r.string(f)?,
            instance_id: r.opt_string(f)?,
            rack_id: r.opt_string(f)?,
            member_epoch: r.i32()?,
            client_id: r.string(f)?,
            client_host: r.string(f)?,
            subscribed_topic_names: r.vec(v, f)?,
            subscribed_topic_regex: r.opt_string(f)?,
            assignment: Part::read(r, v, f)?,
            target_assignment: Part::read(r, v, f)?,
            member_type: if v >= 1 { r.i8()? } else { -1 },
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.member_id, f)?;
        s.opt_string(&self.instance_id, f)?;
        s.opt_string(&self.rack_id, f)?;
        s.i32(self.member_epoch);
        s.string(&self.client_id, f)?;
        s.string(&self.client_host, f)?;
        s.vec(&self.subscribed_topic_names, v, f)?;
        s.opt_string(&self.subscribed_topic_regex, f)?;
        self.assignment.write(s, v, f)?;
        self.target_assignment.write(s, v, f)?;
        if v >= 1 {
            s.i8(self.member_type);
        }
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicPartitions {
    pub topic_id: Uuid,
    pub topic_name: Str,
    pub partitions: Vec<i32>,
}

impl Part for TopicPartitions {
    const MIN_BYTES: usize = 19;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: r.uuid()?,
            topic_name: r.string(f)?,
            partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.string(&self.topic_name, f)?;
        s.vec(&self.partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Assignment {
    pub topic_partitions: Vec<TopicPartitions>,
}

impl Part for Assignment {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_partitions: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.topic_partitions, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ConsumerGroupDescribeResponse {
    const NAME: &'static str = "ConsumerGroupDescribeResponse";
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
