//! The reliability engine: a deterministic state machine without I/O.
//!
//! The engine has no clock, no random source and no JavaScript. The caller passes moments and a seed, and the same
//! configuration, seed and inputs give identical orders (I7). The methods come in five kinds:
//!
//! - commands, which may be refused: [`send`](Engine::send), [`cancel`](Engine::cancel), [`open`](Engine::open),
//!   [`close`](Engine::close), [`settle_all`](Engine::settle_all), [`destroy`](Engine::destroy);
//! - facts, which are never refused: [`handle`](Engine::handle), [`handle_timeout`](Engine::handle_timeout);
//! - orders, in one queue: [`poll_output`](Engine::poll_output). Drain it after every command and fact;
//! - the deadline: [`poll_timeout`](Engine::poll_timeout). Call `handle_timeout` at that moment;
//! - a view: [`status`](Engine::status).
//!
//! Payloads stay outside. The engine knows a message by its [`Seq`], its size, its times and its outcome.
//!
//! # Invariants
//!
//! - I1 every accepted message settles exactly once.
//! - I2 nothing is transmitted unless the link is ready, and only in the current epoch.
//! - I3 within a lane, transmissions leave in send order. After a link loss everything unacknowledged leaves again,
//!   in send order, before anything newer. While a message waits for a retry, nothing newer of its lane leaves.
//! - I4 a durable message is saved before it is transmitted.
//! - I5 no order about a message follows its settlement.
//! - I6 handling a timeout at its deadline makes progress: after draining, the next deadline is later.
//! - I7 the same configuration, seed and inputs give identical orders.
//! - I8 capacity, window, attempts, backoff and memory are bounded.
//! - I9 time never runs backwards inside the engine.
//! - I10 a link loss uses up none of a message's attempts. But after 12 short-lived links that delivered nothing,
//!   the messages that were in flight are sent one at a time, and a message that is lost three times while alone in
//!   flight settles. A message that the server has taken is not suspected.

mod backoff;
pub mod config;
mod error;
mod health;
mod link;
mod outbox;
mod sorted;
mod types;

use alloc::collections::VecDeque;

pub use config::Config;
pub use error::SendError;
pub use types::{
    Cause, DownCause, Draft, Epoch, Grant, Input, Millis, Moment, Notice, Outcome, Output, Phase,
    Seq, Standing, Status, Verdict, Way, sooner,
};

pub use outbox::{Answering, Blocker};
pub(crate) use sorted::Sorted;

use backoff::Rng;
use health::{Finding, Health};
use link::{Effect, Event, Link, Surroundings};
use outbox::{Origin, Outbox};

/// The state machine. See the [module](self) for how to drive it.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    now: Moment,
    rng: Rng,
    link: Link,
    health: Health,
    outbox: Outbox,
    outputs: VecDeque<Output>,
    changed: bool,
}

// Commands.
impl Engine {
    /// Makes an idle engine. Values of `config` outside of the supported range are clamped to it.
    #[must_use]
    pub fn new(config: Config, seed: u64, now: Moment) -> Self {
        Self {
            config: config.bounded(),
            now,
            rng: Rng::new(seed),
            link: Link::new(),
            health: Health::default(),
            outbox: Outbox::default(),
            outputs: VecDeque::new(),
            changed: false,
        }
    }

    /// Replaces the configuration. Deadlines that are running already stay as they are.
    pub fn reconfigure(&mut self, config: Config) {
        self.config = config.bounded();
    }

    /// Accepts a message, which will settle exactly once (I1). The first send asks for a link if nobody did yet.
    /// While the link waits for its next attempt, a send may shorten that wait.
    ///
    /// # Errors
    /// [`SendError`] if the outbox is full or the engine is closed. Nothing was accepted then.
    pub fn send(&mut self, now: Moment, draft: Draft) -> Result<Seq, SendError> {
        let now = self.advance(now);
        if self.link.phase() == Phase::Closed {
            return Err(SendError::Closed);
        }
        let (queue, outputs) = (&self.config.queue, &mut self.outputs);
        let seq = self.outbox.push(now, draft, Origin::New, queue, outputs)?;
        if draft.durable {
            self.outputs.push_back(Output::Store { seq });
        }
        self.changed = true;
        self.step_link(now, Event::Sent);
        Ok(seq)
    }

    /// Announces that messages of an earlier page load are being read. Nothing is transmitted until
    /// [`Input::Restored`] reports that all of them are here, because they leave first.
    pub fn begin_restore(&mut self) {
        self.outbox.begin_restore();
    }

