//! Unsettled messages: lanes, the window in flight, retries and deadlines.
//!
//! A message is either waiting in its lane or in flight:
//!
//! ```text
//!            transmit                  accepted, refused
//!  waiting ------------> in flight -----------------------> settled
//!     ^                      |                                 ^
//!     +--- ack deadline, ----+--- retries used up, ttl, -------+
//!          try again,             cancel, close
//!          link lost
//! ```
//!
//! The waiting messages of a lane are sorted by send order, and only the first may leave (I3). A message that has
//! to be sent again is older than all that never left, so it blocks the rest of its lane.

mod answers;
mod explain;
mod facts;
mod lane;
mod message;
mod moves;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

pub use answers::Answering;
pub use explain::Blocker;

use answers::Answers;
use lane::{Lane, Next, Turn};
use message::{Message, Proof, State};

use super::config::{self, Config};
use super::error::SendError;
use super::sorted::Sorted;
use super::types::{Draft, Moment, Outcome, Output, Seq, Standing, Way, sooner};

type Outputs = VecDeque<Output>;

/// The origin of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    New,
    /// Saved by an earlier page load of this client, or by another client that is gone.
    Restored,
}

/// The number before the first new message. Restored messages have smaller numbers, because they were sent earlier.
const OLDEST_NEW: u64 = 1 << 32;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Unsettled messages, at the slots that their [`Seq`]s name.
    slots: Vec<Option<Message>>,
    /// Slots that the next messages may use.
    free: Vec<usize>,
    /// Slots of settled messages whose settlement was not polled yet. The caller may still look there.
    untold: usize,
    /// By lane number. A lane without messages equals a new one.
    lanes: Vec<Lane>,
    /// The messages that may leave now, at most one for each lane.
    ready: Sorted<Turn>,
    /// Lanes whose next message has to wait for a moment.
    blocked: Sorted<(Moment, u32)>,
    /// Messages in flight in the order of transmission.
    flight: Sorted<(u64, Seq)>,
    /// The bytes of the messages in flight.
    flight_bytes: u64,
    /// Unsettled messages in the order of their expiry.
    expiry: Sorted<(Moment, Seq)>,
    /// The number of messages that may be the reason why links end. Above 0, one message at a time is in flight.
    suspects: usize,
    /// The window was full and has not emptied enough yet. Sending one message for each answer would cost a browser
    /// more than sending some hundreds at a time.
    full: bool,
    /// The bytes of all unsettled messages.
    bytes: u64,
    /// The number of new messages so far.
    sends: u64,
    /// The number of restored messages so far.
    restored: u64,
    /// Older messages are still being read. Nothing leaves meanwhile.
    restoring: bool,
    /// The number of transmissions so far.
    transmissions: u64,
    answers: Answers,
    /// The server may give receipts, on this link or on the next one.
    expects_receipts: bool,
    /// Receipts work on this link: a transmission that no receipt covers was not taken yet.
    proves: bool,
    /// A message that settles by a receipt left since the last call of [`wants_receipt`](Outbox::wants_receipt).
    wants_receipt: bool,
    /// This link has delivered a message: the server answered it, or a receipt covers it for the first time.
    delivers: bool,
    /// The number of messages in flight whose deadline differs from the configured one.
    own_deadlines: usize,
}

// Getters.
impl Outbox {
    pub(super) fn in_flight(&self) -> usize {
        self.flight.len()
    }

    pub(super) fn queued(&self) -> usize {
        self.count() - self.flight.len()
    }

    pub(super) fn count(&self) -> usize {
        self.slots.len() - self.free.len() - self.untold
    }

    /// The caller was told how a message settled, so its slot is free again.
    pub(super) fn told(&mut self, seq: Seq) {
        self.untold -= 1;
        self.free.push(seq.slot());
    }

    /// The reason why an unsettled message waits while the link is ready.
    pub(super) fn standing(&self, now: Moment, seq: Seq) -> Option<Standing> {
        let message = self.get(seq)?;
        let State::Waiting { not_before } = message.state else { return Some(Standing::Answer) };
        if message.withheld || self.restoring {
            return Some(Standing::Turn);
        }
        let throttled_until = self.lanes.get(message.draft.lane as usize)?.throttled_until;
        Some(if not_before.max(throttled_until) > now { Standing::Delay } else { Standing::Turn })
    }

