//! ApiVersions: what this broker serves. Every client's first request, so whatever version it comes in is answered.

use thalweg_wire::ErrorCode;
use thalweg_wire::messages::api_versions_request::ApiVersionsRequest;
use thalweg_wire::messages::api_versions_response::{
    ApiVersion, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};
use thalweg_wire::{ApiKey, Str};

use crate::dispatch::{APIS, Outcome, RequestContext};

/// The one feature level this broker has. Transactions and the other features' protocols are not served, and a feature that
/// is not named is off.
const METADATA_VERSION: &str = "metadata.version";

/// Handles an ApiVersions request of a version that is served.
pub(crate) async fn handle(cx: RequestContext, request: ApiVersionsRequest) -> Outcome<ApiVersionsResponse> {
    if cx.version >= 3 && !(is_software(&request.client_software_name) && is_software(&request.client_software_version))
    {
        return refusal(ErrorCode::InvalidRequest);
    }
    if cx.version >= 5 {
        let other_cluster = request.cluster_id.as_ref().is_some_and(|id| **id != *cx.state.cluster_id);
        let other_node = request.node_id >= 0 && request.node_id != cx.state.node.0;
        if other_cluster || other_node {
            return refusal(ErrorCode::RebootstrapRequired);
        }
    }
    let mut response =
        ApiVersionsResponse { api_keys: APIS.iter().map(|row| advertised(row.key)).collect(), ..Default::default() };
    if cx.version >= 3 {
        let level = cx.state.metadata_version();
        let name = Str::from_static(METADATA_VERSION);
        response.supported_features =
            vec![SupportedFeatureKey { name: name.clone(), min_version: level, max_version: level }];
        response.finalized_features =
            vec![FinalizedFeatureKey { name, max_version_level: level, min_version_level: level }];
        response.finalized_features_epoch = 0;
    }
    Outcome::Reply(response)
}

/// The answer to a version that is not served: of version 0, which every client can read, with the one row it needs.
pub(crate) fn unsupported() -> ApiVersionsResponse {
    ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion.code(),
        api_keys: vec![advertised(ApiKey::ApiVersions)],
        ..Default::default()
    }
}

fn refusal(error: ErrorCode) -> Outcome<ApiVersionsResponse> {
    Outcome::Reply(ApiVersionsResponse { error_code: error.code(), ..Default::default() })
}

fn advertised(key: ApiKey) -> ApiVersion {
    ApiVersion {
        api_key: key.key(),
        min_version: key.advertised_min_version(),
        max_version: key.advertised_max_version(),
    }
}

/// `[a-zA-Z0-9]`, then dots, dashes and the same, ending as it begins.
fn is_software(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap1_produce_is_advertised_from_zero() {
        let produce = advertised(ApiKey::Produce);
        assert_eq!((produce.min_version, produce.max_version), (0, 13));
        let ids = advertised(ApiKey::InitProducerId);
        assert_eq!((ids.min_version, ids.max_version), (0, 5));
    }

    #[test]
    fn software_names() {
        for good in ["a", "librdkafka", "apache-kafka-java", "4.4.0", "v1.2-rc.3", "9"] {
            assert!(is_software(good), "{good}");
        }
        for bad in ["", "-a", "a-", ".", "a b", "a_b", "ä", "a\n"] {
            assert!(!is_software(bad), "{bad}");
        }
    }
}
