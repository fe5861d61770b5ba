//! Our side of the comparison with Kafka's own code, see `bench/conformance/wire-differential/batches.sh`. One batch
//! a line on standard input and output:
//!
//! - `write SEED COUNT`: random batches of our builder, `NAME HEX`
//! - `describe`: what a reader finds in each `NAME HEX`
//! - `mutate SEED COUNT`: batches with something wrong in most of them, `NAME RULES HEX`
//! - `judge VERDICTS`: what our validator says to each `NAME RULES HEX`, held against the lines of the Java program in
//!   the file; fails on a disagreement that is not known and wanted

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::process::ExitCode;

use common::{LIMIT_BYTES, describe, hex, unhex};
use thalweg_wire::batch::{BatchHeader, BatchView, HEADER_LEN};
use thalweg_wire::compression::{self, Compression, Scratch};
use thalweg_wire::record::{
    BatchBuilder, EndMarker, Header, InvalidReason, Origin, TimestampRule, ValidateRules, validate_with,
};
use thalweg_wire::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write", seed, count] => {
            let mut random = Random(seed.parse().expect("a seed"));
            for index in 0..count.parse().expect("a count") {
                println!("{}", write(&mut random, index));
            }
        }
        ["describe"] => {
            for line in std::io::stdin().lines() {
                let line = line.expect("readable input");
                let (name, bytes) = line.split_once(' ').expect("NAME HEX");
                match describe(name, &unhex(bytes)) {
                    Ok(text) => print!("{text}"),
                    Err(error) => println!("error {error}"),
                }
            }
        }
        ["mutate", seed, count] => {
            let mut random = Random(seed.parse().expect("a seed"));
            for index in 0..count.parse().expect("a count") {
                println!("{}", mutate(&mut random, index));
            }
        }
        ["judge", verdicts] => return judge_all(verdicts),
        _ => {
            eprintln!("usage: batches write SEED COUNT | describe | mutate SEED COUNT | judge VERDICTS");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn write(random: &mut Random, index: u64) -> String {
    let compression = Compression::ALL[(index % 5) as usize];
    let name = format!("{compression}-{index}");
    let offset = Offset(if random.one_in(3) { (random.next() >> 2) as i64 } else { random.below(1000) as i64 });
    let epoch = LeaderEpoch(random.below(1 << 20) as i32 - 1);
    let producer = (ProducerId(random.below(1 << 40) as i64), ProducerEpoch(random.below(1 << 15) as i16));
    if random.one_in(11) {
        let marker = EndMarker { is_commit: random.one_in(2), coordinator_epoch: random.below(1000) as i32 };
        let bytes = marker.batch(offset, epoch, producer.0, producer.1, NOW_MS).expect("a marker fits");
        return format!("{name} {}", hex(&bytes));
    }
    let level = compression.levels().map(|levels| *levels.start().max(&-5) + random.below(12) as i32);
    let mut builder = BatchBuilder::new(compression).level(level).base_offset(offset).leader_epoch(epoch);
    if random.one_in(2) {
        let sequence = if random.one_in(2) { i32::MAX - random.below(3) as i32 } else { random.below(100) as i32 };
        builder = builder.producer(producer.0, producer.1, Sequence(sequence)).transactional(random.one_in(2));
    }
    if random.one_in(4) {
        builder = builder.append_time(NOW_MS);
    }
    if random.one_in(5) {
        builder = builder.delete_horizon(NOW_MS + random.below(1 << 20) as i64);
    }
    push_records(random, &mut builder);
    if random.one_in(5) {
        builder = builder.reaching_to(random.below(1000) as i32);
    }
    format!("{name} {}", hex(&builder.finish().expect("a small batch")))
}

const NOW_MS: i64 = 1_700_000_000_000;

fn push_records(random: &mut Random, builder: &mut BatchBuilder) {
    let count = 1 + if random.one_in(8) { random.below(300) } else { random.below(8) };
    for _ in 0..count {
        let timestamp = if random.one_in(9) { -1 } else { NOW_MS + random.below(20_000) as i64 - 10_000 };
        let (key, value) = (random.bytes(40), random.bytes(60));
        let long = random.one_in(200).then(|| random.bytes(200_000)).flatten();
        let count = if random.one_in(3) { random.below(5) } else { 0 };
        let headers: Vec<_> = (0..count).map(|_| (format!("h{}", random.below(2)), random.bytes(12))).collect();
        let headers: Vec<_> =
            headers.iter().map(|(key, value)| Header { key: key.as_bytes(), value: value.as_deref() }).collect();
        builder.push(timestamp, key.as_deref(), long.or(value).as_deref(), &headers).expect("a small batch");
    }
}

/// A produced batch with one thing changed, or nothing, and a CRC that is right again, so that the change is what
/// decides.
fn mutate(random: &mut Random, index: u64) -> String {
    let compression = Compression::ALL[(index % 5) as usize];
    let mut builder = BatchBuilder::new(compression);
    if random.one_in(3) {
        builder = builder.producer(ProducerId(7), ProducerEpoch(0), Sequence(random.below(4) as i32 - 1));
    }
    push_records(random, &mut builder);
    let mut bytes = builder.finish().expect("a small batch").to_vec();
    let kind = match random.below(8) {
        0 => "whole",
        1 => {
            // Somewhere in the header behind the CRC; the fields that hold single bits get more of it.
            let at = [22, 22, 26, 60][random.below(4) as usize];
            let at = if random.one_in(2) { at } else { 21 + random.below(40) as usize };
            bytes[at] ^= 1 << random.below(8);
            "header"
        }
        2 | 3 => {
            let at = HEADER_LEN + random.below((bytes.len() - HEADER_LEN) as u64) as usize;
            bytes[at] ^= 1 << random.below(8);
            "payload"
        }
        4 => {
            let keep = HEADER_LEN + random.below((bytes.len() - HEADER_LEN) as u64) as usize;
            bytes.truncate(keep);
            "cut"
        }
        _ => {
            let mut records = compression::decompress(compression, &bytes[HEADER_LEN..], LIMIT_BYTES).expect("ours");
            // Early bytes belong to lengths and numbers rather than to values.
            let near = (records.len() as u64).min(if random.one_in(2) { 12 } else { 1000 });
            let at = random.below(near) as usize;
            match random.below(4) {
                0 => records.insert(at, random.next() as u8),
                1 => drop(records.remove(at)),
                2 => records[at] = random.next() as u8,
                _ => records[at] ^= 1 << random.below(8),
            }
            bytes.truncate(HEADER_LEN);
            bytes.extend(compression::compress(compression, None, &records).expect("ours"));
            "records"
        }
    };
    let length = (bytes.len() - 12) as i32;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    let (header, payload) = bytes.split_at_mut(HEADER_LEN);
    BatchHeader::parse_prefix_mut(header).expect("magic and length are whole").recompute_crc(payload);
    let (before, after) = if random.one_in(4) { (5_000, 5_000) } else { (i64::MAX, 3_600_000) };
    let rules = format!("{},{},{NOW_MS},{before},{after}", random.one_in(4), random.one_in(4));
    format!("{compression}-{kind}-{index} {rules} {}", hex(&bytes))
}

fn judge_all(verdicts: &str) -> ExitCode {
    let verdicts = std::fs::read_to_string(verdicts).expect("the verdicts");
    let mut verdicts = verdicts.lines();
    let mut scratch = Scratch::new();
    let mut tally: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut is_good = true;
    for line in std::io::stdin().lines() {
        let line = line.expect("readable input");
        let [name, rules, bytes] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("NAME RULES HEX") };
        let theirs = verdicts.next().expect("a verdict for each batch");
        let theirs = theirs.strip_prefix(name).expect("verdicts in order").trim_start();
        let ours = judge(&mut scratch, rules, &unhex(bytes));
        let outcome = compare(&ours, theirs);
        *tally.entry(outcome.unwrap_or("DISAGREED")).or_default() += 1;
        if outcome.is_none() {
            is_good = false;
            println!("disagreed on {name} {rules}: we say {ours:?}, Kafka says {theirs}");
        }
    }
    println!("{tally:?}");
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The header as the broker would store it, or what is wrong.
fn judge(scratch: &mut Scratch, rules: &str, bytes: &[u8]) -> Result<String, Option<InvalidReason>> {
    let [compacted, append_time, now_ms, before, after] = rules.split(',').collect::<Vec<_>>()[..] else {
        panic!("five rules");
    };
    let now_ms = now_ms.parse().expect("a number");
    let is_append_time = append_time == "true";
    let rules = ValidateRules {
        origin: Origin::Client,
        require_keys: compacted == "true",
        timestamps: if is_append_time {
            TimestampRule::Any
        } else {
            TimestampRule::Near {
                now_ms,
                before_max_ms: before.parse().expect("a number"),
                after_max_ms: after.parse().expect("a number"),
            }
        },
        decompressed_bytes_max: LIMIT_BYTES,
    };
    let batch = BatchView::parse(bytes).map_err(|_| None)?;
    if !batch.crc_matches() {
        return Err(None);
    }
    let validated = validate_with(scratch, &batch, &rules).map_err(|invalid| Some(invalid.reason))?;
    let mut header = *batch.header();
    header.set_leader_epoch(LeaderEpoch(0));
    if is_append_time {
        header.set_append_time(now_ms);
    } else {
        header.set_max_timestamp(validated.max_timestamp);
    }
    let max_timestamp = header.max_timestamp();
    Ok(format!("ok {max_timestamp} {}", hex(header.bytes())))
}

/// What kind of agreement this is; nothing if it is none.
fn compare(ours: &Result<String, Option<InvalidReason>>, theirs: &str) -> Option<&'static str> {
    let theirs_ok = theirs.starts_with("ok");
    match ours {
        Ok(ours) if ours == theirs => Some("both accept, same header"),
        Err(_) if !theirs_ok => Some("both refuse"),
        // Kafka writes the batch anew or leaves wrong offsets inside it.
        Err(Some(InvalidReason::OffsetDelta { .. })) => Some("only we refuse: offsets"),
        // Behind a codec Kafka does not compare a record's length with its fields; its consumers do.
        Err(Some(InvalidReason::BadLength)) => Some("only we refuse: length of a compressed record"),
        // Kafka ignores the bits; no client sets them.
        Err(Some(InvalidReason::Attributes(_))) => Some("only we refuse: record attributes"),
        // Kafka takes it as create time, unless a record has no timestamp.
        Err(Some(InvalidReason::AppendTimeFromClient)) => Some("only we refuse: append time"),
        // Bytes behind a frame, or another end mark than the format's, which other readers trip over.
        Err(Some(InvalidReason::Codec(_))) => Some("only we refuse: loose frame"),
        _ => None,
    }
}

/// A small deterministic random source: splitmix64.
struct Random(u64);

impl Random {
    /// 64 bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in `times`.
    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Bytes, half of the time of a kind that compresses; none once in six.
    fn bytes(&mut self, bound: u64) -> Option<Vec<u8>> {
        if self.one_in(6) {
            return None;
        }
        let len = self.below(bound);
        Some(if self.one_in(2) {
            (0..len).map(|_| self.next() as u8).collect()
        } else {
            (0..len).map(|at| b'a' + (at % 7) as u8).collect()
        })
    }
}
