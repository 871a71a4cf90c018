//! The report of a message's result to the app (I15).

use crate::engine::{Cause, Outcome, Seq};

/// The result of a message, as the app is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Success.
    None,
    /// The edge has the code: the server's own, or the reason why the message can't be sent.
    Server,
    /// The server did not answer in time.
    AckTimeout,
    /// The link was lost, and the message must not leave again.
    LinkLost,
    /// Its ttl passed.
    Expired,
    /// The app cancelled it.
    Cancelled,
    /// The client was closed.
    Closed,
    /// The client was closed before the server had answered.
    NoResponse,
    /// The user logged out.
    LoggedOut,
    /// The outbox is full, or too many sends wait for the same message.
    QueueFull,
    /// Another message has this id.
    DuplicateId,
    /// Its id is longer than the server accepts.
    InvalidPayload,
}

impl Code {
    /// Whether sending the same message again can succeed. For `Server` the server's answer decides.
    fn is_retryable(self) -> bool {
        match self {
            Self::AckTimeout
            | Self::LinkLost
            | Self::Expired
            | Self::Closed
            | Self::NoResponse
            | Self::QueueFull => true,
            Self::None
            | Self::Server
            | Self::Cancelled
            | Self::LoggedOut
            | Self::DuplicateId
            | Self::InvalidPayload => false,
        }
    }
}

/// How the result of a message is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The server did not answer.
    Nobody,
    /// Its acknowledgement.
    Ack,
    /// A receipt.
    Receipt,
    /// An event that carries its id.
    Echo,
}

/// The recipients of a message's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Nobody.
    Nobody,
    /// The senders, and the listeners to all results.
    Senders,
    /// Also the error handler, because the senders were told that it succeeded.
    Complaint,
    /// Also the error handler, because the senders were on an earlier page load.
    OldComplaint,
}

/// The report of a message's result to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Why it failed.
    pub code: Code,
    /// It failed but may have taken effect.
    pub maybe_delivered: bool,
    /// Sending it again can succeed.
    pub retryable: bool,
    /// How the result is known.
    pub by: By,
    /// The recipients.
    pub audience: Audience,
}

/// The result of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The message.
    pub seq: Seq,
    /// The result.
    pub outcome: Outcome,
    /// The report to the app.
    pub claim: Claim,
    /// The time from transmission to answer is known, because the message left once.
    pub is_timed: bool,
    /// An answer may follow: keep the message's id until [`Order::Forget`](super::Order::Forget), a second result,
    /// or the end of the link.
    pub stays: bool,
}

/// The origin of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    New,
    Restored,
}

/// The claim for a message that was not accepted. A restored message may have been delivered by an earlier page
/// load.
pub(super) fn refused(code: Code, origin: Origin) -> Claim {
    let is_wanted = matches!(code, Code::Cancelled | Code::Closed | Code::LoggedOut);
    let audience = match origin {
        Origin::Restored if !is_wanted => Audience::OldComplaint,
        Origin::Restored | Origin::New => Audience::Senders,
    };
    let (maybe_delivered, retryable) = (origin == Origin::Restored, code.is_retryable());
    Claim { code, maybe_delivered, retryable, by: By::Nobody, audience }
}

/// The claim for a result, apart from the server's own answer.
pub(super) fn claim_of(outcome: Outcome, maybe_delivered: bool, origin: Origin) -> Claim {
    let code = match outcome {
        Outcome::Delivered | Outcome::Received | Outcome::Superseded => Code::None,
        Outcome::Refused | Outcome::Exhausted(Cause::TryAgain) => Code::Server,
        Outcome::Exhausted(Cause::AckTimeout) => Code::AckTimeout,
        Outcome::Exhausted(Cause::LinkLost) => Code::LinkLost,
        Outcome::Expired => Code::Expired,
        Outcome::Cancelled => Code::Cancelled,
        // Differs from a message that never left.
        Outcome::Closed if maybe_delivered => Code::NoResponse,
        Outcome::Closed => Code::Closed,
        Outcome::LoggedOut => Code::LoggedOut,
    };
    let mut claim = Claim { maybe_delivered, ..refused(code, origin) };
    match outcome {
        Outcome::Superseded => claim.audience = Audience::Nobody,
        Outcome::Delivered | Outcome::Received => {
            claim.maybe_delivered = false;
            claim.audience = Audience::Senders;
            claim.by = By::Receipt;
        }
        _ => {}
    }
    claim
}
