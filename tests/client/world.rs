//! A client in virtual time, its orders, and a server that answers receipts on demand.

use std::collections::VecDeque;

use holdfast::client::claim::Ending;
use holdfast::client::deliveries::Sending;
use holdfast::client::identity::User;
use holdfast::client::verdict::{Acknowledgement, Reading};
use holdfast::client::{Client, Order};
use holdfast::engine::{
    Config, DownCause, Epoch, Input, Millis, Moment, Outcome, Output, Seq, Verdict, Way,
};

/// Drives one client. Records every order.
pub struct World {
    pub client: Client,
    pub now: u64,
    /// The generation of the user's logouts in storage.
    pub generation: Option<u64>,
    /// The user that the app and its credentials name when they are asked.
    pub name: User,
    pub subject: User,
    pub polling: bool,
    /// The transport has more to send than the link takes.
    pub clogged: bool,
    pub heartbeat: u64,
    /// Receipts that the server has not answered.
    pub owed: VecDeque<(Epoch, u32)>,
    pub log: Vec<(u64, Order)>,
    seen: usize,
    looks: usize,
}

/// A message of event 1.
pub fn draft(way: Way) -> Sending {
    let ttl = Millis(86_400_000);
    Sending { bytes: 100, ttl, way, event: 1, carries_id: true, ..Sending::default() }
}

/// An acknowledgement with this meaning.
pub fn reply(verdict: Verdict) -> Acknowledgement {
    let (reading, span) = match verdict {
        Verdict::Accepted => (Reading::Accepted, Millis(0)),
        Verdict::Refused => (Reading::Final, Millis(0)),
        Verdict::TryAgain => (Reading::Failed, Millis(0)),
        Verdict::TryAfter(span) => (Reading::Limited, span),
    };
    Acknowledgement { reading, span, ..Acknowledgement::default() }
}

