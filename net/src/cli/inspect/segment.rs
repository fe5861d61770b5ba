//! The record batches of a segment file, or of all segments of a partition.
//!
//! Memory is bounded by the largest batch, and a batch by the file it stands in. A damaged batch is reported and the next
//! one is looked for where its length says; where the length itself is impossible, reading ends there.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};

use serde_json::{Map, Value, json};
use thalweg_wire::batch::{BatchHeader, BatchView, HEADER_LEN, TimestampType};
use thalweg_wire::record::Record;

use super::super::args::{Format, SegmentArgs};
use super::super::failure::{Code, Failure};
use super::{files, read_more, unreadable};

/// Most bytes a batch may hold after decompression, for `--records`.
const RECORDS_BYTES_MAX: usize = 1 << 30;

/// What was found in all files together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Tally {
    batches: u64,
    damaged: u64,
}

/// Prints what `args` ask for to `out`; fails if anything is damaged.
pub fn print(args: &SegmentArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let files = files(&args.path, "log", "segment", "DATA/TOPIC-0")?;
    let mut tally = Tally::default();
    for path in &files {
        if files.len() > 1 && args.format == Format::Text {
            writeln!(out, "{}:", path.display()).ok();
        }
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let length = file.metadata().map_err(|error| unreadable(path, &error))?.len();
        let mut printer = Printer { args, out };
        match scan(&mut BufReader::with_capacity(1 << 20, file), length, &mut printer, &mut tally) {
            Ok(()) => {}
            // Whoever read our output has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(unreadable(path, &error)),
        }
    }
    if tally.damaged > 0 {
        let message = format!("{} of {} batches of {} are damaged", tally.damaged, tally.batches, args.path.display());
        return Err(Failure::new(Code::Damaged, message));
    }
    Ok(())
}

/// Walks the batches of `file`, which is `length` bytes long.
fn scan(file: &mut dyn Read, length: u64, printer: &mut Printer<'_>, tally: &mut Tally) -> io::Result<()> {
    let mut position = 0;
    let mut batch = Vec::new();
    while position < length {
        let left = length - position;
        let mut header = [0; HEADER_LEN];
        let there = usize::try_from(left).unwrap_or(usize::MAX).min(HEADER_LEN);
        file.read_exact(&mut header[..there])?;
        if header.iter().all(|byte| *byte == 0) {
            // Space written out in advance, not yet used.
            return printer.remark(position, left, "unused");
        }
        let size = match BatchHeader::parse_prefix(&header[..there]).map(BatchHeader::size) {
            Ok(size) if size as u64 <= left => size,
            Ok(size) => {
                tally.batches += 1;
                tally.damaged += 1;
                return printer.remark(position, left, &format!("cut short: the batch has {size} bytes"));
            }
            Err(error) => {
                tally.batches += 1;
                tally.damaged += 1;
                return printer.remark(position, left, &format!("no batch: {error}"));
            }
        };
        batch.clear();
        batch.extend_from_slice(&header);
        read_more(file, (size - HEADER_LEN) as u64, &mut batch)?;
        tally.batches += 1;
        match BatchView::parse(&batch) {
            Ok(view) => {
                let sound = printer.batch(position, &view)?;
                tally.damaged += u64::from(!sound);
            }
            Err(error) => {
                tally.damaged += 1;
                printer.remark(position, size as u64, &format!("no batch: {error}"))?;
            }
        }
        position += size as u64;
    }
    Ok(())
}

/// Writes in the format asked for.
struct Printer<'a> {
    args: &'a SegmentArgs,
    out: &'a mut dyn Write,
}

impl Printer<'_> {
    /// Something that is no batch.
    fn remark(&mut self, position: u64, bytes: u64, what: &str) -> io::Result<()> {
        match self.args.format {
            Format::Text => writeln!(self.out, "position {position}  {bytes} bytes {what}"),
            Format::Json => {
                let line = json!({"type": "gap", "position": position, "bytes": bytes, "reason": what});
                writeln!(self.out, "{line}")
            }
        }
    }

    /// A batch, and its records if asked for. Returns whether all of it is sound.
    fn batch(&mut self, position: u64, batch: &BatchView<'_>) -> io::Result<bool> {
        let sound = batch.crc_matches();
        match self.args.format {
            Format::Text => writeln!(self.out, "{}", batch_text(position, batch, sound))?,
            Format::Json => writeln!(self.out, "{}", batch_json(position, batch, sound))?,
        }
        if !self.args.records {
            return Ok(sound);
        }
        let mut records = match batch.records(RECORDS_BYTES_MAX) {
            Ok(records) => records,
            Err(error) => return self.remark(position, batch.size() as u64, &error.to_string()).map(|()| false),
        };
        loop {
            match records.try_next() {
                Ok(Some(record)) => match self.args.format {
                    Format::Text => writeln!(self.out, "{}", record_text(batch, &record))?,
                    Format::Json => writeln!(self.out, "{}", record_json(batch, &record))?,
                },
                Ok(None) => return Ok(sound),
                Err(error) => return self.remark(position, batch.size() as u64, &error.to_string()).map(|()| false),
            }
        }
    }
}

