//! A [`Plan`]: everything that decides a run. A plan and its seed make the same load again; it stands in every outcome.
//!
//! A plan is data: it has defaults, it can be written as JSON, and [`Plan::validate`] says everything that is wrong with it
//! at once. Nothing behind it asks again. Units stand at the end of names, `s` in a rate are records.

mod check;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::check::Problem;

/// Everything that decides a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// What people call it.
    pub name: String,
    /// Where to ask for the cluster, `host:port` each. None: an ephemeral broker is started and measured.
    pub bootstrap: Vec<String>,
    /// What the connections call themselves.
    pub client_id: String,
    /// Cores of the generator. None: half of the CPUs this process may use, at least one.
    pub cores: Option<u16>,
    /// Start of every random choice.
    pub seed: u64,
    /// What is written to.
    pub topics: Topics,
    /// How many records leave, and when.
    pub rate: Rate,
    /// How long is measured, after the warm-up.
    pub duration_ms: u64,
    /// When measuring begins.
    pub warmup: Warmup,
    /// What a record is.
    pub records: Records,
    /// Who writes.
    pub producers: Producers,
    /// Who reads.
    pub consumers: Consumers,
    /// Build a backlog first, then measure how it drains. Needs consumers.
    pub backlog: Option<Backlog>,
    /// Connections that close and come back while the run goes on.
    pub churn: Option<Churn>,
    /// Number every record of every key and check what comes back: loss, duplication, order, content. Needs consumers.
    pub verify: bool,
    /// When the generator itself was the limit.
    pub limits: Limits,
}

/// What is written to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Topics {
    /// Topics are called `PREFIX-0`, `PREFIX-1` and so on; one topic alone is called `PREFIX`.
    pub prefix: String,
    /// Number of topics.
    pub count: u32,
    /// Partitions of each.
    pub partitions: u32,
    /// Copies of each partition; -1 is the broker's default.
    pub replication: i16,
    /// Configuration of topics that are created.
    pub configs: BTreeMap<String, String>,
    /// Delete them at the end.
    pub delete: bool,
}

/// How many records leave each second, over all producers, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rate {
    /// As many as `in_flight` requests on every connection let through: a closed loop, whose latency says little.
    Max,
    /// Evenly spaced.
    Constant {
        /// Records a second.
        per_second: f64,
    },
    /// At random, as independent clients do.
    Poisson {
        /// Records a second, on average.
        per_second: f64,
    },
    /// Many at one moment, then none until the next.
    Burst {
        /// Records a second, on average.
        per_second: f64,
        /// Records of one burst.
        records: u64,
    },
    /// A wave around an average.
    Sine {
        /// Records a second, on average.
        per_second: f64,
        /// Height of the wave, as a part of the average: 0 to 1.
        amplitude: f64,
        /// Length of the wave.
        period_ms: u64,
    },
    /// One rate after another; the last one stays. Time counts from the start, warm-up included.
    Steps {
        /// The rates.
        steps: Vec<Step>,
    },
}

/// One rate of [`Rate::Steps`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Records a second.
    pub per_second: f64,
    /// For how long.
    pub for_ms: u64,
}

/// When measuring begins: when the last windows agree, and at the latest after a maximum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Warmup {
    /// At the earliest.
    pub min_ms: u64,
    /// At the latest. Zero: there is no warm-up.
    pub max_ms: u64,
    /// How many windows of a second have to agree.
    pub windows: u32,
    /// How far the 99th percentile and the rate of a window may lie from the middle of all, as a part of it.
    pub tolerance: f64,
}

/// What a record is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Records {
    /// Bytes of the value.
    pub size: Size,
    /// How much of a value is random; the rest is one byte repeated. 1: nothing compresses, 0: almost nothing is left.
    pub random_ratio: f64,
    /// The keys.
    pub keys: Keys,
    /// Bytes of a key.
    pub key_bytes: u32,
}

