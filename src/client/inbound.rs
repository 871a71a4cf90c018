//! What the server sends: repeats, things that come under two names, answers that wait for the app, and who is typing.

use alloc::vec::Vec;

use super::memory::Memory;
use super::{Order, Value};
use crate::engine::{Millis, Moment};

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// Each message twice: by its id, and by its id and content.
    seen: Memory<Seen>,
    /// What the app's callbacks with several names were told: under which of them, and when.
    aliases: Memory<(u32, Moment)>,
    /// Names under which an id came with other content, and the developer was told.
    doubted: u32,
    /// Who is typing to us, until when.
    typing: Memory<Moment>,
}

/// An event that came, and may be a repeat.
#[derive(Clone, Copy, Debug)]
pub struct Came {
    /// The fingerprint of the id.
    pub id: u64,
    /// The fingerprint of its name, its id and its content.
    pub content: u64,
    /// The names under which it may have come, one bit each.
    pub names: u32,
    /// The app fetched it. It may be written in another way than what came.
    pub is_fetched: bool,
    /// The server wants an acknowledgement.
    pub wants_ack: bool,
}

/// What becomes of an event that came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// It is handed to the listeners.
    pub is_news: bool,
    /// It has a known id and other content, and the developer is to be told.
    pub is_doubtful: bool,
    /// It is acknowledged with what the app answered before.
    pub has_reply: bool,
    /// It is acknowledged with what the app will answer.
    pub waits: bool,
}

/// Of an id the names, of an id and content the answer.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    names: u32,
    /// Those under which the app fetched it first.
    fetched: u32,
    answer: Answer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Answer {
    /// Nobody asked, or what the app answered is too large to be kept.
    #[default]
    None,
    /// So many wait for it.
    Awaited(u32),
    Kept,
}

impl Inbound {
    /// An event came that has an id. `most` messages are kept in mind.
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

    /// The app answered with so many characters. Answers whether that is kept for repeats.
    pub(super) fn answered(&mut self, content: u64, size: u64) -> bool {
        let Some(seen) = self.seen.get(content) else { return false };
        let is_kept = size <= LARGEST_ANSWER;
        seen.answer = if is_kept { Answer::Kept } else { Answer::None };
        is_kept
    }

    /// Somebody waits for an answer, or will.
    pub(super) fn has_answer(&mut self, content: u64) -> bool {
        self.seen.get(content).is_some_and(|seen| seen.answer != Answer::None)
    }

    /// Something came for a callback that has several names. Answers whether it is what came under another one: if it has an id,
    /// or soon after.
    pub(super) fn is_alias(&mut self, now: Moment, what: u64, name: u32, has_id: bool) -> bool {
        let before = self.aliases.take(what);
        let alias = before.filter(|&(other, at)| other != name && (has_id || now - at < ALIAS_MS));
        self.aliases.keep(what, alias.unwrap_or((name, now)));
        self.aliases.evict(MOST_ALIASES);
        alias.is_some()
    }

    /// Somebody types to us, for so long unless it is said again; or no longer, with a span of none. Answers whether he did.
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

    /// Nobody types any more whose mark ends by then.
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

    /// Nobody can end a typing mark, or be answered, over a link that is gone.
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

/// What arrives under a second name within this time is the same thing.
const ALIAS_MS: Millis = Millis(2_000);
const MOST_ALIASES: usize = 1_000;
/// A repeat of a message with a larger answer is handed on again, so that it is answered.
const LARGEST_ANSWER: u64 = 10_000;
/// Repeats of one message that wait for its first answer.
const MOST_WAITING: u32 = 100;
const MOST_TYPING: usize = 1_000;
