//! From the configuration people write to what each room is started with. Nothing is decided here that is not in
//! [`BrokerConfig`] or [`Limits`](crate::config::Limits).

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use thalweg_engine::{DestageConfig, EngineConfig, HostConfig, JournalConfig};
use thalweg_replication::controller::BrokerFacts;
use thalweg_replication::metadata;
use thalweg_replication::metadata::topic_config::Durability;
use thalweg_rt::{Config, Kind};
use thalweg_wire::Str;

use crate::config::{self, BrokerConfig, broker, rules};
use crate::connection::admission::ConnectionLimits;
use crate::data_dir::{self, DataDir, DataDirError};
use crate::listener::Binding;
use crate::server::ServerError;
use crate::state::{Endpoint, Limits, Settings};

/// Idle time that never passes.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The limit on open files in force.
pub(crate) fn open_files() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// Where to listen, and what to tell clients.
pub(crate) fn bindings(config: &BrokerConfig) -> Result<Vec<Binding>, ServerError> {
    config
        .listeners
        .bound
        .iter()
        .map(|listener| {
            let bind = listener.resolve().map_err(|error| ServerError::Resolve(listener.to_string(), error))?;
            let told = config.listeners.advertised.iter().find(|told| told.name == listener.name);
            let (host, port) = told.map_or((&listener.host, 0), |told| (&told.host, told.port));
            Ok(Binding {
                name: listener.name.clone(),
                bind,
                advertised_host: host.clone(),
                advertised_port: (port != 0).then_some(port),
            })
        })
        .collect()
}

/// What the cores run on.
pub(crate) fn runtime(config: &BrokerConfig, limits: &config::Limits) -> Config {
    Config {
        kind: match config.engine.runtime {
            broker::Runtime::Uring => Kind::Uring,
            broker::Runtime::Glommio => Kind::Glommio,
        },
        cores: config.engine.cores.clone(),
        spin: config.engine.spin,
        receive_buffers: limits.core_receive_buffers,
        receive_buffer_bytes: limits.receive_buffer_bytes as usize,
        pool_bytes: usize::try_from(limits.core_append_bytes + limits.core_read_bytes).unwrap_or(usize::MAX),
        mesh_slots: limits.mesh_slots as usize,
    }
}

/// Memory a core keeps for what was appended last and is not on disk yet, if it may have more: thousands of partitions go there in
/// pieces the larger, the more it is.
const TAIL_BYTES: u64 = 192 << 20;

/// Memory a core keeps for what was appended last and is on disk, if it may have more: a consumer that is further behind reads from
/// there.
const TAIL_WRITTEN_BYTES: u64 = 48 << 20;

/// Memory a core keeps for what is read before it is asked for, if it may have more: some MiB for each of a few dozen readers.
const READ_AHEAD_BYTES: u64 = 64 << 20;

/// What each core's storage is started with.
pub(crate) fn engine(config: &BrokerConfig, limits: &config::Limits, data: &DataDir) -> EngineConfig {
    let defaults = EngineConfig::new(data.path.clone(), config.node_id);
    EngineConfig {
        journal: JournalConfig {
            files: config.engine.journal_files,
            file_bytes: config.engine.journal_file_bytes,
            initial_files: config.engine.journal_files.min(defaults.journal.initial_files),
            ..defaults.journal
        },
        limits: thalweg_engine::Limits {
            tail_bytes: (limits.core_append_bytes / 2).min(TAIL_BYTES),
            tail_written_bytes: (limits.core_append_bytes / 2).min(TAIL_WRITTEN_BYTES),
            tail_bytes_max: limits.core_append_bytes,
            read_ahead_bytes: (limits.core_read_bytes / 4).min(READ_AHEAD_BYTES),
            open_files_max: limits.core_open_files_max as usize,
            parked_reads_max: limits.core_parked_reads_max as usize,
            parked_appends_max: limits.core_parked_appends_max as usize,
            ..defaults.limits
        },
        destage: DestageConfig {
            piece_bytes: config.engine.destage_piece_bytes,
            pieces_in_flight_max: usize::from(config.engine.destage_pieces),
            age_ms: u32::try_from(config.engine.destage_age.as_millis()).unwrap_or(u32::MAX),
            ..defaults.destage
        },
        bypass_bytes: config.engine.bypass_bytes,
        read_path: match config.engine.read_path {
            broker::ReadPath::Auto => thalweg_engine::ReadPath::Auto,
            broker::ReadPath::Sendfile => thalweg_engine::ReadPath::Sendfile,
            broker::ReadPath::Direct => thalweg_engine::ReadPath::Direct,
        },
        write_behind: config.engine.durability == Durability::WriteBehind,
        unsafe_no_flush: config.engine.unsafe_no_flush,
        topic_defaults: config.topic_defaults.clone(),
        producer_id_expiration_ms: i64::try_from(config.producer_id_expiration.as_millis()).unwrap_or(i64::MAX),
        ..defaults
    }
}

