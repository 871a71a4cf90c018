//! Receipts: proof of what the server has taken over a link, and the limit on what may be on its way unproven.
//!
//! A receipt is the server's refusal of a CONNECT for a namespace that does not exist. A server handles the packets
//! of a connection in order, so the refusal proves that it has taken every packet before the CONNECT (I14). The
//! server needs no code for it.
//!
//! On WebSocket nothing is lost while the link lives, so a receipt proves everything that left before it. Over
//! polling a server may drop a whole POST and still answer 200 (python-engineio does so with more than 16 packets).
//! So only one batch is on its way at a time, in a POST that ends with its own receipt. If a later receipt is
//! answered and this one is not, the batch was dropped and leaves again. The size of a batch grows with what is
//! proven and is halved by failures (I13).
//!
//! Receipts use a few fixed names in turn. So an answer shows which receipt it is for, and a server that creates a
//! namespace for every name creates only the first.

use alloc::vec::Vec;

use crate::engine::{Millis, Moment};

/// Whether this server gives receipts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Support {
    /// Not known yet.
    #[default]
    Unknown,
    /// It gives receipts.
    Works,
    /// It accepts any namespace, answers otherwise or not at all, or the app has turned receipts off.
    Off,
}

/// The proof that the answer to a receipt gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The server has taken the transmissions with these numbers (first, last). The range may be empty.
    Received(u64, u64),
    /// The server has not taken the transmissions with these numbers (first, last).
    Dropped(u64, u64),
}

/// The answer to a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The proof about the transmissions before the receipt.
    pub proof: Proof,
    /// All transmissions up to this one are dispatched. A server answers a receipt as soon as it has decoded it,
    /// and may crash before it has dispatched the packets that came with it. But it has dispatched what it had
    /// taken before the receipt left.
    pub dispatched: u64,
    /// When the receipt was sent.
    pub sent_at: Moment,
}

/// A receipt to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The index of the fixed name, from 0.
    pub name: u32,
    /// How often to send it. More than one tests whether the server takes that many packets in one POST.
    pub count: u32,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Receipts {
    support: Support,
    transport: Transport,
    /// Unanswered receipts, in the order in which they left.
    out: Vec<Out>,
    /// The index of the next fixed name.
    next_name: u32,
    /// A receipt of this link was answered, so decisions may depend on receipts.
    proves: bool,
    /// The last transmission of this link that the server is known to have taken.
    taken: u64,
    /// The last transmission before the latest receipt. `packets` and `bytes` count what has left since.
    covered: u64,
    packets: u64,
    bytes: u64,
    /// The smoothed round trip of a receipt.
    rtt: Option<Millis>,
    /// A receipt is wanted without a transmission: for a ping, or for a message whose acknowledgement takes long.
    asked: bool,
    post: Post,
    /// The largest number of messages in flight, after links that died young.
    window: u32,
    /// How much the window grows at the next stable link.
    step: u32,
    /// The shortest time between two transmissions, used if a window of one is still too much.
    gap: Millis,
    /// When the last message left.
    sent_at: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    WebSocket,
    Polling,
}

/// An unanswered receipt.
#[derive(Clone, Copy, Debug)]
struct Out {
    name: u32,
    /// When it was sent.
    at: Moment,
    /// The first transmission that it covers.
    first: u64,
    /// The last transmission that it covers.
    last: u64,
    /// The bytes of these transmissions.
    bytes: u64,
    /// The number of answers still due.
    left: u32,
    /// The transmissions up to this one were known to be taken when the receipt was sent, so its answer proves that
    /// they are dispatched.
    dispatches: u64,
    /// The receipt left over polling, where it may be dropped with its whole POST.
    is_polling: bool,
}

/// How much one POST may carry.
#[derive(Clone, Copy, Debug)]
struct Post {
    /// The largest number of bytes.
    bytes: u64,
    /// The limit for `bytes` until enough batches of this size were proven.
    ceiling: u64,
    /// Batches of about this size that were proven since the limit was set.
    proven_at_ceiling: u32,
    many: Many,
}

/// Whether this server takes more than 16 packets in one POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Many {
    Unknown,
    Takes,
    Drops,
}

