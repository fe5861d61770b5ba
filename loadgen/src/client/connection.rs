//! One connection that asks and is answered, one request after the other or a few at once, in order. It knows what the
//! broker speaks: the first thing it does is to ask.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_rt::{Core, Segment, Socket};
use thalweg_wire::messages::api_versions_request::ApiVersionsRequest;
use thalweg_wire::messages::api_versions_response::ApiVersionsResponse;
use thalweg_wire::{ApiKey, Chunk, ErrorCode, Reader, Request, Str, decode_response, encode_request};

use super::frames::Frames;
use super::wait::within;

/// Why a call has no answer.
#[derive(Debug)]
pub enum CallError {
    /// No connection.
    Connect {
        /// To whom.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// The connection ended.
    Disconnected,
    /// No answer came in time.
    TimedOut,
    /// What came cannot be read: the other end is no Kafka broker, or a damaged one.
    Malformed(String),
    /// The broker and this client share no version of an API.
    NoVersion(ApiKey),
    /// The broker's answer is an error.
    Broker(ErrorCode, String),
}

impl CallError {
    /// What it is counted as.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            CallError::Connect { .. } => "CANNOT_CONNECT",
            CallError::Disconnected => "DISCONNECTED",
            CallError::TimedOut => "TIMED_OUT",
            CallError::Malformed(_) => "MALFORMED",
            CallError::NoVersion(_) => "UNSUPPORTED_VERSION",
            CallError::Broker(code, _) => code.name(),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Connect { address, error } => write!(f, "cannot reach {address}: {error}"),
            CallError::Disconnected => f.write_str("the broker closed the connection"),
            CallError::TimedOut => f.write_str("the broker did not answer in time"),
            CallError::Malformed(what) => write!(f, "what came back is no answer of a Kafka broker: {what}"),
            CallError::NoVersion(api) => write!(f, "the broker speaks no version of {api} that this client knows"),
            CallError::Broker(code, message) if message.is_empty() => write!(f, "{}: {}", code.name(), code.message()),
            CallError::Broker(code, message) => write!(f, "{}: {message}", code.name()),
        }
    }
}

/// What a code of an answer means; none is no error.
pub fn code(number: i16, message: &str) -> Result<(), CallError> {
    match ErrorCode::try_from(number).unwrap_or(ErrorCode::UnknownServerError) {
        ErrorCode::None => Ok(()),
        code => Err(CallError::Broker(code, message.to_owned())),
    }
}

/// Which versions a broker speaks.
#[derive(Clone, Debug, Default)]
pub struct Versions(Rc<Vec<(i16, i16, i16)>>);

impl Versions {
    fn of(response: &ApiVersionsResponse) -> Versions {
        Versions(Rc::new(response.api_keys.iter().map(|a| (a.api_key, a.min_version, a.max_version)).collect()))
    }

    /// The highest version of a request both ends know, up to `at_most`.
    pub fn pick<R: Request>(&self, at_most: i16) -> Result<i16, CallError> {
        let row = self.0.iter().find(|(key, _, _)| *key == R::KEY.key());
        let (_, min, max) = row.ok_or(CallError::NoVersion(R::KEY))?;
        let highest = R::KEY.advertised_max_version().min(*max).min(at_most);
        if highest >= R::MIN_VERSION.max(*min) { Ok(highest) } else { Err(CallError::NoVersion(R::KEY)) }
    }
}

/// A connection. One task reads its answers.
pub struct Connection {
    core: Core,
    socket: Rc<dyn Socket>,
    frames: RefCell<Frames>,
    versions: Versions,
    client_id: Str,
    timeout: Duration,
    next_id: Cell<i32>,
    waiting: RefCell<VecDeque<i32>>,
}

impl Connection {
    /// Connects and asks what the broker speaks.
    pub async fn open(core: &Core, address: &str, client_id: &Str, timeout: Duration) -> Result<Connection, CallError> {
        let failed = |error| CallError::Connect { address: address.to_owned(), error };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        let mut socket = None;
        for to in resolve(address).map_err(failed)? {
            match within(core, timeout, core.net.connect(to)).await {
                Some(Ok(connected)) => {
                    socket = Some(connected);
                    break;
                }
                Some(Err(error)) => last = error,
                None => last = io::ErrorKind::TimedOut.into(),
            }
        }
        let socket = socket.ok_or_else(|| failed(last))?;
        socket.framed();
        let mut connection = Connection {
            core: core.clone(),
            socket,
            frames: RefCell::default(),
            versions: Versions::default(),
            client_id: client_id.clone(),
            timeout,
            next_id: Cell::new(0),
            waiting: RefCell::default(),
        };
        connection.versions = connection.ask_versions().await?;
        Ok(connection)
    }

