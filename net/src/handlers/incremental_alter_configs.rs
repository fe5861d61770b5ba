//! IncrementalAlterConfigs: a configuration is changed key by key.

use thalweg_replication::controller::{ControlRequest, ControlResponse};
use thalweg_wire::messages::incremental_alter_configs_request::IncrementalAlterConfigsRequest;
use thalweg_wire::messages::incremental_alter_configs_response::IncrementalAlterConfigsResponse;

use crate::dispatch::{Outcome, RequestContext};
use crate::handlers::control::{self, control_handler};

control_handler!(
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
    IncrementalAlterConfigs,
    |cx, request| ControlRequest::IncrementalAlterConfigs { request }
);