impl Default for Receipts {
    fn default() -> Self {
        Self {
            support: Support::Unknown,
            transport: Transport::WebSocket,
            out: Vec::new(),
            next_name: 0,
            proves: false,
            taken: 0,
            covered: 0,
            packets: 0,
            bytes: 0,
            rtt: None,
            asked: false,
            post: Post {
                bytes: FIRST_POST_BYTES,
                ceiling: u64::MAX,
                proven_at_ceiling: 0,
                many: Many::Unknown,
            },
            window: u32::MAX,
            step: 1,
            gap: Millis(0),
            sent_at: Moment(0),
        }
    }
}

// Getters.
impl Receipts {
    /// Whether this server gives receipts.
    #[must_use]
    pub fn support(&self) -> Support {
        self.support
    }

    /// Whether a receipt of this link was answered.
    #[must_use]
    pub fn proves(&self) -> bool {
        self.proves
    }

    /// The number of the last transmission before the latest receipt.
    #[must_use]
    pub fn covered(&self) -> u64 {
        self.covered
    }

    /// Whether one more message may leave while `in_flight` others are in flight (I13).
    #[must_use]
    pub fn may_transmit(&self, now: Moment, in_flight: usize) -> bool {
        if in_flight >= self.window as usize {
            return false;
        }
        // If this link turns out to be dead, few messages should be in doubt.
        if self.proves && self.overdue_at().is_some_and(|at| at <= now) {
            return false;
        }
        match self.transport {
            // A batch over polling may have to leave again before anything newer.
            _ if self.proves && self.is_batch_owed() => false,
            Transport::WebSocket => true,
            // Answers limit the rate.
            Transport::Polling if !self.proves => in_flight < POST_PACKETS as usize,
            Transport::Polling => !self.is_batch_full(),
        }
    }

    /// How many messages may leave before the next look at the transport. Over polling, messages that leave
    /// together share one POST: a batch, or before the first receipt was answered as many as a POST takes, even if
    /// one settles meanwhile.
    #[must_use]
    pub fn at_once(&self) -> u32 {
        match self.transport {
            Transport::Polling if self.proves => u32::MAX,
            Transport::Polling => POST_PACKETS as u32,
            Transport::WebSocket => AT_ONCE,
        }
    }

    /// When the gap between two transmissions ends.
    #[must_use]
    pub fn gap_ends_at(&self) -> Moment {
        self.sent_at + self.gap
    }

    /// When the last message left.
    #[must_use]
    pub fn sent_at(&self) -> Moment {
        self.sent_at
    }

    /// When the oldest unanswered receipt is overdue.
    #[must_use]
    pub fn overdue_at(&self) -> Option<Moment> {
        let first = self.out.first()?;
        let four = self.rtt.map_or(Millis::default(), |rtt| Millis(rtt.0.saturating_mul(4)));
        Some(first.at + four.max(OVERDUE))
    }

    /// When the oldest unanswered receipt was sent.
    #[must_use]
    pub fn owed_since(&self) -> Option<Moment> {
        self.out.first().map(|out| out.at)
    }

    /// Whether a receipt of this link is not answered yet.
    #[must_use]
    pub fn is_owed(&self) -> bool {
        !self.out.is_empty()
    }

    /// Whether so much has left since the latest receipt that the next one need not wait for its answer.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.transport == Transport::WebSocket
            && (self.packets >= BATCH_PACKETS || self.bytes >= BATCH_BYTES)
    }

    /// Whether to test how many packets the server takes in one POST before any of the `queued` messages leaves.
    #[must_use]
    pub fn may_ask_for_many(&self, queued: usize) -> bool {
        let is_unknown = self.transport == Transport::Polling && self.post.many == Many::Unknown;
        let is_idle = self.proves && self.packets == 0 && self.out.is_empty();
        is_unknown && is_idle && queued > POST_PACKETS as usize
    }

    /// When to poll again for an overdue batch.
    #[must_use]
    pub fn deadline(&self) -> Option<Moment> {
        let is_batch = self.proves && self.is_batch_owed() && self.out.len() == 1;
        if is_batch { self.overdue_at() } else { None }
    }

    /// Whether a batch that left over polling is not proven yet.
    fn is_batch_owed(&self) -> bool {
        self.out.first().is_some_and(|out| out.is_polling)
    }

    fn is_batch_full(&self) -> bool {
        let most = if self.post.many == Many::Takes { u64::MAX } else { POST_PACKETS };
        self.packets >= most || (self.packets > 0 && self.bytes >= self.post.bytes)
    }
}

