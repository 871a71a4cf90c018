//! One user's tabs: the pages that are shown, those cached behind them, and how pages end and begin.

use holdfast::client::PageEvent;

use super::World;
use crate::event::Event;
use crate::ids::{Name, PageId, TabId};
use crate::page::Page;
use crate::plan::{Fate, Lives};
use crate::tabs::Tab;
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;

impl World {
    /// Something happens to one of the tabs.
    pub(super) fn befall(&mut self, fate: Fate) {
        let Some(lives) = self.run.plan.lives else { return };
        let open: Vec<TabId> =
            (0..self.tabs.len()).filter(|&tab| !self.tabs[tab].is_closed).collect();
        let Some(&tab) = open.get(self.run.fate.index(open.len())) else {
            return self.open_tab(None);
        };
        note!(self.run, "   tab {tab}");
        match fate {
            Fate::Open | Fate::Duplicate if open.len() >= MOST_TABS => {}
            Fate::Open => self.open_tab(None),
            Fate::Duplicate => self.open_tab(self.tabs[tab].remembered),
            Fate::Reload => {
                if let Some(page) = self.tabs[tab].shown.take() {
                    self.run.tally.one(Count::Reloads);
                    self.end_page(page);
                    self.load(tab, lives);
                }
            }
            Fate::Crash { back_after } => {
                self.run.tally.one(Count::PageCrashes);
                self.end_all(tab);
                self.tabs[tab].is_loading = true;
                self.run.schedule(self.run.now + back_after, Event::Loaded { tab });
            }
            Fate::Close => {
                self.end_all(tab);
                self.tabs[tab].is_closed = true;
            }
            Fate::Navigate { within } => {
                if self.tabs[tab].shown.is_some() {
                    self.stash(tab);
                    if within {
                        self.load(tab, lives);
                    }
                }
            }
            Fate::Back => self.go_back(tab),
            Fate::Evict => {
                if let Some(page) = self.tabs[tab].cached.pop() {
                    self.end_page(page);
                }
            }
        }
    }

    /// A tab opens. `remembered` is the session storage of the tab that it is a copy of, if it is one.
    pub(super) fn open_tab(&mut self, remembered: Option<Name>) {
        self.tabs.push(Tab { remembered, ..Tab::default() });
        self.loaded(self.tabs.len() - 1);
    }

    pub(super) fn open_tab_soon(&mut self) {
        let tab = self.tabs.len();
        self.tabs.push(Tab { is_loading: true, ..Tab::default() });
        self.run.schedule(self.run.now + 1, Event::Loaded { tab });
    }

    fn load(&mut self, tab: TabId, lives: Lives) {
        let at = self.run.now + self.run.fate.magnitude(1, lives.loading);
        self.tabs[tab].is_loading = true;
        self.run.schedule(at, Event::Loaded { tab });
    }

    /// A page has loaded, unless it was left before.
    pub(super) fn loaded(&mut self, tab: TabId) {
        self.tabs[tab].is_loading = false;
        let is_wanted = self.tabs[tab].shown.is_none() && !self.tabs[tab].is_closed;
        let Some(lives) = self.run.plan.lives.filter(|_| is_wanted) else { return };
        let id = self.pages.len();
        note!(self.run, "page {id} is loaded in tab {tab}");
        self.run.tally.one(Count::Pages);
        self.pages.push(Some(Box::new(Page::new(
            id,
            tab,
            self.run.now,
            self.wall(),
            &self.run.plan,
        ))));
        self.tabs[tab].shown = Some(id);
        self.turn_to(id);
        self.begin_published();
        self.open_kept();
        if self.run.is_kind_now() || !self.run.fate.chance(lives.idle) {
            self.open();
        } else {
            self.run.tally.one(Count::IdlePages);
        }
    }

