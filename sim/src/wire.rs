//! Frames on connections, and the server's work on them.

use holdfast::client::identity::User;
use holdfast::engine::Verdict;

use crate::ids::{ConnectionId, MessageId, SessionId};
use crate::publisher::{Item, Position};

/// The credentials that a connection is opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) session: SessionId,
    pub(crate) name: User,
    pub(crate) subject: User,
}

/// A frame from client to server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Frame {
    Join,
    Ping,
    Receipt {
        serial: usize,
    },
    Message {
        id: MessageId,
        attempt: u32,
        /// The client waits for its acknowledgement.
        is_asked: bool,
    },
    /// Reads a feed from a position.
    Read {
        feed: u32,
        round: u32,
        at: Option<Position>,
    },
}

/// A packet from server to client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Packet {
    Heartbeat,
    Joined,
    JoinRefused,
    Pong,
    /// The answer to a receipt, or an answer without one.
    Receipt {
        serial: Option<usize>,
        name: u32,
        is_plain: bool,
    },
    Ack {
        id: MessageId,
        attempt: u32,
        verdict: Verdict,
    },
    /// Any other event.
    Event(Emitted),
    /// An event that tells the sender that its message took effect.
    Confirmation {
        id: MessageId,
    },
    /// An event that tells the sender that its message was refused.
    Rejection {
        id: MessageId,
    },
}

/// A message from the server, as it arrives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    /// Its index among all that the server sent to the page.
    pub(crate) id: usize,
    pub(crate) copy: u64,
    pub(crate) name: u32,
    pub(crate) wants_ack: bool,
    pub(crate) session: SessionId,
    /// Counts the arrivals at the page.
    pub(crate) number: u64,
}

/// An event of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Emitted {
    Message(Message),
    Typing {
        who: u64,
        is_over: bool,
    },
    Listed,
    Left,
    /// The server refuses the join of a room that the app asked for.
    OtherRefused,
    /// The server announces feeds.
    Feeds,
    Item {
        feed: u32,
        item: Item,
    },
    /// The answer to a read, by its number.
    Read {
        feed: u32,
        round: u32,
        answer: usize,
    },
}

impl Message {
    /// A number for its whole content.
    pub(crate) fn content(&self) -> u64 {
        ((self.id as u64 * COPIES + self.copy) * 2 + u64::from(self.name)) * 2 + 1
    }
}

/// A caller that waits for a message's answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) connection: ConnectionId,
    pub(crate) attempt: u32,
    pub(crate) is_asked: bool,
}

/// A message that the server has decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dispatch {
    pub(crate) message: MessageId,
    pub(crate) attempt: u32,
    pub(crate) is_asked: bool,
    pub(crate) life: u32,
}

/// A handler's state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) id: MessageId,
    pub(crate) caller: Caller,
    pub(crate) life: u32,
    pub(crate) verdict: Verdict,
    pub(crate) is_silent: bool,
}

/// The number of contents of a message. The last one is the form that the app fetches.
const COPIES: u64 = 8;
pub(crate) const FETCHED: u64 = COPIES - 1;
