//! Clients that reconnect as socket.io-client's Manager does, for comparison.
//!
//! The numbers and the algorithm are those of socket.io-client 4.8.4: the defaults in the constructor of
//! `build/esm/manager.js` (delays of 1 to 5 s, factor 2, jitter 0.5, 20 s for an attempt), its
//! `reconnect()`, and `contrib/backo2.js`; of engine.io-client 6.6.8, whose `_resetPingTimeout` gives up a
//! connection 45 s after its server's last heartbeat; and of the server's defaults for that heartbeat, 25 s
//! and 20 s. A message that is sent while there is no connection changes nothing about the next attempt.

use super::world::{Attempt, ClientId, Clients, Fact, World};

pub(super) struct SocketIo(Vec<Manager>);

#[derive(Clone, Copy)]
struct Manager {
    /// Counts attempts, and names the present one.
    attempt: Attempt,
    /// `backoff.attempts`: the attempts since the last one that was accepted.
    attempts: u32,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    Waiting { until: u64 },
    Opening { until: u64 },
    Open { until: u64 },
}

impl SocketIo {
    pub(super) fn new(count: u32) -> Self {
        let manager = Manager { attempt: 0, attempts: 0, state: State::Waiting { until: 0 } };
        Self(vec![manager; count as usize])
    }
}

impl Clients for SocketIo {
    fn open(&mut self, client: ClientId, world: &mut World) {
        let manager = &mut self.0[client as usize];
        manager.attempt += 1;
        let until = world.now() + TIMEOUT;
        manager.state = State::Opening { until };
        // A timer that an answer will clear in time is never set.
        let answered_at = world.attempt(client, manager.attempt);
        if answered_at.is_none_or(|at| at >= until) {
            world.wake(client, until);
        }
    }

    fn told(&mut self, client: ClientId, fact: Fact, world: &mut World) {
        let now = world.now();
        let manager = &mut self.0[client as usize];
        match (fact, manager.state) {
            // A time that an earlier state asked for is ignored, because its timer was cleared.
            (Fact::Time, State::Waiting { until }) if until <= now => self.open(client, world),
            (Fact::Time, State::Opening { until }) if until <= now => {
                self.reconnect(client, world);
            }
            (Fact::Time, State::Open { until }) if until <= now => {
                world.hung_up(client);
                self.reconnect(client, world);
            }
            (Fact::Time, State::Open { until }) => world.wake(client, until),
            (Fact::Accepted(attempt), State::Opening { until })
                if attempt == manager.attempt && now < until =>
            {
                manager.attempts = 0;
                manager.state = State::Open { until: now + PING_TIMEOUT };
                world.wake(client, now + PING_TIMEOUT);
                world.connected(client, attempt);
            }
            (Fact::Refused(attempt), State::Opening { .. })
            | (Fact::Lost(attempt), State::Open { .. })
                if attempt == manager.attempt =>
            {
                self.reconnect(client, world);
            }
            (Fact::Heartbeat(attempt), State::Open { .. }) if attempt == manager.attempt => {
                manager.state = State::Open { until: now + PING_TIMEOUT };
            }
            (_, State::Waiting { .. } | State::Opening { .. } | State::Open { .. }) => {}
        }
    }

    fn send(&mut self, _client: ClientId, _world: &mut World) {}
}

impl SocketIo {
    fn reconnect(&mut self, client: ClientId, world: &mut World) {
        let random = world.dice.below(1 << 53) as f64 / (1_u64 << 53) as f64;
        let manager = &mut self.0[client as usize];
        let until = world.now() + duration(manager.attempts, random);
        manager.attempts += 1;
        manager.state = State::Waiting { until };
        world.wake(client, until);
    }
}

/// `Backoff.prototype.duration`, line by line. `random` is `Math.random()`.
fn duration(attempts: u32, random: f64) -> u64 {
    let mut ms = MIN * 2_f64.powi(attempts.cast_signed());
    let deviation = (random * JITTER * ms).floor();
    let is_less = (random * 10.0).floor() as u32 & 1 == 0;
    ms = if is_less { ms - deviation } else { ms + deviation };
    // JavaScript's `Math.min` keeps a NaN, Rust's `min` drops it. `| 0` and `as` both turn it into 0.
    if ms.is_nan() { 0 } else { ms.min(MAX) as u64 }
}

/// `reconnectionDelay`, `reconnectionDelayMax` and `randomizationFactor`.
const MIN: f64 = 1_000.0;
const MAX: f64 = 5_000.0;
const JITTER: f64 = 0.5;
/// `timeout`: how long an attempt may take.
const TIMEOUT: u64 = 20_000;
/// From the server's last heartbeat to giving up: `pingInterval` and `pingTimeout`.
const PING_TIMEOUT: u64 = 45_000;

#[cfg(test)]
mod tests {
    use super::super::{Herd, Loss, Options, Overload, world};
    use super::*;

    #[test]
    fn each_tries_once_in_five_seconds_and_the_time_of_an_attempt() {
        let options = Options { clients: 500, ..Options::default() };
        for (loss, attempt, until_noticed) in
            [(Loss::Seen, 110, 0), (Loss::Silent, TIMEOUT, 32_500)]
        {
            let herd = Herd { outage: 1_000_000, loss, overload: Overload::Refuses };
            let curve = world::play(&herd, &options, &mut SocketIo::new(options.clients));
            let each = f64::from(curve.total_before()) / f64::from(options.clients);
            let expected = (herd.outage - until_noticed) as f64 / (MAX + attempt as f64);
            assert!((each - expected).abs() < 2.0, "{loss:?}: {each}, not {expected}");
        }
    }

    // The values that node prints for the original with `Math.random` replaced.
    #[test]
    fn delays_are_those_of_the_original() {
        let delays = |random| -> Vec<_> {
            [0, 1, 2, 3, 1_013, 1_014, 1_015].map(|attempts| duration(attempts, random)).to_vec()
        };
        assert_eq!(delays(0.05), [975, 1_950, 3_900, 5_000, 5_000, 5_000, 0]);
        assert_eq!(delays(0.15), [1_075, 2_150, 4_300, 5_000, 5_000, 5_000, 5_000]);
        assert_eq!(delays(0.85), [575, 1_150, 2_300, 4_600, 5_000, 5_000, 0]);
        assert_eq!(delays(0.95), [1_475, 2_950, 5_000, 5_000, 5_000, 5_000, 5_000]);
    }
}
