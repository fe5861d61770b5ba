//! Rows about processors: how fast they run, how soon they and the links to their devices wake, what else runs on them.

use crate::attribute::Format;
use crate::cpu::{List, parse_list};
use crate::parameter::{Look, Observation, Parameter, Paths, Persist, Place, Reach, Severity, Want};
use crate::profile::Profile;

const SETTERS: &[&str] = &["tuned", "power-profiles-", "tlp", "auto-cpufreq"];

/// Idle states that take longer than this to leave are switched off for `latency`.
const WAKE_US_MAX: u64 = 20;

pub(super) const ROWS: &[Parameter] = &[
    Parameter {
        id: "cpu.governor",
        severity: Severity::Warning,
        title: "who decides the clock rate",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"),
            format: Format::Word,
            want: governor,
        },
        reason: "A governor that waits for load before it raises the clock adds that wait to the first requests of every \
                 burst, and a core that sleeps between requests looks idle to it.",
        risk: "more electricity and heat",
        source: "Documentation/admin-guide/pm/cpufreq.rst",
        persist: Persist::Unit,
        disturbs: &["cpu.energy_preference"],
        setters: SETTERS,
        tuned_word: "governor",
        ..Parameter::BLANK
    },
    Parameter {
        id: "cpu.energy_preference",
        severity: Severity::Info,
        title: "speed or economy, where the processor decides",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/devices/system/cpu/cpu*/cpufreq/energy_performance_preference"),
            format: Format::Word,
            want: |place| match place.look.profile.spends_power() {
                true => Want::exactly("performance"),
                false => Want::leave("the profile saves power"),
            },
        },
        reason: "With the processor's own clock control the governor is only half the story; this hint is the other half.",
        risk: "more electricity and heat",
        source: "Documentation/admin-guide/pm/intel_pstate.rst",
        persist: Persist::Unit,
        setters: SETTERS,
        tuned_word: "energy_perf_bias",
        ..Parameter::BLANK
    },
    Parameter {
        id: "cpu.deep_idle",
        severity: Severity::Info,
        title: "idle states that are slow to leave",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/devices/system/cpu/cpu*/cpuidle/state*/disable"),
            format: Format::Word,
            want: deep_idle,
        },
        reason: "A core that waits for a request or a disk goes to sleep; from the deepest states it takes longer to wake than \
                 a flush takes on a good disk.",
        risk: "idle cores stay warm, and the others may then clock less high",
        source: "Documentation/admin-guide/pm/cpuidle.rst",
        persist: Persist::Unit,
        setters: &["tuned"],
        tuned_word: "force_latency",
        ..Parameter::BLANK
    },
    Parameter {
        title: "clock rates above the nominal one",
        reason: "Short bursts of work, which is what a broker's cores do, gain the most from them.",
        source: "Documentation/admin-guide/pm/cpufreq.rst",
        by_hand: "echo 1 > /sys/devices/system/cpu/cpufreq/boost, or echo 0 > /sys/devices/system/cpu/intel_pstate/no_turbo",
        undo: "write the other number",
        ..Parameter::observed("cpu.boost", boost)
    },
    Parameter {
        title: "two CPUs on one physical core",
        reason: "Siblings share caches and execution units: two of our cores on them do less than twice the work of one.",
        source: "Documentation/ABI/testing/sysfs-devices-system-cpu",
        by_hand: "name one CPU of each pair in thalweg.cores",
        undo: "remove the setting",
        ..Parameter::observed("cpu.smt", smt)
    },
    Parameter {
        severity: Severity::Warning,
        title: "cores of different kinds",
        reason: "Partitions are spread evenly over cores; those on slow cores answer later than the rest.",
        source: "Documentation/ABI/testing/sysfs-bus-event_source-devices",
        by_hand: "name the fast CPUs in thalweg.cores",
        undo: "remove the setting",
        ..Parameter::observed("cpu.kinds", kinds)
    },
    Parameter {
        title: "CPUs this process may use",
        reason: "A cpuset or a quota below what the machine has makes cores wait for each other in ways that look like a slow \
                 disk.",
        source: "Documentation/admin-guide/cgroup-v2.rst",
        by_hand: "AllowedCPUs= and CPUQuota= in the systemd unit, or the container's settings",
        undo: "put the old values back",
        ..Parameter::observed("cpu.allowed", allowed)
    },
    Parameter {
        title: "CPUs kept free of other work",
        reason: "On isolated CPUs (isolcpus=, nohz_full=) nothing else is scheduled and the tick stops; only worth it with cores \
                 to spare.",
        source: "Documentation/admin-guide/kernel-parameters.txt",
        by_hand: "add isolcpus=LIST nohz_full=LIST rcu_nocbs=LIST to the kernel's arguments, and name the list in thalweg.cores",
        undo: "remove the arguments",
        persist: Persist::Boot,
        reboot: true,
        ..Parameter::observed("cpu.isolated", isolated)
    },
    Parameter {
        id: "cpu.workqueues",
        severity: Severity::Info,
        title: "where the kernel's own work runs",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/devices/virtual/workqueue/cpumask"),
            format: Format::Mask,
            want: workqueues,
        },
        reason: "Unbound kernel work lands on isolated CPUs too unless it is kept off them.",
        risk: "the remaining CPUs get more of it",
        source: "Documentation/core-api/workqueue.rst",
        persist: Persist::Unit,
        ..Parameter::BLANK
    },
    Parameter {
        severity: Severity::Warning,
        title: "irqbalance and the broker's interrupts",
        reason: "irqbalance moves interrupts every ten seconds; what is set here for a network device is undone without a word.",
        source: "irqbalance(1)",
        by_hand: "IRQBALANCE_BANNED_CPULIST=LIST in /etc/default/irqbalance (Debian, Ubuntu) or /etc/sysconfig/irqbalance (Red \
                  Hat, SUSE), then restart irqbalance; or stop it",
        undo: "remove the line and restart irqbalance",
        ..Parameter::observed("cpu.irqbalance", irqbalance)
    },
    Parameter {
        severity: Severity::Warning,
        title: "moving memory after its users",
        reason: "Pinned cores allocate where they run; the kernel's sampling costs page faults and moves nothing that helps.",
        source: "Documentation/admin-guide/sysctl/kernel.rst",
        ..Parameter::sysctl("cpu.numa_balancing", "kernel.numa_balancing", Format::Word, |place| {
            match place.look.facts.nodes.len() > 1 {
                true => Want::exactly(0),
                false => Want::leave("there is one NUMA node"),
            }
        })
    },
    Parameter {
        title: "the watchdog that interrupts every CPU",
        reason: "It takes a performance counter and an interrupt on each CPU.",
        risk: "a kernel that hangs with interrupts off is no longer reported",
        source: "Documentation/admin-guide/sysctl/kernel.rst",
        ..Parameter::sysctl("cpu.nmi_watchdog", "kernel.nmi_watchdog", Format::Word, |_| Want::exactly(0))
    },
    Parameter {
        title: "seconds between updates of memory statistics",
        reason: "Each update is a short piece of kernel work on every CPU, seen as jitter.",
        risk: "figures of /proc/vmstat lag by as much",
        source: "Documentation/admin-guide/sysctl/vm.rst",
        ..Parameter::sysctl("cpu.stat_interval", "vm.stat_interval", Format::Word, |place| match place.look.profile {
            Profile::Latency | Profile::Balanced => Want::AtLeast(vec![10]),
            profile => Want::leave(format!("{profile} has no use for it")),
        })
    },
    Parameter {
        title: "timers move to busy CPUs",
        reason: "A timer that fires on another core than it was set on wakes its owner later.",
        risk: "idle CPUs wake more often",
        source: "Documentation/admin-guide/sysctl/kernel.rst",
        ..Parameter::sysctl("cpu.timer_migration", "kernel.timer_migration", Format::Word, |place| {
            match place.look.profile {
                Profile::Latency => Want::exactly(0),
                profile => Want::leave(format!("{profile} has no use for it")),
            }
        })
    },
    Parameter {
        title: "time that real-time programs leave to others",
        reason: "The broker's threads are ordinary ones. Without a limit a real-time program that does not wait keeps them off \
                 its CPU for as long as it likes.",
        risk: "a real-time program that never waits pauses for 50 ms of each second, which some are not made for",
        source: "Documentation/scheduler/sched-rt-group.rst",
        by_hand: "sysctl -w kernel.sched_rt_runtime_us=950000 and the same in sysctl.d, where no real-time program needs more",
        undo: "sysctl -w kernel.sched_rt_runtime_us=OLD, and remove the line",
        ..Parameter::observed("cpu.real_time", real_time)
    },
    Parameter {
        title: "system calls are written down",
        reason: "With one rule for system calls the kernel takes notes at the beginning and end of each, of every program. A core \
                 of ours makes one or two a turn, for as many requests as there are; the fewer come at once, the more it is felt.",
        risk: "whoever has to keep such records keeps none of the broker",
        source: "auditctl(8), audit.rules(7)",
        by_hand: "rules for files (-w) instead of system calls (-S) in /etc/audit/rules.d, then augenrules --load",
        undo: "put the rules back, and augenrules --load",
        ..Parameter::observed("cpu.audit", audit)
    },
    Parameter {
        id: "cpu.platform_profile",
        severity: Severity::Info,
        title: "what the firmware aims at",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/firmware/acpi/platform_profile"),
            format: Format::Word,
            want: |place| match place.look.profile.spends_power() {
                true => Want::exactly("performance"),
                false => Want::leave("the profile saves power"),
            },
        },
        reason: "Firmware set to quiet or cool lowers clock rates whatever the governor says.",
        risk: "more noise and heat",
        source: "Documentation/userspace-api/sysfs-platform_profile.rst",
        persist: Persist::Unit,
        setters: &["power-profiles-", "tlp", "tuned"],
        tuned_word: "platform_profile",
        ..Parameter::BLANK
    },
    Parameter {
        id: "cpu.pci_link_sleep",
        severity: Severity::Info,
        title: "PCI links that sleep",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/module/pcie_aspm/parameters/policy"),
            format: Format::Choice,
            want: |place| match (place.look.profile, &place.look.facts.hypervisor) {
                (Profile::LaptopSafe, _) => Want::leave("the profile saves power"),
                (_, Some(_)) => Want::leave("the links are the hypervisor's"),
                (_, None) => Want::exactly("performance"),
            },
        },
        reason: "A link that sleeps between requests adds its wake-up to the first of them, of the disk and the network device.",
        risk: "more electricity",
        source: "Documentation/admin-guide/kernel-parameters.txt",
        persist: Persist::Unit,
        setters: &["tlp"],
        ..Parameter::BLANK
    },
];

