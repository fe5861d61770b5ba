//! From `schema/records/share_state.wire`: one module per record, the record itself one level up. Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.
#![allow(missing_docs, unused_variables, clippy::all, reason = "generated: the schema is the place to read")]
use crate::message::generated::*;

pub use share_snapshot_key::ShareSnapshotKey;
pub mod share_snapshot_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareSnapshotKey {
    pub group_id: Str,
    pub topic_id: Uuid,
    pub partition: i32,
}

impl Part for ShareSnapshotKey {
    const MIN_BYTES: usize = 22;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            topic_id: r.uuid()?,
            partition: r.i32()?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.uuid(self.topic_id);
        s.i32(self.partition);
        Ok(())
    }
}

impl Message for ShareSnapshotKey {
    const NAME: &'static str = "ShareSnapshotKey";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, false)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, false)
    }
}
}

pub use share_snapshot_value::ShareSnapshotValue;
pub mod share_snapshot_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ShareSnapshotValue {
    pub snapshot_epoch: i32,
    pub state_epoch: i32,
    pub leader_epoch: i32,
    pub start_offset: i64,
    pub delivery_complete_count: i32, // tag 0
    pub create_timestamp: i64,
    pub write_timestamp: i64,
    pub state_batches: Vec<StateBatch>,
}

impl Default for ShareSnapshotValue {
    fn default() -> Self {
        Self {
            snapshot_epoch: 0,
            state_epoch: 0,
            leader_epoch: 0,
            start_offset: 0,
            delivery_complete_count: -1,
            create_timestamp: 0,
            write_timestamp: 0,
            state_batches: Vec::new(),
        }
    }
}

impl Part for ShareSnapshotValue {
    const MIN_BYTES: usize = 38;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            snapshot_epoch: r.i32()?,
            state_epoch: r.i32()?,
            leader_epoch: r.i32()?,
            start_offset: r.i64()?,
            delivery_complete_count: -1,
            create_timestamp: r.i64()?,
            write_timestamp: r.i64()?,
            state_batches: r.vec(v, f)?,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.delivery_complete_count = r.i32()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.snapshot_epoch);
        s.i32(self.state_epoch);
        s.i32(self.leader_epoch);
        s.i64(self.start_offset);
        s.i64(self.create_timestamp);
        s.i64(self.write_timestamp);
        s.vec(&self.state_batches, v, f)?;
        let t0 = self.delivery_complete_count != -1;
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.i32(self.delivery_complete_count); s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StateBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub delivery_state: i8,
    pub delivery_count: i16,
}

impl Part for StateBatch {
    const MIN_BYTES: usize = 20;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            first_offset: r.i64()?,
            last_offset: r.i64()?,
            delivery_state: r.i8()?,
            delivery_count: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.first_offset);
        s.i64(self.last_offset);
        s.i8(self.delivery_state);
        s.i16(self.delivery_count);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ShareSnapshotValue {
    const NAME: &'static str = "ShareSnapshotValue";
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

pub use share_update_key::ShareUpdateKey;
pub mod share_update_key {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShareUpdateKey {
    pub group_id: Str,
    pub topic_id: Uuid,
    pub partition: i32,
}

impl Part for ShareUpdateKey {
    const MIN_BYTES: usize = 22;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        Ok(Self {
            group_id: r.string(f)?,
            topic_id: r.uuid()?,
            partition: r.i32()?,
        })
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.string(&self.group_id, f)?;
        s.uuid(self.topic_id);
        s.i32(self.partition);
        Ok(())
    }
}

impl Message for ShareUpdateKey {
    const NAME: &'static str = "ShareUpdateKey";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {
        if v != 0 {
            return Err(DecodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::read(r, v, false)
    }

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        if v != 0 {
            return Err(EncodeError::UnsupportedVersion { message: Self::NAME, version: v });
        }
        Part::write(self, s, v, false)
    }
}
}

