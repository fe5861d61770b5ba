//! What the controller is asked and what it answers. Wire structs where a client asks; the edge of `net` has authorized and
//! filtered them, and encodes the answers as they are.

use thalweg_wire::messages::alter_configs_request::AlterConfigsRequest;
use thalweg_wire::messages::alter_configs_response::{self, AlterConfigsResponse};
use thalweg_wire::messages::create_partitions_request::CreatePartitionsRequest;
use thalweg_wire::messages::create_partitions_response::{CreatePartitionsResponse, CreatePartitionsTopicResult};
use thalweg_wire::messages::create_topics_request::CreateTopicsRequest;
use thalweg_wire::messages::create_topics_response::{CreatableTopicResult, CreateTopicsResponse};
use thalweg_wire::messages::delete_topics_request::DeleteTopicsRequest;
use thalweg_wire::messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};
use thalweg_wire::messages::incremental_alter_configs_request::IncrementalAlterConfigsRequest;
use thalweg_wire::messages::incremental_alter_configs_response::{self, IncrementalAlterConfigsResponse};
use thalweg_wire::{ErrorCode, NodeId, ProducerId, Str, Uuid};

use crate::metadata::Endpoint;

/// What a broker says of itself when it starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokerFacts {
    /// Its node id.
    pub id: NodeId,
    /// Another one after every start.
    pub incarnation: Uuid,
    /// The offset its registration will have in the metadata log: larger than any before.
    pub epoch: i64,
    /// Where clients and brokers reach it.
    pub endpoints: Vec<Endpoint>,
    /// Its rack.
    pub rack: Option<Str>,
    /// Its log directories.
    pub log_dirs: Vec<Uuid>,
}

/// Asked of the controller.
#[derive(Clone, Debug)]
pub enum ControlRequest {
    /// A broker starts.
    RegisterBroker(BrokerFacts),
    /// CreateTopics.
    CreateTopics {
        /// Version of the request.
        version: i16,
        /// The request.
        request: CreateTopicsRequest,
    },
    /// Topics that were asked for and are not there.
    AutoCreateTopics {
        /// Their names.
        names: Vec<Str>,
    },
    /// `__consumer_offsets` is needed.
    CreateOffsetsTopic,
    /// DeleteTopics.
    DeleteTopics {
        /// Version of the request.
        version: i16,
        /// The request.
        request: DeleteTopicsRequest,
    },
    /// CreatePartitions.
    CreatePartitions {
        /// The request.
        request: CreatePartitionsRequest,
    },
    /// IncrementalAlterConfigs.
    IncrementalAlterConfigs {
        /// The request.
        request: IncrementalAlterConfigsRequest,
    },
    /// AlterConfigs.
    AlterConfigs {
        /// The request.
        request: AlterConfigsRequest,
    },
    /// A block of producer ids for this node.
    AllocateProducerIds,
}

/// Producer ids nobody else will get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerIdBlock {
    /// The first.
    pub first: ProducerId,
    /// How many.
    pub len: i32,
}

/// Answer to a [`ControlRequest`].
#[derive(Clone, PartialEq, Debug)]
pub enum ControlResponse {
    /// To [`ControlRequest::RegisterBroker`]; the epoch is -1 if it was refused.
    Registered {
        /// The broker's epoch.
        epoch: i64,
    },
    /// To [`ControlRequest::CreateTopics`].
    CreateTopics(CreateTopicsResponse),
    /// To [`ControlRequest::AutoCreateTopics`]: a code for each name, `None` also where the topic was there already.
    AutoCreateTopics(Vec<(Str, ErrorCode)>),
    /// To [`ControlRequest::CreateOffsetsTopic`]: `None` also where it was there already.
    OffsetsTopic(ErrorCode),
    /// To [`ControlRequest::DeleteTopics`].
    DeleteTopics(DeleteTopicsResponse),
    /// To [`ControlRequest::CreatePartitions`].
    CreatePartitions(CreatePartitionsResponse),
    /// To [`ControlRequest::IncrementalAlterConfigs`].
    IncrementalAlterConfigs(IncrementalAlterConfigsResponse),
    /// To [`ControlRequest::AlterConfigs`].
    AlterConfigs(AlterConfigsResponse),
    /// To [`ControlRequest::AllocateProducerIds`].
    ProducerIds(Result<ProducerIdBlock, ErrorCode>),
}

impl ControlRequest {
    /// The answer that refuses everything asked for with one code.
    pub fn refuse(&self, code: ErrorCode) -> ControlResponse {
        let error_code = code as i16;
        let error_message = Some(Str::from(code.message()));
        match self {
            ControlRequest::RegisterBroker(_) => ControlResponse::Registered { epoch: -1 },
            ControlRequest::CreateTopics { request, .. } => {
                let rows = request.topics.iter().map(|topic| CreatableTopicResult {
                    name: topic.name.clone(),
                    error_code,
                    error_message: error_message.clone(),
                    ..Default::default()
                });
                ControlResponse::CreateTopics(CreateTopicsResponse { topics: rows.collect(), ..Default::default() })
            }
            ControlRequest::AutoCreateTopics { names } => {
                ControlResponse::AutoCreateTopics(names.iter().map(|name| (name.clone(), code)).collect())
            }
            ControlRequest::CreateOffsetsTopic => ControlResponse::OffsetsTopic(code),
            ControlRequest::DeleteTopics { request, .. } => {
                let by_name = request.topic_names.iter().map(|name| (Some(name.clone()), Uuid::ZERO));
                let rows = by_name.chain(request.topics.iter().map(|topic| (topic.name.clone(), topic.topic_id)));
                let rows = rows.map(|(name, topic_id)| DeletableTopicResult {
                    name,
                    topic_id,
                    error_code,
                    error_message: error_message.clone(),
                });
                ControlResponse::DeleteTopics(DeleteTopicsResponse { responses: rows.collect(), ..Default::default() })
            }
            ControlRequest::CreatePartitions { request } => {
                let rows = request.topics.iter().map(|topic| CreatePartitionsTopicResult {
                    name: topic.name.clone(),
                    error_code,
                    error_message: error_message.clone(),
                });
                let results = rows.collect();
                ControlResponse::CreatePartitions(CreatePartitionsResponse { results, ..Default::default() })
            }
            ControlRequest::IncrementalAlterConfigs { request } => {
                let rows = request.resources.iter().map(|resource| {
                    incremental_alter_configs_response::AlterConfigsResourceResponse {
                        error_code,
                        error_message: error_message.clone(),
                        resource_type: resource.resource_type,
                        resource_name: resource.resource_name.clone(),
                    }
                });
                let responses = rows.collect();
                let response = IncrementalAlterConfigsResponse { responses, ..Default::default() };
                ControlResponse::IncrementalAlterConfigs(response)
            }
            ControlRequest::AlterConfigs { request } => {
                let rows =
                    request.resources.iter().map(|resource| alter_configs_response::AlterConfigsResourceResponse {
                        error_code,
                        error_message: error_message.clone(),
                        resource_type: resource.resource_type,
                        resource_name: resource.resource_name.clone(),
                    });
                let responses = rows.collect();
                ControlResponse::AlterConfigs(AlterConfigsResponse { responses, ..Default::default() })
            }
            ControlRequest::AllocateProducerIds => ControlResponse::ProducerIds(Err(code)),
        }
    }
}
