//! The disk that all tabs share: segments of messages, and for each segment the list of its settled messages.
//!
//! Transactions run one after another. Each takes effect completely or not at all.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::ids::{MessageId, Name, PageId, Scope};
use crate::run::Run;
use crate::tally::Count;
use crate::trace::note;
use crate::work::{Found, Kept, Key, Parts, Segment, Work};

#[derive(Debug, Default)]
pub(crate) struct Database {
    segments: BTreeMap<Key, Segment>,
    settled: BTreeMap<Key, Vec<u32>>,
    /// When the transactions that have begun end.
    busy_until: u64,
    /// Every write fails until this time.
    broken_until: u64,
}

impl Database {
    /// Begins a transaction. It ends after all that began before it.
    pub(crate) fn begin(&mut self, run: &mut Run, page: PageId, work: Work) {
        let slowest = run.plan.disk.slowest;
        let span = run.storage_dice().magnitude(1, slowest);
        let stalling = if run.is_kind_now() { 0 } else { run.plan.disk.stalling };
        let stall = if run.stalls.chance(stalling) {
            run.tally.one(Count::Stalls);
            let left = run.plan.faults_until.saturating_sub(run.now);
            run.stalls.magnitude(5_000, 120_000).min(left)
        } else {
            0
        };
        self.busy_until = self.busy_until.max(run.now) + span + stall;
        note!(run, "   begins {work:?}");
        run.schedule(self.busy_until, Event::Disk { page, work: Box::new(work) });
    }

    /// Whether transactions are running.
    pub(crate) fn is_busy(&self, now: u64) -> bool {
        self.busy_until > now
    }

    /// Whether a transaction that ends now fails.
    pub(crate) fn fails(&mut self, run: &mut Run) -> bool {
        if run.is_kind_now() {
            return false;
        }
        let disk = run.plan.disk;
        if run.now < self.broken_until {
            run.tally.one(Count::FailedAgain);
        } else if run.storage_dice().chance(disk.failing) {
            let span = run.storage_dice().magnitude(1, disk.stubborn);
            self.broken_until = run.now + span;
        } else {
            return false;
        }
        run.tally.one(Count::FailedWrites);
        true
    }

    /// Commits a transaction. Returns a segment that was overwritten, and messages that an earlier list names as
    /// settled but the new list does not.
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

    /// Deletes everything in a scope.
    pub(crate) fn clear(&mut self, scope: Scope) {
        self.segments.retain(|&(of, ..), _| of != scope);
        self.settled.retain(|&(of, ..), _| of != scope);
    }

    /// Reads one journal, or with name 0 the whole scope.
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

    /// The journals that contain messages.
    pub(crate) fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.segments.keys().map(|&(_, name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The unsettled messages of some segments.
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

    /// The unsettled messages of a journal in one generation.
    pub(crate) fn left_of(
        &self,
        (scope, name, generation): (Scope, Name, u64),
    ) -> impl Iterator<Item = MessageId> + '_ {
        self.left(move |key| {
            (key.0, key.1) == (scope, name) && self.segments[key].generation == generation
        })
    }

    /// The unsettled messages of these segments.
    pub(crate) fn left_in<'a>(&'a self, keys: &'a [Key]) -> impl Iterator<Item = MessageId> + 'a {
        self.left(|key| keys.contains(key))
    }

    /// Whether any journal has the message as unsettled.
    pub(crate) fn has(&self, id: MessageId) -> bool {
        self.left(|_| true).any(|kept| kept == id)
    }

    /// Whether there is a segment of such a scope and generation, or a list without its segment.
    pub(crate) fn has_any(&self, is_such: impl Fn(Scope, u64) -> bool) -> bool {
        self.segments.iter().any(|(key, segment)| is_such(key.0, segment.generation))
            || self.settled.keys().any(|key| !self.segments.contains_key(key))
    }
}
