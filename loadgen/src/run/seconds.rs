//! A run second by second: what the cores say of the same second is put together once all have said it, beside the
//! processor time of the broker.

use std::collections::{BTreeMap, VecDeque};

use crate::host;
use crate::outcome::{Interval, Quantiles};
use crate::plan::{Plan, Rate};
use crate::progress::Progress;
use crate::recorder::{Slice, Window};
use crate::view::Snapshot;
use crate::worker::SECOND_NS;

/// The seconds of a run.
pub struct Seconds {
    cores: u16,
    rate: Rate,
    broker_pid: Option<u32>,
    /// The measured time, once it is known.
    pub window: Window,
    /// Seconds that not every core has spoken of yet.
    begun: BTreeMap<u64, Begun>,
    done: Vec<Interval>,
    /// How much of `done` has been shown.
    shown: usize,
    busy: VecDeque<Vec<f64>>,
    /// Processor time at the end of each second: the cores', and the broker's.
    cpu_ns: Vec<(Vec<u64>, Option<u64>)>,
    first_cpu_ns: (Vec<u64>, Option<u64>),
    stolen_ns: Option<u64>,
    errors: BTreeMap<String, u64>,
}

struct Begun {
    slice: Slice,
    cpu_ns: Vec<u64>,
    heard: u16,
}

impl Seconds {
    /// Of a run on so many cores, against a broker that is this process, if it is known.
    #[must_use]
    pub fn new(cores: u16, rate: Rate, broker_pid: Option<u32>) -> Seconds {
        Seconds {
            cores,
            rate,
            broker_pid,
            window: Window::NONE,
            begun: BTreeMap::new(),
            done: Vec::new(),
            shown: 0,
            busy: VecDeque::new(),
            cpu_ns: Vec::new(),
            first_cpu_ns: (vec![0; cores.into()], broker_pid.and_then(host::process_cpu_ns)),
            stolen_ns: host::stolen_ns(),
            errors: BTreeMap::new(),
        }
    }

    /// Takes what a core says of a second.
    pub fn take(&mut self, core: u16, number: u64, slice: Slice, cpu_ns: u64) {
        let begun = self.begun.entry(number).or_insert_with(|| Begun {
            slice: Slice::default(),
            cpu_ns: vec![0; self.cores.into()],
            heard: 0,
        });
        begun.slice.add(&slice);
        begun.cpu_ns[usize::from(core)] = cpu_ns;
        begun.heard += 1;
        while let Some(first) = self.begun.first_entry().filter(|first| first.get().heard == self.cores) {
            let (number, begun) = first.remove_entry();
            self.close(number, begun);
        }
    }

    fn close(&mut self, number: u64, begun: Begun) {
        let broker = self.broker_pid.and_then(host::process_cpu_ns);
        let (before, broker_before) = self.cpu_ns.last().unwrap_or(&self.first_cpu_ns);
        let part = |now: u64, before: u64| now.saturating_sub(before) as f64 / SECOND_NS as f64;
        let busy: Vec<f64> = begun.cpu_ns.iter().zip(before).map(|(now, before)| part(*now, *before)).collect();
        let at_ns = number * SECOND_NS;
        let counts = begun.slice.counts;
        for (name, count) in &counts.errors {
            *self.errors.entry(name.clone()).or_default() += count;
        }
        self.done.push(Interval {
            at_ms: at_ns / 1_000_000,
            for_ms: SECOND_NS / 1_000_000,
            measured: self.window.holds(at_ns),
            sent: counts.sent,
            acked: counts.acked,
            acked_bytes: counts.acked_bytes,
            consumed: counts.consumed,
            consumed_bytes: counts.consumed_bytes,
            errors: counts.errors,
            response: Quantiles::of(&begun.slice.response),
            lag: Quantiles::of(&begun.slice.lag),
            end_to_end: Quantiles::of(&begun.slice.end_to_end),
            generator_cpu_ratio: busy.iter().copied().fold(0.0, f64::max),
            broker_cpu: broker.zip(*broker_before).map(|(now, before)| part(now, before)),
        });
        self.busy.push_back(busy);
        self.cpu_ns.push((begun.cpu_ns, broker));
    }

    /// The seconds that are over.
    #[must_use]
    pub fn done(&self) -> &[Interval] {
        &self.done
    }

