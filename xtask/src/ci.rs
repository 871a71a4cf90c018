//! `cargo xtask ci`: all checks that are not tests.

use std::io::{IsTerminal, stdout};
use std::process::Command;

use anyhow::Result;

use crate::steps::{ALWAYS, Step};
use crate::tools::{WASM_TARGET, cargo, node, require_wasm_target, root, run};
use crate::{npm, package, server_rs, test};

/// All checks.
pub const STEPS: &[Step] = &[
    Step {
        name: "format",
        title: "Rust is formatted",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: || {
            run(cargo().args(["fmt", "--all", "--check"]))?;
            server_rs::format()
        },
    },
    Step {
        name: "lint",
        title: "Rust has no warnings, natively and for WebAssembly",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: lint,
    },
    Step {
        name: "docs",
        title: "Rust's documentation has no warnings",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: document,
    },
    Step {
        name: "biome",
        title: "JavaScript is formatted and has no warnings",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: || npm_tool("@biomejs/biome/bin/biome", &["ci", "--error-on-warnings", colors()]),
    },
    Step {
        name: "package",
        title: "the npm package, whose types the next step reads",
        needs: &[],
        browser: false,
        exists: ALWAYS,
        run: package::build,
    },
    Step {
        name: "types",
        title: "JavaScript and the published types agree",
        needs: &["package"],
        browser: false,
        exists: ALWAYS,
        run: || npm_tool("typescript/bin/tsc", &["--noEmit"]),
    },
];

fn lint() -> Result<()> {
    require_wasm_target()?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    run(for_wasm("clippy").args(["--", "--deny", "warnings"]))?;
    // With the features of `holdfast/io`. The browser's tests run with the full module only.
    run(cargo()
        .args(["clippy", "--package", "holdfast", "--target", WASM_TARGET, "--lib"])
        .args(["--features", "module,followed", "--", "--deny", "warnings"]))?;
    server_rs::lint()
}

fn document() -> Result<()> {
    require_wasm_target()?;
    let flags = ["--no-deps", "--document-private-items"];
    let strict =
        |command: &mut Command| run(command.args(flags).env("RUSTDOCFLAGS", "-D warnings"));
    strict(cargo().args(["doc", "--workspace"]))?;
    strict(cargo().args(["doc", "--package", "holdfast", "--target", WASM_TARGET]))?;
    server_rs::document()
}

/// A cargo command for the library on WebAssembly, with the browser's tests if there are any. The other tests are
/// native.
fn for_wasm(command: &str) -> Command {
    let mut cargo = cargo();
    cargo.args([command, "--package", "holdfast", "--target", WASM_TARGET, "--lib"]);
    if test::has_web_tests() {
        cargo.args(["--test", "web"]);
    }
    cargo
}

/// Without colors in a log, because Biome colors single letters.
fn colors() -> &'static str {
    if stdout().is_terminal() { "--colors=force" } else { "--colors=off" }
}

fn npm_tool(path: &str, arguments: &[&str]) -> Result<()> {
    npm::install(root())?;
    run(node().arg(root().join("node_modules").join(path)).args(arguments))
}
