//! Maps the keys of lanes, which may be any numbers, to the dense numbers that the engine needs.

use alloc::vec::Vec;

use crate::engine::Sorted;

/// The lanes that have messages.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// By lane number: the key, and the number of messages.
    all: Vec<(u64, u32)>,
    /// The keys of lanes with messages, and their numbers.
    numbers: Sorted<(u64, u32)>,
    /// Unused lane numbers.
    free: Vec<u32>,
}

impl Lanes {
    /// Adds a message to a lane. Returns the lane's number.
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

    /// Removes a message from a lane.
    pub(super) fn leave(&mut self, number: u32) {
        let Some((key, count)) = self.all.get_mut(number as usize) else { return };
        *count -= 1;
        if *count == 0 {
            self.numbers.remove((*key, number));
            self.free.push(number);
        }
    }
}
