//! What both runtimes do with paths, on their helpers.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::seam::{DirEntry, Piece, Space};

/// Lists a directory.
pub(crate) fn list(path: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        // not one of ours, so nobody asks for it
        let Ok(name) = entry.file_name().into_string() else { continue };
        let meta = match entry.metadata() {
            Ok(meta) => meta,
            // removed since
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e),
        };
        entries.push(DirEntry { name, is_dir: meta.is_dir(), len: if meta.is_dir() { 0 } else { meta.len() } });
    }
    Ok(entries)
}

/// Makes all of a file system durable, and what its device has in its cache: a file system that has nothing to log since (blocks
/// were written over in place) does not flush the device in syncfs(2), but does in fdatasync(2) of any of its files.
pub(crate) fn sync_all(path: &Path) -> io::Result<()> {
    sync_all_of(&fs::File::open(path)?)
}

fn sync_all_of(file: &fs::File) -> io::Result<()> {
    nix::unistd::syncfs(file)?;
    file.sync_data()
}

/// Writes each piece, and makes all of their file system durable.
pub(crate) fn write_together(pieces: Vec<Piece>) -> io::Result<Vec<io::Result<()>>> {
    // Open before anything is written, it is told of whatever could not be written back since, even if others were told too
    // (syncfs(2)).
    let mut witness = None;
    let written = pieces.into_iter().map(|piece| {
        let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&piece.path)?;
        let mut at = piece.at;
        for part in &piece.parts {
            file.write_all_at(part, at)?;
            at += part.len() as u64;
        }
        begin_writing(&file, piece.at, at);
        witness.get_or_insert(file);
        // The core whose processor this may be has had to wait long enough.
        std::thread::yield_now();
        Ok(())
    });
    let written = written.collect();
    if let Some(witness) = witness {
        sync_all_of(&witness)?;
    }
    Ok(written)
}

/// Has the kernel begin to write these bytes of its page cache to the disk, without waiting for it (sync_file_range(2)): commits wait
/// behind a flush that finds everything still to be written, while little by little they pass it. That it did not begin is no
/// failure, as the flush writes what it finds.
fn begin_writing(file: &fs::File, from: u64, to: u64) {
    let (from, len) = (from.cast_signed(), (to - from).cast_signed());
    // SAFETY: the descriptor is open for the whole call, which is given no memory.
    unsafe { libc::sync_file_range(file.as_raw_fd(), from, len, libc::SYNC_FILE_RANGE_WRITE) };
}

/// Bytes in the page cache that are not on a disk (proc_meminfo(5): `Dirty` and `Writeback`).
pub(crate) fn unwritten() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let kib = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok())
    };
    match (kib("Dirty:"), kib("Writeback:")) {
        (Some(dirty), Some(writing)) => Ok((dirty + writing) << 10),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "/proc/meminfo does not say what is dirty")),
    }
}

/// Space of a file system.
pub(crate) fn space(path: &Path) -> io::Result<Space> {
    let stat = nix::sys::statvfs::statvfs(path)?;
    let unit = stat.fragment_size();
    Ok(Space { total: stat.blocks() * unit, free: stat.blocks_available() * unit })
}
