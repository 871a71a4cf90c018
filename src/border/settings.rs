//! The configuration as it crosses the border. `config_of` holds the one table of it: `build.mjs` reads the options'
//! paths from there, and hands over their numbers in the same order.

use crate::engine::{Config, Millis, config::Health};

/// As many as the table has.
pub const SETTINGS: usize = 18;

/// A whole number as a setting.
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

/// The configuration that these numbers say. An option that is switched off is 0.
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
