//! Hosts of twelve kinds, each a text file that a test expands into a tree: what `check` says of them, word for word, and that
//! applying and reverting leaves no trace.
//!
//! `THALWEG_ACCEPT=1 cargo test -p thalweg-tuning --test hosts` writes the expected reports anew; read the difference.

#![allow(clippy::unwrap_used, reason = "test helpers: a failed unwrap is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use thalweg_tuning::apply::{self, Outcome};
use thalweg_tuning::check::{self, State};
use thalweg_tuning::parameter::Look;
use thalweg_tuning::persist::{self, PersistError};
use thalweg_tuning::revert::{self, Back};
use thalweg_tuning::saved;
use thalweg_tuning::selection::Selection;
use thalweg_tuning::{Facts, Profile, Root, report, script, watch};

const HOSTS: [&str; 12] = [
    "bare-metal",
    "aws-nitro",
    "virtio-vm",
    "veth-only",
    "empty-msi",
    "ubuntu-irqbalance",
    "rhel-irqbalance",
    "raid-md",
    "dm-crypt",
    "bond-vlan",
    "no-cpufreq",
    "hybrid-cores",
];

fn described(name: &str, ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fakeroot").join(format!("{name}.{ending}"))
}

/// A tree under the test's own folder, removed when dropped.
struct Tree(PathBuf);

impl Tree {
    fn of(host: &str, test: &str) -> Tree {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("host-{host}-{test}"));
        fs::remove_dir_all(&dir).ok();
        fs::create_dir_all(&dir).unwrap();
        let tree = Tree(dir);
        tree.add(host);
        tree
    }

    fn add(&self, host: &str) {
        let text = fs::read_to_string(described(host, "txt")).unwrap();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(other) = line.strip_prefix("include ") {
                self.add(other);
            } else if let Some(path) = line.strip_suffix(" !") {
                fs::remove_file(self.place(path)).unwrap();
            } else if let Some((paths, target)) = line.split_once(" -> ") {
                for path in expand(paths) {
                    let path = self.place(&path);
                    fs::remove_file(&path).ok();
                    symlink(target, path).unwrap();
                }
            } else {
                let (paths, text) = line.split_once(" =").unwrap_or_else(|| panic!("{host}: {line}"));
                for path in expand(paths) {
                    if let Some(dir) = path.strip_suffix('/') {
                        fs::create_dir_all(self.place(dir)).unwrap();
                        continue;
                    }
                    let text = text.trim_start().replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0");
                    fs::write(self.place(&path), format!("{text}\n")).unwrap();
                }
            }
        }
    }

    /// Where an absolute path lies, with the directories on the way made.
    fn place(&self, path: &str) -> PathBuf {
        let path = self.0.join(path.strip_prefix('/').unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn root(&self) -> Root {
        Root::at(&self.0)
    }

    /// Every path of the tree with what is there.
    fn content(&self) -> BTreeMap<PathBuf, String> {
        fn walk(dir: &Path, into: &mut BTreeMap<PathBuf, String>) {
            for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
                let (path, kind) = (entry.path(), entry.file_type().unwrap());
                let what = if kind.is_symlink() {
                    format!("-> {}", fs::read_link(&path).unwrap().display())
                } else if kind.is_dir() {
                    walk(&path, into);
                    "directory".to_owned()
                } else {
                    fs::read_to_string(&path).unwrap()
                };
                into.insert(path, what);
            }
        }
        let mut content = BTreeMap::new();
        walk(&self.0, &mut content);
        content
    }
}

