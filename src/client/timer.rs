//! The one timer: the deadline that it is set for, and when to set it anew.

use crate::engine::{Millis, Moment};

/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// It does not fire.
    Off,
    /// It fires at this moment, or later if the page is busy.
    Set(Moment),
    /// It was set but may have stood still since, so it may fire too late.
    Doubtful,
}

impl Timer {
    /// The change to the timer for the next deadline. It is never moved to a later moment, because one needless
    /// firing is cheaper.
    pub fn follow(&mut self, now: Moment, deadline: Option<Moment>) -> Setting {
        match (*self, deadline) {
            (Self::Off, None) => Setting::Stays,
            (Self::Set(_) | Self::Doubtful, None) => {
                *self = Self::Off;
                Setting::Off
            }
            (Self::Set(fires_at), Some(at))
                if fires_at <= at.max(now) && now <= fires_at + LATE =>
            {
                Setting::Stays
            }
            (Self::Off | Self::Set(_) | Self::Doubtful, Some(at)) => {
                *self = Self::Set(at.max(now));
                Setting::In((at - now).min(LONGEST))
            }
        }
    }

    /// The timer fired.
    pub fn fired(&mut self) {
        *self = Self::Off;
    }

    /// The machine slept, or may have.
    pub fn slept(&mut self) {
        match self {
            Self::Off => {}
            Self::Set(_) | Self::Doubtful => *self = Self::Doubtful,
        }
    }
}

/// A change to the timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Leave it as it is.
    Stays,
    /// Set it to fire after this span.
    In(Millis),
    /// Clear it.
    Off,
}

/// A timer this late stood still for a while, during a sleep in which the clock ran on.
const LATE: Millis = Millis(1_000);
/// Browsers treat a longer span as zero. The timer is set again for the rest once it has fired.
const LONGEST: Millis = Millis((1 << 31) - 1);
