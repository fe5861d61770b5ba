//! A small world for this crate's tests: one thread, a clock that jumps, a disk in memory that forgets what was not flushed.
//! The large one, with every fault, is `bench/sim`.
#![allow(dead_code, reason = "what one test does not need another will")]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{
    AlignedBuf, BLOCK, Core, CoreId, DirEntry, Disk, File, Listen, Listener, LocalFuture, Net, Open, Piece, Share,
    SharedFile, Socket, Space, Spawn, Tick, Timer, write_one_by_one,
};

#[derive(Default)]
struct Ready(Mutex<BTreeSet<u64>>);

struct TaskWaker(u64, Arc<Ready>);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.1.0.lock().unwrap().insert(self.0);
    }
}

/// A process: tasks and a clock.
pub struct World {
    now: Cell<u64>,
    /// Turns since the clock last moved.
    turns: Cell<u32>,
    next: Cell<u64>,
    tasks: RefCell<BTreeMap<u64, LocalFuture<()>>>,
    ready: Arc<Ready>,
    sleepers: RefCell<BTreeMap<(u64, u64), Waker>>,
    /// Called between tasks.
    pub between: RefCell<Vec<Box<dyn Fn()>>>,
    this: std::rc::Weak<World>,
}

impl World {
    pub fn new(now: u64) -> Rc<World> {
        Rc::new_cyclic(|this| World {
            now: Cell::new(now),
            turns: Cell::new(0),
            next: Cell::new(0),
            tasks: RefCell::default(),
            ready: Arc::default(),
            sleepers: RefCell::default(),
            between: RefCell::default(),
            this: this.clone(),
        })
    }

    pub fn core(self: &Rc<World>, id: u16, cores: u16, disk: &MemDisk) -> Core {
        let attached = MemDisk { world: Rc::downgrade(self), ..disk.clone() };
        Core {
            id: CoreId(id),
            cores,
            timer: self.clone(),
            spawn: self.clone(),
            disk: Rc::new(attached),
            net: Rc::new(NoNet),
        }
    }

    pub fn now(&self) -> u64 {
        self.now.get()
    }

    /// Runs everything until `future` ends.
    pub fn run<T: 'static>(self: &Rc<World>, future: impl Future<Output = T> + 'static) -> T {
        let result = Rc::new(RefCell::new(None));
        let out = result.clone();
        self.spawn(Share::Foreground, Box::pin(async move { *out.borrow_mut() = Some(future.await) }));
        loop {
            if let Some(value) = result.borrow_mut().take() {
                return value;
            }
            assert!(self.turn(), "nothing can run and the test has not ended");
        }
    }

    /// Runs everything for a while.
    pub fn run_for(self: &Rc<World>, time: Duration) {
        let end = Tick(self.now.get()) + time;
        let this = self.clone();
        self.run(async move { this.sleep_until(end).await });
    }

    fn turn(&self) -> bool {
        let ready = std::mem::take(&mut *self.ready.0.lock().unwrap());
        if ready.is_empty() {
            let first = self.sleepers.borrow_mut().pop_first();
            let Some(((at, _), waker)) = first else { return false };
            self.now.set(at.max(self.now.get()));
            self.turns.set(0);
            waker.wake();
            return true;
        }
        self.turns.set(self.turns.get() + 1);
        assert!(self.turns.get() < 100_000, "a task spins");
        for task in ready {
            let Some(mut future) = self.tasks.borrow_mut().remove(&task) else { continue };
            let waker = Waker::from(Arc::new(TaskWaker(task, self.ready.clone())));
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                self.tasks.borrow_mut().insert(task, future);
            }
            for each in self.between.borrow().iter() {
                each();
            }
        }
        true
    }

    /// The process is gone.
    pub fn kill(&self) {
        self.tasks.borrow_mut().clear();
        self.sleepers.borrow_mut().clear();
        self.between.borrow_mut().clear();
    }
}

impl Timer for World {
    fn now(&self) -> Tick {
        Tick(self.now.get())
    }

    fn wall_ms(&self) -> i64 {
        (self.now.get() / 1_000_000) as i64 + 1_000
    }

