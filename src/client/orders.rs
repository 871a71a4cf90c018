//! The client's orders, and their sequence.

use super::claim::Ending;
use super::keeper::Keeper;
use super::receipts::Support;
use super::storage::Storage;
use super::{Client, Door, Pings, View, resync};
use crate::engine::{Answering, Epoch, Output, Phase, Seq};

/// Orders, in the imperative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// An order of the engine about the link, or a notice.
    Engine(Output),
    /// Emit a message.
    Transmit {
        /// The message.
        seq: Seq,
        /// The number of this transmission of the message, from 1.
        attempt: u32,
        /// Emit it with a callback for its acknowledgement.
        is_asked: bool,
        /// It may be too large for this link: measure it, and emit it only if [`Client::measured`] returns `true`.
        is_large: bool,
    },
    /// A message has settled: tell the app, and drop the payload.
    Settle(Ending),
    /// No answer to this settled message counts any more.
    Forget {
        /// The message.
        seq: Seq,
    },
    /// Send a CONNECT for one of the namespaces that do not exist.
    Receipt {
        /// The link to send it over.
        epoch: Epoch,
        /// The index of the fixed name, see [`NAMES`](super::receipts::NAMES).
        name: u32,
        /// How often to send it.
        count: u32,
    },
    /// The user's session is over: drop what belongs to the user. The waiting messages settle after this.
    Ended {
        /// The user logged out in another tab.
        elsewhere: bool,
    },
    /// The credentials of the present attempt are another user's. Neither this attempt nor a later one is made
    /// until they are right. Ordered once.
    Foreign,
    /// Save for later page loads whether the server acknowledges an event.
    Learned {
        /// The event's number.
        event: u32,
        /// Whether the server acknowledges it.
        answers: bool,
    },
    /// Save for later page loads that this server gives no receipts.
    Receiptless,
    /// An order about saved messages.
    Storage(Storage),
    /// Look at what is outside, and call [`Client::looked`] before the next poll.
    Look,
    /// Replay a remembered emit, which the server has forgotten with the connection.
    Replay {
        /// Its fingerprint.
        key: u64,
        /// Emit it with a callback, whose result nobody needs.
        is_asked: bool,
    },
    /// A value is not needed any more.
    Discard {
        /// Which kind.
        value: Value,
        /// Its fingerprint or number.
        key: u64,
    },
    /// Emit a deferred event, and drop it.
    Emit {
        /// Its number.
        key: u64,
    },
    /// Messages leave again, over a new link.
    Returned {
        /// If set, note the present moment in this mark, as no message has come so far: a later gap begins here.
        begins: Option<resync::Mark>,
    },
    /// Ask the app for what was missed, and call [`Client::resynced`].
    Resync {
        /// Identifies this request in the answer and in what it fetches.
        round: u32,
        /// The mark of the message after which the gap begins.
        since: resync::Mark,
    },
    /// Pass the buffered live messages to the listeners.
    Release,
    /// Ask the server who is online.
    AskOnline,
    /// Read a feed from its position, and call [`Client::read_feed`].
    Read {
        /// The caller's number of the feed.
        feed: u32,
        /// Identifies this read in its answer.
        round: u32,
    },
    /// The typing mark of somebody has ended.
    StopTyping {
        /// The fingerprint of the id.
        who: u64,
    },
}

/// The values that JavaScript stores by fingerprints and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A remembered emit.
    Remembered,
    /// A deferred event.
    Deferred,
    /// The app's answer to a message, and the callbacks that wait for it.
    Answer,
}

/// The result of one polling step.
enum Next {
    Order(Order),
    /// Something was done that needs no order.
    Again,
    Nothing,
}

impl Client {
    /// Returns the next order, or `None` once there is none.
    pub fn poll(&mut self) -> Option<Order> {
        let order = self.next_order();
        if order.is_none() {
            self.view = View::Stale;
        }
        order
    }

    fn next_order(&mut self) -> Option<Order> {
        loop {
            match self.next() {
                Next::Order(order) => return Some(order),
                Next::Nothing => return None,
                Next::Again => {}
            }
        }
    }

