//! The model of a page's feeds: the position that its app has seen in each. It checks every item that the client
//! passes on, keeps or drops.

use crate::ids::SessionId;
use crate::publisher::{Item, Position};
use crate::violation::violated;

/// The state of one page: the user's own feed, and a room's.
#[derive(Default)]
pub(crate) struct Published {
    feeds: [Followed; FEEDS],
    pub(crate) is_announced: bool,
    /// The server had feeds over an earlier link or on an earlier page load.
    pub(crate) is_known: bool,
    /// Counts reads.
    pub(crate) reads: u64,
}

#[derive(Default)]
pub(crate) struct Followed {
    pub(crate) is_followed: bool,
    /// The last item that the listeners got.
    pub(crate) at: Option<Position>,
    /// There was no item: this is where the feed ended when it was first read.
    pub(crate) has_begun: bool,
    /// The position on disk belongs to another chain.
    pub(crate) is_reset: bool,
    kept: Vec<Item>,
    pub(crate) is_refused: bool,
    /// When the latest read over this link began, and from which position.
    read: Option<(u64, Option<Position>)>,
    /// When something was found missing, before the item with this number, and the feed was not read since.
    gap: Option<(u64, u64)>,
    /// The server could not answer, or its answer contained none of the items that exist.
    is_waiting: bool,
    /// Where the last read began.
    from: u64,
}

impl Published {
    pub(crate) fn feed(&mut self, number: u32) -> &mut Followed {
        &mut self.feeds[number as usize]
    }

    pub(crate) fn feeds(&self) -> impl Iterator<Item = (u32, &Followed)> {
        (0..).zip(&self.feeds)
    }

    pub(crate) fn link_lost(&mut self) {
        self.is_announced = false;
        for feed in &mut self.feeds {
            feed.is_refused = false;
            feed.read = None;
            feed.gap = None;
            feed.is_waiting = false;
        }
    }

    pub(crate) fn check_at_rest(&self, now: u64) {
        for (number, feed) in self.feeds() {
            let is_free = feed.is_followed && !feed.is_refused && !feed.is_waiting;
            let Some((since, before)) = feed.gap.filter(|_| is_free) else { continue };
            if feed.at.is_some_and(|at| at.number < before) && since + 1_000 < now {
                violated!("feed", "feed {number} lacks an item since {since}, but is not read");
            }
        }
    }

    /// The user is gone.
    pub(crate) fn forget(&mut self) {
        *self = Self { feeds: Default::default(), ..*self };
    }
}

impl Followed {
    /// The client reads the feed.
    pub(crate) fn reads(&mut self, now: u64) {
        if !self.is_followed || self.is_refused {
            violated!("feed", "a feed is read that is refused or not followed");
        }
        if let Some((at, from)) = self.read
            && from == self.at
            && now < at + LEAST_BETWEEN
        {
            violated!("feed", "read from {from:?} at {at}, and again at {now}");
        }
        self.read = Some((now, self.at));
        self.gap = None;
        self.is_waiting = true;
        self.from = self.at.map_or(0, |at| at.number);
    }

    /// A live item came and is not shown: the feed may be read again at once.
    pub(crate) fn heard(&mut self, now: u64, item: Item) {
        self.read = None;
        if !self.is_followed || self.is_refused {
            return;
        }
        let is_next = self.at.is_none_or(|at| {
            at == item.before || self.has_begun && item.position.number <= at.number
        });
        if is_next {
            violated!("feed", "{item:?} is not shown, but nothing is before it");
        }
        self.gap = self.gap.or(Some((now, item.position.number)));
    }

    /// A read was answered with items, or with none. After a useless answer, or one about a chain that no longer
    /// exists, the client waits.
    pub(crate) fn paged(&mut self, end: Position) {
        if self.at.is_none_or(|at| at.number > self.from || at.number >= end.number) {
            self.is_waiting = false;
        }
    }

    /// A read was answered, and the position was lost.
    pub(crate) fn answered(&mut self) {
        self.is_waiting = false;
    }

    /// The feed is no longer followed.
    pub(crate) fn leave(&mut self) {
        *self = Self::default();
    }

    /// An item is passed to the listeners.
    pub(crate) fn show(&mut self, item: Item, sent_to: SessionId, session: SessionId) {
        if sent_to != session {
            violated!("I11", "{item:?} for {sent_to} is shown to {session}");
        }
        let is_first = match self.at {
            None => true,
            Some(end) => self.has_begun && item.position.number <= end.number,
        };
        if self.at != Some(item.before) && !is_first {
            violated!("feed", "{item:?} is shown after {:?}", self.at);
        }
        self.at = Some(item.position);
        self.has_begun = false;
        self.gap = None;
    }

    /// An item is kept: as the first one, or after the others.
    pub(crate) fn keep(&mut self, item: Item, is_first: bool) {
        if is_first {
            self.kept.clear();
        }
        self.kept.push(item);
        if self.kept.len() > MOST_KEPT {
            violated!("feed", "{} items are kept", self.kept.len());
        }
    }

    /// The items that were kept.
    pub(crate) fn release(&mut self) -> Vec<Item> {
        std::mem::take(&mut self.kept)
    }
}

const FEEDS: usize = 2;
const MOST_KEPT: usize = 1_000;
/// The shortest time between useless reads.
const LEAST_BETWEEN: u64 = 4_000;