/// Fails with the paths that differ; a whole tree in a message helps nobody.
fn same(now: &BTreeMap<PathBuf, String>, then: &BTreeMap<PathBuf, String>, what: &str) {
    let of = |map: &BTreeMap<PathBuf, String>, path: &PathBuf| map.get(path).cloned();
    let paths: BTreeSet<&PathBuf> = now.keys().chain(then.keys()).collect();
    let differ: Vec<_> = paths.into_iter().filter(|path| now.get(*path) != then.get(*path)).collect();
    let told: Vec<_> = differ.iter().map(|path| (path, of(then, path), of(now, path))).collect();
    assert!(told.is_empty(), "{what}: path, then, now: {told:#?}");
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// `a{0-2,x}b` is a0b, a1b, a2b and axb.
fn expand(text: &str) -> Vec<String> {
    let Some((head, rest)) = text.split_once('{') else { return vec![text.to_owned()] };
    let (inside, tail) = rest.split_once('}').unwrap();
    let words = inside.split(',').flat_map(|word| match word.split_once('-').map(|(a, b)| (a.parse(), b.parse())) {
        Some((Ok(first), Ok(last))) => (first..=last).map(|n: u32| n.to_string()).collect(),
        _ => vec![word.to_owned()],
    });
    words
        .flat_map(|word| expand(tail).into_iter().map(move |tail| format!("{word}{tail}")))
        .map(|rest| format!("{head}{rest}"))
        .collect()
}

/// Looks at the tree of a host for a profile.
fn with_look<T>(tree: &Tree, profile: Option<Profile>, then: impl FnOnce(Look) -> T) -> T {
    let root = tree.root();
    let facts = Facts::read(&root, Path::new("/var/lib/thalweg"));
    then(Look { root: &root, facts: &facts, profile: profile.unwrap_or_else(|| facts.profile()) })
}

fn apply_all(tree: &Tree, profile: Option<Profile>) -> Vec<(apply::Change, Outcome)> {
    with_look(tree, profile, |look| {
        let changes = apply::plan(&check::check(look), &Selection::default());
        apply::apply(look, &changes).unwrap()
    })
}

#[test]
fn check_says_of_each_host_what_it_should() {
    for host in HOSTS {
        let tree = Tree::of(host, "check");
        let said = with_look(&tree, None, |look| report::text(look, &check::check(look)));
        let expected = described(host, "check");
        if std::env::var_os("THALWEG_ACCEPT").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        for (nth, (said, expected)) in said.lines().zip(expected.lines()).enumerate() {
            assert_eq!(said, expected, "{host}, line {}", nth + 1);
        }
        assert_eq!(said, expected, "{host}");
    }
}

#[test]
fn looking_changes_nothing_and_neither_does_planning() {
    for host in HOSTS {
        let tree = Tree::of(host, "look");
        let before = tree.content();
        with_look(&tree, Some(Profile::Latency), |look| {
            let findings = check::check(look);
            report::text(look, &findings);
            report::json(look, &findings).to_string();
            findings.iter().for_each(|finding| drop(report::explain(finding)));
            apply::plan(&findings, &Selection::default());
        });
        same(&tree.content(), &before, host);
    }
}

#[test]
fn apply_then_revert_leaves_no_trace_in_any_profile() {
    for host in HOSTS {
        // The one of the host, and on two of them every other.
        let all = ["bare-metal", "virtio-vm"].contains(&host);
        let own = with_look(&Tree::of(host, "own"), None, |look| look.profile);
        for profile in Profile::ALL.into_iter().filter(|profile| all || *profile == own) {
            let tree = Tree::of(host, profile.name());
            let before = tree.content();
            let outcomes = apply_all(&tree, Some(profile));
            assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Set), "{host} {profile}: {outcomes:?}");
            assert!(outcomes.is_empty() == (tree.content() == before), "{host} {profile}");
            let backs = revert::revert(&tree.root()).unwrap();
            assert!(backs.into_iter().flatten().all(|(_, back)| back.is_done()), "{host} {profile}");
            same(&tree.content(), &before, &format!("{host} {profile}"));
            assert!(revert::revert(&tree.root()).unwrap().is_none(), "{host} {profile}: nothing is left to revert");
        }
    }
}

#[test]
fn after_apply_everything_that_can_be_set_passes_and_a_second_apply_writes_nothing() {
    for host in HOSTS {
        let tree = Tree::of(host, "twice");
        apply_all(&tree, None);
        with_look(&tree, None, |look| {
            for finding in check::check(look) {
                for reading in finding.readings.iter().filter(|reading| reading.path.is_some()) {
                    let differs = matches!(reading.state, State::Differs { .. });
                    assert!(!differs, "{host}: {} still differs: {reading:?}", finding.parameter.id);
                }
            }
        });
        let once = tree.content();
        assert!(apply_all(&tree, None).is_empty(), "{host}");
        same(&tree.content(), &once, host);
    }
}

#[test]
fn several_applies_are_undone_by_one_revert() {
    let tree = Tree::of("bare-metal", "several");
    let before = tree.content();
    for profile in [Profile::Balanced, Profile::Latency, Profile::Throughput] {
        apply_all(&tree, Some(profile));
        // What somebody set in between is not what was there before.
        fs::write(tree.place("/proc/sys/vm/swappiness"), "30\n").unwrap();
    }
    assert!(tree.root().exists(saved::PATH));
    revert::revert(&tree.root()).unwrap();
    same(&tree.content(), &before, "tree");
}

