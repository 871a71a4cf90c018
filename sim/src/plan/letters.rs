//! How messages are handed over and answered: ids that are used again, and the same answer in other words. A plan of
//! its own dice.

use super::Kinds;
use crate::dice::Dice;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Letters {
    /// The bytes of the largest packet that the server takes; 0 where it takes any.
    pub(crate) largest: u64,
    /// Messages without a place for an id, per thousand.
    pub(crate) placeless: u64,
    /// Sends after which one more uses the id of a message that waits, per thousand.
    pub(crate) again: u64,
    /// Sends that use the id of a message that has settled, per thousand.
    pub(crate) reused: u64,
    /// Refusals that an event says as well, per thousand.
    pub(crate) rejects: u64,
    /// Acknowledgements that the app's own function judges, per thousand.
    pub(crate) opinions: u64,
    /// Refusals for the rate that name no time, per thousand.
    pub(crate) vague: u64,
}

pub(super) fn letters(seed: u64, kinds: Kinds) -> Letters {
    let mut dice = Dice::new(seed ^ OWN);
    let is_narrow = dice.chance(300) && kinds.fickle_app;
    Letters {
        largest: if is_narrow { dice.magnitude(3_000, 100_000) } else { 0 },
        placeless: dice.below(2) * dice.below(100),
        again: dice.below(2) * dice.below(400),
        reused: dice.below(2) * dice.below(300),
        rejects: dice.below(2) * dice.below(1_001),
        opinions: dice.below(2) * dice.below(1_001),
        vague: dice.below(2) * dice.below(1_001),
    }
}

/// Sets these dice apart from the plan's.
const OWN: u64 = 0x1E77_E25E_ED00_0000;
