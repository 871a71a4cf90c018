//! What a page was sent besides answers, as its app has seen it, and what the app said and is to say again: an account
//! that every answer and order of the client's is held against.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ids::{ConnectionId, SessionId};
use crate::wire::Message;

/// Of one page.
#[derive(Default)]
pub(crate) struct Feed {
    /// Messages of the server's, and whose each is.
    pub(crate) log: Vec<SessionId>,
    /// Live messages that wait for what was missed.
    pub(crate) held: VecDeque<Message>,
    /// Where the client has messages noted down.
    pub(crate) places: [Option<u64>; 2],
    pub(crate) noted: u64,
    pub(crate) last: Option<u64>,
    /// Where something began to be missing.
    pub(crate) gap: Option<u64>,
    /// The round whose answer closes the gap.
    pub(crate) round: Option<u32>,
    /// Until when messages are held.
    pub(crate) hold: Option<u64>,
    pub(crate) is_recovered: bool,
    /// The names under which an id came, and whether it was fetched first.
    pub(crate) names: BTreeMap<(usize, u32), bool>,
    pub(crate) contents: BTreeSet<u64>,
    /// What the app answers to a message, by its content.
    pub(crate) answers: BTreeMap<u64, Answer>,
    /// How many answers there were.
    pub(crate) answered: u64,
    /// When the last one of those came that are shown in order.
    pub(crate) shown: u64,
    pub(crate) arrived: u64,
    /// The connection over which each was said last, and how many want it.
    pub(crate) said: BTreeMap<u64, (Option<ConnectionId>, usize)>,
    pub(crate) uses: Vec<(u64, u32)>,
    pub(crate) soon: BTreeMap<u64, (SessionId, u64)>,
    pub(crate) typing: BTreeMap<u64, u64>,
    pub(crate) listed_over: Option<ConnectionId>,
    pub(crate) online_over: Option<ConnectionId>,
    pub(crate) is_join_asked: bool,
}

#[derive(Default)]
pub(crate) struct Answer {
    /// What the app answered, where it is to be kept.
    pub(crate) kept: Option<u64>,
    pub(crate) waiting: usize,
    /// Tells it from one that was forgotten.
    pub(crate) number: u64,
}

impl Feed {
    /// A message that came, and is told once by its id and content; or fetched, by its id.
    pub(crate) fn is_news(&mut self, message: Message, is_fetched: bool) -> bool {
        let names = if is_fetched { 0..2 } else { message.name..message.name + 1 };
        let known: Vec<bool> =
            names.clone().filter_map(|name| self.names.get(&(message.id, name)).copied()).collect();
        for name in names {
            self.names.entry((message.id, name)).or_insert(is_fetched);
        }
        let is_new = self.contents.insert(message.content());
        is_new && !(known.contains(&true) || is_fetched && !known.is_empty())
    }

    pub(crate) fn note(&mut self, place: u32) {
        self.noted += 1;
        self.places[place as usize] = Some(self.noted);
        self.last = Some(self.noted);
    }

    /// Nothing of the user's is left.
    pub(crate) fn forget(&mut self) {
        let log = std::mem::take(&mut self.log);
        let Self { noted, answered, arrived, shown, typing, online_over, .. } =
            std::mem::take(self);
        *self =
            Self { log, noted, answered, arrived, shown, typing, online_over, ..Self::default() };
    }

    pub(crate) fn link_lost(&mut self) {
        self.gap = self.gap.or(self.last);
        self.round = None;
        self.listed_over = None;
        self.online_over = None;
        self.is_join_asked = false;
        for answer in self.answers.values_mut() {
            answer.waiting = 0;
        }
        for until in self.typing.values_mut() {
            *until = 0;
        }
    }
}
