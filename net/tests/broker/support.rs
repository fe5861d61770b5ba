//! A real broker in this process, on a port the system chooses, and a client that speaks the protocol with this
//! repository's own encoders. What the encoders say is Kafka's is proved elsewhere, against Kafka's own classes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use thalweg_net::config::load::{Request as Load, load};
use thalweg_net::server::{self, Ready, ServerError, StopSignal};
use thalweg_tuning::{Host, Root};
use thalweg_wire::compression::Compression;
use thalweg_wire::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use thalweg_wire::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use thalweg_wire::messages::fetch_response::FetchResponse;
use thalweg_wire::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use thalweg_wire::messages::produce_response::{PartitionProduceResponse, ProduceResponse};
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::{
    ProducerEpoch, ProducerId, Reader, Records, Request, RequestHeader, ResponseHeader, Sequence, Sink, Str, Uuid,
    decode_whole,
};

/// Longest wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A broker, stopped and forgotten when dropped.
pub struct Broker {
    pub address: SocketAddr,
    pub dir: PathBuf,
    pub ready: Ready,
    overrides: Vec<(String, String)>,
    stop: StopSignal,
    thread: Option<Running>,
}

pub fn fresh_dir(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nth = COUNT.fetch_add(1, Ordering::Relaxed);
    let dir = std::env::temp_dir().join(format!("thalweg-net-{}-{nth}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

fn config(dir: &std::path::Path, overrides: &[(String, String)]) -> thalweg_net::config::BrokerConfig {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut all = vec![
        pair("node.id", "1"),
        pair("listeners", "PLAINTEXT://127.0.0.1:0"),
        pair("log.dirs", &dir.to_string_lossy()),
        pair("offsets.topic.replication.factor", "1"),
        pair("group.initial.rebalance.delay.ms", "0"),
        pair("thalweg.cores", "2"),
        pair("thalweg.memory.bytes", "402653184"),
        pair("thalweg.journal.files", "4"),
        pair("thalweg.journal.file.bytes", "8388608"),
        pair("thalweg.spin.us", "0"),
    ];
    // every test also runs on the other runtime
    if let Ok(runtime) = std::env::var("THALWEG_RUNTIME") {
        all.push(pair("thalweg.runtime", &runtime));
    }
    all.extend(overrides.iter().cloned());
    let request = Load { overrides: all, ..Default::default() };
    let (config, problems) = load(&request, Arc::new(Host::read(&Root::real())));
    assert!(!problems.has_errors(), "{:?}", problems.sorted());
    config
}

/// What became of a broker's thread.
pub type Running = JoinHandle<Result<(), ServerError>>;

/// Runs a broker until it is ready or has failed.
pub fn launch(
    dir: &std::path::Path,
    overrides: &[(String, String)],
) -> Result<(Ready, StopSignal, Running), ServerError> {
    let config = config(dir, overrides);
    let stop = StopSignal::new();
    let (tell, told) = mpsc::channel();
    let signal = stop.clone();
    let thread = std::thread::spawn(move || server::run(config, move |ready| drop(tell.send(ready)), signal));
    match told.recv_timeout(PATIENCE) {
        Ok(ready) => Ok((ready, stop, thread)),
        Err(_) => match thread.join() {
            Ok(Err(error)) => Err(error),
            other => panic!("neither ready nor failed: {other:?}"),
        },
    }
}

impl Broker {
    pub fn start(name: &str, overrides: &[(&str, &str)]) -> Broker {
        let overrides: Vec<(String, String)> =
            overrides.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Broker::start_in(fresh_dir(name), overrides)
    }

    fn start_in(dir: PathBuf, overrides: Vec<(String, String)>) -> Broker {
        let (ready, stop, thread) = launch(&dir, &overrides).unwrap_or_else(|error| panic!("{error}"));
        Broker { address: ready.listeners[0].1, dir, ready, overrides, stop, thread: Some(thread) }
    }

    /// Stops it cleanly and says how long that took.
    pub fn stop(&mut self) -> Duration {
        let began = Instant::now();
        self.stop.trigger();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
        began.elapsed()
    }

    /// Stops it and starts another on the same data.
    pub fn restart(mut self) -> Broker {
        self.stop();
        let (dir, overrides) = (std::mem::take(&mut self.dir), std::mem::take(&mut self.overrides));
        Broker::start_in(dir, overrides)
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.address)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop.trigger();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.unwrap().unwrap();
            }
        }
        if !self.dir.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// One broker for all tests that only need topics of their own.
pub fn shared() -> &'static Broker {
    static SHARED: OnceLock<Broker> = OnceLock::new();
    SHARED.get_or_init(|| Broker::start("shared", &[]))
}

/// A blocking client on one connection.
pub struct Client {
    pub stream: TcpStream,
    correlation: i32,
    pub client_id: Option<Str>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, correlation: 0, client_id: Some(Str::from_static("test")) }
    }

    /// The bytes of a request, its length first.
    pub fn frame<R: Request>(&mut self, version: i16, request: &R) -> Vec<u8> {
        self.correlation += 1;
        let mut sink = Sink::framed();
        let header = RequestHeader {
            api_key: R::KEY.key(),
            api_version: version,
            correlation_id: self.correlation,
            client_id: self.client_id.clone(),
        };
        header.encode(&mut sink).unwrap();
        request.encode(&mut sink, version).unwrap_or_else(|error| panic!("{} {version}: {error}", R::NAME));
        sink.into_bytes().unwrap().to_vec()
    }

    pub fn send<R: Request>(&mut self, version: i16, request: &R) -> i32 {
        let frame = self.frame(version, request);
        self.stream.write_all(&frame).unwrap();
        self.correlation
    }

    pub fn receive_frame(&mut self) -> std::io::Result<Bytes> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.stream.read_exact(&mut frame)?;
        Ok(Bytes::from(frame))
    }

    /// The next response, which must answer `correlation` and have nothing left over.
    pub fn receive<R: Request>(&mut self, version: i16, correlation: i32) -> R::Response {
        let frame = self.receive_frame().unwrap_or_else(|error| panic!("{} {version}: {error}", R::NAME));
        let mut reader = Reader::new(frame);
        let header = ResponseHeader::decode(&mut reader, R::KEY.response_header_version(version)).unwrap();
        assert_eq!(header.correlation_id, correlation, "{} {version}", R::NAME);
        decode_whole::<R::Response>(&mut reader, version).unwrap_or_else(|e| panic!("{} {version}: {e}", R::NAME))
    }

    pub fn call<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        let correlation = self.send(version, request);
        self.receive::<R>(version, correlation)
    }

    /// Whether the broker has closed the connection, and had nothing to say before.
    pub fn is_closed(&mut self) -> bool {
        closed(self.stream.read(&mut [0; 1]), 0)
    }

    /// Whether the broker has closed the connection, whatever it had to say before.
    pub fn ends(&mut self) -> bool {
        let mut said = Vec::new();
        closed(self.stream.read_to_end(&mut said), said.len())
    }

    pub fn create_topic(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) {
        let response = self.call(7, &create(name, partitions, configs));
        assert_eq!(response.topics[0].error_code, 0, "{:?}", response.topics[0].error_message);
        assert!(!response.topics[0].topic_id.is_zero());
    }

    /// Writes one batch and returns its row of the answer.
    pub fn produce(&mut self, topic: &str, partition: i32, records: Bytes) -> PartitionProduceResponse {
        let response = self.call(9, &produce(topic, partition, records, -1));
        response.responses[0].partition_responses[0].clone()
    }

    /// Writes records without keys and returns the first offset.
    pub fn write(&mut self, topic: &str, partition: i32, values: &[&str]) -> i64 {
        let row = self.produce(topic, partition, batch(values));
        assert_eq!(row.error_code, 0, "{:?}", row.error_message);
        row.base_offset
    }

    pub fn fetch(&mut self, topic: &str, partition: i32, offset: i64, wait_ms: i32) -> FetchResponse {
        self.call(12, &fetch(topic, &[(partition, offset)], wait_ms))
    }
}

