//! The table held against a host: what is as it should be, what is not, and what cannot be judged here.

use std::io;

use crate::attribute::{self, Format};
use crate::parameter::{Look, Observation, Parameter, Paths, Place, Reach, Severity, Want};
use crate::table;

/// What became of a parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// As it should be.
    Pass,
    /// Otherwise.
    Differs {
        /// What it is.
        current: String,
        /// What is wanted, in words.
        wanted: String,
    },
    /// It does not exist or does not matter here.
    NotSupported {
        /// Why.
        why: String,
    },
    /// It is there, and this user may not read it.
    NoPermission,
    /// It differs, and a program that runs here would set it back.
    ManagedBy {
        /// The program.
        who: String,
    },
}

impl State {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            State::Pass => "pass",
            State::Differs { .. } => "differs",
            State::NotSupported { .. } => "not-supported",
            State::NoPermission => "no-permission",
            State::ManagedBy { .. } => "managed",
        }
    }

    /// Which of several counts for all: the one somebody should look at.
    fn weight(&self) -> u8 {
        match self {
            State::Differs { .. } => 4,
            State::ManagedBy { .. } => 3,
            State::NoPermission => 2,
            State::Pass => 1,
            State::NotSupported { .. } => 0,
        }
    }
}

/// One attribute of a parameter, or the one thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Its path; `None` for what is not an attribute.
    pub path: Option<String>,
    /// The disk or network device it belongs to; empty where it belongs to none.
    pub device: String,
    /// What became of it.
    pub state: State,
    /// Its value, where it could be read.
    pub current: Option<String>,
    /// The value to write so that it passes.
    pub value: Option<String>,
}

impl Reading {
    fn without(state: State) -> Reading {
        Reading { path: None, device: String::new(), state, current: None, value: None }
    }

    fn missing(why: impl Into<String>) -> Reading {
        Reading::without(State::NotSupported { why: why.into() })
    }
}

/// A parameter and everything read for it; at least one reading.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The row.
    pub parameter: &'static Parameter,
    /// What was read.
    pub readings: Vec<Reading>,
}

impl Finding {
    /// The state that counts for all readings.
    pub fn state(&self) -> &State {
        const NOTHING: &State = &State::Pass;
        // Of equals the first.
        let worst = self.readings.iter().rev().max_by_key(|reading| reading.state.weight());
        worst.map_or(NOTHING, |reading| &reading.state)
    }

    /// Whether it differs with this severity.
    pub fn is(&self, severity: Severity) -> bool {
        self.parameter.severity == severity && matches!(self.state(), State::Differs { .. })
    }
}

/// Holds every row of the table against the host.
pub fn check(look: Look) -> Vec<Finding> {
    table::rows().map(|parameter| Finding { parameter, readings: read(look, parameter) }).collect()
}

/// How many parameters differ with this severity.
pub fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.is(severity)).count()
}

/// Everything read for one row.
pub fn read(look: Look, parameter: &'static Parameter) -> Vec<Reading> {
    match parameter.reach {
        Reach::Observe(see) => vec![observed(see(&look))],
        Reach::Write { paths, format, want } => {
            let targets = match targets(look, paths) {
                Ok(targets) => targets,
                Err(why) => return vec![Reading::missing(why)],
            };
            let readings = targets.iter().map(|target| read_one(look, parameter, target, format, want)).collect();
            merge_absent(readings)
        }
    }
}

fn observed(seen: Observation) -> Reading {
    match seen {
        Observation::Good(current) => Reading { current: Some(current), ..Reading::without(State::Pass) },
        Observation::Better(current, wanted) => {
            let state = State::Differs { current: current.clone(), wanted };
            Reading { current: Some(current), ..Reading::without(state) }
        }
        Observation::Leave(why) => Reading::missing(why),
    }
}

/// An attribute that is there.
struct Target {
    path: String,
    device: String,
    nth: usize,
}

