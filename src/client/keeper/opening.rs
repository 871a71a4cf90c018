//! Opening and closing the storage, and choosing this tab's journal.

use super::{Entry, Job, Keeper, OPEN, RAISED, Saved, State, Step};
use crate::client::storage::{Name, Storage};
use crate::client::tabs::{OWN, Tabs};
use crate::engine::{Input, Moment};

impl Keeper {
    /// Opens a user's saved messages and closes those of the user before. `generation` is that of the scope, `None`
    /// if nothing can be saved. `is_first` is true if it has just begun.
    pub fn keep(&mut self, generation: Option<u64>, is_first: bool) {
        self.close();
        self.generation = generation;
        self.is_first = is_first;
        // Waiting messages belong to this user, whose name may not have been known before.
        for at in 0..self.entries.len() {
            let Some(entry) = self.entries[at] else { continue };
            if let Saved::Kept(address) = entry.saved {
                self.formers.push((entry.seq, address));
                self.tell_engine(Input::Withheld { seq: entry.seq });
                self.wait(entry.seq);
            }
        }
        self.open();
    }

    /// The page goes into the back-forward cache, so another tab may take over its journal.
    pub fn stash(&mut self) {
        if self.state != State::Closed {
            self.close();
            self.state = State::Stashed;
        }
    }

    /// The page is back from the cache: opens what was open. Another tab may have taken it over meanwhile.
    pub fn reopen(&mut self) {
        self.is_first = false;
        self.open();
    }

    pub(super) fn open(&mut self) {
        if self.generation.is_none() {
            self.state = State::Broken;
            return self.go_ahead();
        }
        self.state = State::Opening(Step::Database);
        self.late_at = self.now + OPEN;
        self.order(Storage::Open { opening: self.opening });
    }

    /// Closes what is open. Messages that wait to be written keep waiting.
    pub fn close(&mut self) {
        if self.state != State::Closed {
            self.order(Storage::Close);
        }
        self.state = State::Closed;
        self.opening += 1;
        self.is_put_off = false;
        self.tabs = Tabs::default();
        self.job = Job::None;
        self.segments.clear();
        self.rows.clear();
        self.found.clear();
        self.handed = 0;
        self.own.clear();
        self.adoption = 0;
        self.former.clear();
        self.missing.clear();
    }

    /// The user logged out: nothing more is written. The edge deletes all that is saved for the user; this tab's
    /// part is also erased as its messages settle.
    pub fn log_out(&mut self) {
        self.waiting.clear();
        self.close();
    }

    /// The user logged out in another tab: nothing is saved until something is opened again.
    pub fn log_out_elsewhere(&mut self) {
        self.close();
        self.generation = None;
        self.state = State::Broken;
        self.go_ahead();
    }

    /// Lets every message leave without waiting for storage any longer.
    pub(super) fn go_ahead(&mut self) {
        for seq in core::mem::take(&mut self.waiting) {
            self.stored(seq, Saved::Nowhere);
        }
        // No other tab can report the results of its messages any more.
        for at in 0..self.entries.len() {
            if let Some(Entry { seq, saved: Saved::Elsewhere, .. }) = self.entries[at] {
                self.stored(seq, Saved::Nowhere);
            }
        }
        self.tell_engine(Input::Restored);
    }

    /// Stops saving messages.
    pub(super) fn fail(&mut self) {
        let is_told = matches!(self.state, State::Late(_) | State::Stalled);
        match self.state {
            State::Closed | State::Stashed | State::Broken => return,
            // This tab's saved messages are also in memory and are sent from here, so it keeps the lock. Other tabs
            // may take over journals that it has not read yet.
            State::Open | State::Stalled => {
                if !matches!(self.job, Job::Moving { .. }) {
                    self.end_job();
                }
            }
            State::Opening(_) | State::Late(_) => self.close(),
        }
        self.state = State::Broken;
        if !is_told {
            self.order(Storage::Failed);
        }
        self.go_ahead();
    }

    /// The database is open. `wall` is the time in milliseconds since the Unix epoch, `mine` the journal that this
    /// tab had before (0 if none), `fresh` a new journal, and `generation` the scope's present one.
    pub fn opened(
        &mut self,
        opening: u32,
        wall: u64,
        (mine, fresh): (Name, Name),
        has_locks: bool,
        generation: u64,
    ) {
        if opening != self.opening || self.step() != Some(Step::Database) {
            return;
        }
        if self.is_own(generation) {
            self.generation = Some(generation);
        }
        self.wall = wall;
        self.fresh = fresh;
        self.tabs.has_locks = has_locks;
        if mine == 0 {
            return self.take_fresh();
        }
        self.tabs.mine = mine;
        self.step_on(Step::Own { until: self.now + OWN });
        if has_locks {
            self.order(Storage::Lock { name: mine, waits: true });
        } else {
            // Another tab that has it answers.
            self.order(Storage::Hello { name: mine, is_new: true });
        }
    }

    /// Whether `generation` is that of the messages saved here. If two tabs begin the first generation at the same
    /// time, both accept the one that was written last.
    pub(in crate::client) fn is_own(&self, generation: u64) -> bool {
        let may_change = self.is_first && self.step() == Some(Step::Database);
        self.generation == Some(generation)
            || may_change && generation.is_multiple_of(RAISED) && generation > 0
    }

    /// Takes a new journal for this tab.
    pub(super) fn take_fresh(&mut self) {
        let name = self.fresh;
        self.tabs.mine = name;
        self.order(Storage::Remember { name });
        if self.tabs.has_locks {
            self.step_on(Step::Own { until: Moment::NEVER });
            self.order(Storage::Lock { name, waits: true });
        } else {
            self.named();
        }
    }

    /// No other tab has this tab's journal: reads the scope.
    pub(super) fn named(&mut self) {
        let mine = self.tabs.mine;
        self.step_on(Step::Reading);
        self.order(Storage::Hello { name: mine, is_new: true });
        self.order(Storage::Read { of: 0, mine });
    }

    /// The database did not open, or is gone.
    pub fn failed(&mut self, opening: u32) {
        if opening == self.opening {
            self.fail();
        }
    }
}
