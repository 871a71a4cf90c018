//! Time, made of two clocks.
//!
//! One clock never runs backwards but may stand still while the machine sleeps. The other one goes on, but may be
//! set. So time is what the first one shows, and where the second one gains on it, what that one shows: the machine
//! slept, or the clock was set forward. The two look the same, and to take the second for the first costs a probe.

use crate::engine::{Millis, Moment};

/// What the two clocks show, in milliseconds since whatever moment each of them counts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Of the clock on the wall, which may be set: `Date.now()`.
    pub wall: u64,
    /// Of the clock that may stand still in sleep: `performance.now()`.
    pub running: u64,
}

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    last: Readings,
    now: Moment,
}

/// What the readings come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Never before an earlier one.
    pub now: Moment,
    /// The machine slept since the readings before these.
    pub has_slept: bool,
}

impl Clock {
    /// Time begins at these readings, with the first moment.
    #[must_use]
    pub fn new(first: Readings) -> Self {
        Self { last: first, now: Moment::default() }
    }

    /// The time that was read last.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    /// What time it is. A clock that shows less than before has gone on by nothing, and counts from there.
    pub fn read(&mut self, shown: Readings) -> Reading {
        let ran = Moment(shown.running) - Moment(self.last.running);
        let went = Moment(shown.wall) - Moment(self.last.wall);
        let has_slept = went - ran > SLEEP;
        self.last = shown;
        self.now = self.now + if has_slept { went } else { ran };
        Reading { now: self.now, has_slept }
    }
}

/// A lead that is no longer than this is the difference between two clocks.
pub const SLEEP: Millis = Millis(2_000);
