//! The paths of messages through the client: sending, cancelling, restoring, and answers.

use super::claim::{By, Claim, Code, Origin, refused};
use super::deliveries::{Heard, Id, Sending};
use super::keeper::Saved;
use super::receipts::Support;
use super::storage::Taken;
use super::verdict::Acknowledgement;
use super::{Client, Order};
use crate::engine::{Answering, Draft, Input, Moment, SendError, Seq, Verdict, Way};

// Commands.
impl Client {
    /// Accepts a message of the present session. If the same message is unsettled already, the send joins it and
    /// its number is returned. The message settles exactly once.
    ///
    /// # Errors
    /// The claim to report if the message was not accepted. Nothing else changed then.
    pub fn send(&mut self, now: Moment, sending: &Sending) -> Result<Seq, Claim> {
        self.ask_again(now);
        self.take(now, sending, Origin::New)
    }

    /// Accepts a message that was read from disk, as [`Storage::Take`](super::storage::Storage::Take) orders. It is
    /// from an earlier page load, from this page before it was cached, or from a tab that is gone.
    ///
    /// # Errors
    /// The claim to report if the message was not accepted.
    pub fn take_up(&mut self, now: Moment, sending: &Sending) -> Result<Seq, Claim> {
        let is_known = matches!(sending.id, Id::Known { .. });
        let result = self.take(now, sending, Origin::Restored);
        let taken = match result {
            Ok(seq) if is_known => Taken::Known(seq),
            Ok(seq) => Taken::New(seq),
            Err(_) => Taken::Refused,
        };
        self.keeping(now, |keeper| keeper.taken(taken));
        result
    }

    fn take(&mut self, now: Moment, sending: &Sending, origin: Origin) -> Result<Seq, Claim> {
        let now = self.engine.advance(now);
        let is_logged_out = origin == Origin::New && !self.life.takes();
        if let Some(claim) = self.deliveries.refusal(sending, origin, is_logged_out) {
            return Err(claim);
        }
        if let Id::Known { seq, .. } = sending.id {
            if origin == Origin::New {
                self.deliveries.joined(seq);
            }
            return Ok(seq);
        }
        let Sending { way, bytes, strict, ttl, event, ack_timeout, .. } = *sending;
        let lane = self.deliveries.enter_lane(sending.lane);
        // If the payload carries no id, the server can't recognize a repeat, so the message leaves once if its
        // acknowledgement matters. Such a message is not saved either: a later page load could not know whether it
        // had left.
        let once = sending.once || (is_acked(way) && !sending.carries_id);
        let durable = sending.durable && !once && way != Way::Latest && origin == Origin::New;
        let draft = Draft { lane, bytes, strict, once, durable, ttl, way, event, ack_timeout };
        let taken = match origin {
            Origin::New => self.step(|engine| engine.send(now, draft)),
            Origin::Restored => self.engine.restore(now, draft),
        };
        let seq = match taken {
            Ok(seq) => seq,
            Err(error) => {
                self.deliveries.leave_lane(lane);
                let code = match error {
                    SendError::QueueFull => Code::QueueFull,
                    SendError::Closed => Code::Closed,
                };
                return Err(refused(code, origin));
            }
        };
        let is_kept = durable || origin == Origin::Restored;
        let print = if is_kept { sending.print } else { 0 };
        self.deliveries.taken(seq, lane, &Sending { print, ..*sending }, origin);
        Ok(seq)
    }

    /// Cancels a message. Does nothing if it has settled already.
    pub fn cancel(&mut self, now: Moment, seq: Seq) {
        self.keeper.cancelled(seq);
        self.engine.cancel(now, seq);
    }

    /// The app cancels one of the sends that wait for a message. Returns the claim for that send. If it is the only
    /// one, cancels the message and returns `None`.
    pub fn leave(&mut self, now: Moment, seq: Seq) -> Option<Claim> {
        let now = self.engine.advance(now);
        let Some(claim) = self.deliveries.left(seq) else {
            self.cancel(now, seq);
            return None;
        };
        let is_elsewhere = self.keeper.saved(seq) == Some(Saved::Elsewhere);
        let maybe_delivered = is_elsewhere || self.engine.maybe_delivered(seq);
        Some(Claim { maybe_delivered, ..claim })
    }
}

