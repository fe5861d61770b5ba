//! What is asked of a core's storage and what it answers. One value of [`Call`] per core and request: the connection's core
//! splits a client's request by owning core ([`core_of`]), sends one message to each, and joins the answers.
//!
//! Nothing here knows a protocol version or an error code: errors carry facts, and the edge of `net` maps them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thalweg_replication::controller::{ControlRequest, ControlResponse};
use thalweg_replication::group::{GroupRequest, GroupResponse};
use thalweg_rt::{CoreId, Segment, Tick};
use thalweg_wire::Uuid;
use thalweg_wire::records::metadata::MetadataRecord;
use thalweg_wire::{LeaderEpoch, Offset, PartitionIndex, ProducerEpoch, ProducerId, Sequence};

/// Identity of a partition, for life: a topic created again under an old name has another id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PartitionKey {
    /// Topic id, never zero.
    pub topic: Uuid,
    /// Index within the topic.
    pub index: PartitionIndex,
}

/// The topic id of `__cluster_metadata` (KIP-516 reserves it).
pub const METADATA_TOPIC: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

/// The core that keeps `__cluster_metadata` and decides for the cluster.
pub const CONTROLLER_CORE: CoreId = CoreId(0);

/// The core that owns a partition: a stable hash of its key, so that the same partition is on the same core after every
/// restart with the same number of cores.
pub fn core_of(key: PartitionKey, cores: u16) -> CoreId {
    if key.topic == METADATA_TOPIC {
        return CONTROLLER_CORE;
    }
    // Neighbouring partitions of a topic go to different cores: the topic hashes to a start, the index counts from it.
    let start = crc32c::crc32c(&key.topic.0);
    let slot = start.wrapping_add(key.index.0.cast_unsigned());
    CoreId((slot % u32::from(cores.max(1))) as u16)
}

/// Asked of one core.
pub enum Call {
    /// Append batches; answered by [`Reply::Append`] in the order of the parts.
    Append(Append),
    /// Read batches, possibly waiting for them; answered by [`Reply::Read`] in the order of the parts.
    Read(Read),
    /// A parked read has no one waiting any more or need wait no longer: answer it now with what there is. No reply of its own.
    Release(ReadId),
    /// Offsets by time or by name; answered by [`Reply::Offsets`].
    Offsets(Vec<OffsetQuery>),
    /// Ends of leader epochs; answered by [`Reply::EpochEnds`].
    EpochEnds(Vec<EpochQuery>),
    /// Move log starts forward; answered by [`Reply::LogStarts`].
    DeleteRecords(Vec<DeleteRecords>),
    /// Size and offset facts of every partition of this core that holds data; answered by [`Reply::Sizes`].
    Sizes,
    /// A group's request, for the core that owns its partition of `__consumer_offsets`; answered by [`Reply::Group`].
    Group(GroupCall),
    /// A decision for the whole cluster, for [`CONTROLLER_CORE`]; answered by [`Reply::Control`] once every core of this
    /// process has replayed it.
    Control(ControlRequest),
    /// Committed metadata records to replay, in order; answered by [`Reply::Replayed`].
    Replay(Arc<Vec<MetadataRecord>>),
    /// Stop cleanly: refuse new work, finish what is in flight, put everything at rest; answered by [`Reply::Stopped`].
    Stop,
}

/// The answer to a [`Call`].
pub enum Reply {
    /// To [`Call::Append`].
    Append(Vec<Result<Appended, AppendError>>),
    /// To [`Call::Read`].
    Read(Vec<Result<ReadData, ReadError>>),
    /// To [`Call::Offsets`].
    Offsets(Vec<Result<OffsetAnswer, ReadError>>),
    /// To [`Call::EpochEnds`]: the epoch found and its end offset, or `None` for "not known".
    EpochEnds(Vec<Result<Option<(LeaderEpoch, Offset)>, ReadError>>),
    /// To [`Call::DeleteRecords`]: the log start reached.
    LogStarts(Vec<Result<Offset, ReadError>>),
    /// To [`Call::Sizes`].
    Sizes(Vec<PartitionSize>),
    /// To [`Call::Group`].
    Group(Box<GroupResponse>),
    /// To [`Call::Control`].
    Control(Box<ControlResponse>),
    /// To [`Call::Replay`].
    Replayed,
    /// To [`Call::Stop`].
    Stopped,
}

