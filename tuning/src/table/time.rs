//! Rows about time: what it costs to ask for it, and whether it is right.

use crate::attribute::Format;
use crate::parameter::{Look, Observation, Parameter, Paths, Persist, Place, Reach, Scope, Severity, Want};
use crate::profile::Profile;

/// Clocks that are read without entering the kernel, the best first.
const FAST_CLOCKS: [&str; 4] = ["tsc", "arch_sys_counter", "kvm-clock", "hyperv_clocksource_tsc_page"];

pub(super) const ROWS: &[Parameter] = &[
    Parameter {
        id: "time.clocksource",
        scope: Scope::Time,
        severity: Severity::Warning,
        title: "the clock programs read",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/devices/system/clocksource/clocksource*/current_clocksource"),
            format: Format::Word,
            want: clocksource,
        },
        reason: "A core asks for the time on every turn. With a fast clock that is a few instructions, otherwise a call into the \
                 kernel, or out to the hypervisor.",
        risk: "a processor whose counters drift apart gives times that go backwards; the kernel checks and switches back",
        source: "Documentation/timers/timekeeping.rst",
        persist: Persist::Unit,
        ..Parameter::BLANK
    },
    Parameter {
        scope: Scope::Time,
        title: "somebody keeps the clock right",
        reason: "Record timestamps, retention by age and a look-up by time go by this clock.",
        source: "chronyd(8), systemd-timesyncd(8)",
        by_hand: "install chrony, or systemctl enable --now systemd-timesyncd",
        undo: "stop it",
        ..Parameter::observed("time.synchronised", synchronised)
    },
    Parameter {
        scope: Scope::Time,
        title: "ticks of the CPUs at different moments",
        reason: "Ticks that all CPUs take at once contend for the same locks.",
        risk: "a little more electricity",
        source: "Documentation/admin-guide/kernel-parameters.txt",
        by_hand: "add skew_tick=1 to the kernel's arguments",
        undo: "remove the argument",
        persist: Persist::Boot,
        reboot: true,
        ..Parameter::observed("time.skew_tick", skew_tick)
    },
];

fn clocksource(place: &Place) -> Want {
    let offered = place.beside("available_clocksource").unwrap_or_default();
    let offers = |clock: &&str| offered.split_whitespace().any(|word| word == *clock);
    if FAST_CLOCKS.contains(&place.current) && !(place.current != "tsc" && offers(&"tsc")) {
        return Want::exactly(place.current);
    }
    match FAST_CLOCKS.iter().find(|clock| offers(clock)) {
        Some(clock) => Want::exactly(clock),
        None => Want::leave(format!("no faster one is offered than {}", place.current)),
    }
}

fn synchronised(look: &Look) -> Observation {
    match look.facts.daemons.timekeeper() {
        Some(name) => Observation::Good(format!("{name} runs")),
        None => Observation::Better("nobody does".to_owned(), "chronyd or systemd-timesyncd runs".to_owned()),
    }
}

fn skew_tick(look: &Look) -> Observation {
    match (look.profile, look.facts.has_argument("skew_tick=1")) {
        (_, true) => Observation::Good("skew_tick=1".to_owned()),
        (Profile::Latency, false) => Observation::Better("together".to_owned(), "skew_tick=1".to_owned()),
        (profile, false) => Observation::Leave(format!("{profile} has no use for it")),
    }
}
