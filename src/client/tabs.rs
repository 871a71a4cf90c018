//! The tabs of one scope: locks tell which tab has which journal, and this tab takes over journals of tabs that are
//! gone. Without locks no journal is ever taken over.

use alloc::vec::Vec;

use super::storage::Name;
use crate::engine::{Millis, Moment};

/// An open keeper's knowledge of the other tabs.
#[derive(Debug, Default)]
pub(super) struct Tabs {
    /// Whether the environment has locks.
    pub(super) has_locks: bool,
    /// This tab's own journal.
    pub(super) mine: Name,
    /// The journals of other tabs.
    others: Vec<(Name, Other)>,
}

/// Another tab's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Other {
    /// This tab waits for the journal's lock, so for its tab to end.
    Watched,
    /// Its tab has ended and may come back until this moment, as a reloaded tab does.
    Ended(Moment),
    /// To be taken over if its lock is free.
    Free,
}

impl Tabs {
    /// Whether it is neither this tab's own journal nor a known one.
    pub(super) fn is_news(&self, name: Name) -> bool {
        let is_known = self.others.iter().any(|&(one, _)| one == name);
        self.has_locks && name != self.mine && !is_known
    }

    pub(super) fn add(&mut self, name: Name, other: Other) {
        self.others.push((name, other));
    }

    /// A tab has ended. Returns whether this tab waited for it.
    pub(super) fn ended(&mut self, now: Moment, name: Name) -> bool {
        let watched = (name, Other::Watched);
        let Some(one) = self.others.iter_mut().find(|one| **one == watched) else { return false };
        one.1 = Other::Ended(now + GRACE);
        true
    }

    /// The next journal to take over, which is then no longer known.
    pub(super) fn take_free(&mut self) -> Option<Name> {
        let at = self.others.iter().position(|&(_, other)| other == Other::Free)?;
        Some(self.others.remove(at).0)
    }

    /// Frees journals whose tabs have had time to come back.
    pub(super) fn handle_timeout(&mut self, now: Moment) {
        for (_, other) in &mut self.others {
            if matches!(other, Other::Ended(at) if *at <= now) {
                *other = Other::Free;
            }
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub(super) fn deadline(&self) -> Moment {
        let at = |&(_, other): &(Name, Other)| match other {
            Other::Ended(at) => at,
            Other::Watched | Other::Free => Moment::NEVER,
        };
        self.others.iter().map(at).fold(Moment::NEVER, Moment::min)
    }
}

/// The time for a reloaded tab to get its own journal again. Only then may another tab take it over.
pub(super) const GRACE: Millis = Millis(2_000);
/// The page before a reload is gone by then, and a duplicated tab does not wait longer for its original.
pub(super) const OWN: Millis = Millis(200);
