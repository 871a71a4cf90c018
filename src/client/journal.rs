//! What a tab keeps, in segments: all messages of a group are one segment, and beside it is a list of those that
//! have settled. A segment is deleted once all of it has settled, so that 10,000 messages cost some dozens of writes.
//!
//! A write that fails ends the keeping, not the erasing: what has settled must not come back in a later life. A list
//! that cannot be written becomes the deletion of its segment, whose other messages are in memory too.

use alloc::vec::Vec;

use super::keeper::{Name, Storage};
use crate::engine::{Millis, Seq};

/// Where a message is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The opening whose journal has it.
    pub opening: u32,
    /// The segment.
    pub number: u64,
    /// Its index in the segment.
    pub index: u32,
}

/// A segment that has messages which have not settled.
#[derive(Debug)]
struct Segment {
    number: u64,
    size: u32,
    settled: Vec<u32>,
    /// Something has settled that no list names yet.
    is_dirty: bool,
}

/// What a journal is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Idle,
    /// The group is written once this turn is over.
    Gathering,
    Writing,
    /// A write has failed. The erasing is tried again then.
    Failed(Millis),
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
    pub(super) group: Vec<(Seq, Place)>,
    /// The segments whose list, or whose end, is being written.
    lists: Vec<(u64, bool)>,
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
            lists: Vec::new(),
        }
    }

    /// A segment that is on disk already.
    pub(super) fn found(&mut self, number: u64, size: u32, settled: Vec<u32>) {
        self.skip(number);
        self.segments.push(Segment { number, size, settled, is_dirty: false });
    }

    /// This number is taken, by a segment that is not ours to read.
    pub(super) fn skip(&mut self, number: u64) {
        self.next = self.next.max(number + 1);
    }

    /// Begins segments for so many messages, and answers the place of each.
    pub(super) fn places(&mut self, count: usize) -> Vec<Place> {
        let mut places = Vec::with_capacity(count);
        while places.len() < count {
            let size = SEGMENT.min(count - places.len()) as u32;
            let number = self.next;
            self.found(number, size, Vec::new());
            places.extend((0..size).map(|index| Place { opening: self.opening, number, index }));
        }
        places
    }

    /// A message has settled. Answers whether a group is to be gathered for that.
    pub(super) fn erase(&mut self, now: Millis, place: Place) -> bool {
        let Some(segment) = self.segments.iter_mut().find(|one| one.number == place.number) else {
            return false;
        };
        segment.settled.push(place.index);
        segment.is_dirty = true;
        self.gather(now)
    }

    /// The message there has settled, whether that is written or not.
    pub(super) fn has_settled(&self, place: Place) -> bool {
        let segment = self.segments.iter().find(|one| one.number == place.number);
        segment.is_none_or(|segment| segment.settled.contains(&place.index))
    }

    /// There is something to write. Answers whether a group is to be gathered for that.
    pub(super) fn gather(&mut self, now: Millis) -> bool {
        let is_free = match self.work {
            Work::Idle => true,
            Work::Failed(at) => at <= now,
            Work::Gathering | Work::Writing => false,
        };
        if is_free {
            self.work = Work::Gathering;
        }
        is_free
    }

    /// Begins to write these messages, and the lists that have changed. Answers the parts of the transaction, none
    /// where there is nothing to write.
    pub(super) fn write(&mut self, messages: &[Seq]) -> Vec<Storage> {
        let places = self.places(messages.len());
        let drops_more = self.drops_more();
        self.group = messages.iter().copied().zip(places).collect();
        let put = |&(seq, place): &(Seq, Place)| Storage::Put { seq, place };
        let mut parts: Vec<Storage> = self.group.iter().map(put).collect();
        for segment in self.segments.iter_mut().filter(|segment| segment.is_dirty) {
            segment.is_dirty = false;
            let number = segment.number;
            let is_over = segment.settled.len() as u32 >= segment.size || drops_more;
            self.lists.push((number, is_over));
            if is_over {
                parts.push(Storage::Drop { name: self.name, number });
            } else {
                let opening = self.opening;
                let list = |&index: &u32| Storage::List { place: Place { opening, number, index } };
                parts.extend(segment.settled.iter().map(list));
            }
        }
        self.work = if parts.is_empty() { Work::Idle } else { Work::Writing };
        parts
    }

    /// Lists could not be written again and again: segments are deleted that have messages which have not settled.
    pub(super) fn drops_more(&self) -> bool {
        self.failures > 1
    }

    /// It has this segment.
    pub(super) fn has(&self, number: u64) -> bool {
        self.segments.iter().any(|segment| segment.number == number)
    }

    /// The transaction is committed. Answers the group that it had.
    pub(super) fn written(&mut self) -> Vec<(Seq, Place)> {
        self.work = Work::Idle;
        self.failures = 0;
        for (number, is_over) in core::mem::take(&mut self.lists) {
            if is_over {
                self.segments.retain(|segment| segment.number != number);
            }
        }
        core::mem::take(&mut self.group)
    }

    /// The transaction is not. Of its group nothing is on disk; what it was to erase is tried again.
    pub(super) fn failed(&mut self, now: Millis) -> Vec<(Seq, Place)> {
        self.failures += 1;
        let again = RETRY.0 << self.failures.min(6);
        self.work = Work::Failed(now + Millis(again));
        let group = core::mem::take(&mut self.group);
        for (number, _) in core::mem::take(&mut self.lists) {
            self.is_dirty(number);
        }
        let is_new = |number| group.iter().any(|(_, place)| place.number == number);
        self.segments.retain(|segment| !is_new(segment.number));
        group
    }

    fn is_dirty(&mut self, number: u64) {
        for segment in self.segments.iter_mut().filter(|segment| segment.number == number) {
            segment.is_dirty = true;
        }
    }

    /// Something has settled that is not written.
    pub(super) fn has_dirt(&self) -> bool {
        self.segments.iter().any(|segment| segment.is_dirty)
    }

    /// When a write that failed is tried again.
    pub(super) fn retry_at(&self) -> Option<Millis> {
        match self.work {
            Work::Failed(at) if self.has_dirt() => Some(at),
            Work::Idle | Work::Gathering | Work::Writing | Work::Failed(_) => None,
        }
    }

    /// Tries again what is due by `now`. Answers whether a group is to be gathered for that.
    pub(super) fn retry(&mut self, now: Millis) -> bool {
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
                if !segment.settled.contains(&index) {
                    segment.settled.push(index);
                    segment.is_dirty = true;
                }
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

/// The most messages of a segment: the list of what has settled in it is written anew each time.
const SEGMENT: usize = 250;
/// The first wait of an erasing that failed is twice as long, the longest a minute.
const RETRY: Millis = Millis(1_000);
