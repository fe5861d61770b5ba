//! Everything that can be wrong with a plan, said at once.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Acks, Keys, Partitioning, Plan, Rate, Size, VALUE_BYTES_MAX, VERIFY_BYTES_MIN};

/// What is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The field, as it is called in JSON: `producers.batch_bytes`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

const BATCH_BYTES_MIN: u32 = 256;
const BATCH_BYTES_MAX: u32 = 64 << 20;
const PRODUCERS_MAX: u32 = 100_000;
const CONSUMERS_MAX: u64 = 100_000;
const TOPICS_MAX: u32 = 100_000;
const PARTITIONS_MAX: u64 = 1_000_000;
const VERIFIED_KEYS_MAX: u64 = 16_000_000;
const PER_SECOND_MAX: f64 = 1e9;
const TOPIC_NAME_MAX: usize = 249;

const KEYS_MAX: u64 = 1 << 32;

impl Plan {
    /// Everything that is wrong with it.
    pub fn validate(&self) -> Result<(), Vec<Problem>> {
        let mut found = Findings(Vec::new());
        self.check_topics(&mut found);
        self.check_rate(&mut found);
        self.check_records(&mut found);
        self.check_producers(&mut found);
        self.check_consumers(&mut found);
        if found.0.is_empty() { Ok(()) } else { Err(found.0) }
    }

    fn check_topics(&self, found: &mut Findings) {
        for address in &self.bootstrap {
            let port = address.rsplit_once(':').and_then(|(host, port)| (!host.is_empty()).then_some(port));
            let port = port.and_then(|port| port.parse::<u16>().ok());
            found.check(port.is_some_and(|port| port > 0), "bootstrap", || {
                format!("`{address}` is no address: write host:port")
            });
        }
        found.check(self.cores != Some(0), "cores", || "at least one is needed".to_owned());
        let topics = &self.topics;
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let longest = self.topic_names().last().map_or(0, String::len);
        found.check(
            !topics.prefix.is_empty() && longest <= TOPIC_NAME_MAX && topics.prefix.bytes().all(legal),
            "topics.prefix",
            || format!("`{}` cannot name a topic: 1 to 249 letters, digits, `.`, `_` and `-`", topics.prefix),
        );
        found.check((1..=TOPICS_MAX).contains(&topics.count), "topics.count", || format!("1 to {TOPICS_MAX}"));
        let partitions = u64::from(topics.count) * u64::from(topics.partitions);
        found.check(topics.partitions > 0 && partitions <= PARTITIONS_MAX, "topics.partitions", || {
            format!("at least one, and at most {PARTITIONS_MAX} over all topics")
        });
        found.check(topics.replication == -1 || topics.replication > 0, "topics.replication", || {
            "a number of copies, or -1 for the broker's default".to_owned()
        });
    }

    fn check_rate(&self, found: &mut Findings) {
        let good = |rate: f64| rate.is_finite() && rate > 0.0 && rate <= PER_SECOND_MAX;
        let wanted = || format!("a number of records a second, above 0 and up to {PER_SECOND_MAX:e}");
        match &self.rate {
            Rate::Max => {}
            Rate::Constant { per_second } | Rate::Poisson { per_second } => {
                found.check(good(*per_second), "rate.per_second", wanted);
            }
            Rate::Burst { per_second, records } => {
                found.check(good(*per_second), "rate.per_second", wanted);
                found.check(*records > 0, "rate.records", || "a burst has at least one record".to_owned());
            }
            Rate::Sine { per_second, amplitude, period_ms } => {
                found.check(good(*per_second), "rate.per_second", wanted);
                found.check((0.0..=1.0).contains(amplitude), "rate.amplitude", || "0 to 1".to_owned());
                found.check(*period_ms > 0, "rate.period_ms", || "at least one millisecond".to_owned());
            }
            Rate::Steps { steps } => {
                found.check(!steps.is_empty(), "rate.steps", || "at least one step is needed".to_owned());
                found.check(steps.iter().all(|s| good(s.per_second)), "rate.steps", wanted);
                found.check(steps.iter().all(|s| s.for_ms > 0), "rate.steps", || "every step takes time".to_owned());
            }
        }
        found.check(self.duration_ms > 0, "duration_ms", || "at least one millisecond".to_owned());
        let warmup = &self.warmup;
        found.check(warmup.min_ms <= warmup.max_ms, "warmup.min_ms", || "not more than warmup.max_ms".to_owned());
        found.check(warmup.max_ms == 0 || warmup.windows >= 2, "warmup.windows", || {
            "two windows at least: one always agrees with itself".to_owned()
        });
        found.check(warmup.tolerance > 0.0 && warmup.tolerance.is_finite(), "warmup.tolerance", || {
            "above 0: no two windows are equal".to_owned()
        });
        let limits = &self.limits;
        found.check(limits.lag_us > 0, "limits.lag_us", || "at least one microsecond".to_owned());
        found
            .check(limits.cpu_ratio > 0.0 && limits.cpu_ratio <= 1.0, "limits.cpu_ratio", || "above 0, up to 1".into());
        if let Some(churn) = self.churn {
            found.check(good(churn.per_second), "churn.per_second", || "a number of connections a second".to_owned());
        }
    }

