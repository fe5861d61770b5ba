//! A bounded ring between one sending and one receiving thread.
//!
//! The sender owns the slots `[tail, head + capacity)`, the receiver `[head, tail)`. `tail` is stored with release after a
//! slot was written and `head` after it was emptied, so each side sees the other's work on a slot before it touches it. The
//! receiver publishes `head` in batches: when it finds the ring empty, and every quarter of the ring.

use std::cell::Cell;
use std::mem::MaybeUninit;

use crate::bell::Bell;
use crate::sync::{Arc, AtomicBool, AtomicUsize, Ordering, UnsafeCell};

/// Keeps the two ends on cache lines of their own (two, for the prefetcher of adjacent lines).
#[repr(align(128))]
struct Padded<T>(T);

struct Ring<T> {
    slots: Box<[UnsafeCell<MaybeUninit<T>>]>,
    /// Count of messages ever sent; the slot is its low bits.
    tail: Padded<AtomicUsize>,
    /// Count of messages ever taken, as far as published.
    head: Padded<AtomicUsize>,
    /// The sender waits for room.
    full: Bell,
    /// The receiver is gone.
    closed: AtomicBool,
}

// SAFETY: the ring hands each `T` from one thread to another, which `T: Send` allows, and the two handles below, neither of
// which is Clone or Sync, are the only ways to a slot.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above; the head and tail protocol keeps the two sides off each other's slots.
unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> Ring<T> {
    fn slot(&self, at: usize) -> &UnsafeCell<MaybeUninit<T>> {
        &self.slots[at & (self.slots.len() - 1)]
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        let (mut at, tail) = (self.head.0.load(Ordering::Acquire), self.tail.0.load(Ordering::Acquire));
        while at != tail {
            // SAFETY: both handles are gone (this is the last reference), the receiver published its exact `head` when it
            // went, and `[head, tail)` is what was sent and not taken.
            self.slot(at).with_mut(|p| unsafe { (*p).assume_init_drop() });
            at = at.wrapping_add(1);
        }
    }
}

/// A ring of `slots` rounded up to a power of two.
pub(crate) fn ring<T: Send>(slots: usize) -> (Sender<T>, Receiver<T>) {
    let slots = slots.max(2).next_power_of_two();
    let ring = Arc::new(Ring {
        slots: (0..slots).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
        tail: Padded(AtomicUsize::new(0)),
        head: Padded(AtomicUsize::new(0)),
        full: Bell::new(),
        closed: AtomicBool::new(false),
    });
    let sender = Sender { ring: ring.clone(), tail: Cell::new(0), head_seen: Cell::new(0) };
    let receiver = Receiver { ring, head: Cell::new(0), published: Cell::new(0), tail_seen: Cell::new(0) };
    (sender, receiver)
}

/// The sending end. Not Sync: one thread.
pub(crate) struct Sender<T> {
    ring: Arc<Ring<T>>,
    tail: Cell<usize>,
    /// `head` as last read; it only ever grows.
    head_seen: Cell<usize>,
}

impl<T: Send> Sender<T> {
    /// Whether a push would succeed now.
    pub(crate) fn has_room(&self) -> bool {
        let room = |head: usize| self.tail.get().wrapping_sub(head) < self.ring.slots.len();
        if room(self.head_seen.get()) {
            return true;
        }
        self.head_seen.set(self.ring.head.0.load(Ordering::Acquire));
        room(self.head_seen.get())
    }

    /// Sends, or gives the message back if the ring is full. The caller wakes the receiver.
    pub(crate) fn push(&self, message: T) -> Result<(), T> {
        if !self.has_room() {
            return Err(message);
        }
        let tail = self.tail.get();
        // SAFETY: this is the only sender, and `has_room` saw with acquire that the receiver is done with this slot.
        self.ring.slot(tail).with_mut(|p| unsafe { (*p).write(message) });
        self.tail.set(tail.wrapping_add(1));
        self.ring.tail.0.store(tail.wrapping_add(1), Ordering::Release);
        Ok(())
    }

    /// Asks to be signalled when room appears. False: there is room already, or never will be a reason to wait. One call
    /// is good for one signal: a signal may stand for room used up since, so ask again before each sleep.
    pub(crate) fn wait_for_room(&self) -> bool {
        self.ring.full.arm();
        if self.has_room() || self.is_closed() {
            self.ring.full.disarm();
            return false;
        }
        true
    }

    /// Whether the receiver is gone: what is sent is dropped with the ring.
    pub(crate) fn is_closed(&self) -> bool {
        self.ring.closed.load(Ordering::Acquire)
    }
}

/// The receiving end. Not Sync: one thread.
pub(crate) struct Receiver<T> {
    ring: Arc<Ring<T>>,
    head: Cell<usize>,
    published: Cell<usize>,
    /// `tail` as last read; it only ever grows.
    tail_seen: Cell<usize>,
}

impl<T: Send> Receiver<T> {
    /// Whether nothing has arrived.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        if self.tail_seen.get() != self.head.get() {
            return false;
        }
        self.tail_seen.set(self.ring.tail.0.load(Ordering::Acquire));
        self.tail_seen.get() == self.head.get()
    }

    /// Takes the oldest message. The flag says that the sender waits for room and this caller must signal it.
    pub(crate) fn pop(&self) -> (Option<T>, bool) {
        if self.is_empty() {
            return (None, self.publish());
        }
        let head = self.head.get();
        // SAFETY: `is_empty` saw with acquire that the sender filled this slot; it stays the receiver's until `head` is
        // published past it, and moving `head` on makes this read the only one.
        let message = self.ring.slot(head).with_mut(|p| unsafe { (*p).assume_init_read() });
        self.head.set(head.wrapping_add(1));
        let due = self.head.get().wrapping_sub(self.published.get()) >= self.ring.slots.len().div_ceil(4);
        (Some(message), due && self.publish())
    }

    fn publish(&self) -> bool {
        let head = self.head.get();
        if self.published.replace(head) == head {
            return false;
        }
        self.ring.head.0.store(head, Ordering::Release);
        self.ring.full.ring()
    }
}

