//! How long what comes on a connection gathers in the socket (`engine/decisions/0016`): who sends in bulk sends several requests
//! right after each other, and to be woken for each of them is a good part of what they cost.

use std::task::Context;
use std::time::Duration;

use thalweg_rt::LocalFuture;

/// A request waits no longer for those sent with it.
const HOLD_MAX: Duration = Duration::from_micros(1_500);

/// Whether requests gather, from when something was received or answered last to when something is received again.
#[derive(Default)]
pub(super) enum Hold {
    /// Not so far.
    #[default]
    No,
    /// Until this is over.
    Until(LocalFuture<()>),
    /// No longer.
    Over,
}

impl Hold {
    /// Something was received.
    pub(super) fn received(&mut self) {
        *self = Hold::No;
    }

    /// Something was answered, so the client may send more than it could. What is held already is not held for longer.
    pub(super) fn answered(&mut self) {
        if matches!(self, Hold::Over) {
            *self = Hold::No;
        }
    }

    /// There is nothing to do until something is received, and the client may send so many bytes by itself. How many of them gather; the
    /// task is woken when that is over.
    pub(super) fn rest(
        &mut self,
        soon: usize,
        cx: &mut Context<'_>,
        sleep: impl FnOnce(Duration) -> LocalFuture<()>,
    ) -> usize {
        if soon == 0 {
            *self = Hold::No;
            return 0;
        }
        if matches!(self, Hold::No) {
            *self = Hold::Until(sleep(HOLD_MAX));
        }
        let Hold::Until(end) = self else { return 0 };
        if end.as_mut().poll(cx).is_pending() {
            return soon;
        }
        *self = Hold::Over;
        0
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::rc::Rc;
    use std::task::{Poll, Waker};

    use super::*;

    #[test]
    fn what_is_sent_together_gathers_once_and_not_for_long() {
        let (over, begun) = (Rc::new(Cell::new(false)), Cell::new(0));
        let mut hold = Hold::default();
        let rest = |hold: &mut Hold, soon| {
            hold.rest(soon, &mut Context::from_waker(Waker::noop()), |time| {
                assert_eq!(time, HOLD_MAX);
                begun.set(begun.get() + 1);
                let over = over.clone();
                Box::pin(poll_fn(move |_| if over.get() { Poll::Ready(()) } else { Poll::Pending }))
            })
        };
        assert_eq!((rest(&mut hold, 0), begun.get()), (0, 0), "nothing more is to come");
        assert_eq!((rest(&mut hold, 300), rest(&mut hold, 300), begun.get()), (300, 300, 1));
        hold.answered();
        assert_eq!((rest(&mut hold, 400), begun.get()), (400, 1), "more, but not for longer");
        over.set(true);
        assert_eq!((rest(&mut hold, 400), rest(&mut hold, 400), begun.get()), (0, 0, 1), "in vain");
        over.set(false);
        hold.answered();
        assert_eq!((rest(&mut hold, 400), begun.get()), (400, 2));
        hold.received();
        assert_eq!((rest(&mut hold, 100), begun.get()), (100, 3), "of those that are left");
        assert_eq!((rest(&mut hold, 0), rest(&mut hold, 300), begun.get()), (0, 300, 4));
    }
}
