//! Files: reads, writes, syncs and reservations on the ring, the rest on the helper.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::{Buf, Bytes};

use crate::buffer::AlignedBuf;
use crate::file::{SharedFile, assert_aligned, assert_pieces_aligned};
use crate::helper::{self, Helper};
use crate::paths;
use crate::pieces;
use crate::seam::{BLOCK, DirEntry, Disk, File, LocalFuture, Open, Piece, Space};
use crate::uring::reactor::Reactor;
use crate::uring::reactor::operations::Owned;

/// The file systems through a core's ring and helper.
pub(crate) struct RingDisk {
    pub(crate) reactor: Rc<Reactor>,
    pub(crate) helper: Rc<Helper>,
}

impl RingDisk {
    fn run<T: Send + 'static>(
        &self,
        path: &Path,
        job: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> LocalFuture<io::Result<T>> {
        let path = path.to_path_buf();
        self.helper.run(move || job(&path))
    }
}

impl Disk for RingDisk {
    fn open(&self, path: &Path, how: Open) -> LocalFuture<io::Result<Rc<dyn File>>> {
        let opened = self.run(path, move |path| open(path, how));
        let (reactor, helper) = (self.reactor.clone(), self.helper.clone());
        Box::pin(async move {
            let file = SharedFile::new(opened.await?);
            let (direct, data_sync) = (file.is_direct(), how.data_sync);
            Ok(Rc::new(RingFile { reactor, helper, file, direct, data_sync }) as Rc<dyn File>)
        })
    }

    fn create_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        self.run(path, |path| fs::create_dir_all(path))
    }

    fn list(&self, path: &Path) -> LocalFuture<io::Result<Vec<DirEntry>>> {
        self.run(path, paths::list)
    }

    fn rename(&self, from: &Path, to: &Path) -> LocalFuture<io::Result<()>> {
        let to: PathBuf = to.to_path_buf();
        self.run(from, move |from| fs::rename(from, to))
    }

    fn remove_file(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        self.run(path, |path| fs::remove_file(path))
    }

    fn remove_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        self.run(path, |path| fs::remove_dir_all(path))
    }

    fn sync_dir(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        self.run(path, |path| fs::File::open(path)?.sync_all())
    }

    fn sync_all(&self, path: &Path) -> LocalFuture<io::Result<()>> {
        let path = path.to_path_buf();
        helper::apart("flush", move || paths::sync_all(&path))
    }

    fn write_together(&self, pieces: Vec<Piece>) -> LocalFuture<io::Result<Vec<io::Result<()>>>> {
        helper::apart("write", move || paths::write_together(pieces))
    }

    fn unwritten(&self) -> LocalFuture<io::Result<u64>> {
        self.helper.run(paths::unwritten)
    }

    fn space(&self, path: &Path) -> LocalFuture<io::Result<Space>> {
        self.run(path, paths::space)
    }
}

/// Opens as told. A file system without direct I/O (some in-memory and stacked ones) gets the file through the page cache:
/// slower, and as durable, since data syncs do not depend on it.
pub(crate) fn open(path: &Path, how: Open) -> io::Result<OwnedFd> {
    let attempt = |direct: bool| {
        let mut flags = libc::O_CLOEXEC;
        if direct {
            flags |= libc::O_DIRECT;
        }
        if how.data_sync {
            flags |= libc::O_DSYNC;
        }
        fs::OpenOptions::new()
            .read(true)
            .write(how.write || how.create)
            .create(how.create && !how.new)
            .create_new(how.create && how.new)
            .custom_flags(flags)
            .open(path)
            .map(OwnedFd::from)
    };
    match attempt(how.direct) {
        // open(2) may have created the file before it refused O_DIRECT
        Err(e) if how.direct && e.raw_os_error() == Some(libc::EINVAL) => {
            if how.new {
                let _ = fs::remove_file(path);
            }
            attempt(false)
        }
        other => other,
    }
}

/// A result of the kernel as one of ours.
pub(crate) fn check(result: i32) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::from_raw_os_error(-result))
}

fn again(result: i32) -> bool {
    result == -libc::EINTR || result == -libc::EAGAIN
}

/// What a write of `len` bytes took.
fn written(result: i32, len: usize, direct: bool) -> io::Result<usize> {
    let n = check(result)?;
    if n == 0 || (direct && n < len && !n.is_multiple_of(BLOCK)) {
        return Err(io::Error::new(io::ErrorKind::WriteZero, "the device took only a part of a block"));
    }
    Ok(n)
}

/// Drops the first `n` bytes of the pieces.
fn advance(pieces: &mut VecDeque<Bytes>, mut n: usize) {
    while let Some(first) = pieces.front_mut() {
        if n < first.len() {
            return first.advance(n);
        }
        n -= first.len();
        pieces.pop_front();
    }
}

/// An open file.
struct RingFile {
    reactor: Rc<Reactor>,
    helper: Rc<Helper>,
    file: SharedFile,
    direct: bool,
    /// What is written is durable then.
    data_sync: bool,
}

