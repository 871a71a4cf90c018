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

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::backoff::{self, Rng};
use super::config::{self, Config};
use super::error::SendError;
use super::sorted::Sorted;
use super::types::{Cause, Draft, Millis, Outcome, Output, Seq, Verdict};

type Outputs = VecDeque<Output>;

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
    bytes: u64,
    sends: u64,
    transmissions: u64,
}

#[derive(Debug)]
struct Message {
    seq: Seq,
    draft: Draft,
    expires_at: Millis,
    /// Transmissions so far; names the one in flight.
    attempt: u32,
    /// Attempts that the server failed or left unanswered. A link loss is not one (I10).
    failures: u32,
    /// Left at least once without an answer.
    unanswered: bool,
    /// It was in flight when links kept dying, and nothing has cleared it since (I10).
    suspected: bool,
    /// Links that died while it alone was in flight.
    lone_losses: u32,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Waiting {
        not_before: Millis,
    },
    InFlight {
        transmission: u64,
        /// When the ack deadline began: at the transmission, or at the last acknowledgement of
        /// anything transmitted before it, whichever is later. So a slow link that still delivers
        /// runs no deadline out.
        since: Millis,
    },
}

#[derive(Debug, Default)]
struct Lane {
    waiting: Sorted<Seq>,
    in_flight: u32,
    /// What is in flight is strict: nothing beside it.
    strict: bool,
    /// How many of this lane may be in flight: one after trouble, then doubled by every delivery. None
    /// is no limit but the common one.
    window: Option<u32>,
    /// The server said: not before.
    held_until: Millis,
    place: Place,
}

/// Where a lane is noted down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Nowhere,
    Ring,
    Blocked(Millis),
}

/// What a lane can do next.
enum Next {
    Leave(Seq),
    NotBefore(Millis),
    Nothing,
}

impl Lane {
    fn next(&self, slots: &[Option<Message>], now: Millis) -> Next {
        let Some(Some(message)) = self.waiting.first().and_then(|seq| slots.get(seq.slot())) else {
            return Next::Nothing;
        };
        let not_before = match message.state {
            State::Waiting { not_before } => not_before.max(self.held_until),
            State::InFlight { .. } => return Next::Nothing,
        };
        if not_before > now {
            return Next::NotBefore(not_before);
        }
        let is_alone = self.strict || message.draft.strict;
        let window = if is_alone { Some(1) } else { self.window };
        if window.is_some_and(|window| self.in_flight >= window) {
            return Next::Nothing;
        }
        Next::Leave(message.seq)
    }
}

// Getters.
impl Outbox {
    pub(super) fn in_flight(&self) -> usize {
        self.flight.len()
    }

