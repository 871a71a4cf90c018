//! Operations on an engine, chosen by any source of choices.

use holdfast::engine::config::{Health, Queue, Reconnect, Send};
use holdfast::engine::{Config, DownCause, Draft, Epoch, Grant, Input, Millis, Outcome, Verdict};

/// An operation, and how far the caller's clock is behind during it.
#[derive(Clone, Debug)]
pub struct Step {
    pub behind: u64,
    pub operation: Operation,
}

/// Messages are chosen by an index among the possible ones, modulo their number.
#[derive(Clone, Debug)]
pub enum Operation {
    Send(Draft),
    /// For a message in flight.
    Answer {
        index: usize,
        verdict: Verdict,
    },
    /// For any message that ever was, settled or not, and any of its attempts.
    StrayAnswer {
        index: usize,
        attempt: u32,
        verdict: Verdict,
    },
    /// For a number that never was a message.
    ForeignAnswer {
        bits: u64,
        verdict: Verdict,
    },
    Cancel {
        index: usize,
    },
    Stored {
        index: usize,
    },
    Withheld {
        index: usize,
    },
    /// Messages of an earlier page load are being read.
    BeginRestore,
    Restore(Draft),
    Restored,
    Open,
    Close,
    SettleAll(Outcome),
    Destroy,
    Reconfigure(Box<Config>),
    /// Everything up to a ready link.
    Connect {
        grant: Grant,
        join: bool,
        joined: bool,
    },
    /// About the last attempt, or one that is `age` attempts older.
    Fact {
        age: u32,
        fact: Fact,
    },
    Woke,
    /// Handles every deadline at its time.
    Wait(u64),
    /// Handles a single timer, at the end.
    Late(u64),
}

/// A fact about an attempt.
#[derive(Clone, Copy, Debug)]
pub enum Fact {
    Authorized(Grant),
    Up { join: bool },
    Down(DownCause),
    Joined,
    JoinRejected,
    Ponged,
    Heard,
}

impl Fact {
    pub fn about(self, epoch: Epoch) -> Input {
        match self {
            Self::Authorized(grant) => Input::Authorized { epoch, grant },
            Self::Up { join } => Input::LinkUp { epoch, join },
            Self::Down(cause) => Input::LinkDown { epoch, cause },
            Self::Joined => Input::Joined { epoch },
            Self::JoinRejected => Input::JoinRejected { epoch },
            Self::Ponged => Input::Ponged { epoch },
            Self::Heard => Input::Heard { epoch },
        }
    }
}

/// A source of choices.
pub trait Choices {
    /// A number in `0..bound`.
    fn below(&mut self, bound: u64) -> u64;

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn index(&mut self) -> usize {
        usize::try_from(self.below(256)).expect("small")
    }

    fn span(&mut self, least: u64, most: u64) -> Millis {
        Millis(least + self.below(most - least + 1))
    }
}

/// Mostly frequent operations. Those that end much are rare, so that there is something to end.
pub fn any_step(choices: &mut impl Choices) -> Step {
    let operation = any_operation(choices);
    let behind = if choices.one_in(16) { choices.below(60_000) } else { 0 };
    Step { behind, operation }
}

fn any_operation(choices: &mut impl Choices) -> Operation {
    match choices.below(64) {
        0..=14 => Operation::Send(any_draft(choices)),
        15 | 16 if choices.one_in(8) => Operation::Withheld { index: choices.index() },
        15 | 16 => Operation::Stored { index: choices.index() },
        17 => match choices.below(4) {
            0 => Operation::BeginRestore,
            1 => Operation::Restore(any_draft(choices)),
            _ => Operation::Restored,
        },
        18..=31 => Operation::Answer { index: choices.index(), verdict: any_verdict(choices) },
        32 | 33 => Operation::StrayAnswer {
            index: choices.index(),
            attempt: u32::try_from(choices.below(4)).expect("small"),
            verdict: any_verdict(choices),
        },
        34 => {
            Operation::ForeignAnswer { bits: choices.below(1 << 53), verdict: any_verdict(choices) }
        }
        35 | 36 => Operation::Cancel { index: choices.index() },
        37..=42 => Operation::Connect {
            grant: if choices.one_in(4) { Grant::Failed } else { Grant::Granted },
            join: !choices.one_in(4),
            joined: !choices.one_in(3),
        },
        43..=45 => Operation::Fact { age: 0, fact: any_loss(choices) },
        46..=48 => Operation::Fact { age: 0, fact: any_fact(choices) },
        49 => Operation::Fact {
            // Also about attempts that have not begun yet.
            age: u32::try_from(choices.below(6)).expect("small").wrapping_sub(2),
            fact: any_fact(choices),
        },
        50 | 51 => Operation::Woke,
        52 | 53 => Operation::Open,
        54 => match choices.below(24) {
            0..=11 => Operation::Close,
            12..=15 => Operation::SettleAll(any_end(choices)),
            16 => Operation::Destroy,
            _ => Operation::Reconfigure(Box::new(any_config(choices))),
        },
        55..=59 => Operation::Wait(choices.below(40_000)),
        60..=62 => Operation::Late(choices.below(40_000)),
        _ => Operation::Late([0, 1, 100_000_000][choices.index() % 3]),
    }
}

