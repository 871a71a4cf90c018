//! The model of the resync: what a page missed without a link, the requests for it, and the messages buffered
//! meanwhile.

use std::collections::VecDeque;

use super::AtRest;
use crate::violation::violated;
use crate::wire::Message;

#[derive(Default)]
pub(crate) struct Missed {
    /// Live messages that wait for what was missed.
    buffered: VecDeque<Message>,
    /// The messages in the client's two marks.
    marks: [Option<u64>; 2],
    noted: u64,
    last: Option<u64>,
    /// The message after which the gap begins.
    gap: Option<u64>,
    /// The round whose answer closes the gap.
    round: Option<u32>,
    /// Until when messages are buffered.
    buffered_until: Option<u64>,
    is_recovered: bool,
}

impl Missed {
    /// A message came, and the client buffers it or not.
    pub(crate) fn came(&mut self, now: u64, message: Message, is_buffered: bool) {
        if is_buffered && (self.buffered_until.is_none() || message.wants_ack) {
            violated!("resync", "{message:?} is buffered for nothing");
        }
        if is_buffered {
            self.buffered.push_back(message);
        } else if !message.wants_ack && self.buffered_until.is_some_and(|until| now < until) {
            violated!("resync", "{message:?} comes before what was missed");
        }
    }

    /// The client notes in a mark what was shown last.
    pub(crate) fn note(&mut self, mark: u32) {
        self.noted += 1;
        self.marks[mark as usize] = Some(self.noted);
        self.last = Some(self.noted);
    }

    pub(crate) fn has_seen_any(&self) -> bool {
        self.last.is_some()
    }

    /// There is a new link, with a recovered session or not.
    pub(crate) fn greeted(&mut self, is_recovered: bool) {
        self.is_recovered = is_recovered;
    }

    /// The client reports that messages leave again, and the mark to note that in.
    pub(crate) fn returned(&mut self, begins: Option<u32>) {
        if self.is_recovered {
            self.gap = None;
        }
        if begins.is_some() != self.last.is_none() {
            violated!("resync", "{begins:?} is noted, after {:?}", self.last);
        }
        if let Some(mark) = begins {
            self.note(mark);
        }
    }

    /// The client asks the app for what came after a mark.
    pub(crate) fn asked(&mut self, now: u64, round: u32, since: u32) {
        let is_missing = self.gap.is_some() && self.gap == self.marks[since as usize];
        if !is_missing || self.is_recovered || self.round.is_some() {
            violated!("resync", "asked since {since}, where the gap is {:?}", self.gap);
        }
        self.round = Some(round);
        self.buffered_until = Some(now + 5_000);
    }

    /// The app passed what it fetched. Returns whether that was in time.
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

    /// Nothing is buffered any longer.
    pub(crate) fn release(&mut self) {
        self.buffered_until = None;
    }

    /// The next buffered message.
    pub(crate) fn next(&mut self) -> Option<Message> {
        self.buffered.pop_front()
    }

    pub(super) fn forget(&mut self) {
        *self = Self { noted: self.noted, ..Self::default() };
    }

    /// A feed has lost its position although the link was not lost. The app must be asked anew.
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
                "messages are buffered until {:?}, and the next deadline is {due}",
                self.buffered_until
            );
        }
        if is_ready && up.is_some() && self.gap.is_some() && self.round.is_none() {
            violated!("resync", "the app was not asked for what was missed");
        }
    }
}
