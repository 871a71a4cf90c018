//! Clients with the real engine, and a minimal shell.

use std::collections::VecDeque;

use holdfast::engine::{
    Config, DownCause, Draft, Engine, Epoch, Grant, Input, Millis, Moment, Output, Seq, Verdict,
};

use super::world::{ClientId, Clients, Fact, World};

pub(super) struct Ours(Vec<Client>);

struct Client {
    engine: Engine,
    /// The time that the timer is set for, if it is set.
    armed: Option<u64>,
    /// The messages that the server received and has yet to answer.
    transmitted: VecDeque<(Seq, u32)>,
}

impl Ours {
    /// Makes clients with default options and without a room to join.
    pub(super) fn new(count: u32, seed: u64) -> Self {
        let client = |index| Client {
            engine: Engine::new(Config::default(), seed ^ (u64::from(index) << 20), Moment(0)),
            armed: None,
            transmitted: VecDeque::new(),
        };
        Self((0..count).map(client).collect())
    }

    fn step(&mut self, id: ClientId, world: &mut World, call: impl FnOnce(&mut Engine, Moment)) {
        let client = &mut self.0[id as usize];
        call(&mut client.engine, Moment(world.now()));
        while let Some(output) = client.engine.poll_output() {
            client.carry_out(id, output, world);
        }
        client.arm(id, world);
    }
}

impl Clients for Ours {
    fn open(&mut self, client: ClientId, world: &mut World) {
        self.step(client, world, Engine::open);
    }

    fn told(&mut self, id: ClientId, fact: Fact, world: &mut World) {
        let input = match fact {
            Fact::Time => {
                let client = &mut self.0[id as usize];
                // A timer that was set again for an earlier time has fired already.
                if client.armed == Some(world.now()) {
                    client.armed = None;
                    self.step(id, world, Engine::handle_timeout);
                }
                return;
            }
            Fact::Accepted(attempt) => Input::LinkUp { epoch: Epoch(attempt), join: false },
            Fact::Refused(attempt) | Fact::Lost(attempt) => {
                Input::LinkDown { epoch: Epoch(attempt), cause: DownCause::Lost }
            }
            Fact::Heartbeat(attempt) => Input::Heard { epoch: Epoch(attempt) },
            Fact::Pong(attempt) => Input::Ponged { epoch: Epoch(attempt) },
            Fact::Acked => {
                let transmitted = self.0[id as usize].transmitted.pop_front();
                let (seq, attempt) = transmitted.expect("each is answered once");
                Input::Acked { seq, attempt, verdict: Verdict::Accepted }
            }
        };
        let was_ready = self.0[id as usize].engine.status().is_ready();
        self.step(id, world, |engine, now| engine.handle(now, input));
        if let Fact::Accepted(attempt) = fact
            && !was_ready
            && self.0[id as usize].engine.status().is_ready()
        {
            world.connected(id, attempt);
        }
    }

    fn send(&mut self, client: ClientId, world: &mut World) {
        let draft = Draft { bytes: 200, ttl: DAY, ..Draft::default() };
        self.step(client, world, |engine, now| {
            engine.send(now, draft).expect("room for a message a minute");
        });
    }
}

impl Client {
    fn carry_out(&mut self, id: ClientId, output: Output, world: &mut World) {
        match output {
            Output::Authorize { epoch } => {
                let input = Input::Authorized { epoch, grant: Grant::Granted };
                self.engine.handle(Moment(world.now()), input);
            }
            Output::Connect { epoch, .. } => {
                world.attempt(id, epoch.0);
            }
            Output::Disconnect { .. } => world.hung_up(id),
            Output::Ping { epoch } => {
                world.ask(id, Fact::Pong(epoch.0));
            }
            Output::Transmit { seq, attempt } => {
                if world.ask(id, Fact::Acked) {
                    self.transmitted.push_back((seq, attempt));
                }
            }
            Output::Store { .. }
            | Output::Join { .. }
            | Output::Settle { .. }
            | Output::Unanswered { .. }
            | Output::Report(_)
            | Output::Changed => {}
        }
    }

    /// Sets the one timer. It is never set later, as in the package's shell.
    fn arm(&mut self, id: ClientId, world: &mut World) {
        let Some(Moment(at)) = self.engine.poll_timeout() else { return };
        let at = at.max(world.now() + 1);
        if self.armed.is_none_or(|armed| at < armed) {
            self.armed = Some(at);
            world.wake(id, at);
        }
    }
}

/// The default time to live of a message.
const DAY: Millis = Millis(86_400_000);
