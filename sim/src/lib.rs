//! A world for the engine to survive.
//!
//! A seed draws a plan: an app, a browser with its tabs, clock, timers and disk, a network and a
//! server, and what goes wrong with each of them and when. A world plays it in virtual
//! time. Beside each engine runs a plain account of what it owes, in `messages` and `links`: it
//! predicts every outcome, and every order is held against it. What is owed across the lives of pages
//! is in `owed`. Once the faults stop, everything has to settle, and then nothing may happen but pings.

mod database;
mod dice;
mod effects;
mod event;
pub mod herd;
mod ids;
mod locks;
mod network;
mod page;
mod plan;
mod receipts;
mod run;
mod sent;
mod server;
mod tabs;
mod tally;
mod trace;
mod wire;
mod work;
mod world;

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use plan::Story;
pub use tally::Tally;

use trace::Trace;
use world::World;

/// A seed whose run broke a rule.
#[derive(Debug)]
pub struct Violation {
    /// Plays it again.
    pub seed: u64,
    /// The rule, and what broke it.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.what)
    }
}

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
    played.map_err(|panic| violation(seed, panic))
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
    (result.map_err(|panic| violation(seed, panic)), text)
}

fn violation(seed: u64, panic: Box<dyn Any + Send>) -> Violation {
    let what = match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().map_or("a panic".into(), |text| (*text).into()),
    };
    Violation { seed, what }
}

/// Ends the run: a rule was broken.
macro_rules! violated {
    ($rule:literal, $($what:tt)*) => {
        panic!(concat!($rule, ": {}"), format_args!($($what)*))
    };
}
use violated;

/// Lines of the trace that `explain` shows.
const TAIL: usize = 80;
