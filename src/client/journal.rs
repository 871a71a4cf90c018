//! What a tab keeps, in segments: all messages of a group are one segment, and beside it is a list of those that
//! have settled. A segment is deleted once all of it has settled, so that 10,000 messages cost some dozens of writes.
//!
//! A write that fails ends the keeping, not the erasing: what has settled must not come back in a later life. A list
//! that cannot be written becomes the deletion of its segment, whose other messages are in memory too.

use alloc::vec::Vec;

use super::storage::{Name, Place, Storage};
use crate::engine::{Millis, Moment, Seq};

/// A segment that has messages which have not settled.
#[derive(Debug)]
struct Segment {
    number: u64,
    size: u32,
    settled: Vec<u32>,
    list: List,
}

/// How the list of what has settled in a segment stands on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Written,
    /// Something has settled that it does not name yet.
    Dirty,
    /// It is being written.
    Writing,
    /// The segment is being deleted.
    Ending,
}

/// What a journal is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Idle,
    /// The group is written once this turn is over.
    Gathering,
    /// By this transaction.
    Writing(u32),
    /// A write has failed. The erasing is tried again then.
    Failed(Moment),
}

/// The journal of one opening. It goes on erasing after that was closed.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) opening: u32,
    /// Of the user's logouts. No two users have the same.
    pub(super) generation: u64,
    /// The name under which it is locked.
    pub(super) name: Name,
    /// The number of the next segment. None is ever given twice: who had the journal before may have one in mind.
    next: u64,
    segments: Vec<Segment>,
    work: Work,
    /// Writes that failed one after the other.
    failures: u32,
    /// The group that is being written.
    group: Vec<(Seq, Place)>,
}

impl Journal {
    /// `wall` is the time in milliseconds since the epoch, from which segments are numbered.
    pub(super) fn new(opening: u32, generation: u64, name: Name, wall: u64) -> Self {
        Self {
            opening,
            generation,
            name,
            next: wall,
            segments: Vec::new(),
            work: Work::Idle,
            failures: 0,
            group: Vec::new(),
        }
    }

    /// A segment that is on disk already.
    pub(super) fn found(&mut self, number: u64, size: u32, settled: Vec<u32>) {
        self.skip(number);
        self.segments.push(Segment { number, size, settled, list: List::Written });
    }

    /// This number is taken, by a segment that is not ours to read.
    pub(super) fn skip(&mut self, number: u64) {
        self.next = self.next.max(number + 1);
    }

    /// The place of the next message of a group, whose first message begins a segment.
    #[inline(never)]
    pub(super) fn place(&mut self, is_first: bool) -> Place {
        let opening = self.opening;
        match self.segments.last_mut() {
            Some(last) if !is_first && last.size < SEGMENT => {
                last.size += 1;
                Place { opening, number: last.number, index: last.size - 1 }
            }
            _ => {
                let number = self.next;
                self.found(number, 1, Vec::new());
                Place { opening, number, index: 0 }
            }
        }
    }

    /// A message has settled. Answers whether a group is to be gathered for that.
    pub(super) fn erase(&mut self, now: Moment, place: Place) -> bool {
        let Some(segment) = self.segments.iter_mut().find(|one| one.number == place.number) else {
            return false;
        };
        segment.settle(place.index);
        self.gather(now)
    }

    /// The message there has settled, whether that is written or not.
    pub(super) fn has_settled(&self, place: Place) -> bool {
        let segment = self.segments.iter().find(|one| one.number == place.number);
        segment.is_none_or(|segment| segment.settled.contains(&place.index))
    }

    /// There is something to write. Answers whether a group is to be gathered for that.
    pub(super) fn gather(&mut self, now: Moment) -> bool {
        let is_free = match self.work {
            Work::Idle => true,
            Work::Failed(at) => at <= now,
            Work::Gathering | Work::Writing(_) => false,
        };
        if is_free {
            self.work = Work::Gathering;
        }
        is_free
    }

