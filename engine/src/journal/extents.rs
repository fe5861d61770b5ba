//! The bytes of one partition as the journal tells them: which range of which segment stands in the journal itself and which
//! went to the segment directly. Later records win over earlier ones.

use std::collections::BTreeMap;

use bytes::Bytes;
use thalweg_wire::Offset;

/// Where bytes of a segment are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// In the journal.
    Memory(Bytes),
    /// In the segment, written directly by the frame of this sequence. The CRC is that of the whole range, and known only
    /// while the range is whole.
    File {
        /// The frame that told of it.
        sequence: u64,
        /// CRC-32C of the range as written.
        crc: Option<u32>,
        /// What came before it in its range was told of anew.
        headless: bool,
    },
}

/// A range of a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Its length in bytes.
    pub len: u64,
    /// Where its bytes are.
    pub source: Source,
}

impl Extent {
    fn head(&self, len: u64) -> Extent {
        let source = match &self.source {
            Source::Memory(bytes) => Source::Memory(bytes.slice(..len as usize)),
            Source::File { sequence, headless, .. } => {
                Source::File { sequence: *sequence, crc: None, headless: *headless }
            }
        };
        Extent { len, source }
    }

    fn tail(&self, from: u64) -> Extent {
        let source = match &self.source {
            Source::Memory(bytes) => Source::Memory(bytes.slice(from as usize..)),
            Source::File { sequence, .. } => Source::File { sequence: *sequence, crc: None, headless: true },
        };
        Extent { len: self.len - from, source }
    }
}

/// A place in a log: byte of a segment.
pub type Place = (Offset, u64);

/// The ranges of one partition, none overlapping another.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Extents(BTreeMap<Place, Extent>);

impl Extents {
    /// Adds a range; what it overlaps is replaced.
    pub fn insert(&mut self, (segment, position): Place, extent: Extent) {
        if extent.len == 0 {
            return;
        }
        let end = position + extent.len;
        // The one before may reach into the new range, or even past it.
        if let Some((&(_, at), before)) =
            self.0.range(..(segment, position)).next_back().filter(|(p, _)| p.0 == segment)
            && at + before.len > position
        {
            let before = before.clone();
            self.0.insert((segment, at), before.head(position - at));
            if at + before.len > end {
                self.0.insert((segment, end), before.tail(end - at));
            }
        }
        while let Some((&(_, at), after)) = self.0.range((segment, position)..(segment, end)).next() {
            let after = after.clone();
            self.0.remove(&(segment, at));
            if at + after.len > end {
                self.0.insert((segment, end), after.tail(end - at));
            }
        }
        self.0.insert((segment, position), extent);
    }

    /// Drops everything before a place.
    pub fn trim(&mut self, (segment, position): Place) {
        let keep = self.0.split_off(&(segment, position));
        let before = std::mem::replace(&mut self.0, keep);
        if let Some(((s, at), extent)) = before.into_iter().next_back().filter(|((s, _), _)| *s == segment)
            && at + extent.len > position
        {
            self.0.insert((s, position), extent.tail(position - at));
        }
    }

    /// Drops everything from a place on.
    pub fn truncate(&mut self, (segment, position): Place) {
        self.0.split_off(&(segment, position));
        if let Some((&(s, at), last)) = self.0.iter().next_back().filter(|(p, _)| p.0 == segment)
            && at + last.len > position
        {
            let head = last.head(position - at);
            self.0.insert((s, at), head);
        }
    }

    /// Up to where the segment's file must be read to have all bytes of a range together with [`Extents::lay_over`]. Before `known`
    /// everything is in the file. Nothing if some bytes are neither there nor in the journal.
    pub fn needs_file(&self, (segment, position): Place, len: u64, known: u64) -> Option<u64> {
        let end = position + len;
        let (mut covered, mut needed) = (position.max(known.min(end)), known.clamp(position, end));
        for ((_, at), extent) in self.overlapping(segment, position, end) {
            if at > covered {
                return None;
            }
            covered = covered.max(at + extent.len);
            if matches!(extent.source, Source::File { .. }) {
                needed = needed.max((at + extent.len).min(end));
            }
        }
        (covered >= end).then_some(needed)
    }

    /// Lays what of the bytes at a place stands in the journal over `out`.
    pub fn lay_over(&self, (segment, position): Place, out: &mut [u8]) {
        let end = position + out.len() as u64;
        for ((_, at), extent) in self.overlapping(segment, position, end) {
            if let Source::Memory(bytes) = &extent.source {
                let (from, to) = (at.max(position), (at + extent.len).min(end));
                out[(from - position) as usize..(to - position) as usize]
                    .copy_from_slice(&bytes[(from - at) as usize..(to - at) as usize]);
            }
        }
    }

    fn overlapping(&self, segment: Offset, from: u64, to: u64) -> impl Iterator<Item = (Place, &Extent)> {
        let first = self.0.range(..(segment, from)).next_back();
        let first = first.filter(move |((s, at), extent)| *s == segment && at + extent.len > from);
        first.into_iter().chain(self.0.range((segment, from)..(segment, to))).map(|(place, extent)| (*place, extent))
    }