pub use share_update_value::ShareUpdateValue;
pub mod share_update_value {
use crate::message::generated::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ShareUpdateValue {
    pub snapshot_epoch: i32,
    pub leader_epoch: i32,
    pub start_offset: i64,
    pub delivery_complete_count: i32, // tag 0
    pub state_batches: Vec<StateBatch>,
}

impl Default for ShareUpdateValue {
    fn default() -> Self {
        Self {
            snapshot_epoch: 0,
            leader_epoch: 0,
            start_offset: 0,
            delivery_complete_count: -1,
            state_batches: Vec::new(),
        }
    }
}

impl Part for ShareUpdateValue {
    const MIN_BYTES: usize = 18;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let mut m = Self {
            snapshot_epoch: r.i32()?,
            leader_epoch: r.i32()?,
            start_offset: r.i64()?,
            delivery_complete_count: -1,
            state_batches: r.vec(v, f)?,
        };
        r.tagged_fields(|r, tag| {
            match tag {
                0 => m.delivery_complete_count = r.i32()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i32(self.snapshot_epoch);
        s.i32(self.leader_epoch);
        s.i64(self.start_offset);
        s.vec(&self.state_batches, v, f)?;
        let t0 = self.delivery_complete_count != -1;
        s.uvarint(t0 as u32);
        if t0 { let t = s.begin_tagged(0); s.i32(self.delivery_complete_count); s.end_tagged(t); }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct StateBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub delivery_state: i8,
    pub delivery_count: i16,
}

impl Part for StateBatch {
    const MIN_BYTES: usize = 20;

    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {
        let m = Self {
            first_offset: r.i64()?,
            last_offset: r.i64()?,
            delivery_state: r.i8()?,
            delivery_count: r.i16()?,
        };
        r.skip_tagged_fields()?;
        Ok(m)
    }

    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {
        s.i64(self.first_offset);
        s.i64(self.last_offset);
        s.i8(self.delivery_state);
        s.i16(self.delivery_count);
        s.uvarint(0);
        Ok(())
    }
}

impl Message for ShareUpdateValue {
    const NAME: &'static str = "ShareUpdateValue";
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

/// Any key of the topic: its type, then its fields.
#[derive(Clone, Debug, PartialEq)]
pub enum ShareStateKey {
    ShareSnapshot(ShareSnapshotKey),
    ShareUpdate(ShareUpdateKey),
}

impl ShareStateKey {
    /// The number of its type.
    pub fn kind(&self) -> i16 {
        match self {
            Self::ShareSnapshot(_) => 0,
            Self::ShareUpdate(_) => 1,
        }
    }

    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ShareSnapshot(_) => "ShareSnapshotKey",
            Self::ShareUpdate(_) => "ShareUpdateKey",
        }
    }

    /// Highest version of its type.
    pub fn max_version(&self) -> i16 {
        match self {
            Self::ShareSnapshot(_) => 0,
            Self::ShareUpdate(_) => 0,
        }
    }

    /// Reads a key and insists that nothing follows it.
    pub fn decode(r: &mut Reader) -> Result<Self, DecodeError> {
        let (kind, v) = (r.i16()?, 0);
        Ok(match kind {
            0 => Self::ShareSnapshot(decode_whole(r, v)?),
            1 => Self::ShareUpdate(decode_whole(r, v)?),
            _ => return Err(DecodeError::UnknownRecord { kind: kind as u16 as u32 }),
        })
    }

    /// Writes the key.
    pub fn encode(&self, s: &mut Sink) -> Result<(), EncodeError> {
        let v = 0;
        s.i16(self.kind());
        match self {
            Self::ShareSnapshot(m) => m.encode(s, v),
            Self::ShareUpdate(m) => m.encode(s, v),
        }
    }
}

impl From<ShareSnapshotKey> for ShareStateKey {
    fn from(m: ShareSnapshotKey) -> Self {
        Self::ShareSnapshot(m)
    }
}

impl From<ShareUpdateKey> for ShareStateKey {
    fn from(m: ShareUpdateKey) -> Self {
        Self::ShareUpdate(m)
    }
}

/// Any value of the topic: its version, then its fields. Its type stands in the key.
#[derive(Clone, Debug, PartialEq)]
pub enum ShareStateValue {
    ShareSnapshot(ShareSnapshotValue),
    ShareUpdate(ShareUpdateValue),
}

impl ShareStateValue {
    /// The number of its type.
    pub fn kind(&self) -> i16 {
        match self {
            Self::ShareSnapshot(_) => 0,
            Self::ShareUpdate(_) => 1,
        }
    }

    /// The name of its type.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ShareSnapshot(_) => "ShareSnapshotValue",
            Self::ShareUpdate(_) => "ShareUpdateValue",
        }
    }

    /// Highest version of its type.
    pub fn max_version(&self) -> i16 {
        match self {
            Self::ShareSnapshot(_) => 0,
            Self::ShareUpdate(_) => 0,
        }
    }

    /// Reads a value whose key is of type `kind` and insists that nothing follows it.
    pub fn decode(kind: i16, r: &mut Reader) -> Result<Self, DecodeError> {
        let v = r.i16()?;
        Ok(match kind {
            0 => Self::ShareSnapshot(decode_whole(r, v)?),
            1 => Self::ShareUpdate(decode_whole(r, v)?),
            _ => return Err(DecodeError::UnknownRecord { kind: kind as u16 as u32 }),
        })
    }

    /// Writes the value.
    pub fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {
        s.i16(v);
        match self {
            Self::ShareSnapshot(m) => m.encode(s, v),
            Self::ShareUpdate(m) => m.encode(s, v),
        }
    }
}

impl From<ShareSnapshotValue> for ShareStateValue {
    fn from(m: ShareSnapshotValue) -> Self {
        Self::ShareSnapshot(m)
    }
}

impl From<ShareUpdateValue> for ShareStateValue {
    fn from(m: ShareUpdateValue) -> Self {
        Self::ShareUpdate(m)
    }
}