fn governor(place: &Place) -> Want {
    if !place.look.profile.spends_power() {
        return Want::leave("the profile saves power");
    }
    let offered = place.beside("scaling_available_governors").unwrap_or_default();
    match offered.is_empty() || offered.split_whitespace().any(|governor| governor == "performance") {
        true => Want::exactly("performance"),
        false => Want::leave("performance is not offered here"),
    }
}

fn deep_idle(place: &Place) -> Want {
    if place.look.profile != Profile::Latency {
        return Want::leave(format!("{} lets CPUs sleep", place.look.profile));
    }
    match place.beside("latency").and_then(|us| us.parse::<u64>().ok()) {
        Some(us) if us > WAKE_US_MAX => Want::exactly(1),
        Some(_) => Want::leave("it is quick to leave"),
        None => Want::leave("its latency is not known"),
    }
}

fn boost(look: &Look) -> Observation {
    let said = |on: bool| match on {
        true => Observation::Good("on".to_owned()),
        false => Observation::Better("off".to_owned(), "on".to_owned()),
    };
    if let Some(boost) = look.root.number::<u8>("/sys/devices/system/cpu/cpufreq/boost") {
        return said(boost != 0);
    }
    match look.root.number::<u8>("/sys/devices/system/cpu/intel_pstate/no_turbo") {
        Some(off) => said(off == 0),
        None => Observation::Leave("the kernel does not control it here".to_owned()),
    }
}

