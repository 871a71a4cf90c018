//! The messages that the app sent, and what became of each.

use holdfast::client::deliveries::Sending;
use holdfast::engine::Draft;

use crate::ids::{MessageId, PageId, SessionId};

#[derive(Default)]
pub(crate) struct App {
    /// By the world's number.
    pub(crate) messages: Vec<Sent>,
    pub(crate) unsettled: usize,
}

pub(crate) struct Sent {
    /// As its page handed it over, and what the client made of it.
    pub(crate) sending: Sending,
    pub(crate) draft: Draft,
    /// The page that the app sent it from.
    pub(crate) author: PageId,
    /// The page that took it up last, and, in one number, all that did.
    pub(crate) page: PageId,
    pub(crate) way: u64,
    /// By the clock on the wall.
    pub(crate) expires_at: u64,
    /// It was emitted.
    pub(crate) has_left: bool,
    /// Somebody refused one of its attempts.
    pub(crate) was_refused: bool,
    /// Its payload can't be written to any wire.
    pub(crate) is_unencodable: bool,
    /// The app was told that it was not delivered.
    pub(crate) is_promised_away: bool,
    /// The generation of logouts that it is kept in, if it is.
    pub(crate) generation: Option<u64>,
    /// The session that it was sent in.
    pub(crate) session: SessionId,
    /// The server's process took it.
    pub(crate) has_arrived: bool,
    /// It reached the server's handler.
    pub(crate) has_entered: bool,
    pub(crate) is_settled: bool,
    /// It had settled before, and was found on disk all the same.
    pub(crate) is_revived: bool,
    /// The page that had it is gone, and it was not on disk in time.
    pub(crate) is_given_up: bool,
    /// Who was to erase it, and that nobody could.
    pub(crate) erasers: Vec<Eraser>,
    pub(crate) is_erasing_lost: bool,
    /// When its page told the others of its end.
    pub(crate) told_at: Option<u64>,
    /// A page could not write what had settled beside it, and deleted both: it is in memory only.
    pub(crate) is_dropped: bool,
}

impl App {
    /// What has not settled, and should.
    pub(crate) fn owed(&self) -> impl Iterator<Item = MessageId> + '_ {
        let is_owed = |id: &MessageId| {
            let message = &self.messages[*id];
            !message.is_settled && !message.is_given_up && !message.is_revived
        };
        (0..self.messages.len()).filter(is_owed)
    }
}

/// A page's lane: the order of others' messages is nobody's.
pub(crate) type LaneKey = (PageId, u64);

impl Sent {
    pub(crate) fn lane(&self) -> LaneKey {
        (self.author, self.sending.lane)
    }

    /// Messages that went the same way, from page to page, keep their order.
    pub(crate) fn goes_with(&self, other: &Self) -> bool {
        self.way == other.way
    }
}

/// A page, and its opening whose journal was told to erase a message.
pub(crate) type Eraser = (usize, u32);
