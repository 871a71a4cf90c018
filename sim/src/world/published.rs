//! Feeds: what the server publishes, what happens to it on the way, and what the page's client does with it.
//!
//! The shell's part is what JavaScript does: it has the items and the offsets, on disk too, and passes on what the
//! client tells it to.

use holdfast::client::feed::{Item as Fate, Read};
use holdfast::client::identity::User;
use holdfast::engine::{Epoch, Millis};

use super::World;
use crate::event::Event;
use crate::ids::{ConnectionId, ONLY};
use crate::network::Connection;
use crate::plan::Notice;
use crate::publisher::{Answer, FeedKey, Item, Position};
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::wire::{Credentials, Emitted, Frame, Packet};

/// The user's own feed, and the room's.
const OWN: u32 = 0;
const ROOM: u32 = 1;
/// The room belongs to no user.
const NOBODY: User = 0;

// Actions of the server and the app.
impl World {
    pub(super) fn do_published(&mut self, notice: Notice) {
        match notice {
            Notice::Publish { feed } => self.publish(feed),
            Notice::Follow => self.follow(),
            Notice::Leave => {
                self.page.published.feed(ROOM).leave();
                self.quietly(|client| client.leave_feed(ROOM));
            }
            Notice::Replace { feed } => {
                note!(self.run, "the store is another one");
                let key = self.key_of_page(feed);
                self.publisher.replace(key);
            }
            Notice::RollBack { feed, by } => {
                note!(self.run, "the store loses {by} items");
                let key = self.key_of_page(feed);
                self.publisher.roll_back(key, by);
            }
        }
        self.drain();
    }

    fn follow(&mut self) {
        if std::mem::replace(&mut self.page.published.feed(ROOM).is_followed, true) {
            return;
        }
        self.page.published.feed(ROOM).is_refused = false;
        self.call(|client, now| client.follow_feed(now, ROOM));
        self.take_up_position(ROOM);
    }

    /// The feed of the page's user is followed from the beginning.
    pub(super) fn begin_published(&mut self) {
        if self.run.plan.published.is_some() {
            self.page.published.feed(OWN).is_followed = true;
            self.call(|client, now| client.follow_feed(now, OWN));
        }
    }

    /// The feed of the page's present user.
    fn key_of_page(&self, feed: u32) -> FeedKey {
        let user = if self.run.plan.users.is_some() { self.page.owners.key() } else { ONLY };
        if feed == ROOM { (NOBODY, ROOM) } else { (user, OWN) }
    }

    /// The feed as the server sees the user of a connection.
    fn key_of(&self, connection: &Connection, feed: u32) -> FeedKey {
        let Credentials { name, subject, .. } = connection.credentials;
        let user = if self.run.plan.users.is_none() {
            ONLY
        } else if subject > 0 {
            subject % 100
        } else {
            name
        };
        if feed == ROOM { (NOBODY, ROOM) } else { (user, OWN) }
    }

    fn publish(&mut self, feed: u32) {
        let Some(plan) = self.run.plan.published else { return };
        let key = self.key_of_page(feed);
        let item = self.publisher.publish(key, plan.kept);
        self.run.tally.one(Count::Published);
        let is_kind = self.run.is_kind_now();
        if !is_kind && self.run.chain.chance(plan.unsent) {
            return self.run.tally.one(Count::Unsent);
        }
        for id in 0..self.network.connections.len() {
            let connection = &self.network.connections[id];
            let reads = connection.server_end.feeds[feed as usize];
            if !reads || !self.server.has(connection) || self.key_of(connection, feed) != key {
                continue;
            }
            if !is_kind && self.run.chain.chance(plan.lost) {
                self.run.tally.one(Count::Unsent);
                continue;
            }
            let late = !is_kind && self.run.chain.chance(plan.late);
            let late = if late { self.run.chain.below(400) } else { 0 };
            self.send_later(id, late, Packet::Event(Emitted::Item { feed, item }));
        }
    }

    fn send_later(&mut self, id: ConnectionId, late: u64, packet: Packet) {
        if late > 0 {
            let answer = Event::LateAnswer { connection: id, packet };
            self.run.schedule(self.run.now + late, answer);
        } else {
            self.server.send(&mut self.run, &mut self.network, id, packet);
        }
    }

