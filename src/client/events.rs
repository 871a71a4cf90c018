//! Events outside of the outbox: those from the server, remembered emits, and deferred events.

#[cfg(not(feature = "followed"))]
use super::feed::{Item, Number, Offset, Read};
use super::resync::Mark;
use super::sessions::Duty;
use super::{Came, Client, Fate, Order, Presence, Soon, Value, is_up};
use crate::engine::{Epoch, Input, Millis, Moment, Phase, sooner};

// The link and its room.
impl Client {
    /// The app's listeners have handled the new link. `is_recovered` is true if the server recovered the session of
    /// the link before.
    pub fn greeted(&mut self, now: Moment, epoch: Epoch, is_recovered: bool) {
        if epoch == self.engine.epoch() && self.sessions.greeted(is_recovered) {
            self.handle(now, Input::Joined { epoch });
        }
    }

    /// The server was asked for the room. Its answer may use any of these names.
    pub fn asked_for_room(&mut self, names: [u64; 3]) {
        self.sessions.asked(names);
    }

    /// The server refused a join, or did not name the room. Returns whether it was this client's room; if not,
    /// nothing changes.
    pub fn join_rejected(&mut self, now: Moment, epoch: Epoch, room: Option<u64>) -> bool {
        let is_ours = self.sessions.rejected(room);
        if is_ours {
            self.handle(now, Input::JoinRejected { epoch });
        }
        is_ours
    }
}

// Remembered emits, deferred events and one-time notices.
impl Client {
    /// An emit that is to be replayed after each reconnect leaves. `is_asked` is true if it has a callback.
    pub fn emitted(&mut self, key: u64, is_asked: bool) {
        let evicted = self.sessions.emitted(key, is_asked);
        self.orders.extend(evicted);
    }

    /// Forgets a remembered emit. Returns whether it was remembered.
    pub fn forget_emit(&mut self, key: u64) -> bool {
        self.sessions.forget_emit(key)
    }

    /// A part of the app wants an emit now and after each reconnect. Returns the number of this use, and whether to
    /// emit at once.
    pub fn remember(&mut self, key: u64) -> (u32, bool) {
        let (nth, is_now, evicted) = self.sessions.remember(key);
        self.orders.extend(evicted);
        (nth, is_now)
    }

    /// A use is over. Returns whether no other part of the app wants the emit.
    pub fn unremember(&mut self, key: u64, nth: u32) -> bool {
        self.sessions.unremember(key, nth)
    }

    /// The app emits an event that may wait for a link. `epoch` is that of the present connection.
    pub fn emit_soon(&mut self, now: Moment, epoch: Epoch) -> Soon {
        let now = self.engine.advance(now);
        if !self.accepts() {
            return Soon::Dropped;
        }
        if self.engine.phase() == Phase::Ready && epoch == self.engine.epoch() {
            return Soon::Leaves;
        }
        self.sessions.defer(now)
    }

    /// Returns whether to log a warning of this kind: once per kind until messages leave again, because an outage
    /// is no reason to fill the console.
    pub fn warns(&mut self, kind: u64) -> bool {
        self.sessions.warns(kind)
    }

    /// The app wants to know who is online. The server is asked only if messages may leave.
    pub fn ask_online(&mut self) {
        if self.engine.phase() == Phase::Ready {
            self.sessions.ask_online();
        }
    }
}

// Events from the server.
impl Client {
    /// A live message came. Returns whether to buffer it until what was missed is here. A message that wants an
    /// acknowledgement is not buffered.
    pub fn buffers(&mut self, wants_ack: bool) -> bool {
        if wants_ack {
            return false;
        }
        let (is_buffered, is_due) = self.resync.push();
        if is_due {
            self.orders.push(Order::Release);
        }
        is_buffered
    }

    /// An event came that may be a repeat. `most` is the number of messages to remember.
    pub fn came(&mut self, came: Came, most: usize) -> Fate {
        self.inbound.came(came, most, &mut self.orders)
    }

    /// A message is passed to the listeners. Returns the mark in which to note it.
    pub fn saw(&mut self) -> Mark {
        self.resync.saw()
    }

    /// The app answered a message, in `size` characters. Returns whether to keep the answer for repeats.
    pub fn replied(&mut self, content: u64, size: u64) -> bool {
        self.inbound.answered(content, size)
    }

    /// An event came for a callback with several names. Returns whether it is one that came under another name.
    pub fn is_alias(&mut self, now: Moment, what: u64, name: u32, has_id: bool) -> bool {
        let now = self.engine.advance(now);
        self.inbound.is_alias(now, what, name, has_id)
    }

    /// Somebody is typing, for this span; a span of zero ends it. Returns whether they were typing.
    pub fn typing(&mut self, now: Moment, who: u64, span: Millis) -> bool {
        let now = self.engine.advance(now);
        self.inbound.typing(now, who, span, &mut self.orders)
    }

