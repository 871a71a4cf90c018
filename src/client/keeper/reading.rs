//! Reading: this tab's journal, and those of tabs that are gone.

use alloc::vec::Vec;

use super::{Address, Entry, Job, Journal, Keeper, RAISED, Read, Saved, State, Step};
use crate::client::storage::{Found, Name, Segment, Storage, Taken};
use crate::client::tabs::{OWN, Other};
use crate::engine::{Input, Seq};

impl Keeper {
    /// A segment was read. Its messages follow.
    pub fn segment(&mut self, opening: u32, segment: Segment) {
        if opening == self.opening {
            self.segments.push(segment);
        }
    }

    /// The next message of the latest segment was read.
    pub fn row(&mut self, opening: u32, index: u32, found: Found) {
        if opening == self.opening && !self.segments.is_empty() {
            self.rows.push((self.segments.len() - 1, index, found));
        }
    }

    /// The reading is complete. `generation` is the scope's present one. Returns whether it differs from this
    /// tab's: then the user logged out elsewhere.
    pub fn read(&mut self, opening: u32, generation: u64) -> bool {
        if opening != self.opening {
            return false;
        }
        let mut segments = core::mem::take(&mut self.segments);
        let rows = core::mem::take(&mut self.rows);
        // Version 1 stored no generations: its messages belong to the first one.
        let first = if generation.is_multiple_of(RAISED) { generation } else { 0 };
        let is_over = |one: &Segment| one.generation.unwrap_or(first) != generation;
        self.end_segments(&segments, &rows, is_over);
        if self.generation != Some(generation) {
            return true;
        }
        for segment in &mut segments {
            if is_over(segment) {
                segment.size = 0;
            }
        }
        let is_living = |(at, _, found): &&Read| !found.is_settled && segments[*at].size > 0;
        let living: Vec<Read> = rows.iter().filter(is_living).copied().collect();
        match (self.step(), self.job) {
            (Some(Step::Reading), _) => self.read_all(&segments, &rows, &living),
            (_, Job::Adopting { name }) => self.adopt(name, &segments, &living),
            (_, Job::Looking) => self.look(&living),
            _ => {}
        }
        false
    }

    /// Erases the messages that a logout has ended, whichever tab had them, and reports them. Those that this tab
    /// still has in memory are reported when they settle.
    pub(super) fn end_segments(
        &mut self,
        segments: &[Segment],
        rows: &[Read],
        is_over: impl Fn(&Segment) -> bool,
    ) {
        let ended = segments.iter().filter(|segment| segment.size > 0 && is_over(segment));
        let before = self.orders.len();
        self.orders
            .extend(ended.map(|&Segment { name, number, .. }| Storage::Drop { name, number }));
        if self.orders.len() == before {
            return;
        }
        for &(at, _, found) in rows {
            if is_over(&segments[at]) && !found.is_settled && found.known.is_none() {
                self.order(Storage::Ended { row: found.row });
            }
        }
        self.commit(self.opening, None);
    }

    pub(super) fn read_all(&mut self, segments: &[Segment], rows: &[Read], living: &[Read]) {
        let (opening, mine) = (self.opening, self.tabs.mine);
        let generation = self.generation.unwrap_or_default();
        let mut journal = Journal::new(opening, generation, mine, self.wall);
        for (at, segment) in segments.iter().enumerate() {
            let &Segment { name, number, size, is_former, was_ours, .. } = segment;
            if is_former {
                let is_free = self.tabs.has_locks || was_ours;
                if is_free && !self.former.contains(&name) {
                    self.former.push(name);
                }
            } else if name != mine {
                if self.tabs.is_news(name) {
                    self.tabs.add(name, Other::Free);
                }
            } else if size == 0 {
                journal.skip(number);
            } else {
                let is_its = |(of, _, found): &&Read| *of == at && found.is_settled;
                let settled = rows.iter().filter(is_its).map(|&(_, index, _)| index).collect();
                journal.found(number, size, settled);
            }
        }
        // An earlier journal object may know of more settled messages, whose erasure is not on disk yet.
        let is_before = |one: &&mut Journal| one.generation == generation && one.name == mine;
        let mut inherited = Vec::new();
        for before in self.journals.iter_mut().filter(is_before) {
            journal.inherit(before);
            inherited.push(before.opening);
        }
        for entry in self.entries.iter_mut().flatten() {
            if let Saved::Kept(address) = &mut entry.saved
                && inherited.contains(&address.opening)
            {
                address.opening = opening;
            }
        }
        for &(at, index, found) in living {
            let Segment { name, number, is_former, .. } = segments[at];
            if name == mine {
                let address = Address { opening, number, index };
                if !journal.has_settled(address) {
                    self.own.push((found.row, Some(address), None));
                }
            } else if found.is_away && !is_former {
                // It is older than this tab's own messages.
                self.found.push((found.row, None, found.known));
            }
        }
        let has_dirt = journal.has_dirt();
        self.journals.push(journal);
        if has_dirt {
            self.gather(opening);
        }
        self.step_on(Step::Moving);
        self.next_former();
    }

