//! The one timer (D5): for which deadline it is set, and when it has to be set anew.

use crate::engine::{Millis, Moment};

/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// It does not fire.
    Off,
    /// It fires at this moment, or as long after it as the page is busy.
    Set(Moment),
    /// It was set, and may have stood still since: it fires later than it was to.
    Doubtful,
}

impl Timer {
    /// What to do with it for the next deadline. It is never set later: one that fires for nothing is cheaper.
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

    /// It fired.
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

/// What to do with the timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// It stays as it is.
    Stays,
    /// It fires after this span, and not before.
    In(Millis),
    /// It does not fire.
    Off,
}

/// A timer that is so late stood still for a while, in a sleep in which the clock went on.
const LATE: Millis = Millis(1_000);
/// Browsers take a longer span for none at all. The rest of it follows when the timer has fired.
const LONGEST: Millis = Millis((1 << 31) - 1);
