//! Fetch: what a session or a request names is read from the owning cores and sent on without copying a record. A fetch that
//! finds too little waits on every core it reads from; the first to have enough ends the wait for all.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use thalweg_engine::{Call, Isolation, Read, ReadData, ReadError, ReadId, ReadPart, Reply, Wait};
use thalweg_rt::{CoreId, LocalFuture, Segment, Tick};
use thalweg_wire::ErrorCode;
use thalweg_wire::messages::fetch_request::FetchRequest;
use thalweg_wire::messages::fetch_response::{
    AbortedTransaction, EpochEndOffset, FetchResponse, FetchableTopicResponse, LeaderIdAndEpoch, NodeEndpoint,
    PartitionData,
};
use thalweg_wire::{Chunk, Offset, Records, Str, Uuid};

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::errors;
use crate::fetch_session::{Plan, Told, TopicRef, Wanted};
use crate::handlers::{NotHere, epoch, led_here};
use crate::state::CoreState;

/// First version that names topics by id.
const BY_ID_SINCE: i16 = 13;

/// How long a fetch that finds no room to be parked waits before it reads a last time.
const CROWDED: Duration = Duration::from_millis(100);

/// What a partition comes to.
enum Row {
    Here(ReadData),
    Refused(NotHere),
}

/// Handles a Fetch request.
pub(crate) async fn handle(cx: RequestContext, request: FetchRequest) -> Outcome<FetchResponse> {
    let by_id = cx.version >= BY_ID_SINCE;
    let wanted = wanted(&request, by_id);
    let forgotten: Vec<(TopicRef, i32)> = request
        .forgotten_topics_data
        .iter()
        .flat_map(|topic| {
            let name = topic_ref(by_id, &topic.topic, topic.topic_id);
            topic.partitions.iter().map(move |index| (name.clone(), *index))
        })
        .collect();
    let session = (request.session_id, request.session_epoch);
    let begun = cx.state.sessions.borrow_mut().begin(cx.state.now_ms(), session, by_id, wanted, &forgotten);
    let plan = match begun {
        Ok(plan) => plan,
        Err(error) => return Outcome::Reply(FetchResponse { error_code: error.code(), ..Default::default() }),
    };
    let follower = request.replica_id >= 0 || request.replica_state.replica_id >= 0;
    let bytes_max = u32::try_from(request.max_bytes).unwrap_or(0).min(cx.state.settings.fetch_bytes_max);
    let bytes_min = u32::try_from(request.min_bytes).unwrap_or(0).min(bytes_max);
    let isolation = if request.isolation_level == 1 { Isolation::ReadCommitted } else { Isolation::ReadUncommitted };
    let now = cx.state.core.timer.now();
    let patience = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
    drop(request);

    let (mut rows, groups) = resolve(&cx, &plan, follower);
    let refused = rows.iter().any(|row| matches!(row, Some(Row::Refused(_))));
    let waits = !refused && !patience.is_zero() && bytes_min > 0 && !plan.wanted.is_empty();
    let wait = waits.then(|| Wait { bytes_min, deadline: now + patience });
    let away = cx.connection.answered.take().map_or(Duration::ZERO, |before| now.since(before));
    let mut reading = Reading::new(&cx.state, groups, bytes_max, isolation, wait, away);
    reading.run().await;
    if reading.crowded() {
        let until = now + patience.min(CROWDED);
        cx.state.core.timer.sleep_until(until).await;
        reading.again_without_wait();
        reading.run().await;
    }
    reading.into_rows(cx.version, &mut rows);
    let mut rows: Vec<Row> =
        rows.into_iter().map(|row| row.unwrap_or(refusal(ErrorCode::NotLeaderOrFollower))).collect();
    trim(&mut rows, bytes_max);
    cx.connection.answered.set(Some(cx.state.core.timer.now()));
    respond(&cx, &plan, rows, isolation)
}

fn topic_ref(by_id: bool, name: &Str, id: Uuid) -> TopicRef {
    // A session outlives the frame it was opened by.
    if by_id { TopicRef::Id(id) } else { TopicRef::Name(name.detached()) }
}

fn wanted(request: &FetchRequest, by_id: bool) -> Vec<Wanted> {
    let mut wanted = Vec::with_capacity(request.topics.iter().map(|topic| topic.partitions.len()).sum());
    for topic in &request.topics {
        let name = topic_ref(by_id, &topic.topic, topic.topic_id);
        wanted.extend(topic.partitions.iter().map(|part| Wanted {
            topic: name.clone(),
            partition: part.partition,
            offset: part.fetch_offset,
            bytes_max: part.partition_max_bytes,
            current_epoch: part.current_leader_epoch,
            last_fetched_epoch: part.last_fetched_epoch,
        }));
    }
    wanted
}

