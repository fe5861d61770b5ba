//! How late a core wakes: a thread on each CPU sleeps a millisecond at a time and notes by how much it overslept.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

const SLEEP: Duration = Duration::from_millis(1);

/// Microseconds by which each sleep was too long, on all of `cpus`, in `time`. The kernel's slack for timers, 50 us, is part of
/// it.
pub fn late_us(cpus: &[usize], time: Duration) -> io::Result<Vec<f64>> {
    let on = |cpu: usize| -> io::Result<Vec<f64>> {
        let mut set = CpuSet::new();
        set.set(cpu)?;
        sched_setaffinity(Pid::from_raw(0), &set)?;
        let begin = Instant::now();
        let mut late = Vec::new();
        while begin.elapsed() < time {
            let asleep = Instant::now();
            thread::sleep(SLEEP);
            late.push(asleep.elapsed().saturating_sub(SLEEP).as_secs_f64() * 1e6);
        }
        Ok(late)
    };
    let results = thread::scope(|scope| {
        let threads: Vec<_> = cpus.iter().map(|cpu| scope.spawn(move || on(*cpu))).collect();
        threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
    });
    let mut all = Vec::new();
    for result in results {
        all.extend(result.unwrap_or_else(|_| Err(io::Error::other("a measuring thread ended")))?);
    }
    Ok(all)
}
