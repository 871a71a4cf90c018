//! The crate for servers, and the tests' own servers beside it: a workspace of its own, whose crates a machine without a
//! registry may lack. What needs them is skipped there, as the tests against such a server are.

use std::process::Command;

use anyhow::Result;

use crate::tools::{cargo, run};

/// Whether it is formatted.
pub fn format() -> Result<()> {
    run(command("fmt").args(["--all", "--check"]))
}

/// Whether it is without a warning.
pub fn lint() -> Result<()> {
    if_fetched(|| {
        run(place(&mut command("clippy")).args(ALL).args([
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))
    })
}

/// Whether its documentation is without a warning.
pub fn document() -> Result<()> {
    if_fetched(|| {
        let mut doc = command("doc");
        place(&mut doc).args(["--package", "holdfast-server", "--no-deps"]);
        run(doc.arg("--document-private-items").env("RUSTDOCFLAGS", "-D warnings"))
    })
}

/// Its tests, and that of the README's server, which compiles.
pub fn test() -> Result<()> {
    if_fetched(|| run(place(&mut command("test")).args(ALL)))
}

fn command(name: &str) -> Command {
    let mut cargo = cargo();
    cargo.args([name, "--manifest-path", "server-rs/Cargo.toml"]);
    cargo
}

/// Where `tests/support/servers.mjs` builds it as well.
fn place(command: &mut Command) -> &mut Command {
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