// Facts.
impl Receipts {
    /// Sets what is known from elsewhere about whether this server gives receipts.
    pub fn learn(&mut self, support: Support) {
        self.support = support;
        if support == Support::Off {
            self.out.clear();
            self.proves = false;
        }
    }

    /// A link begins, with nothing on its way.
    pub fn linked(&mut self, transmissions: u64) {
        self.out.clear();
        self.proves = false;
        self.asked = false;
        self.covered = transmissions;
        self.taken = transmissions;
        self.packets = 0;
        self.bytes = 0;
    }

    /// Sets the transport of what leaves from now on.
    pub fn over(&mut self, polling: bool) {
        self.transport = if polling { Transport::Polling } else { Transport::WebSocket };
    }

    /// A link ended with this many messages in flight. `is_their_fault` is true if they may have ended it.
    pub fn link_lost(&mut self, in_flight: u32, is_their_fault: bool) {
        if in_flight == 0 {
            return;
        }
        if is_their_fault {
            self.narrow(in_flight);
        }
        if self.transport == Transport::Polling {
            let carried = self.bytes + self.out.iter().map(|out| out.bytes).sum::<u64>();
            self.post.halve(carried);
        }
    }

    /// Narrows the window because messages in flight may have ended a link. If the link lived with fewer until the
    /// window grew, the next link begins with that many and grows by one. Halving instead would repeat the same
    /// steps with the same messages for ever, and the message that ends links would never leave alone.
    fn narrow(&mut self, in_flight: u32) {
        let lived_with = self.window - self.step / 2;
        if self.window == 1 {
            self.gap = Millis(self.gap.0 * 2).max(LEAST_GAP).min(MOST_GAP);
        } else if in_flight > lived_with {
            self.window = lived_with;
        } else {
            self.window = (self.window.min(in_flight) / 2).max(1);
        }
        self.step = 1;
    }

    /// Whether links that died young limit the messages in flight.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.window < u32::MAX
    }

    /// A link has lived long enough with its messages in flight: its window grows, first by one and then by twice
    /// as much each time. In the end a message that ends links is transmitted alone, after all messages that only wait
    /// for an answer.
    pub fn stable(&mut self) {
        self.window = self.window.saturating_add(self.step);
        self.step = self.step.saturating_mul(2);
        if self.window >= WIDE {
            self.window = u32::MAX;
        }
        self.gap = Millis(self.gap.0 / 2);
        if self.gap < LEAST_GAP {
            self.gap = Millis(0);
        }
    }

    /// A message left.
    pub fn transmitted(&mut self, now: Moment, bytes: u64) {
        self.sent_at = now;
        self.packets += 1;
        self.bytes += bytes;
    }

    /// A receipt is wanted although nothing has left.
    pub fn ask(&mut self) {
        self.asked = true;
    }

    /// The server refused the CONNECT for a name as an unknown namespace. `deadline` is the acknowledgement
    /// timeout. Returns what the answer proves, or `None` if no receipt of this name was waiting or more answers
    /// are due.
    pub fn answered(&mut self, now: Moment, name: u32, deadline: Millis) -> Option<Answer> {
        let at = self.out.iter().position(|out| out.name == name)?;
        let out = self.out.get_mut(at)?;
        out.left -= 1;
        if out.left > 0 {
            return None;
        }
        let Out { at: sent_at, first, last, bytes, dispatches: dispatched, is_polling, .. } = *out;
        let took = (now - sent_at).min(MOST_RTT);
        self.rtt = Some(self.rtt.map_or(took, |rtt| Millis((rtt.0 * 7 + took.0) / 8)));
        self.support = Support::Works;
        self.proves = true;
        if at > 0 && self.is_batch_owed() {
            let dropped = self.out.remove(0);
            self.out.clear();
            if dropped.name == MANY {
                self.post.many = Many::Drops;
                let proof = self.received(first, last);
                return Some(Answer { proof, dispatched, sent_at });
            }
            self.post.halve(dropped.bytes);
            let proof = Proof::Dropped(dropped.first, dropped.last);
            return Some(Answer { proof, dispatched, sent_at });
        }
        let first = self.out.first().map_or(first, |oldest| oldest.first.min(first));
        for _ in 0..=at {
            self.out.remove(0);
        }
        if name == MANY {
            self.post.many = Many::Takes;
        } else if is_polling && last >= first {
            self.post.proven(bytes, took.0.saturating_mul(4) <= deadline.0);
        }
        let proof = self.received(first, last);
        Some(Answer { proof, dispatched, sent_at })
    }

    fn received(&mut self, first: u64, last: u64) -> Proof {
        self.taken = self.taken.max(last);
        Proof::Received(first, last)
    }
}

