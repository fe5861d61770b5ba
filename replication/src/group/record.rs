//! Records of `__consumer_offsets` as Kafka 4.4 writes and reads them. Key and value each begin with a 16-bit number: for a
//! key it names the kind, for a value its version.
//!
//! | key | value | meaning |
//! |---|---|---|
//! | 0 | LegacyOffsetCommitValue or OffsetCommitValue | a committed offset as very old brokers wrote it; read only |
//! | 1 | OffsetCommitValue 0-4 | a committed offset; written as 4, or as 1 where it has a time of expiry |
//! | 2 | GroupMetadataValue 0-4 | a group between rebalances; written as 3 |
//! | 3+ | | other kinds of groups; ignored |
//!
//! A missing value takes back what the key named.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use thalweg_wire::records::offsets::group_metadata_value::MemberMetadata;
use thalweg_wire::records::offsets::{GroupMetadataKey, GroupMetadataValue, OffsetCommitKey, OffsetCommitValue};
use thalweg_wire::{Message, Reader, Sink, Str};

use super::state::Committed;

/// A group as the log describes it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct StoredGroup {
    pub(super) protocol_type: Option<Str>,
    pub(super) generation: i32,
    pub(super) protocol: Option<Str>,
    pub(super) leader: Option<Str>,
    pub(super) since_ms: Option<i64>,
    pub(super) members: BTreeMap<Str, StoredMember>,
}

/// A member as the log describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct StoredMember {
    pub(super) id: Str,
    pub(super) instance: Option<Str>,
    pub(super) client_id: Str,
    pub(super) client_host: Str,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) session_timeout_ms: i32,
    pub(super) subscription: Bytes,
    pub(super) assignment: Bytes,
}

/// What a record is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Key {
    Offset {
        group: Str,
        topic: Str,
        partition: i32,
    },
    Group {
        group: Str,
    },
    /// A kind this coordinator does not keep.
    Other,
}

/// Bytes that are no record of this topic. The log goes on after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadRecord {
    /// What was being read.
    pub what: &'static str,
    /// Its version number.
    pub version: i16,
}

const OFFSET_KEY: i16 = 1;
const GROUP_KEY: i16 = 2;
const OFFSET_VALUE: i16 = 4;
const OFFSET_VALUE_WITH_EXPIRY: i16 = 1;
const GROUP_VALUE: i16 = 3;
const NEWEST_VALUE: i16 = 4;

impl Key {
    /// Reads a key. The strings share one small allocation of their own.
    pub(super) fn read(bytes: &[u8]) -> Result<Key, BadRecord> {
        let (version, body) = split(bytes, "key")?;
        let bad = |_| BadRecord { what: "key", version };
        match version {
            0 | OFFSET_KEY => {
                let key = OffsetCommitKey::decode(&mut Reader::new(body), 0).map_err(bad)?;
                Ok(Key::Offset { group: key.group, topic: key.topic, partition: key.partition })
            }
            GROUP_KEY => {
                let key = GroupMetadataKey::decode(&mut Reader::new(body), 0).map_err(bad)?;
                Ok(Key::Group { group: key.group })
            }
            _ => Ok(Key::Other),
        }
    }
}

/// The key of an offset.
pub(super) fn offset_key(group: &Str, topic: &Str, partition: i32) -> Bytes {
    let key = OffsetCommitKey { group: group.clone(), topic: topic.clone(), partition };
    write(OFFSET_KEY, &key, 0)
}

/// The key of a group.
pub(super) fn group_key(group: &Str) -> Bytes {
    write(GROUP_KEY, &GroupMetadataKey { group: group.clone() }, 0)
}

/// The value of an offset.
pub(super) fn offset_value(committed: &Committed) -> Bytes {
    let mut value = OffsetCommitValue {
        offset: committed.offset,
        leader_epoch: committed.leader_epoch,
        metadata: committed.metadata.clone(),
        commit_timestamp: committed.commit_ms,
        topic_id: committed.topic_id,
        ..Default::default()
    };
    let Some(expire_ms) = committed.expire_ms else { return write(OFFSET_VALUE, &value, OFFSET_VALUE) };
    value.expire_timestamp = expire_ms;
    value.leader_epoch = -1;
    value.topic_id = Default::default();
    write(OFFSET_VALUE_WITH_EXPIRY, &value, OFFSET_VALUE_WITH_EXPIRY)
}

