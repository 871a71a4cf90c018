//! The interface of a feed's store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use socketioxide_core::parser::is_ser_tuple;

use super::offset::Offset;
use crate::trouble::BoxError;

/// A feed of a user or of a room. The text forms (`user:anna`, `room:anna`) are unique.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum FeedId {
    /// The feed of the user with this id.
    User(String),
    /// The feed of the room of this name.
    Room(String),
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Room(name) => write!(f, "room:{name}"),
        }
    }
}

/// A published item: an event and its arguments, as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The event's name.
    pub event: String,
    /// Its arguments.
    pub args: Vec<Value>,
}

impl Item {
    /// As socketioxide's `emit`: a tuple becomes several arguments, anything else becomes one.
    pub(crate) fn new<T: Serialize + ?Sized>(event: &str, args: &T) -> serde_json::Result<Self> {
        let args = match serde_json::to_value(args)? {
            Value::Array(list) if is_ser_tuple(args) => list,
            value => vec![value],
        };
        Ok(Self { event: event.to_owned(), args })
    }
}

/// The offsets that an item got.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The offset of the item before, or that of the empty feed.
    pub before: Offset,
    /// The offset of the item.
    pub offset: Offset,
}

/// The result of reading after a position.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The position is in the chain, or none was given.
    Items {
        /// The items right after it, the oldest first. Empty if no position was given.
        items: Vec<(Offset, Arc<Item>)>,
        /// The end of the feed at this moment.
        end: Offset,
    },
    /// The position can't be continued.
    Reset {
        /// The reason.
        reset: Reset,
        /// The end of the feed at this moment.
        end: Offset,
    },
}

/// Why a position can't be continued.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reset {
    /// Items after it are no longer in the store.
    Trimmed,
    /// It was never in this chain: the store lost its items, or is a different one.
    Replaced,
}

/// Stores the items of feeds. If several processes share a store, each method must be atomic.
///
/// A method that fails, or takes longer than [`FeedOptions::timeout`](super::FeedOptions::timeout), is reported to
/// `on_error`. A read is then answered `UNAVAILABLE`.
pub trait FeedStore: Send + Sync + 'static {
    /// Appends an item to the chain, with the offset `end.next()`. An unknown feed begins with [`Offset::empty`].
    fn append(
        &self,
        feed: &FeedId,
        item: Arc<Item>,
    ) -> impl Future<Output = Result<Link, BoxError>> + Send;

    /// Reads at most `limit` items after a position. An unknown feed begins with [`Offset::empty`], which must be
    /// the same at the next read.
    fn read(
        &self,
        feed: &FeedId,
        after: Option<&Offset>,
        limit: usize,
    ) -> impl Future<Output = Result<Reading, BoxError>> + Send;
}

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send + 'a>>;

/// A [`FeedStore`] as a trait object.
pub(crate) trait AnyStore: Send + Sync {
    fn append<'a>(&'a self, feed: &'a FeedId, item: Arc<Item>) -> Boxed<'a, Link>;
    fn read<'a>(
        &'a self,
        feed: &'a FeedId,
        after: Option<&'a Offset>,
        limit: usize,
    ) -> Boxed<'a, Reading>;
}

impl<S: FeedStore> AnyStore for S {
    fn append<'a>(&'a self, feed: &'a FeedId, item: Arc<Item>) -> Boxed<'a, Link> {
        Box::pin(FeedStore::append(self, feed, item))
    }

    fn read<'a>(
        &'a self,
        feed: &'a FeedId,
        after: Option<&'a Offset>,
        limit: usize,
    ) -> Boxed<'a, Reading> {
        Box::pin(FeedStore::read(self, feed, after, limit))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tuple_is_several_arguments_and_all_else_is_one() {
        let args = |args: &dyn Fn() -> serde_json::Result<Item>| args().unwrap().args;
        assert_eq!(args(&|| Item::new("e", &("a", 2))), [json!("a"), json!(2)]);
        assert_eq!(args(&|| Item::new("e", &vec![1, 2])), [json!([1, 2])]);
        assert_eq!(args(&|| Item::new("e", &json!([1, 2]))), [json!([1, 2])]);
        assert_eq!(args(&|| Item::new("e", "text")), [json!("text")]);
        assert_eq!(args(&|| Item::new("e", &[0; 0])), [json!(null); 0]);
    }
}
