//! Everything start-up wants to know about the host, read once.

use crate::cpu::Cpus;
use crate::limits::Limits;
use crate::memory::Memory;
use crate::root::Root;

/// The host, as this process sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct Host {
    /// CPUs.
    pub cpus: Cpus,
    /// Memory; `None` where it cannot be read.
    pub memory: Option<Memory>,
    /// Limits of this process.
    pub limits: Limits,
    /// Its name on the network.
    pub name: Option<String>,
    /// Release of the kernel, such as `6.18.0-amd64`.
    pub kernel: Option<String>,
    /// `kernel.io_uring_disabled`: 0 allows it to all, 1 to the privileged and a group, 2 to none.
    pub io_uring_disabled: Option<u8>,
}

impl Host {
    /// Reads the facts.
    pub fn read(root: &Root) -> Host {
        Host {
            cpus: Cpus::read(root),
            memory: Memory::read(root),
            limits: Limits::read(root),
            name: root.text("/proc/sys/kernel/hostname").filter(|name| !name.is_empty()),
            kernel: root.text("/proc/sys/kernel/osrelease"),
            io_uring_disabled: root.number("/proc/sys/kernel/io_uring_disabled"),
        }
    }

    /// Major and minor number of the kernel.
    pub fn kernel_version(&self) -> Option<(u32, u32)> {
        let mut numbers = self.kernel.as_deref()?.split(|c: char| !c.is_ascii_digit());
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    }
}
