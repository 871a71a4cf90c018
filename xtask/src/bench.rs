//! `cargo xtask bench`: measures speed and size, compared with plain socket.io and with a queue in plain
//! JavaScript.

use anyhow::Result;

use crate::tools::{node, root, run as run_command};
use crate::{browser, npm, package};

/// Builds the package and runs the benchmark with the arguments.
pub fn run(arguments: &[String]) -> Result<()> {
    package::build()?;
    npm::install(root())?;
    let mut command = node();
    browser::find()?.announce(&mut command);
    run_command(command.current_dir(root()).arg("bench/main.mjs").args(arguments))
}
