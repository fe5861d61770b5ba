//! The options that decide a load, shared by all commands that make one. Each is a field of the plan; what is not said keeps
//! what the plan file says, or the default.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::parse::{self, RateText, ShapeText, WarmupText};
use crate::failure::{Code, Failure};
use crate::plan::{Acks, Assignment, Backlog, Churn, Codec, Keys, Partitioning, Plan, Rate, Size, Slow};

/// The options that decide a load.
#[derive(Args, Clone, Debug, Default)]
pub struct LoadArgs {
    /// Where to ask for the cluster; may be repeated. Without it a broker is started for the run
    #[arg(short = 'b', long = "bootstrap", value_name = "HOST:PORT", value_delimiter = ',')]
    pub bootstrap: Vec<String>,
    /// A plan in JSON, as an outcome has it; the other options change it
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Records a second over all producers, or max for a closed loop [default: 10k]
    #[arg(short = 'r', long, value_name = "N|max", value_parser = parse::rate)]
    pub rate: Option<RateText>,
    /// How they are spread: constant, poisson, burst:RECORDS, sine:HEIGHT:PERIOD, steps:RATE@TIME,RATE@TIME
    #[arg(long, value_name = "SHAPE", value_parser = parse::shape)]
    pub shape: Option<ShapeText>,
    /// How long is measured [default: 30s]
    #[arg(short = 'd', long, value_name = "TIME", value_parser = parse::time)]
    pub duration: Option<Duration>,
    /// Warm-up: auto, none, a time, or MIN-MAX [default: auto, 3s to 20s]
    #[arg(short = 'w', long, value_name = "TIME", value_parser = parse::warmup)]
    pub warmup: Option<WarmupText>,
    /// Topic, or its beginning where there are several [default: loadgen]
    #[arg(short = 't', long, value_name = "NAME")]
    pub topic: Option<String>,
    /// Number of topics [default: 1]
    #[arg(long, value_name = "N")]
    pub topics: Option<u32>,
    /// Partitions of each topic [default: 8]
    #[arg(short = 'p', long, value_name = "N")]
    pub partitions: Option<u32>,
    /// Copies of each partition [default: the broker's]
    #[arg(long, value_name = "N")]
    pub replication: Option<i16>,
    /// Configuration of topics that are created; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse::pair)]
    pub topic_config: Vec<(String, String)>,
    /// Delete the topics at the end
    #[arg(long)]
    pub delete_topics: bool,
    /// Bytes of a value: 1KiB, 100-2000, normal:1KiB:200, 100*3,1KiB*1, @FILE for its lines [default: 1KiB]
    #[arg(short = 's', long, value_name = "SIZE", value_parser = parse::size)]
    pub size: Option<Size>,
    /// How much of a value is random, 0 to 1: what does not compress [default: 1]
    #[arg(long, value_name = "RATIO")]
    pub random: Option<f64>,
    /// Keys: none, N, round-robin:N, zipf:N:EXPONENT [default: none]
    #[arg(short = 'k', long, value_name = "KEYS", value_parser = parse::keys)]
    pub keys: Option<Keys>,
    /// Partition of a record: auto as Kafka's client, round-robin, uniform, zipf:EXPONENT, or weights 3,1,1
    #[arg(long, value_name = "HOW", value_parser = parse::partitioning)]
    pub partition_by: Option<Partitioning>,
    /// Producers; each has its own connections [default: 4]
    #[arg(short = 'P', long, value_name = "N")]
    pub producers: Option<u32>,
    /// Bytes of a batch at the most [default: 16KiB]
    #[arg(long, value_name = "SIZE", value_parser = parse::bytes_u32)]
    pub batch: Option<u32>,
    /// How long a batch waits for more records [default: 5ms]
    #[arg(short = 'l', long, value_name = "TIME", value_parser = parse::time)]
    pub linger: Option<Duration>,
    /// Codec of batches [default: none]
    #[arg(short = 'z', long, value_enum)]
    pub codec: Option<CodecArg>,
    /// Level of the codec
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub level: Option<i32>,
    /// Which acknowledgement is waited for [default: all]
    #[arg(short = 'a', long, value_enum)]
    pub acks: Option<AcksArg>,
    /// Requests on the way on a connection [default: 5]
    #[arg(long, value_name = "N")]
    pub in_flight: Option<u32>,
    /// Producers without sequence numbers [default with acks other than all]
    #[arg(long)]
    pub no_idempotence: bool,
    /// Bytes a core holds that are not acknowledged [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse::bytes)]
    pub buffer: Option<u64>,
    /// Consumer groups; each reads everything [default: 1]
    #[arg(short = 'g', long, value_name = "N")]
    pub groups: Option<u32>,
    /// Consumers of each group [default: 1]
    #[arg(short = 'c', long, value_name = "N")]
    pub consumers: Option<u32>,
    /// Consumers join groups on the broker, with heartbeats and commits
    #[arg(long)]
    pub subscribe: bool,
    /// Some consumers of each group take so many bytes a second: N:BYTES
    #[arg(long, value_name = "N:SIZE", value_parser = slow)]
    pub slow: Option<Slow>,
    /// Let so many bytes wait before consumers begin, and measure how they drain
    #[arg(long, value_name = "SIZE", value_parser = parse::bytes)]
    pub backlog: Option<u64>,
    /// Connections closed and opened again each second
    #[arg(long, value_name = "N")]
    pub churn: Option<f64>,
    /// Cores of the generator [default: half of those there are]
    #[arg(long, value_name = "N")]
    pub gen_cores: Option<u16>,
    /// Start of every random choice [default: 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// A name for the run
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Lag of the generator at the 99.9th percentile that voids a run [default: 10ms]
    #[arg(long, value_name = "TIME", value_parser = parse::time)]
    pub lag_limit: Option<Duration>,
}

