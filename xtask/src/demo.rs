//! The demo app: a chat that uses the package as an app would.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::tools::{self, root};
use crate::{npm, package};

/// Builds the package and the app, and serves it with its lab until stopped.
pub fn run() -> Result<()> {
    package::build()?;
    build()?;
    replace_by(tools::npm(&folder()).args(["run", "lab", "--loglevel=error"]))
}

/// Builds the app. `pkg/` must exist.
pub fn build() -> Result<()> {
    npm::install(&folder())?;
    tools::run(tools::npm(&folder()).args(["run", "build", "--loglevel=error"]))
}

/// Whether the checkout contains the app.
pub fn exists() -> bool {
    folder().join("package.json").is_file()
}

fn folder() -> PathBuf {
    root().join("js-demo")
}

/// Replaces this process by the server, so that Ctrl-C reaches the server and the terminal returns only once it has
/// ended.
#[cfg(unix)]
fn replace_by(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(anyhow::Error::new(command.exec()).context("cannot start the demo"))
}

#[cfg(not(unix))]
fn replace_by(command: &mut Command) -> Result<()> {
    tools::run(command)
}
