//! The model of a page's events: what it was sent besides answers, what its app has seen, and which emits are to be
//! replayed. It checks every answer and order of the client.

mod emits;
mod missed;
mod presence;
mod repeats;

use crate::ids::{ConnectionId, SessionId};
use crate::violation::violated;
use crate::wire::Message;
use emits::Emits;
use missed::Missed;
use presence::Presence;
use repeats::Repeats;

/// The state of one page.
#[derive(Default)]
pub(crate) struct Feed {
    /// The server's messages, and the session of each.
    log: Vec<SessionId>,
    /// The number of arrivals, and the last one of those that are shown in order.
    arrived: u64,
    shown: u64,
    pub(crate) repeats: Repeats,
    pub(crate) missed: Missed,
    pub(crate) emits: Emits,
    pub(crate) presence: Presence,
    /// The page's join was neither confirmed nor refused.
    pub(crate) is_join_asked: bool,
}

/// A client that has no order left.
pub(crate) struct AtRest {
    /// When it wants to be called next.
    pub(crate) due: u64,
    pub(crate) is_ready: bool,
    pub(crate) up: Option<ConnectionId>,
    pub(crate) is_presence_stale: bool,
}

impl Feed {
    /// The server sends something new to a session. Returns its number.
    pub(crate) fn log(&mut self, session: SessionId) -> usize {
        self.log.push(session);
        self.log.len() - 1
    }

    /// The numbers of what the server sent to a session.
    pub(crate) fn sent_to(&self, session: SessionId) -> Vec<usize> {
        (0..self.log.len()).filter(|&id| self.log[id] == session).collect()
    }

    /// A message arrived, and gets a number.
    pub(crate) fn arrived(&mut self, message: Message) -> Message {
        self.arrived += 1;
        Message { number: self.arrived, ..message }
    }

    /// A message is shown in a session. A fetched message is checked against the session in which it was fetched.
    pub(crate) fn shown(
        &mut self,
        message: Message,
        fetched_in: Option<SessionId>,
        session: SessionId,
    ) {
        // Events over a followed link of another user are left to socket.io-client and the app.
        let is_plain = message.session == SessionId::MAX;
        if fetched_in.unwrap_or(message.session) != session && !is_plain {
            violated!("I11", "{message:?} is shown to {session}");
        }
        if fetched_in.is_none() && !message.wants_ack {
            if message.number < self.shown {
                violated!("resync", "{message:?} is shown after a later one");
            }
            self.shown = message.number;
        }
    }

    /// Everything of the user is gone.
    pub(crate) fn forget(&mut self) {
        self.repeats.forget();
        self.missed.forget();
        self.emits = Emits::default();
        self.presence.forget();
        self.is_join_asked = false;
    }

    /// Emits between two users belong to nobody.
    pub(crate) fn forget_emits(&mut self) {
        self.emits.forget();
    }

    pub(crate) fn link_lost(&mut self) {
        self.repeats.link_lost();
        self.missed.link_lost();
        self.presence.link_lost();
        self.is_join_asked = false;
    }

    pub(crate) fn check_at_rest(&self, client: &AtRest) {
        self.missed.check_at_rest(client);
        self.emits.check_at_rest(client);
        self.presence.check_at_rest(client);
    }
}
