//! The bytes of a file on the simulated disk: what processes see, and beneath it what is on the medium. Both are made of pages
//! that they share until one of them is written, and pages of zeros take no memory: a flush, a power cut and a start cost what
//! was written since, not what the files hold.

use std::collections::BTreeMap;
use std::rc::Rc;

use thalweg_rt::AlignedBuf;

use crate::random::Random;

/// The unit a device writes whole.
pub(crate) const SECTOR: usize = 512;

/// The unit that is shared.
const PAGE: usize = 4096;

const SECTORS_PER_PAGE: usize = PAGE / SECTOR;

/// Every sector of a page.
const WHOLE: u8 = u8::MAX;
const _: () = assert!(SECTORS_PER_PAGE == u8::BITS as usize);

const ZEROS: [u8; PAGE] = [0; PAGE];

/// A page with something in it; nothing stands for zeros.
type Page = Option<Rc<[u8]>>;

fn same(one: &Page, other: &Page) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Rc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    }
}

fn bytes_of(page: &Page) -> &[u8] {
    page.as_deref().unwrap_or(&ZEROS)
}

/// Bytes by page. What is beyond the length, in its page too, is zeros.
#[derive(Clone, Default)]
struct Pages {
    pages: Vec<Page>,
    len: usize,
}

impl Pages {
    fn page(&self, at: usize) -> &Page {
        self.pages.get(at).unwrap_or(&None)
    }

    fn page_mut(&mut self, at: usize) -> &mut Page {
        if self.pages.len() <= at {
            self.pages.resize(at + 1, None);
        }
        &mut self.pages[at]
    }

    fn set_len(&mut self, len: usize) {
        if len < self.len {
            self.pages.truncate(len.div_ceil(PAGE));
            if !len.is_multiple_of(PAGE)
                && let Some(Some(last)) = self.pages.get_mut(len / PAGE)
            {
                Rc::make_mut(last)[len % PAGE..].fill(0);
            }
        }
        self.len = len;
    }

    /// Writes within the length.
    fn write(&mut self, mut at: usize, mut data: &[u8]) {
        assert!(at + data.len() <= self.len);
        while !data.is_empty() {
            let from = at % PAGE;
            let (piece, rest) = data.split_at(data.len().min(PAGE - from));
            let page = self.page_mut(at / PAGE);
            match page {
                None if *piece == ZEROS[..piece.len()] => {}
                Some(shared) if piece.len() == PAGE && Rc::strong_count(shared) > 1 => *page = Some(Rc::from(piece)),
                Some(bytes) => Rc::make_mut(bytes)[from..from + piece.len()].copy_from_slice(piece),
                None if piece.len() == PAGE => *page = Some(Rc::from(piece)),
                None => {
                    let mut bytes = ZEROS;
                    bytes[from..from + piece.len()].copy_from_slice(piece);
                    *page = Some(Rc::from(&bytes[..]));
                }
            }
            at += piece.len();
            data = rest;
        }
    }

    /// Takes sectors over from a page of another, up to `len` of that; grows to hold them.
    fn take(&mut self, at: usize, sectors: u8, page: &Page, len: usize) {
        if sectors == WHOLE && (at + 1) * PAGE <= len {
            self.len = self.len.max((at + 1) * PAGE);
            *self.page_mut(at) = page.clone();
            return;
        }
        for sector in sectors_of(sectors) {
            let from = at * PAGE + sector * SECTOR;
            let to = (from + SECTOR).min(len);
            if from < to {
                self.len = self.len.max(to);
                self.write(from, &bytes_of(page)[from % PAGE..from % PAGE + (to - from)]);
            }
        }
    }
}

/// The sectors in a page's mask, in order.
fn sectors_of(mask: u8) -> impl Iterator<Item = usize> {
    (0..SECTORS_PER_PAGE).filter(move |sector| mask & (1 << sector) != 0)
}

/// A file: what processes see, and beneath it what is on the medium.
#[derive(Default)]
pub(crate) struct Content {
    seen: Pages,
    medium: Pages,
    /// Sectors of `seen` not on the medium, by page.
    dirty: BTreeMap<usize, u8>,
    /// Length on the medium, which a flush brings to that of `seen`.
    medium_len: usize,
    /// It was last written through the page cache.
    pub(crate) cached: bool,
    /// A flush of the whole file system has dropped what was dirty, which the file's own next flush tells too.
    pub(crate) owes_error: bool,
}

/// What a flush covers: the pages with sectors that were not on the medium when it was asked for, as they were then.
#[derive(Default)]
pub(crate) struct Covered {
    pages: Vec<(usize, u8, Page)>,
    len: usize,
}

impl Content {
    pub(crate) fn len(&self) -> usize {
        self.seen.len
    }

