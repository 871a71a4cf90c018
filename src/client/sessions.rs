//! What a server forgets with the connection, rooms above all, and what of the app's waits for one.
//!
//! ```text
//!         linked          greeted              all is said
//!  Down ----------> Up -------------> Greeted --------------> Said
//!   ^                \_______ greeted, and recovered __________^ |
//!   +---------------------------- lost --------------------------+
//! ```
//!
//! A link is greeted once the app's listeners have heard of it: what they say by themselves is not said again. What was
//! said over an earlier link is, before the queue leaves, in the order in which it was said last. A session that the server
//! recovered is still in its rooms; it lacks what was not said over the link before.

use alloc::vec::Vec;

use super::memory::Memory;
use super::{Order, Value};
use crate::engine::{Millis, Moment};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Sessions {
    stage: Stage,
    /// The server has taken up the session of the link before.
    is_recovered: bool,
    /// Counts links. What is said without one is said over the next.
    link: u32,
    said: Memory<Said>,
    /// Counts what was remembered.
    uses: u32,
    room: Room,
    /// Until when each event is held, the first one first.
    held: Vec<Moment>,
    /// The number of the first one.
    first_held: u64,
    warned: Memory<()>,
    duty: Duty,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Down,
    Up,
    Greeted,
    Said,
}

/// What the app said, and is to be said again.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    /// The link over which it was said last.
    link: u32,
    /// It was said with a callback. A server that takes one for granted would fail without.
    is_asked: bool,
    /// So many parts of the app want it, whatever was said by an emit.
    users: u32,
    /// The first of these uses: those before it were of something that was forgotten since.
    first_use: u32,
}

/// The room that each link joins before the queue leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Room {
    /// There is none, or no link.
    #[default]
    None,
    /// It was not asked for yet, or the server has answered.
    Quiet,
    /// The server was asked for it, and may call it any of these.
    Asked([u64; 3]),
}

/// What is left to be done over a link that is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Duty {
    /// The app hears that it is there.
    Return,
    /// The app is asked for what was missed.
    Resync,
    /// The server is asked who is online.
    AskOnline,
    #[default]
    None,
}

/// What becomes of an event that is worth a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soon {
    /// It leaves now.
    Leaves,
    /// It is held, under this number.
    Held(u64),
    /// As many are held as may be.
    Dropped,
}

// The link.
impl Sessions {
    pub(super) fn linked(&mut self, joins: bool) {
        self.stage = Stage::Up;
        self.room = if joins { Room::Quiet } else { Room::None };
    }

    /// The app's listeners have heard of the link. Answers whether nothing else keeps the queue back.
    pub(super) fn greeted(&mut self, is_recovered: bool) -> bool {
        if self.stage != Stage::Up {
            return false;
        }
        self.is_recovered = is_recovered;
        self.stage = Stage::Greeted;
        if is_recovered {
            let link = self.link;
            for said in self.said.values_mut() {
                if link.wrapping_sub(said.link) == 1 {
                    said.link = link;
                }
            }
        }
        self.room == Room::None
    }

    /// Messages leave. `is_return`: before, there was no link.
    pub(super) fn ready(&mut self, is_return: bool) {
        self.warned.clear();
        if is_return {
            self.duty = Duty::Return;
        }
    }

    pub(super) fn link_lost(&mut self) {
        self.stage = Stage::Down;
        self.link += 1;
        self.room = Room::None;
        self.duty = Duty::None;
    }

    pub(super) fn is_recovered(&self) -> bool {
        self.is_recovered
    }

    pub(super) fn has_room(&self) -> bool {
        self.room != Room::None
    }

    /// The server was asked for the room, which it may call any of these.
    pub(super) fn asked(&mut self, names: [u64; 3]) {
        if self.has_room() {
            self.room = Room::Asked(names);
        }
    }

    pub(super) fn joined(&mut self) {
        if self.has_room() {
            self.room = Room::Quiet;
        }
    }

    /// A join was refused. Answers whether it was ours: an app may join rooms of its own, which are refused by the same
    /// event.
    pub(super) fn rejected(&mut self, room: Option<u64>) -> bool {
        let Room::Asked(names) = self.room else { return false };
        let is_ours = room.is_none_or(|room| names.contains(&room));
        if is_ours {
            self.room = Room::Quiet;
        }
        is_ours
    }

    /// The next duty, done in this order. Only while messages may leave.
    pub(super) fn poll_duty(&mut self) -> Duty {
        let duty = self.duty;
        self.duty = match duty {
            Duty::Return => Duty::Resync,
            Duty::Resync => Duty::AskOnline,
            Duty::AskOnline | Duty::None => Duty::None,
        };
        duty
    }

