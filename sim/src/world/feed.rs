//! What the server sends to a page besides answers, what the app says to it again, and what is owed of both.
//!
//! The shell's part is what JavaScript does: it has the values, and hands out what it is told to. The rest is an account of what
//! the app has seen and said, which every answer and order of the client's is held against.

use holdfast::client::{Came, Client, Order, Soon, Value};
use holdfast::engine::{Epoch, Input, Millis, Phase};

use super::World;
use crate::event::{Event, Later};
use crate::ids::{ConnectionId, SessionId};
use crate::page::feed::Answer;
use crate::plan::{Deed, Feed as Plan};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::wire::{COPIES, Emitted, Message, Packet};

// What the server and the app do.
impl World {
    /// What the client is not told the time of.
    fn quietly<R>(&mut self, call: impl FnOnce(&mut Client) -> R) -> R {
        self.run.tally.one(Count::Steps);
        call(&mut self.page.shell.client)
    }

    fn feed_plan(&self) -> Plan {
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
                if is_now != up.is_some() {
                    violated!("said", "{key} is said now: {is_now}, over {up:?}");
                }
                let feed = &mut self.page.feed;
                feed.uses.push((key, nth));
                let said = feed.said.entry(key).or_default();
                said.1 += 1;
                if is_now {
                    said.0 = up;
                }
            }
            Deed::Unremember => {
                let at = self.run.feed.index(self.page.feed.uses.len());
                if self.page.feed.uses.is_empty() {
                    return;
                }
                let (key, nth) = self.page.feed.uses.remove(at);
                let is_over = self.quietly(|client| client.unremember(key, nth));
                let said = &mut self.page.feed.said;
                let left = said.get_mut(&key).map(|(_, users)| {
                    *users -= 1;
                    *users
                });
                if is_over != (left == Some(0)) {
                    violated!("said", "{key} is over: {is_over}, where {left:?} want it");
                }
                if is_over {
                    said.remove(&key);
                }
            }
            Deed::Emit => {
                let Some(up) = self.up() else { return };
                self.quietly(|client| client.said(key, false));
                self.page.feed.said.entry(key).or_default().0 = Some(up);
            }
            Deed::Leave => {
                if self.up().is_none() {
                    return;
                }
                let was_known = self.quietly(|client| client.unsaid(key));
                if was_known != self.page.feed.said.remove(&key).is_some() {
                    violated!("said", "{key} was known: {was_known}");
                }
                self.page.feed.uses.retain(|&(other, _)| other != key);
            }
            Deed::Soon => self.emit_soon(),
            Deed::AskOnline => self.quietly(|client| client.ask_online()),
        }
        self.drain();
    }

    fn say_message(&mut self) {
        let plan = self.feed_plan();
        let there = self.server_side();
        let session = match there {
            Some(id) => self.network.connections[id].credentials.session,
            None => self.page.owners.session(),
        };
        let log = &mut self.page.feed.log;
        let its: Vec<usize> = (0..log.len()).filter(|&id| log[id] == session).collect();
        let is_repeat = !its.is_empty() && self.run.feed.chance(plan.repeats);
        let id = if is_repeat { its[self.run.feed.index(its.len())] } else { log.len() };
        if !is_repeat {
            log.push(session);
        }
        let copy =
            if self.run.feed.chance(plan.rewrites) { self.run.feed.below(FETCHED) } else { 0 };
        let name = u32::from(self.run.feed.chance(plan.aliases));
        let wants_ack = self.run.feed.chance(plan.asks);
        let message = Message { id, copy, name, wants_ack, session, number: 0 };
        self.emit_down(Emitted::Message(message));
    }

    /// The connection of the page as the server sees it.
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
        match soon {
            Soon::Leaves if phase == Phase::Ready => {}
            Soon::Held(number) if phase != Phase::Closed => {
                self.page.feed.soon.insert(number, (session, now + 60_000));
            }
            Soon::Dropped if phase == Phase::Closed || self.page.feed.soon.len() >= 100 => {}
            _ => violated!("held", "{soon:?} while {phase:?}"),
        }
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

    fn later(&mut self, later: Later) {
        let at = self.run.now + self.run.feed.magnitude(1, 12_000);
        self.run.schedule(at, Event::Later { page: self.page.id, later });
    }
}

