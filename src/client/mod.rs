//! The client: wraps the [engine](crate::engine) and makes the decisions that depend on the user and on what the
//! server supports. Like the engine it is deterministic and has no I/O.
//!
//! The caller drives it like the engine: it calls commands, reports facts, polls orders with [`Client::poll`], and
//! calls [`Client::handle_timeout`] at the one deadline.
//!
//! # Terms
//!
//! - session: one user's time with the client. A logout, or another user, ends it.
//! - generation of logouts: a number in storage that every logout raises, so that other tabs notice the logout.
//! - link: the managed connection, with its phases. Each attempt at it has a number, the epoch.
//! - receipt: the server's refusal of a CONNECT for an unknown namespace. It proves that the server has taken all
//!   packets before it.
//! - journal: the saved messages of one tab. An opening is one use of the storage, from its opening to its closing.
//! - edge: the JavaScript around the client, which has the payloads, the Socket and the storage.
//!
//! # Invariants
//!
//! I1 to I10 are the engine's.
//!
//! - I11 a message leaves only over a link that was authorized for its owner ([`identity`]).
//! - I12 once a later generation of logouts was seen, nothing of the session leaves any more.
//! - I13 the unproven messages on their way never exceed what the link has shown to deliver ([`receipts`]).
//! - I14 a message that a receipt proves received is not sent again over the same link, unless this server is known
//!   to acknowledge the event. A message without a receipt when its link dies is in doubt.
//! - I15 the reported result of a message is true: it is reported as not delivered only if it never left or the
//!   server refused it ([`claim`]).

pub mod claim;
pub mod clock;
pub mod deliveries;
mod events;
mod explain;
#[cfg(not(feature = "followed"))]
pub mod feed;
pub mod identity;
mod inbound;
#[cfg(not(feature = "followed"))]
mod journal;
#[cfg_attr(feature = "followed", path = "unkept.rs")]
pub mod keeper;
mod lanes;
mod life;
mod memory;
mod messages;
mod orders;
mod page;
mod presence;
pub mod receipts;
mod resync;
mod sessions;
pub mod storage;
#[cfg(not(feature = "followed"))]
mod tabs;
pub mod timer;
pub mod transport;
pub mod verdict;

use alloc::vec::Vec;

use crate::engine::{
    Answering, Config, Engine, Epoch, Grant, Input, Millis, Moment, Notice, Outcome, Output, Phase,
    Seq, Standing, Status, sooner,
};
use deliveries::Deliveries;
pub use explain::Wait;
#[cfg(not(feature = "followed"))]
use feed::Feeds;
use identity::{Change, Identity, User};
use inbound::Inbound;
pub use inbound::{Came, Fate};
use keeper::{Keeper, Saved};
use life::Life;
pub use life::{Door, Talk};
pub use orders::{Order, Value};
pub use page::PageEvent;
use presence::Presence;
use receipts::{Answer, Proof, Receipts, Support};
use resync::Resync;
use sessions::Sessions;
pub use sessions::Soon;
pub use storage::Address;

/// The client's state machine. See the [module](self) for how to drive it.
#[derive(Debug)]
pub struct Client {
    /// The link and the outbox.
    engine: Engine,
    /// The user that the messages belong to, and the user that the link is for.
    identity: Identity,
    /// Proof of what the server has taken, and the limit on unproven messages.
    receipts: Receipts,
    /// Saves messages across reloads.
    keeper: Keeper,
    /// Each message's way to its one result.
    deliveries: Deliveries,
    /// Whether the user is logged in, and whether a link may be asked for.
    life: Life,
    /// Remembered emits, the room, deferred events and the tasks of a new link.
    sessions: Sessions,
    /// Requests for what was missed, and the live messages buffered meanwhile.
    resync: Resync,
    /// Repeats and typing marks.
    inbound: Inbound,
    /// Whether the list of online users is current.
    presence: Presence,
    /// The positions in the server's feeds.
    #[cfg(not(feature = "followed"))]
    feeds: Feeds,
    /// The client's own orders, never more than a few.
    orders: Vec<Order>,
    /// The configured time for an acknowledgement.
    ack_timeout: Millis,
    /// How long to wait if the server answers 'later' and names no time.
    backoff: Millis,
    /// A link that lives this long is stable.
    stable: Millis,
    /// How long a receipt may be overdue on a link that has answered receipts, before the link counts as dead.
    patience: Millis,
    /// The size in bytes of the largest packet that the server accepts over this link.
    largest: u64,
    /// When the last look found the transport clogged, if it did.
    clogged_at: Option<Moment>,
    view: View,
    /// When the link became ready, or its window was last widened.
    ready_since: Moment,
    /// Receipts count as overdue from this moment at the earliest, because the timer was late before it.
    excused_at: Moment,
    pings: Pings,
    /// When a ping was due whose answer a receipt may stand for.
    pinged_at: Option<Moment>,
}

