//! A page's journal: what is added in one turn becomes one segment, and while one group is written the
//! next gathers, as in the browser's shell.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::engine::{Input, Seq};

use crate::database::{Kept, Segment};
use crate::deliveries::MessageId;
use crate::event::{Event, FIRST};
use crate::keeper::Step;
use crate::locks::Name;
use crate::page::PageId;
use crate::tally::Count;
use crate::trace::note;
use crate::violated;
use crate::world::World;

pub(crate) struct Journal {
    pub(crate) name: Name,
    next: u64,
    is_writing: bool,
    has_failed: bool,
    pub(crate) added: Vec<Added>,
    /// The messages of the group that is being written.
    pub(crate) writing: Vec<Added>,
    /// Of a group that could not be, before the page knows.
    pub(crate) unwritten: Vec<Added>,
    segments: BTreeMap<u64, Open>,
    dirty: BTreeSet<u64>,
}

pub(crate) type Added = (MessageId, Seq);

/// A segment that has messages which have not settled.
struct Open {
    size: usize,
    settled: Vec<usize>,
}

/// Where a message is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Of the page's journals: it has one for each time that it opened its keeper.
    pub(crate) journal: usize,
    pub(crate) number: u64,
    pub(crate) index: usize,
}

/// A transaction.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Write {
        journal: usize,
        name: Name,
        segments: Segments,
        lists: Lists,
    },
    Read {
        of: Name,
        why: Why,
    },
    /// Which journals there are.
    List {
        why: Why,
    },
    Adopt {
        other: Name,
        into: usize,
        name: Name,
        number: u64,
        kept: Vec<Kept>,
        in_turn: bool,
    },
}

/// Of a group: the messages of each new segment, and what has settled of old ones, if not all of it.
type Segments = Vec<(u64, Vec<Added>)>;
type Lists = Vec<(u64, Option<Vec<usize>>)>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Why {
    /// The page opens its keeper.
    Open,
    /// It takes over what a page left that is gone.
    Adopt { into: usize, in_turn: bool },
    /// It looks for messages that were its own.
    Look,
}

/// How a transaction ended.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Ended(Work),
    Failed(Work),
    Found { of: Name, why: Why, segments: Vec<Segment> },
    Listed { names: Vec<Name>, why: Why },
}

