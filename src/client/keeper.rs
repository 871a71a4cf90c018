//! Saves unsettled messages across reloads and crashes. Each tab has a journal with its own lock, and takes over
//! the journals of tabs that are gone. If storage fails, messages stay in memory only, and the app is told once.
//!
//! ```text
//!            keep                  messages read and passed on
//!  Closed ---------> Opening ------------------------------> Open
//!    ^                  |  `--- too late ---> Late ------------^ |
//!    |                  v                      |                | | a write takes too long
//!    +---- close      Broken <-----------------+-- it fails ----+ `--> Stalled, until it is over
//!
//!  stash leads from each state but Closed to Stashed, and reopen from there to Opening.
//! ```
//!
//! The shell is the JavaScript that carries out [`Storage`] orders and reports the result of each. Reports about an
//! earlier opening are ignored, except for writes: a closed journal still erases settled messages.
//!
//! The shell numbers the journals and the messages that it has read.

mod messages;
mod opening;
mod others;
mod reading;
mod writing;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::LATE;
use super::journal::Journal;
use super::storage::{Address, Found, Name, Row, Segment, Storage};
use super::tabs::Tabs;
use crate::engine::{Input, Millis, Moment, Seq};

/// The keeper's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is open, because the user is not known yet.
    Closed,
    /// The page is in the back-forward cache. It opens again when the page is back.
    Stashed,
    /// Opening. New messages wait until they can be saved.
    Opening(Step),
    /// Opening for so long that messages no longer wait for it.
    Late(Step),
    /// Messages are saved.
    Open,
    /// As `Open`, but a write takes so long that messages wait neither for it nor for a later one.
    Stalled,
    /// Messages are not saved.
    Broken,
}

/// The steps of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Open the database.
    Database,
    /// Wait until this moment for the lock of the journal that this tab had before; afterwards take a new journal.
    Own { until: Moment },
    /// Read everything in the scope.
    Reading,
    /// Move the messages that earlier versions left into this tab's journal.
    Moving,
    /// Pass the messages that were found to the client.
    Restoring,
}

/// The present work on other tabs' journals, one step at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// Nothing.
    None,
    /// Wait until this moment for the lock of a journal, to take it over.
    Locking { name: Name, until: Moment },
    /// This tab has the journal's lock and reads it.
    Adopting { name: Name },
    /// The journal's messages are being moved, or passed to the client.
    Moving { name: Name },
    /// The other tabs were asked about messages that are gone from this tab's journal, and may answer until this
    /// moment.
    Asking { until: Moment },
    /// No tab answered: read all journals for these messages.
    Looking,
}

/// Where an unsettled message is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// In memory only.
    Nowhere,
    /// Waiting to be written.
    Waiting,
    /// Being written.
    Writing,
    /// Being written for so long that the message leaves meanwhile.
    Overdue,
    /// On disk, in this tab's journal, at this address.
    Kept(Address),
    /// Another tab has it, and will report its result.
    Elsewhere,
}

/// A durable message.
#[derive(Clone, Copy, Debug)]
struct Entry {
    seq: Seq,
    saved: Saved,
    /// The message was read from disk, or another tab had it. So another tab, or a page in the cache, may have it
    /// too and ask for its result.
    is_shared: bool,
    /// The latest opening that found the message on disk.
    seen: u32,
}

/// The index of the message's segment within the reading, its index in the segment, and the message.
type Read = (usize, u32, Found);

/// A message to pass to the client: its address if it is in this tab's journal, and the known message if this tab
/// has it already.
type Handed = (Row, Option<Address>, Option<Seq>);

