//! Connections of a network: packets arrive late but in order, and connections may die silently.

use holdfast::engine::{DownCause, Epoch, Millis};

use crate::dice::Dice;
use crate::event::Event;
use crate::ids::{ConnectionId, PageId};
use crate::receipts::Asked;
use crate::run::Run;
use crate::tally::Count;
use crate::trace::note;
use crate::wire::{Credentials, Dispatch, Frame, Packet};

pub(crate) struct Network {
    pub(crate) connections: Vec<Connection>,
    slow: Vec<(u64, u64)>,
    offline_until: u64,
}

pub(crate) struct Connection {
    pub(crate) page: PageId,
    pub(crate) epoch: Epoch,
    /// The client's end is open. Nothing arrives at a closed end.
    pub(crate) is_open: bool,
    /// The server has accepted it.
    pub(crate) is_up: bool,
    /// Nothing passes any more, and neither end is told.
    pub(crate) half_open_since: Option<u64>,
    /// Frames that would arrive after this time were on their way when the connection was cut.
    up_until: u64,
    down_until: u64,
    /// When the last frame of each direction arrives. The next one must not overtake it.
    up_last: u64,
    down_last: u64,
    /// Frames that survive a cut arrive no earlier than this.
    stalled_until: u64,
    heartbeat_at: u64,
    /// Counts how often it should have been detected as dead.
    pub(crate) verdict: u32,
    pub(crate) server_end: ServerEnd,
    pub(crate) credentials: Credentials,
    pub(crate) asked: Asked,
}

/// The server's state of a connection.
#[derive(Default)]
pub(crate) struct ServerEnd {
    /// The number of the server process that accepted it.
    pub(crate) life: Option<u32>,
    pub(crate) is_busy: bool,
    /// When the messages of the last second arrived.
    pub(crate) taken: std::collections::VecDeque<u64>,
    pub(crate) backlog: std::collections::VecDeque<Dispatch>,
    /// The feeds whose new items are sent to it.
    pub(crate) feeds: [bool; 2],
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

    fn latency(&self, run: &mut Run) -> u64 {
        let slow = self.slow.iter().filter(|&&(until, _)| until > run.now);
        let extra = slow.map(|&(_, by)| by).max().unwrap_or_default();
        let plan = &run.plan.network;
        plan.latency + extra + run.dice.below(plan.jitter + 1)
    }

