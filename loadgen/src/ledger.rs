//! What a verified run knows: which records were sent and confirmed, which came back, and what follows from the two. Records
//! of a key are numbered from zero by the one producer that writes it.
//!
//! A reader keeps one number a key while all goes well; what comes out of turn is kept as well, up to a bound, beyond which
//! findings are counted without being told apart.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::batch::Proof;
use crate::outcome::Verification;

/// What was sent.
#[derive(Clone, Debug)]
pub struct SentLedger {
    run: u32,
    next: HashMap<u32, u64>,
    unconfirmed: HashSet<(u32, u64)>,
}

impl SentLedger {
    /// Of a run.
    #[must_use]
    pub fn new(run: u32) -> SentLedger {
        SentLedger { run, next: HashMap::new(), unconfirmed: HashSet::new() }
    }

    /// Numbers the next record of a key.
    pub fn next(&mut self, key: u32) -> Proof {
        let next = self.next.entry(key).or_default();
        let sequence = *next;
        *next += 1;
        Proof { run: self.run, key, sequence }
    }

    /// These have no acknowledgement: they may be there or not.
    pub fn unconfirmed(&mut self, proofs: &[Proof]) {
        self.unconfirmed.extend(proofs.iter().map(|proof| (proof.key, proof.sequence)));
    }

    /// Adds what another core sent.
    pub fn add(&mut self, other: SentLedger) {
        for (key, count) in other.next {
            *self.next.entry(key).or_default() += count;
        }
        self.unconfirmed.extend(other.unconfirmed);
    }
}

/// What one group read.
#[derive(Clone, Debug)]
pub struct ReadLedger {
    run: u32,
    keys: HashMap<u32, KeyRead>,
    read: u64,
    duplicated: u64,
    reordered: u64,
    corrupt: u64,
    findings: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct KeyRead {
    /// One beyond the highest number read.
    next: u64,
    /// Numbers below that have not been read.
    missing: BTreeSet<u64>,
    /// Missing numbers beyond the bound, which are only counted.
    uncounted: u64,
}

/// Findings that are put into words.
const FINDINGS_MAX: usize = 20;
/// Missing numbers of a key that are told apart.
const MISSING_MAX: usize = 100_000;

impl ReadLedger {
    /// Of a run.
    #[must_use]
    pub fn new(run: u32) -> ReadLedger {
        ReadLedger { run, keys: HashMap::new(), read: 0, duplicated: 0, reordered: 0, corrupt: 0, findings: Vec::new() }
    }

    /// A value was read at a place, such as `topic 0 partition 3 offset 17`. Values of other runs are passed over; false is
    /// said of those.
    pub fn read(&mut self, value: &[u8], place: impl Fn() -> String) -> bool {
        let Some((proof, sound)) = Proof::of(value) else {
            self.corrupt += 1;
            self.tell(|| format!("{}: a value of {} bytes, shorter than any of this run", place(), value.len()));
            return true;
        };
        if !sound {
            self.corrupt += 1;
            self.tell(|| format!("{}: the value is not what was sent", place()));
            return true;
        }
        if proof.run != self.run {
            return false;
        }
        self.read += 1;
        let key = self.keys.entry(proof.key).or_default();
        if proof.sequence == key.next {
            key.next += 1;
        } else if proof.sequence > key.next {
            for missing in key.next..proof.sequence {
                if key.missing.len() < MISSING_MAX {
                    key.missing.insert(missing);
                } else {
                    key.uncounted += 1;
                }
            }
            key.next = proof.sequence + 1;
        } else if key.missing.remove(&proof.sequence) {
            let next = key.next;
            self.reordered += 1;
            let Proof { key, sequence, .. } = proof;
            self.tell(|| format!("{}: record {sequence} of key {key:08x} came after record {}", place(), next - 1));
        } else {
            self.duplicated += 1;
            let Proof { key, sequence, .. } = proof;
            self.tell(|| format!("{}: record {sequence} of key {key:08x} came again", place()));
        }
        true
    }

    /// A batch was read whose records could not be.
    pub fn damaged(&mut self, finding: impl FnOnce() -> String) {
        self.corrupt += 1;
        self.tell(finding);
    }

    fn tell(&mut self, finding: impl FnOnce() -> String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding());
        }
    }

    /// Adds what other cores read for the same group; a key is read by one core at a time.
    pub fn add(&mut self, other: ReadLedger) {
        for (key, read) in other.keys {
            match self.keys.entry(key) {
                std::collections::hash_map::Entry::Vacant(entry) => drop(entry.insert(read)),
                std::collections::hash_map::Entry::Occupied(mut entry) => entry.get_mut().merge(read),
            }
        }
        self.read += other.read;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.corrupt += other.corrupt;
        self.findings.extend(other.findings);
        self.findings.truncate(FINDINGS_MAX);
    }
}

impl KeyRead {
    /// The key moved from one reader to another: what both lack is missing.
    fn merge(&mut self, other: KeyRead) {
        let (low, high) = if self.next <= other.next { (self.clone(), other) } else { (other, self.clone()) };
        // the one that went further saw nothing before it began, unless it had read it
        let mut missing: BTreeSet<u64> = low.missing.intersection(&high.missing).copied().collect();
        missing.extend(high.missing.range(low.next..));
        *self = KeyRead { next: high.next, missing, uncounted: low.uncounted.min(high.uncounted) };
    }
}

