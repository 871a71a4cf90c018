//! What a message waits for, and why: the whole answer, for the inspector. The shipped module does not contain this; the
//! app's `outbox()` has the four words of [`Standing`](crate::engine::Standing).

use super::Client;
use super::keeper::Saved;
use crate::engine::{Blocker, Moment, Phase, Seq};

/// What an unsettled message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A link that is ready; the phase is where the link is.
    Link(Phase),
    /// Another tab has the message, and says how it ends.
    OtherTab,
    /// The link was authorized for somebody else, or for nobody (I11).
    Owner,
    /// What is on its way unproven is as much as this link has shown to deliver (I13).
    Receipt,
    /// The transport has more to send than it can, or messages leave at a pace, until then.
    Pace {
        /// When the next message may leave.
        until: Moment,
    },
    /// Something in the outbox, or its answer. [`Blocker::Nothing`]: it leaves with the next poll.
    Outbox(Blocker),
}

impl Client {
    /// What a message waits for at the client's time; none where it has settled.
    #[must_use]
    pub fn wait(&self, seq: Seq) -> Option<Wait> {
        let blocker = self.engine.blocker(seq)?;
        if self.keeper.saved(seq) == Some(Saved::Elsewhere) {
            return Some(Wait::OtherTab);
        }
        Some(match (blocker, self.engine.phase()) {
            // These are true whatever the link is.
            (Blocker::Answer { .. } | Blocker::Saving | Blocker::Restoring, _) => {
                Wait::Outbox(blocker)
            }
            (_, Phase::Ready) => self.gate().unwrap_or(Wait::Outbox(blocker)),
            (_, phase) => Wait::Link(phase),
        })
    }

    /// What keeps every message, though the link is ready: the parts of the one gate, `may_transmit`.
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

    /// Where a message is kept: `memory`, `saving`, `disk` or `other-tab`.
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

    /// Nothing of a client whose Sockets are followed is saved.
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

    /// Whether the link speaks for the user whose messages wait (I11).
    #[must_use]
    pub fn is_authorized(&self) -> bool {
        self.identity.agrees()
    }

    /// Nobody has named the user: not the app, and not the credentials.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.identity.is_anonymous()
    }
}
