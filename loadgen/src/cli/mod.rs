//! `thalweg loadgen`: what a person types, what they are told. Results go to standard output, everything about them to
//! standard error.

pub mod compare;
mod highest;
pub mod load;
mod parse;
mod summary;
pub mod sweep;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use self::load::LoadArgs;
use crate::agent;
use crate::ephemeral::Ephemeral;
use crate::failure::{Code, Failure};
use crate::omb;
use crate::outcome::{Outcome, Verdict};
use crate::plan::{Keys, Plan};
use crate::report;
use crate::run::run;
use crate::sweep::Slo;
use crate::view::{Choice, Live};

/// `thalweg loadgen`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LoadgenArgs {
    /// What to do; nothing: run
    #[command(subcommand)]
    pub command: Option<LoadgenCommand>,
    /// The run, if nothing else is to be done.
    #[command(flatten)]
    pub run: RunArgs,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum LoadgenCommand {
    /// Put a load on a broker and measure it
    Run(RunArgs),
    /// Find the highest rate that keeps a limit on latency
    Sweep(sweep::SweepArgs),
    /// Compare two brokers, or saved outcomes
    Compare(compare::CompareArgs),
    /// Check that nothing is lost, doubled, reordered or damaged, at full rate
    Verify(RunArgs),
    /// Write the report of a saved outcome
    Report(ReportArgs),
    /// Take part in runs that another host starts with --agents
    Agent(AgentArgs),
}

/// `thalweg loadgen run` and `verify`.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// A workload file of the OpenMessaging Benchmark; needs --driver
    #[arg(value_name = "WORKLOAD", requires = "driver")]
    pub workload: Option<PathBuf>,
    /// The driver file that goes with it
    #[arg(long, value_name = "FILE", requires = "workload")]
    pub driver: Option<PathBuf>,
    /// What the rate has to keep that is found for a workload with `producerRate: 0` [default: p99<10ms]
    #[arg(long, value_name = "QUANTILE<TIME", requires = "workload", value_parser = sweep::slo)]
    pub slo: Option<Slo>,
    /// The load.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Run from agents on these hosts instead of this one
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',')]
    pub agents: Vec<String>,
    /// Where results go.
    #[command(flatten)]
    pub out: OutArgs,
}

/// Where results go, and what is shown meanwhile.
#[derive(Args, Debug, Clone)]
pub struct OutArgs {
    /// Write the outcome as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the report as one HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write a result file of the OpenMessaging Benchmark
    #[arg(long, value_name = "FILE")]
    pub omb_json: Option<PathBuf>,
    /// Lines instead of a screen
    #[arg(long)]
    pub no_tui: bool,
    /// Show nothing until the end
    #[arg(short = 'q', long)]
    pub quiet: bool,
}

/// `thalweg loadgen report`.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// An outcome, as `run --json` writes it
    #[arg(value_name = "OUTCOME")]
    pub outcome: PathBuf,
    /// Where the page goes [default: beside the outcome, with .html]
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// `thalweg loadgen agent`.
#[derive(Args, Debug)]
pub struct AgentArgs {
    /// Where it listens; whoever reaches it can put a load on any broker from here
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9645")]
    pub listen: String,
    /// Cores it gives [default: half of those there are]
    #[arg(long, value_name = "N")]
    pub gen_cores: Option<u16>,
    /// End after one run
    #[arg(long)]
    pub once: bool,
}

impl OutArgs {
    /// How a run is to be shown.
    #[must_use]
    pub fn choice(&self) -> Choice {
        match (self.quiet, self.no_tui) {
            (true, _) => Choice::Quiet,
            (false, true) => Choice::Lines,
            (false, false) => Choice::Auto,
        }
    }
}

/// Does what the arguments say.
pub fn main(args: &LoadgenArgs) -> Result<(), Failure> {
    match &args.command {
        None => run_once(&args.run, false),
        Some(LoadgenCommand::Run(args)) => run_once(args, false),
        Some(LoadgenCommand::Sweep(args)) => sweep::run(args),
        Some(LoadgenCommand::Compare(args)) => compare::run(args),
        Some(LoadgenCommand::Verify(args)) => run_once(args, true),
        Some(LoadgenCommand::Report(args)) => write_report(args),
        Some(LoadgenCommand::Agent(args)) => agent::serve(&args.listen, args.gen_cores, args.once, |address| {
            print(&format!("ready: agent on {address}\n"));
        }),
    }
}

fn run_once(args: &RunArgs, verify: bool) -> Result<(), Failure> {
    let Asked { mut plan, driver, finds_rate } = plan_of(args)?;
    if verify {
        plan.verify = true;
        if plan.records.keys == Keys::None {
            plan.records.keys = Keys::Uniform { count: VERIFY_KEYS.max(plan.producers.count.into()) };
        }
    }
    let measure = |plan: &Plan, choice: Choice| match args.agents.is_empty() {
        true => measure(plan, choice),
        false => agent::run_on(plan, &args.agents),
    };
    // one for the search and the run
    let broker = if finds_rate && plan.bootstrap.is_empty() && args.agents.is_empty() {
        Some(Ephemeral::start()?)
    } else {
        None
    };
    if let Some(broker) = &broker {
        plan.bootstrap = vec![broker.address().to_owned()];
    }
    let highest = if finds_rate {
        let choice = if args.out.quiet { Choice::Quiet } else { Choice::Lines };
        let highest = highest::find(&plan, args.slo.unwrap_or(Slo::DEFAULT), &mut |plan| measure(plan, choice))?;
        plan.rate = plan.rate.at(highest.per_second);
        print(&format!("{:<12}{}\n", "found", highest.words()));
        Some(highest)
    } else {
        None
    };
    let mut outcome = measure(&plan, args.out.choice())?;
    outcome.target.ephemeral |= broker.is_some();
    if let Some(highest) = &highest {
        outcome.remarks.extend(highest.remarks(&outcome));
    }
    write_outcome(&outcome, &args.out, &driver)?;
    print(&summary::text(&outcome));
    conclude(&outcome)
}

