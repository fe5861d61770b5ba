//! The control groups this process stands in, and the limits they set.
//!
//! A limit counts wherever on the way to the root it is set, so the smallest on the way is the one that holds. Inside a
//! container the path of `/proc/self/cgroup` may lead nowhere; the mounted root is then the container's own group.

use std::path::{Path, PathBuf};

use crate::root::Root;

const MOUNT: &str = "/sys/fs/cgroup";

/// Bytes of memory the groups allow, or `None` where they set no limit.
pub fn memory_max(root: &Root) -> Option<u64> {
    let v2 = along(root, "", MOUNT, "memory.max").filter_map(|text| text.parse().ok());
    let v1_mount = format!("{MOUNT}/memory");
    let v1 = along(root, "memory", &v1_mount, "memory.limit_in_bytes").filter_map(|text| text.parse().ok());
    // "Without limit" is a word in version 2, and in version 1 a number close to the largest there is.
    const UNLIMITED: u64 = 1 << 60;
    v2.chain(v1).filter(|bytes| *bytes < UNLIMITED).min()
}

/// CPUs' worth of time the groups allow, or `None` where they set no limit.
pub fn cpu_quota(root: &Root) -> Option<f64> {
    let v2 = along(root, "", MOUNT, "cpu.max").filter_map(|text| {
        let (quota, period) = text.split_once(' ')?;
        share(quota, period)
    });
    let quotas = along(root, "cpu", &format!("{MOUNT}/cpu"), "cpu.cfs_quota_us");
    let periods = along(root, "cpu", &format!("{MOUNT}/cpu"), "cpu.cfs_period_us");
    let v1 = quotas.zip(periods).filter_map(|(quota, period)| share(&quota, &period));
    v2.chain(v1).min_by(f64::total_cmp)
}

fn share(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (f64, f64) = (quota.trim().parse().ok()?, period.trim().parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// The texts of `file` in the process's group of `controller` and every group above it.
fn along<'a>(root: &'a Root, controller: &str, mount: &str, file: &'a str) -> impl Iterator<Item = String> + 'a {
    let group = group_of(root, controller).unwrap_or_else(|| PathBuf::from("/"));
    let mount = PathBuf::from(mount);
    let dirs: Vec<PathBuf> = group.ancestors().map(|dir| mount.join(dir.strip_prefix("/").unwrap_or(dir))).collect();
    dirs.into_iter().filter_map(move |dir| root.text(dir.join(file)))
}

/// The group's path in the hierarchy of `controller`, "" being that of version 2.
fn group_of(root: &Root, controller: &str) -> Option<PathBuf> {
    let groups = root.text("/proc/self/cgroup")?;
    groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        controllers.split(',').any(|name| name == controller).then(|| Path::new(path).to_path_buf())
    })
}
