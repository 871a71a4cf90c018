//! What keeps a page's messages across reloads and crashes: its own journal under a lock, and those of pages
//! that are gone taken over, as in the browser's shell.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast::engine::Input;

use crate::deliveries::MessageId;
use crate::event::Event;
use crate::journal::{Added, Journal, Why, Work};
use crate::locks::{Name, Purpose, Request};
use crate::tally::Count;
use crate::trace::note;
use crate::world::World;

#[derive(Default)]
pub(crate) struct Keeper {
    /// Counts openings and closings: what an earlier one asked for concerns nobody.
    pub(crate) opening: u32,
    pub(crate) journals: Vec<Journal>,
    /// The open one.
    pub(crate) current: Option<usize>,
    pub(crate) tabs: Option<Tabs>,
    pub(crate) has_failed: bool,
    /// It failed when the page was back from the cache, before it was known what others took over.
    pub(crate) is_blind: bool,
    /// What came before it was open.
    pub(crate) early: Vec<Added>,
    /// It may still take too long.
    is_opening: bool,
    pub(crate) to_adopt: VecDeque<Name>,
    pub(crate) missing: Vec<MessageId>,
    pub(crate) to_look_at: VecDeque<Name>,
    pub(crate) elsewhere: BTreeSet<MessageId>,
}

/// What an open keeper knows of the other tabs.
#[derive(Default)]
pub(crate) struct Tabs {
    pub(crate) name: Option<Name>,
    /// Journals whose holders it waits for to die.
    pub(crate) watched: BTreeSet<Name>,
    pub(crate) results: BTreeMap<MessageId, Result>,
}

/// How a message ended that another page had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Result {
    pub(crate) id: MessageId,
    pub(crate) is_delivered: bool,
}

/// What happens to a page's keeper.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The storage is open, or cannot be opened.
    Opened {
        is_well: bool,
    },
    /// It took too long to open.
    Late,
    /// The lock of the journal that the tab had before is not free.
    NotOurs {
        name: Name,
    },
    Granted {
        name: Name,
        purpose: Purpose,
    },
    /// Whoever left a journal had time to come back.
    GraceEnds {
        name: Name,
    },
    /// Whoever knows how a message ended had time to say so.
    AnswersEnd,
    Told(Note),
    Flush {
        journal: usize,
    },
}

/// What a tab says to all others.
#[derive(Clone, Debug)]
pub(crate) enum Note {
    /// One that is new wants to know who else is there.
    Hello {
        name: Name,
        is_new: bool,
    },
    Settled(Result),
    Ask(Vec<MessageId>),
}

// Opening and closing.
impl World {
    pub(crate) fn keeper(&mut self) -> &mut Keeper {
        self.page.keeper.as_mut().expect("only a page that keeps has steps of its keeper")
    }

    pub(crate) fn step_event(&mut self, step: Step) -> Event {
        let opening = self.keeper().opening;
        Event::Step { page: self.page.id, opening, step: Box::new(step) }
    }

    pub(crate) fn in_a_while(&mut self, span: u64, step: Step) {
        let event = self.step_event(step);
        self.schedule(self.now + span, event);
    }

    /// The page is loaded, or came back from the cache.
    pub(crate) fn open_keeper(&mut self) {
        self.page.model.restoring();
        self.page.shell.client.restore();
        self.close_keeper();
        let keeper = self.keeper();
        keeper.has_failed = false;
        keeper.tabs = Some(Tabs::default());
        keeper.is_opening = true;
        self.in_a_while(OPEN_MS, Step::Late);
        let lives = self.plan.lives.filter(|_| !self.is_kind_now());
        let (unopened, hanging) = lives.map_or((0, 0), |lives| (lives.unopened, lives.hanging));
        if !self.fate.chance(hanging) {
            let is_well = !self.fate.chance(unopened);
            let span = self.fate.magnitude(1, 50);
            self.in_a_while(span, Step::Opened { is_well });
        }
    }

    pub(crate) fn close_keeper(&mut self) {
        let id = self.page.id;
        let keeper = self.keeper();
        let closing = keeper.opening;
        keeper.opening += 1;
        keeper.tabs = None;
        // Another page may have the journal by the time that this one could write more of it.
        if let Some(journal) = keeper.current.take() {
            let unwritten = std::mem::take(&mut keeper.journals[journal].added);
            keeper.early.extend(unwritten);
        }
        keeper.is_opening = false;
        keeper.to_adopt.clear();
        keeper.missing.clear();
        let is_closed = |request: &Request| request.page == id && request.opening == closing;
        let is_kept = |request: &Request| matches!(request.purpose, Purpose::Adopt { .. });
        self.end_requests(|_, request| is_closed(request) && !is_kept(request));
    }

    pub(crate) fn end_requests(&mut self, ends: impl Fn(Name, &Request) -> bool) {
        for grant in self.locks.end(ends) {
            self.granted(grant);
        }
    }

