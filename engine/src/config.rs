//! What a core's storage is told at start: where its data lies, how large its journal is, and every limit it keeps.
//! Plain values, the same on every core, read-only from then on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use thalweg_wire::NodeId;

/// Configuration of the storage of one process.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// The data directory, absolute.
    pub data: PathBuf,
    /// This node.
    pub node: NodeId,
    /// The journal of each core.
    pub journal: JournalConfig,
    /// What each core may use.
    pub limits: Limits,
    /// When bytes move from memory to segments.
    pub destage: DestageConfig,
    /// Pending bytes of one partition from which they go straight to its segment.
    pub bypass_bytes: u32,
    /// How cold data is read.
    pub read_path: ReadPath,
    /// Kafka's durability rule for every topic that does not say otherwise: reply first, flush later.
    pub write_behind: bool,
    /// Test only: never flush. A power cut then loses acknowledged records, and a test that does not notice is broken.
    pub unsafe_no_flush: bool,
    /// Broker-wide defaults of topic settings, by broker key.
    pub topic_defaults: BTreeMap<String, String>,
    /// Time after its last batch at which an idempotent producer is forgotten.
    pub producer_id_expiration_ms: i64,
    /// Test only: a bug to work with.
    pub planted: Option<Bug>,
}

impl EngineConfig {
    /// The defaults, for data under `data`.
    pub fn new(data: PathBuf, node: NodeId) -> EngineConfig {
        EngineConfig {
            data,
            node,
            journal: JournalConfig::default(),
            limits: Limits::default(),
            destage: DestageConfig::default(),
            bypass_bytes: 128 << 10,
            read_path: ReadPath::Auto,
            write_behind: false,
            unsafe_no_flush: false,
            topic_defaults: BTreeMap::new(),
            producer_id_expiration_ms: 86_400_000,
            planted: None,
        }
    }

    /// Whether this bug is planted.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.planted == Some(bug)
    }
}

/// The journal ring of each core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JournalConfig {
    /// Files of the ring.
    pub files: u16,
    /// Size of each, a multiple of a block.
    pub file_bytes: u64,
    /// Files written before the first start is ready; the rest follows in the background.
    pub initial_files: u16,
    /// Size of those if it is less: a first start waits for them.
    pub initial_file_bytes: u64,
    /// Largest frame in bytes on disk.
    pub frame_bytes_max: u32,
    /// Commits in flight at the most.
    pub commits_in_flight_max: u8,
    /// Pending bytes from which a commit starts beside a large one, or beside two.
    pub eager_bytes: u32,
    /// How a commit reaches stable storage.
    pub flush: Flush,
}

impl Default for JournalConfig {
    fn default() -> Self {
        JournalConfig {
            files: 8,
            file_bytes: 128 << 20,
            initial_files: 3,
            initial_file_bytes: 16 << 20,
            frame_bytes_max: 1 << 20,
            commits_in_flight_max: 4,
            eager_bytes: 128 << 10,
            flush: Flush::DataSync,
        }
    }
}

/// The smallest ring that can turn: one file written, one free, one being retired.
pub const JOURNAL_FILES_MIN: u16 = 3;

/// How a commit reaches stable storage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flush {
    /// The file is opened so that each write is durable when it completes.
    DataSync,
    /// A write, then a flush.
    WriteThenSync,
}