    async fn ask_versions(&self) -> Result<Versions, CallError> {
        let request = ApiVersionsRequest {
            cluster_id: None,
            client_software_name: Str::from_static("thalweg-loadgen"),
            client_software_version: Str::from_static(env!("CARGO_PKG_VERSION")),
            ..Default::default()
        };
        // A broker that does not know version 3 says so in version 0.
        let id = self.send(&request, 3)?;
        let frame = self.frame_of(id).await?;
        let read = |version| {
            decode_response::<ApiVersionsRequest>(&mut Reader::new(frame.clone()), version).map(|(_, body)| body)
        };
        match read(3).or_else(|_| read(0)) {
            Ok(body) if body.error_code == ErrorCode::UnsupportedVersion.code() => {
                let body = self.call(&ApiVersionsRequest::default(), 0).await?;
                code(body.error_code, "")?;
                Ok(Versions::of(&body))
            }
            Ok(body) => {
                code(body.error_code, "")?;
                Ok(Versions::of(&body))
            }
            Err(error) => Err(CallError::Malformed(error.to_string())),
        }
    }

    /// What the broker speaks.
    #[must_use]
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The socket, for whoever takes the connection over; nothing waits for an answer on it.
    #[must_use]
    pub fn into_socket(self) -> (Rc<dyn Socket>, Versions) {
        assert!(self.waiting.borrow().is_empty(), "a connection is handed over at rest");
        (self.socket, self.versions)
    }

    /// Asks and waits for the answer.
    pub async fn call<R: Request>(&self, request: &R, version: i16) -> Result<R::Response, CallError> {
        let id = self.send(request, version)?;
        self.answer::<R>(id, version).await
    }

    /// Asks in the highest version both ends know.
    pub async fn ask<R: Request>(&self, request: &R) -> Result<R::Response, CallError> {
        self.call(request, self.versions.pick::<R>(R::MAX_VERSION)?).await
    }

    /// Sends a request; its answer is [`Connection::answer`]'s. Answers are taken in the order of the requests.
    pub fn send<R: Request>(&self, request: &R, version: i16) -> Result<i32, CallError> {
        let id = self.next_id.replace(self.next_id.get().wrapping_add(1));
        let chunks = encode_request(request, version, id, Some(self.client_id.clone()));
        let chunks = chunks.map_err(|error| CallError::Malformed(error.to_string()))?;
        self.waiting.borrow_mut().push_back(id);
        // it starts here and goes on by itself; a failure ends the stream, which the reader sees
        drop(self.socket.send(segments(chunks)));
        Ok(id)
    }

    /// The answer to a request sent before.
    pub async fn answer<R: Request>(&self, id: i32, version: i16) -> Result<R::Response, CallError> {
        let frame = self.frame_of(id).await?;
        let (_, body) = decode_response::<R>(&mut Reader::new(frame), version)
            .map_err(|error| CallError::Malformed(error.to_string()))?;
        Ok(body)
    }

    async fn frame_of(&self, id: i32) -> Result<Bytes, CallError> {
        let frame = within(&self.core, self.timeout, self.next_frame()).await.ok_or(CallError::TimedOut)??;
        let came = frame.get(..4).map(|b| i32::from_be_bytes([b[0], b[1], b[2], b[3]]));
        let waited = self.waiting.borrow_mut().pop_front();
        if came == Some(id) && waited == Some(id) {
            return Ok(frame);
        }
        Err(CallError::Malformed(format!("an answer to request {came:?} instead of {id}")))
    }

    async fn next_frame(&self) -> Result<Bytes, CallError> {
        loop {
            let frame = self.frames.borrow_mut().take();
            if let Some(frame) = frame.map_err(|bad| CallError::Malformed(format!("a frame of {} bytes", bad.0)))? {
                return Ok(frame);
            }
            self.socket.expect(self.frames.borrow().missing());
            let chunk = poll_fn(|cx| self.socket.poll_recv(cx)).await.map_err(|_| CallError::Disconnected)?;
            if chunk.is_empty() {
                return Err(CallError::Disconnected);
            }
            self.frames.borrow_mut().push(chunk);
        }
    }
}

/// An encoded message as the socket takes it.
#[must_use]
pub fn segments(chunks: Vec<Chunk>) -> Vec<Segment> {
    chunks
        .into_iter()
        .map(|chunk| match chunk {
            Chunk::Memory(bytes) => Segment::Memory(bytes),
            Chunk::External { .. } => unreachable!("requests hold nothing from elsewhere"),
        })
        .collect()
}

/// The addresses of `host:port`. Looks names up and may block: only while nothing is measured.
fn resolve(address: &str) -> io::Result<Vec<SocketAddr>> {
    match address.parse() {
        Ok(address) => Ok(vec![address]),
        Err(_) => Ok(address.to_socket_addrs()?.collect()),
    }
}
