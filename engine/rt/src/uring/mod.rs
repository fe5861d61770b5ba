//! The default runtime: one io_uring ring per pinned core for sockets, files and waiting, under a small executor.
//!
//! A core's loop: run what is runnable, look at the mesh and the timers, enter the kernel once to submit and reap, and when
//! nothing is left spin for the configured time and then sleep in `io_uring_enter` until a completion, the next deadline,
//! or a wake-up. An idle core uses no CPU.

pub(crate) mod backend;
mod connection;
pub(crate) mod disk;
#[cfg(all(test, not(loom)))]
mod fake;
mod gather;
mod net;
pub(crate) mod reactor;
pub(crate) mod receive;
mod registered;
mod slots;
mod spin;

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::bell::Bell;
use crate::helper::Helper;
use crate::mesh::{Port, PortSeed, Wake};
use crate::seam::{Core, CoreId, LocalFuture, Share, Spawn, Tick};
use crate::task::Executor;
use crate::timer::{CoreTimer, Timers, now};
use crate::uring::backend::Wait;
use crate::uring::disk::RingDisk;
use crate::uring::net::RingNet;
use crate::uring::reactor::Reactor;
use crate::uring::receive::ReceiveBuffers;
use crate::uring::spin::Spin;

/// Requests per submission; completions have four times the room.
pub(crate) const RING_ENTRIES: u32 = 1024;

thread_local! {
    /// On a core: its process's doorbells, and the cores to tell at the end of this turn.
    static OUTBOX: RefCell<Option<Outbox>> = const { RefCell::new(None) };
}

struct Outbox {
    cores: Doorbells,
    tell: Vec<u16>,
}

/// What other threads know of a core: whether it sleeps, and how to wake it.
pub(crate) struct Doorbell {
    core: u16,
    bell: Bell,
    event: EventFd,
    /// A duplicate of the core's ring, so that the number stays what it is for as long as anybody may use it.
    ring: OnceLock<OwnedFd>,
}

impl Doorbell {
    fn new(core: u16) -> io::Result<Doorbell> {
        let event = EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?;
        Ok(Doorbell { core, bell: Bell::new(), event, ring: OnceLock::new() })
    }

    fn write_event(&self) {
        // fails only if the counter is full, and then the core is woken already
        let _ = self.event.write(1);
    }
}

/// One doorbell per core of a process.
pub(crate) type Doorbells = Arc<Vec<Doorbell>>;

/// Wakes one core of `cores`.
pub(crate) struct CoreWake {
    cores: Doorbells,
    core: usize,
}

impl Wake for CoreWake {
    fn wake(&self) {
        let target = &self.cores[self.core];
        if !target.bell.ring() {
            return;
        }
        let queued = OUTBOX.try_with(|outbox| match &mut *outbox.borrow_mut() {
            // a core tells the others through its ring, with everything else it submits
            Some(outbox) if Arc::ptr_eq(&outbox.cores, &self.cores) && target.ring.get().is_some() => {
                outbox.tell.push(target.core);
                true
            }
            _ => false,
        });
        if queued != Ok(true) {
            target.write_event();
        }
    }
}

/// Doorbells for `cores` cores, and a way to wake each.
pub(crate) fn doorbells(cores: u16) -> io::Result<(Doorbells, Vec<Arc<dyn Wake>>)> {
    let bells = Arc::new((0..cores).map(Doorbell::new).collect::<io::Result<Vec<_>>>()?);
    let wake = |core| Arc::new(CoreWake { cores: bells.clone(), core }) as Arc<dyn Wake>;
    let wakes = (0..usize::from(cores)).map(wake).collect();
    Ok((bells, wakes))
}

/// What a core is built with.
#[derive(Clone, Debug)]
pub(crate) struct RingConfig {
    pub(crate) spin: Duration,
    pub(crate) receive_buffers: u16,
    pub(crate) receive_buffer_bytes: usize,
    pub(crate) pool_bytes: usize,
}

/// A core that is set up and has not begun.
pub(crate) struct RingCore {
    id: CoreId,
    cores: Doorbells,
    reactor: Rc<Reactor>,
    helper: Rc<Helper>,
    executor: Rc<Executor>,
    timers: Rc<Timers>,
    spin: Spin,
}

impl RingCore {
    /// Sets up this thread as core `id`.
    pub(crate) fn new(id: CoreId, cores: Doorbells, wake: Arc<dyn Wake>, config: &RingConfig) -> io::Result<RingCore> {
        crate::buffer::open_pool(config.pool_bytes);
        let doorbell = &cores[usize::from(id.0)];
        let buffers = ReceiveBuffers::new(config.receive_buffers, config.receive_buffer_bytes, wake.clone());
        let event = doorbell.event.as_fd().as_raw_fd();
        let (reactor, ring) = Reactor::start(RING_ENTRIES, buffers, event)?;
        assert!(doorbell.ring.set(ring).is_ok(), "core {} is set up once", id.0);
        let helper = Helper::start(format!("helper-{}", id.0))?;
        let executor = Executor::new(wake);
        Ok(RingCore { id, cores, reactor, helper, executor, timers: Rc::default(), spin: Spin::new(config.spin) })
    }