    pub(super) fn queued(&self) -> usize {
        self.slots.len() - self.free.len() - self.flight.len()
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
        config: &config::Queue,
    ) -> Result<Seq, SendError> {
        let bytes = self.bytes + u64::from(draft.bytes);
        let count = self.slots.len() - self.free.len();
        let lane = draft.lane as usize;
        // There are never more lanes with messages than messages, so a number from beyond is not dense.
        if count >= config.capacity || bytes > config.max_bytes || lane >= config.capacity {
            return Err(SendError::QueueFull);
        }
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        self.sends += 1;
        let seq = Seq::new(self.sends, slot);
        let expires_at = now + draft.ttl;
        self.bytes = bytes;
        self.slots[slot] = Some(Message {
            seq,
            draft,
            expires_at,
            attempt: 0,
            failures: 0,
            unanswered: false,
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

// Facts.
impl Outbox {
    pub(super) fn acked(
        &mut self,
        now: Millis,
        (seq, attempt): (Seq, u32),
        verdict: Verdict,
        config: &config::Send,
        rng: &mut Rng,
        outputs: &mut Outputs,
    ) {
        // Not found: the answer came after the message had settled.
        let Some(message) = self.get(seq) else { return };
        let in_flight = matches!(message.state, State::InFlight { .. });
        let is_current = in_flight && message.attempt == attempt;
        let lane = message.draft.lane;
        match verdict {
            Verdict::Accepted => {
                self.land(seq, now);
                if let Some(lane) = self.lane_mut(lane) {
                    lane.window = lane.window.and_then(|window| window.checked_mul(2));
                }
                self.settle(now, seq, Outcome::Delivered, outputs);
            }
            Verdict::Refused => {
                self.land(seq, now);
                self.settle(now, seq, Outcome::Refused, outputs);
            }
            Verdict::TryAgain if is_current => {
                self.land(seq, now);
                self.clear(seq);
                self.fail(now, seq, Cause::TryAgain, config, rng, outputs);
            }
            Verdict::TryAfter(_) if is_current && message.draft.once => {
                self.land(seq, now);
                self.settle(now, seq, Outcome::Exhausted(Cause::TryAgain), outputs);
            }
            Verdict::TryAfter(span) if is_current => {
                self.land(seq, now);
                self.clear(seq);
                if let Some(lane) = self.lane_mut(lane) {
                    lane.held_until = lane.held_until.max(now + span);
                    lane.window = Some(1);
                }
                self.wait(now, seq, Millis::default());
            }
            // An older attempt failed, but a newer one is out.
            Verdict::TryAgain | Verdict::TryAfter(_) => {}
        }
    }

    /// The link is gone, and with it every answer that was still due: what was in flight waits again,
    /// in send order and ahead of all that never left (I3). Where losses are usual, one of these may be
    /// why: then they leave one at a time, until one is found out or all are cleared (I10).
    pub(super) fn link_lost(&mut self, now: Millis, is_usual: bool, outputs: &mut Outputs) {
        let flight: Vec<Seq> = self.flight.iter().map(|(_, seq)| seq).collect();
        let is_alone = self.suspects > 0 && flight.len() == 1;
        let mut over = Vec::new();
        for &seq in &flight {
            self.land(seq, now);
            let Some(message) = self.get_mut(seq) else { continue };
            message.unanswered = true;
            message.lone_losses += u32::from(is_alone);
            let is_new = is_usual && !message.suspected;
            message.suspected |= is_usual;
            let is_over = message.draft.once || message.lone_losses >= LONE_LOSSES;
            self.suspects += usize::from(is_new);
            if is_over {
                over.push(seq);
            }
        }
        for &seq in flight.iter().rev() {
            self.wait(now, seq, Millis::default());
        }
        // Only now: a lane that looks empty would forget what the server said.
        for seq in over {
            self.settle(now, seq, Outcome::Exhausted(Cause::LinkLost), outputs);
        }
        // A new link is a new chance: what waits out a backoff need not. What was sent before is at the
        // front of its lane.
        for lane in &self.lanes {
            for seq in lane.waiting.iter() {
                match self.slots.get_mut(seq.slot()) {
                    Some(Some(message)) if message.attempt > 0 => {
                        message.state = State::Waiting { not_before: Millis::default() };
                    }
                    Some(_) | None => break,
                }
            }
        }
        let lanes: Vec<u32> = self.blocked.iter().map(|(_, lane)| lane).collect();
        for lane in lanes {
            self.place(lane, now);
        }
    }

    /// Settles what has outlived its ttl.
    pub(super) fn expire(&mut self, now: Millis, outputs: &mut Outputs) {
        while let Some((at, seq)) = self.expiry.first()
            && at <= now
        {
            self.settle(now, seq, Outcome::Expired, outputs);
        }
    }

    /// Answers whether an ack deadline ran out.
    pub(super) fn handle_timeout(
        &mut self,
        now: Millis,
        config: &config::Send,
        rng: &mut Rng,
        outputs: &mut Outputs,
    ) -> bool {
        self.expire(now, outputs);
        let mut timed_out = false;
        while let Some((_, seq)) = self.flight.first()
            && self.ack_deadline(seq, config).is_some_and(|at| at <= now)
        {
            timed_out = true;
            self.land(seq, Millis::default());
            if let Some(message) = self.get_mut(seq) {
                message.unanswered = true;
            }
            self.fail(now, seq, Cause::AckTimeout, config, rng, outputs);
        }
        while let Some((at, lane)) = self.blocked.first()
            && at <= now
        {
            self.place(lane, now);
        }
        timed_out
    }
}

// Orders.
impl Outbox {
    /// The next message that may leave: lanes take turns, and messages and bytes in flight are bounded.
    pub(super) fn poll_transmit(&mut self, now: Millis, config: &Config) -> Option<Output> {
        let window = if self.suspects > 0 { 1 } else { config.send.window as usize };
        while self.flight.len() < window {
            let id = *self.ring.front()?;
            let lane = self.lanes.get(id as usize)?;
            let next = lane.next(&self.slots, now);
            if let Next::Leave(seq) = next {
                let bytes = u64::from(self.get(seq)?.draft.bytes);
                if self.flight_bytes > 0 && self.flight_bytes + bytes > config.send.window_bytes {
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
        None
    }
}

// What the above need.
impl Outbox {
    fn unring(&mut self, id: u32) {
        self.ring.pop_front();
        if let Some(lane) = self.lane_mut(id) {
            lane.place = Place::Nowhere;
        }
    }

    /// Notes a lane where its next message is found in time, and makes an empty one as good as new.
    fn place(&mut self, id: u32, now: Millis) {
        let Some(lane) = self.lanes.get_mut(id as usize) else {
            return;
        };
        match lane.place {
            // Looked at again when its turn comes.
            Place::Ring if !lane.waiting.is_empty() => return,
            Place::Ring => self.ring.retain(|&other| other != id),
            Place::Blocked(at) => {
                self.blocked.remove((at, id));
            }
            Place::Nowhere => {}
        }
        lane.place = match lane.next(&self.slots, now) {
            Next::Leave(_) => {
                self.ring.push_back(id);
                Place::Ring
            }
            Next::NotBefore(at) => {
                self.blocked.insert((at, id));
                Place::Blocked(at)
            }
            Next::Nothing => Place::Nowhere,
        };
        if lane.waiting.is_empty() && lane.in_flight == 0 {
            *lane = Lane::default();
        }
    }

    /// Waiting -> in flight.
    fn launch(&mut self, now: Millis, seq: Seq) -> Option<u32> {
        self.transmissions += 1;
        let transmission = self.transmissions;
        let message = self.get_mut(seq)?;
        message.state = State::InFlight { transmission, since: now };
        message.attempt += 1;
        let (attempt, draft) = (message.attempt, message.draft);
        let lane = self.lane_mut(draft.lane)?;
        lane.waiting.remove(seq);
        lane.in_flight += 1;
        lane.strict = draft.strict;
        self.flight.insert((transmission, seq));
        self.flight_bytes += u64::from(draft.bytes);
        Some(attempt)
    }

    /// In flight -> neither; the caller puts it where it belongs. `heard_at` is when its answer came:
    /// the deadlines of all that was transmitted after it begin no earlier. They never decrease along
    /// the flight, so handing it to the next one is enough.
    fn land(&mut self, seq: Seq, heard_at: Millis) {
        let Some(message) = self.get_mut(seq) else {
            return;
        };
        let State::InFlight { transmission, since } = message.state else {
            return;
        };
        message.state = State::Waiting { not_before: Millis::default() };
        let draft = message.draft;
        let handed_on = since.max(heard_at);
        if let Some((_, next)) = self.flight.remove((transmission, seq))
            && let Some(message) = self.get_mut(next)
            && let State::InFlight { since, .. } = &mut message.state
        {
            *since = (*since).max(handed_on);
        }
        self.flight_bytes -= u64::from(draft.bytes);
        if let Some(lane) = self.lane_mut(draft.lane) {
            lane.in_flight -= 1;
            lane.strict &= lane.in_flight > 0;
        }
    }

    /// The server answered it, so it is not what kills the link.
    fn clear(&mut self, seq: Seq) {
        let Some(message) = self.get_mut(seq) else { return };
        let was_suspected = core::mem::take(&mut message.suspected);
        message.lone_losses = 0;
        self.suspects -= usize::from(was_suspected);
    }

    /// Puts a landed message back into its lane, if it is not settled.
    fn wait(&mut self, now: Millis, seq: Seq, not_before: Millis) {
        let Some(message) = self.get_mut(seq) else {
            return;
        };
        message.state = State::Waiting { not_before };
        let id = message.draft.lane;
        if let Some(lane) = self.lane_mut(id) {
            lane.waiting.insert(seq);
        }
        self.place(id, now);
    }

    /// A landed attempt failed: again after a while, unless that was the last.
    fn fail(
        &mut self,
        now: Millis,
        seq: Seq,
        cause: Cause,
        config: &config::Send,
        rng: &mut Rng,
        outputs: &mut Outputs,
    ) {
        let Some(message) = self.get_mut(seq) else {
            return;
        };
        message.failures += 1;
        let failures = message.failures;
        let lane = message.draft.lane;
        if failures > config.retries || message.draft.once {
            self.settle(now, seq, Outcome::Exhausted(cause), outputs);
            return;
        }
        if let Some(lane) = self.lane_mut(lane) {
            lane.window = Some(1);
        }
        self.wait(now, seq, now + backoff::before_retry(config, failures, rng));
    }

    /// Either -> settled (I1). What is settled already is left alone.
    fn settle(&mut self, now: Millis, seq: Seq, outcome: Outcome, outputs: &mut Outputs) {
        let Some(message) = self.get(seq) else { return };
        let in_flight = matches!(message.state, State::InFlight { .. });
        let maybe_delivered = message.unanswered || in_flight;
        self.land(seq, Millis::default());
        let Some(message) = self.slots.get_mut(seq.slot()).and_then(Option::take) else {
            return;
        };
        self.free.push(seq.slot());
        self.suspects -= usize::from(message.suspected);
        self.bytes -= u64::from(message.draft.bytes);
        self.expiry.remove((message.expires_at, seq));
        if let Some(lane) = self.lane_mut(message.draft.lane) {
            lane.waiting.remove(seq);
        }
        self.place(message.draft.lane, now);
        outputs.push_back(Output::Settle { seq, outcome, maybe_delivered });
    }
}

/// A message that has killed this many links all alone is the one.
const LONE_LOSSES: u32 = 3;
