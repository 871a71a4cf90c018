//! The model of messages: a second, slow and simple outbox, written from the documented rules. It predicts every
//! result and checks every transmission.

mod deadlines;
mod judge;
mod losses;
mod pace;
mod proofs;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast::engine::{Cause, Config, Draft, Outcome, Seq, Verdict, Way};

use crate::violation::violated;
use pace::Pace;

pub(crate) struct Messages {
    config: Config,
    unsettled: BTreeMap<Seq, Message>,
    expiry: BTreeSet<(u64, Seq)>,
    /// In the order of transmission.
    flight: BTreeMap<u64, Seq>,
    lanes: BTreeMap<u32, Lane>,
    /// Results that are decided but not ordered yet.
    due: VecDeque<Settled>,
    suspects: usize,
    bytes: u64,
    flight_bytes: u64,
    transmissions: u64,
    /// When the client last handled what was due.
    examined_at: u64,
    /// Older messages are still being read.
    is_restoring: bool,
    first_new: Option<Seq>,
    last_restored: Option<Seq>,
    /// Receipts of this link were answered.
    proves: bool,
    expects_receipts: bool,
    /// Whether the server acknowledges an event, once that is known.
    answers: BTreeMap<u32, bool>,
    /// The lessons that the client must report.
    lessons: VecDeque<(u32, bool)>,
    pace: Pace,
    /// This link has delivered a message, as far as the client knows.
    delivers: bool,
    /// Links that took messages of an event and ended without an acknowledgement.
    unanswered: BTreeMap<u32, u32>,
}

/// The condition that settles a message as a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settles {
    Ack,
    Either,
    Receipt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) seq: Seq,
    pub(crate) outcome: Outcome,
    pub(crate) maybe_delivered: bool,
}

struct Message {
    draft: Draft,
    expires_at: u64,
    attempt: u32,
    failures: u32,
    unanswered: bool,
    suspected: bool,
    lone_losses: u32,
    last_losses: u32,
    /// The server has taken the transmission in flight, and has dispatched it.
    received: bool,
    dispatched: bool,
    /// The server has taken one of its transmissions.
    was_taken: bool,
    /// Links that took it and ended without its acknowledgement.
    unanswered_links: u32,
    /// It waits for its retry, whose time only the client knows.
    backs_off: bool,
    /// It may not leave: it is being saved, or another page has it.
    withheld: bool,
    flight: Option<Flight>,
}

impl Message {
    /// It was dispatched, and its acknowledgement did not come for a while.
    fn is_unanswered(&self, now: u64) -> bool {
        self.dispatched && self.flight.is_some_and(|flight| now - flight.since >= 1_000)
    }
}

#[derive(Clone, Copy)]
struct Flight {
    transmission: u64,
    /// When its ack deadline began.
    since: u64,
    /// The deadline was moved because a timer was late, which happens once.
    excused: bool,
}

#[derive(Default)]
struct Lane {
    members: usize,
    waiting: BTreeSet<Seq>,
    in_flight: BTreeSet<Seq>,
    window: Option<u32>,
    throttled_until: u64,
}

