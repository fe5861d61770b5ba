//! The task that gives a core's producers their records: those of the schedule, each no sooner than it should leave, or as
//! many as the connections take in a closed loop.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use thalweg_rt::Core;

use super::{SWEEP_EVERY, Writers};
use crate::client::cluster::{ask_metadata, connect_any, leaders_of};
use crate::client::wait::rest;
use crate::schedule::Schedule;

/// Records given in one go, before answers are looked at.
const TURN_RECORDS: u32 = 256;
/// How fine the feeder looks at time: what becomes due within this, a fiftieth of the linger, is done in one go.
const GRAIN_NS_MAX: u64 = 250_000;
const GRAIN_NS_MIN: u64 = 10_000;
/// How long asking for leaders rests.
const LEADERS_EVERY: Duration = Duration::from_millis(100);
const LEADERS_TIME: Duration = Duration::from_secs(5);

/// Gives records.
pub struct Feeder {
    schedule: Option<Schedule>,
    /// Since when there was no room.
    blocked: bool,
    /// The producer whose turn it is in a closed loop.
    turn: usize,
}

/// What the feeder waits for.
enum Next {
    /// More is to be done at once.
    Again,
    /// A time.
    At(u64),
    /// Something to be done with.
    Change,
    /// Nothing: every record is done with, and no more comes.
    Done,
}

impl Feeder {
    /// By a schedule; none: a closed loop.
    #[must_use]
    pub fn new(schedule: Option<Schedule>) -> Feeder {
        Feeder { schedule, blocked: false, turn: 0 }
    }

    /// Gives records until the measured time is over and all of them are done with.
    pub async fn run(mut self, writers: Rc<RefCell<Writers>>, core: Core) {
        loop {
            let next = self.step(&mut writers.borrow_mut());
            match next {
                Next::Again => core.spawn.yield_now().await,
                Next::At(at_ns) => self.wait(&writers, &core, Some(at_ns)).await,
                Next::Change => self.wait(&writers, &core, None).await,
                Next::Done => return,
            }
        }
    }

    async fn wait(&self, writers: &Rc<RefCell<Writers>>, core: &Core, at_ns: Option<u64>) {
        let at = at_ns.map(|at_ns| writers.borrow().clock.tick(at_ns));
        let mut timer = at.map(|at| core.timer.sleep_until(at));
        let mut registered = false;
        // a change matters only to who waits for room or for the end, and in a closed loop
        let hears = timer.is_none() || self.blocked || self.schedule.is_none();
        poll_fn(|cx| {
            if let Some(timer) = &mut timer
                && Pin::new(timer).poll(cx).is_ready()
            {
                return Poll::Ready(());
            }
            if registered && hears {
                return Poll::Ready(());
            }
            if hears {
                writers.borrow().changed.register(cx);
            }
            registered = true;
            Poll::Pending
        })
        .await;
    }

    fn step(&mut self, writers: &mut Writers) -> Next {
        let now_ns = writers.clock.now_ns();
        let end_ns = writers.recorder.borrow().window().to_ns;
        if writers.ended {
            return Next::Done;
        }
        let more = match self.schedule {
            Some(_) => self.feed_schedule(writers, now_ns, end_ns),
            None => self.feed_closed(writers, now_ns, end_ns),
        };
        writers.expire(now_ns);
        writers.pump_dirty(now_ns);
        let due_ns = writers.next_due_ns();
        let grain_ns = (writers.plan.producers.linger_us * 1000 / 50).clamp(GRAIN_NS_MIN, GRAIN_NS_MAX);
        let at = |at_ns: u64| Next::At(at_ns.max(now_ns + grain_ns));
        match more {
            More::Now => Next::Again,
            More::At(at_ns) => at(due_ns.map_or(at_ns, |due| due.min(at_ns))),
            More::WithRoom => due_ns.map_or(Next::Change, at),
            More::Never if writers.is_idle() => Next::Done,
            More::Never => due_ns.map_or(Next::Change, at),
        }
    }

    fn feed_schedule(&mut self, writers: &mut Writers, now_ns: u64, end_ns: u64) -> More {
        let Some(schedule) = &mut self.schedule else { return More::Never };
        for _ in 0..TURN_RECORDS {
            let due = schedule.peek();
            if due.at_ns >= end_ns {
                return More::Never;
            }
            if due.at_ns > now_ns {
                return More::At(due.at_ns);
            }
            if writers.buffered_bytes >= writers.plan.producers.buffer_bytes {
                if now_ns >= end_ns {
                    while schedule.peek().at_ns < end_ns {
                        writers.recorder.borrow_mut().unsent(schedule.take().at_ns, now_ns);
                    }
                    return More::Never;
                }
                self.blocked = true;
                return More::WithRoom;
            }
            if std::mem::take(&mut self.blocked) {
                writers.room_since_ns = now_ns;
            }
            schedule.take();
            writers.add(due.producer, due.at_ns, due.at_ns.max(writers.room_since_ns), now_ns);
        }
        More::Now
    }

    /// One batch more for each producer that has fewer complete than its connections take.
    fn feed_closed(&mut self, writers: &mut Writers, now_ns: u64, end_ns: u64) -> More {
        if now_ns >= end_ns {
            return More::Never;
        }
        let producers = writers.producers.len();
        for _ in 0..producers {
            let index = self.turn % producers;
            let wanted = writers.plan.producers.in_flight * writers.producers[index].links.len().max(1) as u32;
            if writers.producers[index].outstanding >= wanted {
                self.turn += 1;
                continue;
            }
            let before = writers.producers[index].outstanding;
            for _ in 0..TURN_RECORDS {
                if writers.buffered_bytes >= writers.plan.producers.buffer_bytes {
                    return More::WithRoom;
                }
                writers.add(index as u32, now_ns, now_ns, now_ns);
                if writers.producers[index].outstanding > before {
                    self.turn += 1;
                    break;
                }
            }
            return More::Now;
        }
        More::WithRoom
    }
}

enum More {
    Now,
    At(u64),
    WithRoom,
    Never,
}

/// Looks after what nobody answers, and asks who leads when somebody does not.
pub async fn look_after(writers: Rc<RefCell<Writers>>, core: Core) {
    let topics = writers.borrow().topics.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
    let mut next_sweep = core.timer.now() + SWEEP_EVERY;
    loop {
        rest(&core, LEADERS_EVERY).await;
        if writers.borrow().ended {
            return;
        }
        if core.timer.now() >= next_sweep {
            writers.borrow_mut().sweep();
            next_sweep = core.timer.now() + SWEEP_EVERY;
        }
        if !writers.borrow().leaders_are_stale {
            continue;
        }
        let plan = writers.borrow().plan.clone();
        let asked = match connect_any(&core, &plan, LEADERS_TIME).await {
            Ok(connection) => ask_metadata(&connection, &topics).await,
            Err(error) => Err(error),
        };
        if let Ok(answer) = asked {
            let mut writers = writers.borrow_mut();
            let leaders = leaders_of(&answer, &topics, &writers.leaders);
            writers.led_by(leaders);
        }
    }
}

/// Closes connections in turn, so many a second.
pub async fn churn(writers: Rc<RefCell<Writers>>, core: Core, per_second: f64) {
    let pause = Duration::from_secs_f64(1.0 / per_second);
    let mut at = core.timer.now();
    for turn in 0.. {
        at = at + pause;
        core.timer.sleep_until(at).await;
        if writers.borrow().ended {
            return;
        }
        writers.borrow_mut().churn(turn);
    }
}
