//! The configuration of a topic: [`TopicConfig`], typed, and the door every change goes through, [`validate_all`].
//!
//! Three layers decide a value: what was set on the topic, else what was set on the broker under the key's synonym (the
//! first synonym that is set counts, and its unit is converted), else the built-in default. [`validate_all`] is the door:
//! controllers call it before a record is written, so a value in the metadata image is valid. [`TopicConfig::resolve`] never
//! fails; a value that does not parse (which only a foreign controller could have written) counts as not set.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::config_value::{Kind, list, parse_bool, parse_real, parse_whole, trim};
pub use super::topic_key::{Found, Synonym, TOPIC_KEYS, TopicKey, Unit, effective, topic_key, validate};

/// Whether a topic may carry exactly these values: each on its own, and together with what the broker sets.
pub fn validate_all(
    overrides: &BTreeMap<String, String>,
    broker_defaults: &BTreeMap<String, String>,
) -> Result<(), String> {
    for (key, value) in overrides {
        validate(key, value)?;
    }
    let all = TopicConfig::resolve(overrides, broker_defaults);
    if all.min_compaction_lag_ms > all.max_compaction_lag_ms {
        return Err(format!(
            "min.compaction.lag.ms ({}) is greater than max.compaction.lag.ms ({})",
            all.min_compaction_lag_ms, all.max_compaction_lag_ms
        ));
    }
    Ok(())
}

/// What becomes of records that are old or overwritten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CleanupPolicy {
    /// Segments beyond the retention limits are deleted.
    pub delete: bool,
    /// Only the newest record of each key is kept.
    pub compact: bool,
}

/// How the broker stores record batches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompressionType {
    /// As the producer sent them.
    Producer,
    /// Recompressed to none.
    Uncompressed,
    /// Recompressed to gzip.
    Gzip,
    /// Recompressed to snappy.
    Snappy,
    /// Recompressed to lz4.
    Lz4,
    /// Recompressed to zstd.
    Zstd,
}

/// Whose clock a record's timestamp comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimestampType {
    /// The producer's.
    CreateTime,
    /// The broker's, at the time of the append.
    LogAppendTime,
}

/// When a record counts as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// On stable storage before the reply: the default.
    Fsync,
    /// In memory before the reply, on stable storage soon after: Kafka's rule, opt-in.
    WriteBehind,
}

impl Durability {
    /// The durability of that name.
    pub fn from_name(name: &str) -> Option<Durability> {
        match trim(name) {
            "fsync" => Some(Durability::Fsync),
            "write-behind" => Some(Durability::WriteBehind),
            _ => None,
        }
    }
}

