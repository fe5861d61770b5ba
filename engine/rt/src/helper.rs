//! The blocking helper: one thread per core for calls that may wait for the disk and have no ring operation worth its
//! trouble (open, rename, list, unlink, truncate, close). Jobs run in order; at most [`JOBS_MAX`] wait.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};

use crate::seam::{LocalFuture, Wakers};

/// Jobs in the queue of one helper; a task that brings one more waits.
const JOBS_MAX: usize = 256;

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Queue>>> = const { RefCell::new(None) };
}

#[derive(Default)]
struct Queue {
    /// `None` once the helper is to end.
    jobs: Mutex<Option<VecDeque<Job>>>,
    some: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False if the helper has ended, and the job with it.
    fn push(&self, job: Job) -> bool {
        let mut jobs = self.lock();
        let Some(open) = jobs.as_mut() else { return false };
        open.push_back(job);
        drop(jobs);
        self.some.notify_one();
        true
    }

    fn run(&self) {
        loop {
            let empty = |jobs: &mut Option<VecDeque<Job>>| jobs.as_ref().is_some_and(VecDeque::is_empty);
            let mut jobs = self.some.wait_while(self.lock(), empty).unwrap_or_else(PoisonError::into_inner);
            let Some(job) = jobs.as_mut().and_then(VecDeque::pop_front) else {
                break;
            };
            drop(jobs);
            job();
        }
    }
}

/// A core's helper thread. Ends, after the jobs it has, when dropped.
pub(crate) struct Helper {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    waiting: Cell<usize>,
    room: Wakers,
}

impl Helper {
    /// Starts the helper of this thread.
    pub(crate) fn start(name: String) -> io::Result<Rc<Helper>> {
        let queue = Arc::new(Queue { jobs: Mutex::new(Some(VecDeque::new())), some: Condvar::new() });
        let theirs = queue.clone();
        let thread = thread::Builder::new().name(name).spawn(move || {
            let _abort = crate::task::AbortOnPanic;
            theirs.run();
        })?;
        CURRENT.with(|c| *c.borrow_mut() = Some(queue.clone()));
        Ok(Rc::new(Helper { queue, thread: Some(thread), waiting: Cell::new(0), room: Wakers::default() }))
    }

    /// Runs `job` on the helper. It starts when first polled; from then on it runs to its end even if the future is
    /// dropped, and its result is dropped there.
    pub(crate) fn run<T: Send + 'static>(self: &Rc<Self>, job: impl FnOnce() -> T + Send + 'static) -> LocalFuture<T> {
        let helper = self.clone();
        Box::pin(async move {
            std::future::poll_fn(|cx| {
                if helper.waiting.get() < JOBS_MAX {
                    return Poll::Ready(());
                }
                helper.room.register(cx);
                Poll::Pending
            })
            .await;
            let _place = Place::take(&helper);
            let (answer, theirs) = Answer::pair();
            let queued = helper.queue.push(Box::new(move || theirs.give(job())));
            assert!(queued, "the helper lives as long as its handle");
            answer.taken().await
        })
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        CURRENT.with(|c| c.borrow_mut().take_if(|q| Arc::ptr_eq(q, &self.queue)));
        let left = self.queue.lock().take();
        self.queue.some.notify_one();
        if let Some(thread) = self.thread.take() {
            // a helper that panicked has aborted the process
            let _ = thread.join();
        }
        for job in left.into_iter().flatten() {
            job();
        }
    }
}

/// Runs a job that may take seconds on a thread of its own, lest others wait behind it. It starts when first polled, and runs to
/// its end even if the future is dropped.
pub(crate) fn apart<T: Send + 'static>(
    name: &'static str,
    job: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> LocalFuture<io::Result<T>> {
    Box::pin(async move {
        let (answer, theirs) = Answer::pair();
        thread::Builder::new().name(name.into()).spawn(move || {
            let _abort = crate::task::AbortOnPanic;
            theirs.give(job());
        })?;
        answer.taken().await
    })
}

/// What a job on another thread came to.
struct Answer<T>(Arc<Mutex<(Option<T>, Option<Waker>)>>);

impl<T> Answer<T> {
    /// For who waits, and for who answers.
    fn pair() -> (Answer<T>, Answer<T>) {
        let shared = Arc::new(Mutex::new((None, None)));
        (Answer(shared.clone()), Answer(shared))
    }

    fn lock(&self) -> MutexGuard<'_, (Option<T>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, value: T) {
        let waker = {
            let mut shared = self.lock();
            shared.0 = Some(value);
            shared.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    async fn taken(self) -> T {
        std::future::poll_fn(|cx| {
            let mut shared = self.lock();
            if let Some(value) = shared.0.take() {
                return Poll::Ready(value);
            }
            shared.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// A place in the queue, given up when the answer is in or nobody waits for it any more.
struct Place(Rc<Helper>);

impl Place {
    fn take(helper: &Rc<Helper>) -> Place {
        helper.waiting.set(helper.waiting.get() + 1);
        Place(helper.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get() - 1);
        self.0.room.wake();
    }
}

/// Closes a descriptor on this thread's helper, or here if it has none.
pub(crate) fn close(fd: OwnedFd) {
    let helper = CURRENT.try_with(|c| c.borrow().clone()).ok().flatten();
    if let Some(queue) = helper {
        queue.push(Box::new(move || drop(fd)));
    }
}
