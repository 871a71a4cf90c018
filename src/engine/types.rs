//! The engine's vocabulary: moments, identities, and the three enums that cross its border.

use core::ops::{Add, Sub};

/// A moment: milliseconds since the engine's shell started its clock.
///
/// Two moments have a span between them, and a span leads from one moment to another. Arithmetic
/// saturates, so no fact that the shell reports can overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// A deadline that no time meets.
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

/// A span of time in milliseconds. Arithmetic saturates, as a [`Moment`]'s does.
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

/// The sooner of two deadlines, of which each may be none.
#[must_use]
#[inline(never)]
pub fn sooner(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// One attempt to have a link. Facts about an earlier one never touch the live one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch(pub u32);

/// A message's identity and its place in send order.
///
/// The upper bits count sends, the lower [`Seq::SLOT_BITS`] name the slot that holds the message. So
/// comparing two is comparing send order, a lookup is an index, and a slot that was used again is
/// noticed. It stays below 2^53 and so is exact as a JavaScript number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seq(u64);

impl Seq {
    /// Bits that name the slot.
    pub const SLOT_BITS: u32 = 20;
    /// The largest capacity of an outbox: what the slot's bits can name.
    pub const MAX_CAPACITY: usize = 1 << Self::SLOT_BITS;

    pub(super) fn new(count: u64, slot: usize) -> Self {
        debug_assert!(slot < Self::MAX_CAPACITY, "a slot has {} bits", Self::SLOT_BITS);
        Self((count << Self::SLOT_BITS) | slot as u64)
    }

    /// The slot that holds the message while it is unsettled. Slots are dense and used again.
    #[must_use]
    pub fn slot(self) -> usize {
        (self.0 & (Self::MAX_CAPACITY as u64 - 1)) as usize
    }

    /// The number to hand through a border that knows no `Seq`.
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

/// What an unsettled message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The link: it can leave once that is ready.
    Link,
    /// Its turn: older messages of its lane, or room in the window.
    Turn,
    /// Its time: it, or an older one of its lane, is tried again later.
    Delay,
    /// The server's answer: it left.
    Answer,
}

/// How a message may settle as a success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// By the server's acknowledgement; by a receipt where this server does not acknowledge the event.
    #[default]
    Acked,
    /// By the server's acknowledgement alone.
    AckedAlways,
    /// By a receipt. Where the server gives no receipts, by its acknowledgement.
    Received,
    /// As `Received`, and a newer message of its lane replaces it while it waits.
    Latest,
}

/// A message as the caller hands it over. Its payload stays outside of the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draft {
    /// Which conversation it belongs to. Messages of one lane leave in send order.
    ///
    /// Lanes are numbered densely from 0: a number is used again once its lane has no message. One
    /// that is not below the capacity is refused as if the outbox were full.
    pub lane: u32,
    /// Its size on the wire, in bytes.
    pub bytes: u32,
    /// Nothing of its lane may be in flight beside it, so that even the order of effects holds.
    pub strict: bool,
    /// It has no place for an id: after it left it is never sent again, as a repeat could not be told.
    pub once: bool,
    /// It may leave only when [`Input::Stored`] has said that it is kept (I4).
    pub durable: bool,
    /// How long it may stay unsettled.
    pub ttl: Millis,
    /// How it may settle as a success.
    pub way: Way,
    /// The event's number, under which the engine remembers whether this server acknowledges it. 0 is any
    /// event of which nothing is remembered.
    pub event: u32,
    /// How long its acknowledgement may take. None: as long as the configuration says.
    pub ack_timeout: Option<Millis>,
}

/// What happened, in the past tense. Facts are never refused; one that comes too late is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The app was asked for credentials and answered.
    Authorized {
        /// The attempt that asked.
        epoch: Epoch,
        /// The answer.
        grant: Grant,
    },
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
        /// What the answer means.
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
    /// The server has taken these transmissions, by their numbers. An empty range says that this link proves
    /// what was taken.
    Received {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The server has dispatched all that it has taken up to this transmission: what settles by a receipt does.
    Dispatched {
        /// The last.
        last: u64,
    },
    /// The server has not taken these transmissions, and the link lives on.
    Dropped {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// The server owes an answer for so long that the link counts as dead.
    Stuck {
        /// The link.
        epoch: Epoch,
    },
    /// A message is kept, or cannot be: either way it may leave now (I4).
    Stored {
        /// The message.
        seq: Seq,
    },
    /// A message is another client's for now: it may not leave before `Stored`. One that is in flight may still be
    /// answered.
    Withheld {
        /// The message.
        seq: Seq,
    },
    /// What an earlier life of this client left waiting was restored: messages may leave now.
    Restored,
    /// The page was shown, the network came back, or the machine woke up.
    Woke,
}

/// What the app said when it was asked for credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Here they are.
    Granted,
    /// Nobody is logged in: no further attempt until [`open`](super::Engine::open).
    Absent,
    /// Asking failed: a failed attempt.
    Failed,
}

