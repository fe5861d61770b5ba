//! From a frame to a handler. [`apis!`] is the one table of what this broker serves: each row names an API, its handler, the
//! operation a client must be allowed and the quota its work counts against; a row without one of them does not compile, and
//! an API without a row is not advertised and closes the connection.
//!
//! Every request passes [`authorize`] and every reply is encoded here.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use bytes::Bytes;
use thalweg_rt::Segment;
use thalweg_wire::{ApiKey, Chunk, Message, Reader, Request, RequestHeader, ResponseHeader, Sink, Str, decode_request};

use crate::connection::ConnectionInfo;
use crate::handlers;
use crate::state::CoreState;

/// What a client does to a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Read records or join a group.
    Read,
    /// Write records.
    Write,
    /// Create a topic.
    Create,
    /// Delete a topic, records or a group.
    Delete,
    /// Change a topic's shape.
    Alter,
    /// See that it is there.
    Describe,
    /// See its configuration.
    DescribeConfigs,
    /// Change its configuration.
    AlterConfigs,
    /// Get a producer id.
    IdempotentWrite,
}

/// What an API needs permission for. The resource itself stands in the request: handlers ask [`authorize`] for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing: it comes before a client is known.
    Nothing,
    /// The operation on each topic named.
    Topic(Operation),
    /// The operation on each group named.
    Group(Operation),
    /// The operation on the cluster.
    Cluster(Operation),
    /// The operation on each resource named, whatever its kind.
    Resource(Operation),
}

/// What a request's cost is counted against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quota {
    /// Bytes written, and request time.
    Produce,
    /// Bytes read, and request time.
    Fetch,
    /// Changes of the cluster's metadata, and request time.
    ControllerMutation,
    /// Request time alone.
    Request,
    /// Nothing.
    Exempt,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    /// The API.
    pub key: ApiKey,
    /// What it needs permission for.
    pub needs: Needs,
    /// What it counts against.
    pub quota: Quota,
}

macro_rules! apis {
    ($($key:ident: $handler:ident, $needs:expr, $quota:expr;)*) => {
        /// The APIs served, in ascending order of key.
        pub const APIS: &[Api] = &[$(Api { key: ApiKey::$key, needs: $needs, quota: $quota },)*];

        fn route(cx: RequestContext, body: Reader) -> Result<Work, &'static str> {
            match cx.key {
                $(ApiKey::$key => run(cx, body, handlers::$handler::handle),)*
                _ => Err("an API that is not served"),
            }
        }
    };
}

apis! {
    Produce: produce, Needs::Topic(Operation::Write), Quota::Produce;
    Fetch: fetch, Needs::Topic(Operation::Read), Quota::Fetch;
    ListOffsets: list_offsets, Needs::Topic(Operation::Describe), Quota::Request;
    Metadata: metadata, Needs::Topic(Operation::Describe), Quota::Request;
    OffsetCommit: offset_commit, Needs::Group(Operation::Read), Quota::Request;
    OffsetFetch: offset_fetch, Needs::Group(Operation::Describe), Quota::Request;
    FindCoordinator: find_coordinator, Needs::Group(Operation::Describe), Quota::Request;
    JoinGroup: join_group, Needs::Group(Operation::Read), Quota::Request;
    Heartbeat: heartbeat, Needs::Group(Operation::Read), Quota::Request;
    LeaveGroup: leave_group, Needs::Group(Operation::Read), Quota::Request;
    SyncGroup: sync_group, Needs::Group(Operation::Read), Quota::Request;
    DescribeGroups: describe_groups, Needs::Group(Operation::Describe), Quota::Request;
    ListGroups: list_groups, Needs::Cluster(Operation::Describe), Quota::Request;
    ApiVersions: api_versions, Needs::Nothing, Quota::Exempt;
    CreateTopics: create_topics, Needs::Topic(Operation::Create), Quota::ControllerMutation;
    DeleteTopics: delete_topics, Needs::Topic(Operation::Delete), Quota::ControllerMutation;
    DeleteRecords: delete_records, Needs::Topic(Operation::Delete), Quota::Request;
    InitProducerId: init_producer_id, Needs::Cluster(Operation::IdempotentWrite), Quota::Request;
    OffsetForLeaderEpoch: offset_for_leader_epoch, Needs::Topic(Operation::Describe), Quota::Request;
    DescribeConfigs: describe_configs, Needs::Resource(Operation::DescribeConfigs), Quota::Request;
    AlterConfigs: alter_configs, Needs::Resource(Operation::AlterConfigs), Quota::Request;
    DescribeLogDirs: describe_log_dirs, Needs::Cluster(Operation::Describe), Quota::Request;
    CreatePartitions: create_partitions, Needs::Topic(Operation::Alter), Quota::ControllerMutation;
    DeleteGroups: delete_groups, Needs::Group(Operation::Delete), Quota::Request;
    IncrementalAlterConfigs: incremental_alter_configs, Needs::Resource(Operation::AlterConfigs), Quota::Request;
    ListPartitionReassignments: list_partition_reassignments, Needs::Cluster(Operation::Describe), Quota::Request;
    OffsetDelete: offset_delete, Needs::Group(Operation::Delete), Quota::Request;
    DescribeCluster: describe_cluster, Needs::Cluster(Operation::Describe), Quota::Request;
    DescribeTopicPartitions: describe_topic_partitions, Needs::Topic(Operation::Describe), Quota::Request;
}

