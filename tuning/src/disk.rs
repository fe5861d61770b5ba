//! The block devices under a file system, down through partitions, RAID, encryption and volumes.

use crate::mount::Mount;
use crate::root::Root;

/// A whole block device with a queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disk {
    /// The kernel's name: `nvme0n1`, `vda`, `md0`, `dm-0`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The devices it is made of; none where it is the last.
    pub parts: Vec<String>,
    /// The kernel says that it turns, which of a virtual disk means nothing.
    pub rotational: bool,
}

/// What a block device is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// NVMe.
    Nvme,
    /// A hypervisor's.
    Virtual,
    /// A software RAID.
    Raid,
    /// Encrypted by dm-crypt.
    Crypt,
    /// A logical volume or another mapping.
    Mapped,
    /// SATA, SAS and the rest.
    Other,
}

impl Disk {
    /// Requests go from it to hardware, or to a hypervisor.
    pub fn is_last(&self) -> bool {
        self.parts.is_empty()
    }

    /// Its directory.
    pub fn dir(&self) -> String {
        format!("/sys/block/{}", self.name)
    }

    /// Its heads have to move.
    pub fn seeks(&self) -> bool {
        self.rotational && !matches!(self.kind, Kind::Nvme | Kind::Virtual)
    }
}

/// The disks under a mount, the mounted one first.
pub fn under(root: &Root, mount: &Mount) -> Vec<Disk> {
    // Some file systems have a number of their own, and name the device only as what is mounted.
    let by_source = || mount.source.strip_prefix("/dev/").map(|name| name.replace('/', "!"));
    let Some(name) = mount.block.as_ref().map(|block| block.name.clone()).or_else(by_source) else { return Vec::new() };
    let mut disks: Vec<Disk> = Vec::new();
    let mut names = vec![name];
    // A stack deeper or wider than this is no host's.
    const DISKS_MAX: usize = 64;
    while let Some(name) = names.pop().filter(|_| disks.len() < DISKS_MAX) {
        let Some(name) = whole(root, &name) else { continue };
        if disks.iter().any(|disk| disk.name == name) {
            continue;
        }
        let disk = read(root, name);
        names.extend(disk.parts.iter().rev().cloned());
        disks.push(disk);
    }
    disks
}

/// The disk a partition belongs to; a disk is its own.
fn whole(root: &Root, name: &str) -> Option<String> {
    if root.exists(format!("/sys/block/{name}")) {
        return Some(name.to_owned());
    }
    let dir = root.path(format!("/sys/class/block/{name}")).canonicalize().ok()?;
    dir.parent()?.file_name()?.to_str().map(str::to_owned)
}

fn read(root: &Root, name: String) -> Disk {
    let dir = format!("/sys/block/{name}");
    let mapping = root.text(format!("{dir}/dm/uuid")).unwrap_or_default();
    let kind = match name.as_str() {
        _ if name.starts_with("nvme") => Kind::Nvme,
        _ if name.starts_with("vd") || name.starts_with("xvd") => Kind::Virtual,
        _ if name.starts_with("md") => Kind::Raid,
        _ if mapping.starts_with("CRYPT") => Kind::Crypt,
        _ if name.starts_with("dm-") => Kind::Mapped,
        _ => Kind::Other,
    };
    let rotational = root.text(format!("{dir}/queue/rotational")).as_deref() == Some("1");
    Disk { kind, parts: root.names(format!("{dir}/slaves")), rotational, name }
}
