//! The tabs of a browser in virtual time, and what they share: a disk, locks and a channel.
//!
//! Everything happens at once and in order, unless a test delays it. Time passes only where a test lets it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast::client::claim::Ending;
use holdfast::client::deliveries::{self, Sending};
use holdfast::client::keeper::{Keeper, Saved};
use holdfast::client::storage::{Found, Name, Row, Segment, Storage};
use holdfast::client::verdict::Acknowledgement;
use holdfast::client::{Address, Client, Order, PageEvent};
use holdfast::engine::{Config, Input, Millis, Moment, Outcome, Output, Seq, Verdict};

/// The app's id of a message. Two messages with one id are the same message.
pub type Id = u32;
/// A tab, by its index.
pub type Tab = usize;
/// A server and a user.
pub type Scope = u64;

pub const ALICE: Scope = 1;
pub const BOB: Scope = 2;
/// The generation of a scope without a logout. First generations are multiples of 65,536.
pub const FIRST: u64 = 7 << 16;

/// A message on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: Id,
    /// The journal that had it first, if another has it now.
    pub from: Option<Name>,
}

/// A segment on disk.
#[derive(Clone, Debug)]
pub struct Record {
    pub messages: Vec<Kept>,
    /// `None` for version 1, whose segments have scopes of their own.
    pub generation: Option<u64>,
    /// A newer build wrote it.
    pub is_newer: bool,
}

/// Scope, journal and number.
type Key = (Scope, Name, u64);

/// The parts of a transaction so far.
#[derive(Debug, Default)]
struct Parts {
    puts: Vec<(Address, Kept)>,
    lists: Vec<Address>,
    drops: Vec<(Name, u64)>,
}

/// A segment as it was read.
type Read = (Key, Record, BTreeSet<u32>);

/// Facts on their way to a tab.
#[derive(Debug)]
enum Fact {
    Opened { opening: u32 },
    Gathered { opening: u32 },
    Read { opening: u32, of: Name, mine: Name },
    Answer { opening: u32, mine: Name, found: Vec<Read> },
    Commit { transaction: u32, opening: u32, guard: Option<u64>, parts: Parts },
    Clear { scope: Scope },
    Locked { opening: u32, name: Name, is_granted: bool },
    Told(Note),
}

/// A message between tabs.
#[derive(Clone, Debug)]
enum Note {
    Hello { name: Name, is_new: bool, by: Name },
    Settled { id: Id, is_delivered: bool },
    Ask { id: Id, by: Name },
    Has { id: Id },
    Cancel { id: Id },
}

/// A page: its client and its state.
pub struct Page {
    pub client: Client,
    /// The name of its journal, which a reload keeps.
    pub name: Name,
    /// The name for a new journal.
    fresh: Name,
    scope: Scope,
    /// The user that the app names.
    user: u64,
    /// Credentials are not available yet, so no link comes up.
    is_offline: bool,
    /// It can't see the generation of logouts in storage.
    pub is_blind: bool,
    /// The generation of the user's logouts in which it sends.
    generation: u64,
    is_first: bool,
    /// The session has ended, and no other has begun.
    is_over: bool,
    is_gone: bool,
    opening: u32,
    /// The scope and journal of each opening, and the generation in which it writes.
    openings: BTreeMap<u32, (Scope, Name, u64)>,
    parts: Parts,
    /// The messages that were read, and their journals.
    rows: Vec<(Kept, Name)>,
    by_id: BTreeMap<Id, Seq>,
    attempts: BTreeMap<Id, u32>,
    /// The results that other tabs may ask for.
    results: BTreeMap<Id, bool>,
    sharing: BTreeSet<Seq>,
    /// The messages that left, in order.
    left: Vec<Id>,
    outcomes: Vec<(Id, Outcome, bool)>,
    /// The messages that the app was told a logout had ended.
    pub ended: Vec<Id>,
    /// How often the app was told that messages are in memory only.
    pub failures: usize,
    pub orders: Vec<Storage>,
}