// Facts.
impl Client {
    /// The server acknowledged a message. Returns whether that counts; then it is the result that the app is told.
    pub fn acked(&mut self, now: Moment, seq: Seq, attempt: u32, reply: Acknowledgement) -> bool {
        let verdict = reply.verdict(self.backoff);
        self.answered(now, (seq, attempt), verdict, By::Ack)
    }

    /// An event carries a message's id and tells that the message was sent or has failed. Returns whether that
    /// counts.
    pub fn echoed(&mut self, now: Moment, seq: Seq, is_refused: bool) -> bool {
        let verdict = if is_refused { Verdict::Refused } else { Verdict::Accepted };
        self.answered(now, (seq, 0), verdict, By::Echo)
    }

    fn answered(&mut self, now: Moment, at: (Seq, u32), verdict: Verdict, by: By) -> bool {
        let (seq, attempt) = at;
        let Some(Heard { event, late }) = self.deliveries.answered(seq, verdict, by) else {
            return false;
        };
        if by == By::Ack && self.engine.learn(now, event, Answering::Answers) {
            self.orders.push(Order::Learned { event, answers: true });
        }
        if let Some(ending) = late {
            self.orders.push(Order::Settle(ending));
        }
        self.handle(now, Input::Acked { seq, attempt, verdict });
        true
    }

    /// Another tab reports the result of a message that it had taken over. Returns whether it had.
    pub fn settled_elsewhere(
        &mut self,
        now: Moment,
        seq: Seq,
        verdict: Verdict,
        retryable: bool,
    ) -> bool {
        let input = self.keeper.settled_elsewhere(seq, verdict);
        if let Some(input) = input {
            self.deliveries.decided(seq, By::Ack, retryable);
            self.handle(now, input);
        }
        input.is_some()
    }

    /// Another tab reports that a message which this tab does not have was settled or cancelled. If it is read from
    /// disk later, it is erased.
    pub fn ended_elsewhere(&mut self, print: u64) {
        self.deliveries.ended_elsewhere(print);
    }

    /// Reports the size in bytes of a message's largest packet, `u64::MAX` if it can't be encoded. Returns whether
    /// the message may leave. If not, it is refused, and the shell knows the reason.
    pub fn measured(&mut self, now: Moment, seq: Seq, bytes: u64) -> bool {
        let now = self.engine.advance(now);
        let fits = bytes <= self.largest && bytes < u64::MAX;
        if !fits {
            self.deliveries.decided(seq, By::Nobody, false);
            self.handle(now, Input::Acked { seq, attempt: 0, verdict: Verdict::Refused });
        }
        fits
    }
}

// Orders and the view.
impl Client {
    /// The order to emit a message now.
    pub(super) fn transmit(&mut self, seq: Seq, attempt: u32) -> Order {
        let Draft { way, bytes, .. } = self.engine.draft(seq).copied().unwrap_or_default();
        self.receipts.transmitted(self.engine.now(), bytes.into());
        self.deliveries.transmitted(seq);
        let is_asked = is_acked(way) || self.receipts.support() == Support::Off;
        // The server ends a link that carries a larger packet, on every attempt.
        let is_large = u64::from(bytes) > self.largest / LARGEST_ESCAPE;
        Order::Transmit { seq, attempt, is_asked, is_large }
    }

    /// A message's draft. `None` once it has settled.
    #[must_use]
    pub fn draft(&self, seq: Seq) -> Option<&Draft> {
        self.engine.draft(seq)
    }

    /// Whether the saved message with this fingerprint has settled, and the app was told.
    #[must_use]
    pub fn has_ended(&self, print: u64) -> bool {
        self.deliveries.has_ended(print)
    }
}

/// Whether the acknowledgement tells more than a receipt.
fn is_acked(way: Way) -> bool {
    matches!(way, Way::Acked | Way::AckedAlways)
}

/// The largest number of bytes that one byte becomes in JSON.
const LARGEST_ESCAPE: u64 = 6;
