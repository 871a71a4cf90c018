//! Keeps what waits across reloads and crashes: a journal for each tab under a lock of its own, and those of tabs
//! that are gone taken over. Where storage fails messages are in memory only, and that is said once.
//!
//! ```text
//!            keep                  rows read, and handed out
//!  Closed ---------> Opening ------------------------------> Open
//!    ^                  |  `--- too late ---> Late ------------^
//!    |                  v                      |               | a write fails
//!    +---- close      Broken <-----------------+---------------+
//! ```
//!
//! Storage is the edge's: it carries out [`Storage`] orders and tells how each went. Whatever belongs to an earlier
//! opening is ignored, except for writes: a journal goes on erasing after it was closed.
//!
//! Journals and messages that were read are named by numbers of the edge.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::journal::{Journal, Place};
use super::tabs::{NEVER, OWN, Other, Tabs};
use crate::engine::{Input, Millis, Seq, Verdict};

/// A journal, which is one tab's, as the edge numbers it. 0 is none.
pub type Name = u32;

/// A message that was read from the disk, as the edge numbers it.
pub type Row = u32;

/// What to do with what is outside: the disk, the locks and the channel between tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Open the database and the channel, and say [`Keeper::opened`] or [`Keeper::failed`].
    Open {
        /// Which opening this is.
        opening: u32,
    },
    /// Close the channel, and give up all locks and requests for locks.
    Close,
    /// The tab's journal has this name from now on, also after a reload.
    Remember {
        /// The journal.
        name: Name,
    },
    /// Ask for the lock of a journal.
    Lock {
        /// The journal.
        name: Name,
        /// Stand in line. Otherwise the lock is wanted only where it is free.
        waits: bool,
    },
    /// Give the lock of a journal back, or no longer wait for it.
    Unlock {
        /// The journal.
        name: Name,
    },
    /// Say [`Keeper::gathered`] when the present turn is over.
    Gather {
        /// The opening whose journal it is.
        opening: u32,
    },
    /// Read what is kept, and tell each segment, each of its messages, and then the end.
    Read {
        /// The journal, or 0 for all of the scope, and of what versions before left of it.
        of: Name,
        /// This tab's.
        mine: Name,
    },
    /// Of the next transaction: this message is at that place.
    Put {
        /// The message.
        seq: Seq,
        /// Where.
        place: Place,
    },
    /// Of the next transaction: what was read is at that place of this tab's journal.
    Move {
        /// The message.
        row: Row,
        /// Where.
        place: Place,
    },
    /// Of the next transaction: the message there has settled. All of a segment that have are told together. Where the
    /// segment is gone, as another tab has taken it over, it means nothing: no number is given twice.
    List {
        /// Where.
        place: Place,
    },
    /// Of the next transaction: this segment is deleted.
    Drop {
        /// The journal.
        name: Name,
        /// The segment.
        number: u64,
    },
    /// Carry out what was told of the next transaction, all or nothing, and say [`Keeper::committed`]. Transactions
    /// and readings are carried out, and told, in the order in which they were ordered.
    Commit {
        /// Which transaction it is.
        transaction: u32,
        /// The journal that it is for.
        opening: u32,
        /// Only if the scope's generation of logouts is still this.
        guard: Option<u64>,
    },
    /// Take up what was read, and say [`Keeper::taken`] at once.
    Take {
        /// The message.
        row: Row,
    },
    /// A logout had ended what was read: tell the app.
    Ended {
        /// The message.
        row: Row,
    },
    /// Another tab may ask how this message ended: tell the others once it has settled.
    Share {
        /// The message.
        seq: Seq,
    },
    /// Tell the other tabs whose journal is this tab's.
    Hello {
        /// The journal.
        name: Name,
        /// The others are to say so too.
        is_new: bool,
    },
    /// Ask the other tabs how this message ended. One that has it answers that: [`Keeper::has`], and
    /// [`Keeper::has_elsewhere`].
    Ask {
        /// The message.
        seq: Seq,
    },
    /// Tell the tab that has this message that it is cancelled.
    Cancel {
        /// The message.
        seq: Seq,
    },
    /// Storage failed, or does not open in time: tell the app that messages are in memory only.
    Failed,
}

/// What the keeper is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is open: it is not known yet whose messages are to be kept, or the page is in the cache.
    Closed,
    /// Messages wait to be kept.
    Opening(Step),
    /// The same, but it took so long that nothing waits for it.
    Late(Step),
    /// Messages are kept.
    Open,
    /// Nothing is kept.
    Broken,
}