#[test]
fn what_others_changed_in_between_is_put_back_and_said() {
    let tree = Tree::of("virtio-vm", "others");
    let before = tree.content();
    apply_all(&tree, None);
    let swappiness = tree.place("/proc/sys/vm/swappiness");
    fs::write(&swappiness, "30\n").unwrap();
    // A scheduler that is set anew sets the depth of its queue anew.
    fs::write(tree.place("/sys/block/vda/queue/nr_requests"), "64\n").unwrap();
    let backs = revert::revert(&tree.root()).unwrap().unwrap();
    let of = |path: &str| backs.iter().find(|(value, _)| value.path == path).map(|(_, back)| back.clone());
    let restored = Back::Restored { from: "30".to_owned(), changed_by_others: true };
    assert_eq!(of("/proc/sys/vm/swappiness"), Some(restored));
    let restored = Back::Restored { from: "64".to_owned(), changed_by_others: false };
    assert_eq!(of("/sys/block/vda/queue/nr_requests"), Some(restored));
    same(&tree.content(), &before, "tree");
}

#[test]
fn a_device_that_is_gone_is_no_reason_to_keep_the_rest() {
    let tree = Tree::of("virtio-vm", "gone");
    apply_all(&tree, None);
    fs::remove_dir_all(tree.place("/sys/block/vda")).unwrap();
    let backs = revert::revert(&tree.root()).unwrap().unwrap();
    assert!(backs.iter().any(|(_, back)| *back == Back::Gone));
    assert!(!tree.root().exists(saved::PATH));
    assert_eq!(tree.root().text("/proc/sys/vm/swappiness").as_deref(), Some("60"));
}

#[test]
fn what_the_kernel_refuses_or_sets_otherwise_is_said_and_what_was_refused_is_not_kept() {
    let tree = Tree::of("virtio-vm", "stubborn");
    // Files of the real kernel: one refuses 4096, the other, this thread's name, keeps fifteen letters of what is written.
    for (path, to) in [
        ("/proc/sys/net/ipv4/tcp_max_syn_backlog", "/proc/thread-self/oom_score_adj"),
        ("/proc/sys/net/ipv4/tcp_rmem", "/proc/thread-self/comm"),
    ] {
        fs::remove_file(tree.place(path)).unwrap();
        symlink(to, tree.place(path)).unwrap();
    }
    fs::write("/proc/thread-self/comm", "4096 131072 100").unwrap();
    let outcomes = apply_all(&tree, None);
    let of = |id: &str| outcomes.iter().find(|(change, _)| change.parameter.id == id).map(|(_, outcome)| outcome);
    assert!(matches!(of("net.syn_backlog"), Some(Outcome::Refused { error }) if error.contains("Invalid argument")));
    let kept = "4096 131072 167".to_owned();
    assert_eq!(of("net.tcp_rmem"), Some(&Outcome::Overridden { now: kept.clone(), by: None }));
    assert!(outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Set).count() > 10);
    let backs = revert::revert(&tree.root()).unwrap().unwrap();
    assert!(backs.iter().all(|(value, back)| value.parameter != "net.syn_backlog" && back.is_done()), "{backs:?}");
    let restored = Back::Restored { from: kept, changed_by_others: true };
    assert!(backs.iter().any(|(value, back)| value.parameter == "net.tcp_rmem" && *back == restored));
}

/// Current value, value to write and name of the state of a parameter's first reading.
fn reading(tree: &Tree, id: &str) -> (Option<String>, Option<String>, &'static str) {
    with_look(tree, None, |look| {
        let finding = check::check(look).into_iter().find(|finding| finding.parameter.id == id).unwrap();
        let reading = finding.readings[0].clone();
        (reading.current, reading.value, reading.state.name())
    })
}

#[test]
fn dirty_pages_counted_in_bytes_are_left_alone_and_bytes_are_never_written() {
    let set = |tree: &Tree, name: &str, text: &str| {
        fs::write(tree.place(&format!("/proc/sys/vm/dirty_{name}")), format!("{text}\n")).unwrap();
    };
    let dirty = |tree: &Tree| -> Vec<(String, String)> {
        with_look(tree, None, |look| {
            let changes = apply::plan(&check::check(look), &Selection::default());
            let dirty = changes.into_iter().filter(|change| change.path.contains("/dirty_"));
            dirty.map(|change| (change.path.replace("/proc/sys/vm/", ""), change.value)).collect()
        })
    };
    let change = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let tree = Tree::of("virtio-vm", "dirty");
    set(&tree, "ratio", "40");
    assert_eq!(dirty(&tree), [change("dirty_background_ratio", "5"), change("dirty_ratio", "20")]);
    // As the kernel shows it once bytes are set, and one where it would not: what is in force counts, not what reads less.
    for ratio in ["0", "40"] {
        set(&tree, "bytes", "1073741824");
        set(&tree, "ratio", ratio);
        assert_eq!(dirty(&tree), [change("dirty_background_ratio", "5")], "the other pair is still judged");
    }
    set(&tree, "background_bytes", "1");
    assert_eq!(dirty(&tree), []);
    // Without a file for bytes there is only the ratio.
    fs::remove_file(tree.place("/proc/sys/vm/dirty_bytes")).unwrap();
    assert_eq!(dirty(&tree), [change("dirty_ratio", "20")]);
}