/// The state that the tabs share.
pub struct Disk {
    pub now: u64,
    pub has_locks: bool,
    pub segments: BTreeMap<Key, Record>,
    settled: BTreeMap<Key, BTreeSet<u32>>,
    pub generations: BTreeMap<Scope, u64>,
    locks: BTreeMap<(Scope, Name), VecDeque<(Tab, u32)>>,
    facts: VecDeque<(Tab, Fact)>,
    /// Databases do not open for now.
    pub holds_opening: bool,
    pub fails_opening: bool,
    /// Transactions wait for now.
    pub holds_disk: bool,
    /// The results of lock requests are delayed for now.
    pub holds_locks: bool,
    /// The results of readings are delayed for now, and later orders wait.
    pub holds_answers: bool,
    /// Messages between tabs are delayed for now.
    pub holds_channel: bool,
    /// The user logs out elsewhere right before the next journal is moved.
    pub raises_before_moving: bool,
    pub fails_writes: bool,
    pub fails_reads: bool,
    tabs: Vec<Page>,
    fresh: Name,
}

// Pages and users.
impl Disk {
    pub fn new() -> Self {
        Self {
            now: 0,
            has_locks: true,
            segments: BTreeMap::new(),
            settled: BTreeMap::new(),
            generations: BTreeMap::new(),
            locks: BTreeMap::new(),
            facts: VecDeque::new(),
            holds_opening: false,
            fails_opening: false,
            holds_disk: false,
            holds_locks: false,
            holds_answers: false,
            holds_channel: false,
            raises_before_moving: false,
            fails_writes: false,
            fails_reads: false,
            tabs: Vec::new(),
            fresh: 100,
        }
    }

    pub fn without_locks() -> Self {
        Self { has_locks: false, ..Self::new() }
    }

    /// Loads a page of a tab that had this journal before, 0 for none. No user is named yet.
    pub fn load(&mut self, name: Name) -> Tab {
        self.tabs.push(Page {
            client: Client::new(Config::default(), 1, Moment(self.now)),
            name,
            fresh: 0,
            scope: 0,
            user: 0,
            is_offline: true,
            is_blind: false,
            generation: 0,
            is_first: false,
            is_over: false,
            is_gone: false,
            opening: 0,
            openings: BTreeMap::new(),
            parts: Parts::default(),
            rows: Vec::new(),
            by_id: BTreeMap::new(),
            attempts: BTreeMap::new(),
            results: BTreeMap::new(),
            sharing: BTreeSet::new(),
            left: Vec::new(),
            outcomes: Vec::new(),
            ended: Vec::new(),
            failures: 0,
            orders: Vec::new(),
        });
        self.tabs.len() - 1
    }

    /// Loads a page of this tab for Alice, which asks for a link.
    pub fn page(&mut self, name: Name) -> Tab {
        let tab = self.load(name);
        self.name(tab, ALICE);
        self.link(tab);
        tab
    }

    /// Loads a page that asks for no link until it sends, and gets none before [`link`](Self::link).
    pub fn idle_page(&mut self, name: Name) -> Tab {
        let tab = self.load(name);
        self.name(tab, ALICE);
        tab
    }

    /// The app names the user, whose messages are saved from now on.
    pub fn name(&mut self, tab: Tab, scope: Scope) {
        let generation = self.generation(scope);
        self.keep(tab, scope, Some(generation), false);
    }

