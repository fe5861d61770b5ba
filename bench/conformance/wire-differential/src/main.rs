//! Compares our codec with Kafka's own classes, for every message and version. `run` starts it; see there.
//!
//! For each made-up value: our bytes are Kafka's bytes; Kafka reads ours and says the same, field by field; we read
//! Kafka's and write them again unchanged. Across versions: both refuse the same values, and both give the same defaults
//! to fields that were absent. Records are also compared as they stand in their topic; and Kafka's own description of each
//! message (names, types, null, tags) and the defaults of each struct with ours.
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::{env, thread};

use bytes::Bytes;
use serde_json::Value;
use thalweg_wire::{ApiKey, Reader, RequestHeader, ResponseHeader, Sink, Str};

#[path = "../../../../net/wire/gen/mod.rs"]
mod generator;
mod json;
mod values;

use generator::schema::{Message, Schema, Struct, Type};
use json::{CODECS, Codec, DEFAULTS};
use values::{Random, Values};

/// What a line sent to Kafka must come back as.
enum Check {
    /// Bytes, or any error where we refuse too.
    Bytes(Result<Bytes, String>),
    /// JSON and the bytes written again.
    Json(Value, Result<Bytes, String>),
    Text(String),
    /// JSON alone.
    Same(Value),
}

struct Case {
    what: String,
    check: Check,
}

struct Kafka {
    input: BufWriter<ChildStdin>,
    cases: mpsc::SyncSender<Case>,
    counts: BTreeMap<&'static str, usize>,
}

impl Kafka {
    fn ask(&mut self, kind: &'static str, line: String, check: Check) {
        *self.counts.entry(kind).or_default() += 1;
        if let Check::Bytes(Err(_)) | Check::Json(_, Err(_)) = check {
            *self.counts.entry("  of these refused, by both").or_default() += 1;
        }
        let case = Case { what: line.chars().take(300).collect(), check };
        self.cases.send(case).expect("the checking thread lives as long as Kafka answers");
        writeln!(self.input, "{line}").expect("Kafka's side takes another line");
    }
}

fn main() {
    let mut args = env::args().skip(1);
    let usage = "usage: wire-differential CLASSPATH ORACLE.java VALUES SEED";
    let (classpath, oracle) = (args.next().expect(usage), args.next().expect(usage));
    let values: usize = args.next().and_then(|n| n.parse().ok()).expect(usage);
    let seed: u64 = args.next().and_then(|n| n.parse().ok()).expect(usage);

    let schema = Schema::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../net/wire/schema")).expect("schema");
    let messages: Vec<&Message> = schema.messages().filter(|m| !m.name.ends_with("Header")).collect();
    assert_eq!(messages.len(), CODECS.len(), "a message without a codec");

    let mut child = Command::new("java")
        .args(["-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", &classpath, &oracle])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("java starts");
    let input = BufWriter::new(child.stdin.take().expect("piped"));
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let (cases, to_check) = mpsc::sync_channel::<Case>(1 << 16);
    let checker = thread::spawn(move || {
        let (mut failures, mut lines) = (Vec::new(), output.lines());
        for case in to_check {
            let Some(Ok(answer)) = lines.next() else {
                failures.push(format!("{}\n    no answer", case.what));
                break;
            };
            if let Err(why) = compare(&case.check, &answer) {
                failures.push(format!("{}\n    {why}", case.what));
            }
        }
        failures
    });

    let mut kafka = Kafka { input, cases, counts: BTreeMap::new() };
    let mut mistakes = Vec::new();
    let mut pairs = 0;
    for (message, codec) in messages.iter().zip(CODECS) {
        assert_eq!(message.name, codec.name);
        for version in codec.min..=codec.max {
            pairs += 1;
            one(&mut kafka, message, codec, version, values, seed, &mut mistakes);
        }
    }
    headers(&mut kafka, seed, &mut mistakes);
    table(&mut kafka);
    for message in schema.messages() {
        for version in message.versions.lo..=message.versions.hi {
            let check = Check::Text(shape(message, message.body(), version));
            kafka.ask("schemas", format!("S\t{}\t{version}", message.name), check);
        }
    }
    for default in DEFAULTS {
        for version in default.versions.clone() {
            let line = format!("N\t{}\t{}\t{version}", default.message, default.of);
            kafka.ask("defaults", line, Check::Same((default.json)(version)));
        }
    }

    let counts = std::mem::take(&mut kafka.counts);
    drop(kafka);
    mistakes.extend(checker.join().expect("the checking thread does not panic"));
    let status = child.wait().expect("java ends");
    if !status.success() {
        mistakes.push(format!("java ended with {status}"));
    }
    // the second word of a question is the message it is about
    let mut about: BTreeMap<&str, usize> = BTreeMap::new();
    for mistake in &mistakes {
        let name = mistake.split_whitespace().nth(1).unwrap_or("");
        let count = about.entry(name).or_default();
        *count += 1;
        if *count <= 2 && about.len() <= 10 {
            println!("DIFFERENT {mistake}");
        }
    }
    about.iter().for_each(|(name, count)| println!("  {count:7} differences in {name}"));
    println!("{} messages, {pairs} message versions, {values} values each, seed {seed}", messages.len());
    counts.iter().for_each(|(kind, count)| println!("  {count:7} {kind}"));
    println!("{} differences", mistakes.len());
    std::process::exit(i32::from(!mistakes.is_empty()));
}

