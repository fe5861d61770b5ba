//! OffsetForLeaderEpoch: where an epoch ended, by which a consumer notices that a log was cut (KIP-320).

use thalweg_engine::{Call, EpochQuery, Reply};
use thalweg_wire::ErrorCode;
use thalweg_wire::LeaderEpoch;
use thalweg_wire::messages::offset_for_leader_epoch_request::OffsetForLeaderEpochRequest;
use thalweg_wire::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderEpochResponse, OffsetForLeaderTopicResult,
};

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::errors;
use crate::handlers::{ask, epoch, led_here};

/// Handles an OffsetForLeaderEpoch request.
pub(crate) async fn handle(
    cx: RequestContext,
    request: OffsetForLeaderEpochRequest,
) -> Outcome<OffsetForLeaderEpochResponse> {
    let mut response = OffsetForLeaderEpochResponse::default();
    let mut questions = Vec::new();
    let mut places = Vec::new();
    {
        let image = cx.state.engine.image();
        for topic in request.topics {
            let found = image.topic(&topic.topic);
            let allowed = authorize(&cx, Operation::Describe, Resource::Topic(&topic.topic));
            let mut rows = Vec::with_capacity(topic.partitions.len());
            for part in topic.partitions {
                let mut row = EpochEndOffset { partition: part.partition, ..Default::default() };
                let key = match found {
                    _ if !allowed => Err(ErrorCode::TopicAuthorizationFailed),
                    None => Err(ErrorCode::UnknownTopicOrPartition),
                    Some(found) => led_here(&cx.state, found, part.partition).map_err(|not_here| not_here.error),
                };
                match key {
                    Err(error) => row.error_code = error.code(),
                    Ok(key) => {
                        let current_epoch = epoch(part.current_leader_epoch);
                        questions.push((key, EpochQuery { key, epoch: LeaderEpoch(part.leader_epoch), current_epoch }));
                        places.push((response.topics.len(), rows.len()));
                    }
                }
                rows.push(row);
            }
            response.topics.push(OffsetForLeaderTopicResult { topic: topic.topic, partitions: rows });
        }
    }
    let open = |reply| if let Reply::EpochEnds(answers) = reply { Some(answers) } else { None };
    let answers = ask(&cx.state, questions, Call::EpochEnds, open).await;
    for ((topic, row), answer) in places.into_iter().zip(answers) {
        let row = &mut response.topics[topic].partitions[row];
        match answer {
            Some(Ok(Some((epoch, end)))) => {
                row.leader_epoch = epoch.0;
                row.end_offset = end.0;
            }
            // not known: -1 and -1, and no error
            Some(Ok(None)) => {}
            Some(Err(error)) => row.error_code = errors::read(&error).code(),
            None => row.error_code = errors::stopping().code(),
        }
    }
    Outcome::Reply(response)
}
