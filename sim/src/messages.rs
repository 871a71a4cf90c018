//! What the engine owes each message: a second, slow and plain account of the outbox, made from the
//! documented rules. It predicts every outcome, and judges every transmission.

mod judge;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast::engine::{Cause, Config, Draft, Outcome, Seq, Verdict};

use crate::violated;

pub(crate) struct Messages {
    config: Config,
    unsettled: BTreeMap<Seq, Message>,
    expiry: BTreeSet<(u64, Seq)>,
    /// In the order of transmission.
    flight: BTreeMap<u64, Seq>,
    lanes: BTreeMap<u32, Lane>,
    /// Outcomes that were decided and not ordered yet.
    due: VecDeque<Settled>,
    suspects: usize,
    bytes: u64,
    flight_bytes: u64,
    transmissions: u64,
    /// When the engine last looked at what was due.
    examined_at: u64,
    /// Older messages are looked for.
    is_restoring: bool,
    first_new: Option<Seq>,
    last_restored: Option<Seq>,
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
    /// Waits for the time of its retry, which only the engine knows.
    backs_off: bool,
    /// It waits to be kept.
    storing: bool,
    flight: Option<Flight>,
}

/// A timer this late may have been held up together with the answers.
const LATE: u64 = 1_000;

#[derive(Clone, Copy)]
struct Flight {
    transmission: u64,
    /// When its ack deadline began.
    since: u64,
    /// That was moved because a timer was late, which happens once.
    excused: bool,
}

#[derive(Default)]
struct Lane {
    members: usize,
    waiting: BTreeSet<Seq>,
    in_flight: BTreeSet<Seq>,
    window: Option<u32>,
    held_until: u64,
}

impl Messages {
    pub(crate) fn new(config: Config) -> Self {
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
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.unsettled.len()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.flight.len()
    }

    pub(crate) fn is_settled(&self, seq: Seq) -> bool {
        !self.unsettled.contains_key(&seq)
    }

    /// Whether the outbox has room (I8).
    pub(crate) fn has_room_for(&self, draft: Draft) -> bool {
        self.unsettled.len() < self.config.queue.capacity
            && self.bytes + u64::from(draft.bytes) <= self.config.queue.max_bytes
    }
}

// What the app did.
impl Messages {
    pub(crate) fn sent(&mut self, now: u64, seq: Seq, draft: Draft) {
        if self.unsettled.keys().next_back().is_some_and(|&last| last > seq) {
            violated!("I3", "{seq:?} is not later than what was sent before");
        }
        self.first_new = self.first_new.or(Some(seq));
        self.enter(now, seq, draft, false);
    }

    fn enter(&mut self, now: u64, seq: Seq, draft: Draft, is_restored: bool) {
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
            // Nobody knows whether it left in an earlier life.
            unanswered: is_restored,
            suspected: false,
            lone_losses: 0,
            backs_off: false,
            storing: draft.durable && !is_restored,
            flight: None,
        };
        if self.unsettled.insert(seq, message).is_some() {
            violated!("I5", "{seq:?} was given twice");
        }
    }

    /// An earlier life's message, or one of a page that is gone.
    pub(crate) fn taken_back(&mut self, now: u64, seq: Seq, draft: Draft) {
        if self.first_new.is_some_and(|first| first < seq) || self.last_restored > Some(seq) {
            violated!("I3", "{seq:?} was restored, and is not before what is new");
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
            message.storing = message.flight.is_none();
        }
    }

    pub(crate) fn stored(&mut self, seq: Seq) {
        if let Some(message) = self.unsettled.get_mut(&seq) {
            message.storing = false;
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

// What the world did.
impl Messages {
    pub(crate) fn acked(&mut self, now: u64, seq: Seq, attempt: u32, verdict: Verdict) {
        let retries = self.config.send.retries;
        let Some(message) = self.unsettled.get(&seq) else { return };
        let is_current = message.flight.is_some() && message.attempt == attempt;
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
                lane.held_until = lane.held_until.max(now + span.0);
                lane.window = Some(1);
            }
        }
    }

    /// A ready link ended (I10).
    pub(crate) fn link_lost(&mut self, losses_are_usual: bool) {
        let flight: Vec<Seq> = self.flight.values().copied().collect();
        let is_alone = self.suspects > 0 && flight.len() == 1;
        for &seq in &flight {
            self.landed(seq);
            let message = self.message(seq);
            message.unanswered = true;
            message.lone_losses += u32::from(is_alone);
            let is_new = losses_are_usual && !message.suspected;
            message.suspected |= losses_are_usual;
            let is_over = message.draft.once || message.lone_losses >= 3;
            self.suspects += usize::from(is_new);
            if is_over {
                self.end(seq, Outcome::Exhausted(Cause::LinkLost));
            }
        }
        for message in self.unsettled.values_mut() {
            message.backs_off = false;
        }
    }

    /// The engine was asked to do what is due.
    pub(crate) fn examined(&mut self, now: u64) {
        self.examined_at = now;
        let retries = self.config.send.retries;
        let ack_timeout = self.config.send.ack_timeout.0;
        self.expire(now);
        for seq in self.flight.values().copied().collect::<Vec<_>>() {
            let Some(flight) = self.message(seq).flight else { continue };
            let deadline = flight.since + ack_timeout;
            if deadline > now {
                continue;
            }
            if now - deadline > LATE && !flight.excused {
                self.excuse_all(now);
                break;
            }
            self.landed(seq);
            self.message(seq).unanswered = true;
            self.failed(seq, Cause::AckTimeout, retries);
        }
    }

    fn excuse_all(&mut self, now: u64) {
        for message in self.unsettled.values_mut() {
            if let Some(flight) = &mut message.flight {
                *flight = Flight { since: now, excused: true, ..*flight };
            }
        }
    }
}

// What the above need.
impl Messages {
    fn expire(&mut self, now: u64) {
        while let Some(&(at, seq)) = self.expiry.first()
            && at <= now
        {
            self.end(seq, Outcome::Expired);
        }
    }

    fn message(&mut self, seq: Seq) -> &mut Message {
        self.unsettled.get_mut(&seq).expect("only for what is unsettled")
    }

    fn lane_of(&mut self, seq: Seq) -> &mut Lane {
        let lane = self.unsettled[&seq].draft.lane;
        self.lanes.get_mut(&lane).expect("a lane lives as long as its messages")
    }

    /// The server answered it: the deadlines of all that left later begin anew.
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
        let was_suspected = std::mem::take(&mut message.suspected);
        self.suspects -= usize::from(was_suspected);
    }

    fn failed(&mut self, seq: Seq, cause: Cause, retries: u32) {
        let message = self.message(seq);
        message.failures += 1;
        message.backs_off = true;
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
        self.due.push_back(Settled { seq, outcome, maybe_delivered });
    }
}
