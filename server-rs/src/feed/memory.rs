//! A store in the memory of one process.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::offset::Offset;
use super::store::{FeedId, FeedStore, Item, Link, Reading, Reset};
use crate::locked;
use crate::size::size_of;
use crate::trouble::BoxError;

/// Stores items in this process's memory, which ends with it. A client that returns later gets a reset, so it loads
/// its state anew.
pub struct MemoryStore(Mutex<Feeds>);

/// The limits of a [`MemoryStore`].
#[derive(Clone, Copy, Debug)]
pub struct MemoryLimits {
    /// The largest number of items in a feed. Default: 1000.
    pub max_items: usize,
    /// How long an item is kept. Default: a day.
    pub ttl: Duration,
    /// The largest number of feeds. Above it, a feed without items is forgotten, or else the least recently used
    /// one. Default: 100,000.
    pub max_feeds: usize,
    /// The largest estimated size of all items in bytes. Above it, the least recently used feed loses its oldest
    /// items. Default: 100,000,000.
    pub max_bytes: usize,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self {
            max_items: 1000,
            ttl: Duration::from_secs(86_400),
            max_feeds: 100_000,
            max_bytes: 100_000_000,
        }
    }
}

struct Feeds {
    limits: MemoryLimits,
    chains: HashMap<FeedId, Chain>,
    /// Feeds without items first, then by their last use.
    by_use: BTreeSet<(HasItems, u64, FeedId)>,
    uses: u64,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum HasItems {
    No,
    Yes,
}

struct Chain {
    /// The offset before the oldest kept item.
    before: Offset,
    items: VecDeque<Kept>,
    last_use: (HasItems, u64),
    bytes: usize,
}

struct Kept {
    offset: Offset,
    item: Arc<Item>,
    bytes: usize,
    expires: Instant,
}

impl MemoryStore {
    /// Makes an empty store. Limits of 0 count as 1.
    pub fn new(limits: MemoryLimits) -> Self {
        let (chains, by_use) = (HashMap::new(), BTreeSet::new());
        let feeds = Feeds { limits, chains, by_use, uses: 0, bytes: 0 };
        Self(Mutex::new(feeds))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(MemoryLimits::default())
    }
}

impl FeedStore for MemoryStore {
    async fn append(&self, feed: &FeedId, item: Arc<Item>) -> Result<Link, BoxError> {
        Ok(locked(&self.0).append(feed, item, Instant::now()))
    }

    async fn read(
        &self,
        feed: &FeedId,
        after: Option<&Offset>,
        limit: usize,
    ) -> Result<Reading, BoxError> {
        Ok(locked(&self.0).with(feed, Instant::now(), |chain, _| chain.read(after, limit)))
    }
}

impl Feeds {
    fn append(&mut self, feed: &FeedId, item: Arc<Item>, now: Instant) -> Link {
        self.with(feed, now, |chain, limits| {
            let before = chain.end().clone();
            let offset = before.next();
            let expires = now + limits.ttl;
            let bytes =
                ITEM_BYTES + item.event.len() + item.args.iter().map(size_of).sum::<usize>();
            chain.bytes += bytes;
            chain.items.push_back(Kept { offset: offset.clone(), item, bytes, expires });
            while chain.items.len() > limits.max_items.max(1) {
                chain.trim();
            }
            Link { before, offset }
        })
    }

    /// Uses a feed, which is created if it does not exist.
    fn with<T>(
        &mut self,
        feed: &FeedId,
        now: Instant,
        use_it: impl FnOnce(&mut Chain, &MemoryLimits) -> T,
    ) -> T {
        self.uses += 1;
        let new = || Chain {
            before: Offset::empty(),
            items: VecDeque::new(),
            last_use: (HasItems::No, 0),
            bytes: 0,
        };
        let chain = self.chains.entry(feed.clone()).or_insert_with(new);
        let (had_items, used) = chain.last_use;
        self.by_use.remove(&(had_items, used, feed.clone()));
        self.bytes -= chain.bytes;
        while chain.items.front().is_some_and(|oldest| oldest.expires <= now) {
            chain.trim();
        }
        let result = use_it(chain, &self.limits);
        self.bytes += chain.bytes;
        chain.last_use = (chain.has_items(), self.uses);
        let last_use = (chain.has_items(), self.uses, feed.clone());
        // The feed in use is removed last.
        while self.chains.len() > self.limits.max_feeds.max(1) {
            let Some((_, _, oldest)) = self.by_use.pop_first() else { break };
            self.bytes -= self.chains.remove(&oldest).map_or(0, |chain| chain.bytes);
        }
        self.by_use.insert(last_use);
        while self.bytes > self.limits.max_bytes {
            self.trim_oldest();
        }
        result
    }

