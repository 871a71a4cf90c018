//! Finds what a message waits for, in full detail. Only the inspector asks, so the shipped module does not contain this;
//! the app's `outbox()` has only the four words of [`Standing`](crate::engine::Standing).

use super::Client;
use super::keeper::Saved;
use crate::engine::{Blocker, Moment, Phase, Seq};

/// The reason why an unsettled message waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The link is not ready; it is in this phase.
    Link(Phase),
    /// Another tab has the message, and will report its result.
    OtherTab,
    /// The link was authorized for somebody else, or for nobody (I11).
    Owner,
    /// The messages in flight without proof of delivery have reached the limit for this link (I13).
    Receipt,
    /// The transport is busy, or messages leave at a limited rate.
    Pace {
        /// When the next message may leave.
        until: Moment,
    },
    /// Something in the outbox, or the server's answer. With [`Blocker::Nothing`] it leaves at the next poll.
    Outbox(Blocker),
}

impl Client {
    /// The reason why a message waits, at the client's time. None if it has settled.
    #[must_use]
    pub fn wait(&self, seq: Seq) -> Option<Wait> {
        let blocker = self.engine.blocker(seq)?;
        if self.keeper.saved(seq) == Some(Saved::Elsewhere) {
            return Some(Wait::OtherTab);
        }
        Some(match (blocker, self.engine.phase()) {
            // These apply in every phase of the link.
            (Blocker::Answer { .. } | Blocker::Saving | Blocker::Restoring, _) => {
                Wait::Outbox(blocker)
            }
            (_, Phase::Ready) => self.gate().unwrap_or(Wait::Outbox(blocker)),
            (_, phase) => Wait::Link(phase),
        })
    }

    /// The reason why no message leaves though the link is ready: the conditions of `may_transmit`, one by one.
    fn gate(&self) -> Option<Wait> {
        if !self.identity.agrees() {
            return Some(Wait::Owner);
        }
        if let Some(until) = self.throttled_until() {
            return Some(Wait::Pace { until });
        }
        let now = self.engine.now();
        let is_let = self.receipts.may_transmit(now, self.engine.in_flight());
        (!is_let).then_some(Wait::Receipt)
    }

    /// Where a message is saved: `memory`, `saving`, `disk` or `other-tab`.
    #[must_use]
    #[cfg(not(feature = "followed"))]
    pub fn saved_in(&self, seq: Seq) -> &'static str {
        match self.keeper.saved(seq) {
            None | Some(Saved::Nowhere) => "memory",
            Some(Saved::Waiting | Saved::Writing | Saved::Overdue) => "saving",
            Some(Saved::Kept(_)) => "disk",
            Some(Saved::Elsewhere) => "other-tab",
        }
    }

    /// A client that follows the app's Sockets saves nothing.
    #[must_use]
    #[cfg(feature = "followed")]
    pub fn saved_in(&self, _seq: Seq) -> &'static str {
        "memory"
    }

    /// Whether messages are saved to disk.
    #[must_use]
    pub fn is_saving(&self) -> bool {
        self.keeper.generation().is_some()
    }

    /// Whether the link is authorized for the user whose messages wait (I11).
    #[must_use]
    pub fn is_authorized(&self) -> bool {
        self.identity.agrees()
    }

    /// Whether the user is unknown: neither the app nor the credentials have named one.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.identity.is_anonymous()
    }
}
