//! Events of the server, and the app's remembered emits, deferred events and delayed actions.
//!
//! The shell's part is what JavaScript does: it has the values, and passes on what the client tells it to. The
//! page's model checks the client's answers and orders.

use holdfast::client::{Client, Order, Value};
use holdfast::engine::{Epoch, Input, Millis, Phase};

use super::World;
use crate::event::{Event, Later};
use crate::ids::ConnectionId;
use crate::page::feed::AtRest;
use crate::plan::{Deed, Feed as Plan};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::wire::{Emitted, FETCHED, Message, Packet};

// Actions of the server and the app.
impl World {
    /// Calls of the client that pass no time.
    pub(super) fn quietly<R>(&mut self, call: impl FnOnce(&mut Client) -> R) -> R {
        self.run.tally.one(Count::Steps);
        call(&mut self.page.shell.client)
    }

    pub(super) fn feed_plan(&self) -> Plan {
        self.run.plan.feed.unwrap_or_else(|| panic!("a world without a feed"))
    }

    pub(super) fn do_deed(&mut self, deed: Deed) {
        let key = self.run.feed.between(1, 8);
        match deed {
            Deed::Say => self.say_message(),
            Deed::Typing => {
                let (who, is_over) = (self.run.feed.between(1, 3), self.run.feed.chance(200));
                self.emit_down(Emitted::Typing { who, is_over });
            }
            Deed::Presence if self.run.feed.chance(500) => self.emit_down(Emitted::Listed),
            Deed::Presence => self.emit_down(Emitted::Left),
            Deed::Remember => {
                let up = self.up();
                let (nth, is_now) = self.quietly(|client| client.remember(key));
                self.page.feed.emits.remembered((key, nth), is_now, up);
            }
            Deed::Unremember => {
                let count = self.page.feed.emits.uses();
                let at = self.run.feed.index(count);
                if count == 0 {
                    return;
                }
                let (key, nth) = self.page.feed.emits.give_up(at);
                let is_over = self.quietly(|client| client.unremember(key, nth));
                self.page.feed.emits.unremembered(key, is_over);
            }
            Deed::Emit => {
                let Some(up) = self.up() else { return };
                self.quietly(|client| client.emitted(key, false));
                self.page.feed.emits.emitted(key, up);
            }
            Deed::Leave => {
                if self.up().is_none() {
                    return;
                }
                let was_known = self.quietly(|client| client.forget_emit(key));
                self.page.feed.emits.forgotten(key, was_known);
            }
            Deed::Soon => self.emit_soon(),
            Deed::AskOnline => self.quietly(|client| client.ask_online()),
        }
        self.drain();
    }

    fn say_message(&mut self) {
        let plan = self.feed_plan();
        let session = match self.server_side() {
            Some(id) => self.network.connections[id].credentials.session,
            None => self.page.owners.session(),
        };
        let its = self.page.feed.sent_to(session);
        let is_repeat = !its.is_empty() && self.run.feed.chance(plan.repeats);
        let id = if is_repeat {
            its[self.run.feed.index(its.len())]
        } else {
            self.page.feed.log(session)
        };
        let copy =
            if self.run.feed.chance(plan.rewrites) { self.run.feed.below(FETCHED) } else { 0 };
        let name = u32::from(self.run.feed.chance(plan.aliases));
        let wants_ack = self.run.feed.chance(plan.asks);
        let message = Message { id, copy, name, wants_ack, session, number: 0 };
        self.emit_down(Emitted::Message(message));
    }

    /// The page's connection as the server sees it.
    fn server_side(&self) -> Option<ConnectionId> {
        self.page.connection.filter(|&id| {
            let connection = &self.network.connections[id];
            connection.is_up && self.server.has(connection)
        })
    }

    fn emit_down(&mut self, emitted: Emitted) {
        if let Some(id) = self.server_side() {
            self.network.send_down(&mut self.run, id, Packet::Event(emitted));
        }
    }

    fn emit_soon(&mut self) {
        let epoch = self.page.connection.map_or(Epoch(0), |id| self.network.connections[id].epoch);
        let soon = self.call(|client, now| client.emit_soon(now, epoch));
        let phase = self.page.shell.status().phase;
        let session = self.page.owners.session();
        let now = self.page.shell.client.now().0;
        let is_gone = self.page.owners.is_gone();
        self.page.feed.emits.soon(soon, phase, session, now, is_gone);
    }

    pub(super) fn do_later(&mut self, later: Later) {
        match later {
            Later::Resynced { round, session, is_whole } => {
                self.resynced(round, session, is_whole);
            }
            Later::Answered { content, number, is_large } => {
                self.app_answers(content, number, is_large);
            }
            Later::Listed { epoch } => self.listed(epoch),
        }
        self.drain();
    }

    pub(super) fn later(&mut self, later: Later) {
        let at = self.run.now + self.run.feed.magnitude(1, 12_000);
        self.run.schedule(at, Event::Later { page: self.page.id, later });
    }

    /// The app's listeners have handled a new link. Some make their own emits.
    pub(super) fn greet(&mut self, epoch: Epoch) {
        let plan = self.feed_plan();
        if self.run.feed.chance(300) {
            self.do_deed(Deed::Emit);
        }
        let up = self.up();
        let has_seen_any = self.page.feed.missed.has_seen_any();
        let is_recovered = has_seen_any && self.run.feed.chance(plan.recovers);
        self.page.feed.missed.greeted(is_recovered);
        self.page.feed.emits.greeted(up, is_recovered);
        self.call(|client, now| client.greeted(now, epoch, is_recovered));
    }