/// See the [module](self).
#[derive(Debug)]
pub struct Keeper {
    now: Moment,
    state: State,
    /// The number of the present opening. [`close`](Self::close) raises it.
    opening: u32,
    /// When the present opening has taken too long.
    late_at: Moment,
    /// When the present write has taken too long.
    write_by: Moment,
    /// A deadline of this opening was noticed late and was extended.
    is_put_off: bool,
    /// The generation of logouts of the messages to save. `None`: nothing is saved.
    generation: Option<u64>,
    /// The generation has just begun, so another tab may have begun it at the same time.
    is_first: bool,
    /// The name for this tab's journal if it has none yet.
    fresh: Name,
    /// The time in milliseconds since the Unix epoch when the database was opened.
    wall: u64,
    tabs: Tabs,
    job: Job,
    /// The journal of the latest opening, and earlier ones that are not at rest. The latest is the last.
    journals: Vec<Journal>,
    /// By the slots of their messages.
    entries: Vec<Option<Entry>>,
    /// Messages to write next.
    waiting: Vec<Seq>,
    /// The addresses of messages saved for a user under an earlier name. They are erased once the messages are
    /// saved under the new name or have settled, so that a page that ends in between loses nothing.
    formers: Vec<(Seq, Address)>,
    /// The number of the latest transaction.
    transactions: u32,
    /// The transaction that takes over a journal.
    adoption: u32,
    /// The messages that this transaction moves, and their new addresses.
    moving: Vec<Handed>,
    /// The segments of the present reading.
    segments: Vec<Segment>,
    /// The messages of the present reading.
    rows: Vec<Read>,
    /// Messages to pass to the client.
    found: Vec<Handed>,
    /// The number of these that were passed.
    handed: usize,
    /// The messages of this tab's own journal, while older ones are collected.
    own: Vec<Handed>,
    /// The journals of earlier versions that are still to be moved.
    former: Vec<Name>,
    /// The number of messages that another tab has.
    away: u32,
    /// When the other tabs were last asked about these, or when `away` left 0.
    asked_at: Moment,
    /// Messages that are gone from this tab's journal. Other tabs are asked for their results after the others'
    /// journals were examined.
    missing: Vec<Seq>,
    orders: VecDeque<Storage>,
    /// The report to other tabs about the message that settled last.
    sharing: Option<Storage>,
    /// Facts for the engine.
    told: Vec<Input>,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            now: Moment(0),
            state: State::Closed,
            opening: 0,
            late_at: Moment(0),
            write_by: Moment::NEVER,
            is_put_off: false,
            generation: None,
            is_first: false,
            fresh: 0,
            wall: 0,
            tabs: Tabs::default(),
            job: Job::None,
            journals: Vec::new(),
            entries: Vec::new(),
            waiting: Vec::new(),
            formers: Vec::new(),
            transactions: 0,
            adoption: 0,
            moving: Vec::new(),
            segments: Vec::new(),
            rows: Vec::new(),
            found: Vec::new(),
            handed: 0,
            own: Vec::new(),
            former: Vec::new(),
            away: 0,
            asked_at: Moment(0),
            missing: Vec::new(),
            orders: VecDeque::new(),
            sharing: None,
            told: Vec::new(),
        }
    }
}

// The time, the orders and the getters.
impl Keeper {
    pub(super) fn advance(&mut self, now: Moment) {
        self.now = now;
    }

    /// The deadline for the next answer of storage or of another tab.
    fn answers_by(&self) -> Moment {
        let mut at = self.write_by;
        if let State::Opening(_) = self.state {
            at = at.min(self.late_at);
        }
        if let Some(Step::Own { until }) = self.step() {
            at = at.min(until);
        }
        if let Job::Locking { until, .. } | Job::Asking { until } = self.job {
            at = at.min(until);
        }
        at
    }

    /// When to ask the other tabs again: a tab may end or lose a message without a report.
    fn ask_at(&self) -> Moment {
        let is_free = self.state == State::Open && self.job == Job::None && self.missing.is_empty();
        if is_free && self.away > 0 { self.asked_at + ASK_AGAIN } else { Moment::NEVER }
    }

    /// Extends the deadlines, because the machine slept or the page was throttled and answers may be queued behind
    /// this timer.
    fn put_off(&mut self) {
        self.is_put_off = true;
        let now = self.now;
        let again = |at: Moment| at.max(now + LATE);
        self.late_at = again(self.late_at);
        self.write_by = again(self.write_by);
        if let Some(Step::Own { until }) = self.step() {
            self.step_on(Step::Own { until: again(until) });
        }
        if let Job::Locking { until, .. } | Job::Asking { until } = &mut self.job {
            *until = again(*until);
        }
    }