/// How current the client's view of the transport and of the logouts in storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    /// Current: this many messages may leave before the next look.
    Fresh(u32),
    /// Outdated: no message leaves before the next look.
    Stale,
    /// The next poll orders a look in any case.
    Due,
}

/// Whether this server has a ping handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pings {
    /// Unknown: this many pings were answered by a receipt alone.
    Unknown(u32),
    /// It answers pings.
    Answered,
    /// It has no ping handler.
    Ignored,
}

// Commands.
impl Client {
    /// Makes an idle client for an anonymous user.
    #[must_use]
    pub fn new(config: Config, seed: u64, now: Moment) -> Self {
        let (ack_timeout, stable) = (config.send.ack_timeout, config.reconnect.stable);
        let backoff = config.send.backoff;
        let patience = patience(&config);
        let mut engine = Engine::new(config, seed, now);
        engine.expect_receipts(true);
        Self {
            ack_timeout,
            backoff,
            stable,
            patience,
            largest: u64::MAX,
            engine,
            identity: Identity::default(),
            receipts: Receipts::default(),
            keeper: Keeper::default(),
            deliveries: Deliveries::default(),
            life: Life::default(),
            sessions: Sessions::default(),
            resync: Resync::default(),
            inbound: Inbound::default(),
            presence: Presence::default(),
            #[cfg(not(feature = "followed"))]
            feeds: Feeds::default(),
            orders: Vec::new(),
            clogged_at: None,
            view: View::Due,
            ready_since: now,
            excused_at: now,
            pings: Pings::Unknown(0),
            pinged_at: None,
        }
    }

    /// Replaces the configuration. Deadlines that are running already stay as they are.
    pub fn reconfigure(&mut self, config: Config) {
        self.ack_timeout = config.send.ack_timeout;
        self.backoff = config.send.backoff;
        self.stable = config.reconnect.stable;
        self.patience = patience(&config);
        self.engine.reconfigure(config);
    }

    /// Opens a user's saved messages and closes those of the user before. `generation` is the user's present
    /// generation of logouts, `None` if nothing can be saved. `is_first` is true if that generation has just begun.
    /// No message leaves before the saved ones were read.
    ///
    /// Does nothing once the client was destroyed.
    pub fn keep(&mut self, now: Moment, generation: Option<u64>, is_first: bool) {
        self.view = View::Due;
        if self.engine.phase() == Phase::Closed {
            return;
        }
        self.engine.begin_restore();
        self.keeping(now, |keeper| keeper.keep(generation, is_first));
    }

    /// Lets somebody else make the attempts from now on. [`begun`](Self::begun) reports each of them.
    pub fn follow(&mut self) {
        self.engine.follow();
    }

    /// Names the user. `subject` is the subject that credentials had under this name in an earlier page load, 0 if
    /// unknown. A link that was made for somebody else is made anew.
    pub fn name(&mut self, now: Moment, name: User, subject: User) {
        let now = self.engine.advance(now);
        match self.identity.named(name, subject) {
            Change::None => return,
            Change::Claimed => {}
            Change::Ended => self.settle_session(now, false),
        }
        self.view = View::Due;
        self.relink(now);
    }

    /// Makes the link anew, if there is one, because the app's credentials have changed.
    pub fn relink(&mut self, now: Moment) {
        match self.engine.phase() {
            Phase::Idle | Phase::Waiting | Phase::Closed => {}
            Phase::Authorizing
            | Phase::Connecting
            | Phase::Joining
            | Phase::Ready
            | Phase::Suspect => {
                self.close(now);
                self.ask(now);
            }
        }
    }

