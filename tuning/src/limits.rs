//! The process's own resource limits.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::root::Root;

/// A soft and a hard limit; `None` is without limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// In force.
    pub soft: Option<u64>,
    /// How far the process may raise the soft one itself.
    pub hard: Option<u64>,
}

/// The limits that matter to a broker; `None` where they cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Open files and sockets.
    pub open_files: Option<Limit>,
    /// Bytes of locked memory.
    pub locked_bytes: Option<Limit>,
    /// Bytes of what is left of a process that died.
    pub core_bytes: Option<Limit>,
}

impl Limits {
    /// Reads them.
    pub fn read(root: &Root) -> Limits {
        let table = root.text("/proc/self/limits").unwrap_or_default();
        let find = |name: &str| {
            let row = table.lines().find_map(|line| line.strip_prefix(name))?;
            let mut words = row.split_whitespace();
            Some(Limit { soft: parse(words.next()?)?, hard: parse(words.next()?)? })
        };
        Limits {
            open_files: find("Max open files"),
            locked_bytes: find("Max locked memory"),
            core_bytes: find("Max core file size"),
        }
    }
}

/// Whether this process is privileged to lock memory beyond its limit (CAP_IPC_LOCK).
pub fn locks_without_limit(root: &Root) -> bool {
    const CAP_IPC_LOCK: u32 = 14;
    let status = root.text("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).is_some_and(|bits| bits >> CAP_IPC_LOCK & 1 == 1)
}

/// `Some(None)` is "unlimited", `None` is no limit at all but something else.
fn parse(word: &str) -> Option<Option<u64>> {
    if word == "unlimited" { Some(None) } else { word.parse().ok().map(Some) }
}

/// Raises the soft limit of open files to the hard one and returns the limit then in force; `None` if the kernel refuses.
pub fn raise_open_files() -> Option<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).ok()?;
    }
    Some(hard)
}
