//! The keys a topic may set: name, type, default, rule, and the broker keys that set them for all topics.
//!
//! The table is in order of name. [`effective`] finds the value of a key through its three layers: topic, broker, default.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::config_value::{Kind, Rule, trim};

/// One key a topic may set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TopicKey {
    /// The key.
    pub name: &'static str,
    /// Type of its value.
    pub kind: Kind,
    /// The value when nothing sets it.
    pub default: &'static str,
    /// What a value must satisfy.
    pub rule: Rule,
    /// Broker keys that set it for all topics, strongest first.
    pub synonyms: &'static [Synonym],
    /// One line of explanation.
    pub doc: &'static str,
}

/// A broker key that stands behind a topic key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Synonym {
    /// The broker key.
    pub broker_key: &'static str,
    /// Unit of the broker key's value.
    pub unit: Unit,
}

/// How a broker key's value becomes the topic key's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// As it is.
    Same,
    /// Minutes to milliseconds; negative means without limit.
    Minutes,
    /// Hours to milliseconds; negative means without limit.
    Hours,
}

impl Synonym {
    /// The topic key's value for this broker value.
    pub fn convert<'a>(&self, value: &'a str) -> Cow<'a, str> {
        let ms_per_unit: i64 = match self.unit {
            Unit::Same => return Cow::Borrowed(value),
            Unit::Minutes => 60_000,
            Unit::Hours => 3_600_000,
        };
        match trim(value).parse::<i64>() {
            Ok(count) if count < 0 => Cow::Borrowed("-1"),
            Ok(count) => Cow::Owned(count.saturating_mul(ms_per_unit).to_string()),
            Err(_) => Cow::Borrowed(value),
        }
    }
}

/// Where the value of a key was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// Set on the topic.
    Topic,
    /// Set on the broker under this key.
    Broker(&'static str),
    /// Nowhere: the built-in default.
    Default,
}

/// The key of that name.
pub fn topic_key(name: &str) -> Option<&'static TopicKey> {
    TOPIC_KEYS.binary_search_by(|key| key.name.cmp(name)).ok().map(|at| &TOPIC_KEYS[at])
}

/// Whether `value` may be set for `key` on a topic. The refusal is a sentence for the client.
pub fn validate(key: &str, value: &str) -> Result<(), String> {
    let known = topic_key(key).ok_or_else(|| format!("unknown topic configuration `{key}`"))?;
    known.rule.check(known.kind, value).map_err(|why| format!("invalid value for {key}: {why}"))
}

/// The value of a key and where it was found. `broker_defaults` holds only what was set on the broker, by broker key.
pub fn effective<'a>(
    key: &'static TopicKey,
    overrides: &'a BTreeMap<String, String>,
    broker_defaults: &'a BTreeMap<String, String>,
) -> (Cow<'a, str>, Found) {
    let valid = |value: &str| key.rule.check(key.kind, value).is_ok();
    if let Some(value) = overrides.get(key.name).filter(|value| valid(value)) {
        return (Cow::Borrowed(value), Found::Topic);
    }
    let from_broker = key.synonyms.iter().find_map(|synonym| {
        let value = synonym.convert(broker_defaults.get(synonym.broker_key)?);
        valid(&value).then_some((value, Found::Broker(synonym.broker_key)))
    });
    from_broker.unwrap_or((Cow::Borrowed(key.default), Found::Default))
}

const fn same(broker_key: &'static str) -> Synonym {
    Synonym { broker_key, unit: Unit::Same }
}

const fn hours(broker_key: &'static str) -> Synonym {
    Synonym { broker_key, unit: Unit::Hours }
}

const fn minutes(broker_key: &'static str) -> Synonym {
    Synonym { broker_key, unit: Unit::Minutes }
}

const fn key(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    rule: Rule,
    synonyms: &'static [Synonym],
    doc: &'static str,
) -> TopicKey {
    TopicKey { name, kind, default, rule, synonyms, doc }
}

const ZERO_UP: Rule = Rule::at_least(0);
const ONE_UP: Rule = Rule::at_least(1);
const LONG_MAX: &str = "9223372036854775807";

