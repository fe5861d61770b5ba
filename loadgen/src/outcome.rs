//! An [`Outcome`]: what a run was and what it gave, complete enough to be judged later and elsewhere. Written as JSON; the
//! schema's version changes when a field changes its meaning or goes, not when one is added.
//!
//! Latencies are nanoseconds. Response time counts from the moment a record should have left to its acknowledgement, service
//! time from the moment its batch was handed to the socket, lag from when it should have left (and could: room in the buffer
//! is not the generator's fault) to when the generator came to it.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// The schema written here.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run was and what it gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The schema.
    pub schema_version: u32,
    /// Version of the generator.
    pub generator_version: String,
    /// What was asked for.
    pub plan: Plan,
    /// Start of measuring, in milliseconds since the Unix epoch.
    pub began_ms: i64,
    /// How long was measured, in nanoseconds.
    pub measured_ns: u64,
    /// What happened before.
    pub warmup: WarmedUp,
    /// Whether the figures are the broker's.
    pub verdict: Verdict,
    /// True if a slow answer delayed what followed it: the latencies are those of a closed loop.
    pub closed_loop: bool,
    /// Sums over the measured time.
    pub totals: Totals,
    /// The latencies.
    pub latency: Latencies,
    /// Second by second from the very start, warm-up included.
    pub intervals: Vec<Interval>,
    /// Processor time.
    pub cpu: Cpu,
    /// Where it ran.
    pub host: HostFacts,
    /// Who was measured.
    pub target: Target,
    /// How the backlog drained, if one was asked for.
    pub backlog: Option<Drained>,
    /// What verification found, if it was asked for.
    pub verification: Option<Verification>,
    /// What a reader should know besides.
    pub remarks: Vec<String>,
}

/// How the warm-up went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmedUp {
    /// How long it took.
    pub took_ms: u64,
    /// The windows agreed; false: the time was up before they did.
    pub settled: bool,
}

/// Whether the figures are the broker's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// They are.
    Valid,
    /// They are not.
    Invalid {
        /// Why.
        reasons: Vec<String>,
    },
}

impl Verdict {
    /// Whether the figures count.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        matches!(self, Verdict::Valid)
    }
}

/// Sums over the measured time. A record belongs to it if it should have left within it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Records that should have left; in a closed loop, those that did.
    pub intended: u64,
    /// Records handed to a socket.
    pub sent: u64,
    /// Records acknowledged.
    pub acked: u64,
    /// Bytes of keys and values acknowledged.
    pub acked_bytes: u64,
    /// Records given up.
    pub failed: u64,
    /// Records without an answer when the run ended. Their age then counts as their latency: the least it can be.
    pub unanswered: u64,
    /// Records that never left because earlier ones filled the buffer. Their age counts likewise.
    pub unsent: u64,
    /// Records read, over all groups.
    pub consumed: u64,
    /// Bytes of keys and values read.
    pub consumed_bytes: u64,
    /// Produce requests answered.
    pub requests: u64,
    /// Batches acknowledged.
    pub batches: u64,
    /// Bytes of batches as they were sent, acknowledged or not, again or not.
    pub wire_bytes: u64,
    /// Batches sent again.
    pub retries: u64,
    /// Connections opened, the first ones included.
    pub connects: u64,
    /// Errors by Kafka's name for them, or our own: `DISCONNECTED`, `TIMED_OUT`.
    pub errors: BTreeMap<String, u64>,
    /// Records acknowledged a second.
    pub acked_per_second: f64,
    /// Records read a second.
    pub consumed_per_second: f64,
}

