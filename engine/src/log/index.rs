//! Where in a segment an offset or a time is, to within a stretch of log. In memory, and beside the segment in Kafka's
//! format once the segment is closed. It is a hint: whoever follows it checks what is there, and an index that does not fit
//! its log is built again from it. Only that no record is later than its largest timestamp cannot be seen from the log at once:
//! the index of a closed segment is flushed before that counts as finished, and an open segment's is taken from elsewhere.
//!
//! `NNNNNNNNNNNNNNNNNNNN.index`, big endian:
//!
//! | bytes | |
//! |--:|---|
//! | 4 | last offset of a batch, relative to the segment's base |
//! | 4 | where the batch begins |
//!
//! `NNNNNNNNNNNNNNNNNNNN.timeindex`, big endian:
//!
//! | bytes | |
//! |--:|---|
//! | 8 | largest timestamp so far, ms |
//! | 4 | last offset of the batch with it, relative to the segment's base |

use bytes::{Buf, BufMut};
use thalweg_wire::Offset;
use thalweg_wire::batch::BatchHeader;

use crate::journal::record::Times;

/// Bytes of an entry of an offset index.
pub const OFFSET_ENTRY_LEN: usize = 8;
/// Bytes of an entry of a time index.
pub const TIME_ENTRY_LEN: usize = 12;
/// Bytes of log between entries at the least, whatever the topic says: denser ones cost memory and save little.
pub const INTERVAL_MIN: u32 = 16 << 10;

/// The index of one segment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Index {
    /// `(last offset of a batch, where it begins)`, relative to the base.
    offsets: Vec<(u32, u32)>,
    /// `(largest timestamp so far, last offset of its batch)`.
    times: Vec<(i64, u32)>,
    /// Where the last entry points.
    indexed: u64,
    /// Largest timestamp seen, and its batch's last offset.
    max: Option<(i64, u32)>,
}

impl Index {
    /// Takes note of a batch at `position` of the segment with this base.
    pub fn note(&mut self, base: Offset, batch: &BatchHeader, position: u64, interval: u32) {
        let Ok(last) = u32::try_from(batch.last_offset().0 - base.0) else { return };
        if self.max.is_none_or(|(ms, _)| batch.max_timestamp() > ms) {
            self.max = Some((batch.max_timestamp(), last));
        }
        let Ok(at) = u32::try_from(position) else { return };
        if position >= self.indexed + u64::from(interval.max(INTERVAL_MIN)) {
            self.offsets.push((last, at));
            self.indexed = position;
            self.note_time();
        }
    }

    /// Ends the time index with the largest timestamp of the segment.
    pub fn finish(&mut self) {
        self.note_time();
    }

    fn note_time(&mut self) {
        if let Some((ms, last)) = self.max
            && self.times.last().is_none_or(|(before, _)| ms > *before)
        {
            self.times.push((ms, last));
        }
    }

    /// A position at or before that of the batch that holds `offset`, where a batch begins.
    pub fn find(&self, base: Offset, offset: Offset) -> u64 {
        let wanted = offset.0 - base.0;
        let count = self.offsets.partition_point(|(last, _)| i64::from(*last) <= wanted);
        count.checked_sub(1).map_or(0, |at| u64::from(self.offsets[at].1))
    }

    /// The last position not above `position` of which it is known that a batch begins there.
    pub fn batch_before(&self, position: u64) -> u64 {
        let count = self.offsets.partition_point(|(_, at)| u64::from(*at) <= position);
        count.checked_sub(1).map_or(0, |at| u64::from(self.offsets[at].1))
    }

    /// An offset at or before which no record has a timestamp of `ms` or later.
    pub fn before_time(&self, base: Offset, ms: i64) -> Offset {
        let count = self.times.partition_point(|(largest, _)| *largest < ms);
        count.checked_sub(1).map_or(base, |at| base.plus(i64::from(self.times[at].1)))
    }

    /// Largest timestamp, and the last offset of the batch with it, as far as the index knows.
    pub fn max_time(&self, base: Offset) -> Option<(i64, Offset)> {
        let known = self.max.or(self.times.last().copied());
        known.map(|(ms, last)| (ms, base.plus(i64::from(last))))
    }

