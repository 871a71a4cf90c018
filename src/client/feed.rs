//! Feeds: the listeners get each item that the server publishes once and in the feed's order, including items
//! published while this client was away. `docs/protocol.md` describes the wire protocol.
//!
//! The client knows a position in each feed: the offset of the last item that the listeners got. Each item names
//! its predecessor. An item whose predecessor is the position is passed on. An item that is not above the position
//! is dropped. Otherwise something is missing, and the feed is read from the position. Later items are kept
//! meanwhile, as one run without a hole.
//!
//! ```text
//!         linked, or announced           due             answered
//!   Off ------------------------> Due ---------> Asked ------------> Due, a minute later or at once
//!    ^                                             |
//!    +--- link lost, or refused, or no answer -----+
//! ```
//!
//! If a server is known to have feeds, they are read first over a new link, before any room is joined. A connection
//! that is in a room but has not read its feed yet is sent plain events, which the answer contains as well.

use alloc::vec::Vec;

use crate::engine::{Millis, Moment, sooner};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Feeds {
    server: Server,
    /// Counts reads.
    round: u32,
    /// The followed feeds, by the caller's numbers.
    feeds: Vec<(Number, Feed)>,
}

/// The caller's number of a feed.
pub type Number = u32;

/// The position of an item in its feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// The number of the item within the feed, counting up.
    pub number: u64,
    /// The fingerprint of the whole offset. It distinguishes items that got the same number in two generations of a
    /// store.
    pub print: u64,
}

/// The decision about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Drop it: it is a repeat, or has to be read.
    Dropped,
    /// Pass it to the listeners. It is the position now.
    Shown,
    /// Pass it to the listeners, followed by all kept items. The last of those is the position now.
    ShownWithKept,
    /// Keep it, after those that are kept.
    Kept,
    /// Keep it, and drop those that were kept before.
    KeptAlone,
}

/// The result of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// A page: its items, each of which was reported, and the end of the feed at that time.
    Page(Offset),
    /// The position is not in the store. The next item follows this offset.
    Reset(Offset),
    /// Not now. Wait at least this span.
    Failed(Millis),
    /// Never over this link.
    Refused,
}

/// Whether the server has feeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Server {
    #[default]
    Unknown,
    /// It had feeds over an earlier link, or on an earlier page load.
    Known,
    /// It announced over this link that it has them.
    Announced,
}

#[derive(Clone, Copy, Debug, Default)]
struct Feed {
    position: Position,
    /// The highest item number seen since the latest read began. Items before that read are in its answer, because
    /// they were stored first.
    end: u64,
    kept: Option<Run>,
    stage: Stage,
}

/// The position of the listeners.
#[derive(Clone, Copy, Debug, Default)]
enum Position {
    /// Nothing was read, so the first item that comes is the first one.
    #[default]
    Unknown,
    /// The feed ended here when it was first read. A live item up to here was being published during that read.
    Begun(Offset),
    At(Offset),
}

/// Consecutive items, all of them after the position.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The number of the first item.
    first: u64,
    /// The fingerprint of the first item's predecessor.
    before: u64,
    last: Offset,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Off,
    /// A read is due at this moment.
    Due(Moment),
    /// An answer is awaited until then. With round 0 no answer is awaited, and the next read is at that moment.
    Asked {
        round: u32,
        /// The position's number when the read began.
        from: u64,
        until: Moment,
    },
}

impl Feeds {
    /// Follows a feed from now on.
    pub(super) fn follow(&mut self, now: Moment, number: Number) {
        if self.feed(number).is_some() {
            return;
        }
        let is_there = self.server == Server::Announced;
        let stage = if is_there { Stage::Due(now) } else { Stage::Off };
        self.feeds.push((number, Feed { stage, ..Feed::default() }));
    }

    /// Stops following a feed.
    pub(super) fn leave(&mut self, number: Number) {
        if let Some(at) = self.feeds.iter().position(|(other, _)| *other == number) {
            self.feeds.swap_remove(at);
        }
    }

