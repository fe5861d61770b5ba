//! A value that one task of a core gives to another, once.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

struct Shared<T> {
    value: Option<T>,
    waker: Option<Waker>,
    gone: bool,
}

/// The giving end. Dropped without giving, the other end sees nothing.
pub struct Promise<T>(Rc<RefCell<Shared<T>>>);

/// The receiving end.
pub struct Promised<T>(Rc<RefCell<Shared<T>>>);

/// Both ends.
pub fn promise<T>() -> (Promise<T>, Promised<T>) {
    let shared = Rc::new(RefCell::new(Shared { value: None, waker: None, gone: false }));
    (Promise(shared.clone()), Promised(shared))
}

impl<T> Promise<T> {
    /// Gives the value.
    pub fn give(self, value: T) {
        self.0.borrow_mut().value = Some(value);
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        let waker = {
            let mut shared = self.0.borrow_mut();
            shared.gone = true;
            shared.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Promised<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut shared = self.0.borrow_mut();
        if shared.value.is_some() || shared.gone {
            return Poll::Ready(shared.value.take());
        }
        shared.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Runs futures side by side until all have ended; their results in order.
pub async fn all<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut results: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(move |cx| {
        let mut pending = false;
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none() {
                match Pin::new(future).poll(cx) {
                    Poll::Ready(value) => *result = Some(value),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(results.iter_mut().filter_map(Option::take).collect()) }
    })
    .await
}
