//! Decisions for the whole cluster: a request and the image go in, records and the answer come out ([`Decision`]). Nothing is
//! true until the records are committed and replayed; the answer leaves after that.
//!
//! Whoever runs a [`Controller`] decides one request at a time and replays its records before the next: every rule here reads
//! the image and trusts it to be current.

mod configs;
mod partitions;
mod record;
mod request;
mod topics;

use thalweg_wire::records::metadata::{
    BrokerRegistrationChangeRecord, FeatureLevelRecord, MetadataRecord, ProducerIdsRecord, RegisterBrokerRecord,
    register_broker_record,
};
use thalweg_wire::{ErrorCode, NodeId, ProducerId, Str, Uuid};

use crate::metadata::{Configs, Image};

pub use record::encode;
pub use request::{BrokerFacts, ControlRequest, ControlResponse, ProducerIdBlock};

/// What the broker's own configuration decides.
#[derive(Clone, Debug)]
pub struct ControlDefaults {
    /// `num.partitions`.
    pub num_partitions: i32,
    /// `default.replication.factor`.
    pub default_replication_factor: i16,
    /// `delete.topic.enable`.
    pub delete_topic_enable: bool,
    /// `offsets.topic.num.partitions`.
    pub offsets_topic_partitions: i32,
    /// `offsets.topic.replication.factor`.
    pub offsets_topic_replication_factor: i16,
    /// `offsets.topic.segment.bytes`.
    pub offsets_topic_segment_bytes: u32,
    /// What the configuration file sets, by broker key.
    pub broker: Configs,
    /// Judges a change of a broker's configuration while it runs. This crate does not know the catalogue of broker keys.
    pub broker_key: fn(&str) -> Option<BrokerKey>,
    /// Topics in the cluster.
    pub topics_max: usize,
    /// Partitions in the cluster.
    pub partitions_max: usize,
}

impl Default for ControlDefaults {
    fn default() -> ControlDefaults {
        ControlDefaults {
            num_partitions: 1,
            default_replication_factor: 1,
            delete_topic_enable: true,
            offsets_topic_partitions: 50,
            offsets_topic_replication_factor: 1,
            offsets_topic_segment_bytes: 104_857_600,
            broker: Configs::new(),
            broker_key: |_| None,
            topics_max: 1_000_000,
            partitions_max: 1_000_000,
        }
    }
}

/// What is known of a broker key.
#[derive(Clone, Copy, Debug)]
pub struct BrokerKey {
    /// May be changed while the broker runs.
    pub dynamic: bool,
    /// Its value is a list.
    pub list: bool,
    /// The value when nothing sets it.
    pub default: &'static str,
    /// Whether the key, given first, may have this value.
    pub validate: fn(&str, &str) -> Result<(), String>,
}

/// Records to append and the answer to give once they are committed and replayed.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision {
    /// All or none of these must become part of the log.
    pub records: Vec<MetadataRecord>,
    /// The answer.
    pub reply: ControlResponse,
}

/// An error with a sentence for the client.
type Refusal = (ErrorCode, String);

/// Decides for the cluster.
#[derive(Clone, Debug)]
pub struct Controller {
    /// The node it runs on.
    pub node: NodeId,
    /// What the configuration decides.
    pub defaults: ControlDefaults,
}

impl Controller {
    /// Decides one request. `new_ids` gives random ids.
    pub fn decide(&self, image: &Image, request: ControlRequest, new_ids: &mut dyn FnMut() -> Uuid) -> Decision {
        match request {
            ControlRequest::RegisterBroker(facts) => register(facts),
            ControlRequest::CreateTopics { version, request } => self.create_topics(image, version, request, new_ids),
            ControlRequest::AutoCreateTopics { names } => self.auto_create_topics(image, names, new_ids),
            ControlRequest::CreateOffsetsTopic => self.create_offsets_topic(image, new_ids),
            ControlRequest::DeleteTopics { version, request } => self.delete_topics(image, version, request),
            ControlRequest::CreatePartitions { request } => self.create_partitions(image, request),
            ControlRequest::IncrementalAlterConfigs { request } => self.incremental_alter_configs(image, request),
            ControlRequest::AlterConfigs { request } => self.alter_configs(image, request),
            ControlRequest::AllocateProducerIds => self.allocate_producer_ids(image),
        }
    }

    fn allocate_producer_ids(&self, image: &Image) -> Decision {
        let first = image.next_producer_id();
        let epoch = image.broker(self.node).map(|broker| broker.epoch);
        let (Some(epoch), Some(next)) = (epoch, first.0.checked_add(i64::from(PRODUCER_ID_BLOCK))) else {
            let refused = ControlRequest::AllocateProducerIds.refuse(ErrorCode::CoordinatorNotAvailable);
            return Decision { records: Vec::new(), reply: refused };
        };
        let record = ProducerIdsRecord { broker_id: self.node.0, broker_epoch: epoch, next_producer_id: next };
        let block = ProducerIdBlock { first: ProducerId(first.0), len: PRODUCER_ID_BLOCK };
        Decision { records: vec![MetadataRecord::ProducerIds(record)], reply: ControlResponse::ProducerIds(Ok(block)) }
    }
}

/// What the log of a new cluster begins with.
pub fn bootstrap() -> Vec<MetadataRecord> {
    // Only features this broker serves have a level; the others are 0, which is "off" to every client and tool.
    let metadata = FeatureLevelRecord { name: Str::from_static(METADATA_VERSION), feature_level: METADATA_LEVEL };
    vec![MetadataRecord::FeatureLevel(metadata)]
}

fn register(facts: BrokerFacts) -> Decision {
    let feature = register_broker_record::BrokerFeature {
        name: Str::from_static(METADATA_VERSION),
        min_supported_version: METADATA_LEVEL_MIN,
        max_supported_version: METADATA_LEVEL,
    };
    let end_points = facts.endpoints.into_iter().map(|at| register_broker_record::BrokerEndpoint {
        name: at.name,
        host: at.host,
        port: at.port,
        security_protocol: at.security_protocol,
    });
    let registration = RegisterBrokerRecord {
        broker_id: facts.id.0,
        is_migrating_zk_broker: false,
        incarnation_id: facts.incarnation,
        broker_epoch: facts.epoch,
        end_points: end_points.collect(),
        features: vec![feature],
        rack: facts.rack,
        fenced: true,
        in_controlled_shutdown: false,
        log_dirs: facts.log_dirs,
        cordoned_log_dirs: None,
    };
    let unfence = BrokerRegistrationChangeRecord {
        broker_id: facts.id.0,
        broker_epoch: facts.epoch,
        fenced: UNFENCE,
        ..Default::default()
    };
    Decision {
        records: vec![MetadataRecord::RegisterBroker(registration), MetadataRecord::BrokerRegistrationChange(unfence)],
        reply: ControlResponse::Registered { epoch: facts.epoch },
    }
}

/// Producer ids handed out to a broker at a time.
const PRODUCER_ID_BLOCK: i32 = 1_000;
const METADATA_VERSION: &str = "metadata.version";
/// Kafka 4.4's newest.
const METADATA_LEVEL: i16 = 33;
const METADATA_LEVEL_MIN: i16 = 7;
const UNFENCE: i8 = -1;
/// Records one request may cause: they must fit one atomic batch.
const RECORDS_MAX: usize = 20_000;
/// Partitions one request may create.
const PARTITIONS_PER_REQUEST_MAX: usize = 10_000;
