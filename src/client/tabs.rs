//! The tabs of one scope: whose journal is whose, by locks, and which journals of tabs that are gone this one takes
//! over. Without locks no journal is ever taken over.

use alloc::vec::Vec;

use super::storage::Name;
use crate::engine::{Millis, Moment};

/// What an open keeper knows of the other tabs.
#[derive(Debug, Default)]
pub(super) struct Tabs {
    /// Whether there are locks here.
    pub(super) has_locks: bool,
    /// The journal whose lock is this tab's.
    pub(super) mine: Name,
    /// The journals of others.
    others: Vec<(Name, Other)>,
}

/// Another tab's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Other {
    /// This tab waits for its tab to end.
    Watched,
    /// Its tab has ended, and may come back until then, as one that is reloaded does.
    Ended(Moment),
    /// To be taken over, if its lock is free.
    Free,
}

impl Tabs {
    /// It is neither this tab's own journal, nor one that is known.
    pub(super) fn is_news(&self, name: Name) -> bool {
        let is_known = self.others.iter().any(|&(one, _)| one == name);
        self.has_locks && name != self.mine && !is_known
    }

    pub(super) fn add(&mut self, name: Name, other: Other) {
        self.others.push((name, other));
    }

    /// A tab that this one waited for has ended. Answers whether it did wait.
    pub(super) fn ended(&mut self, now: Moment, name: Name) -> bool {
        let watched = (name, Other::Watched);
        let Some(one) = self.others.iter_mut().find(|one| **one == watched) else { return false };
        one.1 = Other::Ended(now + GRACE);
        true
    }

    /// The next journal to take over. It is not known any more then.
    pub(super) fn take_free(&mut self) -> Option<Name> {
        let at = self.others.iter().position(|&(_, other)| other == Other::Free)?;
        Some(self.others.remove(at).0)
    }

    /// Takes note of journals whose tabs had time to come back.
    pub(super) fn handle_timeout(&mut self, now: Moment) {
        for (_, other) in &mut self.others {
            if matches!(other, Other::Ended(at) if *at <= now) {
                *other = Other::Free;
            }
        }
    }

    /// When that is wanted next.
    pub(super) fn deadline(&self) -> Moment {
        let at = |&(_, other): &(Name, Other)| match other {
            Other::Ended(at) => at,
            Other::Watched | Other::Free => Moment::NEVER,
        };
        self.others.iter().map(at).fold(Moment::NEVER, Moment::min)
    }
}

/// A tab that is reloaded takes its own journal back; only then is it anybody's.
pub(super) const GRACE: Millis = Millis(2_000);
/// The page before a reload is gone by then; a tab that was duplicated shall not wait for its original.
pub(super) const OWN: Millis = Millis(200);
