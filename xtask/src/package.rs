//! The npm package: the module and the JavaScript around it, in `pkg/`.

use std::fs::{self, File, TryLockError};

use anyhow::{Context, Result};

use crate::tools::{node, root, run};
use crate::{npm, tools, wasm};

/// Builds `pkg/` from the sources.
pub fn build() -> Result<()> {
    tools::require_node()?;
    let _lock = lock()?;
    npm::install(root())?;
    let artifacts = wasm::compile()?;
    run(node()
        .args(["pkg-template/build.mjs", "--version", env!("CARGO_PKG_VERSION")])
        .arg("--module")
        .arg(&artifacts.module)
        .arg("--glue")
        .arg(&artifacts.glue)
        .args(["--size-before", &artifacts.size_before.to_string()]))
}

/// Held while `pkg/` and node_modules are written: two builds of one checkout take turns.
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