/// How many copies must be durable before the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acks {
    /// Nobody waits for the answer (acks=0); errors are still answered.
    None,
    /// The leader's own copy (acks=1).
    Leader,
    /// Every in-sync replica's (acks=all).
    All,
}

/// Batches for some of a core's partitions.
pub struct Append {
    /// One batch for each partition; a partition stands in it once.
    pub parts: Vec<AppendPart>,
    /// What to wait for.
    pub acks: Acks,
    /// When to give up waiting for replicas.
    pub deadline: Tick,
    /// Who appends.
    pub origin: Origin,
}

/// One batch for one partition.
pub struct AppendPart {
    /// The partition.
    pub key: PartitionKey,
    /// The records field of the request as it arrived; validated by the owning core.
    pub records: Bytes,
}

/// Who appends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A client, by Produce: everything is checked. zstd is refused where `zstd` is false (Produce before version 7).
    Client {
        /// The request's version allows zstd.
        zstd: bool,
    },
    /// A coordinator of this node: trusted, may write internal topics.
    Coordinator,
}

/// A batch is durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    /// Offset of its first record; for a repeated idempotent batch that of the original.
    pub base_offset: Offset,
    /// The broker's time it was stamped with, or -1 on a topic that keeps the producer's.
    pub log_append_time_ms: i64,
    /// First offset still in the log.
    pub log_start: Offset,
}

/// A batch was not appended. Unless said otherwise nothing of it is in the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AppendError {
    /// The partition is not on this node, or the topic is being deleted.
    UnknownPartition,
    /// A length that no batch has, or a checksum that does not match: what a faulty line makes of a good batch.
    Corrupt(String),
    /// A batch that breaks a rule: message text for people and the records at fault, bounded.
    Invalid {
        /// What is wrong.
        reason: String,
        /// Indexes within the batch of the records at fault, with their texts.
        records: Vec<(i32, String)>,
    },
    /// The codec is not allowed in this version.
    UnsupportedCompression,
    /// A timestamp beyond the topic's bounds.
    InvalidTimestamp(String),
    /// Larger than `max.message.bytes`.
    TooLarge {
        /// Size in bytes of the batch.
        size: u32,
        /// The topic's limit in bytes.
        limit: u32,
    },
    /// Larger than a whole segment.
    LargerThanSegment,
    /// Older than the producer's newest epoch.
    StaleProducerEpoch {
        /// The producer.
        producer: ProducerId,
        /// Its newest epoch.
        newest: ProducerEpoch,
    },
    /// A gap or a step back in a producer's sequence.
    OutOfOrderSequence {
        /// The producer.
        producer: ProducerId,
        /// The sequence that would have been next.
        expected: Sequence,
        /// The sequence that came.
        got: Sequence,
    },
    /// Transactional, and no transaction is open here.
    NoTransaction,
    /// A table of the partition or core is full; try again.
    Busy,
    /// The disk is full; try again once there is space.
    DiskFull,
    /// The log directory has failed and is offline.
    Offline,
    /// The node is stopping.
    Stopping,
    /// Not enough replicas in sync.
    NotEnoughReplicas,
    /// Appended, but not replicated in time.
    TimedOut,
}

/// Names a parked read so that it can be released: unique within the asking core.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ReadId {
    /// The core that asks.
    pub from: CoreId,
    /// A number of its own.
    pub serial: u64,
}

/// Batches of some of a core's partitions.
pub struct Read {
    /// For [`Call::Release`].
    pub id: ReadId,
    /// What to read, in order of preference.
    pub parts: Vec<ReadPart>,
    /// Bytes at the most over all parts; the first batch found is returned even if it is larger (KIP-74).
    pub bytes_max: u32,
    /// Whether that exception still holds: false when another core's answer precedes this one in the response.
    pub oversized_first: bool,
    /// Wait until so many bytes are there, a part has an error, or the deadline passes.
    pub wait: Option<Wait>,
    /// How far a reader may see.
    pub isolation: Isolation,
    /// For how long the reader had been away with the answer before: zero if there was none, or it is not known.
    pub away: Duration,
}

/// How long a read may be parked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wait {
    /// Bytes that end the wait.
    pub bytes_min: u32,
    /// Moment that ends it.
    pub deadline: Tick,
}

