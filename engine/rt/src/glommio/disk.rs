//! Files on glommio: `DmaFile` for direct ones, `BufferedFile` for the others, paths on the helper.
//!
//! Bytes are copied into and out of glommio's buffers, which are the only memory it does I/O on.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::{Buf, Bytes};
use glommio::io::{BufferedFile, DmaFile, OpenOptions};

use crate::buffer::AlignedBuf;
use crate::file::{SharedFile, assert_aligned};
use crate::helper::{self, Helper};
use crate::paths;
use crate::pieces;
use crate::seam::{BLOCK, DirEntry, Disk, File, LocalFuture, Open, Piece, Space};

/// Bytes copied and written at a time.
const WRITE_PIECE: usize = 1 << 20;

/// The file systems through a core's glommio executor and helper.
pub(crate) struct GlommioDisk {
    helper: Rc<Helper>,
    probed: Rc<RefCell<HashSet<u64>>>,
}

impl GlommioDisk {
    pub(crate) fn new(helper: Rc<Helper>) -> GlommioDisk {
        GlommioDisk { helper, probed: Rc::default() }
    }

    fn run<T: Send + 'static>(
        &self,
        path: &Path,
        job: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> LocalFuture<io::Result<T>> {
        let path = path.to_path_buf();
        self.helper.run(move || job(&path))
    }
}

/// Makes glommio look at a device by a file that holds data. It decides per executor and device, by reading the first file
/// it opens there, whether to poll for completions; an empty file makes it decide wrongly, and reads fail later.
async fn introduce(helper: &Rc<Helper>, probed: &RefCell<HashSet<u64>>, dir: PathBuf) -> io::Result<()> {
    let (device, file) = helper
        .run(move || {
            let device = fs::metadata(&dir)?.dev();
            let file = dir.join(format!(".thalweg-probe-{}-{:?}", std::process::id(), std::thread::current().id()));
            fs::write(&file, [1u8; BLOCK])?;
            fs::File::open(&file)?.sync_all()?;
            io::Result::Ok((device, file))
        })
        .await?;
    let result = match DmaFile::open(&file).await {
        Ok(opened) => opened.close().await.map_err(io::Error::from),
        Err(e) => Err(e.into()),
    };
    let removed = file.clone();
    helper.run(move || fs::remove_file(removed)).await?;
    probed.borrow_mut().insert(device);
    result
}

