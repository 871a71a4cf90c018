//! Sends of a page's app, and the results that it is told: which sends are accepted, which answers count, and that
//! the reported results are true (I15).

use holdfast::client::claim::{Audience, By, Claim, Code, Ending};
use holdfast::client::deliveries::{Id, Sending};
use holdfast::client::verdict::{Acknowledgement, Opinion, Reading};
use holdfast::engine::{Draft, Millis, Outcome, Seq, Verdict, Way};

use super::World;
use crate::ids::MessageId;
use crate::page::deliveries::Answer;
use crate::page::messages::Settled;
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;

// The app's actions.
impl World {
    pub(super) fn send(&mut self, sending: Sending) -> Option<Seq> {
        self.read_clocks();
        note!(self.run, "-> send {sending:?}");
        let is_closed = self.page.shell.is_destroyed;
        let is_gone = self.page.owners.is_gone();
        let has_room = self.page.model.has_room_for(sending.bytes) && !is_closed && !is_gone;
        self.asks_again();
        let result = self.call(|client, now| client.send(now, &sending));
        if result.is_ok() != has_room {
            violated!("I8", "{result:?}, where has_room is {has_room}");
        }
        match result {
            Ok(seq) => {
                let draft = self.draft_of(seq);
                self.check_draft(&sending, draft);
                self.page.model.sent(self.engine_time(), seq, draft);
                Some(seq)
            }
            Err(claim) => {
                self.run.tally.one(Count::NoRoom);
                let code = match (is_gone, is_closed) {
                    (true, _) => Code::LoggedOut,
                    (false, true) => Code::Closed,
                    (false, false) => Code::QueueFull,
                };
                self.check_refusal(claim, code);
                None
            }
        }
    }

    /// A message's draft in the engine.
    pub(super) fn draft_of(&self, seq: Seq) -> Draft {
        let Some(draft) = self.page.shell.client.draft(seq) else {
            violated!("I1", "{seq:?} was taken, and is unknown");
        };
        *draft
    }

    /// A message that carries no id must not leave twice, as a repeat could not be recognized, and must not be
    /// saved.
    fn check_draft(&self, sending: &Sending, draft: Draft) {
        let is_acked = matches!(draft.way, Way::Acked | Way::AckedAlways);
        let once = sending.once || (is_acked && !sending.carries_id);
        if draft.once != once {
            violated!("once", "{draft:?} of {sending:?}");
        }
        if draft.durable != (sending.durable && !once && draft.way != Way::Latest) {
            violated!("kept", "{draft:?} of {sending:?}");
        }
    }

    fn check_refusal(&self, claim: Claim, code: Code) {
        let is_true = claim.code == code && !claim.maybe_delivered && claim.by == By::Nobody;
        if !is_true {
            violated!("I15", "{claim:?} for a message that was not accepted; {code:?} was due");
        }
    }

    /// The app reuses the id of a waiting message, for the same message or another, or sends one that can't be
    /// accepted.
    pub(super) fn send_again(&mut self) {
        let waiting: Vec<_> = self.page.deliveries.entries().collect();
        let count = waiting.len().min(20);
        if count == 0 || !self.run.letters.chance(self.run.plan.letters.again) {
            return;
        }
        let (id, entry) = waiting[waiting.len() - 1 - self.run.letters.index(count)];
        let is_gone = self.page.owners.is_gone();
        let is_same = self.run.letters.chance(700);
        let is_long = self.run.letters.chance(50);
        let known = Id::Known { seq: entry.seq, is_same };
        let its = if is_long { Id::TooLong } else { known };
        let sending = Sending { id: its, ..self.app.messages[id].sending };
        // Sometimes very many sends join one message.
        let times = if self.run.letters.chance(20) { 120 } else { 1 };
        for _ in 0..times {
            note!(self.run, "-> send message {id} again: {its:?}");
            self.asks_again();
            let result = self.call(|client, now| client.send(now, &sending));
            let callers = self.page.deliveries.get(id).map_or(0, |entry| entry.callers);
            let code = if is_long {
                Code::InvalidPayload
            } else if is_gone {
                Code::LoggedOut
            } else if !is_same {
                Code::DuplicateId
            } else if callers >= 100 {
                Code::QueueFull
            } else {
                Code::None
            };
            match result {
                Ok(seq) if code == Code::None && seq == entry.seq => {
                    self.run.tally.one(Count::Joined);
                    self.page.deliveries.entry(id).expect("it waits").callers += 1;
                }
                Err(claim) if code != Code::None => {
                    self.run.tally.one(Count::NotJoined);
                    self.check_refusal(claim, code);
                }
                other => violated!("ids", "message {id} is {other:?}, and {code:?} was due"),
            }
        }
        self.leave_one(id);
    }