    /// Does everything that is due by `now`.
    pub fn handle_timeout(&mut self) {
        let now = self.now;
        // Once per opening only, because the timers of some pages are always late.
        if !self.is_put_off && self.answers_by() + LATE < now {
            self.put_off();
        }
        if let State::Opening(step) = self.state
            && self.late_at <= now
        {
            self.state = State::Late(step);
            self.order(Storage::Failed);
            self.go_ahead();
        }
        if self.write_by <= now {
            self.stall();
        }
        if let Some(Step::Own { until }) = self.step()
            && until <= now
        {
            if self.tabs.has_locks {
                // Another tab has that journal: this tab is a copy of it.
                self.order(Storage::Unlock { name: self.tabs.mine });
                self.take_fresh();
            } else {
                self.named();
            }
        }
        match self.job {
            Job::Locking { until, .. } if until <= now => self.end_job(),
            Job::Asking { until } if until <= now => {
                self.job = Job::Looking;
                self.order(Storage::Read { of: 0, mine: self.tabs.mine });
            }
            _ => {}
        }
        if self.ask_at() <= now {
            self.missing = self.elsewhere();
        }
        self.tabs.handle_timeout(now);
        for at in 0..self.journals.len() {
            if self.journals[at].retry(now) {
                let opening = self.journals[at].opening;
                self.order(Storage::Gather { opening });
            }
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if at all.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        let mut at = self.tabs.deadline().min(self.answers_by()).min(self.ask_at());
        for journal in &self.journals {
            at = at.min(journal.retry_at().unwrap_or(Moment::NEVER));
        }
        (at < Moment::NEVER).then_some(at)
    }

    /// Returns the next order, or `None` once there is none. `is_wanted` is true if this client
    /// wants a link. Without one no journal is taken over from another tab, because a third tab may have a link.
    pub fn poll(&mut self, is_wanted: bool) -> Option<Storage> {
        if self.orders.is_empty() {
            self.begin_next(is_wanted);
        }
        self.orders.pop_front()
    }

    fn begin_next(&mut self, is_wanted: bool) {
        let is_restoring = self.step() == Some(Step::Restoring);
        let is_at_rest = matches!(self.state, State::Open | State::Stalled | State::Broken);
        if is_restoring || (is_at_rest && matches!(self.job, Job::Moving { .. })) {
            // While a journal is being moved there is nothing to pass yet.
            let is_any = self.has_found();
            while let Some(&(row, address, known)) = self.found.get(self.handed) {
                // This tab had the message before it was read, and the message may have settled since.
                let journal = address.and_then(|address| self.journal(address.opening));
                let is_over = address.zip(journal).is_some_and(|(at, one)| one.has_settled(at));
                if !is_over && known.is_none_or(|seq| self.entry(seq).is_some()) {
                    return self.order(Storage::Take { row });
                }
                self.handed += 1;
            }
            if is_restoring || is_any {
                self.handed_out();
            }
            return;
        }
        if self.job != Job::None || !matches!(self.state, State::Open) {
            return;
        }
        if is_wanted && let Some(name) = self.tabs.take_free() {
            self.job = Job::Locking { name, until: Moment::NEVER };
            self.order(Storage::Lock { name, waits: false });
        } else if !self.missing.is_empty() {
            self.asked_at = self.now;
            self.job = Job::Asking { until: self.now + ANSWER };
            for at in 0..self.missing.len() {
                self.order(Storage::Ask { seq: self.missing[at] });
            }
        }
    }

    /// Takes the facts for the engine.
    pub(super) fn take_told(&mut self) -> Vec<Input> {
        core::mem::take(&mut self.told)
    }

    /// Whether there are facts for the engine.
    pub(super) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    /// The generation of logouts in which messages are saved, if they are.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// Whether nothing is open or opening.
    pub(super) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether something was open when the page went into the cache.
    pub(super) fn is_stashed(&self) -> bool {
        self.state == State::Stashed
    }

    /// Whether this tab has its own journal and has passed on all that was saved.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let is_named = self.journals.iter().any(|journal| journal.opening == self.opening);
        is_named && self.step().is_none()
    }

