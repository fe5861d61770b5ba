//! The load generator through the executable, as a person or a script runs it.

#![allow(clippy::unwrap_used, reason = "test helpers: a failed unwrap is a failed test")]

mod command;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use thalweg_loadgen::outcome::Outcome;
use thalweg_loadgen::plan::Rate;

use command::{Ran, thalweg};

fn loadgen(arguments: &[&str]) -> Ran {
    thalweg(&[&["loadgen"], arguments].concat())
}

fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::remove_file(&path).ok();
    path
}

/// A generous limit of the generator's lag: a debug build beside other tests is slow, and that is not what is tested.
const PATIENT: &str = "--lag-limit=5s";

#[test]
fn with_nothing_said_it_measures_a_broker_of_its_own_and_leaves_none_behind() {
    let json = file("loadgen-own.json");
    let html = file("loadgen-own.html");
    let (json_text, html_text) = (json.to_str().unwrap(), html.to_str().unwrap());
    let ran =
        loadgen(&["-d", "2s", "-w", "1s", "-r", "500", "--no-tui", PATIENT, "--json", json_text, "--html", html_text]);
    // the generator may have been starved by other tests: then it has to say so, and nothing else
    assert!(
        ran.code == Some(0) || (ran.code == Some(5) && ran.err.contains("thalweg-E0603")),
        "{}{}",
        ran.out,
        ran.err
    );
    assert!(ran.out.contains("acked       1,000 records"), "{}", ran.out);
    let outcome = Outcome::from_json(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!((outcome.totals.intended, outcome.totals.acked, outcome.totals.consumed), (1000, 1000, 1000));
    assert!(outcome.target.ephemeral && outcome.totals.errors.is_empty(), "{:?}", outcome.totals);
    let process = outcome.target.process.unwrap();
    let pid = process.rsplit_once("(pid ").unwrap().1.trim_end_matches(')');
    assert!(!PathBuf::from("/proc").join(pid).exists(), "{process} still runs");
    assert!(fs::read_to_string(&html).unwrap().starts_with("<!"), "a page");
    let again = file("loadgen-again.html");
    let ran = loadgen(&["report", json_text, "--html", again.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(fs::read_to_string(&again).unwrap(), fs::read_to_string(&html).unwrap());
}

/// Parent and state of a process: `Z` is one that has ended and that nobody has asked about.
fn parent_and_state(process: &Path) -> Option<(u32, char)> {
    let text = fs::read_to_string(process.join("stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((fields.next()?.parse().ok()?, state))
}

/// Waits for something that comes by itself.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let late = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < late, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_broker_of_its_own_ends_with_a_generator_that_is_killed() {
    let temporary = file("loadgen-killed");
    fs::remove_dir_all(&temporary).ok();
    fs::create_dir(&temporary).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
    command.args(["loadgen", "-d", "10m", "-r", "100", "--no-tui"]).env_clear().env("TMPDIR", &temporary);
    let mut generator = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let id = generator.id();
    let is_its_child = |process: &PathBuf| parent_and_state(process).is_some_and(|(parent, _)| parent == id);
    let broker = wait_for("no broker", || {
        let mut processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes.find(is_its_child)
    });
    // the first line of the view: the broker serves, and the generator is in the middle of it
    let mut line = String::new();
    let mut view = BufReader::new(generator.stderr.take().unwrap());
    view.read_line(&mut line).unwrap();
    let data = || fs::read_dir(&temporary).unwrap().count();
    assert_eq!(data(), 1, "{line}");
    generator.kill().unwrap();
    generator.wait().unwrap();
    let is_gone = || parent_and_state(&broker).is_none_or(|(_, state)| state == 'Z').then_some(());
    wait_for("the broker still runs", is_gone);
    assert_eq!(data(), 0, "its data are left behind");
}

#[test]
fn a_workload_without_a_rate_runs_at_the_highest_one_that_is_found() {
    let dev = Dev::start();
    let (workload, driver, json, omb_json) = (
        file("loadgen-highest.yaml"),
        file("loadgen-highest-driver.yaml"),
        file("loadgen-highest.json"),
        file("loadgen-highest-omb.json"),
    );
    let text = "name: highest\ntopics: 1\npartitionsPerTopic: 2\nmessageSize: 100\nsubscriptionsPerTopic: 1\n\
                producersPerTopic: 1\nconsumerPerSubscription: 1\nproducerRate: 0\ntestDurationMinutes: 0.03\n\
                warmupDurationMinutes: 0\n";
    fs::write(&workload, text).unwrap();
    let text = format!("name: Kafka\nreplicationFactor: 1\ncommonConfig: |\n  bootstrap.servers={}\n", dev.address);
    fs::write(&driver, text).unwrap();
    let [workload, driver, json_text, omb_text] =
        [&workload, &driver, &json, &omb_json].map(|path| path.to_str().unwrap());
    let files = ["run", workload, "--driver", driver, "--json", json_text, "--omb-json", omb_text, "--no-tui"];
    let ran = loadgen(&[&files[..], &["--slo", "p99<2s", PATIENT]].concat());
    // at the highest rate the generator may have been the limit: then it has to say so
    assert!(
        ran.code == Some(0) || (ran.code == Some(5) && ran.err.contains("thalweg-E0603")),
        "{}{}",
        ran.out,
        ran.err
    );
    let found =
        ran.out.lines().find_map(|line| line.strip_prefix("found       ")).unwrap_or_else(|| panic!("{}", ran.out));
    assert!(found.contains(" records/s with p99 up to 2.00 s, "), "{found}");
    let outcome = Outcome::from_json(&fs::read_to_string(&json).unwrap()).unwrap();
    let Rate::Constant { per_second } = outcome.plan.rate else { panic!("{:?}", outcome.plan.rate) };
    assert!(per_second >= 1.0 && !outcome.closed_loop, "{per_second}");
    assert_eq!((outcome.plan.name.as_str(), outcome.plan.duration_ms), ("highest", 1800));
    assert!(outcome.remarks.iter().any(|remark| remark.starts_with("the rate was found: ")), "{:?}", outcome.remarks);
    // every rate that was tried is said
    assert!(ran.err.matches("sustained").count() >= 1, "{}", ran.err);
    assert_eq!(omb_json.exists(), ran.code == Some(0));
    // a rate that is said is not searched for
    let ran = loadgen(&[&files[..], &["-r", "200", PATIENT]].concat());
    assert!(ran.code == Some(0) || ran.code == Some(5), "{}{}", ran.out, ran.err);
    assert!(!ran.out.contains("found  ") && ran.out.contains("acked       360 records"), "{}", ran.out);
}

/// A broker of `thalweg dev`, killed when dropped.
struct Dev {
    child: Child,
    address: String,
}

impl Dev {
    fn start() -> Dev {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
        command.args(["dev", "--port", "0", "--ephemeral", "--cores", "1"]).env_clear();
        // a fresh group is not waited for
        command.args(["--override", "group.initial.rebalance.delay.ms=0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ready = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut ready).unwrap();
        let (_, rest) = ready.split_once(" on ").unwrap();
        let address = rest.split_once(", data in ").unwrap().0.to_owned();
        std::thread::spawn(move || out.lines().for_each(drop));
        Dev { child, address }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // SIGTERM, so that its directory goes too
        let kill = format!("kill -TERM {}", self.child.id());
        Command::new("sh").args(["-c", &kill]).status().ok();
        self.child.wait().ok();
    }
}

#[test]
fn every_codec_and_a_consumer_group_are_whole_on_the_real_broker() {
    let dev = Dev::start();
    let loads: [&[&str]; 6] = [
        &["-z", "none"],
        &["-z", "gzip"],
        &["-z", "snappy"],
        &["-z", "lz4"],
        &["-z", "zstd", "--subscribe", "-g", "2", "-c", "2"],
        &["-a", "1", "--shape", "poisson", "-k", "zipf:100", "--churn", "2"],
    ];
    for (number, more) in loads.into_iter().enumerate() {
        let topic = format!("codec-{number}");
        let common =
            ["verify", "-b", &dev.address, "-t", &topic, "-d", "2s", "-w", "none", "-r", "2000", "-q", "-p", "3"];
        let ran = loadgen(&[&common, more].concat());
        assert_eq!(ran.code, Some(0), "{more:?}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(": 0 lost, 0 doubled, 0 reordered, 0 damaged, 0 foreign"), "{more:?}: {}", ran.out);
        assert!(!ran.out.contains("error"), "{more:?}: {}", ran.out);
    }
    let ran = loadgen(&["run", "-b", &dev.address, "-t", "codec-0", "-p", "5", "-q"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("exists with 3 partitions, the plan wants 5"), "{}", ran.err);
}

#[test]
fn agents_make_one_run_together() {
    let dev = Dev::start();
    let agent = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thalweg"));
        command.args(["loadgen", "agent", "--listen", "127.0.0.1:0", "--once", "--gen-cores", "1"]).env_clear();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        (child, ready.trim_end().strip_prefix("ready: agent on ").unwrap().to_owned())
    };
    let (mut one, mut other) = (agent(), agent());
    let agents = format!("{},{}", one.1, other.1);
    let json = file("loadgen-agents.json");
    let common =
        ["run", "-b", &dev.address, "--agents", &agents, "-d", "2s", "-w", "1s", "-r", "1000", "-P", "3", PATIENT];
    let ran = loadgen(&[&common[..], &["--json", json.to_str().unwrap()]].concat());
    assert!(ran.code == Some(0) || ran.code == Some(5), "{}{}", ran.out, ran.err);
    let outcome = Outcome::from_json(&fs::read_to_string(&json).unwrap()).unwrap();
    let totals = &outcome.totals;
    assert_eq!((totals.intended, totals.acked, totals.consumed), (2000, 2000, 2000), "{totals:?}");
    assert_eq!((outcome.host.agents.len(), outcome.cpu.generator_cores), (2, 2));
    assert_eq!(outcome.latency.response.histogram().unwrap().len(), 2000);
    one.0.wait().unwrap();
    other.0.wait().unwrap();
}

#[test]
fn exit_codes_are_those_scripts_rely_on() {
    let ran = loadgen(&["run", "-b", "127.0.0.1:1"]);
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert!(ran.err.starts_with("error[thalweg-E0601] cannot reach 127.0.0.1:1: "), "{}", ran.err);
    let ran = loadgen(&["run", "--rate", "fast"]);
    assert_eq!(ran.code, Some(2));
    let ran = loadgen(&["run", "-b", "nowhere", "--in-flight", "9"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains("bootstrap: `nowhere` is no address") && ran.err.contains("producers.in_flight"),
        "{}",
        ran.err
    );
    let ran = loadgen(&["report", "no/such/outcome.json"]);
    assert_eq!((ran.code, ran.err.starts_with("error[thalweg-E0606]")), (Some(1), true));
}
