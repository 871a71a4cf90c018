//! Messages that a page finds on disk, and those that another page has now.

use std::collections::BTreeSet;

use holdfast::client::Client;
use holdfast::engine::{Draft, Input, Millis, Verdict};

use crate::database::Kept;
use crate::deliveries::MessageId;
use crate::journal::Place;
use crate::keeper::Result;
use crate::tally::Count;
use crate::trace::note;
use crate::violated;
use crate::world::World;

impl World {
    /// Messages of an earlier life, of this page before it was cached, or of a page that is gone.
    pub(crate) fn restore(&mut self, found: &[(Kept, Place)]) {
        for &(kept, place) in found {
            if let Some(entry) = self.page.deliveries.entry(kept.id) {
                if entry.place.is_none() && !entry.is_elsewhere {
                    // The page keeps it anew.
                    self.journal_erase(place);
                    continue;
                }
                entry.place = Some(place);
                entry.is_elsewhere = false;
                entry.is_shared = true;
                let seq = entry.seq;
                self.taken_up(kept.id);
                self.page.model.stored(seq);
                self.tell(Input::Stored { seq });
                continue;
            }
            self.revive(kept.id);
            self.take_up(kept, place);
        }
        self.drain();
    }

    fn take_up(&mut self, kept: Kept, place: Place) {
        let Kept { id, expires_at } = kept;
        let message = &self.app.messages[id];
        let lane_key = message.lane_key;
        let ttl = Millis(expires_at.saturating_sub(self.wall()));
        let lane = self.page.deliveries.lane_number(lane_key);
        let draft = Draft { lane, ttl, durable: false, ..message.draft };
        note!(self, "-> take back message {id}: {draft:?}");
        match self.call(|client: &mut Client, now| client.take_back(now, draft)) {
            Ok(seq) => {
                note!(self, "   message {id} is {seq:?}");
                self.tally.one(Count::Restored);
                self.page.model.taken_back(self.engine_time(), seq, draft);
                self.page.deliveries.note_down(id, seq, lane_key);
                self.page.deliveries.enter(id, seq, Some(place));
                if let Some(entry) = self.page.deliveries.entry(id) {
                    entry.is_shared = true;
                }
                self.taken_up(id);
            }
            Err(error) => violated!("I8", "message {id} was not taken back: {error:?}"),
        }
    }

    /// The page is back from the cache: what another took over meanwhile is that one's. Answers what
    /// that is.
    pub(crate) fn withhold(&mut self, kept: &BTreeSet<MessageId>) -> Vec<MessageId> {
        let is_elsewhere = |&(id, entry): &(MessageId, crate::deliveries::Entry)| {
            (entry.place.is_some() || entry.is_elsewhere) && !kept.contains(&id)
        };
        let elsewhere: Vec<_> = self.page.deliveries.entries().filter(is_elsewhere).collect();
        for &(id, entry) in &elsewhere {
            self.tally.one(Count::Withheld);
            if let Some(entry) = self.page.deliveries.entry(id) {
                // Nor is it ours to erase.
                entry.place = None;
                entry.is_elsewhere = true;
                entry.is_shared = true;
            }
            self.page.model.withheld(entry.seq);
            self.tell(Input::Withheld { seq: entry.seq });
        }
        elsewhere.into_iter().map(|(id, _)| id).collect()
    }

    /// Another page says how a message ended that was this one's.
    pub(crate) fn settled_elsewhere(&mut self, result: Result) {
        let Some(entry) = self.page.deliveries.entry(result.id) else { return };
        if !entry.is_elsewhere {
            return;
        }
        let seq = entry.seq;
        self.tally.one(Count::SettledElsewhere);
        let verdict = if result.is_delivered { Verdict::Accepted } else { Verdict::Refused };
        self.tell(Input::Acked { seq, attempt: 0, verdict });
    }

    /// Nobody has it any more, so it is this page's again.
    pub(crate) fn take_back(&mut self, id: MessageId) {
        let Some(entry) = self.page.deliveries.entry(id) else { return };
        if !entry.is_elsewhere {
            return;
        }
        entry.is_elsewhere = false;
        entry.is_taken_back = true;
        let seq = entry.seq;
        self.tally.one(Count::TakenBack);
        self.taken_up(id);
        self.keep((id, seq));
    }
}
