//! The model of typing marks and of who is online.

use std::collections::BTreeMap;

use super::AtRest;
use crate::ids::ConnectionId;
use crate::violation::violated;

#[derive(Default)]
pub(crate) struct Presence {
    /// Until when somebody counts as typing.
    typing: BTreeMap<u64, u64>,
    /// The connections of the current list and of the latest request for it.
    listed_over: Option<ConnectionId>,
    online_over: Option<ConnectionId>,
}

impl Presence {
    /// Somebody is typing until then, or has stopped. The client reports whether they were typing before.
    pub(crate) fn types(&mut self, who: u64, until: Option<u64>, did: bool) {
        let before = match until {
            None => self.typing.remove(&who),
            Some(until) => self.typing.insert(who, until),
        };
        if did != before.is_some() {
            violated!("typing", "{who} did: {did}, until {before:?}");
        }
    }

    /// The client ends a typing mark.
    pub(crate) fn stopped(&mut self, who: u64, now: u64) {
        match self.typing.remove(&who) {
            Some(until) if until <= now => {}
            until => violated!("typing", "{who} stops at {now}, not {until:?}"),
        }
    }

    /// The client accepts a list that came over a connection.
    pub(crate) fn listed(&mut self, over: ConnectionId) {
        self.listed_over = Some(over);
    }

    pub(crate) fn is_listed_over(&self, id: ConnectionId) -> bool {
        self.listed_over == Some(id)
    }

    /// Somebody left. That is always news if there is no current list.
    pub(crate) fn left(&self, is_news: bool) {
        let is_fresh = self.listed_over.is_some();
        if is_news == is_fresh {
            violated!("presence", "the list is fresh: {is_fresh}");
        }
    }

    /// The client asks who is online.
    pub(crate) fn asked(&mut self, up: Option<ConnectionId>) {
        self.online_over = up;
    }

    pub(super) fn forget(&mut self) {
        self.listed_over = None;
    }

    pub(super) fn link_lost(&mut self) {
        self.listed_over = None;
        self.online_over = None;
        for until in self.typing.values_mut() {
            *until = 0;
        }
    }

    pub(super) fn check_at_rest(&self, client: &AtRest) {
        let AtRest { due, is_ready, up, is_presence_stale } = *client;
        if let Some((who, until)) = self.typing.iter().find(|&(_, &until)| due > until) {
            violated!("typing", "{who} types until {until}, and it is due {due}");
        }
        if !is_presence_stale && (self.listed_over.is_none() || self.listed_over != up) {
            violated!("presence", "a list of {:?} is fresh over {up:?}", self.listed_over);
        }
        if is_ready && up.is_some() && self.online_over != up {
            violated!("presence", "nobody was asked who is online");
        }
    }
}