    pub fn keep(&mut self, tab: Tab, scope: Scope, generation: Option<u64>, is_first: bool) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        page.user = scope;
        page.client.name(now, scope, 0);
        self.claim(tab, scope, generation, is_first);
    }

    /// As [`name`](Self::name), but the session continues.
    pub fn claim(&mut self, tab: Tab, scope: Scope, generation: Option<u64>, is_first: bool) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        page.is_over = false;
        (page.scope, page.is_first) = (scope, is_first);
        page.generation = generation.unwrap_or(0);
        page.client.keep(now, generation, is_first);
        self.run();
    }

    /// The page goes into the cache.
    pub fn cache(&mut self, tab: Tab) {
        let now = self.at();
        self.tabs[tab].client.page(now, PageEvent::Cached);
        self.run();
    }

    pub fn restore(&mut self, tab: Tab) {
        let now = self.at();
        self.tabs[tab].client.page(now, PageEvent::Back);
        self.run();
    }

    /// The page is gone, with all its pending work.
    pub fn end(&mut self, tab: Tab) {
        self.tabs[tab].is_gone = true;
        self.facts.retain(|(of, fact)| *of != tab || matches!(fact, Fact::Commit { .. }));
        self.release(|(of, _), _| of == tab);
        self.run();
    }

    /// The user logs out in this tab.
    pub fn log_out(&mut self, tab: Tab) {
        let (now, scope) = (self.at(), self.tabs[tab].scope);
        self.raise(scope);
        self.tabs[tab].client.log_out(now);
        self.facts.push_back((tab, Fact::Clear { scope }));
        self.run();
    }

    /// The user logs out in another tab, which does not report anything else.
    pub fn raise(&mut self, scope: Scope) {
        let next = self.generation(scope) + 1;
        self.generations.insert(scope, next);
    }

    pub fn generation(&self, scope: Scope) -> u64 {
        let own = FIRST + scope.abs_diff(ALICE) * 65_536;
        self.generations.get(&scope).copied().unwrap_or(own)
    }

    pub fn destroy(&mut self, tab: Tab) {
        let now = self.at();
        self.tabs[tab].client.destroy(now);
        self.run();
    }
}

// Messages.
impl Disk {
    pub fn send(&mut self, tab: Tab, ids: impl IntoIterator<Item = Id>) {
        for id in ids {
            self.send_now(tab, id);
        }
        self.run();
    }

