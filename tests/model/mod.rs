//! Operations on an engine, and what must be true after each of them. The random tests draw the operations from
//! seeds, the fuzzer from its inputs.

mod operation;

use std::collections::{BTreeMap, BTreeSet};

use holdfast::engine::{
    Config, DownCause, Draft, Epoch, Grant, Input, Millis, Moment, Notice, Output, Phase,
    SendError, Seq, Verdict,
};

use crate::world::World;
pub use operation::{Choices, Operation, Step, any_config, any_step};

/// Plays the steps and then a world without faults, in which everything must settle. Returns every order.
pub fn play(config: &Config, steps: &[Step]) -> Vec<(u64, Output)> {
    let log = play_once(config, steps);
    let in_order: Vec<Step> = steps.iter().map(|step| Step { behind: 0, ..step.clone() }).collect();
    assert_eq!(log, play_once(config, &in_order), "I9: a clock that runs behind changes something");
    log
}

fn play_once(config: &Config, steps: &[Step]) -> Vec<(u64, Output)> {
    let mut world = World::with(config.clone());
    let mut model = Model::new(config.clone());
    for step in steps {
        world.behind = step.behind;
        model.apply(&mut world, &step.operation);
        world.behind = 0;
        model.check(&world);
    }
    model.be_kind(&mut world);
    world.log
}

/// The state of an engine, derived from its inputs and orders.
struct Model {
    config: Config,
    unsettled: BTreeMap<Seq, Draft>,
    settled: BTreeSet<Seq>,
    link: Link,
    /// The number of the last attempt.
    epoch: Epoch,
    /// Unanswered transmissions on the live link, with their attempts. One whose deadline has passed stays until it
    /// leaves again.
    flight: BTreeMap<Seq, u32>,
    /// Messages that the server failed on this link and that have not left again.
    retrying: BTreeSet<Seq>,
    /// The newest message of each lane that left for the first time on the present link.
    newest: BTreeMap<u32, Seq>,
    attempts: BTreeMap<Seq, u32>,
    /// Messages that wait to be saved.
    withheld: BTreeSet<Seq>,
    is_restoring: bool,
    /// The number of lanes that ever existed. Restored messages may use any number of them.
    lanes: usize,
    /// Attempts that use up no retry: lost links, and delays by the server.
    excused: u32,
    most_retries: u32,
    longest_wait: Millis,
    most_in_flight: usize,
    most_bytes: u64,
    is_destroyed: bool,
    read: usize,
}

/// The phase of the link, derived from the inputs alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Down,
    Connecting,
    Joining,
    Ready,
}

impl Model {
    fn new(config: Config) -> Self {
        let mut model = Self {
            config: Config::default(),
            unsettled: BTreeMap::new(),
            settled: BTreeSet::new(),
            link: Link::Down,
            epoch: Epoch(0),
            flight: BTreeMap::new(),
            retrying: BTreeSet::new(),
            newest: BTreeMap::new(),
            withheld: BTreeSet::new(),
            is_restoring: false,
            lanes: 0,
            attempts: BTreeMap::new(),
            excused: 0,
            most_retries: 0,
            longest_wait: Millis(1),
            most_in_flight: 0,
            most_bytes: 0,
            is_destroyed: false,
            read: 0,
        };
        model.configure(config);
        model
    }

    fn configure(&mut self, config: Config) {
        self.most_retries = self.most_retries.max(config.send.retries);
        self.most_bytes = self.most_bytes.max(config.send.window_bytes);
        let reconnect = &config.reconnect;
        self.longest_wait =
            self.longest_wait.max(reconnect.max).max(reconnect.min + reconnect.spread);
        self.config = config;
    }

