//! The clock all cores share, and one core's timers: a heap by deadline, nothing ticks.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::seam::{LocalFuture, Tick, Timer};

/// Now, on the process's clock.
pub(crate) fn now() -> Tick {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = START.get_or_init(Instant::now);
    Tick(start.elapsed().as_nanos() as u64)
}

/// Milliseconds since the Unix epoch.
pub(crate) fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // a clock before 1970 is wrong by more than this
    since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// One core's timers.
#[derive(Default)]
pub(crate) struct Timers {
    /// By deadline; the number tells equal deadlines apart.
    waiting: RefCell<BTreeMap<(Tick, u64), Waker>>,
    started: Cell<u64>,
    /// By when something is expected.
    expected: Cell<Option<Tick>>,
}

impl Timers {
    /// By when something is expected, if that is still to come.
    pub(crate) fn expected(&self) -> Option<Tick> {
        let until = self.expected.take()?;
        let still = (until > now()).then_some(until);
        self.expected.set(still);
        still
    }

    /// Wakes what is due at `now`. The next deadline, if there is one.
    pub(crate) fn fire(&self, now: Tick) -> Option<Tick> {
        loop {
            let mut waiting = self.waiting.borrow_mut();
            let first = waiting.first_entry()?;
            let at = first.key().0;
            if at > now {
                return Some(at);
            }
            let waker = first.remove();
            drop(waiting);
            waker.wake();
        }
    }
}

/// The seam's timer over [`Timers`].
pub(crate) struct CoreTimer(pub(crate) Rc<Timers>);

impl Timer for CoreTimer {
    fn now(&self) -> Tick {
        now()
    }

    fn wall_ms(&self) -> i64 {
        wall_ms()
    }

    fn sleep_until(&self, at: Tick) -> LocalFuture<()> {
        Box::pin(Sleep { timers: self.0.clone(), at, number: None })
    }

    fn expect(&self, until: Tick) {
        self.0.expected.set(Some(until));
    }
}

struct Sleep {
    timers: Rc<Timers>,
    at: Tick,
    /// Its number while it is in the heap.
    number: Option<u64>,
}

impl Future for Sleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if now() >= self.at {
            self.forget();
            return Poll::Ready(());
        }
        let number = self.number.unwrap_or_else(|| self.timers.started.replace(self.timers.started.get() + 1));
        self.number = Some(number);
        self.timers.waiting.borrow_mut().insert((self.at, number), cx.waker().clone());
        Poll::Pending
    }
}

impl Sleep {
    fn forget(&mut self) {
        if let Some(number) = self.number.take() {
            let waker = self.timers.waiting.borrow_mut().remove(&(self.at, number));
            drop(waker);
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}
