//! What pages have under way with their storage: transactions, locks, and what tabs tell each other.

use holdfast::engine::Seq;

use crate::database::{Found, Parts};
use crate::ids::{MessageId, Name, Scope};

/// What happens to a page's keeper.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The storage is open, or cannot be opened.
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
    /// Of a user who has logged out.
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
    /// The app had been told that messages are in memory only.
    pub(crate) may_forget: bool,
}

/// How a transaction ended.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Read { opening: u32, mine: Name, found: Vec<Found>, generation: u64 },
    Written { write: Write, is_done: bool },
}

/// A message that a transaction adds.
pub(crate) type Added = (MessageId, Seq);

/// What a tab tells the others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Note {
    /// One that is new wants to know who else is there.
    Hello {
        name: Name,
        is_new: bool,
        /// The name that the page would give to a new journal.
        by: Name,
    },
    Ask(MessageId),
    /// It has not ended, and is here.
    Has(MessageId),
    Settled(Outcome),
    Cancel(MessageId),
}

/// How a message ended that another page had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) id: MessageId,
    pub(crate) is_delivered: bool,
}
