//! Replaces the keeper in the module for followed links (the feature `followed`), which saves nothing: its messages
//! wait in memory only. This keeper gives no orders, reports nothing and is never open.

use alloc::vec::Vec;

use super::storage::{Storage, Taken};
use crate::engine::{Input, Moment, Seq, Verdict};

/// Where an unsettled message is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// Another tab has it. Never the case here.
    Elsewhere,
}

/// See the [module](self). It has the keeper's methods that the client calls.
#[derive(Debug, Default)]
pub struct Keeper {}

// The deadline and the orders: always none.
impl Keeper {
    pub(super) fn advance(&mut self, _now: Moment) {}

    /// Nothing is ever due.
    pub fn handle_timeout(&mut self) {}

    /// There is no deadline.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        None
    }

    /// There are no storage orders.
    pub fn poll(&mut self, _is_wanted: bool) -> Option<Storage> {
        None
    }

    /// There are no reports to other tabs.
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

// Saved messages: none.
impl Keeper {
    /// There is no generation.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        None
    }

    /// No generation is this tab's.
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

    /// Nothing is saved.
    #[must_use]
    pub fn saved(&self, _seq: Seq) -> Option<Saved> {
        None
    }
}

// Commands and facts, none of which has an effect.
impl Keeper {
    /// Nothing is saved in this generation either.
    pub fn keep(&mut self, _generation: Option<u64>, _is_first: bool) {}

    /// There is nothing to close for the back-forward cache.
    pub fn stash(&mut self) {}

    /// There is nothing to open again.
    pub fn reopen(&mut self) {}

    /// There is nothing to close.
    pub fn close(&mut self) {}

    /// There is nothing to erase.
    pub fn log_out(&mut self) {}

    /// There is nothing to erase.
    pub fn log_out_elsewhere(&mut self) {}

    /// Never called: the shell of followed links sends no durable message.
    pub fn add(&mut self, _seq: Seq) {}

    /// No other page can have had the message.
    pub fn settled(&mut self, _seq: Seq) -> bool {
        false
    }

    /// No other tab can have the message.
    pub fn cancelled(&mut self, _seq: Seq) {}

    /// No other tab had the message.
    pub fn settled_elsewhere(&mut self, _seq: Seq, _verdict: Verdict) -> Option<Input> {
        None
    }

    /// Nothing was read.
    pub fn taken(&mut self, _taken: Taken) {}

    /// Nothing was read, so no session has ended elsewhere.
    pub fn read(&mut self, _opening: u32, _generation: u64) -> bool {
        false
    }
}