/// Bytes of a value. The first eight are the record's intended time; a value below that has no end-to-end latency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "distribution", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Size {
    /// All the same.
    Fixed {
        /// Bytes.
        bytes: u32,
    },
    /// Anything between two bounds, both included.
    Uniform {
        /// The smallest.
        min_bytes: u32,
        /// The largest.
        max_bytes: u32,
    },
    /// A bell, cut off at two bounds.
    Normal {
        /// The middle.
        mean_bytes: f64,
        /// Standard deviation.
        deviation_bytes: f64,
        /// The smallest.
        min_bytes: u32,
        /// The largest.
        max_bytes: u32,
    },
    /// A few sizes, each as often as its weight says.
    Weighted {
        /// Sizes and weights.
        sizes: Vec<WeightedSize>,
    },
    /// The lines of a file, one value each, behind the eight bytes of time.
    Corpus {
        /// The file.
        path: PathBuf,
    },
}

/// One size of [`Size::Weighted`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedSize {
    /// Bytes.
    pub bytes: u32,
    /// How often, relative to the others.
    pub weight: f64,
}

/// Which key a record has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "distribution", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Keys {
    /// None.
    None,
    /// One after the other.
    RoundRobin {
        /// Number of keys.
        count: u64,
    },
    /// Any.
    Uniform {
        /// Number of keys.
        count: u64,
    },
    /// A few often, many seldom: the n-th most frequent key has a share like 1 / n^exponent.
    Zipf {
        /// Number of keys.
        count: u64,
        /// How uneven; 0 is uniform, 1 the classic.
        exponent: f64,
    },
}

/// Which partition a record goes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Partitioning {
    /// As Kafka's client: by key if there is one, else one partition for a batch, then the next.
    Auto,
    /// One after the other, record by record.
    RoundRobin,
    /// Any.
    Uniform,
    /// A few often, many seldom.
    Zipf {
        /// How uneven.
        exponent: f64,
    },
    /// The first partitions of every topic as often as these weights say, the others never.
    Weights {
        /// One weight a partition.
        weights: Vec<f64>,
    },
}

/// Who writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Producers {
    /// Number of producers. Each has a connection to every broker it writes to and one topic, the n-th the n-th.
    pub count: u32,
    /// A batch leaves when it would not stay within so many bytes, header included and before compression, or
    pub batch_bytes: u32,
    /// when its first record should have left this long ago.
    pub linger_us: u64,
    /// The codec.
    pub codec: Codec,
    /// Its level; none: the codec's default.
    pub level: Option<i32>,
    /// Which acknowledgement is waited for.
    pub acks: Acks,
    /// Sequence numbers, so that the broker drops what is sent twice.
    pub idempotent: bool,
    /// Requests on the way on one connection.
    pub in_flight: u32,
    /// Bytes of one request at the most, all its batches together.
    pub request_bytes: u32,
    /// Bytes of records a core may hold that are not acknowledged; at this bound it waits, and the schedule does not.
    pub buffer_bytes: u64,
    /// Which partition a record goes to.
    pub partitioning: Partitioning,
    /// How long an answer may take before the connection counts as lost.
    pub request_timeout_ms: u64,
    /// How long a batch is sent again before it counts as failed.
    pub delivery_timeout_ms: u64,
}

/// The codec of batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Codec {
    /// As they are.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// Snappy.
    Snappy,
    /// LZ4.
    Lz4,
    /// Zstandard.
    Zstd,
}

/// Which acknowledgement a producer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acks {
    /// None: a record counts as acknowledged when it is handed to the socket.
    None,
    /// The leader's.
    Leader,
    /// That of all replicas in sync.
    #[default]
    All,
}

/// Who reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Consumers {
    /// How many times every record is read: each group reads all.
    pub groups: u32,
    /// Consumers of a group.
    pub per_group: u32,
    /// How a group's partitions are shared out.
    pub assignment: Assignment,
    /// What a fetch waits for.
    pub fetch_min_bytes: u32,
    /// How long it waits.
    pub fetch_wait_ms: u32,
    /// Bytes of one fetch at the most.
    pub fetch_bytes: u32,
    /// Bytes of one partition in a fetch at the most.
    pub partition_bytes: u32,
    /// Compute the checksum of every batch, as Kafka's client does.
    pub check_crc: bool,
    /// Consumers that take their time.
    pub slow: Option<Slow>,
    /// How often a member commits, with [`Assignment::Group`].
    pub commit_ms: u64,
    /// After how long without a word a member counts as gone, with [`Assignment::Group`].
    pub session_ms: u32,
}

