//! Reading: one loop for each consumer and broker, one fetch on the way while the records of the one before are looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::Share;
use thalweg_wire::batch::{BatchView, split};
use thalweg_wire::compression::Scratch;
use thalweg_wire::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use thalweg_wire::messages::fetch_response::FetchResponse;
use thalweg_wire::{ErrorCode, Records};

use super::range::range;
use super::{Consumer, Place, Readers};
use crate::client::cluster::{ask_metadata, connect_any, leaders_of};
use crate::client::connection::{CallError, Connection};
use crate::client::wait::rest;
use crate::ledger::ReadLedger;
use crate::plan::STAMP_BYTES;

/// How long an answer may take beyond what it is allowed to wait.
const ANSWER_TIME: Duration = Duration::from_secs(30);
const LEADERS_TIME: Duration = Duration::from_secs(5);
/// How far a stamp may lie in the future, in nanoseconds.
const CLOCKS_APART_NS: u64 = 1_000_000_000;
/// Pause after something went wrong, and how often a resting consumer looks up.
const PAUSE: Duration = Duration::from_millis(50);
const LOOK_UP: Duration = Duration::from_millis(5);
/// The first version of Fetch that names topics by id.
const TOPIC_ID_VERSION: i16 = 13;
/// Bytes of the records of one batch, once they are decompressed.
const BATCH_BYTES_MAX: usize = 128 << 20;

/// Reads the partitions that this generator shares out.
pub(super) async fn read_assigned(readers: &Rc<Readers>, consumer: &Rc<Consumer>) {
    let places = range(&readers.all_places(), consumer.number, readers.plan.consumers.per_group);
    let positions = places.into_iter().map(|place| (place, readers.end_of(place))).collect();
    take_positions(readers, consumer, positions);
    readers.placed.set(readers.placed.get() + 1);
    while !readers.ended.get() {
        rest(&readers.core, LOOK_UP).await;
        mend(readers, consumer).await;
    }
    stop_loops(readers, consumer).await;
}

/// The consumer reads these partitions from now on.
pub(super) fn take_positions(readers: &Rc<Readers>, consumer: &Rc<Consumer>, positions: BTreeMap<Place, i64>) {
    *consumer.positions.borrow_mut() = positions;
    start_loops(readers, consumer);
}

fn start_loops(readers: &Rc<Readers>, consumer: &Rc<Consumer>) {
    consumer.generation.set(consumer.generation.get() + 1);
    consumer.lost.set(false);
    let brokers: BTreeSet<i32> = consumer.positions.borrow().keys().map(|place| readers.leader_of(*place)).collect();
    for broker in brokers {
        if broker < 0 {
            consumer.lost.set(true);
            continue;
        }
        consumer.loops.set(consumer.loops.get() + 1);
        let (readers, consumer) = (readers.clone(), consumer.clone());
        let core = readers.core.clone();
        let life = async move {
            if let Err(error) = fetch_from(&readers, &consumer, broker).await {
                let now_ns = readers.clock.now_ns();
                if !readers.ended.get() {
                    readers.recorder.borrow_mut().error(error.name(), now_ns);
                    consumer.lost.set(true);
                }
            }
            consumer.loops.set(consumer.loops.get() - 1);
        };
        core.spawn.spawn(Share::Foreground, Box::pin(life));
    }
}

/// Ends the fetch loops of a consumer and waits until they have.
pub(super) async fn stop_loops(readers: &Rc<Readers>, consumer: &Rc<Consumer>) {
    consumer.generation.set(consumer.generation.get() + 1);
    while consumer.loops.get() > 0 {
        rest(&readers.core, LOOK_UP).await;
    }
}

/// If a broker does not lead any more or is gone: asks who leads, and begins again where reading stopped.
pub(super) async fn mend(readers: &Rc<Readers>, consumer: &Rc<Consumer>) {
    if !consumer.lost.get() || readers.ended.get() {
        return;
    }
    stop_loops(readers, consumer).await;
    rest(&readers.core, PAUSE).await;
    let names: Vec<String> = readers.topics.iter().map(|(name, _)| name.to_string()).collect();
    let asked = match connect_any(&readers.core, &readers.plan, LEADERS_TIME).await {
        Ok(connection) => ask_metadata(&connection, &names).await,
        Err(error) => Err(error),
    };
    if let Ok(answer) = asked {
        let leaders = leaders_of(&answer, &names, &readers.leaders.borrow());
        *readers.leaders.borrow_mut() = leaders;
    }
    start_loops(readers, consumer);
}

