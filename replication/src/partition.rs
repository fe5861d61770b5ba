//! What the leader of a partition may call committed: the high watermark.
//!
//! [`Leader`] is told how far its own log reaches and how far it is durable. With one replica the mark is the leader's durable
//! end, so nothing is ever visible to a consumer that a power cut could take back. Followers join this rule with replication.

use thalweg_wire::Offset;

/// The leader of one partition.
///
/// Invariant: `log_start <= high_watermark <= durable <= end`, and the mark never moves back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leader {
    log_start: Offset,
    high_watermark: Offset,
    durable: Offset,
    end: Offset,
}

impl Leader {
    /// The leader of a log that was found on the disk: everything in it is durable.
    pub fn recovered(log_start: Offset, end: Offset) -> Leader {
        assert!(log_start <= end, "a log starts before it ends: {log_start} {end}");
        Leader { log_start, high_watermark: end, durable: end, end }
    }

    /// The log has grown to this end; nothing of it is durable yet.
    pub fn appended(&mut self, end: Offset) {
        assert!(self.end <= end, "a log does not shrink under its leader: {} {end}", self.end);
        self.end = end;
    }

    /// The log is durable up to here. Returns the high watermark if it has moved.
    pub fn durable(&mut self, to: Offset) -> Option<Offset> {
        assert!(to <= self.end, "what is durable was appended before: {to} {}", self.end);
        if to <= self.durable {
            return None; // commits of one journal may finish out of order; the later one told all
        }
        self.durable = to;
        self.high_watermark = to;
        Some(to)
    }

    /// The log begins here from now on. Returns whether that moved it.
    pub fn starts_at(&mut self, start: Offset) -> bool {
        assert!(start <= self.high_watermark, "only what is committed is deleted: {start} {}", self.high_watermark);
        let moved = self.log_start < start;
        self.log_start = self.log_start.max(start);
        moved
    }

    /// First offset in the log.
    pub fn log_start(&self) -> Offset {
        self.log_start
    }

    /// End of what every in-sync replica has durably: what a consumer may see.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// End of what no open transaction holds back. Without transactions that is the high watermark.
    pub fn last_stable(&self) -> Offset {
        self.high_watermark
    }

    /// End of what is durable here.
    pub fn durable_end(&self) -> Offset {
        self.durable
    }

    /// Next offset to be written.
    pub fn end(&self) -> Offset {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_durable_records_are_committed() {
        let mut leader = Leader::recovered(Offset(3), Offset(5));
        leader.appended(Offset(9));
        assert_eq!((leader.high_watermark(), leader.end()), (Offset(5), Offset(9)));
        assert_eq!(leader.durable(Offset(7)), Some(Offset(7)));
        assert_eq!(leader.high_watermark(), Offset(7));
    }

    #[test]
    fn a_late_notice_of_an_earlier_commit_moves_nothing_back() {
        let mut leader = Leader::recovered(Offset(0), Offset(0));
        leader.appended(Offset(10));
        assert_eq!(leader.durable(Offset(10)), Some(Offset(10)));
        assert_eq!(leader.durable(Offset(4)), None);
        assert_eq!(leader.high_watermark(), Offset(10));
    }

    #[test]
    fn the_log_start_only_moves_forward() {
        let mut leader = Leader::recovered(Offset(2), Offset(8));
        assert!(leader.starts_at(Offset(6)));
        assert!(!leader.starts_at(Offset(4)));
        assert_eq!(leader.log_start(), Offset(6));
    }

    #[test]
    #[should_panic(expected = "appended before")]
    fn what_was_never_appended_cannot_be_durable() {
        Leader::recovered(Offset(0), Offset(1)).durable(Offset(2));
    }
}