// Orders.
impl Receipts {
    /// The receipt to send now, if any, after the last of `transmissions`. `is_wanted` is true if a message left
    /// that settles by a receipt. `queued` is the number of messages that could leave next.
    pub fn poll(
        &mut self,
        now: Moment,
        transmissions: u64,
        is_wanted: bool,
        queued: usize,
    ) -> Option<Receipt> {
        self.asked |= is_wanted;
        if self.support == Support::Off {
            return None;
        }
        let is_due = if !self.proves {
            // The first receipt of a link leaves alone.
            self.out.is_empty()
        } else if self.is_batch_owed() {
            // In a POST of its own, if the transport is still polling. Its answer shows whether the one before was
            // dropped.
            self.out.len() == 1 && self.overdue_at().is_some_and(|at| at <= now)
        } else if self.transport == Transport::Polling {
            self.asked || self.packets > 0 || self.may_ask_for_many(queued)
        } else {
            let has_room = self.is_long() && self.out.len() < MOST_OUT;
            self.asked && (self.out.is_empty() || has_room)
        };
        if !is_due {
            return None;
        }
        if self.may_ask_for_many(queued) {
            self.push(now, MANY, transmissions, PACKETS_OF_MANY);
            return Some(Receipt { name: MANY, count: PACKETS_OF_MANY });
        }
        let name = self.next_name;
        self.next_name = (name + 1) % NAMES;
        self.push(now, name, transmissions, 1);
        Some(Receipt { name, count: 1 })
    }

    fn push(&mut self, at: Moment, name: u32, last: u64, left: u32) {
        let Self { covered, bytes, taken: dispatches, .. } = *self;
        let first = covered + 1;
        let is_polling = self.transport == Transport::Polling;
        self.out.push(Out { name, at, first, last, bytes, left, dispatches, is_polling });
        self.covered = last;
        self.packets = 0;
        self.bytes = 0;
        self.asked = false;
    }
}

impl Post {
    /// A POST with this many bytes did not arrive.
    fn halve(&mut self, carried: u64) {
        if carried == 0 {
            return;
        }
        self.bytes = (self.bytes.min(carried.max(LEAST_POST_BYTES)) / 2).max(LEAST_POST_BYTES);
        self.ceiling = self.bytes;
        self.proven_at_ceiling = 0;
    }

    /// A POST with this many bytes arrived. `in_time` is true if twice as much would arrive well within a deadline.
    fn proven(&mut self, carried: u64, in_time: bool) {
        if !in_time || carried * 2 < self.bytes {
            return;
        }
        self.proven_at_ceiling += 1;
        if self.bytes >= self.ceiling && self.proven_at_ceiling >= PROVEN_AT_CEILING {
            self.ceiling = self.ceiling.saturating_mul(2);
            self.proven_at_ceiling = 0;
        }
        self.bytes = self.bytes.saturating_mul(2).min(self.ceiling).min(MOST_POST_BYTES);
    }
}

