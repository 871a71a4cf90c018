//! The app: what it sends, and what it is told.

use holdfast::client::deliveries::Sending;
use holdfast::client::keeper::Saved;
use holdfast::engine::{Cause, Draft, Outcome, Way};

use super::World;
use crate::ids::{MessageId, ONLY, Scope};
use crate::page::Page;
use crate::page::deliveries::Entry;
use crate::page::messages::Settled;
use crate::plan::Receipting;
use crate::sent::Sent;
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::work;

impl World {
    /// Sends a message as this plan's app does.
    pub(super) fn send_one(&mut self) {
        if self.app.messages.len() >= self.run.plan.app.sends_at_most {
            return;
        }
        let mut lane = self.run.dice.below(self.run.plan.app.lanes);
        let mut sending = self.run.plan.app.sending(&mut self.run.dice);
        if let Some(receipting) = self.run.plan.receipting {
            sending = receipting.complete(sending, &mut self.run.disk);
            if sending.way == Way::Latest && self.run.disk.chance(900) {
                lane += LATEST;
            }
        }
        let durable = self.run.disk.chance(self.run.plan.disk.durable);
        let is_unencodable = self.run.dice.chance(self.run.plan.app.unencodable);
        let is_acked = matches!(sending.way, Way::Acked | Way::AckedAlways);
        let carries_id = !(is_acked && self.run.letters.chance(self.run.plan.letters.without_id));
        let expires_at = self.wall() + sending.ttl.0;
        let print = self.print(expires_at);
        let sending = Sending { lane, durable, carries_id, print, ..sending };
        if let Some(seq) = self.send(sending) {
            let id = self.app.messages.len();
            note!(self.run, "   message {id} is {seq:?}");
            let draft = self.draft_of(seq);
            self.note_down((sending, draft), expires_at, is_unencodable);
            let session = self.page.owners.session();
            self.page.deliveries.enter(id, seq, None, session, (draft.lane, lane), 1);
            self.page.storage.has_unseen |= draft.durable;
            self.run.tally.one(Count::Sent);
        }
        self.send_again();
    }

    /// The fingerprint of the next message's saved copy. It may be that of a message that has settled; it includes
    /// the expiry.
    fn print(&mut self, expires_at: u64) -> u64 {
        let mut id = self.app.messages.len();
        if id > 0 && self.run.letters.chance(self.run.plan.letters.reused) {
            let one = self.run.letters.index(id);
            let is_free = !self.living().any(|page| page.deliveries.has(one));
            // With the same expiry it would be the same message.
            let print = print_of(one, expires_at);
            if is_free && self.app.messages.iter().all(|sent| sent.sending.print != print) {
                id = one;
            }
        }
        print_of(id, expires_at)
    }

    fn note_down(
        &mut self,
        (sending, draft): (Sending, Draft),
        expires_at: u64,
        is_unencodable: bool,
    ) {
        let page = self.page.id;
        self.app.unsettled += 1;
        self.app.messages.push(Sent {
            sending,
            draft,
            author: page,
            page,
            way: page as u64,
            expires_at,
            has_left: false,
            was_refused: false,
            is_unencodable,
            is_promised_away: false,
            generation: None,
            session: self.page.owners.session(),
            has_arrived: false,
            has_entered: false,
            is_settled: false,
            is_revived: false,
            is_given_up: false,
            erasers: Vec::new(),
            is_erasing_lost: false,
            told_at: None,
            is_dropped: false,
        });
    }

    /// A logout had ended the message before it was found on disk, and the app is told now.
    pub(super) fn ended_by_logout(&mut self, id: MessageId) {
        if self.run.plan.users.is_none() && !self.is_ended(id) {
            violated!("I12", "message {id} counts as ended by a logout that there was not");
        }
        self.end_unseen(id);
    }

    /// Whether a logout has ended the generation that the message was saved in. If users change, each has their
    /// own.
    pub(super) fn is_ended(&self, id: MessageId) -> bool {
        let of = self.app.messages[id].generation;
        self.run.plan.users.is_none() && of.is_some_and(|of| of != self.generations.of(ONLY))
    }

    /// The user has logged out: messages that no page has end without a report.
    pub(super) fn end_all_of(&mut self, scope: Scope) {
        if scope != ONLY || self.run.plan.users.is_some() {
            return;
        }
        for id in 0..self.app.messages.len() {
            if self.is_ended(id) && !self.living().any(|page| page.deliveries.has(id)) {
                self.end_unseen(id);
            }
        }
    }

    fn end_unseen(&mut self, id: MessageId) {
        let message = &mut self.app.messages[id];
        let is_owed = !message.is_settled && !message.is_given_up && !message.is_revived;
        self.app.unsettled -= usize::from(is_owed);
        message.is_settled = true;
    }

