//! A disk with a volatile cache. What a completed flush covers survives a power cut; of everything else each 512-byte sector
//! is kept or lost by chance, whatever the order it was written in. Files and directories live in one table; creating,
//! renaming and removing survive once their directory is synced, and before that by chance.
//!
//! The disk outlives worlds: a test runs one until the power is cut, then opens the same disk from the next.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{
    AlignedBuf, BLOCK, DirEntry, Disk, File, LocalFuture, Open, Piece, SharedFile, Space, Timer, write_one_by_one,
};

use crate::content::{Content, Covered, SECTOR};
use crate::random::Random;
use crate::world::pause;

/// What may go wrong, beside a power cut. Counters count down with every operation of their kind; at zero that one fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFaults {
    /// Writes that succeed before one fails with EIO, part of it written.
    pub writes_until_error: Option<u64>,
    /// Flushes that succeed before one fails with EIO; what it was to make durable is dropped, as Linux does, and later
    /// flushes succeed.
    pub flushes_until_error: Option<u64>,
    /// Reads that succeed before one fails with EIO.
    pub reads_until_error: Option<u64>,
    /// Bytes the disk holds; more fails with ENOSPC.
    pub capacity_bytes: Option<u64>,
    /// Longest time an operation takes, in microseconds; each takes a time of its own up to this.
    pub latency_us_max: u64,
}

/// A disk, shared by all who clone it.
#[derive(Clone)]
pub struct SimDisk {
    state: Rc<RefCell<State>>,
}

struct State {
    random: Random,
    faults: DiskFaults,
    files: BTreeMap<u64, Content>,
    next_file: u64,
    /// What a process sees: path to file, or to a directory.
    names: BTreeMap<PathBuf, Name>,
    /// What a power cut leaves for certain.
    durable_names: BTreeMap<PathBuf, Name>,
    /// Changes of names not yet synced, oldest first, each with the directory that makes it durable.
    pending: Vec<(PathBuf, NameChange)>,
    /// Changes of names so far; the pending ones are the last of them.
    changes: u64,
    /// Flushes of everything that failed so far.
    all_flushes_failed: u64,
    /// Raised at each power cut: operations begun before it never complete.
    life: u64,
    counts: DiskCounts,
}

/// What has happened to a disk, for tests that must not be vacuous.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskCounts {
    /// Writes.
    pub writes: u64,
    /// Flushes of files.
    pub flushes: u64,
    /// Writes that failed.
    pub writes_failed: u64,
    /// Flushes that failed, of files and directories.
    pub flushes_failed: u64,
    /// Writes that found no space.
    pub writes_refused: u64,
    /// Sectors that power cuts took.
    pub sectors_lost: u64,
    /// Files of whose unflushed sectors a power cut kept some and took some.
    pub files_torn: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    File(u64),
    Dir,
}

enum NameChange {
    Put(PathBuf, Name),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

impl SimDisk {
    /// An empty disk with only the root directory.
    pub fn new(random: Random) -> SimDisk {
        let root: BTreeMap<PathBuf, Name> = [(PathBuf::from("/"), Name::Dir)].into();
        SimDisk {
            state: Rc::new(RefCell::new(State {
                random,
                faults: DiskFaults::default(),
                files: BTreeMap::new(),
                next_file: 0,
                names: root.clone(),
                durable_names: root,
                pending: Vec::new(),
                changes: 0,
                all_flushes_failed: 0,
                life: 0,
                counts: DiskCounts::default(),
            })),
        }
    }

    /// Sets what may go wrong from now on.
    pub fn set_faults(&self, faults: DiskFaults) {
        self.state.borrow_mut().faults = faults;
    }

    /// This disk as a world sees it, whose clock its operations take time of.
    pub fn attach(&self, timer: Rc<dyn Timer>) -> Rc<dyn Disk> {
        Rc::new(Attached { state: self.state.clone(), timer })
    }