fn codec(batch: &BatchView<'_>) -> &'static str {
    batch.compression().map_or("unknown", |codec| codec.name())
}

fn clock(batch: &BatchView<'_>) -> &'static str {
    match batch.timestamp_type() {
        TimestampType::CreateTime => "create",
        TimestampType::LogAppendTime => "append",
    }
}

fn batch_text(position: u64, batch: &BatchView<'_>, sound: bool) -> String {
    let mut text = format!(
        "offsets {}-{}  position {position}  size {}  records {}  codec {}  leader-epoch {}  {}-time {} to {}",
        batch.base_offset(),
        batch.last_offset(),
        batch.size(),
        batch.record_count(),
        codec(batch),
        batch.leader_epoch(),
        clock(batch),
        Time(batch.base_timestamp()),
        Time(batch.max_timestamp()),
    );
    if batch.producer_id().0 >= 0 {
        text += &format!(
            "  producer {} epoch {} sequences {}-{}",
            batch.producer_id(),
            batch.producer_epoch(),
            batch.base_sequence(),
            batch.last_sequence()
        );
    }
    if batch.is_transactional() {
        text += "  transactional";
    }
    if batch.is_control() {
        text += "  control";
    }
    text += if sound { "  crc ok" } else { "  CRC WRONG" };
    text
}

fn batch_json(position: u64, batch: &BatchView<'_>, sound: bool) -> Value {
    json!({
        "type": "batch",
        "position": position,
        "size": batch.size(),
        "base_offset": batch.base_offset().0,
        "last_offset": batch.last_offset().0,
        "count": batch.record_count(),
        "codec": codec(batch),
        "leader_epoch": batch.leader_epoch().0,
        "timestamp_type": clock(batch),
        "base_timestamp": batch.base_timestamp(),
        "max_timestamp": batch.max_timestamp(),
        "producer_id": batch.producer_id().0,
        "producer_epoch": batch.producer_epoch().0,
        "base_sequence": batch.base_sequence().0,
        "last_sequence": batch.last_sequence().0,
        "transactional": batch.is_transactional(),
        "control": batch.is_control(),
        "crc": batch.crc(),
        "crc_ok": sound,
    })
}

fn record_text(batch: &BatchView<'_>, record: &Record<'_>) -> String {
    let mut text = format!(
        "  {}  {}  key {}  value {}",
        batch.base_offset().plus(record.offset_delta.into()),
        Time(batch.timestamp_of(record.timestamp_delta)),
        Shown(record.key),
        Shown(record.value)
    );
    for header in record.headers.iter() {
        text += &format!("  {}={}", header.key.escape_ascii(), Shown(header.value));
    }
    text
}

fn record_json(batch: &BatchView<'_>, record: &Record<'_>) -> Value {
    let mut line = Map::new();
    line.insert("type".to_owned(), "record".into());
    line.insert("offset".to_owned(), batch.base_offset().plus(record.offset_delta.into()).0.into());
    line.insert("timestamp".to_owned(), batch.timestamp_of(record.timestamp_delta).into());
    put_bytes(&mut line, "key", record.key);
    put_bytes(&mut line, "value", record.value);
    let headers = record.headers.iter().map(|header| {
        let mut pair = Map::new();
        put_bytes(&mut pair, "key", Some(header.key));
        put_bytes(&mut pair, "value", header.value);
        Value::Object(pair)
    });
    line.insert("headers".to_owned(), headers.collect());
    Value::Object(line)
}

/// Text under `name`, or bytes that are no text in hexadecimal under `name_hex`.
fn put_bytes(line: &mut Map<String, Value>, name: &str, bytes: Option<&[u8]>) {
    match bytes.map(|bytes| (std::str::from_utf8(bytes), bytes)) {
        None => line.insert(name.to_owned(), Value::Null),
        Some((Ok(text), _)) => line.insert(name.to_owned(), text.into()),
        Some((Err(_), bytes)) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            line.insert(format!("{name}_hex"), hex.into())
        }
    };
}

/// Bytes as a quoted text with everything unprintable escaped.
struct Shown<'a>(Option<&'a [u8]>);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.map(|bytes| (std::str::from_utf8(bytes), bytes)) {
            None => write!(f, "null"),
            Some((Ok(text), _)) => write!(f, "\"{}\"", text.escape_debug()),
            Some((Err(_), bytes)) => write!(f, "\"{}\"", bytes.escape_ascii()),
        }
    }
}

