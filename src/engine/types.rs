//! The engine's vocabulary: moments, identifiers, and the enums that cross its border.

use core::ops::{Add, Sub};

/// A moment: milliseconds since the clock's origin, which the caller chooses.
///
/// Subtracting two moments gives a span. Arithmetic saturates, so no reported fact can overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// The latest moment, which no clock reaches. A deadline of `NEVER` means no deadline.
    pub const NEVER: Self = Self(u64::MAX);
}

impl Add<Millis> for Moment {
    type Output = Self;

    fn add(self, span: Millis) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Millis> for Moment {
    type Output = Self;

    fn sub(self, span: Millis) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Moment {
    type Output = Millis;

    fn sub(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

/// A span of time in milliseconds. Arithmetic saturates, as that of [`Moment`] does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

impl Add for Millis {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Millis {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// The earlier of two optional deadlines.
#[must_use]
#[inline(never)]
pub fn sooner(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The number of a connection attempt. A fact about an earlier attempt never affects the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch(pub u32);

/// A message's identity and its position in send order.
///
/// The upper bits count sends, the lower [`Seq::SLOT_BITS`] bits name the slot that stores the message. So
/// comparing two `Seq`s compares send order, a lookup is an index, and a reused slot is noticed. The number stays
/// below 2^53, so it is exact as a JavaScript number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seq(u64);

impl Seq {
    /// The number of bits that name the slot.
    pub const SLOT_BITS: u32 = 20;
    /// The largest capacity of an outbox: the number of slots that the bits can name.
    pub const MAX_CAPACITY: usize = 1 << Self::SLOT_BITS;

    pub(super) fn new(count: u64, slot: usize) -> Self {
        debug_assert!(slot < Self::MAX_CAPACITY, "a slot has {} bits", Self::SLOT_BITS);
        Self((count << Self::SLOT_BITS) | slot as u64)
    }

    /// The slot that stores the message while it is unsettled. Slots are dense and reused.
    #[must_use]
    pub fn slot(self) -> usize {
        (self.0 & (Self::MAX_CAPACITY as u64 - 1)) as usize
    }

    /// The number to pass across a border that knows no `Seq`.
    #[must_use]
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// The inverse of [`Seq::to_bits`]. A number that never was a `Seq` finds no message.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

/// The reason why an unsettled message waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The link: the message can leave once the link is ready.
    Link,
    /// Its turn: older messages of its lane, or room in the window.
    Turn,
    /// Its time: the message, or an older one of its lane, is retried later.
    Delay,
    /// The server's answer: the message has left.
    Answer,
}

/// The condition that settles a message as a success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// The server's acknowledgement. A receipt, if this server does not acknowledge the event.
    #[default]
    Acked,
    /// The server's acknowledgement alone.
    AckedAlways,
    /// A receipt. The server's acknowledgement, if the server gives no receipts.
    Received,
    /// As `Received`, and a newer message of its lane replaces it while it waits.
    Latest,
}

/// A message as the caller passes it in. Its payload stays outside of the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draft {
    /// The message's lane. Messages of one lane leave in send order.
    ///
    /// Lanes are numbered densely from 0, and a number is reused once its lane is empty. A number that is not below
    /// the capacity is refused as if the outbox were full.
    pub lane: u32,
    /// Its size on the wire, in bytes.
    pub bytes: u32,
    /// Nothing else of its lane may be in flight with it, so that the server also handles them in order.
    pub strict: bool,
    /// The payload carries no id, so the server could not recognize a repeat. The message leaves at most once.
    pub once: bool,
    /// The message may leave only after [`Input::Stored`] (I4).
    pub durable: bool,
    /// How long the message may stay unsettled.
    pub ttl: Millis,
    /// The condition that settles the message as a success.
    pub way: Way,
    /// The event's number, by which the engine remembers whether this server acknowledges the event. Nothing is
    /// remembered about event 0.
    pub event: u32,
    /// How long the acknowledgement may take. `None` uses the configured time.
    pub ack_timeout: Option<Millis>,
}

/// Facts, in the past tense. A fact is never refused; one that comes too late is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The app answered the request for credentials.
    Authorized {
        /// The attempt that asked.
        epoch: Epoch,
        /// The answer.
        grant: Grant,
    },
    /// An attempt that somebody else makes has reached its handshake. A new epoch begins, and an earlier link is
    /// gone.
    Begun,
    /// The server accepted the connection.
    LinkUp {
        /// The attempt that succeeded.
        epoch: Epoch,
        /// Whether there is a room to join before messages may leave.
        join: bool,
    },
    /// The connection ended, or the attempt failed.
    LinkDown {
        /// The attempt that ended.
        epoch: Epoch,
        /// Why.
        cause: DownCause,
    },
    /// The server confirmed the room.
    Joined {
        /// The link it came over.
        epoch: Epoch,
    },
    /// The server refused the room.
    JoinRejected {
        /// The link it came over.
        epoch: Epoch,
    },
    /// The server answered a message.
    Acked {
        /// The message.
        seq: Seq,
        /// Which of its transmissions was answered.
        attempt: u32,
        /// The meaning of the answer.
        verdict: Verdict,
    },
    /// The server answered a ping.
    Ponged {
        /// The link it came over.
        epoch: Epoch,
    },
    /// Anything at all came from the server.
    Heard {
        /// The link it came over.
        epoch: Epoch,
    },
    /// The server has taken the transmissions with these numbers. Any range, even an empty one, shows that receipts
    /// work on this link.
    Received {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The server has dispatched all that it had taken up to this transmission. Messages that settle by a receipt
    /// settle now.
    Dispatched {
        /// The last.
        last: u64,
    },
    /// The server has not taken these transmissions, but the link is alive.
    Dropped {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// An answer of the server is overdue for so long that the link counts as dead.
    Stuck {
        /// The link.
        epoch: Epoch,
    },
    /// The message is saved, or can't be. Either way it may leave now (I4).
    Stored {
        /// The message.
        seq: Seq,
    },
    /// Another client owns the message for now: it may not leave before [`Stored`](Self::Stored). A transmission in
    /// flight may still be answered.
    Withheld {
        /// The message.
        seq: Seq,
    },
    /// All messages of an earlier page load were read: messages may leave now.
    Restored,
    /// The page was shown, the network came back, or the machine woke up.
    Woke,
}

/// The app's answer to the request for credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The app passed credentials.
    Granted,
    /// Nobody is logged in. No further attempt until [`open`](super::Engine::open).
    Absent,
    /// The app's callback failed. Counts as a failed attempt.
    Failed,
}

/// Why a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DownCause {
    /// The connection broke or could not be made.
    Lost,
    /// The server refused the handshake or ended the session, and retrying makes no sense.
    Final,
    /// The server refused the handshake and named the time to wait.
    RetryAfter(Millis),
    /// The server ended the link on purpose and may do so again. Waits grow while it does.
    Kicked,
}

/// The meaning of a server's acknowledgement for its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message took effect.
    Accepted,
    /// The message is invalid and will stay so.
    Refused,
    /// The message failed this time.
    TryAgain,
    /// Not before this span has passed. Uses up no retry.
    TryAfter(Millis),
}

/// Orders, in the imperative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Save this message where it survives the page, and report it by [`Input::Stored`] (I4). The caller erases it
    /// once the message has settled.
    Store {
        /// The message.
        seq: Seq,
    },
    /// Ask the app for credentials.
    Authorize {
        /// The attempt that needs them.
        epoch: Epoch,
    },
    /// Open the connection.
    Connect {
        /// The attempt.
        epoch: Epoch,
        /// The number of failed attempts in a row before this one.
        failures: u32,
    },
    /// Close the connection, if it still exists.
    Disconnect {
        /// The attempt to give up.
        epoch: Epoch,
        /// The app ended the link: disconnect properly, so that the server learns of it.
        polite: bool,
    },
    /// Ask the server to join the user's room.
    Join {
        /// The link to ask over.
        epoch: Epoch,
    },
    /// Ping the server.
    Ping {
        /// The link to ping over.
        epoch: Epoch,
    },
    /// Emit the message.
    Transmit {
        /// The message.
        seq: Seq,
        /// The number of this transmission of the message, from 1.
        attempt: u32,
    },
    /// The message has its final outcome. No order about it follows.
    Settle {
        /// The message.
        seq: Seq,
        /// Its outcome.
        outcome: Outcome,
        /// The message had left at least once without an answer.
        maybe_delivered: bool,
    },
    /// A message settled by its receipt because its acknowledgement did not come: this server does not acknowledge
    /// the event.
    Unanswered {
        /// The event's number.
        event: u32,
    },
    /// Log a notice for the developer.
    Report(Notice),
    /// The [`status`](super::Engine::status) has changed.
    Changed,
}

/// The final result of a message (I1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server accepted it.
    Delivered,
    /// The server took it. Its effect is unknown.
    Received,
    /// A newer message replaced it.
    Superseded,
    /// The server refused it for good.
    Refused,
    /// All attempts were used up.
    Exhausted(Cause),
    /// Its ttl passed.
    Expired,
    /// The app cancelled it.
    Cancelled,
    /// The client was closed.
    Closed,
    /// The user logged out.
    LoggedOut,
}

/// Why the last attempt of an exhausted message failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No acknowledgement in time.
    AckTimeout,
    /// The server kept answering 'try again'.
    TryAgain,
    /// The link was lost, and the message must not be repeated or is suspected to end the link.
    LinkLost,
}

