//! From `schema/records/metadata.wire`: one module per record, the record itself one level up. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.
#![allow(missing_docs, unused_variables, clippy::all, reason = "generated: the schema is the place to read")]
use crate::message::generated::*;

pub use register_broker_record::RegisterBrokerRecord;
pub mod register_broker_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct RegisterBrokerRecord {
    pub broker_id: i32,
    pub is_migrating_zk_broker: bool, // 2+
    pub incarnation_id: Uuid,
    pub broker_epoch: i64,
    pub end_points: Vec<BrokerEndpoint>,
    pub features: Vec<BrokerFeature>,
    pub rack: Option<Str>,
    pub fenced: bool,
    pub in_controlled_shutdown: bool, // 1+
    pub log_dirs: Vec<Uuid>, // 3+, tag 0
    pub cordoned_log_dirs: Option<Vec<Uuid>>, // 4+, tag 1
}

impl Default for RegisterBrokerRecord {
    fn default() -> Self {
        Self {
            broker_id: 0,
            is_migrating_zk_broker: false,
            incarnation_id: Uuid::ZERO,
            broker_epoch: 0,
            end_points: Vec::new(),
            features: Vec::new(),
            rack: Some(Str::default()),
            fenced: true,
            in_controlled_shutdown: false,
            log_dirs: Vec::new(),
            cordoned_log_dirs: None,
        }
    }
}

