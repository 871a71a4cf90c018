//! The enums of the engine as numbers, and back. The tables of the other side are in
//! `pkg-template/shell/numbers.js`; `tests/web.rs` holds the two together.

use crate::client::keeper::{Storage, Taken};
use crate::client::{Order, Place};
use crate::engine::{
    Cause, DownCause, Grant, Millis, Notice, Outcome, Output, Phase, SendError, Seq, Standing,
    Status, Verdict, Way,
};

/// An order: its number in the table `ORDERS`, and its fields in the order of its handler's parameters
/// there. No order is 0.
///
/// [`Output::Changed`] carries the new status: the phase, messages queued and in flight, and in
/// milliseconds the time of the next attempt, of the last pong, and the last round trip, each negative
/// where there is none.
#[must_use]
pub fn order(order: Order, status: impl FnOnce() -> Status) -> (u32, [f64; FIELDS]) {
    let mut fields = [0.0; FIELDS];
    let number = match order {
        Order::Engine(output) => return engine_order(output, status),
        Order::Receipt { epoch, name, count } => {
            fields[0] = epoch.0.into();
            fields[1] = name.into();
            fields[2] = count.into();
            11
        }
        Order::Ended { elsewhere } => {
            fields[0] = elsewhere.into();
            12
        }
        Order::Storage(storage) => return storage_order(storage),
        Order::Foreign => 13,
        Order::Learned { event, answers } => {
            fields[0] = event.into();
            fields[1] = answers.into();
            14
        }
        Order::Receiptless => 15,
        Order::Look => 16,
    };
    (number, fields)
}

fn engine_order(output: Output, status: impl FnOnce() -> Status) -> (u32, [f64; FIELDS]) {
    let mut fields = [0.0; FIELDS];
    let number = match output {
        // The client keeps them to itself.
        Output::Unanswered { .. } | Output::Store { .. } => 0,
        Output::Authorize { epoch } => {
            fields[0] = epoch.0.into();
            1
        }
        Output::Connect { epoch, failures } => {
            fields[0] = epoch.0.into();
            fields[1] = failures.into();
            2
        }
        Output::Disconnect { epoch, polite } => {
            fields[0] = epoch.0.into();
            fields[1] = polite.into();
            3
        }
        Output::Join { epoch } => {
            fields[0] = epoch.0.into();
            4
        }
        Output::Ping { epoch } => {
            fields[0] = epoch.0.into();
            5
        }
        Output::Transmit { seq, attempt } => {
            fields[0] = double(seq.to_bits());
            fields[1] = attempt.into();
            6
        }
        Output::Settle { seq, outcome, maybe_delivered } => {
            fields[0] = double(seq.to_bits());
            fields[1] = outcome_number(outcome).into();
            fields[2] = maybe_delivered.into();
            7
        }
        Output::Report(notice) => {
            fields[0] = notice_number(notice).into();
            8
        }
        Output::Changed => {
            let status = status();
            let or_none = |moment: Option<Millis>| moment.map_or(-1.0, |moment| double(moment.0));
            fields = [
                phase_number(status.phase).into(),
                double(status.queued as u64),
                double(status.in_flight as u64),
                or_none(status.next_attempt_at),
                or_none(status.last_pong_at),
                or_none(status.rtt),
            ];
            9
        }
    };
    (number, fields)
}

fn storage_order(order: Storage) -> (u32, [f64; FIELDS]) {
    let at = |place: Place| (place.opening.into(), double(place.number), place.index.into());
    let (number, a, (b, c, d)) = match order {
        Storage::Open { opening } => (10, opening.into(), NONE),
        Storage::Close => (17, 0.0, NONE),
        Storage::Remember { name } => (18, name.into(), NONE),
        Storage::Lock { name, waits } => (19, name.into(), (waits.into(), 0.0, 0.0)),
        Storage::Unlock { name } => (20, name.into(), NONE),
        Storage::Gather { opening } => (21, opening.into(), NONE),
        Storage::Read { of, mine } => (22, of.into(), (mine.into(), 0.0, 0.0)),
        Storage::Put { seq, place } => (23, double(seq.to_bits()), at(place)),
        Storage::Move { row, place } => (24, row.into(), at(place)),
        Storage::List { place } => (25, 0.0, at(place)),
        Storage::Drop { name, number } => (26, name.into(), (double(number), 0.0, 0.0)),
        Storage::Commit { transaction, opening, guard } => {
            (27, transaction.into(), (opening.into(), guard.map_or(-1.0, double), 0.0))
        }
        Storage::Take { row } => (28, row.into(), NONE),
        Storage::Ended { row } => (29, row.into(), NONE),
        Storage::Share { seq } => (30, double(seq.to_bits()), NONE),
        Storage::Hello { name, is_new } => (31, name.into(), (is_new.into(), 0.0, 0.0)),
        Storage::Ask { seq } => (32, double(seq.to_bits()), NONE),
        Storage::Cancel { seq } => (33, double(seq.to_bits()), NONE),
        Storage::Failed => (34, 0.0, NONE),
    };
    (number, [a, b, c, d, 0.0, 0.0])
}