#[test]
fn bytes_somebody_set_after_an_apply_survive_the_next_and_the_ratio_comes_back_by_revert() {
    let tree = Tree::of("virtio-vm", "dirty-later");
    let before = tree.content();
    apply_all(&tree, None);
    assert_eq!(tree.root().text("/proc/sys/vm/dirty_background_ratio").as_deref(), Some("5"));
    fs::write(tree.place("/proc/sys/vm/dirty_background_bytes"), "4194304\n").unwrap();
    fs::write(tree.place("/proc/sys/vm/dirty_background_ratio"), "0\n").unwrap();
    assert!(apply_all(&tree, None).is_empty());
    assert_eq!(tree.root().text("/proc/sys/vm/dirty_background_bytes").as_deref(), Some("4194304"));
    let backs = revert::revert(&tree.root()).unwrap().unwrap();
    assert!(backs.iter().all(|(value, back)| back.is_done() && !value.path.ends_with("_bytes")));
    // Which, of the real kernel, takes the bytes away.
    fs::write(tree.place("/proc/sys/vm/dirty_background_bytes"), "0\n").unwrap();
    same(&tree.content(), &before, "tree");
}

#[test]
fn few_ports_become_the_kernels_own_and_the_brokers_is_not_among_them() {
    let tree = Tree::of("virtio-vm", "ports");
    let own = Some("32768 60999".to_owned());
    for (range, reserved, value, state) in [
        ("40000\t50000", "", &own, "differs"),
        ("32768\t60999", "", &None, "pass"),
        ("10000\t65535", "", &None, "pass"),
        ("5000\t6000", "", &own, "differs"),
        ("9000\t9100", "9092", &own, "differs"),
        ("1024\t65535", "", &None, "not-supported"),
        ("1024\t65535", "8080,9093-9100", &None, "not-supported"),
        ("1024\t65535", "8080,9090-9092", &None, "pass"),
        ("9092\t65535", "9092", &None, "pass"),
        ("all", "", &None, "not-supported"),
    ] {
        fs::write(tree.place("/proc/sys/net/ipv4/ip_local_port_range"), format!("{range}\n")).unwrap();
        fs::write(tree.place("/proc/sys/net/ipv4/ip_local_reserved_ports"), format!("{reserved}\n")).unwrap();
        let current = Some(range.replace('\t', " "));
        assert_eq!(reading(&tree, "net.ports"), (current, value.clone(), state), "{range} without {reserved}");
    }
}

#[test]
fn memory_of_connections_is_counted_in_the_hosts_own_pages() {
    let tree = Tree::of("aws-nitro", "pages");
    // 16,113,920 KiB, of which a 32nd, a 24th and a 16th.
    let small = |value: &str| (Some("16384 32768 65536".to_owned()), Some(value.to_owned()), "differs");
    assert_eq!(reading(&tree, "net.tcp_mem"), small("125890 167853 251780"));
    let maps = "KernelPageSize:     2048 kB\nKernelPageSize:       16 kB\n";
    fs::write(tree.place("/proc/self/smaps"), maps).unwrap();
    assert_eq!(reading(&tree, "net.tcp_mem"), small("31472 41963 65536"));
    fs::write(tree.place("/proc/self/smaps"), "KernelPageSize:       64 kB\n").unwrap();
    assert_eq!(reading(&tree, "net.tcp_mem"), (Some("16384 32768 65536".to_owned()), None, "pass"));
    fs::remove_file(tree.place("/proc/self/smaps")).unwrap();
    assert_eq!(reading(&tree, "net.tcp_mem"), (Some("16384 32768 65536".to_owned()), None, "not-supported"));
}

#[test]
fn large_packets_are_for_fast_lines_that_are_the_hosts_own() {
    let tree = Tree::of("bare-metal", "mtu");
    let state = |name: &str, text: &str| {
        fs::write(tree.place(&format!("/sys/class/net/ens1f0np0/{name}")), format!("{text}\n")).unwrap();
        reading(&tree, "net.mtu").2
    };
    assert_eq!(state("speed", "10000"), "differs");
    assert_eq!(state("mtu", "8999"), "differs");
    assert_eq!(state("mtu", "9000"), "pass");
    assert_eq!(state("mtu", "1500"), "differs");
    assert_eq!(state("speed", "9999"), "pass");
    assert_eq!(state("speed", "-1"), "pass");
    state("speed", "100000");
    fs::write(tree.place("/proc/cpuinfo"), "flags\t: fpu hypervisor\n").unwrap();
    assert_eq!(reading(&tree, "net.mtu").2, "pass", "what a virtual machine is told of a line is not its own");
}

