//! Keeps what waits across reloads and crashes: a journal for each tab under a lock of its own, and those of tabs
//! that are gone taken over. Where storage fails messages are in memory only, and that is said once.
//!
//! ```text
//!            keep                  rows read, and handed out
//!  Closed ---------> Opening ------------------------------> Open
//!    ^                  |  `--- too late ---> Late ------------^ |
//!    |                  v                      |                | | a write takes too long
//!    +---- close      Broken <-----------------+-- it fails ----+ `--> Stalled, until it is over
//!
//!  stash leads from each but Closed to Stashed, and restore from there to Opening.
//! ```
//!
//! Storage is the edge's: it carries out [`Storage`] orders and tells how each went. Whatever belongs to an earlier
//! opening is ignored, except for writes: a journal goes on erasing after it was closed.
//!
//! Journals and messages that were read are named by numbers of the edge.

mod messages;
mod opening;
mod others;
mod reading;
mod writing;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::LATE;
use super::journal::Journal;
use super::storage::{Found, Name, Place, Row, Segment, Storage};
use super::tabs::Tabs;
use crate::engine::{Input, Millis, Moment, Seq};

/// What the keeper is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is open: it is not known yet whose messages are to be kept.
    Closed,
    /// The page is in the back-forward cache: opened again when it is back.
    Stashed,
    /// Messages wait to be kept.
    Opening(Step),
    /// The same, but it took so long that nothing waits for it.
    Late(Step),
    /// Messages are kept.
    Open,
    /// The same, but a write takes so long that nothing waits for it, or for another one after it.
    Stalled,
    /// Nothing is kept.
    Broken,
}

/// How far an opening is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The database opens.
    Database,
    /// This tab had this journal before, and wants it back until then; afterwards it takes a new one.
    Own { until: Moment },
    /// All of the scope is read.
    Reading,
    /// What versions before left is moved.
    Moving,
    /// What was found is handed out.
    Restoring,
}

/// What is done about other tabs' journals, one thing after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    /// Nothing.
    None,
    /// A journal is taken over. Its lock is waited for until then.
    Locking { name: Name, until: Moment },
    /// Its lock is ours, and it is read.
    Adopting { name: Name },
    /// It is being moved, or what was moved is handed out.
    Moving { name: Name },
    /// The other tabs were asked how messages ended that are gone from this tab's journal, until then.
    Asking { until: Moment },
    /// Nobody knew: it is looked whether any tab has them.
    Looking,
}

/// Where an unsettled message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// In memory only.
    Nowhere,
    /// It waits to be written.
    Waiting,
    /// It is being written.
    Writing,
    /// The same, for so long that it leaves meanwhile.
    Overdue,
    /// On disk, in this tab's journal.
    Kept(Place),
    /// Another tab has it, and says how it ends.
    Elsewhere,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    seq: Seq,
    held: Held,
    /// It was read from the disk, or another tab had it: a page of another tab, or one in the cache, may have it too,
    /// and ask how it ended.
    is_shared: bool,
    /// The opening that found it on disk last.
    seen: u32,
}

/// The index of its segment in the reading, its own index there, and the message.
type Read = (usize, u32, Found);

/// What is handed out: with its place if it is this tab's, and with what this tab has of another tab's.
type Handed = (Row, Option<Place>, Option<Seq>);

/// See the [module](self).
#[derive(Debug)]
pub struct Keeper {
    now: Moment,
    state: State,
    opening: u32,
    late_at: Moment,
    /// When the write that goes on has taken too long.
    write_by: Moment,
    /// A deadline of this opening was noticed late, and put off.
    is_put_off: bool,
    /// The generation of logouts that messages are sent in. None: nothing is kept.
    generation: Option<u64>,
    /// The generation has just begun. Two tabs may have begun it at the same time.
    is_first: bool,
    /// A name for this tab's journal if it has none.
    fresh: Name,
    wall: u64,
    tabs: Tabs,
    job: Job,
    /// The open one last, and those that are not at rest.
    journals: Vec<Journal>,
    /// By their slots.
    entries: Vec<Option<Entry>>,
    /// To be written next.
    waiting: Vec<Seq>,
    /// Where messages are kept for a user that had another name. Erased once they are kept under his name, or have
    /// settled: a page that ends in between loses nothing.
    formers: Vec<(Seq, Place)>,
    transactions: u32,
    /// The transaction by which a journal is taken over.
    adoption: u32,
    /// What it moves, and where to.
    moving: Vec<Handed>,
    /// Of the reading that goes on.
    segments: Vec<Segment>,
    /// With the index of the segment, and its own in there.
    rows: Vec<Read>,
    /// To be handed out, with the place of what is this tab's.
    found: Vec<Handed>,
    /// So many of these were handed out.
    handed: usize,
    /// This tab's own, while what was found before it is gathered.
    own: Vec<Handed>,
    former: Vec<Name>,
    /// Messages that another tab has.
    away: u32,
    /// When the other tabs were asked for these last, or the first of them became one.
    asked_at: Moment,
    /// Gone from this tab's journal. How they ended is asked once the journals of the others were looked at.
    missing: Vec<Seq>,
    orders: VecDeque<Storage>,
    /// The message that settled last is to be told to other tabs.
    sharing: Option<Storage>,
    /// For the engine.
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

// The time, the orders, and what can be seen.
impl Keeper {
    pub(super) fn advance(&mut self, now: Moment) {
        self.now = now;
    }