/// What each core may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Memory for what was appended last; above it what is not on disk yet is sent there, oldest first.
    pub tail_bytes: u64,
    /// As `tail_bytes`, and above it what is on disk already is dropped, oldest first.
    pub tail_written_bytes: u64,
    /// Memory for what was appended last above which appends wait.
    pub tail_bytes_max: u64,
    /// Reads waiting for data.
    pub parked_reads_max: usize,
    /// Appends waiting for durability or replicas.
    pub parked_appends_max: usize,
    /// Batches waiting in front of one partition that is being opened or has no room.
    pub backlog_max: usize,
    /// Producer ids remembered by one partition.
    pub producers_per_partition_max: usize,
    /// Producer ids remembered by the partitions one core has in memory; beyond it the longest unseen are forgotten.
    pub producers_per_core_max: usize,
    /// Files of segments held open.
    pub open_files_max: usize,
    /// Partitions at rest in their files that are kept in memory all the same; the longest unused leaves first.
    pub idle_partitions_max: usize,
    /// Bytes read from disk for one answer.
    pub cold_read_bytes_max: u32,
    /// The same beside commits, of all partitions, for who comes back at once (`engine/decisions/0015`).
    pub cold_read_bytes_beside: u32,
    /// Memory for what is read from the disk before it is asked for.
    pub read_ahead_bytes: u64,
    /// Segments written at the same time.
    pub writers_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            tail_bytes: 64 << 20,
            tail_written_bytes: 64 << 20,
            tail_bytes_max: 128 << 20,
            parked_reads_max: 20_000,
            parked_appends_max: 50_000,
            backlog_max: 1_000,
            producers_per_partition_max: 5_000,
            producers_per_core_max: 100_000,
            open_files_max: 1_000,
            idle_partitions_max: 100_000,
            cold_read_bytes_max: 8 << 20,
            cold_read_bytes_beside: 512 << 10,
            read_ahead_bytes: 32 << 20,
            writers_max: 8,
        }
    }
}

/// When bytes move from memory and journal to segments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DestageConfig {
    /// A partition with so many bytes waiting is destaged.
    pub bytes: u32,
    /// A partition with at least `bytes_min` waiting is destaged after this time.
    pub age_ms: u32,
    /// See `age_ms`.
    pub bytes_min: u32,
    /// Largest single write.
    pub piece_bytes: u32,
    /// Writes of one segment in flight.
    pub pieces_in_flight_max: usize,
    /// Retirement of the oldest journal file starts when fewer than this many are free.
    pub free_files_min: u16,
    /// It also starts when less than this part of the ring is free, in percent of its bytes: where thousands of partitions have
    /// something in the file, giving it up takes seconds, in which the rest must not fill up.
    pub free_percent_min: u8,
    /// Times a partition's last page is logged again before it is written to its segment instead.
    pub carries_max: u8,
    /// Room that the file of a segment is given at once, ahead of what is written, and at most as much as it has already; a
    /// segment of less than a sixty-fourth of it gets none.
    pub room_bytes: u32,
    /// So many segments with something to be made durable are worth one flush of the whole file system, which waits for what
    /// others have written there too.
    pub together_min: usize,
    /// But not if that is more than so many bytes: they would be written all at once, and commits stand behind them.
    pub together_unwritten_max: u64,
}

impl Default for DestageConfig {
    fn default() -> Self {
        DestageConfig {
            bytes: 1 << 20,
            age_ms: 10_000,
            bytes_min: 64 << 10,
            piece_bytes: 1 << 20,
            pieces_in_flight_max: 4,
            free_files_min: 2,
            free_percent_min: 34,
            carries_max: 3,
            room_bytes: 16 << 20,
            together_min: 8,
            together_unwritten_max: 32 << 20,
        }
    }
}

/// How cold data is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadPath {
    /// From the page cache where it is resident, else directly.
    Auto,
    /// The sender takes it from the file.
    Sendfile,
    /// Read past the page cache into memory.
    Direct,
}

/// Bugs a test plants to see that it would notice them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bug {
    /// Replies leave when a commit is written, not when it is durable.
    AcknowledgeBeforeFlush,
    /// Recovery takes frames of an earlier lap for current ones.
    LapNotChecked,
    /// Recovery drops frames that may have been acknowledged.
    TailCutTooEarly,
    /// A bypassing append is acknowledged on the journal's completion alone.
    BypassWithoutSecondCompletion,
    /// An offset index is believed without a look at the log.
    IndexAheadOfData,
    /// Recovery forgets what producers have written.
    SequenceStateNotRecovered,
}
