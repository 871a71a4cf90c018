#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answerer;
mod caught;
mod deduplicator;
mod feed;
mod size;
mod trouble;
mod turns;

pub use deduplicator::{Deduplicator, DeduplicatorOptions, Failure};
pub use feed::{
    Feed, FeedError, FeedId, FeedOptions, FeedStore, Item, Link, MemoryLimits, MemoryStore,
    NoOffset, Offset, ReadRequest, Reading, Reset, RoomFeed, UserFeed,
};
pub use trouble::{BoxError, Trouble};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex whose content stays valid after a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