/// Milliseconds since 1970 as a date in UTC; negative means none.
struct Time(i64);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 0 {
            return write!(f, "none");
        }
        let (days, ms) = (self.0 / 86_400_000, self.0 % 86_400_000);
        // Days from 1970 to a date by eras of 400 years that begin on 1 March.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Kafka 4.4.0 wrote: three records in each of its five codecs.
    const SEGMENT: &[u8] = include_bytes!("../../../testdata/kafka-4.4.0-segment.bin");

    fn inspect(name: &str, bytes: &[u8], records: bool, format: Format) -> (String, Option<String>) {
        let path = std::env::temp_dir().join(format!("thalweg-inspect-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("written");
        let args = SegmentArgs { path: path.clone(), records, format };
        let mut out = Vec::new();
        let result = print(&args, &mut out);
        std::fs::remove_file(&path).ok();
        let said = result.err().map(|failure| failure.to_string().replace(&path.display().to_string(), "F"));
        (String::from_utf8(out).expect("text"), said)
    }

    #[test]
    fn what_kafka_wrote_is_printed_record_by_record() {
        let text = inspect("text", SEGMENT, true, Format::Text);
        assert_eq!(text, (include_str!("../../../testdata/inspect-segment.txt").to_owned(), None));
        let json = inspect("json", SEGMENT, true, Format::Json);
        assert_eq!(json, (include_str!("../../../testdata/inspect-segment.ndjson").to_owned(), None));
    }

    #[test]
    fn a_flipped_bit_is_found_and_the_rest_is_read() {
        let mut bytes = SEGMENT.to_vec();
        bytes[300] ^= 1;
        let (out, said) = inspect("flipped", &bytes, false, Format::Text);
        assert_eq!(out.lines().filter(|line| line.ends_with("CRC WRONG")).count(), 1, "{out}");
        assert_eq!(out.lines().filter(|line| line.ends_with("crc ok")).count(), 4, "{out}");
        assert_eq!(said.as_deref(), Some("error[thalweg-E0302] 1 of 5 batches of F are damaged"));
    }

    #[test]
    fn space_written_in_advance_is_no_damage() {
        let padded = [SEGMENT, &[0; 4096]].concat();
        let (out, said) = inspect("padded", &padded, false, Format::Text);
        assert!(out.ends_with("position 837  4096 bytes unused\n"), "{out}");
        assert_eq!(said, None);
        assert_eq!(inspect("empty", b"", false, Format::Text), (String::new(), None));
    }

    #[test]
    fn a_cut_and_garbage_end_the_reading_with_a_reason() {
        for cut in [12, 60, 61, 220] {
            let (out, said) = inspect("cut", &SEGMENT[..cut], false, Format::Text);
            assert!(out.starts_with(&format!("position 0  {cut} bytes ")), "{out}");
            assert_eq!(said.as_deref(), Some("error[thalweg-E0302] 1 of 1 batches of F are damaged"));
        }
        let (out, _) = inspect("garbage", &[0x5a; 500], false, Format::Json);
        assert!(out.starts_with("{\"type\":\"gap\",\"position\":0,\"bytes\":500,\"reason\":\"no batch: "), "{out}");
    }

    /// No input makes it panic or read for ever: every prefix, and every byte turned over.
    #[test]
    fn hostile_files_are_only_files() {
        for at in 0..SEGMENT.len() {
            let mut bytes = SEGMENT.to_vec();
            bytes[at] = !bytes[at];
            for bytes in [&SEGMENT[..at], &bytes[..]] {
                let args = SegmentArgs { path: "F".into(), records: true, format: Format::Text };
                let mut out = io::sink();
                let mut printer = Printer { args: &args, out: &mut out };
                let mut tally = Tally::default();
                scan(&mut &bytes[..], bytes.len() as u64, &mut printer, &mut tally).expect("memory can be read");
                assert!(tally.batches <= 6);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let args = SegmentArgs { path: "/no/such/file".into(), records: false, format: Format::Text };
        let said = print(&args, &mut io::sink()).expect_err("no file").to_string();
        assert_eq!(said, "error[thalweg-E0301] cannot read /no/such/file: No such file or directory (os error 2)");
        let args = SegmentArgs { path: "/proc/self/task".into(), ..args };
        let said = print(&args, &mut io::sink()).expect_err("no segment").to_string();
        assert!(said.starts_with("error[thalweg-E0301] /proc/self/task holds no segment\n  hint: "), "{said}");
    }

    #[test]
    fn times_are_dates() {
        let times: Vec<String> = [-1, 0, 951_782_399_999, 951_782_400_000, 1_709_210_096_789, 4_102_444_799_999]
            .iter()
            .map(|ms| Time(*ms).to_string())
            .collect();
        assert_eq!(
            times,
            [
                "none",
                "1970-01-01T00:00:00.000Z",
                "2000-02-28T23:59:59.999Z",
                "2000-02-29T00:00:00.000Z",
                "2024-02-29T12:34:56.789Z",
                "2099-12-31T23:59:59.999Z"
            ]
        );
        Time(i64::MAX).to_string();
    }

    #[test]
    fn bytes_are_shown_without_harm_to_a_terminal() {
        assert_eq!(Shown(Some(b"a\x1b[2J\"")).to_string(), "\"a\\u{1b}[2J\\\"\"");
        assert_eq!(Shown(Some(b"\xff\x00")).to_string(), "\"\\xff\\x00\"");
        assert_eq!((Shown(None).to_string(), Shown(Some(b"")).to_string()), ("null".to_owned(), "\"\"".to_owned()));
    }
}
