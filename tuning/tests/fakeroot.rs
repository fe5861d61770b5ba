//! Facts read from trees that look like hosts: a plain one, a container, an old one with version 1 groups, an empty one.

#![allow(clippy::unwrap_used, reason = "test helpers: a failed unwrap is a failed test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use thalweg_tuning::limits::locks_without_limit;
use thalweg_tuning::mount::Mount;
use thalweg_tuning::port::{Holder, listeners};
use thalweg_tuning::{Host, Root};

/// A tree under the test's own folder, removed when dropped.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str, files: &[(&str, &str)]) -> Tree {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fakeroot-{name}"));
        fs::remove_dir_all(&dir).ok();
        fs::create_dir_all(&dir).unwrap();
        let tree = Tree(dir);
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn root(&self) -> Root {
        Root::at(&self.0)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

const PLAIN: &[(&str, &str)] = &[
    ("sys/devices/system/cpu/online", "0-7\n"),
    ("proc/self/status", "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,6\n"),
    ("proc/self/cgroup", "0::/user.slice/broker.service\n"),
    ("proc/meminfo", "MemTotal:       16384000 kB\nMemFree: 1 kB\nMemAvailable:    8192000 kB\n"),
    (
        "proc/self/limits",
        "Limit                     Soft Limit           Hard Limit           Units\n\
         Max open files            1024                 524288               files\n\
         Max locked memory         8388608              unlimited            bytes\n",
    ),
    ("proc/sys/kernel/osrelease", "6.18.2-amd64\n"),
    ("proc/sys/kernel/hostname", "box\n"),
    ("proc/sys/kernel/io_uring_disabled", "0\n"),
];

#[test]
fn a_plain_host() {
    let host = Host::read(&Tree::new("plain", PLAIN).root());
    assert_eq!(host.cpus.allowed, [0, 1, 2, 3, 6]);
    assert_eq!(host.cpus.quota, None);
    let memory = host.memory.unwrap();
    assert_eq!((memory.total, memory.available, memory.ceiling()), (16_777_216_000, 8_388_608_000, 16_777_216_000));
    let files = host.limits.open_files.unwrap();
    assert_eq!((files.soft, files.hard), (Some(1024), Some(524_288)));
    assert_eq!(host.limits.locked_bytes.unwrap().hard, None);
    assert_eq!(host.kernel_version(), Some((6, 18)));
    assert_eq!((host.io_uring_disabled, host.name.as_deref()), (Some(0), Some("box")));
}

#[test]
fn the_privileged_lock_memory_without_limit() {
    let tree = Tree::new("privileged", PLAIN);
    assert!(!locks_without_limit(&tree.root()));
    tree.write("proc/self/status", "Name:\tx\nCapEff:\t000001ffffffffff\n");
    assert!(locks_without_limit(&tree.root()));
    tree.write("proc/self/status", "Name:\tx\nCapEff:\t000001ffffffbfff\n");
    assert!(!locks_without_limit(&tree.root()));
}

#[test]
fn the_smallest_limit_on_the_way_to_the_root_group_holds() {
    let tree = Tree::new("groups", PLAIN);
    tree.write("sys/fs/cgroup/user.slice/broker.service/memory.max", "2147483648\n");
    tree.write("sys/fs/cgroup/user.slice/memory.max", "1073741824\n");
    tree.write("sys/fs/cgroup/user.slice/broker.service/cpu.max", "150000 100000\n");
    tree.write("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n");
    let host = Host::read(&tree.root());
    assert_eq!(host.memory.unwrap().ceiling(), 1 << 30);
    assert_eq!(host.cpus.quota, Some(1.5));
    assert_eq!(host.cpus.usable(), [0, 1]);
}

#[test]
fn in_a_container_the_mounted_root_is_the_own_group() {
    let tree = Tree::new("container", PLAIN);
    tree.write("sys/fs/cgroup/memory.max", "536870912\n");
    assert_eq!(Host::read(&tree.root()).memory.unwrap().group_max, Some(512 << 20));
}

#[test]
fn version_1_groups_count_and_their_unlimited_is_none() {
    let tree = Tree::new("v1", PLAIN);
    tree.write("proc/self/cgroup", "9:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n");
    tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_eq!(Host::read(&tree.root()).memory.unwrap().group_max, None);
    tree.write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "268435456\n");
    tree.write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "200000\n");
    tree.write("sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000\n");
    let host = Host::read(&tree.root());
    assert_eq!(host.memory.unwrap().group_max, Some(256 << 20));
    assert_eq!(host.cpus.quota, Some(2.0));
}

