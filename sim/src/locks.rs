//! Locks as browsers have them: a queue for each name, and whatever a page holds is free once it is gone.

use std::collections::{BTreeMap, VecDeque};

use crate::ids::{Name, PageId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) page: PageId,
    /// Which opening of the page's keeper asks.
    pub(crate) opening: u32,
}

#[derive(Default)]
pub(crate) struct Locks(BTreeMap<Name, VecDeque<Request>>);

/// A lock that was granted.
pub(crate) type Grant = (Name, Request);

impl Locks {
    /// Answers whether it is granted at once; it waits in line otherwise.
    pub(crate) fn request(&mut self, name: Name, request: Request) -> bool {
        let line = self.0.entry(name).or_default();
        line.push_back(request);
        line.len() == 1
    }

    pub(crate) fn is_free(&self, name: Name) -> bool {
        self.0.get(&name).is_none_or(VecDeque::is_empty)
    }

    pub(crate) fn is_held(&self, name: Name, by: PageId) -> bool {
        self.0.get(&name).and_then(VecDeque::front).is_some_and(|first| first.page == by)
    }

    /// Whether the page holds any at all.
    pub(crate) fn holds(&self, page: PageId) -> bool {
        self.0.values().filter_map(VecDeque::front).any(|first| first.page == page)
    }

    /// Ends some requests, whether they hold the lock or wait for it. Answers who has it now.
    pub(crate) fn end(&mut self, ends: impl Fn(Name, &Request) -> bool) -> Vec<Grant> {
        let mut granted = Vec::new();
        for (&name, line) in &mut self.0 {
            let before = line.front().copied();
            line.retain(|request| !ends(name, request));
            if let Some(&first) = line.front()
                && before != Some(first)
            {
                granted.push((name, first));
            }
        }
        self.0.retain(|_, line| !line.is_empty());
        granted
    }
}