    /// Cuts the power: whatever is not flushed is kept or lost by chance; operations in flight never complete.
    pub fn power_cut(&self) {
        let state = &mut *self.state.borrow_mut();
        state.life += 1;
        // Of the pending changes of each directory a prefix has happened, as in a file system's journal.
        let mut names = std::mem::take(&mut state.durable_names);
        let mut stopped: BTreeSet<PathBuf> = BTreeSet::new();
        for (dir, change) in std::mem::take(&mut state.pending) {
            if stopped.contains(&dir) || state.random.chance(1, 4) {
                stopped.insert(dir);
            } else {
                apply(&mut names, &change);
            }
        }
        // What lies in a directory that never came to be is gone with it.
        let dirs: BTreeSet<PathBuf> =
            names.iter().filter(|(_, name)| **name == Name::Dir).map(|(path, _)| path.clone()).collect();
        names.retain(|path, _| path.ancestors().skip(1).all(|dir| dirs.contains(dir)));
        for content in state.files.values_mut() {
            let (kept, lost) = content.power_cut(&mut state.random);
            content.owes_error = false;
            state.counts.sectors_lost += lost;
            state.counts.files_torn += u64::from(kept > 0 && lost > 0);
        }
        let live: BTreeSet<u64> =
            names.values().filter_map(|name| if let Name::File(id) = name { Some(*id) } else { None }).collect();
        state.files.retain(|id, _| live.contains(id));
        state.names = names.clone();
        state.durable_names = names;
    }

    /// Ends the process but not the power (`kill -9`): everything written stays, operations in flight never complete.
    pub fn process_end(&self) {
        let state = &mut *self.state.borrow_mut();
        state.life += 1;
        state.files.values_mut().for_each(|content| content.owes_error = false);
    }

    /// What has happened so far.
    pub fn counts(&self) -> DiskCounts {
        self.state.borrow().counts
    }

    /// Flips one bit of a file, as a failing medium does; false if there is no such byte.
    pub fn flip_bit(&self, path: &Path, byte: usize, bit: u8) -> bool {
        let state = &mut *self.state.borrow_mut();
        let Some(Name::File(id)) = state.names.get(path).copied() else { return false };
        let Some(content) = state.files.get_mut(&id) else { return false };
        content.flip_bit(byte, bit)
    }

    /// Every file and its length, for assertions.
    pub fn listing(&self) -> Vec<(PathBuf, usize)> {
        let state = self.state.borrow();
        let len = |id| state.files.get(id).map_or(0, |content: &Content| content.len());
        state
            .names
            .iter()
            .filter_map(|(path, name)| match name {
                Name::File(id) => Some((path.clone(), len(id))),
                Name::Dir => None,
            })
            .collect()
    }
}

fn apply(names: &mut BTreeMap<PathBuf, Name>, change: &NameChange) {
    match change {
        NameChange::Put(path, name) => {
            names.insert(path.clone(), *name);
        }
        NameChange::Remove(path) => {
            names.retain(|at, _| !at.starts_with(path));
        }
        NameChange::Rename(from, to) => {
            let moved: Vec<PathBuf> = names.keys().filter(|at| at.starts_with(from)).cloned().collect();
            for old in moved {
                if let (Some(name), Ok(rest)) = (names.remove(&old), old.strip_prefix(from)) {
                    let new = if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) };
                    names.insert(new, name);
                }
            }
        }
    }
}

impl State {
    fn change(&mut self, dir: &Path, change: NameChange) {
        apply(&mut self.names, &change);
        self.pending.push((dir.to_path_buf(), change));
        self.changes += 1;
    }

    fn used(&self) -> u64 {
        self.files.values().map(|content| content.len() as u64).sum()
    }

