//! Checks for the crate for Rust servers and the tests' own Rust servers. They are separate workspaces. If cargo
//! can't fetch their dependencies, their checks and the tests against them are skipped.

use std::process::Command;

use anyhow::Result;

use crate::tools::{cargo, run};

/// Checks the formatting.
pub fn format() -> Result<()> {
    run(command("fmt").args(["--all", "--check"]))
}

/// Runs the lints, and fails on a warning.
pub fn lint() -> Result<()> {
    if_fetched(|| {
        run(with_target(&mut command("clippy")).args(ALL).args([
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))
    })
}

/// Builds the documentation, and fails on a warning.
pub fn document() -> Result<()> {
    if_fetched(|| {
        let mut doc = command("doc");
        with_target(&mut doc).args(["--package", "holdfast-server", "--no-deps"]);
        run(doc.arg("--document-private-items").env("RUSTDOCFLAGS", "-D warnings"))
    })
}

/// Runs the tests, and compiles the server in the README.
pub fn test() -> Result<()> {
    if_fetched(|| run(with_target(&mut command("test")).args(ALL)))
}

fn command(name: &str) -> Command {
    let mut cargo = cargo();
    cargo.args([name, "--manifest-path", "server-rs/Cargo.toml"]);
    cargo
}

/// Uses the build folder of `tests/support/servers.mjs`.
fn with_target(command: &mut Command) -> &mut Command {
    command.args(["--locked", "--target-dir", "target/rust-server"])
}

fn if_fetched(then: impl FnOnce() -> Result<()>) -> Result<()> {
    match run(command("fetch").arg("--locked")) {
        Ok(()) => then(),
        Err(error) => {
            println!("server-rs is skipped, cargo could not fetch its crates: {error:#}");
            Ok(())
        }
    }
}

const ALL: &[&str] = &["--workspace"];
