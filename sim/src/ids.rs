//! The numbers by which the parts of a world refer to each other.

/// A page. A page that is loaded anew gets a new number.
pub(crate) type PageId = usize;

pub(crate) type TabId = usize;

/// A connection. Each attempt that gets far enough makes one.
pub(crate) type ConnectionId = usize;

/// A message of the app, which is also the id that the server sees. Every page uses the same number for it.
pub(crate) type MessageId = usize;

/// A session of a page's user: its index among all sessions of that page.
pub(crate) type SessionId = usize;

/// The name of a journal and of its lock.
pub(crate) type Name = u32;

/// The user that messages are saved for.
pub(crate) type Scope = u64;

/// The scope in a world without logins.
pub(crate) const ONLY: Scope = 1;
