//! The browser's part for a page's keeper: the disk, the locks, and the tab's session storage. It makes no
//! decisions.

use holdfast::client::claim::Audience;
use holdfast::client::deliveries::{Id, Sending};
use holdfast::client::keeper::{Keeper, Saved};
use holdfast::client::storage::Storage as Order;
use holdfast::engine::{Millis, Phase, Seq};

use super::World;
use crate::event::{Event, FIRST};
use crate::ids::{MessageId, Name, Scope};
use crate::locks::Request;
use crate::page::deliveries::Entry;
use crate::plan::Planned;
use crate::tally::Count;
use crate::trace::note;
use crate::violation::violated;
use crate::work::{Kept, Note, Step, Work};

// Opening and closing.
impl World {
    /// Opens the present user's saved messages, unless they are open.
    pub(super) fn open_kept(&mut self) {
        let scope = self.scope();
        if !self.run.keeps()
            || self.page.storage.scope == Some(scope)
            || self.page.shell.is_destroyed
        {
            return;
        }
        self.page.storage.scope = Some(scope);
        self.page.storage.may_forget |= scope == 0;
        let begun = (scope > 0).then(|| self.generations.begin(scope));
        let (generation, is_first) = (begun.map(|it| it.0), begun.is_some_and(|it| it.1));
        note!(self.run, "-> keep for {scope}, {generation:?}, first: {is_first}");
        self.page.model.restoring();
        self.call(|client, now| client.keep(now, generation, is_first));
        self.observe();
        self.drain();
    }

    /// The user has logged out, in this tab or another.
    pub(super) fn clear(&mut self, scope: Scope) {
        if scope > 0 && self.run.keeps() {
            self.begin(Work::Clear { scope });
        }
    }

    pub(super) fn tell_keeper(&mut self, tell: impl FnOnce(&mut Keeper)) {
        self.call(|client, now| client.stored(now, tell));
        self.observe();
        self.drain();
    }
}

// Orders.
impl World {
    pub(super) fn carry_out_storage(&mut self, order: Order) {
        match order {
            Order::Open { opening } => self.open_storage(opening),
            Order::Close => self.close_storage(),
            Order::Remember { name } => {
                if self.tabs[self.page.tab].remembered.replace(name).is_some() {
                    self.run.tally.one(Count::TakenNames);
                }
            }
            Order::Lock { name, waits } => self.lock(name, waits),
            Order::Unlock { name } => {
                let request = self.request();
                self.end_requests(|of, other| of == name && *other == request);
            }
            Order::Gather { opening } => {
                let event = Event::Step { page: self.page.id, opening, step: Step::Gathered };
                self.run.schedule_in(FIRST, self.run.now, event);
            }
            Order::Read { of, mine } => self.begin_to_read(of, mine),
            Order::Put { seq, address } => {
                let Some(id) = self.page.deliveries.find(seq) else {
                    violated!("journal", "{seq:?} is to be saved, but was never sent");
                };
                let from = self.page.deliveries.get(id).and_then(|entry| entry.from);
                let expires_at = self.app.messages[id].expires_at;
                let kept = Kept { id, expires_at, from };
                let generation = self.page.storage.add((kept, seq), address);
                self.app.messages[id].generation = Some(generation);
            }
            Order::Move { row, address } => self.page.storage.take_over(row, address),
            Order::List { address } => self.page.storage.list(address),
            Order::Drop { name, number } => self.page.storage.drop(name, number),
            Order::Commit { transaction, opening, guard } => {
                self.commit(transaction, opening, guard);
            }
            Order::Take { row } => self.take(row),
            Order::Ended { row } => self.ended(row),
            Order::Share { seq } => self.page.storage.sharing = Some(seq),
            Order::Hello { name, is_new } => {
                let by = self.page.storage.fresh;
                self.post(Note::Hello { name, is_new, by });
            }
            Order::Ask { seq } => {
                let (id, by) = (self.page.deliveries.find(seq), self.page.storage.fresh);
                id.into_iter().for_each(|id| self.post(Note::Ask { id, by }));
            }
            Order::Cancel { seq } => {
                let id = self.page.deliveries.find(seq);
                id.into_iter().for_each(|id| self.post(Note::Cancel(id)));
            }
            Order::Failed => self.storage_failed(),
        }
    }

