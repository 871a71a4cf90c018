//! Checks the client's orders against the model.

use holdfast::engine::Seq;

use super::{Flight, Lane, Message, Messages, Settled};
use crate::violation::violated;

struct Next {
    seq: Seq,
    bytes: u32,
    /// Certainly due. Only the client knows the end of a backoff.
    is_due: bool,
}

impl Messages {
    pub(crate) fn transmitted(&mut self, now: u64, seq: Seq, attempt: u32) {
        let Some(message) = self.unsettled.get(&seq) else {
            violated!("I5", "{seq:?} left after it had settled");
        };
        if message.flight.is_some() && self.proves {
            violated!("I14", "{seq:?} left again, and received is {}", message.received);
        }
        if message.flight.is_some() {
            violated!("I3", "{seq:?} left while it was in flight");
        }
        if attempt != message.attempt + 1 {
            violated!("I7", "{seq:?} left for the {attempt}th time after {}", message.attempt);
        }
        if self.is_restoring {
            violated!("I3", "{seq:?} left before older messages were restored");
        }
        if message.withheld {
            violated!("I4", "{seq:?} left before it was saved");
        }
        if message.draft.once && attempt > 1 {
            violated!("once", "{seq:?} left again");
        }
        if message.expires_at <= now {
            violated!("ttl", "{seq:?} left at {now}, expired at {}", message.expires_at);
        }
        if message.failures > self.config.send.retries {
            violated!("I8", "{seq:?} left after its last retry");
        }
        if now < self.pace.until() {
            violated!("I13", "{seq:?} left at {now}, and not at {}", self.pace.until());
        }
        self.check_window(seq, message);
        self.check_lane(now, seq, message);
        self.check_order(seq);

        self.transmissions += 1;
        let transmission = self.transmissions;
        self.flight.insert(transmission, seq);
        let message = self.message(seq);
        message.attempt = attempt;
        message.backs_off = false;
        message.received = false;
        message.dispatched = false;
        message.flight = Some(Flight { transmission, since: now, excused: false });
        let bytes = u64::from(message.draft.bytes);
        self.flight_bytes += bytes;
        self.pace.sent(now);
        let lane = self.lane_of(seq);
        lane.waiting.remove(&seq);
        lane.in_flight.insert(seq);
    }

    fn check_window(&self, seq: Seq, message: &Message) {
        let config = &self.config.send;
        let window = if self.suspects > 0 { 1 } else { config.window as usize };
        if !self.pace.has_room(self.flight.len()) {
            violated!("I13", "{seq:?} left beside {} after young links", self.flight.len());
        }
        if self.flight.len() >= window {
            violated!("I8", "{seq:?} left beside {} others", self.flight.len());
        }
        let bytes = self.flight_bytes + u64::from(message.draft.bytes);
        if self.flight_bytes > 0 && bytes > config.window_bytes {
            violated!("I8", "{bytes} bytes in flight with {seq:?}");
        }
    }

    fn check_lane(&self, now: u64, seq: Seq, message: &Message) {
        let lane = &self.lanes[&message.draft.lane];
        let first = lane.waiting.first();
        if first != Some(&seq) {
            violated!("I3", "{seq:?} left before {first:?} of its lane");
        }
        if lane.throttled_until > now {
            violated!(
                "try after",
                "{seq:?} left at {now}, throttled until {}",
                lane.throttled_until
            );
        }
        let beside = lane.in_flight.len();
        if lane.window.is_some_and(|window| beside >= window as usize) {
            violated!("lane window", "{seq:?} left beside {beside} after trouble");
        }
        let is_strict = |seq: &Seq| self.unsettled[seq].draft.strict;
        if beside > 0 && (message.draft.strict || lane.in_flight.iter().any(is_strict)) {
            violated!("strict", "{seq:?} left beside {beside} others");
        }
    }

    /// Checks the order across lanes: messages that the server is not known to have go first, each part in send
    /// order.
    fn check_order(&self, seq: Seq) {
        let turn = |seq: Seq| (self.unsettled[&seq].received, seq);
        let next = self.lanes.values().filter_map(|lane| self.next_of(lane));
        if let Some(earlier) =
            next.filter(|next| next.is_due).map(|next| next.seq).min_by_key(|&seq| turn(seq))
            && turn(earlier) < turn(seq)
        {
            violated!("order", "{seq:?} left before {earlier:?}");
        }
    }

    pub(crate) fn settled(&mut self, now: u64, settled: Settled) {
        if self.due.is_empty() {
            // Before anything leaves, the client expires messages, whoever called it.
            self.expire(now);
        }
        let due = self.due.pop_front();
        if due != Some(settled) {
            violated!("I1", "{settled:?} was ordered, {due:?} was due");
        }
    }

    /// All orders were carried out. `may_leave` is true if the link is ready, `link_is_free` if it takes more.
    pub(crate) fn check_at_rest(&self, now: u64, may_leave: bool, link_is_free: bool) {
        if let Some(due) = self.due.front() {
            violated!("I1", "{due:?} was not ordered");
        }
        if let Some(lesson) = self.lessons.front() {
            violated!("learned", "{lesson:?} was not reported");
        }
        if !may_leave || self.is_restoring {
            return;
        }
        if let Some((at, seq)) = self.expiry.first()
            && *at <= now
        {
            violated!("ttl", "{seq:?} is unsettled at {now}, expired at {at}");
        }
        if self.suspects > 0 || !link_is_free || !self.pace.has_room(self.flight.len()) {
            return;
        }
        if now < self.pace.until() {
            return;
        }
        let config = &self.config.send;
        // A window that was full is filled again once it is half empty.
        let (count, window) = (self.flight.len(), config.window as usize);
        let is_crowded = count >= window || count > window - window / 2;
        if is_crowded || self.flight_bytes > config.window_bytes - config.window_bytes / 2 {
            return;
        }
        let next: Vec<_> = self.lanes.values().filter_map(|lane| self.next_of(lane)).collect();
        // A message that does not fit blocks the others.
        let fits = |next: &Next| {
            let bytes = self.flight_bytes + u64::from(next.bytes);
            self.flight_bytes == 0 || bytes <= config.window_bytes
        };
        if let Some(ready) = next.iter().find(|next| next.is_due)
            && next.iter().all(fits)
        {
            violated!("progress", "{:?} could leave and did not", ready.seq);
        }
    }

    /// The next message of a lane, unless others of its lane in flight block it.
    fn next_of(&self, lane: &Lane) -> Option<Next> {
        let &seq = lane.waiting.first()?;
        let Message { draft, backs_off, withheld, .. } = self.unsettled[&seq];
        let beside = lane.in_flight.len();
        let is_strict =
            draft.strict || lane.in_flight.iter().any(|seq| self.unsettled[seq].draft.strict);
        let has_room =
            !(is_strict && beside > 0) && lane.window.is_none_or(|window| beside < window as usize);
        let is_due = lane.throttled_until <= self.examined_at && !backs_off && !withheld;
        has_room.then_some(Next { seq, bytes: draft.bytes, is_due })
    }
}
