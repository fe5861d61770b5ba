//! The mesh between cores: a bounded ring for every ordered pair, and one bounded door per core for foreign threads.
//!
//! A message is published in a ring and the receiving core is told with [`Wake::wake`]; that core's runtime answers by
//! calling [`Port::notice`] on its own thread, which wakes the task that receives and the tasks that wait for room.
//! Messages from one core to another arrive in the order they were put into the ring; between senders that wait for room
//! at the same time there is no order.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::seam::{CoreId, LocalFuture, Wakers};
use crate::spsc::{Receiver, Sender, ring};

/// Tells a core that something was published for it. Called by any thread, after the publication; the core must call
/// [`Port::notice`] on its own thread some time after, without further events. It may be called when there is nothing.
pub trait Wake: Send + Sync {
    /// Makes the core call [`Port::notice`].
    fn wake(&self);
}

/// Ports and doors for `cores` cores, with rings of `slots` messages. `wake` has one entry per core.
pub fn mesh<M: Send + 'static>(cores: u16, slots: usize, wake: Vec<Arc<dyn Wake>>) -> (Vec<PortSeed<M>>, Vec<Door<M>>) {
    let n = usize::from(cores);
    assert_eq!(wake.len(), n, "one wake-up per core");
    let doors: Vec<Door<M>> = wake.iter().map(|w| Door(Arc::new(DoorState::new(slots, w.clone())))).collect();
    let mut senders: Vec<Vec<Sender<M>>> = (0..n).map(|_| Vec::with_capacity(n)).collect();
    let mut receivers: Vec<Vec<Receiver<M>>> = (0..n).map(|_| Vec::with_capacity(n)).collect();
    for to in &mut receivers {
        for from in &mut senders {
            let (tx, rx) = ring(slots);
            from.push(tx);
            to.push(rx);
        }
    }
    let seeds = senders.into_iter().zip(receivers).enumerate().map(|(core, (to, from))| PortSeed {
        core: CoreId(core as u16),
        to,
        from,
        wake: wake.clone(),
        door: doors[core].clone(),
    });
    (seeds.collect(), doors)
}

/// A port on its way to its core.
pub struct PortSeed<M: Send + 'static> {
    core: CoreId,
    to: Vec<Sender<M>>,
    from: Vec<Receiver<M>>,
    wake: Vec<Arc<dyn Wake>>,
    door: Door<M>,
}

impl<M: Send + 'static> PortSeed<M> {
    /// The core it is for.
    pub fn core(&self) -> CoreId {
        self.core
    }

    /// Opens the port, on the core's own thread.
    pub fn open(self) -> Port<M> {
        Port {
            room: self.to.iter().map(|_| Wakers::default()).collect(),
            waiting: Cell::new(0),
            seed: self,
            turn: Cell::new(0),
            receiver: RefCell::new(None),
        }
    }
}

/// One core's end of the mesh.
pub struct Port<M: Send + 'static> {
    seed: PortSeed<M>,
    /// The inbound ring to look at first.
    turn: Cell<usize>,
    receiver: RefCell<Option<Waker>>,
    /// Tasks that wait for room, by receiving core.
    room: Vec<Wakers>,
    /// Number of cores for which some task waits for room.
    waiting: Cell<usize>,
}

