//! An engine in virtual time, and its orders.

#![allow(dead_code, reason = "each test binary uses its part")]

use holdfast::engine::{
    Config, Draft, Engine, Epoch, Grant, Input, Millis, Moment, Outcome, Output, Seq, Verdict,
};

/// Drives one engine. Records every order.
pub struct World {
    pub engine: Engine,
    pub now: u64,
    /// How much too early the caller's clock is. It changes the time that the engine is given, not the real one.
    pub behind: u64,
    pub log: Vec<(u64, Output)>,
    seen: usize,
}

pub fn draft(lane: u32) -> Draft {
    Draft { lane, bytes: 100, ttl: Millis(86_400_000), ..Draft::default() }
}

impl World {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        Self {
            engine: Engine::new(config, 1, Moment(0)),
            now: 0,
            behind: 0,
            log: Vec::new(),
            seen: 0,
        }
    }

    /// An engine whose link is ready.
    pub fn ready() -> Self {
        Self::ready_with(Config::default())
    }

    pub fn ready_with(config: Config) -> Self {
        let mut world = Self::with(config);
        world.open();
        world.connect();
        world.fresh();
        world
    }

    pub fn at(&self) -> Moment {
        Moment(self.now.saturating_sub(self.behind))
    }

    pub fn open(&mut self) {
        self.engine.open(self.at());
        self.drain();
    }

    /// Answers the pending attempt until the link is ready.
    pub fn connect(&mut self) {
        let epoch = self.epoch();
        self.tell(Input::Authorized { epoch, grant: Grant::Granted });
        self.tell(Input::LinkUp { epoch, join: true });
        self.tell(Input::Joined { epoch });
        assert!(self.engine.status().is_ready(), "{:?}", self.engine.status());
    }

    /// The number of the last attempt.
    pub fn epoch(&self) -> Epoch {
        self.any_epoch().expect("an attempt")
    }

    pub fn any_epoch(&self) -> Option<Epoch> {
        let of = |(_, output): &(u64, Output)| match *output {
            Output::Authorize { epoch } => Some(epoch),
            _ => None,
        };
        self.log.iter().rev().find_map(of)
    }

    pub fn tell(&mut self, input: Input) {
        self.engine.handle(self.at(), input);
        self.drain();
    }

    pub fn send(&mut self, lane: u32) -> Seq {
        self.send_draft(draft(lane))
    }

    pub fn send_draft(&mut self, draft: Draft) -> Seq {
        let seq = self.engine.send(self.at(), draft).expect("taken");
        self.drain();
        seq
    }

    /// An answer, which also counts as a packet.
    pub fn ack(&mut self, seq: Seq, attempt: u32, verdict: Verdict) {
        if let Some(epoch) = self.any_epoch() {
            self.engine.handle(self.at(), Input::Heard { epoch });
        }
        self.tell(Input::Acked { seq, attempt, verdict });
    }

    pub fn accept(&mut self, seq: Seq) {
        self.ack(seq, 1, Verdict::Accepted);
    }

    pub fn lose_link(&mut self) {
        let epoch = self.epoch();
        self.tell(Input::LinkDown { epoch, cause: holdfast::engine::DownCause::Lost });
    }

    /// Loses the link and waits until the next one is ready.
    pub fn replace_link(&mut self) {
        self.lose_link();
        self.reconnect();
    }

    pub fn reconnect(&mut self) {
        let wait = self.engine.status().next_attempt_at.expect("a planned attempt");
        self.run_to(wait.0);
        self.connect();
    }

    /// Lets time pass, and handles every deadline on the way at its time (I6).
    pub fn run_to(&mut self, until: u64) {
        while let Some(at) = self.engine.poll_timeout().filter(|at| at.0 <= until) {
            self.now = self.now.max(at.0);
            self.engine.handle_timeout(self.at());
            self.drain();
            let next = self.engine.poll_timeout();
            assert!(next.is_none_or(|next| next > self.at()), "I6: {next:?} at {}", self.now);
        }
        self.now = until;
    }

    /// A single timer that fires late.
    pub fn wake_late(&mut self, at: u64) {
        self.now = at;
        self.engine.handle_timeout(self.at());
        self.drain();
    }

    pub fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            self.log.push((self.now, output));
        }
    }

    /// The orders since the last call, except changes.
    pub fn fresh(&mut self) -> Vec<Output> {
        let fresh = self.log[self.seen..].iter().map(|&(_, output)| output);
        let fresh = fresh.filter(|output| *output != Output::Changed).collect();
        self.seen = self.log.len();
        fresh
    }

    /// The messages that left since the last call of this or of `fresh`.
    pub fn left(&mut self) -> Vec<Seq> {
        let transmitted = |output: Output| match output {
            Output::Transmit { seq, .. } => Some(seq),
            _ => None,
        };
        self.fresh().into_iter().filter_map(transmitted).collect()
    }

    /// The result of a message. Checks that it settled once.
    pub fn outcome(&self, of: Seq) -> Option<(Outcome, bool)> {
        let settled = |&(_, output): &(u64, Output)| match output {
            Output::Settle { seq, outcome, maybe_delivered } if seq == of => {
                Some((outcome, maybe_delivered))
            }
            _ => None,
        };
        let all: Vec<_> = self.log.iter().filter_map(settled).collect();
        assert!(all.len() <= 1, "I1: settled twice: {all:?}");
        all.first().copied()
    }
}
