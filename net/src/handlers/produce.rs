//! Produce: one batch for each partition, handed to the owning cores without copying a record; one message per core.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use thalweg_engine::{Acks, Append, AppendError, AppendPart, Appended, Call, Origin, PartitionKey, Reply};
use thalweg_rt::{CoreId, LocalFuture};
use thalweg_wire::ErrorCode;
use thalweg_wire::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use thalweg_wire::messages::produce_response::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceResponse, ProduceResponse,
    TopicProduceResponse,
};
use thalweg_wire::{Records, Str};

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::errors;
use crate::handlers::led_here;

/// The client id under which Kafka's own tools may write to internal topics.
const ADMIN_CLIENT: &str = "__admin_client";

/// Bit of the attributes (second byte of the two at [`ATTRIBUTES_AT`]) that marks a batch transactional.
const TRANSACTIONAL: u8 = 0x10;
const ATTRIBUTES_AT: usize = 22;
const LENGTH_AT: usize = 8;
const MAGIC_AT: usize = 16;

/// First version that may carry zstd.
const ZSTD_SINCE: i16 = 7;

/// A core's share of the request.
struct Share {
    core: CoreId,
    /// Topic and partition, by position in the response, of each part.
    places: Vec<(usize, usize)>,
    parts: Vec<AppendPart>,
}

/// Handles a Produce request. What must be in the order of requests (the calls to the cores) happens before the first await.
pub(crate) async fn handle(cx: RequestContext, request: ProduceRequest) -> Outcome<ProduceResponse> {
    let acks = match request.acks {
        0 => Acks::None,
        1 => Acks::Leader,
        -1 => Acks::All,
        _ => return finish(&cx, refuse(&request, ErrorCode::InvalidRequiredAcks), false),
    };
    if request.transactional_id.is_none() && request.topic_data.iter().any(has_transactional) {
        let response = refuse(&request, ErrorCode::TransactionalIdAuthorizationFailed);
        return finish(&cx, response, acks == Acks::None);
    }
    let deadline = cx.state.core.timer.now() + timeout(request.timeout_ms);
    let batches = request.topic_data.iter().map(|topic| topic.partition_data.len()).sum::<usize>();
    cx.connection.collects.set(batches > 1);
    let (mut response, shares) = split(&cx, request);
    let origin = Origin::Client { zstd: cx.version >= ZSTD_SINCE };
    let asked: Vec<(Vec<(usize, usize)>, LocalFuture<_>)> = shares
        .into_iter()
        .map(|share| {
            let append = Append { parts: share.parts, acks, deadline, origin };
            (share.places, cx.state.engine.call(share.core, Call::Append(append)))
        })
        .collect();
    for (places, reply) in asked {
        let answers = match reply.await {
            Ok(Reply::Append(answers)) => answers,
            // The core is stopping; the client finds another or comes again.
            _ => places.iter().map(|_| Err(AppendError::Stopping)).collect(),
        };
        for ((topic, partition), answer) in places.into_iter().zip(answers) {
            fill(&mut response.responses[topic].partition_responses[partition], answer);
        }
    }
    finish(&cx, response, acks == Acks::None)
}

/// Splits the request by owning core. What is refused on the way stands in the response already.
fn split(cx: &RequestContext, request: ProduceRequest) -> (ProduceResponse, Vec<Share>) {
    let state = &cx.state;
    let image = state.engine.image();
    let partitions: usize = request.topic_data.iter().map(|topic| topic.partition_data.len()).sum();
    let usual = partitions.div_ceil(usize::from(state.engine.cores()));
    let mut shares: Vec<Share> = Vec::new();
    let mut response = ProduceResponse::default();
    let mut seen: HashSet<PartitionKey> = HashSet::with_capacity(partitions);
    response.responses.reserve(request.topic_data.len());
    for topic_data in request.topic_data {
        let by_id = cx.version >= 13;
        let topic = if by_id { image.topic_by_id(topic_data.topic_id) } else { image.topic(&topic_data.name) };
        let refusal = match topic {
            None if by_id => Some(ErrorCode::UnknownTopicId),
            None => Some(ErrorCode::UnknownTopicOrPartition),
            Some(topic) if !authorize(cx, Operation::Write, Resource::Topic(&topic.name)) => {
                Some(ErrorCode::TopicAuthorizationFailed)
            }
            Some(topic) if topic.internal && cx.client_id.as_deref() != Some(ADMIN_CLIENT) => {
                Some(ErrorCode::InvalidTopicException)
            }
            Some(_) => None,
        };
        let mut answered = TopicProduceResponse { topic_id: topic_data.topic_id, ..Default::default() };
        if !by_id {
            // The frame's memory is a receive buffer: a name that outlives the append is a name of its own.
            answered.name = topic.map_or_else(|| topic_data.name.detached(), |topic| Str::from(&*topic.name));
        }
        let place = response.responses.len();
        answered.partition_responses.reserve(topic_data.partition_data.len());
        for data in topic_data.partition_data {
            let mut row = row(&data);
            match (refusal, topic) {
                (None, Some(topic)) => match led_here(state, topic, data.index) {
                    Ok(key) if !seen.insert(key) => refuse_row(&mut row, ErrorCode::InvalidRequest),
                    Ok(_) if let Some(reason) = misshapen(&data) => {
                        refuse_row(&mut row, ErrorCode::InvalidRecord);
                        row.error_message = Some(Str::from_static(reason));
                    }
                    Ok(key) => {
                        let part = AppendPart { key, records: records(data) };
                        let core = state.engine.core_of(key);
                        let at = (place, answered.partition_responses.len());
                        match shares.iter_mut().find(|share| share.core == core) {
                            Some(share) => {
                                share.places.push(at);
                                share.parts.push(part);
                            }
                            None => {
                                let (mut places, mut parts) = (Vec::with_capacity(usual), Vec::with_capacity(usual));
                                places.push(at);
                                parts.push(part);
                                shares.push(Share { core, places, parts });
                            }
                        }
                    }
                    Err(not_here) => {
                        refuse_row(&mut row, not_here.error);
                        if cx.version >= 10 && not_here.leader >= 0 {
                            row.current_leader =
                                LeaderIdAndEpoch { leader_id: not_here.leader, leader_epoch: not_here.epoch };
                        }
                    }
                },
                (Some(error), _) => refuse_row(&mut row, error),
                (None, None) => refuse_row(&mut row, ErrorCode::UnknownTopicOrPartition),
            }
            answered.partition_responses.push(row);
        }
        response.responses.push(answered);
    }
    (response, shares)
}

