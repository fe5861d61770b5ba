//! Everything advice follows from, read once: the host, what it stands on, and the disks and network devices a broker would
//! use.

use std::path::{Path, PathBuf};

use crate::cpu::parse_list;
use crate::daemon::Daemons;
use crate::disk::{self, Disk};
use crate::host::Host;
use crate::mount::Mount;
use crate::nic::Nic;
use crate::profile::Profile;
use crate::root::Root;

/// The facts.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// CPUs, memory, limits, kernel.
    pub host: Host,
    /// The hypervisor's name, on a virtual machine.
    pub hypervisor: Option<String>,
    /// This process runs in a container.
    pub container: bool,
    /// It may run without being plugged in.
    pub battery: bool,
    /// NUMA nodes, at least one.
    pub nodes: Vec<Node>,
    /// Swap space is in use.
    pub swaps: bool,
    /// Arguments the kernel was started with.
    pub kernel_arguments: Vec<String>,
    /// The directory of the data.
    pub data: PathBuf,
    /// What it lies on.
    pub mount: Option<Mount>,
    /// The block devices under it, from the one that is mounted down to those with nothing below.
    pub disks: Vec<Disk>,
    /// Network devices with hardware, or a hypervisor, behind them.
    pub nics: Vec<Nic>,
    /// The other network devices, the loopback left out.
    pub virtual_nics: Vec<String>,
    /// Programs that run and set the same parameters.
    pub daemons: Daemons,
}

/// A NUMA node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its number.
    pub id: usize,
    /// Its CPUs.
    pub cpus: Vec<usize>,
    /// Its memory; `None` where the kernel does not tell.
    pub bytes: Option<u64>,
}

impl Facts {
    /// Reads them, for a broker with its data in `data`, which need not exist yet.
    pub fn read(root: &Root, data: &Path) -> Facts {
        let host = Host::read(root);
        let mount = Mount::of(root, data);
        let (nics, virtual_nics) = Nic::read_all(root);
        let arguments = root.text("/proc/cmdline").unwrap_or_default();
        let swaps = root.text("/proc/swaps").unwrap_or_default();
        Facts {
            nodes: nodes(root, &host),
            hypervisor: hypervisor(root),
            container: in_container(root),
            battery: !root.glob("/sys/class/power_supply/BAT*").is_empty(),
            swaps: swaps.lines().nth(1).is_some(),
            kernel_arguments: arguments.split_whitespace().map(str::to_owned).collect(),
            data: data.to_owned(),
            disks: mount.as_ref().map(|mount| disk::under(root, mount)).unwrap_or_default(),
            mount,
            nics,
            virtual_nics,
            daemons: Daemons::read(root),
            host,
        }
    }

    /// The profile for somebody who names none.
    pub fn profile(&self) -> Profile {
        match (self.battery, &self.hypervisor) {
            (true, _) => Profile::LaptopSafe,
            (false, Some(_)) => Profile::Vm,
            (false, None) => Profile::Balanced,
        }
    }

    /// Whether the kernel was started with this argument.
    pub fn has_argument(&self, argument: &str) -> bool {
        self.kernel_arguments.iter().any(|given| given == argument)
    }

    /// Names of the device and the file system of the data.
    pub fn medium(&self) -> (String, String) {
        named(self.mount.as_ref())
    }

    /// The host in one line.
    pub fn summary(&self) -> String {
        let cpus = self.host.cpus.online.len().max(1);
        let mut parts = vec![format!("{cpus} {}", if cpus == 1 { "CPU" } else { "CPUs" })];
        if self.nodes.len() > 1 {
            parts.push(format!("{} NUMA nodes", self.nodes.len()));
        }
        parts.extend(self.host.kernel.as_ref().map(|release| format!("kernel {release}")));
        parts.extend(self.hypervisor.as_ref().map(|name| format!("virtual ({name})")));
        parts.extend(self.container.then(|| "in a container".to_owned()));
        if let Some(mount) = &self.mount {
            let disks: Vec<&str> = self.disks.iter().map(|disk| disk.name.as_str()).collect();
            let on = if disks.is_empty() { mount.source.clone() } else { disks.join(" on ") };
            parts.push(format!("{} on {} of {on}", self.data.display(), mount.fs));
        }
        let nics: Vec<&str> = self.nics.iter().map(|nic| nic.name.as_str()).collect();
        parts.push(if nics.is_empty() { "no network device".to_owned() } else { nics.join(" ") });
        parts.join(", ")
    }
}

/// Names of the device and the file system under a path.
pub fn medium(root: &Root, path: &Path) -> (String, String) {
    named(Mount::of(root, path).as_ref())
}

fn named(mount: Option<&Mount>) -> (String, String) {
    let device = |mount: &Mount| mount.block.as_ref().map_or(mount.source.clone(), |block| block.name.clone());
    let unknown = || "unknown".to_owned();
    (mount.map_or_else(unknown, device), mount.map_or_else(unknown, |mount| mount.fs.clone()))
}

fn nodes(root: &Root, host: &Host) -> Vec<Node> {
    let read = |dir: String| {
        let id = dir.rsplit_once("/node")?.1.parse().ok()?;
        let cpus = parse_list(&root.text(format!("{dir}/cpulist"))?).unwrap_or_default();
        let info = root.text(format!("{dir}/meminfo")).unwrap_or_default();
        let kib = info.lines().find_map(|line| line.split_once("MemTotal:")?.1.trim().strip_suffix("kB"));
        Some(Node { id, cpus, bytes: kib.and_then(|kib| kib.trim().parse::<u64>().ok()?.checked_mul(1024)) })
    };
    let nodes: Vec<Node> = root.glob("/sys/devices/system/node/node*").into_iter().filter_map(read).collect();
    if !nodes.is_empty() {
        return nodes;
    }
    vec![Node { id: 0, cpus: host.cpus.online.clone(), bytes: host.memory.map(|memory| memory.total) }]
}

/// Firmware names the hypervisor where there is firmware; a flag of the processor says at least that there is one.
fn hypervisor(root: &Root) -> Option<String> {
    if let Some(kind) = root.text("/sys/hypervisor/type") {
        return Some(kind);
    }
    let info = root.text("/proc/cpuinfo").unwrap_or_default();
    let flags = info.lines().find(|line| line.starts_with("flags"))?;
    if !flags.split_whitespace().any(|flag| flag == "hypervisor") {
        return None;
    }
    let vendor = root.text("/sys/class/dmi/id/sys_vendor").filter(|vendor| !vendor.is_empty());
    Some(vendor.unwrap_or_else(|| "unnamed".to_owned()))
}

/// A container has namespaces of its own. Files that container tools leave behind prove nothing: a virtual machine may have
/// been made from a container's image.
fn in_container(root: &Root) -> bool {
    // The kernel's numbers of the first namespaces of each kind, the same since 3.8.
    const FIRST: [(&str, &str); 3] =
        [("pid", "pid:[4026531836]"), ("uts", "uts:[4026531838]"), ("cgroup", "cgroup:[4026531835]")];
    FIRST.iter().any(|(kind, first)| {
        let link = std::fs::read_link(root.path(format!("/proc/self/ns/{kind}")));
        link.is_ok_and(|to| to.as_os_str() != *first)
    })
}