    /// Cancels one of the last messages, settled or not.
    pub(super) fn cancel_one(&mut self) {
        let count = self.app.messages.len();
        if count > 0 {
            let back = self.run.dice.index(count.min(20));
            if let Some(seq) = self.page.deliveries.seq_of(count - 1 - back) {
                self.cancel(seq);
            }
        }
    }

    /// Cancels a message that another page has.
    pub(super) fn cancel_away(&mut self) {
        for page in self.shown() {
            self.turn_to(page);
            let away = self.page.deliveries.entries().find(|(_, entry)| entry.is_elsewhere());
            if let Some((_, entry)) = away {
                return self.cancel(entry.seq);
            }
        }
    }

    /// A message's saved copy is erased, and pages that had it before learn its result.
    fn see_off(&mut self, id: MessageId, entry: Entry, is_delivered: bool) {
        if let Some(Saved::Kept(address)) = entry.saved {
            self.app.messages[id].erasers.push((self.page.id, address.opening));
        }
        if let Some(seq) = self.page.storage.sharing.take() {
            if seq != entry.seq {
                violated!("tabs", "{seq:?} was to be shared, and {:?} settles", entry.seq);
            }
            self.tell_others(work::Outcome { id, is_delivered });
        }
    }

    /// Whether nothing more is owed for it, whether or not the app knows.
    pub(super) fn has_settled(&self, id: MessageId) -> bool {
        let message = &self.app.messages[id];
        let is_decided = |page: &Page| {
            let seq = page.deliveries.seq_of(id);
            seq.is_some_and(|seq| page.model.is_settled(seq))
        };
        message.is_settled || self.page_at(message.page).is_some_and(is_decided)
    }

    /// The app is told a message's result.
    pub(super) fn settled(&mut self, settled: Settled) {
        self.page.model.settled(self.engine_time(), settled);
        let Settled { seq, outcome, maybe_delivered } = settled;
        let Some(id) = self.page.deliveries.find(seq) else {
            violated!("I1", "{seq:?} was never sent");
        };
        let has_taken = self.effects.have(id);
        let has_lives = self.run.plan.lives.is_some();
        let entry = self.page.deliveries.leave(id);
        let message = &mut self.app.messages[id];
        let was_settled = std::mem::replace(&mut message.is_settled, true);
        if entry.is_none() || (was_settled && !has_lives) {
            violated!("I1", "message {id} settled twice");
        }
        let once = message.draft.once;
        let is_revived = message.is_revived;
        let is_success = matches!(outcome, Outcome::Delivered | Outcome::Received);
        message.is_promised_away |= !is_success && !maybe_delivered;
        if outcome == Outcome::Received && !message.has_arrived {
            violated!("I15", "message {id} never reached the server: {settled:?}");
        }
        if message.is_promised_away && has_taken {
            violated!("maybeDelivered", "message {id} took effect: {settled:?}");
        }
        if outcome == Outcome::Delivered && !has_taken {
            violated!("delivered", "message {id} never took effect");
        }
        let gives_receipts =
            self.run.plan.receipting.is_some_and(Receipting::always_gives_receipts);
        let asks_for_receipt = matches!(message.draft.way, Way::Received | Way::Latest);
        let is_failure = outcome == Outcome::Exhausted(Cause::AckTimeout);
        let gives_receipts = gives_receipts && !self.receipts.are_over();
        if gives_receipts && asks_for_receipt && is_failure && !once {
            violated!("receipts", "message {id} failed where receipts work: {settled:?}");
        }
        let kinds = self.run.plan.kinds;
        let is_poison = self.run.plan.app.poison == Some(id);
        let is_lost = outcome == Outcome::Exhausted(Cause::LinkLost);
        if is_lost && !once && (kinds.only_guard() || (kinds.only_poison() && !is_poison)) {
            violated!("I10", "message {id} is innocent: {settled:?}");
        }
        let is_excused = self.run.is_fickle() || self.run.plan.receipting.is_some();
        if outcome != Outcome::Delivered && !is_excused {
            if kinds.world_is_kind() {
                violated!("calm", "message {id} in a kind world: {settled:?}");
            }
            if kinds.only_lives() && !once {
                violated!("lives", "message {id} in a kind world: {settled:?}");
            }
            if kinds.only_poison() && !is_poison && !once {
                violated!("I10", "message {id} beside poison: {settled:?}");
            }
        }
        self.run.tally.settled(outcome);
        self.app.unsettled -= usize::from(!was_settled && !is_revived);
        if let Some(entry) = entry {
            self.see_off(id, entry, is_success);
        }
        if !self.run.is_kind_now() && self.run.dice.chance(self.run.plan.app.answers_back) {
            if self.run.plan.kinds.fickle_app && self.run.dice.chance(200) {
                self.cancel_one();
            } else {
                self.send_one();
            }
        }
    }
}

fn print_of(id: MessageId, expires_at: u64) -> u64 {
    ((id as u64 + 1) << 40) | expires_at
}

/// Messages that the newest replaces have lanes of their own, mostly.
const LATEST: u64 = 1_000;
