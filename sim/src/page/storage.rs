//! What the edge of a page has in hand for its keeper: what is open, what was read, and what is being written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast::client::Client;
use holdfast::client::keeper::Keeper;
use holdfast::engine::Seq;

use crate::ids::{MessageId, Name, Scope};
use crate::work::{Added, Kept, Outcome, Parts};

/// What the edge of a page has in hand.
#[derive(Default)]
pub(crate) struct Storage {
    /// Whose messages are kept, 0 for nobody. None where nothing was opened.
    pub(crate) scope: Option<Scope>,
    /// The opening for which it is open.
    pub(crate) channel: Option<u32>,
    /// The name for a journal of its own.
    pub(crate) fresh: Name,
    pub(crate) outcomes: Outcomes,
    /// Messages that have ended as another page said, which this one erases where it finds them.
    pub(crate) heard: BTreeSet<MessageId>,
    /// By their openings.
    pub(crate) journals: BTreeMap<u32, Owner>,
    /// Of the next transaction.
    pub(crate) parts: Parts,
    pub(crate) added: Vec<Added>,
    pub(crate) moved: usize,
    /// What was read, and the journal that had it.
    pub(crate) rows: Vec<(Kept, Name)>,
    /// Transactions of which the page does not know how they ended. Those that are committed are in `committed`.
    pub(crate) writing: BTreeMap<u32, Vec<Added>>,
    pub(crate) committed: BTreeSet<u32>,
    /// The message that others want to know the end of.
    pub(crate) sharing: Option<Seq>,
    /// This opening has handed out what it found.
    pub(crate) was_open: bool,
    /// Nothing waited for storage, when that was seen last.
    pub(crate) was_ready: bool,
    /// A message was sent, and nobody has seen yet where it is kept.
    pub(crate) has_unseen: bool,
    /// Since when something waits to be erased, and no write has ended.
    pub(crate) unerased_since: Option<u64>,
    /// The app was told that messages are in memory only, or that nobody is there to keep them for.
    pub(crate) may_forget: bool,
    /// It failed when the page was back from the cache, before it was known what others took over.
    pub(crate) is_blind: bool,
}

/// Whose journal it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) scope: Scope,
    pub(crate) name: Name,
    pub(crate) generation: u64,
}

impl Storage {
    pub(crate) fn journal(&self, opening: u32) -> Option<Owner> {
        self.journals.get(&opening).copied()
    }

    /// The journal of an opening, and those of later ones that took over what it was to erase, have erased it.
    pub(crate) fn has_erased(&self, keeper: &Keeper, opening: u32) -> bool {
        let name = self.journal(opening).map(|owner| owner.name);
        let mut same = self.journals.iter().filter(|(_, owner)| Some(owner.name) == name);
        same.all(|(&opening, _)| keeper.is_erased(opening))
    }

    /// The journal of an opening is the one that is open.
    pub(crate) fn is_open(&self, opening: u32) -> bool {
        let name = |opening| self.journal(opening).map(|owner| owner.name);
        self.channel.is_some_and(|current| name(current) == name(opening))
    }

    /// This opening has handed out what it found.
    pub(crate) fn was_open(&self) -> bool {
        self.was_open
    }

    /// A message may be somewhere else than it was seen, or nothing waits for storage any more.
    pub(crate) fn is_unseen(&self, client: &Client) -> bool {
        let keeper = client.keeper();
        let was_open = self.was_open || !keeper.is_open();
        self.has_unseen || self.was_ready != keeper.is_ready() || !was_open
    }

    /// Messages that are on disk, or may be soon, and the page does not know.
    pub(crate) fn writing(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.writing.values().flatten().map(|&(id, _)| id)
    }

    /// Messages that may be on disk soon.
    pub(crate) fn undecided(&self) -> impl Iterator<Item = MessageId> + '_ {
        let all = self.writing.iter().filter(|(number, _)| !self.committed.contains(number));
        all.flat_map(|(_, added)| added).map(|&(id, _)| id)
    }
}

/// Outcomes that a page keeps in mind for one that comes back and asks.
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

/// Outcomes that are kept in mind.
const MOST: usize = 1_000;
