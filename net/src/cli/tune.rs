//! `thalweg tune`: what of this host a broker would like otherwise, and the way there and back.

mod measure;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use thalweg_tuning::apply::{self, Change, Outcome};
use thalweg_tuning::check::{self, Finding};
use thalweg_tuning::parameter::{Look, Severity};
use thalweg_tuning::persist::{self, PersistError};
use thalweg_tuning::revert::{self, Back};
use thalweg_tuning::saved::SavedError;
use thalweg_tuning::selection::Selection;
use thalweg_tuning::watch::{self, Drift};
use thalweg_tuning::{Facts, Profile, Root, report, script, table};

use super::args::Format;
use super::failure::{Code, Exit, Failure};

/// `thalweg tune`.
#[derive(Args, Debug)]
pub struct TuneArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TuneCommand,
    /// Look at a tree that stands for a host instead of at this one
    #[arg(long, value_name = "DIR", default_value = "/", global = true)]
    pub root: PathBuf,
    /// Directory of the broker's data, from which its disks follow; it need not exist
    #[arg(long, value_name = "DIR", default_value = "/var/lib/thalweg", global = true)]
    pub data: PathBuf,
    /// latency, throughput, balanced, vm or laptop-safe [default: by what the host is]
    #[arg(long, value_name = "NAME", value_parser = parse_profile, global = true)]
    pub profile: Option<Profile>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum TuneCommand {
    /// Name all parameters
    List,
    /// Say which parameters are as a broker would like them: exits with 5 if an error differs, and with 4 if a warning does
    /// and --strict is given
    Check(CheckArgs),
    /// Say everything about one parameter
    Explain {
        /// Its name, as `thalweg tune list` has it
        parameter: String,
    },
    /// Set what differs, after saving what is there; what was written is read back
    Apply(ApplyArgs),
    /// Put back what was there before anything was applied
    Revert,
    /// Measure the host without and with everything applied, in turns, and put it back; what the disk can do is kept beside the
    /// data, where a broker finds it
    Measure(MeasureArgs),
    /// Make what is set, and what differs, survive a restart of the host: files for sysctl, udev and systemd
    Persist(PersistArgs),
    /// Remove those files
    Unpersist,
    /// Say when something that was applied is no longer so, until interrupted
    Watch(WatchArgs),
}

/// `thalweg tune check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Warnings count
    #[arg(long)]
    pub strict: bool,
}

/// Which parameters.
#[derive(Args, Debug)]
pub struct SelectionArgs {
    /// Only these parameters or scopes (cpu, mem, io_uring, limits, disk, net, time)
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub only: Vec<String>,
    /// All but these
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub skip: Vec<String>,
}

/// `thalweg tune apply`.
#[derive(Args, Debug)]
pub struct ApplyArgs {
    /// Which parameters.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write a shell script that does it, and nothing else
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub script: Option<PathBuf>,
    /// In a container too, where what is set is the host's
    #[arg(long)]
    pub force: bool,
}

/// `thalweg tune measure`.
#[derive(Args, Debug)]
pub struct MeasureArgs {
    /// Which parameters.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Rounds of four passes: without, with, with, without
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub rounds: u32,
    /// Change nothing: measure the host as it is
    #[arg(long)]
    pub as_is: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// In a container too, where what is set is the host's, and keep what a busy host's disk can do
    #[arg(long)]
    pub force: bool,
}

/// `thalweg tune persist`.
#[derive(Args, Debug)]
pub struct PersistArgs {
    /// Which parameters.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Print the files, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// In a container too, where what is set is the host's
    #[arg(long)]
    pub force: bool,
}

