//! The client: the [engine](crate::engine), and the decisions around it that need to know whose a message is and
//! what this server makes of it. Like the engine it is deterministic and has no I/O.
//!
//! It is driven as the engine is: commands, facts, orders by [`Client::poll`], and one deadline.
//!
//! # Invariants
//!
//! I1 to I10 are the engine's.
//!
//! - I11 a message leaves only over a link that was authorized for its owner ([`identity`]).
//! - I12 once a later generation of logouts was seen nothing of the session leaves any more.
//! - I13 what is on its way unproven never exceeds what the link has shown to deliver ([`receipts`]).
//! - I14 what a receipt proves received is not sent again over the same link, unless this server is known to
//!   acknowledge the event. What has no receipt when a link dies is in doubt.
//! - I15 what is told about a message is true: it was not delivered only if it never left, or the server refused it
//!   ([`claim`]).

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
use keeper::{Held, Keeper};
use life::Life;
pub use life::{Door, Talk};
pub use orders::{Order, Value};
pub use page::PageEvent;
use presence::Presence;
use receipts::{Answer, Proof, Receipts, Support};
use resync::Resync;
use sessions::Sessions;
pub use sessions::Soon;
pub use storage::Place;

/// The state machine. See the [module](self) for how to drive it.
#[derive(Debug)]
pub struct Client {
    engine: Engine,
    identity: Identity,
    receipts: Receipts,
    keeper: Keeper,
    deliveries: Deliveries,
    life: Life,
    sessions: Sessions,
    resync: Resync,
    inbound: Inbound,
    presence: Presence,
    #[cfg(not(feature = "followed"))]
    feeds: Feeds,
    /// Its own, of which there are never more than a few.
    orders: Vec<Order>,
    ack_timeout: Millis,
    /// The wait for a server that says 'later', and names no time.
    backoff: Millis,
    stable: Millis,
    /// How long a receipt of a link that gave some may be owed.
    patience: Millis,
    /// The bytes of the largest packet that the server takes over this link.
    largest: u64,
    /// The transport had more to send than it can when it was looked at last, then.
    clogged_at: Option<Moment>,
    view: View,
    ready_since: Moment,
    /// An owed receipt counts from here at the earliest: before this the timer was late.
    excused_at: Moment,
    pings: Pings,
    /// When a ping was due that a receipt answers as well.
    pinged_at: Option<Moment>,
}

/// How well it is known what is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    /// So many messages may leave before the next look.
    Fresh(u32),
    /// Nothing leaves before a look.
    Stale,
    /// To be looked at whatever comes next.
    Due,
}

/// Whether this server has a handler for pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pings {
    /// So many were answered by a receipt alone.
    Unknown(u32),
    Answered,
    Ignored,
}

// Commands.
impl Client {
    /// An idle client for an anonymous user.
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

    /// Takes new numbers. What is under way keeps the deadlines it has.
    pub fn reconfigure(&mut self, config: Config) {
        self.ack_timeout = config.send.ack_timeout;
        self.backoff = config.send.backoff;
        self.stable = config.reconnect.stable;
        self.patience = patience(&config);
        self.engine.reconfigure(config);
    }

    /// Opens what is kept of a user, and closes what was open. `generation` is that of the user's logouts, none where
    /// nothing can be kept; `is_first` where it has just begun. Nothing leaves before what was kept is here.
    ///
    /// A client that was destroyed opens nothing.
    pub fn keep(&mut self, now: Moment, generation: Option<u64>, is_first: bool) {
        self.view = View::Due;
        if self.engine.phase() == Phase::Closed {
            return;
        }
        self.engine.restore();
        self.keeping(now, |keeper| keeper.keep(generation, is_first));
    }

    /// From now on somebody else makes the attempts, and [`begun`](Self::begun) is told of each.
    pub fn follow(&mut self) {
        self.engine.follow();
    }

    /// The app names the user. `subject` is whom credentials were seen to name under this name in an earlier
    /// life, 0 for nobody. A link that was for somebody else is made anew.
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

    /// What the app identifies itself by has changed: a link that there is was made with something else.
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

    /// What was kept of this server: whether receipts end here.
    pub fn set_support(&mut self, support: Support) {
        self.receipts.learn(support);
        self.engine.expect_receipts(support != Support::Off);
    }

    /// What was kept of this server and an event.
    pub fn learn(&mut self, now: Moment, event: u32, answers: bool) {
        let answering = if answers { Answering::Answers } else { Answering::Silent };
        self.engine.learn(now, event, answering);
    }
}

// Facts.
impl Client {
    /// Takes note of what happened. A fact about an earlier link, or a settled message, is ignored.
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

