//! What was found, in words and as JSON.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::check::{self, Finding, Reading, State};
use crate::facts::Facts;
use crate::parameter::{Look, Parameter, Reach, Severity};

/// Version of the JSON; it changes when a field changes its meaning or goes.
const VERSION: u32 = 1;

/// One line for each parameter, and a line of sums.
pub fn text(look: Look, findings: &[Finding]) -> String {
    let mut out = format!("{}\nprofile {}\n\n", look.facts.summary(), look.profile);
    for finding in findings {
        let mark = mark(finding);
        writeln!(out, "  {mark:<8} {:<24} {}", finding.parameter.id, words(finding)).ok();
    }
    writeln!(out, "\n{}", sums(findings)).ok();
    out
}

/// The first word of a line: the severity of what differs, or the state.
fn mark(finding: &Finding) -> &'static str {
    match finding.state() {
        State::Differs { .. } => finding.parameter.severity.name(),
        State::Pass => "pass",
        State::NotSupported { .. } => "-",
        State::NoPermission => "denied",
        State::ManagedBy { .. } => "managed",
    }
}

/// What was read, equal readings told once.
pub fn words(finding: &Finding) -> String {
    let state = finding.state().name();
    let of_state: Vec<&Reading> = finding.readings.iter().filter(|reading| reading.state.name() == state).collect();
    let mut groups: Vec<(String, BTreeSet<&str>, usize)> = Vec::new();
    for reading in &of_state {
        let text = reading_words(reading);
        let at = groups.iter().position(|(known, _, _)| *known == text).unwrap_or_else(|| {
            groups.push((text, BTreeSet::new(), 0));
            groups.len() - 1
        });
        groups[at].2 += 1;
        if !reading.device.is_empty() {
            groups[at].1.insert(&reading.device);
        }
    }
    const GROUPS_MAX: usize = 3;
    let total = finding.readings.len();
    let mut parts: Vec<String> = groups
        .iter()
        .take(GROUPS_MAX)
        .map(|(text, devices, count)| {
            let devices: Vec<&str> = devices.iter().copied().collect();
            let of = if devices.is_empty() { String::new() } else { format!("{}: ", devices.join(" ")) };
            let share = if total == 1 { String::new() } else { format!(" ({count} of {total})") };
            format!("{of}{text}{share}")
        })
        .collect();
    if groups.len() > GROUPS_MAX {
        parts.push(format!("and {} more", groups.len() - GROUPS_MAX));
    }
    parts.join("; ")
}

fn reading_words(reading: &Reading) -> String {
    let current = reading.current.as_deref().unwrap_or_default();
    match &reading.state {
        State::Pass => current.to_owned(),
        State::Differs { current, wanted } => format!("{current}, wanted {wanted}"),
        State::NotSupported { why } if current.is_empty() => why.clone(),
        State::NotSupported { why } => format!("{current}: {why}"),
        State::NoPermission => "this user may not read it".to_owned(),
        State::ManagedBy { who } => format!("{current}: {who} runs and sets it"),
    }
}

fn sums(findings: &[Finding]) -> String {
    let of = |name: &str| findings.iter().filter(|finding| finding.state().name() == name).count();
    let severities = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let count = check::count(findings, severity);
        format!("{count} {}{}", severity.name(), if count == 1 || severity == Severity::Info { "" } else { "s" })
    });
    let mut line = format!(
        "{} parameters: {} pass, {} differ ({}), {} do not matter here",
        findings.len(),
        of("pass"),
        of("differs"),
        severities.join(", "),
        of("not-supported")
    );
    for (name, words) in [("managed", "are set by others"), ("no-permission", "may not be read")] {
        if of(name) > 0 {
            write!(line, ", {} {words}", of(name)).ok();
        }
    }
    line
}

/// Everything, for programs.
pub fn json(look: Look, findings: &[Finding]) -> Value {
    json!({
        "version": VERSION,
        "profile": look.profile.name(),
        "host": host(look.facts),
        "parameters": findings.iter().map(finding_json).collect::<Vec<_>>(),
        "differ": {
            "error": check::count(findings, Severity::Error),
            "warning": check::count(findings, Severity::Warning),
            "info": check::count(findings, Severity::Info),
        },
    })
}

fn host(facts: &Facts) -> Value {
    json!({
        "kernel": facts.host.kernel,
        "cpus": facts.host.cpus.online.len(),
        "memory_bytes": facts.host.memory.map(|memory| memory.total),
        "nodes": facts.nodes.len(),
        "hypervisor": facts.hypervisor,
        "container": facts.container,
        "data": facts.data,
        "disks": facts.disks.iter().map(|disk| disk.name.as_str()).collect::<Vec<_>>(),
        "network_devices": facts.nics.iter().map(|nic| nic.name.as_str()).collect::<Vec<_>>(),
    })
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "id": finding.parameter.id,
        "title": finding.parameter.title,
        "severity": finding.parameter.severity.name(),
        "state": finding.state().name(),
        "readings": finding.readings.iter().map(reading_json).collect::<Vec<_>>(),
    })
}

fn reading_json(reading: &Reading) -> Value {
    let (wanted, why, who) = match &reading.state {
        State::Differs { wanted, .. } => (Some(wanted), None, None),
        State::NotSupported { why } => (None, Some(why), None),
        State::ManagedBy { who } => (None, None, Some(who)),
        State::Pass | State::NoPermission => (None, None, None),
    };
    json!({
        "path": reading.path,
        "device": (!reading.device.is_empty()).then_some(&reading.device),
        "state": reading.state.name(),
        "current": reading.current,
        "wanted": wanted,
        "why": why,
        "who": who,
    })
}

/// Everything there is to say about one parameter, with what it is here.
pub fn explain(finding: &Finding) -> String {
    let Parameter { id, title, severity, reason, risk, source, persist, reboot, .. } = finding.parameter;
    let mut out = format!("{id}: {title} ({})\n", severity.name());
    let mut field = |name: &str, text: &str| {
        writeln!(out, "  {name:<10} {text}").ok();
    };
    let state = match finding.state() {
        State::NotSupported { .. } => "does not matter here",
        State::Differs { .. } => "differs",
        State::Pass => "as it should be",
        State::NoPermission => "cannot be read",
        State::ManagedBy { .. } => "managed",
    };
    field("here", &format!("{state}: {}", words(finding)));
    field("why", reason);
    field("risk", risk);
    let (by_hand, undo) = by_hand(finding);
    field("by hand", &by_hand);
    field("undo", &undo);
    field("kept by", persist.how());
    if *reboot {
        field("effect", "after a restart of the host");
    }
    field("source", source);
    out
}

/// The commands for it, and those that undo them.
fn by_hand(finding: &Finding) -> (String, String) {
    let parameter = finding.parameter;
    let Reach::Write { format, .. } = parameter.reach else {
        return (parameter.by_hand.to_owned(), parameter.undo.to_owned());
    };
    let first = finding.readings.iter().find(|reading| reading.value.is_some()).or(finding.readings.first());
    let Some(Reading { path: Some(path), current, value, .. }) = first else {
        return ("nothing to set here".to_owned(), "nothing to undo here".to_owned());
    };
    let others = finding.readings.len() - 1;
    let others = if others == 0 { String::new() } else { format!("   (and {others} more)") };
    let command = |value: Option<&String>| match value {
        Some(value) => format!("echo '{}' > {path}{others}", format.value(value)),
        None => format!("echo VALUE > {path}{others}"),
    };
    (command(value.as_ref().or(current.as_ref())), command(current.as_ref()))
}
