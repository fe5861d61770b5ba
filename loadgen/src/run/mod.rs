//! One run from a plan to an outcome: find the cluster, start the cores, let them warm up, measure, wait for the last answers,
//! judge. Runs on an ordinary thread beside the cores and speaks to them once a second.

mod seconds;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use thalweg_rt::{Config, CoreId, Running, Tick, UNPINNED, launch};

use self::seconds::Seconds;
use crate::client::{Cluster, cluster};
use crate::clock::{Start, wall_ns};
use crate::ephemeral::Ephemeral;
use crate::failure::{Code, Failure};
use crate::host;
use crate::ledger::{ReadLedger, SentLedger, verify};
use crate::outcome::{
    Clock, Cpu, Drained, Latencies, Latency, Outcome, SCHEMA_VERSION, Target, Totals, Verification, WarmedUp,
};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::recorder::{Measured, Window};
use crate::verdict::{Conduct, judge};
use crate::view::{Live, Phase, Wish};
use crate::warmup::{Settling, Warm};
use crate::worker::{Order, Report, SECOND_NS, Seat, Word, work};

/// Which part of a run this process makes, and when it begins.
pub struct Part<'a> {
    /// Which run.
    pub run: u32,
    /// Its first worker in the run.
    pub first_worker: u32,
    /// All workers of the run; none: those of this process are all.
    pub workers: Option<u32>,
    /// Called when everything is connected: when to begin, on the wall clock; none: at once.
    pub gate: &'a mut dyn FnMut() -> Result<Option<u64>, Failure>,
}

/// Runs a plan on this host.
pub fn run(plan: &Plan, live: &mut Live) -> Result<Outcome, Failure> {
    let mut at_once = || Ok(None);
    run_part(plan, live, Part { run: new_run(plan.seed), first_worker: 0, workers: None, gate: &mut at_once })
}

/// A number that tells this run's values from others'.
#[must_use]
pub fn new_run(seed: u64) -> u32 {
    crate::random::Random::new(seed, wall_ns()).next() as u32
}

/// How long answers are waited for after the measured time, and consumers that get nothing more.
const ANSWERS_TIME: Duration = Duration::from_secs(10);
const CONSUMERS_TIME: Duration = Duration::from_secs(30);
const STANDSTILL: Duration = Duration::from_secs(5);
/// How often the cores' progress is looked at.
const LOOK_UP: Duration = Duration::from_millis(20);
/// From everything connected to the first record.
const RUN_UP: Duration = Duration::from_millis(50);
/// How long cores may take to say something: connecting, and the end.
const READY_TIME: Duration = Duration::from_secs(150);
const END_TIME: Duration = Duration::from_secs(20);

/// Runs this process's part of a plan.
pub fn run_part(plan: &Plan, live: &mut Live, part: Part<'_>) -> Result<Outcome, Failure> {
    plan.validate().map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::new(Code::Plan, format!("the plan has problems:\n  {}", lines.join("\n  ")))
    })?;
    let mut plan = plan.clone();
    let ephemeral = if plan.bootstrap.is_empty() { Some(Ephemeral::start()?) } else { None };
    if let Some(broker) = &ephemeral {
        plan.bootstrap = vec![broker.address().to_owned()];
    }
    let cores = plan.cores.unwrap_or_else(|| (host::cpus() / 2).max(1) as u16);
    plan.cores = Some(cores);
    let plan = Arc::new(plan);
    let cluster = Arc::new(find_cluster(&plan)?);
    let (words, heard) = mpsc::channel();
    let seat = Seat {
        plan: plan.clone(),
        cluster: cluster.clone(),
        run: part.run,
        first_worker: part.first_worker,
        workers: part.workers.unwrap_or(cores.into()),
        progress: Arc::default(),
        words,
    };
    let progress = seat.progress.clone();
    let running = start_cores(&plan, cores, seat)?;
    let broker = plan.bootstrap.first().and_then(|address| host::listener(address));
    let mut conductor = Conductor {
        plan: &plan,
        cores,
        running: &running,
        heard,
        progress: &progress,
        live,
        seconds: Seconds::new(cores, plan.rate.clone(), broker.as_ref().map(|broker| broker.pid)),
        window: Window::NONE,
        warmup: WarmedUp { took_ms: 0, settled: false },
        phase: Phase::Preparing,
        began: Instant::now(),
        fed: 0,
        backlog: None,
        is_part: part.workers.is_some(),
        stop: false,
    };
    let played = conductor.play(part.gate);
    let backlog = conductor.backlog;
    let (window, warmup, stopped) = (conductor.window, conductor.warmup, conductor.stop);
    let seconds = conductor.seconds;
    for core in 0..cores {
        running.door(CoreId(core)).send(Order::End);
    }
    let (start, reports) = played?;
    running.join().map_err(|error| Failure::new(Code::Cores, error.to_string()))?;
    let mut remarks = Vec::new();
    if stopped {
        remarks.push("the run was ended before its time".to_owned());
    }
    if part.workers.is_some() {
        remarks
            .push("with agents the warm-up is its maximum, and end-to-end latency a difference of wall clocks".into());
    } else if !warmup.settled && plan.warmup.max_ms > 0 && plan.backlog.is_none() {
        remarks.push("the warm-up ended at its maximum, before its last seconds agreed".to_owned());
    }
    if plan.rate.is_closed_loop() {
        remarks.push(
            "a closed loop: every record waited for the answers before it; its latency is no service level".into(),
        );
    }
    if plan.topics.delete && ephemeral.is_none() {
        delete_topics(&plan, &cluster, &mut remarks);
    }
    let target = Target {
        bootstrap: plan.bootstrap.clone(),
        cluster_id: cluster.id.clone(),
        brokers: cluster.brokers.iter().map(|(id, address)| format!("{id} {address}")).collect(),
        process: broker.map(|broker| broker.name),
        ephemeral: ephemeral.is_some(),
    };
    let is_part = part.workers.is_some();
    let known = Known { plan: &plan, start, window, warmup, backlog, target, remarks, is_part };
    outcome(known, seconds, reports)
}

