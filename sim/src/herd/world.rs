//! One outage: a herd that is connected, loses its server, and gets it back.

use super::agenda::Agenda;
use super::curve::Curve;
use super::server::{Answer, Overload, Server};
use super::{Herd, Loss, Options};
use crate::dice::Dice;

/// Its place in the herd.
pub(super) type ClientId = u32;
/// The number that a client gave its attempt.
pub(super) type Attempt = u32;

/// Clients that want to be connected: all of one make.
pub(super) trait Clients {
    /// Is told to connect for the first time.
    fn open(&mut self, client: ClientId, world: &mut World);

    /// Is told what happened.
    fn told(&mut self, client: ClientId, fact: Fact, world: &mut World);

    /// The user sends a message.
    fn send(&mut self, client: ClientId, world: &mut World);
}

/// What a client is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fact {
    /// It is the time that it asked for.
    Time,
    Accepted(Attempt),
    Refused(Attempt),
    /// The connection ended, and the client can see it.
    Lost(Attempt),
    /// The transport's own heartbeat came.
    Heartbeat(Attempt),
    Pong(Attempt),
    /// The oldest message that was transmitted.
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
    /// The connection of each client that the server knows of.
    links: Vec<Option<Attempt>>,
    round_trips: Vec<u64>,
    curve: Curve,
    send_gap: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// All connect, as slowly as need be.
    Before,
    Outage,
    After,
}

impl World {
    pub(super) fn now(&self) -> u64 {
        self.agenda.now()
    }

    /// The client wants to be told the time then.
    pub(super) fn wake(&mut self, client: ClientId, at: u64) {
        self.agenda.plan(at, (client, Event::Told(Fact::Time)));
    }

    /// Answers when the client will be told what came of it, if ever.
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

    /// The client, having been told, takes the connection.
    pub(super) fn connected(&mut self, client: ClientId, attempt: Attempt) {
        self.links[client as usize] = Some(attempt);
        self.agenda.plan(self.now() + HEARTBEAT, (client, Event::Beats(attempt)));
        if self.stage != Stage::Before {
            self.curve.came_back(self.now());
        }
    }

    /// Gives up what it had. Nobody has a reason to give up a connection that works.
    pub(super) fn hung_up(&self, client: ClientId) {
        assert!(self.links[client as usize].is_none(), "client {client} left a live connection");
    }

    /// The client says something, and the server answers if it hears it, which this tells.
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

/// Plays an outage until all are back, or an hour after the server.
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
    // Clients meet at the server only. Until it is back each is played by itself, which is many times faster: all
    // there is of it stays at hand.
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

/// The server's heartbeat: engine.io's default.
const HEARTBEAT: u64 = 25_000;
/// In it all connect, at random moments of the first half, so that their heartbeats are spread.
const WARM_UP: u64 = 60_000;
/// After which a run ends, whoever is missing.
const PATIENCE: u64 = 3_600_000;
