//! The engine's numbers. Every default is the one that the README's table of options names.

use super::types::{Millis, Seq};

/// What an engine is made with. Changing it later takes [`reconfigure`](super::Engine::reconfigure).
#[derive(Clone, Debug)]
pub struct Config {
    /// Sends and their retries.
    pub send: Send,
    /// What may wait.
    pub queue: Queue,
    /// Attempts to connect.
    pub reconnect: Reconnect,
    /// Joining the user's room.
    pub join: Join,
    /// Pings; `None` leaves health to the transport's own heartbeat.
    pub health: Option<Health>,
}

/// Sends and their retries.
#[derive(Clone, Debug)]
pub struct Send {
    /// How long an acknowledgement may take.
    pub ack_timeout: Millis,
    /// How often an unanswered or failed message is sent again.
    pub retries: u32,
    /// The first retry waits up to this, each further one up to twice as long.
    pub backoff: Millis,
    /// No retry waits longer.
    pub backoff_max: Millis,
    /// Messages in flight.
    pub window: u32,
    /// Bytes in flight. One message larger than this still leaves, alone.
    pub window_bytes: u64,
}

/// What may wait.
#[derive(Clone, Debug)]
pub struct Queue {
    /// Unsettled messages, at most [`Seq::MAX_CAPACITY`].
    pub capacity: usize,
    /// Bytes of unsettled messages.
    pub max_bytes: u64,
}

/// Attempts to connect.
#[derive(Clone, Debug)]
pub struct Reconnect {
    /// The least wait from the second attempt on.
    pub min: Millis,
    /// The longest wait, but where the server itself ends the links.
    pub max: Millis,
    /// The first attempt after a loss is spread over this span, so that not all clients come at once;
    /// about half of them come in its first third.
    pub spread: Millis,
    /// A link that was ready this long starts the backoff anew.
    pub stable: Millis,
    /// How long the app may take to hand over credentials.
    pub auth_timeout: Millis,
    /// How long connecting may take.
    pub connect_timeout: Millis,
}

/// Joining the user's room.
#[derive(Clone, Debug)]
pub struct Join {
    /// How long to wait for the confirmation before going on without.
    pub fallback: Millis,
}

/// Pings.
#[derive(Clone, Debug)]
pub struct Health {
    /// From the last pong to the next ping.
    pub interval: Millis,
    /// Silence after which the link is replaced.
    pub timeout: Millis,
    /// How long a probe may take to be answered.
    pub probe: Millis,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            send: Send {
                ack_timeout: Millis(10_000),
                retries: 3,
                backoff: Millis(1_000),
                backoff_max: Millis(30_000),
                window: 1_024,
                window_bytes: 1_000_000,
            },
            queue: Queue { capacity: 10_000, max_bytes: 10_000_000 },
            reconnect: Reconnect {
                min: Millis(1_000),
                max: Millis(30_000),
                spread: Millis(3_000),
                stable: Millis(5_000),
                auth_timeout: Millis(5_000),
                connect_timeout: Millis(20_000),
            },
            join: Join { fallback: Millis(3_000) },
            health: Some(Health {
                interval: Millis(15_000),
                timeout: Millis(30_000),
                probe: Millis(5_000),
            }),
        }
    }
}

impl Config {
    /// The same numbers, each brought into the range in which the engine can keep its promises: a
    /// window and a capacity of at least one message, and no more slots than a [`Seq`] can name.
    #[must_use]
    pub(super) fn bounded(mut self) -> Self {
        self.send.window = self.send.window.max(1);
        self.queue.capacity = self.queue.capacity.clamp(1, Seq::MAX_CAPACITY);
        self.reconnect.max = self.reconnect.max.max(self.reconnect.min);
        self
    }
}