    /// When the next thing is due, except transmissions.
    pub(super) fn deadline(&self, config: &config::Send) -> Option<Moment> {
        let ack = self.next_ack(config).map(|(at, _)| at);
        let lane = self.blocked.first().map(|(at, _)| at);
        let expiry = self.expiry.first().map(|(at, _)| at);
        sooner(ack, sooner(lane, expiry))
    }

    fn get(&self, seq: Seq) -> Option<&Message> {
        self.slots.get(seq.slot())?.as_ref().filter(|message| message.seq == seq)
    }

    fn get_mut(&mut self, seq: Seq) -> Option<&mut Message> {
        self.slots.get_mut(seq.slot())?.as_mut().filter(|message| message.seq == seq)
    }

    fn lane_mut(&mut self, lane: u32) -> Option<&mut Lane> {
        self.lanes.get_mut(lane as usize)
    }

    /// The message in flight with the earliest deadline. If all have the configured span, that is the first in
    /// flight.
    fn next_ack(&self, config: &config::Send) -> Option<(Moment, Seq)> {
        let mut first: Option<(Moment, Seq)> = None;
        let mut begun = Moment::default();
        for (_, seq) in self.flight.iter() {
            let message = self.get(seq)?;
            let State::InFlight { since, .. } = message.state else { return None };
            // A deadline that an earlier message passed on counts for this one too.
            begun = begun.max(since);
            let at = begun + message.draft.ack_timeout.unwrap_or(config.ack_timeout);
            if first.is_none_or(|(soonest, _)| at < soonest) {
                first = Some((at, seq));
            }
            if self.own_deadlines == 0 {
                break;
            }
        }
        first
    }

    /// Whether this link has delivered a message.
    pub(super) fn delivers(&self) -> bool {
        self.delivers
    }

    /// Whether a message would leave now if the link accepted one.
    pub(super) fn could_transmit(&self, config: &config::Send) -> bool {
        let window = if self.suspects > 0 { 1 } else { config.window as usize };
        !self.restoring && !self.ready.is_empty() && self.flight.len() < window
    }

    /// The number of transmissions so far, which is also the number of the last one.
    pub(super) fn transmissions(&self) -> u64 {
        self.transmissions
    }

    /// When the first unanswered transmission after number `covered` left.
    pub(super) fn in_flight_since(&self, covered: u64) -> Option<Moment> {
        let index = self.flight.index_of((covered + 1, Seq::from_bits(0)));
        let (_, seq) = self.flight.get(index)?;
        match self.get(seq)?.state {
            State::InFlight { since, .. } => Some(since),
            State::Waiting { .. } => None,
        }
    }

    /// Whether a message that settles by a receipt left since the last call.
    pub(super) fn wants_receipt(&mut self) -> bool {
        core::mem::take(&mut self.wants_receipt)
    }

    pub(super) fn maybe_delivered(&self, seq: Seq) -> bool {
        self.get(seq).is_none_or(Message::maybe_delivered)
    }

    pub(super) fn draft(&self, seq: Seq) -> Option<&Draft> {
        self.get(seq).map(|message| &message.draft)
    }

    pub(super) fn expect_receipts(&mut self, expected: bool) {
        self.expects_receipts = expected;
        self.proves &= expected;
    }
}

