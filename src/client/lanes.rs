//! Lanes by their keys, of which there may be any, in the dense numbers that the engine wants.

use alloc::vec::Vec;

use crate::engine::Sorted;

/// The lanes that have messages, in dense numbers as the engine wants them.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// By their numbers: the key, and how many messages there are.
    all: Vec<(u64, u32)>,
    /// Keys of those that have messages, and their numbers.
    numbers: Sorted<(u64, u32)>,
    /// Numbers of those that have none.
    free: Vec<u32>,
}

impl Lanes {
    /// One more message is in a lane, whose number is answered.
    pub(super) fn enter(&mut self, key: u64) -> u32 {
        let found = self.numbers.get(self.numbers.index_of((key, 0)));
        let number = match found {
            Some((one, number)) if one == key => number,
            _ => {
                let fresh = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
                let number = self.free.pop().unwrap_or(fresh);
                self.numbers.insert((key, number));
                number
            }
        };
        match self.all.get_mut(number as usize) {
            Some(lane) => *lane = (key, lane.1 + 1),
            None => self.all.push((key, 1)),
        }
        number
    }

    /// One of its messages has ended.
    pub(super) fn leave(&mut self, number: u32) {
        let Some((key, count)) = self.all.get_mut(number as usize) else { return };
        *count -= 1;
        if *count == 0 {
            self.numbers.remove((*key, number));
            self.free.push(number);
        }
    }
}
