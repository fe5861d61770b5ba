//! DescribeGroups: state and members of groups, each told by its own coordinator.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::messages::describe_groups_request::DescribeGroupsRequest;
use thalweg_wire::messages::describe_groups_response::DescribeGroupsResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::{GROUP_OPERATIONS, groups};

/// Handles a DescribeGroups request.
pub(crate) async fn handle(cx: RequestContext, request: DescribeGroupsRequest) -> Outcome<DescribeGroupsResponse> {
    let wants_operations = request.include_authorized_operations;
    let mut asked = Vec::with_capacity(request.groups.len());
    for group in request.groups {
        let found = groups::coordinator(&cx, &group);
        let part = GroupRequest::Describe { version: cx.version, groups: vec![group] };
        asked.push(match found {
            Ok(key) => Ok(groups::ask_at(&cx, key, part)),
            Err(error) => Err(part.refuse(error)),
        });
    }
    let mut response = DescribeGroupsResponse::default();
    for asked in asked {
        let answer = match asked {
            Ok(asked) => asked.await,
            Err(refused) => Some(refused),
        };
        let Some(GroupResponse::Describe(described)) = answer else { return Outcome::Close(groups::STOPPING) };
        response.groups.extend(described);
    }
    if wants_operations {
        for group in response.groups.iter_mut().filter(|group| group.error_code == 0) {
            group.authorized_operations = GROUP_OPERATIONS;
        }
    }
    Outcome::Reply(response)
}
