//! The load generator: an open loop on an absolute schedule against any broker that speaks Kafka's protocol.
//!
//! A [`plan::Plan`] decides a run, an [`outcome::Outcome`] is what it gave. `README.md` has the rooms and the invariants.
#![forbid(unsafe_code)]

pub mod agent;
pub mod batch;
pub mod cli;
pub mod client;
pub mod clock;
pub mod consumer;
pub mod driver;
pub mod ephemeral;
pub mod failure;
pub mod host;
pub mod keys;
pub mod ledger;
pub mod omb;
pub mod outcome;
pub mod payload;
pub mod plan;
pub mod producer;
pub mod progress;
pub mod random;
pub mod recorder;
pub mod report;
pub mod run;
pub mod schedule;
pub mod stats;
pub mod sweep;
pub mod verdict;
pub mod view;
pub mod warmup;
pub mod worker;
pub mod zipf;
