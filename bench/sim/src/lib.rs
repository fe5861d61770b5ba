#![forbid(unsafe_code)]
//! The simulated world: a third runtime behind the seam of `engine/rt`, on one thread, from one seed.
//!
//! Production code runs unchanged on a virtual clock ([`World`]), a scheduler that picks among the runnable tasks at random,
//! and a disk ([`SimDisk`]) that keeps what was flushed and may lose, tear or reorder the rest when the power is cut, fail
//! any operation, and fill up. The same seed gives the same run, to the last byte.

pub mod crash;

mod content;
mod disk;
mod random;
mod world;

pub use disk::{DiskCounts, DiskFaults, SimDisk};
pub use random::Random;
pub use world::{Halt, World};
