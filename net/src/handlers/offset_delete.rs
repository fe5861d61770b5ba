//! OffsetDelete: a group forgets offsets.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::messages::offset_delete_request::OffsetDeleteRequest;
use thalweg_wire::messages::offset_delete_response::OffsetDeleteResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups::{self, group_handler};

group_handler!(OffsetDeleteRequest, OffsetDeleteResponse, OffsetDelete, |cx, request| GroupRequest::OffsetDelete {
    request
});
