//! CreateTopics: topics come into being.

use thalweg_replication::controller::{ControlRequest, ControlResponse};
use thalweg_wire::messages::create_topics_request::CreateTopicsRequest;
use thalweg_wire::messages::create_topics_response::CreateTopicsResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::control::{self, control_handler};

control_handler!(CreateTopicsRequest, CreateTopicsResponse, CreateTopics, |cx, request| ControlRequest::CreateTopics {
    version: cx.version,
    request
});