    /// One of several sends that wait for a message is cancelled.
    fn leave_one(&mut self, id: MessageId) {
        let message = &self.app.messages[id];
        let may_be_there = message.has_left && !message.was_refused;
        let Some(entry) = self.page.deliveries.entry(id).filter(|entry| entry.callers > 1) else {
            return;
        };
        if !self.run.letters.chance(300) {
            return;
        }
        entry.callers -= 1;
        let seq = entry.seq;
        note!(self.run, "-> leave {seq:?}");
        let claim = self.call(|client, now| client.leave(now, seq));
        let Some(claim) = claim.filter(|claim| claim.code == Code::Cancelled) else {
            violated!("ids", "one send left {seq:?}, and was told {claim:?}");
        };
        if may_be_there && !claim.maybe_delivered {
            violated!("I15", "message {id} has left: {claim:?}");
        }
    }
}

// The server's answers.
impl World {
    /// The server acknowledged a message of this page.
    pub(super) fn acked(&mut self, seq: Seq, attempt: u32, verdict: Verdict) {
        let said = self.put_in_words(verdict);
        note!(self.run, "-> acked {seq:?}, attempt {attempt}: {said:?}");
        let verdict = said.verdict(self.run.plan.config.send.backoff);
        let now = self.next_time();
        let counts = self.expect_answer(seq, attempt, verdict, Answer::Ack);
        let has_counted = self.call_at(now, |client, now| client.acked(now, seq, attempt, said));
        self.check_answer(seq, counts, has_counted);
        self.drain();
    }

    /// An event confirms or refuses a message.
    pub(super) fn echoed(&mut self, seq: Seq, is_refused: bool) {
        note!(self.run, "-> echoed {seq:?}, refused: {is_refused}");
        let (verdict, answer) = match is_refused {
            true => (Verdict::Refused, Answer::Rejection),
            false => (Verdict::Accepted, Answer::Confirmation),
        };
        let now = self.next_time();
        let counts = self.expect_answer(seq, 0, verdict, answer);
        let has_counted = self.call_at(now, |client, now| client.echoed(now, seq, is_refused));
        self.check_answer(seq, counts, has_counted);
        self.drain();
    }

    /// Words a verdict in one of several ways. A rate limit may name no time.
    fn put_in_words(&mut self, verdict: Verdict) -> Acknowledgement {
        let (reading, opinion, span) = match verdict {
            Verdict::Accepted => (Reading::Accepted, Opinion::Accepted, Millis(0)),
            Verdict::Refused => (Reading::Final, Opinion::Refused, Millis(0)),
            Verdict::TryAgain => (Reading::Failed, Opinion::Retry, Millis(0)),
            Verdict::TryAfter(span) => (Reading::Limited, Opinion::After, span),
        };
        let span =
            if self.run.letters.chance(self.run.plan.letters.vague) { Millis(0) } else { span };
        if !self.run.letters.chance(self.run.plan.letters.opinions) {
            return Acknowledgement { reading, span, ..Acknowledgement::default() };
        }
        // The app's own function overrides any wording.
        let all = [Reading::Accepted, Reading::Failed, Reading::Final, Reading::Limited];
        let reading = all[self.run.letters.index(4)];
        Acknowledgement {
            reading,
            span: Millis(self.run.letters.below(1_000)),
            opinion,
            own_span: span,
        }
    }

    /// Notes an answer in the model, if it counts.
    fn expect_answer(&mut self, seq: Seq, attempt: u32, verdict: Verdict, answer: Answer) -> bool {
        let Some(id) = self.page.deliveries.find(seq) else { return false };
        if !self.page.deliveries.awaits(id, answer) {
            return false;
        }
        let is_final = matches!(verdict, Verdict::Accepted | Verdict::Refused);
        if self.page.deliveries.answered(id, is_final) {
            self.page.deliveries.owes_late(id);
        }
        self.app.messages[id].was_refused |= verdict != Verdict::Accepted;
        if answer == Answer::Ack {
            self.page.model.acknowledges(self.app.messages[id].draft.event);
        }
        self.page.model.acked(self.page.shell.time(), seq, attempt, verdict);
        true
    }

    fn check_answer(&self, seq: Seq, counts: bool, has_counted: bool) {
        if counts != has_counted {
            violated!("answers", "that of {seq:?} counts: {has_counted}, and not {counts}");
        }
    }

