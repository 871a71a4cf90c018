//! Whole servers and their connections, in this process.

mod client;
mod deduplicator;
mod feeds;

/// Whom a connection was authenticated for.
#[derive(Clone)]
struct User(String);
