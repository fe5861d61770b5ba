//! The second runtime: the seam on glommio executors. It is the reference the ring is checked against, so it is kept plain:
//! bytes are copied where glommio has buffers of its own, and correctness comes before speed.
//!
//! What is ours here: the mesh's wake-up (a task of each core, woken across threads), ending a core's tasks with it, and the
//! helper thread for what glommio would do blocking or in a way the seam does not promise.

mod adopt;
mod disk;
mod net;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use glommio::{Latency, LocalExecutor, LocalExecutorBuilder, Placement, Shares, TaskQueueHandle};
use slab::Slab;

use crate::bell::Bell;
use crate::glommio::disk::GlommioDisk;
use crate::glommio::net::GlommioNet;
use crate::helper::Helper;
use crate::launch::UNPINNED;
use crate::mesh::{Port, PortSeed, Wake};
use crate::seam::{Core, CoreId, LocalFuture, Share, Spawn, Tick, Timer};
use crate::timer::{now, wall_ms};

/// Memory glommio registers, three times over, for its own buffers. Its default of 10 MiB fails without a word where locked
/// memory is limited; what is not registered works as well.
const IO_MEMORY_BYTES: usize = 1 << 20;

/// What other threads know of a core.
pub(crate) struct Mailbox {
    bell: Bell,
    waker: Mutex<Option<Waker>>,
}

impl Mailbox {
    /// One per core, each as the mesh wants it too.
    pub(crate) fn for_cores(cores: u16) -> (Vec<Arc<Mailbox>>, Vec<Arc<dyn Wake>>) {
        let new = |_| Arc::new(Mailbox { bell: Bell::new(), waker: Mutex::new(None) });
        let all: Vec<Arc<Mailbox>> = (0..cores).map(new).collect();
        let wakes = all.iter().map(|m| m.clone() as Arc<dyn Wake>).collect();
        (all, wakes)
    }

    fn set(&self, waker: Option<Waker>) {
        let before = std::mem::replace(&mut *self.waker.lock().unwrap_or_else(PoisonError::into_inner), waker);
        drop(before);
    }
}

impl Wake for Mailbox {
    fn wake(&self) {
        if self.bell.ring() {
            let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

/// A core that is set up and has not begun.
pub(crate) struct GlommioCore {
    id: CoreId,
    mailbox: Arc<Mailbox>,
    executor: LocalExecutor,
    helper: Rc<Helper>,
    receive_bytes: usize,
}

impl GlommioCore {
    /// Sets up this thread as core `id`.
    pub(crate) fn new(
        id: CoreId,
        cpu: usize,
        mailbox: Arc<Mailbox>,
        spin: Duration,
        receive_bytes: usize,
        pool_bytes: usize,
    ) -> io::Result<GlommioCore> {
        crate::buffer::open_pool(pool_bytes);
        let placement = if cpu == UNPINNED { Placement::Unbound } else { Placement::Fixed(cpu) };
        let executor = LocalExecutorBuilder::new(placement)
            .name(&format!("core-{}", id.0))
            .spin_before_park(spin)
            .io_memory(IO_MEMORY_BYTES)
            .make()
            .map_err(|e| io::Error::other(e.to_string()))?;
        let helper = Helper::start(format!("helper-{}", id.0))?;
        Ok(GlommioCore { id, mailbox, executor, helper, receive_bytes })
    }

    /// Runs `main` to its end, then ends the core.
    pub(crate) fn run<M: Send + 'static>(
        self,
        seed: PortSeed<M>,
        main: impl FnOnce(Core, Rc<Port<M>>) -> LocalFuture<()>,
    ) {
        let GlommioCore { id, mailbox, executor, helper, receive_bytes } = self;
        executor.run(async move {
            let port = Rc::new(seed.open());
            let tasks = Tasks::new();
            let core = Core {
                id,
                cores: port.cores(),
                timer: Rc::new(GlommioTimer),
                spawn: tasks.clone(),
                disk: Rc::new(GlommioDisk::new(helper.clone())),
                net: Rc::new(GlommioNet::new(helper.clone(), tasks.clone(), receive_bytes)),
            };
            tasks.spawn(Share::Foreground, postman(mailbox.clone(), port.clone()));
            main(core, port.clone()).await;
            tasks.end().await;
            mailbox.bell.disarm();
            mailbox.set(None);
            drop(port);
            drop(helper);
        });
    }
}

/// Notices the mesh whenever somebody rings.
fn postman<M: Send + 'static>(mailbox: Arc<Mailbox>, port: Rc<Port<M>>) -> LocalFuture<()> {
    Box::pin(std::future::poll_fn(move |cx| {
        port.notice();
        loop {
            mailbox.set(Some(cx.waker().clone()));
            mailbox.bell.arm();
            // once more, now that whoever publishes sees the flag
            if !port.notice() {
                return Poll::Pending;
            }
            mailbox.bell.disarm();
        }
    }))
}

/// The tasks of a core: glommio's queues, and a list of what is alive, so that the end reaches it.
pub(crate) struct Tasks {
    foreground: TaskQueueHandle,
    background: TaskQueueHandle,
    alive: Rc<RefCell<Slab<Option<Waker>>>>,
    over: Rc<Cell<bool>>,
}

impl Tasks {
    fn new() -> Rc<Tasks> {
        let executor = glommio::executor();
        // not `Latency::Matters`: with it, wake-ups from other threads get lost now and then (0.9.0 writes the eventfd of an
        // executor that does not sleep, and sleeps before it has armed it again)
        Rc::new(Tasks {
            foreground: executor.create_task_queue(Shares::Static(1000), Latency::NotImportant, "foreground"),
            background: executor.create_task_queue(Shares::Static(100), Latency::NotImportant, "background"),
            alive: Rc::default(),
            over: Rc::default(),
        })
    }

