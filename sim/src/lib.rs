//! A simulated world that tests the client.
//!
//! A seed draws a plan: an app, a browser with tabs, clocks, timers and a disk, a network, a server, and the faults
//! of each with their times. A world plays the plan in virtual time. In `page`, a simple model of each client
//! predicts every result and checks every order. `world/owed.rs` tracks what is owed across the lives of pages.
//! Once the faults stop, everything must settle, and after that nothing may happen except pings.

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
/// The client broke a rule or panicked.
pub fn run(seed: u64) -> Result<Tally, Violation> {
    play(seed, Trace::default()).0
}

/// Plays a story with a seed's network, server and machine.
///
/// # Errors
/// The client broke a rule or panicked.
pub fn tell(story: Story, seed: u64) -> Result<Tally, Violation> {
    let played = catch_unwind(|| {
        let mut world = World::of(story, seed);
        world.play();
        world.run.tally
    });
    played.map_err(|panic| Violation::of(seed, panic))
}

/// Plays a seed and returns the trace: the plan, every call of the client, every order and every other event. It is
/// identical for every run of the same seed.
#[must_use]
pub fn trace(seed: u64) -> String {
    let (result, trace) = play(seed, Trace::kept());
    match result {
        Ok(_) => trace,
        Err(violation) => format!("{trace}\n{violation}\n"),
    }
}

/// Returns the plan of a seed and the end of its trace, to show what went wrong.
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

/// The number of trace lines that `explain` shows.
const TAIL: usize = 80;
