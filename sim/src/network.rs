//! Connections as a network makes them: late, in order, and gone without a word.

use holdfast::engine::{DownCause, Epoch, Input};

use crate::event::Event;
use crate::ids::{ConnectionId, PageId};
use crate::owners::Credentials;
use crate::receipts::Asked;
use crate::tally::Count;
use crate::trace::note;
use crate::violated;
use crate::wire::{Dispatch, Frame, Packet};
use crate::world::World;

pub(crate) struct Network {
    pub(crate) connections: Vec<Connection>,
    slow: Vec<(u64, u64)>,
    offline_until: u64,
}

pub(crate) struct Connection {
    pub(crate) page: PageId,
    pub(crate) epoch: Epoch,
    /// The client's end is open: nothing arrives at one that was closed.
    is_open: bool,
    /// The server accepted it.
    pub(crate) is_up: bool,
    /// Nothing passes any more, and nobody is told.
    pub(crate) half_open_since: Option<u64>,
    /// What arrives later than this was under way when the connection was cut.
    up_until: u64,
    down_until: u64,
    /// When the last frame of each direction arrives, so that the next does not overtake it.
    up_last: u64,
    down_last: u64,
    /// What survived a cut arrives this late.
    stalled_until: u64,
    heartbeat_at: u64,
    /// How often it should be found out to be dead.
    pub(crate) verdict: u32,
    pub(crate) server_end: ServerEnd,
    pub(crate) credentials: Credentials,
    pub(crate) asked: Asked,
}

/// What the server knows of a connection.
#[derive(Default)]
pub(crate) struct ServerEnd {
    /// The life of the server that accepted it.
    pub(crate) life: Option<u32>,
    pub(crate) is_busy: bool,
    /// When the messages of the last second came.
    pub(crate) taken: std::collections::VecDeque<u64>,
    pub(crate) backlog: std::collections::VecDeque<Dispatch>,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self { connections: Vec::new(), slow: Vec::new(), offline_until: 0 }
    }

    pub(crate) fn slow(&mut self, by: u64, until: u64) {
        self.slow.push((until, by));
    }

    pub(crate) fn go_offline(&mut self, until: u64) {
        self.offline_until = self.offline_until.max(until);
    }

    pub(crate) fn recover(&mut self) {
        self.slow.clear();
        self.offline_until = 0;
    }
}

impl World {
    fn latency(&mut self) -> u64 {
        let now = self.run.now;
        let slow = self.network.slow.iter().filter(|&&(until, _)| until > now);
        let extra = slow.map(|&(_, by)| by).max().unwrap_or_default();
        let plan = &self.run.plan.network;
        plan.latency + extra + self.run.dice.below(plan.jitter + 1)
    }

    /// The engine asked for a connection.
    pub(crate) fn connect(&mut self, epoch: Epoch) {
        if self.page.connection.is_some() {
            violated!("link", "two connections at a time");
        }
        let credentials = self.credentials(epoch);
        let id = self.network.connections.len();
        self.network.connections.push(Connection {
            page: self.page.id,
            epoch,
            is_open: true,
            is_up: false,
            half_open_since: None,
            up_until: u64::MAX,
            down_until: u64::MAX,
            up_last: 0,
            down_last: 0,
            stalled_until: 0,
            heartbeat_at: 0,
            verdict: 0,
            server_end: ServerEnd::default(),
            credentials,
            asked: Asked::default(),
        });
        self.page.connection = Some(id);
        let there = self.run.now + self.latency();
        let back = there + self.latency();
        let plan = self.run.plan.network;
        let is_refused = self.run.now < self.network.offline_until || !self.server.is_up();
        if is_refused || self.run.dice.chance(plan.refused) {
            self.run.schedule(back, Event::Closed { connection: id, cause: DownCause::Lost });
        } else if self.run.dice.chance(plan.hanging) {
            note!(self.run, "the attempt hangs");
        } else if self.run.dice.chance(self.run.plan.server.refusals) {
            let cause = self.refusal();
            self.run.schedule(back, Event::Closed { connection: id, cause });
        } else {
            self.run.schedule(there, Event::Arrived { connection: id });
            self.run.schedule(back, Event::Up { connection: id });
        }
    }

