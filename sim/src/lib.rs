//! A world for the engine to survive.
//!
//! A seed draws a plan: an app, a browser with its tabs, clock, timers and disk, a network and a
//! server, and what goes wrong with each of them and when. A world plays it in virtual
//! time. Beside each engine runs a plain account of what it owes, in `page`: it
//! predicts every outcome, and every order is held against it. What is owed across the lives of pages
//! is in `world/owed.rs`. Once the faults stop, everything has to settle, and then nothing may happen but pings.

mod database;
mod dice;
mod effects;
mod event;
mod generations;
pub mod herd;
mod ids;
mod locks;
mod network;
mod page;
mod plan;
mod publisher;
mod receipts;
mod run;
mod sent;
mod server;
mod tabs;
mod tally;
mod trace;
mod violation;
mod wire;
mod work;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use plan::Story;
pub use tally::Tally;
pub use violation::Violation;

use trace::Trace;
use world::World;

/// Plays a seed.
///
/// # Errors
/// Where the engine broke a rule, or panicked.
pub fn run(seed: u64) -> Result<Tally, Violation> {
    play(seed, Trace::default()).0
}

/// Plays a story with a seed's network, server and machine.
///
/// # Errors
/// Where the engine broke a rule, or panicked.
pub fn tell(story: Story, seed: u64) -> Result<Tally, Violation> {
    let played = catch_unwind(|| {
        let mut world = World::of(story, seed);
        world.play();
        world.run.tally
    });
    played.map_err(|panic| Violation::of(seed, panic))
}

/// Plays a seed and writes down what happened: the plan, every call of the engine, every order and
/// every event around it. Equal for every run of the same seed.
#[must_use]
pub fn trace(seed: u64) -> String {
    let (result, trace) = play(seed, Trace::kept());
    match result {
        Ok(_) => trace,
        Err(violation) => format!("{trace}\n{violation}\n"),
    }
}

/// The plan of a seed and the end of its trace, for whoever has to see what went wrong.
#[must_use]
pub fn explain(seed: u64) -> String {
    let trace = trace(seed);
    let lines: Vec<&str> = trace.lines().collect();
    let plan_ends = lines.iter().position(|line| line.is_empty()).unwrap_or_default();
    let tail = lines.len().saturating_sub(TAIL).max(plan_ends);
    format!("{}\n  ...\n{}\n", lines[..plan_ends].join("\n"), lines[tail..].join("\n"))
}

fn play(seed: u64, mut trace: Trace) -> (Result<Tally, Violation>, String) {
    let mut world = None;
    let result = catch_unwind(AssertUnwindSafe(|| {
        if trace.is_kept() {
            let plan = plan::Plan::draw(seed, &mut dice::Dice::new(seed));
            trace.text(format_args!("seed {seed}: {plan:?}\n"));
        }
        let world = world.insert(World::new(seed, trace));
        world.play();
        world.run.tally
    }));
    let text = world.map(|world| world.run.trace.into_text()).unwrap_or_default();
    (result.map_err(|panic| Violation::of(seed, panic)), text)
}

/// Lines of the trace that `explain` shows.
const TAIL: usize = 80;
