//! Carries out the orders of a page's client, as the browser's shell does, and checks the client once it has none.

use holdfast::client::Order;
use holdfast::engine::{DownCause, Epoch, Grant, Notice, Output, Phase, Seq};

use super::World;
use crate::event::Event;
use crate::page::shell::{Foreign, is_ready};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::wire::Frame;

impl World {
    /// Carries out all orders. A call from within changes the client at once, and the running loop carries out what
    /// follows.
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

    fn poll(&mut self) -> Option<Order> {
        let before = self.page.shell.status().phase;
        let time = self.page.shell.client.now().0;
        if is_ready(before) && self.page.model.widened(time) {
            self.page.links.restarted_life(time);
        }
        let stored = self.generation();
        self.page.owners.sees_generation(stored);
        let order = self.page.shell.client.poll();
        if self.run.keeps()
            && (self.page.storage.is_unseen(&self.page.shell.client)
                || matches!(order, Some(Order::Storage(_))))
        {
            self.observe();
        }
        match order {
            Some(
                Order::Ended { .. }
                | Order::Storage(_)
                | Order::Foreign
                | Order::Learned { answers: true, .. }
                | Order::Receiptless
                | Order::Look
                | Order::StopTyping { .. }
                | Order::Release
                | Order::Forget { .. }
                | Order::Discard { .. }
                | Order::Engine(Output::Report(Notice::PingsUnanswered)),
            )
            | None => {}
            Some(order) if self.is_over_elsewhere() && !is_ready(before) => {
                violated!("I12", "{order:?} after a logout elsewhere");
            }
            Some(_) => {}
        }
        self.moved(before);
        order
    }

    /// `is_old` is true if the world has changed since the order was given. Then it may be about a link that is
    /// gone, and has no effect.
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
            Order::Replay { .. }
            | Order::Discard { .. }
            | Order::Emit { .. }
            | Order::Returned { .. }
            | Order::Resync { .. }
            | Order::Release
            | Order::AskOnline
            | Order::StopTyping { .. } => self.carry_out_feed(order),
            Order::Read { feed, round } => self.read_feed(feed, round),
        }
    }

    fn carry_out_engines(&mut self, output: Output, is_old: bool) {
        let is_for_nobody = is_old && self.up().is_none();
        match output {
            Output::Join { .. } | Output::Ping { .. } if is_for_nobody => {}
            Output::Authorize { .. } | Output::Connect { .. } if self.run.plan.is_followed => {
                violated!("link", "{output:?} of a link that is followed")
            }
            Output::Authorize { epoch } => {
                self.run.tally.one(Count::Attempts);
                self.page.links.authorize(self.page.shell.time, epoch);
                self.authorize(epoch);
            }
            Output::Connect { epoch, .. } => {
                self.page.shell.foreign = Foreign::No;
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
        self.page.feed.emits.check_all_replayed(self.up());
        self.check_owner(id, self.up());
        self.check_link_takes();
        self.check_asked(id, is_asked);
        if self.fits(id, seq, is_large) {
            self.app.messages[id].has_left = true;
            self.emit(Frame::Message { id, attempt, is_asked });
        }
    }

    /// Sends a frame over the present connection. The Socket may detect only now that it is dead.
    pub(super) fn emit(&mut self, frame: Frame) {
        let Some(id) = self.up() else {
            violated!("I2", "{frame:?} without a connection");
        };
        let is_dead = self.network.connections[id].half_open_since.is_some();
        if is_dead && self.run.dice.chance(self.run.plan.shell.stale_sockets) {
            self.came_down(id, DownCause::Lost);
        } else {
            self.hand_to_transport(id, frame);
        }
    }
}

// Checks when no order is left.
impl World {
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
        self.check_paused();
        self.receipts.check_at_rest();
        self.check_erasing();
        if !self.page.deliveries.owes_nothing() {
            violated!("answers", "the app was not told of a late one");
        }
        self.check_feed_at_rest();
        self.check_published_at_rest();
        self.check_half_open(status.phase);
    }

    /// Checks that a dead link is detected in time, if timers are in time.
    fn check_half_open(&self, phase: Phase) {
        let Some(health) = &self.run.plan.config.health else { return };
        if !matches!(phase, Phase::Ready | Phase::Suspect)
            || self.page.shell.is_mute
            || self.run.plan.kinds.clock
        {
            return;
        }
        // Health begins when the link is ready, however long the join took.
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
