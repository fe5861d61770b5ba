//! Rows about memory: what the kernel does with it by itself.

use crate::attribute::Format;
use crate::parameter::{Look, Observation, Parameter, Paths, Persist, Reach, Scope, Severity, Want};

const GIB: u64 = 1 << 30;

pub(super) const ROWS: &[Parameter] = &[
    Parameter {
        id: "mem.thp",
        scope: Scope::Memory,
        severity: Severity::Warning,
        title: "huge pages without being asked",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/kernel/mm/transparent_hugepage/enabled"),
            format: Format::Choice,
            want: |_| Want::OneOf(&["madvise", "never"]),
        },
        reason: "With `always` the kernel clears 2 MiB at a page fault and compacts memory to find them, in the middle of a \
                 request.",
        risk: "programs that gain from huge pages and do not ask for them get none",
        source: "Documentation/admin-guide/mm/transhuge.rst",
        persist: Persist::Unit,
        setters: &["tuned"],
        tuned_word: "transparent_hugepages",
        ..Parameter::BLANK
    },
    Parameter {
        id: "mem.thp_defrag",
        scope: Scope::Memory,
        severity: Severity::Info,
        title: "how hard a page fault looks for a huge page",
        reach: Reach::Write {
            paths: Paths::Glob("/sys/kernel/mm/transparent_hugepage/defrag"),
            format: Format::Choice,
            want: |_| Want::OneOf(&["defer+madvise", "defer", "never"]),
        },
        reason: "The kernel's daemon can look for free blocks in the background; a page fault need not wait for them.",
        risk: "huge pages come a little later",
        source: "Documentation/admin-guide/mm/transhuge.rst",
        persist: Persist::Unit,
        setters: &["tuned"],
        tuned_word: "/sys/kernel/mm/transparent_hugepage/defrag",
        ..Parameter::BLANK
    },
    Parameter {
        scope: Scope::Memory,
        severity: Severity::Warning,
        title: "how soon memory goes to swap",
        reason: "A broker's buffers that were swapped out are read from the disk it is writing to.",
        risk: "under pressure the page cache shrinks first",
        source: "Documentation/admin-guide/sysctl/vm.rst",
        ..Parameter::sysctl("mem.swappiness", "vm.swappiness", Format::Word, |_| Want::AtMost(1))
    },
    Parameter {
        scope: Scope::Memory,
        severity: Severity::Warning,
        title: "giving up cache before asking the next node",
        reason: "With it a node that is full throws away its page cache while another has memory free.",
        source: "Documentation/admin-guide/sysctl/vm.rst",
        ..Parameter::sysctl("mem.zone_reclaim", "vm.zone_reclaim_mode", Format::Word, |_| Want::exactly(0))
    },
    Parameter {
        scope: Scope::Memory,
        title: "memory kept free for interrupts",
        reason: "Packets that arrive when nothing is free are dropped; the default is small on machines with much memory.",
        risk: "as much memory is no longer of use to programs",
        source: "Documentation/admin-guide/sysctl/vm.rst",
        ..Parameter::sysctl("mem.min_free", "vm.min_free_kbytes", Format::Word, |place| {
            // A 256th, between 64 MiB and 1 GiB; nothing on machines where that would be felt.
            match place.look.facts.host.memory {
                Some(memory) if memory.total >= 8 * GIB => {
                    Want::AtLeast(vec![(memory.total / 1024 / 256).clamp(64 << 10, 1 << 20)])
                }
                _ => Want::leave("there is too little memory to keep some of it free"),
            }
        })
    },
    Parameter {
        scope: Scope::Memory,
        title: "memory for each core",
        reason: "Buffers, the newest records and the page cache are shared out by core; below 2 GiB each they are small.",
        source: "README.md of net, thalweg.memory.bytes",
        by_hand: "add memory, or name fewer cores in thalweg.cores",
        undo: "remove the setting",
        ..Parameter::observed("mem.per_core", per_core)
    },
    Parameter {
        scope: Scope::Memory,
        title: "memory is even between nodes",
        reason: "Cores of a node with little memory allocate from the other one, over the link between them.",
        source: "Documentation/admin-guide/mm/numaperf.rst",
        by_hand: "put the same amount of memory on each socket",
        undo: "none",
        ..Parameter::observed("mem.nodes", nodes)
    },
];

fn per_core(look: &Look) -> Observation {
    let Some(memory) = look.facts.host.memory else {
        return Observation::Leave("the kernel does not tell how much memory there is".to_owned());
    };
    let cores = look.facts.host.cpus.usable().len().max(1) as u64;
    let mib = (memory.ceiling() / cores) >> 20;
    let text = format!("{:.1} GiB", mib as f64 / 1024.0);
    if mib >= 2048 { Observation::Good(text) } else { Observation::Better(text, "2 GiB or more".to_owned()) }
}

fn nodes(look: &Look) -> Observation {
    let sizes: Vec<u64> = look.facts.nodes.iter().filter_map(|node| node.bytes).collect();
    let (Some(least), Some(most)) = (sizes.iter().min(), sizes.iter().max()) else {
        return Observation::Leave("the kernel does not tell".to_owned());
    };
    if look.facts.nodes.len() < 2 {
        return Observation::Leave("there is one NUMA node".to_owned());
    }
    let texts: Vec<String> = sizes.iter().map(|bytes| format!("{} GiB", bytes.div_ceil(GIB))).collect();
    // A few percent are the kernel's own.
    match most - least <= most / 10 {
        true => Observation::Good(texts.join(" + ")),
        false => Observation::Better(texts.join(" + "), "as much on each".to_owned()),
    }
}
