//! Converts the client's and the engine's enums to numbers, and back. JavaScript's tables are in
//! `pkg-template/shell/numbers.js`; `tests/web.rs` compares the two.

use crate::client::claim::{Audience, By, Claim, Code, Ending};
#[cfg(not(feature = "followed"))]
use crate::client::feed::{Offset, Read};
use crate::client::storage::Storage;
use crate::client::verdict::{Acknowledgement, Opinion, Reading};
use crate::client::{Address, Door, Fate, Order, PageEvent, Talk, Value};
use crate::engine::{
    DownCause, Grant, Millis, Moment, Notice, Output, Phase, Standing, Status, Way,
};

/// An order's number in the table `ORDER`, and its fields in the order of its handler's parameters. 0 means no order.
///
/// [`Output::Changed`] carries the new status: the phase, messages queued and in flight, the times of the next
/// attempt and of the last pong in milliseconds since the epoch, and the last round trip in milliseconds, each
/// negative if there is none. `lead` is how far the wall clock is ahead of the client's clock.
#[must_use]
pub fn order(order: Order, status: impl FnOnce() -> Status, lead: f64) -> (u32, [f64; FIELDS]) {
    let mut fields = [0.0; FIELDS];
    let number = match order {
        Order::Engine(output) => return engine_order(output, status, lead),
        Order::Transmit { seq, attempt, is_asked, is_large } => {
            fields[0] = double(seq.to_bits());
            fields[1] = attempt.into();
            fields[2] = is_asked.into();
            fields[3] = is_large.into();
            6
        }
        Order::Settle(ending) => {
            fields[0] = double(ending.seq.to_bits());
            fields[1] = ending_number(&ending).into();
            7
        }
        Order::Forget { seq } => {
            fields[0] = double(seq.to_bits());
            35
        }
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
        Order::Replay { key, is_asked } => {
            fields[0] = double(key);
            fields[1] = is_asked.into();
            36
        }
        Order::Discard { value, key } => {
            fields[0] = double(key);
            fields[1] = value_number(value).into();
            37
        }
        Order::Emit { key } => {
            fields[0] = double(key);
            38
        }
        Order::Returned { begins } => {
            fields[0] = begins.map_or(-1.0, f64::from);
            39
        }
        Order::Resync { round, since } => {
            fields[0] = round.into();
            fields[1] = since.into();
            40
        }
        Order::Release => 41,
        Order::AskOnline => 42,
        Order::StopTyping { who } => {
            fields[0] = double(who);
            43
        }
        Order::Read { feed, round } => {
            fields[0] = feed.into();
            fields[1] = round.into();
            44
        }
    };
    (number, fields)
}

fn engine_order(
    output: Output,
    status: impl FnOnce() -> Status,
    lead: f64,
) -> (u32, [f64; FIELDS]) {
    let mut fields = [0.0; FIELDS];
    let number = match output {
        // The client handles these itself.
        Output::Unanswered { .. }
        | Output::Store { .. }
        | Output::Transmit { .. }
        | Output::Settle { .. } => 0,
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
        Output::Report(notice) => {
            fields[0] = notice_number(notice).into();
            8
        }
        Output::Changed => {
            let status = status();
            let or_none = |at: Option<Moment>| at.map_or(-1.0, |at| double(at.0) + lead);
            fields = [
                phase_number(status.phase).into(),
                double(status.queued as u64),
                double(status.in_flight as u64),
                or_none(status.next_attempt_at),
                or_none(status.last_pong_at),
                status.rtt.map_or(-1.0, |span| double(span.0)),
            ];
            9
        }
    };
    (number, fields)
}