    /// A connection was made.
    pub(super) fn announce(&mut self, id: ConnectionId) {
        if self.run.plan.published.is_some_and(|plan| plan.is_there) {
            self.server.send(&mut self.run, &mut self.network, id, Packet::Event(Emitted::Feeds));
        }
    }

    /// A read reaches the server: the connection is sent new items from now on, and then the store is read.
    pub(super) fn serve_read(&mut self, id: ConnectionId, frame: Frame) {
        let Frame::Read { feed, round, at } = frame else { return };
        let connection = &self.network.connections[id];
        let (Some(plan), true) = (self.run.plan.published, self.server.has(connection)) else {
            return;
        };
        let key = self.key_of(connection, feed);
        let is_kind = self.run.is_kind_now();
        let dice = &mut self.run.chain;
        let answer =
            if key == (NOBODY, OWN) || feed == ROOM && !is_kind && dice.chance(plan.refused) {
                Answer::Refused
            } else {
                self.network.connections[id].server_end.feeds[feed as usize] = true;
                if !is_kind && dice.chance(plan.silent) {
                    return;
                }
                if !is_kind && dice.chance(plan.failing) {
                    Answer::Failed { after: dice.below(20_000) }
                } else {
                    let is_stingy = !is_kind && dice.chance(plan.stingy);
                    self.publisher.read(key, at, if is_stingy { 0 } else { plan.page })
                }
            };
        let is_slow = !is_kind && self.run.chain.chance(plan.slow);
        let late = if is_slow { self.run.chain.magnitude(1, 40_000) } else { 0 };
        self.publisher.answers.push(answer);
        let answer = self.publisher.answers.len() - 1;
        self.send_later(id, late, Packet::Event(Emitted::Read { feed, round, answer }));
    }

    /// A store in the server's memory is replaced after a crash.
    pub(super) fn forget_published(&mut self) {
        if self.run.plan.published.is_some_and(|plan| plan.is_forgetful) {
            self.publisher.replace_all();
        }
    }
}

// The shell's actions.
impl World {
    /// The client orders a read.
    pub(super) fn read_feed(&mut self, feed: u32, round: u32) {
        if !self.page.published.is_known {
            violated!("feed", "a server that has announced no feeds is read");
        }
        let now = self.page.shell.client.now().0;
        self.page.published.feed(feed).reads(now);
        let at = self.page.published.feed(feed).at;
        self.page.published.reads += 1;
        self.run.tally.one(Count::FeedsRead);
        self.emit(Frame::Read { feed, round, at });
    }

    /// Checks that missing items are being read.
    pub(super) fn check_published_at_rest(&self) {
        let is_timely = !self.run.plan.kinds.clock && self.run.plan.clock.timer_jitter < 100;
        if is_timely && self.up().is_some() {
            self.page.published.check_at_rest(self.page.shell.client.now().0);
        }
    }

    /// Loads the saved positions of followed feeds, before the client is told of a link.
    pub(super) fn take_up_positions(&mut self) {
        for feed in [OWN, ROOM] {
            self.take_up_position(feed);
        }
    }

    fn take_up_position(&mut self, feed: u32) {
        let followed = self.page.published.feed(feed);
        if !followed.is_followed || followed.at.is_some() {
            return;
        }
        if let Some(position) = self.written_down(feed) {
            self.page.published.feed(feed).at = Some(position);
            self.page.published.is_known = true;
            self.quietly(|client| client.begin_feed(feed, position.offset()));
        }
    }

    pub(super) fn announced(&mut self, epoch: Epoch) {
        self.page.published.is_announced = true;
        self.page.published.is_known = true;
        self.call(|client, now| client.has_feeds(now, epoch));
    }

