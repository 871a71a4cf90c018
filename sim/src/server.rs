//! The reference server: each id takes effect once, and answers are as bad as planned.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::engine::{DownCause, Millis, Verdict};

use crate::event::Event;
use crate::ids::{ConnectionId, MessageId};
use crate::network::{Connection, HEARTBEAT, Network};
use crate::plan::Reply;
use crate::run::Run;
use crate::sent::App;
use crate::tally::Count;
use crate::trace::note;
use crate::wire::{Caller, Dispatch, Emitted, Frame, Packet, Task};

pub(crate) struct Server {
    is_up: bool,
    /// Counts its starts. Nothing of an earlier process answers.
    life: u32,
    /// Counts how often its memory of ids was lost.
    memory: u32,
    accepted: BTreeSet<usize>,
    /// The callers that wait for the work on an id.
    working: BTreeMap<usize, Vec<Caller>>,
    /// When the rate limit allows the next message.
    free_at: u64,
}

/// How far a message has come.
pub(crate) enum Handled {
    /// It is on its way to the handler.
    Dispatched(MessageId),
    /// It reached the handler.
    Entered(MessageId),
    TookEffect {
        id: MessageId,
        /// Counts how often the server has lost its memory of ids.
        memory: u32,
    },
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            is_up: true,
            life: 1,
            memory: 0,
            accepted: BTreeSet::new(),
            working: BTreeMap::new(),
            free_at: 0,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.is_up
    }
}

impl Server {
    /// Whether this process accepted a connection.
    pub(crate) fn has(&self, connection: &Connection) -> bool {
        connection.server_end.life == Some(self.life)
    }

    /// Sends a packet over a connection that it accepted.
    pub(crate) fn send(
        &self,
        run: &mut Run,
        network: &mut Network,
        id: ConnectionId,
        packet: Packet,
    ) {
        if self.has(&network.connections[id]) {
            network.send_down(run, id, packet);
        }
    }

    pub(crate) fn crash(&mut self, run: &mut Run, network: &mut Network) {
        if !self.is_up {
            return;
        }
        note!(run, "the server dies");
        run.tally.one(Count::Crashes);
        self.is_up = false;
        self.working.clear();
        if !run.plan.server.remembers {
            self.accepted.clear();
            self.memory += 1;
        }
        let down = run.plan.server.restart;
        run.schedule(run.now + down, Event::Restarted);
        for id in 0..network.connections.len() {
            if self.has(&network.connections[id]) {
                network.cut(run, id, true, DownCause::Lost);
            }
        }
        self.life += 1;
    }

    pub(crate) fn restarted(&mut self) {
        self.is_up = true;
    }

    /// A message has ended the process that handled it, unless something else did before.
    pub(crate) fn poisoned(&mut self, run: &mut Run, network: &mut Network, life: u32) {
        if life == self.life {
            self.crash(run, network);
        }
    }

    pub(crate) fn connection_arrived(
        &mut self,
        run: &mut Run,
        network: &mut Network,
        id: ConnectionId,
    ) {
        if !self.is_up {
            return;
        }
        if run.plan.server.one_session {
            for other in 0..id {
                if self.has(&network.connections[other]) {
                    run.tally.one(Count::Replaced);
                    network.cut(run, other, true, DownCause::Kicked);
                    network.hung_up(other);
                }
            }
        }
        network.connections[id].server_end.life = Some(self.life);
    }

    /// Sends a heartbeat, unless the client's machine sleeps: queued heartbeats count as one.
    pub(crate) fn heartbeat(
        &self,
        run: &mut Run,
        network: &mut Network,
        id: ConnectionId,
        asleep_until: u64,
    ) {
        if !self.has(&network.connections[id]) {
            return;
        }
        let next = if asleep_until > run.now {
            asleep_until
        } else {
            network.send_down(run, id, Packet::Heartbeat);
            run.now + HEARTBEAT
        };
        run.schedule(next, Event::Heartbeat { connection: id });
    }

    /// It has waited for a client for its whole patience.
    pub(crate) fn patience_ends(&self, run: &mut Run, network: &mut Network, id: ConnectionId) {
        if run.plan.server.patience.is_some() && network.connections[id].is_up {
            self.kick(run, network, id);
        }
    }

    pub(crate) fn kick(&self, run: &mut Run, network: &mut Network, id: ConnectionId) {
        let cause = match run.dice.below(6) {
            0 => DownCause::RetryAfter(Millis(run.dice.below(20_000))),
            1..=3 => DownCause::Kicked,
            _ => DownCause::Lost,
        };
        network.cut(run, id, true, cause);
    }

