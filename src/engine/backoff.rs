//! The random generator and the delays drawn from it.

use super::config::{Reconnect, Send};
use super::types::Millis;

/// SplitMix64 (Steele, Lea, Flood 2014): one word of state, and any seed works. It spreads clients over time. Not
/// suited for secrets.
#[derive(Clone, Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A uniform draw from `0..=max`.
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

/// The wait before a message's `retry`-th retry, counted from 1. Full jitter: from zero to the doubled, capped
/// backoff.
pub(super) fn before_retry(config: &Send, retry: u32, rng: &mut Rng) -> Millis {
    rng.up_to(doubled(config.backoff, retry.saturating_sub(1), config.backoff_max))
}

/// The wait before the next attempt to connect, after `failures` attempts failed in a row.
///
/// The first wait is the lesser of two draws from the configured span, so most users are back soon and the rest of
/// a herd comes later. It is never zero, because the cause of a loss often lasts a moment. Later waits are drawn
/// from the upper two thirds of a span that doubles. So jitter remains at the cap, and few attempts fall into the
/// time that a user waits.
pub(super) fn before_attempt(config: &Reconnect, failures: u32, rng: &mut Rng) -> Millis {
    if failures == 0 {
        let first = shortest(config);
        let rest = config.spread - first;
        return first + rng.up_to(rest).min(rng.up_to(rest));
    }
    let longest = longest(config, failures);
    let least = config.min.max(Millis(longest.0 / 3));
    least + rng.up_to(longest - least)
}

/// The wait after an attempt that got no answer at all. In the time that it took, several more would have been
/// refused, so it counts for several. A server that leaves attempts hanging is overloaded, and clients that hung
/// together must not come back together, so the waits differ as much as possible.
pub(super) fn after_hanging(config: &Reconnect, failures: u32, rng: &mut Rng) -> Millis {
    let longest = longest(config, failures.saturating_add(WORTH_OF_HANGING));
    config.min + rng.up_to(longest - config.min)
}

/// The wait after a loss when a message is waiting or the app asks: within the minimum.
pub(super) fn after_loss(config: &Reconnect, rng: &mut Rng) -> Millis {
    shortest(config) + rng.up_to(Millis(config.min.0 / 5 * 3))
}

/// The distance between attempts when a wait is shortened. A client that sends all the time would otherwise never
/// back off, so the distance grows with the first few failures.
pub(super) fn apart(config: &Reconnect, failures: u32, rng: &mut Rng) -> Millis {
    let least = doubled(config.min, failures.saturating_sub(1).min(2), config.max);
    least + rng.up_to(least)
}

fn longest(config: &Reconnect, failures: u32) -> Millis {
    config.min + doubled(config.min, failures, config.max - config.min)
}

/// The time that a cause of a loss often lasts. Less, if the configured minimum or spread is shorter.
fn shortest(config: &Reconnect) -> Millis {
    Millis(config.min.0 / 5).min(config.spread)
}

/// `base` doubled `times` times, at most `max`. The exponent is clamped, so it can't overflow however long the
/// server is away.
fn doubled(base: Millis, times: u32, max: Millis) -> Millis {
    Millis(base.0.saturating_mul(1 << times.min(31))).min(max)
}

/// The number of attempts that would have been refused while one hung.
const WORTH_OF_HANGING: u32 = 3;

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
        assert!(spread > Millis(19_000), "{spread:?}");
    }

    /// A thousand waits in ascending order.
    fn waits(mut draw: impl FnMut(&Reconnect, &mut Rng) -> Millis) -> Vec<Millis> {
        let config = Config::default().reconnect;
        let mut rng = Rng::new(3);
        let mut waits: Vec<_> = (0..1_000).map(|_| draw(&config, &mut rng)).collect();
        waits.sort_unstable();
        waits
    }

    #[test]
    fn first_attempt_after_a_loss_is_soon_for_one_and_spread_for_many() {
        let waits = waits(|config, rng| before_attempt(config, 0, rng));
        assert!(waits[0] >= Millis(200) && waits[999] <= Millis(3_000), "{waits:?}");
        assert!(waits[500] < Millis(1_100), "half of all wait {:?}", waits[500]);
        let busiest = waits.iter().map(|&from| {
            waits.iter().filter(|&&wait| (from..from + Millis(1_000)).contains(&wait)).count()
        });
        assert!(busiest.max() < Some(630), "all at once");
    }

    /// Asserts that the waits are spread evenly between the two ends and reach both.
    fn assert_even(waits: &[Millis], least: u64, longest: u64) {
        let near = (longest - least) / 50;
        assert!((least..=least + near).contains(&waits[0].0), "{least}: {:?}", waits[0]);
        assert!((longest - near..=longest).contains(&waits[999].0), "{longest}: {:?}", waits[999]);
        let middle = Millis((least + longest) / 2);
        assert!(waits[400] < middle && middle < waits[600], "{least}: {:?}", waits[500]);
    }

    #[test]
    fn later_attempts_come_from_a_span_that_doubles() {
        let spans = [(1, 1_000, 3_000), (2, 1_666, 5_000), (3, 3_000, 9_000), (4, 5_666, 17_000)];
        for (failures, least, longest) in spans {
            assert_even(&waits(|c, rng| before_attempt(c, failures, rng)), least, longest);
        }
        assert_even(&waits(|c, rng| before_attempt(c, 90, rng)), 10_000, 30_000);
    }

    #[test]
    fn clients_that_hung_together_come_back_apart() {
        assert_even(&waits(|c, rng| after_hanging(c, 1, rng)), 1_000, 17_000);
        assert_even(&waits(|c, rng| after_hanging(c, u32::MAX, rng)), 1_000, 30_000);
    }

    #[test]
    fn waits_that_are_cut_short_stay_apart_by_more_after_each_of_the_first_failures() {
        for (failures, least) in [(0, 1_000), (1, 1_000), (2, 2_000), (3, 4_000), (90, 4_000)] {
            assert_even(&waits(|c, rng| apart(c, failures, rng)), least, 2 * least);
        }
    }
}