/// What follows from what was sent and what each group read.
#[must_use]
pub fn verify(sent: &SentLedger, groups: &[ReadLedger]) -> Verification {
    let all: u64 = sent.next.values().sum();
    let mut found = Verification {
        keys: sent.next.len() as u64,
        acked: all - sent.unconfirmed.len() as u64,
        unconfirmed: sent.unconfirmed.len() as u64,
        ..Verification::default()
    };
    for (number, group) in groups.iter().enumerate() {
        found.read += group.read;
        found.duplicated += group.duplicated;
        found.reordered += group.reordered;
        found.corrupt += group.corrupt;
        for (key, count) in &sent.next {
            let read = group.keys.get(key);
            let next = read.map_or(0, |read| read.next);
            let missing = read.into_iter().flat_map(|read| read.missing.iter().copied());
            let lost = missing.chain(next..*count).filter(|at| !sent.unconfirmed.contains(&(*key, *at)));
            for sequence in lost {
                found.lost += 1;
                if found.findings.len() < FINDINGS_MAX {
                    found.findings.push(format!("group {number}: record {sequence} of key {key:08x} was never read"));
                }
            }
            found.lost += read.map_or(0, |read| read.uncounted);
        }
        for (key, read) in &group.keys {
            let beyond = read.next.saturating_sub(sent.next.get(key).copied().unwrap_or(0));
            if beyond > 0 {
                found.foreign += beyond;
                found.findings.push(format!("group {number}: {beyond} records of key {key:08x} that nobody sent"));
            }
        }
        found.findings.extend(group.findings.iter().map(|finding| format!("group {number}: {finding}")));
    }
    found.findings.truncate(FINDINGS_MAX);
    found
}

#[cfg(test)]
mod tests {
    use thalweg_wire::batch::BatchView;
    use thalweg_wire::compression::Compression;
    use thalweg_wire::{ProducerEpoch, ProducerId, Sequence};

    use super::*;
    use crate::batch::{OpenBatch, RecordTime};

    fn value(proof: Proof) -> Vec<u8> {
        let mut open = OpenBatch::new(0, 4096, 0, Vec::new());
        open.push(RecordTime { intended_ns: 0, stamp_ns: 1, timestamp_ms: 1 }, Some(b"k"), Some(proof), b"body");
        let batch = open.seal(Compression::None, None).unwrap();
        let header = batch.header(ProducerId::NONE, ProducerEpoch::NONE, Sequence::NONE);
        let bytes = [&header[..], &batch.records[..]].concat();
        let mut records = BatchView::parse(&bytes).unwrap().records(4096).unwrap();
        records.try_next().unwrap().unwrap().value.unwrap().to_vec()
    }

    /// Ten records of each of two keys sent; what came back is changed by `with`.
    fn check(with: impl FnOnce(&mut Vec<Vec<u8>>), unconfirmed: &[(u32, u64)]) -> Verification {
        let mut sent = SentLedger::new(7);
        let mut values: Vec<Vec<u8>> = (0..20).map(|n| value(sent.next(n % 2))).collect();
        let proofs: Vec<Proof> =
            unconfirmed.iter().map(|(key, sequence)| Proof { run: 7, key: *key, sequence: *sequence }).collect();
        sent.unconfirmed(&proofs);
        with(&mut values);
        let mut group = ReadLedger::new(7);
        for (offset, value) in values.iter().enumerate() {
            group.read(value, || format!("offset {offset}"));
        }
        verify(&sent, &[group])
    }

    #[test]
    fn what_is_whole_is_clean() {
        let found = check(|_| (), &[]);
        assert!(found.is_clean() && found.findings.is_empty(), "{found:?}");
        assert_eq!((found.keys, found.acked, found.read), (2, 20, 20));
    }

    #[test]
    fn loss_is_found_in_the_middle_and_at_the_end() {
        let found = check(|values| drop((values.remove(19), values.remove(4))), &[]);
        assert_eq!((found.lost, found.duplicated, found.reordered, found.corrupt), (2, 0, 0, 0));
        assert!(found.findings.iter().any(|f| f.contains("record 2 of key 00000000 was never read")), "{found:?}");
    }

    #[test]
    fn duplication_order_and_content_are_told_apart() {
        let again = check(|values| values.insert(5, values[4].clone()), &[]);
        assert_eq!((again.lost, again.duplicated, again.reordered), (0, 1, 0));
        let swapped = check(|values| values.swap(4, 6), &[]);
        assert_eq!((swapped.lost, swapped.duplicated, swapped.reordered), (0, 0, 1));
        let damaged = check(|values| values[4][30] ^= 1, &[]);
        assert_eq!((damaged.corrupt, damaged.lost), (1, 1), "what is damaged is not there");
    }

    #[test]
    fn what_was_not_confirmed_is_no_loss_and_what_nobody_sent_is_foreign() {
        let found = check(|values| drop(values.remove(4)), &[(0, 2)]);
        assert!(found.is_clean() && found.unconfirmed == 1, "{found:?}");
        let ghost = value(Proof { run: 7, key: 9, sequence: 0 });
        assert_eq!(check(|values| values.push(ghost), &[]).foreign, 1);
        let other_run = value(Proof { run: 8, key: 0, sequence: 0 });
        assert!(check(|values| values.push(other_run), &[]).is_clean());
    }

    #[test]
    fn a_key_that_changed_its_reader_is_whole() {
        let mut sent = SentLedger::new(1);
        let values: Vec<Vec<u8>> = (0..10).map(|_| value(sent.next(0))).collect();
        let read = |from: usize, to: usize| {
            let mut ledger = ReadLedger::new(1);
            assert!(values[from..to].iter().all(|value| ledger.read(value, String::new)));
            ledger
        };
        let mut both = read(0, 4);
        both.add(read(4, 10));
        assert!(verify(&sent, &[both]).is_clean());
        let mut gap = read(0, 4);
        gap.add(read(5, 10));
        assert_eq!(verify(&sent, &[gap]).lost, 1);
    }
}
