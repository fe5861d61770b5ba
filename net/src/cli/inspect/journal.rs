//! The frames of a journal file, or of all files of one core's journal.
//!
//! A ring is written over and over, so a file holds frames of this lap, then frames of the lap before, and where the two meet
//! blocks that begin no frame: those are counted and passed over, they are no damage. What recovery would make of it is not
//! judged here.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};

use serde_json::{Value, json};
use thalweg_engine::journal::frame::{Flaw, Frame, Record, frame_size, read_frame, records};
use thalweg_rt::BLOCK;

use super::super::args::{Format, JournalArgs};
use super::super::failure::Failure;
use super::{files, read_more, unreadable};

/// Largest frame looked for, in bytes; the engine writes none above 1 MiB and a batch more.
const FRAME_BYTES_MAX: usize = 256 << 20;

/// Prints what `args` ask for to `out`.
pub fn print(args: &JournalArgs, out: &mut dyn Write) -> Result<(), Failure> {
    for path in files(&args.path, "ring", "journal file", "DATA/journal/0")? {
        let file = File::open(&path).map_err(|error| unreadable(&path, &error))?;
        let length = file.metadata().map_err(|error| unreadable(&path, &error))?.len();
        let mut printer = Printer { args, out: &mut *out };
        let printed = printer
            .file(&path.display().to_string())
            .and_then(|()| scan(&mut BufReader::with_capacity(1 << 20, file), length, &mut printer));
        match printed {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(unreadable(&path, &error)),
        }
    }
    Ok(())
}

/// Walks the frames of `file`, which is `length` bytes long. A flawed frame is passed over by one block: what follows its
/// first block may well be a frame.
fn scan(file: &mut dyn Read, length: u64, printer: &mut Printer<'_>) -> io::Result<()> {
    let block = BLOCK as u64;
    let mut position = 0;
    // Read and not yet passed over: blocks behind a flawed frame's first.
    let mut ahead: Vec<u8> = Vec::new();
    let mut passed = Passed::default();
    while position + block <= length {
        if ahead.len() < BLOCK {
            read_more(file, block - ahead.len() as u64, &mut ahead)?;
        }
        let left = usize::try_from(length - position).unwrap_or(usize::MAX);
        let frame = match frame_size(&ahead[..BLOCK], left.min(FRAME_BYTES_MAX)) {
            Ok(size) => {
                if ahead.len() < size {
                    read_more(file, (size - ahead.len()) as u64, &mut ahead)?;
                }
                read_frame(&ahead[..size])
            }
            Err(flaw) => Err(flaw),
        };
        match frame {
            Ok(frame) => {
                printer.passed(position, &mut passed)?;
                printer.frame(position, &frame)?;
                position += frame.size as u64;
                ahead.drain(..frame.size);
            }
            Err(flaw) => {
                passed.count(flaw);
                position += block;
                ahead.drain(..BLOCK);
            }
        }
    }
    printer.passed(position, &mut passed)
}

/// Blocks passed over since the last frame.
#[derive(Default)]
struct Passed {
    blank: u64,
    other: u64,
    /// The first frame that was begun and could not be read.
    flaw: Option<Flaw>,
}

impl Passed {
    fn count(&mut self, flaw: Flaw) {
        match flaw {
            Flaw::Blank => self.blank += 1,
            Flaw::NoFrame => self.other += 1,
            flaw => {
                self.other += 1;
                self.flaw.get_or_insert(flaw);
            }
        }
    }
}

/// Writes in the format asked for.
struct Printer<'a> {
    args: &'a JournalArgs,
    out: &'a mut dyn Write,
}