    fn apply(&mut self, world: &mut World, operation: &Operation) {
        match *operation {
            Operation::Send(draft) => self.send(world, draft),
            Operation::Answer { index, verdict } => {
                if let Some((&seq, &attempt)) = nth(self.flight.iter(), index) {
                    self.answer(world, seq, attempt, verdict);
                }
            }
            Operation::StrayAnswer { index, attempt, verdict } => {
                if let Some(&seq) = nth(self.settled.iter().chain(self.unsettled.keys()), index) {
                    self.answer(world, seq, attempt, verdict);
                }
            }
            Operation::ForeignAnswer { bits, verdict } => {
                let seq = Seq::from_bits(bits);
                if !self.unsettled.contains_key(&seq) {
                    self.answer(world, seq, 1, verdict);
                }
            }
            Operation::Cancel { index } => {
                if let Some(&seq) = nth(self.settled.iter().chain(self.unsettled.keys()), index) {
                    world.engine.cancel(world.at(), seq);
                    world.drain();
                    self.check(world);
                    assert!(!self.unsettled.contains_key(&seq), "{seq:?} was cancelled");
                }
            }
            Operation::Stored { index } => {
                if let Some(&seq) = nth(self.settled.iter().chain(self.unsettled.keys()), index) {
                    self.stored(world, seq);
                }
            }
            Operation::Withheld { index } => {
                if let Some(&seq) = nth(self.unsettled.keys(), index) {
                    self.tell(world, Input::Withheld { seq });
                    if self.unsettled.contains_key(&seq) {
                        self.withheld.insert(seq);
                    }
                }
            }
            Operation::BeginRestore => {
                world.engine.begin_restore();
                self.is_restoring = true;
            }
            Operation::Restore(draft) => self.restore(world, draft),
            Operation::Restored => self.restored(world),
            Operation::Open => world.open(),
            Operation::Close => {
                world.engine.close(world.at());
                world.drain();
            }
            Operation::SettleAll(outcome) => {
                world.engine.settle_all(world.at(), outcome);
                world.drain();
                self.check(world);
                assert!(self.unsettled.is_empty(), "I1: {:?} did not settle", self.unsettled);
            }
            Operation::Destroy => {
                world.engine.destroy(world.at());
                world.drain();
                self.is_destroyed = true;
            }
            Operation::Reconfigure(ref config) => {
                world.engine.reconfigure((**config).clone());
                self.configure((**config).clone());
                world.drain();
            }
            Operation::Connect { grant, join, joined } => {
                let epoch = self.epoch;
                self.tell(world, Input::Authorized { epoch, grant });
                self.tell(world, Input::LinkUp { epoch, join });
                if joined {
                    self.tell(world, Input::Joined { epoch });
                }
            }
            Operation::Fact { age, fact } => {
                self.tell(world, fact.about(Epoch(self.epoch.0.wrapping_sub(age))));
            }
            Operation::Woke => self.tell(world, Input::Woke),
            Operation::Wait(span) => {
                world.behind = 0;
                let until = world.now + span;
                world.run_to(until);
                self.wake(world, until);
            }
            Operation::Late(span) => self.wake(world, world.now + span),
        }
    }

    /// A single timer, at any time.
    fn wake(&mut self, world: &mut World, at: u64) {
        world.behind = 0;
        world.wake_late(at);
        self.check(world);
        let next = world.engine.poll_timeout();
        assert!(next.is_none_or(|next| next > Moment(at)), "I6: {next:?} at {at}");
    }

    fn stored(&mut self, world: &mut World, seq: Seq) {
        self.withheld.remove(&seq);
        self.tell(world, Input::Stored { seq });
    }

    fn restored(&mut self, world: &mut World) {
        self.is_restoring = false;
        self.tell(world, Input::Restored);
    }

    fn restore(&mut self, world: &mut World, draft: Draft) {
        // Nothing may leave while older messages are restored.
        world.engine.begin_restore();
        self.is_restoring = true;
        if let Ok(seq) = world.engine.restore(world.at(), draft) {
            assert!(!self.is_destroyed, "a closed engine accepts nothing");
            assert!(seq.to_bits() < 1 << 52, "{seq:?} is older than all that is new");
            self.attempts.insert(seq, 0);
            self.unsettled.insert(seq, draft);
            self.lanes = self.lanes.max(draft.lane as usize + 1);
            // A message of another client that is gone: newer ones of the lane may have left already.
            self.newest.remove(&draft.lane);
        }
        self.restored(world);
    }

