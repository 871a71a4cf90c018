//! The reference server: it takes a message's effect once by its id, and answers as badly as planned.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::engine::{DownCause, Millis, Verdict};

use crate::app::LaneKey;
use crate::event::Event;
use crate::ids::ConnectionId;
use crate::tally::Count;
use crate::trace::note;
use crate::violated;
use crate::wire::{Caller, Dispatch, Frame, Packet, Task};
use crate::world::World;

pub(crate) struct Server {
    is_up: bool,
    /// Counts its starts: nothing of an earlier life answers.
    life: u32,
    /// Counts the times that its memory of ids was lost.
    memory: u32,
    accepted: BTreeSet<usize>,
    /// Who waits for the work on an id.
    working: BTreeMap<usize, Vec<Caller>>,
    /// Effects, with the memory that could have prevented a second one.
    effects: BTreeSet<(usize, u32)>,
    /// The messages of each lane that reached the handler, and the strict ones that took effect.
    entered: BTreeMap<LaneKey, BTreeSet<usize>>,
    took_effect: BTreeMap<LaneKey, BTreeSet<usize>>,
    /// When the next message is within the limit of the rate.
    free_at: u64,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            is_up: true,
            life: 1,
            memory: 0,
            accepted: BTreeSet::new(),
            working: BTreeMap::new(),
            effects: BTreeSet::new(),
            entered: BTreeMap::new(),
            took_effect: BTreeMap::new(),
            free_at: 0,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.is_up
    }

    pub(crate) fn life(&self) -> Option<u32> {
        Some(self.life)
    }

    pub(crate) fn has_taken(&self, id: usize) -> bool {
        self.effects.range((id, 0)..=(id, u32::MAX)).next().is_some()
    }
}

impl World {
    pub(crate) fn crash(&mut self) {
        if !self.server.is_up {
            return;
        }
        note!(self.run, "the server dies");
        self.run.tally.one(Count::Crashes);
        self.server.is_up = false;
        self.server.working.clear();
        if !self.run.plan.server.remembers {
            self.server.accepted.clear();
            self.server.memory += 1;
        }
        let life = self.server.life();
        let down = self.run.plan.server.restart;
        self.run.schedule(self.run.now + down, Event::Restarted);
        for id in 0..self.network.connections.len() {
            if self.network.connections[id].server_end.life == life {
                self.cut(id, true, DownCause::Lost);
            }
        }
        self.server.life += 1;
    }

    pub(crate) fn restarted(&mut self) {
        self.server.is_up = true;
    }

    pub(crate) fn connection_arrived(&mut self, id: ConnectionId) {
        if !self.server.is_up {
            return;
        }
        let life = self.server.life();
        if self.run.plan.server.one_session {
            for other in 0..id {
                if self.network.connections[other].server_end.life == life {
                    self.run.tally.one(Count::Replaced);
                    self.cut(other, true, DownCause::Kicked);
                    self.hung_up(other);
                }
            }
        }
        self.network.connections[id].server_end.life = life;
    }

    pub(crate) fn hung_up(&mut self, id: ConnectionId) {
        self.network.connections[id].server_end.life = None;
    }

    pub(crate) fn kick(&mut self, id: ConnectionId) {
        let cause = match self.run.dice.below(6) {
            0 => DownCause::RetryAfter(Millis(self.run.dice.below(20_000))),
            1..=3 => DownCause::Kicked,
            _ => DownCause::Lost,
        };
        self.cut(id, true, cause);
    }

