//! The files of one core's journal: a fixed set, zero-written once, recycled for ever. A file is written under another name
//! and renamed when it is durable, so a file of the ring is always whole, and one that was being written when the power
//! went is simply written again.
//!
//! `DATA/journal/CORE/NNNNN.ring`; `NNNNN.new` while being written. The first files are small, for a first start waits for
//! them; each file keeps its size for ever.

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use thalweg_rt::{AlignedBuf, BLOCK, Core, File, Open};

use crate::config::{EngineConfig, Flush};

const PIECE: usize = 1 << 20;
/// No file of a ring is smaller.
pub const FILE_BYTES_MIN: u64 = 64 << 10;
const RING: &str = "ring";
const NEW: &str = "new";

/// Where a core's journal lies.
pub fn directory(data: &Path, core: u16) -> PathBuf {
    data.join("journal").join(core.to_string())
}

/// The files of one journal.
pub struct Ring {
    directory: PathBuf,
    data_sync: bool,
    /// By number; a gap is a file not written yet.
    files: Vec<Option<RingFile>>,
}

/// A file of the ring.
#[derive(Clone)]
pub struct RingFile {
    /// To read and write it.
    pub file: Rc<dyn File>,
    /// Its size, a multiple of a block.
    pub bytes: u64,
}

impl Ring {
    /// Opens what is there, in `directory`; files are added by [`Ring::prewrite`] and [`Ring::add`].
    pub async fn open(core: &Core, config: &EngineConfig, directory: PathBuf) -> io::Result<Ring> {
        core.disk.create_dir(&directory).await?;
        let mut ring = Ring {
            directory,
            data_sync: config.journal.flush == Flush::DataSync && !config.unsafe_no_flush,
            files: Vec::new(),
        };
        let mut found: Vec<(u16, u64)> = Vec::new();
        for entry in core.disk.list(&ring.directory).await? {
            match entry.name.rsplit_once('.') {
                Some((number, RING)) => {
                    let number: u16 = number.parse().map_err(|_| named(&ring.directory, &entry.name))?;
                    if entry.len % BLOCK as u64 != 0 || entry.len < FILE_BYTES_MIN {
                        return Err(named(&ring.directory, &entry.name));
                    }
                    found.push((number, entry.len));
                }
                Some((_, NEW)) => core.disk.remove_file(&ring.directory.join(&entry.name)).await?,
                _ => {}
            }
        }
        found.sort_unstable();
        for (number, bytes) in found {
            let file = core.disk.open(&ring.path(number, RING), ring.how()).await?;
            ring.add(number, RingFile { file, bytes });
        }
        Ok(ring)
    }

    /// Size of the smallest file, in bytes.
    pub fn smallest(&self) -> u64 {
        self.files.iter().flatten().map(|file| file.bytes).min().unwrap_or(0)
    }

    /// Number of the files, gaps among them.
    pub fn count(&self) -> u16 {
        self.files.len() as u16
    }

    /// The file of this number.
    pub fn file(&self, number: u16) -> Option<RingFile> {
        self.files.get(usize::from(number)).cloned().flatten()
    }

    /// Bytes of these files, as far as they are there.
    pub fn bytes_of(&self, numbers: impl Iterator<Item = u16>) -> u64 {
        let files = numbers.filter_map(|number| self.files.get(usize::from(number))?.as_ref());
        files.map(|file| file.bytes).sum()
    }

    /// Numbers of the files that are there.
    pub fn numbers(&self) -> Vec<u16> {
        (0..self.count()).filter(|number| self.files[usize::from(*number)].is_some()).collect()
    }

    /// Takes a file that was written into the ring.
    pub fn add(&mut self, number: u16, file: RingFile) {
        let slot = usize::from(number);
        if self.files.len() <= slot {
            self.files.resize_with(slot + 1, || None);
        }
        self.files[slot] = Some(file);
    }

    /// What it takes to write another file, of this size.
    pub fn blank(&self, number: u16, bytes: u64) -> Blank {
        Blank {
            directory: self.directory.clone(),
            new: self.path(number, NEW),
            ring: self.path(number, RING),
            bytes,
            how: self.how(),
        }
    }

    fn how(&self) -> Open {
        Open { write: true, direct: true, data_sync: self.data_sync, ..Open::default() }
    }

    fn path(&self, number: u16, kind: &str) -> PathBuf {
        self.directory.join(format!("{number:05}.{kind}"))
    }
}

/// A file to be written.
pub struct Blank {
    directory: PathBuf,
    new: PathBuf,
    ring: PathBuf,
    bytes: u64,
    how: Open,
}

impl Blank {
    /// Writes zeros from end to end, makes them durable and gives the file its name. Preallocation alone would not do: blocks
    /// that were never written turn to zeros in a power cut even after a flush of what was written into them.
    pub async fn write(self, core: &Core) -> io::Result<RingFile> {
        let how = Open { create: true, data_sync: false, ..self.how };
        let file = core.disk.open(&self.new, how).await?;
        let mut zeros = AlignedBuf::with_capacity(PIECE.min(self.bytes as usize));
        zeros.resize_zeroed(PIECE.min(self.bytes as usize));
        let zeros = zeros.freeze();
        let mut at = 0;
        while at < self.bytes {
            let len = (self.bytes - at).min(zeros.len() as u64);
            file.write_at(at, zeros.slice(..len as usize)).await?;
            at += len;
            core.spawn.yield_now().await;
        }
        file.sync_data().await?;
        drop(file);
        core.disk.rename(&self.new, &self.ring).await?;
        core.disk.sync_dir(&self.directory).await?;
        Ok(RingFile { file: core.disk.open(&self.ring, self.how).await?, bytes: self.bytes })
    }
}

fn named(directory: &Path, name: &str) -> io::Error {
    let path = directory.join(name);
    io::Error::new(io::ErrorKind::InvalidData, format!("{} is not a file of this journal", path.display()))
}