// Commands.
impl Outbox {
    pub(super) fn push(
        &mut self,
        now: Moment,
        draft: Draft,
        origin: Origin,
        config: &config::Queue,
        outputs: &mut Outputs,
    ) -> Result<Seq, SendError> {
        let bytes = self.bytes + u64::from(draft.bytes);
        let count = self.count();
        let lane = draft.lane as usize;
        // There are never more lanes with messages than messages, so a number beyond the capacity is not dense.
        let (capacity, max_bytes) = match origin {
            Origin::New => (config.capacity, config.max_bytes),
            // An earlier page load accepted it already.
            Origin::Restored => (Seq::MAX_CAPACITY, u64::MAX),
        };
        // Restored messages may have used more lanes than the capacity, and those lanes are reused.
        let lanes = capacity.max(self.lanes.len());
        if count >= capacity || bytes > max_bytes || lane >= lanes {
            return Err(SendError::QueueFull);
        }
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot >= Seq::MAX_CAPACITY {
            return Err(SendError::QueueFull);
        }
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        let counter = match origin {
            Origin::New => &mut self.sends,
            Origin::Restored => &mut self.restored,
        };
        *counter += 1;
        let number = *counter + if origin == Origin::New { OLDEST_NEW } else { 0 };
        let seq = Seq::new(number, slot);
        let expires_at = now + draft.ttl;
        self.bytes = bytes;
        self.slots[slot] = Some(Message {
            seq,
            draft,
            expires_at,
            attempt: 0,
            failures: 0,
            withheld: draft.durable && origin == Origin::New,
            // Whether it left during the earlier page load is unknown.
            unanswered: origin == Origin::Restored,
            proof: Proof::None,
            taken: false,
            unanswered_links: 0,
            suspected: false,
            lone_losses: 0,
            last_losses: 0,
            state: State::Waiting { not_before: Moment::default() },
        });
        self.expiry.insert((expires_at, seq));
        if lane >= self.lanes.len() {
            self.lanes.resize_with(lane + 1, Lane::default);
        }
        let replaced =
            if draft.way == Way::Latest { self.latest_of(draft.lane) } else { Vec::new() };
        self.lanes[lane].waiting.insert(seq);
        for seq in replaced {
            self.settle(now, seq, Outcome::Superseded, outputs);
        }
        self.relist(draft.lane, now);
        Ok(seq)
    }

    /// The waiting messages of a lane that a newer one replaces.
    pub(super) fn latest_of(&self, lane: u32) -> Vec<Seq> {
        let mut latest = Vec::new();
        if let Some(lane) = self.lanes.get(lane as usize) {
            for seq in lane.waiting.iter() {
                if self.draft(seq).is_some_and(|draft| draft.way == Way::Latest) {
                    latest.push(seq);
                }
            }
        }
        latest
    }

    /// Notes whether the server acknowledges an event. Returns whether that is new.
    pub(super) fn learn(
        &mut self,
        now: Moment,
        event: u32,
        answering: Answering,
        outputs: &mut Outputs,
    ) -> bool {
        let is_news = self.answers.learn(event, answering);
        if is_news {
            for seq in self.all().iter() {
                self.settle_dispatched(now, seq, outputs);
            }
        }
        is_news
    }

    /// Nothing leaves from now on until `restored`. Another client may have taken over the durable messages
    /// meanwhile and sent them.
    pub(super) fn begin_restore(&mut self) {
        self.restoring = true;
        for message in self.slots.iter_mut().flatten() {
            message.unanswered |= message.draft.durable;
        }
    }

    pub(super) fn cancel(&mut self, now: Moment, seq: Seq, outputs: &mut Outputs) {
        self.settle(now, seq, Outcome::Cancelled, outputs);
    }

    /// Settles every unsettled message, in send order.
    pub(super) fn settle_all(&mut self, now: Moment, outcome: Outcome, outputs: &mut Outputs) {
        for seq in self.all().iter() {
            self.settle(now, seq, outcome, outputs);
        }
    }

    /// All unsettled messages, in send order.
    fn all(&self) -> Sorted<Seq> {
        let mut all = Sorted::default();
        for message in self.slots.iter().flatten() {
            all.insert(message.seq);
        }
        all
    }
}

// Orders.
impl Outbox {
    /// The next message that may leave, in send order across lanes, within the window of messages and bytes.
    pub(super) fn poll_transmit(&mut self, now: Moment, config: &Config) -> Option<Output> {
        if self.restoring {
            return None;
        }
        let window = if self.suspects > 0 { 1 } else { config.send.window as usize };
        let window_bytes = config.send.window_bytes;
        let is_crowded = self.flight.len() > window - window / 2
            || self.flight_bytes > window_bytes - window_bytes / 2;
        self.full &= is_crowded;
        if self.full {
            return None;
        }
        while self.flight.len() < window {
            let turn = self.ready.first()?;
            let (_, seq) = turn;
            let Draft { lane, bytes, .. } = *self.draft(seq)?;
            // Other messages of its lane may have changed since it was listed.
            let next = self.lanes.get(lane as usize)?.next(&self.slots, now);
            if matches!(next, Next::Leave(next) if next == turn) {
                if self.flight_bytes > 0 && self.flight_bytes + u64::from(bytes) > window_bytes {
                    self.full = true;
                    return None;
                }
                let attempt = self.launch(now, seq)?;
                self.relist(lane, now);
                return Some(Output::Transmit { seq, attempt });
            }
            self.relist(lane, now);
        }
        self.full = true;
        None
    }
}