    /// Whether what the app fetched in a round, or what was buffered since, is for the present user.
    #[must_use]
    pub fn is_ours(&self, round: u32) -> bool {
        self.is_end_told() && self.resync.is_ours(round)
    }

    /// The app has answered the request for what was missed. `is_whole` is true if it succeeded.
    pub fn resynced(&mut self, round: u32, is_whole: bool) {
        if self.resync.answered(round, is_whole) {
            self.orders.push(Order::Release);
        }
    }

    /// A list of who is online came over a link. Returns whether it is accepted.
    pub fn listed(&mut self, epoch: Epoch) -> bool {
        let is_ours = epoch == self.engine.epoch() && self.has_connection();
        if is_ours {
            self.presence = Presence::Fresh;
        }
        is_ours
    }

    /// Whether to tell the app that somebody left. `was_listed` is true if the user was on the known list.
    #[must_use]
    pub fn is_left_news(&self, was_listed: bool) -> bool {
        self.presence.is_news(was_listed)
    }

    /// Whether the known list of who is online may be wrong.
    #[must_use]
    pub fn is_presence_stale(&self) -> bool {
        self.presence == Presence::Stale || !is_up(self.engine.phase())
    }
}

// Feeds.
#[cfg(not(feature = "followed"))]
impl Client {
    /// Follows a feed, under a number of the caller.
    pub fn follow_feed(&mut self, now: Moment, number: Number) {
        let now = self.engine.advance(now);
        self.feeds.follow(now, number);
    }

    /// Stops following a feed.
    pub fn leave_feed(&mut self, number: Number) {
        self.feeds.leave(number);
    }

    /// Sets the position that an earlier page load reached. Call it before the answer to the first read, if at all.
    pub fn begin_feed(&mut self, number: Number, position: Offset) {
        self.feeds.begin(number, position);
    }

    /// The server announced that it has feeds.
    pub fn has_feeds(&mut self, now: Moment, epoch: Epoch) {
        let now = self.engine.advance(now);
        if epoch == self.engine.epoch() && self.has_connection() {
            self.feeds.announced(now);
        }
    }

    /// An item came: live, with the round 0, or in the answer to the read of that round. `before` is the
    /// fingerprint of the offset that it names as its predecessor.
    pub fn item(
        &mut self,
        now: Moment,
        number: Number,
        round: u32,
        before: u64,
        offset: Offset,
    ) -> Item {
        let now = self.engine.advance(now);
        // An item for a former user is not for the next one.
        if !self.is_end_told() {
            return Item::Dropped;
        }
        self.feeds.item(now, number, round, before, offset)
    }

    /// A read was answered, and each of its items was reported before, or it failed. Returns whether the answer
    /// counts; if not, it came too late.
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

// Methods for the rest of the client.
impl Client {
    pub(super) fn connection_lost(&mut self) {
        self.sessions.link_lost();
        self.resync.link_lost();
        self.inbound.link_lost(&mut self.orders);
        #[cfg(not(feature = "followed"))]
        self.feeds.link_lost();
        self.presence = Presence::Stale;
    }

    /// Forgets what belongs to a user who is gone.
    pub(super) fn forget(&mut self) {
        self.sessions.forget();
        self.resync.forget();
        self.inbound.forget();
        #[cfg(not(feature = "followed"))]
        self.feeds.forget();
        self.presence = Presence::Stale;
    }

    /// Whether a value that was to be discarded is needed again.
    pub(super) fn needs(&mut self, value: Value, key: u64) -> bool {
        match value {
            Value::Remembered => self.sessions.remembers(key),
            Value::Deferred => false,
            Value::Answer => self.inbound.has_answer(key),
        }
    }

    pub(super) fn release_buffered(&mut self) {
        if self.resync.release() {
            self.orders.push(Order::Release);
        }
    }

    pub(super) fn poll_duty(&mut self) -> Option<Order> {
        let now = self.engine.now();
        let is_ready = self.engine.phase() == Phase::Ready;
        let deferred = self.sessions.poll_deferred(now, is_ready);
        if deferred.is_some() || !is_ready {
            return deferred;
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

    /// When the next deferred or buffered event is due, or a typing mark ends.
    pub(super) fn poll_events_at(&self) -> Option<Moment> {
        let deferred = sooner(self.sessions.poll_timeout(), self.resync.poll_timeout());
        sooner(deferred, self.inbound.poll_timeout())
    }

    /// Whether events may come over the link. They may from the attempt on: socket.io emits received events before
    /// it reports the connection.
    fn has_connection(&self) -> bool {
        let phase = self.engine.phase();
        is_up(phase) || phase == Phase::Connecting
    }
}
