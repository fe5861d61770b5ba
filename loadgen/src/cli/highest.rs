//! A workload of the OpenMessaging Benchmark with `producerRate: 0`: the highest rate is found first, by a search of short
//! runs, and the workload runs at it.
//!
//! The benchmark changes the rate all through its own run, up while nothing piles up and down when something does, so that
//! its figures are those of many rates. Here it is found before, and the figures are those of one. It begins where the
//! benchmark does.

use super::sweep::try_rates;
use crate::failure::{Code, Failure};
use crate::outcome::Outcome;
use crate::plan::{Plan, Warmup};
use crate::report::Goal;
use crate::report::units::per_second;
use crate::sweep::{Probe, Search, Slo};

/// The highest rate that was found.
pub struct Highest {
    /// Records a second.
    pub per_second: f64,
    slo: Slo,
    runs: usize,
    /// The broker may do more.
    is_open: bool,
}

/// The rate to begin with, the one to end at, and how close the last two are.
const FROM: f64 = 10_000.0;
const MAX: f64 = 10e6;
const RESOLUTION: f64 = 0.05;

/// One rate is tried for no longer than this, however long the workload is.
const TRY_MS: u64 = 10_000;
const TRY_WARMUP_MS: u64 = 3_000;

/// Looks for it.
pub fn find(
    plan: &Plan,
    slo: Slo,
    measure: &mut dyn FnMut(&Plan) -> Result<Outcome, Failure>,
) -> Result<Highest, Failure> {
    let mut search = Search::new(FROM, MAX, RESOLUTION);
    let runs = try_rates(&short(plan), slo.quantile, &|outcome| slo.judge_with_readers(outcome), &mut search, measure)?;
    let Some(per_second) = search.found() else {
        return Err(Failure::new(Code::NoRate, format!("no rate keeps {}", Goal::from(slo)))
            .hint("choose a rate in the workload, or allow more (--slo)"));
    };
    Ok(Highest { per_second, slo, runs: runs.len(), is_open: search.is_open() })
}

/// The plan as it is while a rate is tried.
fn short(plan: &Plan) -> Plan {
    let mut short = plan.clone();
    short.duration_ms = plan.duration_ms.min(TRY_MS);
    short.warmup = Warmup {
        min_ms: plan.warmup.min_ms.min(TRY_WARMUP_MS),
        max_ms: plan.warmup.max_ms.min(TRY_WARMUP_MS),
        ..plan.warmup
    };
    // the run itself still needs them
    short.topics.delete = false;
    short
}

impl Highest {
    /// What was found, in one line.
    pub fn words(&self) -> String {
        let at_least = if self.is_open { "at least " } else { "" };
        let (rate, goal) = (per_second(self.per_second), Goal::from(self.slo));
        format!("{at_least}{rate} records/s with {goal}, {} runs", self.runs)
    }

    /// What whoever reads the outcome of the run at this rate has to know.
    pub fn remarks(&self, outcome: &Outcome) -> Vec<String> {
        let mut remarks = vec![format!("the rate was found: {}", self.words())];
        if self.is_open {
            remarks
                .push("the search ended at its maximum or at the generator's own limit; the broker may do more".into());
        }
        if let Probe::Missed(why) = self.slo.judge_with_readers(outcome) {
            remarks.push(format!("the rate was kept while it was looked for, and not in this run: {why}"));
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Rate;
    use crate::report::sample;

    const SLO: Slo = Slo::DEFAULT;

    /// A broker that is fast up to one rate, and readers that keep up with another.
    fn find_between(broker: f64, readers: f64) -> Result<(Highest, Vec<Plan>), Failure> {
        let mut tried = Vec::new();
        let plan = Plan { rate: Rate::Max, duration_ms: 900_000, ..Plan::default() };
        let found = find(&plan, SLO, &mut |plan| {
            tried.push(plan.clone());
            let rate = plan.rate.per_second().expect("a rate");
            Ok(outcome(plan, rate <= broker, rate <= readers))
        })?;
        Ok((found, tried))
    }

    fn outcome(plan: &Plan, is_fast: bool, is_read: bool) -> Outcome {
        let mut outcome = sample::outcome(3, 1);
        outcome.plan = plan.clone();
        outcome.plan.consumers.groups = 1;
        let totals = &mut outcome.totals;
        (totals.intended, totals.acked, totals.consumed) = (1000, 1000, 1000);
        (totals.failed, totals.unanswered, totals.unsent) = (0, 0, 0);
        outcome.latency.response.quantiles.p99_ns = if is_fast { 5_000_000 } else { 50_000_000 };
        outcome.latency.end_to_end.quantiles.p99_ns = if is_read { 9_000_000 } else { 4_000_000_000 };
        outcome
    }

    #[test]
    fn the_highest_rate_is_that_of_the_slower_of_broker_and_readers() {
        for (broker, readers) in [(60_000.0, 1e9), (1e9, 60_000.0), (800.0, 3_000.0)] {
            let (found, tried) = find_between(broker, readers).unwrap();
            let limit = f64::min(broker, readers);
            assert!(found.per_second <= limit && found.per_second >= limit / 1.06, "{}", found.per_second);
            assert_eq!(tried[0].rate, Rate::Constant { per_second: FROM });
            assert!(tried.iter().all(|plan| plan.duration_ms == TRY_MS && plan.warmup.max_ms == TRY_WARMUP_MS));
        }
    }

    #[test]
    fn what_was_found_is_said_with_its_limit_and_whether_the_run_kept_it() {
        let (found, tried) = find_between(60_000.0, 1e9).unwrap();
        let words = found.words();
        assert!(words.contains(" records/s with p99 up to 10.0 ms, ") && !words.starts_with("at least"), "{words}");
        assert_eq!(found.remarks(&outcome(&tried[0], true, true)), [format!("the rate was found: {words}")]);
        let late = found.remarks(&outcome(&tried[0], false, true));
        assert!(late[1].ends_with("and not in this run: p99 is 50.00 ms"), "{late:?}");
        let (open, _) = find_between(1e9, 1e9).unwrap();
        assert!(
            open.per_second == MAX && open.words().starts_with("at least 10,000,000 records/s"),
            "{}",
            open.words()
        );
        assert_eq!(find_between(0.0, 1e9).err().map(|failure| failure.code), Some(Code::NoRate));
    }
}
