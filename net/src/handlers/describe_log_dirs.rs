//! DescribeLogDirs: how much of the disk each partition takes.

use std::collections::HashMap;

use thalweg_engine::{Call, PartitionKey, PartitionSize, Reply};
use thalweg_rt::CoreId;
use thalweg_wire::PartitionIndex;
use thalweg_wire::messages::describe_log_dirs_request::DescribeLogDirsRequest;
use thalweg_wire::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResponse, DescribeLogDirsResult, DescribeLogDirsTopic,
};

use crate::dispatch::{Outcome, RequestContext};

/// Handles a DescribeLogDirs request. The one directory holds every partition; one without data has size 0 in it.
pub(crate) async fn handle(cx: RequestContext, request: DescribeLogDirsRequest) -> Outcome<DescribeLogDirsResponse> {
    let asked: Vec<_> = (0..cx.state.core.cores).map(|core| cx.state.engine.call(CoreId(core), Call::Sizes)).collect();
    let mut sizes: HashMap<PartitionKey, PartitionSize> = HashMap::new();
    for reply in asked {
        let Ok(Reply::Sizes(part)) = reply.await else { return Outcome::Close("the broker is stopping") };
        sizes.extend(part.into_iter().map(|size| (size.key, size)));
    }
    let space = cx.state.core.disk.space(&cx.state.data).await;
    let image = cx.state.engine.image();
    let mut topics = Vec::new();
    for topic in image.topics() {
        let asked = request.topics.as_ref().map(|all| all.iter().find(|asked| asked.topic == topic.name));
        let only = match &asked {
            Some(None) => continue,
            Some(Some(asked)) => Some(&asked.partitions),
            None => None,
        };
        let partitions: Vec<DescribeLogDirsPartition> = (0..i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX))
            .filter(|index| only.is_none_or(|only| only.contains(index)))
            .map(|index| {
                let key = PartitionKey { topic: topic.id, index: PartitionIndex(index) };
                let bytes = sizes.get(&key).map_or(0, |size| size.bytes);
                DescribeLogDirsPartition {
                    partition_index: index,
                    partition_size: i64::try_from(bytes).unwrap_or(i64::MAX),
                    offset_lag: 0,
                    is_future_key: false,
                }
            })
            .collect();
        if !partitions.is_empty() {
            topics.push(DescribeLogDirsTopic { name: topic.name.clone(), partitions });
        }
    }
    let bytes = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (total_bytes, usable_bytes) = space.map_or((-1, -1), |space| (bytes(space.total), bytes(space.free)));
    let result = DescribeLogDirsResult {
        log_dir: cx.state.log_dir.clone(),
        topics,
        total_bytes,
        usable_bytes,
        ..Default::default()
    };
    Outcome::Reply(DescribeLogDirsResponse { results: vec![result], ..Default::default() })
}
