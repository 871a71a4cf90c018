//! Messages between tabs. They reach the tabs whose channel is open, a moment later and in any order.

use holdfast::engine::Verdict;

use super::World;
use crate::event::Event;
use crate::ids::MessageId;
use crate::tally::Count;
use crate::trace::note;
use crate::work::{Note, Outcome, Step};

impl World {
    pub(super) fn post(&mut self, note: Note) {
        if let Note::Settled(Outcome { id, .. }) | Note::Cancel(id) = note {
            self.app.messages[id].told_at = Some(self.run.now);
        }
        for page in 0..self.pages.len() {
            let other = self.page_at(page).filter(|_| page != self.page.id);
            if let Some(opening) = other.and_then(|other| other.storage.channel) {
                let at = self.run.now + self.run.fate.below(SLOWEST_NOTE);
                self.run.schedule(at, Event::Step { page, opening, step: Step::Told(note) });
            }
        }
    }

    pub(super) fn told(&mut self, opening: u32, note: Note) {
        if self.page.storage.channel != Some(opening) {
            return;
        }
        match note {
            Note::Hello { name, is_new, by } => {
                let goes_first = by < self.page.storage.fresh;
                self.tell_keeper(|keeper| keeper.hello(opening, name, is_new, goes_first));
            }
            Note::Ask { id, by } => {
                let goes_first = by < self.page.storage.fresh;
                if let Some(outcome) = self.page.storage.outcomes.find(id) {
                    self.post(Note::Settled(outcome));
                } else if let Some(entry) = self.page.deliveries.get(id) {
                    let mut has = false;
                    self.tell_keeper(|keeper| has = keeper.asked(entry.seq, goes_first));
                    if has {
                        self.post(Note::Has(id));
                    }
                }
            }
            Note::Has(id) => {
                if let Some(entry) = self.page.deliveries.get(id) {
                    self.tell_keeper(|keeper| keeper.has_elsewhere(opening, entry.seq));
                }
            }
            Note::Settled(outcome) => self.settled_elsewhere(outcome),
            Note::Cancel(id) => {
                if let Some(entry) = self.page.deliveries.get(id) {
                    self.run.tally.one(Count::CancelledElsewhere);
                    self.cancel(entry.seq);
                } else {
                    self.ended_elsewhere(id);
                }
            }
        }
    }

    /// Another page reports a message's result.
    fn settled_elsewhere(&mut self, Outcome { id, is_delivered }: Outcome) {
        let Some(entry) = self.page.deliveries.get(id) else { return self.ended_elsewhere(id) };
        let (seq, now) = (entry.seq, self.next_time());
        let verdict = if is_delivered { Verdict::Accepted } else { Verdict::Refused };
        note!(self.run, "-> {seq:?} settled elsewhere: {verdict:?}");
        if entry.is_elsewhere() {
            self.page.model.acked(self.engine_time(), seq, 0, verdict);
            self.page.deliveries.answered(id, true);
            self.app.messages[id].was_refused |= !is_delivered;
        }
        let is_heeded =
            self.call_at(now, |client, now| client.settled_elsewhere(now, seq, verdict, false));
        if is_heeded {
            self.run.tally.one(Count::SettledElsewhere);
        }
        self.drain();
    }

    /// The message is not here, but may just be being read.
    fn ended_elsewhere(&mut self, id: MessageId) {
        let print = self.app.messages[id].sending.print;
        self.page.shell.client.ended_elsewhere(print);
        self.page.storage.heard.insert(id);
    }

    /// Reports the result of a message that another page had.
    pub(super) fn tell_others(&mut self, outcome: Outcome) {
        if self.page.storage.channel.is_some() {
            self.page.storage.outcomes.add(outcome);
            self.post(Note::Settled(outcome));
        }
    }
}

/// Milliseconds.
pub(super) const SLOWEST_NOTE: u64 = 10;