// What arrives.
impl World {
    pub(super) fn arrived(&mut self, id: ConnectionId, epoch: Epoch, emitted: Emitted) {
        match emitted {
            Emitted::Message(message) => self.message_arrived(message),
            Emitted::Typing { who, is_over } => {
                let span = if is_over { 0 } else { 5_000 };
                let did = self.call(|client, now| client.typing(now, who, Millis(span)));
                let until = self.page.shell.client.now().0 + span;
                let typing = &mut self.page.feed.typing;
                let before = if is_over { typing.remove(&who) } else { typing.insert(who, until) };
                if did != before.is_some() {
                    violated!("typing", "{who} did: {did}, until {before:?}");
                }
            }
            Emitted::Listed => {
                self.listed(epoch);
                if self.page.feed.listed_over != Some(id) {
                    violated!("presence", "a list of a live link is not taken");
                }
            }
            Emitted::Left => {
                let is_fresh = self.page.feed.listed_over.is_some();
                if self.quietly(|client| client.is_left_news(false)) == is_fresh {
                    violated!("presence", "the list is fresh: {is_fresh}");
                }
            }
            Emitted::OtherRefused => self.join_refused(epoch, OTHER_ROOM),
        }
        self.drain();
    }

    fn listed(&mut self, epoch: Epoch) {
        let its = self.up().filter(|&id| self.network.connections[id].epoch == epoch);
        let is_taken = self.quietly(|client| client.listed(epoch));
        if is_taken && its.is_none() {
            violated!("presence", "a list of {epoch:?}, which is lost");
        }
        if is_taken {
            self.page.feed.listed_over = its;
        }
    }

    fn message_arrived(&mut self, message: Message) {
        self.page.feed.arrived += 1;
        let message = Message { number: self.page.feed.arrived, ..message };
        let now = self.page.shell.client.now().0;
        let hold = self.page.feed.hold;
        let is_held = self.quietly(|client| client.holds(message.wants_ack));
        if is_held && (hold.is_none() || message.wants_ack) {
            violated!("resync", "{message:?} is held for nothing");
        }
        if is_held {
            self.run.tally.one(Count::HeldBack);
            return self.page.feed.held.push_back(message);
        }
        if !message.wants_ack && hold.is_some_and(|until| now < until) {
            violated!("resync", "{message:?} comes before what was missed");
        }
        self.hand_out(message, None);
    }

    /// A message is handed to the listeners, unless it is a repeat. Of one that was fetched, in which session.
    fn hand_out(&mut self, message: Message, fetched_in: Option<SessionId>) {
        let plan = self.feed_plan();
        let content = message.content();
        let is_fetched = fetched_in.is_some();
        let came = Came {
            id: message.id as u64 * 2,
            content,
            names: if is_fetched { 3 } else { 1 << message.name },
            is_fetched,
            wants_ack: message.wants_ack,
        };
        let fate = self.quietly(|client| client.came(came, plan.kept));
        let is_news = self.page.feed.is_news(message, is_fetched);
        let answer = self.page.feed.answers.get(&content);
        let is_unanswered = message.wants_ack && answer.is_none();
        if plan.kept == KEPT && fate.is_news != (is_news || is_unanswered) {
            violated!("repeats", "{message:?} is news: {}, not {is_news}", fate.is_news);
        }
        if message.wants_ack {
            match answer {
                Some(Answer { kept: Some(_), .. }) if fate.has_reply && !fate.waits => {}
                Some(Answer { kept: None, waiting, .. })
                    if !fate.has_reply && (fate.waits || *waiting >= 100) => {}
                None if fate.waits && fate.is_news => {}
                _ => violated!("repeats", "{message:?} is answered otherwise: {fate:?}"),
            }
        }
        if fate.waits {
            self.wait_for_answer(content, fate.is_news);
        }
        if !fate.is_news {
            return self.run.tally.one(Count::RepeatsDropped);
        }
        self.run.tally.one(Count::Shown);
        let session = self.page.owners.session();
        if fetched_in.unwrap_or(message.session) != session {
            violated!("I11", "{message:?} is shown to {session}");
        }
        if !is_fetched && !message.wants_ack {
            if message.number < self.page.feed.shown {
                violated!("resync", "{message:?} is shown after a later one");
            }
            self.page.feed.shown = message.number;
        }
        let place = self.quietly(|client| client.saw());
        self.page.feed.note(place);
    }

