//! The machine that runs the pages: its clocks, its timers, and its sleep.

use holdfast::client::clock::{Reading, Readings};
use holdfast::client::timer::Setting;
use holdfast::client::{Client, PageEvent};
use holdfast::engine::{Input, Moment, Phase};

use super::World;
use crate::event::{Event, FIRST, LAST};
use crate::page::Page;
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;

impl World {
    pub(super) fn arm(&mut self) {
        let Page { id: page, shell, .. } = &mut *self.page;
        let (now, deadline) = (shell.clock.now(), shell.client.poll_timeout());
        match shell.timer.follow(now, deadline) {
            Setting::Stays => {}
            Setting::Off => shell.timer_number += 1,
            Setting::In(span) => {
                shell.timer_number += 1;
                let (page, number) = (*page, shell.timer_number);
                let late = self.run.dice.below(self.run.plan.clock.timer_jitter + 1);
                self.run.schedule(self.run.now + span.0 + late, Event::Timer { page, number });
            }
        }
    }

    /// Reads the page's clocks. The page is first told if the machine slept. Expectations about a call are set
    /// after that.
    pub(super) fn read_clocks(&mut self) -> Moment {
        let Page { born_at, stood_still, .. } = *self.page;
        let shown = Readings { wall: self.wall(), running: self.run.now - born_at - stood_still };
        let Reading { now, has_slept } = self.page.shell.clock.read(shown);
        if has_slept {
            self.page.shell.timer.slept();
            self.wake();
        }
        now
    }

    pub(super) fn timer_fired(&mut self, number: u64) {
        if number != self.page.shell.timer_number {
            return;
        }
        let until = self.page.shell.throttled_until;
        if self.run.now < until && !self.run.now.is_multiple_of(MINUTE) {
            let at = self.run.now.next_multiple_of(MINUTE).min(until);
            return self.run.schedule(at, Event::Timer { page: self.page.id, number });
        }
        self.page.shell.timer.fired();
        self.timeout();
    }

    pub(super) fn throttle(&mut self, until: u64) {
        self.disturbances += 1;
        self.page.shell.throttled_until = self.page.shell.throttled_until.max(until);
    }

    pub(super) fn fall_asleep(&mut self, until: u64) {
        self.run.tally.one(Count::Sleeps);
        self.disturbances += 1;
        if self.run.now >= self.asleep_until {
            self.asleep_since = self.run.now;
        }
        self.asleep_until = self.asleep_until.max(until);
        self.run.schedule_in(FIRST, until, Event::Awake);
    }

    pub(super) fn woke_up(&mut self) {
        let slept = self.run.now - self.asleep_since;
        self.asleep_since = self.run.now;
        if self.run.plan.clock.stops_asleep {
            for page in 0..self.pages.len() {
                if self.turn_to(page) {
                    self.page.stood_still += slept;
                }
            }
        }
        if self.run.plan.clock.notices_sleep {
            self.wake_all();
        }
    }

    pub(super) fn wake_all(&mut self) {
        for page in self.shown() {
            self.turn_to(page);
            self.say(PageEvent::Shown);
            self.expect_verdict();
        }
    }

    /// An event of the page, which the client is told.
    pub(super) fn say(&mut self, event: PageEvent) {
        note!(self.run, "-> the page: {event:?}");
        let now = self.next_time();
        let phase = self.page.shell.status().phase;
        self.page.shell.timer.slept();
        match event {
            PageEvent::Online | PageEvent::Shown | PageEvent::Resumed => {
                self.asks_again();
                self.page.links.told(self.page.shell.time, Input::Woke, phase);
            }
            PageEvent::Cached => {
                self.page.was_linked = !matches!(phase, Phase::Idle | Phase::Closed);
                self.page.links.closed();
            }
            PageEvent::Back => {
                if self.page.storage.scope.is_some_and(|scope| scope > 0) {
                    self.page.model.restoring();
                }
            }
            PageEvent::Left | PageEvent::Loaded | PageEvent::Hidden => {}
        }
        self.call_at(now, |client, now| client.page(now, event));
        self.observe();
        self.drain();
        self.reopen(event == PageEvent::Back);
    }

    /// A page that is back from the cache looks at what is outside.
    fn reopen(&mut self, is_back: bool) {
        note!(self.run, "-> reopen");
        let asks =
            is_back && std::mem::take(&mut self.page.was_linked) && !self.page.shell.is_paused;
        if asks {
            self.page.links.opened(self.page.shell.status().phase);
        }
        self.call(Client::reopen);
        if asks {
            self.asked_for_link();
        }
        self.drain();
    }

    /// The wall clock is set. Forward looks like sleep.
    pub(super) fn jump(&mut self, by: i64) {
        self.wall_lead += by;
        self.disturbances += 1;
    }

    /// A page that wakes up with a dead link must detect that as soon as a probe has ended.
    pub(super) fn expect_verdict(&mut self) {
        let Some(health) = &self.run.plan.config.health else { return };
        let status = self.page.shell.status();
        let is_dead = |id: &usize| self.network.connections[*id].half_open_since.is_some();
        let is_judged = matches!(status.phase, Phase::Ready | Phase::Suspect)
            && !self.page.shell.is_mute
            && self.page.shell.throttled_until <= self.run.now
            && self.run.plan.clock.steps_back == 0
            && (self.run.plan.receipting.is_none() || self.receipts.is_trusted);
        if let Some(connection) = self.up().filter(is_dead).filter(|_| is_judged) {
            let at = self.run.now + health.probe.0 + self.run.plan.clock.timer_jitter + 1;
            // Another waking starts another probe.
            let verdict = &mut self.network.connections[connection].verdict;
            *verdict += 1;
            let (verdict, disturbances) = (*verdict, self.disturbances);
            self.run.schedule_in(LAST, at, Event::Judged { connection, verdict, disturbances });
        }
    }

    pub(super) fn judged(&mut self, connection: usize, verdict: u32, disturbances: u64) {
        let is_due = self.network.connections[connection].verdict == verdict;
        if disturbances != self.disturbances || !is_due {
            return;
        }
        self.run.tally.one(Count::FoundDead);
        if self.page.connection == Some(connection) {
            violated!("health", "the page woke up with a dead link, and has not found out");
        }
    }

    /// The wall clock's reading.
    pub(super) fn wall(&self) -> u64 {
        (NOON + self.run.now).wrapping_add_signed(self.wall_lead)
    }
}

/// The wall clock's reading at the beginning of the world.
pub(crate) const NOON: u64 = 1_000_000_000_000;
/// The interval of a hidden page's timers.
const MINUTE: u64 = 60_000;