fn one(
    kafka: &mut Kafka,
    message: &Message,
    codec: &Codec,
    version: i16,
    values: usize,
    seed: u64,
    mistakes: &mut Vec<String>,
) {
    let name = codec.name;
    let salt = name.bytes().fold(version as u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let mut made = Values::new(message, version, seed ^ salt << 8);
    let mut others = Random(seed ^ salt);
    for index in 0..values {
        let value = made.value(index);
        let mut fail = |what: &str, why: String| mistakes.push(format!("{what} {name} {version} {value}\n    {why}"));
        let bytes = match (codec.encode)(&value, version, version) {
            Ok(bytes) => bytes,
            Err(why) => {
                fail("encode", why);
                continue;
            }
        };
        // we read what we wrote (and so, if the next line holds, what Kafka wrote) and write it again unchanged
        let said = match (codec.decode)(bytes.clone(), version, version) {
            Ok((said, Ok(again))) if again == bytes => said,
            Ok((_, again)) => {
                fail("decode", format!("written again: {again:?}"));
                continue;
            }
            Err(why) => {
                fail("decode", why);
                continue;
            }
        };
        kafka.ask(
            "values written",
            format!("E\t{name}\t{version}\t{version}\t{value}"),
            Check::Bytes(Ok(bytes.clone())),
        );
        kafka.ask(
            "values read",
            format!("D\t{name}\t{version}\t{version}\t{}", hex(&bytes)),
            Check::Json(said.clone(), Ok(bytes.clone())),
        );
        if codec.min < codec.max {
            let other = codec.min + others.below((codec.max - codec.min + 1) as u64) as i16;
            let written = (codec.encode)(&value, version, other);
            kafka.ask(
                "values written in another version",
                format!("E\t{name}\t{version}\t{other}\t{value}"),
                Check::Bytes(written),
            );
            let rewritten = (codec.decode)(bytes.clone(), version, other).map_or_else(Err, |(_, again)| again);
            kafka.ask(
                "values read and written in another version",
                format!("D\t{name}\t{version}\t{other}\t{}", hex(&bytes)),
                Check::Json(said, rewritten),
            );
        }
        if let Some(enclosed) = json::in_topic(name, &value, version) {
            match enclosed {
                Ok((bytes, true)) => kafka.ask(
                    "records as they stand in their topic",
                    format!("T\t{name}\t{version}\t{version}\t{value}"),
                    Check::Bytes(Ok(bytes)),
                ),
                other => fail("topic", format!("{other:?}")),
            }
        }
    }
}

/// Headers are written by hand, so their fields are named here.
fn headers(kafka: &mut Kafka, seed: u64, mistakes: &mut Vec<String>) {
    let mut random = Random(seed);
    for (api, version) in ApiKey::all().flat_map(|api| [(api, api.min_version()), (api, api.max_version())]) {
        let client_id = match random.below(3) {
            0 => None,
            1 => Some(Str::default()),
            _ => Some(Str::from("client-é")),
        };
        let header =
            RequestHeader { api_key: api.key(), api_version: version, correlation_id: random.next() as i32, client_id };
        let json = serde_json::json!({
            "requestApiKey": header.api_key, "requestApiVersion": version,
            "correlationId": header.correlation_id, "clientId": header.client_id.as_deref(),
        });
        let mut s = Sink::new();
        header.encode(&mut s).expect("a header fits");
        let bytes = s.into_bytes().expect("in memory");
        let read = RequestHeader::decode(&mut Reader::new(bytes.clone()));
        if read.as_ref() != Ok(&header) {
            mistakes.push(format!("decode RequestHeader {header:?}\n    {read:?}"));
        }
        let v = api.request_header_version(version);
        kafka.ask("headers", format!("E\tRequestHeader\t{v}\t{v}\t{json}"), Check::Bytes(Ok(bytes)));

        let header = ResponseHeader { correlation_id: random.next() as i32 };
        let v = api.response_header_version(version);
        let mut s = Sink::new();
        header.encode(&mut s, v);
        let bytes = s.into_bytes().expect("in memory");
        let read = ResponseHeader::decode(&mut Reader::new(bytes.clone()), v);
        if read != Ok(header) {
            mistakes.push(format!("decode ResponseHeader {header:?}\n    {read:?}"));
        }
        let json = serde_json::json!({ "correlationId": header.correlation_id });
        kafka.ask("headers", format!("E\tResponseHeader\t{v}\t{v}\t{json}"), Check::Bytes(Ok(bytes)));
    }
}

/// What Kafka's own description of a struct comes to: names without their underscores, types, null, tags.
fn shape(message: &Message, s: &Struct, version: i16) -> String {
    let flexible = message.is_flexible(version);
    let (mut plain, mut tagged) = (Vec::new(), BTreeMap::new());
    for field in s.fields.iter().filter(|field| field.versions.contains(version)) {
        let null = field.nullable.is_some_and(|range| range.contains(version));
        let of = shape_of(message, &field.of, null, flexible && !field.inflexible, version);
        let text = format!("{}:{of}", field.name.to_lowercase());
        match field.tag {
            Some(tag) => drop(tagged.insert(tag, text)),
            None => plain.push(text),
        }
    }
    if flexible {
        plain.extend(tagged.iter().map(|(tag, text)| format!("{tag}={text}")));
        plain.push("tagged".into());
    }
    format!("{{{}}}", plain.join(","))
}

fn shape_of(message: &Message, of: &Type, null: bool, flexible: bool, version: i16) -> String {
    let compact = if flexible { "COMPACT_" } else { "" };
    let nullable = if null { "NULLABLE_" } else { "" };
    match of {
        Type::Bool => "BOOLEAN".into(),
        Type::I8 => "INT8".into(),
        Type::I16 => "INT16".into(),
        Type::I32 => "INT32".into(),
        Type::I64 => "INT64".into(),
        Type::U16 => "UINT16".into(),
        Type::U32 => "UINT32".into(),
        Type::F64 => "FLOAT64".into(),
        Type::Uuid => "UUID".into(),
        Type::Str => format!("{compact}{nullable}STRING"),
        Type::Bytes => format!("{compact}{nullable}BYTES"),
        Type::Records => format!("{compact}{nullable}RECORDS"),
        Type::Struct(name) => {
            let inner = message.find(name).map_or(String::new(), |s| shape(message, s, version));
            format!("{inner}{}", if null { "?" } else { "" })
        }
        Type::Array(element) => {
            let inner = shape_of(message, element, false, flexible, version);
            format!("{compact}[{inner}]{}", if null { "?" } else { "" })
        }
    }
}

/// One line per key and version: what the API table says about it.
fn table(kafka: &mut Kafka) {
    for key in -1..=100i16 {
        let Some(api) = ApiKey::from_i16(key) else {
            kafka.ask("rows of the API table", format!("A\t{key}\t0"), Check::Text("none".into()));
            continue;
        };
        for version in api.min_version()..=api.max_version() {
            let text = format!(
                "{} {} {} {} {} {} {} {} {}",
                api.name(),
                api.min_version(),
                api.max_version(),
                api.advertised_min_version(),
                api.advertised_max_version(),
                api.request_header_version(version),
                api.response_header_version(version),
                api.info().broker,
                api.info().controller,
            );
            kafka.ask("rows of the API table", format!("A\t{key}\t{version}"), Check::Text(text));
        }
    }
}

fn compare(check: &Check, answer: &str) -> Result<(), String> {
    let mut parts = answer.split('\t');
    let state = parts.next().unwrap_or("");
    match check {
        Check::Text(text) if answer == text => Ok(()),
        Check::Text(text) => Err(format!("ours {text}\n    Kafka's {answer}")),
        Check::Same(ours) => match serde_json::from_str::<Value>(parts.next().unwrap_or("")) {
            Ok(theirs) if theirs == *ours => Ok(()),
            _ => Err(format!("ours {ours}\n    Kafka's {answer}")),
        },
        Check::Bytes(ours) => same_bytes(ours, state, parts.next().unwrap_or("")),
        Check::Json(ours, again) => {
            if state != "OK" {
                return Err(format!("Kafka cannot read it: {answer}"));
            }
            let theirs: Value = serde_json::from_str(parts.next().unwrap_or("")).map_err(|e| e.to_string())?;
            if *ours != theirs {
                return Err(format!("ours {}\n    Kafka's {}", cut(&ours.to_string()), cut(&theirs.to_string())));
            }
            same_bytes(again, parts.next().unwrap_or(""), parts.next().unwrap_or(""))
        }
    }
}

fn same_bytes(ours: &Result<Bytes, String>, state: &str, theirs: &str) -> Result<(), String> {
    match (ours, state) {
        (Ok(bytes), "OK") if hex(bytes) == theirs => Ok(()),
        (Err(_), "REFUSED") => Ok(()),
        (Ok(bytes), _) => Err(format!("ours    {}\n    Kafka's {state} {}", cut(&hex(bytes)), cut(theirs))),
        (Err(why), _) => Err(format!("ours: {why}\n    Kafka's {state} {}", cut(theirs))),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(1500).collect()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|d| char::from(DIGITS[usize::from(d)])).collect()
}
