//! The machine that the pages are on: its clock, its timers, and its sleep.

use holdfast::engine::Input;

use crate::event::{Event, FIRST};
use crate::page::Page;
use crate::tally::Count;
use crate::world::World;

impl World {
    pub(crate) fn arm(&mut self) {
        let Some(at) = self.page.shell.engine.poll_timeout() else {
            self.page.shell.armed_for = None;
            self.page.shell.timer += 1;
            return;
        };
        if self.page.shell.armed_for.is_some_and(|armed| at.0 >= armed) {
            return;
        }
        self.page.shell.armed_for = Some(at.0);
        self.page.shell.timer += 1;
        let late = self.dice.below(self.plan.clock.timer_jitter + 1);
        let Page { id: page, born_at, shell, .. } = &*self.page;
        let (page, number) = (*page, shell.timer);
        let fires_at = (at.0 + born_at).saturating_sub(shell.lead).max(self.now) + late;
        self.schedule(fires_at, Event::Timer { page, number });
    }

    pub(crate) fn timer_fired(&mut self, number: u64) {
        if number != self.page.shell.timer {
            return;
        }
        let until = self.page.shell.throttled_until;
        if self.now < until && !self.now.is_multiple_of(MINUTE) {
            let at = self.now.next_multiple_of(MINUTE).min(until);
            return self.schedule(at, Event::Timer { page: self.page.id, number });
        }
        self.page.shell.armed_for = None;
        self.timeout();
    }

    pub(crate) fn throttle(&mut self, until: u64) {
        self.page.shell.throttled_until = self.page.shell.throttled_until.max(until);
    }

    pub(crate) fn fall_asleep(&mut self, until: u64) {
        self.tally.one(Count::Sleeps);
        self.asleep_until = self.asleep_until.max(until);
        self.schedule_in(FIRST, until, Event::Awake);
    }

    pub(crate) fn woke_up(&mut self) {
        if self.plan.clock.notices_sleep {
            self.wake_all();
        }
    }

    pub(crate) fn wake_all(&mut self) {
        for page in self.shown() {
            self.turn_to(page);
            self.tell(Input::Woke);
        }
    }

    /// The clock was set forward, which looks like sleep.
    pub(crate) fn jump(&mut self, by: u64) {
        self.wall_lead += by;
        for page in 0..self.pages.len() {
            if self.turn_to(page) {
                self.page.shell.lead += by;
            }
        }
        self.wake_all();
    }

    /// The clock on the wall.
    pub(crate) fn wall(&self) -> u64 {
        self.now + self.wall_lead
    }
}

/// How often a hidden page's timers fire.
const MINUTE: u64 = 60_000;