/// What handlers read.
pub(crate) fn settings(config: &BrokerConfig, limits: &config::Limits) -> Settings {
    Settings {
        auto_create_topics: config.topics.auto_create,
        delete_topics: config.topics.delete_enable,
        fetch_bytes_max: limits.fetch_bytes_max,
        described_partitions_max: i32::try_from(limits.described_partitions_max).unwrap_or(i32::MAX),
        rack: config.rack.as_deref().map(Str::from),
    }
}

/// What one core may hold for its clients.
pub(crate) fn limits(config: &BrokerConfig, limits: &config::Limits) -> Limits {
    Limits {
        request_bytes_max: limits.frame_bytes_max as usize,
        in_flight_requests_max: usize::from(limits.pipelined_requests_max),
        in_flight_bytes_max: usize::try_from(limits.core_request_bytes_max / 4).unwrap_or(usize::MAX),
        response_backlog_bytes: limits.reply_bytes_max as usize,
        core_request_bytes_max: usize::try_from(limits.core_request_bytes_max).unwrap_or(usize::MAX),
        idle: config.sockets.idle_max.unwrap_or(FOR_EVER),
        fetch_sessions_max: limits.core_fetch_sessions_max as usize,
        fetch_session_partitions_max: limits.fetch_session_partitions_max as usize,
    }
}

/// Who may connect.
pub(crate) fn connections(config: &BrokerConfig, limits: &config::Limits) -> ConnectionLimits {
    let overrides = &config.sockets.connections_per_ip_overrides;
    ConnectionLimits {
        connections_max: limits.connections_max as usize,
        per_address_max: limits.connections_per_ip_max as usize,
        overrides: overrides.iter().map(|(ip, count)| (*ip, *count as usize)).collect::<HashMap<_, _>>(),
    }
}

/// What the coordinators and the controller are started with.
pub(crate) fn host(
    config: &BrokerConfig,
    limits: &config::Limits,
    data: &DataDir,
    endpoints: &[Endpoint],
) -> Result<HostConfig, DataDirError> {
    let endpoints = endpoints.iter().map(|at| metadata::Endpoint {
        name: at.listener.clone(),
        host: at.host.clone(),
        port: u16::try_from(at.port).unwrap_or(0),
        security_protocol: PLAINTEXT,
    });
    Ok(HostConfig {
        groups: rules::group_config(config, limits),
        control: rules::control_defaults(config),
        broker: BrokerFacts {
            id: config.node_id,
            incarnation: data_dir::random_uuid()?,
            epoch: 0,
            endpoints: endpoints.collect(),
            rack: config.rack.as_deref().map(Str::from),
            log_dirs: vec![data.meta.directory],
        },
        seed: u128::from_be_bytes(data_dir::random_uuid()?.0),
    })
}

/// The number of the one security protocol that is served.
const PLAINTEXT: i16 = 0;
