//! AlterConfigs: the whole configuration of a resource is replaced.

use thalweg_replication::controller::{ControlRequest, ControlResponse};
use thalweg_wire::messages::alter_configs_request::AlterConfigsRequest;
use thalweg_wire::messages::alter_configs_response::AlterConfigsResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::control::{self, control_handler};

control_handler!(AlterConfigsRequest, AlterConfigsResponse, AlterConfigs, |cx, request| ControlRequest::AlterConfigs {
    request
});