/// How the partitions are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assignment {
    /// By this generator: no group on the broker.
    #[default]
    Simple,
    /// By a consumer group: join, sync, heartbeats, commits.
    Group,
}

/// Consumers that take their time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// How many of each group.
    pub per_group: u32,
    /// Bytes a second each of them takes.
    pub bytes_per_second: u64,
}

/// A backlog to build and drain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backlog {
    /// Consumers rest until so many bytes wait for them.
    pub bytes: u64,
    /// It counts as drained when this part of it is left.
    pub drained_ratio: f64,
}

/// Connections that close and come back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Churn {
    /// Producer connections closed each second, over all cores; each opens again after a moment.
    pub per_second: f64,
}

/// When the generator itself was the limit, and the run says nothing about the broker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The 99.9th percentile of the schedule's lag may be so much.
    pub lag_us: u64,
    /// The busiest core of the generator may be busy for this part of the time.
    pub cpu_ratio: f64,
}

/// Bytes of time in front of every value.
pub const STAMP_BYTES: u32 = 8;

/// Bytes of a value that can be verified: see [`crate::batch::Proof`].
pub const VERIFY_BYTES_MIN: u32 = 32;

/// The largest value.
const VALUE_BYTES_MAX: u32 = 16 << 20;

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            name: "run".to_owned(),
            bootstrap: Vec::new(),
            client_id: "thalweg-loadgen".to_owned(),
            cores: None,
            seed: 1,
            topics: Topics::default(),
            rate: Rate::Constant { per_second: 10_000.0 },
            duration_ms: 30_000,
            warmup: Warmup::default(),
            records: Records::default(),
            producers: Producers::default(),
            consumers: Consumers::default(),
            backlog: None,
            churn: None,
            verify: false,
            limits: Limits::default(),
        }
    }
}

impl Default for Topics {
    fn default() -> Topics {
        Topics {
            prefix: "loadgen".to_owned(),
            count: 1,
            partitions: 8,
            replication: -1,
            configs: BTreeMap::new(),
            delete: false,
        }
    }
}

impl Default for Warmup {
    fn default() -> Warmup {
        Warmup { min_ms: 3_000, max_ms: 20_000, windows: 3, tolerance: 0.2 }
    }
}

impl Default for Records {
    fn default() -> Records {
        Records { size: Size::Fixed { bytes: 1024 }, random_ratio: 1.0, keys: Keys::None, key_bytes: 16 }
    }
}

impl Default for Producers {
    fn default() -> Producers {
        Producers {
            count: 4,
            batch_bytes: 16 << 10,
            linger_us: 5_000,
            codec: Codec::None,
            level: None,
            acks: Acks::All,
            idempotent: true,
            in_flight: 5,
            request_bytes: 1 << 20,
            buffer_bytes: 64 << 20,
            partitioning: Partitioning::Auto,
            request_timeout_ms: 30_000,
            delivery_timeout_ms: 120_000,
        }
    }
}

impl Default for Consumers {
    fn default() -> Consumers {
        Consumers {
            groups: 1,
            per_group: 1,
            assignment: Assignment::Simple,
            fetch_min_bytes: 1,
            fetch_wait_ms: 500,
            fetch_bytes: 8 << 20,
            partition_bytes: 1 << 20,
            check_crc: true,
            slow: None,
            commit_ms: 5_000,
            session_ms: 45_000,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { lag_us: 10_000, cpu_ratio: 0.8 }
    }
}

impl Acks {
    /// The number on the wire.
    #[must_use]
    pub fn wire(self) -> i16 {
        match self {
            Acks::None => 0,
            Acks::Leader => 1,
            Acks::All => -1,
        }
    }
}

impl Rate {
    /// Records a second on average, or of the last step; none in a closed loop.
    #[must_use]
    pub fn per_second(&self) -> Option<f64> {
        match self {
            Rate::Max => None,
            Rate::Constant { per_second }
            | Rate::Poisson { per_second }
            | Rate::Burst { per_second, .. }
            | Rate::Sine { per_second, .. } => Some(*per_second),
            Rate::Steps { steps } => steps.last().map(|step| step.per_second),
        }
    }

