//! State that a server forgets with the connection, rooms above all, and the app's events that wait for a
//! connection.
//!
//! ```text
//!         linked          greeted             all are replayed
//!  Down ----------> Up -------------> Greeted -----------------> Replayed
//!   ^                \_______ greeted, and recovered _____________^ |
//!   +---------------------------- lost -----------------------------+
//! ```
//!
//! A link is greeted once the app's listeners have handled it. Remembered emits that those listeners repeated are
//! not replayed. The others are, before the queue leaves, in the order of their last emit. A session that the
//! server recovered is still in its rooms, so only the emits that were not made over the link before are replayed.

use alloc::vec::Vec;

use super::memory::Memory;
use super::{Order, Value};
use crate::engine::{Millis, Moment};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Sessions {
    stage: Stage,
    /// The server recovered the session of the link before.
    is_recovered: bool,
    /// Counts links. An emit without a link counts for the next one.
    link: u32,
    remembered: Memory<Remembered>,
    /// Counts the uses of [`remember`](Sessions::remember).
    uses: u32,
    room: Room,
    /// Until when each event is deferred, the first event first.
    deferred: Vec<Moment>,
    /// The number of the first deferred event.
    first_deferred: u64,
    warned: Memory<()>,
    duty: Duty,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Down,
    Up,
    Greeted,
    Replayed,
}

/// An emit of the app that is replayed after each reconnect.
#[derive(Clone, Copy, Debug, Default)]
struct Remembered {
    /// The link over which it was last emitted.
    link: u32,
    /// It was emitted with a callback. A server that relies on one would fail without.
    is_asked: bool,
    /// The number of parts of the app that want it. An ordinary emit does not count.
    users: u32,
    /// The first of these uses. Earlier ones were of an emit that was forgotten since.
    first_use: u32,
}

/// The room that is joined over each link before the queue leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Room {
    /// There is no room, or no link.
    #[default]
    None,
    /// The server was not asked yet, or has answered.
    Quiet,
    /// The server was asked. Its answer may use any of these names.
    Asked([u64; 3]),
}

/// The next task over a ready link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Duty {
    /// Tell the app that the link is ready.
    Return,
    /// Ask the app for what was missed.
    Resync,
    /// Ask the server who is online.
    AskOnline,
    #[default]
    None,
}

/// The decision about an event that may wait for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soon {
    /// Emit it now.
    Leaves,
    /// Defer it, under this number.
    Deferred(u64),
    /// Drop it: too many are deferred.
    Dropped,
}

// The link.
impl Sessions {
    pub(super) fn linked(&mut self, joins: bool) {
        self.stage = Stage::Up;
        self.room = if joins { Room::Quiet } else { Room::None };
    }

    /// The app's listeners have handled the link. Returns whether the queue may leave.
    pub(super) fn greeted(&mut self, is_recovered: bool) -> bool {
        if self.stage != Stage::Up {
            return false;
        }
        self.is_recovered = is_recovered;
        self.stage = Stage::Greeted;
        if is_recovered {
            let link = self.link;
            for emit in self.remembered.values_mut() {
                if link.wrapping_sub(emit.link) == 1 {
                    emit.link = link;
                }
            }
        }
        self.room == Room::None
    }

    /// Messages leave. `is_return` is true if there was no link before.
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

    /// The server was asked for the room. Its answer may use any of these names.
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

    /// A join was refused. Returns whether it was this client's. The app may join rooms of its own, whose refusals
    /// use the same event.
    pub(super) fn rejected(&mut self, room: Option<u64>) -> bool {
        let Room::Asked(names) = self.room else { return false };
        let is_ours = room.is_none_or(|room| names.contains(&room));
        if is_ours {
            self.room = Room::Quiet;
        }
        is_ours
    }

    /// The next task, in this order. Called only while messages may leave.
    pub(super) fn poll_duty(&mut self) -> Duty {
        let duty = self.duty;
        self.duty = match duty {
            Duty::Return => Duty::Resync,
            Duty::Resync => Duty::AskOnline,
            Duty::AskOnline | Duty::None => Duty::None,
        };
        duty
    }

    /// Asks the app for what was missed, even if the server recovered the session.
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

    /// Whether to log a warning of this kind: once until messages leave again.
    pub(super) fn warns(&mut self, kind: u64) -> bool {
        let is_new = self.warned.take(kind).is_none();
        self.warned.keep(kind, ());
        self.warned.evict(MOST_WARNINGS);
        is_new
    }
}

