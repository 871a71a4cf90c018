//! One conversation: what waits in it, and what may leave.

use super::super::sorted::Sorted;
use super::super::types::{Moment, Seq};
use super::message::{Message, Proof, State};

#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) waiting: Sorted<Seq>,
    pub(super) in_flight: u32,
    /// What is in flight is strict: nothing beside it.
    pub(super) strict: bool,
    /// How many of this lane may be in flight: one after trouble, then doubled by every delivery. None
    /// is no limit but the common one.
    pub(super) window: Option<u32>,
    /// The server said: not before.
    pub(super) held_until: Moment,
    pub(super) place: Place,
}

/// Where a lane is noted down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    #[default]
    Nowhere,
    /// Its next message may leave.
    Ready(Turn),
    Blocked(Moment),
}

/// The order in which messages leave: what the server is not known to have first, each part in send order.
///
/// A server that ends the link of who sends too much would otherwise get the same messages for ever, whose
/// acknowledgements were lost with their links.
pub(super) type Turn = (u64, Seq);

/// What a lane can do next.
pub(super) enum Next {
    Leave(Turn),
    NotBefore(Moment),
    Nothing,
}

impl Lane {
    pub(super) fn next(&self, slots: &[Option<Message>], now: Moment) -> Next {
        let Some(Some(message)) = self.waiting.first().and_then(|seq| slots.get(seq.slot())) else {
            return Next::Nothing;
        };
        if message.storing {
            return Next::Nothing;
        }
        let not_before = match message.state {
            State::Waiting { not_before } => not_before.max(self.held_until),
            State::InFlight { .. } => return Next::Nothing,
        };
        if not_before > now {
            return Next::NotBefore(not_before);
        }
        let is_alone = self.strict || message.draft.strict;
        let window = if is_alone { Some(1) } else { self.window };
        if window.is_some_and(|window| self.in_flight >= window) {
            return Next::Nothing;
        }
        Next::Leave((u64::from(message.proof != Proof::None), message.seq))
    }
}
