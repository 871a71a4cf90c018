//! Messages from the server: those that arrive, and those that the app fetches after it missed them.

use holdfast::client::Came;

use super::World;
use crate::event::Later;
use crate::ids::SessionId;
use crate::tally::Count;
use crate::violation::violated;
use crate::wire::{FETCHED, Message};

// Arriving messages.
impl World {
    pub(super) fn message_arrived(&mut self, message: Message) {
        let message = self.page.feed.arrived(message);
        let now = self.page.shell.client.now().0;
        let is_buffered = self.quietly(|client| client.buffers(message.wants_ack));
        self.page.feed.missed.came(now, message, is_buffered);
        if is_buffered {
            self.run.tally.one(Count::Buffered);
        } else {
            self.hand_out(message, None);
        }
    }

    /// The buffered messages are passed on.
    pub(super) fn release(&mut self) {
        self.page.feed.missed.release();
        while let Some(message) = self.page.feed.missed.next() {
            self.hand_out(message, None);
        }
    }

    /// Passes a message to the listeners, unless it is a repeat. `fetched_in` is the session in which it was
    /// fetched.
    fn hand_out(&mut self, message: Message, fetched_in: Option<SessionId>) {
        let kept = self.feed_plan().kept;
        let content = message.content();
        let is_fetched = fetched_in.is_some();
        let came = Came {
            id: message.id as u64 * 2,
            content,
            names: if is_fetched { 3 } else { 1 << message.name },
            is_fetched,
            wants_ack: message.wants_ack,
        };
        let fate = self.quietly(|client| client.came(came, kept));
        let keeps_all = self.keeps_all_repeats();
        self.page.feed.repeats.came(message, is_fetched, fate, keeps_all);
        if fate.waits {
            self.wait_for_answer(content, fate.is_news);
        }
        if !fate.is_news {
            return self.run.tally.one(Count::RepeatsDropped);
        }
        self.run.tally.one(Count::Shown);
        let session = self.page.owners.session();
        self.page.feed.shown(message, fetched_in, session);
        let mark = self.quietly(|client| client.saw());
        self.page.feed.missed.note(mark);
    }

    /// Whether the memory of repeats has room for all messages.
    pub(super) fn keeps_all_repeats(&self) -> bool {
        self.feed_plan().kept == KEPT
    }

    fn wait_for_answer(&mut self, content: u64, is_first: bool) {
        let plan = self.feed_plan();
        if !is_first {
            return self.page.feed.repeats.waits(content);
        }
        let number = self.page.feed.repeats.asks(content);
        let is_large = self.run.feed.chance(plan.large);
        let answered = Later::Answered { content, number, is_large };
        if self.run.feed.chance(plan.silent) {
        } else if self.run.feed.chance(plan.late) {
            self.later(answered);
        } else {
            self.app_answers(content, number, is_large);
        }
    }

    /// The app calls the acknowledgement function.
    pub(super) fn app_answers(&mut self, content: u64, number: u64, is_large: bool) {
        if !self.page.feed.repeats.answers(content, number) {
            return;
        }
        let size = if is_large { 10_001 } else { 9 };
        let is_kept = self.quietly(|client| client.replied(content, size));
        let keeps_all = self.keeps_all_repeats();
        self.page.feed.repeats.kept(content, is_kept, is_large, keeps_all);
    }
}

// Missed messages.
impl World {
    pub(super) fn ask_app(&mut self, round: u32, since: u32) {
        let Some(plan) = self.run.plan.feed else {
            return self.page.shell.client.resynced(round, true);
        };
        let now = self.page.shell.client.now().0;
        let session = self.page.owners.session();
        self.page.feed.missed.asked(now, round, since);
        match self.run.feed.weighted(plan.resyncs) {
            0 => self.resynced(round, session, true),
            1 => self.later(Later::Resynced { round, session, is_whole: true }),
            2 => {}
            _ => self.later(Later::Resynced { round, session, is_whole: false }),
        }
    }

    /// The app passes what it fetched, and is done.
    pub(super) fn resynced(&mut self, round: u32, session: SessionId, is_whole: bool) {
        let its = self.page.feed.sent_to(session);
        for _ in 0..self.run.feed.below(6) {
            let Some(&id) = its.get(self.run.feed.index(its.len())) else { break };
            let is_ours = self.quietly(|client| client.is_ours(round));
            let is_there = session == self.page.owners.session() && !self.page.shell.is_destroyed;
            if is_ours && !self.page.owners.is_told() || is_there && !is_ours {
                violated!("I11", "what was fetched by {session} is handed out: {is_ours}");
            }
            if !is_ours {
                break;
            }
            let copy = if self.run.feed.chance(500) { 0 } else { FETCHED };
            let message = Message { id, copy, name: 0, wants_ack: false, session, number: 0 };
            self.hand_out(message, Some(session));
        }
        self.quietly(|client| client.resynced(round, is_whole));
        if self.page.feed.missed.resynced(round, is_whole) {
            self.run.tally.one(Count::Resynced);
        }
    }
}

/// The size of the memory of repeats if it has room for all.
const KEPT: usize = 1_000;