    /// Sets what was saved about this server: whether it gives receipts.
    pub fn set_support(&mut self, support: Support) {
        self.receipts.learn(support);
        self.engine.expect_receipts(support != Support::Off);
    }

    /// Sets what was saved about this server: whether it acknowledges `event`.
    pub fn learn(&mut self, now: Moment, event: u32, answers: bool) {
        let answering = if answers { Answering::Answers } else { Answering::Silent };
        self.engine.learn(now, event, answering);
    }
}

// Facts.
impl Client {
    /// Handles a fact. A fact about an earlier link or a settled message is ignored.
    pub fn handle(&mut self, now: Moment, input: Input) {
        let now = self.engine.advance(now);
        match input {
            Input::Authorized { epoch, grant: Grant::Absent } if self.is_asked(epoch) => {
                self.life.made();
                if self.identity.is_anonymous() {
                    self.end_session(now);
                }
            }
            Input::Ponged { epoch } if epoch == self.engine.epoch() => {
                self.pings = Pings::Answered;
            }
            Input::Heard { epoch } if epoch == self.engine.epoch() => self.heard(now),
            Input::Woke => {
                self.excused_at = now;
                self.ask_again(now);
            }
            Input::Joined { epoch } if epoch == self.engine.epoch() => self.sessions.joined(),
            _ => {}
        }
        if !matches!(input, Input::Acked { .. } | Input::Heard { .. } | Input::Stored { .. }) {
            self.view = View::Due;
        }
        self.tell(now, input);
    }

    /// The app passed credentials. `name` is the user as the app names them now, `subject` the user that the
    /// credentials name; 0 means nobody.
    pub fn authorized(&mut self, now: Moment, epoch: Epoch, name: User, subject: User) {
        let mut grant = Grant::Granted;
        if self.is_asked(epoch) && !self.is_same_user(now, name, subject) {
            grant = Grant::Absent;
        }
        self.tell(now, Input::Authorized { epoch, grant });
    }

    /// An attempt that somebody else makes has sent its handshake. `name` is the user as the app names them now,
    /// `subject` the user that the credentials name; 0 means nobody. If that is another user, nothing leaves over
    /// the link.
    pub fn begun(&mut self, now: Moment, name: User, subject: User) {
        self.tell(now, Input::Begun);
        // The app names nobody any more, so the user who had a name is gone.
        if name == 0 && self.identity.has_name() {
            self.end_session(now);
        }
        if self.is_same_user(now, name, subject) {
            self.life.made();
        }
    }

    /// The server accepted the connection. `joins` is true if there is a room to join before messages leave.
    /// `heartbeat` is the longest silence that the server's own heartbeat allows, zero if unknown. Nothing leaves
    /// before [`greeted`](Self::greeted).
    pub fn linked(&mut self, now: Moment, epoch: Epoch, joins: bool, heartbeat: Millis) {
        if epoch == self.engine.epoch() && self.engine.phase() == Phase::Connecting {
            self.engine.set_heartbeat(heartbeat);
            self.sessions.linked(joins);
        }
        self.handle(now, Input::LinkUp { epoch, join: true });
        #[cfg(not(feature = "followed"))]
        if is_up(self.engine.phase()) {
            self.feeds.linked(self.engine.now());
        }
    }

    /// Sets the transport that carries messages from now on. `largest` is the size in bytes of the largest packet
    /// that the server accepts, 0 if it names none.
    pub fn over(&mut self, now: Moment, epoch: Epoch, polling: bool, largest: u64) {
        self.engine.advance(now);
        if epoch == self.engine.epoch() {
            self.receipts.over(polling);
            self.largest = if largest > 0 { largest } else { u64::MAX };
        }
    }

    /// Reports the state outside. `is_clogged` is true if the transport has more data to send than the link takes.
    /// `generation` is the user's generation of logouts in storage, `None` if the user is unknown or nothing is
    /// saved.
    ///
    /// Called for the order [`Order::Look`], and as soon as the caller knows that something outside has changed.
    pub fn looked(&mut self, now: Moment, is_clogged: bool, generation: Option<u64>) {
        let now = self.engine.advance(now);
        // No event reports that the transport has drained, so `poll_timeout` schedules another look.
        self.clogged_at = is_clogged.then_some(now);
        // Until the app was told that its session ended, `generation` still belongs to that session.
        let Some(generation) = generation.filter(|_| self.is_end_told()) else { return };
        if self.keeper.is_own(generation) {
            self.identity.began(generation);
        } else if self.identity.saw_generation(generation) == Change::Ended {
            self.logged_out_elsewhere(now);
        }
    }

