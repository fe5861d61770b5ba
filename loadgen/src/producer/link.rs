//! One producer's connection to one broker, and the task that keeps it: connect, say who the producer is, read answers, and
//! connect again when it breaks. What was on the way goes back to its lanes in order.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{Core, Share, Socket};
use thalweg_wire::messages::init_producer_id_request::InitProducerIdRequest;
use thalweg_wire::messages::produce_request::ProduceRequest;
use thalweg_wire::{ProducerEpoch, ProducerId, Reader, Str, decode_response};

use super::{Identity, Writers};
use crate::batch::Batch;
use crate::client::connection::{CallError, Connection, code};
use crate::client::frames::Frames;
use crate::client::wait::rest;

/// One producer's connection to one broker.
pub struct Link {
    /// The producer, among those of the core.
    pub producer: u32,
    broker: i32,
    socket: Option<Rc<dyn Socket>>,
    /// Version of its requests.
    pub version: i16,
    /// Which connection this is, counted from zero.
    pub incarnation: u32,
    /// Requests without an answer, oldest first.
    pub flights: VecDeque<Flight>,
    /// Partitions with something to send.
    pub due: VecDeque<u32>,
    /// Number of the next request.
    pub next_id: i32,
    /// It is to close once all that is on the way is answered.
    draining: bool,
}

/// A request on the way.
pub struct Flight {
    /// Its number.
    pub id: i32,
    /// When it was handed to the socket.
    pub sent_ns: u64,
    /// What it holds, by partition.
    pub batches: Vec<(u32, Batch)>,
}

/// How long connecting may take.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// The first and the longest pause before connecting again.
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// The first version of Produce that names topics by id.
const TOPIC_ID_VERSION: i16 = 13;

impl Link {
    /// Whether requests can be sent.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.socket.is_some()
    }

    /// Whether another request may be sent.
    #[must_use]
    pub fn has_room(&self, in_flight_max: usize) -> bool {
        self.socket.is_some() && !self.draining && self.flights.len() < in_flight_max
    }

    /// The socket, if there is a connection.
    #[must_use]
    pub fn socket(&self) -> Option<Rc<dyn Socket>> {
        self.socket.clone()
    }

    /// Ends the connection; its task notices.
    pub fn close(&self) {
        if let Some(socket) = &self.socket {
            socket.shutdown();
        }
    }

    /// Ends the connection if that was wanted and nothing is on the way.
    pub fn close_if_drained(&self) {
        if self.draining && self.flights.is_empty() {
            self.close();
        }
    }
}

impl Writers {
    /// The connection of a producer to a broker; opened if there is none.
    pub(super) fn link_to(&mut self, producer: u32, broker: i32) -> u32 {
        let known = &mut self.producers[producer as usize].links;
        if let Some((_, link)) = known.iter().find(|(of, _)| *of == broker) {
            return *link;
        }
        let at = self.links.len() as u32;
        known.push((broker, at));
        self.links.push(Link {
            producer,
            broker,
            socket: None,
            version: 0,
            incarnation: 0,
            flights: VecDeque::new(),
            due: VecDeque::new(),
            next_id: 0,
            draining: false,
        });
        if let Some(me) = self.me.upgrade() {
            self.core.spawn.spawn(Share::Foreground, Box::pin(keep(me, self.core.clone(), at)));
        }
        at
    }

    /// Closes one connection as soon as nothing is on the way on it; it opens again by itself.
    pub fn churn(&mut self, turn: usize) {
        if self.links.is_empty() {
            return;
        }
        let at = turn % self.links.len();
        self.links[at].draining = true;
        self.links[at].close_if_drained();
    }

    fn address_of(&self, at: u32) -> Option<String> {
        self.leaders.brokers.get(&self.links[at as usize].broker).cloned()
    }

    fn went_up(&mut self, at: u32, socket: Rc<dyn Socket>, version: i16) {
        self.recorder.borrow_mut().connected();
        let link = &mut self.links[at as usize];
        link.socket = Some(socket);
        link.version = version;
        link.draining = false;
        let (producer, now_ns) = (link.producer, self.clock.now_ns());
        self.requeue(producer, at);
        self.after(at, now_ns);
    }

    /// The connection is gone; what was on the way is sent again.
    fn went_down(&mut self, at: u32, error: Option<&CallError>) {
        let now_ns = self.clock.now_ns();
        let link = &mut self.links[at as usize];
        link.socket = None;
        link.incarnation += 1;
        let wanted = link.draining && link.flights.is_empty();
        let flights = std::mem::take(&mut link.flights);
        if let Some(error) = error.filter(|_| !wanted && !self.ended) {
            self.recorder.borrow_mut().error(error.name(), now_ns);
            self.leaders_are_stale = true;
        }
        if self.ended {
            self.links[at as usize].flights = flights;
            return;
        }
        self.progress.in_flight.sub(flights.len() as u64);
        for flight in flights {
            for (partition, batch) in flight.batches {
                self.again(at, partition, batch, now_ns);
            }
        }
        self.ask_identity(at);
        self.changed.wake();
    }