impl<M: Send + 'static> Port<M> {
    /// This core.
    pub fn core(&self) -> CoreId {
        self.seed.core
    }

    /// Number of cores in the mesh.
    pub fn cores(&self) -> u16 {
        self.seed.to.len() as u16
    }

    /// Sends, or gives the message back if the ring is full. A message to a core that has ended is dropped.
    pub fn try_send(&self, to: CoreId, message: M) -> Result<(), M> {
        let at = usize::from(to.0);
        let ring = &self.seed.to[at];
        if ring.is_closed() {
            return Ok(());
        }
        ring.push(message)?;
        self.seed.wake[at].wake();
        Ok(())
    }

    /// Sends the message once there is room; takes it out of `message` when it does.
    pub fn poll_send(&self, cx: &mut Context<'_>, to: CoreId, message: &mut Option<M>) -> Poll<()> {
        loop {
            let Some(next) = message.take() else { return Poll::Ready(()) };
            let Err(back) = self.try_send(to, next) else { return Poll::Ready(()) };
            *message = Some(back);
            let at = usize::from(to.0);
            if self.seed.to[at].wait_for_room() {
                if self.room[at].is_empty() {
                    self.waiting.set(self.waiting.get() + 1);
                }
                self.room[at].register(cx);
                return Poll::Pending;
            }
        }
    }

    /// Sends the message once there is room.
    pub fn send(self: &Rc<Self>, to: CoreId, message: M) -> LocalFuture<()> {
        let (port, mut message) = (self.clone(), Some(message));
        Box::pin(std::future::poll_fn(move |cx| port.poll_send(cx, to, &mut message)))
    }

    /// The next message from any core or the door, round robin. One task polls it.
    pub fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<M> {
        let rings = self.seed.from.len();
        let first = self.turn.get();
        for i in 0..=rings {
            let at = (first + i) % (rings + 1);
            let message = match self.seed.from.get(at) {
                Some(ring) => {
                    let (message, sender_waits) = ring.pop();
                    if sender_waits {
                        self.seed.wake[at].wake();
                    }
                    message
                }
                None => self.seed.door.0.pop(),
            };
            if let Some(message) = message {
                self.turn.set(at + 1);
                return Poll::Ready(message);
            }
        }
        let mut receiver = self.receiver.borrow_mut();
        if !receiver.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
            *receiver = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Wakes the receiving task if something arrived, and tasks that wait for room if there is some. The core's runtime
    /// calls this after each [`Wake::wake`], and before it sleeps. True if a task was woken.
    pub fn notice(&self) -> bool {
        let mut woken = false;
        if self.receiver.borrow().is_some() && self.has_mail() {
            let waker = self.receiver.borrow_mut().take();
            if let Some(waker) = waker {
                waker.wake();
                woken = true;
            }
        }
        if self.waiting.get() > 0 {
            for (room, ring) in self.room.iter().zip(&self.seed.to) {
                // asks again: the signal that brought us here may have been for room that is used up since
                if !room.is_empty() && !ring.wait_for_room() {
                    self.waiting.set(self.waiting.get() - 1);
                    room.wake();
                    woken = true;
                }
            }
        }
        woken
    }

    fn has_mail(&self) -> bool {
        self.seed.from.iter().any(|ring| !ring.is_empty()) || self.seed.door.0.some.load(Ordering::Acquire)
    }
}

impl<M: Send + 'static> Drop for PortSeed<M> {
    fn drop(&mut self) {
        for (from, ring) in self.from.iter().enumerate() {
            if ring.close() {
                self.wake[from].wake();
            }
        }
        self.door.0.close();
    }
}

/// A core's door for threads that are not cores. Never used by a core: `send` may block.
pub struct Door<M>(Arc<DoorState<M>>);

impl<M> Clone for Door<M> {
    fn clone(&self) -> Door<M> {
        Door(self.0.clone())
    }
}

impl<M: Send + 'static> Door<M> {
    /// Sends, and blocks the thread while the door is full. A message to a core that has ended is dropped.
    pub fn send(&self, message: M) {
        self.0.push(message);
    }
}

struct DoorState<M> {
    queue: Mutex<Option<VecDeque<M>>>,
    limit: usize,
    room: Condvar,
    /// Something is queued; spares the core the lock when nothing is.
    some: AtomicBool,
    wake: Arc<dyn Wake>,
}

