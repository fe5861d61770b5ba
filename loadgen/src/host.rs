//! What an outcome says about the machine: facts of this host, and the processor time of the broker's process if it runs
//! here too.

use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process;

use thalweg_tuning::{Host, Root, port};

use crate::outcome::HostFacts;

/// Facts of this host.
#[must_use]
pub fn facts() -> HostFacts {
    let host = Host::read(&Root::real());
    HostFacts {
        name: host.name.clone().unwrap_or_default(),
        kernel: host.kernel.clone().unwrap_or_default(),
        cpu_model: cpu_model().unwrap_or_default(),
        cpus: host.cpus.usable().len() as u32,
        memory_bytes: host.memory.as_ref().map(|memory| memory.total),
        agents: Vec::new(),
    }
}

/// CPUs this process may use.
#[must_use]
pub fn cpus() -> usize {
    Host::read(&Root::real()).cpus.usable().len().max(1)
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A process on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its name and id, for people.
    pub name: String,
}

/// The process that listens at `host:port`, if that is this host and there is one.
#[must_use]
pub fn listener(address: &str) -> Option<Process> {
    let to: SocketAddr = address.to_socket_addrs().ok()?.next()?;
    if !to.ip().is_loopback() {
        return None;
    }
    let (_, holders) = port::listeners(&Root::real(), to.port());
    let holder = holders.into_iter().find(|holder| holder.pid != process::id())?;
    Some(Process { pid: holder.pid, name: format!("{} (pid {})", holder.name, holder.pid) })
}

/// Processor time of a process, all its threads together, in nanoseconds.
#[must_use]
pub fn process_cpu_ns(pid: u32) -> Option<u64> {
    /// What `/proc/PID/stat` counts in, on every Linux machine of today.
    const TICK_NS: u64 = 10_000_000;
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the name may hold anything, brackets and blanks too
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let (user, system): (u64, u64) = (fields.get(11)?.parse().ok()?, fields.get(12)?.parse().ok()?);
    Some((user + system) * TICK_NS)
}

/// Processor time the hypervisor took from this host, in nanoseconds.
#[must_use]
pub fn stolen_ns() -> Option<u64> {
    const TICK_NS: u64 = 10_000_000;
    let text = fs::read_to_string("/proc/stat").ok()?;
    let field = text.lines().next()?.split_ascii_whitespace().nth(8)?;
    Some(field.parse::<u64>().ok()? * TICK_NS)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn this_process_has_a_name_and_uses_its_time() {
        let before = process_cpu_ns(process::id()).unwrap();
        let mut x = 1u64;
        while process_cpu_ns(process::id()).unwrap() < before + 30_000_000 {
            x = std::hint::black_box(x.wrapping_mul(31));
        }
        assert_eq!(process_cpu_ns(u32::MAX), None);
        assert!(facts().cpus > 0 && !facts().kernel.is_empty());
    }

    #[test]
    fn a_listener_of_our_own_is_nobody_to_measure() {
        let own = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(listener(&own.local_addr().unwrap().to_string()), None);
        assert_eq!(listener("192.0.2.1:9092"), None);
    }
}