    fn sleep_until(&self, at: Tick) -> LocalFuture<()> {
        let this = self.this.upgrade().unwrap();
        this.next.set(this.next.get() + 1);
        let id = this.next.get();
        Box::pin(std::future::poll_fn(move |cx| {
            if this.now.get() >= at.0 {
                return Poll::Ready(());
            }
            this.sleepers.borrow_mut().insert((at.0, id), cx.waker().clone());
            Poll::Pending
        }))
    }
}

impl Spawn for World {
    fn spawn(&self, _: Share, task: LocalFuture<()>) {
        self.next.set(self.next.get() + 1);
        self.tasks.borrow_mut().insert(self.next.get(), task);
        self.ready.0.lock().unwrap().insert(self.next.get());
    }

    fn yield_now(&self) -> LocalFuture<()> {
        Box::pin(Yield(false))
    }
}

struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

struct NoNet;

impl Net for NoNet {
    fn listen(&self, _: SocketAddr, _: Listen) -> io::Result<Rc<dyn Listener>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn connect(&self, _: SocketAddr) -> LocalFuture<io::Result<Rc<dyn Socket>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

#[derive(Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
}

#[derive(Default)]
struct Inner {
    files: BTreeMap<PathBuf, Rc<RefCell<Content>>>,
    dirs: BTreeSet<PathBuf>,
}

/// A disk in memory.
#[derive(Clone)]
pub struct MemDisk {
    inner: Rc<RefCell<Inner>>,
    /// What each operation takes, in nanoseconds.
    pub takes: Rc<Cell<u64>>,
    /// Bytes that fit.
    pub capacity: Rc<Cell<u64>>,
    /// Operations that write until one fails, if any is to.
    pub fail_in: Rc<Cell<Option<u64>>>,
    /// Flushes so far, of files and of single writes.
    pub flushes: Rc<Cell<u64>>,
    /// Of those, of files.
    pub file_flushes: Rc<Cell<u64>>,
    /// What others have written that is in no file yet, in bytes.
    pub unwritten: Rc<Cell<u64>>,
    /// Pieces so far of what was written together.
    pub together: Rc<Cell<u64>>,
    /// Bytes written so far.
    pub written: Rc<Cell<u64>>,
    /// Most bytes written at once.
    pub largest: Rc<Cell<usize>>,
    world: std::rc::Weak<World>,
}

impl MemDisk {
    pub fn new() -> MemDisk {
        MemDisk {
            inner: Rc::default(),
            takes: Rc::new(Cell::new(10_000)),
            capacity: Rc::new(Cell::new(u64::MAX)),
            fail_in: Rc::default(),
            flushes: Rc::default(),
            file_flushes: Rc::default(),
            unwritten: Rc::default(),
            largest: Rc::default(),
            together: Rc::default(),
            written: Rc::default(),
            world: std::rc::Weak::new(),
        }
    }

    /// The power is cut: of what was not flushed each sector may or may not be there, and a file that was cut shorter may be as long
    /// as before.
    pub fn cut(&self, mut seed: u64) {
        for content in self.inner.borrow().files.values() {
            let mut content = content.borrow_mut();
            let durable = content.durable.clone();
            let mut now = std::mem::take(&mut content.now);
            for (at, sector) in now.chunks_mut(512).enumerate() {
                let old: &[u8] = durable.get(at * 512..).unwrap_or_default();
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                if (seed >> 40).is_multiple_of(2) {
                    for (i, byte) in sector.iter_mut().enumerate() {
                        *byte = old.get(i).copied().unwrap_or(0);
                    }
                }
            }
            if let Some(cut_off) = durable.get(now.len()..)
                && (seed >> 41).is_multiple_of(2)
            {
                now.extend(cut_off);
            }
            content.durable = now.clone();
            content.now = now;
        }
    }

    /// Changes bytes of a file behind everyone's back.
    pub fn damage(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let inner = self.inner.borrow();
        let mut content = inner.files[path].borrow_mut();
        change(&mut content.now);
        content.durable = content.now.clone();
    }

    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        self.inner.borrow().files.get(path).map(|content| content.borrow().now.clone())
    }

    /// Names of the files below a directory.
    pub fn names(&self, path: &Path) -> Vec<String> {
        let inner = self.inner.borrow();
        let below = inner.files.keys().filter_map(|file| file.strip_prefix(path).ok());
        below.map(|name| name.display().to_string()).collect()
    }

    /// Bytes of all files.
    pub fn used(&self) -> u64 {
        self.inner.borrow().files.values().map(|content| content.borrow().now.len() as u64).sum()
    }

    fn wait(&self) -> LocalFuture<()> {
        match self.world.upgrade() {
            Some(world) => world.sleep_until(Tick(world.now() + self.takes.get())),
            None => Box::pin(async {}),
        }
    }

    /// Whether a writing operation may go on.
    fn write_allowed(&self) -> io::Result<()> {
        if let Some(left) = self.fail_in.get() {
            self.fail_in.set(left.checked_sub(1));
            if left == 0 {
                return Err(io::Error::other("the disk was told to fail"));
            }
        }
        Ok(())
    }
}