impl Disk for GlommioDisk {
    fn open(&self, path: &Path, how: Open) -> LocalFuture<io::Result<Rc<dyn File>>> {
        let (helper, probed, path) = (self.helper.clone(), self.probed.clone(), path.to_path_buf());
        Box::pin(async move {
            if how.direct
                && let Some(dir) = path.parent().map(Path::to_path_buf)
            {
                let of = dir.clone();
                let device = helper.run(move || fs::metadata(of).map(|m| m.dev())).await?;
                let known = probed.borrow().contains(&device);
                if !known {
                    introduce(&helper, &probed, dir).await?;
                }
            }
            let mut options = OpenOptions::new();
            options.read(true).write(how.write || how.create);
            options.create(how.create && !how.new).create_new(how.create && how.new);
            if how.data_sync {
                options.custom_flags(libc::O_DSYNC);
            }
            let handle = if how.direct {
                Handle::Direct(options.dma_open(&path).await?)
            } else {
                Handle::Buffered(options.buffered_open(&path).await?)
            };
            let number = match &handle {
                Handle::Direct(file) => file.as_raw_fd(),
                Handle::Buffered(file) => file.as_raw_fd(),
            };
            // a descriptor of its own, through the page cache, for those who send from the file
            let shared = helper.run(move || fs::File::open(format!("/proc/self/fd/{number}"))).await?;
            let shared = SharedFile::new(OwnedFd::from(shared));
            Ok(Rc::new(GlommioFile(Rc::new(Opened { handle, data_sync: how.data_sync, shared }))) as Rc<dyn File>)
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

enum Handle {
    Direct(DmaFile),
    Buffered(BufferedFile),
}

struct Opened {
    handle: Handle,
    /// What is written is durable then.
    data_sync: bool,
    shared: SharedFile,
}

impl Opened {
    async fn read(&self, at: u64, buf: &mut AlignedBuf) -> io::Result<()> {
        while buf.len() < buf.capacity() {
            let want = pieces::next(buf.capacity() - buf.len());
            let from = at + buf.len() as u64;
            let read = match &self.handle {
                Handle::Direct(file) => file.read_at_aligned(from, want).await?,
                Handle::Buffered(file) => file.read_at(from, want).await?,
            };
            buf.extend_from_slice(&read);
            // the end of the file
            if read.is_empty() || (matches!(self.handle, Handle::Direct(_)) && !read.len().is_multiple_of(BLOCK)) {
                break;
            }
        }
        Ok(())
    }

    async fn write(&self, mut at: u64, mut data: Bytes) -> io::Result<()> {
        if self.data_sync {
            pieces::committing();
        }
        while !data.is_empty() {
            let piece = &data[..data.len().min(WRITE_PIECE)];
            let n = match &self.handle {
                Handle::Direct(file) => {
                    let mut buffer = file.alloc_dma_buffer(piece.len());
                    buffer.as_bytes_mut().copy_from_slice(piece);
                    file.write_at(buffer, at).await?
                }
                Handle::Buffered(file) => file.write_at(piece.to_vec(), at).await?,
            };
            if n == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            data.advance(n);
            at += n as u64;
        }
        Ok(())
    }
}

#[derive(Clone)]
struct GlommioFile(Rc<Opened>);

impl File for GlommioFile {
    fn read_at(&self, at: u64, mut buf: AlignedBuf) -> LocalFuture<(io::Result<()>, AlignedBuf)> {
        let direct = matches!(self.0.handle, Handle::Direct(_));
        assert!(!direct || at.is_multiple_of(BLOCK as u64), "a direct read at {at}");
        let file = self.0.clone();
        buf.clear();
        Box::pin(async move { (file.read(at, &mut buf).await, buf) })
    }

    fn write_at(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>> {
        if matches!(self.0.handle, Handle::Direct(_)) {
            // glommio's own buffer would do for any address; the ring's rule is the rule
            assert_aligned(at, &data);
        }
        let file = self.0.clone();
        Box::pin(async move { file.write(at, data).await })
    }

    fn write_through(&self, at: u64, data: Bytes) -> LocalFuture<io::Result<()>> {
        // glommio's writes take no flags
        let (written, synced) = (self.write_at(at, data), self.clone());
        Box::pin(async move {
            written.await?;
            synced.sync_data().await
        })
    }

    fn sync_data(&self) -> LocalFuture<io::Result<()>> {
        pieces::committing();
        let file = self.0.clone();
        Box::pin(async move {
            match &file.handle {
                Handle::Direct(file) => file.fdatasync().await?,
                Handle::Buffered(file) => file.fdatasync().await?,
            }
            Ok(())
        })
    }

    fn len(&self) -> LocalFuture<io::Result<u64>> {
        let file = self.0.clone();
        Box::pin(async move {
            Ok(match &file.handle {
                Handle::Direct(file) => file.file_size().await?,
                Handle::Buffered(file) => file.file_size().await?,
            })
        })
    }

    fn set_len(&self, len: u64) -> LocalFuture<io::Result<()>> {
        let file = self.0.clone();
        Box::pin(async move {
            match &file.handle {
                Handle::Direct(file) => file.truncate(len).await?,
                Handle::Buffered(file) => file.truncate(len).await?,
            }
            Ok(())
        })
    }

    fn reserve(&self, at: u64, len: u64) -> LocalFuture<io::Result<()>> {
        let file = self.0.clone();
        Box::pin(async move {
            // glommio reserves from the start of the file only
            let result = match &file.handle {
                Handle::Direct(file) => file.pre_allocate(at + len, false).await,
                Handle::Buffered(file) => file.pre_allocate(at + len, false).await,
            };
            match result.map_err(io::Error::from) {
                Err(e) if e.kind() == io::ErrorKind::Unsupported => Ok(()),
                other => other,
            }
        })
    }

    fn resident(&self, at: u64, len: u64) -> bool {
        self.0.shared.is_resident(at, len)
    }

    fn shared(&self) -> Option<SharedFile> {
        Some(self.0.shared.clone())
    }
}
