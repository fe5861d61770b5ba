//! What one core of the broker knows besides its engine: settings, the broker's identity and addresses, fetch sessions,
//! counters. One value per core, shared by its connections and handlers; nothing in it is touched by another core.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use thalweg_engine::{Engine, ReadId};
use thalweg_rt::{Core, Wakers};
use thalweg_wire::{NodeId, Str, Uuid};

use crate::connection::ConnectionInfo;
use crate::connection::admission::Admission;
use crate::fetch_session::FetchSessions;
use crate::handlers::init_producer_id::ProducerIds;

/// What of the configuration handlers read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `auto.create.topics.enable`
    pub auto_create_topics: bool,
    /// `delete.topic.enable`
    pub delete_topics: bool,
    /// `fetch.max.bytes`
    pub fetch_bytes_max: u32,
    /// Partitions in one DescribeTopicPartitions response.
    pub described_partitions_max: i32,
    /// `broker.rack`
    pub rack: Option<Str>,
}

/// What one core may hold for its clients.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest request (`socket.request.max.bytes`).
    pub request_bytes_max: usize,
    /// Requests of one connection in flight.
    pub in_flight_requests_max: usize,
    /// Their bytes; one request may exceed it.
    pub in_flight_bytes_max: usize,
    /// Reply bytes a connection has not taken, beyond which it is not read from.
    pub response_backlog_bytes: usize,
    /// Request bytes of all connections of the core.
    pub core_request_bytes_max: usize,
    /// Time without any movement after which a connection closes (`connections.max.idle.ms`).
    pub idle: Duration,
    /// Fetch sessions of the core.
    pub fetch_sessions_max: usize,
    /// Partitions of one of them.
    pub fetch_session_partitions_max: usize,
}

/// An address clients use.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The listener's name.
    pub listener: Str,
    /// Host to tell clients.
    pub host: Str,
    /// Port to tell clients.
    pub port: i32,
}

/// A broker as clients see it on one listener.
#[derive(Clone, Debug)]
pub struct NodeView {
    /// Its id.
    pub node: i32,
    /// Host.
    pub host: Str,
    /// Port.
    pub port: i32,
    /// Rack.
    pub rack: Option<Str>,
}

/// What is counted, since the start of the core.
#[derive(Default, Debug)]
pub struct Counters {
    /// Connections accepted.
    pub accepted: Cell<u64>,
    /// Connections turned away by a limit.
    pub refused: Cell<u64>,
    /// Connections closed for what they sent.
    pub broken: Cell<u64>,
    /// Requests begun.
    pub requests: Cell<u64>,
}

/// Adds one.
pub(crate) fn count(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

/// One core's state.
pub struct CoreState {
    /// What the core runs on.
    pub core: Core,
    /// Its storage.
    pub engine: Rc<Engine>,
    /// This broker.
    pub node: NodeId,
    /// The cluster.
    pub cluster_id: Str,
    /// The data directory's id.
    pub directory_id: Uuid,
    /// The data directory, as it is told to clients.
    pub log_dir: Str,
    /// The data directory.
    pub data: PathBuf,
    /// Settings.
    pub settings: Settings,
    /// Limits.
    pub limits: Limits,
    /// Own addresses, by listener.
    pub endpoints: Vec<Endpoint>,
    /// The whole configuration, for DescribeConfigs.
    pub config: Arc<crate::config::BrokerConfig>,
    /// Who may connect.
    pub admission: Arc<Admission>,
    /// Fetch sessions.
    pub sessions: RefCell<FetchSessions>,
    /// Producer ids to give out.
    pub producer_ids: ProducerIds,
    /// Counters.
    pub counters: Counters,
    /// Memory held for requests, in bytes.
    pub request_bytes: Cell<usize>,
    pub(crate) stopping: Cell<bool>,
    /// Accept loops, to be woken when the core stops.
    pub(crate) stop_wakers: Wakers,
    /// Whoever waits for connections to close.
    pub(crate) closed_wakers: Wakers,
    pub(crate) connections: RefCell<HashMap<u64, Rc<ConnectionInfo>>>,
    pub(crate) next_serial: Cell<u64>,
}

impl CoreState {
    /// Now, in milliseconds of the monotonic clock.
    pub fn now_ms(&self) -> u64 {
        self.core.timer.now().0 / 1_000_000
    }

    /// A number nobody on this core has.
    pub(crate) fn serial(&self) -> u64 {
        let serial = self.next_serial.get();
        self.next_serial.set(serial + 1);
        serial
    }

    /// A name for a read that may be parked.
    pub(crate) fn read_id(&self) -> ReadId {
        ReadId { from: self.core.id, serial: self.serial() }
    }

    /// The finalized `metadata.version`.
    pub fn metadata_version(&self) -> i16 {
        self.engine.image().feature("metadata.version")
    }

    /// How a client on `listener` reaches a broker.
    pub fn endpoint(&self, node: i32, listener: usize) -> Option<NodeView> {
        if node != self.node.0 {
            return None;
        }
        let own = self.endpoints.get(listener)?;
        let rack = self.settings.rack.clone();
        Some(NodeView { node, host: own.host.clone(), port: own.port, rack })
    }

    /// The brokers of the cluster, as a client on `listener` reaches them.
    pub fn brokers(&self, listener: usize) -> Vec<NodeView> {
        self.endpoint(self.node.0, listener).into_iter().collect()
    }
}
