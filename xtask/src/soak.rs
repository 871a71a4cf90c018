//! `cargo xtask soak`: sends messages for minutes to a server that acknowledges nothing, under faults.

use anyhow::Result;

use crate::tools::{node, root, run as run_command};
use crate::{npm, package};

/// Builds the package and runs the test with the arguments.
pub fn run(arguments: &[String]) -> Result<()> {
    package::build()?;
    npm::install(root())?;
    run_command(node().arg("tests/servers/soak.mjs").args(arguments))
}
