//! Stands for the keeper where nothing is kept: in the module for links that are followed (the feature `followed`), whose
//! messages wait in memory alone. It orders nothing, has nothing to tell, and is never open.

use alloc::vec::Vec;

use super::storage::{Storage, Taken};
use crate::engine::{Input, Moment, Seq, Verdict};

/// Where an unsettled message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Another tab has it, which never is so here.
    Elsewhere,
}

/// See the [module](self). Its methods are those of the keeper that the client calls.
#[derive(Debug, Default)]
pub struct Keeper {}

// The deadline and the orders: there are none.
impl Keeper {
    pub(super) fn advance(&mut self, _now: Moment) {}

    /// Nothing is ever due.
    pub fn handle_timeout(&mut self) {}

    /// There is no deadline.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        None
    }

    /// Nothing is ordered of the storage.
    pub fn poll(&mut self, _is_wanted: bool) -> Option<Storage> {
        None
    }

    /// No other tab is told of a message.
    pub fn share(&mut self) -> Option<Storage> {
        None
    }

    pub(super) fn take_told(&mut self) -> Vec<Input> {
        Vec::new()
    }

    pub(super) fn has_told(&self) -> bool {
        false
    }
}

// What is kept: nothing.
impl Keeper {
    /// There is no generation that anything is kept in.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        None
    }

    /// None is that of this tab's messages.
    #[must_use]
    pub fn is_own(&self, _generation: u64) -> bool {
        false
    }

    pub(super) fn is_closed(&self) -> bool {
        true
    }

    pub(super) fn is_stashed(&self) -> bool {
        false
    }

    /// No message is anywhere but in memory.
    #[must_use]
    pub fn held(&self, _seq: Seq) -> Option<Held> {
        None
    }
}

// Commands, and facts of messages, none of which changes anything.
impl Keeper {
    /// Nothing is kept in this generation either.
    pub fn keep(&mut self, _generation: Option<u64>, _is_first: bool) {}

    /// There is nothing to close for the back-forward cache.
    pub fn stash(&mut self) {}

    /// There is nothing to open again.
    pub fn restore(&mut self) {}

    /// There is nothing to close.
    pub fn close(&mut self) {}

    /// There is nothing to erase.
    pub fn log_out(&mut self) {}

    /// There is nothing to erase.
    pub fn log_out_elsewhere(&mut self) {}

    /// No message is to be kept: the edge that follows links asks for none to be.
    pub fn add(&mut self, _seq: Seq) {}

    /// A message settled. No page but this one can have had it.
    pub fn settled(&mut self, _seq: Seq) -> bool {
        false
    }

    /// No other tab can have it.
    pub fn cancelled(&mut self, _seq: Seq) {}

    /// No other tab had it.
    pub fn settled_elsewhere(&mut self, _seq: Seq, _verdict: Verdict) -> Option<Input> {
        None
    }

    /// Nothing was handed out.
    pub fn taken(&mut self, _taken: Taken) {}

    /// Nothing was read, so no session has ended by it.
    pub fn read(&mut self, _opening: u32, _generation: u64) -> bool {
        false
    }
}
