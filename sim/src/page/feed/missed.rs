//! What a page missed while it had no link, who was asked for it, and what is held until that is there.

use std::collections::VecDeque;

use super::AtRest;
use crate::violation::violated;
use crate::wire::Message;

#[derive(Default)]
pub(crate) struct Missed {
    /// Live messages that wait for what was missed.
    buffered: VecDeque<Message>,
    /// Where the client has messages noted down.
    marks: [Option<u64>; 2],
    noted: u64,
    last: Option<u64>,
    /// Where something began to be missing.
    gap: Option<u64>,
    /// The round whose answer closes the gap.
    round: Option<u32>,
    /// Until when messages are held.
    buffered_until: Option<u64>,
    is_recovered: bool,
}

impl Missed {
    /// A message came, and the client holds it or does not.
    pub(crate) fn came(&mut self, now: u64, message: Message, is_buffered: bool) {
        if is_buffered && (self.buffered_until.is_none() || message.wants_ack) {
            violated!("resync", "{message:?} is held for nothing");
        }
        if is_buffered {
            self.buffered.push_back(message);
        } else if !message.wants_ack && self.buffered_until.is_some_and(|until| now < until) {
            violated!("resync", "{message:?} comes before what was missed");
        }
    }

    /// The client notes down in a mark what was shown last.
    pub(crate) fn note(&mut self, mark: u32) {
        self.noted += 1;
        self.marks[mark as usize] = Some(self.noted);
        self.last = Some(self.noted);
    }

    pub(crate) fn has_seen_any(&self) -> bool {
        self.last.is_some()
    }

    /// There is a link again, whose session the server recovered or did not.
    pub(crate) fn greeted(&mut self, is_recovered: bool) {
        self.is_recovered = is_recovered;
    }

    /// The client says that the page is back, and where it begins to note down.
    pub(crate) fn returned(&mut self, begins: Option<u32>) {
        if self.is_recovered {
            self.gap = None;
        }
        if begins.is_some() != self.last.is_none() {
            violated!("resync", "{begins:?} is noted down, after {:?}", self.last);
        }
        if let Some(mark) = begins {
            self.note(mark);
        }
    }

    /// The client asks the app for what came since a mark.
    pub(crate) fn asked(&mut self, now: u64, round: u32, since: u32) {
        let is_missing = self.gap.is_some() && self.gap == self.marks[since as usize];
        if !is_missing || self.is_recovered || self.round.is_some() {
            violated!("resync", "asked since {since}, where the gap is {:?}", self.gap);
        }
        self.round = Some(round);
        self.buffered_until = Some(now + 5_000);
    }

    /// The app has handed over what it fetched. Answers whether that was in time.
    pub(crate) fn resynced(&mut self, round: u32, is_whole: bool) -> bool {
        let is_in_time = self.round == Some(round);
        if is_in_time {
            self.buffered_until = None;
            if is_whole {
                self.gap = None;
            }
        }
        is_in_time
    }

    /// Nothing is held any longer.
    pub(crate) fn release(&mut self) {
        self.buffered_until = None;
    }

    /// The next of what was held.
    pub(crate) fn next(&mut self) -> Option<Message> {
        self.buffered.pop_front()
    }

    pub(super) fn forget(&mut self) {
        *self = Self { noted: self.noted, ..Self::default() };
    }

    /// A feed has lost its mark, though the link was not lost. What the app fetches for it is asked for anew.
    pub(crate) fn lost(&mut self) {
        if self.gap.or(self.last).is_none() {
            // Nothing has come so far.
            self.noted += 1;
            self.marks[0] = Some(self.noted);
            self.gap = self.marks[0];
        }
        self.gap = self.gap.or(self.last);
        self.round = None;
        self.is_recovered = false;
    }

    pub(super) fn link_lost(&mut self) {
        self.gap = self.gap.or(self.last);
        self.round = None;
    }

    pub(super) fn check_at_rest(&self, client: &AtRest) {
        let AtRest { due, is_ready, up, .. } = *client;
        if !self.buffered.is_empty() && self.buffered_until.is_none_or(|until| due > until) {
            violated!(
                "resync",
                "messages are held until {:?}, and it is due {due}",
                self.buffered_until
            );
        }
        if is_ready && up.is_some() && self.gap.is_some() && self.round.is_none() {
            violated!("resync", "nobody was asked for what was missed");
        }
    }
}
