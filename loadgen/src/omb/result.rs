//! An outcome as a result file of the OpenMessaging Benchmark, with its field names and units: publish and end-to-end latency
//! in milliseconds, delay in microseconds, one entry of every list for ten seconds.
//!
//! Three things differ from what the benchmark's own files say, each to the safe side. Publish latency counts from when a
//! record should have left, not from when it did. A percentile of ten seconds is the largest of its seconds', which it
//! cannot exceed. And an invalid run has no result file: charts would not show that it is void.

use std::fmt;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use crate::outcome::{BadHistogram, Interval, Latency, Outcome, Quantiles, Verdict};

/// Why an outcome has no result file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoResult {
    /// Its figures are not the broker's.
    Invalid {
        /// Why.
        reasons: Vec<String>,
    },
    /// It is damaged.
    Damaged(BadHistogram),
}

impl fmt::Display for NoResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoResult::Invalid { reasons } => {
                write!(f, "the run is invalid and gets no result file, which could not say so: {}", reasons.join("; "))
            }
            NoResult::Damaged(bad) => bad.fmt(f),
        }
    }
}

impl std::error::Error for NoResult {}

impl From<BadHistogram> for NoResult {
    fn from(bad: BadHistogram) -> NoResult {
        NoResult::Damaged(bad)
    }
}

/// Seconds of one entry: the benchmark's charts count on it.
const WINDOW_SECONDS: usize = 10;

/// Steps of a quantile table for each halving of what is left above.
const QUANTILE_STEPS: u32 = 100;

/// The percentiles the benchmark tells, as it calls them.
type Percentile = (&'static str, fn(&Quantiles) -> u64);
const PERCENTILES: [Percentile; 7] = [
    ("50pct", |q| q.p50_ns),
    ("75pct", |q| q.p75_ns),
    ("95pct", |q| q.p95_ns),
    ("99pct", |q| q.p99_ns),
    ("999pct", |q| q.p999_ns),
    ("9999pct", |q| q.p9999_ns),
    ("Max", |q| q.max_ns),
];

/// One kind of latency.
struct Set<'a> {
    /// What the benchmark calls it; its lists begin with a small letter.
    name: &'static str,
    seconds: fn(&Interval) -> &Quantiles,
    whole: &'a Latency,
    unit: fn(f64) -> Value,
}

/// Writes a result file; `driver` is what the driver is called.
pub fn result(outcome: &Outcome, driver: &str) -> Result<Value, NoResult> {
    if let Verdict::Invalid { reasons } = &outcome.verdict {
        return Err(NoResult::Invalid { reasons: reasons.clone() });
    }
    let plan = &outcome.plan;
    let topics = plan.topics.count;
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    put("workload", json!(plan.name));
    put("driver", json!(driver));
    put("messageSize", json!(plan.records.size.bounds().1));
    put("topics", json!(topics));
    put("partitions", json!(plan.topics.partitions));
    put("producersPerTopic", json!(plan.producers.count.div_ceil(topics.max(1))));
    put("consumersPerTopic", json!(plan.consumers.per_group.div_ceil(topics.max(1))));
    let windows = windows(outcome);
    let mut list = |key: &str, figure: &dyn Fn(&Window) -> Value| {
        put(key, windows.iter().map(figure).collect());
    };
    list("publishRate", &|w| json!(w.a_second(|i| i.acked)));
    list("publishErrorRate", &|w| json!(w.a_second(|i| i.errors.values().sum())));
    list("consumeRate", &|w| json!(w.a_second(|i| i.consumed)));
    list("backlog", &|w| json!(w.backlog));
    let latency = &outcome.latency;
    let sets = [
        Set { name: "PublishLatency", seconds: |i| &i.response, whole: &latency.response, unit: millis },
        Set { name: "PublishDelayLatency", seconds: |i| &i.lag, whole: &latency.lag, unit: micros },
        Set { name: "EndToEndLatency", seconds: |i| &i.end_to_end, whole: &latency.end_to_end, unit: millis },
    ];
    for set in &sets {
        let (initial, rest) = set.name.split_at(1);
        let key = |suffix: &str| format!("{}{rest}{suffix}", initial.to_ascii_lowercase());
        list(&key("Avg"), &|w| mean(w.mean(set.seconds), set.unit));
        for (suffix, percentile) in PERCENTILES {
            list(&key(suffix), &|w| (set.unit)(w.largest(|i| percentile((set.seconds)(i))) as f64));
        }
    }
    for Set { name, whole, unit, .. } in &sets {
        let key = |suffix: &str| format!("aggregated{name}{suffix}");
        put(&key("Avg"), mean(whole.quantiles.mean_ns, *unit));
        for (suffix, percentile) in PERCENTILES {
            put(&key(suffix), unit(percentile(&whole.quantiles) as f64));
        }
        put(&key("Quantiles"), table(&whole.histogram()?, *unit));
    }
    Ok(Value::Object(out))
}

/// Nanoseconds in milliseconds.
fn millis(ns: f64) -> Value {
    json!(ns / 1e6)
}

/// Nanoseconds in whole microseconds.
fn micros(ns: f64) -> Value {
    json!((ns / 1e3).round() as u64)
}

/// A mean is never rounded to whole microseconds.
fn mean(ns: f64, unit: fn(f64) -> Value) -> Value {
    if unit(1.0).is_u64() { json!(ns / 1e3) } else { unit(ns) }
}

/// Percentiles and the values at them.
fn table(histogram: &Histogram<u64>, unit: fn(f64) -> Value) -> Value {
    let steps = histogram.iter_quantiles(QUANTILE_STEPS);
    let entries = steps.map(|step| {
        let percentile = step.quantile_iterated_to() * 100.0;
        (format!("{percentile:?}"), unit(step.value_iterated_to() as f64))
    });
    Value::Object(entries.collect())
}

