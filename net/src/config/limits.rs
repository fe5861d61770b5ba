//! Every bound of the process, derived from its memory budget and from what the configuration asks.
//!
//! The budget is shared out per core: a core's parts add up to less than its share, the rest is for tables, stacks and the
//! allocator. The other rooms take their bounds from here. [`Limits`] prints itself
//! at start.

use std::fmt;

use super::broker::{BrokerConfig, MIB};

/// The bounds. "Per core" stands in the name where one core keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Memory budget of the process.
    pub memory_bytes: u64,
    /// One core's share of it.
    pub core_bytes: u64,
    /// Open connections of the process; further ones are closed at once.
    pub connections_max: u32,
    /// Open connections from one address, exceptions aside.
    pub connections_per_ip_max: u32,
    /// Largest request frame; a larger one closes the connection.
    pub frame_bytes_max: u32,
    /// Request frames a core holds at once; reading waits above it.
    pub core_request_bytes_max: u64,
    /// Requests of one connection in work at once; reading waits above it.
    pub pipelined_requests_max: u16,
    /// Reply bytes queued on one connection; its requests wait above it.
    pub reply_bytes_max: u32,
    /// Bytes of records in one fetch response.
    pub fetch_bytes_max: u32,
    /// Receive buffers of a core's ring.
    pub core_receive_buffers: u16,
    /// Size of one of them.
    pub receive_buffer_bytes: u32,
    /// Memory of a core that holds the newest records of its partitions.
    pub core_append_bytes: u64,
    /// Buffers of a core for reading cold records.
    pub core_read_bytes: u64,
    /// Fetches a core keeps waiting; the oldest are answered early above it.
    pub core_parked_reads_max: u32,
    /// Produces a core keeps waiting; further ones are refused as retriable.
    pub core_parked_appends_max: u32,
    /// Fetch sessions a core remembers; the longest unused make room.
    pub core_fetch_sessions_max: u32,
    /// Partitions one fetch session may name.
    pub fetch_session_partitions_max: u32,
    /// Members of one group.
    pub group_members_max: u32,
    /// Partitions in one DescribeTopicPartitions response.
    pub described_partitions_max: u32,
    /// Longest text with a committed offset.
    pub offset_text_bytes_max: u32,
    /// Files of segments a core holds open; one for its writer and one for its readers at the most for each segment.
    pub core_open_files_max: u32,
    /// Messages between one core and another; the sender waits above it.
    pub mesh_slots: u32,
}

/// Members of a group where group.max.size sets no limit.
const GROUP_MEMBERS_MAX: u32 = 10_000;

/// Files of segments a core holds open however many descriptors there are: each is some KiB of the kernel's memory.
const OPEN_FILES_MAX: u64 = 16_384;

/// Least memory a core can work with.
pub const CORE_BYTES_MIN: u64 = 64 * MIB;

impl Limits {
    /// The bounds of a configuration, where `open_files` is the limit in force.
    pub fn of(config: &BrokerConfig, open_files: Option<u64>) -> Limits {
        let cores = config.engine.cores.len().max(1) as u64;
        let memory_bytes = config.engine.memory_bytes;
        let core_bytes = memory_bytes / cores;
        // Two fifths of the descriptors are for segments: one that was closed is opened again for every few blocks written to it. The
        // journal and the core itself need some; where there are few, sockets get half of them all the same.
        const OWN_FILES: u64 = 256;
        let files = open_files.unwrap_or(u64::MAX);
        let for_segments = (files / 5 * 2).min((files / 2).saturating_sub(cores * OWN_FILES));
        let open_segment_files = (for_segments / cores).clamp(64, OPEN_FILES_MAX);
        let for_files = cores * (open_segment_files + OWN_FILES);
        let for_sockets = open_files.map_or(u64::MAX, |files| files.saturating_sub(for_files).max(files / 2).max(64));
        // A quiet connection costs a few KiB; all of them together at most an eighth of the budget.
        const CONNECTION_BYTES: u64 = 8 << 10;
        let by_memory = memory_bytes / 8 / CONNECTION_BYTES;
        let connections_max = u64::from(config.sockets.connections_max).min(for_sockets).min(by_memory);
        let core_request_bytes_max = core_bytes / 4;
        const RECEIVE_BUFFER_BYTES: u32 = 64 << 10;
        let receive_buffers = (core_bytes / 16 / u64::from(RECEIVE_BUFFER_BYTES)).clamp(64, 512);
        let parked = small(core_bytes / 32 / (4 << 10)).clamp(512, 65_536);
        Limits {
            memory_bytes,
            core_bytes,
            connections_max: small(connections_max),
            connections_per_ip_max: config.sockets.connections_per_ip_max,
            frame_bytes_max: config.sockets.request_bytes_max.min(small(core_request_bytes_max)),
            core_request_bytes_max,
            pipelined_requests_max: 128,
            reply_bytes_max: small((core_bytes / 16).clamp(MIB, 64 * MIB)),
            fetch_bytes_max: config.sockets.fetch_bytes_max.min(small(core_bytes / 4)),
            core_receive_buffers: receive_buffers as u16,
            receive_buffer_bytes: RECEIVE_BUFFER_BYTES,
            core_append_bytes: core_bytes * 3 / 8,
            core_read_bytes: core_bytes / 8,
            core_parked_reads_max: parked,
            core_parked_appends_max: parked,
            core_fetch_sessions_max: config.sockets.fetch_sessions_max.div_ceil(cores as u32),
            fetch_session_partitions_max: small(core_bytes / 64 / 64).clamp(10_000, 1_000_000),
            group_members_max: match config.groups.members_max {
                u32::MAX => GROUP_MEMBERS_MAX,
                asked => asked,
            },
            described_partitions_max: config.sockets.described_partitions_max,
            offset_text_bytes_max: config.offsets.metadata_bytes_max,
            core_open_files_max: small(open_segment_files),
            mesh_slots: 1024,
        }
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: u32| if count == u32::MAX { "any".to_owned() } else { count.to_string() };
        writeln!(f, "limits: memory {}, {} a core", Bytes(self.memory_bytes), Bytes(self.core_bytes))?;
        writeln!(
            f,
            "  connections {} ({} an address), {} requests in work each",
            of(self.connections_max),
            of(self.connections_per_ip_max),
            self.pipelined_requests_max
        )?;
        writeln!(
            f,
            "  request {}, fetch response {}, queued replies {} a connection",
            Bytes(self.frame_bytes_max.into()),
            Bytes(self.fetch_bytes_max.into()),
            Bytes(self.reply_bytes_max.into())
        )?;
        writeln!(
            f,
            "  a core: requests {}, newest records {}, cold reads {}, receive {} x {}",
            Bytes(self.core_request_bytes_max),
            Bytes(self.core_append_bytes),
            Bytes(self.core_read_bytes),
            self.core_receive_buffers,
            Bytes(self.receive_buffer_bytes.into())
        )?;
        write!(
            f,
            "  a core: waiting fetches {}, waiting produces {}, fetch sessions {} of {} partitions, mesh slots {}",
            self.core_parked_reads_max,
            self.core_parked_appends_max,
            self.core_fetch_sessions_max,
            self.fetch_session_partitions_max,
            self.mesh_slots
        )
    }
}

