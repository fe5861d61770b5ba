//! OffsetFetch: how far groups have read; from version 8 on for several groups, each with its own coordinator.

use thalweg_replication::group::{GroupRequest, GroupResponse, fetch_parts, fetch_response};
use thalweg_wire::messages::offset_fetch_request::OffsetFetchRequest;
use thalweg_wire::messages::offset_fetch_response::OffsetFetchResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups;

/// Handles an OffsetFetch request: one question for each group, joined in the order asked.
pub(crate) async fn handle(cx: RequestContext, request: OffsetFetchRequest) -> Outcome<OffsetFetchResponse> {
    let mut asked = Vec::new();
    for part in fetch_parts(cx.version, request) {
        let GroupRequest::OffsetFetch { request, .. } = &part else { continue };
        let found = groups::coordinator(&cx, &request.group_id);
        asked.push(match found {
            Ok(key) => Ok(groups::ask_at(&cx, key, part)),
            Err(error) => Err(part.refuse(error)),
        });
    }
    let mut answers = Vec::with_capacity(asked.len());
    for asked in asked {
        let answer = match asked {
            Ok(asked) => asked.await,
            Err(refused) => Some(refused),
        };
        let Some(GroupResponse::OffsetFetch(group)) = answer else { return Outcome::Close(groups::STOPPING) };
        answers.push(group);
    }
    Outcome::Reply(fetch_response(cx.version, answers))
}
