//! The clock, made of two clocks.
//!
//! One clock never runs backwards but may stand still while the machine sleeps. The other one runs during sleep but
//! may be set. The result follows the first clock, and follows the second where that gains: then the machine slept,
//! or the clock was set forward. The two cases can't be distinguished, and mistaking the second for the first costs
//! only a probe.

use crate::engine::{Millis, Moment};

/// The readings of both clocks in milliseconds, each since its own origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// The wall clock, which may be set: `Date.now()`.
    pub wall: u64,
    /// The clock that may stand still during sleep: `performance.now()`.
    pub running: u64,
}

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    last: Readings,
    now: Moment,
}

/// The time that two readings give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The present moment, never before an earlier one.
    pub now: Moment,
    /// The machine slept since the readings before.
    pub has_slept: bool,
}

impl Clock {
    /// Starts the clock at moment 0 with these readings.
    #[must_use]
    pub fn new(first: Readings) -> Self {
        Self { last: first, now: Moment::default() }
    }

    /// The moment that was read last.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Reads the time. A clock that shows less than before counts as having stood still, and continues from there.
    pub fn read(&mut self, shown: Readings) -> Reading {
        let ran = Moment(shown.running) - Moment(self.last.running);
        let went = Moment(shown.wall) - Moment(self.last.wall);
        let has_slept = went - ran > SLEEP;
        self.last = shown;
        self.now = self.now + if has_slept { went } else { ran };
        Reading { now: self.now, has_slept }
    }
}

/// A lead up to this long is a normal difference between the two clocks.
pub const SLEEP: Millis = Millis(2_000);
