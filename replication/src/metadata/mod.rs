//! Cluster metadata: what the records of `__cluster_metadata` say, replayed into an image.

pub mod config_value;
pub mod topic_config;
pub mod topic_key;