    pub(crate) fn receive(&mut self, id: ConnectionId, frame: Frame) {
        match frame {
            Frame::Ping => {
                if self.run.plan.server.has_ping_handler {
                    self.send_down(id, Packet::Pong);
                }
            }
            Frame::Join => {
                self.refuse_other(id);
                match self.run.dice.weighted(self.run.plan.shell.joining) {
                    0 => self.send_down(id, Packet::Joined),
                    1 => {
                        self.send_down(id, Packet::Joined);
                        self.send_down(id, Packet::Joined);
                    }
                    2 => {}
                    _ => self.send_down(id, Packet::JoinRefused),
                }
            }
            Frame::Receipt { serial } => self.receive_receipt(id, serial),
            Frame::Message { id: message, attempt, is_asked } => {
                if self.is_too_fast(id) {
                    self.run.tally.one(Count::Kicked);
                    let says_so = self.run.plan.engine_seed.is_multiple_of(2);
                    self.cut(id, true, if says_so { DownCause::Kicked } else { DownCause::Lost });
                    // Nor does it take what is behind this one.
                    return self.hung_up(id);
                }
                self.check_owner_at_server(message, id);
                let dispatch = Dispatch { message, attempt, is_asked, life: self.server.life };
                if self.run.plan.receipting.is_some() {
                    // Like socket.io: what is decoded is dispatched a moment later, and its receipt answered at once.
                    self.run.schedule(self.run.now, Event::Dispatch { connection: id, dispatch });
                } else {
                    self.dispatch(id, dispatch);
                }
            }
        }
    }

    /// A message that arrived is handed to its handler, unless the server has died in between.
    pub(crate) fn dispatch(&mut self, id: ConnectionId, dispatch: Dispatch) {
        if dispatch.life != self.server.life {
            return;
        }
        self.app.messages[dispatch.message].has_arrived = true;
        let end = &mut self.network.connections[id].server_end;
        if self.run.plan.server.serial && end.is_busy {
            end.backlog.push_back(dispatch);
        } else {
            self.enter(id, dispatch);
        }
    }

    /// Whether more messages come over a connection than the server takes in a second.
    fn is_too_fast(&mut self, id: ConnectionId) -> bool {
        let Some(most) = self.run.plan.server.guard else { return false };
        let now = self.run.now;
        let taken = &mut self.network.connections[id].server_end.taken;
        taken.retain(|&at| at + 1_000 > now);
        taken.push_back(now);
        taken.len() > most
    }

    /// A message reaches the handler.
    fn enter(&mut self, connection: ConnectionId, dispatch: Dispatch) {
        let Dispatch { message: id, attempt, is_asked, .. } = dispatch;
        let caller = Caller { connection, attempt, is_asked };
        self.check_entry(id);
        if self.run.plan.app.poison == Some(id) {
            self.run.tally.one(Count::Poisoned);
            let work = self.run.plan.app.poison_works;
            if work == 0 {
                return self.crash();
            }
            self.network.connections[caller.connection].server_end.is_busy = true;
            return self
                .run
                .schedule(self.run.now + work, Event::Poisoned { life: self.server.life });
        }
        let has_id = !self.app.messages[id].draft.once && self.run.plan.server.deduplicates;
        if has_id && self.server.accepted.contains(&id) {
            self.run.tally.one(Count::Deduplicated);
            return self.answer(id, caller, Verdict::Accepted);
        }
        if has_id && let Some(callers) = self.server.working.get_mut(&id) {
            callers.push(caller);
            return;
        }
        if let Some(span) = self.over_the_limit() {
            return self.answer(id, caller, Verdict::TryAfter(Millis(span)));
        }
        let plan = self.run.plan.server;
        let mut is_silent = false;
        let verdict = match self.run.dice.weighted(plan.verdicts) {
            0 => Verdict::Accepted,
            1 => Verdict::Refused,
            2 => Verdict::TryAgain,
            3 => Verdict::TryAfter(Millis(self.run.dice.magnitude(1, 30_000))),
            _ => {
                is_silent = true;
                if self.run.dice.chance(500) { Verdict::Accepted } else { Verdict::TryAgain }
            }
        };
        if has_id {
            self.server.working.insert(id, Vec::new());
        }
        self.network.connections[caller.connection].server_end.is_busy = true;
        let task = Task { id, caller, life: self.server.life, verdict, is_silent };
        let (least, most) = plan.work;
        let at = self.run.now + self.run.dice.between(least, most);
        self.run.schedule(at, Event::Finished { task });
    }

    fn over_the_limit(&mut self) -> Option<u64> {
        let rate = self.run.plan.server.rate?;
        let burst = 1_000;
        if self.server.free_at > self.run.now + burst {
            return Some(self.server.free_at - self.run.now - burst);
        }
        self.server.free_at = self.server.free_at.max(self.run.now) + 1_000 / rate;
        None
    }

