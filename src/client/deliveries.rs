//! A message from `send` to its one result: whether it is taken, which answers to it count, and what may be said of
//! its end (I15).
//!
//! ```text
//!         send               a final answer            its end is told
//!        ------> unanswered ----------------> answered ----------------.
//!                    |                                                 |
//!                    |  any other end, told                            v
//!                    +-----------------------------------------> forgotten
//!                    |                                                 ^
//!                    |  received, told         its answer, or the link ends
//!                    `---------------------> late ---------------------'
//! ```
//!
//! Payloads, ids and callbacks are the edge's.

use alloc::vec::Vec;

use crate::engine::{Cause, Millis, Outcome, Seq, Sorted, Verdict, Way};

/// A message as the app hands it over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sending {
    /// What the edge knows of its id.
    pub id: Id,
    /// Nobody may send: the user has logged out.
    pub is_logged_out: bool,
    /// Its conversation: the same number for the same name. Messages of one lane leave in send order.
    pub lane: u64,
    /// Its size on the wire, in bytes.
    pub bytes: u32,
    /// Nothing of its lane may be in flight beside it.
    pub strict: bool,
    /// The server finds an id in it, by which a repeat can be told.
    pub has_place: bool,
    /// The app wants it to leave once.
    pub once: bool,
    /// The app wants it kept, and there is a place for that.
    pub durable: bool,
    /// How long it may stay unsettled.
    pub ttl: Millis,
    /// How it may settle as a success.
    pub way: Way,
    /// The event's number, 0 for one of which nothing is remembered.
    pub event: u32,
    /// How long its acknowledgement may take. None: as long as the configuration says.
    pub ack_timeout: Option<Millis>,
    /// A number for what it is kept as, the same whenever it is read again. 0 where it is not to be kept.
    pub print: u64,
}

/// What the edge knows of a message's id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Id {
    /// No unsettled message has it.
    #[default]
    Fresh,
    /// It is longer than a server takes.
    TooLong,
    /// An unsettled message has it.
    Known {
        /// That message.
        seq: Seq,
        /// Event and content are the same.
        is_same: bool,
    },
}

/// How a message ended, as the app is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// It is a success.
    None,
    /// The code is the server's.
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
    /// It cannot be sent.
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

/// An answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// The event of its message.
    pub(super) event: u32,
    /// What is told now, as its message had settled by a receipt.
    pub(super) late: Option<Ending>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    seq: Seq,
    lane: u32,
    event: u32,
    origin: Origin,
    print: u64,
    /// Sends that wait for its end.
    callers: u32,
    attempts: u32,
    answer: Option<Answer>,
}

/// The last answer that counted.
#[derive(Clone, Copy, Debug)]
struct Answer {
    by: By,
    retryable: bool,
    /// No other one counts any more.
    is_final: bool,
    /// It answers the one transmission that there was.
    is_timed: bool,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    /// By their slots.
    entries: Vec<Option<Entry>>,
    lanes: Lanes,
    /// They settled by a receipt, and their answers may follow.
    late: Ring,
    /// They were kept, and have ended here.
    ended: Ring,
}

// Commands.
impl Deliveries {
    /// Why a message is not taken, if that is known before the engine is asked.
    pub(super) fn refusal(&self, sending: &Sending, origin: Origin) -> Option<Claim> {
        let code = match sending.id {
            Id::TooLong => Code::InvalidPayload,
            _ if sending.is_logged_out => Code::LoggedOut,
            Id::Known { is_same: false, .. } => Code::DuplicateId,
            Id::Known { seq, .. } if origin == Origin::New && self.is_crowded(seq) => {
                Code::QueueFull
            }
            // The app was told, but another tab had it before it could be erased.
            Id::Fresh if origin == Origin::Restored && self.has_ended(sending.print) => {
                return Some(Claim { audience: Audience::Nobody, ..refused(Code::Closed, origin) });
            }
            Id::Fresh | Id::Known { .. } => return None,
        };
        Some(refused(code, origin))
    }

    fn is_crowded(&self, seq: Seq) -> bool {
        self.get(seq).is_some_and(|entry| entry.callers >= MOST_CALLERS)
    }

    /// The number of a lane, whether it has messages or not.
    pub(super) fn lane(&self, key: u64) -> u32 {
        self.lanes.number(key)
    }

