//! The receipts of one connection: what was asked, and what its answers prove.

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
