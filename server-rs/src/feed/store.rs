//! Where items are kept: what any store has to do.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use socketioxide_core::parser::is_ser_tuple;

use super::offset::Offset;
use crate::trouble::BoxError;

/// A feed: that of a user, or that of a room. As text (`user:anna`, `room:anna`) no two are the same.
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

/// What listeners are called with: an event and its arguments, as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The event's name.
    pub event: String,
    /// Its arguments.
    pub args: Vec<Value>,
}

impl Item {
    /// As socketioxide's `emit` has it: a tuple is several arguments, anything else is one.
    pub(crate) fn new<T: Serialize + ?Sized>(event: &str, args: &T) -> serde_json::Result<Self> {
        let args = match serde_json::to_value(args)? {
            Value::Array(list) if is_ser_tuple(args) => list,
            value => vec![value],
        };
        Ok(Self { event: event.to_owned(), args })
    }
}

/// Where an item got its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The offset of the item before, or that of the feed without items.
    pub before: Offset,
    /// The item's own.
    pub offset: Offset,
}

/// What a store has after a position.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The position is in the chain, or there was none.
    Items {
        /// Those right after it, oldest first; without a position none.
        items: Vec<(Offset, Arc<Item>)>,
        /// The feed's end at this moment.
        end: Offset,
    },
    /// The position leads nowhere.
    Reset {
        /// Why.
        reset: Reset,
        /// The feed's end at this moment.
        end: Offset,
    },
}

/// Why a position leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reset {
    /// Items after it are no longer in the store.
    Trimmed,
    /// It was never in this chain: the store lost it, or is another one.
    Replaced,
}

/// Where the items of feeds are kept. A store that several processes share has to make each of the methods atomic.
///
/// A method that fails, or takes longer than [`FeedOptions::timeout`](super::FeedOptions::timeout), is reported; a read
/// is then answered `UNAVAILABLE`.
pub trait FeedStore: Send + Sync + 'static {
    /// Appends an item to the chain, under the offset `end.next()`. A feed that the store does not know begins with
    /// [`Offset::empty`].
    fn append(
        &self,
        feed: &FeedId,
        item: Arc<Item>,
    ) -> impl Future<Output = Result<Link, BoxError>> + Send;

    /// Reads at most `limit` items after a position. A feed that the store does not know begins with
    /// [`Offset::empty`], which has to be the same at the next read.
    fn read(
        &self,
        feed: &FeedId,
        after: Option<&Offset>,
        limit: usize,
    ) -> impl Future<Output = Result<Reading, BoxError>> + Send;
}

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send + 'a>>;

/// A store whose type nobody needs to know.
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
