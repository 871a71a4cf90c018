//! Where each message is saved.

use alloc::vec::Vec;

use super::{Address, Entry, Journal, Keeper, Saved, State};
use crate::client::storage::Storage;
use crate::engine::{Input, Seq};

impl Keeper {
    /// Saves a message, which leaves only afterwards.
    pub fn add(&mut self, seq: Seq) {
        self.enter(Entry { seq, saved: Saved::Nowhere, is_shared: false, seen: 0 });
        self.wait(seq);
    }

    pub(super) fn enter(&mut self, entry: Entry) {
        let slot = entry.seq.slot();
        if self.entries.len() <= slot {
            self.entries.resize(slot + 1, None);
        }
        self.count(Saved::Nowhere, entry.saved);
        self.entries[slot] = Some(entry);
    }

    pub(super) fn wait(&mut self, seq: Seq) {
        match self.state {
            State::Late(_) | State::Stalled | State::Broken => self.stored(seq, Saved::Nowhere),
            State::Closed | State::Stashed | State::Opening(_) => {
                self.set(seq, Saved::Waiting);
                self.waiting.push(seq);
            }
            State::Open => {
                self.set(seq, Saved::Waiting);
                self.waiting.push(seq);
                self.gather(self.opening);
            }
        }
    }

    /// A message has settled, so its saved copy is erased. Returns whether another tab has the message, and so may
    /// have delivered it.
    pub fn settled(&mut self, seq: Seq) -> bool {
        let Some(entry) = self.entry(seq) else { return false };
        self.entries[seq.slot()] = None;
        self.count(entry.saved, Saved::Nowhere);
        self.sharing = entry.is_shared.then_some(Storage::Share { seq });
        if let Saved::Kept(address) = entry.saved {
            self.erase(address);
        }
        self.leave_former(seq);
        entry.saved == Saved::Elsewhere
    }

    /// Erases the copy of a message that was saved under the user's earlier name.
    pub(super) fn leave_former(&mut self, seq: Seq) {
        if let Some(at) = self.formers.iter().position(|&(one, _)| one == seq) {
            let (_, address) = self.formers.swap_remove(at);
            self.erase(address);
        }
    }

    /// The report to other tabs about the message that settled last. Carry it out before the app is told.
    pub(in crate::client) fn share(&mut self) -> Option<Storage> {
        self.sharing.take()
    }

    /// The app cancels a message. If another tab has it, that tab is told.
    pub fn cancelled(&mut self, seq: Seq) {
        if self.saved(seq) == Some(Saved::Elsewhere) {
            self.order(Storage::Cancel { seq });
        }
    }

    /// Where a message is saved. `None` if it is not durable or has settled.
    #[must_use]
    pub fn saved(&self, seq: Seq) -> Option<Saved> {
        self.entry(seq).map(|entry| entry.saved)
    }

    pub(super) fn entry(&self, seq: Seq) -> Option<Entry> {
        self.entries.get(seq.slot()).copied().flatten().filter(|entry| entry.seq == seq)
    }

    pub(super) fn change(&mut self, seq: Seq, change: impl FnOnce(&mut Entry)) {
        if let Some(Some(entry)) = self.entries.get_mut(seq.slot())
            && entry.seq == seq
        {
            change(entry);
        }
    }

    pub(super) fn set(&mut self, seq: Seq, saved: Saved) {
        let Some(entry) = self.entry(seq) else { return };
        self.count(entry.saved, saved);
        self.change(seq, |entry| {
            entry.saved = saved;
            entry.is_shared |= saved == Saved::Elsewhere;
        });
    }

    /// Counts the messages that other tabs have.
    fn count(&mut self, before: Saved, after: Saved) {
        if before == Saved::Elsewhere {
            self.away -= 1;
        }
        if after == Saved::Elsewhere {
            if self.away == 0 {
                self.asked_at = self.now;
            }
            self.away += 1;
        }
    }

    /// The messages that another tab has.
    pub(super) fn elsewhere(&self) -> Vec<Seq> {
        let is_away = |entry: &&Entry| entry.saved == Saved::Elsewhere;
        self.entries.iter().flatten().filter(is_away).map(|entry| entry.seq).collect()
    }

    /// Lets the message leave: it is saved, or can't be.
    pub(super) fn stored(&mut self, seq: Seq, saved: Saved) {
        self.set(seq, saved);
        self.tell_engine(Input::Stored { seq });
    }

    pub(super) fn withhold(&mut self, seq: Seq) {
        self.set(seq, Saved::Elsewhere);
        self.tell_engine(Input::Withheld { seq });
    }

    pub(super) fn erase(&mut self, address: Address) {
        let now = self.now;
        let journal = self.journal(address.opening);
        if journal.is_some_and(|journal| journal.erase(now, address)) {
            self.order(Storage::Gather { opening: address.opening });
        }
    }

    pub(super) fn gather(&mut self, opening: u32) {
        let now = self.now;
        if self.journal(opening).is_some_and(|journal| journal.gather(now)) {
            self.order(Storage::Gather { opening });
        }
    }

    #[inline(never)]
    pub(super) fn journal(&mut self, opening: u32) -> Option<&mut Journal> {
        self.journals.iter_mut().find(|one| one.opening == opening)
    }
}
