//! Events that are no messages of the outbox: what comes from the server, what is said to it again, and what is held.

#[cfg(not(feature = "followed"))]
use super::feed::{Item, Number, Offset, Read};
use super::resync::Place;
use super::sessions::Duty;
use super::{Came, Client, Fate, Order, Presence, Soon, Value, is_up};
use crate::engine::{Epoch, Input, Millis, Moment, Phase, sooner};

// The link and its room.
impl Client {
    /// The app's listeners have heard of the link, and have said what they had to. `is_recovered`: the server has taken up the
    /// session of the link before.
    pub fn greeted(&mut self, now: Moment, epoch: Epoch, is_recovered: bool) {
        if epoch == self.engine.epoch() && self.sessions.greeted(is_recovered) {
            self.handle(now, Input::Joined { epoch });
        }
    }

    /// The server was asked for the room, by the order to do so. It may call it any of these.
    pub fn asked_for_room(&mut self, names: [u64; 3]) {
        self.sessions.asked(names);
    }

    /// The server refused to let us into a room, or did not say which. Answers whether it was the one that this client
    /// joins; if not, nothing comes of it.
    pub fn join_rejected(&mut self, now: Moment, epoch: Epoch, room: Option<u64>) -> bool {
        let is_ours = self.sessions.rejected(room);
        if is_ours {
            self.handle(now, Input::JoinRejected { epoch });
        }
        is_ours
    }
}

// What is said again, held, or told once.
impl Client {
    /// An emit of the app's is leaving that is to be said again after each return. `is_asked`: it has a callback.
    pub fn said(&mut self, key: u64, is_asked: bool) {
        let evicted = self.sessions.said(key, is_asked);
        self.orders.extend(evicted);
    }

    /// What was said is over. Answers whether it would have been said again.
    pub fn unsaid(&mut self, key: u64) -> bool {
        self.sessions.unsaid(key)
    }

    /// A part of the app wants something said now, and after each return. Answers the number of this use, and
    /// whether it is to be said at once.
    pub fn remember(&mut self, key: u64) -> (u32, bool) {
        let (nth, is_now, evicted) = self.sessions.remember(key);
        self.orders.extend(evicted);
        (nth, is_now)
    }

    /// A use is over. Answers whether nobody wants it said any more.
    pub fn unremember(&mut self, key: u64, nth: u32) -> bool {
        self.sessions.unremember(key, nth)
    }

    /// The app emits something that is worth a wait. `epoch` is that of the connection that there is.
    pub fn emit_soon(&mut self, now: Moment, epoch: Epoch) -> Soon {
        let now = self.engine.advance(now);
        if !self.accepts() {
            return Soon::Dropped;
        }
        if self.engine.phase() == Phase::Ready && epoch == self.engine.epoch() {
            return Soon::Leaves;
        }
        self.sessions.hold(now)
    }

    /// Something is worth a warning. Answers whether the developer is to be told: once for each kind, until messages leave
    /// again, as an outage is no reason to fill the console.
    pub fn warns(&mut self, kind: u64) -> bool {
        self.sessions.warns(kind)
    }

    /// The app wants to know who is online. Nobody is asked unless messages may leave.
    pub fn ask_online(&mut self) {
        if self.engine.phase() == Phase::Ready {
            self.sessions.ask_online();
        }
    }
}

// What comes from the server.
impl Client {
    /// A live message came. Answers whether it is held until what was missed is there. One that wants an acknowledgement is not.
    pub fn holds(&mut self, wants_ack: bool) -> bool {
        if wants_ack {
            return false;
        }
        let (is_held, is_due) = self.resync.hold();
        if is_due {
            self.orders.push(Order::Release);
        }
        is_held
    }

    /// Something came that may be a repeat. `most` messages are kept in mind.
    pub fn came(&mut self, came: Came, most: usize) -> Fate {
        self.inbound.came(came, most, &mut self.orders)
    }

    /// A message is handed to the listeners. Answers where it is noted down.
    pub fn saw(&mut self) -> Place {
        self.resync.saw()
    }

    /// The app answered a message that asked for it, with so many characters. Answers whether that is kept for repeats.
    pub fn replied(&mut self, content: u64, size: u64) -> bool {
        self.inbound.answered(content, size)
    }

    /// Something came under one of several names. Answers whether it is what came under another one.
    pub fn is_alias(&mut self, now: Moment, what: u64, name: u32, has_id: bool) -> bool {
        let now = self.engine.advance(now);
        self.inbound.is_alias(now, what, name, has_id)
    }

    /// Somebody types to us, for so long; or no longer, with a span of none. Answers whether he did.
    pub fn typing(&mut self, now: Moment, who: u64, span: Millis) -> bool {
        let now = self.engine.advance(now);
        self.inbound.typing(now, who, span, &mut self.orders)
    }

    /// Whether what the app fetched in a round, or what was held since, is for the present user.
    #[must_use]
    pub fn is_ours(&self, round: u32) -> bool {
        self.is_end_told() && self.resync.is_ours(round)
    }

    /// The app has answered what was missed. `is_whole`: without a fault.
    pub fn resynced(&mut self, round: u32, is_whole: bool) {
        if self.resync.answered(round, is_whole) {
            self.orders.push(Order::Release);
        }
    }

