//! ListGroups: every group that passes the filters, from every coordinator of this node.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::messages::list_groups_request::ListGroupsRequest;
use thalweg_wire::messages::list_groups_response::ListGroupsResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups;

/// Handles a ListGroups request. A coordinator that still loads makes the whole answer an error, since it may hide groups.
pub(crate) async fn handle(cx: RequestContext, request: ListGroupsRequest) -> Outcome<ListGroupsResponse> {
    let asked: Vec<_> = (0..groups::partitions(&cx).unwrap_or(0))
        .filter_map(|partition| groups::coordinator_at(&cx, partition).ok())
        .map(|key| {
            let states = request.states_filter.clone();
            groups::ask_at(&cx, key, GroupRequest::List { states, types: request.types_filter.clone() })
        })
        .collect();
    let mut response = ListGroupsResponse::default();
    for asked in asked {
        let Some(GroupResponse::List(listed)) = asked.await else { return Outcome::Close(groups::STOPPING) };
        if listed.error_code != 0 {
            response.error_code = listed.error_code;
        }
        response.groups.extend(listed.groups);
    }
    Outcome::Reply(response)
}
