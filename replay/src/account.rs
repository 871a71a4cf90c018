//! The history of each message and of the link, collected from the crossings of the border.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast::border::numbers::{count, double, phase_number, whole};
use holdfast::border::told::Told;
use holdfast::client::claim::{By, Claim, Code};
use holdfast::client::receipts::Support;
use holdfast::client::{Client, Order, Wait};
use holdfast::engine::{Blocker, Notice, Output, Phase, Seq};

use crate::describe;
use crate::view::{self, Ending, Event, Happening, Mark, RoundTrip, Span, State, View};

/// The history so far. See the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// All unsettled messages, and the last that settled, by [`view::Message::n`].
    messages: BTreeMap<u32, Entry>,
    /// The unsettled ones: from their `seq` to their `n`.
    unsettled: BTreeMap<u64, u32>,
    /// The settled ones, oldest first.
    settled: VecDeque<u32>,
    /// The durable ones that are not on disk yet.
    saving: Vec<u32>,
    count: u32,
    link: VecDeque<Span>,
    events: VecDeque<Event>,
    round_trips: VecDeque<RoundTrip>,
    pinged_at: Option<f64>,
    transport: Option<&'static str>,
    tabs: BTreeSet<u32>,
}

#[derive(Debug)]
struct Entry {
    seq: Seq,
    message: view::Message,
}

/// The largest number of each that is kept.
const SETTLED: usize = 300;
const SPANS: usize = 500;
const EVENTS: usize = 200;
const ROUND_TRIPS: usize = 500;
/// A message repeated for hours would collect marks without limit. At this many, a mark from the middle is removed; the
/// first and the latest stay.
const MARKS: usize = 64;

// Collecting.
impl Account {
    /// The `n` of a message.
    pub(crate) fn nth(&self, seq: Seq) -> Option<u32> {
        let bits = seq.to_bits();
        let settled = || self.settled.iter().rev().copied().find(|n| self.messages[n].seq == seq);
        self.unsettled.get(&bits).copied().or_else(settled)
    }

    /// Notes a command or a fact, and the client's answer.
    pub(crate) fn told(&mut self, at: f64, told: Told, numbers: &[f64; 6], answer: f64) {
        let [a, b, c, ..] = *numbers;
        let seq = Seq::from_bits(whole(a));
        match told {
            Told::Send if answer > 0.0 => self.sent(at, numbers, Seq::from_bits(whole(answer))),
            Told::Send => {
                let code = describe::CODES[count(-answer) as usize % 16];
                self.event(at, format!("A send was refused: {code}."));
            }
            Told::Acked => {
                let attempt = count(b);
                let is_accepted = describe::is_accepted(count(c));
                let what = if is_accepted { Happening::Acked } else { Happening::Refused };
                let left = self.mark(seq, Mark { at, what, attempt });
                if let Some(left) = left {
                    self.round_trip(RoundTrip { at, ms: at - left, of: "message" });
                }
            }
            Told::Ponged => {
                if let Some(pinged_at) = self.pinged_at.take() {
                    self.round_trip(RoundTrip { at, ms: at - pinged_at, of: "ping" });
                }
            }
            Told::Over => self.transport = Some(if b == 0.0 { "websocket" } else { "polling" }),
            Told::Hello => {
                self.tabs.insert(count(b));
            }
            Told::LinkDown
            | Told::Page
            | Told::LogOut
            | Told::Disconnect
            | Told::StorageFailed
            | Told::Destroy
            | Told::JoinRejected => {
                let subject = describe::Subject::Told { told, numbers: *numbers, answer };
                self.event(at, describe::sentence(&subject, ""));
            }
            _ => {}
        }
    }

    /// Notes an order.
    pub(crate) fn ordered(&mut self, at: f64, order: &Order) {
        match *order {
            Order::Transmit { seq, attempt, .. } => {
                self.mark(seq, Mark { at, what: Happening::Left, attempt });
                self.change(seq, |message| {
                    message.state = State::InFlight;
                    message.attempts = attempt;
                });
            }
            Order::Settle(ending) => self.settled(at, ending.seq, ending.claim),
            Order::Engine(Output::Ping { .. }) => self.pinged_at = Some(at),
            Order::Engine(Output::Report(Notice::PingsUnanswered)) => {
                self.pinged_at = None;
                self.event(at, describe::sentence(&describe::Subject::Order(*order), ""));
            }
            Order::Engine(Output::Report(_))
            | Order::Foreign
            | Order::Ended { .. }
            | Order::Receiptless
            | Order::Returned { .. } => {
                self.event(at, describe::sentence(&describe::Subject::Order(*order), ""));
            }
            _ => {}
        }
    }