    /// The app handed over credentials. `name` is the user as the app names him at this moment, `subject` whom
    /// the credentials name, 0 for nobody.
    pub fn authorized(&mut self, now: Moment, epoch: Epoch, name: User, subject: User) {
        let mut grant = Grant::Granted;
        if self.is_asked(epoch) && !self.is_same_user(now, name, subject) {
            grant = Grant::Absent;
        }
        self.tell(now, Input::Authorized { epoch, grant });
    }

    /// Somebody else's attempt, which is followed, says to the server who the user is: `name` as the app names him at this
    /// moment, `subject` whom the credentials name, 0 for nobody. Over a link that is for another user nothing leaves.
    pub fn begun(&mut self, now: Moment, name: User, subject: User) {
        self.tell(now, Input::Begun);
        // Whoever had a name is gone where the app names nobody.
        if name == 0 && self.identity.has_name() {
            self.end_session(now);
        }
        if self.is_same_user(now, name, subject) {
            self.life.made();
        }
    }

    /// The server accepted the connection. `joins`: there is a room to be in before messages leave. `heartbeat` is the
    /// longest silence that its own heartbeat allows, zero where it is not known. Nothing leaves before
    /// [`greeted`](Self::greeted).
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

    /// The transport over which messages leave from now on, and the bytes of the largest packet that the server takes;
    /// 0 where it names none.
    pub fn over(&mut self, now: Moment, epoch: Epoch, polling: bool, largest: u64) {
        self.engine.advance(now);
        if epoch == self.engine.epoch() {
            self.receipts.over(polling);
            self.largest = if largest > 0 { largest } else { u64::MAX };
        }
    }

    /// What is outside at this moment. `is_clogged`: the transport has more to send than it can for now.
    /// `generation` is that of the user's logouts as storage has it; none where the user is not known, or nothing is
    /// stored.
    ///
    /// Besides the order [`Order::Look`] it is told as soon as something outside is known to have changed.
    pub fn looked(&mut self, now: Moment, is_clogged: bool, generation: Option<u64>) {
        let now = self.engine.advance(now);
        // Nobody says when that ends, so `poll_timeout` has it looked at again.
        self.clogged_at = is_clogged.then_some(now);
        // Before the app was told that a session ended, it tells of that session's.
        let Some(generation) = generation.filter(|_| self.is_end_told()) else { return };
        if self.keeper.is_own(generation) {
            self.identity.began(generation);
        } else if self.identity.saw_generation(generation) == Change::Ended {
            self.logged_out_elsewhere(now);
        }
    }

    /// The server answered a CONNECT of ours. `is_plain`: it refused the namespace as unknown.
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

    /// What became of an order to the storage, and what other tabs say. `tell` calls the keeper.
    pub fn stored<R>(&mut self, now: Moment, tell: impl FnOnce(&mut Keeper) -> R) -> R {
        self.keeping(now, tell)
    }

    /// All that was asked for was read. `generation` is that of the user's logouts by now.
    pub fn read(&mut self, now: Moment, opening: u32, generation: u64) {
        if self.keeping(now, |keeper| keeper.read(opening, generation)) {
            self.identity.end();
            self.logged_out_elsewhere(now);
        }
    }

    /// Does what is due by `now`. Harmless at any time.
    pub fn handle_timeout(&mut self, now: Moment) {
        let now = self.engine.advance(now);
        self.view = View::Due;
        if self.poll_timeout().is_some_and(|at| now - at > LATE) {
            // The machine slept, or the page was throttled: the answer may wait in line.
            self.excused_at = now;
        }
        self.step(|engine| engine.handle_timeout(now));
        self.keeping(now, Keeper::handle_timeout);
        self.inbound.expire(now, &mut self.orders);
        if self.resync.poll_timeout().is_some_and(|at| at <= now) {
            self.release_held();
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
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, if at all. Ask once drained.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        let receipt = if self.is_linked() { self.receipts.deadline() } else { None };
        let owed = sooner(self.owed_until(), self.keeper.poll_timeout());
        let own = sooner(owed, sooner(self.unproven_until(), self.paced_until()));
        let own = sooner(own, self.poll_held_until());
        #[cfg(not(feature = "followed"))]
        let own = sooner(own, self.poll_reads_at());
        let any = sooner(receipt, sooner(own, self.engine.poll_timeout()));
        any.filter(|&at| at < Moment::NEVER)
    }

    /// What a message waits for at `now`; none where it has settled.
    #[must_use]
    pub fn standing(&self, now: Moment, seq: Seq) -> Option<Standing> {
        self.engine.standing(now, seq)
    }

    /// The state as the app may see it.
    #[must_use]
    pub fn status(&self) -> Status {
        self.engine.status()
    }

    /// Where the link is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.engine.phase()
    }