/// How far an opening is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The database opens.
    Database,
    /// This tab had this journal before, and wants it back until then; afterwards it takes a new one.
    Own { until: Millis },
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
    Locking { name: Name, until: Millis },
    /// Its lock is ours, and it is read.
    Adopting { name: Name },
    /// It is being moved, or what was moved is handed out.
    Moving { name: Name },
    /// The other tabs were asked how messages ended that are gone from this tab's journal, until then.
    Asking { until: Millis },
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
    /// On disk, in this tab's journal.
    Kept(Place),
    /// Another tab has it, and says how it ends.
    Elsewhere,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    seq: Seq,
    held: Held,
    /// It was read from the disk: a page of another tab, or one in the cache, may have it too, and ask how it ended.
    is_shared: bool,
    /// The opening that found it on disk last.
    seen: u32,
}

/// What was read of a segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// The journal that has it.
    pub name: Name,
    /// Its number in the journal.
    pub number: u64,
    /// Messages that it began with, settled ones included. 0 where a newer build wrote it, which is left alone.
    pub size: u32,
    /// The generation of logouts in which its messages were sent. Version 1 knew none.
    pub generation: Option<u64>,
    /// Version 1 wrote it, in a scope of its own.
    pub is_former: bool,
    /// It was this tab's own. Told of a former one.
    pub was_ours: bool,
}

/// What was read of a message. The segment that was told last has it.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The edge's number for it.
    pub row: Row,
    /// It has settled.
    pub is_settled: bool,
    /// This tab had it first.
    pub is_away: bool,
    /// The same message, where this tab has it.
    pub known: Option<Seq>,
}

/// The index of its segment in the reading, its own index there, and the message.
type Read = (usize, u32, Found);

/// What is handed out: with its place if it is this tab's, and with what this tab has of another tab's.
type Handed = (Row, Option<Place>, Option<Seq>);

/// What became of a message that was taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is this one from now on.
    New(Seq),
    /// It is the one that this tab had already.
    Known(Seq),
    /// It could not be taken, and the app was told.
    Refused,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Keeper {
    now: Millis,
    state: State,
    opening: u32,
    late_at: Millis,
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
            now: Millis(0),
            state: State::Closed,
            opening: 0,
            late_at: Millis(0),
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
            missing: Vec::new(),
            orders: VecDeque::new(),
            sharing: None,
            told: Vec::new(),
        }
    }
}

// Opening and closing.
impl Keeper {
    /// Opens what is kept of a user, and closes what was open. `generation` is that of the scope, none where nothing
    /// can be kept; `is_first` where it has just begun.
    pub fn keep(&mut self, generation: Option<u64>, is_first: bool) {
        self.close();
        self.generation = generation;
        self.is_first = is_first;
        // What waits belongs to this user, whose name may not have been known before.
        for at in 0..self.entries.len() {
            let Some(entry) = self.entries[at] else { continue };
            if let Held::Kept(place) = entry.held {
                self.formers.push((entry.seq, place));
                self.tell_engine(Input::Withheld { seq: entry.seq });
                self.wait(entry.seq);
            }
        }
        self.open();
    }

    /// The page is back from the cache: opens what was open, as another tab may have it by now.
    pub fn keep_again(&mut self) {
        self.close();
        self.is_first = false;
        self.open();
    }

    fn open(&mut self) {
        if self.generation.is_none() {
            self.state = State::Broken;
            return self.go_ahead();
        }
        self.state = State::Opening(Step::Database);
        self.late_at = self.now + OPEN;
        self.order(Storage::Open { opening: self.opening });
    }

    /// Closes what is open. What waits to be written keeps waiting.
    pub fn close(&mut self) {
        if self.state != State::Closed {
            self.order(Storage::Close);
        }
        self.state = State::Closed;
        self.opening += 1;
        self.tabs = Tabs::default();
        self.job = Job::None;
        self.segments.clear();
        self.rows.clear();
        self.found.clear();
        self.handed = 0;
        self.own.clear();
        self.adoption = 0;
        self.former.clear();
        self.missing.clear();
    }

    /// The user logged out: nothing more is written. The edge deletes all that is kept of his; what of it was this
    /// tab's is erased in any case, as it settles.
    pub fn log_out(&mut self) {
        self.waiting.clear();
        self.close();
    }

