//! What happens to messages: answers, the end of a link, and time.

use alloc::vec::Vec;

use super::super::backoff::Rng;
use super::super::config;
use super::super::health::LATE;
use super::super::types::{Cause, Millis, Outcome, Seq, Verdict};
use super::message::State;
use super::{Outbox, Outputs};

impl Outbox {
    pub(in crate::engine) fn acked(
        &mut self,
        now: Millis,
        (seq, attempt): (Seq, u32),
        verdict: Verdict,
        config: &config::Send,
        rng: &mut Rng,
        outputs: &mut Outputs,
    ) {
        // Not found: the answer came after the message had settled.
        let Some(message) = self.get(seq) else { return };
        let in_flight = matches!(message.state, State::InFlight { .. });
        let is_current = in_flight && message.attempt == attempt;
        let lane = message.draft.lane;
        match verdict {
            Verdict::Accepted => {
                self.land(seq, now);
                if let Some(lane) = self.lane_mut(lane) {
                    lane.window = lane.window.and_then(|window| window.checked_mul(2));
                }
                self.settle(now, seq, Outcome::Delivered, outputs);
            }
            Verdict::Refused => {
                self.land(seq, now);
                self.settle(now, seq, Outcome::Refused, outputs);
            }
            Verdict::TryAgain if is_current => {
                self.land(seq, now);
                self.clear(seq);
                self.fail(now, seq, Cause::TryAgain, config, rng, outputs);
            }
            Verdict::TryAfter(_) if is_current && message.draft.once => {
                self.land(seq, now);
                self.settle(now, seq, Outcome::Exhausted(Cause::TryAgain), outputs);
            }
            Verdict::TryAfter(span) if is_current => {
                self.land(seq, now);
                self.clear(seq);
                if let Some(lane) = self.lane_mut(lane) {
                    lane.held_until = lane.held_until.max(now + span);
                    lane.window = Some(1);
                }
                self.wait(now, seq, Millis::default());
            }
            // An older attempt failed, but a newer one is out.
            Verdict::TryAgain | Verdict::TryAfter(_) => {}
        }
    }

    /// A message may leave from now on, or not before that is said again.
    pub(in crate::engine) fn keep_back(&mut self, now: Millis, seq: Seq, back: bool) {
        let Some(message) = self.get_mut(seq) else { return };
        message.storing = back && matches!(message.state, State::Waiting { .. });
        let lane = message.draft.lane;
        self.place(lane, now);
    }

    /// All that an earlier life left is here.
    pub(in crate::engine) fn restored(&mut self) {
        self.restoring = false;
    }

    /// The link is gone, and with it every answer that was still due: what was in flight waits again,
    /// in send order and ahead of all that never left (I3). Where losses are usual, one of these may be
    /// why: then they leave one at a time, until one is found out or all are cleared (I10).
    pub(in crate::engine) fn link_lost(
        &mut self,
        now: Millis,
        is_usual: bool,
        outputs: &mut Outputs,
    ) {
        let flight: Vec<Seq> = self.flight.iter().map(|(_, seq)| seq).collect();
        let is_alone = self.suspects > 0 && flight.len() == 1;
        let mut over = Vec::new();
        for &seq in &flight {
            self.land(seq, now);
            let Some(message) = self.get_mut(seq) else { continue };
            message.unanswered = true;
            message.lone_losses += u32::from(is_alone);
            let is_new = is_usual && !message.suspected;
            message.suspected |= is_usual;
            let is_over = message.draft.once || message.lone_losses >= LONE_LOSSES;
            self.suspects += usize::from(is_new);
            if is_over {
                over.push(seq);
            }
        }
        for &seq in flight.iter().rev() {
            self.wait(now, seq, Millis::default());
        }
        // Only now: a lane that looks empty would forget what the server said.
        for seq in over {
            self.settle(now, seq, Outcome::Exhausted(Cause::LinkLost), outputs);
        }
        // A new link is a new chance: what waits out a backoff need not. What was sent before is at the
        // front of its lane, but for what an earlier life sent.
        for lane in &self.lanes {
            for seq in lane.waiting.iter() {
                match self.slots.get_mut(seq.slot()) {
                    Some(Some(message)) if message.attempt > 0 || message.unanswered => {
                        message.state = State::Waiting { not_before: Millis::default() };
                    }
                    Some(_) | None => break,
                }
            }
        }
        let lanes: Vec<u32> = self.blocked.iter().map(|(_, lane)| lane).collect();
        for lane in lanes {
            self.place(lane, now);
        }
    }

    /// Settles what has outlived its ttl.
    pub(in crate::engine) fn expire(&mut self, now: Millis, outputs: &mut Outputs) {
        while let Some((at, seq)) = self.expiry.first()
            && at <= now
        {
            self.settle(now, seq, Outcome::Expired, outputs);
        }
    }

    /// Answers whether an ack deadline ran out.
    pub(in crate::engine) fn handle_timeout(
        &mut self,
        now: Millis,
        config: &config::Send,
        rng: &mut Rng,
        outputs: &mut Outputs,
    ) -> bool {
        self.expire(now, outputs);
        let mut timed_out = false;
        while let Some((_, seq)) = self.flight.first()
            && let Some(at) = self.ack_deadline(seq, config).filter(|&at| at <= now)
        {
            timed_out = true;
            if now - at > LATE && self.excuse(seq, now) {
                break;
            }
            self.land(seq, Millis::default());
            if let Some(message) = self.get_mut(seq) {
                message.unanswered = true;
            }
            self.fail(now, seq, Cause::AckTimeout, config, rng, outputs);
        }
        while let Some((at, lane)) = self.blocked.first()
            && at <= now
        {
            self.place(lane, now);
        }
        timed_out
    }
}

/// A message that has killed this many links all alone is the one.
const LONE_LOSSES: u32 = 3;