    /// Whether a message can be sent over this link. If not, it is refused.
    pub(super) fn fits(&mut self, id: MessageId, seq: Seq, is_large: bool) -> bool {
        let message = &self.app.messages[id];
        let largest = self.run.plan.letters.largest;
        // Encoded, it may be six times as long.
        let bytes = u64::from(message.draft.bytes) * (1 + id as u64 % 6);
        let is_too_large = largest > 0 && bytes > largest;
        if is_too_large && !is_large {
            violated!("limits", "message {id} of {bytes} bytes was not to be measured");
        }
        if !is_large && !message.is_unencodable {
            return true;
        }
        let size = if message.is_unencodable { u64::MAX } else { bytes };
        let is_refused = is_too_large || size == u64::MAX;
        if is_refused {
            self.run.tally.one(Count::TooLarge);
            self.app.messages[id].was_refused = true;
            self.page.deliveries.answered(id, true);
            self.page.model.acked(self.page.shell.time(), seq, 0, Verdict::Refused);
        }
        let fits = self.call(|client, now| client.measured(now, seq, size));
        if fits == is_refused {
            violated!("limits", "message {id} of {size} bytes fits: {fits}");
        }
        fits
    }

    /// A message must leave with a callback exactly if its acknowledgement is needed.
    pub(super) fn check_asked(&self, id: MessageId, is_asked: bool) {
        let is_acked = matches!(self.app.messages[id].draft.way, Way::Acked | Way::AckedAlways);
        if is_asked != (is_acked || self.receipts.are_over() || self.run.plan.receipting.is_none())
        {
            violated!("answers", "message {id} left, asked for an answer: {is_asked}");
        }
    }
}

// Results for the app.
impl World {
    pub(super) fn settle(&mut self, ending: Ending) {
        let Some(id) = self.page.deliveries.find(ending.seq) else {
            violated!("I1", "{ending:?} was never sent");
        };
        if self.page.deliveries.pays_late(id) {
            return self.settle_late(id, ending);
        }
        self.check_claim(id, ending);
        if ending.stays {
            self.page.deliveries.is_late(id);
        }
        let Ending { seq, outcome, claim, .. } = ending;
        let maybe_delivered = claim.maybe_delivered;
        self.settled(Settled { seq, outcome, maybe_delivered });
    }

    /// A message that had settled by a receipt was answered later.
    fn settle_late(&mut self, id: MessageId, ending: Ending) {
        self.run.tally.one(Count::Late);
        let claim = ending.claim;
        let is_true = match ending.outcome {
            Outcome::Delivered => claim.code == Code::None && claim.audience == Audience::Senders,
            _ => {
                claim.code == Code::Server
                    && claim.maybe_delivered
                    && claim.audience == Audience::Complaint
            }
        };
        if !is_true || ending.stays || !matches!(claim.by, By::Ack | By::Echo) {
            violated!("I15", "message {id} was answered late: {ending:?}");
        }
        if ending.outcome == Outcome::Delivered && !self.effects.have(id) {
            violated!("delivered", "message {id} never took effect");
        }
    }

    /// Checks that the reported result is true (I15).
    fn check_claim(&self, id: MessageId, ending: Ending) {
        let Ending { outcome, claim, stays, .. } = ending;
        let message = &self.app.messages[id];
        let by_server = matches!(claim.by, By::Ack | By::Echo);
        let is_true = match outcome {
            Outcome::Delivered => claim.code == Code::None && by_server,
            Outcome::Received => claim.code == Code::None && claim.by == By::Receipt,
            Outcome::Superseded => claim.audience == Audience::Nobody,
            // A message that can't be sent is refused by the client only.
            Outcome::Refused => claim.code == Code::Server && message.was_refused,
            _ if claim.code == Code::Server => by_server && message.was_refused,
            _ => claim.code != Code::None && claim.by == By::Nobody,
        };
        if !is_true || stays != (outcome == Outcome::Received) {
            violated!("I15", "message {id}: {ending:?}");
        }
        let is_failure = !matches!(outcome, Outcome::Delivered | Outcome::Received);
        let is_clear = !message.has_left || message.was_refused;
        if is_failure && !claim.maybe_delivered && !is_clear {
            violated!("I15", "message {id} has left and nobody refused it: {ending:?}");
        }
        if claim.code == Code::Closed && claim.maybe_delivered {
            violated!("I15", "message {id} may have been delivered: {ending:?}");
        }
    }
}