/// Every setting of one topic, typed. `None` in a limit means without limit.
#[derive(Clone, PartialEq, Debug)]
pub struct TopicConfig {
    /// What becomes of old records.
    pub cleanup_policy: CleanupPolicy,
    /// Age at which a segment may be deleted.
    pub retention_ms: Option<i64>,
    /// Size of a partition above which its oldest segments may be deleted.
    pub retention_bytes: Option<i64>,
    /// Size at which a segment is closed.
    pub segment_bytes: u32,
    /// Age at which a segment is closed.
    pub segment_ms: i64,
    /// Largest random part taken off `segment_ms`, so that segments do not close all at once.
    pub segment_jitter_ms: i64,
    /// Largest size of a segment's index.
    pub segment_index_bytes: u32,
    /// Bytes of log between two index entries.
    pub index_interval_bytes: u32,
    /// Largest record batch accepted.
    pub max_message_bytes: u32,
    /// Largest record batch after decompression.
    pub max_decompressed_message_bytes: u32,
    /// In-sync replicas needed to accept `acks=all`.
    pub min_insync_replicas: u32,
    /// How batches are stored.
    pub compression_type: CompressionType,
    /// Level when recompressing to gzip; -1 is the codec's own default.
    pub compression_gzip_level: i32,
    /// Level when recompressing to lz4.
    pub compression_lz4_level: i32,
    /// Level when recompressing to zstd.
    pub compression_zstd_level: i32,
    /// Whose clock stamps records.
    pub message_timestamp_type: TimestampType,
    /// How far a producer's timestamp may lie in the past.
    pub timestamp_before_max_ms: i64,
    /// How far a producer's timestamp may lie in the future.
    pub timestamp_after_max_ms: i64,
    /// How long the marker of a deleted key stays in a compacted log.
    pub delete_retention_ms: i64,
    /// Age below which a record is not compacted.
    pub min_compaction_lag_ms: i64,
    /// Age at which a record must be compacted.
    pub max_compaction_lag_ms: i64,
    /// Share of uncompacted bytes at which compaction starts.
    pub min_cleanable_dirty_ratio: f64,
    /// Time between the removal of a segment from the log and of its file.
    pub file_delete_delay_ms: i64,
    /// Kafka's flush by count; with durability `fsync` every reply waits for a flush anyway.
    pub flush_messages: i64,
    /// Kafka's flush by time.
    pub flush_ms: i64,
    /// Whether segment files are written out in advance.
    pub preallocate: bool,
    /// Whether a replica outside the in-sync set may become leader, losing records.
    pub unclean_leader_election_enable: bool,
    /// Whether old segments go to remote storage.
    pub remote_storage_enable: bool,
    /// Whether copying to remote storage is paused.
    pub remote_log_copy_disable: bool,
    /// Whether disabling remote storage deletes what is there.
    pub remote_log_delete_on_disable: bool,
    /// Age a segment must reach before it is copied; -1 waits for retention.
    pub remote_copy_lag_ms: i64,
    /// Bytes that must follow a segment before it is copied; -1 waits for retention.
    pub remote_copy_lag_bytes: i64,
    /// Age at which a local segment that is also remote may be deleted.
    pub local_retention_ms: Option<i64>,
    /// Local size above which segments that are also remote may be deleted.
    pub local_retention_bytes: Option<i64>,
    /// Whether groups may send undeliverable records of share groups to this topic.
    pub dead_letter_queue: bool,
    /// When a record counts as written.
    pub durability: Durability,
}

impl TopicConfig {
    /// The settings of a topic from what was set on it (by topic key) and on the broker (by broker key, only what was set).
    pub fn resolve(overrides: &BTreeMap<String, String>, broker_defaults: &BTreeMap<String, String>) -> TopicConfig {
        let at = Layers { overrides, broker_defaults };
        let retention_ms = at.limit("retention.ms");
        let retention_bytes = at.limit("retention.bytes");
        let local = |key, whole: Option<i64>| if at.long(key) == -2 { whole } else { at.limit(key) };
        let policy = at.text("cleanup.policy");
        TopicConfig {
            cleanup_policy: CleanupPolicy {
                delete: list(&policy).any(|word| word == "delete"),
                compact: list(&policy).any(|word| word == "compact"),
            },
            retention_ms,
            retention_bytes,
            segment_bytes: at.size("segment.bytes"),
            segment_ms: at.long("segment.ms"),
            segment_jitter_ms: at.long("segment.jitter.ms"),
            segment_index_bytes: at.size("segment.index.bytes"),
            index_interval_bytes: at.size("index.interval.bytes"),
            max_message_bytes: at.size("max.message.bytes"),
            max_decompressed_message_bytes: at.size("max.decompressed.message.bytes"),
            min_insync_replicas: at.size("min.insync.replicas"),
            compression_type: match trim(&at.text("compression.type")) {
                "uncompressed" => CompressionType::Uncompressed,
                "gzip" => CompressionType::Gzip,
                "snappy" => CompressionType::Snappy,
                "lz4" => CompressionType::Lz4,
                "zstd" => CompressionType::Zstd,
                _ => CompressionType::Producer,
            },
            compression_gzip_level: at.int("compression.gzip.level"),
            compression_lz4_level: at.int("compression.lz4.level"),
            compression_zstd_level: at.int("compression.zstd.level"),
            message_timestamp_type: match trim(&at.text("message.timestamp.type")) {
                "LogAppendTime" => TimestampType::LogAppendTime,
                _ => TimestampType::CreateTime,
            },
            timestamp_before_max_ms: at.long("message.timestamp.before.max.ms"),
            timestamp_after_max_ms: at.long("message.timestamp.after.max.ms"),
            delete_retention_ms: at.long("delete.retention.ms"),
            min_compaction_lag_ms: at.long("min.compaction.lag.ms"),
            max_compaction_lag_ms: at.long("max.compaction.lag.ms"),
            min_cleanable_dirty_ratio: parse_real(&at.text("min.cleanable.dirty.ratio")).unwrap_or(0.5),
            file_delete_delay_ms: at.long("file.delete.delay.ms"),
            flush_messages: at.long("flush.messages"),
            flush_ms: at.long("flush.ms"),
            preallocate: at.bool("preallocate"),
            unclean_leader_election_enable: at.bool("unclean.leader.election.enable"),
            remote_storage_enable: at.bool("remote.storage.enable"),
            remote_log_copy_disable: at.bool("remote.log.copy.disable"),
            remote_log_delete_on_disable: at.bool("remote.log.delete.on.disable"),
            remote_copy_lag_ms: at.long("remote.copy.lag.ms"),
            remote_copy_lag_bytes: at.long("remote.copy.lag.bytes"),
            local_retention_ms: local("local.retention.ms", retention_ms),
            local_retention_bytes: local("local.retention.bytes", retention_bytes),
            dead_letter_queue: at.bool("errors.deadletterqueue.group.enable"),
            durability: Durability::from_name(&at.text("thalweg.durability")).unwrap_or(Durability::Fsync),
        }
    }
}