// Remembered emits.
impl Sessions {
    /// An emit that is to be replayed leaves over this link.
    pub(super) fn emitted(&mut self, key: u64, is_asked: bool) -> Option<Order> {
        let link = self.link;
        self.keep(key, |emit| (emit.is_asked, emit.link) = (is_asked, link))
    }

    /// A part of the app wants an emit after each reconnect. Returns the number of this use, whether to emit now,
    /// and an emit to discard.
    pub(super) fn remember(&mut self, key: u64) -> (u32, bool, Option<Order>) {
        self.uses += 1;
        let is_up = self.stage != Stage::Down;
        let (uses, link) = (self.uses, self.link);
        let evicted = self.keep(key, |emit| {
            emit.users += 1;
            if emit.users == 1 {
                emit.first_use = uses;
            }
            if is_up {
                emit.link = link;
            }
        });
        (uses, is_up, evicted)
    }

    /// Remembers an emit as the latest one, because emits are replayed in the order of their last emit.
    fn keep(&mut self, key: u64, change: impl FnOnce(&mut Remembered)) -> Option<Order> {
        let never = Remembered {
            link: self.link.wrapping_sub(2),
            first_use: u32::MAX,
            ..Remembered::default()
        };
        let mut emit = self.remembered.take(key).unwrap_or(never);
        change(&mut emit);
        self.remembered.keep(key, emit);
        let (key, _) = self.remembered.evict(MOST_REMEMBERED)?;
        Some(Order::Discard { value: Value::Remembered, key })
    }

    pub(super) fn remembers(&mut self, key: u64) -> bool {
        self.remembered.get(key).is_some()
    }

    /// Forgets an emit. Returns whether it was remembered.
    pub(super) fn forget_emit(&mut self, key: u64) -> bool {
        self.remembered.take(key).is_some()
    }

    /// A use is over. Returns whether no other part of the app wants the emit.
    pub(super) fn unremember(&mut self, key: u64, nth: u32) -> bool {
        let Some(emit) = self.remembered.get(key).filter(|emit| emit.first_use <= nth) else {
            return false;
        };
        emit.users = emit.users.saturating_sub(1);
        emit.users == 0 && self.forget_emit(key)
    }

    /// The next emit to replay over this link, before anything of the queue.
    pub(super) fn poll_replay(&mut self) -> Option<Order> {
        if self.stage != Stage::Greeted {
            return None;
        }
        let (key, is_asked) = self.next_replay()?;
        Some(Order::Replay { key, is_asked })
    }

    fn next_replay(&mut self) -> Option<(u64, bool)> {
        let link = self.link;
        let Some((key, emit)) = self.remembered.iter().find(|(_, emit)| emit.link != link) else {
            self.stage = Stage::Replayed;
            return None;
        };
        emit.link = link;
        Some((key, emit.is_asked))
    }

    /// Forgets all remembered emits, because they belong to nobody any more.
    pub(super) fn forget_remembered(&mut self) {
        self.remembered.clear();
    }
}

// Deferred events.
impl Sessions {
    pub(super) fn defer(&mut self, now: Moment) -> Soon {
        if self.deferred.len() >= MOST_DEFERRED {
            return Soon::Dropped;
        }
        self.deferred.push(now + DEFERRED_FOR);
        Soon::Deferred(self.first_deferred + self.deferred.len() as u64 - 1)
    }

    /// The next deferred event to emit, or to drop because it has waited for too long.
    pub(super) fn poll_deferred(&mut self, now: Moment, is_ready: bool) -> Option<Order> {
        let is_over = *self.deferred.first()? <= now;
        if !is_ready && !is_over {
            return None;
        }
        self.deferred.remove(0);
        let key = self.first_deferred;
        self.first_deferred += 1;
        Some(if is_over {
            Order::Discard { value: Value::Deferred, key }
        } else {
            Order::Emit { key }
        })
    }

    pub(super) fn poll_timeout(&self) -> Option<Moment> {
        self.deferred.first().copied()
    }

    /// The user is gone.
    pub(super) fn forget(&mut self) {
        self.forget_remembered();
        self.first_deferred += self.deferred.len() as u64;
        self.deferred.clear();
    }
}

/// More than the rooms of a page. The emit whose last use is the oldest is forgotten first.
const MOST_REMEMBERED: usize = 1_000;
const MOST_DEFERRED: usize = 100;
const DEFERRED_FOR: Millis = Millis(60_000);
/// More than there are kinds.
const MOST_WARNINGS: usize = 100;
