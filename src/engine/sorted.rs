//! A queue that stays sorted.

use alloc::collections::VecDeque;

/// Items in ascending order, without repeats.
///
/// What the engine keeps in order arrives nearly sorted and leaves nearly from the front, so a ring
/// buffer with a binary search does in a few steps, and in little code, what a tree would. Inserting
/// or removing in the middle moves the shorter side.
#[derive(Clone, Debug)]
pub(super) struct Sorted<T>(VecDeque<T>);

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

// Not inlined: each caller would carry a copy, half a kilobyte in all.
impl<T: Ord + Copy> Sorted<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn first(&self) -> Option<T> {
        self.0.front().copied()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = T> {
        self.0.iter().copied()
    }

    #[inline(never)]
    pub(super) fn insert(&mut self, item: T) {
        if self.0.back().is_none_or(|last| *last < item) {
            self.0.push_back(item);
        } else {
            let index = self.index_of(item);
            if self.0.get(index) != Some(&item) {
                self.0.insert(index, item);
            }
        }
    }

    /// Removes `item` and answers what followed it.
    #[inline(never)]
    pub(super) fn remove(&mut self, item: T) -> Option<T> {
        let index = if self.first() == Some(item) { 0 } else { self.index_of(item) };
        if self.0.get(index) != Some(&item) {
            return None;
        }
        self.0.remove(index);
        self.0.get(index).copied()
    }

    /// Where `item` is, or would be. Done by hand: the standard search looks at both halves of the
    /// ring and is four times the code.
    #[inline(never)]
    fn index_of(&self, item: T) -> usize {
        let (mut low, mut high) = (0, self.0.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.0.get(middle).is_some_and(|other| *other < item) {
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
        for item in [5, 1, 9, 5, 3, 7] {
            queue.insert(item);
        }
        assert_eq!(queue.remove(5), Some(7));
        assert_eq!(queue.remove(4), None);
        assert_eq!(queue.iter().collect::<Vec<_>>(), [1, 3, 7, 9]);
        assert_eq!(queue.first(), Some(1));
    }
}
