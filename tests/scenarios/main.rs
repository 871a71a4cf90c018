//! The engine's rules, each as a short scenario in virtual time.

mod acknowledgements;
mod connecting;
mod health;
mod keeping;
mod kicks;
mod losses;
mod sending;
mod settling;
mod standing;
mod time;
#[path = "../world/mod.rs"]
mod world;

use holdfast::engine::{Config, Outcome};

/// For scenarios with long silences that have no meaning.
fn without_health() -> Config {
    Config { health: None, ..Config::default() }
}

const DELIVERED: Option<(Outcome, bool)> = Some((Outcome::Delivered, false));