/// What one fetch brought of one partition.
struct Piece {
    place: Place,
    /// Records before this offset are passed over.
    from: i64,
    batches: Vec<Bytes>,
}

async fn fetch_from(readers: &Rc<Readers>, consumer: &Rc<Consumer>, broker: i32) -> Result<(), CallError> {
    let generation = consumer.generation.get();
    let goes_on = || consumer.generation.get() == generation && !readers.ended.get();
    while readers.resting.get() && goes_on() {
        rest(&readers.core, LOOK_UP).await;
    }
    let address = readers.leaders.borrow().brokers.get(&broker).cloned().ok_or(CallError::Disconnected)?;
    let wait = Duration::from_millis(readers.plan.consumers.fetch_wait_ms.into());
    let connection = Connection::open(&readers.core, &address, &readers.client_id, wait + ANSWER_TIME).await?;
    let by_id = readers.topics.iter().all(|(_, id)| !id.is_zero());
    let at_most = if by_id { i16::MAX } else { TOPIC_ID_VERSION - 1 };
    let version = connection.versions().pick::<FetchRequest>(at_most)?;
    let mut scratch = Scratch::new();
    let mut sent = connection.send(&request(readers, consumer, broker), version)?;
    while goes_on() {
        let answer = connection.answer::<FetchRequest>(sent, version).await?;
        if !goes_on() {
            break;
        }
        let (pieces, bytes) = take(readers, consumer, answer)?;
        match consumer.bytes_per_second {
            None => {
                // what has come is looked at in any case: the positions are behind it already
                let next = connection.send(&request(readers, consumer, broker), version);
                look_at(readers, consumer, &pieces, &mut scratch);
                sent = next?;
            }
            Some(rate) => {
                look_at(readers, consumer, &pieces, &mut scratch);
                rest(&readers.core, Duration::from_secs_f64(bytes as f64 / rate as f64)).await;
                sent = connection.send(&request(readers, consumer, broker), version)?;
            }
        }
    }
    Ok(())
}

fn request(readers: &Readers, consumer: &Consumer, broker: i32) -> FetchRequest {
    let plan = &readers.plan.consumers;
    let mut topics: Vec<FetchTopic> = Vec::new();
    let mut current = None;
    for (place, position) in consumer.positions.borrow().iter() {
        if readers.leader_of(*place) != broker {
            continue;
        }
        if current != Some(place.topic) {
            let (topic, topic_id) = readers.topics[place.topic as usize].clone();
            topics.push(FetchTopic { topic, topic_id, partitions: Vec::new() });
            current = Some(place.topic);
        }
        if let Some(topic) = topics.last_mut() {
            topic.partitions.push(FetchPartition {
                partition: place.partition as i32,
                current_leader_epoch: -1,
                fetch_offset: *position,
                last_fetched_epoch: -1,
                log_start_offset: -1,
                partition_max_bytes: i32::try_from(plan.partition_bytes).unwrap_or(i32::MAX),
                ..Default::default()
            });
        }
    }
    FetchRequest {
        cluster_id: None,
        replica_id: -1,
        max_wait_ms: i32::try_from(plan.fetch_wait_ms).unwrap_or(i32::MAX),
        min_bytes: i32::try_from(plan.fetch_min_bytes).unwrap_or(i32::MAX),
        max_bytes: i32::try_from(plan.fetch_bytes).unwrap_or(i32::MAX),
        session_id: 0,
        session_epoch: -1,
        topics,
        ..Default::default()
    }
}