    /// Removes an item from the least recently used feed that has items.
    fn trim_oldest(&mut self) {
        let first = (HasItems::Yes, 0, FeedId::User(String::new()));
        let oldest = self.by_use.range(first..).next().cloned();
        let (_, used, feed) = oldest.expect("a feed has items while bytes are counted");
        let chain = self.chains.get_mut(&feed).expect("a listed feed exists");
        self.bytes -= chain.bytes;
        chain.trim();
        self.bytes += chain.bytes;
        self.by_use.remove(&(HasItems::Yes, used, feed.clone()));
        chain.last_use.0 = chain.has_items();
        self.by_use.insert((chain.has_items(), used, feed));
    }
}

impl Chain {
    fn end(&self) -> &Offset {
        self.items.back().map_or(&self.before, |last| &last.offset)
    }

    fn trim(&mut self) {
        if let Some(oldest) = self.items.pop_front() {
            self.before = oldest.offset;
            self.bytes -= oldest.bytes;
        }
    }

    fn has_items(&self) -> HasItems {
        if self.items.is_empty() { HasItems::No } else { HasItems::Yes }
    }

    fn read(&self, after: Option<&Offset>, limit: usize) -> Reading {
        let end = self.end().clone();
        let Some(after) = after else { return Reading::Items { items: Vec::new(), end } };
        let Some(passed) = after.number().checked_sub(self.before.number()) else {
            return Reading::Reset { reset: Reset::Trimmed, end };
        };
        // The number of kept items up to the position.
        let passed = usize::try_from(passed).unwrap_or(usize::MAX);
        let known = match passed.checked_sub(1) {
            None => Some(&self.before),
            Some(index) => self.items.get(index).map(|kept| &kept.offset),
        };
        if known != Some(after) {
            return Reading::Reset { reset: Reset::Replaced, end };
        }
        let items = self.items.iter().skip(passed).take(limit);
        let items = items.map(|kept| (kept.offset.clone(), kept.item.clone())).collect();
        Reading::Items { items, end }
    }
}

/// The estimated size of an item and its entry.
const ITEM_BYTES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(name: &str) -> FeedId {
        FeedId::Room(name.to_owned())
    }

    fn store(max_items: usize, max_feeds: usize) -> MemoryStore {
        let ttl = Duration::from_secs(60);
        MemoryStore::new(MemoryLimits { max_items, ttl, max_feeds, max_bytes: usize::MAX })
    }

    async fn publish(store: &MemoryStore, name: &str, count: usize) -> Vec<Offset> {
        let mut offsets = Vec::new();
        for n in 0..count {
            let item = Arc::new(Item::new("n", &n).unwrap());
            offsets.push(FeedStore::append(store, &feed(name), item).await.unwrap().offset);
        }
        offsets
    }

    async fn read(store: &MemoryStore, name: &str, after: Option<&Offset>) -> Reading {
        FeedStore::read(store, &feed(name), after, 3).await.unwrap()
    }

    async fn end(store: &MemoryStore, name: &str) -> Offset {
        match read(store, name, None).await {
            Reading::Items { end, .. } => end,
            reset => panic!("{reset:?}"),
        }
    }

    fn offsets(reading: Reading) -> Vec<Offset> {
        match reading {
            Reading::Items { items, .. } => items.into_iter().map(|(offset, _)| offset).collect(),
            reset => panic!("{reset:?}"),
        }
    }

