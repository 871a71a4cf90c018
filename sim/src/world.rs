//! One run: events in virtual time, until nothing is owed any more.

mod app;
mod channel;
mod connections;
mod disk;
mod events;
mod facts;
mod feed;
mod inbound;
mod machine;
mod manager;
mod orders;
mod owed;
mod owners;
mod published;
mod receipts;
mod sends;
mod shell;
mod storage;
mod story;
mod tabs;

use std::collections::BTreeMap;

use crate::database::Database;
use crate::dice::Dice;
use crate::effects::Effects;
use crate::generations::Generations;
use crate::ids::{PageId, Scope};
use crate::locks::Locks;
use crate::network::Network;
use crate::page::Page;
use crate::plan::{Plan, Story};
use crate::publisher::{Position, Publisher};
use crate::receipts::Receipts;
use crate::run::Run;
use crate::sent::App;
use crate::server::Server;
use crate::tabs::Tab;
use crate::trace::Trace;

pub(crate) struct World {
    pub(crate) run: Run,
    asleep_since: u64,
    asleep_until: u64,
    /// Counts disturbances of a page's time or timers.
    disturbances: u64,
    /// The page whose turn it is, and the other living ones.
    page: Box<Page>,
    pages: Vec<Option<Box<Page>>>,
    tabs: Vec<Tab>,
    locks: Locks,
    database: Database,
    /// Counts the names of journals.
    names: u32,
    has_storage_failed: bool,
    /// How far the wall clock was set forward or back.
    wall_lead: i64,
    network: Network,
    server: Server,
    publisher: Publisher,
    /// The positions of users in feeds on disk, by their scope and generation.
    positions: BTreeMap<(Scope, u64, u32), Position>,
    effects: Effects,
    app: App,
    generations: Generations,
    receipts: Receipts,
    pings: u64,
    /// Everything is settled and quiet, so only pings may happen.
    is_idle: bool,
}

impl World {
    pub(crate) fn new(seed: u64, trace: Trace) -> Self {
        let mut dice = Dice::new(seed);
        let plan = Plan::draw(seed, &mut dice);
        Self::with(seed, plan, dice, trace)
    }

    pub(crate) fn of(story: Story, seed: u64) -> Self {
        Self::with(seed, Plan::of(story, seed), Dice::new(seed), Trace::default())
    }

    fn with(seed: u64, plan: Plan, dice: Dice, trace: Trace) -> Self {
        Self {
            page: Box::new(Page::new(0, 0, 0, machine::NOON, &plan)),
            run: Run::new(seed, plan, dice, trace),
            asleep_since: 0,
            asleep_until: 0,
            disturbances: 0,
            pages: vec![None],
            tabs: vec![Tab::of_first_page()],
            locks: Locks::default(),
            database: Database::default(),
            names: 0,
            has_storage_failed: false,
            wall_lead: 0,
            network: Network::new(),
            server: Server::new(),
            publisher: Publisher::default(),
            positions: BTreeMap::new(),
            effects: Effects::default(),
            app: App::default(),
            generations: Generations::default(),
            receipts: Receipts::default(),
            pings: 0,
            is_idle: false,
        }
    }
}

// Pages.
impl World {
    /// Makes it a page's turn. Returns whether the page lives.
    fn turn_to(&mut self, id: PageId) -> bool {
        if id == self.page.id {
            return !self.page.is_dead;
        }
        let Some(page) = self.pages.get_mut(id).and_then(Option::take) else { return false };
        let before = std::mem::replace(&mut self.page, page);
        let id = before.id;
        self.pages[id] = Some(before).filter(|page| !page.is_dead);
        true
    }

    /// A living page.
    fn page_at(&self, id: PageId) -> Option<&Page> {
        let page =
            if id == self.page.id { Some(&*self.page) } else { self.pages.get(id)?.as_deref() };
        page.filter(|page| !page.is_dead)
    }

    fn living(&self) -> impl Iterator<Item = &Page> + '_ {
        (0..self.pages.len()).filter_map(|id| self.page_at(id))
    }

    /// The pages that run. A page in the cache does not.
    fn shown(&self) -> Vec<PageId> {
        self.living().filter(|page| !page.is_cached).map(|page| page.id).collect()
    }
}
