//! The disk that all tabs share: segments of messages, and beside each the list of those that have settled.
//!
//! One transaction after the other; each is there wholly or not at all.

use std::collections::BTreeMap;

use crate::ids::{MessageId, Name, Scope};

/// A message as it is kept. The rest is the app's, and the same in every life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) id: MessageId,
    /// By the clock on the wall.
    pub(crate) expires_at: u64,
    /// The journal that had it first, where another has it now.
    pub(crate) from: Option<Name>,
}

/// What is on disk of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) generation: u64,
    pub(crate) messages: Vec<Kept>,
}

/// A segment as it is read.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) name: Name,
    pub(crate) number: u64,
    pub(crate) segment: Segment,
    pub(crate) settled: Vec<u32>,
}

pub(crate) type Key = (Scope, Name, u64);

/// What a transaction writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) puts: BTreeMap<Key, Segment>,
    /// They count only where the segment is there: another page may have taken it over.
    pub(crate) lists: BTreeMap<Key, Vec<u32>>,
    pub(crate) drops: Vec<Key>,
}

#[derive(Debug, Default)]
pub(crate) struct Database {
    segments: BTreeMap<Key, Segment>,
    settled: BTreeMap<Key, Vec<u32>>,
    /// When the transactions that were begun are over.
    pub(crate) busy_until: u64,
    /// Until when every write fails.
    pub(crate) broken_until: u64,
}

impl Database {
    /// Answers a segment that was written over, and what had settled by a list before and by the new one has not.
    pub(crate) fn commit(&mut self, parts: &Parts) -> (Option<Key>, Vec<Kept>) {
        for key in &parts.drops {
            self.delete(*key);
        }
        let mut written_over = None;
        for (&key, segment) in &parts.puts {
            if self.segments.insert(key, segment.clone()).is_some() {
                written_over = Some(key);
            }
        }
        let mut forgotten = Vec::new();
        for (&key, list) in &parts.lists {
            let Some(segment) = self.segments.get(&key) else { continue };
            let before = self.settled.insert(key, list.clone()).unwrap_or_default();
            let is_lost = |index: &&u32| !list.contains(index);
            forgotten
                .extend(before.iter().filter(is_lost).map(|&at| segment.messages[at as usize]));
        }
        (written_over, forgotten)
    }

    fn delete(&mut self, key: Key) {
        self.segments.remove(&key);
        self.settled.remove(&key);
    }

    /// Deletes all of a scope.
    pub(crate) fn clear(&mut self, scope: Scope) {
        self.segments.retain(|&(of, ..), _| of != scope);
        self.settled.retain(|&(of, ..), _| of != scope);
    }

    /// One journal, or 0 for all of the scope.
    pub(crate) fn read(&self, scope: Scope, name: Name) -> Vec<Found> {
        let of = if name == 0 { (0, Name::MAX) } else { (name, name) };
        let found = |(&key, segment): (&Key, &Segment)| Found {
            name: key.1,
            number: key.2,
            segment: segment.clone(),
            settled: self.settled.get(&key).cloned().unwrap_or_default(),
        };
        self.segments.range((scope, of.0, 0)..=(scope, of.1, u64::MAX)).map(found).collect()
    }

    /// The journals that have messages.
    pub(crate) fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.segments.keys().map(|&(_, name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What has not settled there, of some segments.
    fn left<'a>(
        &'a self,
        mut of: impl FnMut(&Key) -> bool + 'a,
    ) -> impl Iterator<Item = MessageId> + 'a {
        self.segments.iter().filter(move |&(key, _)| of(key)).flat_map(|(key, segment)| {
            let settled = self.settled.get(key);
            let is_left =
                move |index: usize| settled.is_none_or(|list| !list.contains(&(index as u32)));
            let all = segment.messages.iter().enumerate();
            all.filter(move |&(index, _)| is_left(index)).map(|(_, kept)| kept.id)
        })
    }

    /// What a journal has of a generation that has not settled there.
    pub(crate) fn left_of(
        &self,
        (scope, name, generation): (Scope, Name, u64),
    ) -> impl Iterator<Item = MessageId> + '_ {
        self.left(move |key| {
            (key.0, key.1) == (scope, name) && self.segments[key].generation == generation
        })
    }

    /// What is in segments that has not settled there.
    pub(crate) fn left_in<'a>(&'a self, keys: &'a [Key]) -> impl Iterator<Item = MessageId> + 'a {
        self.left(|key| keys.contains(key))
    }

    /// Whether a message is kept that has not settled there, in any journal.
    pub(crate) fn has(&self, id: MessageId) -> bool {
        self.left(|_| true).any(|kept| kept == id)
    }

    /// Whether there is a segment of such a scope and generation, or a list without its segment.
    pub(crate) fn has_any(&self, is_such: impl Fn(Scope, u64) -> bool) -> bool {
        self.segments.iter().any(|(key, segment)| is_such(key.0, segment.generation))
            || self.settled.keys().any(|key| !self.segments.contains_key(key))
    }
}
