//! Receipts: what was asked for on a link, and what the answers prove. That is known here from what became of each
//! POST, and not from what the client makes of it.

use crate::wire::Frame;

/// The receipts of a page, whatever link they are of.
#[derive(Default)]
pub(crate) struct Receipts {
    /// What leaves in this turn, over polling.
    pub(crate) post: Vec<Frame>,
    /// The server refused a POST of more receipts than 16, each of them.
    pub(crate) takes_many: bool,
    /// The client was shown that there are no receipts here.
    pub(crate) are_over: bool,
    /// The round trip as the client is to know it.
    pub(crate) rtt: Option<u64>,
    /// The server answered a probe: silence means something.
    pub(crate) is_trusted: bool,
    pub(crate) is_clogged: bool,
    /// The same when the client looked last.
    pub(crate) was_clogged: bool,
    /// Orders that are to come.
    pub(crate) owes_receiptless: bool,
}

impl Receipts {
    pub(crate) fn are_over(&self) -> bool {
        self.are_over
    }
}

/// The receipts of a connection.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) all: Vec<One>,
    /// So many were answered, or are known to be dropped.
    pub(crate) concluded: usize,
    /// The last transmission that is known to be taken.
    pub(crate) taken: u64,
    /// One was answered.
    pub(crate) proves: bool,
    pub(crate) is_polling: bool,
    /// The server answers in order, so none before this.
    pub(crate) answers_at: u64,
}

pub(crate) struct One {
    pub(crate) name: u32,
    /// By the client's clock.
    pub(crate) at: u64,
    /// The last transmission before it.
    pub(crate) last: u64,
    pub(crate) due: u32,
    /// What was known to be taken when it was sent.
    pub(crate) taken: u64,
    pub(crate) is_polling: bool,
    pub(crate) is_dropped: bool,
}

impl Asked {
    /// When the oldest was sent that is not answered.
    pub(crate) fn owed_since(&self) -> Option<u64> {
        self.all.get(self.concluded).map(|one| one.at)
    }

    /// Whether a batch that left over polling is not proven.
    pub(crate) fn is_batch_owed(&self) -> bool {
        self.proves && self.all.get(self.concluded).is_some_and(|one| one.is_polling)
    }

    pub(crate) fn is_owed(&self) -> bool {
        self.concluded < self.all.len()
    }
}
