//! The proofs that receipts give about messages (I14), and what is learned about events from their answers.

use holdfast::engine::{Outcome, Seq};

use super::{Message, Messages, Settles};
use crate::violation::violated;

impl Messages {
    /// Receipts of this link are answered.
    pub(crate) fn proves(&mut self) {
        self.proves = true;
    }

    pub(crate) fn forget_proofs(&mut self) {
        self.expects_receipts = false;
        self.proves = false;
    }

    /// The server has taken these transmissions (I14).
    pub(crate) fn received(&mut self, first: u64, last: u64) {
        for seq in self.transmitted_within(first, last) {
            self.cleared(seq);
            let message = self.message(seq);
            message.received = true;
            let is_new = !std::mem::replace(&mut message.was_taken, true);
            self.delivers |= is_new;
        }
    }

    /// The server has not taken these transmissions.
    pub(crate) fn dropped(&mut self, first: u64, last: u64) {
        let flight = self.transmitted_within(first, last);
        self.wait_again(&flight);
    }

    fn transmitted_within(&self, first: u64, last: u64) -> Vec<Seq> {
        if first > last {
            return Vec::new();
        }
        self.flight.range(first..=last).map(|(_, &seq)| seq).collect()
    }

    /// The server has dispatched what it had taken, up to this transmission.
    pub(crate) fn dispatched(&mut self, now: u64, last: u64) {
        for seq in self.transmitted_within(0, last) {
            let message = self.message(seq);
            message.dispatched = message.received;
            self.settle_dispatched(now, seq);
        }
    }

    fn settle_dispatched(&mut self, now: u64, seq: Seq) {
        let Message { draft, dispatched, .. } = self.unsettled[&seq];
        if dispatched && self.settles(&draft) == Settles::Receipt {
            self.answered(now, seq);
            self.end(seq, Outcome::Received);
        }
    }

    /// The server acknowledged a message of this event.
    pub(crate) fn acknowledges(&mut self, event: u32) {
        if event != 0 && self.answers.insert(event, true) != Some(true) {
            self.lessons.retain(|&(other, _)| other != event);
            self.lessons.push_back((event, true));
        }
    }

    /// The client reports what it has learned about an event.
    pub(crate) fn learned(&mut self, now: u64, event: u32, answers: bool) {
        let at = self.lessons.iter().position(|&lesson| lesson == (event, answers));
        if at.and_then(|at| self.lessons.remove(at)).is_none() {
            violated!("learned", "{event} answers: {answers}, and {:?} was due", self.lessons);
        }
        if !answers {
            self.answers.insert(event, false);
            for seq in self.unsettled.keys().copied().collect::<Vec<_>>() {
                self.settle_dispatched(now, seq);
            }
        }
    }
}
