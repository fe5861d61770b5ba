//! OffsetCommit: a group remembers how far it has read.

use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_wire::messages::offset_commit_request::OffsetCommitRequest;
use thalweg_wire::messages::offset_commit_response::OffsetCommitResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::groups::{self, group_handler};

group_handler!(OffsetCommitRequest, OffsetCommitResponse, OffsetCommit, |cx, request| GroupRequest::OffsetCommit {
    version: cx.version,
    request
});
