//! What the disk under a directory does with the requests the engine sends: small writes that are durable when they return, and
//! large ones past the page cache, several at once.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{OFlag, PosixFadviseAdvice, posix_fadvise};
use serde::{Deserialize, Serialize};

use super::quantile;

/// Alignment of memory and offsets that every disk accepts.
const ALIGN: usize = 4096;
/// Size of the file that is written and read.
const SCRATCH_BYTES: u64 = 64 << 20;
/// The largest request.
const REQUEST_BYTES_MAX: usize = 1 << 20;

/// A file to write and read at will, written once before anything is measured, as the journal's files are. It has no name.
pub struct Scratch {
    direct: File,
    durable: File,
    cached: File,
}

/// Writes of 4 KiB, each on stable storage when it returns.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Flushes {
    /// Writers at once.
    pub depth: u32,
    /// Half of them took no longer.
    pub p50_us: f64,
    /// One in a hundred took longer.
    pub p99_us: f64,
    /// All writers together.
    pub per_second: f64,
}

/// Memory whose visible part begins at an aligned address.
struct Aligned {
    memory: Vec<u8>,
    at: usize,
    len: usize,
}

impl Aligned {
    /// Filled with bytes that no disk can compress.
    fn new(len: usize) -> Aligned {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let random = std::iter::repeat_with(|| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed as u8
        });
        let memory: Vec<u8> = random.take(len + ALIGN).collect();
        let at = memory.as_ptr().align_offset(ALIGN);
        Aligned { memory, at, len }
    }

    fn bytes(&self) -> &[u8] {
        &self.memory[self.at..self.at + self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.at..self.at + self.len]
    }
}

/// Whether files in `dir` can be written past the page cache, found out by writing one block.
pub fn takes_direct_io(dir: &Path) -> io::Result<bool> {
    let path = dir.join(format!(".direct-io-{}", std::process::id()));
    let open = |flags: OFlag| OpenOptions::new().write(true).create(true).custom_flags(flags.bits()).open(&path);
    // A directory that cannot be written is another matter than one without direct I/O.
    let tried = open(OFlag::empty())
        .map(|_| open(OFlag::O_DIRECT).and_then(|file| file.write_all_at(Aligned::new(ALIGN).bytes(), 0)).is_ok());
    fs::remove_file(&path).ok();
    tried
}

impl Scratch {
    /// Makes the file in `dir`; an error of kind `Unsupported` or `InvalidInput` where its file system has no direct I/O.
    pub fn new(dir: &Path) -> io::Result<Scratch> {
        let path = dir.join(format!(".tune-measure-{}", std::process::id()));
        let cached = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let open = |flags: OFlag| OpenOptions::new().read(true).write(true).custom_flags(flags.bits()).open(&path);
        let (direct, durable) = (open(OFlag::O_DIRECT), open(OFlag::O_DIRECT | OFlag::O_DSYNC));
        // From here on it has no name, so that nothing is left of it, however this ends.
        fs::remove_file(&path)?;
        let scratch = Scratch { direct: direct?, durable: durable?, cached };
        let piece = Aligned::new(REQUEST_BYTES_MAX);
        for at in (0..SCRATCH_BYTES).step_by(REQUEST_BYTES_MAX) {
            scratch.direct.write_all_at(piece.bytes(), at)?;
        }
        scratch.direct.sync_all()?;
        Ok(scratch)
    }

    /// Durable writes by `depth` threads for about as long as `time`.
    pub fn flushes(&self, depth: u32, time: Duration) -> io::Result<Flushes> {
        let took = self.repeat(ALIGN, depth, time, |memory, at| self.durable.write_all_at(memory.bytes(), at))?;
        Ok(Flushes {
            depth,
            p50_us: quantile(&took.each_us, 0.5),
            p99_us: quantile(&took.each_us, 0.99),
            per_second: took.each_us.len() as f64 / took.all.as_secs_f64(),
        })
    }

    /// MiB a second written in requests of `bytes`, `depth` at once, and on stable storage at the end.
    pub fn writes(&self, bytes: usize, depth: u32, time: Duration) -> io::Result<f64> {
        let begin = Instant::now();
        let took = self.repeat(bytes, depth, time, |memory, at| self.direct.write_all_at(memory.bytes(), at))?;
        self.direct.sync_data()?;
        Ok(rate(bytes, took.each_us.len(), begin.elapsed()))
    }