    /// Sends, without ending the turn of the event loop.
    pub fn send_now(&mut self, tab: Tab, id: Id) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        let seq = page.client.send(now, &draft(id)).expect("taken");
        assert_eq!(page.by_id.insert(id, seq), None, "{id} is on its way");
    }

    pub fn cancel(&mut self, tab: Tab, id: Id) {
        self.cancel_now(tab, id);
        self.run();
    }

    fn cancel_now(&mut self, tab: Tab, id: Id) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        if let Some(&seq) = page.by_id.get(&id) {
            page.client.cancel(now, seq);
        }
    }

    /// The app asks for a link, and gets one.
    pub fn link(&mut self, tab: Tab) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        if std::mem::replace(&mut page.is_offline, false) {
            page.client.close(now);
        }
        page.client.open(now);
        self.run();
    }

    pub fn unlink(&mut self, tab: Tab) {
        let now = self.at();
        self.tabs[tab].client.close(now);
        self.run();
    }

    /// The server acknowledges a message.
    pub fn ack(&mut self, tab: Tab, id: Id) {
        self.ack_now(tab, id);
        self.run();
    }

    pub fn ack_now(&mut self, tab: Tab, id: Id) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        let (seq, attempt) = (page.by_id[&id], page.attempts[&id]);
        page.client.acked(now, seq, attempt, Acknowledgement::default());
    }

    pub fn saved(&self, tab: Tab, id: Id) -> Option<Saved> {
        self.tabs[tab].client.saved(*self.tabs[tab].by_id.get(&id)?)
    }

    pub fn is_kept(&self, tab: Tab, id: Id) -> bool {
        matches!(self.saved(tab, id), Some(Saved::Kept(_)))
    }

    /// The messages that left since the last call.
    pub fn left(&mut self, tab: Tab) -> Vec<Id> {
        std::mem::take(&mut self.tabs[tab].left)
    }

    /// The result of a message, if it has settled.
    pub fn ending(&self, tab: Tab, id: Id) -> Option<Outcome> {
        self.outcome(tab, id).map(|(outcome, _)| outcome)
    }

    /// The result, and whether the message may have been delivered. The app must have been told once.
    pub fn outcome(&self, tab: Tab, id: Id) -> Option<(Outcome, bool)> {
        let of = |&&(one, ..): &&(Id, Outcome, bool)| one == id;
        let all: Vec<_> = self.tabs[tab].outcomes.iter().filter(of).collect();
        assert!(all.len() <= 1, "I1: told twice: {all:?}");
        all.first().map(|&&(_, outcome, maybe_delivered)| (outcome, maybe_delivered))
    }

    /// The messages that a new page of Alice's would find: the journals with unsettled messages.
    pub fn kept(&self) -> Vec<(Name, Id)> {
        self.kept_of(ALICE)
    }

    pub fn kept_of(&self, scope: Scope) -> Vec<(Name, Id)> {
        let mut all = Vec::new();
        for (key, record) in self.segments.iter().filter(|(key, _)| key.0 == scope) {
            let is_settled = |index: usize| {
                self.settled.get(key).is_some_and(|list| list.contains(&(index as u32)))
            };
            let living = record.messages.iter().enumerate().filter(|&(at, _)| !is_settled(at));
            all.extend(living.map(|(_, kept)| (key.1, kept.id)));
        }
        all
    }

    /// Writes a segment as an earlier page load or another build left it.
    pub fn leave(&mut self, (scope, name, number): Key, ids: &[Id], generation: Option<u64>) {
        let messages = ids.iter().map(|&id| Kept { id, from: None }).collect();
        let record = Record { messages, generation, is_newer: false };
        self.segments.insert((scope, name, number), record);
    }

    pub fn page_of(&mut self, tab: Tab) -> &mut Page {
        &mut self.tabs[tab]
    }

    /// The storage orders since the last call.
    pub fn orders(&mut self, tab: Tab) -> Vec<Storage> {
        std::mem::take(&mut self.tabs[tab].orders)
    }

    /// The number of transactions among the orders since the last call.
    pub fn commits(&mut self, tab: Tab) -> usize {
        let is_commit = |order: &Storage| matches!(order, Storage::Commit { .. });
        self.orders(tab).into_iter().filter(is_commit).count()
    }

    pub fn is_locked(&self, name: Name) -> bool {
        self.locks.get(&(ALICE, name)).is_some_and(|line| !line.is_empty())
    }

    /// Somebody else takes the lock of a journal of Alice's.
    pub fn lock(&mut self, name: Name) {
        self.locks.entry((ALICE, name)).or_default().push_front((Tab::MAX, 0));
    }

    pub fn unlock(&mut self, name: Name) {
        self.release(|(of, _), one| of == Tab::MAX && one == name);
        self.run();
    }
}

// Time, facts and orders.
impl Disk {
    pub fn at(&self) -> Moment {
        Moment(self.now)
    }

