//! Runs the app's own code and catches its panics.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// The app's code panicked.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs the future to its end, or until it panics.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| match caught_now(|| future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

/// Calls the function. Fails if it panics.
pub(crate) fn caught_now<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    // The process's panic hook has printed the panic. State that the panic left inconsistent is the app's.
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| Panicked)
}
