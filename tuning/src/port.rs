//! Who listens on a TCP port.

use std::fs;

use crate::root::Root;

/// A process that holds a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Name of its program.
    pub name: String,
}

/// Whether anybody listens on `port`, and who, as far as this process may see: another user's processes hide their sockets.
pub fn listeners(root: &Root, port: u16) -> (bool, Vec<Holder>) {
    let inodes: Vec<u64> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| root.text(table))
        .flat_map(|table| table.lines().skip(1).filter_map(|line| listening_inode(line, port)).collect::<Vec<_>>())
        .collect();
    let holders = if inodes.is_empty() { Vec::new() } else { holders_of(root, &inodes) };
    (!inodes.is_empty(), holders)
}

fn listening_inode(line: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    let words: Vec<&str> = line.split_whitespace().collect();
    let (_, at) = words.get(1)?.rsplit_once(':')?;
    let here = u16::from_str_radix(at, 16).ok()? == port && *words.get(3)? == LISTEN;
    if here { words.get(9)?.parse().ok() } else { None }
}

fn holders_of(root: &Root, inodes: &[u64]) -> Vec<Holder> {
    let wanted: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let mut holders = Vec::new();
    let Ok(processes) = fs::read_dir(root.path("/proc")) else { return holders };
    for process in processes.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        let holds = files.flatten().any(|file| {
            fs::read_link(file.path()).is_ok_and(|to| to.to_str().is_some_and(|to| wanted.iter().any(|w| w == to)))
        });
        if holds {
            let name = root.text(format!("/proc/{pid}/comm")).unwrap_or_else(|| "?".to_owned());
            holders.push(Holder { pid, name });
        }
    }
    holders.sort_by_key(|holder| holder.pid);
    holders
}