    /// The next second that was not shown yet.
    pub fn next_snapshot(&mut self, progress: &Progress, plan: &Plan) -> Option<Snapshot> {
        let interval = self.done.get(self.shown)?.clone();
        self.shown += 1;
        let (acked, consumed) = (progress.acked.get(), progress.consumed.get());
        let groups = u64::from(plan.consumers.groups);
        let readers = plan.consumers.count() > 0;
        Some(Snapshot {
            intended_per_second: per_second_at(&self.rate, interval.at_ms),
            interval,
            in_flight: progress.in_flight.get(),
            unacked: progress.intended.get().saturating_sub(acked),
            backlog: readers.then(|| acked.saturating_sub(consumed / groups.max(1))),
            errors: self.errors.clone(),
            generator_cores: self.busy.pop_front().unwrap_or_default(),
            ..Snapshot::default()
        })
    }

    /// Processor time of the cores within the measured time, how busy the busiest was, and the broker's processor time.
    #[must_use]
    pub fn cpu_within(&self, window: Window) -> (u64, f64, Option<u64>) {
        let at = |ns: u64, round: fn(u64) -> u64| match round(ns) {
            0 => Some(&self.first_cpu_ns),
            n => self.cpu_ns.get(n as usize - 1).or(self.cpu_ns.last()),
        };
        let (from, to) = (at(window.from_ns, |ns| ns / SECOND_NS), at(window.to_ns, |ns| ns.div_ceil(SECOND_NS)));
        let Some(((from, broker_from), (to, broker_to))) = from.zip(to) else { return (0, 0.0, None) };
        let used: Vec<u64> = to.iter().zip(from).map(|(to, from)| to.saturating_sub(*from)).collect();
        let last = (self.cpu_ns.len() as u64).min(window.to_ns.div_ceil(SECOND_NS));
        let wall_ns = last.saturating_sub(window.from_ns / SECOND_NS).max(1) * SECOND_NS;
        let busiest = used.iter().copied().max().unwrap_or(0) as f64 / wall_ns as f64;
        let broker = broker_to.zip(*broker_from).map(|(to, from)| to.saturating_sub(from));
        (used.iter().sum(), busiest, broker)
    }

    /// Processor time the hypervisor took since the run began.
    #[must_use]
    pub fn stolen_within(&self) -> Option<u64> {
        host::stolen_ns().zip(self.stolen_ns).map(|(now, before)| now.saturating_sub(before))
    }

    /// All of them, each marked as measured or not.
    #[must_use]
    pub fn into_intervals(mut self) -> Vec<Interval> {
        for interval in &mut self.done {
            interval.measured = self.window.holds(interval.at_ms * 1_000_000);
        }
        self.done
    }
}

/// Records a second the schedule asks for at a time.
fn per_second_at(rate: &Rate, at_ms: u64) -> Option<f64> {
    match rate {
        Rate::Steps { steps } => {
            let mut until_ms = 0;
            let step = steps.iter().find(|step| {
                until_ms += step.for_ms;
                at_ms < until_ms
            });
            step.or(steps.last()).map(|step| step.per_second)
        }
        Rate::Sine { per_second, amplitude, period_ms } => {
            let angle = std::f64::consts::TAU * at_ms as f64 / *period_ms as f64;
            Some(per_second * (1.0 + amplitude * angle.sin()))
        }
        rate => rate.per_second(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(acked: u64) -> Slice {
        let mut slice = Slice::default();
        slice.counts.acked = acked;
        slice
    }

    #[test]
    fn a_second_is_over_when_every_core_has_spoken() {
        let mut seconds = Seconds::new(2, Rate::Max, None);
        seconds.window = Window { from_ns: SECOND_NS, to_ns: 2 * SECOND_NS };
        seconds.take(0, 0, slice(1), SECOND_NS / 2);
        seconds.take(0, 1, slice(2), SECOND_NS);
        assert_eq!(seconds.done().len(), 0);
        seconds.take(1, 0, slice(10), SECOND_NS / 4);
        seconds.take(1, 1, slice(20), SECOND_NS);
        assert_eq!(seconds.done().iter().map(|second| second.acked).collect::<Vec<_>>(), [11, 22]);
        let (used, busiest, broker) = seconds.cpu_within(seconds.window);
        assert_eq!((used, busiest, broker), (SECOND_NS / 2 + SECOND_NS / 4 * 3, 0.75, None));
        let intervals = seconds.into_intervals();
        assert_eq!((intervals[0].measured, intervals[1].measured), (false, true));
        assert!((intervals[0].generator_cpu_ratio - 0.5).abs() < 1e-9);
    }
}