    /// Lets time pass, and handles every deadline on the way at its time (I6).
    pub fn pass(&mut self, span: u64) {
        let until = self.now + span;
        self.run();
        while let Some(at) = self.deadline().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            self.handle_timeouts();
            let next = self.deadline();
            assert!(next.is_none_or(|next| next > self.now), "I6: {next:?} at {}", self.now);
        }
        self.now = until;
    }

    /// The page's timers are late: everything that was due is handled at once.
    pub fn wake_after(&mut self, span: u64) {
        self.now += span;
        self.handle_timeouts();
    }

    fn handle_timeouts(&mut self) {
        let now = self.at();
        for page in self.tabs.iter_mut().filter(|page| !page.is_gone) {
            page.client.handle_timeout(now);
        }
        self.run();
    }

    fn deadline(&self) -> Option<u64> {
        let living = self.tabs.iter().filter(|page| !page.is_gone);
        living.filter_map(|page| page.client.poll_timeout()).map(|at| at.0).min()
    }

    /// Carries out all orders, and reports all facts.
    pub fn run(&mut self) {
        for tab in 0..self.tabs.len() {
            self.drain(tab);
        }
        let mut later = VecDeque::new();
        let mut count = 0;
        while let Some((tab, fact)) = self.facts.pop_front() {
            count += 1;
            assert!(count < 100_000, "it never comes to rest: {fact:?}");
            let waits = match fact {
                Fact::Opened { .. } => self.holds_opening,
                Fact::Answer { .. } => self.holds_answers,
                Fact::Told(_) => self.holds_channel,
                Fact::Read { .. } | Fact::Commit { .. } | Fact::Clear { .. } => {
                    self.holds_disk
                        || later.iter().any(|(_, one)| matches!(one, Fact::Answer { .. }))
                }
                Fact::Locked { .. } => self.holds_locks,
                Fact::Gathered { .. } => false,
            };
            if waits {
                later.push_back((tab, fact));
                continue;
            }
            self.tell(tab, fact);
            self.drain(tab);
        }
        self.facts = later;
        self.check();
    }

    /// Checks that nothing waits to be written once all facts were reported.
    fn check(&self) {
        for (tab, page) in self.tabs.iter().enumerate().filter(|(_, page)| !page.is_gone) {
            let is_busy = self.facts.iter().any(|&(of, _)| of == tab);
            for (id, &seq) in &page.by_id {
                let saved = page.client.saved(seq);
                let waits = matches!(saved, Some(Saved::Waiting | Saved::Writing));
                let is_stuck = waits && !is_busy && page.client.keeper().is_open();
                assert!(!is_stuck, "{id} of tab {tab} is {saved:?} for ever");
            }
        }
    }

    fn tell(&mut self, tab: Tab, fact: Fact) {
        let now = self.at();
        if let Fact::Commit { transaction, opening, guard, parts } = fact {
            let is_done = self.commit(tab, opening, guard, parts);
            return self.keeper(tab, |keeper| keeper.committed(transaction, is_done));
        }
        if self.tabs[tab].is_gone {
            return;
        }
        match fact {
            Fact::Commit { .. } => {}
            Fact::Clear { scope } => {
                self.segments.retain(|key, _| key.0 != scope);
                self.settled.retain(|key, _| key.0 != scope);
            }
            Fact::Opened { opening } => self.opened(tab, opening),
            Fact::Gathered { opening } => self.keeper(tab, |keeper| keeper.gathered(opening)),
            Fact::Read { opening, .. } if self.fails_reads => {
                self.keeper(tab, |keeper| keeper.failed(opening));
            }
            Fact::Read { opening, of, mine } => {
                let found = self.read(tab, of);
                self.facts.push_front((tab, Fact::Answer { opening, mine, found }));
            }
            Fact::Answer { opening, mine, found } => self.answer(tab, opening, mine, found),
            Fact::Locked { opening, name, is_granted } => {
                self.keeper(tab, |keeper| keeper.locked(opening, name, is_granted));
            }
            Fact::Told(note) => self.told(now, tab, note),
        }
    }

    pub fn keeper<R>(&mut self, tab: Tab, tell: impl FnOnce(&mut Keeper) -> R) -> R {
        let now = self.at();
        self.tabs[tab].client.stored(now, tell)
    }

    fn opened(&mut self, tab: Tab, opening: u32) {
        if self.fails_opening {
            return self.keeper(tab, |keeper| keeper.failed(opening));
        }
        self.fresh += 1;
        let generation = self.generation(self.tabs[tab].scope);
        let page = &mut self.tabs[tab];
        if page.is_first {
            page.generation = generation;
        }
        page.fresh = self.fresh;
        let names = (page.name, self.fresh);
        let (wall, has_locks) = (1_000_000 + self.now, self.has_locks);
        self.keeper(tab, |keeper| keeper.opened(opening, wall, names, has_locks, generation));
    }

    fn commit(&mut self, tab: Tab, opening: u32, guard: Option<u64>, parts: Parts) -> bool {
        let (scope, name, generation) = self.tabs[tab].openings[&opening];
        if guard.is_some() && std::mem::take(&mut self.raises_before_moving) {
            self.raise(scope);
        }
        if self.fails_writes || guard.is_some_and(|guard| guard != self.generation(scope)) {
            return false;
        }
        for (of, number) in parts.drops {
            // Journals of version 1 have scopes of their own.
            let keys = [(scope, of, number), (scope + FORMER, of, number)];
            for key in keys {
                self.segments.remove(&key);
                self.settled.remove(&key);
            }
        }
        for (address, kept) in parts.puts {
            let record = self.segments.entry((scope, name, address.number)).or_insert(Record {
                messages: Vec::new(),
                generation: Some(generation),
                is_newer: false,
            });
            assert_eq!(record.messages.len(), address.index as usize, "a number is used twice");
            record.messages.push(kept);
        }
        let mut lists: BTreeMap<Key, BTreeSet<u32>> = BTreeMap::new();
        for address in parts.lists {
            lists.entry((scope, name, address.number)).or_default().insert(address.index);
        }
        // A list is written anew each time, and only if its segment still exists.
        lists.retain(|key, _| self.segments.contains_key(key));
        self.settled.extend(lists);
        true
    }

    fn read(&self, tab: Tab, of: Name) -> Vec<Read> {
        let scope = self.tabs[tab].scope;
        let is_scope = |key: &Key| key.0 == scope || key.0 == scope + FORMER;
        let is_of = |(key, _): &(&Key, &Record)| is_scope(key) && (of == 0 || key.1 == of);
        let settled = |key| self.settled.get(key).cloned().unwrap_or_default();
        let found = self.segments.iter().filter(is_of);
        found.map(|(key, record)| (*key, record.clone(), settled(key))).collect()
    }

    fn answer(&mut self, tab: Tab, opening: u32, mine: Name, found: Vec<Read>) {
        let scope = self.tabs[tab].scope;
        for (key, record, settled) in found {
            let segment = Segment {
                name: key.1,
                number: key.2,
                size: if record.is_newer { 0 } else { record.messages.len() as u32 },
                generation: record.generation,
                is_former: key.0 != scope,
                was_ours: key.1 == FORMER_OWN,
            };
            self.keeper(tab, |keeper| keeper.segment(opening, segment));
            for (index, kept) in (0..).zip(record.messages) {
                let page = &mut self.tabs[tab];
                page.rows.push((kept, key.1));
                let found = Found {
                    row: (page.rows.len() - 1) as Row,
                    is_settled: settled.contains(&index),
                    is_away: kept.from == Some(mine),
                    known: page.by_id.get(&kept.id).copied(),
                };
                self.keeper(tab, |keeper| keeper.row(opening, index, found));
            }
        }
        let (now, generation) = (self.at(), self.generation(scope));
        self.tabs[tab].client.read(now, opening, generation);
    }

    fn told(&mut self, now: Moment, tab: Tab, note: Note) {
        let page = &mut self.tabs[tab];
        match note {
            Note::Hello { name, is_new, by } => {
                let (opening, goes_first) = (page.opening, by < page.fresh);
                self.keeper(tab, |keeper| keeper.hello(opening, name, is_new, goes_first));
            }
            Note::Settled { id, is_delivered } => {
                let verdict = if is_delivered { Verdict::Accepted } else { Verdict::Refused };
                if let Some(&seq) = page.by_id.get(&id) {
                    page.client.settled_elsewhere(now, seq, verdict, false);
                }
            }
            Note::Ask { id, by } => {
                let goes_first = by < page.fresh;
                let asked = |keeper: &mut Keeper, seq| keeper.asked(seq, goes_first);
                if let Some(&is_delivered) = page.results.get(&id) {
                    self.post(tab, &Note::Settled { id, is_delivered });
                } else if let Some(&seq) = page.by_id.get(&id)
                    && page.client.stored(now, |keeper| asked(keeper, seq))
                {
                    self.post(tab, &Note::Has { id });
                }
            }
            Note::Has { id } => {
                let (opening, seq) = (page.opening, page.by_id.get(&id).copied());
                if let Some(seq) = seq {
                    page.client.stored(now, |keeper| keeper.has_elsewhere(opening, seq));
                }
            }
            Note::Cancel { id } => self.cancel_now(tab, id),
        }
    }

    /// Another tab, without a client here, announces its journal.
    pub fn say_hello(&mut self, to: Tab, name: Name) {
        self.facts.push_back((to, Fact::Told(Note::Hello { name, is_new: true, by: Name::MAX })));
        self.run();
    }

    /// Such a tab asks for a message. Returns whether this tab answers that it has it.
    pub fn ask(&mut self, to: Tab, id: Id, goes_first: bool) -> bool {
        let (now, page) = (self.at(), &mut self.tabs[to]);
        let seq = page.by_id[&id];
        page.client.stored(now, |keeper| keeper.asked(seq, goes_first))
    }

    fn post(&mut self, from: Tab, note: &Note) {
        let scope = self.tabs[from].scope;
        if self.tabs[from].opening == 0 {
            // Its channel is closed.
            return;
        }
        for (tab, page) in self.tabs.iter().enumerate() {
            if tab != from && page.scope == scope && page.opening > 0 && !page.is_gone {
                self.facts.push_back((tab, Fact::Told(note.clone())));
            }
        }
    }

    fn release(&mut self, ends: impl Fn((Tab, u32), Name) -> bool) {
        for (&(_, name), line) in &mut self.locks {
            let before = line.front().copied();
            line.retain(|&request| !ends(request, name));
            if let Some(&(tab, opening)) = line.front().filter(|&&first| before != Some(first)) {
                self.facts.push_back((tab, Fact::Locked { opening, name, is_granted: true }));
            }
        }
    }

    fn drain(&mut self, tab: Tab) {
        let mut count = 0;
        while !self.tabs[tab].is_gone {
            let Some(order) = self.tabs[tab].client.poll() else { return };
            count += 1;
            assert!(count < 100_000, "poll never ends: {order:?}");
            self.carry_out(tab, order);
        }
    }

    fn carry_out(&mut self, tab: Tab, order: Order) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        match order {
            Order::Look => {
                let sees = !page.is_blind && !page.is_over && page.scope != 0;
                let generation = sees.then_some(page.scope);
                let generation = generation.map(|scope| self.generation(scope));
                self.tabs[tab].client.looked(now, false, generation);
            }
            Order::Ended { .. } => page.is_over = true,
            Order::Storage(order) => {
                page.orders.push(order);
                self.store(tab, order);
            }
            Order::Engine(output) => self.carry_out_engines(tab, output),
            Order::Transmit { seq, attempt, .. } => {
                let id = page.id_of(seq);
                page.attempts.insert(id, attempt);
                page.left.push(id);
            }
            Order::Settle(Ending { seq, outcome, claim, .. }) => {
                let id = page.id_of(seq);
                page.by_id.remove(&id);
                page.outcomes.push((id, outcome, claim.maybe_delivered));
                if page.sharing.remove(&seq) {
                    let is_delivered = outcome == Outcome::Delivered;
                    page.results.insert(id, is_delivered);
                    self.post(tab, &Note::Settled { id, is_delivered });
                }
            }
            Order::Receipt { .. }
            | Order::Foreign
            | Order::Learned { .. }
            | Order::Receiptless
            | Order::Replay { .. }
            | Order::Forget { .. }
            | Order::Discard { .. }
            | Order::Emit { .. }
            | Order::Returned { .. }
            | Order::Resync { .. }
            | Order::Release
            | Order::AskOnline
            | Order::StopTyping { .. }
            | Order::Read { .. } => {}
        }
    }

    fn carry_out_engines(&mut self, tab: Tab, output: Output) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        match output {
            Output::Authorize { epoch } if !page.is_offline => {
                page.client.authorized(now, epoch, page.user, page.user);
            }
            Output::Connect { epoch, .. } => {
                page.client.over(now, epoch, false, 0);
                page.client.linked(now, epoch, false, Millis(0));
                page.client.greeted(now, epoch, false);
            }
            Output::Ping { epoch } => page.client.handle(now, Input::Ponged { epoch }),
            Output::Store { .. } | Output::Transmit { .. } | Output::Settle { .. } => {
                unreachable!("the client orders {output:?} itself")
            }
            Output::Authorize { .. }
            | Output::Disconnect { .. }
            | Output::Join { .. }
            | Output::Unanswered { .. }
            | Output::Report(_)
            | Output::Changed => {}
        }
    }

    fn store(&mut self, tab: Tab, order: Storage) {
        let now = self.at();
        let page = &mut self.tabs[tab];
        let (scope, opening) = (page.scope, page.opening);
        match order {
            Storage::Open { opening } => {
                page.opening = opening;
                self.facts.push_back((tab, Fact::Opened { opening }));
            }
            Storage::Close => {
                page.opening = 0;
                self.release(|request, _| request == (tab, opening));
            }
            Storage::Remember { name } => page.name = name,
            Storage::Lock { name, waits } => {
                let line = self.locks.entry((scope, name)).or_default();
                let is_granted = line.is_empty();
                if is_granted || waits {
                    line.push_back((tab, opening));
                }
                if is_granted || !waits {
                    self.facts.push_back((tab, Fact::Locked { opening, name, is_granted }));
                }
            }
            Storage::Unlock { name } => {
                self.release(|request, one| request == (tab, opening) && one == name);
            }
            Storage::Gather { opening } => self.facts.push_back((tab, Fact::Gathered { opening })),
            Storage::Read { of, mine } => {
                let opened = (scope, mine, page.generation);
                page.openings.entry(opening).or_insert(opened);
                self.facts.push_back((tab, Fact::Read { opening, of, mine }));
            }
            Storage::Put { seq, address } => {
                let kept = Kept { id: page.id_of(seq), from: None };
                page.parts.puts.push((address, kept));
            }
            Storage::Move { row, address } => {
                let (kept, owner) = &mut page.rows[row as usize];
                kept.from.get_or_insert(*owner);
                page.parts.puts.push((address, *kept));
            }
            Storage::List { address } => page.parts.lists.push(address),
            Storage::Drop { name, number } => page.parts.drops.push((name, number)),
            Storage::Commit { transaction, opening, guard } => {
                let parts = std::mem::take(&mut page.parts);
                let fact = Fact::Commit { transaction, opening, guard, parts };
                self.facts.push_back((tab, fact));
            }
            Storage::Take { row } => {
                let (Kept { id, .. }, _) = page.rows[row as usize];
                let known = |&seq| deliveries::Id::Known { seq, is_same: true };
                let known = page.by_id.get(&id).map(known).unwrap_or_default();
                let sending = Sending { id: known, ..draft(id) };
                match page.client.take_up(now, &sending) {
                    Ok(seq) => drop(page.by_id.insert(id, seq)),
                    Err(claim) => {
                        page.outcomes.push((id, Outcome::Closed, claim.maybe_delivered));
                    }
                }
            }
            Storage::Ended { row } => page.ended.push(page.rows[row as usize].0.id),
            Storage::Share { seq } => drop(page.sharing.insert(seq)),
            Storage::Hello { name, is_new } => {
                let by = self.tabs[tab].fresh;
                self.post(tab, &Note::Hello { name, is_new, by });
            }
            Storage::Ask { seq } => {
                let id = page.id_of(seq);
                self.post(tab, &Note::Ask { id, by: self.tabs[tab].fresh });
            }
            Storage::Cancel { seq } => {
                let id = page.id_of(seq);
                self.post(tab, &Note::Cancel { id });
            }
            Storage::Failed => page.failures += 1,
        }
    }
}

impl Page {
    fn id_of(&self, seq: Seq) -> Id {
        let found = self.by_id.iter().find(|&(_, one)| *one == seq);
        found.map(|(&id, _)| id).expect("an unsettled message")
    }
}

fn draft(id: Id) -> Sending {
    let print = u64::from(id) + 1;
    let ttl = Millis(86_400_000);
    let (carries_id, durable) = (true, true);
    Sending { bytes: 100, ttl, event: 1, carries_id, durable, print, ..Sending::default() }
}

/// The offset from a scope to the scope of what version 1 left of it.
pub const FORMER: Scope = 1_000;
/// This tab's own journal of version 1.
pub const FORMER_OWN: Name = 90;
