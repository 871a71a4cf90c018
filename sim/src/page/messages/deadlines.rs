//! Deadlines: messages expire, and waits for answers end.

use holdfast::engine::{Cause, Outcome, Seq};

use super::{Flight, Message, Messages, Settles};

impl Messages {
    /// The client was asked to do what is due.
    pub(crate) fn examined(&mut self, now: u64) {
        self.examined_at = now;
        let retries = self.config.send.retries;
        let ack_timeout = self.config.send.ack_timeout.0;
        self.expire(now);
        while let Some((deadline, seq)) = self.next_deadline(ack_timeout)
            && deadline <= now
        {
            let Message { draft, received, flight, .. } = self.unsettled[&seq];
            // The first receipt of a link may be delayed like everything else.
            let is_unproven = !received && !self.proves && self.expects_receipts;
            let is_excused = now - deadline > LATE || is_unproven;
            if is_excused && flight.is_some_and(|flight| !flight.excused) {
                self.extend_all(now, true);
                break;
            }
            if self.proves && !received {
                // It is on its way, or the link is dead (I14).
                self.extend_all(now, false);
                break;
            }
            self.landed(seq);
            let settles = self.settles(&draft);
            if received && settles != Settles::Ack {
                let lesson = (draft.event, false);
                if settles == Settles::Either && draft.event != 0 && !self.lessons.contains(&lesson)
                {
                    self.lessons.push_back(lesson);
                }
                self.end(seq, Outcome::Received);
                continue;
            }
            self.message(seq).unanswered = true;
            self.failed(seq, Cause::AckTimeout, retries);
        }
    }

    /// The earliest deadline in flight. Among equal ones, the message that left first.
    fn next_deadline(&self, ack_timeout: u64) -> Option<(u64, Seq)> {
        let deadline = |&seq: &Seq| {
            let message = &self.unsettled[&seq];
            let span = message.draft.ack_timeout.map_or(ack_timeout, |span| span.0);
            message.flight.map(|flight| (flight.since + span, seq))
        };
        self.flight.values().filter_map(deadline).min_by_key(|&(at, _)| at)
    }

    fn extend_all(&mut self, now: u64, excuses: bool) {
        for message in self.unsettled.values_mut() {
            if let Some(flight) = &mut message.flight {
                *flight = Flight { since: now, excused: flight.excused || excuses, ..*flight };
            }
        }
    }

    pub(super) fn expire(&mut self, now: u64) {
        while let Some(&(at, seq)) = self.expiry.first()
            && at <= now
        {
            self.end(seq, Outcome::Expired);
        }
    }
}

/// A timer this late may have been delayed together with the answers.
const LATE: u64 = 1_000;