    fn send(&mut self, world: &mut World, draft: Draft) {
        let queue = &self.config.queue;
        let bytes: u64 = self.unsettled.values().map(|draft| u64::from(draft.bytes)).sum();
        let is_full = self.unsettled.len() >= queue.capacity
            || bytes + u64::from(draft.bytes) > queue.max_bytes
            || draft.lane as usize >= queue.capacity.max(self.lanes);
        match world.engine.send(world.at(), draft) {
            Ok(seq) => {
                assert!(!self.is_destroyed, "a closed engine accepts nothing");
                assert!(!is_full, "I8: {seq:?} is one too many");
                assert!(self.attempts.keys().next_back() < Some(&seq), "{seq:?} is not new");
                self.attempts.insert(seq, 0);
                self.unsettled.insert(seq, draft);
                self.lanes = self.lanes.max(draft.lane as usize + 1);
            }
            Err(SendError::Closed) => assert!(self.is_destroyed, "it was not closed"),
            Err(SendError::QueueFull) => assert!(is_full, "I8: there is room"),
        }
        world.drain();
    }

    fn answer(&mut self, world: &mut World, seq: Seq, attempt: u32, verdict: Verdict) {
        let is_put_off = matches!(verdict, Verdict::TryAfter(_));
        if (is_put_off || verdict == Verdict::TryAgain) && self.flight.get(&seq) == Some(&attempt) {
            self.excused += u32::from(is_put_off);
            self.flight.remove(&seq);
            self.retrying.insert(seq);
        }
        world.ack(seq, attempt, verdict);
    }

    fn tell(&mut self, world: &mut World, input: Input) {
        match input {
            Input::LinkUp { epoch, join }
                if epoch == self.epoch && self.link == Link::Connecting =>
            {
                self.link = if join { Link::Joining } else { Link::Ready };
            }
            Input::Joined { epoch } if epoch == self.epoch => self.joined(),
            Input::LinkDown { epoch, cause } if epoch == self.epoch => {
                let reconnect = &self.config.reconnect;
                let wait = match cause {
                    DownCause::RetryAfter(span) => span.max(reconnect.min) + reconnect.spread,
                    // With no waiting message, and nothing delivered.
                    DownCause::Kicked if self.unsettled.is_empty() => Millis(8 * reconnect.max.0),
                    DownCause::Kicked | DownCause::Lost | DownCause::Final => Millis(0),
                };
                self.longest_wait = self.longest_wait.max(wait);
                self.lost();
            }
            _ => {}
        }
        world.tell(input);
        self.check(world);
    }

    fn joined(&mut self) {
        if self.link == Link::Joining {
            self.link = Link::Ready;
        }
    }

    /// No answer of this link will come. Everything in flight leaves again, and first.
    fn lost(&mut self) {
        self.link = Link::Down;
        self.excused += 1;
        self.flight.clear();
        self.retrying.clear();
        self.newest.clear();
    }

    /// Checks all orders since the last call, and the engine's status.
    fn check(&mut self, world: &World) {
        for &(_, output) in &world.log[self.read..] {
            self.ordered(output);
        }
        self.read = world.log.len();
        let status = world.engine.status();
        let unsettled = self.unsettled.len();
        assert_eq!(status.queued + status.in_flight, unsettled, "I1: something got lost inside");
        let window = (self.config.send.window as usize).max(1);
        // A window that was reduced keeps what is in flight.
        assert!(
            status.in_flight <= window.max(self.most_in_flight),
            "I8: {} in flight",
            status.in_flight
        );
        self.most_in_flight = status.in_flight;
        if status.in_flight == self.flight.len() {
            let sizes = self.flight.keys().map(|seq| u64::from(self.unsettled[seq].bytes));
            let sizes: Vec<u64> = sizes.filter(|&bytes| bytes > 0).collect();
            let bytes: u64 = sizes.iter().sum();
            let is_one = sizes.len() == 1;
            assert!(is_one || bytes <= self.most_bytes, "I8: {bytes} bytes in flight");
        }
        if let Some(at) = status.next_attempt_at {
            let latest = Moment(world.now) + self.longest_wait;
            assert!(at <= latest, "I8: the next attempt is at {at:?}, at {} now", world.now);
        }
        assert!(!self.is_destroyed || unsettled == 0, "I1: closed, and {unsettled} unsettled");
        assert_eq!(self.is_destroyed, status.phase == Phase::Closed);
    }

