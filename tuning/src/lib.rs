//! Facts about the host this process runs on, read from `/proc` and `/sys` and from nowhere else.
//!
//! Every reader takes a [`Root`], so that a test, or a look at another machine's saved tree, reads the same way as the real
//! host. A fact that cannot be read is `None`: the caller decides what to do without it. Nothing here changes the host; the
//! one exception is [`limits::raise_open_files`], which lifts this process's own soft limit to its hard one.

#![forbid(unsafe_code)]

pub mod cgroup;
pub mod cpu;
pub mod host;
pub mod limits;
pub mod memory;
pub mod mount;
pub mod port;
pub mod root;

pub use host::Host;
pub use root::Root;
