//! An outcome in a few lines for a terminal.

use std::fmt::Write;

use crate::outcome::{Clock, Latency, Outcome, Verdict};
use crate::report::units::{bytes, count, per_second, percent, time_ns};

/// The lines.
#[must_use]
pub fn text(outcome: &Outcome) -> String {
    let mut out = String::new();
    let mut line = |name: &str, text: String| {
        // a String takes whatever is written to it
        writeln!(out, "{name:<12}{text}").ok();
    };
    let totals = &outcome.totals;
    let seconds = outcome.measured_ns as f64 / 1e9;
    let warmed = if outcome.warmup.settled { "settled" } else { "not settled" };
    line(
        "measured",
        format!("{seconds:.1} s after a warm-up of {:.1} s ({warmed})", outcome.warmup.took_ms as f64 / 1e3),
    );
    let rate = |records: u64, bytes_in_all: u64| {
        format!("{}/s, {}/s", per_second(records as f64 / seconds), bytes(bytes_in_all as f64 / seconds))
    };
    line("acked", format!("{} records, {}", count(totals.acked), rate(totals.acked, totals.acked_bytes)));
    if totals.consumed > 0 {
        line(
            "consumed",
            format!("{} records, {}", count(totals.consumed), rate(totals.consumed, totals.consumed_bytes)),
        );
    }
    let lost: Vec<String> = [("failed", totals.failed), ("unanswered", totals.unanswered), ("unsent", totals.unsent)]
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(what, n)| format!("{} {what}", count(*n)))
        .collect();
    if !lost.is_empty() {
        line("not acked", lost.join(", "));
    }
    let quantiles = |latency: &Latency| {
        let q = &latency.quantiles;
        format!(
            "p50 {}  p99 {}  p99.9 {}  max {}",
            time_ns(q.p50_ns),
            time_ns(q.p99_ns),
            time_ns(q.p999_ns),
            time_ns(q.max_ns)
        )
    };
    let latency = &outcome.latency;
    line("response", quantiles(&latency.response));
    line("service", quantiles(&latency.service));
    if latency.end_to_end.quantiles.count > 0 {
        let clock = if latency.clock == Clock::Wall { "  (wall clocks)" } else { "" };
        line("end to end", quantiles(&latency.end_to_end) + clock);
    }
    line("lag", quantiles(&latency.lag));
    let cpu = &outcome.cpu;
    let per_gib = |seconds: Option<f64>| seconds.map_or(String::new(), |s| format!(", {s:.2} CPU-s/GiB"));
    line(
        "generator",
        format!("busiest core {}{}", percent(cpu.generator_busiest_ratio), per_gib(cpu.generator_seconds_per_gib)),
    );
    if let Some(broker_ns) = cpu.broker_ns {
        let cpus = broker_ns as f64 / outcome.measured_ns.max(1) as f64;
        let process = outcome.target.process.as_deref().unwrap_or("broker");
        line("broker", format!("{process}: {cpus:.2} CPUs{}", per_gib(cpu.broker_seconds_per_gib)));
    }
    if let Some(backlog) = &outcome.backlog {
        let drained =
            backlog.drain_ms.map_or("not drained".to_owned(), |ms| format!("drained in {:.1} s", ms as f64 / 1e3));
        line(
            "backlog",
            format!("{} built in {:.1} s, {drained}", bytes(backlog.built_bytes as f64), backlog.build_ms as f64 / 1e3),
        );
    }
    if let Some(found) = &outcome.verification {
        line(
            "verified",
            format!(
                "{} records of {} keys sent, {} read: {} lost, {} doubled, {} reordered, {} damaged, {} foreign",
                count(found.acked),
                count(found.keys),
                count(found.read),
                found.lost,
                found.duplicated,
                found.reordered,
                found.corrupt,
                found.foreign
            ),
        );
        for finding in &found.findings {
            line("", finding.clone());
        }
    }
    for (name, n) in &totals.errors {
        line("error", format!("{name} {n}"));
    }
    for remark in &outcome.remarks {
        line("note", remark.clone());
    }
    match &outcome.verdict {
        Verdict::Valid => line("verdict", "valid".to_owned()),
        Verdict::Invalid { reasons } => reasons.iter().for_each(|reason| line("VOID", reason.clone())),
    }
    out
}
