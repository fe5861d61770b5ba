//! Two targets measured in turn: each metric with its medians, their ratio, how sure that is, and what it means. As a table
//! in text, and as a page.

use hdrhistogram::Histogram;

use super::chart::Ink;
use super::page::{escape, table};
use super::{curves, page, run, units, words};
use crate::outcome::{BadHistogram, Outcome};
use crate::stats::{Better, Comparison, Unfit, Verdict, compare};

/// Runs of two targets; run `n` of either was made in round `n`.
pub struct Versus<'a> {
    /// What the one is called that the other is measured by.
    pub baseline_name: &'a str,
    /// What the other is called.
    pub candidate_name: &'a str,
    /// Runs of the one.
    pub baseline: &'a [Outcome],
    /// Runs of the other.
    pub candidate: &'a [Outcome],
    /// Start of the random choices of the intervals.
    pub seed: u64,
}

/// One metric, compared.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is called.
    pub metric: &'static str,
    /// A value in words.
    pub words: fn(f64) -> String,
    /// What was found, or why nothing could be.
    pub found: Result<Comparison, Unfit>,
}

struct Metric {
    name: &'static str,
    better: Better,
    words: fn(f64) -> String,
    of: fn(&Outcome) -> Option<f64>,
}

fn time(ns: f64) -> String {
    units::time_ns(ns as u64)
}

fn rate(per_second: f64) -> String {
    format!("{}/s", units::per_second(per_second))
}

fn seconds(s: f64) -> String {
    format!("{} s", units::three_digits(s))
}

/// A latency, if anything was counted.
fn latency(outcome: &Outcome, end_to_end: bool, ns: fn(&crate::outcome::Quantiles) -> u64) -> Option<f64> {
    let latency = if end_to_end { &outcome.latency.end_to_end } else { &outcome.latency.response };
    (latency.quantiles.count > 0).then(|| ns(&latency.quantiles) as f64)
}

const METRICS: [Metric; 9] = [
    Metric { name: "acknowledged", better: Better::Higher, words: rate, of: |o| Some(o.totals.acked_per_second) },
    Metric { name: "p50 response", better: Better::Lower, words: time, of: |o| latency(o, false, |q| q.p50_ns) },
    Metric { name: "p99 response", better: Better::Lower, words: time, of: |o| latency(o, false, |q| q.p99_ns) },
    Metric { name: "p99.9 response", better: Better::Lower, words: time, of: |o| latency(o, false, |q| q.p999_ns) },
    Metric { name: "largest response", better: Better::Lower, words: time, of: |o| latency(o, false, |q| q.max_ns) },
    Metric { name: "p50 end to end", better: Better::Lower, words: time, of: |o| latency(o, true, |q| q.p50_ns) },
    Metric { name: "p99 end to end", better: Better::Lower, words: time, of: |o| latency(o, true, |q| q.p99_ns) },
    Metric { name: "p99.9 end to end", better: Better::Lower, words: time, of: |o| latency(o, true, |q| q.p999_ns) },
    Metric { name: "broker CPU per GiB", better: Better::Lower, words: seconds, of: |o| o.cpu.broker_seconds_per_gib },
];

impl Versus<'_> {
    /// What people call it.
    pub fn title(&self) -> String {
        format!("{} against {}", self.candidate_name, self.baseline_name)
    }

    /// Every metric that was measured at all. Rounds with a void run count for neither.
    pub fn rows(&self) -> Vec<Row> {
        let rounds = self.valid_rounds();
        METRICS
            .iter()
            .filter_map(|metric| {
                // A round in which one of the two lacks the metric says nothing about it.
                let (baseline, candidate): (Vec<f64>, Vec<f64>) =
                    rounds.iter().filter_map(|(b, c)| (metric.of)(b).zip((metric.of)(c))).unzip();
                let measured = rounds.is_empty() || !baseline.is_empty();
                measured.then(|| Row {
                    metric: metric.name,
                    words: metric.words,
                    found: compare(&baseline, &candidate, metric.better, self.seed),
                })
            })
            .collect()
    }

    /// Rounds in which both runs are valid.
    fn valid_rounds(&self) -> Vec<(&Outcome, &Outcome)> {
        let both = self.baseline.iter().zip(self.candidate);
        both.filter(|(b, c)| b.verdict.is_valid() && c.verdict.is_valid()).collect()
    }

    /// The table in text.
    pub fn text(&self) -> String {
        let mut lines = vec![
            ["", self.baseline_name, self.candidate_name, "ratio", "95 % interval", "noise floor", ""]
                .map(str::to_owned),
        ];
        let mut unfit = None;
        for row in self.rows() {
            match &row.found {
                Ok(found) => lines.push([
                    row.metric.to_owned(),
                    (row.words)(found.baseline),
                    (row.words)(found.candidate),
                    format!("{:.3}", found.ratio.value),
                    format!("{:.3} to {:.3}", found.ratio.low, found.ratio.high),
                    format!("± {}", units::percent(found.noise_floor())),
                    in_words(found.verdict).to_owned(),
                ]),
                Err(reason) => unfit = Some(*reason),
            }
        }
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..7).map(width).collect();
        let mut out = String::new();
        for line in &lines {
            let mut text = format!("{:<w$}", line[0], w = widths[0]);
            for (cell, width) in line[1..6].iter().zip(&widths[1..]) {
                text.push_str(&format!("  {cell:>width$}"));
            }
            text.push_str(&format!("  {}", line[6]));
            out.push_str(text.trim_end());
            out.push('\n');
        }
        out.push_str(&self.rounds_in_words());
        out.push('\n');
        if let Some(reason) = unfit {
            out.push_str(&format!("{reason}\n"));
        }
        out
    }

    fn rounds_in_words(&self) -> String {
        let made = self.baseline.len().max(self.candidate.len());
        let valid = self.valid_rounds().len();
        match made - valid {
            0 => format!("{valid} rounds"),
            void => format!("{valid} of {made} rounds count: {void} had a void run"),
        }
    }
}