/// The number of fixed names that are used in turn. Another one is [`MANY`].
pub const NAMES: u32 = 8;
/// The largest number of unanswered receipts, less than `NAMES` so that an answer never meets the next use of its
/// name.
const MOST_OUT: usize = 4;
/// The index of the name under which several receipts leave at once.
pub const MANY: u32 = NAMES;
/// 17 is one more than python-engineio takes in one POST, and the first receipt may leave alone.
const PACKETS_OF_MANY: u32 = 18;
/// python-engineio takes 16 packets in one POST. A receipt and some packets of the app itself share it with the
/// messages.
const POST_PACKETS: u64 = 12;
/// The size of a batch on a new client.
const FIRST_POST_BYTES: u64 = 16_384;
/// Failures do not halve a batch below this.
const LEAST_POST_BYTES: u64 = 2_048;
/// More would keep the page from painting and the network from starting.
const AT_ONCE: u32 = 16;
/// Below what a server takes by default: Socket.IO's `maxHttpBufferSize` is 1 MB.
const MOST_POST_BYTES: u64 = 524_288;
/// The number of proven batches after which the limit doubles.
const PROVEN_AT_CEILING: u32 = 32;
/// A server that ends the links of fast senders allows some messages a second, or one in two seconds.
const LEAST_GAP: Millis = Millis(50);
const MOST_GAP: Millis = Millis(2_000);
/// A window that has grown this wide is no longer limited.
const WIDE: u32 = 1_024;
/// On WebSocket, after this much another receipt leaves although the one before is not answered. So even a thin
/// link can show that it delivers.
const BATCH_PACKETS: u64 = 128;
const BATCH_BYTES: u64 = 16_384;
/// A receipt that took longer waited for a sleeping machine or a blocked server.
const MOST_RTT: Millis = Millis(2_500);
/// A receipt is overdue after this, or after four round trips if that is longer.
const OVERDUE: Millis = Millis(1_000);

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Millis = Millis(10_000);

    /// A link whose first receipt was answered after 10 ms.
    fn linked(polling: bool) -> Receipts {
        let mut receipts = Receipts::default();
        receipts.linked(0);
        receipts.over(polling);
        let first = receipts.poll(Moment(0), 0, false, 0).expect("the first of the link");
        assert_eq!(receipts.poll(Moment(0), 0, true, 0), None, "the first receipt leaves alone");
        let proof = receipts.answered(Moment(10), first.name, DEADLINE);
        assert_eq!(proof.map(|answer| answer.proof), Some(Proof::Received(1, 0)));
        receipts
    }

    fn transmit(receipts: &mut Receipts, count: u64, bytes: u64) {
        for _ in 0..count {
            receipts.transmitted(Moment(10), bytes);
        }
    }

    #[test]
    fn answer_proves_all_that_left_before_it_on_a_websocket() {
        let mut receipts = linked(false);
        transmit(&mut receipts, 3, 100);
        let one = receipts.poll(Moment(20), 3, true, 0).expect("wanted");
        transmit(&mut receipts, 200, 100);
        let two = receipts.poll(Moment(20), 203, true, 0).expect("far behind the first");
        assert_ne!(one.name, two.name);
        let proof = receipts.answered(Moment(30), two.name, DEADLINE);
        assert_eq!(proof.map(|answer| answer.proof), Some(Proof::Received(1, 203)));
        assert_eq!(receipts.answered(Moment(30), one.name, DEADLINE), None, "it is proven already");
    }

    #[test]
    fn one_batch_at_a_time_leaves_over_polling() {
        let mut receipts = linked(true);
        transmit(&mut receipts, 12, 100);
        assert!(!receipts.may_transmit(Moment(20), 12), "a POST carries 12 packets");
        let one = receipts.poll(Moment(20), 12, true, 100).expect("behind the batch");
        assert!(!receipts.may_transmit(Moment(20), 0), "it is not proven yet");
        receipts.answered(Moment(30), one.name, DEADLINE);
        assert!(receipts.may_transmit(Moment(30), 0));
    }

    #[test]
    fn batch_was_dropped_if_a_later_receipt_is_answered_alone() {
        let mut receipts = linked(true);
        transmit(&mut receipts, 12, 100);
        receipts.poll(Moment(20), 12, true, 100).expect("behind the batch");
        assert_eq!(receipts.poll(Moment(1_019), 12, false, 100), None);
        let probe = receipts.poll(Moment(1_020), 12, false, 100).expect("overdue");
        let proof = receipts.answered(Moment(1_030), probe.name, DEADLINE);
        assert_eq!(proof.map(|answer| answer.proof), Some(Proof::Dropped(1, 12)));
    }

    #[test]
    fn more_than_12_packets_leave_in_a_post_once_17_receipts_were_answered() {
        let mut receipts = linked(true);
        receipts.ask();
        let many = receipts.poll(Moment(20), 0, false, 100).expect("more could leave");
        assert_eq!(many, Receipt { name: MANY, count: 18 });
        for _ in 0..17 {
            assert_eq!(receipts.answered(Moment(30), MANY, DEADLINE), None);
        }
        receipts.answered(Moment(30), MANY, DEADLINE).expect("the last");
        transmit(&mut receipts, 100, 100);
        assert!(receipts.may_transmit(Moment(30), 100));
        transmit(&mut receipts, 64, 100);
        assert!(!receipts.may_transmit(Moment(30), 164), "16 KB at first");
    }

    #[test]
    fn bytes_of_a_post_double_while_they_arrive_in_time_and_are_halved_by_trouble() {
        let mut post = linked(true).post;
        post.proven(16_000, true);
        assert_eq!(post.bytes, 32_768);
        post.proven(32_000, false);
        post.proven(100, true);
        assert_eq!(post.bytes, 32_768, "slow and small POSTs prove nothing");
        post.halve(32_000);
        assert_eq!(post.bytes, 16_000);
        for _ in 0..PROVEN_AT_CEILING {
            assert_eq!(post.bytes, 16_000);
            post.proven(16_000, true);
        }
        assert_eq!(post.bytes, 32_000, "a size that failed once is retried late");
    }

    #[test]
    fn nothing_leaves_while_a_receipt_is_overdue() {
        let mut receipts = linked(false);
        receipts.transmitted(Moment(20), 100);
        let one = receipts.poll(Moment(20), 1, true, 0).expect("wanted");
        assert!(receipts.may_transmit(Moment(1_019), 1));
        assert!(!receipts.may_transmit(Moment(1_020), 1));
        receipts.answered(Moment(1_100), one.name, DEADLINE);
        assert!(receipts.may_transmit(Moment(1_100), 0));
    }

    #[test]
    fn window_is_halved_by_links_that_die_young_and_grows_faster_and_faster_while_they_live() {
        let mut receipts = linked(false);
        receipts.link_lost(60, true);
        assert!(receipts.may_transmit(Moment(20), 29) && !receipts.may_transmit(Moment(20), 30));
        receipts.link_lost(30, true);
        assert!(!receipts.may_transmit(Moment(20), 15));
        receipts.link_lost(0, true);
        assert!(receipts.may_transmit(Moment(20), 14), "a link that dies idle shows nothing");
        for most in [16, 18, 22, 30] {
            receipts.stable();
            assert!(receipts.may_transmit(Moment(20), most - 1));
            assert!(!receipts.may_transmit(Moment(20), most), "grows by one first");
        }
        receipts.link_lost(30, true);
        assert!(receipts.may_transmit(Moment(20), 21), "the link lived with this many");
        assert!(!receipts.may_transmit(Moment(20), 22));
        receipts.stable();
        assert!(!receipts.may_transmit(Moment(20), 23), "grows by one again");
        receipts.link_lost(22, true);
        assert!(!receipts.may_transmit(Moment(20), 11), "the last step was not used");
        for _ in 0..10 {
            receipts.stable();
        }
        assert!(receipts.may_transmit(Moment(20), 10_000));
    }

    #[test]
    fn gap_grows_while_one_message_at_a_time_is_too_much_and_goes_while_links_live() {
        let mut receipts = linked(false);
        let gap = |receipts: &mut Receipts| {
            receipts.transmitted(Moment(100), 10);
            receipts.gap_ends_at().0 - 100
        };
        receipts.link_lost(3, true);
        assert_eq!(gap(&mut receipts), 0);
        for wait in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000] {
            receipts.link_lost(1, true);
            assert_eq!(gap(&mut receipts), wait);
        }
        for wait in [1_000, 500, 250, 125, 62, 0] {
            receipts.stable();
            assert_eq!(gap(&mut receipts), wait);
        }
    }

    #[test]
    fn answers_that_nobody_asked_for_prove_nothing() {
        let mut receipts = linked(false);
        for name in [0, 1, MANY, 99] {
            assert_eq!(receipts.answered(Moment(20), name, DEADLINE), None);
        }
        receipts.learn(Support::Off);
        assert_eq!(receipts.poll(Moment(20), 5, true, 100), None);
    }
}
