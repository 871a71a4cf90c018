//! The messages that the app sent, and their results.

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
    /// The message as its page passed it, and as the client took it.
    pub(crate) sending: Sending,
    pub(crate) draft: Draft,
    /// The page that the app sent it from.
    pub(crate) author: PageId,
    /// The last page that took it, and one number for the sequence of all pages that did.
    pub(crate) page: PageId,
    pub(crate) way: u64,
    /// By the wall clock.
    pub(crate) expires_at: u64,
    /// It was emitted.
    pub(crate) has_left: bool,
    /// One of its attempts was refused.
    pub(crate) was_refused: bool,
    /// Its payload can't be encoded.
    pub(crate) is_unencodable: bool,
    /// The app was told that it was not delivered.
    pub(crate) is_promised_away: bool,
    /// The generation of logouts that it is saved in, if it is.
    pub(crate) generation: Option<u64>,
    /// The session that it was sent in.
    pub(crate) session: SessionId,
    /// The server's process took it.
    pub(crate) has_arrived: bool,
    /// It reached the server's handler.
    pub(crate) has_entered: bool,
    pub(crate) is_settled: bool,
    /// It had settled before, and was still found on disk.
    pub(crate) is_revived: bool,
    /// The page that had it is gone, and it was not on disk in time.
    pub(crate) is_given_up: bool,
    /// The pages that were to erase it but could not.
    pub(crate) erasers: Vec<Eraser>,
    pub(crate) is_erasing_lost: bool,
    /// When its page told the others its result.
    pub(crate) told_at: Option<u64>,
    /// A page could not write the list of settled messages, and deleted the segment: the message is in memory only.
    pub(crate) is_dropped: bool,
}

impl App {
    /// The messages that have not settled but should.
    pub(crate) fn owed(&self) -> impl Iterator<Item = MessageId> + '_ {
        let is_owed = |id: &MessageId| {
            let message = &self.messages[*id];
            !message.is_settled && !message.is_given_up && !message.is_revived
        };
        (0..self.messages.len()).filter(is_owed)
    }
}

/// A lane of a page. The order between pages' lanes is not promised.
pub(crate) type LaneKey = (PageId, u64);

impl Sent {
    pub(crate) fn lane(&self) -> LaneKey {
        (self.author, self.sending.lane)
    }

    /// Messages that took the same sequence of pages keep their order.
    pub(crate) fn goes_with(&self, other: &Self) -> bool {
        self.way == other.way
    }
}

/// A page, and the opening whose journal was to erase a message.
pub(crate) type Eraser = (usize, u32);
