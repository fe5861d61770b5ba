//! The report of one run: whether it counts, what it gave, how it went, what was asked, and where.

use super::chart::Ink;
use super::page::{escape, facts, table};
use super::{curves, units, words};
use crate::outcome::{BadHistogram, Clock, Latency, Outcome, Verdict};
use crate::plan::Plan;

/// Everything between the page's frame.
pub fn body(outcome: &Outcome) -> Result<String, BadHistogram> {
    let mut body = heading(outcome);
    body.push_str(&verdict(outcome));
    let void = if outcome.verdict.is_valid() { "" } else { " class=\"void\"" };
    body.push_str(&format!("<div{void}>{}{}</div>", tiles(outcome), latencies(outcome)));
    body.push_str(&charts(outcome)?);
    body.push_str("<h2>What was asked, and where</h2><div class=\"columns\">");
    body.push_str(&facts("Load", &words::load(&outcome.plan)));
    body.push_str(&facts("Producers", &words::producers(&outcome.plan)));
    body.push_str(&facts("Consumers", &words::consumers(&outcome.plan)));
    body.push_str(&facts("Counted", &counted(outcome)));
    body.push_str(&facts("Target", &target(outcome)));
    body.push_str(&facts("This host", &host(outcome)));
    body.push_str("</div>");
    body.push_str(&plan_json(&outcome.plan));
    body.push_str(&footer(outcome));
    Ok(body)
}

fn heading(outcome: &Outcome) -> String {
    format!(
        "<h1>{}</h1><p class=\"soft\">{} · measured for {} after {} of warm-up</p>",
        escape(&outcome.plan.name),
        units::utc(outcome.began_ms),
        words::time(outcome.measured_ns),
        words::time(outcome.warmup.took_ms * 1_000_000)
    )
}

/// Whether the run counts; below it, what a reader must know before believing a figure.
pub fn verdict(outcome: &Outcome) -> String {
    let boxed = |class: &str, title: &str, lines: &[String]| {
        let mut items: String = lines.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
        if !items.is_empty() {
            items = format!("<ul>{items}</ul>");
        }
        format!("<div class=\"verdict {class}\"><b>{title}</b>{items}</div>")
    };
    let mut out = match &outcome.verdict {
        Verdict::Valid => boxed("valid", "Valid: the figures are the broker's", &[]),
        Verdict::Invalid { reasons } => boxed("invalid", "INVALID: the figures say nothing about the broker", reasons),
    };
    if let Some(found) = &outcome.verification {
        if found.is_clean() {
            let read = format!("{} records of {} keys read back", units::count(found.read), units::count(found.keys));
            out.push_str(&boxed("valid", "Verified: nothing lost, duplicated, reordered or damaged", &[read]));
        } else {
            let mut lines = vec![format!(
                "{} lost, {} read twice, {} out of order, {} damaged, {} that nobody wrote",
                units::count(found.lost),
                units::count(found.duplicated),
                units::count(found.reordered),
                units::count(found.corrupt),
                units::count(found.foreign)
            )];
            lines.extend(found.findings.iter().cloned());
            out.push_str(&boxed("invalid", "VERIFICATION FAILED", &lines));
        }
    }
    let mut notes = outcome.remarks.clone();
    if outcome.latency.clock == Clock::Wall {
        notes.push("end-to-end latency was taken with the wall clocks of several hosts".to_owned());
    }
    if !notes.is_empty() {
        out.push_str(&boxed("note", "To be known", &notes));
    }
    out
}

fn tiles(outcome: &Outcome) -> String {
    let response = &outcome.latency.response.quantiles;
    let mut tiles = vec![
        ("acknowledged".to_owned(), format!("{}/s", units::per_second(outcome.totals.acked_per_second))),
        ("bytes".to_owned(), format!("{}/s", units::bytes(bytes_a_second(outcome)))),
        ("p50 response".to_owned(), units::time_ns(response.p50_ns)),
        ("p99 response".to_owned(), units::time_ns(response.p99_ns)),
        ("p99.9 response".to_owned(), units::time_ns(response.p999_ns)),
        ("largest".to_owned(), units::time_ns(response.max_ns)),
    ];
    if outcome.latency.end_to_end.quantiles.count > 0 {
        tiles.push(("p99 end to end".to_owned(), units::time_ns(outcome.latency.end_to_end.quantiles.p99_ns)));
    }
    if let Some(seconds) = outcome.cpu.broker_seconds_per_gib {
        tiles.push(("broker CPU per GiB".to_owned(), format!("{} s", units::three_digits(seconds))));
    }
    let tile = |(name, value): (String, String)| {
        format!("<div class=\"tile\"><small>{}</small><strong>{}</strong></div>", escape(&name), escape(&value))
    };
    format!("<div class=\"tiles\">{}</div>", tiles.into_iter().map(tile).collect::<String>())
}