    /// Lanes of a broken connection have work again.
    fn requeue(&mut self, producer: u32, at: u32) {
        let broker = self.links[at as usize].broker;
        let topic = self.producers[producer as usize].topic;
        for partition in 0..self.producers[producer as usize].lanes.len() as u32 {
            if self.leaders.of[topic][partition as usize] == broker {
                self.enqueue(super::LaneId { producer, partition });
            }
        }
    }
}

/// Keeps one connection until the run ends.
async fn keep(me: Rc<RefCell<Writers>>, core: Core, at: u32) {
    let mut pause = PAUSE_FIRST;
    let client_id = me.borrow().client_id.clone();
    loop {
        let address = me.borrow().address_of(at);
        let connected = match address {
            Some(address) => connect(&me, &core, at, &address, &client_id).await,
            None => Err(CallError::Disconnected),
        };
        match connected {
            Ok(()) => pause = PAUSE_FIRST,
            Err(error) => me.borrow_mut().went_down(at, Some(&error)),
        }
        if me.borrow().ended {
            return;
        }
        rest(&core, pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// One connection, from its beginning to its end.
async fn connect(
    me: &Rc<RefCell<Writers>>,
    core: &Core,
    at: u32,
    address: &str,
    client_id: &Str,
) -> Result<(), CallError> {
    let connection = Connection::open(core, address, client_id, CONNECT_TIME).await?;
    let producer = me.borrow().links[at as usize].producer as usize;
    let (by_id, wanted) = {
        let mut writers = me.borrow_mut();
        let wanted = writers.producers[producer].id == Identity::Wanted
            && writers.producers[producer].lanes.iter().all(|lane| lane.in_flight == 0);
        if wanted {
            writers.producers[producer].id = Identity::Asked;
        }
        (!writers.topics[writers.producers[producer].topic].1.is_zero(), wanted)
    };
    if wanted {
        match ask(&connection).await {
            Ok((id, epoch)) => me.borrow_mut().identified(producer as u32, id, epoch),
            Err(error) => {
                me.borrow_mut().producers[producer].id = Identity::Wanted;
                return Err(error);
            }
        }
    }
    let at_most = if by_id { i16::MAX } else { TOPIC_ID_VERSION - 1 };
    let version = connection.versions().pick::<ProduceRequest>(at_most)?;
    let (socket, _) = connection.into_socket();
    me.borrow_mut().went_up(at, socket.clone(), version);
    let ended = read(me, at, &*socket, version).await;
    me.borrow_mut().went_down(at, Some(&ended));
    Ok(())
}

/// Reads answers until the connection ends, and says how.
async fn read(me: &Rc<RefCell<Writers>>, at: u32, socket: &dyn Socket, version: i16) -> CallError {
    let mut frames = Frames::default();
    loop {
        match frames.take() {
            Ok(Some(frame)) => {
                if let Err(error) = answer(me, at, frame, version) {
                    return error;
                }
                continue;
            }
            Ok(None) => {}
            Err(bad) => return CallError::Malformed(format!("a frame of {} bytes", bad.0)),
        }
        match poll_fn(|cx| socket.poll_recv(cx)).await {
            Ok(chunk) if !chunk.is_empty() => frames.push(chunk),
            _ => return CallError::Disconnected,
        }
    }
}

fn answer(me: &Rc<RefCell<Writers>>, at: u32, frame: Bytes, version: i16) -> Result<(), CallError> {
    let (header, body) = decode_response::<ProduceRequest>(&mut Reader::new(frame), version)
        .map_err(|error| CallError::Malformed(error.to_string()))?;
    match me.borrow_mut().answered(at, header.correlation_id, &body) {
        true => Ok(()),
        false => Err(CallError::Malformed("an answer to something else".to_owned())),
    }
}

async fn ask(connection: &Connection) -> Result<(ProducerId, ProducerEpoch), CallError> {
    let request = InitProducerIdRequest {
        transactional_id: None,
        transaction_timeout_ms: i32::MAX,
        producer_id: -1,
        producer_epoch: -1,
        ..Default::default()
    };
    let answer = connection.ask(&request).await?;
    code(answer.error_code, "")?;
    Ok((ProducerId(answer.producer_id), ProducerEpoch(answer.producer_epoch)))
}

/// Asks who the producer is from now on, on a connection of its own.
pub(super) async fn identify(me: Rc<RefCell<Writers>>, at: u32) {
    let (core, client_id) = (me.borrow().core.clone(), me.borrow().client_id.clone());
    let producer = me.borrow().links[at as usize].producer;
    let mut pause = PAUSE_FIRST;
    loop {
        let address = me.borrow().address_of(at);
        let asked = match address {
            Some(address) => match Connection::open(&core, &address, &client_id, CONNECT_TIME).await {
                Ok(connection) => ask(&connection).await,
                Err(error) => Err(error),
            },
            None => Err(CallError::Disconnected),
        };
        match asked {
            Ok((id, epoch)) => return me.borrow_mut().identified(producer, id, epoch),
            Err(error) => {
                let now_ns = me.borrow().clock.now_ns();
                me.borrow().recorder.borrow_mut().error(error.name(), now_ns);
            }
        }
        if me.borrow().ended {
            return;
        }
        rest(&core, pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}
