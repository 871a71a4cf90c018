//! Decides which message runs its handler, and which gets an answer that is known or pending.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use socketioxide::socket::Sid;
use tokio::time::Instant;

use super::answers::Answers;

/// The owner of a message.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Owner {
    User(Arc<str>),
    /// Nobody is logged in: ids are unique only within this connection.
    Connection(Sid),
}

/// Identifies a message across its arrivals.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Key {
    pub(crate) owner: Owner,
    pub(crate) id: Id,
}

/// Identifies a message among those of its owner.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Id {
    Given(Arc<str>),
    /// The message has no id. A repeat can't be recognized, so each arrival gets its own number.
    Missing(u64),
}

/// The decision about an arrival.
#[derive(Debug, PartialEq)]
pub(crate) enum Decision<W> {
    /// It is new: run its handler, then call `settle`.
    Run,
    /// It waits for the handler that an earlier arrival has started.
    Waits,
    /// It was answered before, with this.
    Answered(W, Arc<Value>),
    /// Another message was sent with this id.
    Other(W),
    /// Too many messages wait for an answer.
    Full(W),
}

/// `W` is an arrival that waits for its answer.
pub(crate) struct Ledger<W> {
    /// Never evicted: otherwise a repeat would run the handler a second time in parallel.
    working: HashMap<Key, Work<W>>,
    answers: Answers,
    waiting: usize,
    waiting_by_owner: HashMap<Owner, usize>,
    max_waiting: usize,
    max_waiting_per_owner: usize,
}

struct Work<W> {
    fingerprint: u64,
    arrivals: Vec<W>,
}

impl<W> Ledger<W> {
    pub(crate) fn new(answers: Answers, max_waiting: usize, max_waiting_per_owner: usize) -> Self {
        Self {
            working: HashMap::new(),
            answers,
            waiting: 0,
            waiting_by_owner: HashMap::new(),
            max_waiting,
            max_waiting_per_owner,
        }
    }

    /// A message arrived.
    pub(crate) fn arrive(&mut self, key: &Key, fingerprint: u64, arrival: W) -> Decision<W> {
        if let Some(work) = self.working.get(key)
            && work.fingerprint != fingerprint
        {
            return Decision::Other(arrival);
        }
        if let Some((known, answer)) = self.answers.get(key, Instant::now()) {
            return match known == fingerprint {
                true => Decision::Answered(arrival, answer),
                false => Decision::Other(arrival),
            };
        }
        if !self.admit(&key.owner) {
            return Decision::Full(arrival);
        }
        if let Some(work) = self.working.get_mut(key) {
            work.arrivals.push(arrival);
            return Decision::Waits;
        }
        self.working.insert(key.clone(), Work { fingerprint, arrivals: vec![arrival] });
        Decision::Run
    }

    /// A handler has finished. `kept` is the answer if the message took effect. Returns all arrivals that wait for
    /// it.
    pub(crate) fn settle(&mut self, key: &Key, kept: Option<&Arc<Value>>) -> Vec<W> {
        let Some(work) = self.working.remove(key) else { return Vec::new() };
        self.release(&key.owner, work.arrivals.len());
        if let Some(answer) = kept {
            self.answers.keep(key.clone(), work.fingerprint, answer.clone(), Instant::now());
        }
        work.arrivals
    }

    fn admit(&mut self, owner: &Owner) -> bool {
        let own = self.waiting_by_owner.entry(owner.clone()).or_default();
        let is_free = self.waiting < self.max_waiting && *own < self.max_waiting_per_owner;
        if is_free {
            self.waiting += 1;
            *own += 1;
        } else if *own == 0 {
            self.waiting_by_owner.remove(owner);
        }
        is_free
    }

    fn release(&mut self, owner: &Owner, count: usize) {
        self.waiting -= count;
        let own = self.waiting_by_owner.remove(owner).unwrap_or_default();
        if own > count {
            self.waiting_by_owner.insert(owner.clone(), own - count);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::answers::Limits;
    use super::*;

    fn ledger(max_waiting: usize, max_waiting_per_owner: usize) -> Ledger<u32> {
        let limits = Limits { ttl: Duration::from_secs(60), max: 10, max_bytes: 10_000 };
        Ledger::new(Answers::new(limits), max_waiting, max_waiting_per_owner)
    }

    fn key(user: &str, id: &str) -> Key {
        Key { owner: Owner::User(user.into()), id: Id::Given(id.into()) }
    }

    #[tokio::test(start_paused = true)]
    async fn repeats_wait_for_the_first_and_later_ones_get_its_answer() {
        let mut ledger = ledger(10, 10);
        let message = key("anna", "1");
        assert_eq!(ledger.arrive(&message, 5, 1), Decision::Run);
        assert_eq!(ledger.arrive(&message, 5, 2), Decision::Waits);
        assert_eq!(ledger.arrive(&message, 6, 3), Decision::Other(3));
        let answer = Arc::new(json!({ "success": true }));
        assert_eq!(ledger.settle(&message, Some(&answer)), [1, 2]);
        assert_eq!(ledger.arrive(&message, 5, 4), Decision::Answered(4, answer));
        assert_eq!(ledger.arrive(&message, 6, 5), Decision::Other(5));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(ledger.arrive(&message, 6, 6), Decision::Run);
    }

    #[test]
    fn an_id_counts_for_one_user() {
        let mut ledger = ledger(10, 10);
        assert_eq!(ledger.arrive(&key("anna", "1"), 5, 1), Decision::Run);
        assert_eq!(ledger.arrive(&key("bert", "1"), 6, 2), Decision::Run);
        let nobody = Key { owner: Owner::Connection(Sid::ZERO), ..key("anna", "1") };
        assert_eq!(ledger.arrive(&nobody, 7, 3), Decision::Run);
    }

    #[test]
    fn a_message_that_took_no_effect_runs_again() {
        let mut ledger = ledger(10, 10);
        assert_eq!(ledger.arrive(&key("anna", "1"), 5, 1), Decision::Run);
        assert_eq!(ledger.settle(&key("anna", "1"), None), [1]);
        assert_eq!(ledger.arrive(&key("anna", "1"), 6, 2), Decision::Run);
    }

    #[test]
    fn pending_calls_are_bounded_and_released() {
        let mut ledger = ledger(3, 2);
        assert_eq!(ledger.arrive(&key("anna", "1"), 5, 1), Decision::Run);
        assert_eq!(ledger.arrive(&key("anna", "1"), 5, 2), Decision::Waits);
        assert_eq!(ledger.arrive(&key("anna", "1"), 5, 3), Decision::Full(3));
        assert_eq!(ledger.arrive(&key("anna", "2"), 5, 4), Decision::Full(4));
        assert_eq!(ledger.arrive(&key("bert", "1"), 5, 5), Decision::Run);
        assert_eq!(ledger.arrive(&key("carl", "1"), 5, 6), Decision::Full(6));
        ledger.settle(&key("anna", "1"), None);
        assert_eq!(ledger.arrive(&key("carl", "1"), 5, 7), Decision::Run);
        ledger.settle(&key("bert", "1"), None);
        ledger.settle(&key("carl", "1"), None);
        assert_eq!((ledger.waiting, ledger.waiting_by_owner.len()), (0, 0));
    }
}
