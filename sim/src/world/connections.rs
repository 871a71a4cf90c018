//! A page's connections, between its client, the network and the server.

use holdfast::engine::{DownCause, Epoch, Input};

use super::World;
use crate::event::Event;
use crate::ids::ConnectionId;
use crate::server::Handled;
use crate::tally::Count;
use crate::violation::violated;
use crate::wire::{Dispatch, Frame, Packet, Task};

// The client's end.
impl World {
    /// The connection that the page can send over, even if nobody receives it.
    pub(super) fn up(&self) -> Option<ConnectionId> {
        self.page.connection.filter(|&id| self.network.connections[id].is_up)
    }

    /// The client ordered a connection.
    pub(super) fn connect(&mut self, epoch: Epoch) {
        if self.page.connection.is_some() {
            violated!("link", "two connections at a time");
        }
        let opened_with = (epoch, self.page.owners.credentials(epoch));
        let (page, is_heard) = (self.page.id, self.server.is_up());
        let id = self.network.connect(&mut self.run, page, opened_with, is_heard);
        self.page.connection = Some(id);
    }

    /// The client's end learns that it is connected.
    pub(super) fn came_up(&mut self, id: ConnectionId) {
        let connection = &self.network.connections[id];
        if !connection.is_open {
            return;
        }
        if !self.server.has(connection) {
            return self.came_down(id, DownCause::Lost);
        }
        let epoch = connection.epoch;
        self.network.came_up(&mut self.run, id);
        let join = self.run.plan.shell.joins;
        self.connected();
        self.link_polls(id, epoch);
        self.tell_linked(epoch, join);
        self.announce(id);
    }

    /// The client's end learns that it is not connected.
    pub(super) fn came_down(&mut self, id: ConnectionId, cause: DownCause) {
        // For socket.io-client it is final that a server ends a link.
        let is_ended = matches!(cause, DownCause::Kicked | DownCause::RetryAfter(_));
        let cause = if is_ended && self.run.plan.is_followed { DownCause::Final } else { cause };
        // A server that has recovered refuses nobody for good.
        let is_well = self.run.is_kind_now() && cause == DownCause::Final;
        let cause = if is_well { DownCause::Lost } else { cause };
        if self.network.came_down(id) {
            self.page.connection = None;
            let epoch = self.network.connections[id].epoch;
            self.tell(Input::LinkDown { epoch, cause });
            if self.run.plan.is_followed {
                self.lost(cause);
            }
        }
    }

    /// The client gives up the connection.
    pub(super) fn disconnect(&mut self, epoch: Epoch, is_polite: bool) {
        let Some(id) = self.page.connection.take() else { return };
        if self.network.connections[id].epoch != epoch {
            violated!("link", "{epoch:?} is not what is connected");
        }
        if self.network.leave(&mut self.run, id) {
            self.run.tally.one(Count::Abandoned);
            if self.run.plan.kinds.only_clock() && !is_polite {
                violated!("health", "a live link was given up");
            }
        }
        if self.run.plan.is_followed {
            self.reconnect();
        }
    }

    /// The page is gone, or the Manager gives up: the link ends by itself.
    pub(super) fn hang_up(&mut self) {
        if let Some(id) = self.page.connection.take() {
            self.network.leave(&mut self.run, id);
        }
    }

    pub(super) fn packet_arrived(&mut self, id: ConnectionId, packet: Packet) {
        let is_alive = self.network.packet_arrived(self.run.now, id, packet);
        let epoch = self.network.connections[id].epoch;
        self.heard(id, epoch, packet, is_alive);
    }

    pub(super) fn heartbeat_missed(&mut self, id: ConnectionId) {
        if self.network.misses_heartbeat(&mut self.run, id) {
            self.came_down(id, DownCause::Lost);
        }
    }
}

// The server's end.
impl World {
    pub(super) fn frame_arrived(&mut self, id: ConnectionId, frame: Frame, is_straggler: bool) {
        let Self { run, network, server, .. } = self;
        if !network.delivers(run, id, frame, is_straggler) {
            return;
        }
        if let Frame::Read { .. } = frame {
            return self.serve_read(id, frame);
        }
        let Some(dispatch) = server.receive(run, network, id, frame) else { return };
        self.check_owner_at_server(dispatch.message, id);
        if self.run.plan.receipting.is_some() {
            // As in socket.io: a decoded packet is dispatched a moment later, but a receipt is answered at once.
            self.run.schedule(self.run.now, Event::Dispatch { connection: id, dispatch });
        } else {
            self.dispatch(id, dispatch);
        }
    }

    pub(super) fn dispatch(&mut self, id: ConnectionId, dispatch: Dispatch) {
        let Self { run, network, server, app, .. } = self;
        let handled = server.dispatch(run, network, app, id, dispatch);
        self.check_handled(handled);
    }

    pub(super) fn finished(&mut self, task: Task) {
        let Self { run, network, server, app, .. } = self;
        let handled = server.finished(run, network, app, task);
        self.check_handled(handled);
    }

    fn check_handled(&mut self, all: Vec<Handled>) {
        for handled in all {
            match handled {
                Handled::Dispatched(id) => self.app.messages[id].has_arrived = true,
                Handled::Entered(id) => {
                    let has_settled = self.has_settled(id);
                    self.effects.entered(&mut self.app, id, has_settled);
                }
                Handled::TookEffect { id, memory } => {
                    let has_settled = self.has_settled(id);
                    let Self { run, app, effects, .. } = self;
                    effects.took(&run.plan, app, (id, memory), has_settled);
                }
            }
        }
    }
}
