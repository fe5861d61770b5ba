//! Short measurements of this host, with ordinary blocking calls on threads: no part of the broker takes part in them.
//!
//! One [`pass`] takes about two seconds and gives the same figures in the same order each time, so that passes can be compared.

pub mod disk;
pub mod jitter;
pub mod loopback;

use std::time::Duration;

use serde::Serialize;

use self::disk::Scratch;
use crate::root::Root;

/// One figure of a pass.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: &'static str,
    /// The unit of the value.
    pub unit: &'static str,
    /// More is better; otherwise less is.
    pub more_is_better: bool,
    /// The value.
    pub value: f64,
}

fn figure(name: &'static str, unit: &'static str, more_is_better: bool, value: f64) -> Figure {
    Figure { name, unit, more_is_better, value }
}

/// Time spent on each kind of request to the disk in a pass.
const DISK: Duration = Duration::from_millis(300);
const JITTER: Duration = Duration::from_millis(300);
const LOOPBACK: Duration = Duration::from_millis(300);
const MIB: usize = 1 << 20;

/// Measures once: the disk where there is scratch space on it, the CPUs in `cpus`, the loopback.
pub fn pass(scratch: Option<&Scratch>, cpus: &[usize]) -> std::io::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if let Some(scratch) = scratch {
        let flush = scratch.flushes(1, DISK)?;
        figures.push(figure("flush 4 KiB p50", "us", false, flush.p50_us));
        figures.push(figure("flush 4 KiB p99", "us", false, flush.p99_us));
        figures.push(figure("flushes at depth 4", "/s", true, scratch.flushes(4, DISK)?.per_second));
        figures.push(figure("write 512 KiB at depth 4", "MiB/s", true, scratch.writes(MIB / 2, 4, DISK)?));
        figures.push(figure("read 1 MiB at depth 4", "MiB/s", true, scratch.reads(MIB, 4, DISK)?));
        figures.push(figure("read 1 MiB, cold page cache", "MiB/s", true, scratch.cached_reads(MIB, 1, DISK)?));
    }
    let late = jitter::late_us(cpus, JITTER)?;
    figures.push(figure("timer late p50", "us", false, quantile(&late, 0.5)));
    figures.push(figure("timer late p99", "us", false, quantile(&late, 0.99)));
    let trips = loopback::round_trips_us(LOOPBACK)?;
    figures.push(figure("loopback round trip p50", "us", false, quantile(&trips, 0.5)));
    figures.push(figure("loopback round trip p99", "us", false, quantile(&trips, 0.99)));
    Ok(figures)
}

/// The share of all CPUs' time that was used in `time`, by whomever: figures of a busy host are figures of its load. `None` where
/// the kernel does not tell.
pub fn busy_share(root: &Root, time: Duration) -> Option<f64> {
    let before = times(&root.text("/proc/stat")?)?;
    std::thread::sleep(time);
    let after = times(&root.text("/proc/stat")?)?;
    let (idle, all) = (after.0.checked_sub(before.0)?, after.1.checked_sub(before.1)?);
    (all > 0).then(|| 1.0 - idle as f64 / all as f64)
}

/// Ticks that all CPUs were idle or waited for a disk, and all ticks.
fn times(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user.
    let ticks: Vec<u64> = line.split_whitespace().take(8).map(|word| word.parse().ok()).collect::<Option<_>>()?;
    Some((ticks.get(3)? + ticks.get(4)?, ticks.iter().sum()))
}

/// The value that `share` of the values do not exceed; not a number where there are none. The values need no order.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let nth = (values.len() as f64 * share).ceil() as usize;
    values.get(nth.saturating_sub(1).min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| quantile(&values, share)), [1.0, 50.0, 99.0, 100.0]);
        assert_eq!(quantile(&[7.0], 0.5), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn ticks_are_idle_or_not() {
        assert_eq!(times("cpu  10 1 20 300 40 5 6 7 3 0\ncpu0 1 2 3"), Some((340, 389)));
        assert_eq!(times("cpu0 1 2 3"), None);
        assert!(busy_share(&Root::real(), Duration::from_millis(50)).is_some_and(|share| (0.0..=1.0).contains(&share)));
    }

    #[test]
    fn a_pass_gives_the_same_figures_each_time_and_all_are_measured() {
        let scratch = Scratch::new(&std::env::temp_dir()).ok();
        let names = |figures: Vec<Figure>| {
            assert!(figures.iter().all(|figure| figure.value > 0.0), "{figures:?}");
            figures.iter().map(|figure| figure.name).collect::<Vec<_>>()
        };
        let first = names(pass(scratch.as_ref(), &[0]).expect("measured"));
        assert_eq!(names(pass(scratch.as_ref(), &[0]).expect("measured")), first);
    }
}