/// Finds the cluster and creates its topics, before agents look for both.
pub fn find_cluster_first(plan: &Plan) -> Result<(), Failure> {
    find_cluster(&Arc::new(plan.clone())).map(drop)
}

/// Finds the cluster on a core of its own, before there are others.
fn find_cluster(plan: &Arc<Plan>) -> Result<Cluster, Failure> {
    on_a_core(plan, |core, plan| Box::pin(async move { cluster::prepare(&core, &plan).await }))?
}

fn delete_topics(plan: &Arc<Plan>, found: &Arc<Cluster>, remarks: &mut Vec<String>) {
    let found = found.clone();
    let deleted = on_a_core(plan, move |core, plan| {
        let found = found.clone();
        Box::pin(async move { cluster::delete(&core, &plan, &found).await.map_err(|error| error.to_string()) })
    });
    if let Ok(Err(error)) = deleted {
        remarks.push(format!("the topics were not deleted: {error}"));
    }
}

/// Runs something on a core that is started for it.
fn on_a_core<T: Send + 'static>(
    plan: &Arc<Plan>,
    job: impl Fn(thalweg_rt::Core, Arc<Plan>) -> thalweg_rt::LocalFuture<T> + Send + Sync + 'static,
) -> Result<T, Failure> {
    let (tell, told) = mpsc::channel();
    let plan = plan.clone();
    let running = launch::<()>(Config::unpinned(1), move |core, _| {
        let (job, tell) = (job(core, plan.clone()), tell.clone());
        Box::pin(async move {
            tell.send(job.await).ok();
        })
    });
    let running = running.map_err(|error| Failure::new(Code::Cores, error.to_string()))?;
    let result = told.recv();
    running.join().map_err(|error| Failure::new(Code::Cores, error.to_string()))?;
    result.map_err(|_| Failure::new(Code::Cores, "a core ended without a word"))
}

fn start_cores(plan: &Plan, cores: u16, seat: Seat) -> Result<Running<Order>, Failure> {
    /// Memory of a core's pool at the most; batches beyond it come from the allocator.
    const POOL_BYTES_MAX: u64 = 256 << 20;
    let pool = (plan.producers.buffer_bytes + plan.producers.buffer_bytes / 2).min(POOL_BYTES_MAX);
    let config = Config {
        cores: vec![UNPINNED; cores.into()],
        receive_buffers: 256,
        pool_bytes: pool as usize,
        mesh_slots: 64,
        ..Config::unpinned(cores.into())
    };
    launch(config, move |core, port| Box::pin(work(core, port, seat.clone())))
        .map_err(|error| Failure::new(Code::Cores, error.to_string()))
}

