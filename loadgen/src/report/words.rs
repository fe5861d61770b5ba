//! What a plan says, in words for people: pages and views say the same.

use std::time::Duration;

use super::units;
use crate::plan::{Assignment, Keys, Partitioning, Plan, Rate, Size, Step};

/// What leaves, and when.
pub fn load(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut out = vec![
        ("rate", rate(&plan.rate)),
        ("duration", time(plan.duration_ms * 1_000_000)),
        ("record", size(&plan.records.size)),
        ("keys", keys(plan.records.keys)),
        ("random part", units::percent(plan.records.random_ratio)),
        ("topics", format!("{}, {} partitions each", units::count(plan.topics.count.into()), plan.topics.partitions)),
    ];
    if plan.topics.replication > 0 {
        out.push(("replication", plan.topics.replication.to_string()));
    }
    out.extend(plan.topics.configs.iter().map(|(key, value)| ("topic setting", format!("{key}={value}"))));
    if let Some(backlog) = plan.backlog {
        out.push(("backlog", bytes(backlog.bytes as f64)));
    }
    if let Some(churn) = plan.churn {
        out.push(("churn", format!("{} connections/s", units::per_second(churn.per_second))));
    }
    out.push(("seed", plan.seed.to_string()));
    out
}

/// Who writes.
pub fn producers(plan: &Plan) -> Vec<(&'static str, String)> {
    let p = &plan.producers;
    let level = p.level.map(|level| format!(", level {level}")).unwrap_or_default();
    vec![
        ("number", units::count(p.count.into())),
        ("acks", format!("{:?}", p.acks).to_lowercase()),
        ("idempotent", if p.idempotent { "yes" } else { "no" }.to_owned()),
        ("batch", bytes(p.batch_bytes.into())),
        ("linger", time(p.linger_us * 1000)),
        ("codec", format!("{:?}{level}", p.codec).to_lowercase()),
        ("requests in flight", p.in_flight.to_string()),
        ("partition", partitioning(&p.partitioning)),
    ]
}

/// Who reads.
pub fn consumers(plan: &Plan) -> Vec<(&'static str, String)> {
    let c = &plan.consumers;
    if c.count() == 0 {
        return vec![("number", "none".to_owned())];
    }
    let shared = match c.assignment {
        Assignment::Simple => "by the generator",
        Assignment::Group => "by a consumer group",
    };
    let mut out = vec![
        ("groups", c.groups.to_string()),
        ("consumers each", units::count(c.per_group.into())),
        ("partitions shared", shared.to_owned()),
        (
            "fetch waits for",
            format!("{} or {}", bytes(c.fetch_min_bytes.into()), time(u64::from(c.fetch_wait_ms) * 1_000_000)),
        ),
        ("fetch at most", bytes(c.fetch_bytes.into())),
        ("checksums", if c.check_crc { "computed" } else { "not computed" }.to_owned()),
    ];
    if let Some(slow) = c.slow {
        out.push(("slow ones", format!("{} a group, {}/s", slow.per_group, bytes(slow.bytes_per_second as f64))));
    }
    out
}

/// A time that was chosen.
pub fn time(ns: u64) -> String {
    units::round(&units::time_ns(ns))
}

/// Bytes that were chosen.
fn bytes(n: f64) -> String {
    units::round(&units::bytes(n))
}

/// How many records leave, and when.
pub fn rate(rate: &Rate) -> String {
    let each = |per_second: f64| format!("{} records/s", units::per_second(per_second));
    match rate {
        Rate::Max => "as fast as answers come (closed loop)".to_owned(),
        Rate::Constant { per_second } => format!("{}, evenly", each(*per_second)),
        Rate::Poisson { per_second } => format!("{}, at random", each(*per_second)),
        Rate::Burst { per_second, records } => {
            format!("{}, in bursts of {}", each(*per_second), units::count(*records))
        }
        Rate::Sine { per_second, amplitude, period_ms } => {
            format!("{} ± {}, a wave of {}", each(*per_second), units::percent(*amplitude), time(period_ms * 1_000_000))
        }
        Rate::Steps { steps } => {
            let step = |s: &Step| {
                format!("{} for {}", units::per_second(s.per_second), units::clock(Duration::from_millis(s.for_ms)))
            };
            steps.iter().map(step).collect::<Vec<_>>().join(", ")
        }
    }
}

fn size(size: &Size) -> String {
    match size {
        Size::Fixed { bytes: n } => bytes((*n).into()),
        Size::Uniform { min_bytes, max_bytes } => {
            format!("{} to {}", bytes((*min_bytes).into()), bytes((*max_bytes).into()))
        }
        Size::Normal { mean_bytes, deviation_bytes, .. } => {
            format!("{} ± {}", bytes(*mean_bytes), bytes(*deviation_bytes))
        }
        Size::Weighted { sizes } => sizes
            .iter()
            .map(|s| format!("{} (weight {})", bytes(s.bytes.into()), s.weight))
            .collect::<Vec<_>>()
            .join(", "),
        Size::Corpus { path } => format!("lines of {}", path.display()),
    }
}

fn keys(keys: Keys) -> String {
    match keys {
        Keys::None => "none".to_owned(),
        Keys::RoundRobin { count } => format!("{}, one after the other", units::count(count)),
        Keys::Uniform { count } => format!("{}, any", units::count(count)),
        Keys::Zipf { count, exponent } => format!("{}, Zipf {exponent}", units::count(count)),
    }
}

fn partitioning(partitioning: &Partitioning) -> String {
    match partitioning {
        Partitioning::Auto => "as Kafka's client".to_owned(),
        Partitioning::RoundRobin => "one after the other".to_owned(),
        Partitioning::Uniform => "any".to_owned(),
        Partitioning::Zipf { exponent } => format!("Zipf {exponent}"),
        Partitioning::Weights { weights } => format!("{} weights", weights.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_said_in_words() {
        let steps = [(5.0, 1000), (50.0, 61_000)].map(|(per_second, for_ms)| Step { per_second, for_ms }).to_vec();
        for (found, said) in [
            (Rate::Constant { per_second: 200_000.0 }, "200,000 records/s, evenly"),
            (Rate::Poisson { per_second: 50.0 }, "50.0 records/s, at random"),
            (Rate::Max, "as fast as answers come (closed loop)"),
            (Rate::Burst { per_second: 1e3, records: 5000 }, "1,000 records/s, in bursts of 5,000"),
            (
                Rate::Sine { per_second: 1e3, amplitude: 0.5, period_ms: 60_000 },
                "1,000 records/s ± 50 %, a wave of 60 s",
            ),
            (Rate::Steps { steps }, "5.00 for 0:01, 50.0 for 1:01"),
        ] {
            assert_eq!(rate(&found), said);
        }
    }

    #[test]
    fn a_plan_says_what_is_not_as_usual() {
        let mut plan = Plan::default();
        let names = |facts: Vec<(&'static str, String)>| facts.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert!(!names(load(&plan)).contains(&"churn"));
        plan.churn = Some(crate::plan::Churn { per_second: 5.0 });
        plan.consumers.groups = 0;
        assert!(names(load(&plan)).contains(&"churn"));
        assert_eq!(consumers(&plan), [("number", "none".to_owned())]);
    }
}
