//! The disk that all tabs share: segments of messages, and beside each the list of those that have settled.
//!
//! One transaction after the other; each is there wholly or not at all.

use std::collections::BTreeMap;

use crate::deliveries::MessageId;
use crate::locks::Name;

/// A message as it is kept. The rest is the app's, and the same in every life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) id: MessageId,
    /// By the clock on the wall.
    pub(crate) expires_at: u64,
}

/// What is on disk of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) messages: Vec<Kept>,
    pub(crate) settled: Vec<usize>,
}

impl Segment {
    /// What has not settled, by its index.
    pub(crate) fn left(&self) -> impl Iterator<Item = (usize, Kept)> + '_ {
        let is_left = |(index, _): &(usize, Kept)| !self.settled.contains(index);
        self.messages.iter().copied().enumerate().filter(is_left)
    }
}

type Key = (Name, u64);

#[derive(Debug, Default)]
pub(crate) struct Database {
    segments: BTreeMap<Key, Vec<Kept>>,
    settled: BTreeMap<Key, Vec<usize>>,
    /// When the transactions that were begun are over.
    pub(crate) busy_until: u64,
}

impl Database {
    /// Answers whether the key was free.
    pub(crate) fn put(&mut self, key: Key, messages: Vec<Kept>) -> bool {
        self.segments.insert(key, messages).is_none()
    }

    /// Where the segment is still there: another page may have taken it over. Answers what had settled by
    /// the list before, and by this one has not.
    pub(crate) fn put_settled(&mut self, key: Key, settled: Vec<usize>) -> Vec<Kept> {
        let Some(messages) = self.segments.get(&key) else { return Vec::new() };
        let before = self.settled.insert(key, settled).unwrap_or_default();
        let now = &self.settled[&key];
        before.iter().filter(|index| !now.contains(index)).map(|&index| messages[index]).collect()
    }

    pub(crate) fn delete(&mut self, key: Key) {
        self.segments.remove(&key);
        self.settled.remove(&key);
    }

    pub(crate) fn delete_all(&mut self, name: Name) {
        self.segments.retain(|&(of, _), _| of != name);
        self.settled.retain(|&(of, _), _| of != name);
    }

    pub(crate) fn read(&self, name: Name) -> Vec<Segment> {
        let segment = |(&key, messages): (&Key, &Vec<Kept>)| Segment {
            number: key.1,
            messages: messages.clone(),
            settled: self.settled.get(&key).cloned().unwrap_or_default(),
        };
        self.segments.range((name, 0)..=(name, u64::MAX)).map(segment).collect()
    }

    /// The journals that have messages.
    pub(crate) fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.segments.keys().map(|&(name, _)| name).collect();
        names.dedup();
        names
    }

    /// Whether a message is kept that has not settled there, in any journal.
    pub(crate) fn has(&self, id: MessageId) -> bool {
        self.segments.iter().any(|(key, messages)| {
            let settled = self.settled.get(key);
            let is_left = |index| settled.is_none_or(|list| !list.contains(&index));
            messages.iter().enumerate().any(|(index, kept)| kept.id == id && is_left(index))
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.settled.is_empty()
    }
}
