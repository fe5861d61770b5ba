//! `thalweg tune measure`: what applying does to this host's figures, and what its disk can do.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use thalweg_tuning::apply::{self, Change};
use thalweg_tuning::check;
use thalweg_tuning::effect::{self, Effect, Side, Spread, Verdict};
use thalweg_tuning::io_properties::{self, IoProperties};
use thalweg_tuning::parameter::Look;
use thalweg_tuning::probe::disk::Scratch;
use thalweg_tuning::probe::{self, Figure};
use thalweg_tuning::revert;
use thalweg_tuning::saved::Saved;

use super::super::args::Format;
use super::super::failure::{Code, Failure};
use super::{MeasureArgs, guard, not_saved, print, selection};
use crate::config::measured;

pub(super) fn run(look: Look, args: &MeasureArgs) -> Result<(), Failure> {
    if !look.root.is_real() {
        return Err(failed("a tree that stands for a host cannot be measured").hint("leave out --root"));
    }
    let busy = is_busy(look);
    let scratch = scratch(&look.facts.data)?;
    let passes = match args.as_is {
        true => vec![(Side::Before, pass(look, scratch.as_ref())?)],
        false => in_turns(look, args, scratch.as_ref())?,
    };
    let properties = scratch.as_ref().map(|scratch| properties(look, scratch)).transpose()?;
    let kept = properties.as_ref().filter(|_| !busy || args.force);
    match (kept, &properties) {
        (Some(kept), _) => keep(kept, &look.facts.data)?,
        (None, Some(_)) => eprintln!(
            "warning: {} is not written, for a broker would go by it: measure when the host is idle, or say --force",
            look.facts.data.join(io_properties::FILE).display()
        ),
        (None, None) => {}
    }
    match args.format {
        Format::Text => print(&text(&passes, properties.as_ref(), &look.facts.data)),
        Format::Json => print(&format!("{}\n", json(&passes, properties.as_ref()))),
    }
    Ok(())
}

fn failed(message: impl Into<String>) -> Failure {
    Failure::new(Code::TuningNotMeasured, message)
}

/// What others do at the same time is measured with it.
fn is_busy(look: Look) -> bool {
    const TIME: Duration = Duration::from_millis(500);
    const SHARE_MAX: f64 = 0.1;
    let share = probe::busy_share(look.root, TIME).filter(|share| *share > SHARE_MAX);
    if let Some(percent) = share.map(|share| share * 100.0) {
        eprintln!("warning: other work takes {percent:.0} % of this host's CPUs; what is measured is a busy host");
    }
    share.is_some()
}

/// Scratch space among the data; none where the file system has no direct I/O.
fn scratch(data: &Path) -> Result<Option<Scratch>, Failure> {
    match Scratch::new(data) {
        Ok(scratch) => Ok(Some(scratch)),
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            eprintln!("warning: {} has no direct I/O; its disk is not measured", data.display());
            Ok(None)
        }
        Err(error) => Err(failed(format!("cannot write in {}: {error}", data.display()))
            .hint("name the directory of the broker's data with --data; 64 MiB are written there and removed")),
    }
}

fn pass(look: Look, scratch: Option<&Scratch>) -> Result<Vec<Figure>, Failure> {
    probe::pass(scratch, look.facts.host.cpus.usable()).map_err(|error| failed(format!("cannot measure: {error}")))
}

/// Passes without and with everything selected applied. Whatever happens, the host is as it was at the end.
fn in_turns(look: Look, args: &MeasureArgs, scratch: Option<&Scratch>) -> Result<Vec<(Side, Vec<Figure>)>, Failure> {
    if Saved::read(look.root).map_err(not_saved)?.is_some() {
        return Err(failed("something is applied already, so there is no before")
            .hint("thalweg tune revert first, or measure with --as-is"));
    }
    let changes = apply::plan(&check::check(look), &selection(&args.selection)?);
    if changes.is_empty() {
        return Err(failed("nothing selected differs, so there is no after").hint("measure with --as-is"));
    }
    guard(look.facts, args.force)?;
    eprintln!(
        "{} values are set and put back in turns; should this be killed, thalweg tune revert puts them back",
        changes.len()
    );
    let passes = turns(look, &changes, args.rounds, scratch);
    let backs = revert::revert(look.root).map_err(not_saved)?.unwrap_or_default();
    let left: Vec<&str> =
        backs.iter().filter(|(_, back)| !back.is_done()).map(|(value, _)| value.path.as_str()).collect();
    match left[..] {
        [] => passes,
        [..] => Err(failed(format!("could not be put back: {}", left.join(", "))).hint("thalweg tune revert")),
    }
}