/// The codec of batches.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodecArg {
    /// As they are.
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

/// Which acknowledgement is waited for.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcksArg {
    /// None.
    #[value(name = "0", alias = "none")]
    None,
    /// The leader's.
    #[value(name = "1", alias = "leader")]
    Leader,
    /// That of all replicas in sync.
    #[value(name = "all", alias = "-1")]
    All,
}

fn slow(text: &str) -> Result<Slow, String> {
    let (per_group, rate) = text.split_once(':').ok_or("write NUMBER:BYTES_PER_SECOND")?;
    let per_group = per_group.parse().map_err(|_| format!("`{per_group}` is no number of consumers"))?;
    Ok(Slow { per_group, bytes_per_second: parse::bytes(rate)? })
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl LoadArgs {
    /// The plan these options ask for, beginning with the plan file's or the default.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let Some(path) = &self.plan else { return Ok(self.change(Plan::default())) };
        let file = |what: String| Failure::new(Code::File, format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| file(format!("cannot be read: {error}")))?;
        let plan = serde_json::from_str(&text).map_err(|error| {
            file(format!("is no plan: {error}"))
                .hint("a plan is the `plan` of an outcome; all its fields may be left out")
        })?;
        Ok(self.change(plan))
    }

    /// A plan with what these options say.
    #[must_use]
    pub fn change(&self, mut plan: Plan) -> Plan {
        if !self.bootstrap.is_empty() {
            plan.bootstrap.clone_from(&self.bootstrap);
        }
        set(&mut plan.name, self.name.clone());
        set(&mut plan.seed, self.seed);
        plan.cores = self.gen_cores.or(plan.cores);
        self.change_rate(&mut plan);
        let topics = &mut plan.topics;
        set(&mut topics.prefix, self.topic.clone());
        set(&mut topics.count, self.topics);
        set(&mut topics.partitions, self.partitions);
        set(&mut topics.replication, self.replication);
        topics.configs.extend(self.topic_config.iter().cloned());
        topics.delete |= self.delete_topics;
        let records = &mut plan.records;
        set(&mut records.size, self.size.clone());
        set(&mut records.random_ratio, self.random);
        set(&mut records.keys, self.keys);
        let producers = &mut plan.producers;
        set(&mut producers.partitioning, self.partition_by.clone());
        set(&mut producers.count, self.producers);
        set(&mut producers.batch_bytes, self.batch);
        set(&mut producers.linger_us, self.linger.map(micros));
        set(&mut producers.codec, self.codec.map(CodecArg::codec));
        producers.level = self.level.or(producers.level);
        if let Some(acks) = self.acks {
            producers.acks = acks.acks();
            producers.idempotent &= producers.acks == Acks::All;
        }
        producers.idempotent &= !self.no_idempotence;
        set(&mut producers.in_flight, self.in_flight);
        set(&mut producers.buffer_bytes, self.buffer);
        producers.request_bytes = producers.request_bytes.max(producers.batch_bytes);
        let consumers = &mut plan.consumers;
        set(&mut consumers.groups, self.groups);
        set(&mut consumers.per_group, self.consumers);
        if self.subscribe {
            consumers.assignment = Assignment::Group;
        }
        consumers.slow = self.slow.or(consumers.slow);
        plan.backlog = self.backlog.map(|bytes| Backlog { bytes, drained_ratio: 0.0 }).or(plan.backlog);
        plan.churn = self.churn.map(|per_second| Churn { per_second }).or(plan.churn);
        set(&mut plan.limits.lag_us, self.lag_limit.map(micros));
        plan
    }

    fn change_rate(&self, plan: &mut Plan) {
        let average = match self.rate {
            Some(RateText::PerSecond(per_second)) => Some(per_second),
            Some(RateText::Max) | None => plan.rate.per_second(),
        };
        match (&self.shape, self.rate) {
            (_, Some(RateText::Max)) => plan.rate = Rate::Max,
            (Some(shape), _) => plan.rate = shape.clone().at(average.unwrap_or(10_000.0)),
            (None, Some(RateText::PerSecond(per_second))) => plan.rate = plan.rate.at(per_second),
            (None, None) => {}
        }
        set(&mut plan.duration_ms, self.duration.map(millis));
        if let Some(WarmupText::Between(min, max)) = self.warmup {
            plan.warmup.min_ms = millis(min);
            plan.warmup.max_ms = millis(max);
        }
    }
}

impl CodecArg {
    fn codec(self) -> Codec {
        match self {
            CodecArg::None => Codec::None,
            CodecArg::Gzip => Codec::Gzip,
            CodecArg::Snappy => Codec::Snappy,
            CodecArg::Lz4 => Codec::Lz4,
            CodecArg::Zstd => Codec::Zstd,
        }
    }
}

impl AcksArg {
    fn acks(self) -> Acks {
        match self {
            AcksArg::None => Acks::None,
            AcksArg::Leader => Acks::Leader,
            AcksArg::All => Acks::All,
        }
    }
}
