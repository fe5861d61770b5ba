//! LeaveGroup: members go.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::messages::leave_group_request::LeaveGroupRequest;
use thalweg_wire::messages::leave_group_response::LeaveGroupResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups::{self, group_handler};

group_handler!(LeaveGroupRequest, LeaveGroupResponse, Leave, |cx, request| GroupRequest::Leave {
    version: cx.version,
    request
});