    /// Receives a frame. Returns the message if it was one and the server takes it.
    pub(crate) fn receive(
        &mut self,
        run: &mut Run,
        network: &mut Network,
        id: ConnectionId,
        frame: Frame,
    ) -> Option<Dispatch> {
        if !self.has(&network.connections[id]) {
            return None;
        }
        if !network.connections[id].is_open {
            run.tally.one(Count::Stragglers);
        }
        match frame {
            Frame::Ping => {
                if run.plan.server.has_ping_handler {
                    network.send_down(run, id, Packet::Pong);
                }
            }
            Frame::Join => {
                refuse_other(run, network, id);
                match run.dice.weighted(run.plan.shell.joining) {
                    0 => network.send_down(run, id, Packet::Joined),
                    1 => {
                        network.send_down(run, id, Packet::Joined);
                        network.send_down(run, id, Packet::Joined);
                    }
                    2 => {}
                    _ => network.send_down(run, id, Packet::JoinRefused),
                }
            }
            // The publisher handles it.
            Frame::Read { .. } => {}
            Frame::Receipt { serial } => receive_receipt(run, network, id, serial),
            Frame::Message { id: message, attempt, is_asked } => {
                if is_too_fast(run, network, id) {
                    run.tally.one(Count::Kicked);
                    let says_so = run.plan.engine_seed.is_multiple_of(2);
                    network.cut(
                        run,
                        id,
                        true,
                        if says_so { DownCause::Kicked } else { DownCause::Lost },
                    );
                    // It does not take the frames behind this one either.
                    network.hung_up(id);
                } else {
                    return Some(Dispatch { message, attempt, is_asked, life: self.life });
                }
            }
        }
        None
    }

    /// Passes a message to its handler, unless the server has crashed meanwhile.
    pub(crate) fn dispatch(
        &mut self,
        run: &mut Run,
        network: &mut Network,
        app: &App,
        id: ConnectionId,
        dispatch: Dispatch,
    ) -> Vec<Handled> {
        if dispatch.life != self.life {
            return Vec::new();
        }
        let mut handled = vec![Handled::Dispatched(dispatch.message)];
        let end = &mut network.connections[id].server_end;
        if run.plan.server.serial && end.is_busy {
            end.backlog.push_back(dispatch);
        } else {
            self.enter(run, network, app, id, dispatch);
            handled.push(Handled::Entered(dispatch.message));
        }
        handled
    }

    /// A message reaches the handler.
    fn enter(
        &mut self,
        run: &mut Run,
        network: &mut Network,
        app: &App,
        connection: ConnectionId,
        dispatch: Dispatch,
    ) {
        let Dispatch { message: id, attempt, is_asked, .. } = dispatch;
        let caller = Caller { connection, attempt, is_asked };
        if run.plan.app.poison == Some(id) {
            run.tally.one(Count::Poisoned);
            let work = run.plan.app.poison_works;
            if work == 0 {
                return self.crash(run, network);
            }
            network.connections[caller.connection].server_end.is_busy = true;
            return run.schedule(run.now + work, Event::Poisoned { life: self.life });
        }
        let has_id = !app.messages[id].draft.once && run.plan.server.deduplicates;
        if has_id && self.accepted.contains(&id) {
            run.tally.one(Count::Deduplicated);
            return self.answer(run, network, app, id, caller, Verdict::Accepted);
        }
        if has_id && let Some(callers) = self.working.get_mut(&id) {
            callers.push(caller);
            return;
        }
        if let Some(span) = self.over_the_limit(run) {
            return self.answer(run, network, app, id, caller, Verdict::TryAfter(Millis(span)));
        }
        let plan = run.plan.server;
        let mut is_silent = false;
        let verdict = match run.dice.weighted(plan.verdicts) {
            0 => Verdict::Accepted,
            1 => Verdict::Refused,
            2 => Verdict::TryAgain,
            3 => Verdict::TryAfter(Millis(run.dice.magnitude(1, 30_000))),
            _ => {
                is_silent = true;
                if run.dice.chance(500) { Verdict::Accepted } else { Verdict::TryAgain }
            }
        };
        if has_id {
            self.working.insert(id, Vec::new());
        }
        network.connections[caller.connection].server_end.is_busy = true;
        let task = Task { id, caller, life: self.life, verdict, is_silent };
        let (least, most) = plan.work;
        let at = run.now + run.dice.between(least, most);
        run.schedule(at, Event::Finished { task });
    }

    fn over_the_limit(&mut self, run: &Run) -> Option<u64> {
        let rate = run.plan.server.rate?;
        let burst = 1_000;
        if self.free_at > run.now + burst {
            return Some(self.free_at - run.now - burst);
        }
        self.free_at = self.free_at.max(run.now) + 1_000 / rate;
        None
    }

