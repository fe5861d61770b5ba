//! `thalweg loadgen compare`: two brokers in turn, or outcomes that were saved.

use std::path::{Path, PathBuf};

use clap::Args;

use super::load::LoadArgs;
use super::{measure, print, read_outcome, say, write_file};
use crate::failure::{Code, Failure};
use crate::outcome::Outcome;
use crate::report;
use crate::report::versus::{Row, Versus};
use crate::view::Choice;

/// `thalweg loadgen compare`.
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// What is measured by: HOST:PORT, or saved outcomes FILE,FILE
    #[arg(value_name = "A")]
    pub baseline: String,
    /// What is measured: HOST:PORT, or saved outcomes FILE,FILE
    #[arg(value_name = "B")]
    pub candidate: String,
    /// Runs against each, in the order A B B A A B
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub rounds: u32,
    /// Fail if a metric of B is so many times that of A and the difference is no noise: p99 > 1.1x; may be repeated
    #[arg(long, value_name = "CONDITION", value_parser = condition)]
    pub fail_if: Vec<Condition>,
    /// The load.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Write both sides' outcomes as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Show nothing of single runs
    #[arg(short = 'q', long)]
    pub quiet: bool,
}

/// When a comparison fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    metric: String,
    above: bool,
    ratio: f64,
}

fn condition(text: &str) -> Result<Condition, String> {
    let wrong = || format!("`{text}` is no condition: p99 > 1.1x, or acknowledged < 0.9x");
    let at = text.find(['<', '>']).ok_or_else(wrong)?;
    let (metric, rest) = text.split_at(at);
    let ratio = rest[1..].trim().strip_suffix('x').ok_or_else(wrong)?;
    let ratio = ratio.trim().parse::<f64>().ok().filter(|ratio| ratio.is_finite() && *ratio > 0.0).ok_or_else(wrong)?;
    Ok(Condition { metric: metric.trim().to_owned(), above: rest.starts_with('>'), ratio })
}

impl Condition {
    /// The metric's row: called so, or so and `response`.
    fn row<'a>(&self, rows: &'a [Row]) -> Option<&'a Row> {
        let long = format!("{} response", self.metric);
        rows.iter().find(|row| row.metric == self.metric || row.metric == long)
    }

    /// Whether it holds, beyond noise: the whole interval lies on its side.
    fn holds(&self, low: f64, high: f64) -> bool {
        if self.above { low > self.ratio } else { high < self.ratio }
    }
}

/// Compares, and says what was found.
pub fn run(args: &CompareArgs) -> Result<(), Failure> {
    let saved = [&args.baseline, &args.candidate].map(|side| side.split(',').all(|part| Path::new(part).is_file()));
    let (baseline, candidate) = match saved {
        [true, true] => (saved_outcomes(&args.baseline)?, saved_outcomes(&args.candidate)?),
        [false, false] => in_turn(args)?,
        [true, false] | [false, true] => {
            return Err(Failure::new(Code::Plan, "one side is a file and the other is none")
                .hint("compare two brokers, or saved outcomes of two"));
        }
    };
    let versus = Versus {
        baseline_name: &args.baseline,
        candidate_name: &args.candidate,
        baseline: &baseline,
        candidate: &candidate,
        seed: args.load.seed.unwrap_or(1),
    };
    if let Some(path) = &args.json {
        let both = serde_json::json!({ "baseline": baseline, "candidate": candidate });
        write_file(path, &format!("{both:#}\n"))?;
    }
    if let Some(path) = &args.html {
        let page = report::compare(&versus).map_err(|error| Failure::new(Code::File, error.to_string()))?;
        write_file(path, &page)?;
    }
    print(&versus.text());
    judge(&args.fail_if, &versus.rows())
}

fn saved_outcomes(paths: &str) -> Result<Vec<Outcome>, Failure> {
    paths.split(',').map(|path| read_outcome(Path::new(path))).collect()
}

/// Both brokers, A B B A A B and so on: what drifts drifts for both.
fn in_turn(args: &CompareArgs) -> Result<(Vec<Outcome>, Vec<Outcome>), Failure> {
    let mut plan = args.load.plan()?;
    let choice = if args.quiet { Choice::Quiet } else { Choice::Lines };
    let (mut baseline, mut candidate) = (Vec::new(), Vec::new());
    for round in 0..args.rounds {
        let a_first = round % 2 == 0;
        for is_a in [a_first, !a_first] {
            let (name, address) = if is_a { ("A", &args.baseline) } else { ("B", &args.candidate) };
            say(&format!("round {} of {}: {name} {address}", round + 1, args.rounds));
            plan.bootstrap = address.split(',').map(str::to_owned).collect();
            plan.name = format!("{name} {address}");
            let outcome = measure(&plan, choice)?;
            if is_a { baseline.push(outcome) } else { candidate.push(outcome) }
        }
    }
    Ok((baseline, candidate))
}

fn judge(conditions: &[Condition], rows: &[Row]) -> Result<(), Failure> {
    let mut held = Vec::new();
    for condition in conditions {
        let Some(row) = condition.row(rows) else {
            let known: Vec<&str> = rows.iter().map(|row| row.metric).collect();
            return Err(Failure::new(Code::Plan, format!("there is no metric `{}`", condition.metric))
                .hint(format!("there are: {}", known.join(", "))));
        };
        match &row.found {
            Ok(found) if condition.holds(found.ratio.low, found.ratio.high) => {
                held.push(format!("{} is {:.2}x", row.metric, found.ratio.value));
            }
            Ok(_) => {}
            Err(why) => {
                return Err(Failure::new(Code::Threshold, format!("{} cannot be judged: {why}", row.metric)));
            }
        }
    }
    match held.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(Code::Threshold, held.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_a_metric_a_side_and_a_ratio() {
        let slower = condition("p99 > 1.1x").unwrap();
        assert_eq!(slower, Condition { metric: "p99".to_owned(), above: true, ratio: 1.1 });
        assert!(slower.holds(1.2, 1.5) && !slower.holds(1.05, 1.5) && !slower.holds(0.5, 0.6));
        let less = condition("acknowledged<0.9x").unwrap();
        assert!(less.holds(0.7, 0.8) && !less.holds(0.7, 0.95));
        for wrong in ["p99", "p99 > 1.1", "p99 > x", "p99 > -1x"] {
            assert!(condition(wrong).is_err(), "{wrong}");
        }
    }
}
