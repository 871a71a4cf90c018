//! The Manager of socket.io-client, in worlds whose clients follow a link.

#[derive(Default)]
pub(crate) struct Manager {
    /// The app wants a link.
    pub(crate) is_wanted: bool,
    /// The number of failed attempts in a row.
    pub(crate) attempts: u32,
    /// Distinguishes the present timer from earlier ones.
    pub(crate) timer: u64,
    pub(crate) is_waiting: bool,
}