impl<M> DoorState<M> {
    fn new(limit: usize, wake: Arc<dyn Wake>) -> DoorState<M> {
        DoorState {
            queue: Mutex::new(Some(VecDeque::new())),
            limit: limit.max(1),
            room: Condvar::new(),
            some: AtomicBool::new(false),
            wake,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<M>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, message: M) {
        let full = |queue: &mut Option<VecDeque<M>>| queue.as_ref().is_some_and(|q| q.len() >= self.limit);
        let mut queue = self.room.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        let Some(open) = queue.as_mut() else { return };
        open.push_back(message);
        self.some.store(true, Ordering::Release);
        drop(queue);
        self.wake.wake();
    }

    fn pop(&self) -> Option<M> {
        if !self.some.load(Ordering::Acquire) {
            return None;
        }
        let mut queue = self.lock();
        let open = queue.as_mut()?;
        let message = open.pop_front();
        if open.is_empty() {
            self.some.store(false, Ordering::Release);
        }
        self.room.notify_one();
        message
    }

    fn close(&self) {
        let left = self.lock().take();
        self.room.notify_all();
        drop(left);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;
    use std::thread::{self, Thread};

    /// A core that is a thread parked by `std`, for testing the mesh alone.
    #[derive(Default)]
    struct Parked {
        thread: Mutex<Option<Thread>>,
        calls: AtomicUsize,
    }
    impl Wake for Parked {
        fn wake(&self) {
            self.calls.fetch_add(1, Ordering::Relaxed);
            if let Some(thread) = &*self.thread.lock().expect("no panic") {
                thread.unpark();
            }
        }
    }

    fn block_on<M: Send + 'static, T>(bell: &Parked, port: &Port<M>, future: impl Future<Output = T>) -> T {
        struct Flag(AtomicBool);
        impl std::task::Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        *bell.thread.lock().expect("no panic") = Some(thread::current());
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(flag.clone());
        let mut future = pin!(future);
        loop {
            if flag.0.swap(false, Ordering::SeqCst)
                && let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return value;
            }
            if !port.notice() {
                thread::park();
            }
        }
    }

    #[test]
    fn full_rings_make_senders_wait_and_nothing_is_lost() {
        const COUNT: u64 = if cfg!(miri) { 100 } else { 20_000 };
        let bells: Vec<Arc<Parked>> = (0..3).map(|_| Arc::default()).collect();
        let wake = bells.iter().map(|b| b.clone() as Arc<dyn Wake>).collect();
        let (seeds, doors) = mesh::<(u16, u64)>(3, 4, wake);
        let threads: Vec<_> = seeds
            .into_iter()
            .zip(bells)
            .map(|(seed, bell)| {
                thread::spawn(move || {
                    let port = Rc::new(seed.open());
                    let me = port.core();
                    block_on(&bell, &port.clone(), async move {
                        if me.0 > 0 {
                            for i in 0..COUNT {
                                port.send(CoreId(0), (me.0, i)).await;
                            }
                            return;
                        }
                        let mut next = [0u64; 4];
                        for _ in 0..COUNT * 3 {
                            let (from, i) = poll_fn(|cx| port.poll_recv(cx)).await;
                            assert_eq!(next[usize::from(from)], i, "from {from}");
                            next[usize::from(from)] += 1;
                        }
                    });
                })
            })
            .collect();
        for i in 0..COUNT {
            doors[0].send((3, i));
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }

    #[test]
    fn a_core_that_ended_holds_nobody_up() {
        let bells: Vec<Arc<Parked>> = (0..2).map(|_| Arc::default()).collect();
        let wake = bells.iter().map(|b| b.clone() as Arc<dyn Wake>).collect();
        let (mut seeds, doors) = mesh::<u8>(2, 2, wake);
        let gone = seeds.pop().unwrap();
        let port = Rc::new(seeds.pop().unwrap().open());
        while port.try_send(CoreId(1), 1).is_ok() {}
        let closer = thread::spawn(move || {
            thread::sleep(std::time::Duration::from_millis(20));
            drop(gone.open());
        });
        block_on(&bells[0], &port, port.send(CoreId(1), 2));
        closer.join().unwrap();
        assert_eq!(port.try_send(CoreId(1), 3), Ok(()));
        for _ in 0..10 {
            doors[1].send(1);
        }
        // a core may write to itself
        assert_eq!(port.try_send(CoreId(0), 4), Ok(()));
        assert_eq!(block_on(&bells[0], &port, poll_fn(|cx| port.poll_recv(cx))), 4);
    }
}
