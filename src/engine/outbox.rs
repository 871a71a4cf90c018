//! What was sent and is not settled: lanes, the window in flight, retries and deadlines.
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
//! The waiting messages of a lane are sorted by send order and only the first may leave (I3). So a
//! message that has to be sent again, being older than all that never left, holds the rest of its lane.

mod facts;
mod lane;
mod message;
mod moves;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lane::{Lane, Next};
use message::{Message, State};

use super::config::{self, Config};
use super::error::SendError;
use super::sorted::Sorted;
use super::types::{Draft, Millis, Outcome, Output, Seq, Standing};

type Outputs = VecDeque<Output>;

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    New,
    /// It was kept by an earlier life of this client, or by another that is gone.
    Restored,
}

/// New messages are numbered from here, restored ones from below: they were sent earlier.
const OLDEST_NEW: u64 = 1 << 32;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    slots: Vec<Option<Message>>,
    free: Vec<usize>,
    /// By number. One that has no message is as good as new.
    lanes: Vec<Lane>,
    /// Lanes whose next message may leave now, served in turn.
    ring: VecDeque<u32>,
    /// Lanes whose next message has to wait for its time.
    blocked: Sorted<(Millis, u32)>,
    /// Messages in flight in the order of transmission.
    flight: Sorted<(u64, Seq)>,
    flight_bytes: u64,
    expiry: Sorted<(Millis, Seq)>,
    /// Messages that may be what kills the link: while there are any, one leaves at a time.
    suspects: usize,
    /// The window was full, and has too little room yet: a message for each answer would cost a browser
    /// more than some hundreds at a time.
    full: bool,
    bytes: u64,
    sends: u64,
    /// Restored messages, which were sent before all others.
    restored: u64,
    /// Older messages are still to be restored: nothing leaves meanwhile.
    restoring: bool,
    transmissions: u64,
}

// Getters.
impl Outbox {
    pub(super) fn in_flight(&self) -> usize {
        self.flight.len()
    }

    pub(super) fn queued(&self) -> usize {
        self.slots.len() - self.free.len() - self.flight.len()
    }

    /// What an unsettled message waits for, while the link is ready.
    pub(super) fn standing(&self, now: Millis, seq: Seq) -> Option<Standing> {
        let message = self.get(seq)?;
        let State::Waiting { not_before } = message.state else { return Some(Standing::Answer) };
        if message.storing || self.restoring {
            return Some(Standing::Turn);
        }
        let held_until = self.lanes.get(message.draft.lane as usize)?.held_until;
        Some(if not_before.max(held_until) > now { Standing::Delay } else { Standing::Turn })
    }

    /// When something is due, transmissions apart.
    pub(super) fn deadline(&self, config: &config::Send) -> Option<Millis> {
        let ack = self.flight.first().and_then(|(_, seq)| self.ack_deadline(seq, config));
        let lane = self.blocked.first().map(|(at, _)| at);
        let expiry = self.expiry.first().map(|(at, _)| at);
        [ack, lane, expiry].into_iter().flatten().min()
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

    fn ack_deadline(&self, seq: Seq, config: &config::Send) -> Option<Millis> {
        match self.get(seq)?.state {
            State::InFlight { since, .. } => Some(since + config.ack_timeout),
            State::Waiting { .. } => None,
        }
    }
}

// Commands.
impl Outbox {
    pub(super) fn push(
        &mut self,
        now: Millis,
        draft: Draft,
        origin: Origin,
        config: &config::Queue,
    ) -> Result<Seq, SendError> {
        let bytes = self.bytes + u64::from(draft.bytes);
        let count = self.slots.len() - self.free.len();
        let lane = draft.lane as usize;
        // There are never more lanes with messages than messages, so a number from beyond is not dense.
        let (capacity, max_bytes) = match origin {
            Origin::New => (config.capacity, config.max_bytes),
            // It was taken in its earlier life.
            Origin::Restored => (Seq::MAX_CAPACITY, u64::MAX),
        };
        // Restored ones may have filled more, and a lane that was there is used again.
        let lanes = capacity.max(self.lanes.len());
        if count >= capacity || bytes > max_bytes || lane >= lanes {
            return Err(SendError::QueueFull);
        }
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        let order = match origin {
            Origin::New => &mut self.sends,
            Origin::Restored => &mut self.restored,
        };
        *order += 1;
        let place = *order + if origin == Origin::New { OLDEST_NEW } else { 0 };
        let seq = Seq::new(place, slot);
        let expires_at = now + draft.ttl;
        self.bytes = bytes;
        self.slots[slot] = Some(Message {
            seq,
            draft,
            expires_at,
            attempt: 0,
            failures: 0,
            storing: draft.durable && origin == Origin::New,
            // Nobody knows whether it left in its earlier life.
            unanswered: origin == Origin::Restored,
            suspected: false,
            lone_losses: 0,
            state: State::Waiting { not_before: Millis::default() },
        });
        self.expiry.insert((expires_at, seq));
        if lane >= self.lanes.len() {
            self.lanes.resize_with(lane + 1, Lane::default);
        }
        self.lanes[lane].waiting.insert(seq);
        self.place(draft.lane, now);
        Ok(seq)
    }

    /// From now on nothing leaves until `restored`. What is kept, or about to be, may be another
    /// client's by now, which may have sent it.
    pub(super) fn restore(&mut self) {
        self.restoring = true;
        for message in self.slots.iter_mut().flatten() {
            message.unanswered |= message.draft.durable;
        }
    }

    pub(super) fn cancel(&mut self, now: Millis, seq: Seq, outputs: &mut Outputs) {
        self.settle(now, seq, Outcome::Cancelled, outputs);
    }

    /// Settles all that there is, in send order.
    pub(super) fn settle_all(&mut self, now: Millis, outcome: Outcome, outputs: &mut Outputs) {
        let mut all = Sorted::default();
        for message in self.slots.iter().flatten() {
            all.insert(message.seq);
        }
        for seq in all.iter() {
            self.settle(now, seq, outcome, outputs);
        }
    }
}

// Orders.
impl Outbox {
    /// The next message that may leave: lanes take turns, and messages and bytes in flight are bounded.
    pub(super) fn poll_transmit(&mut self, now: Millis, config: &Config) -> Option<Output> {
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
            let id = *self.ring.front()?;
            let lane = self.lanes.get(id as usize)?;
            let next = lane.next(&self.slots, now);
            if let Next::Leave(seq) = next {
                let bytes = u64::from(self.get(seq)?.draft.bytes);
                if self.flight_bytes > 0 && self.flight_bytes + bytes > window_bytes {
                    self.full = true;
                    return None;
                }
                self.unring(id);
                let attempt = self.launch(now, seq)?;
                self.place(id, now);
                return Some(Output::Transmit { seq, attempt });
            }
            self.unring(id);
            self.place(id, now);
        }
        self.full = true;
        None
    }
}