    /// Notes the client's present state.
    pub(crate) fn followed(&mut self, at: f64, client: &Client) {
        let (phase, epoch) = (phase_name(client.phase()), client.epoch().0);
        let is_same = |span: &Span| (span.phase, span.epoch) == (phase, epoch);
        if !self.link.back().is_some_and(is_same) {
            if let Some(last) = self.link.back_mut() {
                last.to = Some(at);
            }
            push(&mut self.link, Span { phase, epoch, from: at, to: None }, SPANS);
            if !matches!(client.phase(), Phase::Ready | Phase::Suspect) {
                self.landed();
            }
        }
        self.saved(at, client);
    }

    /// The link ended, so the messages in flight wait again.
    fn landed(&mut self) {
        for n in self.unsettled.values() {
            if let Some(entry) = self.messages.get_mut(n)
                && entry.message.state == State::InFlight
            {
                entry.message.state = State::Waiting;
            }
        }
    }

    fn sent(&mut self, at: f64, numbers: &[f64; 6], seq: Seq) {
        let [lane, bytes, flags, ..] = *numbers;
        if self.unsettled.contains_key(&seq.to_bits()) {
            self.mark(seq, Mark { at, what: Happening::Joined, attempt: 0 });
            return;
        }
        self.count += 1;
        let n = self.count;
        let flags = describe::Flags::of(count(flags));
        let what = if flags.is_restored { Happening::Restored } else { Happening::Sent };
        let message = view::Message {
            n,
            seq: double(seq.to_bits()),
            event: flags.event,
            lane: double(whole(lane)),
            bytes: count(bytes),
            way: flags.way,
            is_durable: flags.is_durable,
            is_strict: flags.is_strict,
            attempts: 0,
            state: State::Waiting,
            saved: "memory",
            wait: None,
            result: None,
            marks: vec![Mark { at, what, attempt: 0 }],
        };
        self.messages.insert(n, Entry { seq, message });
        self.unsettled.insert(seq.to_bits(), n);
        if flags.is_durable {
            self.saving.push(n);
        }
    }

    fn saved(&mut self, at: f64, client: &Client) {
        if self.saving.is_empty() {
            return;
        }
        let messages = &mut self.messages;
        self.saving.retain(|n| {
            let Some(Entry { seq, message }) = messages.get_mut(n) else { return false };
            message.saved = client.saved_in(*seq);
            if message.saved == "disk" {
                message.marks.push(Mark { at, what: Happening::Saved, attempt: 0 });
            }
            message.state != State::Settled && message.saved != "disk"
        });
    }

    fn settled(&mut self, at: f64, seq: Seq, claim: Claim) {
        self.mark(seq, Mark { at, what: Happening::Settled, attempt: 0 });
        let result = Ending {
            code: code_name(claim.code),
            by: match claim.by {
                By::Nobody => None,
                By::Ack => Some("ack"),
                By::Receipt => Some("receipt"),
                By::Echo => Some("echo"),
            },
            maybe_delivered: claim.maybe_delivered,
        };
        self.change(seq, |message| {
            message.state = State::Settled;
            message.result = Some(result);
        });
        if let Some(n) = self.unsettled.remove(&seq.to_bits()) {
            self.settled.push_back(n);
            if self.settled.len() > SETTLED
                && let Some(oldest) = self.settled.pop_front()
            {
                self.messages.remove(&oldest);
            }
        }
    }

    /// Adds a mark to a message. Returns when the mark's attempt left, if known.
    fn mark(&mut self, seq: Seq, mark: Mark) -> Option<f64> {
        let n = self.nth(seq)?;
        let marks = &mut self.messages.get_mut(&n)?.message.marks;
        let left = |one: &&Mark| one.what == Happening::Left && one.attempt == mark.attempt;
        let left = marks.iter().rev().find(left).map(|one| one.at);
        if marks.len() >= MARKS {
            marks.remove(MARKS / 2);
        }
        marks.push(mark);
        left
    }

    fn change(&mut self, seq: Seq, change: impl FnOnce(&mut view::Message)) {
        if let Some(n) = self.unsettled.get(&seq.to_bits())
            && let Some(entry) = self.messages.get_mut(n)
        {
            change(&mut entry.message);
        }
    }