    /// Whether a slow answer delays what follows.
    #[must_use]
    pub fn is_closed_loop(&self) -> bool {
        matches!(self, Rate::Max)
    }

    /// The same shape at another average; [`Rate::Max`] becomes constant, steps are scaled by their last.
    #[must_use]
    pub fn at(&self, per_second: f64) -> Rate {
        match self {
            Rate::Max | Rate::Constant { .. } => Rate::Constant { per_second },
            Rate::Poisson { .. } => Rate::Poisson { per_second },
            Rate::Burst { records, .. } => Rate::Burst { per_second, records: *records },
            Rate::Sine { amplitude, period_ms, .. } => {
                Rate::Sine { per_second, amplitude: *amplitude, period_ms: *period_ms }
            }
            Rate::Steps { steps } => {
                let factor = per_second / steps.last().map_or(per_second, |step| step.per_second);
                let scaled = |step: &Step| Step { per_second: step.per_second * factor, ..*step };
                Rate::Steps { steps: steps.iter().map(scaled).collect() }
            }
        }
    }
}

impl Keys {
    /// Number of keys, zero if records have none.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Keys::None => 0,
            Keys::RoundRobin { count } | Keys::Uniform { count } | Keys::Zipf { count, .. } => *count,
        }
    }
}

impl Size {
    /// The smallest and the largest value there can be, as far as the plan alone says it.
    #[must_use]
    pub fn bounds(&self) -> (u32, u32) {
        match self {
            Size::Fixed { bytes } => (*bytes, *bytes),
            Size::Uniform { min_bytes, max_bytes } | Size::Normal { min_bytes, max_bytes, .. } => {
                (*min_bytes, *max_bytes)
            }
            Size::Weighted { sizes } => {
                let bytes = || sizes.iter().map(|size| size.bytes);
                (bytes().min().unwrap_or(0), bytes().max().unwrap_or(0))
            }
            Size::Corpus { .. } => (STAMP_BYTES, VALUE_BYTES_MAX),
        }
    }
}

impl Plan {
    /// How long is measured.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_millis(self.duration_ms)
    }

    /// How long a batch waits for more records.
    #[must_use]
    pub fn linger(&self) -> Duration {
        Duration::from_micros(self.producers.linger_us)
    }

    /// The topics' names.
    #[must_use]
    pub fn topic_names(&self) -> Vec<String> {
        match self.topics.count {
            1 => vec![self.topics.prefix.clone()],
            count => (0..count).map(|n| format!("{}-{n}", self.topics.prefix)).collect(),
        }
    }
}

impl Consumers {
    /// Consumers of all groups.
    #[must_use]
    pub fn count(&self) -> u64 {
        u64::from(self.groups) * u64::from(self.per_group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_a_plan_and_survives_json() {
        let plan = Plan::default();
        assert_eq!(plan.validate(), Ok(()));
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
        assert_eq!(serde_json::from_str::<Plan>("{}").unwrap(), plan);
        assert!(serde_json::from_str::<Plan>("{\"durationms\":1}").is_err(), "an unknown field is not passed over");
    }

    #[test]
    fn a_shape_keeps_its_shape_at_another_rate() {
        let steps = vec![Step { per_second: 10.0, for_ms: 5 }, Step { per_second: 20.0, for_ms: 6 }];
        let scaled = Rate::Steps { steps }.at(40.0);
        assert_eq!(scaled.per_second(), Some(40.0));
        assert_eq!(
            scaled,
            Rate::Steps { steps: vec![Step { per_second: 20.0, for_ms: 5 }, Step { per_second: 40.0, for_ms: 6 }] }
        );
        assert_eq!(Rate::Max.at(5.0), Rate::Constant { per_second: 5.0 });
    }
}
