//! `cargo xtask sim`: plays thousands of simulated worlds.

use anyhow::Result;

use crate::tools;

/// Builds the simulation, optimized but with all of the language's checks, and runs it with the arguments.
pub fn run(arguments: &[String]) -> Result<()> {
    let build_and_run = ["run", "--quiet", "--profile", "sim", "--package", "sim", "--"];
    tools::run(tools::cargo().args(build_and_run).args(arguments))
}