/// One second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Interval {
    /// When it began, counted from the start of the run.
    pub at_ms: u64,
    /// How long it was.
    pub for_ms: u64,
    /// False: it belongs to the warm-up, or to the time after the end.
    pub measured: bool,
    /// Records handed to a socket.
    pub sent: u64,
    /// Records acknowledged.
    pub acked: u64,
    /// Bytes of keys and values acknowledged.
    pub acked_bytes: u64,
    /// Records read.
    pub consumed: u64,
    /// Bytes of keys and values read.
    pub consumed_bytes: u64,
    /// Errors by name.
    pub errors: BTreeMap<String, u64>,
    /// Response time of what was acknowledged within it.
    pub response: Quantiles,
    /// Lag of what left within it.
    pub lag: Quantiles,
    /// End-to-end latency of what was read within it.
    pub end_to_end: Quantiles,
    /// Busiest core of the generator, as a part of the time.
    pub generator_cpu_ratio: f64,
    /// Processor time of the broker's process, if it is known, as a part of one CPU: 1.5 is one and a half CPUs.
    pub broker_cpu: Option<f64>,
}

/// What people ask a histogram for. Zero if nothing was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quantiles {
    /// How many were counted.
    pub count: u64,
    /// Mean.
    pub mean_ns: f64,
    /// Half is below.
    pub p50_ns: u64,
    /// Three of four are below.
    pub p75_ns: u64,
    /// 95 of 100 are below.
    pub p95_ns: u64,
    /// 99 of 100 are below.
    pub p99_ns: u64,
    /// 999 of 1000 are below.
    pub p999_ns: u64,
    /// 9999 of 10,000 are below.
    pub p9999_ns: u64,
    /// The largest.
    pub max_ns: u64,
}

impl Quantiles {
    /// Of a histogram of nanoseconds.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>) -> Quantiles {
        if histogram.is_empty() {
            return Quantiles::default();
        }
        Quantiles {
            count: histogram.len(),
            mean_ns: histogram.mean(),
            p50_ns: histogram.value_at_quantile(0.5),
            p75_ns: histogram.value_at_quantile(0.75),
            p95_ns: histogram.value_at_quantile(0.95),
            p99_ns: histogram.value_at_quantile(0.99),
            p999_ns: histogram.value_at_quantile(0.999),
            p9999_ns: histogram.value_at_quantile(0.9999),
            max_ns: histogram.max(),
        }
    }
}

/// The latencies of the measured time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// From when a record should have left to its acknowledgement.
    pub response: Latency,
    /// From when its batch was handed to the socket to the acknowledgement.
    pub service: Latency,
    /// From when it should have left to when the generator came to it.
    pub lag: Latency,
    /// From when it should have left to when a consumer had it.
    pub end_to_end: Latency,
    /// Which clock end-to-end latency was taken with.
    pub clock: Clock,
}

/// Which clock end-to-end latency was taken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// One monotonic clock of one process.
    Monotonic,
    /// The wall clocks of several processes: no better than they agree.
    Wall,
}

/// One distribution: the usual figures, and the whole of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The usual figures.
    pub quantiles: Quantiles,
    /// The whole histogram: HdrHistogram's V2 encoding, not compressed, in base64.
    pub hdr_v2_base64: String,
}

/// A histogram that cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadHistogram(pub String);

impl fmt::Display for BadHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the outcome holds a histogram that cannot be read: {}", self.0)
    }
}

impl std::error::Error for BadHistogram {}

impl Latency {
    /// From the histogram.
    pub fn of(histogram: &Histogram<u64>) -> Result<Latency, BadHistogram> {
        let mut bytes = Vec::new();
        let written = V2Serializer::new().serialize(histogram, &mut bytes);
        written.map_err(|error| BadHistogram(error.to_string()))?;
        Ok(Latency { quantiles: Quantiles::of(histogram), hdr_v2_base64: STANDARD.encode(bytes) })
    }

    /// The histogram.
    pub fn histogram(&self) -> Result<Histogram<u64>, BadHistogram> {
        let bytes = STANDARD.decode(&self.hdr_v2_base64).map_err(|error| BadHistogram(error.to_string()))?;
        Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(|error| BadHistogram(error.to_string()))
    }
}