    fn open_storage(&mut self, opening: u32) {
        let storage = &mut self.page.storage;
        storage.open(opening);
        let disk = self.run.plan.disk;
        let is_kind = self.run.is_kind_now();
        let (unopened, hanging) = if is_kind { (0, 0) } else { (disk.unopened, disk.hanging) };
        if !self.run.storage_dice().chance(hanging) {
            let is_well = !self.run.storage_dice().chance(unopened);
            let at = self.run.now + self.run.storage_dice().magnitude(1, 50);
            let step = Step::Opened { is_well };
            self.run.schedule(at, Event::Step { page: self.page.id, opening, step });
        }
    }

    fn close_storage(&mut self) {
        self.page.storage.close();
        let id = self.page.id;
        self.end_requests(|_, request| request.page == id);
    }

    fn storage_failed(&mut self) {
        note!(self.run, "   the storage has failed");
        self.run.tally.one(Count::FailedStorages);
        self.has_storage_failed = true;
        if self.run.is_kind_now() && self.run.plan.lives.is_some() {
            // Another tab has to find what it can't read.
            self.open_tab_soon();
        }
        let was_cached = self.page.has_been_cached;
        let storage = &mut self.page.storage;
        storage.may_forget = true;
        storage.is_blind |= was_cached && !storage.was_open();
    }

    /// A message of an earlier page load, of this page before it was cached, or of a page that is gone.
    fn take(&mut self, row: u32) {
        let (kept, owner) = self.page.storage.row(row);
        let Kept { id, expires_at, from } = kept;
        let known = self.page.deliveries.get(id);
        // It has settled here, or another page reported its result, and the app is told once.
        let message = &self.app.messages[id];
        let is_over = message.is_settled || message.is_revived;
        let is_told = is_over && self.page.shell.client.has_ended(message.sending.print);
        let has_ended = known.is_none() && (is_told || self.page.deliveries.seq_of(id).is_some());
        if known.is_none() && !has_ended {
            let mine = self.page.storage.channel.and_then(|it| self.page.storage.journal(it));
            self.revive(id, mine.is_none_or(|mine| mine.name == owner));
        }
        let ttl = Millis(expires_at.saturating_sub(self.wall()));
        let same = known.map(|entry| Id::Known { seq: entry.seq, is_same: true });
        let before = self.app.messages[id].sending;
        let sending = Sending { id: same.unwrap_or_default(), ttl, ..before };
        note!(self.run, "-> take up message {id}: {sending:?}");
        match self.call(|client, now| client.take_up(now, &sending)) {
            Ok(seq) if same.is_none() && !has_ended => self.restore(id, seq, from),
            Ok(seq) if known.is_some_and(|entry| entry.seq == seq) => {}
            Err(claim) if has_ended && claim.audience == Audience::Nobody => {}
            other => violated!("kept", "message {id}, ended: {has_ended}, was {other:?}"),
        }
        self.observe();
        let had = known.and_then(|entry| entry.saved);
        let Some(Saved::Kept(address)) = self.page.deliveries.get(id).and_then(|entry| entry.saved)
        else {
            return;
        };
        let was_kept = known.is_none() || matches!(had, Some(Saved::Kept(_) | Saved::Elsewhere));
        if was_kept && Some(address.opening) == self.page.storage.channel {
            self.taken_up(id);
        }
    }

    fn restore(&mut self, id: MessageId, seq: Seq, from: Option<Name>) {
        note!(self.run, "   message {id} is {seq:?}");
        self.run.tally.one(Count::Restored);
        let draft = self.draft_of(seq);
        self.page.model.restore(self.engine_time(), seq, draft);
        let session = self.page.owners.session();
        let lane = (draft.lane, self.app.messages[id].sending.lane);
        self.page.deliveries.enter(id, seq, from, session, lane, 0);
    }

    /// A logout had ended a message that was found.
    fn ended(&mut self, row: u32) {
        let (kept, _) = self.page.storage.row(row);
        let print = self.app.messages[kept.id].sending.print;
        if self.page.shell.client.has_ended(print) {
            return;
        }
        note!(self.run, "   a logout had ended message {}", kept.id);
        self.run.tally.one(Count::EndedByLogout);
        self.ended_by_logout(kept.id);
    }
}

// Locks.
impl World {
    fn request(&self) -> Request {
        let opening = self.page.storage.channel.unwrap_or_default();
        Request { page: self.page.id, opening }
    }