    fn event(&mut self, at: f64, text: String) {
        push(&mut self.events, Event { at, text }, EVENTS);
    }

    fn round_trip(&mut self, round_trip: RoundTrip) {
        push(&mut self.round_trips, round_trip, ROUND_TRIPS);
    }
}

// Showing.
impl Account {
    /// The history, and the client's own state.
    pub(crate) fn view(
        &self,
        client: &Client,
        at: f64,
        steps: usize,
        differs_at: Option<usize>,
    ) -> View {
        let status = client.status();
        let messages = self.messages.values().map(|Entry { seq, message }| view::Message {
            wait: client.wait(*seq).map(|wait| self.wait(wait)),
            saved: if message.is_durable { client.saved_in(*seq) } else { message.saved },
            ..message.clone()
        });
        View {
            steps,
            at,
            phase: phase_name(status.phase),
            epoch: client.epoch().0,
            next_attempt_at: status.next_attempt_at.map(|at| double(at.0)),
            queued: status.queued,
            in_flight: status.in_flight,
            rtt_ms: status.rtt.map(|span| double(span.0)),
            last_pong_at: status.last_pong_at.map(|at| double(at.0)),
            transport: self.transport,
            receipts: match client.support() {
                Support::Unknown => "unknown",
                Support::Works => "given",
                Support::Off => "off",
            },
            user: if client.is_anonymous() { "anonymous" } else { "named" },
            is_authorized: client.is_authorized(),
            is_saving: client.is_saving(),
            tabs: self.tabs.len(),
            link: self.link.iter().copied().collect(),
            events: self.events.iter().cloned().collect(),
            round_trips: self.round_trips.iter().copied().collect(),
            messages: messages.collect(),
            differs_at,
        }
    }

    fn wait(&self, wait: Wait) -> view::Wait {
        let (why, text, until) = match wait {
            Wait::Link(phase) => ("link", describe::no_link(phase).to_owned(), None),
            Wait::OtherTab => {
                ("other-tab", "Another tab has it and will report its result.".into(), None)
            }
            Wait::Owner => {
                ("owner", "The link is authorized for another user, or for none yet.".into(), None)
            }
            Wait::Receipt => (
                "receipt",
                "The server has not confirmed the messages that left before.".into(),
                None,
            ),
            Wait::Pace { until } => (
                "pace",
                "The transport is busy, or messages leave at a limited rate.".into(),
                Some(until),
            ),
            Wait::Outbox(blocker) => match blocker {
                Blocker::Restoring => (
                    "restoring",
                    "The messages of an earlier page load are being read from disk.".into(),
                    None,
                ),
                Blocker::Saving => ("saving", "It is being saved to disk.".into(), None),
                Blocker::Older { first } => {
                    let first = self
                        .nth(first)
                        .map_or_else(|| "An older message".into(), |n| format!("Message {n}"));
                    ("older", format!("{first} of the same lane goes first."), None)
                }
                Blocker::Retry { at } => {
                    ("retry", "An attempt failed. It will be retried.".into(), Some(at))
                }
                Blocker::Server { at } => {
                    ("server", "The server asked the client to wait.".into(), Some(at))
                }
                Blocker::Lane => {
                    ("lane", "Its lane has reached its limit of messages in flight.".into(), None)
                }
                Blocker::Window => {
                    ("window", "The limit of messages in flight is reached.".into(), None)
                }
                Blocker::Suspect => (
                    "suspect",
                    "A message may be ending the connections, so messages leave one at a time."
                        .into(),
                    None,
                ),
                Blocker::Nothing => ("turn", "It leaves now.".into(), None),
                Blocker::Answer { until } => {
                    ("answer", "It left. The server has not answered yet.".into(), Some(until))
                }
            },
        };
        view::Wait { why, text, until: until.map(|at| double(at.0)) }
    }
}

fn push<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() >= most {
        list.pop_front();
    }
    list.push_back(item);
}

/// Its name in the table `PHASES`.
pub(crate) fn phase_name(phase: Phase) -> &'static str {
    const NAMES: [&str; 8] =
        ["idle", "waiting", "authorizing", "connecting", "joining", "ready", "suspect", "closed"];
    NAMES[phase_number(phase) as usize]
}

fn code_name(code: Code) -> &'static str {
    describe::CODES[holdfast::border::numbers::code_number(code) as usize]
}
