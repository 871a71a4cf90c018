//! What a server publishes in feeds, and how badly it stores and delivers it. Drawn from its own dice, for a sixth
//! of the seeds.

use super::{Plan, Planned};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Published {
    /// The number of items that the store keeps for a feed, and the largest number in an answer.
    pub(crate) kept: u64,
    pub(crate) page: u64,
    /// Per thousand: an item is stored but sent to nobody, reaches one connection late, or does not reach it.
    pub(crate) unsent: u64,
    pub(crate) late: u64,
    pub(crate) lost: u64,
    /// Per thousand: a read is answered late, never, or with an error; a read of a room's feed is refused.
    pub(crate) slow: u64,
    pub(crate) silent: u64,
    pub(crate) failing: u64,
    /// Per thousand: an answer contains none of the items that exist.
    pub(crate) stingy: u64,
    pub(crate) refused: u64,
    /// The store is in the server's memory.
    pub(crate) is_forgetful: bool,
    /// How often shown items are saved at once, per thousand.
    pub(crate) saved: u64,
    /// Whether the server has feeds at all.
    pub(crate) is_there: bool,
}

/// Something that happens to feeds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notice {
    /// An item is published for a user, or in a room.
    Publish {
        feed: u32,
    },
    /// A part of the app follows a room's feed, or no longer.
    Follow,
    Leave,
    /// The store is replaced, or rolled back by some items.
    Replace {
        feed: u32,
    },
    RollBack {
        feed: u32,
        by: u64,
    },
}

pub(super) fn published(seed: u64) -> Option<Published> {
    let mut dice = Dice::new(seed ^ OWN);
    matches!(seed % 64, 0 | 4 | 7 | 17 | 23 | 29 | 32 | 41 | 46 | 52 | 57).then(|| Published {
        kept: if dice.chance(500) { 1_000 } else { dice.magnitude(1, 64) },
        page: dice.magnitude(1, 64),
        unsent: dice.below(2) * dice.below(300),
        late: dice.below(2) * dice.below(500),
        lost: dice.below(2) * dice.below(300),
        slow: dice.below(2) * dice.below(700),
        silent: dice.below(2) * dice.below(300),
        failing: dice.below(2) * dice.below(300),
        stingy: dice.below(2) * dice.below(300),
        refused: dice.below(2) * dice.below(300),
        is_forgetful: dice.chance(300),
        saved: dice.below(1_001),
        is_there: dice.chance(900),
    })
}

impl Plan {
    pub(super) fn schedule_published(&mut self, seed: u64) {
        if self.published.is_none() {
            return;
        }
        let mut dice = Dice::new(seed ^ OWN ^ 1);
        for _ in 0..dice.magnitude(2, 64) {
            let feed = dice.below(2) as u32;
            let notice = match dice.weighted([20, 4, 2, 1, 1]) {
                0 => Notice::Publish { feed },
                1 => Notice::Follow,
                2 => Notice::Leave,
                3 => Notice::Replace { feed },
                _ => Notice::RollBack { feed, by: dice.between(1, 5) },
            };
            let at = self.moment(&mut dice);
            self.at(at, Planned::Published(notice));
            // Items are published in bursts.
            if let Notice::Publish { .. } = notice {
                for _ in 0..dice.below(2) * dice.magnitude(1, 32) {
                    self.at(at + dice.below(300), Planned::Published(notice));
                }
            }
        }
    }
}

/// Separates these dice from the plan's.
const OWN: u64 = 0x0FF5_E750_0000_0000;
