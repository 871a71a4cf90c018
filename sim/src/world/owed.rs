//! What is owed for messages across page lives and tabs: which page has each, what may be lost with a page, and
//! that no two pages send the same one.

use std::collections::BTreeSet;

use holdfast::client::keeper::Saved;

use super::World;
use super::channel::SLOWEST_NOTE;
use crate::ids::MessageId;
use crate::page::Page;
use crate::sent::{Eraser, Sent};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;

impl World {
    /// The present page has the message from now on.
    pub(super) fn taken_up(&mut self, id: MessageId) {
        let page = self.page.id;
        let message = &mut self.app.messages[id];
        message.page = page;
        message.way = message.way.wrapping_mul(31) + page as u64;
    }

    /// A settled message is found on disk again. That is right if the page that was to erase it was gone before it
    /// could.
    pub(super) fn revive(&mut self, id: MessageId, is_ours: bool) {
        let message = &self.app.messages[id];
        if message.is_given_up {
            violated!("kept", "message {id} was counted as lost, but is on disk");
        }
        if !message.is_settled {
            self.erases_from_now_on(id, is_ours);
            return;
        }
        let could_not_erase = |&(page, opening): &Eraser| {
            self.page_at(page).is_some_and(|page| {
                // A closed journal may belong to another page before it erases.
                let keeper = page.shell.client.keeper();
                !page.storage.is_open(opening) || !page.storage.has_erased(keeper, opening)
            })
        };
        // Its result is on its way, and settles it once it arrives.
        let is_being_told = message.told_at.is_some_and(|at| self.run.now - at < SLOWEST_NOTE);
        let is_excused = message.is_erasing_lost
            || is_being_told
            || message.erasers.iter().any(could_not_erase)
            || self.is_being_written(id)
            || self.is_held_by_another(id);
        if !is_excused {
            violated!("I1", "message {id} had settled, and was not erased");
        }
        note!(self.run, "   message {id} had settled");
        self.run.tally.one(Count::Revived);
        // The app knows its result, so the result is not owed again.
        let message = &mut self.app.messages[id];
        message.is_settled = false;
        message.is_revived = true;
        message.is_promised_away = false;
        // It is sent once more, perhaps after later messages.
        message.way = u64::MAX - id as u64;
        self.erases_from_now_on(id, is_ours);
    }

    /// A page erases only messages in its own journal. In the journal of a page that is gone it can find a message,
    /// which the app may cancel. The message then stays on disk, and a page that opens later and takes over that
    /// journal finds it again. The app was told that it may be delivered. So earlier erasing counts until the
    /// journal belongs to this page.
    fn erases_from_now_on(&mut self, id: MessageId, is_ours: bool) {
        if is_ours {
            let page = self.page.id;
            let message = &mut self.app.messages[id];
            message.is_erasing_lost = false;
            message.erasers.retain(|&(other, _)| other != page);
        }
    }

    /// Whether a page in the cache is writing it; that page finds out once it is back.
    fn is_being_written(&self, id: MessageId) -> bool {
        self.living().any(|page| page.storage.writing().any(|one| one == id))
    }

    fn is_held_by_another(&self, id: MessageId) -> bool {
        let here = self.page.id;
        self.living().any(|page| page.id != here && page.deliveries.has(id))
    }

    /// The present page has died: its unsettled messages that were on disk are still owed.
    pub(super) fn settle_accounts(&mut self) {
        self.forget_erasing();
        let Page { deliveries, storage, .. } = &*self.page;
        let writing: BTreeSet<MessageId> = storage.undecided().collect();
        for id in storage.writing() {
            self.app.messages[id].is_erasing_lost = true;
        }
        let mut lost = Vec::new();
        for (id, entry) in deliveries.entries() {
            let message = &mut self.app.messages[id];
            message.is_erasing_lost = true;
            let (is_durable, is_revived) = (message.draft.durable, message.is_revived);
            let is_dropped = message.is_dropped;
            let is_settled = message.is_settled;
            let is_over = self.is_ended(id);
            let is_safe = !is_over && (self.database.has(id) || writing.contains(&id));
            if is_settled || is_safe || self.is_held_by_another(id) {
                continue;
            }
            let was_to_be = match entry.saved {
                // A write that failed may have ended while the page was in the cache.
                None | Some(Saved::Waiting | Saved::Writing | Saved::Overdue) => true,
                Some(Saved::Nowhere) => storage.may_forget,
                Some(Saved::Kept(_) | Saved::Elsewhere) => is_dropped,
            };
            if is_durable && !was_to_be && !is_revived && !is_over {
                violated!("kept", "message {id} is not on disk, and was not to be");
            }
            lost.push(id);
        }
        for id in lost {
            self.give_up(id);
        }
    }