fn storage_order(order: Storage) -> (u32, [f64; FIELDS]) {
    let at =
        |address: Address| (address.opening.into(), double(address.number), address.index.into());
    let (number, a, (b, c, d)) = match order {
        Storage::Open { opening } => (10, opening.into(), NONE),
        Storage::Close => (17, 0.0, NONE),
        Storage::Remember { name } => (18, name.into(), NONE),
        Storage::Lock { name, waits } => (19, name.into(), (waits.into(), 0.0, 0.0)),
        Storage::Unlock { name } => (20, name.into(), NONE),
        Storage::Gather { opening } => (21, opening.into(), NONE),
        Storage::Read { of, mine } => (22, of.into(), (mine.into(), 0.0, 0.0)),
        Storage::Put { seq, address } => (23, double(seq.to_bits()), at(address)),
        Storage::Move { row, address } => (24, row.into(), at(address)),
        Storage::List { address } => (25, 0.0, at(address)),
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

/// The number of fields of the largest order.
pub const FIELDS: usize = 6;

/// Its index in the table `STANDINGS`.
#[must_use]
pub fn standing_number(standing: Standing) -> u32 {
    match standing {
        Standing::Link => 1,
        Standing::Turn => 2,
        Standing::Delay => 3,
        Standing::Answer => 4,
    }
}

/// Its index in the table `VALUE`.
#[must_use]
pub fn value_number(value: Value) -> u32 {
    match value {
        Value::Remembered => 0,
        Value::Deferred => 1,
        Value::Answer => 2,
    }
}

/// The door's number in the table `DOOR`, plus 4 if the app's remembered emits are no longer replayed.
#[must_use]
pub fn door_number(door: Door, talk: Talk) -> u32 {
    let number = match door {
        Door::Open => 0,
        Door::Paused => 1,
        Door::LoggedOut => 2,
    };
    number + if talk == Talk::Ends { 4 } else { 0 }
}

/// Its flags, as in the table `FATE`.
#[must_use]
pub fn fate_flags(fate: Fate) -> u32 {
    let Fate { is_news, is_doubtful, has_reply, waits } = fate;
    u32::from(is_news)
        | u32::from(is_doubtful) << 1
        | u32::from(has_reply) << 2
        | u32::from(waits) << 3
}

/// Its index in the table `PHASES`.
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

/// Its index in the table `CODES`.
#[must_use]
pub fn code_number(code: Code) -> u32 {
    match code {
        Code::None => 0,
        Code::Server => 1,
        Code::AckTimeout => 2,
        Code::LinkLost => 3,
        Code::Expired => 4,
        Code::Cancelled => 5,
        Code::Closed => 6,
        Code::NoResponse => 7,
        Code::LoggedOut => 8,
        Code::QueueFull => 9,
        Code::DuplicateId => 10,
        Code::InvalidPayload => 11,
    }
}

/// A claim in one number: its code, plus its other parts times the factors in the table `CLAIM`.
#[must_use]
pub fn claim_number(claim: Claim) -> u32 {
    let by = match claim.by {
        By::Nobody => 0,
        By::Ack => 1,
        By::Receipt => 2,
        By::Echo => 3,
    };
    let audience = match claim.audience {
        Audience::Nobody => 0,
        Audience::Senders => 1,
        Audience::Complaint => 2,
        Audience::OldComplaint => 3,
    };
    code_number(claim.code)
        | u32::from(claim.maybe_delivered) << 4
        | u32::from(claim.retryable) << 5
        | by << 6
        | audience << 8
}

/// A message's end in one number: its claim and two flags.
#[must_use]
pub fn ending_number(ending: &Ending) -> u32 {
    claim_number(ending.claim) | u32::from(ending.is_timed) << 10 | u32::from(ending.stays) << 11
}

/// An acknowledgement: its number in the table `READING`, plus `OPINION` times the app's own verdict. Any other number
/// is a failure.
#[must_use]
pub fn said(number: u32, span: f64, own_span: f64) -> Acknowledgement {
    let reading = match number % 4 {
        0 => Reading::Accepted,
        2 => Reading::Final,
        3 => Reading::Limited,
        _ => Reading::Failed,
    };
    let opinion = match number / 4 {
        1 => Opinion::Accepted,
        2 => Opinion::Refused,
        3 => Opinion::Retry,
        4 => Opinion::After,
        _ => Opinion::None,
    };
    Acknowledgement { reading, span: millis(span), opinion, own_span: millis(own_span) }
}

/// Its index in the table `NOTICES`.
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

/// The way at this index of the table `WAYS`. Any other number is the last one.
#[must_use]
pub fn way(number: u32) -> Way {
    match number {
        0 => Way::Acked,
        1 => Way::AckedAlways,
        2 => Way::Received,
        _ => Way::Latest,
    }
}

/// A number from JavaScript as a count, clamped to the range.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casting saturates, as intended"
)]
pub fn count(number: f64) -> u32 {
    number as u32
}

/// The answer to a read, at this index of the table `READ`. Any other number is a refusal.
#[cfg(not(feature = "followed"))]
#[must_use]
pub fn read(number: u32, end: f64, print: f64) -> Read {
    let offset = Offset { number: whole(end), print: whole(print) };
    match number {
        0 => Read::Page(offset),
        1 => Read::Reset(offset),
        2 => Read::Failed(millis(end)),
        _ => Read::Refused,
    }
}

/// The grant at this index of the table `GRANT`. Any other number is a failed answer.
#[must_use]
pub fn grant(number: u32) -> Grant {
    match number {
        0 => Grant::Granted,
        1 => Grant::Absent,
        _ => Grant::Failed,
    }
}

/// The cause at this index of the table `DOWN`. Any other number is a loss, after which the client reconnects.
#[must_use]
pub fn down_cause(number: u32, span: f64) -> DownCause {
    match number {
        1 => DownCause::Final,
        2 => DownCause::RetryAfter(millis(span)),
        3 => DownCause::Kicked,
        _ => DownCause::Lost,
    }
}

/// The event at this index of the list `PAGE_EVENTS`. Any other number is the last one.
#[must_use]
pub fn page_event(number: u32, flag: bool) -> PageEvent {
    match (number, flag) {
        (0, _) => PageEvent::Online,
        (1, false) => PageEvent::Left,
        (1, true) => PageEvent::Cached,
        (2, false) => PageEvent::Loaded,
        (2, true) => PageEvent::Back,
        (3, false) => PageEvent::Hidden,
        (3, true) => PageEvent::Shown,
        _ => PageEvent::Resumed,
    }
}

/// A span from JavaScript. `NaN` and negative numbers are zero.
#[must_use]
pub fn millis(number: f64) -> Millis {
    Millis(whole(number))
}

/// A number from JavaScript without its fraction, clamped to the range.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casting saturates, as intended"
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