/// The thread beside the cores.
struct Conductor<'a> {
    plan: &'a Plan,
    cores: u16,
    running: &'a Running<Order>,
    heard: Receiver<Word>,
    progress: &'a Progress,
    live: &'a mut Live,
    seconds: Seconds,
    window: Window,
    warmup: WarmedUp,
    phase: Phase,
    began: Instant,
    /// Cores whose records are all done with.
    fed: u16,
    backlog: Option<Drained>,
    /// Others make other parts of the same run.
    is_part: bool,
    /// Whoever watches wants the end.
    stop: bool,
}

impl Conductor<'_> {
    fn play(
        &mut self,
        gate: &mut dyn FnMut() -> Result<Option<u64>, Failure>,
    ) -> Result<(Start, Vec<Report>), Failure> {
        let start = self.begin(gate)?;
        let drain_from = self.warm_up()?;
        self.measure(drain_from)?;
        self.wait_for_answers()?;
        self.wait_for_consumers()?;
        Ok((start, self.end()?))
    }

    fn tell_all(&self, order: Order) {
        for core in 0..self.cores {
            self.running.door(CoreId(core)).send(order);
        }
    }

    /// Waits until every core is connected, and says when to begin.
    fn begin(&mut self, gate: &mut dyn FnMut() -> Result<Option<u64>, Failure>) -> Result<Start, Failure> {
        let (mut last, mut last_wall_ns) = (Tick(0), 0);
        for _ in 0..self.cores {
            match self.heard.recv_timeout(READY_TIME) {
                Ok(Word::Ready { tick, wall_ns }) if tick > last => (last, last_wall_ns) = (tick, wall_ns),
                Ok(Word::Ready { .. }) => {}
                Ok(Word::Failed(failure)) => return Err(failure),
                Ok(_) | Err(_) => return Err(Failure::new(Code::Cores, "a core did not become ready")),
            }
        }
        let wanted_wall_ns = gate()?;
        // all parts of a run have the same start, to the nanosecond, or they would not agree about what is measured; one that
        // hears of it late is behind its schedule
        let begin_ns = wanted_wall_ns.unwrap_or_else(|| wall_ns() + RUN_UP.as_nanos() as u64).max(last_wall_ns);
        let start = Start { tick: last + Duration::from_nanos(begin_ns - last_wall_ns), wall_ns: begin_ns };
        let run_up = Duration::from_nanos(begin_ns.saturating_sub(wall_ns()));
        if self.is_part || (self.plan.warmup.max_ms == 0 && self.plan.backlog.is_none()) {
            // the parts of one run measure one time, which none of them may choose
            self.warmup.took_ms = self.plan.warmup.max_ms;
            self.set_window(self.plan.warmup.max_ms * 1_000_000);
        }
        self.tell_all(Order::Begin(start));
        self.began = Instant::now() + run_up;
        Ok(start)
    }

    fn set_window(&mut self, from_ns: u64) {
        self.window = Window { from_ns, to_ns: from_ns + self.plan.duration_ms * 1_000_000 };
        self.seconds.window = self.window;
        self.tell_all(Order::Measure(self.window));
    }

    /// Lets the load settle, or the backlog build; then says what is measured. When consumers begin with a backlog.
    fn warm_up(&mut self) -> Result<Option<Instant>, Failure> {
        if let Some(backlog) = self.plan.backlog {
            self.phase = Phase::BuildingBacklog;
            let wanted = backlog.bytes;
            while self.progress.acked_bytes.get() < wanted && !self.stop {
                self.look(None)?;
            }
            let built_bytes = self.progress.acked_bytes.get();
            let build_ms = self.began.elapsed().as_millis() as u64;
            self.backlog = Some(Drained { built_bytes, build_ms, drain_ms: None });
            self.tell_all(Order::Drain);
            self.warmup.took_ms = build_ms;
            self.set_window(self.next_second_ns());
            return Ok(Some(Instant::now()));
        }
        if self.window != Window::NONE {
            return Ok(None);
        }
        self.phase = Phase::WarmUp;
        let mut settling = Settling::new(self.plan.warmup, &self.plan.rate);
        let mut seen = 0;
        while !self.stop {
            self.look(None)?;
            while seen < self.seconds.done().len() {
                let warm = settling.push(&self.seconds.done()[seen]);
                seen += 1;
                if warm != Warm::NotYet {
                    self.warmup = WarmedUp { took_ms: 0, settled: warm == Warm::Settled };
                    let from_ns = self.next_second_ns();
                    self.warmup.took_ms = from_ns / 1_000_000;
                    self.set_window(from_ns);
                    return Ok(None);
                }
            }
        }
        Err(Failure::new(Code::Invalid, "the run was ended before anything was measured"))
    }

    /// The next whole second of the run that is far enough away for every core to hear of it.
    fn next_second_ns(&self) -> u64 {
        let soon = self.began.elapsed() + Duration::from_millis(100);
        (soon.as_nanos() as u64).div_ceil(SECOND_NS) * SECOND_NS
    }

    fn measure(&mut self, drain_from: Option<Instant>) -> Result<(), Failure> {
        self.phase = Phase::Measuring;
        let end = self.began + Duration::from_nanos(self.window.to_ns);
        while Instant::now() < end && self.fed < self.cores {
            self.look(Some(end))?;
            if let (Some(backlog), Some(from), Some(drained)) = (self.plan.backlog, drain_from, &mut self.backlog)
                && drained.drain_ms.is_none()
            {
                let wanted = self.progress.acked.get() * u64::from(self.plan.consumers.groups);
                let left = wanted.saturating_sub(self.progress.consumed.get()) as f64;
                if left <= backlog.drained_ratio * wanted as f64 {
                    drained.drain_ms = Some(from.elapsed().as_millis() as u64);
                }
            }
            if self.stop {
                let now_ns = self.began.elapsed().as_nanos() as u64;
                self.window.to_ns = now_ns.max(self.window.from_ns + 1).min(self.window.to_ns);
                self.seconds.window = self.window;
                self.tell_all(Order::Measure(self.window));
                break;
            }
        }
        Ok(())
    }

    fn wait_for_answers(&mut self) -> Result<(), Failure> {
        self.phase = Phase::Draining;
        let late = Instant::now() + ANSWERS_TIME;
        while self.fed < self.cores && Instant::now() < late {
            self.look(Some(late))?;
        }
        Ok(())
    }

    fn wait_for_consumers(&mut self) -> Result<(), Failure> {
        if self.plan.consumers.count() == 0 {
            return Ok(());
        }
        // a part reads what others write: it does not know when that is all, and waits for a standstill
        let wanted = match self.is_part {
            true => u64::MAX,
            false => self.progress.acked.get() * u64::from(self.plan.consumers.groups),
        };
        let late = Instant::now() + CONSUMERS_TIME;
        let (mut last, mut moved) = (self.progress.consumed.get(), Instant::now());
        while last < wanted && Instant::now() < late && moved.elapsed() < STANDSTILL {
            self.look(Some(late))?;
            let now = self.progress.consumed.get();
            if now > last {
                (last, moved) = (now, Instant::now());
            }
        }
        if self.plan.verify {
            // what comes twice may come after everything has come once
            let a_moment = Instant::now() + LOOK_UP * 10;
            while Instant::now() < a_moment {
                self.look(Some(late))?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<Vec<Report>, Failure> {
        self.tell_all(Order::End);
        let mut reports = Vec::new();
        let late = Instant::now() + END_TIME;
        while reports.len() < usize::from(self.cores) {
            match self.heard.recv_timeout(late.saturating_duration_since(Instant::now())) {
                Ok(Word::Report(report)) => reports.push(*report),
                Ok(Word::Failed(failure)) => return Err(failure),
                Ok(word) => self.hear(word)?,
                Err(_) => return Err(Failure::new(Code::Cores, "a core did not say what it saw")),
            }
        }
        Ok(reports)
    }

    /// Waits a moment, hears what the cores say, shows it.
    fn look(&mut self, phase_ends: Option<Instant>) -> Result<(), Failure> {
        match self.live.wait(Instant::now() + LOOK_UP) {
            Ok(Wish::GoOn) => {}
            Ok(Wish::Stop) => self.stop = true,
            Err(error) => return Err(no_view(&error)),
        }
        while let Ok(word) = self.heard.try_recv() {
            self.hear(word)?;
        }
        while let Some(mut snapshot) = self.seconds.next_snapshot(self.progress, self.plan) {
            snapshot.phase = self.phase;
            snapshot.elapsed = self.began.elapsed();
            snapshot.left = phase_ends.map(|end| end.saturating_duration_since(Instant::now()));
            self.live.show(snapshot).map_err(|error| no_view(&error))?;
        }
        Ok(())
    }

    fn hear(&mut self, word: Word) -> Result<(), Failure> {
        match word {
            Word::Second { worker, number, slice, cpu_ns } => self.seconds.take(worker, number, *slice, cpu_ns),
            Word::Fed => self.fed += 1,
            Word::Failed(failure) => return Err(failure),
            Word::Ready { .. } | Word::Report(_) => {}
        }
        Ok(())
    }
}

fn no_view(error: &io::Error) -> Failure {
    Failure::new(Code::File, format!("standard error cannot be written to: {error}")).hint("show nothing: --quiet")
}

/// What is known besides what the cores say.
struct Known<'a> {
    plan: &'a Plan,
    start: Start,
    window: Window,
    warmup: WarmedUp,
    backlog: Option<Drained>,
    target: Target,
    remarks: Vec<String>,
    is_part: bool,
}

fn outcome(known: Known<'_>, seconds: Seconds, reports: Vec<Report>) -> Result<Outcome, Failure> {
    let Known { plan, start, window, warmup, backlog, target, mut remarks, is_part } = known;
    let bad = |error: crate::outcome::BadHistogram| Failure::new(Code::File, error.to_string());
    let mut measured = Measured::default();
    let mut sent: Option<SentLedger> = None;
    let mut read: BTreeMap<u32, ReadLedger> = BTreeMap::new();
    for report in reports {
        measured.add(&report.measured);
        match (&mut sent, report.sent) {
            (Some(all), Some(more)) => all.add(more),
            (all, more) => *all = all.take().or(more),
        }
        for (group, ledger) in report.read {
            match read.entry(group) {
                std::collections::btree_map::Entry::Vacant(entry) => drop(entry.insert(ledger)),
                std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().add(ledger),
            }
        }
    }
    let verification: Option<Verification> =
        sent.map(|sent| verify(&sent, &read.into_values().collect::<Vec<ReadLedger>>()));
    let closed_loop = plan.rate.is_closed_loop();
    let counts = &measured.counts;
    let measured_ns = window.to_ns.saturating_sub(window.from_ns);
    let (generator_ns, busiest_ratio, broker_ns) = seconds.cpu_within(window);
    let per_gib = |ns: u64| {
        let gib = counts.acked_bytes as f64 / f64::from(1 << 30);
        (gib > 0.0).then(|| ns as f64 / 1e9 / gib)
    };
    let verdict = judge(&plan.limits, &Conduct { lag: &measured.lag, busiest_ratio, closed_loop, acked: counts.acked });
    if counts.unsent > 0 {
        remarks.push(format!(
            "{} records never left: the broker did not take the rate, and the buffer was full of earlier ones",
            counts.unsent
        ));
    }
    let rate = |records: u64| records as f64 * 1e9 / measured_ns.max(1) as f64;
    let totals = Totals {
        intended: counts.intended,
        sent: counts.sent,
        acked: counts.acked,
        acked_bytes: counts.acked_bytes,
        failed: counts.failed,
        unanswered: counts.unanswered,
        unsent: counts.unsent,
        consumed: counts.consumed,
        consumed_bytes: counts.consumed_bytes,
        requests: counts.requests,
        batches: counts.batches,
        wire_bytes: counts.wire_bytes,
        retries: counts.retries,
        connects: counts.connects,
        errors: counts.errors.clone(),
        acked_per_second: rate(counts.acked),
        consumed_per_second: rate(counts.consumed),
    };
    Ok(Outcome {
        schema_version: SCHEMA_VERSION,
        generator_version: env!("CARGO_PKG_VERSION").to_owned(),
        plan: plan.clone(),
        began_ms: ((start.wall_ns + window.from_ns) / 1_000_000) as i64,
        measured_ns,
        warmup,
        verdict,
        closed_loop,
        totals,
        latency: Latencies {
            response: Latency::of(&measured.response).map_err(bad)?,
            service: Latency::of(&measured.service).map_err(bad)?,
            lag: Latency::of(&measured.lag).map_err(bad)?,
            end_to_end: Latency::of(&measured.end_to_end).map_err(bad)?,
            clock: if is_part { Clock::Wall } else { Clock::Monotonic },
        },
        cpu: Cpu {
            generator_cores: plan.cores.unwrap_or(1),
            generator_ns,
            generator_busiest_ratio: busiest_ratio,
            generator_seconds_per_gib: per_gib(generator_ns),
            broker_ns,
            broker_seconds_per_gib: broker_ns.and_then(per_gib),
            stolen_ns: seconds.stolen_within(),
        },
        intervals: seconds.into_intervals(),
        host: host::facts(),
        target,
        backlog,
        verification,
        remarks,
    })
}
