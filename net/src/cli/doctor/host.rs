//! The host with the eyes of a configuration: the disk of the data, the limits of the process, io_uring.

use std::fs;
use std::path::{Path, PathBuf};

use thalweg_tuning::io_properties::IoProperties;
use thalweg_tuning::limits as tuning_limits;
use thalweg_tuning::mount::{self, Mount};
use thalweg_tuning::probe::disk;
use thalweg_tuning::{Root, facts};

use super::finding::{Finding, Topic};
use crate::config::limits::Bytes;
use crate::config::{BrokerConfig, Limits};

/// Locked memory below which registering buffers may fail.
const LOCKED_BYTES_MIN: u64 = 64 << 20;
/// Free space below which a broker is soon without any.
const FREE_BYTES_MIN: u64 = 1 << 30;

pub(super) fn look(
    config: &BrokerConfig,
    limits: &Limits,
    open_files: Option<u64>,
    root: &Root,
    findings: &mut Vec<Finding>,
) {
    if !config.log_dir.as_os_str().is_empty()
        && let Ok(data) = std::path::absolute(&config.log_dir)
    {
        look_at_disk(config, &data, root, findings);
        findings.extend(open_files.map(|files| judge_files(files, limits, partitions(&data))));
    }
    let locked = config.host().limits.locked_bytes.and_then(|limit| limit.soft);
    let privileged = tuning_limits::locks_without_limit(root);
    findings.push(match locked.filter(|bytes| *bytes < LOCKED_BYTES_MIN && !privileged) {
        None => Finding::fine(Topic::LockedMemory, "memory for the rings may be locked"),
        Some(bytes) => Finding::warning(
            Topic::LockedMemory,
            format!("this process may lock {}; registering buffers of the rings may fail", Bytes(bytes)),
            "LimitMEMLOCK=infinity in the systemd unit, ulimit -l unlimited in a shell",
        ),
    });
    findings.push(match thalweg_rt::probe() {
        Ok(()) => Finding::fine(Topic::IoUring, "io_uring is available"),
        Err(blocked) => {
            let text = blocked.to_string();
            let (fact, advice) = text.split_once(". ").unwrap_or((&text, "see io_uring_setup(2)"));
            Finding::error(Topic::IoUring, fact, advice)
        }
    });
}

/// The directory, or what of the path to it is there.
fn existing(path: &Path) -> PathBuf {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/")).to_owned()
}

fn look_at_disk(config: &BrokerConfig, data: &Path, root: &Root, findings: &mut Vec<Finding>) {
    let dir = existing(data);
    let (device, file_system) = facts::medium(root, data);
    let mut medium = format!("{} lies on {file_system} of {device}", data.display());
    if let Some(block) = Mount::of(root, data).and_then(|mount| mount.block) {
        let cache = block.write_cache.as_deref() == Some("write back");
        medium.push_str(if cache { ", which has a cache that every flush empties" } else { "" });
    }
    findings.push(Finding::fine(Topic::Medium, medium));
    findings.push(match disk::takes_direct_io(&dir) {
        Ok(true) => Finding::fine(Topic::DirectIo, format!("{} takes direct I/O", dir.display())),
        Ok(false) => Finding::error(
            Topic::DirectIo,
            format!("{file_system} at {} does not take direct I/O, which the journal needs", dir.display()),
            "put the data on xfs or ext4",
        ),
        Err(error) => Finding::error(
            Topic::Writable,
            format!("cannot write in {}: {error}", dir.display()),
            "the broker's user must be able to write there",
        ),
    });
    findings.extend(mount::space(&dir).map(|space| judge_space(data, space, journal_bytes(config, data))));
    if let Ok(None) = IoProperties::read(data) {
        let message = "the disk was not measured; sizes and depths of requests are the defaults";
        let hint = format!("thalweg tune measure --as-is --data {}", data.display());
        findings.push(Finding::notice(Topic::Measured, message).hinted(hint));
    }
}

