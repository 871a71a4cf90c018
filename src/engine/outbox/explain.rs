//! Finds why a message is still in the outbox. Only the inspector asks, so the shipped module does not contain this.

use super::super::config;
use super::super::types::{Moment, Seq};
use super::Outbox;
use super::message::State;

/// The reason why an unsettled message has not left, or has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocker {
    /// Messages of an earlier page load are still being read from disk.
    Restoring,
    /// It must be saved to disk before it leaves (I4).
    Saving,
    /// An older message of its lane leaves first (I3).
    Older {
        /// The first message of the lane.
        first: Seq,
    },
    /// An attempt failed, and the next one comes later.
    Retry {
        /// When the next attempt may leave.
        at: Moment,
    },
    /// The server asked to send no message of this lane for a while.
    Server {
        /// When it may leave.
        at: Moment,
    },
    /// Its lane has reached its limit of messages in flight.
    Lane,
    /// The window is full: the limit of messages or bytes in flight is reached.
    Window,
    /// A message may be ending the connections, so messages leave one at a time (I10).
    Suspect,
    /// Nothing in the outbox prevents it from leaving.
    Nothing,
    /// It left, and the server has not answered yet.
    Answer {
        /// The earliest time at which the attempt counts as failed.
        until: Moment,
    },
}

impl Outbox {
    /// The reason why a message waits, at `now`. None if it has settled.
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
