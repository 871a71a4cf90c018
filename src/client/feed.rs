//! Feeds: what the server publishes reaches the listeners once and in the order of its feed, also what it published while this
//! client was away. The wire protocol is in `docs/protocol.md`.
//!
//! Of each feed the client knows a position: the offset of the last item that the listeners were called for. Each item names
//! the one before. It is handed on if that is the position, dropped if it is not above it, and else something is missing: the
//! feed is read from the position. Later items are kept meanwhile, one run of them without a hole.
//!
//! ```text
//!         linked, or announced           due             answered
//!   Off ------------------------> Due ---------> Asked ------------> Due, a minute later or at once
//!    ^                                             |
//!    +--- link lost, or refused, or no answer -----+
//! ```
//!
//! A server that is known to have feeds is read first thing over a link, before it is asked for any room: a connection that is in
//! a room and has read nothing yet is sent plain events, which the answer holds as well.

use alloc::vec::Vec;

use crate::engine::{Millis, Moment, sooner};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Feeds {
    server: Server,
    /// Counts reads.
    round: u32,
    /// By the caller's numbers.
    feeds: Vec<(Number, Feed)>,
}

/// The caller's number of a feed.
pub type Number = u32;

/// Where an item is in its feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Counts the items of the feed.
    pub number: u64,
    /// The fingerprint of the whole offset, which tells apart what got one number in two lives of a store.
    pub print: u64,
}

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// It is a repeat, or has to be read.
    Dropped,
    /// It is handed to the listeners, and is the position.
    Shown,
    /// The same, and then all that is kept. The last of that is the position.
    ShownWithKept,
    /// It is kept, behind what is.
    Kept,
    /// It is kept, and nothing that was kept before it is needed any more.
    KeptAlone,
}

/// What the server answered to a read, or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Its items, of which each was told, and where the feed ended then.
    Page(Offset),
    /// The position is not in the store: what comes next comes after this one.
    Reset(Offset),
    /// Not now, and not sooner than that.
    Failed(Millis),
    /// Never over this link.
    Refused,
}

/// What is known of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Server {
    #[default]
    Unknown,
    /// It had feeds over an earlier link, or in an earlier life.
    Known,
    /// It has said over this link that it has them.
    Announced,
}

#[derive(Clone, Copy, Debug, Default)]
struct Feed {
    position: Position,
    /// The highest number that was heard of since it was read last. What came before is in the answer: it was stored first.
    end: u64,
    kept: Option<Run>,
    stage: Stage,
}

/// How far the listeners have come.
#[derive(Clone, Copy, Debug, Default)]
enum Position {
    /// Nothing was read: the first item that comes is the first.
    #[default]
    Unknown,
    /// The feed ended there when it was read first. What comes by itself was sent since: it was being published just then.
    Begun(Offset),
    At(Offset),
}

/// Items without a hole between them, all of them behind the position.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The number of the first.
    first: u64,
    /// The fingerprint of the item before that.
    before: u64,
    last: Offset,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Off,
    /// It is read then.
    Due(Moment),
    /// An answer is awaited. With the round 0 none is, and it is read again then.
    Asked {
        round: u32,
        /// Where that read began.
        from: u64,
        until: Moment,
    },
}

impl Feeds {
    /// A feed is followed from now on.
    pub(super) fn follow(&mut self, now: Moment, number: Number) {
        if self.feed(number).is_some() {
            return;
        }
        let is_there = self.server == Server::Announced;
        let stage = if is_there { Stage::Due(now) } else { Stage::Off };
        self.feeds.push((number, Feed { stage, ..Feed::default() }));
    }

    /// A feed is followed no longer.
    pub(super) fn leave(&mut self, number: Number) {
        if let Some(at) = self.feeds.iter().position(|(other, _)| *other == number) {
            self.feeds.swap_remove(at);
        }
    }

    /// An earlier life of the page has got so far. Nothing has come of the feed in this one.
    pub(super) fn begin(&mut self, number: Number, position: Offset) {
        if self.server == Server::Unknown {
            self.server = Server::Known;
        }
        if let Some(feed) = self.feed(number) {
            feed.position = Position::At(position);
        }
    }

    /// There is a link.
    pub(super) fn linked(&mut self, now: Moment) {
        if self.server == Server::Known {
            self.begin_reading(now);
        }
    }

    /// The server has feeds.
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

    /// An item came: by itself, with the round 0, or in the answer to a read. `before` is the fingerprint of the offset that it
    /// names as the one before it.
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
            // A page that lacks what is before its own item is no reason to keep that.
            return if round == 0 { feed.keep(before, offset) } else { Item::Dropped };
        }
        if offset.number == position.number && offset != position {
            feed.put_off(now, Moment::min);
        }
        Item::Dropped
    }

    /// A read was answered, or failed. Answers whether that is the answer to the last one.
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
                // One that says that there is more, and has nothing of it, is of no use.
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

    /// The next feed to be read, and the round of that. Only while there is a link.
    pub(super) fn poll(&mut self, now: Moment) -> Option<(Number, u32)> {
        for (number, feed) in &mut self.feeds {
            match feed.stage {
                // It had feeds once.
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

    /// The next link says for itself whether its server has feeds, and what was kept is read there.
    pub(super) fn link_lost(&mut self) {
        if self.server == Server::Announced {
            self.server = Server::Known;
        }
        for (_, feed) in &mut self.feeds {
            feed.link_lost();
        }
    }

    /// The user is gone, and follows nothing.
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

    /// It is read then, or when it was to be: whichever is chosen.
    fn put_off(&mut self, at: Moment, choose: fn(Moment, Moment) -> Moment) {
        if let Stage::Due(due) = self.stage {
            self.stage = Stage::Due(choose(due, at));
        }
    }

    /// A read was answered. It is read on at once where more is known of, unless the answer was of no use.
    fn go_on(&mut self, now: Moment, is_of_use: bool) {
        match (self.is_behind(), is_of_use) {
            (true, true) => self.stage = Stage::Due(now),
            (true, false) => self.wait(now, RETRY),
            (false, _) => self.stage = Stage::Due(now + CHECK),
        }
    }

    /// Whatever comes, it is not read sooner.
    fn wait(&mut self, now: Moment, span: Millis) {
        self.stage = Stage::Asked { round: 0, from: 0, until: now + span.max(RETRY) };
    }

    /// It is read over the next link, and what was kept is read there as well.
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

    /// The position has moved by one. Answers whether what is kept is next.
    fn release(&mut self) -> bool {
        let (Some(run), Position::At(position)) = (self.kept, self.position) else { return false };
        let is_next = run.first == position.number + 1 && run.before == position.print;
        if is_next {
            self.position = Position::At(run.last);
        }
        // It is of another chain where the position has come that far without it.
        if is_next || run.first <= position.number {
            self.kept = None;
        }
        is_next
    }
}

/// What two processes of a server published at one time may come in the wrong order: the one before is on its way.
const GRACE: Millis = Millis(100);
/// What got lost between two processes of the server, and is followed by nothing, is noticed then.
const CHECK: Millis = Millis(60_000);
/// A read without an answer is made again then.
const PATIENCE: Millis = Millis(10_000);
/// A server that could not answer, or whose answer was of no use, is asked again then.
const RETRY: Millis = Millis(5_000);
/// More are dropped, and read.
const MOST_KEPT: u64 = 1_000;