    /// The engine has taken a message into the lane of that number.
    pub(super) fn taken(&mut self, seq: Seq, lane: u32, sending: &Sending, origin: Origin) {
        self.lanes.enter(sending.lane, lane);
        let slot = seq.slot();
        if slot >= self.entries.len() {
            self.entries.resize(slot + 1, None);
        }
        self.entries[slot] = Some(Entry {
            seq,
            lane,
            event: sending.event,
            origin,
            print: sending.print,
            callers: u32::from(origin == Origin::New),
            attempts: 0,
            answer: None,
        });
    }

    /// One more send waits for a message.
    pub(super) fn joined(&mut self, seq: Seq) {
        if let Some(entry) = self.get_mut(seq) {
            entry.callers += 1;
        }
    }

    /// A send that waits for a message is taken back. Answers what it is told where others wait for the same one, and
    /// nothing where the message itself is to be cancelled.
    pub(super) fn left(&mut self, seq: Seq) -> Option<Claim> {
        let entry = self.get_mut(seq).filter(|entry| entry.callers > 1)?;
        entry.callers -= 1;
        Some(refused(Code::Cancelled, Origin::New))
    }
}

// Facts.
impl Deliveries {
    /// It leaves.
    pub(super) fn transmitted(&mut self, seq: Seq) {
        if let Some(entry) = self.get_mut(seq) {
            entry.attempts += 1;
        }
    }

    /// The server answered a message. Answers nothing where nobody waits for that.
    pub(super) fn answered(&mut self, seq: Seq, verdict: Verdict, by: By) -> Option<Heard> {
        let is_accepted = verdict == Verdict::Accepted;
        let is_late = self.get(seq).is_none();
        let entry = if is_late {
            self.late.all.iter_mut().find(|entry| entry.seq == seq)?
        } else {
            self.get_mut(seq)?
        };
        // An event that says of one that was received that it was sent is no news.
        let is_news = !(is_late && is_accepted && by == By::Echo);
        if entry.is_answered() || !is_news {
            return None;
        }
        let retryable = !matches!(verdict, Verdict::Accepted | Verdict::Refused);
        let (is_final, is_timed) = (is_late || !retryable, entry.attempts == 1);
        entry.answer = Some(Answer { by, retryable, is_final, is_timed });
        let outcome = if is_accepted { Outcome::Delivered } else { Outcome::Refused };
        let claim = claim_of(outcome, true, Origin::New);
        let audience = if is_accepted { claim.audience } else { Audience::Complaint };
        let claim = Claim { by, retryable, audience, ..claim };
        let ending = Ending { seq, outcome, claim, is_timed: false, stays: false };
        Some(Heard { event: entry.event, late: is_late.then_some(ending) })
    }

    /// It is known by other means how a message is going to end: by another tab, or as it cannot be sent.
    pub(super) fn decided(&mut self, seq: Seq, by: By, retryable: bool) {
        if let Some(entry) = self.get_mut(seq) {
            entry.answer = Some(Answer { by, retryable, is_final: true, is_timed: false });
        }
    }

    /// A message has ended. Answers what is told of it, and another one whose answer is not waited for any longer.
    pub(super) fn settled(
        &mut self,
        seq: Seq,
        outcome: Outcome,
        maybe_delivered: bool,
    ) -> (Ending, Option<Seq>) {
        let entry = self.slot(seq).and_then(Option::take);
        let origin = entry.map_or(Origin::New, |entry| entry.origin);
        let claim = claim_of(outcome, maybe_delivered, origin);
        let stays = outcome == Outcome::Received;
        let mut ending = Ending { seq, outcome, claim, is_timed: false, stays };
        let Some(entry) = entry else { return (ending, None) };
        self.lanes.leave(entry.lane);
        if entry.print > 0 {
            self.ended.push(entry);
        }
        let forgotten = if stays { self.late.push(entry) } else { None };
        if let Some(answer) = entry.answer.filter(|_| is_answer(outcome)) {
            ending.claim.by = answer.by;
            ending.claim.retryable = answer.retryable;
            ending.is_timed = answer.is_timed;
        }
        (ending, forgotten)
    }

