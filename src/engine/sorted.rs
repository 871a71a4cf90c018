//! A queue that stays sorted.

use alloc::collections::VecDeque;
use core::marker::PhantomData;

use super::types::{Millis, Seq};

/// Items in ascending order, without repeats.
///
/// What the engine keeps in order arrives nearly sorted and leaves nearly from the front, so a ring
/// buffer with a binary search does in a few steps, and in little code, what a tree would. Inserting
/// or removing in the middle moves the shorter side.
#[derive(Clone, Debug)]
pub(super) struct Sorted<T> {
    pairs: Pairs,
    items: PhantomData<T>,
}

/// What can be kept sorted: all as pairs of the same two numbers, so that the module has the code for
/// it once and not for each kind of item.
pub(super) trait Item: Copy {
    /// In the order of the items.
    fn pair(self) -> Pair;
    fn from_pair(pair: Pair) -> Self;
}

type Pair = (u64, u64);

impl Item for Seq {
    fn pair(self) -> Pair {
        (self.to_bits(), 0)
    }

    fn from_pair((bits, _): Pair) -> Self {
        Self::from_bits(bits)
    }
}

impl Item for (Millis, Seq) {
    fn pair(self) -> Pair {
        (self.0.0, self.1.to_bits())
    }

    fn from_pair((at, bits): Pair) -> Self {
        (Millis(at), Seq::from_bits(bits))
    }
}

impl Item for (u64, Seq) {
    fn pair(self) -> Pair {
        (self.0, self.1.to_bits())
    }

    fn from_pair((number, bits): Pair) -> Self {
        (number, Seq::from_bits(bits))
    }
}

impl Item for (Millis, u32) {
    fn pair(self) -> Pair {
        (self.0.0, self.1.into())
    }

    fn from_pair((at, number): Pair) -> Self {
        (Millis(at), number as u32)
    }
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self { pairs: Pairs::default(), items: PhantomData }
    }
}

impl<T: Item> Sorted<T> {
    pub(super) fn len(&self) -> usize {
        self.pairs.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.0.is_empty()
    }

    pub(super) fn first(&self) -> Option<T> {
        self.pairs.0.front().copied().map(T::from_pair)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = T> {
        self.pairs.0.iter().copied().map(T::from_pair)
    }

    pub(super) fn insert(&mut self, item: T) {
        self.pairs.insert(item.pair());
    }

    /// Removes `item` and answers what followed it.
    pub(super) fn remove(&mut self, item: T) -> Option<T> {
        self.pairs.remove(item.pair()).map(T::from_pair)
    }
}

#[derive(Clone, Debug, Default)]
struct Pairs(VecDeque<Pair>);

// Not inlined: each caller would carry a copy, half a kilobyte in all.
impl Pairs {
    #[inline(never)]
    fn insert(&mut self, pair: Pair) {
        if self.0.back().is_none_or(|last| *last < pair) {
            self.0.push_back(pair);
        } else {
            let index = self.index_of(pair);
            if self.0.get(index) != Some(&pair) {
                self.0.insert(index, pair);
            }
        }
    }

    #[inline(never)]
    fn remove(&mut self, pair: Pair) -> Option<Pair> {
        let index = if self.0.front() == Some(&pair) { 0 } else { self.index_of(pair) };
        if self.0.get(index) != Some(&pair) {
            return None;
        }
        self.0.remove(index);
        self.0.get(index).copied()
    }

    /// Where `pair` is, or would be. Done by hand: the standard search looks at both halves of the
    /// ring and is four times the code.
    #[inline(never)]
    fn index_of(&self, pair: Pair) -> usize {
        let (mut low, mut high) = (0, self.0.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.0.get(middle).is_some_and(|other| *other < pair) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn keeps_order_whatever_the_order_of_arrival() {
        let mut queue = Sorted::default();
        let item = |number| (Millis(number), 1);
        for number in [5, 1, 9, 5, 3, 7] {
            queue.insert(item(number));
        }
        assert_eq!(queue.remove(item(5)), Some(item(7)));
        assert_eq!(queue.remove(item(4)), None);
        assert_eq!(queue.iter().collect::<Vec<_>>(), [1, 3, 7, 9].map(item));
        assert_eq!(queue.first(), Some(item(1)));
    }

    #[test]
    fn of_equal_moments_the_second_number_decides() {
        let mut queue = Sorted::default();
        for number in [3, 1, 2] {
            queue.insert((Millis(7), number));
        }
        assert_eq!(queue.iter().map(|(_, number)| number).collect::<Vec<u32>>(), [1, 2, 3]);
    }
}
