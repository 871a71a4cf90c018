//! The client's requests for receipts, the POSTs in which they leave, and the answers.

use holdfast::engine::{Epoch, Input};

use super::World;
use crate::event::Event;
use crate::ids::ConnectionId;
use crate::plan::Polling;
use crate::receipts::Asked;
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::wire::Frame;

/// The time after which the client looks at a clogged transport again.
const LOOK_AGAIN: u64 = 4;

impl World {
    fn asked(&self, id: ConnectionId) -> &Asked {
        &self.network.connections[id].asked
    }

    pub(super) fn link_polls(&mut self, id: ConnectionId, epoch: Epoch) {
        let polling = self.run.plan.receipting.map_or(Polling::Never, |plan| plan.polling);
        if self.run.plan.receipting.is_none() && self.run.plan.letters.largest == 0 {
            return;
        }
        let is_polling = match polling {
            Polling::Never => false,
            Polling::Always => true,
            Polling::For(span) => {
                self.run.schedule(self.run.now + span, Event::Upgraded { connection: id });
                true
            }
        };
        self.network.connections[id].asked.is_polling = is_polling;
        let largest = self.run.plan.letters.largest;
        self.call(|client, now| client.over(now, epoch, is_polling, largest));
    }

    pub(super) fn upgraded(&mut self, id: ConnectionId) {
        let connection = &mut self.network.connections[id];
        if connection.is_up {
            connection.asked.is_polling = false;
            let epoch = connection.epoch;
            note!(self.run, "-> over WebSocket");
            let largest = self.run.plan.letters.largest;
            self.call(|client, now| client.over(now, epoch, false, largest));
            self.drain();
        }
    }

    /// The client asks for receipts.
    pub(super) fn ask(&mut self, epoch: Epoch, name: u32, count: u32) {
        self.run.tally.one(Count::Receipts);
        self.pings += 1;
        self.page.links.ping(epoch);
        let Some(id) = self.up() else {
            violated!("I2", "a receipt without a connection");
        };
        let (at, last) = (self.engine_time(), self.page.model.transmissions());
        let asked = &mut self.network.connections[id].asked;
        let serial = asked.ask((name, count), at, last);
        for _ in 0..count {
            // The Socket may detect at the first one that it is dead.
            if self.up() == Some(id) {
                self.emit(Frame::Receipt { serial });
            }
        }
    }

    /// Over polling, everything that leaves in one turn is one POST.
    pub(super) fn hand_to_transport(&mut self, id: ConnectionId, frame: Frame) {
        if self.asked(id).is_polling {
            self.receipts.post.push(frame);
        } else {
            self.network.send_up(&mut self.run, id, frame);
        }
    }

    /// Whether the shell sees the transport as clogged.
    pub(super) fn is_clogged(&self) -> bool {
        self.receipts.is_clogged || self.receipts.post.len() > 3
    }

    /// The turn is over (I13).
    pub(super) fn end_turn(&mut self) {
        let post = std::mem::take(&mut self.receipts.post);
        let Some(id) = self.up().filter(|_| !post.is_empty()) else { return };
        let messages = post.iter().filter(|frame| matches!(frame, Frame::Message { .. })).count();
        if !self.receipts.takes_many() && messages > 12 {
            violated!("I13", "{messages} messages in a POST");
        }
        let Some(plan) = self.run.plan.receipting else { return };
        let may_lose =
            self.asked(id).proves && !self.run.is_kind_now() && !self.run.plan.kinds.only_clock();
        let is_lost = may_lose && self.run.fate.chance(plan.loses);
        if !is_lost && (!plan.drops || post.len() <= 16) {
            let send = |frame| self.network.send_up(&mut self.run, id, frame);
            return post.into_iter().for_each(send);
        }
        note!(self.run, "a POST of {} is dropped", post.len());
        self.run.tally.one(Count::DroppedPosts);
        for frame in post {
            if let Frame::Receipt { serial } = frame {
                self.network.connections[id].asked.dropped(serial);
            }
        }
        if messages > 0 {
            self.run.tally.one(Count::DroppedMessages);
        }
    }

    /// Checks that a message may be passed to the link (I13).
    pub(super) fn check_link_takes(&self) {
        let Some(id) = self.up() else { return };
        self.receipts.check_takes(self.asked(id), self.engine_time());
    }

    /// Whether certainly nothing but messages keeps messages from leaving. A clogged transport does not report when
    /// it takes more, so it stops messages only until the client looks again.
    pub(super) fn link_is_free(&self) -> bool {
        let Some(id) = self.up().filter(|_| self.link_is_for_its_user()) else { return false };
        let asked = self.asked(id);
        let soon = self.engine_time() + LOOK_AGAIN;
        let is_watched = self.page.shell.client.poll_timeout().is_some_and(|at| at.0 <= soon);
        if asked.is_batch_owed() || (self.receipts.was_clogged && is_watched) {
            return false;
        }
        if asked.is_polling {
            return !asked.proves && self.page.model.in_flight() < 12;
        }
        let is_new = |at: u64| self.engine_time() < at + 1_000;
        !asked.proves || asked.owed_since().is_none_or(is_new)
    }

    /// The client receives an answer.
    pub(super) fn receipt(
        &mut self,
        epoch: Epoch,
        id: ConnectionId,
        (serial, name, is_plain): (Option<usize>, u32, bool),
    ) {
        note!(self.run, "-> receipt {name}, plain: {is_plain}");
        let now = self.next_time();
        let is_heeded = self.page.links.is_live(epoch) && !self.receipts.are_over();
        if is_heeded && !is_plain {
            self.receipts.refused();
            self.page.model.forget_proofs();
        } else if let Some(serial) = serial
            && is_heeded
        {
            self.receipt_is_answered(id, serial);
        }
        self.call_at(now, |client, now| client.receipt(now, epoch, name, is_plain));
        self.drain();
    }

    fn receipt_is_answered(&mut self, id: ConnectionId, serial: usize) {
        let now = self.engine_time();
        let asked = &mut self.network.connections[id].asked;
        let Some(answered) = asked.answered(now, serial) else { return };
        self.receipts.answered(&answered);
        let model = &mut self.page.model;
        model.proves();
        model.dispatched(now, answered.dispatched);
        for batch in answered.batches {
            if batch.is_dropped {
                model.dropped(batch.first, batch.last);
            } else {
                model.received(batch.first, batch.last);
            }
        }
    }

    /// The client reports that this server gives no receipts.
    pub(super) fn receiptless(&mut self) {
        self.run.tally.one(Count::Receiptless);
        if self.receipts.given_up() {
            self.page.model.forget_proofs();
        }
    }

    /// A probe of the client was answered.
    pub(super) fn trusts(&mut self, input: Input) {
        if let Input::Ponged { epoch } = input
            && self.page.links.is_live(epoch)
        {
            self.receipts.is_trusted = true;
        }
    }
}
