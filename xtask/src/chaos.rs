//! `cargo xtask chaos`: runs the package in a browser against a server and a network that fail by a schedule.

use anyhow::Result;

use crate::tools::{node, root, run as run_command};
use crate::{browser, npm, package};

/// Builds the package and runs the test with the arguments.
pub fn run(arguments: &[String]) -> Result<()> {
    package::build()?;
    npm::install(root())?;
    npm::install(&root().join("js-demo"))?;
    let mut command = node();
    browser::find()?.announce(&mut command);
    run_command(command.current_dir(root()).arg("tests/chaos/main.mjs").args(arguments))
}