    /// The user logged out in another tab: nothing is kept until something is opened again.
    pub fn log_out_elsewhere(&mut self) {
        self.close();
        self.state = State::Broken;
        self.go_ahead();
    }

    pub(super) fn advance(&mut self, now: Millis) {
        self.now = now;
    }

    /// Nothing waits for storage any longer.
    fn go_ahead(&mut self) {
        for seq in core::mem::take(&mut self.waiting) {
            self.stored(seq, Held::Nowhere);
        }
        // Nobody can tell any more how those end that another tab has.
        for at in 0..self.entries.len() {
            if let Some(Entry { seq, held: Held::Elsewhere, .. }) = self.entries[at] {
                self.stored(seq, Held::Nowhere);
            }
        }
        self.tell_engine(Input::Restored);
    }

    /// Nothing is kept from now on.
    fn fail(&mut self) {
        let is_told = matches!(self.state, State::Late(_));
        match self.state {
            State::Closed | State::Broken => return,
            // What is on disk of ours is in memory too, and sent from here, so the lock stays. Another tab may
            // take over what is not here yet.
            State::Open => {
                if !matches!(self.job, Job::Moving { .. }) {
                    self.end_job();
                }
            }
            State::Opening(_) | State::Late(_) => self.close(),
        }
        self.state = State::Broken;
        if !is_told {
            self.order(Storage::Failed);
        }
        self.go_ahead();
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
            State::Closed | State::Open | State::Broken => None,
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

// Messages.
impl Keeper {
    /// The message is to be kept before it leaves.
    pub fn add(&mut self, seq: Seq) {
        self.enter(Entry { seq, held: Held::Nowhere, is_shared: false, seen: 0 });
        self.wait(seq);
    }

    fn enter(&mut self, entry: Entry) {
        let slot = entry.seq.slot();
        if self.entries.len() <= slot {
            self.entries.resize(slot + 1, None);
        }
        self.entries[slot] = Some(entry);
    }

    fn wait(&mut self, seq: Seq) {
        match self.state {
            State::Late(_) | State::Broken => self.stored(seq, Held::Nowhere),
            State::Closed | State::Opening(_) => {
                self.set(seq, Held::Waiting);
                self.waiting.push(seq);
            }
            State::Open => {
                self.set(seq, Held::Waiting);
                self.waiting.push(seq);
                self.gather(self.opening);
            }
        }
    }

    /// A message has settled: what is kept of it goes. Answers whether another tab has it, and so may have delivered
    /// it.
    pub fn settled(&mut self, seq: Seq) -> bool {
        let Some(entry) = self.entry(seq) else { return false };
        self.entries[seq.slot()] = None;
        self.sharing = entry.is_shared.then_some(Storage::Share { seq });
        if let Held::Kept(place) = entry.held {
            self.erase(place);
        }
        self.leave_former(seq);
        entry.held == Held::Elsewhere
    }

    /// What is kept of a message under another name goes.
    fn leave_former(&mut self, seq: Seq) {
        if let Some(at) = self.formers.iter().position(|&(one, _)| one == seq) {
            let (_, place) = self.formers.swap_remove(at);
            self.erase(place);
        }
    }

    /// To be carried out before the app is told of the message that settled last.
    pub(super) fn share(&mut self) -> Option<Storage> {
        self.sharing.take()
    }

    /// The app cancels a message.
    pub fn cancelled(&mut self, seq: Seq) {
        if self.held(seq) == Some(Held::Elsewhere) {
            self.order(Storage::Cancel { seq });
        }
    }

    /// Where a message is; none where it was never to be kept, or has settled.
    #[must_use]
    pub fn held(&self, seq: Seq) -> Option<Held> {
        self.entry(seq).map(|entry| entry.held)
    }

    /// Whether this tab has the message for certain, and sends it.
    #[must_use]
    pub fn has(&self, seq: Seq) -> bool {
        self.is_ready() && self.held(seq).is_some_and(|held| held != Held::Elsewhere)
    }

    fn entry(&self, seq: Seq) -> Option<Entry> {
        self.entries.get(seq.slot()).copied().flatten().filter(|entry| entry.seq == seq)
    }

    fn change(&mut self, seq: Seq, change: impl FnOnce(&mut Entry)) {
        if let Some(Some(entry)) = self.entries.get_mut(seq.slot())
            && entry.seq == seq
        {
            change(entry);
        }
    }

    fn set(&mut self, seq: Seq, held: Held) {
        self.change(seq, |entry| entry.held = held);
    }

    /// It may leave: it is kept, or cannot be.
    fn stored(&mut self, seq: Seq, held: Held) {
        self.set(seq, held);
        self.tell_engine(Input::Stored { seq });
    }

    fn withhold(&mut self, seq: Seq) {
        self.set(seq, Held::Elsewhere);
        self.tell_engine(Input::Withheld { seq });
    }

    fn erase(&mut self, place: Place) {
        let now = self.now;
        let journal = self.journal(place.opening);
        if journal.is_some_and(|journal| journal.erase(now, place)) {
            self.order(Storage::Gather { opening: place.opening });
        }
    }

    fn gather(&mut self, opening: u32) {
        let now = self.now;
        if self.journal(opening).is_some_and(|journal| journal.gather(now)) {
            self.order(Storage::Gather { opening });
        }
    }

    #[inline(never)]
    fn journal(&mut self, opening: u32) -> Option<&mut Journal> {
        self.journals.iter_mut().find(|one| one.opening == opening)
    }
}

// What the edge tells of the disk.
impl Keeper {
    /// The database is open. `wall` is the time in milliseconds since the epoch, `mine` the journal that this tab had
    /// before, `fresh` a new one, `generation` that of the scope by now.
    pub fn opened(
        &mut self,
        opening: u32,
        wall: u64,
        (mine, fresh): (Name, Name),
        has_locks: bool,
        generation: u64,
    ) {
        if opening != self.opening || self.step() != Some(Step::Database) {
            return;
        }
        if self.is_own(generation) {
            self.generation = Some(generation);
        }
        self.wall = wall;
        self.fresh = fresh;
        self.tabs.has_locks = has_locks;
        if mine == 0 {
            return self.take_fresh();
        }
        self.tabs.mine = mine;
        self.step_on(Step::Own { until: self.now + OWN });
        if has_locks {
            self.order(Storage::Lock { name: mine, waits: true });
        } else {
            // A tab that has it says so.
            self.order(Storage::Hello { name: mine, is_new: true });
        }
    }

    /// Whether this is the generation of what is kept here. Two tabs that begin the first one at the same time agree on
    /// the one that was written last.
    pub(super) fn is_own(&self, generation: u64) -> bool {
        let may_change = self.is_first && self.step() == Some(Step::Database);
        self.generation == Some(generation)
            || may_change && generation.is_multiple_of(RAISED) && generation > 0
    }

    /// This tab begins a new journal.
    fn take_fresh(&mut self) {
        let name = self.fresh;
        self.tabs.mine = name;
        self.order(Storage::Remember { name });
        if self.tabs.has_locks {
            self.step_on(Step::Own { until: NEVER });
            self.order(Storage::Lock { name, waits: true });
        } else {
            self.named();
        }
    }

    /// This tab's own journal is nobody else's.
    fn named(&mut self) {
        let mine = self.tabs.mine;
        self.step_on(Step::Reading);
        self.order(Storage::Hello { name: mine, is_new: true });
        self.order(Storage::Read { of: 0, mine });
    }

    /// The database does not open, or is gone.
    pub fn failed(&mut self, opening: u32) {
        if opening == self.opening {
            self.fail();
        }
    }

    /// A request for a lock was granted or, where it was not to wait, refused.
    pub fn locked(&mut self, opening: u32, name: Name, is_granted: bool) {
        if opening != self.opening {
            return;
        }
        if let Job::Locking { name: wanted, .. } = self.job
            && wanted == name
        {
            if is_granted {
                self.job = Job::Adopting { name };
                self.order(Storage::Read { of: name, mine: self.tabs.mine });
            } else {
                self.job = Job::None;
                self.tabs.add(name, Other::Watched);
                self.order(Storage::Lock { name, waits: true });
            }
        } else if is_granted && self.tabs.ended(self.now, name) {
            self.order(Storage::Unlock { name });
        } else if is_granted
            && name == self.tabs.mine
            && matches!(self.step(), Some(Step::Own { .. }))
        {
            self.named();
        }
    }

    /// A turn is over: what was added in it is written.
    pub fn gathered(&mut self, opening: u32) {
        let is_open = self.state == State::Open && opening == self.opening;
        let waiting = if is_open { core::mem::take(&mut self.waiting) } else { Vec::new() };
        // What has settled meanwhile is not worth a write.
        let is_wanted = |&seq: &Seq| self.held(seq) == Some(Held::Waiting);
        let group: Vec<Seq> = waiting.into_iter().filter(is_wanted).collect();
        let transaction = self.transactions + 1;
        let (journals, orders) = (&mut self.journals, &mut self.orders);
        let journal = journals.iter_mut().find(|one| one.opening == opening);
        let write = |journal: &mut Journal| {
            journal.write(&group, transaction, |part| orders.push_back(part))
        };
        if journal.is_some_and(write) {
            for seq in group {
                self.set(seq, Held::Writing);
            }
            self.commit(opening, None);
        }
    }

    fn commit(&mut self, opening: u32, guard: Option<u64>) {
        self.transactions += 1;
        let transaction = self.transactions;
        self.order(Storage::Commit { transaction, opening, guard });
    }

    /// A transaction is over: it is committed, or nothing of it is. Of what a logout has ended nothing more is done:
    /// where that fails the next reading tries again.
    pub fn committed(&mut self, transaction: u32, is_done: bool) {
        if transaction == self.adoption {
            self.adoption = 0;
            let mut moved = core::mem::take(&mut self.moving);
            if is_done {
                self.found.append(&mut moved);
            } else if let Job::Moving { name } = self.job
                && self.step().is_none()
            {
                // It stays where it is for now.
                self.tabs.add(name, Other::Ended(self.now + AGAIN));
            }
            if self.step().is_some() || !self.has_found() {
                self.end_job();
            }
        } else if let Some(at) = self.journals.iter().position(|one| one.is_written_by(transaction))
        {
            self.written(at, is_done);
        }
    }

    /// Something waits to be handed out.
    fn has_found(&self) -> bool {
        self.handed < self.found.len()
    }

    fn written(&mut self, at: usize, is_done: bool) {
        let journal = &mut self.journals[at];
        let opening = journal.opening;
        let is_ours = self.generation == Some(journal.generation);
        let drops_more = is_done && journal.drops_more();
        let group = journal.written(self.now, is_done);
        for (seq, place) in group {
            let is_here = self.held(seq) == Some(Held::Writing);
            match (is_here, is_done) {
                (true, true) if is_ours => {
                    self.stored(seq, Held::Kept(place));
                    self.leave_former(seq);
                }
                (true, true) => {
                    self.erase(place);
                    self.wait(seq);
                }
                (true, false) if opening == self.opening => self.stored(seq, Held::Nowhere),
                // What is open by now keeps it, or says that it cannot.
                (true, false) => self.wait(seq),
                // It has settled meanwhile.
                (false, true) => self.erase(place),
                (false, false) => {}
            }
        }
        if drops_more {
            self.forget_dropped(opening);
        }
        if !is_done && opening == self.opening {
            self.fail();
        }
        let is_open = opening == self.opening && self.state == State::Open;
        let is_more = is_open && !self.waiting.is_empty();
        let has_dirt = self.journal(opening).is_some_and(|journal| journal.has_dirt());
        // What failed is tried again in its own time.
        if is_more || has_dirt {
            self.gather(opening);
        }
        self.forget_journals();
    }

    /// Segments were deleted for what had settled in them. Their other messages are in memory only.
    fn forget_dropped(&mut self, opening: u32) {
        let Some(journal) = self.journals.iter().find(|one| one.opening == opening) else { return };
        for entry in self.entries.iter_mut().flatten() {
            if let Held::Kept(place) = entry.held
                && place.opening == opening
                && !journal.has(place.number)
            {
                entry.held = Held::Nowhere;
            }
        }
    }

    /// Those that are closed, and have nothing more to erase. Once another is open all messages are in that one, or
    /// with other tabs.
    fn forget_journals(&mut self) {
        let (opening, is_open) = (self.opening, self.is_open());
        let formers = &self.formers;
        let is_needed = |one: &Journal| {
            let has_former = formers.iter().any(|(_, place)| place.opening == one.opening);
            one.opening == opening || has_former && !one.is_over()
        };
        let is_over = |one: &Journal| one.is_over() || (is_open && one.is_at_rest());
        self.journals.retain(|journal| is_needed(journal) || !is_over(journal));
    }
}

// What was read.
impl Keeper {
    /// A segment was read. Its messages follow.
    pub fn segment(&mut self, opening: u32, segment: Segment) {
        if opening == self.opening {
            self.segments.push(segment);
        }
    }

    /// The next message of the segment was read.
    pub fn row(&mut self, opening: u32, index: u32, found: Found) {
        if opening == self.opening && !self.segments.is_empty() {
            self.rows.push((self.segments.len() - 1, index, found));
        }
    }

    /// All was read. `generation` is that of the scope by now. Answers whether it is another one than this tab's: the
    /// user logged out elsewhere.
    pub fn read(&mut self, opening: u32, generation: u64) -> bool {
        if opening != self.opening {
            return false;
        }
        let mut segments = core::mem::take(&mut self.segments);
        let rows = core::mem::take(&mut self.rows);
        // Version 1 knew no generations: what it left is of the first one.
        let first = if generation.is_multiple_of(RAISED) { generation } else { 0 };
        let is_over = |one: &Segment| one.generation.unwrap_or(first) != generation;
        self.end_segments(&segments, &rows, is_over);
        if self.generation != Some(generation) {
            return true;
        }
        for segment in &mut segments {
            if is_over(segment) {
                segment.size = 0;
            }
        }
        let is_living = |(at, _, found): &&Read| !found.is_settled && segments[*at].size > 0;
        let living: Vec<Read> = rows.iter().filter(is_living).copied().collect();
        match (self.step(), self.job) {
            (Some(Step::Reading), _) => self.read_all(&segments, &rows, &living),
            (_, Job::Adopting { name }) => self.adopt(name, &segments, &living),
            (_, Job::Looking) => self.look(&living),
            _ => {}
        }
        false
    }

    /// What a logout has ended is erased and told, whoever had it. What this tab still has in memory is told by its
    /// own end.
    fn end_segments(
        &mut self,
        segments: &[Segment],
        rows: &[Read],
        is_over: impl Fn(&Segment) -> bool,
    ) {
        let ended = segments.iter().filter(|segment| segment.size > 0 && is_over(segment));
        let before = self.orders.len();
        self.orders
            .extend(ended.map(|&Segment { name, number, .. }| Storage::Drop { name, number }));
        if self.orders.len() == before {
            return;
        }
        for &(at, _, found) in rows {
            if is_over(&segments[at]) && !found.is_settled && found.known.is_none() {
                self.order(Storage::Ended { row: found.row });
            }
        }
        self.commit(self.opening, None);
    }

    fn read_all(&mut self, segments: &[Segment], rows: &[Read], living: &[Read]) {
        let (opening, mine) = (self.opening, self.tabs.mine);
        let generation = self.generation.unwrap_or_default();
        let mut journal = Journal::new(opening, generation, mine, self.wall);
        for (at, segment) in segments.iter().enumerate() {
            let &Segment { name, number, size, is_former, was_ours, .. } = segment;
            if is_former {
                let is_free = self.tabs.has_locks || was_ours;
                if is_free && !self.former.contains(&name) {
                    self.former.push(name);
                }
            } else if name != mine {
                if self.tabs.is_news(name) {
                    self.tabs.add(name, Other::Free);
                }
            } else if size == 0 {
                journal.skip(number);
            } else {
                let is_its = |(of, _, found): &&Read| *of == at && found.is_settled;
                let settled = rows.iter().filter(is_its).map(|&(_, index, _)| index).collect();
                journal.found(number, size, settled);
            }
        }
        // A journal of before may know of more: what it was to erase may still be on disk.
        let is_before = |one: &&mut Journal| one.generation == generation && one.name == mine;
        let mut inherited = Vec::new();
        for before in self.journals.iter_mut().filter(is_before) {
            journal.inherit(before);
            inherited.push(before.opening);
        }
        for entry in self.entries.iter_mut().flatten() {
            if let Held::Kept(place) = &mut entry.held
                && inherited.contains(&place.opening)
            {
                place.opening = opening;
            }
        }
        for &(at, index, found) in living {
            let Segment { name, number, is_former, .. } = segments[at];
            if name == mine {
                let place = Place { opening, number, index };
                if !journal.has_settled(place) {
                    self.own.push((found.row, Some(place), None));
                }
            } else if found.is_away && !is_former {
                // It is older than what is in our own journal.
                self.found.push((found.row, None, found.known));
            }
        }
        let has_dirt = journal.has_dirt();
        self.journals.push(journal);
        if has_dirt {
            self.gather(opening);
        }
        self.step_on(Step::Moving);
        self.next_former();
    }

    /// What versions before left of the scope is this tab's from now on, unless a tab still has it.
    fn next_former(&mut self) {
        let Some(name) = self.former.pop() else {
            self.found.append(&mut self.own);
            return self.step_on(Step::Restoring);
        };
        if self.tabs.has_locks {
            // The page before a reload may have it a moment longer.
            self.job = Job::Locking { name, until: self.now + OWN };
            self.order(Storage::Lock { name, waits: true });
        } else {
            self.job = Job::Adopting { name };
            self.order(Storage::Read { of: name, mine: self.tabs.mine });
        }
    }

    /// The lock of a journal is ours, and this is what it has.
    fn adopt(&mut self, name: Name, segments: &[Segment], living: &[Read]) {
        let opening = self.opening;
        // A segment of a build that is newer than this one stays.
        let is_any = segments.iter().any(|segment| segment.size > 0);
        let at = self.journals.iter().position(|one| one.opening == opening);
        let Some(at) = at.filter(|_| is_any) else { return self.end_job() };
        for segment in segments.iter().filter(|segment| segment.size > 0) {
            self.order(Storage::Drop { name, number: segment.number });
        }
        self.moving.clear();
        for (nth, (_, _, found)) in living.iter().enumerate() {
            let place = self.journals[at].place(nth == 0);
            self.moving.push((found.row, Some(place), None));
            self.order(Storage::Move { row: found.row, place });
        }
        self.job = Job::Moving { name };
        self.commit(opening, self.generation);
        self.adoption = self.transactions;
    }

    /// What is gone from this tab's journal is with a tab that is alive, or with none.
    fn look(&mut self, living: &[Read]) {
        self.job = Job::None;
        let missing = core::mem::take(&mut self.missing);
        for &seq in &missing {
            self.saw(seq, 0);
        }
        for seq in living.iter().filter_map(|(_, _, found)| found.known) {
            self.saw(seq, self.opening);
        }
        for seq in missing {
            if self.entry(seq).is_some_and(|it| it.held == Held::Elsewhere && it.seen == 0) {
                self.wait(seq);
            }
        }
    }

    fn saw(&mut self, seq: Seq, opening: u32) {
        self.change(seq, |entry| entry.seen = opening);
    }

    /// A journal was taken over, or could not be.
    fn end_job(&mut self) {
        match self.job {
            Job::Locking { name, .. } | Job::Adopting { name } | Job::Moving { name } => {
                self.order(Storage::Unlock { name });
            }
            Job::None | Job::Asking { .. } | Job::Looking => {}
        }
        if matches!(self.job, Job::Adopting { .. } | Job::Moving { .. }) {
            // A tab has ended, and may have had what it had not on disk.
            let elsewhere = |entry: &&Entry| entry.held == Held::Elsewhere;
            self.missing =
                self.entries.iter().flatten().filter(elsewhere).map(|it| it.seq).collect();
        }
        self.job = Job::None;
        if self.step() == Some(Step::Moving) {
            self.next_former();
        }
    }

    /// What was read is handed out, as ordered.
    pub fn taken(&mut self, taken: Taken) {
        let Some(&(_, place, _)) = self.found.get(self.handed) else { return };
        self.handed += 1;
        let is_restoring = self.step() == Some(Step::Restoring);
        match (taken, place) {
            (Taken::New(seq), Some(place)) => {
                let (held, seen) = (Held::Kept(place), self.opening);
                self.enter(Entry { seq, held, is_shared: true, seen });
            }
            (Taken::New(seq), None) => {
                self.enter(Entry { seq, held: Held::Elsewhere, is_shared: true, seen: 0 });
                self.withhold(seq);
            }
            (Taken::Known(seq), Some(place)) => {
                let is_found = self.entry(seq).is_some_and(|entry| entry.seen == self.opening);
                // The tab that had it may be back, and ask.
                self.change(seq, |entry| entry.is_shared = true);
                match self.held(seq) {
                    Some(Held::Kept(_)) if !is_restoring || is_found => self.erase(place),
                    Some(Held::Kept(_) | Held::Elsewhere) => {
                        self.saw(seq, self.opening);
                        self.stored(seq, Held::Kept(place));
                    }
                    // The same message, sent anew meanwhile, goes on for both.
                    None | Some(Held::Nowhere | Held::Waiting | Held::Writing) => self.erase(place),
                }
            }
            (Taken::Refused, Some(place)) => self.erase(place),
            (Taken::Known(_) | Taken::Refused, None) => {}
        }
        if !self.has_found() {
            self.handed_out();
        }
    }

    /// All that was found is handed out.
    fn handed_out(&mut self) {
        self.found.clear();
        self.handed = 0;
        if self.step() != Some(Step::Restoring) {
            return self.end_job();
        }
        self.state = State::Open;
        for at in 0..self.entries.len() {
            let Some(Entry { seq, held, seen, .. }) = self.entries[at] else { continue };
            if matches!(held, Held::Kept(_) | Held::Elsewhere) && seen != self.opening {
                // Another tab took it over while this page was in the cache.
                self.missing.push(seq);
                self.withhold(seq);
            }
        }
        self.tell_engine(Input::Restored);
        self.forget_journals();
        if !self.waiting.is_empty() {
            self.gather(self.opening);
        }
    }
}

// What other tabs say, the time, and the orders.
impl Keeper {
    /// Another tab says whose its journal is, and whether it wants to know whose ours is. Of two that want the same one
    /// at the same time exactly one is told that the other `goes_first`.
    pub fn hello(&mut self, opening: u32, name: Name, is_new: bool, goes_first: bool) {
        if opening != self.opening {
            return;
        }
        let mine = self.tabs.mine;
        let is_own = name == mine;
        // The answer to a request that is under way comes first.
        let is_asked = matches!(self.job, Job::Locking { name: asked, .. } if asked == name);
        if !is_own && !is_asked && self.tabs.is_news(name) {
            self.tabs.add(name, Other::Watched);
            self.order(Storage::Lock { name, waits: true });
        }
        let is_named = match self.step() {
            Some(Step::Database) => false,
            // Without locks two tabs may have one name, as a tab that was duplicated has.
            Some(Step::Own { .. }) if is_own && !self.tabs.has_locks => {
                let is_ours = is_new && !goes_first;
                if !is_ours {
                    self.take_fresh();
                }
                is_ours
            }
            Some(Step::Own { .. }) => false,
            Some(Step::Reading | Step::Moving | Step::Restoring) | None => mine != 0,
        };
        if is_new && is_named {
            self.order(Storage::Hello { name: mine, is_new: false });
        }
    }

    /// Another tab says that it has a message that this one asked for. It may be in no journal.
    pub fn has_elsewhere(&mut self, opening: u32, seq: Seq) {
        if opening == self.opening {
            self.missing.retain(|&one| one != seq);
        }
    }

    /// Another tab says how a message ended. Answers what to tell the engine, if it was that tab's.
    pub fn settled_elsewhere(&mut self, seq: Seq, verdict: Verdict) -> Option<Input> {
        if self.held(seq) != Some(Held::Elsewhere) {
            return None;
        }
        self.set(seq, Held::Nowhere);
        Some(Input::Acked { seq, attempt: 0, verdict })
    }

    /// Does what is due by `now`.
    pub fn handle_timeout(&mut self) {
        let now = self.now;
        if let State::Opening(step) = self.state
            && self.late_at <= now
        {
            self.state = State::Late(step);
            self.order(Storage::Failed);
            self.go_ahead();
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
    pub fn poll_timeout(&self) -> Option<Millis> {
        let mut at = self.tabs.deadline();
        if let State::Opening(_) = self.state {
            at = at.min(self.late_at);
        }
        if let Some(Step::Own { until }) = self.step() {
            at = at.min(until);
        }
        if let Job::Locking { until, .. } | Job::Asking { until } = self.job {
            at = at.min(until);
        }
        for journal in &self.journals {
            at = at.min(journal.retry_at().unwrap_or(NEVER));
        }
        (at < NEVER).then_some(at)
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
        let is_at_rest = matches!(self.state, State::Open | State::Broken);
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
            self.job = Job::Locking { name, until: NEVER };
            self.order(Storage::Lock { name, waits: false });
        } else if !self.missing.is_empty() {
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

    /// What was kept has been handed out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let is_named = self.journals.iter().any(|journal| journal.opening == self.opening);
        is_named && self.step().is_none()
    }

    /// Nothing waits for what was kept: it was handed out, or is not waited for.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Late(_) | State::Open | State::Broken)
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
}

/// What does not open in this time is gone ahead without.
const OPEN: Millis = Millis(5_000);
/// Another tab that has a message of ours says so in this time.
const ANSWER: Millis = Millis(2_000);
/// A journal that could not be taken over is tried again then.
const AGAIN: Millis = Millis(10_000);
/// The first generation of a scope is a multiple of it, and a logout adds one.
const RAISED: u64 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

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
            keeper.keep_again();
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