    /// A handler has finished, and the next waiting messages are passed on.
    pub(crate) fn finished(
        &mut self,
        run: &mut Run,
        network: &mut Network,
        app: &App,
        task: Task,
    ) -> Vec<Handled> {
        let Task { id, caller, life, verdict, is_silent } = task;
        let mut handled = Vec::new();
        if life != self.life {
            return handled;
        }
        network.connections[caller.connection].server_end.is_busy = false;
        if verdict == Verdict::Accepted {
            handled.push(self.take_effect(run, network, app, id));
        }
        let others = self.working.remove(&id).unwrap_or_default();
        if !is_silent {
            for caller in std::iter::once(caller).chain(others) {
                self.answer(run, network, app, id, caller, verdict);
            }
        }
        self.work_on(run, network, app, caller.connection, &mut handled);
        handled
    }

    /// Passes on the messages that waited for their turn on a connection.
    fn work_on(
        &mut self,
        run: &mut Run,
        network: &mut Network,
        app: &App,
        connection: ConnectionId,
        handled: &mut Vec<Handled>,
    ) {
        while let end = &mut network.connections[connection].server_end
            && !end.is_busy
            && let Some(dispatch) = end.backlog.pop_front()
        {
            self.enter(run, network, app, connection, dispatch);
            handled.push(Handled::Entered(dispatch.message));
        }
    }

    fn take_effect(
        &mut self,
        run: &mut Run,
        network: &mut Network,
        app: &App,
        id: MessageId,
    ) -> Handled {
        note!(run, "effect of message {id}");
        if run.plan.server.deduplicates && !app.messages[id].draft.once {
            self.accepted.insert(id);
        }
        if run.dice.chance(run.plan.server.confirms) {
            for connection in network.up_by_page() {
                self.send(run, network, connection, Packet::Confirmation { id });
            }
        }
        Handled::TookEffect { id, memory: self.memory }
    }

    fn answer(
        &self,
        run: &mut Run,
        network: &mut Network,
        app: &App,
        id: usize,
        caller: Caller,
        verdict: Verdict,
    ) {
        let Caller { connection, attempt, is_asked } = caller;
        if verdict == Verdict::Refused && run.letters.chance(run.plan.letters.rejects) {
            self.send(run, network, connection, Packet::Rejection { id });
        }
        let event = app.messages[id].draft.event as usize;
        let is_silent = run.plan.receipting.is_some_and(|plan| !plan.acknowledges[event]);
        if is_silent || !is_asked {
            return;
        }
        let packet = Packet::Ack { id, attempt, verdict };
        let plan = run.plan.server;
        if run.dice.chance(plan.late_answers) {
            let at = run.now + run.dice.magnitude(1_000, 60_000);
            run.schedule(at, Event::LateAnswer { connection, packet });
        } else {
            self.send(run, network, connection, packet);
        }
        if run.dice.chance(plan.double_answers) {
            self.send(run, network, connection, packet);
        }
    }
}

/// Whether more messages come over a connection than the server takes in a second.
fn is_too_fast(run: &Run, network: &mut Network, id: ConnectionId) -> bool {
    let Some(most) = run.plan.server.guard else { return false };
    let now = run.now;
    let taken = &mut network.connections[id].server_end.taken;
    taken.retain(|&at| at + 1_000 > now);
    taken.push_back(now);
    taken.len() > most
}

/// Refuses a room that the app itself had asked for.
fn refuse_other(run: &mut Run, network: &mut Network, id: ConnectionId) {
    let refuses = run.plan.feed.map_or(0, |plan| plan.refuses_others);
    if refuses > 0 && run.feed.chance(refuses) {
        network.send_down(run, id, Packet::Event(Emitted::OtherRefused));
    }
}

/// The server receives a CONNECT for a namespace, which exists or not.
fn receive_receipt(run: &mut Run, network: &mut Network, id: ConnectionId, serial: usize) {
    let Some(plan) = run.plan.receipting else { return };
    let name = network.connections[id].asked.name(serial);
    let is_plain = plan.reply == Reply::Plain;
    if plan.reply == Reply::Never {
        return;
    }
    let packet = Packet::Receipt { serial: Some(serial), name, is_plain };
    let is_late = !run.is_kind_now() && run.fate.chance(plan.late);
    let late = if is_late { run.fate.magnitude(100, 20_000) } else { 0 };
    let at = network.connections[id].asked.answers_at.max(run.now + late);
    network.connections[id].asked.answers_at = at;
    answer_receipt(run, network, id, at, packet);
    if run.fate.chance(plan.twice) {
        answer_receipt(run, network, id, at, packet);
    }
    if run.fate.chance(plan.forged) {
        let name = 9 + run.fate.below(90) as u32;
        answer_receipt(run, network, id, at, Packet::Receipt { serial: None, name, is_plain });
    }
}

fn answer_receipt(run: &mut Run, network: &mut Network, id: ConnectionId, at: u64, packet: Packet) {
    if at > run.now {
        run.schedule(at, Event::LateAnswer { connection: id, packet });
    } else {
        network.send_down(run, id, packet);
    }
}