    /// The server answered a receipt's CONNECT. `is_plain` is true if it refused the namespace as unknown.
    pub fn receipt(&mut self, now: Moment, epoch: Epoch, name: u32, is_plain: bool) {
        let now = self.engine.advance(now);
        if epoch != self.engine.epoch() || self.receipts.support() == Support::Off {
            return;
        }
        if !is_plain {
            return self.end_receipts();
        }
        let Some(Answer { proof, dispatched, sent_at }) =
            self.receipts.answered(now, name, self.ack_timeout)
        else {
            return;
        };
        let input = match proof {
            Proof::Received(first, last) => Input::Received { first, last },
            Proof::Dropped(first, last) => Input::Dropped { first, last },
        };
        self.tell(now, Input::Dispatched { last: dispatched });
        self.tell(now, input);
        let pinged_at = self.pinged_at.filter(|&at| at <= sent_at);
        if pinged_at.is_some() {
            self.pinged_at = None;
            if let Pings::Unknown(count) = self.pings {
                self.pings = if count >= 1 { Pings::Ignored } else { Pings::Unknown(count + 1) };
                if self.pings == Pings::Ignored {
                    let notice = Output::Report(Notice::PingsUnanswered);
                    self.orders.push(Order::Engine(notice));
                }
            }
            self.tell(now, Input::Ponged { epoch });
        } else {
            self.tell(now, Input::Heard { epoch });
        }
    }

    /// Reports the result of a storage order or a message of another tab to the keeper, by calling `tell`.
    pub fn stored<R>(&mut self, now: Moment, tell: impl FnOnce(&mut Keeper) -> R) -> R {
        self.keeping(now, tell)
    }

    /// The ordered reading is complete. `generation` is the user's present generation of logouts.
    pub fn read(&mut self, now: Moment, opening: u32, generation: u64) {
        if self.keeping(now, |keeper| keeper.read(opening, generation)) {
            self.identity.end();
            self.logged_out_elsewhere(now);
        }
    }

    /// Does everything that is due by `now`. Calling it early or twice is harmless.
    pub fn handle_timeout(&mut self, now: Moment) {
        let now = self.engine.advance(now);
        self.view = View::Due;
        if self.poll_timeout().is_some_and(|at| now - at > LATE) {
            // The machine slept or the page was throttled, so the answer may be queued behind this timer.
            self.excused_at = now;
        }
        self.step(|engine| engine.handle_timeout(now));
        self.keeping(now, Keeper::handle_timeout);
        self.inbound.expire(now, &mut self.orders);
        if self.resync.poll_timeout().is_some_and(|at| at <= now) {
            self.release_buffered();
        }
        if self.owed_until().is_some_and(|at| at <= now) {
            let epoch = self.engine.epoch();
            self.tell(now, Input::Stuck { epoch });
        }
        if self.unproven_until().is_some_and(|at| at <= now) {
            self.receipts.ask();
        }
    }
}

// The deadline and the view.
impl Client {
    /// When to call [`handle_timeout`](Self::handle_timeout), if at all. Valid once the orders are drained.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        let receipt = if self.is_linked() { self.receipts.deadline() } else { None };
        let owed = sooner(self.owed_until(), self.keeper.poll_timeout());
        let own = sooner(owed, sooner(self.unproven_until(), self.paced_until()));
        let own = sooner(own, self.poll_events_at());
        #[cfg(not(feature = "followed"))]
        let own = sooner(own, self.poll_reads_at());
        let any = sooner(receipt, sooner(own, self.engine.poll_timeout()));
        any.filter(|&at| at < Moment::NEVER)
    }

    /// The reason why an unsettled message waits at `now`. `None` once it has settled.
    #[must_use]
    pub fn standing(&self, now: Moment, seq: Seq) -> Option<Standing> {
        self.engine.standing(now, seq)
    }

    /// The state that the app may see.
    #[must_use]
    pub fn status(&self) -> Status {
        self.engine.status()
    }

    /// The phase of the link.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.engine.phase()
    }

    /// The client's time: the latest moment that it was given.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.engine.now()
    }

    /// The number of the latest connection attempt.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.engine.epoch()
    }

    /// Where a durable message is saved. `None` if it is not durable or has settled.
    #[must_use]
    pub fn saved(&self, seq: Seq) -> Option<Saved> {
        self.keeper.saved(seq)
    }

    /// The keeper, which saves messages across reloads.
    #[must_use]
    pub fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// Whether this server gives receipts.
    #[must_use]
    pub fn support(&self) -> Support {
        self.receipts.support()
    }
}

