//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use thalweg_loadgen::cli::LoadgenArgs;

use super::doctor::DoctorArgs;
use super::tune::TuneArgs;

/// A Kafka broker: durable by default, one binary, one command.
#[derive(Parser, Debug)]
#[command(name = "thalweg", version, about, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a broker for development: on 127.0.0.1, formatted by itself, ready in a moment
    Dev(DevArgs),
    /// Run a broker from a server.properties
    Serve(ServeArgs),
    /// Look into files of a data directory without a broker
    #[command(subcommand)]
    Inspect(InspectCommand),
    /// Look at this host with a broker's eyes, set what differs, and put it back
    Tune(TuneArgs),
    /// Look for what is wrong with a configuration, this host, or a broker that runs
    Doctor(DoctorArgs),
    /// Put a load on a Kafka broker and measure it; with nothing said, on one of its own
    Loadgen(Box<LoadgenArgs>),
}

/// `thalweg dev`.
#[derive(Args, Debug)]
pub struct DevArgs {
    /// Port to listen on at 127.0.0.1; 0 takes a free one [default: 9092]
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Directory of the data [default: ./thalweg-data]
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    pub data: Option<PathBuf>,
    /// Keep the data in a temporary directory and remove it at the end
    #[arg(long)]
    pub ephemeral: bool,
    /// Stop when standard input ends: for whoever starts a broker that must not outlive them
    #[arg(long, hide = true)]
    pub until_stdin_ends: bool,
    /// Number of cores [default: all this process may use, but one of two or three]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub cores: Option<u16>,
    /// Create this topic if it is not there; may be repeated
    #[arg(long = "topic", value_name = "NAME:PARTITIONS", value_parser = parse_topic)]
    pub topics: Vec<(String, i32)>,
    /// Set a broker key; may be repeated
    #[arg(long = "override", value_name = "KEY=VALUE", value_parser = parse_override)]
    pub overrides: Vec<(String, String)>,
}

/// `thalweg serve`.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// The configuration: a server.properties as Kafka reads it
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub config: PathBuf,
    /// Set a broker key, over the file and the environment; may be repeated
    #[arg(long = "override", value_name = "KEY=VALUE", value_parser = parse_override)]
    pub overrides: Vec<(String, String)>,
    /// Check the configuration and this host, say everything there is to say, and end: 0 fine, 5 errors
    #[arg(long)]
    pub check: bool,
}

/// `thalweg inspect`.
#[derive(Subcommand, Debug)]
pub enum InspectCommand {
    /// Print the record batches of a segment, or of all segments of a partition's directory
    Segment(SegmentArgs),
    /// Print the frames of a journal file, or of all files of a core's journal
    Journal(JournalArgs),
}

/// `thalweg inspect segment`.
#[derive(Args, Debug)]
pub struct SegmentArgs {
    /// A .log file, or the directory of a partition
    pub path: PathBuf,
    /// Print the records of each batch too
    #[arg(long)]
    pub records: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `thalweg inspect journal`.
#[derive(Args, Debug)]
pub struct JournalArgs {
    /// A .ring file, or the directory of a core's journal
    pub path: PathBuf,
    /// Print the records of each frame too
    #[arg(long)]
    pub records: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// How to print.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(super) fn parse_override(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

fn parse_topic(text: &str) -> Result<(String, i32), String> {
    const PARTITIONS_MAX: i32 = 100_000;
    let (name, partitions) = text.rsplit_once(':').ok_or("write NAME:PARTITIONS")?;
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > 249 || name == "." || name == ".." || !name.bytes().all(legal) {
        return Err(format!("`{name}` cannot name a topic: 1 to 249 letters, digits, `.`, `_` and `-`"));
    }
    let count = partitions.parse::<i32>().ok().filter(|count| (1..=PARTITIONS_MAX).contains(count));
    let count = count.ok_or_else(|| format!("`{partitions}` is no number of partitions: 1 to {PARTITIONS_MAX}"))?;
    Ok((name.to_owned(), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn dev_takes_all_its_options() {
        let line = "thalweg dev --port 0 --data d --cores 2 --topic a:1 --topic b.c:12 --override x=y=z";
        let Ok(Cli { command: Command::Dev(dev) }) = parse(line) else { panic!("dev") };
        assert_eq!((dev.port, dev.cores, dev.ephemeral), (Some(0), Some(2), false));
        assert_eq!(dev.topics, [("a".to_owned(), 1), ("b.c".to_owned(), 12)]);
        assert_eq!(dev.overrides, [("x".to_owned(), "y=z".to_owned())]);
    }

    #[test]
    fn wrong_usage_is_clap_s_exit_code_2() {
        for line in [
            "thalweg",
            "thalweg lst",
            "thalweg serve",
            "thalweg dev --port 70000",
            "thalweg dev --cores 0",
            "thalweg dev --ephemeral --data d",
            "thalweg dev --topic a",
            "thalweg dev --topic a:0",
            "thalweg dev --topic a/b:1",
            "thalweg dev --override x",
            "thalweg inspect segment --format yaml x",
        ] {
            let error = parse(line).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
        }
        assert!(parse("thalweg serv").expect_err("no such command").to_string().contains("'serve'"));
    }
}
