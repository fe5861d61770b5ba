//! FindCoordinator: which broker keeps a group. The first question about any group creates `__consumer_offsets`.

use thalweg_wire::messages::find_coordinator_request::FindCoordinatorRequest;
use thalweg_wire::messages::find_coordinator_response::{Coordinator, FindCoordinatorResponse};
use thalweg_wire::{ErrorCode, Str};

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::handlers::{control, groups};
use crate::state::NodeView;

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

/// First version that asks for several keys.
const BATCHED_SINCE: i16 = 4;

/// Handles a FindCoordinator request.
pub(crate) async fn handle(cx: RequestContext, request: FindCoordinatorRequest) -> Outcome<FindCoordinatorResponse> {
    let keys = if cx.version >= BATCHED_SINCE { request.coordinator_keys } else { vec![request.key] };
    let ready = match request.key_type {
        GROUP if groups::partitions(&cx).is_none() => control::create_offsets_topic(&cx).await,
        GROUP => Ok(()),
        // Fatal for a producer, and true: there are no transactions to coordinate.
        TRANSACTION => Err(ErrorCode::UnsupportedVersion),
        _ => Err(ErrorCode::InvalidRequest),
    };
    let found: Vec<Coordinator> = keys.into_iter().map(|key| find(&cx, key, ready)).collect();
    let mut response = FindCoordinatorResponse::default();
    if cx.version >= BATCHED_SINCE {
        response.coordinators = found;
    } else if let Some(one) = found.into_iter().next() {
        response.error_code = one.error_code;
        response.error_message = one.error_message;
        response.node_id = one.node_id;
        response.host = one.host;
        response.port = one.port;
    }
    Outcome::Reply(response)
}

fn find(cx: &RequestContext, key: Str, ready: Result<(), ErrorCode>) -> Coordinator {
    let here = || -> Result<NodeView, ErrorCode> {
        ready?;
        if !authorize(cx, Operation::Describe, Resource::Group(&key)) {
            return Err(ErrorCode::GroupAuthorizationFailed);
        }
        groups::coordinator(cx, &key).map_err(|_| ErrorCode::CoordinatorNotAvailable)?;
        cx.state.endpoint(cx.state.node.0, cx.connection.listener).ok_or(ErrorCode::CoordinatorNotAvailable)
    };
    match here() {
        Ok(node) => Coordinator {
            key,
            node_id: node.node,
            host: node.host,
            port: node.port,
            // Kafka says NONE, and some clients print it
            error_message: Some(Str::from_static("NONE")),
            ..Default::default()
        },
        Err(error) => Coordinator {
            key,
            node_id: -1,
            port: -1,
            error_code: error.code(),
            error_message: Some(Str::from_static(error.message())),
            ..Default::default()
        },
    }
}
