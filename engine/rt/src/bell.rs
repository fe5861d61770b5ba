//! The wake-up flag: "I am about to sleep" against "I have just published", with nothing lost between them.
//!
//! The sleeper raises the flag, fences, and looks once more at what it waits for; the publisher publishes, fences, and
//! looks at the flag. Whichever fence comes second sees the other side, so either the sleeper finds the work or the
//! publisher finds the flag and must signal. The same protocol stops a core (parked), a sender (no room in a ring) and a
//! receiver (no buffer left).

use crate::sync::{AtomicBool, Ordering, fence};

/// One sleeper's flag.
pub(crate) struct Bell {
    asleep: AtomicBool,
}

impl Bell {
    pub(crate) fn new() -> Bell {
        Bell { asleep: AtomicBool::new(false) }
    }

    /// The sleeper, each time before it sleeps: a signal may come late, for work already done, and takes the flag down. It
    /// must look at its inboxes once more after this and sleep only if they are empty.
    pub(crate) fn arm(&self) {
        self.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// The sleeper, awake again (or still).
    pub(crate) fn disarm(&self) {
        self.asleep.store(false, Ordering::Relaxed);
    }

    /// A publisher, after it published. True: the sleeper may be asleep, and this caller, no other, must signal it.
    #[inline]
    #[must_use]
    pub(crate) fn ring(&self) -> bool {
        fence(Ordering::SeqCst);
        self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::Relaxed)
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use crate::sync::AtomicUsize;
    use std::sync::Arc;

    struct World {
        bell: Bell,
        mail: [AtomicUsize; 2],
        signals: AtomicUsize,
    }

    /// Two publishers, one sleeper that sleeps once: whenever it sleeps on unread mail, somebody signals.
    #[test]
    fn loom_no_wake_up_is_lost() {
        loom::model(|| {
            let new = || AtomicUsize::new(0);
            let world = Arc::new(World { bell: Bell::new(), mail: [new(), new()], signals: new() });
            let publishers: Vec<_> = (0..2)
                .map(|i| {
                    let world = world.clone();
                    loom::thread::spawn(move || {
                        world.mail[i].store(1, Ordering::Release);
                        if world.bell.ring() {
                            world.signals.fetch_add(1, Ordering::Release);
                        }
                    })
                })
                .collect();
            world.bell.arm();
            let seen: Vec<usize> = world.mail.iter().map(|m| m.load(Ordering::Acquire)).collect();
            let asleep = seen == [0, 0];
            if !asleep {
                world.bell.disarm();
            }
            for publisher in publishers {
                publisher.join().unwrap();
            }
            if asleep {
                assert_eq!(world.signals.load(Ordering::Acquire), 1, "asleep on mail, and nobody signals");
            }
        });
    }
}
