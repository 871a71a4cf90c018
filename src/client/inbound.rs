//! Events from the server: repeats, events that come under two names, answers that wait for the app, and typing
//! marks.

use alloc::vec::Vec;

use super::memory::Memory;
use super::{Order, Value};
use crate::engine::{Millis, Moment};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// Each message is stored twice: under its id, and under its id and content.
    seen: Memory<Seen>,
    /// The events for callbacks with several names: the name of each, and its time.
    aliases: Memory<(u32, Moment)>,
    /// The names under which an id came with different content, about which the developer was warned.
    doubted: u32,
    /// The users who are typing, and until when.
    typing: Memory<Moment>,
}

/// An event from the server, which may be a repeat.
#[derive(Clone, Copy, Debug)]
pub struct Came {
    /// The fingerprint of the id.
    pub id: u64,
    /// The fingerprint of its name, its id and its content.
    pub content: u64,
    /// The names under which it may have come, one bit each.
    pub names: u32,
    /// The app fetched it. Its form may differ from the live event.
    pub is_fetched: bool,
    /// The server wants an acknowledgement.
    pub wants_ack: bool,
}

/// The decision about an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// Pass it to the listeners.
    pub is_news: bool,
    /// Warn the developer: it has a known id but different content.
    pub is_doubtful: bool,
    /// Acknowledge it with the answer that the app gave before.
    pub has_reply: bool,
    /// Acknowledge it with the answer that the app will give.
    pub waits: bool,
}

/// The names of an id, or the answer to an id and content.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    names: u32,
    /// The names under which the app fetched it first.
    fetched: u32,
    answer: Answer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Answer {
    /// No answer was requested, or the app's answer was too large to keep.
    #[default]
    None,
    /// This many acknowledgements wait for it.
    Awaited(u32),
    Kept,
}

impl Inbound {
    /// An event with an id came. `most` is the number of messages to remember.
    pub(super) fn came(&mut self, came: Came, most: usize, orders: &mut Vec<Order>) -> Fate {
        let mut named = self.seen.take(came.id).unwrap_or_default();
        let (known, fetched) = (named.names & came.names, named.fetched & came.names);
        if came.is_fetched {
            named.fetched |= came.names & !known;
        }
        named.names |= came.names;
        self.seen.keep(came.id, named);

        let before = self.seen.take(came.content);
        let mut message = before.unwrap_or_default();
        let is_missed = known != 0 && (came.is_fetched || fetched != 0);
        let is_news = before.is_none() && !is_missed;
        let mut fate = Fate { is_news, ..Fate::default() };
        if is_news && known != 0 {
            fate.is_doubtful = self.doubted & known == 0;
            self.doubted |= known;
        }
        if came.wants_ack {
            match message.answer {
                Answer::Kept => fate.has_reply = true,
                Answer::None => {
                    fate.is_news = true;
                    fate.waits = true;
                    message.answer = Answer::Awaited(1);
                }
                Answer::Awaited(count) if count < MOST_WAITING => {
                    fate.waits = true;
                    message.answer = Answer::Awaited(count + 1);
                }
                Answer::Awaited(_) => {}
            }
        }
        self.seen.keep(came.content, message);
        while let Some((key, seen)) = self.seen.evict(most.saturating_mul(2)) {
            if seen.answer != Answer::None {
                orders.push(Order::Discard { value: Value::Answer, key });
            }
        }
        fate
    }

    /// The app answered, in `size` characters. Returns whether to keep the answer for repeats.
    pub(super) fn answered(&mut self, content: u64, size: u64) -> bool {
        let Some(seen) = self.seen.get(content) else { return false };
        let is_kept = size <= LARGEST_ANSWER;
        seen.answer = if is_kept { Answer::Kept } else { Answer::None };
        is_kept
    }

    /// Whether an answer is kept or awaited.
    pub(super) fn has_answer(&mut self, content: u64) -> bool {
        self.seen.get(content).is_some_and(|seen| seen.answer != Answer::None)
    }

    /// An event came for a callback with several names. Returns whether it came under another name before: at any
    /// time if it has an id, otherwise shortly before.
    pub(super) fn is_alias(&mut self, now: Moment, what: u64, name: u32, has_id: bool) -> bool {
        let before = self.aliases.take(what);
        let alias = before.filter(|&(other, at)| other != name && (has_id || now - at < ALIAS_MS));
        self.aliases.keep(what, alias.unwrap_or((name, now)));
        self.aliases.evict(MOST_ALIASES);
        alias.is_some()
    }

    /// Somebody is typing, for this span unless repeated; a span of zero ends it. Returns whether they were typing.
    pub(super) fn typing(
        &mut self,
        now: Moment,
        who: u64,
        span: Millis,
        orders: &mut Vec<Order>,
    ) -> bool {
        let did = self.typing.take(who).is_some();
        if span > Millis(0) {
            self.typing.keep(who, now + span);
        }
        if let Some((who, _)) = self.typing.evict(MOST_TYPING) {
            orders.push(Order::StopTyping { who });
        }
        did
    }

    /// Ends the typing marks that are over.
    pub(super) fn expire(&mut self, now: Moment, orders: &mut Vec<Order>) {
        let until_late = |typing: &mut Memory<Moment>| {
            typing.iter().find(|(_, until)| **until <= now).map(|(who, _)| who)
        };
        while let Some(who) = until_late(&mut self.typing) {
            self.typing.take(who);
            orders.push(Order::StopTyping { who });
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Moment> {
        self.typing.values().iter().copied().min()
    }

    /// Ends all typing marks and pending acknowledgements, which can't be updated or answered over a lost link.
    pub(super) fn link_lost(&mut self, orders: &mut Vec<Order>) {
        self.expire(Moment::NEVER, orders);
        for (_, seen) in self.seen.iter() {
            if let Answer::Awaited(count) = &mut seen.answer {
                *count = 0;
            }
        }
    }

    /// The user is gone.
    pub(super) fn forget(&mut self) {
        self.seen.clear();
        self.aliases.clear();
        self.doubted = 0;
    }
}

/// The time within which an event under a second name is the same event.
const ALIAS_MS: Millis = Millis(2_000);
const MOST_ALIASES: usize = 1_000;
/// A repeat of a message with a larger answer is passed to the listeners again, so that it is answered.
const LARGEST_ANSWER: u64 = 10_000;
/// The largest number of repeats of one message that wait for its first answer.
const MOST_WAITING: u32 = 100;
const MOST_TYPING: usize = 1_000;