fn bytes_a_second(outcome: &Outcome) -> f64 {
    let seconds = outcome.measured_ns as f64 / 1e9;
    if seconds == 0.0 { 0.0 } else { outcome.totals.acked_bytes as f64 / seconds }
}

/// What each latency counts, in one line each.
fn kinds(outcome: &Outcome) -> [(&'static str, &Latency, Ink); 4] {
    let latency = &outcome.latency;
    [
        ("response", &latency.response, Ink::Blue),
        ("service", &latency.service, Ink::Teal),
        ("lag", &latency.lag, Ink::Amber),
        ("end to end", &latency.end_to_end, Ink::Violet),
    ]
}

fn latencies(outcome: &Outcome) -> String {
    let rows: Vec<Vec<String>> = kinds(outcome)
        .iter()
        .filter(|(_, latency, _)| latency.quantiles.count > 0)
        .map(|(name, latency, _)| {
            let q = &latency.quantiles;
            let times = [q.mean_ns as u64, q.p50_ns, q.p75_ns, q.p95_ns, q.p99_ns, q.p999_ns, q.p9999_ns, q.max_ns]
                .map(units::time_ns);
            let mut row = vec![escape(name), units::count(q.count)];
            row.extend(times);
            row
        })
        .collect();
    let heading = ["", "records", "mean", "p50", "p75", "p95", "p99", "p99.9", "p99.99", "max"];
    format!(
        "<h2>Latency</h2>{}<p class=\"soft\">Response counts from when a record should have left to its acknowledgement, \
         service from when its batch was handed to the socket, lag from when it should have left to when the generator came \
         to it, end to end to when a consumer had it.</p>",
        table(&heading, &rows)
    )
}

fn charts(outcome: &Outcome) -> Result<String, BadHistogram> {
    let mut distributions = Vec::new();
    for (name, latency, ink) in kinds(outcome) {
        distributions.push((name.to_owned(), ink, latency.histogram()?));
    }
    let mut out = String::from("<h2>How it went</h2><div class=\"charts\">");
    out.push_str(&curves::percentiles(
        "Latency by percentile",
        "each further nine has as much room as the last",
        &distributions,
    ));
    if !outcome.intervals.is_empty() {
        out.push_str(&curves::latency_over_time("Response time", outcome, |i| &i.response));
        out.push_str(&curves::rate_over_time(outcome));
        if outcome.latency.end_to_end.quantiles.count > 0 {
            out.push_str(&curves::latency_over_time("End-to-end latency", outcome, |i| &i.end_to_end));
        }
        out.push_str(&curves::cpu_over_time(outcome));
    }
    out.push_str("</div>");
    Ok(out)
}

fn counted(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let t = &outcome.totals;
    let mut out = vec![
        ("should have left", units::count(t.intended)),
        ("acknowledged", units::count(t.acked)),
        ("read", units::count(t.consumed)),
        ("requests", units::count(t.requests)),
        ("batches", units::count(t.batches)),
        ("bytes on the wire", units::bytes(t.wire_bytes as f64)),
    ];
    for (name, n) in
        [("failed", t.failed), ("unanswered", t.unanswered), ("never sent", t.unsent), ("sent again", t.retries)]
    {
        if n > 0 {
            out.push((name, units::count(n)));
        }
    }
    out.extend(t.errors.iter().map(|(name, n)| ("error", format!("{name}: {}", units::count(*n)))));
    if let Some(drained) = outcome.backlog {
        out.push((
            "backlog",
            format!("{} in {}", units::bytes(drained.built_bytes as f64), units::time_ns(drained.build_ms * 1_000_000)),
        ));
        out.push((
            "drained in",
            drained.drain_ms.map_or_else(|| "not drained".to_owned(), |ms| units::time_ns(ms * 1_000_000)),
        ));
    }
    out
}

/// Who was measured.
pub fn target(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let t = &outcome.target;
    let mut out = vec![("asked for at", t.bootstrap.join(", "))];
    if let Some(id) = &t.cluster_id {
        out.push(("cluster", id.clone()));
    }
    out.extend(t.brokers.iter().map(|broker| ("broker", broker.clone())));
    if let Some(process) = &t.process {
        let own = if t.ephemeral { ", started for this run" } else { "" };
        out.push(("process", format!("{process}{own}")));
    }
    let cpu = &outcome.cpu;
    if let Some(ns) = cpu.broker_ns {
        out.push(("CPU time", units::time_ns(ns)));
    }
    if let Some(seconds) = cpu.broker_seconds_per_gib {
        out.push(("CPU per GiB", format!("{} s", units::three_digits(seconds))));
    }
    out
}

/// Where the generator ran.
pub fn host(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let (h, cpu) = (&outcome.host, &outcome.cpu);
    let mut out =
        vec![("name", h.name.clone()), ("kernel", h.kernel.clone()), ("CPU", format!("{} x {}", h.cpus, h.cpu_model))];
    if let Some(bytes) = h.memory_bytes {
        out.push(("memory", units::bytes(bytes as f64)));
    }
    out.push((
        "generator",
        format!("cores: {}, busiest {}", cpu.generator_cores, units::percent(cpu.generator_busiest_ratio)),
    ));
    if let Some(seconds) = cpu.generator_seconds_per_gib {
        out.push(("its CPU per GiB", format!("{} s", units::three_digits(seconds))));
    }
    if let Some(ns) = cpu.stolen_ns {
        out.push(("stolen from the host", units::time_ns(ns)));
    }
    out.extend(h.agents.iter().map(|agent| ("agent", agent.clone())));
    out
}

/// The whole plan, folded away.
pub fn plan_json(plan: &Plan) -> String {
    let text = serde_json::to_string_pretty(plan).unwrap_or_else(|error| error.to_string());
    format!("<details><summary>The whole plan, as JSON</summary><pre>{}</pre></details>", escape(&text))
}

/// What these figures are not.
pub fn footer(outcome: &Outcome) -> String {
    let alone = if outcome.target.process.is_some() {
        " Generator and broker shared this host: on hosts of their own, with a network between them, the figures are others."
    } else {
        ""
    };
    format!(
        "<footer>Made by thalweg loadgen {}. One run is one sample: compare with <code>thalweg loadgen compare</code>, which \
         interleaves runs and says what noise explains.{alone}</footer>",
        escape(&outcome.generator_version)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Verification;
    use crate::report::sample;

    #[test]
    fn a_valid_run_says_so_and_shows_all_there_is() {
        let page = crate::report::run(&sample::outcome(30, 1)).expect("a report");
        for wanted in [
            "Valid: the figures",
            "Latency by percentile",
            "Response time",
            "Rate",
            "End-to-end",
            "Processor time",
            "Example 9000",
            "thalweg (pid 4711)",
            "2026-11-26",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
        assert!(!page.contains("INVALID") && !page.contains("class=\"void\"") && !page.contains("NaN"));
        for asks in ["http:", "https:", "<script", "src=", "@import", "<link"] {
            assert!(!page.contains(asks), "a page that stands alone has no {asks}");
        }
    }

    #[test]
    fn a_void_run_is_red_with_its_reasons_and_its_figures_struck_out() {
        let mut outcome = sample::outcome(5, 1);
        outcome.verdict = Verdict::Invalid { reasons: vec!["busiest core 97 % <of> 80 %".to_owned()] };
        let page = crate::report::run(&outcome).expect("a report");
        assert!(page.contains("INVALID") && page.contains("busiest core 97 % &lt;of&gt; 80 %"));
        assert!(page.contains("<div class=\"void\"><div class=\"tiles\">"));
    }

    #[test]
    fn what_must_be_known_is_said() {
        let mut outcome = sample::outcome(5, 1);
        outcome.latency.clock = Clock::Wall;
        outcome.remarks.push("the disk <filled> up".to_owned());
        outcome.verification = Some(Verification {
            lost: 3,
            findings: vec!["key 7: 12 to 14 missing".to_owned()],
            ..Verification::default()
        });
        let page = crate::report::run(&outcome).expect("a report");
        for wanted in [
            "wall clocks of several hosts",
            "the disk &lt;filled&gt; up",
            "VERIFICATION FAILED",
            "3 lost",
            "key 7: 12 to 14 missing",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
    }

    #[test]
    fn a_run_that_measured_nothing_still_has_a_page() {
        let mut outcome = sample::outcome(0, 1);
        outcome.intervals.clear();
        let page = crate::report::run(&outcome).expect("a report");
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
        outcome.latency.response.hdr_v2_base64 = "AAAA".to_owned();
        assert!(crate::report::run(&outcome).is_err());
    }
}