    /// Nothing is kept from now on.
    pub(crate) fn keeper_failed(&mut self) {
        if std::mem::replace(&mut self.keeper().has_failed, true) {
            return;
        }
        note!(self, "   the storage has failed");
        self.tally.one(Count::FailedStorages);
        self.has_storage_failed = true;
        if self.is_kind_now() {
            // What it can't read is for somebody else to find.
            self.open_tab_soon();
        }
        let was_cached = self.page.has_been_cached;
        let keeper = self.keeper();
        keeper.is_opening = false;
        // What is on disk of ours is in memory too, and sent from here: the lock stays.
        if keeper.current.take().is_none() {
            keeper.is_blind = was_cached;
            self.close_keeper();
        }
        for added in std::mem::take(&mut self.keeper().early) {
            self.kept(added, None);
        }
        // Nobody can say for certain any more how those end that another page has.
        let elsewhere = self.page.deliveries.entries().filter(|(_, entry)| entry.is_elsewhere);
        for id in elsewhere.map(|(id, _)| id).collect::<Vec<_>>() {
            if let Some(entry) = self.page.deliveries.entry(id) {
                entry.is_blind = true;
            }
            self.take_back(id);
        }
        self.opened(None);
    }

    pub(crate) fn opened(&mut self, kept: Option<&BTreeSet<MessageId>>) {
        self.keeper().is_opening = false;
        if let Some(kept) = kept {
            self.keeper().missing = self.withhold(kept);
        }
        self.page.model.all_restored();
        self.tell(Input::Restored);
    }

    /// An order of the engine's: a message is to be kept.
    pub(crate) fn keep(&mut self, added: Added) {
        let keeper = self.keeper();
        if keeper.has_failed {
            self.kept(added, None);
        } else if let Some(journal) = keeper.current {
            self.journal_add(journal, added);
        } else {
            keeper.early.push(added);
        }
    }

    pub(crate) fn step_keeper(&mut self, opening: u32, step: Step) {
        // An old journal goes on with what it has, and a lock that came too late was given back.
        let is_old = opening != self.keeper().opening;
        if let Step::Flush { journal } = step {
            return self.flush(journal);
        }
        if let Step::Granted { name, purpose: Purpose::Adopt { in_turn } } = step {
            return self.adopt(name, in_turn);
        }
        if is_old {
            return;
        }
        note!(self, "   {step:?}");
        match step {
            Step::Opened { is_well: true } => self.choose_name(),
            Step::Opened { is_well: false } => self.keeper_failed(),
            Step::Late if self.keeper().is_opening => self.keeper_failed(),
            Step::Late | Step::Flush { .. } => {}
            Step::NotOurs { name } => self.not_ours(name),
            Step::Granted { name, purpose: Purpose::Own } => self.named(name),
            Step::Granted { name, purpose: Purpose::Watch } => {
                let request = self.request(Purpose::Watch);
                self.end_requests(|of, other| of == name && *other == request);
                self.in_a_while(GRACE_MS, Step::GraceEnds { name });
            }
            Step::Granted { purpose: Purpose::Adopt { .. }, .. } => {}
            Step::GraceEnds { name } => self.adopt_if_free(name, false),
            Step::AnswersEnd => self.transact(Work::List { why: Why::Look }),
            Step::Told(note) => self.told(note),
        }
    }
}

// What tabs tell each other.
impl World {
    pub(crate) fn post(&mut self, note: Note) {
        for page in 0..self.pages.len() {
            let other = self.page_at(page).filter(|_| page != self.page.id);
            let open = other.and_then(|other| other.keeper.as_ref()).filter(|it| it.tabs.is_some());
            if let Some(opening) = open.map(|keeper| keeper.opening) {
                let at = self.now + self.fate.below(10);
                let step = Step::Told(note.clone());
                self.schedule(at, Event::Step { page, opening, step: Box::new(step) });
            }
        }
    }

    fn told(&mut self, note: Note) {
        match note {
            Note::Hello { name, is_new } => {
                if self.is_new(name) {
                    self.watch(name);
                }
                let mine = self.keeper().tabs.as_ref().and_then(|tabs| tabs.name);
                if let Some(name) = mine.filter(|_| is_new) {
                    self.post(Note::Hello { name, is_new: false });
                }
            }
            Note::Settled(result) => self.settled_elsewhere(result),
            Note::Ask(ids) => {
                let Some(tabs) = &self.keeper().tabs else { return };
                let known: Vec<_> = ids.iter().filter_map(|id| tabs.results.get(id)).collect();
                for result in known.into_iter().copied().collect::<Vec<_>>() {
                    self.post(Note::Settled(result));
                }
            }
        }
    }

    /// Says how a message ended that another page had.
    pub(crate) fn tell_others(&mut self, result: Result) {
        let Some(tabs) = &mut self.keeper().tabs else { return };
        tabs.results.insert(result.id, result);
        self.post(Note::Settled(result));
    }
}

/// As in the browser's shell.
const OPEN_MS: u64 = 5_000;
pub(crate) const GRACE_MS: u64 = 2_000;
pub(crate) const ANSWER_MS: u64 = 2_000;