    /// How a server turns a client away.
    fn refusal(&mut self) -> DownCause {
        match self.run.dice.below(8) {
            0 => DownCause::Final,
            1 | 2 => DownCause::RetryAfter(holdfast::engine::Millis(self.run.dice.below(30_000))),
            _ => DownCause::Lost,
        }
    }

    /// The client's end hears that it is connected.
    pub(crate) fn came_up(&mut self, id: ConnectionId) {
        let connection = &mut self.network.connections[id];
        if !connection.is_open {
            return;
        }
        if connection.server_end.life != self.server.life() {
            return self.came_down(id, DownCause::Lost);
        }
        connection.is_up = true;
        connection.heartbeat_at = self.run.now;
        let epoch = connection.epoch;
        self.run.tally.one(Count::Links);
        self.run.schedule(self.run.now + HEARTBEAT, Event::Heartbeat { connection: id });
        self.run
            .schedule(self.run.now + HEARTBEAT_TIMEOUT, Event::HeartbeatMissed { connection: id });
        if let Some(patience) = self.run.plan.server.patience {
            let at = self.run.now + self.run.dice.between(patience / 2, patience);
            self.run.schedule(at, Event::PatienceEnds { connection: id });
        }
        let join = self.run.plan.shell.joins;
        self.link_polls(id, epoch);
        self.tell_linked(epoch, join);
    }

    /// The client's end hears that it is not.
    pub(crate) fn came_down(&mut self, id: ConnectionId, cause: DownCause) {
        // A server that is well again turns nobody away for good.
        let is_well = self.run.is_kind_now() && cause == DownCause::Final;
        let cause = if is_well { DownCause::Lost } else { cause };
        let connection = &mut self.network.connections[id];
        if !connection.is_open {
            return;
        }
        connection.is_open = false;
        connection.is_up = false;
        let epoch = connection.epoch;
        self.page.connection = None;
        self.tell(Input::LinkDown { epoch, cause });
    }

    /// The engine gives the connection up. What is under way to the server may still arrive.
    pub(crate) fn disconnect(&mut self, epoch: Epoch, is_polite: bool) {
        let Some(id) = self.page.connection.take() else { return };
        if self.network.connections[id].epoch != epoch {
            violated!("link", "{epoch:?} is not what is connected");
        }
        let connection = &mut self.network.connections[id];
        let was_up = std::mem::take(&mut connection.is_up);
        connection.is_open = false;
        if was_up && connection.half_open_since.is_none() {
            self.run.tally.one(Count::Abandoned);
            if self.run.plan.kinds.only_clock() && !is_polite {
                violated!("health", "a live link was given up");
            }
        }
        self.lose_tail(id);
        let at = self.run.now + self.latency();
        self.run.schedule(at, Event::Hangup { connection: id });
    }

    /// The page is gone: its link ends by itself.
    pub(crate) fn hang_up(&mut self) {
        let Some(id) = self.page.connection.take() else { return };
        let connection = &mut self.network.connections[id];
        connection.is_open = false;
        connection.is_up = false;
        self.lose_tail(id);
        let at = self.run.now + self.latency();
        self.run.schedule(at, Event::Hangup { connection: id });
    }

    pub(crate) fn send_up(&mut self, id: ConnectionId, frame: Frame) {
        let at = self.network.connections[id].up_last.max(self.run.now + self.latency());
        self.network.connections[id].up_last = at;
        self.run.schedule(at, Event::Frame { connection: id, frame, is_straggler: false });
    }

