//! The state of a page's edge for its keeper: what is open, what was read, and what is being written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast::client::keeper::Keeper;
use holdfast::client::{Address, Client};
use holdfast::engine::Seq;

use crate::ids::{MessageId, Name, Scope};
use crate::violation::violated;
use crate::work::{Added, Kept, Key, Outcome, Parts, Segment, Write};

/// The state of a page's edge.
#[derive(Default)]
pub(crate) struct Storage {
    /// The user that messages are saved for, 0 for nobody. `None` if nothing was opened.
    pub(crate) scope: Option<Scope>,
    /// The opening that is open.
    pub(crate) channel: Option<u32>,
    /// The name for a journal of its own.
    pub(crate) fresh: Name,
    pub(crate) outcomes: Outcomes,
    /// Messages whose results another page has reported. This page erases them where it finds them.
    pub(crate) heard: BTreeSet<MessageId>,
    /// By their openings.
    journals: BTreeMap<u32, Owner>,
    /// The parts of the next transaction.
    parts: Parts,
    added: Vec<Added>,
    moved: usize,
    /// The messages that were read, and their journals.
    rows: Vec<(Kept, Name)>,
    /// Transactions whose results the page does not know. `committed` has the committed ones.
    writing: BTreeMap<u32, Vec<Added>>,
    committed: BTreeSet<u32>,
    /// The message whose result other pages want to know.
    pub(crate) sharing: Option<Seq>,
    /// This opening has passed on what it found.
    was_open: bool,
    /// Nothing waited for storage when last seen.
    was_ready: bool,
    /// A message was sent, and its storage was not observed since.
    pub(crate) has_unseen: bool,
    /// Since when something waits to be erased without a completed write.
    pub(crate) unerased_since: Option<u64>,
    /// The app was told that messages are in memory only, or there is no user to save them for.
    pub(crate) may_forget: bool,
    /// It failed when the page was back from the cache, before it was known what other pages had taken over.
    pub(crate) is_blind: bool,
}

/// The owner of a journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) scope: Scope,
    pub(crate) name: Name,
    pub(crate) generation: u64,
}

// The keeper's orders.
impl Storage {
    pub(crate) fn open(&mut self, opening: u32) {
        self.channel = Some(opening);
        self.rows.clear();
        self.was_open = false;
    }

    pub(crate) fn close(&mut self) {
        self.channel = None;
        self.outcomes = Outcomes::default();
    }

    /// An opening begins to read, and owns this journal from then on.
    pub(crate) fn reads(&mut self, opening: u32, owner: Owner) {
        self.journals.entry(opening).or_insert(owner);
    }

    /// A message is to be written. Returns the generation that it is saved in.
    pub(crate) fn add(&mut self, (kept, seq): (Kept, Seq), address: Address) -> u64 {
        self.added.push((kept.id, seq));
        self.put(address, kept)
    }

    /// A message that was read in another journal moves to an address in this one.
    pub(crate) fn take_over(&mut self, row: u32, address: Address) {
        let ((_, mine, _), _) = self.key_of(address);
        let (kept, owner) = &mut self.rows[row as usize];
        kept.from = kept.from.or(Some(*owner));
        let kept = *kept;
        *owner = mine;
        self.put(address, kept);
        self.moved += 1;
    }

    /// The message at this address has settled.
    pub(crate) fn list(&mut self, address: Address) {
        let (key, _) = self.key_of(address);
        self.parts.lists.entry(key).or_default().push(address.index);
    }

    /// A segment is deleted.
    pub(crate) fn drop(&mut self, name: Name, number: u64) {
        self.parts.drops.push((self.scope.unwrap_or_default(), name, number));
    }

    /// All orders since the last transaction form the next one.
    pub(crate) fn write(&mut self, number: u32, opening: u32, guard: Option<u64>) -> Write {
        let Some(Owner { scope, .. }) = self.journal(opening) else {
            violated!("journal", "opening {opening} writes before it has read");
        };
        let mut parts = std::mem::take(&mut self.parts);
        for drop in &mut parts.drops {
            drop.0 = scope;
        }
        let added = std::mem::take(&mut self.added);
        let moved = std::mem::take(&mut self.moved);
        self.writing.insert(number, added.clone());
        // A closed journal may belong to another page by then.
        let may_forget = self.may_forget && self.channel == Some(opening);
        Write { number, opening, scope, guard, parts, added, moved, may_forget }
    }