impl Printer<'_> {
    fn file(&mut self, path: &str) -> io::Result<()> {
        match self.args.format {
            Format::Text => writeln!(self.out, "{path}:"),
            Format::Json => writeln!(self.out, "{}", json!({"type": "file", "path": path})),
        }
    }

    /// What was passed over up to `position`, if anything was.
    fn passed(&mut self, position: u64, passed: &mut Passed) -> io::Result<()> {
        let Passed { blank, other, flaw } = std::mem::take(passed);
        if blank + other == 0 {
            return Ok(());
        }
        let from = position - (blank + other) * BLOCK as u64;
        let flaw = flaw.map(|flaw| match flaw {
            Flaw::Length(bytes) => format!("a frame said to have {bytes} bytes"),
            Flaw::Lap => "a frame written over in part".to_owned(),
            Flaw::Checksum => "a frame with a wrong checksum".to_owned(),
            Flaw::Blank | Flaw::NoFrame => "no frame".to_owned(),
        });
        match self.args.format {
            Format::Text => {
                let flaw = flaw.map(|flaw| format!(", among them {flaw}")).unwrap_or_default();
                writeln!(self.out, "position {from}  {blank} blank blocks, {other} that begin no frame{flaw}")
            }
            Format::Json => {
                let line = json!({"type": "gap", "position": from, "blank": blank, "other": other, "flaw": flaw});
                writeln!(self.out, "{line}")
            }
        }
    }

    fn frame(&mut self, position: u64, frame: &Frame) -> io::Result<()> {
        let list = records(frame);
        let count = list.as_ref().map_or(0, Vec::len);
        let seal = &frame.seal;
        match self.args.format {
            Format::Text => writeln!(
                self.out,
                "frame {}  position {position}  size {}  lap {}  durable {}  floor {}  records {count}  checksum {:08x}",
                seal.sequence, frame.size, seal.lap, seal.durable, seal.floor, frame.checksum
            )?,
            Format::Json => {
                let line = json!({
                    "type": "frame", "sequence": seal.sequence, "position": position, "size": frame.size, "lap": seal.lap,
                    "durable": seal.durable, "floor": seal.floor, "previous": seal.previous, "records": count,
                    "checksum": frame.checksum,
                });
                writeln!(self.out, "{line}")?;
            }
        }
        match list {
            Ok(list) if self.args.records => list.iter().try_for_each(|record| self.record(record)),
            Ok(_) => Ok(()),
            Err(why) => match self.args.format {
                Format::Text => writeln!(self.out, "  records cannot be read: {why}"),
                Format::Json => writeln!(self.out, "{}", json!({"type": "unreadable", "reason": why})),
            },
        }
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        let (key, header) = (record.header.key(), &record.header);
        let kind = format!("{:?}", record.kind).to_lowercase();
        match self.args.format {
            Format::Text => writeln!(
                self.out,
                "  {kind}  topic {}  partition {}  segment {}  position {}  bytes {}",
                key.topic,
                key.index,
                header.segment(),
                header.position(),
                record.body.len()
            ),
            Format::Json => {
                let line: Value = json!({
                    "type": "record", "kind": kind, "topic": key.topic.to_string(), "partition": key.index.0,
                    "segment": header.segment().0, "position": header.position(), "bytes": record.body.len(),
                });
                writeln!(self.out, "{line}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use thalweg_engine::journal::frame::{FrameBuilder, Kind, RecordHeader, Seal};
    use thalweg_engine::message::PartitionKey;
    use thalweg_wire::{Offset, PartitionIndex, Uuid};

    use super::*;

    fn frame(lap: u64, sequence: u64, body: &[u8]) -> Vec<u8> {
        let key = PartitionKey { topic: Uuid([7; 16]), index: PartitionIndex(3) };
        let mut frame = FrameBuilder::new(lap, 64 << 10);
        frame.put_header(&RecordHeader::new(Kind::Data, key, Offset(100), 8192, body.len()));
        frame.put(body);
        frame.seal(Seal { lap, sequence, durable: sequence - 1, floor: 1, previous: 0xab }).pieces.concat()
    }

    fn print_file(name: &str, bytes: &[u8], records: bool, format: Format) -> String {
        let path = std::env::temp_dir().join(format!("thalweg-journal-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("written");
        let mut out = Vec::new();
        print(&JournalArgs { path: path.clone(), records, format }, &mut out).expect("readable");
        std::fs::remove_file(&path).ok();
        String::from_utf8(out).expect("text").replace(&path.display().to_string(), "F")
    }

    #[test]
    fn frames_of_two_laps_and_what_lies_between() {
        let stale = frame(1, 2, &[5; 9000]);
        let file = [&frame(2, 9, b"x")[..], &stale[BLOCK..], &frame(1, 3, b"yz"), &[0; 2 * BLOCK]].concat();
        let text = print_file("laps", &file, true, Format::Text);
        let lines: Vec<&str> = text.lines().collect();
        let [file, newest, record, gap, older, _, blank] = lines[..] else { panic!("{text}") };
        assert_eq!(file, "F:");
        assert!(newest.starts_with("frame 9  position 0  size 4096  lap 2  durable 8  floor 1  records 1  checksum "));
        let topic = Uuid([7; 16]);
        assert_eq!(record, format!("  data  topic {topic}  partition 3  segment 100  position 8192  bytes 1"));
        assert_eq!(gap, "position 4096  0 blank blocks, 2 that begin no frame");
        assert!(older.starts_with("frame 3  position 12288  "), "{older}");
        assert_eq!(blank, "position 16384  2 blank blocks, 0 that begin no frame");
    }

    #[test]
    fn a_torn_frame_is_named_and_reading_goes_on_behind_it() {
        let mut torn = frame(1, 4, &[5; 9000]);
        torn[5000] ^= 1;
        let file = [&torn[..], &frame(1, 5, b"x")].concat();
        let json = print_file("torn", &file, false, Format::Json);
        let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines[1]["flaw"], "a frame with a wrong checksum");
        assert_eq!((&lines[1]["position"], &lines[1]["other"]), (&json!(0), &json!(3)));
        assert_eq!((&lines[2]["sequence"], &lines[2]["position"]), (&json!(5), &json!(12288)));
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn hostile_files_are_only_files() {
        let good = [frame(1, 4, &[5; 9000]), frame(1, 5, b"x")].concat();
        let mut file = good.clone();
        for at in (0..good.len()).step_by(7).chain(0..200) {
            file[at] = !file[at];
            print_file("hostile", &file, true, Format::Text);
            file[at] = good[at];
        }
        assert_eq!(print_file("short", &good[..100], true, Format::Text), "F:\n");
    }
}
