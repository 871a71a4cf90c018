//! The meaning of an acknowledgement for its message. The shell reads the values (`common/acknowledgement.js`) and
//! reports their content.

use crate::engine::{Millis, Verdict};

/// The content of a server's acknowledgement, or of an event with the same meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The meaning of the server's answer.
    pub reading: Reading,
    /// How long the server wants the client to wait. Zero if it names no time.
    pub span: Millis,
    /// The result of the app's own function, which has priority.
    pub opinion: Opinion,
    /// How long the app's function wants the client to wait. Zero if it names no time.
    pub own_span: Millis,
}

/// The meaning of an acknowledgement's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// The message took effect.
    #[default]
    Accepted,
    /// The message failed, with a code that does not rule out another attempt.
    Failed,
    /// The message failed, with a code for an invalid message.
    Final,
    /// The message was refused by a rate limit.
    Limited,
}

/// The app's own judgement of an acknowledgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opinion {
    /// The function returned none, or there is no such function.
    #[default]
    None,
    /// The message took effect.
    Accepted,
    /// The message is invalid and will stay so.
    Refused,
    /// Retry after the usual wait.
    Retry,
    /// Retry after a given span.
    After,
}

impl Acknowledgement {
    /// The verdict for the message. `backoff` is the wait if the server names none.
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

/// With a shorter wait, the server would get hundreds of requests a second.
const LEAST_WAIT: Millis = Millis(100);