    #[tokio::test]
    async fn items_after_a_position_come_oldest_first_and_no_more_than_asked_for() {
        let store = store(10, 10);
        let start = end(&store, "a").await;
        assert_eq!(start, end(&store, "a").await, "the same at the next read");
        let all = publish(&store, "a", 5).await;
        assert_eq!(offsets(read(&store, "a", Some(&start)).await), all[..3]);
        assert_eq!(offsets(read(&store, "a", Some(&all[2])).await), all[3..]);
        assert_eq!(offsets(read(&store, "a", Some(&all[4])).await), []);
        assert_eq!(offsets(read(&store, "a", None).await), []);
        assert_eq!(end(&store, "a").await, all[4]);
    }

    #[tokio::test]
    async fn a_trimmed_position_and_an_unknown_position_are_reset() {
        let store = store(3, 10);
        let start = end(&store, "a").await;
        let all = publish(&store, "a", 5).await;
        let reset = |reset| Reading::Reset { reset, end: all[4].clone() };
        for lost in [&start, &all[0]] {
            assert_eq!(read(&store, "a", Some(lost)).await, reset(Reset::Trimmed));
        }
        assert_eq!(offsets(read(&store, "a", Some(&all[1])).await), all[2..]);
        for strange in ["2.zzzzzz", "4.zzzzzz", "5.zzzzzz", "6.zzzzzz", "9007199254740991.zzzzzz"] {
            let strange = strange.parse().unwrap();
            assert_eq!(read(&store, "a", Some(&strange)).await, reset(Reset::Replaced));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn items_expire_and_the_chain_goes_on() {
        let store = store(10, 10);
        let early = publish(&store, "a", 1).await;
        tokio::time::advance(Duration::from_secs(40)).await;
        let late = publish(&store, "a", 1).await;
        assert_eq!(offsets(read(&store, "a", Some(&early[0])).await), late);
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(offsets(read(&store, "a", Some(&early[0])).await), late);
        tokio::time::advance(Duration::from_secs(40)).await;
        let reset = Reading::Reset { reset: Reset::Trimmed, end: late[0].clone() };
        assert_eq!(read(&store, "a", Some(&early[0])).await, reset);
        assert_eq!(publish(&store, "a", 1).await[0].number(), 3);
    }

    #[tokio::test]
    async fn feeds_without_items_are_forgotten_first_and_then_the_least_recently_used() {
        let store = store(10, 3);
        let a = publish(&store, "a", 1).await;
        let b = publish(&store, "b", 1).await;
        for name in 0..10 {
            end(&store, &name.to_string()).await;
        }
        assert_eq!(end(&store, "a").await, a[0]);
        publish(&store, "c", 1).await;
        publish(&store, "d", 1).await;
        assert_eq!(end(&store, "a").await, a[0]);
        let gone = read(&store, "b", Some(&b[0])).await;
        assert!(
            matches!(gone, Reading::Reset { reset: Reset::Replaced, end } if end.number() == 0)
        );
        assert_eq!(locked(&store.0).chains.len(), 3);
        assert_eq!(locked(&store.0).by_use.len(), 3);
    }

    #[tokio::test]
    async fn bytes_are_bounded_and_counted_down_to_zero() {
        let max_bytes = 10_000;
        let store = MemoryStore::new(MemoryLimits { max_bytes, ..MemoryLimits::default() });
        let a = publish(&store, "a", 20).await;
        publish(&store, "b", 20).await;
        assert_eq!(offsets(read(&store, "a", Some(&a[18])).await), a[19..]);
        for name in ["b", "c", "b"] {
            publish(&store, name, 30).await;
            assert!(locked(&store.0).bytes <= max_bytes);
        }
        let gone = read(&store, "a", Some(&a[18])).await;
        assert_eq!(gone, Reading::Reset { reset: Reset::Trimmed, end: a[19].clone() });
        let mut feeds = locked(&store.0);
        assert!(feeds.bytes > max_bytes / 2);
        while feeds.bytes > 0 {
            feeds.trim_oldest();
        }
        assert!(feeds.chains.values().all(|chain| chain.items.is_empty() && chain.bytes == 0));
        assert_eq!(feeds.by_use.len(), feeds.chains.len());
    }
}