    fn check_records(&self, found: &mut Findings) {
        let records = &self.records;
        let (smallest, largest) = records.size.bounds();
        found.check(smallest <= largest && largest <= VALUE_BYTES_MAX, "records.size", || {
            format!("the smallest first, and at most {VALUE_BYTES_MAX} bytes")
        });
        match &records.size {
            Size::Normal { mean_bytes, deviation_bytes, .. } => {
                let good = mean_bytes.is_finite() && deviation_bytes.is_finite() && *deviation_bytes >= 0.0;
                found.check(good, "records.size", || "mean and deviation are numbers".to_owned());
            }
            Size::Weighted { sizes } => {
                let good = sizes.iter().all(|s| s.weight.is_finite() && s.weight >= 0.0);
                let some = sizes.iter().map(|s| s.weight).sum::<f64>() > 0.0;
                found.check(good && some, "records.size", || "a weight of 0 or more each, one above 0".to_owned());
            }
            Size::Corpus { .. } => {
                found.check(!self.verify, "records.size", || "lines of a file cannot be verified".to_owned());
            }
            Size::Fixed { .. } | Size::Uniform { .. } => {}
        }
        found.check((0.0..=1.0).contains(&records.random_ratio), "records.random_ratio", || "0 to 1".to_owned());
        let keys = records.keys;
        found.check(keys == Keys::None || (1..=KEYS_MAX).contains(&keys.count()), "records.keys.count", || {
            format!("1 to {KEYS_MAX}")
        });
        if let Keys::Zipf { exponent, .. } = keys {
            found.check(exponent.is_finite() && exponent >= 0.0, "records.keys.exponent", || "0 or more".to_owned());
        }
        let key_bytes = records.key_bytes;
        found.check(keys == Keys::None || (8..=1024).contains(&key_bytes), "records.key_bytes", || {
            "8 to 1024: a key is its number, and room".to_owned()
        });
        if self.verify {
            found.check(keys != Keys::None, "verify", || "needs keys: records.keys".to_owned());
            found.check(keys.count() <= VERIFIED_KEYS_MAX, "records.keys.count", || {
                format!("at most {VERIFIED_KEYS_MAX} keys can be verified")
            });
            let enough = keys == Keys::None || keys.count() >= self.producers.count.into();
            found.check(enough, "records.keys.count", || {
                "at least one key for each producer: they share none".to_owned()
            });
            found.check(smallest >= VERIFY_BYTES_MIN, "records.size", || {
                format!("a value that is verified has at least {VERIFY_BYTES_MIN} bytes")
            });
            found.check(self.consumers.count() > 0, "verify", || "needs consumers".to_owned());
            let by_key = self.producers.partitioning == Partitioning::Auto;
            found.check(by_key, "producers.partitioning", || "a key that is verified stays in one partition".into());
        }
        let fits = u64::from(largest) + u64::from(key_bytes) + 128 <= u64::from(BATCH_BYTES_MAX);
        found.check(fits, "records.size", || "does not fit into any batch".to_owned());
    }

