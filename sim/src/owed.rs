//! What is owed of messages across lives and tabs: who has each, what may be lost with a page, and that no
//! two pages send the same one.

use std::collections::BTreeSet;

use crate::app::Sent;
use crate::database::Segment;
use crate::deliveries::MessageId;
use crate::journal::{Journal, Work};
use crate::page::Page;
use crate::tally::Count;
use crate::trace::note;
use crate::violated;
use crate::world::World;

/// A page and its journal that were told to erase a message.
pub(crate) type Eraser = (usize, usize);

impl World {
    /// The page on stage has it from now on.
    pub(crate) fn taken_up(&mut self, id: MessageId) {
        let page = self.page.id;
        let message = &mut self.app.messages[id];
        message.page = page;
        message.way = message.way.wrapping_mul(31) + page as u64;
    }

    /// What had settled is found on disk once more. That is right where the page that was to erase it
    /// was gone before it could.
    pub(crate) fn revive(&mut self, id: MessageId) {
        let message = &self.app.messages[id];
        if message.is_given_up {
            violated!("kept", "message {id} was counted as lost, and is on disk");
        }
        if !message.is_settled {
            return;
        }
        let could_not_erase = |(page, number): Eraser| {
            let keeper = self.page_at(page).and_then(|page| page.keeper.as_ref());
            keeper.is_some_and(|keeper| {
                let journal = &keeper.journals[number];
                // One that was closed may be another's before it gets to it.
                let is_open = keeper.current == Some(number);
                !is_open || !journal.is_at_rest() || journal.has_failed()
            })
        };
        let is_excused = message.is_erasing_lost
            || message.eraser.is_some_and(could_not_erase)
            || self.is_being_written(id)
            || self.is_held_by_another(id);
        if !is_excused {
            violated!("I1", "message {id} had settled, and was not erased");
        }
        note!(self, "   message {id} had settled");
        self.tally.one(Count::Revived);
        // The app knows how it ended, so nobody is owed that again.
        let message = &mut self.app.messages[id];
        message.is_settled = false;
        message.is_revived = true;
        message.is_promised_away = false;
        message.is_erasing_lost = false;
        message.eraser = None;
        // It enters once more, perhaps after what was sent later.
        message.way = u64::MAX - id as u64;
    }

    /// By a page in the cache, which will find out once it is back.
    fn is_being_written(&self, id: MessageId) -> bool {
        let mut journals = self.living().filter_map(|page| page.keeper.as_ref());
        journals
            .any(|keeper| keeper.journals.iter().any(|it| it.writing.iter().any(|one| one.0 == id)))
    }

    fn is_held_by_another(&self, id: MessageId) -> bool {
        let here = self.page.id;
        self.living().any(|page| page.id != here && page.deliveries.has(id))
    }

    /// The page on stage has died: of what it had not settled, all that was on disk is still owed.
    pub(crate) fn settle_accounts(&mut self) {
        self.forget_erasing();
        let Page { deliveries, keeper, .. } = &*self.page;
        let Some(keeper) = keeper else { return };
        let waiting: BTreeSet<MessageId> = keeper
            .journals
            .iter()
            .flat_map(|journal| journal.added.iter().chain(&journal.unwritten))
            .chain(&keeper.early)
            .map(|&(id, _)| id)
            .collect();
        let writing: BTreeSet<MessageId> = keeper
            .journals
            .iter()
            .flat_map(|journal| &journal.writing)
            .map(|&(id, _)| id)
            .collect();
        for &id in &writing {
            self.app.messages[id].is_erasing_lost = true;
        }
        let mut lost = Vec::new();
        for (id, entry) in deliveries.entries() {
            let message = &mut self.app.messages[id];
            message.is_erasing_lost = true;
            let (is_durable, is_revived) = (message.draft.durable, message.is_revived);
            let is_settled = message.is_settled;
            let is_safe = self.database.has(id) || writing.contains(&id);
            if is_settled || is_safe || self.is_held_by_another(id) {
                continue;
            }
            let was_to_be = entry.is_in_memory || waiting.contains(&id);
            if is_durable && !was_to_be && !is_revived {
                violated!("kept", "message {id} is not on disk, and was not to be");
            }
            lost.push(id);
        }
        for id in lost {
            self.give_up(id);
        }
    }

    /// What it was about to erase is still there for others.
    fn forget_erasing(&mut self) {
        let id = self.page.id;
        let Some(keeper) = &self.page.keeper else { return };
        for message in &mut self.app.messages {
            let Some((page, journal)) = message.eraser else { continue };
            let journal = (page == id).then(|| &keeper.journals[journal]);
            message.is_erasing_lost |=
                journal.is_some_and(|it| keeper.is_blind || !it.is_at_rest() || it.has_failed());
        }
    }

    /// A page died while it wrote, and none of it is there.
    pub(crate) fn lost_with_page(&mut self, work: &Work) {
        let Work::Write { segments, .. } = work else { return };
        for (id, _) in segments.iter().flat_map(|(_, part)| part).copied() {
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
        self.tally.one(Count::LostWithPage);
        note!(self, "   message {id} is lost with its page");
    }

    /// A message leaves: it is on disk (I4), and no other page would send it.
    pub(crate) fn check_may_leave(&mut self, id: MessageId) {
        let is_blind = |page: &Page| page.keeper.as_ref().is_some_and(|keeper| keeper.is_blind);
        if is_blind(&self.page) {
            return;
        }
        let Some(entry) = self.page.deliveries.get(id) else { return };
        let Sent { draft, is_settled, is_revived, .. } = self.app.messages[id];
        // What the app was told of is no loss.
        let is_durable = draft.durable && !is_settled && !is_revived;
        if is_durable && !entry.is_in_memory && !self.database.has(id) {
            violated!("I4", "message {id} left, and is not on disk");
        }
        let here = self.page.id;
        let others = self.living().filter(|page| page.id != here && !page.is_cached);
        for other in others.filter(|page| !is_blind(page)) {
            let would_send = other.deliveries.get(id).is_some_and(|theirs| {
                // Both looked for it at the same time, and neither had it then.
                let is_tie = entry.is_taken_back && theirs.is_taken_back;
                let is_blind = entry.is_blind || theirs.is_blind;
                !theirs.is_elsewhere && !is_tie && !is_blind
            });
            if would_send && !other.model.is_restoring() {
                violated!("tabs", "message {id} left, and page {} would send it too", other.id);
            }
        }
    }

    /// Nothing waits to be written: on disk is what this page has, and nothing else.
    pub(crate) fn check_journal_at_rest(&mut self, journal: usize) {
        let Some(keeper) = &self.page.keeper else { return };
        let name = keeper.journals[journal].name;
        let is_open = keeper.current == Some(journal) && self.locks.is_held(name, self.page.id);
        let mut same = keeper.journals.iter().filter(|journal| journal.name == name);
        if !is_open || !same.all(Journal::is_at_rest) {
            return;
        }
        let segments = self.database.read(name);
        let on_disk: BTreeSet<MessageId> =
            segments.iter().flat_map(Segment::left).map(|(_, kept)| kept.id).collect();
        let entries = self.page.deliveries.entries();
        let kept = entries.filter(|(_, entry)| entry.place.is_some() && !entry.is_elsewhere);
        let expected: BTreeSet<MessageId> = kept.map(|(id, _)| id).collect();
        // What had settled once may be erased by the page that it settled in.
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
