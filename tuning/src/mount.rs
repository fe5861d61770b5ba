//! What a path lies on: the file system, and the block device under it.

use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use crate::root::Root;

/// The mount that holds a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// Where it is mounted.
    pub at: PathBuf,
    /// Type of the file system: `ext4`, `xfs`, `tmpfs`.
    pub fs: String,
    /// Mount options of the mount and of the file system, comma separated.
    pub options: String,
    /// What is mounted, as the kernel names it: `/dev/vda1`, `overlay`.
    pub source: String,
    /// The block device, where the file system has one of its own.
    pub block: Option<Block>,
}

/// A block device and its queue. A fact the kernel does not tell is `None`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The kernel's name: `nvme0n1`, `vda1`.
    pub name: String,
    /// The scheduler in use.
    pub scheduler: Option<String>,
    /// `write back` has a volatile cache that must be flushed; `write through` has none.
    pub write_cache: Option<String>,
    /// A write can be made durable by itself.
    pub fua: Option<bool>,
    /// A disk that turns.
    pub rotational: Option<bool>,
    /// Smallest piece the device can address, in bytes.
    pub logical_block_bytes: Option<u32>,
    /// Smallest piece it writes without reading, in bytes.
    pub physical_block_bytes: Option<u32>,
    /// Largest single request, in KiB.
    pub request_kib_max: Option<u32>,
    /// Requests the queue holds.
    pub requests: Option<u32>,
}

impl Mount {
    /// The mount that holds `path`, which need not exist yet. On the real host symbolic links are followed first.
    pub fn of(root: &Root, path: &Path) -> Option<Mount> {
        let path = follow_links(root, path);
        let table = root.text("/proc/self/mountinfo")?;
        // A later line hides an earlier one on the same mount point.
        let holder = table.lines().filter_map(Line::parse).filter(|line| path.starts_with(&line.at));
        let line = holder.max_by_key(|line| line.at.components().count())?;
        let block = Block::read(root, &line.device);
        Some(Mount { at: line.at, fs: line.fs, options: line.options, source: line.source, block })
    }

    /// The file system lives in memory and forgets everything at the next start.
    pub fn is_volatile(&self) -> bool {
        matches!(self.fs.as_str(), "tmpfs" | "ramfs" | "devtmpfs")
    }
}

/// Room in a file system, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    /// For a user without privileges.
    pub free: u64,
    /// Of the whole file system.
    pub total: u64,
}

/// The room in the file system of a directory of this host.
pub fn space(dir: &Path) -> Option<Space> {
    let stat = statvfs(dir).ok()?;
    let block = stat.fragment_size();
    Some(Space { free: block * stat.blocks_available(), total: block * stat.blocks() })
}

/// The path with the links of that part of it that exists followed.
fn follow_links(root: &Root, path: &Path) -> PathBuf {
    let Ok(outside) = root.path("/").canonicalize() else { return path.to_owned() };
    for dir in path.ancestors() {
        if let Ok(real) = root.path(dir).canonicalize() {
            let Ok(inside) = real.strip_prefix(&outside) else { break };
            let rest = path.strip_prefix(dir).unwrap_or(Path::new(""));
            return Path::new("/").join(inside).join(rest);
        }
    }
    path.to_owned()
}

/// One line of mountinfo.
struct Line {
    device: String,
    at: PathBuf,
    fs: String,
    options: String,
    source: String,
}

impl Line {
    fn parse(line: &str) -> Option<Line> {
        let (before, after) = line.split_once(" - ")?;
        let before: Vec<&str> = before.split(' ').collect();
        let mut after = after.split(' ');
        let (fs, source) = (after.next()?, after.next()?);
        let options = format!("{},{}", before.get(5)?, after.next().unwrap_or_default());
        Some(Line {
            device: (*before.get(2)?).to_owned(),
            at: PathBuf::from(unescape(before.get(4)?)),
            fs: fs.to_owned(),
            options,
            source: unescape(source),
        })
    }
}

/// mountinfo writes blanks, tabs, line ends and backslashes as three octal digits.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        match after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[3..];
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

impl Block {
    /// The device of that `major:minor`; major 0 is no device but a file system's own number.
    fn read(root: &Root, device: &str) -> Option<Block> {
        if device.starts_with("0:") {
            return None;
        }
        let link = PathBuf::from("/sys/dev/block").join(device);
        let dir = root.path(&link).canonicalize().ok()?;
        let name = dir.file_name()?.to_str()?.to_owned();
        // The queue belongs to the whole disk; a partition's directory lies inside the disk's.
        let disk = if dir.join("partition").exists() { dir.parent()?.to_owned() } else { dir };
        let queue = Root::at(disk.join("queue"));
        let scheduler = queue.text("/scheduler").map(|text| {
            let chosen =
                text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(name, _)| name.to_owned());
            chosen.unwrap_or(text)
        });
        let flag = |name: &str| queue.number::<u8>(name).map(|n| n != 0);
        Some(Block {
            name,
            scheduler,
            write_cache: queue.text("/write_cache"),
            fua: flag("/fua"),
            rotational: flag("/rotational"),
            logical_block_bytes: queue.number("/logical_block_size"),
            physical_block_bytes: queue.number("/physical_block_size"),
            request_kib_max: queue.number("/max_sectors_kb"),
            requests: queue.number("/nr_requests"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_escapes_are_undone_and_stray_backslashes_kept() {
        assert_eq!(unescape(r"/mnt/a\040b\134c"), r"/mnt/a b\c");
        assert_eq!(unescape(r"a\9b\"), r"a\9b\");
    }
}