fn in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "WORSE",
        Verdict::NoDifference => "no difference within noise",
    }
}

/// Everything between the page's frame.
pub fn body(versus: &Versus<'_>) -> Result<String, BadHistogram> {
    let mut body = format!("<h1>{}</h1>", escape(&versus.title()));
    if let Some(first) = versus.baseline.first() {
        body.push_str(&format!(
            "<p class=\"soft\">{} · {}, the two in turn</p>",
            units::utc(first.began_ms),
            escape(&versus.rounds_in_words())
        ));
    }
    body.push_str(&comparison(versus));
    body.push_str("<h2>How they went</h2><div class=\"charts\">");
    let sides =
        [(versus.baseline_name, Ink::Amber, versus.baseline), (versus.candidate_name, Ink::Blue, versus.candidate)];
    let mut distributions = Vec::new();
    for (name, ink, runs) in sides {
        if let Some(all) = together(runs)? {
            distributions.push((name.to_owned(), ink, all));
        }
    }
    if !distributions.is_empty() {
        let subtitle = "response time of all valid runs of each, together";
        body.push_str(&curves::percentiles("Latency by percentile", subtitle, &distributions));
    }
    if !versus.baseline.is_empty() {
        body.push_str(&curves::rounds("p99 response", &sides, |o| o.latency.response.quantiles.p99_ns));
    }
    body.push_str("</div>");
    for (name, _, runs) in sides {
        for (n, outcome) in runs.iter().enumerate().filter(|(_, outcome)| !outcome.verdict.is_valid()) {
            body.push_str(&format!("<h3>{}, round {}</h3>{}", escape(name), n + 1, run::verdict(outcome)));
        }
    }
    if let Some(first) = versus.baseline.first() {
        body.push_str("<h2>What was asked, and of whom</h2><div class=\"columns\">");
        body.push_str(&page::facts("Load", &words::load(&first.plan)));
        body.push_str(&page::facts("Producers", &words::producers(&first.plan)));
        body.push_str(&page::facts("Consumers", &words::consumers(&first.plan)));
        for (name, _, runs) in sides {
            if let Some(first) = runs.first() {
                body.push_str(&page::facts(name, &run::target(first)));
            }
        }
        body.push_str(&page::facts("This host", &run::host(first)));
        body.push_str("</div>");
        body.push_str(&run::plan_json(&first.plan));
        body.push_str(&run::footer(first));
    }
    Ok(body)
}

fn comparison(versus: &Versus<'_>) -> String {
    let mut unfit = None;
    let mut rows = Vec::new();
    let (mut better, mut worse, mut same) = (0, 0, 0);
    for row in versus.rows() {
        match &row.found {
            Ok(found) => {
                match found.verdict {
                    Verdict::Better => better += 1,
                    Verdict::Worse => worse += 1,
                    Verdict::NoDifference => same += 1,
                }
                let class = match found.verdict {
                    Verdict::Better => "good",
                    Verdict::Worse => "bad",
                    Verdict::NoDifference => "soft",
                };
                rows.push(vec![
                    escape(row.metric),
                    (row.words)(found.baseline),
                    (row.words)(found.candidate),
                    format!("{:.3}", found.ratio.value),
                    format!("{:.3} to {:.3}", found.ratio.low, found.ratio.high),
                    format!("± {}", units::percent(found.noise_floor())),
                    format!("<span class=\"{class}\">{}</span>", in_words(found.verdict)),
                ]);
            }
            Err(reason) => unfit = Some(*reason),
        }
    }
    let mut out = String::new();
    if let Some(reason) = unfit {
        out.push_str(&format!("<div class=\"verdict note\"><b>No verdict</b><ul><li>{reason}</li></ul></div>"));
    }
    if !rows.is_empty() {
        let class = if worse > 0 { "note" } else { "valid" };
        out.push_str(&format!(
            "<div class=\"verdict {class}\"><b>{} is better in {better} of {} metrics, worse in {worse}; {same} do not differ \
             within noise</b></div>",
            escape(versus.candidate_name),
            rows.len()
        ));
        let heading = [
            "median of valid runs",
            versus.baseline_name,
            versus.candidate_name,
            "ratio",
            "95 % interval",
            "noise floor",
            "verdict",
        ];
        out.push_str(&table(&heading, &rows));
        out.push_str(&format!(
            "<p class=\"soft\">Ratio: {} over {}. Its interval is a bootstrap over rounds, so that what changed for both cancels \
             out. Noise floor: the smallest change these runs could have told from noise. Where nothing differs, chance alone gives \
             about one verdict in twenty.</p>",
            escape(versus.candidate_name),
            escape(versus.baseline_name)
        ));
    }
    out
}

