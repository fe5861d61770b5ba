//! Tells many crash stories: `cargo run --release -p thalweg-sim --example seeds -- [--from N] [--count N] [--bug NAME]
//! [--threads N] [--failures N]`. Prints what they went through; exits 1 if there was a violation, with its seed, and tells no
//! more after so many (one, if not said). With `--bug`, exits 1 if no story notices it.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

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
    let mut failures = 1;
    let mut bug = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().unwrap_or_default();
        let parsed = value.parse::<u64>();
        match (arg.as_str(), parsed) {
            ("--from", Ok(n)) => from = n,
            ("--count", Ok(n)) => count = n,
            ("--threads", Ok(n)) => threads = n.max(1),
            ("--failures", Ok(n)) => failures = n.max(1) as usize,
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
    let found = Mutex::new(Vec::new());
    let began = Instant::now();
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
                            let mut found = found.lock().expect("no story panics while telling");
                            found.push((seed, violation));
                            stop.fetch_or(found.len() >= failures, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let (summary, told) = total.into_inner().expect("counted");
    let mut found = found.into_inner().expect("told");
    found.sort_by_key(|(seed, _)| *seed);
    let seconds = began.elapsed().as_secs_f64();
    println!("{told} stories in {seconds:.1} s on {threads} threads, {} violations: {summary:?}", found.len());
    let word = if bug.is_some() { "noticed at seed" } else { "seed" };
    for (seed, violation) in &found {
        println!("{word} {seed}: {violation:?}");
    }
    match bug {
        Some(bug) if found.is_empty() => println!("nobody noticed {bug:?}"),
        _ => {}
    }
    if found.is_empty() == bug.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage(what: &str) -> ExitCode {
    let bugs: Vec<&str> = BUGS.iter().map(|(name, _)| *name).collect();
    eprintln!("seeds: {what}: expected [--from N] [--count N] [--threads N] [--failures N] [--bug {}]", bugs.join("|"));
    ExitCode::from(2)
}