/// A core's share of a fetch: places in the plan, and what to read for each.
type Group = (CoreId, Vec<usize>, Vec<ReadPart>);

/// Finds each partition's core. What cannot be served here stands in the rows already.
fn resolve(cx: &RequestContext, plan: &Plan, follower: bool) -> (Vec<Option<Row>>, Vec<Group>) {
    let image = cx.state.engine.image();
    let mut groups: Vec<Group> = Vec::new();
    let mut rows = Vec::with_capacity(plan.wanted.len());
    for (place, wanted) in plan.wanted.iter().enumerate() {
        let topic = match &wanted.topic {
            TopicRef::Name(name) => image.topic(name).ok_or(ErrorCode::UnknownTopicOrPartition),
            TopicRef::Id(id) => image.topic_by_id(*id).ok_or(ErrorCode::UnknownTopicId),
        };
        let key = topic.map_err(refused).and_then(|topic| {
            if !authorize(cx, Operation::Read, Resource::Topic(&topic.name)) {
                return Err(refused(ErrorCode::TopicAuthorizationFailed));
            }
            let key = led_here(&cx.state, topic, wanted.partition)?;
            // This node's partitions have no followers: whoever says it is one has an assignment we do not know.
            if follower { Err(refused(ErrorCode::NotLeaderOrFollower)) } else { Ok(key) }
        });
        let key = match key {
            Ok(key) => key,
            Err(not_here) => {
                rows.push(Some(Row::Refused(not_here)));
                continue;
            }
        };
        rows.push(None);
        let part = ReadPart {
            key,
            offset: Offset(wanted.offset),
            bytes_max: u32::try_from(wanted.bytes_max).unwrap_or(0),
            current_epoch: epoch(wanted.current_epoch),
            last_fetched_epoch: epoch(wanted.last_fetched_epoch),
        };
        let core = cx.state.engine.core_of(key);
        match groups.iter_mut().find(|(at, ..)| *at == core) {
            Some((_, places, parts)) => {
                places.push(place);
                parts.push(part);
            }
            None => groups.push((core, vec![place], vec![part])),
        }
    }
    (rows, groups)
}

fn refused(error: ErrorCode) -> NotHere {
    NotHere { error, leader: -1, epoch: -1 }
}

fn refusal(error: ErrorCode) -> Row {
    Row::Refused(refused(error))
}

/// The reads of one fetch. Dropped half-way (the client is gone), it releases what is parked.
struct Reading {
    state: Rc<CoreState>,
    shares: Vec<Share>,
    isolation: Isolation,
    wait: Option<Wait>,
    away: Duration,
    released: bool,
}

struct Share {
    core: CoreId,
    places: Vec<usize>,
    parts: Vec<ReadPart>,
    bytes_max: u32,
    /// Bytes at which this core answers.
    bytes_min: u32,
    id: ReadId,
    pending: Option<LocalFuture<Result<Reply, thalweg_engine::Unavailable>>>,
    answers: Vec<Result<ReadData, ReadError>>,
    bytes: u32,
}

impl Reading {
    fn new(
        state: &Rc<CoreState>,
        groups: Vec<Group>,
        bytes_max: u32,
        isolation: Isolation,
        wait: Option<Wait>,
        away: Duration,
    ) -> Reading {
        // With several cores each has its part of the limits: together they keep to what the client allows, and if the
        // client's minimum is there in all, at least one of them has its part of it.
        let cores = u32::try_from(groups.len()).unwrap_or(u32::MAX).max(1);
        let bytes_min = wait.map_or(0, |wait| wait.bytes_min.div_ceil(cores));
        let shares = groups
            .into_iter()
            .map(|(core, places, parts)| Share {
                core,
                places,
                parts,
                bytes_max: bytes_max / cores,
                bytes_min,
                id: state.read_id(),
                pending: None,
                answers: Vec::new(),
                bytes: 0,
            })
            .collect();
        let mut reading = Reading { state: state.clone(), shares, isolation, wait, away, released: false };
        for at in 0..reading.shares.len() {
            reading.ask(at);
        }
        reading
    }

    fn ask(&mut self, at: usize) {
        let share = &mut self.shares[at];
        share.id = self.state.read_id();
        let read = Read {
            id: share.id,
            parts: share.parts.clone(),
            bytes_max: share.bytes_max,
            oversized_first: true,
            wait: self.wait.map(|wait| Wait { bytes_min: share.bytes_min, ..wait }),
            isolation: self.isolation,
            away: self.away,
        };
        share.pending = Some(self.state.engine.call(share.core, Call::Read(read)));
    }