    fn wait_for_answer(&mut self, content: u64, is_first: bool) {
        let plan = self.feed_plan();
        let feed = &mut self.page.feed;
        if !is_first {
            feed.answers.get_mut(&content).expect("somebody waits").waiting += 1;
            return;
        }
        feed.answered += 1;
        let number = feed.answered;
        feed.answers.insert(content, Answer { kept: None, waiting: 1, number });
        let is_large = self.run.feed.chance(plan.large);
        let answered = Later::Answered { content, number, is_large };
        if self.run.feed.chance(plan.silent) {
        } else if self.run.feed.chance(plan.late) {
            self.later(answered);
        } else {
            self.app_answers(content, number, is_large);
        }
    }

    /// The app calls the function that it was handed.
    fn app_answers(&mut self, content: u64, number: u64, is_large: bool) {
        let answer = self.page.feed.answers.get_mut(&content);
        let Some(answer) = answer.filter(|answer| answer.number == number) else { return };
        if answer.kept.is_some() {
            return;
        }
        answer.kept = Some(number);
        answer.waiting = 0;
        let is_kept =
            self.quietly(|client| client.replied(content, if is_large { 10_001 } else { 9 }));
        if is_kept && is_large || !is_kept && !is_large && self.feed_plan().kept == KEPT {
            violated!("repeats", "an answer is kept: {is_kept}, large: {is_large}");
        }
        if !is_kept {
            self.page.feed.answers.remove(&content);
        }
    }

    /// The app hands over what it fetched, and is done.
    fn resynced(&mut self, round: u32, session: SessionId, is_whole: bool) {
        let log = &self.page.feed.log;
        let its: Vec<usize> = (0..log.len()).filter(|&id| log[id] == session).collect();
        for _ in 0..self.run.feed.below(6) {
            let Some(&id) = its.get(self.run.feed.index(its.len())) else { break };
            let is_ours = self.quietly(|client| client.is_ours(round));
            let is_there = session == self.page.owners.session() && !self.page.shell.is_destroyed;
            if is_ours && self.page.owners.is_told() != is_ours || is_there && !is_ours {
                violated!("I11", "what was fetched by {session} is handed out: {is_ours}");
            }
            if !is_ours {
                break;
            }
            let copy = if self.run.feed.chance(500) { 0 } else { FETCHED };
            let message = Message { id, copy, name: 0, wants_ack: false, session, number: 0 };
            self.hand_out(message, Some(session));
        }
        self.quietly(|client| client.resynced(round, is_whole));
        if self.page.feed.round == Some(round) {
            self.run.tally.one(Count::Resynced);
            self.page.feed.hold = None;
            if is_whole {
                self.page.feed.gap = None;
            }
        }
    }

