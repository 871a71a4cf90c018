//! Which transport is tried first, and what a transport can take. Pure: it is told what there is, and decides.

/// More bytes than this that the browser has not sent yet is more than the link can take.
const MOST_BUFFERED: f64 = 131_072.0;

/// With so many packets of the app's own before it a batch of ours would be too many for one POST.
const MOST_PENDING: f64 = 3.0;

/// In which order the transports are tried that the app wants. Each failure turns the first two, since one of them
/// may be what the network does not let through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    /// Failures before the app assigned the present order, which goes first.
    before: u32,
}

impl Order {
    /// An attempt after so many failures: whether the second transport is tried before the first. `is_new` says that
    /// the app has assigned an order since the last attempt.
    pub fn is_turned(&mut self, failures: u32, is_new: bool) -> bool {
        if is_new {
            self.before = failures;
        }
        failures.saturating_sub(self.before) % 2 == 1
    }
}

/// Whether a WebSocket that says nothing is given up early: only where there is another transport to try.
#[must_use]
pub const fn is_watched(is_web_socket: bool, transports: u32) -> bool {
    is_web_socket && transports > 1
}

/// Whether the transport has more to send than it can: packets that wait for a POST, or bytes that a WebSocket holds.
/// A WebSocket that does not say is not clogged.
#[must_use]
pub fn is_clogged(is_polling: bool, waiting: f64) -> bool {
    waiting > if is_polling { MOST_PENDING } else { MOST_BUFFERED }
}
