//! `cargo xtask consumers`: runs the packed package in every kind of app, with messages to a real server.

use anyhow::Result;

use crate::tools::{node, root, run as run_command};
use crate::{browser, npm, package};

/// Builds the package and runs the named consumers, or all.
pub fn run(names: &[String]) -> Result<()> {
    package::build()?;
    npm::install(root())?;
    let mut command = node();
    browser::find()?.announce(&mut command);
    run_command(command.current_dir(root()).arg("tests/matrix/main.mjs").args(names))
}
