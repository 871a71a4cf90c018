//! The keeper's orders to the storage, and what the storage reports. The shell numbers the journals and the messages
//! that it has read. The methods named here are those of the [keeper](super::keeper::Keeper).

use crate::engine::Seq;

/// A journal, as the shell numbers it. Each belongs to one tab. 0 is none.
pub type Name = u32;

/// A message that was read from disk, as the shell numbers it.
pub type Row = u32;

/// The address of a message in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The opening whose journal contains the message.
    pub opening: u32,
    /// The number of its segment.
    pub number: u64,
    /// Its index in the segment.
    pub index: u32,
}

/// Orders about the disk, the locks and the channel between tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Open the database and the channel, then call `Keeper::opened` or `Keeper::failed`.
    Open {
        /// The number of this opening.
        opening: u32,
    },
    /// Close the channel, and release all locks and lock requests.
    Close,
    /// Store the name of the tab's journal so that it survives a reload.
    Remember {
        /// The journal.
        name: Name,
    },
    /// Ask for the lock of a journal.
    Lock {
        /// The journal.
        name: Name,
        /// Whether to queue for the lock. Otherwise request it only if it is free.
        waits: bool,
    },
    /// Release the lock of a journal, or withdraw the request for it.
    Unlock {
        /// The journal.
        name: Name,
    },
    /// Call `Keeper::gathered` at the end of the present turn of the event loop.
    Gather {
        /// The opening whose journal is meant.
        opening: u32,
    },
    /// Read saved messages: report each segment, each of its messages, and then the end.
    Read {
        /// The journal, or 0 for all of the scope, including what earlier versions left in it.
        of: Name,
        /// This tab's journal.
        mine: Name,
    },
    /// Part of the next transaction: write this message at this address.
    Put {
        /// The message.
        seq: Seq,
        /// Its address.
        address: Address,
    },
    /// Part of the next transaction: write a message that was read at this address of this tab's journal.
    Move {
        /// The message.
        row: Row,
        /// Its new address.
        address: Address,
    },
    /// Part of the next transaction: list the message at this address as settled. All settled messages of a segment
    /// are ordered together. Does nothing if another tab has taken over the segment, as no number is used twice.
    List {
        /// Its address.
        address: Address,
    },
    /// Part of the next transaction: delete this segment.
    Drop {
        /// The journal.
        name: Name,
        /// The segment.
        number: u64,
    },
    /// Commit the parts that were ordered for the next transaction, all or nothing, and call `Keeper::committed`.
    /// Carry out and report transactions and readings in the order of their orders.
    Commit {
        /// The number of the transaction.
        transaction: u32,
        /// The opening whose journal it is for.
        opening: u32,
        /// Commit only if the scope's generation of logouts is still this.
        guard: Option<u64>,
    },
    /// Pass a message that was read to the client, and call `Keeper::taken` at once.
    Take {
        /// The message.
        row: Row,
    },
    /// A logout has ended a message that was read: tell the app.
    Ended {
        /// The message.
        row: Row,
    },
    /// Another tab may ask for this message's result: report it to the other tabs once it has settled.
    Share {
        /// The message.
        seq: Seq,
    },
    /// Announce this tab's journal to the other tabs.
    Hello {
        /// The journal.
        name: Name,
        /// Whether the others are to answer with theirs.
        is_new: bool,
    },
    /// Ask the other tabs for this message's result. A tab that does not know the result calls `Keeper::asked`, and
    /// if that returns `true` answers that it has the message, which this tab reports by `Keeper::has_elsewhere`.
    Ask {
        /// The message.
        seq: Seq,
    },
    /// Tell the tab that has this message that it was cancelled.
    Cancel {
        /// The message.
        seq: Seq,
    },
    /// Storage failed or did not open in time: tell the app that messages are in memory only.
    Failed,
}

/// A segment that was read.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Its journal.
    pub name: Name,
    /// Its number in the journal.
    pub number: u64,
    /// The number of its messages, including settled ones. 0 if a newer build wrote it; it is left alone then.
    pub size: u32,
    /// The generation of logouts in which its messages were sent. `None` for version 1, which stored none.
    pub generation: Option<u64>,
    /// Version 1 wrote it, in a scope of its own.
    pub is_former: bool,
    /// It was this tab's own. Set for former segments only.
    pub was_ours: bool,
}

/// A message that was read. It belongs to the segment that was reported last.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The shell's number for the message.
    pub row: Row,
    /// Its segment lists it as settled.
    pub is_settled: bool,
    /// This tab had it first.
    pub is_away: bool,
    /// The same message in this tab, if it has it.
    pub known: Option<Seq>,
}

/// The result of passing a message to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The client took it as this new message.
    New(Seq),
    /// The client had it already, as this message.
    Known(Seq),
    /// The client could not take it, and the app was told.
    Refused,
}
