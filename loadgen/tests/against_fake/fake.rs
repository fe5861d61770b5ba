//! A broker of threads and sleeps on loopback whose delays and faults are known: what is measured against it can be wrong by
//! the generator's own error only. It speaks what a run without groups needs and keeps everything in memory.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use thalweg_wire::batch::{BatchHeader, BatchView, HEADER_LEN, split};
use thalweg_wire::messages::api_versions_request::ApiVersionsRequest;
use thalweg_wire::messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use thalweg_wire::messages::create_topics_request::CreateTopicsRequest;
use thalweg_wire::messages::create_topics_response::{CreatableTopicResult, CreateTopicsResponse};
use thalweg_wire::messages::fetch_request::FetchRequest;
use thalweg_wire::messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
use thalweg_wire::messages::list_offsets_request::ListOffsetsRequest;
use thalweg_wire::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsResponse, ListOffsetsTopicResponse,
};
use thalweg_wire::messages::metadata_request::MetadataRequest;
use thalweg_wire::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use thalweg_wire::messages::produce_request::ProduceRequest;
use thalweg_wire::messages::produce_response::{PartitionProduceResponse, ProduceResponse, TopicProduceResponse};
use thalweg_wire::{
    ApiKey, Chunk, ErrorCode, Offset, Reader, Records, Request, RequestHeader, Str, decode_whole, encode_response,
};

/// What goes wrong with the batch of this number, counted over all partitions from zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// It is acknowledged and forgotten.
    Lose(u32),
    /// It is stored twice.
    Double(u32),
    /// It is stored after the next one of its partition.
    Late(u32),
    /// A byte of its last value changes; its checksum is made to fit.
    Damage(u32),
    /// It is answered with NOT_LEADER_OR_FOLLOWER, and is not stored.
    NotLeader(u32),
    /// It is stored, and the connection ends before the answer.
    HangUp(u32),
}

/// How the broker behaves.
#[derive(Clone, Default)]
pub struct Manners {
    /// From a produce request's arrival to its answer.
    pub delay: Duration,
    /// One after the other on a connection, instead of each by itself.
    pub one_by_one: bool,
    /// From the first produce request to the beginning of a pause, and its length: no produce answer leaves within it.
    pub pause: Option<(Duration, Duration)>,
    /// What goes wrong.
    pub fault: Fault,
}

/// The broker; gone when dropped.
pub struct Fake {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    manners: Manners,
    address: SocketAddr,
    ended: AtomicBool,
    batches: AtomicU32,
    first_produce: Mutex<Option<Instant>>,
    topics: Mutex<BTreeMap<String, Vec<Log>>>,
}

#[derive(Default)]
struct Log {
    batches: Vec<Bytes>,
    end: i64,
    late: Option<Bytes>,
}

impl Fake {
    pub fn start(manners: Manners) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            manners,
            address,
            ended: AtomicBool::new(false),
            batches: AtomicU32::new(0),
            first_produce: Mutex::new(None),
            topics: Mutex::default(),
        });
        let serving = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.ended.load(Ordering::Relaxed) {
                    break;
                }
                let shared = serving.clone();
                thread::spawn(move || serve(&shared, stream));
            }
        });
        Fake { address, shared }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // wakes the one that accepts
        drop(TcpStream::connect(self.address));
    }
}

/// An answer and when it may leave; nothing: the connection ends instead.
type Answer = (Option<Vec<u8>>, Instant);

fn serve(shared: &Arc<Shared>, mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut out = stream.try_clone().unwrap();
    let (answers, due) = mpsc::channel::<Answer>();
    thread::spawn(move || {
        for (answer, at) in due {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            let Some(bytes) = answer else { break };
            if out.write_all(&bytes).is_err() {
                return;
            }
        }
        out.shutdown(std::net::Shutdown::Both).ok();
    });
    let mut free_at = Instant::now();
    let mut length = [0; 4];
    while stream.read_exact(&mut length).is_ok() {
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        if stream.read_exact(&mut frame).is_err() {
            return;
        }
        let arrived = Instant::now();
        let mut r = Reader::new(frame.into());
        let header = RequestHeader::decode(&mut r).unwrap();
        let (bytes, mut at) = answer(shared, &header, r, arrived);
        if header.api() == Some(ApiKey::Produce) && shared.manners.one_by_one {
            at = free_at.max(arrived) + shared.manners.delay;
            free_at = at;
        }
        if answers.send((bytes, at)).is_err() {
            return;
        }
    }
}

