//! `cargo xtask sim`: simulated worlds by the thousand.

use anyhow::Result;

use crate::tools;

/// Builds the simulation with optimization, and with every check of the language, and hands it the
/// arguments.
pub fn run(arguments: &[String]) -> Result<()> {
    let build_and_run = ["run", "--quiet", "--profile", "sim", "--package", "sim", "--"];
    tools::run(tools::cargo().args(build_and_run).args(arguments))
}
