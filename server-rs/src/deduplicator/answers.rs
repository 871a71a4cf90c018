//! The kept answers, in bounded memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::ledger::{Id, Key, Owner};
use crate::size::size_of;

/// Above a limit, one of the holders with the most answers loses the one that was requested least recently, so no
/// user can evict the answers of others. A request renews an answer's expiry, so the order of use is also the order
/// of expiry.
pub(crate) struct Answers {
    limits: Limits,
    entries: HashMap<Key, Entry>,
    /// Keys by the time of their last request.
    by_use: BTreeMap<u64, Key>,
    holders: HashMap<Holder, Holding>,
    by_count: BTreeSet<(usize, Holder)>,
    by_bytes: BTreeSet<(usize, Holder)>,
    bytes: usize,
    uses: u64,
}

/// The limits of the memory.
pub(crate) struct Limits {
    pub(crate) ttl: Duration,
    pub(crate) max: usize,
    pub(crate) max_bytes: usize,
}

/// A user, or `None` for all connections without a user, which may evict one another's answers.
type Holder = Option<Arc<str>>;

#[derive(Default)]
struct Holding {
    uses: BTreeSet<u64>,
    bytes: usize,
}

struct Entry {
    answer: Arc<Value>,
    fingerprint: u64,
    bytes: usize,
    used: u64,
    expires: Instant,
}

impl Answers {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: HashMap::new(),
            by_use: BTreeMap::new(),
            holders: HashMap::new(),
            by_count: BTreeSet::new(),
            by_bytes: BTreeSet::new(),
            bytes: 0,
            uses: 0,
        }
    }

    /// The answer to a message, with the fingerprint of the message's content.
    pub(crate) fn get(&mut self, key: &Key, now: Instant) -> Option<(u64, Arc<Value>)> {
        let entry = self.remove(key)?;
        if entry.expires <= now {
            return None;
        }
        let found = (entry.fingerprint, entry.answer.clone());
        self.insert(key.clone(), entry, now);
        Some(found)
    }

    pub(crate) fn keep(&mut self, key: Key, fingerprint: u64, answer: Arc<Value>, now: Instant) {
        self.remove(&key);
        let id_bytes = match &key.id {
            Id::Given(id) => id.len(),
            Id::Missing(_) => 0,
        };
        let bytes = ENTRY_BYTES + id_bytes + size_of(&answer);
        self.insert(key, Entry { answer, fingerprint, bytes, used: 0, expires: now }, now);
        while let Some(oldest) = self.by_use.first_entry() {
            let key = oldest.get().clone();
            if self.entries.get(&key).is_some_and(|entry| entry.expires > now) {
                break;
            }
            self.remove(&key);
        }
        while self.entries.len() > self.limits.max {
            self.evict(self.by_count.last().map(|(_, holder)| holder.clone()));
        }
        while self.bytes > self.limits.max_bytes {
            self.evict(self.by_bytes.last().map(|(_, holder)| holder.clone()));
        }
    }

    fn evict(&mut self, holder: Option<Holder>) {
        let oldest = holder
            .and_then(|holder| self.holders.get(&holder)?.uses.first().copied())
            .and_then(|used| self.by_use.get(&used).cloned());
        let key = oldest.expect("the largest holder has an answer");
        self.remove(&key);
    }

    fn insert(&mut self, key: Key, mut entry: Entry, now: Instant) {
        self.uses += 1;
        entry.used = self.uses;
        entry.expires = now + self.limits.ttl;
        self.change(&key.owner, |holding| {
            holding.uses.insert(entry.used);
            holding.bytes += entry.bytes;
        });
        self.bytes += entry.bytes;
        self.by_use.insert(entry.used, key.clone());
        self.entries.insert(key, entry);
    }

    fn remove(&mut self, key: &Key) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.by_use.remove(&entry.used);
        self.bytes -= entry.bytes;
        self.change(&key.owner, |holding| {
            holding.uses.remove(&entry.used);
            holding.bytes -= entry.bytes;
        });
        Some(entry)
    }

    fn change(&mut self, owner: &Owner, change: impl FnOnce(&mut Holding)) {
        let holder = match owner {
            Owner::User(user) => Some(user.clone()),
            Owner::Connection(_) => None,
        };
        let holding = self.holders.entry(holder.clone()).or_default();
        self.by_count.remove(&(holding.uses.len(), holder.clone()));
        self.by_bytes.remove(&(holding.bytes, holder.clone()));
        change(holding);
        if holding.uses.is_empty() {
            self.holders.remove(&holder);
        } else {
            self.by_count.insert((holding.uses.len(), holder.clone()));
            self.by_bytes.insert((holding.bytes, holder));
        }
    }
}

/// The estimated size of an entry and its copies in five maps.
const ENTRY_BYTES: usize = 400;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn answers(max: usize, max_bytes: usize) -> Answers {
        Answers::new(Limits { ttl: DAY, max, max_bytes })
    }

    fn key(user: &str, id: &str) -> Key {
        Key { owner: Owner::User(user.into()), id: Id::Given(id.into()) }
    }

    impl Answers {
        fn has(&mut self, user: &str, id: &str) -> bool {
            self.entries.contains_key(&key(user, id))
        }

        fn put(&mut self, user: &str, id: &str) {
            self.keep(key(user, id), 0, Arc::new(json!({ "success": true })), Instant::now());
        }
    }

    #[test]
    fn the_largest_holder_loses_its_least_recently_requested_answer() {
        let mut answers = answers(4, usize::MAX);
        answers.put("quiet", "1");
        for id in ["1", "2", "3"] {
            answers.put("busy", id);
        }
        assert!(answers.get(&key("busy", "1"), Instant::now()).is_some());
        answers.put("busy", "4");
        assert!(answers.has("quiet", "1") && answers.has("busy", "1"));
        assert!(!answers.has("busy", "2"), "the other was asked for since");
    }

    #[test]
    fn bytes_are_bounded_and_counted_down_to_zero() {
        let mut answers = answers(usize::MAX, 10_000);
        for id in 0..100 {
            answers.put(if id % 2 == 0 { "a" } else { "b" }, &id.to_string());
            assert!(answers.bytes <= 10_000);
        }
        assert!(answers.entries.len() > 10);
        for key in answers.entries.keys().cloned().collect::<Vec<_>>() {
            answers.remove(&key);
        }
        assert_eq!((answers.bytes, answers.by_use.len(), answers.holders.len()), (0, 0, 0));
        assert_eq!((answers.by_count.len(), answers.by_bytes.len()), (0, 0));
    }

    #[test]
    fn an_answer_is_kept_for_its_time_since_it_was_asked_for() {
        let mut answers = answers(10, usize::MAX);
        let start = Instant::now();
        answers.keep(key("a", "1"), 7, Arc::new(json!(1)), start);
        assert_eq!(answers.get(&key("a", "1"), start + DAY / 2), Some((7, Arc::new(json!(1)))));
        assert!(answers.get(&key("a", "1"), start + DAY).is_some());
        assert!(answers.get(&key("a", "1"), start + DAY * 2).is_none());
        assert!(answers.entries.is_empty());
    }
}