    /// Accepts a message that an earlier page load of this client, or another client that is gone, left unsettled.
    /// It leaves before all new messages, does not ask for a link, and counts as maybe delivered.
    ///
    /// # Errors
    /// [`SendError`] if no slot is left or the engine is closed. Nothing was accepted then.
    pub fn restore(&mut self, now: Moment, draft: Draft) -> Result<Seq, SendError> {
        let now = self.advance(now);
        if self.link.phase() == Phase::Closed {
            return Err(SendError::Closed);
        }
        self.changed = true;
        let (queue, outputs) = (&self.config.queue, &mut self.outputs);
        self.outbox.push(now, draft, Origin::Restored, queue, outputs)
    }

    /// Sets what is known from elsewhere about whether the server acknowledges `event`. Returns whether that is
    /// new. Nothing is remembered about event 0.
    pub fn learn(&mut self, now: Moment, event: u32, answering: Answering) -> bool {
        let now = self.advance(now);
        self.changed = true;
        self.outbox.learn(now, event, answering, &mut self.outputs)
    }

    /// Sets whether the server may give receipts. With `false`, no decision depends on receipts from now on.
    pub fn expect_receipts(&mut self, expected: bool) {
        self.outbox.expect_receipts(expected);
    }

    /// Starts the lifetime of a ready link anew at the present moment.
    pub fn restart_life(&mut self) {
        self.link.restart_life(self.now);
    }

    /// Sets the longest silence that the server's own heartbeat allows. Zero means unknown.
    pub fn set_heartbeat(&mut self, span: Millis) {
        self.health.set_heartbeat(span);
    }

    /// Settles a message as [`Outcome::Cancelled`]. Does nothing if it has settled already.
    pub fn cancel(&mut self, now: Moment, seq: Seq) {
        let now = self.advance(now);
        self.changed = true;
        self.outbox.cancel(now, seq, &mut self.outputs);
    }

    /// Lets somebody else make the attempts from now on. [`Input::Begun`] reports each of them. The engine orders
    /// no attempt any more, only the closing of a dead link.
    pub fn follow(&mut self) {
        self.link.follow();
    }

    /// Whether somebody else makes the attempts.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.link.is_followed()
    }

    /// Asks for a link, and keeps asking until [`close`](Self::close).
    pub fn open(&mut self, now: Moment) {
        let now = self.advance(now);
        self.step_link(now, Event::Opened);
    }

    /// Ends the link and stops asking for one. Waiting messages keep waiting.
    pub fn close(&mut self, now: Moment) {
        let now = self.advance(now);
        self.step_link(now, Event::Stopped);
    }

    /// Settles every unsettled message with `outcome`, in send order.
    pub fn settle_all(&mut self, now: Moment, outcome: Outcome) {
        let now = self.advance(now);
        self.changed = true;
        self.outbox.settle_all(now, outcome, &mut self.outputs);
    }

    /// Ends the link and settles everything as [`Outcome::Closed`]; every later send is refused.
    pub fn destroy(&mut self, now: Moment) {
        self.settle_all(now, Outcome::Closed);
        self.step_link(self.now, Event::Destroyed);
    }
}

// Facts.
impl Engine {
    /// Handles a fact. A fact about an earlier link or a settled message is ignored.
    pub fn handle(&mut self, now: Moment, input: Input) {
        let now = self.advance(now);
        let (epoch, event) = match input {
            Input::Acked { seq, attempt, verdict } => {
                self.changed = true;
                let (config, rng, outputs) = (&self.config.send, &mut self.rng, &mut self.outputs);
                self.outbox.acked(now, (seq, attempt), verdict, config, rng, outputs);
                return;
            }
            Input::Stored { seq } => {
                self.changed = true;
                return self.outbox.set_withheld(now, seq, false);
            }
            Input::Withheld { seq } => {
                self.changed = true;
                return self.outbox.set_withheld(now, seq, true);
            }
            Input::Restored => {
                self.changed = true;
                return self.outbox.restored();
            }
            Input::Received { first, last } => {
                self.changed = true;
                self.health.trust();
                return self.outbox.received(first, last);
            }
            Input::Dispatched { last } => {
                self.changed = true;
                return self.outbox.dispatched(now, last, &mut self.outputs);
            }
            Input::Dropped { first, last } => {
                self.changed = true;
                return self.outbox.dropped(now, first, last, &mut self.outputs);
            }
            Input::Stuck { epoch } => (epoch, Event::Silent),
            Input::Woke => {
                if !self.health.is_trusted() {
                    // Pings are not trusted to be answered, so no probe will decide: do not count the time asleep
                    // as silence.
                    self.health.excuse(now);
                }
                return self.step_link(now, Event::Woke);
            }
            Input::Begun => return self.step_link(now, Event::Begun),
            Input::Authorized { epoch, grant } => (epoch, Event::Authorized(grant)),
            Input::LinkUp { epoch, join } => (epoch, Event::Up { join }),
            Input::LinkDown { epoch, cause } => (epoch, Event::Down(cause)),
            Input::Joined { epoch } => (epoch, Event::Joined),
            Input::JoinRejected { epoch } => (epoch, Event::JoinRejected),
            Input::Ponged { epoch } | Input::Heard { epoch } => (epoch, Event::Alive),
        };
        if epoch != self.link.epoch() {
            return;
        }
        match input {
            Input::Ponged { .. } => {
                if let Some(health) = &self.config.health {
                    self.health.ponged(now, health);
                    self.changed = true;
                }
            }
            Input::Heard { .. } => self.health.heard(now),
            Input::Acked { .. }
            | Input::Stored { .. }
            | Input::Withheld { .. }
            | Input::Restored
            | Input::Received { .. }
            | Input::Dispatched { .. }
            | Input::Dropped { .. }
            | Input::Stuck { .. }
            | Input::Woke
            | Input::Begun
            | Input::Authorized { .. }
            | Input::LinkUp { .. }
            | Input::LinkDown { .. }
            | Input::Joined { .. }
            | Input::JoinRejected { .. } => {}
        }
        self.step_link(now, event);
    }