    fn set_len(&mut self, id: u64, len: u64) -> io::Result<()> {
        if let Some(capacity) = self.faults.capacity_bytes {
            let now = self.files.get(&id).map_or(0, |content| content.len() as u64);
            if self.used() + len.saturating_sub(now) > capacity {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        self.file(id).map(|content| content.set_len(len as usize))
    }

    fn file(&mut self, id: u64) -> io::Result<&mut Content> {
        self.files.get_mut(&id).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Counts an operation down; true if this is the one that fails.
    fn fails(counter: &mut Option<u64>) -> bool {
        match counter {
            Some(0) => {
                *counter = None;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }
}

#[derive(Clone)]
struct Attached {
    state: Rc<RefCell<State>>,
    timer: Rc<dyn Timer>,
}

impl Attached {
    /// Runs `operation` after the time it takes, unless the process ends first: then it never completes.
    fn after<T: 'static>(&self, operation: impl FnOnce(&mut State) -> T + 'static) -> LocalFuture<T> {
        delayed(self.state.clone(), self.timer.clone(), operation)
    }
}

fn delayed<T: 'static>(
    state: Rc<RefCell<State>>,
    timer: Rc<dyn Timer>,
    operation: impl FnOnce(&mut State) -> T + 'static,
) -> LocalFuture<T> {
    let (life, wait_us) = {
        let state = &mut *state.borrow_mut();
        let longest = state.faults.latency_us_max;
        (state.life, if longest == 0 { 0 } else { state.random.below(longest + 1) })
    };
    Box::pin(async move {
        if wait_us > 0 {
            pause(&*timer, Duration::from_micros(wait_us)).await;
        }
        if state.borrow().life != life {
            std::future::pending::<()>().await;
        }
        let mut state = state.borrow_mut();
        operation(&mut state)
    })
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("/")).to_path_buf()
}

impl Disk for Attached {
    fn open(&self, path: &Path, how: Open) -> LocalFuture<io::Result<Rc<dyn File>>> {
        let path = path.to_path_buf();
        let (handle, timer) = (self.state.clone(), self.timer.clone());
        self.after(move |state| {
            let id = match state.names.get(&path) {
                Some(Name::Dir) => return Err(io::ErrorKind::IsADirectory.into()),
                Some(Name::File(_)) if how.create && how.new => return Err(io::ErrorKind::AlreadyExists.into()),
                Some(Name::File(id)) => *id,
                None if !how.create => return Err(io::ErrorKind::NotFound.into()),
                None => {
                    if state.names.get(&parent(&path)) != Some(&Name::Dir) {
                        return Err(io::ErrorKind::NotFound.into());
                    }
                    let id = state.next_file;
                    state.next_file += 1;
                    state.files.insert(id, Content::default());
                    state.change(&parent(&path), NameChange::Put(path.clone(), Name::File(id)));
                    id
                }
            };
            let open: Rc<dyn File> = Rc::new(OpenFile { state: handle, timer, id, how });
            Ok(open)
        })
    }

    fn create_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let path = path.to_path_buf();
        self.after(move |state| {
            let mut missing: Vec<PathBuf> = Vec::new();
            for at in path.ancestors() {
                match state.names.get(at) {
                    Some(Name::Dir) => break,
                    Some(Name::File(_)) => return Err(io::ErrorKind::NotADirectory.into()),
                    None => missing.push(at.to_path_buf()),
                }
            }
            for dir in missing.into_iter().rev() {
                state.change(&parent(&dir), NameChange::Put(dir.clone(), Name::Dir));
            }
            Ok(())
        })
    }

    fn list(&self, path: &Path) -> LocalFuture<io::Result<Vec<DirEntry>>> {
        let path = path.to_path_buf();
        self.after(move |state| {
            if state.names.get(&path) != Some(&Name::Dir) {
                return Err(io::ErrorKind::NotFound.into());
            }
            let mut entries = Vec::new();
            for (at, name) in state.names.range(path.clone()..) {
                if !at.starts_with(&path) {
                    break;
                }
                if at.parent() == Some(&path) {
                    let file = if let Name::File(id) = name { state.files.get(id) } else { None };
                    entries.push(DirEntry {
                        name: at.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                        is_dir: *name == Name::Dir,
                        len: file.map_or(0, |content| content.len() as u64),
                    });
                }
            }
            // In no particular order, as promised.
            let count = entries.len();
            for at in (1..count).rev() {
                let other = state.random.below(at as u64 + 1) as usize;
                entries.swap(at, other);
            }
            Ok(entries)
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> LocalFuture<io::Result<()>> {
        let (from, to) = (from.to_path_buf(), to.to_path_buf());
        self.after(move |state| {
            if !state.names.contains_key(&from) {
                return Err(io::ErrorKind::NotFound.into());
            }
            state.change(&parent(&to), NameChange::Rename(from, to.clone()));
            Ok(())
        })
    }

    fn remove_file(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let path = path.to_path_buf();
        self.after(move |state| match state.names.get(&path) {
            Some(Name::File(_)) => {
                state.change(&parent(&path), NameChange::Remove(path.clone()));
                Ok(())
            }
            Some(Name::Dir) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        })
    }

    fn remove_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let path = path.to_path_buf();
        self.after(move |state| match state.names.get(&path) {
            Some(Name::Dir) => {
                state.change(&parent(&path), NameChange::Remove(path.clone()));
                Ok(())
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        })
    }

    fn sync_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let path = path.to_path_buf();
        self.after(move |state| {
            if State::fails(&mut state.faults.flushes_until_error) {
                state.counts.flushes_failed += 1;
                return Err(io::Error::from_raw_os_error(EIO));
            }
            // A journaling file system commits in order: what came before in other directories is durable too.
            let last = state.pending.iter().rposition(|(dir, _)| *dir == path);
            if let Some(last) = last {
                let State { pending, durable_names, .. } = state;
                for (_, change) in pending.drain(..=last) {
                    apply(durable_names, &change);
                }
            }
            Ok(())
        })
    }

    fn write_together(&self, pieces: Vec<Piece>) -> LocalFuture<io::Result<Vec<io::Result<()>>>> {
        let this = self.clone();
        Box::pin(async move {
            let failed = this.state.borrow().all_flushes_failed;
            let written = write_one_by_one(Rc::new(this.clone()), pieces).await?;
            // Whose flush dropped what was written does not matter: a file that was open hears of it.
            if this.state.borrow().all_flushes_failed == failed {
                Ok(written)
            } else {
                Err(io::Error::from_raw_os_error(EIO))
            }
        })
    }

    fn unwritten(&self) -> LocalFuture<io::Result<u64>> {
        // nobody else writes here
        Box::pin(async { Ok(0) })
    }

    fn sync_all(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let path = path.to_path_buf();
        // As for one file: what is written while the flush is under way is not covered.
        let (covered, names) = {
            let state = self.state.borrow();
            let covered: Vec<_> = state.files.iter().map(|(id, content)| (*id, content.covered())).collect();
            (covered, state.changes)
        };
        self.after(move |state| {
            state.counts.flushes += 1;
            if !matches!(state.names.get(&path), Some(Name::File(_))) {
                return Err(io::ErrorKind::NotFound.into());
            }
            if State::fails(&mut state.faults.flushes_until_error) {
                state.counts.flushes_failed += 1;
                state.all_flushes_failed += 1;
                // What goes past the page cache is not dropped; what is in it is, and each file says so once.
                for (id, _) in covered {
                    if let Ok(content) = state.file(id)
                        && content.cached
                    {
                        content.drop_dirty();
                        content.owes_error = true;
                    }
                }
                return Err(io::Error::from_raw_os_error(EIO));
            }
            for (id, covered) in covered {
                if let Ok(content) = state.file(id) {
                    content.flushed(covered);
                }
            }
            let first = state.changes - state.pending.len() as u64;
            let until = names.saturating_sub(first) as usize;
            let State { pending, durable_names, .. } = state;
            for (_, change) in pending.drain(..until) {
                apply(durable_names, &change);
            }
            Ok(())
        })
    }

    fn space(&self, _path: &Path) -> LocalFuture<io::Result<Space>> {
        self.after(|state| {
            let total = state.faults.capacity_bytes.unwrap_or(1 << 40);
            Ok(Space { total, free: total.saturating_sub(state.used()) })
        })
    }
}

/// `EIO`.
const EIO: i32 = 5;

struct OpenFile {
    state: Rc<RefCell<State>>,
    timer: Rc<dyn Timer>,
    id: u64,
    how: Open,
}

impl OpenFile {
    fn after<T: 'static>(&self, operation: impl FnOnce(&mut State) -> T + 'static) -> LocalFuture<T> {
        delayed(self.state.clone(), self.timer.clone(), operation)
    }

    fn check_aligned(&self, at: u64, len: usize) {
        if self.how.direct {
            assert!(at.is_multiple_of(BLOCK as u64), "direct I/O at {at}, which is not a multiple of the block");
            assert!(len.is_multiple_of(BLOCK), "direct I/O of {len} bytes, which is not a multiple of the block");
        }
    }

    fn write(&self, at: u64, data: Bytes, through: bool) -> LocalFuture<io::Result<()>> {
        assert!(self.how.write || self.how.create, "a write to a file opened for reading");
        self.check_aligned(at, data.len());
        let (id, direct) = (self.id, self.how.direct);
        // The device may take the sectors of a write at any moment between submission and completion: a cut in between
        // leaves some of them, which the dirty set of an early half models.
        let early = {
            let state = &mut *self.state.borrow_mut();
            state.random.chance(1, 2) && state.faults.capacity_bytes.is_none()
        };
        if early {
            let state = &mut *self.state.borrow_mut();
            let sectors = data.len() / SECTOR;
            let part = if sectors == 0 { 0 } else { state.random.below(sectors as u64 + 1) as usize * SECTOR };
            if let Ok(content) = state.file(id) {
                content.write(at as usize, &data[..part]);
            }
        }
        self.after(move |state| {
            state.counts.writes += 1;
            let failing = State::fails(&mut state.faults.writes_until_error);
            let room = match state.faults.capacity_bytes {
                Some(capacity) => {
                    let end = at + data.len() as u64;
                    let grows = state.files.get(&id).map_or(0, |c| end.saturating_sub(c.len() as u64));
                    state.used() + grows <= capacity
                }
                None => true,
            };
            state.counts.writes_failed += u64::from(failing);
            state.counts.writes_refused += u64::from(!room);
            let part = if failing { state.random.below(data.len() as u64 + 1) as usize } else { data.len() };
            let content = state.file(id)?;
            if !room {
                return Err(io::ErrorKind::StorageFull.into());
            }
            content.write(at as usize, &data[..part]);
            content.cached = !direct;
            if failing {
                return Err(io::Error::from_raw_os_error(EIO));
            }
            if through {
                // Only this write is made durable, not others before it.
                content.write_through(at as usize, at as usize + data.len());
            }
            Ok(())
        })
    }
}

impl File for OpenFile {
    fn read_at(&self, at: u64, mut buf: AlignedBuf) -> LocalFuture<(io::Result<()>, AlignedBuf)> {
        self.check_aligned(at, buf.capacity());
        let id = self.id;
        self.after(move |state| {
            if State::fails(&mut state.faults.reads_until_error) {
                return (Err(io::Error::from_raw_os_error(EIO)), buf);
            }
            let content = match state.file(id) {
                Ok(content) => content,
                Err(error) => return (Err(error), buf),
            };
            buf.clear();
            content.read(at as usize, &mut buf);
            (Ok(()), buf)
        })
    }

    fn write_at(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>> {
        self.write(at, data, self.how.data_sync)
    }

    fn write_through(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>> {
        self.write(at, data, true)
    }

    fn sync_data(&self) -> LocalFuture<io::Result<()>> {
        let id = self.id;
        // Only what was written before the call is promised; a write completing meanwhile may or may not be covered. Here it
        // is not: the sectors dirty at submission are what is flushed.
        let covered = self.state.borrow().files.get(&id).map_or_else(Covered::default, Content::covered);
        self.after(move |state| {
            state.counts.flushes += 1;
            let owed = state.file(id).is_ok_and(|content| std::mem::take(&mut content.owes_error));
            let failing = owed || State::fails(&mut state.faults.flushes_until_error);
            state.counts.flushes_failed += u64::from(failing);
            let content = state.file(id)?;
            if failing {
                content.drop_dirty();
                return Err(io::Error::from_raw_os_error(EIO));
            }
            content.flushed(covered);
            Ok(())
        })
    }

    fn len(&self) -> LocalFuture<io::Result<u64>> {
        let id = self.id;
        self.after(move |state| state.file(id).map(|content| content.len() as u64))
    }

    fn set_len(&self, len: u64) -> LocalFuture<io::Result<()>> {
        let id = self.id;
        self.after(move |state| state.set_len(id, len))
    }

    fn reserve(&self, at: u64, len: u64) -> LocalFuture<io::Result<()>> {
        let id = self.id;
        self.after(move |state| {
            let now = state.file(id)?.len() as u64;
            if at + len > now { state.set_len(id, at + len) } else { Ok(()) }
        })
    }

    fn resident(&self, _: u64, _: u64) -> bool {
        false
    }

    fn shared(&self) -> Option<SharedFile> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;

    const DIRECT: Open = Open { write: true, create: true, new: false, direct: true, data_sync: false };

    fn block(fill: u8) -> Bytes {
        let mut buf = AlignedBuf::with_capacity(BLOCK);
        buf.extend_from_slice(&[fill; BLOCK]);
        buf.freeze()
    }

    /// Runs `story` in a world of its own on `disk`.
    fn within<T: 'static, F: Future<Output = T> + 'static>(disk: &SimDisk, story: impl FnOnce(Rc<dyn Disk>) -> F) -> T {
        let world = World::new(Random::new(1));
        let view = disk.attach(world.timer());
        world.run(story(view)).expect("nothing waits for ever")
    }

    async fn read(disk: Rc<dyn Disk>, path: &str) -> Vec<u8> {
        let file = disk.open(Path::new(path), Open { direct: true, ..Open::default() }).await.expect("there");
        let len = file.len().await.expect("length") as usize;
        let (result, buf) = file.read_at(0, AlignedBuf::with_capacity(len.max(1))).await;
        result.expect("read");
        buf.to_vec()
    }

    async fn make(disk: Rc<dyn Disk>, flush: bool, sync_dir: bool) {
        let file = disk.open(Path::new("/a"), DIRECT).await.expect("created");
        file.write_at(0, block(1)).await.expect("written");
        if flush {
            file.sync_data().await.expect("flushed");
        }
        if sync_dir {
            disk.sync_dir(Path::new("/")).await.expect("synced");
        }
    }

    #[test]
    fn what_is_flushed_and_named_survives() {
        for seed in 0..200 {
            let disk = SimDisk::new(Random::new(seed));
            within(&disk, |d| make(d, true, true));
            disk.power_cut();
            assert_eq!(within(&disk, |d| read(d, "/a")), vec![1; BLOCK]);
        }
    }

    #[test]
    fn what_is_not_flushed_is_torn_or_lost_in_most_cuts() {
        let mut whole = 0;
        for seed in 0..200 {
            let disk = SimDisk::new(Random::new(seed));
            within(&disk, |d| make(d, false, true));
            disk.power_cut();
            whole += u32::from(within(&disk, |d| read(d, "/a")) == vec![1; BLOCK]);
        }
        assert!((1..60).contains(&whole), "{whole} of 200 unflushed blocks survived whole");
    }

    #[test]
    fn a_name_without_a_directory_sync_may_be_gone() {
        let there = (0..200)
            .filter(|&seed| {
                let disk = SimDisk::new(Random::new(seed));
                within(&disk, |d| make(d, true, false));
                disk.power_cut();
                !disk.listing().is_empty()
            })
            .count();
        assert!((100..200).contains(&there), "{there} of 200 names survived");
    }

    #[test]
    fn a_failed_flush_drops_the_data_and_the_next_one_succeeds() {
        let disk = SimDisk::new(Random::new(1));
        disk.set_faults(DiskFaults { flushes_until_error: Some(0), ..DiskFaults::default() });
        let found = within(&disk, |d| async move {
            let file = d.open(Path::new("/a"), DIRECT).await.expect("created");
            file.write_at(0, block(9)).await.expect("written");
            assert_eq!(file.sync_data().await.expect_err("fails").raw_os_error(), Some(EIO));
            file.sync_data().await.expect("claims success");
            read(d, "/a").await
        });
        assert_eq!(found, vec![0; BLOCK]);
    }

    #[test]
    fn a_flush_of_everything_covers_all_files_and_names() {
        for seed in 0..50 {
            let disk = SimDisk::new(Random::new(seed));
            within(&disk, |d| async move {
                d.create_dir(Path::new("/d/e")).await.expect("created");
                for path in ["/d/e/a", "/d/e/b"] {
                    let file = d.open(Path::new(path), DIRECT).await.expect("created");
                    file.write_at(0, block(7)).await.expect("written");
                }
                d.sync_all(Path::new("/d/e/a")).await.expect("flushed");
                d.open(Path::new("/d/e/c"), DIRECT).await.expect("not covered");
            });
            disk.power_cut();
            for path in ["/d/e/a", "/d/e/b"] {
                assert_eq!(within(&disk, |d| async move { read(d, path).await }), vec![7; BLOCK]);
            }
        }
    }

    #[test]
    fn what_a_failed_flush_of_everything_drops_its_file_tells_once() {
        let disk = SimDisk::new(Random::new(1));
        disk.set_faults(DiskFaults { flushes_until_error: Some(0), ..DiskFaults::default() });
        within(&disk, |d| async move {
            let file = d.open(Path::new("/a"), Open { direct: false, ..DIRECT }).await.expect("created");
            file.write_at(0, block(9)).await.expect("written");
            assert_eq!(d.sync_all(Path::new("/a")).await.expect_err("fails").raw_os_error(), Some(EIO));
            assert_eq!(file.sync_data().await.expect_err("tells").raw_os_error(), Some(EIO));
            file.sync_data().await.expect("nothing is dirty");
        });
    }

    #[test]
    fn a_full_disk_says_so_and_overwriting_still_works() {
        let disk = SimDisk::new(Random::new(1));
        disk.set_faults(DiskFaults { capacity_bytes: Some(BLOCK as u64), ..DiskFaults::default() });
        within(&disk, |d| async move {
            let file = d.open(Path::new("/a"), DIRECT).await.expect("created");
            file.write_at(0, block(1)).await.expect("fits");
            let error = file.write_at(BLOCK as u64, block(2)).await.expect_err("does not fit");
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            file.write_at(0, block(3)).await.expect("takes no more room");
        });
    }

    #[test]
    fn a_flush_does_not_cover_a_write_that_follows_it() {
        let mut lost = 0;
        for seed in 0..100 {
            let disk = SimDisk::new(Random::new(seed));
            disk.set_faults(DiskFaults { latency_us_max: 100, ..DiskFaults::default() });
            within(&disk, |d| async move {
                let file = d.open(Path::new("/a"), DIRECT).await.expect("created");
                d.sync_dir(Path::new("/")).await.expect("synced");
                file.write_at(0, block(1)).await.expect("written");
                let flush = file.sync_data();
                file.write_at(0, block(2)).await.expect("written");
                flush.await.expect("flushed");
            });
            disk.power_cut();
            let found = within(&disk, |d| read(d, "/a"));
            assert!(found.iter().all(|byte| *byte == 1 || *byte == 2), "a flushed block lost its first content");
            lost += u32::from(found.contains(&1));
        }
        assert!(lost > 20, "the later write was durable {} times of 100", 100 - lost);
    }
}
