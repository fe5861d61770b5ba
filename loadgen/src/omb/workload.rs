//! A workload file of the OpenMessaging Benchmark: what is written, by how many, how fast and for how long.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::driver::Unmapped;
use crate::plan::{Assignment, Backlog, Keys, Plan, Problem, Rate, Size, Warmup};

/// A workload, with the file's own names and defaults. Minutes need not be whole here, so that a run can be short.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Workload {
    name: String,
    topics: u32,
    partitions_per_topic: u32,
    key_distributor: KeyDistributor,
    message_size: u32,
    use_randomized_payloads: bool,
    random_bytes_ratio: f64,
    randomized_payload_pool_size: u32,
    payload_file: Option<PathBuf>,
    subscriptions_per_topic: u32,
    producers_per_topic: u32,
    consumer_per_subscription: u32,
    producer_rate: f64,
    #[serde(rename = "consumerBacklogSizeGB")]
    consumer_backlog_size_gb: f64,
    backlog_drain_ratio: f64,
    test_duration_minutes: f64,
    warmup_duration_minutes: f64,
}

/// Which key a record has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum KeyDistributor {
    #[default]
    NoKey,
    KeyRoundRobin,
    RandomNano,
}

impl Default for Workload {
    fn default() -> Workload {
        Workload {
            name: String::new(),
            topics: 0,
            partitions_per_topic: 0,
            key_distributor: KeyDistributor::NoKey,
            message_size: 0,
            use_randomized_payloads: false,
            random_bytes_ratio: 0.0,
            randomized_payload_pool_size: 0,
            payload_file: None,
            subscriptions_per_topic: 0,
            producers_per_topic: 0,
            consumer_per_subscription: 0,
            producer_rate: 0.0,
            consumer_backlog_size_gb: 0.0,
            backlog_drain_ratio: 1.0,
            test_duration_minutes: 0.0,
            warmup_duration_minutes: 1.0,
        }
    }
}

const FILE_KEYS: [&str; 17] = [
    "name",
    "topics",
    "partitionsPerTopic",
    "keyDistributor",
    "messageSize",
    "useRandomizedPayloads",
    "randomBytesRatio",
    "randomizedPayloadPoolSize",
    "payloadFile",
    "subscriptionsPerTopic",
    "producersPerTopic",
    "consumerPerSubscription",
    "producerRate",
    "consumerBacklogSizeGB",
    "backlogDrainRatio",
    "testDurationMinutes",
    "warmupDurationMinutes",
];

/// The benchmark makes so many different keys, of so many bytes each.
const KEYS: u64 = 10_000;
const KEY_BYTES: u32 = 10;

/// The benchmark's gigabyte.
const GB: f64 = 1_073_741_824.0;

/// A longer run is a mistake in a number.
const MINUTES_MAX: f64 = 60.0 * 24.0 * 30.0;

/// Letters of a topic's name that come from the workload's: room is left for the number behind it.
const PREFIX_MAX: usize = 200;

impl Workload {
    /// Reads a workload file; keys it does not know are told beside it.
    pub fn from_yaml(text: &str) -> Result<(Workload, Vec<Unmapped>), Problem> {
        let unreadable = |error: serde_saphyr::Error| Problem {
            field: "workload".to_owned(),
            message: format!("this is no workload file: {error}"),
        };
        let workload = serde_saphyr::from_str(text).map_err(unreadable)?;
        let keys: BTreeMap<String, IgnoredAny> = serde_saphyr::from_str(text).map_err(unreadable)?;
        let unknown = keys.into_keys().filter(|key| !FILE_KEYS.contains(&key.as_str()));
        Ok((workload, unknown.map(|key| unmapped(&key, "is unknown here")).collect()))
    }

    /// Whether the highest rate is to be found.
    pub fn finds_maximum(&self) -> bool {
        self.producer_rate == 0.0
    }