fn smt(look: &Look) -> Observation {
    match look.root.number::<u8>("/sys/devices/system/cpu/smt/active") {
        Some(0) => Observation::Good("off".to_owned()),
        Some(_) => Observation::Good("on: siblings share a physical core".to_owned()),
        None => Observation::Leave("the kernel does not tell".to_owned()),
    }
}

fn kinds(look: &Look) -> Observation {
    let list = |path: &str| parse_list(&look.root.text(path)?);
    let (Some(fast), Some(slow)) = (list("/sys/devices/cpu_core/cpus"), list("/sys/devices/cpu_atom/cpus")) else {
        return Observation::Leave("all are of one kind".to_owned());
    };
    let mixed = look.facts.host.cpus.allowed.iter().any(|cpu| slow.contains(cpu));
    match mixed {
        true => Observation::Better(
            format!("{} fast, {} slow", List(&fast), List(&slow)),
            format!("thalweg.cores={}", List(&fast)),
        ),
        false => Observation::Good(List(&fast).to_string()),
    }
}

fn allowed(look: &Look) -> Observation {
    let cpus = &look.facts.host.cpus;
    let (online, allowed) = (cpus.online.len(), cpus.allowed.len());
    match cpus.quota {
        Some(quota) if quota < allowed as f64 => {
            Observation::Better(format!("{quota} CPUs' worth of time on {allowed}"), "no quota".to_owned())
        }
        _ if allowed < online => Observation::Good(format!("{} of {}", List(&cpus.allowed), List(&cpus.online))),
        _ => Observation::Good(format!("all: {}", List(&cpus.allowed))),
    }
}