#[test]
fn every_one_of_these_differs_on_some_host_and_does_not_matter_on_another() {
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for host in HOSTS {
        with_look(&Tree::of(host, "seen"), None, |look| {
            for finding in check::check(look) {
                seen.entry(finding.parameter.id).or_default().insert(finding.state().name());
            }
        });
    }
    for id in [
        "cpu.real_time",
        "cpu.audit",
        "mem.thp_defrag",
        "mem.huge_pages",
        "mem.dirty_background",
        "mem.dirty",
        "mem.last_ended",
        "io_uring.filter",
        "limits.core_dumps",
        "disk.queues",
        "disk.trim",
        "disk.stripes",
        "net.tcp_mem",
        "net.port_reuse",
        "net.unsent",
        "net.threads",
        "net.rings",
        "net.congestion",
        "net.qdisc",
        "net.mtu",
    ] {
        let states: Vec<&str> = seen[id].iter().copied().collect();
        assert!(["differs", "not-supported"].iter().all(|state| states.contains(state)), "{id}: {states:?}");
    }
}

/// Writes texts, then looks at a parameter: the name of its state and what it is.
fn told(tree: &Tree, id: &str, texts: &[(&str, &str)]) -> (&'static str, String) {
    for (path, text) in texts {
        fs::write(tree.place(path), format!("{text}\n")).unwrap();
    }
    let (current, _, state) = reading(tree, id);
    (state, current.unwrap_or_default())
}

fn said(state: &'static str, current: &str) -> (&'static str, String) {
    (state, current.to_owned())
}

#[test]
fn real_time_programs_leave_something_if_their_share_is_less_than_all() {
    let tree = Tree::of("virtio-vm", "real-time");
    let share = |us: &str| told(&tree, "cpu.real_time", &[("/proc/sys/kernel/sched_rt_runtime_us", us)]);
    assert_eq!(share("999999"), said("pass", "999999 of 1000000 us"));
    assert_eq!(share("1000000"), said("differs", "1000000 of 1000000 us"));
    assert_eq!(share("-1"), said("differs", "all of it"));
    assert_eq!(share("some"), said("not-supported", ""));
}

#[test]
fn rules_for_system_calls_count_unless_one_excuses_every_program() {
    let tree = Tree::of("rhel-irqbalance", "audit");
    let rules = |text: &str| told(&tree, "cpu.audit", &[("/etc/audit/audit.rules", text)]);
    assert_eq!(rules("-w /etc -p wa\n#-a always,exit -S all"), said("pass", "no rule is about them"));
    assert_eq!(rules("-a always,exit -S all"), said("differs", "1 rule is about them"));
    assert_eq!(rules("-a always,exit -S all\n-A task,never"), said("pass", "no, for any program"));
    assert_eq!(rules("-a always,exit -S all\n# -a task,never"), said("differs", "1 rule is about them"));
    fs::remove_file(tree.place("/etc/audit/audit.rules")).unwrap();
    assert_eq!(reading(&tree, "cpu.audit").2, "not-supported");
}

#[test]
fn the_broker_that_is_ended_first_counts_and_other_commands_do_not() {
    let tree = Tree::of("bare-metal", "ended");
    let score =
        |pid: &str, score: &str| told(&tree, "mem.last_ended", &[(&format!("/proc/{pid}/oom_score_adj"), score)]);
    assert_eq!(score("950", "-1"), said("pass", "-1: others before the broker"));
    assert_eq!(score("950", "0"), said("differs", "0: the broker by its size"));
    assert_eq!(score("950", "-900"), said("pass", "-900: others before the broker"));
    fs::write(tree.place("/proc/951/cmdline"), "thalweg\0serve\0").unwrap();
    assert_eq!(score("951", "3"), said("differs", "3: the broker by its size"));
}

#[test]
fn a_dump_goes_to_a_program_elsewhere_or_nowhere() {
    let tree = Tree::of("empty-msi", "dump");
    let pattern = |text: &str| told(&tree, "limits.core_dumps", &[("/proc/sys/kernel/core_pattern", text)]);
    assert_eq!(pattern("|/bin/keep %p"), said("pass", "/bin/keep"));
    assert_eq!(pattern("/var/crash/core"), said("pass", "/var/crash/core"));
    assert_eq!(pattern("/var/lib/thalweg/core"), said("differs", "/var/lib/thalweg/core"));
    assert_eq!(pattern("core.%p"), said("differs", "core.%p"));
    let limits = "Max core file size        0                    unlimited            bytes";
    fs::write(tree.place("/proc/self/limits"), limits).unwrap();
    assert_eq!(pattern("core.%p"), said("pass", "nowhere: the limit is 0"));
}

