//! SyncGroup: the leader hands in the assignment, members fetch theirs.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::messages::sync_group_request::SyncGroupRequest;
use thalweg_wire::messages::sync_group_response::SyncGroupResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups::{self, group_handler};

group_handler!(SyncGroupRequest, SyncGroupResponse, Sync, |cx, request| GroupRequest::Sync {
    version: cx.version,
    request
});
