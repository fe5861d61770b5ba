//! Heartbeat: a member is alive.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::heartbeat_response::HeartbeatResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups::{self, group_handler};

group_handler!(HeartbeatRequest, HeartbeatResponse, Heartbeat, |cx, request| GroupRequest::Heartbeat {
    version: cx.version,
    request
});