/// Notices for the developer's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The room was never confirmed. Messages leave without the confirmation.
    JoinUnconfirmed,
    /// The link was silent for too long and is being replaced.
    LinkSilent,
    /// The connection was not made in time.
    ConnectTimedOut,
    /// The app did not pass credentials in time.
    AuthTimedOut,
    /// Two links in a row answered no ping: the server has no handler for it.
    PingsUnanswered,
}

/// The phase of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nobody asked for a link, or it was ended on purpose.
    Idle,
    /// The next attempt is scheduled, or somebody else will make it.
    Waiting,
    /// The app was asked for credentials.
    Authorizing,
    /// The connection is being made.
    Connecting,
    /// Connected; the room is not confirmed yet.
    Joining,
    /// Messages flow.
    Ready,
    /// The link was silent for too long. A probe was sent, and messages wait.
    Suspect,
    /// Closed for good.
    Closed,
}

/// A snapshot of the link and the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The phase of the link.
    pub phase: Phase,
    /// The number of messages that wait to leave.
    pub queued: usize,
    /// The number of messages that left and have no answer yet.
    pub in_flight: usize,
    /// When the next attempt starts, if one is scheduled.
    pub next_attempt_at: Option<Moment>,
    /// When the last pong arrived.
    pub last_pong_at: Option<Moment>,
    /// The round-trip time of the last pong.
    pub rtt: Option<Millis>,
}

impl Status {
    /// Whether messages leave at once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }
}
