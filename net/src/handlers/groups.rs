//! The way to a group's coordinator: the partition of `__consumer_offsets` that keeps it, on whatever core that is.

use thalweg_engine::{Call, GroupCall, PartitionKey, Reply};
use thalweg_replication::group::{GroupRequest, GroupResponse, partition_for};
use thalweg_wire::ErrorCode;

use crate::dispatch::RequestContext;
use crate::handlers::led_here;

/// Where groups are kept.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// The partitions of `__consumer_offsets`, if the topic exists.
pub(crate) fn partitions(cx: &RequestContext) -> Option<i32> {
    let image = cx.state.engine.image();
    image.topic(OFFSETS_TOPIC).and_then(|topic| i32::try_from(topic.partitions.len()).ok())
}

/// The coordinator of a group, which must be on this node.
pub(crate) fn coordinator(cx: &RequestContext, group: &str) -> Result<PartitionKey, ErrorCode> {
    let image = cx.state.engine.image();
    // A client that asks before it has looked for the coordinator is told to look for it, which creates the topic.
    let topic = image.topic(OFFSETS_TOPIC).ok_or(ErrorCode::NotCoordinator)?;
    let partitions = i32::try_from(topic.partitions.len()).map_err(|_| ErrorCode::NotCoordinator)?;
    led_here(&cx.state, topic, partition_for(group, partitions)).map_err(|_| ErrorCode::NotCoordinator)
}

/// The coordinator kept by one partition of `__consumer_offsets`, which must be on this node.
pub(crate) fn coordinator_at(cx: &RequestContext, partition: i32) -> Result<PartitionKey, ErrorCode> {
    let image = cx.state.engine.image();
    let topic = image.topic(OFFSETS_TOPIC).ok_or(ErrorCode::NotCoordinator)?;
    led_here(&cx.state, topic, partition).map_err(|_| ErrorCode::NotCoordinator)
}

/// Asks the coordinator of `group`. `None`: the broker is stopping, close.
pub(crate) async fn ask(cx: &RequestContext, group: &str, request: GroupRequest) -> Option<GroupResponse> {
    match coordinator(cx, group) {
        Ok(key) => ask_at(cx, key, request).await,
        Err(error) => Some(request.refuse(error)),
    }
}

/// Asks the coordinator that a partition keeps.
pub(crate) fn ask_at(
    cx: &RequestContext,
    key: PartitionKey,
    request: GroupRequest,
) -> impl Future<Output = Option<GroupResponse>> + use<> {
    let call = Call::Group(GroupCall { partition: key.index, request });
    let asked = cx.state.engine.call(cx.state.engine.core_of(key), call);
    async move {
        match asked.await {
            Ok(Reply::Group(response)) => Some(*response),
            _ => None,
        }
    }
}

/// A handler whose request belongs to one group as a whole.
macro_rules! group_handler {
    ($request:ident, $response:ident, $variant:ident, |$cx:ident, $it:ident| $build:expr) => {
        /// Handles the request: the group's coordinator decides.
        pub(crate) async fn handle($cx: RequestContext, $it: $request) -> Outcome<$response> {
            let group = $it.group_id.clone();
            let request = $build;
            match groups::ask(&$cx, &group, request).await {
                Some(GroupResponse::$variant(response)) => Outcome::Reply(response),
                _ => Outcome::Close(groups::STOPPING),
            }
        }
    };
}
pub(crate) use group_handler;

/// Why a group's request ends with the connection.
pub(crate) const STOPPING: &str = "the group's coordinator is stopping";
