//! Random operations: every invariant must hold after each of them, and once the faults stop everything must
//! settle. `fuzz/` does the same with operations that a fuzzer chooses.

mod model;
mod world;

use std::collections::BTreeSet;

use holdfast::engine::{Outcome, Output};
use model::{Choices, any_config, any_step, play};

const SEEDS: u64 = 2_000;
const STEPS: usize = 300;

/// The tests' own random generator (xorshift64*), so that a seed gives the same run for ever.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
}

impl Choices for Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

fn run(seed: u64) -> Vec<(u64, Output)> {
    let mut dice = Dice::new(seed);
    let config = any_config(&mut dice);
    let steps: Vec<_> = (0..STEPS).map(|_| any_step(&mut dice)).collect();
    play(&config, &steps)
}

#[test]
fn random_operations_keep_every_invariant_and_everything_settles() {
    for seed in 0..SEEDS {
        let result = std::panic::catch_unwind(|| run(seed));
        assert!(result.is_ok(), "seed {seed}");
    }
}

#[test]
fn outcomes_of_every_kind_occur() {
    let mut kinds = BTreeSet::new();
    for seed in 0..200 {
        for (_, output) in run(seed) {
            if let Output::Settle { outcome, .. } = output {
                kinds.insert(format!("{outcome:?}"));
            }
        }
    }
    for outcome in [
        Outcome::Delivered,
        Outcome::Refused,
        Outcome::Expired,
        Outcome::Cancelled,
        Outcome::Closed,
        Outcome::LoggedOut,
    ] {
        assert!(kinds.contains(&format!("{outcome:?}")), "{outcome:?} is not among {kinds:?}");
    }
    for cause in ["AckTimeout", "TryAgain", "LinkLost"] {
        let exhausted = format!("Exhausted({cause})");
        assert!(kinds.contains(&exhausted), "{exhausted} is not among {kinds:?}");
    }
}
