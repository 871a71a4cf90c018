//! Resync after a gap. On each reconnect without a recovered session the app is asked to fetch what was missed.
//! Live messages are buffered meanwhile, so that earlier messages are shown first.
//!
//! A gap begins at the last message before a link was lost. It ends with an answer to the latest request: an answer
//! to an earlier one does not include what was missed since.

use crate::engine::{Millis, Moment};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Resync {
    /// Counts requests and losses.
    round: u32,
    /// The round in which the user's session began. Messages fetched in an earlier round are another user's.
    first: u32,
    /// The mark of the last message.
    last: Option<Mark>,
    /// The mark of the message after which the gap begins.
    gap: Option<Mark>,
    buffer: Buffer,
}

/// One of the two marks in which JavaScript notes a message: its id and the time when it came.
pub type Mark = u32;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Buffer {
    #[default]
    None,
    /// This many messages are buffered, until this moment at the latest.
    Until(Moment, u32),
}

impl Resync {
    /// A message is passed to the listeners. Returns the mark in which to note it.
    pub(super) fn saw(&mut self) -> Mark {
        let mark = match (self.last, self.gap) {
            (last, Some(gap)) if last.is_none_or(|last| last == gap) => 1 - gap,
            (last, _) => last.unwrap_or_default(),
        };
        self.last = Some(mark);
        mark
    }

    /// The link is lost, so later messages are missed. A gap that is open already stays.
    pub(super) fn link_lost(&mut self) {
        self.round += 1;
        self.gap = self.gap.or(self.last);
    }

    /// Something was missed although the link was not lost.
    #[cfg(not(feature = "followed"))]
    pub(super) fn lost(&mut self) {
        self.gap = self.gap.or(self.last).or(Some(0));
    }

    /// The link is ready. Returns the mark in which to note this moment if no message has come so far.
    pub(super) fn begin(&mut self, is_recovered: bool) -> Option<Mark> {
        if is_recovered {
            self.gap = None;
        }
        if self.last.is_some() { None } else { Some(self.saw()) }
    }

    /// If something was missed: the round of the request, and the mark after which the gap begins.
    pub(super) fn ask(&mut self, now: Moment) -> Option<(u32, Mark)> {
        let gap = self.gap?;
        self.round += 1;
        self.buffer = Buffer::Until(now + BUFFERED_FOR, self.buffered());
        Some((self.round, gap))
    }

    /// The app has answered. `is_whole` is true if it succeeded. Returns whether to release buffered messages.
    pub(super) fn answered(&mut self, round: u32, is_whole: bool) -> bool {
        if round != self.round {
            return false;
        }
        if is_whole {
            self.gap = None;
        }
        self.release()
    }

    /// Whether what was fetched in this round is the present user's.
    pub(super) fn is_ours(&self, round: u32) -> bool {
        round >= self.first
    }

    /// A live message came. Returns whether it is buffered, and whether that fills the buffer, so that it is
    /// released.
    pub(super) fn push(&mut self) -> (bool, bool) {
        let Buffer::Until(at, count) = self.buffer else { return (false, false) };
        self.buffer = Buffer::Until(at, count + 1);
        (true, count + 1 >= MOST_BUFFERED && self.release())
    }

    fn buffered(&self) -> u32 {
        match self.buffer {
            Buffer::None => 0,
            Buffer::Until(_, count) => count,
        }
    }

    /// Stops buffering. Returns whether messages were buffered.
    pub(super) fn release(&mut self) -> bool {
        let is_any = self.buffered() > 0;
        self.buffer = Buffer::None;
        is_any
    }

    pub(super) fn poll_timeout(&self) -> Option<Moment> {
        match self.buffer {
            Buffer::None => None,
            Buffer::Until(at, _) => Some(at),
        }
    }

    /// The user is gone. Messages fetched for them are not for the next one.
    pub(super) fn forget(&mut self) {
        self.round += 1;
        *self = Self { round: self.round, first: self.round, ..Self::default() };
    }
}

/// The limits on the buffering: a span, and a number of messages.
const BUFFERED_FOR: Millis = Millis(5_000);
const MOST_BUFFERED: u32 = 1_000;