/// Keys of a verification that says nothing about them.
const VERIFY_KEYS: u64 = 10_000;

/// One run, shown while it goes on.
pub(crate) fn measure(plan: &Plan, choice: Choice) -> Result<Outcome, Failure> {
    let mut live = Live::open(choice, plan)
        .map_err(|error| Failure::new(Code::File, format!("the terminal cannot be used: {error}")).hint("--no-tui"))?;
    run(plan, &mut live)
}

/// What is to be run.
struct Asked {
    plan: Plan,
    /// What the driver calls itself.
    driver: String,
    /// The highest rate is to be found first; the plan has none.
    finds_rate: bool,
}

fn plan_of(args: &RunArgs) -> Result<Asked, Failure> {
    let (Some(workload), Some(driver)) = (&args.workload, &args.driver) else {
        return Ok(Asked { plan: args.load.plan()?, driver: "thalweg-loadgen".to_owned(), finds_rate: false });
    };
    let translated = omb::load(workload, driver).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::new(Code::Plan, format!("the files ask for what is not possible:\n  {}", lines.join("\n  ")))
    })?;
    for unmapped in &translated.unmapped {
        say(&format!("notice: no effect here: {unmapped}"));
    }
    let finds_rate = translated.find_maximum && args.load.rate.is_none();
    if args.slo.is_some() && !finds_rate {
        say("notice: no effect here: --slo: there is a rate, none is looked for");
    }
    let plan = args.load.change(translated.plan);
    if finds_rate && plan.backlog.is_some() {
        return Err(Failure::new(Code::Plan, "the highest rate cannot be found while a backlog is built")
            .hint("write a rate: --rate N, or producerRate in the workload"));
    }
    Ok(Asked { plan, driver: translated.driver_name, finds_rate })
}

/// Writes the files that were asked for.
fn write_outcome(outcome: &Outcome, out: &OutArgs, driver: &str) -> Result<(), Failure> {
    if let Some(path) = &out.json {
        let text = serde_json::to_string_pretty(outcome).map_err(|error| unwritable(path, &error))?;
        write_file(path, &(text + "\n"))?;
    }
    if let Some(path) = &out.html {
        let page = report::run(outcome).map_err(|error| unwritable(path, &error))?;
        write_file(path, &page)?;
    }
    if let Some(path) = &out.omb_json {
        match omb::result(outcome, driver) {
            Ok(value) => write_file(path, &format!("{value:#}\n"))?,
            Err(why) => say(&format!("notice: {} was not written: {why}", path.display())),
        }
    }
    Ok(())
}

fn write_report(args: &ReportArgs) -> Result<(), Failure> {
    let outcome = read_outcome(&args.outcome)?;
    let path = args.html.clone().unwrap_or_else(|| args.outcome.with_extension("html"));
    let page = report::run(&outcome).map_err(|error| unwritable(&path, &error))?;
    write_file(&path, &page)?;
    print(&format!("{}\n", path.display()));
    Ok(())
}

/// Reads an outcome that was saved.
pub(crate) fn read_outcome(path: &Path) -> Result<Outcome, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::new(Code::File, format!("{}: cannot be read: {error}", path.display())))?;
    Outcome::from_json(&text).map_err(|error| {
        Failure::new(Code::File, format!("{}: {error}", path.display()))
            .hint("an outcome is what `run --json FILE` writes")
    })
}

/// What a run comes to for a script: whether it counts, and whether what it verified is whole.
fn conclude(outcome: &Outcome) -> Result<(), Failure> {
    if let Some(found) = &outcome.verification
        && !found.is_clean()
    {
        return Err(Failure::new(
            Code::Verification,
            format!(
                "{} records lost, {} doubled, {} reordered, {} damaged, {} that nobody sent",
                found.lost, found.duplicated, found.reordered, found.corrupt, found.foreign
            ),
        ));
    }
    match &outcome.verdict {
        Verdict::Valid => Ok(()),
        // what was verified is whole, however busy the generator was
        Verdict::Invalid { .. } if outcome.verification.is_some() => Ok(()),
        Verdict::Invalid { reasons } => {
            Err(Failure::new(Code::Invalid, format!("the run is void: {}", reasons.join("; "))))
        }
    }
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Code::File, format!("{}: cannot be written: {error}", path.display()))
}

/// Writes a file.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| unwritable(path, &error))
}

/// A result, to standard output. That nobody reads it is no reason to fail.
pub(crate) fn print(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).ok();
}

/// Something about it, to standard error.
pub(crate) fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).ok();
}