    /// A room is requested.
    pub(super) fn asked_for_room(&mut self) {
        self.page.feed.is_join_asked = true;
        self.page.shell.client.asked_for_room([ROOM, 0, 0]);
    }
}

// Arrivals.
impl World {
    pub(super) fn arrived(&mut self, id: ConnectionId, epoch: Epoch, emitted: Emitted) {
        match emitted {
            Emitted::Message(message) => self.message_arrived(message),
            Emitted::Typing { who, is_over } => {
                let span = if is_over { 0 } else { 5_000 };
                let did = self.call(|client, now| client.typing(now, who, Millis(span)));
                let until = self.page.shell.client.now().0 + span;
                self.page.feed.presence.types(who, (!is_over).then_some(until), did);
            }
            Emitted::Listed => {
                self.listed(epoch);
                if !self.page.feed.presence.is_listed_over(id) {
                    violated!("presence", "a list of a live link is not taken");
                }
            }
            Emitted::Left => {
                let is_news = self.quietly(|client| client.is_left_news(false));
                self.page.feed.presence.left(is_news);
            }
            Emitted::OtherRefused => self.join_refused(epoch, OTHER_ROOM),
            Emitted::Feeds => self.announced(epoch),
            Emitted::Item { feed, item } => self.item_arrived(id, feed, 0, item),
            Emitted::Read { feed, round, answer } => {
                self.read_answered(id, feed, round, answer);
            }
        }
        self.drain();
    }

    fn listed(&mut self, epoch: Epoch) {
        let its = self.up().filter(|&id| self.network.connections[id].epoch == epoch);
        if !self.quietly(|client| client.listed(epoch)) {
            return;
        }
        let Some(id) = its else {
            violated!("presence", "a list of {epoch:?}, which is lost");
        };
        self.page.feed.presence.listed(id);
    }

    /// The server refuses a join of the page, or of the app.
    pub(super) fn join_refused(&mut self, epoch: Epoch, room: u64) {
        if self.run.plan.feed.is_none() {
            return self.tell(Input::JoinRejected { epoch });
        }
        let is_ours = self.page.feed.is_join_asked && room != OTHER_ROOM;
        let now = self.next_time();
        if is_ours {
            let before = self.page.shell.status().phase;
            let input = Input::JoinRejected { epoch };
            self.page.links.told(self.page.shell.time(), input, before);
            self.page.feed.is_join_asked = false;
        }
        note!(self.run, "-> join of {room} refused");
        if self.call_at(now, |client, now| client.join_rejected(now, epoch, Some(room))) != is_ours
        {
            violated!("join", "a refusal of {room} counts, or does not: {is_ours}");
        }
        self.drain();
    }

    /// The page's join was confirmed.
    pub(super) fn join_confirmed(&mut self) {
        self.page.feed.is_join_asked = false;
    }
}

// Orders.
impl World {
    pub(super) fn carry_out_feed(&mut self, order: Order) {
        let now = self.page.shell.client.now().0;
        let up = self.up();
        let session = self.page.owners.session();
        let feed = &mut self.page.feed;
        match order {
            Order::Replay { key, .. } => {
                feed.emits.replayed(key, up);
                self.run.tally.one(Count::Replayed);
            }
            Order::Emit { key } => feed.emits.leaves(key, session, now, up.is_some()),
            Order::Discard { value: Value::Deferred, key } => feed.emits.dropped(key, now),
            Order::Discard { value: Value::Answer, key } => {
                let keeps_all = self.keeps_all_repeats();
                self.page.feed.repeats.forgotten(key, keeps_all);
            }
            Order::Discard { value: Value::Remembered, key } => {
                violated!("remembered", "{key} is forgotten, but there are few")
            }
            Order::Returned { begins } => feed.missed.returned(begins),
            Order::Resync { round, since } => self.ask_app(round, since),
            Order::Release => self.release(),
            Order::AskOnline => {
                feed.presence.asked(up);
                let epoch = self.page.shell.client.epoch();
                if self.run.plan.feed.is_some() {
                    self.later(Later::Listed { epoch });
                }
            }
            Order::StopTyping { who } => feed.presence.stopped(who, now),
            Order::Engine(_)
            | Order::Transmit { .. }
            | Order::Settle(_)
            | Order::Forget { .. }
            | Order::Receipt { .. }
            | Order::Ended { .. }
            | Order::Foreign
            | Order::Learned { .. }
            | Order::Receiptless
            | Order::Storage(_)
            | Order::Read { .. }
            | Order::Look => {}
        }
    }

    pub(super) fn check_feed_at_rest(&self) {
        if self.run.plan.feed.is_none() {
            return;
        }
        let client: &Client = &self.page.shell.client;
        self.page.feed.check_at_rest(&AtRest {
            due: client.poll_timeout().map_or(u64::MAX, |at| at.0),
            is_ready: client.status().phase == Phase::Ready,
            up: self.up(),
            is_presence_stale: client.is_presence_stale(),
        });
    }
}

pub(super) const ROOM: u64 = 1;
const OTHER_ROOM: u64 = 99;
