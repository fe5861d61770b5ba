//! ListOffsets: the ends of a log, and offsets by time.

use std::collections::HashSet;

use thalweg_engine::{Call, Isolation, OffsetAnswer, OffsetAt, OffsetQuery, ReadError, Reply};
use thalweg_wire::ErrorCode;
use thalweg_wire::messages::list_offsets_request::ListOffsetsRequest;
use thalweg_wire::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::errors;
use crate::handlers::{ask, epoch, led_here};

/// What a timestamp of a request asks for.
enum Asked {
    At(OffsetAt),
    /// Offsets that exist only with tiered storage, which this broker has none of.
    Tiered,
    Unsupported,
}

fn asked(timestamp: i64, version: i16) -> Asked {
    match timestamp {
        0.. => Asked::At(OffsetAt::Time(timestamp)),
        -1 => Asked::At(OffsetAt::Latest),
        -2 => Asked::At(OffsetAt::Earliest),
        -3 if version >= 7 => Asked::At(OffsetAt::MaxTimestamp),
        // all that is left of the log is local
        -4 if version >= 8 => Asked::At(OffsetAt::Earliest),
        -5 if version >= 9 => Asked::Tiered,
        -6 if version >= 11 => Asked::Tiered,
        _ => Asked::Unsupported,
    }
}

/// Handles a ListOffsets request.
pub(crate) async fn handle(cx: RequestContext, request: ListOffsetsRequest) -> Outcome<ListOffsetsResponse> {
    let isolation = if request.isolation_level == 1 { Isolation::ReadCommitted } else { Isolation::ReadUncommitted };
    let mut response = ListOffsetsResponse::default();
    let mut questions = Vec::new();
    let mut places = Vec::new();
    {
        let image = cx.state.engine.image();
        for topic in request.topics {
            let mut rows = Vec::with_capacity(topic.partitions.len());
            let mut seen = HashSet::with_capacity(topic.partitions.len());
            let found = image.topic(&topic.name);
            let allowed = authorize(&cx, Operation::Describe, Resource::Topic(&topic.name));
            for part in topic.partitions {
                let mut row =
                    ListOffsetsPartitionResponse { partition_index: part.partition_index, ..Default::default() };
                let key = match found {
                    _ if !allowed => Err(ErrorCode::TopicAuthorizationFailed),
                    _ if !seen.insert(part.partition_index) => Err(ErrorCode::InvalidRequest),
                    None => Err(ErrorCode::UnknownTopicOrPartition),
                    Some(found) => led_here(&cx.state, found, part.partition_index).map_err(|not_here| not_here.error),
                };
                match (key, asked(part.timestamp, cx.version)) {
                    (Err(error), _) => row.error_code = error.code(),
                    (Ok(_), Asked::Unsupported) => row.error_code = ErrorCode::UnsupportedVersion.code(),
                    (Ok(_), Asked::Tiered) => {}
                    (Ok(key), Asked::At(at)) => {
                        let current_epoch = epoch(part.current_leader_epoch);
                        questions.push((key, OffsetQuery { key, at, isolation, current_epoch }));
                        places.push((response.topics.len(), rows.len()));
                    }
                }
                rows.push(row);
            }
            response.topics.push(ListOffsetsTopicResponse { name: topic.name, partitions: rows });
        }
    }
    let open = |reply| if let Reply::Offsets(answers) = reply { Some(answers) } else { None };
    let answers = ask(&cx.state, questions, Call::Offsets, open).await;
    for ((topic, row), answer) in places.into_iter().zip(answers) {
        fill(&mut response.topics[topic].partitions[row], answer, cx.version);
    }
    Outcome::Reply(response)
}

fn fill(row: &mut ListOffsetsPartitionResponse, answer: Option<Result<OffsetAnswer, ReadError>>, version: i16) {
    match answer {
        Some(Ok(answer)) => {
            row.offset = answer.offset.0;
            row.timestamp = answer.timestamp_ms;
            if version >= 4 {
                row.leader_epoch = answer.epoch.0;
            }
        }
        Some(Err(error)) => row.error_code = errors::read(&error).code(),
        None => row.error_code = errors::stopping().code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_timestamps_come_with_their_versions() {
        let served = |timestamp, version| !matches!(asked(timestamp, version), Asked::Unsupported);
        for (timestamp, since) in [(-1, 1), (-2, 1), (-3, 7), (-4, 8), (-5, 9), (-6, 11), (0, 1)] {
            assert!(served(timestamp, since), "{timestamp}");
            assert!(since == 1 || !served(timestamp, since - 1), "{timestamp}");
        }
        assert!(!served(-7, 11));
    }
}
