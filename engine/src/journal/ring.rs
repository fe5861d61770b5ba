//! The files of one core's journal: a fixed set, zero-written once, recycled for ever. A file is written under another name
//! and renamed when it is durable, so a file of the ring is always whole, and one that was being written when the power
//! went is simply written again.
//!
//! `DATA/journal/CORE/NNNNN.ring`, all of one size; `NNNNN.new` while being written.

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use thalweg_rt::{AlignedBuf, BLOCK, Core, File, Open};

use crate::config::{EngineConfig, Flush};

const PIECE: usize = 1 << 20;
const RING: &str = "ring";
const NEW: &str = "new";

/// Where a core's journal lies.
pub fn directory(data: &Path, core: u16) -> PathBuf {
    data.join("journal").join(core.to_string())
}

/// The files of one journal.
pub struct Ring {
    directory: PathBuf,
    file_bytes: u64,
    data_sync: bool,
    /// By number; a gap is a file not written yet.
    files: Vec<Option<Rc<dyn File>>>,
}

impl Ring {
    /// Opens what is there, in `directory`; files are added by [`Ring::prewrite`] and [`Ring::add`].
    pub async fn open(core: &Core, config: &EngineConfig, directory: PathBuf) -> io::Result<Ring> {
        core.disk.create_dir(&directory).await?;
        let mut ring = Ring {
            directory,
            file_bytes: config.journal.file_bytes,
            data_sync: config.journal.flush == Flush::DataSync && !config.unsafe_no_flush,
            files: Vec::new(),
        };
        let mut found: Vec<u16> = Vec::new();
        for entry in core.disk.list(&ring.directory).await? {
            match entry.name.rsplit_once('.') {
                Some((number, RING)) => {
                    let number: u16 = number.parse().map_err(|_| named(&ring.directory, &entry.name))?;
                    // The size is part of the format: an existing ring keeps its own.
                    ring.file_bytes = if found.is_empty() { entry.len } else { ring.file_bytes };
                    if entry.len != ring.file_bytes || entry.len % BLOCK as u64 != 0 || entry.len == 0 {
                        return Err(named(&ring.directory, &entry.name));
                    }
                    found.push(number);
                }
                Some((_, NEW)) => core.disk.remove_file(&ring.directory.join(&entry.name)).await?,
                _ => {}
            }
        }
        found.sort_unstable();
        for number in found {
            let file = core.disk.open(&ring.path(number, RING), ring.how()).await?;
            ring.add(number, file);
        }
        Ok(ring)
    }

    /// Size of each file, in bytes.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Number of the files, gaps among them.
    pub fn count(&self) -> u16 {
        self.files.len() as u16
    }

    /// The file of this number.
    pub fn file(&self, number: u16) -> Option<Rc<dyn File>> {
        self.files.get(usize::from(number)).cloned().flatten()
    }

    /// Numbers of the files that are there.
    pub fn numbers(&self) -> Vec<u16> {
        (0..self.count()).filter(|number| self.files[usize::from(*number)].is_some()).collect()
    }

    /// Takes a file that was written into the ring.
    pub fn add(&mut self, number: u16, file: Rc<dyn File>) {
        let slot = usize::from(number);
        if self.files.len() <= slot {
            self.files.resize_with(slot + 1, || None);
        }
        self.files[slot] = Some(file);
    }

    /// What it takes to write another file.
    pub fn blank(&self, number: u16) -> Blank {
        Blank {
            directory: self.directory.clone(),
            new: self.path(number, NEW),
            ring: self.path(number, RING),
            file_bytes: self.file_bytes,
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
    file_bytes: u64,
    how: Open,
}

impl Blank {
    /// Writes zeros from end to end, makes them durable and gives the file its name. Preallocation alone would not do: blocks
    /// that were never written turn to zeros in a power cut even after a flush of what was written into them.
    pub async fn write(self, core: &Core) -> io::Result<Rc<dyn File>> {
        let how = Open { create: true, data_sync: false, ..self.how };
        let file = core.disk.open(&self.new, how).await?;
        let mut zeros = AlignedBuf::with_capacity(PIECE.min(self.file_bytes as usize));
        zeros.resize_zeroed(PIECE.min(self.file_bytes as usize));
        let zeros = zeros.freeze();
        let mut at = 0;
        while at < self.file_bytes {
            let len = (self.file_bytes - at).min(zeros.len() as u64);
            file.write_at(at, zeros.slice(..len as usize)).await?;
            at += len;
            core.spawn.yield_now().await;
        }
        file.sync_data().await?;
        drop(file);
        core.disk.rename(&self.new, &self.ring).await?;
        core.disk.sync_dir(&self.directory).await?;
        core.disk.open(&self.ring, self.how).await
    }
}

fn named(directory: &Path, name: &str) -> io::Error {
    let path = directory.join(name);
    io::Error::new(io::ErrorKind::InvalidData, format!("{} is not a file of this journal", path.display()))
}
