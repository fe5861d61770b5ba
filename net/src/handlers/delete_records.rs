//! DeleteRecords: the log of a partition begins later from now on.

use thalweg_engine::{Call, DeleteRecords, Reply};
use thalweg_wire::ErrorCode;
use thalweg_wire::Offset;
use thalweg_wire::messages::delete_records_request::DeleteRecordsRequest;
use thalweg_wire::messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsResponse, DeleteRecordsTopicResult,
};

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::errors;
use crate::handlers::{ask, led_here};

/// "Up to the high watermark."
const HIGH_WATERMARK: i64 = -1;

/// Handles a DeleteRecords request.
pub(crate) async fn handle(cx: RequestContext, request: DeleteRecordsRequest) -> Outcome<DeleteRecordsResponse> {
    let mut response = DeleteRecordsResponse::default();
    let mut questions = Vec::new();
    let mut places = Vec::new();
    {
        let image = cx.state.engine.image();
        for topic in request.topics {
            let found = image.topic(&topic.name);
            let allowed = authorize(&cx, Operation::Delete, Resource::Topic(&topic.name));
            let mut rows = Vec::with_capacity(topic.partitions.len());
            for part in topic.partitions {
                let mut row = DeleteRecordsPartitionResult {
                    partition_index: part.partition_index,
                    low_watermark: -1,
                    error_code: 0,
                };
                let key = match found {
                    _ if !allowed => Err(ErrorCode::TopicAuthorizationFailed),
                    None => Err(ErrorCode::UnknownTopicOrPartition),
                    Some(found) if found.internal => Err(ErrorCode::InvalidTopicException),
                    Some(_) if part.offset < HIGH_WATERMARK => Err(ErrorCode::OffsetOutOfRange),
                    Some(found) => led_here(&cx.state, found, part.partition_index).map_err(|not_here| not_here.error),
                };
                match key {
                    Err(error) => row.error_code = error.code(),
                    Ok(key) => {
                        let before = (part.offset != HIGH_WATERMARK).then_some(Offset(part.offset));
                        questions.push((key, DeleteRecords { key, before }));
                        places.push((response.topics.len(), rows.len()));
                    }
                }
                rows.push(row);
            }
            response.topics.push(DeleteRecordsTopicResult { name: topic.name, partitions: rows });
        }
    }
    let open = |reply| if let Reply::LogStarts(answers) = reply { Some(answers) } else { None };
    let answers = ask(&cx.state, questions, Call::DeleteRecords, open).await;
    for ((topic, row), answer) in places.into_iter().zip(answers) {
        let row = &mut response.topics[topic].partitions[row];
        match answer {
            Some(Ok(start)) => row.low_watermark = start.0,
            Some(Err(error)) => row.error_code = errors::read(&error).code(),
            None => row.error_code = errors::stopping().code(),
        }
    }
    Outcome::Reply(response)
}
