//! Counts of what happened. A simulation proves nothing about a case that it never meets.

use holdfast::engine::{Cause, Notice, Outcome};

/// The counts of one run, or of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally([u64; NAMES.len()]);

macro_rules! counts {
    ($($count:ident $name:literal,)*) => {
        /// The counters.
        #[derive(Clone, Copy)]
        pub(crate) enum Count { $($count),* }

        const NAMES: &[&str] = &[$($name),*];
    };
}

counts! {
    Steps "steps: calls of the engine, and orders",
    Seconds "seconds of virtual time",
    Sent "messages",
    NoRoom "sends refused for want of room",
    Joined "sends that joined one that waits",
    NotJoined "sends refused for their id",
    TooLarge "messages too large for their link",
    Late "answers after a receipt",
    Transmitted "transmissions",
    Repeated "of these again",
    Delivered "delivered",
    Received "received",
    Superseded "superseded",
    Refused "refused",
    Stored "saved before they left",
    Unanswered "exhausted without an answer",
    Failed "exhausted by 'try again'",
    Lost "exhausted by losses",
    Expired "expired",
    Cancelled "cancelled",
    Closed "closed",
    LoggedOut "logged out",
    Sessions "sessions that ended",
    LoggedOutElsewhere "of these in another tab",
    Foreign "attempts with another user's credentials",
    Paused "logins that were not ready",
    Receipts "receipts asked for",
    Receiptless "servers found to give no receipts",
    Learned "lessons about events",
    DroppedPosts "POSTs dropped by the server",
    DroppedMessages "of these with messages",
    Attempts "attempts to connect",
    Followed "attempts of a Manager that were followed",
    Links "links",
    Abandoned "live links given up",
    FoundDead "dead links found after waking up",
    Losses "links lost",
    Suspicious "of these under suspicion",
    Crashes "crashes of the server",
    Poisoned "of these by poison",
    Kicked "links ended because too much was sent",
    Replaced "links ended for a newer one of the user",
    Deduplicated "messages that the server knew already",
    Stragglers "frames of a connection that was gone",
    Pings "pings",
    LateTimers "timers over a second late",
    Sleeps "sleeps",
    StrayFacts "stray facts",
    Unconfirmed "joins never confirmed",
    Silent "links found silent",
    ConnectHung "connects that hung",
    LoginHung "logins that hung",
    Mute "servers found without a ping handler",
    WronglyMute "of these wrongly",
    Destroyed "clients destroyed",
    Pages "pages loaded after the first",
    Reloads "reloads",
    PageCrashes "crashes of a tab",
    Stashed "pages that went into the cache",
    Returns "pages that came back from there",
    TakenNames "tabs that found their journal taken",
    Adoptions "journals adopted",
    Restored "messages restored",
    Withheld "messages withheld",
    SettledElsewhere "messages settled by another page",
    CancelledElsewhere "messages cancelled by another page",
    EndedByLogout "messages found that a logout had ended",
    IdlePages "pages that want no link",
    Lockless "openings without locks",
    Orphans "journals of closed tabs that were opened again",
    Reclaimed "messages reclaimed from no tab",
    Revived "messages restored though they had settled",
    LostWithPage "messages lost with their page",
    FailedWrites "writes that failed",
    FailedAgain "of these one after the other",
    ErasedAfter "writes that erased after one had failed",
    Shown "messages from the server shown",
    RepeatsDropped "repeats of these dropped",
    Buffered "messages buffered for what was missed",
    Resynced "answers about what was missed in time",
    Replayed "emits replayed",
    Published "items published",
    Unsent "of these sent to nobody, or not to all",
    ItemsShown "items shown",
    ItemsKept "items kept for those before them",
    FeedsRead "feeds read",
    PositionsLost "positions in a feed lost",
    FailedStorages "pages whose storage failed",
    Stalls "transactions that hung",
    Overdue "messages that left while they were being written",
}

impl Default for Tally {
    fn default() -> Self {
        Self([0; NAMES.len()])
    }
}

impl Tally {
    /// All counts with their names.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        NAMES.iter().copied().zip(self.0)
    }

    /// The number of calls of clients and orders from them.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.0[Count::Steps as usize]
    }

    /// A count by its name. 0 if there is no such name.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.rows().find(|&(other, _)| other == name).map_or(0, |(_, count)| count)
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (mine, others) in self.0.iter_mut().zip(other.0) {
            *mine += others;
        }
    }

    pub(crate) fn more(&mut self, count: Count, by: u64) {
        self.0[count as usize] += by;
    }

    pub(crate) fn one(&mut self, count: Count) {
        self.more(count, 1);
    }

    pub(crate) fn settled(&mut self, outcome: Outcome) {
        self.one(match outcome {
            Outcome::Delivered => Count::Delivered,
            Outcome::Received => Count::Received,
            Outcome::Superseded => Count::Superseded,
            Outcome::Refused => Count::Refused,
            Outcome::Exhausted(Cause::AckTimeout) => Count::Unanswered,
            Outcome::Exhausted(Cause::TryAgain) => Count::Failed,
            Outcome::Exhausted(Cause::LinkLost) => Count::Lost,
            Outcome::Expired => Count::Expired,
            Outcome::Cancelled => Count::Cancelled,
            Outcome::Closed => Count::Closed,
            Outcome::LoggedOut => Count::LoggedOut,
        });
    }

    pub(crate) fn reported(&mut self, notice: Notice) {
        self.one(match notice {
            Notice::JoinUnconfirmed => Count::Unconfirmed,
            Notice::LinkSilent => Count::Silent,
            Notice::ConnectTimedOut => Count::ConnectHung,
            Notice::AuthTimedOut => Count::LoginHung,
            Notice::PingsUnanswered => Count::Mute,
        });
    }
}