    fn next(&mut self) -> Next {
        self.widen();
        // None of these lets a message leave. After a session has ended, they come before a look at the logouts in
        // storage.
        if !self.orders.is_empty() {
            let order = self.orders.remove(0);
            match order {
                Order::Ended { .. } => self.forget(),
                Order::Discard { value, key } if self.needs(value, key) => return Next::Again,
                _ => {}
            }
            return Next::Order(order);
        }
        let is_wanted = !matches!(self.engine.phase(), Phase::Idle | Phase::Closed);
        if let Some(order) = self.keeper.poll(is_wanted) {
            return Next::Order(Order::Storage(order));
        }
        if self.keeper.has_told() {
            let now = self.engine.now();
            self.keeping(now, |_| {});
        }
        let may_transmit = self.engine.could_transmit() && self.may_transmit();
        let is_blind = match self.view {
            View::Fresh(_) => false,
            // Reading storage takes longer than an acknowledgement, so no look for outputs other than transmissions
            // (I12).
            View::Stale => may_transmit || !self.is_linked(),
            View::Due => true,
        };
        if is_blind {
            self.view = View::Fresh(self.receipts.at_once());
            return Next::Order(Order::Look);
        }
        // A server's feeds are read before any room is joined.
        #[cfg(not(feature = "followed"))]
        if let Some(order) = self.poll_read() {
            return Next::Order(order);
        }
        // I11: remembered emits are not replayed over a followed link of another user either.
        if self.identity.agrees()
            && let Some(order) = self.sessions.poll_replay()
        {
            return Next::Order(order);
        }
        if (self.receipts.is_long() || self.receipts.may_ask_for_many(self.engine.queued()))
            && let Some(order) = self.poll_receipt()
        {
            return Next::Order(order);
        }
        match self.engine.poll_orders(may_transmit) {
            Some(output) => self.order_of(output),
            None => match self.poll_duty().or_else(|| self.poll_receipt()) {
                Some(order) => Next::Order(order),
                // The client was destroyed, and other tabs were told the results of their messages.
                None if self.engine.phase() == Phase::Closed && !self.keeper.is_closed() => {
                    let now = self.engine.now();
                    self.keeping(now, Keeper::close);
                    Next::Again
                }
                None => Next::Nothing,
            },
        }
    }

    /// Turns an engine's order into the client's.
    fn order_of(&mut self, output: Output) -> Next {
        match output {
            Output::Transmit { seq, attempt } => {
                if let View::Fresh(left) = self.view {
                    self.view = if left > 1 { View::Fresh(left - 1) } else { View::Stale };
                }
                return Next::Order(self.transmit(seq, attempt));
            }
            Output::Unanswered { event } => {
                // Several messages of an event may show this at once.
                let is_news = self.engine.learn(self.engine.now(), event, Answering::Silent);
                let learned = Order::Learned { event, answers: false };
                return if is_news { Next::Order(learned) } else { Next::Again };
            }
            Output::Store { seq } => {
                let now = self.engine.now();
                self.keeping(now, |keeper| keeper.add(seq));
                return Next::Again;
            }
            Output::Settle { seq, outcome, maybe_delivered } => {
                let maybe_delivered = self.keeper.settled(seq) || maybe_delivered;
                let settled = self.deliveries.settled(seq, outcome, maybe_delivered);
                let Some((ending, forgotten)) = settled else { return Next::Again };
                if let Some(seq) = forgotten {
                    self.orders.push(Order::Forget { seq });
                }
                let Some(share) = self.keeper.share() else {
                    return Next::Order(Order::Settle(ending));
                };
                self.orders.insert(0, Order::Settle(ending));
                return Next::Order(Order::Storage(share));
            }
            Output::Ping { .. } => {
                if self.receipts.support() != Support::Off && self.pings != Pings::Answered {
                    self.receipts.ask();
                    self.pinged_at = self.pinged_at.or(Some(self.engine.now()));
                }
                if self.pings == Pings::Ignored {
                    return Next::Again;
                }
            }
            Output::Join { .. } if !self.sessions.has_room() => return Next::Again,
            Output::Authorize { .. } if self.life.door() == Door::Paused => {
                let now = self.engine.now();
                self.close(now);
                return Next::Again;
            }
            Output::Connect { .. } => self.life.made(),
            Output::Authorize { .. }
            | Output::Disconnect { .. }
            | Output::Join { .. }
            | Output::Report(_)
            | Output::Changed => {}
        }
        Next::Order(Order::Engine(output))
    }

    fn poll_receipt(&mut self) -> Option<Order> {
        if !self.is_linked() {
            return None;
        }
        let (now, last) = (self.engine.now(), self.engine.transmissions());
        let is_wanted = self.engine.wants_receipt();
        let receipt = self.receipts.poll(now, last, is_wanted, self.engine.queued())?;
        let (name, count) = (receipt.name, receipt.count);
        Some(Order::Receipt { epoch: self.engine.epoch(), name, count })
    }
}
