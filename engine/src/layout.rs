//! What lies where in the data directory, and for how many cores it was laid out.
//!
//! ```text
//! DATA/thalweg.layout                 this file's format, text: "version: 1", "cores: N"
//! DATA/journal/CORE/NNNNN.ring        journal/ring.rs
//! DATA/TOPIC-PARTITION/               log/segment.rs, clean.rs
//! DATA/TOPIC-PARTITION.ID-delete/     on its way out
//! ```
//!
//! A partition belongs to a core, and what its core's journal holds of it is nowhere else. So when the number of cores
//! changes, the old layout is started once, each old core by one of the new ones, and stopped cleanly; at rest a partition
//! belongs to nobody.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use thalweg_rt::{AlignedBuf, Core, Open};

use crate::clean::DELETED;

const LAYOUT_FILE: &str = "thalweg.layout";
const LAYOUT_NEW: &str = "thalweg.layout.new";
const VERSION: u32 = 1;

/// The number of cores the directory was laid out for; nothing if it is new.
pub async fn read(core: &Core, data: &Path) -> io::Result<Option<u16>> {
    core.disk.create_dir(data).await?;
    let path = data.join(LAYOUT_FILE);
    let file = match core.disk.open(&path, Open::default()).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (read, buffer) = file.read_at(0, AlignedBuf::with_capacity(4096)).await;
    read?;
    let text = String::from_utf8_lossy(&buffer).into_owned();
    let value =
        |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).and_then(|v| v.trim().parse::<u32>().ok());
    match (value("version:"), value("cores:")) {
        (Some(VERSION), Some(cores)) if cores > 0 && cores <= u32::from(u16::MAX) => Ok(Some(cores as u16)),
        (Some(version), _) if version != VERSION => {
            Err(invalid(&path, &format!("has version {version}, and this program knows version {VERSION}")))
        }
        _ => Err(invalid(&path, "cannot be read")),
    }
}

/// Lays the directory out for so many cores.
pub async fn write(core: &Core, data: &Path, cores: u16) -> io::Result<()> {
    let new = data.join(LAYOUT_NEW);
    let text = Bytes::from(format!("version: {VERSION}\ncores: {cores}\n"));
    let file = core.disk.open(&new, Open { write: true, create: true, ..Open::default() }).await?;
    let len = text.len() as u64;
    file.write_at(0, text).await?;
    file.set_len(len).await?;
    file.sync_data().await?;
    core.disk.rename(&new, &data.join(LAYOUT_FILE)).await?;
    core.disk.sync_dir(data).await
}

/// Directories that were on their way out when the process ended.
pub async fn leftovers(core: &Core, data: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = core.disk.list(data).await?;
    let gone = entries.into_iter().filter(|entry| entry.is_dir && entry.name.ends_with(DELETED));
    Ok(gone.map(|entry| data.join(entry.name)).collect())
}

fn invalid(path: &Path, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} {what}", path.display()))
}
