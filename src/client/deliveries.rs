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

use super::claim::{Audience, By, Claim, Code, Ending, Origin, claim_of, refused};
use super::lanes::Lanes;
use crate::engine::{Millis, Outcome, Seq, Verdict, Way};

/// A message as the app hands it over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sending {
    /// What the edge knows of its id.
    pub id: Id,
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
    /// They were kept, and have ended, here or in another tab.
    ended: Ring,
}

// Commands.
impl Deliveries {
    /// Why a message is not taken, if that is known before the engine is asked.
    pub(super) fn refusal(
        &self,
        sending: &Sending,
        origin: Origin,
        is_logged_out: bool,
    ) -> Option<Claim> {
        let code = match sending.id {
            Id::TooLong => Code::InvalidPayload,
            _ if is_logged_out => Code::LoggedOut,
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

    /// One more message is in a lane, whose number is answered.
    pub(super) fn enter_lane(&mut self, key: u64) -> u32 {
        self.lanes.enter(key)
    }

    /// It was not taken.
    pub(super) fn leave_lane(&mut self, lane: u32) {
        self.lanes.leave(lane);
    }

    /// The engine has taken a message, which is in the lane of that number.
    pub(super) fn taken(&mut self, seq: Seq, lane: u32, sending: &Sending, origin: Origin) {
        let entry = Some(Entry {
            seq,
            lane,
            event: sending.event,
            origin,
            print: sending.print,
            callers: u32::from(origin == Origin::New),
            attempts: 0,
            answer: None,
        });
        // Slots are dense.
        match self.entries.get_mut(seq.slot()) {
            Some(slot) => *slot = entry,
            None => self.entries.push(entry),
        }
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
    ) -> Option<(Ending, Option<Seq>)> {
        let entry = self.slot(seq)?.take()?;
        self.lanes.leave(entry.lane);
        if entry.print > 0 {
            self.ended.push(entry);
        }
        let stays = outcome == Outcome::Received;
        let forgotten = if stays { self.late.push(entry) } else { None };
        let mut claim = claim_of(outcome, maybe_delivered, entry.origin);
        let mut is_timed = false;
        let is_answer = claim.code == Code::Server || outcome == Outcome::Delivered;
        if let Some(answer) = entry.answer.filter(|_| is_answer) {
            claim.by = answer.by;
            claim.retryable = answer.retryable;
            is_timed = answer.is_timed;
        }
        Some((Ending { seq, outcome, claim, is_timed, stays }, forgotten))
    }

    /// The link is gone, and with it every answer that was still due.
    pub(super) fn link_lost(&mut self) {
        self.late.clear();
    }

    /// Another tab says that what is kept under this number has ended, or is cancelled. This one may be about to take it up.
    pub(super) fn ended_elsewhere(&mut self, print: u64) {
        self.ended.push(Entry {
            seq: Seq::from_bits(0),
            lane: 0,
            event: 0,
            origin: Origin::Restored,
            print,
            callers: 0,
            attempts: 0,
            answer: None,
        });
    }

    /// What is kept under this number has ended, and the app was told.
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
