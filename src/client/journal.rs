//! A tab's journal. It consists of segments: the messages of one group form a segment, and a list beside it names
//! those that have settled. A segment is deleted once all its messages have settled. So 10,000 messages cost some
//! dozens of writes.
//!
//! A failed write ends the saving of messages but not the erasing, because settled messages must not come back in a
//! later page load. If a list can't be written, its segment is deleted; the segment's other messages are also in
//! memory.

use alloc::vec::Vec;

use super::storage::{Address, Name, Storage};
use crate::engine::{Millis, Moment, Seq};

/// A segment with unsettled messages.
#[derive(Debug)]
struct Segment {
    number: u64,
    size: u32,
    settled: Vec<u32>,
    list: List,
}

/// The state on disk of a segment's list of settled messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Written,
    /// A message has settled that the list on disk does not name yet.
    Dirty,
    /// The list is being written.
    Writing,
    /// The segment is being deleted.
    Ending,
}

/// The journal's present work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Idle,
    /// The group will be written at the end of this turn of the event loop.
    Gathering,
    /// This transaction is being written.
    Writing(u32),
    /// A write has failed. The erasing is retried at this moment.
    Failed(Moment),
}

/// The journal of one opening. It still erases settled messages after the opening was closed.
#[derive(Debug)]
pub(super) struct Journal {
    pub(super) opening: u32,
    /// The generation of the user's logouts. No two users have the same.
    pub(super) generation: u64,
    /// The name of its lock.
    pub(super) name: Name,
    /// The number of the next segment. No number is used twice, because an earlier owner of the journal may
    /// remember an address in it.
    next: u64,
    segments: Vec<Segment>,
    work: Work,
    /// The number of failed writes in a row.
    failures: u32,
    /// The group that is being written.
    group: Vec<(Seq, Address)>,
}

impl Journal {
    /// Makes the journal of an opening. Segments are numbered from `wall`, the time in milliseconds since the Unix
    /// epoch.
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

    /// Adds a segment that is on disk already.
    pub(super) fn found(&mut self, number: u64, size: u32, settled: Vec<u32>) {
        self.skip(number);
        self.segments.push(Segment { number, size, settled, list: List::Written });
    }

    /// Marks a number as used by a segment that this tab can't read.
    pub(super) fn skip(&mut self, number: u64) {
        self.next = self.next.max(number + 1);
    }

    /// The address of a group's next message. The first message of a group begins a segment.
    #[inline(never)]
    pub(super) fn next_address(&mut self, is_first: bool) -> Address {
        let opening = self.opening;
        match self.segments.last_mut() {
            Some(last) if !is_first && last.size < SEGMENT => {
                last.size += 1;
                Address { opening, number: last.number, index: last.size - 1 }
            }
            _ => {
                let number = self.next;
                self.found(number, 1, Vec::new());
                Address { opening, number, index: 0 }
            }
        }
    }

    /// A message has settled. Returns whether to order a write of the next group.
    pub(super) fn erase(&mut self, now: Moment, address: Address) -> bool {
        let Some(segment) = self.segments.iter_mut().find(|one| one.number == address.number)
        else {
            return false;
        };
        segment.settle(address.index);
        self.gather(now)
    }

    /// Whether the message at this address has settled, written or not.
    pub(super) fn has_settled(&self, address: Address) -> bool {
        let segment = self.segments.iter().find(|one| one.number == address.number);
        segment.is_none_or(|segment| segment.settled.contains(&address.index))
    }

    /// There is something to write. Returns whether to order a write of the next group.
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

    /// Begins to write these messages and the lists that have changed: orders the parts of the transaction. Returns
    /// whether there is anything to write. If the journal is no longer this tab's (`is_ours`), another tab may have
    /// taken over its unsettled messages; then no segment with unsettled messages is deleted.
    pub(super) fn write(
        &mut self,
        messages: &[Seq],
        transaction: u32,
        is_ours: bool,
        mut order: impl FnMut(Storage),
    ) -> bool {
        for (nth, &seq) in messages.iter().enumerate() {
            let address = self.next_address(nth == 0);
            self.group.push((seq, address));
            order(Storage::Put { seq, address });
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
                order(Storage::List { address: Address { opening, number, index } });
            }
        }
        self.work = if is_any { Work::Writing(transaction) } else { Work::Idle };
        is_any
    }

    /// Whether writing lists has failed repeatedly, so that segments are deleted although some of their messages
    /// have not settled.
    pub(super) fn drops_more(&self) -> bool {
        self.failures > 1
    }

    /// Whether it contains this segment.
    pub(super) fn has(&self, number: u64) -> bool {
        self.segments.iter().any(|segment| segment.number == number)
    }

    /// Whether a transaction of it is running.
    pub(super) fn is_writing(&self) -> bool {
        matches!(self.work, Work::Writing(_))
    }

    /// Whether this transaction is writing it.
    pub(super) fn is_written_by(&self, transaction: u32) -> bool {
        self.work == Work::Writing(transaction)
    }

    /// The transaction was committed, or had no effect; then the erasing is retried. Returns the group of the
    /// transaction.
    pub(super) fn written(&mut self, now: Moment, is_done: bool) -> Vec<(Seq, Address)> {
        let group = core::mem::take(&mut self.group);
        if is_done {
            self.work = Work::Idle;
            self.failures = 0;
            self.segments.retain(|segment| segment.list != List::Ending);
        } else if !group.is_empty() {
            // The disk may have no room for new messages, but still room to erase.
            self.work = Work::Idle;
            let is_new = |number| group.iter().any(|(_, address)| address.number == number);
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

    /// Whether a message has settled that the lists on disk don't name.
    pub(super) fn has_dirt(&self) -> bool {
        self.segments.iter().any(|segment| segment.list == List::Dirty)
    }

    /// When to retry a failed write.
    pub(super) fn retry_at(&self) -> Option<Moment> {
        match self.work {
            Work::Failed(at) if self.has_dirt() => Some(at),
            Work::Idle | Work::Gathering | Work::Writing(_) | Work::Failed(_) => None,
        }
    }

    /// Retries what is due by `now`. Returns whether to order a write of the next group.
    pub(super) fn retry(&mut self, now: Moment) -> bool {
        let is_due = self.retry_at().is_some_and(|at| at <= now);
        if is_due {
            self.work = Work::Gathering;
        }
        is_due
    }

    /// Takes over the settlements that an earlier object for the same journal has not written yet.
    pub(super) fn inherit(&mut self, before: &mut Self) {
        for old in before.segments.drain(..) {
            let same = self.segments.iter_mut().find(|segment| segment.number == old.number);
            let Some(segment) = same else { continue };
            for index in old.settled {
                segment.settle(index);
            }
        }
    }

    /// Whether it has nothing more to erase.
    pub(super) fn is_over(&self) -> bool {
        self.segments.is_empty() && matches!(self.work, Work::Idle | Work::Failed(_))
    }

    /// Whether it has nothing to write.
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.work, Work::Idle | Work::Failed(_)) && !self.has_dirt()
    }
}

impl Segment {
    fn settle(&mut self, index: u32) {
        if !self.settled.contains(&index) {
            self.settled.push(index);
            // A segment that is being deleted needs no list.
            if self.list != List::Ending {
                self.list = List::Dirty;
            }
        }
    }
}

/// The largest number of messages in a segment. Bounded, because its list is written anew each time.
const SEGMENT: u32 = 250;
/// The unit of the backoff for failed erasing: the first wait is twice this, the longest about a minute.
const RETRY: Millis = Millis(1_000);