pub fn create(name: &str, partitions: i32, configs: &[(&str, &str)]) -> CreateTopicsRequest {
    let configs = configs
        .iter()
        .map(|(name, value)| CreatableTopicConfig { name: Str::from(*name), value: Some(Str::from(*value)) })
        .collect();
    let topic = CreatableTopic {
        name: Str::from(name),
        num_partitions: partitions,
        replication_factor: -1,
        configs,
        ..Default::default()
    };
    CreateTopicsRequest { topics: vec![topic], timeout_ms: 30_000, ..Default::default() }
}

pub fn produce(topic: &str, partition: i32, records: Bytes, acks: i16) -> ProduceRequest {
    let data = PartitionProduceData { index: partition, records: Some(Records::Bytes(records)) };
    let topic = TopicProduceData { name: Str::from(topic), partition_data: vec![data], ..Default::default() };
    ProduceRequest { acks, timeout_ms: 30_000, topic_data: vec![topic], ..Default::default() }
}

pub fn fetch(topic: &str, parts: &[(i32, i64)], wait_ms: i32) -> FetchRequest {
    let partitions = parts.iter().map(|(partition, offset)| fetch_partition(*partition, *offset)).collect();
    FetchRequest {
        max_wait_ms: wait_ms,
        min_bytes: 1,
        topics: vec![FetchTopic { topic: Str::from(topic), partitions, ..Default::default() }],
        ..Default::default()
    }
}

