//! How messages are sent and answered: reused ids, and answers in different words. Drawn from its own dice.

use super::Kinds;
use crate::dice::Dice;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Letters {
    /// The size in bytes of the largest packet that the server accepts. 0 if it accepts any.
    pub(crate) largest: u64,
    /// Messages that carry no id, per thousand.
    pub(crate) without_id: u64,
    /// Sends after which another one uses the id of a waiting message, per thousand.
    pub(crate) again: u64,
    /// Sends that use the id of a settled message, per thousand.
    pub(crate) reused: u64,
    /// Refusals that are also reported by an event, per thousand.
    pub(crate) rejects: u64,
    /// Acknowledgements that the app's own function judges, per thousand.
    pub(crate) opinions: u64,
    /// Refusals by the rate limit that name no time, per thousand.
    pub(crate) vague: u64,
}

pub(super) fn letters(seed: u64, kinds: Kinds) -> Letters {
    let mut dice = Dice::new(seed ^ OWN);
    let is_narrow = dice.chance(300) && kinds.fickle_app;
    Letters {
        largest: if is_narrow { dice.magnitude(3_000, 100_000) } else { 0 },
        without_id: dice.below(2) * dice.below(100),
        again: dice.below(2) * dice.below(400),
        reused: dice.below(2) * dice.below(300),
        rejects: dice.below(2) * dice.below(1_001),
        opinions: dice.below(2) * dice.below(1_001),
        vague: dice.below(2) * dice.below(1_001),
    }
}

/// Separates these dice from the plan's.
const OWN: u64 = 0x1E77_E25E_ED00_0000;
