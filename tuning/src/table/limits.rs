//! Rows about limits: of this user's processes, and of the system under them.

use crate::attribute::Format;
use crate::limits::{self, Limit};
use crate::parameter::{Look, Observation, Parameter, Scope, Severity, Want};

/// Descriptors for a hundred thousand connections and segments.
const OPEN_FILES: u64 = 1 << 20;
/// Descriptors below which a person notices.
const OPEN_FILES_MIN: u64 = 65_536;
/// Locked memory below which registering buffers may fail.
const LOCKED_BYTES_MIN: u64 = 64 << 20;

pub(super) const ROWS: &[Parameter] = &[
    Parameter {
        scope: Scope::Limits,
        severity: Severity::Warning,
        title: "files and sockets a process may open",
        reason: "Each connection is one, each segment in use another; at the limit connections are refused.",
        source: "getrlimit(2)",
        by_hand: "LimitNOFILE=1048576 in the systemd unit, ulimit -n 1048576 in a shell",
        undo: "remove the line",
        ..Parameter::observed("limits.open_files", open_files)
    },
    Parameter {
        scope: Scope::Limits,
        severity: Severity::Warning,
        title: "memory a process may lock",
        reason: "Memory the ring is given counts against it.",
        source: "io_uring_register(2)",
        by_hand: "LimitMEMLOCK=infinity in the systemd unit, ulimit -l unlimited in a shell",
        undo: "remove the line",
        ..Parameter::observed("limits.locked_memory", locked_memory)
    },
    Parameter {
        scope: Scope::Limits,
        title: "how far that limit may be raised",
        reason: "LimitNOFILE= above it fails, and systemd then starts the service with less.",
        source: "Documentation/admin-guide/sysctl/fs.rst",
        ..Parameter::sysctl("limits.nr_open", "fs.nr_open", Format::Word, |_| Want::AtLeast(vec![OPEN_FILES]))
    },
    Parameter {
        scope: Scope::Limits,
        title: "files open in the whole system",
        reason: "At this limit every program of the host fails to open files, the broker among them.",
        source: "Documentation/admin-guide/sysctl/fs.rst",
        ..Parameter::sysctl("limits.file_max", "fs.file-max", Format::Word, |_| Want::AtLeast(vec![OPEN_FILES]))
    },
    Parameter {
        scope: Scope::Limits,
        title: "where what is left of a broken process goes",
        reason: "Its memory is written to a file, of gigabytes, before the broker can be started again. A name without a \
                 directory puts that into the broker's own, which may be on the disk of the data and fill it.",
        source: "core(5)",
        by_hand: "install systemd-coredump, or name a directory of another disk: sysctl -w kernel.core_pattern=/var/crash/%e.%p",
        undo: "sysctl -w kernel.core_pattern=OLD",
        ..Parameter::observed("limits.core_dumps", core_dumps)
    },
];

fn judge(limit: Option<Limit>, least: u64, unit: &str) -> Observation {
    let Some(limit) = limit else { return Observation::Leave("the kernel does not tell".to_owned()) };
    // The broker raises its soft limit to the hard one by itself.
    match limit.hard {
        None => Observation::Good("unlimited".to_owned()),
        Some(hard) if hard >= least => Observation::Good(format!("{hard}{unit}")),
        Some(hard) => Observation::Better(format!("{hard}{unit}"), format!("{least}{unit} or more")),
    }
}

fn core_dumps(look: &Look) -> Observation {
    let Some(pattern) = look.root.text("/proc/sys/kernel/core_pattern") else {
        return Observation::Leave("this kernel does not have it".to_owned());
    };
    // A program is started whatever the limit is.
    if let Some(program) = pattern.strip_prefix('|') {
        return Observation::Good(program.split_whitespace().next().unwrap_or_default().to_owned());
    }
    let none = look.facts.host.limits.core_bytes.is_some_and(|limit| limit.soft == Some(0));
    let elsewhere = pattern.starts_with('/') && !std::path::Path::new(&pattern).starts_with(&look.facts.data);
    match (none, elsewhere) {
        (true, _) => Observation::Good("nowhere: the limit is 0".to_owned()),
        (false, true) => Observation::Good(pattern),
        (false, false) => Observation::Better(pattern, "a program, or a directory of another disk".to_owned()),
    }
}

fn open_files(look: &Look) -> Observation {
    judge(look.facts.host.limits.open_files, OPEN_FILES_MIN, "")
}

fn locked_memory(look: &Look) -> Observation {
    if limits::locks_without_limit(look.root) {
        return Observation::Good("unlimited for this user".to_owned());
    }
    judge(look.facts.host.limits.locked_bytes, LOCKED_BYTES_MIN, " bytes")
}