impl Default for TopicConfig {
    fn default() -> TopicConfig {
        TopicConfig::resolve(&BTreeMap::new(), &BTreeMap::new())
    }
}

/// The two maps, read by key. A key absent from the table is a mistake of ours and panics in the first test that resolves.
struct Layers<'a> {
    overrides: &'a BTreeMap<String, String>,
    broker_defaults: &'a BTreeMap<String, String>,
}

impl<'a> Layers<'a> {
    fn key(name: &str) -> &'static TopicKey {
        topic_key(name).unwrap_or_else(|| panic!("{name} is not in the table of topic keys"))
    }

    fn text(&self, name: &str) -> Cow<'a, str> {
        effective(Self::key(name), self.overrides, self.broker_defaults).0
    }

    fn long(&self, name: &str) -> i64 {
        let number = parse_whole(Kind::Long, &self.text(name));
        number.unwrap_or_else(|| panic!("{name} is not a whole number in the table of topic keys"))
    }

    fn int(&self, name: &str) -> i32 {
        i32::try_from(self.long(name)).unwrap_or(i32::MAX)
    }

    fn size(&self, name: &str) -> u32 {
        u32::try_from(self.long(name)).unwrap_or(0)
    }

    fn bool(&self, name: &str) -> bool {
        parse_bool(&self.text(name)).unwrap_or(false)
    }

    /// `None` for a negative number: without limit.
    fn limit(&self, name: &str) -> Option<i64> {
        Some(self.long(name)).filter(|number| *number >= 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_table_is_complete_sorted_and_its_defaults_are_valid() {
        assert!(TOPIC_KEYS.is_sorted_by(|a, b| a.name < b.name), "binary search needs order");
        assert_eq!(TOPIC_KEYS.iter().filter(|key| !key.name.starts_with("thalweg.")).count(), 37);
        for key in TOPIC_KEYS {
            assert_eq!(validate(key.name, key.default), Ok(()), "default of {}", key.name);
            assert!(!key.doc.is_empty() && key.doc.len() < 120, "{}", key.name);
        }
    }

    /// Verdicts of Kafka 4.4.0 on some thousand values; the two kinds of value we refuse on purpose are marked `differs`.
    #[test]
    fn values_are_judged_as_kafka_judges_them() {
        let vectors = include_str!("../../testdata/topic_config.txt");
        let mut judged = 0;
        for line in vectors.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let mut words = line.split('\t');
            let (Some(key), Some(verdict)) = (words.next(), words.next()) else { panic!("{line}") };
            for value in words {
                let value = value.trim_matches('"');
                assert_eq!(validate(key, value).is_ok(), verdict == "ok", "{key} = {value:?}, {verdict}");
                judged += 1;
            }
        }
        assert_eq!(judged, 1056);
    }

    #[test]
    fn the_topic_wins_over_the_broker_and_the_broker_over_the_default() {
        let broker = map(&[("log.retention.hours", "2"), ("log.segment.bytes", "2097152")]);
        let from_broker = TopicConfig::resolve(&map(&[]), &broker);
        assert_eq!(from_broker.retention_ms, Some(7_200_000));
        assert_eq!(from_broker.segment_bytes, 2_097_152);
        let from_topic = TopicConfig::resolve(&map(&[("retention.ms", "5")]), &broker);
        assert_eq!((from_topic.retention_ms, from_topic.segment_bytes), (Some(5), 2_097_152));
        assert_eq!(TopicConfig::default().retention_ms, Some(604_800_000));
    }

    #[test]
    fn of_several_synonyms_the_finest_unit_counts() {
        let retention = |pairs: &[(&str, &str)]| TopicConfig::resolve(&map(&[]), &map(pairs)).retention_ms;
        assert_eq!(retention(&[("log.retention.hours", "1"), ("log.retention.minutes", "1")]), Some(60_000));
        assert_eq!(retention(&[("log.retention.minutes", "1"), ("log.retention.ms", "7")]), Some(7));
        assert_eq!(retention(&[("log.retention.hours", "-1")]), None);
        assert_eq!(retention(&[("log.retention.ms", "-1"), ("log.retention.hours", "1")]), None);
    }

    #[test]
    fn found_tells_which_broker_key_decided() {
        let (overrides, broker) = (map(&[]), map(&[("log.retention.minutes", "3")]));
        let key = topic_key("retention.ms").expect("known");
        assert_eq!(
            effective(key, &overrides, &broker),
            (Cow::Borrowed("180000"), Found::Broker("log.retention.minutes"))
        );
        assert_eq!(effective(key, &overrides, &map(&[])), (Cow::Borrowed("604800000"), Found::Default));
    }

    #[test]
    fn a_value_only_a_foreign_controller_could_write_counts_as_not_set() {
        let config = TopicConfig::resolve(&map(&[("segment.bytes", "x"), ("retention.ms", "")]), &map(&[]));
        assert_eq!(config, TopicConfig::default());
    }

    #[test]
    fn lags_that_contradict_each_other_are_refused_together() {
        let broker = map(&[("log.cleaner.max.compaction.lag.ms", "5")]);
        let lag = map(&[("min.compaction.lag.ms", "10")]);
        assert_eq!(validate_all(&lag, &map(&[])), Ok(()));
        let said = "min.compaction.lag.ms (10) is greater than max.compaction.lag.ms (5)";
        assert_eq!(validate_all(&lag, &broker), Err(said.to_owned()));
    }

    #[test]
    fn policies_types_and_durability_become_types() {
        let config = TopicConfig::resolve(
            &map(&[
                ("cleanup.policy", "compact, delete"),
                ("compression.type", " zstd "),
                ("message.timestamp.type", "LogAppendTime"),
                ("thalweg.durability", "write-behind"),
                ("local.retention.ms", "9"),
            ]),
            &map(&[]),
        );
        assert_eq!(config.cleanup_policy, CleanupPolicy { delete: true, compact: true });
        assert_eq!(config.compression_type, CompressionType::Zstd);
        assert_eq!(config.message_timestamp_type, TimestampType::LogAppendTime);
        assert_eq!(config.durability, Durability::WriteBehind);
        assert_eq!((config.local_retention_ms, config.local_retention_bytes), (Some(9), None));
        let none = TopicConfig::resolve(&map(&[("cleanup.policy", "")]), &map(&[]));
        assert_eq!(none.cleanup_policy, CleanupPolicy { delete: false, compact: false });
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        assert_eq!(
            validate("cleanup-policy", "delete"),
            Err("unknown topic configuration `cleanup-policy`".to_owned())
        );
        assert_eq!(
            validate("segment.bytes", "1048575"),
            Err("invalid value for segment.bytes: 1048575 is out of range: at least 1048576".to_owned())
        );
    }
}
