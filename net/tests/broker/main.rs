//! The broker over its sockets: what real clients rely on, each trap others fell into as a test of its own (`trapN_…` after
//! the list of known traps), hostile bytes, and the life of the process.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test says what is wrong by panicking")]

mod admin;
mod groups;
mod handshake;
mod hostile;
mod life;
mod records;
mod support;
mod versions;