#[test]
fn a_disk_of_one_queue_is_only_odd_where_there_could_be_more() {
    let tree = Tree::of("bare-metal", "disk-queues");
    assert_eq!(told(&tree, "disk.queues", &[]), said("pass", "nvme0n1 has 16"));
    fs::remove_dir_all(tree.place("/sys/devices/pci/nvme0n1/mq/15")).unwrap();
    assert_eq!(told(&tree, "disk.queues", &[]), said("differs", "nvme0n1 has 15"));
    let tree = Tree::of("empty-msi", "disk-queues");
    assert_eq!(told(&tree, "disk.queues", &[("/sys/block/sda/mq/0/cpu_list", "0-3")]), said("pass", "sda has 1"));
}

#[test]
fn freed_blocks_are_told_at_once_or_by_a_timer_that_is_enabled() {
    let tree = Tree::of("ubuntu-irqbalance", "trim");
    let trim = |texts: &[(&str, &str)]| told(&tree, "disk.trim", texts);
    assert_eq!(trim(&[]), said("differs", "fstrim.timer is not enabled"));
    assert_eq!(trim(&[("/usr/lib/systemd/system/timers.target.wants/fstrim.timer", "")]), said("pass", "fstrim.timer"));
    let most = "/sys/block/nvme0n1/queue/discard_max_bytes";
    assert_eq!(trim(&[(most, "0")]), said("not-supported", ""));
    fs::remove_dir_all(tree.place("/run/systemd")).unwrap();
    assert_eq!(trim(&[(most, "4096")]), said("not-supported", ""));
    let tree = Tree::of("virtio-vm", "trim");
    assert_eq!(told(&tree, "disk.trim", &[]), said("pass", "at once, as it is mounted"));
}

#[test]
fn a_file_system_reckons_with_whole_pieces_of_a_raid() {
    let tree = Tree::of("raid-md", "stripes");
    let mounted = |fs: &str, option: &str| {
        let line = format!("40 22 9:0 / /var/lib/thalweg rw,noatime - {fs} /dev/md0 rw,{option}");
        told(&tree, "disk.stripes", &[("/proc/self/mountinfo", &line)])
    };
    assert_eq!(mounted("xfs", "noquota"), said("differs", "it reckons with 0 KiB"));
    assert_eq!(mounted("xfs", "sunit=256,swidth=512"), said("differs", "it reckons with 128 KiB"));
    assert_eq!(mounted("xfs", "sunit=1024,swidth=2048"), said("pass", "md0 pieces of 512 KiB"));
    assert_eq!(mounted("ext4", "stripe=256"), said("pass", "md0 pieces of 512 KiB"));
    assert_eq!(mounted("ext4", "data=ordered"), said("differs", "it reckons with none"));
    assert_eq!(mounted("btrfs", "ssd"), said("not-supported", ""));
    told(&tree, "disk.stripes", &[("/sys/block/md0/md/chunk_size", "0")]);
    assert_eq!(mounted("xfs", "noquota"), said("not-supported", ""));
}

#[test]
fn ports_unsent_bytes_and_threads_follow_from_the_host() {
    let tree = Tree::of("bare-metal", "sockets");
    let ipv4 = |id: &str, name: &str, text: &str| {
        let (state, _) = told(&tree, id, &[(&format!("/proc/sys/net/ipv4/{name}"), text)]);
        (state, reading(&tree, id).1)
    };
    assert_eq!(ipv4("net.port_reuse", "tcp_tw_reuse", "0"), ("differs", Some("2".to_owned())));
    assert_eq!(ipv4("net.port_reuse", "tcp_tw_reuse", "1"), ("pass", None));
    assert_eq!(ipv4("net.port_reuse", "tcp_timestamps", "0"), ("not-supported", None));
    assert_eq!(ipv4("net.unsent", "tcp_notsent_lowat", "262143"), ("differs", Some("262144".to_owned())));
    assert_eq!(ipv4("net.unsent", "tcp_notsent_lowat", "262144"), ("pass", None));
    // A short queue is what somebody may want for the sake of latency.
    let short = tree.place("/proc/sys/net/ipv4/tcp_notsent_lowat");
    fs::write(&short, "16384\n").unwrap();
    apply_all(&tree, Some(Profile::Latency));
    assert_eq!(fs::read_to_string(&short).unwrap(), "16384\n");
    apply_all(&tree, Some(Profile::Balanced));
    assert_eq!(fs::read_to_string(&short).unwrap(), "262144\n");
    let threaded = ("/sys/class/net/ens1f0np0/threaded", "1");
    assert_eq!(told(&tree, "net.threads", &[threaded]), said("differs", "1"));
    let isolated = ("/sys/devices/system/cpu/isolated", "14-15");
    assert_eq!(told(&tree, "net.threads", &[isolated]), said("not-supported", "1"));
}

