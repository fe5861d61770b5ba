//! The command line: what a person types, what they are told, what a script gets as an exit code.
//!
//! 0 it worked, 1 it failed, 2 wrong usage, 3 nobody to connect to, 4 and 5 a check found warnings or errors. Results go to
//! standard output, everything about them to standard error.

pub mod args;
pub mod dev;
pub mod doctor;
pub mod failure;
pub mod inspect;
pub mod launch;
mod notify;
pub mod preflight;
pub mod serve;
mod signals;
pub mod tune;

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use thalweg_loadgen::cli::LoadgenArgs;
use thalweg_tuning::{Host, Root, limits};

use self::args::{Cli, Command, DevArgs, InspectCommand, ServeArgs};
use self::dev::Ephemeral;
use self::failure::{Code, Exit, Failure};
use self::launch::{Launch, launch};
use crate::config::Limits;
use crate::config::load::load;

/// Runs the command of this process's arguments and environment.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let result = match cli.command {
        Command::Loadgen(args) => return loadgen(&args),
        Command::Dev(args) => run_dev(&args, environment),
        Command::Serve(args) => run_serve(&args, environment),
        Command::Doctor(args) => doctor::run(&args, environment),
        Command::Tune(args) => tune::run(&args),
        Command::Inspect(what) => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            let printed = match what {
                InspectCommand::Segment(args) => inspect::segment::print(&args, &mut out),
                InspectCommand::Journal(args) => inspect::journal::print(&args, &mut out),
            };
            out.flush().ok();
            printed
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&failure);
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// The load generator's own failures have codes of their own; scripts see the same exit codes.
fn loadgen(args: &LoadgenArgs) -> ExitCode {
    let Err(failure) = thalweg_loadgen::cli::main(args) else { return ExitCode::SUCCESS };
    say(&failure);
    let exit = match failure.exit {
        thalweg_loadgen::failure::Exit::Failed => Exit::Failed,
        thalweg_loadgen::failure::Exit::CannotConnect => Exit::CannotConnect,
        thalweg_loadgen::failure::Exit::Invalid => Exit::ChecksFailed,
    };
    ExitCode::from(exit as u8)
}

fn run_dev(args: &DevArgs, environment: Vec<(String, String)>) -> Result<(), Failure> {
    let open_files = limits::raise_open_files();
    let host = Host::read(&Root::real());
    let ephemeral = match args.ephemeral {
        true => Some(Ephemeral::new().map_err(|error| {
            Failure::new(Code::DataDirectory, format!("cannot make a temporary directory: {error}"))
        })?),
        false => None,
    };
    let (data, chosen_by): (PathBuf, _) = match (&ephemeral, &args.data) {
        (Some(ephemeral), _) => (ephemeral.path().to_owned(), Some("--ephemeral")),
        (None, Some(data)) => (data.clone(), Some("--data")),
        (None, None) => (PathBuf::from("thalweg-data"), None),
    };
    let request = dev::request(args, &data, chosen_by, environment, &host);
    let (mut config, mut problems) = load(&request, Arc::new(host));
    config.initial_topics = args.topics.clone();
    if ephemeral.is_none() {
        preflight::look(&config, open_files, &Root::real(), &mut problems);
    }
    say_lines(&problems);
    serve::pass(&problems, Exit::Failed)?;
    let temporary = ephemeral.as_ref().map(|ephemeral| ephemeral.path().to_owned());
    let limits = Limits::of(&config, open_files);
    launch(Launch {
        config,
        limits,
        epilogue: dev::snippets,
        abandon: Arc::new(move || {
            if let Some(path) = &temporary {
                dev::remove(path);
            }
        }),
        until_stdin_ends: args.until_stdin_ends,
        port_hint: "choose another port: thalweg dev --port N",
    })
}

fn run_serve(args: &ServeArgs, environment: Vec<(String, String)>) -> Result<(), Failure> {
    let open_files = limits::raise_open_files();
    let (config, problems) = serve::read(args, environment, Host::read(&Root::real()), open_files);
    say_lines(&problems);
    if args.check {
        serve::pass(&problems, Exit::ChecksFailed)?;
        let text = format!("{}: {}\nok\n", args.config.display(), serve::summary(&config));
        std::io::stdout().write_all(text.as_bytes()).ok();
        return Ok(());
    }
    serve::pass(&problems, Exit::Failed)?;
    let limits = Limits::of(&config, open_files);
    launch(Launch {
        config,
        limits,
        epilogue: |_| String::new(),
        abandon: Arc::new(|| ()),
        until_stdin_ends: false,
        port_hint: "change `listeners`",
    })
}

/// One message to standard error. That nobody reads it is no reason to fail.
fn say(message: &dyn fmt::Display) {
    say_lines(&format_args!("{message}\n"));
}

fn say_lines(messages: &dyn fmt::Display) {
    std::io::stderr().write_all(messages.to_string().as_bytes()).ok();
}
