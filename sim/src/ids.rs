//! The numbers by which the parts of a world name what they share.

/// Counts the pages that there ever were: a page that is loaded anew is another one.
pub(crate) type PageId = usize;

pub(crate) type TabId = usize;

/// One for each attempt that got so far.
pub(crate) type ConnectionId = usize;

/// A message of the app's, which is the id that the server sees: no page has another for it.
pub(crate) type MessageId = usize;

/// A session of a page's user, by its place among all that there were.
pub(crate) type SessionId = usize;

/// The name of a journal, and of its lock.
pub(crate) type Name = u32;

/// Whose messages are kept.
pub(crate) type Scope = u64;

/// Whoever messages are kept for in a world without logins.
pub(crate) const ONLY: Scope = 1;
