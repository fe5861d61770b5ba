//! The broker as the world sees it: configuration, command line, connections and handlers.

#![forbid(unsafe_code)]

pub mod config;
pub mod data_dir;
pub mod fetch_session;
