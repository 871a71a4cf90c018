//! The configuration as it crosses the border. The table in `config_of` is the only one: `build.mjs` reads the options'
//! paths from it, and the shell hands over their numbers in the same order. New settings go at its end, because a
//! setting crosses as index and number, and recordings keep the indexes.

use crate::engine::{Config, Millis, config::Health};

/// The number of rows in the table.
pub const SETTINGS: usize = 18;

/// A setting's type, made from the whole number that crosses the border.
trait Setting {
    fn of(number: u64) -> Self;
}

impl Setting for Millis {
    fn of(number: u64) -> Self {
        Self(number)
    }
}

impl Setting for u64 {
    fn of(number: u64) -> Self {
        number
    }
}

impl Setting for u32 {
    fn of(number: u64) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
}

impl Setting for usize {
    fn of(number: u64) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
}

macro_rules! settings {
    ($numbers:ident, $($path:literal => $setting:expr,)+) => {
        let _: [&str; SETTINGS] = [$($path),+];
        let mut at = 0..SETTINGS;
        $($setting = Setting::of(at.next().map_or(0, |at| $numbers[at]));)+
    };
}

/// The configuration with these numbers. A feature that is switched off has 0.
#[must_use]
pub fn config_of(numbers: &[u64; SETTINGS]) -> Config {
    let none = Health { interval: Millis(0), timeout: Millis(0), probe: Millis(0) };
    let Config { mut send, mut queue, mut reconnect, mut join, health } = Config::default();
    let mut health = health.unwrap_or(none);
    settings! { numbers,
        "send.ackTimeoutMs" => send.ack_timeout,
        "send.retries" => send.retries,
        "send.backoffMs" => send.backoff,
        "send.backoffMaxMs" => send.backoff_max,
        "send.window" => send.window,
        "send.windowBytes" => send.window_bytes,
        "queue.capacity" => queue.capacity,
        "queue.maxBytes" => queue.max_bytes,
        "reconnect.minMs" => reconnect.min,
        "reconnect.maxMs" => reconnect.max,
        "reconnect.spreadMs" => reconnect.spread,
        "reconnect.stableMs" => reconnect.stable,
        "authTimeoutMs" => reconnect.auth_timeout,
        "reconnect.connectTimeoutMs" => reconnect.connect_timeout,
        "join.fallbackMs" => join.fallback,
        "health.intervalMs" => health.interval,
        "health.timeoutMs" => health.timeout,
        "health.probeMs" => health.probe,
    }
    let health = Some(health).filter(|health| health.interval > Millis(0));
    Config { send, queue, reconnect, join, health }
}