fn isolated(look: &Look) -> Observation {
    match look.root.text("/sys/devices/system/cpu/isolated") {
        Some(list) if !list.is_empty() => Observation::Good(list),
        Some(_) => Observation::Leave("none, and none need to be".to_owned()),
        None => Observation::Leave("the kernel does not tell".to_owned()),
    }
}

/// All but the isolated ones, as a mask.
fn workqueues(place: &Place) -> Want {
    let isolated = place.look.root.text("/sys/devices/system/cpu/isolated").and_then(|list| parse_list(&list));
    let Some(isolated) = isolated.filter(|list| !list.is_empty()) else {
        return Want::leave("no CPU is isolated");
    };
    let others: Vec<usize> =
        place.look.facts.host.cpus.online.iter().copied().filter(|cpu| !isolated.contains(cpu)).collect();
    Want::Exactly(super::mask(&others))
}

fn real_time(look: &Look) -> Observation {
    let number = |name: &str| look.root.number::<i64>(format!("/proc/sys/kernel/sched_rt_{name}_us"));
    match (number("runtime"), number("period")) {
        (Some(-1), _) => Observation::Better("all of it".to_owned(), "at most 950000 of 1000000 us".to_owned()),
        (Some(us), Some(of)) if us >= of => {
            Observation::Better(format!("{us} of {of} us"), "at most 950000 of 1000000 us".to_owned())
        }
        (Some(us), Some(of)) => Observation::Good(format!("{us} of {of} us")),
        _ => Observation::Leave("this kernel does not have it".to_owned()),
    }
}

/// Rules as they are loaded at the next start; those in force only a socket of the kernel tells.
fn audit(look: &Look) -> Observation {
    if !look.facts.daemons.runs("auditd") {
        return Observation::Leave("auditd does not run".to_owned());
    }
    let Some(text) = look.root.text("/etc/audit/audit.rules") else {
        return Observation::Leave("the rules of auditd cannot be read".to_owned());
    };
    let rules = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let rules: Vec<Vec<&str>> = rules.map(|line| line.split_whitespace().collect()).collect();
    let excuses = |rule: &Vec<&str>| rule.iter().any(|word| matches!(*word, "never,task" | "task,never"));
    if rules.iter().any(excuses) {
        return Observation::Good("no, for any program".to_owned());
    }
    match rules.iter().filter(|rule| rule.contains(&"-S")).count() {
        0 => Observation::Good("no rule is about them".to_owned()),
        1 => Observation::Better("1 rule is about them".to_owned(), "none".to_owned()),
        count => Observation::Better(format!("{count} rules are about them"), "none".to_owned()),
    }
}

fn irqbalance(look: &Look) -> Observation {
    if !look.facts.daemons.runs("irqbalance") {
        return Observation::Good("it does not run".to_owned());
    }
    let files = ["/etc/default/irqbalance", "/etc/sysconfig/irqbalance"];
    let there = files.iter().find_map(|path| Some((path, look.root.text(path)?)));
    let ban = |text: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            let value = value.trim().trim_matches('"');
            (matches!(key.trim(), "IRQBALANCE_BANNED_CPULIST" | "IRQBALANCE_BANNED_CPUS") && !value.is_empty())
                .then(|| value.to_owned())
        })
    };
    let path = there.as_ref().map_or("/etc/default/irqbalance", |(path, _)| path);
    match there.as_ref().and_then(|(_, text)| ban(text)) {
        Some(list) => Observation::Good(format!("it runs, and {path} keeps it off {list}")),
        None => Observation::Better(
            "it runs and moves interrupts".to_owned(),
            format!("IRQBALANCE_BANNED_CPULIST in {path}, or not to run"),
        ),
    }
}
