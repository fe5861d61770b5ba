//! The executable as a script sees it: exit codes, what goes to which output, and the words of its errors.

#![allow(clippy::unwrap_used, reason = "test helpers: a failed unwrap is a failed test")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn thalweg(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    let Output { status, stdout, stderr } = command.args(arguments).env_clear().output().unwrap();
    Ran { code: status.code(), out: String::from_utf8(stdout).unwrap(), err: String::from_utf8(stderr).unwrap() }
}

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