    /// Sets the position that an earlier page load reached. No item of the feed has come in this one.
    pub(super) fn begin(&mut self, number: Number, position: Offset) {
        if self.server == Server::Unknown {
            self.server = Server::Known;
        }
        if let Some(feed) = self.feed(number) {
            feed.position = Position::At(position);
        }
    }

    /// A link is up.
    pub(super) fn linked(&mut self, now: Moment) {
        if self.server == Server::Known {
            self.begin_reading(now);
        }
    }

    /// The server announced that it has feeds.
    pub(super) fn announced(&mut self, now: Moment) {
        self.server = Server::Announced;
        self.begin_reading(now);
    }

    fn begin_reading(&mut self, now: Moment) {
        for (_, feed) in &mut self.feeds {
            if feed.stage == Stage::Off {
                feed.stage = Stage::Due(now);
            }
        }
    }

    /// An item came: live, with round 0, or in the answer to a read. `before` is the fingerprint of the offset that
    /// it names as its predecessor.
    pub(super) fn item(
        &mut self,
        now: Moment,
        number: Number,
        round: u32,
        before: u64,
        offset: Offset,
    ) -> Item {
        let Some(feed) = self.feed(number) else { return Item::Dropped };
        match feed.stage {
            Stage::Asked { round: asked, .. } if round == 0 || round == asked => {}
            Stage::Due(_) if round == 0 => {}
            Stage::Off | Stage::Due(_) | Stage::Asked { .. } => return Item::Dropped,
        }
        feed.end = feed.end.max(offset.number);
        let (position, is_first) = match feed.position {
            Position::Unknown => (offset, true),
            Position::Begun(end) => (end, offset.number <= end.number),
            Position::At(position) => (position, false),
        };
        let is_next = position.print == before && offset.number == position.number + 1;
        if is_next || is_first && round == 0 {
            feed.position = Position::At(offset);
            let releases = feed.release();
            if !feed.is_behind() {
                feed.put_off(now + CHECK, Moment::max);
            }
            return if releases { Item::ShownWithKept } else { Item::Shown };
        }
        if offset.number > position.number {
            feed.put_off(now + GRACE, Moment::min);
            // An answer that lacks an item's predecessor is no reason to keep that item.
            return if round == 0 { feed.keep(before, offset) } else { Item::Dropped };
        }
        if offset.number == position.number && offset != position {
            feed.put_off(now, Moment::min);
        }
        Item::Dropped
    }

    /// A read was answered or failed. Returns whether it was the latest one.
    pub(super) fn answered(&mut self, now: Moment, number: Number, asked: u32, read: Read) -> bool {
        let Some(feed) = self.feed(number) else { return false };
        let Stage::Asked { round, from, .. } = feed.stage else { return false };
        if round != asked {
            return false;
        }
        match read {
            Read::Page(end) => {
                if let Position::Unknown = feed.position {
                    feed.position = Position::Begun(end);
                }
                feed.end = feed.end.max(end.number);
                // An answer that promises more items but contains none is useless.
                let number = feed.position.number();
                feed.go_on(now, number > from || number >= end.number);
            }
            Read::Reset(end) => {
                feed.position = Position::At(end);
                feed.kept = None;
                feed.end = feed.end.max(end.number);
                feed.go_on(now, true);
            }
            Read::Failed(span) => feed.wait(now, span),
            Read::Refused => feed.link_lost(),
        }
        true
    }

    /// The next feed to read, and the round of the read. Called only while there is a link.
    pub(super) fn poll(&mut self, now: Moment) -> Option<(Number, u32)> {
        for (number, feed) in &mut self.feeds {
            match feed.stage {
                // The server had feeds once but did not announce them on this link: it has none any more.
                Stage::Asked { until, .. } if until <= now && self.server != Server::Announced => {
                    self.server = Server::Unknown;
                    feed.stage = Stage::Off;
                    continue;
                }
                Stage::Due(at) | Stage::Asked { until: at, .. } if at <= now => {}
                Stage::Off | Stage::Due(_) | Stage::Asked { .. } => continue,
            }
            self.round += 1;
            let from = feed.position.number();
            feed.end = 0;
            feed.stage = Stage::Asked { round: self.round, from, until: now + PATIENCE };
            return Some((*number, self.round));
        }
        None
    }