    /// Runs `main` to its end, then ends the core.
    pub(crate) fn run<M: Send + 'static>(
        self,
        seed: PortSeed<M>,
        main: impl FnOnce(Core, Rc<Port<M>>) -> LocalFuture<()>,
    ) {
        let port = Rc::new(seed.open());
        let core = Core {
            id: self.id,
            cores: port.cores(),
            timer: Rc::new(CoreTimer(self.timers.clone())),
            spawn: self.executor.clone(),
            disk: Rc::new(RingDisk { reactor: self.reactor.clone(), helper: self.helper.clone() }),
            net: Rc::new(RingNet(self.reactor.clone())),
        };
        OUTBOX.set(Some(Outbox { cores: self.cores.clone(), tell: Vec::new() }));
        let over = Rc::new(Cell::new(false));
        let (future, flag) = (main(core, port.clone()), over.clone());
        self.executor.spawn(
            Share::Foreground,
            Box::pin(async move {
                future.await;
                flag.set(true);
            }),
        );
        loop {
            self.executor.turn(|| self.reactor.ready());
            if over.get() {
                break;
            }
            self.turn(&port);
        }
        self.end(port);
    }

    /// Everything but the tasks: submits, reaps, wakes, and sleeps if there is nothing to run.
    fn turn<M: Send + 'static>(&self, port: &Port<M>) {
        let deadline = self.look(port);
        // what a timer woke may have words for other cores too, but says them only when it runs
        if self.executor.has_work() {
            self.reactor.turn(Wait::No);
            return;
        }
        let expected = self.timers.expected().filter(|_| !self.spin.time.is_zero());
        if expected.is_some() || self.spin.is_due() {
            // submit first, so that completions can come while spinning
            if (self.reactor.pending() || self.reactor.ready())
                && self.reactor.turn(Wait::No)
                && self.executor.has_work()
            {
                return;
            }
            let end = expected.unwrap_or_else(|| now() + self.spin.time);
            let came = self.spin(port, deadline.map_or(end, |deadline| deadline.min(end)));
            if expected.is_none() {
                self.spin.tell(came);
            }
            if came {
                return;
            }
        }
        let doorbell = &self.cores[usize::from(self.id.0)];
        doorbell.bell.arm();
        // once more, now that whoever publishes sees the flag
        self.look_at_others(port);
        if self.executor.has_work() || !self.reactor.may_sleep() {
            doorbell.bell.disarm();
            self.reactor.turn(Wait::No);
            return;
        }
        self.reactor.turn(deadline.map_or(Wait::Forever, Wait::Until));
        doorbell.bell.disarm();
        self.reactor.slept();
    }

    /// What other threads sent, and what is due. The next deadline, if there is one.
    fn look<M: Send + 'static>(&self, port: &Port<M>) -> Option<Tick> {
        self.look_at_others(port);
        let now = now();
        self.timers.fire(now).into_iter().chain(self.reactor.look(now)).min()
    }

    /// Mesh and remote wake-ups, and word to the cores that are to be woken.
    fn look_at_others<M: Send + 'static>(&self, port: &Port<M>) {
        port.notice();
        self.executor.take_remote();
        self.tell_others();
    }

    /// Looks around until then before sleeping. True if something came.
    fn spin<M: Send + 'static>(&self, port: &Port<M>, end: Tick) -> bool {
        loop {
            // the clock costs more than all the rest
            for _ in 0..16 {
                if port.notice() | self.executor.take_remote() || self.executor.has_work() {
                    return true;
                }
                if self.reactor.ready() {
                    self.reactor.turn(Wait::No);
                    return true;
                }
                std::hint::spin_loop();
            }
            if now() >= end {
                return false;
            }
        }
    }

    fn tell_others(&self) {
        for core in self.reactor.undelivered() {
            self.cores[core].write_event();
        }
        let tell = OUTBOX.with_borrow_mut(|o| match o {
            Some(outbox) if !outbox.tell.is_empty() => std::mem::take(&mut outbox.tell),
            _ => Vec::new(),
        });
        for core in tell {
            let Some(ring) = self.cores[usize::from(core)].ring.get() else { continue };
            self.reactor.message(core, ring.as_raw_fd());
        }
    }

    fn end<M: Send + 'static>(self, port: Rc<Port<M>>) {
        // from here on other cores are told directly: there may be no further turn
        let outbox = OUTBOX.take();
        for core in outbox.map(|o| o.tell).unwrap_or_default() {
            self.cores[usize::from(core)].write_event();
        }
        self.executor.end();
        drop(port);
        self.reactor.close();
        drop(self.helper);
        // what the helper's last jobs woke
        self.executor.take_remote();
    }
}
