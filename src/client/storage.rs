//! What the keeper orders of the storage, and what the storage tells it. Journals and messages that were read are named
//! by numbers of the edge. Methods are those of the [keeper](super::keeper::Keeper).

use crate::engine::Seq;

/// A journal, which is one tab's, as the edge numbers it. 0 is none.
pub type Name = u32;

/// A message that was read from the disk, as the edge numbers it.
pub type Row = u32;

/// Where a message is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The opening whose journal has it.
    pub opening: u32,
    /// The segment.
    pub number: u64,
    /// Its index in the segment.
    pub index: u32,
}

/// What to do with what is outside: the disk, the locks and the channel between tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Open the database and the channel, and say `Keeper::opened` or `Keeper::failed`.
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
    /// Say `Keeper::gathered` when the present turn is over.
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
    /// Carry out what was told of the next transaction, all or nothing, and say `Keeper::committed`. Transactions
    /// and readings are carried out, and told, in the order in which they were ordered.
    Commit {
        /// Which transaction it is.
        transaction: u32,
        /// The journal that it is for.
        opening: u32,
        /// Only if the scope's generation of logouts is still this.
        guard: Option<u64>,
    },
    /// Take up what was read, and say `Keeper::taken` at once.
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
    /// Ask the other tabs how this message ended. One that does not know says `Keeper::asked`, and answers that it has
    /// it where that is so: `Keeper::has_elsewhere`.
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