impl Messages {
    pub(crate) fn new(config: Config, expects_receipts: bool) -> Self {
        let stable = config.reconnect.stable.0;
        Self {
            config,
            unsettled: BTreeMap::new(),
            expiry: BTreeSet::new(),
            flight: BTreeMap::new(),
            lanes: BTreeMap::new(),
            due: VecDeque::new(),
            suspects: 0,
            bytes: 0,
            flight_bytes: 0,
            transmissions: 0,
            examined_at: 0,
            is_restoring: false,
            first_new: None,
            last_restored: None,
            proves: false,
            expects_receipts,
            answers: BTreeMap::new(),
            lessons: VecDeque::new(),
            pace: Pace::new(stable),
            delivers: false,
            unanswered: BTreeMap::new(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.unsettled.len()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.flight.len()
    }

    /// The number of the last one.
    pub(crate) fn transmissions(&self) -> u64 {
        self.transmissions
    }

    fn settles(&self, draft: &Draft) -> Settles {
        match (draft.way, self.answers.get(&draft.event)) {
            (Way::AckedAlways, _) | (Way::Acked, Some(true)) => Settles::Ack,
            (Way::Acked, None) => Settles::Either,
            (Way::Acked, Some(false)) | (Way::Received | Way::Latest, _) => Settles::Receipt,
        }
    }

    pub(crate) fn is_settled(&self, seq: Seq) -> bool {
        !self.unsettled.contains_key(&seq)
    }

    /// Whether the outbox has room (I8).
    pub(crate) fn has_room_for(&self, bytes: u32) -> bool {
        self.unsettled.len() < self.config.queue.capacity
            && self.bytes + u64::from(bytes) <= self.config.queue.max_bytes
    }
}

// The app's actions.
impl Messages {
    pub(crate) fn sent(&mut self, now: u64, seq: Seq, draft: Draft) {
        if self.unsettled.keys().next_back().is_some_and(|&last| last > seq) {
            violated!("I3", "{seq:?} is not after earlier sends");
        }
        self.first_new = self.first_new.or(Some(seq));
        self.enter(now, seq, draft, false);
        if draft.way == Way::Latest {
            let waiting: Vec<Seq> = self.lane_of(seq).waiting.iter().copied().collect();
            for older in waiting {
                if older != seq && self.is_latest(older) {
                    self.end(older, Outcome::Superseded);
                }
            }
        }
    }

    fn is_latest(&self, seq: Seq) -> bool {
        self.unsettled[&seq].draft.way == Way::Latest
    }

    fn enter(&mut self, now: u64, seq: Seq, draft: Draft, is_restored: bool) {
        if self.due.iter().any(|settled| settled.seq.slot() == seq.slot()) {
            violated!("I5", "{seq:?} has the slot of a message whose result was not reported yet");
        }
        self.bytes += u64::from(draft.bytes);
        let expires_at = now.saturating_add(draft.ttl.0);
        self.expiry.insert((expires_at, seq));
        let lane = self.lanes.entry(draft.lane).or_default();
        lane.members += 1;
        lane.waiting.insert(seq);
        let message = Message {
            draft,
            expires_at,
            attempt: 0,
            failures: 0,
            // Whether it left during an earlier page load is unknown.
            unanswered: is_restored,
            suspected: false,
            lone_losses: 0,
            last_losses: 0,
            received: false,
            dispatched: false,
            was_taken: false,
            unanswered_links: 0,
            backs_off: false,
            withheld: draft.durable && !is_restored,
            flight: None,
        };
        if self.unsettled.insert(seq, message).is_some() {
            violated!("I5", "{seq:?} was given twice");
        }
    }

    /// A message of an earlier page load, or of a page that is gone.
    pub(crate) fn restore(&mut self, now: u64, seq: Seq, draft: Draft) {
        if self.first_new.is_some_and(|first| first < seq) || self.last_restored > Some(seq) {
            violated!("I3", "{seq:?} was restored, but is not before new messages");
        }
        self.last_restored = Some(seq);
        self.enter(now, seq, draft, true);
    }

    pub(crate) fn restoring(&mut self) {
        self.is_restoring = true;
        for message in self.unsettled.values_mut() {
            message.unanswered |= message.draft.durable;
        }
    }

    pub(crate) fn all_restored(&mut self) {
        self.is_restoring = false;
    }

    pub(crate) fn is_restoring(&self) -> bool {
        self.is_restoring
    }

    /// Another page has it.
    pub(crate) fn withheld(&mut self, seq: Seq) {
        if let Some(message) = self.unsettled.get_mut(&seq) {
            message.withheld = true;
        }
    }

    pub(crate) fn stored(&mut self, seq: Seq) {
        if let Some(message) = self.unsettled.get_mut(&seq) {
            message.withheld = false;
        }
    }

    pub(crate) fn cancelled(&mut self, seq: Seq) {
        self.end(seq, Outcome::Cancelled);
    }

    pub(crate) fn all_settled(&mut self, outcome: Outcome) {
        for seq in self.unsettled.keys().copied().collect::<Vec<_>>() {
            self.end(seq, outcome);
        }
    }
}

// Events of the world.
impl Messages {
    pub(crate) fn acked(&mut self, now: u64, seq: Seq, attempt: u32, verdict: Verdict) {
        let retries = self.config.send.retries;
        let Some(message) = self.unsettled.get(&seq) else { return };
        let is_current = message.flight.is_some() && message.attempt == attempt;
        self.delivers |= message.flight.is_some();
        match verdict {
            Verdict::Accepted => {
                self.answered(now, seq);
                let lane = self.lane_of(seq);
                lane.window = lane.window.and_then(|window| window.checked_mul(2));
                self.end(seq, Outcome::Delivered);
            }
            Verdict::Refused => {
                self.answered(now, seq);
                self.end(seq, Outcome::Refused);
            }
            Verdict::TryAgain | Verdict::TryAfter(_) if !is_current => {}
            Verdict::TryAgain => {
                self.answered(now, seq);
                self.cleared(seq);
                self.failed(seq, Cause::TryAgain, retries);
            }
            Verdict::TryAfter(span) => {
                self.answered(now, seq);
                self.cleared(seq);
                if self.unsettled[&seq].draft.once {
                    return self.end(seq, Outcome::Exhausted(Cause::TryAgain));
                }
                let lane = self.lane_of(seq);
                lane.throttled_until = lane.throttled_until.max(now + span.0);
                lane.window = Some(1);
            }
        }
    }

    /// A ready link lived long with few messages in flight. Returns whether its lifetime starts anew.
    pub(crate) fn widened(&mut self, now: u64) -> bool {
        self.pace.widened(now)
    }

    /// A link became ready.
    pub(crate) fn linked(&mut self, now: u64) {
        self.pace.linked(now);
    }

    pub(crate) fn delivers(&self) -> bool {
        self.delivers
    }
}

// Internals.
impl Messages {
    fn message(&mut self, seq: Seq) -> &mut Message {
        self.unsettled.get_mut(&seq).expect("only for what is unsettled")
    }

    fn lane_of(&mut self, seq: Seq) -> &mut Lane {
        let lane = self.unsettled[&seq].draft.lane;
        self.lanes.get_mut(&lane).expect("a lane lives as long as its messages")
    }

    /// The server answered it: the deadlines of all later transmissions begin anew.
    fn answered(&mut self, now: u64, seq: Seq) {
        let Some(flight) = self.message(seq).flight else { return };
        self.landed(seq);
        for later in self.flight.range(flight.transmission..).map(|(_, &seq)| seq) {
            if let Some(flight) = self.unsettled.get_mut(&later).and_then(|m| m.flight.as_mut()) {
                flight.since = flight.since.max(now);
            }
        }
    }

    fn landed(&mut self, seq: Seq) {
        let message = self.message(seq);
        let Some(flight) = message.flight.take() else { return };
        let bytes = u64::from(message.draft.bytes);
        self.flight_bytes -= bytes;
        self.flight.remove(&flight.transmission);
        let lane = self.lane_of(seq);
        lane.in_flight.remove(&seq);
        lane.waiting.insert(seq);
    }

    fn cleared(&mut self, seq: Seq) {
        let message = self.message(seq);
        message.lone_losses = 0;
        message.received = false;
        let was_suspected = std::mem::take(&mut message.suspected);
        self.suspects -= usize::from(was_suspected);
    }

    fn failed(&mut self, seq: Seq, cause: Cause, retries: u32) {
        // A message without a receipt leaves again for as long as a receipt may come.
        let is_receipts = self.settles(&self.unsettled[&seq].draft) == Settles::Receipt;
        let is_owed = cause == Cause::AckTimeout && self.expects_receipts && is_receipts;
        let message = self.message(seq);
        message.failures += u32::from(!is_owed);
        message.backs_off = true;
        if message.draft.way == Way::Latest {
            return self.end(seq, Outcome::Superseded);
        }
        if message.failures > retries || message.draft.once {
            return self.end(seq, Outcome::Exhausted(cause));
        }
        self.lane_of(seq).window = Some(1);
    }

    fn end(&mut self, seq: Seq, outcome: Outcome) {
        let Some(message) = self.unsettled.get(&seq) else { return };
        let maybe_delivered = message.unanswered || message.flight.is_some();
        self.landed(seq);
        let message = self.unsettled.remove(&seq).expect("just seen");
        self.bytes -= u64::from(message.draft.bytes);
        self.suspects -= usize::from(message.suspected);
        self.expiry.remove(&(message.expires_at, seq));
        let id = message.draft.lane;
        let lane = self.lanes.get_mut(&id).expect("a lane lives as long as its messages");
        lane.waiting.remove(&seq);
        lane.members -= 1;
        if lane.members == 0 {
            self.lanes.remove(&id);
        }
        let is_success = matches!(outcome, Outcome::Delivered | Outcome::Received);
        let maybe_delivered = maybe_delivered && !is_success;
        self.due.push_back(Settled { seq, outcome, maybe_delivered });
    }
}
