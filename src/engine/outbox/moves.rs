//! The transitions between a message's states. Each updates all indexes together.

use super::super::backoff::{self, Rng};
use super::super::config;
use super::super::types::{Cause, Moment, Outcome, Output, Seq, Way};
use super::answers::Settles;
use super::lane::{Lane, Listing, Next};
use super::message::{Message, Proof, State};
use super::{Outbox, Outputs};

impl Outbox {
    /// Lists a lane in the index where its next message is found in time, and resets an empty lane.
    pub(super) fn relist(&mut self, id: u32, now: Moment) {
        let Some(lane) = self.lanes.get_mut(id as usize) else {
            return;
        };
        let listing = match lane.next(&self.slots, now) {
            Next::Leave(turn) => Listing::Ready(turn),
            Next::NotBefore(at) => Listing::Blocked(at),
            Next::Nothing => Listing::Nowhere,
        };
        let before = core::mem::replace(&mut lane.listing, listing);
        if lane.waiting.is_empty() && lane.in_flight == 0 {
            *lane = Lane::default();
        }
        if before == listing {
            return;
        }
        match before {
            Listing::Ready(turn) => {
                self.ready.remove(turn);
            }
            Listing::Blocked(at) => {
                self.blocked.remove((at, id));
            }
            Listing::Nowhere => {}
        }
        match listing {
            Listing::Ready(turn) => self.ready.insert(turn),
            Listing::Blocked(at) => self.blocked.insert((at, id)),
            Listing::Nowhere => {}
        }
    }

    /// Waiting -> in flight.
    pub(super) fn launch(&mut self, now: Moment, seq: Seq) -> Option<u32> {
        self.transmissions += 1;
        let transmission = self.transmissions;
        let message = self.get_mut(seq)?;
        message.state = State::InFlight { transmission, since: now, excused: false };
        message.attempt += 1;
        message.proof = Proof::None;
        let (attempt, draft) = (message.attempt, message.draft);
        self.wants_receipt |= self.answers.settles(&draft) != Settles::Ack;
        self.own_deadlines += usize::from(draft.ack_timeout.is_some());
        let lane = self.lane_mut(draft.lane)?;
        lane.waiting.remove(seq);
        lane.in_flight += 1;
        lane.strict = draft.strict;
        self.flight.insert((transmission, seq));
        self.flight_bytes += u64::from(draft.bytes);
        Some(attempt)
    }

    /// In flight -> neither; the caller moves it on. `heard_at` is when its answer came: the deadlines of later
    /// transmissions begin no earlier. Deadlines never decrease along the flight, so it is enough to pass
    /// `heard_at` on to the next message.
    pub(super) fn land(&mut self, seq: Seq, heard_at: Moment) {
        let Some(message) = self.get_mut(seq) else {
            return;
        };
        let State::InFlight { transmission, since, .. } = message.state else {
            return;
        };
        message.state = State::Waiting { not_before: Moment::default() };
        let draft = message.draft;
        let handed_on = since.max(heard_at);
        if let Some((_, next)) = self.flight.remove((transmission, seq))
            && let Some(message) = self.get_mut(next)
            && let State::InFlight { since, .. } = &mut message.state
        {
            *since = (*since).max(handed_on);
        }
        self.flight_bytes -= u64::from(draft.bytes);
        self.own_deadlines -= usize::from(draft.ack_timeout.is_some());
        if let Some(lane) = self.lane_mut(draft.lane) {
            lane.in_flight -= 1;
            lane.strict &= lane.in_flight > 0;
        }
    }

    /// The timer was late, and so may be the answers: restarts the deadline of everything in flight, once. Returns
    /// `false` if `seq` was excused before.
    pub(super) fn excuse(&mut self, seq: Seq, now: Moment) -> bool {
        if matches!(
            self.get(seq),
            Some(Message { state: State::InFlight { excused: true, .. }, .. })
        ) {
            return false;
        }
        self.extend(now, true);
        true
    }

    /// Restarts every deadline in flight.
    pub(super) fn extend(&mut self, now: Moment, excuses: bool) {
        for (_, seq) in self.flight.iter() {
            if let Some(Some(message)) = self.slots.get_mut(seq.slot())
                && let State::InFlight { since, excused, .. } = &mut message.state
            {
                *since = now;
                *excused |= excuses;
            }
        }
    }

    /// Clears the suspicion: the server answered the message, so it is not what ends links.
    pub(super) fn clear(&mut self, seq: Seq) {
        let Some(message) = self.get_mut(seq) else { return };
        let was_suspected = core::mem::take(&mut message.suspected);
        message.lone_losses = 0;
        message.proof = Proof::None;
        self.suspects -= usize::from(was_suspected);
    }

    /// Returns a landed message to its lane, unless it has settled.
    pub(super) fn wait(&mut self, now: Moment, seq: Seq, not_before: Moment) {
        if let Some(id) = self.put_back(seq, not_before) {
            self.relist(id, now);
        }
    }

    /// As [`wait`](Self::wait), for a caller that relists the lane itself. Returns the lane.
    pub(super) fn put_back(&mut self, seq: Seq, not_before: Moment) -> Option<u32> {
        let message = self.get_mut(seq)?;
        message.state = State::Waiting { not_before };
        let id = message.draft.lane;
        self.lane_mut(id)?.waiting.insert(seq);
        Some(id)
    }

    /// A landed attempt failed: retries after a while, or settles the message if that was the last attempt.
    pub(super) fn fail(
        &mut self,
        now: Moment,
        seq: Seq,
        cause: Cause,
        config: &config::Send,
        rng: &mut Rng,
        outputs: &mut Outputs,
    ) {
        let Some(message) = self.get(seq) else { return };
        let settles = self.answers.settles(&message.draft);
        // If this link is dead, the receipt comes on a later link.
        let is_owed = self.expects_receipts && settles == Settles::Receipt;
        let counts = cause != Cause::AckTimeout || !is_owed;
        let Some(message) = self.get_mut(seq) else { return };
        message.failures += u32::from(counts);
        let failures = message.failures;
        let lane = message.draft.lane;
        if message.draft.way == Way::Latest {
            // The server may have a newer one by now.
            self.settle(now, seq, Outcome::Superseded, outputs);
            return;
        }
        if failures > config.retries || message.draft.once {
            self.settle(now, seq, Outcome::Exhausted(cause), outputs);
            return;
        }
        if let Some(lane) = self.lane_mut(lane) {
            lane.window = Some(1);
        }
        self.wait(now, seq, now + backoff::before_retry(config, failures, rng));
    }

    /// Either state -> settled (I1). A settled message is left alone.
    pub(super) fn settle(
        &mut self,
        now: Moment,
        seq: Seq,
        outcome: Outcome,
        outputs: &mut Outputs,
    ) {
        let Some(message) = self.get(seq) else { return };
        let maybe_delivered = message.maybe_delivered();
        self.land(seq, Moment::default());
        let Some(message) = self.slots.get_mut(seq.slot()).and_then(Option::take) else {
            return;
        };
        self.untold += 1;
        self.suspects -= usize::from(message.suspected);
        self.bytes -= u64::from(message.draft.bytes);
        self.expiry.remove((message.expires_at, seq));
        if let Some(lane) = self.lane_mut(message.draft.lane) {
            lane.waiting.remove(seq);
        }
        self.relist(message.draft.lane, now);
        outputs.push_back(Output::Settle { seq, outcome, maybe_delivered });
    }
}