    /// Puts the workload into a plan; says what had no effect, and everything that is wrong.
    pub fn apply(
        &self,
        plan: &mut Plan,
        payload: impl FnOnce(&Path) -> Option<Vec<u8>>,
    ) -> Result<Vec<Unmapped>, Vec<Problem>> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut left = Vec::new();
        if !self.name.is_empty() {
            plan.name.clone_from(&self.name);
        }
        plan.topics.prefix = prefix(&plan.name);
        (plan.topics.count, plan.topics.partitions) = (self.topics, self.partitions_per_topic);
        // `problems` has seen to it that the products fit.
        plan.producers.count = self.topics * self.producers_per_topic;
        plan.consumers.groups = self.subscriptions_per_topic;
        plan.consumers.per_group = self.topics * self.consumer_per_subscription;
        plan.consumers.assignment = Assignment::Group;
        plan.rate = if self.finds_maximum() { Rate::Max } else { Rate::Constant { per_second: self.producer_rate } };
        plan.duration_ms = millis(self.test_duration_minutes);
        let warmup_ms = millis(self.warmup_duration_minutes);
        plan.warmup = Warmup { min_ms: warmup_ms, max_ms: warmup_ms, ..plan.warmup };
        plan.backlog = (self.consumer_backlog_size_gb > 0.0).then(|| Backlog {
            bytes: (self.consumer_backlog_size_gb * GB) as u64,
            // A ratio of 0 does not wait for the drain; a plan comes near to it.
            drained_ratio: (1.0 - self.backlog_drain_ratio).min(0.999_999),
        });
        self.apply_records(plan, payload, &mut left);
        Ok(left)
    }

    fn apply_records(&self, plan: &mut Plan, payload: impl FnOnce(&Path) -> Option<Vec<u8>>, left: &mut Vec<Unmapped>) {
        let records = &mut plan.records;
        records.size = Size::Fixed { bytes: self.message_size };
        records.keys = match self.key_distributor {
            KeyDistributor::NoKey => Keys::None,
            KeyDistributor::KeyRoundRobin => Keys::RoundRobin { count: KEYS },
            // The benchmark takes the clock's nanoseconds for random.
            KeyDistributor::RandomNano => Keys::Uniform { count: KEYS },
        };
        records.key_bytes = KEY_BYTES;
        if self.use_randomized_payloads {
            records.random_ratio = self.random_bytes_ratio;
            if self.randomized_payload_pool_size > 0 {
                left.push(unmapped(
                    "randomizedPayloadPoolSize",
                    "values are taken from a pool of bytes, each at another place: there are more of them",
                ));
            }
            return;
        }
        let Some(path) = &self.payload_file else { return };
        match payload(path) {
            Some(bytes) => {
                records.random_ratio = randomness(&bytes);
                let why = "its bytes are not sent; the values are bytes that compress alike: records.random_ratio";
                left.push(unmapped("payloadFile", why));
            }
            None => {
                let why = "cannot be read; the values are random bytes instead, which do not compress";
                left.push(unmapped("payloadFile", why));
            }
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |good: bool, field: &str, message: &str| {
            if !good {
                problems.push(Problem { field: format!("workload: {field}"), message: message.to_owned() });
            }
        };
        check(self.topics > 0, "topics", "write a number above 0");
        check(self.partitions_per_topic > 0, "partitionsPerTopic", "write a number above 0");
        check(self.message_size > 0, "messageSize", "write a number of bytes above 0");
        let producers = self.topics.checked_mul(self.producers_per_topic);
        check(
            producers.is_some_and(|n| n > 0 || self.topics == 0) && self.producers_per_topic > 0,
            "producersPerTopic",
            "write a number above 0 that can be had for every topic",
        );
        let consumers = self.topics.checked_mul(self.consumer_per_subscription);
        check(consumers.is_some(), "consumerPerSubscription", "write a number that can be had for every topic");
        check((0.0..=1.0).contains(&self.random_bytes_ratio), "randomBytesRatio", "write a number from 0 to 1");
        check(
            self.producer_rate >= 0.0 && self.producer_rate.is_finite(),
            "producerRate",
            "write a number of records a second, or 0 to find the highest",
        );
        let duration = self.test_duration_minutes;
        check(
            duration > 0.0 && duration <= MINUTES_MAX,
            "testDurationMinutes",
            "write minutes above 0; a run has an end here",
        );
        check(
            (0.0..=MINUTES_MAX).contains(&self.warmup_duration_minutes),
            "warmupDurationMinutes",
            "write minutes, 0 for none",
        );
        let gigabytes = self.consumer_backlog_size_gb;
        check((0.0..=1e6).contains(&gigabytes), "consumerBacklogSizeGB", "write gigabytes, 0 for none");
        check((0.0..=1.0).contains(&self.backlog_drain_ratio), "backlogDrainRatio", "write a number from 0 to 1");
        check(
            gigabytes == 0.0 || !self.finds_maximum(),
            "producerRate",
            "write a rate: the highest cannot be found while a backlog is built",
        );
        check(
            gigabytes == 0.0 || (self.subscriptions_per_topic > 0 && self.consumer_per_subscription > 0),
            "consumerBacklogSizeGB",
            "a backlog needs consumers: subscriptionsPerTopic and consumerPerSubscription",
        );
        problems
    }
}

fn unmapped(key: &str, why: &str) -> Unmapped {
    Unmapped { key: format!("workload: {key}"), why: why.to_owned() }
}

fn millis(minutes: f64) -> u64 {
    (minutes * 60_000.0).round() as u64
}

/// A topic's name from a workload's: letters it may not have become one dash each, several become one.
fn prefix(name: &str) -> String {
    let mut prefix = String::from("omb");
    let mut dash = true;
    for c in name.chars().take(PREFIX_MAX) {
        if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
            if dash {
                prefix.push('-');
            }
            prefix.push(c.to_ascii_lowercase());
            dash = false;
        } else {
            dash = true;
        }
    }
    prefix
}

