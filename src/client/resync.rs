//! What was missed while there was no link. On each return that was not a recovered session the app is asked for it, and live
//! messages are held meanwhile, so that what came first is shown first.
//!
//! A gap begins at the last message before a link was lost, and is closed by an answer to the last time that the app was asked:
//! what it fetched for an earlier return does not tell what was missed since.

use crate::engine::{Millis, Moment};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Resync {
    /// Counts returns and losses.
    round: u32,
    /// The round in which the user's time began: what was fetched in an earlier one is another user's.
    first: u32,
    /// Where the last message was noted down.
    last: Option<Place>,
    /// Where the gap begins.
    gap: Option<Place>,
    hold: Hold,
}

/// One of two places in which JavaScript notes down a message: its id, and when it came.
pub type Place = u32;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hold {
    #[default]
    None,
    /// So many are held, no longer than that.
    Until(Moment, u32),
}

impl Resync {
    /// A message is handed to the listeners. Answers where it is noted down.
    pub(super) fn saw(&mut self) -> Place {
        let place = match (self.last, self.gap) {
            (last, Some(gap)) if last.is_none_or(|last| last == gap) => 1 - gap,
            (last, _) => last.unwrap_or_default(),
        };
        self.last = Some(place);
        place
    }

    /// What is said from now on is missed, and what comes later does not tell from where on.
    pub(super) fn link_lost(&mut self) {
        self.round += 1;
        self.gap = self.gap.or(self.last);
    }

    /// Something was missed, though the link was not lost.
    #[cfg(not(feature = "followed"))]
    pub(super) fn lost(&mut self) {
        self.gap = self.gap.or(self.last).or(Some(0));
    }

    /// The link is ready. Answers where that is noted down, if nothing has come so far.
    pub(super) fn begin(&mut self, is_recovered: bool) -> Option<Place> {
        if is_recovered {
            self.gap = None;
        }
        if self.last.is_some() { None } else { Some(self.saw()) }
    }

    /// If something is missing: the round in which the app is asked for it, and where it begins.
    pub(super) fn ask(&mut self, now: Moment) -> Option<(u32, Place)> {
        let gap = self.gap?;
        self.round += 1;
        self.hold = Hold::Until(now + HOLD_MS, self.held());
        Some((self.round, gap))
    }

    /// The app has answered. `is_whole`: without a fault. Answers whether what is held is due.
    pub(super) fn answered(&mut self, round: u32, is_whole: bool) -> bool {
        if round != self.round {
            return false;
        }
        if is_whole {
            self.gap = None;
        }
        self.release()
    }

    /// Whether what was fetched in a round is this user's.
    pub(super) fn is_ours(&self, round: u32) -> bool {
        round >= self.first
    }

    /// A live message came. Answers whether it is held, and whether all that is held is due by that.
    pub(super) fn hold(&mut self) -> (bool, bool) {
        let Hold::Until(at, count) = self.hold else { return (false, false) };
        self.hold = Hold::Until(at, count + 1);
        (true, count + 1 >= MOST && self.release())
    }

    fn held(&self) -> u32 {
        match self.hold {
            Hold::None => 0,
            Hold::Until(_, count) => count,
        }
    }

    /// Nothing is held any more. Answers whether something was.
    pub(super) fn release(&mut self) -> bool {
        let is_any = self.held() > 0;
        self.hold = Hold::None;
        is_any
    }

    pub(super) fn poll_timeout(&self) -> Option<Moment> {
        match self.hold {
            Hold::None => None,
            Hold::Until(at, _) => Some(at),
        }
    }

    /// The user is gone, and what was sent to him is not for the next one.
    pub(super) fn forget(&mut self) {
        self.round += 1;
        *self = Self { round: self.round, first: self.round, ..Self::default() };
    }
}

/// Nobody waits longer for what was missed, and no more than this is held.
const HOLD_MS: Millis = Millis(5_000);
const MOST: u32 = 1_000;
