//! Serializes work by key, in the order of the requests.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;

use crate::locked;

/// A lock for each key that is taken or waited for.
pub(crate) struct Turns<K>(Mutex<HashMap<K, Arc<tokio::sync::Mutex<()>>>>);

/// The exclusive right to a key, until it is dropped.
pub(crate) struct Turn<'a, K: Eq + Hash> {
    turns: &'a Turns<K>,
    key: K,
    guard: Option<OwnedMutexGuard<()>>,
}

impl<K: Clone + Eq + Hash> Turns<K> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Waits for all earlier requests of the same key.
    pub(crate) async fn take(&self, key: K) -> Turn<'_, K> {
        let lock = locked(&self.0).entry(key.clone()).or_default().clone();
        // Made before waiting, so that a cancelled wait cleans up as well.
        let mut turn = Turn { turns: self, key, guard: None };
        turn.guard = Some(lock.lock_owned().await);
        turn
    }
}

impl<K: Eq + Hash> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut locks = locked(&self.turns.0);
        // New requests need the map's lock, so the count can only fall meanwhile.
        if locks.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_key_is_taken_in_the_order_of_asking_and_others_do_not_wait() {
        let turns = Turns::new();
        let seen = Mutex::new(Vec::new());
        let first = turns.take("a").await;
        let note = async |name| {
            let _turn = turns.take("a").await;
            locked(&seen).push(name);
        };
        tokio::join!(note(1), note(2), note(3), async {
            let _other = turns.take("b").await;
            locked(&seen).push(0);
            drop(first);
        });
        assert_eq!(*locked(&seen), [0, 1, 2, 3]);
        assert!(locked(&turns.0).is_empty(), "nobody is left to wait for a turn");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_wait_leaves_nothing() {
        let turns = Turns::new();
        let first = turns.take("a").await;
        let given_up = tokio::time::timeout(std::time::Duration::from_secs(1), turns.take("a"));
        assert!(given_up.await.is_err());
        drop(first);
        assert!(locked(&turns.0).is_empty());
    }
}
