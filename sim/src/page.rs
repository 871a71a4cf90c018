//! One page: an engine, the shell around it, and what both owe, from a page's load to its end.

use crate::deliveries::Deliveries;
use crate::event::Event;
use crate::feed::Feed;
use crate::ids::{ConnectionId, PageId, TabId};
use crate::links::Links;
use crate::messages::Messages;
use crate::owners::Owners;
use crate::plan::Plan;
use crate::shell::Shell;
use crate::storage::Storage;
use crate::world::World;

pub(crate) struct Page {
    pub(crate) id: PageId,
    pub(crate) tab: TabId,
    /// Its clock begins then.
    pub(crate) born_at: u64,
    pub(crate) shell: Shell,
    pub(crate) links: Links,
    pub(crate) model: Messages,
    pub(crate) deliveries: Deliveries,
    /// The one that the shell has open, or is opening.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) storage: Storage,
    pub(crate) owners: Owners,
    pub(crate) feed: Feed,
    /// It is in the back-forward cache: what happens waits until it comes back.
    pub(crate) is_cached: bool,
    pub(crate) has_been_cached: bool,
    pub(crate) frozen: Vec<Event>,
    /// The link was closed for the cache.
    pub(crate) is_stashed: bool,
    pub(crate) is_dead: bool,
}

impl Page {
    pub(crate) fn new(id: PageId, tab: TabId, born_at: u64, plan: &Plan) -> Self {
        Self {
            id,
            tab,
            born_at,
            shell: Shell::new(plan, id),
            links: Links::new(plan.config.clone()),
            model: Messages::new(plan.config.clone(), plan.receipting.is_some()),
            deliveries: Deliveries::default(),
            connection: None,
            storage: Storage::default(),
            owners: Owners::new(plan),
            feed: Feed::default(),
            is_cached: false,
            has_been_cached: false,
            frozen: Vec::new(),
            is_stashed: false,
            is_dead: false,
        }
    }
}

impl World {
    /// Makes it a page's turn. Answers whether it lives.
    pub(crate) fn turn_to(&mut self, id: PageId) -> bool {
        if id == self.page.id {
            return !self.page.is_dead;
        }
        let Some(page) = self.pages.get_mut(id).and_then(Option::take) else { return false };
        let before = std::mem::replace(&mut self.page, page);
        let place = before.id;
        self.pages[place] = Some(before).filter(|page| !page.is_dead);
        true
    }

    /// A page that lives.
    pub(crate) fn page_at(&self, id: PageId) -> Option<&Page> {
        let page =
            if id == self.page.id { Some(&*self.page) } else { self.pages.get(id)?.as_deref() };
        page.filter(|page| !page.is_dead)
    }

    pub(crate) fn living(&self) -> impl Iterator<Item = &Page> + '_ {
        (0..self.pages.len()).filter_map(|id| self.page_at(id))
    }

    /// Those that run: no page in the cache does.
    pub(crate) fn shown(&self) -> Vec<PageId> {
        self.living().filter(|page| !page.is_cached).map(|page| page.id).collect()
    }
}