    /// Does everything that is due by `now`. Calling it early or twice is harmless.
    pub fn handle_timeout(&mut self, now: Moment) {
        let now = self.advance(now);
        self.step_link(now, Event::Timeout);
        if self.link.phase() == Phase::Ready
            && let Some(health) = self.config.health.as_ref().filter(|_| !self.health.is_mute())
        {
            match self.health.examine(now, health) {
                Finding::Fine => {}
                Finding::PingDue => {
                    self.health.ping_sent(now, health);
                    self.outputs.push_back(Output::Ping { epoch: self.link.epoch() });
                }
                Finding::Doubtful => {
                    if !self.health.is_trusted() {
                        self.health.excuse(now);
                    }
                    self.step_link(now, Event::Doubted);
                }
                Finding::Silent => self.step_link(now, Event::Silent),
            }
        }
        let (config, rng, outputs) = (&self.config.send, &mut self.rng, &mut self.outputs);
        let before = outputs.len();
        let timed_out = self.outbox.handle_timeout(now, config, rng, outputs);
        self.changed |= timed_out || self.outputs.len() > before;
        // An acknowledgement did not come and nothing else did either: probe the link.
        if timed_out && self.health.silent_since(now - self.config.send.ack_timeout) {
            self.step_link(now, Event::Doubted);
        }
    }
}