impl<T> Receiver<T> {
    /// Ends receiving: what is sent from now on is dropped. True: the sender waits, and this caller must signal it.
    pub(crate) fn close(&self) -> bool {
        self.ring.head.0.store(self.head.get(), Ordering::Release);
        self.published.set(self.head.get());
        self.ring.closed.store(true, Ordering::Release);
        self.ring.full.ring()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // whoever must signal a waiting sender has called `close` before; this one makes `head` exact for the ring's drop
        let _ = self.close();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_its_bound() {
        let (tx, rx) = ring::<Box<u64>>(4);
        let mut next = 0;
        for round in 0..50u64 {
            let mut sent = 0;
            while tx.push(Box::new(round * 10 + sent)).is_ok() {
                sent += 1;
            }
            assert!((1..=4).contains(&sent));
            for i in 0..sent {
                assert_eq!(*rx.pop().0.unwrap(), round * 10 + i);
                next += 1;
            }
            assert!(rx.pop().0.is_none());
        }
        assert_eq!(next, 200);
    }

    #[test]
    fn what_was_not_taken_is_dropped_once() {
        let token = Arc::new(());
        let (tx, rx) = ring::<Arc<()>>(8);
        for _ in 0..6 {
            tx.push(token.clone()).unwrap();
        }
        drop(rx.pop());
        drop(rx);
        assert!(tx.is_closed());
        tx.push(token.clone()).unwrap();
        drop(tx);
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn two_threads_lose_nothing() {
        let count = if cfg!(miri) { 300 } else { 200_000 };
        let (tx, rx) = ring::<Box<usize>>(16);
        let sender = std::thread::spawn(move || {
            for i in 0..count {
                let mut message = Box::new(i);
                while let Err(back) = tx.push(message) {
                    message = back;
                    std::thread::yield_now();
                }
            }
        });
        for i in 0..count {
            let message = loop {
                match rx.pop().0 {
                    Some(message) => break message,
                    None => std::thread::yield_now(),
                }
            };
            assert_eq!(*message, i);
        }
        sender.join().unwrap();
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;

    #[test]
    fn loom_slots_are_handed_over() {
        loom::model(|| {
            let (tx, rx) = ring::<Box<usize>>(2);
            let sender = loom::thread::spawn(move || {
                let mut sent = 0;
                for i in 0..3 {
                    sent += usize::from(tx.push(Box::new(i)).is_ok());
                }
                sent
            });
            let mut got = vec![];
            for _ in 0..2 {
                got.extend(rx.pop().0);
            }
            let sent = sender.join().unwrap();
            while let Some(message) = rx.pop().0 {
                got.push(message);
            }
            // in order, without a gap, though a push to a full ring may have failed at the end
            assert_eq!(got.len(), sent);
            assert!(got.windows(2).all(|w| *w[0] < *w[1]));
        });
    }

    /// A sender that found no room and waits is signalled once the receiver has taken something.
    #[test]
    fn loom_a_waiting_sender_is_signalled() {
        loom::model(|| {
            let (tx, rx) = ring::<usize>(2);
            tx.push(1).unwrap();
            tx.push(2).unwrap();
            let receiver = loom::thread::spawn(move || {
                let signals = [rx.pop().1, rx.pop().1, rx.pop().1];
                (signals.iter().filter(|s| **s).count(), rx)
            });
            let waits = tx.wait_for_room();
            let (signals, _rx) = receiver.join().unwrap();
            // a signal to one that does not wait after all does no harm
            assert!(!waits || signals == 1, "waits {waits}, signalled {signals} times");
        });
    }

    /// Signals may be stale (the room they announce is used up), yet a sender that asks before each sleep never hangs:
    /// loom reports a deadlock otherwise.
    #[test]
    fn loom_a_sender_that_asks_again_never_hangs() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(2);
        model.max_branches = 100_000;
        model.check(|| {
            let (tx, rx) = ring::<usize>(2);
            let signal = Arc::new(loom::sync::Notify::new());
            let theirs = signal.clone();
            let receiver = loom::thread::spawn(move || {
                let mut got = 0;
                while got < 3 {
                    let (message, sender_waits) = rx.pop();
                    got += usize::from(message.is_some());
                    if sender_waits {
                        theirs.notify();
                    }
                    if message.is_none() {
                        loom::thread::yield_now();
                    }
                }
            });
            for i in 0..3 {
                while tx.push(i).is_err() {
                    if tx.wait_for_room() {
                        signal.wait();
                    }
                }
            }
            receiver.join().unwrap();
        });
    }

    #[test]
    fn loom_closing_frees_what_is_left() {
        loom::model(|| {
            let token = std::sync::Arc::new(());
            let (tx, rx) = ring::<std::sync::Arc<()>>(2);
            let held = token.clone();
            let sender = loom::thread::spawn(move || {
                let _ = tx.push(held.clone());
                let _ = tx.push(held);
                tx.wait_for_room()
            });
            let (taken, signal) = rx.pop();
            let signal = signal | rx.close();
            drop(rx);
            let waits = sender.join().unwrap();
            assert!(!waits || signal, "waits for a receiver that is gone");
            drop(taken);
            assert_eq!(std::sync::Arc::strong_count(&token), 1);
        });
    }
}