fn turns(
    look: Look,
    changes: &[Change],
    rounds: u32,
    scratch: Option<&Scratch>,
) -> Result<Vec<(Side, Vec<Figure>)>, Failure> {
    // What the first pass finds cold, all others find warm.
    pass(look, scratch)?;
    let mut passes = Vec::new();
    let mut now = Side::Before;
    for side in effect::order(rounds) {
        if side != now {
            match side {
                Side::After => drop(apply::apply(look, changes).map_err(not_saved)?),
                Side::Before => drop(revert::revert(look.root).map_err(not_saved)?),
            }
            now = side;
        }
        passes.push((side, pass(look, scratch)?));
    }
    Ok(passes)
}

fn properties(look: Look, scratch: &Scratch) -> Result<IoProperties, Failure> {
    let facts = look.facts;
    let (device, file_system) = facts.medium();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    IoProperties::measure(scratch, &device, &file_system, now)
        .map_err(|error| failed(format!("cannot measure the disk: {error}")))
}

fn keep(properties: &IoProperties, data: &Path) -> Result<(), Failure> {
    properties.write(data).map_err(|error| {
        failed(format!("cannot write {}: {error}", data.join(io_properties::FILE).display()))
            .hint("this user must be able to write in the directory of the data")
    })
}

fn text(passes: &[(Side, Vec<Figure>)], properties: Option<&IoProperties>, data: &Path) -> String {
    let mut out = String::new();
    let effects = effect::effects(passes);
    if effects.is_empty() {
        for figure in passes.iter().flat_map(|(_, figures)| figures) {
            writeln!(out, "{:<28} {} {}", figure.name, short(figure.value), figure.unit).ok();
        }
    } else {
        let each = passes.len() / 2;
        writeln!(out, "{each} passes without and {each} with everything applied: median (least..most)").ok();
    }
    for effect in &effects {
        let spread =
            |Spread { least, median, most }: Spread| format!("{} ({}..{})", short(median), short(least), short(most));
        let Effect { name, unit, before, after, verdict } = effect;
        let verdict = match verdict {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::WithinNoise => "within noise",
        };
        let (before, after) = (spread(*before), spread(*after));
        writeln!(out, "{name:<28} {before:<24} -> {after:<24} {unit:<6} {:+.1} %  {verdict}", effect.percent()).ok();
    }
    if let Some(properties) = properties {
        let IoProperties { device, file_system, .. } = properties;
        writeln!(out, "\nthe disk of {}, {file_system} on {device}:", data.display()).ok();
        for flushes in &properties.flushes {
            let [p50, p99, per_second] = [flushes.p50_us, flushes.p99_us, flushes.per_second].map(short);
            writeln!(out, "  flush 4 KiB at depth {}: p50 {p50} us, p99 {p99} us, {per_second} /s", flushes.depth).ok();
        }
        let of = |rates: &[io_properties::Rate]| {
            let best = rates.iter().max_by(|a, b| a.mib_per_second.total_cmp(&b.mib_per_second));
            best.map_or("nothing".to_owned(), |best| {
                format!("{} MiB/s, in {} KiB at depth {}", short(best.mib_per_second), best.bytes >> 10, best.depth)
            })
        };
        writeln!(out, "  writes at best {}", of(&properties.writes)).ok();
        writeln!(
            out,
            "  reads at best {}; through a cold page cache {}",
            of(&properties.reads),
            of(&properties.cached_reads)
        )
        .ok();
        let settings = measured::settings(properties);
        let follows = match settings.is_empty() {
            true => "a broker's defaults are as good as any on it",
            false => "a broker would take from this, where its configuration does not say:",
        };
        writeln!(out, "{follows}").ok();
        for (key, value) in settings {
            writeln!(out, "  {key}={value}").ok();
        }
    }
    out
}

fn json(passes: &[(Side, Vec<Figure>)], properties: Option<&IoProperties>) -> serde_json::Value {
    let settings: serde_json::Map<String, serde_json::Value> = properties
        .map(measured::settings)
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| (key.to_owned(), serde_json::Value::from(value)))
        .collect();
    json!({
        "version": 1,
        "passes": passes.iter().map(|(side, figures)| json!({"applied": *side == Side::After, "figures": figures})).collect::<Vec<_>>(),
        "effects": effect::effects(passes),
        "io_properties": properties,
        "settings": settings,
    })
}

/// Three digits that matter.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