/// Bytes for people: exact where whole, else with one digit.
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let (mut unit, mut scale) = (0, 1_u64);
        while unit + 1 < UNITS.len() && self.0 / scale >= 1024 {
            unit += 1;
            scale *= 1024;
        }
        if self.0.is_multiple_of(scale) {
            write!(f, "{} {}", self.0 / scale, UNITS[unit])
        } else {
            write!(f, "{:.1} {}", self.0 as f64 / scale as f64, UNITS[unit])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::broker::tests::config;
    use super::*;

    fn limits(overrides: &[(&str, &str)], open_files: Option<u64>) -> Limits {
        Limits::of(&config(overrides), open_files)
    }

    #[test]
    fn the_parts_of_a_core_fit_its_share() {
        for budget in ["134217728", "1073741824", "64424509440"] {
            let limits = limits(&[("thalweg.memory.bytes", budget), ("thalweg.cores", "2")], None);
            let receive = u64::from(limits.core_receive_buffers) * u64::from(limits.receive_buffer_bytes);
            let parts = limits.core_request_bytes_max + limits.core_append_bytes + limits.core_read_bytes + receive;
            assert!(parts < limits.core_bytes, "{parts} of {}", limits.core_bytes);
            assert!(u64::from(limits.frame_bytes_max) <= limits.core_request_bytes_max);
            assert_eq!(limits.core_bytes * 2, limits.memory_bytes);
        }
    }

    #[test]
    fn what_is_asked_counts_where_it_fits() {
        let limits =
            limits(&[("max.connections", "7"), ("socket.request.max.bytes", "5000"), ("group.max.size", "3")], None);
        assert_eq!((limits.connections_max, limits.frame_bytes_max, limits.group_members_max), (7, 5000, 3));
    }

    #[test]
    fn descriptors_and_memory_bound_connections() {
        let few = limits(&[("thalweg.memory.bytes", "10737418240"), ("thalweg.cores", "1")], Some(1000));
        assert_eq!((few.connections_max, few.core_open_files_max), (500, 244));
        let many = limits(&[("thalweg.memory.bytes", "10737418240"), ("thalweg.cores", "2")], Some(20_000));
        assert_eq!((many.connections_max, many.core_open_files_max), (20_000 - 2 * (4_000 + 256), 4_000));
        let by_memory = limits(&[("thalweg.memory.bytes", "1073741824"), ("thalweg.cores", "1")], None);
        assert_eq!((by_memory.connections_max, by_memory.core_open_files_max), (16_384, 16_384));
    }

    #[test]
    fn bytes_read_well() {
        let texts: Vec<String> = [0, 1023, 1024, 1536, 1 << 20, 104_857_600, 3 << 30, u64::MAX]
            .iter()
            .map(|bytes| Bytes(*bytes).to_string())
            .collect();
        assert_eq!(texts, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "1 MiB", "100 MiB", "3 GiB", "16777216.0 TiB"]);
    }
}