#[test]
fn one_packet_in_a_hundred_thousand_may_find_no_room() {
    let tree = Tree::of("aws-nitro", "rings");
    let counted = |name: &str, count: &str| {
        told(&tree, "net.rings", &[(&format!("/sys/class/net/ens5/statistics/rx_{name}"), count)])
    };
    assert_eq!(counted("packets", "200000"), said("pass", "ens5 0 of 200000"));
    assert_eq!(counted("missed_errors", "2"), said("pass", "ens5 2 of 200000"));
    assert_eq!(counted("fifo_errors", "3"), said("differs", "ens5 3 of 200000"));
    assert_eq!(counted("packets", "300000"), said("pass", "ens5 3 of 300000"));
}

#[test]
fn a_selection_leaves_everything_else_alone() {
    let tree = Tree::of("virtio-vm", "some");
    let before = tree.content();
    with_look(&tree, None, |look| {
        let selection = Selection { only: vec!["mem".to_owned()], skip: vec!["mem.thp".to_owned()] };
        let changes = apply::plan(&check::check(look), &selection);
        assert!(changes.iter().all(|change| change.path.contains("/vm/") || change.path.ends_with("defrag")));
        apply::apply(look, &changes).unwrap();
    });
    let after = tree.content();
    let changed: Vec<&PathBuf> =
        before.iter().filter(|(path, text)| after[*path] != **text).map(|(path, _)| path).collect();
    assert!(
        !changed.is_empty()
            && changed.iter().all(|path| path.to_str().unwrap().contains("/vm/") || path.ends_with("defrag")),
        "{changed:?}"
    );
}

#[test]
fn a_state_file_that_is_not_ours_is_refused_and_nothing_is_written() {
    for text in [
        "nonsense",
        r#"{"version":9,"profile":"vm","made":[],"values":[]}"#,
        r#"{"version":1,"profile":"vm","made":[],"values":[{"parameter":"mem.swappiness","path":"/etc/passwd","before":"x","value":"y"}]}"#,
        r#"{"version":1,"profile":"vm","made":[],"values":[{"parameter":"mem.swappiness","path":"/sys/../etc/x","before":"x","value":"y"}]}"#,
        r#"{"version":1,"profile":"vm","made":[],"values":[{"parameter":"disk.write_cache","path":"/sys/x","before":"x","value":"y"}]}"#,
    ] {
        let tree = Tree::of("virtio-vm", "foreign");
        fs::write(tree.place(saved::PATH), text).unwrap();
        let before = tree.content();
        assert!(revert::revert(&tree.root()).is_err(), "{text}");
        with_look(&tree, None, |look| {
            let changes = apply::plan(&check::check(look), &Selection::default());
            assert!(apply::apply(look, &changes).is_err(), "{text}");
        });
        same(&tree.content(), &before, "tree");
    }
}

#[test]
fn persist_then_unpersist_leaves_no_trace() {
    for host in HOSTS {
        let tree = Tree::of(host, "persist");
        let before = tree.content();
        for _ in 0..2 {
            with_look(&tree, None, |look| {
                let files =
                    persist::plan(look, &check::check(look), &Selection::default(), Path::new("/usr/bin/thalweg"))
                        .unwrap();
                persist::persist(look.root, &files).unwrap();
                let there = files.texts.iter().all(|(path, _)| look.root.exists(path));
                assert!(there && tree.content() != before, "{host}");
            });
        }
        persist::unpersist(&tree.root()).unwrap();
        same(&tree.content(), &before, host);
        assert!(persist::unpersist(&tree.root()).unwrap().is_empty());
    }
}

