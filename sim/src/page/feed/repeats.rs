//! The model of repeats: which messages were shown, and the app's answers.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::client::Fate;

use crate::violation::violated;
use crate::wire::Message;

#[derive(Default)]
pub(crate) struct Repeats {
    /// The names under which an id came, and whether it was fetched first.
    names: BTreeMap<(usize, u32), bool>,
    contents: BTreeSet<u64>,
    /// The app's answers, by the content of the message.
    answers: BTreeMap<u64, Answer>,
    /// Counts answers.
    answered: u64,
}

#[derive(Default)]
struct Answer {
    /// The app's answer, if it is kept.
    kept: Option<u64>,
    waiting: usize,
    /// Distinguishes it from one that was forgotten.
    number: u64,
}

impl Repeats {
    /// The client's decision about a message that came. `keeps_all` is true if the client's memory has room for
    /// all.
    pub(crate) fn came(&mut self, message: Message, is_fetched: bool, fate: Fate, keeps_all: bool) {
        let is_news = self.is_news(message, is_fetched);
        let answer = self.answers.get(&message.content());
        let is_unanswered = message.wants_ack && answer.is_none();
        if keeps_all && fate.is_news != (is_news || is_unanswered) {
            violated!("repeats", "{message:?} is news: {}, not {is_news}", fate.is_news);
        }
        if !message.wants_ack {
            return;
        }
        match answer {
            Some(Answer { kept: Some(_), .. }) if fate.has_reply && !fate.waits => {}
            Some(Answer { kept: None, waiting, .. })
                if !fate.has_reply && (fate.waits || *waiting >= 100) => {}
            None if fate.waits && fate.is_news => {}
            _ => violated!("repeats", "{message:?} is answered otherwise: {fate:?}"),
        }
    }

    /// Whether a message is new. A live one is recognized by its id and content, a fetched one by its id.
    fn is_news(&mut self, message: Message, is_fetched: bool) -> bool {
        let names = if is_fetched { 0..2 } else { message.name..message.name + 1 };
        let known: Vec<bool> =
            names.clone().filter_map(|name| self.names.get(&(message.id, name)).copied()).collect();
        for name in names {
            self.names.entry((message.id, name)).or_insert(is_fetched);
        }
        let is_new = self.contents.insert(message.content());
        is_new && !(known.contains(&true) || is_fetched && !known.is_empty())
    }

    /// One more repeat waits for the app's answer.
    pub(crate) fn waits(&mut self, content: u64) {
        self.answers.get_mut(&content).expect("somebody waits").waiting += 1;
    }

    /// The first request for an answer. Returns the number of the coming answer.
    pub(crate) fn asks(&mut self, content: u64) -> u64 {
        self.answered += 1;
        let number = self.answered;
        self.answers.insert(content, Answer { kept: None, waiting: 1, number });
        number
    }

    /// The app answers. Returns whether that counts.
    pub(crate) fn answers(&mut self, content: u64, number: u64) -> bool {
        let answer = self.answers.get_mut(&content);
        let Some(answer) = answer.filter(|answer| answer.number == number) else { return false };
        if answer.kept.is_some() {
            return false;
        }
        answer.kept = Some(number);
        answer.waiting = 0;
        true
    }

    /// The client keeps an answer or does not, depending on its size and its memory.
    pub(crate) fn kept(&mut self, content: u64, is_kept: bool, is_large: bool, keeps_all: bool) {
        if is_kept && is_large || !is_kept && !is_large && keeps_all {
            violated!("repeats", "an answer is kept: {is_kept}, large: {is_large}");
        }
        if !is_kept {
            self.answers.remove(&content);
        }
    }

    /// The client forgets an answer.
    pub(crate) fn forgotten(&mut self, content: u64, keeps_all: bool) {
        if keeps_all {
            violated!("repeats", "the answer to {content} is forgotten");
        }
        self.answers.remove(&content);
    }

    pub(super) fn forget(&mut self) {
        *self = Self { answered: self.answered, ..Self::default() };
    }

    pub(super) fn link_lost(&mut self) {
        for answer in self.answers.values_mut() {
            answer.waiting = 0;
        }
    }
}
