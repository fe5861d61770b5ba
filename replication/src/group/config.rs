//! Times and bounds of group coordination, by the names operators know.

/// Settings of a coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// `group.min.session.timeout.ms`.
    pub session_timeout_ms_min: i32,
    /// `group.max.session.timeout.ms`.
    pub session_timeout_ms_max: i32,
    /// `group.initial.rebalance.delay.ms`.
    pub initial_rebalance_delay_ms: i64,
    /// How long a member may take part in its first rebalance without a word: Kafka's five minutes.
    pub new_member_patience_ms: i64,
    /// `group.max.size`.
    pub members_max: usize,
    /// Ids handed out per group whose owners have not joined yet.
    pub pending_members_max: usize,
    /// Protocols one member may offer.
    pub protocols_max: usize,
    /// Bytes of metadata one member may bring: what cannot be stored with a group need not be kept in memory either.
    pub member_bytes_max: usize,
    /// Groups of this partition.
    pub groups_max: usize,
    /// Offsets of one group.
    pub offsets_per_group_max: usize,
    /// Appends on their way.
    pub appends_max: usize,
    /// `offset.metadata.max.bytes`, counted in UTF-16 units as Kafka does.
    pub offset_metadata_max: usize,
    /// `offsets.retention.minutes`, in milliseconds.
    pub retention_ms: i64,
    /// `offsets.retention.check.interval.ms`.
    pub retention_check_ms: i64,
}

impl Default for GroupConfig {
    fn default() -> GroupConfig {
        GroupConfig {
            session_timeout_ms_min: 6_000,
            session_timeout_ms_max: 1_800_000,
            initial_rebalance_delay_ms: 3_000,
            new_member_patience_ms: 300_000,
            members_max: 10_000,
            pending_members_max: 10_000,
            protocols_max: 100,
            member_bytes_max: 1 << 20,
            groups_max: 100_000,
            offsets_per_group_max: 100_000,
            appends_max: 10_000,
            offset_metadata_max: 4_096,
            retention_ms: 7 * 24 * 3_600_000,
            retention_check_ms: 600_000,
        }
    }
}
