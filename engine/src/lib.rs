#![forbid(unsafe_code)]
//! A core's storage: its partitions, its journal, its segments, and the requests that wait for them. See `README.md` for the
//! invariants, [`message`] for what can be asked, [`config`] for what can be set.

mod append;
mod clean;
pub mod config;
mod controller;
mod coordinator;
pub mod core;
mod epochs;
mod host;
#[cfg(test)]
mod host_tests;
mod ids;
pub mod journal;
mod layout;
pub mod log;
pub mod message;
pub mod partition;
mod producer;
mod promise;
mod queries;
mod remembered;
mod retire;
pub mod stats;
pub mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod waiting;

pub use config::{Bug, DestageConfig, EngineConfig, Flush, JournalConfig, Limits, ReadPath};
pub use core::{Engine, Host, Message, StartError, Unavailable};
pub use host::{HostConfig, host};
pub use message::*;
pub use stats::{CoreStats, LatencySummary};
pub use waiting::Answer;
