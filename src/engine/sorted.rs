//! A queue that stays sorted.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::types::{Moment, Seq};

/// Items in ascending order, without repeats.
///
/// The engine's items arrive nearly sorted and are removed mostly at the front. So a vector with room at its front
/// and a binary search takes few steps and much less code than a tree. Inserting or removing in the middle moves
/// the shorter side.
#[derive(Clone, Debug)]
pub(crate) struct Sorted<T> {
    pairs: Pairs,
    items: PhantomData<T>,
}

/// An item of a [`Sorted`]. All kinds are stored as pairs of numbers, so the module contains the code once and not
/// once for each kind.
pub(crate) trait Item: Copy {
    /// The item as a pair, in the same order.
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

impl Item for (Moment, Seq) {
    fn pair(self) -> Pair {
        (self.0.0, self.1.to_bits())
    }

    fn from_pair((at, bits): Pair) -> Self {
        (Moment(at), Seq::from_bits(bits))
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

impl Item for (Moment, u32) {
    fn pair(self) -> Pair {
        (self.0.0, self.1.into())
    }

    fn from_pair((at, number): Pair) -> Self {
        (Moment(at), number as u32)
    }
}

impl Item for (u64, u32) {
    fn pair(self) -> Pair {
        (self.0, self.1.into())
    }

    fn from_pair((key, number): Pair) -> Self {
        (key, number as u32)
    }
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self { pairs: Pairs::default(), items: PhantomData }
    }
}

impl<T: Item> Sorted<T> {
    pub(super) fn len(&self) -> usize {
        self.pairs.as_slice().len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.as_slice().is_empty()
    }

    pub(super) fn first(&self) -> Option<T> {
        self.get(0)
    }

    /// The item at `index`, in ascending order.
    pub(crate) fn get(&self, index: usize) -> Option<T> {
        self.pairs.as_slice().get(index).copied().map(T::from_pair)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.pairs.as_slice().iter().copied().map(T::from_pair)
    }

    /// The index of the first item that is not before `item`.
    pub(crate) fn index_of(&self, item: T) -> usize {
        self.pairs.index_of(item.pair())
    }

    pub(crate) fn insert(&mut self, item: T) {
        self.pairs.insert(item.pair());
    }

    /// Removes `item` and returns the item that followed it.
    pub(crate) fn remove(&mut self, item: T) -> Option<T> {
        self.pairs.remove(item.pair()).map(T::from_pair)
    }
}

/// A vector with room at its front. The standard ring buffer takes twice the code, because it has two halves.
#[derive(Clone, Debug, Default)]
struct Pairs {
    all: Vec<Pair>,
    /// The number of removed items at the front of `all`.
    gone: usize,
}

// Not inlined: a copy in each caller would add half a kilobyte in all.
impl Pairs {
    fn as_slice(&self) -> &[Pair] {
        self.all.get(self.gone..).unwrap_or_default()
    }

    #[inline(never)]
    fn insert(&mut self, pair: Pair) {
        let all = self.as_slice();
        let is_last = all.last().is_none_or(|last| *last < pair);
        let index = if is_last { all.len() } else { self.index_of(pair) };
        if all.get(index) == Some(&pair) {
            return;
        }
        let at = self.gone + index;
        if self.gone > 0 && index < all.len() / 2 {
            self.all.copy_within(self.gone..at, self.gone - 1);
            self.gone -= 1;
            self.all[at - 1] = pair;
        } else {
            self.all.insert(at, pair);
        }
    }

    #[inline(never)]
    fn remove(&mut self, pair: Pair) -> Option<Pair> {
        let all = self.as_slice();
        let index = if all.first() == Some(&pair) { 0 } else { self.index_of(pair) };
        if all.get(index) != Some(&pair) {
            return None;
        }
        let next = all.get(index + 1).copied();
        let at = self.gone + index;
        if index < all.len() / 2 || index == 0 {
            self.all.copy_within(self.gone..at, self.gone + 1);
            self.gone += 1;
        } else {
            self.all.remove(at);
        }
        let rest = self.as_slice().len();
        if self.gone > rest {
            self.all.copy_within(self.gone.., 0);
            self.all.truncate(rest);
            self.gone = 0;
        }
        next
    }

    /// The index of `pair`, or where to insert it. Written by hand, because the standard search takes four times
    /// the code.
    #[inline(never)]
    fn index_of(&self, pair: Pair) -> usize {
        let all = self.as_slice();
        let (mut low, mut high) = (0, all.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if all.get(middle).is_some_and(|other| *other < pair) {
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
        let item = |number| (Moment(number), 1);
        for number in [5, 1, 9, 5, 3, 7] {
            queue.insert(item(number));
        }
        assert_eq!(queue.remove(item(5)), Some(item(7)));
        assert_eq!(queue.remove(item(4)), None);
        assert_eq!(queue.iter().collect::<Vec<_>>(), [1, 3, 7, 9].map(item));
        assert_eq!(queue.first(), Some(item(1)));
    }

    #[test]
    fn keeps_order_wherever_it_grows_and_shrinks() {
        let mut queue = Sorted::default();
        let mut plain = alloc::collections::BTreeSet::new();
        let mut word = 7_u64;
        for step in 0..4_000 {
            word = word
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let item = (Moment((word >> 33) % 64), 1);
            let grows = if step % 400 < 200 { word >> 62 != 0 } else { word >> 62 == 0 };
            if grows {
                queue.insert(item);
                plain.insert(item.0.0);
            } else {
                let next = plain.range(item.0.0 + 1..).next().copied().map(|at| (Moment(at), 1));
                let was_there = plain.remove(&item.0.0);
                assert_eq!(queue.remove(item), next.filter(|_| was_there));
            }
            assert!(queue.iter().map(|(at, _)| at.0).eq(plain.iter().copied()), "step {step}");
        }
    }

    #[test]
    fn second_number_decides_between_equal_moments() {
        let mut queue = Sorted::default();
        for number in [3, 1, 2] {
            queue.insert((Moment(7), number));
        }
        assert_eq!(queue.iter().map(|(_, number)| number).collect::<Vec<u32>>(), [1, 2, 3]);
    }
}
