//! The traits of the seam and the plain values that cross it.
//!
//! All I/O takes and returns owned buffers: nothing borrowed is held across an await, so a dropped future can never leave
//! the kernel writing into freed memory. The traits are object safe; a core hands them out as `Rc<dyn …>`.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::ops::{Add, Sub};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;

use crate::buffer::AlignedBuf;
use crate::file::{SharedFile, assert_pieces_aligned};

/// A boxed future of one core. Boxing costs tens of nanoseconds, and what crosses the seam is a disk write or a network
/// send, three orders of magnitude more; in return engine and net are compiled once for three runtimes.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// Alignment, in bytes, of every offset, length and address of direct I/O.
pub const BLOCK: usize = 4096;

/// One of this process's cores: an index from zero, dense, unrelated to the kernel's CPU number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CoreId(pub u16);

/// A moment of a monotonic clock, in nanoseconds from an arbitrary start common to all cores.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Tick(pub u64);

impl Tick {
    /// Time from `earlier` until this moment, zero if `earlier` is later.
    pub fn since(self, earlier: Tick) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Tick {
    type Output = Tick;
    fn add(self, by: Duration) -> Tick {
        Tick(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Tick {
    type Output = Tick;
    fn sub(self, by: Duration) -> Tick {
        Tick(self.0.saturating_sub(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// Time. Timers fire by deadline; nothing ticks.
pub trait Timer {
    /// Now, monotonic.
    fn now(&self) -> Tick;
    /// Now, in milliseconds since the Unix epoch; may jump.
    fn wall_ms(&self) -> i64;
    /// Resolves at `at` or as soon after it as the core is free.
    fn sleep_until(&self, at: Tick) -> LocalFuture<()>;
    /// Something that somebody waits for will probably have come by then: with nothing else to do, the core may look for it until
    /// then, where to sleep and be woken would take longer.
    fn expect(&self, _until: Tick) {}
}

/// How urgent a task is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// Somebody is waiting for the result: produce, fetch, heartbeat.
    Foreground,
    /// Destage, catch-up, compaction: yields to the foreground by shares, but is never starved.
    Background,
}

/// Tasks of this core.
pub trait Spawn {
    /// Runs `task` on this core until it ends. A task that panics aborts the process: half-done state is worse than none.
    fn spawn(&self, share: Share, task: LocalFuture<()>);
    /// Lets every other runnable task and the ring have a turn.
    fn yield_now(&self) -> LocalFuture<()>;
}

/// How a file is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Open {
    /// Open for writing as well as reading.
    pub write: bool,
    /// Create it if absent (implies `write`).
    pub create: bool,
    /// Fail with `AlreadyExists` if present (with `create`).
    pub new: bool,
    /// Bypass the page cache, where the file system can: every offset, length and address a multiple of [`BLOCK`].
    pub direct: bool,
    /// Each write is on stable storage when it completes (`O_DSYNC`).
    pub data_sync: bool,
}

/// One entry of a directory listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirEntry {
    /// Name within the directory.
    pub name: String,
    /// It is a directory.
    pub is_dir: bool,
    /// Length in bytes of a file, zero of a directory.
    pub len: u64,
}

/// Space of the file system a path lies on, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    /// Size of the file system.
    pub total: u64,
    /// What an unprivileged user may still fill.
    pub free: u64,
}

/// What is written to one file by [`Disk::write_together`].
#[derive(Clone, Debug)]
pub struct Piece {
    /// The file, made if it is absent; its directory is there.
    pub path: PathBuf,
    /// Where the first byte goes.
    pub at: u64,
    /// The bytes, one part after the other.
    pub parts: Vec<Bytes>,
}

/// The file systems. Paths are absolute. Creating, renaming and removing become durable with [`Disk::sync_dir`].
pub trait Disk {
    /// Opens a file.
    fn open(&self, path: &Path, how: Open) -> LocalFuture<io::Result<Rc<dyn File>>>;
    /// Creates a directory and its parents; one that exists is no error.
    fn create_dir(&self, path: &Path) -> LocalFuture<io::Result<()>>;
    /// Lists a directory, in no particular order.
    fn list(&self, path: &Path) -> LocalFuture<io::Result<Vec<DirEntry>>>;
    /// Renames within one file system, replacing the target.
    fn rename(&self, from: &Path, to: &Path) -> LocalFuture<io::Result<()>>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> LocalFuture<io::Result<()>>;
    /// Removes a directory with all it holds.
    fn remove_dir(&self, path: &Path) -> LocalFuture<io::Result<()>>;
    /// Makes the entries of a directory durable.
    fn sync_dir(&self, path: &Path) -> LocalFuture<io::Result<()>>;
    /// Everything written before the call to the file system that holds the file at `path`, whichever file it is in, and every
    /// name given there, is on stable storage when it resolves: one call for what would take thousands of flushes. It waits for
    /// what other programs have written there too. Fails as [`File::sync_data`] does, and if there is no such file.
    fn sync_all(&self, path: &Path) -> LocalFuture<io::Result<()>>;
    /// Writes a little to each of many files, through the page cache, and then does for their file system, which is one, what
    /// [`Disk::sync_all`] does: so many small writes of direct files that grow would each wait for the disk. What could not be
    /// written is told of each piece, and is no reason not to write the others; if none could, nothing is made durable.
    fn write_together(&self, pieces: Vec<Piece>) -> LocalFuture<io::Result<Vec<io::Result<()>>>>;
    /// Bytes in the page cache, of any file and whoever wrote them, that are not on a disk yet: a [`Disk::sync_all`] may have to
    /// wait for so much, and everybody's writes with it. Fails where the system does not tell.
    fn unwritten(&self) -> LocalFuture<io::Result<u64>>;
    /// Space of the file system that holds `path`.
    fn space(&self, path: &Path) -> LocalFuture<io::Result<Space>>;
}

/// [`Disk::write_together`] for a disk that has no better way.
pub async fn write_one_by_one(disk: Rc<dyn Disk>, pieces: Vec<Piece>) -> io::Result<Vec<io::Result<()>>> {
    let (mut written, mut witness) = (Vec::with_capacity(pieces.len()), None);
    for Piece { path, at, parts } in pieces {
        let result = write_one(&*disk, &path, at, parts).await;
        if result.is_ok() {
            witness.get_or_insert(path);
        }
        written.push(result);
    }
    if let Some(witness) = witness {
        disk.sync_all(&witness).await?;
    }
    Ok(written)
}

async fn write_one(disk: &dyn Disk, path: &Path, mut at: u64, parts: Vec<Bytes>) -> io::Result<()> {
    let file = disk.open(path, Open { write: true, create: true, ..Open::default() }).await?;
    for part in parts {
        let len = part.len() as u64;
        file.write_at(at, part).await?;
        at += len;
    }
    Ok(())
}

/// An open file. It closes when the last handle is dropped and no operation is in flight.
#[allow(clippy::len_without_is_empty, reason = "the length is a question to the system, not a property at hand")]
pub trait File {
    /// Fills `buf` from `at`, up to its capacity, and sets its length to what was read: less than the capacity only at
    /// the end of the file.
    fn read_at(&self, at: u64, buf: AlignedBuf) -> LocalFuture<(io::Result<()>, AlignedBuf)>;
    /// Writes all of `data` at `at`. On a direct file `data` must be aligned in address and length, which whole blocks of
    /// this crate's buffers are. After an error any part may have been written.
    fn write_at(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>>;
    /// As [`File::write_at`] all of the pieces, one after the other: each is whole blocks of this crate's buffers. For a file that
    /// has no better way they are put together.
    fn write_all_at(&self, at: u64, pieces: Vec<Bytes>) -> LocalFuture<io::Result<()>> {
        assert_pieces_aligned(at, &pieces);
        if let [only] = &pieces[..] {
            return self.write_at(at, only.clone());
        }
        let mut together = AlignedBuf::with_capacity(pieces.iter().map(Bytes::len).sum());
        pieces.iter().for_each(|piece| together.extend_from_slice(piece));
        self.write_at(at, together.freeze())
    }
    /// As [`File::write_at`], and these bytes, though not what was written before them, are on stable storage when it resolves
    /// (`RWF_DSYNC` of pwritev2(2)). A failure is final as that of [`File::sync_data`] is.
    fn write_through(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>>;
    /// Everything written before the call is on stable storage when it resolves (`fdatasync`). A failure is final: the
    /// kernel may have dropped what it could not write, and a second call that succeeds proves nothing.
    fn sync_data(&self) -> LocalFuture<io::Result<()>>;
    /// Length in bytes.
    fn len(&self) -> LocalFuture<io::Result<u64>>;
    /// Cuts or extends with zeros.
    fn set_len(&self, len: u64) -> LocalFuture<io::Result<()>>;
    /// Makes the file at least `at + len` long, what is new of it zero, and reserves blocks for that where the file system can;
    /// otherwise does nothing.
    fn reserve(&self, at: u64, len: u64) -> LocalFuture<io::Result<()>>;
    /// Whether a range is in the page cache whole, asked of the kernel and not of the disk; false where nobody can tell (kernels
    /// before 6.5, file systems that do not say, simulation). It may have left again before it is used.
    fn resident(&self, at: u64, len: u64) -> bool;
    /// A handle any core may send from ([`Segment::File`]), or `None` where there is no descriptor (simulation).
    fn shared(&self) -> Option<SharedFile>;
}

/// A piece of an outgoing stream.
#[derive(Clone)]
pub enum Segment {
    /// Bytes in memory.
    Memory(Bytes),
    /// Bytes of a file, sent without passing through user space where the runtime can.
    File {
        /// The file.
        file: SharedFile,
        /// First byte.
        at: u64,
        /// Number of bytes; all must exist.
        len: u32,
    },
}

impl Segment {
    /// Length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Segment::Memory(bytes) => bytes.len(),
            Segment::File { len, .. } => *len as usize,
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Memory(bytes) => write!(f, "Memory({})", bytes.len()),
            Segment::File { at, len, .. } => write!(f, "File({len} at {at})"),
        }
    }
}

/// How a listener is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listen {
    /// Pending connections the kernel keeps (`listen(2)`).
    pub backlog: u32,
    /// `SO_RCVBUF` in bytes, or the system's default.
    pub receive_buffer: Option<u32>,
    /// `SO_SNDBUF` in bytes, or the system's default.
    pub send_buffer: Option<u32>,
}

/// Sockets of this core.
pub trait Net {
    /// Listens with `SO_REUSEPORT`, so that every core has a listener of its own on one address.
    fn listen(&self, at: SocketAddr, how: Listen) -> io::Result<Rc<dyn Listener>>;
    /// Connects, with `TCP_NODELAY`.
    fn connect(&self, to: SocketAddr) -> LocalFuture<io::Result<Rc<dyn Socket>>>;
}

/// A listening socket.
pub trait Listener {
    /// The next connection, with `TCP_NODELAY` set. One task polls it.
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Rc<dyn Socket>, SocketAddr)>>;
    /// The address bound, with the port the system chose if it was asked for port 0.
    fn local_addr(&self) -> SocketAddr;
}

/// A connected stream. Dropping the last handle closes it; a drop with a send in flight closes it once that ends.
pub trait Socket {
    /// The next bytes received, in order; empty at the end of the stream. The bytes hold one of the core's receive
    /// buffers until dropped, so hand on or copy them soon. When a few chunks wait unread, receiving from this connection
    /// stops until they are taken: one slow reader cannot hold the core's buffers. One task polls it.
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>>;
    /// A hint: until so many more bytes have come, or the stream has ended, there is nothing for the reader to do, so it need
    /// not be woken for each part of them. One is the usual state. A reader that always says what it expects, few bytes that
    /// tell a length and then so many, gets each large piece whole after a while.
    fn expect(&self, bytes: usize);
    /// A hint, like [`Socket::expect`] and beside it, until something is received: so many bytes will be here soon, and the reader loses
    /// nothing if it is woken only then. Zero takes it back.
    fn gather(&self, bytes: usize);
    /// A hint, before anything is received: what comes is frames, each a length of 4 bytes, big endian, and so many bytes. With
    /// [`Socket::expect`] large ones then come together with their lengths.
    fn framed(&self);
    /// Sends all segments, gathered into as few calls as the kernel allows. The send starts with this call and goes on if
    /// the future is dropped; sends resolve in the order they were started. After one failed, all later ones do.
    fn send(&self, segments: Vec<Segment>) -> LocalFuture<io::Result<()>>;
    /// Ends both directions now: pending and later receives see the end of the stream.
    fn shutdown(&self);
    /// The other end's address.
    fn peer_addr(&self) -> SocketAddr;
    /// This end's address.
    fn local_addr(&self) -> SocketAddr;
}

/// What a core's `main` is given.
#[derive(Clone)]
pub struct Core {
    /// This core.
    pub id: CoreId,
    /// Number of cores of the process.
    pub cores: u16,
    /// Time.
    pub timer: Rc<dyn Timer>,
    /// Tasks.
    pub spawn: Rc<dyn Spawn>,
    /// Files.
    pub disk: Rc<dyn Disk>,
    /// Sockets.
    pub net: Rc<dyn Net>,
}

/// A wake-up list for tasks of one core that wait for the same thing.
#[derive(Default)]
pub struct Wakers(RefCell<Vec<std::task::Waker>>);

impl Wakers {
    /// Wakes the task of `cx` at the next [`Wakers::wake`].
    pub fn register(&self, cx: &Context<'_>) {
        let mut list = self.0.borrow_mut();
        if !list.iter().any(|w| w.will_wake(cx.waker())) {
            list.push(cx.waker().clone());
        }
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Wakes all, and forgets them.
    pub fn wake(&self) {
        let list = std::mem::take(&mut *self.0.borrow_mut());
        for waker in list {
            waker.wake();
        }
    }
}
