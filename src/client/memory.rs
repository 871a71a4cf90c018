//! A memory of the last so many things.

use alloc::vec::Vec;

/// Keys, and what belongs to each, in the order in which they were kept.
///
/// A key is a fingerprint of 53 bits, so that it crosses the border as a number. A search goes through all keys, the newest first, so
/// what it takes grows with how many are kept.
#[derive(Debug)]
pub(super) struct Memory<V> {
    keys: Vec<u64>,
    values: Vec<V>,
}

impl<V> Default for Memory<V> {
    fn default() -> Self {
        Self { keys: Vec::new(), values: Vec::new() }
    }
}

impl<V> Memory<V> {
    /// Takes a key out. Answers what belonged to it.
    pub(super) fn take(&mut self, key: u64) -> Option<V> {
        let at = find(&self.keys, key)?;
        self.keys.remove(at);
        Some(self.values.remove(at))
    }

    /// Keeps a key that is not in here, as the newest.
    pub(super) fn keep(&mut self, key: u64, value: V) {
        self.keys.push(key);
        self.values.push(value);
    }

    /// Takes out the oldest key, if there are more than `most`.
    pub(super) fn evict(&mut self, most: usize) -> Option<(u64, V)> {
        (self.keys.len() > most).then(|| (self.keys.remove(0), self.values.remove(0)))
    }

    pub(super) fn get(&mut self, key: u64) -> Option<&mut V> {
        let at = find(&self.keys, key)?;
        self.values.get_mut(at)
    }

    /// The oldest first.
    pub(super) fn iter(&mut self) -> impl Iterator<Item = (u64, &mut V)> {
        self.keys.iter().copied().zip(&mut self.values)
    }

    /// The oldest first.
    pub(super) fn values_mut(&mut self) -> &mut [V] {
        &mut self.values
    }

    /// The oldest first.
    pub(super) fn values(&self) -> &[V] {
        &self.values
    }

    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }
}

/// Not inlined: each kind of value would have its own.
#[inline(never)]
fn find(keys: &[u64], key: u64) -> Option<usize> {
    keys.iter().rposition(|&other| other == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_that_is_kept_again_is_the_newest() {
        let mut memory = Memory::default();
        for (key, value) in [(1, 'a'), (2, 'b')] {
            memory.keep(key, value);
        }
        assert_eq!(memory.take(1), Some('a'));
        assert_eq!(memory.take(1), None);
        memory.keep(1, 'c');
        assert_eq!(memory.evict(2), None);
        memory.keep(3, 'd');
        assert_eq!(memory.evict(2), Some((2, 'b')));
        assert_eq!(memory.get(1), Some(&mut 'c'));
        assert_eq!(memory.evict(0), Some((1, 'c')));
    }
}