    /// Whether messages no longer wait for the saved ones: these were passed on, or storage is too late or broken.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !matches!(self.state, State::Closed | State::Stashed | State::Opening(_))
    }

    /// Whether the journals of an opening have erased all settled messages.
    #[must_use]
    pub fn is_erased(&self, opening: u32) -> bool {
        self.journals.iter().all(|one| one.opening != opening || one.is_at_rest())
    }

    /// Whether no journal has anything to write.
    #[must_use]
    pub fn has_erased(&self) -> bool {
        self.journals.iter().all(Journal::is_at_rest)
    }

    /// Whether nothing is to be written, moved or passed on.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let is_over = self.adoption == 0 && self.waiting.is_empty() && !self.has_found();
        is_over && self.has_erased()
    }

    /// Not inlined, like `tell_engine`, because it has many callers.
    #[inline(never)]
    fn order(&mut self, order: Storage) {
        self.orders.push_back(order);
    }

    #[inline(never)]
    fn tell_engine(&mut self, input: Input) {
        self.told.push(input);
    }

    fn step(&self) -> Option<Step> {
        match self.state {
            State::Opening(step) | State::Late(step) => Some(step),
            State::Closed | State::Stashed | State::Open | State::Stalled | State::Broken => None,
        }
    }

    fn step_on(&mut self, step: Step) {
        self.state = if matches!(self.state, State::Late(_)) {
            State::Late(step)
        } else {
            State::Opening(step)
        };
    }
}

/// If storage has not opened by then, continue in memory.
const OPEN: Millis = Millis(5_000);
/// The longest wait for a write. Even a slow disk finishes one by then, but browsers have let transactions hang for
/// ever.
const WRITE: Millis = Millis(10_000);
/// The time for other tabs to answer whether they have a message.
const ANSWER: Millis = Millis(2_000);
/// When to ask again about messages that another tab has.
const ASK_AGAIN: Millis = Millis(60_000);
/// When to retry taking over a journal.
const AGAIN: Millis = Millis(10_000);
/// The first generation of a scope is a multiple of this, and each logout adds one.
const RAISED: u64 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::storage::Taken;

    /// Opens the journal `name`, which contains these segments of one message each.
    fn open(keeper: &mut Keeper, name: Name, numbers: &[u64]) {
        let opening = keeper.opening;
        keeper.opened(opening, 0, (name, name), true, RAISED);
        keeper.locked(opening, name, true);
        for &number in numbers {
            let (size, generation) = (1, Some(RAISED));
            let (is_former, was_ours) = (false, false);
            keeper
                .segment(opening, Segment { name, number, size, generation, is_former, was_ours });
            let (row, is_settled) = (number as Row, false);
            keeper.row(opening, 0, Found { row, is_settled, is_away: false, known: None });
        }
        assert!(!keeper.read(opening, RAISED));
    }

    /// Takes over what was read, with slots from `from` on.
    fn hand_out(keeper: &mut Keeper, from: u64) {
        let mut slots = from..;
        while let Some(order) = keeper.poll(false) {
            if let (Storage::Take { .. }, Some(slot)) = (order, slots.next()) {
                keeper.taken(Taken::New(Seq::from_bits(slot)));
            }
        }
        assert!(keeper.is_open());
    }

    #[test]
    fn journals_of_earlier_openings_are_forgotten() {
        let mut keeper = Keeper::default();
        keeper.keep(Some(RAISED), false);
        open(&mut keeper, 1, &[1, 2]);
        hand_out(&mut keeper, 0);
        // Each opening uses another journal, as if a copy of the tab had the one before.
        for name in 2..10 {
            keeper.stash();
            keeper.reopen();
            open(&mut keeper, name, &[3]);
            hand_out(&mut keeper, 2 * u64::from(name));
            assert_eq!(keeper.journals.len(), 1);
        }
        // Nor is anything remembered that was read but not passed on for earlier users.
        for name in 10..20 {
            keeper.keep(Some(RAISED), false);
            open(&mut keeper, name, &[4]);
        }
        keeper.keep(Some(RAISED), false);
        open(&mut keeper, 20, &[]);
        hand_out(&mut keeper, 100);
        let openings: Vec<u32> = keeper.journals.iter().map(|one| one.opening).collect();
        assert!(openings.len() <= 2, "the open one, and one that erases: {openings:?}");
    }
}