/// A resource permission is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resource<'a> {
    /// A topic.
    Topic(&'a str),
    /// A group.
    Group(&'a str),
    /// The cluster.
    Cluster,
}

/// Whether the client of `cx` may do `operation` to `resource`. There is no authorizer yet, which means what it means to
/// Kafka: everything is allowed.
pub fn authorize(_cx: &RequestContext, _operation: Operation, _resource: Resource<'_>) -> bool {
    true
}

/// A request on its way through its handler.
pub struct RequestContext {
    /// The core it is handled on.
    pub state: Rc<CoreState>,
    /// Where it came from.
    pub connection: Rc<ConnectionInfo>,
    /// Which API.
    pub key: ApiKey,
    /// Which version of it.
    pub version: i16,
    /// The client's number for it.
    pub correlation: i32,
    /// The client's name for itself.
    pub client_id: Option<Str>,
}

/// What a handler decides.
pub enum Outcome<M> {
    /// Answer.
    Reply(M),
    /// Answer; the message's external chunks are these segments, by token.
    Files(M, Vec<Segment>),
    /// Say nothing.
    Silent,
    /// Close the connection, for this reason.
    Close(&'static str),
}

impl<M> From<M> for Outcome<M> {
    fn from(message: M) -> Outcome<M> {
        Outcome::Reply(message)
    }
}

/// What the connection does about a request.
pub enum Done {
    /// Send this, so many bytes.
    Send(Vec<Segment>, usize),
    /// Nothing.
    Nothing,
    /// Close.
    Close(&'static str),
}

/// A handler at work.
pub type Work = Pin<Box<dyn Future<Output = Done>>>;

/// The versions of an API this broker serves.
pub fn served(key: ApiKey) -> Option<(i16, i16)> {
    let row = APIS.iter().find(|row| row.key == key)?;
    Some((row.key.min_version(), row.key.advertised_max_version()))
}

/// Whether a frame that begins with these may be read. ApiVersions is answered in whatever version it comes.
pub fn is_known(key: i16, version: i16) -> bool {
    let Some(key) = ApiKey::from_i16(key) else { return false };
    if key == ApiKey::ApiVersions {
        return true;
    }
    served(key).is_some_and(|(min, max)| (min..=max).contains(&version))
}

/// Whether a frame may hold the memory it was received in: only Produce, whose records are copied at once.
pub fn may_share(key: i16) -> bool {
    key == ApiKey::Produce.key()
}

/// Whether a request may begin while others of its kind before it are unanswered.
pub fn is_pipelined(frame: &[u8]) -> bool {
    frame.first_chunk::<2>().is_some_and(|key| may_share(i16::from_be_bytes(*key)))
}

/// Begins a request. The error is the reason to close the connection.
pub(crate) fn begin(
    state: &Rc<CoreState>,
    connection: &Rc<ConnectionInfo>,
    frame: Bytes,
) -> Result<Work, &'static str> {
    let Some(&[k0, k1, v0, v1, c0, c1, c2, c3]) = frame.first_chunk::<8>() else {
        return Err("a frame without a header");
    };
    let number = i16::from_be_bytes([k0, k1]);
    let version = i16::from_be_bytes([v0, v1]);
    let correlation = i32::from_be_bytes([c0, c1, c2, c3]);
    let Some(key) = ApiKey::from_i16(number) else { return Err("an unknown API") };
    if key == ApiKey::ApiVersions && !(key.min_version()..=key.max_version()).contains(&version) {
        // Whatever the rest looks like in a version we do not know, the answer is one every client can read.
        let answer = handlers::api_versions::unsupported();
        let done = encode(ApiKey::ApiVersions, 0, correlation, &answer, Vec::new());
        return Ok(Box::pin(std::future::ready(done)));
    }
    if !is_known(number, version) {
        return Err("a version that is not served");
    }
    let mut reader = Reader::new(frame);
    let Ok(header) = RequestHeader::decode(&mut reader) else {
        return Err("a malformed header");
    };
    let cx = RequestContext {
        state: state.clone(),
        connection: connection.clone(),
        key,
        version,
        correlation,
        client_id: header.client_id,
    };
    route(cx, reader)
}

fn run<R, H, F>(cx: RequestContext, mut body: Reader, handler: H) -> Result<Work, &'static str>
where
    R: Request,
    H: FnOnce(RequestContext, R) -> F,
    F: Future<Output = Outcome<R::Response>> + 'static,
{
    let (key, version, correlation) = (cx.key, cx.version, cx.correlation);
    let Ok(request) = decode_request::<R>(&mut body, version) else { return Err("a malformed request") };
    drop(body);
    let work = handler(cx, request);
    Ok(Box::pin(async move {
        match work.await {
            Outcome::Reply(message) => encode(key, version, correlation, &message, Vec::new()),
            Outcome::Files(message, files) => encode(key, version, correlation, &message, files),
            Outcome::Silent => Done::Nothing,
            Outcome::Close(reason) => Done::Close(reason),
        }
    }))
}

fn encode<M: Message>(key: ApiKey, version: i16, correlation: i32, message: &M, files: Vec<Segment>) -> Done {
    let mut sink = Sink::framed();
    let header = ResponseHeader { correlation_id: correlation };
    header.encode(&mut sink, key.response_header_version(version));
    if let Err(error) = message.encode(&mut sink, version) {
        // A handler filled in what this version cannot carry: our mistake, and the client must not wait for ever.
        eprintln!("thalweg: {} version {version}: reply not encodable: {error}", M::NAME);
        return Done::Close("a reply that cannot be encoded");
    }
    let mut files: Vec<Option<Segment>> = files.into_iter().map(Some).collect();
    let mut bytes = 0;
    let mut segments = Vec::new();
    for chunk in sink.finish() {
        let segment = match chunk {
            Chunk::Memory(memory) => Segment::Memory(memory),
            Chunk::External { token, .. } => {
                let file = usize::try_from(token).ok().and_then(|at| files.get_mut(at)).and_then(Option::take);
                let Some(file) = file else { return Done::Close("a reply with an unknown segment") };
                file
            }
        };
        bytes += segment.len();
        segments.push(segment);
    }
    Done::Send(segments, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_every_api_stands_once() {
        assert!(APIS.windows(2).all(|pair| pair[0].key.key() < pair[1].key.key()));
    }

    #[test]
    fn trap5_no_version_in_a_range_is_missing() {
        for row in APIS {
            let (min, max) = served(row.key).unwrap();
            for version in min..=max {
                assert!(is_known(row.key.key(), version), "{:?} {version}", row.key);
            }
            assert!(row.key == ApiKey::ApiVersions || !is_known(row.key.key(), max + 1), "{:?}", row.key);
        }
    }

    #[test]
    fn old_produce_is_advertised_but_not_served() {
        assert!(!is_known(0, 0) && !is_known(0, 2) && is_known(0, 3));
    }

    #[test]
    fn removed_and_internal_apis_are_unknown() {
        for key in [4, 5, 6, 7, 71, 72, 1000, -1] {
            assert!(!is_known(key, 0), "{key}");
        }
    }

    #[test]
    fn producer_ids_stop_at_the_stable_version() {
        assert!(is_known(22, 5) && !is_known(22, 6));
    }

    #[test]
    fn only_what_comes_before_the_client_is_known_needs_no_permission() {
        for row in APIS {
            assert_eq!(row.needs == Needs::Nothing, row.key == ApiKey::ApiVersions);
        }
    }
}