    /// Takes over the next journal that an earlier version left in the scope, unless a tab still has it.
    pub(super) fn next_former(&mut self) {
        let Some(name) = self.former.pop() else {
            self.found.append(&mut self.own);
            return self.step_on(Step::Restoring);
        };
        if self.tabs.has_locks {
            // The page before a reload may have the lock for a moment longer.
            self.job = Job::Locking { name, until: self.now + OWN };
            self.order(Storage::Lock { name, waits: true });
        } else {
            self.job = Job::Adopting { name };
            self.order(Storage::Read { of: name, mine: self.tabs.mine });
        }
    }

    /// This tab has the journal's lock, and these are its messages.
    pub(super) fn adopt(&mut self, name: Name, segments: &[Segment], living: &[Read]) {
        let opening = self.opening;
        // Segments that a newer build wrote have size 0 and stay.
        let is_any = segments.iter().any(|segment| segment.size > 0);
        let at = self.journals.iter().position(|one| one.opening == opening);
        let Some(at) = at.filter(|_| is_any) else { return self.end_job() };
        for segment in segments.iter().filter(|segment| segment.size > 0) {
            self.order(Storage::Drop { name, number: segment.number });
        }
        self.moving.clear();
        for (nth, (_, _, found)) in living.iter().enumerate() {
            let address = self.journals[at].next_address(nth == 0);
            self.moving.push((found.row, Some(address), None));
            self.order(Storage::Move { row: found.row, address });
        }
        self.job = Job::Moving { name };
        self.commit(opening, self.generation);
        self.adoption = self.transactions;
    }

    /// Messages that are gone from this tab's journal are either with a living tab or with none. Reclaims those of
    /// the second kind.
    pub(super) fn look(&mut self, living: &[Read]) {
        self.job = Job::None;
        let missing = core::mem::take(&mut self.missing);
        for &seq in &missing {
            self.saw(seq, 0);
        }
        for seq in living.iter().filter_map(|(_, _, found)| found.known) {
            self.saw(seq, self.opening);
        }
        for seq in missing {
            if self.entry(seq).is_some_and(|it| it.saved == Saved::Elsewhere && it.seen == 0) {
                self.wait(seq);
            }
        }
    }

    pub(super) fn saw(&mut self, seq: Seq, opening: u32) {
        self.change(seq, |entry| entry.seen = opening);
    }

    /// Ends the present job: a journal was taken over, or could not be.
    pub(super) fn end_job(&mut self) {
        match self.job {
            Job::Locking { name, .. } | Job::Adopting { name } | Job::Moving { name } => {
                self.order(Storage::Unlock { name });
            }
            Job::None | Job::Asking { .. } | Job::Looking => {}
        }
        if matches!(self.job, Job::Adopting { .. } | Job::Moving { .. }) {
            // A tab has ended, and some of its messages may not have been on disk.
            self.missing = self.elsewhere();
        }
        self.job = Job::None;
        if self.step() == Some(Step::Moving) {
            self.next_former();
        }
    }

    /// The result of the order [`Storage::Take`].
    pub fn taken(&mut self, taken: Taken) {
        let Some(&(_, address, _)) = self.found.get(self.handed) else { return };
        self.handed += 1;
        let is_restoring = self.step() == Some(Step::Restoring);
        match (taken, address) {
            (Taken::New(seq), Some(address)) => {
                let (saved, seen) = (Saved::Kept(address), self.opening);
                self.enter(Entry { seq, saved, is_shared: true, seen });
            }
            (Taken::New(seq), None) => {
                self.enter(Entry { seq, saved: Saved::Elsewhere, is_shared: true, seen: 0 });
                self.withhold(seq);
            }
            (Taken::Known(seq), Some(address)) => {
                let is_found = self.entry(seq).is_some_and(|entry| entry.seen == self.opening);
                // The tab that had the message may return and ask for it.
                self.change(seq, |entry| entry.is_shared = true);
                match self.saved(seq) {
                    Some(Saved::Kept(_)) if !is_restoring || is_found => self.erase(address),
                    Some(Saved::Kept(_) | Saved::Elsewhere) => {
                        self.saw(seq, self.opening);
                        self.stored(seq, Saved::Kept(address));
                    }
                    // The same message was sent anew meanwhile, and continues for both.
                    None
                    | Some(Saved::Nowhere | Saved::Waiting | Saved::Writing | Saved::Overdue) => {
                        self.erase(address);
                    }
                }
            }
            (Taken::Refused, Some(address)) => self.erase(address),
            // This tab lost its copy, but another tab has had the message since.
            (Taken::Known(seq), None) if self.saved(seq) == Some(Saved::Nowhere) => {
                self.set(seq, Saved::Elsewhere);
            }
            (Taken::Known(_) | Taken::Refused, None) => {}
        }
        if !self.has_found() {
            self.handed_out();
        }
    }

    /// All messages that were found were passed to the client.
    pub(super) fn handed_out(&mut self) {
        self.found.clear();
        self.handed = 0;
        if self.step() != Some(Step::Restoring) {
            return self.end_job();
        }
        self.state = State::Open;
        for at in 0..self.entries.len() {
            let Some(Entry { seq, saved, seen, .. }) = self.entries[at] else { continue };
            if matches!(saved, Saved::Kept(_) | Saved::Elsewhere) && seen != self.opening {
                // Another tab took over the message while this page was in the cache.
                self.missing.push(seq);
                self.withhold(seq);
            }
        }
        self.tell_engine(Input::Restored);
        self.forget_journals();
        if !self.waiting.is_empty() {
            self.gather(self.opening);
        }
    }
}