fn records(data: PartitionProduceData) -> Bytes {
    match data.records {
        Some(Records::Bytes(bytes)) => bytes,
        // Nothing, or what decoding never gives: the owning core says that there is no batch.
        _ => Bytes::new(),
    }
}

fn row(data: &PartitionProduceData) -> PartitionProduceResponse {
    PartitionProduceResponse { index: data.index, base_offset: -1, ..Default::default() }
}

fn refuse_row(row: &mut PartitionProduceResponse, error: ErrorCode) {
    row.error_code = error.code();
}

/// Every partition refused for one reason.
fn refuse(request: &ProduceRequest, error: ErrorCode) -> ProduceResponse {
    let responses = request
        .topic_data
        .iter()
        .map(|topic| TopicProduceResponse {
            name: topic.name.detached(),
            topic_id: topic.topic_id,
            partition_responses: topic
                .partition_data
                .iter()
                .map(|data| PartitionProduceResponse { error_code: error.code(), ..row(data) })
                .collect(),
        })
        .collect();
    ProduceResponse { responses, ..Default::default() }
}

fn fill(row: &mut PartitionProduceResponse, answer: Result<Appended, AppendError>) {
    match answer {
        Ok(appended) => {
            row.base_offset = appended.base_offset.0;
            row.log_append_time_ms = appended.log_append_time_ms;
            row.log_start_offset = appended.log_start.0;
        }
        Err(error) => {
            row.error_code = errors::append(&error).code();
            row.error_message = errors::append_message(&error).map(Str::from);
            if let AppendError::Invalid { records, .. } = error {
                row.record_errors = records
                    .into_iter()
                    .map(|(index, text)| BatchIndexAndErrorMessage {
                        batch_index: index,
                        batch_index_error_message: Some(Str::from(text)),
                    })
                    .collect();
            }
        }
    }
}

fn finish(cx: &RequestContext, mut response: ProduceResponse, silent: bool) -> Outcome<ProduceResponse> {
    let rows = || response.responses.iter().flat_map(|topic| &topic.partition_responses);
    if silent {
        // Nobody reads a reply; a closed connection is the only sign of an error there is.
        let failed = rows().any(|row| row.error_code != 0);
        return if failed { Outcome::Close("an error of a produce request without acks") } else { Outcome::Silent };
    }
    if cx.version >= 10 {
        let mut leaders: Vec<i32> = rows().map(|row| row.current_leader.leader_id).filter(|id| *id >= 0).collect();
        leaders.sort_unstable();
        leaders.dedup();
        response.node_endpoints = leaders
            .into_iter()
            .filter_map(|id| cx.state.endpoint(id, cx.connection.listener))
            .map(|node| NodeEndpoint { node_id: node.node, host: node.host, port: node.port, rack: node.rack })
            .collect();
    }
    Outcome::Reply(response)
}

/// What is wrong with the shape of a partition's records: there must be one batch of the current format. What is in the
/// batch is for the owning core to judge.
fn misshapen(data: &PartitionProduceData) -> Option<&'static str> {
    let bytes = data.records.as_ref().and_then(Records::as_bytes).map_or(&[][..], |bytes| bytes);
    let Some(length) = bytes.get(LENGTH_AT..LENGTH_AT + 4).and_then(|at| at.first_chunk()) else {
        return Some("a partition's records are exactly one batch");
    };
    if bytes.get(MAGIC_AT).is_some_and(|magic| *magic != 2) {
        return Some("batches are of format 2");
    }
    let size = usize::try_from(i32::from_be_bytes(*length)).ok().map(|length| length + LENGTH_AT + 4);
    // One that is cut short is for the owning core to refuse.
    size.filter(|size| *size < bytes.len()).map(|_| "a partition's records are exactly one batch")
}

fn has_transactional(topic: &TopicProduceData) -> bool {
    topic.partition_data.iter().any(|data| {
        let bytes = data.records.as_ref().and_then(Records::as_bytes);
        bytes.and_then(|bytes| bytes.get(ATTRIBUTES_AT)).is_some_and(|low| low & TRANSACTIONAL != 0)
    })
}

/// How long to wait for replicas.
fn timeout(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}
