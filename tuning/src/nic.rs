//! Network devices: how many queues they have, which interrupts, which CPUs are near.

use std::fs;

use crate::cpu::parse_list;
use crate::root::Root;

/// A network device with hardware, or a hypervisor, behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nic {
    /// The kernel's name.
    pub name: String,
    /// Its driver.
    pub driver: Option<String>,
    /// Queues that receive.
    pub receive_queues: usize,
    /// Numbers of the interrupts of its queues.
    pub interrupts: Vec<u32>,
    /// CPUs of the node it is plugged into; empty where all are equally near.
    pub near: Vec<usize>,
}

impl Nic {
    /// All that are not switched off, and the names of those without a device, the loopback left out.
    pub fn read_all(root: &Root) -> (Vec<Nic>, Vec<String>) {
        let names = root.names("/sys/class/net").into_iter().filter(|name| name != "lo" && name != "bonding_masters");
        let names =
            names.filter(|name| root.text(format!("/sys/class/net/{name}/operstate")).as_deref() != Some("down"));
        let (real, virtual_names): (Vec<String>, Vec<String>) =
            names.partition(|name| root.exists(format!("/sys/class/net/{name}/device")));
        (real.into_iter().map(|name| Nic::read(root, name)).collect(), virtual_names)
    }

    fn read(root: &Root, name: String) -> Nic {
        let device = format!("/sys/class/net/{name}/device");
        let driver = fs::read_link(root.path(format!("{device}/driver"))).ok();
        // A virtio device's interrupts belong to the PCI device around it.
        let around = format!("{device}/..");
        let interrupts = [device.as_str(), &around].into_iter().find_map(|device| {
            let numbers = root.names(format!("{device}/msi_irqs"));
            (!numbers.is_empty()).then_some(numbers)
        });
        let interrupts = interrupts.unwrap_or_default().into_iter().filter_map(|number| number.parse().ok());
        let near = [device.as_str(), &around]
            .into_iter()
            .find_map(|device| parse_list(&root.text(format!("{device}/local_cpulist"))?));
        Nic {
            driver: driver.and_then(|path| path.file_name()?.to_str().map(str::to_owned)),
            receive_queues: root.glob(&format!("/sys/class/net/{name}/queues/rx-*")).len(),
            interrupts: interrupts.filter(|number| carries_packets(root, *number)).collect(),
            near: near.unwrap_or_default(),
            name,
        }
    }
}

/// An interrupt of the device as a whole (link changes, commands) has a name that says so.
fn carries_packets(root: &Root, interrupt: u32) -> bool {
    const OTHERS: [&str; 6] = ["config", "control", "async", "pages", "cmd", "mgmnt"];
    let names = root.names(format!("/proc/irq/{interrupt}"));
    !names.iter().any(|name| OTHERS.iter().any(|other| name.contains(other)))
}