    /// A list of who is online came over a link. Answers whether it is taken.
    pub fn listed(&mut self, epoch: Epoch) -> bool {
        let is_ours = epoch == self.engine.epoch() && self.has_connection();
        if is_ours {
            self.presence = Presence::Fresh;
        }
        is_ours
    }

    /// Whether the app is told that somebody has left, who was or was not on the list.
    #[must_use]
    pub fn is_left_news(&self, was_listed: bool) -> bool {
        self.presence.is_news(was_listed)
    }

    /// What is known of who is online may be wrong by now.
    #[must_use]
    pub fn is_presence_stale(&self) -> bool {
        self.presence == Presence::Stale || !is_up(self.engine.phase())
    }
}

// Feeds.
#[cfg(not(feature = "followed"))]
impl Client {
    /// A feed is followed, under a number of the caller's.
    pub fn follow_feed(&mut self, now: Moment, number: Number) {
        let now = self.engine.advance(now);
        self.feeds.follow(now, number);
    }

    /// A feed is followed no longer.
    pub fn leave_feed(&mut self, number: Number) {
        self.feeds.leave(number);
    }

    /// How far an earlier life of the page has got. Told before the answer to the first read, if at all.
    pub fn begin_feed(&mut self, number: Number, position: Offset) {
        self.feeds.begin(number, position);
    }

    /// The server says that it has feeds.
    pub fn has_feeds(&mut self, now: Moment, epoch: Epoch) {
        let now = self.engine.advance(now);
        if epoch == self.engine.epoch() && self.has_connection() {
            self.feeds.announced(now);
        }
    }

    /// An item came: with the round 0 by itself, or in the answer to a read of that round. `before` is the fingerprint of the
    /// offset that it names as the one before it.
    pub fn item(
        &mut self,
        now: Moment,
        number: Number,
        round: u32,
        before: u64,
        offset: Offset,
    ) -> Item {
        let now = self.engine.advance(now);
        // What was for a user who is gone is not for the next one.
        if !self.is_end_told() {
            return Item::Dropped;
        }
        self.feeds.item(now, number, round, before, offset)
    }

    /// A read was answered, of whose items each was told, or it failed. Answers whether that is of use: otherwise it comes too late.
    pub fn read_feed(&mut self, now: Moment, number: Number, round: u32, read: Read) -> bool {
        let now = self.engine.advance(now);
        let is_taken = self.is_end_told() && self.feeds.answered(now, number, round, read);
        if is_taken && matches!(read, Read::Reset(_)) {
            self.resync.lost();
            self.sessions.resync();
        }
        is_taken
    }

    pub(super) fn poll_read(&mut self) -> Option<Order> {
        if !is_up(self.engine.phase()) {
            return None;
        }
        let (feed, round) = self.feeds.poll(self.engine.now())?;
        Some(Order::Read { feed, round })
    }

    pub(super) fn poll_reads_at(&self) -> Option<Moment> {
        self.feeds.poll_timeout().filter(|_| is_up(self.engine.phase()))
    }
}

// What the client needs of them.
impl Client {
    pub(super) fn connection_lost(&mut self) {
        self.sessions.link_lost();
        self.resync.link_lost();
        self.inbound.link_lost(&mut self.orders);
        #[cfg(not(feature = "followed"))]
        self.feeds.link_lost();
        self.presence = Presence::Stale;
    }

    /// Of a user who is gone nothing is said or handed out.
    pub(super) fn forget(&mut self) {
        self.sessions.forget();
        self.resync.forget();
        self.inbound.forget();
        #[cfg(not(feature = "followed"))]
        self.feeds.forget();
        self.presence = Presence::Stale;
    }

    /// A value that was not needed any more is needed again.
    pub(super) fn needs(&mut self, value: Value, key: u64) -> bool {
        match value {
            Value::Said => self.sessions.says(key),
            Value::Held => false,
            Value::Answer => self.inbound.has_answer(key),
        }
    }

    pub(super) fn release_held(&mut self) {
        if self.resync.release() {
            self.orders.push(Order::Release);
        }
    }

    pub(super) fn poll_duty(&mut self) -> Option<Order> {
        let now = self.engine.now();
        let is_ready = self.engine.phase() == Phase::Ready;
        let held = self.sessions.poll_held(now, is_ready);
        if held.is_some() || !is_ready {
            return held;
        }
        let is_recovered = self.sessions.is_recovered();
        loop {
            return match self.sessions.poll_duty() {
                Duty::Return => Some(Order::Returned { begins: self.resync.begin(is_recovered) }),
                Duty::Resync => match self.resync.ask(now) {
                    Some((round, since)) => Some(Order::Resync { round, since }),
                    None => continue,
                },
                Duty::AskOnline => Some(Order::AskOnline),
                Duty::None => None,
            };
        }
    }

    /// When the first of what is held is due, or the first typing mark ends.
    pub(super) fn poll_held_until(&self) -> Option<Moment> {
        let held = sooner(self.sessions.poll_timeout(), self.resync.poll_timeout());
        sooner(held, self.inbound.poll_timeout())
    }

    /// Events come over a link from when the attempt is made: socket.io hands out what it has before it says that it is connected.
    fn has_connection(&self) -> bool {
        let phase = self.engine.phase();
        is_up(phase) || phase == Phase::Connecting
    }
}
