//! Operations that a fuzzer chooses, checked by the same model as the random ones in `tests/props.rs`.

#![no_main]

#[path = "../../tests/model/mod.rs"]
mod model;
#[path = "../../tests/world/mod.rs"]
mod world;

use holdfast::engine::Config;
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use model::{Choices, Step, any_config, any_step, play};

/// Printed with a finding.
#[derive(Debug)]
struct Run {
    config: Config,
    steps: Vec<Step>,
}

impl Arbitrary<'_> for Run {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let mut bytes = Bytes(input);
        let config = any_config(&mut bytes);
        let mut steps = Vec::new();
        while !bytes.0.is_empty() && steps.len() < MOST_STEPS {
            steps.push(any_step(&mut bytes));
        }
        Ok(Self { config, steps })
    }
}

struct Bytes<'a, 'b>(&'a mut Unstructured<'b>);

impl Choices for Bytes<'_, '_> {
    fn below(&mut self, bound: u64) -> u64 {
        // Returns 0 once no byte is left.
        self.0.int_in_range(0..=bound - 1).unwrap_or(0)
    }
}

fuzz_target!(|run: Run| {
    play(&run.config, &run.steps);
});

/// A larger limit only makes each run slow.
const MOST_STEPS: usize = 500;