    /// The shown page goes into the cache, if it may. A page that holds a lock may not.
    fn stash(&mut self, tab: TabId) {
        let Some(id) = self.tabs[tab].shown.take() else { return };
        self.turn_to(id);
        note!(self.run, "page {id} is left");
        self.say(PageEvent::Cached);
        if self.locks.holds(id) {
            violated!("tabs", "page {id} goes into the cache, and holds a lock");
        }
        self.run.tally.one(Count::Stashed);
        self.page.is_cached = true;
        self.page.has_been_cached = true;
        self.tabs[tab].cached.push(id);
        if self.tabs[tab].cached.len() > MOST_CACHED {
            let oldest = self.tabs[tab].cached.remove(0);
            self.end_page(oldest);
        }
    }

    fn go_back(&mut self, tab: TabId) {
        let Some(id) = self.tabs[tab].cached.pop() else { return };
        if self.tabs[tab].shown.is_some() {
            self.stash(tab);
            // As if it were ahead of the page that is shown.
            let ahead = self.tabs[tab].cached.pop();
            self.tabs[tab].cached.splice(0..0, ahead);
        }
        if !self.turn_to(id) {
            return;
        }
        note!(self.run, "page {id} is back");
        self.run.tally.one(Count::Returns);
        self.tabs[tab].shown = Some(id);
        self.page.is_cached = false;
        self.page.storage.unerased_since = None;
        for event in std::mem::take(&mut self.page.frozen) {
            self.run.schedule(self.run.now, event);
        }
        self.say(PageEvent::Back);
    }

    fn end_all(&mut self, tab: TabId) {
        let shown = self.tabs[tab].shown.take();
        for page in std::mem::take(&mut self.tabs[tab].cached).into_iter().chain(shown) {
            self.end_page(page);
        }
    }

    /// The page's memory is gone, and its locks are free.
    fn end_page(&mut self, id: PageId) {
        if !self.turn_to(id) {
            return;
        }
        note!(self.run, "page {id} is gone");
        self.hang_up();
        if self.run.chain.chance(500) {
            self.write_down();
        }
        self.page.is_dead = true;
        self.end_requests(|_, request| request.page == id);
        self.settle_accounts();
    }

    /// The user's final actions: some pages come back from the cache, the others never do.
    pub(super) fn tidy_up(&mut self) {
        for tab in 0..self.tabs.len() {
            while !self.tabs[tab].cached.is_empty() {
                if self.run.fate.chance(500) && self.tabs[tab].shown.is_none() {
                    self.go_back(tab);
                } else if let Some(page) = self.tabs[tab].cached.pop() {
                    self.end_page(page);
                }
            }
        }
        self.open_orphans();
        // Some page must handle what is left, whatever happened to the storage.
        if self.has_storage_failed || (self.shown().is_empty() && !self.is_loading()) {
            self.open_tab(None);
        }
    }

    /// Without locks nobody takes over a tab's journal: the user opens the tab again, or reloads one whose storage
    /// failed.
    pub(super) fn open_orphans(&mut self) {
        if self.run.plan.disk.has_locks {
            return;
        }
        for name in self.database.names() {
            let its = (0..self.tabs.len()).find(|&tab| {
                let Tab { remembered, shown, is_loading, is_closed, .. } = &self.tabs[tab];
                *remembered == Some(name) && !is_closed && (shown.is_some() || *is_loading)
            });
            let Some(tab) = its else {
                self.run.tally.one(Count::Orphans);
                self.open_tab(Some(name));
                continue;
            };
            if let Some(page) = self.tabs[tab].shown
                && self.page_at(page).is_some_and(|page| !page.storage.was_open())
            {
                self.tabs[tab].shown = None;
                self.end_page(page);
                self.loaded(tab);
            }
        }
    }

    pub(super) fn is_loading(&self) -> bool {
        self.tabs.iter().any(|tab| tab.is_loading && !tab.is_closed)
    }
}

const MOST_TABS: usize = 3;
const MOST_CACHED: usize = 2;