// Internals.
impl Client {
    /// Calls the engine, and reacts if a link began or ended by that.
    fn step<R>(&mut self, call: impl FnOnce(&mut Engine) -> R) -> R {
        let (before, in_flight) = (self.engine.phase(), self.engine.in_flight());
        let result = call(&mut self.engine);
        self.stepped(before, in_flight);
        result
    }

    /// As [`step`](Self::step), for a fact.
    #[inline(never)]
    fn tell(&mut self, now: Moment, input: Input) {
        self.step(|engine| engine.handle(now, input));
    }

    /// Reacts to what the engine did since it was in phase `before` with `in_flight` messages in flight.
    #[inline(never)]
    fn stepped(&mut self, before: Phase, in_flight: usize) {
        let after = self.engine.phase();
        let (was_linked, is_linked) = (is_linked(before), is_linked(after));
        if is_up(before) && !is_up(after) {
            self.connection_lost();
        }
        if after == Phase::Ready && before != Phase::Ready {
            self.sessions.ready(before != Phase::Suspect);
        }
        if is_linked && !was_linked {
            self.ready_since = self.engine.now();
            self.pinged_at = None;
            self.receipts.linked(self.engine.transmissions());
        }
        if was_linked && !is_linked {
            self.deliveries.link_lost();
            let now = self.engine.now();
            let was_young = now - self.ready_since < self.stable;
            // A burst ends an older link as well.
            let was_burst = in_flight > 1 && now - self.receipts.sent_at() < self.stable;
            let is_their_fault = was_young || was_burst;
            if !is_their_fault {
                self.receipts.stable();
            }
            let in_flight = u32::try_from(in_flight).unwrap_or(u32::MAX);
            self.receipts.link_lost(in_flight, is_their_fault);
        }
    }

    /// Whether the link is ready or only being probed.
    fn is_linked(&self) -> bool {
        is_linked(self.engine.phase())
    }

    /// Whether the app was told of every session that ended.
    fn is_end_told(&self) -> bool {
        !self.orders.iter().any(|order| matches!(order, Order::Ended { .. }))
    }

    /// Notes the user that an attempt is for. Returns whether that is the session's user; if not, the app is told.
    #[inline(never)]
    fn is_same_user(&mut self, now: Moment, name: User, subject: User) -> bool {
        self.view = View::Due;
        if self.identity.authorized(name, subject) == Change::Ended {
            self.settle_session(now, false);
        }
        let agrees = self.identity.agrees();
        if !agrees && self.life.refused() {
            self.orders.push(Order::Foreign);
        }
        agrees
    }

    /// The only check before every transmission: I11 and I13.
    fn may_transmit(&self) -> bool {
        self.throttled_until().is_none() && self.is_let()
    }

    fn is_let(&self) -> bool {
        let now = self.engine.now();
        self.identity.agrees() && self.receipts.may_transmit(now, self.engine.in_flight())
    }

    /// Until when the pace or a clogged transport stops every message.
    fn throttled_until(&self) -> Option<Moment> {
        let clogged_until = self.clogged_at.map_or(Moment(0), |at| at + LOOK_AGAIN);
        let at = self.receipts.gap_ends_at().max(clogged_until);
        (at > self.engine.now()).then_some(at)
    }

    /// As [`throttled_until`](Self::throttled_until), if only that stops a message.
    fn paced_until(&self) -> Option<Moment> {
        self.throttled_until().filter(|_| self.engine.could_transmit() && self.is_let())
    }

