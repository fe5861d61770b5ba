//! Tells many crash stories: `cargo run --release -p thalweg-sim --example seeds -- [--from N] [--count N] [--bug NAME]
//! [--threads N]`. Prints what they went through; exits 1 at the first violation, with its seed. With `--bug`, exits 1 if
//! no story notices it.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use thalweg_engine::config::Bug;
use thalweg_sim::crash::{Summary, tell};

/// The bugs that can be planted, by name.
const BUGS: [(&str, Bug); 6] = [
    ("acknowledge-before-flush", Bug::AcknowledgeBeforeFlush),
    ("lap-not-checked", Bug::LapNotChecked),
    ("tail-cut-too-early", Bug::TailCutTooEarly),
    ("bypass-without-second-completion", Bug::BypassWithoutSecondCompletion),
    ("index-ahead-of-data", Bug::IndexAheadOfData),
    ("sequence-state-not-recovered", Bug::SequenceStateNotRecovered),
];

fn main() -> ExitCode {
    let mut from = 0;
    let mut count = 1000;
    let mut threads = 1;
    let mut bug = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().unwrap_or_default();
        let parsed = value.parse::<u64>();
        match (arg.as_str(), parsed) {
            ("--from", Ok(n)) => from = n,
            ("--count", Ok(n)) => count = n,
            ("--threads", Ok(n)) => threads = n.max(1),
            ("--bug", _) => match BUGS.iter().find(|(name, _)| *name == value) {
                Some((_, planted)) => bug = Some(*planted),
                None => return usage(&format!("no bug {value:?}")),
            },
            _ => return usage(&format!("{arg} {value}")),
        }
    }
    let next = AtomicU64::new(from);
    let stop = AtomicBool::new(false);
    let total = Mutex::new((Summary::default(), 0u64));
    let found = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + count {
                        return;
                    }
                    match tell(seed, bug) {
                        Ok(summary) => {
                            let mut total = total.lock().expect("no story panics while counting");
                            total.0.add(&summary);
                            total.1 += 1;
                        }
                        Err(violation) => {
                            stop.store(true, Ordering::Relaxed);
                            found.lock().expect("no story panics while telling").get_or_insert((seed, violation));
                        }
                    }
                }
            });
        }
    });
    let (summary, told) = total.into_inner().expect("counted");
    println!("{told} stories: {summary:?}");
    match (found.into_inner().expect("told"), bug) {
        (None, None) => ExitCode::SUCCESS,
        (Some((seed, violation)), Some(_)) => {
            println!("noticed at seed {seed}: {violation:?}");
            ExitCode::SUCCESS
        }
        (Some((seed, violation)), None) => {
            println!("seed {seed}: {violation:?}");
            ExitCode::FAILURE
        }
        (None, Some(bug)) => {
            println!("nobody noticed {bug:?}");
            ExitCode::FAILURE
        }
    }
}

fn usage(what: &str) -> ExitCode {
    let bugs: Vec<&str> = BUGS.iter().map(|(name, _)| *name).collect();
    eprintln!("seeds: {what}: expected [--from N] [--count N] [--threads N] [--bug {}]", bugs.join("|"));
    ExitCode::from(2)
}
