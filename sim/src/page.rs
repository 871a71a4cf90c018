//! A page: a client, the shell around it, and the model of what both owe, from the page's load to its end.

pub(crate) mod deliveries;
pub(crate) mod feed;
pub(crate) mod links;
pub(crate) mod manager;
pub(crate) mod messages;
pub(crate) mod owners;
pub(crate) mod published;
pub(crate) mod shell;
pub(crate) mod storage;

use holdfast::client::clock::Readings;

use crate::event::Event;
use crate::ids::{ConnectionId, PageId, TabId};
use crate::page::deliveries::Deliveries;
use crate::page::feed::Feed;
use crate::page::links::Links;
use crate::page::manager::Manager;
use crate::page::messages::Messages;
use crate::page::owners::Owners;
use crate::page::published::Published;
use crate::page::shell::Shell;
use crate::page::storage::Storage;
use crate::plan::Plan;

pub(crate) struct Page {
    pub(crate) id: PageId,
    pub(crate) tab: TabId,
    /// When its clock that may stand still was started.
    pub(crate) born_at: u64,
    /// For how long that clock stood still.
    pub(crate) stood_still: u64,
    pub(crate) shell: Shell,
    pub(crate) links: Links,
    /// Makes the attempts if the client follows a link.
    pub(crate) manager: Manager,
    pub(crate) model: Messages,
    pub(crate) deliveries: Deliveries,
    /// The connection that the shell has open or is opening.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) storage: Storage,
    pub(crate) owners: Owners,
    pub(crate) feed: Feed,
    pub(crate) published: Published,
    /// It is in the back-forward cache: its events wait until it comes back.
    pub(crate) is_cached: bool,
    pub(crate) has_been_cached: bool,
    pub(crate) frozen: Vec<Event>,
    /// The link was closed for the cache.
    pub(crate) was_linked: bool,
    pub(crate) is_dead: bool,
}

impl Page {
    /// `wall` is the reading of the wall clock.
    pub(crate) fn new(id: PageId, tab: TabId, born_at: u64, wall: u64, plan: &Plan) -> Self {
        Self {
            id,
            tab,
            born_at,
            stood_still: 0,
            shell: Shell::new(plan, id, Readings { wall, running: 0 }),
            links: Links::new(plan.config.clone(), plan.is_followed),
            manager: Manager::default(),
            model: Messages::new(plan.config.clone(), plan.receipting.is_some()),
            deliveries: Deliveries::default(),
            connection: None,
            storage: Storage::default(),
            owners: Owners::new(plan),
            feed: Feed::default(),
            published: Published::default(),
            is_cached: false,
            has_been_cached: false,
            frozen: Vec::new(),
            was_linked: false,
            is_dead: false,
        }
    }
}