const NONE: (f64, f64, f64) = (0.0, 0.0, 0.0);

/// As many fields as the largest order has.
pub const FIELDS: usize = 6;

/// Its place in the table `STANDINGS`.
#[must_use]
pub fn standing_number(standing: Standing) -> u32 {
    match standing {
        Standing::Link => 1,
        Standing::Turn => 2,
        Standing::Delay => 3,
        Standing::Answer => 4,
    }
}

/// Its place in the table `PHASES`.
#[must_use]
pub fn phase_number(phase: Phase) -> u32 {
    match phase {
        Phase::Idle => 0,
        Phase::Waiting => 1,
        Phase::Authorizing => 2,
        Phase::Connecting => 3,
        Phase::Joining => 4,
        Phase::Ready => 5,
        Phase::Suspect => 6,
        Phase::Closed => 7,
    }
}

/// Its place in the table `OUTCOMES`.
#[must_use]
pub fn outcome_number(outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Delivered => 0,
        Outcome::Refused => 1,
        Outcome::Exhausted(Cause::TryAgain) => 2,
        Outcome::Exhausted(Cause::AckTimeout) => 3,
        Outcome::Exhausted(Cause::LinkLost) => 4,
        Outcome::Expired => 5,
        Outcome::Cancelled => 6,
        Outcome::Closed => 7,
        Outcome::LoggedOut => 8,
        Outcome::Received => 9,
        Outcome::Superseded => 10,
    }
}

/// Its place in the table `NOTICES`.
#[must_use]
pub fn notice_number(notice: Notice) -> u32 {
    match notice {
        Notice::JoinUnconfirmed => 0,
        Notice::LinkSilent => 1,
        Notice::ConnectTimedOut => 2,
        Notice::AuthTimedOut => 3,
        Notice::PingsUnanswered => 4,
    }
}

/// Its key in the table `SEND_ERRORS`: negative, so that it can't be taken for a message's number.
#[must_use]
pub fn error_number(error: SendError) -> f64 {
    match error {
        SendError::QueueFull => -1.0,
        SendError::Closed => -2.0,
    }
}

/// What JavaScript tells, by its place in the table `TOLD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// lane, bytes, flags, ttl, event, acknowledgement deadline or 0. Answers the message's number, or why not.
    Send,
    /// message. Answers its place in the table `STANDINGS`, 0 where it has settled.
    Standing,
    /// Answers the number of the next order, whose `Fields` can then be read. Where there is none: when `Timeout`
    /// wants to be told, as a negative number, an infinite one for never.
    Poll,
    /// Answers where in the module's memory the fields of the order are that was polled last, as `f64`s.
    Fields,
    /// place in `configNumbers`, number
    Set,
    /// Takes what was set.
    Configure,
    /// message
    Cancel,
    /// Asks for a link.
    Open,
    /// Ends the link; what waits keeps waiting.
    Close,
    /// The same because the app wants it so: what is nobody's in particular settles.
    Disconnect,
    /// user, subject seen in an earlier life; 0 is nobody
    Name,
    /// Makes a link that there is anew.
    Relink,
    /// Settles what waits as logged out, and ends the link.
    LogOut,
    /// generation of the user's logouts or a negative number, whether it has just begun
    Keep,
    /// event, whether the server acknowledges it
    Learn,
    /// This server gives no receipts, or none are wanted.
    Receiptless,
    /// Ends everything.
    Destroy,
    /// epoch, user as the app names him, subject of the credentials; 0 is nobody
    Granted,
    /// epoch, whether there is a room to join, longest silence of the server's own heartbeat or 0
    LinkUp,
    /// epoch, whether messages leave over polling from now on
    Over,
    /// whether the transport has more to send than it can, generation of the user's logouts or a negative number
    Looked,
    /// epoch, name, whether it was refused as an unknown namespace is
    Receipt,
    /// message, transmission, verdict by the table `VERDICT`, its span, event or 0
    Acked,
    /// The timer fired.
    Timeout,
    /// epoch, answer by the table `GRANT`
    Authorized,
    /// epoch, cause by the table `DOWN`, its span
    LinkDown,
    /// epoch
    Joined,
    /// epoch
    JoinRejected,
    /// epoch
    Ponged,
    /// epoch
    Heard,
    /// The page is shown again, the network is back, or the machine woke up.
    Woke,
    /// The page is back from the cache.
    KeepAgain,
    /// The page goes into the cache, or is left.
    StopKeeping,
    /// Whether what was kept has been handed out is answered.
    IsOpen,
    /// The generation that messages are kept in is answered.
    Generation,
    /// opening, milliseconds since the epoch, own journal or 0, new journal, whether there are locks, generation
    Opened,
    /// opening
    StorageFailed,
    /// opening, journal, whether it was granted
    Locked,
    /// opening
    Gathered,
    /// opening, journal, number, size, generation or a negative number, flags by the table `SEGMENT_FLAG`
    Segment,
    /// opening, index, number, flags by the table `ROW_FLAG`, message or a negative number
    Row,
    /// opening, generation
    Read,
    /// transaction, whether it was done
    Committed,
    /// by the table `TAKEN`, message
    Taken,
    /// opening, journal, whether it is new, whether it goes first
    Hello,
    /// message, verdict by the table `VERDICT`; whether it was another tab's is answered
    SettledElsewhere,
    /// message; whether this tab has it for certain is answered
    Has,
    /// opening, message: another tab has it
    HasElsewhere,
    /// Answers where in the module's memory the names are that it uses.
    Names,
}

