//! What the client orders, and in which order.

use super::claim::Ending;
use super::keeper::Keeper;
use super::receipts::Support;
use super::storage::Storage;
use super::{Client, Door, Pings, View, resync};
use crate::engine::{Answering, Epoch, Output, Phase, Seq};

/// What to do, in the imperative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// An order of the engine's about the link, or something to say.
    Engine(Output),
    /// Emit a message.
    Transmit {
        /// The message.
        seq: Seq,
        /// Counts its transmissions, from 1.
        attempt: u32,
        /// With a callback for its acknowledgement.
        is_asked: bool,
        /// It may be too large for this link: measure it, and emit it if [`Client::measured`] says so.
        is_large: bool,
    },
    /// A message has ended: tell the app. Its payload is not needed any more.
    Settle(Ending),
    /// No answer to a message that has ended is waited for any longer.
    Forget {
        /// The message.
        seq: Seq,
    },
    /// Send a CONNECT for one of the namespaces that do not exist.
    Receipt {
        /// The link to send it over.
        epoch: Epoch,
        /// Which of the fixed names, see [`NAMES`](super::receipts::NAMES).
        name: u32,
        /// How many of them.
        count: u32,
    },
    /// The user's session is over: forget what was the user's. What waited settles after this.
    Ended {
        /// The user logged out in another tab.
        elsewhere: bool,
    },
    /// The credentials of the present attempt are another user's: the attempt is not made, nor one after it until they are
    /// right. Said once.
    Foreign,
    /// What the server has shown of an event, to be kept for later lives.
    Learned {
        /// The event's number.
        event: u32,
        /// Whether the server acknowledges it.
        answers: bool,
    },
    /// This server gives no receipts, to be kept for later lives.
    Receiptless,
    /// Something to do with what is kept.
    Storage(Storage),
    /// Look at what is outside, and tell [`Client::looked`] before the next order is polled.
    Look,
    /// Say something again that the server has forgotten with the connection.
    Say {
        /// Its fingerprint.
        key: u64,
        /// With a callback, which nobody needs.
        is_asked: bool,
    },
    /// A value is not needed any more.
    Discard {
        /// Which kind.
        value: Value,
        /// Its fingerprint or number.
        key: u64,
    },
    /// Emit an event that was held, and forget it.
    Emit {
        /// Its number.
        key: u64,
    },
    /// Messages leave again, over a link that is new.
    Returned {
        /// Note this moment down there, as nothing has come so far: where a later gap begins.
        begins: Option<resync::Place>,
    },
    /// Ask the app for what was missed, and tell [`Client::resynced`].
    Resync {
        /// Goes with what it fetches, and with its answer.
        round: u32,
        /// Where the gap begins.
        since: resync::Place,
    },
    /// Hand out the live messages that are held.
    Release,
    /// Ask the server who is online.
    AskOnline,
    /// Read a feed from its position, and tell [`Client::read_feed`].
    Read {
        /// The caller's number of it.
        feed: u32,
        /// Goes with its answer.
        round: u32,
    },
    /// Somebody types to us no longer.
    StopTyping {
        /// The fingerprint of the id.
        who: u64,
    },
}

/// What JavaScript has by fingerprints and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// What is said again.
    Said,
    /// An event that is held.
    Held,
    /// What the app answered to a message, and who waits for it.
    Answer,
}

/// What a poll comes to.
enum Next {
    Order(Order),
    /// Something was done that no order is needed for.
    Again,
    Nothing,
}

impl Client {
    /// The next order, until there is none.
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
        // None of these lets a message leave. Of a session that has just ended they come before a look at what
        // storage says of logouts.
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
            // Storage takes longer to read than an acknowledgement: those are not worth it (I12).
            View::Stale => may_transmit || !self.is_linked(),
            View::Due => true,
        };
        if is_blind {
            self.view = View::Fresh(self.receipts.at_once());
            return Next::Order(Order::Look);
        }
        // Before any room is joined.
        #[cfg(not(feature = "followed"))]
        if let Some(order) = self.poll_read() {
            return Next::Order(order);
        }
        // I11: nor is anything said again over a link that is followed and for somebody else.
        if self.identity.agrees()
            && let Some(order) = self.sessions.poll_said()
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
                // Other tabs were told how all of theirs ended.
                None if self.engine.phase() == Phase::Closed && !self.keeper.is_closed() => {
                    let now = self.engine.now();
                    self.keeping(now, Keeper::close);
                    Next::Again
                }
                None => Next::Nothing,
            },
        }
    }

    /// What becomes of an order of the engine's.
    fn order_of(&mut self, output: Output) -> Next {
        match output {
            Output::Transmit { seq, attempt } => {
                if let View::Fresh(left) = self.view {
                    self.view = if left > 1 { View::Fresh(left - 1) } else { View::Stale };
                }
                return Next::Order(self.transmit(seq, attempt));
            }
            Output::Unanswered { event } => {
                // Several messages of an event may show it at once.
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
            Output::Authorize { .. } if self.life.door() == Door::Held => {
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