    /// When an answer of storage or of another tab is no longer waited for.
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

    /// A tab may end, or lose what it has, without a word: the others are asked again.
    fn ask_at(&self) -> Moment {
        let is_free = self.state == State::Open && self.job == Job::None && self.missing.is_empty();
        if is_free && self.away > 0 { self.asked_at + ASK_AGAIN } else { Moment::NEVER }
    }

    /// The machine slept, or the page was throttled: the answer may stand in line behind this timer.
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

    /// Does what is due by `now`.
    pub fn handle_timeout(&mut self) {
        let now = self.now;
        // Once an opening, since there are pages whose timers are always late.
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
                // Another tab has it: this one is a copy.
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

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, if at all.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        let mut at = self.tabs.deadline().min(self.answers_by()).min(self.ask_at());
        for journal in &self.journals {
            at = at.min(journal.retry_at().unwrap_or(Moment::NEVER));
        }
        (at < Moment::NEVER).then_some(at)
    }

    /// The next order, until there is none. Where no link is wanted, nothing is taken over from other tabs: one of
    /// them may have a link.
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
            // While a journal is being moved there is nothing yet.
            let is_any = self.has_found();
            while let Some(&(row, place, known)) = self.found.get(self.handed) {
                // This tab had the message before it read it, and it may have settled since.
                let journal = place.and_then(|place| self.journal(place.opening));
                let is_over = place.zip(journal).is_some_and(|(at, one)| one.has_settled(at));
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

    /// What the engine is to be told.
    pub(super) fn take_told(&mut self) -> Vec<Input> {
        core::mem::take(&mut self.told)
    }

    /// Whether something is to be told.
    pub(super) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    /// The generation of logouts in which messages are kept, if they are.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// Nothing is open, and nothing opens.
    pub(super) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Something was open when the page went into the cache.
    pub(super) fn is_stashed(&self) -> bool {
        self.state == State::Stashed
    }

    /// What was kept has been handed out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let is_named = self.journals.iter().any(|journal| journal.opening == self.opening);
        is_named && self.step().is_none()
    }

    /// Nothing waits for what was kept: it was handed out, or is not waited for.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !matches!(self.state, State::Closed | State::Stashed | State::Opening(_))
    }

    /// The journal of an opening has erased all that has settled.
    #[must_use]
    pub fn is_erased(&self, opening: u32) -> bool {
        self.journals.iter().all(|one| one.opening != opening || one.is_at_rest())
    }

    /// No journal has anything to write.
    #[must_use]
    pub fn has_erased(&self) -> bool {
        self.journals.iter().all(Journal::is_at_rest)
    }

    /// Nothing waits to be written, to be moved, or to be handed out.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let is_over = self.adoption == 0 && self.waiting.is_empty() && !self.has_found();
        is_over && self.has_erased()
    }

    /// Neither of them inlined: they are called from everywhere.
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

/// What does not open in this time is gone ahead without.
const OPEN: Millis = Millis(5_000);
/// Browsers have let transactions hang for ever. A slow disk is done with one by then.
const WRITE: Millis = Millis(10_000);
/// Another tab that has a message of ours says so in this time.
const ANSWER: Millis = Millis(2_000);
/// A message that another tab has is asked for again then.
const ASK_AGAIN: Millis = Millis(60_000);
/// A journal that could not be taken over is tried again then.
const AGAIN: Millis = Millis(10_000);
/// The first generation of a scope is a multiple of it, and a logout adds one.
const RAISED: u64 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::storage::Taken;

    /// Opens the journal of this name, in which there are these segments of one message each.
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

    /// Takes up what was read, numbered from this slot on.
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
        // Each time it is another journal: a copy of the tab has the one before.
        for name in 2..10 {
            keeper.stash();
            keeper.restore();
            open(&mut keeper, name, &[3]);
            hand_out(&mut keeper, 2 * u64::from(name));
            assert_eq!(keeper.journals.len(), 1);
        }
        // And what was read, but not handed out, of users before this one.
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
