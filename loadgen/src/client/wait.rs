//! Waiting for one of two things.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use thalweg_rt::{Core, Tick};

/// What `future` gives, or nothing if that takes longer than `time`.
pub async fn within<T>(core: &Core, time: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut late = core.timer.sleep_until(core.timer.now() + time);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Pin::new(&mut late).poll(cx).map(|()| None),
    })
    .await
}

/// Rests until `at`.
pub async fn until(core: &Core, at: Tick) {
    core.timer.sleep_until(at).await;
}

/// Rests for a time.
pub async fn rest(core: &Core, time: Duration) {
    until(core, core.timer.now() + time).await;
}
