//! The engine and what carries out its orders, as the browser's shell does.

use holdfast::engine::{
    Draft, Engine, Epoch, Grant, Input, Millis, Notice, Outcome, Output, Phase, Seq, Status,
    Verdict,
};

use crate::event::Event;
use crate::messages::Settled;
use crate::network::Frame;
use crate::page::PageId;
use crate::plan::Plan;
use crate::tally::Count;
use crate::trace::note;
use crate::violated;
use crate::world::World;

pub(crate) struct Shell {
    pub(crate) engine: Engine,
    /// What the app sees: the status at the last `Changed`.
    shown: Status,
    is_draining: bool,
    /// Calls of the engine so far.
    calls: u64,
    /// The latest time that the engine was told (I9).
    time: u64,
    /// How far its clock is ahead of the world's.
    pub(crate) lead: u64,
    /// How long it stood still in a sleep that nobody has noticed yet.
    pub(crate) lag: u64,
    /// Orders wait that were given before what the engine was told last.
    has_old_orders: bool,
    /// When the timer wants to fire, by the engine's clock. Never set later.
    pub(crate) armed_for: Option<u64>,
    pub(crate) timer: u64,
    pub(crate) throttled_until: u64,
    /// The engine said that nobody answers its pings.
    pub(crate) is_mute: bool,
    pub(crate) is_destroyed: bool,
}

impl Shell {
    pub(crate) fn new(plan: &Plan, page: PageId) -> Self {
        let seed = plan.engine_seed ^ ((page as u64) << 32);
        let engine = Engine::new(plan.config.clone(), seed, Millis(0));
        Self {
            shown: engine.status(),
            engine,
            is_draining: false,
            calls: 0,
            time: 0,
            lead: 0,
            lag: 0,
            has_old_orders: false,
            armed_for: None,
            timer: 0,
            throttled_until: 0,
            is_mute: false,
            is_destroyed: false,
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.engine.status()
    }
}

// Commands and facts.
impl World {
    pub(crate) fn open(&mut self) {
        note!(self, "-> open");
        self.page.links.opened(self.page.shell.status().phase);
        self.call(Engine::open);
        self.drain();
    }

    pub(crate) fn close(&mut self) {
        note!(self, "-> close");
        self.page.links.closed();
        self.call(Engine::close);
        self.drain();
    }

    pub(crate) fn send(&mut self, draft: Draft) -> Option<Seq> {
        note!(self, "-> send {draft:?}");
        let has_room = self.page.model.has_room_for(draft) && !self.page.shell.is_destroyed;
        let result = self.call(|engine, now| engine.send(now, draft));
        if result.is_ok() != has_room {
            violated!("I8", "{result:?}, where has_room is {has_room}");
        }
        let sent = result.ok();
        match sent {
            Some(seq) => self.page.model.sent(self.page.shell.time, seq, draft),
            None => self.tally.one(Count::NoRoom),
        }
        sent
    }

    pub(crate) fn cancel(&mut self, seq: Seq) {
        note!(self, "-> cancel {seq:?}");
        self.page.model.cancelled(seq);
        self.call(|engine, now| engine.cancel(now, seq));
        self.drain();
    }

    /// The user is another one, or nobody.
    pub(crate) fn forget(&mut self) {
        note!(self, "-> settle all");
        self.page.model.all_settled(Outcome::LoggedOut);
        self.call(|engine, now| engine.settle_all(now, Outcome::LoggedOut));
        self.drain();
    }

    pub(crate) fn destroy(&mut self) {
        note!(self, "-> destroy");
        self.tally.one(Count::Destroyed);
        self.page.shell.is_destroyed = true;
        self.page.links.closed();
        self.page.model.all_settled(Outcome::Closed);
        self.call(Engine::destroy);
        self.drain();
        if self.page.shell.engine.poll_timeout().is_some() || self.page.model.count() > 0 {
            violated!("destroyed", "{:?}", self.page.shell.status());
        }
    }

    pub(crate) fn tell(&mut self, input: Input) {
        note!(self, "-> {input:?}");
        let before = self.page.shell.status().phase;
        let now = self.next_time();
        self.page.links.told(self.page.shell.time, input, before);
        if let Input::Acked { seq, attempt, verdict } = input {
            self.page.model.acked(self.page.shell.time, seq, attempt, verdict);
        }
        self.call_at(now, |engine, now| engine.handle(now, input));
        self.drain();
    }

