//! The broker as the world sees it: configuration, command line, connections and handlers.

#![forbid(unsafe_code)]

pub mod cli;
pub mod config;
pub mod connection;
pub mod data_dir;
pub mod dispatch;
pub mod errors;
pub mod fetch_session;
mod first_topics;
pub mod handlers;
pub mod listener;
pub mod server;
pub mod state;
mod translate;