    /// The link is gone, and with it every answer that was still due.
    pub(super) fn link_lost(&mut self) {
        self.late.clear();
    }

    /// What is kept under this number has ended here, and the app was told.
    pub(super) fn has_ended(&self, print: u64) -> bool {
        self.ended.all.iter().any(|entry| entry.print == print)
    }
}

// What the above need.
impl Deliveries {
    fn slot(&mut self, seq: Seq) -> Option<&mut Option<Entry>> {
        let slot = self.entries.get_mut(seq.slot())?;
        slot.is_some_and(|entry| entry.seq == seq).then_some(slot)
    }

    fn get(&self, seq: Seq) -> Option<&Entry> {
        self.entries.get(seq.slot())?.as_ref().filter(|entry| entry.seq == seq)
    }

    fn get_mut(&mut self, seq: Seq) -> Option<&mut Entry> {
        self.slot(seq)?.as_mut()
    }
}

impl Entry {
    fn is_answered(&self) -> bool {
        self.answer.is_some_and(|answer| answer.is_final)
    }
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
fn claim_of(outcome: Outcome, maybe_delivered: bool, origin: Origin) -> Claim {
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
    let claim = refused(code, origin);
    let (by, audience) = match outcome {
        Outcome::Superseded => (By::Nobody, Audience::Nobody),
        Outcome::Delivered => (By::Nobody, Audience::Senders),
        Outcome::Received => (By::Receipt, Audience::Senders),
        _ => (By::Nobody, claim.audience),
    };
    let maybe_delivered = maybe_delivered && by != By::Receipt && outcome != Outcome::Delivered;
    Claim { maybe_delivered, by, audience, ..claim }
}

/// It was an answer that settled the message.
fn is_answer(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Delivered | Outcome::Refused | Outcome::Exhausted(Cause::TryAgain))
}

/// The lanes that have messages, in dense numbers as the engine wants them.
#[derive(Debug, Default)]
struct Lanes {
    /// By their numbers: the key, and how many messages there are.
    all: Vec<(u64, u32)>,
    /// Keys of those that have messages, and their numbers.
    numbers: Sorted<(u64, u32)>,
    /// Numbers of those that have none.
    free: Vec<u32>,
}

impl Lanes {
    /// The number of a lane, or the one that it would get.
    fn number(&self, key: u64) -> u32 {
        let found = self.numbers.get(self.numbers.index_of((key, 0)));
        match (found, self.free.last()) {
            (Some((one, number)), _) if one == key => number,
            (_, Some(&free)) => free,
            (_, None) => u32::try_from(self.all.len()).unwrap_or(u32::MAX),
        }
    }

    /// One more message is in a lane.
    fn enter(&mut self, key: u64, number: u32) {
        let at = number as usize;
        if at >= self.all.len() {
            self.all.push((key, 0));
        }
        let Some(lane) = self.all.get_mut(at) else { return };
        if lane.1 == 0 {
            *lane = (key, 0);
            self.numbers.insert((key, number));
            self.free.pop_if(|free| *free == number);
        }
        lane.1 += 1;
    }

    /// One of its messages has ended.
    fn leave(&mut self, number: u32) {
        let Some((key, count)) = self.all.get_mut(number as usize) else { return };
        *count -= 1;
        if *count == 0 {
            self.numbers.remove((*key, number));
            self.free.push(number);
        }
    }
}

/// The last that were put in.
#[derive(Debug, Default)]
struct Ring {
    all: Vec<Entry>,
    /// The oldest, once it is full.
    oldest: usize,
}

impl Ring {
    /// Answers what is no longer in here because of that.
    fn push(&mut self, entry: Entry) -> Option<Seq> {
        if self.all.len() < MOST_SETTLED {
            self.all.push(entry);
            return None;
        }
        self.oldest %= MOST_SETTLED;
        let before = core::mem::replace(self.all.get_mut(self.oldest)?, entry);
        self.oldest += 1;
        Some(before.seq)
    }

    fn clear(&mut self) {
        self.all.clear();
        self.oldest = 0;
    }
}

/// Sends that may wait for one message.
const MOST_CALLERS: u32 = 100;
/// Messages that are remembered after their end was told: so many whose answer may follow, and so many that were kept.
const MOST_SETTLED: usize = 1_000;