    /// Takes the segment's largest timestamp from who knows it for certain.
    pub fn largest_is(&mut self, base: Offset, known: Times) {
        let at = u32::try_from(known.max_at.0 - base.0).ok();
        self.max = at.filter(|_| known.max_ms >= 0).map(|at| (known.max_ms, at));
    }

    /// Both files' bytes.
    pub fn encode(&self) -> (Vec<u8>, Vec<u8>) {
        let mut offsets = Vec::with_capacity(self.offsets.len() * OFFSET_ENTRY_LEN);
        for (last, at) in &self.offsets {
            offsets.put_u32(*last);
            offsets.put_u32(*at);
        }
        let mut times = Vec::with_capacity(self.times.len() * TIME_ENTRY_LEN);
        for (ms, last) in &self.times {
            times.put_i64(*ms);
            times.put_u32(*last);
        }
        (offsets, times)
    }

    /// Reads both files of a segment of `size` bytes; nothing if they do not fit it. `believe` skips that check, which is a
    /// bug a test plants.
    pub fn decode(mut offsets: &[u8], mut times: &[u8], size: u64, believe: bool) -> Option<Index> {
        if !offsets.len().is_multiple_of(OFFSET_ENTRY_LEN) || !times.len().is_multiple_of(TIME_ENTRY_LEN) {
            return None;
        }
        let mut index = Index::default();
        while offsets.has_remaining() {
            let entry = (offsets.get_u32(), offsets.get_u32());
            let later = index.offsets.last().is_none_or(|(last, at)| entry.0 > *last && entry.1 > *at);
            if !believe && (!later || u64::from(entry.1) >= size) {
                return None;
            }
            index.indexed = u64::from(entry.1);
            index.offsets.push(entry);
        }
        while times.has_remaining() {
            let entry = (times.get_i64(), times.get_u32());
            let later = index.times.last().is_none_or(|(ms, last)| entry.0 > *ms && entry.1 >= *last);
            if !believe && !later {
                return None;
            }
            index.times.push(entry);
        }
        index.max = index.times.last().copied();
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::batch;

    fn sample() -> (Index, u64) {
        let (mut index, mut at) = (Index::default(), 0);
        for i in 0..40 {
            let time_ms = if i == 17 { 90_000 } else { 1_000 + i * 100 };
            let bytes = batch(100 + i * 5, 5).value_len(2_000).time_ms(time_ms).bytes();
            index.note(Offset(100), BatchHeader::parse_prefix(&bytes).unwrap(), at, 4096);
            at += bytes.len() as u64;
        }
        index.finish();
        (index, at)
    }

    #[test]
    fn finds_a_batch_at_or_before() {
        let (index, _) = sample();
        let size = batch(0, 5).value_len(2_000).bytes().len() as u64;
        for offset in 100..300 {
            let at = index.find(Offset(100), Offset(offset));
            let batch = (offset - 100) as u64 / 5 * size;
            assert!(
                at <= batch && batch - at <= 20_000 + size && at.is_multiple_of(size),
                "{offset}: {at} for {batch}"
            );
        }
        assert_eq!(index.batch_before(size - 1), 0);
        assert_eq!(index.max_time(Offset(100)), Some((90_040, Offset(189))));
        assert_eq!(index.before_time(Offset(100), 90_041), Offset(189));
        assert!(index.before_time(Offset(100), 50_000) < Offset(189));
    }

    #[test]
    fn an_index_that_does_not_fit_its_log_is_refused() {
        let (index, size) = sample();
        let (offsets, times) = index.encode();
        let mut same = index.clone();
        same.indexed = u64::from(same.offsets.last().unwrap().1);
        assert_eq!(Index::decode(&offsets, &times, size, false), Some(same));
        assert_eq!(Index::decode(&offsets, &times, u64::from(index.offsets.last().unwrap().1), false), None);
        assert_eq!(Index::decode(&offsets[..offsets.len() - 1], &times, size, false), None);
        let swapped = [&offsets[8..16], &offsets[..8]].concat();
        assert_eq!(Index::decode(&swapped, &times, size, false), None);
    }
}
