//! The producers of one core: records become batches, batches requests, answers latencies. One value, [`Writers`], owns all
//! of it and never waits; around it stand the task that feeds it ([`feeder`]) and one task per connection ([`link`]).
//!
//! - A batch leaves when another record would not fit, or when its first record should have left the linger ago. While its
//!   connection has no room for another request it stays open and takes more, as in Kafka's client.
//! - Batches of one partition are acknowledged, sent again and given up in their order.
//! - At the bound of bytes the feeder stops; the schedule does not.

pub mod feeder;
pub mod lane;
pub mod link;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use thalweg_rt::{Core, Wakers};
use thalweg_wire::compression::Compression;
use thalweg_wire::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use thalweg_wire::messages::produce_response::{PartitionProduceResponse, ProduceResponse};
use thalweg_wire::{Chunk, ErrorCode, ProducerEpoch, ProducerId, Records, Sequence, Str, TopicId, encode_request};

use crate::batch::{Batch, OpenBatch, PROOF_BYTES, RecordTime, record_bytes_max};
use crate::client::connection::segments;
use crate::client::{Cluster, Leaders};
use crate::clock::RunClock;
use crate::keys::{KeyPicker, Partitioner};
use crate::ledger::SentLedger;
use crate::payload::Payloads;
use crate::plan::{Acks, Codec, Plan, STAMP_BYTES};
use crate::progress::Progress;
use crate::random::Random;
use crate::recorder::Recorder;
use crate::schedule::Share;
use lane::{Lane, Waiting};
use link::{Flight, Link};

/// A partition of a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneId {
    /// The producer, among those of the core.
    pub producer: u32,
    /// The partition.
    pub partition: u32,
}

/// One producer.
pub struct Producer {
    /// Its number in the run.
    pub number: u32,
    topic: usize,
    lanes: Vec<Lane>,
    /// Its connections, by broker.
    links: Vec<(i32, u32)>,
    keys: KeyPicker,
    partitioner: Partitioner,
    random: Random,
    id: Identity,
    /// Batches complete and not done with.
    outstanding: u32,
}

/// Who an idempotent producer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// It needs none.
    Unneeded,
    /// It has to ask, once nothing is on the way.
    Wanted,
    /// It asks.
    Asked,
    /// What it was told.
    Known(ProducerId, ProducerEpoch),
}

/// The producers of one core.
pub struct Writers {
    core: Core,
    plan: Arc<Plan>,
    clock: Rc<RunClock>,
    recorder: Rc<RefCell<Recorder>>,
    progress: Arc<Progress>,
    topics: Vec<(Str, TopicId)>,
    leaders: Leaders,
    /// Whether a broker said that it does not lead, or there was no leader.
    leaders_are_stale: bool,
    producers: Vec<Producer>,
    links: Vec<Link>,
    /// Open batches by when they are due.
    waiting: VecDeque<Waiting>,
    next_order: u64,
    /// Bytes of keys and values that are not done with.
    buffered_bytes: u64,
    /// When the feeder last found room after there had been none.
    room_since_ns: u64,
    /// Tasks that wait for something to be done with.
    changed: Wakers,
    spare_times: Vec<Vec<u64>>,
    dirty: Vec<u32>,
    payloads: Payloads,
    ledger: Option<SentLedger>,
    codec: Compression,
    client_id: Str,
    ended: bool,
    me: Weak<RefCell<Writers>>,
}

/// Vectors of times kept for later batches.
const SPARE_TIMES_MAX: usize = 256;