    fn lock(&mut self, name: Name, waits: bool) {
        let request = self.request();
        let phase = self.page.shell.status().phase;
        if !waits && matches!(phase, Phase::Idle | Phase::Closed) {
            violated!("D7", "page {} takes over a journal, and wants no link", self.page.id);
        }
        self.locks.request(&mut self.run, name, request, waits);
    }

    pub(super) fn end_requests(&mut self, ends: impl Fn(Name, &Request) -> bool) {
        self.locks.end(&mut self.run, ends);
    }
}

// Facts.
impl World {
    pub(super) fn step_keeper(&mut self, opening: u32, step: Step) {
        note!(self.run, "-> {opening}: {step:?}");
        match step {
            Step::Opened { is_well: false } => self.tell_keeper(|keeper| keeper.failed(opening)),
            Step::Opened { is_well: true } => self.opened(opening),
            Step::Locked { name, is_granted } => {
                self.tell_keeper(|keeper| keeper.locked(opening, name, is_granted));
            }
            Step::Gathered => self.tell_keeper(|keeper| keeper.gathered(opening)),
            Step::Told(note) => self.told(opening, note),
        }
    }

    fn opened(&mut self, opening: u32) {
        let (wall, has_locks) = (self.wall(), self.run.plan.disk.has_locks);
        let mine = self.tabs[self.page.tab].remembered.unwrap_or_default();
        if !has_locks {
            self.run.tally.one(Count::Lockless);
        }
        self.names += 1;
        self.page.storage.fresh = self.names;
        let names = (mine, self.names);
        let generation = self.generations.of(self.page.storage.scope.unwrap_or_default());
        self.tell_keeper(|keeper| keeper.opened(opening, wall, names, has_locks, generation));
    }
}

// Observations of the keeper.
impl World {
    /// Observes where messages are saved.
    pub(super) fn observe(&mut self) {
        let keeper = self.page.shell.client.keeper();
        let storage = &mut self.page.storage;
        storage.seen(keeper);
        if keeper.is_ready() {
            self.page.model.all_restored();
        }
        let seen = |(id, entry): (MessageId, Entry)| {
            keeper
                .saved(entry.seq)
                .filter(|&saved| entry.saved != Some(saved))
                .map(|saved| (id, saved))
        };
        let changed: Vec<_> = self.page.deliveries.entries().filter_map(seen).collect();
        for (id, saved) in changed {
            self.observed(id, saved);
        }
        let messages = &self.app.messages;
        let is_unseen = |(id, entry): (MessageId, Entry)| {
            entry.saved.is_none() && messages.get(id).is_some_and(|it| it.draft.durable)
        };
        let has_unseen = self.page.deliveries.entries().any(is_unseen);
        self.page.storage.has_unseen = has_unseen;
    }

    fn observed(&mut self, id: MessageId, saved: Saved) {
        let Some(entry) = self.page.deliveries.entry(id) else { return };
        let seq = entry.seq;
        let before = entry.saved.replace(saved);
        if self.page.model.is_settled(seq) {
            return;
        }
        let was_elsewhere = before == Some(Saved::Elsewhere);
        if was_elsewhere && matches!(saved, Saved::Waiting | Saved::Nowhere) {
            entry.is_blind = saved == Saved::Nowhere;
            self.run.tally.one(Count::Reclaimed);
            self.taken_up(id);
        }
        match saved {
            // Another journal is to save it.
            Saved::Waiting if matches!(before, Some(Saved::Kept(_))) => {
                self.page.model.withheld(seq)
            }
            Saved::Waiting | Saved::Writing => {}
            Saved::Overdue => {
                self.run.tally.one(Count::Overdue);
                self.page.model.stored(seq);
            }
            Saved::Nowhere => {
                self.page.model.stored(seq);
                self.app.messages[id].is_dropped |= matches!(before, Some(Saved::Kept(_)));
            }
            Saved::Kept(_) => {
                if matches!(before, Some(Saved::Waiting | Saved::Writing | Saved::Overdue)) {
                    self.run.tally.one(Count::Stored);
                }
                self.page.model.stored(seq);
            }
            Saved::Elsewhere => {
                self.run.tally.one(Count::Withheld);
                self.page.model.withheld(seq);
                if self.run.plan.kinds.fickle_app && self.run.fate.chance(500) {
                    let at = self.run.now + self.run.fate.magnitude(1, 3_000);
                    self.run.schedule(at, Event::Planned(Planned::CancelAway));
                }
            }
        }
    }
}
