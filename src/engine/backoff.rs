//! Randomness and the delays made from it.

use super::config::{Reconnect, Send};
use super::types::Millis;

/// SplitMix64 (Steele, Lea, Flood 2014): one word of state, and any seed will do. It spreads clients
/// over time; it is not for secrets.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Even over `0..=max`.
    pub(super) fn up_to(&mut self, max: Millis) -> Millis {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^= word >> 31;
        let span = max.0.min(u64::from(u32::MAX)) + 1;
        Millis(((word >> 32) * span) >> 32)
    }
}

/// The wait before a message's `retry`-th repeat, counted from 1: full jitter, so anything from none
/// to the doubled cap.
pub(super) fn before_retry(config: &Send, retry: u32, rng: &mut Rng) -> Millis {
    rng.up_to(doubled(config.backoff, retry.saturating_sub(1), config.backoff_max))
}

/// The wait before the next attempt to connect, after `failures` attempts failed in a row. The first
/// is spread over the configured span; the others keep the minimum and draw evenly up to the cap, so
/// the jitter never gets lost, not even at the cap.
pub(super) fn before_attempt(config: &Reconnect, failures: u32, rng: &mut Rng) -> Millis {
    if failures == 0 {
        return rng.up_to(config.spread);
    }
    let cap = doubled(config.min, failures, config.max);
    config.min + rng.up_to(cap - config.min)
}

/// `base` doubled `times` times, at most `max`. The exponent is clamped: it can't overflow however
/// long the server is away.
fn doubled(base: Millis, times: u32, max: Millis) -> Millis {
    Millis(base.0.saturating_mul(1 << times.min(31))).min(max)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::config::Config;
    use super::*;

    #[test]
    fn draws_are_even_and_reach_both_ends() {
        let mut rng = Rng::new(7);
        let mut seen = [0_u32; 4];
        for _ in 0..4_000 {
            seen[usize::try_from(rng.up_to(Millis(3)).0).expect("small")] += 1;
        }
        assert!(seen.iter().all(|&count| (900..1_100).contains(&count)), "{seen:?}");
    }

    #[test]
    fn attempts_keep_their_jitter_at_the_cap_after_a_week_offline() {
        let config = Config::default().reconnect;
        let mut rng = Rng::new(1);
        let waits: Vec<_> = (0..1_000).map(|_| before_attempt(&config, 40_000, &mut rng)).collect();
        assert!(waits.iter().all(|wait| (config.min..=config.max).contains(wait)));
        let spread = *waits.iter().max().expect("some") - *waits.iter().min().expect("some");
        assert!(spread > Millis(28_000), "{spread:?}");
    }

    #[test]
    fn first_attempt_after_a_loss_is_spread() {
        let config = Config::default().reconnect;
        let mut rng = Rng::new(3);
        let waits: Vec<_> = (0..1_000).map(|_| before_attempt(&config, 0, &mut rng)).collect();
        assert!(waits.iter().all(|&wait| wait <= config.spread));
        assert!(waits.iter().filter(|&&wait| wait < Millis(1_500)).count() > 400);
    }
}