impl Part for RegisterBrokerRecord {
    const MIN_BYTES: usize = 33;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            broker_id: r.i32()?,
            is_migrating_zk_broker: if v >= 2 { r.bool()? } else { false },
            incarnation_id: r.uuid()?,
            broker_epoch: r.i64()?,
            end_points: r.vec(v, f)?,
            features: r.vec(v, f)?,
            rack: r.opt_string(f)?,
            fenced: r.bool()?,
            in_controlled_shutdown: if v >= 1 { r.bool()? } else { false },
            log_dirs: Vec::new(),
            cordoned_log_dirs: None,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 if v >= 3 => m.log_dirs = r.vec(v, f)?,
                1 if v >= 4 => m.cordoned_log_dirs = r.opt_vec(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.broker_id);
        if v >= 2 {
            s.bool(self.is_migrating_zk_broker);
        } else if self.is_migrating_zk_broker { return Err(EncodeError::NoSuchField { field: "RegisterBrokerRecord.is_migrating_zk_broker", version: v }); }
        s.uuid(self.incarnation_id);
        s.i64(self.broker_epoch);
        s.vec(&self.end_points, v, f)?;
        s.vec(&self.features, v, f)?;
        s.opt_string(&self.rack, f)?;
        s.bool(self.fenced);
        if v >= 1 {
            s.bool(self.in_controlled_shutdown);
        } else if self.in_controlled_shutdown { return Err(EncodeError::NoSuchField { field: "RegisterBrokerRecord.in_controlled_shutdown", version: v }); }
        if !(v >= 3) { if !self.log_dirs.is_empty() { return Err(EncodeError::NoSuchField { field: "RegisterBrokerRecord.log_dirs", version: v }); } }
        if !(v >= 4) { if self.cordoned_log_dirs.is_some() { return Err(EncodeError::NoSuchField { field: "RegisterBrokerRecord.cordoned_log_dirs", version: v }); } }
        let t0 = v >= 3 && !self.log_dirs.is_empty();
        let t1 = v >= 4 && self.cordoned_log_dirs.is_some();
        s.uvarint(t0 as u32 + t1 as u32);
        if t0 { let t = s.begin_tagged(0); s.vec(&self.log_dirs, v, f)?; s.end_tagged(t); }
        if t1 { let t = s.begin_tagged(1); s.opt_vec(&self.cordoned_log_dirs, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct BrokerEndpoint {
    pub name: Str,
    pub host: Str,
    pub port: u16,
    pub security_protocol: i16,
}

impl Part for BrokerEndpoint {
    const MIN_BYTES: usize = 7;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            host: r.string(f)?,
            port: r.u16()?,
            security_protocol: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.string(&self.host, f)?;
        s.u16(self.port);
        s.i16(self.security_protocol);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct BrokerFeature {
    pub name: Str,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

impl Part for BrokerFeature {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            min_supported_version: r.i16()?,
            max_supported_version: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i16(self.min_supported_version);
        s.i16(self.max_supported_version);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for RegisterBrokerRecord {
    const NAME: &'static str = "RegisterBrokerRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 4 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 4 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use unregister_broker_record::UnregisterBrokerRecord;
pub mod unregister_broker_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct UnregisterBrokerRecord {
    pub broker_id: i32,
    pub broker_epoch: i64,
}

impl Part for UnregisterBrokerRecord {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            broker_id: r.i32()?,
            broker_epoch: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.broker_id);
        s.i64(self.broker_epoch);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for UnregisterBrokerRecord {
    const NAME: &'static str = "UnregisterBrokerRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use topic_record::TopicRecord;
pub mod topic_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct TopicRecord {
    pub name: Str,
    pub topic_id: Uuid,
}

impl Part for TopicRecord {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            topic_id: r.uuid()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.uuid(self.topic_id);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for TopicRecord {
    const NAME: &'static str = "TopicRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use partition_record::PartitionRecord;
pub mod partition_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct PartitionRecord {
    pub partition_id: i32,
    pub topic_id: Uuid,
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    pub removing_replicas: Vec<i32>,
    pub adding_replicas: Vec<i32>,
    pub leader: i32,
    pub leader_recovery_state: i8, // tag 0
    pub leader_epoch: i32,
    pub partition_epoch: i32,
    pub directories: Vec<Uuid>, // 1+
    pub eligible_leader_replicas: Option<Vec<i32>>, // 2+, tag 1
    pub last_known_elr: Option<Vec<i32>>, // 2+, tag 2
}

impl Default for PartitionRecord {
    fn default() -> Self {
        Self {
            partition_id: -1,
            topic_id: Uuid::ZERO,
            replicas: Vec::new(),
            isr: Vec::new(),
            removing_replicas: Vec::new(),
            adding_replicas: Vec::new(),
            leader: -1,
            leader_recovery_state: 0,
            leader_epoch: -1,
            partition_epoch: -1,
            directories: Vec::new(),
            eligible_leader_replicas: None,
            last_known_elr: None,
        }
    }
}

impl Part for PartitionRecord {
    const MIN_BYTES: usize = 37;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            partition_id: r.i32()?,
            topic_id: r.uuid()?,
            replicas: r.vec(v, f)?,
            isr: r.vec(v, f)?,
            removing_replicas: r.vec(v, f)?,
            adding_replicas: r.vec(v, f)?,
            leader: r.i32()?,
            leader_recovery_state: 0,
            leader_epoch: r.i32()?,
            partition_epoch: r.i32()?,
            directories: if v >= 1 { r.vec(v, f)? } else { Vec::new() },
            eligible_leader_replicas: None,
            last_known_elr: None,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.leader_recovery_state = r.i8()?,
                1 if v >= 2 => m.eligible_leader_replicas = r.opt_vec(v, f)?,
                2 if v >= 2 => m.last_known_elr = r.opt_vec(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_id);
        s.uuid(self.topic_id);
        s.vec(&self.replicas, v, f)?;
        s.vec(&self.isr, v, f)?;
        s.vec(&self.removing_replicas, v, f)?;
        s.vec(&self.adding_replicas, v, f)?;
        s.i32(self.leader);
        s.i32(self.leader_epoch);
        s.i32(self.partition_epoch);
        if v >= 1 {
            s.vec(&self.directories, v, f)?;
        } else if !self.directories.is_empty() { return Err(EncodeError::NoSuchField { field: "PartitionRecord.directories", version: v }); }
        if !(v >= 2) { if self.eligible_leader_replicas.is_some() { return Err(EncodeError::NoSuchField { field: "PartitionRecord.eligible_leader_replicas", version: v }); } }
        if !(v >= 2) { if self.last_known_elr.is_some() { return Err(EncodeError::NoSuchField { field: "PartitionRecord.last_known_elr", version: v }); } }
        let t0 = self.leader_recovery_state != 0;
        let t1 = v >= 2 && self.eligible_leader_replicas.is_some();
        let t2 = v >= 2 && self.last_known_elr.is_some();
        s.uvarint(t0 as u32 + t1 as u32 + t2 as u32);
        if t0 { let t = s.begin_tagged(0); s.i8(self.leader_recovery_state); s.end_tagged(t); }
        if t1 { let t = s.begin_tagged(1); s.opt_vec(&self.eligible_leader_replicas, v, f)?; s.end_tagged(t); }
        if t2 { let t = s.begin_tagged(2); s.opt_vec(&self.last_known_elr, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

impl Message for PartitionRecord {
    const NAME: &'static str = "PartitionRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 2 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 2 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use config_record::ConfigRecord;
pub mod config_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ConfigRecord {
    pub resource_type: i8,
    pub resource_name: Str,
    pub name: Str,
    pub value: Option<Str>,
}

impl Default for ConfigRecord {
    fn default() -> Self {
        Self {
            resource_type: 0,
            resource_name: Str::default(),
            name: Str::default(),
            value: Some(Str::default()),
        }
    }
}

impl Part for ConfigRecord {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            resource_type: r.i8()?,
            resource_name: r.string(f)?,
            name: r.string(f)?,
            value: r.opt_string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i8(self.resource_type);
        s.string(&self.resource_name, f)?;
        s.string(&self.name, f)?;
        s.opt_string(&self.value, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ConfigRecord {
    const NAME: &'static str = "ConfigRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use partition_change_record::PartitionChangeRecord;
pub mod partition_change_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct PartitionChangeRecord {
    pub partition_id: i32,
    pub topic_id: Uuid,
    pub isr: Option<Vec<i32>>, // tag 0
    pub leader: i32, // tag 1
    pub replicas: Option<Vec<i32>>, // tag 2
    pub removing_replicas: Option<Vec<i32>>, // tag 3
    pub adding_replicas: Option<Vec<i32>>, // tag 4
    pub leader_recovery_state: i8, // tag 5
    pub directories: Option<Vec<Uuid>>, // 1+, tag 8
    pub eligible_leader_replicas: Option<Vec<i32>>, // 2+, tag 6
    pub last_known_elr: Option<Vec<i32>>, // 2+, tag 7
}

impl Default for PartitionChangeRecord {
    fn default() -> Self {
        Self {
            partition_id: -1,
            topic_id: Uuid::ZERO,
            isr: None,
            leader: -2,
            replicas: None,
            removing_replicas: None,
            adding_replicas: None,
            leader_recovery_state: -1,
            directories: None,
            eligible_leader_replicas: None,
            last_known_elr: None,
        }
    }
}

impl Part for PartitionChangeRecord {
    const MIN_BYTES: usize = 21;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            partition_id: r.i32()?,
            topic_id: r.uuid()?,
            isr: None,
            leader: -2,
            replicas: None,
            removing_replicas: None,
            adding_replicas: None,
            leader_recovery_state: -1,
            directories: None,
            eligible_leader_replicas: None,
            last_known_elr: None,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.isr = r.opt_vec(v, f)?,
                1 => m.leader = r.i32()?,
                2 => m.replicas = r.opt_vec(v, f)?,
                3 => m.removing_replicas = r.opt_vec(v, f)?,
                4 => m.adding_replicas = r.opt_vec(v, f)?,
                5 => m.leader_recovery_state = r.i8()?,
                8 if v >= 1 => m.directories = r.opt_vec(v, f)?,
                6 if v >= 2 => m.eligible_leader_replicas = r.opt_vec(v, f)?,
                7 if v >= 2 => m.last_known_elr = r.opt_vec(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.partition_id);
        s.uuid(self.topic_id);
        if !(v >= 1) { if self.directories.is_some() { return Err(EncodeError::NoSuchField { field: "PartitionChangeRecord.directories", version: v }); } }
        if !(v >= 2) { if self.eligible_leader_replicas.is_some() { return Err(EncodeError::NoSuchField { field: "PartitionChangeRecord.eligible_leader_replicas", version: v }); } }
        if !(v >= 2) { if self.last_known_elr.is_some() { return Err(EncodeError::NoSuchField { field: "PartitionChangeRecord.last_known_elr", version: v }); } }
        let t0 = self.isr.is_some();
        let t1 = self.leader != -2;
        let t2 = self.replicas.is_some();
        let t3 = self.removing_replicas.is_some();
        let t4 = self.adding_replicas.is_some();
        let t5 = self.leader_recovery_state != -1;
        let t6 = v >= 2 && self.eligible_leader_replicas.is_some();
        let t7 = v >= 2 && self.last_known_elr.is_some();
        let t8 = v >= 1 && self.directories.is_some();
        s.uvarint(t0 as u32 + t1 as u32 + t2 as u32 + t3 as u32 + t4 as u32 + t5 as u32 + t6 as u32 + t7 as u32 + t8 as u32);
        if t0 { let t = s.begin_tagged(0); s.opt_vec(&self.isr, v, f)?; s.end_tagged(t); }
        if t1 { let t = s.begin_tagged(1); s.i32(self.leader); s.end_tagged(t); }
        if t2 { let t = s.begin_tagged(2); s.opt_vec(&self.replicas, v, f)?; s.end_tagged(t); }
        if t3 { let t = s.begin_tagged(3); s.opt_vec(&self.removing_replicas, v, f)?; s.end_tagged(t); }
        if t4 { let t = s.begin_tagged(4); s.opt_vec(&self.adding_replicas, v, f)?; s.end_tagged(t); }
        if t5 { let t = s.begin_tagged(5); s.i8(self.leader_recovery_state); s.end_tagged(t); }
        if t6 { let t = s.begin_tagged(6); s.opt_vec(&self.eligible_leader_replicas, v, f)?; s.end_tagged(t); }
        if t7 { let t = s.begin_tagged(7); s.opt_vec(&self.last_known_elr, v, f)?; s.end_tagged(t); }
        if t8 { let t = s.begin_tagged(8); s.opt_vec(&self.directories, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

impl Message for PartitionChangeRecord {
    const NAME: &'static str = "PartitionChangeRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 2 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 2 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use fence_broker_record::FenceBrokerRecord;
pub mod fence_broker_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct FenceBrokerRecord {
    pub id: i32,
    pub epoch: i64,
}

impl Part for FenceBrokerRecord {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            id: r.i32()?,
            epoch: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.id);
        s.i64(self.epoch);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for FenceBrokerRecord {
    const NAME: &'static str = "FenceBrokerRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use unfence_broker_record::UnfenceBrokerRecord;
pub mod unfence_broker_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct UnfenceBrokerRecord {
    pub id: i32,
    pub epoch: i64,
}

impl Part for UnfenceBrokerRecord {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            id: r.i32()?,
            epoch: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.id);
        s.i64(self.epoch);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for UnfenceBrokerRecord {
    const NAME: &'static str = "UnfenceBrokerRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use remove_topic_record::RemoveTopicRecord;
pub mod remove_topic_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct RemoveTopicRecord {
    pub topic_id: Uuid,
}

impl Part for RemoveTopicRecord {
    const MIN_BYTES: usize = 17;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_id: r.uuid()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.topic_id);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for RemoveTopicRecord {
    const NAME: &'static str = "RemoveTopicRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use delegation_token_record::DelegationTokenRecord;
pub mod delegation_token_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct DelegationTokenRecord {
    pub owner: Str,
    pub requester: Str,
    pub renewers: Vec<Str>,
    pub issue_timestamp: i64,
    pub max_timestamp: i64,
    pub expiration_timestamp: i64,
    pub token_id: Str,
}

impl Part for DelegationTokenRecord {
    const MIN_BYTES: usize = 29;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            owner: r.string(f)?,
            requester: r.string(f)?,
            renewers: r.vec(v, f)?,
            issue_timestamp: r.i64()?,
            max_timestamp: r.i64()?,
            expiration_timestamp: r.i64()?,
            token_id: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.owner, f)?;
        s.string(&self.requester, f)?;
        s.vec(&self.renewers, v, f)?;
        s.i64(self.issue_timestamp);
        s.i64(self.max_timestamp);
        s.i64(self.expiration_timestamp);
        s.string(&self.token_id, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for DelegationTokenRecord {
    const NAME: &'static str = "DelegationTokenRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use user_scram_credential_record::UserScramCredentialRecord;
pub mod user_scram_credential_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct UserScramCredentialRecord {
    pub name: Str,
    pub mechanism: i8,
    pub salt: Bytes,
    pub stored_key: Bytes,
    pub server_key: Bytes,
    pub iterations: i32,
}

impl Part for UserScramCredentialRecord {
    const MIN_BYTES: usize = 10;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            mechanism: r.i8()?,
            salt: r.bytes(f)?,
            stored_key: r.bytes(f)?,
            server_key: r.bytes(f)?,
            iterations: r.i32()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i8(self.mechanism);
        s.bytes(&self.salt, f)?;
        s.bytes(&self.stored_key, f)?;
        s.bytes(&self.server_key, f)?;
        s.i32(self.iterations);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for UserScramCredentialRecord {
    const NAME: &'static str = "UserScramCredentialRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use feature_level_record::FeatureLevelRecord;
pub mod feature_level_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct FeatureLevelRecord {
    pub name: Str,
    pub feature_level: i16,
}

impl Part for FeatureLevelRecord {
    const MIN_BYTES: usize = 4;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            feature_level: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i16(self.feature_level);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for FeatureLevelRecord {
    const NAME: &'static str = "FeatureLevelRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use client_quota_record::ClientQuotaRecord;
pub mod client_quota_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ClientQuotaRecord {
    pub entity: Vec<EntityData>,
    pub key: Str,
    pub value: f64,
    pub remove: bool,
}

impl Part for ClientQuotaRecord {
    const MIN_BYTES: usize = 12;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            entity: r.vec(v, f)?,
            key: r.string(f)?,
            value: r.f64()?,
            remove: r.bool()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.vec(&self.entity, v, f)?;
        s.string(&self.key, f)?;
        s.f64(self.value);
        s.bool(self.remove);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct EntityData {
    pub entity_type: Str,
    pub entity_name: Option<Str>,
}

impl Default for EntityData {
    fn default() -> Self {
        Self {
            entity_type: Str::default(),
            entity_name: Some(Str::default()),
        }
    }
}

impl Part for EntityData {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            entity_type: r.string(f)?,
            entity_name: r.opt_string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.entity_type, f)?;
        s.opt_string(&self.entity_name, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ClientQuotaRecord {
    const NAME: &'static str = "ClientQuotaRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use producer_ids_record::ProducerIdsRecord;
pub mod producer_ids_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ProducerIdsRecord {
    pub broker_id: i32,
    pub broker_epoch: i64,
    pub next_producer_id: i64,
}

impl Default for ProducerIdsRecord {
    fn default() -> Self {
        Self {
            broker_id: 0,
            broker_epoch: -1,
            next_producer_id: 0,
        }
    }
}

impl Part for ProducerIdsRecord {
    const MIN_BYTES: usize = 21;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            broker_id: r.i32()?,
            broker_epoch: r.i64()?,
            next_producer_id: r.i64()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.broker_id);
        s.i64(self.broker_epoch);
        s.i64(self.next_producer_id);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ProducerIdsRecord {
    const NAME: &'static str = "ProducerIdsRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use broker_registration_change_record::BrokerRegistrationChangeRecord;
pub mod broker_registration_change_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct BrokerRegistrationChangeRecord {
    pub broker_id: i32,
    pub broker_epoch: i64,
    pub fenced: i8, // tag 0
    pub in_controlled_shutdown: i8, // 1+, tag 1
    pub log_dirs: Vec<Uuid>, // 2+, tag 2
    pub cordoned_log_dirs: Option<Vec<Uuid>>, // 3+, tag 3
}

impl Part for BrokerRegistrationChangeRecord {
    const MIN_BYTES: usize = 13;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            broker_id: r.i32()?,
            broker_epoch: r.i64()?,
            fenced: 0,
            in_controlled_shutdown: 0,
            log_dirs: Vec::new(),
            cordoned_log_dirs: None,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.fenced = r.i8()?,
                1 if v >= 1 => m.in_controlled_shutdown = r.i8()?,
                2 if v >= 2 => m.log_dirs = r.vec(v, f)?,
                3 if v >= 3 => m.cordoned_log_dirs = r.opt_vec(v, f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.broker_id);
        s.i64(self.broker_epoch);
        if !(v >= 1) { if self.in_controlled_shutdown != 0 { return Err(EncodeError::NoSuchField { field: "BrokerRegistrationChangeRecord.in_controlled_shutdown", version: v }); } }
        if !(v >= 2) { if !self.log_dirs.is_empty() { return Err(EncodeError::NoSuchField { field: "BrokerRegistrationChangeRecord.log_dirs", version: v }); } }
        if !(v >= 3) { if self.cordoned_log_dirs.is_some() { return Err(EncodeError::NoSuchField { field: "BrokerRegistrationChangeRecord.cordoned_log_dirs", version: v }); } }
        let t0 = self.fenced != 0;
        let t1 = v >= 1 && self.in_controlled_shutdown != 0;
        let t2 = v >= 2 && !self.log_dirs.is_empty();
        let t3 = v >= 3 && self.cordoned_log_dirs.is_some();
        s.uvarint(t0 as u32 + t1 as u32 + t2 as u32 + t3 as u32);
        if t0 { let t = s.begin_tagged(0); s.i8(self.fenced); s.end_tagged(t); }
        if t1 { let t = s.begin_tagged(1); s.i8(self.in_controlled_shutdown); s.end_tagged(t); }
        if t2 { let t = s.begin_tagged(2); s.vec(&self.log_dirs, v, f)?; s.end_tagged(t); }
        if t3 { let t = s.begin_tagged(3); s.opt_vec(&self.cordoned_log_dirs, v, f)?; s.end_tagged(t); }
        Ok(())
    }
}

impl Message for BrokerRegistrationChangeRecord {
    const NAME: &'static str = "BrokerRegistrationChangeRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v < 0 || v > 3 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v < 0 || v > 3 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use access_control_entry_record::AccessControlEntryRecord;
pub mod access_control_entry_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AccessControlEntryRecord {
    pub id: Uuid,
    pub resource_type: i8,
    pub resource_name: Str,
    pub pattern_type: i8,
    pub principal: Str,
    pub host: Str,
    pub operation: i8,
    pub permission_type: i8,
}

impl Part for AccessControlEntryRecord {
    const MIN_BYTES: usize = 24;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            id: r.uuid()?,
            resource_type: r.i8()?,
            resource_name: r.string(f)?,
            pattern_type: r.i8()?,
            principal: r.string(f)?,
            host: r.string(f)?,
            operation: r.i8()?,
            permission_type: r.i8()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.id);
        s.i8(self.resource_type);
        s.string(&self.resource_name, f)?;
        s.i8(self.pattern_type);
        s.string(&self.principal, f)?;
        s.string(&self.host, f)?;
        s.i8(self.operation);
        s.i8(self.permission_type);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for AccessControlEntryRecord {
    const NAME: &'static str = "AccessControlEntryRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use remove_access_control_entry_record::RemoveAccessControlEntryRecord;
pub mod remove_access_control_entry_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct RemoveAccessControlEntryRecord {
    pub id: Uuid,
}

impl Part for RemoveAccessControlEntryRecord {
    const MIN_BYTES: usize = 17;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            id: r.uuid()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uuid(self.id);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for RemoveAccessControlEntryRecord {
    const NAME: &'static str = "RemoveAccessControlEntryRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use no_op_record::NoOpRecord;
pub mod no_op_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct NoOpRecord {
}

impl Part for NoOpRecord {
    const MIN_BYTES: usize = 1;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uvarint(0);
        Ok(())
    }
}

impl Message for NoOpRecord {
    const NAME: &'static str = "NoOpRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use zk_migration_state_record::ZkMigrationStateRecord;
pub mod zk_migration_state_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ZkMigrationStateRecord {
    pub zk_migration_state: i8,
}

impl Part for ZkMigrationStateRecord {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            zk_migration_state: r.i8()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i8(self.zk_migration_state);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ZkMigrationStateRecord {
    const NAME: &'static str = "ZkMigrationStateRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use remove_user_scram_credential_record::RemoveUserScramCredentialRecord;
pub mod remove_user_scram_credential_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct RemoveUserScramCredentialRecord {
    pub name: Str,
    pub mechanism: i8,
}

impl Part for RemoveUserScramCredentialRecord {
    const MIN_BYTES: usize = 3;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            mechanism: r.i8()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i8(self.mechanism);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for RemoveUserScramCredentialRecord {
    const NAME: &'static str = "RemoveUserScramCredentialRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use begin_transaction_record::BeginTransactionRecord;
pub mod begin_transaction_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct BeginTransactionRecord {
    pub name: Option<Str>, // tag 0
}

impl Part for BeginTransactionRecord {
    const MIN_BYTES: usize = 1;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            name: None,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.name = r.opt_string(f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        let t0 = self.name.is_some();
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.opt_string(&self.name, f)?; s.end_tagged(t); }
        Ok(())
    }
}

impl Message for BeginTransactionRecord {
    const NAME: &'static str = "BeginTransactionRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use end_transaction_record::EndTransactionRecord;
pub mod end_transaction_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct EndTransactionRecord {
}

impl Part for EndTransactionRecord {
    const MIN_BYTES: usize = 1;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.uvarint(0);
        Ok(())
    }
}

impl Message for EndTransactionRecord {
    const NAME: &'static str = "EndTransactionRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use abort_transaction_record::AbortTransactionRecord;
pub mod abort_transaction_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct AbortTransactionRecord {
    pub reason: Option<Str>, // tag 0
}

impl Part for AbortTransactionRecord {
    const MIN_BYTES: usize = 1;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            reason: None,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.reason = r.opt_string(f)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        let t0 = self.reason.is_some();
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.opt_string(&self.reason, f)?; s.end_tagged(t); }
        Ok(())
    }
}

impl Message for AbortTransactionRecord {
    const NAME: &'static str = "AbortTransactionRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use remove_delegation_token_record::RemoveDelegationTokenRecord;
pub mod remove_delegation_token_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct RemoveDelegationTokenRecord {
    pub token_id: Str,
}

impl Part for RemoveDelegationTokenRecord {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            token_id: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.token_id, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for RemoveDelegationTokenRecord {
    const NAME: &'static str = "RemoveDelegationTokenRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use register_controller_record::RegisterControllerRecord;
pub mod register_controller_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct RegisterControllerRecord {
    pub controller_id: i32,
    pub incarnation_id: Uuid,
    pub zk_migration_ready: bool,
    pub end_points: Vec<ControllerEndpoint>,
    pub features: Vec<ControllerFeature>,
}

impl Part for RegisterControllerRecord {
    const MIN_BYTES: usize = 24;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            controller_id: r.i32()?,
            incarnation_id: r.uuid()?,
            zk_migration_ready: r.bool()?,
            end_points: r.vec(v, f)?,
            features: r.vec(v, f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.controller_id);
        s.uuid(self.incarnation_id);
        s.bool(self.zk_migration_ready);
        s.vec(&self.end_points, v, f)?;
        s.vec(&self.features, v, f)?;
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ControllerEndpoint {
    pub name: Str,
    pub host: Str,
    pub port: u16,
    pub security_protocol: i16,
}

impl Part for ControllerEndpoint {
    const MIN_BYTES: usize = 7;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            host: r.string(f)?,
            port: r.u16()?,
            security_protocol: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.string(&self.host, f)?;
        s.u16(self.port);
        s.i16(self.security_protocol);
        s.uvarint(0);
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ControllerFeature {
    pub name: Str,
    pub min_supported_version: i16,
    pub max_supported_version: i16,
}

impl Part for ControllerFeature {
    const MIN_BYTES: usize = 6;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            name: r.string(f)?,
            min_supported_version: r.i16()?,
            max_supported_version: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.name, f)?;
        s.i16(self.min_supported_version);
        s.i16(self.max_supported_version);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for RegisterControllerRecord {
    const NAME: &'static str = "RegisterControllerRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use clear_elr_record::ClearElrRecord;
pub mod clear_elr_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ClearElrRecord {
    pub topic_name: Str,
}

impl Part for ClearElrRecord {
    const MIN_BYTES: usize = 2;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            topic_name: r.string(f)?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.topic_name, f)?;
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ClearElrRecord {
    const NAME: &'static str = "ClearElrRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

pub use unregister_controller_record::UnregisterControllerRecord;
pub mod unregister_controller_record {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct UnregisterControllerRecord {
    pub controller_id: i32,
}

impl Part for UnregisterControllerRecord {
    const MIN_BYTES: usize = 5;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            controller_id: r.i32()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.controller_id);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for UnregisterControllerRecord {
    const NAME: &'static str = "UnregisterControllerRecord";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, true)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, true)
    }
}
}

/// Any record of the topic.
#[derive(Clone, Debug, PartialEq)]
pub enum MetadataRecord {
    RegisterBroker(RegisterBrokerRecord),
    UnregisterBroker(UnregisterBrokerRecord),
    Topic(TopicRecord),
    Partition(PartitionRecord),
    Config(ConfigRecord),
    PartitionChange(PartitionChangeRecord),
    FenceBroker(FenceBrokerRecord),
    UnfenceBroker(UnfenceBrokerRecord),
    RemoveTopic(RemoveTopicRecord),
    DelegationToken(DelegationTokenRecord),
    UserScramCredential(UserScramCredentialRecord),
    FeatureLevel(FeatureLevelRecord),
    ClientQuota(ClientQuotaRecord),
    ProducerIds(ProducerIdsRecord),
    BrokerRegistrationChange(BrokerRegistrationChangeRecord),
    AccessControlEntry(AccessControlEntryRecord),
    RemoveAccessControlEntry(RemoveAccessControlEntryRecord),
    NoOp(NoOpRecord),
    ZkMigrationState(ZkMigrationStateRecord),
    RemoveUserScramCredential(RemoveUserScramCredentialRecord),
    BeginTransaction(BeginTransactionRecord),
    EndTransaction(EndTransactionRecord),
    AbortTransaction(AbortTransactionRecord),
    RemoveDelegationToken(RemoveDelegationTokenRecord),
    RegisterController(RegisterControllerRecord),
    ClearElr(ClearElrRecord),
    UnregisterController(UnregisterControllerRecord),
}

impl MetadataRecord {
    /// The number of its type.
    pub fn kind(&self) -> i16 {
        match self {
            Self::RegisterBroker(_) => 0,
            Self::UnregisterBroker(_) => 1,
            Self::Topic(_) => 2,
            Self::Partition(_) => 3,
            Self::Config(_) => 4,
            Self::PartitionChange(_) => 5,
            Self::FenceBroker(_) => 7,
            Self::UnfenceBroker(_) => 8,
            Self::RemoveTopic(_) => 9,
            Self::DelegationToken(_) => 10,
            Self::UserScramCredential(_) => 11,
            Self::FeatureLevel(_) => 12,
            Self::ClientQuota(_) => 14,
            Self::ProducerIds(_) => 15,
            Self::BrokerRegistrationChange(_) => 17,
            Self::AccessControlEntry(_) => 18,
            Self::RemoveAccessControlEntry(_) => 19,
            Self::NoOp(_) => 20,
            Self::ZkMigrationState(_) => 21,
            Self::RemoveUserScramCredential(_) => 22,
            Self::BeginTransaction(_) => 23,
            Self::EndTransaction(_) => 24,
            Self::AbortTransaction(_) => 25,
            Self::RemoveDelegationToken(_) => 26,
            Self::RegisterController(_) => 27,
            Self::ClearElr(_) => 28,
            Self::UnregisterController(_) => 29,
        }
    }

    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RegisterBroker(_) => "RegisterBrokerRecord",
            Self::UnregisterBroker(_) => "UnregisterBrokerRecord",
            Self::Topic(_) => "TopicRecord",
            Self::Partition(_) => "PartitionRecord",
            Self::Config(_) => "ConfigRecord",
            Self::PartitionChange(_) => "PartitionChangeRecord",
            Self::FenceBroker(_) => "FenceBrokerRecord",
            Self::UnfenceBroker(_) => "UnfenceBrokerRecord",
            Self::RemoveTopic(_) => "RemoveTopicRecord",
            Self::DelegationToken(_) => "DelegationTokenRecord",
            Self::UserScramCredential(_) => "UserScramCredentialRecord",
            Self::FeatureLevel(_) => "FeatureLevelRecord",
            Self::ClientQuota(_) => "ClientQuotaRecord",
            Self::ProducerIds(_) => "ProducerIdsRecord",
            Self::BrokerRegistrationChange(_) => "BrokerRegistrationChangeRecord",
            Self::AccessControlEntry(_) => "AccessControlEntryRecord",
            Self::RemoveAccessControlEntry(_) => "RemoveAccessControlEntryRecord",
            Self::NoOp(_) => "NoOpRecord",
            Self::ZkMigrationState(_) => "ZkMigrationStateRecord",
            Self::RemoveUserScramCredential(_) => "RemoveUserScramCredentialRecord",
            Self::BeginTransaction(_) => "BeginTransactionRecord",
            Self::EndTransaction(_) => "EndTransactionRecord",
            Self::AbortTransaction(_) => "AbortTransactionRecord",
            Self::RemoveDelegationToken(_) => "RemoveDelegationTokenRecord",
            Self::RegisterController(_) => "RegisterControllerRecord",
            Self::ClearElr(_) => "ClearElrRecord",
            Self::UnregisterController(_) => "UnregisterControllerRecord",
        }
    }

    /// Highest version of its type.
    pub fn max_version(&self) -> i16 {
        match self {
            Self::RegisterBroker(_) => 4,
            Self::UnregisterBroker(_) => 0,
            Self::Topic(_) => 0,
            Self::Partition(_) => 2,
            Self::Config(_) => 0,
            Self::PartitionChange(_) => 2,
            Self::FenceBroker(_) => 0,
            Self::UnfenceBroker(_) => 0,
            Self::RemoveTopic(_) => 0,
            Self::DelegationToken(_) => 0,
            Self::UserScramCredential(_) => 0,
            Self::FeatureLevel(_) => 0,
            Self::ClientQuota(_) => 0,
            Self::ProducerIds(_) => 0,
            Self::BrokerRegistrationChange(_) => 3,
            Self::AccessControlEntry(_) => 0,
            Self::RemoveAccessControlEntry(_) => 0,
            Self::NoOp(_) => 0,
            Self::ZkMigrationState(_) => 0,
            Self::RemoveUserScramCredential(_) => 0,
            Self::BeginTransaction(_) => 0,
            Self::EndTransaction(_) => 0,
            Self::AbortTransaction(_) => 0,
            Self::RemoveDelegationToken(_) => 0,
            Self::RegisterController(_) => 0,
            Self::ClearElr(_) => 0,
            Self::UnregisterController(_) => 0,
        }
    }

    /// Reads a framed record (frame version, type, version, fields) and insists that nothing follows it.
    pub fn decode(r: &mut Reader) -> Result<Self, DecodeError> {
        let (kind, v) = super::read_frame(r)?;
        Ok(match kind {
            0 => Self::RegisterBroker(decode_whole(r, v)?),
            1 => Self::UnregisterBroker(decode_whole(r, v)?),
            2 => Self::Topic(decode_whole(r, v)?),
            3 => Self::Partition(decode_whole(r, v)?),
            4 => Self::Config(decode_whole(r, v)?),
            5 => Self::PartitionChange(decode_whole(r, v)?),
            7 => Self::FenceBroker(decode_whole(r, v)?),
            8 => Self::UnfenceBroker(decode_whole(r, v)?),
            9 => Self::RemoveTopic(decode_whole(r, v)?),
            10 => Self::DelegationToken(decode_whole(r, v)?),
            11 => Self::UserScramCredential(decode_whole(r, v)?),
            12 => Self::FeatureLevel(decode_whole(r, v)?),
            14 => Self::ClientQuota(decode_whole(r, v)?),
            15 => Self::ProducerIds(decode_whole(r, v)?),
            17 => Self::BrokerRegistrationChange(decode_whole(r, v)?),
            18 => Self::AccessControlEntry(decode_whole(r, v)?),
            19 => Self::RemoveAccessControlEntry(decode_whole(r, v)?),
            20 => Self::NoOp(decode_whole(r, v)?),
            21 => Self::ZkMigrationState(decode_whole(r, v)?),
            22 => Self::RemoveUserScramCredential(decode_whole(r, v)?),
            23 => Self::BeginTransaction(decode_whole(r, v)?),
            24 => Self::EndTransaction(decode_whole(r, v)?),
            25 => Self::AbortTransaction(decode_whole(r, v)?),
            26 => Self::RemoveDelegationToken(decode_whole(r, v)?),
            27 => Self::RegisterController(decode_whole(r, v)?),
            28 => Self::ClearElr(decode_whole(r, v)?),
            29 => Self::UnregisterController(decode_whole(r, v)?),
            _ => return Err(DecodeError::UnknownRecord { kind: kind as u16 as u32 }),
        })
    }

    /// Writes the record in its frame.
    pub fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        super::write_frame(s, self.kind(), v);
        match self {
            Self::RegisterBroker(m) => m.encode(s, v),
            Self::UnregisterBroker(m) => m.encode(s, v),
            Self::Topic(m) => m.encode(s, v),
            Self::Partition(m) => m.encode(s, v),
            Self::Config(m) => m.encode(s, v),
            Self::PartitionChange(m) => m.encode(s, v),
            Self::FenceBroker(m) => m.encode(s, v),
            Self::UnfenceBroker(m) => m.encode(s, v),
            Self::RemoveTopic(m) => m.encode(s, v),
            Self::DelegationToken(m) => m.encode(s, v),
            Self::UserScramCredential(m) => m.encode(s, v),
            Self::FeatureLevel(m) => m.encode(s, v),
            Self::ClientQuota(m) => m.encode(s, v),
            Self::ProducerIds(m) => m.encode(s, v),
            Self::BrokerRegistrationChange(m) => m.encode(s, v),
            Self::AccessControlEntry(m) => m.encode(s, v),
            Self::RemoveAccessControlEntry(m) => m.encode(s, v),
            Self::NoOp(m) => m.encode(s, v),
            Self::ZkMigrationState(m) => m.encode(s, v),
            Self::RemoveUserScramCredential(m) => m.encode(s, v),
            Self::BeginTransaction(m) => m.encode(s, v),
            Self::EndTransaction(m) => m.encode(s, v),
            Self::AbortTransaction(m) => m.encode(s, v),
            Self::RemoveDelegationToken(m) => m.encode(s, v),
            Self::RegisterController(m) => m.encode(s, v),
            Self::ClearElr(m) => m.encode(s, v),
            Self::UnregisterController(m) => m.encode(s, v),
        }
    }
}

impl From<RegisterBrokerRecord> for MetadataRecord {
    fn from(m: RegisterBrokerRecord) -> Self {
        Self::RegisterBroker(m)
    }
}

impl From<UnregisterBrokerRecord> for MetadataRecord {
    fn from(m: UnregisterBrokerRecord) -> Self {
        Self::UnregisterBroker(m)
    }
}

impl From<TopicRecord> for MetadataRecord {
    fn from(m: TopicRecord) -> Self {
        Self::Topic(m)
    }
}

impl From<PartitionRecord> for MetadataRecord {
    fn from(m: PartitionRecord) -> Self {
        Self::Partition(m)
    }
}

impl From<ConfigRecord> for MetadataRecord {
    fn from(m: ConfigRecord) -> Self {
        Self::Config(m)
    }
}

impl From<PartitionChangeRecord> for MetadataRecord {
    fn from(m: PartitionChangeRecord) -> Self {
        Self::PartitionChange(m)
    }
}

impl From<FenceBrokerRecord> for MetadataRecord {
    fn from(m: FenceBrokerRecord) -> Self {
        Self::FenceBroker(m)
    }
}

impl From<UnfenceBrokerRecord> for MetadataRecord {
    fn from(m: UnfenceBrokerRecord) -> Self {
        Self::UnfenceBroker(m)
    }
}

impl From<RemoveTopicRecord> for MetadataRecord {
    fn from(m: RemoveTopicRecord) -> Self {
        Self::RemoveTopic(m)
    }
}

impl From<DelegationTokenRecord> for MetadataRecord {
    fn from(m: DelegationTokenRecord) -> Self {
        Self::DelegationToken(m)
    }
}

impl From<UserScramCredentialRecord> for MetadataRecord {
    fn from(m: UserScramCredentialRecord) -> Self {
        Self::UserScramCredential(m)
    }
}

impl From<FeatureLevelRecord> for MetadataRecord {
    fn from(m: FeatureLevelRecord) -> Self {
        Self::FeatureLevel(m)
    }
}

impl From<ClientQuotaRecord> for MetadataRecord {
    fn from(m: ClientQuotaRecord) -> Self {
        Self::ClientQuota(m)
    }
}

impl From<ProducerIdsRecord> for MetadataRecord {
    fn from(m: ProducerIdsRecord) -> Self {
        Self::ProducerIds(m)
    }
}

impl From<BrokerRegistrationChangeRecord> for MetadataRecord {
    fn from(m: BrokerRegistrationChangeRecord) -> Self {
        Self::BrokerRegistrationChange(m)
    }
}

impl From<AccessControlEntryRecord> for MetadataRecord {
    fn from(m: AccessControlEntryRecord) -> Self {
        Self::AccessControlEntry(m)
    }
}

impl From<RemoveAccessControlEntryRecord> for MetadataRecord {
    fn from(m: RemoveAccessControlEntryRecord) -> Self {
        Self::RemoveAccessControlEntry(m)
    }
}

impl From<NoOpRecord> for MetadataRecord {
    fn from(m: NoOpRecord) -> Self {
        Self::NoOp(m)
    }
}

impl From<ZkMigrationStateRecord> for MetadataRecord {
    fn from(m: ZkMigrationStateRecord) -> Self {
        Self::ZkMigrationState(m)
    }
}

impl From<RemoveUserScramCredentialRecord> for MetadataRecord {
    fn from(m: RemoveUserScramCredentialRecord) -> Self {
        Self::RemoveUserScramCredential(m)
    }
}

impl From<BeginTransactionRecord> for MetadataRecord {
    fn from(m: BeginTransactionRecord) -> Self {
        Self::BeginTransaction(m)
    }
}

impl From<EndTransactionRecord> for MetadataRecord {
    fn from(m: EndTransactionRecord) -> Self {
        Self::EndTransaction(m)
    }
}

impl From<AbortTransactionRecord> for MetadataRecord {
    fn from(m: AbortTransactionRecord) -> Self {
        Self::AbortTransaction(m)
    }
}

impl From<RemoveDelegationTokenRecord> for MetadataRecord {
    fn from(m: RemoveDelegationTokenRecord) -> Self {
        Self::RemoveDelegationToken(m)
    }
}

impl From<RegisterControllerRecord> for MetadataRecord {
    fn from(m: RegisterControllerRecord) -> Self {
        Self::RegisterController(m)
    }
}

impl From<ClearElrRecord> for MetadataRecord {
    fn from(m: ClearElrRecord) -> Self {
        Self::ClearElr(m)
    }
}

impl From<UnregisterControllerRecord> for MetadataRecord {
    fn from(m: UnregisterControllerRecord) -> Self {
        Self::UnregisterController(m)
    }
}
