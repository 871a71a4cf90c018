//! The Manager of socket.io-client, in worlds whose clients follow a link. It makes the attempts, with its own
//! backoff.

use holdfast::engine::{DownCause, Input};

use super::World;
use crate::event::{Event, Managed};
use crate::ids::ConnectionId;
use crate::page::manager::Manager;
use crate::trace::note;

// The app's actions.
impl World {
    /// As the Socket's `connect`.
    pub(super) fn connect_socket(&mut self) {
        self.page.manager.is_wanted = true;
        if self.page.connection.is_none() && !self.page.manager.is_waiting {
            self.attempt();
        }
    }

    /// As the Socket's `disconnect`: final until the app connects again.
    pub(super) fn disconnect_socket(&mut self) {
        self.page.manager = Manager { timer: self.page.manager.timer + 1, ..Manager::default() };
        let Some(id) = self.page.connection else { return };
        let epoch = self.network.connections[id].epoch;
        self.hang_up();
        self.tell(Input::LinkDown { epoch, cause: DownCause::Final });
    }

    /// The app connects again as the present user.
    pub(super) fn leave_link_of_another(&mut self) {
        let of = |id: ConnectionId| self.network.connections[id].credentials.session;
        if self.run.plan.is_followed
            && self.page.connection.is_some_and(|id| of(id) != self.page.owners.session())
        {
            self.close();
        }
    }
}

// The Manager's actions.
impl World {
    pub(super) fn managed(&mut self, managed: Managed) {
        match managed {
            Managed::Attempt { timer } => {
                if self.page.manager.is_waiting && self.page.manager.timer == timer {
                    self.page.manager.is_waiting = false;
                    self.attempt();
                }
            }
            Managed::TimedOut { connection } => {
                if self.page.connection == Some(connection)
                    && !self.network.connections[connection].is_up
                {
                    note!(self.run, "the attempt has timed out");
                    let epoch = self.network.connections[connection].epoch;
                    self.hang_up();
                    self.tell(Input::LinkDown { epoch, cause: DownCause::Lost });
                    self.reconnect();
                }
            }
        }
    }

    /// Makes an attempt. Some fail before the handshake.
    fn attempt(&mut self) {
        if self.page.shell.is_destroyed {
            return;
        }
        let chance = if self.run.is_kind_now() { 0 } else { self.run.plan.network.refused };
        if self.run.dice.chance(chance) {
            note!(self.run, "the attempt fails early");
            return self.reconnect();
        }
        self.begin_attempt();
        let epoch = self.page.shell.client.epoch();
        self.connect(epoch);
        self.drain();
        // The app may have disconnected by then.
        if let Some(connection) = self.page.connection {
            let managed = Managed::TimedOut { connection };
            self.run
                .schedule(self.run.now + TIMEOUT, Event::Managed { page: self.page.id, managed });
        }
    }

    /// The link is up: the backoff starts anew.
    pub(super) fn connected(&mut self) {
        self.page.manager.attempts = 0;
    }

    /// The connection is gone.
    pub(super) fn lost(&mut self, cause: DownCause) {
        if cause == DownCause::Final {
            self.page.manager.is_wanted = false;
        }
        self.reconnect();
    }

    pub(super) fn reconnect(&mut self) {
        let manager = &mut self.page.manager;
        if !manager.is_wanted || manager.is_waiting {
            return;
        }
        let wait = LEAST << manager.attempts.min(10);
        manager.attempts += 1;
        manager.timer += 1;
        manager.is_waiting = true;
        let timer = manager.timer;
        let wait = self.run.dice.between(wait / 2, wait + wait / 2).min(MOST);
        let managed = Managed::Attempt { timer };
        self.run.schedule(self.run.now + wait, Event::Managed { page: self.page.id, managed });
    }
}

/// socket.io-client's defaults.
const LEAST: u64 = 1_000;
const MOST: u64 = 5_000;
const TIMEOUT: u64 = 20_000;
