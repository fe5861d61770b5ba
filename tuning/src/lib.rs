//! Facts about the host this process runs on, what a broker would like otherwise, and the way there and back.
//!
//! Every reader takes a [`Root`], so that a test, or a look at another machine's saved tree, reads the same way as the real
//! host. A fact that cannot be read is `None`: the caller decides what to do without it. [`check()`](check::check) holds the
//! [`table`] against the [`Facts`] and changes nothing; [`apply()`](apply::apply) writes what differs, after it has [saved](saved)
//! what was there, and [`revert()`](revert::revert) puts that back.

#![forbid(unsafe_code)]

pub mod apply;
pub mod attribute;
pub mod cgroup;
pub mod check;
pub mod cpu;
pub mod daemon;
pub mod disk;
pub mod effect;
pub mod facts;
pub mod host;
pub mod io_properties;
pub mod limits;
pub mod memory;
pub mod mount;
pub mod nic;
pub mod parameter;
pub mod persist;
pub mod port;
pub mod probe;
pub mod profile;
pub mod report;
pub mod revert;
pub mod root;
pub mod saved;
pub mod script;
pub mod selection;
pub mod table;
pub mod watch;

pub use facts::Facts;
pub use host::Host;
pub use profile::Profile;
pub use root::Root;
