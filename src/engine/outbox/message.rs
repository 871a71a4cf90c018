//! One message, and where it is.

use super::super::types::{Draft, Moment, Seq};

#[derive(Debug)]
pub(super) struct Message {
    pub(super) seq: Seq,
    pub(super) draft: Draft,
    pub(super) expires_at: Moment,
    /// Transmissions so far; names the one in flight.
    pub(super) attempt: u32,
    /// Attempts that the server failed or left unanswered. A link loss is not one (I10).
    pub(super) failures: u32,
    /// It waits to be kept, and may not leave before (I4).
    pub(super) storing: bool,
    /// Left at least once without an answer.
    pub(super) unanswered: bool,
    /// What is known of the last transmission, unless the server has said that it failed.
    pub(super) proof: Proof,
    /// The server has taken one of its transmissions.
    pub(super) taken: bool,
    /// Links that delivered it, lived on, and ended before its acknowledgement came.
    pub(super) unanswered_links: u32,
    /// It was in flight when links kept dying, and nothing has cleared it since (I10).
    pub(super) suspected: bool,
    /// Links that died while it alone was in flight, and was not taken.
    pub(super) lone_losses: u32,
    /// Links that died when nothing else had left lately, and the server had taken it, or all else that was in flight.
    pub(super) last_losses: u32,
    pub(super) state: State,
}

impl Message {
    /// It may have taken effect, or may yet.
    pub(super) fn maybe_delivered(&self) -> bool {
        self.unanswered || matches!(self.state, State::InFlight { .. })
    }
}

/// How far a transmission is known to have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    None,
    /// The server's process has it.
    Taken,
    /// And has dispatched it: its handler has begun.
    Dispatched,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    Waiting {
        not_before: Moment,
    },
    InFlight {
        transmission: u64,
        /// When the ack deadline began: at the transmission, or at the last acknowledgement of
        /// anything transmitted before it, whichever is later. So a slow link that still delivers
        /// runs no deadline out.
        since: Moment,
        /// Its deadline was noticed late once, and moved.
        excused: bool,
    },
}