    pub(crate) fn finished(&mut self, task: Task) {
        let Task { id, caller, life, verdict, is_silent } = task;
        if life != self.server.life {
            return;
        }
        self.network.connections[caller.connection].server_end.is_busy = false;
        if verdict == Verdict::Accepted {
            self.take_effect(id);
        }
        let others = self.server.working.remove(&id).unwrap_or_default();
        if !is_silent {
            for caller in std::iter::once(caller).chain(others) {
                self.answer(id, caller, verdict);
            }
        }
        self.work_on(caller.connection);
    }

    /// What waited for its turn on a connection.
    fn work_on(&mut self, connection: ConnectionId) {
        while let end = &mut self.network.connections[connection].server_end
            && !end.is_busy
            && let Some(dispatch) = end.backlog.pop_front()
        {
            self.enter(connection, dispatch);
        }
    }

    fn take_effect(&mut self, id: usize) {
        note!(self.run, "effect of message {id}");
        let message = &self.app.messages[id];
        if message.is_promised_away {
            violated!("maybeDelivered", "message {id} took effect, and the app was told that not");
        }
        let draft = message.draft;
        let is_new = self.server.effects.insert((id, self.server.memory));
        if (draft.once || self.run.plan.server.deduplicates) && !is_new {
            violated!("once", "message {id} took effect twice");
        }
        if draft.strict {
            let lane = self.app.messages[id].lane();
            let before = self.server.took_effect.entry(lane).or_default();
            before.insert(id);
            if let Some(newer) = self.newer_of(id, &self.server.took_effect[&lane]) {
                violated!("strict", "message {newer} took effect before message {id}");
            }
        }
        if self.run.plan.server.deduplicates && !draft.once {
            self.server.accepted.insert(id);
        }
        if self.run.dice.chance(self.run.plan.server.confirms) {
            let connections = self.living().filter_map(|page| page.connection);
            let up: Vec<_> = connections.filter(|&id| self.network.connections[id].is_up).collect();
            for connection in up {
                self.send_down(connection, Packet::Confirmation { id });
            }
        }
    }

    /// Messages of a lane reach the handler for the first time in send order, but for those that
    /// had settled before.
    fn check_entry(&mut self, id: usize) {
        let message = &mut self.app.messages[id];
        if std::mem::replace(&mut message.has_entered, true) {
            return;
        }
        let lane = message.lane();
        self.server.entered.entry(lane).or_default().insert(id);
        if let Some(newer) = self.newer_of(id, &self.server.entered[&lane]) {
            violated!("I3", "message {newer} reached the handler before message {id}");
        }
    }

    /// One of these that was to come after a message, which is unsettled.
    fn newer_of(&self, id: usize, before: &BTreeSet<usize>) -> Option<usize> {
        let message = &self.app.messages[id];
        let is_same = |&&other: &&usize| message.goes_with(&self.app.messages[other]);
        let newer = before.range(id + 1..).find(is_same).copied();
        newer.filter(|_| !self.has_settled(id))
    }

    fn answer(&mut self, id: usize, caller: Caller, verdict: Verdict) {
        let Caller { connection, attempt, is_asked } = caller;
        if verdict == Verdict::Refused && self.run.letters.chance(self.run.plan.letters.rejects) {
            self.send_down(connection, Packet::Rejection { id });
        }
        let event = self.app.messages[id].draft.event as usize;
        let is_silent = self.run.plan.receipting.is_some_and(|plan| !plan.acknowledges[event]);
        if is_silent || !is_asked {
            return;
        }
        let packet = Packet::Ack { id, attempt, verdict };
        let plan = self.run.plan.server;
        if self.run.dice.chance(plan.late_answers) {
            let at = self.run.now + self.run.dice.magnitude(1_000, 60_000);
            self.run.schedule(at, Event::LateAnswer { connection, packet });
        } else {
            self.send_down(connection, packet);
        }
        if self.run.dice.chance(plan.double_answers) {
            self.send_down(connection, packet);
        }
    }
}