/// Why a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DownCause {
    /// The connection broke, or could not be made.
    Lost,
    /// The server refused the handshake, or ended the session, and trying again makes no sense.
    Final,
    /// The server refused the handshake and named when to try again.
    RetryAfter(Millis),
    /// The server ended the link on purpose, and may do so again: waits grow while it does.
    Kicked,
}

/// What a server's acknowledgement means for its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took effect.
    Accepted,
    /// It is wrong and stays wrong.
    Refused,
    /// It failed this time.
    TryAgain,
    /// Not now: not before this span has passed. Uses up no retry.
    TryAfter(Millis),
}

/// What to do, in the imperative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Keep this message where it survives the page, and say so by [`Input::Stored`] (I4). What is kept is
    /// for the caller to erase once it has settled.
    Store {
        /// The message.
        seq: Seq,
    },
    /// Ask the app for credentials.
    Authorize {
        /// The attempt they are for.
        epoch: Epoch,
    },
    /// Open the connection.
    Connect {
        /// The attempt.
        epoch: Epoch,
        /// Failed attempts in a row before this one.
        failures: u32,
    },
    /// Close the connection, if it is still there.
    Disconnect {
        /// The attempt that is given up.
        epoch: Epoch,
        /// The app ends it: the server is told.
        polite: bool,
    },
    /// Ask the server for the user's room.
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
        /// Counts its transmissions, from 1.
        attempt: u32,
    },
    /// The message has its final outcome. Nothing about it follows.
    Settle {
        /// The message.
        seq: Seq,
        /// Its outcome.
        outcome: Outcome,
        /// It had left at least once without an answer.
        maybe_delivered: bool,
    },
    /// A message settled by its receipt after its acknowledgement did not come: this server does not
    /// acknowledge the event.
    Unanswered {
        /// The event's number.
        event: u32,
    },
    /// Tell the developer.
    Report(Notice),
    /// What [`status`](super::Engine::status) answers is new.
    Changed,
}

/// How a message ended (I1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server accepted it.
    Delivered,
    /// The server took it. Nothing is known of its effect.
    Received,
    /// A newer message replaced it.
    Superseded,
    /// The server refused it for good.
    Refused,
    /// Every attempt was used up.
    Exhausted(Cause),
    /// Its ttl passed.
    Expired,
    /// The app took it back.
    Cancelled,
    /// The client was closed.
    Closed,
    /// The user logged out.
    LoggedOut,
}

/// What the last attempt of an exhausted message died of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No answer in time.
    AckTimeout,
    /// The server kept saying 'try again'.
    TryAgain,
    /// The link was lost, and the message must not be repeated, or is what kills it.
    LinkLost,
}

/// What a developer wants to read in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The room was never confirmed: sending goes on without.
    JoinUnconfirmed,
    /// The link was silent for too long and is replaced.
    LinkSilent,
    /// No connection in time.
    ConnectTimedOut,
    /// The app did not hand over credentials in time.
    AuthTimedOut,
    /// Two links in a row answered no ping: the server has no handler for it.
    PingsUnanswered,
}

/// Where the link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nobody asked for a link, or it was ended on purpose.
    Idle,
    /// The next attempt has its time.
    Waiting,
    /// The app is asked for credentials.
    Authorizing,
    /// The connection is being made.
    Connecting,
    /// Connected; the room is not confirmed yet.
    Joining,
    /// Messages flow.
    Ready,
    /// Silent for too long: a probe is out, messages wait.
    Suspect,
    /// Closed for good.
    Closed,
}

/// A view of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Where the link is.
    pub phase: Phase,
    /// Messages that wait to leave.
    pub queued: usize,
    /// Messages that left and have no answer yet.
    pub in_flight: usize,
    /// When the next attempt to connect starts, while one is planned.
    pub next_attempt_at: Option<Moment>,
    /// When the last pong came.
    pub last_pong_at: Option<Moment>,
    /// How long the last pong took.
    pub rtt: Option<Millis>,
}

impl Status {
    /// Messages leave at once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }
}