    /// A page asks for a connection, which a server accepts or nobody does.
    pub(crate) fn connect(
        &mut self,
        run: &mut Run,
        page: PageId,
        (epoch, credentials): (Epoch, Credentials),
        is_heard: bool,
    ) -> ConnectionId {
        let id = self.connections.len();
        self.connections.push(Connection {
            page,
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
        let there = run.now + self.latency(run);
        let back = there + self.latency(run);
        let plan = run.plan.network;
        let is_refused = run.now < self.offline_until || !is_heard;
        if is_refused || run.dice.chance(plan.refused) {
            run.schedule(back, Event::Closed { connection: id, cause: DownCause::Lost });
        } else if run.dice.chance(plan.hanging) {
            note!(run, "the attempt hangs");
        } else if run.dice.chance(run.plan.server.refusals) {
            let cause = refusal(&mut run.dice);
            run.schedule(back, Event::Closed { connection: id, cause });
        } else {
            run.schedule(there, Event::Arrived { connection: id });
            run.schedule(back, Event::Up { connection: id });
        }
        id
    }

    /// The client's end learns that it is connected.
    pub(crate) fn came_up(&mut self, run: &mut Run, id: ConnectionId) {
        let connection = &mut self.connections[id];
        connection.is_up = true;
        connection.heartbeat_at = run.now;
        run.tally.one(Count::Links);
        run.schedule(run.now + HEARTBEAT, Event::Heartbeat { connection: id });
        run.schedule(run.now + HEARTBEAT_TIMEOUT, Event::HeartbeatMissed { connection: id });
        if let Some(patience) = run.plan.server.patience {
            let at = run.now + run.dice.between(patience / 2, patience);
            run.schedule(at, Event::PatienceEnds { connection: id });
        }
    }

    /// The client's end learns that it is not connected. Returns whether that is new.
    pub(crate) fn came_down(&mut self, id: ConnectionId) -> bool {
        let connection = &mut self.connections[id];
        connection.is_up = false;
        std::mem::take(&mut connection.is_open)
    }

    /// The client closes its end. Frames on their way to the server may still arrive. Returns whether the
    /// connection was live.
    pub(crate) fn leave(&mut self, run: &mut Run, id: ConnectionId) -> bool {
        let connection = &mut self.connections[id];
        let was_live = connection.is_up && connection.half_open_since.is_none();
        connection.is_open = false;
        connection.is_up = false;
        self.lose_tail(run, id);
        let at = run.now + self.latency(run);
        run.schedule(at, Event::Hangup { connection: id });
        was_live
    }

    pub(crate) fn send_up(&mut self, run: &mut Run, id: ConnectionId, frame: Frame) {
        let at = self.connections[id].up_last.max(run.now + self.latency(run));
        self.connections[id].up_last = at;
        run.schedule(at, Event::Frame { connection: id, frame, is_straggler: false });
    }

    pub(crate) fn send_down(&mut self, run: &mut Run, id: ConnectionId, packet: Packet) {
        let at = self.connections[id].down_last.max(run.now + self.latency(run));
        self.connections[id].down_last = at;
        run.schedule(at, Event::Packet { connection: id, packet });
    }

    /// Whether a frame reaches the server now. A frame that was on its way at a cut may be lost or late.
    pub(crate) fn delivers(
        &self,
        run: &mut Run,
        id: ConnectionId,
        frame: Frame,
        is_straggler: bool,
    ) -> bool {
        let connection = &self.connections[id];
        if is_straggler {
            return true;
        }
        if run.now > connection.up_until {
            note!(run, "lost: {frame:?}");
            return false;
        }
        let at = connection.stalled_until;
        let is_stalled = at >= run.now;
        if is_stalled {
            run.schedule(at, Event::Frame { connection: id, frame, is_straggler: true });
        }
        !is_stalled
    }

    /// A packet reaches the client's machine. Returns whether the client's end still listens.
    pub(crate) fn packet_arrived(&mut self, now: u64, id: ConnectionId, packet: Packet) -> bool {
        let connection = &mut self.connections[id];
        let is_alive = connection.is_open && now <= connection.down_until;
        if is_alive && matches!(packet, Packet::Heartbeat) {
            connection.heartbeat_at = now;
        }
        is_alive
    }

    /// The transport's own heartbeat check, which never fires on a live link. Returns whether it finds the
    /// connection dead.
    pub(crate) fn misses_heartbeat(&self, run: &mut Run, id: ConnectionId) -> bool {
        let connection = &self.connections[id];
        if !connection.is_open {
            return false;
        }
        let due_at = connection.heartbeat_at + HEARTBEAT_TIMEOUT;
        if connection.half_open_since.is_some() && run.now >= due_at {
            return true;
        }
        run.schedule(due_at.max(run.now + 1), Event::HeartbeatMissed { connection: id });
        false
    }

    /// The connection breaks now.
    pub(crate) fn cut(&mut self, run: &mut Run, id: ConnectionId, is_told: bool, cause: DownCause) {
        if self.connections[id].half_open_since.is_some() {
            return;
        }
        self.lose_tail(run, id);
        self.connections[id].down_until = run.now;
        let heard_at = run.now + run.dice.below(200);
        let server_heard_at = self.connections[id].stalled_until.max(heard_at);
        run.schedule(server_heard_at, Event::Hangup { connection: id });
        if is_told {
            run.schedule(heard_at, Event::Closed { connection: id, cause });
        } else {
            self.connections[id].half_open_since = Some(run.now);
        }
    }

    pub(crate) fn cut_off(&mut self, now: u64, id: ConnectionId) {
        let connection = &mut self.connections[id];
        if connection.half_open_since.is_none() {
            connection.half_open_since = Some(now);
            connection.up_until = connection.up_until.min(now);
            connection.down_until = now;
        }
    }

    /// Loses a part of the frames on their way to the server. The first part arrives, perhaps much later.
    fn lose_tail(&mut self, run: &mut Run, id: ConnectionId) {
        let survives = match run.dice.below(3) {
            0 => 0,
            1 => run.dice.below(2 * run.plan.network.latency + 2),
            _ => A_LOT,
        };
        let straggles = run.dice.below(run.plan.network.straggling + 1);
        let connection = &mut self.connections[id];
        connection.up_until = connection.up_until.min(run.now + survives);
        if straggles > 0 {
            connection.stalled_until = connection.stalled_until.max(run.now + straggles);
        }
    }

    /// The server learns that the connection is over.
    pub(crate) fn hung_up(&mut self, id: ConnectionId) {
        self.connections[id].server_end.life = None;
    }

    /// The connections that clients have open, in the order of their pages.
    pub(crate) fn up_by_page(&self) -> Vec<ConnectionId> {
        let is_up = |&id: &ConnectionId| self.connections[id].is_up;
        let mut up: Vec<_> = (0..self.connections.len()).filter(is_up).collect();
        up.sort_by_key(|&id| self.connections[id].page);
        up
    }
}

/// How a server refuses a client.
fn refusal(dice: &mut Dice) -> DownCause {
    match dice.below(8) {
        0 => DownCause::Final,
        1 | 2 => DownCause::RetryAfter(Millis(dice.below(30_000))),
        _ => DownCause::Lost,
    }
}

/// Long enough for everything on its way.
const A_LOT: u64 = 60_000;
/// engine.io's defaults.
pub(crate) const HEARTBEAT: u64 = 25_000;
pub(crate) const HEARTBEAT_TIMEOUT: u64 = 45_000;
