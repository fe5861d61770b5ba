//! One core of the generator: its producers and consumers, told when to begin, what is measured and when to end; it says each
//! second what it saw, and everything at the end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use thalweg_rt::{Core, Port, Share as Urgency, Tick};

use crate::client::Cluster;
use crate::client::wait::{rest, until};
use crate::clock::{RunClock, Start, wall_ns};
use crate::consumer::Readers;
use crate::failure::{Code, Failure};
use crate::ledger::{ReadLedger, SentLedger};
use crate::payload::Payloads;
use crate::plan::Plan;
use crate::producer::Writers;
use crate::producer::feeder::{Feeder, churn, look_after};
use crate::progress::Progress;
use crate::recorder::{Measured, Recorder, Slice, Window};
use crate::schedule::{Schedule, Share};

/// What a core needs to know to take part in a run.
#[derive(Clone)]
pub struct Seat {
    /// The plan; valid.
    pub plan: Arc<Plan>,
    /// The cluster as it was found.
    pub cluster: Arc<Cluster>,
    /// Which run: values of others are not mistaken for its own.
    pub run: u32,
    /// Number of this process's first worker in the run, and how many the run has.
    pub first_worker: u32,
    /// All workers of the run.
    pub workers: u32,
    /// What cores tell without words.
    pub progress: Arc<Progress>,
    /// Where words go.
    pub words: Sender<Word>,
}

/// What a core is told.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// The load begins then.
    Begin(Start),
    /// This time is measured; it has not begun yet, or ends earlier than was said before.
    Measure(Window),
    /// The backlog is there: consumers begin.
    Drain,
    /// Say what you know and end.
    End,
}

/// What a core says.
pub enum Word {
    /// Everything is connected; now is this.
    Ready {
        /// The core's clock.
        tick: Tick,
        /// The wall clock at the same moment.
        wall_ns: u64,
    },
    /// A second is over.
    Second {
        /// The worker, among those of this process.
        worker: u16,
        /// Which second, counted from zero.
        number: u64,
        /// What it saw.
        slice: Box<Slice>,
        /// Processor time of the core since its thread began.
        cpu_ns: u64,
    },
    /// Every record is done with.
    Fed,
    /// The end.
    Report(Box<Report>),
    /// It cannot go on.
    Failed(Failure),
}

/// What a core knows at the end.
pub struct Report {
    /// What it measured.
    pub measured: Measured,
    /// What it sent, in a verified run.
    pub sent: Option<SentLedger>,
    /// What each group read, in a verified run.
    pub read: BTreeMap<u32, ReadLedger>,
}

/// How long connecting everything may take.
const CONNECT_TIME: Duration = Duration::from_secs(120);
const LOOK_UP: Duration = Duration::from_millis(2);
/// How long consumers may take to leave their groups.
const LEAVE_TIME: Duration = Duration::from_secs(3);

/// One core's part of a run.
pub async fn work(core: Core, port: Rc<Port<Order>>, seat: Seat) {
    if let Err(failure) = take_part(&core, &port, &seat).await {
        // whoever listens is gone only if the run has failed already
        seat.words.send(Word::Failed(failure)).ok();
    }
}

async fn take_part(core: &Core, port: &Rc<Port<Order>>, seat: &Seat) -> Result<(), Failure> {
    let worker = seat.first_worker + u32::from(core.id.0);
    let share = Share { worker, workers: seat.workers, producers: seat.plan.producers.count };
    let clock = Rc::new(RunClock::new(core));
    let recorder = Rc::new(RefCell::new(Recorder::default()));
    let payloads = Payloads::new(&seat.plan, worker)
        .map_err(|error| Failure::new(Code::File, format!("the corpus cannot be read: {error}")))?;
    let parts = (clock.clone(), recorder.clone(), seat.progress.clone());
    let writers = Writers::new(core, &seat.plan, share, seat.run, &seat.cluster, payloads, parts.clone());
    let readers = Readers::new(core, &seat.plan, seat.run, &seat.cluster, parts);
    writers.borrow_mut().connect_all();
    core.spawn.spawn(Urgency::Foreground, Box::pin(look_after(writers.clone(), core.clone())));
    let consumers = readers.start(worker, seat.workers);
    let late = core.timer.now() + CONNECT_TIME;
    while !writers.borrow().all_connected() || readers.placed() < consumers {
        if core.timer.now() > late {
            let message = format!("connections did not open within {} seconds", CONNECT_TIME.as_secs());
            return Err(Failure::new(Code::Unreachable, message)
                .hint("does the broker take so many? its limits, and `ulimit -n` on both sides"));
        }
        rest(core, LOOK_UP).await;
    }
    let say = |word| drop(seat.words.send(word));
    say(Word::Ready { tick: core.timer.now(), wall_ns: wall_ns() });
    loop {
        match poll_fn(|cx| port.poll_recv(cx)).await {
            Order::Begin(start) => {
                clock.begin(start);
                let schedule = Schedule::new(&seat.plan.rate, share, seat.plan.seed);
                let feeder = Feeder::new(schedule);
                let (fed, words, feeding) = (writers.clone(), seat.words.clone(), core.clone());
                let feed = async move {
                    until(&feeding, start.tick).await;
                    feeder.run(fed, feeding).await;
                    words.send(Word::Fed).ok();
                };
                core.spawn.spawn(Urgency::Foreground, Box::pin(feed));
                if let Some(plan) = seat.plan.churn {
                    let per_second = plan.per_second / f64::from(seat.workers);
                    core.spawn.spawn(Urgency::Foreground, Box::pin(churn(writers.clone(), core.clone(), per_second)));
                }
                let count = count_seconds(core.clone(), clock.clone(), recorder.clone(), seat.words.clone());
                core.spawn.spawn(Urgency::Foreground, Box::pin(count));
            }
            Order::Measure(window) => {
                recorder.borrow_mut().measure(window);
                writers.borrow().nudge();
            }
            Order::Drain => readers.wake(),
            Order::End => break,
        }
    }
    writers.borrow_mut().abandon();
    readers.end();
    let late = core.timer.now() + LEAVE_TIME;
    while !readers.is_over() && core.timer.now() < late {
        rest(core, LOOK_UP).await;
    }
    writers.borrow_mut().end();
    let measured = recorder.borrow_mut().take_measured();
    let sent = writers.borrow_mut().take_ledger();
    let report = Report { measured, sent, read: readers.take_ledgers() };
    say(Word::Report(Box::new(report)));
    Ok(())
}

async fn count_seconds(core: Core, clock: Rc<RunClock>, recorder: Rc<RefCell<Recorder>>, words: Sender<Word>) {
    let number = Cell::new(0);
    loop {
        until(&core, clock.tick((number.get() + 1) * SECOND_NS)).await;
        let slice = Box::new(recorder.borrow_mut().take_slice());
        let word = Word::Second { worker: core.id.0, number: number.get(), slice, cpu_ns: thread_cpu_ns() };
        if words.send(word).is_err() {
            return;
        }
        number.set(number.get() + 1);
    }
}

/// A second.
pub const SECOND_NS: u64 = 1_000_000_000;

/// Processor time of this thread.
fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    // the kernel has had this clock for twenty years
    time.map_or(0, |time| Duration::from(time).as_nanos() as u64)
}