    fn ordered(&mut self, output: Output) {
        match output {
            Output::Store { seq } => {
                assert!(self.unsettled[&seq].durable, "I4: {seq:?} is not durable");
                self.withheld.insert(seq);
            }
            Output::Authorize { epoch } => {
                assert_eq!(epoch.0, self.epoch.0 + 1, "each attempt has its own epoch");
                self.epoch = epoch;
            }
            Output::Connect { epoch, .. } => {
                assert_eq!(epoch, self.epoch, "only the last attempt goes on");
                self.link = Link::Connecting;
            }
            Output::Disconnect { epoch, .. } => {
                assert_eq!(epoch, self.epoch, "only the last link can be open");
                self.lost();
            }
            Output::Join { epoch } | Output::Ping { epoch } => {
                assert_eq!(epoch, self.epoch, "I2: over the live link");
                assert!(matches!(self.link, Link::Joining | Link::Ready), "{output:?}: no link");
            }
            Output::Report(Notice::JoinUnconfirmed) => self.joined(),
            Output::Transmit { seq, attempt } => self.transmitted(seq, attempt),
            Output::Settle { seq, .. } => {
                assert!(self.unsettled.remove(&seq).is_some(), "I1: {seq:?} cannot settle");
                self.settled.insert(seq);
                self.flight.remove(&seq);
                self.retrying.remove(&seq);
                self.withheld.remove(&seq);
            }
            Output::Unanswered { .. } | Output::Report(_) | Output::Changed => {}
        }
    }

    fn transmitted(&mut self, seq: Seq, attempt: u32) {
        assert_eq!(self.link, Link::Ready, "I2: {seq:?} left");
        let Some(&draft) = self.unsettled.get(&seq) else {
            panic!("I5: {seq:?} left after it had settled");
        };
        assert!(!self.withheld.contains(&seq), "I4: {seq:?} left before it was saved");
        assert!(!self.is_restoring, "{seq:?} left before older ones were back");
        let last = self.attempts.insert(seq, attempt).unwrap_or(0);
        assert_eq!(attempt, last + 1, "attempts of {seq:?} are counted");
        assert!(!draft.once || attempt == 1, "{seq:?} may leave once only");
        let most = 1 + self.most_retries + self.excused;
        assert!(attempt <= most, "I8: attempt {attempt} of {seq:?}, of {most} at most");
        // It may be in flight already: a passed ack deadline shows only now.
        let was_out = self.flight.insert(seq, attempt).is_some();
        for waiting in self.retrying.range(..seq) {
            let lane = self.unsettled[waiting].lane;
            assert_ne!(lane, draft.lane, "I3: {seq:?} overtook {waiting:?}");
        }
        if !self.retrying.remove(&seq) && !was_out {
            let newest = self.newest.insert(draft.lane, seq);
            assert!(newest < Some(seq), "I3: {seq:?} left after {newest:?}");
        }
        let beside = self.flight.keys().filter(|&&other| other != seq);
        let in_lane = |other: &&Seq| self.unsettled[other].lane == draft.lane;
        let mut beside = beside.filter(in_lane).map(|other| self.unsettled[other]);
        if let Some(other) = beside.next() {
            let is_strict = draft.strict || other.strict || beside.any(|other| other.strict);
            assert!(!is_strict, "{seq:?} is not alone in its strict lane");
        }
    }

    /// No faults from now on: every accepted message must settle.
    fn be_kind(&mut self, world: &mut World) {
        world.open();
        self.restored(world);
        for _ in 0..1_000 {
            self.check(world);
            for seq in self.withheld.clone() {
                self.stored(world, seq);
            }
            if self.unsettled.is_empty() {
                return;
            }
            if !world.engine.status().is_ready() {
                if let Some(at) = world.engine.status().next_attempt_at {
                    world.run_to(at.0.max(world.now));
                    self.check(world);
                }
                let epoch = self.epoch;
                self.tell(world, Input::Authorized { epoch, grant: Grant::Granted });
                self.tell(world, Input::LinkUp { epoch, join: false });
                self.tell(world, Input::Joined { epoch });
                self.tell(world, Input::Heard { epoch });
            }
            for (seq, attempt) in self.flight.clone() {
                self.answer(world, seq, attempt, Verdict::Accepted);
                self.check(world);
            }
            if let Some(at) = world.engine.poll_timeout() {
                world.run_to(at.0.max(world.now));
            }
        }
        panic!("I1: {} never settle: {:?}", self.unsettled.len(), world.engine.status());
    }
}

/// The item at an index, modulo their number.
fn nth<T>(items: impl Iterator<Item = T> + Clone, index: usize) -> Option<T> {
    let count = items.clone().count();
    items.clone().nth(index.checked_rem(count)?)
}
