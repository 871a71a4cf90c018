//! What an acknowledgement means for its message. The edge reads the values (`common/acknowledgement.js`), and tells
//! what they come to.

use crate::engine::{Millis, Verdict};

/// What a server's acknowledgement says, or an event of the same meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// What the server's words come to.
    pub reading: Reading,
    /// When it wants the message again. Zero where it names no time.
    pub span: Millis,
    /// What the app's own function makes of it, which goes first.
    pub opinion: Opinion,
    /// When the app's function wants the message again. Zero where it names no time.
    pub own_span: Millis,
}

/// What the words of an acknowledgement come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// It took effect.
    #[default]
    Accepted,
    /// It failed, with a code that says nothing about the next attempt.
    Failed,
    /// It failed, with a code that says that the message itself is wrong.
    Final,
    /// It was refused for its rate.
    Limited,
}

/// What the app's own function makes of an acknowledgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opinion {
    /// It has none, or there is no such function.
    #[default]
    None,
    /// It took effect.
    Accepted,
    /// It is wrong and stays wrong.
    Refused,
    /// To be tried again after the usual wait.
    Retry,
    /// To be tried again after a span.
    After,
}

impl Said {
    /// What it means. `backoff` is the wait after the first failure, for a server that names no time.
    #[must_use]
    pub fn verdict(self, backoff: Millis) -> Verdict {
        let after = |span: Millis| {
            let span = if span > Millis(0) { span } else { backoff };
            Verdict::TryAfter(span.max(LEAST_WAIT))
        };
        match (self.opinion, self.reading) {
            (Opinion::Accepted, _) | (Opinion::None, Reading::Accepted) => Verdict::Accepted,
            (Opinion::Refused, _) | (Opinion::None, Reading::Final) => Verdict::Refused,
            (Opinion::Retry, _) | (Opinion::None, Reading::Failed) => Verdict::TryAgain,
            (Opinion::After, _) => after(self.own_span),
            (Opinion::None, Reading::Limited) => after(self.span),
        }
    }
}

/// A server that names less would be asked hundreds of times a second.
const LEAST_WAIT: Millis = Millis(100);
