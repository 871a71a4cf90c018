//! The enums of the engine as numbers, and back. The tables of the other side are in
//! `pkg-template/shell/numbers.js`; `tests/web.rs` holds the two together.

use crate::engine::{
    Cause, DownCause, Grant, Millis, Notice, Outcome, Output, Phase, SendError, Standing, Status,
    Verdict,
};

/// An order: its number in the table `ORDERS`, and its fields in the order of its handler's parameters
/// there. No order is 0.
///
/// [`Output::Changed`] carries the new status: the phase, messages queued and in flight, and in
/// milliseconds the time of the next attempt, of the last pong, and the last round trip, each negative
/// where there is none.
#[must_use]
pub fn order(output: Output, status: impl FnOnce() -> Status) -> (u32, [f64; FIELDS]) {
    let mut fields = [0.0; FIELDS];
    let number = match output {
        Output::Store { seq } => {
            fields[0] = double(seq.to_bits());
            10
        }
        Output::Authorize { epoch } => {
            fields[0] = epoch.0.into();
            1
        }
        Output::Connect { epoch, failures } => {
            fields[0] = epoch.0.into();
            fields[1] = failures.into();
            2
        }
        Output::Disconnect { epoch } => {
            fields[0] = epoch.0.into();
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
