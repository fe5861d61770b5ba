//! `thalweg loadgen sweep`.

use std::path::PathBuf;

use clap::Args;

use super::load::LoadArgs;
use super::{measure, parse, print, say, write_file};
use crate::ephemeral::Ephemeral;
use crate::failure::{Code, Failure};
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::report::units::{per_second, time_ns};
use crate::report::{self, Goal, Sustained, Sweep};
use crate::stats::estimate;
use crate::sweep::{Probe, Quantile, Search, Slo};
use crate::view::Choice;

/// `thalweg loadgen sweep`.
#[derive(Args, Debug)]
pub struct SweepArgs {
    /// What every rate has to keep: p50, p95, p99, p99.9 or max, and its limit
    #[arg(long, value_name = "QUANTILE<TIME", default_value = "p99<10ms", value_parser = slo)]
    pub slo: Slo,
    /// The rate to begin with
    #[arg(long, value_name = "N", default_value = "10k", value_parser = parse::per_second)]
    pub from: f64,
    /// The rate to end at
    #[arg(long, value_name = "N", default_value = "10M", value_parser = parse::per_second)]
    pub max: f64,
    /// How close the last two rates are, as a part of them
    #[arg(long, value_name = "RATIO", default_value_t = 0.05)]
    pub resolution: f64,
    /// How often the search is made; from five on the result has an interval
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub repeat: u32,
    /// The load.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Write all outcomes as a JSON list
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Show nothing of single runs
    #[arg(short = 'q', long)]
    pub quiet: bool,
}

/// What `--slo` says.
pub(super) fn slo(text: &str) -> Result<Slo, String> {
    let (name, limit) = text.split_once('<').ok_or("write a quantile and its limit: p99<10ms")?;
    let quantile =
        Quantile::named(name.trim()).ok_or_else(|| format!("`{name}` is no quantile: p50, p95, p99, p99.9 or max"))?;
    let limit = parse::time(limit.trim_start_matches('=').trim())?;
    Ok(Slo { quantile, limit_ns: u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX) })
}

/// Searches, and says what was found.
pub fn run(args: &SweepArgs) -> Result<(), Failure> {
    if !(args.resolution > 0.0 && args.resolution < 1.0) || args.repeat == 0 {
        return Err(Failure::new(Code::Plan, "a resolution lies between 0 and 1, and a search is made at least once"));
    }
    let mut plan = args.load.plan()?;
    let broker = if plan.bootstrap.is_empty() { Some(Ephemeral::start()?) } else { None };
    if let Some(broker) = &broker {
        plan.bootstrap = vec![broker.address().to_owned()];
    }
    let choice = if args.quiet { Choice::Quiet } else { Choice::Lines };
    let mut runs: Vec<Outcome> = Vec::new();
    let mut found: Vec<f64> = Vec::new();
    let mut open = false;
    let mut search = Search::new(args.from, args.max, args.resolution);
    for _ in 0..args.repeat {
        let judge = |outcome: &Outcome| args.slo.judge(outcome);
        let quantile = args.slo.quantile;
        runs.extend(try_rates(&plan, quantile, &judge, &mut search, &mut |plan| measure(plan, choice))?);
        found.extend(search.found());
        open |= search.is_open();
        search = search.again();
    }
    conclude(args, &runs, &found, open)
}

/// Makes a run at every rate the search asks for, and says what came of each.
pub(super) fn try_rates(
    plan: &Plan,
    quantile: Quantile,
    judge: &dyn Fn(&Outcome) -> Probe,
    search: &mut Search,
    measure: &mut dyn FnMut(&Plan) -> Result<Outcome, Failure>,
) -> Result<Vec<Outcome>, Failure> {
    let mut plan = plan.clone();
    let mut runs = Vec::new();
    while let Some(rate) = search.next() {
        plan.rate = plan.rate.at(rate);
        plan.name = format!("{}/s", per_second(rate));
        let outcome = measure(&plan)?;
        let probe = judge(&outcome);
        let found = time_ns(quantile.of(&outcome.latency.response.quantiles));
        let words = match &probe {
            Probe::Sustained => "sustained".to_owned(),
            Probe::Missed(why) => format!("missed: {why}"),
            Probe::Void(why) => format!("void: {why}"),
        };
        say(&format!("{:>8}/s  {} {found}  {words}", per_second(rate), quantile.name()));
        search.take(&probe);
        runs.push(outcome);
    }
    Ok(runs)
}

fn conclude(args: &SweepArgs, runs: &[Outcome], found: &[f64], open: bool) -> Result<(), Failure> {
    let goal = Goal::from(args.slo);
    let sustained = match estimate(found, args.load.seed.unwrap_or(1)) {
        Ok(estimate) => Some(Sustained::Estimated(estimate)),
        Err(_) => crate::stats::median(found).map(Sustained::Once),
    };
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(runs);
        let text = text.map_err(|error| Failure::new(Code::File, format!("{}: {error}", path.display())))?;
        write_file(path, &(text + "\n"))?;
    }
    if let Some(path) = &args.html {
        let title = args.load.name.as_deref().unwrap_or("sweep");
        let page = report::sweep(&Sweep { title, runs, goal: Some(goal.clone()), sustained, at_least: open });
        let page = page.map_err(|error| Failure::new(Code::File, error.to_string()))?;
        write_file(path, &page)?;
    }
    let rate = match sustained {
        None => {
            return Err(Failure::new(Code::NoRate, format!("no rate keeps {goal}"))
                .hint("begin lower (--from), or allow more (--slo)"));
        }
        Some(Sustained::Once(rate)) => format!("{} records/s", per_second(rate)),
        Some(Sustained::Estimated(e)) => {
            format!("{} records/s ({} to {})", per_second(e.value), per_second(e.low), per_second(e.high))
        }
    };
    let at_least = if open { "at least " } else { "" };
    print(&format!("sustained   {at_least}{rate} with {goal}, {} runs\n", runs.len()));
    if open {
        say("note: the search ended at its maximum or at the generator's own limit; the broker may do more");
    }
    Ok(())
}
