//! The report of a sweep: the same load at several rates, and the highest the broker sustained.

use super::page::{escape, table};
use super::{curves, page, run, units, words};
use crate::outcome::{BadHistogram, Outcome, Verdict};
use crate::stats::{Estimate, ROUNDS_MIN};
use crate::sweep::Slo;

/// What a sweep gave.
pub struct Sweep<'a> {
    /// What people call it.
    pub title: &'a str,
    /// Its runs, in the order they were made.
    pub runs: &'a [Outcome],
    /// What a rate had to keep to count as sustained, if anything was asked for.
    pub goal: Option<Goal>,
    /// The highest rate that was sustained, in records a second; none: no rate was.
    pub sustained: Option<Sustained>,
    /// The search ended where it was told to, or at the generator's own limit: the broker may do more.
    pub at_least: bool,
}

/// A limit on latency.
#[derive(Clone, PartialEq, Debug)]
pub struct Goal {
    /// Of what: `p99`.
    pub quantile: String,
    /// The limit.
    pub limit_ns: u64,
}

/// The highest rate that was sustained.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Sustained {
    /// Found too seldom to know how sure it is.
    Once(f64),
    /// Found often enough to know how sure it is.
    Estimated(Estimate),
}

impl From<Slo> for Goal {
    fn from(slo: Slo) -> Goal {
        Goal { quantile: slo.quantile.name().to_owned(), limit_ns: slo.limit_ns }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} up to {}", self.quantile, units::time_ns(self.limit_ns))
    }
}

/// Everything between the page's frame.
pub fn body(sweep: &Sweep<'_>) -> Result<String, BadHistogram> {
    let mut body = format!("<h1>{}</h1>", escape(sweep.title));
    if let Some(first) = sweep.runs.first() {
        body.push_str(&format!("<p class=\"soft\">{} · {} runs</p>", units::utc(first.began_ms), sweep.runs.len()));
    }
    body.push_str(&finding(sweep));
    let valid: Vec<&Outcome> = sweep.runs.iter().filter(|o| o.verdict.is_valid()).collect();
    if !valid.is_empty() {
        let goal = sweep.goal.as_ref().map(|goal| (goal.limit_ns as f64, goal.to_string()));
        body.push_str("<div class=\"charts\">");
        body.push_str(&curves::rate_against_latency(&valid, goal));
        body.push_str("</div>");
    }
    body.push_str("<h2>Runs</h2>");
    body.push_str(&runs(sweep.runs));
    if let Some(first) = sweep.runs.first() {
        body.push_str("<h2>What was asked first, and where</h2><div class=\"columns\">");
        body.push_str(&page::facts("Load", &words::load(&first.plan)));
        body.push_str(&page::facts("Producers", &words::producers(&first.plan)));
        body.push_str(&page::facts("Consumers", &words::consumers(&first.plan)));
        body.push_str(&page::facts("Target", &run::target(first)));
        body.push_str(&page::facts("This host", &run::host(first)));
        body.push_str("</div>");
        body.push_str(&run::plan_json(&first.plan));
        body.push_str(&run::footer(first));
    }
    Ok(body)
}

fn finding(sweep: &Sweep<'_>) -> String {
    let at_least = if sweep.at_least { "at least " } else { "" };
    let goal = sweep.goal.as_ref().map(|goal| format!(" with {}", escape(&goal.to_string()))).unwrap_or_default();
    match sweep.sustained {
        Some(Sustained::Estimated(e)) => format!(
            "<div class=\"verdict valid\"><b>Sustained{goal}: {at_least}{} records a second</b><ul><li>{} to {} with 95 % confidence</li></ul></div>",
            units::per_second(e.value),
            units::per_second(e.low),
            units::per_second(e.high)
        ),
        Some(Sustained::Once(rate)) => format!(
            "<div class=\"verdict valid\"><b>Sustained{goal}: {at_least}{} records a second</b><ul><li>too few repeats to know how sure \
             that is: make at least {ROUNDS_MIN}</li></ul></div>",
            units::per_second(rate)
        ),
        None => format!("<div class=\"verdict invalid\"><b>No rate that was tried was sustained{goal}</b></div>"),
    }
}

fn runs(runs: &[Outcome]) -> String {
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|o| {
            let q = &o.latency.response.quantiles;
            let asked = o.plan.rate.per_second().map_or_else(|| "as fast as it goes".to_owned(), units::per_second);
            let verdict = match &o.verdict {
                Verdict::Valid => "<span class=\"good\">valid</span>".to_owned(),
                Verdict::Invalid { reasons } => {
                    format!("<span class=\"bad\" title=\"{}\">INVALID</span>", escape(&reasons.join("; ")))
                }
            };
            vec![
                asked,
                units::per_second(o.totals.acked_per_second),
                units::time_ns(q.p50_ns),
                units::time_ns(q.p99_ns),
                units::time_ns(q.p999_ns),
                units::time_ns(q.max_ns),
                o.cpu
                    .broker_seconds_per_gib
                    .map_or_else(|| "-".to_owned(), |s| format!("{} s", units::three_digits(s))),
                verdict,
            ]
        })
        .collect();
    let heading =
        ["asked for, records/s", "acknowledged", "p50", "p99", "p99.9", "max", "broker CPU per GiB", "the run is"];
    table(&heading, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_sweep_shows_its_finding_its_curve_and_every_run() {
        let mut runs: Vec<Outcome> = [50e3, 100e3, 200e3, 400e3]
            .iter()
            .enumerate()
            .map(|(n, rate)| sample::at_rate(5, n as u64, *rate))
            .collect();
        runs[3].verdict = Verdict::Invalid { reasons: vec!["the generator was the limit".to_owned()] };
        let goal = Goal { quantile: "p99".to_owned(), limit_ns: 10_000_000 };
        let estimate = Estimate { value: 201_000.0, low: 195_000.0, high: 207_000.0 };
        let mut sweep = Sweep {
            title: "orders",
            runs: &runs,
            goal: Some(goal),
            sustained: Some(Sustained::Estimated(estimate)),
            at_least: false,
        };
        let page = crate::report::sweep(&sweep).expect("a report");
        for wanted in [
            "201,000 records a second",
            "195,000 to 207,000",
            "p99 up to 10.0 ms",
            "Latency against rate",
            "INVALID",
            "the generator was the limit",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
        assert_eq!(page.matches("<circle").count(), 9, "three lines through three valid runs");
        (sweep.sustained, sweep.at_least) = (Some(Sustained::Once(200_000.0)), true);
        assert!(crate::report::sweep(&sweep).expect("a report").contains("at least 200,000 records"));
        assert!(crate::report::sweep(&sweep).expect("a report").contains("make at least 5"));
        sweep.sustained = None;
        assert!(crate::report::sweep(&sweep).expect("a report").contains("No rate that was tried"));
        sweep.runs = &[];
        assert!(!crate::report::sweep(&sweep).expect("a report").contains("NaN"));
    }
}
