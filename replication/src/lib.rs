#![forbid(unsafe_code)]
//! Rules of the broker as plain values: no clock, socket, disk, thread or random source.

pub mod controller;
pub mod group;
pub mod metadata;
pub mod partition;
