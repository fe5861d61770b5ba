//! The clock and the scheduler. Time stands still while any task can run and then jumps to the next timer; which of the
//! runnable tasks runs next is chance.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use thalweg_rt::{Core, CoreId, Door, LocalFuture, Net, Port, Share, Spawn, Tick, Timer};

use crate::disk::SimDisk;
use crate::random::Random;

/// Why the awaited future will not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Nothing can run and no timer is set.
    Stuck,
    /// Tasks run and run, and time stands still.
    Spinning {
        /// The task that ran most often of late; tasks are numbered in the order in which they were spawned.
        task: u64,
        /// How often, of the last [`STEPS_PER_INSTANT_MAX`] / 2 steps.
        polls: u64,
        /// Tasks that ran in these steps. Where nearly each step is another task's, tasks spawn each other.
        tasks: u64,
    },
}

/// Steps at one moment of the world's clock after which it counts as spinning. A disk that takes no time lets a whole reading
/// of the logs happen at one moment, which is some ten thousand steps.
const STEPS_PER_INSTANT_MAX: u64 = 1 << 20;

/// A process of the simulated world: its clock, its tasks, and the disk it sees.
pub struct World {
    inner: Rc<Inner>,
}

struct Inner {
    random: RefCell<Random>,
    now: RefCell<Tick>,
    /// By number, in the order in which they were spawned; nothing stands for one that runs, or has ended.
    tasks: RefCell<Vec<Option<Task>>>,
    /// Steps since the clock last moved.
    steps: Cell<u64>,
    /// Of those, how many each task took, once there are suspiciously many.
    polls: RefCell<BTreeMap<u64, u64>>,
    ready: Arc<Ready>,
    timers: RefCell<BTreeMap<(Tick, u64), Waker>>,
    next_timer: RefCell<u64>,
}

struct Task {
    future: LocalFuture<()>,
    waker: Arc<TaskWaker>,
}

/// Tasks that can run, each once.
#[derive(Default)]
struct Ready(Mutex<Vec<u64>>);

struct TaskWaker {
    task: u64,
    /// It stands in the list of those that can run.
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl TaskWaker {
    fn queue(&self) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            self.ready.0.lock().unwrap_or_else(PoisonError::into_inner).push(self.task);
        }
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.queue();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.queue();
    }
}

/// The unix time at which every world begins, in milliseconds.
const EPOCH_MS: i64 = 1_800_000_000_000;

impl World {
    /// A world whose every choice follows from `random`.
    pub fn new(random: Random) -> World {
        World {
            inner: Rc::new(Inner {
                random: RefCell::new(random),
                now: RefCell::new(Tick(0)),
                tasks: RefCell::default(),
                steps: Cell::new(0),
                polls: RefCell::default(),
                ready: Arc::default(),
                timers: RefCell::default(),
                next_timer: RefCell::new(0),
            }),
        }
    }

    /// A timer of this world, for disks that outlive it to be attached to.
    pub fn timer(&self) -> Rc<dyn Timer> {
        Rc::new(Clock(self.inner.clone()))
    }

    /// One of `cores` cores of this world, on `disk`.
    pub fn core(&self, id: CoreId, cores: u16, disk: &SimDisk) -> Core {
        Core {
            id,
            cores,
            timer: self.timer(),
            spawn: Rc::new(Tasks(self.inner.clone())),
            disk: disk.attach(self.timer()),
            net: Rc::new(NoNet),
        }
    }

