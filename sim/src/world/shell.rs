//! The client and what carries out its orders, as the browser's shell does.

use holdfast::client::{Client, Order};
use holdfast::engine::{Epoch, Grant, Input, Millis, Notice, Outcome, Output, Phase, Seq};

use super::World;
use crate::event::Event;
use crate::network::HEARTBEAT_TIMEOUT;
use crate::page::Page;
use crate::page::shell::{is_ready, is_up};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::wire::Frame;

// Commands and facts.
impl World {
    pub(super) fn open(&mut self) {
        self.log_in_again();
        if self.run.plan.users.is_none() {
            self.open_kept();
        }
        note!(self.run, "-> open");
        self.page.shell.is_foreign = false;
        self.page.links.opened(self.page.shell.status().phase);
        self.call(Client::open);
        self.drain();
    }

    pub(super) fn close(&mut self) {
        note!(self.run, "-> close");
        self.page.links.closed();
        self.call(Client::close);
        self.drain();
    }

    pub(super) fn cancel(&mut self, seq: Seq) {
        note!(self.run, "-> cancel {seq:?}");
        self.page.model.cancelled(seq);
        self.call(|client, now| client.cancel(now, seq));
        self.drain();
    }

    pub(super) fn destroy(&mut self) {
        note!(self.run, "-> destroy");
        self.run.tally.one(Count::Destroyed);
        self.page.shell.is_destroyed = true;
        self.page.links.closed();
        self.page.model.all_settled(Outcome::Closed);
        self.call(Client::destroy);
        self.page.feed.forget();
        self.drain();
        self.stop_keeping();
        // What has settled is erased all the same.
        let client = &self.page.shell.client;
        let has_end = client.poll_timeout().is_none() || !client.keeper().is_at_rest();
        if !has_end || self.page.model.count() > 0 {
            violated!("destroyed", "{:?}", self.page.shell.status());
        }
    }

    pub(super) fn tell(&mut self, input: Input) {
        note!(self.run, "-> {input:?}");
        let before = self.page.shell.status().phase;
        let now = self.next_time();
        self.page.links.told(self.page.shell.time, input, before);
        if let Input::Authorized { epoch, grant: Grant::Absent } = input {
            self.absent(epoch);
        }
        self.trusts(input);
        self.call_at(now, |client, now| client.handle(now, input));
        self.drain();
    }

    /// The connection is accepted.
    pub(super) fn tell_linked(&mut self, epoch: Epoch, join: bool) {
        let input = Input::LinkUp { epoch, join };
        note!(self.run, "-> {input:?}");
        let before = self.page.shell.status().phase;
        let now = self.next_time();
        self.page.links.told(self.page.shell.time, input, before);
        let heartbeat = self.heartbeat_that_is_told();
        let is_plain = self.run.plan.feed.is_none();
        self.call_at(now, |client, now| {
            client.linked(now, epoch, join, heartbeat);
            if is_plain {
                client.greeted(now, epoch, false);
            }
        });
        if !is_plain {
            self.drain();
            self.greet(epoch);
        }
        self.drain();
    }

    /// None where the plan is of before there were receipts.
    pub(super) fn heartbeat_that_is_told(&self) -> Millis {
        let span = if self.run.plan.receipting.is_some() { HEARTBEAT_TIMEOUT } else { 0 };
        Millis(span)
    }

    /// The clock finds that the machine slept, and tells the engine at once. What that orders is carried
    /// out with whatever the clock was asked for.
    pub(super) fn wake(&mut self) {
        note!(self.run, "-> Woke, says the clock");
        let before = self.page.shell.status().phase;
        let now = self.next_time();
        self.page.links.told(self.page.shell.time, Input::Woke, before);
        self.call_at(now, |client, now| client.handle(now, Input::Woke));
        self.page.shell.has_old_orders = true;
        // Nor does the timer know of the time that passed.
        self.page.shell.armed_for = None;
        self.expect_verdict();
    }

    pub(super) fn timeout(&mut self) {
        let now = self.next_time();
        note!(self.run, "-> timeout at {}, due {:?}", now.0, self.page.shell.client.poll_timeout());
        let due = self.page.shell.client.poll_timeout().filter(|&due| due <= now);
        if due.is_some_and(|due| now - due > Millis(1_000)) {
            self.run.tally.one(Count::LateTimers);
        }
        self.call_at(now, Client::handle_timeout);
        self.observe();
        self.page.model.examined(self.page.shell.time);
        let calls = self.page.shell.calls;
        let pings = self.pings;
        self.drain();
        let next = self.page.shell.client.poll_timeout();
        if calls == self.page.shell.calls && next.is_some_and(|next| next.0 <= self.page.shell.time)
        {
            violated!("I6", "after a timeout at {} the next is {next:?}", self.page.shell.time);
        }
        // A transaction that hangs is noticed by the clock.
        let may_be_woken = self.pings != pings || self.run.plan.disk.stalling > 0;
        if self.is_idle && due.is_some() && !may_be_woken {
            violated!("idle", "woken up for nothing at {}", self.page.shell.time);
        }
    }