    /// MiB a second read past the page cache.
    pub fn reads(&self, bytes: usize, depth: u32, time: Duration) -> io::Result<f64> {
        let took = self.repeat(bytes, depth, time, |memory, at| self.direct.read_exact_at(memory.bytes_mut(), at))?;
        Ok(rate(bytes, took.each_us.len(), took.all))
    }

    /// MiB a second read through a page cache that has nothing of the file.
    pub fn cached_reads(&self, bytes: usize, depth: u32, time: Duration) -> io::Result<f64> {
        posix_fadvise(&self.cached, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
        let all = SCRATCH_BYTES / bytes as u64;
        let took = self
            .repeat_at_most(all, bytes, depth, time, |memory, at| self.cached.read_exact_at(memory.bytes_mut(), at))?;
        Ok(rate(bytes, took.each_us.len(), took.all))
    }

    fn repeat(
        &self,
        bytes: usize,
        depth: u32,
        time: Duration,
        request: impl Fn(&mut Aligned, u64) -> io::Result<()> + Sync,
    ) -> io::Result<Took> {
        self.repeat_at_most(u64::MAX, bytes, depth, time, request)
    }

    /// Requests one after the other through the file, by `depth` threads, until `time` is over or there were enough.
    fn repeat_at_most(
        &self,
        requests: u64,
        bytes: usize,
        depth: u32,
        time: Duration,
        request: impl Fn(&mut Aligned, u64) -> io::Result<()> + Sync,
    ) -> io::Result<Took> {
        let next = AtomicU64::new(0);
        let places = SCRATCH_BYTES / bytes as u64;
        let work = |begin: Instant| -> io::Result<Vec<f64>> {
            let mut memory = Aligned::new(bytes);
            let mut each_us = Vec::new();
            while begin.elapsed() < time {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                if nth >= requests {
                    break;
                }
                let sent = Instant::now();
                request(&mut memory, nth % places * bytes as u64)?;
                each_us.push(sent.elapsed().as_secs_f64() * 1e6);
            }
            Ok(each_us)
        };
        let begin = Instant::now();
        let results = thread::scope(|scope| {
            let threads: Vec<_> = (0..depth).map(|_| scope.spawn(|| work(begin))).collect();
            threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
        });
        let all = begin.elapsed();
        let mut each_us = Vec::new();
        for result in results {
            each_us.extend(result.unwrap_or_else(|_| Err(io::Error::other("a measuring thread ended")))?);
        }
        Ok(Took { each_us, all })
    }
}

/// What requests took: each, and all of them.
struct Took {
    each_us: Vec<f64>,
    all: Duration,
}

fn rate(bytes: usize, count: usize, time: Duration) -> f64 {
    (bytes * count) as f64 / (1 << 20) as f64 / time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_aligned_and_no_two_blocks_of_it_are_alike() {
        let memory = Aligned::new(3 * ALIGN);
        assert_eq!((memory.bytes().as_ptr() as usize % ALIGN, memory.bytes().len()), (0, 3 * ALIGN));
        assert_ne!(memory.bytes()[..ALIGN], memory.bytes()[ALIGN..2 * ALIGN]);
    }

    #[test]
    fn scratch_space_leaves_nothing_behind_even_while_it_is_used() {
        let dir = std::env::temp_dir().join(format!("tuning-scratch-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory");
        let scratch = Scratch::new(&dir).ok();
        takes_direct_io(&dir).expect("tried");
        assert_eq!(fs::read_dir(&dir).expect("read").count(), 0);
        if let Some(scratch) = scratch {
            assert!(scratch.reads(ALIGN, 2, Duration::from_millis(20)).expect("read") > 0.0);
        }
        fs::remove_dir_all(dir).ok();
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error_and_leaves_nothing() {
        assert!(Scratch::new(Path::new("/nonexistent")).is_err());
        assert!(takes_direct_io(Path::new("/nonexistent")).is_err());
        assert!(takes_direct_io(Path::new("/proc/self")).is_err());
    }
}