    /// The mesh between `cores` cores, whose wake-ups take no time but may run after anything else that can run.
    pub fn mesh<M: Send + 'static>(&self, cores: u16, slots: usize) -> (Vec<Rc<Port<M>>>, Vec<Door<M>>) {
        let bells: Vec<Arc<MeshBell>> = (0..cores).map(|_| Arc::default()).collect();
        let wake = bells.iter().map(|bell| Arc::clone(bell) as Arc<dyn thalweg_rt::Wake>).collect();
        let (seeds, doors) = thalweg_rt::mesh(cores, slots, wake);
        let ports: Vec<Rc<Port<M>>> = seeds.into_iter().map(|seed| Rc::new(seed.open())).collect();
        for (port, bell) in ports.iter().zip(bells) {
            let port = Rc::downgrade(port);
            self.inner.spawn(Box::pin(std::future::poll_fn(move |cx| {
                *bell.sleeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
                match port.upgrade() {
                    Some(port) => {
                        port.notice();
                        Poll::Pending
                    }
                    None => Poll::Ready(()),
                }
            })));
        }
        (ports, doors)
    }

    /// Now.
    pub fn now(&self) -> Tick {
        *self.inner.now.borrow()
    }

    /// Runs `task` beside whatever [`World::run`] awaits.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.inner.spawn(Box::pin(task));
    }

    /// Runs until `future` ends; all spawned tasks run beside it. When it ends the others stay where they are.
    pub fn run<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Result<T, Halt> {
        self.run_until(future, None).map(|done| done.unwrap_or_else(|| unreachable!("no deadline was set")))
    }

    /// Like [`World::run`], but gives up, with `None`, at `deadline`.
    pub fn run_until<T: 'static>(
        &self,
        future: impl Future<Output = T> + 'static,
        deadline: Option<Tick>,
    ) -> Result<Option<T>, Halt> {
        let result: Rc<RefCell<Option<T>>> = Rc::default();
        let slot = result.clone();
        self.inner.spawn(Box::pin(async move {
            let value = future.await;
            *slot.borrow_mut() = Some(value);
        }));
        loop {
            if let Some(value) = result.borrow_mut().take() {
                return Ok(Some(value));
            }
            if self.inner.step() {
                match self.inner.spinning() {
                    Some(halt) => return Err(halt),
                    None => continue,
                }
            }
            match self.inner.next_deadline() {
                Some(at) if deadline.is_none_or(|end| at <= end) => self.inner.advance(at),
                Some(_) => return Ok(None),
                None => return Err(Halt::Stuck),
            }
        }
    }
}

/// Tasks hold timers, disks and each other: ending a world ends them, in an order of no consequence.
impl Drop for World {
    fn drop(&mut self) {
        // One that ends may spawn another, to say so.
        while !self.inner.tasks.borrow().is_empty() {
            let tasks = std::mem::take(&mut *self.inner.tasks.borrow_mut());
            drop(tasks);
        }
        let timers = std::mem::take(&mut *self.inner.timers.borrow_mut());
        drop(timers);
    }
}

impl Inner {
    fn spawn(&self, future: LocalFuture<()>) {
        let id = self.tasks.borrow().len() as u64;
        let waker = Arc::new(TaskWaker { task: id, queued: AtomicBool::new(false), ready: self.ready.clone() });
        waker.queue();
        self.tasks.borrow_mut().push(Some(Task { future, waker }));
    }

    /// Polls one runnable task; false if there is none.
    fn step(&self) -> bool {
        let id = {
            let mut ready = self.ready.0.lock().unwrap_or_else(PoisonError::into_inner);
            if ready.is_empty() {
                return false;
            }
            let pick = self.random.borrow_mut().below(ready.len() as u64) as usize;
            ready.swap_remove(pick)
        };
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > STEPS_PER_INSTANT_MAX / 2 {
            *self.polls.borrow_mut().entry(id).or_default() += 1;
        }
        // Taken out while it runs, so that it may spawn others.
        let Some(mut task) = self.tasks.borrow_mut()[id as usize].take() else { return true };
        task.waker.queued.store(false, Ordering::Relaxed);
        let waker = Waker::from(task.waker.clone());
        match task.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(()) => {}
            Poll::Pending => {
                self.tasks.borrow_mut()[id as usize] = Some(task);
            }
        }
        true
    }

    fn spinning(&self) -> Option<Halt> {
        if self.steps.get() < STEPS_PER_INSTANT_MAX {
            return None;
        }
        let polls = self.polls.borrow();
        let tasks = polls.len() as u64;
        let (task, polls) = polls.iter().max_by_key(|(_, polls)| **polls)?;
        Some(Halt::Spinning { task: *task, polls: *polls, tasks })
    }

    fn next_deadline(&self) -> Option<Tick> {
        // A timer at the end of time is one that nobody counts on.
        self.timers.borrow().keys().next().map(|(at, _)| *at).filter(|at| *at < Tick(u64::MAX))
    }

    fn advance(&self, to: Tick) {
        let mut now = self.now.borrow_mut();
        *now = (*now).max(to);
        self.steps.set(0);
        self.polls.borrow_mut().clear();
        let due: Vec<Waker> = {
            let mut timers = self.timers.borrow_mut();
            let later = timers.split_off(&(Tick(now.0 + 1), 0));
            std::mem::replace(&mut *timers, later).into_values().collect()
        };
        drop(now);
        for waker in due {
            waker.wake();
        }
    }
}