    /// The latest time that the engine was told.
    pub(super) fn engine_time(&self) -> u64 {
        self.page.shell.time
    }

    /// The time for the next call, which may be wrong.
    pub(super) fn next_time(&mut self) -> Millis {
        if self.page.shell.lag > 0 {
            self.notice_lag();
        }
        let mut now = self.run.now - self.page.born_at + self.page.shell.lead;
        if self.run.dice.chance(self.run.plan.clock.steps_back) {
            now = now.saturating_sub(self.run.dice.below(5_000));
        }
        self.page.shell.time = self.page.shell.time.max(now);
        Millis(now)
    }

    pub(super) fn call<R>(&mut self, call: impl FnOnce(&mut Client, Millis) -> R) -> R {
        let now = self.next_time();
        self.call_at(now, call)
    }

    pub(super) fn call_at<R>(
        &mut self,
        now: Millis,
        call: impl FnOnce(&mut Client, Millis) -> R,
    ) -> R {
        self.page.shell.calls += 1;
        self.run.tally.one(Count::Steps);
        let before = self.page.shell.status().phase;
        let result = call(&mut self.page.shell.client, now);
        self.moved(before);
        result
    }

    /// The client did something, before which its phase was `before`.
    pub(super) fn moved(&mut self, before: Phase) {
        let after = self.page.shell.status().phase;
        if before != after {
            note!(self.run, "   {before:?} -> {after:?}");
        }
        if is_up(before) && !is_up(after) {
            self.page.feed.link_lost();
        }
        let messages = (self.page.model.delivers(), self.page.model.count() > 0);
        if self.page.links.moved(self.page.shell.time, (before, after), messages) {
            self.run.tally.one(Count::Losses);
            self.page.deliveries.link_lost();
            if self.page.links.losses_are_usual() {
                self.run.tally.one(Count::Suspicious);
            }
            let Page { model, links, shell, .. } = &mut *self.page;
            model.link_lost(shell.time, links.losses_are_usual());
        } else if is_ready(after) && !is_ready(before) {
            self.page.model.linked(self.page.shell.time);
        }
    }
}

// Orders.
impl World {
    /// Carries out all orders. A call from within changes the engine at once, and the loop that is
    /// already running carries out what follows.
    pub(super) fn drain(&mut self) {
        if self.page.shell.is_draining {
            return;
        }
        self.page.shell.is_draining = true;
        let calls = self.page.shell.calls;
        while let Some(order) = self.poll() {
            self.run.tally.one(Count::Steps);
            if order != Order::Engine(Output::Changed) {
                note!(self.run, "<- {order:?}");
            }
            let is_old = self.page.shell.calls > calls || self.page.shell.has_old_orders;
            self.carry_out(order, is_old);
        }
        self.end_turn();
        self.page.shell.is_draining = false;
        self.page.shell.has_old_orders = false;
        self.check_at_rest();
        self.arm();
    }

    /// `is_old` where the world has changed since the order was given: then it may be for a link that
    /// is gone, and nothing comes of it.
    fn carry_out(&mut self, order: Order, is_old: bool) {
        match order {
            Order::Engine(output) => self.carry_out_engines(output, is_old),
            Order::Transmit { seq, attempt, is_asked, is_large } => {
                self.transmit((seq, attempt), is_asked, is_large);
            }
            Order::Settle(ending) => self.settle(ending),
            Order::Forget { .. } => {}
            Order::Receipt { epoch, name, count } => self.ask(epoch, name, count),
            Order::Ended { .. } => self.told_of_end(),
            Order::Foreign => self.told_of_foreign(),
            Order::Learned { event, answers } => {
                self.run.tally.one(Count::Learned);
                self.page.model.learned(self.page.shell.time, event, answers);
            }
            Order::Receiptless => self.receiptless(),
            Order::Look => self.look(),
            Order::Storage(order) => self.carry_out_storage(order),
            Order::Say { .. }
            | Order::Discard { .. }
            | Order::Emit { .. }
            | Order::Returned { .. }
            | Order::Resync { .. }
            | Order::Release
            | Order::AskOnline
            | Order::StopTyping { .. } => self.carry_out_feed(order),
        }
    }

