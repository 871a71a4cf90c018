//! The app's own code, whose panics end nothing of ours.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// The app's code panicked.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs the future to its end, or to its panic.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| match caught_now(|| future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

/// Calls the function, and tells whether it panicked.
pub(crate) fn caught_now<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    // A panic has been printed by the process's hook, and what it left half done is the app's.
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| Panicked)
}
