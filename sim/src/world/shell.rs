//! Calls of a page's client: the app's commands, facts, and the time.

use holdfast::client::Client;
use holdfast::engine::{Epoch, Grant, Input, Millis, Moment, Outcome, Phase, Seq};

use super::World;
use crate::network::HEARTBEAT_TIMEOUT;
use crate::page::Page;
use crate::page::shell::{Foreign, is_ready, is_up};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;

// Commands and facts.
impl World {
    pub(super) fn open(&mut self) {
        self.read_clocks();
        self.log_in_again();
        if self.run.plan.users.is_none() {
            self.open_kept();
        }
        note!(self.run, "-> open");
        self.come_back();
        if std::mem::take(&mut self.page.shell.is_paused) {
            self.call(|client, now| client.pause(now, false));
        }
        self.page.links.opened(self.page.shell.status().phase);
        if self.run.plan.is_followed {
            self.connect_socket();
            // The clock may have found that the machine slept.
            return self.drain();
        }
        self.call(Client::open);
        self.asked_for_link();
        self.drain();
    }

    pub(super) fn close(&mut self) {
        self.read_clocks();
        note!(self.run, "-> close");
        self.page.links.closed();
        if self.run.plan.is_followed {
            self.disconnect_socket();
            return self.drain();
        }
        self.call(Client::close);
        self.drain();
    }

    /// The app's login is not ready: a live link stays, and no attempt is made.
    pub(super) fn pause(&mut self) {
        self.read_clocks();
        note!(self.run, "-> hold");
        self.run.tally.one(Count::Paused);
        self.page.shell.is_paused = true;
        self.page.shell.foreign = Foreign::No;
        if !is_up(self.page.shell.status().phase) {
            self.page.links.closed();
        }
        self.call(|client, now| client.pause(now, true));
        self.drain();
    }

    /// While the app's login is not ready, no credentials are requested.
    pub(super) fn check_paused(&self) {
        let phase = self.page.shell.status().phase;
        if self.page.shell.is_paused && matches!(phase, Phase::Authorizing | Phase::Connecting) {
            violated!("paused", "{phase:?} though the login is not ready");
        }
    }

    pub(super) fn cancel(&mut self, seq: Seq) {
        note!(self.run, "-> cancel {seq:?}");
        self.page.model.cancelled(seq);
        self.call(|client, now| client.cancel(now, seq));
        self.drain();
    }

    pub(super) fn destroy(&mut self) {
        self.read_clocks();
        note!(self.run, "-> destroy");
        self.run.tally.one(Count::Destroyed);
        self.page.shell.is_destroyed = true;
        self.page.links.closed();
        self.page.model.all_settled(Outcome::Closed);
        self.call(Client::destroy);
        self.page.feed.forget();
        self.drain();
        // Settled messages are still erased.
        let client = &self.page.shell.client;
        let has_end = client.poll_timeout().is_none() || !client.keeper().is_at_rest();
        if !has_end || self.page.model.count() > 0 {
            violated!("destroyed", "{:?}", self.page.shell.status());
        }
    }

    pub(super) fn tell(&mut self, input: Input) {
        note!(self.run, "-> {input:?}");
        let now = self.next_time();
        let before = self.page.shell.status().phase;
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
        let now = self.next_time();
        let before = self.page.shell.status().phase;
        self.page.links.told(self.page.shell.time, input, before);
        let heartbeat = self.heartbeat_that_is_told();
        let is_plain = self.run.plan.feed.is_none();
        self.take_up_positions();
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

    /// `None` if the plan predates receipts.
    pub(super) fn heartbeat_that_is_told(&self) -> Millis {
        let span = if self.run.plan.receipting.is_some() { HEARTBEAT_TIMEOUT } else { 0 };
        Millis(span)
    }

    /// The clock finds that the machine slept, and tells the client at once. The resulting orders are carried out
    /// after the call that read the clock.
    pub(super) fn wake(&mut self) {
        note!(self.run, "-> Woke, says the clock");
        self.asks_again();
        let before = self.page.shell.status().phase;
        let now = self.next_time();
        self.page.links.told(self.page.shell.time, Input::Woke, before);
        self.call_at(now, |client, now| client.handle(now, Input::Woke));
        self.page.shell.has_old_orders = true;
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
        if self.page.shell.time < now.0 {
            violated!("time", "a timer that fired at {} passes on no time", now.0);
        }
        self.observe();
        self.page.model.examined(self.page.shell.time);
        let calls = self.page.shell.calls;
        let (pings, reads) = (self.pings, self.page.published.reads);
        self.drain();
        let next = self.page.shell.client.poll_timeout();
        if calls == self.page.shell.calls && next.is_some_and(|next| next.0 <= self.page.shell.time)
        {
            violated!("I6", "after a timeout at {} the next is {next:?}", self.page.shell.time);
        }
        // The clock notices a transaction that hangs.
        let has_asked = self.pings != pings || self.page.published.reads != reads;
        let may_be_woken = has_asked || self.run.plan.disk.stalling > 0;
        if self.is_idle && due.is_some() && !may_be_woken {
            violated!("idle", "woken up for nothing at {}", self.page.shell.time);
        }
    }

    /// The latest time that the client was given.
    pub(super) fn engine_time(&self) -> u64 {
        self.page.shell.time
    }

    /// The time for the next call, which may be wrong.
    pub(super) fn next_time(&mut self) -> Moment {
        let Moment(mut now) = self.read_clocks();
        if self.run.dice.chance(self.run.plan.clock.steps_back) {
            now = now.saturating_sub(self.run.dice.below(5_000));
        }
        self.page.shell.time = self.page.shell.time.max(now);
        Moment(now)
    }

    pub(super) fn call<R>(&mut self, call: impl FnOnce(&mut Client, Moment) -> R) -> R {
        let now = self.next_time();
        self.call_at(now, call)
    }

    pub(super) fn call_at<R>(
        &mut self,
        now: Moment,
        call: impl FnOnce(&mut Client, Moment) -> R,
    ) -> R {
        self.page.shell.calls += 1;
        self.run.tally.one(Count::Steps);
        let before = self.page.shell.status().phase;
        let result = call(&mut self.page.shell.client, now);
        // Not every call passes the time on, and none passes a later one.
        let passed = self.page.shell.client.now().0;
        if passed > self.page.shell.time {
            violated!("time", "at {} the client counts {passed}", self.page.shell.time);
        }
        self.page.shell.time = passed;
        self.moved(before);
        result
    }

    /// The client acted; its phase was `before`.
    pub(super) fn moved(&mut self, before: Phase) {
        let after = self.page.shell.status().phase;
        if before != after {
            note!(self.run, "   {before:?} -> {after:?}");
        }
        if is_up(before) && !is_up(after) {
            self.page.feed.link_lost();
            self.page.published.link_lost();
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