impl Told {
    /// In the order of the table.
    pub const ALL: [Self; 49] = [
        Self::Send,
        Self::Standing,
        Self::Poll,
        Self::Fields,
        Self::Set,
        Self::Configure,
        Self::Cancel,
        Self::Open,
        Self::Close,
        Self::Disconnect,
        Self::Name,
        Self::Relink,
        Self::LogOut,
        Self::Keep,
        Self::Learn,
        Self::Receiptless,
        Self::Destroy,
        Self::Granted,
        Self::LinkUp,
        Self::Over,
        Self::Looked,
        Self::Receipt,
        Self::Acked,
        Self::Timeout,
        Self::Authorized,
        Self::LinkDown,
        Self::Joined,
        Self::JoinRejected,
        Self::Ponged,
        Self::Heard,
        Self::Woke,
        Self::KeepAgain,
        Self::StopKeeping,
        Self::IsOpen,
        Self::Generation,
        Self::Opened,
        Self::StorageFailed,
        Self::Locked,
        Self::Gathered,
        Self::Segment,
        Self::Row,
        Self::Read,
        Self::Committed,
        Self::Taken,
        Self::Hello,
        Self::SettledElsewhere,
        Self::Has,
        Self::HasElsewhere,
        Self::Names,
    ];
}

/// By the table `WAYS`. Any other number is the last one.
#[must_use]
pub fn way(number: u32) -> Way {
    match number {
        0 => Way::Acked,
        1 => Way::AckedAlways,
        2 => Way::Received,
        _ => Way::Latest,
    }
}

/// A number of JavaScript's as a count, within the range.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casting saturates, which is the wish"
)]
pub fn count(number: f64) -> u32 {
    number as u32
}

/// By the table `GRANT`. Any other number is a failed answer.
#[must_use]
pub fn grant(number: u32) -> Grant {
    match number {
        0 => Grant::Granted,
        1 => Grant::Absent,
        _ => Grant::Failed,
    }
}

/// By the table `DOWN`. Any other number is a loss, which is tried again.
#[must_use]
pub fn down_cause(number: u32, span: f64) -> DownCause {
    match number {
        1 => DownCause::Final,
        2 => DownCause::RetryAfter(millis(span)),
        3 => DownCause::Kicked,
        _ => DownCause::Lost,
    }
}

/// By the table `VERDICT`. Any other number is a failure, which is tried again.
#[must_use]
pub fn verdict(number: u32, span: f64) -> Verdict {
    match number {
        0 => Verdict::Accepted,
        1 => Verdict::Refused,
        3 => Verdict::TryAfter(millis(span)),
        _ => Verdict::TryAgain,
    }
}

/// By the table `TAKEN`. Any other number is a refusal.
#[must_use]
pub fn taken(number: u32, seq: Seq) -> Taken {
    match number {
        0 => Taken::New(seq),
        1 => Taken::Known(seq),
        _ => Taken::Refused,
    }
}

/// A moment or a span as JavaScript has it. `NaN` and what is negative are none.
#[must_use]
pub fn millis(number: f64) -> Millis {
    Millis(whole(number))
}

/// A number of JavaScript's, without its fraction and within the range.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casting saturates, which is the wish"
)]
pub fn whole(number: f64) -> u64 {
    number as u64
}

/// A number for JavaScript.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53: 285,000 years, 8 billion sends")]
pub fn double(number: u64) -> f64 {
    number as f64
}
