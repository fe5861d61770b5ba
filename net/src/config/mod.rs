//! The broker's configuration: what the keys are, where values come from, what they become.
//!
//! [`load::load`] makes a [`BrokerConfig`] of a file, the environment and the command line, with every [`Problem`] found on the
//! way. [`catalogue`] knows all keys and what becomes of each; [`describe`] answers DescribeConfigs from it; [`Limits`] derives
//! every bound of the process.

pub mod broker;
pub mod catalogue;
pub mod describe;
pub mod environment;
pub mod limits;
pub mod listener;
pub mod load;
pub mod measured;
pub mod origin;
pub mod problem;
pub mod properties;
pub mod provider;
pub mod rules;
pub mod settings;
pub mod suggest;

pub use broker::BrokerConfig;
pub use limits::Limits;
pub use problem::{Problem, Problems};
