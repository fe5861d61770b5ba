//! DescribeConfigs: every setting of a topic or of this broker, with its value and where that is from.

use std::collections::BTreeMap;

use thalweg_replication::metadata::{Image, ResourceKind};
use thalweg_wire::messages::describe_configs_request::{DescribeConfigsRequest, DescribeConfigsResource};
use thalweg_wire::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult, DescribeConfigsSynonym,
};
use thalweg_wire::{ErrorCode, Str};

use crate::config::BrokerConfig;
use crate::config::describe::ConfigRow;
use crate::config::settings::Dynamic;
use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::handlers::control;

/// What of a row the client wants to see.
#[derive(Clone, Copy)]
struct Wants {
    synonyms: bool,
    documentation: bool,
}

/// Handles a DescribeConfigs request.
pub(crate) async fn handle(cx: RequestContext, request: DescribeConfigsRequest) -> Outcome<DescribeConfigsResponse> {
    let wants = Wants { synonyms: request.include_synonyms, documentation: request.include_documentation };
    let image = cx.state.engine.image();
    let config = cx.state.config.with_dynamic(dynamic(&cx, &image));
    let results = request.resources.into_iter().map(|asked| {
        let mut result = DescribeConfigsResult {
            resource_type: asked.resource_type,
            resource_name: asked.resource_name.clone(),
            error_message: None,
            ..Default::default()
        };
        match describe(&cx, &image, &config, &asked) {
            Ok(rows) => result.configs = rows.into_iter().map(|row| told(row, wants)).collect(),
            Err((error, why)) => {
                result.error_code = error.code();
                result.error_message = Some(Str::from(why));
            }
        }
        result
    });
    Outcome::Reply(DescribeConfigsResponse { results: results.collect(), ..Default::default() })
}

fn describe(
    cx: &RequestContext,
    image: &Image,
    config: &BrokerConfig,
    asked: &DescribeConfigsResource,
) -> Result<Vec<ConfigRow>, (ErrorCode, String)> {
    let keys: Option<Vec<&str>> =
        asked.configuration_keys.as_ref().map(|keys| keys.iter().map(|key| key.as_str()).collect());
    let keys = keys.as_deref();
    let name = asked.resource_name.as_str();
    match ResourceKind::from_number(asked.resource_type) {
        Some(ResourceKind::Topic) => {
            if !authorize(cx, Operation::DescribeConfigs, Resource::Topic(name)) {
                return Err((
                    ErrorCode::TopicAuthorizationFailed,
                    "not allowed to see this topic's settings".to_owned(),
                ));
            }
            if !control::is_topic_name(name) {
                return Err((ErrorCode::InvalidTopicException, format!("{name:?} is no name of a topic")));
            }
            if image.topic(name).is_none() {
                return Err((ErrorCode::UnknownTopicOrPartition, format!("there is no topic {name}")));
            }
            let nothing = BTreeMap::new();
            Ok(config.describe_topic(image.config(ResourceKind::Topic, name).unwrap_or(&nothing), keys))
        }
        Some(ResourceKind::Broker) => {
            if !authorize(cx, Operation::DescribeConfigs, Resource::Cluster) {
                return Err((
                    ErrorCode::ClusterAuthorizationFailed,
                    "not allowed to see this broker's settings".to_owned(),
                ));
            }
            if name.is_empty() {
                return Ok(config.describe_cluster(keys));
            }
            if name.parse() != Ok(cx.state.node.0) {
                let why = format!("broker {} cannot tell the settings of broker {name:?}", cx.state.node);
                return Err((ErrorCode::InvalidRequest, why));
            }
            Ok(config.describe_broker(keys))
        }
        Some(ResourceKind::ClientMetrics | ResourceKind::Group) | None => {
            Err((ErrorCode::InvalidRequest, format!("resources of type {} have no settings here", asked.resource_type)))
        }
    }
}

/// What was set on brokers while they run.
fn dynamic(cx: &RequestContext, image: &Image) -> Dynamic {
    let set = |name: &str| image.config(ResourceKind::Broker, name).cloned().unwrap_or_default();
    Dynamic { node: set(&cx.state.node.to_string()), cluster: set("") }
}

fn told(row: ConfigRow, wants: Wants) -> DescribeConfigsResourceResult {
    let synonyms = if wants.synonyms { row.synonyms } else { Vec::new() };
    DescribeConfigsResourceResult {
        name: Str::from_static(row.name),
        value: row.value.map(Str::from),
        read_only: row.read_only,
        config_source: row.source.code(),
        is_sensitive: row.sensitive,
        synonyms: synonyms
            .into_iter()
            .map(|synonym| DescribeConfigsSynonym {
                name: Str::from_static(synonym.name),
                value: synonym.value.map(Str::from),
                source: synonym.source.code(),
            })
            .collect(),
        config_type: row.kind.code(),
        documentation: wants.documentation.then(|| Str::from_static(row.doc)),
    }
}
