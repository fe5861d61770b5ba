//! `thalweg doctor`: everything that can be known before a broker starts, and of one that runs. Each finding has a code, a
//! severity and, where something is to be done, a hint; nothing stops at the first.

mod finding;
mod host;
mod listeners;
mod live;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use thalweg_tuning::{Host, Root, limits};

use super::args::{Format, ServeArgs};
use super::failure::{Code, Exit, Failure};
use super::serve;
use crate::config::Limits;
use finding::{Finding, Level, Topic};

/// `thalweg doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Look at this configuration, and at this host with its eyes
    #[arg(short = 'c', long = "config", value_name = "FILE", required_unless_present = "live")]
    pub config: Option<PathBuf>,
    /// Look at a broker that runs: HOST:PORT, several with commas
    #[arg(long, value_name = "BOOTSTRAP")]
    pub live: Option<String>,
    /// Set a broker key, over the file and the environment; may be repeated
    #[arg(long = "override", value_name = "KEY=VALUE", value_parser = super::args::parse_override, requires = "config")]
    pub overrides: Vec<(String, String)>,
    /// Warnings count: exit with 4 if there are any
    #[arg(long)]
    pub strict: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Runs it: 0 all is well, 3 nobody answers at BOOTSTRAP, 4 warnings under --strict, 5 errors.
pub fn run(args: &DoctorArgs, environment: Vec<(String, String)>) -> Result<(), Failure> {
    let mut findings = Vec::new();
    if let Some(path) = &args.config {
        look_at_config(path, args, environment, &mut findings);
    }
    let unreachable = args.live.as_ref().and_then(|bootstrap| live::look(bootstrap, &mut findings).err());
    if let Some(failure) = &unreachable {
        let hint = failure.hint.clone().unwrap_or_default();
        findings.push(Finding::error(Topic::Answers, failure.message.clone(), hint));
    }
    let mut out = std::io::stdout().lock();
    let text = match args.format {
        Format::Text => text(&findings),
        Format::Json => format!("{}\n", json(&findings)),
    };
    out.write_all(text.as_bytes()).ok();
    verdict(&findings, args.strict, unreachable)
}

fn look_at_config(path: &Path, args: &DoctorArgs, environment: Vec<(String, String)>, findings: &mut Vec<Finding>) {
    let root = Root::real();
    let open_files = limits::raise_open_files();
    let serve = ServeArgs { config: path.to_owned(), overrides: args.overrides.clone(), check: true };
    let (config, problems) = serve::read(&serve, environment, Host::read(&root), open_files);
    findings.extend(problems.sorted().into_iter().map(Finding::of));
    if !problems.has_errors() {
        let said = format!("{}: {}", path.display(), serve::summary(&config));
        findings.push(Finding::fine(Topic::Configuration, said));
    }
    let limits = Limits::of(&config, open_files);
    host::look(&config, &limits, open_files, &root, findings);
    listeners::look(&config, &root, findings);
}

fn text(findings: &[Finding]) -> String {
    let mut lines: Vec<String> = findings.iter().map(|finding| format!("{finding}\n")).collect();
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let [errors, warnings, fine] = [Level::Error, Level::Warning, Level::Fine].map(count);
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (e, w) = (plural(errors), plural(warnings));
    lines.push(format!("{errors} error{e}, {warnings} warning{w}, {fine} fine\n"));
    lines.concat()
}

fn json(findings: &[Finding]) -> serde_json::Value {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    json!({
        "version": 1,
        "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
        "errors": count(Level::Error),
        "warnings": count(Level::Warning),
    })
}

fn verdict(findings: &[Finding], strict: bool, unreachable: Option<Failure>) -> Result<(), Failure> {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let found = |count: usize, what: &str, exit| {
        let message = format!("{count} {what}{} found", if count == 1 { "" } else { "s" });
        Err(Failure::new(Code::DoctorFound, message).hint("the lines above say what to do").exit(exit))
    };
    match (unreachable, count(Level::Error), count(Level::Warning)) {
        (Some(failure), _, _) => Err(failure),
        (None, 0, 0) => Ok(()),
        (None, 0, _) if !strict => Ok(()),
        (None, 0, warnings) => found(warnings, "warning", Exit::ChecksWarned),
        (None, errors, _) => found(errors, "error", Exit::ChecksFailed),
    }
}
