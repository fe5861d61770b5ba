//! The executable as a script sees it: exit codes, what goes to which output, and the words of its errors.

#![allow(clippy::unwrap_used, reason = "test helpers: a failed unwrap is a failed test")]

mod command;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use command::{Ran, thalweg};

/// A file of the test's own, named in messages as `F`.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.properties"));
    fs::write(&path, text).unwrap();
    path
}

fn check(name: &str, text: &str, more: &[&str]) -> Ran {
    let path = file(name, text);
    let path = path.to_str().unwrap();
    let ran = thalweg(&[&["serve", "-c", path, "--check"], more].concat());
    Ran { out: ran.out.replace(path, "F"), err: ran.err.replace(path, "F"), ..ran }
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [&[][..], &["serv"], &["dev", "--port", "x"], &["serve"], &["inspect", "segment"]] {
        let ran = thalweg(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert_eq!(ran.out, "");
    }
    assert!(thalweg(&["dev", "--prot", "1"]).err.contains("--port"));
}

#[test]
fn help_and_version_exit_with_0() {
    let ran = thalweg(&["--version"]);
    assert_eq!((ran.code, ran.out), (Some(0), format!("thalweg {}\n", env!("CARGO_PKG_VERSION"))));
    for command in [&["--help"][..], &["dev", "--help"], &["serve", "--help"], &["inspect", "segment", "--help"]] {
        assert_eq!(thalweg(command).code, Some(0));
    }
}

#[test]
fn a_good_file_passes_the_check() {
    let text = "node.id=1\nlog.dirs=target\nlisteners=PLAINTEXT://127.0.0.1:9092\nnum.io.threads=8\n\
                offsets.topic.replication.factor=1\nnum.network.threads=5\n";
    let ran = check("good", text, &["--override", "log.retention.hours=5"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.out, "F: 7 settings: 4 honoured, 2 taken otherwise, 1 not in effect in this version\nok\n");
    assert!(
        ran.err.contains("notice: taken otherwise: num.network.threads (F:6): becomes thalweg.cores"),
        "{}",
        ran.err
    );
}

#[test]
fn a_bad_file_fails_the_check_with_5_and_all_its_errors() {
    let text = "node.id=one\nlisteners=PLAINTEXT://127.0.0.1\nnum.partition=3\nlog.dirs=target\n\
                log.segment.bytes=5\nsasl.login.class=com.example.Login\noffsets.topic.replication.factor=1\n";
    let ran = check("bad", text, &[]);
    assert_eq!(ran.code, Some(5));
    assert_eq!(ran.out, "");
    let errors: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        errors,
        [
            "error[thalweg-E0203] F:5: log.segment.bytes = 5: 5 is out of range: at least 1048576",
            "error[thalweg-E0203] F:1: node.id = one: `one` is not a whole number (int)",
            "error[thalweg-E0204] F:3: unknown key num.partition",
            "error[thalweg-E0205] F:6: sasl.login.class = com.example.Login: loads a Java class; this broker runs none",
            "error[thalweg-E0209] node.id is not set",
            "error[thalweg-E0206] F:2: listeners: `PLAINTEXT://127.0.0.1`: there is no port",
            "error[thalweg-E0200] the configuration has 6 errors; nothing was started",
        ]
    );
}

#[test]
fn serve_without_its_file_fails_with_1() {
    let ran = thalweg(&["serve", "-c", "no/such/file"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.err,
        "error[thalweg-E0201] no/such/file: cannot read the file: No such file or directory (os error 2)\n\
         error[thalweg-E0200] the configuration has an error; nothing was started\n"
    );
}

#[test]
fn the_environment_counts_and_overrides_win() {
    let path = file("layers", "node.id=1\nlog.dirs=target\nnum.partitions=0\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.args(["serve", "--check", "-c"]).arg(&path).env_clear().env("KAFKA_NUM_PARTITIONS", "none");
    let err = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(err.contains("error[thalweg-E0203] $KAFKA_NUM_PARTITIONS: num.partitions = none: "), "{err}");
    command.args(["--override", "num.partitions=3"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn inspect_exits_with_1_where_something_is_damaged() {
    let segment = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kafka-4.4.0-segment.bin");
    let ran = thalweg(&["inspect", "segment", segment]);
    assert_eq!((ran.code, ran.out.lines().count()), (Some(0), 5));
    let mut bytes = fs::read(segment).unwrap();
    bytes[830] ^= 0x10;
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("damaged.bin");
    fs::write(&path, bytes).unwrap();
    let ran = thalweg(&["inspect", "segment", "--format", "json", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.starts_with("error[thalweg-E0302] 1 of 5 batches of "), "{}", ran.err);
    assert!(ran.out.lines().all(|line| line.starts_with("{\"type\":\"batch\"")), "{}", ran.out);
}

/// A broker of `thalweg dev` on a port of its own, killed when dropped.
struct Dev {
    child: Child,
    ready: String,
    /// Everything it prints after the ready line.
    rest: BufReader<ChildStdout>,
}

impl Dev {
    fn start(arguments: &[&str]) -> Dev {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
        command.args(["dev", "--port", "0"]).args(arguments).env_clear();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut rest = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        rest.read_line(&mut ready).unwrap();
        assert!(ready.starts_with("ready: thalweg "), "{ready:?}");
        Dev { child, ready, rest }
    }

    fn address(&self) -> &str {
        let (_, rest) = self.ready.split_once(" on ").unwrap();
        rest.split_once(", data in ").unwrap().0
    }

    fn port(&self) -> u16 {
        self.address().rsplit_once(':').unwrap().1.parse().unwrap()
    }

    fn data(&self) -> PathBuf {
        let (_, rest) = self.ready.split_once(", data in ").unwrap();
        PathBuf::from(rest.rsplit_once(" (").unwrap().0)
    }

    /// Sends a signal and returns the exit code and the time it took.
    fn end(mut self, signal: &str) -> (Option<i32>, Duration) {
        let began = Instant::now();
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        (self.child.wait().unwrap().code(), began.elapsed())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Topics and their partitions, from a Metadata request of version 1 for all of them.
fn topics(address: &str) -> Vec<(String, i32)> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // Size, key 3, version 1, correlation 7, no client id, all topics.
    socket.write_all(&[0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).unwrap();
    let mut size = [0; 4];
    socket.read_exact(&mut size).unwrap();
    let mut body = vec![0; i32::from_be_bytes(size) as usize];
    socket.read_exact(&mut body).unwrap();
    let mut at = 4;
    let mut take = |bytes: usize| {
        at += bytes;
        body[at - bytes..at].to_vec()
    };
    let int = |bytes: Vec<u8>| i32::from_be_bytes(bytes.try_into().unwrap());
    let short = |bytes: Vec<u8>| i16::from_be_bytes(bytes.try_into().unwrap());
    for _ in 0..int(take(4)) {
        take(4);
        let host = short(take(2)) as usize;
        take(host + 4);
        let rack = short(take(2)).max(0) as usize;
        take(rack);
    }
    take(4);
    let mut topics = Vec::new();
    for _ in 0..int(take(4)) {
        take(2);
        let length = short(take(2)) as usize;
        let name = String::from_utf8(take(length)).unwrap();
        take(1);
        let partitions = int(take(4));
        for _ in 0..partitions {
            take(2 + 4 + 4);
            for _ in 0..2 {
                let nodes = int(take(4)) as usize;
                take(4 * nodes);
            }
        }
        topics.push((name, partitions));
    }
    topics.sort();
    topics
}

fn fresh(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_dir_all(&dir).ok();
    dir
}

/// Clean stops are promised in under a second; a debug build on a busy machine gets more.
const STOP_MAX: Duration = Duration::from_secs(10);

#[test]
fn dev_says_when_it_is_ready_has_its_topics_and_stops_cleanly() {
    let dir = fresh("dev");
    let data = dir.to_str().unwrap();
    let mut dev = Dev::start(&["--data", data, "--cores", "1", "--topic", "first:3", "--topic", "second:1"]);
    assert_eq!(
        dev.ready,
        format!("ready: thalweg {} on {}, data in {data} (1 core, uring)\n", env!("CARGO_PKG_VERSION"), dev.address())
    );
    let mut line = String::new();
    while !line.contains("stop with Ctrl-C") {
        line.clear();
        assert!(dev.rest.read_line(&mut line).unwrap() > 0);
    }
    let wanted = [("first".to_owned(), 3), ("second".to_owned(), 1)];
    assert_eq!(topics(dev.address()), wanted);

    let port = dev.port().to_string();
    let other = fresh("dev-other");
    let taken = thalweg(&["dev", "--port", &port, "--data", other.to_str().unwrap()]);
    assert_eq!(taken.code, Some(1));
    let holder = format!("thalweg (pid {})", dev.child.id());
    assert_eq!(
        taken.err,
        format!(
            "error[thalweg-E0102] port {port} is in use (127.0.0.1:{port}) by {holder}\n  \
             hint: stop it, or choose another port: thalweg dev --port N\n"
        )
    );
    let locked = thalweg(&["dev", "--port", "0", "--data", data]);
    assert_eq!(locked.code, Some(1));
    assert!(
        locked.err.starts_with(&format!("error[thalweg-E0106] {data} is in use by another process")),
        "{}",
        locked.err
    );

    let (code, took) = dev.end("TERM");
    assert_eq!(code, Some(0));
    assert!(took < STOP_MAX, "{took:?}");

    let again = Dev::start(&["--data", data, "--cores", "1", "--topic", "first:9", "--topic", "third:2"]);
    let wanted = [("first".to_owned(), 3), ("second".to_owned(), 1), ("third".to_owned(), 2)];
    assert_eq!(topics(again.address()), wanted, "a topic that is there stays as it is");
    assert_eq!(again.end("TERM").0, Some(0));
}

#[test]
fn ephemeral_data_is_gone_at_the_end() {
    let dev = Dev::start(&["--ephemeral", "--cores", "1"]);
    let data = dev.data();
    assert!(data.join("meta.properties").exists(), "{}", data.display());
    let (code, took) = dev.end("INT");
    assert_eq!(code, Some(0));
    assert!(took < STOP_MAX, "{took:?}");
    assert!(!data.exists());
}

#[test]
fn a_journal_and_a_segment_of_our_own_can_be_inspected() {
    let dir = fresh("inspect");
    let data = dir.to_str().unwrap();
    let dev = Dev::start(&["--data", data, "--cores", "1", "--topic", "t:1"]);
    assert_eq!(dev.end("TERM").0, Some(0));
    let journal = dir.join("journal/0");
    let ran = thalweg(&["inspect", "journal", "--records", "--format", "json", journal.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.lines().any(|line| line.starts_with("{\"type\":\"frame\",\"sequence\":1,")), "{}", ran.out);
    assert!(ran.out.contains("\"kind\":\"data\""), "{}", ran.out);
    let metadata = dir.join("__cluster_metadata-0");
    let ran = thalweg(&["inspect", "segment", metadata.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("offsets 0-") && ran.out.lines().all(|line| line.ends_with("crc ok")), "{}", ran.out);
}