    /// Resolves when every core has answered for good.
    async fn run(&mut self) {
        poll_fn(|cx| {
            loop {
                for share in &mut self.shares {
                    let Some(pending) = &mut share.pending else { continue };
                    let Poll::Ready(reply) = pending.as_mut().poll(cx) else { continue };
                    share.pending = None;
                    share.answers = match reply {
                        Ok(Reply::Read(answers)) => answers,
                        _ => share.parts.iter().map(|_| Err(ReadError::Stopping)).collect(),
                    };
                    share.bytes = share.answers.iter().flatten().map(|data| data.bytes).fold(0, u32::saturating_add);
                }
                if self.shares.iter().all(|share| share.pending.is_none()) && (self.enough() || self.released) {
                    return Poll::Ready(());
                }
                if self.enough() {
                    self.release();
                    return Poll::Pending;
                }
                if !self.ask_for_more() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Whether what is there ends the wait.
    fn enough(&self) -> bool {
        let Some(wait) = self.wait else { return true };
        if self.released || self.late(wait.deadline) {
            return true;
        }
        let mut answered = self.shares.iter().filter(|share| share.pending.is_none());
        self.total() >= wait.bytes_min
            || answered.any(|share| share.bytes < share.bytes_min || share.bytes >= share.bytes_max || share.special())
    }

    /// What is known to be there. A core that was asked for more still has what it had.
    fn total(&self) -> u32 {
        self.shares.iter().fold(0u32, |sum, share| sum.saturating_add(share.bytes))
    }

    fn late(&self, deadline: Tick) -> bool {
        self.state.core.timer.now() >= deadline
    }

    /// Cores that had their part while the whole is still missing are asked for more. Whether any was.
    fn ask_for_more(&mut self) -> bool {
        let Some(wait) = self.wait else { return false };
        let cores = u32::try_from(self.shares.len()).unwrap_or(u32::MAX).max(1);
        let more = wait.bytes_min.saturating_sub(self.total()).div_ceil(cores).max(1);
        let mut asked = false;
        for at in 0..self.shares.len() {
            let share = &mut self.shares[at];
            if share.pending.is_none() {
                share.bytes_min = share.bytes.saturating_add(more).min(share.bytes_max);
                self.ask(at);
                asked = true;
            }
        }
        asked
    }

    /// Ends every wait: each core answers with what it has.
    fn release(&mut self) {
        if self.released || self.wait.is_none() {
            return;
        }
        self.released = true;
        for share in self.shares.iter().filter(|share| share.pending.is_some()) {
            drop(self.state.engine.call(share.core, Call::Release(share.id)));
        }
    }

    /// A core had no room to park the read.
    fn crowded(&self) -> bool {
        self.wait.is_some()
            && self.shares.iter().any(|share| share.answers.iter().any(|a| matches!(a, Err(ReadError::Busy))))
    }

    fn again_without_wait(&mut self) {
        self.wait = None;
        for at in 0..self.shares.len() {
            self.ask(at);
        }
    }

    fn into_rows(mut self, version: i16, rows: &mut [Option<Row>]) {
        for share in std::mem::take(&mut self.shares) {
            for (place, answer) in share.places.into_iter().zip(share.answers) {
                rows[place] = Some(match answer {
                    Ok(data) => Row::Here(data),
                    Err(error) => refusal(errors::fetch(&error, version)),
                });
            }
        }
    }
}

impl Share {
    /// Something the client must hear of at once.
    fn special(&self) -> bool {
        self.answers.iter().any(|answer| answer.as_ref().map_or(true, |data| data.diverging.is_some()))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.release();
    }
}

/// Keeps the whole within the limit: the first batch goes out whatever its size (KIP-74), the rest as it fits.
fn trim(rows: &mut [Row], bytes_max: u32) {
    let mut used = 0u32;
    for row in rows {
        let Row::Here(data) = row else { continue };
        if used == 0 || used.saturating_add(data.bytes) <= bytes_max {
            used = used.saturating_add(data.bytes);
        } else {
            data.segments = Vec::new();
            data.aborted = Vec::new();
            data.bytes = 0;
        }
    }
}

fn respond(cx: &RequestContext, plan: &Plan, rows: Vec<Row>, isolation: Isolation) -> Outcome<FetchResponse> {
    let told: Vec<Told> = rows.iter().map(summary).collect();
    let decided = cx.state.sessions.borrow_mut().finish(cx.state.now_ms(), plan, &told);
    let outcome = match decided {
        Ok(outcome) => outcome,
        Err(error) => return Outcome::Reply(FetchResponse { error_code: error.code(), ..Default::default() }),
    };
    let mut response = FetchResponse { session_id: outcome.session, ..Default::default() };
    let mut files = Vec::new();
    let mut last: Option<&TopicRef> = None;
    let mut leaders = Vec::new();
    for ((wanted, row), include) in plan.wanted.iter().zip(rows).zip(outcome.include) {
        if !include {
            continue;
        }
        if last != Some(&wanted.topic) {
            let mut topic = FetchableTopicResponse::default();
            match &wanted.topic {
                TopicRef::Name(name) => topic.topic = name.clone(),
                TopicRef::Id(id) => topic.topic_id = *id,
            }
            response.responses.push(topic);
            last = Some(&wanted.topic);
        }
        let Some(topic) = response.responses.last_mut() else { continue };
        let data = match row {
            Row::Here(data) => served(wanted.partition, data, isolation, &mut files),
            Row::Refused(not_here) => {
                if not_here.leader >= 0 {
                    leaders.push(not_here.leader);
                }
                not_served(cx.version, wanted.partition, not_here)
            }
        };
        topic.partitions.push(data);
    }
    if cx.version >= 16 {
        leaders.sort_unstable();
        leaders.dedup();
        response.node_endpoints = leaders
            .into_iter()
            .filter_map(|id| cx.state.endpoint(id, cx.connection.listener))
            .map(|node| NodeEndpoint { node_id: node.node, host: node.host, port: node.port, rack: node.rack })
            .collect();
    }
    Outcome::Files(response, files)
}

fn summary(row: &Row) -> Told {
    match row {
        Row::Here(data) => Told {
            error: 0,
            high_watermark: data.high_watermark.0,
            log_start: data.log_start.0,
            bytes: data.bytes,
            notable: data.diverging.is_some(),
        },
        Row::Refused(not_here) => {
            Told { error: not_here.error.code(), high_watermark: -1, log_start: -1, bytes: 0, notable: false }
        }
    }
}

fn served(partition: i32, data: ReadData, isolation: Isolation, files: &mut Vec<Segment>) -> PartitionData {
    let mut row = PartitionData {
        partition_index: partition,
        high_watermark: data.high_watermark.0,
        last_stable_offset: data.last_stable.0,
        log_start_offset: data.log_start.0,
        // Read-uncommitted gets none at all: clients that get a list filter by it.
        aborted_transactions: (isolation == Isolation::ReadCommitted).then(|| {
            let aborted = data.aborted.iter();
            aborted.map(|(id, first)| AbortedTransaction { producer_id: id.0, first_offset: first.0 }).collect()
        }),
        ..Default::default()
    };
    if let Some((epoch, end)) = data.diverging {
        row.diverging_epoch = EpochEndOffset { epoch: epoch.0, end_offset: end.0 };
    }
    let chunks = data.segments.into_iter().map(|segment| match segment {
        Segment::Memory(bytes) => Chunk::Memory(bytes),
        Segment::File { len, .. } => {
            files.push(segment);
            Chunk::External { token: files.len() as u64 - 1, len }
        }
    });
    row.records = Some(Records::Chunks(chunks.collect()));
    row
}

fn not_served(version: i16, partition: i32, not_here: NotHere) -> PartitionData {
    let mut row = PartitionData {
        partition_index: partition,
        error_code: not_here.error.code(),
        high_watermark: -1,
        records: Some(Records::Bytes(Bytes::new())),
        aborted_transactions: None,
        ..Default::default()
    };
    if version >= 12 && not_here.leader >= 0 {
        row.current_leader = LeaderIdAndEpoch { leader_id: not_here.leader, leader_epoch: not_here.epoch };
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(bytes: u32) -> Row {
        Row::Here(ReadData {
            high_watermark: Offset(9),
            last_stable: Offset(9),
            log_start: Offset(0),
            segments: if bytes == 0 { vec![] } else { vec![Segment::Memory(Bytes::from(vec![0; bytes as usize]))] },
            bytes,
            aborted: vec![],
            diverging: None,
        })
    }

    fn kept(mut rows: Vec<Row>, bytes_max: u32) -> Vec<u32> {
        trim(&mut rows, bytes_max);
        rows.iter().map(|row| if let Row::Here(data) = row { data.bytes } else { 0 }).collect()
    }

    #[test]
    fn trap17_the_first_batch_goes_out_whatever_its_size_and_the_rest_as_it_fits() {
        assert_eq!(kept(vec![data(0), data(500), data(10), data(0)], 100), [0, 500, 0, 0]);
        assert_eq!(kept(vec![data(60), data(50), data(40), data(1)], 100), [60, 0, 40, 0]);
        assert_eq!(kept(vec![data(60), data(40)], 100), [60, 40]);
        assert_eq!(kept(vec![data(7), data(7)], 0), [7, 0]);
    }

    #[test]
    fn trap20_read_uncommitted_gets_no_list_of_aborted_transactions() {
        let one = || {
            let Row::Here(data) = data(1) else { unreachable!() };
            data
        };
        assert_eq!(served(0, one(), Isolation::ReadUncommitted, &mut vec![]).aborted_transactions, None);
        assert_eq!(served(0, one(), Isolation::ReadCommitted, &mut vec![]).aborted_transactions, Some(vec![]));
    }
}
