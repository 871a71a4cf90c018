//! Why a send was refused.

use core::fmt;

/// A refused send. Nothing was queued and nothing else changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The configured number of messages or bytes is waiting already.
    QueueFull,
    /// The client is closed.
    Closed,
}

impl SendError {
    /// All variants, for code that maps them.
    pub const ALL: [Self; 2] = [Self::QueueFull, Self::Closed];

    /// The code that the app sees.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::QueueFull => "QUEUE_FULL",
            Self::Closed => "CLOSED",
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for SendError {}