    fn carry_out_engines(&mut self, output: Output, is_old: bool) {
        let is_for_nobody = is_old && self.up().is_none();
        match output {
            Output::Join { .. } | Output::Ping { .. } if is_for_nobody => {}
            Output::Authorize { epoch } => {
                self.run.tally.one(Count::Attempts);
                self.page.links.authorize(self.page.shell.time, epoch);
                self.authorize(epoch);
            }
            Output::Connect { epoch, .. } => {
                self.open_kept();
                self.connect(epoch);
            }
            Output::Disconnect { epoch, polite } => self.disconnect(epoch, polite),
            Output::Join { epoch } => {
                self.page.links.join(epoch);
                self.asked_for_room();
                self.emit(Frame::Join);
            }
            Output::Ping { epoch } => {
                if !self.page.shell.has_old_orders {
                    self.page.links.ping(epoch);
                }
                self.pings += 1;
                self.run.tally.one(Count::Pings);
                self.emit(Frame::Ping);
            }
            Output::Store { .. }
            | Output::Unanswered { .. }
            | Output::Transmit { .. }
            | Output::Settle { .. } => {
                violated!("orders", "the client hands on {output:?}")
            }
            Output::Report(notice) => {
                if notice == Notice::PingsUnanswered {
                    self.page.shell.is_mute = true;
                    if self.run.plan.server.has_ping_handler {
                        self.run.tally.one(Count::WronglyMute);
                    }
                }
                self.run.tally.reported(notice);
            }
            Output::Changed => self.page.shell.shown = self.page.shell.status(),
        }
    }

    fn authorize(&mut self, epoch: Epoch) {
        let read = self.token_now();
        let at = self.run.now + self.run.dice.magnitude(1, 8_000);
        let grant = match self.run.dice.weighted(self.run.plan.shell.grants) {
            0 => return self.grant(epoch, read),
            1 => Grant::Granted,
            2 => Grant::Failed,
            3 => Grant::Absent,
            _ => return,
        };
        self.run.schedule(at, Event::Authorized { page: self.page.id, epoch, grant, read });
    }

    fn transmit(&mut self, (seq, attempt): (Seq, u32), is_asked: bool, is_large: bool) {
        self.page.links.transmit(self.page.shell.time, self.page.shell.status().phase);
        self.page.model.transmitted(self.page.shell.time, seq, attempt);
        self.run.tally.one(Count::Transmitted);
        if attempt > 1 {
            self.run.tally.one(Count::Repeated);
            let is_calm = self.run.plan.kinds.world_is_kind() && !self.run.is_fickle();
            if is_calm && self.run.plan.receipting.is_none() {
                violated!("calm", "{seq:?} left again in a kind world");
            }
        }
        let Some(id) = self.page.deliveries.find(seq) else {
            violated!("I5", "{seq:?} was never sent");
        };
        self.check_may_leave(id);
        self.page.feed.said.check_all_said(self.up());
        self.check_owner(id, self.up());
        self.check_link_takes();
        self.check_asked(id, is_asked);
        if self.fits(id, seq, is_large) {
            self.app.messages[id].has_left = true;
            self.emit(Frame::Message { id, attempt, is_asked });
        }
    }

    /// Over the connection that there is; the Socket may find out only now that it is dead.
    pub(super) fn emit(&mut self, frame: Frame) {
        let Some(id) = self.up() else {
            violated!("I2", "{frame:?} without a connection");
        };
        let is_dead = self.network.connections[id].half_open_since.is_some();
        if is_dead && self.run.dice.chance(self.run.plan.shell.stale_sockets) {
            self.came_down(id, holdfast::engine::DownCause::Lost);
        } else {
            self.hand_to_transport(id, frame);
        }
    }

    fn check_at_rest(&mut self) {
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
        let is_free = self.link_is_free();
        let time = self.page.shell.client.now().0;
        self.page.model.check_at_rest(time, status.phase == Phase::Ready, is_free);
        self.page.owners.check_at_rest();
        self.receipts.check_at_rest();
        self.check_erasing();
        if !self.page.deliveries.owes_nothing() {
            violated!("answers", "the app was not told of a late one");
        }
        self.check_feed_at_rest();
        self.check_half_open(status.phase);
    }

    /// A dead link is noticed in time, where timers are.
    fn check_half_open(&self, phase: Phase) {
        let Some(health) = &self.run.plan.config.health else { return };
        if !matches!(phase, Phase::Ready | Phase::Suspect)
            || self.page.shell.is_mute
            || self.run.plan.kinds.clock
        {
            return;
        }
        // Health begins when the link is ready, however long the room took.
        let dead_since = self.up().and_then(|id| {
            let since = self.network.connections[id].half_open_since;
            since.map(|since| since.max(self.page.born_at + self.page.links.ready_since()))
        });
        let silence = health.timeout.0.max(self.heartbeat_that_is_told().0);
        if let Some(since) = dead_since
            && self.run.now - since > silence + health.probe.0
        {
            violated!("health", "a link that is dead since {since} still counts as {phase:?}");
        }
    }
}
