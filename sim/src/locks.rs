//! Locks as browsers have them: a queue for each name. A page that is gone releases its locks.

use std::collections::{BTreeMap, VecDeque};

use crate::event::Event;
use crate::ids::{Name, PageId};
use crate::run::Run;
use crate::work::Step;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) page: PageId,
    /// The opening of the page's keeper that asks.
    pub(crate) opening: u32,
}

#[derive(Default)]
pub(crate) struct Locks(BTreeMap<Name, VecDeque<Request>>);

impl Locks {
    /// Grants the lock if it is free. Otherwise the request queues if `waits`, or is refused.
    pub(crate) fn request(&mut self, run: &mut Run, name: Name, request: Request, waits: bool) {
        let line = self.0.entry(name).or_default();
        let is_free = line.is_empty();
        if waits || is_free {
            line.push_back(request);
        }
        if is_free || !waits {
            tell(run, name, request, is_free);
        }
    }

    pub(crate) fn is_held(&self, name: Name, by: PageId) -> bool {
        self.0.get(&name).and_then(VecDeque::front).is_some_and(|first| first.page == by)
    }

    /// Whether the page holds any lock.
    pub(crate) fn holds(&self, page: PageId) -> bool {
        self.0.values().filter_map(VecDeque::front).any(|first| first.page == page)
    }

    /// Ends some requests, whether granted or queued. The next in each queue gets the lock.
    pub(crate) fn end(&mut self, run: &mut Run, ends: impl Fn(Name, &Request) -> bool) {
        for (&name, line) in &mut self.0 {
            let before = line.front().copied();
            line.retain(|request| !ends(name, request));
            if let Some(&first) = line.front()
                && before != Some(first)
            {
                tell(run, name, first, true);
            }
        }
        self.0.retain(|_, line| !line.is_empty());
    }
}

/// The page is told a moment later.
fn tell(run: &mut Run, name: Name, Request { page, opening }: Request, is_granted: bool) {
    let at = run.now + run.storage_dice().below(4);
    run.schedule(at, Event::Step { page, opening, step: Step::Locked { name, is_granted } });
}
