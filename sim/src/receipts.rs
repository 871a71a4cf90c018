//! The model of receipts: what was asked for on a link, and what the answers prove. It derives this from what
//! happened to each POST, independently of the client.

use holdfast::client::receipts::MANY;

use crate::violation::violated;
use crate::wire::Frame;

/// The receipts of a page, over all its links.
#[derive(Default)]
pub(crate) struct Receipts {
    /// The frames that leave in this turn over polling.
    pub(crate) post: Vec<Frame>,
    /// The server answered all receipts of a POST with more than 16 of them.
    takes_many: bool,
    /// The client has seen that this server gives no receipts.
    are_over: bool,
    /// The smoothed round trip that the client should have computed.
    rtt: Option<u64>,
    /// The server has answered a probe, so silence proves something.
    pub(crate) is_trusted: bool,
    pub(crate) is_clogged: bool,
    /// Whether the transport was clogged at the client's last look.
    pub(crate) was_clogged: bool,
    /// Orders that the client still has to give.
    owes_receiptless: bool,
}

/// The receipts of a connection.
#[derive(Default)]
pub(crate) struct Asked {
    all: Vec<One>,
    /// The number of receipts that were answered or are known to be dropped.
    concluded: usize,
    /// The last transmission that is known to be taken.
    taken: u64,
    /// A receipt was answered.
    pub(crate) proves: bool,
    pub(crate) is_polling: bool,
    /// The server answers in order, so no answer comes before this time.
    pub(crate) answers_at: u64,
}

struct One {
    name: u32,
    /// By the client's clock.
    at: u64,
    /// The last transmission before it.
    last: u64,
    due: u32,
    /// The last transmission that was known to be taken when it was sent.
    taken: u64,
    is_polling: bool,
    is_dropped: bool,
}

/// The proof that the answer to a receipt gives.
pub(crate) struct Answered {
    took: u64,
    /// The receipt was one of many in one POST.
    is_of_many: bool,
    /// The server has dispatched what it had taken, up to this transmission.
    pub(crate) dispatched: u64,
    pub(crate) batches: Vec<Batch>,
}

/// The transmissions before a receipt, and whether the server has not taken them.
pub(crate) struct Batch {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) is_dropped: bool,
}

impl Receipts {
    /// Whether the server has answered all receipts of a POST with more than 16 of them.
    pub(crate) fn takes_many(&self) -> bool {
        self.takes_many
    }

    pub(crate) fn are_over(&self) -> bool {
        self.are_over
    }

    /// A receipt was answered.
    pub(crate) fn answered(&mut self, answered: &Answered) {
        let took = answered.took;
        self.rtt = Some(self.rtt.map_or(took, |rtt| (rtt * 7 + took) / 8));
        self.takes_many |= answered.is_of_many;
        self.is_trusted = true;
    }

    /// A receipt was answered as by a server without receipts: the client has to report that.
    pub(crate) fn refused(&mut self) {
        self.are_over = true;
        self.owes_receiptless = true;
    }

    /// The client reports that this server gives no receipts. Returns whether it concluded that from their silence.
    pub(crate) fn given_up(&mut self) -> bool {
        if std::mem::take(&mut self.owes_receiptless) {
            return false;
        }
        // If no answer ever came, the first one may just be late.
        if self.rtt.is_some() {
            violated!("receipts", "receipts were given up, but they work");
        }
        self.are_over = true;
        true
    }

    /// A message is passed to a link (I13).
    pub(crate) fn check_takes(&self, asked: &Asked, now: u64) {
        if self.is_clogged {
            violated!("I13", "a message left over a link that is clogged");
        }
        if !asked.proves {
            return;
        }
        let overdue = self.rtt.map_or(0, |rtt| rtt * 4).max(1_000);
        if let Some(at) = asked.owed_since()
            && now >= at + overdue
        {
            violated!("I13", "a message left at {now}, but a receipt is overdue since {at}");
        }
        if asked.is_batch_owed() {
            violated!("I13", "a message left beside a batch that is not proven");
        }
    }

    pub(crate) fn check_at_rest(&self) {
        if self.owes_receiptless {
            violated!("receipts", "the client did not report that there are none");
        }
    }
}

impl Asked {
    /// Receipts of a name are requested after a transmission. Returns their serial number.
    pub(crate) fn ask(&mut self, (name, due): (u32, u32), at: u64, last: u64) -> usize {
        if !self.proves && self.is_owed() {
            violated!("I13", "the first receipt of the link is not alone");
        }
        let (taken, is_polling) = (self.taken, self.is_polling);
        self.all.push(One { name, at, last, due, taken, is_polling, is_dropped: false });
        self.all.len() - 1
    }

    /// The name of a receipt.
    pub(crate) fn name(&self, serial: usize) -> u32 {
        self.all[serial].name
    }

    /// The POST that contained the receipt is dropped.
    pub(crate) fn dropped(&mut self, serial: usize) {
        self.all[serial].is_dropped = true;
    }

    /// An answer arrives. Returns `None` if it proves nothing new.
    pub(crate) fn answered(&mut self, now: u64, serial: usize) -> Option<Answered> {
        if serial < self.concluded {
            return None;
        }
        let one = &mut self.all[serial];
        one.due -= 1;
        if one.due > 0 {
            return None;
        }
        let took = (now - one.at).min(MOST_RTT);
        let (is_of_many, dispatched) = (one.name == MANY, one.taken);
        self.proves = true;
        let concluded = std::mem::replace(&mut self.concluded, serial + 1);
        let batches: Vec<Batch> = (concluded..=serial).map(|at| self.batch(at)).collect();
        let taken = batches.iter().filter(|batch| !batch.is_dropped).map(|batch| batch.last);
        self.taken = self.taken.max(taken.max().unwrap_or_default());
        Some(Answered { took, is_of_many, dispatched, batches })
    }

    fn batch(&self, at: usize) -> Batch {
        let first = if at == 0 { 0 } else { self.all[at - 1].last + 1 };
        Batch { first, last: self.all[at].last, is_dropped: self.all[at].is_dropped }
    }

    /// When the oldest unanswered receipt was sent.
    pub(crate) fn owed_since(&self) -> Option<u64> {
        self.all.get(self.concluded).map(|one| one.at)
    }

    /// Whether a batch that left over polling is not proven.
    pub(crate) fn is_batch_owed(&self) -> bool {
        self.proves && self.all.get(self.concluded).is_some_and(|one| one.is_polling)
    }

    fn is_owed(&self) -> bool {
        self.concluded < self.all.len()
    }
}

/// The longest round trip that counts.
const MOST_RTT: u64 = 2_500;