    /// The app is to be asked for what was missed, though the server may have taken up the session.
    #[cfg(not(feature = "followed"))]
    pub(super) fn resync(&mut self) {
        self.is_recovered = false;
        if self.duty != Duty::Return {
            self.duty = Duty::Resync;
        }
    }

    /// The app wants to know who is online.
    pub(super) fn ask_online(&mut self) {
        if self.duty == Duty::None {
            self.duty = Duty::AskOnline;
        }
    }

    /// Whether the developer is to be told of something: once, until messages leave again.
    pub(super) fn warns(&mut self, kind: u64) -> bool {
        let is_new = self.warned.take(kind).is_none();
        self.warned.keep(kind, ());
        self.warned.evict(MOST_WARNINGS);
        is_new
    }
}

// What is said again.
impl Sessions {
    /// An emit of the app's that is to be said again leaves over this link.
    pub(super) fn said(&mut self, key: u64, is_asked: bool) -> Option<Order> {
        let link = self.link;
        self.keep(key, |said| (said.is_asked, said.link) = (is_asked, link))
    }

    /// A part of the app wants something said after each return. Answers the number of that use, and whether it is to be
    /// said now.
    pub(super) fn remember(&mut self, key: u64) -> (u32, bool, Option<Order>) {
        self.uses += 1;
        let is_up = self.stage != Stage::Down;
        let (uses, link) = (self.uses, self.link);
        let evicted = self.keep(key, |said| {
            said.users += 1;
            if said.users == 1 {
                said.first_use = uses;
            }
            if is_up {
                said.link = link;
            }
        });
        (uses, is_up, evicted)
    }

    /// As things are said again in the order in which they were said last, it is the last one now.
    fn keep(&mut self, key: u64, change: impl FnOnce(&mut Said)) -> Option<Order> {
        let never =
            Said { link: self.link.wrapping_sub(2), first_use: u32::MAX, ..Said::default() };
        let mut said = self.said.take(key).unwrap_or(never);
        change(&mut said);
        self.said.keep(key, said);
        let (key, _) = self.said.evict(MOST_SAID)?;
        Some(Order::Discard { value: Value::Said, key })
    }

    pub(super) fn says(&mut self, key: u64) -> bool {
        self.said.get(key).is_some()
    }

    /// It is over. Answers whether it was known.
    pub(super) fn unsaid(&mut self, key: u64) -> bool {
        self.said.take(key).is_some()
    }

    /// A use is over. Answers whether nobody wants it any more.
    pub(super) fn unremember(&mut self, key: u64, nth: u32) -> bool {
        let Some(said) = self.said.get(key).filter(|said| said.first_use <= nth) else {
            return false;
        };
        said.users = said.users.saturating_sub(1);
        said.users == 0 && self.unsaid(key)
    }

    /// What is to be said next over this link, before anything of the queue.
    pub(super) fn poll_said(&mut self) -> Option<Order> {
        if self.stage != Stage::Greeted {
            return None;
        }
        let (key, is_asked) = self.say_next()?;
        Some(Order::Say { key, is_asked })
    }

    fn say_next(&mut self) -> Option<(u64, bool)> {
        let link = self.link;
        let Some((key, said)) = self.said.iter().find(|(_, said)| said.link != link) else {
            self.stage = Stage::Said;
            return None;
        };
        said.link = link;
        Some((key, said.is_asked))
    }

    /// What was said is nobody's any more.
    pub(super) fn forget_said(&mut self) {
        self.said.clear();
    }
}

// What is held.
impl Sessions {
    pub(super) fn hold(&mut self, now: Moment) -> Soon {
        if self.held.len() >= MOST_HELD {
            return Soon::Dropped;
        }
        self.held.push(now + HELD_MS);
        Soon::Held(self.first_held + self.held.len() as u64 - 1)
    }

    /// The next that leaves, or is dropped as it was held for too long.
    pub(super) fn poll_held(&mut self, now: Moment, is_ready: bool) -> Option<Order> {
        let is_over = *self.held.first()? <= now;
        if !is_ready && !is_over {
            return None;
        }
        self.held.remove(0);
        let key = self.first_held;
        self.first_held += 1;
        Some(if is_over { Order::Discard { value: Value::Held, key } } else { Order::Emit { key } })
    }

    pub(super) fn poll_timeout(&self) -> Option<Moment> {
        self.held.first().copied()
    }

    /// The user is gone.
    pub(super) fn forget(&mut self) {
        self.forget_said();
        self.first_held += self.held.len() as u64;
        self.held.clear();
    }
}

/// More than a page has rooms: what was said first is forgotten first.
const MOST_SAID: usize = 1_000;
const MOST_HELD: usize = 100;
const HELD_MS: Millis = Millis(60_000);
/// More kinds than there are.
const MOST_WARNINGS: usize = 100;