    /// Widens the window of a link that has lived long enough with few messages in flight. The link then has to
    /// live for as long again, because one of the delayed messages may be what ends links (I10).
    fn widen(&mut self) {
        if !self.receipts.is_narrow() {
            return;
        }
        let now = self.engine.now();
        if self.is_linked() && now - self.ready_since >= self.stable {
            self.receipts.stable();
            self.ready_since = now;
            self.engine.restart_life();
        }
    }

    /// When to ask for a receipt because an acknowledgement takes long. An event that the server acknowledges needs
    /// no receipt before.
    fn unproven_until(&self) -> Option<Moment> {
        if !self.receipts.proves() || self.receipts.is_owed() || !self.is_linked() {
            return None;
        }
        let since = self.engine.in_flight_since(self.receipts.covered())?;
        Some(since + UNPROVEN)
    }

    /// When a link that has answered receipts counts as dead because one is overdue.
    fn owed_until(&self) -> Option<Moment> {
        if !self.receipts.proves() || !self.is_linked() {
            return None;
        }
        Some(self.receipts.owed_since()?.max(self.excused_at) + self.patience)
    }

    /// Handles a packet from the server. A server that sends packets but no answer to the first receipt for this
    /// long gives no receipts.
    fn heard(&mut self, now: Moment) {
        let is_ignored = self.receipts.owed_since().is_some_and(|at| now - at >= IGNORED);
        if is_ignored && self.receipts.support() == Support::Unknown {
            self.end_receipts();
        }
    }

    fn end_receipts(&mut self) {
        self.set_support(Support::Off);
        self.orders.push(Order::Receiptless);
    }

    fn keeping<R>(&mut self, now: Moment, call: impl FnOnce(&mut Keeper) -> R) -> R {
        let now = self.engine.advance(now);
        self.keeper.advance(now);
        let result = call(&mut self.keeper);
        self.hand_on(now);
        result
    }

    /// Reports to the engine what the keeper has for it.
    #[inline(never)]
    fn hand_on(&mut self, now: Moment) {
        for input in self.keeper.take_told() {
            self.tell(now, input);
        }
    }

    /// I12: the user logged out in another tab.
    fn logged_out_elsewhere(&mut self, now: Moment) {
        self.seen_elsewhere();
        self.keeping(now, Keeper::log_out_elsewhere);
        self.settle_session(now, true);
        self.close(now);
    }

    fn end_session(&mut self, now: Moment) {
        self.identity.end();
        self.settle_session(now, false);
    }

    /// Settles all messages of the session, which is over (I11, I12). Messages of it that are read later settle as
    /// well.
    fn settle_session(&mut self, now: Moment, elsewhere: bool) {
        self.view = View::Due;
        if !elsewhere {
            self.keeping(now, Keeper::close);
        }
        self.life.session_ended();
        self.orders.push(Order::Ended { elsewhere });
        self.engine.settle_all(now, Outcome::LoggedOut);
    }
}

/// Whether the link is ready or only being probed.
fn is_linked(phase: Phase) -> bool {
    matches!(phase, Phase::Ready | Phase::Suspect)
}

/// Whether the server has accepted the connection.
fn is_up(phase: Phase) -> bool {
    is_linked(phase) || phase == Phase::Joining
}

/// An overdue receipt proves a dead link no sooner than silence does, and not before an acknowledgement is late.
fn patience(config: &Config) -> Millis {
    let silence = config.health.as_ref().map_or(STUCK, |health| health.timeout + health.probe);
    silence.max(config.send.ack_timeout)
}

/// If an acknowledgement takes longer than this, a receipt is sent to learn whether the message arrived.
const UNPROVEN: Millis = Millis(1_000);
/// A timer this late was delayed by the machine or the browser, and so may be the answer.
const LATE: Millis = Millis(1_000);
/// The patience if no health is configured. An event loop may be blocked for long.
const STUCK: Millis = Millis(30_000);
/// The time in which a browser passes some hundred kilobytes to a fast link.
const LOOK_AGAIN: Millis = Millis(4);
/// How long the first receipt of all may take on a server that sends other packets meanwhile.
const IGNORED: Millis = Millis(10_000);
