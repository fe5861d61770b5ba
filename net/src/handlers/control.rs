//! The way to the controller, which decides for the whole cluster and answers when every core of this broker has replayed
//! what it decided.

use thalweg_engine::{CONTROLLER_CORE, Call, Reply};
use thalweg_replication::controller::{ControlRequest, ControlResponse, ProducerIdBlock};
use thalweg_wire::{ErrorCode, Str};

use crate::dispatch::RequestContext;

/// Why a request for the controller ends with the connection.
pub(crate) const STOPPING: &str = "the controller is stopping";

/// Topics one Metadata request may create: what is beyond is left to the client's next request.
const CREATED_AT_ONCE_MAX: usize = 1_000;

/// Longest name of a topic.
const NAME_BYTES_MAX: usize = 249;

/// Whether a topic may have this name.
pub(crate) fn is_topic_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !matches!(name, "" | "." | "..") && name.len() <= NAME_BYTES_MAX && name.bytes().all(allowed)
}

/// Asks the controller. `None`: it is stopping, close.
pub(crate) async fn ask(cx: &RequestContext, request: ControlRequest) -> Option<ControlResponse> {
    match cx.state.engine.call(CONTROLLER_CORE, Call::Control(request)).await {
        Ok(Reply::Control(response)) => Some(*response),
        _ => None,
    }
}

/// Creates topics because a client has asked for them, and says what became of each.
pub(crate) async fn create_on_first_use(cx: &RequestContext, mut names: Vec<Str>) -> Vec<(Str, ErrorCode)> {
    names.retain(|name| is_topic_name(name));
    names.truncate(CREATED_AT_ONCE_MAX);
    if names.is_empty() {
        return Vec::new();
    }
    let asked = names.clone();
    match ask(cx, ControlRequest::AutoCreateTopics { names }).await {
        // "Created", and yet not in the image: the client looks again.
        Some(ControlResponse::AutoCreateTopics(codes)) => codes
            .into_iter()
            .map(|(name, code)| (name, if code == ErrorCode::None { ErrorCode::LeaderNotAvailable } else { code }))
            .collect(),
        _ => asked.into_iter().map(|name| (name, ErrorCode::LeaderNotAvailable)).collect(),
    }
}

/// Creates `__consumer_offsets`. What fails now may work later: the client is told to try again.
pub(crate) async fn create_offsets_topic(cx: &RequestContext) -> Result<(), ErrorCode> {
    match ask(cx, ControlRequest::CreateOffsetsTopic).await {
        Some(ControlResponse::OffsetsTopic(ErrorCode::None)) => Ok(()),
        _ => Err(ErrorCode::CoordinatorNotAvailable),
    }
}

/// Producer ids for this core: the first, and how many.
pub(crate) async fn producer_id_block(cx: &RequestContext) -> Result<(i64, i64), ErrorCode> {
    match ask(cx, ControlRequest::AllocateProducerIds).await {
        Some(ControlResponse::ProducerIds(Ok(ProducerIdBlock { first, len }))) => Ok((first.0, i64::from(len))),
        Some(ControlResponse::ProducerIds(Err(error))) => Err(error),
        _ => Err(ErrorCode::CoordinatorNotAvailable),
    }
}

/// A handler whose request the controller decides as a whole.
macro_rules! control_handler {
    ($request:ident, $response:ident, $variant:ident, |$cx:ident, $it:ident| $build:expr) => {
        /// Handles the request: the controller decides.
        pub(crate) async fn handle($cx: RequestContext, $it: $request) -> Outcome<$response> {
            let request = $build;
            match control::ask(&$cx, request).await {
                Some(ControlResponse::$variant(response)) => Outcome::Reply(response),
                _ => Outcome::Close(control::STOPPING),
            }
        }
    };
}
pub(crate) use control_handler;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_topics() {
        let longest = "x".repeat(NAME_BYTES_MAX);
        for good in ["a", "a.b_c-D9", "...", longest.as_str()] {
            assert!(is_topic_name(good), "{good}");
        }
        let too_long = "x".repeat(NAME_BYTES_MAX + 1);
        for bad in ["", ".", "..", "a b", "ä", "a/b", "a\0", too_long.as_str()] {
            assert!(!is_topic_name(bad), "{bad}");
        }
    }
}
