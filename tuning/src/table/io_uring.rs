//! Rows about io_uring: whether it is there and allowed.

use crate::attribute::Format;
use crate::parameter::{Look, Observation, Parameter, Scope, Severity, Want};

pub(super) const ROWS: &[Parameter] = &[
    Parameter {
        scope: Scope::IoUring,
        severity: Severity::Error,
        title: "the kernel's release",
        reason: "The ring needs single issuers, deferred task work and multishot requests, which came by 6.1.",
        source: "io_uring_setup(2)",
        by_hand: "start a kernel of 6.1 or newer",
        undo: "start the old one",
        reboot: true,
        ..Parameter::observed("io_uring.kernel", kernel)
    },
    Parameter {
        scope: Scope::IoUring,
        severity: Severity::Error,
        title: "who may use io_uring",
        reason: "At 2 nobody may, at 1 only the privileged and a group: the broker would not start.",
        risk: "every user may create rings; leave it at 1 with kernel.io_uring_group set to the broker's group where that is \
               too many",
        source: "Documentation/admin-guide/sysctl/kernel.rst",
        ..Parameter::sysctl("io_uring.disabled", "kernel.io_uring_disabled", Format::Word, |place| {
            let group = place.look.root.number::<i64>("/proc/sys/kernel/io_uring_group").filter(|group| *group >= 0);
            match (place.current, group) {
                ("1", Some(group)) => Want::leave(format!("at 1 it is for group {group}; the broker has to be in it")),
                _ => Want::exactly(0),
            }
        })
    },
    Parameter {
        scope: Scope::IoUring,
        title: "a filter of system calls",
        reason: "Those of container tools let most calls through and refuse io_uring: the broker would not start. What a filter \
                 lets through cannot be seen, only that there is one, around this process and so around a broker started here.",
        risk: "programs in the container have more of the kernel in reach",
        source: "Documentation/userspace-api/seccomp_filter.rst, docker-run(1)",
        by_hand: "a profile that allows io_uring_setup, io_uring_enter and io_uring_register: --security-opt seccomp=FILE; in a \
                  systemd unit SystemCallFilter=@system-service has them",
        undo: "leave the option out",
        ..Parameter::observed("io_uring.filter", filter)
    },
    Parameter {
        scope: Scope::IoUring,
        title: "the system's limit of asynchronous requests",
        reason: "Other brokers ask for more of it. It bounds the older interface, io_setup(2), and nothing here uses that.",
        source: "Documentation/admin-guide/sysctl/fs.rst",
        ..Parameter::sysctl("io_uring.aio_max", "fs.aio-max-nr", Format::Word, |_| {
            Want::leave("rings do not count against it")
        })
    },
];

fn filter(look: &Look) -> Observation {
    let status = look.root.text("/proc/self/status").unwrap_or_default();
    match status.lines().find_map(|line| line.strip_prefix("Seccomp:")).map(str::trim) {
        Some("0") => Observation::Good("none".to_owned()),
        Some(_) => {
            Observation::Better("there is one".to_owned(), "none, or one that is known to allow io_uring".to_owned())
        }
        None => Observation::Leave("the kernel does not tell".to_owned()),
    }
}

fn kernel(look: &Look) -> Observation {
    match (look.facts.host.kernel_version(), &look.facts.host.kernel) {
        (Some(version), Some(release)) if version >= (6, 1) => Observation::Good(release.clone()),
        (Some(_), Some(release)) => Observation::Better(release.clone(), "6.1 or newer".to_owned()),
        _ => Observation::Leave("the kernel does not tell its release".to_owned()),
    }
}
