//! One page: an engine, the shell around it, and what both owe, from a page's load to its end.

use crate::deliveries::Deliveries;
use crate::links::Links;
use crate::messages::Messages;
use crate::network::ConnectionId;
use crate::plan::Plan;
use crate::shell::Shell;
use crate::world::World;

pub(crate) struct Page {
    pub(crate) shell: Shell,
    pub(crate) links: Links,
    pub(crate) model: Messages,
    pub(crate) deliveries: Deliveries,
    /// The one that the shell has open, or is opening.
    pub(crate) connection: Option<ConnectionId>,
}

impl Page {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            shell: Shell::new(plan),
            links: Links::new(plan.config.clone()),
            model: Messages::new(plan.config.clone()),
            deliveries: Deliveries::default(),
            connection: None,
        }
    }
}

impl World {
    /// The connection over which the page can speak, whether anybody hears it or not.
    pub(crate) fn up(&self) -> Option<ConnectionId> {
        self.page.connection.filter(|&id| self.network.connections[id].is_up)
    }
}