/// Every key a topic may set, in order of name: Kafka's 37 and `thalweg.durability`.
pub const TOPIC_KEYS: &[TopicKey] = &[
    key(
        "cleanup.policy",
        Kind::List,
        "delete",
        Rule::EachOf("compact|delete"),
        &[same("log.cleanup.policy")],
        "what becomes of old records: delete by age and size, compact by key, both, or (empty) neither",
    ),
    key(
        "compression.gzip.level",
        Kind::Int,
        "-1",
        Rule::RangeOr { min: 1, max: 9, or: -1 },
        &[same("compression.gzip.level")],
        "level when the broker recompresses to gzip; -1 is the codec's own",
    ),
    key(
        "compression.lz4.level",
        Kind::Int,
        "9",
        Rule::Range { min: 1, max: 17 },
        &[same("compression.lz4.level")],
        "level when the broker recompresses to lz4",
    ),
    key(
        "compression.type",
        Kind::String,
        "producer",
        Rule::OneOf("uncompressed|zstd|lz4|snappy|gzip|producer"),
        &[same("compression.type")],
        "how batches are stored: producer keeps them as they came",
    ),
    key(
        "compression.zstd.level",
        Kind::Int,
        "3",
        Rule::Range { min: -131_072, max: 22 },
        &[same("compression.zstd.level")],
        "level when the broker recompresses to zstd",
    ),
    key(
        "delete.retention.ms",
        Kind::Long,
        "86400000",
        ZERO_UP,
        &[same("log.cleaner.delete.retention.ms")],
        "how long the marker of a deleted key stays in a compacted log",
    ),
    key(
        "errors.deadletterqueue.group.enable",
        Kind::Bool,
        "false",
        Rule::Any,
        &[],
        "whether share groups may write undeliverable records here",
    ),
    key(
        "file.delete.delay.ms",
        Kind::Long,
        "60000",
        ZERO_UP,
        &[same("log.segment.delete.delay.ms")],
        "time between taking a segment out of the log and removing its file",
    ),
    key(
        "flush.messages",
        Kind::Long,
        LONG_MAX,
        ONE_UP,
        &[same("log.flush.interval.messages")],
        "records between two flushes in write-behind; fsync flushes before every reply",
    ),
    key(
        "flush.ms",
        Kind::Long,
        LONG_MAX,
        ZERO_UP,
        &[same("log.flush.interval.ms"), same("log.flush.scheduler.interval.ms")],
        "time between two flushes in write-behind; fsync flushes before every reply",
    ),
    key(
        "follower.replication.throttled.replicas",
        Kind::List,
        "",
        Rule::Replicas,
        &[],
        "replicas whose follower traffic is throttled: partition:broker, or *",
    ),
    key(
        "index.interval.bytes",
        Kind::Int,
        "4096",
        ZERO_UP,
        &[same("log.index.interval.bytes")],
        "bytes of log between two index entries",
    ),
    key(
        "leader.replication.throttled.replicas",
        Kind::List,
        "",
        Rule::Replicas,
        &[],
        "replicas whose leader traffic is throttled: partition:broker, or *",
    ),
    key(
        "local.retention.bytes",
        Kind::Long,
        "-2",
        Rule::at_least(-2),
        &[same("log.local.retention.bytes")],
        "local bytes kept of what is also in remote storage; -2 follows retention.bytes",
    ),
    key(
        "local.retention.ms",
        Kind::Long,
        "-2",
        Rule::at_least(-2),
        &[same("log.local.retention.ms")],
        "local age kept of what is also in remote storage; -2 follows retention.ms",
    ),
    key(
        "max.compaction.lag.ms",
        Kind::Long,
        LONG_MAX,
        ONE_UP,
        &[same("log.cleaner.max.compaction.lag.ms")],
        "age at which a record must have been considered for compaction",
    ),
    key(
        "max.decompressed.message.bytes",
        Kind::Int,
        "2147483639",
        Rule::Range { min: 1, max: 2_147_483_639 },
        &[same("max.decompressed.message.bytes")],
        "largest record of a compressed batch, decompressed",
    ),
    key(
        "max.message.bytes",
        Kind::Int,
        "1048588",
        ZERO_UP,
        &[same("message.max.bytes")],
        "largest record batch accepted, as stored",
    ),
    key(
        "message.timestamp.after.max.ms",
        Kind::Long,
        "3600000",
        ZERO_UP,
        &[same("log.message.timestamp.after.max.ms")],
        "how far a producer's timestamp may lie in the future",
    ),
    key(
        "message.timestamp.before.max.ms",
        Kind::Long,
        LONG_MAX,
        ZERO_UP,
        &[same("log.message.timestamp.before.max.ms")],
        "how far a producer's timestamp may lie in the past",
    ),
    key(
        "message.timestamp.type",
        Kind::String,
        "CreateTime",
        Rule::OneOf("CreateTime|LogAppendTime"),
        &[same("log.message.timestamp.type")],
        "whose clock stamps a record: the producer's or the broker's",
    ),
    key(
        "min.cleanable.dirty.ratio",
        Kind::Double,
        "0.5",
        Rule::Real { min: 0.0, max: 1.0 },
        &[same("log.cleaner.min.cleanable.ratio")],
        "share of uncompacted bytes at which compaction starts",
    ),
    key(
        "min.compaction.lag.ms",
        Kind::Long,
        "0",
        ZERO_UP,
        &[same("log.cleaner.min.compaction.lag.ms")],
        "age a record must reach before it is compacted",
    ),
    key(
        "min.insync.replicas",
        Kind::Int,
        "1",
        ONE_UP,
        &[same("min.insync.replicas")],
        "in-sync replicas that must have a record before acks=all is answered",
    ),
    key(
        "preallocate",
        Kind::Bool,
        "false",
        Rule::Any,
        &[same("log.preallocate")],
        "whether segment files are written out in advance",
    ),
    key(
        "remote.copy.lag.bytes",
        Kind::Long,
        "-1",
        Rule::at_least(-1),
        &[same("log.remote.copy.lag.bytes")],
        "bytes that must follow a segment before it is copied to remote storage",
    ),
    key(
        "remote.copy.lag.ms",
        Kind::Long,
        "0",
        Rule::at_least(-1),
        &[same("log.remote.copy.lag.ms")],
        "age a segment must reach before it is copied to remote storage",
    ),
    key("remote.log.copy.disable", Kind::Bool, "false", Rule::Any, &[], "pauses copying to remote storage"),
    key(
        "remote.log.delete.on.disable",
        Kind::Bool,
        "false",
        Rule::Any,
        &[],
        "whether turning remote storage off deletes what is there",
    ),
    key("remote.storage.enable", Kind::Bool, "false", Rule::Any, &[], "whether old segments go to remote storage"),
    key(
        "retention.bytes",
        Kind::Long,
        "-1",
        Rule::Any,
        &[same("log.retention.bytes")],
        "bytes of a partition above which its oldest segments go; -1 keeps all",
    ),
    key(
        "retention.ms",
        Kind::Long,
        "604800000",
        Rule::at_least(-1),
        &[same("log.retention.ms"), minutes("log.retention.minutes"), hours("log.retention.hours")],
        "age at which a segment goes; -1 keeps all",
    ),
    key(
        "segment.bytes",
        Kind::Int,
        "1073741824",
        Rule::at_least(1_048_576),
        &[same("log.segment.bytes")],
        "size at which a segment is closed",
    ),
    key(
        "segment.index.bytes",
        Kind::Int,
        "10485760",
        Rule::at_least(4),
        &[same("log.index.size.max.bytes")],
        "largest size of a segment's index",
    ),
    key(
        "segment.jitter.ms",
        Kind::Long,
        "0",
        ZERO_UP,
        &[same("log.roll.jitter.ms"), hours("log.roll.jitter.hours")],
        "random part taken off segment.ms, so that segments do not close at once",
    ),
    key(
        "segment.ms",
        Kind::Long,
        "604800000",
        ONE_UP,
        &[same("log.roll.ms"), hours("log.roll.hours")],
        "age at which a segment is closed even if it is not full",
    ),
    key(
        "thalweg.durability",
        Kind::String,
        "fsync",
        Rule::OneOf("fsync|write-behind"),
        &[same("thalweg.durability")],
        "when a record is answered: on stable storage (fsync), or in memory as Kafka does (write-behind)",
    ),
    key(
        "unclean.leader.election.enable",
        Kind::Bool,
        "false",
        Rule::Any,
        &[same("unclean.leader.election.enable")],
        "whether a replica that is not in sync may lead, losing records",
    ),
];
