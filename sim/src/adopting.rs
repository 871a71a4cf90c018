//! Whose journal is whose: a page takes its own under a lock, and those whose lock nobody holds.

use crate::database::{Kept, Segment};
use crate::event::Event;
use crate::journal::{Journal, Place, Why, Work};
use crate::keeper::{ANSWER_MS, GRACE_MS, Note, Step};
use crate::locks::{Grant, Name, Purpose, Request};
use crate::tally::Count;
use crate::world::World;

impl World {
    pub(crate) fn request(&mut self, purpose: Purpose) -> Request {
        Request { page: self.page.id, opening: self.keeper().opening, purpose }
    }

    /// The holder hears of it a moment later.
    pub(crate) fn granted(&mut self, (name, request): Grant) {
        let Request { page, opening, purpose } = request;
        let at = self.now + self.fate.below(4);
        let step = Step::Granted { name, purpose };
        self.schedule(at, Event::Step { page, opening, step: Box::new(step) });
    }

    pub(crate) fn hold(&mut self, name: Name, purpose: Purpose) {
        let request = self.request(purpose);
        if self.locks.request(name, request) {
            self.granted((name, request));
        }
    }

    /// The name that the tab's journal had before, or a new one.
    pub(crate) fn choose_name(&mut self) {
        match self.tabs[self.page.tab].remembered {
            Some(name) => {
                self.hold(name, Purpose::Own);
                self.in_a_while(GRACE_MS, Step::NotOurs { name });
            }
            None => self.take_new_name(),
        }
    }

    pub(crate) fn not_ours(&mut self, name: Name) {
        let request = self.request(Purpose::Own);
        if self.locks.give_up(name, request) {
            self.tally.one(Count::TakenNames);
            self.take_new_name();
        }
    }

    fn take_new_name(&mut self) {
        self.names += 1;
        let name = self.names;
        self.tabs[self.page.tab].remembered = Some(name);
        self.hold(name, Purpose::Own);
    }

    pub(crate) fn named(&mut self, name: Name) {
        let Some(tabs) = &mut self.keeper().tabs else { return };
        tabs.name = Some(name);
        self.post(Note::Hello { name, is_new: true });
        self.transact(Work::Read { of: name, why: Why::Open });
    }

    pub(crate) fn watch(&mut self, name: Name) {
        if let Some(tabs) = &mut self.keeper().tabs {
            tabs.watched.insert(name);
        }
        self.hold(name, Purpose::Watch);
    }

    pub(crate) fn adopt_if_free(&mut self, name: Name, in_turn: bool) {
        if let Some(tabs) = &mut self.keeper().tabs {
            tabs.watched.remove(&name);
        }
        let request = self.request(Purpose::Adopt { in_turn });
        if self.locks.request_if_available(name, request) {
            return self.granted((name, request));
        }
        self.watch(name);
        if in_turn {
            self.adopt_next();
        }
    }

    /// A journal's lock is ours for as long as it takes.
    pub(crate) fn adopt(&mut self, name: Name, in_turn: bool) {
        match self.keeper().current {
            Some(into) => {
                self.transact(Work::Read { of: name, why: Why::Adopt { into, in_turn } });
            }
            None => self.end_adoption(name, in_turn),
        }
    }

    fn end_adoption(&mut self, name: Name, in_turn: bool) {
        let id = self.page.id;
        let purpose = Purpose::Adopt { in_turn };
        let ends =
            |of, request: &Request| of == name && request.page == id && request.purpose == purpose;
        self.end_requests(ends);
        if in_turn && self.keeper().tabs.is_some() {
            self.adopt_next();
        }
    }

    pub(crate) fn adopted(
        &mut self,
        other: Name,
        (into, number): (usize, u64),
        kept: &[Kept],
        in_turn: bool,
    ) {
        self.keeper().journals[into].adopted(number, kept.len());
        if !kept.is_empty() {
            self.tally.one(Count::Adoptions);
        }
        let place = |(index, &kept)| (kept, Place { journal: into, number, index });
        let found: Vec<_> = kept.iter().enumerate().map(place).collect();
        self.restore(&found);
        self.end_adoption(other, in_turn);
    }

    pub(crate) fn failed_to_adopt(&mut self, other: Name, in_turn: bool) {
        if in_turn {
            self.keeper_failed();
        }
        self.end_adoption(other, in_turn);
    }

    /// The journals that were there when this one was opened, one after the other.
    fn adopt_next(&mut self) {
        while let Some(name) = self.keeper().to_adopt.pop_front() {
            if self.is_new(name) {
                return self.adopt_if_free(name, true);
            }
        }
        let missing = self.keeper().missing.clone();
        if !missing.is_empty() {
            self.post(Note::Ask(missing));
            self.in_a_while(ANSWER_MS, Step::AnswersEnd);
        }
    }

    /// Answers whether nobody here waits for the holder of a journal to die, nor is it our own.
    pub(crate) fn is_new(&mut self, name: Name) -> bool {
        let tabs = self.keeper().tabs.as_ref();
        tabs.is_some_and(|tabs| tabs.name != Some(name) && !tabs.watched.contains(&name))
    }
}

// What was read.
impl World {
    pub(crate) fn read(&mut self, of: Name, why: Why, segments: &[Segment]) {
        match why {
            Why::Open => self.read_own(of, segments),
            Why::Adopt { into, in_turn } => {
                let kept: Vec<_> = segments.iter().flat_map(Segment::left).collect();
                let kept: Vec<_> = kept.into_iter().map(|(_, kept)| kept).collect();
                let journal = &mut self.keeper().journals[into];
                let (number, name) = (journal.next_number(), journal.name);
                self.transact(Work::Adopt { other: of, into, name, number, kept, in_turn });
            }
            Why::Look => {
                let ids = segments.iter().flat_map(Segment::left).map(|(_, kept)| kept.id);
                self.keeper().elsewhere.extend(ids);
                self.look_at_next();
            }
        }
    }

    fn read_own(&mut self, name: Name, segments: &[Segment]) {
        let wall = self.wall();
        let keeper = self.keeper();
        if keeper.tabs.as_ref().and_then(|tabs| tabs.name) != Some(name) {
            return;
        }
        let journal = keeper.journals.len();
        keeper.journals.push(Journal::new(name, segments, wall));
        keeper.current = Some(journal);
        let place = |segment: &Segment| {
            let number = segment.number;
            let place = move |(index, kept)| (kept, Place { journal, number, index });
            segment.left().map(place).collect::<Vec<_>>()
        };
        let found: Vec<_> = segments.iter().flat_map(place).collect();
        self.restore(&found);
        for added in std::mem::take(&mut self.keeper().early) {
            self.journal_add(journal, added);
        }
        self.opened(Some(&found.iter().map(|(kept, _)| kept.id).collect()));
        self.transact(Work::List { why: Why::Open });
    }

    pub(crate) fn listed(&mut self, names: Vec<Name>, why: Why) {
        if self.keeper().tabs.is_none() {
            return;
        }
        if matches!(why, Why::Look) {
            self.keeper().to_look_at = names.into();
            self.keeper().elsewhere.clear();
            self.look_at_next();
        } else {
            self.keeper().to_adopt = names.into();
            self.adopt_next();
        }
    }

    /// What is gone from our journal is with a tab that is alive, or with none.
    fn look_at_next(&mut self) {
        if let Some(name) = self.keeper().to_look_at.pop_front() {
            return self.transact(Work::Read { of: name, why: Why::Look });
        }
        for id in std::mem::take(&mut self.keeper().missing) {
            if !self.keeper().elsewhere.contains(&id) {
                self.take_back(id);
            }
        }
    }
}