fn any_draft(choices: &mut impl Choices) -> Draft {
    let lane = if choices.one_in(64) { 1_000_000 } else { choices.below(4) };
    Draft {
        lane: u32::try_from(lane).expect("small"),
        bytes: u32::try_from(choices.below(256)).expect("small"),
        strict: choices.one_in(10),
        once: choices.one_in(10),
        durable: choices.one_in(4),
        ttl: if choices.one_in(8) { choices.span(0, 20_000) } else { Millis(86_400_000) },
        ..Draft::default()
    }
}

fn any_verdict(choices: &mut impl Choices) -> Verdict {
    match choices.below(10) {
        0 => Verdict::Refused,
        1 | 2 => Verdict::TryAgain,
        3 => Verdict::TryAfter(choices.span(0, 5_000)),
        _ => Verdict::Accepted,
    }
}

fn any_loss(choices: &mut impl Choices) -> Fact {
    Fact::Down(match choices.below(16) {
        0 => DownCause::RetryAfter(choices.span(0, 10_000)),
        1 => DownCause::Final,
        2..=5 => DownCause::Kicked,
        _ => DownCause::Lost,
    })
}

fn any_fact(choices: &mut impl Choices) -> Fact {
    match choices.below(8) {
        0 => Fact::Authorized([Grant::Granted, Grant::Absent, Grant::Failed][choices.index() % 3]),
        1 => Fact::Up { join: choices.one_in(2) },
        2 => any_loss(choices),
        3 => Fact::Joined,
        4 => Fact::JoinRejected,
        5 => Fact::Ponged,
        _ => Fact::Heard,
    }
}

fn any_end(choices: &mut impl Choices) -> Outcome {
    if choices.one_in(2) { Outcome::LoggedOut } else { Outcome::Closed }
}

/// A configuration with small numbers, so that limits are reached. All are within the supported ranges.
pub fn any_config(choices: &mut impl Choices) -> Config {
    let Config { send, queue, reconnect, join, health } = Config::default();
    let is_usual = |choices: &mut _| Choices::one_in(choices, 2);
    let send = Send {
        ack_timeout: if is_usual(choices) { send.ack_timeout } else { choices.span(1, 20_000) },
        retries: u32::try_from(choices.below(4)).expect("small"),
        backoff: if is_usual(choices) { send.backoff } else { choices.span(0, 5_000) },
        window: 1 + u32::try_from(choices.below(6)).expect("small"),
        window_bytes: if is_usual(choices) { send.window_bytes } else { 1 + choices.below(600) },
        ..send
    };
    let queue = Queue {
        capacity: if is_usual(choices) { 40 } else { 1 + choices.index() % 16 },
        max_bytes: if is_usual(choices) { queue.max_bytes } else { 1 + choices.below(2_000) },
    };
    let reconnect = Reconnect {
        spread: if is_usual(choices) { reconnect.spread } else { choices.span(0, 100) },
        stable: if is_usual(choices) { reconnect.stable } else { choices.span(0, 100) },
        ..reconnect
    };
    let health = match choices.below(4) {
        0 => None,
        1 => Some(Health {
            interval: choices.span(1_000, 20_000),
            timeout: choices.span(1_000, 40_000),
            probe: choices.span(1_000, 10_000),
        }),
        _ => health,
    };
    Config { send, queue, reconnect, join, health }
}
