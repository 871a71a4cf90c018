//! One outage: a connected herd loses its server and gets it back.

use super::agenda::Agenda;
use super::curve::Curve;
use super::server::{Answer, Overload, Server};
use super::{Herd, Loss, Options};
use crate::dice::Dice;

/// The client's index in the herd.
pub(super) type ClientId = u32;
/// The number that a client gave its attempt.
pub(super) type Attempt = u32;

/// Clients of one kind.
pub(super) trait Clients {
    /// Connects for the first time.
    fn open(&mut self, client: ClientId, world: &mut World);

    /// A fact for a client.
    fn told(&mut self, client: ClientId, fact: Fact, world: &mut World);

    /// The user sends a message.
    fn send(&mut self, client: ClientId, world: &mut World);
}

/// Facts for a client.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fact {
    /// The time that it asked for has come.
    Time,
    Accepted(Attempt),
    Refused(Attempt),
    /// The connection ended visibly.
    Lost(Attempt),
    /// The transport's own heartbeat came.
    Heartbeat(Attempt),
    Pong(Attempt),
    /// The oldest transmitted message was acknowledged.
    Acked,
}

#[derive(Clone, Copy)]
enum Event {
    Opens,
    Sends,
    /// The server sends its heartbeat.
    Beats(Attempt),
    Told(Fact),
}

pub(super) struct World {
    agenda: Agenda<(ClientId, Event)>,
    server: Server,
    pub(super) dice: Dice,
    /// The connection of each client, as the server knows it.
    links: Vec<Option<Attempt>>,
    round_trips: Vec<u64>,
    curve: Curve,
    send_gap: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// All clients connect, as slowly as necessary.
    Before,
    Outage,
    After,
}

impl World {
    pub(super) fn now(&self) -> u64 {
        self.agenda.now()
    }

    /// The client asks to be called at this time.
    pub(super) fn wake(&mut self, client: ClientId, at: u64) {
        self.agenda.plan(at, (client, Event::Told(Fact::Time)));
    }

    /// The client makes an attempt. Returns when it will learn the result, if ever.
    pub(super) fn attempt(&mut self, client: ClientId, attempt: Attempt) -> Option<u64> {
        let now = self.now();
        let answer = if self.stage == Stage::Before {
            Answer::AcceptedAt(now)
        } else {
            self.curve.attempted(now);
            self.server.attempt(now)
        };
        let (at, fact) = match answer {
            Answer::AcceptedAt(at) => (at, Fact::Accepted(attempt)),
            Answer::Refused => (now, Fact::Refused(attempt)),
            Answer::None => return None,
        };
        Some(self.tell_after_trip(client, at, fact))
    }

    /// The client accepts the connection that it was told of.
    pub(super) fn connected(&mut self, client: ClientId, attempt: Attempt) {
        self.links[client as usize] = Some(attempt);
        self.agenda.plan(self.now() + HEARTBEAT, (client, Event::Beats(attempt)));
        if self.stage != Stage::Before {
            self.curve.came_back(self.now());
        }
    }

    /// The client gives up what it had. No client has a reason to give up a working connection.
    pub(super) fn hung_up(&self, client: ClientId) {
        assert!(self.links[client as usize].is_none(), "client {client} left a live connection");
    }

    /// The client sends something. If the server receives it, the answer will be `answer`.
    pub(super) fn ask(&mut self, client: ClientId, answer: Fact) -> bool {
        let is_heard = self.links[client as usize].is_some();
        if is_heard {
            self.tell_after_trip(client, self.now(), answer);
        }
        is_heard
    }

    fn tell_after_trip(&mut self, client: ClientId, at: u64, fact: Fact) -> u64 {
        let at = at + self.round_trips[client as usize];
        self.agenda.plan(at, (client, Event::Told(fact)));
        at
    }

    fn happen(&mut self, client: ClientId, event: Event, clients: &mut impl Clients) {
        match event {
            Event::Opens => clients.open(client, self),
            Event::Sends => {
                if self.links[client as usize].is_none() {
                    clients.send(client, self);
                    let gap = self.dice.between(self.send_gap / 2, self.send_gap * 3 / 2);
                    self.agenda.plan(self.now() + gap, (client, Event::Sends));
                }
            }
            Event::Beats(attempt) => {
                if self.links[client as usize] == Some(attempt) {
                    clients.told(client, Fact::Heartbeat(attempt), self);
                    self.agenda.plan(self.now() + HEARTBEAT, (client, Event::Beats(attempt)));
                }
            }
            Event::Told(fact) => clients.told(client, fact, self),
        }
    }

    /// The server is gone, and with it all connections.
    fn strike(&mut self, client: ClientId, herd: &Herd, options: &Options) {
        self.stage = Stage::Outage;
        let now = self.now();
        let attempt = self.links[client as usize].take().expect("all connected");
        if herd.loss == Loss::Seen {
            let at = now + self.round_trips[client as usize] / 2;
            self.agenda.plan(at, (client, Event::Told(Fact::Lost(attempt))));
        }
        if self.dice.chance(options.senders_permille) {
            let at = now + self.dice.below(herd.outage.min(options.send_gap));
            self.agenda.plan(at, (client, Event::Sends));
        }
    }

    fn run(&mut self, end: u64, clients: &mut impl Clients) {
        while let Some((client, event)) = self.agenda.next(end) {
            self.happen(client, event, clients);
            if self.stage == Stage::After && self.curve.are_all_back() {
                return;
            }
        }
    }
}

/// Plays an outage until all clients are back, or until an hour after the server's return.
pub(super) fn play(herd: &Herd, options: &Options, clients: &mut impl Clients) -> Curve {
    let mut dice = Dice::new(options.seed);
    let absence = match herd.loss {
        Loss::Seen => Overload::Refuses,
        Loss::Silent => Overload::Hangs,
    };
    let count = options.clients;
    let back_at = WARM_UP + herd.outage;
    let mut world = World {
        agenda: Agenda::new(),
        server: Server::new(options.capacity, options.queue, herd.overload, absence),
        links: vec![None; count as usize],
        round_trips: (0..count).map(|_| dice.between(20, 200)).collect(),
        curve: Curve::new(WARM_UP, back_at, count),
        send_gap: options.send_gap,
        stage: Stage::Before,
        dice,
    };
    // Clients interact only at the server. Until it is back each client is played separately, which is many times
    // faster because its data stays in the CPU's cache.
    let mut plans = Vec::new();
    world.server.leave();
    for client in 0..count {
        world.stage = Stage::Before;
        let at = world.dice.below(WARM_UP / 2);
        world.agenda.plan(at, (client, Event::Opens));
        world.run(WARM_UP, clients);
        world.strike(client, herd, options);
        world.run(back_at, clients);
        plans.extend(world.agenda.clear());
    }
    for (at, plan) in plans {
        world.agenda.plan(at, plan);
    }
    world.stage = Stage::After;
    world.server.come_back();
    world.run(back_at + PATIENCE, clients);
    world.curve
}

/// The server's heartbeat interval: engine.io's default.
const HEARTBEAT: u64 = 25_000;
/// The time in which all clients connect, at random moments of its first half, so that their heartbeats are spread.
const WARM_UP: u64 = 60_000;
/// The time after which a run ends, whether or not all clients are back.
const PATIENCE: u64 = 3_600_000;
