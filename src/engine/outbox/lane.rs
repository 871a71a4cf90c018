//! One lane: the messages that wait in it, and which of them may leave.

use super::super::sorted::Sorted;
use super::super::types::{Moment, Seq};
use super::message::{Message, Proof, State};

#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Its waiting messages, in send order.
    pub(super) waiting: Sorted<Seq>,
    /// The number of its messages in flight.
    pub(super) in_flight: u32,
    /// A message in flight is strict, so nothing may leave beside it.
    pub(super) strict: bool,
    /// How many messages of this lane may be in flight: one after a failure, then doubled by every delivery. `None`
    /// applies only the window of all lanes.
    pub(super) window: Option<u32>,
    /// The server asked to wait until then.
    pub(super) throttled_until: Moment,
    pub(super) listing: Listing,
}

/// The index in which a lane is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Listing {
    #[default]
    Nowhere,
    /// Listed among the messages that may leave.
    Ready(Turn),
    Blocked(Moment),
}

/// The order in which messages leave: first those that the server is not known to have taken, each part in send
/// order.
///
/// A server may end the link of a client that sends too much. In plain send order it would then receive the same
/// messages for ever, as their acknowledgements are lost with their links.
pub(super) type Turn = (u64, Seq);

/// The next step of a lane.
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
        if message.withheld {
            return Next::Nothing;
        }
        let not_before = match message.state {
            State::Waiting { not_before } => not_before.max(self.throttled_until),
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
