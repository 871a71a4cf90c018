//! The pending work between pages and their storage: transactions, locks, and messages between tabs.

use std::collections::BTreeMap;

use holdfast::engine::Seq;

use crate::ids::{MessageId, Name, Scope};

/// A message as it is saved. The rest belongs to the app and never changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) id: MessageId,
    /// By the wall clock.
    pub(crate) expires_at: u64,
    /// The journal that had it first, if another has it now.
    pub(crate) from: Option<Name>,
}

/// A segment on disk.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) generation: u64,
    pub(crate) messages: Vec<Kept>,
}

/// A segment as it is read.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) name: Name,
    pub(crate) number: u64,
    pub(crate) segment: Segment,
    pub(crate) settled: Vec<u32>,
}

pub(crate) type Key = (Scope, Name, u64);

/// The content of a transaction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) puts: BTreeMap<Key, Segment>,
    /// The lists count only if the segment exists: another page may have taken it over.
    pub(crate) lists: BTreeMap<Key, Vec<u32>>,
    pub(crate) drops: Vec<Key>,
}

/// An event for a page's keeper.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The storage is open, or can't be opened.
    Opened {
        is_well: bool,
    },
    Locked {
        name: Name,
        is_granted: bool,
    },
    Gathered,
    Told(Note),
}

/// A transaction.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    Read {
        opening: u32,
        scope: Scope,
        of: Name,
        mine: Name,
    },
    Write(Write),
    /// Deletes the data of a user who has logged out.
    Clear {
        scope: Scope,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) number: u32,
    pub(crate) opening: u32,
    pub(crate) scope: Scope,
    pub(crate) guard: Option<u64>,
    pub(crate) parts: Parts,
    pub(crate) added: Vec<Added>,
    pub(crate) moved: usize,
    /// The app had been told that messages are in memory only, and the journal was open.
    pub(crate) may_forget: bool,
}

/// The result of a transaction.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Read { opening: u32, mine: Name, found: Vec<Found>, generation: u64 },
    Written { write: Write, is_done: bool },
}

/// A message that a transaction adds.
pub(crate) type Added = (MessageId, Seq);

/// A message between tabs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Note {
    /// Announces a journal. A new tab asks the others to answer.
    Hello {
        name: Name,
        is_new: bool,
        /// The name that the page would give to a new journal.
        by: Name,
    },
    Ask {
        id: MessageId,
        /// As above.
        by: Name,
    },
    /// The message has not settled, and is here.
    Has(MessageId),
    Settled(Outcome),
    Cancel(MessageId),
}

/// The result of a message that another page had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) id: MessageId,
    pub(crate) is_delivered: bool,
}