impl Journal {
    /// `left` is what is on disk of it already. Segments are numbered from the time on the wall, so that no
    /// number is ever given twice.
    pub(crate) fn new(name: Name, left: &[Segment], wall: u64) -> Self {
        let open = |segment: &Segment| {
            let open = Open { size: segment.messages.len(), settled: segment.settled.clone() };
            (segment.number, open)
        };
        Self {
            name,
            next: left.iter().map(|segment| segment.number + 1).fold(wall, u64::max),
            is_writing: false,
            has_failed: false,
            added: Vec::new(),
            writing: Vec::new(),
            unwritten: Vec::new(),
            segments: left.iter().map(open).collect(),
            dirty: BTreeSet::new(),
        }
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    pub(crate) fn adopted(&mut self, number: u64, size: usize) {
        self.segments.insert(number, Open { size, settled: Vec::new() });
    }

    /// Nothing of it waits to be written.
    pub(crate) fn is_at_rest(&self) -> bool {
        !self.is_writing && self.added.is_empty() && self.dirty.is_empty()
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Begins a group with all that was added, and the lists that have to be written anew.
    fn take_group(&mut self) -> (Segments, Lists) {
        let added = std::mem::take(&mut self.added);
        self.writing.clone_from(&added);
        let mut segments = Vec::new();
        for part in added.chunks(SEGMENT) {
            let number = self.next_number();
            self.adopted(number, part.len());
            segments.push((number, part.to_vec()));
        }
        let mut lists = Vec::new();
        for number in std::mem::take(&mut self.dirty) {
            let Some(open) = self.segments.get(&number) else { continue };
            let is_over = open.settled.len() >= open.size;
            lists.push((number, (!is_over).then(|| open.settled.clone())));
            if is_over {
                self.segments.remove(&number);
            }
        }
        (segments, lists)
    }
}

// The page's side.
impl World {
    fn journal(&mut self, index: usize) -> &mut Journal {
        let keeper = self.page.keeper.as_mut().expect("only a page that keeps has journals");
        &mut keeper.journals[index]
    }

    pub(crate) fn journal_add(&mut self, journal: usize, added: Added) {
        self.journal(journal).added.push(added);
        self.schedule_flush(journal);
    }

    pub(crate) fn journal_erase(&mut self, place: Place) {
        let journal = self.journal(place.journal);
        if let Some(open) = journal.segments.get_mut(&place.number) {
            open.settled.push(place.index);
        }
        journal.dirty.insert(place.number);
        self.schedule_flush(place.journal);
    }

    fn schedule_flush(&mut self, index: usize) {
        let journal = self.journal(index);
        if journal.is_writing || journal.has_failed {
            return;
        }
        journal.is_writing = true;
        let event = self.step_event(Step::Flush { journal: index });
        self.schedule_in(FIRST, self.now, event);
    }

    pub(crate) fn flush(&mut self, index: usize) {
        let journal = self.journal(index);
        let (name, (segments, lists)) = (journal.name, journal.take_group());
        self.transact(Work::Write { journal: index, name, segments, lists });
    }

    fn written(&mut self, journal: usize, segments: &Segments) {
        self.journal(journal).is_writing = false;
        self.journal(journal).writing.clear();
        for (number, part) in segments {
            for (index, &added) in part.iter().enumerate() {
                self.kept(added, Some(Place { journal, number: *number, index }));
            }
        }
        let is_dirty =
            !self.journal(journal).added.is_empty() || !self.journal(journal).dirty.is_empty();
        if is_dirty {
            self.schedule_flush(journal);
        }
        self.drain();
        self.check_journal_at_rest(journal);
    }

    fn failed_to_write(&mut self, journal: usize, segments: &Segments) {
        self.journal(journal).has_failed = true;
        self.keeper_failed();
        self.journal(journal).is_writing = false;
        self.journal(journal).writing.clear();
        let added = std::mem::take(&mut self.journal(journal).added);
        for &added in segments.iter().flat_map(|(_, part)| part).chain(&added) {
            self.kept(added, None);
        }
        self.drain();
    }

    /// It is on disk, or cannot be: either way it may leave.
    pub(crate) fn kept(&mut self, (id, seq): Added, place: Option<Place>) {
        match self.page.deliveries.entry(id).filter(|entry| entry.seq == seq) {
            // Settled meanwhile.
            None => {
                if let Some(place) = place {
                    self.app.messages[id].eraser = Some((self.page.id, place.journal));
                    self.journal_erase(place);
                }
            }
            Some(entry) => {
                entry.place = place;
                entry.is_in_memory = place.is_none();
                self.page.model.stored(seq);
                self.tell(Input::Stored { seq });
            }
        }
    }
}

// The disk's side.
impl World {
    /// Begins a transaction. It ends once all that were begun before have.
    pub(crate) fn transact(&mut self, work: Work) {
        let slowest = self.plan.lives.map_or(1, |lives| lives.slowest);
        let span = self.fate.magnitude(1, slowest);
        let at = self.database.busy_until.max(self.now) + span;
        self.database.busy_until = at;
        note!(self, "   begins {work:?}");
        self.schedule(at, Event::Disk { page: self.page.id, work: Box::new(work) });
    }

    /// A transaction ends. Of a page that has died meanwhile all is written, or nothing.
    pub(crate) fn transacted(&mut self, id: PageId, work: Work) {
        let is_alive = self.page_at(id).is_some();
        let is_write = matches!(work, Work::Write { .. } | Work::Adopt { .. });
        let is_lost = is_write && !is_alive && self.fate.chance(500);
        let failing = self.plan.lives.map_or(0, |lives| lives.failing);
        let fails = is_write && is_alive && !self.is_kind_now() && self.fate.chance(failing);
        note!(self, "page {id}: {} {work:?}", if is_lost || fails { "not" } else { "committed" });
        if is_lost {
            return self.lost_with_page(&work);
        }
        let done = if fails {
            self.tally.one(Count::FailedWrites);
            self.has_storage_failed = true;
            if let Work::Write { journal, .. } = work
                && self.turn_to(id)
            {
                let journal = self.journal(journal);
                journal.unwritten = std::mem::take(&mut journal.writing);
            }
            Done::Failed(work)
        } else {
            match work {
                Work::Write { name, ref segments, ref lists, .. } => {
                    self.commit(name, segments, lists);
                    Done::Ended(work)
                }
                Work::Adopt { other, name, number, ref kept, .. } => {
                    self.database.delete_all(other);
                    if !kept.is_empty() {
                        self.put((name, number), kept.clone());
                    }
                    Done::Ended(work)
                }
                Work::Read { of, why } => Done::Found { of, why, segments: self.database.read(of) },
                Work::List { why } => Done::Listed { names: self.database.names(), why },
            }
        };
        self.happen(Event::Done { page: id, done: Box::new(done) });
    }

    fn commit(&mut self, of: Name, segments: &Segments, lists: &Lists) {
        for (number, part) in segments {
            let kept = |&(id, _): &Added| Kept { id, expires_at: self.app.messages[id].expires_at };
            let kept = part.iter().map(kept).collect();
            self.put((of, *number), kept);
        }
        for (number, list) in lists {
            match list {
                Some(list) => {
                    // A page that had the journal before may know of less.
                    for kept in self.database.put_settled((of, *number), list.clone()) {
                        self.app.messages[kept.id].is_erasing_lost = true;
                    }
                }
                None => self.database.delete((of, *number)),
            }
        }
    }

    fn put(&mut self, key: (Name, u64), kept: Vec<Kept>) {
        if !self.database.put(key, kept) {
            violated!("journal", "segment {key:?} was written over");
        }
    }

    pub(crate) fn done(&mut self, done: Done) {
        match done {
            Done::Ended(Work::Write { journal, segments, .. }) => self.written(journal, &segments),
            Done::Failed(Work::Write { journal, segments, .. }) => {
                self.failed_to_write(journal, &segments);
            }
            Done::Ended(Work::Adopt { other, into, number, kept, in_turn, .. }) => {
                self.adopted(other, (into, number), &kept, in_turn);
            }
            Done::Failed(Work::Adopt { other, in_turn, .. }) => {
                self.failed_to_adopt(other, in_turn)
            }
            Done::Ended(_) | Done::Failed(_) => {}
            Done::Found { of, why, segments } => self.read(of, why, &segments),
            Done::Listed { names, why } => self.listed(names, why),
        }
    }
}

/// The most messages of a segment.
const SEGMENT: usize = 250;
