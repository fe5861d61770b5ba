//! DeleteTopics: topics go, by name or by id.

use thalweg_replication::controller::{ControlRequest, ControlResponse};
use thalweg_wire::messages::delete_topics_request::DeleteTopicsRequest;
use thalweg_wire::messages::delete_topics_response::DeleteTopicsResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::control::{self, control_handler};

control_handler!(DeleteTopicsRequest, DeleteTopicsResponse, DeleteTopics, |cx, request| ControlRequest::DeleteTopics {
    version: cx.version,
    request
});