/// Bytes the journals will still take.
fn journal_bytes(config: &BrokerConfig, data: &Path) -> u64 {
    let engine = &config.engine;
    let all = engine.cores.len() as u64 * u64::from(engine.journal_files) * engine.journal_file_bytes;
    let cores = fs::read_dir(data.join("journal")).into_iter().flatten().flatten();
    let files = cores.filter_map(|core| fs::read_dir(core.path()).ok()).flatten().flatten();
    let there: u64 = files.filter_map(|file| Some(file.metadata().ok()?.len())).sum();
    all.saturating_sub(there)
}

fn judge_space(data: &Path, space: mount::Space, journal_bytes: u64) -> Finding {
    let (data, free, needed) = (data.display(), Bytes(space.free), Bytes(journal_bytes));
    match space.free.checked_sub(journal_bytes) {
        None => Finding::error(
            Topic::Space,
            format!("{data} has {free} free, and the journals still take {needed}"),
            "free some, or lower thalweg.journal.files or thalweg.journal.file.bytes",
        ),
        Some(left) if left < FREE_BYTES_MIN || left < space.total / 20 => Finding::warning(
            Topic::Space,
            format!("{data} has {free} free of {}, and the journals still take {needed}", Bytes(space.total)),
            "when the disk is full, producers are refused until there is space again",
        ),
        Some(_) => Finding::fine(Topic::Space, format!("{data} has {free} free, the journals still take {needed}")),
    }
}

/// Directories that are partitions: a name, a dash, a number.
fn partitions(data: &Path) -> usize {
    let names =
        fs::read_dir(data).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.rsplit_once('-').is_some_and(|(_, number)| number.parse::<u32>().is_ok())).count()
}

fn judge_files(files: u64, limits: &Limits, partitions: usize) -> Finding {
    // What connections leave; a partition that is written and read has a segment and an index open.
    let for_partitions = files.saturating_sub(limits.connections_max.into());
    let said = format!(
        "this process may open {files} files: {} connections, and {for_partitions} for {partitions} partitions",
        limits.connections_max
    );
    match 2 * partitions as u64 > for_partitions || files < 4096 {
        true => Finding::warning(
            Topic::OpenFiles,
            said,
            "LimitNOFILE=1048576 in the systemd unit, ulimit -n 1048576 in a shell",
        ),
        false => Finding::fine(Topic::OpenFiles, said),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;
    use crate::config::broker::tests::config;

    #[test]
    fn space_must_do_for_the_journals_and_then_some() {
        let level = |free: u64, journals: u64| {
            judge_space(Path::new("/d"), mount::Space { free: free << 30, total: 100 << 30 }, journals << 30).level
        };
        assert_eq!(level(50, 8), Level::Fine);
        assert_eq!(level(12, 8), Level::Warning);
        assert_eq!(level(7, 8), Level::Error);
    }

    #[test]
    fn files_must_do_for_partitions_and_connections() {
        let limits = |files| Limits::of(&config(&[]), Some(files));
        assert_eq!(judge_files(1 << 20, &limits(1 << 20), 100_000).level, Level::Fine);
        assert_eq!(judge_files(1 << 18, &limits(1 << 18), 100_000).level, Level::Warning);
        let few = judge_files(1024, &limits(1024), 0);
        assert_eq!(few.level, Level::Warning);
        assert!(few.message.starts_with("this process may open 1024 files: 512 connections, and 512 for 0"), "{few}");
    }

    #[test]
    fn partitions_are_told_from_other_directories() {
        let dir = std::env::temp_dir().join(format!("thalweg-doctor-{}", std::process::id()));
        for name in ["orders-0", "a-b-12", "journal", "x-y", "-"] {
            fs::create_dir_all(dir.join(name)).expect("a directory");
        }
        assert_eq!(partitions(&dir), 2);
        assert_eq!(existing(&dir.join("no/such")), dir);
        fs::remove_dir_all(dir).ok();
    }
}