    /// The ranges in order.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &Extent)> {
        self.0.iter().map(|(place, extent)| (*place, extent))
    }

    /// Where the last range of a segment ends, if it has any.
    pub fn end_of(&self, segment: Offset) -> Option<u64> {
        self.0.range(..=(segment, u64::MAX)).next_back().filter(|(p, _)| p.0 == segment).map(|((_, at), e)| at + e.len)
    }

    /// Where the last range of a segment ends that is in its file, if there is one.
    pub fn file_end_of(&self, segment: Offset) -> Option<u64> {
        let mut ranges = self.0.range((segment, 0)..=(segment, u64::MAX)).rev();
        let last = ranges.find(|(_, extent)| matches!(extent.source, Source::File { .. }));
        last.map(|((_, at), extent)| at + extent.len)
    }

    /// The segments, in order.
    pub fn segments(&self) -> Vec<Offset> {
        let mut list: Vec<Offset> = self.0.keys().map(|(segment, _)| *segment).collect();
        list.dedup();
        list
    }

    /// Where the last range ends.
    pub fn end(&self) -> Option<Place> {
        self.0.last_key_value().map(|((segment, at), extent)| (*segment, at + extent.len))
    }

    /// Whether every byte of a range is known, wherever it is.
    pub fn covers(&self, (segment, position): Place, len: u64) -> bool {
        let mut at = position;
        while at < position + len {
            let found = self.0.range(..=(segment, at)).next_back().filter(|(p, _)| p.0 == segment);
            match found {
                Some((&(_, from), extent)) if from + extent.len > at => at = from + extent.len,
                _ => return false,
            }
        }
        true
    }

    /// Fills `out` with the bytes at a place; false if they are not all in the journal.
    pub fn copy_to(&self, (segment, position): Place, out: &mut [u8]) -> bool {
        let mut done = 0;
        while done < out.len() {
            let want = position + done as u64;
            let found = self.0.range(..=(segment, want)).next_back().filter(|(p, _)| p.0 == segment);
            let Some((&(_, at), Extent { source: Source::Memory(bytes), .. })) = found else { return false };
            let skip = (want - at) as usize;
            if skip >= bytes.len() {
                return false;
            }
            let n = (bytes.len() - skip).min(out.len() - done);
            out[done..done + n].copy_from_slice(&bytes[skip..skip + n]);
            done += n;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(bytes: &[u8]) -> Extent {
        Extent { len: bytes.len() as u64, source: Source::Memory(Bytes::copy_from_slice(bytes)) }
    }

    /// Plays inserts against a plain array and compares what can be read.
    #[test]
    fn later_ranges_win() {
        let mut seed = 12345u64;
        let mut random = |n: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % n
        };
        for _ in 0..300 {
            let mut extents = Extents::default();
            let mut plain = [0u8; 64];
            for step in 1..12u8 {
                let (at, len) = (random(50), random(14) + 1);
                match random(8) {
                    0 => {
                        extents.truncate((Offset(5), at));
                        plain[at as usize..].fill(0);
                    }
                    1 => {
                        extents.trim((Offset(5), at));
                        plain[..at as usize].fill(0);
                    }
                    _ => {
                        extents.insert((Offset(5), at), memory(&vec![step; len as usize]));
                        plain[at as usize..(at + len) as usize].fill(step);
                    }
                }
                for (place, expected) in plain.iter().enumerate() {
                    let mut got = [0];
                    let found = extents.copy_to((Offset(5), place as u64), &mut got);
                    assert_eq!((found, got[0]), (*expected != 0, *expected));
                    assert!(!extents.copy_to((Offset(4), place as u64), &mut got));
                }
            }
        }
    }

    #[test]
    fn a_cut_file_range_has_no_checksum() {
        let mut extents = Extents::default();
        let file = Extent { len: 100, source: Source::File { sequence: 4, crc: Some(9), headless: false } };
        extents.insert((Offset(0), 0), file);
        extents.insert((Offset(0), 90), memory(&[1; 20]));
        let list: Vec<_> = extents.iter().collect();
        assert_eq!(list[0].1, &Extent { len: 90, source: Source::File { sequence: 4, crc: None, headless: false } });
        assert_eq!(extents.end_of(Offset(0)), Some(110));
        assert_eq!(extents.end_of(Offset(1)), None);
        assert_eq!(extents.segments(), [Offset(0)]);
    }

    #[test]
    fn a_page_is_put_together_from_the_journal_and_the_file() {
        let mut extents = Extents::default();
        let segment = Offset(7);
        let memory = |fill: u8, len: usize| Extent { len: len as u64, source: Source::Memory(vec![fill; len].into()) };
        let file = |len| Extent { len, source: Source::File { sequence: 1, crc: Some(0), headless: false } };
        extents.insert((segment, 0), file(100));
        extents.insert((segment, 100), memory(1, 50));
        extents.insert((segment, 150), file(50));
        extents.insert((segment, 200), memory(2, 20));
        assert_eq!(extents.needs_file((segment, 90), 130, 90), Some(200));
        assert_eq!(extents.needs_file((segment, 100), 50, 100), Some(100));
        assert_eq!(extents.needs_file((segment, 200), 21, 0), None);
        assert_eq!(extents.needs_file((segment, 215), 10, 225), Some(225));
        assert_eq!(extents.needs_file((Offset(8), 0), 10, 0), None);
        let mut out = [9; 130];
        extents.lay_over((segment, 90), &mut out);
        let expected: Vec<u8> = [(9, 10), (1, 50), (9, 50), (2, 20)].iter().flat_map(|(b, n)| vec![*b; *n]).collect();
        assert_eq!(out[..], expected[..]);
    }
}