#[test]
fn what_is_persisted_is_what_was_wanted_before_and_after_it_is_applied() {
    let tree = Tree::of("raid-md", "persisted");
    let files = |tree: &Tree| {
        with_look(tree, None, |look| {
            persist::plan(look, &check::check(look), &Selection::default(), Path::new("/usr/bin/thalweg")).unwrap()
        })
    };
    let planned = files(&tree);
    apply_all(&tree, None);
    assert_eq!(files(&tree), planned);
    let text = |path: &str| planned.texts.iter().find(|(at, _)| *at == path).map(|(_, text)| text.as_str()).unwrap();
    assert!(text("/etc/sysctl.d/90-thalweg.conf").contains("\nvm.swappiness = 1\n"));
    assert!(text("/etc/sysctl.d/90-thalweg.conf").contains("\nnet.ipv4.tcp_rmem = 4096 131072 16777216\n"));
    let rule = "ACTION==\"add|change\", SUBSYSTEM==\"block\", KERNEL==\"nvme1n1\", ATTR{queue/nomerges}=\"2\"\n";
    assert!(text("/etc/udev/rules.d/90-thalweg.rules").contains(rule));
    assert!(
        text("/etc/udev/rules.d/90-thalweg.rules").contains("KERNEL==\"md0\", ATTR{queue/read_ahead_kb}=\"1024\"\n")
    );
    let unit = text("/etc/systemd/system/thalweg-tune.service");
    let start = "ExecStart=/usr/bin/thalweg tune apply --profile balanced --data /var/lib/thalweg --only \
                 mem.thp,mem.thp_defrag,net.interrupts\n";
    assert!(unit.contains(start), "{unit}");
}

#[test]
fn files_of_others_are_left_alone_and_those_that_win_are_named() {
    let tree = Tree::of("virtio-vm", "foreign-files");
    fs::write(tree.place("/etc/sysctl.d/99-local.conf"), "vm.swappiness=40\nnet.core.rmem_max = 16777216\n").unwrap();
    fs::write(tree.place("/etc/sysctl.d/10-early.conf"), "net.core.wmem_max=1\n").unwrap();
    with_look(&tree, None, |look| {
        let program = Path::new("/usr/bin/thalweg");
        let files = persist::plan(look, &check::check(look), &Selection::default(), program).unwrap();
        assert_eq!(files.overruled, [("vm.swappiness".to_owned(), "/etc/sysctl.d/99-local.conf".to_owned())]);
        fs::write(tree.place("/etc/udev/rules.d/90-thalweg.rules"), "mine\n").unwrap();
        let before = tree.content();
        assert!(matches!(persist::persist(look.root, &files), Err(PersistError::NotOurs(_))));
        assert!(matches!(persist::unpersist(look.root), Err(PersistError::NotOurs(_))));
        same(&tree.content(), &before, "tree");
    });
}

#[test]
fn drift_is_noticed_and_names_who_may_have_done_it() {
    let tree = Tree::of("aws-nitro", "drift");
    assert_eq!(watch::drift(&tree.root()).unwrap(), None);
    apply_all(&tree, None);
    assert_eq!(watch::drift(&tree.root()).unwrap(), Some(Vec::new()));
    fs::write(tree.place("/proc/irq/25/smp_affinity_list"), "3\n").unwrap();
    fs::write(tree.place("/proc/4711/comm"), "irqbalance\n").unwrap();
    let drift = watch::drift(&tree.root()).unwrap().unwrap();
    assert_eq!((drift.len(), drift[0].path.as_str()), (1, "/proc/irq/25/smp_affinity_list"));
    assert_eq!((drift[0].applied.as_str(), drift[0].now.as_deref()), ("0", Some("3")));
    assert_eq!(drift[0].by, Some("irqbalance"));
}

#[test]
fn the_script_makes_the_same_changes_and_takes_them_back() {
    let tree = Tree::of("virtio-vm", "script");
    let selection = Selection { only: vec!["net".to_owned(), "mem.swappiness".to_owned()], skip: Vec::new() };
    let (script, changes) = with_look(&tree, None, |look| {
        let changes = apply::plan(&check::check(look), &selection);
        (script::script(look.profile, &changes), changes)
    });
    let run = |argument: &str| {
        let mut sh = std::process::Command::new("sh");
        let sh = sh.args(["-c", &script, "script", argument]).env("THALWEG_ROOT", &tree.0);
        sh.status().unwrap().code()
    };
    assert_eq!(run("apply"), Some(0));
    for change in &changes {
        assert_eq!(tree.root().text(&change.path).as_ref(), Some(&change.value));
    }
    assert_eq!(run("undo"), Some(0));
    for change in &changes {
        let text = tree.root().text(&change.path).map(|text| change.format().value(&text));
        assert_eq!(text.as_ref(), Some(&change.before));
    }
    assert_eq!(run("other"), Some(2));
}

#[test]
fn braces_expand() {
    assert_eq!(expand("a{0-2,x}b{c,d}").len(), 8);
    assert_eq!(expand("{8-10}"), ["8", "9", "10"]);
    assert_eq!(expand("plain"), ["plain"]);
}
