//! DeleteGroups: groups without members go, each by its own coordinator.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::messages::delete_groups_request::DeleteGroupsRequest;
use thalweg_wire::messages::delete_groups_response::DeleteGroupsResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups;

/// Handles a DeleteGroups request.
pub(crate) async fn handle(cx: RequestContext, request: DeleteGroupsRequest) -> Outcome<DeleteGroupsResponse> {
    let mut asked = Vec::with_capacity(request.groups_names.len());
    for group in request.groups_names {
        let found = groups::coordinator(&cx, &group);
        let part = GroupRequest::Delete { groups: vec![group] };
        asked.push(match found {
            Ok(key) => Ok(groups::ask_at(&cx, key, part)),
            Err(error) => Err(part.refuse(error)),
        });
    }
    let mut response = DeleteGroupsResponse::default();
    for asked in asked {
        let answer = match asked {
            Ok(asked) => asked.await,
            Err(refused) => Some(refused),
        };
        let Some(GroupResponse::Delete(deleted)) = answer else { return Outcome::Close(groups::STOPPING) };
        response.results.extend(deleted);
    }
    Outcome::Reply(response)
}
