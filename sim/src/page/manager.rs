//! The Manager of socket.io-client, in worlds whose clients follow one.

#[derive(Default)]
pub(crate) struct Manager {
    /// The app wants a link.
    pub(crate) is_wanted: bool,
    /// Attempts in a row that failed.
    pub(crate) attempts: u32,
    /// Tells the timer that is set from those that were.
    pub(crate) timer: u64,
    pub(crate) is_waiting: bool,
}
