//! A client's side of the protocol: connections, and what a cluster looks like.

pub mod cluster;
pub mod connection;
pub mod frames;
pub mod wait;

pub use cluster::{Cluster, Leaders, TopicFacts};
pub use connection::{CallError, Connection, Versions};