/// The attributes of a row on this host, or why there are none.
fn targets(look: Look, paths: Paths) -> Result<Vec<Target>, String> {
    let facts = look.facts;
    let each = |device: &str, paths: Vec<String>| {
        let numbered = paths.into_iter().enumerate();
        numbered.map(|(nth, path)| Target { path, device: device.to_owned(), nth }).collect::<Vec<_>>()
    };
    let of_disks = |name: &str, mounted: bool| {
        let mut disks = facts.disks.iter().enumerate();
        let chosen = disks.by_ref().filter(|(nth, disk)| if mounted { *nth == 0 } else { disk.is_last() });
        let targets: Vec<Target> =
            chosen.flat_map(|(_, disk)| each(&disk.name, vec![format!("{}/queue/{name}", disk.dir())])).collect();
        match (&facts.mount, targets.is_empty()) {
            (_, false) => Ok(targets),
            (Some(mount), true) => {
                Err(format!("{} lies on {}, which names no block device", facts.data.display(), mount.fs))
            }
            (None, true) => Err(format!("what {} lies on is not known", facts.data.display())),
        }
    };
    let of_nics = |pattern: &dyn Fn(&crate::nic::Nic) -> Vec<String>, none: &str| {
        if facts.nics.is_empty() {
            let names = facts.virtual_nics.join(", ");
            return Err(if names.is_empty() {
                "there is no network device".to_owned()
            } else {
                format!("no network device of its own: {names} is virtual")
            });
        }
        let targets: Vec<Target> = facts.nics.iter().flat_map(|nic| each(&nic.name, pattern(nic))).collect();
        if targets.is_empty() { Err(none.to_owned()) } else { Ok(targets) }
    };
    match paths {
        Paths::Sysctl(key) => Ok(each("", vec![sysctl_path(key)])),
        Paths::Glob(pattern) => {
            let found = look.root.glob(pattern);
            if found.is_empty() { Err(format!("there is no {pattern}")) } else { Ok(each("", found)) }
        }
        Paths::Disk(name) => of_disks(name, false),
        Paths::Mounted(name) => of_disks(name, true),
        Paths::Nic(pattern) => of_nics(
            &|nic| look.root.glob(&format!("/sys/class/net/{}/{pattern}", nic.name)),
            &format!("there is no {pattern}"),
        ),
        Paths::NicInterrupts => of_nics(
            &|nic| nic.interrupts.iter().map(|number| format!("/proc/irq/{number}/smp_affinity_list")).collect(),
            "the network device has no interrupts of its own",
        ),
    }
}

/// The file of a sysctl.
pub fn sysctl_path(key: &str) -> String {
    format!("/proc/sys/{}", key.replace('.', "/"))
}

fn read_one(
    look: Look,
    parameter: &'static Parameter,
    target: &Target,
    format: Format,
    want: fn(&Place) -> Want,
) -> Reading {
    let reading = |state, current: Option<String>, value| Reading {
        path: Some(target.path.clone()),
        device: target.device.clone(),
        state,
        current,
        value,
    };
    let unusable = |why: String| reading(State::NotSupported { why }, None, None);
    let text = match look.root.read(&target.path) {
        Ok(text) => text,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => return unusable("this kernel does not have it".to_owned()),
            io::ErrorKind::PermissionDenied => return reading(State::NoPermission, None, None),
            _ => return unusable(format!("the kernel does not show it: {error}")),
        },
    };
    let current = format.value(&text);
    let place = Place { look, path: &target.path, device: &target.device, nth: target.nth, current: &text };
    let want = want(&place);
    if let Want::Leave(why) = want {
        return reading(State::NotSupported { why }, Some(current), None);
    }
    let Some(value) = want.satisfied(&current) else {
        return unusable(format!("it reads `{current}`, which is not what it should look like"));
    };
    let value = format.value(&value);
    if value == current {
        return reading(State::Pass, Some(current), None);
    }
    if format == Format::Choice && !Format::choices(&text).any(|choice| choice == value) {
        return reading(State::NotSupported { why: format!("{value} is not offered here") }, Some(current), None);
    }
    if !attribute::takes_writes(look.root, &target.path) {
        return reading(State::NotSupported { why: "it cannot be set here".to_owned() }, Some(current), None);
    }
    if let Some(who) = look.facts.daemons.setter(parameter.setters, parameter.tuned_word) {
        return reading(State::ManagedBy { who: who.to_owned() }, Some(current), None);
    }
    let wanted = if matches!(want, Want::Exactly(_)) { value.clone() } else { want.words() };
    let state = State::Differs { current: current.clone(), wanted };
    reading(state, Some(current), Some(value))
}

/// Readings of which all say the same about an attribute that is not there become one.
fn merge_absent(readings: Vec<Reading>) -> Vec<Reading> {
    let first = readings.first().cloned();
    let absent = |reading: &Reading| matches!(reading.state, State::NotSupported { .. }) && reading.current.is_none();
    match first {
        Some(first) if readings.iter().all(|reading| absent(reading) && reading.state == first.state) => {
            vec![first]
        }
        _ => readings,
    }
}
