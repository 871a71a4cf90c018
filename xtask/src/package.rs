//! Builds the npm package in `pkg/`: the module and the JavaScript around it.

use std::fs::{self, File, TryLockError};
use std::panic::resume_unwind;
use std::path::Path;
use std::process::Command;
use std::thread::{self, ScopedJoinHandle};

use anyhow::{Context, Result};

use crate::tools::{node, root, run};
use crate::wasm::Artifacts;
use crate::{npm, tools, wasm};

/// Builds `pkg/` from the sources.
pub fn build() -> Result<()> {
    let _lock = lock()?;
    tools::require_node()?;
    npm::install(root())?;
    // Each spends most of its time in an optimizer that uses one core.
    let (artifacts, script, replays) = thread::scope(|scope| {
        let script = scope.spawn(wasm::compile_script);
        let replays = scope.spawn(wasm::compile_replays);
        (wasm::compile(), joined(script), joined(replays))
    });
    let (artifacts, script, [replay, io_replay]) = (artifacts?, script?, replays?);
    run(bundle(root(), &artifacts)
        .arg("--script")
        .arg(script)
        .arg("--replay")
        .arg(replay)
        .arg("--io-replay")
        .arg(io_replay))
}

/// The result of a thread. A panic goes on.
fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// The command that builds the package of a tree, which is this checkout or a copy of its sources.
pub fn bundle(tree: &Path, artifacts: &Artifacts) -> Command {
    let mut command = node();
    command
        .current_dir(tree)
        .args(["pkg-template/build.mjs", "--version", env!("CARGO_PKG_VERSION")])
        .arg("--module")
        .arg(&artifacts.module)
        .arg("--io-module")
        .arg(&artifacts.io_module)
        .args(["--size-before", &artifacts.size_before.to_string()]);
    command
}

/// A lock for writing `pkg/` and node_modules, so that two builds in one checkout do not interfere.
fn lock() -> Result<File> {
    fs::create_dir_all(root().join("target"))?;
    let path = root().join("target/xtask.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        println!("another build is at work, waiting for it");
        file.lock()?;
    }
    Ok(file)
}
