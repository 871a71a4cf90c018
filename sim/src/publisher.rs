//! The store of the server's feeds: chains of items that may be trimmed at the front, replaced, or rolled back.

use std::collections::BTreeMap;

use holdfast::client::feed::Offset;
use holdfast::client::identity::User;

/// The feed of a user, or of a room.
pub(crate) type FeedKey = (User, u32);

/// The position of an item: its number, and a mark that distinguishes items with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) number: u64,
    mark: u32,
}

/// An item as it is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) before: Position,
    pub(crate) position: Position,
}

/// The result of a read.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Page { items: Vec<Item>, end: Position },
    Reset { end: Position },
    Failed { after: u64 },
    Refused,
}

#[derive(Default)]
pub(crate) struct Publisher {
    chains: BTreeMap<FeedKey, Chain>,
    marks: u32,
    /// Answers that are on their way.
    pub(crate) answers: Vec<Answer>,
}

struct Chain {
    /// The lowest number that is stored.
    first: u64,
    last: u64,
    /// Each mark, with the number at which it begins.
    marks: Vec<(u64, u32)>,
}

impl Position {
    pub(crate) fn offset(self) -> Offset {
        Offset { number: self.number, print: self.number * 1_000_000 + u64::from(self.mark) + 1 }
    }
}

impl Chain {
    fn position(&self, number: u64) -> Position {
        let its = self.marks.iter().rev().find(|&&(from, _)| from <= number);
        Position { number, mark: its.map_or(0, |&(_, mark)| mark) }
    }

    fn has(&self, position: Position) -> bool {
        position.number <= self.last && self.position(position.number) == position
    }
}

impl Publisher {
    fn mark(&mut self) -> u32 {
        self.marks += 1;
        self.marks
    }

    fn chain(&mut self, key: FeedKey) -> &mut Chain {
        let mark = self.mark();
        self.chains.entry(key).or_insert_with(|| Chain {
            first: 1,
            last: 0,
            marks: vec![(0, mark)],
        })
    }

    pub(crate) fn end(&mut self, key: FeedKey) -> Position {
        let chain = self.chain(key);
        chain.position(chain.last)
    }

    pub(crate) fn publish(&mut self, key: FeedKey, kept: u64) -> Item {
        let chain = self.chain(key);
        chain.last += 1;
        chain.first = chain.first.max((chain.last + 1).saturating_sub(kept));
        Item { before: chain.position(chain.last - 1), position: chain.position(chain.last) }
    }

    pub(crate) fn read(&mut self, key: FeedKey, at: Option<Position>, page: u64) -> Answer {
        let chain = self.chain(key);
        let end = chain.position(chain.last);
        let Some(at) = at else { return Answer::Page { items: Vec::new(), end } };
        if !chain.has(at) || at.number + 1 < chain.first {
            return Answer::Reset { end };
        }
        let to = chain.last.min(at.number + page);
        let item =
            |number| Item { before: chain.position(number - 1), position: chain.position(number) };
        Answer::Page { items: (at.number + 1..=to).map(item).collect(), end }
    }

    /// The store is replaced by another one.
    pub(crate) fn replace(&mut self, key: FeedKey) {
        self.chains.remove(&key);
    }

    pub(crate) fn replace_all(&mut self) {
        self.chains.clear();
    }

    /// The last items are lost, and later items get their numbers.
    pub(crate) fn roll_back(&mut self, key: FeedKey, by: u64) {
        let mark = self.mark();
        let chain = self.chain(key);
        chain.last = chain.last.saturating_sub(by);
        chain.first = chain.first.min(chain.last + 1);
        chain.marks.retain(|&(from, _)| from <= chain.last);
        chain.marks.push((chain.last + 1, mark));
    }
}
