//! Rows about memory: what the kernel does with it by itself.

use crate::attribute::Format;
use crate::parameter::{Look, Observation, Parameter, Paths, Persist, Place, Reach, Scope, Severity, Want};

const GIB: u64 = 1 << 30;
/// Percent of memory that may be dirty before the kernel begins to write it out.
const DIRTY_BACKGROUND_MAX: u64 = 5;
/// Percent from which on who writes has to wait; the kernel's default.
const DIRTY_MAX: u64 = 20;
/// Four times the kernel's default.
const MAPPINGS: u64 = 262_144;
const VM_SYSCTLS: &str = "Documentation/admin-guide/sysctl/vm.rst";

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
        source: VM_SYSCTLS,
        ..Parameter::sysctl("mem.swappiness", "vm.swappiness", Format::Word, |_| Want::AtMost(1))
    },
    Parameter {
        scope: Scope::Memory,
        severity: Severity::Warning,
        title: "giving up cache before asking the next node",
        reason: "With it a node that is full throws away its page cache while another has memory free.",
        source: VM_SYSCTLS,
        ..Parameter::sysctl("mem.zone_reclaim", "vm.zone_reclaim_mode", Format::Word, |_| Want::exactly(0))
    },
    Parameter {
        scope: Scope::Memory,
        title: "memory kept free for interrupts",
        reason: "Packets that arrive when nothing is free are dropped; the default is small on machines with much memory.",
        risk: "as much memory is no longer of use to programs",
        source: VM_SYSCTLS,
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
        title: "dirty pages before the kernel writes them out",
        reason: "The log goes past the page cache. What other programs of the host leave in it, and what the broker writes where \
                 the file system takes no direct writes, goes to the disk in bursts as large as this, which flushes wait behind.",
        risk: "files that live for seconds are written out more often",
        source: VM_SYSCTLS,
        ..Parameter::sysctl("mem.dirty_background", "vm.dirty_background_ratio", Format::Word, |place| {
            dirty(place, "dirty_background_bytes", DIRTY_BACKGROUND_MAX)
        })
    },
    Parameter {
        scope: Scope::Memory,
        title: "dirty pages before programs have to wait",
        reason: "The same, at the point where who writes is stopped: the higher, the longer the disk is busy with it.",
        risk: "programs that write through the page cache wait sooner",
        source: VM_SYSCTLS,
        ..Parameter::sysctl("mem.dirty", "vm.dirty_ratio", Format::Word, |place| dirty(place, "dirty_bytes", DIRTY_MAX))
    },
    Parameter {
        scope: Scope::Memory,
        title: "pieces of memory a process may map",
        reason: "Each ring, each thread's stack and each large buffer is a mapping, and asking for huge pages in a part of one \
                 makes two or three of it. At the limit the kernel gives no more memory, and the process ends.",
        risk: "a process that leaks mappings is stopped later, with more of the kernel's memory in them",
        source: VM_SYSCTLS,
        ..Parameter::sysctl("mem.map_count", "vm.max_map_count", Format::Word, |_| Want::AtLeast(vec![MAPPINGS]))
    },
    Parameter {
        scope: Scope::Memory,
        title: "huge pages set aside",
        reason: "The broker asks for transparent huge pages with madvise(2) and never for these; those that no program uses are \
                 memory nobody else can have.",
        risk: "programs that ask for them, databases and virtual machines, no longer start, or get small pages",
        source: "Documentation/admin-guide/mm/hugetlbpage.rst",
        by_hand: "sysctl -w vm.nr_hugepages=N with as many as are in use, and the same in sysctl.d or the kernel's arguments",
        undo: "sysctl -w vm.nr_hugepages=OLD, which may fall short until the host is restarted",
        ..Parameter::observed("mem.huge_pages", huge_pages)
    },
    Parameter {
        scope: Scope::Memory,
        title: "whom the kernel ends when memory runs out",
        reason: "It ends the process that holds the most, which on a broker's host is the broker, whoever took the rest.",
        risk: "others are ended first, and if it is the broker that grows, several of them",
        source: "Documentation/filesystems/proc.rst",
        by_hand: "OOMScoreAdjust=-900 in the systemd unit",
        undo: "remove the line, and restart the broker",
        ..Parameter::observed("mem.last_ended", last_ended)
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

/// A ratio at most this, unless bytes count instead of it. Writing one of the two files sets the other to 0, and bytes do not
/// take a 0: a ratio that was written can be put back, bytes could not be taken away again. So only ratios are written, and
/// only while they are in force.
fn dirty(place: &Place, bytes: &str, most: u64) -> Want {
    match place.beside(bytes) {
        Some(text) if text != "0" => Want::leave(format!("vm.{bytes} is {text} and counts instead")),
        _ => Want::AtMost(most),
    }
}

fn huge_pages(look: &Look) -> Observation {
    let Some(pages) = look.root.number::<u64>("/proc/sys/vm/nr_hugepages") else {
        return Observation::Leave("this kernel does not have it".to_owned());
    };
    if pages == 0 {
        return Observation::Good("none".to_owned());
    }
    let info = look.root.text("/proc/meminfo").unwrap_or_default();
    let number = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    // Reserved ones are promised to a program that has not touched them yet.
    let idle = number("HugePages_Free").map(|free| free.saturating_sub(number("HugePages_Rsvd").unwrap_or(0)));
    let text = match idle {
        Some(0) => return Observation::Good(format!("{pages}, all in use")),
        Some(idle) => {
            let mib = number("Hugepagesize").map(|kib| format!(", {} MiB", idle * kib / 1024)).unwrap_or_default();
            format!("{idle} of {pages} idle{mib}")
        }
        None => format!("{pages}, in use or not"),
    };
    Observation::Better(text, "only those in use".to_owned())
}

/// Of the brokers that run the one that is ended first; of others than brokers nothing follows.
fn last_ended(look: &Look) -> Observation {
    let serves = |dir: &String| {
        let line = look.root.text(format!("{dir}/cmdline")).unwrap_or_default();
        let mut words = line.split('\0');
        let program = words.next().and_then(|path| path.rsplit('/').next());
        program == Some("thalweg") && words.any(|word| word == "serve")
    };
    let brokers = look.root.glob("/proc/*/comm").into_iter().filter_map(|path| {
        let dir = path.strip_suffix("/comm")?.to_owned();
        (look.root.text(&path)? == "thalweg" && serves(&dir)).then_some(dir)
    });
    let scores = brokers.filter_map(|dir| look.root.number::<i32>(format!("{dir}/oom_score_adj")));
    match scores.max() {
        None => Observation::Leave("no broker runs".to_owned()),
        Some(score) if score < 0 => Observation::Good(format!("{score}: others before the broker")),
        Some(score) => Observation::Better(format!("{score}: the broker by its size"), "-900".to_owned()),
    }
}

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