/// Ten seconds of what was measured, the last perhaps fewer.
struct Window<'a> {
    seconds: Vec<&'a Interval>,
    /// Records written and not read at its end, all groups together.
    backlog: u64,
}

impl Window<'_> {
    fn a_second(&self, figure: impl Fn(&Interval) -> u64) -> f64 {
        let ms: u64 = self.seconds.iter().map(|i| i.for_ms).sum();
        let sum: u64 = self.seconds.iter().map(|i| figure(i)).sum();
        if ms == 0 { 0.0 } else { sum as f64 * 1000.0 / ms as f64 }
    }

    fn largest(&self, figure: impl Fn(&Interval) -> u64) -> u64 {
        self.seconds.iter().map(|i| figure(i)).max().unwrap_or(0)
    }

    fn mean(&self, of: fn(&Interval) -> &Quantiles) -> f64 {
        let count: u64 = self.seconds.iter().map(|i| of(i).count).sum();
        let sum: f64 = self.seconds.iter().map(|i| of(i).mean_ns * of(i).count as f64).sum();
        if count == 0 { 0.0 } else { sum / count as f64 }
    }
}

fn windows(outcome: &Outcome) -> Vec<Window<'_>> {
    let groups = u64::from(outcome.plan.consumers.groups);
    let (mut written, mut read) = (0u64, 0u64);
    let mut windows: Vec<Window<'_>> = Vec::new();
    for interval in &outcome.intervals {
        written += interval.acked * groups;
        read += interval.consumed;
        if !interval.measured {
            continue;
        }
        match windows.last_mut() {
            Some(window) if window.seconds.len() < WINDOW_SECONDS => window.seconds.push(interval),
            _ => windows.push(Window { seconds: vec![interval], backlog: 0 }),
        }
        if let Some(window) = windows.last_mut() {
            window.backlog = written.saturating_sub(read);
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_result_has_every_field_the_benchmark_reads_in_its_units() {
        let mut outcome = sample::outcome(25, 1);
        outcome.plan.name = "four topics".to_owned();
        (outcome.plan.topics.count, outcome.plan.producers.count, outcome.plan.consumers.per_group) = (4, 8, 12);
        let found = result(&outcome, "River").expect("a valid run");
        for (key, value) in [
            ("workload", json!("four topics")),
            ("driver", json!("River")),
            ("messageSize", json!(1024)),
            ("topics", json!(4)),
            ("producersPerTopic", json!(2)),
            ("consumersPerTopic", json!(3)),
        ] {
            assert_eq!(found[key], value, "{key}");
        }
        let suffixes = ["Avg", "50pct", "75pct", "95pct", "99pct", "999pct", "9999pct", "Max"];
        for kind in ["PublishLatency", "PublishDelayLatency", "EndToEndLatency"] {
            let small = format!("{}{}", kind[..1].to_lowercase(), &kind[1..]);
            for suffix in suffixes {
                let list = found[format!("{small}{suffix}")].as_array().expect("a list");
                assert_eq!(list.len(), 3, "{small}{suffix}: 25 seconds in windows of ten");
                assert!(found[format!("aggregated{kind}{suffix}")].is_number(), "aggregated{kind}{suffix}");
            }
            let table = found[format!("aggregated{kind}Quantiles")].as_object().expect("a table");
            assert!(table.len() > 100 && table.contains_key("100.0"), "{kind}: {}", table.len());
            assert!(table.keys().all(|key| key.parse::<f64>().is_ok()));
        }
        let response = &outcome.latency.response.quantiles;
        assert_eq!(found["aggregatedPublishLatency99pct"], json!(response.p99_ns as f64 / 1e6), "milliseconds");
        let lag = &outcome.latency.lag.quantiles;
        assert_eq!(
            found["aggregatedPublishDelayLatency99pct"],
            json!((lag.p99_ns as f64 / 1e3).round() as u64),
            "microseconds"
        );
    }

    #[test]
    fn a_window_sums_counts_and_never_understates_a_percentile() {
        let mut outcome = sample::outcome(20, 1);
        outcome.plan.consumers.groups = 2;
        let measured = outcome.intervals.iter().position(|i| i.measured).expect("measured seconds");
        for (n, interval) in outcome.intervals[measured..].iter_mut().take(20).enumerate() {
            (interval.acked, interval.consumed, interval.for_ms) = (100, 150, 1000);
            interval.response =
                Quantiles { count: 100, mean_ns: 2e6, p99_ns: 1_000_000 * (1 + n as u64), ..Quantiles::default() };
            interval.errors.insert("TIMED_OUT".to_owned(), 1);
        }
        for interval in &mut outcome.intervals[..measured] {
            (interval.acked, interval.consumed) = (0, 0);
        }
        let found = result(&outcome, "x").expect("a valid run");
        assert_eq!(found["publishRate"], json!([100.0, 100.0]));
        assert_eq!(found["publishErrorRate"], json!([1.0, 1.0]));
        assert_eq!(found["publishLatencyAvg"], json!([2.0, 2.0]));
        assert_eq!(found["publishLatency99pct"], json!([10.0, 20.0]));
        assert_eq!(found["backlog"], json!([500, 1000]), "each of 1000 records twice, less those read");
    }

    #[test]
    fn an_invalid_run_has_no_result() {
        let mut outcome = sample::outcome(5, 1);
        outcome.verdict = Verdict::Invalid { reasons: vec!["the generator was the limit".to_owned()] };
        let refused = result(&outcome, "x").expect_err("no result");
        assert!(refused.to_string().contains("the generator was the limit"), "{refused}");
    }
}
