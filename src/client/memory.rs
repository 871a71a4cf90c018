//! A map that remembers a limited number of recent keys.

use alloc::vec::Vec;

/// Keys and their values in the order in which they were added.
///
/// A key is a fingerprint of 53 bits, so that it is exact as a JavaScript number. A lookup scans all keys, the
/// newest first, so its cost grows with the number of keys.
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
    /// Removes a key and returns its value.
    pub(super) fn take(&mut self, key: u64) -> Option<V> {
        let at = find(&self.keys, key)?;
        self.keys.remove(at);
        Some(self.values.remove(at))
    }

    /// Adds a key, which must not be present, as the newest.
    pub(super) fn keep(&mut self, key: u64, value: V) {
        self.keys.push(key);
        self.values.push(value);
    }

    /// Removes and returns the oldest key if there are more than `most`.
    pub(super) fn evict(&mut self, most: usize) -> Option<(u64, V)> {
        (self.keys.len() > most).then(|| (self.keys.remove(0), self.values.remove(0)))
    }

    pub(super) fn get(&mut self, key: u64) -> Option<&mut V> {
        let at = find(&self.keys, key)?;
        self.values.get_mut(at)
    }

    /// All keys and values, the oldest first.
    pub(super) fn iter(&mut self) -> impl Iterator<Item = (u64, &mut V)> {
        self.keys.iter().copied().zip(&mut self.values)
    }

    /// All values, the oldest first.
    pub(super) fn values_mut(&mut self) -> &mut [V] {
        &mut self.values
    }

    /// All values, the oldest first.
    pub(super) fn values(&self) -> &[V] {
        &self.values
    }

    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }
}

/// Not inlined, because each type of value would get its own copy.
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