    pub(crate) fn send_down(&mut self, id: ConnectionId, packet: Packet) {
        if self.network.connections[id].server_end.life != self.server.life() {
            return;
        }
        let at = self.network.connections[id].down_last.max(self.run.now + self.latency());
        self.network.connections[id].down_last = at;
        self.run.schedule(at, Event::Packet { connection: id, packet });
    }

    pub(crate) fn frame_arrived(&mut self, id: ConnectionId, frame: Frame, is_straggler: bool) {
        let connection = &self.network.connections[id];
        if !is_straggler {
            if self.run.now > connection.up_until {
                note!(self.run, "lost: {frame:?}");
                return;
            }
            if connection.stalled_until >= self.run.now {
                let at = connection.stalled_until;
                let event = Event::Frame { connection: id, frame, is_straggler: true };
                return self.run.schedule(at, event);
            }
        }
        if connection.server_end.life == self.server.life() {
            if !connection.is_open {
                self.run.tally.one(Count::Stragglers);
            }
            self.receive(id, frame);
        }
    }

    pub(crate) fn packet_arrived(&mut self, id: ConnectionId, packet: Packet) {
        let connection = &mut self.network.connections[id];
        let is_alive = connection.is_open && self.run.now <= connection.down_until;
        if is_alive && matches!(packet, Packet::Heartbeat) {
            connection.heartbeat_at = self.run.now;
        }
        let epoch = connection.epoch;
        self.heard(id, epoch, packet, is_alive);
    }

    /// The transport's own watch over the heartbeats, which nothing on a live link sets off.
    pub(crate) fn heartbeat_missed(&mut self, id: ConnectionId) {
        let connection = &self.network.connections[id];
        if !connection.is_open {
            return;
        }
        let due_at = connection.heartbeat_at + HEARTBEAT_TIMEOUT;
        if connection.half_open_since.is_some() && self.run.now >= due_at {
            return self.came_down(id, DownCause::Lost);
        }
        self.run.schedule(due_at.max(self.run.now + 1), Event::HeartbeatMissed { connection: id });
    }

    /// The connection breaks now.
    pub(crate) fn cut(&mut self, id: ConnectionId, is_told: bool, cause: DownCause) {
        if self.network.connections[id].half_open_since.is_some() {
            return;
        }
        self.lose_tail(id);
        self.network.connections[id].down_until = self.run.now;
        let heard_at = self.run.now + self.run.dice.below(200);
        let server_heard_at = self.network.connections[id].stalled_until.max(heard_at);
        self.run.schedule(server_heard_at, Event::Hangup { connection: id });
        if is_told {
            self.run.schedule(heard_at, Event::Closed { connection: id, cause });
        } else {
            self.network.connections[id].half_open_since = Some(self.run.now);
        }
    }

    pub(crate) fn cut_off(&mut self, id: ConnectionId) {
        let connection = &mut self.network.connections[id];
        if connection.half_open_since.is_none() {
            connection.half_open_since = Some(self.run.now);
            connection.up_until = connection.up_until.min(self.run.now);
            connection.down_until = self.run.now;
        }
    }

    /// Of what is under way to the server the first part arrives, perhaps much later.
    fn lose_tail(&mut self, id: ConnectionId) {
        let survives = match self.run.dice.below(3) {
            0 => 0,
            1 => self.run.dice.below(2 * self.run.plan.network.latency + 2),
            _ => A_LOT,
        };
        let straggles = self.run.dice.below(self.run.plan.network.straggling + 1);
        let connection = &mut self.network.connections[id];
        connection.up_until = connection.up_until.min(self.run.now + survives);
        if straggles > 0 {
            connection.stalled_until = connection.stalled_until.max(self.run.now + straggles);
        }
    }
}

/// All that was under way.
const A_LOT: u64 = 60_000;
/// engine.io's defaults.
pub(crate) const HEARTBEAT: u64 = 25_000;
pub(crate) const HEARTBEAT_TIMEOUT: u64 = 45_000;
