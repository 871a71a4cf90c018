//! Why a message is still in the outbox. Only the inspector asks; the shipped module does not contain this.

use super::super::config;
use super::super::types::{Moment, Seq};
use super::Outbox;
use super::message::State;

/// What keeps an unsettled message from the server, or from its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocker {
    /// Messages of an earlier page load are still being read from disk.
    Restoring,
    /// It is being saved to disk first (I4).
    Saving,
    /// An older message of its lane leaves first (I3).
    Older {
        /// The first message of the lane.
        first: Seq,
    },
    /// A failed attempt is repeated later.
    Retry {
        /// When.
        at: Moment,
    },
    /// The server asked to send nothing of this lane before then.
    Server {
        /// When it may leave.
        at: Moment,
    },
    /// Its lane has as many messages in flight as it may have.
    Lane,
    /// As many messages, or bytes, are in flight as may be.
    Window,
    /// A message that may be what ends the connections is tried alone (I10).
    Suspect,
    /// Nothing in the outbox: it may leave.
    Nothing,
    /// It left, and its answer is awaited.
    Answer {
        /// When the attempt counts as failed, at the earliest.
        until: Moment,
    },
}

impl Outbox {
    /// What keeps a message at `now`; none where it has settled.
    pub(in crate::engine) fn blocker(
        &self,
        now: Moment,
        seq: Seq,
        config: &config::Send,
    ) -> Option<Blocker> {
        let message = self.get(seq)?;
        let not_before = match message.state {
            State::InFlight { since, .. } => {
                let span = message.draft.ack_timeout.unwrap_or(config.ack_timeout);
                return Some(Blocker::Answer { until: since + span });
            }
            State::Waiting { not_before } => not_before,
        };
        if self.restoring {
            return Some(Blocker::Restoring);
        }
        if message.withheld {
            return Some(Blocker::Saving);
        }
        let lane = self.lanes.get(message.draft.lane as usize)?;
        if let Some(first) = lane.waiting.first().filter(|&first| first != seq) {
            return Some(Blocker::Older { first });
        }
        if not_before > now {
            return Some(Blocker::Retry { at: not_before });
        }
        if lane.throttled_until > now {
            return Some(Blocker::Server { at: lane.throttled_until });
        }
        let is_alone = lane.strict || message.draft.strict;
        let window = if is_alone { Some(1) } else { lane.window };
        if window.is_some_and(|window| lane.in_flight >= window) {
            return Some(Blocker::Lane);
        }
        if self.suspects > 0 && !self.flight.is_empty() {
            return Some(Blocker::Suspect);
        }
        if self.full || self.flight.len() >= config.window as usize {
            return Some(Blocker::Window);
        }
        Some(Blocker::Nothing)
    }
}