fn body<R: Request>(mut r: Reader, version: i16) -> R {
    decode_whole(&mut r, version).unwrap()
}

fn encoded<R: Request>(response: &R::Response, header: &RequestHeader) -> Option<Vec<u8>> {
    let chunks = encode_response::<R>(response, header.api_version, header.correlation_id).unwrap();
    let bytes = chunks.into_iter().flat_map(|chunk| match chunk {
        Chunk::Memory(bytes) => bytes.to_vec(),
        Chunk::External { .. } => panic!("nothing external"),
    });
    Some(bytes.collect())
}

fn answer(shared: &Shared, header: &RequestHeader, r: Reader, arrived: Instant) -> Answer {
    let version = header.api_version;
    match header.api().unwrap() {
        ApiKey::ApiVersions => {
            let keys = [
                (ApiKey::Produce, 9),
                (ApiKey::Fetch, 12),
                (ApiKey::ListOffsets, 7),
                (ApiKey::Metadata, 12),
                (ApiKey::ApiVersions, 3),
                (ApiKey::CreateTopics, 7),
            ];
            let key = |(key, max): (ApiKey, i16)| ApiVersion {
                api_key: key.key(),
                min_version: key.min_version(),
                max_version: max,
            };
            let response = ApiVersionsResponse { api_keys: keys.map(key).to_vec(), ..Default::default() };
            (encoded::<ApiVersionsRequest>(&response, header), arrived)
        }
        ApiKey::Metadata => (encoded::<MetadataRequest>(&metadata(shared, &body(r, version)), header), arrived),
        ApiKey::CreateTopics => {
            let request: CreateTopicsRequest = body(r, version);
            let mut topics = shared.topics.lock().unwrap();
            let results = request.topics.iter().map(|topic| {
                let logs = (0..topic.num_partitions).map(|_| Log::default()).collect();
                topics.insert(topic.name.to_string(), logs);
                CreatableTopicResult { name: topic.name.clone(), ..Default::default() }
            });
            let response = CreateTopicsResponse { topics: results.collect(), ..Default::default() };
            (encoded::<CreateTopicsRequest>(&response, header), arrived)
        }
        ApiKey::ListOffsets => {
            let request: ListOffsetsRequest = body(r, version);
            let topics = request.topics.iter().map(|topic| ListOffsetsTopicResponse {
                name: topic.name.clone(),
                partitions: topic
                    .partitions
                    .iter()
                    .map(|partition| ListOffsetsPartitionResponse {
                        partition_index: partition.partition_index,
                        offset: 0,
                        ..Default::default()
                    })
                    .collect(),
            });
            let response = ListOffsetsResponse { topics: topics.collect(), ..Default::default() };
            (encoded::<ListOffsetsRequest>(&response, header), arrived)
        }
        ApiKey::Produce => produce(shared, &body(r, version), header, arrived),
        ApiKey::Fetch => {
            let request: FetchRequest = body(r, version);
            let (response, empty) = fetch(shared, &request);
            // an empty answer waits a little, as a broker does
            let at = if empty { arrived + Duration::from_millis(2) } else { arrived };
            (encoded::<FetchRequest>(&response, header), at)
        }
        api => panic!("{api} was not advertised"),
    }
}

