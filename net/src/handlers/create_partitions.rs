//! CreatePartitions: topics grow.

use thalweg_replication::controller::{ControlRequest, ControlResponse};
use thalweg_wire::messages::create_partitions_request::CreatePartitionsRequest;
use thalweg_wire::messages::create_partitions_response::CreatePartitionsResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::control::{self, control_handler};

control_handler!(CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitions, |cx, request| {
    ControlRequest::CreatePartitions { request }
});