/// Reads the value of an offset.
pub(super) fn read_offset(bytes: &[u8]) -> Result<Committed, BadRecord> {
    let (version, body) = split(bytes, "offset value")?;
    let bad = BadRecord { what: "offset value", version };
    if version > NEWEST_VALUE {
        return Err(bad);
    }
    let value = OffsetCommitValue::decode(&mut Reader::new(body), version).map_err(|_| bad)?;
    Ok(Committed {
        offset: value.offset,
        leader_epoch: value.leader_epoch,
        metadata: value.metadata,
        commit_ms: value.commit_timestamp,
        expire_ms: Some(value.expire_timestamp).filter(|at| *at >= 0),
        topic_id: value.topic_id,
    })
}

/// The value of a group.
pub(super) fn group_value(group: &StoredGroup) -> Bytes {
    let members = group.members.values().map(|member| MemberMetadata {
        member_id: member.id.clone(),
        group_instance_id: member.instance.clone(),
        client_id: member.client_id.clone(),
        client_host: member.client_host.clone(),
        rebalance_timeout: member.rebalance_timeout_ms,
        session_timeout: member.session_timeout_ms,
        subscription: member.subscription.clone(),
        assignment: member.assignment.clone(),
    });
    let value = GroupMetadataValue {
        protocol_type: group.protocol_type.clone().unwrap_or_default(),
        generation: group.generation,
        protocol: group.protocol.clone(),
        leader: group.leader.clone(),
        current_state_timestamp: group.since_ms.unwrap_or(-1),
        members: members.collect(),
    };
    write(GROUP_VALUE, &value, GROUP_VALUE)
}

/// Reads the value of a group.
pub(super) fn read_group(bytes: &[u8]) -> Result<StoredGroup, BadRecord> {
    let (version, body) = split(bytes, "group value")?;
    let bad = BadRecord { what: "group value", version };
    if version > NEWEST_VALUE {
        return Err(bad);
    }
    let value = GroupMetadataValue::decode(&mut Reader::new(body), version).map_err(|_| bad)?;
    let members = value.members.into_iter().map(|member| {
        // version 0 had one timeout for both
        let patience = if member.rebalance_timeout < 0 { member.session_timeout } else { member.rebalance_timeout };
        let stored = StoredMember {
            id: member.member_id,
            instance: member.group_instance_id,
            client_id: member.client_id,
            client_host: member.client_host,
            rebalance_timeout_ms: patience,
            session_timeout_ms: member.session_timeout,
            subscription: member.subscription,
            assignment: member.assignment,
        };
        (stored.id.clone(), stored)
    });
    Ok(StoredGroup {
        protocol_type: Some(value.protocol_type).filter(|name| !name.is_empty()),
        generation: value.generation,
        protocol: value.protocol,
        leader: value.leader,
        since_ms: Some(value.current_state_timestamp).filter(|at| *at >= 0),
        members: members.collect(),
    })
}

/// Adds the topics of a consumer's subscription: a version, then an array of names; what follows does not matter here.
/// `None` if it is not one.
pub(super) fn subscribed_topics(metadata: &Bytes, topics: &mut BTreeSet<Str>) -> Option<()> {
    let mut rest: &[u8] = metadata;
    let version = i16::from_be_bytes(take(&mut rest)?);
    let count = i32::from_be_bytes(take(&mut rest)?);
    if version < 0 || count < 0 {
        return None;
    }
    for _ in 0..count {
        let length = usize::try_from(i16::from_be_bytes(take(&mut rest)?)).ok()?;
        let (name, after) = rest.split_at_checked(length)?;
        topics.insert(Str::from(std::str::from_utf8(name).ok()?));
        rest = after;
    }
    Some(())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

/// The leading number and a copy of the rest: what is kept must not keep a whole read buffer alive.
fn split(bytes: &[u8], what: &'static str) -> Result<(i16, Bytes), BadRecord> {
    match bytes.split_first_chunk::<2>() {
        Some((version, body)) if i16::from_be_bytes(*version) >= 0 => {
            Ok((i16::from_be_bytes(*version), Bytes::copy_from_slice(body)))
        }
        _ => Err(BadRecord { what, version: -1 }),
    }
}

/// The bytes of a key or value. The door lets in no text longer than [`TEXT_BYTES_MAX`], so everything here fits its field.
fn write(number: i16, body: &impl Message, version: i16) -> Bytes {
    let mut sink = Sink::new();
    sink.i16(number);
    let written = body.encode(&mut sink, version).and_then(|()| sink.into_bytes());
    written.expect("a record of groups holds only texts that the door has measured")
}

/// Longest name or id that is let in: with what the coordinator adds to it, it still fits a record's string (32,767 bytes).
pub(super) const TEXT_BYTES_MAX: usize = 16_384;