struct MemFile {
    disk: MemDisk,
    content: Rc<RefCell<Content>>,
    how: Open,
}

impl Disk for MemDisk {
    fn open(&self, path: &Path, how: Open) -> LocalFuture<io::Result<Rc<dyn File>>> {
        let (disk, path) = (self.clone(), path.to_path_buf());
        Box::pin(async move {
            disk.wait().await;
            let found = disk.inner.borrow().files.get(&path).cloned();
            let content = match found {
                Some(_) if how.new => return Err(io::ErrorKind::AlreadyExists.into()),
                Some(content) => content,
                None if !how.create => return Err(io::ErrorKind::NotFound.into()),
                None => {
                    if !disk.inner.borrow().dirs.contains(path.parent().unwrap()) {
                        return Err(io::ErrorKind::NotFound.into());
                    }
                    let content = Rc::<RefCell<Content>>::default();
                    disk.inner.borrow_mut().files.insert(path, content.clone());
                    content
                }
            };
            Ok(Rc::new(MemFile { disk, content, how }) as Rc<dyn File>)
        })
    }

    fn create_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let mut inner = self.inner.borrow_mut();
        inner.dirs.extend(path.ancestors().map(Path::to_path_buf));
        Box::pin(async { Ok(()) })
    }

    fn list(&self, path: &Path) -> LocalFuture<io::Result<Vec<DirEntry>>> {
        let inner = self.inner.borrow();
        if !inner.dirs.contains(path) {
            return Box::pin(async { Err(io::ErrorKind::NotFound.into()) });
        }
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let mut list: Vec<DirEntry> = inner
            .files
            .iter()
            .filter(|(file, _)| file.parent() == Some(path))
            .map(|(file, content)| DirEntry { name: name(file), is_dir: false, len: content.borrow().now.len() as u64 })
            .collect();
        let dirs = inner.dirs.iter().filter(|dir| dir.parent() == Some(path));
        list.extend(dirs.map(|dir| DirEntry { name: name(dir), is_dir: true, len: 0 }));
        Box::pin(async { Ok(list) })
    }

    fn rename(&self, from: &Path, to: &Path) -> LocalFuture<io::Result<()>> {
        let mut inner = self.inner.borrow_mut();
        let files: Vec<PathBuf> = inner.files.keys().filter(|path| path.starts_with(from)).cloned().collect();
        let dirs: Vec<PathBuf> = inner.dirs.iter().filter(|path| path.starts_with(from)).cloned().collect();
        let found = !files.is_empty() || !dirs.is_empty();
        let moved =
            |path: &Path| if path == from { to.to_path_buf() } else { to.join(path.strip_prefix(from).unwrap()) };
        for path in files {
            let content = inner.files.remove(&path).unwrap();
            inner.files.insert(moved(&path), content);
        }
        for path in dirs {
            inner.dirs.remove(&path);
            inner.dirs.insert(moved(&path));
        }
        Box::pin(async move { if found { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) } })
    }

    fn remove_file(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let found = self.inner.borrow_mut().files.remove(path).is_some();
        Box::pin(async move { if found { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) } })
    }

    fn remove_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let mut inner = self.inner.borrow_mut();
        inner.files.retain(|file, _| !file.starts_with(path));
        inner.dirs.retain(|dir| !dir.starts_with(path));
        Box::pin(async { Ok(()) })
    }

    fn sync_dir(&self, _: &Path) -> LocalFuture<io::Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn write_together(&self, pieces: Vec<Piece>) -> LocalFuture<io::Result<Vec<io::Result<()>>>> {
        self.together.set(self.together.get() + pieces.len() as u64);
        Box::pin(write_one_by_one(Rc::new(self.clone()), pieces))
    }

    fn unwritten(&self) -> LocalFuture<io::Result<u64>> {
        let unwritten = self.unwritten.get();
        Box::pin(async move { Ok(unwritten) })
    }

    fn sync_all(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let disk = self.clone();
        let known = self.inner.borrow().files.contains_key(path);
        let written: Vec<_> = {
            let inner = self.inner.borrow();
            inner.files.values().map(|content| (content.clone(), content.borrow().now.clone())).collect()
        };
        Box::pin(async move {
            disk.wait().await;
            disk.write_allowed()?;
            if !known {
                return Err(io::ErrorKind::NotFound.into());
            }
            disk.flushes.set(disk.flushes.get() + 1);
            for (content, now) in written {
                content.borrow_mut().durable = now;
            }
            Ok(())
        })
    }

    fn space(&self, _: &Path) -> LocalFuture<io::Result<Space>> {
        let (total, used) = (self.capacity.get(), self.used());
        Box::pin(async move { Ok(Space { total, free: total.saturating_sub(used) }) })
    }
}