    pub(super) fn poll_timeout(&self) -> Option<Moment> {
        self.feeds.iter().fold(None, |first, (_, feed)| match feed.stage {
            Stage::Off => first,
            Stage::Due(at) | Stage::Asked { until: at, .. } => sooner(first, Some(at)),
        })
    }

    /// The link is gone. On the next one the server announces its feeds again, and kept items are read again.
    pub(super) fn link_lost(&mut self) {
        if self.server == Server::Announced {
            self.server = Server::Known;
        }
        for (_, feed) in &mut self.feeds {
            feed.link_lost();
        }
    }

    /// The user is gone, so no feed is followed.
    pub(super) fn forget(&mut self) {
        self.feeds.clear();
    }

    #[inline(never)]
    fn feed(&mut self, number: Number) -> Option<&mut Feed> {
        self.feeds.iter_mut().find(|(other, _)| *other == number).map(|(_, feed)| feed)
    }
}

impl Position {
    fn number(self) -> u64 {
        match self {
            Self::Unknown => 0,
            Self::Begun(offset) | Self::At(offset) => offset.number,
        }
    }
}

impl Feed {
    fn is_behind(&self) -> bool {
        self.position.number() < self.end
    }

    /// Moves a due read to the moment that `choose` picks: the planned one or `at`.
    fn put_off(&mut self, at: Moment, choose: fn(Moment, Moment) -> Moment) {
        if let Stage::Due(due) = self.stage {
            self.stage = Stage::Due(choose(due, at));
        }
    }

    /// A read was answered. Reads on at once if more items are known, unless the answer was useless.
    fn go_on(&mut self, now: Moment, is_of_use: bool) {
        match (self.is_behind(), is_of_use) {
            (true, true) => self.stage = Stage::Due(now),
            (true, false) => self.wait(now, RETRY),
            (false, _) => self.stage = Stage::Due(now + CHECK),
        }
    }

    /// Schedules a read after the span. Nothing makes it earlier.
    fn wait(&mut self, now: Moment, span: Millis) {
        self.stage = Stage::Asked { round: 0, from: 0, until: now + span.max(RETRY) };
    }

    /// Reads the feed over the next link, including the items that were kept.
    #[inline(never)]
    fn link_lost(&mut self) {
        *self = Self { position: self.position, ..Self::default() };
    }

    fn keep(&mut self, before: u64, offset: Offset) -> Item {
        let Some(run) = &mut self.kept else {
            self.kept = Some(Run { first: offset.number, before, last: offset });
            return Item::KeptAlone;
        };
        let is_next = run.last.print == before && run.last.number + 1 == offset.number;
        if !is_next || offset.number - run.first >= MOST_KEPT {
            return Item::Dropped;
        }
        run.last = offset;
        Item::Kept
    }

    /// The position has advanced by one. Returns whether the kept run is next.
    fn release(&mut self) -> bool {
        let (Some(run), Position::At(position)) = (self.kept, self.position) else { return false };
        let is_next = run.first == position.number + 1 && run.before == position.print;
        if is_next {
            self.position = Position::At(run.last);
        }
        // A run that starts at or below the position belongs to another chain.
        if is_next || run.first <= position.number {
            self.kept = None;
        }
        is_next
    }
}

/// Items that two server processes publish at the same time may come in the wrong order, so the missing one may be
/// on its way.
const GRACE: Millis = Millis(100);
/// The interval of reads without a reason. They find items that were lost between two server processes and have no
/// successor.
const CHECK: Millis = Millis(60_000);
/// When to repeat an unanswered read.
const PATIENCE: Millis = Millis(10_000);
/// When to repeat a read that failed or whose answer was useless.
const RETRY: Millis = Millis(5_000);
/// The largest number of kept items. Further ones are dropped, and read later.
const MOST_KEPT: u64 = 1_000;