fn metadata(shared: &Shared, request: &MetadataRequest) -> MetadataResponse {
    let topics = shared.topics.lock().unwrap();
    let topic = |name: &Str| match topics.get(name.as_str()) {
        None => MetadataResponseTopic {
            error_code: ErrorCode::UnknownTopicOrPartition.code(),
            name: Some(name.clone()),
            ..Default::default()
        },
        Some(logs) => MetadataResponseTopic {
            name: Some(name.clone()),
            partitions: (0..logs.len() as i32)
                .map(|partition_index| MetadataResponsePartition {
                    partition_index,
                    leader_id: 1,
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        },
    };
    let names = request.topics.iter().flatten().filter_map(|topic| topic.name.as_ref());
    MetadataResponse {
        brokers: vec![MetadataResponseBroker {
            node_id: 1,
            host: Str::from(shared.address.ip().to_string()),
            port: shared.address.port().into(),
            rack: None,
        }],
        cluster_id: Some(Str::from("fake")),
        controller_id: 1,
        topics: names.map(topic).collect(),
        ..Default::default()
    }
}

fn produce(shared: &Shared, request: &ProduceRequest, header: &RequestHeader, arrived: Instant) -> Answer {
    let manners = &shared.manners;
    let began = *shared.first_produce.lock().unwrap().get_or_insert(arrived);
    let mut hang_up = false;
    let mut topics = shared.topics.lock().unwrap();
    let responses = request.topic_data.iter().map(|topic| TopicProduceResponse {
        name: topic.name.clone(),
        partition_responses: topic
            .partition_data
            .iter()
            .map(|partition| {
                let log = &mut topics.get_mut(topic.name.as_str()).unwrap()[partition.index as usize];
                let Some(Records::Bytes(records)) = &partition.records else { panic!("records") };
                let number = shared.batches.fetch_add(1, Ordering::Relaxed);
                hang_up |= manners.fault == Fault::HangUp(number);
                let mut answer = PartitionProduceResponse { index: partition.index, ..Default::default() };
                if manners.fault == Fault::NotLeader(number) {
                    answer.error_code = ErrorCode::NotLeaderOrFollower.code();
                } else {
                    answer.base_offset = log.end;
                    log.store(records, number, manners.fault);
                }
                answer
            })
            .collect(),
        ..Default::default()
    });
    let response = ProduceResponse { responses: responses.collect(), ..Default::default() };
    let mut at = arrived + manners.delay;
    if let Some((from, length)) = manners.pause
        && at >= began + from
        && at < began + from + length
    {
        at = began + from + length;
    }
    (encoded::<ProduceRequest>(&response, header).filter(|_| !hang_up), at)
}

impl Log {
    fn store(&mut self, records: &Bytes, number: u32, fault: Fault) {
        let batch = split(records).next().unwrap().unwrap();
        assert!(BatchView::parse(&batch).unwrap().crc_matches(), "what is sent is whole");
        match fault {
            Fault::Lose(n) if n == number => {}
            Fault::Double(n) if n == number => {
                self.append(&batch);
                self.append(&batch);
            }
            Fault::Late(n) if n == number => self.late = Some(batch),
            Fault::Damage(n) if n == number => {
                let mut bytes = batch.to_vec();
                let last = bytes.len() - 2;
                bytes[last] ^= 0x55;
                let (head, rest) = bytes.split_at_mut(HEADER_LEN);
                BatchHeader::parse_prefix_mut(head).unwrap().recompute_crc(rest);
                self.append(&bytes.into());
            }
            _ => {
                self.append(&batch);
                if let Some(late) = self.late.take() {
                    self.append(&late);
                }
            }
        }
    }

    fn append(&mut self, batch: &Bytes) {
        let mut bytes = batch.to_vec();
        let header = BatchHeader::parse_prefix_mut(&mut bytes).unwrap();
        header.set_base_offset(Offset(self.end));
        self.end = header.next_offset().0;
        self.batches.push(bytes.into());
    }
}

fn fetch(shared: &Shared, request: &FetchRequest) -> (FetchResponse, bool) {
    const BATCHES_MAX: usize = 64;
    let topics = shared.topics.lock().unwrap();
    let mut empty = true;
    let responses = request.topics.iter().map(|topic| FetchableTopicResponse {
        topic: topic.topic.clone(),
        partitions: topic
            .partitions
            .iter()
            .map(|partition| {
                let log = &topics[topic.topic.as_str()][partition.partition as usize];
                let behind = |batch: &&Bytes| BatchView::parse(batch).unwrap().next_offset().0 > partition.fetch_offset;
                let bytes: Vec<u8> =
                    log.batches.iter().filter(behind).take(BATCHES_MAX).flat_map(|b| b.to_vec()).collect();
                empty &= bytes.is_empty();
                PartitionData {
                    partition_index: partition.partition,
                    high_watermark: log.end,
                    records: Some(Records::Bytes(bytes.into())),
                    aborted_transactions: None,
                    ..Default::default()
                }
            })
            .collect(),
        ..Default::default()
    });
    let responses = responses.collect();
    (FetchResponse { responses, ..Default::default() }, empty)
}