#[test]
fn a_host_that_tells_nothing_still_has_one_cpu() {
    let host = Host::read(&Tree::new("empty", &[]).root());
    assert_eq!(host.cpus.allowed, [0]);
    assert_eq!((host.memory, host.limits.open_files, host.kernel_version()), (None, None, None));
}

#[test]
fn a_path_finds_its_mount_and_the_disk_under_it() {
    let tree = Tree::new("mount", PLAIN);
    tree.write(
        "proc/self/mountinfo",
        "22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw,discard\n\
         30 22 0:25 / /run rw,nosuid - tmpfs tmpfs rw,size=1k\n\
         41 22 259:3 / /var/lib/my\\040data rw - xfs /dev/nvme0n1 rw\n\
         42 22 0:99 / /var/lib/mydata rw - overlay overlay rw\n",
    );
    let disk = "sys/devices/pci/block/vda";
    tree.write(&format!("{disk}/vda1/partition"), "1\n");
    for (name, text) in [
        ("scheduler", "none [mq-deadline] bfq\n"),
        ("write_cache", "write back\n"),
        ("fua", "0\n"),
        ("rotational", "0\n"),
        ("logical_block_size", "512\n"),
        ("physical_block_size", "4096\n"),
        ("max_sectors_kb", "1280\n"),
        ("nr_requests", "256\n"),
    ] {
        tree.write(&format!("{disk}/queue/{name}"), text);
    }
    fs::create_dir_all(tree.0.join("sys/dev/block")).unwrap();
    symlink("../../devices/pci/block/vda/vda1", tree.0.join("sys/dev/block/254:1")).unwrap();

    let of = |path: &str| Mount::of(&tree.root(), Path::new(path)).unwrap();
    let root_fs = of("/srv/broker/not/there/yet");
    assert_eq!((root_fs.fs.as_str(), root_fs.at.as_path()), ("ext4", Path::new("/")));
    let block = root_fs.block.unwrap();
    assert_eq!((block.name.as_str(), block.scheduler.as_deref()), ("vda1", Some("mq-deadline")));
    assert_eq!(
        (block.write_cache.as_deref(), block.fua, block.rotational),
        (Some("write back"), Some(false), Some(false))
    );
    assert_eq!((block.logical_block_bytes, block.physical_block_bytes), (Some(512), Some(4096)));
    assert_eq!((block.request_kib_max, block.requests), (Some(1280), Some(256)));
    assert!(of("/run/x").is_volatile());
    assert_eq!(of("/var/lib/my data/x").fs, "xfs");
    assert_eq!(of("/var/lib/mydatabase").fs, "ext4", "a name that merely begins alike is another directory");
    assert_eq!(of("/var/lib/mydata").block, None);
}

#[test]
fn a_port_names_who_listens_on_it() {
    let tree = Tree::new("port", PLAIN);
    let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    let listening =
        "   0: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1\n";
    let connected =
        "   1: 0100007F:2385 0100007F:1111 01 00000000:00000000 00:00000000 00000000     0        0 778 1\n";
    tree.write("proc/net/tcp", &format!("{head}{listening}{connected}"));
    tree.write("proc/42/comm", "java\n");
    fs::create_dir_all(tree.0.join("proc/42/fd")).unwrap();
    symlink("socket:[777]", tree.0.join("proc/42/fd/5")).unwrap();
    assert_eq!(listeners(&tree.root(), 9092), (true, vec![Holder { pid: 42, name: "java".to_owned() }]));
    assert_eq!(listeners(&tree.root(), 9093), (false, Vec::new()), "a connection is no listener");
}

#[test]
fn this_host_answers() {
    let root = Root::real();
    let host = Host::read(&root);
    assert!(host.memory.is_some_and(|memory| memory.total > 0));
    assert!(host.limits.open_files.is_some() && host.kernel_version().is_some());
    assert!(Mount::of(&root, Path::new(env!("CARGO_TARGET_TMPDIR"))).is_some());
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (taken, holders) = listeners(&root, socket.local_addr().unwrap().port());
    assert!(taken && holders.iter().any(|holder| holder.pid == std::process::id()));
}
