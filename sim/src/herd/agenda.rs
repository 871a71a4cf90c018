//! The schedule of events.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Events in the order of their time. Events of the same millisecond come in the order in which they were planned.
pub(super) struct Agenda<T> {
    now: u64,
    planned: u64,
    events: BinaryHeap<Reverse<Entry<T>>>,
}

struct Entry<T> {
    key: (u64, u64),
    event: T,
}

impl<T> Agenda<T> {
    pub(super) fn new() -> Self {
        Self { now: 0, planned: 0, events: BinaryHeap::new() }
    }

    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Plans an event. An overdue event happens now.
    pub(super) fn plan(&mut self, at: u64, event: T) {
        self.planned += 1;
        self.events.push(Reverse(Entry { key: (at.max(self.now), self.planned), event }));
    }

    /// The next event before `end`. If there is none, the time becomes `end`.
    pub(super) fn next(&mut self, end: u64) -> Option<T> {
        if self.events.peek().is_none_or(|next| next.0.key.0 >= end) {
            self.now = end;
            return None;
        }
        let Reverse(Entry { key, event }) = self.events.pop()?;
        self.now = key.0;
        Some(event)
    }

    /// Clears the schedule. Returns what was planned, in order.
    pub(super) fn clear(&mut self) -> Vec<(u64, T)> {
        let mut rest: Vec<_> = self.events.drain().map(|Reverse(entry)| entry).collect();
        rest.sort_unstable();
        self.now = 0;
        rest.into_iter().map(|entry| (entry.key.0, entry.event)).collect()
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_the_order_of_their_time_and_then_of_their_planning() {
        let mut agenda = Agenda::new();
        for (at, event) in [(5, 'b'), (9, 'd'), (5, 'c'), (2, 'a'), (9, 'e')] {
            agenda.plan(at, event);
        }
        let early: String = std::iter::from_fn(|| agenda.next(9)).collect();
        assert_eq!((early.as_str(), agenda.now()), ("abc", 9));
        agenda.plan(3, 'f');
        assert_eq!(agenda.clear(), [(9, 'd'), (9, 'e'), (9, 'f')]);
        assert_eq!((agenda.next(20), agenda.now()), (None, 20));
    }
}
