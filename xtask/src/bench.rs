//! `cargo xtask bench`: speed and size, against plain socket.io and a queue in plain JavaScript.

use anyhow::Result;

use crate::tools::{node, root, run as run_command};
use crate::{browser, npm, package};

/// Builds the package and hands the run its arguments.
pub fn run(arguments: &[String]) -> Result<()> {
    package::build()?;
    npm::install(root())?;
    let mut command = node();
    browser::find()?.announce(&mut command);
    run_command(command.current_dir(root()).arg("bench/main.mjs").args(arguments))
}