    /// The server refuses a join of the page's, or of the app's own.
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
        match order {
            Order::Say { key, .. } => {
                let said = self.page.feed.said.get_mut(&key);
                match said {
                    Some((over, _)) if up.is_some() && *over != up => *over = up,
                    _ => violated!("said", "{key} is said again over {up:?}, after {said:?}"),
                }
                self.run.tally.one(Count::SaidAgain);
            }
            Order::Emit { key } => match self.page.feed.soon.remove(&key) {
                Some((its, until)) if its == session && now < until && up.is_some() => {}
                held => violated!("held", "{held:?} leaves at {now} in {session}"),
            },
            Order::Discard { value: Value::Held, key } => match self.page.feed.soon.remove(&key) {
                Some((_, until)) if until <= now => {}
                held => violated!("held", "{held:?} is dropped at {now}"),
            },
            Order::Discard { value: Value::Answer, key } => {
                if self.feed_plan().kept == KEPT {
                    violated!("repeats", "the answer to {key} is forgotten");
                }
                self.page.feed.answers.remove(&key);
            }
            Order::Discard { value: Value::Said, key } => {
                violated!("said", "{key} is forgotten, and there are few")
            }
            Order::Returned { begins } => {
                let feed = &mut self.page.feed;
                if feed.is_recovered {
                    feed.gap = None;
                }
                if begins.is_some() != feed.last.is_none() {
                    violated!("resync", "{begins:?} is noted down, after {:?}", feed.last);
                }
                if let Some(place) = begins {
                    feed.note(place);
                }
            }
            Order::Resync { round, since } => self.ask_app(round, since),
            Order::Release => {
                self.page.feed.hold = None;
                while let Some(message) = self.page.feed.held.pop_front() {
                    self.hand_out(message, None);
                }
            }
            Order::AskOnline => {
                self.page.feed.online_over = up;
                let epoch = self.page.shell.client.epoch();
                if self.run.plan.feed.is_some() {
                    self.later(Later::Listed { epoch });
                }
            }
            Order::StopTyping { who } => match self.page.feed.typing.remove(&who) {
                Some(until) if until <= now => {}
                until => violated!("typing", "{who} stops at {now}, not {until:?}"),
            },
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
            | Order::Look => {}
        }
    }

    fn ask_app(&mut self, round: u32, since: u32) {
        let Some(plan) = self.run.plan.feed else {
            return self.page.shell.client.resynced(round, true);
        };
        let now = self.page.shell.client.now().0;
        let session = self.page.owners.session();
        let feed = &mut self.page.feed;
        let is_missing = feed.gap.is_some() && feed.gap == feed.places[since as usize];
        if !is_missing || feed.is_recovered || feed.round.is_some() {
            violated!("resync", "asked since {since}, where the gap is {:?}", feed.gap);
        }
        feed.round = Some(round);
        feed.hold = Some(now + 5_000);
        match self.run.feed.weighted(plan.resyncs) {
            0 => self.resynced(round, session, true),
            1 => self.later(Later::Resynced { round, session, is_whole: true }),
            2 => {}
            _ => self.later(Later::Resynced { round, session, is_whole: false }),
        }
    }

    /// The app's listeners have heard of a new link. Some say what they have to by themselves.
    pub(super) fn greet(&mut self, epoch: Epoch) {
        let plan = self.feed_plan();
        if self.run.feed.chance(300) {
            self.do_deed(Deed::Emit);
        }
        let up = self.up();
        let is_recovered = self.page.feed.last.is_some() && self.run.feed.chance(plan.recovers);
        let feed = &mut self.page.feed;
        feed.is_recovered = is_recovered;
        if is_recovered {
            for (over, _) in feed.said.values_mut() {
                *over = up;
            }
        }
        self.call(|client, now| client.greeted(now, epoch, is_recovered));
    }

    /// A room is asked for.
    pub(super) fn asked_for_room(&mut self) {
        self.page.feed.is_join_asked = true;
        self.page.shell.client.asked_for_room([ROOM, 0, 0]);
    }

    /// A message leaves: all that was said before is said again by now.
    pub(super) fn check_said(&self) {
        let up = self.up();
        let unsaid = self.page.feed.said.iter().find(|(_, (over, _))| *over != up);
        if let Some(unsaid) = unsaid {
            violated!("said", "a message leaves before {unsaid:?} over {up:?}");
        }
    }

    pub(super) fn check_feed_at_rest(&self) {
        if self.run.plan.feed.is_none() {
            return;
        }
        let feed = &self.page.feed;
        let client: &Client = &self.page.shell.client;
        let due = client.poll_timeout().map_or(u64::MAX, |at| at.0);
        let is_ready = client.status().phase == Phase::Ready;
        let up = self.up();
        if !feed.held.is_empty() && feed.hold.is_none_or(|until| due > until) {
            violated!("resync", "messages are held until {:?}, and it is due {due}", feed.hold);
        }
        if let Some((who, until)) = feed.typing.iter().find(|&(_, &until)| due > until) {
            violated!("typing", "{who} types until {until}, and it is due {due}");
        }
        if let Some(held) = feed.soon.values().find(|&&(_, until)| is_ready || due > until) {
            violated!("held", "{held:?} is held, and it is due {due}");
        }
        if !client.is_presence_stale() && (feed.listed_over.is_none() || feed.listed_over != up) {
            violated!("presence", "a list of {:?} is fresh over {up:?}", feed.listed_over);
        }
        if is_ready && up.is_some() && feed.online_over != up {
            violated!("presence", "nobody was asked who is online");
        }
        if is_ready && up.is_some() && feed.gap.is_some() && feed.round.is_none() {
            violated!("resync", "nobody was asked for what was missed");
        }
    }
}

/// What the memory of repeats holds, where it holds all.
const KEPT: usize = 1_000;
/// The copy of a message that the app fetches.
const FETCHED: u64 = COPIES - 1;
pub(super) const ROOM: u64 = 1;
const OTHER_ROOM: u64 = 99;