    /// Ends every task.
    async fn end(&self) {
        self.over.set(true);
        while !self.alive.borrow().is_empty() {
            let wakers: Vec<Waker> = self.alive.borrow_mut().iter_mut().filter_map(|(_, w)| w.take()).collect();
            for waker in wakers {
                waker.wake();
            }
            glommio::executor().yield_task_queue_now().await;
        }
    }
}

impl Spawn for Tasks {
    fn spawn(&self, share: Share, task: LocalFuture<()>) {
        if self.over.get() {
            return;
        }
        let queue = match share {
            Share::Foreground => self.foreground,
            Share::Background => self.background,
        };
        let key = self.alive.borrow_mut().insert(None);
        let alive = Alive { alive: self.alive.clone(), key };
        let task = Endable { task: Some(task), over: self.over.clone(), alive };
        match glommio::spawn_local_into(task, queue) {
            Ok(task) => drop(task.detach()),
            Err(e) => panic!("the queues live as long as their executor: {e}"),
        }
    }

    fn yield_now(&self) -> LocalFuture<()> {
        Box::pin(async { glommio::executor().yield_task_queue_now().await })
    }
}

struct Alive {
    alive: Rc<RefCell<Slab<Option<Waker>>>>,
    key: usize,
}

impl Drop for Alive {
    fn drop(&mut self) {
        let waker = self.alive.borrow_mut().try_remove(self.key);
        drop(waker);
    }
}

/// A task that ends when its core does.
struct Endable {
    task: Option<LocalFuture<()>>,
    over: Rc<Cell<bool>>,
    alive: Alive,
}

impl Future for Endable {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.over.get() {
            self.task = None;
            return Poll::Ready(());
        }
        let known = self
            .alive
            .alive
            .borrow()
            .get(self.alive.key)
            .is_some_and(|w| w.as_ref().is_some_and(|w| w.will_wake(cx.waker())));
        if !known && let Some(slot) = self.alive.alive.borrow_mut().get_mut(self.alive.key) {
            *slot = Some(cx.waker().clone());
        }
        match &mut self.task {
            Some(task) => {
                let polled = task.as_mut().poll(cx);
                if polled.is_ready() {
                    self.task = None;
                }
                polled
            }
            None => Poll::Ready(()),
        }
    }
}

struct GlommioTimer;

impl Timer for GlommioTimer {
    fn now(&self) -> Tick {
        now()
    }

    fn wall_ms(&self) -> i64 {
        wall_ms()
    }

    fn sleep_until(&self, at: Tick) -> LocalFuture<()> {
        Box::pin(async move {
            // glommio's clock is not ours: it may be a little early
            while now() < at {
                glommio::timer::Timer::new(at.since(now())).await;
            }
        })
    }
}