impl Writers {
    /// Those of a worker. Connects nothing yet.
    #[must_use]
    pub fn new(
        core: &Core,
        plan: &Arc<Plan>,
        share: Share,
        run: u32,
        cluster: &Cluster,
        payloads: Payloads,
        (clock, recorder, progress): (Rc<RunClock>, Rc<RefCell<Recorder>>, Arc<Progress>),
    ) -> Rc<RefCell<Writers>> {
        let of = cluster.topics.iter().map(|topic| topic.leaders.clone()).collect();
        let leaders = Leaders { brokers: cluster.brokers.clone(), of };
        let producer = |index| {
            let number = share.producer(index);
            let topic = number as usize % cluster.topics.len();
            let partitions = cluster.topics[topic].leaders.len();
            Producer {
                number,
                topic,
                lanes: (0..partitions).map(|_| Lane::default()).collect(),
                links: Vec::new(),
                keys: KeyPicker::new(plan, number),
                partitioner: Partitioner::new(plan, number, partitions as u32),
                random: Random::new(plan.seed, STREAM + u64::from(number)),
                id: if plan.producers.idempotent { Identity::Wanted } else { Identity::Unneeded },
                outstanding: 0,
            }
        };
        Rc::new_cyclic(|me| {
            RefCell::new(Writers {
                core: core.clone(),
                plan: plan.clone(),
                clock,
                recorder,
                progress,
                topics: cluster.topics.iter().map(|topic| (Str::from(&topic.name), topic.id)).collect(),
                leaders,
                leaders_are_stale: false,
                producers: (0..share.count()).map(producer).collect(),
                links: Vec::new(),
                waiting: VecDeque::new(),
                next_order: 0,
                buffered_bytes: 0,
                room_since_ns: 0,
                changed: Wakers::default(),
                spare_times: Vec::new(),
                dirty: Vec::new(),
                payloads,
                ledger: plan.verify.then(|| SentLedger::new(run)),
                codec: codec(plan.producers.codec),
                client_id: Str::from(&plan.client_id),
                ended: false,
                me: me.clone(),
            })
        })
    }

    /// Opens every producer's connections to the leaders of its topic, so that none is opened while it is measured.
    pub fn connect_all(&mut self) {
        for producer in 0..self.producers.len() {
            let topic = self.producers[producer].topic;
            let mut brokers = self.leaders.of[topic].clone();
            brokers.sort_unstable();
            brokers.dedup();
            for broker in brokers.into_iter().filter(|broker| *broker >= 0) {
                self.link_to(producer as u32, broker);
            }
        }
    }

    /// Whether every connection is open.
    #[must_use]
    pub fn all_connected(&self) -> bool {
        self.links.iter().all(Link::is_up)
    }

    /// What happens next is the end: connections are not opened again.
    pub fn end(&mut self) {
        self.ended = true;
        self.links.iter().for_each(Link::close);
    }

    /// Something outside has changed: the feeder looks again.
    pub fn nudge(&self) {
        self.changed.wake();
    }

    /// What was sent, for a verified run.
    pub fn take_ledger(&mut self) -> Option<SentLedger> {
        self.ledger.take()
    }