// Orders, the deadline and the view.
impl Engine {
    /// Returns the next order, or `None` once there is none. Transmissions are chosen here, at the last moment.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.poll_orders(true)
    }

    /// As [`poll_output`](Self::poll_output), but transmits only if `may_transmit`.
    pub fn poll_orders(&mut self, may_transmit: bool) -> Option<Output> {
        if self.link.phase() == Phase::Ready && self.outputs.is_empty() {
            // The timer may be late, and an expired message must not leave.
            self.outbox.expire(self.now, &mut self.outputs);
            self.changed |= !self.outputs.is_empty();
        }
        while let Some(output) = self.outputs.pop_front() {
            if let Output::Settle { seq, .. } = output {
                self.outbox.told(seq);
            }
            if self.is_timely(output) {
                return Some(output);
            }
        }
        if may_transmit
            && self.link.phase() == Phase::Ready
            && let Some(transmit) = self.outbox.poll_transmit(self.now, &self.config)
        {
            self.changed = true;
            return Some(transmit);
        }
        core::mem::take(&mut self.changed).then_some(Output::Changed)
    }

    /// Whether the attempt or link that an order names is still the present one. It may have ended since the order
    /// was queued.
    fn is_timely(&self, output: Output) -> bool {
        let phase = self.link.phase();
        match output {
            Output::Authorize { epoch } => {
                epoch == self.link.epoch() && phase == Phase::Authorizing
            }
            Output::Connect { epoch, .. } => {
                epoch == self.link.epoch() && phase == Phase::Connecting
            }
            Output::Join { epoch } | Output::Ping { epoch } => {
                let is_up = matches!(phase, Phase::Joining | Phase::Ready | Phase::Suspect);
                epoch == self.link.epoch() && is_up
            }
            Output::Store { .. }
            | Output::Disconnect { .. }
            | Output::Transmit { .. }
            | Output::Settle { .. }
            | Output::Unanswered { .. }
            | Output::Report(_)
            | Output::Changed => true,
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if at all. Valid once the orders are drained.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        let health = match (&self.config.health, self.link.phase()) {
            (Some(health), Phase::Ready) if !self.health.is_mute() => {
                Some(self.health.deadline(health))
            }
            (_, _) => None,
        };
        let outbox = self.outbox.deadline(&self.config.send);
        sooner(self.link.deadline(), sooner(health, outbox))
    }

    /// Whether [`poll_orders`](Self::poll_orders) would transmit a message now if it were allowed to.
    #[must_use]
    pub fn could_transmit(&self) -> bool {
        self.link.phase() == Phase::Ready && self.outbox.could_transmit(&self.config.send)
    }

    /// The number of transmissions so far, which is also the number of the last one.
    #[must_use]
    pub fn transmissions(&self) -> u64 {
        self.outbox.transmissions()
    }

    /// When the first unanswered transmission after number `covered` left. `None` if nothing is in flight there.
    #[must_use]
    pub fn in_flight_since(&self, covered: u64) -> Option<Moment> {
        self.outbox.in_flight_since(covered)
    }

    /// Whether a message that settles by a receipt left since the last call.
    pub fn wants_receipt(&mut self) -> bool {
        self.outbox.wants_receipt()
    }

    /// The phase of the link.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.link.phase()
    }

    /// The number of messages that left and have no answer yet.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.outbox.in_flight()
    }

    /// The number of messages that wait to leave.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.outbox.queued()
    }

    /// The draft of an unsettled message. `None` once it has settled.
    #[must_use]
    pub fn draft(&self, seq: Seq) -> Option<&Draft> {
        self.outbox.draft(seq)
    }

    /// The engine's time: the latest moment that it was given.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    /// The number of the latest connection attempt.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.link.epoch()
    }

    /// Whether a message may have taken effect, or still may. `true` also for a message that is unknown by now.
    #[must_use]
    pub fn maybe_delivered(&self, seq: Seq) -> bool {
        self.outbox.maybe_delivered(seq)
    }

    /// The reason why an unsettled message waits at `now`. `None` once it has settled.
    #[must_use]
    pub fn standing(&self, now: Moment, seq: Seq) -> Option<Standing> {
        let standing = self.outbox.standing(now, seq)?;
        let can_leave = self.link.phase() == Phase::Ready || standing == Standing::Answer;
        Some(if can_leave { standing } else { Standing::Link })
    }

    /// What keeps an unsettled message from the server or its result, the link apart; none where it has settled.
    #[must_use]
    pub fn blocker(&self, seq: Seq) -> Option<Blocker> {
        self.outbox.blocker(self.now, seq, &self.config.send)
    }

    /// The state that the app may see.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            phase: self.link.phase(),
            queued: self.outbox.queued(),
            in_flight: self.outbox.in_flight(),
            next_attempt_at: self.link.next_attempt_at(),
            last_pong_at: self.health.last_pong_at(),
            rtt: self.health.rtt(),
        }
    }
}

// Internals.
impl Engine {
    /// Moves the engine's time forward to `now`, never backwards (I9), and returns it.
    pub(crate) fn advance(&mut self, now: Moment) -> Moment {
        self.now = self.now.max(now);
        self.now
    }

    fn step_link(&mut self, now: Moment, event: Event) {
        let before = self.link.phase();
        let was_planned_at = self.link.next_attempt_at();
        let mut around = Surroundings {
            config: &self.config,
            health: self.config.health.as_ref().filter(|_| !self.health.is_mute()),
            trusted: self.health.is_trusted(),
            delivers: self.outbox.delivers(),
            is_owing: self.outbox.count() > 0,
            rng: &mut self.rng,
            outputs: &mut self.outputs,
        };
        let effect = self.link.step(now, event, &mut around);
        match effect {
            Effect::None => {}
            Effect::BecameReady => {
                if let Some(health) = &self.config.health
                    && before != Phase::Suspect
                {
                    self.health.started(now, health);
                    if self.health.is_mute() {
                        // Pings do not judge this link, but a pong would show that the server answers pings after
                        // all.
                        self.health.ping_sent(now, health);
                        self.outputs.push_back(Output::Ping { epoch: self.link.epoch() });
                    }
                }
            }
            Effect::Lost => {
                if self.health.ended() {
                    self.outputs.push_back(Output::Report(Notice::PingsUnanswered));
                }
                let is_usual = self.link.losses_are_usual();
                self.outbox.link_lost(now, is_usual, &mut self.outputs);
            }
        }
        self.changed |=
            before != self.link.phase() || was_planned_at != self.link.next_attempt_at();
        // A probe that proves nothing still was a ping.
        let is_probed = before == Phase::Ready
            && match self.link.phase() {
                Phase::Suspect => true,
                Phase::Ready => matches!(event, Event::Doubted | Event::Woke),
                Phase::Idle
                | Phase::Waiting
                | Phase::Authorizing
                | Phase::Connecting
                | Phase::Joining
                | Phase::Closed => false,
            };
        if is_probed
            && !self.health.is_mute()
            && let Some(health) = &self.config.health
        {
            self.health.ping_sent(now, health);
        }
    }
}