impl MemFile {
    fn write(&self, at: u64, data: Bytes, through: bool) -> LocalFuture<io::Result<()>> {
        let (disk, content, how) = (self.disk.clone(), self.content.clone(), self.how);
        if how.direct {
            assert!(at.is_multiple_of(BLOCK as u64) && data.len().is_multiple_of(BLOCK), "direct and not aligned");
            assert!((data.as_ptr() as usize).is_multiple_of(BLOCK), "direct and not aligned in memory");
        }
        Box::pin(async move {
            disk.wait().await;
            disk.write_allowed()?;
            let end = at as usize + data.len();
            let grows = end.saturating_sub(content.borrow().now.len()) as u64;
            if grows > 0 && disk.used() + grows > disk.capacity.get() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            disk.written.set(disk.written.get() + data.len() as u64);
            disk.largest.set(disk.largest.get().max(data.len()));
            let mut content = content.borrow_mut();
            if content.now.len() < end {
                content.now.resize(end, 0);
            }
            content.now[at as usize..end].copy_from_slice(&data);
            if through {
                disk.flushes.set(disk.flushes.get() + 1);
                // these bytes, not what was written before them
                let len = content.durable.len().max(end);
                content.durable.resize(len, 0);
                content.durable[at as usize..end].copy_from_slice(&data);
            }
            Ok(())
        })
    }
}

impl File for MemFile {
    fn read_at(&self, at: u64, mut buf: AlignedBuf) -> LocalFuture<(io::Result<()>, AlignedBuf)> {
        let (disk, content) = (self.disk.clone(), self.content.clone());
        assert!(!self.how.direct || at.is_multiple_of(BLOCK as u64));
        Box::pin(async move {
            disk.wait().await;
            let content = content.borrow();
            let from = (at as usize).min(content.now.len());
            let to = (from + buf.capacity()).min(content.now.len());
            buf.clear();
            buf.extend_from_slice(&content.now[from..to]);
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
        let (disk, content) = (self.disk.clone(), self.content.clone());
        // What is written before the call is what is flushed.
        let snapshot = content.borrow().now.clone();
        Box::pin(async move {
            disk.wait().await;
            disk.write_allowed()?;
            disk.flushes.set(disk.flushes.get() + 1);
            disk.file_flushes.set(disk.file_flushes.get() + 1);
            content.borrow_mut().durable = snapshot;
            Ok(())
        })
    }

    fn len(&self) -> LocalFuture<io::Result<u64>> {
        let len = self.content.borrow().now.len() as u64;
        Box::pin(async move { Ok(len) })
    }

    fn set_len(&self, len: u64) -> LocalFuture<io::Result<()>> {
        self.content.borrow_mut().now.resize(len as usize, 0);
        Box::pin(async { Ok(()) })
    }

    fn reserve(&self, at: u64, len: u64) -> LocalFuture<io::Result<()>> {
        let now = &mut self.content.borrow_mut().now;
        let len = now.len().max((at + len) as usize);
        now.resize(len, 0);
        Box::pin(async { Ok(()) })
    }

    fn resident(&self, _: u64, _: u64) -> bool {
        false
    }

    fn shared(&self) -> Option<SharedFile> {
        None
    }
}