/// `thalweg tune watch`.
#[derive(Args, Debug)]
pub struct WatchArgs {
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub interval: u64,
    /// End after so many looks, with 4 if the last one saw anything
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

fn parse_profile(name: &str) -> Result<Profile, String> {
    let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
    Profile::from_name(name).ok_or_else(|| format!("one of {}", names.join(", ")))
}

/// Runs it.
pub fn run(args: &TuneArgs) -> Result<(), Failure> {
    let root = Root::at(&args.root);
    let facts = Facts::read(&root, &args.data);
    let look = Look { root: &root, facts: &facts, profile: args.profile.unwrap_or_else(|| facts.profile()) };
    match &args.command {
        TuneCommand::List => {
            let lines = table::rows().map(|row| format!("{:<24} {:<8} {}\n", row.id, row.severity.name(), row.title));
            print(&lines.collect::<String>());
            Ok(())
        }
        TuneCommand::Check(args) => run_check(look, args),
        TuneCommand::Explain { parameter } => {
            let row = table::row(parameter).ok_or_else(|| unknown(parameter))?;
            print(&report::explain(&Finding { parameter: row, readings: check::read(look, row) }));
            Ok(())
        }
        TuneCommand::Apply(args) => run_apply(look, args),
        TuneCommand::Revert => run_revert(&root),
        TuneCommand::Measure(args) => measure::run(look, args),
        TuneCommand::Persist(args) => run_persist(look, args),
        TuneCommand::Unpersist => run_unpersist(&root),
        TuneCommand::Watch(args) => run_watch(&root, args),
    }
}

fn run_check(look: Look, args: &CheckArgs) -> Result<(), Failure> {
    let findings = check::check(look);
    match args.format {
        Format::Text => print(&report::text(look, &findings)),
        Format::Json => print(&format!("{}\n", report::json(look, &findings))),
    }
    let [errors, warnings] = [Severity::Error, Severity::Warning].map(|severity| check::count(&findings, severity));
    let failure = |what: String, exit| {
        Err(Failure::new(Code::TuningDiffers, what).hint("thalweg tune explain PARAMETER").exit(exit))
    };
    if errors > 0 {
        return failure(format!("{errors} of severity error differ"), Exit::ChecksFailed);
    }
    if warnings > 0 && args.strict {
        return failure(format!("{warnings} of severity warning differ"), Exit::ChecksWarned);
    }
    Ok(())
}

fn run_apply(look: Look, args: &ApplyArgs) -> Result<(), Failure> {
    let changes = apply::plan(&check::check(look), &selection(&args.selection)?);
    if changes.is_empty() {
        print("nothing to do: everything selected is as it should be\n");
        return Ok(());
    }
    if args.dry_run {
        print(&changes.iter().map(|change| format!("{}\n", told(change))).collect::<String>());
        return Ok(());
    }
    if let Some(path) = &args.script {
        return std::fs::write(path, script::script(look.profile, &changes)).map_err(|error| {
            Failure::new(Code::TuningNotSet, format!("cannot write {}: {error}", path.display()))
                .hint("name a file in a directory that this user may write")
        });
    }
    guard(look.facts, args.force)?;
    let outcomes = apply::apply(look, &changes).map_err(not_saved)?;
    let mut out = String::new();
    let mut failed = 0;
    for (change, outcome) in &outcomes {
        let became = match outcome {
            Outcome::Set => String::new(),
            Outcome::Refused { error } => format!(": refused: {error}"),
            Outcome::Overridden { now, by: Some(who) } => format!(": overridden: it reads {now}, likely by {who}"),
            Outcome::Overridden { now, by: None } => format!(": overridden: it reads {now}"),
        };
        failed += usize::from(*outcome != Outcome::Set);
        writeln!(out, "{}{became}", told(change)).ok();
    }
    let done = outcomes.len() - failed;
    writeln!(out, "{done} set and read back; thalweg tune revert puts back what was there").ok();
    print(&out);
    match failed {
        0 => Ok(()),
        failed => Err(Failure::new(Code::TuningNotSet, format!("{failed} of {} could not be set", outcomes.len()))
            .hint("the lines above say why; --skip leaves them out")),
    }
}

fn run_revert(root: &Root) -> Result<(), Failure> {
    let Some(backs) = revert::revert(root).map_err(not_saved)? else {
        print("nothing to do: nothing is applied\n");
        return Ok(());
    };
    let mut out = String::new();
    for (value, back) in &backs {
        let before = value.format().value(&value.before);
        let became = match back {
            Back::Restored { from, changed_by_others: false } => format!("{from} -> {before}"),
            Back::Restored { from, changed_by_others: true } => {
                format!("{from} -> {before}, though somebody had changed it in between")
            }
            Back::Unchanged => continue,
            Back::Gone => "is no longer there".to_owned(),
            Back::Overridden { now } => format!("was set to {before}, and reads {now}"),
            Back::Refused { error } => format!("{before} is refused: {error}"),
        };
        writeln!(out, "{:<24} {} {became}", value.parameter, value.path).ok();
    }
    let left = backs.iter().filter(|(_, back)| !back.is_done()).count();
    writeln!(out, "{} as before", backs.len() - left).ok();
    print(&out);
    match left {
        0 => Ok(()),
        left => Err(Failure::new(Code::TuningNotSet, format!("{left} could not be put back; they stay saved"))
            .hint("mend what the lines above name, then revert again")),
    }
}

fn run_persist(look: Look, args: &PersistArgs) -> Result<(), Failure> {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/usr/bin/thalweg"));
    let files =
        persist::plan(look, &check::check(look), &selection(&args.selection)?, &program).map_err(not_persisted)?;
    let mut out = String::new();
    if args.dry_run {
        for (path, text) in &files.texts {
            writeln!(out, "==> {path}\n{text}").ok();
        }
    } else if !files.texts.is_empty() {
        guard(look.facts, args.force)?;
        persist::persist(look.root, &files).map_err(not_persisted)?;
        for (path, _) in &files.texts {
            writeln!(out, "wrote {path}").ok();
        }
        writeln!(out, "systemctl daemon-reload, udevadm control --reload: now, or at the next start of the host").ok();
    } else {
        writeln!(out, "nothing to do: nothing selected differs or is applied").ok();
    }
    for (parameter, how) in &files.by_hand {
        writeln!(out, "by hand: {parameter}: {how}").ok();
    }
    print(&out);
    for (key, path) in &files.overruled {
        eprintln!("warning: {path} sets {key} too, and is read later: its value will hold");
    }
    Ok(())
}

fn run_unpersist(root: &Root) -> Result<(), Failure> {
    let removed = persist::unpersist(root).map_err(not_persisted)?;
    if removed.is_empty() {
        print("nothing to do: nothing is persisted\n");
    }
    print(&removed.iter().map(|path| format!("removed {path}\n")).collect::<String>());
    Ok(())
}

fn not_persisted(error: PersistError) -> Failure {
    match error {
        PersistError::Saved(error) => not_saved(error),
        PersistError::NotOurs(ref path) => {
            let hint = format!("move {} away if it is not needed", path.display());
            Failure::new(Code::TuningNotSaved, error.to_string()).hint(hint)
        }
        PersistError::Io(path, error) => not_saved(SavedError::Io(path, error)),
    }
}

fn run_watch(root: &Root, args: &WatchArgs) -> Result<(), Failure> {
    let mut known: Vec<Drift> = Vec::new();
    for look in 1.. {
        let Some(now) = watch::drift(root).map_err(not_saved)? else {
            return Err(Failure::new(Code::TuningDiffers, "nothing is applied, so nothing can drift")
                .hint("thalweg tune apply"));
        };
        for drift in now.iter().filter(|drift| !known.contains(drift)) {
            print(&drifted(drift, args.format));
        }
        for drift in known.iter().filter(|drift| !now.iter().any(|other| other.path == drift.path)) {
            print(&returned(drift, args.format));
        }
        known = now;
        if args.count == Some(look) {
            break;
        }
        std::thread::sleep(Duration::from_secs(args.interval));
    }
    match known.len() {
        0 => Ok(()),
        count => {
            let message = format!("{count} no longer read what was applied");
            Err(Failure::new(Code::TuningDiffers, message).hint("thalweg tune apply").exit(Exit::ChecksWarned))
        }
    }
}

fn drifted(drift: &Drift, format: Format) -> String {
    let Drift { parameter, path, applied, now, by } = drift;
    if format == Format::Json {
        let line =
            json!({"drift": true, "parameter": parameter, "path": path, "applied": applied, "now": now, "by": by});
        return format!("{line}\n");
    }
    let now = now.as_deref().map_or("is no longer there".to_owned(), |now| format!("reads {now}"));
    let by = by.map(|who| format!(", likely by {who}")).unwrap_or_default();
    format!("{parameter:<24} {path} {now}, applied was {applied}{by}\n")
}

fn returned(drift: &Drift, format: Format) -> String {
    let Drift { parameter, path, applied, .. } = drift;
    match format {
        Format::Json => {
            format!("{}\n", json!({"drift": false, "parameter": parameter, "path": path, "applied": applied}))
        }
        Format::Text => format!("{parameter:<24} {path} reads {applied} again\n"),
    }
}

fn told(change: &Change) -> String {
    format!("{:<24} {} {} -> {}", change.parameter.id, change.path, change.before, change.value)
}

fn selection(args: &SelectionArgs) -> Result<Selection, Failure> {
    let selection = Selection { only: args.only.clone(), skip: args.skip.clone() };
    match selection.unknown() {
        Some(name) => Err(unknown(name)),
        None => Ok(selection),
    }
}

fn unknown(name: &str) -> Failure {
    Failure::new(Code::TuningUnknown, format!("no parameter and no scope is called {name}"))
        .hint("thalweg tune list names them all")
}

/// In a container, what is written is every container's.
fn guard(facts: &Facts, force: bool) -> Result<(), Failure> {
    if facts.container && !force {
        return Err(Failure::new(Code::TuningRefused, "this is a container: what is set here is the host's")
            .hint("run it on the host, or say --force"));
    }
    Ok(())
}

fn not_saved(error: SavedError) -> Failure {
    let failure = Failure::new(Code::TuningNotSaved, error.to_string());
    match error {
        SavedError::Io(_, error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            failure.hint("run it as root")
        }
        SavedError::Io(..) => failure.hint("nothing is changed before what is there can be saved"),
        SavedError::Malformed(path, _) => {
            failure.hint(format!("mend it, or put back its values by hand and remove {}", path.display()))
        }
    }
}

/// Results to standard output. That nobody reads them is no reason to fail.
fn print(text: &str) {
    std::io::stdout().write_all(text.as_bytes()).ok();
}
