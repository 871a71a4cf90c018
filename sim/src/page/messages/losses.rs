//! The effect of a lost link on the messages in flight (I10).

use std::collections::BTreeSet;

use holdfast::engine::{Cause, Outcome, Seq, Way};

use super::{Message, Messages, Settles};

impl Messages {
    /// A ready link ended (I10).
    pub(crate) fn link_lost(&mut self, now: u64, losses_are_usual: bool) {
        self.proves = false;
        let flight: Vec<Seq> = self.flight.values().copied().collect();
        self.pace.link_lost(now, flight.len());
        // A link that delivered something accuses no message, and a message that was taken is not accused.
        let delivered = std::mem::take(&mut self.delivers);
        let unproven = flight.iter().filter(|seq| !self.unsettled[seq].received).count();
        let is_alone = self.suspects > 0 && unproven == 1;
        let since = |seq: &Seq| self.unsettled[seq].flight.expect("it is in flight").since;
        let blamed = match flight[..] {
            [.., ref before, ref last] if since(last) - since(before) < 1_000 => None,
            _ => flight.last().copied(),
        };
        for &seq in &flight {
            let message = self.message(seq);
            let is_unanswered = message.is_unanswered(now);
            message.unanswered_links += u32::from(is_unanswered);
            let is_shown = message.received || (unproven == 1 && flight.len() > 1);
            message.last_losses += u32::from(is_shown && blamed == Some(seq));
            if delivered || message.received {
                continue;
            }
            message.lone_losses += u32::from(is_alone);
            let is_new = losses_are_usual && !message.suspected;
            message.suspected |= losses_are_usual;
            self.suspects += usize::from(is_new);
        }
        let is_unanswered = |seq: &&Seq| {
            let message = &self.unsettled[seq];
            message.is_unanswered(now)
                && message.draft.event != 0
                && self.settles(&message.draft) == Settles::Either
        };
        let events: BTreeSet<u32> = flight
            .iter()
            .filter(is_unanswered)
            .map(|seq| self.unsettled[seq].draft.event)
            .collect();
        for event in events {
            let links = self.unanswered.entry(event).or_default();
            *links += 1;
            if *links == 3 {
                self.lessons.push_back((event, false));
            }
        }
        self.wait_again(&flight);
        for message in self.unsettled.values_mut() {
            message.backs_off = false;
        }
    }

    /// The messages in flight wait again, except those that must not leave again.
    pub(super) fn wait_again(&mut self, flight: &[Seq]) {
        for &seq in flight {
            self.landed(seq);
        }
        for &seq in flight {
            let message = self.message(seq);
            message.unanswered = true;
            let Message { draft, received, dispatched, unanswered_links, .. } = *message;
            let is_killer = message.lone_losses >= 3 || message.last_losses >= 15;
            let waiting: Vec<Seq> = self.lane_of(seq).waiting.range(seq..).copied().collect();
            let has_newer = waiting.into_iter().any(|it| it != seq && self.is_latest(it));
            let outcome = if is_killer {
                Outcome::Exhausted(Cause::LinkLost)
            } else if draft.way == Way::Latest && has_newer {
                Outcome::Superseded
            } else if ((draft.once && dispatched) || (received && unanswered_links >= 3))
                && self.settles(&draft) != Settles::Ack
            {
                Outcome::Received
            } else if draft.once {
                Outcome::Exhausted(Cause::LinkLost)
            } else {
                continue;
            };
            self.end(seq, outcome);
        }
    }
}