    /// The engine's time: the latest that it was told.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.engine.now()
    }

    /// The attempt that was begun last.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.engine.epoch()
    }

    /// Where a message is kept; none where it is not to be, or has settled.
    #[must_use]
    pub fn held(&self, seq: Seq) -> Option<Held> {
        self.keeper.held(seq)
    }

    /// What is kept across reloads.
    #[must_use]
    pub fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// What this server makes of receipts.
    #[must_use]
    pub fn support(&self) -> Support {
        self.receipts.support()
    }
}

// What the above need.
impl Client {
    /// Calls the engine, and takes note of links that begin and end.
    fn step<R>(&mut self, call: impl FnOnce(&mut Engine) -> R) -> R {
        let (before, in_flight) = (self.engine.phase(), self.engine.in_flight());
        let result = call(&mut self.engine);
        self.stepped(before, in_flight);
        result
    }

    /// The same for a fact.
    #[inline(never)]
    fn tell(&mut self, now: Moment, input: Input) {
        self.step(|engine| engine.handle(now, input));
    }

    /// What the engine did, before which it was in that state.
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
            // A burst kills an older link as well.
            let was_burst = in_flight > 1 && now - self.receipts.sent_at() < self.stable;
            let is_their_fault = was_young || was_burst;
            if !is_their_fault {
                self.receipts.stable();
            }
            let in_flight = u32::try_from(in_flight).unwrap_or(u32::MAX);
            self.receipts.link_lost(in_flight, is_their_fault);
        }
    }

    /// Messages may leave, or could but for a doubt.
    fn is_linked(&self) -> bool {
        is_linked(self.engine.phase())
    }

    /// The app was told of every session that ended.
    fn is_end_told(&self) -> bool {
        !self.orders.iter().any(|order| matches!(order, Order::Ended { .. }))
    }

    /// Takes note of whom an attempt speaks for. Answers whether that is the user of the session; if not, the app is told.
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

    /// The one gate of every transmission: I11, and I13.
    fn may_transmit(&self) -> bool {
        self.held_until().is_none() && self.is_let()
    }

    fn is_let(&self) -> bool {
        let now = self.engine.now();
        self.identity.agrees() && self.receipts.may_transmit(now, self.engine.in_flight())
    }

    /// Until when the pace, or a transport that was clogged, holds every message.
    fn held_until(&self) -> Option<Moment> {
        let clogged_until = self.clogged_at.map_or(Moment(0), |at| at + LOOK_AGAIN);
        let at = self.receipts.gap_ends_at().max(clogged_until);
        (at > self.engine.now()).then_some(at)
    }

    /// The same where a message would leave but for that.
    fn paced_until(&self) -> Option<Moment> {
        self.held_until().filter(|_| self.engine.could_transmit() && self.is_let())
    }

    /// A link that has lived for long with few messages in flight takes more. It has to live for as long
    /// again: one of those that were kept back may be what kills links (I10).
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

    /// Of an event that is acknowledged no receipt is wanted, unless its acknowledgement takes long.
    fn unproven_until(&self) -> Option<Moment> {
        if !self.receipts.proves() || self.receipts.is_owed() || !self.is_linked() {
            return None;
        }
        let since = self.engine.in_flight_since(self.receipts.covered())?;
        Some(since + UNPROVEN)
    }

    /// A server that answered receipts of this link, and now owes one for so long, takes nothing any more.
    fn owed_until(&self) -> Option<Moment> {
        if !self.receipts.proves() || !self.is_linked() {
            return None;
        }
        Some(self.receipts.owed_since()?.max(self.excused_at) + self.patience)
    }

    /// A server that says something, but nothing to the first receipt for so long, has no answer to it.
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

    /// What the keeper has for the engine.
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

    /// I11, I12: what waited belongs to a session that is over, and so does what is read of it from now on.
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

/// Messages may leave, or could but for a doubt.
fn is_linked(phase: Phase) -> bool {
    matches!(phase, Phase::Ready | Phase::Suspect)
}

/// The server has accepted the connection.
fn is_up(phase: Phase) -> bool {
    is_linked(phase) || phase == Phase::Joining
}

/// What is owed proves a dead link like silence does, and never before an acknowledgement is late.
fn patience(config: &Config) -> Millis {
    let silence = config.health.as_ref().map_or(STUCK, |health| health.timeout + health.probe);
    silence.max(config.send.ack_timeout)
}

/// An acknowledgement that takes longer is asked after by a receipt.
const UNPROVEN: Millis = Millis(1_000);
/// A timer this late was held up, and so may be the answer.
const LATE: Millis = Millis(1_000);
/// The same where no health is configured: an event loop may be blocked for long.
const STUCK: Millis = Millis(30_000);
/// A browser hands some hundred kilobytes to a fast link in as long.
const LOOK_AGAIN: Millis = Millis(4);
/// How long the first receipt ever may take on a server that says other things meanwhile.
const IGNORED: Millis = Millis(10_000);