    /// Whether every record is done with.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.buffered_bytes == 0
    }

    /// Adds one record of a producer. `possible_ns` is when the generator could have come to it at the earliest.
    fn add(&mut self, index: u32, intended_ns: u64, possible_ns: u64, now_ns: u64) {
        self.recorder.borrow_mut().came_to(intended_ns, possible_ns, now_ns);
        self.progress.intended.add(1);
        let limit = self.plan.producers.batch_bytes as usize;
        let value_len = self.payloads.next_len();
        let producer = &mut self.producers[index as usize];
        let key = producer.keys.pick(&mut producer.random);
        let text = key.map(|_| producer.keys.text());
        let partition = producer.partitioner.pick(text, &mut producer.random);
        let proof = self.ledger.as_mut().zip(key).map(|(ledger, key)| ledger.next(key as u32));
        let head = STAMP_BYTES as usize + proof.map_or(0, |_| PROOF_BYTES);
        let body = self.payloads.window(value_len.saturating_sub(head));
        let bound = record_bytes_max(text, head + body.len());
        let id = LaneId { producer: index, partition };
        let full = producer.lanes[partition as usize].open.as_ref().is_some_and(|open| !open.fits(bound, limit));
        if full {
            self.complete(id);
        }
        let stamp_ns = self.clock.stamp(intended_ns);
        let time = RecordTime { intended_ns, stamp_ns, timestamp_ms: (stamp_ns / 1_000_000) as i64 };
        let producer = &mut self.producers[index as usize];
        let text = key.map(|_| producer.keys.text());
        let lane = &mut producer.lanes[partition as usize];
        let open = lane.open.get_or_insert_with(|| {
            let order = self.next_order;
            self.next_order += 1;
            let due_ns = intended_ns + self.plan.producers.linger_us * 1000;
            self.waiting.push_back(Waiting { due_ns, lane: id, order });
            OpenBatch::new(order, limit, bound, self.spare_times.pop().unwrap_or_default())
        });
        let before = open.payload_bytes();
        open.push(time, text, proof, self.payloads.bytes(body));
        self.buffered_bytes += open.payload_bytes() - before;
        if open.is_full(limit) {
            self.complete(id);
        }
    }

    /// An open batch takes no more.
    fn complete(&mut self, id: LaneId) {
        let producer = &mut self.producers[id.producer as usize];
        let lane = &mut producer.lanes[id.partition as usize];
        if let Some(batch) = lane.seal(self.codec, self.plan.producers.level) {
            lane.ready.push_back(batch);
            producer.outstanding += 1;
        }
        producer.partitioner.batch_complete();
        self.enqueue(id);
    }

    /// Open batches whose first record is as old as the linger become due.
    fn expire(&mut self, now_ns: u64) {
        while let Some(first) = self.waiting.front().copied() {
            let lane = &mut self.producers[first.lane.producer as usize].lanes[first.lane.partition as usize];
            let stands = lane.open.as_ref().is_some_and(|open| open.order() == first.order);
            if stands && first.due_ns > now_ns {
                break;
            }
            self.waiting.pop_front();
            if stands {
                lane.open_is_due = true;
                self.enqueue(first.lane);
            }
        }
    }

    /// When the next open batch becomes due.
    fn next_due_ns(&self) -> Option<u64> {
        self.waiting.front().map(|first| first.due_ns)
    }

    /// A lane has something to send: its connection hears of it.
    fn enqueue(&mut self, id: LaneId) {
        let producer = &self.producers[id.producer as usize];
        let lane = &producer.lanes[id.partition as usize];
        if lane.queued || lane.muted || !lane.has_work() {
            return;
        }
        let broker = self.leaders.of[producer.topic][id.partition as usize];
        if broker < 0 {
            self.leaders_are_stale = true;
            return;
        }
        let link = self.link_to(id.producer, broker);
        self.producers[id.producer as usize].lanes[id.partition as usize].queued = true;
        self.links[link as usize].due.push_back(id.partition);
        self.dirty.push(link);
    }

    /// Sends what is due on every connection that has heard of something.
    fn pump_dirty(&mut self, now_ns: u64) {
        while let Some(link) = self.dirty.pop() {
            self.pump(link, now_ns);
        }
    }

    /// Sends what is due on a connection, as far as it has room.
    fn pump(&mut self, at: u32, now_ns: u64) {
        while let Some(batches) = self.next_request(at) {
            self.send(at, batches, now_ns);
        }
    }

    /// The batches of the next request: at most one a partition.
    fn next_request(&mut self, at: u32) -> Option<Vec<(u32, Batch)>> {
        let link = &mut self.links[at as usize];
        if !link.has_room(self.plan.producers.in_flight as usize) {
            return None;
        }
        let producer = &mut self.producers[link.producer as usize];
        if matches!(producer.id, Identity::Wanted | Identity::Asked) {
            return None;
        }
        let mut batches = Vec::new();
        let mut bytes = 0;
        for _ in 0..link.due.len() {
            let Some(partition) = link.due.pop_front() else { break };
            let lane = &mut producer.lanes[partition as usize];
            let next = if lane.muted { 0 } else { lane.next_bytes() };
            if next > 0 && !batches.is_empty() && bytes + next > self.plan.producers.request_bytes as usize {
                link.due.push_front(partition);
                break;
            }
            if next > 0 && lane.ready.is_empty() {
                let sealed = lane.seal(self.codec, self.plan.producers.level);
                producer.outstanding += u32::from(sealed.is_some());
                lane.ready.extend(sealed);
                producer.partitioner.batch_complete();
            }
            let lane = &mut producer.lanes[partition as usize];
            if next > 0
                && let Some(mut batch) = lane.ready.pop_front()
            {
                if let Identity::Known(..) = producer.id {
                    batch.sequence = batch.sequence.or_else(|| Some(lane.take_sequence(batch.count())));
                }
                lane.in_flight += 1;
                bytes += batch.bytes();
                batches.push((partition, batch));
            }
            if !lane.muted && lane.has_work() {
                link.due.push_back(partition);
            } else {
                lane.queued = false;
            }
        }
        (!batches.is_empty()).then_some(batches)
    }

    fn send(&mut self, at: u32, mut batches: Vec<(u32, Batch)>, now_ns: u64) {
        let link = &mut self.links[at as usize];
        let producer = &self.producers[link.producer as usize];
        let (id, epoch) = match producer.id {
            Identity::Known(id, epoch) => (id, epoch),
            _ => (ProducerId::NONE, ProducerEpoch::NONE),
        };
        let partition_data = batches.iter_mut().map(|(partition, batch)| {
            let again = batch.attempts > 0;
            batch.attempts += 1;
            self.recorder.borrow_mut().sent(&batch.intended_ns, batch.bytes(), again);
            let header = batch.header(id, epoch, batch.sequence.unwrap_or(Sequence::NONE));
            let records = vec![Chunk::Memory(header), Chunk::Memory(batch.records.clone())];
            PartitionProduceData { index: *partition as i32, records: Some(Records::Chunks(records)) }
        });
        let (name, topic_id) = self.topics[producer.topic].clone();
        let data = TopicProduceData { name, topic_id, partition_data: partition_data.collect() };
        let request = ProduceRequest {
            transactional_id: None,
            acks: self.plan.producers.acks.wire(),
            timeout_ms: i32::try_from(self.plan.producers.request_timeout_ms).unwrap_or(i32::MAX),
            topic_data: vec![data],
        };
        let id = link.next_id;
        link.next_id = id.wrapping_add(1);
        let encoded = encode_request(&request, link.version, id, Some(self.client_id.clone()));
        let chunks = encoded.unwrap_or_else(|error| unreachable!("a request of our own has every field: {error}"));
        link.flights.push_back(Flight { id, sent_ns: now_ns, batches });
        self.progress.in_flight.add(1);
        let Some(socket) = link.socket() else { return };
        let sent = socket.send(segments(chunks));
        if self.plan.producers.acks == Acks::None {
            let (me, incarnation) = (self.me.clone(), link.incarnation);
            let done = async move {
                if sent.await.is_ok()
                    && let Some(me) = me.upgrade()
                {
                    me.borrow_mut().left(at, incarnation, id);
                }
            };
            self.core.spawn.spawn(thalweg_rt::Share::Foreground, Box::pin(done));
        }
    }

    /// A request that nobody answers has left.
    fn left(&mut self, at: u32, incarnation: u32, id: i32) {
        let link = &mut self.links[at as usize];
        if link.incarnation != incarnation || link.flights.front().is_none_or(|flight| flight.id != id) {
            return;
        }
        let Some(flight) = link.flights.pop_front() else { return };
        let now_ns = self.clock.now_ns();
        self.request_done(now_ns);
        for (partition, batch) in flight.batches {
            self.acked(at, partition, batch, flight.sent_ns, now_ns);
        }
        self.after(at, now_ns);
    }

    fn request_done(&mut self, now_ns: u64) {
        self.progress.in_flight.sub(1);
        self.recorder.borrow_mut().answered(now_ns);
    }

    /// An answer came. False: it is none to what was asked, and the connection has to go.
    fn answered(&mut self, at: u32, id: i32, response: &ProduceResponse) -> bool {
        let now_ns = self.clock.now_ns();
        let link = &mut self.links[at as usize];
        if link.flights.front().is_none_or(|flight| flight.id != id) {
            return false;
        }
        let Some(mut flight) = link.flights.pop_front() else { return false };
        self.request_done(now_ns);
        for answer in response.responses.iter().flat_map(|topic| &topic.partition_responses) {
            let found = flight.batches.iter().position(|(partition, _)| *partition as i32 == answer.index);
            let Some(found) = found else { continue };
            let (partition, batch) = flight.batches.swap_remove(found);
            self.decided(at, partition, batch, flight.sent_ns, answer, now_ns);
        }
        let whole = flight.batches.is_empty();
        for (partition, batch) in flight.batches {
            self.again(at, partition, batch, now_ns);
        }
        self.after(at, now_ns);
        whole
    }

    fn decided(
        &mut self,
        at: u32,
        partition: u32,
        batch: Batch,
        sent_ns: u64,
        answer: &PartitionProduceResponse,
        now_ns: u64,
    ) {
        let code = ErrorCode::try_from(answer.error_code).unwrap_or(ErrorCode::UnknownServerError);
        if matches!(code, ErrorCode::None | ErrorCode::DuplicateSequenceNumber) {
            return self.acked(at, partition, batch, sent_ns, now_ns);
        }
        self.recorder.borrow_mut().error(code.name(), now_ns);
        self.leaders_are_stale |= code.means_stale_metadata();
        let producer = &mut self.producers[self.links[at as usize].producer as usize];
        let identified = matches!(producer.id, Identity::Known(..));
        let lost_order = matches!(
            code,
            ErrorCode::OutOfOrderSequenceNumber | ErrorCode::UnknownProducerId | ErrorCode::InvalidProducerEpoch
        );
        if lost_order && identified {
            // behind a batch that is sent again this is expected; else the broker has forgotten the producer
            let behind =
                producer.lanes[partition as usize].ready.front().is_some_and(|first| first.order < batch.order);
            if !behind {
                producer.id = Identity::Wanted;
            }
            return self.again(at, partition, batch, now_ns);
        }
        if code.is_retriable() {
            return self.again(at, partition, batch, now_ns);
        }
        self.failed(at, partition, batch);
    }

    fn acked(&mut self, at: u32, partition: u32, batch: Batch, sent_ns: u64, now_ns: u64) {
        self.recorder.borrow_mut().acked(&batch.intended_ns, batch.payload_bytes, sent_ns, now_ns);
        self.progress.acked.add(batch.intended_ns.len() as u64);
        self.progress.acked_bytes.add(batch.payload_bytes);
        self.back(at, partition);
        self.done(at, batch);
    }

    fn failed(&mut self, at: u32, partition: u32, batch: Batch) {
        self.recorder.borrow_mut().failed(&batch.intended_ns);
        if let Some(ledger) = &mut self.ledger {
            ledger.unconfirmed(&batch.proofs);
        }
        // what follows has sequences that will not fit any more
        let producer = &mut self.producers[self.links[at as usize].producer as usize];
        if matches!(producer.id, Identity::Known(..)) {
            producer.id = Identity::Wanted;
        }
        self.back(at, partition);
        self.done(at, batch);
    }

    /// A batch has to be sent again, or is too old for it.
    fn again(&mut self, at: u32, partition: u32, batch: Batch, now_ns: u64) {
        let first = batch.intended_ns.first().copied().unwrap_or(now_ns);
        if now_ns.saturating_sub(first) > self.plan.producers.delivery_timeout_ms * 1_000_000 {
            self.recorder.borrow_mut().error("DELIVERY_TIMED_OUT", now_ns);
            return self.failed(at, partition, batch);
        }
        let producer = self.links[at as usize].producer;
        self.producers[producer as usize].lanes[partition as usize].put_back(batch);
        self.back(at, partition);
    }

    /// A batch is back from its connection.
    fn back(&mut self, at: u32, partition: u32) {
        let producer = self.links[at as usize].producer;
        let lane = &mut self.producers[producer as usize].lanes[partition as usize];
        lane.in_flight -= 1;
        if lane.in_flight == 0 && lane.muted {
            lane.muted = false;
            self.enqueue(LaneId { producer, partition });
        }
    }

    fn done(&mut self, at: u32, batch: Batch) {
        self.buffered_bytes -= batch.payload_bytes;
        let producer = self.links[at as usize].producer;
        self.producers[producer as usize].outstanding -= 1;
        if self.spare_times.len() < SPARE_TIMES_MAX {
            self.spare_times.push(batch.intended_ns);
        }
    }

    /// What follows an answer or a loss: more is sent, who waits is told, an identity that is wanted is asked for.
    fn after(&mut self, at: u32, now_ns: u64) {
        self.ask_identity(at);
        self.pump(at, now_ns);
        self.pump_dirty(now_ns);
        self.links[at as usize].close_if_drained();
        self.changed.wake();
    }

    /// Once nothing of a producer is on the way, it may become somebody else.
    fn ask_identity(&mut self, at: u32) {
        let index = self.links[at as usize].producer as usize;
        let producer = &mut self.producers[index];
        if producer.id != Identity::Wanted || producer.lanes.iter().any(|lane| lane.in_flight > 0) {
            return;
        }
        producer.id = Identity::Asked;
        producer.lanes.iter_mut().for_each(Lane::forget_sequences);
        if let Some(me) = self.me.upgrade() {
            self.core.spawn.spawn(thalweg_rt::Share::Foreground, Box::pin(link::identify(me, at)));
        }
    }

    /// A producer was told who it is.
    fn identified(&mut self, index: u32, id: ProducerId, epoch: ProducerEpoch) {
        let producer = &mut self.producers[index as usize];
        producer.id = Identity::Known(id, epoch);
        let links: Vec<u32> = producer.links.iter().map(|(_, link)| *link).collect();
        let now_ns = self.clock.now_ns();
        for link in links {
            self.pump(link, now_ns);
        }
    }

    /// New leaders: what is due goes to them.
    fn led_by(&mut self, leaders: Leaders) {
        self.leaders = leaders;
        self.leaders_are_stale = false;
        for link in &mut self.links {
            link.due.clear();
        }
        for producer in 0..self.producers.len() as u32 {
            for partition in 0..self.producers[producer as usize].lanes.len() as u32 {
                self.producers[producer as usize].lanes[partition as usize].queued = false;
                self.enqueue(LaneId { producer, partition });
            }
        }
        self.pump_dirty(self.clock.now_ns());
    }

    /// What is too old is given up, and connections that do not answer are closed.
    fn sweep(&mut self) {
        let now_ns = self.clock.now_ns();
        let answer_ns = self.plan.producers.request_timeout_ms * 1_000_000;
        for link in &self.links {
            if link.flights.front().is_some_and(|flight| now_ns.saturating_sub(flight.sent_ns) > answer_ns) {
                self.recorder.borrow_mut().error("TIMED_OUT", now_ns);
                link.close();
            }
        }
        let delivery_ns = self.plan.producers.delivery_timeout_ms * 1_000_000;
        for producer in &mut self.producers {
            for lane in &mut producer.lanes {
                while lane.ready.front().is_some_and(|b| now_ns.saturating_sub(b.intended_ns[0]) > delivery_ns) {
                    let Some(batch) = lane.ready.pop_front() else { break };
                    let mut recorder = self.recorder.borrow_mut();
                    recorder.error("DELIVERY_TIMED_OUT", now_ns);
                    recorder.failed(&batch.intended_ns);
                    if let Some(ledger) = &mut self.ledger {
                        ledger.unconfirmed(&batch.proofs);
                    }
                    if matches!(producer.id, Identity::Known(..)) && batch.sequence.is_some() {
                        producer.id = Identity::Wanted;
                    }
                    self.buffered_bytes -= batch.payload_bytes;
                    producer.outstanding -= 1;
                }
            }
        }
        self.changed.wake();
    }

    /// The end came first: everything that is not done with is counted, with its age as its latency.
    pub fn abandon(&mut self) {
        let now_ns = self.clock.now_ns();
        let mut recorder = self.recorder.borrow_mut();
        let ready = self.producers.iter_mut().flat_map(|p| &mut p.lanes).flat_map(|lane| {
            lane.open_is_due = true;
            let open = lane.seal(Compression::None, None);
            lane.ready.drain(..).chain(open).collect::<Vec<_>>()
        });
        let flying = self.links.iter_mut().flat_map(|link| link.flights.drain(..)).flat_map(|flight| flight.batches);
        for batch in ready.chain(flying.map(|(_, batch)| batch)) {
            recorder.unanswered(&batch.intended_ns, now_ns);
            if let Some(ledger) = &mut self.ledger {
                ledger.unconfirmed(&batch.proofs);
            }
        }
        self.buffered_bytes = 0;
        self.ended = true;
    }
}

/// The codec as the wire knows it.
#[must_use]
pub fn codec(codec: Codec) -> Compression {
    match codec {
        Codec::None => Compression::None,
        Codec::Gzip => Compression::Gzip,
        Codec::Snappy => Compression::Snappy,
        Codec::Lz4 => Compression::Lz4,
        Codec::Zstd => Compression::Zstd,
    }
}

/// Random numbers of producers, among those of the seed.
const STREAM: u64 = 0x9A0D_0CE0_0000_0000;

/// How often what is too old is looked for.
pub const SWEEP_EVERY: Duration = Duration::from_millis(500);