impl RingFile {
    fn on_helper(&self, job: impl FnOnce(fs::File) -> io::Result<()> + Send + 'static) -> LocalFuture<io::Result<()>> {
        let file = self.file.clone();
        self.helper.run(move || {
            // a second descriptor, so that `fs::File` may close it
            let fd = std::os::fd::AsFd::as_fd(&file).try_clone_to_owned()?;
            job(fd.into())
        })
    }

    fn write(&self, at: u64, data: Bytes, through: bool) -> LocalFuture<io::Result<()>> {
        if self.direct {
            assert_aligned(at, &data);
        }
        if through || self.data_sync {
            pieces::committing();
        }
        let (reactor, file, direct) = (self.reactor.clone(), self.file.clone(), self.direct);
        Box::pin(async move {
            let (mut at, mut data) = (at, data);
            while !data.is_empty() {
                let (result, owned) = reactor.write(file.clone(), at, data, through).await;
                let Owned::Write(_, back) = owned else { unreachable!("a write owns its bytes") };
                data = back;
                if again(result) {
                    continue;
                }
                let n = written(result, data.len(), direct)?;
                data.advance(n);
                at += n as u64;
            }
            Ok(())
        })
    }
}

impl File for RingFile {
    fn read_at(&self, at: u64, mut buf: AlignedBuf) -> LocalFuture<(io::Result<()>, AlignedBuf)> {
        assert!(!self.direct || at.is_multiple_of(BLOCK as u64), "a direct read at {at}");
        buf.clear();
        let (reactor, file, direct) = (self.reactor.clone(), self.file.clone(), self.direct);
        Box::pin(async move {
            let mut filled = 0;
            while filled < buf.capacity() {
                let (result, owned) = reactor.read(file.clone(), at + filled as u64, buf, filled).await;
                let Owned::Read(_, back) = owned else { unreachable!("a read owns a buffer") };
                buf = back;
                if again(result) {
                    continue;
                }
                match check(result) {
                    Ok(n) => {
                        filled += n;
                        // the end of the file: at it, or before it where direct reads would lose their alignment
                        if n == 0 || (direct && !filled.is_multiple_of(BLOCK)) {
                            break;
                        }
                    }
                    Err(e) => return (Err(e), buf),
                }
            }
            buf.set_filled(filled);
            (Ok(()), buf)
        })
    }

    fn write_at(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>> {
        self.write(at, data, false)
    }

    fn write_all_at(&self, at: u64, pieces: Vec<Bytes>) -> LocalFuture<io::Result<()>> {
        assert_pieces_aligned(at, &pieces);
        if let [only] = &pieces[..] {
            return self.write_at(at, only.clone());
        }
        if self.data_sync {
            pieces::committing();
        }
        let (reactor, file, direct) = (self.reactor.clone(), self.file.clone(), self.direct);
        Box::pin(async move {
            let (mut at, mut pieces) = (at, VecDeque::from(pieces));
            advance(&mut pieces, 0);
            while !pieces.is_empty() {
                let (result, owned) = reactor.write_all(file.clone(), at, pieces).await;
                let Owned::WriteAll(_, back, _) = owned else { unreachable!("a write owns its bytes") };
                pieces = back;
                if again(result) {
                    continue;
                }
                let n = written(result, pieces.iter().map(Bytes::len).sum(), direct)?;
                advance(&mut pieces, n);
                at += n as u64;
            }
            Ok(())
        })
    }

    fn write_through(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>> {
        self.write(at, data, true)
    }

    fn sync_data(&self) -> LocalFuture<io::Result<()>> {
        pieces::committing();
        let operation = self.reactor.sync(self.file.clone());
        Box::pin(async move { check(operation.await.0).map(drop) })
    }

    fn len(&self) -> LocalFuture<io::Result<u64>> {
        // answered from memory: the inode of an open file is there
        let len = nix::sys::stat::fstat(&self.file).map(|s| s.st_size as u64).map_err(io::Error::from);
        Box::pin(std::future::ready(len))
    }

    fn set_len(&self, len: u64) -> LocalFuture<io::Result<()>> {
        self.on_helper(move |file| file.set_len(len))
    }

    fn reserve(&self, at: u64, len: u64) -> LocalFuture<io::Result<()>> {
        let operation = self.reactor.reserve(self.file.clone(), at, len);
        Box::pin(async move {
            match operation.await.0 {
                result if result == -libc::EOPNOTSUPP || result == -libc::ENOSYS => Ok(()),
                result => check(result).map(drop),
            }
        })
    }

    fn resident(&self, at: u64, len: u64) -> bool {
        self.file.is_resident(at, len)
    }

    fn shared(&self) -> Option<SharedFile> {
        Some(self.file.clone())
    }
}

impl std::fmt::Debug for RingFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RingFile({})", self.file.as_raw_fd())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_of_pieces_is_not_written_again() {
        let all: Vec<u8> = (0..60).collect();
        for taken in 0..=all.len() {
            let mut pieces: VecDeque<_> =
                [0..7, 7..7, 7..30, 30..60, 60..60].map(|range| Bytes::copy_from_slice(&all[range])).into();
            advance(&mut pieces, taken);
            assert_eq!(pieces.make_contiguous().concat(), all[taken..]);
            assert!(pieces.front().is_none_or(|first| !first.is_empty()), "{taken}");
        }
    }
}
