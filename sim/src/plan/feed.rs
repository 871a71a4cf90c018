//! What a server sends to its pages, and what their app does with it. Drawn from its own dice, for a third of the
//! seeds.

use super::{Plan, Planned};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Feed {
    /// The number of messages that the client remembers.
    pub(crate) kept: usize,
    /// Per thousand: a message is a repeat, has different content, or another name.
    pub(crate) repeats: u64,
    pub(crate) rewrites: u64,
    pub(crate) aliases: u64,
    /// Per thousand: a message wants an acknowledgement.
    pub(crate) asks: u64,
    /// Per thousand: the app answers it later, or never; its answer is too large to be kept.
    pub(crate) late: u64,
    pub(crate) silent: u64,
    pub(crate) large: u64,
    /// Per thousand: the server recovers the session of the connection before.
    pub(crate) recovers: u64,
    /// How the app answers a request for what was missed: at once, later, never, with an error.
    pub(crate) resyncs: [u64; 4],
    /// Per thousand: joins of the app's own rooms are refused, too.
    pub(crate) refuses_others: u64,
}

/// An action of the server or the app.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    /// The server sends a message to a page.
    Say,
    Typing,
    /// A user comes or goes, or a list of all users is sent.
    Presence,
    /// A part of the app wants an emit replayed after each reconnect, or no longer.
    Remember,
    Unremember,
    /// The app makes an emit that is remembered, or forgets it.
    Emit,
    Leave,
    /// The app emits an event that may be deferred.
    Soon,
    AskOnline,
}

pub(super) fn feed(seed: u64) -> Option<Feed> {
    let mut dice = Dice::new(seed ^ OWN);
    let has_feed = FED.contains(&(seed % 64));
    has_feed.then(|| Feed {
        kept: if dice.chance(800) { 1_000 } else { dice.below(5) as usize },
        repeats: dice.below(600),
        rewrites: dice.below(2) * dice.below(300),
        aliases: dice.below(2) * dice.below(500),
        asks: dice.below(2) * dice.below(800),
        late: dice.below(1_000),
        silent: dice.below(2) * dice.below(300),
        large: dice.below(2) * dice.below(300),
        recovers: dice.below(2) * dice.below(500),
        resyncs: [dice.below(4) + 1, dice.below(8), dice.below(3), dice.below(3)],
        refuses_others: dice.below(2) * dice.below(500),
    })
}

impl Plan {
    pub(super) fn schedule_feed(&mut self, seed: u64) {
        if self.feed.is_none() {
            return;
        }
        let mut dice = Dice::new(seed ^ OWN ^ 1);
        for _ in 0..dice.magnitude(4, 128) {
            let deed = match dice.weighted([16, 4, 4, 2, 1, 2, 1, 2, 1]) {
                0 => Deed::Say,
                1 => Deed::Typing,
                2 => Deed::Presence,
                3 => Deed::Remember,
                4 => Deed::Unremember,
                5 => Deed::Emit,
                6 => Deed::Leave,
                7 => Deed::Soon,
                _ => Deed::AskOnline,
            };
            let at = self.moment(&mut dice);
            self.at(at, Planned::Feed(deed));
            // Messages come in bursts.
            for _ in 0..dice.below(2) * dice.below(6) {
                self.at(at + dice.below(200), Planned::Feed(deed));
            }
        }
    }
}

/// Separates these dice from the plan's.
const OWN: u64 = 0xFEED_5EED_0000_0000;
/// The remainders of the seeds that have it. None of them belongs to a seed of `tests/sim.rs`, which found bugs
/// before there were feeds.
const FED: [u64; 19] = [0, 2, 7, 17, 18, 20, 24, 29, 31, 34, 39, 46, 48, 52, 53, 56, 58, 60, 62];
