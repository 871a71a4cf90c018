//! The machine that the pages are on: its clock, its timers, and its sleep.

use holdfast::engine::{Input, Moment, Phase};

use super::World;
use crate::event::{Event, FIRST, LAST};
use crate::page::Page;
use crate::tally::Count;
use crate::violation::violated;

impl World {
    pub(super) fn arm(&mut self) {
        let due = self.page.shell.client.poll_timeout();
        let Some(at) = due.filter(|&at| at < Moment::NEVER) else {
            self.page.shell.armed_for = None;
            self.page.shell.timer += 1;
            return;
        };
        if self.page.shell.armed_for.is_some_and(|armed| at.0 >= armed) {
            return;
        }
        self.page.shell.armed_for = Some(at.0);
        self.page.shell.timer += 1;
        let late = self.run.dice.below(self.run.plan.clock.timer_jitter + 1);
        let Page { id: page, born_at, shell, .. } = &*self.page;
        let (page, number) = (*page, shell.timer);
        let fires_at =
            (at.0 + born_at + shell.lag).saturating_sub(shell.lead).max(self.run.now) + late;
        self.run.schedule(fires_at, Event::Timer { page, number });
    }

    pub(super) fn timer_fired(&mut self, number: u64) {
        if number != self.page.shell.timer {
            return;
        }
        let until = self.page.shell.throttled_until;
        if self.run.now < until && !self.run.now.is_multiple_of(MINUTE) {
            let at = self.run.now.next_multiple_of(MINUTE).min(until);
            return self.run.schedule(at, Event::Timer { page: self.page.id, number });
        }
        self.page.shell.armed_for = None;
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
                    self.page.shell.lag += slept;
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
            self.asks_again();
            self.tell(Input::Woke);
            self.expect_verdict();
        }
    }

    /// The clock was set forward, which looks like sleep.
    pub(super) fn jump(&mut self, by: u64) {
        self.wall_lead += by;
        self.disturbances += 1;
        for page in 0..self.pages.len() {
            if self.turn_to(page) {
                self.page.shell.lead += by;
                self.page.shell.armed_for = None;
            }
        }
        self.wake_all();
    }

    /// The page's clock is asked, after a sleep in which it stood still: the clock on the wall went on. That
    /// tells the engine, before anything else does.
    pub(super) fn notice_lag(&mut self) {
        let lag = std::mem::take(&mut self.page.shell.lag);
        if lag <= SLEEP_MS {
            self.page.born_at += lag;
        } else {
            self.wake();
        }
    }

    /// A page that wakes up with a dead link finds that out as soon as a probe is over.
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
            // Another waking gives another probe.
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

    /// The clock on the wall.
    pub(super) fn wall(&self) -> u64 {
        self.run.now + self.wall_lead
    }
}

/// A clock that stood still no longer than that was not asleep, as in the browser's shell.
const SLEEP_MS: u64 = 2_000;
/// How often a hidden page's timers fire.
const MINUTE: u64 = 60_000;