/// How much of the bytes is random, as a codec that looks at single bytes sees it: their entropy, 8 bits being all.
fn randomness(bytes: &[u8]) -> f64 {
    let mut counts = [0u64; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let share = |n: u64| n as f64 / bytes.len() as f64;
    let bits: f64 = counts.iter().filter(|n| **n > 0).map(|n| -share(*n) * share(*n).log2()).sum();
    // Two digits are more than the estimate is good for.
    (bits / 8.0 * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(text: &str) -> (Workload, Plan, Vec<Unmapped>) {
        let (workload, mut left) = Workload::from_yaml(text).expect("a workload");
        let mut plan = Plan::default();
        left.extend(workload.apply(&mut plan, |_| None).expect("no problem"));
        (workload, plan, left)
    }

    #[test]
    fn a_workload_reaches_the_plan() {
        let (_, plan, left) = apply(include_str!("../../testdata/omb/workload-random-payloads.yaml"));
        assert_eq!(plan.validate(), Ok(()));
        assert_eq!(plan.name, "4 topics, 8 producers: 1 KiB!");
        assert_eq!(plan.topics.prefix, "omb-4-topics-8-producers-1-kib");
        assert_eq!((plan.topics.count, plan.topics.partitions), (4, 16));
        assert_eq!((plan.producers.count, plan.consumers.groups, plan.consumers.per_group), (8, 3, 20));
        assert_eq!(plan.consumers.assignment, Assignment::Group);
        assert_eq!(plan.rate, Rate::Constant { per_second: 50_000.0 });
        assert_eq!((plan.duration_ms, plan.warmup.min_ms, plan.warmup.max_ms), (900_000, 60_000, 60_000));
        assert_eq!(plan.records.size, Size::Fixed { bytes: 1024 });
        assert_eq!((plan.records.random_ratio, plan.records.keys), (0.3, Keys::Uniform { count: 10_000 }));
        assert_eq!(plan.backlog, None);
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn a_backlog_and_a_maximum_are_asked_for_as_the_benchmark_does() {
        let (_, plan, _) = apply(include_str!("../../testdata/omb/workload-backlog.yaml"));
        let backlog = plan.backlog.expect("a backlog");
        assert_eq!(backlog.bytes, 2 << 30);
        assert!((backlog.drained_ratio - 0.01).abs() < 1e-9);
        assert_eq!((plan.warmup.max_ms, plan.records.keys), (0, Keys::RoundRobin { count: 10_000 }));
        assert_eq!(plan.validate(), Ok(()));
        let (workload, plan, left) = apply(include_str!("../../testdata/omb/workload-maximum.yaml"));
        assert!(workload.finds_maximum());
        assert_eq!((plan.rate.clone(), plan.validate()), (Rate::Max, Ok(())));
        let left: Vec<&str> = left.iter().map(|u| u.key.as_str()).collect();
        assert_eq!(left, ["workload: consumerGroups", "workload: payloadFile"]);
    }

    #[test]
    fn what_cannot_be_run_is_said_with_its_key() {
        let found = |text: &str| {
            let (workload, _) = Workload::from_yaml(text).expect("a workload");
            let problems = workload.apply(&mut Plan::default(), |_| None).expect_err("problems");
            problems.into_iter().map(|p| p.field).collect::<Vec<_>>()
        };
        let fine = "topics: 1\npartitionsPerTopic: 1\nmessageSize: 10\nproducersPerTopic: 1\ntestDurationMinutes: 1\n";
        assert_eq!(found(&format!("{fine}randomBytesRatio: 2\nwarmupDurationMinutes: -1\n")).len(), 2);
        assert_eq!(
            found(&format!("{fine}consumerBacklogSizeGB: 1\n")),
            ["workload: producerRate", "workload: consumerBacklogSizeGB"]
        );
        let many =
            fine.replace("topics: 1", "topics: 4000000000").replace("producersPerTopic: 1", "producersPerTopic: 2");
        assert_eq!(found(&many), ["workload: producersPerTopic"]);
        for bad in ["topics: many\n", "keyDistributor: SOMETIMES\n", "- topics\n", "topics: [1\n"] {
            let problem = Workload::from_yaml(bad).expect_err("no workload");
            assert!(problem.message.starts_with("this is no workload file"), "{problem}");
        }
    }

    #[test]
    fn a_file_that_unfolds_without_end_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..30 {
            let again = vec![format!("*a{}", n - 1); 10].join(", ");
            bomb.push_str(&format!("a{n}: &a{n} [{again}]\n"));
        }
        assert!(Workload::from_yaml(&bomb).is_err());
        assert!(Workload::from_yaml(&format!("name: {}", "[".repeat(100_000))).is_err());
    }

    #[test]
    fn a_payload_compresses_as_its_bytes_do() {
        let hex: Vec<u8> = (0..4096u32).map(|n| b"0123456789abcdef"[(n % 16) as usize]).collect();
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!((randomness(&hex), randomness(&all), randomness(&[7; 99]), randomness(&[])), (0.5, 1.0, 0.0, 0.0));
    }
}
