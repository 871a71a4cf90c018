//! The engine's configuration. `docs/options.md` lists the same defaults.

use super::types::{Millis, Seq};

/// The configuration of an engine. [`reconfigure`](super::Engine::reconfigure) replaces it later.
#[derive(Clone, Debug)]
pub struct Config {
    /// Sends and their retries.
    pub send: Send,
    /// Limits on unsettled messages.
    pub queue: Queue,
    /// Attempts to connect.
    pub reconnect: Reconnect,
    /// Joining the user's room.
    pub join: Join,
    /// Pings. `None` leaves liveness to the transport's own heartbeat.
    pub health: Option<Health>,
}

/// Sends and their retries.
#[derive(Clone, Debug)]
pub struct Send {
    /// How long an acknowledgement may take.
    pub ack_timeout: Millis,
    /// The number of retries of an unanswered or failed message.
    pub retries: u32,
    /// The longest wait before the first retry. It doubles with each further retry.
    pub backoff: Millis,
    /// The longest wait before any retry.
    pub backoff_max: Millis,
    /// The largest number of messages in flight.
    pub window: u32,
    /// The largest number of bytes in flight. A larger message still leaves, but alone.
    pub window_bytes: u64,
}

/// Limits on unsettled messages.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The largest number of unsettled messages, at most [`Seq::MAX_CAPACITY`].
    pub capacity: usize,
    /// The largest number of bytes in unsettled messages.
    pub max_bytes: u64,
}

/// Attempts to connect.
#[derive(Clone, Debug)]
pub struct Reconnect {
    /// The shortest wait from the second attempt on.
    pub min: Millis,
    /// The longest wait, except after links that the server itself ended.
    pub max: Millis,
    /// The first attempt after a loss comes within this span, so that not all clients come at once. About half of
    /// them come in its first third.
    pub spread: Millis,
    /// A link that was ready for longer than this resets the backoff.
    pub stable: Millis,
    /// How long the app may take to pass credentials.
    pub auth_timeout: Millis,
    /// How long connecting may take.
    pub connect_timeout: Millis,
}

/// Joining the user's room.
#[derive(Clone, Debug)]
pub struct Join {
    /// How long to wait for the confirmation before messages leave without it.
    pub fallback: Millis,
}

/// Pings.
#[derive(Clone, Debug)]
pub struct Health {
    /// The span from the last pong to the next ping.
    pub interval: Millis,
    /// The silence after which the link is replaced.
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
    /// The same configuration with every value clamped to the supported range: a window and a capacity of at least
    /// one message, and no more slots than a [`Seq`] can name.
    #[must_use]
    pub(super) fn bounded(mut self) -> Self {
        self.send.window = self.send.window.max(1);
        self.queue.capacity = self.queue.capacity.clamp(1, Seq::MAX_CAPACITY);
        self.reconnect.max = self.reconnect.max.max(self.reconnect.min);
        self
    }
}
