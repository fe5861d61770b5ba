//! JoinGroup: a member comes in, and waits until the group is complete.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::Str;
use thalweg_wire::messages::join_group_request::JoinGroupRequest;
use thalweg_wire::messages::join_group_response::JoinGroupResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups::{self, group_handler};

group_handler!(JoinGroupRequest, JoinGroupResponse, Join, |cx, request| GroupRequest::Join {
    version: cx.version,
    client_id: cx.client_id.clone().unwrap_or_default(),
    client_host: Str::from(format!("/{}", cx.connection.peer.ip().to_canonical())),
    request,
});
