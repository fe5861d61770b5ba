//! Driver files of the OpenMessaging Benchmark: how its Kafka clients were set up. [`Driver::apply`] sets up ours alike, as
//! far as the same thing exists here, and lists the rest by name; nothing is passed over in silence.
//!
//! What a file does not set has the default of Kafka's Java client, not ours.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::plan::{Acks, Codec, Partitioning, Plan, Problem};

mod properties;

/// A driver file.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    /// What results call it.
    pub name: String,
    replication: Option<i16>,
    topic: Vec<(String, String)>,
    common: Vec<(String, String)>,
    producer: Vec<(String, String)>,
    consumer: Vec<(String, String)>,
    unknown: Vec<Unmapped>,
}

/// A key that has no effect here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    /// Where it stands and what it is called: `producerConfig: transactional.id`.
    pub key: String,
    /// Why, and what is done instead.
    pub why: String,
}

impl std::fmt::Display for Unmapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.why)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct File {
    name: String,
    replication_factor: Option<i16>,
    topic_config: String,
    common_config: String,
    producer_config: String,
    consumer_config: String,
}

const FILE_KEYS: [&str; 7] =
    ["name", "driverClass", "replicationFactor", "topicConfig", "commonConfig", "producerConfig", "consumerConfig"];

/// What a client setting comes to.
enum Fate {
    /// It is in the plan now, or holds anyway.
    Done,
    /// It has no effect, because.
    None(&'static str),
    /// Its value is none: what it should be.
    Bad(&'static str),
    /// Nobody here knows it.
    Unknown,
}

/// The last value of each key, in order of the keys.
type Settings<'a> = BTreeMap<&'a str, &'a str>;

impl Driver {
    /// Reads a driver file.
    pub fn from_yaml(text: &str) -> Result<Driver, Problem> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?;
        let keys: BTreeMap<String, IgnoredAny> = serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?;
        let unknown = keys.into_keys().filter(|key| !FILE_KEYS.contains(&key.as_str()));
        let name = if file.name.is_empty() { "Kafka".to_owned() } else { file.name };
        Ok(Driver {
            name,
            replication: file.replication_factor,
            topic: properties::parse(&file.topic_config),
            common: properties::parse(&file.common_config),
            producer: properties::parse(&file.producer_config),
            consumer: properties::parse(&file.consumer_config),
            unknown: unknown.map(|key| Unmapped { key, why: "is unknown here".to_owned() }).collect(),
        })
    }

    /// Sets up the plan's clients as the driver's were; says what had no effect, and everything that is wrong.
    pub fn apply(&self, plan: &mut Plan) -> Result<Vec<Unmapped>, Vec<Problem>> {
        java_defaults(plan);
        let mut unmapped = self.unknown.clone();
        let mut problems = Vec::new();
        if let Some(replication) = self.replication {
            plan.topics.replication = replication;
        }
        plan.topics.configs.extend(self.topic.iter().cloned());
        let producer = settings(&self.common, &self.producer);
        let consumer = settings(&self.common, &self.consumer);
        let own = |block: &[(String, String)], key: &str| block.iter().any(|(k, _)| k == key);
        for (block, entries) in [("commonConfig", &self.common), ("producerConfig", &self.producer)] {
            for (key, value) in &producer {
                let here = own(entries, key) && (block == "producerConfig" || !own(&self.producer, key));
                if !here {
                    continue;
                }
                let mut fate = producer_setting(plan, &producer, key, value);
                // A setting that both clients get counts if either knows it.
                if matches!(fate, Fate::Unknown) && block == "commonConfig" {
                    fate = consumer_setting(plan, key, value);
                }
                settle(fate, block, key, value, &mut unmapped, &mut problems);
            }
        }
        settle_idempotence(plan, &producer);
        for (key, value) in &consumer {
            let fate = consumer_setting(plan, key, value);
            // What both have in common has been said with the producer's.
            if own(&self.consumer, key) {
                settle(fate, "consumerConfig", key, value, &mut unmapped, &mut problems);
            }
        }
        if problems.is_empty() { Ok(unmapped) } else { Err(problems) }
    }
}

fn unreadable(error: &serde_saphyr::Error) -> Problem {
    Problem { field: "driver".to_owned(), message: format!("this is no driver file: {error}") }
}

fn settings<'a>(common: &'a [(String, String)], own: &'a [(String, String)]) -> Settings<'a> {
    common.iter().chain(own).map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

fn settle(fate: Fate, block: &str, key: &str, value: &str, unmapped: &mut Vec<Unmapped>, problems: &mut Vec<Problem>) {
    let name = format!("{block}: {key}");
    match fate {
        Fate::Done => {}
        Fate::None(why) => unmapped.push(Unmapped { key: name, why: why.to_owned() }),
        Fate::Unknown => unmapped.push(Unmapped { key: name, why: "has no counterpart here".to_owned() }),
        Fate::Bad(wanted) => problems.push(Problem { field: name, message: format!("`{value}`: {wanted}") }),
    }
}

/// What Kafka's Java client does unless told otherwise.
fn java_defaults(plan: &mut Plan) {
    let producers = &mut plan.producers;
    producers.batch_bytes = 16_384;
    producers.linger_us = 5_000;
    producers.codec = Codec::None;
    producers.level = None;
    producers.acks = Acks::All;
    producers.idempotent = true;
    producers.in_flight = 5;
    producers.request_bytes = 1_048_576;
    producers.buffer_bytes = 33_554_432;
    producers.partitioning = Partitioning::Auto;
    producers.request_timeout_ms = 30_000;
    producers.delivery_timeout_ms = 120_000;
    let consumers = &mut plan.consumers;
    consumers.fetch_min_bytes = 1;
    consumers.fetch_wait_ms = 500;
    consumers.fetch_bytes = 52_428_800;
    consumers.partition_bytes = 1_048_576;
    consumers.check_crc = true;
    consumers.commit_ms = 5_000;
    consumers.session_ms = 45_000;
}

/// Unless it is asked for, Kafka's producer gives up sequence numbers where another setting rules them out.
fn settle_idempotence(plan: &mut Plan, settings: &Settings<'_>) {
    if !settings.contains_key("enable.idempotence") {
        let retries = settings.get("retries").is_none_or(|retries| *retries != "0");
        let producers = &mut plan.producers;
        producers.idempotent = producers.acks == Acks::All && producers.in_flight <= 5 && retries;
    }
}

fn producer_setting(plan: &mut Plan, all: &Settings<'_>, key: &str, value: &str) -> Fate {
    let producers = &mut plan.producers;
    match key {
        "acks" => choose(&mut producers.acks, acks(value), "write all, 1 or 0"),
        "linger.ms" => choose(&mut producers.linger_us, micros(value), "write milliseconds"),
        "batch.size" => number(&mut producers.batch_bytes, value),
        "compression.type" => choose(&mut producers.codec, codec(value), "write none, gzip, snappy, lz4 or zstd"),
        "compression.gzip.level" | "compression.lz4.level" | "compression.zstd.level" => {
            let used = all.get("compression.type").is_some_and(|codec| key.split('.').nth(1) == Some(codec));
            match (used, value.parse()) {
                (_, Err(_)) => Fate::Bad("write a number"),
                (true, Ok(level)) => {
                    producers.level = Some(level);
                    Fate::Done
                }
                (false, Ok(_)) => Fate::None("another codec is in use, so this has no effect with Kafka either"),
            }
        }
        "enable.idempotence" => choose(&mut producers.idempotent, truth(value), "write true or false"),
        "max.in.flight.requests.per.connection" => number(&mut producers.in_flight, value),
        "max.request.size" => number(&mut producers.request_bytes, value),
        "request.timeout.ms" => number(&mut producers.request_timeout_ms, value),
        "delivery.timeout.ms" => number(&mut producers.delivery_timeout_ms, value),
        "buffer.memory" => match number(&mut producers.buffer_bytes, value) {
            Fate::Done => Fate::None("bounds what a core of the generator holds, where Kafka's is a producer's own"),
            bad => bad,
        },
        "partitioner.class" => match value.rsplit('.').next() {
            Some("RoundRobinPartitioner") => {
                producers.partitioning = Partitioning::RoundRobin;
                Fate::Done
            }
            _ => Fate::None("is code of its own; partitions are chosen as Kafka's client does by default"),
        },
        // A batch is sent again until the delivery timeout, which is what Kafka's default says too.
        "retries" if value == "2147483647" => Fate::Done,
        "retries" => Fate::None("a batch is sent again until delivery.timeout.ms is over"),
        "transactional.id" => Fate::None("there are no transactions here; the run is made without"),
        "max.block.ms" => {
            Fate::None("the schedule never waits: what finds no room counts from when it should have left")
        }
        _ => shared_setting(plan, key, value),
    }
}

fn consumer_setting(plan: &mut Plan, key: &str, value: &str) -> Fate {
    let consumers = &mut plan.consumers;
    match key {
        "fetch.min.bytes" => number(&mut consumers.fetch_min_bytes, value),
        "fetch.max.wait.ms" => number(&mut consumers.fetch_wait_ms, value),
        "fetch.max.bytes" => number(&mut consumers.fetch_bytes, value),
        "max.partition.fetch.bytes" => number(&mut consumers.partition_bytes, value),
        "check.crcs" => choose(&mut consumers.check_crc, truth(value), "write true or false"),
        "auto.commit.interval.ms" => number(&mut consumers.commit_ms, value),
        "session.timeout.ms" => number(&mut consumers.session_ms, value),
        "enable.auto.commit" => match truth(value) {
            Some(true) => Fate::Done,
            Some(false) => {
                Fate::None("offsets are committed every few seconds, not after each poll: consumers.commit_ms")
            }
            None => Fate::Bad("write true or false"),
        },
        "auto.offset.reset" => match value {
            "earliest" | "latest" | "none" => {
                Fate::None("reading begins where the topic ends when the run begins, so that old records do not count")
            }
            _ => Fate::Bad("write earliest, latest or none"),
        },
        "group.id" => Fate::Done, // the benchmark gives every subscription a group of its own, and so does the plan
        "max.poll.records" | "max.poll.interval.ms" => {
            Fate::None("nothing polls here: what a fetch brings is read at once")
        }
        "isolation.level" if value == "read_uncommitted" => Fate::Done,
        _ => shared_setting(plan, key, value),
    }
}

fn shared_setting(plan: &mut Plan, key: &str, value: &str) -> Fate {
    match key {
        "bootstrap.servers" => {
            plan.bootstrap = value.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
            if plan.bootstrap.is_empty() { Fate::Bad("write host:port, with commas between them") } else { Fate::Done }
        }
        "client.id" if value.contains('{') => Fate::None("names a zone, which there is none of"),
        "client.id" => {
            plan.client_id = value.to_owned();
            Fate::Done
        }
        "security.protocol" if value == "PLAINTEXT" => Fate::Done,
        "security.protocol" => Fate::None("connections are plain TCP"),
        // The benchmark sets these itself: keys are text, values bytes.
        "key.serializer" | "value.serializer" | "key.deserializer" | "value.deserializer" => Fate::Done,
        "default.api.timeout.ms" => Fate::None("bounds administration, whose timeout is fixed here"),
        _ => Fate::Unknown,
    }
}

fn choose<T>(field: &mut T, value: Option<T>, wanted: &'static str) -> Fate {
    match value {
        Some(value) => {
            *field = value;
            Fate::Done
        }
        None => Fate::Bad(wanted),
    }
}

fn number<N: std::str::FromStr>(field: &mut N, value: &str) -> Fate {
    choose(field, value.parse().ok(), "write a number that is not negative")
}

fn micros(ms: &str) -> Option<u64> {
    ms.parse::<u64>().ok()?.checked_mul(1000)
}

fn truth(value: &str) -> Option<bool> {
    value.to_ascii_lowercase().parse().ok()
}

fn acks(value: &str) -> Option<Acks> {
    match value {
        "all" | "-1" => Some(Acks::All),
        "1" => Some(Acks::Leader),
        "0" => Some(Acks::None),
        _ => None,
    }
}

fn codec(value: &str) -> Option<Codec> {
    match value {
        "none" => Some(Codec::None),
        "gzip" => Some(Codec::Gzip),
        "snappy" => Some(Codec::Snappy),
        "lz4" => Some(Codec::Lz4),
        "zstd" => Some(Codec::Zstd),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apply(yaml: &str) -> (Plan, Result<Vec<Unmapped>, Vec<Problem>>) {
        let mut plan = Plan::default();
        let said = Driver::from_yaml(yaml).expect("a driver file").apply(&mut plan);
        (plan, said)
    }

    fn keys(unmapped: &[Unmapped]) -> Vec<&str> {
        unmapped.iter().map(|u| u.key.as_str()).collect()
    }

    #[test]
    fn every_setting_with_a_counterpart_reaches_the_plan() {
        let (plan, said) = apply(include_str!("../../testdata/omb/driver-all-settings.yaml"));
        assert_eq!(keys(&said.expect("no problem")), ["producerConfig: buffer.memory"]);
        assert_eq!(plan.validate(), Ok(()));
        assert_eq!(plan.bootstrap, ["one:9092", "two:9093"]);
        assert_eq!(plan.client_id, "river");
        assert_eq!(plan.topics.replication, 3);
        assert_eq!(plan.topics.configs["min.insync.replicas"], "2");
        let p = &plan.producers;
        assert_eq!((p.acks, p.linger_us, p.batch_bytes), (Acks::Leader, 7_000, 131_072));
        assert_eq!((p.codec, p.level, p.idempotent, p.in_flight), (Codec::Zstd, Some(4), false, 9));
        assert_eq!((p.request_bytes, p.buffer_bytes), (4_194_304, 67_108_864));
        assert_eq!((p.request_timeout_ms, p.delivery_timeout_ms), (15_000, 60_000));
        assert_eq!(p.partitioning, Partitioning::RoundRobin);
        let c = &plan.consumers;
        assert_eq!((c.fetch_min_bytes, c.fetch_wait_ms, c.fetch_bytes), (1000, 100, 10_000_000));
        assert_eq!((c.partition_bytes, c.check_crc, c.commit_ms, c.session_ms), (10_485_760, false, 1000, 30_000));
    }

    #[test]
    fn what_has_no_counterpart_is_listed_by_name_and_place() {
        let (_, said) = apply(include_str!("../../testdata/omb/driver-unmapped.yaml"));
        let said = said.expect("no problem");
        assert_eq!(
            keys(&said),
            [
                "deployment",
                "commonConfig: default.api.timeout.ms",
                "commonConfig: sasl.mechanism",
                "commonConfig: security.protocol",
                "producerConfig: compression.gzip.level",
                "producerConfig: interceptor.classes",
                "producerConfig: transactional.id",
                "consumerConfig: auto.offset.reset",
                "consumerConfig: enable.auto.commit",
                "consumerConfig: isolation.level",
                "consumerConfig: max.poll.records",
            ]
        );
        assert!(said.iter().all(|u| !u.why.is_empty()));
    }

    #[test]
    fn what_is_not_set_is_as_in_the_java_client() {
        let (plan, said) =
            apply("name: Kafka\nreplicationFactor: 1\ncommonConfig: |\n  bootstrap.servers=localhost:9092\n");
        assert_eq!(said, Ok(Vec::new()));
        assert_eq!((plan.producers.batch_bytes, plan.producers.linger_us), (16_384, 5_000));
        assert_eq!((plan.producers.idempotent, plan.consumers.fetch_bytes), (true, 52_428_800));
        // sequence numbers go where another setting rules them out, and are an error where they were asked for
        let (plan, _) = apply("producerConfig: |\n  acks=1\n");
        assert!(!plan.producers.idempotent);
        let (plan, _) = apply("producerConfig: |\n  acks=1\n  enable.idempotence=true\n");
        assert_eq!(plan.validate().expect_err("a contradiction")[0].field, "producers.acks");
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let (_, said) =
            apply("producerConfig: |\n  acks=two\n  linger.ms=soon\nconsumerConfig: |\n  check.crcs=maybe\n");
        let found: Vec<String> = said.expect_err("three problems").iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "producerConfig: acks: `two`: write all, 1 or 0",
                "producerConfig: linger.ms: `soon`: write milliseconds",
                "consumerConfig: check.crcs: `maybe`: write true or false",
            ]
        );
        assert!(Driver::from_yaml("- a\n- b\n").expect_err("a list").message.contains("no driver file"));
        assert!(Driver::from_yaml("replicationFactor: many\n").is_err());
    }
    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_key_nobody_knows_is_listed_wherever_it_stands(key in "x[a-z.]{0,20}", block in 0usize..3) {
            let block = ["commonConfig", "producerConfig", "consumerConfig"][block];
            let (plan, said) = apply(&format!("{block}: |\n  {key}=1\n"));
            let said = said.expect("no problem");
            prop_assert_eq!(keys(&said), [format!("{block}: {key}")]);
            prop_assert_eq!(plan.validate(), Ok(()));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}", block in "(?s).{0,200}") {
            let _ = Driver::from_yaml(&text);
            let quoted = serde_json::to_string(&block).expect("a text");
            if let Ok(driver) = Driver::from_yaml(&format!("producerConfig: {quoted}\nconsumerConfig: {quoted}\n")) {
                let _ = driver.apply(&mut Plan::default());
            }
        }
    }
}