/// Processor time over the measured time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cpu {
    /// Cores the generator had.
    pub generator_cores: u16,
    /// Processor time of the generator's cores, together.
    pub generator_ns: u64,
    /// Of the busiest of them, as a part of the time.
    pub generator_busiest_ratio: f64,
    /// Generator's processor time for a GiB of keys and values acknowledged, in seconds.
    pub generator_seconds_per_gib: Option<f64>,
    /// Processor time of the broker's process, if it runs on this host and could be told.
    pub broker_ns: Option<u64>,
    /// The same for a GiB of keys and values acknowledged, in seconds.
    pub broker_seconds_per_gib: Option<f64>,
    /// Processor time stolen from this host by its hypervisor.
    pub stolen_ns: Option<u64>,
}

/// Where the generator ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostFacts {
    /// Its name.
    pub name: String,
    /// The kernel.
    pub kernel: String,
    /// Model of the CPUs.
    pub cpu_model: String,
    /// CPUs this process may use.
    pub cpus: u32,
    /// Memory of the machine.
    pub memory_bytes: Option<u64>,
    /// The hosts of a run with agents, this one first; empty: it ran on this one alone.
    pub agents: Vec<String>,
}

/// Who was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Where it was asked for.
    pub bootstrap: Vec<String>,
    /// The cluster's id, if it has one.
    pub cluster_id: Option<String>,
    /// Its brokers, `id host:port` each.
    pub brokers: Vec<String>,
    /// The process, if it runs on this host: `java (pid 4711)`.
    pub process: Option<String>,
    /// It was started for this run and stopped after it.
    pub ephemeral: bool,
}

/// How a backlog drained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drained {
    /// Bytes that waited when the consumers began.
    pub built_bytes: u64,
    /// How long it took to build.
    pub build_ms: u64,
    /// How long it took to drain; none: it had not when the run ended.
    pub drain_ms: Option<u64>,
}

/// What verification found: every record of every key is numbered and carries a checksum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// Keys written.
    pub keys: u64,
    /// Records acknowledged.
    pub acked: u64,
    /// Records of this run read, over all groups.
    pub read: u64,
    /// Acknowledged and never read, over all groups.
    pub lost: u64,
    /// Read again.
    pub duplicated: u64,
    /// Read after a later record of their key.
    pub reordered: u64,
    /// With a checksum that is not theirs.
    pub corrupt: u64,
    /// Of this run, but never sent: a number or a key that nobody wrote.
    pub foreign: u64,
    /// Without an acknowledgement; whether they are there is no finding.
    pub unconfirmed: u64,
    /// The first findings in words.
    pub findings: Vec<String>,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.reordered == 0 && self.corrupt == 0 && self.foreign == 0
    }
}

impl Outcome {
    /// Reads what [`serde_json`] wrote, and refuses a schema it does not know.
    pub fn from_json(text: &str) -> Result<Outcome, String> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let Version { schema_version } =
            serde_json::from_str(text).map_err(|error| format!("this is no outcome of a run: {error}"))?;
        if schema_version != SCHEMA_VERSION {
            return Err(format!("schema {schema_version} is unknown here; this version reads {SCHEMA_VERSION}"));
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_survives_and_its_figures_are_its_own() {
        let mut histogram = Histogram::<u64>::new_with_max(600_000_000_000, 3).unwrap();
        for n in 1..=1000u64 {
            histogram.record(n * 1_000_000).unwrap();
        }
        let latency = Latency::of(&histogram).unwrap();
        assert_eq!(latency.histogram().unwrap(), histogram);
        let p99 = latency.quantiles.p99_ns as f64;
        assert!((p99 / 990e6 - 1.0).abs() < 0.002, "{p99}");
        assert_eq!(latency.quantiles.count, 1000);
        let damaged = Latency { hdr_v2_base64: "AAAA".to_owned(), ..latency };
        assert!(damaged.histogram().is_err());
    }

    #[test]
    fn another_schema_is_refused() {
        assert!(Outcome::from_json("{\"schema_version\":99}").unwrap_err().contains("schema 99"));
        assert!(Outcome::from_json("[]").unwrap_err().contains("no outcome"));
    }
}
