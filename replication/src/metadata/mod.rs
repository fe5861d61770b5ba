//! Cluster metadata: what the records of `__cluster_metadata` say, replayed into an image.

pub mod config_value;
mod image;
pub mod topic_config;
pub mod topic_key;

pub use image::{
    Broker, Change, Configs, Endpoint, Image, OFFSETS_TOPIC, PartitionRegistration, ResourceKind, Topic, is_internal,
};
