//! One segment of a log: a file of batches one after the other, byte for byte as they arrived and are served. What of it is
//! on disk, what is still in memory, and what is known of it without reading.
//!
//! `TOPIC-PARTITION/NNNNNNNNNNNNNNNNNNNN.log`, the number being the base offset. While a segment is written its file may be
//! longer than what is known of it, or end in zeros; once it is finished, and after a clean stop, it is exactly a Kafka segment.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crc32c::crc32c_append;
use thalweg_rt::{BLOCK, File};
use thalweg_wire::batch::{BatchHeader, HEADER_LEN};
use thalweg_wire::{Offset, checksum};

use super::ahead::Ahead;
use super::index::Index;
use super::tail::Tail;
use crate::journal::record::Times;

/// Size of a batch, in bytes, from which its own checksum is used instead of reading it.
pub const CRC_WORTH: usize = 8 << 10;

/// A segment. Invariant: `synced <= destaged <= size`, and everything from `destaged`, rounded down to a block, is in the tail.
pub struct Segment {
    /// Offset of its first record, or where that was.
    pub base: Offset,
    /// Bytes of its batches.
    pub size: u64,
    /// Bytes of them that are in the file.
    pub destaged: u64,
    /// Bytes of them that are in the file on stable storage.
    pub synced: u64,
    /// Bytes its file has room for, as far as this writer has made some.
    pub room: u64,
    /// Nothing will be appended.
    pub sealed: bool,
    /// The file has its final length, its last block and its indexes.
    pub finished: bool,
    /// The end of it in memory.
    pub tail: Tail,
    /// Its index, if it is known from the first byte to the last.
    pub index: Option<Index>,
    /// What is known of its timestamps.
    pub times: Times,
    /// The file, past the page cache.
    pub file: Option<Rc<dyn File>>,
    /// The file, through the page cache.
    pub cached: Option<Rc<dyn File>>,
    /// What was read of it before it was asked for.
    pub ahead: Option<Ahead>,
    /// The file's name is on stable storage.
    pub named: bool,
}

impl Segment {
    /// An empty segment.
    pub fn new(base: Offset) -> Segment {
        Segment {
            base,
            size: 0,
            destaged: 0,
            synced: 0,
            room: 0,
            sealed: false,
            finished: false,
            tail: Tail::default(),
            index: Some(Index::default()),
            times: Times::default(),
            file: None,
            cached: None,
            ahead: None,
            named: false,
        }
    }

    /// A segment found on disk, whole.
    pub fn found(base: Offset, size: u64) -> Segment {
        Segment {
            size,
            destaged: size,
            synced: size,
            sealed: true,
            finished: true,
            index: None,
            named: true,
            ..Segment::new(base)
        }
    }

    /// Appends a batch: its header as it is to stand in the log, and the rest of it.
    pub fn append(&mut self, header: &BatchHeader, rest: &[u8], interval: u32) {
        let at = self.size;
        self.note(header, at, interval);
        self.tail.append(at, header.bytes());
        self.tail.append(at + HEADER_LEN as u64, rest);
        self.size += (HEADER_LEN + rest.len()) as u64;
    }

    /// Takes note of a batch at `position`.
    pub fn note(&mut self, header: &BatchHeader, position: u64, interval: u32) {
        if let Some(index) = &mut self.index {
            index.note(self.base, header, position, interval);
        }
        self.times.note(header.max_timestamp(), header.base_offset());
    }

    /// Nothing will be appended any more.
    pub fn seal(&mut self) {
        self.sealed = true;
        if let Some(index) = &mut self.index {
            index.finish();
        }
    }

    /// First byte that is in memory; the size if none is.
    pub fn memory_from(&self) -> u64 {
        self.tail.start().unwrap_or(self.size)
    }

    /// The header of the batch at `position`, if it is in memory.
    pub fn header_at(&self, position: u64) -> Option<BatchHeader> {
        if position < self.memory_from() || position + HEADER_LEN as u64 > self.size {
            return None;
        }
        let mut bytes = [0; HEADER_LEN];
        self.tail.copy(position, &mut bytes);
        BatchHeader::parse_prefix(&bytes).ok().copied()
    }

    /// Checksum of the bytes from `from` to `to`, which are in memory. What a batch's own checksum covers is not read again where that
    /// is worth it; `batch` is where one begins, near `from`.
    pub fn crc(&self, batch: u64, from: u64, to: u64) -> u32 {
        let read = |mut crc, from, to| {
            self.tail.look(from, to, |piece| crc = crc32c_append(crc, piece));
            crc
        };
        let (mut crc, mut at) = (if batch > from { read(0, from, batch.min(to)) } else { 0 }, batch);
        while at < to {
            let header = self.header_at(at).filter(|header| header.size() >= CRC_WORTH);
            let Some(header) = header else { return read(crc, at.max(from), to) };
            let (begin, end) = (at, at + header.size() as u64);
            at = end;
            let rest = to.min(end)..end;
            let rest_len = rest.end - rest.start;
            if begin < from || rest_len > header.size() as u64 / 2 {
                if end > from {
                    crc = read(crc, begin.max(from), rest.start);
                }
                continue;
            }
            let whole = header.checksum_behind(crc);
            crc = if rest_len == 0 { whole } else { checksum::cut(whole, read(0, rest.start, rest.end), rest_len) };
        }
        crc
    }

    /// Bytes that whole blocks of could be written now.
    pub fn waiting(&self) -> u64 {
        let end = if self.sealed { self.size } else { block_floor(self.size) };
        end.saturating_sub(self.destaged)
    }
}

/// The largest multiple of a block not above `position`.
pub fn block_floor(position: u64) -> u64 {
    position / BLOCK as u64 * BLOCK as u64
}

/// The path of a segment's file of this kind: `log`, `index` or `timeindex`.
pub fn path(directory: &Path, base: Offset, kind: &str) -> PathBuf {
    directory.join(format!("{:020}.{kind}", base.0))
}

/// The base offset in a file's name, if it is of that kind.
pub fn base_of(name: &str, kind: &str) -> Option<Offset> {
    let (number, found) = name.split_once('.')?;
    let digits = number.len() == 20 && number.bytes().all(|b| b.is_ascii_digit());
    if found == kind && digits { number.parse().ok().map(Offset) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::testing::batch;

    #[test]
    fn the_checksum_of_a_range_is_that_of_its_bytes() {
        let mut segment = Segment::new(Offset(0));
        let (mut all, mut starts) = (Vec::new(), Vec::new());
        for (number, len) in [100, 20_000, 9_000, 50, 300_000, 8_100, 12_345, 70, 40_000].into_iter().enumerate() {
            let bytes = batch(number as i64, 1).value_len(len).bytes();
            let header = BatchHeader::parse_prefix(&bytes).unwrap();
            starts.push(all.len() as u64);
            segment.append(header, &bytes[HEADER_LEN..], 4096);
            all.extend_from_slice(&bytes);
        }
        let end = all.len() as u64;
        let mut ends: Vec<u64> = starts.iter().flat_map(|at| [*at, at + 21, at + 5_000]).collect();
        ends.extend([block_floor(end), end - 1, end]);
        for batch in starts.iter().copied() {
            for from in [batch.saturating_sub(4_000), batch, batch + 1, batch + 30_000] {
                for to in ends.iter().copied().filter(|to| from <= *to && *to <= end) {
                    let expected = crc32c::crc32c(&all[from as usize..to as usize]);
                    assert_eq!(segment.crc(batch, from, to), expected, "{batch}: {from} to {to}");
                }
            }
        }
    }
}
