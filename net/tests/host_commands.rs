//! `thalweg tune` and `thalweg doctor` as a script sees them: exit codes, outputs, and a host that is as it was.

#![allow(clippy::unwrap_used, reason = "test helpers: a failed unwrap is a failed test")]

mod command;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use command::{Ran, thalweg};

/// A small host in a directory of the test's own.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str) -> Tree {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tree-{name}"));
        fs::remove_dir_all(&dir).ok();
        let tree = Tree(dir);
        tree.write("proc/sys/kernel/osrelease", "6.12.1");
        tree.write("proc/sys/kernel/io_uring_disabled", "0");
        tree.write("proc/sys/vm/swappiness", "60");
        tree.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{text}\n")).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap().trim().to_owned()
    }

    fn tune(&self, arguments: &[&str]) -> Ran {
        let root = self.0.to_str().unwrap();
        let ran = thalweg(&[&["tune"], arguments, &["--root", root]].concat());
        Ran { out: ran.out.replace(root, "R"), err: ran.err.replace(root, "R"), ..ran }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn check_exits_with_what_it_found() {
    let tree = Tree::new("exit");
    let ran = tree.tune(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    assert!(ran.out.contains("\n  warning  mem.swappiness           60, wanted at most 1\n"), "{}", ran.out);
    let ran = tree.tune(&["check", "--strict"]);
    assert_eq!(ran.code, Some(4));
    assert!(ran.err.starts_with("error[thalweg-E0400] 1 of severity warning differ\n  hint: "), "{}", ran.err);
    tree.write("proc/sys/kernel/io_uring_disabled", "2");
    let ran = tree.tune(&["check", "--format", "json"]);
    assert_eq!(ran.code, Some(5));
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["differ"]["error"], 1);
    let rows = report["parameters"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == "io_uring.disabled").unwrap();
    assert_eq!((&row["state"], &row["readings"][0]["wanted"]), (&Value::from("differs"), &Value::from("0")));
}

#[test]
fn every_parameter_of_the_list_is_explained_and_no_other() {
    let tree = Tree::new("explain");
    let list = tree.tune(&["list"]).out;
    assert!(list.lines().count() > 60);
    for id in list.lines().map(|line| line.split_whitespace().next().unwrap()).step_by(9) {
        let ran = tree.tune(&["explain", id]);
        assert_eq!(ran.code, Some(0));
        assert!(ran.out.starts_with(&format!("{id}: ")) && ran.out.contains("\n  why        "), "{}", ran.out);
    }
    let said = tree.tune(&["explain", "mem.swappiness"]).out;
    assert!(said.contains("\n  by hand    echo '1' > /proc/sys/vm/swappiness\n  undo       echo '60' > "), "{said}");
    let ran = tree.tune(&["explain", "mem.swapiness"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.starts_with("error[thalweg-E0401] no parameter and no scope is called mem.swapiness\n  hint: "));
    assert_eq!(tree.tune(&["apply", "--only", "mem,disc"]).code, Some(1));
    assert_eq!(tree.tune(&["check", "--profile", "fast"]).code, Some(2));
}

#[test]
fn apply_and_revert_go_there_and_back() {
    let tree = Tree::new("apply");
    let ran = tree.tune(&["apply", "--dry-run"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "mem.swappiness           /proc/sys/vm/swappiness 60 -> 1\n"));
    assert_eq!(tree.text("proc/sys/vm/swappiness"), "60");
    assert_eq!(tree.tune(&["apply"]).code, Some(0));
    assert_eq!(tree.text("proc/sys/vm/swappiness"), "1");
    assert!(tree.tune(&["apply"]).out.starts_with("nothing to do: "));
    assert_eq!(tree.tune(&["watch", "--count", "1"]).code, Some(0));
    tree.write("proc/sys/vm/swappiness", "10");
    let ran = tree.tune(&["watch", "--count", "1", "--format", "json"]);
    assert_eq!(ran.code, Some(4));
    assert!(ran.out.starts_with("{\"drift\":true,\"parameter\":\"mem.swappiness\""), "{}", ran.out);
    assert_eq!(tree.tune(&["revert"]).code, Some(0));
    assert_eq!(tree.text("proc/sys/vm/swappiness"), "60");
    assert!(!tree.0.join("var").exists());
    let ran = tree.tune(&["revert"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "nothing to do: nothing is applied\n"));
    assert_eq!(tree.tune(&["watch", "--count", "1"]).code, Some(1));
}

#[test]
fn in_a_container_nothing_is_set_without_force() {
    let tree = Tree::new("container");
    fs::create_dir_all(tree.0.join("proc/self/ns")).unwrap();
    symlink("pid:[4026532000]", tree.0.join("proc/self/ns/pid")).unwrap();
    for command in ["apply", "persist"] {
        let ran = tree.tune(&[command]);
        assert_eq!(ran.code, Some(1), "{command}");
        assert!(ran.err.starts_with("error[thalweg-E0404] this is a container"), "{}", ran.err);
    }
    assert_eq!(tree.text("proc/sys/vm/swappiness"), "60");
    assert_eq!(tree.tune(&["check"]).code, Some(0));
    assert_eq!(tree.tune(&["apply", "--force"]).code, Some(0));
    assert_eq!(tree.text("proc/sys/vm/swappiness"), "1");
}

#[test]
fn persisted_files_come_and_go() {
    let tree = Tree::new("persist");
    let ran = tree.tune(&["persist", "--dry-run"]);
    assert!(ran.out.contains("==> /etc/sysctl.d/90-thalweg.conf\n") && ran.out.contains("\nvm.swappiness = 1\n"));
    assert!(!tree.0.join("etc").exists());
    assert_eq!(tree.tune(&["persist"]).code, Some(0));
    assert!(tree.text("etc/sysctl.d/90-thalweg.conf").ends_with("vm.swappiness = 1"));
    assert_eq!(tree.tune(&["unpersist"]).out, "removed /etc/sysctl.d/90-thalweg.conf\n");
    assert!(!tree.0.join("etc").exists());
}

#[test]
fn a_script_is_written_and_nothing_else() {
    let tree = Tree::new("script");
    let path = tree.0.join("out.sh");
    assert_eq!(tree.tune(&["apply", "--script", path.to_str().unwrap()]).code, Some(0));
    assert!(tree.text("out.sh").contains("\n  put '/proc/sys/vm/swappiness' '1'\n"));
    assert_eq!(tree.text("proc/sys/vm/swappiness"), "60");
    assert_eq!(tree.tune(&["apply", "--script", "/nonexistent/out.sh"]).code, Some(1));
}

/// A configuration with its data in a directory of the test's own.
fn config(name: &str, more: &str) -> (PathBuf, PathBuf) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("doctor-{name}"));
    fs::remove_dir_all(&dir).ok();
    fs::create_dir_all(&dir).unwrap();
    let file = dir.join("server.properties");
    let text = format!(
        "node.id=1\nlog.dirs={}/data\noffsets.topic.replication.factor=1\nthalweg.cores=1\nthalweg.journal.files=3\n\
         thalweg.journal.file.bytes=1048576\n{more}\n",
        dir.display()
    );
    fs::write(&file, text).unwrap();
    (dir, file)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn doctor_looks_at_a_configuration_and_its_host() {
    let (dir, file) = config("good", &format!("listeners=PLAINTEXT://127.0.0.1:{}", free_port()));
    let ran = thalweg(&["doctor", "-c", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for wanted in [
        "fine[thalweg-I0200]",
        "fine[thalweg-I0501]",
        "fine[thalweg-I0513]",
        "fine[thalweg-I0521]",
        "fine[thalweg-I0522]",
    ] {
        assert!(ran.out.contains(wanted), "{wanted} is not in\n{}", ran.out);
    }
    assert!(!dir.join("data").exists(), "looking leaves nothing behind");
    fs::remove_dir_all(dir).ok();
}

#[test]
fn doctor_finds_what_is_wrong_and_says_what_to_do() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let more = format!(
        "num.partitions=none\nlisteners=PLAINTEXT://127.0.0.1:{port}\n\
         advertised.listeners=PLAINTEXT://no-such-name.invalid:{port}"
    );
    let (dir, file) = config("bad", &more);
    let ran = thalweg(&["doctor", "-c", file.to_str().unwrap(), "--format", "json"]);
    assert_eq!(ran.code, Some(5), "{}", ran.out);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    for code in ["thalweg-E0203", "thalweg-E0522", "thalweg-W0521"] {
        let finding = findings.iter().find(|finding| finding["code"] == code);
        assert!(finding.is_some_and(|finding| finding["hint"].is_string()), "{code}: {}", ran.out);
    }
    assert_eq!(report["errors"], 2);
    assert_eq!(thalweg(&["doctor"]).code, Some(2), "something must be looked at");
    fs::remove_dir_all(dir).ok();
}

/// A broker, killed when dropped.
struct Dev(Child);

impl Drop for Dev {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn doctor_looks_at_a_broker_that_runs_and_exits_with_3_where_none_does() {
    let port = free_port().to_string();
    let nobody = thalweg(&["doctor", "--live", &format!("127.0.0.1:{port}")]);
    assert_eq!(nobody.code, Some(3));
    assert!(nobody.err.starts_with("error[thalweg-E0107] cannot connect to 127.0.0.1:"), "{}", nobody.err);
    assert!(nobody.out.starts_with("error[thalweg-E0531] cannot connect to 127.0.0.1:"), "{}", nobody.out);

    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.args(["dev", "--ephemeral", "--port", "0", "--cores", "1", "--topic", "orders:3"]).env_clear();
    let mut broker = Dev(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut ready = String::new();
    BufReader::new(broker.0.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let address = ready.split_once(" on ").unwrap().1.split_once(',').unwrap().0;
    let ran = thalweg(&["doctor", "--live", address, "--strict"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains(&format!("fine[thalweg-I0533] node 1 answers at {address}, as it tells clients")),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("fine[thalweg-I0535] every partition has a leader"), "{}", ran.out);
}