    /// The messages that it was about to erase still exist for others.
    fn forget_erasing(&mut self) {
        let id = self.page.id;
        let Page { storage, shell, .. } = &*self.page;
        for message in &mut self.app.messages {
            for &(page, opening) in &message.erasers {
                message.is_erasing_lost |= page == id
                    && (storage.is_blind || !storage.has_erased(shell.client.keeper(), opening));
            }
        }
        for &heard in &storage.heard {
            self.app.messages[heard].is_erasing_lost |= self.database.has(heard);
        }
    }

    /// A page died while it wrote, and nothing of the write took effect.
    pub(super) fn lost_with_page(&mut self, messages: impl IntoIterator<Item = MessageId>) {
        for id in messages {
            let is_held = self.living().any(|page| page.deliveries.has(id));
            if !self.database.has(id) && !is_held {
                self.give_up(id);
            }
        }
    }

    fn give_up(&mut self, id: MessageId) {
        let message = &mut self.app.messages[id];
        if message.is_settled || message.is_given_up || message.is_revived {
            return;
        }
        message.is_given_up = true;
        self.app.unsettled -= 1;
        self.run.tally.one(Count::LostWithPage);
        note!(self.run, "   message {id} is lost with its page");
    }

    /// A message leaves: it must be on disk (I4), and no other page may send it.
    pub(super) fn check_may_leave(&mut self, id: MessageId) {
        let Some(entry) = self.page.deliveries.get(id).filter(|_| self.run.keeps()) else { return };
        let is_in_memory = matches!(entry.saved, Some(Saved::Nowhere | Saved::Overdue));
        if is_in_memory && !self.page.storage.may_forget {
            violated!("kept", "message {id} is in memory only, but the app was not told");
        }
        if self.page.storage.is_blind {
            return;
        }
        let Sent { draft, is_settled, is_revived, .. } = self.app.messages[id];
        // A message whose result the app was told is no loss.
        let is_durable = draft.durable && !is_settled && !is_revived;
        if is_durable && !is_in_memory && !self.database.has(id) {
            violated!("I4", "message {id} left, but is not on disk");
        }
        if self.is_ended(id) {
            violated!("I12", "message {id} left after a logout");
        }
        let here = self.page.id;
        let others = self.living().filter(|page| page.id != here && !page.is_cached);
        for other in others.filter(|page| !page.storage.is_blind) {
            let would_send = other.deliveries.get(id).is_some_and(|theirs| {
                let is_blind = entry.is_blind || theirs.is_blind;
                !theirs.is_elsewhere() && !is_blind
            });
            if would_send && !other.model.is_restoring() {
                violated!("tabs", "message {id} left, but page {} would send it too", other.id);
            }
        }
    }

    /// Settled messages must be erased as soon as the disk takes it, whatever failed before (D1).
    pub(super) fn check_erasing(&mut self) {
        let Page { storage, shell, .. } = &mut *self.page;
        // The disk may have hung.
        if shell.client.keeper().has_erased() || self.database.is_busy(self.run.now) {
            storage.unerased_since = None;
            return;
        }
        let since = *storage.unerased_since.get_or_insert(self.run.now);
        if self.run.now - since > LONGEST_RETRY && !self.run.plan.kinds.clock {
            violated!("D1", "settled messages wait to be erased since {since}");
        }
    }

    /// Nothing waits to be written: the disk must contain exactly this page's messages.
    pub(super) fn check_journal_at_rest(&mut self) {
        let Page { storage, shell, deliveries, .. } = &*self.page;
        let Some(owner) = storage.channel.and_then(|opening| storage.journal(opening)) else {
            return;
        };
        let is_held = !self.run.plan.disk.has_locks || self.locks.is_held(owner.name, self.page.id);
        let keeper = shell.client.keeper();
        // A logout elsewhere clears the disk, and this page may not have noticed it yet.
        let is_over = keeper.generation() != Some(self.generations.of(owner.scope));
        if !is_held || is_over || !storage.was_open() || !keeper.is_at_rest() {
            return;
        }
        let on_disk: BTreeSet<MessageId> =
            self.database.left_of((owner.scope, owner.name, owner.generation)).collect();
        let kept = deliveries.entries().filter(|(_, entry)| entry.is_kept());
        let expected: BTreeSet<MessageId> = kept.map(|(id, _)| id).collect();
        // A message that had settled once may be erased by the page that it settled in.
        let message = |id: &MessageId| &self.app.messages[*id];
        let is_too_much = |id| !message(id).is_revived && !message(id).is_erasing_lost;
        let is_missed = |id| !message(id).is_revived && !message(id).is_settled;
        if on_disk.difference(&expected).any(is_too_much)
            || expected.difference(&on_disk).any(is_missed)
        {
            violated!("journal", "{on_disk:?} are on disk, not {expected:?}");
        }
    }
}

/// Failed erasing is retried after a minute at the latest, and then the disk takes its time.
const LONGEST_RETRY: u64 = 64_000 + 30_000;