pub fn fetch_partition(partition: i32, offset: i64) -> FetchPartition {
    FetchPartition { partition, fetch_offset: offset, partition_max_bytes: 1 << 20, ..Default::default() }
}

pub const NOW_MS: i64 = 1_700_000_000_000;

/// A batch of records without keys.
pub fn batch(values: &[&str]) -> Bytes {
    let mut builder = BatchBuilder::new(Compression::None);
    for (at, value) in values.iter().enumerate() {
        builder.push(NOW_MS + at as i64, None, Some(value.as_bytes()), &[]).unwrap();
    }
    builder.finish().unwrap()
}

/// A batch of an idempotent producer.
pub fn idempotent(id: i64, epoch: i16, sequence: i32, values: &[&str]) -> Bytes {
    let mut builder =
        BatchBuilder::new(Compression::None).producer(ProducerId(id), ProducerEpoch(epoch), Sequence(sequence));
    for value in values {
        builder.push(NOW_MS, None, Some(value.as_bytes()), &[]).unwrap();
    }
    builder.finish().unwrap()
}

/// The values of one partition of a fetch response, by offset.
pub fn records_of(response: &FetchResponse) -> Vec<(i64, String)> {
    let Some(topic) = response.responses.first() else { return Vec::new() };
    assert_eq!(topic.partitions[0].error_code, 0);
    values(topic.partitions[0].records.as_ref())
}

pub fn values(records: Option<&Records>) -> Vec<(i64, String)> {
    let bytes = records.and_then(Records::as_bytes).cloned().unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let view = thalweg_wire::batch::BatchView::parse_prefix(rest).unwrap();
        assert!(view.crc_matches());
        let mut records = view.records(1 << 26).unwrap();
        while let Some(record) = records.try_next().unwrap() {
            let value = String::from_utf8(record.value.unwrap_or_default().to_vec()).unwrap();
            found.push((view.header().base_offset().0 + i64::from(record.offset_delta), value));
        }
        rest = &rest[view.size()..];
    }
    found
}

/// The row of a response with one topic and one partition.
pub fn only(response: &ProduceResponse) -> &PartitionProduceResponse {
    &response.responses[0].partition_responses[0]
}

/// The id of a topic.
pub fn topic_id(client: &mut Client, name: &str) -> Uuid {
    use thalweg_wire::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
    let topics = Some(vec![MetadataRequestTopic { name: Some(Str::from(name)), ..Default::default() }]);
    let response = client.call(12, &MetadataRequest { topics, allow_auto_topic_creation: false, ..Default::default() });
    assert_eq!(response.topics[0].error_code, 0);
    response.topics[0].topic_id
}

/// Repeats until `done` says so.
pub fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(done) = attempt() {
            return done;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a read that found so much tells of a closed connection: one is reset where not all that was sent had been read.
fn closed(read: std::io::Result<usize>, found: usize) -> bool {
    match read {
        Ok(count) => count == found,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}
