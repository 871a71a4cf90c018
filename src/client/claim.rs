//! What may be said of a message's end (I15).

use crate::engine::{Cause, Outcome, Seq};

/// How a message ended, as the app is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// It is a success.
    None,
    /// The edge has the code: the server's own, or why the message cannot be sent.
    Server,
    /// The server did not answer in time.
    AckTimeout,
    /// The link was lost, and the message must not leave again.
    LinkLost,
    /// Its ttl passed.
    Expired,
    /// The app took it back.
    Cancelled,
    /// The client was closed.
    Closed,
    /// The client was closed before the server had answered.
    NoResponse,
    /// The user logged out.
    LoggedOut,
    /// The outbox is full, or too many wait for one message.
    QueueFull,
    /// Another message has this id.
    DuplicateId,
    /// Its id is longer than a server takes.
    InvalidPayload,
}

impl Code {
    /// Whether sending the same message again can make sense. The server's own answer says so itself.
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

/// How the end of a message is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The server said nothing.
    Nobody,
    /// Its acknowledgement.
    Ack,
    /// A receipt.
    Receipt,
    /// An event that carries its id.
    Echo,
}

/// Who hears how a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Nobody.
    Nobody,
    /// Those who sent it, and those who listen to all ends.
    Senders,
    /// The handler of errors as well: those who sent it were told that it is a success.
    Complaint,
    /// The handler of errors as well: those who sent it were of an earlier life.
    OldComplaint,
}

/// What is told of a message's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Why it failed.
    pub code: Code,
    /// It failed, and may have taken effect all the same.
    pub maybe_delivered: bool,
    /// Sending it again can make sense.
    pub retryable: bool,
    /// How its end is known.
    pub by: By,
    /// Who hears of it.
    pub audience: Audience,
}

/// The end of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The message.
    pub seq: Seq,
    /// What became of it.
    pub outcome: Outcome,
    /// What is told of it.
    pub claim: Claim,
    /// The time from its transmission to its answer is known: it left once.
    pub is_timed: bool,
    /// An answer to it may follow: its id is kept in mind until [`Order::Forget`](super::Order::Forget), or a second
    /// end, or the end of the link.
    pub stays: bool,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    New,
    Restored,
}

/// What is told of a message that was not taken. One of an earlier life may have been delivered in that.
pub(super) fn refused(code: Code, origin: Origin) -> Claim {
    let is_wanted = matches!(code, Code::Cancelled | Code::Closed | Code::LoggedOut);
    let audience = match origin {
        Origin::Restored if !is_wanted => Audience::OldComplaint,
        Origin::Restored | Origin::New => Audience::Senders,
    };
    let (maybe_delivered, retryable) = (origin == Origin::Restored, code.is_retryable());
    Claim { code, maybe_delivered, retryable, by: By::Nobody, audience }
}

/// What is told of an end, the server's own answer apart.
pub(super) fn claim_of(outcome: Outcome, maybe_delivered: bool, origin: Origin) -> Claim {
    let code = match outcome {
        Outcome::Delivered | Outcome::Received | Outcome::Superseded => Code::None,
        Outcome::Refused | Outcome::Exhausted(Cause::TryAgain) => Code::Server,
        Outcome::Exhausted(Cause::AckTimeout) => Code::AckTimeout,
        Outcome::Exhausted(Cause::LinkLost) => Code::LinkLost,
        Outcome::Expired => Code::Expired,
        Outcome::Cancelled => Code::Cancelled,
        // Not the same as never having left.
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
