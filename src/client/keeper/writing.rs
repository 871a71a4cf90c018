//! Writing, and the results of writes.

use alloc::vec::Vec;

use super::{AGAIN, Entry, Job, Journal, Keeper, Saved, State, WRITE};
use crate::client::storage::Storage;
use crate::client::tabs::Other;
use crate::engine::{Moment, Seq};

impl Keeper {
    /// The present turn of the event loop is over: writes the messages that were added in it.
    pub fn gathered(&mut self, opening: u32) {
        let is_open = self.state == State::Open && opening == self.opening;
        let waiting = if is_open { core::mem::take(&mut self.waiting) } else { Vec::new() };
        // Messages that have settled meanwhile need no write.
        let is_wanted = |&seq: &Seq| self.saved(seq) == Some(Saved::Waiting);
        let group: Vec<Seq> = waiting.into_iter().filter(is_wanted).collect();
        let transaction = self.transactions + 1;
        let is_ours = opening == self.opening;
        let (journals, orders) = (&mut self.journals, &mut self.orders);
        let journal = journals.iter_mut().find(|one| one.opening == opening);
        let write = |journal: &mut Journal| {
            journal.write(&group, transaction, is_ours, |part| orders.push_back(part))
        };
        if journal.is_some_and(write) {
            for seq in group {
                self.set(seq, Saved::Writing);
            }
            if is_open {
                self.write_by = self.write_by.min(self.now + WRITE);
            }
            self.commit(opening, None);
        }
    }

    /// A write takes too long: no message waits for it any more. It may still be committed.
    pub(super) fn stall(&mut self) {
        self.write_by = Moment::NEVER;
        for at in 0..self.entries.len() {
            if let Some(Entry { seq, saved: Saved::Writing, .. }) = self.entries[at] {
                self.stored(seq, Saved::Overdue);
            }
        }
        if self.state == State::Open {
            self.state = State::Stalled;
            self.order(Storage::Failed);
            for seq in core::mem::take(&mut self.waiting) {
                self.stored(seq, Saved::Nowhere);
            }
        }
    }

    /// A write of this opening's journal is over, with any result.
    fn end_stall(&mut self, opening: u32) {
        if !self.journals.iter().any(Journal::is_writing) {
            self.write_by = Moment::NEVER;
        }
        if self.state == State::Stalled && opening == self.opening {
            self.state = State::Open;
        }
    }

    pub(super) fn commit(&mut self, opening: u32, guard: Option<u64>) {
        self.transactions += 1;
        let transaction = self.transactions;
        self.order(Storage::Commit { transaction, opening, guard });
    }

    /// A transaction was committed, or had no effect. If it failed to erase messages that a logout had ended, the
    /// next reading tries again.
    pub fn committed(&mut self, transaction: u32, is_done: bool) {
        if transaction == self.adoption {
            self.adoption = 0;
            let mut moved = core::mem::take(&mut self.moving);
            if is_done {
                self.found.append(&mut moved);
            } else if let Job::Moving { name } = self.job
                && self.step().is_none()
            {
                // The journal stays with its former owner for now.
                self.tabs.add(name, Other::Ended(self.now + AGAIN));
            }
            if self.step().is_some() || !self.has_found() {
                self.end_job();
            }
        } else if let Some(at) = self.journals.iter().position(|one| one.is_written_by(transaction))
        {
            self.written(at, is_done);
        }
    }

    /// Whether messages wait to be passed to the client.
    pub(super) fn has_found(&self) -> bool {
        self.handed < self.found.len()
    }

    pub(super) fn written(&mut self, at: usize, is_done: bool) {
        let journal = &mut self.journals[at];
        let opening = journal.opening;
        let is_ours = self.generation == Some(journal.generation);
        let drops_more = is_done && journal.drops_more();
        let group = journal.written(self.now, is_done);
        for (seq, address) in group {
            let is_here = matches!(self.saved(seq), Some(Saved::Writing | Saved::Overdue));
            match (is_here, is_done) {
                (true, true) if is_ours => {
                    self.stored(seq, Saved::Kept(address));
                    self.leave_former(seq);
                }
                (true, true) => {
                    self.erase(address);
                    self.wait(seq);
                }
                (true, false) if opening == self.opening => self.stored(seq, Saved::Nowhere),
                // The present opening saves it, or reports that it can't.
                (true, false) => self.wait(seq),
                // The message has settled meanwhile.
                (false, true) => self.erase(address),
                (false, false) => {}
            }
        }
        if drops_more {
            self.forget_dropped(opening);
        }
        if !is_done && opening == self.opening {
            self.fail();
        }
        self.end_stall(opening);
        let is_open = opening == self.opening && self.state == State::Open;
        let is_more = is_open && !self.waiting.is_empty();
        let has_dirt = self.journal(opening).is_some_and(|journal| journal.has_dirt());
        // A failed write is retried at its own time.
        if is_more || has_dirt {
            self.gather(opening);
        }
        self.forget_journals();
    }

    /// Segments were deleted because their lists of settled messages could not be written. Their other messages are
    /// now in memory only.
    pub(super) fn forget_dropped(&mut self, opening: u32) {
        let Some(journal) = self.journals.iter().find(|one| one.opening == opening) else { return };
        for entry in self.entries.iter_mut().flatten() {
            if let Saved::Kept(address) = entry.saved
                && address.opening == opening
                && !journal.has(address.number)
            {
                entry.saved = Saved::Nowhere;
            }
        }
    }

    /// Forgets closed journals that have nothing more to erase. Once another journal is open, all messages are in
    /// that one or with other tabs.
    pub(super) fn forget_journals(&mut self) {
        let (opening, is_open) = (self.opening, self.is_open());
        let formers = &self.formers;
        let is_needed = |one: &Journal| {
            let has_former = formers.iter().any(|(_, address)| address.opening == one.opening);
            one.opening == opening || has_former && !one.is_over()
        };
        let is_over = |one: &Journal| one.is_over() || (is_open && one.is_at_rest());
        self.journals.retain(|journal| is_needed(journal) || !is_over(journal));
    }
}
