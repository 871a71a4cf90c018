//! Tests of whole servers and their connections, in this process.

mod client;
mod deduplicator;
mod feeds;

/// The authenticated user of a connection.
#[derive(Clone)]
struct User(String);
