//! One message and its state.

use super::super::types::{Draft, Moment, Seq};

#[derive(Debug)]
pub(super) struct Message {
    pub(super) seq: Seq,
    pub(super) draft: Draft,
    pub(super) expires_at: Moment,
    /// The number of transmissions so far, which names the one in flight.
    pub(super) attempt: u32,
    /// Attempts that the server failed or did not answer. A link loss is not counted (I10).
    pub(super) failures: u32,
    /// The message may not leave: it is being saved (I4), or another client owns it.
    pub(super) withheld: bool,
    /// The message left at least once without an answer.
    pub(super) unanswered: bool,
    /// How far the last transmission is known to have come. Reset when the server reports a failure.
    pub(super) proof: Proof,
    /// The server has taken one of its transmissions.
    pub(super) taken: bool,
    /// Links that delivered the message, lived on, and ended before its acknowledgement came.
    pub(super) unanswered_links: u32,
    /// The message was in flight while links kept dying, and nothing has cleared it since (I10).
    pub(super) suspected: bool,
    /// Links that died while only this message was in flight and not taken.
    pub(super) lone_losses: u32,
    /// Links that died although nothing else had left lately and the server had taken this message, or everything
    /// else in flight.
    pub(super) last_losses: u32,
    pub(super) state: State,
}

impl Message {
    /// Whether the message may have taken effect, or still may.
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
    /// The server has also dispatched it: its handler has begun.
    Dispatched,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    Waiting {
        not_before: Moment,
    },
    InFlight {
        transmission: u64,
        /// When the ack deadline began: at the transmission, or at the latest acknowledgement of an earlier
        /// transmission. So no deadline runs out on a slow link that still delivers.
        since: Moment,
        /// The deadline was noticed late once and was moved.
        excused: bool,
    },
}
