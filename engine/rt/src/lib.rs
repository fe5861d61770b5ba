//! The runtime seam: what a core runs on. Engine, net and loadgen reach disk, time, sockets and other cores through the
//! traits in [`seam`] and know nothing of what is behind them. Three things are: one io_uring ring per core (`uring`, the
//! default), glommio executors (`glommio`), and the simulated world of `bench/sim`.
//!
//! A core is one pinned thread. Everything it hands out is `!Send`, save the bytes: [`bytes::Bytes`] cut from this crate's
//! buffers may be held by any core and return to the core they came from when the last holder drops them.

pub mod buffer;
pub mod file;
pub mod launch;
pub mod mesh;
pub mod probe;
pub mod seam;

mod bell;
mod buddy;
mod glommio;
mod helper;
mod pages;
mod paths;
mod pieces;
mod returns;
mod sockets;
mod spsc;
mod sync;
mod task;
mod timer;
mod uring;

pub use buffer::{AlignedBuf, AppendBuf, open_pool, pool_free_bytes};
pub use file::SharedFile;
pub use launch::{Config, JoinError, Kind, LaunchError, Running, UNPINNED, launch};
pub use mesh::{Door, Port, PortSeed, Wake, mesh};
pub use probe::{Blocked, Cause, probe};
pub use seam::*;