    fn key_of(&self, address: Address) -> (Key, u64) {
        let Some(owner) = self.journal(address.opening) else {
            violated!("journal", "{address:?} is in a journal that was never read");
        };
        ((owner.scope, owner.name, address.number), owner.generation)
    }

    /// Writes a message. Returns the generation of its segment.
    fn put(&mut self, address: Address, kept: Kept) -> u64 {
        let (key, generation) = self.key_of(address);
        let empty = || Segment { generation, messages: Vec::new() };
        let segment = self.parts.puts.entry(key).or_insert_with(empty);
        if segment.messages.len() != address.index as usize {
            violated!("journal", "{address:?} is not the next of its segment");
        }
        segment.messages.push(kept);
        generation
    }
}

// The results.
impl Storage {
    /// A message was read in a journal. Returns the number by which the keeper knows it.
    pub(crate) fn found(&mut self, kept: Kept, name: Name) -> u32 {
        self.rows.push((kept, name));
        self.rows.len() as u32 - 1
    }

    /// A message that was read, and its journal.
    pub(crate) fn row(&self, row: u32) -> (Kept, Name) {
        self.rows[row as usize]
    }

    /// A transaction has ended, which the page does not know yet.
    pub(crate) fn ended(&mut self, number: u32, is_done: bool) {
        if is_done {
            self.committed.insert(number);
        } else {
            self.writing.remove(&number);
        }
    }

    /// The page learns the result of a transaction.
    pub(crate) fn knows_of(&mut self, number: u32) {
        self.writing.remove(&number);
        self.committed.remove(&number);
    }

    /// Observes whether the keeper is open, and whether anything waits for it.
    pub(crate) fn seen(&mut self, keeper: &Keeper) {
        self.was_ready = keeper.is_ready();
        if keeper.is_open() {
            self.was_open = true;
            self.is_blind = false;
        }
    }
}

impl Storage {
    pub(crate) fn journal(&self, opening: u32) -> Option<Owner> {
        self.journals.get(&opening).copied()
    }

    /// Whether the journal of an opening, or those of later openings that took over its erasing, have erased
    /// everything.
    pub(crate) fn has_erased(&self, keeper: &Keeper, opening: u32) -> bool {
        let name = self.journal(opening).map(|owner| owner.name);
        let mut same = self.journals.iter().filter(|(_, owner)| Some(owner.name) == name);
        same.all(|(&opening, _)| keeper.is_erased(opening))
    }

    /// Whether the journal of an opening is the one that is open.
    pub(crate) fn is_open(&self, opening: u32) -> bool {
        let name = |opening| self.journal(opening).map(|owner| owner.name);
        self.channel.is_some_and(|current| name(current) == name(opening))
    }

    /// Whether this opening has passed on what it found.
    pub(crate) fn was_open(&self) -> bool {
        self.was_open
    }

    /// Whether a message may be saved elsewhere than last observed, or nothing waits for storage any more.
    pub(crate) fn is_unseen(&self, client: &Client) -> bool {
        let keeper = client.keeper();
        let was_open = self.was_open || !keeper.is_open();
        self.has_unseen || self.was_ready != keeper.is_ready() || !was_open
    }

    /// Messages that are on disk or may be soon, without the page knowing.
    pub(crate) fn writing(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.writing.values().flatten().map(|&(id, _)| id)
    }

    /// Messages that may be on disk soon.
    pub(crate) fn undecided(&self) -> impl Iterator<Item = MessageId> + '_ {
        let all = self.writing.iter().filter(|(number, _)| !self.committed.contains(number));
        all.flat_map(|(_, added)| added).map(|&(id, _)| id)
    }
}

/// Results that a page remembers for pages that come back and ask.
#[derive(Default)]
pub(crate) struct Outcomes(VecDeque<Outcome>);

impl Outcomes {
    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.0.push_back(outcome);
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    pub(crate) fn find(&self, id: MessageId) -> Option<Outcome> {
        self.0.iter().rev().find(|outcome| outcome.id == id).copied()
    }
}

/// The number of remembered results.
const MOST: usize = 1_000;