    /// Begins to write these messages, and the lists that have changed: orders the parts of the transaction. Answers
    /// whether there is anything to write. Where the journal `is_ours` no longer, another tab may have taken up what has
    /// not settled: then no segment is deleted for the sake of others in it.
    pub(super) fn write(
        &mut self,
        messages: &[Seq],
        transaction: u32,
        is_ours: bool,
        mut order: impl FnMut(Storage),
    ) -> bool {
        for (nth, &seq) in messages.iter().enumerate() {
            let place = self.place(nth == 0);
            self.group.push((seq, place));
            order(Storage::Put { seq, place });
        }
        let drops_more = is_ours && self.drops_more();
        let (opening, name) = (self.opening, self.name);
        let mut is_any = !messages.is_empty();
        for segment in self.segments.iter_mut().filter(|segment| segment.list == List::Dirty) {
            is_any = true;
            let number = segment.number;
            if segment.settled.len() as u32 >= segment.size || drops_more {
                segment.list = List::Ending;
                order(Storage::Drop { name, number });
                continue;
            }
            segment.list = List::Writing;
            for &index in &segment.settled {
                order(Storage::List { place: Place { opening, number, index } });
            }
        }
        self.work = if is_any { Work::Writing(transaction) } else { Work::Idle };
        is_any
    }

    /// Lists could not be written again and again: segments are deleted that have messages which have not settled.
    pub(super) fn drops_more(&self) -> bool {
        self.failures > 1
    }

    /// It has this segment.
    pub(super) fn has(&self, number: u64) -> bool {
        self.segments.iter().any(|segment| segment.number == number)
    }

    /// A transaction of it goes on.
    pub(super) fn is_writing(&self) -> bool {
        matches!(self.work, Work::Writing(_))
    }

    /// It is being written by this transaction.
    pub(super) fn is_written_by(&self, transaction: u32) -> bool {
        self.work == Work::Writing(transaction)
    }

    /// The transaction is committed, or nothing of it is: then what it was to erase is tried again. Answers the group
    /// that it had.
    pub(super) fn written(&mut self, now: Moment, is_done: bool) -> Vec<(Seq, Place)> {
        let group = core::mem::take(&mut self.group);
        if is_done {
            self.work = Work::Idle;
            self.failures = 0;
            self.segments.retain(|segment| segment.list != List::Ending);
        } else if !group.is_empty() {
            // There may be no room for more, and yet for less.
            self.work = Work::Idle;
            let is_new = |number| group.iter().any(|(_, place)| place.number == number);
            self.segments.retain(|segment| !is_new(segment.number));
        } else {
            self.failures += 1;
            self.work = Work::Failed(now + Millis(RETRY.0 << self.failures.min(6)));
        }
        for segment in &mut self.segments {
            if matches!(segment.list, List::Writing | List::Ending) {
                segment.list = if is_done { List::Written } else { List::Dirty };
            }
        }
        group
    }

    /// Something has settled that is not written.
    pub(super) fn has_dirt(&self) -> bool {
        self.segments.iter().any(|segment| segment.list == List::Dirty)
    }

    /// When a write that failed is tried again.
    pub(super) fn retry_at(&self) -> Option<Moment> {
        match self.work {
            Work::Failed(at) if self.has_dirt() => Some(at),
            Work::Idle | Work::Gathering | Work::Writing(_) | Work::Failed(_) => None,
        }
    }

    /// Tries again what is due by `now`. Answers whether a group is to be gathered for that.
    pub(super) fn retry(&mut self, now: Moment) -> bool {
        let is_due = self.retry_at().is_some_and(|at| at <= now);
        if is_due {
            self.work = Work::Gathering;
        }
        is_due
    }

    /// Takes over what another opening of the same journal has not written yet.
    pub(super) fn inherit(&mut self, before: &mut Self) {
        for old in before.segments.drain(..) {
            let same = self.segments.iter_mut().find(|segment| segment.number == old.number);
            let Some(segment) = same else { continue };
            for index in old.settled {
                segment.settle(index);
            }
        }
    }

    /// It has nothing more to erase.
    pub(super) fn is_over(&self) -> bool {
        self.segments.is_empty() && matches!(self.work, Work::Idle | Work::Failed(_))
    }

    /// Nothing of it waits to be written.
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.work, Work::Idle | Work::Failed(_)) && !self.has_dirt()
    }
}

impl Segment {
    fn settle(&mut self, index: u32) {
        if !self.settled.contains(&index) {
            self.settled.push(index);
            // Of one that is being deleted no list is written.
            if self.list != List::Ending {
                self.list = List::Dirty;
            }
        }
    }
}

/// The most messages of a segment: the list of what has settled in it is written anew each time.
const SEGMENT: u32 = 250;
/// The first wait of an erasing that failed is twice as long, the longest a minute.
const RETRY: Millis = Millis(1_000);