    fn check_producers(&self, found: &mut Findings) {
        let producers = &self.producers;
        found.check((1..=PRODUCERS_MAX).contains(&producers.count), "producers.count", || {
            format!("1 to {PRODUCERS_MAX}")
        });
        found.check(
            (BATCH_BYTES_MIN..=BATCH_BYTES_MAX).contains(&producers.batch_bytes),
            "producers.batch_bytes",
            || format!("{BATCH_BYTES_MIN} to {BATCH_BYTES_MAX}"),
        );
        if let Some(level) = producers.level {
            let levels = crate::producer::codec(producers.codec).levels();
            found.check(levels.as_ref().is_some_and(|levels| levels.contains(&level)), "producers.level", || {
                levels.map_or("this codec has no levels".to_owned(), |l| format!("{} to {}", l.start(), l.end()))
            });
        }
        found.check(producers.linger_us <= 60_000_000, "producers.linger_us", || "at most a minute".to_owned());
        found.check((1..=1000).contains(&producers.in_flight), "producers.in_flight", || "1 to 1000".to_owned());
        if producers.idempotent {
            found.check(producers.acks == Acks::All, "producers.acks", || {
                "sequence numbers need acks all; or set producers.idempotent to false".to_owned()
            });
            found.check(producers.in_flight <= 5, "producers.in_flight", || {
                "a broker remembers five batches of a producer: at most 5, or set producers.idempotent to false".into()
            });
        }
        found.check(producers.request_bytes >= BATCH_BYTES_MIN, "producers.request_bytes", || {
            format!("at least {BATCH_BYTES_MIN}")
        });
        found.check(producers.buffer_bytes >= u64::from(producers.batch_bytes), "producers.buffer_bytes", || {
            "at least one batch: producers.batch_bytes".to_owned()
        });
        found.check(producers.request_timeout_ms > 0, "producers.request_timeout_ms", || "at least one".to_owned());
        if let Partitioning::Weights { weights } = &producers.partitioning {
            let good = weights.iter().all(|w| w.is_finite() && *w >= 0.0) && weights.iter().sum::<f64>() > 0.0;
            found.check(good, "producers.partitioning.weights", || "0 or more each, one above 0".to_owned());
            found.check(weights.len() <= self.topics.partitions as usize, "producers.partitioning.weights", || {
                format!("at most one a partition: {}", self.topics.partitions)
            });
        }
        if let Partitioning::Zipf { exponent } = producers.partitioning {
            found.check(exponent.is_finite() && exponent >= 0.0, "producers.partitioning.exponent", || {
                "0 or more".into()
            });
        }
    }

    fn check_consumers(&self, found: &mut Findings) {
        let consumers = &self.consumers;
        found.check(consumers.count() <= CONSUMERS_MAX, "consumers.groups", || {
            format!("at most {CONSUMERS_MAX} consumers in all groups")
        });
        found.check(consumers.fetch_bytes > 0 && consumers.partition_bytes > 0, "consumers.fetch_bytes", || {
            "at least one byte".to_owned()
        });
        if let Some(slow) = consumers.slow {
            found.check(slow.per_group <= consumers.per_group, "consumers.slow.per_group", || {
                format!("a group has {} consumers", consumers.per_group)
            });
            found.check(slow.bytes_per_second > 0, "consumers.slow.bytes_per_second", || "at least one".to_owned());
        }
        if let Some(backlog) = self.backlog {
            found.check(consumers.count() > 0, "backlog", || "needs consumers".to_owned());
            found.check(backlog.bytes > 0, "backlog.bytes", || "at least one byte".to_owned());
            found
                .check((0.0..1.0).contains(&backlog.drained_ratio), "backlog.drained_ratio", || "0 up to 1".to_owned());
        }
    }
}

struct Findings(Vec<Problem>);

impl Findings {
    fn check(&mut self, good: bool, field: &str, message: impl FnOnce() -> String) {
        if !good {
            self.0.push(Problem { field: field.to_owned(), message: message() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Records;

    fn fields(plan: &Plan) -> Vec<String> {
        plan.validate().err().unwrap_or_default().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let mut plan =
            Plan { bootstrap: vec!["nowhere".to_owned()], cores: Some(0), duration_ms: 0, ..Plan::default() };
        plan.topics.prefix = "a/b".to_owned();
        plan.rate = Rate::Sine { per_second: f64::NAN, amplitude: 2.0, period_ms: 0 };
        plan.producers.in_flight = 6;
        assert_eq!(
            fields(&plan),
            [
                "bootstrap",
                "cores",
                "topics.prefix",
                "rate.per_second",
                "rate.amplitude",
                "rate.period_ms",
                "duration_ms",
                "producers.in_flight"
            ]
        );
    }

    #[test]
    fn what_is_verified_needs_keys_room_and_readers() {
        let mut plan = Plan { verify: true, ..Plan::default() };
        plan.records.size = Size::Fixed { bytes: 16 };
        plan.consumers.groups = 0;
        assert_eq!(fields(&plan), ["verify", "records.size", "verify"]);
        plan.records = Records { keys: Keys::Uniform { count: 10 }, ..Records::default() };
        plan.consumers.groups = 1;
        assert_eq!(fields(&plan), [""; 0]);
        plan.producers.partitioning = Partitioning::RoundRobin;
        assert_eq!(fields(&plan), ["producers.partitioning"]);
    }
}
