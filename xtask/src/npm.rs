//! Installs npm packages at the versions of a lock file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::tools::{npm, run};

/// Installs the packages of `folder`, unless they are installed at the versions of its lock file.
pub fn install(folder: &Path) -> Result<()> {
    let lock_path = folder.join("package-lock.json");
    let lock =
        fs::read(&lock_path).with_context(|| format!("cannot read {}", lock_path.display()))?;
    // `npm ci` first removes node_modules, and with it this stamp. So an unfinished installation has none.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("npm ci in {}", folder.display());
    run(npm(folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    fs::create_dir_all(folder.join("node_modules"))?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}
