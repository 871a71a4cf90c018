//! The tabs of one scope: whose journal is whose, by locks, and which journals of tabs that are gone this one takes
//! over. Without locks no journal is ever taken over.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::keeper::Name;
use crate::engine::{Millis, sooner};

/// What an open keeper knows of the other tabs.
#[derive(Debug, Default)]
pub(super) struct Tabs {
    /// Whether there are locks here.
    pub(super) has_locks: bool,
    /// The journal whose lock is this tab's.
    pub(super) mine: Name,
    /// Journals whose tabs this one waits for to end.
    watched: Vec<Name>,
    /// Tabs that have ended, and until when each may come back, as one that is reloaded does.
    graces: Vec<(Millis, Name)>,
    /// Journals to take over, if their locks are free.
    pub(super) free: VecDeque<Name>,
}

impl Tabs {
    /// It is neither this tab's own journal, nor one that it waits for.
    pub(super) fn is_news(&self, name: Name) -> bool {
        let is_known = self.watched.contains(&name)
            || self.free.contains(&name)
            || self.graces.iter().any(|&(_, one)| one == name);
        self.has_locks && name != self.mine && !is_known
    }

    /// It waits for the tab to end.
    pub(super) fn watch(&mut self, name: Name) {
        self.watched.push(name);
    }

    /// A tab that this one waited for has ended. Answers whether it did wait.
    pub(super) fn ended(&mut self, now: Millis, name: Name) -> bool {
        let Some(index) = self.watched.iter().position(|&one| one == name) else { return false };
        self.watched.swap_remove(index);
        self.graces.push((now + GRACE, name));
        true
    }

    /// Takes note of journals whose tabs had time to come back.
    pub(super) fn handle_timeout(&mut self, now: Millis) {
        let free = &mut self.free;
        self.graces.retain(|&(at, name)| {
            if at <= now {
                free.push_back(name);
            }
            at > now
        });
    }

    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.graces.iter().fold(None, |least, &(at, _)| sooner(least, Some(at)))
    }
}

/// A tab that is reloaded takes its own journal back; only then is it anybody's.
pub(super) const GRACE: Millis = Millis(2_000);
/// The page before a reload is gone by then; a tab that was duplicated shall not wait for its original.
pub(super) const OWN: Millis = Millis(200);