/// Wakes the task that looks after a core's port.
#[derive(Default)]
struct MeshBell {
    sleeper: Mutex<Option<Waker>>,
}

impl thalweg_rt::Wake for MeshBell {
    fn wake(&self) {
        let sleeper = self.sleeper.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
    }
}

struct Clock(Rc<Inner>);

impl Timer for Clock {
    fn now(&self) -> Tick {
        *self.0.now.borrow()
    }

    fn wall_ms(&self) -> i64 {
        EPOCH_MS + (self.now().0 / 1_000_000) as i64
    }

    fn sleep_until(&self, at: Tick) -> LocalFuture<()> {
        Box::pin(Sleep { world: self.0.clone(), at, key: None })
    }
}

struct Sleep {
    world: Rc<Inner>,
    at: Tick,
    key: Option<(Tick, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if *self.world.now.borrow() >= self.at {
            return Poll::Ready(());
        }
        let key = match self.key {
            Some(key) => key,
            None => {
                let mut serial = self.world.next_timer.borrow_mut();
                *serial += 1;
                (self.at, *serial)
            }
        };
        self.key = Some(key);
        self.world.timers.borrow_mut().insert(key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let (Some(key), Ok(mut timers)) = (self.key, self.world.timers.try_borrow_mut()) {
            timers.remove(&key);
        }
    }
}

struct Tasks(Rc<Inner>);

impl Spawn for Tasks {
    fn spawn(&self, _share: Share, task: LocalFuture<()>) {
        // Shares do not matter where the order of tasks is chance.
        self.0.spawn(task);
    }

    fn yield_now(&self) -> LocalFuture<()> {
        let mut yielded = false;
        Box::pin(std::future::poll_fn(move |cx| {
            if yielded {
                return Poll::Ready(());
            }
            yielded = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        }))
    }
}

/// No network yet: what runs in the world so far is storage.
struct NoNet;

impl Net for NoNet {
    fn listen(
        &self,
        _at: std::net::SocketAddr,
        _how: thalweg_rt::Listen,
    ) -> std::io::Result<Rc<dyn thalweg_rt::Listener>> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    fn connect(&self, _to: std::net::SocketAddr) -> LocalFuture<std::io::Result<Rc<dyn thalweg_rt::Socket>>> {
        Box::pin(async { Err(std::io::ErrorKind::Unsupported.into()) })
    }
}

/// Resolves after `time` of the world's clock.
pub(crate) async fn pause(timer: &dyn Timer, time: Duration) {
    timer.sleep_until(timer.now() + time).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(seed: u64) -> Vec<u32> {
        let world = World::new(Random::new(seed));
        let seen: Rc<RefCell<Vec<u32>>> = Rc::default();
        let timer = world.timer();
        let spawn = Tasks(world.inner.clone());
        for n in 0..6 {
            let (seen, timer) = (seen.clone(), timer.clone());
            spawn.spawn(
                Share::Foreground,
                Box::pin(async move {
                    seen.borrow_mut().push(n);
                    pause(&*timer, Duration::from_millis(u64::from(n % 2))).await;
                    seen.borrow_mut().push(n + 10);
                }),
            );
        }
        let end = timer.now() + Duration::from_secs(1);
        world.run(async move { timer.sleep_until(end).await }).expect("the sleeper ends");
        assert_eq!(world.now(), Tick(1_000_000_000));
        seen.take()
    }

    #[test]
    fn a_seed_repeats_and_another_differs() {
        assert_eq!(trace(7), trace(7));
        assert!((0..20).any(|seed| trace(seed) != trace(7)));
    }

    #[test]
    fn waiting_for_nothing_is_reported() {
        let world = World::new(Random::new(1));
        assert_eq!(world.run(std::future::pending::<()>()), Err(Halt::Stuck));
    }

    #[test]
    fn a_task_that_spins_is_named() {
        let world = World::new(Random::new(1));
        let spawn = Tasks(world.inner.clone());
        world.spawn(async {});
        world.spawn(async move {
            loop {
                spawn.yield_now().await;
            }
        });
        let timer = world.timer();
        let halt = world.run(async move { pause(&*timer, Duration::from_secs(1)).await });
        assert!(matches!(halt, Err(Halt::Spinning { task: 1, polls, tasks: 1 }) if polls > 1000), "{halt:?}");
    }
}