/// How far a reader may see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isolation {
    /// To the high watermark.
    ReadUncommitted,
    /// To the last stable offset.
    ReadCommitted,
}

/// What to read of one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadPart {
    /// The partition.
    pub key: PartitionKey,
    /// First offset wanted; the batch that holds it is returned whole.
    pub offset: Offset,
    /// Bytes at the most.
    pub bytes_max: u32,
    /// The leader epoch the reader believes in.
    pub current_epoch: Option<LeaderEpoch>,
    /// Epoch of the last record the reader has, to find where logs diverge (KIP-595).
    pub last_fetched_epoch: Option<LeaderEpoch>,
}

/// What one partition returned.
#[derive(Clone, Debug)]
pub struct ReadData {
    /// End of what every in-sync replica has durably.
    pub high_watermark: Offset,
    /// End of what no open transaction holds back.
    pub last_stable: Offset,
    /// First offset in the log.
    pub log_start: Offset,
    /// Whole batches, in order.
    pub segments: Vec<Segment>,
    /// Sum of the segments' lengths, in bytes.
    pub bytes: u32,
    /// Aborted transactions that touch the range, by first offset, for read-committed.
    pub aborted: Vec<(ProducerId, Offset)>,
    /// The reader's log leaves ours: the largest common epoch and its end. No records then.
    pub diverging: Option<(LeaderEpoch, Offset)>,
}

/// A read, a lookup or a deletion was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// The partition is not on this node.
    UnknownPartition,
    /// Below the log start or above its end.
    OutOfRange {
        /// First offset in the log.
        log_start: Offset,
        /// End of the log as the reader may see it.
        end: Offset,
    },
    /// The reader's leader epoch is older than ours.
    FencedEpoch,
    /// The reader's leader epoch is newer than ours.
    UnknownEpoch,
    /// Deleting records is not allowed by the topic's cleanup policy.
    PolicyViolation,
    /// A special timestamp this log cannot answer.
    UnsupportedTimestamp,
    /// What is on the disk does not match its checksum.
    Corrupt(String),
    /// The log directory has failed and is offline.
    Offline,
    /// Too many reads are parked already; try again.
    Busy,
    /// The node is stopping.
    Stopping,
}

/// Asks for an offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetQuery {
    /// The partition.
    pub key: PartitionKey,
    /// What to look for.
    pub at: OffsetAt,
    /// How far the asker may see.
    pub isolation: Isolation,
    /// The leader epoch the asker believes in.
    pub current_epoch: Option<LeaderEpoch>,
}

/// What offset to look for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffsetAt {
    /// End of what the asker may see (-1).
    Latest,
    /// Log start (-2), which is also the earliest local offset (-4) without tiered storage.
    Earliest,
    /// The record with the largest timestamp (-3).
    MaxTimestamp,
    /// The first record at or after this time, in milliseconds since the Unix epoch.
    Time(i64),
}

/// An offset found. `offset` is -1 where nothing matches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetAnswer {
    /// The offset, or -1.
    pub offset: Offset,
    /// The record's timestamp, or -1 where the question was not about one.
    pub timestamp_ms: i64,
    /// The leader epoch of the record, or the current one for `Latest`; -1 if unknown.
    pub epoch: LeaderEpoch,
}

/// Asks where an epoch ended (OffsetForLeaderEpoch).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochQuery {
    /// The partition.
    pub key: PartitionKey,
    /// The epoch asked about.
    pub epoch: LeaderEpoch,
    /// The leader epoch the asker believes in.
    pub current_epoch: Option<LeaderEpoch>,
}

/// Moves a log start forward.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeleteRecords {
    /// The partition.
    pub key: PartitionKey,
    /// New log start, or `None` for the high watermark.
    pub before: Option<Offset>,
}

/// Facts of one partition's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionSize {
    /// The partition.
    pub key: PartitionKey,
    /// Bytes of records it holds, in memory or on disk.
    pub bytes: u64,
    /// First offset.
    pub log_start: Offset,
    /// High watermark.
    pub high_watermark: Offset,
    /// Next offset to be written.
    pub log_end: Offset,
}

/// A group's request.
pub struct GroupCall {
    /// Partition of `__consumer_offsets`.
    pub partition: PartitionIndex,
    /// What is asked.
    pub request: GroupRequest,
}