/// Takes an answer apart into batches and moves the positions behind them.
fn take(readers: &Readers, consumer: &Consumer, answer: FetchResponse) -> Result<(Vec<Piece>, u64), CallError> {
    crate::client::connection::code(answer.error_code, "")?;
    let (mut pieces, mut bytes) = (Vec::new(), 0);
    for topic in answer.responses {
        let index = readers.topics.iter().position(|(name, id)| match topic.topic_id.is_zero() {
            true => *name == topic.topic,
            false => *id == topic.topic_id,
        });
        let Some(index) = index else { continue };
        for partition in topic.partitions {
            let place = Place { topic: index as u32, partition: partition.partition_index as u32 };
            let mut positions = consumer.positions.borrow_mut();
            let Some(position) = positions.get_mut(&place) else { continue };
            match ErrorCode::try_from(partition.error_code).unwrap_or(ErrorCode::UnknownServerError) {
                ErrorCode::None => {}
                ErrorCode::OffsetOutOfRange => {
                    let now_ns = readers.clock.now_ns();
                    readers.recorder.borrow_mut().error(ErrorCode::OffsetOutOfRange.name(), now_ns);
                    *position = partition.log_start_offset.max(0);
                    continue;
                }
                code => return Err(CallError::Broker(code, String::new())),
            }
            let Some(Records::Bytes(records)) = partition.records else { continue };
            bytes += records.len() as u64;
            let from = *position;
            let mut batches = Vec::new();
            // the last batch may be cut short; it comes again
            for batch in split(&records).map_while(Result::ok) {
                if let Ok(view) = BatchView::parse(&batch) {
                    *position = (*position).max(view.next_offset().0);
                }
                batches.push(batch);
            }
            pieces.push(Piece { place, from, batches });
        }
    }
    Ok((pieces, bytes))
}

/// Looks at every record.
fn look_at(readers: &Readers, consumer: &Consumer, pieces: &[Piece], scratch: &mut Scratch) {
    let now_ns = readers.clock.now_ns();
    let mut ledgers = readers.ledgers.borrow_mut();
    let mut ledger = ledgers.get_mut(&consumer.group);
    let mut seen = Seen::default();
    for piece in pieces {
        for batch in &piece.batches {
            if let Err(what) = look_at_batch(readers, piece, batch, ledger.as_deref_mut(), scratch, &mut seen) {
                readers.recorder.borrow_mut().error(what, now_ns);
                if let Some(ledger) = ledger.as_deref_mut() {
                    ledger
                        .damaged(|| format!("topic {} partition {}: {what}", piece.place.topic, piece.place.partition));
                }
            }
        }
    }
    readers.progress.consumed.add(seen.records);
    readers.progress.consumed_bytes.add(seen.bytes);
}

/// Sums of one answer.
#[derive(Default)]
struct Seen {
    records: u64,
    bytes: u64,
}

fn look_at_batch(
    readers: &Readers,
    piece: &Piece,
    batch: &Bytes,
    mut ledger: Option<&mut ReadLedger>,
    scratch: &mut Scratch,
    seen: &mut Seen,
) -> Result<(), &'static str> {
    let view = BatchView::parse(batch).map_err(|_| "MALFORMED_BATCH")?;
    if view.is_control() {
        return Ok(());
    }
    if readers.plan.consumers.check_crc && !view.crc_matches() {
        return Err("CORRUPT_BATCH");
    }
    let mut recorder = readers.recorder.borrow_mut();
    let now_ns = readers.clock.now_ns();
    let mut records = view.records_with(scratch, BATCH_BYTES_MAX).map_err(|_| "MALFORMED_BATCH")?;
    while let Some(record) = records.try_next().map_err(|_| "MALFORMED_BATCH")? {
        let offset = view.base_offset().0 + i64::from(record.offset_delta);
        if offset < piece.from {
            continue;
        }
        let value = record.value.unwrap_or_default();
        if let Some(ledger) = ledger.as_deref_mut() {
            let Place { topic, partition } = piece.place;
            if !ledger.read(value, || format!("topic {topic} partition {partition} offset {offset}")) {
                continue;
            }
        }
        let stamp = value.first_chunk::<{ STAMP_BYTES as usize }>().map(|stamp| u64::from_be_bytes(*stamp));
        let intended = stamp.and_then(|stamp| readers.clock.time_of(stamp));
        // the clocks of two parts of a run agree to less than that; what says more is no stamp of ours
        let intended = intended.filter(|at| *at <= now_ns + CLOCKS_APART_NS);
        let bytes = (value.len() + record.key.map_or(0, <[u8]>::len)) as u64;
        recorder.consumed(intended, bytes, now_ns);
        seen.records += 1;
        seen.bytes += bytes;
    }
    Ok(())
}
