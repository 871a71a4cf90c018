//! The machine that the pages are on: its clock, its timers, and its sleep.

use holdfast::engine::Input;

use crate::tally::Count;
use crate::world::{Event, FIRST, World};

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
        let fires_at = at.0.saturating_sub(self.page.shell.lead).max(self.now) + late;
        self.schedule(fires_at, Event::Timer { number: self.page.shell.timer });
    }

    pub(crate) fn timer_fired(&mut self, number: u64) {
        if number != self.page.shell.timer {
            return;
        }
        let until = self.page.shell.throttled_until;
        if self.now < until && !self.now.is_multiple_of(MINUTE) {
            let at = self.now.next_multiple_of(MINUTE).min(until);
            return self.schedule(at, Event::Timer { number });
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
            self.tell(Input::Woke);
        }
    }

    /// The clock was set forward, which looks like sleep.
    pub(crate) fn jump(&mut self, by: u64) {
        self.page.shell.lead += by;
        self.tell(Input::Woke);
    }
}

/// How often a hidden page's timers fire.
const MINUTE: u64 = 60_000;