impl World {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        Self {
            client: Client::new(config, 1, Moment(0)),
            now: 0,
            generation: None,
            name: 0,
            subject: 0,
            polling: false,
            clogged: false,
            heartbeat: 45_000,
            owed: VecDeque::new(),
            log: Vec::new(),
            seen: 0,
            looks: 0,
        }
    }

    /// A client whose link is up, without an answered receipt.
    pub fn linked(self) -> Self {
        let mut world = self;
        world.open();
        world.connect();
        world
    }

    /// A client whose link gives receipts.
    pub fn proving() -> Self {
        Self::new().linked().proven()
    }

    pub fn proven(self) -> Self {
        let mut world = self;
        world.now += 10;
        world.answer_receipts();
        world.fresh();
        world
    }

    pub fn at(&self) -> Moment {
        Moment(self.now)
    }

    pub fn open(&mut self) {
        self.client.open(self.at());
        self.drain();
    }

    pub fn authorize(&mut self) {
        let epoch = self.epoch();
        self.client.authorized(self.at(), epoch, self.name, self.subject);
        self.drain();
    }

    /// Answers the pending attempt until the link is ready.
    pub fn connect(&mut self) {
        self.authorize();
        let epoch = self.epoch();
        self.client.over(self.at(), epoch, self.polling, 0);
        self.client.linked(self.at(), epoch, false, Millis(self.heartbeat));
        self.client.greeted(self.at(), epoch, false);
        self.drain();
        assert!(self.client.status().is_ready(), "{:?}", self.client.status());
    }

    pub fn epoch(&self) -> Epoch {
        let of = |(_, order): &(u64, Order)| match *order {
            Order::Engine(Output::Authorize { epoch }) => Some(epoch),
            _ => None,
        };
        self.log.iter().rev().find_map(of).expect("an attempt")
    }

    pub fn tell(&mut self, input: Input) {
        self.client.handle(self.at(), input);
        self.drain();
    }

    pub fn send(&mut self, sending: Sending) -> Seq {
        let seq = self.client.send(self.at(), &sending).expect("taken");
        self.drain();
        seq
    }

    /// An answer, which also counts as a packet.
    pub fn ack(&mut self, seq: Seq, attempt: u32, verdict: Verdict) {
        self.client.handle(self.at(), Input::Heard { epoch: self.epoch() });
        self.client.acked(self.at(), seq, attempt, reply(verdict));
        self.drain();
    }

    /// The server answers all pending receipts by refusing their namespaces.
    pub fn answer_receipts(&mut self) {
        for (epoch, name) in std::mem::take(&mut self.owed) {
            self.client.receipt(self.at(), epoch, name, true);
            self.drain();
        }
    }

    /// The server never receives the pending receipts.
    pub fn forget_receipts(&mut self) {
        self.owed.clear();
    }

    pub fn lose_link(&mut self) {
        let epoch = self.epoch();
        self.forget_receipts();
        self.tell(Input::LinkDown { epoch, cause: DownCause::Lost });
    }

    pub fn replace_link(&mut self) {
        self.lose_link();
        self.reconnect();
    }

    /// The link is lost, and the next attempt gets credentials that open no link.
    pub fn replace_link_in_vain(&mut self) {
        self.lose_link();
        let wait = self.client.status().next_attempt_at.expect("a planned attempt");
        self.run_to(wait.0);
        self.authorize();
    }

    pub fn reconnect(&mut self) {
        let wait = self.client.status().next_attempt_at.expect("a planned attempt");
        self.run_to(wait.0);
        self.connect();
    }

    /// Lets time pass, and handles every deadline on the way at its time (I6).
    pub fn run_to(&mut self, until: u64) {
        while let Some(at) = self.client.poll_timeout().filter(|at| at.0 <= until) {
            self.now = self.now.max(at.0);
            self.client.handle_timeout(self.at());
            self.drain();
            let next = self.client.poll_timeout();
            assert!(next.is_none_or(|next| next > self.at()), "I6: {next:?} at {}", self.now);
        }
        self.now = until;
    }

    /// Lets time pass on a link whose server sends a packet every second.
    pub fn run_alive_to(&mut self, until: u64) {
        while self.now < until {
            self.run_to(until.min(self.now + 1_000));
            let epoch = self.epoch();
            self.tell(Input::Heard { epoch });
        }
    }

    pub fn drain(&mut self) {
        // Over polling, packets of this turn wait in the transport.
        let mut waiting = 0;
        while let Some(order) = self.client.poll() {
            let is_message = matches!(order, Order::Transmit { .. });
            waiting += usize::from(is_message && self.polling);
            if order == Order::Look {
                self.client.looked(self.at(), self.clogged || waiting > 3, self.generation);
                self.looks += 1;
                continue;
            }
            if let Order::Receipt { epoch, name, count } = order {
                self.owed.extend((0..count).map(|_| (epoch, name)));
            }
            self.log.push((self.now, order));
        }
    }

    /// The number of looks since the last call.
    pub fn looks(&mut self) -> usize {
        std::mem::take(&mut self.looks)
    }

    /// The orders since the last call, except changes.
    pub fn fresh(&mut self) -> Vec<Order> {
        let fresh = self.log[self.seen..].iter().map(|&(_, order)| order);
        let fresh = fresh.filter(|order| *order != Order::Engine(Output::Changed)).collect();
        self.seen = self.log.len();
        fresh
    }

    /// The messages that left since the last call of this or of `fresh`.
    pub fn left(&mut self) -> Vec<Seq> {
        let transmitted = |order: Order| match order {
            Order::Transmit { seq, .. } => Some(seq),
            _ => None,
        };
        self.fresh().into_iter().filter_map(transmitted).collect()
    }

    /// The result of a message. Checks that it settled once.
    pub fn outcome(&self, of: Seq) -> Option<(Outcome, bool)> {
        let all = self.endings(of);
        assert!(all.len() <= 1, "I1: settled twice: {all:?}");
        all.first().map(|ending| (ending.outcome, ending.claim.maybe_delivered))
    }

    /// All reported results of a message.
    pub fn endings(&self, of: Seq) -> Vec<Ending> {
        let settled = |&(_, order): &(u64, Order)| match order {
            Order::Settle(ending) if ending.seq == of => Some(ending),
            _ => None,
        };
        self.log.iter().filter_map(settled).collect()
    }

    pub fn count(&self, wanted: Order) -> usize {
        self.log.iter().filter(|&&(_, order)| order == wanted).count()
    }
}
