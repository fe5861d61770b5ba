//! DescribeCluster: the brokers and the cluster's id.

use thalweg_wire::ErrorCode;
use thalweg_wire::Str;
use thalweg_wire::messages::describe_cluster_request::DescribeClusterRequest;
use thalweg_wire::messages::describe_cluster_response::{DescribeClusterBroker, DescribeClusterResponse};

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::CLUSTER_OPERATIONS;

const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

/// Handles a DescribeCluster request. Controllers have no listener of their own here: who asks for them is told that it
/// speaks to a broker.
pub(crate) async fn handle(cx: RequestContext, request: DescribeClusterRequest) -> Outcome<DescribeClusterResponse> {
    let refused = match request.endpoint_type {
        BROKERS => None,
        CONTROLLERS => Some((ErrorCode::MismatchedEndpointType, "This is a broker's endpoint.")),
        _ => Some((ErrorCode::UnsupportedEndpointType, "There are endpoints of type 1 (brokers) and 2 (controllers).")),
    };
    if let Some((error, text)) = refused {
        return Outcome::Reply(DescribeClusterResponse {
            error_code: error.code(),
            error_message: Some(Str::from_static(text)),
            ..Default::default()
        });
    }
    let brokers = cx.state.brokers(cx.connection.listener).into_iter().map(|node| DescribeClusterBroker {
        broker_id: node.node,
        host: node.host,
        port: node.port,
        rack: node.rack,
        ..Default::default()
    });
    let mut response = DescribeClusterResponse {
        cluster_id: cx.state.cluster_id.clone(),
        controller_id: cx.state.node.0,
        endpoint_type: BROKERS,
        brokers: brokers.collect(),
        ..Default::default()
    };
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    Outcome::Reply(response)
}