    pub(super) fn item_arrived(&mut self, id: ConnectionId, feed: u32, round: u32, item: Item) {
        let fate = self.call(|client, now| {
            client.item(now, feed, round, item.before.offset().print, item.position.offset())
        });
        note!(self.run, "   {fate:?}: {item:?} of {feed}, round {round}");
        let now = self.page.shell.client.now().0;
        let is_announced = self.page.published.is_announced;
        let followed = self.page.published.feed(feed);
        match fate {
            // Before the server has announced feeds, the client may not even have read.
            Fate::Dropped if round == 0 && is_announced => followed.heard(now, item),
            Fate::Dropped => {}
            Fate::Shown => self.show(id, feed, item),
            Fate::ShownWithKept => {
                let kept = followed.release();
                self.show(id, feed, item);
                for item in kept {
                    self.show(id, feed, item);
                }
            }
            Fate::Kept | Fate::KeptAlone => {
                followed.heard(now, item);
                followed.keep(item, fate == Fate::KeptAlone);
                self.run.tally.one(Count::ItemsKept);
            }
        }
    }

    fn show(&mut self, id: ConnectionId, feed: u32, item: Item) {
        let sent_to = self.network.connections[id].credentials.session;
        let session = self.page.owners.session();
        self.page.published.feed(feed).show(item, sent_to, session);
        self.run.tally.one(Count::ItemsShown);
        let saved = self.run.plan.published.map_or(0, |plan| plan.saved);
        if self.run.chain.chance(saved) {
            self.write_down();
        }
    }

    pub(super) fn read_answered(&mut self, id: ConnectionId, feed: u32, round: u32, answer: usize) {
        let answer = self.publisher.answers[answer].clone();
        let read = match &answer {
            Answer::Page { items, end } => {
                for &item in items {
                    self.item_arrived(id, feed, round, item);
                }
                Read::Page(end.offset())
            }
            Answer::Reset { end } => Read::Reset(end.offset()),
            Answer::Failed { after } => Read::Failed(Millis(*after)),
            Answer::Refused => Read::Refused,
        };
        note!(self.run, "-> feed {feed}, round {round}: {read:?}");
        if !self.call(|client, now| client.read_feed(now, feed, round, read)) {
            return;
        }
        let followed = self.page.published.feed(feed);
        match answer {
            Answer::Page { end, .. } => {
                followed.paged(end);
                if followed.at.is_none() {
                    followed.at = Some(end);
                    followed.has_begun = true;
                }
            }
            Answer::Reset { end } => {
                followed.answered();
                followed.at = Some(end);
                followed.has_begun = false;
                followed.is_reset = true;
                self.page.feed.missed.lost();
                self.run.tally.one(Count::PositionsLost);
            }
            Answer::Refused => followed.is_refused = true,
            Answer::Failed { .. } => {}
        }
    }
}

// Saved positions.
impl World {
    /// The position that the user reached on an earlier page load or in another tab.
    fn written_down(&self, feed: u32) -> Option<Position> {
        let scope = self.scope();
        self.positions.get(&(scope, self.generations.of(scope), feed)).copied()
    }

    /// Saves positions. Not for nobody, and not over a later position of the same chain.
    pub(super) fn write_down(&mut self) {
        let scope = self.scope();
        if scope == 0 || self.is_over_elsewhere() {
            return;
        }
        let generation = self.generations.of(scope);
        for feed in [OWN, ROOM] {
            let followed = self.page.published.feed(feed);
            let is_reset = std::mem::take(&mut followed.is_reset);
            let Some(at) = followed.at else { continue };
            let key = (scope, generation, feed);
            let is_behind = self.positions.get(&key).is_some_and(|kept| kept.number > at.number);
            if is_reset || !is_behind {
                self.positions.insert(key, at);
            }
        }
    }

    /// Whether every followed feed has reached the server's end, unless reading is not allowed.
    pub(super) fn has_read_all(&mut self) -> bool {
        if !self.run.plan.published.is_some_and(|plan| plan.is_there) {
            return true;
        }
        let mut ends = Vec::new();
        for page in self.living() {
            let Some(id) = page.connection else { continue };
            let connection = &self.network.connections[id];
            for (number, followed) in page.published.feeds() {
                if followed.is_followed && !followed.is_refused {
                    ends.push((self.key_of(connection, number), followed.at));
                }
            }
        }
        ends.into_iter().all(|(key, at)| at == Some(self.publisher.end(key)))
    }
}