    pub(crate) fn write(&mut self, at: usize, data: &[u8]) {
        let end = at + data.len();
        self.seen.len = self.seen.len.max(end);
        self.seen.write(at, data);
        if !data.is_empty() {
            for (page, sectors) in masks(at, end) {
                *self.dirty.entry(page).or_default() |= sectors;
            }
        }
    }

    pub(crate) fn set_len(&mut self, len: usize) {
        let shorter = len < self.seen.len;
        self.seen.set_len(len);
        if shorter {
            self.dirty.split_off(&len.div_ceil(PAGE));
            if let Some(sectors) = self.dirty.get_mut(&(len / PAGE)) {
                *sectors &= !(u8::MAX.checked_shl((len % PAGE).div_ceil(SECTOR) as u32).unwrap_or(0));
            }
        }
    }

    /// Appends what stands at `from` to a buffer, as far as there is some and it fits.
    pub(crate) fn read(&self, from: usize, buf: &mut AlignedBuf) {
        let mut at = from;
        let end = (from + buf.capacity() - buf.len()).min(self.seen.len);
        while at < end {
            let part = (end - at).min(PAGE - at % PAGE);
            buf.extend_from_slice(&bytes_of(self.seen.page(at / PAGE))[at % PAGE..at % PAGE + part]);
            at += part;
        }
    }

    /// A write that is durable when it completes: it alone, not others before it.
    pub(crate) fn write_through(&mut self, at: usize, end: usize) {
        for (page, sectors) in masks(at, end) {
            if let Some(dirty) = self.dirty.get_mut(&page) {
                *dirty &= !sectors;
                if *dirty == 0 {
                    self.dirty.remove(&page);
                }
            }
            self.medium.take(page, sectors, self.seen.page(page), self.seen.len);
        }
        self.medium_len = self.medium_len.max(end);
        self.medium.set_len(self.medium_len);
    }

    /// What a flush that is asked for now makes durable.
    pub(crate) fn covered(&self) -> Covered {
        let page = |(page, sectors): (&usize, &u8)| (*page, *sectors, self.seen.page(*page).clone());
        Covered { pages: self.dirty.iter().map(page).collect(), len: self.seen.len }
    }

    /// A flush that was asked for when `covered` was not on the medium has ended.
    pub(crate) fn flushed(&mut self, covered: Covered) {
        for (at, sectors, page) in covered.pages {
            // Clean again: a flush that came later has already put newer content there.
            let still = sectors & self.dirty.get(&at).copied().unwrap_or(0);
            self.medium.take(at, still, &page, covered.len);
            let now = self.seen.page(at);
            let mut clean = 0;
            for sector in sectors_of(still) {
                let from = at * PAGE + sector * SECTOR;
                let to = (from + SECTOR).min(covered.len);
                // Whole, as it may have grown since; beyond the length there are zeros.
                let range = from % PAGE..from % PAGE + SECTOR;
                if to <= self.seen.len && (same(now, &page) || bytes_of(now)[range.clone()] == bytes_of(&page)[range]) {
                    clean |= 1 << sector;
                }
            }
            if let Some(dirty) = self.dirty.get_mut(&at) {
                *dirty &= !clean;
                if *dirty == 0 {
                    self.dirty.remove(&at);
                }
            }
        }
        self.medium_len = self.medium_len.max(covered.len).min(self.seen.len);
        self.medium.set_len(self.medium_len);
    }

    /// The data of a failed flush is gone, and nobody will say so again.
    pub(crate) fn drop_dirty(&mut self) {
        for (page, sectors) in std::mem::take(&mut self.dirty) {
            self.seen.take(page, sectors, self.medium.page(page), self.seen.len);
        }
    }

    /// Sectors kept and lost.
    pub(crate) fn power_cut(&mut self, random: &mut Random) -> (u64, u64) {
        let (mut kept, mut lost) = (0, 0);
        let kept_all = random.chance(1, 16);
        for (page, sectors) in std::mem::take(&mut self.dirty) {
            let mut keep = 0;
            for sector in sectors_of(sectors) {
                if kept_all || random.chance(1, 2) {
                    keep |= 1 << sector;
                }
            }
            self.medium.take(page, keep, self.seen.page(page), self.seen.len);
            kept += u64::from(keep.count_ones());
            lost += u64::from((sectors & !keep).count_ones());
        }
        // The length on the medium is the old one, the new one, or, where blocks were allocated on the way, between.
        let (old, new) = (self.medium_len as u64, self.seen.len as u64);
        let len = match random.below(3) {
            0 => old,
            1 => new,
            _ => random.within(old.min(new), old.max(new)),
        };
        self.medium.set_len(len as usize);
        self.medium_len = len as usize;
        self.seen = self.medium.clone();
        (kept, lost)
    }

