//! The generations of logouts in the storage that all tabs share. A logout begins a new one.

use std::collections::BTreeMap;

use crate::ids::Scope;

#[derive(Default)]
pub(crate) struct Generations(BTreeMap<Scope, u64>);

impl Generations {
    pub(crate) fn of(&self, scope: Scope) -> u64 {
        self.0.get(&scope).copied().unwrap_or(RAISED * (scope + 1))
    }

    pub(crate) fn raise(&mut self, scope: Scope) {
        let next = self.of(scope) + 1;
        self.0.insert(scope, next);
    }

    /// The generation of a scope, and whether it has just begun.
    pub(crate) fn begin(&mut self, scope: Scope) -> (u64, bool) {
        let is_first = !self.0.contains_key(&scope);
        let generation = self.of(scope);
        self.0.insert(scope, generation);
        (generation, is_first)
    }
}

/// The first generation of a scope is a multiple of this.
const RAISED: u64 = 1 << 16;