    /// The clock finds that the machine slept, and tells the engine at once. What that orders is carried
    /// out with whatever the clock was asked for.
    pub(crate) fn wake(&mut self) {
        note!(self, "-> Woke, says the clock");
        let before = self.page.shell.status().phase;
        let now = self.next_time();
        self.page.links.told(self.page.shell.time, Input::Woke, before);
        self.call_at(now, |engine, now| engine.handle(now, Input::Woke));
        self.page.shell.has_old_orders = true;
        // Nor does the timer know of the time that passed.
        self.page.shell.armed_for = None;
        self.expect_verdict();
    }

    pub(crate) fn timeout(&mut self) {
        let now = self.next_time();
        note!(self, "-> timeout at {}, due {:?}", now.0, self.page.shell.engine.poll_timeout());
        let due = self.page.shell.engine.poll_timeout().filter(|&due| due <= now);
        if due.is_some_and(|due| now - due > Millis(1_000)) {
            self.tally.one(Count::LateTimers);
        }
        self.call_at(now, Engine::handle_timeout);
        self.page.model.examined(self.page.shell.time);
        let calls = self.page.shell.calls;
        let pings = self.pings;
        self.drain();
        let next = self.page.shell.engine.poll_timeout();
        if calls == self.page.shell.calls && next.is_some_and(|next| next.0 <= self.page.shell.time)
        {
            violated!("I6", "after a timeout at {} the next is {next:?}", self.page.shell.time);
        }
        if self.is_idle && due.is_some() && self.pings == pings {
            violated!("idle", "woken up for nothing at {}", self.page.shell.time);
        }
    }

    /// The latest time that the engine was told.
    pub(crate) fn engine_time(&self) -> u64 {
        self.page.shell.time
    }

    /// The time for the next call, which may be wrong.
    fn next_time(&mut self) -> Millis {
        if self.page.shell.lag > 0 {
            self.notice_lag();
        }
        let mut now = self.now - self.page.born_at + self.page.shell.lead;
        if self.dice.chance(self.plan.clock.steps_back) {
            now = now.saturating_sub(self.dice.below(5_000));
        }
        self.page.shell.time = self.page.shell.time.max(now);
        Millis(now)
    }

    pub(crate) fn call<R>(&mut self, call: impl FnOnce(&mut Engine, Millis) -> R) -> R {
        let now = self.next_time();
        self.call_at(now, call)
    }

    fn call_at<R>(&mut self, now: Millis, call: impl FnOnce(&mut Engine, Millis) -> R) -> R {
        self.page.shell.calls += 1;
        self.tally.one(Count::Steps);
        let before = self.page.shell.status().phase;
        let result = call(&mut self.page.shell.engine, now);
        let after = self.page.shell.status().phase;
        if before != after {
            note!(self, "   {before:?} -> {after:?}");
        }
        if self.page.links.moved(self.page.shell.time, before, after) {
            self.tally.one(Count::Losses);
            if self.page.links.losses_are_usual() {
                self.tally.one(Count::Suspicious);
            }
            self.page.model.link_lost(self.page.links.losses_are_usual());
        }
        result
    }
}

// Orders.
impl World {
    /// Carries out all orders. A call from within changes the engine at once, and the loop that is
    /// already running carries out what follows.
    pub(crate) fn drain(&mut self) {
        if self.page.shell.is_draining {
            return;
        }
        self.page.shell.is_draining = true;
        let calls = self.page.shell.calls;
        while let Some(output) = self.page.shell.engine.poll_output() {
            self.tally.one(Count::Steps);
            if output != Output::Changed {
                note!(self, "<- {output:?}");
            }
            let is_old = self.page.shell.calls > calls || self.page.shell.has_old_orders;
            self.carry_out(output, is_old);
        }
        self.page.shell.is_draining = false;
        self.page.shell.has_old_orders = false;
        self.check_at_rest();
        self.arm();
    }

    /// `is_old` where the world has changed since the order was given: then it may be for a link that
    /// is gone, and nothing comes of it.
    fn carry_out(&mut self, output: Output, is_old: bool) {
        let is_for_nobody = is_old && self.up().is_none();
        match output {
            Output::Join { .. } | Output::Ping { .. } if is_for_nobody => {}
            Output::Store { seq } => {
                self.tally.one(Count::Stored);
                self.store(seq);
            }
            Output::Authorize { epoch } => {
                self.tally.one(Count::Attempts);
                self.page.links.authorize(self.page.shell.time, epoch);
                self.authorize(epoch);
            }
            Output::Connect { epoch, .. } => self.connect(epoch),
            Output::Disconnect { epoch } => self.disconnect(epoch),
            Output::Join { epoch } => {
                self.page.links.join(epoch);
                self.emit(Frame::Join);
            }
            Output::Ping { epoch } => {
                if !self.page.shell.has_old_orders {
                    self.page.links.ping(epoch);
                }
                self.pings += 1;
                self.tally.one(Count::Pings);
                self.emit(Frame::Ping);
            }
            Output::Transmit { seq, attempt } => self.transmit(seq, attempt),
            Output::Settle { seq, outcome, maybe_delivered } => {
                self.settled(Settled { seq, outcome, maybe_delivered });
            }
            Output::Report(notice) => {
                if notice == Notice::PingsUnanswered {
                    self.page.shell.is_mute = true;
                    if self.plan.server.has_ping_handler {
                        self.tally.one(Count::WronglyMute);
                    }
                }
                self.tally.reported(notice);
            }
            Output::Changed => self.page.shell.shown = self.page.shell.status(),
        }
    }

