//! Tasks of one core: two run queues of `async-task` runnables, foreground and background.
//!
//! A task runs on the core that spawned it. Wakers may be used by any thread; from another one the task arrives through the
//! core's remote list. A turn runs the foreground tasks that were runnable when it began, then background tasks for a share
//! of that time if the foreground has more to do, or for a bounded slice if not. At least one background task runs per
//! turn, so none starves.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use async_task::Runnable;
use slab::Slab;

use crate::mesh::Wake;
use crate::seam::{LocalFuture, Share, Spawn};

/// Foreground tasks run per turn.
const FOREGROUND_MAX: usize = 256;
/// While the foreground is busy the background gets this fraction of its time.
const BACKGROUND_SHARE: u32 = 8;
/// The longest the background runs before the ring and the mesh are looked at.
const BACKGROUND_SLICE: Duration = Duration::from_micros(500);

/// Aborts the process when a panic unwinds through it: half-done state is worse than none.
pub(crate) struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("thalweg: a panic on a core or its helper; the process stops here");
            std::process::abort();
        }
    }
}

#[derive(Default)]
struct Queues {
    foreground: VecDeque<Runnable>,
    background: VecDeque<Runnable>,
}

thread_local! {
    /// Number of the executor of this thread, zero if none.
    static EXECUTOR: Cell<u64> = const { Cell::new(0) };
    static QUEUES: RefCell<Queues> = RefCell::new(Queues::default());
}

/// Tasks woken by other threads.
pub(crate) struct Remote {
    executor: u64,
    tasks: Mutex<Vec<(Share, Runnable)>>,
    some: AtomicBool,
    wake: Arc<dyn Wake>,
}

impl Remote {
    fn push(&self, share: Share, task: Runnable) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push((share, task));
        self.some.store(true, Ordering::Release);
        self.wake.wake();
    }
}

fn push(queues: &mut Queues, share: Share, task: Runnable) {
    match share {
        Share::Foreground => queues.foreground.push_back(task),
        Share::Background => queues.background.push_back(task),
    }
}

/// The executor of one thread.
pub(crate) struct Executor {
    remote: Arc<Remote>,
    /// A waker of every task alive, so that the end can reach them.
    alive: Rc<RefCell<Slab<Waker>>>,
}

impl Executor {
    /// The executor of this thread; `wake` makes the thread call [`Executor::take_remote`].
    pub(crate) fn new(wake: Arc<dyn Wake>) -> Rc<Executor> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let executor = NEXT.fetch_add(1, Ordering::Relaxed);
        EXECUTOR.set(executor);
        let remote = Remote { executor, tasks: Mutex::default(), some: AtomicBool::new(false), wake };
        Rc::new(Executor { remote: Arc::new(remote), alive: Rc::default() })
    }

    /// Moves the tasks other threads woke into the run queues. True if there were any.
    pub(crate) fn take_remote(&self) -> bool {
        if !self.remote.some.load(Ordering::Acquire) {
            return false;
        }
        self.remote.some.store(false, Ordering::Relaxed);
        let tasks = std::mem::take(&mut *self.remote.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        QUEUES.with_borrow_mut(|q| {
            for (share, task) in tasks {
                push(q, share, task);
            }
        });
        true
    }

    /// Whether a task is runnable.
    pub(crate) fn has_work(&self) -> bool {
        QUEUES.with_borrow(|q| !q.foreground.is_empty() || !q.background.is_empty())
    }

    /// One turn. `urgent` tells, between background tasks, that there is something else to do.
    pub(crate) fn turn(&self, urgent: impl Fn() -> bool) {
        let (foreground, background) = QUEUES.with_borrow(|q| (q.foreground.len(), q.background.len()));
        let start = (background > 0).then(Instant::now);
        for _ in 0..foreground.min(FOREGROUND_MAX) {
            let Some(task) = QUEUES.with_borrow_mut(|q| q.foreground.pop_front()) else { break };
            task.run();
        }
        let Some(start) = start else { return };
        let begin = Instant::now();
        let busy = foreground > 0;
        let slice = if busy { ((begin - start) / BACKGROUND_SHARE).min(BACKGROUND_SLICE) } else { BACKGROUND_SLICE };
        loop {
            let Some(task) = QUEUES.with_borrow_mut(|q| q.background.pop_front()) else { break };
            task.run();
            let waiting = || QUEUES.with_borrow(|q| !q.foreground.is_empty()) || urgent();
            if begin.elapsed() >= slice || (!busy && waiting()) {
                break;
            }
        }
    }

    /// Drops every task.
    pub(crate) fn end(&self) {
        while !self.alive.borrow().is_empty() {
            let wakers: Vec<Waker> = self.alive.borrow().iter().map(|(_, w)| w.clone()).collect();
            for waker in wakers {
                waker.wake();
            }
            self.take_remote();
            let tasks = QUEUES.with_borrow_mut(|q| {
                let all = q.foreground.drain(..).chain(q.background.drain(..));
                all.collect::<Vec<_>>()
            });
            // dropping a runnable drops its task; that may wake or spawn others, which the next round finds
            drop(tasks);
        }
        EXECUTOR.set(0);
    }
}

impl Spawn for Executor {
    fn spawn(&self, share: Share, task: LocalFuture<()>) {
        let mut alive = self.alive.borrow_mut();
        let entry = alive.vacant_entry();
        let gone = Gone { alive: self.alive.clone(), key: entry.key() };
        let remote = self.remote.clone();
        let schedule = move |task: Runnable| {
            if EXECUTOR.get() == remote.executor {
                QUEUES.with_borrow_mut(|q| push(q, share, task));
            } else {
                remote.push(share, task);
            }
        };
        let future = async move {
            let _gone = gone;
            task.await;
        };
        let (runnable, task) = async_task::spawn_local(future, schedule);
        entry.insert(runnable.waker());
        drop(alive);
        task.detach();
        runnable.schedule();
    }

    fn yield_now(&self) -> LocalFuture<()> {
        Box::pin(Yield(false))
    }
}

/// Takes a task off the list of those alive when its future is dropped, run or not.
struct Gone {
    alive: Rc<RefCell<Slab<Waker>>>,
    key: usize,
}

impl Drop for Gone {
    fn drop(&mut self) {
        let waker = self.alive.borrow_mut().try_remove(self.key);
        drop(waker);
    }
}

/// Ready the second time it is polled.
struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        // to the end of the queue; a turn runs what was queued when it began, so the ring has its turn before this task
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
