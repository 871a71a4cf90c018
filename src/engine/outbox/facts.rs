//! Facts about messages: answers, the end of a link, and time.

use alloc::vec::Vec;

use super::super::backoff::Rng;
use super::super::config;
use super::super::health::LATE;
use super::super::types::{Cause, Draft, Millis, Moment, Outcome, Output, Seq, Verdict, Way};
use super::answers::{Settles, UNANSWERED_LINKS};
use super::message::{Message, Proof, State};
use super::{Outbox, Outputs};

impl Outbox {
    pub(in crate::engine) fn acked(
        &mut self,
        now: Moment,
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
        let Draft { lane, once, .. } = message.draft;
        self.delivers |= in_flight;
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
            Verdict::TryAfter(_) if is_current && once => {
                self.land(seq, now);
                self.settle(now, seq, Outcome::Exhausted(Cause::TryAgain), outputs);
            }
            Verdict::TryAfter(span) if is_current => {
                self.land(seq, now);
                self.clear(seq);
                if let Some(lane) = self.lane_mut(lane) {
                    lane.throttled_until = lane.throttled_until.max(now + span);
                    lane.window = Some(1);
                }
                self.wait(now, seq, Moment::default());
            }
            // An older attempt failed, but a newer one is in flight.
            Verdict::TryAgain | Verdict::TryAfter(_) => {}
        }
    }

    /// Keeps a message from leaving, or allows it again. A message in flight may still be answered but does not
    /// leave again.
    pub(in crate::engine) fn set_withheld(&mut self, now: Moment, seq: Seq, back: bool) {
        let Some(message) = self.get_mut(seq) else { return };
        message.withheld = back;
        let lane = message.draft.lane;
        self.relist(lane, now);
    }

    /// All messages of an earlier page load were read.
    pub(in crate::engine) fn restored(&mut self) {
        self.restoring = false;
    }

    /// The server has taken these transmissions of this link (I14). A message that settles by a receipt waits for
    /// one more receipt: a server answers a receipt before it has dispatched the packets that came with it, and may
    /// crash in between.
    pub(in crate::engine) fn received(&mut self, first: u64, last: u64) {
        self.proves = true;
        for seq in self.transmitted(first, last) {
            // The server took the message, so it is not what ends links.
            self.clear(seq);
            let Some(message) = self.get_mut(seq) else { continue };
            message.proof = Proof::Taken;
            // Taking the same message again is no progress.
            let is_new = !core::mem::replace(&mut message.taken, true);
            let draft = message.draft;
            self.delivers |= is_new;
            self.wants_receipt |= self.answers.settles(&draft) != Settles::Ack;
        }
    }

    /// The server has dispatched what it had taken, up to this transmission. Messages for which a receipt suffices
    /// settle.
    pub(in crate::engine) fn dispatched(&mut self, now: Moment, last: u64, outputs: &mut Outputs) {
        for seq in self.transmitted(0, last) {
            if let Some(message) = self.get_mut(seq).filter(|message| message.proof != Proof::None)
            {
                message.proof = Proof::Dispatched;
            }
            self.settle_dispatched(now, seq, outputs);
        }
    }

    /// Settles a dispatched message if a receipt suffices for it.
    pub(super) fn settle_dispatched(&mut self, now: Moment, seq: Seq, outputs: &mut Outputs) {
        let Some(Message { proof: Proof::Dispatched, draft, .. }) = self.get(seq) else { return };
        if self.answers.settles(draft) == Settles::Receipt {
            self.land(seq, now);
            self.settle(now, seq, Outcome::Received, outputs);
        }
    }

    /// The server has not taken these transmissions, although the link is alive. They leave again in send order,
    /// except messages that may leave only once: a part of the batch may have left in another POST.
    pub(in crate::engine) fn dropped(
        &mut self,
        now: Moment,
        first: u64,
        last: u64,
        outputs: &mut Outputs,
    ) {
        let flight = self.transmitted(first, last);
        self.requeue(now, &flight, outputs);
    }

    /// The link is gone, and with it every pending answer. The messages in flight wait again, in send order and
    /// ahead of all that never left (I3). If losses are usual, one of these messages may be the reason: then they
    /// leave one at a time, until it is found or all are cleared (I10).
    ///
    /// A link that delivered something new accuses no message, because servers also end the links of clients that
    /// send too much. The messages in flight go first on the next link; if one of them ends links, that link will
    /// deliver nothing.
    pub(in crate::engine) fn link_lost(
        &mut self,
        now: Moment,
        is_usual: bool,
        outputs: &mut Outputs,
    ) {
        self.proves = false;
        let flight = self.transmitted(0, u64::MAX);
        let accuses = !core::mem::take(&mut self.delivers);
        let mut unproven = 0;
        for &seq in &flight {
            unproven += usize::from(!self.is_received(seq));
        }
        let is_alone = accuses && self.suspects > 0 && unproven == 1;
        // The server had taken at least one message and at most one is unproven, so the link worked until that one
        // left.
        let worked = unproven <= 1 && unproven < flight.len();
        let blamed = self.blamed(&flight).filter(|_| worked);
        let mut begun = Moment::default();
        for &seq in &flight {
            let Some(message) = self.get_mut(seq) else { continue };
            if let State::InFlight { since, .. } = message.state {
                // A deadline that an earlier message passed on counts for this one too.
                begun = begun.max(since);
            }
            message.last_losses += u32::from(blamed == Some(seq));
            if message.proof != Proof::None {
                if message.proof == Proof::Dispatched && now - begun >= UNANSWERED {
                    self.lost_unanswered(seq, outputs);
                }
                continue;
            }
            message.lone_losses += u32::from(is_alone);
            let is_new = accuses && is_usual && !message.suspected;
            message.suspected |= is_new;
            self.suspects += usize::from(is_new);
        }
        self.requeue(now, &flight, outputs);
        // Waits for a retry end with the link. Messages that were sent before are at the front of their lane,
        // except for those that an earlier page load sent.
        for lane in &self.lanes {
            for seq in lane.waiting.iter() {
                match self.slots.get_mut(seq.slot()) {
                    Some(Some(message)) if message.attempt > 0 || message.unanswered => {
                        message.state = State::Waiting { not_before: Moment::default() };
                    }
                    Some(_) | None => break,
                }
            }
        }
        let blocked = self.blocked.clone();
        for (_, lane) in blocked.iter() {
            self.relist(lane, now);
        }
    }

    /// The message to blame for a link that ended although losses are not usual, or although the server had taken
    /// it: the last one in flight, if the one before it had left a while earlier.
    fn blamed(&self, flight: &[Seq]) -> Option<Seq> {
        let since = |seq: &Seq| match self.get(*seq)?.state {
            State::InFlight { since, .. } => Some(since),
            State::Waiting { .. } => None,
        };
        let (last, before) = flight.split_last()?;
        // A deadline that an earlier message passed on counts for this one too.
        let begun = before.iter().filter_map(since).max();
        let is_apart = |begun| since(last).is_some_and(|since| since >= begun + UNANSWERED);
        begun.is_none_or(is_apart).then_some(*last)
    }

    fn is_received(&self, seq: Seq) -> bool {
        self.get(seq).is_some_and(|message| message.proof != Proof::None)
    }

    /// Notes a link that delivered this message but not its acknowledgement. Links may never live for as long as an
    /// acknowledgement may take, so after [`UNANSWERED_LINKS`] of them the event counts as not acknowledged. A link
    /// that ended during the handler or soon after shows nothing: the handler may have ended it, with nothing done.
    fn lost_unanswered(&mut self, seq: Seq, outputs: &mut Outputs) {
        let last = self.transmissions;
        let Some(message) = self.get_mut(seq) else { return };
        message.unanswered_links += 1;
        let draft = message.draft;
        if self.answers.settles(&draft) == Settles::Either
            && self.answers.was_unanswered(draft.event, last)
        {
            outputs.push_back(Output::Unanswered { event: draft.event });
        }
    }

    /// In flight -> waiting, in send order; or settled, if the message must not leave again.
    fn requeue(&mut self, now: Moment, flight: &[Seq], outputs: &mut Outputs) {
        let mut over = Vec::new();
        for &seq in flight.iter().rev() {
            self.land(seq, now);
            let Some(message) = self.get_mut(seq) else { continue };
            message.unanswered = true;
            let Message { draft, proof, lone_losses, last_losses, unanswered_links, .. } = *message;
            let is_taken_often = proof != Proof::None && unanswered_links >= UNANSWERED_LINKS;
            let has_newer =
                draft.way == Way::Latest && self.latest_of(draft.lane).last() > Some(&seq);
            let outcome = if lone_losses >= LONE_LOSSES || last_losses >= LAST_LOSSES {
                Some(Outcome::Exhausted(Cause::LinkLost))
            } else if has_newer {
                Some(Outcome::Superseded)
            } else if (is_taken_often || (draft.once && proof == Proof::Dispatched))
                && self.answers.settles(&draft) != Settles::Ack
            {
                Some(Outcome::Received)
            } else if draft.once {
                Some(Outcome::Exhausted(Cause::LinkLost))
            } else {
                None
            };
            over.extend(outcome.map(|outcome| (seq, outcome)));
            self.put_back(seq, Moment::default());
        }
        for &seq in flight {
            if let Some(&Draft { lane, .. }) = self.draft(seq) {
                self.relist(lane, now);
            }
        }
        // Settle last: a lane that became empty would forget its throttling.
        for (seq, outcome) in over.into_iter().rev() {
            self.settle(now, seq, outcome, outputs);
        }
    }

    /// The messages in flight whose transmission numbers are in the range.
    fn transmitted(&self, first: u64, last: u64) -> Vec<Seq> {
        let mut found = Vec::new();
        let mut index = self.flight.index_of((first, Seq::from_bits(0)));
        while let Some((number, seq)) = self.flight.get(index)
            && number <= last
        {
            found.push(seq);
            index += 1;
        }
        found
    }

    /// Settles messages whose ttl has passed.
    pub(in crate::engine) fn expire(&mut self, now: Moment, outputs: &mut Outputs) {
        while let Some((at, seq)) = self.expiry.first()
            && at <= now
        {
            self.settle(now, seq, Outcome::Expired, outputs);
        }
    }

    /// Returns whether an ack deadline passed.
    pub(in crate::engine) fn handle_timeout(
        &mut self,
        now: Moment,
        config: &config::Send,
        rng: &mut Rng,
        outputs: &mut Outputs,
    ) -> bool {
        self.expire(now, outputs);
        let mut timed_out = false;
        while let Some((at, seq)) = self.next_ack(config)
            && at <= now
        {
            timed_out = true;
            let Some(message) = self.get(seq) else { break };
            let Message { draft, proof, .. } = *message;
            let received = proof != Proof::None;
            // On a thin link the first receipt, which would prove that the link delivers, may be delayed like
            // everything else.
            let is_unproven = !received && !self.proves && self.expects_receipts;
            if (now - at > LATE || is_unproven) && self.excuse(seq, now) {
                break;
            }
            if !received && self.proves {
                // The message is on its way, or the link is dead. A receipt will show which; until then do not
                // repeat it (I14).
                self.wants_receipt = true;
                self.extend(now, false);
                break;
            }
            self.land(seq, Moment::default());
            let settles = self.answers.settles(&draft);
            if received && settles != Settles::Ack {
                if settles == Settles::Either {
                    outputs.push_back(Output::Unanswered { event: draft.event });
                }
                self.settle(now, seq, Outcome::Received, outputs);
                continue;
            }
            if let Some(message) = self.get_mut(seq) {
                message.unanswered = true;
            }
            self.fail(now, seq, Cause::AckTimeout, config, rng, outputs);
        }
        while let Some((at, lane)) = self.blocked.first()
            && at <= now
        {
            self.relist(lane, now);
        }
        timed_out
    }
}

/// An acknowledgement that is worth waiting for has usually come by then. So has the end of a link that a message's
/// handler ends.
const UNANSWERED: Millis = Millis(1_000);
/// After this many links died while it alone was in flight, a message is the reason.
const LONE_LOSSES: u32 = 3;
/// After this many links died while it was the last in flight, a message is the reason, even if it was taken: its
/// handler ends the link. Equals the total number of links needed to find an untaken message where losses are
/// usual.
const LAST_LOSSES: u32 = 15;