    /// A page with one life keeps each message by itself, in any order: harder than any disk is.
    fn store(&mut self, seq: Seq) {
        if self.page.keeper.is_none() {
            let span = self.disk.magnitude(1, self.plan.disk.slowest);
            self.schedule(self.now + span, Event::Stored { page: self.page.id, seq });
        } else if let Some(id) = self.page.deliveries.find(seq) {
            self.keep((id, seq));
        }
    }

    fn authorize(&mut self, epoch: Epoch) {
        let at = self.now + self.dice.magnitude(1, 8_000);
        let grant = match self.dice.weighted(self.plan.shell.grants) {
            0 => return self.tell(Input::Authorized { epoch, grant: Grant::Granted }),
            1 => Grant::Granted,
            2 => Grant::Failed,
            3 => Grant::Absent,
            _ => return,
        };
        self.schedule(at, Event::Authorized { page: self.page.id, epoch, grant });
    }

    fn transmit(&mut self, seq: Seq, attempt: u32) {
        self.page.links.transmit(self.page.shell.time, self.page.shell.status().phase);
        self.page.model.transmitted(self.page.shell.time, seq, attempt);
        self.tally.one(Count::Transmitted);
        if attempt > 1 {
            self.tally.one(Count::Repeated);
            if self.plan.kinds.world_is_kind() && !self.plan.kinds.fickle_app {
                violated!("calm", "{seq:?} left again in a kind world");
            }
        }
        let Some(id) = self.page.deliveries.find(seq) else {
            violated!("I5", "{seq:?} was never sent");
        };
        self.check_may_leave(id);
        if self.app.messages[id].is_unencodable {
            self.tell(Input::Acked { seq, attempt, verdict: Verdict::Refused });
        } else {
            self.emit(Frame::Message { id, attempt });
        }
    }

    /// Over the connection that there is; the Socket may find out only now that it is dead.
    fn emit(&mut self, frame: Frame) {
        let Some(id) = self.up() else {
            violated!("I2", "{frame:?} without a connection");
        };
        let is_dead = self.network.connections[id].half_open_since.is_some();
        if is_dead && self.dice.chance(self.plan.shell.stale_sockets) {
            self.came_down(id, holdfast::engine::DownCause::Lost);
        } else {
            self.send_up(id, frame);
        }
    }

    fn check_at_rest(&self) {
        let status = self.page.shell.status();
        if status != self.page.shell.shown {
            violated!("changed", "{status:?} was never shown, only {:?}", self.page.shell.shown);
        }
        if status.in_flight != self.page.model.in_flight() {
            violated!("I8", "{} in flight, not {}", status.in_flight, self.page.model.in_flight());
        }
        if status.queued + status.in_flight != self.page.model.count() {
            violated!("I1", "{status:?}, where {} are unsettled", self.page.model.count());
        }
        self.page.links.check_plan(status.next_attempt_at.map(|at| at.0));
        self.page.model.check_at_rest(self.page.shell.time, status.phase == Phase::Ready);
        self.check_half_open(status.phase);
    }

    /// A dead link is noticed in time, where timers are.
    fn check_half_open(&self, phase: Phase) {
        let Some(health) = &self.plan.config.health else { return };
        if !matches!(phase, Phase::Ready | Phase::Suspect)
            || self.page.shell.is_mute
            || self.plan.kinds.clock
        {
            return;
        }
        // Health begins when the link is ready, however long the room took.
        let dead_since = self.up().and_then(|id| {
            let since = self.network.connections[id].half_open_since;
            since.map(|since| since.max(self.page.born_at + self.page.links.ready_since()))
        });
        if let Some(since) = dead_since
            && self.now - since > health.timeout.0 + health.probe.0
        {
            violated!("health", "a link that is dead since {since} still counts as {phase:?}");
        }
    }
}
