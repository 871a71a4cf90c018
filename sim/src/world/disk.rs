//! Transactions of pages, from their beginning to the report to their keepers.

use holdfast::client::storage;

use super::World;
use crate::event::Event;
use crate::ids::{MessageId, Name, PageId};
use crate::page::storage::Owner;
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::work::{Done, Found, Work, Write};

impl World {
    pub(super) fn begin_to_read(&mut self, of: Name, mine: Name) {
        let storage = &mut self.page.storage;
        let (Some(opening), Some(scope)) = (storage.channel, storage.scope) else {
            violated!("journal", "a journal that is not open is read");
        };
        let keeper = self.page.shell.client.keeper();
        let generation = keeper.generation().unwrap_or_default();
        storage.reads(opening, Owner { scope, name: mine, generation });
        self.begin(Work::Read { opening, scope, of, mine });
    }

    pub(super) fn begin(&mut self, work: Work) {
        self.database.begin(&mut self.run, self.page.id, work);
    }

    /// Whether a page's write fails. Those of a page that is gone don't.
    fn write_fails(&mut self, id: PageId) -> bool {
        self.page_at(id).is_some() && self.database.fails(&mut self.run)
    }

    pub(super) fn commit(&mut self, number: u32, opening: u32, guard: Option<u64>) {
        let write = self.page.storage.write(number, opening, guard);
        self.begin(Work::Write(write));
    }

    /// A transaction ends. If its page has died meanwhile, it took effect completely or not at all.
    pub(super) fn transacted(&mut self, id: PageId, work: Work) {
        let done = match work {
            Work::Read { opening, scope, of, mine } => {
                let found = self.database.read(scope, of);
                Done::Read { opening, mine, found, generation: self.generations.of(scope) }
            }
            Work::Clear { scope } => {
                if !self.write_fails(id) {
                    self.database.clear(scope);
                }
                return;
            }
            Work::Write(write) => self.written(id, write),
        };
        self.happen(Event::Done { page: id, done: Box::new(done) });
    }

    fn written(&mut self, id: PageId, write: Write) -> Done {
        let is_alive = self.page_at(id).is_some();
        let is_running = self.page_at(id).is_some_and(|page| !page.is_cached);
        let is_lost = !is_alive && self.run.storage_dice().chance(500);
        let is_over = write.guard.is_some_and(|guard| self.generations.of(write.scope) != guard);
        let is_done = !is_lost && !is_over && !self.write_fails(id);
        note!(self.run, "page {id}: {} {write:?}", if is_done { "committed" } else { "not" });
        if self.turn_to(id) {
            self.page.storage.ended(write.number, is_done);
        }
        if is_done {
            let dropped = if is_running { Vec::new() } else { self.dropped_unheard(&write) };
            let (written_over, forgotten) = self.database.commit(&write.parts);
            for &(id, _) in &write.added {
                self.app.messages[id].is_dropped = false;
            }
            if is_alive {
                self.dropped_in_cache(dropped);
            } else {
                self.lost_with_page(dropped);
            }
            if let Some(key) = written_over {
                violated!("journal", "segment {key:?} was written over");
            }
            // A page that had the journal before may know of fewer settled messages.
            for kept in forgotten {
                self.app.messages[kept.id].is_erasing_lost = true;
            }
            if write.moved > 0 {
                self.run.tally.one(Count::Adoptions);
            }
        } else if is_alive {
            self.has_storage_failed = true;
        } else {
            self.lost_with_page(write.added.iter().map(|&(id, _)| id));
        }
        Done::Written { write, is_done }
    }

    /// A page that can't write lists deletes whole segments. The other messages in them are also in its memory
    /// until it dies, as the app was told. A running page shows which these are; for a page in the cache, these are
    /// the ones that it would lose.
    fn dropped_unheard(&self, write: &Write) -> Vec<MessageId> {
        if !write.may_forget || write.moved > 0 {
            return Vec::new();
        }
        self.database.left_in(&write.parts.drops).collect()
    }

    /// The page finds out once it is back. If it is thrown away before, they are lost with it.
    fn dropped_in_cache(&mut self, messages: Vec<MessageId>) {
        for id in messages {
            self.app.messages[id].is_dropped |= !self.database.has(id);
        }
    }

    pub(super) fn done(&mut self, done: Done) {
        match done {
            Done::Read { opening, mine, found, generation } => {
                self.was_read(opening, mine, found, generation);
            }
            Done::Written { write, is_done } => {
                self.page.storage.knows_of(write.number);
                self.page.storage.unerased_since = None;
                let erases = !write.parts.lists.is_empty() || !write.parts.drops.is_empty();
                if is_done && erases && self.page.storage.may_forget && write.moved == 0 {
                    self.run.tally.one(Count::ErasedAfter);
                }
                for &(id, seq) in &write.added {
                    let is_here = self.page.deliveries.get(id).is_some_and(|one| one.seq == seq);
                    if is_done && !is_here {
                        // Settled meanwhile.
                        self.app.messages[id].erasers.push((self.page.id, write.opening));
                    }
                }
                self.tell_keeper(|keeper| keeper.committed(write.number, is_done));
                self.check_journal_at_rest();
            }
        }
    }

    fn was_read(&mut self, opening: u32, mine: Name, all: Vec<Found>, generation: u64) {
        let now = self.next_time();
        note!(self.run, "-> read {all:?}");
        for Found { name, number, segment, settled } in all {
            let told = storage::Segment {
                name,
                number,
                size: segment.messages.len() as u32,
                generation: Some(segment.generation),
                is_former: false,
                was_ours: false,
            };
            self.page.shell.client.stored(now, |keeper| keeper.segment(opening, told));
            for (index, kept) in (0..).zip(segment.messages) {
                let row = self.page.storage.found(kept, name);
                let found = storage::Found {
                    row,
                    is_settled: settled.contains(&index),
                    is_away: kept.from == Some(mine),
                    known: self.page.deliveries.get(kept.id).map(|entry| entry.seq),
                };
                self.page.shell.client.stored(now, |keeper| keeper.row(opening, index, found));
            }
        }
        let is_current = self.page.storage.channel == Some(opening);
        let is_over = self.page.shell.client.keeper().generation() != Some(generation);
        if is_current && is_over {
            self.session_ended_elsewhere();
        }
        self.call_at(now, |client, now| client.read(now, opening, generation));
        self.observe();
        self.drain();
    }
}
