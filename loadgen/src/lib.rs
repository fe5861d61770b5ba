//! The load generator: an open loop on an absolute schedule against any broker that speaks Kafka's protocol.
//!
//! A [`plan::Plan`] decides a run, an [`outcome::Outcome`] is what it gave. `README.md` has the rooms and the invariants.
#![forbid(unsafe_code)]

pub mod batch;
pub mod driver;
pub mod keys;
pub mod omb;
pub mod outcome;
pub mod payload;
pub mod plan;
pub mod random;
pub mod recorder;
pub mod report;
pub mod schedule;
pub mod stats;
pub mod view;
pub mod zipf;