/// All valid runs in one distribution.
fn together(runs: &[Outcome]) -> Result<Option<Histogram<u64>>, BadHistogram> {
    let mut all: Option<Histogram<u64>> = None;
    for outcome in runs.iter().filter(|outcome| outcome.verdict.is_valid()) {
        let one = outcome.latency.response.histogram()?;
        match &mut all {
            None => all = Some(one),
            Some(all) => all.add(one).map_err(|error| BadHistogram(error.to_string()))?,
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// Runs whose latency and CPU are `factor` of the sample's.
    fn runs(rounds: u64, first_seed: u64, factor: f64) -> Vec<Outcome> {
        (0..rounds)
            .map(|n| {
                let mut outcome = sample::outcome(3, first_seed + n);
                let q = &mut outcome.latency.response.quantiles;
                for ns in [&mut q.p50_ns, &mut q.p99_ns, &mut q.p999_ns, &mut q.max_ns] {
                    *ns = (*ns as f64 * factor) as u64;
                }
                outcome
            })
            .collect()
    }

    fn versus<'a>(baseline: &'a [Outcome], candidate: &'a [Outcome]) -> Versus<'a> {
        Versus { baseline_name: "kafka", candidate_name: "thalweg", baseline, candidate, seed: 1 }
    }

    fn verdict(rows: &[Row], metric: &str) -> Verdict {
        let row = rows.iter().find(|row| row.metric == metric).expect("the metric");
        row.found.as_ref().expect("a comparison").verdict
    }

    #[test]
    fn what_is_better_is_told_from_what_is_noise() {
        let (baseline, candidate) = (runs(7, 0, 1.0), runs(7, 100, 0.5));
        let versus = versus(&baseline, &candidate);
        let rows = versus.rows();
        assert_eq!(rows.len(), METRICS.len());
        assert_eq!(verdict(&rows, "p99 response"), Verdict::Better);
        assert_eq!(verdict(&rows, "acknowledged"), Verdict::NoDifference);
        let text = versus.text();
        assert!(text.contains("7 rounds\n") && text.contains("better"), "{text}");
        let page = crate::report::compare(&versus).expect("a report");
        for wanted in [
            "thalweg against kafka",
            "thalweg is better in ",
            "class=\"good\">better",
            "no difference within noise",
            "noise floor",
            "thalweg (pid 4711)",
            "Example 9000",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
        // the other way round, halved latency is doubled
        let turned = Versus { baseline: &candidate, candidate: &baseline, ..versus };
        assert_eq!(verdict(&turned.rows(), "p99 response"), Verdict::Worse);
    }

    #[test]
    fn a_void_run_takes_its_round_with_it() {
        let (baseline, mut candidate) = (runs(5, 0, 1.0), runs(5, 100, 1.0));
        let reasons = vec!["the generator was the limit".to_owned()];
        candidate[2].verdict = crate::outcome::Verdict::Invalid { reasons };
        let versus = versus(&baseline, &candidate);
        assert!(versus.rows().iter().all(|row| row.found == Err(Unfit::TooFew { found: 4 })));
        let text = versus.text();
        assert!(text.contains("4 of 5 rounds count") && text.contains("at least 5"), "{text}");
        let page = crate::report::compare(&versus).expect("a report");
        assert!(page.contains("No verdict") && page.contains("thalweg, round 3"), "{page}");
    }

    #[test]
    fn what_nobody_measured_is_no_row_and_nothing_at_all_has_a_page() {
        let strip = |mut runs: Vec<Outcome>| {
            for outcome in &mut runs {
                outcome.latency.end_to_end.quantiles.count = 0;
                outcome.cpu.broker_seconds_per_gib = None;
            }
            runs
        };
        let (baseline, candidate) = (strip(runs(5, 0, 1.0)), strip(runs(5, 100, 1.0)));
        assert_eq!(versus(&baseline, &candidate).rows().len(), 5);
        assert!(crate::report::compare(&versus(&[], &[])).expect("a report").contains("No verdict"));
    }
}
