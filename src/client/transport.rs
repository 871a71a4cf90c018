//! Which transport is tried first, and how much a transport takes.

/// If the browser has more unsent bytes than this, the link is clogged.
const MOST_BUFFERED: f64 = 131_072.0;

/// With more pending packets of the app than this, a batch would exceed what one POST may carry.
const MOST_PENDING: f64 = 3.0;

/// The order in which the app's transports are tried. Each failure swaps the first two, because the network may
/// block one of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    /// The number of failures before the app assigned the present order, which is tried unswapped first.
    before: u32,
}

impl Order {
    /// Whether the next attempt, after this many failures, tries the second transport first. `is_new` is true if
    /// the app has assigned an order since the last attempt.
    pub fn is_turned(&mut self, failures: u32, is_new: bool) -> bool {
        if is_new {
            self.before = failures;
        }
        failures.saturating_sub(self.before) % 2 == 1
    }
}

/// Whether a silent WebSocket is given up early: only if there is another transport to try.
#[must_use]
pub const fn is_watched(is_web_socket: bool, transports: u32) -> bool {
    is_web_socket && transports > 1
}

/// Whether the transport has more to send than the link takes. `waiting` is the number of packets that wait for a
/// POST, or of unsent bytes of a WebSocket. A WebSocket that does not report it (NaN) is not clogged.
#[must_use]
pub fn is_clogged(is_polling: bool, waiting: f64) -> bool {
    waiting > if is_polling { MOST_PENDING } else { MOST_BUFFERED }
}
