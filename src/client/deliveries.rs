//! Follows a message from `send` to its one result: whether it is accepted, which answers count, and what the app
//! may be told (I15).
//!
//! ```text
//!         send               a final answer            result reported
//!        ------> unanswered ----------------> answered ----------------.
//!                    |                                                 |
//!                    |  any other result, reported                     v
//!                    +-----------------------------------------> forgotten
//!                    |                                                 ^
//!                    |  received, reported     its answer, or the link ends
//!                    `---------------------> late ---------------------'
//! ```
//!
//! Payloads, ids and callbacks stay in the shell.

use alloc::vec::Vec;

use super::claim::{Audience, By, Claim, Code, Ending, Origin, claim_of, refused};
use super::lanes::Lanes;
use crate::engine::{Millis, Outcome, Seq, Verdict, Way};

/// A message as the app passes it in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sending {
    /// What the shell knows about its id.
    pub id: Id,
    /// Its lane: equal numbers mean equal names. Messages of one lane leave in send order.
    pub lane: u64,
    /// Its size on the wire, in bytes.
    pub bytes: u32,
    /// Nothing else of its lane may be in flight with it.
    pub strict: bool,
    /// The payload carries an id by which the server can recognize a repeat.
    pub carries_id: bool,
    /// The app wants it to leave at most once.
    pub once: bool,
    /// The app wants it saved, and it can be.
    pub durable: bool,
    /// How long it may stay unsettled.
    pub ttl: Millis,
    /// The condition that settles it as a success.
    pub way: Way,
    /// The event's number. 0 for events about which nothing is remembered.
    pub event: u32,
    /// How long its acknowledgement may take. `None` uses the configured time.
    pub ack_timeout: Option<Millis>,
    /// A fingerprint of its saved copy, the same whenever that is read again. 0 if it is not saved.
    pub print: u64,
}

/// What the shell knows about a message's id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Id {
    /// No unsettled message has this id.
    #[default]
    Fresh,
    /// The id is longer than the server accepts.
    TooLong,
    /// An unsettled message has this id.
    Known {
        /// That message.
        seq: Seq,
        /// Event and content are the same, too.
        is_same: bool,
    },
}

/// An answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// The event of its message.
    pub(super) event: u32,
    /// A late result to report now, because the message had settled by a receipt.
    pub(super) late: Option<Ending>,
}

/// An accepted message.
#[derive(Clone, Copy, Debug)]
struct Entry {
    seq: Seq,
    lane: u32,
    event: u32,
    origin: Origin,
    /// The fingerprint of its saved copy, 0 if it is not saved.
    print: u64,
    /// The number of sends that wait for its result.
    callers: u32,
    /// The number of its transmissions.
    attempts: u32,
    answer: Option<Answer>,
}

/// The last answer that counted.
#[derive(Clone, Copy, Debug)]
struct Answer {
    by: By,
    retryable: bool,
    /// No other answer counts any more.
    is_final: bool,
    /// The message had left only once, so the answer's time can be measured.
    is_timed: bool,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    /// By the slots of their messages.
    entries: Vec<Option<Entry>>,
    lanes: Lanes,
    /// Messages that settled by a receipt, whose answers may follow.
    late: Ring,
    /// Saved messages that have settled, here or in another tab.
    ended: Ring,
}

// Commands.
impl Deliveries {
    /// Returns the claim for a message that can be refused without asking the engine.
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
            // The app was told its result, but another tab took it over before it was erased.
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

    /// Adds a message to a lane. Returns the lane's number.
    pub(super) fn enter_lane(&mut self, key: u64) -> u32 {
        self.lanes.enter(key)
    }

    /// The engine did not accept the message.
    pub(super) fn leave_lane(&mut self, lane: u32) {
        self.lanes.leave(lane);
    }

    /// The engine has accepted a message, in the lane with this number.
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

    /// The app cancels one of the sends that wait for a message. Returns the claim for that send if others still
    /// wait, and `None` if the message itself is to be cancelled.
    pub(super) fn left(&mut self, seq: Seq) -> Option<Claim> {
        let entry = self.get_mut(seq).filter(|entry| entry.callers > 1)?;
        entry.callers -= 1;
        Some(refused(Code::Cancelled, Origin::New))
    }
}

// Facts.
impl Deliveries {
    /// The message leaves.
    pub(super) fn transmitted(&mut self, seq: Seq) {
        if let Some(entry) = self.get_mut(seq) {
            entry.attempts += 1;
        }
    }

    /// The server answered a message. Returns `None` if the answer does not count.
    pub(super) fn answered(&mut self, seq: Seq, verdict: Verdict, by: By) -> Option<Heard> {
        let is_accepted = verdict == Verdict::Accepted;
        let is_late = self.get(seq).is_none();
        let entry = if is_late {
            self.late.all.iter_mut().find(|entry| entry.seq == seq)?
        } else {
            self.get_mut(seq)?
        };
        // The message was received already, so an echo that confirms it is no news.
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

    /// The coming result of a message is known by other means: another tab reported it, or the message can't be
    /// sent.
    pub(super) fn decided(&mut self, seq: Seq, by: By, retryable: bool) {
        if let Some(entry) = self.get_mut(seq) {
            entry.answer = Some(Answer { by, retryable, is_final: true, is_timed: false });
        }
    }

    /// A message has settled. Returns the result to report, and another message whose answer no longer counts.
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

    /// The link is gone, and with it every pending answer.
    pub(super) fn link_lost(&mut self) {
        self.late.clear();
    }

    /// Another tab reports that the saved message with this fingerprint was settled or cancelled. This tab may be
    /// about to read it.
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

    /// Whether the saved message with this fingerprint has settled, and the app was told.
    pub(super) fn has_ended(&self, print: u64) -> bool {
        self.ended.all.iter().any(|entry| entry.print == print)
    }
}

// Internals.
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

/// The most recent entries.
#[derive(Debug, Default)]
struct Ring {
    all: Vec<Entry>,
    /// The index of the oldest entry, once the ring is full.
    oldest: usize,
}

impl Ring {
    /// Adds an entry. Returns the message that it replaced.
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

/// The largest number of sends that wait for one message.
const MOST_CALLERS: u32 = 100;
/// The number of settled messages to remember, each for late answers and for saved messages.
const MOST_SETTLED: usize = 1_000;