    /// Flips a bit, on the medium too; false if there is no such byte.
    pub(crate) fn flip_bit(&mut self, byte: usize, bit: u8) -> bool {
        for copy in [&mut self.seen, &mut self.medium] {
            if byte >= copy.len {
                return false;
            }
            let flipped = bytes_of(copy.page(byte / PAGE))[byte % PAGE] ^ (1 << (bit & 7));
            copy.write(byte, &[flipped]);
        }
        true
    }
}

/// The sectors of a range that is not empty, by page.
fn masks(at: usize, end: usize) -> impl Iterator<Item = (usize, u8)> {
    let (first, last) = (at / SECTOR, (end - 1) / SECTOR);
    (first / SECTORS_PER_PAGE..=last / SECTORS_PER_PAGE).map(move |page| {
        let from = first.saturating_sub(page * SECTORS_PER_PAGE) as u32;
        let to = (last - page * SECTORS_PER_PAGE).min(SECTORS_PER_PAGE - 1) as u32;
        (page, (WHOLE << from) & (WHOLE >> (SECTORS_PER_PAGE as u32 - 1 - to)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same file as plain bytes.
    #[derive(Default)]
    struct Plain {
        seen: Vec<u8>,
        medium: Vec<u8>,
        dirty: std::collections::BTreeSet<usize>,
    }

    fn all(content: &Content) -> Vec<u8> {
        let mut buf = AlignedBuf::with_capacity(content.len().max(1));
        content.read(0, &mut buf);
        buf.to_vec()
    }

    #[test]
    fn pages_hold_what_plain_bytes_do() {
        for seed in 0..300 {
            let mut random = Random::new(seed);
            let (mut content, mut plain) = (Content::default(), Plain::default());
            for _ in 0..60 {
                match random.below(6) {
                    0..=2 => {
                        let at = random.below(20_000) as usize;
                        let mut data = vec![0; random.within(1, 10_000) as usize];
                        if random.chance(3, 4) {
                            random.fill(&mut data);
                        }
                        let at = if random.chance(1, 2) { at / PAGE * PAGE } else { at };
                        let end = at + data.len();
                        content.write(at, &data);
                        plain.seen.resize(plain.seen.len().max(end), 0);
                        plain.seen[at..end].copy_from_slice(&data);
                        plain.dirty.extend(at / SECTOR..=(end - 1) / SECTOR);
                    }
                    3 => {
                        let len = random.below(30_000) as usize;
                        content.set_len(len);
                        plain.seen.resize(len, 0);
                        plain.dirty.retain(|sector| sector * SECTOR < len);
                    }
                    4 => {
                        let covered = content.covered();
                        content.flushed(covered);
                        plain.medium.resize(plain.seen.len(), 0);
                        for sector in std::mem::take(&mut plain.dirty) {
                            let range = sector * SECTOR..((sector + 1) * SECTOR).min(plain.seen.len());
                            plain.medium[range.clone()].copy_from_slice(&plain.seen[range]);
                        }
                    }
                    _ => {
                        content.drop_dirty();
                        for sector in std::mem::take(&mut plain.dirty) {
                            for at in sector * SECTOR..((sector + 1) * SECTOR).min(plain.seen.len()) {
                                plain.seen[at] = plain.medium.get(at).copied().unwrap_or(0);
                            }
                        }
                    }
                }
                assert!(all(&content) == plain.seen, "seed {seed}: {} bytes", plain.seen.len());
                let dirty: Vec<usize> = content
                    .dirty
                    .iter()
                    .flat_map(|(p, s)| sectors_of(*s).map(move |s| p * SECTORS_PER_PAGE + s))
                    .collect();
                assert_eq!(dirty, plain.dirty.iter().copied().collect::<Vec<_>>(), "seed {seed}");
            }
        }
    }

    #[test]
    fn a_sector_that_grew_since_a_flush_was_asked_for_is_not_clean() {
        let mut content = Content::default();
        content.write(0, &[1; 100]);
        let covered = content.covered();
        content.write(0, &[1; 200]);
        content.flushed(covered);
        assert!(!content.dirty.is_empty());
        content.flushed(content.covered());
        assert!(content.dirty.is_empty());
    }

    #[test]
    fn what_a_flush_covers_is_what_was_there_when_it_was_asked_for() {
        let mut content = Content::default();
        content.write(0, &[1; 2 * PAGE]);
        let covered = content.covered();
        content.write(SECTOR, &[2; SECTOR]);
        content.flushed(covered);
        assert_eq!(content.dirty, BTreeMap::from([(0, 0b10)]));
        content.drop_dirty();
        assert_eq!(all(&content), [1; 2 * PAGE]);
    }
}
