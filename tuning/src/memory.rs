//! How much memory there is for this process.

use crate::cgroup;
use crate::root::Root;

/// Memory, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// Of the machine.
    pub total: u64,
    /// That the kernel could hand out now without swapping.
    pub available: u64,
    /// Limit of the control groups; `None` without.
    pub group_max: Option<u64>,
}

impl Memory {
    /// Reads it; `None` where `/proc/meminfo` cannot be read.
    pub fn read(root: &Root) -> Option<Memory> {
        let info = root.text("/proc/meminfo")?;
        let bytes = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            kib.checked_mul(1024)
        };
        let total = bytes("MemTotal")?;
        Some(Memory { total, available: bytes("MemAvailable").unwrap_or(total), group_max: cgroup::memory_max(root) })
    }

    /// What the process may reach at the most.
    pub fn ceiling(&self) -> u64 {
        self.group_max.map_or(self.total, |max| max.min(self.total))
    }
}
