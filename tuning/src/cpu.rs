//! Which CPUs there are and which of them this process may use.

use std::fmt;

use crate::cgroup;
use crate::root::Root;

/// The CPUs, by the kernel's numbers, in ascending order.
#[derive(Clone, PartialEq, Debug)]
pub struct Cpus {
    /// Running.
    pub online: Vec<usize>,
    /// Running, and allowed to this process by its affinity and its cpuset.
    pub allowed: Vec<usize>,
    /// CPUs' worth of time the control groups allow; `None` without limit.
    pub quota: Option<f64>,
}

impl Cpus {
    /// Reads them; at least one CPU is always allowed.
    pub fn read(root: &Root) -> Cpus {
        let list = |text: Option<String>| text.and_then(|text| parse_list(&text)).unwrap_or_default();
        let online = list(root.text("/sys/devices/system/cpu/online"));
        let status = root.text("/proc/self/status").unwrap_or_default();
        let affinity = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let mut allowed = list(affinity.map(|list| list.trim().to_owned()));
        if !online.is_empty() {
            allowed.retain(|cpu| online.contains(cpu));
        }
        if allowed.is_empty() {
            allowed = if online.is_empty() { vec![0] } else { online.clone() };
        }
        Cpus { online, allowed, quota: cgroup::cpu_quota(root) }
    }

    /// CPUs worth a core of their own: those allowed, but no more than the quota can keep busy.
    pub fn usable(&self) -> &[usize] {
        let quota = self.quota.map_or(usize::MAX, |cpus| cpus.ceil().max(1.0) as usize);
        &self.allowed[..self.allowed.len().min(quota)]
    }
}

/// CPUs of the kernel's list notation: `0-3,8,10-11`. Refuses what is no list, and more CPUs than any machine has.
pub fn parse_list(text: &str) -> Option<Vec<usize>> {
    const CPU_MAX: usize = 8191;
    let mut cpus = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if first > last || last > CPU_MAX {
            return None;
        }
        cpus.extend(first..=last);
    }
    cpus.sort_unstable();
    cpus.dedup();
    Some(cpus)
}

/// Writes CPUs in the kernel's list notation.
pub struct List<'a>(pub &'a [usize]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let [first, ..] = rest {
            let run = rest.iter().zip(*first..).take_while(|(cpu, wanted)| *cpu == wanted).count();
            let comma = if rest.len() == self.0.len() { "" } else { "," };
            match run {
                1 => write!(f, "{comma}{first}")?,
                _ => write!(f, "{comma}{first}-{}", first + run - 1)?,
            }
            rest = &rest[run..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_written_alike() {
        for text in ["0", "0-3", "0-1,4,6-7", "8191"] {
            let cpus = parse_list(text).expect("a list");
            assert_eq!(List(&cpus).to_string(), text);
        }
        assert_eq!(parse_list(" 3,1-2,2 "), Some(vec![1, 2, 3]));
        for text in ["", "a", "3-1", "0-99999999", "1,", "-1", "1-2-3"] {
            assert_eq!(parse_list(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_quota_limits_the_cores_but_never_to_none() {
        let cpus = |quota| Cpus { online: vec![0, 1, 2, 3], allowed: vec![0, 1, 2, 3], quota };
        assert_eq!(cpus(None).usable(), [0, 1, 2, 3]);
        assert_eq!(cpus(Some(1.5)).usable(), [0, 1]);
        assert_eq!(cpus(Some(0.1)).usable(), [0]);
    }
}
